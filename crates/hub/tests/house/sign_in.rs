//! Signing in through the hub, on a clock that is set: passwords, codes, throttling and step-up.

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::hmac;
use lares_hub::account_log::Visitor;
use lares_hub::caller::{Caller, Means, STEP_UP_MS};
use lares_hub::identity::{self, Issued};
use lares_hub::sign_in::{self, Proved};
use lares_hub::{
    Hub, HubError, api_tokens, email_change, password_change, password_reset, second_factor, step_up,
};
use lares_model::UserId;
use lares_store::{recovery_codes, totp, users};

use crate::bed::Bed;

const EMAIL: &str = "owner@example.org";
const PASSWORD: &str = "a long enough password";

fn here() -> Visitor {
    Visitor::new(Some("203.0.113.7".to_owned()), Some("test"))
}

fn elsewhere() -> Visitor {
    Visitor::new(Some("198.51.100.7".to_owned()), Some("test"))
}

async fn sign_in(hub: &Hub, password: &str, code: Option<&str>) -> Result<Proved, HubError> {
    sign_in::authenticate(hub, &here(), EMAIL, password, code).await
}

async fn session(hub: &Hub) -> (Caller, Issued) {
    let user = users::find_by_email(&hub.store, EMAIL).await.unwrap().unwrap().id;
    let issued = sign_in::open_session(hub, Proved { user, amr: "pwd", epoch: 0 }, &here()).await.unwrap();
    (identity::caller_of(hub, &issued.token).await.unwrap(), issued)
}

/// What an authenticator app shows: RFC 6238 in its own words.
fn shown(secret: &[u8], at_ms: i64) -> String {
    let counter = u64::try_from(at_ms / 30_000).unwrap().to_be_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &counter);
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[19] & 15);
    let word = u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

fn from_base32(text: &str) -> Vec<u8> {
    let mut bits = String::new();
    for letter in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter).unwrap();
        bits.push_str(&format!("{value:05b}"));
    }
    bits.as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}

/// Codes are asked for from now on: the shared secret and the recovery codes.
async fn with_codes(bed: &Bed) -> (Caller, Vec<u8>, Vec<String>) {
    let (caller, _) = session(&bed.hub).await;
    let generator = second_factor::start(&bed.hub, &caller).await.unwrap();
    assert!(generator.otpauth_url.contains(&generator.secret));
    let secret = from_base32(&generator.secret);
    assert_eq!(secret.len(), 20);
    let code = shown(&secret, bed.hub.now().0);
    let recovery = second_factor::confirm(&bed.hub, &caller, &code, &here()).await.unwrap();
    bed.clock.advance(30_000);
    (caller, secret, recovery)
}

