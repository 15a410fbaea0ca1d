//! One small pair of documents for each way in which an API can narrow, and for each way in which it may grow.
use serde_json::{Value, json};

use super::narrowings;

fn found(old: &Value, new: &Value) -> Vec<String> {
    narrowings(old, new).iter().map(ToString::to_string).collect()
}

fn passes(old: &Value, new: &Value) {
    assert_eq!(found(old, new), Vec::<String>::new());
}

/// A document in which `POST /a` takes and gives the schemas.
fn document(request: &Value, response: &Value) -> Value {
    let content = |schema: &Value| json!({"application/json": {"schema": schema}});
    json!({
        "paths": {"/a": {"post": {
            "requestBody": {"content": content(request)},
            "responses": {"200": {"content": content(response)}, "404": {}}
        }}},
        "components": {"schemas": {"Node": {"type": "object"}}}
    })
}

/// Old and new request schema narrow like this; the same pair in a response is judged by `in_response`.
fn in_request(old: &Value, new: &Value) -> Vec<String> {
    found(&document(old, &json!({})), &document(new, &json!({})))
}

fn in_response(old: &Value, new: &Value) -> Vec<String> {
    found(&document(&json!({}), old), &document(&json!({}), new))
}

fn with_parameters(parameters: Value) -> Value {
    json!({"paths": {"/a": {"get": {"parameters": parameters, "responses": {"200": {}}}}}})
}

const REQUEST: &str = "/paths/~1a/post/requestBody/content/application~1json/schema";
const RESPONSE: &str = "/paths/~1a/post/responses/200/content/application~1json/schema";

#[test]
fn the_same_document_and_a_larger_one_pass() {
    let old =
        document(&json!({"properties": {"a": {}}}), &json!({"properties": {"b": {}}, "required": ["b"]}));
    passes(&old, &old);
    let mut new = document(
        &json!({"properties": {"a": {}, "more": {}}}),
        &json!({"properties": {"b": {}, "more": {}}, "required": ["b", "more"]}),
    );
    new["paths"]["/b"] = json!({"get": {}});
    new["paths"]["/a"]["get"] = json!({});
    new["paths"]["/a"]["post"]["parameters"] = json!([{"in": "query", "name": "q", "schema": {}}]);
    new["paths"]["/a"]["post"]["responses"]["201"] = json!({});
    passes(&old, &new);
}

#[test]
fn a_removed_path_or_method_is_found_and_a_removed_failure_is_not() {
    let old = document(&json!({}), &json!({}));
    assert_eq!(found(&old, &json!({"paths": {}})), ["/paths/~1a: path removed (was present, is absent)"]);
    let other = json!({"paths": {"/a": {"get": {}}}});
    assert_eq!(found(&old, &other), ["/paths/~1a/post: method removed (was present, is absent)"]);
    let mut new = old.clone();
    new["paths"]["/a"]["post"]["responses"].as_object_mut().unwrap().remove("404");
    passes(&old, &new);
    new["paths"]["/a"]["post"]["responses"].as_object_mut().unwrap().remove("200");
    assert_eq!(
        found(&old, &new),
        ["/paths/~1a/post/responses/200: response removed (was present, is absent)"]
    );
}

