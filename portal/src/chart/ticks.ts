// Where the time axis is marked, and how its marks read in the home's zone.
import { dateFormat } from "../format/formatters";
import { clock } from "../format/moment";
import type { Voice } from "../format/say";
import { startOfDay, wallTime } from "../format/zone";
import type { Span } from "./range";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];
const DAY_STEPS = [1, 2, 7, 14, 30, 60, 90, 180, 365];

export interface Ticks {
  at: number[];
  stepMs: number;
}

/** At most `most` marks, on whole hours or midnights of the zone. */
export function ticksOf({ from, until }: Span, zone: string, most: number): Ticks {
  const length = until - from;
  const short = STEPS.find((step) => length / step <= most);
  if (short !== undefined) return { at: within(startOfDay(from, zone), short, from, until), stepMs: short };
  const days = DAY_STEPS.find((step) => length / (step * DAY) <= most) ?? 365;
  const at: number[] = [];
  for (let day = startOfDay(from, zone); day <= until; day = startOfDay(day, zone, days)) if (day >= from) at.push(day);
  return { at, stepMs: days * DAY };
}

function within(start: number, step: number, from: number, until: number): number[] {
  const first = start + Math.ceil((from - start) / step) * step;
  const count = Math.max(0, Math.floor((until - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** "14:00"; "21 Nov" at midnight and for marks of whole days; "Nov 2026" far out. */
export function tickLabel(at: number, stepMs: number, voice: Voice, zone: string): string {
  const { hour, minute } = wallTime(at, zone);
  if (stepMs < DAY && (hour !== 0 || minute !== 0)) return clock(at, voice, zone);
  const parts = stepMs >= 60 * DAY ? ({ month: "short", year: "numeric" } as const) : ({ day: "numeric", month: "short" } as const);
  return dateFormat(voice.locale, { timeZone: zone, ...parts }).format(at);
}
