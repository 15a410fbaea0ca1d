//! What a program asks for in a person's name (OAuth 2.1, OpenID Connect Core): the request read and judged, and what
//! still has to be asked of the person before it is granted.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{OAuthClientId, UserId};
use crate::oauth::Scopes;
use crate::oauth_client::{GrantType, OAuthClient};
use crate::time::UnixMillis;

/// An error as OAuth words it: a code for programs, a text for their authors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct OAuthFault {
    pub error: &'static str,
    pub description: String,
}

pub fn fault(error: &'static str, description: impl Into<String>) -> OAuthFault {
    OAuthFault { error, description: description.into() }
}

/// Parameters of a request. None may come twice (RFC 6749, section 3.1) but `resource` (RFC 8707, section 2), and an
/// empty one is as if it were not there.
#[derive(Clone, Default)]
pub struct Parameters {
    once: BTreeMap<String, String>,
    resources: Vec<String>,
}

const RESOURCE: &str = "resource";

/// Their names alone: values are codes, secrets and tokens.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.once.keys()).finish()
    }
}

const VALUE_MAX_BYTES: usize = 16 * 1024;

impl Parameters {
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Parameters, OAuthFault> {
        let mut once = BTreeMap::new();
        let mut resources = Vec::new();
        for (name, value) in pairs {
            if value.len() > VALUE_MAX_BYTES || value.contains(char::is_control) {
                return Err(fault(
                    "invalid_request",
                    format!("{name:?} is too long or holds control characters"),
                ));
            }
            if name == RESOURCE {
                resources.push(value);
            } else if once.insert(name.clone(), value).is_some() {
                return Err(fault("invalid_request", format!("{name:?} is there twice")));
            }
        }
        once.retain(|_, value: &mut String| !value.is_empty());
        resources.retain(|value| !value.is_empty());
        Ok(Parameters { once, resources })
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.once.get(name).map(String::as_str)
    }

    pub fn need(&self, name: &str) -> Result<&str, OAuthFault> {
        self.get(name).ok_or_else(|| fault("invalid_request", format!("{name} is missing")))
    }
}

/// How a program wants its person to be asked (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Not at all: what is not settled already is refused.
    pub none: bool,
    pub login: bool,
    pub consent: bool,
}

impl Prompt {
    fn parse(text: &str) -> Result<Prompt, OAuthFault> {
        let mut prompt = Prompt::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                // There is one account in a browser: to choose another is to sign in again.
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                _ => {
                    return Err(fault("invalid_request", "prompt is none, login, consent or select_account"));
                }
            }
        }
        if prompt.none && (prompt.login || prompt.consent) {
            return Err(fault("invalid_request", "prompt none stands alone"));
        }
        Ok(prompt)
    }
}

/// A request that may be put before a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    pub client: OAuthClientId,
    pub redirect_uri: String,
    pub scopes: Scopes,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// Base64url of the SHA-256 of what the program shows later (RFC 7636).
    pub code_challenge: String,
    pub prompt: Prompt,
    pub max_age_s: Option<i64>,
    /// Whom the program means, where it says so.
    #[serde(default)]
    pub meant: Option<UserId>,
    pub asked_at: UnixMillis,
}

/// Which address a request says to answer at. Nothing is sent to one that is not the client's own.
pub fn answer_at<'p>(parameters: &'p Parameters, client: &OAuthClient) -> Result<&'p str, OAuthFault> {
    let uri = parameters.need("redirect_uri")?;
    if client.disabled || !client.may_be_answered_at(uri) {
        return Err(fault("invalid_request", "redirect_uri is not one that this client registered"));
    }
    Ok(uri)
}

