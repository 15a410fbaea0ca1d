//! Capabilities for what a device has of its own: modes, numbers, texts, buttons, scenes, and plain measurements and
//! states that no other capability names. They stand on an endpoint of their own, whose name says what they are.

use super::{arg, does, event, matter, series, sets};
use crate::capability::{Becomes, Capability, CommandSpec, Kind};

const WORD: Kind = Kind::Text { max_chars: 255 };
const LONG_TEXT: Kind = Kind::Text { max_chars: 2_048 };
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
        &[arg("NewMode", WORD, "one of the device's modes, in its words")],
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
        &[arg("Value", ANY_NUMBER, "the wanted number")],
        "Value",
        Becomes::Arg("Value"),
        "set it",
    )],
);

pub(super) const TEXT: Capability = ours(
    "Text",
    "a text that can be set",
    &[event("Value", WORD, "the text")],
    &[sets("SetText", &[arg("Text", WORD, "the wanted text")], "Value", Becomes::Arg("Text"), "set it")],
);

pub(super) const MESSAGE: Capability = ours(
    "Message",
    "tells people something: a display, a speaker, a messenger",
    &[],
    &[does("Send", &[arg("Text", LONG_TEXT, "what to tell")], "tell it")],
);

/// The picture itself is not kept: a series of values is no place for it.
pub(super) const PICTURE: Capability = ours(
    "Picture",
    "a camera or picture; what is kept is when there was a new one, and where it can be fetched",
    &[
        series("Bytes", Kind::Integer { unit: "B", min: 0, max: 1 << 40 }, "how large the newest one is"),
        event("Address", Kind::Text { max_chars: 2_048 }, "where the newest one can be fetched"),
    ],
    &[],
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
