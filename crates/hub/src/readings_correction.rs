//! A reading that was wrong gets a later version: the last one counts, and the earlier stays readable by asking what
//! was known before.

use lares_model::access::Action;
use lares_model::event::EventType;
use lares_model::reading::Reading;
use lares_model::{DeviceId, Invalid, UnixMillis, Value};
use lares_store::events;
use lares_telemetry::{Ability, Appended, SeriesKey, StoredReading};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::caller::Caller;
use crate::devices::{device_event, find};
use crate::error::HubError;
use crate::hub::Hub;
use crate::ingest;
use crate::once::{Once, keep, replay};
use crate::readings_import::{quality_of, spec_of};
use crate::series::reading_at;

pub const REASON_MAX_CHARS: usize = 500;

#[derive(Clone, Debug)]
pub struct Correction {
    pub endpoint: u16,
    /// Full name, `Capability.Attribute`.
    pub attribute: String,
    pub time: UnixMillis,
    pub value: Value,
    pub reason: String,
}

/// What was known of the instant, and since when something else is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Corrected {
    pub before: Value,
    pub after: Value,
    /// Asking with a `known_at` before this instant shows the value before.
    pub known_at: UnixMillis,
}

pub async fn correct(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    id: DeviceId,
    correction: &Correction,
) -> Result<Corrected, HubError> {
    let device = find(hub, caller, id).await?;
    caller.require(Action::DeviceManage, device.organisation)?;
    hub.telemetry.abilities().require(Ability::Corrections)?;
    let work = hub.store.begin().await?;
    if let Some(done) = replay(hub, &work, caller, once).await? {
        return Ok(done);
    }
    let reading = judge(hub, &device, correction)?;
    let known = existing(hub, &device, correction).await?;
    // Later than what it corrects, whatever the clock did meanwhile.
    let known_at = hub.now().max(known.received + 1);
    let payload = json!({
        "endpoint": reading.endpoint,
        "attribute": reading.attribute,
        "time": reading.time,
        "before": known.value,
        "after": reading.value,
        "reason": correction.reason,
    });
    let corrected = Corrected { before: known.value, after: reading.value.clone(), known_at };
    let event = device_event(hub, caller, &device, EventType::ReadingCorrected, payload);
    events::append(&work, vec![event]).await?;
    keep(hub, &work, caller, once, &corrected).await?;
    if let Appended::Refused(refusal) = ingest::by_hand(hub, &device, vec![reading], known_at).await? {
        return Err(Invalid::one("/value", refusal.to_string()).into());
    }
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(corrected)
}

fn judge(
    hub: &Hub,
    device: &lares_model::device::Device,
    correction: &Correction,
) -> Result<Reading, Invalid> {
    let mut invalid = Invalid::default();
    invalid.check_text("/reason", &correction.reason, 1, REASON_MAX_CHARS);
    let quality = quality_of(&hub.time_policy, correction.time, hub.now());
    if let Err(reason) = &quality {
        invalid.add("/time", reason.clone());
    }
    let value = match spec_of(device, correction.endpoint, &correction.attribute) {
        Ok(spec) => spec.kind.accept(&correction.value).map_err(|reason| Invalid::one("value", reason)),
        Err(wrong) => Err(wrong),
    };
    if let Err(wrong) = &value {
        for error in &wrong.errors {
            invalid.add(format!("/{}", error.field), error.reason.clone());
        }
    }
    match (quality, value) {
        (Ok(quality), Ok(value)) => invalid.or(Reading {
            endpoint: correction.endpoint,
            attribute: correction.attribute.as_str().into(),
            time: correction.time,
            value,
            quality,
            at_least_once: false,
        }),
        _ => Err(invalid),
    }
}

async fn existing(
    hub: &Hub,
    device: &lares_model::device::Device,
    correction: &Correction,
) -> Result<StoredReading, HubError> {
    let series = SeriesKey {
        device: device.id,
        endpoint: correction.endpoint,
        attribute: correction.attribute.clone(),
    };
    reading_at(hub.telemetry.as_ref(), &series, correction.time).await?.ok_or_else(|| {
        Invalid::one(
            "/time",
            "there is no reading of this series at this instant; a missing one can be imported",
        )
        .into()
    })
}
