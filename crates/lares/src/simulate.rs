//! The deterministic mode: server and simulated homes in one thread of virtual time, from one seed. No socket, no
//! wall clock, no chance: the same seed gives the same days, bit for bit, on either store.

mod air;
mod chance;
mod digests;
mod people;

use std::path::Path;
use std::sync::Arc;

use lares_hub::dispatcher::Dispatcher;
use lares_hub::follower::Follower;
use lares_hub::homes::NewHome;
use lares_hub::vault::Vault;
use lares_hub::{Caller, Hub, HubParts, devices, homes, identity, ingest, rooms, sweeper};
use lares_model::command::CommandPolicy;
use lares_model::presence::PresencePolicy;
use lares_model::presence::PresenceStatus;
use lares_model::reading::TimePolicy;
use lares_model::{DeviceId, OrganisationId, UnixMillis};
use lares_store::{Store, StoreOptions};
use lares_telemetry::EmbeddedTelemetry;
use lares_twin::{Birth, Fault, HomePlan, Misbehaviour, Outgoing, Random, Registered, Scenario, World};

use crate::world_options::WorldOptions;
use air::Air;
use chance::{SeededEntropy, VirtualClock, key_of};
pub use digests::Digests;
use people::People;

/// The first instant of every simulation: 2026-03-14, so that a month of it has the night in which clocks change.
const START: UnixMillis = UnixMillis(1_773_446_400_000);
const DAY_MS: i64 = 86_400_000;
/// How often the server looks.
const TICK_MS: i64 = 15 * 60 * 1_000;
/// Coarser than real devices, so that a month is over in seconds; devices are registered with it.
const REPORT_EVERY_S: u32 = 60 * 60;
/// Messages handed over before the first is waited for: so few are polled in their order.
const AT_ONCE: usize = 30;
/// An answer may lead to another command, but not for ever.
const ROUNDS_MAX: usize = 100;

#[derive(clap::Args)]
pub struct Options {
    /// What everything follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days pass.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    days: u32,
    /// An empty `postgres://user:password@host/database`; a SQLite file in a temporary directory when left out.
    #[arg(long)]
    store: Option<String>,
    #[command(flatten)]
    world: WorldOptions,
}

/// Runs a simulation in a temporary directory, and prints what it came to.
pub fn simulate(options: &Options) -> Result<(), String> {
    let scenario = options.world.scenario()?;
    let folder = tempfile::tempdir().map_err(|error| format!("a temporary directory: {error}"))?;
    let digests = run_in(folder.path(), options.store.clone(), options.seed, options.days, &scenario)?;
    print!("{digests}");
    Ok(())
}

/// One simulation of the demo's homes from its first day to its last, in `folder`, which it needs for itself.
pub fn run(folder: &Path, store_url: Option<String>, seed: u64, days: u32) -> Result<Digests, String> {
    run_in(folder, store_url, seed, days, &Scenario::demo().map_err(said)?)
}

/// The same with other homes, or with devices that misbehave.
pub fn run_in(
    folder: &Path,
    store_url: Option<String>,
    seed: u64,
    days: u32,
    scenario: &Scenario,
) -> Result<Digests, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime did not start: {error}"))?;
    runtime.block_on(async {
        let mut simulation = Box::pin(Simulation::begin(folder, store_url, seed, scenario)).await?;
        let end = START + i64::from(days) * DAY_MS;
        while simulation.clock.at() < end {
            Box::pin(simulation.tick()).await?;
        }
        let digests = digests::of(&simulation.hub, &simulation.caller).await?;
        let Simulation { hub, follower, dispatcher, .. } = simulation;
        let store = hub.store.clone();
        drop((hub, follower, dispatcher));
        store.close().await;
        Ok(digests)
    })
}

struct Simulation {
    hub: Arc<Hub>,
    clock: Arc<VirtualClock>,
    caller: Caller,
    follower: Follower,
    dispatcher: Dispatcher,
    air: Arc<Air>,
    world: World,
    people: People,
    /// Faults are drawn apart from what people do.
    mishaps: Random,
    devices: Vec<DeviceId>,
    /// Misbehave as the scenario says, and by no chance.
    asked: Vec<DeviceId>,
}

fn said(error: impl std::fmt::Display) -> String {
    format!("the simulation: {error}")
}

