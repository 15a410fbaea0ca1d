//! A person's account from registering to signing out everywhere.

use std::time::Duration;

use lares::config::RegistrationConfig;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::mailbox::Mailbox;
use super::world::*;

const ANNA: &str = "anna@example.org";
const SECRET: &str = "a very long winter night";
const OTHER: &str = "an even longer summer day";

async fn register(world: &World, email: &str) -> Reply {
    let body = json!({ "email": email, "password": SECRET, "name": "Anna", "language": "en",
        "time_zone": "Europe/Madrid" });
    world.post("/api/auth/register").json(body).send().await
}

async fn login(world: &World, email: &str, password: &str) -> Reply {
    world.post("/api/auth/login").json(json!({ "email": email, "password": password })).send().await
}

async fn token(world: &World, email: &str, password: &str) -> String {
    let reply = login(world, email, password).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["access_token"].as_str().unwrap().to_owned()
}

/// The cookie of a browser that signs in.
async fn browser(world: &World, agent: &str) -> String {
    let body = json!({ "email": ANNA, "password": SECRET });
    let call = world.post("/api/auth/session").json(body).header("user-agent", agent);
    let reply = call.send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

async fn kinds(world: &World, token: &str) -> Vec<String> {
    let log = world.get("/api/auth/log?limit=100").bearer(token).expect(200).await;
    let items = log["items"].as_array().unwrap().iter();
    items.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_registers_proves_their_address_and_says_who_they_are() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    let made = register(&world, " Anna@Example.org ").await;
    assert_eq!((made.status, &made.json["email"]), (201, &json!(ANNA)), "{}", made.text);
    // Nobody learns by registering whether somebody is here; she does.
    let again = json!({ "email": ANNA, "password": OTHER, "name": "Anna" });
    let again = world.post("/api/auth/register").json(again).send().await;
    let fields = |json: &Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((again.status, fields(&again.json)), (201, fields(&made.json)), "{}", again.text);
    assert_eq!((&again.json["email"], &again.json["name"]), (&json!(ANNA), &json!("Anna")));
    assert_eq!(login(&world, ANNA, OTHER).await.status, 401);
    let told = mailbox.take(ANNA, "You have an account already").await;
    assert!(told.text.contains("/signin") && !told.text.contains("#token="), "{}", told.text);
    let access = token(&world, ANNA, SECRET).await;
    let before = world.get("/api/auth/profile").bearer(&access).expect(200).await;
    assert_eq!(before["email_verified_at"], Value::Null);
    assert_eq!((&before["language"], &before["time_zone"]), (&json!("en"), &json!("Europe/Madrid")));
    assert_eq!((&before["has_password"], &before["totp"]), (&json!(true), &json!(false)));
    assert_eq!(before["memberships"], json!([]));

    let first = mailbox.take(ANNA, "Confirm your e-mail").await;
    assert!(!first.text.contains("Anna,"), "a stranger's words are in the mail: {}", first.text);
    world.post("/api/auth/verify-email/send").bearer(&access).expect(202).await;
    let second = mailbox.take(ANNA, "Confirm your e-mail").await;
    for (secret, status) in [(first.token(), 422), (second.token(), 204), (second.token(), 422)] {
        let body = json!({ "token": secret });
        world.post("/api/auth/verify-email").json(body).expect(status).await;
    }
    let change = json!({ "name": "Anna B.", "language": "de", "units": "imperial",
        "notifications": { "product": true }, "data": { "comparisons": true } });
    let after = world.patch("/api/auth/profile").bearer(&access).json(change).expect(200).await;
    assert!(after["email_verified_at"].is_string());
    assert_eq!((&after["name"], &after["units"]), (&json!("Anna B."), &json!("imperial")));
    let told = json!({ "security": true, "alarms": true, "invitations": true, "product": true });
    assert_eq!(after["notifications"], told);
    assert_eq!(after["data"], json!({ "usage_statistics": false, "comparisons": true }));
    for (body, field) in [
        (json!({ "notifications": { "security": false } }), "/notifications/security"),
        (json!({ "time_zone": "Mars/Olympus" }), "/time_zone"),
        (json!({ "name": " " }), "/name"),
    ] {
        let refused = world.patch("/api/auth/profile").bearer(&access).json(body).send().await;
        assert_eq!((refused.status, refused.wrong_fields()), (422, vec![field]));
    }
    let seen = world.get("/api/auth/profile").bearer(&access).expect(200).await;
    assert_eq!(seen, after);
    let kinds = kinds(&world, &access).await;
    assert_eq!(kinds, ["profile_changed", "email_verified", "signed_in", "registered"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_that_is_wrong_closed_or_too_many_is_refused() {
    let world = World::start_with(|config| config.identity.registrations_per_network_per_hour = 3).await;
    for (body, field) in [
        (json!({ "email": "anna", "password": SECRET }), "/email"),
        (json!({ "email": ANNA, "password": "short" }), "/password"),
        (json!({ "email": ANNA, "password": SECRET, "time_zone": "Nowhere" }), "/time_zone"),
        (json!({ "email": ANNA, "password": SECRET, "language": "xx" }), "/language"),
        (json!({ "email": ANNA, "password": SECRET, "name": "\u{7}" }), "/name"),
    ] {
        let refused = world.post("/api/auth/register").json(body).send().await;
        assert_eq!((refused.status, refused.wrong_fields()), (422, vec![field]), "{}", refused.text);
    }
    for number in 0..3 {
        assert_eq!(register(&world, &format!("person{number}@example.org")).await.status, 201);
    }
    let refused = register(&world, "person4@example.org").await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 60);
    world.stop().await;

    let world =
        World::start_with(|config| config.identity.registration = RegistrationConfig::Invitation).await;
    assert_eq!(register(&world, ANNA).await.status, 403);
    let invite = format!("/api/organisations/{}/invitations", world.a.organisation);
    let secret_of =
        |offered: Value| offered["link"].as_str().unwrap().split("#token=").nth(1).unwrap().to_owned();
    let for_ben = json!({ "role": "viewer", "email": "ben@example.org" });
    let of_ben = secret_of(world.post(invite.clone()).as_(Owner).json(for_ben).expect(201).await);
    let secret =
        &secret_of(world.post(invite).as_(Owner).json(json!({ "role": "viewer" })).expect(201).await);
    let with = |invitation: &str| json!({ "email": ANNA, "password": SECRET, "invitation": invitation });
    for not_hers in ["made up", &of_ben] {
        world.post("/api/auth/register").json(with(not_hers)).expect(403).await;
    }
    world.post("/api/auth/register").json(with(secret)).expect(201).await;
    let options = world.get("/api/auth/options").expect(200).await;
    assert_eq!(options, json!({ "registration": "invitation", "mail": false }));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_password_is_replaced_by_a_link_that_nobody_can_ask_about() {
    let world = World::start_with(|config| config.identity.mails_per_address_per_hour = 3).await;
    let mailbox = Mailbox::of(&world);
    register(&world, ANNA).await;
    let access = token(&world, ANNA, SECRET).await;
    let ask = async |email: &str| {
        let body = json!({ "email": email });
        world.post("/api/auth/password-reset").json(body).send().await
    };
    let (known, unknown) = (ask(ANNA).await, ask("nobody@example.org").await);
    assert_eq!((known.status, &known.text), (202, &unknown.text));
    assert_eq!(unknown.status, 202);
    let secret = mailbox.take(ANNA, "Choose a new password").await.token();
    let confirm = async |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password });
        world.post("/api/auth/password-reset/confirm").json(body).send().await
    };
    let weak = confirm(&secret, "short").await;
    assert_eq!((weak.status, weak.wrong_fields()), (422, vec!["/password"]), "the link is still good");
    assert_eq!(confirm(&secret, OTHER).await.status, 204);
    assert_eq!(confirm(&secret, SECRET).await.wrong_fields(), ["/token"]);
    assert_eq!(confirm("made up", SECRET).await.wrong_fields(), ["/token"]);
    world.get("/api/auth/profile").bearer(&access).expect(401).await;
    assert_eq!(login(&world, ANNA, SECRET).await.status, 401);
    let access = token(&world, ANNA, OTHER).await;
    let profile = world.get("/api/auth/profile").bearer(&access).expect(200).await;
    assert!(profile["email_verified_at"].is_string(), "the mailbox is theirs");
    mailbox.take(ANNA, "a new password was chosen").await;

    // The mailbox is protected whoever asks, and nobody is refused for it, whether somebody has the address or not.
    for _ in 0..4 {
        assert_eq!((ask(ANNA).await.status, ask("nobody@example.org").await.status), (202, 202));
    }
    let last = mailbox.take(ANNA, "Choose a new password").await.token();
    mailbox.take(ANNA, "Choose a new password").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        mailbox.all().iter().all(|mail| mail.to == ANNA && !mail.subject.contains("Choose")),
        "{mailbox:?}"
    );
    assert_eq!(confirm(&last, "one more way to the sea").await.status, 204, "what was sent stays good");
    world.stop().await;
}

