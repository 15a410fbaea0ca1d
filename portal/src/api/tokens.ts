// API tokens: what programs act with in this person's name. The token itself is only in the answer that made it.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { newKey } from "./once";

export type ApiToken = Schemas["TokenView"];
export type IssuedToken = Schemas["IssuedView"];

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: async ({ signal }): Promise<ApiToken[]> => {
    const tokens = await answer(api.GET("/api/auth/tokens", { signal }));
    return tokens.filter(({ kind }) => kind === "api");
  },
});

function useAfterToken() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.tokens });
}

export function useCreateToken() {
  const done = useAfterToken();
  return useMutation({
    mutationFn: (body: Schemas["NewTokenBody"]): Promise<IssuedToken> =>
      answer(api.POST("/api/auth/tokens", { body, params: { header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

/** The one before goes on for `overlap_s`, so that programs can be given the new one. */
export function useRotateToken() {
  const done = useAfterToken();
  return useMutation({
    mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }): Promise<IssuedToken> =>
      answer(api.POST("/api/auth/tokens/{id}/rotate", { body: { overlap_s }, params: { path: { id }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useEndToken() {
  const done = useAfterToken();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/auth/tokens/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}
