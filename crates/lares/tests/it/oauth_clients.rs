//! Clients that nobody here wrote, from registration to logout: Authlib, openid-client and oauth4webapi, and
//! oidc-client-ts in a page of another origin in Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::oauth_world::*;
use super::world::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn python() -> PathBuf {
    let beside = root().join("target/test-venv");
    let venv = std::env::var_os("LARES_TEST_VENV").map_or(beside, PathBuf::from);
    let python = venv.join("bin/python");
    assert!(python.exists(), "there is no {}: run scripts/prepare-tests.sh first", python.display());
    python
}

fn node(script: &str) -> Command {
    let folder = root().join("tests/oauth");
    assert!(folder.join("node_modules").exists(), "run scripts/prepare-tests.sh first");
    let mut command = Command::new("node");
    command.arg(folder.join(script));
    command
}

/// What a client is told: where the server is, which clients it may be, and as whom the consent is answered.
async fn settings(world: &World) -> String {
    let program = client(world, Owner, web_client()).await;
    let post = web_client_with(json!({ "token_endpoint_auth_method": "client_secret_post" }));
    let post = client(world, Owner, post).await;
    let public = client(
        world,
        Owner,
        web_client_with(json!({
            "application_type": "native", "token_endpoint_auth_method": "none",
            "redirect_uris": ["http://127.0.0.1/cb"], "post_logout_redirect_uris": ["http://127.0.0.1/bye"],
        })),
    )
    .await;
    let one = |program: &Program| json!({ "id": program.id, "secret": program.secret });
    json!({
        "issuer": issuer(world),
        "owner": world.in_person(Owner).await,
        "email": Owner.email(),
        "password": PASSWORD,
        "callback": CALLBACK,
        "basic": one(&program),
        "post": one(&post),
        "public": one(&public),
        "organisation": world.a.organisation,
    })
    .to_string()
}

async fn completes(mut command: Command) {
    let world = World::start().await;
    command.arg(settings(&world).await).current_dir(root());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("all flows completed"), "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_authlib_completes_every_flow() {
    let mut command = Command::new(python());
    command.arg(root().join("crates/lares/tests/clients/authlib_client.py"));
    // Its server here speaks plain HTTP.
    command.env("AUTHLIB_INSECURE_TRANSPORT", "1");
    completes(command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a14_openid_client_completes_every_flow() {
    completes(node("openid_client.mjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a15_oauth4webapi_completes_every_flow() {
    completes(node("oauth4webapi.mjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_oidc_client_ts_completes_every_flow_in_chromium() {
    completes(node("oidc_client_ts.mjs")).await;
}
