//! Opens the telemetry engine that the configuration names.

use std::path::Path;
use std::time::Duration;

use lares_telemetry::{Credentials, EmbeddedTelemetry, EngineAddress};

use crate::config::{TelemetryConfig, TelemetryEngine};

pub fn open(config: &TelemetryConfig, directory: &Path) -> Result<EmbeddedTelemetry, String> {
    let opened = match config.engine {
        TelemetryEngine::Embedded => EmbeddedTelemetry::open_with(directory, config.limits()),
        TelemetryEngine::Prometheus => {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            EmbeddedTelemetry::open_on_prometheus(directory, config.limits(), &address(config)?)
        }
    };
    opened.map_err(|error| format!("ingest log: {error}"))
}

fn address(config: &TelemetryConfig) -> Result<EngineAddress, String> {
    let is_set = |path: &Path| !path.as_os_str().is_empty();
    let credentials = if is_set(&config.password_file) {
        let password = secret("telemetry.password_file", &config.password_file)?;
        Credentials::Basic { username: config.username.clone(), password }
    } else if is_set(&config.bearer_file) {
        Credentials::Bearer(secret("telemetry.bearer_file", &config.bearer_file)?)
    } else {
        Credentials::None
    };
    let ca_file = &config.ca_file;
    let authorities = is_set(ca_file).then(|| read("telemetry.ca_file", ca_file)).transpose()?;
    Ok(EngineAddress {
        url: config.url.clone(),
        credentials,
        answer_within: Duration::from_secs(u64::from(config.answer_within_s)),
        confirm_after: Duration::from_secs(u64::from(config.confirm_after_s)),
        authorities,
    })
}

/// One line; the newline that editors put behind it is not part of it.
fn secret(key: &str, path: &Path) -> Result<String, String> {
    let text = String::from_utf8(read(key, path)?).map_err(|_| format!("{key}: no text"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read(key: &str, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{key}: {}: {error}", path.display()))
}
