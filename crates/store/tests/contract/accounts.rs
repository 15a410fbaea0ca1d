//! What accounts keep of people, and that all of it can be handed out and erased, on both engines.

use std::collections::BTreeMap;

use lares_model::access::{Membership, Role};
use lares_model::event::Cause;
use lares_model::oauth::Scopes;
use lares_model::person::{Language, Preferences, Units};
use lares_model::{MembershipId, NotificationId, OrganisationId, TokenId, UserId};
use lares_store::idempotency::{self, IdempotencyKey};
use lares_store::notifications::{self, Notification, NotificationState};
use lares_store::personal::{self, Person};
use lares_store::tokens::{self, Token, TokenKind};
use lares_store::users::User;
use lares_store::{UnitOfWork, account_log, events, homes, memberships, organisations, subject_keys, users};
use serde_json::{Map, Value, json};

use crate::bed::{Bed, Household, NOW};

pub async fn a_person_prefers_changes_and_goes(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let preferences = async || users::preferences(&bed.store, ana.id).await.unwrap();
    assert_eq!(preferences().await, Preferences::default());
    let chosen = Preferences {
        language: Language::De,
        time_zone: "Europe/Madrid".to_owned(),
        units: Units::Imperial,
        ..Preferences::default()
    };
    let work = bed.work().await;
    assert!(users::set_preferences(&work, ana.id, &chosen).await.unwrap());
    assert!(users::set_name(&work, ana.id, "Ana Á.").await.unwrap());
    assert!(users::set_email(&work, ana.id, "Ana@New.example", Some(NOW)).await.unwrap());
    assert!(!users::set_name(&work, UserId(bed.id()), "nobody").await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(preferences().await, chosen);
    let changed = User {
        name: "Ana Á.".to_owned(),
        email: "ana@new.example".to_owned(),
        email_verified_at: Some(NOW),
        ..ana.clone()
    };
    assert_eq!(users::find(&bed.store, ana.id).await.unwrap(), Some(changed));

    let entry = |kind: &str| account_log::Entry {
        id: bed.id(),
        user: ana.id,
        time: NOW,
        kind: kind.to_owned(),
        detail: json!({}),
        user_agent: None,
        peer: None,
    };
    let work = bed.work().await;
    for kind in ["signed_in", "other", "signed_in"] {
        account_log::insert(&work, &entry(kind)).await.unwrap();
    }
    work.commit().await.unwrap();
    let latest = account_log::latest_of_kind(&bed.store, ana.id, "signed_in", 10).await.unwrap();
    assert_eq!(latest.len(), 2);
    assert!(latest[0].id > latest[1].id, "newest first");

    let work = bed.work().await;
    assert!(users::delete(&work, ana.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(users::find(&bed.store, ana.id).await.unwrap(), None);
    assert_eq!(account_log::latest_of_kind(&bed.store, ana.id, "signed_in", 10).await.unwrap(), []);
}

fn token(bed: &Bed, user: UserId) -> Token {
    let id = TokenId(bed.id());
    let mut secret_sha256 = [0; 32];
    secret_sha256[..16].copy_from_slice(id.0.as_bytes());
    Token {
        id,
        user,
        kind: TokenKind::Api,
        name: "script".to_owned(),
        secret_sha256,
        created_at: NOW,
        expires_at: None,
        last_used_at: None,
        authenticated_at: None,
        amr: None,
        scopes: Scopes::ALL,
        user_agent: None,
        peer: None,
    }
}

pub async fn a_token_ends_when_it_is_told_to(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let (short, long) = (token(&bed, ana.id), token(&bed, ana.id));
    let work = bed.work().await;
    tokens::insert(&work, &short).await.unwrap();
    tokens::insert(&work, &long).await.unwrap();
    assert!(tokens::end_at(&work, short.id, NOW + 5).await.unwrap());
    assert_eq!(tokens::delete_expired(&work, NOW + 5).await.unwrap(), 0);
    assert_eq!(tokens::delete_expired(&work, NOW + 6).await.unwrap(), 1);
    work.commit().await.unwrap();
    assert_eq!(tokens::list(&bed.store, ana.id).await.unwrap(), [long]);
}

fn notification(bed: &Bed, user: Option<UserId>) -> Notification {
    Notification {
        id: NotificationId(bed.id()),
        user,
        organisation: None,
        channel: "email".to_owned(),
        sealed_address: vec![1, 2],
        language: "en".to_owned(),
        template: "verify_email".to_owned(),
        sealed_values: vec![3],
        created_at: NOW,
        due_at: NOW,
        tries: 0,
        state: NotificationState::Queued,
        settled_at: None,
        last_error: None,
    }
}

pub async fn what_was_sent_to_a_stranger_forgets_the_address(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let (hers, strangers) = (notification(&bed, Some(ana.id)), notification(&bed, None));
    let work = bed.work().await;
    for one in [&hers, &strangers] {
        notifications::insert(&work, one).await.unwrap();
        notifications::settle(&work, one.id, NotificationState::Sent, NOW + 9, None).await.unwrap();
    }
    work.commit().await.unwrap();
    let address = async |id| notifications::find(&bed.store, id).await.unwrap().unwrap().sealed_address;
    assert_eq!((address(hers.id).await, address(strangers.id).await), (vec![1, 2], vec![]));

    let waiting = notification(&bed, Some(ana.id));
    let work = bed.work().await;
    notifications::insert(&work, &waiting).await.unwrap();
    assert_eq!(notifications::delete_old(&work, NOW + 9, NOW).await.unwrap(), 0);
    assert_eq!(notifications::delete_old(&work, NOW + 10, NOW).await.unwrap(), 2);
    assert_eq!(notifications::delete_old(&work, NOW, NOW + 1).await.unwrap(), 1, "it waited too long");
    work.commit().await.unwrap();
}

async fn of_person(bed: &Bed, person: &Person<'_>) -> BTreeMap<&'static str, Vec<Map<String, Value>>> {
    let mut all = BTreeMap::new();
    for table in personal::table_names() {
        let (mut rows, mut place) = (vec![], None);
        loop {
            // In the smallest pages, so that going on is tried.
            let (page, next) = personal::rows(&bed.store, table, person, place, 1).await.unwrap();
            rows.extend(page);
            place = next;
            if place.is_none() {
                break;
            }
        }
        all.insert(table, rows);
    }
    all
}

async fn lives_in(bed: &Bed, work: &UnitOfWork, user: UserId, organisation: OrganisationId) {
    let (role, valid_from) = (Role::Owner, NOW);
    let id = MembershipId(bed.id());
    let place = Membership { id, organisation, user, role, valid_from, valid_until: None };
    memberships::insert(work, &place).await.unwrap();
    let mut event = bed.event(organisation);
    event.cause = Cause::User(user);
    events::append(work, vec![event]).await.unwrap();
    tokens::insert(work, &token(bed, user)).await.unwrap();
    notifications::insert(work, &notification(bed, Some(user))).await.unwrap();
    let key = IdempotencyKey { owner: user.0, key: format!("key {}", bed.id()), request_sha256: [7; 32] };
    idempotency::open(work, &key, NOW).await.unwrap();
}

pub async fn h02_h03_what_is_of_a_person_is_found_and_erased_and_nobody_elses(bed: Bed) {
    let (ana, ben) = (bed.insert_user("ana@example.org").await, bed.insert_user("ben@example.org").await);
    let Household { home, .. } = bed.household().await;
    let work = bed.work().await;
    for user in [ana.id, ana.id, ben.id] {
        lives_in(&bed, &work, user, home.organisation).await;
    }
    subject_keys::insert(&work, ana.id.0, home.organisation, vec![1], NOW).await.unwrap();
    work.commit().await.unwrap();
    let (hers, his) = (Person { id: ana.id, email: &ana.email }, Person { id: ben.id, email: &ben.email });
    let found = of_person(&bed, &hers).await;
    let counts =
        ["users", "memberships", "tokens", "notifications", "events", "idempotency_keys", "subject_keys"];
    assert_eq!(counts.map(|table| found[table].len()), [1, 2, 2, 2, 2, 2, 1]);
    assert_eq!(found["users"][0]["email"], "ana@example.org");
    assert_eq!(found["events"][0]["cause"], json!({ "type": "user", "id": ana.id }));
    assert!(found["tokens"][0].get("secret_sha256").is_none());
    let before = of_person(&bed, &his).await;

    let work = bed.work().await;
    personal::erase(&work, &hers).await.unwrap();
    work.commit().await.unwrap();
    let left = of_person(&bed, &hers).await;
    let left: Vec<_> = left.iter().filter(|(_, rows)| !rows.is_empty()).map(|(table, _)| *table).collect();
    assert_eq!(left, ["events"], "the log stays whole");
    assert_eq!(of_person(&bed, &his).await, before);
}

pub async fn an_organisation_is_erased_with_all_that_is_its_own_and_no_other(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let (gone, stays) = (bed.household().await, bed.household().await);
    let work = bed.work().await;
    for household in [&gone, &stays] {
        lives_in_once(&bed, &work, ana.id, household.home.organisation).await;
        let command = bed.command(&household.device, 1);
        lares_store::commands::insert(&work, &command).await.unwrap();
    }
    // Hers was made here, and seals something there, too.
    subject_keys::insert(&work, ana.id.0, gone.home.organisation, vec![1], NOW).await.unwrap();
    subject_keys::insert(&work, gone.home.id.0, gone.home.organisation, vec![2], NOW).await.unwrap();
    work.commit().await.unwrap();

    let work = bed.work().await;
    personal::erase_organisation(&work, gone.home.organisation).await.unwrap();
    work.commit().await.unwrap();
    let id = gone.home.organisation;
    assert_eq!(organisations::find(&bed.store, &gone.scope, id).await.unwrap(), None);
    assert_eq!(homes::find(&bed.store, &gone.scope, gone.home.id).await.unwrap(), None);
    assert_eq!(subject_keys::find(&bed.store, gone.home.id.0).await.unwrap(), None);
    assert_eq!(subject_keys::find(&bed.store, ana.id.0).await.unwrap(), Some(vec![1]), "it went over");
    let places = memberships::of_user(&bed.store, ana.id).await.unwrap();
    assert_eq!(places.iter().map(|place| place.organisation).collect::<Vec<_>>(), [stays.home.organisation]);
    assert_eq!(homes::find(&bed.store, &stays.scope, stays.home.id).await.unwrap(), Some(stays.home.clone()));
    assert!(events::head(&bed.store, stays.home.organisation).await.unwrap() >= 1);
}

async fn lives_in_once(bed: &Bed, work: &UnitOfWork, user: UserId, organisation: OrganisationId) {
    let (role, valid_from) = (Role::Owner, NOW);
    let id = MembershipId(bed.id());
    let place = Membership { id, organisation, user, role, valid_from, valid_until: None };
    memberships::insert(work, &place).await.unwrap();
    events::append(work, vec![bed.event(organisation)]).await.unwrap();
}
