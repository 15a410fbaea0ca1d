//! What live watchers read from: per watched organisation, the newest events and the order in which devices changed,
//! held in memory for all of its watchers together. A cache of the event log and of the live state: a watcher that
//! fell behind it reads the log itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use lares_model::event::Event;
use lares_model::record::{Body, Position, Record};
use lares_model::{DeviceId, OrganisationId};
use lares_store::events::{self as rows, EventFilter};
use tokio::sync::watch;

use crate::error::HubError;
use crate::events::reveal;
use crate::hub::Hub;

/// Kept for each watched organisation; who is further behind reads the event log.
const EVENTS_KEPT: usize = 2_048;
const EVENTS_KEPT_BYTES: usize = 4 * 1024 * 1024;
const CHANGES_KEPT: usize = 8_192;
const PAGE: u64 = 1_000;
/// A commit of another process gives no nudge here.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An event as all its watchers share it.
#[derive(Debug)]
pub struct FedEvent {
    pub event: Event,
    /// About what it takes in memory.
    pub weight: usize,
    /// Its text as a door words it, made once by the first watcher that needs it.
    pub text: OnceLock<Box<str>>,
}

impl FedEvent {
    pub fn new(event: Event) -> FedEvent {
        FedEvent { weight: weight(&event), event, text: OnceLock::new() }
    }
}

/// A device of which something was folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub device: DeviceId,
    pub readings: u32,
}

/// The newest changes, numbered from 1 without gaps.
#[derive(Debug, Default)]
struct Changes {
    kept: VecDeque<Change>,
    newest: u64,
    /// In all changes so far, kept or not.
    readings: u64,
    /// The live state holds the log up to here, at least.
    position: Position,
}

impl Changes {
    fn push(&mut self, change: Change, position: Position) {
        self.position = position;
        self.readings += u64::from(change.readings);
        if self.kept.len() == CHANGES_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(change);
        self.newest += 1;
    }

    /// Where a reader stands that has been told everything.
    fn here(&self) -> ChangePlace {
        ChangePlace { newest: self.newest, position: self.position, readings: self.readings }
    }

    /// What came after a place, oldest first; `None` when some of it is kept no more.
    fn after(&self, place: ChangePlace) -> Option<Vec<Change>> {
        let behind = usize::try_from(self.newest.saturating_sub(place.newest)).unwrap_or(usize::MAX);
        let skipped = self.kept.len().checked_sub(behind)?;
        Some(self.kept.iter().skip(skipped).copied().collect())
    }
}

/// A place in the order of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangePlace {
    newest: u64,
    /// The live state holds the log up to here, at least.
    pub position: Position,
    pub readings: u64,
}

/// The newest events, contiguous.
#[derive(Debug)]
struct Tail {
    /// The number of the event before the first one kept.
    before: i64,
    kept: VecDeque<Arc<FedEvent>>,
    bytes: usize,
}

impl Tail {
    fn last(&self) -> i64 {
        self.before + i64::try_from(self.kept.len()).unwrap_or(i64::MAX)
    }

    fn push(&mut self, event: Event) {
        let event = FedEvent::new(event);
        self.bytes += event.weight;
        self.kept.push_back(Arc::new(event));
        while self.kept.len() > EVENTS_KEPT || self.bytes > EVENTS_KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.weight;
            self.before += 1;
        }
    }

    fn after(&self, seq: i64, limit: usize) -> Option<Vec<Arc<FedEvent>>> {
        let skipped = usize::try_from(seq.checked_sub(self.before)?).ok()?;
        Some(self.kept.iter().skip(skipped).take(limit).cloned().collect())
    }
}

/// About what an event takes: its payload decides.
fn weight(event: &Event) -> usize {
    fn of(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::String(text) => 32 + text.len(),
            serde_json::Value::Array(items) => 32 + items.iter().map(of).sum::<usize>(),
            serde_json::Value::Object(members) => {
                32 + members.iter().map(|(name, member)| 32 + name.len() + of(member)).sum::<usize>()
            }
            _ => 32,
        }
    }
    // The row itself and, for as long as it is kept, its text.
    512 + 2 * of(&event.payload)
}

