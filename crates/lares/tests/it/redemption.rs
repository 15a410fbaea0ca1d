//! What is good once is good once for many who bring it at the same moment, over HTTP and on both stores: codes,
//! links, invitations, tokens, and a name where there can be one of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use lares_testbed::postgres::Postgres;
use serde_json::{Value, json};

use super::mailbox::Mailbox;
use super::oauth_world::*;
use super::process::Engine;
use super::sign_in::{Browser, shown};
use super::world::*;

const AT_ONCE: usize = 16;
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SECRET: &str = "a very long winter night";

/// A server on this store; the database outlives it.
async fn world_on(engine: Engine) -> (World, Option<Arc<Postgres>>) {
    let postgres = (engine == Engine::Postgres).then(Postgres::shared);
    let url = postgres.as_ref().map(|server| server.fresh_database().unwrap());
    let world = World::start_with(|config| {
        config.store.url = url.unwrap_or_default();
        config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    (world.await, postgres)
}

/// How many of those who come at once are answered so; the others are refused, and none of them by a fault of ours.
async fn answered(what: &str, good: u16, ask: impl AsyncFn(usize) -> Reply) {
    let replies = join_all((0..AT_ONCE).map(|nth| ask(nth))).await;
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == good).count(), 1, "{what}: {statuses:?}");
    assert!(
        statuses.iter().all(|status| *status == good || (400..500).contains(status)),
        "{what}: {statuses:?}"
    );
}

async fn an_authorization_code(world: &World) {
    let program = client(world, Owner, web_client()).await;
    let code = code(world, &program, &[]).await;
    answered("an authorization code", 200, async |_| exchange(world, &program, &code).await).await;
}

async fn a_device_code(world: &World) {
    let television = web_client_with(json!({
        "redirect_uris": [], "grant_types": [DEVICE_GRANT], "token_endpoint_auth_method": "none",
    }));
    let program = client(world, Owner, television).await;
    let form = [("client_id", program.id.as_str()), ("scope", "openid homes:read")];
    let begun = world.post("/oauth/device_authorization").form(&form).expect(200).await;
    let yes = json!({ "user_code": begun["user_code"], "allow": true });
    world.post("/api/oauth/device/decision").in_person(Owner).json(yes).expect(204).await;
    answered("a device code", 200, async |_| {
        let code = text(&begun, "device_code");
        let form = [("grant_type", DEVICE_GRANT), ("device_code", code), ("client_id", &program.id)];
        world.post("/oauth/token").form(&form).send().await
    })
    .await;
}

/// The same request repeated within 10 s is answered again, as after a lost answer: what is made of it is one token.
async fn a_refresh_token(world: &World) {
    let program = client(world, Owner, web_client()).await;
    let tokens = tokens(world, &program).await;
    let first = text(&tokens, "refresh_token");
    let all = join_all((0..AT_ONCE).map(|_| refresh(world, &program, first))).await;
    let next: BTreeSet<_> = all.iter().map(|reply| text(&reply.json, "refresh_token")).collect();
    assert_eq!(next.len(), 1, "a refresh token");
}

async fn an_initial_token(world: &World) {
    let path = format!("/api/organisations/{}/oauth-registration-tokens", world.a.organisation);
    let made = world.post(&path).as_(Owner).expect(201).await;
    let metadata = json!({ "client_name": "Voice", "redirect_uris": [CALLBACK] });
    answered("a token to register with", 201, async |_| {
        world.post("/oauth/register").bearer(text(&made, "token")).json(metadata.clone()).send().await
    })
    .await;
}

async fn an_invitation(world: &World) {
    let path = format!("/api/organisations/{}/invitations", world.a.organisation);
    let offered = world.post(path).as_(Owner).json(json!({ "role": "viewer" })).expect(201).await;
    let token = json!({ "token": text(&offered, "link").rsplit_once("#token=").unwrap().1 });
    answered("an invitation", 200, async |nth| {
        let who = if nth % 2 == 0 { Neighbour } else { Expired };
        world.post("/api/invitations/accept").as_(who).json(token.clone()).send().await
    })
    .await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let listed = world.get(members).as_(Owner).expect(200).await;
    // Owner, viewer, the former member's old place, and the new one.
    assert_eq!(listed["items"].as_array().unwrap().len(), 4, "{listed}");
}

