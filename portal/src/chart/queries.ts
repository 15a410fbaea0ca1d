// Asks the server for history and keeps the answers; a span that is over never changes, one that ends now does.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";
import { wireInstant } from "../format/instant";
import type { Value } from "../format/wording";
import { hasStatus } from "../api/problem";
import { type Drawn, drawnOf, drawnOfHistory, type WireChart } from "./drawn";
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

export interface ChartWish extends Span {
  device: string;
  endpoint: number;
  attribute: string;
}

/** More than most screens are wide. */
const PIXELS = 1_000;
/** In place of readings, where there are more than the server goes through. */
const BUCKETS_INSTEAD = 1_000;

export function chartQuery({ device, endpoint, attribute, from, until }: ChartWish) {
  return queryOptions({
    queryKey: keys.history(device, { chart: true, endpoint, attribute, from, until }),
    queryFn: async ({ signal }): Promise<Drawn> => {
      const params = { path: { id: device }, query: { attribute, endpoint, from: wireInstant(from), until: wireInstant(until) } };
      try {
        const found = await answer(api.GET("/api/iot/devices/{id}/chart", { params: { ...params, query: { ...params.query, points: PIXELS } }, signal }));
        return drawnOf(found as WireChart);
      } catch (error) {
        if (!hasStatus(error, 422)) throw error;
        const query = { ...params.query, buckets: BUCKETS_INSTEAD };
        const found = await answer(api.GET("/api/iot/devices/{id}/history", { params: { ...params, query }, signal }));
        return drawnOfHistory(historyOf(found as unknown as WireHistory));
      }
    },
    staleTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export interface HomeLine {
  device: string;
  endpoint: number;
  drawn: Drawn;
}

/** Enough for the width, and not too much for many devices. */
const HOME_BUCKETS = 300;

/** One attribute of all devices of a home that have told it, in the same buckets. */
export function homeHistoryQuery(home: string, attribute: string, { from, until }: Span) {
  return queryOptions({
    queryKey: keys.homeHistory(home, { attribute, from, until }),
    queryFn: async ({ signal }): Promise<{ unit: string; lines: HomeLine[] }> => {
      const query = { attribute, from: wireInstant(from), until: wireInstant(until), buckets: HOME_BUCKETS };
      const found = await answer(api.GET("/api/homes/{id}/history", { params: { path: { id: home }, query }, signal }));
      const { series, ...shared } = found;
      const lines = series.map(({ device, endpoint, ...own }) => ({
        device,
        endpoint,
        drawn: drawnOfHistory(historyOf({ ...shared, ...own } as unknown as WireHistory)),
      }));
      return { unit: found.unit ?? "", lines: lines.filter(({ drawn }) => drawn.points.length > 0) };
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
