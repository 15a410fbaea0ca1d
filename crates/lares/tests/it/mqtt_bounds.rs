//! The bounds of `[mqtt]`, changed in the file of a real process: they hold without a restart, for clients that are connected
//! and for a client that nobody here wrote; a file that is wrong changes nothing.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use lares_mqtt::codec::*;
use serde_json::json;
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
