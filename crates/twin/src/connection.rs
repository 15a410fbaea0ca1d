//! One MQTT connection over TLS 1.3, in MQTT 3.1.1 or 5: what happened on it, in one vocabulary for both.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lares_model::device::Encoding;
use rumqttc::{Outgoing, QoS, TlsConfiguration, Transport, v5};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::town::Identity;

const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// More than the outbox has on its way, and a subscription and a farewell beside.
const REQUESTS_MAX: usize = 64;
const IN_FLIGHT_MAX: u16 = 100;
const PACKET_MAX_BYTES: usize = 256 * 1024;

/// Where the server is, and how it proves that it is the server.
#[derive(Clone)]
pub(crate) struct Server {
    pub address: SocketAddr,
    pub tls: Arc<ClientConfig>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    V311,
    V5,
}

#[derive(Debug)]
pub(crate) enum Happening {
    Connected,
    /// A message left with this packet identifier.
    Written(u16),
    /// PUBACK: the server has it safe.
    Acknowledged(u16),
    Command(Bytes),
    Ended(String),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("server_name: {0:?} is not a DNS name or address")]
    ServerName(String),
    #[error("ca_pem: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    #[error("ca_pem: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// TLS 1.3 and nothing older; the server must show a certificate of `ca_pem` for `server_name`.
