//! Who is connected: live connections by identity, one per (identity, client identifier).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::link::Link;

type Links = HashMap<Arc<str>, Vec<Arc<Link>>>;

#[derive(Default)]
pub(super) struct Registry {
    links: RwLock<Links>,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Links> {
        self.links.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Links> {
        self.links.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `link` in the place of an older connection of the same client, which is returned.
    pub fn enter(&self, link: &Arc<Link>) -> Option<Arc<Link>> {
        let mut links = self.write();
        let of_identity = links.entry(link.identity.clone()).or_default();
        match of_identity.iter_mut().find(|known| known.client_id == link.client_id) {
            Some(known) => Some(std::mem::replace(known, link.clone())),
            None => {
                of_identity.push(link.clone());
                None
            }
        }
    }

    /// Forgets `link`, unless a newer connection already stands in its place.
    pub fn leave(&self, link: &Arc<Link>) {
        let mut links = self.write();
        if let Some(of_identity) = links.get_mut(&link.identity) {
            of_identity.retain(|known| !Arc::ptr_eq(known, link));
            if of_identity.is_empty() {
                links.remove(&link.identity);
            }
        }
    }

    pub fn of_identity(&self, identity: &str) -> Vec<Arc<Link>> {
        self.read().get(identity).cloned().unwrap_or_default()
    }

    pub fn of_listener(&self, listener: u64) -> Vec<Arc<Link>> {
        self.read().values().flatten().filter(|link| link.listener == listener).cloned().collect()
    }

    pub fn is_open(&self, identity: &str) -> bool {
        self.read().get(identity).is_some_and(|links| links.iter().any(|link| link.is_open()))
    }
}
