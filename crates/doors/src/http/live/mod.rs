//! What is happening now, as it happens: `/api/live` as a WebSocket, as server-sent events where a proxy lets no
//! WebSocket through, and as a plain answer that says where the log stands. docs/live.md describes the frames.

mod frame;
mod places;
mod session;
mod sse;
mod subscribe;
mod websocket;

use axum::Json;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use lares_model::UnixMillis;
use serde::Serialize;

pub use places::{LiveLimits, LivePlaces, Place};
pub use subscribe::LiveQuery;

use super::Door;
use super::extract::{Params, Who};
use super::problem::Problem;
use session::Session;

/// Where the event log stands, for a start from here on.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LiveView {
    /// Give it to `/api/live` or to `/api/events` to be told everything that comes after this answer.
    pub cursor: String,
    pub time: UnixMillis,
}

/// Readings (newest value wins) and events (complete) as they come.
///
/// With `Upgrade: websocket` this is a WebSocket of JSON text frames, subscribed to by its query or by a `subscribe`
/// message; with `Accept: text/event-stream` the same frames come as server-sent events; otherwise the answer is a
/// cursor to begin from.
#[utoipa::path(get, path = "/api/live", tag = "events", operation_id = "watchLive", params(LiveQuery),
    responses((status = 200, description = "Where the log stands", body = LiveView),
        (status = 101, description = "A WebSocket")))]
pub async fn live(
    State(door): State<Door>,
    Who(caller): Who,
    Params(query): Params<LiveQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let first = query.read(&headers)?;
    if let Ok(upgrade) = upgrade {
        return Ok(websocket::answer(door, caller, first, upgrade));
    }
    if accepts_events(&headers) {
        let place = door.live.take(caller.user).map_err(Problem::from)?;
        let (subscription, cursor) = first.unwrap_or_default();
        let (session, frames) =
            Session::subscribed(door.clone(), caller, subscription, cursor.as_deref()).await?;
        return Ok(sse::answer(door, session, frames, place));
    }
    let (subscription, cursor) = first.unwrap_or_default();
    let watcher =
        lares_hub::watch::Watcher::open(&door.hub, &caller, subscription, cursor.as_deref()).await?;
    Ok(Json(LiveView { cursor: watcher.cursor()?, time: door.hub.now() }).into_response())
}

pub fn accepts_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/event-stream"))
}
