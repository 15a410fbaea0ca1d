//! What people ask of devices in a simulation: now and then, of any device, sometimes twice by accident.

use std::collections::BTreeMap;

use lares_hub::commands::{NewCommand, submit};
use lares_hub::{Caller, Hub, HubError, Once};
use lares_model::command::Condition;
use lares_model::{DeviceId, Value};
use lares_twin::{Kind, Random};

pub struct People {
    random: Random,
    devices: Vec<(DeviceId, Kind)>,
    asked: u64,
}

/// Of the looks of the server, so many bring a request: about one in two hours.
const SHARE: f64 = 0.12;

impl People {
    pub fn new(seed: u64, devices: Vec<(DeviceId, Kind)>) -> People {
        People { random: Random::new(seed.rotate_left(32)), devices, asked: 0 }
    }

    fn draw(&mut self, count: u64) -> u64 {
        self.random.bits() % count
    }

    fn tells(&mut self, share: f64) -> bool {
        self.random.between(0.0, 1.0) < share
    }

    /// Perhaps asks for something.
    pub async fn act(&mut self, hub: &Hub, caller: &Caller) -> Result<(), String> {
        if !self.tells(SHARE) {
            return Ok(());
        }
        let nth = self.draw(self.devices.len() as u64) as usize;
        let (device, kind) = self.devices[nth];
        let mut new = self.wish(kind);
        if self.tells(0.2) {
            new.not_after = Some(hub.now() + 30_000 + self.draw(3_600_000) as i64);
        }
        self.asked += 1;
        let once = Once { key: format!("wish-{}", self.asked), request_sha256: [self.asked as u8; 32] };
        // A finger that trembles: the same request comes twice, and takes effect once.
        let times = if self.tells(0.1) { 2 } else { 1 };
        for _ in 0..times {
            match submit(hub, caller, Some(&once), device, new.clone()).await {
                // Too many are waiting for a device that is away.
                Ok(_) | Err(HubError::Conflict(_)) => {}
                Err(error) => return Err(format!("a command was not taken: {error}")),
            }
        }
        Ok(())
    }

    fn wish(&mut self, kind: Kind) -> NewCommand {
        match kind {
            Kind::Lock if self.tells(0.4) => NewCommand {
                preconditions: vec![Condition {
                    endpoint: 1,
                    attribute: "DoorLock.LockState".to_owned(),
                    equals: Value::Text("Locked".to_owned()),
                }],
                ..command("DoorLock.UnlockDoor", &[])
            },
            Kind::Lock => command("DoorLock.LockDoor", &[]),
            Kind::Plug => {
                let names = ["OnOff.On", "OnOff.Off", "OnOff.Toggle"];
                command(names[self.draw(3) as usize], &[])
            }
            Kind::DimmableLight | Kind::ColourLight => {
                let level = 5.0 * (1 + self.draw(20)) as f64;
                match self.draw(3) {
                    0 => command("OnOff.Off", &[]),
                    1 => command("OnOff.On", &[]),
                    _ => command("LevelControl.MoveToLevel", &[("Level", Value::Number(level))]),
                }
            }
            Kind::Thermostat => {
                let wanted = 17.0 + 0.5 * self.draw(13) as f64;
                let args = [("Setpoint", Value::Number(wanted))];
                command("Thermostat.SetOccupiedHeatingSetpoint", &args)
            }
            Kind::Blind => {
                let lift = 10.0 * self.draw(11) as f64;
                command("WindowCovering.GoToLiftPercentage", &[("LiftPercent", Value::Number(lift))])
            }
            Kind::SmokeAlarm => command("SmokeCoAlarm.SelfTestRequest", &[]),
            Kind::Meter | Kind::LeakSensor | Kind::Contact | Kind::Motion | Kind::AirSensor => {
                command("Identify.Identify", &[("IdentifyTime", Value::Integer(10))])
            }
        }
    }
}

fn command(name: &str, args: &[(&str, Value)]) -> NewCommand {
    let args: BTreeMap<_, _> = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    NewCommand { endpoint: None, name: name.to_owned(), args, preconditions: vec![], not_after: None }
}
