// The stream of events: pages of the past from the server, and on top what happens while one looks.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import { EVENT_STREAM } from "../live/freshness";
import { useLiveEvents } from "../live/hooks";
import type { EventView } from "../live/protocol";
import { type EventKind, typesOf } from "./kinds";
import { newestFirst } from "./order";

export interface StreamFilter {
  organisation?: string;
  home?: string;
  device?: string;
  kind?: EventKind;
  /** Milliseconds since the epoch. */
  from?: number;
  until?: number;
}

/** More than a window of a list to read down; a short list that leaves much out asks for more. */
const PAGE = 30;

/** By when each happened, each event once, whether it came live or with a page. */
export function merge(newer: readonly EventView[], older: readonly EventView[]): EventView[] {
  const byId = new Map([...older, ...newer].map((event) => [event.id, event]));
  return newestFirst([...byId.values()]);
}

function queryOf(filter: StreamFilter, page: number, cursor: string | undefined) {
  const { organisation, home, device, kind, from, until } = filter;
  return {
    order: "newest_first" as const,
    limit: page,
    ...(organisation && { organisation }),
    ...(home && { home }),
    ...(device && { device }),
    ...(kind && { type: typesOf(kind).join(",") }),
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    ...(cursor && { cursor }),
  };
}

function isWithin({ from, until }: StreamFilter, event: EventView): boolean {
  const time = Date.parse(event.time);
  return (from === undefined || time >= from) && (until === undefined || time < until);
}

/**
 * `isReading` says whether the reader is further down: what comes then waits, so that nothing moves under their eyes.
 * Mount it anew for another filter.
 */
export function useEventStream(filter: StreamFilter, isReading: () => boolean, asked = PAGE) {
  const key = useMemo(() => [keys.events({})[0], EVENT_STREAM, { ...filter, asked }] as const, [filter, asked]);
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => answer(api.GET("/api/events", { params: { query: queryOf(filter, asked, pageParam) }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.more ? (last.next_cursor ?? undefined) : undefined),
    staleTime: 0,
  });
  // What came live stays beside the pages: a page that is being loaded right now may not have it.
  const [live, setLive] = useState<{ shown: EventView[]; waiting: EventView[] }>({ shown: [], waiting: [] });
  useLiveEvents(
    {
      ...(filter.organisation && { organisation: filter.organisation }),
      ...(filter.home && { homes: [filter.home] }),
      ...(filter.device && { devices: [filter.device] }),
      ...(filter.kind && { types: typesOf(filter.kind) }),
    },
    (events) => {
      const wanted = events.filter((event) => isWithin(filter, event));
      if (wanted.length === 0) return;
      const hold = isReading();
      setLive(({ shown, waiting }) =>
        hold ? { shown, waiting: [...waiting, ...wanted] } : { shown: [...shown, ...waiting, ...wanted], waiting: [] },
      );
    },
  );
  const events = useMemo(() => merge(live.shown, query.data?.pages.flatMap((page) => page.items) ?? []), [live.shown, query.data]);
  // Not the whole answer: who reads all of it is drawn again for every loading in the background.
  const { isPending, isError, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  return {
    // A page of events is much to draw: it is drawn in pieces.
    isPending: useDeferredValue(isPending),
    isError,
    error,
    refetch,
    hasNextPage,
    isFetchingNextPage,
    fetchNextPage,
    events: useDeferredValue(events),
    waitingCount: live.waiting.length,
    showWaiting: () => setLive(({ shown, waiting }) => ({ shown: [...shown, ...waiting], waiting: [] })),
  };
}
