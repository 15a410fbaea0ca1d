//! Devices that are in by certificate, so that a revocation list that was read again ends those that it names.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lares_model::{CertificateId, DeviceId};

/// Whether a revocation list names a certificate.
pub type Listed = Arc<dyn Fn(CertificateId) -> bool + Send + Sync>;

#[derive(Default)]
pub(super) struct Certified {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By connection.
    live: HashMap<u64, (DeviceId, CertificateId)>,
    listed: Option<Listed>,
}

impl Certified {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when the certificate is listed by now: TLS may have looked at an older list.
    pub fn enter(&self, connection: u64, device: DeviceId, certificate: CertificateId) -> bool {
        let mut inner = self.inner();
        if inner.listed.as_ref().is_some_and(|listed| listed(certificate)) {
            return false;
        }
        inner.live.insert(connection, (device, certificate));
        true
    }

    pub fn leave(&self, connection: u64) {
        self.inner().live.remove(&connection);
    }

    /// Goes by these lists from now on; the devices that are in by a certificate that they name.
    pub fn follow(&self, listed: Listed) -> Vec<DeviceId> {
        let mut inner = self.inner();
        let named = inner.live.values().filter(|(_, certificate)| listed(*certificate));
        let named = named.map(|(device, _)| *device).collect();
        inner.listed = Some(listed);
        named
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn c06_who_is_in_by_a_listed_certificate_is_named_and_no_other_gets_in() {
        let certified = Certified::default();
        let device = |n| DeviceId(Uuid::from_u128(n));
        let certificate = |n| CertificateId(Uuid::from_u128(n));
        assert!(certified.enter(1, device(1), certificate(11)));
        assert!(certified.enter(2, device(2), certificate(12)));
        assert!(certified.enter(3, device(3), certificate(13)));
        certified.leave(3);
        let listed: Listed = Arc::new(move |one| one == certificate(12) || one == certificate(13));
        assert_eq!(certified.follow(listed), [device(2)]);
        assert!(!certified.enter(4, device(3), certificate(13)));
        assert!(certified.enter(5, device(1), certificate(11)));
    }
}
