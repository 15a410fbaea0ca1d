//! A stock client (rumqttc, both versions) over TCP and TLS 1.3, and what only real sockets show.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod house;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use house::*;
use lares_mqtt::codec::{Packet, Qos, ReasonCode, Version};
use lares_mqtt::*;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Served {
    site: Site,
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

async fn serve(limits: Limits, tls: Option<TlsProvider>) -> Served {
    let site = Site::new(limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let serving = tokio::spawn(site.broker.clone().serve(listener, tls, shutdown));
    Served { site, port, stop: Some(stop), serving }
}

/// A certificate authority of the test's own, with a server and a client certificate.
struct Pki {
    server: Arc<rustls::ServerConfig>,
    client: rustls::ClientConfig,
    client_certificate: CertificateDer<'static>,
}

fn pki() -> Pki {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let leaf = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca_certificate.der().clone()).unwrap();
    let roots = Arc::new(roots);
    let tls13 = &[&rustls::version::TLS13];
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone())
            .allow_unauthenticated()
            .build()
            .unwrap();
    let (certificate, key) = leaf("localhost");
    let server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(tls13)
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (client_certificate, key) = leaf("device-1");
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![client_certificate.clone()], key)
        .unwrap();
    Pki { server: Arc::new(server), client, client_certificate }
}

/// Publishes at every quality, subscribes, and gets a message back.
async fn converse_v311(served: &Served, transport: rumqttc::Transport) {
    let mut options = rumqttc::MqttOptions::new("stock", "localhost", served.port);
    options.set_credentials("d1", "secret").set_transport(transport);
    let (client, mut events) = rumqttc::AsyncClient::new(options, 10);
    client.subscribe("down/#", rumqttc::QoS::ExactlyOnce).await.unwrap();
    for qos in [rumqttc::QoS::AtMostOnce, rumqttc::QoS::AtLeastOnce, rumqttc::QoS::ExactlyOnce] {
        client.publish("up/t", qos, false, format!("{qos:?}")).await.unwrap();
    }
    let mut done = (0, 0, 0);
    while done != (1, 1, 3) {
        use rumqttc::{Event, Incoming};
        match events.poll().await.unwrap() {
            Event::Incoming(Incoming::SubAck(_)) => {
                for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
                    served.site.broker.send("d1", outgoing("down/x", qos, b"m")).unwrap();
                }
            }
            Event::Incoming(Incoming::PubAck(_)) => done.0 += 1,
            Event::Incoming(Incoming::PubComp(_)) => done.1 += 1,
            Event::Incoming(Incoming::Publish(_)) => done.2 += 1,
            _ => {}
        }
    }
    client.disconnect().await.unwrap();
    while events.poll().await.is_ok() {}
}

async fn converse_v5(served: &Served, transport: rumqttc::Transport) {
    use rumqttc::v5::mqttbytes::QoS;
    let mut options = rumqttc::v5::MqttOptions::new("stock", "localhost", served.port);
    options.set_credentials("d1", "secret").set_transport(transport);
    let (client, mut events) = rumqttc::v5::AsyncClient::new(options, 10);
    client.subscribe("down/#", QoS::ExactlyOnce).await.unwrap();
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        client.publish("up/t", qos, false, format!("{qos:?}")).await.unwrap();
    }
    let mut done = (0, 0, 0);
    while done != (1, 1, 3) {
        use rumqttc::v5::{Event, Incoming};
        match events.poll().await.unwrap() {
            Event::Incoming(Incoming::SubAck(_)) => {
                for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
                    served.site.broker.send("d1", outgoing("down/x", qos, b"m")).unwrap();
                }
            }
            Event::Incoming(Incoming::PubAck(_)) => done.0 += 1,
            Event::Incoming(Incoming::PubComp(_)) => done.1 += 1,
            Event::Incoming(Incoming::Publish(_)) => done.2 += 1,
            _ => {}
        }
    }
    client.disconnect().await.unwrap();
    while events.poll().await.is_ok() {}
}

async fn check_and_stop(mut served: Served) {
    served.site.house.until(|seen| seen.iter().any(|seen| matches!(seen, Seen::Disconnected(..)))).await;
    let expected: [&[u8]; 3] = [b"AtMostOnce", b"AtLeastOnce", b"ExactlyOnce"];
    assert_eq!(served.site.house.payloads(), expected);
    let why = Disconnected::ByClient { with_will: false };
    served.site.house.until_seen(Seen::Disconnected("d1".into(), why)).await;
    served.stop.take().unwrap().send(()).unwrap();
    served.serving.await.unwrap();
}

