//! What people prove who they are with: each used up once, kept apart from everybody else's, gone with its person.

use lares_model::{IdentityId, PasskeyId, TokenId};
use lares_store::identities::{self, Identity};
use lares_store::passkeys::{self, Passkey};
use lares_store::tokens::{self, Token, TokenKind};
use lares_store::{recovery_codes, totp, users};
use serde_json::json;

use crate::bed::{Bed, NOW, conflict_of};

pub async fn a_code_generator_takes_each_step_once(bed: Bed) {
    let (ana, ben) =
        (bed.insert_user("ana@example.org").await.id, bed.insert_user("ben@example.org").await.id);
    let work = bed.work().await;
    totp::put(&work, ana, &[1], NOW).await.unwrap();
    totp::put(&work, ana, &[2], NOW + 1).await.unwrap();
    assert!(!totp::accept(&work, ana, 7).await.unwrap(), "it is not confirmed");
    assert!(totp::confirm(&work, ana, 10, NOW + 2).await.unwrap());
    assert!(!totp::confirm(&work, ana, 11, NOW + 3).await.unwrap(), "it was confirmed");
    work.commit().await.unwrap();
    let kept = totp::find(&bed.store, ana).await.unwrap().unwrap();
    assert_eq!((kept.sealed_secret, kept.created_at), (vec![2], NOW + 1));
    assert_eq!((kept.confirmed_at, kept.last_step), (Some(NOW + 2), Some(10)));
    let work = bed.work().await;
    for (step, taken) in [(9, false), (10, false), (12, true), (12, false), (11, false), (13, true)] {
        assert_eq!(totp::accept(&work, ana, step).await.unwrap(), taken, "{step}");
    }
    assert!(!totp::accept(&work, ben, 20).await.unwrap());
    assert!(!totp::delete(&work, ben).await.unwrap());
    assert!(totp::delete(&work, ana).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(totp::find(&bed.store, ana).await.unwrap(), None);
}

pub async fn a_recovery_code_is_taken_once(bed: Bed) {
    let (ana, ben) =
        (bed.insert_user("ana@example.org").await.id, bed.insert_user("ben@example.org").await.id);
    let work = bed.work().await;
    recovery_codes::replace(&work, ana, &[[1; 16], [2; 16]], NOW).await.unwrap();
    recovery_codes::replace(&work, ben, &[[1; 16]], NOW).await.unwrap();
    assert!(recovery_codes::take(&work, ana, [1; 16]).await.unwrap());
    assert!(!recovery_codes::take(&work, ana, [1; 16]).await.unwrap());
    work.commit().await.unwrap();
    let left = async |user| recovery_codes::count(&bed.store, user).await.unwrap();
    assert_eq!((left(ana).await, left(ben).await), (1, 1));
    let work = bed.work().await;
    recovery_codes::replace(&work, ana, &[[3; 16]], NOW).await.unwrap();
    assert!(!recovery_codes::take(&work, ana, [2; 16]).await.unwrap(), "those of before are gone");
    assert_eq!(recovery_codes::delete_all(&work, ana).await.unwrap(), 1);
    work.commit().await.unwrap();
    assert_eq!((left(ana).await, left(ben).await), (0, 1));
}

pub async fn passkeys_round_trip(bed: Bed) {
    let (ana, ben) =
        (bed.insert_user("ana@example.org").await.id, bed.insert_user("ben@example.org").await.id);
    let passkey = |user, credential: u8| Passkey {
        id: PasskeyId(bed.id()),
        user,
        name: "Näme".to_owned(),
        credential_id: vec![credential; 3],
        credential: json!({ "key": credential }),
        counter: 5,
        created_at: NOW,
        last_used_at: None,
    };
    let (first, second) = (passkey(ana, 1), passkey(ana, 2));
    let work = bed.work().await;
    passkeys::insert(&work, &first).await.unwrap();
    passkeys::insert(&work, &second).await.unwrap();
    work.commit().await.unwrap();
    let find = async |id: u8| passkeys::find_by_credential(&bed.store, &[id; 3]).await.unwrap();
    assert_eq!(find(1).await, Some(first.clone()));
    assert_eq!(find(3).await, None);
    assert_eq!(passkeys::list(&bed.store, ana).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(passkeys::list(&bed.store, ben).await.unwrap(), []);
    let work = bed.work().await;
    assert_eq!(conflict_of(passkeys::insert(&work, &passkey(ben, 1)).await), "this passkey");
    drop(work);

    let work = bed.work().await;
    assert!(!passkeys::rename(&work, ben, first.id, "theirs").await.unwrap());
    assert!(passkeys::rename(&work, ana, first.id, "mine").await.unwrap());
    assert!(passkeys::used(&work, &first, &json!({ "key": 9 }), 6, NOW + 1).await.unwrap());
    assert!(!passkeys::used(&work, &first, &json!({ "key": 8 }), 7, NOW + 2).await.unwrap(), "it has moved");
    assert!(!passkeys::delete(&work, ben, second.id).await.unwrap());
    assert!(passkeys::delete(&work, ana, second.id).await.unwrap());
    work.commit().await.unwrap();
    let used = Passkey {
        name: "mine".to_owned(),
        credential: json!({ "key": 9 }),
        counter: 6,
        last_used_at: Some(NOW + 1),
        ..first
    };
    assert_eq!(passkeys::list(&bed.store, ana).await.unwrap(), [used]);
}

pub async fn an_account_elsewhere_is_one_persons(bed: Bed) {
    let (ana, ben) =
        (bed.insert_user("ana@example.org").await.id, bed.insert_user("ben@example.org").await.id);
    let identity = |user, issuer: &str| Identity {
        id: IdentityId(bed.id()),
        user,
        provider: "elsewhere".to_owned(),
        issuer: issuer.to_owned(),
        subject: "Subject".to_owned(),
        email: Some("ana@elsewhere.example".to_owned()),
        created_at: NOW,
        last_used_at: None,
    };
    let hers = identity(ana, "https://one.example");
    let work = bed.work().await;
    identities::insert(&work, &hers).await.unwrap();
    identities::insert(&work, &identity(ben, "https://two.example")).await.unwrap();
    assert!(identities::used(&work, hers.id, NOW + 1).await.unwrap());
    work.commit().await.unwrap();
    let hers = Identity { last_used_at: Some(NOW + 1), ..hers };
    let find = async |issuer, subject| identities::find(&bed.store, issuer, subject).await.unwrap();
    assert_eq!(find("https://one.example", "Subject").await, Some(hers.clone()));
    assert_eq!(find("https://one.example", "subject").await, None, "capitals make another person");
    let work = bed.work().await;
    let taken = identities::insert(&work, &identity(ben, "https://one.example")).await;
    assert_eq!(conflict_of(taken), "a link of this account elsewhere");
    drop(work);
    let work = bed.work().await;
    assert!(!identities::delete(&work, ben, hers.id).await.unwrap());
    assert!(identities::delete(&work, ana, hers.id).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(identities::list(&bed.store, ana).await.unwrap(), []);
}

pub async fn a_session_is_known_by_its_newest_secret(bed: Bed) {
    let user = bed.insert_user("ana@example.org").await;
    let token = |kind, secret: u8| Token {
        id: TokenId(bed.id()),
        user: user.id,
        kind,
        name: "sign-in".to_owned(),
        secret_sha256: [secret; 32],
        created_at: NOW,
        expires_at: None,
        last_used_at: None,
        authenticated_at: Some(NOW),
        amr: Some("pwd".to_owned()),
        scopes: lares_model::oauth::Scopes::ALL,
        user_agent: None,
        peer: None,
    };
    let (session, api) = (token(TokenKind::Session, 1), token(TokenKind::Api, 2));
    let work = bed.work().await;
    tokens::insert(&work, &session).await.unwrap();
    tokens::insert(&work, &api).await.unwrap();
    assert!(tokens::renew(&work, session.id, [3; 32], "pop user mfa", NOW + 5).await.unwrap());
    assert!(!tokens::renew(&work, api.id, [4; 32], "pwd", NOW + 5).await.unwrap(), "it is no session");
    assert!(users::rehash_password(&work, user.id, &user.password_phc, "new").await.unwrap());
    assert!(
        !users::rehash_password(&work, user.id, &user.password_phc, "newer").await.unwrap(),
        "it was changed"
    );
    work.commit().await.unwrap();
    assert_eq!(tokens::find_by_secret(&bed.store, [1; 32]).await.unwrap(), None);
    let renewed = Token {
        secret_sha256: [3; 32],
        authenticated_at: Some(NOW + 5),
        amr: Some("pop user mfa".to_owned()),
        ..session
    };
    assert_eq!(tokens::find_by_secret(&bed.store, [3; 32]).await.unwrap(), Some(renewed));
    assert_eq!(tokens::find_by_secret(&bed.store, [2; 32]).await.unwrap(), Some(api));
    assert_eq!(users::find(&bed.store, user.id).await.unwrap().unwrap().password_phc, "new");
}

/// A sign-in that is held is seen by the end that comes meanwhile, and one that comes later is refused.
pub async fn who_proved_themselves_before_sign_ins_ended_does_not_count(bed: Bed) {
    let user = bed.insert_user("ana@example.org").await;
    let opening = {
        let (bed, user) = (bed.clone(), user.id);
        tokio::spawn(async move {
            let work = bed.work().await;
            let counts = users::hold_sign_ins(&work, user, 0).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let token = Token {
                id: TokenId(bed.id()),
                user,
                kind: TokenKind::Session,
                name: "sign-in".to_owned(),
                secret_sha256: [7; 32],
                created_at: NOW,
                expires_at: None,
                last_used_at: None,
                authenticated_at: Some(NOW),
                amr: None,
                scopes: lares_model::oauth::Scopes::ALL,
                user_agent: None,
                peer: None,
            };
            if counts {
                tokens::insert(&work, &token).await.unwrap();
                work.commit().await.unwrap();
            }
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    let work = bed.work().await;
    assert!(users::end_sign_ins(&work, user.id).await.unwrap());
    for token in tokens::list(&work, user.id).await.unwrap() {
        tokens::delete(&work, user.id, token.id).await.unwrap();
    }
    work.commit().await.unwrap();
    opening.await.unwrap();
    assert_eq!(tokens::list(&bed.store, user.id).await.unwrap(), vec![], "whichever came first");
    let work = bed.work().await;
    assert!(!users::hold_sign_ins(&work, user.id, 0).await.unwrap());
    assert!(users::hold_sign_ins(&work, user.id, 1).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(users::find(&bed.store, user.id).await.unwrap().unwrap().sign_in_epoch, 1);
}
