//! The world on the air: the one task that lets time pass, gives every device its messages, hands over commands, tells
//! the past beside the present, and remembers how far it got.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lares_model::device::Encoding;
use lares_model::ports::Clock;
use lares_model::{DeviceId, UnixMillis};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::connection::{self, Protocol, Server};
use crate::kept::Kept;
use crate::kind::Kind;
use crate::message::{Outgoing, Why};
use crate::outbox::{Message, Outbox};
use crate::past::{HOUR_MS, Past, Progress, ToldUntil};
use crate::random::{Random, mix};
use crate::scenario::Scenario;
use crate::station::{Notice, Station, Status, What, stopped};
use crate::world::{Birth, Registered, World};

/// A registered device as its maker was told to configure it.
#[derive(Clone, Debug)]
pub struct Identity {
    pub serial: String,
    pub client_id: String,
    /// The device's id.
    pub username: String,
    pub password: String,
    pub encoding: Encoding,
    /// What the server has of it from before this world, until when and up to which counter.
    pub known: Option<Known>,
}

#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub until: UnixMillis,
    pub energy_wh: Option<f64>,
}

/// Where a world's memory is kept between starts.
pub trait Memory: Send + Sync {
    fn read(&self) -> Result<Option<Vec<u8>>, String>;
    fn write(&self, bytes: &[u8]) -> Result<(), String>;
    /// Keeps what cannot be understood for a person to look at, out of the way of the next `write`. Says where.
    fn set_aside(&self) -> Result<String, String>;
}

/// How the telling of the past goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Telling {
    Begins(Progress),
    Goes(Progress),
    Ends { readings: u64, took: Duration },
}

pub struct Town {
    pub scenario: Scenario,
    /// The server's MQTT over TLS.
    pub mqtts: SocketAddr,
    /// The name in the server's certificate.
    pub server_name: String,
    pub ca_pem: Vec<u8>,
    pub seed: u64,
    pub clock: Arc<dyn Clock>,
    /// How much faster than real time that clock runs.
    pub speed: f64,
    pub devices: Vec<Identity>,
    pub memory: Arc<dyn Memory>,
    /// How much of the past is told at most; 0 is none of it.
    pub history_days: u32,
    pub telling: Box<dyn FnMut(Telling) + Send>,
}

const DAY_MS: i64 = 86_400_000;
const REPORT_EVERY_MS: f64 = 10_000.0;
const REPORT_EVERY_MAX_MS: f64 = 120_000.0;
/// Stations get this long to connect before the past is told without those who do not.
const CONNECTS_WITHIN: Duration = Duration::from_secs(5);
/// The past waits while this much is under way.
const BACKLOG_MAX: usize = 300;
const PAST_LOOKS_EVERY: Duration = Duration::from_millis(2);
const KEEP_EVERY: Duration = Duration::from_secs(30);
const NOTICES_MAX: usize = 256;

/// Keeps the devices alive until `stop` is true or its sender is gone, and ends soon after.
pub async fn run(town: Town, stop: watch::Receiver<bool>) {
    let tls = match connection::tls(&town.ca_pem, &town.server_name) {
        Ok(tls) => tls,
        Err(error) => {
            tracing::error!(%error, "the simulated world cannot start");
            return;
        }
    };
    let server = Server { address: town.mqtts, tls };
    let (notices, heard) = mpsc::channel(NOTICES_MAX);
    let (stop_stations, stations_stop) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut posts = BTreeMap::new();
    for identity in &town.devices {
        let Some((id, post, station)) = station(&town, identity, &server, &notices) else { continue };
        posts.insert(id, post);
        tasks.spawn(Box::pin(station.run(stations_stop.clone())));
    }
    drop(notices);
    // Its own thread may be busy for a moment while the world finds its way from a distant past to now.
    match tokio::task::spawn_blocking(move || Driver::awake(town, posts)).await {
        Ok(Ok(driver)) => Box::pin(driver.run(heard, stop)).await,
        Ok(Err(reason)) => tracing::error!(reason, "the simulated world cannot start"),
        Err(error) => tracing::error!(%error, "the simulated world ended by accident"),
    }
    let _ = stop_stations.send(true);
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a simulated device ended by accident");
        }
    }
}

