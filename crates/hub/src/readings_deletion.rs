//! Readings removed for good: of a device, or of everything in a home, as when a guest wants their stay forgotten.
//! The event log says who removed what span, not what was in it.

use std::sync::Arc;

use lares_model::access::Action;
use lares_model::device::Device;
use lares_model::event::EventType;
use lares_model::record::{Body, Entry};
use lares_model::{DeviceId, HomeId, Invalid, UnixMillis};
use lares_store::events;
use lares_telemetry::{Ability, Erasure};
use serde_json::json;

use crate::caller::Caller;
use crate::devices::{device_event, find};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::{homes, series};

/// Which readings are to go.
#[derive(Clone, Debug)]
pub struct Span {
    pub from: UnixMillis,
    /// Exclusive.
    pub until: UnixMillis,
    /// All of them where `None`.
    pub attribute: Option<String>,
}

impl Span {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if let Some(attribute) = &self.attribute {
            series::known(attribute)?;
        }
        if self.until <= self.from {
            return Err(Invalid::one("until", "must be after `from`"));
        }
        Ok(())
    }
}

/// How many readings went.
pub async fn of_device(hub: &Hub, caller: &Caller, id: DeviceId, span: &Span) -> Result<u64, HubError> {
    let device = find(hub, caller, id).await?;
    caller.require(Action::DeviceManage, device.organisation)?;
    span.check()?;
    check_engine(hub)?;
    let payload = json!({ "from": span.from, "until": span.until, "attribute": span.attribute });
    told(hub, device_event(hub, caller, &device, EventType::ReadingsDeleted, payload)).await?;
    erase(hub, &device, span).await
}

/// How many readings of all devices that are in the home now went.
pub async fn of_home(hub: &Hub, caller: &Caller, id: HomeId, span: &Span) -> Result<u64, HubError> {
    let home = homes::find(hub, caller, id).await?;
    caller.require(Action::DeviceManage, home.organisation)?;
    span.check()?;
    check_engine(hub)?;
    let devices: Vec<Arc<Device>> = hub.directory.in_home(home.organisation, home.id);
    let concerns = Concerns { organisation: home.organisation, home: Some(home.id), device: None };
    let payload = json!({
        "from": span.from,
        "until": span.until,
        "attribute": span.attribute,
        "devices": devices.len(),
    });
    told(hub, caused_by(hub, caller, concerns, EventType::ReadingsDeleted, payload)).await?;
    let mut removed = 0;
    for device in devices {
        removed += erase(hub, &device, span).await?;
    }
    Ok(removed)
}

/// Asked before the event is written: an engine that cannot do this says so, and nothing is told.
fn check_engine(hub: &Hub) -> Result<(), HubError> {
    Ok(hub.telemetry.abilities().require(Ability::ErasingSpans)?)
}

/// Before anything goes: a removal that is cut short has been told, and is asked for again.
async fn told(hub: &Hub, event: lares_model::event::NewEvent) -> Result<(), HubError> {
    let work = hub.store.begin().await?;
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    hub.nudges.events_committed();
    Ok(())
}

async fn erase(hub: &Hub, device: &Device, span: &Span) -> Result<u64, HubError> {
    let named = |attribute: &String| {
        let series = series::with_attribute(hub, device.id, attribute);
        series.into_iter().map(|series| (series.endpoint, series.attribute)).collect()
    };
    let erasure = Erasure {
        device: device.id,
        series: span.attribute.as_ref().map(named),
        from: span.from,
        until: span.until,
    };
    let removed = hub.telemetry.erase(&erasure).await?;
    // What is known of the device now may have come from one of them: the fold forgets it, also after a restart.
    let entry = Entry {
        organisation: device.organisation,
        device: device.id,
        received: hub.now(),
        identity: None,
        body: Body::Erased { from: span.from, until: span.until, attribute: span.attribute.clone() },
    };
    hub.telemetry.append(vec![entry]).await?;
    hub.nudges.log.notify_one();
    Ok(removed)
}
