// What one may add, as people name it, and what such a device can do; endpoint 0 is the device itself.
import type { Schemas } from "../api/client";
import type { IconName } from "../device/presentation";
import type { Value } from "../live/protocol";

type Endpoint = Schemas["Endpoint"];

export const PRESETS = [
  "plug", "dimmable", "colour", "switch", "lock", "thermostat", "blind", "contact", "leak", "motion",
  "smoke", "climate", "air", "meter", "water", "valve", "button", "custom",
] as const;
export type Preset = (typeof PRESETS)[number];

export interface PresetFacts {
  icon: IconName;
  capabilities: readonly string[];
  battery?: boolean;
  /** How often such a device usually reports. */
  interval_s: number;
  /** A reading it could send first, for the snippets. */
  sample: { attribute: string; value: Value };
}

const PRESET_FACTS: Record<Exclude<Preset, "custom">, PresetFacts> = {
  plug: {
    icon: "plug",
    capabilities: ["OnOff", "ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"],
    interval_s: 60,
    sample: { attribute: "OnOff.OnOff", value: true },
  },
  dimmable: { icon: "bulb", capabilities: ["OnOff", "LevelControl"], interval_s: 300, sample: { attribute: "OnOff.OnOff", value: true } },
  colour: {
    icon: "palette",
    capabilities: ["OnOff", "LevelControl", "ColorControl"],
    interval_s: 300,
    sample: { attribute: "OnOff.OnOff", value: true },
  },
  switch: { icon: "power", capabilities: ["OnOff"], interval_s: 300, sample: { attribute: "OnOff.OnOff", value: true } },
  lock: { icon: "lock", capabilities: ["DoorLock"], battery: true, interval_s: 3_600, sample: { attribute: "DoorLock.LockState", value: "Locked" } },
  thermostat: { icon: "heating", capabilities: ["Thermostat"], interval_s: 300, sample: { attribute: "Thermostat.LocalTemperature", value: 21.5 } },
  blind: {
    icon: "blind",
    capabilities: ["WindowCovering"],
    interval_s: 3_600,
    sample: { attribute: "WindowCovering.CurrentPositionLiftPercent", value: 0 },
  },
  contact: { icon: "contact", capabilities: ["BooleanState"], battery: true, interval_s: 3_600, sample: { attribute: "BooleanState.StateValue", value: true } },
  leak: { icon: "droplet", capabilities: ["BooleanState"], battery: true, interval_s: 3_600, sample: { attribute: "BooleanState.StateValue", value: false } },
  motion: {
    icon: "motion",
    capabilities: ["OccupancySensing", "IlluminanceMeasurement"],
    battery: true,
    interval_s: 3_600,
    sample: { attribute: "OccupancySensing.Occupancy", value: true },
  },
  smoke: { icon: "smoke", capabilities: ["SmokeCoAlarm"], battery: true, interval_s: 3_600, sample: { attribute: "SmokeCoAlarm.SmokeState", value: "Normal" } },
  climate: {
    icon: "thermometer",
    capabilities: ["TemperatureMeasurement", "RelativeHumidityMeasurement"],
    battery: true,
    interval_s: 300,
    sample: { attribute: "TemperatureMeasurement.MeasuredValue", value: 21.5 },
  },
  air: {
    icon: "air",
    capabilities: ["AirQuality", "CarbonDioxideConcentrationMeasurement", "TemperatureMeasurement", "RelativeHumidityMeasurement"],
    interval_s: 300,
    sample: { attribute: "CarbonDioxideConcentrationMeasurement.MeasuredValue", value: 640 },
  },
  meter: {
    icon: "meter",
    capabilities: ["ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"],
    interval_s: 60,
    sample: { attribute: "ElectricalPowerMeasurement.ActivePower", value: 412.5 },
  },
  water: { icon: "flow", capabilities: ["WaterVolume", "FlowMeasurement"], interval_s: 900, sample: { attribute: "WaterVolume.CumulativeVolume", value: 1250 } },
  valve: { icon: "valve", capabilities: ["ValveConfigurationAndControl"], interval_s: 3_600, sample: { attribute: "ValveConfigurationAndControl.CurrentState", value: "Open" } },
  button: { icon: "button", capabilities: ["Switch"], battery: true, interval_s: 86_400, sample: { attribute: "Switch.CurrentPosition", value: 1 } },
};

export function presetFacts(preset: Preset, custom: readonly string[]): PresetFacts {
  if (preset !== "custom") return PRESET_FACTS[preset];
  return { icon: "sliders", capabilities: custom, interval_s: 300, sample: { attribute: "Signal.Rssi", value: -60 } };
}

/** What the device is, beside what it was bought for. */
const ITSELF = ["Identify", "Firmware", "Signal"];

export function endpointsOf({ capabilities, battery = false }: PresetFacts): Endpoint[] {
  const own = [...ITSELF, ...(battery ? ["PowerSource"] : [])].filter((name) => !capabilities.includes(name));
  return [
    { endpoint: 0, capabilities: own },
    { endpoint: 1, capabilities: [...capabilities] },
  ].filter((endpoint) => endpoint.capabilities.length > 0);
}

/** Matter's two-state sensor does not say what it senses; the tag does. */
export function tagsOf(preset: Preset): string[] {
  return preset === "leak" || preset === "contact" ? [preset] : [];
}

/** The sample of a device that is there already: the first of its own readings that a preset knows. */
export function sampleFor(endpoints: readonly Endpoint[]): PresetFacts["sample"] {
  const known = endpoints.flatMap(({ capabilities }) => capabilities);
  const found = Object.values(PRESET_FACTS).find(({ sample }) => known.includes(sample.attribute.split(".", 1)[0] ?? ""));
  return found?.sample ?? { attribute: "Signal.Rssi", value: -60 };
}
