// What pages use of the live connection: device states, events as they happen, and how the connection is.
import { useQuery } from "@tanstack/react-query";
import { useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { answer, api } from "../api/client";
import { keys } from "../api/keys";
import { type Live, LiveContext, statesKey } from "./LiveProvider";
import type { Phase, Trouble } from "./link";
import type { EventView, Wish } from "./protocol";
import { type DeviceState, type DeviceStates, stateOfSnapshot } from "./states";

export type { DeviceState, DeviceStates } from "./states";
export type { EventView, LatestValue } from "./protocol";
export { latestKey } from "./states";

function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("live data is used outside of LiveProvider");
  return live;
}

/** Asks for live data as long as the component is mounted. */
export function useWish(wish: Wish | undefined): void {
  const { client } = useLive();
  const text = JSON.stringify(wish);
  useEffect(() => {
    if (text === undefined) return undefined;
    return client.wish(JSON.parse(text) as Wish);
  }, [client, text]);
}

function useStates<T>(select: (states: DeviceStates) => T): T | undefined {
  const found = useQuery({
    queryKey: statesKey,
    queryFn: (): DeviceStates => ({}),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    // States keep the identity of what did not change by themselves; comparing them deeply would cost each frame.
    structuralSharing: false,
    select,
  });
  return found.data;
}

/** The newest state of a device; `undefined` while nothing is known of it yet. */
export function useDeviceState(deviceId: string): DeviceState | undefined {
  useWish({ devices: [deviceId], readings: true });
  const state = useStates((states) => states[deviceId]);
  const { phase } = useConnection();
  // Where no live connection gets through, the page still shows what the server knows.
  const asked = useQuery({
    queryKey: keys.state(deviceId),
    queryFn: async ({ signal }) => {
      const path = { id: deviceId };
      const found = await answer(api.GET("/api/iot/devices/{id}/state", { params: { path }, signal }));
      const { status, since } = found.presence;
      const latest = found.attributes.map(({ unit, ...rest }) => ({ ...rest, unit: unit ?? null }));
      return stateOfSnapshot({ presence: { status, since: since ?? null }, last_seen: found.last_seen ?? null, latest });
    },
    enabled: state === undefined && phase === "offline",
  });
  return state ?? asked.data;
}

/**
 * The newest states by device id, at least of the home's devices; `undefined` while nothing has come yet. A device
 * that is not in it is still being loaded.
 */
export function useHomeStates(homeId: string): DeviceStates | undefined {
  useWish({ homes: [homeId], readings: true });
  return useStates((states) => states);
}

/** The same for everything the person may see, or for one organisation. */
export function useAllStates(organisation?: string): DeviceStates | undefined {
  useWish({ ...(organisation === undefined ? {} : { organisation }), readings: true });
  return useStates((states) => states);
}

export interface EventsFilter {
  organisation?: string;
  homes?: readonly string[];
  devices?: readonly string[];
  types?: readonly string[];
}

export function matches(filter: EventsFilter, event: EventView): boolean {
  if (filter.organisation !== undefined && event.organisation !== filter.organisation) return false;
  if (filter.homes !== undefined && (event.home == null || !filter.homes.includes(event.home))) return false;
  if (filter.devices !== undefined && (event.device == null || !filter.devices.includes(event.device))) return false;
  return filter.types === undefined || filter.types.includes(event.type);
}

/** Calls back with new events, in order, each once. The newest callback is used; it need not be memoised. */
export function useLiveEvents(filter: EventsFilter, callback: (events: EventView[]) => void): void {
  const { organisation, homes, devices } = filter;
  useWish({
    ...(organisation === undefined ? {} : { organisation }),
    ...(homes === undefined ? {} : { homes }),
    ...(devices === undefined ? {} : { devices }),
  });
  const { listeners } = useLive();
  const newest = useRef({ filter, callback });
  useEffect(() => {
    newest.current = { filter, callback };
  });
  useEffect(() => {
    const listener = (events: EventView[]) => {
      const wanted = events.filter((event) => matches(newest.current.filter, event));
      if (wanted.length > 0) newest.current.callback(wanted);
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [listeners]);
}

export interface Connection {
  phase: Phase;
  since: number;
  trouble: Trouble | null;
}

/** How the connection is: `live`, `fallback` (live by server-sent events), `connecting`, or `offline` since. */
export function useConnection(): Connection {
  const { client } = useLive();
  const link = useSyncExternalStore(client.watch, () => client.state.phase);
  const trouble = useSyncExternalStore(client.watch, () => client.state.trouble);
  return { phase: link, since: client.state.since, trouble };
}
