//! Jinja templates as Home Assistant evaluates them: its filters, and values rendered as Python does (`True`, `21.0`).
//! A template sees its message and nothing else: one that asks for states or the clock is refused when it is described.
//! What it may compute is bounded by fuel.

use std::fmt::Write as _;
use std::sync::LazyLock;

use minijinja::value::{Kwargs, Rest, Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value as Json;

use crate::convert::text;
use crate::message::Message;

const FUEL: u64 = 20_000;
const SOURCE_MAX_BYTES: usize = 8 * 1_024;
/// Compiled templates that are kept; homes use the same few over and over.
const KEPT_MAX: usize = 1_024;
const IS_DEFINED: &str = "is_defined";
/// What a template may name besides its filters and functions.
const VARIABLES: [&str; 17] = [
    "value",
    "value_json",
    "code",
    "action",
    "position",
    "tilt_position",
    "percentage",
    "hue",
    "sat",
    "red",
    "green",
    "blue",
    "color_temp",
    "brightness",
    "state",
    "text",
    "tone",
];

#[derive(Default)]
pub(crate) struct Templates {
    env: Option<Environment<'static>>,
    kept: usize,
}

impl Templates {
    /// Why the template can never be evaluated here.
    pub fn check(source: &str) -> Result<(), String> {
        if source.len() > SOURCE_MAX_BYTES {
            return Err(format!("a template has at most {SOURCE_MAX_BYTES} bytes"));
        }
        let env = environment();
        let template = env.template_from_str(source).map_err(|error| why(&error))?;
        let known: Vec<&str> = env.globals().map(|(name, _)| name).collect();
        let mut strangers: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        strangers.retain(|name| !VARIABLES.contains(&name.as_str()) && !known.contains(&name.as_str()));
        strangers.sort();
        if strangers.is_empty() {
            return Ok(());
        }
        Err(format!("a template sees its message only, not `{}`", strangers.join("`, `")))
    }

    /// What the template makes of a message; empty where it has nothing to say.
    pub fn read(&mut self, source: &str, message: &Message<'_>) -> Result<String, String> {
        let env = self.env.get_or_insert_with(environment);
        if env.get_template(source).is_err() {
            if self.kept == KEPT_MAX {
                env.clear_templates();
                self.kept = 0;
            }
            env.add_template_owned(source.to_owned(), source.to_owned()).map_err(|error| why(&error))?;
            self.kept += 1;
        }
        let template = env.get_template(source).map_err(|error| why(&error))?;
        let mut context = vec![("value", Value::from(message.text().unwrap_or_default()))];
        context.extend(message.template_value().map(|json| ("value_json", json.clone())));
        match template.render(Value::from_pairs(context)) {
            Ok(rendered) => Ok(rendered.trim().to_owned()),
            Err(error) if error.detail() == Some(IS_DEFINED) => Ok(String::new()),
            Err(error) => Err(why(&error)),
        }
    }

    /// A command's payload: the template sees the plain payload and every argument.
    pub fn word(&self, source: &str, body: &Json, args: &[(String, Json)]) -> Result<String, String> {
        let fresh;
        let env = match &self.env {
            Some(env) => env,
            None => {
                fresh = environment();
                &fresh
            }
        };
        let mut context = serde_json::Map::new();
        context.insert("value".to_owned(), body.clone());
        // Home Assistant's names for what its services pass on.
        for (name, value) in args {
            let names: &[&str] = match name.as_str() {
                "Code" | "Pin" => &["code"],
                "Tone" => &["tone"],
                "LiftPercent" => &["position"],
                "TiltPercent" => &["tilt_position"],
                "PercentSetting" => &["percentage"],
                "Red" => &["red"],
                "Green" => &["green"],
                "Blue" => &["blue"],
                "Hue" => &["hue"],
                "Saturation" => &["sat"],
                "Level" => &["brightness"],
                "ColorTemperature" => &["color_temp"],
                _ => &[],
            };
            context.extend(names.iter().map(|known| ((*known).to_owned(), value.clone())));
        }
        context.insert("action".to_owned(), Json::from(text(body)));
        let is_secret = args.iter().any(|(name, _)| matches!(name.as_str(), "Code" | "Pin"));
        env.render_str(source, Value::from(Serde(context))).map_err(|error| match is_secret {
            // What went wrong may be told with the value that it went wrong with.
            true => "template: it cannot be filled in with this code".to_owned(),
            false => why(&error),
        })
    }
}

fn why(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("template: {}: {detail}", error.kind()),
        None => format!("template: {}", error.kind()),
    }
}

