//! C05 and C06, the hub's part: a certificate counts while it is known, in its time and not revoked, and what is revoked
//! ends the live session.

use lares_hub::certificates::{self, DeviceAuthority, Issued, authenticate};
use lares_hub::devices::{self, NewDevice, Replacement};
use lares_hub::{HubError, Once};
use lares_model::DeviceId;
use lares_model::device::{Encoding, Endpoint};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose};

use crate::bed::Bed;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

pub fn authority() -> DeviceAuthority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    DeviceAuthority::new(&certificate, &key.serialize_pem()).unwrap()
}

fn request() -> String {
    let mut params = CertificateParams::new(vec!["somebody.else.example".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
}

impl Bed {
    async fn lock(&self) -> DeviceId {
        let new = NewDevice {
            home: self.home,
            room: None,
            name: "Lock".to_owned(),
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            endpoints: vec![Endpoint {
                endpoint: 1,
                capabilities: vec!["DoorLock".into()],
                ..Endpoint::default()
            }],
            tags: vec![],
            encoding: Encoding::Json,
            expected_interval_s: None,
        };
        devices::register(&self.hub, &self.owner, None, &new).await.unwrap().device.id
    }

    async fn issue(&self, device: DeviceId) -> Issued {
        certificates::issue(&self.hub, &self.owner, None, device, &request(), Some(30)).await.unwrap()
    }

    async fn whose(&self, issued: &Issued) -> Option<DeviceId> {
        let der = der(&issued.pem);
        let known = authenticate(&self.hub, &der).await.unwrap();
        known.map(|(device, certificate)| {
            assert_eq!(certificate, issued.certificate.id);
            device.id
        })
    }
}

fn der(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

#[tokio::test]
async fn c05_a_certificate_counts_while_it_is_known_and_in_its_time() {
    let bed = Bed::new().await;
    let device = bed.lock().await;
    let issued = bed.issue(device).await;
    assert_eq!(bed.whose(&issued).await, Some(device));
    let der = der(&issued.pem);
    assert!(contains(&der, format!("urn:uuid:{device}").as_bytes()));
    assert!(contains(&der, issued.certificate.id.0.as_bytes()), "the id is the serial number");
    assert!(!contains(&der, b"somebody.else.example"), "the request's own names are left aside");
    let mut other = der.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(authenticate(&bed.hub, &other).await.unwrap().is_none(), "not in the records");
    bed.clock.advance(30 * DAY_MS - 1_000);
    assert_eq!(bed.whose(&issued).await, Some(device));
    bed.clock.advance(1_000);
    assert_eq!(bed.whose(&issued).await, None, "expired");
    bed.clock.advance(-31 * DAY_MS);
    assert_eq!(bed.whose(&issued).await, None, "not yet");
}

#[tokio::test]
async fn c06_what_is_revoked_opens_nothing_and_its_session_is_cut() {
    let bed = Bed::new().await;
    let device = bed.lock().await;
    let (first, second) = (bed.issue(device).await, bed.issue(device).await);
    let id = first.certificate.id;
    let theirs = certificates::revoke(&bed.hub, &bed.neighbour, device, id).await;
    assert!(matches!(theirs, Err(HubError::NotFound(_))));
    let elsewhere = certificates::revoke(&bed.hub, &bed.owner, bed.lock().await, id).await;
    assert!(matches!(elsewhere, Err(HubError::NotFound(_))), "another device's");
    assert_eq!(bed.cut_devices(), []);
    certificates::revoke(&bed.hub, &bed.owner, device, id).await.unwrap();
    assert_eq!(bed.cut_devices(), [device]);
    certificates::revoke(&bed.hub, &bed.owner, device, id).await.unwrap();
    assert_eq!((bed.whose(&first).await, bed.whose(&second).await), (None, Some(device)));

    devices::replace(&bed.hub, &bed.owner, None, device, Replacement::default()).await.unwrap();
    assert_eq!(bed.whose(&second).await, None, "the broken device's");
    let third = bed.issue(device).await;
    devices::delete(&bed.hub, &bed.owner, device).await.unwrap();
    assert_eq!(bed.whose(&third).await, None);
}

#[tokio::test]
async fn a_certificate_is_issued_once_and_only_on_a_sound_request() {
    let bed = Bed::new().await;
    let device = bed.lock().await;
    let once = Once { key: "k".to_owned(), request_sha256: [1; 32] };
    let good = request();
    let issue = async |request: &str, days| {
        certificates::issue(&bed.hub, &bed.owner, Some(&once), device, request, days).await
    };
    let first = issue(&good, None).await.unwrap();
    assert_eq!(issue(&good, None).await.unwrap().pem, first.pem);
    let issue = async |request: &str, days| {
        certificates::issue(&bed.hub, &bed.owner, None, device, request, days).await
    };
    // One character of the key changed: the signature is another one's.
    let middle = good.len() / 2;
    let letter = if good.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let forged = format!("{}{letter}{}", &good[..middle], &good[middle + 1..]);
    for wrong in [forged.as_str(), "", "-----BEGIN CERTIFICATE REQUEST-----", &"x".repeat(20_000)] {
        assert!(matches!(issue(wrong, None).await, Err(HubError::Invalid(_))), "{wrong:.40}");
    }
    assert!(matches!(issue(&good, Some(0)).await, Err(HubError::Invalid(_))));
    assert!(matches!(issue(&good, Some(900)).await, Err(HubError::Invalid(_))));
    let theirs = certificates::issue(&bed.hub, &bed.neighbour, None, device, &good, None).await;
    assert!(matches!(theirs, Err(HubError::NotFound(_))));
    for _ in 1..10 {
        issue(&request(), None).await.unwrap();
    }
    assert!(matches!(issue(&request(), None).await, Err(HubError::Conflict(_))), "ten are enough");
}
