//! What a connection does with messages, subscriptions and authentications of its client: asks for the right, routes,
//! hands over to the house, and settles what became safe.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream};
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Connection, Then};
use super::greeting::auth_properties;
use super::keeper::Position;
use super::router::{From, Routed};
use crate::codec::{Auth, Qos, ReasonCode, Subscribe, Unsubscribe, Version};
use crate::port::{AuthAnswer, AuthExchange, Disconnected, Handler, Message, Outcome};
use crate::session::Ticket;

type Handled = Pin<Box<dyn Future<Output = Told> + Send>>;
type Authenticating = Pin<Box<dyn Future<Output = Reauthenticated> + Send>>;

enum Reauthenticated {
    Continue(Bytes),
    Confirmed(Option<Bytes>),
    Refused(ReasonCode),
}

/// What the house said.
pub(super) enum Told {
    One(Ticket, Position, Outcome),
    /// Of messages that arrived together.
    All(Vec<Ticket>, Vec<Outcome>),
}

/// A message that the house has before the others: at QoS 2, so that what a crash repeats is routed once; below it, when
/// others have no room for it, which keeps nothing from the house.
struct Held {
    ticket: Ticket,
    message: Message,
    /// The others cannot have it.
    refused: Option<ReasonCode>,
    /// What the house said.
    outcome: Option<Outcome>,
}

/// Messages of one client on their way.
#[derive(Default)]
pub(super) struct Handling {
    /// Messages with the house; not made before there is one, since most connections are idle.
    pub handled: Option<FuturesUnordered<Handled>>,
    /// Arrived one right behind the other, for a house that takes such together.
    gathered: Vec<(Ticket, Message)>,
    /// In order of arrival.
    held: VecDeque<Held>,
    authenticating: Option<Authenticating>,
    round: u32,
}

impl<H: Handler, S: AsyncRead + AsyncWrite + Unpin + Send> Connection<H, S> {
    /// Asks for the right, then routes. The house gets the message here and now, whatever becomes of it for the others,
    /// and so in the order of arrival.
    pub(super) fn arrive(
        &mut self,
        ticket: Ticket,
        message: Message,
        cx: &mut Context<'_>,
    ) -> Result<(), Disconnected> {
        let broker = &self.guest.broker;
        let tenant = &self.guest.tenant;
        tenant.messages_received.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tenant.bytes_received.fetch_add(message.payload.len() as u64, std::sync::atomic::Ordering::Relaxed);
        if !broker.handler.may_publish(&self.guest.client, &message.topic, message.retain) {
            let why = format!("may not publish to {:?}", message.topic);
            broker.handler.violated(Some(&self.guest.client), self.peer, &why);
            tenant.refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            // Clients exchange nothing on topics with a `$` (4.7.2): its sender loses nothing by an acknowledgement.
            if message.topic.starts_with('$') {
                return self.settle(ticket, Outcome::Rejected(ReasonCode::NotAuthorized));
            }
            return self.refuse(ticket, message.qos, ReasonCode::NotAuthorized);
        }
        if self.seat.space.is_none() {
            let client = &self.guest.client;
            if broker.handler.takes_together(client) && broker.handler.wants(client, &message.topic) {
                self.handling.gathered.push((ticket, message));
                return Ok(());
            }
            return self.hand_over(ticket, 0, message, cx);
        }
        let mut refused = None;
        if message.qos != Qos::ExactlyOnce && self.handling.held.is_empty() {
            match self.route(&message, None) {
                Routed::Sent(position) => return self.hand_over(ticket, position, message, cx),
                Routed::Later(seat) => self.wait_for(&seat, message.payload.len(), cx),
                Routed::Refused(reason) => refused = Some(reason),
            }
        }
        self.handling.held.push_back(Held { ticket, message: message.clone(), refused, outcome: None });
        self.hand_over(ticket, 0, message, cx)
    }

    fn route(&self, message: &Message, holds: Option<(u64, u16)>) -> Routed {
        match &self.seat.space {
            Some(space) => {
                let from = From::seat(&self.seat);
                self.guest.broker.route(space, message, from, holds)
            }
            None => Routed::Sent(0),
        }
    }

    fn wait_for(&self, seat: &super::seat::Seat, bytes: usize, cx: &mut Context<'_>) {
        let (messages_max, bytes_max) = self.guest.broker.bounds.queue();
        if !seat.wake_with_room(bytes, messages_max, bytes_max, cx.waker()) {
            cx.waker().wake_by_ref();
        }
    }

    /// A 3.1.1 client cannot be told, and an acknowledgement would say that the message is safe [MQTT-3.3.5-2].
    fn refuse(&mut self, ticket: Ticket, qos: Qos, reason: ReasonCode) -> Result<(), Disconnected> {
        let silent = qos == Qos::AtMostOnce || self.session.version() == Version::V5;
        self.settle(ticket, if silent { Outcome::Rejected(reason) } else { Outcome::Unavailable })
    }

