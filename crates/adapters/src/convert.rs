//! How a number or word of a device becomes a value of the catalogue, and back again in a command.

use lares_model::Value;
use serde_json::Value as Json;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Convert {
    /// The catalogue's value is the raw one times `factor` plus `offset`.
    Linear {
        factor: f64,
        offset: f64,
        integer: bool,
    },
    /// The product of both is constant, as with mired and kelvin.
    Inverse {
        product: f64,
    },
    /// Each word of the device has one value; where two have the same, the first is said. An empty text stands for a
    /// word that says nothing to us.
    Words(Vec<(String, Value)>),
    Text,
}

/// A colour in the device's own space: an object, a list or a text with commas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Space {
    Rgb,
    Hs,
    Xy,
}

impl Convert {
    pub fn same() -> Convert {
        Convert::scaled(1.0)
    }

    pub fn scaled(factor: f64) -> Convert {
        Convert::Linear { factor, offset: 0.0, integer: false }
    }

    /// From `low`..`high` of the device to 0..100.
    pub fn percent(low: f64, high: f64) -> Convert {
        let factor = 100.0 / (high - low);
        Convert::Linear { factor, offset: -low * factor, integer: true }
    }

    pub fn bools(on: &str, off: &str) -> Convert {
        Convert::words([(on, Value::Bool(true)), (off, Value::Bool(false))])
    }

    pub fn words<const N: usize>(pairs: [(&str, Value); N]) -> Convert {
        Convert::Words(pairs.into_iter().map(|(word, value)| (word.to_owned(), value)).collect())
    }

    /// `None` where the device says that it does not know.
    pub fn read(&self, raw: &Json) -> Result<Option<Value>, String> {
        if is_unknown(raw) {
            return Ok(None);
        }
        let value = match self {
            Convert::Linear { factor, offset, .. } => Value::Number(tidy(number(raw)? * factor + offset)),
            Convert::Inverse { product } => Value::Number(tidy(product / number(raw)?)),
            Convert::Words(words) => {
                let word = text(raw);
                let known = words.iter().find(|(known, _)| *known == word);
                let (_, value) = known.ok_or_else(|| {
                    let all: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
                    format!("{word:?} is none of {}", all.join(", "))
                })?;
                if *value == Value::Text(String::new()) {
                    return Ok(None);
                }
                value.clone()
            }
            Convert::Text => Value::Text(text(raw)),
        };
        Ok(Some(value))
    }

    pub fn write(&self, value: &Value) -> Result<Json, String> {
        match self {
            Convert::Linear { factor, offset, integer } => {
                let raw = (as_number(value)? - offset) / factor;
                Ok(number_json(if *integer { raw.round() } else { raw }))
            }
            Convert::Inverse { product } => Ok(number_json((product / as_number(value)?).round())),
            Convert::Words(words) => words
                .iter()
                .find(|(_, known)| known.same_as(value))
                .map(|(word, _)| Json::String(word.clone()))
                .ok_or_else(|| format!("the device has no word for {value}")),
            Convert::Text => Ok(Json::String(value.to_string())),
        }
    }
}

fn is_unknown(raw: &Json) -> bool {
    match raw {
        Json::Null => true,
        Json::String(text) => matches!(text.as_str(), "" | "None" | "unknown" | "unavailable"),
        _ => false,
    }
}

