//! `/api/live` from the outside: a stock WebSocket client, and server-sent events read as bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::world::*;

const PATIENCE: Duration = Duration::from_secs(20);

struct Watching {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    cursor: String,
}

impl World {
    fn live_request(
        &self,
        who: Who,
        query: &str,
    ) -> tokio_tungstenite::tungstenite::handshake::client::Request {
        let address = self.running().addresses.http.unwrap();
        let mut request = format!("ws://{address}/api/live{query}").into_client_request().unwrap();
        if who != Stranger {
            let token = format!("Bearer {}", self.token(who));
            request.headers_mut().insert("authorization", token.parse().unwrap());
        }
        request
    }

    async fn live(&self, who: Who) -> Watching {
        let request = self.live_request(who, "");
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Watching { socket, cursor: String::new() }
    }

    /// Subscribed, with the first snapshot behind it.
    async fn watching(&self, who: Who, what: Value) -> Watching {
        let mut watching = self.live(who).await;
        watching.subscribe(what).await;
        watching.frame("subscribed").await;
        while watching.frame("snapshot").await["last"] != true {}
        watching
    }

    /// Waits until the server has taken a value in.
    async fn settled(&self, device: &str, attribute: &str, value: Value) {
        let started = std::time::Instant::now();
        loop {
            let state = self.get(format!("/api/iot/devices/{device}/state")).as_(Owner).expect(200).await;
            let known = state["attributes"].as_array().into_iter().flatten();
            if known.into_iter().any(|one| one["attribute"] == attribute && one["value"] == value) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{attribute} did not become {value}: {state}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Everything in the log of the caller, by the other road.
    async fn all_events(&self, who: Who) -> Vec<Value> {
        let (mut all, mut cursor) = (vec![], String::new());
        loop {
            let page = self.get(format!("/api/events?limit=1000{cursor}")).as_(who).expect(200).await;
            all.extend(page["items"].as_array().unwrap().clone());
            cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
            if page["more"] != true {
                return all;
            }
        }
    }
}

impl Watching {
    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, mut what: Value) {
        what["type"] = json!("subscribe");
        self.say(what).await;
    }

    async fn next(&mut self) -> Result<Value, Option<CloseFrame>> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match message.expect("nothing came") {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                    if let Some(cursor) = frame["cursor"].as_str() {
                        self.cursor = cursor.to_owned();
                    }
                    return Ok(frame);
                }
                Some(Ok(Message::Close(why))) => return Err(why),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next frame of a type; others before it are passed over.
    async fn frame(&mut self, wanted: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|why| panic!("closed before {wanted}: {why:?}"));
            if frame["type"] == wanted {
                return frame;
            }
            assert_ne!(frame["type"], "error", "{frame}");
        }
    }

    async fn events(&mut self, count: usize) -> Vec<Value> {
        let mut events = vec![];
        while events.len() < count {
            events.extend(self.frame("events").await["items"].as_array().unwrap().clone());
        }
        events
    }

    async fn refused(&mut self) -> Value {
        let frame = self.next().await.unwrap();
        assert_eq!(frame["type"], "error", "{frame}");
        frame
    }

    async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Err(why) = self.next().await {
                let why = why.expect("closed without a word");
                return (why.code.into(), why.reason.to_string());
            }
        }
    }
}

