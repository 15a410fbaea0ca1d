//! A real device as far as the server can tell: a stock MQTT 5 client whose reactions the test writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lares_model::protocol::Envelope;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, Incoming, MqttOptions};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::world::{Registered, World, now_ms};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a device signs in with.
#[derive(Clone, Debug)]
pub struct Login {
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub tls: bool,
    pub cbor: bool,
    pub will_topic: Option<String>,
}

impl Login {
    pub fn of(device: &Registered) -> Login {
        Login {
            client_id: device.id.clone(),
            username: device.id.clone(),
            password: device.password.clone(),
            tls: false,
            cbor: false,
            will_topic: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Connected,
    /// The reason of each filter, as text.
    Subscribed(String),
    /// The reason of PUBACK, as text.
    Acknowledged(String),
    Message {
        topic: String,
        content_type: Option<String>,
        payload: Vec<u8>,
    },
    Ended(String),
}

pub struct MqttDevice {
    pub id: String,
    pub cbor: bool,
    client: AsyncClient,
    seen: UnboundedReceiver<Seen>,
    kept: VecDeque<Seen>,
    polling: JoinHandle<()>,
    seq: AtomicU64,
}

impl Drop for MqttDevice {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

pub fn trusting(world: &World) -> rustls::ClientConfig {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&world.running().authority).unwrap()).unwrap();
    rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

fn options(world: &World, login: &Login) -> MqttOptions {
    let addresses = &world.running().addresses;
    let address = if login.tls { addresses.mqtts } else { addresses.mqtt };
    let mut options = MqttOptions::new(&login.client_id, "localhost", address.unwrap().port());
    options.set_credentials(&login.username, &login.password).set_keep_alive(Duration::from_secs(60));
    options.set_max_packet_size(Some(8 * 1024 * 1024));
    if login.tls {
        let tls = rumqttc::TlsConfiguration::Rustls(Arc::new(trusting(world)));
        options.set_transport(rumqttc::Transport::tls_with_config(tls));
    }
    if let Some(topic) = &login.will_topic {
        options.set_last_will(LastWill::new(topic, "{}", QoS::AtLeastOnce, false, None));
    }
    options
}

fn translate(event: Event) -> Option<Seen> {
    let Event::Incoming(incoming) = event else { return None };
    match incoming {
        Incoming::ConnAck(_) => Some(Seen::Connected),
        Incoming::SubAck(ack) => Some(Seen::Subscribed(format!("{:?}", ack.return_codes))),
        Incoming::PubAck(ack) => Some(Seen::Acknowledged(format!("{:?}", ack.reason))),
        Incoming::Publish(message) => Some(Seen::Message {
            topic: String::from_utf8_lossy(&message.topic).into_owned(),
            content_type: message.properties.and_then(|properties| properties.content_type),
            payload: message.payload.to_vec(),
        }),
        _ => None,
    }
}

impl World {
    /// Connects, or says why not.
    pub async fn try_connect(&self, login: &Login) -> Result<MqttDevice, String> {
        let (client, mut events) = AsyncClient::new(options(self, login), 64);
        let (tell, seen) = unbounded_channel();
        let polling = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(event) => {
                        if let Some(seen) = translate(event) {
                            let _ = tell.send(seen);
                        }
                    }
                    Err(error) => {
                        let _ = tell.send(Seen::Ended(format!("{error:?}")));
                        return;
                    }
                }
            }
        });
        let (id, cbor, kept, seq) = (login.username.clone(), login.cbor, VecDeque::new(), AtomicU64::new(1));
        let mut device = MqttDevice { id, cbor, client, seen, kept, polling, seq };
        let first = |seen: &Seen| matches!(seen, Seen::Connected | Seen::Ended(_));
        match device.wait_for("CONNACK", first).await {
            Seen::Ended(why) => Err(why),
            _ => Ok(device),
        }
    }

    /// A device over TLS that listens for commands.
    pub async fn connect(&self, device: &Registered) -> MqttDevice {
        self.connect_as(&Login { tls: true, ..Login::of(device) }).await
    }

    pub async fn connect_as(&self, login: &Login) -> MqttDevice {
        let mut device = self.try_connect(login).await.unwrap();
        let reasons = device.subscribe(&device.topic("command")).await;
        assert!(reasons.contains("Success"), "{reasons}");
        device
    }
}