/// Each link is written to the store while its mail is worded, several at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_that_waited_for_the_channel_do_not_wait_for_each_other() {
    let world = World::start_with(|config| config.identity.mails_per_address_per_hour = 20).await;
    register(&world, ANNA).await;
    for _ in 0..16 {
        let ask = world.post("/api/auth/password-reset").json(json!({ "email": ANNA }));
        ask.expect(202).await;
    }
    let mailbox = Mailbox::of(&world);
    let resets = async || mailbox.all().iter().filter(|mail| mail.subject.contains("Choose")).count();
    eventually("all links arrive", resets, |arrived| *arrived == 16).await;
    world.stop().await;
}

/// What others ask for uses up the share of the address, and not the way back in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_asks_too_often_is_refused_and_nobody_else() {
    let world = World::start_with(|config| {
        config.identity.mails_per_network_per_hour = 5;
        config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let ask = async |from: &str| {
        let call = world.post("/api/auth/password-reset").json(json!({ "email": Owner.email() }));
        call.header("x-forwarded-for", from).send().await.status
    };
    let mut loud = vec![];
    for _ in 0..7 {
        loud.push(ask("203.0.113.9").await);
    }
    assert_eq!(loud, [202, 202, 202, 202, 202, 429, 429]);
    for from in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        assert_eq!(ask(from).await, 202);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_ends_all_other_sessions_and_is_told() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    register(&world, ANNA).await;
    let (here, there) = (token(&world, ANNA, SECRET).await, token(&world, ANNA, SECRET).await);
    let change =
        async |body: Value| world.post("/api/auth/change-password").bearer(&here).json(body).send().await;
    let wrong = change(json!({ "current_password": "wrong", "new_password": OTHER })).await;
    assert_eq!((wrong.status, wrong.wrong_fields()), (422, vec!["/current_password"]));
    let missing = change(json!({ "new_password": OTHER })).await;
    assert_eq!((missing.status, missing.wrong_fields()), (422, vec!["/current_password"]));
    let weak = change(json!({ "current_password": SECRET, "new_password": "short" })).await;
    assert_eq!((weak.status, weak.wrong_fields()), (422, vec!["/new_password"]));
    world.get("/api/auth/profile").bearer(&there).expect(200).await;
    let done = change(json!({ "current_password": SECRET, "new_password": OTHER })).await;
    assert_eq!(done.status, 204, "{}", done.text);
    world.get("/api/auth/profile").bearer(&here).expect(200).await;
    world.get("/api/auth/profile").bearer(&there).expect(401).await;
    mailbox.take(ANNA, "the password of your account").await;
    world.stop().await;
}

/// Each name stays in the logs of others, and who only looks there fills none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_fills_the_logs_of_others_with_names() {
    let world = World::start().await;
    let mut told = vec![];
    for number in 0..11 {
        let body = json!({ "name": format!("name {number}") });
        told.push(world.patch("/api/auth/profile").as_(Viewer).json(body).send().await.status);
    }
    assert_eq!(told, [vec![200; 10], vec![429]].concat());
    let log = format!("/api/events?organisation={}&type=member.updated&limit=100", world.a.organisation);
    let log = world.get(log).as_(Owner).expect(200).await;
    assert_eq!(log["items"].as_array().unwrap().len(), 10, "{log}");
    world.patch("/api/auth/profile").as_(Viewer).json(json!({ "units": "imperial" })).expect(200).await;
    world.stop().await;
}

