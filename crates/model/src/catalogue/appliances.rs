//! Capabilities of appliances and of whole-house systems: fans, robots, sirens, alarm panels, software updates.

use super::{PERCENT, arg, code, does, event, matter, sets};
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
const CODE: Arg = code("the panel's code; empty or absent where it needs none");
/// Its words stand among the bounds of the endpoint.
const TONE: Arg = Arg {
    optional: true,
    ..arg("Tone", Kind::Text { max_chars: 255 }, "one of the device's tones, in its words")
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
            &[arg("FanMode", FAN_MODE, "the wanted mode")],
            "FanMode",
            Becomes::Arg("FanMode"),
            "writes the attribute (in Matter an attribute write)",
        ),
        sets(
            "SetPercentSetting",
            &[arg("PercentSetting", PERCENT, "the wanted speed")],
            "PercentSetting",
            Becomes::Arg("PercentSetting"),
            "writes the attribute (in Matter an attribute write)",
        ),
        sets(
            "SetAirflowDirection",
            &[arg("AirflowDirection", Kind::Enum(&["Forward", "Reverse"]), "the wanted direction")],
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
        sets("Sound", &[TONE], "Sounding", Becomes::Bool(true), "sound"),
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
        arms("ArmVacation", "ArmedVacation", "guard everything while people are away for long"),
        arms("ArmCustomBypass", "ArmedCustom", "guard what the panel was set up to guard"),
        arms("Trigger", "Triggered", "raise the alarm"),
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
