//! What stands where in the demo home: the facts a person would type in when registering it.

use lares_model::device::{Encoding, Endpoint};

/// A home to set up.
#[derive(Clone, Debug)]
pub struct Blueprint {
    pub home_name: &'static str,
    pub address: &'static str,
    /// IANA name.
    pub time_zone: &'static str,
    pub floor_area_m2: f64,
    pub rooms: Vec<&'static str>,
    pub devices: Vec<DevicePlan>,
}

/// A device to register.
#[derive(Clone, Debug)]
pub struct DevicePlan {
    pub kind: Kind,
    pub name: &'static str,
    /// One of the blueprint's rooms.
    pub room: &'static str,
    pub vendor: &'static str,
    pub model: &'static str,
    pub serial: String,
    pub firmware: &'static str,
    pub endpoints: Vec<Endpoint>,
    pub tags: Vec<&'static str>,
    pub encoding: Encoding,
    pub expected_interval_s: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Lock,
    Plug,
    Meter,
    Thermostat,
    LeakSensor,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Lock, Kind::Plug, Kind::Meter, Kind::Thermostat, Kind::LeakSensor];

    pub fn firmware(self) -> &'static str {
        match self {
            Kind::Lock => "4.2.0",
            Kind::Plug => "1.9.3",
            Kind::Meter => "2.0.11",
            Kind::Thermostat => "3.1.4",
            Kind::LeakSensor => "1.0.2",
        }
    }

    /// What each endpoint can do: 0 is the device itself, 1 is what it was bought for.
    pub fn endpoints(self) -> Vec<Endpoint> {
        let endpoint = |endpoint, names: &[&str]| Endpoint {
            endpoint,
            capabilities: names.iter().map(|&name| name.to_owned()).collect(),
        };
        let (itself, purpose): (&[&str], &[&str]) = match self {
            Kind::Lock => (&["Identify", "Firmware", "Signal", "PowerSource"], &["DoorLock"]),
            Kind::Plug => (
                &["Identify", "Firmware", "Signal"],
                &["OnOff", "ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"],
            ),
            Kind::Meter => (
                &["Identify", "Firmware", "Signal"],
                &["ElectricalPowerMeasurement", "ElectricalEnergyMeasurement"],
            ),
            Kind::Thermostat => (&["Identify", "Firmware", "Signal"], &["Thermostat"]),
            Kind::LeakSensor => (&["Identify", "Firmware", "Signal", "PowerSource"], &["BooleanState"]),
        };
        vec![endpoint(0, itself), endpoint(1, purpose)]
    }
}

/// One home with five devices. The plug speaks CBOR, so that both encodings are alive.
pub fn blueprint() -> Blueprint {
    let plan = |kind: Kind, name, room, vendor, model, serial: &str, tags: &[&'static str]| DevicePlan {
        kind,
        name,
        room,
        vendor,
        model,
        serial: serial.to_owned(),
        firmware: kind.firmware(),
        endpoints: kind.endpoints(),
        tags: tags.to_vec(),
        encoding: if kind == Kind::Plug { Encoding::Cbor } else { Encoding::Json },
        expected_interval_s: 60,
    };
    Blueprint {
        home_name: "Lindenstrasse 12",
        address: "Lindenstrasse 12, 10969 Berlin, Germany",
        time_zone: "Europe/Berlin",
        floor_area_m2: 78.5,
        rooms: vec!["Hallway", "Living room", "Kitchen", "Bathroom"],
        devices: vec![
            plan(Kind::Lock, "Front door", "Hallway", "Ostia", "Bolt 2", "OST-B2-004417", &["access"]),
            plan(
                Kind::Plug,
                "Reading lamp",
                "Living room",
                "Lumen",
                "Plug M",
                "LUM-PM-120553",
                &["lighting"],
            ),
            plan(Kind::Meter, "House meter", "Hallway", "Ferra", "EM 340", "FER-340-77120", &["energy"]),
            plan(
                Kind::Thermostat,
                "Living room heating",
                "Living room",
                "Calor",
                "T1",
                "CAL-T1-30918",
                &["heating"],
            ),
            plan(Kind::LeakSensor, "Under the sink", "Kitchen", "Aqua", "Drop", "AQU-D-88102", &["safety"]),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::capability::capability;

    #[test]
    fn the_plan_can_be_registered() {
        let plan = blueprint();
        assert!(lares_model::time::is_iana_time_zone(plan.time_zone));
        for kind in Kind::ALL {
            assert_eq!(plan.devices.iter().filter(|device| device.kind == kind).count(), 1, "{kind:?}");
        }
        for device in &plan.devices {
            assert!(plan.rooms.contains(&device.room), "{}", device.room);
            let names = device.endpoints.iter().flat_map(|endpoint| &endpoint.capabilities);
            assert!(names.clone().all(|name| capability(name).is_some()), "{:?}", names.collect::<Vec<_>>());
        }
        for encoding in [Encoding::Json, Encoding::Cbor] {
            assert!(plan.devices.iter().any(|device| device.encoding == encoding));
        }
    }
}
