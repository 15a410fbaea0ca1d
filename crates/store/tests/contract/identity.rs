//! What identity keeps: sessions of apps, tickets, the queue of notifications, keys, the account's log, invitations.

use lares_model::access::{Role, Scope};
use lares_model::alarm::{Alarm, AlarmSeverity, AlarmSource, AlarmState};
use lares_model::oauth::{OAuthScope, Scopes};
use lares_model::{AlarmId, AppSessionId, InvitationId, NotificationId, OAuthClientId, SigningKeyId, UserId};
use lares_store::alarms::{self, AlarmFilter};
use lares_store::app_sessions::{self, AppSession};
use lares_store::invitations::{self, Invitation};
use lares_store::notifications::{self, Notification, NotificationState};
use lares_store::signing_keys::{self, SigningKey};
use lares_store::tickets::{self, Ticket};
use lares_store::{Page, account_log};
use serde_json::json;

use crate::bed::{Bed, Household, NOW};

fn app_session(bed: &Bed, user: UserId) -> AppSession {
    AppSession {
        id: AppSessionId(bed.id()),
        user,
        client: Some(OAuthClientId(bed.id())),
        scopes: Scopes::of([OAuthScope::OpenId, OAuthScope::HomesRead]),
        amr: "pwd otp".to_owned(),
        authenticated_at: NOW,
        created_at: NOW,
        expires_at: NOW + 1_000,
        last_used_at: NOW,
        refresh_sha256: [1; 32],
        previous_sha256: None,
        rotated_at: None,
        sealed_refresh: None,
        user_agent: Some("app/1".to_owned()),
        peer: None,
    }
}

pub async fn app_sessions_rotate_once(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let ben = bed.insert_user("ben@example.org").await;
    let session = app_session(&bed, ana.id);
    let work = bed.work().await;
    app_sessions::insert(&work, &session).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(app_sessions::find(&bed.store, session.id).await.unwrap(), Some(session.clone()));

    let work = bed.work().await;
    let rotate = async |current: [u8; 32], next: [u8; 32]| {
        let next = (&next, b"sealed".as_slice());
        app_sessions::rotate(&work, session.id, current, next, NOW + 5, NOW + 2_000).await.unwrap()
    };
    assert!(rotate([1; 32], [2; 32]).await);
    assert!(!rotate([1; 32], [3; 32]).await, "only the valid one is replaced");
    assert!(app_sessions::authenticated_again(&work, session.id, "hwk", NOW + 6).await.unwrap());
    work.commit().await.unwrap();
    let rotated = AppSession {
        refresh_sha256: [2; 32],
        previous_sha256: Some([1; 32]),
        rotated_at: Some(NOW + 5),
        sealed_refresh: Some(b"sealed".to_vec()),
        last_used_at: NOW + 5,
        expires_at: NOW + 2_000,
        authenticated_at: NOW + 6,
        amr: "hwk".to_owned(),
        ..session.clone()
    };
    assert_eq!(app_sessions::of_user(&bed.store, ana.id).await.unwrap(), [rotated]);

    let work = bed.work().await;
    assert!(!app_sessions::delete(&work, ben.id, session.id).await.unwrap(), "not Ben's");
    assert_eq!(app_sessions::delete_expired(&work, NOW + 1_999).await.unwrap(), 0);
    assert_eq!(app_sessions::delete_of_client(&work, session.client.unwrap()).await.unwrap(), 1);
    work.commit().await.unwrap();
    assert_eq!(app_sessions::find(&bed.store, session.id).await.unwrap(), None);
}

pub async fn a_ticket_is_taken_once(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let ticket = |secret, user| Ticket {
        secret_sha256: [secret; 32],
        purpose: "verify_email".to_owned(),
        user,
        sealed: vec![secret],
        created_at: NOW,
        expires_at: NOW + 100,
    };
    let (first, second) = (ticket(1, Some(ana.id)), ticket(2, None));
    let work = bed.work().await;
    tickets::insert(&work, &first).await.unwrap();
    tickets::insert(&work, &second).await.unwrap();
    work.commit().await.unwrap();
    let find = async |purpose, secret| tickets::find(&bed.store, purpose, secret).await.unwrap();
    assert_eq!(find("verify_email", [1; 32]).await, Some(first));
    assert_eq!(find("reset_password", [1; 32]).await, None, "for its purpose only");
    let work = bed.work().await;
    assert!(tickets::delete(&work, [2; 32]).await.unwrap());
    assert!(!tickets::delete(&work, [2; 32]).await.unwrap());
    assert_eq!(tickets::delete_of_user(&work, ana.id, "reset_password").await.unwrap(), 0);
    assert_eq!(tickets::delete_expired(&work, NOW + 99).await.unwrap(), 0);
    assert_eq!(tickets::delete_expired(&work, NOW + 100).await.unwrap(), 1);
    work.commit().await.unwrap();
    assert_eq!(find("verify_email", [1; 32]).await, None);
}

