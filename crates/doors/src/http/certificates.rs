//! Certificates of devices.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::certificates::{self as hub, Issued};
use lares_model::certificate::DeviceCertificate;
use lares_model::{CertificateId, DeviceId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Ids, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequestBody {
    /// A PKCS #10 request in PEM, signed with the key that the device keeps. Its names and extensions are left aside.
    #[schema(max_length = 16384)]
    csr: String,
    /// 365 when left out.
    #[schema(minimum = 1, maximum = 825)]
    valid_days: Option<u16>,
}

/// A certificate that a device may sign in with.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CertificateView {
    pub id: CertificateId,
    pub device: DeviceId,
    /// As certificates write it: hexadecimal.
    pub serial: String,
    /// SHA-256 of its DER, hexadecimal.
    pub sha256: String,
    pub not_before: UnixMillis,
    pub not_after: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<UnixMillis>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl CertificateView {
    fn of(certificate: DeviceCertificate) -> CertificateView {
        CertificateView {
            id: certificate.id,
            device: certificate.device,
            serial: hex(certificate.id.0.as_bytes()),
            sha256: hex(&certificate.sha256),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            revoked_at: certificate.revoked_at,
        }
    }
}

/// A certificate with what the device needs to use it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuedCertificateView {
    #[serde(flatten)]
    pub certificate: CertificateView,
    /// The certificate in PEM.
    pub pem: String,
    /// The authority that signed it, in PEM.
    pub authority: String,
}

impl IssuedCertificateView {
    fn of(issued: Issued) -> IssuedCertificateView {
        IssuedCertificateView {
            certificate: CertificateView::of(issued.certificate),
            pem: issued.pem,
            authority: issued.authority_pem,
        }
    }
}

/// Issue a certificate that the device signs in with over MQTT, in place of its password.
#[utoipa::path(post, path = "/api/iot/devices/{id}/certificates", tag = "devices",
    operation_id = "issueCertificate", params(("id" = DeviceId, Path, description = "Device"), OnceHeader),
    request_body = CertificateRequestBody,
    responses((status = 201, description = "Issued", body = IssuedCertificateView)))]
pub async fn issue(
    State(door): State<Door>,
    Who(caller): Who,
    Id(device): Id<DeviceId>,
    Posted(once, body): Posted<CertificateRequestBody>,
) -> Result<(StatusCode, Json<IssuedCertificateView>), Problem> {
    let issued = hub::issue(&door.hub, &caller, once.as_ref(), device, &body.csr, body.valid_days).await?;
    Ok((StatusCode::CREATED, Json(IssuedCertificateView::of(issued))))
}

/// Certificates of a device, also those that are revoked or over.
#[utoipa::path(get, path = "/api/iot/devices/{id}/certificates", tag = "devices",
    operation_id = "listCertificates", params(("id" = DeviceId, Path, description = "Device"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<CertificateView>)))]
pub async fn of_device(
    State(door): State<Door>,
    Who(caller): Who,
    Id(device): Id<DeviceId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<CertificateView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::of_device(&door.hub, &caller, device, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, CertificateView::of)))
}

/// Revoke a certificate; the device's live session ends.
#[utoipa::path(delete, path = "/api/iot/devices/{device}/certificates/{id}", tag = "devices",
    operation_id = "revokeCertificate",
    params(("device" = DeviceId, Path, description = "Device"), ("id" = CertificateId, Path, description = "Certificate")),
    responses((status = 204, description = "Revoked")))]
pub async fn revoke(
    State(door): State<Door>,
    Who(caller): Who,
    Ids(device, id): Ids<DeviceId, CertificateId>,
) -> Result<StatusCode, Problem> {
    hub::revoke(&door.hub, &caller, device, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
