//! Every noun comes back as it was written, and changes as its functions say.

use std::slice;

use lares_model::access::{Membership, Role, Scope};
use lares_model::command::{CommandState, Transition};
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::event::{Cause, EventType, NewEvent, Origin};
use lares_model::home::{Home, PropertyType, Room};
use lares_model::oauth::Scopes;
use lares_model::record::Position;
use lares_model::retention::{Kept, Retention};
use lares_model::{MembershipId, TokenId, UnixMillis};
use lares_store::commands::{self, CommandFilter};
use lares_store::devices::{self, DeviceFilter};
use lares_store::idempotency::{self, IdempotencyKey, Opening};
use lares_store::tokens::{self, Token, TokenKind};
use lares_store::{
    credentials, events, homes, ingest, memberships, organisations, retention, rooms, subject_keys, users,
};

use crate::bed::{ALL, Bed, Household, NOW, conflict_of};

pub async fn organisations_round_trip(bed: Bed) {
    let mut organisation = bed.organisation("Ångström & Söhne");
    let scope = Scope::of([organisation.id]);
    let work = bed.work().await;
    organisations::insert(&work, &organisation).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(
        organisations::find(&bed.store, &scope, organisation.id).await.unwrap(),
        Some(organisation.clone())
    );
    assert_eq!(events::head(&bed.store, organisation.id).await.unwrap(), 0);

    let work = bed.work().await;
    assert!(organisations::rename(&work, organisation.id, "Renamed").await.unwrap());
    assert!(!organisations::rename(&work, lares_model::OrganisationId(bed.id()), "Nobody").await.unwrap());
    work.commit().await.unwrap();
    organisation.name = "Renamed".to_owned();
    assert_eq!(organisations::list(&bed.store, &scope, ALL).await.unwrap(), [organisation]);
}

