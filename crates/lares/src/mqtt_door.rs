//! The MQTT door as configured: the broker on its journal in the data directory, its bounds, and its listeners.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lares_doors::mqtt::{Anonymous, Denied, House, MqttLink, Policy, PresenceLog, Spaces};
use lares_hub::Hub;
use lares_hub::home_clients::HomeClient;
use lares_model::{HomeId, MqttClientId};
use lares_mqtt::codec::ReasonCode;
use lares_mqtt::{Broker, FileJournal, Ground, Journal, Limits, TenantQuota, TlsProvider};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::config::{Config, MqttConfig};

const FLUSH_WITHIN: Duration = Duration::from_secs(5);

/// The broker, known to the hub, with what was kept in the data directory.
pub async fn open(
    config: &Config,
    hub: &Arc<Hub>,
    data: &Path,
    presence: &PresenceLog,
    anonymous: Option<SocketAddr>,
) -> Result<Arc<Broker<House>>, String> {
    let policy = Policy { anonymous: everybody(&config.mqtt, hub, anonymous).await? };
    let journal = FileJournal::open(&data.join("mqtt"));
    let journal: Box<dyn Journal> = Box::new(journal.map_err(|error| format!("MQTT journal: {error}"))?);
    let clock = hub.clock.clone();
    let ground = Ground {
        limits: limits(&config.mqtt),
        quota: quota(&config.mqtt),
        journal: Some(journal),
        clock: Arc::new(move || u64::try_from(clock.now().0).unwrap_or(0)),
    };
    let house = House::new(hub, presence.clone(), policy);
    let broker = Broker::open(house, ground).map_err(|error| format!("MQTT journal: {error}"))?;
    hub.connect_link(Arc::new(MqttLink::new(&broker, presence.listeners())));
    hub.connect_bus(Arc::new(Spaces::new(&broker, hub)));
    Ok(broker)
}

/// Who comes in through the anonymous listener, where there is one.
async fn everybody(
    config: &MqttConfig,
    hub: &Hub,
    listener: Option<SocketAddr>,
) -> Result<Option<Anonymous>, String> {
    let Some(listener) = listener else { return Ok(None) };
    let wrong = |said: &str| format!("mqtt.anonymous_home: {said}");
    let id: HomeId = config.anonymous_home.parse().map_err(|_| wrong("must be the id of a home"))?;
    let home =
        lares_hub::homes::find_for_operator(hub, id).await.map_err(|error| wrong(&error.to_string()))?;
    let client = HomeClient {
        id: MqttClientId(Uuid::nil()),
        organisation: home.organisation,
        home: home.id,
        name: "anonymous".to_owned(),
        publish: vec!["#".to_owned()],
        subscribe: vec!["#".to_owned()],
        trusted: false,
    };
    let denied = Denied::new(&config.anonymous_denied);
    Ok(Some(Anonymous { listener, client: Arc::new(client), denied }))
}

/// What is configured holds from now on, as far as it can. Who may have subscribed to what is denied now comes in again.
pub fn follow(broker: &Arc<Broker<House>>, config: &MqttConfig) {
    broker.change_bounds(limits(config), quota(config));
    if let Some(identity) = broker.handler().deny(&config.anonymous_denied) {
        broker.forget(&identity, ReasonCode::NotAuthorized);
    }
}

fn limits(config: &MqttConfig) -> Limits {
    Limits {
        connections: config.connections_max,
        strangers_per_network: config.strangers_per_network_max,
        packet_bytes: config.packet_max_bytes,
        keep_alive_max_s: config.keep_alive_max_s,
        session_expiry_max_s: config.session_expiry_max_s,
        queue_messages: config.queue_messages_max,
        queue_bytes: config.queue_bytes_max,
        client_messages_per_s: config.client_messages_per_s,
        client_bytes_per_s: config.client_bytes_per_s,
        client_sessions: config.client_sessions_max,
        client_topics: config.client_topics_max,
        subscriptions: config.subscriptions_max,
        ..Limits::default()
    }
}

