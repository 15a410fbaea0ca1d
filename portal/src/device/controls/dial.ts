// How a person turns a set point: in half degrees Celsius, or in whole degrees Fahrenheit, of which each has a half
// degree Celsius of its own; or in the steps that the device names. What is sent is always one of the device's.
import { conversion, type Units } from "../../format/units";

/** What thermostats take that do not say. */
const GRID = 0.5;
const FAHRENHEIT_PER_CELSIUS = 1.8;

export interface Scale {
  min: number;
  max: number;
  /** The device's own, counted from `min`. */
  step?: number;
}

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

function onGrid(celsius: number, { min, step }: Scale): number {
  if (step === undefined) return Math.round(celsius / GRID) * GRID;
  return min + Math.round((celsius - min) / step) * step;
}

export function dialOf(scale: Scale, units: Units): Dial {
  const { min, max, step = GRID } = scale;
  const { of, back } = conversion("degC", units);
  const within = (celsius: number) => Math.min(Math.max(celsius, min), max);
  if (units === "metric") return { min, max, step, of, back: within };
  return {
    min: Math.ceil(of(min)),
    max: Math.floor(of(max)),
    step: Math.max(1, Math.round(step * FAHRENHEIT_PER_CELSIUS)),
    of: (celsius) => Math.round(of(celsius)),
    back: (shown) => within(onGrid(back(shown), scale)),
  };
}
