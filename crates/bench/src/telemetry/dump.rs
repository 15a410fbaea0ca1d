//! The workload as a file, so that engines in other languages read the same bits: per point series u32, time in
//! milliseconds i64 and value f64, little-endian, without padding; the five points of a row stand together.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::workload::{METRICS, Point, Row};

const POINT_BYTES: usize = 4 + 8 + 8;

pub struct Dump {
    file: File,
}

/// Writes a point; `seen` is shown every point on the way.
pub fn write(path: &Path, rows: impl Iterator<Item = Row>, mut seen: impl FnMut(&Point)) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for point in rows.flat_map(|row| row.points()) {
        out.write_all(&encode(&point))?;
        seen(&point);
    }
    out.into_inner()?.sync_all()
}

impl Dump {
    pub fn open(path: &Path) -> io::Result<Dump> {
        Ok(Dump { file: File::open(path)? })
    }

    /// The rows of the points from one number up to another; both must be where a row begins.
    pub fn rows(&self, from: u64, until: u64) -> io::Result<Vec<Row>> {
        if !from.is_multiple_of(METRICS as u64) || !until.is_multiple_of(METRICS as u64) || until < from {
            return Err(io::Error::other(format!("points {from} to {until} are not whole rows")));
        }
        let mut bytes = vec![0; (until - from) as usize * POINT_BYTES];
        self.file.read_exact_at(&mut bytes, from * POINT_BYTES as u64)?;
        Ok(bytes.chunks_exact(POINT_BYTES * METRICS).map(decode_row).collect())
    }
}

fn encode(point: &Point) -> [u8; POINT_BYTES] {
    let mut bytes = [0; POINT_BYTES];
    bytes[..4].copy_from_slice(&point.series.to_le_bytes());
    bytes[4..12].copy_from_slice(&point.time_ms.to_le_bytes());
    bytes[12..].copy_from_slice(&point.value.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Point {
    let mut series = [0; 4];
    let (mut time_ms, mut value) = ([0; 8], [0; 8]);
    series.copy_from_slice(&bytes[..4]);
    time_ms.copy_from_slice(&bytes[4..12]);
    value.copy_from_slice(&bytes[12..POINT_BYTES]);
    Point {
        series: u32::from_le_bytes(series),
        time_ms: i64::from_le_bytes(time_ms),
        value: f64::from_le_bytes(value),
    }
}

fn decode_row(bytes: &[u8]) -> Row {
    let first = decode(bytes);
    let values = std::array::from_fn(|metric| decode(&bytes[metric * POINT_BYTES..]).value);
    Row { device: first.series / METRICS as u32, time_ms: first.time_ms, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::workload::Workload;

    #[test]
    fn rows_come_back_as_they_were_from_any_place() {
        let rows: Vec<Row> = Workload { days: 1 }.rows().take(1_000).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.bin");
        let mut points = 0;
        write(&path, rows.iter().copied(), |_| points += 1).unwrap();
        assert_eq!(points, 5_000);
        let dump = Dump::open(&path).unwrap();
        assert_eq!(dump.rows(0, 5_000).unwrap(), rows);
        assert_eq!(dump.rows(2_500, 2_510).unwrap(), rows[500..502]);
        assert!(dump.rows(1, 6).is_err() && dump.rows(4_995, 5_005).is_err());
    }
}
