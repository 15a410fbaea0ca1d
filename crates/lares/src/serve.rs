//! `lares serve`: run until SIGTERM or SIGINT.

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Common;
use crate::config::Config;
use crate::{config_follow, parts};

pub async fn serve(config: Config, common: Common) -> Result<(), String> {
    let running = parts::start(&config).await?;
    let stop = running.stop.subscribe();
    tokio::spawn(config_follow::follow(common, config, running.mqtt.clone(), stop));
    asked_to_stop().await?;
    running.stop().await;
    Ok(())
}

pub async fn asked_to_stop() -> Result<(), String> {
    let said = |error: std::io::Error| format!("signals: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(said)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(said)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
