//! Readings as Apache Parquet: one row per reading, the value in the column of its kind, Snappy-compressed.

use std::fs::File;
use std::sync::Arc;

use lares_model::reading::Quality;
use lares_model::{OrganisationId, Value};
use lares_telemetry::StoredReading;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::export::Sink;

/// Times are instants in UTC.
const SCHEMA: &str = "message readings {
    REQUIRED INT64 time (TIMESTAMP(MILLIS,true));
    REQUIRED BYTE_ARRAY organisation (STRING);
    REQUIRED BYTE_ARRAY device (STRING);
    REQUIRED INT32 endpoint;
    REQUIRED BYTE_ARRAY attribute (STRING);
    OPTIONAL DOUBLE number;
    OPTIONAL INT64 integer;
    OPTIONAL BOOLEAN boolean;
    OPTIONAL BYTE_ARRAY text (STRING);
    REQUIRED BYTE_ARRAY quality (STRING);
    REQUIRED INT64 received (TIMESTAMP(MILLIS,true));
}";

pub struct ParquetFile(SerializedFileWriter<File>);

impl ParquetFile {
    pub fn begin(out: File) -> Result<ParquetFile, String> {
        let schema = parse_message_type(SCHEMA).map_err(|error| error.to_string())?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties));
        writer.map(ParquetFile).map_err(|error| error.to_string())
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, File>;

/// The next column; `defined` says which rows have a value, where not all do.
fn column<T: DataType>(
    group: &mut Group<'_>,
    values: &[T::T],
    defined: Option<&[i16]>,
) -> Result<(), String> {
    let said = |error: parquet::errors::ParquetError| error.to_string();
    let mut writer = group.next_column().map_err(said)?.ok_or("the schema has no more columns")?;
    writer.typed::<T>().write_batch(values, defined, None).map_err(said)?;
    writer.close().map_err(said)
}

/// The values of one kind and which rows have them.
fn of_kind<T>(page: &[StoredReading], pick: impl Fn(&Value) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let picked: Vec<Option<T>> = page.iter().map(|reading| pick(&reading.value)).collect();
    let defined = picked.iter().map(|value| i16::from(value.is_some())).collect();
    (picked.into_iter().flatten().collect(), defined)
}

fn text_of(quality: Quality) -> &'static str {
    match quality {
        Quality::Measured => "measured",
        Quality::Estimated => "estimated",
        Quality::Late => "late",
        Quality::Future => "future",
    }
}

impl Sink for ParquetFile {
    fn take(
        &mut self,
        organisation: OrganisationId,
        device: &str,
        page: &[StoredReading],
    ) -> Result<(), String> {
        let said = |error: parquet::errors::ParquetError| error.to_string();
        let mut group = self.0.next_row_group().map_err(said)?;
        let texts = |text: &dyn Fn(&StoredReading) -> String| -> Vec<ByteArray> {
            page.iter().map(|reading| ByteArray::from(text(reading).into_bytes())).collect()
        };
        let times: Vec<i64> = page.iter().map(|reading| reading.key.time.0).collect();
        column::<Int64Type>(&mut group, &times, None)?;
        column::<ByteArrayType>(&mut group, &texts(&|_| organisation.to_string()), None)?;
        column::<ByteArrayType>(&mut group, &texts(&|_| device.to_owned()), None)?;
        let endpoints: Vec<i32> = page.iter().map(|reading| i32::from(reading.key.endpoint)).collect();
        column::<Int32Type>(&mut group, &endpoints, None)?;
        column::<ByteArrayType>(&mut group, &texts(&|reading| reading.key.attribute.clone()), None)?;
        let (numbers, defined) = of_kind(page, |value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        column::<DoubleType>(&mut group, &numbers, Some(&defined))?;
        let (integers, defined) = of_kind(page, |value| match value {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        });
        column::<Int64Type>(&mut group, &integers, Some(&defined))?;
        let (booleans, defined) = of_kind(page, |value| match value {
            Value::Bool(boolean) => Some(*boolean),
            _ => None,
        });
        column::<BoolType>(&mut group, &booleans, Some(&defined))?;
        let (strings, defined) = of_kind(page, |value| match value {
            Value::Text(text) => Some(ByteArray::from(text.as_bytes().to_vec())),
            _ => None,
        });
        column::<ByteArrayType>(&mut group, &strings, Some(&defined))?;
        column::<ByteArrayType>(&mut group, &texts(&|reading| text_of(reading.quality).to_owned()), None)?;
        let received: Vec<i64> = page.iter().map(|reading| reading.received.0).collect();
        column::<Int64Type>(&mut group, &received, None)?;
        group.close().map(drop).map_err(said)
    }

    fn finish(self: Box<Self>) -> Result<(), String> {
        self.0.close().map(drop).map_err(|error| error.to_string())
    }
}
