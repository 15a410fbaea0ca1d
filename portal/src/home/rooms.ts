// Puts a home's devices in order: by room, in each room what one acts on before what only tells; and finds its meters.
import type { Schemas } from "../api/client";
import { partsOf } from "../device/presentation";

type Device = Schemas["DeviceView"];
type Room = Schemas["Room"];

export interface RoomGroup {
  /** Undefined for devices without a room. */
  room: Room | undefined;
  devices: Device[];
}

export function byRoom(rooms: readonly Room[], devices: readonly Device[], locale: string): RoomGroup[] {
  const collator = new Intl.Collator(locale, { numeric: true });
  const known = new Set(rooms.map((room) => room.id));
  const groups: RoomGroup[] = rooms
    .toSorted((a, b) => collator.compare(a.name, b.name))
    .map((room) => ({ room, devices: ordered(devices.filter((device) => device.room === room.id), collator) }));
  const rest = devices.filter((device) => device.room === null || device.room === undefined || !known.has(device.room));
  return rest.length === 0 ? groups : [...groups, { room: undefined, devices: ordered(rest, collator) }];
}

function ordered(devices: readonly Device[], collator: Intl.Collator): Device[] {
  const rank = (device: Device) => partsOf(device)[0]?.presentation.rank ?? 0;
  return devices.toSorted((a, b) => rank(b) - rank(a) || collator.compare(a.name, b.name));
}

export interface Tally {
  devices: number;
  online: number;
  away: number;
}

/** Presence as live data has it, else as the device was read. */
export function tally(devices: readonly Device[], statusOf: (device: Device) => string): Tally {
  const online = devices.filter((device) => statusOf(device) === "online").length;
  const away = devices.filter((device) => statusOf(device) === "offline" || statusOf(device) === "late").length;
  return { devices: devices.length, online, away };
}

/**
 * The meters of the whole home: what counts energy or water and switches nothing. A tag says it for certain, since a
 * plug's meter may stand alone too.
 */
export function mainMeter(devices: readonly Device[], capability: string): { device: Device; endpoint: number } | undefined {
  const counting = devices.flatMap((device) => {
    const endpoint = device.endpoints.find((one) => one.capabilities.includes(capability));
    const switches = device.endpoints.some((one) => one.capabilities.includes("OnOff"));
    return endpoint === undefined || switches ? [] : [{ device, endpoint: endpoint.endpoint }];
  });
  const tagged = counting.find(({ device }) => device.tags.some((tag) => /^(main[- ]?meter|meter|energy|water)$/i.test(tag)));
  return tagged ?? counting[0];
}

const METERS = [
  { name: "energy", capability: "ElectricalEnergyMeasurement", attribute: "ElectricalEnergyMeasurement.CumulativeEnergyImported" },
  { name: "water", capability: "WaterVolume", attribute: "WaterVolume.CumulativeVolume" },
] as const;

export interface HomeMeter {
  name: (typeof METERS)[number]["name"];
  attribute: string;
  device: Device;
  endpoint: number;
}

/** What the whole home uses is counted by these, one for each thing that is counted. */
export function metersOf(devices: readonly Device[]): HomeMeter[] {
  return METERS.flatMap(({ name, capability, attribute }) => {
    const found = mainMeter(devices, capability);
    return found === undefined ? [] : [{ name, attribute, ...found }];
  });
}
