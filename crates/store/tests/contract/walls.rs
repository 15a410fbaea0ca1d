//! A home is a wall: what is not within the caller's scope does not exist for them.

use lares_model::access::{Membership, Role, Scope};
use lares_model::device::Device;
use lares_model::home::Room;
use lares_model::{EventId, MembershipId};
use lares_store::commands::{self, CommandFilter};
use lares_store::devices::{self, DeviceFilter};
use lares_store::{events, homes, memberships, organisations, rooms};

use crate::bed::{ALL, Bed, Household, NOW, conflict_of};

struct Street {
    household: Household,
    membership: Membership,
    command: lares_model::command::Command,
    event: EventId,
    /// Everybody who is not the household: nobody, and the neighbour.
    strangers: [Scope; 2],
}

async fn street(bed: &Bed) -> Street {
    let household = bed.household().await;
    let neighbour = bed.household().await;
    let user = bed.insert_user("ana@example.org").await;
    let membership = Membership {
        id: MembershipId(bed.id()),
        organisation: household.organisation,
        user: user.id,
        role: Role::Owner,
        valid_from: NOW,
        valid_until: None,
    };
    let command = bed.command(&household.device, 1);
    let event = bed.event(household.organisation);
    let id = event.id;
    let work = bed.work().await;
    memberships::insert(&work, &membership).await.unwrap();
    commands::insert(&work, &command).await.unwrap();
    events::append(&work, vec![event]).await.unwrap();
    work.commit().await.unwrap();
    Street { household, membership, command, event: id, strangers: [Scope::default(), neighbour.scope] }
}

pub async fn a_neighbour_finds_nothing(bed: Bed) {
    let street = street(&bed).await;
    let Household { organisation, home, room, device, scope } = &street.household;
    let found = async |scope: &Scope| {
        let store = &bed.store;
        [
            organisations::find(store, scope, *organisation).await.unwrap().is_some(),
            homes::find(store, scope, home.id).await.unwrap().is_some(),
            rooms::find(store, scope, room.id).await.unwrap().is_some(),
            devices::find(store, scope, device.id).await.unwrap().is_some(),
            memberships::find(store, scope, street.membership.id).await.unwrap().is_some(),
            commands::find(store, scope, street.command.id).await.unwrap().is_some(),
            !commands::history(store, scope, street.command.id).await.unwrap().is_empty(),
            events::find(store, scope, street.event).await.unwrap().is_some(),
        ]
    };
    assert_eq!(found(scope).await, [true; 8]);
    for stranger in &street.strangers {
        assert_eq!(found(stranger).await, [false; 8], "{stranger:?}");
    }
}

pub async fn a_neighbour_lists_nothing(bed: Bed) {
    let street = street(&bed).await;
    let Household { organisation, home, room, device, scope } = &street.household;
    // How many of the household's things a caller is shown, noun by noun, by every filter that could name them.
    let shown = async |scope: &Scope| {
        let store = &bed.store;
        let mut shown = vec![
            organisations::list(store, scope, ALL)
                .await
                .unwrap()
                .iter()
                .filter(|o| o.id == *organisation)
                .count(),
            homes::list(store, scope, ALL).await.unwrap().iter().filter(|h| h.id == home.id).count(),
            rooms::list(store, scope, Some(home.id), ALL).await.unwrap().len(),
            rooms::list(store, scope, None, ALL).await.unwrap().iter().filter(|r| r.id == room.id).count(),
            memberships::of_organisation(store, scope, *organisation, ALL).await.unwrap().len(),
        ];
        let all = DeviceFilter::default();
        for filter in [
            all.clone(),
            DeviceFilter { home: Some(home.id), ..all.clone() },
            DeviceFilter { room: Some(room.id), ..all.clone() },
            DeviceFilter { tag: Some("doors".to_owned()), ..all.clone() },
            DeviceFilter { capability: Some("DoorLock".to_owned()), ..all.clone() },
            DeviceFilter { search: Some("front".to_owned()), ..all.clone() },
        ] {
            let devices = devices::list(store, scope, &filter, ALL).await.unwrap();
            shown.push(devices.iter().filter(|other| other.id == device.id).count());
        }
        let all = CommandFilter::default();
        for filter in [
            all.clone(),
            CommandFilter { device: Some(device.id), ..all.clone() },
            CommandFilter { home: Some(home.id), ..all.clone() },
            CommandFilter { state: Some(street.command.state), ..all.clone() },
        ] {
            shown.push(commands::list(store, scope, &filter, ALL).await.unwrap().len());
        }
        shown
    };
    assert_eq!(shown(scope).await, [1; 15]);
    for stranger in &street.strangers {
        assert_eq!(shown(stranger).await, [0; 15], "{stranger:?}");
    }
}

pub async fn a_neighbour_removes_nothing(bed: Bed) {
    let street = street(&bed).await;
    for stranger in &street.strangers {
        let work = bed.work().await;
        assert!(!memberships::remove(&work, stranger, street.membership.id).await.unwrap());
        work.commit().await.unwrap();
    }
    let scope = &street.household.scope;
    assert!(memberships::find(&bed.store, scope, street.membership.id).await.unwrap().is_some());
}

/// Even a caller that mixes organisations up is stopped by the schema.
pub async fn nothing_stands_in_a_neighbours_home(bed: Bed) {
    let mine = bed.household().await;
    let theirs = bed.household().await;
    let work = bed.work().await;
    let intruder = Device { organisation: mine.organisation, ..bed.device(&theirs.home) };
    conflict_of(devices::insert(&work, &intruder).await);
    drop(work);
    let work = bed.work().await;
    let intruder = Room { organisation: mine.organisation, ..bed.room(&theirs.home) };
    conflict_of(rooms::insert(&work, &intruder).await);
    drop(work);
    let work = bed.work().await;
    let moved = Device { home: theirs.home.id, room: None, ..mine.device.clone() };
    conflict_of(devices::update(&work, &moved).await);
    drop(work);
    // An update that names another organisation than the row's changes nothing.
    let work = bed.work().await;
    let taken = Device { organisation: theirs.organisation, ..mine.device.clone() };
    assert!(!devices::update(&work, &taken).await.unwrap());
    let mut taken = mine.home.clone();
    taken.organisation = theirs.organisation;
    assert!(!homes::update(&work, &taken).await.unwrap());
    work.commit().await.unwrap();
}