#[tokio::test]
async fn rumqttc_3_1_1_over_tcp() {
    let served = serve(Limits::default(), None).await;
    converse_v311(&served, rumqttc::Transport::Tcp).await;
    check_and_stop(served).await;
}

#[tokio::test]
async fn rumqttc_5_over_tcp() {
    let served = serve(Limits::default(), None).await;
    converse_v5(&served, rumqttc::Transport::Tcp).await;
    check_and_stop(served).await;
}

#[tokio::test]
async fn both_over_tls_with_the_certificate_shown_to_the_house() {
    for five in [false, true] {
        let pki = pki();
        let server = pki.server.clone();
        let served = serve(Limits::default(), Some(Arc::new(move || server.clone()))).await;
        let tls = rumqttc::TlsConfiguration::Rustls(Arc::new(pki.client));
        let transport = rumqttc::Transport::tls_with_config(tls);
        if five {
            converse_v5(&served, transport).await;
        } else {
            converse_v311(&served, transport).await;
        }
        let certificates = served.site.house.certificates.lock().unwrap().clone();
        assert_eq!(certificates, [Some(pki.client_certificate.to_vec())]);
        check_and_stop(served).await;
    }
}

#[tokio::test]
async fn the_tls_configuration_is_asked_for_at_every_handshake() {
    let (first, second) = (pki(), pki());
    let current = Arc::new(Mutex::new(first.server));
    let provider = current.clone();
    let served = serve(Limits::default(), Some(Arc::new(move || provider.lock().unwrap().clone()))).await;
    let handshake = async |client: rustls::ClientConfig| {
        let stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
        let name = "localhost".try_into().unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(client)).connect(name, stream).await
    };
    assert!(handshake(first.client.clone()).await.is_ok());
    assert!(handshake(second.client.clone()).await.is_err());
    *current.lock().unwrap() = second.server;
    assert!(handshake(second.client).await.is_ok());
    assert!(handshake(first.client).await.is_err());
}

#[tokio::test]
async fn plain_bytes_at_a_tls_listener_are_refused() {
    let server = pki().server;
    let served = serve(Limits::default(), Some(Arc::new(move || server.clone()))).await;
    let stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
    let mut wire = Wire::new(stream, Version::V311);
    wire.send([Packet::Connect(Box::new(connect(Version::V311, "d1", "d1")))]).await;
    served.site.house.until(|seen| !seen.is_empty()).await;
    match &served.site.house.seen()[..] {
        [Seen::Violated(why)] => assert!(why.starts_with("TLS handshake failed"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_flood_of_connections_is_bounded_and_leaves_no_trace() {
    let served = serve(Limits { connections: 10, strangers: 10, ..Limits::default() }, None).await;
    let mut flood = Vec::new();
    for _ in 0..50 {
        flood.push(TcpStream::connect(("127.0.0.1", served.port)).await.unwrap());
    }
    let refused = Seen::Violated("too many connections".into());
    let count = |seen: &[Seen]| seen.iter().filter(|seen| **seen == refused).count();
    served.site.house.until(|seen| count(seen) == 40).await;
    drop(flood);
    loop {
        let stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
        let mut wire = Wire::new(stream, Version::V5);
        wire.send([Packet::Connect(Box::new(connect(Version::V5, "d1", "d1")))]).await;
        if let Some(Packet::ConnAck(connack)) = wire.next().await {
            assert_eq!(connack.reason, ReasonCode::Success);
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_shutdown_says_goodbye_to_clients_and_does_not_wait_for_strangers() {
    let mut served = serve(Limits::default(), None).await;
    let open =
        async |version| Wire::new(TcpStream::connect(("127.0.0.1", served.port)).await.unwrap(), version);
    let mut stranger = open(Version::V5).await;
    let mut old = open(Version::V311).await;
    old.connect(connect(Version::V311, "d1", "d1")).await;
    let mut new = open(Version::V5).await;
    new.connect(connect(Version::V5, "d2", "d2")).await;
    served.stop.take().unwrap().send(()).unwrap();
    served.serving.await.unwrap();
    assert_eq!(stranger.rest().await, []);
    assert_eq!(old.rest().await, []);
    let rest = new.rest().await;
    assert!(matches!(&rest[..], [Packet::Disconnect(bye)] if bye.reason == ReasonCode::ServerShuttingDown));
    let ends = |seen: &Seen| matches!(seen, Seen::Disconnected(..));
    assert_eq!(served.site.house.seen().iter().filter(|seen| ends(seen)).count(), 2);
    assert_eq!(served.site.broker.clients(), 0);
}