#[test]
fn parameters_may_be_added_but_not_demanded_or_taken_away() {
    let limit = |extra: Value| {
        let mut parameter =
            json!({"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}});
        parameter.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        with_parameters(json!([parameter]))
    };
    let old = limit(json!({}));
    let at = "/paths/~1a/get/parameters/0";
    let removed = found(&old, &with_parameters(json!([])));
    assert_eq!(removed, [format!("{at}: query parameter `limit` removed (was accepted, is absent)")]);
    let required = found(&old, &limit(json!({"required": true})));
    assert_eq!(
        required,
        [format!("{at}: query parameter `limit` newly required (was optional, is required)")]
    );
    let tighter = found(&old, &limit(json!({"schema": {"type": "integer", "maximum": 50}})));
    assert_eq!(tighter, [format!("{at}/schema/maximum: limit lowered (was 100, is 50)")]);
    assert_eq!(found(&with_parameters(json!([])), &limit(json!({"required": true}))).len(), 1);
    passes(&with_parameters(json!([])), &old);
    passes(&limit(json!({"required": true})), &old);
}

#[test]
fn a_parameter_that_moves_from_operation_to_path_is_the_same() {
    let parameter = json!([{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}]);
    let old = with_parameters(parameter.clone());
    let new = json!({"paths": {"/a": {"parameters": parameter, "get": {"responses": {"200": {}}}}}});
    passes(&old, &new);
    passes(&new, &old);
}

#[test]
fn request_fields_may_be_added_but_not_demanded_or_taken_away() {
    let old = json!({"properties": {"a": {}, "b": {}}, "required": ["a"]});
    let removed = in_request(&old, &json!({"properties": {"a": {}}, "required": ["a"]}));
    assert_eq!(removed, [format!("{REQUEST}/properties/b: request field removed (was accepted, is absent)")]);
    let demanded = in_request(&old, &json!({"properties": {"a": {}, "b": {}}, "required": ["a", "b"]}));
    let what = "request field `b` newly required (was optional, is required)";
    assert_eq!(demanded, [format!("{REQUEST}/required: {what}")]);
    let new_demand = json!({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["a", "c"]});
    assert_eq!(in_request(&old, &new_demand).len(), 1);
    assert_eq!(in_request(&old, &json!({"properties": {"a": {}, "b": {}, "c": {}}})), Vec::<String>::new());
}

#[test]
fn response_fields_may_be_added_but_not_taken_away() {
    let old = json!({"properties": {"a": {}}, "required": ["a"]});
    let removed = in_response(&old, &json!({"properties": {"b": {}}}));
    assert_eq!(
        removed,
        [format!("{RESPONSE}/properties/a: response field removed (was present, is absent)")]
    );
    let sometimes = in_response(&old, &json!({"properties": {"a": {}}}));
    let what = "response field `a` may be absent (was always, is sometimes)";
    assert_eq!(sometimes, [format!("{RESPONSE}/required: {what}")]);
}

#[test]
fn enum_values_may_leave_a_response_but_not_a_request() {
    let (two, one) = (json!({"enum": ["on", "off"]}), json!({"enum": ["on"]}));
    assert_eq!(in_request(&two, &one), [format!("{REQUEST}/enum: value removed (was \"off\", is absent)")]);
    assert_eq!(in_request(&one, &two), Vec::<String>::new());
    assert_eq!(in_response(&two, &one), Vec::<String>::new());
    assert_eq!(in_response(&one, &two), Vec::<String>::new());
    assert_eq!(in_request(&json!({}), &one).len(), 1);
    assert_eq!(in_request(&two, &json!({"const": "on"})).len(), 1);
}

#[test]
fn every_limit_may_be_loosened_but_not_tightened() {
    for word in ["maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"] {
        let (wide, tight) = (json!({word: 9}), json!({word: 8}));
        assert_eq!(in_request(&wide, &tight), [format!("{REQUEST}/{word}: limit lowered (was 9, is 8)")]);
        assert_eq!(in_request(&json!({}), &tight).len(), 1, "{word} appears");
        assert_eq!(in_request(&tight, &wide), Vec::<String>::new());
        assert_eq!(in_request(&tight, &json!({})), Vec::<String>::new());
        assert_eq!(in_response(&wide, &tight), Vec::<String>::new());
    }
    for word in ["minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"] {
        let (wide, tight) = (json!({word: 1}), json!({word: 2}));
        assert_eq!(in_request(&wide, &tight), [format!("{REQUEST}/{word}: limit raised (was 1, is 2)")]);
        assert_eq!(in_request(&json!({}), &tight).len(), 1, "{word} appears");
        assert_eq!(in_request(&tight, &wide), Vec::<String>::new());
    }
    assert_eq!(in_request(&json!({}), &json!({"minLength": 0})), Vec::<String>::new());
    assert_eq!(in_request(&json!({}), &json!({"multipleOf": 2})).len(), 1);
    assert_eq!(in_request(&json!({}), &json!({"uniqueItems": true})).len(), 1);
    assert_eq!(in_request(&json!({"uniqueItems": true}), &json!({})), Vec::<String>::new());
}

#[test]
fn a_changed_pattern_or_format_is_found_and_a_dropped_demand_is_not() {
    for word in ["pattern", "format"] {
        let (one, other) = (json!({word: "x"}), json!({word: "y"}));
        let expected = format!("{word} changed (was \"x\", is \"y\")");
        assert_eq!(in_request(&one, &other), [format!("{REQUEST}/{word}: {expected}")]);
        assert_eq!(in_response(&one, &other), [format!("{RESPONSE}/{word}: {expected}")]);
        assert_eq!(in_request(&json!({}), &one).len(), 1);
        assert_eq!(in_request(&one, &json!({})), Vec::<String>::new());
        assert_eq!(in_response(&one, &json!({})).len(), 1);
        assert_eq!(in_response(&json!({}), &one), Vec::<String>::new());
    }
}

#[test]
fn a_type_may_widen_in_a_request_and_narrow_in_a_response() {
    let (string, nullable) = (json!({"type": "string"}), json!({"type": ["string", "null"]}));
    let changed = in_request(&string, &json!({"type": "integer"}));
    assert_eq!(changed, [format!("{REQUEST}/type: type changed (was \"string\", is \"integer\")")]);
    assert_eq!(in_response(&string, &json!({"type": "integer"})).len(), 1);
    assert_eq!(in_request(&string, &nullable), Vec::<String>::new());
    assert_eq!(in_request(&nullable, &string).len(), 1);
    assert_eq!(in_response(&string, &nullable).len(), 1);
    assert_eq!(in_response(&nullable, &string), Vec::<String>::new());
    assert_eq!(in_request(&json!({"type": "integer"}), &json!({"type": "number"})), Vec::<String>::new());
    assert_eq!(in_request(&json!({"type": "number"}), &json!({"type": "integer"})).len(), 1);
}

#[test]
fn additional_fields_may_not_be_refused() {
    let closed = json!({"type": "object", "additionalProperties": false});
    let refused = in_request(&json!({"type": "object"}), &closed);
    assert_eq!(
        refused,
        [format!("{REQUEST}/additionalProperties: additional fields refused (was true, is false)")]
    );
    assert_eq!(in_request(&closed, &json!({"type": "object"})), Vec::<String>::new());
    let map = |maximum: u8| json!({"additionalProperties": {"maximum": maximum}});
    assert_eq!(in_request(&map(9), &map(8)).len(), 1);
    assert_eq!(in_response(&map(9), &json!({})).len(), 1);
}

#[test]
fn items_and_media_types_are_compared() {
    let list = |maximum: u8| json!({"type": "array", "items": {"maximum": maximum}});
    assert_eq!(
        in_request(&list(9), &list(8)),
        [format!("{REQUEST}/items/maximum: limit lowered (was 9, is 8)")]
    );
    assert_eq!(in_request(&json!({"type": "array"}), &list(8)).len(), 1);
    let old = document(&json!({}), &json!({}));
    let mut new = old.clone();
    new["paths"]["/a"]["post"]["requestBody"]["content"] = json!({"application/cbor": {"schema": {}}});
    assert!(found(&old, &new)[0].contains("media type removed"));
}

#[test]
fn a_request_body_may_not_be_demanded_or_taken_away() {
    let old = document(&json!({}), &json!({}));
    let mut new = old.clone();
    new["paths"]["/a"]["post"]["requestBody"]["required"] = json!(true);
    assert!(found(&old, &new)[0].contains("request body newly required"));
    new["paths"]["/a"]["post"].as_object_mut().unwrap().remove("requestBody");
    assert!(found(&old, &new)[0].contains("request body removed"));
}

fn with_component(schema: Value) -> Value {
    let mut document = document(&json!({"$ref": "#/components/schemas/Node"}), &json!({}));
    document["components"]["schemas"]["Node"] = schema;
    document
}

#[test]
fn a_reference_is_followed_and_reported_where_it_leads_and_may_be_circular() {
    let node = |maximum: u8| {
        with_component(json!({"properties": {
            "value": {"maximum": maximum},
            "next": {"$ref": "#/components/schemas/Node"},
            "all": {"type": "array", "items": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Node"}]}}
        }}))
    };
    passes(&node(9), &node(9));
    let expected = "/components/schemas/Node/properties/value/maximum: limit lowered (was 9, is 8)";
    assert_eq!(found(&node(9), &node(8)), [expected]);
}

#[test]
fn all_of_is_laid_together() {
    let parts = json!({"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}, "required": ["b"]}]});
    let whole = json!({"properties": {"a": {}, "b": {}}, "required": ["b"]});
    assert_eq!(in_request(&parts, &whole), Vec::<String>::new());
    assert_eq!(in_request(&whole, &parts), Vec::<String>::new());
    let demanding =
        json!({"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}, "required": ["a", "b"]}]});
    assert_eq!(in_request(&whole, &demanding).len(), 1);
}

#[test]
fn variants_may_be_added_but_not_taken_from_a_request() {
    let tagged =
        |tag: &str, maximum: u8| json!({"properties": {"kind": {"const": tag}, "v": {"maximum": maximum}}});
    let two = json!({"oneOf": [tagged("a", 9), tagged("b", 9)]});
    let swapped = json!({"oneOf": [tagged("b", 9), tagged("a", 9), tagged("c", 9)]});
    assert_eq!(in_request(&two, &swapped), Vec::<String>::new());
    let one = json!({"oneOf": [tagged("a", 9)]});
    let removed = in_request(&two, &one);
    assert_eq!(removed, [format!("{REQUEST}/oneOf/1: variant kind=\"b\" removed (was present, is absent)")]);
    let tighter = json!({"oneOf": [tagged("a", 9), tagged("b", 8)]});
    let expected = format!("{REQUEST}/oneOf/1/properties/v/maximum: limit lowered (was 9, is 8)");
    assert_eq!(in_request(&two, &tighter), [expected]);
}

#[test]
fn a_reference_may_become_nullable_in_a_request_but_not_in_a_response() {
    let plain = json!({"$ref": "#/components/schemas/Node"});
    let nullable = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Node"}]});
    assert_eq!(in_request(&plain, &nullable), Vec::<String>::new());
    assert_eq!(in_request(&nullable, &plain).len(), 1);
    assert_eq!(in_response(&plain, &nullable).len(), 1);
    assert_eq!(in_response(&nullable, &plain), Vec::<String>::new());
}
