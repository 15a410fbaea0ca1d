//! Organisations, homes, rooms and members, and the log of what was done to them.

use serde_json::{Value, json};

use super::world::*;

async fn events(world: &World, kinds: &str) -> Vec<Value> {
    let path = format!("/api/events?organisation={}&type={kinds}", world.a.organisation);
    world.get(path).as_(Owner).expect(200).await["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_homes_and_rooms_show_before_and_after() {
    let world = World::start().await;
    let (home, room) = (format!("/api/homes/{}", world.a.home), format!("/api/rooms/{}", world.a.room));
    let change = json!({ "address": "Calle Mayor 1", "floor_area_m2": null, "time_zone": "Asia/Tokyo" });
    let changed = world.patch(&home).as_(Owner).json(change).expect(200).await;
    assert_eq!((&changed["address"], &changed["floor_area_m2"]), (&json!("Calle Mayor 1"), &json!(null)));
    let told = events(&world, "home.created,home.updated").await;
    assert_eq!(told[0]["payload"]["after"]["address"], "aldgate street 7");
    assert_eq!(told[1]["payload"]["before"]["address"], "aldgate street 7");
    assert_eq!(told[1]["payload"]["after"]["address"], "Calle Mayor 1");
    assert_eq!(told[1]["cause"]["type"], "user");
    let one = world.get(format!("/api/events/{}", id_of(&told[1]))).as_(Owner).expect(200).await;
    assert_eq!(one, told[1]);

    world.patch(&room).as_(Owner).json(json!({ "name": "Kitchen" })).expect(200).await;
    let told = events(&world, "room.updated").await;
    assert_eq!(told[0]["payload"]["after"]["name"], "Kitchen");
    // A room goes, its devices stay in the home.
    let plug = format!("/api/iot/devices/{}", world.a.plug.id);
    world.patch(&plug).as_(Owner).json(json!({ "room": world.a.room })).expect(200).await;
    world.delete(&room).as_(Owner).expect(204).await;
    assert_eq!(world.get(&plug).as_(Owner).expect(200).await["room"], json!(null));
    // A home with devices stays.
    world.delete(&home).as_(Owner).expect(409).await;
    for device in [&world.a.plug, &world.a.lock] {
        world.delete(format!("/api/iot/devices/{}", device.id)).as_(Owner).expect(204).await;
    }
    world.delete(&home).as_(Owner).expect(204).await;
    world.get(&home).as_(Owner).expect(404).await;
    assert_eq!(events(&world, "home.deleted").await[0]["payload"]["before"]["address"], "Calle Mayor 1");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_of_one_home_are_called_differently() {
    let world = World::start().await;
    let of = |home: &str| format!("/api/homes/{home}/rooms");
    let named = |name: &str| json!({ "name": name });
    let make = async |name: &str| world.post(of(&world.a.home)).as_(Owner).json(named(name)).send().await;
    let bath = format!("/api/rooms/{}", id_of(&make("Bath Ä").await.json));
    let hall = format!("/api/rooms/{}", world.a.room);
    for again in ["Bath Ä", "bath ä", " BATH Ä "] {
        let renamed = world.patch(&hall).as_(Owner).json(named(again)).send().await;
        for refused in [make(again).await, renamed] {
            assert_eq!((refused.status, refused.wrong_fields()), (422, vec!["/name"]), "{}", refused.text);
        }
    }
    // Its own name, written otherwise, and the name in another home.
    world.patch(&bath).as_(Owner).json(named("BATH Ä ")).expect(200).await;
    world.post(of(&world.b.home)).as_(Neighbour).json(named("Bath Ä")).expect(201).await;
    world.delete(&bath).as_(Owner).expect(204).await;
    assert_eq!(make("Bath Ä").await.status, 201);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_in_no_event_in_the_clear() {
    let world = World::start().await;
    let home = format!("/api/homes/{}", world.a.home);
    world.patch(&home).as_(Owner).json(json!({ "address": "Calle Mayor 1" })).expect(200).await;
    let file = world.data().join("lares.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    let mut rows = database.prepare("SELECT * FROM events").unwrap();
    let columns: Vec<String> = rows.column_names().into_iter().map(str::to_owned).collect();
    let mut count = 0;
    let mut found = rows.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        count += 1;
        for (index, column) in columns.iter().enumerate() {
            let bytes = match row.get_ref(index).unwrap() {
                rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                    bytes.to_vec()
                }
                _ => continue,
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for private in ["Calle Mayor", "aldgate street", Owner.email(), PASSWORD, &world.a.lock.password]
            {
                assert!(!text.contains(private), "{private:?} in events.{column}: {text}");
            }
        }
    }
    assert!(count > 8, "{count} events");
    // The readable form is behind the API.
    let told = events(&world, "home.updated").await;
    assert_eq!(told[0]["payload"]["after"]["address"], "Calle Mayor 1");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_any_file_in_the_clear() {
    let world = World::start().await;
    let login = json!({ "email": Owner.email(), "password": PASSWORD });
    let session = world.post("/api/auth/login").json(login).expect(200).await["token"].clone();
    let rotated =
        world.post(format!("/api/iot/devices/{}/credentials", world.a.plug.id)).as_(Owner).key("rotate");
    let rotated = registered(&rotated.expect(200).await);
    let data = world.data();
    let secrets = [
        PASSWORD.to_owned(),
        session.as_str().unwrap().to_owned(),
        world.token(Owner).to_owned(),
        world.a.lock.password.clone(),
        rotated.password,
    ];
    let mut folders = vec![data];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            for secret in &secrets {
                let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!there, "{} holds {secret:?}", path.display());
            }
        }
    }
    assert!(files > 5, "{files} files");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_home_must_be_is_said_by_field() {
    let world = World::start().await;
    let good = json!({ "organisation": world.a.organisation, "name": "h", "time_zone": "UTC", "property_type": "house" });
    for (field, value) in [
        ("name", json!("")),
        ("address", json!("x".repeat(501))),
        ("time_zone", json!("Mars/Olympus")),
        ("property_type", json!("castle")),
        ("floor_area_m2", json!(0)),
        ("floor_area_m2", json!(1e9)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let reply = world.post("/api/homes").as_(Owner).json(body).send().await;
        assert_eq!(
            (reply.status, reply.wrong_fields()),
            (422, vec![format!("/{field}").as_str()]),
            "{}",
            reply.text
        );
    }
    let mut foreign = good;
    foreign["organisation"] = json!(world.b.organisation);
    world.post("/api/homes").as_(Owner).json(foreign).expect(404).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_and_nobody_grants_more_than_they_hold() {
    let world = World::start().await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let add = |email: &str, role: &str| json!({ "email": email, "role": role });
    // Nobody learns by adding somebody whether they have an account.
    let strangers = [Neighbour.email(), "nobody@nowhere.example"].map(|email| add(email, "viewer"));
    let [known, unknown] = strangers.map(|body| world.post(&members).as_(Owner).json(body));
    let (known, unknown) = (known.send().await, unknown.send().await);
    assert_eq!((known.status, known.wrong_fields()), (422, vec!["/email"]));
    assert_eq!(known.json["errors"], unknown.json["errors"]);
    let admin = world.invited(Owner, Neighbour, "admin").await;
    world.post(&members).as_(Owner).json(add(Neighbour.email(), "viewer")).expect(409).await;
    let reply = world.post(&members).as_(Owner).json(add("nobody@nowhere.example", "viewer")).send().await;
    assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["/email"]));
    // An admin manages, and neither makes nor removes owners.
    world.get(format!("/api/homes/{}", world.a.home)).as_(Neighbour).expect(200).await;
    world.post(&members).as_(Neighbour).json(add(Expired.email(), "owner")).expect(403).await;
    let owner = world.post(&members).as_(Owner).json(add(Expired.email(), "owner")).send().await;
    assert_eq!((owner.status, owner.wrong_fields()), (422, vec!["/role"]), "nobody owns unasked");
    let listed = world.get(&members).as_(Owner).expect(200).await;
    let all = listed["items"].as_array().unwrap();
    assert_eq!(all.len(), 4);
    let owner = all.iter().find(|one| one["role"] == "owner").unwrap();
    world.delete(format!("{members}/{}", id_of(owner))).as_(Neighbour).expect(403).await;
    world.delete(format!("{members}/{}", id_of(owner))).as_(Owner).expect(409).await;
    // A former member may come back, now with an end that lies ahead.
    let until = world.running().hub.now() + 1_500;
    let again = json!({ "email": Expired.email(), "role": "member", "valid_until": until });
    world.post(&members).as_(Neighbour).json(again).expect(201).await;
    let device = format!("/api/iot/devices/{}", world.a.lock.id);
    world.get(&device).as_(Expired).expect(200).await;
    let look = async || world.get(&device).as_(Expired).send().await.status;
    eventually("the membership ends", look, |status| *status == 404).await;

    world.delete(format!("{members}/{admin}")).as_(Owner).expect(204).await;
    world.get(format!("/api/homes/{}", world.a.home)).as_(Neighbour).expect(404).await;
    let told = events(&world, "member.added,member.removed").await;
    assert_eq!(told.last().unwrap()["type"], "member.removed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_made_listed_and_ended() {
    let world = World::start().await;
    let made = world.post("/api/auth/tokens").as_(Owner).json(json!({ "name": "script" })).expect(201).await;
    let token = made["token"].as_str().unwrap();
    let profile = world.get("/api/auth/profile").bearer(token).expect(200).await;
    assert_eq!(profile["email"], Owner.email());
    let listed = world.get("/api/auth/tokens").bearer(token).send().await;
    assert!(!listed.text.contains(token), "a token is shown once");
    let current: Vec<_> =
        listed.json.as_array().unwrap().iter().filter(|one| one["current"] == true).collect();
    assert_eq!(current.iter().map(|one| id_of(one)).collect::<Vec<_>>(), [id_of(&made)]);
    world.delete(format!("/api/auth/tokens/{}", id_of(&made))).as_(Neighbour).expect(404).await;
    world.delete(format!("/api/auth/tokens/{}", id_of(&made))).as_(Owner).expect(204).await;
    world.get("/api/auth/profile").bearer(token).expect(401).await;

    let soon = world.running().hub.now() + 700;
    let made = world.post("/api/auth/tokens").as_(Owner).json(json!({ "name": "brief", "expires_at": soon }));
    let brief = made.expect(201).await["token"].as_str().unwrap().to_owned();
    let look = async || world.get("/api/auth/profile").bearer(&brief).send().await.status;
    eventually("the token ends", look, |status| *status == 401).await;
    let past = json!({ "name": "past", "expires_at": "2001-01-01T00:00:00Z" });
    let reply = world.post("/api/auth/tokens").as_(Owner).json(past).send().await;
    assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["/expires_at"]));
    world.stop().await;
}
