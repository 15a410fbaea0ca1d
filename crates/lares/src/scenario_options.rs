//! Which world is simulated, and what goes wrong in it, as the command line says.

use std::fs;
use std::path::PathBuf;

use lares_twin::{Misbehaviour, Scenario};

#[derive(clap::Args)]
pub struct ScenarioOptions {
    /// Other homes, rooms, devices and people than the demo's: a TOML file (crates/twin/README.md names its fields).
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Has a device, by serial number or name, misbehave: silence, duplicates, reordering, wrong_clock, garbage,
    /// lying_acks, flat_battery or flapping; also `lamp=garbage,every=3,after_s=60,for_s=300`. May be repeated.
    #[arg(long = "fault", value_name = "DEVICE=FAULT[,FIELD=N...]")]
    faults: Vec<String>,
}

impl ScenarioOptions {
    pub fn load(&self) -> Result<Scenario, String> {
        let mut scenario = match &self.scenario {
            Some(file) => {
                let said = |error: &dyn std::fmt::Display| format!("--scenario {}: {error}", file.display());
                let text = fs::read_to_string(file).map_err(|error| said(&error))?;
                Scenario::parse(&text).map_err(|error| said(&error))?
            }
            None => Scenario::demo().map_err(|error| format!("the demo's scenario: {error}"))?,
        };
        for fault in &self.faults {
            let said = |reason: String| format!("--fault {fault}: {reason}");
            let (device, wanted) =
                fault.split_once('=').ok_or_else(|| said("must be a device, = and a fault".to_owned()))?;
            let misbehaviour: Misbehaviour = wanted.parse().map_err(said)?;
            scenario.misbehave(device, misbehaviour).map_err(said)?;
        }
        Ok(scenario)
    }
}
