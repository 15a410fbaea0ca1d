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

export interface Credentials {
  email: string;
  password: string;
  /** Of an authenticator app, or a recovery code, where the server asks for one. */
  code?: string;
}

export function signInByPassword(body: Credentials): Promise<Profile> {
  return answer(api.POST("/api/auth/session", { body }));
}

/** Signs in the way that is given, and begins afresh with what that person may see. */
export function useSignIn<Given>(how: (given: Given) => Promise<Profile>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (given: Given) => {
      const profile = await how(given);
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
