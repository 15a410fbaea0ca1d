// What a value means in words and how serious it is: "Locked", "Water found", "Motion", never "true". Unknown values
// of unknown capabilities are shown by their own names.
import { quantity, setPoint } from "./quantity";
import { type Say, spaced, type Voice, wordOr } from "./say";

export type Value = boolean | number | string;

/** How serious a value is, as the four status colours tell it; `active` is a state worth seeing and no worry. */
export type Tone = "neutral" | "active" | "ok" | "attention" | "danger";

/** Matter's two-state sensor does not say what it senses; the device that carries it does. */
export type TwoState = "contact" | "leak" | "plain";

// The server has the same lists (crates/model/src/attention.rs). Where water comes from there are doors and windows,
// too, so a place says less than what is sensed.
const LEAK_WORDS = /(?<![\p{L}\p{N}])(leak|leck|flood)/iu;
const CONTACT_WORDS =
  /(?<![\p{L}\p{N}])(contact|door|window|gate|tür|fenster|kontakt|(tur|tor)(?![\p{L}\p{N}]))/iu;
const WATER_WORDS =
  /(?<![\p{L}\p{N}])(water|wasser|wasch|sp[üu]l|(sink|wash|washing|washer|boiler)(?![\p{L}\p{N}]))/iu;

export interface Described {
  name: string;
  vendor?: string;
  model?: string;
  tags?: readonly string[];
}

/** Tags say it for certain; model and name are the next best witnesses. */
export function twoStateOf(device: Described | undefined): TwoState {
  if (device === undefined) return "plain";
  const witnesses = [...(device.tags ?? []), device.model ?? "", device.name];
  for (const text of witnesses) {
    if (LEAK_WORDS.test(text)) return "leak";
    if (CONTACT_WORDS.test(text)) return "contact";
    if (WATER_WORDS.test(text)) return "leak";
  }
  return device.tags?.includes("safety") === true ? "leak" : "plain";
}

export function capabilityOf(attribute: string): string {
  return attribute.split(".", 1)[0] ?? attribute;
}

function memberOf(full: string): string {
  return full.slice(full.indexOf(".") + 1);
}

export interface ValueContext {
  unit?: string | null | undefined;
  twoState?: TwoState;
}

/** A value of an attribute as people read it. */
export function valueText(attribute: string, value: Value, voice: Voice, context: ValueContext = {}): string {
  if (typeof value === "number") return numberText(attribute, value, voice, context);
  return stateText(attribute, value, voice.say, context);
}

/** Set points are known by their names, as Matter has them: `OccupiedHeatingSetpoint`, and the argument `Setpoint`. */
function amountText(name: string, value: number, unit: string | null | undefined, voice: Voice): string {
  return (name.endsWith("Setpoint") ? setPoint(value, unit ?? "degC", voice) : quantity(value, unit, voice)).text;
}

function numberText(attribute: string, value: number, voice: Voice, { unit }: ValueContext): string {
  if (attribute === "WindowCovering.CurrentPositionLiftPercent") {
    if (value <= 0) return voice.say("covering.open");
    if (value >= 100) return voice.say("covering.closed");
    return voice.say("covering.part", { percent: quantity(value, "%", voice).text });
  }
  if (attribute === "Switch.CurrentPosition") {
    return value === 0 ? voice.say("switch.released") : voice.say("switch.pressed", { position: value });
  }
  return amountText(attribute, value, unit, voice);
}

function stateText(attribute: string, value: boolean | string, say: Say, { twoState = "plain" }: ValueContext): string {
  if (attribute === "BooleanState.StateValue") return say(`value.BooleanState.StateValue.${twoState}.${value}`);
  const key = `value.${attribute}.${value}`;
  if (say.has(key)) return say(key);
  if (typeof value === "boolean") return say(`value.boolean.${value}`);
  // Free text, such as a firmware version, is the device's own wording; only names of enumerations are taken apart.
  return /^[A-Z][A-Za-z]+$/.test(value) ? spaced(value) : value;
}

