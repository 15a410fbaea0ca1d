//! Limits of an organisation: what is beyond them is refused and told, and what is removed makes room again.

use std::sync::Arc;

use lares_model::record::{Entry, MessageIdentity, Position};
use lares_model::{OrganisationId, UnixMillis, Value};
use lares_telemetry::{Ability, Appended, Erasure, Expiry, Limits, Refusal};
use uuid::Uuid;

use crate::subject::*;

const FULL: Appended = Appended::Refused(Refusal::PointsOfOrganisation);

/// Values a second apart.
fn some(device: u128, from: i64, count: i64, id: Option<MessageIdentity>) -> Entry {
    readings(
        device,
        id,
        (from..from + count).map(|nth| reading(T0 + nth * 1_000, Value::Integer(nth))).collect(),
    )
}

async fn counted<S: Subject>(engine: &S) -> u64 {
    let storage = engine.storage(OrganisationId(Uuid::from_u128(0xA))).await.unwrap();
    assert_eq!(storage.points_max, Some(100));
    storage.counted.unwrap()
}

pub async fn an_organisation_has_as_many_values_as_it_may<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { log_bytes: 2_000, points_per_organisation: Some(100), ..Limits::default() };
    let mut engine = S::open_with(directory.path(), limits).unwrap();
    if !engine.abilities().has(Ability::CountingPoints) {
        let told = engine.append(vec![some(1, 0, 101, None)]).await.unwrap();
        let storage = engine.storage(OrganisationId(Uuid::from_u128(0xA))).await.unwrap();
        return assert_eq!((told, storage.counted, storage.points_max), (at([1]), None, None));
    }
    let first = some(1, 0, 60, Some(identity(1)));
    let told = engine.append(vec![first.clone(), some(2, 0, 40, None), some(1, 60, 1, None)]).await.unwrap();
    assert_eq!(told, [Appended::At(Position(1)), Appended::At(Position(2)), FULL]);
    let told = engine.append(vec![first, presence(1, "no reading"), some(1, 60, 1, None)]).await.unwrap();
    assert_eq!(told, [Appended::Duplicate, Appended::At(Position(3)), FULL]);
    let mut others = some(3, 0, 50, None);
    others.organisation = OrganisationId(Uuid::from_u128(0xB));
    assert_eq!(engine.append(vec![others]).await.unwrap(), at([4]), "others have a limit of their own");
    for _ in 0..2 {
        assert_eq!(counted(&engine).await, 100);
        assert_eq!(engine.append(vec![some(1, 60, 1, None)]).await.unwrap(), [FULL]);
        engine.seal();
        assert_eq!(counted(&engine).await, 100);
        drop(engine);
        engine = S::open_with(directory.path(), limits).unwrap();
    }
    what_is_removed_makes_room(&engine).await;
    assert_sound(&engine).await;
}

async fn what_is_removed_makes_room<S: Subject>(engine: &S) {
    let (from, until) = (UnixMillis(T0), UnixMillis(T0 + 30_000));
    engine.erase(&Erasure { device: device(1), series: None, from, until }).await.unwrap();
    assert_eq!(counted(engine).await, 70);
    let told = engine.append(vec![some(1, 60, 31, None), some(1, 60, 30, None)]).await.unwrap();
    assert!(matches!(told[..], [FULL, Appended::At(_)]), "{told:?}");
    engine.forget_device(device(2)).await.unwrap();
    assert_eq!(counted(engine).await, 60);
    let told = engine.append(vec![some(4, 0, 40, None), some(4, 40, 1, None)]).await.unwrap();
    assert!(matches!(told[..], [Appended::At(_), FULL]), "{told:?}");
    // Told twice, a value counts twice until it is sealed.
    engine.seal();
    let old = UnixMillis(T0 + 30 * 86_400_000);
    let expiry = Expiry { raw_before: old, rollups_before: UnixMillis(0) };
    while engine.expire(device(4), Arc::new(move |_: &str| expiry)).await.unwrap() {}
    assert_eq!(counted(engine).await, 60);
    let told = engine.append(vec![some(5, 0, 40, None), some(5, 0, 1, None)]).await.unwrap();
    assert!(matches!(told[..], [Appended::At(_), FULL]), "{told:?}");
}

pub async fn series_of_what_is_gone_make_room<S: Subject>() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { log_bytes: 2_000, series_per_organisation: 2, ..Limits::default() };
    let mut engine = S::open_with(directory.path(), limits).unwrap();
    let told =
        engine.append(vec![some(1, 0, 1, None), some(2, 0, 1, None), some(3, 0, 1, None)]).await.unwrap();
    assert!(matches!(told[2], Appended::Refused(Refusal::SeriesOfOrganisation)), "{told:?}");
    engine.forget_device(device(1)).await.unwrap();
    engine.append(vec![some(3, 0, 1, None)]).await.unwrap();
    for _ in 0..2 {
        let told = engine.append(vec![some(4, 0, 1, None), some(3, 1, 1, None)]).await.unwrap();
        assert!(
            matches!(told[..], [Appended::Refused(Refusal::SeriesOfOrganisation), Appended::At(_)]),
            "{told:?}"
        );
        engine.seal();
        drop(engine);
        engine = S::open_with(directory.path(), limits).unwrap();
    }
}
