//! One device on the air: connects, reports, obeys, and comes back after every loss.

use std::sync::Arc;
use std::time::Duration;

use lares_model::DeviceId;
use lares_model::ports::Clock;
use lares_model::protocol::Channel;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::blueprint::Kind;
use crate::connection::{Connection, Happening, Protocol, Server};
use crate::device::Device;
use crate::message::{Head, Report, decode_command, encode_ack, encode_report};
use crate::outbox::{Message, Outbox};
use crate::random::Random;
use crate::world::Identity;

const BACKOFF_FIRST: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(15);
const FAREWELL_MAX: Duration = Duration::from_millis(500);

pub(crate) struct Station {
    pub identity: Identity,
    pub id: DeviceId,
    pub device: Device,
    pub server: Server,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    pub report_every: Duration,
    /// Random text of this start; `seq` counts within it.
    pub epoch: String,
    pub seq: u64,
    pub outbox: Outbox,
}

enum End {
    Stopped,
    Lost { reason: String, was_connected: bool },
}

impl Station {
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut backoff = BACKOFF_FIRST;
        // Devices do not report in step with each other.
        let first = Instant::now() + self.report_every.mul_f64(self.random.between(0.2, 1.0));
        let mut timer = tokio::time::interval_at(first, self.report_every);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            let end = self.session(&mut timer, &mut stop).await;
            self.outbox.disconnected();
            let End::Lost { reason, was_connected } = end else { return };
            if was_connected {
                backoff = BACKOFF_FIRST;
            }
            let pause = backoff.mul_f64(self.random.between(0.5, 1.5));
            tracing::debug!(device.id = %self.id, reason, ?pause, "the twin's device is off the air");
            self.wait(pause, &mut timer, &mut stop).await;
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    /// Goes on measuring while it cannot be heard.
    async fn wait(&mut self, pause: Duration, timer: &mut Interval, stop: &mut watch::Receiver<bool>) {
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                () = stopped(stop) => return,
                _ = timer.tick() => self.report(),
            }
        }
    }

    async fn session(&mut self, timer: &mut Interval, stop: &mut watch::Receiver<bool>) -> End {
        let protocol = match self.identity.kind {
            Kind::Plug | Kind::Lock => Protocol::V5,
            Kind::Meter | Kind::Thermostat | Kind::LeakSensor => Protocol::V311,
        };
        let mut connection = Connection::open(&self.server, &self.identity, protocol);
        let mut connected = false;
        loop {
            let happening = tokio::select! {
                () = stopped(stop) => {
                    farewell(&mut connection).await;
                    return End::Stopped;
                }
                _ = timer.tick() => {
                    self.report();
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
                    let state = self.device.state();
                    self.say(&state);
                }
                Some(Happening::Written(packet_id)) => self.outbox.written(packet_id),
                Some(Happening::Acknowledged(packet_id)) => self.outbox.acknowledged(packet_id),
                Some(Happening::Command(payload)) => self.obey(&payload),
                Some(Happening::Ended(reason)) => return End::Lost { reason, was_connected: connected },
                None => {}
            }
            if connected && let Err(busy) = self.post(&connection) {
                return End::Lost { reason: busy.to_string(), was_connected: true };
            }
        }
    }

    fn post(&mut self, connection: &Connection) -> Result<(), crate::connection::Busy> {
        while let Some(message) = self.outbox.next() {
            let topic = message.channel.topic(self.id);
            connection.publish(&topic, self.identity.encoding, message.payload.clone())?;
        }
        Ok(())
    }

    fn report(&mut self) {
        for report in self.device.tick(self.clock.now(), &mut self.random) {
            self.say(&report);
        }
    }

    fn obey(&mut self, payload: &[u8]) {
        let envelope = match decode_command(self.identity.encoding, payload) {
            Ok(envelope) => envelope,
            Err(error) => {
                tracing::warn!(device.id = %self.id, %error, "the twin's device cannot read a command");
                return;
            }
        };
        let now = self.clock.now();
        let outcome = self.device.obey(&envelope, now);
        self.seq += 1;
        let head = Head::new(&self.epoch, self.seq, now);
        let reason = outcome.reason.as_deref();
        match encode_ack(self.identity.encoding, head, envelope.command, outcome.answer, reason) {
            Ok(payload) => self.outbox.push(Message { channel: Channel::Ack, payload }),
            Err(error) => tracing::error!(device.id = %self.id, %error, "an answer could not be encoded"),
        }
        for report in outcome.reports {
            self.say(&report);
        }
    }

    fn say(&mut self, report: &Report) {
        self.seq += 1;
        let head = Head::new(&self.epoch, self.seq, self.clock.now());
        match encode_report(self.identity.encoding, head, report) {
            Ok((channel, payload)) => self.outbox.push(Message { channel, payload }),
            Err(error) => tracing::error!(device.id = %self.id, %error, "a report could not be encoded"),
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
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
