//! One device on the air: connects, sends what it is given, hands over the commands it receives, and comes back
//! after every loss.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use lares_model::DeviceId;
use lares_model::protocol::Channel;
use tokio::sync::{mpsc, watch};

use crate::connection::{Busy, Connection, Happening, Protocol, Server};
use crate::outbox::{Message, Outbox};
use crate::random::Random;
use crate::town::Identity;

const BACKOFF_FIRST: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(15);
const FAREWELL_MAX: Duration = Duration::from_millis(500);

pub(crate) struct Station {
    pub identity: Identity,
    pub id: DeviceId,
    pub protocol: Protocol,
    pub server: Server,
    pub random: Random,
    pub outbox: Outbox,
    pub given: mpsc::UnboundedReceiver<Message>,
    pub notices: mpsc::Sender<Notice>,
    pub status: Arc<Status>,
    /// Whether it wants to be connected.
    pub on_air: watch::Receiver<bool>,
}

/// What others may know of a station without asking it.
#[derive(Default)]
pub(crate) struct Status {
    pub connected: AtomicBool,
    /// Messages it was given and has no acknowledgement for.
    pub pending: AtomicUsize,
    /// Those of them that tell of the past.
    pub stored: AtomicUsize,
}

impl Status {
    pub fn given(&self, message: &Message) {
        self.pending.fetch_add(1, Ordering::Relaxed);
        self.stored.fetch_add(usize::from(message.stored), Ordering::Relaxed);
    }

    pub fn gone(&self, message: &Message) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
        self.stored.fetch_sub(usize::from(message.stored), Ordering::Relaxed);
    }
}

pub(crate) struct Notice {
    pub device: DeviceId,
    pub what: What,
}

pub(crate) enum What {
    Connected,
    Command(Bytes),
}

enum End {
    Stopped,
    SwitchedOff,
    Lost { reason: String, was_connected: bool },
}

impl Station {
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut backoff = BACKOFF_FIRST;
        while !*stop.borrow() {
            if !*self.on_air.borrow() {
                self.wait_for_power(&mut stop).await;
                continue;
            }
            let end = self.session(&mut stop).await;
            self.status.connected.store(false, Ordering::Relaxed);
            self.outbox.disconnected();
            let (reason, was_connected) = match end {
                End::Stopped => return,
                End::SwitchedOff => continue,
                End::Lost { reason, was_connected } => (reason, was_connected),
            };
            if was_connected {
                backoff = BACKOFF_FIRST;
            }
            let pause = backoff.mul_f64(self.random.between(0.5, 1.5));
            tracing::debug!(device.id = %self.id, reason, ?pause, "the twin's device is off the air");
            self.wait(pause, &mut stop).await;
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    async fn wait_for_power(&mut self, stop: &mut watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = stopped(stop) => return,
                changed = self.on_air.changed() => {
                    if changed.is_err() || *self.on_air.borrow() {
                        return;
                    }
                }
                Some(message) = self.given.recv() => self.take(message),
            }
        }
    }

    /// Goes on measuring while it cannot be heard.
    async fn wait(&mut self, pause: Duration, stop: &mut watch::Receiver<bool>) {
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                () = stopped(stop) => return,
                Some(message) = self.given.recv() => self.take(message),
            }
        }
    }

    fn take(&mut self, message: Message) {
        if let Some(dropped) = self.outbox.push(message) {
            self.status.gone(&dropped);
        }
    }

    async fn session(&mut self, stop: &mut watch::Receiver<bool>) -> End {
        let mut connection = Connection::open(&self.server, &self.identity, self.protocol);
        let mut connected = false;
        loop {
            let happening = tokio::select! {
                () = stopped(stop) => {
                    farewell(&mut connection).await;
                    return End::Stopped;
                }
                changed = self.on_air.changed() => {
                    if changed.is_ok() && !*self.on_air.borrow() {
                        return End::SwitchedOff;
                    }
                    None
                }
                Some(message) = self.given.recv() => {
                    self.take(message);
                    None
                }
                happening = connection.next() => Some(happening),
            };
            match happening {
                Some(Happening::Connected) => {
                    connected = true;
                    if let Err(busy) = connection.subscribe(&Channel::Command.topic(self.id)) {
                        return End::Lost { reason: busy.to_string(), was_connected: true };
                    }
                    self.status.connected.store(true, Ordering::Relaxed);
                    self.tell(What::Connected).await;
                }
                Some(Happening::Written(packet_id)) => self.outbox.written(packet_id),
                Some(Happening::Acknowledged(packet_id)) => {
                    if let Some(message) = self.outbox.acknowledged(packet_id) {
                        self.status.gone(&message);
                    }
                }
                Some(Happening::Command(payload)) => self.tell(What::Command(payload)).await,
                Some(Happening::Ended(reason)) => return End::Lost { reason, was_connected: connected },
                None => {}
            }
            if connected && let Err(busy) = self.post(&connection) {
                return End::Lost { reason: busy.to_string(), was_connected: true };
            }
        }
    }

    /// A world that is gone hears nothing; the stop signal follows.
    async fn tell(&self, what: What) {
        let _ = self.notices.send(Notice { device: self.id, what }).await;
    }

    fn post(&mut self, connection: &Connection) -> Result<(), Busy> {
        while let Some(message) = self.outbox.next() {
            let topic = message.channel.topic(self.id);
            connection.publish(&topic, self.identity.encoding, message.payload.clone())?;
        }
        Ok(())
    }
}

pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Nobody left who could say stop means stop.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn farewell(connection: &mut Connection) {
    if connection.disconnect().is_err() {
        return;
    }
    let ended = async { while !matches!(connection.next().await, Happening::Ended(_)) {} };
    let _ = tokio::time::timeout(FAREWELL_MAX, ended).await;
}
