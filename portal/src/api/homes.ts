// Homes: all of them, one, and how they are made, changed and removed.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type * as z from "zod/mini";
import type { newHomeBody } from "./bodies";
import { answer, api, defined, type Schemas } from "./client";
import { keys } from "./keys";
import { homeQuery, homesQuery } from "./lists";

export type { Home } from "./lists";
export type PropertyType = Schemas["PropertyType"];

export function useHomes() {
  return useQuery(homesQuery);
}

/** Begins with what the list knows of it, so that its name is there at once. */
export function useHome(id: string) {
  const cache = useQueryClient();
  return useQuery({
    ...homeQuery(id),
    placeholderData: () => cache.getQueryData(homesQuery.queryKey)?.find((home) => home.id === id),
  });
}

function useAfterHomeChange() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.homes });
}

export function useCreateHome() {
  const done = useAfterHomeChange();
  return useMutation({
    mutationFn: ({ body, key }: { body: z.infer<typeof newHomeBody>; key: string }) =>
      answer(api.POST("/api/homes", { body: defined(body), params: { header: { "Idempotency-Key": key } } })),
    onSuccess: done,
  });
}

export function useUpdateHome(id: string) {
  const done = useAfterHomeChange();
  return useMutation({
    mutationFn: (body: Schemas["HomeChangeBody"]) => answer(api.PATCH("/api/homes/{id}", { body, params: { path: { id } } })),
    onSuccess: done,
  });
}

export function useDeleteHome() {
  const done = useAfterHomeChange();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/homes/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}
