//! `lares check` and `lares migrate`: look at what is stored, and bring its schema up to date.

use lares_telemetry::Telemetry as _;

use crate::config::Config;
use crate::data_dir::DataDirectory;
use crate::parts::open_store;
use crate::telemetry_engine;

/// Reads everything; changes nothing but what opening the files repairs.
pub async fn check(config: Config) -> Result<(), String> {
    println!("configuration: ok");
    match config.mail.host.as_str() {
        "" => println!("mail: not set up; what people should be told waits (section [mail])"),
        host => println!("mail: by {host}"),
    }
    if !config.data.dir.exists() {
        println!("data directory {}: not made yet; `lares serve` makes it", config.data.dir.display());
        return Ok(());
    }
    let data = DataDirectory::open(&config.data.dir)?;
    println!("data directory {}: ok", data.path.display());
    let mut problems = Vec::new();
    let store = open_store(&config, &data).await?;
    let pending = store.pending_migrations().await.map_err(|error| error.to_string())?;
    if pending.is_empty() {
        report("relational store", store.check().await.map_err(|e| e.to_string())?, &mut problems);
    } else {
        println!("relational store: {} migration(s) to run; `lares migrate` runs them", pending.len());
    }
    let telemetry = telemetry_engine::open(&config.telemetry, &data.path)?;
    report("ingest log", telemetry.check().await.map_err(|e| e.to_string())?, &mut problems);
    if pending.is_empty() {
        let reached = lares_store::ingest::position(&store).await.map_err(|error| error.to_string())?;
        if reached > telemetry.head() {
            problems.push(format!(
                "the ingest log ends at {}, before the position {} that the relational store has reached",
                telemetry.head().0,
                reached.0
            ));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("{} problem(s) found:\n  {}", problems.len(), problems.join("\n  ")))
    }
}

fn report(what: &str, found: Vec<String>, problems: &mut Vec<String>) {
    if found.is_empty() {
        println!("{what}: ok");
    }
    problems.extend(found.into_iter().map(|problem| format!("{what}: {problem}")));
}

pub async fn migrate(config: Config) -> Result<(), String> {
    let data = DataDirectory::open(&config.data.dir)?;
    let store = open_store(&config, &data).await?;
    let pending = store.pending_migrations().await.map_err(|error| error.to_string())?;
    store.migrate().await.map_err(|error| error.to_string())?;
    println!(
        "{} migration(s) run{}",
        pending.len(),
        pending.iter().map(|name| format!("\n  {name}")).collect::<String>()
    );
    Ok(())
}
