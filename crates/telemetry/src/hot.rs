//! The hot tier: what the log holds and the archive does not, by device, in memory. It is there at once, and is made
//! again from the log at every start.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};

use crate::archive::{Sealed, Sealing, Version};
use crate::codec::chunk::Rows;
use crate::identities::Identities;
use crate::kept::Kept;
use crate::random_bits::RandomBits;
use crate::shape::Shape;
use crate::usage::{Counted, Used};
use crate::{Retention, SeriesKey};

/// The hot rows of one shape.
pub struct HotGroup {
    pub shape: Arc<Shape>,
    /// The number of the shape in the log.
    pub shape_no: Option<u32>,
    pub rows: Rows,
    /// So many of them are durable and seen; the others are staged.
    shown: usize,
    last: Last,
    /// What is older is not shown, whether or not it was removed yet.
    kept: Kept,
}

impl HotGroup {
    fn new(shape: Arc<Shape>, shape_no: Option<u32>, last: Last, kept: Kept) -> HotGroup {
        HotGroup { rows: Rows::new(&shape), shape, shape_no, shown: 0, last, kept }
    }

    /// Every row is durable.
    fn show(&mut self) {
        for row in self.shown..self.rows.len() {
            let time = self.rows.times[row];
            let before = match &self.last {
                Last::Nothing => None,
                Last::Unknown => continue,
                Last::Row(last) => Some((last.time, false)),
                Last::Hot(last) => Some((self.rows.times[*last], false)),
                Last::Several(last) => Some((*last, true)),
            };
            match before {
                Some((last, _)) if time < last => {}
                Some((last, several)) if time == last => {
                    if !several {
                        self.last = Last::Several(time);
                    }
                }
                _ => self.last = Last::Hot(row),
            }
        }
        self.shown = self.rows.len();
    }

    fn version(&self, row: usize, column: usize) -> Version {
        let value = self.rows.columns[column].get(row);
        let (time, flags) = (self.rows.times[row], self.rows.flags[row]);
        Version { time, received: self.rows.received(row), flags, value }
    }

    fn row(&self, row: usize) -> LastRow {
        let values = self.rows.columns.iter().map(|column| column.get(row)).collect();
        let (time, flags) = (self.rows.times[row], self.rows.flags[row]);
        LastRow { time, received: self.rows.received(row), flags, values }
    }

    /// The first rows leave; the last of all is known all the same.
    fn drop_first(&mut self, count: usize) {
        if let Last::Hot(row) = self.last {
            self.last = match row.checked_sub(count) {
                Some(row) => Last::Hot(row),
                None => Last::Row(self.row(row)),
            };
        }
        self.rows.drop_first(count);
        self.shown -= count;
        self.rows.shrink();
    }
}

/// What a commit that goes on puts to a device, beside its rows.
#[derive(Default)]
struct Staged {
    /// Its first and last entry.
    span: Option<(Position, Position)>,
    identities: Vec<u64>,
    points: i64,
}

/// The row with the last time of a group, sealed or not.
enum Last {
    Nothing,
    /// In the archive, and not looked up since the start.
    Unknown,
    /// Sealed.
    Row(LastRow),
    /// Of the hot ones.
    Hot(usize),
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
    staged: Staged,
    /// Up to where the log is.
    durable: Arc<AtomicI64>,
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
    fn new(organisation: OrganisationId, durable: &Arc<AtomicI64>) -> HotDevice {
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
            staged: Staged::default(),
            durable: Arc::clone(durable),
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
        self.groups
            .iter()
            .any(|group| group.rows.times[..group.shown].iter().any(|time| *time < group.kept.raw_from))
    }

    /// The log's numbers may be other ones now.
    pub fn forget_numbers(&mut self) {
        (self.log_no, self.organisation_no) = (None, None);
        self.groups.iter_mut().for_each(|group| group.shape_no = None);
    }

    pub fn points(&self) -> usize {
        self.groups.iter().map(|group| group.shown * group.shape.0.len()).sum()
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
        let kept = Kept::of(shape, self.retention.as_ref());
        self.groups.push(HotGroup::new(Arc::clone(shape), Some(shape_no), Last::Nothing, kept));
        self.groups.len() - 1
    }

