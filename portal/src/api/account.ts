// One's own account: how it begins, changes, is recovered and ends.
import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer } from "./client";
import { type AccountOptions, identity, type LogEntry, type ProfileChange, type Registration, type SignIn } from "./identity";
import { keys } from "./keys";
import type { Profile } from "./session";

/** What is offered to whoever is not signed in yet. */
export const optionsQuery = queryOptions({
  queryKey: keys.account("options"),
  queryFn: ({ signal }): Promise<AccountOptions> => answer(identity.GET("/api/auth/options", { signal })),
  retry: false,
});

export function register(body: Registration): Promise<{ id: string }> {
  return answer(identity.POST("/api/auth/register", { body }));
}

export function confirmEmail(token: string): Promise<void> {
  return answer(identity.POST("/api/auth/verify-email", { body: { token } }));
}

export function sendConfirmation(): Promise<void> {
  return answer(identity.POST("/api/auth/verify-email/send"));
}

/** Answers the same whether there is such an account or not. */
export function askForReset(email: string): Promise<void> {
  return answer(identity.POST("/api/auth/password-reset", { body: { email } }));
}

export function resetPassword(body: { token: string; password: string }): Promise<void> {
  return answer(identity.POST("/api/auth/password-reset/confirm", { body }));
}

export function changeEmail(email: string): Promise<void> {
  return answer(identity.POST("/api/auth/email-change", { body: { email } }));
}

export function confirmEmailChange(token: string): Promise<void> {
  return answer(identity.POST("/api/auth/email-change/confirm", { body: { token } }));
}

export function changePassword(body: { current_password?: string; new_password: string }): Promise<void> {
  return answer(identity.POST("/api/auth/change-password", { body }));
}

/** Everything kept about the person, as the text of one JSON file. */
export function exportAccount(): Promise<string> {
  return answer(identity.GET("/api/auth/export", { parseAs: "text" }));
}

export function deleteAccount(): Promise<void> {
  return answer(identity.DELETE("/api/auth/account"));
}

/** The profile as it is after a change, for every page at once. */
export function useProfileChanged(): () => Promise<void> {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.profile });
}

export function useChangeProfile() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: ProfileChange): Promise<Profile> => answer(identity.PATCH("/api/auth/profile", { body })),
    onSuccess: (profile) => cache.setQueryData(keys.profile, profile),
  });
}

export const signInsQuery = queryOptions({
  queryKey: keys.account("sessions"),
  queryFn: async ({ signal }): Promise<SignIn[]> => {
    const found = await answer(identity.GET<SignIn[] | { items: SignIn[] }>("/api/auth/sessions", { signal }));
    return Array.isArray(found) ? found : found.items;
  },
});

export function useEndSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string): Promise<void> => answer(identity.DELETE("/api/auth/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.account("sessions") }),
  });
}

/** Everywhere; with `keepThis`, everywhere else. */
export function useEndAllSignIns() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (keepThis: boolean): Promise<void> => answer(identity.DELETE("/api/auth/sessions", { params: { query: { keep_current: keepThis } } })),
    onSuccess: (_ended, keepThis) => (keepThis ? cache.invalidateQueries({ queryKey: keys.account("sessions") }) : cache.clear()),
  });
}

const LOG_PAGE = 20;

/** Newest first, a page at a time. */
export function useAccountLog() {
  return useInfiniteQuery({
    queryKey: keys.account("log"),
    queryFn: ({ pageParam, signal }) =>
      answer(
        identity.GET<{ items: LogEntry[]; next_cursor?: string | null }>("/api/auth/log", {
          params: { query: { limit: LOG_PAGE, ...(pageParam !== "" && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
}
