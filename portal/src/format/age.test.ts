// When a value is old, and how that is said.
import { describe, expect, it } from "vitest";
import { age, duration, heldAt, isStale } from "./age";
import { testVoice } from "./testing";

const { say } = testVoice();
const german = testVoice("de-DE").say;
const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

describe("age", () => {
  it("is worded by size", () => {
    expect(age(NOW - 3_000, NOW, say)).toBe("just now");
    expect(age(NOW - 42_000, NOW, say)).toBe("42 s ago");
    expect(age(NOW - 12 * MINUTE, NOW, say)).toBe("12 min ago");
    expect(age(NOW - 59.9 * MINUTE, NOW, say)).toBe("59 min ago");
    expect(age(NOW - 3 * 60 * MINUTE, NOW, say)).toBe("3 h ago");
    expect(age(NOW - 24 * 60 * MINUTE, NOW, say)).toBe("1 day ago");
    expect(age(NOW - 50 * 60 * MINUTE, NOW, german)).toBe("vor 2 Tagen");
  });
  it("does not call a clock that runs a little ahead the future, but one that runs far ahead", () => {
    expect(age(NOW + 30_000, NOW, say)).toBe("just now");
    expect(age(NOW + 5 * MINUTE, NOW, say)).toBe("in 5 min");
  });
});

describe("isStale", () => {
  it("forgives one lost report, and not two and a half intervals", () => {
    expect(isStale(NOW - 150_000, NOW, 60)).toBe(false);
    expect(isStale(NOW - 150_001, NOW, 60)).toBe(true);
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
