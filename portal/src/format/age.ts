// When a value is too old to be shown without saying so, and how long something lasts, in words.
import type { Say } from "./say";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * How long a value counts as fresh, in seconds. One lost report is nothing; two and a half intervals of silence are.
 * The server judges presence the same way.
 */
export function freshForS(expectedIntervalS: number): number {
  return expectedIntervalS * 2.5;
}

/**
 * When a value was last known to hold. A device tells an eventful attribute (a lock's bolt) only when it changes, so
 * every later sign of life confirms it; a measurement is only as new as its own reading.
 */
export function heldAt(time: number, eventful: boolean, lastSeen: number | null): number {
  return eventful && lastSeen !== null ? Math.max(time, lastSeen) : time;
}

/** "45 s", "12 min", "3 h 20 min", "2 d 4 h". */
export function duration(ms: number, say: Say): string {
  const span = Math.max(0, ms);
  if (span < MINUTE) return say("duration.seconds", { s: Math.round(span / SECOND) });
  if (span < HOUR) return say("duration.minutes", { m: Math.floor(span / MINUTE) });
  if (span < DAY) return pair(Math.floor(span / HOUR), Math.floor((span % HOUR) / MINUTE), "hours", say);
  return pair(Math.floor(span / DAY), Math.floor((span % DAY) / HOUR), "days", say);
}

function pair(large: number, small: number, noun: "hours" | "days", say: Say): string {
  return small === 0 ? say(`duration.${noun}`, { n: large }) : say(`duration.${noun}And`, { n: large, m: small });
}
