//! How a subscription is asked for: by the query of the request, or by a message on the WebSocket. Both are refused
//! with field and reason.

use axum::http::HeaderMap;
use lares_hub::watch::Subscription;
use lares_model::event::EventType;
use lares_model::{DeviceId, HomeId, Invalid, OrganisationId, RoomId};
use serde::Deserialize;

/// Homes, rooms and devices add up; none of them means everything that you may see.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Only this organisation's.
    organisation: Option<OrganisationId>,
    /// Ids, separated by commas.
    homes: Option<String>,
    /// Ids, separated by commas.
    rooms: Option<String>,
    /// Ids, separated by commas.
    devices: Option<String>,
    /// Only these types of events, separated by commas, such as `attribute.changed,device.offline`.
    types: Option<String>,
    /// Types of events, separated by commas, that are told wherever they happen, beside those of the places named.
    everywhere: Option<String>,
    /// Whether values and presence are wanted; true when left out.
    readings: Option<bool>,
    /// Whether events are wanted; true when left out.
    events: Option<bool>,
    /// Events after this cursor come first; from now on when left out. `Last-Event-ID` does the same.
    cursor: Option<String>,
}

/// A subscription and the cursor it begins at.
pub type Wanted = (Subscription, Option<String>);

impl LiveQuery {
    /// `None` when nothing was asked for: a WebSocket then waits for its `subscribe` message.
    pub fn read(self, headers: &HeaderMap) -> Result<Option<Wanted>, Invalid> {
        let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let cursor = last.or(self.cursor);
        let subscription = Subscription {
            organisation: self.organisation,
            homes: ids("homes", self.homes.as_deref(), HomeId)?,
            rooms: ids("rooms", self.rooms.as_deref(), RoomId)?,
            devices: ids("devices", self.devices.as_deref(), DeviceId)?,
            types: types("types", parts(self.types.as_deref()))?,
            everywhere: types("everywhere", parts(self.everywhere.as_deref()))?,
            readings: self.readings.unwrap_or(true),
            events: self.events.unwrap_or(true),
        };
        let given = cursor.is_some() || subscription != Subscription::default();
        Ok(given.then_some((subscription, cursor)))
    }
}

fn parts(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn ids<T>(field: &str, text: Option<&str>, id: impl Fn(uuid::Uuid) -> T) -> Result<Vec<T>, Invalid> {
    parts(text)
        .map(|part| {
            let known = uuid::Uuid::parse_str(part);
            known.map(&id).map_err(|_| Invalid::one(field, format!("{part:?} is not an id")))
        })
        .collect()
}

fn types<'a>(field: &str, names: impl Iterator<Item = &'a str>) -> Result<Vec<EventType>, Invalid> {
    names
        .map(|name| {
            EventType::from_text(name)
                .ok_or_else(|| Invalid::one(field, format!("{name:?} is not an event type")))
        })
        .collect()
}

/// What a client may say on the WebSocket.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    Subscribe {
        organisation: Option<OrganisationId>,
        #[serde(default)]
        homes: Vec<HomeId>,
        #[serde(default)]
        rooms: Vec<RoomId>,
        #[serde(default)]
        devices: Vec<DeviceId>,
        #[serde(default)]
        types: Vec<String>,
        #[serde(default)]
        everywhere: Vec<String>,
        readings: Option<bool>,
        events: Option<bool>,
        cursor: Option<String>,
    },
    Ping {},
}

#[derive(Debug, PartialEq)]
pub enum Request {
    Subscribe(Box<Wanted>),
    Ping,
}

pub fn read(text: &str) -> Result<Request, Invalid> {
    let said = serde_json::from_str(text).map_err(|error| Invalid::one("", error.to_string()))?;
    match said {
        Said::Ping {} => Ok(Request::Ping),
        Said::Subscribe {
            organisation,
            homes,
            rooms,
            devices,
            types: named,
            everywhere,
            readings,
            events,
            cursor,
        } => {
            let subscription = Subscription {
                organisation,
                homes,
                rooms,
                devices,
                types: types("types", named.iter().map(String::as_str))?,
                everywhere: types("everywhere", everywhere.iter().map(String::as_str))?,
                readings: readings.unwrap_or(true),
                events: events.unwrap_or(true),
            };
            Ok(Request::Subscribe(Box::new((subscription, cursor))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        read(text).unwrap_err().errors[0].reason.clone()
    }

    #[test]
    fn messages_are_read_and_refused_with_a_reason() {
        assert_eq!(read(r#"{"type":"ping"}"#), Ok(Request::Ping));
        let id = uuid::Uuid::from_u128(7);
        let text =
            format!(r#"{{"type":"subscribe","homes":["{id}"],"types":["device.offline"],"readings":false}}"#);
        let Ok(Request::Subscribe(wanted)) = read(&text) else { panic!() };
        assert_eq!(wanted.0.homes, [HomeId(id)]);
        assert_eq!(wanted.0.types, [EventType::DeviceOffline]);
        assert!(!wanted.0.readings && wanted.0.events && wanted.1.is_none());
        assert!(reason("no json").contains("expected"));
        assert!(reason(r#"{"type":"shout"}"#).contains("shout"));
        assert!(reason(r#"{"type":"subscribe","house":[]}"#).contains("house"));
        assert!(reason(r#"{"type":"subscribe","types":["x"]}"#).contains("not an event type"));
        let unknown = read(r#"{"type":"subscribe","everywhere":["x"]}"#).unwrap_err();
        assert_eq!(unknown.errors[0].field, "everywhere");
    }

    #[test]
    fn a_query_without_anything_asks_for_nothing() {
        let query =
            |text: &str| serde_urlencoded::from_str::<LiveQuery>(text).unwrap().read(&HeaderMap::new());
        assert_eq!(query(""), Ok(None));
        assert!(query("cursor=abc").unwrap().is_some_and(|(_, cursor)| cursor.as_deref() == Some("abc")));
        let wide = query("everywhere=member.added,alarm.raised").unwrap().unwrap().0;
        assert_eq!(wide.everywhere, [EventType::MemberAdded, EventType::AlarmRaised]);
        assert_eq!(query("homes=x").unwrap_err().errors[0].field, "homes");
        let both = format!("devices={0},{0}", uuid::Uuid::nil());
        assert_eq!(query(&both).unwrap().unwrap().0.devices.len(), 2);
    }
}
