//! C05, C07 and the attacker of a home's space: certificates that do not count, and a client with good credentials that tries everything that is not its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use lares_model::export::Exported;
use lares_mqtt::codec::*;
use rcgen::{
    CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    ExtendedKeyUsagePurpose, Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::device::trusting;
use super::world::*;

use super::mqtt_wire::*;

pub(super) type Tls = Wire<TlsStream<TcpStream>>;

/// A certificate with its key.
pub(super) struct Identity {
    der: Vec<u8>,
    key: KeyPair,
}

fn config(world: &World, identity: Option<&Identity>) -> rustls::ClientConfig {
    let Some(identity) = identity else { return trusting(world) };
    let mut roots = rustls::RootCertStore::empty();
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    roots.add(CertificateDer::from_pem_file(&world.running().authority).unwrap()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let chain = vec![CertificateDer::from(identity.der.clone())];
    rustls::ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap()
}

pub(super) async fn dial(world: &World, identity: Option<&Identity>) -> std::io::Result<Tls> {
    let port = world.running().addresses.mqtts.unwrap().port();
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config(world, identity)));
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await?;
    Ok(Wire::new(stream, Version::V5))
}

pub(super) fn hello(client_id: &str, login: Option<(&str, &str)>) -> Connect {
    Connect {
        username: login.map(|(name, _)| text(name)),
        password: login.map(|(_, password)| Bytes::copy_from_slice(password.as_bytes())),
        ..connect(Version::V5, "", client_id)
    }
}

/// The reason in CONNACK, or `None` when there was none: TLS 1.3 tells a client after its handshake.
async fn tried(world: &World, identity: Option<&Identity>, connect: Connect) -> Option<ReasonCode> {
    let mut wire = dial(world, identity).await.ok()?;
    let mut out = bytes::BytesMut::new();
    encode(&Packet::Connect(Box::new(connect)), Version::V5, usize::MAX, &mut out).unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut wire.stream, &out).await.ok()?;
    match tokio::time::timeout(Duration::from_secs(20), wire.next()).await.unwrap() {
        Some(Packet::ConnAck(connack)) => Some(connack.reason),
        _ => None,
    }
}

pub(super) async fn issued(world: &World, device: &Registered) -> (Identity, String) {
    let key = KeyPair::generate().unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    CertificateSigningRequestParams::from_pem(&csr).unwrap();
    let path = format!("/api/iot/devices/{}/certificates", device.id);
    let answer = world.post(path).as_(Owner).json(json!({ "csr": csr })).expect(201).await;
    let pem = ["pem", "certificate_pem"].iter().find_map(|name| answer[*name].as_str()).unwrap().to_owned();
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
    let id = ["id"].iter().find_map(|name| answer[*name].as_str()).or(answer["certificate"]["id"].as_str());
    (Identity { der, key }, id.unwrap().to_owned())
}

/// The device authority's own key: what a thief of it could sign.
fn authority(world: &World) -> Issuer<'static, KeyPair> {
    let folder = world.data().join("tls");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let key = KeyPair::from_pem(&read("devices-ca.key")).unwrap();
    Issuer::from_ca_cert_pem(&read("devices-ca.crt"), key).unwrap()
}

