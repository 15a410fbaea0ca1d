// What is stored and for how long, as the server has it; while old readings are removed, one hears how far that is.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";

export type Storage = Schemas["StorageView"];
export type Amount = Schemas["AmountView"];
export type Retention = Schemas["Retention"];

/** The server answers at once unless something is going on; then when it has got on. */
const WAIT_S = 20;

const ask = (id: string, waitS: number, signal: AbortSignal) =>
  answer(api.GET("/api/organisations/{id}/storage", { params: { path: { id }, query: { wait_s: waitS } }, signal }));

export const storageQuery = (id: string) =>
  queryOptions({ queryKey: keys.storage(id), queryFn: ({ signal }): Promise<Storage> => ask(id, 0, signal) });

export const retentionQuery = (id: string) =>
  queryOptions({
    queryKey: keys.retention(id),
    queryFn: ({ signal }): Promise<Retention> => answer(api.GET("/api/organisations/{id}/retention", { params: { path: { id } }, signal })),
  });

/** Waits with the server for the next step of a removal that goes on; each answer takes the place of the one before. */
export function useRemoval(id: string, storage: Storage | undefined): void {
  const cache = useQueryClient();
  const removal = storage?.removal;
  const next = useQuery({
    queryKey: ["removal", id, removal?.devices_done ?? null],
    queryFn: ({ signal }) => ask(id, WAIT_S, signal),
    enabled: removal != null,
    gcTime: 0,
  });
  useEffect(() => {
    if (next.data !== undefined) cache.setQueryData(keys.storage(id), next.data);
  }, [cache, id, next.data]);
}

export function useSetRetention(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Retention) => answer(api.PUT("/api/organisations/{id}/retention", { params: { path: { id } }, body })),
    onSuccess: async (saved) => {
      cache.setQueryData(keys.retention(id), saved);
      await cache.invalidateQueries({ queryKey: keys.storage(id) });
    },
  });
}