fn quota(config: &MqttConfig) -> TenantQuota {
    TenantQuota {
        connections: config.organisation.connections_max,
        sessions: config.organisation.sessions_max,
        messages_per_s: config.organisation.messages_per_s,
        queued_bytes: config.organisation.queued_bytes_max,
        subscriptions: config.organisation.subscriptions_max,
        subscription_bytes: config.organisation.subscription_bytes_max,
        retained_messages: config.organisation.retained_messages_max,
        retained_bytes: config.organisation.retained_bytes_max,
    }
}

/// Serves every listener, and tends what comes due, in a thread of its own: a message then crosses from one connection
/// to another without waking a second processor, which costs more than the message. Resolves when all is over.
pub fn serve(
    broker: &Arc<Broker<House>>,
    listeners: impl IntoIterator<Item = (Option<TcpListener>, Option<TlsProvider>)>,
    stopped: &watch::Receiver<bool>,
) -> Result<JoinHandle<()>, String> {
    let mut open = Vec::new();
    for (listener, tls) in listeners {
        let Some(listener) = listener else { continue };
        let listener = listener.into_std().map_err(|error| format!("MQTT listener: {error}"))?;
        open.push((listener, tls));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("MQTT thread: {error}"))?;
    let (broker, stopped) = (broker.clone(), stopped.clone());
    let (over, is_over) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("mqtt".to_owned())
        .spawn(move || {
            runtime.block_on(serve_all(broker, open, stopped));
            let _ = over.send(());
        })
        .map_err(|error| format!("MQTT thread: {error}"))?;
    Ok(tokio::spawn(async move {
        let _ = is_over.await;
    }))
}

async fn serve_all(
    broker: Arc<Broker<House>>,
    listeners: Vec<(std::net::TcpListener, Option<TlsProvider>)>,
    stopped: watch::Receiver<bool>,
) {
    let until = || {
        let mut stopping = stopped.clone();
        async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        }
    };
    let mut doors = tokio::task::JoinSet::new();
    doors.spawn(broker.clone().tend(until()));
    doors.spawn(broker.clone().end_attended(until()));
    for (listener, tls) in listeners {
        match TcpListener::from_std(listener) {
            Ok(listener) => {
                doors.spawn(broker.clone().serve(listener, tls, until()));
            }
            Err(error) => tracing::error!(%error, "an MQTT listener could not be served"),
        }
    }
    while doors.join_next().await.is_some() {}
    // So that nothing is delivered again after an orderly stop.
    if tokio::time::timeout(FLUSH_WITHIN, broker.flushed()).await.is_err() {
        tracing::warn!("the journal of MQTT sessions was not written to its end");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MQTT_FOLLOWED;

    /// A copy of the defaults in which one number is another.
    fn with_one_more(key: &str, value: &toml::Value) -> MqttConfig {
        let one_more = |value: &toml::Value| toml::Value::Integer(value.as_integer().unwrap() + 1);
        let other = match value {
            toml::Value::Table(table) => {
                toml::Value::Table(table.iter().map(|(key, value)| (key.clone(), one_more(value))).collect())
            }
            number => one_more(number),
        };
        let mut table = toml::Table::try_from(MqttConfig::default()).unwrap();
        table.insert(key.to_owned(), other);
        table.try_into().unwrap()
    }

    #[test]
    fn every_number_is_a_bound_that_holds_without_a_restart() {
        let words = |config: &MqttConfig| format!("{:?} {:?}", limits(config), quota(config));
        let defaults = MqttConfig::default();
        let table = toml::Table::try_from(&defaults).unwrap();
        for (key, value) in table.iter().filter(|(_, value)| value.is_integer() || value.is_table()) {
            let changed = words(&with_one_more(key, value));
            assert_ne!(changed, words(&defaults), "{key} is asked for nowhere");
            assert!(MQTT_FOLLOWED.contains(&key.as_str()), "{key} is a bound");
        }
        assert!(MQTT_FOLLOWED.iter().all(|key| table.contains_key(*key)), "each is a key");
    }
}
