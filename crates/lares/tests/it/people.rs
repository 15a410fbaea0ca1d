//! Members: invited, changed, leaving, and handing an organisation over; and what nobody may do to it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::*;

async fn invite(world: &World, who: Who, body: Value) -> Reply {
    let path = format!("/api/organisations/{}/invitations", world.a.organisation);
    world.post(path).as_(who).json(body).send().await
}

fn token_of(offered: &Value) -> String {
    offered["link"].as_str().unwrap().rsplit_once("#token=").unwrap().1.to_owned()
}

async fn accept(world: &World, who: Who, token: &str) -> Reply {
    world.post("/api/invitations/accept").as_(who).json(json!({ "token": token })).send().await
}

async fn members(world: &World) -> Vec<Value> {
    let path = format!("/api/organisations/{}/members", world.a.organisation);
    world.get(path).as_(Owner).expect(200).await["items"].as_array().unwrap().clone()
}

fn of<'a>(members: &'a [Value], email: &str) -> Option<&'a Value> {
    members.iter().find(|member| member["email"] == email)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_good_once_and_for_what_it_offers() {
    let world = World::start().await;
    let offered = invite(&world, Owner, json!({ "role": "member" })).await;
    assert_eq!(offered.status, 201, "{}", offered.text);
    let token = token_of(&offered.json);

    let looked = world.post("/api/invitations/look").json(json!({ "token": token })).expect(200).await;
    assert_eq!(looked["organisation_name"], "aldgate household");
    assert_eq!((&looked["role"], &looked["invited_by"]), (&json!("member"), &json!("aldgate person")));
    assert!(!looked.to_string().contains(&world.a.organisation), "who only looks learns no id");

    assert_eq!(accept(&world, Stranger, &token).await.status, 401);
    assert_eq!(accept(&world, Owner, &token).await.status, 409, "a member already");
    let home = format!("/api/homes/{}", world.a.home);
    world.get(home.clone()).as_(Neighbour).expect(404).await;
    let accepted = accept(&world, Neighbour, &token).await;
    assert_eq!((accepted.status, &accepted.json["role"]), (200, &json!("member")), "{}", accepted.text);
    world.get(home.clone()).as_(Neighbour).expect(200).await;
    world.patch(home).as_(Neighbour).json(json!({ "name": "mine" })).expect(403).await;

    assert_eq!(accept(&world, Expired, &token).await.status, 404, "used up");
    world.post("/api/invitations/look").json(json!({ "token": token })).expect(404).await;
    let events = world.get("/api/events?limit=200").as_(Owner).expect(200).await;
    let types: Vec<_> = events["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert!(types.contains(&&json!("member.invited")) && types.contains(&&json!("member.added")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_can_be_withdrawn_and_is_queued_as_a_mail() {
    let world = World::start().await;
    let body =
        json!({ "role": "viewer", "email": "New@Person.example", "language": "de", "good_for_days": 2 });
    let offered = invite(&world, Owner, body).await;
    assert_eq!(offered.status, 201, "{}", offered.text);
    let open = format!("/api/organisations/{}/invitations", world.a.organisation);
    let listed = world.get(open.clone()).as_(Owner).expect(200).await;
    assert_eq!(listed["items"][0]["email"], "new@person.example");
    assert!(!listed.to_string().contains(&token_of(&offered.json)), "the link is shown once");
    world.get(open.clone()).as_(Viewer).expect(403).await;
    world.get(open.clone()).as_(Neighbour).expect(404).await;

    let one = format!("/api/invitations/{}", id_of(&offered.json));
    world.delete(one.clone()).as_(Neighbour).expect(404).await;
    world.delete(one.clone()).as_(Owner).expect(204).await;
    world.delete(one).as_(Owner).expect(404).await;
    assert_eq!(accept(&world, Neighbour, &token_of(&offered.json)).await.status, 404);
    assert_eq!(world.get(open).as_(Owner).expect(200).await["items"], json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b08_nobody_grants_more_than_they_hold_and_the_last_owner_stays() {
    let world = World::start().await;
    let organisation = &world.a.organisation;
    // The neighbour comes in as an admin.
    let offered = invite(&world, Owner, json!({ "role": "admin" })).await;
    assert_eq!(accept(&world, Neighbour, &token_of(&offered.json)).await.status, 200);
    assert_eq!(invite(&world, Neighbour, json!({ "role": "owner" })).await.status, 403);
    assert_eq!(invite(&world, Neighbour, json!({ "role": "member" })).await.status, 201);
    assert_eq!(invite(&world, Viewer, json!({ "role": "viewer" })).await.status, 403);

    let all = members(&world).await;
    let owner = id_of(of(&all, Owner.email()).unwrap());
    let admin = id_of(of(&all, Neighbour.email()).unwrap());
    let member = |id: &str| format!("/api/organisations/{organisation}/members/{id}");
    let raise = json!({ "role": "owner" });
    world.patch(member(&admin)).as_(Neighbour).json(raise.clone()).expect(403).await;
    world.patch(member(&owner)).as_(Neighbour).json(json!({ "role": "viewer" })).expect(403).await;
    world.delete(member(&owner)).as_(Neighbour).expect(403).await;

    let leave = format!("/api/organisations/{organisation}/leave");
    world.patch(member(&owner)).as_(Owner).json(json!({ "role": "admin" })).expect(409).await;
    let soon = json!({ "valid_until": "2199-01-01T00:00:00Z" });
    // An owner's place has no end, so that there is always one.
    let ending = world.patch(member(&owner)).as_(Owner).json(soon.clone()).send().await;
    assert_eq!((ending.status, ending.wrong_fields()), (422, vec!["/valid_until"]));
    let offer = json!({ "role": "owner", "member_until": "2199-01-01T00:00:00Z" });
    let ending = invite(&world, Owner, offer).await;
    assert_eq!((ending.status, ending.wrong_fields()), (422, vec!["/member_until"]));
    world.delete(member(&owner)).as_(Owner).expect(409).await;
    world.post(leave.clone()).as_(Owner).expect(409).await;

    let changed = world.patch(member(&admin)).as_(Owner).json(soon).expect(200).await;
    assert_eq!(changed["valid_until"], "2199-01-01T00:00:00.000Z");
    let past = json!({ "valid_until": "2001-01-01T00:00:00Z" });
    let refused = world.patch(member(&admin)).as_(Owner).json(past).send().await;
    assert_eq!((refused.status, refused.wrong_fields()), (422, vec!["/valid_until"]));

    let transfer = format!("/api/organisations/{organisation}/transfer");
    world.post(transfer.clone()).as_(Neighbour).json(json!({ "member": admin })).expect(403).await;
    let own = world.post(transfer.clone()).as_(Owner).json(json!({ "member": owner })).send().await;
    assert_eq!((own.status, own.wrong_fields()), (422, vec!["/member"]));
    world.post(transfer).as_(Owner).json(json!({ "member": admin })).expect(204).await;
    let all = members(&world).await;
    assert_eq!(of(&all, Neighbour.email()).unwrap()["role"], "owner");
    assert_eq!(of(&all, Owner.email()).unwrap()["role"], "admin");

    world.post(leave.clone()).as_(Owner).expect(204).await;
    world.post(leave).as_(Owner).expect(404).await;
    world.get(format!("/api/homes/{}", world.a.home)).as_(Owner).expect(404).await;
    world.stop().await;
}

/// A request that creates something, whose body is held back meanwhile.
async fn answer_to_the_slow(
    world: &World,
    who: Who,
    path: &str,
    body: Value,
    meanwhile: impl Future,
) -> String {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        world.token(who),
        body.len()
    );
    let mut stream = TcpStream::connect(world.running().addresses.http.unwrap()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // Long enough for the head to be let in, whatever comes of it afterwards.
    tokio::time::sleep(Duration::from_secs(1)).await;
    meanwhile.await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b08_a_request_whose_body_is_held_back_does_not_outlive_a_membership() {
    let world = World::start().await;
    let offered = invite(&world, Owner, json!({ "role": "admin" })).await;
    assert_eq!(accept(&world, Neighbour, &token_of(&offered.json)).await.status, 200);
    let rooms = format!("/api/homes/{}/rooms", world.a.home);

    let slow = answer_to_the_slow(&world, Neighbour, &rooms, json!({ "name": "Loft" }), async {}).await;
    assert!(slow.starts_with("HTTP/1.1 201"), "to be slow is no offence: {slow}");

    let admin = id_of(of(&members(&world).await, Neighbour.email()).unwrap());
    let member = format!("/api/organisations/{}/members/{admin}", world.a.organisation);
    let removed = world.delete(member).as_(Owner).expect(204);
    let slow = answer_to_the_slow(&world, Neighbour, &rooms, json!({ "name": "Cellar" }), removed).await;
    assert!(slow.starts_with("HTTP/1.1 403"), "{slow}");
    let rooms = world.get(rooms).as_(Owner).expect(200).await;
    assert!(!rooms.to_string().contains("Cellar"), "{rooms}");
    world.stop().await;
}
