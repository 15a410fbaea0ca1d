//! A Tasmota device as its discovery describes it: relays, lights, shutters, buttons, and sensors by their names.

use lares_model::Value;
use lares_model::dialect::{Description, Say};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::PROFILE;
use crate::convert::{Convert, Space};
use crate::parts::{Parts, Source};
use crate::profile::{Number, measurement, number_by_unit};
use crate::wiring::{Availability, Mode, Order, Reads, Sign, Wired};

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    #[serde(default)]
    dn: String,
    /// Friendly names of the relays.
    #[serde(rename = "fn", default)]
    names: Vec<Option<String>>,
    #[serde(default)]
    hn: String,
    #[serde(default)]
    md: String,
    #[serde(default)]
    sw: String,
    #[serde(default = "offline")]
    ofln: String,
    #[serde(default = "online")]
    onln: String,
    /// The words for off, on and toggle.
    #[serde(default)]
    state: Vec<String>,
    t: String,
    #[serde(default = "full_topic")]
    ft: String,
    /// Prefixes of commands, answers and telemetry.
    tp: [String; 3],
    /// 1 a relay, 2 a light, 3 half of a shutter.
    #[serde(default)]
    rl: Vec<u8>,
    #[serde(default)]
    swc: Vec<i64>,
    #[serde(default)]
    btn: Vec<u8>,
    /// 1 dims, 2 has white tones, 3 and 4 colours, 5 both.
    #[serde(default)]
    lt_st: u8,
}

fn online() -> String {
    "Online".to_owned()
}

fn offline() -> String {
    "Offline".to_owned()
}

fn full_topic() -> String {
    "%prefix%/%topic%/".to_owned()
}

/// The topics of one device, whatever order its full topic has.
struct Topics<'a> {
    address: &'a str,
    config: &'a Config,
}

impl Topics<'_> {
    fn of(&self, prefix: usize, rest: &str) -> String {
        let Config { ft, t, hn, tp, .. } = self.config;
        let id = self.address.get(self.address.len().saturating_sub(6)..).unwrap_or(self.address);
        let named = ft.replace("%prefix%", &tp[prefix]).replace("%topic%", t).replace("%hostname%", hn);
        let named = named.replace("%id%", id).replace("%macaddr%", self.address);
        format!("{}/{rest}", named.trim_end_matches('/'))
    }

    fn command(&self, rest: &str) -> String {
        self.of(0, rest)
    }

    /// A field of the state: told by itself, after commands, and when asked.
    fn states(&self, field: &str) -> Vec<Source> {
        vec![
            Source::at(&self.of(2, "STATE"), format!("/{field}")),
            Source::at(&self.of(1, "RESULT"), format!("/{field}")),
            Source::at(&self.of(1, "STATUS11"), format!("/StatusSTS/{field}")),
        ]
    }

    fn sensors(&self, path: &str) -> Vec<Source> {
        vec![
            Source::at(&self.of(2, "SENSOR"), format!("/{path}")),
            Source::at(&self.of(1, "STATUS10"), format!("/StatusSNS/{path}")),
            Source::at(&self.of(1, "STATUS8"), format!("/StatusSNS/{path}")),
        ]
    }
}

pub(super) fn wired(address: &str, config: &Config, sensors: &Json) -> Wired {
    let topics = Topics { address, config };
    let mut parts = Parts::default();
    parts.reserve(0..=config.rl.len().clamp(8, 64) as u16);
    relays(&topics, &mut parts);
    buttons(&topics, &mut parts);
    if let Json::Object(sensors) = sensors {
        for (name, value) in sensors {
            sensor(&topics, name, value, sensors, &mut parts);
        }
    }
    for source in topics.states("Wifi/Signal") {
        parts.reads(0, &source, "Signal.Rssi", Convert::same());
    }
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let description = Description {
        foreign_id: address.to_owned(),
        name: text(&config.dn).unwrap_or_else(|| config.t.clone()),
        vendor: "Tasmota".to_owned(),
        model: config.md.clone(),
        serial: Some(address.to_owned()),
        firmware: text(&config.sw),
        suggested_room: None,
        via: None,
        expected_interval_s: None,
        endpoints: Vec::new(),
        unknown: Vec::new(),
    };
    let sign = Sign::plain(topics.of(2, "LWT"), &[&config.onln], &[&config.ofln]);
    parts.finish(description, vec![Availability { mode: Mode::Latest, signs: vec![sign] }])
}

/// State and sensors now; otherwise they come within five minutes.
pub(super) fn first_questions(address: &str, config: &Config) -> Vec<Say> {
    let topic = Topics { address, config }.command("STATUS");
    let ask = |what: &str| Say { topic: topic.clone(), payload: what.into(), qos: 0, retain: false };
    vec![ask("11"), ask("10")]
}

