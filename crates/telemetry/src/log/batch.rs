//! One group commit as the log keeps it: a single blob of entries, delta-coded, with a checksum. Readings are rows of
//! known shapes; everything else is a CBOR body.

use lares_model::record::{Body, Entry, Position};

use super::block::{Block, ENTRIES_MIN};
use crate::codec::column::put_value;
use crate::codec::varint::{put, put_bytes, put_signed};
use crate::shape::flags_of;

pub const VERSION: u8 = 2;
/// Without blocks, otherwise the same.
pub const VERSION_OF_ENTRIES: u8 = 1;
pub const HAS_IDENTITY: u8 = 1;
pub const IS_ROWS: u8 = 2;
/// The position follows the one before, and the organisation is the same.
pub const FOLLOWS: u8 = 4;
/// One row, whose marks are 0.
pub const ONE_PLAIN_ROW: u8 = 8;

/// Not one entry but many.
pub const BLOCK: u8 = 16;
/// So many entries in a row are alike before a block begins: where they take turns, none does.
const ALIKE_BEFORE: u32 = 4;

/// A row of an entry: readings in a row, and the number of their shape.
#[derive(Clone, Copy)]
pub struct RowPlan {
    pub shape: u32,
    pub start: usize,
    pub length: usize,
}

/// What the numbers of an entry are.
pub struct EntryPlan<'a> {
    pub position: Position,
    pub device: u32,
    pub organisation: u32,
    pub entry: &'a Entry,
    pub rows: &'a [RowPlan],
    /// The encoded body of what is not readings.
    pub body: &'a [u8],
}

/// Builds the blob of a batch.
pub struct Encoder {
    out: Vec<u8>,
    position: i64,
    received: i64,
    organisation: u32,
    /// The last ones, not yet written.
    block: Option<Block>,
    /// The shape of the last entry that could be in a block, and how many of it there were in a row.
    alike: (u32, u32),
}

impl Encoder {
    pub fn new(first: Position) -> Encoder {
        Encoder {
            out: vec![VERSION],
            position: first.0 - 1,
            received: 0,
            organisation: 0,
            block: None,
            alike: (0, 0),
        }
    }

    pub fn put(&mut self, plan: &EntryPlan<'_>) {
        let (Body::Readings { readings }, [row]) = (&plan.entry.body, plan.rows) else {
            self.alike = (0, 0);
            return self.put_entry(plan, false);
        };
        let readings = &readings[row.start..row.start + row.length];
        if flags_of(&readings[0]) != 0 {
            self.alike = (0, 0);
            return self.put_entry(plan, false);
        }
        if let Some(block) = self.block.as_mut().filter(|block| block.fits(plan, row)) {
            return block.push(plan, readings);
        }
        let many = if self.alike.0 == row.shape { self.alike.1 + 1 } else { 1 };
        self.alike = (row.shape, many);
        if many <= ALIKE_BEFORE {
            return self.put_entry(plan, true);
        }
        self.end_block();
        let mut block = Block::begin(plan, row, readings);
        block.push(plan, readings);
        self.block = Some(block);
    }

    fn put_entry(&mut self, plan: &EntryPlan<'_>, plain: bool) {
        self.end_block();
        let entry = plan.entry;
        let is_rows = matches!(entry.body, Body::Readings { .. });
        let marks = mark(is_rows, IS_ROWS) | mark(plain, ONE_PLAIN_ROW);
        self.put_head(marks, plan.position.0, plan.organisation, entry.identity.is_some());
        self.put_origin(plan.device, entry.received.0, entry.identity.map(|identity| identity.0));
        let out = &mut self.out;
        let Body::Readings { readings } = &entry.body else {
            put_bytes(out, plan.body);
            return;
        };
        if !plain {
            put(out, plan.rows.len() as u64);
        }
        for row in plan.rows {
            let row_readings = &readings[row.start..row.start + row.length];
            put(out, u64::from(row.shape));
            put_signed(out, entry.received.0.wrapping_sub(row_readings[0].time.0));
            if !plain {
                out.push(flags_of(&row_readings[0]));
            }
            row_readings.iter().for_each(|reading| put_value(out, &reading.value));
        }
    }

    fn put_head(&mut self, marks: u8, position: i64, organisation: u32, with_identity: bool) {
        let follows = position == self.position + 1 && organisation == self.organisation;
        self.out.push(marks | mark(with_identity, HAS_IDENTITY) | mark(follows, FOLLOWS));
        if !follows {
            put(&mut self.out, (position - self.position) as u64);
            put(&mut self.out, u64::from(organisation));
        }
        (self.position, self.organisation) = (position, organisation);
    }

    fn put_origin(&mut self, device: u32, received: i64, identity: Option<u64>) {
        put(&mut self.out, u64::from(device));
        put_signed(&mut self.out, received.wrapping_sub(self.received));
        self.received = received;
        self.out.extend(identity.iter().flat_map(|identity| identity.to_le_bytes()));
    }

    /// Writes the entries that wait: as a block, or one after the other where they are few.
    fn end_block(&mut self) {
        let Some(block) = self.block.take() else { return };
        if block.len() >= ENTRIES_MIN {
            self.put_head(BLOCK, block.first, block.organisation, block.with_identities);
            block.put(&mut self.out);
            self.position = block.first + block.len() as i64 - 1;
            self.received = block.received.last().copied().unwrap_or(self.received);
            return;
        }
        for nth in 0..block.len() {
            let position = block.first + nth as i64;
            let identity = block.identities.get(nth).copied();
            self.put_head(IS_ROWS | ONE_PLAIN_ROW, position, block.organisation, identity.is_some());
            self.put_origin(block.devices[nth] as u32, block.received[nth], identity);
            put(&mut self.out, u64::from(block.shape));
            put_signed(&mut self.out, block.delays[nth]);
            block.columns.iter().for_each(|column| put_value(&mut self.out, &column.get(nth)));
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.end_block();
        let sum = crc32fast::hash(&self.out);
        self.out.extend_from_slice(&sum.to_le_bytes());
        self.out
    }
}

fn mark(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
