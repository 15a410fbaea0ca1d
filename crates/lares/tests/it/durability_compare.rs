//! What was promised against what is there: every function returns what it found wrong, in words, so that one look
//! serves the tests that must find nothing and those that must find something.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use lares_model::DeviceId;
use lares_model::event::Origin;
use lares_model::fold::{DeviceState, fold};
use lares_model::record::Position;
use lares_store::{Store, StoreOptions, events};
use lares_telemetry::{EmbeddedTelemetry, Telemetry as _};
use serde_json::Value as Json;

use crate::durability_clients::{NOBODY_WAITS_LONGER, Promised, Registered};
use crate::process::{Api, Lares};

const POWER: &str = "ElectricalPowerMeasurement.ActivePower";
const SHOWN_MAX: usize = 5;

struct Stream {
    name: &'static str,
    endpoint: u16,
    attribute: &'static str,
    /// Its messages carry what tells a repetition from a new one.
    identified: bool,
}

const STREAMS: [Stream; 3] = [
    Stream { name: "time", endpoint: 1, attribute: POWER, identified: true },
    Stream { name: "seq", endpoint: 2, attribute: POWER, identified: true },
    Stream { name: "neither", endpoint: 3, attribute: POWER, identified: false },
];
const STATES: [(&str, u16); 2] = [("state", 1), ("state-seq", 2)];

async fn readings(api: &Api, device: &Registered, endpoint: u16, attribute: &str) -> Vec<Json> {
    let path = format!(
        "/api/iot/devices/{}/readings?endpoint={endpoint}&attribute={attribute}&limit=50000",
        device.id
    );
    api.all(&path).await
}

fn shorten<T: std::fmt::Debug>(found: impl IntoIterator<Item = T>) -> String {
    let all: Vec<T> = found.into_iter().collect();
    format!("{} ({:?}...)", all.len(), &all[..all.len().min(SHOWN_MAX)])
}

/// Every numbered reading that was acknowledged, through the API.
pub async fn lost_readings(
    api: &Api,
    device: &Registered,
    promised: &Promised,
    in_order: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for stream in &STREAMS {
        let listed = readings(api, device, stream.endpoint, stream.attribute).await;
        let numbers: Vec<u64> = listed.iter().map(|one| one["value"].as_f64().unwrap() as u64).collect();
        let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
        let none = BTreeSet::new();
        let acknowledged = promised.readings.get(stream.name).unwrap_or(&none);
        let missing: Vec<_> = acknowledged.difference(&distinct).collect();
        if !missing.is_empty() {
            wrong.push(format!("{}: acknowledged and missing: {}", stream.name, shorten(missing)));
        }
        if listed.iter().any(|one| one["at_least_once"].as_bool() == Some(stream.identified)) {
            wrong.push(format!("{}: wrongly marked as at-least-once or not", stream.name));
        }
        if !stream.identified {
            continue;
        }
        if numbers.len() != distinct.len() {
            wrong.push(format!("{}: {} readings appear twice", stream.name, numbers.len() - distinct.len()));
        }
        let turn = numbers.iter().zip(numbers.iter().skip(1)).position(|(before, after)| before > after);
        if let Some(place) = turn.filter(|_| in_order || stream.name == "time") {
            let around = &listed[place.saturating_sub(SHOWN_MAX)..(place + SHOWN_MAX).min(listed.len())];
            let around = around.iter().map(|one| format!("{} at {}", one["value"], one["received"]));
            wrong.push(format!("{}: out of order: {:?}", stream.name, around.collect::<Vec<_>>()));
        }
    }
    for (name, endpoint) in STATES {
        let listed = readings(api, device, endpoint, "OnOff.OnOff").await.len();
        let acknowledged = promised.readings.get(name).map_or(0, BTreeSet::len);
        if listed < acknowledged {
            wrong.push(format!("{name}: {acknowledged} acknowledged and {listed} listed"));
        }
    }
    wrong
}

/// The changes that the listed states imply, against the events that the API lists.
pub async fn wrong_changes(api: &Api, device: &Registered) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = format!("/api/iot/devices/{}/events?type=attribute.changed&limit=1000", device.id);
    let mut listed: BTreeMap<u64, Vec<(Json, Json)>> = BTreeMap::new();
    for event in api.all(&path).await {
        let payload = &event["payload"];
        let endpoint = payload["endpoint"].as_u64().unwrap();
        listed.entry(endpoint).or_default().push((payload["from"].clone(), payload["to"].clone()));
    }
    for (name, endpoint) in STATES {
        let mut implied = Vec::new();
        let mut known = Json::Null;
        for reading in readings(api, device, endpoint, "OnOff.OnOff").await {
            let value = reading["value"].clone();
            if value != known {
                implied.push((known, value.clone()));
            }
            known = value;
        }
        let events = listed.remove(&u64::from(endpoint)).unwrap_or_default();
        if events != implied {
            wrong.push(format!("{name}: {} changes implied, {} derived", implied.len(), events.len()));
        }
    }
    wrong
}

/// The organisation's event log has no gap.
pub async fn gaps(api: &Api) -> Vec<String> {
    let events = api.all("/api/events?limit=1000").await;
    let gap = (1..).zip(&events).find(|(seq, event)| event["seq"].as_u64() != Some(*seq));
    gap.map(|(seq, event)| format!("event {seq} is missing, {} follows", event["seq"])).into_iter().collect()
}

