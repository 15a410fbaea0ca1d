//! Structured logs on standard error.

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

pub fn start(config: &LogConfig) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.level).map_err(|error| format!("log.level: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = match config.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    outcome.map_err(|error| format!("logging did not start: {error}"))
}
