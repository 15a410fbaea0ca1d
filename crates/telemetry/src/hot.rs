//! The hot tier: what the log holds and the archive does not, by device, in memory. It is there at once, and is made
//! again from the log at every start.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};

use crate::archive::{Expiry, Sealed, Sealing, Version};
use crate::codec::chunk::Rows;
use crate::random_bits::RandomBits;
use crate::shape::Shape;
use crate::usage::{Counted, Used};
use crate::{Retention, SeriesKey};

/// A repeated message of a device is known by its identity among so many last ones.
pub const IDENTITIES_REMEMBERED: usize = 128;

/// The last identities of a device's messages.
#[derive(Default)]
pub struct Identities {
    ring: Vec<u64>,
    /// A part of each, by which most of what is new is told at a quarter of the memory.
    parts: Vec<u16>,
    next: usize,
}

fn part(identity: u64) -> u16 {
    identity as u16
}

impl Identities {
    pub fn from_oldest(list: Vec<u64>) -> Identities {
        let next = if list.len() == IDENTITIES_REMEMBERED { 0 } else { list.len() };
        let parts = list.iter().map(|identity| part(*identity)).collect();
        Identities { ring: list, parts, next }
    }

    pub fn contains(&self, identity: u64) -> bool {
        // All of it, without a branch per element: a few cache lines, and no index to keep.
        let wanted = part(identity);
        self.parts.iter().fold(false, |found, known| found | (*known == wanted))
            && self.ring.contains(&identity)
    }

    pub fn push(&mut self, identity: u64) {
        if self.ring.len() < IDENTITIES_REMEMBERED {
            self.ring.push(identity);
            self.parts.push(part(identity));
        } else {
            self.ring[self.next] = identity;
            self.parts[self.next] = part(identity);
            self.next = (self.next + 1) % IDENTITIES_REMEMBERED;
        }
    }

    pub fn oldest_first(&self) -> Vec<u64> {
        if self.ring.len() < IDENTITIES_REMEMBERED {
            return self.ring.clone();
        }
        let (newer, older) = self.ring.split_at(self.next);
        [older, newer].concat()
    }
}

/// The hot rows of one shape.
pub struct HotGroup {
    pub shape: Arc<Shape>,
    /// The number of the shape in the log.
    pub shape_no: Option<u32>,
    pub rows: Rows,
    last: Last,
    /// What is older is not shown, whether or not it was removed yet.
    kept: Kept,
}

/// From when on readings are shown, and what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub raw_from: i64,
    pub rollups_from: i64,
}

impl Kept {
    pub const EVERYTHING: Kept = Kept { raw_from: i64::MIN, rollups_from: i64::MIN };

    fn of(shape: &Shape, retention: Option<&Retention>) -> Kept {
        let expiry = retention.and_then(|retention| Expiry::of_shape(shape, retention.as_ref()));
        expiry.map_or(Kept::EVERYTHING, |expiry| Kept {
            raw_from: expiry.raw_before.0,
            rollups_from: expiry.rollups_before.0,
        })
    }
}

/// The row with the last time of a group, sealed or not.
enum Last {
    Nothing,
    /// In the archive, and not looked up since the start.
    Unknown,
    Row(LastRow),
    /// Several at this time: the versions must be asked.
    Several(i64),
}

pub struct LastRow {
    pub time: i64,
    pub received: i64,
    pub flags: u8,
    pub values: Vec<Value>,
}

pub struct HotDevice {
    pub organisation: OrganisationId,
    /// What stands for them in the log, where it was looked up already.
    pub log_no: Option<u32>,
    pub organisation_no: Option<u32>,
    pub groups: Vec<HotGroup>,
    pub identities: Identities,
    /// The first entry whose readings or identity the archive does not have.
    pub first_unsealed: Option<Position>,
    pub last: Position,
    /// Everything up to here is in the archive.
    pub sealed: Position,
    /// How long it is kept, as was said last.
    retention: Option<Retention>,
    /// Values of it that the archive has.
    pub sealed_points: i64,
    /// What the usage counts of it.
    pub counted: Counted,
    /// It was forgotten: whoever still holds it must not count it.
    pub gone: bool,
    /// The last instant that was or could have been the server's.
    stamp: i64,
}

