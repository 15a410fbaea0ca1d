// Bytes as people read them.
import { numberFormat } from "../format/formatters";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function bytesText(bytes: number, locale: string): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const decimals = value < 10 && !Number.isInteger(value) ? 2 : value < 100 && unit > 0 ? 1 : 0;
  return numberFormat(locale, { style: "unit", unit: UNITS[unit] ?? "byte", unitDisplay: "short", maximumFractionDigits: decimals }).format(value);
}
