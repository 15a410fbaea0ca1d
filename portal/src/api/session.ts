// Who is signed in, and how that begins and ends.
import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { askFirstCursor } from "../live/cursor";
import { keys } from "./keys";

export type Role = Schemas["Role"];
export type Profile = Schemas["ProfileView"];

export const profileQuery = queryOptions({
  queryKey: keys.profile,
  queryFn: ({ signal }): Promise<Profile> => answer(api.GET("/api/auth/profile", { signal })),
  staleTime: 5 * 60_000,
  retry: false,
});

/** Only inside the signed-in part, where the router has loaded it. */
export function useProfile(): Profile {
  return useSuspenseQuery(profileQuery).data;
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["LoginBody"]) => {
      const profile = await answer(api.POST("/api/auth/session", { body }));
      // Now, as at a start: what the first page then loads need not be loaded twice.
      await askFirstCursor();
      return profile;
    },
    onSuccess: (profile) => {
      cache.clear();
      cache.setQueryData(keys.profile, profile);
    },
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/api/auth/session")),
    onSuccess: () => cache.clear(),
  });
}
