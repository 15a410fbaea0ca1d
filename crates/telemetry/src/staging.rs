//! Entries of a commit that goes on: put where they will be seen, and seen by nobody before the log is durable up to
//! them.

use std::sync::{Arc, Mutex};

use lares_model::DeviceId;
use lares_model::record::{Body, Entry, Record};

use crate::Appended;
use crate::codec::chunk::CHUNK_ROWS_MAX;
use crate::hot::{HotDevice, lock};
use crate::plan::{Planned, PlannedRow};
use crate::published::{Counted, Published};
use crate::shape::flags_of;
use crate::writer::Job;

/// Per call, in order: what becomes of its entries. Empty for calls that append nothing.
pub type Outcomes = Vec<Vec<(Appended, Option<Planned>)>>;

#[derive(Default)]
pub struct Staging {
    /// Per call.
    pub told: Vec<Vec<Appended>>,
    /// With what each weighs among the newest entries.
    pub records: Vec<(Record, usize)>,
    pub counted: Counted,
    /// Have a chunk's worth of rows.
    pub full: Vec<DeviceId>,
    devices: Vec<Arc<Mutex<HotDevice>>>,
}

impl Staging {
    /// Takes the entries out of their calls.
    pub fn of(group: &mut [Job], outcomes: Outcomes, rows: &[PlannedRow], published: &Published) -> Staging {
        let entries = outcomes.iter().map(Vec::len).sum();
        let (records, devices) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        let mut staging = Staging { records, devices, ..Staging::default() };
        for (job, outcomes) in group.iter_mut().zip(outcomes) {
            let told: Vec<Appended> = outcomes.iter().map(|(appended, _)| *appended).collect();
            let again = told.iter().filter(|appended| **appended == Appended::Duplicate);
            staging.counted.duplicates += again.count() as u64;
            staging.told.push(told);
            let Job::Append { entries, bodies, .. } = job else { continue };
            let entries = std::mem::take(entries).into_iter().zip(bodies);
            for ((entry, body), (_, planned)) in entries.zip(outcomes) {
                if let Some(planned) = planned {
                    staging.take(entry, body.len(), planned, rows);
                }
            }
        }
        // Taking them apart takes time that nobody waits for now.
        let bytes = staging.records.iter().map(|(_, bytes)| bytes).sum();
        let oldest = published.tail().make_room(staging.records.len(), bytes);
        drop(oldest);
        staging
    }

    fn take(&mut self, entry: Entry, body_bytes: usize, planned: Planned, rows: &[PlannedRow]) {
        let mut device = lock(&planned.hot);
        device.stage(planned.position, entry.identity.map(|identity| identity.0));
        let mut points = 0;
        if let Body::Readings { readings } = &entry.body {
            for PlannedRow { row, group } in &rows[planned.rows] {
                let run = &readings[row.start..row.start + row.length];
                let stamp = (run[0].time.0, entry.received.0, flags_of(&run[0]));
                let held = device.stage_row(*group, stamp, run.iter().map(|reading| &reading.value));
                points += run.len();
                if held == CHUNK_ROWS_MAX {
                    self.full.push(entry.device);
                }
            }
        }
        drop(device);
        self.counted.entries += 1;
        self.counted.readings += points as u64;
        self.records.push((Record { position: planned.position, entry }, 64 + points * 48 + body_bytes));
        self.devices.push(planned.hot);
    }

    /// The commit failed.
    pub fn undo(&self) {
        self.devices.iter().for_each(|device| lock(device).unstage());
    }

    /// The commit is durable and was told: whoever asks next need not wait for what is to be done then.
    pub fn settle(&self) {
        self.devices.iter().for_each(|device| drop(lock(device)));
    }
}
