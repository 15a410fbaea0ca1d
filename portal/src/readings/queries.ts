// Readings one by one, how many there are, and what people change about them.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";
import { wireInstant } from "../format/instant";
import type { Span } from "../chart/range";

export type Reading = Schemas["ReadingView"];
export type Counted = Schemas["CountView"];
export type Corrected = Schemas["CorrectedView"];
export type ImportReport = Schemas["ReadingsImportView"];

/** Whose readings: of one device, or of all that are in a home. */
export type Scope = { of: "device" | "home"; id: string; name: string };

/** Devices' clocks are not believed before, nor the server's much later than now. */
export const EARLIEST = Date.UTC(2000, 0, 1);
const AHEAD_MS = 2 * 86_400_000;
const DAY_MS = 86_400_000;

/** All time, the same all day long: what it is asked with is a key of the cache. */
export function allTime(now: number): Span {
  return { from: EARLIEST, until: Math.ceil((now + AHEAD_MS) / DAY_MS) * DAY_MS };
}

export function countQuery({ of, id }: Scope, { from, until }: Span, attribute: string | undefined) {
  const query = { from: wireInstant(from), until: wireInstant(until), ...(attribute !== undefined && { attribute }) };
  const params = { path: { id }, query };
  return queryOptions({
    queryKey: keys.readingsCount(of, id, query),
    queryFn: ({ signal }): Promise<Counted> =>
      of === "device"
        ? answer(api.GET("/api/iot/devices/{id}/readings/count", { params, signal }))
        : answer(api.GET("/api/homes/{id}/readings/count", { params, signal })),
    // What is asked before something goes must be so now.
    staleTime: 0,
  });
}

const PAGE = 50;

export interface Listed {
  device: string;
  endpoint: number;
  attribute: string;
  span: Span;
  knownAt: number | undefined;
}

/** Newest first, page by page. */
export function readingsQuery({ device, endpoint, attribute, span, knownAt }: Listed) {
  const filter = { endpoint, attribute, from: wireInstant(span.from), until: wireInstant(span.until), ...(knownAt !== undefined && { known_at: wireInstant(knownAt) }) };
  return infiniteQueryOptions({
    queryKey: keys.history(device, { readings: true, ...filter }),
    queryFn: ({ signal, pageParam }) => {
      const query = { ...filter, order: "newest_first" as const, limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return answer(api.GET("/api/iot/devices/{id}/readings", { params: { path: { id: device }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

/** Whatever was drawn or counted of readings is asked for again. */
export function useAfterReadings(): () => Promise<unknown> {
  const cache = useQueryClient();
  return () =>
    Promise.all(
      [["device"], ["homes"], ["readings-count"], ["storage"], ["events"]].map((queryKey) => cache.invalidateQueries({ queryKey, refetchType: "active" })),
    );
}

export function useCorrect(device: string) {
  const after = useAfterReadings();
  return useMutation({
    mutationFn: ({ body, key }: { body: Schemas["CorrectionBody"]; key: string }): Promise<Corrected> =>
      answer(api.POST("/api/iot/devices/{id}/readings/corrections", { body, params: { path: { id: device }, header: { "Idempotency-Key": key } } })),
    onSuccess: after,
  });
}

export function useRemove({ of, id }: Scope) {
  const after = useAfterReadings();
  return useMutation({
    mutationFn: ({ span, attribute }: { span: Span; attribute: string | undefined }) => {
      const query = { from: wireInstant(span.from), until: wireInstant(span.until), ...(attribute !== undefined && { attribute }) };
      const params = { path: { id }, query };
      return of === "device" ? answer(api.DELETE("/api/iot/devices/{id}/readings", { params })) : answer(api.DELETE("/api/homes/{id}/readings", { params }));
    },
    onSuccess: after,
  });
}

export function sendPart(device: string, csv: string, key: string): Promise<ImportReport> {
  return answer(
    api.POST("/api/iot/devices/{id}/readings/import", {
      body: csv,
      bodySerializer: (text: string) => text,
      headers: { "content-type": "text/csv" },
      params: { path: { id: device }, header: { "Idempotency-Key": key } },
    }),
  );
}
