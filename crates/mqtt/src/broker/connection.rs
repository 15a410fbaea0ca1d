//! The task of one client: read, step the session, hand messages to the house, write once, wait.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::greeting::{Guest, Seated};
use super::link::Link;
use super::listener::Placement;
use super::stream::{poll_drain, poll_feed};
use crate::codec::{
    Decoder, Packet, Qos, ReasonCode, Subscribe, SubscribeFilter, Unsubscribe, Version, Will,
};
use crate::port::{Disconnected, Handler, Message, Outcome};
use crate::session::{Session, Settled, Step, Ticket};

/// Answers and messages that wait for the socket; beyond this neither packets nor messages are taken.
const OUT_BYTES_MAX: usize = 64 * 1024;
/// Rounds of a busy connection before others get their turn.
const ROUNDS_MAX: usize = 8;
/// How long a peer that broke a rule may take to read why.
const FAREWELL_TIME: Duration = Duration::from_secs(1);

type Handled = Pin<Box<dyn Future<Output = (Ticket, Outcome)> + Send>>;

pub(super) struct Connection<H: Handler, S> {
    guest: Guest<H>,
    link: Arc<Link>,
    stream: S,
    peer: SocketAddr,
    decoder: Decoder,
    session: Session,
    out: BytesMut,
    unflushed: bool,
    /// Messages with the house.
    handled: FuturesUnordered<Handled>,
    last_heard: Instant,
    /// Since when the client has not read what waits for it.
    stalled_since: Option<Instant>,
    will: Option<Will>,
    _place: Placement<H>,
}

impl<H: Handler, S: AsyncRead + AsyncWrite + Unpin + Send> Connection<H, S> {
    pub fn new(seated: Seated<H>, stream: S, decoder: Decoder, peer: SocketAddr) -> Self {
        let Seated { guest, session, will, place } = seated;
        Connection {
            link: guest.link.clone(),
            guest,
            stream,
            peer,
            decoder,
            session,
            out: BytesMut::new(),
            unflushed: false,
            handled: FuturesUnordered::new(),
            last_heard: Instant::now(),
            stalled_since: None,
            will,
            _place: place,
        }
    }

    /// Boxed by the caller, so that an idle client costs this struct once and not its way through futures.
    pub async fn attend(mut self: Box<Self>) {
        let mut alarm = Box::pin(sleep_until(self.deadline()));
        let why = std::future::poll_fn(|cx| self.poll_rounds(alarm.as_mut(), cx)).await;
        drop(alarm);
        self.link.close();
        self.guest.why = why;
        Box::pin(self.finish(why)).await;
    }

