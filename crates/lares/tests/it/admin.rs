//! `lares admin` as a program: the first owner, and what only whoever runs the server may do.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use lares_model::UnixMillis;
use lares_store::{Page, Store, StoreOptions, account_log, recovery_codes, signing_keys, totp, users};

use super::secrets;
use super::world::PASSWORD;

fn admin(data: &Path, task: &[&str], typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lares"));
    command.arg("admin").arg("--data").arg(data).args(task);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The tests' own, which is no key of the configuration.
    command.env_remove("LARES_TEST_VENV").env("LARES_LOG__LEVEL", "trace");
    let mut program = command.spawn().unwrap();
    // One that reads nothing is over already.
    let _ = program.stdin.take().unwrap().write_all(typed.as_bytes());
    let output = program.wait_with_output().unwrap();
    secrets::seen(typed.trim_end());
    secrets::none_in(&String::from_utf8_lossy(&output.stderr));
    output
}

fn done(data: &Path, task: &[&str], typed: &str) -> String {
    let output = admin(data, task, typed);
    assert!(output.status.success(), "{task:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(data: &Path, task: &[&str], typed: &str) -> String {
    let output = admin(data, task, typed);
    assert!(!output.status.success(), "{task:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn store(data: &Path) -> Store {
    let url = format!("sqlite://{}", data.join("lares.db").display());
    Store::open(&StoreOptions { url, readers_max: 1 }).await.unwrap()
}

const EMAIL: &str = "first@a.example";
const OWNER: [&str; 7] = ["owner", "--email", EMAIL, "--name", "First", "--organisation", "Household"];

#[tokio::test]
async fn a02_a07_the_first_owner_and_a_lost_second_factor() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    for weak in ["short", "password123", "first@a.example"] {
        let said = refused(data, &OWNER, &format!("{weak}\n"));
        assert!(said.contains("/password"), "{said}");
        assert!(!said.contains("password123"), "{said}");
    }
    let said = done(data, &OWNER, &format!("{PASSWORD}\n"));
    assert!(said.contains("user ") && said.contains("organisation "), "{said}");
    refused(data, &["password", "--email", EMAIL], "iloveyou\n");
    done(data, &["password", "--email", EMAIL], "another staple of horses\n");

    let rows = store(data).await;
    let user = users::find_by_email(&rows, EMAIL).await.unwrap().unwrap();
    assert!(user.password_phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let work = rows.begin().await.unwrap();
    totp::put(&work, user.id, &[0; 48], UnixMillis(0)).await.unwrap();
    totp::confirm(&work, user.id, 1, UnixMillis(0)).await.unwrap();
    recovery_codes::replace(&work, user.id, &[[1; 16], [2; 16]], UnixMillis(0)).await.unwrap();
    work.commit().await.unwrap();
    rows.close().await;

    let reset = ["factor", "reset", "--email", EMAIL];
    assert!(refused(data, &["factor", "reset", "--email", "nobody@a.example"], "").contains("user"));
    assert_eq!(done(data, &reset, ""), "removed: a code generator, 2 recovery codes, 0 passkeys\n");
    assert_eq!(done(data, &reset, ""), "removed: no code generator, 0 recovery codes, 0 passkeys\n");
    let rows = store(data).await;
    assert_eq!(totp::find(&rows, user.id).await.unwrap(), None);
    let log = account_log::list(&rows, user.id, Page { after: None, limit: 10 }).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.kind == "factors_reset").count(), 2);
    assert_eq!(log.last().unwrap().detail["recovery_codes"], 2);
    rows.close().await;
}

#[tokio::test]
async fn a12_keys_are_rotated_in_time_or_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    done(data, &OWNER, &format!("{PASSWORD}\n"));
    let keys = async || {
        let rows = store(data).await;
        let keys = signing_keys::list(&rows).await.unwrap();
        rows.close().await;
        keys
    };
    let first = keys().await;
    assert_eq!(first.len(), 1);
    let said = done(data, &["keys", "rotate"], "");
    let both = keys().await;
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    // A day, less the moment between the two instants.
    assert!(both[1].signs_from.since_ms(both[1].created_at) > 23 * 3_600 * 1_000);
    assert!(said.contains(&both[1].signs_from.to_string()), "{said}");
    assert_eq!(done(data, &["keys", "rotate"], ""), said, "the next one is there already");
    assert_eq!(keys().await, both);
    done(data, &["keys", "rotate", "--now"], "");
    let new = keys().await;
    assert_eq!(new.len(), 1);
    assert!(!both.contains(&new[0]));
}
