//! Alarms: raised by a device's state, by the broker or by people; seen, acknowledged and cleared. One cause has one
//! alarm while it lasts, and whoever lives or works there is told of what is critical.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lares_model::access::Action;
use lares_model::alarm::{Alarm, AlarmSeverity, AlarmSource, cause_key, kind_name, severity_of};
use lares_model::attention::Concern;
use lares_model::device::Device;
use lares_model::event::{Cause as EventCause, EventType, NewEvent};
use lares_model::{AlarmId, DeviceId, EventId, HomeId, Invalid, OrganisationId};
use lares_store::alarms as rows;
pub use lares_store::alarms::AlarmFilter;
use lares_store::{Page, UnitOfWork, devices, events, homes, users};
use serde_json::{Value, json};

use crate::alarm_mail;
use crate::caller::Caller;
use crate::cursor::{Listed, cut, decode};
use crate::error::HubError;
use crate::events::{Concerns, caused_by};
use crate::hub::Hub;
use crate::once::{Once, keep, replay};

pub const TITLE_MAX_CHARS: usize = 120;
pub const NOTE_MAX_CHARS: usize = 1_000;

/// Something that is a reason for an alarm.
#[derive(Clone, Debug)]
pub struct Cause {
    pub organisation: OrganisationId,
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub source: AlarmSource,
    pub kind: String,
    pub key: String,
    pub severity: AlarmSeverity,
    pub detail: Value,
}

impl Cause {
    /// A concern about a device, where it is worth an alarm.
    pub fn of_concern(device: &Device, concern: &Concern) -> Option<Cause> {
        Some(Cause {
            organisation: device.organisation,
            home: Some(device.home),
            device: Some(device.id),
            source: AlarmSource::State,
            kind: kind_name(concern.kind),
            key: cause_key(device.id, concern),
            severity: severity_of(concern.kind)?,
            detail: json!({ "endpoint": concern.endpoint, "value": concern.value, "since": concern.since }),
        })
    }
}

/// What waits to be looked at by the watch, and what keeps two from raising the same at once.
#[derive(Default)]
pub struct Alarms {
    complaints: Mutex<BTreeMap<(OrganisationId, String), Cause>>,
    pub(crate) gate: tokio::sync::Mutex<()>,
}

impl Alarms {
    /// From where nothing can be awaited, such as the broker: the watch raises it at its next look.
    pub fn complain(&self, cause: Cause) {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.insert((cause.organisation, cause.key.clone()), cause);
    }

    pub(crate) fn take_complaints(&self) -> Vec<Cause> {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *complaints).into_values().collect()
    }
}

fn event(hub: &Hub, alarm: &Alarm, event_type: EventType, cause: EventCause, more: Value) -> NewEvent {
    let now = hub.now();
    let mut payload = json!({ "alarm": alarm.id, "kind": alarm.kind, "severity": alarm.severity });
    if let (Some(payload), Value::Object(more)) = (payload.as_object_mut(), more) {
        payload.extend(more);
    }
    NewEvent {
        id: EventId(hub.uuid()),
        organisation: alarm.organisation,
        event_type,
        time: now,
        recorded: now,
        home: alarm.home,
        device: alarm.device,
        cause,
        origin: None,
        payload,
    }
}

/// Raises an alarm, unless the cause has one that lasts. Holds while `hub.alarms.gate` does.
pub(crate) async fn raise(
    hub: &Hub,
    work: &UnitOfWork,
    cause: Cause,
    by: EventCause,
) -> Result<Option<NewEvent>, HubError> {
    let now = hub.now();
    if let Some(known) = rows::newest_of(work, cause.organisation, &cause.key).await?
        && known.takes_again(now)
    {
        let lasts = known.cleared_at.is_none();
        if lasts && known.source == AlarmSource::State {
            return Ok(None);
        }
        rows::raised_again(work, &known, now).await?;
        let again = json!({ "times": known.times + 1 });
        return Ok((!lasts).then(|| event(hub, &known, EventType::AlarmRaised, by, again)));
    }
    let alarm = new_alarm(hub, cause);
    rows::insert(work, &alarm).await?;
    alarm_mail::tell(hub, work, &alarm).await?;
    Ok(Some(event(hub, &alarm, EventType::AlarmRaised, by, json!({}))))
}

fn new_alarm(hub: &Hub, cause: Cause) -> Alarm {
    let now = hub.now();
    Alarm {
        id: AlarmId(hub.uuid()),
        organisation: cause.organisation,
        home: cause.home,
        device: cause.device,
        source: cause.source,
        kind: cause.kind,
        cause_key: cause.key,
        severity: cause.severity,
        detail: cause.detail,
        raised_at: now,
        last_raised_at: now,
        times: 1,
        acknowledged_at: None,
        acknowledged_by: None,
        note: None,
        cleared_at: None,
    }
}

/// The cause is gone.
pub(crate) async fn end(
    hub: &Hub,
    work: &UnitOfWork,
    alarm: &Alarm,
    by: EventCause,
) -> Result<Option<NewEvent>, HubError> {
    let ended = rows::clear(work, alarm.id, hub.now()).await?;
    Ok(ended.then(|| event(hub, alarm, EventType::AlarmCleared, by, json!({}))))
}

/// What a person raises.
#[derive(Clone, Debug)]
pub struct NewAlarm {
    pub title: String,
    pub detail: Option<String>,
    pub severity: AlarmSeverity,
    pub device: Option<DeviceId>,
}

