// The devices table's rows: places, newest presence, and every filter.
import { describe, expect, it } from "vitest";
import type { Device, Home, Room } from "../api/lists";
import { chosenRows, deviceRows, parseTags } from "./rows";

const device = (id: string, more: Partial<Device> = {}): Device =>
  ({
    id, organisation: "o1", home: "h1", room: null, name: id, vendor: "", model: "", serial: null, tags: [],
    presence: { status: "unknown" }, last_seen: null, endpoints: [], ...more,
  }) as unknown as Device;
const places = { homes: [{ id: "h1", name: "Küche und Haus" }] as Home[], rooms: [{ id: "r1", name: "Hall" }] as Room[] };
const devices = [
  device("lamp", { room: "r1", tags: ["light"], vendor: "Acme" }),
  device("lock", { organisation: "o2", presence: { status: "offline" }, last_seen: "2026-01-01T00:00:00Z" }),
];
const live = { lamp: { presence: { status: "online" as const, since: 1 }, lastSeen: 7, latest: {} } };
const ids = (search: object, organisation?: string) => chosenRows(deviceRows(devices, places, live), search, organisation).map(({ id }) => id);

describe("rows", () => {
  it("know the newest presence, from the connection or from the list", () => {
    const [lamp, lock] = deviceRows(devices, places, live);
    expect(lamp).toMatchObject({ status: "online", lastSeen: 7, room: "Hall", home: "Küche und Haus" });
    expect(lock).toMatchObject({ status: "offline", lastSeen: Date.UTC(2026, 0, 1) });
  });

  it("are chosen by each filter", () => {
    expect(ids({})).toEqual(["lamp", "lock"]);
    expect(ids({}, "o2")).toEqual(["lock"]);
    expect(ids({ room: "r1" })).toEqual(["lamp"]);
    expect(ids({ room: "none" })).toEqual(["lock"]);
    expect(ids({ tag: "light" })).toEqual(["lamp"]);
    expect(ids({ status: "offline" })).toEqual(["lock"]);
    expect(ids({ q: "kuche acme" })).toEqual(["lamp"]);
    expect(ids({ q: "nothing" })).toEqual([]);
  });

  it("take tags apart", () => {
    expect(parseTags(" a, b  a;c ")).toEqual(["a", "b", "c"]);
  });
});
