//! Certificates of devices: issued on a request that the device signed itself, listed, revoked, and asked for at every
//! sign-in. The device's private key never leaves it.

use std::sync::Arc;

use lares_model::access::Action;
use lares_model::certificate::{DeviceCertificate, VALID_DAYS_DEFAULT, VALID_DAYS_MAX, VALID_PER_DEVICE_MAX};
use lares_model::device::Device;
use lares_model::event::EventType;
use lares_model::{CertificateId, DeviceId, Invalid, UnixMillis};
use lares_store::{Page, UnitOfWork, certificates as rows, devices, events};
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::devices::{cut_session, device_event, native};
use crate::error::HubError;
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// A device whose clock is behind takes its certificate all the same.
const BACKDATED_MS: i64 = 3_600 * 1_000;
const REQUEST_MAX_BYTES: usize = 16 * 1024;

/// Who signs the certificates of this server's devices, and of nobody else.
pub struct DeviceAuthority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl DeviceAuthority {
    pub fn new(certificate_pem: &str, key_pem: &str) -> Result<DeviceAuthority, String> {
        let key = KeyPair::from_pem(key_pem).map_err(|error| error.to_string())?;
        let issuer = Issuer::from_ca_cert_pem(certificate_pem, key).map_err(|error| error.to_string())?;
        Ok(DeviceAuthority { pem: certificate_pem.to_owned(), issuer })
    }

    /// For a client that verifies the server with another authority: this one is for the server alone.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

/// A certificate as it is handed out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    pub certificate: DeviceCertificate,
    pub pem: String,
    pub authority_pem: String,
}

/// The request's own names and extensions are left aside: what a certificate says is the server's to say. Its
/// signature proves that whoever asks has the key.
fn sign(
    authority: &DeviceAuthority,
    request_pem: &str,
    id: CertificateId,
    device: &Device,
    (not_before, not_after): (UnixMillis, UnixMillis),
) -> Result<(Vec<u8>, String), HubError> {
    if request_pem.len() > REQUEST_MAX_BYTES {
        return Err(Invalid::one("/csr", format!("must have at most {REQUEST_MAX_BYTES} bytes")).into());
    }
    let mut request = CertificateSigningRequestParams::from_pem(request_pem)
        .map_err(|error| Invalid::one("/csr", format!("is not a PKCS #10 request in PEM: {error}")))?;
    let internal = |error: String| HubError::Internal(error);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, device.id.to_string());
    let uri = format!("urn:uuid:{}", device.id);
    let uri = uri.try_into().map_err(|error: rcgen::Error| internal(error.to_string()))?;
    params.subject_alt_names = vec![SanType::URI(uri)];
    params.serial_number = Some(SerialNumber::from_slice(id.0.as_bytes()));
    params.not_before = instant(not_before)?;
    params.not_after = instant(not_after)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    request.params = params;
    let signed = request.signed_by(&authority.issuer).map_err(|error| internal(error.to_string()))?;
    Ok((signed.der().to_vec(), signed.pem()))
}

fn instant(at: UnixMillis) -> Result<OffsetDateTime, HubError> {
    OffsetDateTime::from_unix_timestamp(at.0 / 1_000).map_err(|error| HubError::Internal(error.to_string()))
}

pub async fn issue(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    device: DeviceId,
    request_pem: &str,
    valid_days: Option<u16>,
) -> Result<Issued, HubError> {
    let work = hub.store.begin().await?;
    if let Some(done) = replay::<Issued>(hub, &work, caller, once).await? {
        caller.require(Action::DeviceManage, done.certificate.organisation)?;
        return Ok(done);
    }
    let device = native(&work, caller, device).await?;
    let days = valid_days.unwrap_or(VALID_DAYS_DEFAULT);
    if !(1..=VALID_DAYS_MAX).contains(&days) {
        return Err(Invalid::one("/valid_days", format!("must be from 1 to {VALID_DAYS_MAX}")).into());
    }
    let Some(authority) = &hub.device_authority else {
        return Err(HubError::Conflict("this server issues no certificates".to_owned()));
    };
    let now = hub.now();
    refuse_too_many(&work, caller, device.id, now).await?;
    let id = CertificateId(hub.uuid());
    // Certificates know whole seconds.
    let whole = |at: UnixMillis| UnixMillis(at.0 - at.0.rem_euclid(1_000));
    let span = (whole(now - BACKDATED_MS), whole(now + i64::from(days) * DAY_MS));
    let (der, pem) = sign(authority, request_pem, id, &device, span)?;
    let certificate = DeviceCertificate {
        id,
        organisation: device.organisation,
        device: device.id,
        sha256: Sha256::digest(&der).into(),
        not_before: span.0,
        not_after: span.1,
        revoked_at: None,
    };
    rows::insert(&work, &certificate).await?;
    let payload = json!({ "certificate": id, "not_after": certificate.not_after });
    let event = device_event(hub, caller, &device, EventType::DeviceCertificateIssued, payload);
    events::append(&work, vec![event]).await?;
    let issued = Issued { certificate, pem, authority_pem: authority.pem.clone() };
    keep(hub, &work, caller, once, &issued).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(issued)
}

async fn refuse_too_many(
    work: &UnitOfWork,
    caller: &Caller,
    device: DeviceId,
    now: UnixMillis,
) -> Result<(), HubError> {
    let all = Page { after: None, limit: 10_000 };
    let known = rows::of_device(work, caller.scope(), device, all).await?;
    if known.iter().filter(|certificate| certificate.holds_at(now)).count() >= VALID_PER_DEVICE_MAX {
        return Err(HubError::Conflict(format!(
            "the device has {VALID_PER_DEVICE_MAX} valid certificates: revoke one first"
        )));
    }
    Ok(())
}

pub async fn of_device(
    hub: &Hub,
    caller: &Caller,
    device: DeviceId,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<DeviceCertificate>, HubError> {
    const PURPOSE: &str = "certificates";
    devices::find(&hub.store, caller.scope(), device).await?.ok_or(HubError::NotFound("device"))?;
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let items = rows::of_device(&hub.store, caller.scope(), device, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, items, limit, |certificate: &DeviceCertificate| certificate.id.0)
}

/// It opens nothing from now on, and the device's live session ends. Once more does no more.
pub async fn revoke(hub: &Hub, caller: &Caller, device: DeviceId, id: CertificateId) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    let known = rows::find(&work, caller.scope(), id).await?.filter(|known| known.device == device);
    let known = known.ok_or(HubError::NotFound("certificate"))?;
    caller.require(Action::DeviceManage, known.organisation)?;
    let device = devices::find(&work, caller.scope(), device).await?.ok_or(HubError::NotFound("device"))?;
    if !rows::revoke(&work, id, hub.now()).await? {
        return Ok(());
    }
    let payload = json!({ "certificate": id });
    let event = device_event(hub, caller, &device, EventType::DeviceCertificateRevoked, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    cut_session(hub, device.id);
    hub.nudges.events_committed();
    Ok(())
}

/// Whose certificate this is, and its id, which is its serial number; `None` when it is nobody's now. That the authority signed it and that the peer has its
/// key is TLS's to say; that it still counts is said here, at every sign-in.
pub async fn authenticate(hub: &Hub, der: &[u8]) -> Result<Option<(Arc<Device>, CertificateId)>, HubError> {
    let known = rows::find_by_digest(&hub.store, Sha256::digest(der).into()).await?;
    let holds = known.filter(|certificate| certificate.holds_at(hub.now()));
    Ok(holds.and_then(|certificate| Some((hub.directory.get(certificate.device)?, certificate.id))))
}
