//! The event log: gap-free whatever happens to units of work, and never read past a late commit.

use std::collections::BTreeMap;

use lares_model::event::{EventType, NewEvent, Origin};
use lares_model::{EventId, HomeId, OrganisationId};
use lares_store::events::{self, EventFilter};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

use crate::bed::{Bed, Dice, Household, NOW, conflict_of};

const WRITERS: u64 = 8;
const UNITS_PER_WRITER: u64 = 20;
const MANY: u64 = 100_000;

pub async fn the_log_is_gap_free_and_a_reader_skips_nothing(bed: Bed) {
    let organisations = bed.organisations(3).await;
    let readers: Vec<_> = organisations
        .iter()
        .map(|organisation| tokio::spawn(follow_until_closed(bed.clone(), *organisation)))
        .collect();
    let writers: Vec<_> = (1..=WRITERS)
        .map(|seed| tokio::spawn(write_at_random(bed.clone(), organisations.clone(), seed)))
        .collect();
    let mut committed: BTreeMap<OrganisationId, Vec<EventId>> = BTreeMap::new();
    for writer in writers {
        for (organisation, ids) in writer.await.unwrap() {
            committed.entry(organisation).or_default().extend(ids);
        }
    }
    let work = bed.work().await;
    for organisation in &organisations {
        let closing = NewEvent { event_type: EventType::OrganisationUpdated, ..bed.event(*organisation) };
        events::append(&work, vec![closing]).await.unwrap();
    }
    work.commit().await.unwrap();

    for (organisation, reader) in organisations.into_iter().zip(readers) {
        let seen = reader.await.unwrap();
        let all = events::after(&bed.store, organisation, 0, &EventFilter::default(), MANY).await.unwrap();
        let all: Vec<_> = all.into_iter().map(|event| (event.seq, event.id)).collect();
        assert_eq!(seen, all, "the reader that followed saw what is there in the end");
        let seqs: Vec<_> = all.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(seqs, (1..=all.len() as i64).collect::<Vec<_>>());
        assert_eq!(events::head(&bed.store, organisation).await.unwrap(), all.len() as i64);
        let heads = events::heads(&bed.store, &[organisation]).await.unwrap();
        assert_eq!(heads.into_iter().collect::<Vec<_>>(), [(organisation, all.len() as i64)]);
        let mut written = committed.remove(&organisation).unwrap();
        let mut kept: Vec<_> = all.iter().map(|(_, id)| *id).collect();
        kept.pop();
        written.sort_unstable();
        kept.sort_unstable();
        assert_eq!(kept, written, "what was committed, and nothing that was rolled back");
    }
}

/// Reads as a consumer does: from its own cursor, a few at a time, without looking back.
async fn follow_until_closed(bed: Bed, organisation: OrganisationId) -> Vec<(i64, EventId)> {
    let mut seen: Vec<(i64, EventId)> = Vec::new();
    loop {
        let cursor = seen.last().map_or(0, |(seq, _)| *seq);
        let next = events::after(&bed.store, organisation, cursor, &EventFilter::default(), 7).await.unwrap();
        for event in next {
            seen.push((event.seq, event.id));
            if event.event_type == EventType::OrganisationUpdated {
                return seen;
            }
        }
        tokio::task::yield_now().await;
    }
}

async fn write_at_random(
    bed: Bed,
    organisations: Vec<OrganisationId>,
    seed: u64,
) -> Vec<(OrganisationId, Vec<EventId>)> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut committed = Vec::new();
    for _ in 0..UNITS_PER_WRITER {
        let mut batch = Vec::new();
        for organisation in &organisations {
            for _ in 0..dice.below(3) {
                batch.push(bed.event(*organisation));
            }
        }
        // The order within a batch is the caller's; the order of locking must not depend on it.
        if dice.below(2) == 0 {
            batch.reverse();
        }
        let written: Vec<_> = batch.iter().map(|event| (event.organisation, vec![event.id])).collect();
        let work = bed.work().await;
        let seqs = events::append(&work, batch).await.unwrap();
        assert_eq!(seqs.len(), written.len());
        for _ in 0..dice.below(4) {
            // Some commit later than others that have begun after them.
            bed.store.ping().await.unwrap();
        }
        if dice.below(3) == 0 {
            drop(work);
        } else {
            work.commit().await.unwrap();
            committed.extend(written);
        }
    }
    committed
}

pub async fn an_origin_is_taken_once(bed: Bed) {
    let organisations = bed.organisations(2).await;
    let from = |organisation, seq| NewEvent {
        origin: Some(Origin { name: "edge-1".to_owned(), seq }),
        ..bed.event(organisation)
    };
    let work = bed.work().await;
    events::append(&work, vec![from(organisations[0], 7), from(organisations[0], 8)]).await.unwrap();
    work.commit().await.unwrap();

    let work = bed.work().await;
    let again = events::append(&work, vec![bed.event(organisations[0]), from(organisations[0], 7)]).await;
    assert_eq!(conflict_of(again), "an event of this origin");
    assert!(work.commit().await.is_err());
    assert_eq!(events::head(&bed.store, organisations[0]).await.unwrap(), 2, "and nothing came of it");

    // The same number of another organisation is another event.
    let work = bed.work().await;
    assert_eq!(events::append(&work, vec![from(organisations[1], 7)]).await.unwrap(), [1]);
    assert_eq!(events::append(&work, vec![bed.event(organisations[0])]).await.unwrap(), [3]);
    work.commit().await.unwrap();
}

