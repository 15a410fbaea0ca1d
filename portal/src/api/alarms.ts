// Alarms: what was raised, who took notice, what is over.
import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer } from "./client";
import { type Alarm, type AlarmState, identity } from "./identity";
import { keys } from "./keys";

export interface AlarmsFilter {
  organisation?: string;
  home?: string;
  state?: AlarmState;
}

interface Page {
  items: Alarm[];
  next?: string | null;
  next_cursor?: string | null;
}

const PAGE = 50;
/** More than this are told as "99+". */
export const MOST_COUNTED = 100;

function readPage(filter: AlarmsFilter, limit: number, cursor: string | undefined, signal: AbortSignal): Promise<Page> {
  return answer(identity.GET("/api/alarms", { params: { query: { limit, ...filter, ...(cursor !== undefined && { cursor }) } }, signal }));
}

export function useAlarms(filter: AlarmsFilter) {
  return useInfiniteQuery({
    queryKey: keys.alarms(filter),
    queryFn: ({ pageParam, signal }) => readPage(filter, PAGE, pageParam === "" ? undefined : pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? page.next ?? undefined,
  });
}

/** How many wait for somebody. */
export const openAlarmsQuery = (organisation: string | undefined) =>
  queryOptions({
    queryKey: keys.alarms({ count: "open", organisation }),
    queryFn: async ({ signal }): Promise<number> => {
      const filter: AlarmsFilter = { state: "open", ...(organisation !== undefined && { organisation }) };
      return (await readPage(filter, MOST_COUNTED, undefined, signal)).items.length;
    },
    retry: false,
  });

export function useAcknowledge() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, note }: { id: string; note?: string }): Promise<Alarm> =>
      answer(identity.POST("/api/alarms/{id}/acknowledge", { body: note === undefined ? {} : { note }, params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["alarms"] }),
  });
}
