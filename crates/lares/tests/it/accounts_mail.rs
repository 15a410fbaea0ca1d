//! Mails, by a mail server that nobody here wrote: what they say, and that none is lost, whatever breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::process::{Engine, Lares, wait_until};
use super::secrets::seen;
use super::smtp_server::{PASSWORD as SMTP_PASSWORD, SmtpServer, USERNAME};
use super::world::*;

fn registration(email: &str) -> Value {
    json!({ "email": email, "password": "a very long winter night", "language": "de" })
}

async fn register(world: &World, email: &str) {
    world.post("/api/auth/register").json(registration(email)).expect(201).await;
}

fn token_in(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let rest = text.split("#token=").nth(1).unwrap_or_else(|| panic!("no link in {text}"));
    let token = rest.split_whitespace().next().unwrap().to_owned();
    seen(&token);
    token
}

/// Message-IDs of what each address got.
fn by_address(mails: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in mails {
        let id = mail["headers"]["message-id"].as_str().unwrap().to_owned();
        found.entry(mail["to"][0].as_str().unwrap().to_owned()).or_default().push(id);
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_goes_out_encrypted_and_says_what_it_must() {
    let server = SmtpServer::start();
    let world = World::start_with(|config| {
        config.mail = server.config();
        config.http.public_url = "https://lares.example".to_owned();
    })
    .await;
    assert_eq!(
        world.get("/api/auth/options").expect(200).await,
        json!({ "registration": "open", "mail": true })
    );
    register(&world, "Anna@Example.org").await;
    let arrived = async || server.mails_to("anna@example.org");
    let mail = eventually("the mail arrives", arrived, |mails| !mails.is_empty()).await.remove(0);
    assert_eq!(mail["encrypted"], true);
    assert_eq!(mail["authenticated"], true);
    assert_eq!(mail["from"], USERNAME);
    let headers = &mail["headers"];
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(headers["content-language"], "de");
    assert!(headers["subject"].as_str().unwrap().contains("bestätigen"), "{headers}");
    assert!(headers["message-id"].as_str().unwrap().ends_with("@mail.example>"), "{headers}");
    let token = token_in(&mail);
    let link = format!("https://lares.example/verify-email#token={token}");
    assert!(mail["text"].as_str().unwrap().contains(&link));
    assert!(mail["html"].as_str().unwrap().contains("verify-email#token="));
    assert!(!headers.to_string().contains(&token), "a secret in a header");
    let verify = json!({ "token": token });
    world.post("/api/auth/verify-email").json(verify.clone()).expect(204).await;
    let again = world.post("/api/auth/verify-email").json(verify).send().await;
    assert_eq!((again.status, again.wrong_fields()), (422, vec!["/token"]));
    let told = logged();
    for secret in [token.as_str(), SMTP_PASSWORD, "anna@example.org"] {
        assert!(!told.iter().any(|line| line.contains(secret)), "{secret:?} is in the log");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mail_is_lost_when_the_server_puts_off_breaks_off_or_is_away() {
    let mut server = SmtpServer::start();
    let world = World::start_with(|config| config.mail = server.config()).await;
    let who = |what: &str| format!("{what}-1@example.org");
    for what in ["later", "drop", "lost", "refuse", "plain"] {
        register(&world, &who(what)).await;
    }
    let arrived = async || by_address(&server.mails());
    let all = eventually("what can arrive arrives", arrived, |found| {
        ["later", "drop", "lost", "plain"].iter().all(|what| found.contains_key(&who(what)))
            && found[&who("lost")].len() == 2
    });
    let found = all.await;
    assert!(!found.contains_key(&who("refuse")));
    for (address, ids) in &found {
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), 1, "{address}: a repetition is known by its Message-ID");
        // Only what the server took without saying so is sent twice.
        assert_eq!(ids.len(), if *address == who("lost") { 2 } else { 1 }, "{address}");
    }
    let outcomes = world.get("/metrics").send().await.text;
    assert!(outcomes.contains("lares_notifications_total{outcome=\"given_up\"} "), "{outcomes}");

    server.go_away();
    register(&world, &who("away")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.come();
    let arrived = async || by_address(&server.mails());
    eventually("it arrives when the server is back", arrived, |found| found.contains_key(&who("away"))).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_survives_the_sender_being_killed_at_any_moment() {
    let server = SmtpServer::start();
    let mail = server.config();
    let mut lares = Lares::new(Engine::Sqlite).serving();
    for (name, value) in [
        ("HOST", "localhost".to_owned()),
        ("PORT", mail.port.to_string()),
        ("USERNAME", mail.username.clone()),
        ("PASSWORD_FILE", mail.password_file.display().to_string()),
        ("FROM", mail.from.clone()),
        ("CA_FILE", mail.ca_file.display().to_string()),
    ] {
        lares.set_env(&format!("LARES_MAIL__{name}"), &value);
    }
    let mut moments = super::process::Moments::new("a_mail_survives");
    let mut addresses = BTreeSet::new();
    for round in 0..4 {
        lares.start().await;
        let http = reqwest::Client::new();
        for number in 0..4 {
            let address = format!("slow-{round}-{number}@example.org");
            let url = format!("{}/api/auth/register", lares.http());
            let answer = http.post(url).json(&registration(&address)).send().await.unwrap();
            assert_eq!(answer.status(), 201);
            addresses.insert(address);
        }
        tokio::time::sleep(Duration::from_millis(moments.below(700))).await;
        lares.kill();
    }
    lares.start().await;
    let all_there = async || by_address(&server.mails()).len() == addresses.len();
    wait_until("every mail arrives", Duration::from_secs(60), all_there).await;
    lares.stop().await;
    let found = by_address(&server.mails());
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), addresses);
    for (address, ids) in found {
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), 1, "{address}: {ids:?}");
        assert!(ids.len() <= 5, "{address}: once, and once more for each kill");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_has_a_mailbox_that_no_server_has() {
    let mut lares = Lares::new(Engine::Sqlite);
    lares.start().await;
    let address = "visitor@example.org";
    lares.api().post("/api/auth/register", &registration(address)).await;
    let api = lares.api();
    let mails = async || api.get("/api/demo/mails").await;
    let there = async || mails().await.as_array().unwrap().iter().any(|mail| mail["to"] == address);
    wait_until("the mail is in the mailbox", Duration::from_secs(20), there).await;
    let listed = mails().await;
    let mail = api.get(&format!("/api/demo/mails/{}", id_of(&listed[0]))).await;
    assert_eq!((&mail["to"], &mail["language"]), (&json!(address), &json!("de")));
    let token = token_in(&mail);
    lares.kill();
    lares.start().await;
    assert_eq!(mails().await[0]["id"], listed[0]["id"], "it is kept");
    api.post("/api/auth/verify-email", &json!({ "token": token })).await;
    lares.stop().await;

    let world = World::start().await;
    for path in ["/api/demo/mails".to_owned(), format!("/api/demo/mails/{}", id_of(&listed[0]))] {
        world.get(path).as_(Owner).expect(404).await;
    }
    assert!(!world.openapi().await.to_string().contains("/api/demo/"), "it is no part of the API");
    world.stop().await;
}