async fn kinds(hub: &Hub, user: UserId) -> Vec<String> {
    let page = lares_store::Page { after: None, limit: 100 };
    let entries = lares_store::account_log::list(&hub.store, user, page).await.unwrap();
    entries.into_iter().rev().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn a01_a_hash_with_old_parameters_is_upgraded_at_sign_in() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let user = users::find_by_email(&hub.store, EMAIL).await.unwrap().unwrap();
    assert!(user.password_phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", user.password_phc);
    let pepper = hub.vault.password_pepper();
    let params = Params::new(8 * 1_024, 1, 1, None).unwrap();
    let old = Argon2::new_with_secret(&pepper, Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let old = old.hash_password_with_salt(PASSWORD.as_bytes(), &[1; 16]).unwrap().to_string();
    let work = hub.store.begin().await.unwrap();
    users::set_password(&work, user.id, &old).await.unwrap();
    work.commit().await.unwrap();
    let kept = async || users::find(&hub.store, user.id).await.unwrap().unwrap().password_phc;

    assert!(matches!(sign_in(hub, "wrong wrong", None).await, Err(HubError::WrongCredentials)));
    assert_eq!(kept().await, old, "a wrong password upgrades nothing");
    sign_in(hub, PASSWORD, None).await.unwrap();
    let new = kept().await;
    assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
    sign_in(hub, PASSWORD, None).await.unwrap();
    assert_eq!(kept().await, new, "and is hashed anew once");
}

#[tokio::test]
async fn a05_a_code_is_needed_and_each_is_taken_once() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (_, secret, _) = with_codes(&bed).await;
    assert!(matches!(sign_in(hub, PASSWORD, None).await, Err(HubError::SecondFactorNeeded)));
    assert!(matches!(sign_in(hub, "wrong wrong", None).await, Err(HubError::WrongCredentials)));

    let now = hub.now().0;
    let code = shown(&secret, now);
    assert!(matches!(sign_in(hub, "wrong wrong", Some(&code)).await, Err(HubError::WrongCredentials)));
    assert_eq!(sign_in(hub, PASSWORD, Some(&code)).await.unwrap().amr, "pwd otp mfa");
    assert!(matches!(sign_in(hub, PASSWORD, Some(&code)).await, Err(HubError::SecondFactorRefused)));
    let before = shown(&secret, now - 30_000);
    assert!(matches!(sign_in(hub, PASSWORD, Some(&before)).await, Err(HubError::SecondFactorRefused)));
    // A clock that is one step ahead is taken, one that is two ahead is not.
    let ahead = shown(&secret, now + 60_000);
    assert!(matches!(sign_in(hub, PASSWORD, Some(&ahead)).await, Err(HubError::SecondFactorRefused)));
    let next = shown(&secret, now + 30_000);
    let spaced = format!("{} {}", &next[..3], &next[3..]);
    sign_in(hub, PASSWORD, Some(&spaced)).await.unwrap();
    // Its step is used up when the clock gets there.
    bed.clock.advance(30_000);
    assert!(matches!(sign_in(hub, PASSWORD, Some(&next)).await, Err(HubError::SecondFactorRefused)));
    bed.clock.advance(30_000);
    let late = shown(&secret, hub.now().0 - 30_000);
    assert!(matches!(sign_in(hub, PASSWORD, Some(&late)).await, Err(HubError::SecondFactorRefused)), "used");
    bed.clock.advance(60_000);
    sign_in(hub, PASSWORD, Some(&shown(&secret, hub.now().0 - 30_000))).await.unwrap();
}

#[tokio::test]
async fn a05_one_of_many_with_the_same_code_gets_in() {
    let bed = Bed::new().await;
    let (_, secret, recovery) = with_codes(&bed).await;
    for code in [shown(&secret, bed.hub.now().0), recovery[0].clone()] {
        let tries = (0..4).map(|nth| {
            let (hub, code) = (bed.hub.clone(), code.clone());
            let visitor = Visitor::new(Some(format!("198.51.{nth}.7")), None);
            tokio::spawn(async move {
                sign_in::authenticate(&hub, &visitor, EMAIL, PASSWORD, Some(&code)).await.is_ok()
            })
        });
        let mut got_in = 0;
        for one in tries.collect::<Vec<_>>() {
            got_in += usize::from(one.await.unwrap());
        }
        assert_eq!(got_in, 1);
    }
}

#[tokio::test]
async fn a05_e01_the_secret_is_sealed_in_its_place() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (caller, secret, _) = with_codes(&bed).await;
    let row = totp::find(&hub.store, caller.user).await.unwrap().unwrap();
    assert!(!row.sealed_secret.windows(secret.len()).any(|part| part == secret));
    let work = hub.store.begin().await.unwrap();
    let now = hub.now();
    totp::put(&work, bed.neighbour.user, &row.sealed_secret, now).await.unwrap();
    totp::confirm(&work, bed.neighbour.user, 0, now).await.unwrap();
    work.commit().await.unwrap();
    let code = shown(&secret, now.0);
    let moved = sign_in::authenticate(hub, &here(), "neighbour@example.org", PASSWORD, Some(&code)).await;
    assert!(matches!(moved, Err(HubError::Internal(_))), "{moved:?}");
    sign_in(hub, PASSWORD, Some(&code)).await.unwrap();
}

