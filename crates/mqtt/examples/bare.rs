//! A bare broker for conformance suites, fuzzing clients and measurements: everybody is let in, in one topic space, and
//! may do everything but subscribe to `test/nosubscribe`. Arguments: ADDRESS [--journal DIRECTORY] [--tls CERT KEY].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lares_mqtt::codec::ReasonCode;
use lares_mqtt::{
    Broker, Disconnected, FileJournal, Ground, Handler, Hello, Journal, Limits, Message, Outcome, Refusal,
    TenantQuota, TlsProvider, Welcome,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

struct Open;

impl Handler for Open {
    type Client = ();

    async fn connect(&self, _: Hello) -> Result<Welcome<()>, Refusal> {
        Ok(Welcome::new((), "anybody").in_space("bare", "bare").with_sessions_for(u32::MAX))
    }

    fn may_publish(&self, (): &(), _: &str, _: bool) -> bool {
        true
    }

    fn may_subscribe(&self, (): &(), filter: &str) -> bool {
        filter != "test/nosubscribe"
    }

    fn subscription_refusal(&self, (): &(), _: &str) -> ReasonCode {
        ReasonCode::UnspecifiedError
    }

    async fn publish(&self, _: &Arc<()>, _: Message) -> Outcome {
        Outcome::Accepted
    }

    fn wants(&self, (): &(), _: &str) -> bool {
        false
    }

    async fn absent(&self, _: &str) -> Option<()> {
        Some(())
    }

    fn subscribed(&self, _: &Arc<()>, _: &str) {}

    fn disconnected(&self, _: &Arc<()>, _: &Disconnected) {}

    fn violated(&self, _: Option<&Arc<()>>, peer: SocketAddr, why: &str) {
        if std::env::var_os("BARE_TELLS").is_some() {
            eprintln!("{peer}: {why}");
        }
    }
}

fn argument(name: &str, offset: usize) -> Option<String> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + offset).cloned()
}

fn tls() -> Option<TlsProvider> {
    let (certificate, key) = (argument("--tls", 1)?, argument("--tls", 2)?);
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let chain = CertificateDer::pem_file_iter(certificate).expect("certificate");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificate");
    let key = PrivateKeyDer::from_pem_file(key).expect("key");
    let config = rustls::ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]);
    let config = config.with_no_client_auth().with_single_cert(chain, key).expect("key and certificate");
    let config = Arc::new(config);
    Some(Arc::new(move || config.clone()))
}

fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:1883".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let journal = argument("--journal", 1).map(|directory| {
            let journal = FileJournal::open(directory.as_ref()).expect("journal");
            Box::new(journal) as Box<dyn Journal>
        });
        let limits = Limits {
            keep_alive_max_s: 60,
            connections: 50_000,
            strangers: 50_000,
            client_sessions: 50_000,
            ..Limits::default()
        };
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
        let quota = TenantQuota { connections: 50_000, sessions: 50_000, ..TenantQuota::default() };
        let ground = Ground { limits, quota, journal, clock: Arc::new(clock) };
        let broker = Broker::open(Arc::new(Open), ground).expect("journal");
        let listener = tokio::net::TcpListener::bind(&address).await.expect("address");
        println!("listening on {address}");
        tokio::spawn(broker.clone().tend(std::future::pending()));
        broker.serve(listener, tls(), std::future::pending()).await;
    });
}
