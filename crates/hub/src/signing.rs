//! Access tokens and ID tokens: JWTs (RFC 7519) signed with ES256 by keys that are rotated. Each key is published
//! (RFC 7517) before it signs and until nothing that it signed is valid any more.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use lares_model::{SigningKeyId, UnixMillis};
use lares_store::signing_keys::{self as rows, SigningKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::HubError;
use crate::hub::Hub;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const ROTATED_EVERY_MS: i64 = 30 * DAY_MS;
/// Longer than anybody keeps a key set without looking again.
const PUBLISHED_BEFORE_MS: i64 = DAY_MS;
/// Longer than anything signed is valid.
const KEPT_AFTER_MS: i64 = DAY_MS;
/// Other machines' clocks.
const LEEWAY_S: i64 = 30;
const JWT_MAX_BYTES: usize = 4_096;

/// The type of an access token (RFC 9068).
pub const ACCESS_TOKEN: &str = "at+jwt";

/// The signing keys, as they are in the store.
#[derive(Default)]
pub struct KeyRing(RwLock<Arc<Vec<Key>>>);

struct Key {
    id: SigningKeyId,
    signs_from: UnixMillis,
    signing: EncodingKey,
    verifying: DecodingKey,
    /// The coordinates of the public point.
    x: String,
    y: String,
}

/// Why a JWT is not one of ours, or not for this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    #[error("it is no JWT")]
    Malformed,
    #[error("its header is not one of this server's: {0}")]
    Header(&'static str),
    #[error("its key is not known")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("its claims are wrong: {0}")]
    Claims(&'static str),
    #[error("it is expired")]
    Expired,
}

/// What to do about the keys now. Pure, so that years of rotation can be tried in a moment.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Make a key that signs from then on.
    make: Option<UnixMillis>,
    drop: Vec<SigningKeyId>,
}

/// `keys`: when each signs from, oldest first.
fn plan(keys: &[(SigningKeyId, UnixMillis)], now: UnixMillis) -> Plan {
    let mut plan = Plan::default();
    let current = keys.iter().rposition(|(_, signs_from)| *signs_from <= now);
    match current {
        None => plan.make = keys.is_empty().then_some(now),
        Some(at) => {
            let due = keys[at].1 + ROTATED_EVERY_MS;
            if at + 1 == keys.len() && now.since_ms(due) >= -PUBLISHED_BEFORE_MS {
                plan.make = Some(due.max(now + PUBLISHED_BEFORE_MS));
            }
            let over = |pair: &&[(SigningKeyId, UnixMillis)]| now.since_ms(pair[1].1) >= KEPT_AFTER_MS;
            plan.drop = keys.windows(2).take(at).filter(over).map(|pair| pair[0].0).collect();
        }
    }
    plan
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

fn context(id: SigningKeyId) -> String {
    format!("signing_keys/{id}")
}

fn new_key(hub: &Hub, signs_from: UnixMillis) -> Result<SigningKey, HubError> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(internal)?;
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).map_err(internal)?;
    let id = SigningKeyId(hub.uuid());
    let sealed = hub.vault.seal(hub.entropy.as_ref(), &context(id), pkcs8.as_ref()).map_err(internal)?;
    Ok(SigningKey {
        id,
        sealed_pkcs8: sealed,
        public: pair.public_key().as_ref().to_vec(),
        created_at: hub.now(),
        signs_from,
    })
}

fn opened(hub: &Hub, key: &SigningKey) -> Result<Key, HubError> {
    let pkcs8 = hub.vault.open(&context(key.id), &key.sealed_pkcs8).map_err(internal)?;
    // 0x04, then both coordinates (SEC 1, 2.3.3).
    let point = key.public.get(1..65).ok_or_else(|| internal("signing_keys.public: not a point"))?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[..32]), URL_SAFE_NO_PAD.encode(&point[32..]));
    Ok(Key {
        id: key.id,
        signs_from: key.signs_from,
        signing: EncodingKey::from_ec_der(&pkcs8),
        verifying: DecodingKey::from_ec_components(&x, &y).map_err(internal)?,
        x,
        y,
    })
}

/// Makes, publishes and drops keys as their time comes. Run at the start and from time to time.
pub async fn keep(hub: &Hub) -> Result<(), HubError> {
    let found = rows::list(&hub.store).await?;
    let times: Vec<_> = found.iter().map(|key| (key.id, key.signs_from)).collect();
    if plan(&times, hub.now()) != Plan::default() {
        let work = hub.store.begin().await?;
        // Again, within: another process may have been first.
        let found = rows::list(&work).await?;
        let times: Vec<_> = found.iter().map(|key| (key.id, key.signs_from)).collect();
        let plan = plan(&times, hub.now());
        if let Some(signs_from) = plan.make {
            rows::insert(&work, &new_key(hub, signs_from)?).await?;
        }
        for id in plan.drop {
            rows::delete(&work, id).await?;
        }
        work.commit().await?;
    }
    load(hub).await
}

