//! Second factors beside a password: a generator of codes (TOTP, RFC 6238), and recovery codes for when it is lost.
//! A code is taken once, and none that is older than one that was taken.

use lares_model::{Invalid, UserId};
use lares_store::{Conn, UnitOfWork, recovery_codes, totp, users};
use serde_json::json;
use totp_rs::{Algorithm, Builder, Totp};

use crate::account_log::{self, AccountEvent, Visitor};
use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;
use crate::sessions;

const ISSUER: &str = "Lares";
/// RFC 4226, section 4: 160 bits.
const SECRET_BYTES: usize = 20;
const STEP_S: u64 = 30;
const DIGITS: u8 = 6;
/// Clocks of phones are off by a little.
const STEPS_AROUND: u16 = 1;

pub const RECOVERY_CODES: usize = 10;
const RECOVERY_CHARS: usize = 10;
/// Without letters and digits that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Longer than any code is written.
const CODE_MAX_CHARS: usize = 32;

/// A generator to be set up in an authenticator app. Shown once.
pub struct NewGenerator {
    /// Base32, to be typed.
    pub secret: String,
    /// To be shown as a QR code.
    pub otpauth_url: String,
}

/// What a code proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    Totp,
    RecoveryCode,
}

/// What somebody has beside a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    pub totp: bool,
    pub recovery_codes_left: usize,
    pub passkeys: usize,
}

fn internal(error: impl ToString) -> HubError {
    HubError::Internal(error.to_string())
}

fn context(user: UserId) -> String {
    format!("totp/{user}/secret")
}

fn generator(secret: &[u8], email: &str) -> Result<Totp, HubError> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(STEPS_AROUND)
        .with_step_duration(STEP_S)
        .with_secret(secret.to_vec())
        // A colon ends the issuer in the label of the URL.
        .with_account_name(email.replace(':', " "))
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(internal)
}

/// The step whose code this is, of those around now.
fn step_of(hub: &Hub, row: &totp::Totp, code: &str) -> Result<Option<i64>, HubError> {
    let secret = hub.vault.open(&context(row.user), &row.sealed_secret).map_err(internal)?;
    let now_s = u64::try_from(hub.now().0.div_euclid(1_000)).unwrap_or_default();
    let step = generator(&secret, ISSUER)?.check(code, now_s);
    step.map(i64::try_from).transpose().map_err(internal)
}

/// People write them with spaces and dashes, and in capitals.
fn tidy(code: &str) -> String {
    let kept = code.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.take(CODE_MAX_CHARS + 1).collect::<String>().to_lowercase()
}

fn is_of_generator(tidy: &str) -> bool {
    tidy.len() == usize::from(DIGITS) && tidy.bytes().all(|byte| byte.is_ascii_digit())
}

fn recovery_hmac(hub: &Hub, user: UserId, tidy: &str) -> [u8; 16] {
    let mut data = user.0.as_bytes().to_vec();
    data.extend_from_slice(tidy.as_bytes());
    hub.vault.tag("recovery code", &data)
}

fn new_recovery_code(hub: &Hub) -> String {
    let mut random = [0; RECOVERY_CHARS];
    hub.entropy.fill(&mut random);
    random.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).iter().collect()
}

/// As it is shown: two groups.
fn written(code: &str) -> String {
    let (first, second) = code.split_at(RECOVERY_CHARS / 2);
    format!("{first}-{second}")
}

async fn make_recovery_codes(hub: &Hub, work: &UnitOfWork, user: UserId) -> Result<Vec<String>, HubError> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| new_recovery_code(hub)).collect();
    let kept: Vec<_> = codes.iter().map(|code| recovery_hmac(hub, user, code)).collect();
    recovery_codes::replace(work, user, &kept, hub.now()).await?;
    Ok(codes.iter().map(|code| written(code)).collect())
}