/// What the watchers of one organisation share.
#[derive(Debug)]
pub(crate) struct OrganisationFeed {
    changes: Mutex<Changes>,
    tail: Mutex<Tail>,
    /// Sent after each change and each event, without data.
    nudge: watch::Sender<()>,
}

impl OrganisationFeed {
    fn starting_at(seq: i64, position: Position) -> OrganisationFeed {
        OrganisationFeed {
            changes: Mutex::new(Changes { position, ..Changes::default() }),
            tail: Mutex::new(Tail { before: seq, kept: VecDeque::new(), bytes: 0 }),
            nudge: watch::Sender::new(()),
        }
    }

    pub fn follow(&self) -> watch::Receiver<()> {
        self.nudge.subscribe()
    }

    /// Where somebody stands who begins now.
    pub fn here(&self) -> ChangePlace {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).here()
    }

    /// What changed since a place, and the place after it. The list is `None` when it does not reach back so far.
    /// Copied out, so that no watcher holds up the follower.
    pub fn changes_after(&self, place: ChangePlace) -> (ChangePlace, Option<Vec<Change>>) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        (changes.here(), changes.after(place))
    }

    /// The newest event there is to read.
    pub fn head(&self) -> i64 {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).last()
    }

    /// Events after a number: from memory where they are kept, else from the log.
    pub async fn events_after(
        &self,
        hub: &Hub,
        organisation: OrganisationId,
        seq: i64,
        limit: usize,
    ) -> Result<Vec<Arc<FedEvent>>, HubError> {
        let kept = self.tail.lock().unwrap_or_else(PoisonError::into_inner).after(seq, limit);
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let page = rows::after(&hub.store, organisation, seq, &EventFilter::default(), limit as u64).await?;
        let mut events = Vec::with_capacity(page.len());
        for mut event in page {
            reveal(hub, &mut event).await?;
            events.push(Arc::new(FedEvent::new(event)));
        }
        Ok(events)
    }

    async fn catch_up(&self, hub: &Hub, organisation: OrganisationId) -> Result<(), HubError> {
        loop {
            let last = self.head();
            let page = rows::after(&hub.store, organisation, last, &EventFilter::default(), PAGE).await?;
            let full = page.len() as u64 == PAGE;
            if page.is_empty() {
                return Ok(());
            }
            for mut event in page {
                reveal(hub, &mut event).await?;
                self.tail.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
            self.nudge.send_replace(());
            if !full {
                return Ok(());
            }
        }
    }
}

/// The watched organisations. A feed lives as long as somebody watches it.
#[derive(Debug, Default)]
pub struct Feeds(RwLock<HashMap<OrganisationId, Weak<OrganisationFeed>>>);

impl Feeds {
    pub(crate) async fn of(
        &self,
        hub: &Hub,
        organisation: OrganisationId,
    ) -> Result<Arc<OrganisationFeed>, HubError> {
        if let Some(feed) = self.watched(organisation) {
            return Ok(feed);
        }
        let head = rows::head(&hub.store, organisation).await?;
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another watcher may have come first.
        if let Some(feed) = all.get(&organisation).and_then(Weak::upgrade) {
            return Ok(feed);
        }
        let feed = Arc::new(OrganisationFeed::starting_at(head, hub.folded()));
        all.insert(organisation, Arc::downgrade(&feed));
        Ok(feed)
    }

    fn watched(&self, organisation: OrganisationId) -> Option<Arc<OrganisationFeed>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&organisation)?.upgrade()
    }

    fn all_watched(&self) -> Vec<(OrganisationId, Arc<OrganisationFeed>)> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, feed| feed.strong_count() > 0);
        all.iter().filter_map(|(organisation, feed)| Some((*organisation, feed.upgrade()?))).collect()
    }

    /// Called by the follower after it has folded records into the live state.
    pub(crate) fn folded<'a>(&self, records: impl Iterator<Item = &'a Record>) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return;
        }
        let mut nudged: HashMap<OrganisationId, Arc<OrganisationFeed>> = HashMap::new();
        for record in records {
            let organisation = record.entry.organisation;
            let Some(feed) = all.get(&organisation).and_then(Weak::upgrade) else { continue };
            let readings = match &record.entry.body {
                Body::Readings { readings } => readings.len(),
                _ => 0,
            };
            let readings = u32::try_from(readings).unwrap_or(u32::MAX);
            let change = Change { device: record.entry.device, readings };
            feed.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change, record.position);
            nudged.insert(organisation, feed);
        }
        for feed in nudged.values() {
            feed.nudge.send_replace(());
        }
    }
}

