//! G01: which TLS the listeners speak, found out by handshakes with one version and one suite at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::*;

fn client(
    world: &World,
    suites: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&world.running().authority).unwrap()).unwrap();
    let builder =
        ClientConfig::builder_with_provider(Arc::new(suites)).with_protocol_versions(versions).unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

async fn handshake(port: u16, config: ClientConfig) -> Result<(String, String), String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream =
        connector.connect("localhost".try_into().unwrap(), stream).await.map_err(|e| e.to_string())?;
    let (_, connection) = stream.get_ref();
    let version = format!("{:?}", connection.protocol_version().unwrap());
    Ok((version, format!("{:?}", connection.negotiated_cipher_suite().unwrap().suite())))
}

/// Every suite of every version that a listener takes.
async fn spoken(world: &World, port: u16) -> BTreeSet<(String, String)> {
    let mut spoken = BTreeSet::new();
    for suite in aws_lc_rs::ALL_CIPHER_SUITES {
        let provider = CryptoProvider { cipher_suites: vec![*suite], ..aws_lc_rs::default_provider() };
        let versions: &[&SupportedProtocolVersion] =
            if suite.tls13().is_some() { &[&TLS13] } else { &[&TLS12] };
        spoken.extend(handshake(port, client(world, provider, versions)).await);
    }
    spoken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g01_devices_get_tls_1_3_only_and_the_web_aead_suites_only() {
    let world = World::start().await;
    let addresses = world.running().addresses.clone();
    let (https, mqtts) = (addresses.https.unwrap().port(), addresses.mqtts.unwrap().port());
    let old = client(&world, aws_lc_rs::default_provider(), &[&TLS12]);
    let refused = handshake(mqtts, old.clone()).await.unwrap_err();
    assert!(refused.contains("ProtocolVersion"), "{refused}");
    assert_eq!(handshake(https, old).await.unwrap().0, "TLSv1_2");
    let devices = spoken(&world, mqtts).await;
    assert!(devices.len() >= 2 && devices.iter().all(|(version, _)| version == "TLSv1_3"), "{devices:?}");
    let web = spoken(&world, https).await;
    let versions: BTreeSet<_> = web.iter().map(|(version, _)| version.as_str()).collect();
    assert_eq!(versions, BTreeSet::from(["TLSv1_2", "TLSv1_3"]));
    for (_, suite) in devices.iter().chain(&web) {
        assert!(suite.contains("GCM") || suite.contains("POLY1305"), "{suite} is no AEAD suite");
    }
    world.stop().await;
}

/// What a client of our library cannot offer is offered by hand: a hello of TLS 1.2 with old suites only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g01_old_suites_are_refused() {
    let world = World::start().await;
    // RSA key exchange, CBC, RC4, 3DES, NULL and anonymous suites.
    let old: [u16; 12] =
        [0x000a, 0x002f, 0x0035, 0x003c, 0x009c, 0x0005, 0xc013, 0xc014, 0xc023, 0xc027, 0x0000, 0x0034];
    let port = world.running().addresses.https.unwrap().port();
    for suite in old {
        let mut hello = vec![3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0, 2]);
        hello.extend(suite.to_be_bytes());
        hello.extend([1, 0]);
        // supported_groups: x25519, P-256; signature_algorithms: ECDSA P-256, RSA PKCS#1; point formats.
        let extensions: [u8; 28] =
            [0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1, 0, 11, 0, 4, 3, 0, 1, 2];
        hello.extend((extensions.len() as u16).to_be_bytes());
        hello.extend(extensions);
        let mut record = vec![22, 3, 1];
        record.extend((hello.len() as u16 + 4).to_be_bytes());
        record.extend([1, 0]);
        record.extend((hello.len() as u16).to_be_bytes());
        record.extend(hello);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(&record).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer.first(), Some(&21), "{suite:#06x} got {answer:?}, not an alert");
    }
    world.stop().await;
}

/// One connection to its end: whether a ticket allowed early data, and whether it was a resumption.
fn visit(port: u16, config: &Arc<ClientConfig>) -> (bool, Option<rustls::HandshakeKind>) {
    use std::io::{Read as _, Write as _};
    let mut connection =
        rustls::ClientConnection::new(config.clone(), "localhost".try_into().unwrap()).unwrap();
    let early = connection.early_data().is_some();
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let _ = stream.read_to_end(&mut Vec::new());
    (early || connection.is_early_data_accepted(), connection.handshake_kind())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g01_no_early_data_is_offered() {
    let world = World::start().await;
    let addresses = world.running().addresses.clone();
    for port in [addresses.https.unwrap().port(), addresses.mqtts.unwrap().port()] {
        let mut config = client(&world, aws_lc_rs::default_provider(), &[&TLS13]);
        config.enable_early_data = true;
        let config = Arc::new(config);
        tokio::task::block_in_place(|| {
            assert!(!visit(port, &config).0);
            // With a ticket of the first visit: had it allowed early data, the client would offer some.
            let (early, kind) = visit(port, &config);
            assert_eq!(kind, Some(rustls::HandshakeKind::Resumed), "without a ticket this shows nothing");
            assert!(!early, "early data was allowed");
        });
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g01_the_same_api_is_behind_tls() {
    let world = World::start().await;
    let plain = world.get("/api/iot/devices").as_(Owner).expect(200).await;
    assert_eq!(world.get("/api/iot/devices").as_(Owner).over_tls().expect(200).await, plain);
    world.get("/api/iot/devices").over_tls().expect(401).await;
    world.stop().await;
}