/// Neither what accounts alone are sent nor what others asked for shows in when an address is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_an_account_is_refused_no_sooner_than_one_without() {
    let world = World::start_with(|config| config.identity.mails_per_address_per_hour = 3).await;
    register(&world, ANNA).await;
    let access = token(&world, ANNA, SECRET).await;
    for _ in 0..2 {
        assert_eq!(register(&world, Owner.email()).await.status, 201);
    }
    for email in [Owner.email(), "nobody@example.org"] {
        let mut told = vec![];
        for _ in 0..5 {
            let call = world.post("/api/auth/email-change").bearer(&access).json(json!({ "email": email }));
            told.push(call.send().await.status);
        }
        assert_eq!(told, [202, 202, 202, 429, 429], "{email}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_address_counts_when_it_answers_and_the_old_one_is_told_twice() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    register(&world, ANNA).await;
    let of_old = mailbox.take(ANNA, "Confirm your e-mail").await.token();
    let access = token(&world, ANNA, SECRET).await;
    let ask = async |email: &str| {
        let body = json!({ "email": email });
        world.post("/api/auth/email-change").bearer(&access).json(body).send().await.status
    };
    // An address that somebody has is answered like any other, and its owner hears of it.
    assert_eq!((ask(ANNA).await, ask(Owner.email()).await, ask("no address").await), (422, 202, 422));
    mailbox.take(Owner.email(), "You have an account already").await;
    mailbox.take(ANNA, "wants to change its e-mail address").await;
    assert_eq!(ask("new@example.org").await, 202);
    let link = mailbox.take("new@example.org", "Confirm your new e-mail").await.token();
    mailbox.take(ANNA, "wants to change its e-mail address").await;
    assert_eq!(login(&world, "new@example.org", SECRET).await.status, 401);
    let confirm = async || {
        let body = json!({ "token": link });
        world.post("/api/auth/email-change/confirm").json(body).send().await.status
    };
    assert_eq!((confirm().await, confirm().await), (204, 422));
    mailbox.take(ANNA, "This address is not used any more").await;
    assert_eq!(login(&world, ANNA, SECRET).await.status, 401);
    let access = token(&world, "new@example.org", SECRET).await;
    let profile = world.get("/api/auth/profile").bearer(&access).expect(200).await;
    assert!(profile["email_verified_at"].is_string());
    // What was sent to the old address proves nothing of the new one.
    world.post("/api/auth/verify-email").json(json!({ "token": of_old })).expect(422).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_from_a_program_not_seen_before_is_told_and_from_a_known_one_is_not() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    register(&world, ANNA).await;
    mailbox.take(ANNA, "Confirm your e-mail").await;
    for agent in [FIREFOX, &FIREFOX.replace("140", "141"), CHROME, FIREFOX] {
        browser(&world, agent).await;
    }
    let told = mailbox.take(ANNA, "New sign-in").await;
    assert!(told.text.contains("Chrome (Windows)") && told.text.contains("127.0.0.1"), "{}", told.text);
    assert!(told.text.contains("(Europe/Madrid)"), "{}", told.text);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(mailbox.all().is_empty(), "{:?}", mailbox.all());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a08_a_refresh_token_that_comes_again_is_told_to_its_person() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    register(&world, ANNA).await;
    let first = login(&world, ANNA, SECRET).await.json;
    let refresh = async |tokens: &Value| {
        let body = json!({ "refresh_token": tokens["refresh_token"] });
        world.post("/api/auth/refresh").json(body).send().await
    };
    let second = refresh(&first).await.json;
    let third = refresh(&second).await.json;
    assert_eq!(refresh(&first).await.status, 401);
    assert_eq!(refresh(&third).await.status, 401, "the family is ended");
    mailbox.take(ANNA, "its key was used twice").await;
    world.stop().await;
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn open_socket(world: &World, header: (&'static str, &str)) -> Socket {
    use futures_util::SinkExt as _;
    let url = format!("{}/api/live", world.http().replace("http:", "ws:"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(header.0, header.1.parse().unwrap());
    request.headers_mut().insert("sec-fetch-site", "same-origin".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.send(Message::text(json!({ "type": "subscribe" }).to_string())).await.unwrap();
    socket
}

async fn closed_within(socket: &mut Socket, within: Duration) -> CloseFrame {
    use futures_util::StreamExt as _;
    let closed = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(why)))) => return why,
                Some(Ok(_)) => {}
                other => panic!("it ended without a word: {other:?}"),
            }
        }
    };
    tokio::time::timeout(within, closed).await.expect("it is still open")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_an_ended_session_is_over_at_once_on_every_road() {
    let world = World::start().await;
    register(&world, ANNA).await;
    let (firefox, chrome) = (browser(&world, FIREFOX).await, browser(&world, CHROME).await);
    let app = token(&world, ANNA, SECRET).await;
    let made = world.post("/api/auth/tokens").bearer(&app).json(json!({ "name": "kept" })).expect(201).await;
    let sessions = world.get("/api/auth/sessions").bearer(&app).expect(200).await;
    let sessions = sessions.as_array().unwrap().clone();
    let kinds: Vec<_> = sessions.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["app", "browser", "browser"], "newest first");
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!((&sessions[1]["user_agent"], &sessions[1]["peer"]), (&json!(CHROME), &json!("127.0.0.1")));
    assert_eq!(sessions[1]["amr"], json!(["pwd"]));

    let mut by_browser = open_socket(&world, ("cookie", &chrome)).await;
    let mut by_app = open_socket(&world, ("authorization", &format!("Bearer {app}"))).await;
    let one = format!("/api/auth/sessions/{}", id_of(&sessions[1]));
    world.delete(&one).as_(Neighbour).expect(404).await;
    world.delete(&one).bearer(&app).expect(204).await;
    world.delete(&one).bearer(&app).expect(404).await;
    assert_eq!(u16::from(closed_within(&mut by_browser, Duration::from_secs(5)).await.code), 4001);
    world.get("/api/auth/profile").header("cookie", &chrome).expect(401).await;
    world.get("/api/auth/profile").header("cookie", &firefox).expect(200).await;

    world.delete("/api/auth/sessions?keep_current=true").bearer(&app).expect(204).await;
    world.get("/api/auth/profile").header("cookie", &firefox).expect(401).await;
    world.get("/api/auth/profile").bearer(&app).expect(200).await;
    let unsaid = world.delete("/api/auth/sessions/").bearer(&app).send().await;
    assert_eq!((unsaid.status, unsaid.wrong_fields()), (422, vec!["keep_current"]));
    world.delete("/api/auth/sessions?keep_current=false").bearer(&app).expect(204).await;
    assert_eq!(u16::from(closed_within(&mut by_app, Duration::from_secs(5)).await.code), 4001);
    world.get("/api/auth/profile").bearer(&app).expect(401).await;
    let kept = made["token"].as_str().unwrap();
    world.get("/api/auth/profile").bearer(kept).expect(200).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_token_has_scopes_and_is_replaced_without_a_gap() {
    let world = World::start().await;
    let session = token(&world, Owner.email(), PASSWORD).await;
    let make = async |bearer: &str, body: Value| {
        world.post("/api/auth/tokens").bearer(bearer).json(body).send().await
    };
    let reading = json!({ "name": "reading", "scopes": ["homes:read", "account:manage"] });
    let made = make(&session, reading).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let reader = made.json["token"].as_str().unwrap().to_owned();
    world.get("/api/homes").bearer(&reader).expect(200).await;
    let body = json!({ "name": "no" });
    let refused = world.post("/api/organisations").bearer(&reader).json(body).send().await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let wider = json!({ "name": "wider", "scopes": ["homes:manage"] });
    assert_eq!(make(&reader, wider).await.status, 403, "nobody hands on more than they hold");
    assert_eq!(make(&session, json!({ "name": "none", "scopes": [] })).await.wrong_fields(), ["/scopes"]);
    let listed = world.get("/api/auth/tokens").bearer(&session).expect(200).await;
    let listed = listed.as_array().unwrap().iter().find(|token| token["name"] == "reading").cloned().unwrap();
    assert_eq!(listed["scopes"], json!(["homes:read", "account:manage"]));

    let rotate = format!("/api/auth/tokens/{}/rotate", id_of(&made.json));
    world.post(&rotate).as_(Neighbour).json(json!({})).expect(404).await;
    let wrong = world.post(&rotate).bearer(&session).json(json!({ "overlap_s": 2_592_001 })).send().await;
    assert_eq!((wrong.status, wrong.wrong_fields()), (422, vec!["/overlap_s"]));
    // A program replaces its own token.
    let next = world.post(&rotate).bearer(&reader).json(json!({ "overlap_s": 1 })).expect(201).await;
    let next_token = next["token"].as_str().unwrap();
    world.get("/api/homes").bearer(next_token).expect(200).await;
    world.post("/api/organisations").bearer(next_token).json(json!({ "name": "no" })).expect(403).await;
    world.get("/api/homes").bearer(&reader).expect(200).await;
    let over = async || world.get("/api/homes").bearer(&reader).send().await.status;
    eventually("the old one ends", over, |status| *status == 401).await;
    world.post(&rotate).bearer(&session).json(json!({})).expect(404).await;
    world.stop().await;
}
