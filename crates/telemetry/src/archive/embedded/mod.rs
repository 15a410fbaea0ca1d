//! The archive of the embedded engine: sealed chunks in a SQLite file of their own, so that sealing and the log never
//! wait for each other.

mod copy;
mod erase;
mod expire;
mod extents;
mod fold;
mod groups;
mod inspect;
mod merge;
mod read;
mod rollup;
mod scan;
mod schema;
mod storage;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lares_model::{DeviceId, OrganisationId};
use rusqlite::Connection;

use self::groups::{Device, Group, Registry};
use self::read::Place;
use super::{Archive, Erasure, Expiry, Sealed, Sealing, Slice, Version};
use crate::aggregate::Aggregate;
use crate::archive::embedded::erase::Moved;
use crate::codec::chunk::Rows;
use crate::connections::Connections;
use crate::hot::LastRow;
use crate::shape::Shape;
use crate::sqlite::from_sqlite;
use crate::{SeriesKey, Storage, TelemetryError, resolve, split};

pub use copy::copy_sound;
pub use schema::{FILE_NAME, open_writer as open_file};

const WAL_BYTES_MAX: u64 = 1024 * 1024;

pub struct SeriesFile {
    /// `None` after a failure that makes the connection doubtful; the next write opens it anew.
    writer: Mutex<Option<Connection>>,
    readers: Connections,
    registry: RwLock<Registry>,
    path: PathBuf,
}

/// A seal's consequences for the registry, once it is committed.
#[derive(Default)]
struct Changes {
    devices: Vec<(lares_model::DeviceId, i64, OrganisationId)>,
    groups: Vec<(lares_model::DeviceId, Arc<Group>)>,
    levels: Vec<(Arc<Group>, u8)>,
}

impl SeriesFile {
    pub fn open(directory: &Path) -> Result<SeriesFile, TelemetryError> {
        let path = directory.join(FILE_NAME);
        let writer = schema::open_writer(&path)?;
        let (registry, _) = groups::load(&writer)?;
        let readers = Connections::new({
            let path = path.clone();
            move || schema::open_reader(&path)
        });
        Ok(SeriesFile { writer: Mutex::new(Some(writer)), readers, registry: RwLock::new(registry), path })
    }

