//! A14: something without a keyboard is let in from somewhere else (RFC 8628).

use serde_json::{Value, json};

use super::oauth_world::*;
use super::world::*;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn begin(world: &World, program: &Program) -> Value {
    let form = [("client_id", program.id.as_str()), ("scope", "openid offline_access homes:read")];
    let call = world.post("/oauth/device_authorization").form(&form).header("user-agent", "Television/1");
    call.expect(200).await
}

async fn poll(world: &World, program: &Program, begun: &Value) -> Reply {
    let code = text(begun, "device_code");
    let form = [("grant_type", GRANT), ("device_code", code), ("client_id", program.id.as_str())];
    world.post("/oauth/token").form(&form).send().await
}

fn television() -> Value {
    web_client_with(json!({
        "name": "Television",
        "redirect_uris": [],
        "grant_types": [GRANT, "refresh_token"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a14_a_person_sees_what_asks_and_says_yes_or_no() {
    let world = World::start().await;
    let program = client(&world, Owner, television()).await;
    let other = client(&world, Owner, television()).await;
    let begun = begin(&world, &program).await;
    let code = text(&begun, "user_code");
    assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "{code}");
    assert_eq!(text(&begun, "verification_uri"), format!("{}/device", issuer(&world)));
    let error = |reply: &Reply| (reply.status, reply.json["error"].as_str().unwrap_or_default().to_owned());
    let pending = (400, "authorization_pending".to_owned());
    assert_eq!(error(&poll(&world, &program, &begun).await), pending);
    assert_eq!(error(&poll(&world, &program, &begun).await), (400, "slow_down".to_owned()));
    assert_eq!(error(&poll(&world, &other, &begun).await), (400, "invalid_grant".to_owned()));

    let look =
        |code: &str| world.post("/api/oauth/device").in_person(Owner).json(json!({ "user_code": code }));
    let shown = look(&code.to_lowercase().replace('-', " ")).expect(200).await;
    assert_eq!(shown["client"]["name"], "Television");
    assert_eq!(shown["scopes"][2]["name"], "homes:read");
    assert!(text(&shown, "from").starts_with("Television/1, 127.0.0.1"), "{shown}");
    let decide = |code: &str, allow: bool| {
        let call = world.post("/api/oauth/device/decision").in_person(Owner);
        call.json(json!({ "user_code": code, "allow": allow }))
    };
    decide(code, true).expect(204).await;
    decide(code, false).expect(404).await;
    let given = poll(&world, &program, &begun).await;
    assert_eq!(given.status, 200, "{}", given.text);
    world.get("/api/homes").bearer(text(&given.json, "access_token")).expect(200).await;
    assert_eq!(error(&poll(&world, &program, &begun).await), (400, "invalid_grant".to_owned()), "once");

    let begun = begin(&world, &program).await;
    decide(text(&begun, "user_code"), false).expect(204).await;
    assert_eq!(error(&poll(&world, &program, &begun).await), (400, "access_denied".to_owned()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a14_codes_cannot_be_tried_out() {
    let world = World::start().await;
    let program = client(&world, Owner, television()).await;
    let begun = begin(&world, &program).await;
    let try_code =
        |code: &str| world.post("/api/oauth/device").in_person(Viewer).json(json!({ "user_code": code }));
    let mut seen = vec![];
    for nth in 0..12u8 {
        let code = format!("BBBBBBB{}", char::from(b"BCDFGHJKLMNP"[usize::from(nth)]));
        seen.push(try_code(&code).send().await.status);
    }
    assert_eq!(seen.iter().filter(|status| **status == 404).count(), 10, "{seen:?}");
    assert_eq!(seen[10..], [429, 429]);
    // Not even the right one, and nobody else is hindered.
    try_code(text(&begun, "user_code")).expect(429).await;
    let own = json!({ "user_code": begun["user_code"] });
    world.post("/api/oauth/device").in_person(Owner).json(own).expect(200).await;

    let mut codes: Vec<String> = vec![];
    for _ in 0..50 {
        codes.push(text(&begin(&world, &program).await, "user_code").to_owned());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 50);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_registered_for_it_begins() {
    let world = World::start().await;
    let code_only = web_client_with(json!({ "grant_types": ["authorization_code"] }));
    let program = client(&world, Owner, code_only).await;
    let begin = |form: &[(&str, &str)]| world.post("/oauth/device_authorization").form(form);
    let refused = begin(&[]).basic(&program).send().await;
    assert_eq!((refused.status, &refused.json["error"]), (400, &json!("unauthorized_client")));
    let stranger = begin(&[("client_id", world.a.home.as_str())]).send().await;
    assert_eq!((stranger.status, &stranger.json["error"]), (401, &json!("invalid_client")));
    let program = client(&world, Owner, television()).await;
    let greedy = begin(&[("client_id", &program.id), ("scope", "homes:manage")]).send().await;
    assert_eq!((greedy.status, &greedy.json["error"]), (400, &json!("invalid_scope")));
    world.stop().await;
}
