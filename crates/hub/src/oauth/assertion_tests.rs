//! A11: assertions that prove nothing, and the few that do.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::json;

use super::*;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const NOW_S: i64 = 1_800_000_000;
const AUDIENCES: [&str; 2] = ["https://home.example", "https://home.example/oauth/token"];

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    fn p256() -> Pair {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Pair::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap())
    }

    fn ed25519() -> Pair {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Pair::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    fn public(&self) -> PublicKey {
        let array = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).unwrap();
        match self {
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                PublicKey::P256 { x: array(&point[1..33]), y: array(&point[33..65]) }
            }
            Pair::Ed25519(pair) => PublicKey::Ed25519 { x: array(pair.public_key().as_ref()) },
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", text(header), text(claims));
        let signature = match self {
            Pair::P256(pair) => {
                pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims() -> Value {
    json!({ "iss": "me", "sub": "me", "aud": AUDIENCES[1], "exp": NOW_S + 60, "iat": NOW_S, "jti": "1" })
}

fn changed(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

#[test]
fn a11_only_its_own_key_speaks_for_a_client() {
    let (own, other, ed) = (Pair::p256(), Pair::p256(), Pair::ed25519());
    let keys =
        [NamedKey { kid: Some("a".to_owned()), key: own.public() }, NamedKey { kid: None, key: ed.public() }];
    let check = |jwt: &str| verify(jwt, &keys, "me", &AUDIENCES, NOW).map(|(nth, _)| nth);
    let es = json!({ "alg": "ES256" });
    assert_eq!(check(&own.sign(&es, &claims())), Ok(0));
    assert_eq!(check(&own.sign(&json!({ "alg": "ES256", "kid": "a", "typ": "JWT" }), &claims())), Ok(0));
    assert_eq!(check(&ed.sign(&json!({ "alg": "EdDSA", "kid": "whatever" }), &claims())), Ok(1));
    assert_eq!(check(&own.sign(&es, &changed("aud", json!(["x", AUDIENCES[0]])))), Ok(0));

    assert_eq!(check(&other.sign(&es, &claims())), Err(BadToken::Signature));
    let unknown = own.sign(&json!({ "alg": "ES256", "kid": "b" }), &claims());
    assert_eq!(check(&unknown), Err(BadToken::UnknownKey));
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "EdDSA", "kid": "a" }),
        json!({ "alg": "ES256", "jwk": own.public().jwk() }),
        json!({ "alg": "ES256", "jku": "https://evil.example" }),
        json!({ "alg": "ES256", "x5c": [] }),
        json!({ "alg": "ES256", "crit": ["exp"] }),
        json!({ "alg": "ES256", "typ": "at+jwt" }),
        json!([]),
    ] {
        assert!(check(&own.sign(&header, &claims())).is_err(), "{header}");
    }
    for (name, value) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("aud", json!("https://other.example")),
        ("aud", json!([])),
        ("exp", json!(NOW_S - 31)),
        ("exp", json!(NOW_S + 4_000)),
        ("exp", json!("soon")),
        ("nbf", json!(NOW_S + 31)),
        ("iat", json!(NOW_S + 31)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!("x".repeat(256))),
    ] {
        assert!(check(&own.sign(&es, &changed(name, value.clone()))).is_err(), "{name}: {value}");
    }
    let good = own.sign(&es, &claims());
    let swapped = good.replacen(&URL_SAFE_NO_PAD.encode(claims().to_string()), "e30", 1);
    for bad in ["", "..", "a.b.c", &good[..good.len() - 4], &format!("{good}.x"), &swapped] {
        assert!(check(bad).is_err(), "{bad}");
    }
}

#[test]
fn who_it_says_it_is_of_is_read_without_trust() {
    let jwt = Pair::p256().sign(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(said_subject(&jwt).as_deref(), Some("me"));
    for bad in ["", "a.b", "a.b.c.d", &"x".repeat(5_000)] {
        assert_eq!(said_subject(bad), None);
    }
}
