//! OAuth scopes of this product: what a token may be used for. They narrow what its person may do and never widen it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::access::Action;

/// One scope (RFC 6749, section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum OAuthScope {
    /// OpenID Connect: who the person is, in an ID token.
    #[serde(rename = "openid")]
    OpenId,
    /// Name, language and time zone.
    #[serde(rename = "profile")]
    Profile,
    /// E-mail address, and whether it was verified.
    #[serde(rename = "email")]
    Email,
    /// A refresh token.
    #[serde(rename = "offline_access")]
    OfflineAccess,
    /// Look at homes, devices, readings and events.
    #[serde(rename = "homes:read")]
    HomesRead,
    /// Switch devices, but unlock no door.
    #[serde(rename = "devices:control")]
    DevicesControl,
    /// Unlock doors.
    #[serde(rename = "doors:unlock")]
    DoorsUnlock,
    /// Add, change and remove homes, devices and members.
    #[serde(rename = "homes:manage")]
    HomesManage,
    /// Change the account: profile, password, factors, sessions and tokens.
    #[serde(rename = "account:manage")]
    AccountManage,
    /// A device reports and receives, as itself.
    #[serde(rename = "device")]
    Device,
}

impl OAuthScope {
    pub const EVERY: [OAuthScope; 10] = [
        OAuthScope::OpenId,
        OAuthScope::Profile,
        OAuthScope::Email,
        OAuthScope::OfflineAccess,
        OAuthScope::HomesRead,
        OAuthScope::DevicesControl,
        OAuthScope::DoorsUnlock,
        OAuthScope::HomesManage,
        OAuthScope::AccountManage,
        OAuthScope::Device,
    ];

    pub fn name(self) -> &'static str {
        match self {
            OAuthScope::OpenId => "openid",
            OAuthScope::Profile => "profile",
            OAuthScope::Email => "email",
            OAuthScope::OfflineAccess => "offline_access",
            OAuthScope::HomesRead => "homes:read",
            OAuthScope::DevicesControl => "devices:control",
            OAuthScope::DoorsUnlock => "doors:unlock",
            OAuthScope::HomesManage => "homes:manage",
            OAuthScope::AccountManage => "account:manage",
            OAuthScope::Device => "device",
        }
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of scopes; as text, names separated by spaces.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u16);

/// A name that is no scope of this server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a scope of this server")]
pub struct UnknownScope(pub String);

impl Scopes {
    pub const NONE: Scopes = Scopes(0);
    /// What a person may do with their own programs: everything but to be a device.
    pub const ALL: Scopes = Scopes((1 << 9) - 1);
    /// What programs of others may be given: nobody's account is theirs to change.
    pub const GRANTABLE: Scopes = Scopes((1 << 8) - 1);

    pub fn of(scopes: impl IntoIterator<Item = OAuthScope>) -> Scopes {
        Scopes(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Those of these names that there are.
    pub fn known(text: &str) -> Scopes {
        let named = |name| OAuthScope::EVERY.into_iter().find(|scope| scope.name() == name);
        Scopes::of(text.split(' ').filter_map(named))
    }

    pub fn parse(text: &str) -> Result<Scopes, UnknownScope> {
        let mut bits = 0;
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            let scope = OAuthScope::EVERY.into_iter().find(|scope| scope.name() == name);
            bits |= scope.ok_or_else(|| UnknownScope(name.to_owned()))?.bit();
        }
        Ok(Scopes(bits))
    }

    pub fn has(self, scope: OAuthScope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether everything in `self` is in `other`, too.
    pub fn is_within(self, other: Scopes) -> bool {
        self.0 & !other.0 == 0
    }

    #[must_use]
    pub fn both(self, other: Scopes) -> Scopes {
        Scopes(self.0 & other.0)
    }

    #[must_use]
    pub fn with(self, other: Scopes) -> Scopes {
        Scopes(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, scope: OAuthScope) -> Scopes {
        Scopes(self.0 & !scope.bit())
    }

    pub fn iter(self) -> impl Iterator<Item = OAuthScope> {
        OAuthScope::EVERY.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, scope) in self.iter().enumerate() {
            if nth > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.name())?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Scopes::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

/// The scope that an action asks for; `None` where any token will do.
pub fn scope_for(action: Action) -> Option<OAuthScope> {
    match action {
        Action::Public | Action::SignedIn | Action::Myself => None,
        Action::AccountManage => Some(OAuthScope::AccountManage),
        Action::OrganisationRead | Action::HomeRead | Action::DeviceRead => Some(OAuthScope::HomesRead),
        Action::DeviceCommand => Some(OAuthScope::DevicesControl),
        Action::OrganisationCreate
        | Action::OrganisationManage
        | Action::HomeManage
        | Action::DeviceManage => Some(OAuthScope::HomesManage),
        Action::DeviceReport | Action::DeviceReceive => Some(OAuthScope::Device),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set_with_one_spelling() {
        let scopes = Scopes::parse("homes:read openid  homes:read").unwrap();
        assert_eq!(scopes.to_string(), "openid homes:read");
        assert_eq!(Scopes::parse(&scopes.to_string()), Ok(scopes));
        assert_eq!(Scopes::parse("homes:reed"), Err(UnknownScope("homes:reed".to_owned())));
        assert!(scopes.is_within(Scopes::ALL) && !Scopes::ALL.is_within(scopes));
        assert_eq!(Scopes::of(OAuthScope::EVERY).without(OAuthScope::Device), Scopes::ALL);
        assert_eq!(Scopes::ALL.without(OAuthScope::AccountManage), Scopes::GRANTABLE);
        for scope in OAuthScope::EVERY {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
        }
    }
}
