//! Engines that refuse, stall, talk nonsense or swallow: readings stay in the log, and the reason is told.

use std::time::Duration;

use lares_model::DeviceId;
use lares_model::record::Position;
use lares_telemetry::{
    Credentials, EmbeddedTelemetry, EngineAddress, Limits, ReadingsQuery, Telemetry, TelemetryError,
};
use prost::Message;

use crate::fake::{Fake, Reply, Request};
use crate::material::*;

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// The messages of the protocol, declared apart from those of the engine.
#[derive(Clone, PartialEq, Message)]
struct Written {
    #[prost(message, repeated, tag = "1")]
    series: Vec<Series>,
}

#[derive(Clone, PartialEq, Message)]
struct Series {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    milliseconds: i64,
}

fn is_write(request: &Request) -> bool {
    request.path.ends_with("/api/v1/write")
}

/// Has one reading to seal.
async fn engine_at(directory: &std::path::Path, address: &EngineAddress) -> EmbeddedTelemetry {
    let engine = EmbeddedTelemetry::open_on_prometheus(directory, Limits::default(), address).unwrap();
    append(&engine, new_device(), T0, vec![power(T0, 21.37)]).await;
    engine
}

/// A single attempt that is not left out.
fn attempt(engine: &EmbeddedTelemetry, fake: &Fake) -> Result<(), TelemetryError> {
    for _ in 0..20 {
        fake.take_requests();
        let sealed = engine.seal_all();
        if sealed.is_ok() || !fake.take_requests().is_empty() {
            return sealed;
        }
    }
    panic!("no attempt was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_keep_readings_in_the_log_and_tell_why() {
    let directory = tempfile::tempdir().unwrap();
    let fake = Fake::start(|_| Reply::Status(500, "no disk"));
    let mut address = address(&fake.url);
    address.answer_within = Duration::from_millis(300);
    let engine = engine_at(directory.path(), &address).await;
    let replies = [
        (Reply::Status(500, "no disk"), "no disk"),
        (Reply::Status(429, "slow down"), "429"),
        (Reply::Status(400, "out of order sample"), "out of order sample"),
        (Reply::Status(401, ""), "401"),
        (Reply::Status(302, ""), "302"),
        (Reply::Bytes(b""), ""),
        (Reply::Bytes(b"\x00\xFF nonsense\r\n\r\n"), ""),
        (Reply::Bytes(b"HTTP/1.1 200"), ""),
        (Reply::Silence, "timeout"),
    ];
    for (reply, words) in replies {
        let answer = reply.clone();
        fake.reply(move |_| answer.clone());
        let error = attempt(&engine, &fake).unwrap_err();
        let expected_other = matches!(reply, Reply::Status(400, _));
        assert_eq!(matches!(error, TelemetryError::Other(_)), expected_other, "{reply:?}: {error:?}");
        assert!(error.to_string().contains(words), "{reply:?}: {error:?}");
        assert_eq!(hot_points(&engine), 1);
        assert_eq!(engine.since(Position(0), 9).await.unwrap().len(), 1);
    }
}

/// Sealed with an engine that takes everything and then answers queries so.
async fn sealed_at(directory: &std::path::Path, answer: Reply) -> (EmbeddedTelemetry, Fake, DeviceId) {
    let fake =
        Fake::start(move |request| if is_write(request) { Reply::Status(204, "") } else { answer.clone() });
    let engine = open(directory, &fake.url);
    let device = new_device();
    append(&engine, device, T0, vec![power(T0, 21.37)]).await;
    engine.seal_all().unwrap();
    (engine, fake, device)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_in_answers_to_queries_is_an_error_and_confirms_nothing() {
    for answer in [
        Reply::Status(200, ""),
        Reply::Status(200, "<html>Welcome</html>"),
        Reply::Status(200, "{}"),
        Reply::Status(200, r#"{"status":"success"}"#),
        Reply::Status(200, r#"{"status":"error","error":"too many series"}"#),
        Reply::Status(200, r#"{"status":"success","isPartial":true,"data":{"result":[]}}"#),
        Reply::Status(200, r#"{"status":"success","data":{"result":[{"metric":{},"values":[["x",1]]}]}}"#),
        Reply::Status(503, "busy"),
        Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"status\":\"success\",\"data\""),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (engine, fake, device) = sealed_at(directory.path(), answer.clone()).await;
        let error = engine.readings(&ReadingsQuery::of(device, 9)).await.unwrap_err();
        assert!(error.to_string().contains("engine"), "{answer:?}: {error}");
        fake.take_requests();
        while fake.take_requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(unconfirmed(directory.path()), 1, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_swallows_readings_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let (engine, fake, device) = sealed_at(directory.path(), Reply::Status(200, EMPTY)).await;
    assert_eq!(points(&engine, device).await.len(), 1, "it is still here");
    fake.take_requests();
    let mut writes = 0;
    for _ in 0..300 {
        writes += fake.take_requests().iter().filter(|request| is_write(request)).count();
        if writes > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(writes, 1, "it is written again");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(engine.check().await.unwrap()[0].contains("got them again"));
    assert_eq!((points(&engine, device).await.len(), unconfirmed(directory.path())), (1, 1));
    drop(engine);
    let engine = open(directory.path(), &fake.url);
    assert_eq!((points(&engine, device).await.len(), hot_points(&engine)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_as_the_protocol_says_and_carry_the_credentials() {
    let all = [
        (Credentials::None, None),
        (
            Credentials::Basic { username: "lares".to_owned(), password: "s:e c".to_owned() },
            Some("Basic bGFyZXM6czplIGM="),
        ),
        (Credentials::Bearer("a.b".to_owned()), Some("Bearer a.b")),
    ];
    for (credentials, expected) in all {
        assert!(!format!("{credentials:?}").contains("a.b") && !format!("{credentials:?}").contains("s:e"));
        let directory = tempfile::tempdir().unwrap();
        let fake = Fake::start(|request| match is_write(request) {
            true => Reply::Status(204, ""),
            false => Reply::Status(503, ""),
        });
        let url = format!("{}/prefix/", fake.url);
        let engine = engine_at(directory.path(), &EngineAddress { credentials, ..address(&url) }).await;
        engine.seal_all().unwrap();
        let requests = fake.take_requests();
        assert!(requests.iter().all(|request| request.header("authorization") == expected));
        assert!(requests.iter().all(|request| request.path.starts_with("/prefix/api/v1/")));
        let write = &requests[0];
        assert_eq!(write.header("content-encoding"), Some("snappy"));
        assert_eq!(write.header("content-type"), Some("application/x-protobuf"));
        assert_eq!(write.header("x-prometheus-remote-write-version"), Some("0.1.0"));
        assert!(write.header("user-agent").unwrap().starts_with("lares/"));
        let body = snap::raw::Decoder::new().decompress_vec(&write.body).unwrap();
        let written = Written::decode(&body[..]).unwrap();
        assert_eq!(written.series.len(), 1);
        let names: Vec<_> = written.series[0].labels.iter().map(|label| label.name.as_str()).collect();
        assert_eq!(names, ["__name__", "attribute", "device", "endpoint", "kind", "organisation"]);
        assert_eq!(written.series[0].labels[0].value, "lares_electrical_power_measurement_active_power");
        assert_eq!(written.series[0].samples, [Sample { value: 21.37, milliseconds: T0 }]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_addresses_are_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let open = |address: EngineAddress| {
        EmbeddedTelemetry::open_on_prometheus(directory.path(), Limits::default(), &address).map(drop)
    };
    assert!(open(address("localhost:8428")).is_err());
    let authorities = Some(b"no certificate".to_vec());
    assert!(open(EngineAddress { authorities, ..address("https://localhost") }).is_err());
    // Not being there is no reason not to start.
    let engine = open_nowhere(directory.path());
    assert_eq!(engine.readings(&ReadingsQuery::of(new_device(), 1)).await, Ok(Vec::new()));
}

#[test]
fn a_data_directory_stays_with_its_engine() {
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [a, b] = [directories[0].path(), directories[1].path()];
    let on_prometheus = |directory| {
        let address = address("http://127.0.0.1:1");
        EmbeddedTelemetry::open_on_prometheus(directory, Limits::default(), &address).map(drop)
    };
    drop(EmbeddedTelemetry::open(a).unwrap());
    on_prometheus(b).unwrap();
    assert!(on_prometheus(a).unwrap_err().to_string().contains("another engine"));
    assert!(EmbeddedTelemetry::open(b).map(drop).unwrap_err().to_string().contains("another engine"));
    on_prometheus(b).unwrap();
}

fn open_nowhere(directory: &std::path::Path) -> EmbeddedTelemetry {
    open(directory, "http://127.0.0.1:1")
}
