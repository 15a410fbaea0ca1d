//! Entries of a batch that are alike, side by side: each is one row of the same shape without marks. By the column they
//! take two thirds of what they take one after the other.

use lares_model::reading::Reading;
use lares_model::record::{MessageIdentity, Position};
use lares_model::{DeviceId, OrganisationId};

use super::batch::{EntryPlan, RowPlan};
use super::names::Names;
use super::walk::{Content, RawEntry, RawRow};
use crate::TelemetryError;
use crate::codec::column::{Column, Kind};
use crate::codec::packed::{put_integers, read_integers};
use crate::codec::varint::{Reader, put};

/// Fewer are written one after the other.
pub const ENTRIES_MIN: usize = 16;
const ENTRIES_MAX: usize = 4_096;

/// Entries with consecutive positions, of one organisation.
pub struct Block {
    pub first: i64,
    pub organisation: u32,
    pub shape: u32,
    pub with_identities: bool,
    pub devices: Vec<i64>,
    pub received: Vec<i64>,
    pub delays: Vec<i64>,
    pub identities: Vec<u64>,
    pub columns: Vec<Column>,
}

impl Block {
    pub fn begin(plan: &EntryPlan<'_>, row: &RowPlan, readings: &[Reading]) -> Block {
        let column = |reading: &Reading| Column::new(Kind::of(&reading.value));
        Block {
            first: plan.position.0,
            organisation: plan.organisation,
            shape: row.shape,
            with_identities: plan.entry.identity.is_some(),
            devices: Vec::new(),
            received: Vec::new(),
            delays: Vec::new(),
            identities: Vec::new(),
            columns: readings.iter().map(column).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether an entry of one plain row can come next.
    pub fn fits(&self, plan: &EntryPlan<'_>, row: &RowPlan) -> bool {
        plan.position.0 == self.first + self.len() as i64
            && plan.organisation == self.organisation
            && row.shape == self.shape
            && plan.entry.identity.is_some() == self.with_identities
            && self.len() < ENTRIES_MAX
    }

    pub fn push(&mut self, plan: &EntryPlan<'_>, readings: &[Reading]) {
        let received = plan.entry.received.0;
        self.devices.push(i64::from(plan.device));
        self.received.push(received);
        self.delays.push(received.wrapping_sub(readings.first().map_or(0, |reading| reading.time.0)));
        self.identities.extend(plan.entry.identity.map(|identity| identity.0));
        for (column, reading) in self.columns.iter_mut().zip(readings) {
            column.push(&reading.value);
        }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        put(out, self.len() as u64);
        put(out, u64::from(self.shape));
        [&self.devices, &self.received, &self.delays].into_iter().for_each(|list| put_integers(out, list));
        out.extend(self.identities.iter().flat_map(|identity| identity.to_le_bytes()));
        self.columns.iter().for_each(|column| column.put_packed(out));
    }
}

/// Has a function see the entries of a block, the first of which has this position.
pub fn read<'n>(
    reader: &mut Reader<'_>,
    names: &'n Names,
    first: i64,
    organisation: OrganisationId,
    with_identities: bool,
    see: &mut impl FnMut(RawEntry<'n>) -> Result<(), TelemetryError>,
) -> Result<Ends, TelemetryError> {
    let count = reader.count(ENTRIES_MAX)?;
    let shape_no = reader.unsigned()?;
    let shape = names.shapes.thing(shape_no)?;
    let devices = read_integers(reader, count)?;
    let received = read_integers(reader, count)?;
    let delays = read_integers(reader, count)?;
    let identities = match with_identities {
        true => reader.take(count * 8)?.as_chunks::<8>().0,
        false => &[],
    };
    let columns = shape.0.iter().map(|name| Column::read_packed(name.kind, reader, count));
    let columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
    for nth in 0..count {
        let device: DeviceId = *names.devices.thing(devices[nth] as u64)?;
        let row = RawRow {
            shape_no: shape_no as u32,
            shape,
            time: received[nth].wrapping_sub(delays[nth]),
            flags: 0,
            values: columns.iter().map(|column| column.get(nth)).collect(),
        };
        see(RawEntry {
            position: Position(first.wrapping_add(nth as i64)),
            device,
            organisation,
            received: received[nth],
            identity: identities.get(nth).map(|bytes| MessageIdentity(u64::from_le_bytes(*bytes))),
            content: Content::Rows(vec![row]),
        })?;
    }
    let last = received.last().copied();
    Ok(Ends { position: first.wrapping_add(count as i64 - 1), received: last })
}

/// Of the last entry of a block.
pub struct Ends {
    pub position: i64,
    pub received: Option<i64>,
}
