//! What the OpenAPI document says of texts in requests beyond their length: the rules that many fields share, written once
//! here as they are judged (`lares_model::Invalid::check_text`, `identity::is_email`, `Params`, `oauth_request`).

use serde_json::{Value, json};

/// Fields of one line that people read.
const LINES: [&str; 10] =
    ["challenge", "client_name", "detail", "firmware", "model", "name", "note", "reason", "serial", "title"];
/// Bodies in which a field of such a name is another thing.
const OTHERWISE: [&str; 1] = ["NewCommandBody"];
/// Bodies whose address is somebody's to be, and so is one. At a sign-in, what is none is just nobody's.
const ADDRESSED: [&str; 4] = ["AddressBody", "NewAccountBody", "NewInvitationBody", "NewMemberBody"];

const ONE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// With something besides spaces.
const WORDS: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\u0000-\u001f\u007f-\u009f]*$";
const EMAIL: &str = r"^[^\u0000-\u0020\u007f-\u009f@]+@[^\u0000-\u0020\u007f-\u009f]+$";
const NO_NUL: &str = r"^[^\u0000]*$";

/// Adds the rules to every request of the document.
pub fn tighten(document: &mut Value) {
    let types = types_pattern(document);
    let paths = document["paths"].as_object_mut();
    let operations = paths.into_iter().flat_map(|paths| paths.values_mut());
    for operation in operations.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            tighten_parameter(parameter, &types);
        }
    }
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        let is_form = name.ends_with("Form") || name == "AuthorizeQuery";
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (field, property) in properties.into_iter().flatten() {
            if is_form {
                add(property, ONE_LINE);
            } else if name.ends_with("Body") {
                tighten_field(name, field, property);
            }
        }
    }
    document["components"]["schemas"]["DeviceKeyBody"]["properties"]["jwk"]["oneOf"] =
        json!([jwk("EC", "P-256", &["x", "y"]), jwk("OKP", "Ed25519", &["x"])]);
}

fn tighten_parameter(parameter: &mut Value, types: &str) {
    if parameter["in"] != "query" {
        return;
    }
    let is_types = parameter["name"] == "type";
    if let Some(schema) = parameter.get_mut("schema") {
        add(schema, if is_types { types } else { NO_NUL });
    }
}

fn tighten_field(body: &str, field: &str, property: &mut Value) {
    if field == "email" && ADDRESSED.contains(&body) {
        add(property, EMAIL);
    } else if LINES.contains(&field) && !OTHERWISE.contains(&body) {
        let has_words = property["minLength"].as_u64().is_some_and(|min| min > 0);
        add(property, if has_words { WORDS } else { ONE_LINE });
    }
}

/// Where nothing tighter is said.
fn add(schema: &mut Value, pattern: &str) {
    let is_text = match &schema["type"] {
        Value::Array(types) => types.iter().any(|one| one == "string"),
        one => one == "string",
    };
    let known = ["pattern", "format", "enum", "const"].iter().any(|word| schema.get(word).is_some());
    if is_text && !known {
        schema["pattern"] = json!(pattern);
    }
}

/// A list of types of events, separated by commas.
fn types_pattern(document: &Value) -> String {
    let names = document["components"]["schemas"]["EventType"]["enum"].as_array();
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let one = names.map(|name| name.replace('.', r"\.")).collect::<Vec<_>>().join("|");
    format!("^ *(?:{one})? *(?:, *(?:{one})? *)*$")
}

fn jwk(kty: &str, crv: &str, coordinates: &[&str]) -> Value {
    let mut required = vec!["kty", "crv"];
    required.extend(coordinates);
    let mut properties = json!({ "kty": { "const": kty }, "crv": { "const": crv } });
    for coordinate in coordinates {
        // 32 bytes in Base64url: the last character carries four bits.
        properties[coordinate] =
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$" });
    }
    json!({ "type": "object", "required": required, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_added_where_nothing_tighter_is_said() {
        let text = |min: u64| json!({ "type": "string", "minLength": min });
        let mut document = json!({
            "paths": { "/x": { "get": { "parameters": [
                { "in": "query", "name": "cursor", "schema": { "type": ["string", "null"] } },
                { "in": "query", "name": "type", "schema": { "type": "string" } },
                { "in": "query", "name": "limit", "schema": { "type": "integer" } },
                { "in": "path", "name": "file", "schema": { "type": "string" } }
            ] } } },
            "components": { "schemas": {
                "EventType": { "enum": ["device.added", "device.offline"] },
                "NewAccountBody": { "properties": { "email": text(0), "name": text(1), "note": text(0), "id": text(0) } },
                "LoginBody": { "properties": { "email": text(0) } },
                "TokenForm": { "properties": { "code": text(0), "kind": { "type": "string", "enum": ["a"] } } },
                "AccountView": { "properties": { "name": text(1) } }
            } }
        });
        tighten(&mut document);
        let parameters = &document["paths"]["/x"]["get"]["parameters"];
        assert_eq!(parameters[0]["schema"]["pattern"], NO_NUL);
        let types = parameters[1]["schema"]["pattern"].as_str().unwrap();
        assert!(types.contains(r"device\.added|device\.offline"), "{types}");
        let none = |schema: &Value| assert!(schema.get("pattern").is_none(), "{schema}");
        none(&parameters[2]["schema"]);
        none(&parameters[3]["schema"]);
        let schemas = &document["components"]["schemas"];
        let of = |schema: &str, field: &str| schemas[schema]["properties"][field]["pattern"].clone();
        assert_eq!(of("NewAccountBody", "email"), EMAIL);
        assert_eq!(of("NewAccountBody", "name"), WORDS);
        assert_eq!(of("NewAccountBody", "note"), ONE_LINE);
        assert_eq!(of("TokenForm", "code"), ONE_LINE);
        for (schema, field) in
            [("NewAccountBody", "id"), ("LoginBody", "email"), ("TokenForm", "kind"), ("AccountView", "name")]
        {
            none(&schemas[schema]["properties"][field]);
        }
    }
}