fn forged(issuer: &Issuer<'_, KeyPair>, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    change(&mut params);
    Identity { der: params.signed_by(&key, issuer).unwrap().der().to_vec(), key }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_only_a_certificate_that_counts_lets_a_device_in() {
    let world = World::start().await;
    let plug = &world.a.plug;
    let (good, _) = issued(&world, plug).await;
    let (revoked, revoked_id) = issued(&world, &world.a.lock).await;
    world
        .delete(format!("/api/iot/devices/{}/certificates/{revoked_id}", world.a.lock.id))
        .as_(Owner)
        .expect(204)
        .await;
    let issuer = authority(&world);
    let other_key = KeyPair::generate().unwrap();
    let mut other = CertificateParams::default();
    other.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let other = Issuer::new(other, other_key);
    let cases = [
        ("none, and no password", None),
        ("expired", Some(forged(&issuer, |params| params.not_after = date_time_ymd(2020, 1, 1)))),
        ("not valid yet", Some(forged(&issuer, |params| params.not_before = date_time_ymd(4000, 1, 1)))),
        ("of another authority", Some(forged(&other, |_| {}))),
        (
            "for servers",
            Some(forged(&issuer, |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            })),
        ),
        ("revoked", Some(revoked)),
        ("with a serial that nobody issued", Some(forged(&issuer, |_| {}))),
    ];
    for (what, identity) in &cases {
        let answer = tried(&world, identity.as_ref(), hello(&plug.id, None)).await;
        assert_ne!(answer, Some(ReasonCode::Success), "{what}");
    }
    assert_eq!(tried(&world, Some(&good), hello(&plug.id, None)).await, Some(ReasonCode::Success));
    world.stop().await;
}

pub(super) fn revocation_list(world: &World, serial: Option<&[u8]>, next: (i32, u8, u8)) -> String {
    let folder = world.data().join("tls");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let key = KeyPair::from_pem(&read("devices-ca.key")).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read("devices-ca.crt"), key).unwrap();
    let revoked = serial.map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: date_time_ymd(2020, 1, 2),
        reason_code: None,
        invalidity_date: None,
    });
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2020, 1, 1),
        next_update: date_time_ymd(next.0, next.1, next.2),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.into_iter().collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(&issuer).unwrap().pem().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_a_revocation_list_is_followed_without_a_restart_and_fails_closed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("devices.crl");
    // The authority is made at the first start; its list can only be made after that.
    let mut world = World::start().await;
    let write = |list: String| std::fs::write(&file, list).unwrap();
    write(revocation_list(&world, None, (4000, 1, 1)));
    world.reconfigure(|config| config.tls.device_crl = file.clone()).await;
    let plug = world.a.plug.clone();
    let (good, id) = issued(&world, &plug).await;
    let come = async || tried(&world, Some(&good), hello(&plug.id, None)).await;
    assert_eq!(come().await, Some(ReasonCode::Success));
    let serial = uuid::Uuid::parse_str(&id).unwrap();
    write(revocation_list(&world, Some(serial.as_bytes()), (4000, 1, 1)));
    eventually("revoked by the list", come, |answer| *answer != Some(ReasonCode::Success)).await;
    write(revocation_list(&world, None, (4000, 1, 2)));
    eventually("not revoked any more", come, |answer| *answer == Some(ReasonCode::Success)).await;
    write(revocation_list(&world, None, (2020, 1, 3)));
    eventually("past its next update", come, |answer| *answer != Some(ReasonCode::Success)).await;
    // A device with its secret is not concerned.
    let login = (plug.id.as_str(), plug.password.as_str());
    assert_eq!(tried(&world, None, hello(&plug.id, Some(login))).await, Some(ReasonCode::Success));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_a_certificate_says_who_it_is_and_nothing_else_does() {
    let world = World::start().await;
    let (plug, lock) = (&world.a.plug, &world.a.lock);
    let (identity, _) = issued(&world, plug).await;
    let as_lock = Some((lock.id.as_str(), lock.password.as_str()));
    assert_eq!(
        tried(&world, Some(&identity), hello(&plug.id, as_lock)).await,
        Some(ReasonCode::NotAuthorized)
    );
    let stolen = tried(&world, Some(&identity), hello(&lock.id, None)).await;
    assert_eq!(stolen, Some(ReasonCode::ClientIdentifierNotValid));
    let mut wire = dial(&world, Some(&identity)).await.unwrap();
    assert_eq!(wire.connect(hello("", None)).await.reason, ReasonCode::Success);
    let own = format!("lares/devices/{}/telemetry", plug.id);
    let other = format!("lares/devices/{}/telemetry", lock.id);
    let report = br#"{"v":1,"readings":[]}"#;
    for (topic, expected) in [(&own, ReasonCode::Success), (&other, ReasonCode::NotAuthorized)] {
        wire.send([Packet::Publish(publish(topic, Qos::AtLeastOnce, 1, report))]).await;
        let answer = tokio::time::timeout(Duration::from_secs(20), wire.next()).await.unwrap();
        assert_eq!(answer, Some(Packet::PubAck(Ack::new(id(1), expected))), "{topic}");
    }
    world.stop().await;
}

