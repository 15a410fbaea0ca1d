//! MQTT clients that nobody here wrote, as a home's client over every way in: TCP, TLS, WebSocket and WebSocket over TLS.
//! Each subscribes, publishes at every quality of service, retained and not, and hears itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;

use super::world::*;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn python() -> PathBuf {
    let beside = root().join("target/test-venv");
    let venv = std::env::var_os("LARES_TEST_VENV").map_or(beside, PathBuf::from);
    let python = venv.join("bin/python");
    assert!(python.exists(), "there is no {}: run scripts/prepare-tests.sh first", python.display());
    python
}

/// The ways in, as URLs.
fn ways(world: &World) -> Vec<String> {
    let addresses = world.running().addresses.clone();
    let port = |address: Option<std::net::SocketAddr>| address.unwrap().port();
    vec![
        format!("mqtt://localhost:{}", port(addresses.mqtt)),
        format!("mqtts://localhost:{}", port(addresses.mqtts)),
        format!("ws://localhost:{}/mqtt", port(addresses.http)),
        format!("wss://localhost:{}/mqtt", port(addresses.https)),
    ]
}

async fn credentials(world: &World, name: &str) -> (String, String) {
    let path = format!("/api/homes/{}/mqtt-clients", world.a.home);
    let made = world.post(path).as_(Owner).json(json!({ "name": name })).expect(201).await;
    (made["username"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

async fn works(what: String, mut command: Command) {
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("heard everything"), "{what}: {said}");
}

async fn every_way(program: impl Fn(&str) -> Command, name: &str) {
    let world = World::start().await;
    let (username, secret) = credentials(&world, name).await;
    for way in ways(&world) {
        let mut command = program(&way);
        command.args([&way, &username, &secret]).arg(&world.running().authority);
        command.current_dir(root());
        works(format!("{name} over {way}"), command).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paho_works_over_every_way_in() {
    let script = root().join("crates/lares/tests/clients/paho_client.py");
    every_way(|_| python_with(&script), "paho").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiomqtt_works_over_every_way_in() {
    let script = root().join("crates/lares/tests/clients/aiomqtt_client.py");
    every_way(|_| python_with(&script), "aiomqtt").await;
}

fn python_with(script: &Path) -> Command {
    let mut command = Command::new(python());
    command.arg(script);
    command
}

/// It comes with the portal's own tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mqtt_js_works_over_every_way_in() {
    let script = root().join("portal/e2e/mqtt_client.mjs");
    let program = |_: &str| {
        let mut command = Command::new("node");
        command.arg(&script);
        command
    };
    every_way(program, "MQTT.js").await;
}

/// Mosquitto's own tools speak no WebSocket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mosquitto_pub_and_sub_work() {
    let world = World::start().await;
    let (username, secret) = credentials(&world, "mosquitto").await;
    let addresses = world.running().addresses.clone();
    for (port, tls) in [(addresses.mqtt.unwrap().port(), false), (addresses.mqtts.unwrap().port(), true)] {
        for (version, qos) in ["mqttv311", "mqttv5"].into_iter().flat_map(|v| ["0", "1", "2"].map(|q| (v, q)))
        {
            let tool = |name: &str| {
                let mut command = Command::new(name);
                command.args(["-h", "localhost", "-p", &port.to_string(), "-V", version]);
                command.args(["-u", &username, "-P", &secret, "-q", qos]);
                if tls {
                    command.arg("--cafile").arg(&world.running().authority);
                }
                command
            };
            let topic = format!("garden/{version}/{tls}/{qos}");
            let mut publish = tool("mosquitto_pub");
            publish.args(["-t", &topic, "-m", "wet", "-r"]);
            let published = tokio::task::spawn_blocking(move || publish.output().unwrap()).await.unwrap();
            assert!(published.status.success(), "{published:?}");
            let mut subscribe = tool("mosquitto_sub");
            subscribe.args(["-t", "garden/#", "-C", "1", "-W", "20", "-v", "-t", &topic]);
            let heard = tokio::task::spawn_blocking(move || subscribe.output().unwrap()).await.unwrap();
            let text = String::from_utf8_lossy(&heard.stdout).into_owned();
            assert!(heard.status.success() && text.contains("wet"), "{version} {tls} {qos}: {heard:?}");
        }
    }
    world.stop().await;
}

/// rumqttc's own settings for a way in: name, host or URL, port, transport.
fn rumqttc_ways(world: &World) -> Vec<(&'static str, String, u16, rumqttc::Transport)> {
    let addresses = world.running().addresses.clone();
    let port = |address: Option<std::net::SocketAddr>| address.unwrap().port();
    let tls = || rumqttc::TlsConfiguration::Rustls(std::sync::Arc::new(super::device::trusting(world)));
    let (mqtt, mqtts) = (port(addresses.mqtt), port(addresses.mqtts));
    let (http, https) = (port(addresses.http), port(addresses.https));
    let host = || "localhost".to_owned();
    vec![
        ("tcp", host(), mqtt, rumqttc::Transport::tcp()),
        ("tls", host(), mqtts, rumqttc::Transport::tls_with_config(tls())),
        ("ws", format!("ws://localhost:{http}/mqtt"), http, rumqttc::Transport::ws()),
        ("wss", format!("wss://localhost:{https}/mqtt"), https, rumqttc::Transport::wss_with_config(tls())),
    ]
}

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rumqttc_3_1_1_works_over_every_way_in() {
    use rumqttc::{Event, Incoming, QoS};
    let world = World::start().await;
    let (username, secret) = credentials(&world, "rumqttc").await;
    for (way, host, port, transport) in rumqttc_ways(&world) {
        let mut options = rumqttc::MqttOptions::new(format!("rumqttc-{way}"), host, port);
        options.set_credentials(&username, &secret).set_transport(transport);
        let (client, mut events) = rumqttc::AsyncClient::new(options, 10);
        client.subscribe(format!("ru/{way}/#"), QoS::ExactlyOnce).await.unwrap();
        for (qos, retain) in [(QoS::AtMostOnce, false), (QoS::AtLeastOnce, true), (QoS::ExactlyOnce, false)] {
            client.publish(format!("ru/{way}/{}", qos as u8), qos, retain, format!("{qos:?}")).await.unwrap();
        }
        let mut heard = std::collections::BTreeSet::new();
        while heard.len() < 3 {
            let event = tokio::time::timeout(PATIENCE, events.poll()).await;
            let Ok(event) = event else { panic!("{way}: {heard:?}") };
            match event.unwrap_or_else(|e| panic!("{way}: {e}")) {
                Event::Incoming(Incoming::Publish(publish)) => {
                    let _ = heard.insert((publish.topic, publish.payload));
                }
                Event::Incoming(Incoming::SubAck(ack)) => {
                    assert!(matches!(
                        ack.return_codes[0],
                        rumqttc::SubscribeReasonCode::Success(QoS::ExactlyOnce)
                    ));
                }
                _ => {}
            }
        }
        client.disconnect().await.unwrap();
        while events.poll().await.is_ok() {}
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rumqttc_5_works_over_every_way_in() {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::{AsyncClient, Event, Incoming, MqttOptions};
    let world = World::start().await;
    let (username, secret) = credentials(&world, "rumqttc 5").await;
    for (way, host, port, transport) in rumqttc_ways(&world) {
        let mut options = MqttOptions::new(format!("rumqttc5-{way}"), host, port);
        options.set_credentials(&username, &secret).set_transport(transport);
        let (client, mut events) = AsyncClient::new(options, 10);
        client.subscribe(format!("ru5/{way}/#"), QoS::ExactlyOnce).await.unwrap();
        for (qos, retain) in [(QoS::AtMostOnce, false), (QoS::AtLeastOnce, true), (QoS::ExactlyOnce, false)] {
            client
                .publish(format!("ru5/{way}/{}", qos as u8), qos, retain, format!("{qos:?}"))
                .await
                .unwrap();
        }
        let mut heard = std::collections::BTreeSet::new();
        while heard.len() < 3 {
            let event = tokio::time::timeout(PATIENCE, events.poll()).await;
            let Ok(event) = event else { panic!("{way}: {heard:?}") };
            if let Event::Incoming(Incoming::Publish(publish)) =
                event.unwrap_or_else(|e| panic!("{way}: {e}"))
            {
                let _ = heard.insert((publish.topic, publish.payload));
            }
        }
        client.disconnect().await.unwrap();
        while events.poll().await.is_ok() {}
    }
    world.stop().await;
}
