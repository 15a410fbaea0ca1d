//! A signature in place of a secret (RFC 7523): a JWT that a program or device signs anew for every request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use lares_model::UnixMillis;
use lares_model::public_key::{NamedKey, PublicKey};
use serde_json::{Map, Value};

use crate::signing::BadToken;

pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_BYTES: usize = 4_096;
const JTI_MAX_BYTES: usize = 255;
/// Other machines' clocks.
const LEEWAY_S: i64 = 30;
/// An assertion is made for one request: one that is good for longer would have to be remembered for longer.
const GOOD_FOR_MAX_S: i64 = 3_600;

/// What makes an assertion one of its kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Asserted {
    pub jti: String,
    pub until: UnixMillis,
}

fn part(jwt: &str, nth: usize) -> Option<Map<String, Value>> {
    if jwt.len() > MAX_BYTES || jwt.bytes().filter(|byte| *byte == b'.').count() != 2 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(nth)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Who it says it is of; nothing of it is proved yet.
pub fn said_subject(jwt: &str) -> Option<String> {
    Some(part(jwt, 1)?.get("sub")?.as_str()?.to_owned())
}

fn key_of(key: &PublicKey) -> Result<(Algorithm, DecodingKey), BadToken> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let made = match key {
        PublicKey::P256 { x, y } => (Algorithm::ES256, DecodingKey::from_ec_components(&text(x), &text(y))),
        PublicKey::Ed25519 { x } => (Algorithm::EdDSA, DecodingKey::from_ed_components(&text(x))),
    };
    Ok((made.0, made.1.map_err(|_| BadToken::UnknownKey)?))
}

/// The algorithm, and the name of the key where it has one. Whatever would bring its own key or rules is refused.
fn header(jwt: &str) -> Result<(Algorithm, Option<String>), BadToken> {
    let header = part(jwt, 0).ok_or(BadToken::Malformed)?;
    if header.keys().any(|name| !matches!(name.as_str(), "alg" | "typ" | "kid")) {
        return Err(BadToken::Header("it holds more than alg, typ and kid"));
    }
    let typ = header.get("typ").map(|typ| typ.as_str().unwrap_or_default());
    if !matches!(typ, None | Some("JWT" | "jwt" | "client-authentication+jwt")) {
        return Err(BadToken::Header("typ is another one"));
    }
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some("ES256") => Algorithm::ES256,
        Some("EdDSA" | "Ed25519") => Algorithm::EdDSA,
        _ => return Err(BadToken::Header("alg is neither ES256 nor EdDSA")),
    };
    Ok((algorithm, header.get("kid").and_then(Value::as_str).map(str::to_owned)))
}

/// Whether one of these keys signed it, for one of these audiences, and it is valid now. Which key did is told.
pub fn verify(
    jwt: &str,
    keys: &[NamedKey],
    subject: &str,
    audiences: &[&str],
    now: UnixMillis,
) -> Result<(usize, Asserted), BadToken> {
    let (algorithm, kid) = header(jwt)?;
    let named = |key: &NamedKey| key.kid.is_none() || kid.is_none() || key.kid == kid;
    let mut outcome = Err(BadToken::UnknownKey);
    for (nth, key) in keys.iter().enumerate().filter(|(_, key)| named(key)) {
        let (own, decoding) = key_of(&key.key)?;
        if own != algorithm {
            continue;
        }
        // The times are judged by this process's one clock, below.
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        outcome = match jsonwebtoken::decode::<Value>(jwt, &decoding, &validation) {
            Ok(decoded) => return judge(&decoded.claims, subject, audiences, now).map(|ok| (nth, ok)),
            Err(_) => Err(BadToken::Signature),
        };
    }
    outcome
}

fn judge(claims: &Value, subject: &str, audiences: &[&str], now: UnixMillis) -> Result<Asserted, BadToken> {
    for name in ["iss", "sub"] {
        if claims[name].as_str() != Some(subject) {
            return Err(BadToken::Claims("iss and sub are the client_id"));
        }
    }
    let is_ours = |claim: &Value| claim.as_str().is_some_and(|given| audiences.contains(&given));
    let meant = match &claims["aud"] {
        Value::Array(several) => several.iter().any(is_ours),
        one => is_ours(one),
    };
    if !meant {
        return Err(BadToken::Claims("aud is the issuer or the token endpoint"));
    }
    let now_s = now.0.div_euclid(1_000);
    let expires = claims["exp"].as_i64().ok_or(BadToken::Claims("exp is missing"))?;
    if expires <= now_s - LEEWAY_S {
        return Err(BadToken::Expired);
    }
    if expires > now_s + GOOD_FOR_MAX_S + LEEWAY_S {
        return Err(BadToken::Claims("exp is more than an hour away"));
    }
    for name in ["nbf", "iat"] {
        let early = |claim: &Value| claim.as_i64().is_none_or(|from| from > now_s + LEEWAY_S);
        if !claims[name].is_null() && early(&claims[name]) {
            return Err(BadToken::Claims("nbf or iat is to come"));
        }
    }
    let jti = claims["jti"].as_str().filter(|jti| (1..=JTI_MAX_BYTES).contains(&jti.len()));
    let jti = jti.ok_or(BadToken::Claims("jti has from 1 to 255 bytes"))?;
    Ok(Asserted { jti: jti.to_owned(), until: UnixMillis((expires + LEEWAY_S + 1) * 1_000) })
}

#[cfg(test)]
#[path = "assertion_tests.rs"]
mod tests;
