//! Every registered device in memory, for the doors' hot path: a cache of rows, refreshed after each commit that
//! changes one, and loaded at start-up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use lares_model::DeviceId;
use lares_model::device::Device;
use lares_store::{Store, StoreError, devices};

#[derive(Default)]
pub struct Directory {
    devices: RwLock<HashMap<DeviceId, Arc<Device>>>,
    /// Repeated deliveries never reach the log, so they are counted here, since the start.
    duplicates: Mutex<HashMap<DeviceId, u64>>,
}

const LOAD_PAGE: u64 = 1_000;

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
        self.devices.read().unwrap_or_else(PoisonError::into_inner).get(&device).cloned()
    }

    /// The devices that a question is answered with yes for, by id.
    pub fn filter(&self, wanted: impl Fn(&Device) -> bool) -> Vec<Arc<Device>> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = devices.values().filter(|device| wanted(device)).cloned().collect();
        drop(devices);
        found.sort_unstable_by_key(|device| device.id);
        found
    }

    pub fn put(&self, device: Device) {
        self.devices.write().unwrap_or_else(PoisonError::into_inner).insert(device.id, Arc::new(device));
    }

    pub fn remove(&self, device: DeviceId) {
        self.devices.write().unwrap_or_else(PoisonError::into_inner).remove(&device);
    }

    pub fn count_duplicates(&self, device: DeviceId, count: u64) {
        *self.duplicates.lock().unwrap_or_else(PoisonError::into_inner).entry(device).or_default() += count;
    }

    pub fn duplicates(&self, device: DeviceId) -> u64 {
        self.duplicates.lock().unwrap_or_else(PoisonError::into_inner).get(&device).copied().unwrap_or(0)
    }

    pub fn len(&self) -> usize {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
