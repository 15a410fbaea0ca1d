// Watches a home's MQTT space: every message that a topic filter takes, as it passes, as long as somebody looks.
import { useEffect, useRef, useState } from "react";

export interface Passing {
  topic: string;
  payload: string;
  /** Of the whole payload, of which 16 KiB come. */
  bytes: number;
  qos: number;
  retain: boolean;
  received_at: string;
  /** The identity that sent it; empty is the server itself. */
  from: string;
}

/** `refused`: the server has no such stream for this person; nothing comes, and nothing is tried again. */
export type WatchState = "opening" | "open" | "lost" | "refused";

export function watchPath(home: string, filter: string): string {
  return `/api/homes/${encodeURIComponent(home)}/mqtt/watch?filter=${encodeURIComponent(filter)}`;
}

export function parsePassing(text: string): Passing | undefined {
  try {
    const message = JSON.parse(text) as Partial<Passing>;
    return typeof message.topic === "string" && typeof message.payload === "string" ? (message as Passing) : undefined;
  } catch {
    return undefined;
  }
}

/** Gathered, so that a thousand messages a second are drawn some times a second. */
const GATHER_MS = 200;

/** Calls back with what passed, in order. Without a filter nothing is watched. The newest callback is used. */
export function useWatch(home: string, filter: string | undefined, callback: (messages: Passing[]) => void): WatchState {
  const [state, setState] = useState<{ of: string; state: WatchState }>();
  const newest = useRef(callback);
  useEffect(() => {
    newest.current = callback;
  });
  const path = filter === undefined ? undefined : watchPath(home, filter);
  useEffect(() => {
    if (path === undefined) return undefined;
    const tell = (next: WatchState) => setState({ of: path, state: next });
    const source = new EventSource(path);
    let waiting: Passing[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hand = () => {
      timer = undefined;
      const messages = waiting;
      waiting = [];
      newest.current(messages);
    };
    source.onopen = () => tell("open");
    source.onerror = () => tell(source.readyState === EventSource.CLOSED ? "refused" : "lost");
    source.addEventListener("message", ({ data }) => {
      const message = typeof data === "string" ? parsePassing(data) : undefined;
      if (message === undefined) return;
      waiting.push(message);
      timer ??= setTimeout(hand, GATHER_MS);
    });
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [path]);
  return state !== undefined && state.of === path ? state.state : "opening";
}
