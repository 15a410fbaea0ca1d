//! G11: schemathesis, which knows nothing of this product but its OpenAPI document, against the running server.

use std::path::PathBuf;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::{Value, json};

use super::access::{Ids, Operation, operations, samples};
use super::world::*;

/// Signing out, or leaving for good, would end the token that everything else is tried with; both have tests of their own.
const LEFT_OUT: [&str; 4] = ["logout", "endSession", "endAllSessions", "deleteAccount"];
/// What ends a sign-in or a token is tried with random ids, also with none that the tool has seen in an answer: the token
/// that everything is tried with is among them.
const ENDS_WHAT_IT_NAMES: [&str; 3] =
    ["POST /api/auth/tokens/{id}/rotate", "DELETE /api/auth/tokens/{id}", "DELETE /api/auth/sessions/{id}"];
const EXAMPLES: &str = "20";
const SEED: &str = "20261120";

fn schemathesis() -> PathBuf {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/test-venv");
    let venv = std::env::var_os("LARES_TEST_VENV").map_or(beside, PathBuf::from);
    let program = venv.join("bin/schemathesis");
    assert!(program.exists(), "{} is missing: run scripts/prepare-tests.sh first", program.display());
    program
}

/// Ids that exist, so that more than 404 is tried. What deletes keeps its random ones.
fn known_ids(document: &Value, ids: &Ids) -> String {
    let mut text = String::new();
    for name in ENDS_WHAT_IT_NAMES {
        text.push_str(&format!("[[operations]]\ninclude-name = {name:?}\n"));
        for phase in ["examples", "coverage", "fuzzing"] {
            text.push_str(&format!("phases.{phase}.extra-data-sources.responses = false\n"));
        }
    }
    let named = |one: &Operation| format!("{} {}", one.method, one.path);
    let harmless =
        |one: &&Operation| one.method != Method::DELETE && !ENDS_WHAT_IT_NAMES.contains(&named(one).as_str());
    for operation in operations(document).iter().filter(harmless) {
        let names = operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let values =
            names.zip(&operation.path_ids).map(|(name, kind)| format!("{name:?} = {:?}", ids[kind.as_str()]));
        let values = values.collect::<Vec<_>>().join(", ");
        if !values.is_empty() {
            let name = named(operation);
            text.push_str(&format!(
                "[[operations]]\ninclude-name = {name:?}\nparameters = {{ {values} }}\n\n"
            ));
        }
    }
    text
}

/// Something of everything that can be listed.
async fn lived_in(world: &World) -> Ids {
    let mut lock = world.connect(&world.a.lock).await;
    let mut plug = world.connect(&world.a.plug).await;
    lock.report(&[("DoorLock.LockState", json!("Unlocked"))]).await;
    plug.report(&[("OnOff.OnOff", json!(true)), ("ElectricalPowerMeasurement.ActivePower", json!(7))]).await;
    plug.report_at(now_ms() - 3_600_000, &[("ElectricalPowerMeasurement.Voltage", json!(230.1))]).await;
    let occurrence = json!({ "v": 1, "time": now_ms(), "events": [{ "event": "DoorLock.LockOperation" }] });
    lock.say("event", &occurrence).await;
    let topic = lock.topic("telemetry");
    lock.publish(&topic, "no JSON \0").await;
    let ids = samples(world, Owner, &world.a).await;
    let command = lock.next_command().await;
    lock.answer(&command, "refused", Some("because")).await;
    ids
}

fn run(world: &World, known_ids: &str) -> Output {
    let checks = [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
        "negative_data_rejection",
    ];
    let report = world.data().join("schemathesis");
    std::fs::create_dir_all(&report).unwrap();
    std::fs::write(report.join("schemathesis.toml"), known_ids).unwrap();
    Command::new(schemathesis())
        .current_dir(&report)
        .env("NO_COLOR", "1")
        .args(["run", &format!("{}/api/openapi.json", world.http())])
        .args(["--header", &format!("Authorization: Bearer {}", world.token(Owner))])
        .args(["--checks", &checks.join(",")])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(LEFT_OUT.iter().flat_map(|id| ["--exclude-operation-id", *id]))
        .args(["--max-examples", EXAMPLES, "--seed", SEED, "--request-timeout", "60"])
        .args(["--generation-database", "none", "--continue-on-failure"])
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g11_schemathesis_finds_no_server_error_and_no_answer_beside_the_document() {
    let world = World::start_with(|config| {
        config.limits.per_user_per_second = 100_000;
        config.limits.per_network_per_second = 100_000;
    })
    .await;
    let ids = lived_in(&world).await;
    let known_ids = known_ids(&world.openapi().await, &ids);
    let output = tokio::task::block_in_place(|| run(&world, &known_ids));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // That it tried something, and as somebody to the end, is part of the proof.
    world.get("/api/auth/profile").as_(Owner).expect(200).await;
    assert!(said.contains("generated"), "{said}");
    assert!(world.metric("lares_http_responses_total").await > 2_000.0, "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_ends_the_token_and_no_other() {
    let world = World::start().await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let session = world.post("/api/auth/login").json(login).expect(200).await;
    let token = session["token"].as_str().unwrap();
    world.get("/api/auth/profile").bearer(token).expect(200).await;
    world.post("/api/auth/logout").bearer(token).expect(204).await;
    world.get("/api/auth/profile").bearer(token).expect(401).await;
    world.get("/api/auth/profile").as_(Owner).expect(200).await;
    world.stop().await;
}
