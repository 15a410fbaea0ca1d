//! The task of one client: read, step the session, route and hand messages to the house, write once, wait.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::stream::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::handling::Handling;
use super::keeper::Position;
use super::listener::Placement;
use super::opening::{Guest, Left, Seated};
use super::seat::Seat;
use super::stream::{poll_drain, poll_feed};
use super::taken::Taken;
use super::tending::publish_now;
use super::trace;
use crate::codec::{Decoder, Packet, PacketId, ReasonCode, Text, Will};
use crate::journal::Record;
use crate::port::{Disconnected, Handler, Outcome};
use crate::session::{Delivery, Session, Settled, Step, Ticket};

/// Answers and messages that wait for the socket; beyond this neither packets nor messages are taken.
const OUT_BYTES_MAX: usize = 64 * 1024;
/// Subscriptions of one client, new and ended, that wait for their commit; beyond this nothing more is read from it.
const UNCOMMITTED_FILTERS_MAX: usize = 4_096;
/// Rounds of a busy connection before others get their turn.
const ROUNDS_MAX: usize = 8;
/// And the time of one: some packets are a thousand times the work of others, and revocations wait for their turn, too.
const TURN_TIME: Duration = Duration::from_millis(10);
/// How long a peer may take to read why it is over; one that is cut is gone within a second, read or not.
const FAREWELL_TIME: Duration = Duration::from_millis(500);

/// An answer that waits for a commit.
pub(super) enum Then {
    Settle(Ticket, Outcome),
    Release(PacketId),
    Complete(PacketId),
    SubAck(PacketId, Vec<ReasonCode>),
    UnsubAck(PacketId, Vec<ReasonCode>),
}

impl Then {
    fn filters(&self) -> usize {
        match self {
            Then::SubAck(_, reasons) | Then::UnsubAck(_, reasons) => reasons.len(),
            _ => 0,
        }
    }
}

pub(super) struct Connection<H: Handler, S> {
    pub(super) guest: Guest<H>,
    pub(super) seat: Arc<Seat>,
    stream: S,
    pub(super) peer: SocketAddr,
    decoder: Decoder,
    pub(super) session: Session,
    pub(super) out: BytesMut,
    unflushed: bool,
    turn_began: Instant,
    /// Packets wait that were read: it is the others' turn.
    turn_is_over: bool,
    /// So much of `out` was noted in a trace.
    noted: usize,
    /// Taken from the seat, not yet sent.
    pending: VecDeque<Delivery>,
    pub(super) handling: Handling,
    /// In the order of their commits.
    waiting: VecDeque<(Position, Then)>,
    /// Of the subscriptions that they answer.
    waiting_filters: usize,
    last_heard: Instant,
    /// Since when the client has not read or acknowledged what waits for it.
    stalled_since: Option<Instant>,
    /// The client, or its organisation, is over its rate until then.
    paused_until: Option<Instant>,
    will: Option<Will>,
    pub(super) authentication_method: Option<Text>,
    _place: Placement<H>,
}

impl<H: Handler, S: AsyncRead + AsyncWrite + Unpin + Send> Connection<H, S> {
    pub fn new(seated: Seated<H>, stream: S, decoder: Decoder, peer: SocketAddr) -> Self {
        let Seated { guest, seat, session, will, place, authentication_method } = seated;
        let now = Instant::now();
        Connection {
            guest,
            seat,
            stream,
            peer,
            decoder,
            session,
            out: BytesMut::new(),
            unflushed: false,
            turn_began: now,
            turn_is_over: false,
            noted: 0,
            pending: VecDeque::new(),
            handling: Handling::default(),
            waiting: VecDeque::new(),
            waiting_filters: 0,
            last_heard: now,
            stalled_since: None,
            paused_until: None,
            will,
            authentication_method,
            _place: place,
        }
    }

    /// Boxed by the caller, so that an idle client costs this struct once and not its way through futures.
    pub async fn attend(mut self: Box<Self>) {
        let mut alarm = Box::pin(sleep_until(self.deadline()));
        let why = std::future::poll_fn(|cx| self.poll_rounds(alarm.as_mut(), cx)).await;
        drop(alarm);
        self.seat.close();
        self.guest.why = why;
        Box::pin(self.finish(why)).await;
    }

