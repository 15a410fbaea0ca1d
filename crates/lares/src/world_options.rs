//! Which world is simulated: a scenario of one's own in place of the demo's, and devices that misbehave on request.

use std::path::PathBuf;

use lares_twin::Scenario;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct WorldOptions {
    /// A scenario file (TOML) in place of the demo's homes; crates/twin/README.md describes its fields.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Has a device misbehave, by its serial or name; may be given several times. Faults: silence, duplicates,
    /// reordering, wrong_clock (offset_s), garbage (every), lying_acks, flat_battery, flapping (up_s, down_s); each
    /// also takes after_s and for_s. For example: --fault "Reading lamp=garbage,every=2,after_s=60,for_s=600".
    #[arg(long = "fault", value_name = "DEVICE=FAULT[,FIELD=VALUE...]")]
    pub faults: Vec<String>,
}

impl WorldOptions {
    pub fn scenario(&self) -> Result<Scenario, String> {
        let mut scenario = match &self.scenario {
            Some(file) => {
                let wrong = |reason: String| format!("--scenario {}: {reason}", file.display());
                let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
                Scenario::parse(&text).map_err(|error| wrong(error.to_string()))?
            }
            None => Scenario::demo().map_err(|error| format!("the demo's scenario: {error}"))?,
        };
        for asked in &self.faults {
            scenario.misbehave(asked).map_err(|error| format!("--fault: {error}"))?;
        }
        Ok(scenario)
    }
}
