//! SIGKILL of the broker at random moments, with clients of both versions whose sessions are kept, two over TLS: every
//! message that was acknowledged at QoS 1 or 2 arrives, QoS 2 once.

use std::sync::Arc;
use std::time::Duration;

use lares_mqtt::codec::{Qos, Version};
use tokio::net::TcpStream;

use super::process::{Engine, Lares, Moments, soak_factor};

#[path = "../../../mqtt/tests/house/promised.rs"]
mod promised;

use super::mqtt_wire as wire;
use promised::{Client, Stream, judge};

const KILLS: u64 = 6;
const LONGEST_LOAD_MS: u64 = 400;

async fn dial(lares: &Lares, tls: bool) -> Option<Stream> {
    let demo = lares.demo();
    let address = if tls { &demo.mqtts } else { &demo.mqtt };
    let port: u16 = address.rsplit_once(':')?.1.parse().ok()?;
    let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    if !tls {
        return Some(Box::new(stream));
    }
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&demo.ca).ok()?).ok()?;
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect("localhost".try_into().ok()?, stream).await.ok()?;
    Some(Box::new(stream))
}

/// Comes back, however often it takes.
async fn back(lares: &Lares, client: &mut Client, tls: bool) {
    for _ in 0..200 {
        if let Some(stream) = dial(lares, tls).await
            && client.connect(stream).await
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} never came back", client.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_to_mixed_clients_arrives_after_kills() {
    let mut moments = Moments::new("MQTT sessions and kills");
    let mut lares = Lares::new(Engine::Sqlite);
    lares.start().await;
    let api = lares.api();
    let home = api.get("/api/homes").await["items"][0]["id"].as_str().unwrap().to_owned();
    let mut clients = Vec::new();
    for (index, version) in [Version::V311, Version::V5, Version::V5, Version::V311].into_iter().enumerate() {
        let body = serde_json::json!({ "name": format!("power {index}") });
        let made = api.post(&format!("/api/homes/{home}/mqtt-clients"), &body).await;
        let login = (made["username"].as_str().unwrap(), made["secret"].as_str().unwrap());
        let mut client = Client::new(&format!("power-{index}"), version, login);
        back(&lares, &mut client, index % 2 == 1).await;
        clients.push(client);
    }
    let mut number = 0;
    for _ in 0..KILLS * soak_factor() {
        let until = tokio::time::Instant::now() + Duration::from_millis(50 + moments.below(LONGEST_LOAD_MS));
        while tokio::time::Instant::now() < until {
            for client in &mut clients {
                number += 1;
                let qos = if moments.below(2) == 0 { Qos::AtLeastOnce } else { Qos::ExactlyOnce };
                client.publish(number, qos).await;
                client.work(moments.below(8) as usize).await;
            }
        }
        lares.kill();
        lares.start().await;
        for (index, client) in clients.iter_mut().enumerate() {
            client.wire = None;
            back(&lares, client, index % 2 == 1).await;
        }
    }
    let mut quiet = 0;
    while quiet < 5 {
        let count = |clients: &[Client]| -> usize { clients.iter().map(Client::promises).sum() };
        let before = count(&clients);
        for (index, client) in clients.iter_mut().enumerate() {
            if client.wire.is_none() {
                back(&lares, client, index % 2 == 1).await;
            }
            client.work(usize::MAX).await;
        }
        quiet = if count(&clients) == before { quiet + 1 } else { 0 };
    }
    let acknowledged: usize = clients.iter().map(|client| client.acknowledged.len()).sum();
    println!("{number} messages of four clients, {acknowledged} acknowledged, {KILLS} kills");
    assert!(acknowledged > 50, "too little was acknowledged to say anything: {acknowledged}");
    judge(&clients);
    lares.stop().await;
}
