//! `lares telemetry`: what is done to the stored readings from outside the server.

mod csv_file;
mod export;
mod import;
mod parquet_file;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use lares_model::ports::Clock as _;
use lares_model::{DeviceId, UnixMillis};
use lares_telemetry::Telemetry as _;

use crate::config::Config;
use crate::data_dir::DataDirectory;
use crate::entropy::SystemClock;
use crate::telemetry_engine;

#[derive(Subcommand)]
pub enum Task {
    /// Read every batch, chunk and rollup against its checksum, and say what is wrong. The server must be stopped.
    Check,
    /// Copy what is sound to new files and say what is lost; the old files stay. The server must be stopped.
    Repair,
    /// Copy log and readings to another directory, consistently, while the server runs or not.
    Backup {
        /// A directory; made where it is not there.
        to: PathBuf,
    },
    /// Write readings to a file. The server must be stopped; a backup can be exported beside it.
    Export {
        file: PathBuf,
        /// By the file's name where it is not given.
        #[arg(long)]
        format: Option<Format>,
        #[command(flatten)]
        which: Which,
    },
    /// Read a CSV file as `export` writes it into the log, and report every row that was refused. The server must be
    /// stopped. Imported twice, the readings are there once.
    Import { file: PathBuf },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    Parquet,
}

#[derive(clap::Args)]
pub struct Which {
    /// Only this device; may be repeated.
    #[arg(long)]
    pub device: Vec<DeviceId>,
    /// From this instant on (RFC 3339).
    #[arg(long)]
    pub from: Option<UnixMillis>,
    /// Before this instant.
    #[arg(long)]
    pub until: Option<UnixMillis>,
}

pub async fn run(config: Config, task: Task) -> Result<(), String> {
    let data = DataDirectory::open(&config.data.dir)?;
    let open = || telemetry_engine::open(&config.telemetry, &data.path);
    match task {
        Task::Check => {
            let found = open()?.check().await.map_err(|error| error.to_string())?;
            tell("telemetry: ok", found, "`lares telemetry repair` keeps what is sound")
        }
        Task::Repair => {
            let found = lares_telemetry::repair(&data.path).map_err(|error| error.to_string())?;
            for line in &found {
                println!("{line}");
            }
            println!("telemetry: {}", if found.is_empty() { "nothing to repair" } else { "repaired" });
            Ok(())
        }
        Task::Backup { to } => {
            std::fs::create_dir_all(&to).map_err(|error| format!("{}: {error}", to.display()))?;
            lares_telemetry::backup(&data.path, &to).map_err(|error| error.to_string())?;
            println!("telemetry: copied to {}", to.display());
            Ok(())
        }
        Task::Export { file, format, which } => {
            let format = format.map_or_else(|| by_name(&file), Ok)?;
            let written = export::export(&open()?, &file, format, &which).await?;
            println!("{written} readings written to {}", file.display());
            Ok(())
        }
        Task::Import { file } => {
            let report = import::import(&open()?, &file, SystemClock.now()).await?;
            println!("{} rows taken, {} refused", report.taken, report.refused.len());
            tell("", report.refused, "the other rows were taken")
        }
    }
}

fn by_name(file: &std::path::Path) -> Result<Format, String> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("parquet") => Ok(Format::Parquet),
        _ => Err("--format: cannot be told from the file's name; name it .csv or .parquet".to_owned()),
    }
}

fn tell(fine: &str, problems: Vec<String>, hint: &str) -> Result<(), String> {
    if problems.is_empty() {
        if !fine.is_empty() {
            println!("{fine}");
        }
        return Ok(());
    }
    Err(format!("{} problem(s); {hint}\n  {}", problems.len(), problems.join("\n  ")))
}