    /// One transaction of the writer: all of it or nothing.
    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError>,
    ) -> Result<T, TelemetryError> {
        let mut writer: MutexGuard<'_, Option<Connection>> =
            self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match writer.take() {
            Some(connection) => connection,
            None => schema::open_writer(&self.path)?,
        };
        let run = |sql| connection.execute_batch(sql).map_err(|error| from_sqlite(&error));
        let done = run("BEGIN IMMEDIATE")
            .and_then(|()| work(&connection))
            .and_then(|done| run("COMMIT").map(|()| done));
        let usable = match &done {
            Ok(_) => {
                self.empty_wal(&connection);
                true
            }
            Err(TelemetryError::NoSpace(_) | TelemetryError::Corrupt(_) | TelemetryError::Other(_)) => {
                connection.is_autocommit() || run("ROLLBACK").is_ok()
            }
            // After an I/O error what this connection remembers of the file cannot be relied on.
            Err(_) => false,
        };
        if usable {
            *writer = Some(connection);
        }
        done
    }

    /// Moves a WAL that has grown into the file and begins it anew. Readers that come and go would keep an ordinary
    /// checkpoint from ever doing the second; this one waits for those that are there, which is short.
    fn empty_wal(&self, connection: &Connection) {
        if self.wal_bytes() >= WAL_BYTES_MAX {
            checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)");
        }
    }

    fn wal_bytes(&self) -> u64 {
        std::fs::metadata(self.path.with_extension("db-wal")).map_or(0, |wal| wal.len())
    }

    /// Reads in one snapshot.
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError>,
    ) -> Result<T, TelemetryError> {
        self.readers.with(|connection| {
            let snapshot = connection.unchecked_transaction().map_err(|error| from_sqlite(&error))?;
            work(&snapshot)
        })
    }

    fn columns_of(&self, series: &SeriesKey) -> Vec<(Arc<Group>, usize)> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).columns_of(series)
    }

    /// What was in them counts until the next start.
    fn set_aside(&self, damaged: &[i64]) {
        if damaged.is_empty() {
            return;
        }
        tracing::error!(chunks = ?damaged, "chunks do not match their checksums and are set aside");
        let moved = self
            .write(|connection| damaged.iter().try_for_each(|chunk| extents::quarantine(connection, *chunk)));
        if let Err(error) = moved {
            tracing::warn!(%error, "damaged chunks stay where they are and are left out of answers");
        }
    }

    /// A write that changes the rows of these groups, counted with its commit.
    fn write_rows<T>(
        &self,
        groups: &[Arc<Group>],
        work: impl FnOnce(&Connection) -> Result<T, TelemetryError>,
    ) -> Result<T, TelemetryError> {
        let done = self.write(|connection| {
            groups.iter().for_each(|group| group.begin());
            work(connection)
        })?;
        groups.iter().for_each(|group| group.committed());
        Ok(done)
    }

    fn seal_device(
        &self,
        connection: &Connection,
        sealing: &Sealing,
        changes: &mut Changes,
    ) -> Result<(), TelemetryError> {
        let id = groups::put_device(
            connection,
            sealing.device,
            sealing.organisation,
            sealing.through,
            &sealing.identities,
        )?;
        changes.devices.push((sealing.device, id, sealing.organisation));
        let rows: Vec<(&Arc<Shape>, &Rows)> = sealing
            .groups
            .iter()
            .filter(|(_, rows)| !rows.is_empty())
            .map(|(shape, rows)| (shape, rows))
            .collect();
        self.seal_rows(connection, sealing.device, id, &rows, changes)
    }

    fn seal_rows(
        &self,
        connection: &Connection,
        device: DeviceId,
        id: i64,
        all: &[(&Arc<Shape>, &Rows)],
        changes: &mut Changes,
    ) -> Result<(), TelemetryError> {
        let mut known = self.groups_of(device);
        let new = changes.groups.iter().filter(|(owner, _)| *owner == device);
        known.extend(new.map(|(_, group)| Arc::clone(group)));
        // All of them first: whether a group is alone depends on the others.
        for (shape, _) in all {
            if !known.iter().any(|group| *group.shape == ***shape) {
                let group = Arc::new(groups::insert_group(connection, id, shape)?);
                changes.groups.push((device, Arc::clone(&group)));
                known.push(group);
            }
        }
        for (shape, rows) in all {
            let Some(group) = known.iter().find(|group| *group.shape == ***shape) else { continue };
            let alone = groups::is_alone(&known, shape);
            merge::merge(connection, group, rows, alone)?;
            let levels = rollup::update(connection, group, &rows.times, rollup::wanted(rows))?;
            changes.levels.push((Arc::clone(group), levels));
        }
        Ok(())
    }

    fn groups_of(&self, device: DeviceId) -> Vec<Arc<Group>> {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        registry.devices.get(&device).map(|device| device.groups.clone()).unwrap_or_default()
    }

    /// After the commit that made them true.
    fn apply(&self, changes: Changes) {
        let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        for (device, id, organisation) in changes.devices {
            let known = registry.devices.entry(device);
            known.or_insert(Device { id, organisation, groups: Vec::new() }).organisation = organisation;
        }
        for (device, group) in changes.groups {
            group.committed();
            if let Some(device) = registry.devices.get_mut(&device) {
                device.groups.push(group);
            }
        }
        for (group, levels) in changes.levels {
            group.levels.store(levels, Ordering::Relaxed);
        }
    }

    fn fold(&self, place: &Place<'_>, edges: &[i64]) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let (buckets, damaged) = self.read(|connection| fold::Fold::new(connection, place, edges)?.run())?;
        self.set_aside(&damaged);
        Ok(buckets)
    }

    fn erase_in_group(
        &self,
        connection: &Connection,
        group: &Group,
        erasure: &Erasure,
    ) -> Result<(u64, Option<Moved>), TelemetryError> {
        let marked: Vec<bool> = group
            .shape
            .0
            .iter()
            .map(|column| {
                erasure.series.as_ref().is_none_or(|series| {
                    series
                        .iter()
                        .any(|(endpoint, name)| *endpoint == column.endpoint && **name == *column.attribute)
                })
            })
            .collect();
        if !marked.contains(&true) {
            return Ok((0, None));
        }
        erase::erase(connection, group, &marked, erasure.from.0, erasure.until.0)
    }
}