/// The way to a station.
struct Post {
    give: mpsc::UnboundedSender<Message>,
    status: Arc<Status>,
    on_air: watch::Sender<bool>,
}

fn station(
    town: &Town,
    identity: &Identity,
    server: &Server,
    notices: &mpsc::Sender<Notice>,
) -> Option<(DeviceId, Post, Station)> {
    let Ok(id) = identity.username.parse::<DeviceId>() else {
        tracing::error!(username = identity.username, "a simulated device's user name is not a device id");
        return None;
    };
    let kind = town.scenario.device(&identity.serial).map(|(_, plan)| plan.kind)?;
    let (give, given) = mpsc::unbounded_channel();
    let (switch, on_air) = watch::channel(true);
    let status = Arc::new(Status::default());
    let station = Station {
        identity: identity.clone(),
        id,
        protocol: if Kind::speaks_mqtt_5(kind) { Protocol::V5 } else { Protocol::V311 },
        server: server.clone(),
        random: Random::new(mix(town.seed, id.0.as_u128() as u64)),
        outbox: Outbox::default(),
        given,
        notices: notices.clone(),
        status: status.clone(),
        on_air,
    };
    Some((id, Post { give, status, on_air: switch }, station))
}

struct Driver {
    town: Town,
    world: World,
    past: Option<Past>,
    posts: BTreeMap<DeviceId, Post>,
    told_until: ToldUntil,
    /// What changed while the past is still being told: it comes after it.
    withheld: Vec<Outgoing>,
    /// Devices whose past is told already, because somebody commanded them.
    caught_up: BTreeSet<DeviceId>,
    kept: Kept,
    kept_at: Instant,
    /// The place in the past that was last said.
    reported: Option<UnixMillis>,
    began: Instant,
}

impl Driver {
    /// Remembers, or begins; then finds its way to now.
    fn awake(town: Town, posts: BTreeMap<DeviceId, Post>) -> Result<Driver, String> {
        let registered = registered(&town);
        let now = town.clock.now();
        let earliest = now - i64::from(town.history_days) * DAY_MS;
        let (mut then, told_until, done, opened) = match remembered(town.memory.as_ref())? {
            Some(kept) => {
                (kept.world(&town.scenario, &registered), kept.told_until.clone(), kept.done.clone(), true)
            }
            None => {
                let birth = Birth { seed: town.seed, born: now, from: earliest };
                let mut world = World::new(&town.scenario, birth, &registered);
                let told_until = recognise(&town, &mut world);
                (world, told_until, vec![], false)
            }
        };
        // A pause longer than that is not told in full.
        let mut done_after = done;
        if then.now() < earliest {
            for done in done_after.iter().filter(|done| done.at <= earliest) {
                then.redo(done);
            }
            done_after.retain(|done| done.at > earliest);
            then.leap(earliest);
        }
        then.birth.from = then.birth.from.max(earliest);
        let mut kept = Kept::at(&then, &town.scenario, &told_until);
        kept.done = done_after.clone();
        let mut world = then.clone();
        done_after.iter().for_each(|done| world.redo(done));
        let every_ms = (REPORT_EVERY_MS.max(town.speed * 1_000.0)).min(REPORT_EVERY_MAX_MS);
        world.report_every(every_ms as i64);
        world.come_alive(now);
        let kept = kept.with_guards(&world);
        let tells = town.history_days > 0 && then.now() < now;
        let past = tells.then(|| Past::new(then, done_after, now, told_until.clone(), opened));
        let reported = past.as_ref().map(|past| past.world.now());
        Ok(Driver {
            town,
            world,
            past,
            posts,
            told_until,
            withheld: vec![],
            caught_up: BTreeSet::new(),
            kept,
            kept_at: Instant::now(),
            reported,
            began: Instant::now(),
        })
    }