/// Made once; a copy shares its filters.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(made_environment);

fn environment() -> Environment<'static> {
    ENVIRONMENT.clone()
}

fn made_environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Lenient);
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(32);
    env.set_formatter(|out, _, value| {
        let mut python = String::new();
        write_python(&mut python, value, false, 0);
        out.write_str(&python).map_err(Error::from)
    });
    env.add_filter("float", float);
    env.add_function("float", float);
    env.add_filter("int", int);
    env.add_function("int", int);
    env.add_filter("round", round);
    env.add_filter("is_defined", |value: Value| match value.is_undefined() {
        true => Err(Error::new(ErrorKind::UndefinedError, IS_DEFINED)),
        false => Ok(value),
    });
    env.add_filter("is_number", |value: Value| number(&value).is_some());
    env.add_function("is_number", |value: Value| number(&value).is_some());
    env.add_test("is_number", |value: Value| number(&value).is_some());
    add_arithmetic(&mut env);
    add_texts(&mut env);
    env
}

fn add_arithmetic(env: &mut Environment<'static>) {
    env.add_filter("multiply", |value: Value, by: f64| Ok::<_, Error>(needed(&value)? * by));
    env.add_filter("add", |value: Value, other: f64| Ok::<_, Error>(needed(&value)? + other));
    env.add_filter("sqrt", |value: Value| Ok::<_, Error>(needed(&value)?.sqrt()));
    env.add_filter("log", |value: Value, base: Option<f64>| {
        needed(&value).map(|x| base.map_or(x.ln(), |base| x.log(base)))
    });
    env.add_filter("bitwise_and", |a: i64, b: i64| a & b);
    env.add_filter("bitwise_or", |a: i64, b: i64| a | b);
    env.add_filter("bitwise_xor", |a: i64, b: i64| a ^ b);
    env.add_filter("iif", iif);
    env.add_function("iif", iif);
}

fn add_texts(env: &mut Environment<'static>) {
    let parse = |value: String| {
        let json: Json = serde_json::from_str(&value)
            .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
        Ok::<_, Error>(Value::from(Serde(json)))
    };
    env.add_filter("from_json", parse);
    let write = |value: Value| {
        serde_json::to_string(&value)
            .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
    };
    env.add_filter("to_json", write);
    // Without HTML's escapes, which minijinja's own has.
    env.add_filter("tojson", write);
    env.add_filter("truncate", truncate);
    env.add_filter("contains", |value: Value, item: Value| value.to_string().contains(&item.to_string()));
    env.add_filter("as_timestamp", as_timestamp);
    env.add_function("as_timestamp", as_timestamp);
    // The instant is the same in every zone, and instants are what is kept.
    for name in ["timestamp_local", "timestamp_utc"] {
        env.add_filter(name, iso_of_timestamp);
    }
    env.add_filter("as_datetime", |value: Value| iso_of_timestamp(Value::from(as_timestamp(value)?)));
}

/// Positional arguments by these names, which may also be given by name.
fn options<const N: usize>(
    rest: &Rest<Value>,
    named: &Kwargs,
    names: [&str; N],
) -> Result<[Option<Value>; N], Error> {
    let mut found: [Option<Value>; N] = std::array::from_fn(|index| rest.get(index).cloned());
    for (slot, name) in found.iter_mut().zip(names) {
        if named.has(name) {
            *slot = Some(named.get(name)?);
        }
    }
    Ok(found)
}

fn number(value: &Value) -> Option<f64> {
    let number = match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::String => value.as_str().and_then(|text| text.trim().parse().ok()),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

fn needed(value: &Value) -> Result<f64, Error> {
    number(value).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("{value} is not a number")))
}

fn float(value: Value, rest: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let [default] = options(&rest, &named, ["default"])?;
    match (number(&value), default) {
        (Some(number), _) => Ok(Value::from(number)),
        (None, Some(default)) => Ok(default),
        (None, None) => needed(&value).map(Value::from),
    }
}

fn int(value: Value, rest: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let [default, base] = options(&rest, &named, ["default", "base"])?;
    let base = base.and_then(|base| u32::try_from(base).ok()).filter(|base| (2..=36).contains(base));
    let based = value.as_str().zip(base).and_then(|(text, base)| {
        let digits = text.trim().trim_start_matches("0x").trim_start_matches("0X");
        i64::from_str_radix(digits, base).ok()
    });
    let plain = value.as_i64().filter(|_| value.kind() == ValueKind::Number);
    let found = based.or(plain).or_else(|| number(&value).map(|number| number.trunc() as i64));
    match (found, default) {
        (Some(integer), _) => Ok(Value::from(integer)),
        (None, Some(default)) => Ok(default),
        (None, None) => needed(&value).map(Value::from),
    }
}

