// What the device page asks of the server, beside its live state.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";

export function diagnosticsQuery(id: string) {
  return queryOptions({
    queryKey: keys.diagnostics(id),
    queryFn: ({ signal }) => answer(api.GET("/api/iot/devices/{id}/diagnostics", { params: { path: { id } }, signal })),
  });
}

/** Few enough that what follows on a phone is not far away. */
const PAGE = 10;

/** Newest first, page by page. */
export function deviceEventsQuery(device: string) {
  return infiniteQueryOptions({
    queryKey: keys.events({ device, paged: true }),
    queryFn: ({ signal, pageParam }) => {
      const query = { order: "newest_first" as const, limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return answer(api.GET("/api/iot/devices/{id}/events", { params: { path: { id: device }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.more ? (page.next_cursor ?? undefined) : undefined),
  });
}

/** Newest first, page by page. */
export function deviceCommandsQuery(device: string) {
  return infiniteQueryOptions({
    queryKey: keys.commands({ device, paged: true }),
    queryFn: ({ signal, pageParam }) => {
      const query = { limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return answer(api.GET("/api/iot/devices/{id}/commands", { params: { path: { id: device }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