pub(crate) fn tls(ca_pem: &[u8], server_name: &str) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem) {
        roots.add(certificate?)?;
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
    let name = ServerName::try_from(server_name.to_owned())
        .map_err(|_| TlsError::ServerName(server_name.to_owned()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(NamedServer { inner, name }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Full verification, against the server's configured name: the client library would take the address it dials.
#[derive(Debug)]
struct NamedServer {
    inner: Arc<WebPkiServerVerifier>,
    name: ServerName<'static>,
}

impl ServerCertVerifier for NamedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.inner.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// The poll loop has a task of its own, since giving up half of a poll would lose what it had read.
pub(crate) struct Connection {
    client: Client,
    happenings: mpsc::UnboundedReceiver<Happening>,
    task: JoinHandle<()>,
}

enum Client {
    V311(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

#[derive(Debug, thiserror::Error)]
#[error("the connection takes no more: {0}")]
pub(crate) struct Busy(String);

impl Connection {
    pub fn open(server: &Server, identity: &Identity, protocol: Protocol) -> Connection {
        let (said, happenings) = mpsc::unbounded_channel();
        let (host, port) = (server.address.ip().to_string(), server.address.port());
        let transport = || Transport::tls_with_config(TlsConfiguration::Rustls(server.tls.clone()));
        let (client, task) = match protocol {
            Protocol::V311 => {
                let mut options = rumqttc::MqttOptions::new(&identity.client_id, host, port);
                options.set_transport(transport()).set_keep_alive(KEEP_ALIVE).set_clean_session(true);
                options.set_credentials(&identity.username, &identity.password);
                options.set_max_packet_size(PACKET_MAX_BYTES, PACKET_MAX_BYTES);
                let (client, mut events) = rumqttc::AsyncClient::new(options, REQUESTS_MAX);
                // An acknowledgement and the state after it are two small writes; Nagle would hold the second back.
                events.network_options.set_tcp_nodelay(true);
                (Client::V311(client), tokio::spawn(Box::pin(watch_v311(events, said))))
            }
            Protocol::V5 => {
                let mut options = v5::MqttOptions::new(&identity.client_id, host, port);
                options.set_transport(transport()).set_keep_alive(KEEP_ALIVE).set_clean_start(true);
                options.set_credentials(&identity.username, &identity.password);
                options.set_max_packet_size(Some(PACKET_MAX_BYTES as u32));
                // It keeps a table of this size; the default is 65,535 entries, which no device has memory for.
                options.set_outgoing_inflight_upper_limit(IN_FLIGHT_MAX);
                let mut network = rumqttc::NetworkOptions::new();
                network.set_tcp_nodelay(true);
                options.set_network_options(network);
                let (client, events) = v5::AsyncClient::new(options, REQUESTS_MAX);
                (Client::V5(client), tokio::spawn(Box::pin(watch_v5(events, said))))
            }
        };
        Connection { client, happenings, task }
    }

    /// Safe to give up and call again.
    pub async fn next(&mut self) -> Happening {
        let gone = || Happening::Ended("the connection's task is gone".to_owned());
        self.happenings.recv().await.unwrap_or_else(gone)
    }

    pub fn subscribe(&self, topic: &str) -> Result<(), Busy> {
        match &self.client {
            Client::V311(client) => {
                client.try_subscribe(topic, QoS::AtLeastOnce).map_err(|error| Busy(error.to_string()))
            }
            Client::V5(client) => {
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                client.try_subscribe(topic, qos).map_err(|error| Busy(error.to_string()))
            }
        }
    }

    /// QoS 1. MQTT 5 names the encoding; in 3.1.1 the first byte tells.
    pub fn publish(&self, topic: &str, encoding: Encoding, payload: Vec<u8>) -> Result<(), Busy> {
        match &self.client {
            Client::V311(client) => client
                .try_publish(topic, QoS::AtLeastOnce, false, payload)
                .map_err(|error| Busy(error.to_string())),
            Client::V5(client) => {
                let content_type = match encoding {
                    Encoding::Json => "application/json",
                    Encoding::Cbor => "application/cbor",
                };
                let properties = v5::mqttbytes::v5::PublishProperties {
                    content_type: Some(content_type.to_owned()),
                    ..Default::default()
                };
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                client
                    .try_publish_with_properties(topic, qos, false, payload, properties)
                    .map_err(|error| Busy(error.to_string()))
            }
        }
    }

    /// Says farewell; the connection then ends.
    pub fn disconnect(&self) -> Result<(), Busy> {
        match &self.client {
            Client::V311(client) => client.try_disconnect().map_err(|error| Busy(error.to_string())),
            Client::V5(client) => client.try_disconnect().map_err(|error| Busy(error.to_string())),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch_v311(mut events: rumqttc::EventLoop, said: mpsc::UnboundedSender<Happening>) {
    use rumqttc::{Event, Packet};
    loop {
        let happening = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Happening::Connected,
            Ok(Event::Incoming(Packet::PubAck(ack))) => Happening::Acknowledged(ack.pkid),
            Ok(Event::Incoming(Packet::Publish(publish))) => Happening::Command(publish.payload),
            Ok(Event::Incoming(Packet::SubAck(ack))) if refuses_v311(&ack) => {
                Happening::Ended("the subscription was refused".to_owned())
            }
            Ok(Event::Outgoing(Outgoing::Publish(packet_id))) => Happening::Written(packet_id),
            Ok(_) => continue,
            Err(error) => Happening::Ended(error.to_string()),
        };
        let ended = matches!(happening, Happening::Ended(_));
        if said.send(happening).is_err() || ended {
            return;
        }
    }
}

fn refuses_v311(ack: &rumqttc::SubAck) -> bool {
    ack.return_codes.contains(&rumqttc::SubscribeReasonCode::Failure)
}

async fn watch_v5(mut events: v5::EventLoop, said: mpsc::UnboundedSender<Happening>) {
    use v5::Event;
    use v5::mqttbytes::v5::{Packet, SubscribeReasonCode};
    loop {
        let happening = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Happening::Connected,
            Ok(Event::Incoming(Packet::PubAck(ack))) => Happening::Acknowledged(ack.pkid),
            Ok(Event::Incoming(Packet::Publish(publish))) => Happening::Command(publish.payload),
            Ok(Event::Incoming(Packet::SubAck(ack)))
                if !ack.return_codes.iter().all(|code| matches!(code, SubscribeReasonCode::Success(_))) =>
            {
                Happening::Ended(format!("the subscription was refused: {:?}", ack.return_codes))
            }
            Ok(Event::Outgoing(Outgoing::Publish(packet_id))) => Happening::Written(packet_id),
            Ok(_) => continue,
            Err(error) => Happening::Ended(error.to_string()),
        };
        let ended = matches!(happening, Happening::Ended(_));
        if said.send(happening).is_err() || ended {
            return;
        }
    }
}
