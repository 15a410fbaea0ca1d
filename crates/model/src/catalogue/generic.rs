//! Capabilities for what a device has of its own: modes, numbers, texts, buttons, scenes, and plain measurements and
//! states that no other capability names. They stand on an endpoint of their own, whose name says what they are.

use super::{does, event, matter, series, sets};
use crate::capability::{Arg, Becomes, Capability, CommandSpec, Kind};

const WORD: Kind = Kind::Text { max_chars: 255 };
const ANY_NUMBER: Kind = Kind::Number { unit: "", min: -1e15, max: 1e15 };

const fn ours(
    name: &'static str,
    meaning: &'static str,
    attributes: &'static [crate::capability::Attribute],
    commands: &'static [CommandSpec],
) -> Capability {
    Capability { name, matter_cluster_id: None, meaning, attributes, commands }
}

pub(super) const MODE_SELECT: Capability = matter(
    0x0050,
    "ModeSelect",
    "one of several modes that the device names itself",
    &[event("CurrentMode", WORD, "the mode, in the device's words")],
    &[sets(
        "ChangeToMode",
        &[Arg { name: "NewMode", kind: WORD, meaning: "one of the device's modes, in its words" }],
        "CurrentMode",
        Becomes::Arg("NewMode"),
        "change to a mode",
    )],
);

pub(super) const NUMBER: Capability = ours(
    "Number",
    "a number that can be set; its unit stands on the endpoint",
    &[event("Value", ANY_NUMBER, "the number")],
    &[sets(
        "SetValue",
        &[Arg { name: "Value", kind: ANY_NUMBER, meaning: "the wanted number" }],
        "Value",
        Becomes::Arg("Value"),
        "set it",
    )],
);

pub(super) const TEXT: Capability = ours(
    "Text",
    "a text that can be set",
    &[event("Value", WORD, "the text")],
    &[sets(
        "SetText",
        &[Arg { name: "Text", kind: WORD, meaning: "the wanted text" }],
        "Value",
        Becomes::Arg("Text"),
        "set it",
    )],
);

pub(super) const BUTTON: Capability =
    ours("Button", "something the device does when asked", &[], &[does("Press", &[], "do it")]);

pub(super) const SCENE: Capability = ours(
    "Scene",
    "a state of several devices that can be recalled",
    &[],
    &[does("Recall", &[], "recall it")],
);

pub(super) const MEASUREMENT: Capability = ours(
    "Measurement",
    "a number that no other capability names; its unit stands on the endpoint",
    &[series("Value", ANY_NUMBER, "the number")],
    &[],
);

pub(super) const STATE: Capability = ours(
    "State",
    "a state that no other capability names",
    &[event("Value", WORD, "the state, in the device's words")],
    &[],
);
