// The inbox of a home: devices of other makers that were found in its MQTT space, and what is decided of them.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keys } from "./keys";
import { newKey } from "./once";

export type Discovered = Schemas["DiscoveredView"];
export type Inbox = Schemas["InboxView"];

export const inboxQuery = (home: string) =>
  queryOptions({
    queryKey: keys.inbox(home),
    queryFn: ({ signal }): Promise<Inbox> => answer(api.GET("/api/homes/{id}/discovered", { params: { path: { id: home } }, signal })),
  });

/** Those that wait for somebody's decision. */
export function waitingIn(inbox: Inbox | undefined): Discovered[] {
  return inbox?.items.filter(({ state }) => state === "pending") ?? [];
}

function useAfterDecision(home: string) {
  const cache = useQueryClient();
  return () =>
    Promise.all([cache.invalidateQueries({ queryKey: keys.inbox(home) }), cache.invalidateQueries({ queryKey: ["devices"] }), cache.invalidateQueries({ queryKey: keys.homes })]);
}

export function useAccept(home: string) {
  const done = useAfterDecision(home);
  return useMutation({
    mutationFn: ({ id, name, room }: { id: string; name?: string; room?: string }) =>
      answer(
        api.POST("/api/homes/{home}/discovered/{id}/accept", {
          body: { ...(name !== undefined && { name }), ...(room !== undefined && { room }) },
          params: { path: { home, id }, header: { "Idempotency-Key": newKey() } },
        }),
      ),
    onSuccess: done,
  });
}

export function useAcceptAll(home: string) {
  const done = useAfterDecision(home);
  return useMutation({
    mutationFn: (): Promise<Schemas["AcceptedAllView"]> => answer(api.POST("/api/homes/{id}/discovered/accept", { params: { path: { id: home } } })),
    onSuccess: done,
  });
}

export function useIgnore(home: string) {
  const done = useAfterDecision(home);
  return useMutation({
    mutationFn: (id: string) => answer(api.POST("/api/homes/{home}/discovered/{id}/ignore", { params: { path: { home, id }, header: { "Idempotency-Key": newKey() } } })),
    onSuccess: done,
  });
}
