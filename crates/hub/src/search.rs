//! One search over homes, rooms and devices: the best match first, whatever it is.

use std::cmp::Ordering;
use std::collections::HashMap;

use lares_model::device::Device;
use lares_model::home::{Home, Room};
use lares_model::{HomeId, Invalid, RoomId};
use lares_store::search::{self as rows, Rank, rank};
use lares_store::{homes, rooms};

use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;

pub const TEXT_MAX_CHARS: usize = 120;

#[derive(Clone, Debug)]
pub enum Thing {
    Home(Home),
    Room(Room),
    Device(Box<Device>),
}

#[derive(Clone, Debug)]
pub struct Found {
    pub thing: Thing,
    /// The home a room or device is in, and its name.
    pub home: Option<(HomeId, String)>,
    /// The room a device is in, and its name.
    pub room: Option<(RoomId, String)>,
}

impl Thing {
    pub fn name(&self) -> &str {
        match self {
            Thing::Home(home) => &home.name,
            Thing::Room(room) => &room.name,
            Thing::Device(device) => &device.name,
        }
    }

    fn home(&self) -> Option<HomeId> {
        match self {
            Thing::Home(_) => None,
            Thing::Room(room) => Some(room.home),
            Thing::Device(device) => Some(device.home),
        }
    }

    fn room(&self) -> Option<RoomId> {
        match self {
            Thing::Device(device) => device.room,
            Thing::Home(_) | Thing::Room(_) => None,
        }
    }

    /// Where two match as well, the larger thing first, then by name.
    fn order(&self, part: &str) -> (Rank, u8, String, uuid::Uuid) {
        let (size, id) = match self {
            Thing::Home(home) => (0, home.id.0),
            Thing::Room(room) => (1, room.id.0),
            Thing::Device(device) => (2, device.id.0),
        };
        (rank(self.name(), part), size, self.name().to_lowercase(), id)
    }

    fn compare(&self, other: &Thing, part: &str) -> Ordering {
        self.order(part).cmp(&other.order(part))
    }
}

pub async fn search(hub: &Hub, caller: &Caller, text: &str, limit: u64) -> Result<Vec<Found>, HubError> {
    let part = text.trim();
    if part.is_empty() || part.chars().count() > TEXT_MAX_CHARS || part.contains(char::is_control) {
        let reason = format!("must have from 1 to {TEXT_MAX_CHARS} characters besides spaces");
        return Err(Invalid::one("q", reason).into());
    }
    let (store, scope) = (&hub.store, caller.scope());
    let mut things = Vec::new();
    things.extend(rows::homes(store, scope, part, limit).await?.into_iter().map(Thing::Home));
    things.extend(rows::rooms(store, scope, part, limit).await?.into_iter().map(Thing::Room));
    let devices = rows::devices(store, scope, part, limit).await?;
    things.extend(devices.into_iter().map(|device| Thing::Device(Box::new(device))));
    things.sort_by(|one, other| one.compare(other, part));
    things.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    placed(hub, caller, things).await
}

async fn placed(hub: &Hub, caller: &Caller, things: Vec<Thing>) -> Result<Vec<Found>, HubError> {
    let home_ids: Vec<HomeId> = things.iter().filter_map(Thing::home).collect();
    let room_ids: Vec<RoomId> = things.iter().filter_map(Thing::room).collect();
    let homes: HashMap<_, _> = homes::names(&hub.store, caller.scope(), &home_ids).await?;
    let rooms: HashMap<_, _> = rooms::names(&hub.store, caller.scope(), &room_ids).await?;
    let placed = things.into_iter().map(|thing| Found {
        home: thing.home().and_then(|id| Some((id, homes.get(&id)?.clone()))),
        room: thing.room().and_then(|id| Some((id, rooms.get(&id)?.clone()))),
        thing,
    });
    Ok(placed.collect())
}
