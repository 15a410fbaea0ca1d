//! The parts the hub works with, made once at start-up and passed to every function as the first argument.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lares_model::command::CommandPolicy;
use lares_model::export::Exporter;
use lares_model::history::QueryLimits;
use lares_model::ports::{Clock, Entropy, HomeBus, Link, Notifier};
use lares_model::presence::PresencePolicy;
use lares_model::reading::TimePolicy;
use lares_model::record::Position;
use lares_model::{DeviceId, UnixMillis};
use lares_store::Store;
use lares_telemetry::Telemetry;
use uuid::Uuid;

use crate::accounts::AccountPolicy;
use crate::alarms::Alarms;
use crate::certificates::DeviceAuthority;
use crate::dialects::Dialects;
use crate::directory::Directory;
use crate::export::Exports;
use crate::feed::Feeds;
use crate::home_clients::HomeClients;
use crate::links::Links;
use crate::live::Live;
use crate::mail_throttle::MailThrottle;
use crate::nudge::Nudges;
use crate::passkeys::Site;
use crate::passwords::Passwords;
use crate::providers::{Provider, ProviderSettings};
use crate::replays::Replays;
use crate::signing::KeyRing;
use crate::throttle::{ClientThrottle, SignInThrottle};
use crate::vault::Vault;

/// What is given from outside.
pub struct HubParts {
    pub store: Store,
    pub telemetry: Arc<dyn Telemetry>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub vault: Vault,
    pub time_policy: TimePolicy,
    pub command_policy: CommandPolicy,
    pub presence_policy: PresencePolicy,
    /// How devices of other makers speak in a home's MQTT space.
    pub dialects: lares_model::dialect::Dialects,
    /// How our devices are told to Home Assistant, where somebody can word it.
    pub exporter: Option<Exporter>,
    /// Who signs devices' certificates, where anybody does.
    pub device_authority: Option<DeviceAuthority>,
    /// Where people and apps reach this server, without a slash at the end: the issuer of its tokens.
    pub public_url: String,
    pub accounts: AccountPolicy,
    /// Where its pages come from, too, such as its other web listener.
    pub other_origins: Vec<String>,
    /// Who else may vouch for people.
    pub providers: Vec<ProviderSettings>,
    pub query_limits: QueryLimits,
}

pub struct Hub {
    pub store: Store,
    pub telemetry: Arc<dyn Telemetry>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub vault: Vault,
    pub time_policy: TimePolicy,
    pub command_policy: CommandPolicy,
    pub presence_policy: PresencePolicy,
    pub directory: Directory,
    pub dialects: Dialects,
    pub exporter: Option<Exporter>,
    pub exports: Exports,
    pub device_authority: Option<DeviceAuthority>,
    pub live: Live,
    pub feeds: Feeds,
    pub nudges: Nudges,
    /// How far the removal of old readings is.
    pub retention: tokio::sync::watch::Sender<crate::retention::Progress>,
    pub passwords: Passwords,
    pub sign_in_throttle: SignInThrottle,
    pub client_throttle: ClientThrottle,
    pub mail_throttle: MailThrottle,
    pub public_url: String,
    pub accounts: AccountPolicy,
    pub site: Site,
    pub providers: Vec<Provider>,
    /// How much one question about readings may go through.
    pub query_limits: QueryLimits,
    pub keys: KeyRing,
    pub alarms: Alarms,
    pub home_clients: HomeClients,
    /// Signatures of requests that devices sent lately.
    pub replays: Replays,
    /// Devices that may have unsettled commands: a superset of what the store says, so that readings of all other
    /// devices never touch the relational store.
    busy: Mutex<HashMap<DeviceId, u64>>,
    /// Held around every transaction that reads commands and moves them, so that the follower and the dispatcher
    /// never judge the same row from the same state.
    pub command_gate: tokio::sync::Mutex<()>,
    link: OnceLock<Arc<dyn Link>>,
    bus: OnceLock<Arc<dyn HomeBus>>,
    notifier: OnceLock<Arc<dyn Notifier>>,
    /// How far the follower has folded the log, and whether it cannot write what follows from it.
    folded: AtomicI64,
    follower_is_stuck: AtomicBool,
}

/// Further behind, the follower is not merely busy.
const BEHIND_MAX_RECORDS: i64 = 200_000;