const TONES: Record<string, Record<string, Tone>> = {
  "OnOff.OnOff": { true: "active" },
  "DoorLock.LockState": { Locked: "ok", Unlocked: "attention", Unlatched: "attention", NotFullyLocked: "attention" },
  "DoorLock.DoorState": {
    DoorOpen: "attention",
    DoorAjar: "attention",
    DoorJammed: "danger",
    DoorForcedOpen: "danger",
    DoorUnspecifiedError: "attention",
  },
  "OccupancySensing.Occupancy": { true: "active" },
  "SmokeCoAlarm.SmokeState": { Normal: "ok", Warning: "danger", Critical: "danger" },
  "SmokeCoAlarm.COState": { Normal: "ok", Warning: "danger", Critical: "danger" },
  "SmokeCoAlarm.BatteryAlert": { Warning: "attention", Critical: "danger" },
  "SmokeCoAlarm.TestInProgress": { true: "active" },
  "Thermostat.RunningState": { Heating: "active", Cooling: "active" },
  "ValveConfigurationAndControl.CurrentState": { Open: "active", Transitioning: "active" },
  "PowerSource.BatChargeLevel": { OK: "ok", Warning: "attention", Critical: "danger" },
  "FanControl.FanMode": { Low: "active", Medium: "active", High: "active", On: "active", Auto: "active", Smart: "active" },
  "RvcOperationalState.OperationalState": { Running: "active", SeekingCharger: "active", Error: "attention" },
  "Siren.Sounding": { true: "danger" },
  "AlarmPanel.State": { Triggered: "danger", Pending: "attention" },
  "SoftwareUpdate.Installing": { true: "active" },
  "PowerSource.Status": { Unavailable: "attention" },
  "AirQuality.AirQuality": {
    Good: "ok",
    Fair: "ok",
    Poor: "attention",
    VeryPoor: "attention",
    ExtremelyPoor: "attention",
  },
};

/** As the server judges what needs attention. */
const BATTERY_LOW_PERCENT = 15;
const STALE_AIR_PPM = 2_000;

export function toneOf(attribute: string, value: Value, twoState: TwoState = "plain"): Tone {
  if (attribute === "BooleanState.StateValue") return twoStateTone(value === true, twoState);
  if (attribute === "PowerSource.BatPercentRemaining" && typeof value === "number") {
    return value <= BATTERY_LOW_PERCENT ? "attention" : "neutral";
  }
  if (attribute === "CarbonDioxideConcentrationMeasurement.MeasuredValue" && typeof value === "number") {
    return value > STALE_AIR_PPM ? "attention" : "neutral";
  }
  return TONES[attribute]?.[String(value)] ?? "neutral";
}

function twoStateTone(value: boolean, twoState: TwoState): Tone {
  if (twoState === "leak") return value ? "danger" : "ok";
  if (twoState === "contact") return value ? "ok" : "attention";
  return value ? "active" : "neutral";
}

/** The attribute's own name: "Switch", "Energy taken". */
export function attributeName(attribute: string, say: Say, twoState: TwoState = "plain"): string {
  if (attribute === "BooleanState.StateValue") return say(`twoState.${twoState}`);
  return wordOr(say, `attribute.${attribute}`, memberOf(attribute));
}

export function capabilityName(capability: string, say: Say): string {
  return wordOr(say, `capability.${capability}`, capability);
}

/** A command as one would ask for it: "Switch on", "Set to 21.5 °C". Its arguments are told where there are any. */
export function commandText(name: string, args: Record<string, Value>, voice: Voice): string {
  const { say } = voice;
  const key = `command.${name}`;
  const known = say.has(key);
  const values = Object.entries(args).map(([arg, value]) => [arg, argText(arg, value, voice)] as const);
  if (known) return say(key, Object.fromEntries(values));
  const told = values.map(([arg, text]) => `${spaced(arg)} ${text}`).join(", ");
  return told === "" ? spaced(memberOf(name)) : `${spaced(memberOf(name))}: ${told}`;
}

const ARG_UNITS: Record<string, string> = {
  Level: "%",
  LiftPercent: "%",
  TiltPercent: "%",
  PercentSetting: "%",
  Saturation: "%",
  Hue: "deg",
  Setpoint: "degC",
  ColorTemperature: "K",
  IdentifyTime: "s",
};

/** Arguments whose words are those of an attribute. */
const ARG_ATTRIBUTES: Record<string, string> = {
  SystemMode: "Thermostat.SystemMode",
  FanMode: "FanControl.FanMode",
  AirflowDirection: "FanControl.AirflowDirection",
};

function argText(arg: string, value: Value, voice: Voice): string {
  if (typeof value === "number") return amountText(arg, value, ARG_UNITS[arg], voice);
  const attribute = ARG_ATTRIBUTES[arg];
  if (attribute !== undefined) return valueText(attribute, value, voice);
  return typeof value === "boolean" ? voice.say(`value.boolean.${value}`) : value;
}
