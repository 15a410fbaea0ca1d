//! What strangers say of themselves is made to fit, followed, and placed.

use super::*;
use crate::dialect::UnknownPart;
use serde_json::json;
use uuid::Uuid;

fn endpoint(number: u16, capabilities: &[&str]) -> Endpoint {
    let capabilities = capabilities.iter().map(|name| (*name).to_owned()).collect();
    Endpoint { endpoint: number, capabilities, ..Endpoint::default() }
}

fn lamp() -> Description {
    Description {
        foreign_id: "0x00158d".to_owned(),
        name: "kitchen/lamp".to_owned(),
        vendor: "IKEA".to_owned(),
        model: "LED".to_owned(),
        serial: None,
        firmware: Some("1.0".to_owned()),
        suggested_room: None,
        via: None,
        expected_interval_s: None,
        endpoints: vec![endpoint(1, &["OnOff"])],
        unknown: vec![],
    }
}

fn room(number: u128, name: &str) -> Room {
    Room {
        id: RoomId(Uuid::from_u128(number)),
        organisation: OrganisationId(Uuid::from_u128(1)),
        home: HomeId(Uuid::from_u128(2)),
        name: name.to_owned(),
        created_at: UnixMillis(0),
    }
}

fn registered() -> Device {
    let found = Discovered {
        id: DiscoveredId(Uuid::from_u128(5)),
        organisation: OrganisationId(Uuid::from_u128(1)),
        home: HomeId(Uuid::from_u128(2)),
        dialect: "zigbee2mqtt".to_owned(),
        description: lamp(),
        state: DiscoveredState::Pending,
        first_seen: UnixMillis(0),
        last_seen: UnixMillis(0),
    };
    found.device(DeviceId(Uuid::from_u128(9)), None, None, UnixMillis(7))
}

#[test]
fn a_strangers_description_is_made_to_fit() {
    let wild = Description {
        name: format!("  {}\u{7}  ", "x".repeat(300)),
        serial: Some("\n".to_owned()),
        expected_interval_s: Some(0),
        endpoints: vec![
            endpoint(1, &["OnOff", "Teleportation"]),
            endpoint(1, &["DoorLock"]),
            endpoint(2, &["Teleportation"]),
            endpoint(300, &["OnOff"]),
        ],
        ..lamp()
    };
    let fitted = fitting(wild).unwrap();
    assert_eq!(fitted.name.chars().count(), NAME_MAX_CHARS - 2);
    assert_eq!((fitted.serial, fitted.expected_interval_s), (None, Some(1)));
    assert_eq!(fitted.endpoints, [endpoint(1, &["OnOff"])]);
    assert_eq!(fitting(Description { name: String::new(), ..lamp() }).unwrap().name, "0x00158d");
    assert!(fitting(Description { foreign_id: String::new(), ..lamp() }).is_err());
    let huge = UnknownPart {
        name: "x".to_owned(),
        reason: "y".to_owned(),
        raw: json!("z".repeat(DESCRIPTION_MAX_BYTES)),
    };
    assert!(fitting(Description { unknown: vec![huge], ..lamp() }).unwrap_err().contains("bytes"));
}

#[test]
fn what_fits_is_a_valid_device_from_its_dialect() {
    let device = registered();
    assert_eq!(device.check(), Ok(()));
    let origin = Origin { dialect: "zigbee2mqtt".to_owned(), foreign_id: "0x00158d".to_owned() };
    assert_eq!((device.origin, device.expected_interval_s), (Some(origin), EXPECTED_INTERVAL_MAX_S));
}

#[test]
fn a_new_description_changes_what_nobody_else_has_changed() {
    let anew = Description {
        name: "kitchen/ceiling".to_owned(),
        firmware: Some("2.0".to_owned()),
        endpoints: vec![endpoint(1, &["OnOff", "LevelControl"])],
        expected_interval_s: Some(60),
        ..lamp()
    };
    let followed = described_anew(&registered(), &lamp(), &anew);
    assert_eq!((followed.name.as_str(), followed.firmware.as_deref()), ("kitchen/ceiling", Some("2.0")));
    assert_eq!((followed.endpoints, followed.expected_interval_s), (anew.endpoints.clone(), 60));
    let renamed = Device { name: "My lamp".to_owned(), expected_interval_s: 10, ..registered() };
    let kept = described_anew(&renamed, &lamp(), &anew);
    assert_eq!((kept.name.as_str(), kept.expected_interval_s), ("My lamp", 10));
    let silent = Description { endpoints: vec![], firmware: None, ..lamp() };
    assert_eq!(described_anew(&registered(), &lamp(), &silent), registered());
}

#[test]
fn the_room_it_names_comes_before_the_one_in_its_name() {
    let rooms = [room(1, "Bath"), room(2, "Kitchen"), room(3, "Guest bath")];
    let likely = |name: &str, suggested: Option<&str>| {
        let suggested_room = suggested.map(str::to_owned);
        likely_room(&Description { name: name.to_owned(), suggested_room, ..lamp() }, &rooms)
            .map(|room| room.0.as_u128())
    };
    assert_eq!(likely("kitchen/lamp", None), Some(2));
    assert_eq!(likely("kitchen/lamp", Some("bath")), Some(1));
    assert_eq!(likely("guest_bath_fan", None), Some(3));
    assert_eq!(likely("Bathyscaphe", Some("Attic")), None);
}
