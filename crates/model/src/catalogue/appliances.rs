//! Capabilities of appliances and of whole-house systems: fans, robots, sirens, alarm panels, software updates.

use super::{PERCENT, does, event, matter, sets};
use crate::capability::{Arg, Becomes, Capability, CommandSpec, Effect, Kind};

const FAN_MODE: Kind = Kind::Enum(&["Off", "Low", "Medium", "High", "On", "Auto", "Smart"]);
const PANEL_STATE: Kind = Kind::Enum(&[
    "Disarmed",
    "ArmedHome",
    "ArmedAway",
    "ArmedNight",
    "ArmedVacation",
    "ArmedCustom",
    "Arming",
    "Disarming",
    "Pending",
    "Triggered",
]);
const VERSION: Kind = Kind::Text { max_chars: 255 };
const CODE: Arg = Arg {
    name: "Code",
    kind: Kind::Text { max_chars: 16 },
    meaning: "the panel's code; empty where it needs none",
};

/// A panel is moved by its own code and delays, so what it is asked for shows only after a while.
const fn arms(name: &'static str, state: &'static str, meaning: &'static str) -> CommandSpec {
    CommandSpec {
        name,
        meaning,
        args: &[CODE],
        idempotent: false,
        effect: Some(Effect { attribute: "State", becomes: Becomes::Text(state) }),
    }
}

pub(super) const FAN_CONTROL: Capability = matter(
    0x0202,
    "FanControl",
    "moves air",
    &[
        event("FanMode", FAN_MODE, "how it runs"),
        event("PercentSetting", PERCENT, "its speed; 0 is off"),
        event("AirflowDirection", Kind::Enum(&["Forward", "Reverse"]), "where it blows"),
    ],
    &[
        sets(
            "SetFanMode",
            &[Arg { name: "FanMode", kind: FAN_MODE, meaning: "the wanted mode" }],
            "FanMode",
            Becomes::Arg("FanMode"),
            "writes the attribute (in Matter an attribute write)",
        ),
        sets(
            "SetPercentSetting",
            &[Arg { name: "PercentSetting", kind: PERCENT, meaning: "the wanted speed" }],
            "PercentSetting",
            Becomes::Arg("PercentSetting"),
            "writes the attribute (in Matter an attribute write)",
        ),
        sets(
            "SetAirflowDirection",
            &[Arg {
                name: "AirflowDirection",
                kind: Kind::Enum(&["Forward", "Reverse"]),
                meaning: "the wanted direction",
            }],
            "AirflowDirection",
            Becomes::Arg("AirflowDirection"),
            "writes the attribute (in Matter an attribute write)",
        ),
    ],
);

pub(super) const ROBOT: Capability = matter(
    0x0061,
    "RvcOperationalState",
    "a robot that cleans floors or mows a lawn",
    &[event(
        "OperationalState",
        Kind::Enum(&["Stopped", "Running", "Paused", "Error", "SeekingCharger", "Charging", "Docked"]),
        "what it does",
    )],
    &[
        does("Start", &[], "start its round, or go on with it (in Matter a change of its run mode)"),
        does("Pause", &[], "stand where it is"),
        does("Stop", &[], "end its round"),
        does("GoHome", &[], "go to its dock"),
    ],
);

pub(super) const SOFTWARE_UPDATE: Capability = Capability {
    name: "SoftwareUpdate",
    matter_cluster_id: None,
    meaning: "what the device runs and could run",
    attributes: &[
        event("InstalledVersion", VERSION, "what it runs"),
        event("LatestVersion", VERSION, "what there is for it"),
        event("Installing", Kind::Bool, "an update is under way"),
    ],
    commands: &[does("Install", &[], "install the latest version")],
};

pub(super) const SIREN: Capability = Capability {
    name: "Siren",
    matter_cluster_id: None,
    meaning: "makes a noise to warn or to drive off",
    attributes: &[event("Sounding", Kind::Bool, "it sounds")],
    commands: &[
        sets("Sound", &[], "Sounding", Becomes::Bool(true), "sound"),
        sets("Silence", &[], "Sounding", Becomes::Bool(false), "be silent"),
    ],
};

pub(super) const ALARM_PANEL: Capability = Capability {
    name: "AlarmPanel",
    matter_cluster_id: None,
    meaning: "arms and disarms a burglar alarm",
    attributes: &[event("State", PANEL_STATE, "what it guards")],
    commands: &[
        arms("ArmHome", "ArmedHome", "guard the doors while somebody is home"),
        arms("ArmAway", "ArmedAway", "guard everything"),
        arms("ArmNight", "ArmedNight", "guard while people sleep"),
        arms("Disarm", "Disarmed", "guard nothing"),
    ],
};

pub(super) const TRACKER: Capability = Capability {
    name: "Tracker",
    matter_cluster_id: None,
    meaning: "tells where somebody or something is",
    attributes: &[event("Zone", Kind::Text { max_chars: 255 }, "the zone's name; `home` and `not_home`")],
    commands: &[],
};
