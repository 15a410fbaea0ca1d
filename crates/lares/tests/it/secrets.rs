//! E06: what the server logs, at every level and in every test of this suite, holds none of the secrets that the
//! test saw, and nothing that has the shape of one. Each test looks through all that it made servers log: those in its
//! own process at `World::stop`, programs that it started at their end. So the tests together look through everything.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::world::PASSWORD;

static EVERYTHING: OnceLock<Arc<File>> = OnceLock::new();
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Shorter ones (a code of six digits) are looked for as words of their own.
const LONG_ENOUGH: usize = 10;
/// Still shorter ones stand in a log by chance.
const SHORTEST: usize = 6;

/// Fields of bodies, of both directions, whose text is a secret.
const SECRET_FIELDS: [&str; 26] = [
    "Code",
    "Pin",
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
    "pin",
    "private_key",
    "recovery_codes",
    "refresh_token",
    "registration_access_token",
    "request",
    "secret",
    "ticket",
    "token",
    "url",
    "user_code",
];

/// At TRACE it tells the ids of passkeys, which are no secrets and look like one.
const NAMES_CREDENTIALS: &str = " webauthn_rs_core::";

/// Where all that is logged goes.
pub fn everything_logged() -> Arc<File> {
    EVERYTHING.get_or_init(|| Arc::new(tempfile::tempfile().unwrap())).clone()
}

/// The one place where tests tell what they were given or made up as a secret.
pub fn seen(secret: &str) {
    // What the tests make up to be refused is no secret, and neither is what a link begins with.
    let secret = secret.rsplit_once("#token=").map_or(secret, |(_, token)| token);
    let known = secret.len() >= LONG_ENOUGH || is_code(secret);
    if known && !secret.contains("://") {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
    }
}

/// A code for people to type: digits, or groups of capitals.
fn is_code(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let groups = text.contains('-') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    let various = text.bytes().collect::<BTreeSet<_>>().len() > 2;
    text.len() >= SHORTEST && various && (digits || groups)
}

pub fn seen_in(json: &Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if SECRET_FIELDS.contains(&name.as_str()) => seen(text),
                    // Elsewhere a code is the name of an error.
                    Value::String(text) if name == "code" && is_code(text) => seen(text),
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
        if let Some(encoded) = value.strip_prefix("Basic ").filter(|_| name == "authorization") {
            seen(encoded);
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

/// Looks through all that was logged in this process since it began.
pub fn e06_none_was_logged() {
    let Some(file) = EVERYTHING.get() else { return };
    let mut file = file.try_clone().unwrap();
    let mut logged = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut logged).unwrap();
    let logged = String::from_utf8_lossy(&logged);
    assert!(!logged.is_empty(), "nothing was logged at any level: the look through it would prove nothing");
    none_in(&logged);
}

/// Looks through what a program logged.
pub fn none_in(logged: &str) {
    let mut secrets = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    secrets.insert(PASSWORD.to_owned());
    let (long, short): (Vec<_>, Vec<_>) = secrets.into_iter().partition(|secret| secret.len() >= LONG_ENOUGH);
    let short: BTreeSet<_> = short.iter().map(String::as_str).collect();
    for line in logged.lines() {
        for secret in &long {
            assert!(!line.contains(secret.as_str()), "a secret was logged: {line}");
        }
        for word in words(line) {
            assert!(!short.contains(word), "a code was logged: {line}");
            let public = line.contains(NAMES_CREDENTIALS);
            assert!(
                public || !has_the_shape_of_one(word),
                "what looks like a secret was logged: {word}: {line}"
            );
        }
    }
}

/// A number with a fraction, a time and an id are one word each: what is within is no code.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let within = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    line.split(move |c| !within(c)).filter(|word| word.len() >= SHORTEST)
}

/// Tokens of all kinds, tickets and codes, whoever was given them: 32 random bytes in Base64url, or a JWT.
fn has_the_shape_of_one(word: &str) -> bool {
    if word.starts_with("eyJ") && word.matches('.').count() >= 2 {
        return true;
    }
    let secret = word.strip_prefix("lares_").unwrap_or(word);
    secret.split('.').any(|part| {
        let has = |of: fn(&u8) -> bool| part.bytes().any(|byte| of(&byte));
        part.len() == 43
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
    })
}

#[test]
fn e06_what_is_looked_for_would_be_found() {
    let found = |line: &str| std::panic::catch_unwind(|| none_in(line)).is_err();
    seen("a-device-password");
    seen("481516");
    seen("BCDF-GHJK");
    for bad in [
        "WARN refused password=a-device-password",
        "code=481516 was wrong",
        "the user code \"BCDF-GHJK\"",
        "token lares_dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk.",
        "bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
    ] {
        assert!(found(bad), "{bad}");
    }
    for good in ["took 12.481516 s", "id 01890000-0000-7000-8000-481516000000", "lares_hub::ingest: 481517"] {
        assert!(!found(good), "{good}");
    }
}
