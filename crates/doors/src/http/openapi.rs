//! The OpenAPI 3.1 document, made from the list of routes: the paths from the handlers' own annotations, the errors
//! that every route can give added here once.

use lares_model::access::Action;
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::Paths;
use utoipa_axum::router::OpenApiRouter;

use super::problem::Problem;
use super::{Door, openapi_texts};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Lares",
        description = "Homes, devices, readings, events and commands. Errors are problem documents (RFC 9457). \
                       Times are RFC 3339 in UTC. Lists give `next_cursor`; pass it back as `cursor`. \
                       A POST may carry an `Idempotency-Key`."
    ),
    components(schemas(Problem))
)]
struct Base;

/// In the order in which a reader wants them.
const TAGS: [(&str, &str); 9] = [
    ("devices", "Register devices, read what they report and how they behave"),
    ("commands", "Ask devices to do something, and see what became of it"),
    ("homes", "Homes and rooms"),
    ("alarms", "What people have to look at, until its cause is gone"),
    ("events", "What happened, gap-free"),
    ("organisations", "Organisations and their members"),
    ("identity", "Signing in, tokens"),
    (
        "oauth",
        "Programs that people let in, and services that act for themselves: OAuth 2.1 and OpenID Connect",
    ),
    ("operation", "Health, metrics, documents"),
];

/// Path and method of each operation.
pub fn operations(paths: &Paths) -> Vec<(String, String)> {
    let value = serde_json::to_value(paths).unwrap_or_default();
    let mut found = Vec::new();
    for (path, item) in value.as_object().into_iter().flatten() {
        for method in ["get", "post", "put", "patch", "delete"] {
            if item.get(method).is_some() {
                found.push((path.clone(), method.to_uppercase()));
            }
        }
    }
    found
}

/// The document as pretty JSON with a final newline.
pub fn document() -> String {
    let mut actions = Vec::new();
    let mut router: OpenApiRouter<Door> = OpenApiRouter::with_openapi(Base::openapi());
    for route in super::table() {
        actions.extend(route.declared());
        router = router.routes(route.routes);
    }
    let mut document = serde_json::to_value(router.into_openapi()).unwrap_or_default();
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["info"]["license"] = json!({ "name": "MIT", "identifier": "MIT" });
    document["tags"] =
        TAGS.map(|(name, meaning)| json!({ "name": name, "description": meaning })).into_iter().collect();
    document["servers"] = json!([{ "url": "/" }]);
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer" },
        "device": {
            "type": "http",
            "scheme": "basic",
            "description": "A device's id and password, over TLS only."
        },
        "deviceToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that a device signed for at /oauth/token, over TLS only."
        },
        "deviceSignature": {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": "An HTTP Message Signature (RFC 9421, hmac-sha256) of a device; \
                            docs/device-protocol.md says how."
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-lares",
            "description": "A browser's session, from `POST /api/auth/session`; named `lares` over plain HTTP. With it, \
                            anything but a read is taken only from a page of this server (`Sec-Fetch-Site` or \
                            `Origin`). A bearer token stands before it."
        }
    });
    for declared in actions {
        let operation = &mut document["paths"][&declared.path][declared.method.to_lowercase()];
        complete(operation, &declared.path, &declared.method, declared.action);
        if declared.stepped_up {
            operation["x-step-up"] = json!(true);
        }
    }
    openapi_texts::tighten(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn complete(operation: &mut Value, path: &str, method: &str, action: Action) {
    let public = action == Action::Public;
    let by_device = action == Action::DeviceReport;
    operation["security"] = match action {
        Action::Public => json!([]),
        Action::DeviceReport => json!([{ "device": [] }, { "deviceToken": [] }, { "deviceSignature": [] }]),
        _ => json!([{ "bearer": [] }, { "session": [] }]),
    };
    operation["x-action"] = serde_json::to_value(action).unwrap_or_default();
    let mut errors = vec![(429, "Too many requests")];
    if path.starts_with("/api/") && !path.starts_with("/api/docs") && path != "/api/openapi.json" {
        errors.extend([
            (422, "Some fields are wrong"),
            (500, "Internal error"),
            (503, "Storage not available"),
        ]);
    }
    if path.starts_with("/oauth/") {
        errors.extend([(500, "Internal error"), (503, "Storage not available")]);
    }
    if by_device {
        errors.push((401, "Not signed by this device"));
    } else if !public {
        errors.extend([
            (401, "Not signed in"),
            (403, "The role does not include this"),
            (404, "Does not exist"),
        ]);
    }
    if path.contains('{') {
        errors.push((404, "Does not exist"));
    }
    if operation.get("requestBody").is_some() {
        errors.extend([(400, "Not JSON"), (413, "Too large"), (415, "Wrong media type")]);
    }
    if method != "GET" {
        errors.extend([(403, "From another site's page"), (409, "Conflict"), (507, "No space left")]);
    }
    if has_parameter(operation, "cursor") {
        errors.push((410, "Unknown cursor: start again without one"));
    }
    for (status, meaning) in errors {
        if !operation["responses"].is_object() {
            operation["responses"] = json!({});
        }
        let responses = &mut operation["responses"];
        if responses.get(status.to_string()).is_none() {
            responses[status.to_string()] = json!({
                "description": meaning,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
            });
        }
    }
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_every_declared_route_with_its_action() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let mut operations = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["x-action"].is_string(), "{method} {path}");
                assert!(operation["operationId"].is_string(), "{method} {path}");
                operations += 1;
            }
        }
        let declared: usize = super::super::table().iter().map(|route| route.declared().len()).sum();
        assert_eq!(operations, declared);
    }
}
