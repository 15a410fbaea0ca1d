//! The parts of a running server and how they are put together: the one wiring table. Each part starts, follows the
//! same stop signal, and is waited for at the end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lares_doors::http::{
    self, ConnectionView, DoorState, HttpLimits, LiveLimits, LivePlaces, Mailbox, RateLimits, TrustedProxies,
};
use lares_doors::mqtt::{House, PresenceLog};
use lares_hub::accounts::{AccountPolicy, Registration};
use lares_hub::dispatcher::Dispatcher;
use lares_hub::follower::Follower;
use lares_hub::vault::Vault;
use lares_hub::{
    Hub, HubError, HubParts, alarm_watch, dialects, expirer, export, feed, housekeeper, postman, signing,
    sweeper,
};
use lares_model::UnixMillis;
use lares_model::command::CommandPolicy;
use lares_model::ports::{Clock, Entropy};
use lares_model::presence::PresencePolicy;
use lares_model::reading::TimePolicy;
use lares_model::record::Position;
use lares_mqtt::{Broker, TlsProvider};
use lares_store::{Store, StoreOptions};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::ScaledClock;
use crate::config::{Config, IdentityConfig, RegistrationConfig, address};
use crate::data_dir::DataDirectory;
use crate::demo_mailbox::DemoMailbox;
use crate::device_authority;
use crate::entropy::{SystemClock, SystemEntropy};
use crate::home_assistant;
use crate::mqtt_door;
use crate::reserve;
use crate::smtp::Smtp;
use crate::telemetry_engine;
use crate::tls::{self, TlsMaterial};

/// Where the doors stand.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    pub http: Option<SocketAddr>,
    pub https: Option<SocketAddr>,
    pub mqtt: Option<SocketAddr>,
    pub mqtts: Option<SocketAddr>,
    pub mqtt_anonymous: Option<SocketAddr>,
}

pub struct Running {
    pub hub: Arc<Hub>,
    pub mqtt: Arc<Broker<House>>,
    pub addresses: Addresses,
    pub authority: PathBuf,
    pub stop: watch::Sender<bool>,
    /// Ended first, in this order: doors, then what they feed.
    doors: Vec<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
    stop_workers: watch::Sender<bool>,
    _data: DataDirectory,
}

const STOP_WITHIN: Duration = Duration::from_secs(20);

/// The storage and decisions, without doors: also what `lares admin` works with.
pub async fn open_hub(config: &Config, data: &DataDirectory) -> Result<Arc<Hub>, String> {
    let place = (config.public_url(None), config.other_origins(None));
    open_hub_on(config, data, Arc::new(SystemClock), 1.0, place).await
}

/// What waits for people, devices and networks waits in real time, also where the clock runs `speed` times as fast.
async fn open_hub_on(
    config: &Config,
    data: &DataDirectory,
    clock: Arc<dyn Clock>,
    speed: f64,
    (public_url, other_origins): (String, Vec<String>),
) -> Result<Arc<Hub>, String> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let key = data.key(entropy.as_ref())?;
    let vault = Vault::new(&key).map_err(|error| error.to_string())?;
    let store = open_store(config, data).await?;
    store.migrate().await.map_err(|error| format!("relational schema: {error}"))?;
    let telemetry = telemetry_engine::open(&config.telemetry, &data.path)?;
    let hub = Hub::new(HubParts {
        store,
        telemetry: Arc::new(telemetry),
        clock,
        entropy,
        vault,
        time_policy: TimePolicy {
            late_after_ms: i64::from(config.ingest.late_after_s) * 1_000,
            ahead_ok_ms: i64::from(config.ingest.ahead_ok_s) * 1_000,
            ahead_max_ms: i64::from(config.ingest.ahead_max_s) * 1_000,
            ..TimePolicy::default()
        },
        command_policy: CommandPolicy {
            confirm_within_ms: i64::from(config.commands.confirm_within_s) * 1_000,
            attempts_max: i32::try_from(config.commands.attempts_max).unwrap_or(i32::MAX),
            ..CommandPolicy::default()
        }
        .at_speed(speed),
        presence_policy: PresencePolicy::default().at_speed(speed),
        dialects: lares_adapters::dialects,
        exporter: Some(home_assistant::EXPORTER),
        device_authority: Some(device_authority::open(&data.path)?),
        public_url,
        accounts: account_policy(&config.identity),
        other_origins,
        providers: config.sign_in.settings()?,
        query_limits: config.telemetry.query_limits(),
    });
    signing::keep(&hub).await.map_err(in_full)?;
    hub.directory.load(&hub.store).await.map_err(|error| format!("devices: {error}"))?;
    Ok(hub)
}