/// Stamps run ahead of the clock by this at most.
const STAMPS_AHEAD_MAX_MS: i64 = 1_000;

/// What is known of the newest value of a series in memory.
pub enum Latest {
    Known(Option<Version>),
    /// The last row of this shape in the archive may be it.
    AskRow(Arc<Shape>),
    /// Only the versions tell.
    AskVersions,
}

impl HotDevice {
    fn new(organisation: OrganisationId) -> HotDevice {
        HotDevice {
            organisation,
            log_no: None,
            organisation_no: None,
            groups: Vec::new(),
            identities: Identities::default(),
            first_unsealed: None,
            last: Position(0),
            sealed: Position(0),
            retention: None,
            sealed_points: 0,
            counted: Counted { organisation, used: Used::default() },
            gone: false,
            stamp: i64::MIN,
        }
    }

    /// An instant for readings that the server took now: a new one for every call, where they are not too many.
    pub fn next_stamp(&mut self, received: UnixMillis) -> UnixMillis {
        let ahead = self.stamp.saturating_sub(received.0);
        let stamp = if (0..STAMPS_AHEAD_MAX_MS).contains(&ahead) { self.stamp + 1 } else { received.0 };
        self.stamp = stamp;
        UnixMillis(stamp)
    }

    pub fn belongs_to(&mut self, organisation: OrganisationId) {
        if self.organisation != organisation {
            (self.organisation, self.organisation_no) = (organisation, None);
        }
    }

    /// From now on nothing older is shown.
    pub fn retain(&mut self, retention: &Retention) {
        for group in &mut self.groups {
            group.kept = Kept::of(&group.shape, Some(retention));
        }
        self.retention = Some(Arc::clone(retention));
    }

    /// What is shown of a series. One that is in rows of several shapes is kept as long as the longest of them.
    pub fn kept(&self, series: &SeriesKey) -> Kept {
        let each = self.columns(series).map(|(group, _)| group.kept);
        let longest = |a: Kept, b: Kept| Kept {
            raw_from: a.raw_from.min(b.raw_from),
            rollups_from: a.rollups_from.min(b.rollups_from),
        };
        each.reduce(longest).unwrap_or(Kept::EVERYTHING)
    }

    /// Whether there are rows that are shown no more: what they come to is to be counted before it is too late.
    pub fn has_aged(&self) -> bool {
        self.groups.iter().any(|group| group.rows.times.iter().any(|time| *time < group.kept.raw_from))
    }

    /// The log's numbers may be other ones now.
    pub fn forget_numbers(&mut self) {
        (self.log_no, self.organisation_no) = (None, None);
        self.groups.iter_mut().for_each(|group| group.shape_no = None);
    }

