// Numbers with their units as people read them: Wh becomes kWh, degC becomes °C or °F, each with as many digits as matter.
import { numberFormat } from "./formatters";
import type { Reader } from "./say";
import { conversion } from "./units";

const NBSP = "\u00a0";

export interface Quantity {
  number: string;
  unit: string;
  /** Both, joined as the locale joins them. */
  text: string;
}

export interface Scale {
  factor: number;
  unit: string;
  decimals: number;
}

/** A scale for values up to `largest`, in a unit as it is shown; charts use it so that a whole axis has one unit. */
export function scaleFor(unit: string, largest: number): Scale {
  const size = Math.abs(largest);
  switch (unit) {
    case "degC":
      return { factor: 1, unit: "°C", decimals: 1 };
    case "degF":
      return { factor: 1, unit: "°F", decimals: 1 };
    case "deg":
      return { factor: 1, unit: "°", decimals: 0 };
    case "W":
      if (size >= 1_000) return { factor: 1e-3, unit: "kW", decimals: 2 };
      return { factor: 1, unit: "W", decimals: size < 10 ? 1 : 0 };
    case "Wh":
      if (size < 1_000) return { factor: 1, unit: "Wh", decimals: size > 0 && size < 10 ? 1 : 0 };
      return { factor: 1e-3, unit: "kWh", decimals: size < 10_000 ? 2 : size < 1e6 ? 1 : 0 };
    case "L":
      if (size < 1_000) return { factor: 1, unit: "L", decimals: size > 0 && size < 10 ? 1 : 0 };
      return { factor: 1e-3, unit: "m³", decimals: size < 1e6 ? 2 : 0 };
    case "gal":
      return { factor: 1, unit: "gal", decimals: size > 0 && size < 10 ? 2 : size < 1_000 ? 1 : 0 };
    case "gal/min":
      return { factor: 1, unit: "gal/min", decimals: 2 };
    case "inHg":
      return { factor: 1, unit: "inHg", decimals: 2 };
    case "m2":
      return { factor: 1, unit: "m²", decimals: 0 };
    case "ft2":
      return { factor: 1, unit: "ft²", decimals: 0 };
    case "A":
      return { factor: 1, unit: "A", decimals: 2 };
    case "Hz":
      return { factor: 1, unit: "Hz", decimals: 2 };
    case "L/min":
      return { factor: 1, unit: "L/min", decimals: 1 };
    case "ug/m3":
      return { factor: 1, unit: "µg/m³", decimals: 0 };
    case "hPa":
      return { factor: 1, unit: "hPa", decimals: 1 };
    case "ppb":
    case "V":
    case "%":
    case "lx":
    case "ppm":
    case "K":
    case "dBm":
    case "s":
      return { factor: 1, unit, decimals: 0 };
    default:
      return { factor: 1, unit, decimals: 2 };
  }
}

/** Round units such as a set point of 21 °C keep their decimal, so that numbers in a column line up. */
const FIXED = new Set(["degC", "degF", "A", "Hz", "inHg"]);

/** A value as it was reported, in the units of whoever reads. */
export function quantity(value: number, unit: string | null | undefined, { locale, units }: Reader): Quantity {
  const { unit: shownUnit, of } = conversion(unit ?? "", units);
  const shown = of(value);
  return scaled(shown, shownUnit, scaleFor(shownUnit, shown), locale);
}

/** A set point: people set half degrees Celsius, or whole degrees Fahrenheit, and read what they set. */
export function setPoint(value: number, unit: string, reader: Reader): Quantity {
  const { unit: shownUnit, of } = conversion(unit, reader.units);
  const shown = of(value);
  const scale = scaleFor(shownUnit, shown);
  return scaled(shown, shownUnit, shownUnit === "degF" ? { ...scale, decimals: 0 } : scale, reader.locale);
}

/** A value in a unit as it is shown, on a scale chosen for others too. */
export function scaled(value: number, unit: string, scale: Scale, locale: string): Quantity {
  if (!Number.isFinite(value)) return { number: "–", unit: "", text: "–" };
  const keep = FIXED.has(unit) || scale.factor !== 1;
  const number = numberFormat(locale, {
    minimumFractionDigits: keep ? scale.decimals : 0,
    maximumFractionDigits: scale.decimals,
  }).format(noNegativeZero(value * scale.factor, scale.decimals));
  return { number, unit: scale.unit, text: `${number}${joint(scale.unit, locale)}${scale.unit}` };
}

function noNegativeZero(value: number, decimals: number): number {
  return Math.abs(value) < 0.5 * 10 ** -decimals ? 0 : value;
}

function joint(unit: string, locale: string): string {
  if (unit === "") return "";
  if (unit === "°") return "";
  if (unit === "%") return locale.startsWith("en") ? "" : NBSP;
  return NBSP;
}

/** A change against another amount in per cent, or null where that says nothing. */
export function changePercent(now: number, before: number): number | null {
  if (!Number.isFinite(now) || !Number.isFinite(before) || before <= 0) return null;
  return Math.round(((now - before) / before) * 100);
}
