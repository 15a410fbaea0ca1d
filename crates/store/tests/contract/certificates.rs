//! Certificates of devices: found by their digest, revoked once, gone with their device.

use lares_model::CertificateId;
use lares_model::access::Scope;
use lares_model::certificate::DeviceCertificate;
use lares_store::{certificates, devices};

use crate::bed::{ALL, Bed, Household, NOW, conflict_of};

fn certificate(bed: &Bed, house: &Household, mark: u8) -> DeviceCertificate {
    DeviceCertificate {
        id: CertificateId(bed.id()),
        organisation: house.organisation,
        device: house.device.id,
        sha256: [mark; 32],
        not_before: NOW,
        not_after: NOW + 1_000,
        revoked_at: None,
    }
}

pub async fn certificates_round_trip(bed: Bed) {
    let (house, theirs) = (bed.household().await, bed.household().await);
    let (first, second) = (certificate(&bed, &house, 1), certificate(&bed, &house, 2));
    let work = bed.work().await;
    certificates::insert(&work, &first).await.unwrap();
    certificates::insert(&work, &second).await.unwrap();
    work.commit().await.unwrap();
    let by_digest = async |mark| certificates::find_by_digest(&bed.store, [mark; 32]).await.unwrap();
    assert_eq!(by_digest(1).await.as_ref(), Some(&first));
    assert_eq!(by_digest(3).await, None);
    let listed =
        async |scope: &Scope| certificates::of_device(&bed.store, scope, house.device.id, ALL).await.unwrap();
    assert_eq!(listed(&house.scope).await, [first.clone(), second.clone()]);
    for stranger in [Scope::default(), theirs.scope.clone()] {
        assert!(listed(&stranger).await.is_empty());
        assert_eq!(certificates::find(&bed.store, &stranger, first.id).await.unwrap(), None);
    }

    let work = bed.work().await;
    assert!(certificates::revoke(&work, first.id, NOW + 5).await.unwrap());
    assert!(!certificates::revoke(&work, first.id, NOW + 6).await.unwrap(), "the first time counts");
    assert!(certificates::revoke_all(&work, house.device.id, NOW + 7).await.unwrap());
    assert!(!certificates::revoke_all(&work, house.device.id, NOW + 8).await.unwrap());
    work.commit().await.unwrap();
    let revoked =
        |certificate: DeviceCertificate, at| DeviceCertificate { revoked_at: Some(at), ..certificate };
    assert_eq!(listed(&house.scope).await, [revoked(first.clone(), NOW + 5), revoked(second, NOW + 7)]);

    let work = bed.work().await;
    conflict_of(certificates::insert(&work, &certificate(&bed, &house, 1)).await);
    drop(work);
    let work = bed.work().await;
    devices::delete(&work, house.device.id).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(by_digest(1).await, None);
}