    fn hand_over(
        &mut self,
        ticket: Ticket,
        position: Position,
        message: Message,
        cx: &mut Context<'_>,
    ) -> Result<(), Disconnected> {
        let handler = &self.guest.broker.handler;
        if !handler.wants(&self.guest.client, &message.topic) {
            return self.outcome(ticket, position, Outcome::Accepted, cx);
        }
        let (handler, client) = (handler.clone(), self.guest.client.clone());
        // Unconstrained: tokio's budget would make the house wait where it need not, and a message that waits so is
        // overtaken by the next ones.
        let publishing = async move { Told::One(ticket, position, handler.publish(&client, message).await) };
        self.ask(Box::pin(tokio::task::coop::unconstrained(publishing)), cx)
    }

    /// What was gathered goes to the house at once, before anything else that the client said after it.
    pub(super) fn hand_over_gathered(&mut self, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        if self.handling.gathered.is_empty() {
            return Ok(());
        }
        let gathered = std::mem::take(&mut self.handling.gathered);
        let (tickets, messages): (Vec<_>, Vec<_>) = gathered.into_iter().unzip();
        let (handler, client) = (self.guest.broker.handler.clone(), self.guest.client.clone());
        let publishing = async move { Told::All(tickets, handler.publish_all(&client, messages).await) };
        self.ask(Box::pin(tokio::task::coop::unconstrained(publishing)), cx)
    }

    fn ask(&mut self, mut handled: Handled, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        match handled.as_mut().poll(cx) {
            Poll::Ready(told) => self.told(told, cx),
            Poll::Pending => {
                self.handling.handled.get_or_insert_default().push(handled);
                Ok(())
            }
        }
    }

    fn told(&mut self, told: Told, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        match told {
            Told::One(ticket, position, outcome) => self.outcome(ticket, position, outcome, cx),
            Told::All(tickets, outcomes) => tickets
                .into_iter()
                .zip(outcomes)
                .try_for_each(|(ticket, outcome)| self.outcome(ticket, 0, outcome, cx)),
        }
    }

    /// The house has said what became of a message.
    fn outcome(
        &mut self,
        ticket: Ticket,
        position: Position,
        outcome: Outcome,
        cx: &mut Context<'_>,
    ) -> Result<(), Disconnected> {
        if let Some(held) = self.handling.held.iter_mut().find(|held| held.ticket == ticket) {
            held.outcome = Some(outcome);
            return self.route_second(cx);
        }
        if position == 0 {
            self.settle(ticket, outcome)
        } else {
            self.after(position, Then::Settle(ticket, outcome))
        }
    }

    /// Routes the messages at the front that the house has.
    fn route_second(&mut self, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        while let Some(Held { ticket, message, refused, outcome: Some(outcome) }) = self.handling.held.front()
        {
            let (ticket, outcome, qos) = (*ticket, *outcome, message.qos);
            let routed = match (outcome, *refused) {
                (Outcome::Unavailable, _) => Routed::Sent(0),
                (_, Some(reason)) => Routed::Refused(reason),
                // A PUBREC with an error ends the exchange: nothing is to be known again.
                (Outcome::Rejected(_), None) if self.session.version() == Version::V5 => {
                    self.route(message, None)
                }
                // What the house has no use for is the others' all the same.
                (_, None) => self.route(message, self.holds(ticket, qos)),
            };
            let bytes = message.payload.len();
            let refusal = match routed {
                Routed::Later(seat) => {
                    self.wait_for(&seat, bytes, cx);
                    return Ok(());
                }
                Routed::Sent(position) => {
                    self.handling.held.pop_front();
                    self.after(position, Then::Settle(ticket, outcome))?;
                    continue;
                }
                Routed::Refused(reason) => reason,
            };
            self.handling.held.pop_front();
            self.refuse(ticket, qos, refusal)?;
        }
        Ok(())
    }

    fn holds(&self, ticket: Ticket, qos: Qos) -> Option<(u64, u16)> {
        let id = self.session.id_of(ticket).filter(|_| qos == Qos::ExactlyOnce)?;
        self.seat.kept.then_some((self.seat.number, id.get()))
    }

    /// Goes on with what waited for somebody to catch up. Whether something moved.
    pub(super) fn route_held(&mut self, cx: &mut Context<'_>) -> Result<bool, Disconnected> {
        let before = self.handling.held.len();
        if before == 0 {
            return Ok(false);
        }
        self.route_second(cx)?;
        if self.handling.held.is_empty() {
            self.handling.held = VecDeque::new();
        }
        Ok(self.handling.held.len() < before)
    }