#[tokio::test]
async fn a07_a_recovery_code_is_good_once_and_kept_as_a_hash() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (caller, secret, codes) = with_codes(&bed).await;
    let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!((codes.len(), distinct.len()), (10, 10));
    assert_eq!(sign_in(hub, PASSWORD, Some(&codes[3].to_uppercase())).await.unwrap().amr, "pwd mfa");
    assert!(matches!(sign_in(hub, PASSWORD, Some(&codes[3])).await, Err(HubError::SecondFactorRefused)));
    sign_in(hub, PASSWORD, Some(&codes[4].replace('-', ""))).await.unwrap();
    let factors = second_factor::of_user(hub, caller.user).await.unwrap();
    assert_eq!((factors.totp, factors.recovery_codes_left), (true, 8));
    let kept = std::fs::read(bed.data.path().join("lares.db")).unwrap();
    let kept = [kept, std::fs::read(bed.data.path().join("lares.db-wal")).unwrap_or_default()].concat();
    let contains = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(contains(EMAIL), "this is the file");
    for code in &codes {
        assert!(!contains(code) && !contains(&code.replace('-', "")));
    }
    // Another person's are nothing here, and those of before are good no more.
    let work = hub.store.begin().await.unwrap();
    assert!(!recovery_codes::take(&work, bed.neighbour.user, [0; 16]).await.unwrap());
    drop(work);
    let renewed = second_factor::renew_recovery_codes(hub, &caller, &here()).await.unwrap();
    assert!(matches!(sign_in(hub, PASSWORD, Some(&codes[5])).await, Err(HubError::SecondFactorRefused)));
    sign_in(hub, PASSWORD, Some(&renewed[0])).await.unwrap();
    second_factor::remove(hub, &caller, &here()).await.unwrap();
    sign_in(hub, PASSWORD, None).await.unwrap();
    let removed = second_factor::of_user(hub, caller.user).await.unwrap();
    assert_eq!((removed.totp, removed.recovery_codes_left), (false, 0));
    let _ = secret;
    let kinds = kinds(hub, caller.user).await;
    for kind in
        ["totp_added", "recovery_code_used", "second_factor_refused", "recovery_codes_made", "totp_removed"]
    {
        assert!(kinds.iter().any(|known| known == kind), "{kind}: {kinds:?}");
    }
}

#[tokio::test]
async fn a07_a_program_changes_no_factor() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let user = users::find_by_email(&hub.store, EMAIL).await.unwrap().unwrap().id;
    let token = identity::issue_for(hub, user, "program").await.unwrap().token;
    let program = identity::caller_of(hub, &token).await.unwrap();
    assert_eq!(program.authenticated.means, Means::ApiToken);
    assert!(matches!(second_factor::start(hub, &program).await, Err(HubError::PersonNeeded)));
    assert!(matches!(second_factor::remove(hub, &program, &here()).await, Err(HubError::PersonNeeded)));
    let stepped = step_up::by_password(hub, &program, PASSWORD, None, &here()).await;
    assert!(matches!(stepped, Err(HubError::PersonNeeded)));
}

#[tokio::test]
async fn a07_what_is_not_confirmed_is_not_asked_for() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (caller, _) = session(hub).await;
    let first = second_factor::start(hub, &caller).await.unwrap();
    let second = second_factor::start(hub, &caller).await.unwrap();
    assert_ne!(first.secret, second.secret);
    sign_in(hub, PASSWORD, None).await.unwrap();
    let of_first = shown(&from_base32(&first.secret), hub.now().0);
    let wrong = second_factor::confirm(hub, &caller, &of_first, &here()).await;
    assert!(matches!(wrong, Err(HubError::Invalid(_))), "{wrong:?}");
    sign_in(hub, PASSWORD, None).await.unwrap();
    let code = shown(&from_base32(&second.secret), hub.now().0);
    second_factor::confirm(hub, &caller, &code, &here()).await.unwrap();
    assert!(matches!(second_factor::start(hub, &caller).await, Err(HubError::Conflict(_))));
    assert!(matches!(second_factor::confirm(hub, &caller, &code, &here()).await, Err(HubError::NotFound(_))));
}

