//! The inbox and devices of other makers: kept as found, each origin once in its home, behind the wall.

use lares_model::DiscoveredId;
use lares_model::access::Scope;
use lares_model::bounds::Bounds;
use lares_model::device::{Device, Endpoint, Origin};
use lares_model::dialect::{Description, UnknownPart};
use lares_model::discovered::{Discovered, DiscoveredState};
use lares_store::{devices, discovered, homes};

use crate::bed::{Bed, Household, NOW, conflict_of};

fn found(bed: &Bed, house: &Household, foreign_id: &str) -> Discovered {
    Discovered {
        id: DiscoveredId(bed.id()),
        organisation: house.organisation,
        home: house.home.id,
        dialect: "zigbee2mqtt".to_owned(),
        description: Description {
            foreign_id: foreign_id.to_owned(),
            name: "Küche/Lampe".to_owned(),
            vendor: "IKEA".to_owned(),
            model: "LED".to_owned(),
            serial: None,
            firmware: Some("2.3".to_owned()),
            suggested_room: Some("Küche".to_owned()),
            via: Some("bridge".to_owned()),
            expected_interval_s: Some(3_600),
            endpoints: vec![Endpoint {
                endpoint: 1,
                capabilities: vec!["OnOff".to_owned()],
                name: Some("left".to_owned()),
                bounds: vec![Bounds {
                    choices: vec!["eco".to_owned()],
                    max: Some(0.5),
                    ..Bounds::of("OnOff.OnOff")
                }],
                ..Endpoint::default()
            }],
            unknown: vec![UnknownPart {
                name: "effect".to_owned(),
                reason: "no such capability".to_owned(),
                raw: serde_json::json!({ "type": "enum", "values": ["blink"] }),
            }],
        },
        state: DiscoveredState::Pending,
        first_seen: NOW,
        last_seen: NOW,
    }
}

pub async fn the_inbox_round_trips(bed: Bed) {
    let house = bed.household().await;
    let (first, second) = (found(&bed, &house, "0x01"), found(&bed, &house, "0x02"));
    let work = bed.work().await;
    discovered::insert(&work, &first).await.unwrap();
    discovered::insert(&work, &second).await.unwrap();
    work.commit().await.unwrap();
    let find = async |id| discovered::find(&bed.store, &house.scope, id).await.unwrap();
    assert_eq!(find(first.id).await, Some(first.clone()));
    let of_home = async || discovered::of_home_any(&bed.store, house.home.id).await.unwrap();
    assert_eq!(of_home().await, [first.clone(), second.clone()]);

    let mut changed = Discovered { last_seen: NOW + 9, ..first.clone() };
    changed.description.name = "Lampe".to_owned();
    let work = bed.work().await;
    assert!(discovered::describe(&work, &changed).await.unwrap());
    assert!(discovered::set_state(&work, first.id, DiscoveredState::Accepted).await.unwrap());
    work.commit().await.unwrap();
    let changed = Discovered { state: DiscoveredState::Accepted, ..changed };
    let by_origin = async |origin: &Origin| {
        discovered::of_origin(&bed.store, &house.scope, house.home.id, origin).await.unwrap()
    };
    assert_eq!(by_origin(&changed.origin()).await, Some(changed.clone()));
    assert_eq!(by_origin(&Origin { dialect: "homie".to_owned(), ..changed.origin() }).await, None);

    let work = bed.work().await;
    assert!(discovered::ignore_origin(&work, house.home.id, &changed.origin()).await.unwrap());
    assert!(discovered::delete(&work, second.id).await.unwrap());
    assert!(!discovered::delete(&work, second.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(of_home().await, [Discovered { state: DiscoveredState::Ignored, ..changed }]);
}

pub async fn an_origin_is_found_once_in_its_home(bed: Bed) {
    let (mine, theirs) = (bed.household().await, bed.household().await);
    let work = bed.work().await;
    discovered::insert(&work, &found(&bed, &mine, "0x01")).await.unwrap();
    discovered::insert(&work, &found(&bed, &theirs, "0x01")).await.unwrap();
    work.commit().await.unwrap();
    let work = bed.work().await;
    let twice = discovered::insert(&work, &found(&bed, &mine, "0x01")).await;
    assert_eq!(conflict_of(twice), "this device in the inbox");
    drop(work);

    let origin = Some(found(&bed, &mine, "0x01").origin());
    let device = Device { origin: origin.clone(), ..bed.device(&mine.home) };
    let work = bed.work().await;
    devices::insert(&work, &device).await.unwrap();
    devices::insert(&work, &Device { origin: origin.clone(), ..bed.device(&theirs.home) }).await.unwrap();
    work.commit().await.unwrap();
    let read = devices::find(&bed.store, &mine.scope, device.id).await.unwrap();
    assert_eq!(read, Some(device.clone()));
    let work = bed.work().await;
    let unchanged = Device { origin: None, ..device.clone() };
    assert!(devices::update(&work, &unchanged).await.unwrap());
    work.commit().await.unwrap();
    let read = devices::find(&bed.store, &mine.scope, device.id).await.unwrap();
    assert_eq!(read, Some(device), "where it comes from never changes");
    let work = bed.work().await;
    let twice = devices::insert(&work, &Device { origin, ..bed.device(&mine.home) }).await;
    assert_eq!(conflict_of(twice), "a device with this origin in this home");
}

pub async fn the_inbox_goes_with_its_home_and_is_nobody_elses(bed: Bed) {
    let (mine, theirs) = (bed.household().await, bed.household().await);
    let own = found(&bed, &mine, "0x01");
    let work = bed.work().await;
    discovered::insert(&work, &own).await.unwrap();
    work.commit().await.unwrap();
    for stranger in [Scope::default(), theirs.scope.clone()] {
        assert_eq!(discovered::find(&bed.store, &stranger, own.id).await.unwrap(), None);
        let by_origin = discovered::of_origin(&bed.store, &stranger, mine.home.id, &own.origin()).await;
        assert_eq!(by_origin.unwrap(), None);
    }
    let work = bed.work().await;
    let intruder = Discovered { home: theirs.home.id, ..found(&bed, &mine, "0x02") };
    conflict_of(discovered::insert(&work, &intruder).await);
    drop(work);
    let work = bed.work().await;
    devices::delete(&work, mine.device.id).await.unwrap();
    homes::delete(&work, mine.home.id).await.unwrap();
    work.commit().await.unwrap();
    assert!(discovered::of_home_any(&bed.store, mine.home.id).await.unwrap().is_empty());
}
