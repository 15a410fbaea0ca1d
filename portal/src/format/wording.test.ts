// Values in words, and how serious they are.
import { describe, expect, it } from "vitest";
import { testVoice } from "./testing";
import { attributeName, commandText, toneOf, twoStateOf, valueText } from "./wording";

const voice = testVoice();
const german = testVoice("de-DE");
const american = testVoice("en-GB", "America/New_York", "imperial");
const plain = (words: string) => words.replaceAll("\u00a0", " ");

function text(value: boolean, twoState: "contact" | "leak" | "plain"): string {
  return valueText("BooleanState.StateValue", value, voice, { twoState });
}

function position(value: number): string {
  return valueText("WindowCovering.CurrentPositionLiftPercent", value, voice, { unit: "%" });
}

describe("valueText", () => {
  it("words booleans and enumerations by what they mean", () => {
    expect(valueText("OnOff.OnOff", true, voice)).toBe("On");
    expect(valueText("OccupancySensing.Occupancy", false, voice)).toBe("Clear");
    expect(valueText("DoorLock.LockState", "NotFullyLocked", voice)).toBe("Not fully locked");
    expect(valueText("DoorLock.DoorState", "DoorOpen", german)).toBe("Tür offen");
  });
  it("words a two-state sensor by what it senses", () => {
    expect([text(true, "leak"), text(false, "leak")]).toEqual(["Water found", "Dry"]);
    expect([text(true, "contact"), text(false, "contact")]).toEqual(["Closed", "Open"]);
    expect([text(true, "plain"), text(false, "plain")]).toEqual(["Active", "Inactive"]);
  });
  it("says open and closed at the ends of a blind's way", () => {
    expect([position(0), position(40), position(100)]).toEqual(["Open", "40% closed", "Closed"]);
  });
  it("shows what it has never heard of by its own name", () => {
    expect(valueText("Vacuum.RunState", "DockedAndCharging", voice)).toBe("Docked and charging");
    expect(valueText("Vacuum.IsFull", true, voice)).toBe("Yes");
    expect(valueText("Firmware.Version", "4.2.0-RC1", voice)).toBe("4.2.0-RC1");
  });
  it("gives numbers their unit", () => {
    expect(plain(valueText("Thermostat.LocalTemperature", 20.42, voice, { unit: "degC" }))).toBe("20.4 °C");
  });
});

describe("twoStateOf", () => {
  it("believes tags, then the model, then the name", () => {
    expect(twoStateOf({ name: "Under the sink", tags: ["safety"], model: "Drop" })).toBe("leak");
    expect(twoStateOf({ name: "Kitchen window", tags: [], model: "CS-1" })).toBe("contact");
    expect(twoStateOf({ name: "Door of the washing room", tags: ["leak"] })).toBe("leak");
    expect(twoStateOf({ name: "Relay", tags: [] })).toBe("plain");
    expect(twoStateOf(undefined)).toBe("plain");
  });
  it("takes a door in a wet place for a door, and reads whole words where others begin alike", () => {
    for (const name of ["Washroom window", "Boiler room door", "Tür zum Waschkeller", "Garten, Tor"]) {
      expect(twoStateOf({ name }), name).toBe("contact");
    }
    for (const name of ["Leak sensor at the back door", "Under the washing machine", "Unter der Spülmaschine"]) {
      expect(twoStateOf({ name }), name).toBe("leak");
    }
    for (const name of ["Washroom", "Boilerhouse", "Torsten", "Turbine"]) {
      expect(twoStateOf({ name }), name).toBe("plain");
    }
  });
});

describe("toneOf", () => {
  it("keeps danger for danger", () => {
    expect(toneOf("BooleanState.StateValue", true, "leak")).toBe("danger");
    expect(toneOf("BooleanState.StateValue", true, "contact")).toBe("ok");
    expect(toneOf("BooleanState.StateValue", false, "contact")).toBe("attention");
    expect(toneOf("DoorLock.LockState", "Unlocked")).toBe("attention");
    expect(toneOf("SmokeCoAlarm.SmokeState", "Critical")).toBe("danger");
    expect(toneOf("PowerSource.BatPercentRemaining", 12)).toBe("attention");
    expect(toneOf("PowerSource.BatPercentRemaining", 48.8)).toBe("neutral");
    expect(toneOf("Vacuum.RunState", "Docked")).toBe("neutral");
  });
});

describe("names", () => {
  it("come from the catalogue, else from the name itself", () => {
    expect(attributeName("ElectricalPowerMeasurement.ActivePower", voice.say)).toBe("Power draw");
    expect(attributeName("BooleanState.StateValue", voice.say, "leak")).toBe("Water");
    expect(attributeName("Vacuum.BinLevel", voice.say)).toBe("Bin level");
  });
});

describe("a reader of imperial units", () => {
  it("finds them in values, set points and commands", () => {
    const degrees = { unit: "degC" };
    expect(plain(valueText("TemperatureMeasurement.MeasuredValue", 21.5, american, degrees))).toBe("70.7 °F");
    expect(plain(valueText("Thermostat.OccupiedHeatingSetpoint", 21.5, american, degrees))).toBe("71 °F");
    expect(plain(commandText("Thermostat.SetOccupiedHeatingSetpoint", { Setpoint: 21.5 }, american))).toBe("Heat to 71 °F");
    expect(plain(valueText("ColorControl.ColorTemperature", 2_700, american, { unit: "K" }))).toBe("2,700 K");
  });
});

describe("commandText", () => {
  it("tells what is asked for, arguments included", () => {
    expect(commandText("OnOff.On", {}, voice)).toBe("Switch on");
    expect(plain(commandText("Thermostat.SetOccupiedHeatingSetpoint", { Setpoint: 21.5 }, voice))).toBe("Heat to 21.5 °C");
    expect(commandText("Thermostat.SetSystemMode", { SystemMode: "Heat" }, german)).toBe("Betriebsart: Heizen");
    expect(commandText("Vacuum.GoTo", { RoomName: "hall", Quiet: true }, voice)).toBe("Go to: Room name hall, Quiet Yes");
  });
});
