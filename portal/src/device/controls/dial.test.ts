// A set point goes out as what thermostats take, and comes back as the number that the person chose.
import { describe, expect, it } from "vitest";
import { nudged } from "../../ui/NumberField";
import { type Dial, dialOf } from "./dial";

const COMFORT = { min: 5, max: 30 };

function stops({ min, max, step }: Dial): number[] {
  return Array.from({ length: Math.round((max - min) / step) + 1 }, (_, n) => min + n * step);
}

describe.each(["metric", "imperial"] as const)("a dial that is %s", (units) => {
  const dial = dialOf(COMFORT, units);

  it("shows what was chosen once the device has reported it", () => {
    for (const chosen of stops(dial)) expect(dial.of(dial.back(chosen))).toBe(chosen);
  });
  it("sends half degrees Celsius within what may be set, another one at each stop", () => {
    const sent = stops(dial).map((chosen) => dial.back(chosen));
    for (const celsius of sent) {
      expect(celsius * 2).toBe(Math.round(celsius * 2));
      expect(celsius).toBeGreaterThanOrEqual(COMFORT.min);
      expect(celsius).toBeLessThanOrEqual(COMFORT.max);
    }
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  });
  it("stays within odd ranges, too", () => {
    for (let min = 4; min < 8; min += 0.13) {
      const odd = dialOf({ min, max: min + 12.7 }, units);
      for (const end of [odd.min, odd.max]) {
        expect(odd.back(end)).toBeGreaterThanOrEqual(min);
        expect(odd.back(end)).toBeLessThanOrEqual(min + 12.7);
      }
    }
  });
  it("moves on with every press, from wherever the device stands", () => {
    for (let celsius = 6; celsius < 29; celsius += 0.1) {
      const up = dial.back(nudged(dial.of(celsius), dial.step, dial.min, dial.max));
      const down = dial.back(nudged(dial.of(celsius), -dial.step, dial.min, dial.max));
      expect(up, `up from ${celsius}`).toBeGreaterThan(celsius);
      expect(down, `down from ${celsius}`).toBeLessThan(celsius);
    }
  });
});

describe("a dial in degrees Fahrenheit", () => {
  it("stands at whole degrees", () => {
    const dial = dialOf(COMFORT, "imperial");
    expect([dial.min, dial.max, dial.step]).toEqual([41, 86, 1]);
    expect([dial.of(20), dial.of(21.5), dial.back(70), dial.back(71)]).toEqual([68, 71, 21, 21.5]);
  });
  it("takes the steps of the device", () => {
    const dial = dialOf({ min: 6.5, max: 28.5, step: 1 }, "imperial");
    expect(dial.step).toBe(2);
    for (let shown = dial.min; shown <= dial.max; shown += dial.step) expect((dial.back(shown) - 6.5) % 1).toBe(0);
  });
});
