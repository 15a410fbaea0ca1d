//! What the decisions need from outside and never fetch themselves: time, identifiers, randomness, and the ways to
//! a device, to a home and to a person. Implemented at the edges and by the simulator.

use std::future::Future;
use std::pin::Pin;

use uuid::Uuid;

use crate::command::Command;
use crate::device::Device;
use crate::dialect::Say;
use crate::id::{DeviceId, HomeId};
use crate::letter::{Letter, NotifyError};
use crate::time::UnixMillis;

/// The one clock of a process.
pub trait Clock: Send + Sync {
    fn now(&self) -> UnixMillis;
}

/// Where identifiers and secrets come from.
pub trait Entropy: Send + Sync {
    /// A UUIDv7 (RFC 9562) of this instant.
    fn uuid(&self) -> Uuid;
    /// Fills with bytes nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

/// Why a command could not be handed over now. It stays queued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("the device is not connected")]
    NotConnected,
    #[error("the device's outgoing queue is full")]
    Busy,
}

/// The way to devices of one kind: MQTT, a gateway, a vendor's cloud.
pub trait Link: Send + Sync {
    /// Whether a command handed over now would go out.
    fn ready(&self, device: DeviceId) -> bool;
    /// Whether this command would go out, where that depends on the command.
    fn ready_for(&self, command: &Command) -> bool {
        self.ready(command.device)
    }
    /// Hands a command over. Nobody waits for the device: its answer is a later report.
    fn send<'a>(
        &'a self,
        device: &'a Device,
        command: &'a Command,
    ) -> Pin<Box<dyn Future<Output = Result<(), LinkError>> + Send + 'a>>;
    /// Cuts the device's live session, since it was removed or its credentials changed.
    fn cut(&self, device: DeviceId);
}

/// The MQTT space of each home: what the product says there, and what it knows of who listens.
pub trait HomeBus: Send + Sync {
    /// Publishes in the home's space, as the server itself. Nobody waits for those who listen.
    fn publish(&self, home: HomeId, say: Say) -> Result<(), LinkError>;
    /// Whether a client that is connected now has subscribed to this topic.
    fn listens(&self, home: HomeId, topic: &str) -> bool;
    /// The retained messages of the home's space that match: topic and payload.
    fn retained(&self, home: HomeId, filter: &str) -> Vec<(String, Vec<u8>)>;
    /// The home is no more: nothing of its space remains.
    fn close(&self, home: HomeId);
    /// Cuts the live sessions of an identity, since it was removed or its credentials or rights changed.
    fn cut(&self, identity: &str);
}

/// The way to a person by one channel. Retries are not its matter: it tries once and says what became of it.
pub trait Notifier: Send + Sync {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotifyError>> + Send + 'a>>;
}