async fn load(hub: &Hub) -> Result<(), HubError> {
    let found = rows::list(&hub.store).await?;
    let keys = found.iter().map(|key| opened(hub, key)).collect::<Result<Vec<_>, _>>()?;
    *hub.keys.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    Ok(())
}

/// The next key ahead of its time: it is published now and signs a day from now, so that nobody notices. When it will.
pub async fn rotate(hub: &Hub) -> Result<UnixMillis, HubError> {
    let work = hub.store.begin().await?;
    let now = hub.now();
    let coming = rows::list(&work).await?.into_iter().find(|key| key.signs_from > now);
    if let Some(key) = coming {
        return Ok(key.signs_from);
    }
    let signs_from = now + PUBLISHED_BEFORE_MS;
    rows::insert(&work, &new_key(hub, signs_from)?).await?;
    work.commit().await?;
    load(hub).await?;
    Ok(signs_from)
}

/// Replaces all keys at once, since one of them may be known to somebody else: what they signed is valid no more.
pub async fn replace_all(hub: &Hub) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    for key in rows::list(&work).await? {
        rows::delete(&work, key.id).await?;
    }
    rows::insert(&work, &new_key(hub, hub.now())?).await?;
    work.commit().await?;
    load(hub).await
}

fn ring(hub: &Hub) -> Arc<Vec<Key>> {
    hub.keys.0.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The public keys as a JWK Set.
pub fn jwks(hub: &Hub) -> Value {
    let key = |key: &Key| json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key.id, "x": key.x, "y": key.y });
    json!({ "keys": ring(hub).iter().map(key).collect::<Vec<_>>() })
}

/// A JWT of this type, signed with the key of the hour.
pub fn sign(hub: &Hub, typ: &str, claims: &impl Serialize) -> Result<String, HubError> {
    let ring = ring(hub);
    let now = hub.now();
    let key = ring.iter().rev().find(|key| key.signs_from <= now).or_else(|| ring.first());
    let key = key.ok_or_else(|| internal("there is no signing key"))?;
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some(typ.to_owned());
    header.kid = Some(key.id.to_string());
    jsonwebtoken::encode(&header, claims, &key.signing).map_err(internal)
}

/// What a header of ours holds and nothing else: whatever would bring its own key or rules with it is refused.
fn kid_of(jwt: &str, typ: &str) -> Result<SigningKeyId, BadToken> {
    if jwt.len() > JWT_MAX_BYTES || jwt.split('.').count() != 3 {
        return Err(BadToken::Malformed);
    }
    let header = jwt.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| BadToken::Malformed)?;
    let header: serde_json::Map<String, Value> =
        serde_json::from_slice(&header).map_err(|_| BadToken::Malformed)?;
    if header.keys().any(|name| !matches!(name.as_str(), "alg" | "typ" | "kid")) {
        return Err(BadToken::Header("it holds more than alg, typ and kid"));
    }
    if header.get("alg").and_then(Value::as_str) != Some("ES256") {
        return Err(BadToken::Header("alg is not ES256"));
    }
    if header.get("typ").and_then(Value::as_str) != Some(typ) {
        return Err(BadToken::Header("typ is another one"));
    }
    let kid = header.get("kid").and_then(Value::as_str).ok_or(BadToken::Header("kid is missing"))?;
    kid.parse().map_err(|_| BadToken::UnknownKey)
}

/// The claims of a JWT that this server signed, of this type and for this audience, and valid now. `None` for the
/// audience: whoever calls checks it.
pub fn verify<C: DeserializeOwned>(
    hub: &Hub,
    jwt: &str,
    typ: &str,
    audience: Option<&str>,
) -> Result<C, BadToken> {
    let claims = signed_claims(hub, jwt, typ)?;
    judge(&claims, &hub.public_url, audience, hub.now())?;
    serde_json::from_value(claims).map_err(|_| BadToken::Claims("one is missing or of another type"))
}

/// The same, whether or not its time is over: for what says something and gives no right.
pub fn verify_ever<C: DeserializeOwned>(hub: &Hub, jwt: &str, typ: &str) -> Result<C, BadToken> {
    let claims = signed_claims(hub, jwt, typ)?;
    if claims["iss"].as_str() != Some(&hub.public_url) {
        return Err(BadToken::Claims("iss"));
    }
    serde_json::from_value(claims).map_err(|_| BadToken::Claims("one is missing or of another type"))
}

fn signed_claims(hub: &Hub, jwt: &str, typ: &str) -> Result<Value, BadToken> {
    let kid = kid_of(jwt, typ)?;
    let ring = ring(hub);
    let key = ring.iter().find(|key| key.id == kid).ok_or(BadToken::UnknownKey)?;
    // The times are judged by this process's one clock, below.
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Value>(jwt, &key.verifying, &validation);
    Ok(decoded.map_err(|_| BadToken::Signature)?.claims)
}

