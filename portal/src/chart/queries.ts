// Asks the server for history and keeps the answers; a span that is over never changes, one that ends now does.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";
import { wireInstant } from "../format/instant";
import type { Value } from "../format/wording";
import { type History, historyOf, type WireHistory } from "./history";
import type { BarStep, Span } from "./range";

export interface HistoryWish extends Span {
  device: string;
  endpoint: number;
  attribute: string;
  /** As many buckets as pixels need, or one for each step of the home's calendar. */
  by: { buckets: number } | { step: BarStep };
}

const FRESH_MS = 60_000;

export function historyQuery(wish: HistoryWish) {
  const { device, endpoint, attribute, from, until, by } = wish;
  return queryOptions({
    queryKey: keys.history(device, { endpoint, attribute, from, until, ...by }),
    queryFn: async ({ signal }): Promise<History> => {
      const query = { attribute, endpoint, from: wireInstant(from), until: wireInstant(until), ...by };
      const found = await answer(api.GET("/api/iot/devices/{id}/history", { params: { path: { id: device }, query }, signal }));
      return historyOf(found as unknown as WireHistory);
    },
    staleTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** The last value from before a span: what a state that is told only on change was when the span began. */
export function valueBeforeQuery(device: string, endpoint: number, attribute: string, at: number) {
  return queryOptions({
    queryKey: keys.history(device, { endpoint, attribute, before: at }),
    queryFn: async ({ signal }): Promise<Value | null> => {
      const query = { attribute, endpoint, until: wireInstant(at), order: "newest_first" as const, limit: 1 };
      const found = await answer(api.GET("/api/iot/devices/{id}/readings", { params: { path: { id: device }, query }, signal }));
      return (found.items[0]?.value as Value | undefined) ?? null;
    },
    staleTime: FRESH_MS,
  });
}

const PRESENCE_EVENTS = "device.online,device.late,device.offline";
/** Far more than a device comes and goes in a span that can be drawn. */
const MOST_EVENTS = 500;

/** When the device came and went, from a day before the span on: it may have gone before. */
export function presenceEventsQuery(device: string, span: Span) {
  const { from, until } = span;
  return queryOptions({
    queryKey: keys.history(device, { presence: true, from, until }),
    queryFn: async ({ signal }): Promise<Schemas["EventView"][]> => {
      const query = {
        type: PRESENCE_EVENTS,
        from: wireInstant(from - 86_400_000),
        until: wireInstant(until),
        order: "newest_first" as const,
        limit: MOST_EVENTS,
      };
      const found = await answer(api.GET("/api/iot/devices/{id}/events", { params: { path: { id: device }, query }, signal }));
      return found.items;
    },
    staleTime: FRESH_MS,
  });
}
