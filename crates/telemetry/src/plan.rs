//! Judges the entries of a group commit before they are written: which are repetitions, which are refused, which rows
//! of which shapes the others are made of.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex};

use lares_model::reading::Reading;
use lares_model::record::{Body, Entry, Position};
use lares_model::{OrganisationId, Value};
use rusqlite::Connection;

use crate::hot::{Hot, HotDevice, HotGroup, lock};
use crate::log::batch::{Encoder, EntryPlan, RowPlan};
use crate::log::names::Names;
use crate::random_bits::RandomBits;
use crate::shape::{self, Shape};
use crate::usage::{ByOrganisation, Usage, Used};
use crate::{Appended, Limits, Refusal, TelemetryError};

/// A device whose readings come in more combinations than this gets every further one split into single series.
const GROUPS_MAX: usize = 48;

/// A row of a planned entry and the group it goes to.
#[derive(Clone, Copy)]
pub struct PlannedRow {
    pub row: RowPlan,
    pub group: usize,
}

/// An entry that gets a position.
pub struct Planned {
    pub position: Position,
    pub hot: Arc<Mutex<HotDevice>>,
    pub rows: std::ops::Range<usize>,
}

/// The plan of one group commit.
pub struct Plan<'a> {
    pub connection: &'a Connection,
    pub names: &'a mut Names,
    pub hot: &'a Hot,
    pub limits: &'a Limits,
    pub usage: &'a Usage,
    pub head: Position,
    pub encoder: Encoder,
    pub rows: Vec<PlannedRow>,
    /// Identities in this group, by device number.
    pub seen: HashSet<(u32, u64), BuildHasherDefault<RandomBits>>,
    /// Values in this group, which nobody counts before it is committed.
    pub taken: ByOrganisation<i64>,
    scratch: Vec<RowPlan>,
}

impl<'a> Plan<'a> {
    pub fn new(
        connection: &'a Connection,
        names: &'a mut Names,
        hot: &'a Hot,
        limits: &'a Limits,
        usage: &'a Usage,
        head: Position,
        entries: usize,
    ) -> Self {
        let encoder = Encoder::new(Position(head.0 + 1));
        let (rows, scratch) = (Vec::with_capacity(entries), Vec::new());
        let seen = HashSet::with_capacity_and_hasher(entries, BuildHasherDefault::default());
        let taken = ByOrganisation::default();
        Plan { connection, names, hot, limits, usage, head, encoder, rows, seen, taken, scratch }
    }

    /// What becomes of an entry; `Some` where it gets a position.
    pub fn take(
        &mut self,
        entry: &mut Entry,
        body: &[u8],
    ) -> Result<(Appended, Option<Planned>), TelemetryError> {
        let hot = self.hot.get_or_insert(entry.device, entry.organisation);
        let mut device = lock(&hot);
        let number = self.number_of(&mut device, entry)?;
        if let Some(identity) = entry.identity {
            let known = device.identities.contains(identity.0) || !self.seen.insert((number, identity.0));
            if known {
                return Ok((Appended::Duplicate, None));
            }
        }
        stamp(&mut device, entry);
        let start = self.rows.len();
        if let Body::Readings { readings } = &entry.body
            && let Err(refusal) = self.plan_rows(&mut device, entry.organisation, readings)?
        {
            self.rows.truncate(start);
            if let Some(identity) = entry.identity {
                self.seen.remove(&(number, identity.0));
            }
            return Ok((Appended::Refused(refusal), None));
        }
        if let Body::Readings { readings } = &entry.body {
            *self.taken.entry(entry.organisation).or_default() += readings.len() as i64;
        }
        self.head = Position(self.head.0 + 1);
        self.scratch.clear();
        self.scratch.extend(self.rows[start..].iter().map(|planned| planned.row));
        let plan = EntryPlan {
            position: self.head,
            device: number,
            organisation: self.organisation_of(&mut device, entry)?,
            entry: &*entry,
            rows: &self.scratch,
            body,
        };
        self.encoder.put(&plan);
        drop(device);
        let rows = start..self.rows.len();
        Ok((Appended::At(self.head), Some(Planned { position: self.head, hot, rows })))
    }

    fn number_of(&mut self, device: &mut HotDevice, entry: &Entry) -> Result<u32, TelemetryError> {
        if let Some(number) = device.log_no {
            return Ok(number);
        }
        let number = self.names.device(self.connection, entry.device)?;
        Ok(*device.log_no.insert(number))
    }

    fn organisation_of(&mut self, device: &mut HotDevice, entry: &Entry) -> Result<u32, TelemetryError> {
        match device.organisation_no.filter(|_| device.organisation == entry.organisation) {
            Some(number) => Ok(number),
            None => {
                let number = self.names.organisation(self.connection, entry.organisation)?;
                if device.organisation == entry.organisation {
                    device.organisation_no = Some(number);
                }
                Ok(number)
            }
        }
    }