    /// Whether some message became safe (or not).
    pub(super) fn take_outcomes(&mut self, cx: &mut Context<'_>) -> Result<bool, Disconnected> {
        let mut progress = self.take_authentication(cx)?;
        while let Some(handled) = &mut self.handling.handled
            && let Poll::Ready(Some(told)) = Pin::new(handled).poll_next(cx)
        {
            progress = true;
            self.told(told, cx)?;
        }
        if progress && self.handling.handled.as_ref().is_some_and(FuturesUnordered::is_empty) {
            self.handling.handled = None;
        }
        Ok(progress)
    }

    pub(super) fn subscribe(&mut self, subscribe: &Subscribe) -> Result<(), Disconnected> {
        let broker = self.guest.broker.clone();
        let client = self.guest.client.clone();
        let (reasons, position) = broker.subscribe(&self.seat, &client, subscribe);
        self.after(position, Then::SubAck(subscribe.id, reasons.clone()))?;
        let mut refused = Vec::new();
        for (wanted, reason) in subscribe.filters.iter().zip(reasons) {
            if reason.is_error() {
                refused.push((&wanted.filter, reason));
            } else {
                broker.handler.subscribed(&client, &wanted.filter);
            }
        }
        if let Some((filter, reason)) = refused.first() {
            let more =
                if refused.len() > 1 { format!(", and {} more", refused.len() - 1) } else { String::new() };
            let why = format!("may not subscribe to {filter:?}: {reason:?}{more}");
            broker.handler.violated(Some(&client), self.peer, &why);
            let refused = refused.len() as u64;
            self.guest.tenant.refusals.fetch_add(refused, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<(), Disconnected> {
        let broker = self.guest.broker.clone();
        let ended: Vec<(ReasonCode, Position)> =
            unsubscribe.filters.iter().map(|filter| broker.unsubscribe(&self.seat, filter)).collect();
        let position = ended.iter().map(|(_, position)| *position).max().unwrap_or(0);
        let reasons = ended.into_iter().map(|(reason, _)| reason).collect();
        self.after(position, Then::UnsubAck(unsubscribe.id, reasons))
    }

    /// The client authenticates again, or goes on with it [MQTT-4.12.1-1].
    pub(super) fn authenticate(&mut self, auth: Auth, cx: &mut Context<'_>) -> Result<(), Disconnected> {
        let begins = auth.reason == ReasonCode::ReAuthenticate;
        let same = auth.properties.authentication_method() == self.authentication_method.as_ref();
        let goes_on = auth.reason == ReasonCode::ContinueAuthentication && self.handling.round > 0;
        if !same || (!begins && !goes_on) || self.handling.authenticating.is_some() {
            return Err(Disconnected::ByServer(ReasonCode::ProtocolError));
        }
        let Some(method) = self.authentication_method.clone() else { return Ok(()) };
        let round = if begins { 0 } else { self.handling.round };
        self.handling.round = round + 1;
        let (handler, client) = (self.guest.broker.handler.clone(), self.guest.client.clone());
        let data = auth.properties.authentication_data().cloned();
        self.handling.authenticating = Some(Box::pin(async move {
            let exchange = AuthExchange {
                method: &method,
                data: data.as_ref(),
                round,
                hello: None,
                client: Some(&client),
            };
            match handler.authenticate(exchange).await {
                AuthAnswer::Continue(data) => Reauthenticated::Continue(data),
                AuthAnswer::Confirmed { data } => Reauthenticated::Confirmed(data),
                AuthAnswer::Refused(refusal) => Reauthenticated::Refused(refusal.reason),
                AuthAnswer::Welcome { .. } => Reauthenticated::Refused(ReasonCode::NotAuthorized),
            }
        }));
        self.take_authentication(cx).map(|_| ())
    }

    fn take_authentication(&mut self, cx: &mut Context<'_>) -> Result<bool, Disconnected> {
        let Some(authenticating) = &mut self.handling.authenticating else { return Ok(false) };
        let Poll::Ready(answer) = authenticating.as_mut().poll(cx) else { return Ok(false) };
        self.handling.authenticating = None;
        let Some(method) = self.authentication_method.clone() else { return Ok(true) };
        let (reason, data) = match answer {
            Reauthenticated::Continue(data) => (ReasonCode::ContinueAuthentication, Some(data)),
            Reauthenticated::Confirmed(data) => {
                self.handling.round = 0;
                (ReasonCode::Success, data)
            }
            Reauthenticated::Refused(reason) => return Err(Disconnected::ByServer(reason)),
        };
        let properties = auth_properties(&method, data);
        self.session.auth(Auth { reason, properties }, &mut self.out);
        Ok(true)
    }
}
