//! TLS material: the files given, or a self-signed authority and server certificate made at the first start.
//! Devices get TLS 1.3 only; the web also 1.2, with AEAD suites only. No early data, no renegotiation.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lares_mqtt::TlsProvider;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};

use crate::config::TlsConfig;
use crate::data_dir::write_owner_only;

/// What both listeners serve, and the authority a client must trust when the material is self-signed.
pub struct TlsMaterial {
    pub web: TlsProvider,
    pub devices: TlsProvider,
    pub authority: PathBuf,
}

pub fn material(config: &TlsConfig, data: &Path) -> Result<TlsMaterial, String> {
    let (certificate, key, authority) = if config.certificate.as_os_str().is_empty() {
        let folder = data.join("tls");
        make_self_signed(&folder, &config.names)?;
        (folder.join("server.crt"), folder.join("server.key"), folder.join("ca.crt"))
    } else {
        (config.certificate.clone(), config.key.clone(), config.certificate.clone())
    };
    let web = server_config(&certificate, &key, &[&TLS13, &TLS12], &[b"http/1.1"])?;
    let devices = server_config(&certificate, &key, &[&TLS13], &[])?;
    Ok(TlsMaterial { web: provider(web), devices: provider(devices), authority })
}

fn provider(config: Arc<ServerConfig>) -> TlsProvider {
    Arc::new(move || config.clone())
}

fn server_config(
    certificate: &Path,
    key: &Path,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> Result<Arc<ServerConfig>, String> {
    let said = |file: &Path, error: &dyn std::fmt::Display| format!("TLS material {}: {error}", file.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| said(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| said(key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .map_err(|error| said(certificate, &error))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| said(certificate, &error))?;
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

fn make_self_signed(folder: &Path, names: &[String]) -> Result<(), String> {
    let files = ["ca.crt", "server.crt", "server.key"].map(|name| folder.join(name));
    if files.iter().all(|file| file.exists()) {
        return Ok(());
    }
    let said = |error: &dyn std::fmt::Display| format!("self-signed TLS material: {error}");
    fs::create_dir_all(folder).map_err(|error| said(&error))?;
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Lares local authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate().map_err(|error| said(&error))?;
    // The authority's key is not kept: nothing else can ever be issued under it.
    let issuer = CertifiedIssuer::self_signed(authority, authority_key).map_err(|error| said(&error))?;
    let mut subjects = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    subjects.extend(names.iter().cloned());
    let mut server = CertificateParams::new(subjects).map_err(|error| said(&error))?;
    server.distinguished_name.push(DnType::CommonName, "Lares");
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let server_key = KeyPair::generate().map_err(|error| said(&error))?;
    let certificate = server.signed_by(&server_key, &issuer).map_err(|error| said(&error))?;
    write_owner_only(&files[0], issuer.pem().as_bytes())?;
    write_owner_only(&files[2], server_key.serialize_pem().as_bytes())?;
    write_owner_only(&files[1], certificate.pem().as_bytes())
}
