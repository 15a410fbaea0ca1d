//! Clients of a home's MQTT space: who they are, and that what is taken from them ends their session.

use std::time::Instant;

use lares_hub::home_clients::{self, HomeClientChange, NewHomeClient, authenticate};
use lares_hub::{HubError, Once, homes};
use lares_model::event::EventType;
use lares_store::events::{self, EventFilter};

use crate::bed::Bed;

fn new(name: &str) -> NewHomeClient {
    NewHomeClient {
        name: name.to_owned(),
        username: None,
        secret: None,
        publish: None,
        subscribe: None,
        trusted: false,
    }
}

#[tokio::test]
async fn a_generated_secret_signs_in_and_is_shown_once() {
    let bed = Bed::new().await;
    let once = Once { key: "k".to_owned(), request_sha256: [1; 32] };
    let create = async || home_clients::create(&bed.hub, &bed.owner, Some(&once), bed.home, new("HA")).await;
    let issued = create().await.unwrap();
    let secret = issued.secret.clone().unwrap();
    assert!(secret.len() >= 27 && issued.client.username.starts_with("home-"));
    assert_eq!(create().await.unwrap().secret, Some(secret.clone()), "the same request, the same answer");

    let (username, hub) = (issued.client.username.as_str(), &bed.hub);
    let client = authenticate(hub, username, secret.as_bytes()).await.unwrap().unwrap();
    assert_eq!((client.id, client.home, client.organisation), (issued.client.id, bed.home, bed.organisation));
    assert_eq!((client.publish.as_slice(), client.trusted), (["#".to_owned()].as_slice(), false));
    assert_eq!(client.identity(), format!("client:{}", issued.client.id));
    for (name, password) in
        [(username, "wrong".as_bytes()), ("nobody", secret.as_bytes()), (username, b""), (username, b"\xff")]
    {
        assert_eq!(authenticate(hub, name, password).await.unwrap(), None);
    }
    let seen = home_clients::find(hub, &bed.owner, issued.client.id).await.unwrap();
    assert_eq!(seen.last_seen, Some(hub.now()));
    home_clients::write_seen(hub).await.unwrap();
    assert!(matches!(
        home_clients::find(hub, &bed.neighbour, issued.client.id).await,
        Err(HubError::NotFound(_))
    ));
    let theirs = home_clients::create(hub, &bed.neighbour, None, bed.home, new("HA")).await;
    assert!(matches!(theirs, Err(HubError::NotFound(_))));
}

#[tokio::test]
async fn a_chosen_secret_is_hashed_slowly_once() {
    let bed = Bed::new().await;
    let chosen = NewHomeClient {
        username: Some("DVES_USER".to_owned()),
        secret: Some("tasmota tasmota".to_owned()),
        ..new("Plug")
    };
    let issued = home_clients::create(&bed.hub, &bed.owner, None, bed.home, chosen.clone()).await.unwrap();
    assert_eq!(issued.secret, None, "who chose it knows it");
    let timed = async |password: &'static [u8]| {
        let begun = Instant::now();
        let found = authenticate(&bed.hub, "DVES_USER", password).await.unwrap();
        (found.is_some(), begun.elapsed())
    };
    for (password, right) in [(b"tasmota tasmota".as_slice(), true), (b"tasmota".as_slice(), false)] {
        let (first, slow) = timed(password).await;
        let (again, quick) = timed(password).await;
        assert_eq!((first, again), (right, right));
        assert!(quick * 2 < slow, "{quick:?} {slow:?}");
    }
    let short = NewHomeClient { secret: Some("seven77".to_owned()), ..new("Plug") };
    for wrong in [NewHomeClient { username: Some("a b".to_owned()), ..new("Plug") }, short] {
        let refused = home_clients::create(&bed.hub, &bed.owner, None, bed.home, wrong).await;
        assert!(matches!(refused, Err(HubError::Invalid(_))));
    }
    let again = home_clients::create(&bed.hub, &bed.owner, None, bed.home, chosen).await;
    assert!(matches!(again, Err(HubError::Conflict(_))));
}

#[tokio::test]
async fn what_is_changed_rotated_or_removed_cuts_the_session_and_is_an_event() {
    let bed = Bed::new().await;
    let (hub, owner) = (&bed.hub, &bed.owner);
    let issued = home_clients::create(hub, owner, None, bed.home, new("HA")).await.unwrap();
    let (id, username) = (issued.client.id, issued.client.username.clone());
    let identity = [format!("client:{id}")];
    assert_eq!(bed.bus.cuts(), [] as [String; 0]);

    let same = HomeClientChange { trusted: Some(false), ..HomeClientChange::default() };
    home_clients::update(hub, owner, id, same).await.unwrap();
    assert_eq!(bed.bus.cuts(), [] as [String; 0], "nothing changed");
    let less = HomeClientChange { publish: Some(vec!["ha/#".to_owned()]), ..HomeClientChange::default() };
    home_clients::update(hub, owner, id, less).await.unwrap();
    assert_eq!(bed.bus.cuts(), identity);

    let rotated = home_clients::rotate(hub, owner, None, id, None).await.unwrap();
    assert_eq!(bed.bus.cuts(), identity);
    let old = issued.secret.unwrap();
    assert_eq!(authenticate(hub, &username, old.as_bytes()).await.unwrap(), None);
    let client = authenticate(hub, &username, rotated.secret.unwrap().as_bytes()).await.unwrap().unwrap();
    assert_eq!(client.publish, ["ha/#"]);

    let gone = home_clients::delete(hub, &bed.neighbour, id).await;
    assert!(matches!(gone, Err(HubError::NotFound(_))));
    home_clients::delete(hub, owner, id).await.unwrap();
    assert_eq!(bed.bus.cuts(), identity);
    let filter = EventFilter { home: Some(bed.home), ..EventFilter::default() };
    let log = events::after(&hub.store, bed.organisation, 0, &filter, 100).await.unwrap();
    let types: Vec<_> = log.iter().map(|event| event.event_type).collect();
    use EventType::*;
    assert_eq!(
        types,
        [HomeCreated, MqttClientCreated, MqttClientUpdated, MqttClientSecretRotated, MqttClientDeleted]
    );
    let all = serde_json::to_string(&log.iter().map(|event| &event.payload).collect::<Vec<_>>()).unwrap();
    assert!(!all.contains(&old), "a secret in the log");
}

#[tokio::test]
async fn a_home_that_is_removed_takes_its_clients_along() {
    let bed = Bed::new().await;
    let issued = home_clients::create(&bed.hub, &bed.owner, None, bed.home, new("HA")).await.unwrap();
    homes::delete(&bed.hub, &bed.owner, bed.home).await.unwrap();
    assert_eq!(bed.bus.cuts(), [format!("client:{}", issued.client.id)]);
    let secret = issued.secret.unwrap();
    assert_eq!(authenticate(&bed.hub, &issued.client.username, secret.as_bytes()).await.unwrap(), None);
}
