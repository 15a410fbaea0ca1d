// What was found: in an order one can work through, with the names that people know.
import { describe, expect, it } from "vitest";
import type { Discovered } from "../api/inbox";
import { abilitiesOf, bridgeName, inOrder, unknownRoom, valuesOf } from "./order";

const found = (name: string, more: Partial<Discovered> = {}): Discovered => ({
  id: name,
  home: "h",
  state: "pending",
  dialect: "zigbee2mqtt",
  foreign_id: `0x${name}`,
  name,
  vendor: "",
  model: "",
  endpoints: [{ endpoint: 1, capabilities: ["OnOff"] }],
  unknown: [],
  values: [],
  first_seen: "2026-01-01T00:00:00Z",
  last_seen: "2026-01-01T00:00:00Z",
  ...more,
});

describe("inOrder", () => {
  it("puts first what can be taken in, and counts as people do", () => {
    const all = [found("Lamp 10"), found("Lamp 2"), found("Bridge", { endpoints: [] }), found("Old", { state: "ignored" })];
    expect(inOrder(all, "pending").map(({ name }) => name)).toEqual(["Lamp 2", "Lamp 10", "Bridge"]);
    expect(inOrder(all, "ignored").map(({ name }) => name)).toEqual(["Old"]);
  });
});

describe("what is known of it", () => {
  it("names the bridge, and the room that does not exist", () => {
    const bridge = found("Hub", { foreign_id: "0xb" });
    const lamp = found("Lamp", { via: "0xb", suggested_room_name: "Attic" });
    expect(bridgeName(lamp, [bridge, lamp])).toBe("Hub");
    expect(bridgeName({ ...lamp, dialect: "homie" }, [bridge])).toBe("0xb");
    expect(bridgeName(bridge, [bridge])).toBeUndefined();
    expect([unknownRoom(lamp), unknownRoom({ ...lamp, suggested_room: "r1" })]).toEqual(["Attic", undefined]);
  });

  it("says what it can do and what it says, what it is known by first", () => {
    const lamp = found("Lamp", {
      endpoints: [
        { endpoint: 0, capabilities: ["Signal", "OnOff"] },
        { endpoint: 1, capabilities: ["OnOff", "LevelControl"] },
      ],
      values: [
        { endpoint: 0, attribute: "Signal.Rssi", value: -60 },
        { endpoint: 1, attribute: "LevelControl.CurrentLevel", value: 50 },
        { endpoint: 0, attribute: "OnOff.OnOff", value: true },
      ],
    });
    expect(abilitiesOf(lamp)).toEqual(["OnOff", "LevelControl", "Signal"]);
    expect(valuesOf(lamp).map(({ value }) => value)).toEqual([true, 50, -60]);
  });
});