    /// Works until there is nothing to do but wait. One round takes what is there, asks the house, and writes
    /// once.
    fn poll_rounds(&mut self, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Disconnected> {
        self.link.register(cx.waker());
        for _ in 0..ROUNDS_MAX {
            let progress = match self.round(cx) {
                Ok(progress) => progress,
                Err(why) => return Poll::Ready(why),
            };
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
        // The older messages first: what one of them waited for must not go to a newer one.
        let mut progress = self.take_outcomes(cx)?;
        self.take_packets(cx)?;
        self.take_queued()?;
        let pending = poll_drain(&mut self.stream, &mut self.out, &mut self.unflushed, &mut progress, cx);
        self.stalled_since = match pending {
            Poll::Ready(Ok(())) => None,
            Poll::Ready(Err(_)) => return Err(Disconnected::Lost),
            Poll::Pending if progress => Some(Instant::now()),
            Poll::Pending => self.stalled_since.or_else(|| Some(Instant::now())),
        };
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

    fn takes_packets(&self) -> bool {
        self.session.has_room() && self.out.len() < OUT_BYTES_MAX
    }

    fn take_packets(&mut self, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        while self.takes_packets() {
            let Some(packet) = self.decoder.next_packet().map_err(Disconnected::Violated)? else {
                return Ok(());
            };
            self.last_heard = Instant::now();
            self.take_packet(packet, cx)?;
        }
        Ok(())
    }

    fn take_packet(&mut self, packet: Packet, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        match self.session.receive(packet, &mut self.out).map_err(Disconnected::Violated)? {
            Step::Done => Ok(()),
            Step::Arrived { ticket, message } => self.hand_over(ticket, message, cx),
            Step::Subscribe(subscribe) => {
                self.subscribe(&subscribe);
                Ok(())
            }
            Step::Unsubscribe(unsubscribe) => {
                self.unsubscribe(&unsubscribe);
                Ok(())
            }
            Step::Goodbye { with_will } => Err(Disconnected::ByClient { with_will }),
        }
    }

    /// Asks for the right, then gives the message to the house: called and polled here and now, so that the
    /// house sees the order of arrival.
    fn hand_over(
        &mut self,
        ticket: Ticket,
        message: Message,
        cx: &mut Context<'_>,
    ) -> Result<(), Disconnected> {
        let broker = &self.guest.broker;
        if !broker.handler.may_publish(&self.guest.client, &message.topic, message.retain) {
            let why = format!("may not publish to {:?}", message.topic);
            broker.handler.violated(Some(&self.guest.client), self.peer, &why);
            // A 3.1.1 client cannot be told, and an acknowledgement would say that the message is safe
            // [MQTT-3.3.5-2].
            let silent = message.qos == Qos::AtMostOnce || self.session.version() == Version::V5;
            let rejected = Outcome::Rejected(ReasonCode::NotAuthorized);
            return self.settle(ticket, if silent { rejected } else { Outcome::Unavailable });
        }
        let handler = broker.handler.clone();
        let client = self.guest.client.clone();
        // Unconstrained: tokio's budget would make the house wait where it need not, and a message that waits so is
        // overtaken by the next ones.
        let publishing = async move { (ticket, handler.publish(&client, message).await) };
        let mut handled: Handled = Box::pin(tokio::task::coop::unconstrained(publishing));
        match handled.as_mut().poll(cx) {
            Poll::Ready((ticket, outcome)) => self.settle(ticket, outcome),
            Poll::Pending => {
                self.handled.push(handled);
                Ok(())
            }
        }
    }

    fn settle(&mut self, ticket: Ticket, outcome: Outcome) -> Result<(), Disconnected> {
        match self.session.settle(ticket, outcome, &mut self.out) {
            Settled::GoOn => Ok(()),
            Settled::Close => Err(Disconnected::ByServer(ReasonCode::ServerBusy)),
        }
    }

    /// Whether some message became safe (or not).
    fn take_outcomes(&mut self, cx: &mut Context<'_>) -> Result<bool, Disconnected> {
        let mut progress = false;
        while let Poll::Ready(Some((ticket, outcome))) = Pin::new(&mut self.handled).poll_next(cx) {
            progress = true;
            self.settle(ticket, outcome)?;
        }
        Ok(progress)
    }

    fn subscribe(&mut self, subscribe: &Subscribe) {
        let identifier = subscribe.properties.subscription_identifier().copied();
        let reasons: Vec<ReasonCode> = subscribe
            .filters
            .iter()
            .map(|wanted| {
                let reason = self.judge_subscription(wanted);
                let limit = self.guest.broker.limits.subscriptions;
                if !reason.is_error()
                    && !self.link.subscribe(&wanted.filter, wanted.options, identifier, limit)
                {
                    return ReasonCode::QuotaExceeded;
                }
                reason
            })
            .collect();
        self.session.suback(subscribe.id, reasons.clone(), &mut self.out);
        for (wanted, reason) in subscribe.filters.iter().zip(reasons) {
            let handler = &self.guest.broker.handler;
            if reason.is_error() {
                let why = format!("may not subscribe to {:?}: {reason:?}", wanted.filter);
                handler.violated(Some(&self.guest.client), self.peer, &why);
            } else {
                handler.subscribed(&self.guest.client, &wanted.filter);
            }
        }
    }

    fn judge_subscription(&self, wanted: &SubscribeFilter) -> ReasonCode {
        if wanted.filter.starts_with("$share/") {
            return ReasonCode::SharedSubscriptionsNotSupported;
        }
        if !self.guest.broker.handler.may_subscribe(&self.guest.client, &wanted.filter) {
            return ReasonCode::NotAuthorized;
        }
        wanted.options.qos.granted()
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) {
        let reasons = unsubscribe.filters.iter().map(|filter| {
            if self.link.unsubscribe(filter) {
                ReasonCode::Success
            } else {
                ReasonCode::NoSubscriptionExisted
            }
        });
        let reasons = reasons.collect();
        self.session.unsuback(unsubscribe.id, reasons, &mut self.out);
    }

    /// Moves what the house has queued into the write buffer, as far as quota and buffer allow.
    fn take_queued(&mut self) -> Result<(), Disconnected> {
        let (session, out) = (&mut self.session, &mut self.out);
        let cut = self.link.take_queued(|qos, publish| {
            if out.len() >= OUT_BYTES_MAX || !session.can_send(qos) {
                return false;
            }
            if let Err(error) = session.send(publish(), out) {
                // `Link::offer` has measured it; this would be a fault of ours.
                tracing::error!(%error, "a queued message could not be written");
            }
            true
        });
        cut.map_or(Ok(()), |reason| Err(Disconnected::ByServer(reason)))
    }

    fn deadline(&self) -> Instant {
        let idle = self.session.silence_max().map(|silence| self.last_heard + silence);
        let stall = self.stalled_since.map(|since| since + self.guest.broker.limits.write_stall_time);
        let never = Instant::now() + Duration::from_secs(24 * 3600);
        idle.into_iter().chain(stall).min().unwrap_or(never)
    }

    fn check_deadlines(&self) -> Result<(), Disconnected> {
        if self.deadline() > Instant::now() {
            return Ok(());
        }
        // [MQTT-3.1.2-22]; a client that does not read is as good as gone, too.
        if self.stalled_since.is_some() {
            return Err(Disconnected::Lost);
        }
        Err(Disconnected::ByServer(ReasonCode::KeepAliveTimeout))
    }

    /// Says why, closes, lets what arrived become safe, publishes the will. The guest goes last.
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
        let lingers = matches!(why, Disconnected::Violated(_));
        let _ = timeout(FAREWELL_TIME, close(&mut self.stream, &mut self.out, lingers)).await;
        let drain_time = broker.limits.drain_time;
        let handled = &mut self.handled;
        let _ = timeout(drain_time, async { while handled.next().await.is_some() {} }).await;
        let will = self.will.take().filter(|_| !matches!(why, Disconnected::ByClient { with_will: false }));
        if let Some(will) = will
            // Asked again: the right may be gone, and the house may be cutting this client for that reason.
            && broker.handler.may_publish(&self.guest.client, &will.topic, will.retain)
        {
            let publish = broker.handler.publish(&self.guest.client, will_message(will));
            if timeout(drain_time, publish).await != Ok(Outcome::Accepted) {
                broker.handler.violated(Some(&self.guest.client), self.peer, "the will was not accepted");
            }
        }
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

fn will_message(will: Will) -> Message {
    Message {
        topic: will.topic,
        payload: will.payload,
        qos: will.qos,
        retain: will.retain,
        dup: false,
        will: true,
        properties: will.properties,
    }
}