fn relays(topics: &Topics<'_>, parts: &mut Parts) {
    let config = topics.config;
    let switched = config.rl.iter().filter(|kind| matches!(kind, 1 | 2)).count();
    let mut shutters = 0;
    for (index, kind) in config.rl.iter().take(64).enumerate() {
        let number = index as u16 + 1;
        match kind {
            1 | 2 => {
                relay(topics, number, switched == 1, parts);
                if *kind == 2 {
                    light(topics, number, parts);
                }
                if let Some(Some(name)) = config.names.get(index) {
                    parts.name(number, name);
                }
            }
            // Two relays, one for each way, make one shutter.
            3 if config.rl[..index].iter().filter(|kind| **kind == 3).count() % 2 == 0 => {
                shutters += 1;
                shutter(topics, number, shutters, parts);
            }
            _ => {}
        }
    }
}

/// A device with one relay calls it `POWER`, others count.
fn relay(topics: &Topics<'_>, number: u16, alone: bool, parts: &mut Parts) {
    let word = |index: usize, default: &str| {
        topics.config.state.get(index).cloned().unwrap_or_else(|| default.to_owned())
    };
    let (off, on, toggle) = (word(0, "OFF"), word(1, "ON"), word(2, "TOGGLE"));
    let convert = Convert::bools(&on, &off);
    let mut names = vec![format!("POWER{number}")];
    if alone {
        names.push("POWER".to_owned());
    }
    for name in &names {
        for source in topics.states(name) {
            parts.reads(number, &source, "OnOff.OnOff", convert.clone());
        }
        parts.reads(number, &Source::whole(topics.of(1, name)), "OnOff.OnOff", convert.clone());
    }
    let topic = topics.command(&names[0]);
    for (command, word) in [("OnOff.On", on), ("OnOff.Off", off), ("OnOff.Toggle", toggle)] {
        parts.order(Order::new(number, command, &topic, Json::from(word)));
    }
}

fn light(topics: &Topics<'_>, number: u16, parts: &mut Parts) {
    let kind = topics.config.lt_st;
    if kind == 0 {
        return;
    }
    let percent = Convert::percent(0.0, 100.0);
    for source in topics.states("Dimmer") {
        parts.reads(number, &source, "LevelControl.CurrentLevel", percent.clone());
    }
    let order = Order::new(number, "LevelControl.MoveToLevel", &topics.command("Dimmer"), json!("$Level"));
    parts.order(order.with("Level", percent));
    if kind == 2 || kind == 5 {
        let kelvin = Convert::Inverse { product: 1e6 };
        for source in topics.states("CT") {
            parts.reads(number, &source, "ColorControl.ColorTemperature", kelvin.clone());
        }
        let command = "ColorControl.MoveToColorTemperature";
        let order = Order::new(number, command, &topics.command("CT"), json!("$ColorTemperature"));
        parts.order(order.with("ColorTemperature", kelvin));
    }
    if kind >= 3 {
        for source in topics.states("HSBColor") {
            parts.listens(number, &source, Reads::Colour(Space::Hs));
        }
        let command = "ColorControl.MoveToHueAndSaturation";
        for (topic, body) in [("HSBColor1", "$Hue"), ("HSBColor2", "$Saturation")] {
            parts.order(Order::new(number, command, &topics.command(topic), json!(body)).coloured(Space::Hs));
        }
    }
}

/// Tasmota's 100 is open.
fn shutter(topics: &Topics<'_>, number: u16, shutter: u16, parts: &mut Parts) {
    let percent = Convert::percent(100.0, 0.0);
    let movement = [("0", "Stopped"), ("1", "Opening"), ("-1", "Closing")];
    let movement = Convert::words(movement.map(|(word, value)| (word, Value::Text(value.to_owned()))));
    let own = format!("Shutter{shutter}");
    let mut sources = topics.sensors(&own);
    sources.push(Source::at(&topics.of(1, "RESULT"), format!("/{own}")));
    for source in sources {
        let at = |field: &str| match &source.select {
            crate::wiring::Select::At(pointer) => Source::at(&source.topic, format!("{pointer}/{field}")),
            _ => source.clone(),
        };
        let lift = "WindowCovering.CurrentPositionLiftPercent";
        parts.reads(number, &at("Position"), lift, percent.clone());
        parts.reads(number, &at("Direction"), "WindowCovering.OperationalStatus", movement.clone());
    }
    let topic = topics.command(&format!("ShutterPosition{shutter}"));
    let order = Order::new(number, "WindowCovering.GoToLiftPercentage", &topic, json!("$LiftPercent"));
    parts.order(order.with("LiftPercent", percent));
    let topic = topics.command(&format!("ShutterStop{shutter}"));
    parts.order(Order::new(number, "WindowCovering.StopMotion", &topic, json!("")));
}

