//! `lares telemetry` through the real binary: what is exported comes back by import as it was, and what is wrong with a
//! file is said line by line.

use std::path::Path;
use std::process::{Command, Output};

use lares_model::reading::{Quality, Reading};
use lares_model::record::{Body, Entry};
use lares_model::{DeviceId, OrganisationId, UnixMillis, Value};
use lares_telemetry::{EmbeddedTelemetry, ReadingsQuery, Telemetry as _};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use uuid::Uuid;

fn lares(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lares"))
        .args(["telemetry", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn fill(data: &Path) {
    let engine = EmbeddedTelemetry::open(data).unwrap();
    let values = [
        ("ElectricalPowerMeasurement.ActivePower", Value::Number(12.5)),
        ("OnOff.OnOff", Value::Bool(true)),
        ("LevelControl.CurrentLevel", Value::Integer(i64::MAX)),
        ("DoorLock.LockState", Value::Text("=locked, \"so\"\n".to_owned())),
    ];
    let entry = |number: i64| Entry {
        organisation: OrganisationId(Uuid::from_u128(1)),
        device: DeviceId(Uuid::from_u128(2 + number as u128 % 2)),
        received: UnixMillis(1_800_000_000_700 + number),
        identity: None,
        body: Body::Readings {
            readings: values
                .iter()
                .map(|(attribute, value)| Reading {
                    endpoint: 1,
                    attribute: (*attribute).into(),
                    time: UnixMillis(1_800_000_000_000 + number * 1_000),
                    value: value.clone(),
                    quality: if number == 3 { Quality::Late } else { Quality::Measured },
                    at_least_once: false,
                })
                .collect(),
        },
    };
    engine.append((0..50).map(entry).collect()).await.unwrap();
    engine.seal_all().unwrap();
    engine.append((50..60).map(entry).collect()).await.unwrap();
}

#[tokio::test]
async fn an_export_comes_back_as_it_was() {
    let (data, other, files) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(data.path()).await;
    assert!(said(&lares(data.path(), &["check"])).contains("telemetry: ok"));
    let first = files.path().join("first.csv");
    let done = lares(data.path(), &["export", first.to_str().unwrap()]);
    assert!(said(&done).contains("240 readings written"), "{}", said(&done));
    for _ in 0..2 {
        let done = lares(other.path(), &["import", first.to_str().unwrap()]);
        assert!(
            done.status.success() && said(&done).contains("240 rows taken, 0 refused"),
            "{}",
            said(&done)
        );
    }
    let second = files.path().join("second.csv");
    lares(other.path(), &["export", second.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&first).unwrap(), std::fs::read_to_string(&second).unwrap());
    let again = lares(data.path(), &["export", first.to_str().unwrap()]);
    assert!(
        !again.status.success() && said(&again).contains("exists"),
        "nothing is overwritten: {}",
        said(&again)
    );
    let parquet = files.path().join("all.parquet");
    let one = DeviceId(Uuid::from_u128(2)).to_string();
    let done = lares(data.path(), &["export", parquet.to_str().unwrap(), "--device", &one]);
    assert!(said(&done).contains("120 readings written"), "{}", said(&done));
    let reader = SerializedFileReader::new(std::fs::File::open(&parquet).unwrap()).unwrap();
    let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows.len(), 120);
    let integer = rows.iter().find(|row| row.contains("LevelControl")).unwrap();
    assert!(integer.contains(&i64::MAX.to_string()) && integer.contains("number: null"), "{integer}");
}

#[tokio::test]
async fn a_backup_is_a_data_directory_and_what_is_wrong_is_named() {
    let (data, copy, files) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(data.path()).await;
    // While somebody has it open.
    let engine = EmbeddedTelemetry::open(data.path()).unwrap();
    let done = lares(data.path(), &["backup", copy.path().to_str().unwrap()]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&lares(data.path(), &["check"])).contains("another process"));
    drop(engine);
    let restored = EmbeddedTelemetry::open(copy.path()).unwrap();
    let query = ReadingsQuery::of(DeviceId(Uuid::from_u128(2)), 1_000);
    assert_eq!(restored.readings(&query).await.unwrap().len(), 120);
    drop(restored);
    let bad = files.path().join("bad.csv");
    std::fs::write(
        &bad,
        "time,device,endpoint,attribute,value\n\
         2027-01-01T00:00:00Z,00000000-0000-0000-0000-000000000002,1,OnOff.OnOff,true\n\
         yesterday,00000000-0000-0000-0000-000000000002,1,OnOff.OnOff,true\n\
         2027-01-01T00:00:00Z,nobody,1,OnOff.OnOff,true\n\
         2027-01-01T00:00:00Z,00000000-0000-0000-0000-000000000002,1,OnOff.OnOff,perhaps\n\
         2027-01-01T00:00:00Z,00000000-0000-0000-0000-000000000009,1,OnOff.OnOff,true\n",
    )
    .unwrap();
    let done = lares(copy.path(), &["import", bad.to_str().unwrap()]);
    let text = said(&done);
    assert!(!done.status.success() && text.contains("1 rows taken, 4 refused"), "{text}");
    for named in ["line 3:", "line 4: device:", "line 5: value:", "line 6: organisation:"] {
        assert!(text.contains(named), "{named} in {text}");
    }
    let connection = rusqlite::Connection::open(copy.path().join("series.db")).unwrap();
    connection.execute("UPDATE chunks SET body = zeroblob(9)", []).unwrap();
    drop(connection);
    assert!(said(&lares(copy.path(), &["check"])).contains("does not match its checksum"));
    let repaired = lares(copy.path(), &["repair"]);
    assert!(
        said(&repaired).contains("are lost") && said(&repaired).contains("telemetry: repaired"),
        "{}",
        said(&repaired)
    );
    assert!(said(&lares(copy.path(), &["check"])).contains("telemetry: ok"));
}