fn beside(sum: &mut Option<Aggregate>, other: Option<Aggregate>) {
    match (sum.as_mut(), other) {
        (Some(sum), Some(other)) => sum.beside(&other),
        (None, other) => *sum = other,
        (Some(_), None) => {}
    }
}

fn checkpoint(connection: &Connection, how: &str) {
    if let Err(error) = connection.query_row(how, [], |_| Ok(())) {
        // Nothing is lost: the WAL holds it all, and the next write tries again.
        tracing::warn!(%error, "a checkpoint of the sealed chunks failed");
    }
}

impl Archive for SeriesFile {
    fn sealed(&self) -> Result<Vec<Sealed>, TelemetryError> {
        self.read(|connection| Ok(groups::load(connection)?.1))
    }

    fn seal(&self, devices: &[Sealing]) -> Result<(), TelemetryError> {
        let known: Vec<Arc<Group>> =
            devices.iter().flat_map(|sealing| self.groups_of(sealing.device)).collect();
        let changes = self.write_rows(&known, |connection| {
            let mut changes = Changes::default();
            devices.iter().try_for_each(|sealing| self.seal_device(connection, sealing, &mut changes))?;
            Ok(changes)
        })?;
        self.apply(changes);
        Ok(())
    }

    fn rest(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = writer.as_ref().filter(|_| self.wal_bytes() > 0) {
            checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    fn versions(&self, series: &SeriesKey, slice: Slice) -> Result<Vec<Version>, TelemetryError> {
        let columns = self.columns_of(series);
        let places: Vec<Place<'_>> =
            columns.iter().map(|(group, column)| Place { group, column: *column }).collect();
        let found = self.read(|connection| read::versions(connection, &places, slice))?;
        self.set_aside(&found.damaged);
        Ok(found.versions)
    }

    fn aggregates(
        &self,
        series: &SeriesKey,
        edges: &[i64],
    ) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let (Some(from), Some(until)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
        let columns = self.columns_of(series);
        let mut places: Vec<Place<'_>> =
            columns.iter().map(|(group, column)| Place { group, column: *column }).collect();
        if places.len() > 1 {
            // Only those with anything in the span matter.
            let mut held = Vec::new();
            for place in places {
                let holds = self.read(|connection| fold::holds(connection, &place, *from, *until))?;
                held.extend(holds.then_some(place));
            }
            places = held;
        }
        if let [place] = &places[..] {
            return self.fold(place, edges);
        }
        // Several groups may each have a version of one instant: only the versions tell which counts, and where they
        // are gone, each group's rollups are all there is.
        let aged = places.iter().map(|place| place.group.raw_from()).max().unwrap_or(i64::MIN);
        let rollups = |edges: &[i64]| {
            let mut buckets = vec![None; edges.len() - 1];
            for place in &places {
                buckets.iter_mut().zip(self.fold(place, edges)?).for_each(|(sum, own)| beside(sum, own));
            }
            Ok(buckets)
        };
        split::at(edges, aged, rollups, |edges| {
            let from = edges.first().copied().unwrap_or(i64::MAX);
            let slice = Slice { from, until: *until, descending: false, instants: usize::MAX };
            let versions = resolve::newest(self.versions(series, slice)?, None);
            Ok(resolve::fold(&versions, edges))
        })
    }

    fn aggregates_of(
        &self,
        series: &[&SeriesKey],
        edges: &[i64],
    ) -> Result<Vec<Vec<Option<Aggregate>>>, TelemetryError> {
        let columns: Vec<_> = series.iter().map(|series| self.columns_of(series)).collect();
        let (mut folded, mut damaged) = (Vec::with_capacity(series.len()), Vec::new());
        self.read(|connection| {
            for columns in &columns {
                let [(group, column)] = &columns[..] else {
                    folded.push(None);
                    continue;
                };
                let place = Place { group, column: *column };
                let (buckets, lost) = fold::Fold::new(connection, &place, edges)?.run()?;
                damaged.extend(lost);
                folded.push(Some(buckets));
            }
            Ok(())
        })?;
        self.set_aside(&damaged);
        let each = folded.into_iter().zip(series);
        each.map(|(buckets, series)| buckets.map_or_else(|| self.aggregates(series, edges), Ok)).collect()
    }

    fn aged(&self, series: &SeriesKey) -> i64 {
        let columns = self.columns_of(series);
        columns.iter().map(|(group, _)| group.raw_from()).max().unwrap_or(i64::MIN)
    }

    fn last_row(&self, device: DeviceId, shape: &Shape) -> Result<Option<LastRow>, TelemetryError> {
        let groups = self.groups_of(device);
        let Some(group) = groups.iter().find(|group| *group.shape == *shape) else { return Ok(None) };
        self.read(|connection| read::last_row(connection, group))
    }

    fn erase(&self, erasure: &Erasure) -> Result<u64, TelemetryError> {
        let Some(id) = self.id_of(erasure.device) else { return Ok(0) };
        let known = self.groups_of(erasure.device);
        let (values, changes) = self.write_rows(&known, |connection| {
            let mut changes = Changes::default();
            let mut values = 0;
            for group in &known {
                let (gone, moved) = self.erase_in_group(connection, group, erasure)?;
                values += gone;
                if let Some(Moved { shape, rows }) = moved {
                    self.seal_rows(connection, erasure.device, id, &[(&shape, &rows)], &mut changes)?;
                }
            }
            Ok((values, changes))
        })?;
        self.apply(changes);
        Ok(values)
    }

    fn shapes(&self, device: DeviceId) -> Vec<Arc<Shape>> {
        self.groups_of(device).iter().map(|group| Arc::clone(&group.shape)).collect()
    }

    fn expire(
        &self,
        device: DeviceId,
        expiry: &dyn Fn(&Shape) -> Option<Expiry>,
    ) -> Result<bool, TelemetryError> {
        let mut more = false;
        for group in self.groups_of(device) {
            let Some(expiry) = expiry(&group.shape) else { continue };
            let expired = self.write_rows(std::slice::from_ref(&group), |connection| {
                expire::expire(connection, &group, &expiry)
            })?;
            group.raw_from.store(expired.raw_from, Ordering::Relaxed);
            group.levels.store(expired.levels, Ordering::Relaxed);
            more |= expired.more;
        }
        Ok(more)
    }

    fn forget(&self, device: DeviceId) -> Result<(), TelemetryError> {
        let Some(id) = self.id_of(device) else { return Ok(()) };
        let groups = self.groups_of(device);
        self.write(|connection| {
            groups.iter().try_for_each(|group| erase::drop_group(connection, group.id))?;
            connection
                .execute("DELETE FROM devices WHERE id = ?1", [id])
                .map(drop)
                .map_err(|error| from_sqlite(&error))
        })?;
        self.registry.write().unwrap_or_else(PoisonError::into_inner).devices.remove(&device);
        Ok(())
    }

    fn check(&self) -> Result<Vec<String>, TelemetryError> {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        let groups: HashMap<i64, Arc<Group>> = registry
            .devices
            .values()
            .flat_map(|device| device.groups.iter().map(|group| (group.id, Arc::clone(group))))
            .collect();
        drop(registry);
        self.read(|connection| inspect::inspect(connection, &groups))
    }

    fn points(&self, device: DeviceId) -> i64 {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        registry
            .devices
            .get(&device)
            .map_or(0, |device| device.groups.iter().map(|group| group.points()).sum())
    }

    fn storage(&self, organisation: OrganisationId) -> Result<Storage, TelemetryError> {
        self.read(|connection| storage::of_organisation(connection, organisation))
    }
}

impl SeriesFile {
    fn id_of(&self, device: DeviceId) -> Option<i64> {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        registry.devices.get(&device).map(|device| device.id)
    }
}