pub async fn homes_round_trip(bed: Bed) {
    let Household { scope, home, room, device, .. } = bed.household().await;
    assert_eq!(homes::find(&bed.store, &scope, home.id).await.unwrap(), Some(home.clone()));

    let changed = Home {
        name: "Casa Verde".to_owned(),
        address: String::new(),
        time_zone: "Atlantic/Canary".to_owned(),
        property_type: PropertyType::House,
        floor_area_m2: None,
        export_homeassistant: true,
        ..home.clone()
    };
    let work = bed.work().await;
    assert!(homes::update(&work, &changed).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(homes::list(&bed.store, &scope, ALL).await.unwrap(), slice::from_ref(&changed));
    assert_eq!(homes::exporting_any(&bed.store).await.unwrap(), [changed]);

    let work = bed.work().await;
    assert!(devices::delete(&work, device.id).await.unwrap());
    assert!(homes::delete(&work, home.id).await.unwrap());
    assert!(!homes::delete(&work, home.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(homes::find(&bed.store, &scope, home.id).await.unwrap(), None);
    assert_eq!(rooms::find(&bed.store, &scope, room.id).await.unwrap(), None, "rooms go with their home");
}

pub async fn rooms_round_trip(bed: Bed) {
    let Household { scope, home, room, device, .. } = bed.household().await;
    let elsewhere = bed.home(home.organisation);
    let attic = bed.room(&elsewhere);
    let work = bed.work().await;
    homes::insert(&work, &elsewhere).await.unwrap();
    rooms::insert(&work, &attic).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(rooms::find(&bed.store, &scope, room.id).await.unwrap(), Some(room.clone()));
    let list = async |home| rooms::list(&bed.store, &scope, home, ALL).await.unwrap();
    assert_eq!(list(None).await, [room.clone(), attic.clone()]);
    assert_eq!(list(Some(elsewhere.id)).await, slice::from_ref(&attic));

    let renamed = Room { name: " Größe".to_owned(), ..room.clone() };
    let work = bed.work().await;
    assert!(rooms::update(&work, &renamed).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(rooms::find(&bed.store, &scope, room.id).await.unwrap(), Some(renamed));
    let is_named =
        async |home, name| rooms::is_named(&bed.store, room.organisation, home, name).await.unwrap();
    assert!(is_named(home.id, "Größe").await && is_named(home.id, "GRÖßE ").await);
    assert!(!is_named(home.id, &room.name).await && !is_named(elsewhere.id, "Größe").await);

    let work = bed.work().await;
    assert!(rooms::delete(&work, room.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(rooms::find(&bed.store, &scope, room.id).await.unwrap(), None);
    let left = devices::find(&bed.store, &scope, device.id).await.unwrap().unwrap();
    assert_eq!(left, Device { room: None, ..device });
}

pub async fn devices_round_trip(bed: Bed) {
    let Household { scope, home, room, device, .. } = bed.household().await;
    assert_eq!(devices::find(&bed.store, &scope, device.id).await.unwrap(), Some(device.clone()));
    assert_eq!(devices::find_any(&bed.store, device.id).await.unwrap(), Some(device.clone()));

    let changed = Device {
        room: None,
        name: "Back door".to_owned(),
        vendor: String::new(),
        model: "M".to_owned(),
        serial: Some("S/1".to_owned()),
        firmware: None,
        endpoints: vec![Endpoint {
            endpoint: 2,
            capabilities: vec!["OnOff".to_owned()],
            ..Endpoint::default()
        }],
        tags: vec!["heating".to_owned()],
        encoding: Encoding::Json,
        expected_interval_s: 604_800,
        updated_at: NOW + 9,
        ..device.clone()
    };
    let work = bed.work().await;
    assert_eq!(devices::next_command_counter(&work, device.id).await.unwrap(), 1);
    // Read before the counter moved, and written after: the counter must not go back.
    assert!(devices::update(&work, &changed).await.unwrap());
    assert!(!devices::update(&work, &bed.device(&home)).await.unwrap());
    work.commit().await.unwrap();
    let expected = Device { command_counter: 1, ..changed };
    assert_eq!(devices::find(&bed.store, &scope, device.id).await.unwrap(), Some(expected.clone()));
    assert_eq!(devices::all_any(&bed.store, None, 10).await.unwrap(), slice::from_ref(&expected));
    assert!(devices::all_any(&bed.store, Some(device.id), 10).await.unwrap().is_empty());
    let by =
        async |filter: DeviceFilter| devices::list(&bed.store, &scope, &filter, ALL).await.unwrap().len();
    assert_eq!(by(DeviceFilter { tag: Some("doors".to_owned()), ..Default::default() }).await, 0);
    assert_eq!(by(DeviceFilter { tag: Some("heating".to_owned()), ..Default::default() }).await, 1);
    assert_eq!(by(DeviceFilter { capability: Some("DoorLock".to_owned()), ..Default::default() }).await, 0);
    assert_eq!(by(DeviceFilter { capability: Some("OnOff".to_owned()), ..Default::default() }).await, 1);
    assert_eq!(by(DeviceFilter { room: Some(room.id), ..Default::default() }).await, 0);

    let work = bed.work().await;
    assert!(devices::delete(&work, device.id).await.unwrap());
    assert!(!devices::delete(&work, device.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(devices::find(&bed.store, &scope, device.id).await.unwrap(), None);
    let work = bed.work().await;
    conflict_of(devices::next_command_counter(&work, device.id).await);
}

pub async fn a_device_stands_in_a_room_of_its_own_home(bed: Bed) {
    let Household { organisation, room, device, .. } = bed.household().await;
    let elsewhere = bed.home(organisation);
    let work = bed.work().await;
    homes::insert(&work, &elsewhere).await.unwrap();
    work.commit().await.unwrap();
    let work = bed.work().await;
    conflict_of(devices::update(&work, &Device { home: elsewhere.id, ..device.clone() }).await);
    drop(work);
    let work = bed.work().await;
    conflict_of(rooms::update(&work, &Room { home: elsewhere.id, ..room }).await);
    drop(work);
    let work = bed.work().await;
    assert!(devices::update(&work, &Device { home: elsewhere.id, room: None, ..device }).await.unwrap());
    work.commit().await.unwrap();
}

pub async fn devices_are_found_by_what_they_are(bed: Bed) {
    let Household { organisation, scope, home, room, device, .. } = bed.household().await;
    let elsewhere = bed.home(organisation);
    let plug = Device {
        name: "STECKDOSE Küche".to_owned(),
        serial: Some("Ab-77".to_owned()),
        endpoints: vec![Endpoint {
            endpoint: 1,
            capabilities: vec!["OnOff".to_owned()],
            ..Endpoint::default()
        }],
        tags: vec!["doors".to_owned(), "it's".to_owned()],
        ..bed.device(&elsewhere)
    };
    let work = bed.work().await;
    homes::insert(&work, &elsewhere).await.unwrap();
    devices::insert(&work, &plug).await.unwrap();
    work.commit().await.unwrap();
    let found = async |filter: DeviceFilter| -> Vec<_> {
        let devices = devices::list(&bed.store, &scope, &filter, ALL).await.unwrap();
        devices.into_iter().map(|device| device.id).collect()
    };
    let all = DeviceFilter::default();
    let (lock, plug) = (device.id, plug.id);
    assert_eq!(found(all.clone()).await, [lock, plug]);
    assert_eq!(found(DeviceFilter { home: Some(home.id), ..all.clone() }).await, [lock]);
    assert_eq!(found(DeviceFilter { room: Some(room.id), ..all.clone() }).await, [lock]);
    let tagged = |tag: &str| DeviceFilter { tag: Some(tag.to_owned()), ..DeviceFilter::default() };
    assert_eq!(found(tagged("doors")).await, [lock, plug]);
    assert_eq!(found(tagged("it's")).await, [plug]);
    assert_eq!(found(tagged("door")).await, []);
    let can = |name: &str| DeviceFilter { capability: Some(name.to_owned()), ..DeviceFilter::default() };
    assert_eq!(found(can("DoorLock")).await, [lock]);
    assert_eq!(found(can("OnOff")).await, [plug]);
    let search = |text: &str| DeviceFilter { search: Some(text.to_owned()), ..DeviceFilter::default() };
    for (text, expected) in [
        ("front", vec![lock]),
        ("ACME", vec![lock, plug]),
        ("l-10", vec![lock, plug]),
        ("ab-77", vec![plug]),
        ("küche", vec![plug]),
        ("KÜCHE", vec![plug]),
        ("steck", vec![plug]),
        ("nothing", vec![]),
        ("'; DROP TABLE devices; --", vec![]),
    ] {
        assert_eq!(found(search(text)).await, expected, "{text}");
    }
    assert_eq!(found(DeviceFilter { home: Some(elsewhere.id), ..tagged("doors") }).await, [plug]);
    assert_eq!(found(DeviceFilter { home: Some(home.id), ..can("OnOff") }).await, []);
}

pub async fn wildcards_in_a_search_are_literal(bed: Bed) {
    let Household { scope, home, .. } = bed.household().await;
    let work = bed.work().await;
    let mut ids = Vec::new();
    for name in ["100% wool", "100 wool", "a_b", "axb", r"back\slash", "bang!", "bang"] {
        let device = Device { name: name.to_owned(), ..bed.device(&home) };
        devices::insert(&work, &device).await.unwrap();
        ids.push(device.id);
    }
    work.commit().await.unwrap();
    for (search, expected) in [
        ("100%", vec![ids[0]]),
        ("%", vec![ids[0]]),
        ("_", vec![ids[2]]),
        ("a_b", vec![ids[2]]),
        (r"\", vec![ids[4]]),
        (r"k\s", vec![ids[4]]),
        ("!", vec![ids[5]]),
        ("bang", vec![ids[5], ids[6]]),
    ] {
        let filter = DeviceFilter { search: Some(search.to_owned()), ..DeviceFilter::default() };
        let found = devices::list(&bed.store, &scope, &filter, ALL).await.unwrap();
        assert_eq!(found.iter().map(|device| device.id).collect::<Vec<_>>(), expected, "{search}");
    }
}

pub async fn credentials_round_trip(bed: Bed) {
    let Household { organisation, device, .. } = bed.household().await;
    assert_eq!(credentials::find(&bed.store, device.id).await.unwrap(), None);
    for secret in [[1; 32], [2; 32]] {
        let work = bed.work().await;
        credentials::set(&work, device.id, organisation, secret, NOW).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(credentials::find(&bed.store, device.id).await.unwrap(), Some(secret));
    }
    let work = bed.work().await;
    devices::delete(&work, device.id).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(credentials::find(&bed.store, device.id).await.unwrap(), None);
}

pub async fn users_and_memberships_round_trip(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    let scope = Scope::of([organisation]);
    let mut user = bed.insert_user("ana.Ñ@Example.org").await;
    user.email = "ana.ñ@example.org".to_owned();
    assert_eq!(users::find(&bed.store, user.id).await.unwrap(), Some(user.clone()));
    for spelling in ["ana.ñ@example.org", "ANA.Ñ@EXAMPLE.ORG"] {
        assert_eq!(users::find_by_email(&bed.store, spelling).await.unwrap(), Some(user.clone()));
    }
    assert_eq!(users::find_by_email(&bed.store, "an%@example.org").await.unwrap(), None);

    let membership = |role, valid_until| Membership {
        id: MembershipId(bed.id()),
        organisation,
        user: user.id,
        role,
        valid_from: NOW,
        valid_until,
    };
    let owner = membership(Role::Owner, None);
    let viewer = membership(Role::Viewer, Some(UnixMillis(-5)));
    let work = bed.work().await;
    assert!(users::set_password(&work, user.id, "new").await.unwrap());
    memberships::insert(&work, &owner).await.unwrap();
    memberships::insert(&work, &viewer).await.unwrap();
    work.commit().await.unwrap();
    user.password_phc = "new".to_owned();
    assert_eq!(memberships::of_user(&bed.store, user.id).await.unwrap(), [owner.clone(), viewer.clone()]);
    assert_eq!(
        memberships::of_organisation(&bed.store, &scope, organisation, ALL).await.unwrap(),
        [(owner.clone(), user.clone()), (viewer.clone(), user.clone())]
    );
    assert_eq!(memberships::find(&bed.store, &scope, viewer.id).await.unwrap(), Some(viewer.clone()));

    let work = bed.work().await;
    assert!(memberships::remove(&work, &scope, viewer.id).await.unwrap());
    assert!(!memberships::remove(&work, &scope, viewer.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(memberships::of_user(&bed.store, user.id).await.unwrap(), [owner]);
}

pub async fn tokens_round_trip(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let ben = bed.insert_user("ben@example.org").await;
    let token = |user, kind, secret| Token {
        id: TokenId(bed.id()),
        user,
        kind,
        name: "laptop".to_owned(),
        secret_sha256: [secret; 32],
        created_at: NOW,
        expires_at: (kind == TokenKind::Session).then_some(NOW + 1_000),
        last_used_at: None,
        authenticated_at: None,
        amr: None,
        scopes: Scopes::ALL,
        user_agent: None,
        peer: None,
    };
    let mut session = token(ana.id, TokenKind::Session, 1);
    let api = token(ana.id, TokenKind::Api, 2);
    let work = bed.work().await;
    tokens::insert(&work, &session).await.unwrap();
    tokens::insert(&work, &api).await.unwrap();
    tokens::insert(&work, &token(ben.id, TokenKind::Api, 3)).await.unwrap();
    assert!(tokens::touch(&work, session.id, NOW + 7).await.unwrap());
    work.commit().await.unwrap();
    session.last_used_at = Some(NOW + 7);
    assert_eq!(tokens::find_by_secret(&bed.store, [1; 32]).await.unwrap(), Some(session.clone()));
    assert_eq!(tokens::find_by_secret(&bed.store, [9; 32]).await.unwrap(), None);
    assert_eq!(tokens::find(&bed.store, session.id).await.unwrap(), Some(session.clone()));
    assert_eq!(tokens::find(&bed.store, TokenId(bed.id())).await.unwrap(), None);
    assert_eq!(tokens::list(&bed.store, ana.id).await.unwrap(), [session.clone(), api.clone()]);

    let work = bed.work().await;
    assert!(!tokens::delete(&work, ben.id, api.id).await.unwrap(), "not Ben's");
    assert!(tokens::delete(&work, ana.id, api.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(tokens::list(&bed.store, ana.id).await.unwrap(), [session]);
    assert_eq!(tokens::find_by_secret(&bed.store, [2; 32]).await.unwrap(), None);
}

pub async fn commands_round_trip(bed: Bed) {
    let Household { scope, home, device, .. } = bed.household().await;
    let mut first = bed.command(&device, 1);
    let second = bed.command(&device, 2);
    let work = bed.work().await;
    commands::insert(&work, &second).await.unwrap();
    commands::insert(&work, &first).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(commands::find(&bed.store, &scope, first.id).await.unwrap(), Some(first.clone()));
    let open = commands::unsettled_of(&bed.store, device.id).await.unwrap();
    assert_eq!(open, [first.clone(), second.clone()], "in the order of their numbers");
    assert_eq!(commands::unsettled_devices(&bed.store).await.unwrap(), [device.id]);

    let moves = [
        (CommandState::Sent, None, NOW + 1),
        (CommandState::Sent, Some("sent again"), NOW + 2),
        (CommandState::Acked, None, NOW + 3),
        (CommandState::Confirmed, None, NOW + 3),
    ];
    for (to, reason, at) in moves {
        first.apply(&Transition { to, reason: reason.map(str::to_owned) }, at);
        let work = bed.work().await;
        commands::record(&work, &first).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(commands::find(&bed.store, &scope, first.id).await.unwrap(), Some(first.clone()));
    }
    assert_eq!(first.attempts, 2);
    let history = commands::history(&bed.store, &scope, first.id).await.unwrap();
    let states: Vec<_> = history.iter().map(|line| (line.state, line.reason.as_deref(), line.at)).collect();
    let mut expected = vec![(CommandState::Queued, None, NOW)];
    expected.extend(moves);
    assert_eq!(states, expected);
    assert_eq!(commands::unsettled_of(&bed.store, device.id).await.unwrap(), slice::from_ref(&second));

    let list = async |filter: CommandFilter| -> Vec<_> {
        let found = commands::list(&bed.store, &scope, &filter, ALL).await.unwrap();
        found.into_iter().map(|command| command.id).collect()
    };
    let all = CommandFilter::default();
    assert_eq!(list(all.clone()).await, [first.id, second.id]);
    assert_eq!(list(CommandFilter { device: Some(device.id), ..all.clone() }).await, [first.id, second.id]);
    assert_eq!(list(CommandFilter { home: Some(home.id), ..all.clone() }).await, [first.id, second.id]);
    let confirmed = CommandFilter { state: Some(CommandState::Confirmed), ..all.clone() };
    assert_eq!(list(confirmed).await, [first.id]);
    let nobody = lares_model::DeviceId(bed.id());
    assert_eq!(list(CommandFilter { device: Some(nobody), ..all }).await, []);

    let work = bed.work().await;
    devices::delete(&work, device.id).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(commands::history(&bed.store, &scope, first.id).await.unwrap(), history, "stays readable");
    let work = bed.work().await;
    conflict_of(commands::record(&work, &bed.command(&device, 3)).await);
}

pub async fn events_round_trip(bed: Bed) {
    let Household { organisation, scope, home, device, .. } = bed.household().await;
    let event = NewEvent {
        home: Some(home.id),
        device: Some(device.id),
        cause: Cause::Device(device.id),
        origin: Some(Origin { name: "ingest".to_owned(), seq: 4096 }),
        ..bed.event(organisation)
    };
    let local = NewEvent { event_type: EventType::DeviceLate, ..bed.event(organisation) };
    let work = bed.work().await;
    let seqs = events::append(&work, vec![event.clone(), local.clone()]).await.unwrap();
    assert_eq!(events::append(&work, vec![]).await.unwrap(), Vec::<i64>::new());
    work.commit().await.unwrap();
    assert_eq!(seqs, [1, 2]);
    assert_eq!(events::head(&bed.store, organisation).await.unwrap(), 2);

    let found = events::find(&bed.store, &scope, event.id).await.unwrap().unwrap();
    assert_eq!((found.seq, found.id, found.organisation), (1, event.id, organisation));
    assert_eq!((found.time, found.recorded), (event.time, event.recorded));
    assert_eq!((found.home, found.device), (Some(home.id), Some(device.id)));
    assert_eq!((found.event_type, found.cause), (event.event_type, event.cause));
    assert_eq!(found.payload, event.payload);
    assert_eq!(found.origin, event.origin.unwrap());
    let found = events::find(&bed.store, &scope, local.id).await.unwrap().unwrap();
    assert_eq!(found.origin, Origin { name: "local".to_owned(), seq: 2 });
    assert_eq!((found.home, found.device, found.event_type), (None, None, EventType::DeviceLate));
}

pub async fn subject_keys_round_trip(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    let subject = bed.id();
    assert_eq!(subject_keys::find(&bed.store, subject).await.unwrap(), None);
    let work = bed.work().await;
    subject_keys::insert(&work, subject, organisation, vec![0, 255, 7], NOW).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(subject_keys::find(&bed.store, subject).await.unwrap(), Some(vec![0, 255, 7]));
    let work = bed.work().await;
    assert!(subject_keys::destroy(&work, subject).await.unwrap());
    assert!(!subject_keys::destroy(&work, subject).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(subject_keys::find(&bed.store, subject).await.unwrap(), None);
}

pub async fn ingest_positions_and_checkpoint_round_trip(bed: Bed) {
    assert_eq!(ingest::position(&bed.store).await.unwrap(), Position(0));
    assert_eq!(ingest::load_checkpoint(&bed.store).await.unwrap(), (Position(0), vec![]));
    let Household { organisation, device, .. } = bed.household().await;
    let removed = lares_model::DeviceId(bed.id());
    let state = |device, text: &str| (device, organisation, text.to_owned());

    let work = bed.work().await;
    ingest::advance(&work, Position(0), Position(40)).await.unwrap();
    ingest::save_checkpoint(&work, Position(40), vec![state(device.id, "{}"), state(removed, "1")])
        .await
        .unwrap();
    work.commit().await.unwrap();
    let work = bed.work().await;
    ingest::advance(&work, Position(40), Position(50)).await.unwrap();
    ingest::save_checkpoint(&work, Position(50), vec![state(device.id, "{\"a\":1}")]).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(ingest::position(&bed.store).await.unwrap(), Position(50));
    let both = vec![(device.id, "{\"a\":1}".to_owned()), (removed, "1".to_owned())];
    assert_eq!(ingest::load_checkpoint(&bed.store).await.unwrap(), (Position(50), both));

    let work = bed.work().await;
    assert!(ingest::forget_device(&work, removed).await.unwrap());
    // More than one statement's worth.
    let many: Vec<_> = (0..150).map(|_| state(lares_model::DeviceId(bed.id()), "{}")).collect();
    ingest::save_checkpoint(&work, Position(60), many).await.unwrap();
    ingest::save_checkpoint(&work, Position(61), vec![]).await.unwrap();
    work.commit().await.unwrap();
    let (position, states) = ingest::load_checkpoint(&bed.store).await.unwrap();
    assert_eq!((position, states.len()), (Position(61), 151));
}

pub async fn retention_round_trip(bed: Bed) {
    let Household { scope, home, .. } = bed.household().await;
    let id = home.organisation;
    assert_eq!(retention::find(&bed.store, &scope, id).await.unwrap(), Retention::default());
    let kept = |raw_days, rollup_days| Kept { raw_days, rollup_days };
    let first = Retention {
        measurement: kept(Some(30), Some(365)),
        counter: kept(Some(90), None),
        state: kept(None, None),
    };
    for wanted in [first, Retention { counter: Kept::default(), ..first }] {
        let work = bed.work().await;
        retention::set(&work, id, &wanted).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(retention::find(&bed.store, &scope, id).await.unwrap(), wanted);
        assert_eq!(retention::all_any(&bed.store).await.unwrap().get(&id), Some(&wanted));
    }
    assert_eq!(
        retention::find(&bed.store, &Scope::default(), id).await.unwrap(),
        Retention::default(),
        "outside the scope there is none"
    );
    let work = bed.work().await;
    retention::set(&work, id, &Retention::default()).await.unwrap();
    work.commit().await.unwrap();
    assert!(!retention::all_any(&bed.store).await.unwrap().contains_key(&id));
}

pub async fn idempotency_round_trip(bed: Bed) {
    let key = |owner, text: &str, request| IdempotencyKey {
        owner,
        key: text.to_owned(),
        request_sha256: [request; 32],
    };
    let (ana, ben) = (bed.id(), bed.id());
    let work = bed.work().await;
    assert_eq!(idempotency::open(&work, &key(ana, "k", 1), NOW).await.unwrap(), Opening::Fresh);
    drop(work);
    let work = bed.work().await;
    assert_eq!(
        idempotency::open(&work, &key(ana, "k", 1), NOW).await.unwrap(),
        Opening::Fresh,
        "a request that failed may be tried again"
    );
    idempotency::close(&work, &key(ana, "k", 1), 201, b"\x00body\xff").await.unwrap();
    work.commit().await.unwrap();

    let work = bed.work().await;
    let replay = Opening::Replay { status: 201, body: b"\x00body\xff".to_vec() };
    assert_eq!(idempotency::open(&work, &key(ana, "k", 1), NOW).await.unwrap(), replay);
    assert_eq!(idempotency::open(&work, &key(ana, "k", 2), NOW).await.unwrap(), Opening::Mismatch);
    assert_eq!(idempotency::open(&work, &key(ben, "k", 2), NOW + 5).await.unwrap(), Opening::Fresh);
    idempotency::close(&work, &key(ben, "k", 2), 204, b"").await.unwrap();
    work.commit().await.unwrap();

    let work = bed.work().await;
    assert_eq!(idempotency::prune(&work, NOW + 1).await.unwrap(), 1);
    assert_eq!(idempotency::open(&work, &key(ana, "k", 2), NOW).await.unwrap(), Opening::Fresh);
    let replay = Opening::Replay { status: 204, body: vec![] };
    assert_eq!(idempotency::open(&work, &key(ben, "k", 2), NOW).await.unwrap(), replay);
}
