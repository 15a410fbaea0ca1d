//! Lists and inputs in general: pages visit everything once, cursors are this server's own, filters filter, and what
//! is wrong is named by field.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::access::operations;
use super::world::*;

const NOT_IDS: [&str; 6] =
    ["0", "x", "019e0000-0000-7000-8000-00000000000", "019e0000-0000-7000-8000-0000000000000", "%00", "null"];

/// Follows the cursors to the end, a few entries at a time.
async fn pages(world: &World, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    let joint = if path.contains('?') { '&' } else { '?' };
    for _ in 0..200 {
        let asked = format!("{path}{joint}limit={limit}{cursor}");
        let page = world.get(asked).as_(Owner).expect(200).await;
        let found = page["items"].as_array().unwrap().clone();
        assert!(found.len() <= limit, "{path}");
        items.extend(found);
        let next = page["next_cursor"].as_str();
        match next {
            Some(next) if page["more"] != false => cursor = format!("&cursor={next}"),
            _ => return items,
        }
    }
    panic!("{path}: the pages do not end");
}

async fn whole(world: &World, path: &str) -> Vec<Value> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let page = world.get(format!("{path}{joint}limit=1000")).as_(Owner).expect(200).await;
    page["items"].as_array().unwrap().clone()
}

/// Eleven of everything that is listed.
async fn crowd(world: &World) {
    let mut plug = world.connect(&world.a.plug).await;
    let start = now_ms() - 60_000;
    for number in 0..11 {
        world.register(Owner, &world.a.home, &format!("crowd {number}"), &["OnOff"]).await;
        let body = json!({ "name": format!("crowd {number}") });
        world.post("/api/organisations").as_(Owner).json(body.clone()).expect(201).await;
        world.post(format!("/api/homes/{}/rooms", world.a.home)).as_(Owner).json(body).expect(201).await;
        let home = json!({ "organisation": world.a.organisation, "name": "crowd", "time_zone": "UTC",
            "property_type": "room" });
        world.post("/api/homes").as_(Owner).json(home).expect(201).await;
        let command = json!({ "name": "Identify.Identify", "args": { "IdentifyTime": number } });
        world
            .post(format!("/api/iot/devices/{}/commands", world.a.lock.id))
            .as_(Owner)
            .json(command)
            .expect(202)
            .await;
        // Two series at one instant: the time alone is no cursor.
        let time = start + i64::from(number) * 1_000;
        plug.report_at(time, &[("ElectricalPowerMeasurement.ActivePower", json!(number))]).await;
        plug.report_at(time, &[("ElectricalPowerMeasurement.Voltage", json!(230 + number))]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_visit_everything_once_and_in_order() {
    let world = World::start().await;
    crowd(&world).await;
    let (lock, plug) = (&world.a.lock.id, &world.a.plug.id);
    let readings = format!("/api/iot/devices/{plug}/readings");
    let seen = async || whole(&world, &readings).await.len();
    eventually("all readings", seen, |count| *count == 22).await;
    let paths = [
        "/api/organisations".to_owned(),
        "/api/homes".to_owned(),
        "/api/rooms".to_owned(),
        format!("/api/rooms?home={}", world.a.home),
        format!("/api/homes/{}/rooms", world.a.home),
        format!("/api/organisations/{}/members", world.a.organisation),
        "/api/iot/devices".to_owned(),
        "/api/iot/commands".to_owned(),
        format!("/api/iot/devices/{lock}/commands"),
        "/api/events".to_owned(),
        "/api/events?order=newest_first".to_owned(),
        "/api/events?type=home.created,room.created".to_owned(),
        format!("/api/iot/devices/{lock}/events"),
        readings.clone(),
        format!("{readings}?order=newest_first"),
        format!("{readings}?attribute=ElectricalPowerMeasurement.Voltage"),
    ];
    for path in &paths {
        let all = whole(&world, path).await;
        assert!(all.len() >= 3, "{path}: {}", all.len());
        for limit in [1, 3, all.len()] {
            assert_eq!(pages(&world, path, limit).await, all, "{path} by {limit}");
        }
        let mut keys = BTreeSet::new();
        assert!(all.iter().all(|item| keys.insert(item.to_string())), "{path}: something is there twice");
    }
    let newest: Vec<_> = whole(&world, &format!("{readings}?order=newest_first")).await;
    let mut oldest = whole(&world, &readings).await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn following_the_event_log_misses_nothing_and_numbers_without_gaps() {
    let world = World::start().await;
    let path = format!("/api/events?organisation={}", world.a.organisation);
    let mut cursor = String::new();
    let mut seqs = Vec::new();
    for number in 0..12 {
        let body = json!({ "name": format!("room {number}") });
        world.post(format!("/api/homes/{}/rooms", world.a.home)).as_(Owner).json(body).expect(201).await;
        let page = world.get(format!("{path}&limit=3{cursor}")).as_(Owner).expect(200).await;
        seqs.extend(page["items"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()));
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
    }
    let page = world.get(format!("{path}&limit=1000{cursor}")).as_(Owner).expect(200).await;
    seqs.extend(page["items"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()));
    assert_eq!(page["more"], false);
    assert_eq!(seqs, (1..=i64::try_from(seqs.len()).unwrap()).collect::<Vec<_>>());
    assert!(seqs.len() >= 18);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_is_not_of_this_list_is_gone() {
    let world = World::start().await;
    crowd(&world).await;
    let devices = world.get("/api/iot/devices?limit=2").as_(Owner).expect(200).await;
    let cursor = devices["next_cursor"].as_str().unwrap().to_owned();
    let mut bent = cursor.clone().into_bytes();
    bent[3] = if bent[3] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    let made_up = ["x", "AAAA", "e30", "%00", "-", bent.as_str(), &"A".repeat(3_000)].map(str::to_owned);
    let document = world.openapi().await;
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        if !parameters.iter().any(|parameter| parameter["name"] == "cursor") {
            continue;
        }
        let id = match path.split('/').nth(2) {
            Some("organisations") => &world.a.organisation,
            Some("homes") => &world.a.home,
            _ => &world.a.plug.id,
        };
        let path = path.replace("{id}", id);
        for wrong in made_up.iter().chain((path != "/api/iot/devices").then_some(&cursor)) {
            let reply = world.get(format!("{path}?cursor={wrong}")).as_(Owner).send().await;
            let expected = if wrong == "%00" { 422 } else { 410 };
            assert_eq!(reply.status, expected, "{}: {}", reply.asked, reply.text);
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
    // Somebody else's cursor is a place in an order, no right: it shows the neighbour's own things only.
    let reply = world.get(format!("/api/iot/devices?cursor={cursor}")).as_(Neighbour).send().await;
    assert!(!reply.text.contains(world.a.mark), "{}", reply.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_filter_and_unknown_ones_are_refused() {
    let world = World::start().await;
    let (home, lock, plug) = (&world.a.home, &world.a.lock.id, &world.a.plug.id);
    let change = json!({ "tags": ["ground-floor", "heating"], "room": world.a.room });
    world.patch(format!("/api/iot/devices/{lock}")).as_(Owner).json(change).expect(200).await;
    let ids = async |query: &str| {
        let mut ids: Vec<_> =
            whole(&world, &format!("/api/iot/devices?{query}")).await.iter().map(id_of).collect();
        ids.sort();
        ids
    };
    let both = {
        let mut both = vec![lock.clone(), plug.clone()];
        both.sort();
        both
    };
    assert_eq!(ids("").await, both);
    assert_eq!(ids(&format!("home={home}")).await, both);
    assert_eq!(ids(&format!("room={}", world.a.room)).await, std::slice::from_ref(lock));
    assert_eq!(ids("tag=heating").await, std::slice::from_ref(lock));
    assert_eq!(ids("tag=heat").await, Vec::<String>::new());
    assert_eq!(ids("capability=OnOff").await, std::slice::from_ref(plug));
    assert_eq!(ids("search=PLUG").await, std::slice::from_ref(plug));
    assert_eq!(ids("search=%25").await, Vec::<String>::new(), "a per cent sign is text, no wildcard");
    assert_eq!(ids("search=_").await, Vec::<String>::new(), "an underscore is text, no wildcard");
    assert_eq!(ids(&format!("organisation={}", world.a.organisation)).await, both);

    for operation in operations(&world.openapi().await).iter().filter(|one| one.method == Method::GET) {
        if !operation.path.starts_with("/api/") || operation.action == "public" {
            continue;
        }
        let query = operation.filter_ids.is_empty();
        let path = operation.path.replace("{id}", plug);
        if query || operation.path.contains('{') {
            continue;
        }
        let reply = world.get(format!("{path}?organization=x")).as_(Owner).send().await;
        assert_eq!(reply.status, 422, "{}: {}", reply.asked, reply.text);
        let reply = world.get(format!("{path}?limit=1&limit=2")).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["limit"]), "{}", reply.asked);
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("home=x", "home"),
        ("search=%00", "search"),
    ] {
        let reply = world.get(format!("/api/iot/devices?{query}")).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{query}: {}", reply.text);
    }
    for (query, field) in
        [("type=device.exploded", "type"), ("from=yesterday", "from"), ("order=sideways", "order")]
    {
        let reply = world.get(format!("/api/events?{query}")).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{query}: {}", reply.text);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_an_id_names_nothing() {
    let world = World::start().await;
    for operation in operations(&world.openapi().await).iter().filter(|one| !one.path_ids.is_empty()) {
        for wrong in NOT_IDS {
            let mut path = operation.path.clone();
            while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
                path.replace_range(start..=end, wrong);
            }
            let call = world.call(operation.method.clone(), &path).as_(Owner);
            let reply = if operation.has_body { call.json(json!({})) } else { call }.send().await;
            // A device that is none has not signed its report, either, and a registration is its own token's
            // (RFC 7592, section 2.1).
            let comes_with_its_own =
                operation.action == "device_report" || path.starts_with("/oauth/register/");
            let expected = if comes_with_its_own { 401 } else { 404 };
            assert_eq!(reply.status, expected, "{}: {}", reply.asked, reply.text);
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_body_is_named_by_field() {
    let world = World::start().await;
    let endpoint =
        |number: i64, capability: &str| json!({ "endpoint": number, "capabilities": [capability] });
    let good = json!({ "home": world.a.home, "name": "x", "endpoints": [endpoint(1, "OnOff")] });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("name");
    let cases = [
        (without, "/name"),
        (with("name", json!("")), "/name"),
        (with("name", json!("x".repeat(121))), "/name"),
        (with("name", json!("nul \0 inside")), "/name"),
        (with("name", json!(5)), "/name"),
        (with("name", json!(null)), "/name"),
        (with("nmae", json!("x")), "/nmae"),
        (with("home", json!("not an id")), "/home"),
        (with("home", json!("019e0000-0000-7000-8000-000000000000")), "/home"),
        (with("room", json!(world.b.room)), "/room"),
        (with("endpoints", json!([])), "/endpoints"),
        (with("endpoints", json!([endpoint(255, "OnOff")])), "/endpoints/0/endpoint"),
        (with("endpoints", json!([endpoint(70_000, "OnOff")])), "/endpoints/0/endpoint"),
        (with("endpoints", json!([endpoint(-1, "OnOff")])), "/endpoints/0/endpoint"),
        (with("endpoints", json!([endpoint(1, "OnOff"), endpoint(1, "OnOff")])), "/endpoints/1/endpoint"),
        (with("endpoints", json!([endpoint(1, "Teleport")])), "/endpoints/0/capabilities/0"),
        (with("endpoints", json!([{ "endpoint": 1, "capabilities": [7] }])), "/endpoints/0/capabilities/0"),
        (with("tags", json!(["a", "a"])), "/tags/1"),
        (with("tags", json!(["x".repeat(41)])), "/tags/0"),
        (with("encoding", json!("xml")), "/encoding"),
        (with("expected_interval_s", json!(0)), "/expected_interval_s"),
        (with("expected_interval_s", json!(604_801)), "/expected_interval_s"),
        (with("serial", json!("")), "/serial"),
    ];
    for (body, field) in cases {
        let reply = world.post("/api/iot/devices/register").as_(Owner).json(body.clone()).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{body}: {}", reply.text);
        assert!(!reply.json["errors"][0]["reason"].as_str().unwrap().is_empty());
    }
    // All of them at once, and nothing was registered by any of it.
    let body = json!({ "home": world.a.home, "name": "", "endpoints": [], "tags": ["a", "a"] });
    let reply = world.post("/api/iot/devices/register").as_(Owner).json(body).send().await;
    assert_eq!(reply.wrong_fields().len(), 3, "{}", reply.text);
    assert_eq!(whole(&world, "/api/iot/devices").await.len(), 2);
    world.stop().await;
}