/// Home Assistant's: without a precision an integer, and halves as the decimals say.
fn round(value: Value, rest: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let [precision, method, default] = options(&rest, &named, ["precision", "method", "default"])?;
    let precision = precision.and_then(|places| i32::try_from(places).ok()).unwrap_or(0).clamp(-15, 15);
    let Some(number) = number(&value) else {
        return default.map_or_else(|| needed(&value).map(Value::from), Ok);
    };
    let step = 10_f64.powi(precision);
    let rounded = match method.as_ref().and_then(|method| method.as_str()) {
        Some("floor") => (number * step).floor() / step,
        Some("ceil") => (number * step).ceil() / step,
        Some("half") => (number * 2.0).round() / 2.0,
        _ if precision >= 0 => format!("{number:.*}", precision as usize).parse().unwrap_or(number),
        _ => (number * step).round() / step,
    };
    Ok(if precision == 0 { Value::from(rounded as i64) } else { Value::from(rounded) })
}

fn iif(value: Value, rest: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let [yes, no, none] = options(&rest, &named, ["if_true", "if_false", "if_none"])?;
    if value.is_none()
        && let Some(none) = none
    {
        return Ok(none);
    }
    Ok(match value.is_true() {
        true => yes.unwrap_or_else(|| Value::from(true)),
        false => no.unwrap_or_else(|| Value::from(false)),
    })
}

/// Jinja2's, which cuts at a space unless words may be killed.
fn truncate(value: String, rest: Rest<Value>, named: Kwargs) -> Result<String, Error> {
    let [length, kill, end, leeway] = options(&rest, &named, ["length", "killwords", "end", "leeway"])?;
    let count = |option: Option<Value>, default: usize| option.and_then(|v| v.as_usize()).unwrap_or(default);
    let (length, leeway) = (count(length, 255), count(leeway, 5));
    if value.chars().count() <= length.saturating_add(leeway) {
        return Ok(value);
    }
    let end = end.map_or_else(|| "...".to_owned(), |end| end.to_string());
    let cut: String = value.chars().take(length.saturating_sub(end.chars().count())).collect();
    let whole = kill.is_some_and(|kill| kill.is_true());
    let cut =
        if whole { cut.as_str() } else { cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words) };
    Ok(format!("{cut}{end}"))
}

fn as_timestamp(value: Value) -> Result<f64, Error> {
    if let Some(number) = number(&value) {
        return Ok(number);
    }
    let said = value.as_str().unwrap_or_default();
    let instant: Option<jiff::Timestamp> = said.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = said.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    instant
        .map(|instant| instant.as_millisecond() as f64 / 1_000.0)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("{said:?} is no time")))
}

fn iso_of_timestamp(value: Value) -> Result<String, Error> {
    let seconds = needed(&value)?;
    let instant = jiff::Timestamp::from_millisecond((seconds * 1_000.0) as i64)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    Ok(instant.to_string().replace('Z', "+00:00"))
}

/// As `str()` writes it; inside of lists and mappings as `repr()`.
fn write_python(out: &mut String, value: &Value, inside: bool, depth: usize) {
    // Writing to a String cannot fail.
    let _ = match value.kind() {
        ValueKind::Undefined => Ok(()),
        ValueKind::None => write!(out, "None"),
        ValueKind::Bool => write!(out, "{}", if value.is_true() { "True" } else { "False" }),
        ValueKind::String if inside => {
            write!(out, "'{}'", value.as_str().unwrap_or_default().replace('\'', "\\'"))
        }
        ValueKind::Seq if depth < 8 => {
            out.push('[');
            for (index, item) in value.try_iter().into_iter().flatten().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_python(out, &item, true, depth + 1);
            }
            write!(out, "]")
        }
        ValueKind::Map if depth < 8 => {
            out.push('{');
            for (index, key) in value.try_iter().into_iter().flatten().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_python(out, &key, true, depth + 1);
                out.push_str(": ");
                write_python(out, &value.get_item(&key).unwrap_or_default(), true, depth + 1);
            }
            write!(out, "}}")
        }
        _ => write!(out, "{value}"),
    };
}