pub async fn notifications_are_due_until_they_are_settled(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let notification = |due| Notification {
        id: NotificationId(bed.id()),
        user: Some(ana.id),
        organisation: None,
        channel: "email".to_owned(),
        sealed_address: vec![1],
        language: "de".to_owned(),
        template: "verify_email".to_owned(),
        sealed_values: vec![2],
        created_at: NOW,
        due_at: NOW + due,
        tries: 0,
        state: NotificationState::Queued,
        settled_at: None,
        last_error: None,
    };
    let (late, soon) = (notification(20), notification(10));
    let work = bed.work().await;
    notifications::insert(&work, &late).await.unwrap();
    notifications::insert(&work, &soon).await.unwrap();
    work.commit().await.unwrap();
    let due = async |at| notifications::due(&bed.store, NOW + at, 10).await.unwrap();
    assert_eq!(due(9).await, []);
    assert_eq!(due(20).await, [soon.clone(), late.clone()]);
    let work = bed.work().await;
    assert!(notifications::put_off(&work, soon.id, NOW + 500, 1, "450 busy").await.unwrap());
    assert!(notifications::settle(&work, late.id, NotificationState::Sent, NOW + 30, None).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(due(499).await, []);
    let again = due(500).await;
    assert_eq!((again.len(), again[0].tries, again[0].last_error.as_deref()), (1, 1, Some("450 busy")));
    let sent = notifications::find(&bed.store, late.id).await.unwrap().unwrap();
    assert_eq!((sent.state, sent.settled_at), (NotificationState::Sent, Some(NOW + 30)));
    assert!(sent.sealed_values.is_empty(), "what was filled in is forgotten");
}

pub async fn keys_and_account_log_round_trip(bed: Bed) {
    let ana = bed.insert_user("ana@example.org").await;
    let key = |signs_from| SigningKey {
        id: SigningKeyId(bed.id()),
        sealed_pkcs8: vec![1, 2],
        public: vec![4; 65],
        created_at: NOW,
        signs_from: NOW + signs_from,
    };
    let (later, earlier) = (key(9), key(3));
    let entry = |kind: &str| account_log::Entry {
        id: bed.id(),
        user: ana.id,
        time: NOW,
        kind: kind.to_owned(),
        detail: json!({ "amr": "pwd" }),
        user_agent: None,
        peer: Some("192.0.2.1".to_owned()),
    };
    let (first, second) = (entry("signed_in"), entry("password_changed"));
    let work = bed.work().await;
    for key in [&later, &earlier] {
        signing_keys::insert(&work, key).await.unwrap();
    }
    for entry in [&first, &second] {
        account_log::insert(&work, entry).await.unwrap();
    }
    work.commit().await.unwrap();
    assert_eq!(signing_keys::list(&bed.store).await.unwrap(), [earlier.clone(), later.clone()]);
    let page = |after| Page { after, limit: 10 };
    let all = account_log::list(&bed.store, ana.id, page(None)).await.unwrap();
    assert_eq!(all, [second.clone(), first.clone()]);
    assert_eq!(account_log::list(&bed.store, ana.id, page(Some(second.id))).await.unwrap(), [first]);
    let work = bed.work().await;
    assert!(signing_keys::delete(&work, earlier.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(signing_keys::list(&bed.store).await.unwrap(), [later]);
}

pub async fn invitations_stay_within_their_organisation(bed: Bed) {
    let Household { scope, organisation, .. } = bed.household().await;
    let invitation = Invitation {
        id: InvitationId(bed.id()),
        organisation,
        email: Some("new@example.org".to_owned()),
        role: Role::Member,
        member_until: Some(NOW + 10_000),
        secret_sha256: [5; 32],
        invited_by: UserId(bed.id()),
        created_at: NOW,
        expires_at: NOW + 100,
    };
    let work = bed.work().await;
    invitations::insert(&work, &invitation).await.unwrap();
    work.commit().await.unwrap();
    let nobody = Scope::default();
    let page = || Page { after: None, limit: 10 };
    let list = async |scope, now| {
        invitations::of_organisation(&bed.store, scope, organisation, now, page()).await.unwrap()
    };
    assert_eq!(list(&scope, NOW).await, std::slice::from_ref(&invitation));
    assert_eq!(list(&nobody, NOW).await, []);
    assert_eq!(list(&scope, NOW + 100).await, [], "expired");
    assert_eq!(invitations::find(&bed.store, &nobody, invitation.id).await.unwrap(), None);
    let found = invitations::find_by_secret(&bed.store, [5; 32]).await.unwrap();
    assert_eq!(found, Some(invitation.clone()));
    let work = bed.work().await;
    assert!(invitations::delete(&work, invitation.id).await.unwrap());
    assert!(!invitations::delete(&work, invitation.id).await.unwrap());
    work.commit().await.unwrap();
}

pub async fn alarms_move_and_stay_within_their_organisation(bed: Bed) {
    let Household { scope, organisation, home, device, .. } = bed.household().await;
    let ana = bed.insert_user("alarm@example.org").await;
    let alarm = |key: &str| Alarm {
        id: AlarmId(bed.id()),
        organisation,
        home: Some(home.id),
        device: Some(device.id),
        source: AlarmSource::State,
        kind: "smoke".to_owned(),
        cause_key: key.to_owned(),
        severity: AlarmSeverity::Critical,
        detail: json!({ "value": "Critical" }),
        raised_at: NOW,
        last_raised_at: NOW,
        times: 1,
        acknowledged_at: None,
        acknowledged_by: None,
        note: None,
        cleared_at: None,
    };
    let (first, second) = (alarm("a"), alarm("b"));
    let work = bed.work().await;
    alarms::insert(&work, &first).await.unwrap();
    alarms::insert(&work, &second).await.unwrap();
    work.commit().await.unwrap();
    let list = async |scope: &Scope, state| {
        let filter = AlarmFilter { home: Some(home.id), device: None, state };
        alarms::list(&bed.store, scope, &filter, Page { after: None, limit: 10 }).await.unwrap()
    };
    assert_eq!(list(&scope, None).await, [second.clone(), first.clone()]);
    assert_eq!(list(&Scope::default(), None).await, []);
    assert_eq!(alarms::newest_of(&bed.store, organisation, "a").await.unwrap(), Some(first.clone()));

    let work = bed.work().await;
    assert!(alarms::acknowledge(&work, first.id, ana.id, Some("seen"), NOW + 1).await.unwrap());
    assert!(!alarms::acknowledge(&work, first.id, ana.id, None, NOW + 2).await.unwrap(), "once");
    assert!(alarms::clear(&work, second.id, NOW + 3).await.unwrap());
    assert!(!alarms::clear(&work, second.id, NOW + 4).await.unwrap());
    work.commit().await.unwrap();
    let ids = async |state| list(&scope, Some(state)).await.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(AlarmState::Acknowledged).await, [first.id]);
    assert_eq!(ids(AlarmState::Cleared).await, [second.id]);
    assert_eq!(ids(AlarmState::Open).await, []);
    assert_eq!(alarms::lasting(&bed.store).await.unwrap().len(), 1);

    let cleared = alarms::find(&bed.store, &scope, second.id).await.unwrap().unwrap();
    let work = bed.work().await;
    assert!(alarms::raised_again(&work, &cleared, NOW + 9).await.unwrap());
    assert!(alarms::forget_person(&work, ana.id).await.unwrap());
    work.commit().await.unwrap();
    let again = alarms::find(&bed.store, &scope, second.id).await.unwrap().unwrap();
    assert_eq!((again.state(), again.times, again.last_raised_at), (AlarmState::Open, 2, NOW + 9));
    let forgotten = alarms::find(&bed.store, &scope, first.id).await.unwrap().unwrap();
    assert_eq!((forgotten.acknowledged_by, forgotten.note), (None, None));
    assert_eq!(forgotten.acknowledged_at, Some(NOW + 1));
}
