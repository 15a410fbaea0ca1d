//! Public keys that programs and devices prove themselves with, as JWKs (RFC 7517): P-256 and Ed25519, and no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const COORDINATE_BYTES: usize = 32;
pub const KEY_ID_MAX_CHARS: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// Signs with ES256.
    P256 { x: [u8; COORDINATE_BYTES], y: [u8; COORDINATE_BYTES] },
    /// Signs with EdDSA.
    Ed25519 { x: [u8; COORDINATE_BYTES] },
}

/// A key of a set, with the name that signatures call it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    pub kid: Option<String>,
    pub key: PublicKey,
}

/// Members that only a private or a symmetric key has (RFC 7518, section 6).
const SECRET_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

fn coordinate(jwk: &Map<String, Value>, name: &str) -> Result<[u8; COORDINATE_BYTES], String> {
    let text = jwk.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} is missing"))?;
    let bytes =
        URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("{name} is not Base64url without padding"))?;
    bytes.try_into().map_err(|_| format!("{name} must have {COORDINATE_BYTES} bytes"))
}

impl PublicKey {
    pub fn of_jwk(jwk: &Value) -> Result<PublicKey, String> {
        let jwk = jwk.as_object().ok_or("must be a JWK, a JSON object")?;
        if let Some(secret) = SECRET_MEMBERS.iter().find(|name| jwk.contains_key(**name)) {
            return Err(format!("holds {secret}, which is secret: send the public key alone"));
        }
        if jwk.get("use").is_some_and(|used| used != "sig") {
            return Err("use must be sig".to_owned());
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
        let (key, alg) = match (text("kty"), text("crv")) {
            ("EC", "P-256") => {
                (PublicKey::P256 { x: coordinate(jwk, "x")?, y: coordinate(jwk, "y")? }, "ES256")
            }
            ("OKP", "Ed25519") => (PublicKey::Ed25519 { x: coordinate(jwk, "x")? }, "EdDSA"),
            _ => return Err("must be of kty EC with crv P-256, or of kty OKP with crv Ed25519".to_owned()),
        };
        if jwk.get("alg").is_some_and(|given| given != alg && !(alg == "EdDSA" && given == "Ed25519")) {
            return Err(format!("alg must be {alg}"));
        }
        Ok(key)
    }

    /// The members that make up the key (RFC 7638, section 3.2).
    pub fn jwk(&self) -> Value {
        match self {
            PublicKey::P256 { x, y } => json!({
                "crv": "P-256", "kty": "EC", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
            }),
            PublicKey::Ed25519 { x } => {
                json!({ "crv": "Ed25519", "kty": "OKP", "x": URL_SAFE_NO_PAD.encode(x) })
            }
        }
    }

    /// RFC 7638: members in the order of their names, without blanks.
    pub fn thumbprint(&self) -> [u8; 32] {
        let text = match self {
            PublicKey::P256 { x, y } => format!(
                r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                URL_SAFE_NO_PAD.encode(x),
                URL_SAFE_NO_PAD.encode(y)
            ),
            PublicKey::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(x))
            }
        };
        Sha256::digest(text.as_bytes()).into()
    }
}

/// A JWK Set of at most so many keys, each with a name of its own where it has one.
pub fn key_set(jwks: &Value, keys_max: usize) -> Result<Vec<NamedKey>, String> {
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or("must be a JWK Set, an object with keys")?;
    if keys.is_empty() || keys.len() > keys_max {
        return Err(format!("must have from 1 to {keys_max} keys"));
    }
    let mut named: Vec<NamedKey> = Vec::new();
    for (nth, jwk) in keys.iter().enumerate() {
        let key = PublicKey::of_jwk(jwk).map_err(|reason| format!("keys/{nth}: {reason}"))?;
        let kid = match jwk.get("kid") {
            None => None,
            Some(Value::String(kid)) if (1..=KEY_ID_MAX_CHARS).contains(&kid.chars().count()) => {
                Some(kid.clone())
            }
            Some(_) => {
                return Err(format!("keys/{nth}: kid must have from 1 to {KEY_ID_MAX_CHARS} characters"));
            }
        };
        if kid.is_some() && named.iter().any(|other| other.kid == kid) {
            return Err(format!("keys/{nth}: another key has the same kid"));
        }
        named.push(NamedKey { kid, key });
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let jwk =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let key = PublicKey::of_jwk(&jwk).unwrap();
        // RFC 8037, appendix A.3.
        assert_eq!(URL_SAFE_NO_PAD.encode(key.thumbprint()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(PublicKey::of_jwk(&key.jwk()), Ok(key));
    }

    #[test]
    fn private_weak_and_foreign_keys_are_refused() {
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        for bad in [
            json!("text"),
            json!({ "kty": "oct", "k": x }),
            json!({ "kty": "RSA", "n": x, "e": "AQAB" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "d": x }),
            json!({ "kty": "OKP", "crv": "X25519", "x": x }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "use": "enc" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "HS256" }),
            json!({ "kty": "EC", "crv": "P-256", "x": x }),
            json!({ "kty": "EC", "crv": "P-384", "x": x, "y": x }),
        ] {
            assert!(PublicKey::of_jwk(&bad).is_err(), "{bad}");
        }
        let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "a" });
        assert!(key_set(&json!({ "keys": [good] }), 2).is_ok());
        assert!(key_set(&json!({ "keys": [good, good] }), 2).is_err(), "the same kid twice");
        assert!(key_set(&json!({ "keys": [] }), 2).is_err());
        assert!(key_set(&json!([good]), 2).is_err());
    }
}
