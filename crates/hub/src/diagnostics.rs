//! What support wants to know of a device: how much came, how much of it was odd, and the newest refusals with reasons.

use lares_model::DeviceId;
use lares_model::UnixMillis;
use lares_model::dialect::UnknownPart;
use lares_model::fold::{Counts, Rejection};
use lares_model::presence::Presence;
use lares_store::discovered;

use crate::caller::Caller;
use crate::devices::find;
use crate::error::HubError;
use crate::hub::Hub;

#[derive(Clone, Debug)]
pub struct Diagnostics {
    pub presence: Presence,
    pub last_seen: Option<UnixMillis>,
    pub connected: bool,
    pub counts: Counts,
    /// Repeated deliveries since the server started.
    pub duplicates: u64,
    /// Newest first.
    pub rejections: Vec<Rejection>,
    /// What a foreign device says of itself and we have no word for.
    pub unknown: Vec<UnknownPart>,
}

pub async fn of(hub: &Hub, caller: &Caller, id: DeviceId) -> Result<Diagnostics, HubError> {
    let device = find(hub, caller, id).await?;
    let state = hub.live.of(device.id);
    let described = match &device.origin {
        Some(origin) => discovered::of_origin(&hub.store, caller.scope(), device.home, origin).await?,
        None => None,
    };
    Ok(Diagnostics {
        presence: state.presence,
        last_seen: state.last_seen,
        connected: hub.link().is_some_and(|link| link.ready(device.id)),
        counts: state.counts,
        duplicates: hub.directory.duplicates(device.id),
        rejections: state.rejections.into_iter().rev().collect(),
        unknown: described.map(|found| found.description.unknown).unwrap_or_default(),
    })
}
