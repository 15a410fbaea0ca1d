// Alarms: what was raised, who took notice, what is over.
import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";

export type Alarm = Schemas["AlarmView"];
export type AlarmState = Schemas["AlarmState"];
export type AlarmSeverity = Schemas["AlarmSeverity"];

export interface AlarmsFilter {
  organisation?: string;
  home?: string;
  state?: AlarmState;
}

const PAGE = 50;
/** More than this are told as "99+". */
export const MOST_COUNTED = 100;

/** Newest first, a page at a time. */
export function useAlarms(filter: AlarmsFilter) {
  return useInfiniteQuery({
    queryKey: keys.alarms(filter),
    queryFn: ({ pageParam, signal }) => answer(api.GET("/api/alarms", { params: { query: { limit: PAGE, ...filter, ...(pageParam !== "" && { cursor: pageParam }) } }, signal })),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
}

/** Those that wait for somebody. */
export const openAlarmsQuery = (place: Omit<AlarmsFilter, "state">) =>
  queryOptions({
    queryKey: keys.alarms({ open: true, ...place }),
    queryFn: async ({ signal }): Promise<Alarm[]> =>
      (await answer(api.GET("/api/alarms", { params: { query: { limit: MOST_COUNTED, state: "open", ...place } }, signal }))).items,
    retry: false,
  });

function useAfterAlarm() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: ["alarms"] });
}

/** What a person saw; everybody of the home is told as of any alarm. */
export function useRaiseAlarm() {
  const done = useAfterAlarm();
  return useMutation({
    mutationFn: ({ home, body, key }: { home: string; body: Schemas["NewAlarmBody"]; key: string }): Promise<Alarm> =>
      answer(api.POST("/api/homes/{id}/alarms", { body, params: { path: { id: home }, header: { "Idempotency-Key": key } } })),
    onSuccess: done,
  });
}

/** Somebody takes care of it, and may say how: that is seen beside their name. */
export function useAcknowledge() {
  const done = useAfterAlarm();
  return useMutation({
    mutationFn: ({ id, note }: { id: string; note: string }): Promise<Alarm> =>
      answer(api.POST("/api/alarms/{id}/acknowledge", { body: note === "" ? {} : { note }, params: { path: { id } } })),
    onSuccess: done,
  });
}

/** Those of devices end by themselves; what a person reported ends when a person says so. */
export function useClearAlarm() {
  const done = useAfterAlarm();
  return useMutation({
    mutationFn: (id: string) => answer(api.POST("/api/alarms/{id}/clear", { params: { path: { id } } })),
    onSuccess: done,
  });
}
