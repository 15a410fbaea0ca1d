// What the devices of a home measure, and can therefore stand in one chart: the most told first.
import type { Device } from "../api/lists";
import { attributeSpec, type Capability } from "../device/capabilities";
import { HOUSEKEEPING } from "../device/presentation";
import { capabilityOf } from "../format/wording";
import type { DeviceStates } from "../live/hooks";

export interface Choice {
  attribute: string;
  /** How many devices tell it. */
  devices: number;
}

/** What people ask for first, where there is a choice. */
const FIRST = ["TemperatureMeasurement.MeasuredValue", "ElectricalPowerMeasurement.ActivePower", "RelativeHumidityMeasurement.MeasuredValue"];

function rank(attribute: string): number {
  const place = FIRST.indexOf(attribute);
  return place === -1 ? FIRST.length : place;
}

export function chartable(capabilities: readonly Capability[], devices: readonly Device[], states: DeviceStates): Choice[] {
  const told = devices.flatMap(({ id }) => [...new Set(Object.values(states[id]?.latest ?? {}).map(({ attribute }) => attribute))]);
  const counts = new Map<string, number>();
  for (const attribute of told) {
    const spec = attributeSpec(capabilities, attribute);
    const isMeasured = spec !== undefined && !spec.eventful && !spec.counter && (spec.kind.type === "number" || spec.kind.type === "integer");
    if (isMeasured && !HOUSEKEEPING.has(capabilityOf(attribute))) counts.set(attribute, (counts.get(attribute) ?? 0) + 1);
  }
  return [...counts]
    .map(([attribute, count]) => ({ attribute, devices: count }))
    .toSorted((a, b) => rank(a.attribute) - rank(b.attribute) || b.devices - a.devices || a.attribute.localeCompare(b.attribute));
}
