// A span as two date-and-time fields hold it, in the home's zone. Pure.
import type { Span } from "../chart/range";
import { instantOf, wallTime } from "../format/zone";

const two = (value: number) => String(value).padStart(2, "0");

/** `2026-11-21T14:05`. */
export function localText(at: number, zone: string): string {
  const { year, month, day, hour, minute } = wallTime(at, zone);
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

function instant(text: string, zone: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  return instantOf({ year, month, day, hour, minute }, zone);
}

/** Undefined where a field is empty or half filled, or the end is not after the beginning. */
export function spanOfTexts({ from, until }: { from: string; until: string }, zone: string): Span | undefined {
  const [first, last] = [instant(from, zone), instant(until, zone)];
  return first === undefined || last === undefined || last <= first ? undefined : { from: first, until: last };
}
