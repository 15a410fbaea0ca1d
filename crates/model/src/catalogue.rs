//! The literals of every capability: Matter's cluster, attribute and command names, with SI units in place of
//! Matter's scaled integers (a temperature is 21.5 degC, not 2150). Source: Matter Application Cluster Specification 1.4.

mod appliances;
mod generic;

use crate::capability::{Arg, Attribute, Becomes, Capability, CommandSpec, Effect, Kind};

const fn event(name: &'static str, kind: Kind, meaning: &'static str) -> Attribute {
    Attribute { name, kind, meaning, eventful: true, counter: false }
}

const fn series(name: &'static str, kind: Kind, meaning: &'static str) -> Attribute {
    Attribute { name, kind, meaning, eventful: false, counter: false }
}

const fn counter(name: &'static str, kind: Kind, meaning: &'static str) -> Attribute {
    Attribute { name, kind, meaning, eventful: false, counter: true }
}

const fn number(unit: &'static str, min: f64, max: f64) -> Kind {
    Kind::Number { unit, min, max }
}

const fn integer(unit: &'static str, min: i64, max: i64) -> Kind {
    Kind::Integer { unit, min, max }
}

const fn arg(name: &'static str, kind: Kind, meaning: &'static str) -> Arg {
    Arg { name, kind, meaning, optional: false, secret: false }
}

/// A code that its device asks for, where it does.
const fn code(meaning: &'static str) -> Arg {
    Arg { optional: true, ..secret("Code", meaning) }
}

const fn secret(name: &'static str, meaning: &'static str) -> Arg {
    Arg { name, kind: Kind::Text { max_chars: 16 }, meaning, optional: false, secret: true }
}

const fn sets(
    name: &'static str,
    args: &'static [Arg],
    attribute: &'static str,
    becomes: Becomes,
    meaning: &'static str,
) -> CommandSpec {
    CommandSpec { name, meaning, args, idempotent: true, effect: Some(Effect { attribute, becomes }) }
}

const fn does(name: &'static str, args: &'static [Arg], meaning: &'static str) -> CommandSpec {
    CommandSpec { name, meaning, args, idempotent: false, effect: None }
}

const fn matter(
    matter_cluster_id: u32,
    name: &'static str,
    meaning: &'static str,
    attributes: &'static [Attribute],
    commands: &'static [CommandSpec],
) -> Capability {
    Capability { name, matter_cluster_id: Some(matter_cluster_id), meaning, attributes, commands }
}

const USER_INDEX: Arg = arg("UserIndex", integer("", 0, 65_534), "the user's slot in the lock");
const PIN: Arg = secret("Pin", "digits; leading zeros count");
const DOOR_CODE: Arg = code("the lock's own code, for a lock that asks for one");
const PERCENT: Kind = number("%", 0.0, 100.0);
const TEMPERATURE: Kind = number("degC", -273.15, 10_000.0);
const SET_POINT: Kind = number("degC", 0.0, 100.0);
const ALARM: Kind = Kind::Enum(&["Normal", "Warning", "Critical"]);
const WATT: Kind = number("W", -10_000_000.0, 10_000_000.0);
const WATT_HOUR: Kind = number("Wh", 0.0, 1e13);