async fn a_name_of_a_room(world: &World) {
    let rooms = format!("/api/homes/{}/rooms", world.a.home);
    answered("a name of a room", 201, async |_| {
        world.post(&rooms).as_(Owner).json(json!({ "name": "Attic" })).send().await
    })
    .await;
}

async fn mailed_links(world: &World, mailbox: &Mailbox) {
    let anna = "anna@example.org";
    let body = json!({ "email": anna, "password": SECRET });
    world.post("/api/auth/register").json(body.clone()).expect(201).await;
    let token = json!({ "token": mailbox.take(anna, "Confirm your e-mail").await.token() });
    answered("a link to prove an address", 204, async |_| {
        world.post("/api/auth/verify-email").json(token.clone()).send().await
    })
    .await;

    let signed_in = world.post("/api/auth/login").json(body).expect(200).await;
    let ask = world.post("/api/auth/email-change").bearer(text(&signed_in, "access_token"));
    ask.json(json!({ "email": "new@example.org" })).expect(202).await;
    let token = json!({ "token": mailbox.take("new@example.org", "Confirm your new").await.token() });
    answered("a link to change an address", 204, async |_| {
        world.post("/api/auth/email-change/confirm").json(token.clone()).send().await
    })
    .await;

    world.post("/api/auth/password-reset").json(json!({ "email": "new@example.org" })).expect(202).await;
    let token = mailbox.take("new@example.org", "Choose a new password").await.token();
    let chosen = |nth: usize| format!("one of many new passwords, the {nth}th");
    answered("a link to choose a password", 204, async |nth| {
        let body = json!({ "token": token, "password": chosen(nth) });
        world.post("/api/auth/password-reset/confirm").json(body).send().await
    })
    .await;
    let mut good = 0;
    for nth in 0..AT_ONCE {
        let body = json!({ "email": "new@example.org", "password": chosen(nth) });
        let call =
            world.post("/api/auth/login").json(body).header("x-forwarded-for", &format!("198.51.{nth}.1"));
        good += usize::from(call.send().await.status == 200);
    }
    assert_eq!(good, 1, "one of the passwords was chosen");
}

async fn a_recovery_code(world: &World) {
    let mut browser = Browser::signed_in(world, Owner).await;
    let made = browser.expect(200, "POST", "/api/auth/totp", None).await;
    let code = json!({ "code": shown(text(&made, "secret"), 0) });
    let confirmed = browser.expect(200, "POST", "/api/auth/totp/confirm", Some(code)).await;
    let code: &Value = &confirmed["recovery_codes"][0];
    let body = json!({ "email": Owner.email(), "password": PASSWORD, "code": code });
    // From as many networks: one alone is held back by the bounds on guessing.
    answered("a recovery code", 200, async |nth| {
        let call = world.post("/api/auth/login").json(body.clone());
        call.header("x-forwarded-for", &format!("198.51.{nth}.1")).send().await
    })
    .await;
}

async fn each_is_good_once(engine: Engine) {
    let (world, _postgres) = world_on(engine).await;
    let mailbox = Mailbox::of(&world);
    an_authorization_code(&world).await;
    a_device_code(&world).await;
    a_refresh_token(&world).await;
    an_initial_token(&world).await;
    an_invitation(&world).await;
    a_name_of_a_room(&world).await;
    mailed_links(&world, &mailbox).await;
    a_recovery_code(&world).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a08_a13_sixteen_at_once_redeem_what_is_good_once_on_sqlite() {
    each_is_good_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a08_a13_sixteen_at_once_redeem_what_is_good_once_on_postgres() {
    each_is_good_once(Engine::Postgres).await;
}
