//! Every registered device in memory, for the doors' hot path: a cache of rows, refreshed after each commit that
//! changes one, and loaded at start-up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use lares_model::device::{Device, Origin};
use lares_model::{DeviceId, HomeId, OrganisationId};
use lares_store::{Store, StoreError, devices};

#[derive(Default)]
pub struct Directory {
    known: RwLock<Known>,
    /// Repeated deliveries never reach the log, so they are counted here, since the start.
    duplicates: Mutex<HashMap<DeviceId, u64>>,
}

const LOAD_PAGE: u64 = 1_000;

#[derive(Default)]
struct Known {
    devices: HashMap<DeviceId, Arc<Device>>,
    /// By wall first, so that an organisation is one range of it.
    by_home: BTreeMap<(OrganisationId, HomeId), BTreeSet<DeviceId>>,
    by_origin: HashMap<HomeId, HashMap<Origin, DeviceId>>,
}

impl Known {
    fn remove(&mut self, id: DeviceId) {
        let Some(device) = self.devices.remove(&id) else { return };
        if let Some(origin) = &device.origin
            && let Some(in_home) = self.by_origin.get_mut(&device.home)
        {
            in_home.remove(origin);
            if in_home.is_empty() {
                self.by_origin.remove(&device.home);
            }
        }
        let place = (device.organisation, device.home);
        if let Some(in_home) = self.by_home.get_mut(&place) {
            in_home.remove(&id);
            if in_home.is_empty() {
                self.by_home.remove(&place);
            }
        }
    }

    fn all<'k>(&'k self, ids: impl Iterator<Item = &'k DeviceId>) -> Vec<Arc<Device>> {
        ids.filter_map(|id| self.devices.get(id).cloned()).collect()
    }
}

impl Directory {
    pub async fn load(&self, store: &Store) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = devices::all_any(store, after, LOAD_PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for device in page {
                self.put(device);
            }
        }
    }

    pub fn get(&self, device: DeviceId) -> Option<Arc<Device>> {
        self.known().devices.get(&device).cloned()
    }

    pub fn put(&self, device: Device) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.remove(device.id);
        known.by_home.entry((device.organisation, device.home)).or_default().insert(device.id);
        if let Some(origin) = &device.origin {
            known.by_origin.entry(device.home).or_default().insert(origin.clone(), device.id);
        }
        known.devices.insert(device.id, Arc::new(device));
    }

    pub fn remove(&self, device: DeviceId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(device);
    }

    /// The device that is known by this id in a dialect of the home.
    pub fn by_origin(&self, home: HomeId, dialect: &str, foreign_id: &str) -> Option<Arc<Device>> {
        let known = self.known();
        let origin = Origin { dialect: dialect.to_owned(), foreign_id: foreign_id.to_owned() };
        known.devices.get(known.by_origin.get(&home)?.get(&origin)?).cloned()
    }

    pub fn homes_with_foreign_devices(&self) -> Vec<HomeId> {
        self.known().by_origin.keys().copied().collect()
    }

    /// The devices of a home, oldest first.
    pub fn in_home(&self, organisation: OrganisationId, home: HomeId) -> Vec<Arc<Device>> {
        let known = self.known();
        known.all(known.by_home.get(&(organisation, home)).into_iter().flatten())
    }

    /// Whose home it is, where a device stands in it.
    pub fn organisation_of(&self, home: HomeId) -> Option<OrganisationId> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_home.keys().find(|(_, known)| *known == home).map(|(organisation, _)| *organisation)
    }

    /// The devices of an organisation, home by home.
    pub fn all(&self) -> Vec<Arc<Device>> {
        self.known().devices.values().cloned().collect()
    }

    pub fn in_organisation(&self, organisation: OrganisationId) -> Vec<Arc<Device>> {
        let known = self.known();
        let first = HomeId(uuid::Uuid::nil());
        let homes = known.by_home.range((organisation, first)..);
        let own = homes.take_while(|((owner, _), _)| *owner == organisation);
        known.all(own.flat_map(|(_, devices)| devices))
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count_duplicates(&self, device: DeviceId, count: u64) {
        *self.duplicates.lock().unwrap_or_else(PoisonError::into_inner).entry(device).or_default() += count;
    }

    pub fn duplicates(&self, device: DeviceId) -> u64 {
        self.duplicates.lock().unwrap_or_else(PoisonError::into_inner).get(&device).copied().unwrap_or(0)
    }

    pub fn len(&self) -> usize {
        self.known().devices.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
