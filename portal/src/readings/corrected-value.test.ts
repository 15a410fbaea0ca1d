// The right value, typed in the reader's units and kept in the device's; what was not changed stays exactly what it was.
import { describe, expect, it } from "vitest";
import type { AttributeSpec } from "../device/capabilities";
import { conversion } from "../format/units";
import { shownIn, valueOf } from "./corrected-value";

const own = conversion("degC", "metric");
const imperial = conversion("degC", "imperial");

function spec(kind: AttributeSpec["kind"]): AttributeSpec {
  return { unit: "degC", kind, eventful: false, counter: false, meaning: "" };
}

const number = spec({ type: "number", min: -100, max: 100 });

describe("valueOf", () => {
  it("reads numbers with point or comma, and nothing else as a number", () => {
    expect(["21.5", " -3 ", "21,5", "warm", ""].map((text) => valueOf(text, 20, number, own))).toEqual([21.5, -3, 21.5, undefined, undefined]);
  });
  it("converts what is typed, and leaves what was shown", () => {
    expect(shownIn(21.3, imperial)).toBe("70.34");
    expect(valueOf("70.34", 21.3, number, imperial)).toBe(21.3);
    expect(valueOf("212", 21.3, number, imperial)).toBeCloseTo(100, 9);
  });
  it("keeps integers whole", () => {
    expect(["7", "7.5"].map((text) => valueOf(text, 3, spec({ type: "integer", min: 0, max: 9 }), own))).toEqual([7, undefined]);
  });
  it("takes states and texts as they are", () => {
    expect(valueOf("true", false, spec({ type: "boolean" }), own)).toBe(true);
    expect(valueOf("Locked", "Unlocked", spec({ type: "enum", choices: ["Locked"] }), own)).toBe("Locked");
    expect(valueOf("5", "a", undefined, own)).toBe("5");
  });
});
