// What pages use of the live connection: device states, events as they happen, and how the connection is.
import { QueryObserver, useQuery, useQueryClient } from "@tanstack/react-query";
import { startTransition, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
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

const statesQuery = {
  queryKey: statesKey,
  queryFn: (): DeviceStates => ({}),
  enabled: false,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  // States keep the identity of what did not change by themselves; comparing them deeply would cost each frame.
  structuralSharing: false,
} as const;

/**
 * What is known of one device, or of all, drawn as a transition: what arrives many times a second may neither hold up
 * a press nor draw a whole page in one breath, as `useQuery` would.
 */
function useStates<T>(of: string, pick: (states: DeviceStates | undefined, of: string) => T): T {
  const cache = useQueryClient();
  const [seen, setSeen] = useState(() => ({ of, value: pick(cache.getQueryData(statesKey), of) }));
  useEffect(() => {
    const observer = new QueryObserver(cache, { ...statesQuery, notifyOnChangeProps: ["data"] });
    const take = () => {
      const value = pick(observer.getCurrentResult().data, of);
      startTransition(() => setSeen((before) => (before.of === of && before.value === value ? before : { of, value })));
    };
    take();
    return observer.subscribe(take);
  }, [cache, of, pick]);
  return seen.of === of ? seen.value : pick(cache.getQueryData(statesKey), of);
}

const ofAll = (states: DeviceStates | undefined) => states;
const ofOne = (states: DeviceStates | undefined, device: string) => states?.[device];

/** The newest state of a device; `undefined` while nothing is known of it yet. On its home's page, give the home: that is heard already. */
export function useDeviceState(deviceId: string, home?: string): DeviceState | undefined {
  useWish(home === undefined ? { devices: [deviceId], readings: true } : { homes: [home], readings: true });
  const state = useStates(deviceId, ofOne);
  const offline = useIsPhase("offline");
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
    enabled: state === undefined && offline,
  });
  return state ?? asked.data;
}

/**
 * The newest states by device id, at least of the home's devices; `undefined` while nothing has come yet. A device
 * that is not in it is still being loaded.
 */
export function useHomeStates(homeId: string): DeviceStates | undefined {
  useWish({ homes: [homeId], readings: true });
  return useStates("all", ofAll);
}

/** The same for everything the person may see, or for one organisation. */
export function useAllStates(organisation?: string): DeviceStates | undefined {
  useWish({ ...(organisation === undefined ? {} : { organisation }), readings: true });
  return useStates("all", ofAll);
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

function useIsPhase(phase: Phase): boolean {
  const { client } = useLive();
  return useSyncExternalStore(client.watch, () => client.state.phase === phase);
}

/** Calls back with whether events arrive, now and when that changes; draws nothing. The callback must be stable. */
export function useWhetherLive(callback: (isLive: boolean) => void): void {
  const { client } = useLive();
  useEffect(() => {
    const tell = () => callback(client.state.phase === "live" || client.state.phase === "fallback");
    tell();
    return client.watch(tell);
  }, [client, callback]);
}

/** How the connection is: `live`, `fallback` (live by server-sent events), `connecting`, or `offline` since. */
export function useConnection(): Connection {
  const { client } = useLive();
  const link = useSyncExternalStore(client.watch, () => client.state.phase);
  const trouble = useSyncExternalStore(client.watch, () => client.state.trouble);
  return { phase: link, since: client.state.since, trouble };
}
