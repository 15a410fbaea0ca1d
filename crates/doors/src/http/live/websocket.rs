//! The WebSocket (RFC 6455) around a live session. A client that reads slowly gets the newest values only; one that
//! stops reading is cut off with a reason, and neither is felt by anybody else.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::SinkExt as _;
use lares_hub::{Caller, HubError};
use lares_model::Invalid;
use tokio::time::Instant;

use super::frame::{self, Frame};
use super::session::{End, Session, ended};
use super::subscribe::{self, Request, Wanted};
use crate::http::Door;

pub const PROTOCOL: &str = "lares.live.v1";
/// So long it can still learn why.
const GOODBYE: Duration = Duration::from_secs(20);
const PING_EVERY: Duration = Duration::from_secs(30);
const SILENT_AT_MOST: Duration = Duration::from_secs(75);
const MESSAGE_MAX_BYTES: usize = 64 * 1024;
const READ_BUFFER_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// A batch of events is bounded by the hub; only a single larger event comes near this.
const WRITE_BUFFER_MAX_BYTES: usize = 8 * 1024 * 1024;

pub fn answer(door: Door, caller: Caller, first: Option<Wanted>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_MAX_BYTES)
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES)
        .on_failed_upgrade(|error| tracing::debug!(%error, "a WebSocket did not come about"))
        .on_upgrade(move |socket| attend(door, caller, first, socket))
}

async fn attend(door: Door, caller: Caller, first: Option<Wanted>, mut socket: WebSocket) {
    let place = match door.live.take(caller.user) {
        Ok(place) => place,
        Err(full) => return close(&mut socket, End::TooMany(full.reason())).await,
    };
    let session = Session::new(door.clone(), caller);
    let unread = door.live.limits.unread;
    let mut wire = Wire { socket, session, heard: Instant::now(), blocked: Duration::ZERO, unread };
    let end = match wire.begin(first).await {
        Ok(()) => wire.run(&door).await,
        Err(end) => end,
    };
    // A goodbye may take long, and must not hold up a server that stops.
    let Wire { mut socket, session, .. } = wire;
    drop((session, door));
    if let Ended::ByUs(end) = end {
        if end == End::TooSlow {
            metrics::counter!("lares_live_cut_off_total").increment(1);
        }
        close(&mut socket, end).await;
    }
    drop(place);
}

enum Ended {
    ByUs(End),
    /// The client has gone.
    ByThem,
}

impl From<End> for Ended {
    fn from(end: End) -> Self {
        Ended::ByUs(end)
    }
}

struct Wire {
    socket: WebSocket,
    session: Session,
    heard: Instant,
    /// How long the client did not take what was sent since news were last told.
    blocked: Duration,
    unread: Duration,
}

impl Wire {
    async fn begin(&mut self, first: Option<Wanted>) -> Result<(), Ended> {
        match first {
            Some(wanted) => self.subscribe(wanted).await,
            None => Ok(()),
        }
    }

    async fn run(&mut self, door: &Door) -> Ended {
        let mut ready = door.ready.clone();
        let mut ping = tokio::time::interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            let outcome = tokio::select! {
                heard = self.socket.recv() => match heard {
                    Some(Ok(message)) => self.hear(message).await,
                    _ => return Ended::ByThem,
                },
                () = self.session.ready() => self.tell().await,
                _ = ping.tick() => self.ping().await,
                () = ended(&mut ready) => return Ended::ByUs(End::GoingAway),
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    async fn tell(&mut self) -> Result<(), Ended> {
        let frames = self.session.take(std::mem::take(&mut self.blocked)).await?;
        self.send(frames).await
    }

    async fn hear(&mut self, message: Message) -> Result<(), Ended> {
        self.heard = Instant::now();
        match message {
            Message::Text(text) => match subscribe::read(&text) {
                Ok(Request::Ping) => self.send(vec![frame::pong(self.session.now())]).await,
                Ok(Request::Subscribe(wanted)) => match self.session.check_rate() {
                    Ok(()) => self.subscribe(*wanted).await,
                    Err(problem) => self.refuse(&problem.detail, &Invalid::default()).await,
                },
                Err(invalid) => self.refuse("this message was not understood", &invalid).await,
            },
            Message::Binary(_) => {
                self.refuse("messages are JSON text", &Invalid::one("", "must be a text frame")).await
            }
            Message::Close(_) => Err(Ended::ByThem),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    async fn subscribe(&mut self, (subscription, cursor): Wanted) -> Result<(), Ended> {
        match self.session.subscribe(subscription, cursor.as_deref()).await {
            Ok(frames) => self.send(frames).await,
            Err(HubError::Invalid(invalid)) => {
                self.refuse("the subscription was not changed", &invalid).await
            }
            Err(HubError::NotFound(what)) => {
                let invalid = Invalid::one(what, format!("there is no such {what}"));
                self.refuse("the subscription was not changed", &invalid).await
            }
            Err(HubError::Unauthenticated) => Err(End::AccessEnded.into()),
            Err(error) => {
                tracing::warn!(%error, "a live subscription could not be opened");
                Err(End::Failed.into())
            }
        }
    }

    async fn refuse(&mut self, detail: &str, invalid: &Invalid) -> Result<(), Ended> {
        self.send(vec![frame::error(detail, invalid)]).await
    }

    async fn ping(&mut self) -> Result<(), Ended> {
        if self.heard.elapsed() > SILENT_AT_MOST {
            return Err(Ended::ByThem);
        }
        let sent =
            tokio::time::timeout(self.unread, self.socket.send(Message::Ping(Vec::new().into()))).await;
        settled(sent)
    }

    async fn send(&mut self, frames: Vec<Frame>) -> Result<(), Ended> {
        if frames.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let mut sent = Ok(Ok(()));
        for frame in frames {
            // Each for itself: one that reads slowly, but reads, is not cut off.
            let message = Message::Text(Utf8Bytes::from(frame.text));
            sent = tokio::time::timeout(self.unread, self.socket.feed(message)).await;
            if !matches!(sent, Ok(Ok(()))) {
                break;
            }
        }
        if matches!(sent, Ok(Ok(()))) {
            sent = tokio::time::timeout(self.unread, self.socket.flush()).await;
        }
        self.blocked = self.blocked.max(began.elapsed());
        settled(sent)
    }
}

fn settled(sent: Result<Result<(), axum::Error>, tokio::time::error::Elapsed>) -> Result<(), Ended> {
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Ended::ByThem),
        Err(_) => Err(End::TooSlow.into()),
    }
}

async fn close(socket: &mut WebSocket, end: End) {
    let frame = CloseFrame { code: end.code(), reason: Utf8Bytes::from_static(end.reason()) };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            // Until the client answers: closing first could throw away what it has not read yet.
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        }
    };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
}
