//! `lares demo`: the server with a simulated home beside it. Carries on with what is in the data directory; the
//! simulated devices come in by the same door as real ones.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lares_hub::homes::NewHome;
use lares_hub::{Caller, HubError, devices, homes, identity, rooms};
use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::home::{Home, PropertyType};
use lares_model::protocol::Channel;
use lares_model::{DeviceId, HomeId, OrganisationId, UserId};
use lares_twin::{Blueprint, DevicePlan, Identity, Kind, World, blueprint};
use serde_json::json;

use crate::config::Config;
use crate::demo_file::{DemoFile, DemoSecrets, Owner, SpareDevice, TelemetryRecipe, read, write};
use crate::parts::{self, Running};
use crate::serve::asked_to_stop;

const EMAIL: &str = "owner@demo.lares";
const REPORT_EVERY: Duration = Duration::from_secs(5);
const SEED: u64 = 1;
const SPARE_ATTRIBUTE: &str = "ElectricalPowerMeasurement.ActivePower";
const SPARE_READINGS_LIMIT: u32 = 50_000;

pub async fn demo(config: Config) -> Result<(), String> {
    let mut config = config;
    // A demo stays on this machine.
    for bind in [&mut config.http.tls_bind, &mut config.mqtt.tls_bind] {
        *bind = bind.replace("0.0.0.0", "127.0.0.1");
    }
    let running = parts::start(&config).await?;
    let secrets = furnish(&running, &config.data.dir).await?;
    let file = demo_file(&running, &secrets)?;
    write(&config.data.dir.join("demo.json"), &file)?;
    let world = world(&running, &secrets)?;
    let stop = running.stop.subscribe();
    let twin = tokio::spawn(lares_twin::run(world, stop));
    welcome(&file, &config.data.dir);
    asked_to_stop().await?;
    running.stop().await;
    let _ = tokio::time::timeout(Duration::from_secs(5), twin).await;
    Ok(())
}

fn said(error: impl std::fmt::Display) -> String {
    format!("furnishing the demo: {error}")
}

/// Makes what is missing: the owner, the organisation, the home, its devices and the spare one. Each step is kept
/// as soon as it is done, so that a start that was cut short carries on.
async fn furnish(running: &Running, dir: &Path) -> Result<DemoSecrets, String> {
    let hub = &running.hub;
    let file = dir.join("demo-secrets.json");
    let mut secrets: DemoSecrets = read(&file)?.unwrap_or_default();
    let known = identity::caller_of(hub, &secrets.token).await;
    let caller = match known {
        Ok(caller) => caller,
        Err(HubError::Unauthenticated) => {
            // The first start, or the demo's token was ended through the API.
            make_owner(running, &mut secrets).await?;
            write(&file, &secrets)?;
            identity::caller_of(hub, &secrets.token).await.map_err(said)?
        }
        Err(error) => return Err(said(error)),
    };
    let plan = blueprint();
    let homes_there = homes::list(hub, &caller, None, None, 1_000).await.map_err(said)?.items;
    let there = |home: &&Home| home.id.to_string() == secrets.home || home.name == plan.home_name;
    if let Some(home) = homes_there.iter().find(there) {
        secrets.home = home.id.to_string();
    } else {
        let organisation: OrganisationId = secrets.organisation.parse().map_err(said)?;
        let new = NewHome {
            organisation,
            name: plan.home_name.to_owned(),
            address: plan.address.to_owned(),
            time_zone: plan.time_zone.to_owned(),
            property_type: PropertyType::House,
            floor_area_m2: Some(plan.floor_area_m2),
        };
        secrets.home = homes::create(hub, &caller, None, new).await.map_err(said)?.id.to_string();
    }
    let home: HomeId = secrets.home.parse().map_err(said)?;
    let rooms_there = rooms::list(hub, &caller, None, Some(home), None, 1_000).await.map_err(said)?.items;
    for room in plan.rooms.iter().filter(|room| !rooms_there.iter().any(|there| there.name == **room)) {
        rooms::create(hub, &caller, None, home, room).await.map_err(said)?;
    }
    write(&file, &secrets)?;
    make_devices(running, &caller, &plan, &mut secrets, &file).await?;
    Ok(secrets)
}

