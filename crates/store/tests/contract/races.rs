//! What several do at once happens as if one after the other.

use lares_model::OrganisationId;
use lares_model::record::Position;
use lares_store::events::{self, EventFilter};
use lares_store::idempotency::{self, IdempotencyKey, Opening};
use lares_store::{StoreError, cursors, devices, ingest};
use tokio::task::JoinSet;

use crate::bed::{Bed, Household, NOW, conflict_of};

const AT_ONCE: usize = 10;

pub async fn a_cursor_moves_from_where_it_is(bed: Bed) {
    let organisations = bed.organisations(2).await;
    let load =
        async |consumer, organisation| cursors::load(&bed.store, consumer, organisation).await.unwrap();
    assert_eq!(load("rules", organisations[0]).await, 0);
    for (from, to) in [(0, 3), (3, 3), (3, 9)] {
        let work = bed.work().await;
        cursors::advance(&work, "rules", organisations[0], from, to).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(load("rules", organisations[0]).await, to);
    }
    for wrong in [0, 3, 8, 10] {
        let work = bed.work().await;
        conflict_of(cursors::advance(&work, "rules", organisations[0], wrong, 20).await);
        assert!(work.commit().await.is_err());
    }
    let work = bed.work().await;
    conflict_of(cursors::advance(&work, "other", organisations[0], 3, 20).await);
    drop(work);
    assert_eq!(load("rules", organisations[0]).await, 9);
    assert_eq!(load("rules", organisations[1]).await, 0, "each log has its own");
    assert_eq!(load("other", organisations[0]).await, 0, "and each consumer");
}

pub async fn one_of_many_moves_a_cursor(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    for (from, to) in [(0, 5), (5, 8)] {
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let bed = bed.clone();
            tasks.spawn(async move {
                let work = bed.work().await;
                cursors::advance(&work, "rules", organisation, from, to).await?;
                events::append(&work, vec![bed.event(organisation)]).await?;
                work.commit().await
            });
        }
        winners(tasks, 1).await;
    }
    assert_eq!(cursors::load(&bed.store, "rules", organisation).await.unwrap(), 8);
    assert_eq!(events::head(&bed.store, organisation).await.unwrap(), 2, "one effect per move");
}

pub async fn what_is_held_is_looked_at_by_one_at_a_time(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let bed = bed.clone();
        tasks.spawn(async move {
            let work = bed.work().await;
            events::hold(&work, organisation).await?;
            let there = events::after(&work, organisation, 0, &EventFilter::default(), 10).await?;
            if there.is_empty() {
                tokio::task::yield_now().await;
                events::append(&work, vec![bed.event(organisation)]).await?;
            }
            work.commit().await
        });
    }
    winners(tasks, AT_ONCE).await;
    assert_eq!(events::head(&bed.store, organisation).await.unwrap(), 1, "only the first found nothing");
}

pub async fn one_of_many_moves_the_ingest_position(bed: Bed) {
    for (from, to) in [(0, 5), (5, 8)] {
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let bed = bed.clone();
            tasks.spawn(async move {
                let work = bed.work().await;
                ingest::advance(&work, Position(from), Position(to)).await?;
                work.commit().await
            });
        }
        winners(tasks, 1).await;
    }
    assert_eq!(ingest::position(&bed.store).await.unwrap(), Position(8));
}

async fn winners(mut tasks: JoinSet<Result<(), StoreError>>, expected: usize) {
    let mut won = 0;
    while let Some(result) = tasks.join_next().await {
        match result.unwrap() {
            Ok(()) => won += 1,
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, expected);
}

pub async fn a_repeated_request_takes_effect_once(bed: Bed) {
    let organisation = bed.organisations(1).await[0];
    let key = IdempotencyKey { owner: bed.id(), key: "once".to_owned(), request_sha256: [3; 32] };
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        tasks.spawn(request(bed.clone(), key.clone(), organisation));
    }
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer.unwrap());
    }
    let log = events::after(&bed.store, organisation, 0, &EventFilter::default(), 100).await.unwrap();
    assert_eq!(log.len(), 1, "one effect");
    let answer = log[0].id.to_string().into_bytes();
    assert_eq!(answers, vec![answer; AT_ONCE], "and its answer for everybody");
}

async fn request(bed: Bed, key: IdempotencyKey, organisation: OrganisationId) -> Vec<u8> {
    let work = bed.work().await;
    match idempotency::open(&work, &key, NOW).await.unwrap() {
        Opening::Replay { status: 202, body } => body,
        Opening::Fresh => {
            let event = bed.event(organisation);
            let answer = event.id.to_string().into_bytes();
            events::append(&work, vec![event]).await.unwrap();
            // Time for the others to arrive.
            bed.store.ping().await.unwrap();
            idempotency::close(&work, &key, 202, &answer).await.unwrap();
            work.commit().await.unwrap();
            answer
        }
        other => panic!("{other:?}"),
    }
}

pub async fn command_numbers_are_distinct_and_consecutive(bed: Bed) {
    let Household { device, .. } = bed.household().await;
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let (bed, device) = (bed.clone(), device.id);
        tasks.spawn(async move {
            let mut numbers = Vec::new();
            for turn in 0..5 {
                let work = bed.work().await;
                let number = devices::next_command_counter(&work, device).await.unwrap();
                if (task + turn) % 4 == 0 {
                    drop(work);
                } else {
                    work.commit().await.unwrap();
                    numbers.push(number);
                }
            }
            numbers
        });
    }
    let mut numbers = Vec::new();
    while let Some(some) = tasks.join_next().await {
        numbers.extend(some.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    let stored = devices::find_any(&bed.store, device.id).await.unwrap().unwrap();
    assert_eq!(stored.command_counter, numbers.len() as i64);
}
