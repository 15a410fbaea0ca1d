// What a command would change if it succeeds: shown beside the reported value while the device has not proved it.
import type { Value } from "../format/wording";

export interface Wish {
  attribute: string;
  value: Value;
}

type Args = Record<string, Value>;

/** The effect of each command, as the server's capability catalogue confirms it. */
const EFFECTS: Readonly<Record<string, { attribute: string; becomes: Value | { arg: string } }>> = {
  "OnOff.On": { attribute: "OnOff.OnOff", becomes: true },
  "OnOff.Off": { attribute: "OnOff.OnOff", becomes: false },
  "LevelControl.MoveToLevel": { attribute: "LevelControl.CurrentLevel", becomes: { arg: "Level" } },
  "ColorControl.MoveToColorTemperature": { attribute: "ColorControl.ColorTemperature", becomes: { arg: "ColorTemperature" } },
  "DoorLock.LockDoor": { attribute: "DoorLock.LockState", becomes: "Locked" },
  "DoorLock.UnlockDoor": { attribute: "DoorLock.LockState", becomes: "Unlocked" },
  "WindowCovering.GoToLiftPercentage": {
    attribute: "WindowCovering.CurrentPositionLiftPercent",
    becomes: { arg: "LiftPercent" },
  },
  "Thermostat.SetOccupiedHeatingSetpoint": { attribute: "Thermostat.OccupiedHeatingSetpoint", becomes: { arg: "Setpoint" } },
  "Thermostat.SetSystemMode": { attribute: "Thermostat.SystemMode", becomes: { arg: "SystemMode" } },
  "ValveConfigurationAndControl.Open": { attribute: "ValveConfigurationAndControl.CurrentState", becomes: "Open" },
  "ValveConfigurationAndControl.Close": { attribute: "ValveConfigurationAndControl.CurrentState", becomes: "Closed" },
};

export function wishOf(name: string, args: Args): Wish | undefined {
  const effect = EFFECTS[name];
  if (effect === undefined) return undefined;
  if (typeof effect.becomes !== "object") return { attribute: effect.attribute, value: effect.becomes };
  const value = args[effect.becomes.arg];
  return value === undefined ? undefined : { attribute: effect.attribute, value };
}
