// The broker's sessions, as whoever runs it sees them: the list, an end, a trace, and what the broker counts.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../api/client";
import { keys } from "../api/keys";
import { clientIn } from "../connect/arrivals";

type MqttSession = Schemas["MqttSessionView"];

export type Session = MqttSession & { name: string };
export type Trace = Schemas["TraceView"];

const filterOf = (organisation: string | undefined) => (organisation === undefined ? {} : { organisation });

export const sessionsQuery = (organisation: string | undefined) =>
  queryOptions({
    queryKey: keys.sessions(filterOf(organisation)),
    queryFn: async ({ signal }): Promise<MqttSession[]> => (await answer(api.GET("/api/operations/mqtt/clients", { params: { query: filterOf(organisation) }, signal }))).items,
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
  return sessions.filter(({ name, identity, client_id, peer, subscriptions }) => {
    const text = [name, identity, client_id, peer ?? "", ...subscriptions].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** In the order in which they are read: what there is, then what happened since the start. */
export const FIGURES = [
  "connections",
  "sessions",
  "subscriptions",
  "retained_messages",
  "retained_bytes",
  "queued_bytes",
  "messages_received",
  "bytes_received",
  "messages_sent",
  "bytes_sent",
  "messages_dropped",
  "messages_refused",
  "refusals",
] as const;
export type Figure = (typeof FIGURES)[number];

type Figured = Pick<Schemas["MqttMetricsView"], Figure>;

/** Of all organisations together. */
export function figuresOf({ items }: { items: readonly Figured[] }): { id: Figure; value: number }[] {
  if (items.length === 0) return [];
  return FIGURES.map((id) => ({ id, value: items.reduce((sum, one) => sum + one[id], 0) }));
}

/** The homes whose clients have to be known by name. */
export function homesIn(sessions: readonly MqttSession[]): string[] {
  return [...new Set(sessions.flatMap(({ home }) => (home == null ? [] : [home])))];
}

/** By a client's or device's own name, else by the id that it gives itself. */
export function named(sessions: readonly MqttSession[], names: ReadonlyMap<string, string>): Session[] {
  const all = sessions.map((session) => ({ ...session, name: names.get(clientIn(session.identity) ?? session.identity) ?? session.client_id }));
  return all.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** As one text, to be read beside a log. */
export function traceText({ lines }: Trace): string {
  return lines.map(({ at, direction, text }) => `${at} ${direction} ${text}`).join("\n");
}
