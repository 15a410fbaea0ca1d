//! What tests of the OAuth provider share: clients, a person who answers in the portal's place, keys that sign.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::world::*;

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CALLBACK: &str = "https://voice.example/cb";
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// A key pair of P-256.
pub struct Key(EcdsaKeyPair);

impl Key {
    pub fn new() -> Key {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Key(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap())
    }

    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..65]) })
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A proof that whoever signs it is this client or device (RFC 7523).
    pub fn assertion(&self, world: &World, id: &str) -> String {
        let now_s = now_ms() / 1_000;
        let claims = json!({
            "iss": id, "sub": id, "aud": issuer(world), "iat": now_s, "exp": now_s + 60,
            "jti": world.running().hub.uuid(),
        });
        self.sign(&json!({ "alg": "ES256" }), &claims)
    }
}

/// Header and claims, without a signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", text(header), text(claims))
}

pub fn claims_of(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

pub fn issuer(world: &World) -> String {
    world.running().hub.public_url.clone()
}

/// A client as it was registered.
#[derive(Clone, Debug)]
pub struct Program {
    pub id: String,
    pub secret: String,
}

pub fn web_client() -> Value {
    json!({
        "name": "Voice",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": ["https://voice.example/bye"],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "scopes": ["openid", "profile", "email", "offline_access", "homes:read", "devices:control"],
        "token_endpoint_auth_method": "client_secret_basic",
    })
}

/// The same with some of it changed.
pub fn web_client_with(change: Value) -> Value {
    let mut client = web_client();
    for (name, value) in change.as_object().unwrap() {
        client[name] = value.clone();
    }
    client
}

pub async fn client(world: &World, who: Who, body: Value) -> Program {
    let house = if who == Neighbour { &world.b } else { &world.a };
    let path = format!("/api/organisations/{}/oauth-clients", house.organisation);
    let made = world.post(path).as_(who).json(body).expect(201).await;
    Program { id: id_of(&made), secret: made["client_secret"].as_str().unwrap_or_default().to_owned() }
}

/// An authorization request with some of it changed; an empty value is left out.
pub fn request(program: &Program, change: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", &program.id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid offline_access homes:read"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "s t"),
        ("nonce", "n"),
    ];
    pairs.retain(|(name, _)| !change.iter().any(|(other, _)| other == name));
    pairs.extend(change.iter().filter(|(_, value)| !value.is_empty()));
    format!("/oauth/authorize?{}", serde_urlencoded::to_string(&pairs).unwrap())
}

/// A parameter of a URL's query.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    pairs.into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// The ticket of a request that is put before a person.
pub async fn ticket(world: &World, path: String) -> String {
    let reply = world.get(path).send().await;
    assert_eq!(reply.status, 303, "{}: {}", reply.asked, reply.text);
    let to = reply.header("location");
    assert!(to.starts_with("/consent?request="), "{to}");
    parameter(to, "request").unwrap()
}

/// Where the person is sent once they said yes or no.
pub async fn answer(world: &World, who: Who, ticket: &str, allow: bool) -> String {
    let said = json!({ "request": ticket, "allow": allow });
    let decided = world.post("/api/oauth/request/decision").in_person(who).json(said).expect(200).await;
    decided["redirect_to"].as_str().unwrap().to_owned()
}

/// A code that the owner let the program have.
pub async fn code(world: &World, program: &Program, change: &[(&str, &str)]) -> String {
    let ticket = ticket(world, request(program, change)).await;
    let to = answer(world, Owner, &ticket, true).await;
    parameter(&to, "code").unwrap_or_else(|| panic!("{to}"))
}

impl Call<'_> {
    /// As a client, by its secret.
    pub fn basic(self, program: &Program) -> Self {
        let encoded = STANDARD.encode(format!("{}:{}", program.id, program.secret));
        self.header("authorization", &format!("Basic {encoded}"))
    }
}

pub async fn exchange(world: &World, program: &Program, code: &str) -> Reply {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    world.post("/oauth/token").basic(program).form(&form).send().await
}

/// Tokens that the owner let the program have.
pub async fn tokens(world: &World, program: &Program) -> Value {
    let code = code(world, program, &[]).await;
    let reply = exchange(world, program, &code).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json
}

pub async fn refresh(world: &World, program: &Program, token: &str) -> Reply {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    world.post("/oauth/token").basic(program).form(&form).send().await
}

pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
