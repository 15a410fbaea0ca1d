//! C06: whatever ends a right ends the live sessions that stood on it within a second, over every way in and whatever the
//! client is doing.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use lares_mqtt::codec::*;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::mqtt_walls::*;
use super::mqtt_wire::*;
use super::oauth_machines::{by_assertion, with_key};
use super::world::*;

const WITHIN: Duration = Duration::from_secs(1);

/// The server ends it, and says that the right is gone.
async fn ended<S: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<S>, since: Instant, what: &str) {
    let rest = tokio::time::timeout(Duration::from_secs(20), wire.rest()).await;
    let rest = rest.unwrap_or_else(|_| panic!("{what}: the session goes on"));
    let told = |packet: &Packet| matches!(packet, Packet::Disconnect(bye) if bye.reason == ReasonCode::NotAuthorized);
    assert!(rest.iter().any(told), "{what}: {rest:?}");
    assert!(since.elapsed() < WITHIN, "{what}: {:?}", since.elapsed());
}

/// MQTT over WebSocket, as the stream of bytes that it carries.
pub async fn over_websocket(world: &World) -> Wire<DuplexStream> {
    let url = format!("{}/mqtt", world.http().replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "mqtt".parse().unwrap());
    let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let (mut frames_out, mut frames_in) = socket.split();
    let (near, far) = tokio::io::duplex(1 << 16);
    let (mut read, mut write) = tokio::io::split(far);
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        while let Ok(count @ 1..) = read.read(&mut buffer).await {
            let frame = Message::Binary(Bytes::copy_from_slice(&buffer[..count]));
            if frames_out.send(frame).await.is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some(Ok(Message::Binary(bytes))) = frames_in.next().await {
            if write.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = write.shutdown().await;
    });
    Wire::new(near, Version::V5)
}