fn judge(claims: &Value, issuer: &str, audience: Option<&str>, now: UnixMillis) -> Result<(), BadToken> {
    if claims["iss"].as_str() != Some(issuer) {
        return Err(BadToken::Claims("iss"));
    }
    if audience.is_some_and(|audience| !is_for(&claims["aud"], audience)) {
        return Err(BadToken::Claims("aud"));
    }
    let now_s = now.0.div_euclid(1_000);
    let expires = claims["exp"].as_i64().ok_or(BadToken::Claims("exp"))?;
    if expires + LEEWAY_S <= now_s {
        return Err(BadToken::Expired);
    }
    for (name, claim) in [("nbf", &claims["nbf"]), ("iat", &claims["iat"])] {
        let early = match claim {
            Value::Null => name == "iat",
            claim => claim.as_i64().is_none_or(|from| from > now_s + LEEWAY_S),
        };
        if early {
            return Err(BadToken::Claims(if name == "nbf" { "nbf" } else { "iat" }));
        }
    }
    Ok(())
}

fn is_for(claim: &Value, audience: &str) -> bool {
    match claim {
        Value::String(only) => only == audience,
        Value::Array(several) => several.iter().any(|one| one == audience),
        _ => false,
    }
}

/// Whether it can be a JWT at all: what cannot is refused without more work.
pub fn looks_like_a_jwt(text: &str) -> bool {
    text.len() <= JWT_MAX_BYTES
        && text.starts_with("eyJ")
        && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a12_a_key_is_published_before_it_signs_and_kept_until_what_it_signed_is_over() {
        let mut keys: Vec<(SigningKeyId, UnixMillis)> = vec![];
        let mut published: std::collections::BTreeMap<SigningKeyId, UnixMillis> = Default::default();
        let mut signed_last: std::collections::BTreeMap<SigningKeyId, UnixMillis> = Default::default();
        let start = UnixMillis(1_800_000_000_000);
        for hour in 0..24 * 400 {
            let now = start + hour * 3_600_000;
            let step = plan(&keys, now);
            if let Some(signs_from) = step.make {
                let id = SigningKeyId(Uuid::from_u128(hour as u128 + 1));
                keys.push((id, signs_from));
                published.insert(id, now);
            }
            for gone in step.drop {
                let last = signed_last[&gone];
                assert!(
                    now.since_ms(last) >= KEPT_AFTER_MS,
                    "dropped while something it signed may be valid"
                );
                keys.retain(|(id, _)| *id != gone);
            }
            let (current, signs_from) = *keys.iter().rev().find(|(_, from)| *from <= now).unwrap();
            assert!(
                published[&current] == start // nobody could be told of the very first
                    || signs_from.since_ms(published[&current]) >= PUBLISHED_BEFORE_MS
            );
            assert!(now.since_ms(signs_from) <= ROTATED_EVERY_MS + PUBLISHED_BEFORE_MS);
            signed_last.insert(current, now);
            assert!(keys.len() <= 3);
        }
        assert!(published.len() >= 13, "about one a month");
    }

    #[test]
    fn a_server_that_slept_for_years_publishes_first_and_then_rotates() {
        let id = SigningKeyId(Uuid::nil());
        let now = UnixMillis(1_800_000_000_000);
        let keys = [(id, now + -10 * ROTATED_EVERY_MS)];
        assert_eq!(plan(&keys, now), Plan { make: Some(now + PUBLISHED_BEFORE_MS), drop: vec![] });
    }

    #[test]
    fn a11_a_header_that_holds_anything_else_is_refused_before_any_key_is_asked() {
        let id = SigningKeyId(Uuid::nil());
        let jwt = |header: &Value| format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header.to_string()));
        let good = serde_json::json!({ "alg": "ES256", "typ": ACCESS_TOKEN, "kid": id });
        assert_eq!(kid_of(&jwt(&good), ACCESS_TOKEN), Ok(id));
        for (name, value) in [
            ("crit", serde_json::json!(["exp"])),
            ("jku", "https://evil.example/jwks".into()),
            ("jwk", serde_json::json!({ "kty": "EC" })),
            ("x5u", "https://evil.example/cert".into()),
            ("x5c", serde_json::json!(["AA"])),
            ("b64", false.into()),
            ("zip", "DEF".into()),
            ("alg", "none".into()),
            ("alg", "HS256".into()),
            ("typ", "JWT".into()),
            ("kid", Value::Null),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            let refused = kid_of(&jwt(&bad), ACCESS_TOKEN);
            assert!(matches!(refused, Err(BadToken::Header(_))), "{name}: {refused:?}");
        }
    }
}
