//! A server certificate that is replaced on disk, as renewals do: the next handshake sees the new one, and who is
//! connected stays.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lares_mqtt::codec::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::device::trusting;
use super::mqtt_wire::*;
use super::world::*;

async fn handshake(
    config: rustls::ClientConfig,
    port: u16,
) -> std::io::Result<(TlsStream<TcpStream>, CertificateDer<'static>)> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned();
    Ok((stream, shown))
}

/// An authority that nobody here knew, and a certificate of it for this server.
fn renewed() -> (rustls::ClientConfig, String, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = params.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    let trusts = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (trusts, server.pem(), key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_shown_at_the_next_handshake_and_sessions_go_on() {
    let world = World::start().await;
    let addresses = world.running().addresses.clone();
    let ports = [addresses.mqtts.unwrap().port(), addresses.https.unwrap().port()];
    let path = format!("/api/homes/{}/mqtt-clients", world.a.home);
    let made = world.post(path).as_(Owner).json(json!({ "name": "stays" })).expect(201).await;
    let of = |name: &str| made[name].as_str().unwrap().to_owned();
    let (stream, before) = handshake(trusting(&world), ports[0]).await.unwrap();
    let mut session = Wire::new(stream, Version::V5);
    let hello = Connect {
        username: Some(text(&of("username"))),
        password: Some(Bytes::from(of("secret"))),
        ..connect(Version::V5, "", "stays")
    };
    assert_eq!(session.connect(hello).await.reason, ReasonCode::Success);
    session.send([subscribe(1, "kept/#", Qos::AtLeastOnce)]).await;
    session.said().await;

    let folder = world.running().authority.parent().unwrap().to_owned();
    let (trusts, certificate, key) = renewed();
    // A renewal writes one file after the other; between the two, what is there does not fit together.
    std::fs::write(folder.join("server.key"), key).unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let (_, between) = handshake(trusting(&world), ports[0]).await.unwrap();
    assert_eq!(between, before, "half a renewal changes nothing");
    std::fs::write(folder.join("server.crt"), certificate).unwrap();
    for port in ports {
        let renewed = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                match handshake(trusts.clone(), port).await {
                    Ok((_, shown)) => break shown,
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        assert_ne!(renewed.await.expect("the new certificate is never shown"), before);
        assert!(handshake(trusting(&world), port).await.is_err(), "the old authority vouches for it no more");
    }
    session.send([Packet::Publish(publish("kept/on", Qos::AtLeastOnce, 2, b"still here"))]).await;
    let said = session.said().await;
    assert!(said.iter().any(|packet| matches!(packet, Packet::Publish(_))), "{said:?}");
    world.stop().await;
}