#[tokio::test]
async fn a10_step_up_gives_a_browser_a_new_secret_and_an_app_its_time() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (caller, issued) = session(hub).await;
    bed.clock.advance(STEP_UP_MS - 1);
    identity::caller_of(hub, &issued.token).await.unwrap().stepped_up(hub.now()).unwrap();
    bed.clock.advance(1);
    let stale = identity::caller_of(hub, &issued.token).await.unwrap();
    assert!(matches!(stale.stepped_up(hub.now()), Err(HubError::StepUpNeeded)));

    let wrong = step_up::by_password(hub, &stale, "wrong wrong", None, &here()).await;
    assert!(matches!(wrong, Err(HubError::WrongCredentials)));
    let renewed = step_up::by_password(hub, &stale, PASSWORD, None, &here()).await.unwrap().unwrap();
    assert_ne!(renewed.token, issued.token);
    assert_eq!((renewed.id, renewed.expires_at), (issued.id, issued.expires_at));
    assert!(matches!(identity::caller_of(hub, &issued.token).await, Err(HubError::Unauthenticated)));
    let fresh = identity::caller_of(hub, &renewed.token).await.unwrap();
    fresh.stepped_up(hub.now()).unwrap();
    // A connection that stands goes on: it is the same session.
    identity::caller_again(hub, &caller).await.unwrap();

    let user = caller.user;
    lares_hub::signing::keep(hub).await.unwrap();
    let app = sign_in::open_app_session(hub, Proved { user, amr: "pwd", epoch: 0 }, &here()).await.unwrap();
    bed.clock.advance(STEP_UP_MS);
    let old = lares_hub::app_sessions::refresh(hub, &app.refresh_token, None, None, &here()).await.unwrap().1;
    let stale = identity::caller_of(hub, &old.access_token).await.unwrap();
    assert!(matches!(stale.stepped_up(hub.now()), Err(HubError::StepUpNeeded)));
    assert!(step_up::by_password(hub, &stale, PASSWORD, None, &here()).await.unwrap().is_none());
    identity::caller_of(hub, &old.access_token).await.unwrap().stepped_up(hub.now()).unwrap();
}

#[tokio::test]
async fn a10_step_up_takes_the_second_factor_too() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (caller, secret, _) = with_codes(&bed).await;
    let without = step_up::by_password(hub, &caller, PASSWORD, None, &here()).await;
    assert!(matches!(without, Err(HubError::SecondFactorNeeded)), "{without:?}");
    let code = shown(&secret, hub.now().0);
    step_up::by_password(hub, &caller, PASSWORD, Some(&code), &here()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a03_who_proved_themselves_before_a_reset_gets_no_session_after_it() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let new = "a new and long enough password";
    let (standing, _) = session(hub).await;
    let proved = sign_in(hub, PASSWORD, None).await.unwrap();
    let link = password_reset::link_for(hub, EMAIL).await.unwrap();
    let token = link.rsplit_once("#token=").unwrap().1;
    password_reset::confirm(hub, &here(), token, new).await.unwrap();
    let browser = sign_in::open_session(hub, proved, &here()).await;
    assert!(matches!(browser, Err(HubError::WrongCredentials)), "{browser:?}");
    lares_hub::signing::keep(hub).await.unwrap();
    let app = sign_in::open_app_session(hub, proved, &here()).await;
    assert!(matches!(app, Err(HubError::WrongCredentials)));
    assert!(matches!(identity::caller_again(hub, &standing).await, Err(HubError::Unauthenticated)));

    // The same where the password was changed, or all sessions were ended.
    let proved = sign_in(hub, new, None).await.unwrap();
    let issued = sign_in::open_session(hub, proved, &here()).await.unwrap();
    let caller = identity::caller_of(hub, &issued.token).await.unwrap();
    lares_hub::sessions::end_all(hub, &caller, &here(), true).await.unwrap();
    assert!(matches!(sign_in::open_session(hub, proved, &here()).await, Err(HubError::WrongCredentials)));
    let proved = sign_in(hub, new, None).await.unwrap();
    sign_in::open_session(hub, proved, &here()).await.unwrap();
}

