// How old something is, in the coarsest unit that still tells the truth.
export type AgeUnit = "now" | "second" | "minute" | "hour" | "day";

export interface AgeParts {
  unit: AgeUnit;
  count: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const JUST_NOW_MS = 10 * SECOND_MS;

/** A time that lies ahead is "now": clocks differ by a little, and an age below nothing would only confuse. */
export function ageOf(time: number, now: number): AgeParts {
  const age_ms = Math.max(0, now - time);
  if (age_ms < JUST_NOW_MS) return { unit: "now", count: 0 };
  if (age_ms < MINUTE_MS) return { unit: "second", count: Math.floor(age_ms / SECOND_MS) };
  if (age_ms < HOUR_MS) return { unit: "minute", count: Math.floor(age_ms / MINUTE_MS) };
  if (age_ms < 2 * DAY_MS) return { unit: "hour", count: Math.floor(age_ms / HOUR_MS) };
  return { unit: "day", count: Math.floor(age_ms / DAY_MS) };
}

/** Older than the device promised to report: then its age has to be seen. */
export function isStale(time: number, now: number, expectedInterval_s: number): boolean {
  return now - time > expectedInterval_s * SECOND_MS;
}
