//! Which program or device a request is of, by what it proves itself with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lares_model::oauth_client::{ClientAuthMethod, OAuthClient};
use lares_model::public_key::{NamedKey, PublicKey};
use lares_model::{DeviceId, DeviceKeyId, OAuthClientId};
use lares_store::oauth_clients::{self as rows, Secrets};

use super::assertion::{self, Asserted};
use super::metadata::TOKEN;
use super::{OAuthError, OAuthFault, Parameters, fault};
use crate::devices::hash_secret;
use crate::error::HubError;
use crate::hub::Hub;
use crate::tickets::{self, Purpose};

/// Who it is.
#[derive(Clone, Debug)]
pub enum Proved {
    Client(Box<OAuthClient>),
    Device { id: DeviceId, key: DeviceKeyId },
}

/// Assertions are remembered for as long as they would be taken.
const ASSERTION: Purpose = Purpose { name: "oauth_assertion", good_for_ms: 0 };

pub(super) fn invalid_client(why: &str) -> OAuthFault {
    fault("invalid_client", why)
}

/// What came with a request.
enum Shown<'r> {
    Nothing,
    Basic(String),
    Post(&'r str),
    Assertion(&'r str),
}

fn shown<'r>(
    authorization: Option<&str>,
    parameters: &'r Parameters,
) -> Result<(String, Shown<'r>), OAuthFault> {
    let basic = authorization.map(basic).transpose()?;
    let secret = parameters.get("client_secret");
    let assertion = parameters.get("client_assertion");
    let several = u8::from(basic.is_some()) + u8::from(secret.is_some()) + u8::from(assertion.is_some());
    if several > 1 {
        return Err(fault("invalid_request", "the client proves itself in more than one way"));
    }
    let said = parameters.get("client_id");
    let (id, shown) = if let Some((id, secret)) = basic {
        (id, Shown::Basic(secret))
    } else if let Some(jwt) = assertion {
        if parameters.get("client_assertion_type") != Some(assertion::TYPE) {
            let text = format!("client_assertion_type is {}", assertion::TYPE);
            return Err(fault("invalid_request", text));
        }
        let subject = assertion::said_subject(jwt);
        (subject.ok_or_else(|| invalid_client("the assertion is no JWT"))?, Shown::Assertion(jwt))
    } else {
        let id = said.ok_or_else(|| invalid_client("client_id is missing"))?;
        (id.to_owned(), secret.map_or(Shown::Nothing, Shown::Post))
    };
    if said.is_some_and(|said| said != id) {
        return Err(fault("invalid_request", "client_id is another than the client that proves itself"));
    }
    Ok((id, shown))
}

/// RFC 6749, section 2.3.1: both halves are form-encoded within.
fn basic(header: &str) -> Result<(String, String), OAuthFault> {
    let refused = || invalid_client("the Authorization header is no Basic credential");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| refused())?;
    let decoded = String::from_utf8(decoded).map_err(|_| refused())?;
    let (id, secret) = decoded.split_once(':').ok_or_else(refused)?;
    let plain = |text: &str| unescaped(text).ok_or_else(refused);
    Ok((plain(id)?, plain(secret)?))
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) =
                    (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Who sends a request to an endpoint of the provider.
pub async fn prove(
    hub: &Hub,
    authorization: Option<&str>,
    parameters: &Parameters,
) -> Result<Proved, OAuthError> {
    let (id, shown) = shown(authorization, parameters)?;
    let unknown = || invalid_client("the client is not known, or does not prove itself as it registered");
    let uuid = id.parse::<OAuthClientId>().map_err(|_| unknown())?;
    let found = rows::find_any(&hub.store, uuid).await?.filter(|(client, _)| !client.disabled);
    let Some((client, secrets)) = found else {
        return match shown {
            Shown::Assertion(jwt) => device(hub, DeviceId(uuid.0), &id, jwt).await,
            _ => Err(unknown().into()),
        };
    };
    let proved = match (client.auth_method, &shown) {
        (ClientAuthMethod::None, Shown::Nothing) => true,
        (ClientAuthMethod::ClientSecretBasic, Shown::Basic(secret)) => {
            matches(hub, &client, &secrets, secret)
        }
        (ClientAuthMethod::ClientSecretPost, Shown::Post(secret)) => matches(hub, &client, &secrets, secret),
        (ClientAuthMethod::PrivateKeyJwt, Shown::Assertion(jwt)) => {
            asserted(hub, &id, &client.keys(), jwt).await?;
            true
        }
        _ => false,
    };
    if proved { Ok(Proved::Client(Box::new(client))) } else { Err(unknown().into()) }
}

/// The same, for what is nothing for devices.
pub async fn prove_client(
    hub: &Hub,
    authorization: Option<&str>,
    parameters: &Parameters,
) -> Result<OAuthClient, OAuthError> {
    match prove(hub, authorization, parameters).await? {
        Proved::Client(client) => Ok(*client),
        Proved::Device { .. } => Err(fault("unauthorized_client", "this is nothing for a device").into()),
    }
}

/// 256 random bits need no slow hash; comparing hashes leaks nothing of the secret.
fn matches(hub: &Hub, client: &OAuthClient, secrets: &Secrets, given: &str) -> bool {
    let given = Some(hash_secret(given));
    let overlaps = client.previous_secret_until.is_some_and(|until| hub.now() < until);
    given == secrets.current_sha256 || (overlaps && given == secrets.previous_sha256)
}

async fn asserted(hub: &Hub, id: &str, keys: &[NamedKey], jwt: &str) -> Result<usize, OAuthError> {
    let token_endpoint = format!("{}{TOKEN}", hub.public_url);
    let audiences = [hub.public_url.as_str(), token_endpoint.as_str()];
    let verified = assertion::verify(jwt, keys, id, &audiences, hub.now());
    let (nth, Asserted { jti, until }) =
        verified.map_err(|reason| invalid_client(&format!("the assertion is refused: {reason}")))?;
    if !tickets::first_time(hub, ASSERTION, &format!("{id}\0{jti}"), until).await? {
        return Err(invalid_client("the assertion was used before: sign another one").into());
    }
    Ok(nth)
}

async fn device(hub: &Hub, id: DeviceId, said: &str, jwt: &str) -> Result<Proved, OAuthError> {
    let unknown = || invalid_client("the client is not known, or has no key");
    if hub.directory.get(id).is_none() {
        return Err(unknown().into());
    }
    let known = lares_store::device_keys::all_of_device(&hub.store, id).await?;
    let key = |jwk| PublicKey::of_jwk(jwk).map(|key| NamedKey { kid: None, key });
    let keys: Result<Vec<_>, String> = known.iter().map(|one| key(&one.jwk)).collect();
    let keys = keys.map_err(|reason| HubError::Internal(format!("device_keys.jwk: {reason}")))?;
    if keys.is_empty() {
        return Err(unknown().into());
    }
    let nth = asserted(hub, said, &keys, jwt).await?;
    Ok(Proved::Device { id, key: known[nth].id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded_within() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(basic(&header("a%3Ab:c+d%25")).unwrap(), ("a:b".to_owned(), "c d%".to_owned()));
        for bad in ["Bearer x", "Basic", "Basic %%%", &header("no colon"), &header("a:%zz"), &header("a:%4")]
        {
            assert_eq!(basic(bad).unwrap_err().error, "invalid_client", "{bad}");
        }
    }
}
