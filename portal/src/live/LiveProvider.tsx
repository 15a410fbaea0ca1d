// Keeps the one live connection of a signed-in portal, and writes what arrives into the query cache.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createContext, type ReactNode, useEffect, useMemo } from "react";
import { hasStatus } from "../api/problem";
import { profileQuery, useProfile } from "../api/session";
import { LiveClient, type Receiver, type World } from "./client";
import { firstCursor, forgetFirstCursor, keepCursor, readCursor } from "./cursor";
import { Refresher, reloadAll } from "./freshness";
import type { EventView, ServerMessage } from "./protocol";
import { type DeviceStates, foldStates } from "./states";
import { openLineTo } from "./transports";

/** Where the newest states of all devices heard of stand in the query cache. */
export const statesKey = ["live", "states"] as const;

export type EventsListener = (events: EventView[]) => void;

export interface Live {
  client: LiveClient;
  listeners: Set<EventsListener>;
}

export const LiveContext = createContext<Live | undefined>(undefined);

/** A hidden tab draws no frames; it still has to keep up. */
const HIDDEN_FRAME_MS = 250;

function nextFrame(callback: () => void): () => void {
  let done = false;
  const once = () => {
    if (done) return;
    cancel();
    callback();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, HIDDEN_FRAME_MS);
  const cancel = () => {
    done = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  return cancel;
}

function worldOf(cache: QueryClient): World {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    openLine: openLineTo(location.origin),
    nextFrame,
    probe: async () => {
      try {
        await cache.fetchQuery({ ...profileQuery, staleTime: 0 });
        return "reachable";
      } catch (error) {
        return hasStatus(error, 401) ? "signed_out" : "unreachable";
      }
    },
  };
}

interface Ends {
  cache: QueryClient;
  user: string;
  refresher: Refresher;
  listeners: Set<EventsListener>;
  signedOut: () => void;
}

function receiverOf({ cache, user, refresher, listeners, signedOut }: Ends): Receiver {
  return {
    frame(messages: ServerMessage[], cursor) {
      const before = cache.getQueryData<DeviceStates>(statesKey) ?? {};
      const after = foldStates(before, messages);
      const snapshot = messages.some((message) => message.type === "snapshot");
      if (after !== before || snapshot) cache.setQueryData(statesKey, after);
      const events = messages.flatMap((message) => (message.type === "events" ? message.items : []));
      refresher.take(events);
      if (events.length > 0) for (const listener of listeners) listener(events);
      if (cursor !== undefined) keepCursor(user, cursor);
    },
    reload: () => reloadAll(cache),
    resumed: () =>
      void cache.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === "device" && queryKey[2] === "history" }),
    widened: () => void cache.invalidateQueries({ predicate: (query) => query.state.fetchStatus === "idle" && query.queryKey[0] !== "live" }),
    signedOut,
  };
}

/** What the browser says about network and tab. */
function listenToBrowser(client: LiveClient): () => void {
  const online = () => client.take({ type: "online" });
  const offline = () => client.take({ type: "offline" });
  const seen = () => {
    if (document.visibilityState === "visible") client.take({ type: "visible" });
  };
  window.addEventListener("online", online);
  window.addEventListener("offline", offline);
  document.addEventListener("visibilitychange", seen);
  return () => {
    window.removeEventListener("online", online);
    window.removeEventListener("offline", offline);
    document.removeEventListener("visibilitychange", seen);
  };
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const user = useProfile().id;
  const live = useMemo(() => {
    const refresher = new Refresher(cache);
    const listeners = new Set<EventsListener>();
    const signedOut = () => {
      const to = location.pathname + location.search;
      cache.removeQueries({ queryKey: profileQuery.queryKey });
      void navigate({ to: "/signin", search: { to } });
    };
    const receiver = receiverOf({ cache, user, refresher, listeners, signedOut });
    return { client: new LiveClient(worldOf(cache), receiver, readCursor(user) ?? firstCursor()), listeners, refresher };
  }, [cache, navigate, user]);
  useEffect(() => {
    // What others put in the cache is dropped when nobody looks at it for a day; this has no observer of its own.
    cache.setQueryDefaults(statesKey, { gcTime: Number.POSITIVE_INFINITY, staleTime: Number.POSITIVE_INFINITY });
    const stopListening = listenToBrowser(live.client);
    // For whoever looks from outside: browser tests wait on it, and it is the first thing to ask for in a fault report.
    const mark = () => void (document.documentElement.dataset["live"] = live.client.state.phase);
    const stopMarking = live.client.watch(mark);
    mark();
    live.client.start();
    forgetFirstCursor();
    return () => {
      stopMarking();
      stopListening();
      live.client.stop();
      live.refresher.stop();
    };
  }, [cache, live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
