// From the units in which devices report to those in which a person reads, and back for what they set. Pure; whoever
// shows a number says for whom (`Reader`). What has no entry is read alike everywhere: electricity is watt-hours in
// every country, and the kelvin of a lamp's white is its colour, no temperature of the room.
export type Units = "metric" | "imperial";

/** The unit in which a number is shown, and the way there and back. */
export interface Conversion {
  unit: string;
  of(reported: number): number;
  back(shown: number): number;
}

interface Rule {
  unit: string;
  factor: number;
  /** Added after multiplying. */
  offset?: number;
}

const LITRES_IN_A_GALLON = 3.785411784;
const SQUARE_METRES_IN_A_SQUARE_FOOT = 0.3048 ** 2;

const IMPERIAL: Readonly<Record<string, Rule>> = {
  degC: { unit: "degF", factor: 9 / 5, offset: 32 },
  L: { unit: "gal", factor: 1 / LITRES_IN_A_GALLON },
  "L/min": { unit: "gal/min", factor: 1 / LITRES_IN_A_GALLON },
  hPa: { unit: "inHg", factor: 1 / 33.863886666667 },
  m2: { unit: "ft2", factor: 1 / SQUARE_METRES_IN_A_SQUARE_FOOT },
};

function made({ unit, factor, offset = 0 }: Rule): Conversion {
  return { unit, of: (reported) => reported * factor + offset, back: (shown) => (shown - offset) / factor };
}

/** Of a value as it stands: a temperature, an amount, a pressure. */
export function conversion(unit: string, units: Units): Conversion {
  const rule = units === "imperial" ? IMPERIAL[unit] : undefined;
  return made(rule ?? { unit, factor: 1 });
}

/** Whether people of these units read anything of this unit differently. */
export function isConverted(unit: string, units: Units): boolean {
  return conversion(unit, units).unit !== unit;
}
