//! Judging what dialects found of accepted devices: times and values are held to the same rules as those of native
//! devices, and what does not fit is an entry with its reason.

use crate::attribute_name::AttributeName;
use crate::capability::capability;
use crate::device::Device;
use crate::dialect::Measured;
use crate::presence::PresenceStatus;
use crate::protocol::check_data;
use crate::reading::{Quality, Reading, TimePolicy, judge_time};
use crate::record::{Body, Entry, MessageIdentity, Occurrence, Rejected};
use crate::time::UnixMillis;

/// The message that something was found in.
#[derive(Clone, Copy, Debug)]
pub struct FoundIn<'a> {
    pub dialect: &'a str,
    pub payload: &'a [u8],
    pub received: UnixMillis,
    /// Findings of one message are told apart by their number.
    pub nth: usize,
}

impl FoundIn<'_> {
    fn entry(&self, device: &Device, identity: Option<MessageIdentity>, body: Body) -> Entry {
        let (organisation, device) = (device.organisation, device.id);
        Entry { organisation, device, received: self.received, identity, body }
    }

    fn rejection(&self, device: &Device, refused: &[String]) -> Option<Entry> {
        let first = refused.first()?;
        let more = refused.len() - 1;
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(rejected(self, device, format!("{first}{rest}")))
    }
}

pub fn rejected(found: &FoundIn<'_>, device: &Device, reason: String) -> Entry {
    let body = Body::Rejected { rejected: Rejected::new(found.dialect, reason, found.payload) };
    found.entry(device, None, body)
}

pub fn presence(found: &FoundIn<'_>, device: &Device, online: bool, reason: String) -> Entry {
    let status = if online { PresenceStatus::Online } else { PresenceStatus::Offline };
    found.entry(device, None, Body::Presence { status, reason })
}

/// Entries with the readings that fit, and one with why others do not.
pub fn readings(
    policy: &TimePolicy,
    found: &FoundIn<'_>,
    device: &Device,
    measured: Vec<Measured>,
) -> Vec<Entry> {
    // Times say which message it is; without one on every value a repetition cannot be told.
    let timed = !measured.is_empty() && measured.iter().all(|one| one.time.is_some());
    let identity = timed
        .then(|| {
            let part = found.nth.to_string();
            MessageIdentity::of(found.dialect, &part, None, Some(UnixMillis(0)), found.payload)
        })
        .flatten();
    let mut good = Vec::with_capacity(measured.len());
    let mut refused = Vec::new();
    for one in measured {
        match judge(policy, found, device, &one) {
            Ok(reading) => good.push(Reading { at_least_once: identity.is_none(), ..reading }),
            Err(reason) => refused.push(format!("{}: {reason}", one.attribute)),
        }
    }
    let good = (!good.is_empty()).then(|| found.entry(device, identity, Body::Readings { readings: good }));
    good.into_iter().chain(found.rejection(device, &refused)).collect()
}

fn judge(
    policy: &TimePolicy,
    found: &FoundIn<'_>,
    device: &Device,
    measured: &Measured,
) -> Result<Reading, String> {
    let (attribute, spec) = AttributeName::known(&measured.attribute).ok_or("is not a known attribute")?;
    can(device, measured.endpoint, &measured.attribute)?;
    let value = spec.kind.accept(&measured.value)?;
    let (time, quality) = match measured.time {
        Some(time) => (time, judge_time(policy, time, found.received)?),
        None => (found.received, Quality::Measured),
    };
    let (endpoint, attribute) = (measured.endpoint, attribute);
    Ok(Reading { endpoint, attribute, time, value, quality, at_least_once: false })
}

/// Entries with the occurrences that fit, and one with why others do not.
pub fn occurrences(found: &FoundIn<'_>, device: &Device, all: Vec<Occurrence>) -> Vec<Entry> {
    let mut good = Vec::with_capacity(all.len());
    let mut refused = Vec::new();
    for one in all {
        match can(device, one.endpoint, &one.event).and_then(|()| check_data(&one.data)) {
            Ok(()) => good.push(one),
            Err(reason) => refused.push(format!("{}: {reason}", one.event)),
        }
    }
    let good = (!good.is_empty()).then(|| found.entry(device, None, Body::Occurrences { occurrences: good }));
    good.into_iter().chain(found.rejection(device, &refused)).collect()
}