fn account_policy(config: &IdentityConfig) -> AccountPolicy {
    AccountPolicy {
        registration: match config.registration {
            RegistrationConfig::Open => Registration::Open,
            RegistrationConfig::Invitation => Registration::Invitation,
        },
        registrations_per_network_per_hour: config.registrations_per_network_per_hour,
        mails_per_network_per_hour: config.mails_per_network_per_hour,
        mails_per_address_per_hour: config.mails_per_address_per_hour,
    }
}

pub async fn open_store(config: &Config, data: &DataDirectory) -> Result<Store, String> {
    let url = if config.store.url.is_empty() {
        format!("sqlite://{}", data.path.join("lares.db").display())
    } else {
        config.store.url.clone()
    };
    let options = StoreOptions { url, readers_max: config.store.readers_max };
    Store::open(&options).await.map_err(|error| format!("relational store: {error}"))
}

struct Listeners {
    http: Option<TcpListener>,
    https: Option<TcpListener>,
    mqtt: Option<TcpListener>,
    mqtts: Option<TcpListener>,
    mqtt_anonymous: Option<TcpListener>,
}

async fn bind(key: &str, text: &str) -> Result<Option<TcpListener>, String> {
    let Some(address) = address(key, text).map_err(|error| error.to_string())? else { return Ok(None) };
    TcpListener::bind(address).await.map(Some).map_err(|error| format!("{key}: {address}: {error}"))
}

impl Listeners {
    /// Bound before anything else runs: an address in use is told at once, and nothing has to be undone.
    async fn bind(config: &Config) -> Result<Listeners, String> {
        Ok(Listeners {
            http: bind("http.bind", &config.http.bind).await?,
            https: bind("http.tls_bind", &config.http.tls_bind).await?,
            mqtt: bind("mqtt.bind", &config.mqtt.bind).await?,
            mqtts: bind("mqtt.tls_bind", &config.mqtt.tls_bind).await?,
            mqtt_anonymous: bind("mqtt.anonymous_bind", &config.mqtt.anonymous_bind).await?,
        })
    }

    fn addresses(&self) -> Addresses {
        let of = |listener: &Option<TcpListener>| listener.as_ref().and_then(|open| open.local_addr().ok());
        Addresses {
            http: of(&self.http),
            https: of(&self.https),
            mqtt: of(&self.mqtt),
            mqtts: of(&self.mqtts),
            mqtt_anonymous: of(&self.mqtt_anonymous),
        }
    }
}

/// One for the process, as the `metrics` facade has it: a second start counts on in the same one.
fn recorder() -> Result<PrometheusHandle, String> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new().install_recorder().map_err(|error| format!("metrics: {error}"))?;
    *installed = Some(handle.clone());
    Ok(handle)
}

/// Whoever starts the server is told the cause that callers of the API are not.
fn in_full(error: HubError) -> String {
    match error {
        HubError::Internal(cause) => cause,
        other => other.to_string(),
    }
}

pub async fn start(config: &Config) -> Result<Running, String> {
    start_on(config, None).await
}

