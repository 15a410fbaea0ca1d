//! What a folder takes on disk, and the largest share of it that was not settled data while points came in.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

const BLOCK_BYTES: u64 = 512;

/// Allocated blocks of all files below. A file that goes away meanwhile counts nothing.
pub fn bytes(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else { return 0 };
    let own = metadata.blocks() * BLOCK_BYTES;
    if !metadata.is_dir() {
        return own;
    }
    let below = std::fs::read_dir(path).into_iter().flatten().flatten();
    own + below.map(|entry| bytes(&entry.path())).sum::<u64>()
}

/// A look at the folder while points came in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub points: u64,
    pub bytes: u64,
}

/// Bytes per point of a store that is fed all the time: the settled size, and on top the largest excess over it that
/// was seen (write-ahead logs, parts not yet merged). `empty` is the folder before the first point, `settled` after
/// the last; an engine whose measurement was capped has not held all points in such a moment, hence the excess.
pub fn steady_bytes_per_point(samples: &[Sample], empty: u64, settled: Sample) -> f64 {
    let settled_per_point = settled.bytes as f64 / settled.points as f64;
    let excess = samples
        .iter()
        .map(|sample| sample.bytes as f64 - empty as f64 - settled_per_point * sample.points as f64)
        .fold(0.0, f64::max);
    settled_per_point + excess / settled.points as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_excess_counts_once() {
        let settled = Sample { points: 1_000, bytes: 2_000 };
        let samples = [Sample { points: 500, bytes: 3_100 }, Sample { points: 900, bytes: 2_100 }];
        assert_eq!(steady_bytes_per_point(&samples, 100, settled), 4.0);
        assert_eq!(steady_bytes_per_point(&[], 100, settled), 2.0);
    }

    #[test]
    fn folders_are_counted_with_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let empty = bytes(folder.path());
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("in/file"), vec![1; 100_000]).unwrap();
        assert!(bytes(folder.path()) >= empty + 100_000);
        assert_eq!(bytes(&folder.path().join("nothing")), 0);
    }
}