pub(super) struct HomeLogin {
    pub id: String,
    username: String,
    secret: String,
}

impl HomeLogin {
    pub(super) fn login(&self) -> (&str, &str) {
        (&self.username, &self.secret)
    }
}

pub(super) async fn home_client(world: &World, home: &str, body: Value) -> HomeLogin {
    let who = if home == world.b.home { Neighbour } else { Owner };
    let made = world.post(format!("/api/homes/{home}/mqtt-clients")).as_(who).json(body).expect(201).await;
    let of = |name: &str| made[name].as_str().unwrap().to_owned();
    HomeLogin { id: of("id"), username: of("username"), secret: of("secret") }
}

/// Topics that are somebody else's, seen from a home: the other home's, devices', the server's own, and our own words.
fn foreign_topics(world: &World) -> Vec<String> {
    let mut topics: Vec<String> = lares_doors::mqtt::topics::TABLE
        .iter()
        .flat_map(|(channel, _, _)| {
            [&world.a.plug.id, &world.b.plug.id]
                .map(|device| format!("lares/devices/{device}/{}", channel.name()))
        })
        .collect();
    let device = &world.a.plug.id;
    topics.extend(["$SYS/broker/uptime".to_owned(), "$share/x/y".to_owned(), "$anything".to_owned()]);
    let own = own_words(world, device);
    assert!(own.len() > 3, "{own:?}");
    topics.extend(own);
    topics
}

/// What we say of a device in its home, as whoever words it does: nobody else may say it there.
fn own_words(world: &World, device: &str) -> BTreeSet<String> {
    let hub = &world.running().hub;
    let id = device.parse().unwrap();
    let known = hub.directory.get(id).unwrap();
    let exporter = hub.exporter.unwrap();
    let mut said = hub.live.with(id, |state| {
        let exported = Exported { device: &known, room: None, state };
        [(exporter.describe)(&exported), (exporter.state)(&exported)].concat()
    });
    let mut topics = BTreeSet::new();
    // Where states will be is in the descriptions, also of values that are not known yet.
    for say in std::mem::take(&mut said) {
        topics.insert(say.topic);
        let config: Value = serde_json::from_slice(&say.payload).unwrap_or_default();
        let named = config.as_object().into_iter().flatten().filter(|(key, _)| key.ends_with("topic"));
        topics.extend(named.filter_map(|(_, topic)| topic.as_str().map(str::to_owned)));
    }
    // Wishes for devices are everybody's who may publish, and discovery topics are Home Assistant's.
    topics.into_iter().filter(|topic| topic.starts_with("lares/") && !topic.ends_with("/set")).collect()
}