/// On a clock of its own, which is then not behind the data, and with a mailbox beside the data, as a demo has them.
pub async fn start_on(config: &Config, clock: Option<Arc<ScaledClock>>) -> Result<Running, String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let data = DataDirectory::open(&config.data.dir)?;
    let listeners = Listeners::bind(config).await?;
    // The devices' listener trusts it, so it is made first.
    device_authority::open(&data.path)?;
    let material = tls::material(&config.tls, &data.path)?;
    // Before anything counts.
    recorder()?;
    let is_demo = clock.is_some();
    let addresses = listeners.addresses();
    let place = (config.public_url(addresses.http), config.other_origins(addresses.https));
    let hub = match clock {
        None => open_hub_on(config, &data, Arc::new(SystemClock), 1.0, place).await?,
        Some(clock) => {
            let hub = open_hub_on(config, &data, clock.clone(), clock.speed(), place).await?;
            clock.not_before(newest(&hub).await?);
            hub
        }
    };
    let mailbox = connect_mail(config, &hub, is_demo)?;
    let mut follower = Follower::load(&hub).await.map_err(in_full)?;
    follower.catch_up().await.map_err(in_full)?;

    let (stop, stopped) = watch::channel(false);
    let (stop_workers, workers_stopped) = watch::channel(false);
    let (presence, presence_writer) = PresenceLog::new(&hub);
    let anonymous = listeners.addresses().mqtt_anonymous;
    let broker = mqtt_door::open(config, &hub, &data.path, &presence, anonymous).await?;
    drop(presence);
    dialects::open_all(&hub).await.map_err(in_full)?;
    let workers = vec![
        worker("log follower", follower.run(workers_stopped.clone())),
        worker("dispatcher", Dispatcher::new(&hub).run(workers_stopped.clone())),
        worker("presence sweeper", sweeper::run(hub.clone(), workers_stopped.clone())),
        worker("live feed", feed::run(hub.clone(), workers_stopped.clone())),
        worker("export", export::run(hub.clone(), workers_stopped.clone())),
        worker("retention", expirer::run(hub.clone(), workers_stopped.clone())),
        worker("dialects", dialects::clock::run(hub.clone(), workers_stopped.clone())),
        worker("alarms", alarm_watch::run(hub.clone(), workers_stopped.clone())),
        worker("postman", postman::run(hub.clone(), workers_stopped.clone())),
        worker("housekeeper", housekeeper::run(hub.clone(), workers_stopped)),
    ];
    let presence = tokio::spawn(presence_writer);
    let addresses = listeners.addresses();
    let mut doors = open_doors(config, &hub, &broker, &material, listeners, mailbox, &stopped)?;
    // Ends when the last connection has: the goodbyes of a shutdown are in the log, too.
    doors.push(presence);
    if let Err(error) = reserve::keep(&data.path, hub.entropy.as_ref()) {
        tracing::warn!(%error, "no space is kept back for a start on a full disk");
    }
    tracing::info!(?addresses, data = %data.path.display(), "lares is ready");
    let authority = material.authority;
    Ok(Running { hub, mqtt: broker, addresses, authority, stop, doors, workers, stop_workers, _data: data })
}

/// A server without one of its workers would take reports and do nothing with them: it ends instead, loses nothing by
/// that, and is started again by whoever runs it.
fn worker(name: &'static str, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = tokio::spawn(work).await {
            tracing::error!(worker = name, %error, "a worker died; the server stops");
            std::process::abort();
        }
    })
}

/// The way that mails take: SMTP where it is configured, else a demo's own mailbox, else none.
fn connect_mail(config: &Config, hub: &Hub, is_demo: bool) -> Result<Option<Arc<dyn Mailbox>>, String> {
    if let Some(smtp) = Smtp::open(&config.mail)? {
        hub.connect_notifier(Arc::new(smtp));
    } else if is_demo {
        let file = config.data.dir.join("demo-mails.json");
        let mailbox = Arc::new(DemoMailbox::open(file, hub.clock.clone())?);
        hub.connect_notifier(mailbox.clone());
        return Ok(Some(mailbox));
    } else {
        tracing::info!("mail is not set up (section [mail]): what people should be told waits");
    }
    Ok(None)
}

/// When the last entry of the log was received.
async fn newest(hub: &Hub) -> Result<UnixMillis, String> {
    let head = hub.telemetry.head();
    let last = hub.telemetry.since(Position(head.0 - 1), 1).await;
    let last = last.map_err(|error| format!("ingest log: {error}"))?;
    Ok(last.first().map_or(UnixMillis::MIN_ACCEPTED, |record| record.entry.received))
}

fn http_limits(config: &Config) -> HttpLimits {
    HttpLimits {
        connections: config.http.connections_max,
        body_bytes: config.http.body_max_bytes,
        ..HttpLimits::default()
    }
}