/// A request is let in by its head, and its body may come as late as it likes.
#[tokio::test]
async fn a03_what_outlives_a_session_is_refused_once_that_has_ended() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    lares_hub::signing::keep(hub).await.unwrap();
    let (browser, _) = session(hub).await;
    let proved = sign_in(hub, PASSWORD, None).await.unwrap();
    let app = sign_in::open_app_session(hub, proved, &here()).await.unwrap();
    let app = identity::caller_of(hub, &app.access_token).await.unwrap();
    let new = api_tokens::NewToken { name: "mine".to_owned(), expires_at: None, scopes: None };
    let made = api_tokens::create(hub, &browser, &here(), None, &new).await.unwrap();
    let program = identity::caller_of(hub, &made.token).await.unwrap();

    let link = password_reset::link_for(hub, EMAIL).await.unwrap();
    let token = link.rsplit_once("#token=").unwrap().1;
    password_reset::confirm(hub, &here(), token, "a new and long enough password").await.unwrap();
    for caller in [&browser, &app, &program] {
        let token = api_tokens::create(hub, caller, &here(), None, &new).await;
        assert!(matches!(token, Err(HubError::Unauthenticated)), "{:?}: {token:?}", caller.authenticated);
    }
    for caller in [&browser, &app] {
        let address = email_change::ask(hub, caller, &here(), "thief@example.org").await;
        assert!(matches!(address, Err(HubError::Unauthenticated)), "{:?}: {address:?}", caller.authenticated);
    }
    let successor = api_tokens::rotate(hub, &program, &here(), None, program.token, None).await;
    assert!(successor.is_err(), "{successor:?}");
    assert_eq!(api_tokens::list(hub, &browser).await.unwrap(), vec![]);
}

#[tokio::test]
async fn a03_who_knew_the_old_password_does_not_overwrite_the_new_one() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (thief, _) = session(hub).await;
    let link = password_reset::link_for(hub, EMAIL).await.unwrap();
    let token = link.rsplit_once("#token=").unwrap().1;
    let (of_owner, of_thief, from) = ("a new and long enough password", "what a thief would choose", here());
    // Which is the longer way: two hashes against one.
    let (stolen, reset) = tokio::join!(
        password_change::change(hub, &thief, &from, Some(PASSWORD), of_thief),
        password_reset::confirm(hub, &from, token, of_owner),
    );
    reset.unwrap();
    assert!(matches!(stolen, Ok(()) | Err(HubError::Unauthenticated)), "{stolen:?}");
    sign_in(hub, of_owner, None).await.unwrap();
}

#[tokio::test]
async fn a04_nobody_is_locked_out_from_elsewhere() {
    let bed = Bed::new().await;
    let hub = &bed.hub;
    let (_, issued) = session(hub).await;
    let mut refused = 0;
    for _ in 0..20 {
        match sign_in(hub, "wrong wrong", None).await {
            Err(HubError::WrongCredentials) => {}
            Err(HubError::TooMany { retry_after_s: 1.. }) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 15);
    assert!(matches!(sign_in(hub, PASSWORD, None).await, Err(HubError::TooMany { .. })));
    // From elsewhere the password is taken, and the session stands.
    sign_in::authenticate(hub, &elsewhere(), EMAIL, PASSWORD, None).await.unwrap();
    identity::caller_of(hub, &issued.token).await.unwrap();
    bed.clock.advance(1_000);
    sign_in(hub, PASSWORD, None).await.unwrap();
    // A right password whose code is missing neither counts nor forgets.
    let (_, secret, _) = with_codes(&bed).await;
    for _ in 0..20 {
        assert!(matches!(sign_in(hub, PASSWORD, None).await, Err(HubError::SecondFactorNeeded)));
    }
    let mut wrong = 0;
    while let Err(HubError::SecondFactorRefused) = sign_in(hub, PASSWORD, Some("000000")).await {
        wrong += 1;
        assert!(matches!(
            sign_in(hub, PASSWORD, None).await,
            Err(HubError::SecondFactorNeeded | HubError::TooMany { .. })
        ));
    }
    assert_eq!(wrong, 5);
    let code = shown(&secret, hub.now().0);
    sign_in::authenticate(hub, &elsewhere(), EMAIL, PASSWORD, Some(&code)).await.unwrap();
}
