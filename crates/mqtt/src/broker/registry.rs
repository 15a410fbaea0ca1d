//! Every session there is, by identity and client identifier: nobody can take over another's.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::seat::Seat;
use super::tenant::Pace;
use crate::codec::Text;

type Seats = HashMap<Arc<str>, HashMap<Text, Arc<Seat>>>;

#[derive(Default)]
pub(super) struct Registry {
    seats: RwLock<Seats>,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Seats> {
        self.seats.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Seats> {
        self.seats.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn find(&self, identity: &str, client_id: &Text) -> Option<Arc<Seat>> {
        self.read().get(identity)?.get(client_id).cloned()
    }

    /// How many sessions an identity has, and what they share.
    pub fn shared(&self, identity: &str) -> (usize, Option<Arc<Pace>>) {
        let seats = self.read();
        let Some(seats) = seats.get(identity) else { return (0, None) };
        (seats.len(), seats.values().next().map(|seat| seat.pace.clone()))
    }

    /// False when the place is taken.
    pub fn enter(&self, seat: &Arc<Seat>) -> bool {
        let mut seats = self.write();
        let of_identity = seats.entry(seat.identity.clone()).or_default();
        if of_identity.contains_key(&seat.client_id) {
            return false;
        }
        of_identity.insert(seat.client_id.clone(), seat.clone());
        true
    }

    /// Forgets `seat`, unless a newer one stands in its place.
    pub fn leave(&self, seat: &Arc<Seat>) {
        let mut seats = self.write();
        let Some(of_identity) = seats.get_mut(&seat.identity) else { return };
        if of_identity.get(&seat.client_id).is_some_and(|known| Arc::ptr_eq(known, seat)) {
            of_identity.remove(&seat.client_id);
        }
        if of_identity.is_empty() {
            seats.remove(&seat.identity);
        }
    }

    pub fn of_identity(&self, identity: &str) -> Vec<Arc<Seat>> {
        self.read().get(identity).map(|seats| seats.values().cloned().collect()).unwrap_or_default()
    }

    pub fn all(&self) -> Vec<Arc<Seat>> {
        self.read().values().flat_map(HashMap::values).cloned().collect()
    }

    pub fn of_listener(&self, listener: u64) -> Vec<Arc<Seat>> {
        let mut seats = self.all();
        seats.retain(|seat| seat.live().is_some_and(|live| live.listener == listener));
        seats
    }

    pub fn is_open(&self, identity: &str) -> bool {
        self.read().get(identity).is_some_and(|seats| seats.values().any(|seat| seat.is_open()))
    }
}
