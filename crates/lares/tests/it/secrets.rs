//! E06: what the server logs, at every level and in every test of this suite, holds none of the secrets that the
//! test saw. Each test that starts a server keeps all that is logged and looks through it at its end.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::world::PASSWORD;

static EVERYTHING: OnceLock<Arc<File>> = OnceLock::new();
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Shorter ones (a code of six digits) stand in a log by chance.
const LONG_ENOUGH: usize = 10;

/// Fields of bodies, of both directions, whose text is a secret.
const SECRET_FIELDS: [&str; 22] = [
    "access_token",
    "assertion",
    "challenge",
    "client_assertion",
    "client_secret",
    "code_verifier",
    "current_password",
    "device_code",
    "id_token",
    "link",
    "new_password",
    "otpauth_url",
    "password",
    "private_key",
    "recovery_codes",
    "refresh_token",
    "registration_access_token",
    "request",
    "secret",
    "ticket",
    "token",
    "url",
];

/// Where all that is logged goes.
pub fn everything_logged() -> Arc<File> {
    EVERYTHING.get_or_init(|| Arc::new(tempfile::tempfile().unwrap())).clone()
}

pub fn seen(secret: &str) {
    // What the tests make up to be refused is no secret, and neither is what a link begins with.
    let secret = secret.rsplit_once("#token=").map_or(secret, |(_, token)| token);
    if secret.len() >= LONG_ENOUGH && !secret.contains("://") {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
    }
}

fn seen_in(json: &Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if SECRET_FIELDS.contains(&name.as_str()) => seen(text),
                    Value::Array(items) if SECRET_FIELDS.contains(&name.as_str()) => {
                        items.iter().filter_map(Value::as_str).for_each(seen);
                    }
                    other => seen_in(other),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(seen_in),
        _ => {}
    }
}

pub fn seen_in_request(token: Option<&str>, headers: &[(String, String)], body: &[u8]) {
    token.into_iter().for_each(seen);
    for (name, value) in headers {
        if name == "cookie" {
            value.split(';').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| seen(value));
        }
    }
    if let Ok(json) = serde_json::from_slice(body) {
        seen_in(&json);
        return;
    }
    // The forms that programs of others send.
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    for (name, value) in &pairs {
        if name == "code" || SECRET_FIELDS.contains(&name.as_str()) {
            seen(value);
        }
    }
}

pub fn seen_in_answer(headers: &reqwest::header::HeaderMap, json: &Value) {
    for cookie in headers.get_all("set-cookie") {
        let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        if let Some((_, value)) = pair.split_once('=') {
            seen(value);
        }
    }
    let location = headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    for name in ["request", "code"] {
        let value = location.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.into_iter().for_each(seen);
    }
    seen_in(json);
}

/// Looks through all that was logged since the process began.
pub fn e06_none_was_logged() {
    let Some(file) = EVERYTHING.get() else { return };
    let mut file = file.try_clone().unwrap();
    let mut logged = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut logged).unwrap();
    let logged = String::from_utf8_lossy(&logged);
    assert!(!logged.is_empty(), "nothing was logged at any level: the look through it would prove nothing");
    let mut secrets = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    secrets.insert(PASSWORD.to_owned());
    for secret in &secrets {
        if let Some(at) = logged.find(secret.as_str()) {
            let line = logged[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let end = logged[at..].find('\n').map_or(logged.len(), |newline| at + newline);
            panic!("a secret was logged: {}", &logged[line..end]);
        }
    }
}
