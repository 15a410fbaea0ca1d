//! The folded state of every device, in memory: written by the follower alone, read by everybody.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use lares_model::DeviceId;
use lares_model::fold::DeviceState;

#[derive(Default)]
pub struct Live(RwLock<HashMap<DeviceId, DeviceState>>);

impl Live {
    /// The state of a device; a device that never reported has the default one.
    pub fn of(&self, device: DeviceId) -> DeviceState {
        self.with(device, Clone::clone)
    }

    pub fn with<T>(&self, device: DeviceId, read: impl FnOnce(&DeviceState) -> T) -> T {
        let states = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match states.get(&device) {
            Some(state) => read(state),
            None => read(&DeviceState::default()),
        }
    }

    /// All of them at one instant. Whoever reads holds up the writer, so not for long.
    pub fn read<T>(&self, read: impl FnOnce(&HashMap<DeviceId, DeviceState>) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn write<T>(&self, write: impl FnOnce(&mut HashMap<DeviceId, DeviceState>) -> T) -> T {
        write(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn for_each(&self, mut visit: impl FnMut(DeviceId, &DeviceState)) {
        for (device, state) in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            visit(*device, state);
        }
    }
}
