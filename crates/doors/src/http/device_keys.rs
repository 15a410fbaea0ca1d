//! Public keys of devices.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use lares_hub::device_keys::{self as hub, DeviceKey};
use lares_model::{DeviceId, DeviceKeyId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Door;
use super::extract::{Id, Ids, Params, Posted, Who};
use super::organisations::ListQuery;
use super::problem::Problem;
use super::views::{LIMIT_MAX, OnceHeader, PageOf, limit};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceKeyBody {
    /// What people call it.
    #[serde(default)]
    #[schema(max_length = 120)]
    name: String,
    /// The public key alone, as a JWK (RFC 7517): P-256 or Ed25519.
    #[schema(value_type = Object)]
    jwk: Map<String, Value>,
}

/// A public key that a device signs in with.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeviceKeyView {
    pub id: DeviceKeyId,
    pub device: DeviceId,
    pub name: String,
    #[schema(value_type = Object)]
    pub jwk: Value,
    /// SHA-256 of the key (RFC 7638), hexadecimal.
    pub thumbprint: String,
    pub created_at: UnixMillis,
}

impl From<DeviceKey> for DeviceKeyView {
    fn from(key: DeviceKey) -> Self {
        DeviceKeyView {
            id: key.id,
            device: key.device,
            name: key.name,
            jwk: key.jwk,
            thumbprint: key.thumbprint.iter().map(|byte| format!("{byte:02x}")).collect(),
            created_at: key.created_at,
        }
    }
}

/// Add a public key. With it the device signs for a token at `/oauth/token` (`client_credentials` with
/// `private_key_jwt`; its id is the `client_id`), and shows that in place of its password.
#[utoipa::path(post, path = "/api/iot/devices/{id}/keys", tag = "devices", operation_id = "addDeviceKey",
    params(("id" = DeviceId, Path, description = "Device"), OnceHeader), request_body = DeviceKeyBody,
    responses((status = 201, description = "Added", body = DeviceKeyView)))]
pub async fn add(
    State(door): State<Door>,
    Who(caller): Who,
    Id(device): Id<DeviceId>,
    Posted(once, body): Posted<DeviceKeyBody>,
) -> Result<(StatusCode, Json<DeviceKeyView>), Problem> {
    let jwk = Value::Object(body.jwk);
    let added = hub::add(&door.hub, &caller, once.as_ref(), device, &body.name, &jwk).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// Keys of a device.
#[utoipa::path(get, path = "/api/iot/devices/{id}/keys", tag = "devices", operation_id = "listDeviceKeys",
    params(("id" = DeviceId, Path, description = "Device"), ListQuery),
    responses((status = 200, description = "A page", body = PageOf<DeviceKeyView>)))]
pub async fn of_device(
    State(door): State<Door>,
    Who(caller): Who,
    Id(device): Id<DeviceId>,
    Params(query): Params<ListQuery>,
) -> Result<Json<PageOf<DeviceKeyView>>, Problem> {
    let limit = limit(query.limit, LIMIT_MAX)?;
    let listed = hub::of_device(&door.hub, &caller, device, query.cursor.as_deref(), limit).await?;
    Ok(Json(PageOf::of(listed, DeviceKeyView::from)))
}

/// Remove a key: tokens that were given for it are good no more, and the device's live session ends.
#[utoipa::path(delete, path = "/api/iot/devices/{device}/keys/{id}", tag = "devices", operation_id = "removeDeviceKey",
    params(("device" = DeviceId, Path, description = "Device"), ("id" = DeviceKeyId, Path, description = "Key")),
    responses((status = 204, description = "Removed")))]
pub async fn remove(
    State(door): State<Door>,
    Who(caller): Who,
    Ids(device, id): Ids<DeviceId, DeviceKeyId>,
) -> Result<StatusCode, Problem> {
    hub::remove(&door.hub, &caller, device, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
