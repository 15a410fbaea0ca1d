//! Where a person is signed in.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use lares_hub::sessions::{self, SignIn};
use lares_model::{OAuthClientId, SessionId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Door;
use super::auth::visitor;
use super::extract::{Id, Params, Who};
use super::problem::Problem;

/// A sign-in that holds.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionView {
    pub id: SessionId,
    /// `browser` or `app`.
    #[schema(example = "browser")]
    pub kind: &'static str,
    /// Whose app it is; null for a browser and for this product's own apps.
    pub client_id: Option<OAuthClientId>,
    pub client_name: Option<String>,
    /// The program, as it said itself.
    pub user_agent: Option<String>,
    /// The network address that it signed in from.
    pub peer: Option<String>,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    pub created_at: UnixMillis,
    /// To the hour for browsers.
    pub last_used_at: Option<UnixMillis>,
    pub expires_at: Option<UnixMillis>,
    /// Whether this request came with it.
    pub current: bool,
}

impl From<SignIn> for SessionView {
    fn from(one: SignIn) -> Self {
        SessionView {
            id: one.id,
            kind: if one.is_browser { "browser" } else { "app" },
            client_id: one.client,
            client_name: one.client_name,
            user_agent: one.user_agent,
            peer: one.peer,
            amr: one.amr,
            created_at: one.created_at,
            last_used_at: one.last_used_at,
            expires_at: one.expires_at,
            current: one.current,
        }
    }
}

/// Where you are signed in, newest first.
#[utoipa::path(get, path = "/api/auth/sessions", tag = "identity", operation_id = "listSessions",
    responses((status = 200, description = "Browsers and apps", body = Vec<SessionView>)))]
pub async fn list(State(door): State<Door>, Who(caller): Who) -> Result<Json<Vec<SessionView>>, Problem> {
    let found = sessions::list(&door.hub, &caller).await?;
    Ok(Json(found.into_iter().map(SessionView::from).collect()))
}

/// Sign one of your browsers or apps out. Its open connections end, too.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = "identity", operation_id = "endOneSession",
    params(("id" = SessionId, Path, description = "Session")), responses((status = 204, description = "Ended")))]
pub async fn end_one(
    State(door): State<Door>,
    Who(caller): Who,
    Id(id): Id<SessionId>,
    request: Request,
) -> Result<StatusCode, Problem> {
    sessions::end_one(&door.hub, &caller, &visitor(&door, &request), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndAllQuery {
    /// Whether the session that this request comes with goes on. Always to be said: without it, a client that forgot the id of
    /// `DELETE /api/auth/sessions/{id}` would sign its person out everywhere.
    keep_current: bool,
}

/// Sign out everywhere, or everywhere else. API tokens stay.
#[utoipa::path(delete, path = "/api/auth/sessions", tag = "identity", operation_id = "endAllSessions",
    params(EndAllQuery), responses((status = 204, description = "Ended")))]
pub async fn end_all(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<EndAllQuery>,
    request: Request,
) -> Result<StatusCode, Problem> {
    sessions::end_all(&door.hub, &caller, &visitor(&door, &request), query.keep_current).await?;
    Ok(StatusCode::NO_CONTENT)
}
