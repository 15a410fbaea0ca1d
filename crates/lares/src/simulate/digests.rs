//! What a simulation came to, as SHA-256 digests over everything that is kept: two runs are the same when these are.

use std::fmt;

use lares_hub::{Caller, Hub};
use lares_model::DeviceId;
use lares_store::commands::{self, CommandFilter};
use lares_store::events::{self, EventFilter};
use lares_store::{Page, devices};
use lares_telemetry::ReadingsQuery;
use sha2::{Digest, Sha256};

use super::said;

/// A digest over so many entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub entries: u64,
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// The event log with all fields.
    pub events: Part,
    /// Commands, each with its history.
    pub commands: Part,
    /// Readings of every device.
    pub readings: Part,
    /// What is known of every device.
    pub states: Part,
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("events", &self.events),
            ("commands", &self.commands),
            ("readings", &self.readings),
            ("states", &self.states),
        ];
        for (name, part) in parts {
            writeln!(f, "{name:<9} {:>8}  {}", part.entries, part.sha256)?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Sum {
    hash: Sha256,
    entries: u64,
}

impl Sum {
    /// Its debug form holds every field, and a number in the shortest form that gives back its bits.
    fn take(&mut self, entry: &impl fmt::Debug) {
        self.hash.update(format!("{entry:?}\n"));
        self.entries += 1;
    }

    fn part(self) -> Part {
        let sha256 = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Part { entries: self.entries, sha256 }
    }
}

const PAGE: u64 = 1_000;

pub async fn of(hub: &Hub, caller: &Caller) -> Result<Digests, String> {
    let devices = all_devices(hub).await?;
    Ok(Digests {
        events: of_events(hub, caller).await?,
        commands: of_commands(hub, caller).await?,
        readings: of_readings(hub, &devices).await?,
        states: of_states(hub, &devices),
    })
}

async fn all_devices(hub: &Hub) -> Result<Vec<DeviceId>, String> {
    let mut ids = Vec::new();
    loop {
        let page = devices::all_any(&hub.store, ids.last().copied(), PAGE).await.map_err(said)?;
        if page.is_empty() {
            return Ok(ids);
        }
        ids.extend(page.iter().map(|device| device.id));
    }
}

async fn of_events(hub: &Hub, caller: &Caller) -> Result<Part, String> {
    let mut sum = Sum::default();
    for organisation in caller.scope().organisations() {
        let mut seq = 0;
        loop {
            let page = events::after(&hub.store, *organisation, seq, &EventFilter::default(), PAGE).await;
            let page = page.map_err(said)?;
            let Some(last) = page.last() else { break };
            seq = last.seq;
            page.iter().for_each(|event| sum.take(event));
        }
    }
    Ok(sum.part())
}

async fn of_commands(hub: &Hub, caller: &Caller) -> Result<Part, String> {
    let mut sum = Sum::default();
    let mut after = None;
    loop {
        let page = Page { after, limit: PAGE };
        let page = commands::list(&hub.store, caller.scope(), &CommandFilter::default(), page).await;
        let page = page.map_err(said)?;
        let Some(last) = page.last() else { return Ok(sum.part()) };
        after = Some(last.id.0);
        for command in &page {
            let history = commands::history(&hub.store, caller.scope(), command.id).await.map_err(said)?;
            sum.take(&(command, history));
        }
    }
}

async fn of_readings(hub: &Hub, devices: &[DeviceId]) -> Result<Part, String> {
    let mut sum = Sum::default();
    for device in devices {
        let mut query = ReadingsQuery::of(*device, 10_000);
        loop {
            let page = hub.telemetry.readings(&query).await.map_err(said)?;
            let Some(last) = page.last() else { break };
            query.after = Some(last.key.clone());
            page.iter().for_each(|reading| sum.take(&(device, reading)));
        }
    }
    Ok(sum.part())
}

fn of_states(hub: &Hub, devices: &[DeviceId]) -> Part {
    let mut sum = Sum::default();
    for device in devices {
        sum.take(&(device, hub.live.of(*device)));
    }
    sum.part()
}
