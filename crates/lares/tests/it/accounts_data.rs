//! What is kept about a person: handed out whole, and erased without a trace of who it was.

use serde_json::{Value, json};

use super::mailbox::Mailbox;
use super::world::*;

const SECRET: &str = "a very long winter night";

async fn session(world: &World, email: &str, password: &str) -> String {
    let body = json!({ "email": email, "password": password });
    let reply = world.post("/api/auth/login").json(body).expect(200).await;
    reply["access_token"].as_str().unwrap().to_owned()
}

/// Every text and every run of bytes in the relational store, as one text in lower case.
fn everything_stored(world: &World) -> String {
    let path = world.data().join("lares.db");
    let store =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut names = store.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = String::new();
    for name in names {
        let mut rows = store.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    rusqlite::types::ValueRef::Text(text) => all.push_str(&String::from_utf8_lossy(text)),
                    rusqlite::types::ValueRef::Blob(bytes) => all.push_str(&String::from_utf8_lossy(bytes)),
                    _ => {}
                }
                all.push('\n');
            }
        }
    }
    all.to_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h02_the_export_holds_what_was_entered_and_done_and_no_secret() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    let owner = session(&world, Owner.email(), PASSWORD).await;
    let made =
        world.post("/api/auth/tokens").bearer(&owner).json(json!({ "name": "my script" })).expect(201).await;
    let command = json!({ "name": "OnOff.Toggle" });
    let commands = format!("/api/iot/devices/{}/commands", world.a.plug.id);
    world.post(commands).bearer(&owner).json(command).expect(202).await;
    world.get("/api/auth/export").as_(Owner).expect(403).await;
    let reply = world.get("/api/auth/export").bearer(&owner).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.header("content-disposition").starts_with("attachment"));
    let tables = reply.json["tables"].as_object().unwrap_or_else(|| panic!("{}", reply.text));
    let rows = |table: &str| tables[table].as_array().unwrap();
    assert_eq!(rows("users")[0]["email"], Owner.email());
    assert_eq!(rows("memberships")[0]["role"], "owner");
    assert!(rows("tokens").iter().any(|token| token["name"] == "my script"));
    assert!(rows("account_log").iter().any(|entry| entry["kind"] == "signed_in"));
    assert_eq!(rows("commands")[0]["name"], "OnOff.Toggle");
    // What is sealed in the log is theirs to read.
    assert!(rows("events").iter().any(|event| event.to_string().contains("aldgate street 7")));
    assert!(rows("notifications").iter().all(|mail| mail["address"] == Owner.email()));
    assert!(reply.json["withheld"]["users"]["password_phc"].is_string());
    for secret in [made["token"].as_str().unwrap(), "$argon2id", &owner, "bermondsey"] {
        assert!(!reply.text.contains(secret), "{secret} is in the export");
    }
    mailbox.take(Owner.email(), "was downloaded").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h03_a_deleted_account_leaves_nothing_of_its_person_and_the_log_whole() {
    let world = World::start().await;
    let mailbox = Mailbox::of(&world);
    let body = json!({ "email": "gudrun@leaving.example", "password": SECRET, "name": "Gudrun Ohneland" });
    let gudrun = id_of(&world.post("/api/auth/register").json(body).expect(201).await);
    mailbox.take("gudrun@leaving.example", "Confirm").await;
    let members = format!("/api/organisations/{}/members", world.a.organisation);
    let theirs = session(&world, "gudrun@leaving.example", SECRET).await;
    let invited = format!("/api/organisations/{}/invitations", world.a.organisation);
    let offered = world.post(invited).as_(Owner).json(json!({ "role": "member" })).expect(201).await;
    let secret = offered["link"].as_str().unwrap().rsplit_once("#token=").unwrap().1;
    let accept = world.post("/api/invitations/accept").bearer(&theirs).json(json!({ "token": secret }));
    accept.expect(200).await;
    let renamed = json!({ "name": "Gudrun Ohneland-Gross" });
    world.patch("/api/auth/profile").bearer(&theirs).json(renamed).expect(200).await;
    let own = world.post("/api/organisations").bearer(&theirs).json(json!({ "name": "Gudrun alone" }));
    let own = id_of(&own.expect(201).await);
    let home = json!({ "organisation": own, "name": "Gudrun house", "time_zone": "UTC", "property_type": "house",
        "address": "Ohneland 1" });
    let home = id_of(&world.post("/api/homes").bearer(&theirs).json(home).expect(201).await);
    let device = json!({ "home": home, "name": "Gudrun lamp", "endpoints": [{ "endpoint": 1,
        "capabilities": ["OnOff"] }] });
    let device =
        registered(&world.post("/api/iot/devices/register").bearer(&theirs).json(device).expect(201).await);
    let mut connected = world.connect(&device).await;
    connected.report(&[("OnOff.OnOff", json!(true))]).await;

    let added = |events: &Value| {
        let mut items = events["items"].as_array().unwrap().iter();
        items.rfind(|event| event["type"] == "member.added").cloned().unwrap()
    };
    let log = format!("/api/events?organisation={}&limit=1000", world.a.organisation);
    let before = world.get(&log).as_(Owner).expect(200).await;
    assert_eq!(added(&before)["payload"]["name"], "Gudrun Ohneland");
    let renamed = |events: &Value| {
        let mut items = events["items"].as_array().unwrap().iter();
        let event = items.rfind(|event| event["type"] == "member.updated").unwrap();
        (event["payload"]["before"]["name"].clone(), event["payload"]["after"]["name"].clone())
    };
    assert_eq!(renamed(&before), (json!("Gudrun Ohneland"), json!("Gudrun Ohneland-Gross")));
    // A program with her token cannot do it.
    let program =
        world.post("/api/auth/tokens").bearer(&theirs).json(json!({ "name": "x" })).expect(201).await;
    world.delete("/api/auth/account").bearer(program["token"].as_str().unwrap()).expect(403).await;
    world.delete("/api/auth/account").bearer(&theirs).expect(204).await;
    world.get("/api/auth/profile").bearer(&theirs).expect(401).await;
    connected.ended().await;
    let last = mailbox.take("gudrun@leaving.example", "was deleted").await;
    assert!(last.text.contains("last mail"), "{}", last.text);

    let after = world.get(&log).as_(Owner).expect(200).await;
    assert_eq!(added(&after)["payload"]["name"], "[erased]");
    assert_eq!(renamed(&after), (json!("[erased]"), json!("[erased]")));
    let seqs: Vec<_> =
        after["items"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "the log has no gap");
    let settled = async || everything_stored(&world);
    let nothing = |all: &String| !all.contains("gudrun") && !all.contains("ohneland");
    eventually("nothing of her is stored", settled, nothing).await;
    // Her id is left as what caused an event of others, and leads to nobody.
    let listed = world.get(&members).as_(Owner).expect(200).await;
    assert!(!listed.to_string().contains(&gudrun), "{listed}");
    let again = json!({ "email": "gudrun@leaving.example", "password": SECRET });
    world.post("/api/auth/register").json(again).expect(201).await;
    world.stop().await;
}

