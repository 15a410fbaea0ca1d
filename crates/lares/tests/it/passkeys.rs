//! Passkeys through HTTP, with a soft authenticator that nobody here wrote (python-fido2): control A06.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::sign_in::Browser;
use super::stock_mqtt::{python, root};
use super::world::*;

/// As if five minutes had passed for every challenge there is.
fn let_time_pass(data: &std::path::Path) {
    let file = rusqlite::Connection::open(data.join("lares.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    file.execute("UPDATE tickets SET expires_at = expires_at - 300000", []).unwrap();
}

/// Everything that the program said; it must end well.
fn attend(mut program: Child, data: &std::path::Path) -> String {
    let mut said = String::new();
    let mut lines = BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        if line == "let time pass\n" {
            let_time_pass(data);
            program.stdin.take().unwrap().write_all(b"it passed\n").unwrap();
        }
        said.push_str(&line);
        line.clear();
    }
    program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(program.wait().unwrap().success() && said.ends_with("all of it\n"), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a06_a04_a_passkey_signs_in_and_everything_that_is_wrong_is_refused() {
    let world = World::start().await;
    let owner = Browser::signed_in(&world, Owner).await;
    let neighbour = Browser::signed_in(&world, Neighbour).await;
    // A04: somebody who tries passwords is told to wait; passkeys and sessions that stand do not care.
    let login = json!({ "email": Owner.email(), "password": "wrong wrong wrong" });
    while world.post("/api/auth/login").json(login.clone()).send().await.status != 429 {}
    let https = format!("https://localhost:{}", world.running().addresses.https.unwrap().port());
    let mut command = Command::new(python());
    command.arg("-u").arg(root().join("crates/lares/tests/clients/passkey_client.py"));
    command.args([&world.http(), &https, &owner.cookie, &neighbour.cookie]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (program, data) = (command.spawn().unwrap(), world.data());
    let said = tokio::task::spawn_blocking(move || attend(program, &data)).await.unwrap();
    assert!(said.matches("refused").count() >= 25, "{said}");

    // The passkey that may have a copy is told of, beside what else happened.
    let hub = world.running().hub.clone();
    let user = lares_store::users::find_by_email(&hub.store, Owner.email()).await.unwrap().unwrap().id;
    let page = lares_store::Page { after: None, limit: 200 };
    let log = lares_store::account_log::list(&hub.store, user, page).await.unwrap();
    let count = |kind: &str| log.iter().filter(|entry| entry.kind == kind).count();
    assert_eq!((count("passkey_added"), count("passkey_removed"), count("passkey_refused")), (2, 1, 3));
    assert_eq!(count("stepped_up"), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a06_an_address_is_no_home_of_passkeys_and_it_is_said() {
    let world =
        World::start_with(|config| config.http.public_url = "https://192.0.2.7:8443".to_owned()).await;
    let refused = world.post("/api/auth/passkeys/challenge").send().await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("http.public_url"), "{}", refused.text);
    world.stop().await;
}