    /// A row that is durable.
    pub fn push<'v>(&mut self, group: usize, stamp: (i64, i64, u8), values: impl Iterator<Item = &'v Value>) {
        self.put(group, stamp, values);
        self.groups[group].show();
    }

    fn put<'v>(
        &mut self,
        group: usize,
        (time, received, flags): (i64, i64, u8),
        values: impl Iterator<Item = &'v Value>,
    ) {
        if (0..STAMPS_AHEAD_MAX_MS).contains(&time.saturating_sub(received)) {
            self.stamp = self.stamp.max(time);
        }
        let rows = &mut self.groups[group].rows;
        rows.times.push(time);
        rows.delays.push(received.wrapping_sub(time));
        rows.flags.push(flags);
        rows.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }

    /// An entry of a commit that goes on: it counts when the log is durable up to it.
    pub fn stage(&mut self, position: Position, identity: Option<u64>) {
        self.staged.identities.extend(identity);
        let first = self.staged.span.map_or(position, |(first, _)| first);
        self.staged.span = Some((first, position));
    }

    /// A row of a staged entry; how many rows its group has now.
    pub fn stage_row<'v>(
        &mut self,
        group: usize,
        stamp: (i64, i64, u8),
        values: impl Iterator<Item = &'v Value>,
    ) -> usize {
        self.put(group, stamp, values);
        let group = &self.groups[group];
        self.staged.points += group.shape.0.len() as i64;
        group.rows.len()
    }

    /// What was staged counts if it is durable now.
    fn catch_up(&mut self) {
        let durable = |(_, through): &(Position, Position)| through.0 <= self.durable.load(Ordering::Acquire);
        let Some((first, through)) = self.staged.span.filter(durable) else { return };
        self.staged.span = None;
        self.staged.identities.drain(..).for_each(|identity| self.identities.push(identity));
        self.counted.used.points += std::mem::take(&mut self.staged.points);
        self.last = through;
        self.first_unsealed.get_or_insert(first);
        self.groups.iter_mut().for_each(HotGroup::show);
    }

    /// The commit came to nothing.
    pub fn unstage(&mut self) {
        self.staged = Staged::default();
        self.groups.iter_mut().for_each(|group| group.rows.truncate(group.shown));
    }

    /// The last row of a shape in the archive, looked up after a start.
    pub fn learn_last(&mut self, shape: &Shape, archived: Option<LastRow>) {
        let Some(group) = self.groups.iter_mut().find(|group| *group.shape == *shape) else { return };
        if !matches!(group.last, Last::Unknown) {
            return;
        }
        let rows = &group.rows;
        let times = &rows.times[..group.shown];
        let hot = times.iter().copied().max();
        let same = |time: i64| times.iter().filter(|other| **other == time).count();
        group.last = match (archived, hot) {
            (None, None) => Last::Nothing,
            (Some(row), None) => Last::Row(row),
            (Some(row), Some(time)) if row.time > time => Last::Row(row),
            (Some(row), Some(time)) if row.time == time || same(time) > 1 => {
                Last::Several(row.time.max(time))
            }
            (_, Some(time)) => match times.iter().position(|other| *other == time) {
                Some(row) if same(time) == 1 => Last::Hot(row),
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
            let within = (0..group.shown).filter(|&row| (from..until).contains(&group.rows.times[row]));
            found.extend(within.map(|row| group.version(row, column)));
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
            Last::Hot(row) => Latest::Known(Some(group.version(*row, column))),
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
        let shown = |group: &HotGroup| match group.shown == group.rows.len() {
            true => group.rows.clone(),
            false => group.rows.slice(0..group.shown),
        };
        Some(Sealing {
            device,
            organisation: self.organisation,
            through: self.last,
            identities: self.identities.oldest_first(),
            groups: self.groups.iter().map(|group| (Arc::clone(&group.shape), shown(group))).collect(),
        })
    }

    /// What was sealed leaves; what came meanwhile stays. `next`: the first entry behind it.
    pub fn sealed(&mut self, sealing: &Sealing, next: Option<Position>) {
        self.sealed = sealing.through;
        for (group, (_, rows)) in self.groups.iter_mut().zip(&sealing.groups) {
            group.drop_first(rows.len());
        }
        self.first_unsealed = next.filter(|_| self.last > sealing.through);
    }

    /// What the newest values are is to be asked anew, of these shapes in the archive too.
    pub fn forget_latest(&mut self, archived: Vec<Arc<Shape>>) {
        for shape in archived {
            if !self.groups.iter().any(|group| group.shape == shape) {
                let kept = Kept::of(&shape, self.retention.as_ref());
                self.groups.push(HotGroup::new(shape, None, Last::Unknown, kept));
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
    /// Up to where the log is: whoever sets it shows what was staged up to there.
    durable: Arc<AtomicI64>,
}

impl Hot {
    pub fn with_sealed(list: Vec<Sealed>) -> Hot {
        let durable = Arc::default();
        let devices = list.into_iter().map(|sealed| {
            let group =
                |shape: &Arc<Shape>| HotGroup::new(Arc::clone(shape), None, Last::Unknown, Kept::EVERYTHING);
            let device = HotDevice {
                groups: sealed.shapes.iter().map(group).collect(),
                identities: Identities::from_oldest(sealed.identities),
                last: sealed.through,
                sealed: sealed.through,
                sealed_points: sealed.points,
                ..HotDevice::new(sealed.organisation, &durable)
            };
            (sealed.device, Arc::new(Mutex::new(device)))
        });
        let devices = RwLock::new(devices.collect());
        Hot { devices, durable }
    }

    pub fn durable(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.durable)
    }

    pub fn get(&self, device: DeviceId) -> Option<Arc<Mutex<HotDevice>>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).cloned()
    }

    pub fn get_or_insert(&self, device: DeviceId, organisation: OrganisationId) -> Arc<Mutex<HotDevice>> {
        if let Some(known) = self.get(device) {
            return known;
        }
        let mut devices = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Mutex::new(HotDevice::new(organisation, &self.durable)));
        Arc::clone(devices.entry(device).or_insert_with(new))
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
    let mut device = device.lock().unwrap_or_else(PoisonError::into_inner);
    device.catch_up();
    device
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::codec::column::Kind;
    use crate::shape::ColumnName;

    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

    fn seen(hot: &Hot, series: &SeriesKey) -> (usize, usize, Option<i64>, Option<usize>) {
        let device = hot.get(DEVICE).unwrap();
        let device = lock(&device);
        let latest = match device.latest(series) {
            Latest::Known(version) => version.map(|version| version.time),
            _ => panic!("nothing is sealed"),
        };
        let sealing = device.sealing(DEVICE).map(|sealing| sealing.groups[0].1.len());
        (device.versions(series, 0, 100).len(), device.points(), latest, sealing)
    }

    #[test]
    fn what_is_staged_is_seen_when_the_log_is_durable_up_to_it() {
        let hot = Hot::default();
        let series = SeriesKey { device: DEVICE, endpoint: 1, attribute: "a.b".to_owned() };
        let name = ColumnName { endpoint: 1, attribute: "a.b".into(), kind: Kind::Integer };
        let device = hot.get_or_insert(DEVICE, OrganisationId(Uuid::from_u128(2)));
        let group = lock(&device).group(&Arc::new(Shape(vec![name])), 1);
        let stage = |position: i64, durable: i64| {
            let mut device = lock(&device);
            device.stage(Position(position), Some(position as u64));
            device.stage_row(group, (position, position, 0), [Value::Integer(7)].iter());
            drop(device);
            hot.durable().store(durable, Ordering::Release);
            lock(&hot.get(DEVICE).unwrap()).identities.contains(position as u64)
        };
        assert!(!stage(5, 4));
        assert_eq!(seen(&hot, &series), (0, 0, None, None));
        hot.durable().store(5, Ordering::Release);
        assert_eq!(seen(&hot, &series), (1, 1, Some(5), Some(1)));
        assert!(!stage(6, 5));
        assert_eq!(seen(&hot, &series), (1, 1, Some(5), Some(1)));
        lock(&device).unstage();
        hot.durable().store(6, Ordering::Release);
        assert_eq!(seen(&hot, &series), (1, 1, Some(5), Some(1)));
        assert!(stage(7, 7) && !lock(&device).identities.contains(6));
        assert_eq!(seen(&hot, &series), (2, 2, Some(7), Some(2)));
    }
}
