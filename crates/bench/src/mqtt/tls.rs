//! TLS 1.3 clients on blocking sockets, without resumption: how much memory an idle one costs the broker, and how much
//! processor time a handshake.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::process::cpu_s;
use super::wire::{self, Failure};

pub type Stream = StreamOwned<ClientConnection, TcpStream>;

pub fn config(authority: &Path) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(authority).map_err(|error| error.to_string())?;
    roots.add(authority).map_err(|error| error.to_string())?;
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Signed in over TLS, with what was asked for answered.
pub fn dial(address: &str, config: &Arc<ClientConfig>, packets: &[Vec<u8>]) -> Result<Stream, Failure> {
    let said = |error: std::io::Error| format!("{address}: {error}");
    let stream = TcpStream::connect(address).map_err(said)?;
    stream.set_nodelay(true).map_err(said)?;
    let name = "localhost".try_into().map_err(|_| "a name".to_owned())?;
    let connection = ClientConnection::new(config.clone(), name).map_err(|error| error.to_string())?;
    let mut stream = StreamOwned::new(connection, stream);
    for packet in packets {
        stream.write_all(packet).map_err(said)?;
        stream.flush().map_err(said)?;
        let mut head = [0; 2];
        stream.read_exact(&mut head).map_err(said)?;
        let mut body = vec![0; usize::from(head[1])];
        stream.read_exact(&mut body).map_err(said)?;
        if head[0] == 0x20 && body.get(1) != Some(&0) {
            return Err(format!("{address}: CONNACK {body:?}"));
        }
    }
    Ok(stream)
}

/// Processor time of the broker for one connection with a full handshake and CONNECT, in microseconds.
pub fn handshake_cpu_us(
    address: &str,
    broker: u32,
    config: &Arc<ClientConfig>,
    login: Option<(&str, &str)>,
    time: Duration,
) -> Result<f64, Failure> {
    let (began, cpu, mut count) = (Instant::now(), cpu_s(broker), 0_u32);
    while began.elapsed() < time {
        let mut stream = dial(address, config, &[wire::connect(&format!("shake-{count}"), 0, login)])?;
        let _ = stream.write_all(&[0xE0, 0]).and_then(|()| stream.flush());
        count += 1;
    }
    Ok((cpu_s(broker) - cpu) * 1e6 / f64::from(count))
}
