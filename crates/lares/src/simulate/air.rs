//! The way to simulated devices without a network: what is handed over waits here until the world takes it.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lares_model::DeviceId;
use lares_model::command::Command;
use lares_model::device::Device;
use lares_model::ports::{Link, LinkError};
use lares_model::protocol::Envelope;

#[derive(Default)]
pub struct Air(Mutex<State>);

#[derive(Default)]
struct State {
    there: BTreeSet<DeviceId>,
    sent: Vec<(DeviceId, Vec<u8>)>,
}

impl Air {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is a change.
    pub fn change(&self, device: DeviceId, is_there: bool) -> bool {
        let there = &mut self.state().there;
        if is_there { there.insert(device) } else { there.remove(&device) }
    }

    /// What was handed over since the last time, in order.
    pub fn take(&self) -> Vec<(DeviceId, Vec<u8>)> {
        std::mem::take(&mut self.state().sent)
    }
}

impl Link for Air {
    fn ready(&self, device: DeviceId) -> bool {
        self.state().there.contains(&device)
    }

    fn send<'a>(
        &'a self,
        device: &'a Device,
        command: &'a Command,
    ) -> Pin<Box<dyn Future<Output = Result<(), LinkError>> + Send + 'a>> {
        let encoded = Envelope::of(command).encode(device.encoding).map_err(|_| LinkError::Busy);
        Box::pin(std::future::ready(encoded.map(|payload| self.state().sent.push((device.id, payload)))))
    }

    fn cut(&self, device: DeviceId) {
        self.change(device, false);
    }
}
