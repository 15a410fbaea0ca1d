//! What is sealed, as the engine takes it: time series in order, one value for each instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lares_model::{DeviceId, OrganisationId, Value};

use super::names::Name;
use super::wire::{Sample, TimeSeries};
use crate::aggregate::number_of;
use crate::archive::{Sealing, Version};
use crate::codec::column::Kind;
use crate::resolve;

/// Engines count milliseconds since 1970. What is outside of it (until the year 2248) no engine takes.
pub const INSTANTS: std::ops::RangeInclusive<i64> = 0..=1 << 43;
/// A row that was this long under way may be older than what the engine keeps.
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A series of a device by endpoint and attribute, whatever the kinds of its values.
pub type SeriesName = (u16, Arc<str>);

/// What is written of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub first: i64,
    pub last: i64,
    pub points: u64,
}

/// By which the engine shows that it has a row.
pub struct Probe {
    pub device: DeviceId,
    pub time: i64,
    pub series: BTreeSet<SeriesName>,
    /// It cannot be too old for the engine.
    pub fresh: bool,
}

#[derive(Default)]
pub struct Written {
    pub series: Vec<TimeSeries>,
    pub extents: BTreeMap<SeriesName, Extent>,
    pub probes: Vec<Probe>,
    /// Values of instants that no engine takes.
    pub left_out: usize,
}

pub fn written(sealing: &Sealing) -> Written {
    let mut written = Written::default();
    let mut by_series: BTreeMap<SeriesName, Vec<Version>> = BTreeMap::new();
    for (shape, rows) in &sealing.groups {
        for (column, values) in shape.0.iter().zip(&rows.columns) {
            let versions = by_series.entry((column.endpoint, Arc::clone(&column.attribute))).or_default();
            let taken = (0..rows.len()).filter(|row| INSTANTS.contains(&rows.times[*row]));
            let before = versions.len();
            versions.extend(taken.map(|row| Version {
                time: rows.times[row],
                received: rows.received(row),
                flags: rows.flags[row],
                value: values.get(row),
            }));
            written.left_out += rows.len() - (versions.len() - before);
        }
        // Engines keep days or months apart: what they have of one says nothing of another.
        let mut newest_of_day: BTreeMap<i64, usize> = BTreeMap::new();
        for row in (0..rows.len()).filter(|row| INSTANTS.contains(&rows.times[*row])) {
            let newest = newest_of_day.entry(rows.times[row] / DAY_MS).or_insert(row);
            if rows.times[row] > rows.times[*newest] {
                *newest = row;
            }
        }
        let names = shape.0.iter().map(|column| (column.endpoint, Arc::clone(&column.attribute)));
        let series: BTreeSet<SeriesName> = names.collect();
        written.probes.extend(newest_of_day.into_values().map(|row| Probe {
            device: sealing.device,
            time: rows.times[row],
            series: series.clone(),
            fresh: rows.received(row).saturating_sub(rows.times[row]).abs() < DAY_MS,
        }));
    }
    for (name, versions) in by_series {
        let versions = resolve::newest(versions, None);
        let (Some(first), Some(last)) = (versions.first(), versions.last()) else { continue };
        let extent = Extent { first: first.time, last: last.time, points: versions.len() as u64 };
        written.series.extend(time_series(sealing.organisation, sealing.device, &name, &versions));
        written.extents.insert(name, extent);
    }
    written
}

/// One for each kind of value and, of texts, for each state.
fn time_series(
    organisation: OrganisationId,
    device: DeviceId,
    (endpoint, attribute): &SeriesName,
    versions: &[Version],
) -> Vec<TimeSeries> {
    let mut samples: BTreeMap<Name<'_>, Vec<Sample>> = BTreeMap::new();
    for version in versions {
        let kind = Kind::of(&version.value);
        let state = match &version.value {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        let sample = Sample { value: number_of(&version.value).unwrap_or(1.0), timestamp: version.time };
        samples.entry(Name { endpoint: *endpoint, attribute, kind, state }).or_default().push(sample);
    }
    let series =
        |(name, samples): (Name<'_>, _)| TimeSeries { labels: name.labels(organisation, device), samples };
    samples.into_iter().map(series).collect()
}

#[cfg(test)]
mod tests {
    use lares_model::UnixMillis;
    use lares_model::reading::{Quality, Reading};
    use lares_model::record::Position;
    use uuid::Uuid;

    use super::*;
    use crate::codec::chunk::Rows;
    use crate::shape::Shape;

    fn sealing(values: &[(i64, Value)]) -> Sealing {
        let reading = |(time, value): &(i64, Value)| Reading {
            endpoint: 1,
            attribute: "A.B".into(),
            time: UnixMillis(*time),
            value: value.clone(),
            quality: Quality::Late,
            at_least_once: false,
        };
        let group = |one: &(i64, Value)| {
            let shape = Arc::new(Shape::of(&[reading(one)]));
            let mut rows = Rows::new(&shape);
            rows.times.push(one.0);
            rows.delays.push(5);
            rows.flags.push(2);
            rows.columns[0].push(&one.1);
            (shape, rows)
        };
        Sealing {
            device: DeviceId(Uuid::from_u128(1)),
            organisation: OrganisationId(Uuid::from_u128(2)),
            through: Position(1),
            identities: Vec::new(),
            groups: values.iter().map(group).collect(),
        }
    }

    #[test]
    fn states_are_series_and_samples_are_in_order() {
        let text = |text: &str| Value::Text(text.to_owned());
        let all = [
            (30, text("on")),
            (10, text("on")),
            (20, text("off")),
            (40, Value::Bool(true)),
            (50, Value::Integer(-7)),
            (i64::MAX, Value::Integer(1)),
            (-1, Value::Number(0.5)),
        ];
        let written = written(&sealing(&all));
        let samples: Vec<Vec<(i64, f64)>> = written
            .series
            .iter()
            .map(|series| series.samples.iter().map(|sample| (sample.timestamp, sample.value)).collect())
            .collect();
        let expected = [vec![(40, 1.0)], vec![(50, -7.0)], vec![(20, 1.0)], vec![(10, 1.0), (30, 1.0)]];
        assert_eq!(samples, expected);
        assert_eq!(written.left_out, 2);
        let extents: Vec<Extent> = written.extents.into_values().collect();
        assert_eq!(extents, [Extent { first: 10, last: 50, points: 5 }]);
    }
}
