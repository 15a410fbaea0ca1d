// What a counter rose by today, yesterday and in the last days, with the live value carried on from the last bucket.
import type { Value } from "../format/wording";
import { startOfDay } from "../format/zone";
import { type Bar, barsOf, sumBetween } from "./bars";
import { grown, type History } from "./history";

export interface Usage {
  /** Undefined where nothing is known. */
  today: number | undefined;
  yesterday: number | undefined;
  /** Today and the six days before. */
  week: number | undefined;
  days: Bar[];
}

/** The days of usage that are asked for: a week and yesterday's week day. */
export const USAGE_DAYS = 7;

export function usageSpan(now: number, zone: string): { from: number; until: number } {
  return { from: startOfDay(now, zone, -(USAGE_DAYS - 1)), until: startOfDay(now, zone, 1) };
}

export function usageOf(history: History, now: number, live?: { value: Value; time: number }): Usage {
  const { zone } = history;
  const today = startOfDay(now, zone);
  const days = barsOf(grown(history, live), now);
  return {
    today: sumBetween(days, today, startOfDay(now, zone, 1)),
    yesterday: sumBetween(days, startOfDay(now, zone, -1), today),
    week: sumBetween(days, startOfDay(now, zone, -(USAGE_DAYS - 1)), startOfDay(now, zone, 1)),
    days,
  };
}
