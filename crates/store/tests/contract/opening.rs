//! Opening, migrating, units of work, and the check.

use lares_model::access::Scope;
use lares_model::device::Device;
use lares_model::home::Organisation;
use lares_model::oauth::Scopes;
use lares_model::{DeviceId, OrganisationId, TokenId, UserId};
use lares_store::events::EventFilter;
use lares_store::tokens::{Token, TokenKind};
use lares_store::{
    Store, StoreError, StoreOptions, UnitOfWork, credentials, devices, events, homes, organisations, tokens,
    users,
};

use crate::bed::{ALL, Bed, NOW, conflict_of};

pub async fn migrating_twice_changes_nothing(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    assert_eq!(bed.store.pending_migrations().await.unwrap(), Vec::<String>::new());
    bed.store.migrate().await.unwrap();
    let scope = Scope::of([organisation]);
    assert_eq!(organisations::list(&bed.store, &scope, ALL).await.unwrap().len(), 1);
    bed.store.ping().await.unwrap();

    let again = Store::open(&StoreOptions { url: bed.url.clone(), readers_max: 1 }).await.unwrap();
    assert_eq!(again.pending_migrations().await.unwrap(), Vec::<String>::new());
    again.close().await;
}

async fn add_organisation(bed: &Bed, work: &UnitOfWork) -> Organisation {
    let organisation = bed.organisation("Short-lived");
    organisations::insert(work, &organisation).await.unwrap();
    events::append(work, vec![bed.event(organisation.id)]).await.unwrap();
    organisation
}

pub async fn a_dropped_unit_of_work_leaves_nothing(bed: Bed) {
    for _ in 0..3 {
        let work = bed.work().await;
        let organisation = add_organisation(&bed, &work).await;
        let scope = Scope::of([organisation.id]);
        assert!(organisations::find(&work, &scope, organisation.id).await.unwrap().is_some());
        drop(work);
        assert_eq!(organisations::find(&bed.store, &scope, organisation.id).await.unwrap(), None);
        assert_eq!(events::head(&bed.store, organisation.id).await.unwrap(), 0);
        assert!(
            events::after(&bed.store, organisation.id, 0, &EventFilter::default(), 10)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

pub async fn a_failed_unit_of_work_cannot_be_committed(bed: Bed) {
    let household = bed.household().await;
    let work = bed.work().await;
    let kept = add_organisation(&bed, &work).await;
    conflict_of(homes::insert(&work, &household.home).await);
    assert!(matches!(work.commit().await, Err(StoreError::Other(_))));
    let scope = Scope::of([kept.id]);
    assert_eq!(organisations::find(&bed.store, &scope, kept.id).await.unwrap(), None);
    // And the writer is not hurt by it.
    bed.organisations(1).await;
}

pub async fn a_unit_of_work_sees_itself_and_others_do_not(bed: Bed) {
    let work = bed.work().await;
    let organisation = add_organisation(&bed, &work).await;
    let scope = Scope::of([organisation.id]);
    assert_eq!(
        organisations::find(&work, &scope, organisation.id).await.unwrap(),
        Some(organisation.clone())
    );
    assert_eq!(organisations::find(&bed.store, &scope, organisation.id).await.unwrap(), None);
    work.commit().await.unwrap();
    assert_eq!(organisations::find(&bed.store, &scope, organisation.id).await.unwrap(), Some(organisation));
}

pub async fn conflicts_say_what_exists(bed: Bed) {
    let household = bed.household().await;
    let serial = |device: Device| Device { serial: Some("SN-1".to_owned()), ..device };
    let work = bed.work().await;
    devices::insert(&work, &serial(bed.device(&household.home))).await.unwrap();
    users::insert(&work, &bed.user("ana@example.org")).await.unwrap();
    work.commit().await.unwrap();

    let work = bed.work().await;
    let same_serial = serial(bed.device(&household.home));
    assert_eq!(conflict_of(devices::insert(&work, &same_serial).await), "a device with this serial");
    drop(work);
    let work = bed.work().await;
    let same_id = Device { id: household.device.id, ..bed.device(&household.home) };
    assert_eq!(conflict_of(devices::insert(&work, &same_id).await), "a device with this id");
    drop(work);
    let work = bed.work().await;
    let same_email = bed.user("Ana@Example.org");
    assert_eq!(conflict_of(users::insert(&work, &same_email).await), "a user with this e-mail address");
    drop(work);
    let work = bed.work().await;
    assert_eq!(conflict_of(homes::delete(&work, household.home.id).await), "a device in this home");
    drop(work);
    let work = bed.work().await;
    let nobody = DeviceId(bed.id());
    conflict_of(credentials::set(&work, nobody, household.organisation, [1; 32], NOW).await);
    drop(work);
    let work = bed.work().await;
    let token = Token {
        id: TokenId(bed.id()),
        user: UserId(bed.id()),
        kind: TokenKind::Api,
        name: String::new(),
        secret_sha256: [7; 32],
        created_at: NOW,
        expires_at: None,
        last_used_at: None,
        authenticated_at: None,
        amr: None,
        scopes: Scopes::ALL,
        user_agent: None,
        peer: None,
    };
    conflict_of(tokens::insert(&work, &token).await);
    drop(work);
    let work = bed.work().await;
    conflict_of(events::append(&work, vec![bed.event(OrganisationId(bed.id()))]).await);
    drop(work);
    // Without a serial there is nothing to be the same.
    let work = bed.work().await;
    devices::insert(&work, &bed.device(&household.home)).await.unwrap();
    work.commit().await.unwrap();
}
