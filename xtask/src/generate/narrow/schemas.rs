//! The comparison of two JSON schemas, in the direction in which a value travels: a request schema must accept what
//! it accepted, a response schema must promise what it promised.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Narrowing, entries, escaped, resolve};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    Request,
    Response,
}

/// Limits that tighten when they fall, and those that tighten when they rise with what absence means for them.
const UPPER_LIMITS: [&str; 5] = ["maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"];
const LOWER_LIMITS: [(&str, f64); 5] = [
    ("minLength", 0.0),
    ("minimum", f64::NEG_INFINITY),
    ("exclusiveMinimum", f64::NEG_INFINITY),
    ("minItems", 0.0),
    ("minProperties", 0.0),
];

pub struct Comparison<'a> {
    pub old: &'a Value,
    pub new: &'a Value,
    found: BTreeSet<Narrowing>,
    /// Pairs of schemas on the way from the root to here: a schema may contain itself.
    underway: Vec<(String, String, Direction)>,
}

/// A schema with its references and `allOf` parts laid together, and where it stands.
struct Laid {
    schema: Map<String, Value>,
    pointer: String,
    reference: String,
}

/// One alternative of a choice: what names it, and where it stands below the choosing schema.
struct Variant {
    key: String,
    place: String,
    schema: Value,
}

