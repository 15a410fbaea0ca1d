//! What the provider says of itself: OpenID Connect Discovery and RFC 8414, in one document.

use lares_model::oauth::Scopes;
use serde_json::{Value, json};

use crate::hub::Hub;

/// Where each thing is.
pub const AUTHORIZE: &str = "/oauth/authorize";
pub const TOKEN: &str = "/oauth/token";
pub const DEVICE_AUTHORIZATION: &str = "/oauth/device_authorization";
pub const USERINFO: &str = "/oauth/userinfo";
pub const INTROSPECT: &str = "/oauth/introspect";
pub const REVOKE: &str = "/oauth/revoke";
pub const LOGOUT: &str = "/oauth/logout";
pub const REGISTER: &str = "/oauth/register";
pub const JWKS: &str = "/oauth/jwks";

/// Signatures that programs and devices may prove themselves with.
const ASSERTIONS_SIGNED_WITH: [&str; 2] = ["ES256", "EdDSA"];

pub fn document(hub: &Hub) -> Value {
    let at = |path: &str| format!("{}{path}", hub.public_url);
    let scopes: Vec<_> = Scopes::GRANTABLE.iter().map(|scope| scope.name()).chain(["device"]).collect();
    let methods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
    json!({
        "issuer": hub.public_url,
        "authorization_endpoint": at(AUTHORIZE),
        "token_endpoint": at(TOKEN),
        "device_authorization_endpoint": at(DEVICE_AUTHORIZATION),
        "userinfo_endpoint": at(USERINFO),
        "introspection_endpoint": at(INTROSPECT),
        "revocation_endpoint": at(REVOKE),
        "end_session_endpoint": at(LOGOUT),
        "registration_endpoint": at(REGISTER),
        "jwks_uri": at(JWKS),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTIONS_SIGNED_WITH,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTIONS_SIGNED_WITH,
        "introspection_endpoint_auth_methods_supported": methods[1..],
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTIONS_SIGNED_WITH,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "sid",
            "name", "email", "email_verified",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "service_documentation": at("/api/docs"),
    })
}
