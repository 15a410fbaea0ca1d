// The fold of live messages into device states.
import { describe, expect, it } from "vitest";
import type { ServerMessage } from "./protocol";
import { foldStates } from "./states";

const at = "2026-01-01T00:00:00.000Z";
const ms = Date.parse(at);
const value = (attribute: string, of: number) => ({
  endpoint: 1, attribute, value: of, time: at, received: at, quality: "measured" as const,
});
const snapshot: ServerMessage = {
  type: "snapshot",
  last: true,
  devices: [
    { device: "a", presence: { status: "online", since: at }, last_seen: at, latest: [value("X.Y", 1)] },
    { device: "b", presence: { status: "unknown" }, latest: [] },
  ],
};

describe("foldStates", () => {
  it("takes a snapshot, and newer values over it", () => {
    const first = foldStates({}, [snapshot]);
    expect(first["a"]).toEqual({
      presence: { status: "online", since: ms },
      lastSeen: ms,
      latest: { "1/X.Y": { endpoint: 1, attribute: "X.Y", value: 1, time: ms, received: ms, quality: "measured" } },
    });
    const next = foldStates(first, [
      { type: "readings", items: [{ device: "a", ...value("X.Y", 2) }, { device: "a", ...value("X.Y", 3), unit: "W" }], presence: [] },
    ]);
    expect(next["a"]?.latest["1/X.Y"]).toMatchObject({ value: 3, unit: "W" });
    expect(next["b"]).toBe(first["b"]);
  });

  it("forgets what a later snapshot of the device no longer has", () => {
    const first = foldStates({}, [snapshot]);
    const again = foldStates(first, [
      { type: "snapshot", last: true, devices: [{ device: "a", presence: { status: "online" }, latest: [] }] },
    ]);
    expect(again["a"]?.latest).toEqual({});
  });

  it("takes presence without losing when it was last seen, and drops deleted devices", () => {
    const first = foldStates({}, [snapshot]);
    const off = foldStates(first, [
      { type: "readings", items: [], presence: [{ device: "a", status: "offline", since: ms + 5 }] },
    ]);
    expect(off["a"]).toMatchObject({ presence: { status: "offline", since: ms + 5 }, lastSeen: ms });
    const event = { type: "device.deleted", device: "a", id: "e" } as never;
    expect(foldStates(off, [{ type: "events", items: [event], cursor: "c" }])["a"]).toBeUndefined();
  });

  it("gives back the same object when nothing changed", () => {
    const first = foldStates({}, [snapshot]);
    expect(foldStates(first, [{ type: "pong", time: at }, { type: "readings", items: [], presence: [] }])).toBe(first);
  });
});