fn buttons(topics: &Topics<'_>, parts: &mut Parts) {
    let pressed = |parts: &mut Parts, name: String| {
        let source = Source::at(&topics.of(1, "RESULT"), format!("/{name}/Action"));
        if let Some(endpoint) = parts.own(&name, &name) {
            parts.listens(endpoint, &source, Reads::Action { when: None, word: None });
        }
    };
    for (index, _) in topics.config.btn.iter().enumerate().filter(|(_, button)| **button == 1) {
        pressed(parts, format!("Button{}", index + 1));
    }
    for (index, _) in topics.config.swc.iter().enumerate().filter(|(_, mode)| **mode >= 0) {
        pressed(parts, format!("Switch{}", index + 1));
    }
}

/// One entry of the sensors: an object with fields, or a plain value.
fn sensor(topics: &Topics<'_>, name: &str, value: &Json, all: &Map<String, Json>, parts: &mut Parts) {
    if PROFILE.ignores(name) || name.starts_with("Shutter") {
        return;
    }
    let Json::Object(fields) = value else {
        match value {
            Json::Number(_) => plain(topics, name, measurement(""), parts),
            Json::String(_) => state(topics, name, parts),
            other => parts.unknown(name, "a sensor that is neither a number nor an object", other.clone()),
        }
        return;
    };
    for (field, value) in fields {
        if PROFILE.ignores(field) {
            continue;
        }
        let path = format!("{}/{}", escaped(name), escaped(field));
        match value {
            Json::Array(phases) if phases.iter().all(Json::is_number) => {
                for index in 0..phases.len() {
                    let phase = format!("Phase {}", index + 1);
                    let path = format!("{path}/{index}");
                    let Some(endpoint) = parts.own(&format!("{name} {phase}"), &phase) else { continue };
                    field_of(topics, (name, field), &path, all, endpoint, parts);
                }
            }
            Json::Number(_) => {
                // What the device as a whole draws is the device's own.
                let endpoint = if name == "ENERGY" { Some(0) } else { parts.own(name, name) };
                if let Some(endpoint) = endpoint {
                    field_of(topics, (name, field), &path, all, endpoint, parts);
                }
            }
            Json::String(_) => state(topics, &path, parts),
            other => {
                parts.unknown(&format!("{name} {field}"), "a field that is no plain value", other.clone());
            }
        }
    }
}

/// A number: on the sensor's endpoint where an attribute is named for it and free, else on one of its own.
fn field_of(
    topics: &Topics<'_>,
    (name, field): (&str, &str),
    path: &str,
    all: &Map<String, Json>,
    endpoint: u16,
    parts: &mut Parts,
) {
    let unit = unit_of(field, all);
    let known = PROFILE.named_number(field, &unit).filter(|number| !parts.has(endpoint, &number.attribute));
    let (endpoint, number) = match known {
        Some(number) => (Some(endpoint), number),
        None => {
            let number = number_by_unit(&unit).unwrap_or_else(|| measurement(&unit));
            (parts.own(path, &format!("{name} {field}")), number)
        }
    };
    let Some(endpoint) = endpoint else { return };
    for source in topics.sensors(path) {
        let Number { attribute, convert, unit } = &number;
        parts.reads(endpoint, &source, attribute, convert.clone());
        if unit.is_some() {
            parts.unit(endpoint, unit.clone());
        }
    }
}

/// The device says its units of temperature and pressure; those of power have never differed.
fn unit_of(field: &str, all: &Map<String, Json>) -> String {
    let told = |key: &str, default: &str| {
        all.get(key).and_then(Json::as_str).map_or_else(|| default.to_owned(), str::to_owned)
    };
    match field {
        "Temperature" | "DewPoint" | "FeelsLike" => match told("TempUnit", "C").as_str() {
            "F" => "°F".to_owned(),
            _ => "°C".to_owned(),
        },
        "Pressure" | "SeaPressure" => told("PressureUnit", "hPa"),
        "ApparentPower" => "VA".to_owned(),
        "ReactivePower" => "var".to_owned(),
        _ => String::new(),
    }
}

fn plain(topics: &Topics<'_>, name: &str, number: Number, parts: &mut Parts) {
    let Some(endpoint) = parts.own(name, name) else { return };
    for source in topics.sensors(&escaped(name)) {
        parts.reads(endpoint, &source, &number.attribute, number.convert.clone());
    }
}

fn state(topics: &Topics<'_>, path: &str, parts: &mut Parts) {
    let Some(endpoint) = parts.own(path, &path.replace('/', " ")) else { return };
    for source in topics.sensors(path) {
        parts.reads(endpoint, &source, "State.Value", Convert::Text);
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
