// Which of a device's series is shown: the one in the URL if the device has it, else what the device is known by.
import { useSearch } from "@tanstack/react-router";
import type { DeviceState, LatestValue } from "../live/hooks";
import { capabilityOf } from "../format/wording";
import { type DeviceLike, HOUSEKEEPING, type Reading, readingsOf } from "./presentation";

export interface Series extends Reading {
  key: string;
  latest: LatestValue | undefined;
}

/** `wanted` is `endpoint/Capability.Attribute`, as the URL has it. */
export function chooseSeries(device: DeviceLike, state: DeviceState | undefined, wanted: string | undefined): Series | undefined {
  const known = Object.values(state?.latest ?? {});
  const readings = readingsOf(device, known);
  const asked = parseKey(wanted);
  // A device that is silent now still has its past, and readings may have been imported: the URL is believed in what
  // the device could have told.
  const could = asked !== undefined && device.endpoints.some((one) => one.endpoint === asked.endpoint && one.capabilities.includes(capabilityOf(asked.attribute)));
  const found = readings.find((reading) => keyOf(reading) === wanted) ?? (state === undefined || could ? asked : undefined);
  const reading = found ?? readings.find((one) => isTelling(one)) ?? readings[0];
  if (reading === undefined) return undefined;
  return { ...reading, key: keyOf(reading), latest: state?.latest[keyOf(reading)] };
}

function keyOf(reading: Reading): string {
  return `${reading.endpoint}/${reading.attribute}`;
}

function isTelling({ attribute }: Reading): boolean {
  return !HOUSEKEEPING.has(attribute.split(".", 1)[0] ?? "");
}

function parseKey(key: string | undefined): Reading | undefined {
  const match = /^(\d{1,3})\/(\w+\.\w+)$/.exec(key ?? "");
  return match?.[2] === undefined ? undefined : { endpoint: Number(match[1]), attribute: match[2] };
}

export function useSeries(device: DeviceLike, state: DeviceState | undefined): Series | undefined {
  const { attribute } = useSearch({ from: "/_app/devices/$deviceId" });
  return chooseSeries(device, state, attribute);
}
