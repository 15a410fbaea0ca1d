//! A11: tokens that this server did not give out for this, in every disguise that is known.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::oauth_world::*;
use super::world::*;

fn hmac_signed(header: &Value, claims: &Value, key: &[u8]) -> String {
    let message = unsigned(header, claims);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    let mac = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// What is said of a bad token, and the token.
type Bad = Vec<(String, String)>;

/// Headers that would have the server trust what it should not.
fn disguised(attacker: &Key, kid: &str, claims: &Value, jwks: &Value) -> Bad {
    let mut bad = Bad::new();
    let mut add = |what: &str, token: String| bad.push((what.to_owned(), token));
    let jwk = &jwks["keys"][0];
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({ "alg": none, "typ": "at+jwt", "kid": kid });
        add(&format!("alg {none:?} without a signature"), format!("{}.", unsigned(&header, claims)));
        add(&format!("alg {none:?} with a signature"), attacker.sign(&header, claims));
    }
    let point = [
        URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap(),
        URL_SAFE_NO_PAD.decode(jwk["y"].as_str().unwrap()).unwrap(),
    ]
    .concat();
    let uncompressed = [&[4], point.as_slice()].concat();
    for (what, key) in [
        ("the JWK", jwk.to_string().into_bytes()),
        ("the JWK Set", jwks.to_string().into_bytes()),
        ("the point", point),
        ("the uncompressed point", uncompressed),
        ("x", jwk["x"].as_str().unwrap().as_bytes().to_vec()),
        ("nothing", vec![]),
    ] {
        for alg in ["HS256", "ES256"] {
            let header = json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
            add(&format!("an HMAC under {what} as {alg}"), hmac_signed(&header, claims, &key));
        }
    }
    for alg in ["RS256", "PS256", "ES384", "ES512", "EdDSA", "HS512", "ES256K", "es256"] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
        add(&format!("alg {alg}"), attacker.sign(&header, claims));
    }
    for (name, value) in [
        ("jwk", attacker.jwk()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
    ] {
        let mut header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid });
        header[name] = value;
        add(&format!("a header with {name}"), attacker.sign(&header, claims));
    }
    for wrong in
        [json!(null), json!("x"), json!("../../../../dev/null"), json!("' OR 1=1 --"), json!(7), json!([kid])]
    {
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": wrong });
        add(&format!("kid {wrong}"), attacker.sign(&header, claims));
    }
    add(
        "another's key under our kid",
        attacker.sign(&json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }), claims),
    );
    add("no kid", attacker.sign(&json!({ "alg": "ES256", "typ": "at+jwt" }), claims));
    bad
}

/// Signed by this server itself, and yet not for this.
fn of_ours(world: &World, claims: &Value) -> Bad {
    let now_s = now_ms() / 1_000;
    let sign =
        |typ: &str, claims: &Value| lares_hub::signing::sign(&world.running().hub, typ, claims).unwrap();
    let mut bad: Bad = ["JWT", "jwt", "at", "AT+JWT", "logout+jwt", ""]
        .into_iter()
        .map(|typ| (format!("typ {typ:?}"), sign(typ, claims)))
        .collect();
    for (name, value) in [
        ("iss", json!("https://other.example")),
        ("iss", json!(format!("{}/", issuer(world)))),
        ("iss", json!(null)),
        ("aud", json!("https://other.example/api")),
        ("aud", json!(issuer(world))),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("exp", json!(now_s - 90)),
        ("exp", json!("9999999999")),
        ("exp", json!(null)),
        ("nbf", json!(now_s + 90)),
        ("nbf", json!("soon")),
        ("iat", json!(now_s + 90)),
        ("iat", json!(null)),
        ("sid", json!(world.a.home)),
        ("sid", json!(null)),
        ("sid", json!("x")),
        ("scope", json!("everything")),
        ("scope", json!(null)),
        ("client_id", json!(null)),
    ] {
        let mut claims = claims.clone();
        claims[name] = value.clone();
        bad.push((format!("{name} {value}"), sign("at+jwt", &claims)));
    }
    bad
}

fn broken(good: &str) -> Bad {
    let parts: Vec<_> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut claims = claims_of(good);
    claims["scope"] = json!("openid profile email offline_access homes:read homes:manage");
    let swapped = URL_SAFE_NO_PAD.encode(claims.to_string());
    let flipped: Vec<u8> = raw.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == 0)).collect();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let all = [
        ("truncated", good[..good.len() - 2].to_owned()),
        ("without its signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("an extra dot", format!("{good}.")),
        ("four parts", format!("{good}.{signature}")),
        ("doubled dots", format!("{head}..{body}.{signature}")),
        ("a leading dot", format!(".{good}")),
        ("another payload", format!("{head}.{swapped}.{signature}")),
        ("parts in another order", format!("{body}.{head}.{signature}")),
        ("a flipped bit", format!("{head}.{body}.{}", text(&flipped))),
        ("a signature of zeros", format!("{head}.{body}.{}", text(&[0; 64]))),
        ("a signature too long", format!("{head}.{body}.{}", text(&[raw.as_slice(), &[0]].concat()))),
        ("padding", format!("{head}.{body}.{}", URL_SAFE.encode(&raw))),
        ("a NUL", format!("{head}.{body}.{signature}%00")),
        ("oversized", format!("{head}.{}.{signature}", "A".repeat(5_000))),
        ("a JSON in place of a JWT", "{\"alg\":\"none\"}".to_owned()),
        ("a JWE's five parts", format!("{head}.{body}.{signature}.{body}.{signature}")),
        ("empty parts", "..".to_owned()),
    ];
    all.into_iter().map(|(what, token)| (what.to_owned(), token)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_a_corpus_of_bad_tokens_opens_nothing() {
    let world = World::start_with(|config| config.limits.per_network_per_second = 10_000).await;
    let program = client(&world, Owner, web_client()).await;
    let tokens = tokens(&world, &program).await;
    let good = text(&tokens, "access_token");
    let jwks = world.get("/oauth/jwks").expect(200).await;
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(good.split('.').next().unwrap()).unwrap()).unwrap();
    let attacker = Key::new();
    let mut bad = disguised(&attacker, header["kid"].as_str().unwrap(), &claims_of(good), &jwks);
    bad.extend(of_ours(&world, &claims_of(good)));
    bad.extend(broken(good));
    let named = |what: &str, token: &str| (what.to_owned(), token.to_owned());
    bad.push(named("an ID token", text(&tokens, "id_token")));
    bad.push(named("a refresh token", text(&tokens, "refresh_token")));
    bad.push(named("a client's assertion", &attacker.assertion(&world, &program.id)));
    assert!(bad.len() >= 80, "{}", bad.len());
    let log = logged().len();
    for (what, token) in &bad {
        for path in ["/api/homes", "/oauth/userinfo"] {
            let reply = world.get(path).bearer(token).send().await;
            assert_eq!(reply.status, 401, "{what}: {}", reply.text);
            assert!(reply.header("www-authenticate").starts_with("Bearer"), "{what}");
        }
        let form = [("token", token.as_str())];
        let told = world.post("/oauth/introspect").basic(&program).form(&form).expect(200).await;
        if what != "a refresh token" {
            assert_eq!(told, json!({ "active": false }), "{what}");
        }
    }
    assert_eq!(logged()[log..].iter().filter(|line| line.contains("eyJ")).count(), 0, "a token in the log");
    world.get("/api/homes").bearer(good).expect(200).await;
    world.stop().await;
}