/// Follows the event log for all watched organisations, so that the log is read once however many watch.
pub async fn run(hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    let mut committed = hub.nudges.follow_events();
    while !*stop.borrow() {
        if let Err(error) = look(&hub).await {
            tracing::warn!(%error, "live watchers could not be fed; trying again");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        tokio::select! {
            _ = committed.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn look(hub: &Hub) -> Result<(), HubError> {
    let watched = hub.feeds.all_watched();
    if watched.is_empty() {
        return Ok(());
    }
    let organisations: Vec<_> = watched.iter().map(|(organisation, _)| *organisation).collect();
    let heads = rows::heads(&hub.store, &organisations).await?;
    for (organisation, feed) in watched {
        let head = heads.get(&organisation).copied().unwrap_or(0);
        // What cannot be read in one organisation keeps nothing from the others.
        if head > feed.head()
            && let Err(error) = feed.catch_up(hub, organisation).await
        {
            tracing::warn!(%organisation, %error, "the live watchers of an organisation are not fed");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::event::{Cause, EventType, Origin};
    use lares_model::{EventId, UnixMillis};
    use uuid::Uuid;

    fn change(number: u128) -> Change {
        Change { device: DeviceId(Uuid::from_u128(number)), readings: 1 }
    }

    fn event(seq: i64, payload: serde_json::Value) -> Event {
        Event {
            seq,
            id: EventId(Uuid::nil()),
            organisation: OrganisationId(Uuid::nil()),
            event_type: EventType::AttributeChanged,
            time: UnixMillis(0),
            recorded: UnixMillis(0),
            home: None,
            device: None,
            cause: Cause::System,
            origin: Origin { name: "ingest".into(), seq },
            payload,
        }
    }

    #[test]
    fn a_reader_of_changes_gets_what_it_lacks_or_hears_that_it_is_gone() {
        let mut changes = Changes::default();
        let total = CHANGES_KEPT as u128 + 5;
        for number in 1..=total {
            changes.push(change(number), Position(number as i64));
        }
        let here = changes.here();
        assert_eq!((u128::from(here.newest), u128::from(here.readings)), (total, total));
        let at = |newest| ChangePlace { newest, ..here };
        assert_eq!(changes.after(here), Some(vec![]));
        assert_eq!(changes.after(at(here.newest - 2)), Some(vec![change(total - 1), change(total)]));
        assert_eq!(changes.after(at(5)).unwrap().first(), Some(&change(6)));
        assert!(changes.after(at(4)).is_none());
    }

    #[test]
    fn the_tail_is_contiguous_and_bounded_by_count_and_bytes() {
        let mut tail = Tail { before: 10, kept: VecDeque::new(), bytes: 0 };
        for seq in 11..=15 {
            tail.push(event(seq, serde_json::json!({})));
        }
        let seqs = |tail: &Tail, after| {
            tail.after(after, 10).map(|e| e.iter().map(|e| e.event.seq).collect::<Vec<_>>())
        };
        assert_eq!(seqs(&tail, 13), Some(vec![14, 15]));
        assert_eq!(seqs(&tail, 15), Some(vec![]));
        assert_eq!(seqs(&tail, 9), None);
        let large = serde_json::json!({ "text": "x".repeat(EVENTS_KEPT_BYTES / 5) });
        for seq in 16..=25 {
            tail.push(event(seq, large.clone()));
        }
        assert!(tail.kept.len() <= 2 && tail.bytes <= EVENTS_KEPT_BYTES);
        assert_eq!(tail.last(), 25);
        assert_eq!(tail.kept.front().map(|first| first.event.seq), Some(tail.before + 1));
        for seq in 26..=(26 + EVENTS_KEPT as i64 + 3) {
            tail.push(event(seq, serde_json::json!({})));
        }
        assert_eq!(tail.kept.len(), EVENTS_KEPT);
    }
}
