//! A demo's other world and its misbehaving devices, asked for on the command line of the real program.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;

use crate::process::{Api, Engine, Lares, wait_until};

const WITHIN: Duration = Duration::from_secs(40);

/// One home of the demo's, with a name of its own.
fn another_world() -> String {
    let demo =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../twin/scenarios/demo.toml")).unwrap();
    let homes: Vec<_> = demo.split("[[home]]").collect();
    format!("{}[[home]]{}", homes[0], homes[1].replace("Lindenstrasse 12", "Quellenweg 3"))
}

fn installation(options: impl Fn(&PathBuf) -> Vec<String>) -> Lares {
    let home = tempfile::Builder::new().prefix("lares-it-").tempdir().unwrap();
    let (data, file) = (home.path().join("data"), home.path().join("world.toml"));
    fs::write(&file, another_world()).unwrap();
    let options = options(&file);
    let mut lares = Lares::on(Engine::Sqlite, home, data);
    lares.demo_options = options;
    lares
}

async fn device(api: &Api, name: &str) -> String {
    let devices = api.all("/api/iot/devices?limit=1000").await;
    let found = devices.iter().find(|device| device["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    found["id"].as_str().unwrap().to_owned()
}

async fn look(api: &Api, id: &str, what: &str) -> Json {
    api.get(&format!("/api/iot/devices/{id}/{what}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_and_its_faults_are_asked_for_on_the_command_line() {
    let mut lares = installation(|file| {
        let faults = ["House meter=garbage,every=2", "AQU-R-51077=flat_battery", "Fridge=duplicates"];
        let scenario = ["--scenario".to_owned(), file.display().to_string()];
        let asked = faults.iter().flat_map(|fault| ["--fault".to_owned(), (*fault).to_owned()]);
        scenario.into_iter().chain(asked).collect()
    });
    lares.start().await;
    let api = lares.api();
    let homes = api.all("/api/homes?limit=1000").await;
    assert_eq!(homes.iter().map(|home| &home["name"]).collect::<Vec<_>>(), ["Quellenweg 3"]);
    let (meter, window) = (device(&api, "House meter").await, device(&api, "Kitchen window").await);
    let fridge = device(&api, "Fridge").await;
    wait_until("garbage is refused with a reason", WITHIN, async || {
        let seen = look(&api, &meter, "diagnostics").await;
        seen["counts"]["rejected"].as_u64() > Some(0) && seen["counts"]["readings"].as_u64() > Some(0)
    })
    .await;
    wait_until("the flat one is gone", WITHIN, async || {
        look(&api, &window, "").await["presence"]["status"] == "offline"
    })
    .await;
    assert!(look(&api, &window, "state").await.to_string().contains("Critical"));
    wait_until("what is said twice is counted", WITHIN, async || {
        look(&api, &fridge, "diagnostics").await["duplicates"].as_u64() > Some(0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_request_is_said_before_anything_starts() {
    for (options, reason) in [
        (["--fault", "Nobody=silence"], "no device with the serial number or name \"Nobody\""),
        (["--fault", "Fridge=noise"], "fault: unknown variant `noise`, expected one of `silence`"),
        (["--fault", "Fridge"], "must be a device, = and a fault"),
        (["--scenario", "/nowhere/world.toml"], "--scenario /nowhere/world.toml: No such file"),
        (["--scenario", "/proc/self/comm"], "key with no value, expected `=`"),
    ] {
        let mut lares = installation(|_| options.map(str::to_owned).to_vec());
        let said = lares.try_start().await.unwrap_err();
        assert!(said.contains(reason), "{options:?}: {said}");
        assert!(!lares.data.join("lares.db").exists(), "{options:?}");
    }
}
