//! The accept loop for plain and TLS listeners: bounded connections, handshakes and headers under time-outs, graceful
//! end. Plain listeners are for loopback and for reverse proxies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use lares_mqtt::TlsProvider;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

#[derive(Clone, Debug)]
pub struct HttpLimits {
    pub connections: usize,
    pub body_bytes: usize,
    pub header_time: Duration,
    pub handshake_time: Duration,
    pub request_time: Duration,
    /// How long a client may leave what was sent unread.
    pub write_time: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        HttpLimits {
            connections: 4_096,
            body_bytes: 1024 * 1024,
            header_time: Duration::from_secs(10),
            handshake_time: Duration::from_secs(10),
            request_time: Duration::from_secs(60),
            write_time: Duration::from_secs(60),
        }
    }
}

/// Whether a request came over TLS that ends here.
#[derive(Clone, Copy, Debug)]
pub struct OverTls(pub bool);

/// Serves until `stop` is true, then lets running requests end.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsProvider>,
    router: Router,
    limits: HttpLimits,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    while !*stop.borrow() {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Full: the connection is closed rather than left to wait behind ones that may never end.
        let Ok(place) = places.clone().try_acquire_owned() else {
            metrics::counter!("lares_http_connections_refused_total").increment(1);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, limits, watcher, tls) =
            (router.clone(), limits.clone(), graceful.watcher(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => attend(stream, (peer, OverTls(false)), router, &limits, watcher).await,
                Some(tls) => {
                    let handshake = TlsAcceptor::from(tls()).accept(stream);
                    match tokio::time::timeout(limits.handshake_time, handshake).await {
                        Ok(Ok(stream)) => {
                            attend(stream, (peer, OverTls(true)), router, &limits, watcher).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(10), graceful.shutdown()).await.is_err() {
        tracing::warn!("some HTTP connections did not end in time and are cut");
    }
}

async fn attend<S>(
    stream: S,
    (peer, over_tls): (SocketAddr, OverTls),
    router: Router,
    limits: &HttpLimits,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(over_tls);
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_headers(64);
    // Somebody who asks and never reads the answer does not keep the place.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "HTTP connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_client_that_never_reads_gives_its_place_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }))
            .route("/small", get(|| async { "here" }));
        let limits =
            HttpLimits { connections: 1, write_time: Duration::from_millis(300), ..HttpLimits::default() };
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, None, router, limits, stopped));
        let mut deaf = TcpStream::connect(address).await.unwrap();
        deaf.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut refused = 0;
        // While the place is taken, others are closed without an answer.
        let answer = loop {
            let mut other = TcpStream::connect(address).await.unwrap();
            let request = b"GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            let _ = other.write_all(request).await;
            let mut answer = String::new();
            match other.read_to_string(&mut answer).await {
                Ok(1..) => break answer,
                _ => refused += 1,
            }
            assert!(refused < 500, "the place was not given back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(answer.ends_with("here"), "{answer}");
        assert!(refused > 0, "the place was never taken");
        drop(deaf);
        let _ = stop.send(true);
        serving.await.unwrap();
    }
}