fn open_doors(
    config: &Config,
    hub: &Arc<Hub>,
    broker: &Arc<Broker<House>>,
    material: &TlsMaterial,
    listeners: Listeners,
    mailbox: Option<Arc<dyn Mailbox>>,
    stopped: &watch::Receiver<bool>,
) -> Result<Vec<JoinHandle<()>>, String> {
    let (ready, is_ready) = watch::channel(true);
    // Readiness ends with the stop signal, so that a load balancer looks elsewhere.
    let mut stopping = stopped.clone();
    tokio::spawn(async move {
        let _ = stopping.wait_for(|stop| *stop).await;
        let _ = ready.send(false);
    });
    let rates = RateLimits {
        per_user_per_second: config.limits.per_user_per_second,
        per_network_per_second: config.limits.per_network_per_second,
    };
    let door = Arc::new(DoorState {
        hub: hub.clone(),
        mqtt: broker.clone(),
        limits: http::Limiter::new(&rates, TrustedProxies(config.http.trusted_proxies.clone())),
        live: LivePlaces::new(LiveLimits {
            connections: config.limits.live_connections_max,
            per_user: config.limits.live_connections_per_user,
            unread: Duration::from_secs(u64::from(config.limits.live_unread_s)),
        }),
        metrics: recorder()?,
        ready: is_ready,
        openapi: http::openapi_document().into(),
        metrics_public: config.http.metrics_public,
        connection: connection(config, material, listeners.addresses().mqtts),
        mailbox,
    });
    let limits = http_limits(config);
    let (router, _) = http::router(&door, &limits);
    let mut doors = vec![tokio::spawn(forget_quiet_callers(door, stopped.clone()))];
    let web: [(Option<TcpListener>, Option<TlsProvider>); 2] =
        [(listeners.http, None), (listeners.https, Some(material.web.clone()))];
    for (listener, tls) in web {
        let Some(listener) = listener else { continue };
        doors.push(tokio::spawn(http::serve(listener, tls, router.clone(), limits.clone(), stopped.clone())));
    }
    let house = broker.handler().clone();
    doors.push(tokio::spawn(tls::follow_revocations(
        material.devices.clone(),
        material.revoked.clone(),
        stopped.clone(),
        move |listed| house.follow_revocations(listed),
    )));
    let devices = [
        (listeners.mqtt, None),
        (listeners.mqtts, Some(material.devices.clone())),
        (listeners.mqtt_anonymous, None),
    ];
    doors.push(mqtt_door::serve(broker, devices, stopped)?);
    Ok(doors)
}

/// What devices have to know of this server. An operator's own certificate has an authority that devices know already.
fn connection(config: &Config, material: &TlsMaterial, mqtts: Option<SocketAddr>) -> ConnectionView {
    let own = config.tls.certificate.as_os_str().is_empty();
    ConnectionView {
        mqtts_port: mqtts.map(|address| address.port()),
        authority: own.then(|| std::fs::read_to_string(&material.authority).ok()).flatten(),
    }
}

async fn forget_quiet_callers(door: http::Door, mut stopped: watch::Receiver<bool>) {
    const EVERY: Duration = Duration::from_secs(60);
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {
                door.limits.shrink();
                door.hub.sign_in_throttle.forget_quiet(door.hub.now());
                door.hub.client_throttle.shrink();
                door.hub.mail_throttle.shrink();
            }
            _ = stopped.changed() => {}
        }
    }
}

impl Running {
    /// Doors first, so that what they took is written; then the workers, the follower with a last checkpoint.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        // The broker's house writes presence for as long as somebody holds it, and that ends last.
        drop(self.mqtt);
        let doors = async {
            for door in self.doors {
                let _ = door.await;
            }
        };
        let in_time = tokio::time::timeout(STOP_WITHIN, doors).await;
        let _ = self.stop_workers.send(true);
        let workers = async {
            for worker in self.workers {
                let _ = worker.await;
            }
        };
        let workers_in_time = tokio::time::timeout(STOP_WITHIN, workers).await;
        if in_time.is_err() || workers_in_time.is_err() {
            tracing::warn!("not everything ended in time; what was acknowledged is on disk all the same");
        }
        tracing::info!("lares has stopped");
    }
}