fn seqs(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_sees_what_stands_then_what_changes() {
    let world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("OnOff.OnOff", json!(false)), ("ElectricalPowerMeasurement.ActivePower", json!(3.5))])
        .await;
    world.settled(&world.a.plug.id, "OnOff.OnOff", json!(false)).await;

    let mut watching = world.live(Owner).await;
    watching.subscribe(json!({ "homes": [world.a.home] })).await;
    assert!(watching.frame("subscribed").await["cursor"].is_string());
    let snapshot = watching.frame("snapshot").await;
    let devices = snapshot["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 2, "both devices of the home: {snapshot}");
    let plugs = devices.iter().find(|device| device["device"] == world.a.plug.id).unwrap();
    assert_eq!(plugs["presence"]["status"], "online");
    let power = &plugs["latest"].as_array().unwrap().iter().find(|one| one["unit"] == "W").unwrap()["value"];
    assert_eq!(*power, 3.5);

    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    // A value may be told twice, so what stood before may come once more.
    let is_on = |item: &&Value| item["attribute"] == "OnOff.OnOff" && item["value"] == true;
    let (mut reading, mut event) = (Value::Null, Value::Null);
    while reading.is_null() || event.is_null() {
        let frame = watching.next().await.unwrap();
        match frame["type"].as_str() {
            Some("readings") if frame["items"].as_array().unwrap().iter().any(|item| is_on(&item)) => {
                reading = frame;
            }
            Some("events") => event = frame,
            _ => {}
        }
    }
    assert_eq!(reading["presence"][0]["status"], "online");
    assert_eq!(event["items"][0]["payload"]["to"], true);
    watching.say(json!({ "type": "ping" })).await;
    assert!(watching.frame("pong").await["time"].is_string());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn homes_rooms_devices_and_types_narrow_what_is_told() {
    let world = World::start().await;
    let room = json!({ "room": world.a.room });
    world.patch(format!("/api/iot/devices/{}", world.a.lock.id)).as_(Owner).json(room).expect(200).await;
    let mut by_room = world.watching(Owner, json!({ "rooms": [world.a.room] })).await;
    let plug_only = json!({ "devices": [world.a.plug.id], "types": ["attribute.changed"] });
    let mut by_device = world.watching(Owner, plug_only).await;
    let mut events_only = world.live(Owner).await;
    events_only.subscribe(json!({ "readings": false })).await;
    events_only.frame("subscribed").await;
    let mut plug = world.connect(&world.a.plug).await;
    let mut lock = world.connect(&world.a.lock).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    lock.report(&[("DoorLock.LockState", json!("Locked"))]).await;

    let of_device = by_device.events(1).await;
    assert_eq!(of_device[0]["device"], world.a.plug.id);
    assert_eq!(of_device[0]["type"], "attribute.changed", "device.online was not asked for");
    let of_room = by_room.events(2).await;
    assert!(of_room.iter().all(|event| event["device"] == world.a.lock.id), "{of_room:?}");
    let all = events_only.events(4).await;
    assert_eq!(all.len(), 4, "both came online and changed: {all:?}");

    // Another subscription takes the place of the first.
    by_device.subscribe(json!({ "devices": [world.a.lock.id] })).await;
    by_device.frame("subscribed").await;
    lock.report(&[("DoorLock.LockState", json!("Unlocked"))]).await;
    assert_eq!(by_device.events(1).await[0]["device"], world.a.lock.id);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_comes_back_misses_no_event_and_sees_none_twice() {
    let world = World::start().await;
    let mut plug = world.connect(&world.a.plug).await;
    // Later by their own clock each time, so that every report is a change.
    let (started, mut steps) = (now_ms() - 60_000, 0);
    let mut toggle = async || {
        steps += 1;
        plug.report_at(started + steps * 10, &[("OnOff.OnOff", json!(steps % 2 == 0))]).await;
    };
    let mut seen = vec![];
    let mut cursor = None;
    for _ in 0..5 {
        let mut watching = world.live(Owner).await;
        watching.subscribe(json!({ "cursor": cursor, "readings": false })).await;
        watching.frame("subscribed").await;
        for _ in 0..4 {
            toggle().await;
        }
        // It leaves in the middle of what there is (a frame may hold more than is asked for, and never nothing); the rest
        // comes when it is back.
        seen.extend(watching.events(2).await);
        cursor = Some(watching.cursor.clone());
        drop(watching);
        toggle().await;
        toggle().await;
    }
    let mut last = world.live(Owner).await;
    last.subscribe(json!({ "cursor": cursor })).await;
    let waiting = std::time::Instant::now();
    let log = loop {
        let log = world.all_events(Owner).await;
        if log.iter().filter(|event| event["type"] == "attribute.changed").count() == 30 {
            break log;
        }
        assert!(waiting.elapsed() < PATIENCE, "not every change came into the log");
    };
    let from = seqs(&seen)[0];
    let expected: Vec<i64> = seqs(&log).into_iter().filter(|seq| *seq >= from).collect();
    while seen.len() < expected.len() {
        seen.extend(last.events(1).await);
    }
    assert_eq!(seqs(&seen), expected);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_subscription_on_the_way_loses_and_repeats_no_event() {
    let world = World::start().await;
    let mut watching = world.watching(Owner, json!({})).await;
    let mut plug = world.connect(&world.a.plug).await;
    let started = now_ms() - 60_000;
    let subscriptions =
        [json!({}), json!({ "homes": [world.a.home] }), json!({ "devices": [world.a.plug.id] })];
    // Subscriptions change while events are on their way to the client, which reads none of them yet.
    for step in 1..=60 {
        plug.report_at(started + step * 10, &[("OnOff.OnOff", json!(step % 2 == 0))]).await;
        if step % 5 == 0 {
            watching.subscribe(subscriptions[step as usize % 3].clone()).await;
        }
    }
    let numbers = seqs(&watching.events(61).await);
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a gap or a repetition: {numbers:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_far_behind_reads_the_log_and_misses_nothing() {
    let world = World::start().await;
    let mut watching = world.watching(Owner, json!({ "devices": [world.a.plug.id] })).await;
    let mut plug = world.connect(&world.a.plug).await;
    // More than is kept in memory for watchers, while this one does not read.
    let started = now_ms() - 60_000;
    for message in 0..40 {
        let readings: Vec<_> = (0..100)
            .map(|step| {
                let time = started + message * 100 + step;
                json!({ "attribute": "OnOff.OnOff", "value": step % 2 == 0, "time": time })
            })
            .collect();
        plug.say(
            "telemetry",
            &json!({ "v": 1, "seq": 1_000 + message, "time": started, "readings": readings }),
        )
        .await;
    }
    let events = watching.events(4_001).await;
    let numbers = seqs(&events);
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a gap or a repetition");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_stands_here_too() {
    let world = World::start().await;
    let refused = tokio_tungstenite::connect_async(world.live_request(Stranger, "")).await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("401"));

    let mut neighbour = world.watching(Neighbour, json!({})).await;
    let mut expired = world.watching(Expired, json!({})).await;
    for (field, id) in [("homes", &world.a.home), ("rooms", &world.a.room), ("devices", &world.a.plug.id)] {
        for stranger in [&mut neighbour, &mut expired] {
            stranger.subscribe(json!({ field: [id] })).await;
            let frame = stranger.refused().await;
            assert_eq!(frame["errors"][0]["field"], format!("{field}/0"), "{frame}");
        }
        let of_query = format!("/api/live?{field}={id}");
        world.get(of_query).as_(Neighbour).expect(422).await;
    }
    neighbour.subscribe(json!({ "organisation": world.a.organisation })).await;
    neighbour.refused().await;

    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    let mut b_plug = world.connect(&world.b.plug).await;
    b_plug.report(&[("OnOff.OnOff", json!(true))]).await;
    let (mut events, mut readings) = (0, 0);
    while events < 2 || readings == 0 {
        let frame = neighbour.next().await.unwrap();
        assert!(!frame.to_string().contains(&world.a.plug.id), "{frame}");
        match frame["type"].as_str() {
            Some("events") => events += frame["items"].as_array().unwrap().len(),
            Some("readings") => readings += frame["items"].as_array().unwrap().len(),
            _ => {}
        }
    }
    expired.say(json!({ "type": "ping" })).await;
    assert_eq!(expired.next().await.unwrap()["type"], "pong", "nothing but the answer to its ping");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_who_loses_access_is_cut_off_at_once() {
    let world = World::start().await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let session = world.post("/api/auth/login").json(login).expect(200).await;
    let token = session["token"].as_str().unwrap();
    let mut request = world.live_request(Stranger, "");
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let mut signed_in = Watching { socket, cursor: String::new() };
    signed_in.subscribe(json!({})).await;
    signed_in.frame("subscribed").await;
    world.post("/api/auth/logout").bearer(token).expect(204).await;
    assert_eq!(signed_in.closed().await.0, 4001);

    let mut viewer = world.watching(Viewer, json!({ "homes": [world.a.home] })).await;
    let mut viewer_of_all = world.watching(Viewer, json!({})).await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let listed = world.get(&members).as_(Owner).expect(200).await;
    let is_viewer = |member: &&Value| member["email"] == Viewer.email();
    let id = listed["items"].as_array().unwrap().iter().find(is_viewer).unwrap()["id"].clone();
    world.delete(format!("{members}/{}", id.as_str().unwrap())).as_(Owner).expect(204).await;
    assert_eq!(viewer.closed().await.0, 4001, "the home that was named is not theirs any more");
    // Who watched everything goes on with what is left: nothing.
    assert_eq!(viewer_of_all.frame("snapshot").await["devices"], json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gets_other_rights_is_told_to_load_afresh_and_hears_what_is_theirs_now() {
    let world = World::start().await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    // One home only, and whatever happens to members.
    let people = json!(["member.updated", "member.added"]);
    let narrow = json!({ "homes": [world.a.home], "readings": false, "everywhere": people });
    let mut owner = world.watching(Owner, narrow).await;
    let mut viewer = world.watching(Viewer, json!({ "homes": [world.a.home] })).await;
    let mut neighbour = world.watching(Neighbour, json!({})).await;

    let listed = world.get(&members).as_(Owner).expect(200).await;
    let is_viewer = |member: &&Value| member["email"] == Viewer.email();
    let id = listed["items"].as_array().unwrap().iter().find(is_viewer).unwrap()["id"].clone();
    let change = json!({ "role": "member" });
    let member = format!("{members}/{}", id.as_str().unwrap());
    world.patch(member).as_(Owner).json(change).expect(200).await;
    // Also who watches one home only, and does not hear of the event.
    assert!(viewer.frame("reset").await["reason"].as_str().unwrap().contains("changed"));
    viewer.frame("subscribed").await;
    while viewer.frame("snapshot").await["last"] != true {}

    world.invited(Owner, Neighbour, "viewer").await;
    neighbour.frame("reset").await;
    neighbour.frame("subscribed").await;
    let snapshot = neighbour.frame("snapshot").await;
    assert!(snapshot.to_string().contains(&world.a.plug.id), "{snapshot}");

    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    viewer.frame("readings").await;
    neighbour.frame("readings").await;
    // Whose rights are as they were hears of both as events, before what the plug did.
    let types: Vec<_> = owner.events(2).await.iter().map(|event| event["type"].clone()).take(2).collect();
    assert_eq!(json!(types), people);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_who_loses_access_while_catching_up_is_cut_off_too() {
    let world = World::start().await;
    let beginning = world.get("/api/live").as_(Viewer).expect(200).await;
    let mut plug = world.connect(&world.a.plug).await;
    let count = 300;
    for index in 1..=count {
        let data = json!({ "index": index, "text": "x".repeat(60_000) });
        let said = json!({ "event": "OnOff.Blip", "data": data });
        plug.say("event", &json!({ "v": 1, "seq": index, "time": now_ms(), "events": [said] })).await;
    }
    let mut viewer = world.live(Viewer).await;
    viewer
        .subscribe(json!({ "homes": [world.a.home], "cursor": beginning["cursor"], "readings": false }))
        .await;
    viewer.frame("events").await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let listed = world.get(&members).as_(Owner).expect(200).await;
    let is_viewer = |member: &&Value| member["email"] == Viewer.email();
    let id = listed["items"].as_array().unwrap().iter().find(is_viewer).unwrap()["id"].clone();
    world.delete(format!("{members}/{}", id.as_str().unwrap())).as_(Owner).expect(204).await;
    // What was on its way when the rights ended still comes; the rest does not.
    let mut heard = 0;
    let why = loop {
        match viewer.next().await {
            Ok(frame) => heard += frame["items"].as_array().map_or(0, Vec::len),
            Err(why) => break why.expect("closed without a word"),
        }
    };
    assert_eq!(u16::from(why.code), 4001);
    assert!(heard < count, "it was told everything all the same");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_of_a_room_hears_of_the_room_and_of_what_leaves_it() {
    let world = World::start().await;
    let mut watching = world.watching(Owner, json!({ "rooms": [world.a.room], "readings": false })).await;
    let place = |room: Value| json!({ "room": room });
    let device = |id: &str| format!("/api/iot/devices/{id}");
    world.patch(device(&world.a.plug.id)).as_(Owner).json(place(json!(world.a.room))).expect(200).await;
    world.patch(device(&world.a.plug.id)).as_(Owner).json(place(Value::Null)).expect(200).await;
    world.patch(device(&world.a.lock.id)).as_(Owner).json(place(json!(world.a.room))).expect(200).await;
    let renamed = json!({ "name": "aldgate porch" });
    world.patch(format!("/api/rooms/{}", world.a.room)).as_(Owner).json(renamed).expect(200).await;
    world.delete(device(&world.a.lock.id)).as_(Owner).expect(204).await;
    let told = watching.events(5).await;
    let types: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let moved = "device.updated";
    assert_eq!(types, [moved, moved, moved, "room.updated", "device.deleted"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_loses_track_is_told_how_much_it_missed_and_everything_as_it_stands() {
    use lares_hub::watch::{Subscription, Watcher};
    use lares_model::reading::{Quality, Reading};
    use lares_model::record::{Body, Entry};
    let world = World::start().await;
    let hub = world.running().hub.clone();
    let caller = lares_hub::identity::caller_of(&hub, world.token(Owner)).await.unwrap();
    let mut watcher = Watcher::open(&hub, &caller, Subscription::default(), None).await.unwrap();
    let count = 9_000_i64;
    let plug = hub.directory.get(world.a.plug.id.parse().unwrap()).unwrap();
    let entry = |index: i64| Entry {
        organisation: plug.organisation,
        device: plug.id,
        received: hub.now(),
        identity: None,
        body: Body::Readings {
            readings: vec![Reading {
                endpoint: 1,
                attribute: "ElectricalPowerMeasurement.ActivePower".into(),
                time: hub.now() + index,
                value: lares_model::Value::Number(index as f64),
                quality: Quality::Measured,
                at_least_once: true,
            }],
        },
    };
    hub.telemetry.append((0..count).map(entry).collect()).await.unwrap();
    hub.nudges.log.notify_one();
    let waiting = std::time::Instant::now();
    while hub.live.of(plug.id).counts.readings < count as u64 {
        assert!(waiting.elapsed() < PATIENCE, "not folded");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let batch = watcher.next(100).await.unwrap();
    assert!(batch.lost_track && batch.values.is_empty());
    assert_eq!(batch.superseded, count as u64);
    assert!(watcher.devices().contains(&plug.id), "and is told each of these as it stands");
    let again = watcher.next(100).await.unwrap();
    assert!(!again.lost_track && again.superseded == 0, "{again:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_stops_reading_is_cut_off_and_the_others_do_not_notice() {
    let world = World::start_with(|config| config.limits.live_unread_s = 2).await;
    let mut deaf = world.watching(Owner, json!({})).await;
    let mut well = world.watching(Owner, json!({ "types": ["device.occurrence"] })).await;
    let mut plug = world.connect(&world.a.plug).await;
    let occurrence = |index: usize| {
        let data = json!({ "index": index, "text": "x".repeat(60_000) });
        json!({ "v": 1, "seq": index, "time": now_ms(), "events": [{ "event": "OnOff.Blip", "data": data }] })
    };
    // More than the sockets between us hold.
    let count = 300;
    let listening = tokio::spawn(async move { well.events(count).await });
    for index in 0..count {
        plug.say("event", &occurrence(index + 1)).await;
    }
    let heard = listening.await.unwrap();
    let heard: Vec<_> =
        heard.iter().map(|event| event["payload"]["data"]["index"].as_u64().unwrap()).collect();
    assert_eq!(heard, (1..=count as u64).collect::<Vec<_>>());
    let started = std::time::Instant::now();
    while world.metric("lares_live_cut_off_total").await < 1.0 {
        assert!(started.elapsed() < PATIENCE, "it was not cut off");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let indexes = |frame: &Value| -> Vec<u64> {
        let items = frame["items"].as_array().into_iter().flatten();
        items.filter_map(|event| event["payload"]["data"]["index"].as_u64()).collect()
    };
    let mut last = 0;
    let why = loop {
        match deaf.next().await {
            Ok(frame) => last = indexes(&frame).last().copied().unwrap_or(last),
            Err(why) => break why.expect("closed without a word"),
        }
    };
    assert_eq!(u16::from(why.code), 4008, "{}", why.reason);
    assert!(why.reason.contains("stopped reading"), "{}", why.reason);
    assert!(last < count as u64, "it heard everything before it was cut off");

    // It goes on from its cursor, and has missed no event.
    let mut back = world.live(Owner).await;
    back.subscribe(json!({ "cursor": deaf.cursor, "types": ["device.occurrence"], "readings": false })).await;
    while last < count as u64 {
        for index in indexes(&back.frame("events").await) {
            assert_eq!(index, last + 1);
            last = index;
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_messages_are_answered_and_end_nothing() {
    let world = World::start().await;
    let mut watching = world.watching(Owner, json!({})).await;
    for (message, part) in [
        ("nonsense", "expected"),
        (r#"{"type":"dance"}"#, "dance"),
        (r#"{"type":"subscribe","homes":"x"}"#, "invalid type"),
        (r#"{"type":"subscribe","colour":1}"#, "colour"),
        (r#"{"type":"subscribe","types":["device.danced"]}"#, "device.danced"),
    ] {
        watching.socket.send(Message::text(message)).await.unwrap();
        let frame = watching.refused().await;
        assert!(frame["errors"][0]["reason"].as_str().unwrap().contains(part), "{frame}");
    }
    watching.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    watching.refused().await;
    // The subscription from before still holds.
    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    watching.events(1).await;

    watching.subscribe(json!({ "cursor": "AAAA" })).await;
    assert!(watching.frame("reset").await["reason"].is_string());
    watching.frame("subscribed").await;

    let large = format!(r#"{{"type":"subscribe","cursor":"{}"}}"#, "x".repeat(100_000));
    watching.socket.send(Message::text(large)).await.unwrap();
    while watching.next().await.is_ok() {}
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_are_bounded_and_a_stop_says_goodbye() {
    let world = World::start_with(|config| config.limits.live_connections_per_user = 2).await;
    let mut first = world.watching(Owner, json!({})).await;
    let second = world.watching(Owner, json!({})).await;
    let mut third = world.live(Owner).await;
    assert_eq!(third.closed().await.0, 4009);
    let events = world.get("/api/live").as_(Owner).header("accept", "text/event-stream").send().await;
    assert_eq!(events.status, 429);
    world.watching(Neighbour, json!({})).await;
    drop(second);
    let started = std::time::Instant::now();
    loop {
        let mut again = world.live(Owner).await;
        again.subscribe(json!({})).await;
        if again.next().await.is_ok_and(|frame| frame["type"] == "subscribed") {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the place was not given back");
    }
    let stopping = tokio::spawn(world.stop());
    assert_eq!(first.closed().await.0, 1001);
    stopping.await.unwrap();
}

/// Reads frames until `enough` says so: event name to the data of each.
async fn read_sse(
    response: &mut reqwest::Response,
    enough: impl Fn(&BTreeMap<String, Vec<Value>>) -> bool,
) -> (BTreeMap<String, Vec<Value>>, String) {
    let (mut frames, mut text, mut id) =
        (BTreeMap::<String, Vec<Value>>::new(), String::new(), String::new());
    while !enough(&frames) {
        let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.expect("nothing came").unwrap();
        text.push_str(std::str::from_utf8(&chunk.expect("it ended")).unwrap());
        while let Some((frame, rest)) = text.split_once("\n\n") {
            let field = |name: &str| {
                frame.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
            };
            if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                frames.entry(name).or_default().push(serde_json::from_str(&data).unwrap());
            }
            id = field("id:").unwrap_or(id);
            text = rest.to_owned();
        }
    }
    (frames, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_sent_events_tell_the_same_and_resume_by_their_id() {
    let world = World::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |query: String, last: Option<String>| {
        let mut request = client
            .get(format!("{}/api/live{query}", world.http()))
            .bearer_auth(world.token(Owner))
            .header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.send()
    };
    let of_home = format!("?homes={}", world.a.home);
    let mut first = ask(of_home.clone(), None).await.unwrap();
    assert_eq!(first.headers()["content-type"], "text/event-stream");
    let (frames, _) = read_sse(&mut first, |frames| frames.contains_key("snapshot")).await;
    assert_eq!(frames["snapshot"][0]["devices"].as_array().unwrap().len(), 2);
    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    let both = |frames: &BTreeMap<String, Vec<Value>>| {
        let events = frames.get("events").into_iter().flatten();
        let mut all = events.flat_map(|frame| frame["items"].as_array().unwrap());
        frames.contains_key("readings") && all.any(|event| event["type"] == "attribute.changed")
    };
    let (frames, id) = read_sse(&mut first, both).await;
    assert!(frames["readings"].iter().any(|frame| !frame["items"].as_array().unwrap().is_empty()));
    drop(first);

    plug.report(&[("OnOff.OnOff", json!(false))]).await;
    let mut second = ask(of_home, Some(id)).await.unwrap();
    let (frames, _) = read_sse(&mut second, |frames| frames.contains_key("events")).await;
    assert_eq!(frames["events"][0]["items"][0]["payload"]["to"], false);
    assert_eq!(frames["events"][0]["items"].as_array().unwrap().len(), 1);
    let bad = ask("?homes=kitchen".to_owned(), None).await.unwrap();
    assert_eq!(bad.status().as_u16(), 422);
    drop(second);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_answer_says_where_the_log_stands() {
    let world = World::start().await;
    let here = world.get("/api/live").as_(Owner).expect(200).await;
    let mut plug = world.connect(&world.a.plug).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    let cursor = here["cursor"].as_str().unwrap();
    let started = std::time::Instant::now();
    let types = loop {
        let later = world.get(format!("/api/events?cursor={cursor}")).as_(Owner).expect(200).await;
        let events = later["items"].as_array().unwrap().iter();
        let types: Vec<_> = events.map(|event| event["type"].clone()).collect();
        if types.len() >= 2 || started.elapsed() > PATIENCE {
            break types;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(types, ["device.online", "attribute.changed"]);
    world.stop().await;
}
