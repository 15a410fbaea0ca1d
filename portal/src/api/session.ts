// Who is signed in, and how that begins and ends.
import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { NoAnswer, ProblemError, type Problem } from "./problem";

export type Role = Schemas["Role"];

export interface Profile extends Omit<Schemas["ProfileView"], "memberships"> {
  memberships?: { organisation: string; organisation_name: string; role: Role }[];
}

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

export interface SignIn {
  email: string;
  password: string;
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: SignIn) => sessionRequest("POST", body) as Promise<Profile>,
    onSuccess: (profile) => {
      cache.clear();
      cache.setQueryData(keys.profile, profile);
    },
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => sessionRequest("DELETE"),
    onSuccess: () => cache.clear(),
  });
}

async function sessionRequest(method: "POST" | "DELETE", body?: SignIn): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch("/api/auth/session", {
      method,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch (cause) {
    throw new NoAnswer({ cause });
  }
  if (response.ok) return response.status === 204 ? undefined : response.json();
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  throw new ProblemError(problem ?? { title: response.statusText, status: response.status, detail: "" });
}
