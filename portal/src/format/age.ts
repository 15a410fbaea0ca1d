// How old a value is, in words, and when it is too old to be shown without saying so.
import type { Say } from "./say";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** One lost report is nothing; two and a half intervals of silence are. The server judges presence the same way. */
export function isStale(at: number, now: number, expectedIntervalS: number): boolean {
  return now - at > expectedIntervalS * 2_500;
}

/**
 * When a value was last known to hold. A device tells an eventful attribute (a lock's bolt) only when it changes, so
 * every later sign of life confirms it; a measurement is only as new as its own reading.
 */
export function heldAt(time: number, eventful: boolean, lastSeen: number | null): number {
  return eventful && lastSeen !== null ? Math.max(time, lastSeen) : time;
}

/** "12 min ago". */
export function age(at: number, now: number, say: Say): string {
  const ms = now - at;
  if (ms < -MINUTE) return say("age.ahead", { span: duration(-ms, say) });
  if (ms < 10 * SECOND) return say("age.now");
  if (ms < MINUTE) return say("age.seconds", { n: Math.floor(ms / SECOND) });
  if (ms < HOUR) return say("age.minutes", { n: Math.floor(ms / MINUTE) });
  if (ms < DAY) return say("age.hours", { n: Math.floor(ms / HOUR) });
  return say("age.days", { n: Math.floor(ms / DAY) });
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