/// What is asked for at the address just judged.
pub fn authorization(
    parameters: &Parameters,
    client: &OAuthClient,
    redirect_uri: &str,
    api: &str,
    now: UnixMillis,
) -> Result<AuthorizationRequest, OAuthFault> {
    for (name, error) in [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")]
    {
        if parameters.get(name).is_some() {
            return Err(fault(error, "send plain parameters"));
        }
    }
    if parameters.need("response_type")? != "code" {
        return Err(fault("unsupported_response_type", "response_type is code"));
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(fault("invalid_request", "response_mode is query"));
    }
    if !client.may(GrantType::AuthorizationCode) {
        return Err(fault("unauthorized_client", "this client does not use authorization_code"));
    }
    let scopes = asked_scopes(parameters.get("scope").unwrap_or_default(), client)?;
    for_this_api(parameters, api)?;
    let max_age_s = match parameters.get("max_age").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds)) => Some(i64::from(seconds)),
        Some(Err(_)) => return Err(fault("invalid_request", "max_age is a number of seconds")),
    };
    Ok(AuthorizationRequest {
        client: client.id,
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: parameters.get("state").map(str::to_owned),
        nonce: parameters.get("nonce").map(str::to_owned),
        code_challenge: challenge(parameters)?,
        prompt: parameters.get("prompt").map_or(Ok(Prompt::default()), Prompt::parse)?,
        max_age_s,
        meant: None,
        asked_at: now,
    })
}

/// Scopes that this client may ask for. What this server does not know is as if it were not there (OpenID Connect Core,
/// section 3.1.2.1), as long as something is left.
pub fn asked_scopes(text: &str, client: &OAuthClient) -> Result<Scopes, OAuthFault> {
    let scopes = Scopes::known(text);
    if scopes.is_empty() || !scopes.is_within(client.scopes) {
        return Err(fault("invalid_scope", format!("this client may ask for: {}", client.scopes)));
    }
    Ok(scopes)
}

/// RFC 8707: the one resource whose tokens are made here, however often it is named.
pub fn for_this_api(parameters: &Parameters, api: &str) -> Result<(), OAuthFault> {
    match parameters.resources.iter().all(|resource| resource == api) {
        true => Ok(()),
        false => Err(fault("invalid_target", format!("resource is {api}"))),
    }
}

const CHALLENGE_CHARS: usize = 43;

fn challenge(parameters: &Parameters) -> Result<String, OAuthFault> {
    let missing = || fault("invalid_request", "PKCE is required: code_challenge is missing");
    let challenge = parameters.get("code_challenge").ok_or_else(missing)?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(fault("invalid_request", "code_challenge_method is S256"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if challenge.len() != CHALLENGE_CHARS || !challenge.chars().all(plain) {
        return Err(fault("invalid_request", "code_challenge is the Base64url of a SHA-256"));
    }
    Ok(challenge.to_owned())
}

/// Whether this is what the challenge was made of (RFC 7636, section 4.6).
pub fn verifies(verifier: &str, challenge: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    (43..=128).contains(&verifier.len())
        && verifier.chars().all(plain)
        && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
}

/// What stands between a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The program means another person.
    SomebodyElse,
    /// The person has to prove again who they are.
    Authenticate,
    /// The person has to be asked.
    Ask,
    /// Nothing.
    Grant,
}

/// Who is asked.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub user: UserId,
    pub authenticated_at: UnixMillis,
}

/// `consented`: what the person has let this client do before.
pub fn next(
    request: &AuthorizationRequest,
    client: &OAuthClient,
    Who { user, authenticated_at }: Who,
    consented: Option<Scopes>,
    now: UnixMillis,
) -> Next {
    if request.meant.is_some_and(|meant| meant != user) {
        return Next::SomebodyElse;
    }
    // Whoever proved themselves since the request came has done what it asks for, also with a `max_age` of 0.
    let before = authenticated_at < request.asked_at;
    let stale = request.max_age_s.is_some_and(|max| now.since_ms(authenticated_at) > max * 1_000);
    if before && (stale || request.prompt.login) {
        return Next::Authenticate;
    }
    let known = consented.is_some_and(|known| request.scopes.is_within(known));
    let settled = known && !request.prompt.consent && client.is_proved_at(&request.redirect_uri);
    if settled { Next::Grant } else { Next::Ask }
}

/// The address with these parameters added to what it has.
pub fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = uri.to_owned();
    for (name, value) in pairs {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    out
}

/// Where a person is sent back to with an answer (RFC 9207: with its issuer).
pub fn answer(request: &AuthorizationRequest, issuer: &str, pairs: &[(&str, &str)]) -> String {
    let mut all = pairs.to_vec();
    all.extend(request.state.as_deref().map(|state| ("state", state)));
    all.push(("iss", issuer));
    with_query(&request.redirect_uri, &all)
}

#[cfg(test)]
#[path = "oauth_request_tests.rs"]
mod tests;