pub async fn raise_by_person(
    hub: &Hub,
    caller: &Caller,
    once: Option<&Once>,
    home: HomeId,
    new: NewAlarm,
) -> Result<Alarm, HubError> {
    let found = homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::DeviceCommand, found.organisation)?;
    let mut invalid = Invalid::default();
    invalid.check_text("/title", &new.title, 1, TITLE_MAX_CHARS);
    if let Some(detail) = &new.detail {
        invalid.check_text("/detail", detail, 0, NOTE_MAX_CHARS);
    }
    let work = hub.store.begin().await?;
    if let Some(device) = new.device {
        let known = devices::find(&work, caller.scope(), device).await?;
        if known.is_none_or(|known| known.home != home) {
            invalid.add("/device", "is no device of this home");
        }
    }
    invalid.or(())?;
    if let Some(done) = replay::<AlarmId>(hub, &work, caller, once).await? {
        return find(hub, caller, done).await;
    }
    let alarm = new_alarm(
        hub,
        Cause {
            organisation: found.organisation,
            home: Some(home),
            device: new.device,
            source: AlarmSource::Person,
            kind: "reported".to_owned(),
            key: format!("person/{}", hub.uuid()),
            severity: new.severity,
            detail: json!({ "title": new.title, "detail": new.detail, "by": caller.user }),
        },
    );
    rows::insert(&work, &alarm).await?;
    alarm_mail::tell(hub, &work, &alarm).await?;
    let raised = event(hub, &alarm, EventType::AlarmRaised, caller.cause(), json!({}));
    events::append(&work, vec![raised]).await?;
    keep(hub, &work, caller, once, &alarm.id).await?;
    work.commit().await?;
    committed(hub);
    Ok(alarm)
}

pub(crate) fn committed(hub: &Hub) {
    hub.nudges.events_committed();
    hub.nudges.notifications.notify_one();
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    filter: &AlarmFilter,
    cursor: Option<&str>,
    limit: u64,
) -> Result<Listed<Alarm>, HubError> {
    const PURPOSE: &str = "alarms";
    let scope = caller.narrowed(organisation)?;
    if let Some(home) = filter.home {
        homes::find(&hub.store, &scope, home).await?.ok_or(HubError::NotFound("home"))?;
    }
    let after = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let found = rows::list(&hub.store, &scope, filter, Page { after, limit: limit + 1 }).await?;
    cut(hub, PURPOSE, found, limit, |alarm: &Alarm| alarm.id.0)
}

pub async fn find(hub: &Hub, caller: &Caller, id: AlarmId) -> Result<Alarm, HubError> {
    rows::find(&hub.store, caller.scope(), id).await?.ok_or(HubError::NotFound("alarm"))
}

/// Somebody takes care of it. The first one does: a second is told so.
pub async fn acknowledge(
    hub: &Hub,
    caller: &Caller,
    id: AlarmId,
    note: Option<&str>,
) -> Result<Alarm, HubError> {
    let alarm = find(hub, caller, id).await?;
    caller.require(Action::DeviceCommand, alarm.organisation)?;
    if let Some(note) = note {
        let mut invalid = Invalid::default();
        invalid.check_text("/note", note, 0, NOTE_MAX_CHARS);
        invalid.or(())?;
    }
    let work = hub.store.begin().await?;
    if !rows::acknowledge(&work, id, caller.user, note, hub.now()).await? {
        return Err(HubError::Conflict("somebody has acknowledged this alarm already".to_owned()));
    }
    let concerns = Concerns { organisation: alarm.organisation, home: alarm.home, device: alarm.device };
    let payload = json!({ "alarm": id, "kind": alarm.kind, "severity": alarm.severity });
    let event = caused_by(hub, caller, concerns, EventType::AlarmAcknowledged, payload);
    events::append(&work, vec![event]).await?;
    work.commit().await?;
    committed(hub);
    find(hub, caller, id).await
}

/// By hand, for what does not end by itself.
pub async fn clear(hub: &Hub, caller: &Caller, id: AlarmId) -> Result<Alarm, HubError> {
    let alarm = find(hub, caller, id).await?;
    caller.require(Action::DeviceCommand, alarm.organisation)?;
    if alarm.source == AlarmSource::State {
        let why = "a device's state raised this alarm; it clears when the state does";
        return Err(HubError::Conflict(why.to_owned()));
    }
    let work = hub.store.begin().await?;
    if let Some(event) = end(hub, &work, &alarm, caller.cause()).await? {
        events::append(&work, vec![event]).await?;
        work.commit().await?;
        committed(hub);
    }
    find(hub, caller, id).await
}

/// Names of the people, homes and devices of some alarms, for those who see them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub home: Option<String>,
    pub device: Option<String>,
    pub acknowledged_by: Option<String>,
}

pub async fn names(hub: &Hub, caller: &Caller, alarm: &Alarm) -> Result<Names, HubError> {
    let homes: Vec<HomeId> = alarm.home.into_iter().collect();
    let home = homes::names(&hub.store, caller.scope(), &homes).await?.into_values().next();
    let by = match alarm.acknowledged_by {
        Some(by) => users::find(&hub.store, by).await?.map(|user| user.name),
        None => None,
    };
    let device = alarm.device.and_then(|id| hub.directory.get(id)).map(|device| device.name.clone());
    Ok(Names { home, device, acknowledged_by: by })
}
