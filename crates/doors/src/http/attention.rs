//! What needs a person's attention now, over all homes or in one.

use axum::Json;
use axum::extract::State;
use lares_hub::attention::{self as hub, ConcernOf};
use lares_model::attention::{ConcernKind, Severity};
use lares_model::{DeviceId, HomeId, OrganisationId, RoomId, UnixMillis, Value};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Params, Who};
use super::problem::Problem;
use super::views::{LIMIT_MAX, PageOf, limit};

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AttentionQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    /// Only this home's.
    home: Option<HomeId>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Something that needs attention, as long as it does.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AttentionView {
    /// The same as long as this lasts, and again when it comes back.
    pub id: String,
    pub kind: ConcernKind,
    pub severity: Severity,
    pub device: DeviceId,
    pub device_name: String,
    /// Absent where it concerns the device as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<u16>,
    pub home: HomeId,
    pub home_name: String,
    pub room: Option<RoomId>,
    pub room_name: Option<String>,
    pub since: UnixMillis,
    /// The value that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = lares_model::value::schema)]
    pub value: Option<Value>,
}

impl From<ConcernOf> for AttentionView {
    fn from(of: ConcernOf) -> AttentionView {
        let ConcernOf { concern, device, home_name, room_name } = of;
        let kind = serde_json::to_value(concern.kind).unwrap_or_default();
        let endpoint = concern.endpoint.map(|endpoint| format!(":{endpoint}")).unwrap_or_default();
        AttentionView {
            id: format!("{}:{}{endpoint}", device.id, kind.as_str().unwrap_or_default()),
            kind: concern.kind,
            severity: concern.kind.severity(),
            device: device.id,
            device_name: device.name.clone(),
            endpoint: concern.endpoint,
            home: device.home,
            home_name,
            room: device.room,
            room_name,
            since: concern.since,
            value: concern.value,
        }
    }
}

/// What needs attention now, worst first and then the newest. Empty when all is well.
#[utoipa::path(get, path = "/api/attention", tag = "homes", operation_id = "listAttention", params(AttentionQuery),
    responses((status = 200, description = "A page", body = PageOf<AttentionView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<AttentionQuery>,
) -> Result<Json<PageOf<AttentionView>>, Problem> {
    let limit = usize::try_from(limit(query.limit, LIMIT_MAX)?).unwrap_or(usize::MAX);
    let cursor = query.cursor.as_deref();
    let listed = hub::list(&door.hub, &caller, query.organisation, query.home, cursor, limit).await?;
    Ok(Json(PageOf::of(listed, AttentionView::from)))
}