async fn let_in<S: AsyncRead + AsyncWrite + Unpin>(mut wire: Wire<S>, connect: Connect) -> Wire<S> {
    assert_eq!(wire.connect(connect).await.reason, ReasonCode::Success);
    wire
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_a_certificate_on_a_list_that_is_read_again_ends_its_session_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("devices.crl");
    let mut world = World::start().await;
    std::fs::write(&file, revocation_list(&world, None, (4000, 1, 1))).unwrap();
    world.reconfigure(|config| config.tls.device_crl = file.clone()).await;
    let (listed, other) = (world.a.plug.clone(), world.a.lock.clone());
    let (identity, id) = issued(&world, &listed).await;
    let (others, _) = issued(&world, &other).await;
    let mut wire = let_in(dial(&world, Some(&identity)).await.unwrap(), hello(&listed.id, None)).await;
    let mut bystander = let_in(dial(&world, Some(&others)).await.unwrap(), hello(&other.id, None)).await;
    let serial = uuid::Uuid::parse_str(&id).unwrap();
    let list = revocation_list(&world, Some(serial.as_bytes()), (4000, 1, 1));
    // All at once, as an operator's tool replaces a file.
    std::fs::write(folder.path().join("new"), list).unwrap();
    let since = Instant::now();
    std::fs::rename(folder.path().join("new"), &file).unwrap();
    ended(&mut wire, since, "on a list").await;
    assert_eq!(bystander.said().await, [], "another certificate");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_what_ends_a_devices_right_ends_its_session_within_a_second() {
    let world = World::start().await;
    let plug = &world.a.plug;
    let (identity, certificate) = issued(&world, plug).await;
    let mut wire = let_in(dial(&world, Some(&identity)).await.unwrap(), hello(&plug.id, None)).await;
    let path = format!("/api/iot/devices/{}/certificates/{certificate}", plug.id);
    world.delete(path).as_(Owner).expect(204).await;
    ended(&mut wire, Instant::now(), "revoked certificate").await;

    let (key, id) = with_key(&world, plug).await;
    let given = by_assertion(&world, &key.assertion(&world, &plug.id)).await.json;
    let login = (plug.id.as_str(), given["access_token"].as_str().unwrap());
    let mut wire = let_in(dial(&world, None).await.unwrap(), hello(&plug.id, Some(login))).await;
    world.delete(format!("/api/iot/devices/{}/keys/{id}", plug.id)).as_(Owner).expect(204).await;
    ended(&mut wire, Instant::now(), "removed device key").await;

    for (index, what) in ["credentials", "replace", "delete"].into_iter().enumerate() {
        for socket in [false, true] {
            let name = format!("device {index} {socket}");
            let device = world.register(Owner, &world.a.home, &name, &["OnOff"]).await;
            let login = (device.id.as_str(), device.password.as_str());
            let connect = hello(&device.id, Some(login));
            let path = format!("/api/iot/devices/{}", device.id);
            let end = async || match what {
                "delete" => drop(world.delete(&path).as_(Owner).expect(204).await),
                what => {
                    let sent = world.post(format!("{path}/{what}")).as_(Owner).json(json!({})).send().await;
                    assert!((200..300).contains(&sent.status), "{what}: {}", sent.text);
                }
            };
            if socket {
                let mut wire = let_in(over_websocket(&world).await, connect).await;
                end().await;
                ended(&mut wire, Instant::now(), what).await;
            } else {
                let mut wire = let_in(dial(&world, None).await.unwrap(), connect).await;
                end().await;
                ended(&mut wire, Instant::now(), what).await;
            }
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_what_ends_a_home_clients_right_ends_its_session_within_a_second() {
    let world = World::start().await;
    for what in ["rights changed", "secret rotated", "deleted"] {
        let client = home_client(&world, &world.a.home, json!({ "name": what })).await;
        let mut tls = let_in(dial(&world, None).await.unwrap(), hello("tls", Some(client.login()))).await;
        let mut socket = let_in(over_websocket(&world).await, hello("socket", Some(client.login()))).await;
        let path = format!("/api/mqtt-clients/{}", client.id);
        match what {
            "rights changed" => {
                drop(world.patch(path).as_(Owner).json(json!({ "subscribe": ["a/#"] })).expect(200).await);
            }
            "secret rotated" => {
                drop(world.post(format!("{path}/rotate")).as_(Owner).json(json!({})).expect(200).await);
            }
            _ => drop(world.delete(path).as_(Owner).expect(204).await),
        }
        let since = Instant::now();
        ended(&mut tls, since, what).await;
        ended(&mut socket, since, what).await;
    }
    world.stop().await;
}

/// Its connection is closed although it takes none of what is written to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_a_client_that_does_not_read_is_out_within_a_second() {
    let world = World::start().await;
    let deaf = home_client(&world, &world.a.home, json!({ "name": "deaf" })).await;
    let loud = home_client(&world, &world.a.home, json!({ "name": "loud" })).await;
    let port = world.running().addresses.mqtt.unwrap().port();
    let dial = async || Wire::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap(), Version::V5);
    let mut wire = let_in(dial().await, hello("deaf", Some(deaf.login()))).await;
    wire.send([subscribe(1, "flood/#", Qos::AtMostOnce)]).await;
    wire.said().await;
    let mut speaker = let_in(dial().await, hello("loud", Some(loud.login()))).await;
    let organisation = world.running().hub.directory.organisation_of(world.a.home.parse().unwrap()).unwrap();
    let sessions = || world.running().mqtt.sessions_of(&organisation.to_string());
    let is_stuck = || sessions().iter().any(|one| &*one.client_id == "deaf" && one.queued_messages > 8);
    let message = Packet::Publish(publish("flood/x", Qos::AtMostOnce, 0, &[0; 100_000]));
    while !is_stuck() {
        speaker.send(std::iter::repeat_n(message.clone(), 8)).await;
        speaker.said().await;
    }
    assert_eq!(world.running().mqtt.clients(), 2);
    world.delete(format!("/api/mqtt-clients/{}", deaf.id)).as_(Owner).expect(204).await;
    let since = Instant::now();
    while world.running().mqtt.clients() > 1 {
        assert!(since.elapsed() < WITHIN, "it holds on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(wire);
    world.stop().await;
}
