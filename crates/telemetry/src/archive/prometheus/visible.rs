//! Waits until the engine shows what it took: VictoriaMetrics takes a second or two, in which rows stay in the hot
//! tier. What a wrong engine swallows is found out here, too.

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
/// Rows that may be older than what the engine keeps are waited for as long as this.
const LOOKS_FOR_OLD: usize = 40;

/// Each device's own position keeps its questions apart from those of an earlier run of this program.
pub fn wait(client: &Client, mut probes: Vec<(Position, Probe)>) -> Result<(), TelemetryError> {
    // The certain ones last, since these are looked at first.
    probes.sort_by_key(|(_, probe)| probe.fresh);
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
        if look >= LOOKS_FOR_OLD && probes.iter().all(|(_, probe)| !probe.fresh) {
            let devices: Vec<_> = probes.iter().map(|(_, probe)| probe.device.0).collect();
            tracing::warn!(
                ?devices,
                "the telemetry engine does not show old readings that it took: beyond its retention?"
            );
            return Ok(());
        }
    }
    let why =
        "the telemetry engine took readings and does not show them; does it keep readings of their time?";
    Err(TelemetryError::Unavailable(why.to_owned()))
}

/// Whether the engine has a sample of each series of a row.
pub fn is_there(client: &Client, probe: &Probe, through: Position) -> Result<bool, TelemetryError> {
    static QUESTION: AtomicU64 = AtomicU64::new(0);
    // Asked anew each time: an engine may remember for a while that it found nothing.
    let unique = format!("{}.{}", through.0, QUESTION.fetch_add(1, Ordering::Relaxed));
    let expression = format!("{}[1ms]", selector(probe.device, None, &unique));
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
