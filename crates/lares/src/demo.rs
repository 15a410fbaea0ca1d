//! `lares demo`: the server with simulated homes beside it. Carries on with what is in the data directory; the
//! simulated devices come in by the same door as real ones.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lares_hub::homes::NewHome;
use lares_hub::{Caller, HubError, devices, homes, identity, rooms};
use lares_model::device::{Encoding, Endpoint};
use lares_model::home::is_same_name;
use lares_model::protocol::Channel;
use lares_model::{DeviceId, HomeId, OrganisationId, RoomId, UserId};
use lares_twin::{DevicePlan, HomePlan, Identity, Known, Memory, Scenario, Town};
use serde_json::json;

use crate::cli::Common;
use crate::clock::ScaledClock;
use crate::config::Config;
use crate::config_follow;
use crate::data_dir::write_owner_only;
use crate::demo_file::{DemoFile, DemoSecrets, Owner, SpareDevice, TelemetryRecipe, read, write};
use crate::demo_telling::TellingLines;
use crate::demo_welcome::welcome;
use crate::parts::{self, Running};
use crate::serve::asked_to_stop;
use crate::world_options::WorldOptions;

const EMAIL: &str = "owner@demo.lares";
const SEED: u64 = 1;
const SPARE_SERIAL: &str = "SPARE-1";
const SPARE_ATTRIBUTE: &str = "ElectricalPowerMeasurement.ActivePower";
const SPARE_READINGS_LIMIT: u32 = 50_000;
const ENERGY: &str = "ElectricalEnergyMeasurement.CumulativeEnergyImported";

#[derive(clap::Args)]
pub struct Options {
    /// How many days of history the devices send at the first start; 0 is none.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(0..=90))]
    history: u32,
    /// How many times faster than real time the clock of server and devices runs.
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    speed: f64,
    #[command(flatten)]
    world: WorldOptions,
}

pub async fn demo(config: Config, common: Common, options: Options) -> Result<(), String> {
    let as_loaded = config.clone();
    let mut config = config;
    let scenario = options.world.scenario()?;
    let clock = Arc::new(ScaledClock::new(options.speed)?);
    // A demo stays on this machine.
    for bind in [&mut config.http.tls_bind, &mut config.mqtt.tls_bind] {
        *bind = bind.replace("0.0.0.0", "127.0.0.1");
    }
    let running = parts::start_on(&config, Some(clock.clone())).await?;
    let secrets = furnish(&running, &config.data.dir, &scenario).await?;
    let file = demo_file(&running, &secrets, &scenario)?;
    write(&config.data.dir.join("demo.json"), &file)?;
    let welcome = welcome(&file, &config.data.dir, &scenario);
    let town = town(&running, &secrets, scenario, &clock, &options, &config.data.dir)?;
    println!("{welcome}");
    let follows = config_follow::follow(common, as_loaded, running.mqtt.clone(), running.stop.subscribe());
    tokio::spawn(follows);
    let stop = running.stop.subscribe();
    let twin = tokio::spawn(lares_twin::run(town, stop));
    asked_to_stop().await?;
    running.stop().await;
    let _ = tokio::time::timeout(Duration::from_secs(5), twin).await;
    Ok(())
}

fn said(error: impl std::fmt::Display) -> String {
    format!("furnishing the demo: {error}")
}

/// Makes what is missing: the owner, the organisation, the homes, their devices and the spare one. Each step is kept
/// as soon as it is done, so that a start that was cut short carries on.
async fn furnish(running: &Running, dir: &Path, scenario: &Scenario) -> Result<DemoSecrets, String> {
    let hub = &running.hub;
    let file = dir.join("demo-secrets.json");
    let mut secrets: DemoSecrets = read(&file)?.unwrap_or_default();
    let known = identity::caller_of(hub, &secrets.token).await;
    let caller = match known {
        Ok(caller) => caller,
        Err(HubError::Unauthenticated) => {
            // The first start, or the demo's token was ended through the API.
            make_owner(running, &mut secrets, &scenario.organisation).await?;
            write(&file, &secrets)?;
            identity::caller_of(hub, &secrets.token).await.map_err(said)?
        }
        Err(error) => return Err(said(error)),
    };
    for (nth, plan) in scenario.homes.iter().enumerate() {
        let home = make_home(running, &caller, plan, &secrets).await?;
        secrets.homes.insert(plan.key.clone(), home.to_string());
        write(&file, &secrets)?;
        let mut planned: Vec<_> = plan.devices.iter().map(new_device).collect();
        if nth == 0 {
            planned.push(spare_device());
        }
        make_devices(running, &caller, home, planned, &mut secrets, &file).await?;
    }
    Ok(secrets)
}

