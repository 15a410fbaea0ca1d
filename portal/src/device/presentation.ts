// How each capability is shown, as data: its icon, its main reading, and the control a person gets. A device's tile
// and page are put together from these literals; what is not listed is shown generically.
import type { Schemas } from "../api/client";
import { capabilityOf, type Described, twoStateOf, type TwoState } from "../format/wording";

export type IconName =
  | "air" | "battery" | "blind" | "bulb" | "button" | "chip" | "contact" | "droplet" | "flow" | "heating" | "humidity"
  | "leaf" | "light" | "lock" | "meter" | "motion" | "palette" | "plug" | "power" | "signal" | "smoke" | "sliders"
  | "thermometer" | "unknown" | "unlocked" | "valve";

export type ControlKind =
  | "onOff" | "level" | "colorTemperature" | "lock" | "covering" | "thermostat" | "valve" | "identify" | "selfTest"
  | "mode" | "number" | "text" | "message" | "siren" | "panel";

/** The controls that a tile has room for. The others are too drastic, or of too little use, to be there. */
const ON_TILES: ReadonlySet<ControlKind> = new Set(["onOff", "lock", "covering", "thermostat", "valve"]);

export interface Presentation {
  icon: IconName;
  /** The attributes worth showing, the main one first; others of the capability follow on the device page. */
  readings: readonly string[];
  control?: ControlKind;
  /** What a device is known by: of several capabilities the highest gives the icon and the main reading. */
  rank: number;
}

export const PRESENTATIONS: Readonly<Record<string, Presentation>> = {
  SmokeCoAlarm: { icon: "smoke", readings: ["SmokeState", "COState", "BatteryAlert", "TestInProgress"], control: "selfTest", rank: 100 },
  DoorLock: { icon: "lock", readings: ["LockState", "DoorState"], control: "lock", rank: 95 },
  Thermostat: {
    icon: "heating",
    readings: ["LocalTemperature", "OccupiedHeatingSetpoint", "RunningState", "SystemMode", "PIHeatingDemand"],
    control: "thermostat",
    rank: 90,
  },
  WindowCovering: { icon: "blind", readings: ["CurrentPositionLiftPercent", "OperationalStatus"], control: "covering", rank: 85 },
  ValveConfigurationAndControl: { icon: "valve", readings: ["CurrentState"], control: "valve", rank: 80 },
  OnOff: { icon: "power", readings: ["OnOff"], control: "onOff", rank: 75 },
  LevelControl: { icon: "sliders", readings: ["CurrentLevel"], control: "level", rank: 70 },
  ColorControl: { icon: "palette", readings: ["ColorTemperature"], control: "colorTemperature", rank: 65 },
  BooleanState: { icon: "contact", readings: ["StateValue"], rank: 60 },
  OccupancySensing: { icon: "motion", readings: ["Occupancy"], rank: 55 },
  AirQuality: { icon: "leaf", readings: ["AirQuality"], rank: 52 },
  CarbonDioxideConcentrationMeasurement: { icon: "air", readings: ["MeasuredValue"], rank: 51 },
  TemperatureMeasurement: { icon: "thermometer", readings: ["MeasuredValue"], rank: 50 },
  RelativeHumidityMeasurement: { icon: "humidity", readings: ["MeasuredValue"], rank: 45 },
  ElectricalPowerMeasurement: {
    icon: "meter",
    readings: ["ActivePower", "Voltage", "ActiveCurrent", "Frequency", "PowerFactor"],
    rank: 40,
  },
  ElectricalEnergyMeasurement: { icon: "meter", readings: ["CumulativeEnergyImported", "CumulativeEnergyExported"], rank: 38 },
  FlowMeasurement: { icon: "flow", readings: ["MeasuredValue"], rank: 37 },
  WaterVolume: { icon: "droplet", readings: ["CumulativeVolume"], rank: 36 },
  CarbonMonoxideConcentrationMeasurement: { icon: "air", readings: ["MeasuredValue"], rank: 54 },
  Pm25ConcentrationMeasurement: { icon: "air", readings: ["MeasuredValue"], rank: 49 },
  Pm10ConcentrationMeasurement: { icon: "air", readings: ["MeasuredValue"], rank: 48 },
  TotalVolatileOrganicCompoundsConcentrationMeasurement: { icon: "air", readings: ["MeasuredValue"], rank: 47 },
  PressureMeasurement: { icon: "meter", readings: ["MeasuredValue"], rank: 44 },
  IlluminanceMeasurement: { icon: "light", readings: ["MeasuredValue"], rank: 35 },
  AlarmPanel: { icon: "lock", readings: ["State"], control: "panel", rank: 92 },
  Siren: { icon: "smoke", readings: ["Sounding"], control: "siren", rank: 58 },
  ModeSelect: { icon: "sliders", readings: ["CurrentMode"], control: "mode", rank: 24 },
  Number: { icon: "sliders", readings: ["Value"], control: "number", rank: 23 },
  Text: { icon: "unknown", readings: ["Value"], control: "text", rank: 22 },
  Message: { icon: "unknown", readings: [], control: "message", rank: 21 },
  Picture: { icon: "unknown", readings: ["Bytes", "Address"], rank: 28 },
  Switch: { icon: "button", readings: ["CurrentPosition"], rank: 30 },
  Tracker: { icon: "motion", readings: ["Zone"], rank: 29 },
  Measurement: { icon: "meter", readings: ["Value"], rank: 20 },
  State: { icon: "unknown", readings: ["Value"], rank: 19 },
  PowerSource: { icon: "battery", readings: ["BatPercentRemaining", "BatChargeLevel", "Status"], rank: 5 },
  Signal: { icon: "signal", readings: ["Rssi"], rank: 4 },
  Firmware: { icon: "chip", readings: ["Version"], rank: 3 },
  Identify: { icon: "unknown", readings: [], control: "identify", rank: 1 },
};

