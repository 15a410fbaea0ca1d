// One's own account: how it begins, changes, is recovered and ends.
import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import type { Profile } from "./session";

/** What is offered to whoever is not signed in yet. */
export const optionsQuery = queryOptions({
  queryKey: keys.account("options"),
  queryFn: ({ signal }): Promise<Schemas["AccountOptions"]> => answer(api.GET("/api/auth/options", { signal })),
  retry: false,
});

export type SignIn = Schemas["SessionView"];
export type LogEntry = Schemas["AccountLogEntry"];
export type NotificationChoices = Schemas["NotificationChoices"];

export function register(body: Schemas["NewAccountBody"]): Promise<Schemas["AccountView"]> {
  return answer(api.POST("/api/auth/register", { body }));
}

export function confirmEmail(token: string) {
  return answer(api.POST("/api/auth/verify-email", { body: { token } }));
}

export function sendConfirmation() {
  return answer(api.POST("/api/auth/verify-email/send"));
}

/** Answers the same whether there is such an account or not. */
export function askForReset(email: string) {
  return answer(api.POST("/api/auth/password-reset", { body: { email } }));
}

export function resetPassword(body: { token: string; password: string }) {
  return answer(api.POST("/api/auth/password-reset/confirm", { body }));
}

export function changeEmail(email: string) {
  return answer(api.POST("/api/auth/email-change", { body: { email } }));
}

export function confirmEmailChange(token: string) {
  return answer(api.POST("/api/auth/email-change/confirm", { body: { token } }));
}

export function changePassword(body: { current_password?: string; new_password: string }) {
  return answer(api.POST("/api/auth/change-password", { body }));
}

/** Everything kept about the person, as the text of one JSON file. */
export async function exportAccount(): Promise<string> {
  return JSON.stringify(await answer(api.GET("/api/auth/export")), null, 2);
}

export function deleteAccount() {
  return answer(api.DELETE("/api/auth/account"));
}

/** The profile as it is after a change, for every page at once. */
export function useProfileChanged(): () => Promise<void> {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.profile });
}

export function useChangeProfile() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["ProfileBody"]): Promise<Profile> => answer(api.PATCH("/api/auth/profile", { body })),
    onSuccess: (profile) => cache.setQueryData(keys.profile, profile),
  });
}

export const signInsQuery = queryOptions({
  queryKey: keys.account("sessions"),
  queryFn: ({ signal }): Promise<SignIn[]> => answer(api.GET("/api/auth/sessions", { signal })),
});

export function useEndSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/auth/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.account("sessions") }),
  });
}

/** Everywhere; with `keepThis`, everywhere else. */
export function useEndAllSignIns() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (keepThis: boolean) => answer(api.DELETE("/api/auth/sessions", { params: { query: { keep_current: keepThis } } })),
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
        api.GET("/api/auth/log", {
          params: { query: { limit: LOG_PAGE, ...(pageParam !== "" && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
}
