//! Connections that were not let in yet, counted by the network they come from: one address cannot take every place.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Strangers {
    networks: Mutex<HashMap<IpAddr, usize>>,
}

/// One place, given back when dropped.
pub(super) struct Stranger {
    of: Arc<Strangers>,
    network: IpAddr,
}

impl Strangers {
    fn networks(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when the network has as many as it may.
    pub fn take(self: &Arc<Self>, peer: IpAddr, limit: usize) -> Option<Stranger> {
        let network = network_of(peer);
        let mut networks = self.networks();
        let taken = networks.entry(network).or_default();
        // A proxy of this machine's stands for everybody.
        if *taken >= limit && !network.is_loopback() {
            return None;
        }
        *taken += 1;
        Some(Stranger { of: self.clone(), network })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut networks = self.of.networks();
        let Some(taken) = networks.get_mut(&self.network) else { return };
        *taken -= 1;
        if *taken == 0 {
            networks.remove(&self.network);
        }
    }
}

/// One IPv6 customer has a whole /64.
fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_own_places_and_gives_them_back() {
        let strangers = Arc::new(Strangers::default());
        let take = |peer: &str| strangers.take(peer.parse().unwrap(), 2);
        let (one, two) = (take("2001:db8:1:2::1"), take("2001:db8:1:2:ffff::"));
        assert!(one.is_some() && two.is_some() && take("2001:db8:1:2::3").is_none());
        assert!(take("2001:db8:1:3::1").is_some() && take("203.0.113.1").is_some());
        drop(one);
        assert!(take("2001:db8:1:2::4").is_some());
        let own: Vec<_> = (0..5).map(|_| take("::1")).collect();
        assert!(own.iter().all(Option::is_some));
        drop((two, own));
        assert!(strangers.networks().is_empty());
    }
}
