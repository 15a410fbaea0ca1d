//! Readings as CSV (RFC 4180), as `import` reads them.

use std::fs::File;

use lares_model::OrganisationId;
use lares_telemetry::StoredReading;

use super::export::Sink;

pub const HEADER: [&str; 9] =
    ["time", "organisation", "device", "endpoint", "attribute", "kind", "value", "quality", "received"];

pub struct CsvFile(csv::Writer<File>);

impl CsvFile {
    pub fn begin(out: File) -> Result<CsvFile, String> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(HEADER).map_err(|error| error.to_string())?;
        Ok(CsvFile(writer))
    }
}

impl Sink for CsvFile {
    fn take(
        &mut self,
        organisation: OrganisationId,
        device: &str,
        page: &[StoredReading],
    ) -> Result<(), String> {
        for reading in page {
            let quality = format!("{:?}", reading.quality).to_lowercase();
            let record = [
                reading.key.time.to_string(),
                organisation.to_string(),
                device.to_owned(),
                reading.key.endpoint.to_string(),
                reading.key.attribute.clone(),
                reading.value.kind_name().to_owned(),
                reading.value.to_string(),
                quality,
                reading.received.to_string(),
            ];
            self.0.write_record(&record).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), String> {
        self.0.flush().map_err(|error| error.to_string())
    }
}
