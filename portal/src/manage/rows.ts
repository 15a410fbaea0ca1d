// The rows of the devices table: devices joined with their places and their newest presence, filtered. Pure.
import type { Device, Home, Room } from "../api/lists";
import { plain } from "../search/results";
import type { PresenceStatus } from "../live/protocol";
import type { DeviceStates } from "../live/states";
import type { DevicesSearch } from "./devices-search";

export interface DeviceRow {
  id: string;
  device: Device;
  home: string;
  room: string | undefined;
  status: PresenceStatus;
  /** Milliseconds since the epoch. */
  lastSeen: number | null;
}

export interface Places {
  homes: readonly Home[];
  rooms: readonly Room[];
}

export function deviceRows(devices: readonly Device[], { homes, rooms }: Places, states: DeviceStates | undefined): DeviceRow[] {
  const homeNames = new Map(homes.map(({ id, name }) => [id, name]));
  const roomNames = new Map(rooms.map(({ id, name }) => [id, name]));
  return devices.map((device) => {
    const live = states?.[device.id];
    return {
      id: device.id,
      device,
      home: homeNames.get(device.home) ?? "",
      room: device.room == null ? undefined : roomNames.get(device.room),
      status: live?.presence.status ?? device.presence.status,
      lastSeen: live?.lastSeen ?? (device.last_seen == null ? null : Date.parse(device.last_seen)),
    };
  });
}

/** `none` as room means: in no room. */
export const NO_ROOM = "none";

export function chosenRows(rows: readonly DeviceRow[], search: DevicesSearch, organisation: string | undefined): DeviceRow[] {
  const words = plain(search.q ?? "").split(/\s+/).filter(Boolean);
  return rows.filter(({ device, home, room, status }) => {
    if (organisation !== undefined && device.organisation !== organisation) return false;
    if (search.home !== undefined && device.home !== search.home) return false;
    if (search.room === NO_ROOM ? device.room != null : search.room !== undefined && device.room !== search.room) return false;
    if (search.tag !== undefined && !device.tags.includes(search.tag)) return false;
    if (search.status !== undefined && status !== search.status) return false;
    if (words.length === 0) return true;
    const text = plain([device.name, device.vendor, device.model, device.serial, home, room, ...device.tags].filter(Boolean).join(" "));
    return words.every((word) => text.includes(word));
  });
}

export function tagsIn(devices: readonly Device[]): string[] {
  return [...new Set(devices.flatMap(({ tags }) => tags))].toSorted();
}

/** Tags as they are typed: between commas or blanks, each once. */
export function parseTags(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}
