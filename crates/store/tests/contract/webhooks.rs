//! Webhooks: each comes back as it was written, behind the wall of its organisation.

use lares_model::WebhookId;
use lares_model::access::Scope;
use lares_model::webhook::{MappedReading, Mapping, Webhook};
use lares_store::{devices, homes, webhooks};

use crate::bed::{ALL, Bed, Household, NOW, conflict_of};

fn webhook(bed: &Bed, house: &Household) -> Webhook {
    Webhook {
        id: WebhookId(bed.id()),
        organisation: house.organisation,
        home: house.home.id,
        name: "Regen".to_owned(),
        mapping: Mapping {
            time: Some("/at".to_owned()),
            readings: vec![MappedReading {
                value: "/v".to_owned(),
                device: house.device.id,
                endpoint: 1,
                attribute: "BooleanState.StateValue".to_owned(),
                factor: Some(0.1),
                offset: None,
            }],
        },
        created_at: NOW,
    }
}

pub async fn they_come_back_as_written(bed: Bed) {
    let house = bed.household().await;
    let own = webhook(&bed, &house);
    let work = bed.work().await;
    webhooks::insert(&work, &own, vec![0, 255, 7]).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(webhooks::find(&bed.store, &house.scope, own.id).await.unwrap(), Some(own.clone()));
    let any = webhooks::find_any(&bed.store, own.id).await.unwrap();
    assert_eq!(any, Some((own.clone(), vec![0, 255, 7])));
    let listed = webhooks::of_home(&bed.store, &house.scope, house.home.id, ALL).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&own));
    let work = bed.work().await;
    assert!(webhooks::delete(&work, own.id).await.unwrap());
    assert!(!webhooks::delete(&work, own.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(webhooks::find_any(&bed.store, own.id).await.unwrap(), None);
}

pub async fn webhooks_go_with_their_home_and_are_nobody_elses(bed: Bed) {
    let (mine, theirs) = (bed.household().await, bed.household().await);
    let own = webhook(&bed, &mine);
    let work = bed.work().await;
    webhooks::insert(&work, &own, vec![1]).await.unwrap();
    work.commit().await.unwrap();
    for stranger in [Scope::default(), theirs.scope.clone()] {
        assert_eq!(webhooks::find(&bed.store, &stranger, own.id).await.unwrap(), None);
        assert!(webhooks::of_home(&bed.store, &stranger, mine.home.id, ALL).await.unwrap().is_empty());
    }
    let work = bed.work().await;
    let intruder = Webhook { home: theirs.home.id, ..webhook(&bed, &mine) };
    conflict_of(webhooks::insert(&work, &intruder, vec![1]).await);
    drop(work);
    let work = bed.work().await;
    devices::delete(&work, mine.device.id).await.unwrap();
    homes::delete(&work, mine.home.id).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(webhooks::find_any(&bed.store, own.id).await.unwrap(), None);
}
