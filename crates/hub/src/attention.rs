//! What needs attention in the homes that a caller sees, and how many devices of a home are well: from the live state
//! in memory, the relational store only for names.

use std::collections::HashMap;
use std::sync::Arc;

use lares_model::attention::{Concern, ConcernKind, Severity, attention};
use lares_model::device::Device;
use lares_model::presence::PresenceStatus;
use lares_model::{DeviceId, HomeId, OrganisationId, RoomId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::cursor::{Listed, decode, encode};
use crate::error::HubError;
use crate::hub::Hub;

/// Devices looked at before the writer of the live state gets a chance.
const AT_ONCE: usize = 500;

#[derive(Clone, Debug)]
pub struct ConcernOf {
    pub concern: Concern,
    pub device: Arc<Device>,
    pub home_name: String,
    pub room_name: Option<String>,
}

/// The place of a concern in the list: worst first, then the newest. It stays the same while the concern lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    severity: Severity,
    kind: ConcernKind,
    newest_first: i64,
    device: DeviceId,
    endpoint: Option<u16>,
}

impl Place {
    fn of(device: DeviceId, concern: &Concern) -> Place {
        Place {
            severity: concern.kind.severity(),
            kind: concern.kind,
            newest_first: concern.since.0.saturating_neg(),
            device,
            endpoint: concern.endpoint,
        }
    }
}

pub async fn list(
    hub: &Hub,
    caller: &Caller,
    organisation: Option<OrganisationId>,
    home: Option<HomeId>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Listed<ConcernOf>, HubError> {
    const PURPOSE: &str = "attention";
    let scope = caller.narrowed(organisation)?;
    let after: Option<Place> = cursor.map(|cursor| decode(hub, PURPOSE, cursor)).transpose()?;
    let devices = match home {
        Some(home) => {
            let found = lares_store::homes::find(&hub.store, &scope, home).await?;
            hub.directory.in_home(found.ok_or(HubError::NotFound("home"))?.organisation, home)
        }
        None => scope.organisations().iter().flat_map(|id| hub.directory.in_organisation(*id)).collect(),
    };
    let mut found = Vec::new();
    each_concern(hub, &devices, hub.now(), |device, concern| {
        let place = Place::of(device.id, &concern);
        if after.is_none_or(|after| place > after) {
            found.push((place, device.clone(), concern));
        }
    });
    found.sort_by_key(|(place, ..)| *place);
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = match found.last() {
        Some((place, ..)) if more => Some(encode(hub, PURPOSE, place)?),
        _ => None,
    };
    let items = named(hub, caller, found).await?;
    Ok(Listed { items, next_cursor })
}

fn each_concern(
    hub: &Hub,
    devices: &[Arc<Device>],
    now: UnixMillis,
    mut visit: impl FnMut(&Arc<Device>, Concern),
) {
    for some in devices.chunks(AT_ONCE) {
        hub.live.read(|live| {
            for device in some {
                let Some(state) = live.get(&device.id) else { continue };
                attention(device, state, now).into_iter().for_each(|concern| visit(device, concern));
            }
        });
    }
}

async fn named(
    hub: &Hub,
    caller: &Caller,
    found: Vec<(Place, Arc<Device>, Concern)>,
) -> Result<Vec<ConcernOf>, HubError> {
    let homes: Vec<HomeId> = found.iter().map(|(_, device, _)| device.home).collect();
    let rooms: Vec<RoomId> = found.iter().filter_map(|(_, device, _)| device.room).collect();
    let homes: HashMap<_, _> = lares_store::homes::names(&hub.store, caller.scope(), &homes).await?;
    let rooms: HashMap<_, _> = lares_store::rooms::names(&hub.store, caller.scope(), &rooms).await?;
    let named = found.into_iter().map(|(_, device, concern)| ConcernOf {
        home_name: homes.get(&device.home).cloned().unwrap_or_default(),
        room_name: device.room.and_then(|room| rooms.get(&room).cloned()),
        concern,
        device,
    });
    Ok(named.collect())
}

/// A home in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub devices: u64,
    pub online: u64,
    pub late: u64,
    pub offline: u64,
    pub unknown: u64,
    /// Concerns of each severity, as `list` shows them.
    pub danger: u64,
    pub attention: u64,
}

pub fn summary(hub: &Hub, organisation: OrganisationId, home: HomeId) -> Summary {
    let devices = hub.directory.in_home(organisation, home);
    let mut summary = Summary { devices: devices.len() as u64, ..Summary::default() };
    for device in &devices {
        let status = hub.live.with(device.id, |state| state.presence.status);
        *match status {
            PresenceStatus::Online => &mut summary.online,
            PresenceStatus::Late => &mut summary.late,
            PresenceStatus::Offline => &mut summary.offline,
            PresenceStatus::Unknown => &mut summary.unknown,
        } += 1;
    }
    each_concern(hub, &devices, hub.now(), |_, concern| match concern.kind.severity() {
        Severity::Danger => summary.danger += 1,
        Severity::Attention => summary.attention += 1,
    });
    summary
}
