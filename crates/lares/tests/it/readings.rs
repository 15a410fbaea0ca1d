//! Readings of a device beyond the plain list: charts and gaps, files in and out, corrections, removal, and what they
//! take. All through the HTTP door.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::*;

const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";
const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn at(text: &str) -> i64 {
    text.parse::<lares_model::UnixMillis>().unwrap().0
}

fn instant(ms: i64) -> String {
    lares_model::UnixMillis(ms).to_string()
}

async fn meter(world: &World, home: &str, name: &str) -> String {
    let can = ["ElectricalPowerMeasurement", "ElectricalEnergyMeasurement", "OnOff"];
    world.register(Owner, home, name, &can).await.id
}

fn csv(rows: impl Iterator<Item = (i64, &'static str, String)>) -> String {
    let rows = rows.map(|(ms, attribute, value)| format!("{},1,{attribute},{value}\r\n", instant(ms)));
    format!("time,endpoint,attribute,value\r\n{}", rows.collect::<String>())
}

async fn import(world: &World, device: &str, file: String) -> Value {
    let path = format!("/api/iot/devices/{device}/readings/import");
    world.post(path).as_(Owner).raw("text/csv", file).expect(200).await
}

async fn read(world: &World, device: &str, what: &str, query: &str) -> Value {
    world.get(format!("/api/iot/devices/{device}/{what}?{query}")).as_(Owner).expect(200).await
}

fn span(from: i64, until: i64) -> String {
    format!("from={}&until={}", instant(from), instant(until))
}

fn values(list: &Value) -> Vec<f64> {
    list["items"].as_array().unwrap().iter().map(|item| item["value"].as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_has_every_spike_in_its_own_minute_and_says_where_nothing_was_reported() {
    let world = World::start().await;
    let device = meter(&world, &world.a.home, "aldgate meter").await;
    let start = at("2026-03-02T00:00:00Z");
    // A week by the minute, six hours of it missing, with one spike.
    let rows = (0..7 * 24 * 60).filter(|minute| !(3_000..3_360).contains(minute));
    let value = |minute| if minute == 5_431 { 2_500.0 } else { f64::from(minute % 60) };
    let rows: Vec<_> = rows
        .map(|minute| (start + i64::from(minute) * MINUTE_MS, POWER, value(minute).to_string()))
        .collect();
    let count = rows.len();
    assert_eq!(import(&world, &device, csv(rows.into_iter())).await["accepted"], count);
    let week = format!("attribute={POWER}&{}", span(start, start + 7 * 24 * HOUR_MS));
    let chart = read(&world, &device, "chart", &format!("{week}&points=100")).await;
    assert_eq!((&chart["readings"], &chart["unit"]), (&json!(count), &json!("W")));
    let points = chart["points"].as_array().unwrap();
    assert!((100..=400).contains(&points.len()), "{}", points.len());
    let spike = json!({ "time": instant(start + 5_431 * MINUTE_MS), "value": 2_500.0, "quality": "late" });
    assert!(points.contains(&spike));
    let gap =
        json!([{ "from": instant(start + 2_999 * MINUTE_MS), "until": instant(start + 3_360 * MINUTE_MS) }]);
    assert_eq!(chart["gaps"], gap);
    let history = read(&world, &device, "history", &format!("{week}&step=day")).await;
    assert_eq!((history["buckets"].as_array().unwrap().len(), &history["gaps"]), (8, &gap));
    for (asked, field) in [
        (format!("attribute={POWER}&points=0"), "points"),
        (format!("attribute={POWER}&points=4001"), "points"),
        (format!("attribute={POWER}&{}", span(start, start)), "until"),
        ("attribute=Nothing.Known".to_owned(), "attribute"),
        (format!("attribute={POWER}&endpoint=255"), "endpoint"),
    ] {
        let reply = world.get(format!("/api/iot/devices/{device}/chart?{asked}")).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{}", reply.text);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_is_told_when_it_changes_has_no_gaps() {
    let world = World::start().await;
    let device = meter(&world, &world.a.home, "aldgate plug 2").await;
    let start = at("2026-03-02T00:00:00Z");
    let rows = [(0, "true"), (1, "false"), (600, "true")];
    let file =
        csv(rows.into_iter().map(|(minute, on)| (start + minute * MINUTE_MS, "OnOff.OnOff", on.to_owned())));
    import(&world, &device, file).await;
    let query = format!("attribute=OnOff.OnOff&{}", span(start, start + 24 * HOUR_MS));
    for what in ["chart", "history"] {
        assert_eq!(read(&world, &device, what, &query).await["gaps"], json!([]), "{what}");
    }
    world.stop().await;
}

/// What is imported is history: the device is not online for it, nor in another state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_judged_row_by_row_and_taken_once() {
    let world = World::start().await;
    let device = meter(&world, &world.a.home, "aldgate meter").await;
    let now = now_ms();
    let recent = instant(now - 5 * MINUTE_MS);
    let ahead = instant(now + 10 * MINUTE_MS);
    let file = format!(
        "time,endpoint,attribute,value\n\
         2026-03-02T00:00:00Z,1,{POWER},12.5\n\
         {recent},1,{POWER},13\n\
         {ahead},1,{POWER},14\n\
         yesterday,1,{POWER},14\n\
         2026-03-02T00:01:00Z,2,{POWER},14\n\
         2026-03-02T00:01:00Z,1,Nothing.Known,14\n\
         2026-03-02T00:01:00Z,1,{POWER},warm\n\
         2026-03-02T00:01:00Z,x,{POWER},1\n\
         2026-03-02T00:02:00Z,1,{POWER}\n"
    );
    let report = import(&world, &device, file.clone()).await;
    assert_eq!((&report["accepted"], &report["refused"]), (&json!(2), &json!(7)), "{report}");
    let refused =
        |row: &Value| (row["line"].as_u64().unwrap(), row["errors"][0]["field"].as_str().unwrap().to_owned());
    let rows: Vec<_> = report["rows"].as_array().unwrap().iter().map(refused).collect();
    let expected = [
        (4, "time"),
        (5, "time"),
        (6, "endpoint"),
        (7, "attribute"),
        (8, "value"),
        (9, "endpoint"),
        (10, "row"),
    ];
    assert_eq!(rows, expected.map(|(line, field)| (line, field.to_owned())));
    let first = read(&world, &device, "readings", "").await;
    let qualities: Vec<_> = first["items"].as_array().unwrap().iter().map(|item| &item["quality"]).collect();
    assert_eq!(qualities, ["late", "estimated"]);
    // As Windows writes it, and with blank lines.
    let dos = import(
        &world,
        &device,
        file.replace('\n', "\r\n").replacen(&recent, &format!("\r\n\r\n{recent}"), 1),
    )
    .await;
    let lines = |report: &Value| {
        report["rows"].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(lines(&dos), lines(&report).iter().map(|line| line + 2).collect::<Vec<_>>());
    // Once more, and under a key.
    assert_eq!(import(&world, &device, file.clone()).await, report);
    assert_eq!(read(&world, &device, "readings", "").await, first);
    let path = format!("/api/iot/devices/{device}/readings/import");
    let keyed = |body: &str| world.post(path.clone()).as_(Owner).key("k1").raw("text/csv", body);
    assert_eq!(keyed(&file).expect(200).await, keyed(&file).expect(200).await);
    keyed("time,endpoint,attribute,value\n").expect(422).await;
    let state = world.get(format!("/api/iot/devices/{device}/state")).as_(Owner).expect(200).await;
    assert_eq!((&state["presence"]["status"], &state["attributes"]), (&json!("unknown"), &json!([])));
    for (wrong, field) in [
        ("time,endpoint,attribute\n", "line 1"),
        ("time,endpoint,attribute,value,colour\n", "line 1"),
        ("time,endpoint,attribute,value\n", "rows"),
    ] {
        let reply = world.post(path.clone()).as_(Owner).raw("text/csv", wrong).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{}", reply.text);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_exported_can_be_imported_and_says_the_same() {
    let world = World::start().await;
    let (device, other) = (
        meter(&world, &world.a.home, "aldgate =meter, \"1\"").await,
        meter(&world, &world.a.home, "aldgate twin").await,
    );
    let start = at("2026-03-02T00:00:00Z");
    let power = (0..12_000).map(|nth| (start + nth * 1_000, POWER, format!("{}", -0.1 * nth as f64)));
    let switched = (0..3).map(|nth| (start + nth * HOUR_MS + 7, "OnOff.OnOff", (nth % 2 == 0).to_string()));
    import(&world, &device, csv(power.chain(switched))).await;
    let path = format!("/api/iot/devices/{device}/readings.csv?{}", span(start, start + 24 * HOUR_MS));
    let file = world.get(path).as_(Owner).send().await;
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    let name = "attachment; filename=\"aldgate-meter-1-readings-2026-03-02-2026-03-03.csv\"";
    assert_eq!(file.header("content-disposition"), name);
    assert!(
        file.text.starts_with("time,endpoint,attribute,value,unit,quality,received\r\n"),
        "{}",
        &file.text[..80]
    );
    assert_eq!(file.text.lines().count(), 12_004, "several pages, one heading");
    assert_eq!(import(&world, &other, file.text.clone()).await["accepted"], 12_003);
    let all = async |device: &str| {
        let list = read(&world, device, "readings", "limit=50000").await;
        let told = |item: &Value| ["time", "attribute", "value", "quality"].map(|field| item[field].clone());
        list["items"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(all(&other).await, all(&device).await);
    let one =
        read_csv(&world, &device, &format!("attribute=OnOff.OnOff&{}", span(start, start + 1_000))).await;
    assert_eq!(
        one.lines().nth(1).unwrap().split(',').take(4).collect::<Vec<_>>()[2..],
        ["OnOff.OnOff", "true"]
    );
    world.stop().await;
}

async fn read_csv(world: &World, device: &str, query: &str) -> String {
    world.get(format!("/api/iot/devices/{device}/readings.csv?{query}")).as_(Owner).send().await.text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_counts_from_now_on_and_what_was_known_stays_readable() {
    let world = World::start().await;
    let device = meter(&world, &world.a.home, "aldgate meter").await;
    let start = at("2026-03-02T00:00:00Z");
    let rows = (0..3).map(|nth| (start + nth * MINUTE_MS, POWER, (10 * nth).to_string()));
    import(&world, &device, csv(rows)).await;
    let path = format!("/api/iot/devices/{device}/readings/corrections");
    let body = |time: i64, value: Value, reason: &str| json!({ "endpoint": 1, "attribute": POWER, "time": instant(time), "value": value, "reason": reason });
    let corrected =
        world.post(&path).as_(Owner).json(body(start + MINUTE_MS, json!(11.5), "misread")).expect(201).await;
    assert_eq!((&corrected["before"], &corrected["after"]), (&json!(10.0), &json!(11.5)));
    assert_eq!(values(&read(&world, &device, "readings", "").await), [0.0, 11.5, 20.0]);
    let known_at = at(corrected["known_at"].as_str().unwrap());
    let before = read(&world, &device, "readings", &format!("known_at={}", instant(known_at - 1))).await;
    assert_eq!(values(&before), [0.0, 10.0, 20.0]);
    let history = read(
        &world,
        &device,
        "history",
        &format!("attribute={POWER}&{}&buckets=1", span(start, start + HOUR_MS)),
    )
    .await;
    assert_eq!(history["buckets"][0]["mean"], json!(10.5));
    let events = world
        .get(format!("/api/iot/devices/{device}/events?type=reading.corrected"))
        .as_(Owner)
        .expect(200)
        .await;
    let event = &events["items"][0];
    assert_eq!((&event["payload"]["reason"], &event["payload"]["before"]), (&json!("misread"), &json!(10.0)));
    assert_eq!(event["cause"]["type"], "user");
    for (wrong, fields) in [
        (body(start + 1, json!(1), "no such instant"), vec!["/time"]),
        (body(start, json!("warm"), "x"), vec!["/value"]),
        (body(start, json!(1), " "), vec!["/reason"]),
        (body(now_ms() + 60 * MINUTE_MS, json!(1), "x"), vec!["/time"]),
        (
            json!({ "endpoint": 9, "attribute": POWER, "time": instant(start), "value": 1, "reason": "x" }),
            vec!["/endpoint"],
        ),
    ] {
        let reply = world.post(&path).as_(Owner).json(wrong).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, fields), "{}", reply.text);
    }
    world.stop().await;
}

/// The clock of the home is set forward on 30 March 2025 and back on 26 October; 29 February 2024 is a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_berlin_has_23_24_or_25_hours() {
    let world = World::start().await;
    let home = json!({ "organisation": world.a.organisation, "name": "aldgate Berlin", "time_zone": "Europe/Berlin",
        "property_type": "apartment" });
    let home = id_of(&world.post("/api/homes").as_(Owner).json(home).expect(201).await);
    let device = meter(&world, &home, "aldgate meter").await;
    for (first, last, hours) in [
        ("2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z", 23),
        ("2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z", 25),
        ("2024-02-28T23:00:00Z", "2024-02-29T23:00:00Z", 24),
    ] {
        let (first, last) = (at(first), at(last));
        // A watt-hour each quarter of an hour, beginning a quarter before the day.
        let quarters = -1..hours * 4;
        let rows = quarters.map(|nth| (first + nth * HOUR_MS / 4, ENERGY, (1_000 + nth).to_string()));
        import(&world, &device, csv(rows)).await;
        let day =
            read(&world, &device, "history", &format!("attribute={ENERGY}&{}&step=day", span(first, last)))
                .await;
        let buckets = day["buckets"].as_array().unwrap();
        assert_eq!(buckets.len(), 1, "{day}");
        assert_eq!(buckets[0]["increase"], json!((hours * 4) as f64));
        let by_hour =
            read(&world, &device, "history", &format!("attribute={ENERGY}&{}&step=hour", span(first, last)))
                .await;
        let by_hour = by_hour["buckets"].as_array().unwrap();
        assert_eq!(by_hour.len(), hours as usize);
        assert!(by_hour.iter().all(|hour| hour["increase"] == json!(4.0)));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_late_is_in_every_answer() {
    let world = World::start().await;
    let plug = &world.a.plug;
    let mut device = world.connect(plug).await;
    let now = now_ms();
    device.report_at(now - 2 * HOUR_MS, &[(POWER, json!(1.0))]).await;
    device.report_at(now - HOUR_MS, &[(POWER, json!(3.0))]).await;
    device.report_at(now - 90 * MINUTE_MS, &[(POWER, json!(900.0))]).await;
    let query = format!("attribute={POWER}&{}", span(now - 3 * HOUR_MS, now));
    let chart = read(&world, &plug.id, "chart", &query).await;
    let drawn: Vec<_> =
        chart["points"].as_array().unwrap().iter().map(|point| point["value"].as_f64().unwrap()).collect();
    assert_eq!(drawn, [1.0, 900.0, 3.0]);
    let history = read(&world, &plug.id, "history", &format!("{query}&buckets=1")).await;
    assert_eq!(
        (&history["buckets"][0]["max"], &history["buckets"][0]["late"]),
        (&json!(900.0), &json!(true))
    );
    let newest = read(&world, &plug.id, "readings", "order=newest_first&limit=2").await;
    assert_eq!(values(&newest), [3.0, 900.0]);
    let cursor = newest["next_cursor"].as_str().unwrap();
    let rest =
        read(&world, &plug.id, "readings", &format!("order=newest_first&limit=2&cursor={cursor}")).await;
    assert_eq!((values(&rest), &rest["next_cursor"]), (vec![1.0], &Value::Null));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_in_one_chart() {
    let world = World::start().await;
    let start = at("2026-03-02T00:00:00Z");
    let (one, two) = (
        meter(&world, &world.a.home, "aldgate one").await,
        meter(&world, &world.a.home, "aldgate two").await,
    );
    for (device, factor) in [(&one, 1), (&two, 10)] {
        let rows = (0..120).map(|minute| (start + minute * MINUTE_MS, POWER, (minute * factor).to_string()));
        import(&world, device, csv(rows)).await;
    }
    let path =
        format!("/api/homes/{}/history?attribute={POWER}&{}", world.a.home, span(start, start + 2 * HOUR_MS));
    let history = world.get(format!("{path}&step=hour")).as_(Owner).expect(200).await;
    let maxima = |series: &Value| {
        let buckets = series["buckets"].as_array().unwrap();
        (
            series["device"].as_str().unwrap().to_owned(),
            buckets.iter().map(|b| b["max"].as_f64().unwrap()).collect::<Vec<_>>(),
        )
    };
    let series: Vec<_> = history["series"].as_array().unwrap().iter().map(maxima).collect();
    assert_eq!(series, [(one.clone(), vec![59.0, 119.0]), (two.clone(), vec![590.0, 1190.0])]);
    assert_eq!(history["unit"], "W");
    let alone = read(
        &world,
        &two,
        "history",
        &format!("attribute={POWER}&{}&step=hour", span(start, start + 2 * HOUR_MS)),
    )
    .await;
    assert_eq!(history["series"][1]["buckets"], alone["buckets"], "the same as of the device itself");
    world.get(format!("{path}&buckets=2001")).as_(Owner).expect(422).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_is_removed_with_what_is_known_from_it() {
    let world = World::start().await;
    let plug = &world.a.plug;
    let mut device = world.connect(plug).await;
    let now = now_ms();
    for hours in [5, 4, 3, 2] {
        let on = json!(hours % 2 == 0);
        device.report_at(now - hours * HOUR_MS, &[(POWER, json!(hours)), ("OnOff.OnOff", on)]).await;
    }
    let path = format!("/api/iot/devices/{}/readings", plug.id);
    let power = span(now - 4 * HOUR_MS, now - 3 * HOUR_MS);
    let gone = world.delete(format!("{path}?{power}&attribute={POWER}")).as_(Owner).expect(200).await;
    assert_eq!(gone["removed"], 1);
    assert_eq!(
        values(&read(&world, &plug.id, "readings", &format!("attribute={POWER}")).await),
        [5.0, 3.0, 2.0]
    );
    // The stay: the last two hours and more, of all devices of the home.
    let stay = span(now - 3 * HOUR_MS, now);
    let gone =
        world.delete(format!("/api/homes/{}/readings?{stay}", world.a.home)).as_(Owner).expect(200).await;
    assert_eq!(gone["removed"], 4);
    let left = read(&world, &plug.id, "readings", "").await;
    assert_eq!(left["items"].as_array().unwrap().len(), 3);
    let state = format!("/api/iot/devices/{}/state", plug.id);
    eventually(
        "the state forgets it",
        async || world.get(&state).as_(Owner).expect(200).await["attributes"].clone(),
        |attributes| *attributes == json!([]),
    )
    .await;
    let events = world.get("/api/events?type=readings.deleted").as_(Owner).expect(200).await;
    let told: Vec<_> =
        events["items"].as_array().unwrap().iter().map(|event| &event["payload"]["devices"]).collect();
    assert_eq!(told, [&Value::Null, &json!(2)]);
    for (asked, field) in [
        (format!("{path}?from={}", instant(now)), "until"),
        (format!("{path}?{}", span(now, now)), "until"),
        (format!("{path}?{stay}&attribute=Nothing.Known"), "attribute"),
    ] {
        let reply = world.delete(asked).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{}", reply.text);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_and_for_how_long() {
    let world = World::start().await;
    let device = meter(&world, &world.a.home, "aldgate meter").await;
    let now = now_ms();
    let rows =
        (0..5_000).map(|nth| (now - 100 * 24 * HOUR_MS + nth * MINUTE_MS, POWER, (nth % 7).to_string()));
    import(&world, &device, csv(rows)).await;
    let storage = format!("/api/organisations/{}/storage", world.a.organisation);
    let stored = world.get(&storage).as_(Owner).expect(200).await;
    let total = &stored["total"];
    assert_eq!(total["points"].as_u64().unwrap() + total["hot_points"].as_u64().unwrap(), 5_000);
    assert_eq!((&total["series"], &total["damaged_chunks"]), (&json!(1), &json!(0)));
    assert_eq!(
        (&stored["devices"][0]["device"], &stored["homes"][0]["home"]),
        (&json!(device), &json!(world.a.home))
    );
    let theirs = format!("/api/organisations/{}/storage", world.b.organisation);
    assert_eq!(world.get(&theirs).as_(Neighbour).expect(200).await["total"]["series"], 0);

    let retention = format!("/api/organisations/{}/retention", world.a.organisation);
    let put = |body: Value| world.call(Method::PUT, &retention).as_(Owner).json(body);
    let ever = json!({ "raw_days": null, "rollup_days": null });
    let all = |measurement: Value| json!({ "measurement": measurement, "counter": ever, "state": ever });
    assert_eq!(world.get(&retention).as_(Owner).expect(200).await, all(ever.clone()));
    for (wrong, field) in [
        (json!({ "raw_days": 0, "rollup_days": null }), "/measurement/raw_days"),
        (json!({ "raw_days": 30, "rollup_days": 20 }), "/measurement/rollup_days"),
    ] {
        let reply = put(all(wrong)).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec![field]), "{}", reply.text);
    }
    let kept = all(json!({ "raw_days": 30, "rollup_days": 365 }));
    assert_eq!(put(kept.clone()).expect(200).await, kept);
    assert_eq!(world.get(&retention).as_(Viewer).expect(200).await, kept);
    world.get(&retention).as_(Neighbour).expect(404).await;
    eventually(
        "the worker went through it",
        async || world.get(&storage).as_(Owner).expect(200).await["removed_at"].clone(),
        Value::is_string,
    )
    .await;
    let events = world.get("/api/events?type=retention.updated").as_(Owner).expect(200).await;
    assert_eq!(events["items"][0]["payload"]["after"]["measurement"]["raw_days"], 30);
    world.stop().await;
}