#[derive(Serialize)]
struct AckOut<'a> {
    v: u8,
    command: uuid::Uuid,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl MqttDevice {
    pub fn topic(&self, channel: &str) -> String {
        format!("lares/devices/{}/{channel}", self.id)
    }

    pub async fn wait_for(&mut self, what: &str, wanted: impl Fn(&Seen) -> bool) -> Seen {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).unwrap();
        }
        loop {
            let seen = tokio::time::timeout(PATIENCE, self.seen.recv()).await;
            let seen =
                seen.unwrap_or_else(|_| panic!("{}: {what} did not come; kept {:?}", self.id, self.kept));
            let seen =
                seen.unwrap_or_else(|| panic!("{}: over before {what}; kept {:?}", self.id, self.kept));
            if wanted(&seen) {
                return seen;
            }
            self.kept.push_back(seen);
        }
    }

    pub async fn subscribe(&mut self, filter: &str) -> String {
        // What is no filter at all does not leave the client.
        if let Err(error) = self.client.subscribe(filter, QoS::AtLeastOnce).await {
            return format!("not sent: {error}");
        }
        let answer = |seen: &Seen| matches!(seen, Seen::Subscribed(_) | Seen::Ended(_));
        match self.wait_for("SUBACK", answer).await {
            Seen::Subscribed(reasons) => reasons,
            Seen::Ended(why) => format!("ended: {why}"),
            _ => unreachable!(),
        }
    }

    /// The reason in PUBACK, or why there was none.
    pub async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> String {
        let content_type = if self.cbor { "application/cbor" } else { "application/json" };
        self.publish_typed(topic, Some(content_type), payload.into()).await
    }

    pub async fn publish_typed(
        &mut self,
        topic: &str,
        content_type: Option<&str>,
        payload: Vec<u8>,
    ) -> String {
        let properties =
            PublishProperties { content_type: content_type.map(str::to_owned), ..Default::default() };
        let sent = self.client.publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties);
        if let Err(error) = sent.await {
            return format!("not sent: {error}");
        }
        let answer = |seen: &Seen| matches!(seen, Seen::Acknowledged(_) | Seen::Ended(_));
        match self.wait_for("PUBACK", answer).await {
            Seen::Acknowledged(reason) => reason,
            Seen::Ended(why) => format!("ended: {why}"),
            _ => unreachable!(),
        }
    }

    fn encode(&self, message: &impl Serialize) -> Vec<u8> {
        if self.cbor {
            cbor4ii::serde::to_vec(Vec::new(), message).unwrap()
        } else {
            serde_json::to_vec(message).unwrap()
        }
    }

    pub async fn say(&mut self, channel: &str, message: &impl Serialize) {
        let (topic, payload) = (self.topic(channel), self.encode(message));
        assert_eq!(self.publish(&topic, payload).await, "Success");
    }

    /// Reports values of attributes as they are now.
    pub async fn report(&mut self, values: &[(&str, Value)]) {
        self.report_at(now_ms(), values).await;
    }

    pub async fn report_at(&mut self, time: i64, values: &[(&str, Value)]) {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed);
        let readings: Vec<_> =
            values.iter().map(|(name, value)| json!({ "attribute": name, "value": value })).collect();
        let message = json!({ "v": 1, "seq": seq, "time": time, "readings": readings });
        self.say("telemetry", &message).await;
    }

    pub async fn next_command(&mut self) -> Envelope {
        match self.wait_for("a command", |seen| matches!(seen, Seen::Message { .. })).await {
            Seen::Message { topic, content_type, payload } => {
                assert_eq!(topic, self.topic("command"));
                let expected = if self.cbor { "application/cbor" } else { "application/json" };
                assert_eq!(content_type.as_deref(), Some(expected));
                if self.cbor {
                    cbor4ii::serde::from_slice(&payload).unwrap()
                } else {
                    serde_json::from_slice(&payload).unwrap()
                }
            }
            _ => unreachable!(),
        }
    }

    pub async fn answer(&mut self, command: &Envelope, status: &str, reason: Option<&str>) {
        let ack = AckOut { v: 1, command: command.command.0, status, reason };
        self.say("ack", &ack).await;
    }

    /// Whether a command comes within a moment: for showing that none does.
    pub async fn hears_within(&mut self, patience: Duration) -> Option<Seen> {
        if let Some(seen) = self.kept.pop_front() {
            return Some(seen);
        }
        tokio::time::timeout(patience, self.seen.recv()).await.ok().flatten()
    }

    pub async fn ended(&mut self) -> String {
        match self.wait_for("the end", |seen| matches!(seen, Seen::Ended(_))).await {
            Seen::Ended(why) => why,
            _ => unreachable!(),
        }
    }

    /// Goes away without a word, as a device that loses its power does.
    pub async fn vanish(self) {
        self.polling.abort();
    }
}
