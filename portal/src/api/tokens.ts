// API tokens: what programs act with in this person's name. The token itself is only in the answer that made it.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer } from "./client";
import { type ApiToken, identity, type IssuedToken } from "./identity";
import { keys } from "./keys";
import { newKey } from "./once";

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: async ({ signal }): Promise<ApiToken[]> => {
    const tokens = await answer(identity.GET<ApiToken[]>("/api/auth/tokens", { signal }));
    return tokens.filter(({ kind }) => kind === "api");
  },
});

function useAfterToken() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.tokens });
}

export interface NewToken {
  name: string;
  scopes?: string[];
  expires_at?: string;
}

export function useCreateToken() {
  const done = useAfterToken();
  return useMutation({
    mutationFn: (body: NewToken): Promise<IssuedToken> =>
      answer(identity.POST("/api/auth/tokens", { body, params: { header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

/** The one before goes on for `overlap_s`, so that programs can be given the new one. */
export function useRotateToken() {
  const done = useAfterToken();
  return useMutation({
    mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }): Promise<IssuedToken> =>
      answer(identity.POST("/api/auth/tokens/{id}/rotate", { body: { overlap_s }, params: { path: { id }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}

export function useEndToken() {
  const done = useAfterToken();
  return useMutation({
    mutationFn: (id: string): Promise<void> => answer(identity.DELETE("/api/auth/tokens/{id}", { params: { path: { id } } })),
    onSuccess: done,
  });
}