pub(crate) const CAPABILITIES: &[Capability] = &[
    matter(
        0x0003,
        "Identify",
        "lets a person find the device",
        &[],
        &[does(
            "Identify",
            &[arg("IdentifyTime", integer("s", 0, 65_535), "how long to show itself")],
            "blink, beep or the like",
        )],
    ),
    matter(
        0x0006,
        "OnOff",
        "switches a load",
        &[event("OnOff", Kind::Bool, "whether the load is on")],
        &[
            sets("On", &[], "OnOff", Becomes::Bool(true), "switch on"),
            sets("Off", &[], "OnOff", Becomes::Bool(false), "switch off"),
            does("Toggle", &[], "switch to the other state"),
        ],
    ),
    matter(
        0x0008,
        "LevelControl",
        "dims or sets a level",
        &[event("CurrentLevel", PERCENT, "the level now")],
        &[sets(
            "MoveToLevel",
            &[arg("Level", PERCENT, "the wanted level")],
            "CurrentLevel",
            Becomes::Arg("Level"),
            "move to a level",
        )],
    ),
    matter(
        0x0300,
        "ColorControl",
        "sets the colour of light",
        &[
            event("ColorTemperature", number("K", 1_000.0, 20_000.0), "correlated colour temperature"),
            event("CurrentHue", number("deg", 0.0, 360.0), "hue"),
            event("CurrentSaturation", PERCENT, "saturation"),
        ],
        &[
            sets(
                "MoveToColorTemperature",
                &[arg("ColorTemperature", number("K", 1_000.0, 20_000.0), "the wanted one")],
                "ColorTemperature",
                Becomes::Arg("ColorTemperature"),
                "move to a colour temperature",
            ),
            CommandSpec {
                name: "MoveToHueAndSaturation",
                meaning: "move to a colour; lamps round both, so no report proves it",
                args: &[
                    arg("Hue", number("deg", 0.0, 360.0), "the wanted hue"),
                    arg("Saturation", PERCENT, "the wanted saturation"),
                ],
                idempotent: true,
                effect: None,
            },
        ],
    ),
    matter(
        0x0101,
        "DoorLock",
        "locks a door",
        &[
            event(
                "LockState",
                Kind::Enum(&["NotFullyLocked", "Locked", "Unlocked", "Unlatched"]),
                "the bolt",
            ),
            event(
                "DoorState",
                Kind::Enum(&[
                    "DoorOpen",
                    "DoorClosed",
                    "DoorJammed",
                    "DoorForcedOpen",
                    "DoorUnspecifiedError",
                    "DoorAjar",
                ]),
                "the leaf of the door",
            ),
        ],
        &[
            sets("LockDoor", &[DOOR_CODE], "LockState", Becomes::Text("Locked"), "throw the bolt"),
            CommandSpec {
                name: "UnlockDoor",
                meaning: "draw the bolt; never repeated by itself, since somebody may have locked in between",
                args: &[DOOR_CODE],
                idempotent: false,
                effect: Some(Effect { attribute: "LockState", becomes: Becomes::Text("Unlocked") }),
            },
            CommandSpec {
                name: "UnboltDoor",
                meaning: "draw the bolt and the latch, so that the door opens; never repeated by itself",
                args: &[DOOR_CODE],
                idempotent: false,
                effect: Some(Effect { attribute: "LockState", becomes: Becomes::Text("Unlatched") }),
            },
            CommandSpec {
                name: "SetCredential",
                meaning: "give a user of the lock a PIN",
                args: &[USER_INDEX, PIN],
                idempotent: true,
                effect: None,
            },
            CommandSpec {
                name: "ClearCredential",
                meaning: "take a user's PIN away",
                args: &[USER_INDEX],
                idempotent: true,
                effect: None,
            },
        ],
    ),
    matter(
        0x0102,
        "WindowCovering",
        "moves a blind, shutter or curtain",
        &[
            event("CurrentPositionLiftPercent", PERCENT, "0 is open, 100 is closed"),
            event("CurrentPositionTiltPercent", PERCENT, "0 is open, 100 is closed"),
            event("OperationalStatus", Kind::Enum(&["Stopped", "Opening", "Closing"]), "movement"),
        ],
        &[
            sets(
                "GoToLiftPercentage",
                &[arg("LiftPercent", PERCENT, "0 is open, 100 is closed")],
                "CurrentPositionLiftPercent",
                Becomes::Arg("LiftPercent"),
                "move to a position",
            ),
            sets(
                "GoToTiltPercentage",
                &[arg("TiltPercent", PERCENT, "0 is open, 100 is closed")],
                "CurrentPositionTiltPercent",
                Becomes::Arg("TiltPercent"),
                "turn the slats",
            ),
            does("StopMotion", &[], "stop where it is"),
        ],
    ),
    matter(
        0x0201,
        "Thermostat",
        "keeps a room at a temperature",
        &[
            series("LocalTemperature", TEMPERATURE, "the room as the thermostat measures it"),
            event("OccupiedHeatingSetpoint", SET_POINT, "heat up to this"),
            event("OccupiedCoolingSetpoint", SET_POINT, "cool down to this"),
            event(
                "SystemMode",
                Kind::Enum(&["Off", "Auto", "Cool", "Heat", "EmergencyHeat", "FanOnly", "Dry"]),
                "mode",
            ),
            event("RunningState", Kind::Enum(&["Idle", "Heating", "Cooling"]), "what it does now"),
            series("PIHeatingDemand", PERCENT, "valve or burner demand"),
        ],
        &[
            sets(
                "SetOccupiedHeatingSetpoint",
                &[arg("Setpoint", SET_POINT, "the wanted temperature")],
                "OccupiedHeatingSetpoint",
                Becomes::Arg("Setpoint"),
                "writes the attribute (in Matter an attribute write)",
            ),
            sets(
                "SetOccupiedCoolingSetpoint",
                &[arg("Setpoint", SET_POINT, "the wanted temperature")],
                "OccupiedCoolingSetpoint",
                Becomes::Arg("Setpoint"),
                "writes the attribute (in Matter an attribute write)",
            ),
            sets(
                "SetSystemMode",
                &[arg(
                    "SystemMode",
                    Kind::Enum(&["Off", "Auto", "Cool", "Heat", "FanOnly", "Dry"]),
                    "the wanted mode",
                )],
                "SystemMode",
                Becomes::Arg("SystemMode"),
                "writes the attribute (in Matter an attribute write)",
            ),
        ],
    ),
    matter(
        0x0402,
        "TemperatureMeasurement",
        "measures temperature",
        &[series("MeasuredValue", TEMPERATURE, "temperature")],
        &[],
    ),
    matter(
        0x0405,
        "RelativeHumidityMeasurement",
        "measures humidity",
        &[series("MeasuredValue", PERCENT, "relative humidity")],
        &[],
    ),
    matter(
        0x0400,
        "IlluminanceMeasurement",
        "measures light",
        &[series("MeasuredValue", number("lx", 0.0, 200_000.0), "illuminance")],
        &[],
    ),
    matter(
        0x0406,
        "OccupancySensing",
        "senses people",
        &[event("Occupancy", Kind::Bool, "somebody is there")],
        &[],
    ),
    matter(
        0x0045,
        "BooleanState",
        "a contact, leak or similar two-state sensor",
        &[event("StateValue", Kind::Bool, "true: contact closed, or water found")],
        &[],
    ),
    matter(
        0x005C,
        "SmokeCoAlarm",
        "warns of smoke and carbon monoxide",
        &[
            event("SmokeState", ALARM, "smoke"),
            event("COState", ALARM, "carbon monoxide"),
            event("BatteryAlert", ALARM, "its battery"),
            event("TestInProgress", Kind::Bool, "a self test runs"),
        ],
        &[does("SelfTestRequest", &[], "start a self test")],
    ),
    matter(
        0x0090,
        "ElectricalPowerMeasurement",
        "measures electrical power",
        &[
            series("ActivePower", WATT, "power, negative when fed in"),
            series("Voltage", number("V", 0.0, 100_000.0), "RMS voltage"),
            series("ActiveCurrent", number("A", -100_000.0, 100_000.0), "RMS current"),
            series("PowerFactor", number("", -1.0, 1.0), "power factor"),
            series("Frequency", number("Hz", 0.0, 1_000.0), "mains frequency"),
        ],
        &[],
    ),
    matter(
        0x0091,
        "ElectricalEnergyMeasurement",
        "counts electrical energy",
        &[
            counter("CumulativeEnergyImported", WATT_HOUR, "counter of energy taken"),
            counter("CumulativeEnergyExported", WATT_HOUR, "counter of energy fed in"),
        ],
        &[],
    ),
    matter(
        0x0404,
        "FlowMeasurement",
        "measures water flow",
        &[series("MeasuredValue", number("L/min", 0.0, 1e6), "flow")],
        &[],
    ),
    matter(
        0x0081,
        "ValveConfigurationAndControl",
        "opens and closes a valve",
        &[event("CurrentState", Kind::Enum(&["Closed", "Open", "Transitioning"]), "the valve")],
        &[
            sets("Open", &[], "CurrentState", Becomes::Text("Open"), "open"),
            sets("Close", &[], "CurrentState", Becomes::Text("Closed"), "close"),
        ],
    ),
    matter(
        0x002F,
        "PowerSource",
        "how the device is powered",
        &[
            series("BatPercentRemaining", PERCENT, "battery left"),
            event(
                "BatChargeLevel",
                Kind::Enum(&["OK", "Warning", "Critical"]),
                "battery judged by the device",
            ),
            event("Status", Kind::Enum(&["Unspecified", "Active", "Standby", "Unavailable"]), "the source"),
        ],
        &[],
    ),
    matter(
        0x003B,
        "Switch",
        "a button or switch that people press",
        &[event("CurrentPosition", integer("", 0, 255), "position; 0 is released")],
        &[],
    ),
    matter(
        0x005B,
        "AirQuality",
        "judges the air",
        &[event(
            "AirQuality",
            Kind::Enum(&["Unknown", "Good", "Fair", "Moderate", "Poor", "VeryPoor", "ExtremelyPoor"]),
            "the air",
        )],
        &[],
    ),
    matter(
        0x040D,
        "CarbonDioxideConcentrationMeasurement",
        "measures carbon dioxide",
        &[series("MeasuredValue", number("ppm", 0.0, 100_000.0), "concentration")],
        &[],
    ),
    matter(
        0x040C,
        "CarbonMonoxideConcentrationMeasurement",
        "measures carbon monoxide",
        &[series("MeasuredValue", number("ppm", 0.0, 1e6), "concentration")],
        &[],
    ),
    matter(
        0x042A,
        "Pm25ConcentrationMeasurement",
        "measures fine dust up to 2.5 µm",
        &[series("MeasuredValue", number("ug/m3", 0.0, 1e6), "concentration")],
        &[],
    ),
    matter(
        0x042D,
        "Pm10ConcentrationMeasurement",
        "measures dust up to 10 µm",
        &[series("MeasuredValue", number("ug/m3", 0.0, 1e6), "concentration")],
        &[],
    ),
    matter(
        0x042E,
        "TotalVolatileOrganicCompoundsConcentrationMeasurement",
        "measures volatile organic compounds",
        &[series("MeasuredValue", number("ppb", 0.0, 1e6), "concentration")],
        &[],
    ),
    matter(
        0x0403,
        "PressureMeasurement",
        "measures the pressure of the air",
        &[series("MeasuredValue", number("hPa", 0.0, 100_000.0), "pressure")],
        &[],
    ),
    appliances::FAN_CONTROL,
    appliances::ROBOT,
    appliances::SIREN,
    appliances::ALARM_PANEL,
    appliances::SOFTWARE_UPDATE,
    appliances::TRACKER,
    generic::MODE_SELECT,
    generic::NUMBER,
    generic::TEXT,
    generic::MESSAGE,
    generic::PICTURE,
    generic::BUTTON,
    generic::SCENE,
    generic::MEASUREMENT,
    generic::STATE,
    Capability {
        name: "WaterVolume",
        matter_cluster_id: None,
        meaning: "counts water; Matter has no cluster for it",
        attributes: &[counter("CumulativeVolume", number("L", 0.0, 1e12), "counter of water taken")],
        commands: &[],
    },
    Capability {
        name: "Signal",
        matter_cluster_id: None,
        meaning: "the strength of the device's radio link",
        attributes: &[series("Rssi", number("dBm", -150.0, 20.0), "received signal strength")],
        commands: &[],
    },
    Capability {
        name: "Firmware",
        matter_cluster_id: None,
        meaning: "what the device runs",
        attributes: &[event("Version", Kind::Text { max_chars: 64 }, "version as the device words it")],
        commands: &[],
    },
];
