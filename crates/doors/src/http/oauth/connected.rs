//! The programs that you let in.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use lares_hub::oauth::connected::{self as hub, Connected};
use lares_model::oauth::OAuthScope;
use lares_model::{OAuthClientId, UnixMillis};
use serde::Serialize;

use super::super::Door;
use super::super::auth::visitor;
use super::super::extract::{Id, Who};
use super::super::problem::Problem;

/// A program that you let in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConnectedAppView {
    pub client_id: OAuthClientId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    pub scopes: Vec<OAuthScope>,
    pub created_at: UnixMillis,
    /// When it last came for tokens; absent while it is not signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<UnixMillis>,
}

impl From<Connected> for ConnectedAppView {
    fn from(connected: Connected) -> Self {
        ConnectedAppView {
            client_id: connected.client.id,
            name: connected.client.name,
            uri: connected.client.uri,
            logo: connected.client.logo,
            scopes: connected.scopes.iter().collect(),
            created_at: connected.created_at,
            last_used_at: connected.last_used_at,
        }
    }
}

/// The programs that you let in, and what they may do.
#[utoipa::path(get, path = "/api/auth/connected-apps", tag = "identity", operation_id = "listConnectedApps",
    responses((status = 200, description = "Programs", body = Vec<ConnectedAppView>)))]
pub async fn list(
    State(door): State<Door>,
    Who(caller): Who,
) -> Result<Json<Vec<ConnectedAppView>>, Problem> {
    let all = hub::list(&door.hub, &caller).await?;
    Ok(Json(all.into_iter().map(ConnectedAppView::from).collect()))
}

/// Turn a program out: its tokens are good no more, and it has to ask again.
#[utoipa::path(delete, path = "/api/auth/connected-apps/{id}", tag = "identity", operation_id = "disconnectApp",
    params(("id" = OAuthClientId, Path, description = "Client")),
    responses((status = 204, description = "Turned out")))]
pub async fn disconnect(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<OAuthClientId>,
    request: Request,
) -> Result<StatusCode, Problem> {
    hub::disconnect(&door.hub, &caller, id, &visitor(&door, &request)).await?;
    Ok(StatusCode::NO_CONTENT)
}