    fn plan_rows(
        &mut self,
        device: &mut HotDevice,
        organisation: OrganisationId,
        readings: &[Reading],
    ) -> Result<Result<(), Refusal>, TelemetryError> {
        let too_long = |reading: &Reading| matches!(&reading.value, Value::Text(text) if text.len() > self.limits.text_bytes);
        if readings.iter().any(too_long) {
            return Ok(Err(Refusal::TextTooLong));
        }
        if !self.has_room(organisation, readings.len()) {
            return Ok(Err(Refusal::PointsOfOrganisation));
        }
        if device.organisation != organisation {
            device.belongs_to(organisation);
            self.usage.settle(device);
        }
        // What a device reports is most often one row that it has reported before.
        if shape::are_of_one_instant(readings)
            && let Some(row) = known_row(device, readings, 0)
        {
            self.rows.push(row);
            return Ok(Ok(()));
        }
        let mut start = 0;
        for length in shape::rows(readings) {
            let run = &readings[start..start + length];
            if let Err(refusal) = self.plan_run(device, organisation, run, start)? {
                return Ok(Err(refusal));
            }
            start += length;
        }
        Ok(Ok(()))
    }

    /// Whether an organisation may have so many values more.
    fn has_room(&self, organisation: OrganisationId, values: usize) -> bool {
        let Some(most) = self.limits.points_per_organisation else { return true };
        let taken = self.taken.get(&organisation).copied().unwrap_or_default();
        let used = self.usage.of(organisation).points.saturating_add(taken);
        used.max(0).unsigned_abs().saturating_add(values as u64) <= most
    }

    fn plan_run(
        &mut self,
        device: &mut HotDevice,
        organisation: OrganisationId,
        run: &[Reading],
        start: usize,
    ) -> Result<Result<(), Refusal>, TelemetryError> {
        if let Some(row) = known_row(device, run, start) {
            self.rows.push(row);
            return Ok(Ok(()));
        }
        if device.groups.len() >= GROUPS_MAX && run.len() > 1 {
            for nth in 0..run.len() {
                if let Err(refusal) = self.plan_run(device, organisation, &run[nth..=nth], start + nth)? {
                    return Ok(Err(refusal));
                }
            }
            return Ok(Ok(()));
        }
        if let Err(refusal) = self.admit(device, organisation, run) {
            return Ok(Err(refusal));
        }
        let (number, shape) = self.names.shape(self.connection, Shape::of(run))?;
        let group = device.group(&shape, number);
        self.rows.push(PlannedRow { row: RowPlan { shape: number, start, length: run.len() }, group });
        Ok(Ok(()))
    }

    /// New series count against the limits of their device and organisation.
    fn admit(
        &self,
        device: &mut HotDevice,
        organisation: OrganisationId,
        run: &[Reading],
    ) -> Result<(), Refusal> {
        let known = device.series();
        let is_new = |reading: &&Reading| {
            !known
                .iter()
                .any(|(endpoint, name)| *endpoint == reading.endpoint && **name == *reading.attribute)
        };
        let new = run.iter().filter(is_new).count();
        if new == 0 {
            return Ok(());
        }
        if known.len() + new > self.limits.series_per_device {
            return Err(Refusal::SeriesOfDevice);
        }
        let of_organisation = self.usage.of(organisation).series.max(0).unsigned_abs();
        if of_organisation + new as u64 > self.limits.series_per_organisation as u64 {
            return Err(Refusal::SeriesOfOrganisation);
        }
        device.counted.used.series += new as i64;
        self.usage.add(organisation, Used { series: new as i64, points: 0 });
        Ok(())
    }
}

/// The row that a run is, where the log has a number for its shape.
fn known_row(device: &HotDevice, run: &[Reading], start: usize) -> Option<PlannedRow> {
    let fitting = |(index, group): (usize, &HotGroup)| {
        let shape = group.shape_no.filter(|_| group.shape.fits(run))?;
        Some(PlannedRow { row: RowPlan { shape, start, length: run.len() }, group: index })
    };
    device.groups.iter().enumerate().find_map(fitting)
}

/// Readings without a time of their own have the server's. Where a device sends several messages within one
/// millisecond each gets an instant of its own, or the last would replace the others.
fn stamp(device: &mut HotDevice, entry: &mut Entry) {
    let received = entry.received;
    let Body::Readings { readings } = &mut entry.body else { return };
    if readings.iter().any(|reading| reading.time == received) {
        let stamp = device.next_stamp(received);
        for reading in readings.iter_mut().filter(|reading| reading.time == received) {
            reading.time = stamp;
        }
    }
}
