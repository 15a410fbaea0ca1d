//! A home's MQTT space for support: what is retained there, and what goes by.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use lares_hub::homes;
use lares_model::access::Action;
use lares_model::home::Home;
use lares_model::{HomeId, Invalid, UnixMillis};
use lares_mqtt::{Overheard, Watch};
use serde::{Deserialize, Serialize};

use super::Door;
use super::extract::{Id, Params, Who};
use super::live::{Place, accepts_events};
use super::problem::Problem;

const TOPICS_MAX: usize = 2_000;
const COLLECTED_MAX: usize = 1_000;
const FILTER_MAX_CHARS: usize = 1_024;
const WAIT_MAX_S: u64 = 10;
/// Of a payload; what is longer is cut.
const PAYLOAD_BYTES: usize = 16 * 1024;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TopicsQuery {
    /// A topic filter; everything (`#`) when left out.
    #[param(max_length = 1024)]
    filter: Option<String>,
}

/// A retained message.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TopicView {
    pub topic: String,
    /// As text, at most 16 KiB of it; what is no UTF-8 is replaced.
    pub payload: String,
    /// Of the whole payload.
    pub bytes: usize,
    pub qos: u8,
    pub retained: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TopicsView {
    pub items: Vec<TopicView>,
    /// There are more than are shown: a narrower filter shows them.
    pub truncated: bool,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WatchQuery {
    /// A topic filter; everything (`#`) when left out.
    #[param(max_length = 1024)]
    filter: Option<String>,
    /// Where no stream is asked for: collect for up to so many seconds.
    #[param(maximum = 10)]
    wait_s: Option<u64>,
}

/// A message that went by.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MessageView {
    pub topic: String,
    /// As text, at most 16 KiB of it; what is no UTF-8 is replaced.
    pub payload: String,
    /// Of the whole payload.
    pub bytes: usize,
    pub qos: u8,
    pub retain: bool,
    pub received_at: UnixMillis,
    /// The identity that published it; empty is the server itself.
    pub from: String,
}

impl MessageView {
    fn of(seen: &Overheard) -> MessageView {
        MessageView {
            topic: seen.topic.to_string(),
            payload: shown(&seen.payload),
            bytes: seen.payload.len(),
            qos: seen.qos as u8,
            retain: seen.retain,
            received_at: UnixMillis(seen.at as i64),
            from: seen.from.to_string(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MessagesView {
    pub items: Vec<MessageView>,
}

fn shown(payload: &[u8]) -> String {
    String::from_utf8_lossy(&payload[..payload.len().min(PAYLOAD_BYTES)]).into_owned()
}

/// Payloads may hold anything that a home's devices say, so whoever manages the home may look.
async fn explored(
    door: &Door,
    caller: &lares_hub::Caller,
    home: HomeId,
    filter: Option<String>,
) -> Result<(Home, String), Problem> {
    let home = homes::find(&door.hub, caller, home).await?;
    caller.require(Action::HomeManage, home.organisation)?;
    let filter = filter.unwrap_or_else(|| "#".to_owned());
    if filter.chars().count() > FILTER_MAX_CHARS {
        return Err(Invalid::one("filter", format!("must have at most {FILTER_MAX_CHARS} characters")).into());
    }
    if lares_mqtt::topic::check_filter(&filter).is_err() || filter.starts_with("$share/") {
        return Err(Invalid::one("filter", "is not a topic filter (MQTT 5, section 4.7)").into());
    }
    Ok((home, filter))
}

/// What is retained in a home's MQTT space.
#[utoipa::path(get, path = "/api/homes/{id}/mqtt/topics", tag = "homes", operation_id = "listMqttTopics",
    params(("id" = HomeId, Path, description = "Home"), TopicsQuery),
    responses((status = 200, description = "Retained messages, by topic", body = TopicsView)))]
pub async fn topics(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Params(query): Params<TopicsQuery>,
) -> Result<Json<TopicsView>, Problem> {
    let (home, filter) = explored(&door, &caller, home, query.filter).await?;
    let mut found = door.mqtt.retained(&home.id.to_string(), &filter);
    let truncated = found.len() > TOPICS_MAX;
    found.truncate(TOPICS_MAX);
    let items = found.into_iter().map(|retained| TopicView {
        topic: retained.topic.to_string(),
        payload: shown(&retained.payload),
        bytes: retained.payload.len(),
        qos: retained.qos as u8,
        retained: true,
    });
    Ok(Json(TopicsView { items: items.collect(), truncated }))
}

/// What is published in a home's MQTT space, as it is. With `Accept: text/event-stream` the messages come as
/// server-sent events named `message`; otherwise those of the next `wait_s` seconds. Who does not keep up misses some.
#[utoipa::path(get, path = "/api/homes/{id}/mqtt/watch", tag = "homes", operation_id = "watchMqttTopics",
    params(("id" = HomeId, Path, description = "Home"), WatchQuery),
    responses((status = 200, description = "Messages as they came", body = MessagesView)))]
pub async fn watch(
    State(door): State<Door>,
    Who(caller): Who,
    Id(home): Id<HomeId>,
    Params(query): Params<WatchQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wait_s = query.wait_s.unwrap_or(0);
    if wait_s > WAIT_MAX_S {
        return Err(Invalid::one("wait_s", format!("must be from 0 to {WAIT_MAX_S}")).into());
    }
    let (home, filter) = explored(&door, &caller, home, query.filter).await?;
    let place = door.live.take(caller.user).map_err(Problem::from)?;
    let tenant = home.organisation.to_string();
    let watch = door.mqtt.watch(&home.id.to_string(), &tenant, &filter);
    let watch = watch.ok_or_else(|| Invalid::one("filter", "is not a topic filter"))?;
    let mut source = Source { watch, ready: door.ready.clone(), _place: place };
    if !accepts_events(&headers) {
        let items = source.collect(Duration::from_secs(wait_s)).await;
        return Ok(Json(MessagesView { items }).into_response());
    }
    let events = stream::unfold(source, |mut source| async move {
        let message = source.next().await?;
        let event = Event::default().event("message").json_data(message).unwrap_or_default();
        Some((Ok::<_, Infallible>(event), source))
    });
    let unbuffered = [
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(20));
    Ok((unbuffered, Sse::new(events).keep_alive(keep_alive)).into_response())
}

struct Source {
    watch: Watch,
    ready: tokio::sync::watch::Receiver<bool>,
    _place: Place,
}

impl Source {
    async fn next(&mut self) -> Option<MessageView> {
        tokio::select! {
            seen = self.watch.next() => seen.as_ref().map(MessageView::of),
            _ = self.ready.wait_for(|ready| !ready) => None,
        }
    }

    async fn collect(&mut self, time: Duration) -> Vec<MessageView> {
        let mut items = Vec::new();
        let until = tokio::time::Instant::now() + time;
        while items.len() < COLLECTED_MAX
            && let Ok(Some(message)) = tokio::time::timeout_at(until, self.next()).await
        {
            items.push(message);
        }
        items
    }
}