    pub fn points(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len() * group.shape.0.len()).sum()
    }

    /// An entry whose place in the log matters until the device is sealed.
    pub fn note(&mut self, position: Position, identity: Option<u64>) {
        if let Some(identity) = identity {
            self.identities.push(identity);
        }
        self.last = position;
        self.first_unsealed.get_or_insert(position);
    }

    /// The place of the group with a shape, new or found.
    pub fn group(&mut self, shape: &Arc<Shape>, shape_no: u32) -> usize {
        if let Some(index) = self.groups.iter().position(|group| group.shape_no == Some(shape_no)) {
            return index;
        }
        if let Some(index) = self.groups.iter().position(|group| group.shape == *shape) {
            self.groups[index].shape_no = Some(shape_no);
            return index;
        }
        let (rows, kept) = (Rows::new(shape), Kept::of(shape, self.retention.as_ref()));
        let shape = Arc::clone(shape);
        self.groups.push(HotGroup { shape, shape_no: Some(shape_no), rows, last: Last::Nothing, kept });
        self.groups.len() - 1
    }

    pub fn push<'v>(
        &mut self,
        group: usize,
        (time, received, flags): (i64, i64, u8),
        values: impl Iterator<Item = &'v Value> + Clone,
    ) {
        if (0..STAMPS_AHEAD_MAX_MS).contains(&time.saturating_sub(received)) {
            self.stamp = self.stamp.max(time);
        }
        let group = &mut self.groups[group];
        group.rows.times.push(time);
        group.rows.delays.push(received.wrapping_sub(time));
        group.rows.flags.push(flags);
        for (column, value) in group.rows.columns.iter_mut().zip(values.clone()) {
            column.push(value);
        }
        match &mut group.last {
            Last::Row(last) if time > last.time => {
                (last.time, last.received, last.flags) = (time, received, flags);
                last.values.iter_mut().zip(values).for_each(|(old, new)| old.clone_from(new));
            }
            Last::Row(last) if time == last.time => group.last = Last::Several(time),
            Last::Several(last) if time <= *last => {}
            Last::Nothing | Last::Several(_) => {
                group.last = Last::Row(LastRow { time, received, flags, values: values.cloned().collect() });
            }
            Last::Row(_) | Last::Unknown => {}
        }
    }

    /// The last row of a shape in the archive, looked up after a start.
    pub fn learn_last(&mut self, shape: &Shape, archived: Option<LastRow>) {
        let Some(group) = self.groups.iter_mut().find(|group| *group.shape == *shape) else { return };
        if !matches!(group.last, Last::Unknown) {
            return;
        }
        let rows = &group.rows;
        let hot = rows.times.iter().copied().max();
        let same = |time: i64| rows.times.iter().filter(|other| **other == time).count();
        group.last = match (archived, hot) {
            (None, None) => Last::Nothing,
            (Some(row), None) => Last::Row(row),
            (Some(row), Some(time)) if row.time > time => Last::Row(row),
            (Some(row), Some(time)) if row.time == time || same(time) > 1 => {
                Last::Several(row.time.max(time))
            }
            (_, Some(time)) => match rows.times.iter().position(|other| *other == time) {
                Some(row) if same(time) == 1 => Last::Row(LastRow {
                    time,
                    received: rows.received(row),
                    flags: rows.flags[row],
                    values: rows.columns.iter().map(|column| column.get(row)).collect(),
                }),
                _ => Last::Several(time),
            },
        };
    }

    fn columns<'a>(&'a self, series: &'a SeriesKey) -> impl Iterator<Item = (&'a HotGroup, usize)> {
        self.groups.iter().flat_map(move |group| {
            let names = group.shape.0.iter().enumerate();
            names
                .filter(|(_, name)| name.endpoint == series.endpoint && *name.attribute == *series.attribute)
                .map(move |(index, _)| (group, index))
        })
    }

    pub fn versions(&self, series: &SeriesKey, from: i64, until: i64) -> Vec<Version> {
        let mut found = Vec::new();
        for (group, column) in self.columns(series) {
            let rows = &group.rows;
            let within = (0..rows.len()).filter(|&row| (from..until).contains(&rows.times[row]));
            found.extend(within.map(|row| Version {
                time: rows.times[row],
                received: rows.received(row),
                flags: rows.flags[row],
                value: rows.columns[column].get(row),
            }));
        }
        found
    }

    pub fn latest(&self, series: &SeriesKey) -> Latest {
        let mut columns = self.columns(series);
        let (Some((group, column)), None) = (columns.next(), columns.next()) else {
            return if self.columns(series).next().is_some() {
                Latest::AskVersions
            } else {
                Latest::Known(None)
            };
        };
        match &group.last {
            Last::Nothing => Latest::Known(None),
            Last::Unknown => Latest::AskRow(Arc::clone(&group.shape)),
            Last::Several(_) => Latest::AskVersions,
            Last::Row(last) => {
                let value = last.values[column].clone();
                let (time, received, flags) = (last.time, last.received, last.flags);
                Latest::Known(Some(Version { time, received, flags, value }))
            }
        }
    }

    /// Every series of the device, sealed or not.
    pub fn series(&self) -> Vec<(u16, Arc<str>)> {
        let mut all: Vec<(u16, Arc<str>)> = Vec::new();
        for column in self.groups.iter().flat_map(|group| &group.shape.0) {
            if !all.iter().any(|(endpoint, name)| *endpoint == column.endpoint && *name == column.attribute) {
                all.push((column.endpoint, Arc::clone(&column.attribute)));
            }
        }
        all.sort();
        all
    }

    /// A copy of everything hot, to be sealed; `None` where there is nothing.
    pub fn sealing(&self, device: DeviceId) -> Option<Sealing> {
        self.first_unsealed?;
        Some(Sealing {
            device,
            organisation: self.organisation,
            through: self.last,
            identities: self.identities.oldest_first(),
            groups: self.groups.iter().map(|group| (Arc::clone(&group.shape), group.rows.clone())).collect(),
        })
    }

    /// What was sealed leaves; what came meanwhile stays. `next`: the first entry behind it.
    pub fn sealed(&mut self, sealing: &Sealing, next: Option<Position>) {
        self.sealed = sealing.through;
        for (group, (_, rows)) in self.groups.iter_mut().zip(&sealing.groups) {
            group.rows.drop_first(rows.len());
            group.rows.shrink();
        }
        self.first_unsealed = next.filter(|_| self.last > sealing.through);
    }

    /// What the newest values are is to be asked anew, of these shapes in the archive too.
    pub fn forget_latest(&mut self, archived: Vec<Arc<Shape>>) {
        for shape in archived {
            if !self.groups.iter().any(|group| group.shape == shape) {
                let (rows, kept) = (Rows::new(&shape), Kept::of(&shape, self.retention.as_ref()));
                self.groups.push(HotGroup { shape, shape_no: None, rows, last: Last::Unknown, kept });
            }
        }
        self.groups.iter_mut().for_each(|group| group.last = Last::Unknown);
    }
}

