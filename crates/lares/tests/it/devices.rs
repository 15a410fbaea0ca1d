//! The life of a device as a person manages it: registration, change, groups, replacement, bulk import, removal.

use serde_json::{Value, json};

use super::device::Login;
use super::world::*;

fn path_of(device: &Registered) -> String {
    format!("/api/iot/devices/{}", device.id)
}

async fn items(world: &World, path: &str) -> Vec<Value> {
    world.get(path).as_(Owner).expect(200).await["items"].as_array().unwrap().clone()
}

async fn until_readings(world: &World, device: &Registered, count: usize) -> Vec<Value> {
    let path = format!("{}/readings", path_of(device));
    eventually("readings", async || items(world, &path).await, |items| items.len() == count).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_registered_shown_changed_and_removed() {
    let world = World::start().await;
    let body = json!({
        "home": world.a.home, "room": world.a.room, "name": "Hall light", "vendor": "Acme", "model": "L1",
        "serial": "S-77", "firmware": "1.2", "tags": ["light"], "encoding": "json", "expected_interval_s": 60,
        "endpoints": [{ "endpoint": 1, "capabilities": ["OnOff", "LevelControl"] }],
    });
    let made = world.post("/api/iot/devices/register").as_(Owner).json(body.clone()).expect(201).await;
    let id = id_of(&made);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(made[field], *value, "{field}");
    }
    assert_eq!(made["organisation"], world.a.organisation);
    assert_eq!(made["presence"]["status"], "unknown");
    assert_eq!(made["credentials"]["username"], id);
    assert_eq!(made["credentials"]["topics"]["telemetry"], format!("lares/devices/{id}/telemetry"));
    let shown = world.get(format!("/api/iot/devices/{id}")).as_(Owner).send().await;
    assert!(!shown.text.contains("credentials"), "a password is shown once");
    assert!(items(&world, "/api/iot/devices").await.contains(&shown.json));
    // The serial is taken, and said to be; another household may have the same.
    world.post("/api/iot/devices/register").as_(Owner).json(body.clone()).expect(409).await;
    let mut theirs = body.clone();
    theirs["home"] = json!(world.b.home);
    theirs["room"] = json!(null);
    world.post("/api/iot/devices/register").as_(Neighbour).json(theirs).expect(201).await;

    let path = format!("/api/iot/devices/{id}");
    let change = json!({ "name": "Lamp", "room": null, "tags": ["light", "upstairs"], "firmware": null });
    let changed = world.patch(&path).as_(Owner).json(change).expect(200).await;
    assert_eq!(
        (&changed["name"], &changed["room"], &changed["firmware"]),
        (&json!("Lamp"), &json!(null), &json!(null))
    );
    assert_eq!(changed["serial"], "S-77", "what is left out stays");
    assert_eq!(items(&world, "/api/iot/devices?tag=upstairs").await, std::slice::from_ref(&changed));
    assert_eq!(world.get(&path).as_(Owner).expect(200).await, changed);
    let events = items(&world, &format!("{path}/events?type=device.registered,device.updated")).await;
    assert_eq!(events[1]["payload"]["before"]["name"], "Hall light");
    assert_eq!(events[1]["payload"]["after"]["name"], "Lamp");
    // A change of nothing is no event.
    world.patch(&path).as_(Owner).json(json!({ "name": "Lamp" })).expect(200).await;
    world.patch(&path).as_(Owner).json(json!({})).expect(200).await;
    assert_eq!(items(&world, &format!("{path}/events?type=device.updated")).await.len(), 1);

    world.delete(&path).as_(Owner).expect(204).await;
    world.get(&path).as_(Owner).expect(404).await;
    world.delete(&path).as_(Owner).expect(404).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_takes_over_and_the_old_hardware_is_out_at_once() {
    let world = World::start().await;
    let old = world.a.plug.clone();
    let mut old_hardware = world.connect(&old).await;
    old_hardware.report(&[("ElectricalPowerMeasurement.ActivePower", json!(5))]).await;
    let command = json!({ "name": "OnOff.Toggle" });
    let command =
        id_of(&world.post(format!("{}/commands", path_of(&old))).as_(Owner).json(command).expect(202).await);
    let envelope = old_hardware.next_command().await;
    old_hardware.answer(&envelope, "accepted", None).await;
    world.get(format!("/api/iot/commands/{command}?wait=10s")).as_(Owner).expect(200).await;
    until_readings(&world, &old, 1).await;

    let hardware = json!({ "vendor": "Better", "serial": "NEW-1" });
    let replaced =
        world.post(format!("{}/replace", path_of(&old))).as_(Owner).json(hardware).expect(200).await;
    let new = registered(&replaced);
    assert_eq!(new.id, old.id);
    assert_ne!(new.password, old.password);
    assert_eq!((&replaced["vendor"], &replaced["serial"]), (&json!("Better"), &json!("NEW-1")));
    assert_eq!(replaced["name"], "aldgate plug");
    old_hardware.ended().await;
    let refused = world.try_connect(&Login::of(&old)).await.err().unwrap();
    assert!(refused.contains("BadUserNamePassword"), "{refused}");

    let mut new_hardware = world.connect(&new).await;
    new_hardware.report(&[("ElectricalPowerMeasurement.ActivePower", json!(6))]).await;
    let readings = until_readings(&world, &old, 2).await;
    assert_eq!((&readings[0]["value"], &readings[1]["value"]), (&json!(5.0), &json!(6.0)));
    let kept = items(&world, &format!("{}/commands", path_of(&old))).await;
    assert_eq!(id_of(&kept[0]), command);
    let events = items(&world, &format!("{}/events?type=device.replaced", path_of(&old))).await;
    assert_eq!(events[0]["payload"]["before"]["serial"], "aldgate plug serial");
    assert_eq!(events[0]["payload"]["after"]["serial"], "NEW-1");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotated_credentials_end_the_live_session() {
    let world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    let rotated = world.post(format!("{}/credentials", path_of(&world.a.plug))).as_(Owner).expect(200).await;
    plug.ended().await;
    assert!(world.try_connect(&Login::of(&world.a.plug)).await.is_err());
    world.connect(&registered(&rotated)).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_device_takes_its_readings_along_and_cannot_come_back() {
    let world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("ElectricalPowerMeasurement.ActivePower", json!(77.25))]).await;
    until_readings(&world, &world.a.plug, 1).await;
    world.delete(path_of(&world.a.plug)).as_(Owner).expect(204).await;
    plug.ended().await;
    for part in ["", "/readings", "/state", "/events", "/commands", "/diagnostics"] {
        world.get(format!("{}{part}", path_of(&world.a.plug))).as_(Owner).expect(404).await;
    }
    let refused = world.try_connect(&Login::of(&world.a.plug)).await.err().unwrap();
    assert!(refused.contains("BadUserNamePassword"), "{refused}");
    let telemetry = &world.running().hub.telemetry;
    let query = lares_telemetry::ReadingsQuery {
        device: world.a.plug.id.parse().unwrap(),
        endpoint: None,
        attribute: None,
        from: None,
        until: None,
        after: None,
        known_at: None,
        limit: 10,
        descending: false,
    };
    assert!(telemetry.readings(&query).await.unwrap().is_empty());
    // Its events stay in the household's log as history.
    let events = items(&world, &format!("/api/events?device={}&type=device.deleted", world.a.plug.id)).await;
    assert_eq!(events.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_called_by_its_line_however_lines_end() {
    let world = World::start().await;
    let home = &world.a.home;
    let lines = [
        "\u{feff}home,name,capabilities",
        &format!("{home},\"Two,lines\",OnOff"),
        "nowhere,Third,OnOff",
        "",
        &format!("{home},Short"),
        &format!("{home},Sixth,OnOff Teleport"),
    ];
    for end in ["\n", "\r\n"] {
        let csv = lines.join(end).replace("Two,lines", &format!("Two{end}lines"));
        let report = world.post("/api/iot/devices/import").as_(Owner).raw("text/csv", csv).expect(200).await;
        let told: Vec<_> =
            report["rows"].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect();
        assert_eq!(told, [2, 4, 6, 7], "{end:?}: {report}");
        let error = &report["rows"][3]["errors"][0];
        assert_eq!(error["field"], "capabilities", "{report}");
        assert!(error["reason"].as_str().unwrap().starts_with("word 2 is not a capability"), "{report}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_reports_row_by_row_and_keeps_nothing_of_bad_rows() {
    let world = World::start().await;
    let (home, foreign) = (&world.a.home, &world.b.home);
    let csv = format!(
        "home,name,capabilities,serial,tags,encoding,expected_interval_s,room\n\
         {home},First,OnOff Identify,IMP-1,a b,cbor,60,\n\
         {home},,OnOff,IMP-2,,,,\n\
         {foreign},Foreign,OnOff,IMP-3,,,,\n\
         nowhere,Nowhere,OnOff,IMP-4,,,,\n\
         {home},Teleporter,Teleport,IMP-5,,,,\n\
         {home},Twice,OnOff,IMP-1,,,,\n\
         {home},Odd,OnOff,IMP-6,,xml,soon,\n\
         {home},Short,OnOff\n\
         {home},\"Quoted, with\nnew line\",OnOff,IMP-7,,,,{}\n\
         {home},Retry,OnOff,IMP-2,,,,\n",
        world.a.room
    );
    let report = world.post("/api/iot/devices/import").as_(Owner).raw("text/csv", csv.clone()).key("csv");
    let report = report.expect(200).await;
    assert_eq!((&report["registered"], &report["refused"]), (&json!(2), &json!(8)), "{report}");
    let rows = report["rows"].as_array().unwrap();
    let fields = |row: &Value| {
        row["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["field"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["line"].as_u64().unwrap(), row["device"].is_object(), fields(row)))
        .collect();
    let bad = |line, fields: &[&str]| (line, false, fields.iter().map(|field| (*field).to_owned()).collect());
    let good = |line| (line, true, vec![]);
    let expected = [
        good(2),
        bad(3, &["name"]),
        bad(4, &["home"]),
        bad(5, &["home"]),
        bad(6, &["capabilities"]),
        bad(7, &["serial"]),
        bad(8, &["encoding", "expected_interval_s"]),
        bad(9, &["row"]),
        bad(10, &["name"]),
        good(12),
    ];
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.len(), expected.len());
    let devices = items(&world, "/api/iot/devices").await;
    assert_eq!(devices.len(), 4, "bad rows left something");
    let first = devices.iter().find(|device| device["name"] == "First").unwrap();
    assert_eq!((&first["tags"], &first["encoding"]), (&json!(["a", "b"]), &json!("cbor")));
    assert_eq!(
        items(&world, &format!("/api/iot/devices?organisation={}", world.a.organisation)).await.len(),
        4
    );

    // What was handed out works, and the same file under the same key is not registered twice.
    let row = &rows[0]["device"];
    let imported = Registered { id: id_of(row), password: row["password"].as_str().unwrap().to_owned() };
    world.try_connect(&Login::of(&imported)).await.unwrap();
    let again =
        world.post("/api/iot/devices/import").as_(Owner).raw("text/csv", csv).key("csv").expect(200).await;
    assert_eq!(again, report);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serial_is_taken_within_its_organisation_only() {
    let world = World::start().await;
    let second = json!({ "name": "second" });
    let second = id_of(&world.post("/api/organisations").as_(Owner).json(second).expect(201).await);
    let home = json!({ "organisation": second, "name": "h", "time_zone": "UTC", "property_type": "house" });
    let home = id_of(&world.post("/api/homes").as_(Owner).json(home).expect(201).await);
    let taken = "aldgate plug serial";
    let csv = format!(
        "home,name,capabilities,serial\n{home},Other,OnOff,{taken}\n{},Same,OnOff,{taken}\n",
        world.a.home
    );
    let report = world.post("/api/iot/devices/import").as_(Owner).raw("text/csv", csv).expect(200).await;
    let outcome: Vec<_> =
        report["rows"].as_array().unwrap().iter().map(|row| row["device"].is_object()).collect();
    assert_eq!(outcome, [true, false], "{report}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_such_table_is_refused_as_a_whole() {
    let world = World::start().await;
    let header = "home,name,capabilities";
    let many = format!("{header}\n{}", format!("{},x,OnOff\n", world.a.home).repeat(2_001));
    for text in ["", header, "name\nx", "home,name,capabilities,colour\na,b,c,d", "\0\0\0", many.as_str()] {
        let reply = world.post("/api/iot/devices/import").as_(Owner).raw("text/csv", text).send().await;
        assert_eq!(reply.status, 422, "{text:.40}: {}", reply.text);
    }
    let call = world
        .post("/api/iot/devices/import")
        .as_(Owner)
        .raw("text/csv", b"home,name,capabilities\n\xff,\xfe,OnOff\n".to_vec());
    let reply = call.send().await;
    assert!(reply.status == 422 || reply.json["registered"] == 0, "{}", reply.text);
    world.post("/api/iot/devices/import").as_(Owner).json(json!({})).expect(415).await;
    assert_eq!(items(&world, "/api/iot/devices").await.len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_presence_and_history_follow_the_device() {
    let world = World::start().await;
    let path = path_of(&world.a.lock);
    let presence = async || world.get(&path).as_(Owner).expect(200).await["presence"]["status"].clone();
    let mut lock = world.connect(&world.a.lock).await;
    eventually("online", presence, |status| status == "online").await;
    lock.report(&[("DoorLock.LockState", json!("Unlocked"))]).await;
    lock.report(&[("DoorLock.LockState", json!("Unlocked"))]).await;
    lock.report(&[("DoorLock.LockState", json!("Locked"))]).await;
    let changes = format!("{path}/events?type=attribute.changed");
    let changes =
        eventually("two changes", async || items(&world, &changes).await, |items| items.len() == 2).await;
    assert_eq!(
        (&changes[1]["payload"]["from"], &changes[1]["payload"]["to"]),
        (&json!("Unlocked"), &json!("Locked"))
    );
    // An old value that arrives late is history, marked, and not the state.
    lock.report_at(now_ms() - 3_600_000, &[("DoorLock.LockState", json!("Unlatched"))]).await;
    let readings = until_readings(&world, &world.a.lock, 4).await;
    assert_eq!((&readings[0]["value"], &readings[0]["quality"]), (&json!("Unlatched"), &json!("late")));
    let state = world.get(format!("{path}/state")).as_(Owner).expect(200).await;
    assert_eq!(state["attributes"][0]["value"], "Locked");
    lock.vanish().await;
    eventually("offline", presence, |status| status == "offline").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_message_is_counted_once_and_an_unnumbered_one_is_marked() {
    let world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    let topic = plug.topic("telemetry");
    let power = json!([{ "attribute": "ElectricalPowerMeasurement.ActivePower", "value": 1 }]);
    let numbered =
        json!({ "v": 1, "seq": 1, "epoch": "boot-1", "time": now_ms(), "readings": power }).to_string();
    for _ in 0..3 {
        assert_eq!(plug.publish(&topic, numbered.clone()).await, "Success");
    }
    let bare = json!({ "v": 1, "readings": power }).to_string();
    for _ in 0..2 {
        assert_eq!(plug.publish(&topic, bare.clone()).await, "Success");
    }
    let readings = until_readings(&world, &world.a.plug, 3).await;
    let marked: Vec<_> = readings.iter().map(|reading| reading["at_least_once"] == true).collect();
    assert_eq!(marked, [false, true, true]);
    let diagnostics =
        world.get(format!("{}/diagnostics", path_of(&world.a.plug))).as_(Owner).expect(200).await;
    assert_eq!(diagnostics["duplicates"], 2);
    world.stop().await;
}