impl<'a> Comparison<'a> {
    pub fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, found: BTreeSet::new(), underway: Vec::new() }
    }

    pub fn finish(self) -> Vec<Narrowing> {
        self.found.into_iter().collect()
    }

    pub fn report(&mut self, pointer: &str, what: &str, old: impl ToString, new: impl ToString) {
        let (pointer, what) = (pointer.to_owned(), what.to_owned());
        self.found.insert(Narrowing { pointer, what, old: old.to_string(), new: new.to_string() });
    }

    fn report_values(&mut self, pointer: &str, what: &str, old: Option<&Value>, new: Option<&Value>) {
        let shown = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
        self.report(pointer, what, shown(old), shown(new));
    }

    pub fn schemas(&mut self, pointer: &str, old: &Value, new: &Value, direction: Direction) {
        let old = lay(self.old, old, pointer, 0);
        let new = lay(self.new, new, pointer, 0);
        let step = (old.reference.clone(), new.reference.clone(), direction);
        if !old.reference.is_empty() && self.underway.contains(&step) {
            return;
        }
        self.underway.push(step);
        match (choice_of(&old), choice_of(&new)) {
            (None, None) => self.plain(&old, &new, direction),
            (old_choice, new_choice) => {
                if old_choice.is_some() && new_choice.is_some() {
                    self.plain(&old, &new, direction);
                }
                let or_itself =
                    |choice: Option<Vec<Variant>>, laid: &Laid| choice.unwrap_or_else(|| vec![itself(laid)]);
                let (old_choice, new_choice) = (or_itself(old_choice, &old), or_itself(new_choice, &new));
                self.variants(&old.pointer, &old_choice, &new_choice, direction);
            }
        }
        self.underway.pop();
    }

    /// A variant is found again by what names it, or by one that accepts the same.
    fn variants(&mut self, pointer: &str, old: &[Variant], new: &[Variant], direction: Direction) {
        for variant in old {
            let pointer = format!("{pointer}{}", variant.place);
            if let Some(same) = new.iter().find(|candidate| candidate.key == variant.key) {
                self.schemas(&pointer, &variant.schema, &same.schema, direction);
                continue;
            }
            let alike = |candidate: &Variant| self.is_alike(&variant.schema, &candidate.schema, direction);
            let null_in_response = variant.key == "null" && direction == Direction::Response;
            if !null_in_response && !new.iter().any(alike) {
                self.report(&pointer, &format!("variant {} removed", variant.key), "present", "absent");
            }
        }
        let has_null = |choice: &[Variant]| choice.iter().any(|variant| variant.key == "null");
        if direction == Direction::Response && has_null(new) && !has_null(old) {
            self.report(pointer, "type changed", "never null", "sometimes null");
        }
    }

    fn is_alike(&self, old: &Value, new: &Value, direction: Direction) -> bool {
        let mut trial = Comparison {
            old: self.old,
            new: self.new,
            found: BTreeSet::new(),
            underway: self.underway.clone(),
        };
        trial.schemas("", old, new, direction);
        trial.found.is_empty()
    }

    fn plain(&mut self, old: &Laid, new: &Laid, direction: Direction) {
        self.types(old, new, direction);
        self.words(old, new, direction);
        self.enumeration(old, new, direction);
        if direction == Direction::Request {
            self.limits(old, new);
        }
        self.properties(old, new, direction);
        self.additional(old, new, direction);
        let items = (old.schema.get("items"), new.schema.get("items"));
        match (items, direction) {
            ((Some(old_items), Some(new_items)), _) => {
                self.schemas(&format!("{}/items", old.pointer), old_items, new_items, direction);
            }
            ((None, Some(_)), Direction::Request) => {
                self.report(&format!("{}/items", old.pointer), "items newly constrained", "any", "a schema");
            }
            ((Some(_), None), Direction::Response) => {
                self.report(
                    &format!("{}/items", old.pointer),
                    "items no longer described",
                    "a schema",
                    "any",
                );
            }
            _ => {}
        }
    }

    fn types(&mut self, old: &Laid, new: &Laid, direction: Direction) {
        let (old_types, new_types) = (types(&old.schema), types(&new.schema));
        let covers = |wide: &Option<BTreeSet<String>>, narrow: &Option<BTreeSet<String>>| match (wide, narrow)
        {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(narrow)) => narrow
                .iter()
                .all(|name| wide.contains(name) || (name == "integer" && wide.contains("number"))),
        };
        let kept = match direction {
            Direction::Request => covers(&new_types, &old_types),
            Direction::Response => covers(&old_types, &new_types),
        };
        if !kept {
            let pointer = format!("{}/type", old.pointer);
            self.report_values(&pointer, "type changed", old.schema.get("type"), new.schema.get("type"));
        }
    }

    /// `pattern` and `format`: no telling which of two is tighter, so any change but the removal of a demand counts.
    fn words(&mut self, old: &Laid, new: &Laid, direction: Direction) {
        for (word, what) in [("pattern", "pattern changed"), ("format", "format changed")] {
            let (before, after) = (old.schema.get(word), new.schema.get(word));
            let harmless = match direction {
                Direction::Request => after.is_none(),
                Direction::Response => before.is_none(),
            };
            if before != after && !harmless {
                self.report_values(&format!("{}/{word}", old.pointer), what, before, after);
            }
        }
    }

    /// New values in a response are additions: clients are told to expect words they do not know.
    fn enumeration(&mut self, old: &Laid, new: &Laid, direction: Direction) {
        if direction == Direction::Response {
            return;
        }
        let Some(new_values) = allowed(&new.schema) else { return };
        let pointer = format!("{}/enum", old.pointer);
        let Some(old_values) = allowed(&old.schema) else {
            self.report(&pointer, "values newly limited", "any", Value::Array(new_values));
            return;
        };
        for value in old_values.iter().filter(|value| !new_values.contains(value)) {
            self.report(&pointer, "value removed", value, "absent");
        }
    }

    fn limits(&mut self, old: &Laid, new: &Laid) {
        let number = |laid: &Laid, name: &str| laid.schema.get(name).and_then(Value::as_f64);
        for name in UPPER_LIMITS {
            let (before, after) = (number(old, name), number(new, name));
            if after.unwrap_or(f64::INFINITY) < before.unwrap_or(f64::INFINITY) {
                let (before, after) = (old.schema.get(name), new.schema.get(name));
                self.report_values(&format!("{}/{name}", old.pointer), "limit lowered", before, after);
            }
        }
        for (name, absent) in LOWER_LIMITS {
            let (before, after) = (number(old, name), number(new, name));
            if after.unwrap_or(absent) > before.unwrap_or(absent) {
                let (before, after) = (old.schema.get(name), new.schema.get(name));
                self.report_values(&format!("{}/{name}", old.pointer), "limit raised", before, after);
            }
        }
        let (before, after) = (old.schema.get("multipleOf"), new.schema.get("multipleOf"));
        if after.is_some() && before != after {
            self.report_values(&format!("{}/multipleOf", old.pointer), "step changed", before, after);
        }
        let unique = |laid: &Laid| laid.schema.get("uniqueItems").and_then(Value::as_bool).unwrap_or(false);
        if unique(new) && !unique(old) {
            self.report(&format!("{}/uniqueItems", old.pointer), "repetition forbidden", false, true);
        }
    }

    fn properties(&mut self, old: &Laid, new: &Laid, direction: Direction) {
        let (old_required, new_required) = (required(&old.schema), required(&new.schema));
        let empty = Value::Null;
        let new_properties = new.schema.get("properties").unwrap_or(&empty);
        for (name, old_property) in entries(old.schema.get("properties").unwrap_or(&empty)) {
            let pointer = format!("{}/properties/{}", old.pointer, escaped(name));
            match new_properties.get(name) {
                Some(new_property) => self.schemas(&pointer, old_property, new_property, direction),
                None if direction == Direction::Request => {
                    self.report(&pointer, "request field removed", "accepted", "absent");
                }
                None => self.report(&pointer, "response field removed", "present", "absent"),
            }
        }
        let pointer = format!("{}/required", old.pointer);
        match direction {
            Direction::Request => {
                for name in new_required.difference(&old_required) {
                    self.report(
                        &pointer,
                        &format!("request field `{name}` newly required"),
                        "optional",
                        "required",
                    );
                }
            }
            Direction::Response => {
                for name in
                    old_required.difference(&new_required).filter(|name| new_properties.get(name).is_some())
                {
                    self.report(
                        &pointer,
                        &format!("response field `{name}` may be absent"),
                        "always",
                        "sometimes",
                    );
                }
            }
        }
    }

    fn additional(&mut self, old: &Laid, new: &Laid, direction: Direction) {
        let absent = Value::Bool(true);
        let before = old.schema.get("additionalProperties").unwrap_or(&absent);
        let after = new.schema.get("additionalProperties").unwrap_or(&absent);
        let pointer = format!("{}/additionalProperties", old.pointer);
        match (before, after) {
            (Value::Object(_), Value::Object(_)) => self.schemas(&pointer, before, after, direction),
            (Value::Bool(true) | Value::Object(_), Value::Bool(false))
            | (Value::Bool(true), Value::Object(_))
                if direction == Direction::Request =>
            {
                self.report(&pointer, "additional fields refused", before, after);
            }
            (Value::Object(_), Value::Bool(_)) if direction == Direction::Response => {
                self.report(&pointer, "entries no longer described", before, after);
            }
            _ => {}
        }
    }
}