/// Every command that was answered with 202 is there, once, with a legal history from its beginning.
pub async fn lost_commands(api: &Api, device: &Registered, promised: &Promised) -> Vec<String> {
    let mut wrong = Vec::new();
    let listed = api.all(&format!("/api/iot/devices/{}/commands?limit=1000", device.id)).await;
    let there: BTreeSet<&str> = listed.iter().map(|command| command["id"].as_str().unwrap()).collect();
    let answered: BTreeSet<&str> = promised.commands.values().map(String::as_str).collect();
    let missing: Vec<_> = answered.difference(&there).collect();
    if !missing.is_empty() {
        wrong.push(format!("commands acknowledged and missing: {}", shorten(missing)));
    }
    // A submission without an answer may have been written; every later answer names the same command.
    let strangers: Vec<_> = there.difference(&answered).collect();
    if strangers.len() > 1 {
        wrong.push(format!("commands that nobody was told of: {}", shorten(strangers)));
    }
    let counters: Vec<i64> = listed.iter().map(|command| command["counter"].as_i64().unwrap()).collect();
    if !(1..).zip(&counters).all(|(expected, counter)| expected == *counter) {
        wrong.push("command counters have gaps".to_owned());
    }
    for id in there.intersection(&answered) {
        let command = api.get(&format!("/api/iot/commands/{id}")).await;
        let states = states_of(&command);
        if !is_legal(&states) || states.last().map(String::as_str) != command["state"].as_str() {
            wrong.push(format!("command {id} is {} and has the history {states:?}", command["state"]));
        }
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (id, _) in promised.received.iter().filter(|(_, name)| name == "Identify.Identify") {
        *times.entry(id).or_default() += 1;
    }
    let repeated: Vec<_> = times.into_iter().filter(|(_, count)| *count > 1).collect();
    if !repeated.is_empty() {
        wrong.push(format!("not idempotent and received more than once: {}", shorten(repeated)));
    }
    wrong
}

pub fn states_of(command: &Json) -> Vec<String> {
    let history = command["history"].as_array().unwrap();
    history.iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

fn is_legal(states: &[String]) -> bool {
    let follows = |before: &str, after: &str| match before {
        "queued" => matches!(after, "sent" | "refused" | "expired" | "failed"),
        "sent" => matches!(after, "sent" | "acked" | "confirmed" | "refused" | "failed" | "unconfirmed"),
        "acked" => matches!(after, "confirmed" | "refused" | "failed" | "unconfirmed"),
        _ => false,
    };
    states.first().is_some_and(|first| first == "queued")
        && states.iter().zip(states.iter().skip(1)).all(|(before, after)| follows(before, after))
}

/// Folds the whole ingest log again and compares what follows from it with the events that were derived: each once,
/// in order, none too many, none from beyond the position reached. The server must not run.
pub async fn wrong_derivation(lares: &Lares) -> Vec<String> {
    let url =
        lares.url.clone().unwrap_or_else(|| format!("sqlite://{}", lares.data.join("lares.db").display()));
    let store = Store::open(&StoreOptions { url, readers_max: 1 }).await.unwrap();
    let log = EmbeddedTelemetry::open(&lares.data).unwrap();
    let organisation = lares.demo().organisation.parse().unwrap();
    let mut derived = Vec::new();
    let mut after = 0;
    loop {
        let page = events::after(&store, organisation, after, &events::EventFilter::default(), 5_000).await;
        let page = page.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        derived.extend(
            page.into_iter()
                .filter(|event| event.origin.name == "ingest")
                .map(|event| (event.origin.seq, event.event_type, event.time, event.payload)),
        );
    }
    let mut states: HashMap<DeviceId, DeviceState> = HashMap::new();
    let mut implied = Vec::new();
    // What came behind the relational position just before the kill is derived by the next start.
    let reached = lares_store::ingest::position(&store).await.unwrap();
    let records = log.since(Position(0), usize::MAX).await.unwrap();
    for record in records.into_iter().take_while(|record| record.position <= reached) {
        let facts = fold(states.entry(record.entry.device).or_default(), &record);
        implied.extend(facts.into_iter().enumerate().map(|(index, fact)| {
            (Origin::ingest_log(record.position, index).seq, fact.event_type, fact.time, fact.payload)
        }));
    }
    println!("{} of {} log entries imply {} events", reached.0, log.head().0, implied.len());
    if derived == implied {
        return vec![];
    }
    let first = derived.iter().zip(&implied).find(|(derived, implied)| derived != implied);
    vec![format!(
        "the log implies {} events and {} were derived; the first difference: {first:?}",
        implied.len(),
        derived.len()
    )]
}

/// Everything that can be seen while the server runs.
pub async fn look(api: &Api, device: &Registered, promised: &Promised) -> Vec<String> {
    let mut wrong = lost_readings(api, device, promised, true).await;
    // The follower may be a moment behind the last acknowledgement.
    let deadline = Instant::now() + NOBODY_WAITS_LONGER;
    let mut changes = wrong_changes(api, device).await;
    while !changes.is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(200)).await;
        changes = wrong_changes(api, device).await;
    }
    wrong.extend(changes);
    wrong.extend(gaps(api).await);
    wrong.extend(lost_commands(api, device, promised).await);
    wrong
}

/// Everything that can be seen of what it left.
pub async fn look_at_rest(lares: &Lares) -> Vec<String> {
    let mut wrong = lares.check();
    wrong.extend(wrong_derivation(lares).await);
    wrong
}