/// The ways in that need no certificate.
#[derive(Clone, Copy, Debug)]
enum Way {
    Tcp,
    Tls,
    WebSocket,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

type Any = Wire<Box<dyn Duplex>>;

async fn dial_by(world: &World, way: Way) -> Any {
    let addresses = &world.running().addresses;
    let stream: Box<dyn Duplex> = match way {
        Way::Tls => Box::new(dial(world, None).await.unwrap().stream),
        Way::Tcp => {
            let port = addresses.mqtt.unwrap().port();
            Box::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
        }
        Way::WebSocket => {
            let mut request = format!("ws://localhost:{}/mqtt", addresses.http.unwrap().port())
                .into_client_request()
                .unwrap();
            request.headers_mut().insert("Sec-WebSocket-Protocol", "mqtt".parse().unwrap());
            let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
            Box::new(bytes_through(socket))
        }
    };
    Wire::new(stream, Version::V5)
}

/// A WebSocket as a stream of bytes: what is written goes out in a frame, what frames bring in is read.
fn bytes_through(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (mut sink, mut frames) = socket.split();
    let (mut from, mut to) = tokio::io::split(theirs);
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            if sink.send(Frame::Binary(buffer[..read].to_vec().into())).await.is_err() {
                break;
            }
        }
        let _ = sink.close().await;
    });
    tokio::spawn(async move {
        while let Some(Ok(frame)) = frames.next().await {
            if let Frame::Binary(bytes) = frame
                && to.write_all(&bytes).await.is_err()
            {
                break;
            }
        }
        let _ = to.shutdown().await;
    });
    ours
}