/// The home of a plan with its rooms, found again by its id or its name.
async fn make_home(
    running: &Running,
    caller: &Caller,
    plan: &HomePlan,
    secrets: &DemoSecrets,
) -> Result<HomeId, String> {
    let hub = &running.hub;
    let kept = secrets.homes.get(&plan.key);
    let homes_there = homes::list(hub, caller, None, None, 1_000).await.map_err(said)?.items;
    let by_id = homes_there.iter().find(|home| kept == Some(&home.id.to_string()));
    let home = match by_id.or_else(|| homes_there.iter().find(|home| home.name == plan.name)) {
        Some(home) => home.id,
        None => {
            let organisation: OrganisationId = secrets.organisation.parse().map_err(said)?;
            let new = NewHome {
                organisation,
                name: plan.name.clone(),
                address: plan.address.clone(),
                time_zone: plan.time_zone.clone(),
                property_type: plan.property_type,
                floor_area_m2: Some(plan.floor_area_m2),
            };
            homes::create(hub, caller, None, new).await.map_err(said)?.id
        }
    };
    let rooms_there = rooms::list(hub, caller, None, Some(home), None, 1_000).await.map_err(said)?.items;
    let is_there = |name: &str| rooms_there.iter().any(|there| is_same_name(&there.name, name));
    for room in plan.rooms.iter().filter(|room| !is_there(&room.name)) {
        rooms::create(hub, caller, None, home, &room.name).await.map_err(said)?;
    }
    Ok(home)
}

/// An owner left over by a start that was cut short before its token was kept gets a new password.
async fn make_owner(running: &Running, secrets: &mut DemoSecrets, household: &str) -> Result<(), String> {
    let hub = &running.hub;
    secrets.email = EMAIL.to_owned();
    secrets.password = hub.secret_text(12);
    let made = identity::create_owner(hub, EMAIL, "Demo owner", &secrets.password, household).await;
    let user: UserId = match made {
        Ok((user, organisation)) => {
            secrets.organisation = organisation.id.to_string();
            user.id
        }
        Err(HubError::Conflict(_)) => {
            identity::set_password(hub, EMAIL, &secrets.password).await.map_err(said)?;
            let (user, organisation) = identity::first_organisation(hub, EMAIL).await.map_err(said)?;
            secrets.organisation = organisation.to_string();
            user
        }
        Err(error) => return Err(said(error)),
    };
    secrets.token = identity::issue_for(hub, user, "demo").await.map_err(said)?.token;
    Ok(())
}

/// A device to register, and the name of its room.
type Planned = (devices::NewDevice, String);

async fn make_devices(
    running: &Running,
    caller: &Caller,
    home: HomeId,
    planned: Vec<Planned>,
    secrets: &mut DemoSecrets,
    file: &Path,
) -> Result<(), String> {
    let hub = &running.hub;
    let known = devices::list(hub, caller, None, &devices::DeviceFilter::default(), None, 1_000).await;
    let known = known.map_err(said)?.items;
    let in_home = rooms::list(hub, caller, None, Some(home), None, 100).await.map_err(said)?.items;
    for (mut new, room) in planned {
        let present = known.iter().find(|known| known.serial == new.serial);
        let kept = present.is_some_and(|present| secrets.devices.contains_key(&present.id.to_string()));
        if kept {
            continue;
        }
        let room: Option<RoomId> = in_home.iter().find(|there| there.name == room).map(|there| there.id);
        (new.home, new.room) = (home, room);
        let registered = match present {
            Some(present) => devices::rotate_credentials(hub, caller, None, present.id).await,
            None => devices::register(hub, caller, None, &new).await,
        };
        let registered = registered.map_err(said)?;
        secrets.devices.insert(registered.device.id.to_string(), registered.password);
        if new.serial.as_deref() == Some(SPARE_SERIAL) {
            secrets.spare = registered.device.id.to_string();
        }
        write(file, secrets)?;
    }
    Ok(())
}

pub(crate) fn new_device(plan: &DevicePlan) -> Planned {
    let new = devices::NewDevice {
        home: HomeId(uuid::Uuid::nil()),
        room: None,
        name: plan.name.clone(),
        vendor: plan.vendor.clone(),
        model: plan.model.clone(),
        serial: Some(plan.serial.clone()),
        firmware: Some(plan.firmware().to_owned()),
        endpoints: plan.endpoints(),
        tags: plan.tags.clone(),
        encoding: plan.encoding,
        expected_interval_s: Some(plan.expected_interval_s),
    };
    (new, plan.room.clone())
}

