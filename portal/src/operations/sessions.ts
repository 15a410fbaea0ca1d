// The broker's sessions, as whoever runs it sees them: the list, an end, a trace, and what the broker counts.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { SessionView, TraceView } from "../api/coming";
import { keys } from "../api/keys";

export type Session = SessionView;
export type Trace = TraceView;

const filterOf = (organisation: string | undefined) => (organisation === undefined ? {} : { organisation });

export const sessionsQuery = (organisation: string | undefined) =>
  queryOptions({
    queryKey: keys.sessions(filterOf(organisation)),
    queryFn: async ({ signal }): Promise<Session[]> => (await answer(api.GET("/api/operations/mqtt/clients", { params: { query: filterOf(organisation) }, signal }))).items,
    staleTime: 0,
  });

export const brokerFiguresQuery = (organisation: string | undefined) =>
  queryOptions({
    queryKey: ["sessions", "figures", filterOf(organisation)] as const,
    queryFn: ({ signal }) => answer(api.GET("/api/operations/mqtt/metrics", { params: { query: filterOf(organisation) }, signal })),
    staleTime: 0,
  });

/** Asking begins a trace, or goes on with it. */
export const traceQuery = (session: string) =>
  queryOptions({
    queryKey: ["sessions", "trace", session] as const,
    queryFn: ({ signal }): Promise<Trace> => answer(api.GET("/api/operations/mqtt/clients/{session}/trace", { params: { path: { session } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });

export function useDisconnect() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (session: string) => answer(api.DELETE("/api/operations/mqtt/clients/{session}", { params: { path: { session } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["sessions"] }),
  });
}

/** Every word has to be somewhere in what one knows a client by. */
export function matching(sessions: readonly Session[], words: string): Session[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return sessions.filter(({ name, identity, client_id, peer, version }) => {
    const text = [name, identity, client_id, peer, version].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** Counters with a name to read, numbers only, in the order of the answer; what is in groups under the group's name. */
export function figuresOf(metrics: Record<string, unknown>): { name: string; value: number }[] {
  return Object.entries(metrics).flatMap(([name, value]) => {
    if (typeof value === "number") return [{ name: name.replaceAll("_", " "), value }];
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return figuresOf(value as Record<string, unknown>).map((inner) => ({ name: `${name.replaceAll("_", " ")}: ${inner.name}`, value: inner.value }));
  });
}

/** As one text, to be read beside a log. */
export function traceText({ lines }: Trace): string {
  return lines.map(({ at, direction, text }) => `${at} ${direction} ${text}`).join("\n");
}
