//! One search over homes, rooms and devices, and never over a neighbour's.

use serde_json::{Value, json};

use super::world::*;

async fn found(world: &World, who: Who, query: &str) -> Vec<(String, String)> {
    let found = world.get(format!("/api/search?q={query}")).as_(who).expect(200).await;
    let items = found["items"].as_array().unwrap().iter();
    items.map(|item| (item["type"].as_str().unwrap().into(), item["name"].as_str().unwrap().into())).collect()
}

fn named(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_best_match_comes_first_and_says_where_it_is() {
    let world = World::start().await;
    let body = json!({
        "home": world.a.home, "room": world.a.room, "name": "Hall light", "vendor": "Lumen", "model": "Plug M",
        "endpoints": [{ "endpoint": 1, "capabilities": ["OnOff"] }],
    });
    let light = id_of(&world.post("/api/iot/devices/register").as_(Owner).json(body).expect(201).await);
    // By the name's beginning, by its inside, by what else is known.
    let all = [("device", "Hall light"), ("room", "aldgate hall")];
    assert_eq!(found(&world, Owner, "HALL").await, named(&all));
    let plugs = [("device", "aldgate plug"), ("device", "Hall light")];
    assert_eq!(found(&world, Owner, "plug").await, named(&plugs));
    let own = ["house", "hall", "lock", "plug"].map(|what| format!("aldgate {what}"));
    let kinds = ["home", "room", "device", "device"];
    let everything: Vec<_> = kinds.iter().zip(&own).map(|(kind, name)| (*kind, name.as_str())).collect();
    assert_eq!(found(&world, Viewer, "aldgate").await, named(&everything));
    assert_eq!(found(&world, Owner, "aldgate&limit=2").await, named(&everything[..2]));
    assert_eq!(found(&world, Owner, "street").await, [], "the address is not searched");

    let reply = world.get("/api/search?q=hall%20light").as_(Owner).expect(200).await;
    let item = &reply["items"][0];
    assert_eq!((&item["id"], &item["detail"]), (&json!(light), &json!("Lumen Plug M")));
    assert_eq!(item["home"], json!({ "id": world.a.home, "name": "aldgate house" }));
    assert_eq!(item["room"], json!({ "id": world.a.room, "name": "aldgate hall" }));
    let home = world.get("/api/search?q=aldgate%20house").as_(Owner).expect(200).await;
    assert_eq!((&home["items"][0]["home"], &home["items"][0]["room"]), (&Value::Null, &Value::Null));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_is_not_found_and_wildcards_are_letters() {
    let world = World::start().await;
    for who in [Neighbour, Expired] {
        assert_eq!(found(&world, who, "aldgate").await, [], "{who:?}");
    }
    for text in ["%25", "_", "!", "aldgate%25", "'"] {
        assert_eq!(found(&world, Owner, text).await, [], "{text}");
    }
    for wrong in ["", "?q=", "?q=%20%20", "?q=a%0Ab"] {
        let reply = world.get(format!("/api/search{wrong}")).as_(Owner).send().await;
        assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["q"]), "{}", reply.text);
    }
    let reply = world.get(format!("/api/search?q={}", "x".repeat(121))).as_(Owner).send().await;
    assert_eq!((reply.status, reply.wrong_fields()), (422, vec!["q"]));
    world.stop().await;
}