type Devices = HashMap<DeviceId, Arc<Mutex<HotDevice>>, BuildHasherDefault<RandomBits>>;

/// All devices.
#[derive(Default)]
pub struct Hot {
    devices: RwLock<Devices>,
}

impl Hot {
    pub fn with_sealed(list: Vec<Sealed>) -> Hot {
        let devices = list.into_iter().map(|sealed| {
            let group = |shape: &Arc<Shape>| HotGroup {
                shape: Arc::clone(shape),
                shape_no: None,
                rows: Rows::new(shape),
                last: Last::Unknown,
                kept: Kept::EVERYTHING,
            };
            let device = HotDevice {
                groups: sealed.shapes.iter().map(group).collect(),
                identities: Identities::from_oldest(sealed.identities),
                last: sealed.through,
                sealed: sealed.through,
                sealed_points: sealed.points,
                ..HotDevice::new(sealed.organisation)
            };
            (sealed.device, Arc::new(Mutex::new(device)))
        });
        Hot { devices: RwLock::new(devices.collect()) }
    }

    pub fn get(&self, device: DeviceId) -> Option<Arc<Mutex<HotDevice>>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).cloned()
    }

    pub fn get_or_insert(&self, device: DeviceId, organisation: OrganisationId) -> Arc<Mutex<HotDevice>> {
        if let Some(known) = self.get(device) {
            return known;
        }
        let mut devices = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            devices.entry(device).or_insert_with(|| Arc::new(Mutex::new(HotDevice::new(organisation)))),
        )
    }

    pub fn remove(&self, device: DeviceId) {
        self.devices.write().unwrap_or_else(PoisonError::into_inner).remove(&device);
    }

    pub fn all(&self) -> Vec<(DeviceId, Arc<Mutex<HotDevice>>)> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.iter().map(|(device, hot)| (*device, Arc::clone(hot))).collect()
    }
}

/// A panic elsewhere left the device as it was: its parts are changed one after another.
pub fn lock(device: &Mutex<HotDevice>) -> MutexGuard<'_, HotDevice> {
    device.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_identity_goes_first() {
        let mut identities = Identities::default();
        (0..IDENTITIES_REMEMBERED as u64 + 3).for_each(|identity| identities.push(identity));
        assert!(!identities.contains(2) && identities.contains(3));
        let list = identities.oldest_first();
        assert_eq!((list[0], list.len()), (3, IDENTITIES_REMEMBERED));
        assert!(!identities.contains(3 + (1 << 16)), "only a part of it is known");
        let mut again = Identities::from_oldest(list);
        again.push(1_000);
        assert!(!again.contains(3) && again.contains(4) && again.contains(1_000));
    }
}
