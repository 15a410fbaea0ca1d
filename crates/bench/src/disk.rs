//! The bare disk: how long writing 4 KiB and fdatasync take.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

const BLOCK: [u8; 4096] = [7; 4096];
const BLOCKS_MAX: u64 = 1_024;

pub fn fdatasync(folder: &Path, rate_per_s: u32, time: Duration) -> Result<Vec<f64>, String> {
    let said = |error: std::io::Error| format!("disk: {error}");
    let mut file = File::create(folder.join("fdatasync")).map_err(said)?;
    let mut samples = vec![];
    let start = Instant::now();
    let mut nth = 0;
    while start.elapsed() < time {
        file.seek(SeekFrom::Start(nth % BLOCKS_MAX * BLOCK.len() as u64)).map_err(said)?;
        let began = Instant::now();
        file.write_all(&BLOCK).and_then(|()| file.sync_data()).map_err(said)?;
        samples.push(began.elapsed().as_secs_f64() * 1e3);
        nth += 1;
        let next = start + Duration::from_secs(1) / rate_per_s * u32::try_from(nth).unwrap_or(u32::MAX);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(samples)
}
