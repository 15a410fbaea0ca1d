//! Answers questions about series from the hot tier and the archive together. The hot tier is read first: a row that
//! is sealed meanwhile is seen twice rather than not at all, and twice is once.

use std::collections::HashSet;
use std::sync::Arc;

use lares_model::record::Position;
use lares_model::{DeviceId, UnixMillis};

use crate::abilities::Ability;
use crate::aggregate::Aggregate;
use crate::archive::{Archive, Slice, Version};
use crate::hot::{Hot, Latest, lock};
use crate::kept::Kept;
use crate::shape::parse_flags;
use crate::{
    AggregateQuery, ReadingKey, ReadingsQuery, SeriesKey, StoredReading, TelemetryError, resolve, split,
};

pub struct Engine {
    pub hot: Arc<Hot>,
    pub archive: Arc<dyn Archive>,
}

/// Series that are asked for in one snapshot of the archive: it is held for a short time.
const SERIES_AT_ONCE: usize = 64;

/// What is hot of a series, one version per instant. Before `aged` only rollups count.
struct Unsealed {
    aged: i64,
    versions: Vec<Version>,
}

impl Engine {
    pub fn readings(&self, query: &ReadingsQuery) -> Result<Vec<StoredReading>, TelemetryError> {
        self.require_known_at(query.known_at)?;
        let Some(slice) = slice_of(query) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (endpoint, attribute) in self.series_of(query.device) {
            let wanted = query.endpoint.is_none_or(|wanted| wanted == endpoint)
                && query.attribute.as_ref().is_none_or(|wanted| *wanted == *attribute);
            if !wanted {
                continue;
            }
            let series = SeriesKey { device: query.device, endpoint, attribute: attribute.to_string() };
            let versions = self.versions(&series, slice, query.known_at)?;
            for version in versions {
                found.push(stored(&series, version)?);
            }
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        if query.descending {
            found.reverse();
        }
        found.retain(|reading| {
            query.after.as_ref().is_none_or(|after| match query.descending {
                false => reading.key > *after,
                true => reading.key < *after,
            })
        });
        found.truncate(query.limit);
        Ok(found)
    }

    fn require_known_at(&self, known_at: Option<UnixMillis>) -> Result<(), TelemetryError> {
        known_at.map_or(Ok(()), |_| self.archive.abilities().require(Ability::KnownAt))
    }

    /// One version per instant of the first instants of a slice, in the order of time.
    fn versions(
        &self,
        series: &SeriesKey,
        slice: Slice,
        known_at: Option<UnixMillis>,
    ) -> Result<Vec<Version>, TelemetryError> {
        let slice = Slice { from: slice.from.max(self.kept(series).raw_from), ..slice };
        if slice.from >= slice.until {
            return Ok(Vec::new());
        }
        // What was not known yet does not count as an instant, so no bound holds.
        let slice = if known_at.is_some() { Slice { instants: usize::MAX, ..slice } } else { slice };
        let mut versions = self.hot_versions(series, slice.from, slice.until);
        let mut sealed = self.archive.versions(series, slice)?;
        if !self.archive.abilities().has(Ability::KnownAt) {
            // Their times of arrival say nothing: what is hot came later.
            let hot: HashSet<i64> = versions.iter().map(|version| version.time).collect();
            sealed.retain(|version| !hot.contains(&version.time));
        }
        versions.append(&mut sealed);
        let mut newest = resolve::newest(versions, known_at.map(|instant| instant.0));
        if slice.descending {
            let surplus = newest.len().saturating_sub(slice.instants);
            newest.drain(..surplus);
        } else {
            newest.truncate(slice.instants);
        }
        Ok(newest)
    }

    fn hot_versions(&self, series: &SeriesKey, from: i64, until: i64) -> Vec<Version> {
        self.hot
            .get(series.device)
            .map(|device| lock(&device).versions(series, from, until))
            .unwrap_or_default()
    }

    fn kept(&self, series: &SeriesKey) -> Kept {
        self.hot.get(series.device).map_or(Kept::EVERYTHING, |device| lock(&device).kept(series))
    }

    pub fn series_of(&self, device: DeviceId) -> Vec<(u16, Arc<str>)> {
        self.hot.get(device).map(|device| lock(&device).series()).unwrap_or_default()
    }

    pub fn aggregate(&self, query: &AggregateQuery) -> Result<Vec<Vec<Option<Aggregate>>>, TelemetryError> {
        self.require_known_at(query.known_at)?;
        let edges: Vec<i64> = query.edges.iter().map(|edge| edge.0).collect();
        if query.known_at.is_some() {
            let folded = |series| self.fold_versions(series, &edges, query.known_at);
            return query.series.iter().map(folded).collect();
        }
        let mut answers = Vec::with_capacity(query.series.len());
        for some in query.series.chunks(SERIES_AT_ONCE) {
            answers.extend(self.aggregate_some(some, &edges)?);
        }
        Ok(answers)
    }

    fn aggregate_some(
        &self,
        series: &[SeriesKey],
        edges: &[i64],
    ) -> Result<Vec<Vec<Option<Aggregate>>>, TelemetryError> {
        let (Some(from), Some(until)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
        // Of all of them before the archive is asked.
        let hot: Vec<Option<Unsealed>> = series
            .iter()
            .map(|series| {
                let kept = self.kept(series);
                (kept.rollups_from <= *from).then(|| self.unsealed(series, kept, *from, *until))
            })
            .collect();
        let whole: Vec<&SeriesKey> =
            series.iter().zip(&hot).filter_map(|(series, hot)| hot.as_ref().map(|_| series)).collect();
        let mut sealed = self.archive.aggregates_of(&whole, edges)?.into_iter();
        let answers = series.iter().zip(hot).map(|(series, hot)| match hot {
            Some(hot) => self.join(series, edges, hot, sealed.next().unwrap_or_default()),
            None => self.aggregate_cut(series, edges),
        });
        answers.collect()
    }

    /// Of a series of which nothing is shown of the first of these times.
    fn aggregate_cut(
        &self,
        series: &SeriesKey,
        edges: &[i64],
    ) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let kept = self.kept(series);
        let nothing = |edges: &[i64]| Ok(vec![None; edges.len() - 1]);
        split::at(edges, kept.rollups_from, nothing, |edges| {
            let (Some(from), Some(until)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
            let hot = self.unsealed(series, kept, *from, *until);
            let sealed = self.archive.aggregates(series, edges)?;
            self.join(series, edges, hot, sealed)
        })
    }

    fn unsealed(&self, series: &SeriesKey, kept: Kept, from: i64, until: i64) -> Unsealed {
        let aged = kept.raw_from.max(self.archive.aged(series));
        let versions = resolve::newest(self.hot_versions(series, from.max(aged), until), None);
        Unsealed { aged, versions }
    }

    /// What was sealed with what came since.
    fn join(
        &self,
        series: &SeriesKey,
        edges: &[i64],
        Unsealed { aged, versions: hot }: Unsealed,
        mut sealed: Vec<Option<Aggregate>>,
    ) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let Some(first_hot) = hot.first().map(|version| version.time) else { return Ok(sealed) };
        // Buckets that end before anything hot are as the archive says.
        let untouched = edges.partition_point(|edge| *edge <= first_hot).saturating_sub(1);
        let behind = |aggregate: &Aggregate| aggregate.last_time >= first_hot;
        if sealed[untouched..].iter().flatten().any(behind) {
            sealed.truncate(untouched);
            let rollups = |edges: &[i64]| self.archive.aggregates(series, edges);
            let readings = |edges: &[i64]| self.fold_versions(series, edges, None);
            sealed.extend(split::at(&edges[untouched..], aged, rollups, readings)?);
            return Ok(sealed);
        }
        for (bucket, later) in sealed.iter_mut().zip(resolve::fold(&hot, edges)) {
            match (bucket.as_mut(), later) {
                (Some(bucket), Some(later)) => bucket.followed_by(&later),
                (None, later) => *bucket = later,
                (_, None) => {}
            }
        }
        Ok(sealed)
    }

    fn fold_versions(
        &self,
        series: &SeriesKey,
        edges: &[i64],
        known_at: Option<UnixMillis>,
    ) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
        let (Some(from), Some(until)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
        let slice = Slice { from: *from, until: *until, descending: false, instants: usize::MAX };
        Ok(resolve::fold(&self.versions(series, slice, known_at)?, edges))
    }

    pub fn latest(&self, series: &[SeriesKey]) -> Result<Vec<Option<StoredReading>>, TelemetryError> {
        series.iter().map(|series| self.latest_one(series)).collect()
    }

    fn latest_one(&self, series: &SeriesKey) -> Result<Option<StoredReading>, TelemetryError> {
        let Some(device) = self.hot.get(series.device) else { return Ok(None) };
        let (known, sealed, kept) = {
            let device = lock(&device);
            (device.latest(series), device.sealed, device.kept(series))
        };
        let known = match known {
            Latest::AskRow(shape) => {
                let row = self.archive.last_row(series.device, &shape)?;
                let mut device = lock(&device);
                // What was sealed meanwhile may be later than the row.
                if device.sealed == sealed {
                    device.learn_last(&shape, row);
                }
                device.latest(series)
            }
            known => known,
        };
        match known {
            Latest::Known(version) => {
                let shown = version.filter(|version| version.time >= kept.raw_from);
                shown.map(|version| stored(series, version)).transpose()
            }
            Latest::AskRow(_) | Latest::AskVersions => self.last_version(series, i64::MAX),
        }
    }

    pub fn last_before(
        &self,
        series: &[SeriesKey],
        instant: UnixMillis,
    ) -> Result<Vec<Option<StoredReading>>, TelemetryError> {
        series.iter().map(|series| self.last_one_before(series, instant.0)).collect()
    }

    fn last_one_before(
        &self,
        series: &SeriesKey,
        instant: i64,
    ) -> Result<Option<StoredReading>, TelemetryError> {
        let Some(device) = self.hot.get(series.device) else { return Ok(None) };
        let (known, kept) = {
            let device = lock(&device);
            (device.latest(series), device.kept(series))
        };
        match known {
            // Nothing has come since: no need to search.
            Latest::Known(Some(version)) if (kept.raw_from..instant).contains(&version.time) => {
                stored(series, version).map(Some)
            }
            Latest::Known(None) => Ok(None),
            _ => self.last_version(series, instant),
        }
    }

    fn last_version(&self, series: &SeriesKey, until: i64) -> Result<Option<StoredReading>, TelemetryError> {
        let slice = Slice { from: i64::MIN, until, descending: true, instants: 1 };
        let last = self.versions(series, slice, None)?.pop();
        last.map(|version| stored(series, version)).transpose()
    }
}

/// From so many series or buckets on, two threads are quicker than one.
const WORTH_TWO: usize = 64;

impl AggregateQuery {
    /// The query, or two that make it up: by series, or else by time. `None` where nothing is asked.
    pub(crate) fn halves(&self) -> Option<(AggregateQuery, Option<AggregateQuery>, bool)> {
        if self.series.is_empty() || self.edges.len() < 2 {
            return None;
        }
        let of = |series: &[SeriesKey], edges: &[UnixMillis]| AggregateQuery {
            series: series.to_vec(),
            edges: edges.to_vec(),
            known_at: self.known_at,
        };
        if self.series.len() >= WORTH_TWO {
            let (first, second) = self.series.split_at(self.series.len() / 2);
            return Some((of(first, &self.edges), Some(of(second, &self.edges)), true));
        }
        if self.edges.len() > WORTH_TWO {
            let middle = self.edges.len() / 2;
            let (first, second) = (&self.edges[..=middle], &self.edges[middle..]);
            return Some((of(&self.series, first), Some(of(&self.series, second)), false));
        }
        Some((self.clone(), None, true))
    }
}

fn stored(series: &SeriesKey, version: Version) -> Result<StoredReading, TelemetryError> {
    let (quality, at_least_once) = parse_flags(version.flags)?;
    let time = UnixMillis(version.time);
    Ok(StoredReading {
        key: ReadingKey { time, endpoint: series.endpoint, attribute: series.attribute.clone() },
        received: UnixMillis(version.received),
        value: version.value,
        quality,
        at_least_once,
    })
}

/// The instants that can match; `None` when none can.
fn slice_of(query: &ReadingsQuery) -> Option<Slice> {
    let mut from = query.from.map_or(i64::MIN, |from| from.0);
    let mut until = query.until.map_or(i64::MAX, |until| until.0);
    if let Some(after) = &query.after {
        // Other series may have readings of the same instant.
        match query.descending {
            false => from = from.max(after.time.0),
            true => until = until.min(after.time.0.saturating_add(1)),
        }
    }
    let instants = query.limit.saturating_add(1);
    (from < until && query.limit > 0).then_some(Slice { from, until, descending: query.descending, instants })
}

/// Positions begin behind what is sealed, even where the log of a backup is older than its archive.
pub fn head_of(stored: Position, sealed: impl Iterator<Item = Position>) -> Position {
    sealed.fold(stored, Position::max)
}