fn can(device: &Device, endpoint: u16, full_name: &str) -> Result<(), String> {
    let name = full_name.split('.').next().unwrap_or_default();
    if capability(name).is_none() || !full_name.contains('.') {
        return Err("does not start with a known capability".to_owned());
    }
    if device.has(endpoint, name) {
        Ok(())
    } else {
        Err(format!("endpoint {endpoint} was not described with {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Encoding, Endpoint};
    use crate::id::{DeviceId, HomeId, OrganisationId};
    use crate::value::Value;
    use serde_json::json;
    use uuid::Uuid;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn lock() -> Device {
        Device {
            id: DeviceId(Uuid::from_u128(1)),
            organisation: OrganisationId(Uuid::from_u128(2)),
            home: HomeId(Uuid::from_u128(3)),
            room: None,
            name: "Door".to_owned(),
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            endpoints: vec![Endpoint {
                endpoint: 1,
                capabilities: vec!["DoorLock".to_owned(), "OnOff".to_owned()],
                ..Endpoint::default()
            }],
            tags: vec![],
            encoding: Encoding::Json,
            expected_interval_s: 60,
            command_counter: 0,
            origin: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn found() -> FoundIn<'static> {
        FoundIn { dialect: "zigbee2mqtt", payload: b"{}", received: NOW, nth: 0 }
    }

    fn on(endpoint: u16, value: Value, time: Option<UnixMillis>) -> Measured {
        Measured { endpoint, attribute: "OnOff.OnOff".to_owned(), value, time }
    }

    fn reasons(entries: &[Entry]) -> Vec<&str> {
        let of = |entry: &Entry| matches!(&entry.body, Body::Rejected { .. });
        let rejected = entries.iter().filter(|entry| of(entry));
        rejected
            .filter_map(|entry| match &entry.body {
                Body::Rejected { rejected } => Some(rejected.reason.as_str()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn what_fits_is_kept_beside_why_the_rest_does_not() {
        let policy = TimePolicy::default();
        let mixed = vec![
            on(1, Value::Bool(true), None),
            on(2, Value::Bool(true), None),
            on(1, Value::Text("on".to_owned()), None),
            Measured { attribute: "OnOff.Nothing".to_owned(), ..on(1, Value::Bool(true), None) },
        ];
        let entries = readings(&policy, &found(), &lock(), mixed);
        assert_eq!(entries.len(), 2);
        let Body::Readings { readings: good } = &entries[0].body else { panic!("no readings") };
        assert_eq!((good.len(), good[0].time, good[0].at_least_once), (1, NOW, true));
        assert!(!entries[0].is_by_hand(), "it is the device's word");
        let reason = reasons(&entries)[0];
        assert!(reason.contains("endpoint 2") && reason.ends_with("; and 2 more"), "{reason}");
        assert!(readings(&policy, &found(), &lock(), vec![]).is_empty());
    }

    #[test]
    fn with_times_on_all_values_a_repetition_is_known() {
        let of = |nth, time| {
            let found = FoundIn { nth, ..found() };
            readings(&TimePolicy::default(), &found, &lock(), vec![on(1, Value::Bool(true), time)]).remove(0)
        };
        let known = of(0, Some(NOW - 1)).identity;
        assert!(known.is_some() && known == of(0, Some(NOW - 1)).identity);
        assert_ne!(known, of(1, Some(NOW - 1)).identity);
        assert_eq!(of(0, None).identity, None);
        let unset = of(0, Some(UnixMillis(5)));
        assert!(reasons(&[unset])[0].contains("clock is not set"));
    }

    #[test]
    fn occurrences_are_the_devices_own_and_shallow() {
        let of = |endpoint, event: &str, data: serde_json::Value| Occurrence {
            endpoint,
            event: event.to_owned(),
            time: NOW,
            data: data.as_object().cloned().unwrap_or_default(),
        };
        let all = vec![
            of(1, "DoorLock.LockOperation", json!({ "code": 3 })),
            of(1, "Switch.ShortRelease", json!({})),
            of(1, "DoorLock.LockOperation", json!({ "text": "\u{0}" })),
        ];
        let entries = occurrences(&found(), &lock(), all);
        let Body::Occurrences { occurrences: good } = &entries[0].body else { panic!("no occurrences") };
        assert_eq!((good.len(), entries.len()), (1, 2));
    }
}
