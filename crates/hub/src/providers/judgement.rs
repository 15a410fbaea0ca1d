//! What becomes of somebody whom a provider vouches for: pure.

use lares_model::UserId;
use lares_model::home::NAME_MAX_CHARS;

use super::{ProviderError, Vouched};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    SignIn(UserId),
    /// With the account that has the address; it has to say so itself.
    Link(UserId),
    Create {
        email: String,
    },
    Refuse(ProviderError),
}

/// `linked` is whose this account elsewhere is, `known` whose its address is.
pub(super) fn judge(
    linked: Option<UserId>,
    vouched: &Vouched,
    trusted: bool,
    known: Option<UserId>,
    registration_open: bool,
) -> Judgement {
    if let Some(user) = linked {
        return Judgement::SignIn(user);
    }
    match (&vouched.email, known) {
        (Some(_), _) if !(vouched.verified && trusted) => Judgement::Refuse(ProviderError::UnverifiedEmail),
        (None, _) => Judgement::Refuse(ProviderError::UnverifiedEmail),
        (Some(_), Some(user)) => Judgement::Link(user),
        (Some(_), None) if !registration_open => Judgement::Refuse(ProviderError::RegistrationClosed),
        (Some(email), None) => Judgement::Create { email: email.clone() },
    }
}

/// An address as accounts here have it; `None` for what is none.
pub(super) fn address_of(email: &str) -> Option<String> {
    let email = email.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let is_one = !local.is_empty()
        && !domain.is_empty()
        && email.chars().count() <= 254
        && !email.contains(|c: char| c.is_control() || c.is_whitespace());
    is_one.then_some(email)
}

/// What to call somebody: as the provider does, else as their address does.
pub(super) fn name_of(name: Option<&str>, email: &str) -> String {
    let tidy = |text: &str| -> String {
        let kept = text.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS);
        kept.collect::<String>().trim().to_owned()
    };
    let told = tidy(name.unwrap_or_default());
    if told.is_empty() { tidy(email.split('@').next().unwrap_or(email)) } else { told }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn vouched(email: Option<&str>, verified: bool) -> Vouched {
        Vouched {
            issuer: "https://issuer.example".to_owned(),
            subject: "1".to_owned(),
            email: email.map(str::to_owned),
            verified,
            name: None,
        }
    }

    #[test]
    fn a16_every_case_of_who_comes_back() {
        let (one, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let verified = vouched(Some("a@example.org"), true);
        let unverified = vouched(Some("a@example.org"), false);
        let unknown = vouched(None, true);
        let refused = Judgement::Refuse(ProviderError::UnverifiedEmail);
        for open in [true, false] {
            for known in [None, Some(other)] {
                for trusted in [true, false] {
                    // Once linked, the address says nothing.
                    for all in [&verified, &unverified, &unknown] {
                        assert_eq!(judge(Some(one), all, trusted, known, open), Judgement::SignIn(one));
                    }
                    // An address that is not verified links nothing and makes nothing.
                    assert_eq!(judge(None, &unverified, trusted, known, open), refused);
                    assert_eq!(judge(None, &unknown, trusted, known, open), refused);
                }
                assert_eq!(judge(None, &verified, false, known, open), refused);
            }
            assert_eq!(judge(None, &verified, true, Some(other), open), Judgement::Link(other));
        }
        let create = Judgement::Create { email: "a@example.org".to_owned() };
        assert_eq!(judge(None, &verified, true, None, true), create);
        let closed = Judgement::Refuse(ProviderError::RegistrationClosed);
        assert_eq!(judge(None, &verified, true, None, false), closed);
    }

    #[test]
    fn addresses_and_names_are_tidied() {
        assert_eq!(address_of(" A@Example.ORG "), Some("a@example.org".to_owned()));
        for wrong in ["", "a", "@b", "a@", "a b@c", "a\u{0}@b", &format!("{}@b", "x".repeat(253))] {
            assert_eq!(address_of(wrong), None, "{wrong}");
        }
        assert_eq!(name_of(Some(" Anna\u{7} B "), "a@b"), "Anna B");
        assert_eq!(name_of(Some("  "), "anna@b"), "anna");
        assert_eq!(name_of(None, &format!("{}@b", "x".repeat(200))).chars().count(), NAME_MAX_CHARS);
    }
}