async fn open(
    folder: &Path,
    store_url: Option<String>,
    seed: u64,
    clock: &Arc<VirtualClock>,
) -> Result<Arc<Hub>, String> {
    let url = store_url.unwrap_or_else(|| format!("sqlite://{}", folder.join("lares.db").display()));
    let store = Store::open(&StoreOptions { url, readers_max: 2 }).await.map_err(said)?;
    store.migrate().await.map_err(said)?;
    if !lares_store::events::none_kept(&store).await.map_err(said)? {
        return Err(
            "the simulation needs an empty store: what is in this one would change its course".to_owned()
        );
    }
    let telemetry = EmbeddedTelemetry::open(folder).map_err(said)?;
    Ok(Hub::new(HubParts {
        store,
        telemetry: Arc::new(telemetry),
        clock: clock.clone(),
        entropy: Arc::new(SeededEntropy::new(seed, clock.clone())),
        vault: Vault::new(&key_of("vault", seed)).map_err(said)?,
        time_policy: TimePolicy::default(),
        // As the configuration has it by default.
        command_policy: CommandPolicy::default(),
        presence_policy: PresencePolicy::default(),
        dialects: Vec::new,
        exporter: None,
        device_authority: None,
        public_url: "http://localhost".to_owned(),
        accounts: lares_hub::accounts::AccountPolicy::default(),
        other_origins: vec![],
        providers: vec![],
        query_limits: lares_model::history::QueryLimits::default(),
    }))
}

impl Simulation {
    async fn begin(
        folder: &Path,
        store_url: Option<String>,
        seed: u64,
        scenario: &Scenario,
    ) -> Result<Simulation, String> {
        let clock = Arc::new(VirtualClock::new(START));
        let hub = open(folder, store_url, seed, &clock).await?;
        let (caller, registered) = furnish(&hub, scenario).await?;
        let birth = Birth { seed, born: START, from: START };
        let mut world = World::new(scenario, birth, &registered);
        world.report_every(i64::from(REPORT_EVERY_S) * 1_000);
        world.come_alive(START);
        let air = Arc::new(Air::default());
        hub.connect_link(air.clone());
        let mut follower = Follower::load(&hub).await.map_err(said)?;
        follower.catch_up().await.map_err(said)?;
        Ok(Simulation {
            dispatcher: Dispatcher::new(&hub),
            people: People::new(seed, world.devices().collect()),
            mishaps: Random::new(!seed),
            devices: world.devices().map(|(device, _)| device).collect(),
            asked: asked_to_misbehave(scenario, &registered),
            hub,
            clock,
            caller,
            follower,
            air,
            world,
        })
    }

    /// Time passes; devices speak, the server follows, people ask, devices answer, and who is silent is noticed.
    async fn tick(&mut self) -> Result<(), String> {
        let now = self.clock.at() + TICK_MS;
        self.clock.set(now);
        if now.since_ms(START) % DAY_MS == 0 {
            self.misbehave();
        }
        let messages = self.world.advance(now);
        self.take(&messages).await?;
        self.reconnect().await?;
        self.people.act(&self.hub, &self.caller).await?;
        self.dispatch(now).await?;
        sweeper::sweep(&self.hub, START).await.map_err(said)?;
        self.follower.catch_up().await.map_err(said)
    }

    /// By the same door as messages over MQTT, and followed before anything else happens.
    async fn take(&mut self, messages: &[Outgoing]) -> Result<(), String> {
        for some in messages.chunks(AT_ONCE) {
            let reports =
                some.iter().filter_map(|message| {
                    let device = self.hub.directory.get(message.device)?;
                    let hub = &self.hub;
                    Some(async move {
                        ingest::report(hub, &device, message.channel, None, &message.payload).await
                    })
                });
            for outcome in futures_util::future::join_all(reports).await {
                outcome.map_err(said)?;
            }
        }
        self.follower.catch_up().await.map_err(said)
    }

    /// Whoever came on the air since the last look connects and says how it is; whoever left is gone.
    async fn reconnect(&mut self) -> Result<(), String> {
        let mut messages = Vec::new();
        for id in self.devices.clone() {
            let is_there = self.world.on_air(id);
            if !self.air.change(id, is_there) {
                continue;
            }
            let Some(device) = self.hub.directory.get(id) else { continue };
            let (status, reason) = match is_there {
                true => (PresenceStatus::Online, "it connected"),
                false => (PresenceStatus::Offline, "the connection was lost"),
            };
            ingest::presence(&self.hub, &device, status, reason).await.map_err(said)?;
            if is_there {
                messages.extend(self.world.connected(id));
            }
        }
        self.take(&messages).await
    }

