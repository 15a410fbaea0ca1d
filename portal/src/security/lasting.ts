// For how long something is given: a few sensible spans to choose from.

export const LASTS = ["7d", "30d", "90d", "365d", "ever"] as const;
export type Lasts = (typeof LASTS)[number];

/** For how long the one before still works, in seconds. */
export const OVERLAPS = ["0", "3600", "86400", "604800"] as const;

const DAY_MS = 86_400_000;

/** Undefined: it never ends. */
export function expiryOf(lasts: Lasts, now: number): number | undefined {
  return lasts === "ever" ? undefined : now + Number.parseInt(lasts, 10) * DAY_MS;
}
