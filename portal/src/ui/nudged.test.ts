// A stepper's steps stay on their grid and within their bounds.
import { describe, expect, it } from "vitest";
import { nudged } from "./NumberField";

describe("nudged", () => {
  it.each([
    [21, 0.5, 21.5],
    [21.3, 0.5, 21.5],
    [21.3, -0.5, 21],
    [0.3, -0.1, 0.2],
    [0.2, 0.1, 0.3],
    [-1, 1, 0],
    [30, 0.5, 30],
    [5, -0.5, 5],
  ])("%d by %d is %d", (value, step, next) => {
    const [min, max] = value === -1 || Math.abs(value) < 1 ? [-10, 10] : [5, 30];
    expect(nudged(value, step, min, max)).toBe(next);
  });
});
