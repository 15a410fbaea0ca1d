//! Readings page by page into a file.

use std::path::Path;

use lares_model::OrganisationId;
use lares_telemetry::{EmbeddedTelemetry, ReadingsQuery, StoredReading, Telemetry as _};

use super::csv_file::CsvFile;
use super::parquet_file::ParquetFile;
use super::{Format, Which};

/// A page of one device, and what takes it.
pub trait Sink {
    fn take(
        &mut self,
        organisation: OrganisationId,
        device: &str,
        page: &[StoredReading],
    ) -> Result<(), String>;
    fn finish(self: Box<Self>) -> Result<(), String>;
}

const PAGE: usize = 20_000;

pub async fn export(
    engine: &EmbeddedTelemetry,
    file: &Path,
    format: Format,
    which: &Which,
) -> Result<u64, String> {
    let said = |error: std::io::Error| format!("{}: {error}", file.display());
    let out = std::fs::File::options().write(true).create_new(true).open(file).map_err(said)?;
    let mut sink: Box<dyn Sink> = match format {
        Format::Csv => Box::new(CsvFile::begin(out)?),
        Format::Parquet => Box::new(ParquetFile::begin(out)?),
    };
    let mut written = 0;
    for (device, organisation) in engine.devices() {
        if !which.device.is_empty() && !which.device.contains(&device) {
            continue;
        }
        let mut query =
            ReadingsQuery { from: which.from, until: which.until, ..ReadingsQuery::of(device, PAGE) };
        loop {
            let page = engine.readings(&query).await.map_err(|error| error.to_string())?;
            let Some(last) = page.last() else { break };
            query.after = Some(last.key.clone());
            written += page.len() as u64;
            sink.take(organisation, &device.to_string(), &page)?;
        }
    }
    sink.finish()?;
    Ok(written)
}