/// The farewell would wait for ever where nothing sends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h03_without_mail_no_address_waits_for_a_farewell() {
    let world = World::start().await;
    let body = json!({ "email": "gudrun@leaving.example", "password": SECRET });
    world.post("/api/auth/register").json(body).expect(201).await;
    let theirs = session(&world, "gudrun@leaving.example", SECRET).await;
    let queued = || {
        let store = rusqlite::Connection::open(world.data().join("lares.db")).unwrap();
        let count = "SELECT count(*) FROM notifications";
        store.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert!(queued() > 0, "what waits for her goes with the account");
    world.delete("/api/auth/account").bearer(&theirs).expect(204).await;
    assert_eq!(queued(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b08_nobody_leaves_an_organisation_with_people_and_without_an_owner() {
    let world = World::start().await;
    let owner = session(&world, Owner.email(), PASSWORD).await;
    let organisation = format!("/api/organisations/{}", world.a.organisation);
    world.delete("/api/auth/account").bearer(&owner).expect(409).await;
    world.delete(&organisation).bearer(&owner).expect(409).await;
    world.get(format!("/api/homes/{}", world.a.home)).as_(Owner).expect(200).await;
    // The neighbour is alone in theirs.
    let neighbour = session(&world, Neighbour.email(), PASSWORD).await;
    world.delete(&organisation).bearer(&neighbour).expect(404).await;
    let viewer = session(&world, Viewer.email(), PASSWORD).await;
    world.delete(&organisation).bearer(&viewer).expect(403).await;
    let mut plug = world.connect(&world.b.plug).await;
    plug.report(&[("OnOff.OnOff", json!(true))]).await;
    world.delete(format!("/api/organisations/{}", world.b.organisation)).bearer(&neighbour).expect(204).await;
    plug.ended().await;
    world.get(format!("/api/homes/{}", world.b.home)).bearer(&neighbour).expect(404).await;
    let profile = world.get("/api/auth/profile").bearer(&neighbour).expect(200).await;
    assert_eq!(profile["memberships"], json!([]));
    assert!(!everything_stored(&world).contains("bermondsey street"), "its address is still there");
    world.stop().await;
}
