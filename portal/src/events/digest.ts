// What of the events a person cares about in a short list: no housekeeping, no to and fro, and one line for what is
// told in two ways. The events page still shows everything.
import type { EventView } from "../live/protocol";
import { newestFirst } from "./order";

export interface Told {
  event: EventView;
  /** How many changes the line stands for. */
  count: number;
  /** Whether all of them were to the same value. */
  same: boolean;
}

/** Changes of one attribute that are no further apart than this are one line. */
const TOGETHER_MS = 30 * 60_000;
/** A lock tells its state and the operation behind it within the same moment. */
const SAME_MOMENT_MS = 60_000;

/** A command's steps on the way say no more than its end. */
const ON_THE_WAY = new Set<EventView["type"]>(["command.queued", "command.sent", "command.acked"]);
/** Movements between two states, of which only the states matter. */
const MOVEMENTS = new Set(["WindowCovering.OperationalStatus", "Thermostat.RunningState"]);
/** The lock's state after each operation. */
const AFTER: Record<string, string> = { Lock: "Locked", Unlock: "Unlocked", Unlatch: "Unlatched" };

/** Newest first. What is grave stands alone, however often it comes. */
export function digest(events: readonly EventView[], isGrave: (event: EventView) => boolean): Told[] {
  const ordered = newestFirst(events).filter((event) => !isNoise(event));
  const repeated = lockStatesToldTwice(ordered);
  const told: Told[] = [];
  const open = new Map<string, Told>();
  for (const event of ordered) {
    if (repeated.has(event.id)) continue;
    const series = isGrave(event) ? undefined : seriesOf(event);
    const group = series === undefined ? undefined : open.get(series);
    if (group !== undefined && millisBetween(group.event, event) <= TOGETHER_MS) {
      group.count += 1;
      group.same &&= outcomeOf(event) === outcomeOf(group.event);
      continue;
    }
    const line = { event, count: 1, same: true };
    told.push(line);
    if (series !== undefined) open.set(series, line);
  }
  return told;
}

function isNoise({ type, payload }: EventView): boolean {
  if (ON_THE_WAY.has(type)) return true;
  if (type !== "attribute.changed") return false;
  return MOVEMENTS.has(String(payload["attribute"])) || (payload["attribute"] === "OccupancySensing.Occupancy" && payload["to"] === false);
}

function seriesOf({ type, device, payload }: EventView): string | undefined {
  return type === "attribute.changed" ? JSON.stringify([device, payload["endpoint"], payload["attribute"]]) : undefined;
}

function outcomeOf({ payload }: EventView): string {
  return JSON.stringify(payload["to"]);
}

function millisBetween(a: EventView, b: EventView): number {
  return Math.abs(Date.parse(a.time) - Date.parse(b.time));
}

/** The ids of changes of a lock's state beside which an operation says who did it, or how. */
function lockStatesToldTwice(events: readonly EventView[]): Set<string> {
  const operations = events.filter(({ type, payload }) => type === "device.occurrence" && payload["event"] === "DoorLock.LockOperation");
  const taken = new Set<EventView>();
  const repeated = new Set<string>();
  for (const change of events) {
    if (change.type !== "attribute.changed" || change.payload["attribute"] !== "DoorLock.LockState") continue;
    const operation = operations.find((one) => !taken.has(one) && isOfSameMoment(one, change));
    if (operation === undefined) continue;
    taken.add(operation);
    repeated.add(change.id);
  }
  return repeated;
}

function isOfSameMoment(operation: EventView, change: EventView): boolean {
  const data = operation.payload["data"] as Record<string, unknown> | null | undefined;
  return (
    operation.device === change.device &&
    operation.payload["endpoint"] === change.payload["endpoint"] &&
    AFTER[String(data?.["operation"])] === change.payload["to"] &&
    millisBetween(operation, change) <= SAME_MOMENT_MS
  );
}
