// The order of a home's devices, its tally, and which meter stands for the whole home.
import { describe, expect, it } from "vitest";
import type { Schemas } from "../api/client";
import { tileContent } from "../device/presentation";
import type { DeviceState } from "../live/hooks";
import { byRoom, mainMeter, tally } from "./rooms";
import { tileTone } from "./tile-tone";

type Device = Schemas["DeviceView"];

function device(name: string, capabilities: string[], room: string | null = null, tags: string[] = []): Device {
  return {
    id: name, organisation: "o", home: "h", room, name, vendor: "", model: "", tags, encoding: "json", expected_interval_s: 60,
    endpoints: [{ endpoint: 1, capabilities }], presence: { status: "online", since: null }, created_at: "", updated_at: "",
  };
}

const rooms = ["Room 10", "Room 2"].map((name) => ({ id: name, organisation: "o", home: "h", name, created_at: "" }));

describe("byRoom", () => {
  it("orders rooms by name, and devices by what one does with them", () => {
    const devices = [device("Air", ["AirQuality"], "Room 2"), device("Lamp", ["OnOff"], "Room 2"), device("Door", ["DoorLock"], "Room 10")];
    const groups = byRoom(rooms, devices, "en");
    expect(groups.map((group) => [group.room?.name, group.devices.map((one) => one.name)])).toEqual([
      ["Room 2", ["Lamp", "Air"]],
      ["Room 10", ["Door"]],
    ]);
  });
  it("keeps devices without a room, or of a room that is gone, together at the end", () => {
    const groups = byRoom(rooms, [device("A", []), device("B", [], "gone")], "en");
    expect(groups.at(-1)).toMatchObject({ room: undefined, devices: [{ name: "A" }, { name: "B" }] });
    expect(byRoom([], [], "en")).toEqual([]);
  });
});

describe("mainMeter", () => {
  it("is no plug, and the tagged one of several", () => {
    const energy = "ElectricalEnergyMeasurement";
    const plug = device("Plug", ["OnOff", energy]);
    const one = device("Solar", [energy]);
    const house = device("House", [energy], null, ["energy"]);
    expect(mainMeter([plug], energy)).toBeUndefined();
    expect(mainMeter([plug, one], energy)?.device.name).toBe("Solar");
    expect(mainMeter([plug, one, house], energy)).toMatchObject({ device: { name: "House" }, endpoint: 1 });
  });
});

describe("tally", () => {
  it("counts who is there", () => {
    const status = new Map([["A", "online"], ["B", "offline"], ["C", "unknown"], ["D", "late"]]);
    const devices = [...status.keys()].map((name) => device(name, []));
    expect(tally(devices, (one) => status.get(one.name) ?? "")).toEqual({ devices: 4, online: 1, away: 2 });
  });
});

function value(attribute: string, told: string | number) {
  return { endpoint: 1, attribute, value: told, time: 0, received: 0, quality: "measured" as const };
}

function state(...latest: ReturnType<typeof value>[]): DeviceState {
  return {
    presence: { status: "online", since: null },
    lastSeen: 0,
    latest: Object.fromEntries(latest.map((one) => [`1/${one.attribute}`, one])),
  };
}

describe("tileTone", () => {
  it("is the worst of all readings", () => {
    const lock = device("Door", ["DoorLock", "PowerSource"]);
    const content = tileContent(lock);
    expect(tileTone(content, state(value("DoorLock.LockState", "Locked")))).toBeUndefined();
    expect(tileTone(content, state(value("DoorLock.LockState", "Locked"), value("PowerSource.BatPercentRemaining", 9)))).toBe("attention");
    expect(tileTone(content, state(value("DoorLock.LockState", "Unlocked"), value("DoorLock.DoorState", "DoorForcedOpen")))).toBe("danger");
    expect(tileTone(content, undefined)).toBeUndefined();
  });
});
