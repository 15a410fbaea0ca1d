//! The authority of devices' certificates: made at the first start, its key kept beside the data for its owner only.
//! It is another one than the server's, which nothing can be issued under any more.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use lares_hub::certificates::DeviceAuthority;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};

use crate::data_dir::write_owner_only;

/// What a listener that takes devices' certificates trusts.
pub fn certificate(data: &Path) -> PathBuf {
    data.join("tls/devices-ca.crt")
}

pub fn open(data: &Path) -> Result<DeviceAuthority, String> {
    let (certificate, key) = (certificate(data), data.join("tls/devices-ca.key"));
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", certificate.display());
    if !certificate.exists() {
        make(&certificate, &key).map_err(|error| said(&error))?;
    }
    let read = |file: &Path| fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    DeviceAuthority::new(&read(&certificate)?, &read(&key)?).map_err(|error| said(&error))
}

/// The key is written first: a certificate that is there has its key.
fn make(certificate: &Path, key: &Path) -> Result<(), String> {
    if let Some(folder) = certificate.parent() {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| error.to_string())?;
    }
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Lares device authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pair = KeyPair::generate().map_err(|error| error.to_string())?;
    let signed = params.self_signed(&pair).map_err(|error| error.to_string())?;
    write_owner_only(key, pair.serialize_pem().as_bytes())?;
    write_owner_only(certificate, signed.pem().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn it_is_made_once_and_its_key_is_its_owners() {
        let data = tempfile::tempdir().unwrap();
        let first = open(data.path()).unwrap().pem().to_owned();
        assert_eq!(open(data.path()).unwrap().pem(), first);
        let key = data.path().join("tls/devices-ca.key");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        // A key that is gone is said, and nothing is made in its place: devices trust the old one.
        fs::remove_file(&key).unwrap();
        assert!(open(data.path()).is_err_and(|error| error.contains("devices-ca.key")));
    }
}
