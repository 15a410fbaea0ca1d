//! Accepting connections: bounded in number, each with its TLS handshake in its own task under a time-out.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::strangers::Stranger;
use super::{Broker, Origin};
use crate::codec::ReasonCode;
use crate::port::Handler;

/// The listener of what something else accepted.
const ATTENDED: u64 = 0;

/// Gives the TLS configuration for the next handshake, so that certificates can be replaced while running.
pub type TlsProvider = Arc<dyn Fn() -> Arc<rustls::ServerConfig> + Send + Sync>;

/// One of a bounded number of places, given back when dropped.
struct Place<H: Handler> {
    broker: Arc<Broker<H>>,
    counter: fn(&Broker<H>) -> &AtomicUsize,
}

impl<H: Handler> Place<H> {
    fn take(
        broker: &Arc<Broker<H>>,
        limit: usize,
        counter: fn(&Broker<H>) -> &AtomicUsize,
    ) -> Option<Place<H>> {
        let taken = counter(broker).fetch_add(1, Ordering::Relaxed);
        let place = Place { broker: broker.clone(), counter };
        (taken < limit).then_some(place)
    }
}

impl<H: Handler> Drop for Place<H> {
    fn drop(&mut self) {
        (self.counter)(&self.broker).fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a connection holds of the listener it came through.
pub(super) struct Placement<H: Handler> {
    pub listener: u64,
    pub stopping: watch::Receiver<bool>,
    _connection: Place<H>,
    stranger: Option<(Place<H>, Stranger)>,
}

impl<H: Handler> Placement<H> {
    fn take(
        broker: &Arc<Broker<H>>,
        listener: u64,
        peer: SocketAddr,
        stopping: watch::Receiver<bool>,
    ) -> Option<Self> {
        let connection = Place::take(broker, broker.limits().connections, |broker| &broker.connections)?;
        let stranger = Place::take(broker, broker.limits().strangers, |broker| &broker.strangers)?;
        let of_network = broker.stranger_networks.take(peer.ip(), broker.limits().strangers_per_network)?;
        let stranger = Some((stranger, of_network));
        Some(Placement { listener, stopping, _connection: connection, stranger })
    }

    /// The house knows this client now.
    pub fn no_longer_a_stranger(&mut self) {
        self.stranger = None;
    }
}

impl<H: Handler> Broker<H> {
    /// Accepts until `shutdown` resolves; then ends the connections of this listener (v5: reason 0x8B) and
    /// returns when they are over, or cut them off when they take too long.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        tls: Option<TlsProvider>,
        shutdown: impl Future<Output = ()>,
    ) {
        let id = self.listeners.fetch_add(1, Ordering::Relaxed);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = tasks.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer, id, &stopping, tls.as_ref(), &mut tasks),
                    Err(error) => {
                        // Out of descriptors, most likely: wait for some to come back.
                        tracing::warn!(%error, "accept failed");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(listener);
        let _ = stop.send(true);
        for link in self.registry.of_listener(id) {
            link.cut(ReasonCode::ServerShuttingDown);
        }
        let _ =
            tokio::time::timeout(self.patience(), async { while tasks.join_next().await.is_some() {} }).await;
    }

    fn patience(&self) -> Duration {
        self.limits().drain_time * 2 + Duration::from_secs(2)
    }

    /// As `serve`, for the connections of `attend`: ends them when `shutdown` resolves, and returns when they are over,
    /// or take too long.
    pub async fn end_attended(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        self.attending.send_replace(true);
        for link in self.registry.of_listener(ATTENDED) {
            link.cut(ReasonCode::ServerShuttingDown);
        }
        let _ = tokio::time::timeout(self.patience(), self.attending.closed()).await;
    }

    fn admit(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        listener: u64,
        stopping: &watch::Receiver<bool>,
        tls: Option<&TlsProvider>,
        tasks: &mut JoinSet<()>,
    ) {
        let Some(place) = Placement::take(self, listener, peer, stopping.clone()) else {
            return self.handler.violated(None, peer, "too many connections");
        };
        let _ = stream.set_nodelay(true);
        let Ok(local) = stream.local_addr() else { return };
        let origin = Origin { peer, local, tls: tls.is_some(), certificate: None };
        let broker = self.clone();
        match tls {
            None => tasks.spawn(broker.attend_placed(stream, origin, place)),
            Some(provider) => {
                let acceptor = TlsAcceptor::from(provider());
                tasks.spawn(broker.attend_tls(stream, acceptor, origin, place))
            }
        };
    }

    async fn attend_tls(
        self: Arc<Self>,
        stream: TcpStream,
        acceptor: TlsAcceptor,
        mut origin: Origin,
        mut place: Placement<H>,
    ) {
        let mut stopping = place.stopping.clone();
        let handshake =
            Box::pin(tokio::time::timeout(self.limits().tls_handshake_time, acceptor.accept(stream)));
        let stream = tokio::select! {
            stream = handshake => stream,
            _ = stopping.changed() => return,
        };
        let stream = match stream {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return self.handler.violated(None, origin.peer, &format!("TLS handshake failed: {error}"));
            }
            Err(_) => return self.handler.violated(None, origin.peer, "TLS handshake timed out"),
        };
        let certificates = stream.get_ref().1.peer_certificates();
        origin.certificate =
            certificates.and_then(|chain| chain.first()).map(|leaf| leaf.clone().into_owned());
        place.stopping = stopping;
        self.attend_placed(stream, origin, place).await;
    }

    /// Serves one connection on a stream that something else accepted (a WebSocket, a pipe in a test), until
    /// it ends.
    pub async fn attend<S>(self: Arc<Self>, stream: S, origin: Origin)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
    {
        match Placement::take(&self, ATTENDED, origin.peer, self.attending.subscribe()) {
            Some(place) => self.attend_placed(stream, origin, place).await,
            None => self.handler.violated(None, origin.peer, "too many connections"),
        }
    }
}