/// An owner left over by a start that was cut short before its token was kept gets a new password.
async fn make_owner(running: &Running, secrets: &mut DemoSecrets) -> Result<(), String> {
    let hub = &running.hub;
    secrets.email = EMAIL.to_owned();
    secrets.password = hub.secret_text(12);
    let made = identity::create_owner(hub, EMAIL, "Demo owner", &secrets.password, "Demo household").await;
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

async fn make_devices(
    running: &Running,
    caller: &Caller,
    plan: &Blueprint,
    secrets: &mut DemoSecrets,
    file: &Path,
) -> Result<(), String> {
    let hub = &running.hub;
    let home: HomeId = secrets.home.parse().map_err(said)?;
    let known = devices::list(hub, caller, None, &devices::DeviceFilter::default(), None, 1_000).await;
    let known = known.map_err(said)?.items;
    let in_home = rooms::list(hub, caller, None, Some(home), None, 100).await.map_err(said)?.items;
    let spare = spare_plan();
    for device in plan.devices.iter().chain([&spare]) {
        let present = known.iter().find(|known| known.serial.as_deref() == Some(device.serial.as_str()));
        let kept = present.is_some_and(|present| secrets.devices.contains_key(&present.id.to_string()));
        if kept {
            continue;
        }
        let room = in_home.iter().find(|room| room.name == device.room).map(|room| room.id);
        let registered = match present {
            Some(present) => devices::rotate_credentials(hub, caller, None, present.id).await,
            None => devices::register(hub, caller, None, &new_device(device, home, room)).await,
        };
        let registered = registered.map_err(said)?;
        secrets.devices.insert(registered.device.id.to_string(), registered.password);
        if device.serial == spare.serial {
            secrets.spare = registered.device.id.to_string();
        }
        write(file, secrets)?;
    }
    Ok(())
}

fn new_device(plan: &DevicePlan, home: HomeId, room: Option<lares_model::RoomId>) -> devices::NewDevice {
    devices::NewDevice {
        home,
        room,
        name: plan.name.to_owned(),
        vendor: plan.vendor.to_owned(),
        model: plan.model.to_owned(),
        serial: Some(plan.serial.clone()),
        firmware: Some(plan.firmware.to_owned()),
        endpoints: plan.endpoints.clone(),
        tags: plan.tags.iter().map(|tag| (*tag).to_string()).collect(),
        encoding: plan.encoding,
        expected_interval_s: Some(plan.expected_interval_s),
    }
}

fn spare_plan() -> DevicePlan {
    DevicePlan {
        kind: Kind::Meter,
        name: "Spare meter (yours to drive)",
        room: "",
        vendor: "Lares",
        model: "Spare",
        serial: "SPARE-1".to_owned(),
        firmware: "1.0.0",
        endpoints: vec![Endpoint {
            endpoint: 1,
            capabilities: vec!["OnOff".into(), "ElectricalPowerMeasurement".into(), "Identify".into()],
        }],
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: 3_600,
    }
}

fn reachable(address: Option<SocketAddr>) -> String {
    address.map_or_else(String::new, |address| {
        let host =
            if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
        format!("{host}:{}", address.port())
    })
}

fn demo_file(running: &Running, secrets: &DemoSecrets) -> Result<DemoFile, String> {
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
        homes: vec![secrets.home.clone()],
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

fn world(running: &Running, secrets: &DemoSecrets) -> Result<World, String> {
    let mqtts = running.addresses.mqtts.ok_or("the demo needs mqtt.tls_bind")?;
    let plan = blueprint();
    let mut identities = Vec::new();
    for (id, password) in &secrets.devices {
        let id: DeviceId = id.parse().map_err(said)?;
        let Some(device) = running.hub.directory.get(id) else { continue };
        if let Some(kind) = kind_of(&plan, &device) {
            identities.push(Identity {
                kind,
                client_id: id.to_string(),
                username: id.to_string(),
                password: password.clone(),
                encoding: device.encoding,
            });
        }
    }
    Ok(World {
        mqtts: SocketAddr::new([127, 0, 0, 1].into(), mqtts.port()),
        server_name: "localhost".to_owned(),
        ca_pem: std::fs::read(&running.authority).map_err(said)?,
        seed: SEED,
        clock: running.hub.clock.clone(),
        devices: identities,
        report_every: REPORT_EVERY,
    })
}

fn kind_of(plan: &Blueprint, device: &Device) -> Option<Kind> {
    plan.devices.iter().find(|one| Some(one.serial.as_str()) == device.serial.as_deref()).map(|one| one.kind)
}

fn welcome(file: &DemoFile, dir: &Path) {
    println!(
        "\nLares is running with a simulated home.\n\n  \
         API page   http://{}/api/docs/index.html\n  \
         sign in    {}  {}\n  \
         token      {}\n\n  \
         Try:  curl -H 'Authorization: Bearer {}' http://{}/api/iot/devices\n  \
         Everything a script needs is in {}.\n  \
         Stop with Ctrl-C; the next start carries on.\n",
        file.http,
        file.owner.email,
        file.owner.password,
        file.owner.token,
        file.owner.token,
        file.http,
        dir.join("demo.json").display()
    );
}