pub async fn events_are_read_both_ways_and_filtered(bed: Bed) {
    let Household { organisation, home, device, .. } = bed.household().await;
    let other = bed.organisations(1).await[0];
    let mut batch: Vec<_> = (0..10)
        .map(|number| NewEvent {
            time: NOW + number,
            home: (number % 2 == 0).then_some(home.id),
            device: (number % 3 == 0).then_some(device.id),
            event_type: if number < 5 { EventType::DeviceOnline } else { EventType::DeviceOffline },
            ..bed.event(organisation)
        })
        .collect();
    batch.push(bed.event(other));
    let work = bed.work().await;
    events::append(&work, batch).await.unwrap();
    work.commit().await.unwrap();

    let seqs = |found: Vec<lares_model::event::Event>| found.iter().map(|e| e.seq).collect::<Vec<_>>();
    let all = EventFilter::default();
    let after = async |seq, filter: &EventFilter, limit| {
        seqs(events::after(&bed.store, organisation, seq, filter, limit).await.unwrap())
    };
    let before = async |seq, filter: &EventFilter, limit| {
        seqs(events::before(&bed.store, organisation, seq, filter, limit).await.unwrap())
    };
    assert_eq!(after(0, &all, MANY).await, (1..=10).collect::<Vec<_>>());
    assert_eq!(after(4, &all, 3).await, [5, 6, 7]);
    assert_eq!(before(i64::MAX, &all, 3).await, [10, 9, 8]);
    assert_eq!(before(3, &all, 9).await, [2, 1]);
    let filter = EventFilter { home: Some(home.id), ..all.clone() };
    assert_eq!(after(0, &filter, MANY).await, [1, 3, 5, 7, 9]);
    let filter = EventFilter { device: Some(device.id), ..all.clone() };
    assert_eq!(before(i64::MAX, &filter, MANY).await, [10, 7, 4, 1]);
    let filter = EventFilter { types: vec![EventType::DeviceOffline], ..all.clone() };
    assert_eq!(after(0, &filter, MANY).await, [6, 7, 8, 9, 10]);
    let both = vec![EventType::DeviceOffline, EventType::DeviceOnline];
    assert_eq!(after(0, &EventFilter { types: both, ..all.clone() }, MANY).await.len(), 10);
    let filter = EventFilter { from: Some(NOW + 2), until: Some(NOW + 5), ..all.clone() };
    assert_eq!(after(0, &filter, MANY).await, [3, 4, 5]);
    let filter = EventFilter { home: Some(HomeId(bed.id())), ..all };
    assert_eq!(after(0, &filter, MANY).await, Vec::<i64>::new());
}

/// What one unit of work of a random interleaving does.
#[derive(Clone, Debug)]
struct Unit {
    /// How many events go to each organisation, append by append.
    appends: Vec<[u8; 3]>,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Commit,
    Drop,
    /// Fails on an origin that is taken, is "committed" all the same, and must not be.
    Fail,
}

pub async fn random_units_of_work_leave_no_gap(bed: Bed) {
    let unit = (
        proptest::collection::vec(proptest::array::uniform3(0_u8..3), 1..4),
        proptest::sample::select(vec![End::Commit, End::Commit, End::Drop, End::Fail]),
    )
        .prop_map(|(appends, end)| Unit { appends, end });
    let units = proptest::collection::vec(unit, 1..12);
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for case in 0..12 {
        let units = units.new_tree(&mut runner).unwrap().current();
        let organisations = bed.organisations(3).await;
        let mut expected = [0_i64; 3];
        for unit in &units {
            play(&bed, &organisations, unit, &mut expected).await;
        }
        for (organisation, expected) in organisations.iter().zip(expected) {
            let all =
                events::after(&bed.store, *organisation, 0, &EventFilter::default(), MANY).await.unwrap();
            let seqs: Vec<_> = all.iter().map(|event| event.seq).collect();
            assert_eq!(seqs, (1..=expected).collect::<Vec<_>>(), "case {case}: {units:?}");
            assert_eq!(events::head(&bed.store, *organisation).await.unwrap(), expected);
        }
        assert_eq!(bed.store.check().await.unwrap(), Vec::<String>::new(), "case {case}: {units:?}");
    }
}

async fn play(bed: &Bed, organisations: &[OrganisationId], unit: &Unit, expected: &mut [i64; 3]) {
    let work = bed.work().await;
    let mut heads = *expected;
    for counts in &unit.appends {
        let mut batch = Vec::new();
        let mut numbers = Vec::new();
        for ((organisation, count), head) in organisations.iter().zip(counts).zip(&mut heads) {
            for _ in 0..*count {
                *head += 1;
                numbers.push(*head);
                batch.push(bed.event(*organisation));
            }
        }
        assert_eq!(events::append(&work, batch).await.unwrap(), numbers);
    }
    match unit.end {
        End::Commit => {
            work.commit().await.unwrap();
            *expected = heads;
        }
        End::Drop => drop(work),
        End::Fail => {
            let twice = || NewEvent {
                origin: Some(Origin { name: "edge".to_owned(), seq: 1 }),
                ..bed.event(organisations[0])
            };
            conflict_of(events::append(&work, vec![twice(), twice()]).await);
            assert!(work.commit().await.is_err());
        }
    }
}
