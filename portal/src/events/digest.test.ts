// What a short list keeps of the events, how it counts what repeats, and the order in which all lists show them.
import { describe, expect, it } from "vitest";
import type { EventView } from "../live/protocol";
import { digest } from "./digest";
import { newestFirst } from "./order";

const T0 = Date.parse("2026-11-21T07:00:00Z");
let seq = 0;

function event(type: EventView["type"], minute: number, payload: Record<string, unknown> = {}, device = "d1"): EventView {
  seq += 1;
  const time = new Date(T0 + minute * 60_000).toISOString();
  return {
    id: `e${seq}`, seq, type, time, recorded: new Date(T0 + 600 * 60_000).toISOString(), organisation: "o", home: "h", device,
    cause: { type: "device", id: device }, payload,
  } as EventView;
}

const changed = (minute: number, attribute: string, to: unknown, device?: string) =>
  event("attribute.changed", minute, { attribute, endpoint: 1, to }, device);
const operation = (minute: number, what: string, device?: string) =>
  event("device.occurrence", minute, { event: "DoorLock.LockOperation", endpoint: 1, data: { operation: what, source: "Keypad" } }, device);

const calm = () => false;
const isCritical = ({ payload }: EventView) => payload["to"] === "Critical";
const short = (events: EventView[], isGrave: (one: EventView) => boolean = calm) =>
  digest(events, isGrave).map(({ event: one, count, same }) => [one.id, count, same]);

describe("newestFirst", () => {
  it("goes by when it happened, not by when it was told", () => {
    const [late, first, last] = [event("device.online", 5), event("device.online", 0), event("device.online", 238)];
    expect(newestFirst([late, first, last]).map(({ id }) => id)).toEqual([last.id, late.id, first.id]);
  });

  it("goes by the log where two happened at once", () => {
    const [a, b] = [event("device.online", 5), event("device.offline", 5)];
    expect(newestFirst([a, b]).map(({ id }) => id)).toEqual([b.id, a.id]);
  });
});

describe("digest", () => {
  it("leaves out what nobody asks for", () => {
    const kept = changed(0, "OccupancySensing.Occupancy", true);
    const left = [
      changed(1, "OccupancySensing.Occupancy", false),
      changed(2, "WindowCovering.OperationalStatus", "Opening"),
      changed(3, "Thermostat.RunningState", "Heating"),
      event("command.sent", 4),
    ];
    expect(short([kept, ...left])).toEqual([[kept.id, 1, true]]);
  });

  it("collapses what repeats within half an hour into the newest, and begins anew after it", () => {
    const motion = [0, 10, 25, 40].map((minute) => changed(minute, "OccupancySensing.Occupancy", true));
    expect(short(motion)).toEqual([
      [motion[3]?.id, 3, true],
      [motion[0]?.id, 1, true],
    ]);
  });

  it("says when the changes were not all the same, and keeps devices apart", () => {
    const [open, closed] = [changed(0, "BooleanState.StateValue", false), changed(1, "BooleanState.StateValue", true)];
    const other = changed(2, "BooleanState.StateValue", true, "d2");
    expect(short([open, closed, other])).toEqual([
      [other.id, 1, true],
      [closed.id, 2, false],
    ]);
  });

  it("never hides what is grave behind what came after", () => {
    const [smoke, clear] = [changed(0, "SmokeCoAlarm.SmokeState", "Critical"), changed(1, "SmokeCoAlarm.SmokeState", "Normal")];
    expect(short([smoke, clear], isCritical)).toEqual([
      [clear.id, 1, true],
      [smoke.id, 1, true],
    ]);
  });

  it("tells a lock's operation and its state as one line", () => {
    const [state, told] = [changed(0, "DoorLock.LockState", "Unlocked"), operation(0, "Unlock")];
    expect(short([state, told])).toEqual([[told.id, 1, true]]);
  });

  it("keeps a lock's state that no operation explains", () => {
    const [locked, unlocked] = [changed(0, "DoorLock.LockState", "Locked"), operation(0, "Unlock")];
    const [elsewhere, later] = [operation(0, "Lock", "d2"), operation(5, "Lock")];
    expect(short([locked, unlocked, elsewhere, later]).map(([id]) => id)).toContain(locked.id);
  });

  it("lets one operation explain one change only", () => {
    const [first, second] = [changed(0, "DoorLock.LockState", "Locked"), changed(0.5, "DoorLock.LockState", "Locked")];
    expect(short([first, second, operation(0.5, "Lock")])).toHaveLength(2);
  });
});
