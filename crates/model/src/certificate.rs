//! A certificate that a device signs in with instead of its secret. What counts is this record: whoever holds a
//! certificate that is not here, or is revoked here, is nobody.

use serde::{Deserialize, Serialize};

use crate::id::{CertificateId, DeviceId, OrganisationId};
use crate::time::UnixMillis;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceCertificate {
    /// Also its serial number.
    pub id: CertificateId,
    pub organisation: OrganisationId,
    pub device: DeviceId,
    /// SHA-256 of its DER.
    pub sha256: [u8; 32],
    pub not_before: UnixMillis,
    /// The first instant at which it is not valid any more.
    pub not_after: UnixMillis,
    pub revoked_at: Option<UnixMillis>,
}

pub const VALID_DAYS_DEFAULT: u16 = 365;
pub const VALID_DAYS_MAX: u16 = 825;
/// Enough to replace one while others are in use.
pub const VALID_PER_DEVICE_MAX: usize = 10;

impl DeviceCertificate {
    pub fn holds_at(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.not_before <= now && now < self.not_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_certificate_holds_in_its_time_and_until_it_is_revoked() {
        let certificate = DeviceCertificate {
            id: CertificateId(Uuid::nil()),
            organisation: OrganisationId(Uuid::nil()),
            device: DeviceId(Uuid::nil()),
            sha256: [0; 32],
            not_before: UnixMillis(10),
            not_after: UnixMillis(20),
            revoked_at: None,
        };
        let at = |ms| certificate.holds_at(UnixMillis(ms));
        assert_eq!([at(9), at(10), at(19), at(20)], [false, true, true, false]);
        let revoked = DeviceCertificate { revoked_at: Some(UnixMillis(15)), ..certificate.clone() };
        assert!(!revoked.holds_at(UnixMillis(12)), "a revocation has no past");
    }
}
