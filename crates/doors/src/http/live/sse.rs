//! Server-sent events (WHATWG HTML, section 9.2) around a live session: the same frames, one way. A client comes
//! back by itself and says with `Last-Event-ID` where it was.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::frame::{self, Frame};
use super::places::Place;
use super::session::{End, Session, ended};
use crate::http::Door;

struct Source {
    session: Session,
    frames: VecDeque<Frame>,
    ready: watch::Receiver<bool>,
    /// When the last frame was handed over, until the next one is asked for.
    handed_over: Instant,
    ended: bool,
    _place: Place,
}

pub fn answer(door: Door, session: Session, frames: Vec<Frame>, place: Place) -> Response {
    let source = Source {
        session,
        frames: frames.into(),
        ready: door.ready.clone(),
        handed_over: Instant::now(),
        ended: false,
        _place: place,
    };
    let events = stream::unfold(source, |mut source| async move {
        let frame = source.next().await?;
        Some((Ok::<_, Infallible>(event(frame)), source))
    });
    // Proxies must pass each event on at once.
    let unbuffered = [
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(20));
    (unbuffered, Sse::new(events).keep_alive(keep_alive)).into_response()
}

impl Source {
    async fn next(&mut self) -> Option<Frame> {
        let blocked = self.handed_over.elapsed();
        while self.frames.is_empty() && !self.ended {
            let taken = tokio::select! {
                () = self.session.ready() => self.session.take(blocked).await,
                () = ended(&mut self.ready) => Err(End::GoingAway),
            };
            match taken {
                Ok(frames) => self.frames.extend(frames),
                Err(end) => {
                    self.ended = true;
                    self.frames.push_back(frame::closed(end.code(), end.reason()));
                }
            }
        }
        let frame = self.frames.pop_front();
        self.handed_over = Instant::now();
        frame
    }
}

fn event(frame: Frame) -> Event {
    let event = Event::default().event(frame.name).data(frame.text);
    match frame.cursor {
        Some(cursor) => event.id(cursor),
        None => event,
    }
}
