// The fold of live messages into the newest state of each device. Pure: the same messages give the same states.
import {
  type LatestValue,
  type PresenceItem,
  type PresenceStatus,
  type ReadingItem,
  type ServerMessage,
  type SnapshotDevice,
  type WireTime,
  type WireValue,
  millis,
} from "./protocol";

export interface DeviceState {
  presence: { status: PresenceStatus; since: number | null };
  lastSeen: number | null;
  /** By `${endpoint}/${attribute}`. */
  latest: Record<string, LatestValue>;
}

/** By device id. What did not change keeps its identity, so that only what changed is drawn again. */
export type DeviceStates = Readonly<Record<string, DeviceState>>;

export const latestKey = (endpoint: number, attribute: string): string => `${endpoint}/${attribute}`;

function emptyState(): DeviceState {
  return { presence: { status: "unknown", since: null }, lastSeen: null, latest: {} };
}

const millisOrNull = (time: WireTime | null | undefined): number | null => (time == null ? null : millis(time));

function latestValue({ unit, time, received, ...rest }: WireValue): LatestValue {
  return { ...rest, ...(unit == null ? {} : { unit }), time: millis(time), received: millis(received) };
}

export function stateOfSnapshot(device: Omit<SnapshotDevice, "device">): DeviceState {
  const latest: Record<string, LatestValue> = {};
  for (const value of device.latest) latest[latestKey(value.endpoint, value.attribute)] = latestValue(value);
  return {
    presence: { status: device.presence.status, since: millisOrNull(device.presence.since) },
    lastSeen: millisOrNull(device.last_seen),
    latest,
  };
}

function takeReading(states: Record<string, DeviceState>, { device, ...value }: ReadingItem): void {
  const known = states[device] ?? emptyState();
  const latest = latestValue(value);
  states[device] = {
    ...known,
    lastSeen: Math.max(known.lastSeen ?? 0, latest.received),
    latest: { ...known.latest, [latestKey(latest.endpoint, latest.attribute)]: latest },
  };
}

function takePresence(states: Record<string, DeviceState>, item: PresenceItem): void {
  const known = states[item.device] ?? emptyState();
  states[item.device] = {
    ...known,
    presence: { status: item.status, since: millisOrNull(item.since) },
    lastSeen: millisOrNull(item.last_seen) ?? known.lastSeen,
  };
}

function take(states: Record<string, DeviceState>, message: ServerMessage): boolean {
  if (message.type === "snapshot") {
    for (const device of message.devices) states[device.device] = stateOfSnapshot(device);
    return message.devices.length > 0;
  }
  if (message.type === "readings") {
    for (const item of message.items) takeReading(states, item);
    for (const item of message.presence) takePresence(states, item);
    return message.items.length + message.presence.length > 0;
  }
  if (message.type === "events") {
    const gone = message.items.filter((event) => event.type === "device.deleted" && event.device != null);
    for (const event of gone) delete states[event.device as string];
    return gone.length > 0;
  }
  return false;
}

/** Applies messages in their order; gives back the same object when nothing changed. */
export function foldStates(before: DeviceStates, messages: readonly ServerMessage[]): DeviceStates {
  const after = { ...before };
  let changed = false;
  for (const message of messages) changed = take(after, message) || changed;
  return changed ? after : before;
}