pub(crate) fn text(raw: &Json) -> String {
    match raw {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn number(raw: &Json) -> Result<f64, String> {
    let parsed = match raw {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    parsed.filter(|number: &f64| number.is_finite()).ok_or_else(|| format!("{} is not a number", text(raw)))
}

fn as_number(value: &Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| format!("{value} is not a number"))
}

/// Nine digits after the point are more than any device has; what is beyond comes from the conversion.
fn tidy(number: f64) -> f64 {
    if number.abs() < 1e9 { (number * 1e9).round() / 1e9 } else { number }
}

/// Devices that want `21` refuse `21.0`, while those that want `21.0` take `21`.
pub(crate) fn number_json(number: f64) -> Json {
    let number = tidy(number);
    if number.fract() == 0.0 && number.abs() < 9e15 { Json::from(number as i64) } else { Json::from(number) }
}

impl Space {
    /// Hue in degrees and saturation in percent.
    pub fn read(self, raw: &Json) -> Result<Option<(f64, f64)>, String> {
        if is_unknown(raw) {
            return Ok(None);
        }
        let keys: &[&[&str]] = match self {
            Space::Rgb => &[&["r", "red"], &["g", "green"], &["b", "blue"]],
            Space::Hs => &[&["h", "hue"], &["s", "saturation"]],
            Space::Xy => &[&["x"], &["y"]],
        };
        let parts: Vec<Json> = match raw {
            Json::Object(object) => {
                let part = |names: &&[&str]| names.iter().find_map(|name| object.get(*name)).cloned();
                keys.iter().map_while(part).collect()
            }
            Json::Array(list) => list.clone(),
            // Some write the space before the numbers.
            other => text(other).split(',').filter(|part| !is_space(part)).map(Json::from).collect(),
        };
        if parts.iter().all(is_unknown) {
            return Ok(None);
        }
        let numbers: Vec<f64> = parts.iter().map(number).collect::<Result<_, _>>()?;
        match (self, numbers.as_slice()) {
            (Space::Rgb, [r, g, b, ..]) => Ok(Some(hue_saturation(*r, *g, *b))),
            (Space::Hs, [h, s, ..]) => Ok(Some((*h, *s))),
            (Space::Xy, [x, y]) => {
                let [r, g, b] = rgb_of_xy(*x, *y);
                Ok(Some(hue_saturation(r, g, b)))
            }
            _ => Err(format!("{} is not a colour", text(raw))),
        }
    }

    /// The parts that a command of this space may name: `Red`, `X` and so on, and all of them with commas.
    pub fn write(self, hue: f64, saturation: f64) -> Vec<(&'static str, Json)> {
        let [r, g, b] = rgb_of_hue(hue, saturation).map(f64::round);
        match self {
            Space::Rgb => vec![
                ("Red", number_json(r)),
                ("Green", number_json(g)),
                ("Blue", number_json(b)),
                ("Rgb", Json::from(format!("{r},{g},{b}"))),
                ("TaggedRgb", Json::from(format!("rgb,{r},{g},{b}"))),
            ],
            Space::Hs => vec![
                ("Hs", Json::from(format!("{hue},{saturation}"))),
                ("Hsv", Json::from(format!("{hue},{saturation},100"))),
                ("TaggedHsv", Json::from(format!("hsv,{hue},{saturation},100"))),
            ],
            Space::Xy => {
                let (x, y) = xy_of_rgb(r, g, b);
                let xy = format!("{x:.4},{y:.4}");
                vec![("X", number_json(x)), ("Y", number_json(y)), ("Xy", Json::from(xy))]
            }
        }
    }
}

fn is_space(part: &str) -> bool {
    matches!(part, "rgb" | "hsv" | "xyz")
}

fn hue_saturation(r: f64, g: f64, b: f64) -> (f64, f64) {
    let largest = r.max(g).max(b);
    let span = largest - r.min(g).min(b);
    if largest <= 0.0 || span <= 0.0 {
        return (0.0, 0.0);
    }
    let sixth = if largest == r {
        ((g - b) / span).rem_euclid(6.0)
    } else if largest == g {
        (b - r) / span + 2.0
    } else {
        (r - g) / span + 4.0
    };
    (tidy(sixth * 60.0).clamp(0.0, 360.0), tidy(span / largest * 100.0))
}

fn rgb_of_hue(hue: f64, saturation: f64) -> [f64; 3] {
    let saturation = saturation / 100.0;
    [5.0, 3.0, 1.0].map(|n| {
        let k = (n + hue / 60.0) % 6.0;
        255.0 * (1.0 - saturation * k.min(4.0 - k).clamp(0.0, 1.0))
    })
}

/// CIE 1931 at full brightness, in the sRGB primaries; good enough to name a colour.
fn rgb_of_xy(x: f64, y: f64) -> [f64; 3] {
    let y = y.max(1e-6);
    let (big_x, big_z) = (x / y, (1.0 - x - y) / y);
    let linear = [
        big_x * 3.240_6 - 1.537_2 - big_z * 0.498_6,
        -big_x * 0.968_9 + 1.875_8 + big_z * 0.041_5,
        big_x * 0.055_7 - 0.204 + big_z * 1.057,
    ];
    let brightest = linear.iter().copied().fold(1e-9, f64::max);
    linear.map(|part| 255.0 * gamma((part / brightest).clamp(0.0, 1.0)))
}

fn xy_of_rgb(r: f64, g: f64, b: f64) -> (f64, f64) {
    let [r, g, b] = [r, g, b].map(|part| linear(part / 255.0));
    let x = r * 0.412_4 + g * 0.357_6 + b * 0.180_5;
    let y = r * 0.212_6 + g * 0.715_2 + b * 0.072_2;
    let z = r * 0.019_3 + g * 0.119_2 + b * 0.950_5;
    let sum = (x + y + z).max(1e-9);
    ((x / sum * 1e4).round() / 1e4, (y / sum * 1e4).round() / 1e4)
}

fn gamma(part: f64) -> f64 {
    if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 }
}

fn linear(part: f64) -> f64 {
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_come_as_numbers_or_texts_and_never_as_nan() {
        assert_eq!(Convert::scaled(1_000.0).read(&json!("1.5")), Ok(Some(Value::Number(1_500.0))));
        assert_eq!(Convert::same().read(&json!(null)), Ok(None));
        for raw in [json!("nan"), json!("inf"), json!(true), json!([1])] {
            assert!(Convert::same().read(&raw).is_err(), "{raw}");
        }
        let mired = Convert::Inverse { product: 1e6 };
        assert_eq!(mired.write(&Value::Number(2_700.0)), Ok(json!(370)));
        assert!(mired.read(&json!(0)).is_ok_and(|value| value == Some(Value::Number(f64::INFINITY))));
        assert_eq!(Convert::percent(0.0, 254.0).write(&Value::Number(50.0)), Ok(json!(127)));
    }

    #[test]
    fn a_colour_is_the_same_in_every_space() {
        for hue in [0.0, 60.0, 120.0, 240.0, 300.0] {
            let parts = Space::Rgb.write(hue, 100.0);
            let (_, rgb) = parts.last().unwrap();
            assert_eq!(Space::Rgb.read(rgb).unwrap(), Some((hue, 100.0)));
            let parts = Space::Xy.write(hue, 100.0);
            let (back, _) = Space::Xy.read(&parts[2].1).unwrap().unwrap();
            let apart = (back - hue).abs();
            assert!(apart.min(360.0 - apart) < 3.0, "{hue} came back as {back}");
        }
        assert_eq!(Space::Hs.read(&json!({ "h": 10, "s": 20 })), Ok(Some((10.0, 20.0))));
        assert!(Space::Rgb.read(&json!("1,2")).is_err());
    }
}