fn spare_device() -> Planned {
    let new = devices::NewDevice {
        home: HomeId(uuid::Uuid::nil()),
        room: None,
        name: "Spare meter (yours to drive)".to_owned(),
        vendor: "Lares".to_owned(),
        model: "Spare".to_owned(),
        serial: Some(SPARE_SERIAL.to_owned()),
        firmware: Some("1.0.0".to_owned()),
        endpoints: vec![Endpoint {
            endpoint: 1,
            capabilities: vec!["OnOff".into(), "ElectricalPowerMeasurement".into(), "Identify".into()],
            ..Endpoint::default()
        }],
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: Some(3_600),
    };
    (new, String::new())
}

fn reachable(address: Option<SocketAddr>) -> String {
    address.map_or_else(String::new, |address| {
        let host =
            if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
        format!("{host}:{}", address.port())
    })
}

fn demo_file(running: &Running, secrets: &DemoSecrets, scenario: &Scenario) -> Result<DemoFile, String> {
    let spare: DeviceId = secrets.spare.parse().map_err(said)?;
    let payload = json!({
        "v": 1,
        "time": "{time_ms}",
        "readings": [{ "endpoint": 1, "attribute": SPARE_ATTRIBUTE, "value": "{value}" }],
    });
    // The placeholders stand for numbers, so they stand without quotes.
    let payload = payload.to_string().replace("\"{time_ms}\"", "{time_ms}").replace("\"{value}\"", "{value}");
    Ok(DemoFile {
        http: reachable(running.addresses.http),
        https: reachable(running.addresses.https),
        mqtt: reachable(running.addresses.mqtt),
        mqtts: reachable(running.addresses.mqtts),
        ca: running.authority.display().to_string(),
        owner: Owner {
            email: secrets.email.clone(),
            password: secrets.password.clone(),
            token: secrets.token.clone(),
        },
        organisation: secrets.organisation.clone(),
        homes: scenario.homes.iter().filter_map(|home| secrets.homes.get(&home.key).cloned()).collect(),
        device: SpareDevice {
            id: spare.to_string(),
            client_id: spare.to_string(),
            username: spare.to_string(),
            password: secrets.devices.get(&secrets.spare).cloned().unwrap_or_default(),
            telemetry: TelemetryRecipe { topic: Channel::Telemetry.topic(spare), payload },
            command_topic: Channel::Command.topic(spare),
            ack_topic: Channel::Ack.topic(spare),
            readings: format!(
                "/api/iot/devices/{spare}/readings?attribute={SPARE_ATTRIBUTE}&limit={SPARE_READINGS_LIMIT}"
            ),
        },
    })
}

/// The world's memory, beside the demo's secrets.
struct WorldFile(PathBuf);

impl Memory for WorldFile {
    fn read(&self) -> Result<Option<Vec<u8>>, String> {
        match std::fs::read(&self.0) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", self.0.display())),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), String> {
        write_owner_only(&self.0, bytes)
    }

    fn set_aside(&self) -> Result<String, String> {
        let place = self.0.with_added_extension("damaged");
        std::fs::rename(&self.0, &place).map_err(|error| format!("{}: {error}", self.0.display()))?;
        Ok(place.display().to_string())
    }
}

fn town(
    running: &Running,
    secrets: &DemoSecrets,
    scenario: Scenario,
    clock: &Arc<ScaledClock>,
    options: &Options,
    dir: &Path,
) -> Result<Town, String> {
    let mqtts = running.addresses.mqtts.ok_or("the demo needs mqtt.tls_bind")?;
    let mut identities = Vec::new();
    for (id, password) in &secrets.devices {
        let id: DeviceId = id.parse().map_err(said)?;
        let Some(device) = running.hub.directory.get(id) else { continue };
        let Some(serial) = device.serial.clone().filter(|serial| scenario.device(serial).is_some()) else {
            continue;
        };
        identities.push(Identity {
            serial,
            client_id: id.to_string(),
            username: id.to_string(),
            password: password.clone(),
            encoding: device.encoding,
            known: known(running, id),
        });
    }
    let mut lines = TellingLines::new();
    Ok(Town {
        scenario,
        mqtts: SocketAddr::new([127, 0, 0, 1].into(), mqtts.port()),
        server_name: "localhost".to_owned(),
        ca_pem: std::fs::read(&running.authority).map_err(said)?,
        seed: SEED,
        clock: clock.clone(),
        speed: clock.speed(),
        devices: identities,
        memory: Arc::new(WorldFile(dir.join("demo-world.cbor"))),
        history_days: options.history,
        telling: Box::new(move |telling| lines.print(telling)),
    })
}

/// What the server has of a device already.
fn known(running: &Running, id: DeviceId) -> Option<Known> {
    running.hub.live.with(id, |state| {
        let newest =
            state.latest.values().flat_map(|attributes| attributes.values()).map(|latest| latest.time).max();
        let energy_wh = state.value(1, ENERGY).and_then(|latest| latest.value.as_f64());
        newest.map(|until| Known { until, energy_wh })
    })
}
