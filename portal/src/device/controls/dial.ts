// How a person turns a set point: in half degrees Celsius, or in whole degrees Fahrenheit, of which each has a half
// degree Celsius of its own. What is sent is always what thermostats take: half degrees Celsius.
import { conversion, type Units } from "../../format/units";

/** What thermostats take. */
const GRID = 0.5;

export interface Dial {
  /** In the unit that is shown. */
  min: number;
  max: number;
  step: number;
  /** Where the dial stands for what is set. */
  of(celsius: number): number;
  /** What to send for where it was turned to. */
  back(shown: number): number;
}

function onGrid(celsius: number): number {
  return Math.round(celsius / GRID) * GRID;
}

export function dialOf({ min, max }: { min: number; max: number }, units: Units): Dial {
  const { of, back } = conversion("degC", units);
  const within = (celsius: number) => Math.min(Math.max(celsius, min), max);
  if (units === "metric") return { min, max, step: GRID, of, back: within };
  return {
    min: Math.ceil(of(min)),
    max: Math.floor(of(max)),
    step: 1,
    of: (celsius) => Math.round(of(celsius)),
    back: (shown) => within(onGrid(back(shown))),
  };
}
