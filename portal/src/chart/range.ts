// The span of time a chart shows: how it stands in the URL, what it asks the server for, and how one walks along it.
import { isoDay, fromIsoDay, startOfDay } from "../format/zone";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const PRESETS = ["24h", "7d", "30d", "90d"] as const;
export type Preset = (typeof PRESETS)[number];

const SPANS: Record<Preset, number> = { "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY };

/** A preset ends now; a fixed span stays where it is. */
export type Range = { preset: Preset } | { from: number; until: number };

export const DEFAULT_RANGE: Range = { preset: "24h" };
const SHORTEST = 5 * 60_000;
const LONGEST = 5 * 366 * DAY;

/** `24h`, or `<from>..<until>` in milliseconds; what cannot be read is the default, so that a broken link still works. */
export function parseRange(text: string | undefined): Range {
  const preset = PRESETS.find((one) => one === text);
  if (preset !== undefined) return { preset };
  const match = /^(\d{1,16})\.\.(\d{1,16})$/.exec(text ?? "");
  if (match === null) return DEFAULT_RANGE;
  const [from, until] = [Number(match[1]), Number(match[2])];
  return until - from >= SHORTEST && until - from <= LONGEST ? { from, until } : DEFAULT_RANGE;
}

export function rangeText(range: Range): string {
  return "preset" in range ? range.preset : `${Math.round(range.from)}..${Math.round(range.until)}`;
}

export interface Span {
  from: number;
  until: number;
}

export function spanOf(range: Range, now: number): Span {
  return "preset" in range ? { from: now - SPANS[range.preset], until: now } : range;
}

/** The preset that is most like a span: what "back to now" goes back to. */
export function livePreset({ from, until }: Span): Preset {
  const apart = (preset: Preset) => Math.abs(Math.log((until - from) / SPANS[preset]));
  return PRESETS.reduce((best, preset) => (apart(preset) < apart(best) ? preset : best));
}

/** A fixed span, kept within what exists and can be drawn. */
export function fixed(span: Span, now: number): Range {
  const length = Math.min(Math.max(span.until - span.from, SHORTEST), LONGEST);
  const until = Math.min(span.from + length, now);
  return { from: Math.round(until - length), until: Math.round(until) };
}

export type Move = "earlier" | "later" | "in" | "out";

/** Half a span to the side, or the middle half, or twice as much around the middle. */
export function moved(span: Span, move: Move, now: number): Range {
  const length = span.until - span.from;
  switch (move) {
    case "earlier":
      return fixed({ from: span.from - length / 2, until: span.until - length / 2 }, now);
    case "later":
      return fixed({ from: span.from + length / 2, until: span.until + length / 2 }, now);
    case "in":
      return fixed({ from: span.from + length / 4, until: span.until - length / 4 }, now);
    case "out":
      return fixed({ from: span.from - length / 2, until: span.until + length / 2 }, now);
  }
}

/** Whether there is anything later to walk to. */
export function endsNow(span: Span, now: number): boolean {
  return span.until >= now - 60_000;
}

export type BarStep = "hour" | "day" | "week" | "month";

/** The calendar step of a counter's bars: as fine as can be told apart. */
export function stepFor(span: Span): BarStep {
  const length = span.until - span.from;
  if (length <= 2 * DAY) return "hour";
  if (length <= 45 * DAY) return "day";
  return length <= 200 * DAY ? "week" : "month";
}

/** Bars begin with the calendar, so that the first one is whole. */
export function calendarSpan(span: Span, step: BarStep, zone: string): Span {
  const from = step === "hour" ? Math.floor(span.from / HOUR) * HOUR : startOfDay(span.from, zone);
  return { from, until: span.until };
}

/** The dates of the custom picker, both inclusive, in the home's zone. */
export function rangeOfDays(first: string, last: string, zone: string, now: number): Range | undefined {
  const from = fromIsoDay(first, zone);
  const lastDay = fromIsoDay(last, zone);
  if (from === undefined || lastDay === undefined || lastDay < from || from > now) return undefined;
  return fixed({ from, until: startOfDay(lastDay, zone, 1) }, Math.max(now, startOfDay(lastDay, zone, 1)));
}

export function daysOf(span: Span, zone: string): { first: string; last: string } {
  return { first: isoDay(span.from, zone), last: isoDay(span.until - 1, zone) };
}
