//! A program that people let in (OAuth 2.1), or that acts for itself as a service: what it says of itself, and which
//! addresses it may be answered at.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::Role;
use crate::home::NAME_MAX_CHARS;
use crate::id::{OAuthClientId, OrganisationId};
use crate::invalid::Invalid;
use crate::oauth::{OAuthScope, Scopes};
use crate::public_key::{NamedKey, key_set};
use crate::time::UnixMillis;

pub const URI_MAX_CHARS: usize = 2_000;
pub const URIS_MAX: usize = 20;
pub const KEYS_MAX: usize = 10;

/// Where a program runs (OpenID Connect Dynamic Client Registration, section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server, or in a page of one.
    #[default]
    Web,
    /// On a phone, a computer, or something without a screen.
    Native,
}

/// How a program proves which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// Not at all: it can keep no secret.
    None,
    ClientSecretBasic,
    ClientSecretPost,
    /// With a signature (RFC 7523).
    PrivateKeyJwt,
}

impl ClientAuthMethod {
    pub fn has_secret(self) -> bool {
        matches!(self, ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost)
    }
}

/// What a program may come to the token endpoint with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    /// As itself, without a person.
    ClientCredentials,
    /// RFC 8628.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    pub fn of_name(name: &str) -> Option<GrantType> {
        serde_json::from_value(Value::String(name.to_owned())).ok()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OAuthClient {
    pub id: OAuthClientId,
    /// Who answers for it.
    pub organisation: OrganisationId,
    pub name: String,
    pub application_type: ApplicationType,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub grant_types: Vec<GrantType>,
    /// The most that it may ask for.
    pub scopes: Scopes,
    pub auth_method: ClientAuthMethod,
    /// Its public keys, where it proves itself with a signature.
    pub jwks: Option<Value>,
    /// As what it acts in its organisation; only where it acts for itself.
    pub role: Option<Role>,
    pub uri: Option<String>,
    pub logo: Option<String>,
    pub disabled: bool,
    /// It registered itself (RFC 7591).
    pub dynamic: bool,
    /// Until when the secret before the current one is taken, too.
    pub previous_secret_until: Option<UnixMillis>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

impl OAuthClient {
    pub fn may(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    pub fn is_confidential(&self) -> bool {
        self.auth_method != ClientAuthMethod::None
    }

    pub fn keys(&self) -> Vec<NamedKey> {
        self.jwks.as_ref().and_then(|jwks| key_set(jwks, KEYS_MAX).ok()).unwrap_or_default()
    }

    /// Exactly one of its own; where it runs on the person's own machine, on whatever port it found free there
    /// (RFC 8252, section 7.3).
    pub fn may_be_answered_at(&self, uri: &str) -> bool {
        self.is_one_of(&self.redirect_uris, uri)
    }

    /// Where people may be sent once they signed out, in the same way.
    pub fn may_sign_out_to(&self, uri: &str) -> bool {
        self.is_one_of(&self.post_logout_redirect_uris, uri)
    }

    fn is_one_of(&self, known: &[String], uri: &str) -> bool {
        let same = |known: &String| {
            known == uri
                || (self.application_type == ApplicationType::Native
                    && loopback(known).is_some_and(|known| loopback(uri) == Some(known)))
        };
        known.iter().any(same)
    }

    /// Whether an answer at this address reaches this program and no other: a server has a name that it proves, a
    /// program on somebody's machine does not (RFC 8252, section 8.6).
    pub fn is_proved_at(&self, uri: &str) -> bool {
        self.is_confidential() || uri.starts_with("https://")
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.check_text("/name", &self.name, 1, NAME_MAX_CHARS);
        check_uris(&mut invalid, "/redirect_uris", &self.redirect_uris, self.application_type);
        let after_logout = &self.post_logout_redirect_uris;
        check_uris(&mut invalid, "/post_logout_redirect_uris", after_logout, self.application_type);
        for (field, uri) in [("/uri", &self.uri), ("/logo", &self.logo)] {
            if uri.as_ref().is_some_and(|uri| Uri::parse(uri).is_none_or(|uri| uri.scheme != "https")) {
                invalid.add(field, format!("must be an https URI of at most {URI_MAX_CHARS} characters"));
            }
        }
        self.check_grants(&mut invalid);
        self.check_keys(&mut invalid);
        invalid.or(())
    }

    fn check_grants(&self, invalid: &mut Invalid) {
        let field = "/grant_types";
        let alone = self.may(GrantType::ClientCredentials);
        let with_people = self.may(GrantType::AuthorizationCode) || self.may(GrantType::DeviceCode);
        if self.grant_types.is_empty() || self.grant_types.len() > 4 {
            invalid.add(field, "must have from 1 to 4 entries");
        }
        if alone == with_people {
            invalid.add(
                field,
                "must have authorization_code or device_code, or else client_credentials; a program that acts for \
                 people and one that acts for itself are two clients",
            );
        }
        if self.may(GrantType::RefreshToken) && alone {
            invalid.add(field, "client_credentials needs no refresh_token");
        }
        if self.may(GrantType::AuthorizationCode) == self.redirect_uris.is_empty() {
            invalid.add("/redirect_uris", "must be given with authorization_code, and only then");
        }
        if alone && !self.is_confidential() {
            invalid.add("/token_endpoint_auth_method", "a service must prove which one it is");
        }
        if alone != self.role.is_some() {
            invalid.add("/role", "must be given to a service, and to no other client");
        }
        let grantable = if alone {
            [OAuthScope::OpenId, OAuthScope::Profile, OAuthScope::Email, OAuthScope::OfflineAccess]
                .into_iter()
                .fold(Scopes::GRANTABLE, Scopes::without)
        } else {
            Scopes::GRANTABLE
        };
        if self.scopes.is_empty() || !self.scopes.is_within(grantable) {
            invalid.add("/scopes", format!("must be some of: {grantable}"));
        }
    }

    fn check_keys(&self, invalid: &mut Invalid) {
        match &self.jwks {
            Some(_) if self.auth_method != ClientAuthMethod::PrivateKeyJwt => {
                invalid.add("/jwks", "belongs to token_endpoint_auth_method private_key_jwt alone");
            }
            None if self.auth_method == ClientAuthMethod::PrivateKeyJwt => {
                invalid.add("/jwks", "is needed for private_key_jwt; an address of keys is not fetched");
            }
            Some(jwks) => {
                if let Err(reason) = key_set(jwks, KEYS_MAX) {
                    invalid.add("/jwks", reason);
                }
            }
            None => {}
        }
    }
}

fn check_uris(invalid: &mut Invalid, field: &str, uris: &[String], kind: ApplicationType) {
    if uris.len() > URIS_MAX {
        invalid.add(field, format!("must have at most {URIS_MAX} entries"));
    }
    for (nth, uri) in uris.iter().enumerate().take(URIS_MAX) {
        if let Err(reason) = check_redirect(uri, kind) {
            invalid.add(format!("{field}/{nth}"), reason);
        }
    }
}

/// A URI taken apart as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'u> {
    pub scheme: &'u str,
    /// Host and port; `None` where there is no `//`.
    pub authority: Option<&'u str>,
    pub rest: &'u str,
}

impl<'u> Uri<'u> {
    /// `None` for what is no absolute URI in visible ASCII, or holds a fragment or a user name.
    pub fn parse(text: &'u str) -> Option<Uri<'u>> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || text.len() > URI_MAX_CHARS || text.contains(['#', '\\', '"', '<', '>', '`', '{', '}'])
        {
            return None;
        }
        let (scheme, after) = text.split_once(':')?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.chars().all(plain) {
            return None;
        }
        let Some(after) = after.strip_prefix("//") else {
            return Some(Uri { scheme, authority: None, rest: after });
        };
        let end = after.find(['/', '?']).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        (!authority.contains('@')).then_some(Uri { scheme, authority: Some(authority), rest })
    }

    /// Host and port; `None` where there is no host or the port is none.
    pub fn host(&self) -> Option<(&'u str, Option<u16>)> {
        let authority = self.authority?;
        let end = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
        let (host, port) = match authority[end..].find(':') {
            Some(colon) => (&authority[..end + colon], Some(authority[end + colon + 1..].parse().ok()?)),
            None => (authority, None),
        };
        (!host.is_empty()).then_some((host, port))
    }
}

/// An address on the machine itself, without its port.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let uri = Uri::parse(uri).filter(|uri| uri.scheme == "http")?;
    let (host, _) = uri.host()?;
    matches!(host, "127.0.0.1" | "[::1]").then_some((host, uri.rest))
}

fn check_redirect(text: &str, kind: ApplicationType) -> Result<(), &'static str> {
    let uri = Uri::parse(text).ok_or("must be an absolute URI in ASCII without a fragment")?;
    match (uri.scheme, uri.host()) {
        ("https", Some(_)) => Ok(()),
        ("http", Some(("localhost" | "127.0.0.1" | "[::1]", _))) => Ok(()),
        ("http", _) => Err("http is taken for the machine itself alone; use https"),
        ("https", None) => Err("must have a host"),
        // RFC 8252, section 7.1: the name of a domain turned round, so that it is nobody else's.
        (scheme, _) if scheme.contains('.') && kind == ApplicationType::Native => Ok(()),
        _ => Err("must be https, or for native apps also a scheme such as org.example.app"),
    }
}

#[cfg(test)]
#[path = "oauth_client_tests.rs"]
mod tests;