    async fn run(mut self, mut heard: mpsc::Receiver<Notice>, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(self.tick_every());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Before anybody speaks: a start that is cut short has begun all the same.
        self.write_kept().await;
        if let Some(past) = &self.past {
            let progress = past.progress();
            (self.town.telling)(Telling::Begins(progress));
        }
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                _ = tick.tick() => self.live().await,
                Some(notice) = heard.recv() => self.hear(&notice).await,
                () = tokio::time::sleep(PAST_LOOKS_EVERY), if self.past.is_some() => self.tell_past().await,
            }
        }
        if self.past.is_none() && self.all_is_safe() {
            self.keep_now().await;
        }
    }

    fn tick_every(&self) -> Duration {
        match self.town.speed {
            speed if speed < 10.0 => Duration::from_millis(250),
            speed if speed < 100.0 => Duration::from_millis(100),
            _ => Duration::from_millis(40),
        }
    }

    /// Time passes, and devices say what came of it.
    async fn live(&mut self) {
        if self.past.is_none() && self.kept_at.elapsed() >= KEEP_EVERY && self.all_is_safe() {
            self.keep_now().await;
        }
        for message in self.world.advance(self.town.clock.now()) {
            self.send_in_turn(message);
        }
        for (device, post) in &self.posts {
            let last_words = self.world.has_died(*device) && post.status.pending.load(Ordering::Relaxed) > 0;
            let on_air = self.world.on_air(*device) || last_words;
            post.on_air.send_if_modified(|before| std::mem::replace(before, on_air) != on_air);
        }
    }

    /// A change of now waits until the changes before it are told.
    fn send_in_turn(&mut self, message: Outgoing) {
        if self.past.is_some() && message.why == Why::Change && !self.caught_up.contains(&message.device) {
            self.withheld.push(message);
        } else {
            self.give(message, false);
        }
    }

    fn give(&self, message: Outgoing, stored: bool) {
        let Some(post) = self.posts.get(&message.device) else { return };
        let message = Message { channel: message.channel, payload: message.payload, stored };
        post.status.given(&message);
        if let Err(unsent) = post.give.send(message) {
            post.status.gone(&unsent.0);
        }
    }

    async fn hear(&mut self, notice: &Notice) {
        let device = notice.device;
        match &notice.what {
            What::Connected => {
                for message in self.world.advance(self.town.clock.now()) {
                    self.send_in_turn(message);
                }
                let telling = self.past.is_some() && !self.caught_up.contains(&device);
                for message in self.world.connected(device) {
                    // What it is now is told to the end of the past, for all devices.
                    if !(telling && message.why == Why::Change) {
                        self.give(message, false);
                    }
                }
            }
            What::Command(payload) => {
                self.catch_up(device).await;
                let messages = self.world.command(device, payload, self.town.clock.now());
                if !self.world.done.is_empty() {
                    self.kept.done.append(&mut self.world.done);
                }
                self.write_kept().await;
                for message in messages {
                    self.send_in_turn(message);
                }
            }
        }
    }

    /// Somebody wants something of this device: its past first, at once, so that its present can follow.
    async fn catch_up(&mut self, device: DeviceId) {
        let Some(rest) = self.past.as_mut().and_then(|past| past.branch_for(device)) else { return };
        self.caught_up.insert(device);
        // Up to ninety days of a whole world: the server's own threads have better things to do.
        match tokio::task::spawn_blocking(move || rest.changes_of(device)).await {
            Ok(messages) => messages.into_iter().for_each(|message| self.give(message, true)),
            Err(error) => tracing::error!(device.id = %device, %error, "the past of a device was not told"),
        }
        let (of_it, of_others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.withheld).into_iter().partition(|message| message.device == device);
        self.withheld = of_others;
        for message in of_it {
            self.give(message, false);
        }
    }

    /// Whether the server has acknowledged all that any device has said. A device that is away holds what it has not
    /// sent only in memory, so it counts as well.
    fn all_is_safe(&self) -> bool {
        self.posts.values().all(|post| post.status.pending.load(Ordering::Relaxed) == 0)
    }

    /// The same of what was told of the past.
    fn past_is_safe(&self) -> bool {
        self.posts.values().all(|post| post.status.stored.load(Ordering::Relaxed) == 0)
    }

    /// How much of the past is under way: what a station that is away still has holds nobody up.
    fn past_underway(&self) -> usize {
        let all = self.posts.values().map(|post| post.status.as_ref());
        let connected = all.filter(|status| status.connected.load(Ordering::Relaxed));
        connected.map(|status| status.stored.load(Ordering::Relaxed)).sum()
    }

    fn all_connected(&self) -> bool {
        self.posts.values().all(|post| post.status.connected.load(Ordering::Relaxed))
    }

    /// As much of the past as can be under way. Each day is remembered once it is safe; while some of it is not, the
    /// next start tells it again from the day remembered last.
    async fn tell_past(&mut self) {
        if !self.all_connected() && self.began.elapsed() < CONNECTS_WITHIN {
            return;
        }
        loop {
            let underway = self.past_underway();
            let Some(past) = &mut self.past else { return };
            let over = past.is_over();
            let at_day = past.is_even() && past.world.now().0.rem_euclid(DAY_MS) < HOUR_MS;
            if (at_day || over) && self.kept.reached != past.world.now() && underway > 0 {
                return;
            }
            if over {
                self.keep_past().await;
                self.past_is_told();
                return;
            }
            if at_day && self.reported != Some(past.world.now()) {
                self.keep_past().await;
                return;
            }
            if underway > BACKLOG_MAX {
                return;
            }
            for message in past.next_hour() {
                self.give(message, true);
            }
        }
    }

    /// Remembers how far the past is told, if that is safe, and says so.
    async fn keep_past(&mut self) {
        let Some(past) = &self.past else { return };
        let (at, progress) = (past.world.now(), past.progress());
        if self.kept.reached != at && self.past_is_safe() {
            let kept = Kept::at(&past.world, &self.town.scenario, &self.told_until);
            let done = std::mem::replace(&mut self.kept, kept).done;
            self.kept.done = done.into_iter().filter(|done| done.at > at).collect();
            self.write_kept().await;
        }
        self.reported = Some(at);
        (self.town.telling)(Telling::Goes(progress));
    }

    fn past_is_told(&mut self) {
        let readings = self.past.take().map_or(0, |past| past.stored());
        for message in std::mem::take(&mut self.withheld) {
            self.give(message, false);
        }
        let devices: Vec<_> = self.posts.keys().copied().collect();
        for device in devices {
            for message in self.world.connected(device) {
                self.give(message, false);
            }
        }
        (self.town.telling)(Telling::Ends { readings, took: self.began.elapsed() });
    }

    /// Everything up to now is acknowledged: the next start carries on from here.
    async fn keep_now(&mut self) {
        self.kept = Kept::at(&self.world, &self.town.scenario, &self.told_until);
        self.kept.from = self.world.now();
        self.write_kept().await;
        self.kept_at = Instant::now();
    }

    async fn write_kept(&mut self) {
        self.kept = self.kept.clone().with_guards(&self.world);
        let written = match self.kept.encode() {
            Ok(bytes) => {
                let memory = self.town.memory.clone();
                let written = tokio::task::spawn_blocking(move || memory.write(&bytes)).await;
                written.unwrap_or_else(|error| Err(error.to_string()))
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = written {
            tracing::warn!(reason, "what the simulated world remembers was not written");
        }
    }
}

/// What an earlier start left. What cannot be understood is set aside, and the world begins anew: a server that knows
/// its devices is told the time since.
fn remembered(memory: &dyn Memory) -> Result<Option<Kept>, String> {
    let Some(bytes) = memory.read()? else { return Ok(None) };
    match Kept::decode(&bytes) {
        Ok(kept) => Ok(Some(kept)),
        Err(error) => {
            let place = memory.set_aside()?;
            tracing::warn!(%error, place, "the simulated world begins anew");
            Ok(None)
        }
    }
}

fn registered(town: &Town) -> Vec<Registered> {
    let of = |identity: &Identity| {
        Some(Registered {
            serial: identity.serial.clone(),
            id: identity.username.parse().ok()?,
            encoding: identity.encoding,
        })
    };
    town.devices.iter().filter_map(of).collect()
}

/// Devices that the server knows from an older world: their past is told, and their counters go on.
fn recognise(town: &Town, world: &mut World) -> ToldUntil {
    let mut told_until = ToldUntil::new();
    for identity in &town.devices {
        let Some(known) = identity.known else { continue };
        told_until.insert(identity.serial.clone(), known.until);
        let unit = world.units.iter().find(|unit| unit.serial == identity.serial);
        if let (Some(unit), Some(wh)) = (unit, known.energy_wh) {
            let (home, device) = (unit.home, unit.device);
            world.homes[home].lift_counter(device, wh);
        }
    }
    told_until
}

#[cfg(test)]
#[path = "town_tests.rs"]
mod tests;
