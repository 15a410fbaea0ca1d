//! Search by a part of a name: ranked, walled, in any case, with wildcards taken literally.

use lares_model::device::Device;
use lares_model::home::{Home, Room};
use lares_store::search::{Rank, devices, homes, rank, rooms};
use lares_store::{homes as home_rows, rooms as room_rows};

use crate::bed::{Bed, Household};

pub async fn the_best_match_comes_first(bed: Bed) {
    let Household { organisation, scope, home, .. } = bed.household().await;
    let work = bed.work().await;
    let device = |name: &str, vendor: &str| Device {
        name: name.to_owned(),
        vendor: vendor.to_owned(),
        serial: Some(name.to_owned()),
        ..bed.device(&home)
    };
    let named = [
        ("Kitchen plug", "Lamp Works"),
        ("Table lamp", "Acme"),
        ("Lamp", "Acme"),
        ("Ceiling", "Acme lamps"),
        ("LAMPADINA", "Acme"),
    ];
    let mut ids = Vec::new();
    for (name, vendor) in named {
        let device = device(name, vendor);
        lares_store::devices::insert(&work, &device).await.unwrap();
        ids.push(device.id);
    }
    let lodge = Home { name: "Lamplight lodge".to_owned(), ..bed.home(organisation) };
    home_rows::insert(&work, &lodge).await.unwrap();
    let room = Room { name: "The lamp room".to_owned(), ..bed.room(&home) };
    room_rows::insert(&work, &room).await.unwrap();
    work.commit().await.unwrap();

    let found = async |limit| {
        let found = devices(&bed.store, &scope, "lamp", limit).await.unwrap();
        found.iter().map(|device| device.id).collect::<Vec<_>>()
    };
    assert_eq!(found(10).await, [ids[2], ids[4], ids[1], ids[0], ids[3]]);
    assert_eq!(found(2).await, [ids[2], ids[4]]);
    assert_eq!(homes(&bed.store, &scope, "lamp", 10).await.unwrap(), [lodge]);
    assert_eq!(rooms(&bed.store, &scope, "LAMP R", 10).await.unwrap(), [room]);
    assert_eq!(rank("Lamp", "lamp"), Rank::NameBegins);
    assert_eq!(rank("Table LAMP", "lamp"), Rank::NameContains);
    assert_eq!(rank("Ceiling", "lamp"), Rank::OtherContains);

    let stranger = bed.household().await;
    for part in ["lamp", "%", ""] {
        let found = devices(&bed.store, &stranger.scope, part, 10).await.unwrap();
        assert!(found.iter().all(|device| device.organisation == stranger.organisation), "{part}");
        let found = homes(&bed.store, &stranger.scope, part, 10).await.unwrap();
        assert!(found.iter().all(|home| home.organisation == stranger.organisation), "{part}");
    }
}

pub async fn any_case_any_script_and_no_wildcards(bed: Bed) {
    let Household { organisation, scope, home, .. } = bed.household().await;
    let work = bed.work().await;
    let mut made = Vec::new();
    for name in ["ÜBER den Dächern", "100% Ferien", "a_b", "axb", "Ωμέγα", "bang!"] {
        let home = Home { name: name.to_owned(), ..bed.home(organisation) };
        home_rows::insert(&work, &home).await.unwrap();
        let room = Room { name: name.to_owned(), ..bed.room(&home) };
        room_rows::insert(&work, &room).await.unwrap();
        made.push((home.id, room.id));
    }
    work.commit().await.unwrap();
    for (part, nth) in [("über", 0), ("DÄCH", 0), ("0%", 1), ("A_B", 2), ("ωμέγα", 4), ("g!", 5)] {
        let found = homes(&bed.store, &scope, part, 10).await.unwrap();
        assert_eq!(found.iter().map(|home| home.id).collect::<Vec<_>>(), [made[nth].0], "{part}");
        let found = rooms(&bed.store, &scope, part, 10).await.unwrap();
        assert_eq!(found.iter().map(|room| room.id).collect::<Vec<_>>(), [made[nth].1], "{part}");
    }
    let work = bed.work().await;
    home_rows::update(&work, &Home { name: "Neuer Name".to_owned(), ..home.clone() }).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(homes(&bed.store, &scope, "casa", 10).await.unwrap(), []);
    assert_eq!(homes(&bed.store, &scope, "neuer", 10).await.unwrap().len(), 1);
}
