//! TLS material: the files given, or a self-signed authority and server certificate made at the first start.
//! Devices get TLS 1.3 only; the web also 1.2, with AEAD suites only. No early data, no renegotiation.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lares_doors::mqtt::Listed;
use lares_mqtt::TlsProvider;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;
use webpki::{CertRevocationList, OwnedCertRevocationList};

use crate::config::TlsConfig;
use crate::data_dir::write_owner_only;
use crate::device_authority;

/// Files are looked at no more often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What both listeners serve, and the authority a client must trust when the material is self-signed.
pub struct TlsMaterial {
    pub web: TlsProvider,
    pub devices: TlsProvider,
    /// What the revocation lists name, as they were read last.
    pub revoked: watch::Receiver<Listed>,
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
    let web = Files { certificate: certificate.clone(), key: key.clone(), devices: None };
    let devices = Devices {
        authorities: vec![device_authority::certificate(data)],
        revoked: (!config.device_crl.as_os_str().is_empty()).then(|| config.device_crl.clone()),
        required: config.device_certificates_required,
    };
    let devices = Files { certificate, key, devices: Some(devices) };
    let (_, web) = reloading(web)?;
    let (revoked, devices) = reloading(devices)?;
    Ok(TlsMaterial { web, devices, revoked, authority })
}

/// The files that a configuration is made of.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// Where clients may show a certificate.
    devices: Option<Devices>,
}

struct Devices {
    authorities: Vec<PathBuf>,
    revoked: Option<PathBuf>,
    required: bool,
}

/// What was made of the files as they were.
struct Loaded {
    looked: Instant,
    stamps: Vec<Option<SystemTime>>,
    config: Arc<ServerConfig>,
    listed: watch::Sender<Listed>,
}

/// Follows the files without a restart. Files that are wrong change nothing and are told of: the certificate goes on,
/// and so does a revocation list, which closes by itself when its `nextUpdate` has passed.
fn reloading(files: Files) -> Result<(watch::Receiver<Listed>, TlsProvider), String> {
    let (looked, stamps) = (Instant::now(), files.stamps());
    let (config, listed) = files.load()?;
    let (listed, revoked) = watch::channel(listed);
    let loaded = Mutex::new(Loaded { looked, stamps, config, listed });
    let provider: TlsProvider = Arc::new(move || {
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.looked.elapsed() >= LOOK_EVERY {
            loaded.looked = Instant::now();
            let stamps = files.stamps();
            if stamps != loaded.stamps {
                loaded.stamps = stamps;
                match files.load() {
                    Ok((config, listed)) => {
                        tracing::info!(certificate = %files.certificate.display(), "TLS material was read again");
                        loaded.config = config;
                        let _ = loaded.listed.send(listed);
                    }
                    Err(error) => tracing::error!(%error, "changed TLS material is not used"),
                }
            }
        }
        loaded.config.clone()
    });
    Ok((revoked, provider))
}

/// Looks at the files also while nobody comes, and tells of every list that was read, the first one included, until
/// `stopped`: who is in by what a list names is to go at once.
pub async fn follow_revocations(
    devices: TlsProvider,
    mut revoked: watch::Receiver<Listed>,
    mut stopped: watch::Receiver<bool>,
    tell: impl Fn(Listed),
) {
    revoked.mark_changed();
    while !*stopped.borrow() {
        drop(devices());
        if revoked.has_changed().unwrap_or(false) {
            tell(revoked.borrow_and_update().clone());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => {}
        }
    }
}

impl Files {
    fn stamps(&self) -> Vec<Option<SystemTime>> {
        let devices =
            self.devices.iter().flat_map(|devices| devices.authorities.iter().chain(&devices.revoked));
        let all = [&self.certificate, &self.key].into_iter().chain(devices);
        all.map(|file| fs::metadata(file).and_then(|metadata| metadata.modified()).ok()).collect()
    }

    fn load(&self) -> Result<(Arc<ServerConfig>, Listed), String> {
        let said =
            |file: &Path, error: &dyn std::fmt::Display| format!("TLS material {}: {error}", file.display());
        let chain = certificates(&self.certificate)?;
        let private = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| said(&self.key, &error))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions: &[&'static rustls::SupportedProtocolVersion] =
            if self.devices.is_some() { &[&TLS13] } else { &[&TLS13, &TLS12] };
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .map_err(|error| said(&self.certificate, &error))?;
        let lists = self.devices.as_ref().map_or(Ok(vec![]), Devices::lists)?;
        let listed = listed(&lists)?;
        let builder = match &self.devices {
            None => builder.with_no_client_auth(),
            Some(devices) => builder.with_client_cert_verifier(devices.verifier(provider, lists)?),
        };
        let mut config =
            builder.with_single_cert(chain, private).map_err(|error| said(&self.certificate, &error))?;
        if self.devices.is_none() {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok((Arc::new(config), listed))
    }
}

impl Devices {
    fn lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
        let Some(file) = &self.revoked else { return Ok(vec![]) };
        CertificateRevocationListDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("{}: {error}", file.display()))
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Arc<dyn ClientCertVerifier>, String> {
        let mut roots = RootCertStore::empty();
        for file in &self.authorities {
            for authority in certificates(file)? {
                roots.add(authority).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        if self.revoked.is_some() {
            // A list that is past its `nextUpdate` vouches for nobody.
            builder = builder.with_crls(lists).enforce_revocation_expiration();
        }
        if !self.required {
            builder = builder.allow_unauthenticated();
        }
        builder.build().map_err(|error| format!("device certificates: {error}"))
    }
}

/// A certificate's id is its serial number.
fn listed(lists: &[CertificateRevocationListDer<'_>]) -> Result<Listed, String> {
    let read = |list: &CertificateRevocationListDer<'_>| {
        OwnedCertRevocationList::from_der(list).map(CertRevocationList::Owned)
    };
    let lists = lists.iter().map(read).collect::<Result<Vec<_>, _>>();
    let lists = lists.map_err(|error| format!("revocation lists of devices: {error}"))?;
    Ok(Arc::new(move |certificate| {
        let names =
            |list: &CertRevocationList<'_>| matches!(list.find_serial(certificate.0.as_bytes()), Ok(Some(_)));
        lists.iter().any(names)
    }))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| format!("TLS material {}: {error}", file.display()))
}

fn make_self_signed(folder: &Path, names: &[String]) -> Result<(), String> {
    let files = ["ca.crt", "server.crt", "server.key"].map(|name| folder.join(name));
    if files.iter().all(|file| file.exists()) {
        return Ok(());
    }
    let said = |error: &dyn std::fmt::Display| format!("self-signed TLS material: {error}");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| said(&error))?;
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
