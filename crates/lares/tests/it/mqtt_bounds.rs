//! The bounds of `[mqtt]` and what its open listener denies, changed in the file of a real process: they hold without a
//! restart, for clients that are connected and for a client that nobody here wrote; a file that is wrong changes nothing.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use lares_mqtt::codec::*;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::mqtt_wire::*;
use super::process::{Engine, Lares, wait_until};

const WITHIN: Duration = Duration::from_secs(10);

fn configure(lares: &Lares, text: &str) {
    std::fs::write(lares.data.join("lares.toml"), text).unwrap();
}

/// Mosquitto's own tool, with a retained message.
async fn mosquitto(port: &str, login: (&str, &str), topic: &str) -> String {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", port, "-V", "mqttv5", "-q", "1", "-r", "-m", "x", "-t", topic]);
    command.args(["-u", login.0, "-P", login.1]);
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn retained(wire: &mut Wire<TcpStream>, topic: &str) -> ReasonCode {
    let message = Publish { retain: true, ..publish(topic, Qos::AtLeastOnce, 1, b"x") };
    wire.send([Packet::Publish(message)]).await;
    match wire.next().await {
        Some(Packet::PubAck(ack)) => ack.reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bounds_of_mqtt_that_change_in_the_file_hold_without_a_restart() {
    let mut lares = Lares::new(Engine::Sqlite);
    lares.start().await;
    let (api, demo) = (lares.api(), lares.demo());
    let home = api.get("/api/homes").await["items"][0]["id"].as_str().unwrap().to_owned();
    let made = api.post(&format!("/api/homes/{home}/mqtt-clients"), &json!({ "name": "bounds" })).await;
    let login = (made["username"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let port = demo.mqtt.rsplit_once(':').unwrap().1;
    let stream = TcpStream::connect(("127.0.0.1", port.parse::<u16>().unwrap())).await.unwrap();
    let mut wire = Wire::new(stream, Version::V5);
    let hello = Connect {
        password: Some(bytes::Bytes::copy_from_slice(login.1.as_bytes())),
        ..connect(Version::V5, login.0, "bounds")
    };
    assert_eq!(wire.connect(hello).await.reason, ReasonCode::Success);
    assert_eq!(retained(&mut wire, "bounds/1").await, ReasonCode::Success);
    assert_eq!(mosquitto(port, login, "bounds/2").await, "");

    configure(&lares, "[mqtt]\nclient_topics_max = 2\nclient_messages_per_s = 10\n");
    let mut number = 2;
    let mut is_refused = async || {
        number += 1;
        retained(&mut wire, &format!("bounds/{number}")).await == ReasonCode::QuotaExceeded
    };
    wait_until("the topics of a client are bounded", WITHIN, &mut is_refused).await;
    let said = mosquitto(port, login, "bounds/more").await;
    assert!(said.to_lowercase().contains("quota exceeded"), "{said:?}");
    let began = Instant::now();
    wire.send((0..30).map(|_| Packet::Publish(publish("bounds/pace", Qos::AtMostOnce, 0, b"x")))).await;
    wire.said().await;
    assert!(began.elapsed() > Duration::from_secs(1), "its rate is bounded: {:?}", began.elapsed());

    configure(&lares, "[mqtt]\nclient_sessions_max = 0\n");
    let told = async || lares.log_tail(usize::MAX).contains("mqtt.client_sessions_max: must be at least 1");
    wait_until("the log tells of a file that is wrong", WITHIN, told).await;
    assert_eq!(retained(&mut wire, "bounds/wrong").await, ReasonCode::QuotaExceeded, "the bounds of before");

    configure(&lares, "[mqtt]\nqueue_messages_max = 9999\n[http]\nbody_max_bytes = 4096\n");
    let mut is_taken = async || retained(&mut wire, "bounds/again").await == ReasonCode::Success;
    wait_until("the topics of a client are bounded no longer", WITHIN, &mut is_taken).await;
    assert_eq!(mosquitto(port, login, "bounds/more").await, "");
    let told = async || lares.log_tail(usize::MAX).contains("http.body_max_bytes");
    wait_until("the log names what waits for a restart", WITHIN, told).await;
    lares.stop().await;
}

/// A wire without a name, and whether its session was there.
async fn nobody(port: u16, client_id: &str, keeps: bool) -> (Wire<TcpStream>, bool) {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut wire = Wire::new(stream, Version::V5);
    let mut hello = Connect { username: None, clean_start: !keeps, ..connect(Version::V5, "", client_id) };
    hello.properties.push(Property::SessionExpiryInterval(if keeps { 1_000 } else { 0 }));
    let connack = wire.connect(hello).await;
    assert_eq!(connack.reason, ReasonCode::Success);
    (wire, connack.session_present)
}

async fn subscribed<S: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<S>, filter: &str) -> ReasonCode {
    wire.send([subscribe(1, filter, Qos::AtLeastOnce)]).await;
    match wire.next().await {
        Some(Packet::SubAck(suback)) => suback.reasons[0],
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_what_the_open_listener_denies_holds_without_a_restart_and_after_one() {
    let mut lares = Lares::new(Engine::Sqlite);
    lares.start().await;
    let home = lares.api().get("/api/homes").await["items"][0]["id"].as_str().unwrap().to_owned();
    lares.stop().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let deny = |lares: &Lares, filters: &str| {
        let open = format!("anonymous_bind = \"127.0.0.1:{port}\"\nanonymous_home = \"{home}\"");
        configure(lares, &format!("[mqtt]\n{open}\nanonymous_denied = [{filters}]\n"));
    };
    deny(&lares, "\"other\"");
    let (granted, refused) = (ReasonCode::GrantedQos1, ReasonCode::UnspecifiedError);
    lares.start().await;
    let (mut wire, _) = nobody(port, "one", false).await;
    assert_eq!(subscribed(&mut wire, "other").await, refused);
    assert_eq!(subscribed(&mut wire, "private/door").await, granted);

    deny(&lares, "\"private/#\"");
    let ended = tokio::time::timeout(WITHIN, wire.rest()).await.expect("cut");
    let why = |packet: &Packet| matches!(packet, Packet::Disconnect(told) if told.reason == ReasonCode::NotAuthorized);
    assert!(ended.iter().any(why), "{ended:?}");
    let (mut wire, _) = nobody(port, "one", false).await;
    for filter in ["private/door", "private/#", "$share/g/private/door"] {
        assert_eq!(subscribed(&mut wire, filter).await, refused, "{filter}");
    }
    assert_eq!(subscribed(&mut wire, "other").await, granted);
    assert!(!lares.log_tail(usize::MAX).contains("holds from the next start on"), "none of it waits");

    deny(&lares, "");
    let mut is_granted = async || subscribed(&mut wire, "private/door").await == granted;
    wait_until("less is denied, and nobody is cut for it", WITHIN, &mut is_granted).await;
    let (mut kept, _) = nobody(port, "kept", true).await;
    assert_eq!(subscribed(&mut kept, "private/door").await, granted);
    let (mut other, _) = nobody(port, "other", true).await;
    assert_eq!(subscribed(&mut other, "public").await, granted);
    lares.stop().await;
    deny(&lares, "\"private/+\"");
    lares.start().await;
    assert!(!nobody(port, "kept", true).await.1, "it had subscribed to what is denied now");
    assert!(nobody(port, "other", true).await.1);
    lares.stop().await;
}
