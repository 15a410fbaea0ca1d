//! Misbehaviour on request, of the real program: `lares demo` with faults on its command line or a scenario of one's
//! own, whose devices come in over MQTT; what each fault looks like from outside; and the same faults in virtual time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lares::simulate::{Digests, run_in};
use lares_twin::Scenario;
use serde_json::{Value as Json, json};

use super::process::{Api, Engine, Lares, wait_until};

const SOON: Duration = Duration::from_secs(90);

fn trouble() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../twin/scenarios/trouble.toml")
}

async fn ids(api: &Api) -> BTreeMap<String, String> {
    let devices = api.all("/api/iot/devices").await;
    let text = |device: &Json, field: &str| device[field].as_str().unwrap_or_default().to_owned();
    devices.iter().map(|device| (text(device, "name"), text(device, "id"))).collect()
}

async fn look(api: &Api, id: &str, what: &str) -> Json {
    api.get(&format!("/api/iot/devices/{id}{what}")).await
}

/// Waits until the device's diagnostics say so.
async fn diagnosed(api: &Api, id: &str, what: &str, holds: impl Fn(&Json) -> bool) {
    wait_until(what, SOON, async || holds(&look(api, id, "/diagnostics").await)).await;
}

/// Whether some message waited for the next one: the two come together, mostly in the same millisecond, though they
/// were measured ten seconds apart. (Which of the two is first on the wire, `faults_tests` of the twin says.)
async fn one_waited_for_the_next(api: &Api, id: &str) -> bool {
    let readings = api.all(&format!("/api/iot/devices/{id}/readings?limit=1000")).await;
    let instant = |reading: &Json, field: &str| {
        reading[field].as_str().unwrap().parse::<lares_model::UnixMillis>().unwrap()
    };
    let mut pairs: Vec<_> =
        readings.iter().map(|reading| (instant(reading, "received"), instant(reading, "time"))).collect();
    pairs.sort();
    pairs.windows(2).any(|two| two[1].0.since_ms(two[0].0) < 100 && two[1].1.since_ms(two[0].1).abs() > 5_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_command_line_shows_from_outside() {
    let mut lares = Lares::new(Engine::Sqlite);
    for fault in [
        "Hallway motion=silence",
        "House meter=duplicates",
        "FER-112-20967=reordering",
        "TV=wrong_clock,offset_s=7200",
        "Rental meter=garbage,every=2",
        "Reading lamp=lying_acks",
        "Kitchen window=flat_battery,after_s=2",
        "Fridge=flapping,up_s=2,down_s=1",
    ] {
        lares.demo_arguments.extend(["--fault".to_owned(), fault.to_owned()]);
    }
    lares.start().await;
    assert!(lares.log_tail(100).contains("Misbehaves on request: Reading lamp (lying_acks)"));
    let api = lares.api();
    let ids = ids(&api).await;
    let of = |name: &str| ids[name].as_str();

    let path = format!("/api/iot/devices/{}/commands?wait=20s", of("Reading lamp"));
    wait_until("the liar hears", SOON, async || {
        let seen = look(&api, of("Reading lamp"), "/diagnostics").await;
        seen["connected"] == true && seen["counts"]["readings"].as_u64() > Some(0)
    })
    .await;
    // At what time of day ever this runs, it is asked for what it is not.
    let state = look(&api, of("Reading lamp"), "/state").await;
    let lamp = state["attributes"].as_array().unwrap().iter().find(|one| one["attribute"] == "OnOff.OnOff");
    let wish = if lamp.unwrap()["value"] == true { "OnOff.Off" } else { "OnOff.On" };
    let answer = api.post(&path, &json!({ "name": wish })).await;
    assert_eq!(answer["state"], "unconfirmed", "{answer}");

    diagnosed(&api, of("House meter"), "duplicates", |seen| seen["duplicates"].as_u64() > Some(0)).await;
    diagnosed(&api, of("TV"), "from the future", |seen| seen["counts"]["future"].as_u64() > Some(0)).await;
    diagnosed(&api, of("Rental meter"), "noise", |seen| seen["counts"]["rejected"].as_u64() > Some(0)).await;
    wait_until("two at once", SOON, async || one_waited_for_the_next(&api, of("Flat meter")).await).await;
    assert!(!one_waited_for_the_next(&api, of("House meter")).await, "twice is not too late");
    wait_until("a flat battery", SOON, async || {
        look(&api, of("Kitchen window"), "").await["presence"]["status"] == "offline"
    })
    .await;
    assert!(look(&api, of("Kitchen window"), "/state").await.to_string().contains("Critical"));
    wait_until("it flaps", SOON, async || {
        let path = format!("/api/iot/devices/{}/events?type=device.online&limit=50", of("Fridge"));
        api.all(&path).await.len() > 1
    })
    .await;
    // All this time it was connected and said nothing; its neighbour without a fault spoke.
    let silent = look(&api, of("Hallway motion"), "/diagnostics").await;
    assert_eq!((&silent["connected"], &silent["counts"]["readings"]), (&json!(true), &json!(0)), "{silent}");
    let neighbour = look(&api, of("Entrance motion"), "/diagnostics").await;
    assert!(neighbour["counts"]["readings"].as_u64() > Some(0), "{neighbour}");
    lares.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_of_ones_own_takes_the_place_of_the_demo() {
    let mut lares = Lares::new(Engine::Sqlite);
    lares.demo_arguments = vec!["--scenario".to_owned(), trouble().display().to_string()];
    lares.start().await;
    let said = lares.log_tail(100);
    assert!(
        said.contains("a simulated home.") && said.contains("Open Kummerweg 3, then Lying lamp"),
        "{said}"
    );
    let api = lares.api();
    let homes = api.all("/api/homes").await;
    assert_eq!(homes.iter().map(|home| &home["name"]).collect::<Vec<_>>(), ["Kummerweg 3"]);
    let ids = ids(&api).await;
    let twice = ids["Fridge that says it twice"].as_str();
    diagnosed(&api, twice, "duplicates", |seen| seen["duplicates"].as_u64() > Some(0)).await;
    lares.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_scenario_or_fault_ends_the_start_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    let text = std::fs::read_to_string(trouble()).unwrap();
    std::fs::write(&file, text.replacen("every = 3", "every = 0", 1).replacen("58.0", "0.0", 1)).unwrap();
    let file = file.display().to_string();
    for (arguments, because) in [
        (
            ["--scenario", &file],
            "device \"Meter with noise\": misbehaviour: every, up_s, down_s: must be above 0",
        ),
        (["--scenario", &file], "home \"trouble\": floor_area_m2: must be from 1 to 100000"),
        (["--scenario", "/nowhere.toml"], "--scenario /nowhere.toml: No such file"),
        (["--fault", "Toaster=silence"], "--fault: device \"Toaster\": there is none of this serial or name"),
        (["--fault", "Fridge=sulking"], "fault: unknown variant `sulking`, expected one of `silence`"),
    ] {
        let mut lares = Lares::new(Engine::Sqlite);
        lares.demo_arguments = arguments.map(str::to_owned).to_vec();
        let refused = lares.try_start().await.unwrap_err();
        assert!(refused.contains(because), "{because:?} not in {refused:?}");
        assert!(!lares.data.join("demo-secrets.json").exists(), "something was made before it was refused");
    }
}

fn lived(scenario: Scenario) -> std::thread::JoinHandle<Digests> {
    std::thread::spawn(move || {
        let folder = tempfile::tempdir().unwrap();
        run_in(folder.path(), None, 7, 2, &scenario).unwrap()
    })
}

#[test]
fn the_same_faults_give_the_same_days_in_virtual_time() {
    let good = Scenario::demo().unwrap();
    let mut odd = good.clone();
    odd.misbehave("House meter=garbage,every=2").unwrap();
    odd.misbehave("Reading lamp=lying_acks").unwrap();
    let own = Scenario::parse(&std::fs::read_to_string(trouble()).unwrap()).unwrap();
    let [good, odd, again, own, own_again] =
        [good, odd.clone(), odd, own.clone(), own].map(lived).map(|run| run.join().unwrap());
    assert_eq!(odd, again);
    assert_eq!(own, own_again);
    assert_ne!(odd.readings.sha256, good.readings.sha256);
    assert_ne!(odd.commands.sha256, good.commands.sha256);
    assert!(own.readings.entries > 100, "{own:?}");
}
