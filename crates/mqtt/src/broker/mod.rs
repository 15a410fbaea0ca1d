//! The broker around the pure parts: listeners, one task per connection, and the registry through which the
//! house reaches its clients.

mod connection;
mod greeting;
mod limits;
mod link;
mod listener;
mod registry;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rustls::pki_types::CertificateDer;

use crate::codec::ReasonCode;
use crate::port::Handler;
pub use limits::Limits;
use link::Offer;
pub use link::Outgoing;
pub use listener::TlsProvider;
use registry::Registry;

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    pub peer: SocketAddr,
    pub local: SocketAddr,
    pub tls: bool,
    pub certificate: Option<CertificateDer<'static>>,
}

/// In how many sessions a message was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendReceipt {
    pub queued: usize,
    /// Sessions that should have had it too, but whose queues are full.
    pub busy: usize,
}

/// Why nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("the client is not connected")]
    NotConnected,
    #[error("the client has no subscription for this topic")]
    NotSubscribed,
    #[error("the client's queue is full")]
    Busy,
    #[error("the message is larger than the client takes")]
    TooLarge,
}

pub struct Broker<H: Handler> {
    handler: Arc<H>,
    limits: Limits,
    registry: Registry,
    connections: AtomicUsize,
    strangers: AtomicUsize,
    clients: AtomicUsize,
    listeners: AtomicU64,
    assigned_ids: AtomicU64,
}

impl<H: Handler> Broker<H> {
    pub fn new(handler: Arc<H>, limits: Limits) -> Arc<Self> {
        Arc::new(Broker {
            handler,
            limits,
            registry: Registry::default(),
            connections: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            clients: AtomicUsize::new(0),
            listeners: AtomicU64::new(1),
            assigned_ids: AtomicU64::new(1),
        })
    }

    /// Queues `message` for every session of `identity` that subscribes to its topic. Queued is not delivered:
    /// what is in a queue when the connection ends is gone, and `Handler::disconnected` says that it ended.
    pub fn send(&self, identity: &str, message: Outgoing) -> Result<SendReceipt, SendError> {
        let message = Arc::new(message);
        let mut receipt = SendReceipt { queued: 0, busy: 0 };
        let mut error = SendError::NotConnected;
        for link in self.registry.of_identity(identity) {
            match link.offer(&message, &self.limits) {
                Offer::Queued => receipt.queued += 1,
                Offer::Busy => receipt.busy += 1,
                Offer::TooLarge => error = SendError::TooLarge,
                Offer::NotSubscribed if error == SendError::NotConnected => error = SendError::NotSubscribed,
                Offer::NotSubscribed | Offer::Gone => {}
            }
        }
        match receipt {
            SendReceipt { queued: 0, busy: 0 } => Err(error),
            SendReceipt { queued: 0, .. } => Err(SendError::Busy),
            receipt => Ok(receipt),
        }
    }

    /// Cuts every live session of `identity` at once; says how many there were.
    pub fn disconnect(&self, identity: &str, reason: ReasonCode) -> usize {
        let links = self.registry.of_identity(identity);
        links.iter().filter(|link| link.is_open()).map(|link| link.cut(reason)).count()
    }

    /// Whether some session of `identity` is live.
    pub fn connected(&self, identity: &str) -> bool {
        self.registry.is_open(identity)
    }

    /// Clients that were let in and have not left.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }
}
