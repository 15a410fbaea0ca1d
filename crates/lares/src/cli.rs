//! The command line: one line per subcommand.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::{admin, check, demo, generate, logging, serve, simulate, telemetry};

/// Smart homes and rentals in one binary: the guest gets in, and you can prove why.
#[derive(Parser)]
#[command(name = "lares", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(Common),
    /// Run the server with simulated homes; carries on with what is in the data directory.
    Demo {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: demo::Options,
    },
    /// Check configuration and stored data, and say what is wrong.
    Check(Common),
    /// Bring the relational schema up to date and exit.
    Migrate(Common),
    /// Make people, organisations and tokens.
    Admin {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        task: admin::Task,
    },
    /// Look after the stored readings: check, repair, backup, export, import.
    Telemetry {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        task: telemetry::Task,
    },
    /// Live through days of the simulated homes in virtual time, and print digests of what they came to: the same
    /// seed gives the same ones.
    Simulate(simulate::Options),
    /// Print a generated document.
    #[command(hide = true)]
    Generate { what: generate::What },
}

#[derive(Args, Clone)]
pub struct Common {
    /// Configuration file (TOML). Without it, DATA/lares.toml is read where it exists.
    #[arg(long, env = "LARES_CONFIG")]
    config: Option<PathBuf>,
    /// Data directory.
    #[arg(long, env = "LARES_DATA")]
    data: Option<PathBuf>,
    /// Ports counted from here: +0 http, +1 https, +2 mqtt, +3 mqtts.
    #[arg(long)]
    ports: Option<u16>,
}

impl Common {
    /// The configuration file, whether it is there or not.
    pub fn place(&self) -> Option<PathBuf> {
        Config::place(self.config.as_deref(), self.data.as_deref())
    }

    pub fn load(&self) -> Result<Config, String> {
        let mut config = Config::load(self.config.as_deref(), self.data.as_deref(), std::env::vars())
            .map_err(|error| error.to_string())?;
        if let Some(base) = self.ports {
            config.use_ports_from(base).map_err(|error| error.to_string())?;
        }
        Ok(config)
    }
}

pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("lares: {message}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<(), String> {
    match command {
        Command::Generate { what } => {
            print!("{}", generate::document(what));
            Ok(())
        }
        Command::Serve(common) => block_on(serve::serve(loaded(&common)?, common)),
        Command::Demo { common, options } => block_on(demo::demo(loaded(&common)?, common, options)),
        Command::Check(common) => block_on(check::check(loaded(&common)?)),
        Command::Migrate(common) => block_on(check::migrate(loaded(&common)?)),
        Command::Simulate(options) => simulate::simulate(&options),
        Command::Telemetry { common, task } => block_on(telemetry::run(loaded(&common)?, task)),
        Command::Admin { common, task } => block_on(admin::run(loaded(&common)?, task)),
    }
}

fn loaded(common: &Common) -> Result<Config, String> {
    let config = common.load()?;
    logging::start(&config.log)?;
    Ok(config)
}

fn block_on(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime did not start: {error}"))?;
    let outcome = runtime.block_on(work);
    // Blocking tasks that hang must not keep a stopped server alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    outcome
}
