//! Whether the engine shows what it took: VictoriaMetrics takes a second or two until it does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lares_model::record::Position;

use super::answer;
use super::client::{Answered, Client};
use super::names::selector;
use super::samples::Probe;
use crate::TelemetryError;

const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS_MAX: usize = 150;

/// Waits until the engine shows rows that are to be removed: what it does not know yet it would not remove.
pub fn wait(client: &Client, mut probes: Vec<(Position, Probe)>) -> Result<(), TelemetryError> {
    for look in 0..LOOKS_MAX {
        if look > 0 {
            std::thread::sleep(LOOK_EVERY);
        }
        while let Some((through, probe)) = probes.last()
            && is_there(client, probe, *through)?
        {
            probes.pop();
        }
        if probes.is_empty() {
            return Ok(());
        }
    }
    let why = "the telemetry engine does not show readings that it took; nothing is removed";
    Err(TelemetryError::Unavailable(why.to_owned()))
}

/// What makes a selector another than all before; the device's position tells it from those of an earlier run.
pub fn unasked(through: Position) -> String {
    static QUESTION: AtomicU64 = AtomicU64::new(0);
    format!("{}.{}", through.0, QUESTION.fetch_add(1, Ordering::Relaxed))
}

/// Whether the engine has a sample of each series of a row.
pub fn is_there(client: &Client, probe: &Probe, through: Position) -> Result<bool, TelemetryError> {
    let expression = format!("{}[1ms]", selector(probe.device, None, &unasked(through)));
    let Answered::Body(body) = client.query(&expression, probe.time)? else { return Ok(true) };
    let found = answer::raw(&body)?;
    let has = |(endpoint, attribute): &(u16, std::sync::Arc<str>)| {
        found.iter().any(|series| {
            series.endpoint == *endpoint
                && *series.attribute == **attribute
                && series.samples.iter().any(|(time, _)| *time == probe.time)
        })
    };
    Ok(probe.series.iter().all(has))
}
