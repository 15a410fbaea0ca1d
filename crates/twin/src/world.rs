//! The world as its host sees it: who lives in it, where the server is, and one call that keeps it alive.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lares_model::DeviceId;
use lares_model::device::Encoding;
use lares_model::ports::Clock;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::blueprint::Kind;
use crate::connection::{self, Server};
use crate::device::Device;
use crate::outbox::Outbox;
use crate::random::{Random, mix};
use crate::station::Station;

/// A registered device as its maker was told to configure it.
#[derive(Clone, Debug)]
pub struct Identity {
    pub kind: Kind,
    pub client_id: String,
    /// The device's id.
    pub username: String,
    pub password: String,
    pub encoding: Encoding,
}

pub struct World {
    /// The server's MQTT over TLS.
    pub mqtts: SocketAddr,
    /// The name in the server's certificate.
    pub server_name: String,
    pub ca_pem: Vec<u8>,
    pub seed: u64,
    pub clock: Arc<dyn Clock>,
    pub devices: Vec<Identity>,
    pub report_every: Duration,
}

/// Keeps the devices alive until `stop` is true or its sender is gone, and ends soon after.
pub async fn run(world: World, stop: watch::Receiver<bool>) {
    let tls = match connection::tls(&world.ca_pem, &world.server_name) {
        Ok(tls) => tls,
        Err(error) => {
            tracing::error!(%error, "the simulated world cannot start");
            return;
        }
    };
    let server = Server { address: world.mqtts, tls };
    let mut stations = JoinSet::new();
    for (index, identity) in world.devices.iter().enumerate() {
        let Some(station) = station(&world, index, identity, &server) else { continue };
        stations.spawn(Box::pin(station.run(stop.clone())));
    }
    while let Some(ended) = stations.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a simulated device ended by accident");
        }
    }
}

fn station(world: &World, index: usize, identity: &Identity, server: &Server) -> Option<Station> {
    let Ok(id) = identity.username.parse::<DeviceId>() else {
        tracing::error!(username = identity.username, "a simulated device's user name is not a device id");
        return None;
    };
    let now = world.clock.now();
    // What the device is stays the same for a seed; what it draws and its epoch differ with each start.
    let seed = mix(world.seed, index as u64);
    let mut random = Random::new(mix(seed, now.0 as u64));
    Some(Station {
        device: Device::new(identity.kind, id, seed, now),
        identity: identity.clone(),
        id,
        server: server.clone(),
        clock: world.clock.clone(),
        report_every: world.report_every.max(Duration::from_millis(10)),
        epoch: format!("{:016x}", random.bits()),
        random,
        seq: 0,
        outbox: Outbox::default(),
    })
}