    /// Works until there is nothing to do but wait. One round takes what is there, asks the house, and writes
    /// once.
    fn poll_rounds(&mut self, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Disconnected> {
        self.seat.register(cx.waker());
        self.turn_began = Instant::now();
        for _ in 0..ROUNDS_MAX {
            let progress = match self.round(cx) {
                Ok(progress) => progress,
                Err(why) => return Poll::Ready(why),
            };
            if std::mem::take(&mut self.turn_is_over) {
                break;
            }
            if progress {
                continue;
            }
            let deadline = self.deadline();
            if deadline < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(deadline);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if let Err(why) = self.check_deadlines() {
                return Poll::Ready(why);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn round(&mut self, cx: &mut Context<'_>) -> Result<bool, Disconnected> {
        if self.paused_until.is_some() && self.seat.takes_go_on() {
            self.paused_until = None;
        }
        // The older messages first: what one of them waited for must not go to a newer one.
        let mut progress = self.take_outcomes(cx)?;
        progress |= self.take_commits(cx)?;
        progress |= self.route_held(cx)?;
        self.take_packets(cx)?;
        self.take_commits(cx)?;
        self.send_pending(cx)?;
        self.note_written();
        let pending = poll_drain(&mut self.stream, &mut self.out, &mut self.unflushed, &mut progress, cx);
        self.noted = self.out.len();
        let stalled = match pending {
            Poll::Ready(Ok(())) => self.pending.front().is_some_and(|next| !self.session.can_send(next.qos)),
            Poll::Ready(Err(_)) => return Err(Disconnected::Lost),
            Poll::Pending => true,
        };
        self.stalled_since = match (stalled, progress) {
            (false, _) => None,
            (true, true) => Some(Instant::now()),
            (true, false) => self.stalled_since.or_else(|| Some(Instant::now())),
        };
        if self.turn_is_over {
            return Ok(true);
        }
        if !self.takes_packets() {
            // The silence is ours: the client is waiting for us.
            self.last_heard = Instant::now();
            return Ok(progress);
        }
        match poll_feed(&mut self.stream, &mut self.decoder, cx) {
            Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => Err(Disconnected::Lost),
            Poll::Ready(Ok(_)) => Ok(true),
            Poll::Pending => Ok(progress),
        }
    }

    /// Whatever is said to the client is noted here, where it is about to be written.
    fn note_written(&self) {
        if self.out.len() > self.noted
            && let Some(trace) = self.seat.traced(|| self.guest.broker.now())
        {
            trace.note_written(self.guest.broker.now(), self.session.version(), &self.out[self.noted..]);
        }
    }

    fn takes_packets(&self) -> bool {
        self.session.has_room()
            && self.out.len() < OUT_BYTES_MAX
            && self.waiting_filters < UNCOMMITTED_FILTERS_MAX
            && self.paused_until.is_none()
    }

    fn take_packets(&mut self, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        let mut taken = Taken::default();
        let ended = self.take_each_packet(&mut taken, cx);
        // What came before a packet that ends the connection has arrived all the same.
        let handed_over = self.hand_over_gathered(cx);
        ended.and(handed_over)?;
        let Taken { published, asked, bytes, .. } = taken;
        if published + asked > 0 {
            self.seat.messages_in.fetch_add(u64::from(published), Ordering::Relaxed);
            let now = Instant::now();
            // What was said before this is no news for what is judged now.
            self.seat.takes_go_on();
            let own = self.seat.pace.take(published + asked, bytes, &self.guest.broker.limits(), now);
            self.paused_until = own.max(self.guest.tenant.pace(published + asked, now));
            self.last_heard = now;
        }
        Ok(())
    }

    fn take_each_packet(&mut self, taken: &mut Taken, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        while self.takes_packets() {
            if taken.looks() && self.turn_began.elapsed() > TURN_TIME {
                self.turn_is_over = true;
                break;
            }
            let Some(packet) = self.decoder.next_packet().map_err(Disconnected::Violated)? else { break };
            taken.note(&packet);
            if let Some(trace) = self.seat.traced(|| self.guest.broker.now()) {
                trace.note(self.guest.broker.now(), true, trace::words(&packet));
            }
            self.take_packet(packet, cx)?;
        }
        Ok(())
    }

    fn take_packet(&mut self, packet: Packet, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        let is_publish = matches!(packet, Packet::Publish(_));
        if !is_publish {
            self.hand_over_gathered(cx)?;
            self.last_heard = Instant::now();
        }
        match self.session.receive(packet, &mut self.out).map_err(Disconnected::Violated)? {
            Step::Done => Ok(()),
            Step::Arrived { ticket, message } => self.arrive(ticket, message, cx),
            Step::Delivered { id, entry } => {
                if entry > 0 {
                    self.guest.broker.keeper.record(Record::Delivered { session: self.seat.number, entry });
                    self.seat.forget_id(id);
                }
                Ok(())
            }
            Step::Received { id, entry } => {
                let record = Record::Received { session: self.seat.number, entry };
                let position = if entry > 0 { self.guest.broker.keeper.record(record) } else { 0 };
                self.after(position, Then::Release(id))
            }
            Step::Released { id } => {
                let record = Record::Released { session: self.seat.number, id: id.get() };
                let position = if self.seat.kept { self.guest.broker.keeper.record(record) } else { 0 };
                self.after(position, Then::Complete(id))
            }
            Step::Subscribe(subscribe) => self.subscribe(&subscribe),
            Step::Unsubscribe(unsubscribe) => self.unsubscribe(&unsubscribe),
            Step::Authenticate(auth) => self.authenticate(auth, cx),
            Step::Goodbye { with_will, session_expiry_s } => {
                if let Some(expiry_s) = session_expiry_s {
                    self.guest.expiry_s = expiry_s.min(self.guest.broker.limits().session_expiry_max_s);
                }
                Err(Disconnected::ByClient { with_will })
            }
        }
    }

    /// Says something once a commit is over; in the order of the commits.
    pub(super) fn after(&mut self, position: Position, then: Then) -> Result<(), Disconnected> {
        if self.waiting.is_empty() && self.guest.broker.keeper.is_committed(position) {
            return self.say(then);
        }
        self.waiting_filters += then.filters();
        self.waiting.push_back((position, then));
        Ok(())
    }

    fn take_commits(&mut self, cx: &mut Context<'_>) -> Result<bool, Disconnected> {
        let mut progress = false;
        while let Some(&(position, _)) = self.waiting.front() {
            if self.guest.broker.keeper.wake_after(position, cx.waker()) {
                break;
            }
            let Some((_, then)) = self.waiting.pop_front() else { break };
            self.waiting_filters -= then.filters();
            progress = true;
            self.say(then)?;
        }
        if progress && self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        Ok(progress)
    }

    fn say(&mut self, then: Then) -> Result<(), Disconnected> {
        let out = &mut self.out;
        match then {
            Then::Settle(ticket, outcome) => return self.settle(ticket, outcome),
            Then::Release(id) => self.session.release(id, out),
            Then::Complete(id) => self.session.complete(id, out),
            Then::SubAck(id, reasons) => self.session.suback(id, reasons, out),
            Then::UnsubAck(id, reasons) => self.session.unsuback(id, reasons, out),
        }
        Ok(())
    }

    pub(super) fn settle(&mut self, ticket: Ticket, outcome: Outcome) -> Result<(), Disconnected> {
        match self.session.settle(ticket, outcome, &mut self.out) {
            Settled::GoOn => Ok(()),
            Settled::Close => Err(Disconnected::ByServer(ReasonCode::ServerBusy)),
        }
    }

    /// Moves what waits for the client into the write buffer, as far as quota, commits and buffer allow.
    fn send_pending(&mut self, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        let broker = self.guest.broker.clone();
        if let Some(reason) = self.seat.take(&mut self.pending) {
            return Err(Disconnected::ByServer(reason));
        }
        self.session.resend(|| broker.now(), &mut self.out);
        if self.pending.is_empty() && self.seat.owes() {
            if broker.go_on_with_owed(&self.seat) {
                cx.waker().wake_by_ref();
            }
            self.seat.take(&mut self.pending);
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        let now = broker.now();
        let (mut messages, mut bytes) = (0, 0);
        while let Some(next) = self.pending.front() {
            if self.out.len() >= OUT_BYTES_MAX || !self.session.can_send(next.qos) {
                break;
            }
            if next.position > 0 && broker.keeper.wake_after(next.position, cx.waker()) {
                break;
            }
            let Some(next) = self.pending.pop_front() else { break };
            (messages, bytes) = (messages + 1, bytes + next.bytes());
            if next.letter.has_expired(now) {
                self.drop_undelivered(&next);
            } else if let Err(error) = self.session.send(&next, now, &mut self.out) {
                // [MQTT-3.1.2-25] too large for this client: as if it had been sent.
                tracing::debug!(%error, "a queued message does not fit its client");
                self.drop_undelivered(&next);
            }
        }
        if messages > 0 {
            self.seat.sent(messages, bytes);
            self.seat.messages_out.fetch_add(messages as u64, Ordering::Relaxed);
            let tenant = &self.guest.tenant;
            tenant.messages_sent.fetch_add(messages as u64, Ordering::Relaxed);
            tenant.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        Ok(())
    }

    fn drop_undelivered(&self, delivery: &Delivery) {
        if delivery.entry > 0 {
            let record = Record::Delivered { session: self.seat.number, entry: delivery.entry };
            self.guest.broker.keeper.record(record);
            if let Some(id) = delivery.id {
                self.seat.forget_id(id);
            }
        }
    }

    fn deadline(&self) -> Instant {
        let idle = self.session.silence_max().map(|silence| self.last_heard + silence);
        let stall = self.stalled_since.map(|since| since + self.guest.broker.limits().write_stall_time);
        let never = Instant::now() + Duration::from_secs(24 * 3600);
        idle.into_iter().chain(stall).chain(self.paused_until).min().unwrap_or(never)
    }

    fn check_deadlines(&mut self) -> Result<(), Disconnected> {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
        }
        if self.deadline() > now {
            return Ok(());
        }
        if self.stalled_since.is_some_and(|since| since + self.guest.broker.limits().write_stall_time <= now)
        {
            // A client that reads and does not acknowledge bothers only those whose messages wait for it.
            if self.out.is_empty() && !self.seat.holds_somebody_up() {
                self.stalled_since = Some(now);
                return Ok(());
            }
            // It does not read: it is as good as gone, too.
            return Err(Disconnected::Lost);
        }
        // [MQTT-3.1.2-22]
        Err(Disconnected::ByServer(ReasonCode::KeepAliveTimeout))
    }

    /// Says why, closes, lets what arrived become safe. The guest goes last, with what is left.
    async fn finish(&mut self, why: Disconnected) {
        let broker = self.guest.broker.clone();
        match why {
            Disconnected::Violated(violation) => {
                let text = format!("{violation} [{}]", violation.clause());
                broker.handler.violated(Some(&self.guest.client), self.peer, &text);
                self.session.disconnect(violation.reason(), Some(&text), &mut self.out);
            }
            Disconnected::ByServer(reason) => self.session.disconnect(reason, None, &mut self.out),
            Disconnected::ByClient { .. } | Disconnected::Lost => {}
        }
        self.note_written();
        if let Some(trace) = self.seat.traced(|| broker.now()) {
            trace.note(broker.now(), false, format!("the connection ended: {why:?}"));
        }
        let lingers = matches!(why, Disconnected::Violated(_));
        let _ = timeout(FAREWELL_TIME, close(&mut self.stream, &mut self.out, lingers)).await;
        let handled = &mut self.handling.handled;
        let _ = timeout(broker.limits().drain_time, async {
            while let Some(handled) = handled
                && handled.next().await.is_some()
            {}
        })
        .await;
        let stays = matches!(why, Disconnected::ByClient { with_will: false });
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|delivery| delivery.entry > 0 || !self.seat.kept);
        // Recorded already, whether or not the client hears of it.
        for (_, then) in std::mem::take(&mut self.waiting) {
            if let Then::Settle(ticket, outcome) = then {
                let _ = self.session.settle(ticket, outcome, &mut self.out);
            }
        }
        let will = self.will.take().filter(|_| !stays);
        let delay_s = will.as_ref().and_then(|will| will.properties.will_delay_s().copied()).unwrap_or(0);
        let will = match will {
            // The house hears of it before it hears that the client is gone.
            Some(will) if delay_s.min(self.guest.expiry_s) == 0 => {
                publish_now(&broker, &self.seat, &self.guest.client, will).await;
                None
            }
            later => later,
        };
        self.guest.left = Some(Left { at_rest: self.session.take_at_rest(), pending, will });
    }
}

/// Writes the last words and closes. A peer in the middle of sending would lose them to a reset: what it still
/// sends is read and thrown away for a moment.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, out: &mut BytesMut, lingers: bool) {
    if stream.write_all(out).await.is_err() || stream.shutdown().await.is_err() || !lingers {
        return;
    }
    let mut thrown_away = Decoder::for_server(usize::MAX);
    while matches!(std::future::poll_fn(|cx| poll_feed(stream, &mut thrown_away, cx)).await, Ok(1..)) {
        thrown_away = Decoder::for_server(usize::MAX);
    }
}
