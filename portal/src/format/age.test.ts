// When a value is old, and how that is said.
import { describe, expect, it } from "vitest";
import { isStale } from "../ui/age";
import { duration, freshForS, heldAt } from "./age";
import { testVoice } from "./testing";

const { say } = testVoice();
const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

describe("freshForS", () => {
  it("forgives one lost report, and not two and a half intervals", () => {
    expect(isStale(NOW - 150_000, NOW, freshForS(60))).toBe(false);
    expect(isStale(NOW - 150_001, NOW, freshForS(60))).toBe(true);
  });
});

describe("heldAt", () => {
  it("lets every sign of life confirm what is only told on change", () => {
    expect(heldAt(NOW - 5 * MINUTE, true, NOW)).toBe(NOW);
    expect(heldAt(NOW - 5 * MINUTE, false, NOW)).toBe(NOW - 5 * MINUTE);
    expect(heldAt(NOW - 5 * MINUTE, true, null)).toBe(NOW - 5 * MINUTE);
    expect(heldAt(NOW, true, NOW - MINUTE)).toBe(NOW);
  });
});

describe("duration", () => {
  it("names at most two units", () => {
    expect(duration(45_000, say)).toBe("45 s");
    expect(duration(12 * MINUTE + 40_000, say)).toBe("12 min");
    expect(duration(200 * MINUTE, say)).toBe("3 h 20 min");
    expect(duration(180 * MINUTE, say)).toBe("3 h");
    expect(duration((2 * 24 + 4) * 60 * MINUTE, say)).toBe("2 d 4 h");
  });
});