    /// Commands go out, and their answers come back, until nothing moves any more.
    async fn dispatch(&mut self, now: UnixMillis) -> Result<(), String> {
        for _ in 0..ROUNDS_MAX {
            self.dispatcher.look().await.map_err(said)?;
            let sent = self.air.take();
            if sent.is_empty() {
                return Ok(());
            }
            for (device, payload) in sent {
                let messages = self.world.command(device, &payload, now);
                self.take(&messages).await?;
            }
        }
        Err(said("commands do not come to rest"))
    }

    /// Each day one device misbehaves for some hours, in one of the ways that devices have.
    fn misbehave(&mut self) {
        const FAULTS: [Fault; 8] = [
            Fault::Silence,
            Fault::Duplicates,
            Fault::Reordering,
            Fault::WrongClock,
            Fault::Garbage,
            Fault::LyingAcks,
            Fault::FlatBattery,
            Fault::Flapping,
        ];
        let mut draw = |count: usize| (self.mishaps.bits() % count as u64) as usize;
        let (device, fault) = (self.devices[draw(self.devices.len())], FAULTS[draw(FAULTS.len())]);
        let flaps = fault == Fault::Flapping;
        let misbehaviour = Misbehaviour {
            for_s: Some(3_600 * (1 + draw(12) as u32)),
            up_s: flaps.then_some(2_400),
            down_s: flaps.then_some(1_200),
            ..Misbehaviour::new(fault)
        };
        if !self.asked.contains(&device) {
            self.world.misbehave(device, vec![misbehaviour]);
        }
    }
}

fn asked_to_misbehave(scenario: &Scenario, registered: &[Registered]) -> Vec<DeviceId> {
    let is_asked =
        |serial: &str| scenario.device(serial).is_some_and(|(_, device)| !device.misbehaviour.is_empty());
    registered.iter().filter(|known| is_asked(&known.serial)).map(|known| known.id).collect()
}

/// The homes of the scenario, set up by their owner through the hub.
async fn furnish(hub: &Arc<Hub>, scenario: &Scenario) -> Result<(Caller, Vec<Registered>), String> {
    let email = "owner@simulation.lares";
    let password = hub.secret_text(12);
    let made = identity::create_owner(hub, email, "Owner", &password, &scenario.organisation).await;
    let (user, organisation) = made.map_err(said)?;
    let issued = identity::issue_for(hub, user.id, "simulation").await.map_err(said)?;
    let caller = identity::caller_of(hub, &issued.token).await.map_err(said)?;
    let mut registered = Vec::new();
    for plan in &scenario.homes {
        furnish_home(hub, &caller, organisation.id, plan, &mut registered).await?;
    }
    Ok((caller, registered))
}

async fn furnish_home(
    hub: &Arc<Hub>,
    caller: &Caller,
    organisation: OrganisationId,
    plan: &HomePlan,
    registered: &mut Vec<Registered>,
) -> Result<(), String> {
    let new = NewHome {
        organisation,
        name: plan.name.clone(),
        address: plan.address.clone(),
        time_zone: plan.time_zone.clone(),
        property_type: plan.property_type,
        floor_area_m2: Some(plan.floor_area_m2),
    };
    let home = homes::create(hub, caller, None, new).await.map_err(said)?;
    let mut made = Vec::new();
    for room in &plan.rooms {
        made.push(rooms::create(hub, caller, None, home.id, &room.name).await.map_err(said)?);
    }
    for device in &plan.devices {
        let (mut new, room) = crate::demo::new_device(device);
        new.home = home.id;
        new.expected_interval_s = Some(REPORT_EVERY_S);
        new.room = made.iter().find(|made| made.name == room).map(|made| made.id);
        let device = devices::register(hub, caller, None, &new).await.map_err(said)?.device;
        registered.push(Registered {
            serial: device.serial.unwrap_or_default(),
            id: device.id,
            encoding: device.encoding,
        });
    }
    Ok(())
}