async fn tried_by(world: &World, way: Way, connect: Connect) -> Option<ReasonCode> {
    let mut wire = dial_by(world, way).await;
    wire.send([Packet::Connect(Box::new(connect))]).await;
    match tokio::time::timeout(Duration::from_secs(20), wire.next()).await.unwrap() {
        Some(Packet::ConnAck(connack)) => Some(connack.reason),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_an_attacker_in_a_home_gets_nothing_that_is_not_its_own() {
    attack(Way::Tls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_nor_over_plain_tcp() {
    attack(Way::Tcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_nor_over_a_websocket() {
    attack(Way::WebSocket).await;
}

fn heard(said: Vec<Packet>) -> Vec<String> {
    let topic =
        |packet: Packet| if let Packet::Publish(p) = packet { Some(p.topic.to_string()) } else { None };
    said.into_iter().filter_map(topic).collect()
}

fn dying(topic: &str) -> Will {
    Will {
        qos: Qos::AtLeastOnce,
        retain: true,
        properties: Properties::new(),
        topic: text(topic),
        payload: Bytes::from_static(b"{}"),
    }
}

async fn attack(way: Way) {
    let world = World::start().await;
    let attacker = home_client(&world, &world.a.home, json!({ "name": "attacker" })).await;
    let victim = home_client(&world, &world.b.home, json!({ "name": "victim" })).await;
    let limited =
        json!({ "name": "limited", "publish": ["sensors/#"], "subscribe": ["sensors/#", "status/+"] });
    let limited = home_client(&world, &world.a.home, limited).await;
    let secrets = [
        "zigbee2mqtt/lamp".to_owned(),
        "homeassistant/switch/x/config".to_owned(),
        format!("{}/zigbee2mqtt/lamp", world.b.home),
    ];
    let mut neighbour = dial_by(&world, way).await;
    neighbour.connect(hello("same-id", Some(victim.login()))).await;
    neighbour.send([subscribe(1, "#", Qos::AtLeastOnce), subscribe(2, "$share/g/#", Qos::AtLeastOnce)]).await;
    neighbour.said().await;

    // Reads: wildcards over the mount, shared subscriptions of the same group, the other home by its id, the server's.
    let mut thief = dial_by(&world, way).await;
    let took =
        thief.connect(Connect { clean_start: false, ..hello("same-id", Some(attacker.login())) }).await;
    assert_eq!((took.reason, took.session_present), (ReasonCode::Success, false), "another's client id");
    let filters = ["#", "+/#", "/#", "$share/g/#", "$SYS/#", "+/+/+", "lares/#", "lares/devices/+/command"];
    let mut more = vec![format!("{}/#", world.b.home), format!("../{}/#", world.b.home)];
    more.extend(foreign_topics(&world));
    for (index, filter) in filters.iter().map(|f| (*f).to_owned()).chain(more).enumerate() {
        thief.send([subscribe(index as u16 + 10, &filter, Qos::ExactlyOnce)]).await;
    }
    assert_eq!(heard(thief.said().await), [""; 0], "nothing is retained for it");
    let mut speaker = dial_by(&world, way).await;
    speaker.connect(hello("speaker", Some(victim.login()))).await;
    for (index, topic) in secrets.iter().enumerate() {
        let message = publish(topic, Qos::AtLeastOnce, index as u16 + 1, b"private");
        speaker.send([Packet::Publish(Publish { retain: true, ..message })]).await;
    }
    speaker.said().await;
    assert!(!heard(neighbour.said().await).is_empty());
    assert_eq!(heard(thief.said().await), [""; 0]);

    // Writes: plain, retained, by alias and as a will.
    for topic in foreign_topics(&world) {
        for retain in [false, true] {
            let mut wire = dial_by(&world, way).await;
            wire.connect(hello("writer", Some(attacker.login()))).await;
            let mut message = Publish { retain, ..publish(&topic, Qos::AtLeastOnce, 1, b"{}") };
            message.properties.push(Property::TopicAlias(1));
            wire.send([Packet::Publish(message)]).await;
            let refused = [Packet::PubAck(Ack::new(id(1), ReasonCode::NotAuthorized))];
            assert_eq!(wire.said().await, refused, "{topic}");
            // What was refused by name is refused by its alias.
            let mut by_alias = publish("x", Qos::AtLeastOnce, 2, b"{}");
            (by_alias.topic, by_alias.retain) = (Text::default(), retain);
            by_alias.properties.push(Property::TopicAlias(1));
            wire.send([Packet::Publish(by_alias)]).await;
            assert_eq!(
                wire.said().await,
                [Packet::PubAck(Ack::new(id(2), ReasonCode::NotAuthorized))],
                "{topic}"
            );
        }
        let with_will = Connect { will: Some(dying(&topic)), ..hello("writer", Some(attacker.login())) };
        assert_eq!(tried_by(&world, way, with_will).await, Some(ReasonCode::NotAuthorized), "{topic}");
    }
    // The same words in its own space reach nobody in the other one.
    for topic in &secrets {
        thief
            .send([Packet::Publish(Publish { retain: true, ..publish(topic, Qos::AtLeastOnce, 9, b"lie") })])
            .await;
    }
    thief.said().await;
    // Its own home's greeting of devices may come late.
    let mut reached = heard(neighbour.said().await);
    reached.retain(|topic| topic != "homeassistant/status");
    assert_eq!(reached, [""; 0]);

    // A client with less rights gets the part of a wildcard that it has.
    let mut wire = dial_by(&world, way).await;
    wire.connect(hello("limited", Some(limited.login()))).await;
    wire.send([subscribe(1, "#", Qos::AtMostOnce), subscribe(2, "zigbee2mqtt/#", Qos::AtMostOnce)]).await;
    let reasons: Vec<ReasonCode> = wire
        .said()
        .await
        .into_iter()
        .filter_map(|packet| if let Packet::SubAck(suback) = packet { Some(suback.reasons[0]) } else { None })
        .collect();
    assert_eq!(reasons, [ReasonCode::Success, ReasonCode::NotAuthorized]);
    for topic in ["zigbee2mqtt/lamp", "sensors/a/b", "status/x", "status/x/y"] {
        thief.send([Packet::Publish(publish(topic, Qos::AtLeastOnce, 11, b"1"))]).await;
    }
    thief.said().await;
    assert_eq!(heard(wire.said().await), ["sensors/a/b", "status/x"]);
    wire.send([Packet::Publish(publish("zigbee2mqtt/lamp/set", Qos::AtLeastOnce, 1, b"ON"))]).await;
    assert_eq!(wire.said().await, [Packet::PubAck(Ack::new(id(1), ReasonCode::NotAuthorized))]);
    drop((neighbour, thief, speaker, wire));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_a_client_with_less_rights_gets_no_more_by_shares_and_wills() {
    let world = World::start().await;
    let rights = json!({ "name": "limited", "publish": ["sensors/#"], "subscribe": ["sensors/#"] });
    let limited = home_client(&world, &world.a.home, rights).await;
    let full = home_client(&world, &world.a.home, json!({ "name": "full" })).await;
    for way in [Way::Tcp, Way::WebSocket] {
        let mut narrow = dial_by(&world, way).await;
        narrow.connect(hello("narrow", Some(limited.login()))).await;
        // The shared form of what is not allowed at all is refused, and of what is allowed in part, narrowed.
        narrow
            .send([
                subscribe(1, "$share/g/zigbee2mqtt/#", Qos::AtLeastOnce),
                subscribe(2, "$share/g/#", Qos::AtMostOnce),
            ])
            .await;
        let granted: Vec<bool> = (narrow.said().await.iter())
            .filter_map(|packet| if let Packet::SubAck(ack) = packet { Some(ack.reasons[0]) } else { None })
            .map(|reason| (reason as u8) < 0x80)
            .collect();
        assert_eq!(granted, [false, true], "{way:?}");
        let mut wide = dial_by(&world, way).await;
        wide.connect(hello("wide", Some(full.login()))).await;
        wide.send([subscribe(1, "$share/g/#", Qos::AtMostOnce)]).await;
        wide.said().await;
        let mut speaker = dial_by(&world, way).await;
        speaker.connect(hello("speaker", Some(full.login()))).await;
        for number in 1..=20 {
            for topic in ["zigbee2mqtt/lamp", "sensors/a"] {
                speaker.send([Packet::Publish(publish(topic, Qos::AtLeastOnce, number, b"1"))]).await;
            }
        }
        speaker.said().await;
        let of = |heard: &[String], topic: &str| heard.iter().filter(|one| *one == topic).count();
        let (mut narrow_heard, mut wide_heard) = (Vec::new(), Vec::new());
        // The home says things of its own, too: only what the speaker said is counted.
        let all = |narrow: &[String], wide: &[String]| {
            of(narrow, "sensors/a") + of(wide, "sensors/a") >= 20 && of(wide, "zigbee2mqtt/lamp") >= 20
        };
        for _ in 0..50 {
            narrow_heard.extend(heard(narrow.said().await));
            wide_heard.extend(heard(wide.said().await));
            if all(&narrow_heard, &wide_heard) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(of(&narrow_heard, "zigbee2mqtt/lamp"), 0, "{way:?}: theft by a shared group");
        // What one may not have is the other's, and nothing of it is lost.
        assert_eq!(of(&wide_heard, "zigbee2mqtt/lamp"), 20, "{way:?}");
        // What both may have goes to one of them.
        let each = (of(&narrow_heard, "sensors/a"), of(&wide_heard, "sensors/a"));
        assert!(each.0 + each.1 == 20, "{way:?}: {narrow_heard:?} {wide_heard:?}");

        // A will outside of its rights lets nobody in; one within them is published.
        for topic in ["zigbee2mqtt/lamp/set", "homeassistant/status", "status/x"] {
            let with_will = Connect { will: Some(dying(topic)), ..hello("mortal", Some(limited.login())) };
            assert_eq!(tried_by(&world, way, with_will).await, Some(ReasonCode::NotAuthorized), "{topic}");
        }
        let mut mortal = dial_by(&world, way).await;
        let with_will =
            Connect { will: Some(dying("sensors/last")), ..hello("mortal", Some(limited.login())) };
        assert_eq!(mortal.connect(with_will).await.reason, ReasonCode::Success);
        let mut listener = dial_by(&world, way).await;
        listener.connect(hello("listener", Some(full.login()))).await;
        listener.send([subscribe(1, "+/last", Qos::AtLeastOnce)]).await;
        listener.said().await;
        drop(mortal);
        let told = tokio::time::timeout(Duration::from_secs(20), listener.next()).await.unwrap();
        assert!(matches!(&told, Some(Packet::Publish(will)) if &*will.topic == "sensors/last"), "{told:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_a_device_reaches_no_other_topic_by_an_alias() {
    let world = World::start().await;
    let own = format!("lares/devices/{}/telemetry", world.a.plug.id);
    let mut topics = foreign_topics(&world);
    topics.retain(|topic| !topic.contains(&format!("devices/{}/", world.a.plug.id)));
    topics.push("zigbee2mqtt/lamp/set".to_owned());
    for way in [Way::Tcp, Way::WebSocket] {
        for topic in &topics {
            let mut wire = dial_by(&world, way).await;
            let login = (world.a.plug.id.as_str(), world.a.plug.password.as_str());
            assert_eq!(wire.connect(hello(&world.a.plug.id, Some(login))).await.reason, ReasonCode::Success);
            let by_alias = |topic: &str, number: u16| {
                let mut message = publish("x", Qos::AtLeastOnce, number, b"{}");
                message.topic = if topic.is_empty() { Text::default() } else { text(topic) };
                message.properties.push(Property::TopicAlias(1));
                Packet::Publish(message)
            };
            let refused = |number| Packet::PubAck(Ack::new(id(number), ReasonCode::NotAuthorized));
            // The alias of its own topic, taken over for a foreign one, leads to neither.
            wire.send([by_alias(&own, 1)]).await;
            // Acknowledged when it is durable, which no ping waits for.
            let taken = tokio::time::timeout(Duration::from_secs(20), wire.next()).await.unwrap();
            assert!(matches!(&taken, Some(Packet::PubAck(_))), "{topic}: {taken:?}");
            wire.send([by_alias(topic, 2)]).await;
            assert_eq!(wire.said().await, [refused(2)], "{topic}");
            wire.send([by_alias("", 3)]).await;
            assert_eq!(wire.said().await, [refused(3)], "{topic}");
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_strangers_neighbours_and_expired_clients_stay_outside_of_a_home() {
    let world = World::start().await;
    let client = home_client(&world, &world.a.home, json!({ "name": "one" })).await;
    let other = home_client(&world, &world.b.home, json!({ "name": "other" })).await;
    let gone = home_client(&world, &world.a.home, json!({ "name": "gone" })).await;
    world.delete(format!("/api/mqtt-clients/{}", gone.id)).as_(Owner).expect(204).await;
    let cases = [
        ("nobody", None),
        ("wrong secret", Some((client.username.as_str(), "wrong wrong wrong"))),
        ("a neighbour's secret", Some((client.username.as_str(), other.secret.as_str()))),
        ("a device's secret", Some((client.username.as_str(), world.a.plug.password.as_str()))),
        ("its secret for a device", Some((world.a.plug.id.as_str(), client.secret.as_str()))),
        ("deleted", Some(gone.login())),
        ("a person", Some((Owner.email(), PASSWORD))),
        ("the id instead of the name", Some((client.id.as_str(), client.secret.as_str()))),
    ];
    for (what, login) in cases {
        let answer = tried(&world, None, hello("x", login)).await;
        assert_eq!(answer, Some(ReasonCode::BadUserNameOrPassword), "{what}");
    }
    assert_eq!(tried(&world, None, hello("x", Some(client.login()))).await, Some(ReasonCode::Success));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_over_websocket_are_told_of_a_shutdown_like_the_others() {
    let world = World::start().await;
    let client = home_client(&world, &world.a.home, json!({ "name": "browser" })).await;
    let mut socket = super::mqtt_revocation::over_websocket(&world).await;
    let mut tls = dial(&world, None).await.unwrap();
    assert_eq!(socket.connect(hello("socket", Some(client.login()))).await.reason, ReasonCode::Success);
    assert_eq!(tls.connect(hello("tls", Some(client.login()))).await.reason, ReasonCode::Success);
    world.stop().await;
    let told = |packet: &Packet| matches!(packet, Packet::Disconnect(bye) if bye.reason == ReasonCode::ServerShuttingDown);
    assert!(tls.rest().await.iter().any(told));
    assert!(socket.rest().await.iter().any(told));
}
