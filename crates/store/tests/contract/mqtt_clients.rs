//! Clients of homes' MQTT spaces: each comes back as it was written, behind the wall of its organisation.

use std::collections::BTreeMap;

use lares_model::MqttClientId;
use lares_model::access::Scope;
use lares_model::mqtt_client::MqttClient;
use lares_store::homes;
use lares_store::mqtt_clients::{self, KeptSecret};

use crate::bed::{ALL, Bed, Household, NOW, conflict_of};

fn client(bed: &Bed, house: &Household, username: &str) -> MqttClient {
    MqttClient {
        id: MqttClientId(bed.id()),
        organisation: house.organisation,
        home: house.home.id,
        name: "Zigbee2MQTT".to_owned(),
        username: username.to_owned(),
        publish: vec!["zigbee2mqtt/#".to_owned()],
        subscribe: vec!["#".to_owned()],
        trusted: true,
        created_at: NOW,
        last_seen: None,
    }
}

const SHA: KeptSecret = KeptSecret::Sha256([7; 32]);

pub async fn they_round_trip(bed: Bed) {
    let house = bed.household().await;
    let (first, second) = (client(&bed, &house, "home-a"), client(&bed, &house, "home-b"));
    let phc = KeptSecret::Phc("$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA".to_owned());
    let work = bed.work().await;
    mqtt_clients::insert(&work, &first, &SHA).await.unwrap();
    mqtt_clients::insert(&work, &second, &phc).await.unwrap();
    work.commit().await.unwrap();
    let find = async |id| mqtt_clients::find(&bed.store, &house.scope, id).await.unwrap();
    assert_eq!(find(first.id).await, Some(first.clone()));
    let of_home = mqtt_clients::of_home(&bed.store, &house.scope, house.home.id, ALL).await.unwrap();
    assert_eq!(of_home, [first.clone(), second.clone()]);
    let by_name = async |name| mqtt_clients::find_by_username(&bed.store, name).await.unwrap();
    assert_eq!(by_name("home-a").await, Some((first.clone(), SHA)));
    assert_eq!(by_name("home-b").await, Some((second.clone(), phc.clone())));
    assert_eq!(by_name("HOME-A").await, None);
    assert_eq!(mqtt_clients::homes_any(&bed.store).await.unwrap(), [house.home.id]);

    let changed = MqttClient { name: "HA".to_owned(), publish: vec![], trusted: false, ..first.clone() };
    let work = bed.work().await;
    assert!(mqtt_clients::update(&work, &changed).await.unwrap());
    assert!(mqtt_clients::set_secret(&work, first.id, &phc).await.unwrap());
    let seen = BTreeMap::from([(first.id, NOW + 5), (MqttClientId(bed.id()), NOW)]);
    mqtt_clients::touch(&work, &seen).await.unwrap();
    work.commit().await.unwrap();
    let changed = MqttClient { last_seen: Some(NOW + 5), ..changed };
    assert_eq!(by_name("home-a").await, Some((changed, phc)));

    let work = bed.work().await;
    assert!(mqtt_clients::delete(&work, first.id).await.unwrap());
    assert!(!mqtt_clients::delete(&work, first.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(find(first.id).await, None);
    assert_eq!(find(second.id).await.as_ref(), Some(&second));
}

pub async fn a_user_name_is_taken_once_in_the_whole_server(bed: Bed) {
    let (mine, theirs) = (bed.household().await, bed.household().await);
    let work = bed.work().await;
    mqtt_clients::insert(&work, &client(&bed, &mine, "bridge"), &SHA).await.unwrap();
    work.commit().await.unwrap();
    let work = bed.work().await;
    let taken = mqtt_clients::insert(&work, &client(&bed, &theirs, "bridge"), &SHA).await;
    assert_eq!(conflict_of(taken), "an MQTT client with this user name");
}

pub async fn they_go_with_their_home_and_are_nobody_elses(bed: Bed) {
    let (mine, theirs) = (bed.household().await, bed.household().await);
    let own = client(&bed, &mine, "bridge");
    let work = bed.work().await;
    mqtt_clients::insert(&work, &own, &SHA).await.unwrap();
    work.commit().await.unwrap();
    for stranger in [Scope::default(), theirs.scope.clone()] {
        assert_eq!(mqtt_clients::find(&bed.store, &stranger, own.id).await.unwrap(), None);
        let listed = mqtt_clients::of_home(&bed.store, &stranger, mine.home.id, ALL).await.unwrap();
        assert!(listed.is_empty());
    }
    let work = bed.work().await;
    let intruder = MqttClient { home: theirs.home.id, ..client(&bed, &mine, "intruder") };
    conflict_of(mqtt_clients::insert(&work, &intruder, &SHA).await);
    drop(work);
    let work = bed.work().await;
    let taken = MqttClient { organisation: theirs.organisation, ..own.clone() };
    assert!(!mqtt_clients::update(&work, &taken).await.unwrap());
    lares_store::devices::delete(&work, mine.device.id).await.unwrap();
    homes::delete(&work, mine.home.id).await.unwrap();
    work.commit().await.unwrap();
    let left = mqtt_clients::of_home(&bed.store, &mine.scope, mine.home.id, ALL).await.unwrap();
    assert!(left.is_empty());
}
