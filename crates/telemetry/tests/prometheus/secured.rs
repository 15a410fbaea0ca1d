//! TLS and a password: the engine knows us, and we know the engine.

use lares_model::Value;
use lares_telemetry::{Credentials, EmbeddedTelemetry, EngineAddress, Limits, TelemetryError};
use lares_testbed::victoria_metrics::VictoriaMetrics;

use crate::material::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_and_a_certificate_are_needed_and_suffice() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let (certificate, key) = (directory.path().join("engine.crt"), directory.path().join("engine.key"));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = VictoriaMetrics::start_secured(&certificate, &key, "lares", "s:cret").unwrap();

    let right = EngineAddress {
        credentials: Credentials::Basic { username: "lares".to_owned(), password: "s:cret".to_owned() },
        authorities: Some(made.cert.pem().into_bytes()),
        ..address(&server.url())
    };
    let wrong = Credentials::Basic { username: "lares".to_owned(), password: "guess".to_owned() };
    let refused = [
        (EngineAddress { credentials: wrong, ..right.clone() }, "401"),
        (EngineAddress { credentials: Credentials::None, ..right.clone() }, "401"),
        (EngineAddress { authorities: None, ..right.clone() }, "certificate"),
        (EngineAddress { url: server.url().replace("https", "http"), ..right.clone() }, ""),
    ];
    let device = new_device();
    let data = tempfile::tempdir().unwrap();
    let open = |address: &EngineAddress| {
        EmbeddedTelemetry::open_on_prometheus(data.path(), Limits::default(), address).unwrap()
    };
    let engine = open(&right);
    append(&engine, device, T0, vec![power(T0, 21.5)]).await;
    drop(engine);
    for (address, words) in refused {
        let error = open(&address).seal_all().unwrap_err();
        assert!(!matches!(error, TelemetryError::Corrupt(_)) && error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains("guess"));
    }
    let engine = open(&right);
    engine.seal_all().unwrap();
    wait_until_confirmed(data.path());
    assert_eq!(points(&engine, device).await, [(T0, Value::Number(21.5))]);
}
