//! How little is read for days that begin elsewhere than those of UTC: with the chunks gone, what is answered all the
//! same was answered without them.

use std::sync::Arc;

use lares_model::record::Position;
use lares_model::{DeviceId, OrganisationId, Value};
use uuid::Uuid;

use super::*;
use crate::SeriesKey;
use crate::archive::embedded::SeriesFile;
use crate::archive::{Archive, Sealing};
use crate::codec::chunk::Rows;
use crate::codec::column::Kind;
use crate::shape::{ColumnName, Shape};

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const DAYS: i64 = 30;
const START: i64 = 19_000 * DAY;

struct Meter {
    file: SeriesFile,
    series: SeriesKey,
    directory: tempfile::TempDir,
}

/// A day more on both sides than is asked for.
fn meter(every_ms: i64, days: i64) -> Meter {
    let directory = tempfile::tempdir().unwrap();
    let file = SeriesFile::open(directory.path()).unwrap();
    let series = SeriesKey { device: DeviceId(Uuid::from_u128(1)), endpoint: 1, attribute: "a.b".to_owned() };
    let name = ColumnName { endpoint: 1, attribute: series.attribute.as_str().into(), kind: Kind::Integer };
    let shape = Arc::new(Shape(vec![name]));
    let mut rows = Rows::new(&shape);
    for nth in 0..(days + 2) * DAY / every_ms {
        rows.times.push(START - DAY + nth * every_ms);
        rows.delays.push(0);
        rows.flags.push(0);
        rows.columns[0].push(&Value::Integer(nth % 1_000));
    }
    let sealing = Sealing {
        device: series.device,
        organisation: OrganisationId(Uuid::from_u128(2)),
        through: Position(1),
        identities: Vec::new(),
        groups: vec![(shape, rows)],
    };
    file.seal(&[sealing]).unwrap();
    Meter { file, series, directory }
}

impl Meter {
    /// By day, the days beginning so long after those of UTC; and how many chunks that took.
    fn days(&self, days: i64, offset: i64) -> (Vec<Option<Aggregate>>, usize) {
        let edges: Vec<i64> = (0..=days).map(|day| START + day * DAY + offset).collect();
        let columns = self.file.columns_of(&self.series);
        let place = Place { group: &columns[0].0, column: 0 };
        let read = self.file.read(|connection| Fold::new(connection, &place, &edges)?.run());
        let (buckets, missing) = read.unwrap();
        (buckets, missing.len())
    }

    fn lose_its_chunks(&self) {
        let path = self.directory.path().join(crate::archive::embedded::FILE_NAME);
        Connection::open(path).unwrap().execute("DELETE FROM chunks", []).unwrap();
    }
}

#[test]
fn days_of_zones_of_whole_hours_need_no_chunk() {
    let meter = meter(60_000, DAYS);
    let offsets = [0, HOUR, -7 * HOUR, 13 * HOUR];
    let before = offsets.map(|offset| meter.days(DAYS, offset));
    assert!(before.iter().flat_map(|(days, _)| days).flatten().all(|day| day.count == 1_440));
    meter.lose_its_chunks();
    for (offset, before) in offsets.into_iter().zip(before) {
        assert_eq!(meter.days(DAYS, offset), before, "{offset}");
    }
}

#[test]
fn days_of_other_zones_need_a_chunk_for_each_edge_at_most() {
    let meter = meter(60_000, DAYS);
    for offset in [HOUR / 2, 5 * HOUR + 45 * 60_000] {
        let (days, _) = meter.days(DAYS, offset);
        assert!(days.iter().flatten().all(|day| day.count == 1_440));
    }
    meter.lose_its_chunks();
    let (_, read) = meter.days(DAYS, 5 * HOUR + 45 * 60_000);
    assert!(read as i64 <= 2 * (DAYS + 1), "{read}");
}

#[test]
fn where_there_are_minutes_they_make_up_the_edges() {
    let meter = meter(2_000, 3);
    let offset = 5 * HOUR + 45 * 60_000;
    let before = meter.days(3, offset);
    assert!(before.0.iter().flatten().all(|day| day.count == 43_200));
    meter.lose_its_chunks();
    assert_eq!(meter.days(3, offset), before);
}