pub async fn of_user(hub: &Hub, user: UserId) -> Result<Factors, HubError> {
    Ok(Factors {
        totp: is_on(&hub.store, user).await?,
        recovery_codes_left: recovery_codes::count(&hub.store, user).await?,
        passkeys: lares_store::passkeys::list(&hub.store, user).await?.len(),
    })
}

pub(crate) async fn is_on(conn: &impl Conn, user: UserId) -> Result<bool, HubError> {
    Ok(totp::find(conn, user).await?.is_some_and(|row| row.confirmed_at.is_some()))
}

/// A generator for this person. It is asked for once its first code was shown.
pub async fn start(hub: &Hub, caller: &Caller) -> Result<NewGenerator, HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    let user = users::find(&work, caller.user).await?.ok_or(HubError::Unauthenticated)?;
    if is_on(&work, user.id).await? {
        return Err(HubError::Conflict(
            "codes are asked for already; remove that generator first".to_owned(),
        ));
    }
    let mut secret = [0; SECRET_BYTES];
    hub.entropy.fill(&mut secret);
    let sealed = hub.vault.seal(hub.entropy.as_ref(), &context(user.id), &secret).map_err(internal)?;
    totp::put(&work, user.id, &sealed, hub.now()).await?;
    work.commit().await?;
    let generator = generator(&secret, &user.email)?;
    Ok(NewGenerator {
        secret: generator.secret().to_base32(),
        otpauth_url: generator.to_url().map_err(internal)?,
    })
}

/// From now on a code is asked for with the password. Answers with the recovery codes, shown once.
pub async fn confirm(
    hub: &Hub,
    caller: &Caller,
    code: &str,
    visitor: &Visitor,
) -> Result<Vec<String>, HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    sessions::hold(&work, caller).await?;
    let row = totp::find(&work, caller.user).await?.filter(|row| row.confirmed_at.is_none());
    let row = row.ok_or(HubError::NotFound("code generator that waits to be confirmed"))?;
    let wrong = || Invalid::one("/code", "is not the code that the generator shows now");
    let step = step_of(hub, &row, &tidy(code))?.ok_or_else(wrong)?;
    if !totp::confirm(&work, caller.user, step, hub.now()).await? {
        return Err(HubError::Conflict("it was confirmed meanwhile".to_owned()));
    }
    let codes = make_recovery_codes(hub, &work, caller.user).await?;
    account_log::note(hub, &work, caller.user, AccountEvent::TotpAdded, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(codes)
}

/// The generator and what was left of the recovery codes.
pub async fn remove(hub: &Hub, caller: &Caller, visitor: &Visitor) -> Result<(), HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    let was_on = is_on(&work, caller.user).await?;
    if !totp::delete(&work, caller.user).await? {
        return Err(HubError::NotFound("code generator"));
    }
    recovery_codes::delete_all(&work, caller.user).await?;
    if was_on {
        account_log::note(hub, &work, caller.user, AccountEvent::TotpRemoved, json!({}), visitor).await?;
    }
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(())
}

/// Ten new ones; those of before are good no more.
pub async fn renew_recovery_codes(
    hub: &Hub,
    caller: &Caller,
    visitor: &Visitor,
) -> Result<Vec<String>, HubError> {
    caller.in_person()?;
    let work = hub.store.begin().await?;
    if !is_on(&work, caller.user).await? {
        return Err(HubError::Conflict("there is no second factor that they could stand in for".to_owned()));
    }
    let codes = make_recovery_codes(hub, &work, caller.user).await?;
    account_log::note(hub, &work, caller.user, AccountEvent::RecoveryCodesMade, json!({}), visitor).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(codes)
}

