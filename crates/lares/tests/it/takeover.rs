//! What somebody does not reach who got hold of a token, a session or an invitation that is not theirs to keep.

use serde_json::{Value, json};

use super::mailbox::Mailbox;
use super::oauth_world::*;
use super::world::*;

const ANNA: &str = "anna@example.org";
const SECRET: &str = "long winter evenings";

async fn registered(world: &World) {
    let body = json!({ "email": ANNA, "password": SECRET });
    world.post("/api/auth/register").json(body).expect(201).await;
}

async fn access(world: &World, password: &str) -> String {
    let login = json!({ "email": ANNA, "password": password });
    text(&world.post("/api/auth/login").json(login).expect(200).await, "access_token").to_owned()
}

async fn api_token(world: &World, body: Value) -> String {
    let call = world.post("/api/auth/tokens").in_person(Owner);
    text(&call.json(body).expect(201).await, "token").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a07_an_api_token_changes_no_address_lets_nobody_in_and_does_not_outlive_its_end() {
    let world = World::start().await;
    let soon = "2199-01-01T00:00:00.000Z";
    let limited = api_token(&world, json!({ "name": "limited", "expires_at": soon })).await;
    let email = json!({ "email": "evil@example.org" });
    world.post("/api/auth/email-change").bearer(&limited).json(email).expect(403).await;

    let later = json!({ "name": "later", "expires_at": "2200-01-01T00:00:00Z" });
    let refused = world.post("/api/auth/tokens").bearer(&limited).json(later).send().await;
    assert_eq!((refused.status, refused.wrong_fields()), (422, vec!["/expires_at"]));
    let endless = world.post("/api/auth/tokens").bearer(&limited).json(json!({ "name": "endless" }));
    assert_eq!(endless.expect(201).await["expires_at"], soon, "it ends with the one that asked");

    let program = client(&world, Owner, web_client()).await;
    let ticket = ticket(&world, request(&program, &[])).await;
    for path in ["/api/oauth/request", "/api/oauth/request/decision"] {
        let said = match path.ends_with("decision") {
            true => json!({ "request": ticket, "allow": true }),
            false => json!({ "request": ticket }),
        };
        world.post(path).bearer(&limited).json(said).expect(403).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a07_a_password_reset_ends_what_was_begun_before_it() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    registered(&world).await;
    mailbox.take(ANNA, "Confirm your e-mail").await;
    // Somebody else is signed in as Anna, and asks for another address.
    let thief = access(&world, SECRET).await;
    let change = json!({ "email": "thief@example.org" });
    world.post("/api/auth/email-change").bearer(&thief).json(change).expect(202).await;
    let link = mailbox.take("thief@example.org", "Confirm your new e-mail").await.token();

    world.post("/api/auth/password-reset").json(json!({ "email": ANNA })).expect(202).await;
    let reset = mailbox.take(ANNA, "choose a new password for your account").await.token();
    let body = json!({ "token": reset, "password": "summer at the lake" });
    world.post("/api/auth/password-reset/confirm").json(body).expect(204).await;
    world.post("/api/auth/email-change/confirm").json(json!({ "token": link })).expect(422).await;
    world.get("/api/auth/profile").bearer(&thief).expect(401).await;
    let anna = access(&world, "summer at the lake").await;
    assert_eq!(world.get("/api/auth/profile").bearer(&anna).expect(200).await["email"], ANNA);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a07_whoever_registered_the_address_of_another_keeps_no_way_in() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    registered(&world).await;
    let squatter = access(&world, SECRET).await;
    let started = world.post("/api/auth/totp").bearer(&squatter).expect(200).await;
    assert!(started["secret"].is_string());
    let code = super::sign_in::shown(text(&started, "secret"), 0);
    let confirmed = world.post("/api/auth/totp/confirm").bearer(&squatter).json(json!({ "code": code }));
    confirmed.expect(200).await;

    world.post("/api/auth/password-reset").json(json!({ "email": ANNA })).expect(202).await;
    let reset = mailbox.take(ANNA, "choose a new password for your account").await.token();
    let body = json!({ "token": reset, "password": "summer at the lake" });
    world.post("/api/auth/password-reset/confirm").json(body).expect(204).await;
    // No code is asked for: the generator was not Anna's.
    let anna = access(&world, "summer at the lake").await;
    let profile = world.get("/api/auth/profile").bearer(&anna).expect(200).await;
    assert_eq!((&profile["totp"], profile["email_verified_at"].is_string()), (&json!(false), true));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limited_token_hands_on_no_more_than_it_has() {
    let world = World::start().await;
    let limited = api_token(&world, json!({ "name": "l", "scopes": ["homes:manage", "homes:read"] })).await;
    let clients = format!("/api/homes/{}/mqtt-clients", world.a.home);
    let body = json!({ "name": "bridge" });
    world.post(clients.clone()).bearer(&limited).json(body.clone()).expect(403).await;
    world.post(clients).as_(Owner).json(body).expect(201).await;

    // A program that was let in to know who somebody is learns nothing else of them.
    let program = client(&world, Owner, web_client()).await;
    let tokens = tokens(&world, &program).await;
    let access = text(&tokens, "access_token");
    world.get("/oauth/userinfo").bearer(access).expect(200).await;
    for own in ["profile", "sessions", "log", "tokens", "passkeys", "identities", "connected-apps"] {
        world.get(format!("/api/auth/{own}")).bearer(access).expect(403).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_narrowed_client_is_given_no_more_than_it_may_have_now() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let wide = [("scope", "openid homes:read devices:control")];
    let pending = ticket(&world, request(&program, &wide)).await;
    let code = code(&world, &program, &wide).await;
    let path = format!("/api/oauth-clients/{}", program.id);
    let narrower = json!({ "scopes": ["openid", "homes:read", "offline_access"] });
    world.patch(path).as_(Owner).json(narrower).expect(200).await;
    let given = exchange(&world, &program, &code).await;
    if given.status == 200 {
        assert_eq!(given.json["scope"], "openid homes:read");
    }
    let shown =
        world.post("/api/oauth/request").in_person(Owner).json(json!({ "request": pending })).send().await;
    assert!(!shown.text.contains("devices:control"), "{}", shown.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_at_somebody_else_is_answered_with_login_required() {
    let world = World::start().await;
    let program = client(&world, Owner, web_client()).await;
    let id_token = text(&tokens(&world, &program).await, "id_token").to_owned();
    let hinted = ticket(&world, request(&program, &[("id_token_hint", &id_token)])).await;
    let look = async |who| {
        let call = world.post("/api/oauth/request").in_person(who).json(json!({ "request": hinted }));
        text(&call.expect(200).await, "redirect_to").to_owned()
    };
    let viewer = look(Viewer).await;
    assert!(viewer.contains("error=login_required"), "{viewer}");
    let again = ticket(&world, request(&program, &[("id_token_hint", &id_token)])).await;
    let call = world.post("/api/oauth/request").in_person(Owner).json(json!({ "request": again }));
    assert!(text(&call.expect(200).await, "redirect_to").contains("code="));
    let forged = world.get(request(&program, &[("id_token_hint", "x.y.z")])).send().await;
    assert!(forged.header("location").contains("error=invalid_request"), "{forged:?}");
    // One whose key is gone names nobody, and is no mistake of the program's: whoever is here is asked.
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": world.a.home });
    let gone = Key::new().sign(&header, &claims_of(&id_token));
    let unnamed = ticket(&world, request(&program, &[("id_token_hint", &gone)])).await;
    let call = world.post("/api/oauth/request").in_person(Viewer).json(json!({ "request": unnamed }));
    assert_eq!(call.expect(200).await["redirect_to"], Value::Null);

    // The same request as a form.
    let (path, query) =
        request(&program, &[]).split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let posted = world.post(path).raw("application/x-www-form-urlencoded", query).send().await;
    assert!(posted.status == 303 && posted.header("location").starts_with("/consent?request="), "{posted:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b08_an_invitation_is_worth_what_its_maker_may_still_give_and_who_is_added_hears_of_it() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    let organisation = &world.a.organisation;
    let members = format!("/api/organisations/{organisation}/members");
    // Whose place has ended is known, and may be added again.
    let admin = json!({ "email": Expired.email(), "role": "admin" });
    let added = world.post(members.clone()).as_(Owner).json(admin).expect(201).await;
    let told = mailbox.take(Expired.email(), "made you a member").await;
    assert!(!told.text.contains("choose a new password"), "{}", told.text);

    let offer = format!("/api/organisations/{organisation}/invitations");
    let offered = world.post(offer).as_(Expired).json(json!({ "role": "admin" })).expect(201).await;
    let token = text(&offered, "link").rsplit_once("#token=").unwrap().1.to_owned();
    world.delete(format!("{members}/{}", id_of(&added))).as_(Owner).expect(204).await;
    let body = json!({ "token": token });
    world.post("/api/invitations/look").json(body.clone()).expect(404).await;
    world.post("/api/invitations/accept").as_(Neighbour).json(body).expect(404).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_sent_invitations_without_end() {
    let world = World::start_with(|config| config.identity.mails_per_address_per_hour = 2).await;
    let offer = format!("/api/organisations/{}/invitations", world.a.organisation);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let body = json!({ "role": "viewer", "email": "victim@example.org" });
        seen.push(world.post(offer.clone()).as_(Owner).json(body).send().await.status);
    }
    assert_eq!(seen, [201, 201, 429]);
    assert_eq!(world.get(offer).as_(Owner).expect(200).await["items"].as_array().unwrap().len(), 2);
    world.stop().await;
}
