//! What of an account's log its person is told by mail, at once and always: whoever got in should not go unnoticed.

use lares_model::UserId;
use lares_store::account_log as rows;
use lares_store::{UnitOfWork, users};
use serde_json::json;

use crate::account_log::{AccountEvent, Visitor, name_of};
use crate::error::HubError;
use crate::hub::Hub;
use crate::notifications::{self, Mail};

/// These are told. A sign-in only where it comes from a program that was not seen before.
pub const TOLD: &[AccountEvent] = &[
    AccountEvent::SignedIn,
    AccountEvent::RefreshTokenReused,
    AccountEvent::PasswordChanged,
    AccountEvent::PasswordReset,
    AccountEvent::EmailChangeAsked,
    AccountEvent::EmailChanged,
    AccountEvent::AllSessionsEnded,
    AccountEvent::TokenCreated,
    AccountEvent::DataExported,
    AccountEvent::SecondFactorRefused,
    AccountEvent::TotpAdded,
    AccountEvent::TotpRemoved,
    AccountEvent::RecoveryCodesMade,
    AccountEvent::RecoveryCodeUsed,
    AccountEvent::PasskeyAdded,
    AccountEvent::PasskeyRemoved,
    AccountEvent::PasskeyRefused,
    AccountEvent::IdentityLinked,
    AccountEvent::IdentityRemoved,
    AccountEvent::FactorsReset,
    AccountEvent::AppConnected,
    AccountEvent::CodeReused,
    AccountEvent::AddedToOrganisation,
];

/// So many of the latest sign-ins are compared with.
const SIGN_INS_COMPARED: u64 = 200;
const TOLD_AGAIN_AFTER_MS: i64 = 3_600 * 1_000;

const UNKNOWN: &str = "-";

/// What somebody came with, in words of ours: a program may say anything of itself, also a link.
pub(crate) fn program_of(user_agent: Option<&str>) -> String {
    const PROGRAMS: [(&str, &str); 8] = [
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Chrom", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
        ("python", "Python"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let agent = user_agent.unwrap_or_default();
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    match (named(&PROGRAMS), named(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} ({system})"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => UNKNOWN.to_owned(),
    }
}

/// Whether the person has signed in before, and never with such a program.
async fn is_news(work: &UnitOfWork, user: UserId, visitor: &Visitor) -> Result<bool, HubError> {
    let kind = name_of(AccountEvent::SignedIn);
    let before = rows::latest_of_kind(work, user, &kind, SIGN_INS_COMPARED).await?;
    // A program that has no name here is known by what it says, to the letter.
    let sign = |agent: Option<&str>| match program_of(agent) {
        unknown if unknown == UNKNOWN => agent.unwrap_or_default().to_owned(),
        known => known,
    };
    let own = sign(visitor.user_agent.as_deref());
    Ok(!before.is_empty() && before.iter().all(|entry| sign(entry.user_agent.as_deref()) != own))
}

/// What somebody else can make happen over and over is told now and then.
async fn is_worth_a_mail(
    hub: &Hub,
    work: &UnitOfWork,
    user: UserId,
    event: AccountEvent,
    visitor: &Visitor,
) -> Result<bool, HubError> {
    match event {
        AccountEvent::SignedIn => is_news(work, user, visitor).await,
        AccountEvent::SecondFactorRefused | AccountEvent::PasskeyRefused => {
            let latest = rows::latest_of_kind(work, user, &name_of(event), 1).await?;
            Ok(latest.iter().all(|entry| hub.now().since_ms(entry.time) >= TOLD_AGAIN_AFTER_MS))
        }
        _ => Ok(true),
    }
}

/// Queues the mail that tells an entry of the log, where it is one that is told. Called before the entry is written.
pub(crate) async fn tell(
    hub: &Hub,
    work: &UnitOfWork,
    user: UserId,
    event: AccountEvent,
    visitor: &Visitor,
) -> Result<(), HubError> {
    if !TOLD.contains(&event) || !is_worth_a_mail(hub, work, user, event, visitor).await? {
        return Ok(());
    }
    let Some(person) = users::find(work, user).await? else { return Ok(()) };
    tell_at(hub, work, user, &person.email, event, visitor).await
}

/// The same to another address than the account's own, such as the one that it had.
pub(crate) async fn tell_at(
    hub: &Hub,
    work: &UnitOfWork,
    user: UserId,
    address: &str,
    event: AccountEvent,
    visitor: &Visitor,
) -> Result<(), HubError> {
    let preferences = users::preferences(work, user).await?;
    let mail = Mail {
        user: Some(user),
        organisation: None,
        to: address,
        language: preferences.language.tag(),
        template: "security_notice",
        values: json!({
            "event": name_of(event),
            "time": hub.now().to_the_minute(&preferences.time_zone),
            "program": program_of(visitor.user_agent.as_deref()),
            "peer": visitor.peer.as_deref().unwrap_or_default(),
            "link": format!("{}/settings/security", hub.public_url),
        }),
    };
    notifications::mail(hub, work, mail).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_in_our_words_only() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(program_of(Some(firefox)), "Firefox (Linux)");
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120 Safari/537.36 Edg/120";
        assert_eq!(program_of(Some(edge)), "Edge (Windows)");
        assert_eq!(program_of(Some("see http://evil.example for your prize")), "-");
        assert_eq!(program_of(None), "-");
    }
}