/// Follows a reference and lays `allOf` parts and siblings of the reference into one schema.
fn lay(document: &Value, schema: &Value, pointer: &str, depth: usize) -> Laid {
    let (target, place) = resolve(document, schema);
    let reference = place.clone().unwrap_or_default();
    let pointer = place.unwrap_or_else(|| pointer.to_owned());
    let mut laid = Map::new();
    if let Value::Object(siblings) = schema {
        add(&mut laid, siblings);
    }
    if let Value::Object(own) = target {
        add(&mut laid, own);
    }
    laid.remove("$ref");
    // Deeper than this a schema contains itself through `allOf`, which no value could satisfy.
    if let (Some(Value::Array(parts)), true) = (laid.remove("allOf"), depth < 16) {
        for part in &parts {
            add(&mut laid, &lay(document, part, &pointer, depth + 1).schema);
        }
    }
    Laid { schema: laid, pointer, reference }
}

/// Properties and `required` are united; of any other word the first that was laid stands.
fn add(laid: &mut Map<String, Value>, part: &Map<String, Value>) {
    for (word, value) in part {
        match (laid.get_mut(word), value) {
            (Some(Value::Object(present)), Value::Object(more)) if word == "properties" => {
                for (name, property) in more {
                    present.entry(name.clone()).or_insert_with(|| property.clone());
                }
            }
            (Some(Value::Array(present)), Value::Array(more)) if word == "required" || word == "allOf" => {
                let missing: Vec<Value> =
                    more.iter().filter(|name| !present.contains(name)).cloned().collect();
                present.extend(missing);
            }
            (Some(_), _) => {}
            (None, _) => {
                laid.insert(word.clone(), value.clone());
            }
        }
    }
}

/// The alternatives of `oneOf` or `anyOf`.
fn choice_of(laid: &Laid) -> Option<Vec<Variant>> {
    let of =
        |word: &'static str| laid.schema.get(word).and_then(Value::as_array).map(|choice| (word, choice));
    let (word, choice) = of("oneOf").or_else(|| of("anyOf"))?;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let named = choice.iter().enumerate().map(|(index, schema)| {
        let name = variant_name(schema);
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        let key = if *count == 1 { name } else { format!("{name} {count}") };
        Variant { key, place: format!("/{word}/{index}"), schema: schema.clone() }
    });
    Some(named.collect())
}

/// A schema without a choice, beside one that offers it.
fn itself(laid: &Laid) -> Variant {
    let schema = Value::Object(laid.schema.clone());
    let key = if laid.reference.is_empty() { variant_name(&schema) } else { laid.reference.clone() };
    Variant { key, place: String::new(), schema }
}

/// A reference, a title, the value of the field that tells variants apart, a constant, or at least a type.
fn variant_name(variant: &Value) -> String {
    let word = |name: &str| variant.get(name).and_then(Value::as_str).map(str::to_owned);
    let constant = |schema: &Value| match (schema.get("const"), schema["enum"].as_array().map(Vec::as_slice))
    {
        (Some(value), _) | (None, Some([value])) => Some(value.to_string()),
        _ => None,
    };
    let reference = word("$ref").map(|reference| reference.trim_start_matches('#').to_owned());
    let tag = || {
        entries(&variant["properties"])
            .find_map(|(name, property)| constant(property).map(|value| format!("{name}={value}")))
    };
    reference
        .or_else(|| word("title"))
        .or_else(tag)
        .or_else(|| constant(variant))
        .or_else(|| word("type"))
        .unwrap_or_else(|| "unnamed".to_owned())
}

fn types(schema: &Map<String, Value>) -> Option<BTreeSet<String>> {
    match schema.get("type")? {
        Value::String(name) => Some(BTreeSet::from([name.clone()])),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

fn allowed(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(values)), _) => Some(values.clone()),
        (_, Some(value)) => Some(vec![value.clone()]),
        _ => None,
    }
}

fn required(schema: &Map<String, Value>) -> BTreeSet<String> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}
