//! Does the new API document promise less than the old one, or ask for more? A pure comparison of two OpenAPI 3.1
//! documents: what clients may send must stay accepted, and what they read must stay there. Additions pass.
mod schemas;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use schemas::{Comparison, Direction};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

/// One promise that was broken, with where it stood in the old document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Narrowing {
    pub pointer: String,
    pub what: String,
    pub old: String,
    pub new: String,
}

impl fmt::Display for Narrowing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, what, old, new } = self;
        write!(formatter, "{pointer}: {what} (was {old}, is {new})")
    }
}

pub fn narrowings(old: &Value, new: &Value) -> Vec<Narrowing> {
    let mut comparison = Comparison::new(old, new);
    for (path, old_item) in entries(&old["paths"]) {
        let pointer = format!("/paths/{}", escaped(path));
        match new["paths"].get(path) {
            None => comparison.report(&pointer, "path removed", "present", "absent"),
            Some(new_item) => compare_path(&mut comparison, &pointer, old_item, new_item),
        }
    }
    comparison.finish()
}

fn compare_path(comparison: &mut Comparison, pointer: &str, old: &Value, new: &Value) {
    for method in METHODS {
        let Some(old_operation) = old.get(method) else { continue };
        let path_pointer = pointer;
        let pointer = format!("{pointer}/{method}");
        let Some(new_operation) = new.get(method) else {
            comparison.report(&pointer, "method removed", "present", "absent");
            continue;
        };
        compare_parameters(comparison, path_pointer, method, old, new);
        compare_request(comparison, &pointer, old_operation, new_operation);
        compare_responses(comparison, &pointer, old_operation, new_operation);
    }
}

fn compare_parameters(
    comparison: &mut Comparison,
    path_pointer: &str,
    method: &str,
    old: &Value,
    new: &Value,
) {
    let old = parameters(comparison.old, path_pointer, method, old);
    let new = parameters(comparison.new, path_pointer, method, new);
    for (name, (pointer, old_parameter)) in &old {
        let Some((_, new_parameter)) = new.get(name) else {
            comparison.report(pointer, &format!("{name} removed"), "accepted", "absent");
            continue;
        };
        if is_true(&new_parameter["required"]) && !is_true(&old_parameter["required"]) {
            comparison.report(pointer, &format!("{name} newly required"), "optional", "required");
        }
        if let (Some(old_schema), Some(new_schema)) =
            (old_parameter.get("schema"), new_parameter.get("schema"))
        {
            comparison.schemas(&format!("{pointer}/schema"), old_schema, new_schema, Direction::Request);
        }
    }
    for (name, (pointer, parameter)) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        if is_true(&parameter["required"]) {
            comparison.report(pointer, &format!("{name} newly required"), "absent", "required");
        }
    }
}

/// By "query parameter `limit`", where each stands; the operation's own win over those of its path.
fn parameters<'a>(
    document: &'a Value,
    path_pointer: &str,
    method: &str,
    path_item: &'a Value,
) -> BTreeMap<String, (String, &'a Value)> {
    let levels =
        [(path_pointer.to_owned(), path_item), (format!("{path_pointer}/{method}"), &path_item[method])];
    let mut found = BTreeMap::new();
    for (pointer, level) in levels {
        for (index, parameter) in level["parameters"].as_array().into_iter().flatten().enumerate() {
            let (resolved, place) = resolve(document, parameter);
            let name = format!("{} parameter `{}`", text(&resolved["in"]), text(&resolved["name"]));
            found.insert(name, (place.unwrap_or_else(|| format!("{pointer}/parameters/{index}")), resolved));
        }
    }
    found
}

fn compare_request(comparison: &mut Comparison, pointer: &str, old: &Value, new: &Value) {
    let pointer = format!("{pointer}/requestBody");
    let body = |document, operation: &'_ Value| {
        operation.get("requestBody").map(|body| resolve(document, body).0.clone())
    };
    let (old_body, new_body) = (body(comparison.old, old), body(comparison.new, new));
    let required = |body: &Option<Value>| body.as_ref().is_some_and(|body| is_true(&body["required"]));
    if required(&new_body) && !required(&old_body) {
        comparison.report(&pointer, "request body newly required", "optional", "required");
    }
    match (old_body, new_body) {
        (Some(old_body), Some(new_body)) => {
            compare_content(comparison, &pointer, &old_body, &new_body, Direction::Request);
        }
        (Some(_), None) => comparison.report(&pointer, "request body removed", "accepted", "absent"),
        _ => {}
    }
}

/// An answer that a client waits for is a success; a failure that can no longer happen breaks nobody.
fn compare_responses(comparison: &mut Comparison, pointer: &str, old: &Value, new: &Value) {
    for (status, old_response) in entries(&old["responses"]) {
        let pointer = format!("{pointer}/responses/{status}");
        let Some(new_response) = new["responses"].get(status) else {
            if status.starts_with('2') {
                comparison.report(&pointer, "response removed", "present", "absent");
            }
            continue;
        };
        let old_response = resolve(comparison.old, old_response).0;
        let new_response = resolve(comparison.new, new_response).0;
        for (header, _) in entries(&old_response["headers"]) {
            if new_response["headers"].get(header).is_none() {
                comparison.report(
                    &format!("{pointer}/headers/{header}"),
                    "header removed",
                    "present",
                    "absent",
                );
            }
        }
        compare_content(comparison, &pointer, old_response, new_response, Direction::Response);
    }
}

fn compare_content(
    comparison: &mut Comparison,
    pointer: &str,
    old: &Value,
    new: &Value,
    direction: Direction,
) {
    for (media_type, old_media) in entries(&old["content"]) {
        let pointer = format!("{pointer}/content/{}", escaped(media_type));
        let Some(new_media) = new["content"].get(media_type) else {
            comparison.report(&pointer, "media type removed", "present", "absent");
            continue;
        };
        if let (Some(old_schema), Some(new_schema)) = (old_media.get("schema"), new_media.get("schema")) {
            comparison.schemas(&format!("{pointer}/schema"), old_schema, new_schema, direction);
        }
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// What a `$ref` points at, with the pointer of that place; the value itself where there is none.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> (&'a Value, Option<String>) {
    let mut at = (value, None);
    // A chain of references longer than this is a loop.
    for _ in 0..16 {
        let Some(pointer) = at.0["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) else {
            break;
        };
        let Some(target) = document.pointer(pointer) else { break };
        at = (target, Some(pointer.to_owned()));
    }
    at
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or(false)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A member name as a segment of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
