// What a tile and a page show of a device, for known and for unknown capabilities.
import { describe, expect, it } from "vitest";
import { argKind, attributeSpec, type Capability, isProvable, parseKind } from "./capabilities";
import { type DeviceLike, partsOf, readingsOf, tileContent } from "./presentation";

function device(capabilities: string[], more: Partial<DeviceLike> = {}): DeviceLike {
  const housekeeping = { endpoint: 0, capabilities: ["Identify", "Firmware", "Signal", "PowerSource"] };
  return { name: "A device", tags: [], endpoints: [housekeeping, { endpoint: 1, capabilities }], ...more };
}

describe("tileContent", () => {
  it("shows a plug by its switch, with what it draws", () => {
    const tile = tileContent(device(["OnOff", "ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"]));
    expect(tile.icon).toBe("plug");
    expect(tile.main).toEqual({ endpoint: 1, attribute: "OnOff.OnOff" });
    expect(tile.secondary).toEqual([{ endpoint: 1, attribute: "ElectricalPowerMeasurement.ActivePower" }]);
    expect(tile.control).toEqual({ kind: "onOff", endpoint: 1 });
  });
  it("shows a lamp as a lamp, by what it can do or by its tag", () => {
    expect(tileContent(device(["OnOff", "LevelControl"])).icon).toBe("bulb");
    expect(tileContent(device(["OnOff", "ElectricalPowerMeasurement"], { tags: ["lighting"] })).icon).toBe("bulb");
  });
  it("shows a sensor without an action", () => {
    const tile = tileContent(device(["TemperatureMeasurement", "RelativeHumidityMeasurement", "AirQuality"]));
    expect(tile.main?.attribute).toBe("AirQuality.AirQuality");
    expect(tile.secondary.map((reading) => reading.attribute)).toEqual([
      "TemperatureMeasurement.MeasuredValue",
      "RelativeHumidityMeasurement.MeasuredValue",
    ]);
    expect(tile.control).toBeUndefined();
  });
  it("knows a leak sensor from a contact", () => {
    expect(tileContent(device(["BooleanState"], { name: "Under the sink" })).icon).toBe("droplet");
    expect(tileContent(device(["BooleanState"], { name: "Balcony door" })).icon).toBe("contact");
  });
  it("shows an unknown capability without a reading, and not as its battery", () => {
    const tile = tileContent(device(["Vacuum"]));
    expect(tile).toMatchObject({ icon: "unknown", main: undefined, control: undefined });
  });
  it("leaves what is loud or rarely wanted to the device's page", () => {
    expect(tileContent(device(["SmokeCoAlarm"])).control).toBeUndefined();
    expect(tileContent(device(["LevelControl"])).control).toBeUndefined();
  });
  it("finds nothing on a device that has nothing", () => {
    expect(tileContent({ name: "Empty", endpoints: [] })).toMatchObject({ icon: "unknown", main: undefined, secondary: [] });
  });
});

describe("partsOf", () => {
  it("keeps both gangs of a switch in order", () => {
    const two = { name: "Two", endpoints: [{ endpoint: 1, capabilities: ["OnOff"] }, { endpoint: 2, capabilities: ["OnOff"] }] };
    expect(partsOf(two).map((part) => part.endpoint)).toEqual([1, 2]);
  });
});

describe("readingsOf", () => {
  it("lists only what was told, in the page's order, and what nobody announced last", () => {
    const told = [
      { endpoint: 0, attribute: "Signal.Rssi" },
      { endpoint: 1, attribute: "Vacuum.BinLevel" },
      { endpoint: 1, attribute: "ElectricalPowerMeasurement.Voltage" },
      { endpoint: 1, attribute: "ElectricalPowerMeasurement.ActivePower" },
      { endpoint: 1, attribute: "ElectricalPowerMeasurement.ReactivePower" },
    ];
    const names = readingsOf(device(["ElectricalPowerMeasurement"]), told).map((reading) => reading.attribute);
    expect(names).toEqual([
      "ElectricalPowerMeasurement.ActivePower",
      "ElectricalPowerMeasurement.Voltage",
      "ElectricalPowerMeasurement.ReactivePower",
      "Signal.Rssi",
      "Vacuum.BinLevel",
    ]);
  });
});

describe("capability literals", () => {
  const level = {
    name: "LevelControl",
    matter_cluster_id: 8,
    meaning: "dims",
    attributes: [{ name: "CurrentLevel", kind: "a number from 0 to 100 %", unit: "%", meaning: "level", eventful: true, counter: false }],
    commands: [
      {
        name: "MoveToLevel",
        meaning: "move",
        args: [{ name: "Level", kind: "a number from 0 to 100 %", unit: "%", meaning: "wanted", eventful: false, counter: false, optional: false, secret: false }],
        idempotent: true,
        confirmed_by: "LevelControl.CurrentLevel",
      },
      { name: "Blink", meaning: "blink", args: [], idempotent: false },
    ],
  } satisfies Capability;

  it("are read out of their wording", () => {
    expect(parseKind("a boolean")).toEqual({ type: "boolean" });
    expect(parseKind("a number from -273.15 to 10000 degC")).toEqual({ type: "number", min: -273.15, max: 10_000 });
    expect(parseKind("an integer from 0 to 65535 s")).toEqual({ type: "integer", min: 0, max: 65_535 });
    expect(parseKind("one of Off, Auto, Cool")).toEqual({ type: "enum", choices: ["Off", "Auto", "Cool"] });
    expect(parseKind("a text of at most 64 characters")).toEqual({ type: "text" });
  });
  it("are found by full name, and missed quietly", () => {
    expect(attributeSpec([level], "LevelControl.CurrentLevel")).toMatchObject({ unit: "%", eventful: true, counter: false });
    expect(attributeSpec([level], "LevelControl.Other")).toBeUndefined();
    expect(attributeSpec(undefined, "LevelControl.CurrentLevel")).toBeUndefined();
    expect(argKind([level], "LevelControl.MoveToLevel", "Level")).toEqual({ type: "number", min: 0, max: 100 });
    expect(isProvable([level], "LevelControl.MoveToLevel")).toBe(true);
    expect(isProvable([level], "LevelControl.Blink")).toBe(false);
    expect(isProvable([level], "Vacuum.Start")).toBeUndefined();
  });
});
