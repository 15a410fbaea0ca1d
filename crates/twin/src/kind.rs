//! The kinds of devices and of loads: what each can do, as its maker would print it on the box.

use lares_model::device::Endpoint;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Lock,
    Plug,
    Meter,
    Thermostat,
    LeakSensor,
    Contact,
    Motion,
    SmokeAlarm,
    AirSensor,
    DimmableLight,
    ColourLight,
    Blind,
}

/// What hangs on a plug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    Lamp,
    Fridge,
    WashingMachine,
    Kettle,
    Tv,
}

impl Kind {
    pub const ALL: [Kind; 12] = [
        Kind::Lock,
        Kind::Plug,
        Kind::Meter,
        Kind::Thermostat,
        Kind::LeakSensor,
        Kind::Contact,
        Kind::Motion,
        Kind::SmokeAlarm,
        Kind::AirSensor,
        Kind::DimmableLight,
        Kind::ColourLight,
        Kind::Blind,
    ];

    pub fn firmware(self) -> &'static str {
        match self {
            Kind::Lock => "4.2.0",
            Kind::Plug => "1.9.3",
            Kind::Meter => "2.0.11",
            Kind::Thermostat => "3.1.4",
            Kind::LeakSensor => "1.0.2",
            Kind::Contact => "1.0.7",
            Kind::Motion => "1.4.0",
            Kind::SmokeAlarm => "2.2.1",
            Kind::AirSensor => "0.9.12",
            Kind::DimmableLight => "1.30.2",
            Kind::ColourLight => "1.32.0",
            Kind::Blind => "5.0.3",
        }
    }

    pub fn has_battery(self) -> bool {
        matches!(self, Kind::Lock | Kind::LeakSensor | Kind::Contact | Kind::Motion | Kind::SmokeAlarm)
    }

    /// The newer devices speak MQTT 5, the others 3.1.1.
    pub fn speaks_mqtt_5(self) -> bool {
        matches!(self, Kind::Lock | Kind::Plug | Kind::DimmableLight | Kind::ColourLight | Kind::Blind)
    }

    /// What it was bought for; endpoint 1.
    fn purpose(self) -> &'static [&'static str] {
        match self {
            Kind::Lock => &["DoorLock"],
            Kind::Plug => &["OnOff", "ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"],
            Kind::Meter => &["ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"],
            Kind::Thermostat => &["Thermostat"],
            Kind::LeakSensor | Kind::Contact => &["BooleanState"],
            Kind::Motion => &["OccupancySensing", "IlluminanceMeasurement"],
            Kind::SmokeAlarm => &["SmokeCoAlarm"],
            Kind::AirSensor => &[
                "AirQuality",
                "CarbonDioxideConcentrationMeasurement",
                "TemperatureMeasurement",
                "RelativeHumidityMeasurement",
            ],
            Kind::DimmableLight => &["OnOff", "LevelControl"],
            Kind::ColourLight => &["OnOff", "LevelControl", "ColorControl"],
            Kind::Blind => &["WindowCovering"],
        }
    }

    /// What each endpoint can do: 0 is the device itself, 1 is what it was bought for.
    pub fn endpoints(self) -> Vec<Endpoint> {
        let endpoint = |endpoint, names: &[&str]| Endpoint {
            endpoint,
            capabilities: names.iter().map(|&name| name.to_owned()).collect(),
            ..Endpoint::default()
        };
        let itself: &[&str] = if self.has_battery() {
            &["Identify", "Firmware", "Signal", "PowerSource"]
        } else {
            &["Identify", "Firmware", "Signal"]
        };
        vec![endpoint(0, itself), endpoint(1, self.purpose())]
    }

    /// Whether an endpoint has a capability, without making the list.
    pub fn can(self, endpoint: u16, capability: &str) -> bool {
        match endpoint {
            0 => {
                ["Identify", "Firmware", "Signal"].contains(&capability)
                    || (capability == "PowerSource" && self.has_battery())
            }
            1 => self.purpose().contains(&capability),
            _ => false,
        }
    }
}