const UNKNOWN: Presentation = { icon: "unknown", readings: [], rank: 10 };

export function presentationOf(capability: string): Presentation {
  return PRESENTATIONS[capability] ?? UNKNOWN;
}

/** A place on a device where something can be read or done. */
export interface Part {
  endpoint: number;
  capability: string;
  presentation: Presentation;
}

export type DeviceLike = Described & { endpoints: readonly Schemas["Endpoint"][] };

/** The device's capabilities, what it is known by first. Stable: equal ranks stay in the order of their endpoints. */
export function partsOf(device: DeviceLike): Part[] {
  const parts = device.endpoints.flatMap(({ endpoint, capabilities }) =>
    capabilities.map((capability) => ({ endpoint, capability, presentation: presentationOf(capability) })),
  );
  return parts.toSorted((a, b) => b.presentation.rank - a.presentation.rank || a.endpoint - b.endpoint);
}

/** The parts that may have a control: those with one of their own, and those the portal does not know. */
export function controlledParts(device: DeviceLike): Part[] {
  return partsOf(device).filter(
    ({ capability, presentation: { control } }) => control !== "identify" && (control !== undefined || !(capability in PRESENTATIONS)),
  );
}

/** Where the device shows itself, if it can; that is asked of the whole device. */
export function identifyEndpoint(device: DeviceLike): number | undefined {
  return partsOf(device).find((part) => part.capability === "Identify")?.endpoint;
}

/** What concerns the device itself and not what it is there for: battery, signal, firmware. */
export const HOUSEKEEPING: ReadonlySet<string> = new Set(["PowerSource", "Signal", "Firmware", "Identify"]);

export interface Reading {
  endpoint: number;
  attribute: string;
}

export interface TileContent {
  icon: IconName;
  main: Reading | undefined;
  secondary: Reading[];
  control: { kind: ControlKind; endpoint: number } | undefined;
  twoState: TwoState;
}

const MOST_SECONDARY = 2;

/** What a tile shows of the device: one icon, one reading, at most two more, and the one likely action. */
export function tileContent(device: DeviceLike): TileContent {
  const twoState = twoStateOf(device);
  const parts = partsOf(device).filter((part) => !HOUSEKEEPING.has(part.capability));
  const first = parts[0];
  const readings = parts.flatMap((part) => tileReadings(part));
  return {
    icon: iconOf(device, parts, twoState),
    main: readings[0],
    secondary: readings.slice(1, 1 + MOST_SECONDARY),
    control: first === undefined ? undefined : tileControl(first),
    twoState,
  };
}

function tileControl({ endpoint, presentation: { control } }: Part): TileContent["control"] {
  return control === undefined || !ON_TILES.has(control) ? undefined : { kind: control, endpoint };
}

const TILE_READINGS: Readonly<Record<string, readonly string[]>> = {
  Thermostat: ["LocalTemperature", "RunningState"],
  ElectricalPowerMeasurement: ["ActivePower"],
  ElectricalEnergyMeasurement: [],
  SmokeCoAlarm: ["SmokeState", "COState"],
};

function tileReadings({ endpoint, capability, presentation }: Part): Reading[] {
  const names = TILE_READINGS[capability] ?? presentation.readings.slice(0, 2);
  return names.map((name) => ({ endpoint, attribute: `${capability}.${name}` }));
}

function iconOf(device: DeviceLike, parts: readonly Part[], twoState: TwoState): IconName {
  const first = parts[0];
  if (first === undefined) return "unknown";
  if (first.capability === "BooleanState") return twoState === "leak" ? "droplet" : "contact";
  if (first.capability !== "OnOff") return first.presentation.icon;
  const has = (capability: string) => parts.some((part) => part.capability === capability);
  if (has("LevelControl") || has("ColorControl") || device.tags?.includes("lighting") === true) return "bulb";
  return has("ElectricalPowerMeasurement") ? "plug" : "power";
}

/** Every attribute the device can tell, in the order of its page; `known` adds what it told beyond its description. */
export function readingsOf(device: DeviceLike, known: readonly Reading[]): Reading[] {
  const keyOf = (reading: Reading) => `${reading.endpoint}/${reading.attribute}`;
  const told = new Map(known.map((reading) => [keyOf(reading), reading]));
  const ordered: Reading[] = [];
  for (const { endpoint, capability, presentation } of partsOf(device)) {
    const wanted = presentation.readings.map((name) => ({ endpoint, attribute: `${capability}.${name}` }));
    const others = [...told.values()].filter(
      (reading) => reading.endpoint === endpoint && capabilityOf(reading.attribute) === capability,
    );
    for (const reading of [...wanted, ...others]) {
      const isTold = told.delete(keyOf(reading));
      if (isTold) ordered.push(reading);
    }
  }
  return [...ordered, ...told.values()];
}
