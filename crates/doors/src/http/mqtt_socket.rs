//! MQTT over WebSocket at `/mqtt` (MQTT 5, section 6): the socket as a stream of bytes, served as any other connection.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Extension;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::response::Response;
use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream};
use lares_mqtt::Origin;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Door;
use super::problem::Problem;
use super::server::OverTls;

/// [MQTT-6.0.0-4]
const PROTOCOL: &str = "mqtt";
const READ_BUFFER_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 4 * 1024;
const FRAME_MAX_BYTES: usize = 1024 * 1024;

/// An MQTT connection over WebSocket, subprotocol `mqtt`, binary frames. Who it is is said in CONNECT.
#[utoipa::path(get, path = "/mqtt", tag = "devices", operation_id = "openMqttSocket",
    responses((status = 101, description = "A WebSocket of MQTT"), (status = 426, description = "No WebSocket")))]
pub async fn open(
    State(door): State<Door>,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    Extension(OverTls(tls)): Extension<OverTls>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| {
        Problem::new(426, "Upgrade required", "this is MQTT over WebSocket, with the subprotocol `mqtt`")
    })?;
    if !offers_mqtt(&headers) {
        return Err(Problem::new(400, "Bad request", "the subprotocol must be `mqtt`"));
    }
    // No listener of MQTT's own: none that lets in whoever does not say a name.
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let peer = SocketAddr::new(door.limits.believed(peer.ip(), &headers), peer.port());
    let origin = Origin { peer, local: nowhere, tls, certificate: None };
    let broker = door.mqtt.clone();
    Ok(upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(FRAME_MAX_BYTES)
        .max_frame_size(FRAME_MAX_BYTES)
        .on_failed_upgrade(|error| tracing::debug!(%error, "an MQTT WebSocket did not come about"))
        .on_upgrade(move |socket| broker.attend(Bytestream::new(socket), origin)))
}

/// [MQTT-6.0.0-3]: whoever offers another subprotocol, or none, expects something else here.
fn offers_mqtt(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|list| list.split(',')).any(|one| one.trim() == PROTOCOL)
}

/// Frames in, bytes out, and the reverse. Packets need not end where frames do [MQTT-6.0.0-2].
struct Bytestream {
    socket: WebSocket,
    received: VecDeque<Bytes>,
}

impl Bytestream {
    fn new(socket: WebSocket) -> Bytestream {
        Bytestream { socket, received: VecDeque::new() }
    }
}

fn broken(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, error.to_string())
}

impl AsyncRead for Bytestream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(first) = self.received.front_mut() {
                let length = first.len().min(buffer.remaining());
                buffer.put_slice(&first[..length]);
                first.advance(length);
                if first.is_empty() {
                    self.received.pop_front();
                }
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) if bytes.is_empty() => {}
                Some(Ok(Message::Binary(bytes))) => self.received.push_back(bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                // [MQTT-6.0.0-1]
                Some(Ok(Message::Text(_))) => return Poll::Ready(Err(broken("a text frame"))),
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
            }
        }
    }
}

impl AsyncWrite for Bytestream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(broken)?;
        let frame = Message::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.socket).start_send(frame).map_err(broken)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(broken)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(broken)
    }
}
