// What is signed in as this person: browsers' sessions and tokens of programs.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";

export type Token = Schemas["TokenView"];

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }): Promise<Token[]> => answer(api.GET("/api/auth/tokens", { signal })),
});

export function useEndToken() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/auth/tokens/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.tokens }),
  });
}