/// Uses a code up. What is refused is noted for the person: whoever sent it knows the password.
pub(crate) async fn prove(
    hub: &Hub,
    user: UserId,
    code: &str,
    visitor: &Visitor,
) -> Result<Factor, HubError> {
    let code = tidy(code);
    let work = hub.store.begin().await?;
    let factor = take(hub, &work, user, &code).await?;
    match factor {
        Some(Factor::Totp) => {}
        Some(Factor::RecoveryCode) => {
            let left = recovery_codes::count(&work, user).await?;
            let detail = json!({ "left": left });
            account_log::note(hub, &work, user, AccountEvent::RecoveryCodeUsed, detail, visitor).await?;
        }
        None => {
            account_log::note(hub, &work, user, AccountEvent::SecondFactorRefused, json!({}), visitor)
                .await?;
        }
    }
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    factor.ok_or(HubError::SecondFactorRefused)
}

async fn take(hub: &Hub, work: &UnitOfWork, user: UserId, tidy: &str) -> Result<Option<Factor>, HubError> {
    if !is_of_generator(tidy) {
        let taken = recovery_codes::take(work, user, recovery_hmac(hub, user, tidy)).await?;
        return Ok(taken.then_some(Factor::RecoveryCode));
    }
    let Some(row) = totp::find(work, user).await? else { return Ok(None) };
    let Some(step) = step_of(hub, &row, tidy)? else { return Ok(None) };
    Ok(totp::accept(work, user, step).await?.then_some(Factor::Totp))
}

/// Removes the second factors of somebody who has lost theirs, and their passkeys where these are gone, too. Whoever
/// runs the server does this; what was removed is told, and noted for the person.
pub async fn reset(hub: &Hub, email: &str, passkeys_too: bool) -> Result<Factors, HubError> {
    let work = hub.store.begin().await?;
    let email = email.trim().to_lowercase();
    let user = users::find_by_email(&work, &email).await?.ok_or(HubError::NotFound("user"))?.id;
    let removed = Factors {
        totp: is_on(&work, user).await?,
        recovery_codes_left: recovery_codes::count(&work, user).await?,
        passkeys: if passkeys_too { lares_store::passkeys::list(&work, user).await?.len() } else { 0 },
    };
    totp::delete(&work, user).await?;
    recovery_codes::delete_all(&work, user).await?;
    if passkeys_too {
        lares_store::passkeys::delete_all(&work, user).await?;
    }
    let detail = json!({
        "totp": removed.totp, "recovery_codes": removed.recovery_codes_left, "passkeys": removed.passkeys,
    });
    let nobody = Visitor::default();
    account_log::note(hub, &work, user, AccountEvent::FactorsReset, detail, &nobody).await?;
    work.commit().await?;
    hub.nudges.notifications.notify_one();
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        assert_eq!(tidy(" 123 456 "), "123456");
        assert_eq!(tidy("ABCDE-fghjk"), "abcdefghjk");
        assert!(is_of_generator("012345") && !is_of_generator("01234") && !is_of_generator("abcdef"));
        assert!(!is_of_generator("\u{661}\u{662}\u{663}"));
        assert_eq!(tidy(&"1".repeat(1_000)).len(), CODE_MAX_CHARS + 1);
    }

    #[test]
    fn a05_codes_are_those_of_rfc_6238() {
        let generator = generator(b"12345678901234567890", "a:b@example.org").unwrap();
        // Appendix B, the last six digits of eight.
        for (at_s, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(generator.check(code, at_s), Some(at_s / STEP_S));
            assert_eq!(generator.check(code, at_s + STEP_S), Some(at_s / STEP_S), "one step late");
            assert_eq!(generator.check(code, at_s - STEP_S), Some(at_s / STEP_S), "one step early");
            assert_eq!(generator.check(code, at_s + 2 * STEP_S), None, "two steps late");
        }
        let url = generator.to_url().unwrap();
        assert!(url.starts_with("otpauth://totp/Lares:a%20b%40example.org?secret=GEZDGNBVGY3TQOJQ"), "{url}");
        assert!(url.contains("issuer=Lares"), "{url}");
    }

    #[test]
    fn the_alphabet_has_no_lookalikes() {
        let distinct: std::collections::BTreeSet<_> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), 32);
        assert!(!ALPHABET.iter().any(|letter| b"1lio".contains(letter)));
    }
}