impl Hub {
    pub fn new(parts: HubParts) -> Arc<Hub> {
        let origins = [vec![parts.public_url.clone()], parts.other_origins].concat();
        let passwords = Passwords::new(parts.vault.password_pepper());
        Arc::new(Hub {
            store: parts.store,
            telemetry: parts.telemetry,
            clock: parts.clock,
            entropy: parts.entropy,
            vault: parts.vault,
            time_policy: parts.time_policy,
            command_policy: parts.command_policy,
            presence_policy: parts.presence_policy,
            directory: Directory::default(),
            dialects: Dialects::new(parts.dialects),
            exporter: parts.exporter,
            exports: Exports::default(),
            device_authority: parts.device_authority,
            live: Live::default(),
            feeds: Feeds::default(),
            nudges: Nudges::default(),
            retention: tokio::sync::watch::Sender::default(),
            passwords,
            sign_in_throttle: SignInThrottle::default(),
            client_throttle: ClientThrottle::default(),
            mail_throttle: MailThrottle::new(&parts.accounts),
            public_url: parts.public_url,
            accounts: parts.accounts,
            site: Site::of(&origins),
            providers: parts.providers.into_iter().map(Provider::new).collect(),
            query_limits: parts.query_limits,
            keys: KeyRing::default(),
            alarms: Alarms::default(),
            home_clients: HomeClients::default(),
            replays: Replays::default(),
            busy: Mutex::default(),
            command_gate: tokio::sync::Mutex::default(),
            link: OnceLock::new(),
            bus: OnceLock::new(),
            notifier: OnceLock::new(),
            folded: AtomicI64::new(0),
            follower_is_stuck: AtomicBool::new(false),
        })
    }

    /// The door that reaches native devices is made after the hub; it can be connected once.
    pub fn connect_link(self: &Arc<Self>, native: Arc<dyn Link>) {
        if self.link.set(Arc::new(Links::new(self, native))).is_err() {
            tracing::error!("a second device link was offered and ignored");
        }
    }

    pub fn link(&self) -> Option<&Arc<dyn Link>> {
        self.link.get()
    }

    /// The homes' MQTT spaces are made after the hub, too; they can be connected once.
    pub fn connect_bus(&self, bus: Arc<dyn HomeBus>) {
        if self.bus.set(bus).is_err() {
            tracing::error!("a second home bus was offered and ignored");
        }
    }

    pub fn bus(&self) -> Option<&Arc<dyn HomeBus>> {
        self.bus.get()
    }

    /// Mail is set up once, where it is at all.
    pub fn connect_notifier(&self, notifier: Arc<dyn Notifier>) {
        if self.notifier.set(notifier).is_err() {
            tracing::error!("a second way to send mails was offered and ignored");
        }
    }

    pub fn notifier(&self) -> Option<&Arc<dyn Notifier>> {
        self.notifier.get()
    }

    pub(crate) fn follower_reached(&self, position: Position, is_stuck: bool) {
        self.folded.store(position.0, Ordering::Relaxed);
        self.follower_is_stuck.store(is_stuck, Ordering::Relaxed);
    }

    /// How far the log is in the live state, at least.
    pub(crate) fn folded(&self) -> Position {
        Position(self.folded.load(Ordering::Relaxed))
    }

    /// Whether the live state is as new as the log: an old state says nothing about silence.
    pub(crate) fn is_caught_up(&self) -> bool {
        !self.follower_is_stuck.load(Ordering::Relaxed)
            && self.folded.load(Ordering::Relaxed) >= self.telemetry.head().0
    }

    /// Whether what devices report is being turned into state and events.
    pub fn follows(&self) -> bool {
        let behind = self.telemetry.head().0 - self.folded.load(Ordering::Relaxed);
        !self.follower_is_stuck.load(Ordering::Relaxed) && behind <= BEHIND_MAX_RECORDS
    }

    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    pub fn uuid(&self) -> Uuid {
        self.entropy.uuid()
    }

    /// Called before a command's row is written and again after its commit.
    pub fn mark_busy(&self, device: DeviceId) {
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner).entry(device).or_default() += 1;
    }

    /// The mark to take before reading the rows that may show the device idle; `None` when it is idle.
    pub fn busy_mark(&self, device: DeviceId) -> Option<u64> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).get(&device).copied()
    }

    /// Idle, unless a command was submitted since the mark was taken.
    pub fn mark_idle(&self, device: DeviceId, mark: u64) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.get(&device) == Some(&mark) {
            busy.remove(&device);
        }
    }

    pub fn busy_devices(&self) -> Vec<DeviceId> {
        let mut devices: Vec<_> =
            self.busy.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        devices.sort_unstable();
        devices
    }

    /// A secret that nobody can guess, as text for people and configuration files.
    pub fn secret_text(&self, bytes: usize) -> String {
        use base64::Engine as _;
        let mut secret = vec![0; bytes];
        self.entropy.fill(&mut secret);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret)
    }
}
