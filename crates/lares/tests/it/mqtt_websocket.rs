//! MQTT over WebSocket as section 6 of the specification has it: binary frames only, packets and frames apart, and the
//! subprotocol `mqtt`.

use std::time::Duration;

use bytes::BytesMut;
use futures_util::{SinkExt as _, StreamExt as _};
use lares_mqtt::codec::*;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::mqtt_wire::{connect, publish, subscribe, text};
use super::world::*;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PATIENCE: Duration = Duration::from_secs(20);

async fn opened(world: &World, protocols: Option<&str>) -> Result<(Socket, Option<HeaderValue>), Error> {
    let port = world.running().addresses.http.unwrap().port();
    let mut request = format!("ws://localhost:{port}/mqtt").into_client_request().unwrap();
    if let Some(protocols) = protocols {
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocols.parse().unwrap());
    }
    let (socket, response) = connect_async(request).await?;
    Ok((socket, response.headers().get("Sec-WebSocket-Protocol").cloned()))
}

fn bytes_of(packets: &[Packet]) -> Vec<u8> {
    let mut out = BytesMut::new();
    for packet in packets {
        encode(packet, Version::V5, usize::MAX, &mut out).unwrap();
    }
    out.to_vec()
}

/// CONNECT with good credentials.
async fn hello(world: &World) -> Packet {
    let path = format!("/api/homes/{}/mqtt-clients", world.a.home);
    let made = world.post(path).as_(Owner).json(json!({ "name": "socket" })).expect(201).await;
    let of = |name: &str| made[name].as_str().unwrap().to_owned();
    Packet::Connect(Box::new(Connect {
        username: Some(text(&of("username"))),
        password: Some(of("secret").into_bytes().into()),
        ..connect(Version::V5, "", "socket")
    }))
}

/// What the server says, until it has said so many packets or ends the connection.
async fn said(socket: &mut Socket, wanted: usize) -> Vec<Packet> {
    let mut decoder = Decoder::for_version(Version::V5, 1 << 20);
    let mut packets = Vec::new();
    while packets.len() < wanted {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("the server says nothing") {
            Some(Ok(Message::Binary(bytes))) => decoder.feed(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(text))) => panic!("a text frame: {text}"),
            _ => break,
        }
        while let Some(packet) = decoder.next_packet().unwrap() {
            packets.push(packet);
        }
    }
    packets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_frame_is_refused() {
    let world = World::start().await;
    let hello = bytes_of(&[hello(&world).await]);
    // Before CONNECT, and in the middle of a session.
    let (mut socket, _) = opened(&world, Some("mqtt")).await.unwrap();
    socket.send(Message::Text("hello".into())).await.unwrap();
    assert!(said(&mut socket, 1).await.is_empty(), "the connection ends");
    let (mut socket, _) = opened(&world, Some("mqtt")).await.unwrap();
    socket.send(Message::Binary(hello.into())).await.unwrap();
    assert!(matches!(said(&mut socket, 1).await[..], [Packet::ConnAck(_)]));
    socket.send(Message::Text("\u{c0}\u{0}".into())).await.unwrap();
    let rest = said(&mut socket, 2).await;
    assert!(rest.iter().all(|packet| matches!(packet, Packet::Disconnect(_))), "{rest:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_need_not_end_where_frames_do() {
    let world = World::start().await;
    let hello = hello(&world).await;
    // Every byte of CONNECT in a frame of its own, with empty frames and pings between them.
    let (mut socket, _) = opened(&world, Some("mqtt")).await.unwrap();
    for (nth, byte) in bytes_of(std::slice::from_ref(&hello)).into_iter().enumerate() {
        socket.send(Message::Binary(vec![byte].into())).await.unwrap();
        match nth % 5 {
            1 => socket.send(Message::Binary(Vec::new().into())).await.unwrap(),
            3 => socket.send(Message::Ping(Vec::new().into())).await.unwrap(),
            _ => {}
        }
    }
    assert!(
        matches!(&said(&mut socket, 1).await[..], [Packet::ConnAck(ack)] if ack.reason == ReasonCode::Success)
    );
    // Three packets in one frame, of which the last ends in the next frame.
    let three = bytes_of(&[
        subscribe(1, "frame/#", Qos::AtMostOnce),
        Packet::Publish(publish("frame/a", Qos::AtLeastOnce, 2, b"one")),
        Packet::Publish(publish("frame/b", Qos::AtLeastOnce, 3, b"two")),
    ]);
    let (first, last) = three.split_at(three.len() - 4);
    socket.send(Message::Binary(first.to_vec().into())).await.unwrap();
    socket.send(Message::Binary(last.to_vec().into())).await.unwrap();
    let mut topics = Vec::new();
    let mut acknowledged = 0;
    for packet in said(&mut socket, 5).await {
        match packet {
            Packet::Publish(publish) => topics.push(publish.topic.to_string()),
            Packet::PubAck(_) => acknowledged += 1,
            Packet::SubAck(_) => {}
            other => panic!("{other:?}"),
        }
    }
    topics.sort();
    assert_eq!((topics, acknowledged), (vec!["frame/a".to_owned(), "frame/b".to_owned()], 2));
    drop(socket);
    // All of a session in one frame.
    let (mut socket, _) = opened(&world, Some("mqtt")).await.unwrap();
    let all = bytes_of(&[hello, Packet::PingReq, Packet::PingReq]);
    socket.send(Message::Binary(all.into())).await.unwrap();
    let answers = said(&mut socket, 3).await;
    assert!(matches!(answers[..], [Packet::ConnAck(_), Packet::PingResp, Packet::PingResp]), "{answers:?}");
    drop(socket);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subprotocol_is_mqtt_and_no_other() {
    let world = World::start().await;
    for offered in ["mqtt", "mqttv3.1, mqtt", "chat,mqtt"] {
        let (_socket, chosen) = opened(&world, Some(offered)).await.unwrap();
        assert_eq!(chosen.as_ref().map(HeaderValue::as_bytes), Some(b"mqtt".as_slice()), "{offered}");
    }
    for offered in [None, Some("chat"), Some("mqttv3.1"), Some("MQTT-SN")] {
        let refused = opened(&world, offered).await;
        let Err(Error::Http(response)) = refused else { panic!("{offered:?} was let in") };
        assert_eq!(response.status().as_u16(), 400, "{offered:?}");
    }
    world.stop().await;
}
