//! Who a device is that reports over HTTP: by a signature over the request, or over TLS by its password or by a token
//! that it signed for. The guard asks this before any handler of a device's own routes runs.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lares_hub::oauth::machines;
use lares_hub::replays::SIGNED_WITHIN_MS;
use lares_hub::{Hub, HubError, devices};
use lares_model::device::Device;
use lares_model::protocol::PAYLOAD_MAX_BYTES;
use lares_model::{DeviceId, UnixMillis};

use super::Door;
use super::message_signature::{self, MAC_BYTES};
use super::problem::Problem;

/// The device that sends the request. The guard put it there.
#[derive(Clone)]
pub struct Reporting(pub Arc<Device>);

impl FromRequestParts<Door> for Reporting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Door) -> Result<Self, Problem> {
        parts.extensions.get::<Reporting>().cloned().ok_or_else(|| refused("this is for devices"))
    }
}

/// A request of a device that proved itself, and the signature to give back should the request come to nothing.
pub(super) struct Proved {
    pub request: Request,
    pub device: DeviceId,
    pub signature: Option<[u8; MAC_BYTES]>,
}

fn refused(why: impl Into<String>) -> Problem {
    Problem::new(401, "Unauthorized", why).for_device()
}

pub(super) async fn prove(door: &Door, request: Request) -> Result<Proved, Problem> {
    let (mut parts, body) = request.into_parts();
    let id = named_in(parts.uri.path()).ok_or_else(|| refused("the path does not name a device"))?;
    let is_signed = parts.headers.contains_key("signature-input");
    let secret = if is_signed { None } else { Some(secret_of(door, &parts, id)?) };
    let body = to_bytes(body, PAYLOAD_MAX_BYTES).await.map_err(|_| {
        let text = format!("a report has at most {PAYLOAD_MAX_BYTES} bytes");
        Problem::new(413, "Content too large", text)
    })?;
    let signature = match secret {
        Some(Secret::Password(password)) => {
            if !devices::authenticate(&door.hub, id, &password).await? {
                return Err(refused("device or password is wrong"));
            }
            None
        }
        Some(Secret::Token(token)) => {
            let device = machines::device_of(&door.hub, &token).await?;
            if device.is_none_or(|(device, _)| device != id) {
                return Err(refused("the token is not this device's, or is over"));
            }
            None
        }
        None => Some(check_signature(&door.hub, &parts, id, &body).await?),
    };
    let device = door.hub.directory.get(id).ok_or_else(|| refused("the device was removed"))?;
    parts.extensions.insert(Reporting(device));
    Ok(Proved { request: Request::from_parts(parts, Body::from(body)), device: id, signature })
}

/// In one spelling only, as in topics.
fn named_in(path: &str) -> Option<DeviceId> {
    let name = path.strip_prefix("/api/iot/devices/")?.split('/').next()?;
    name.parse::<DeviceId>().ok().filter(|id| id.to_string() == name)
}

/// What whoever reads it could use, too.
enum Secret {
    Password(String),
    Token(String),
}

fn secret_of(door: &Door, parts: &Parts, id: DeviceId) -> Result<Secret, Problem> {
    let token = bearer(&parts.headers);
    let given = basic(&parts.headers);
    if token.is_none() && given.is_none() {
        return Err(refused(
            "sign the request (Signature-Input, Signature), or send a token (Bearer) or device id and password \
             (Basic) over TLS",
        ));
    }
    if !door.limits.is_secure_connection(&parts.extensions, &parts.headers) {
        return Err(refused("a password or a token is taken over TLS only"));
    }
    if let Some(token) = token {
        return Ok(Secret::Token(token.to_owned()));
    }
    match given.as_deref().and_then(|given| given.split_once(':')) {
        Some((user, password)) if user == id.to_string() => Ok(Secret::Password(password.to_owned())),
        _ => Err(refused("device or password is wrong")),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn basic(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    String::from_utf8(decoded).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))
}

async fn check_signature(
    hub: &Hub,
    parts: &Parts,
    id: DeviceId,
    body: &Bytes,
) -> Result<[u8; MAC_BYTES], Problem> {
    let signed = message_signature::read(parts).map_err(refused)?;
    if signed.key_id != id.to_string() {
        return Err(refused("Signature-Input: keyid is not the device in the path"));
    }
    if !devices::signed(hub, id, signed.base.as_bytes(), &signed.mac).await? {
        return Err(refused("the signature is wrong"));
    }
    if !message_signature::digest_matches(&parts.headers, body) {
        return Err(refused("Content-Digest: is not the SHA-256 of the body"));
    }
    let now = hub.now();
    let at = |seconds: i64| UnixMillis(seconds.saturating_mul(1_000));
    let age_ms = now.since_ms(at(signed.created));
    if age_ms.saturating_abs() > SIGNED_WITHIN_MS || signed.expires.is_some_and(|expires| at(expires) < now) {
        let minutes = SIGNED_WITHIN_MS / 60_000;
        return Err(refused(format!("the signature is not of now: {minutes} minutes either way are taken")));
    }
    if hub.replays.is_new(signed.mac, now)? {
        Ok(signed.mac)
    } else {
        Err(HubError::Conflict("this signature was used already: sign again, with another nonce".to_owned())
            .into())
    }
}
