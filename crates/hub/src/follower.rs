//! The one follower of the ingest log: folds records into the live state, and writes what follows from them (events,
//! settled commands, the position reached) in one transaction. The same loop catches up after a restart.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use lares_model::attention::attention;
use lares_model::command::{Signal, settle};
use lares_model::event::{Cause, NewEvent, Origin};
use lares_model::fold::{DeviceState, Fact, fold};
use lares_model::record::{Body, Position, Record};
use lares_model::{CommandId, DeviceId, EventId, UnixMillis};
use lares_store::{UnitOfWork, commands as command_rows, events, ingest as rows};

use crate::alarms;
use crate::commands::moved;
use crate::error::HubError;
use crate::hub::Hub;

const BATCH_RECORDS: usize = 2_048;
const CHECKPOINT_EVERY_RECORDS: i64 = 20_000;
const CHECKPOINT_EVERY_MS: i64 = 30_000;
const LOOK_EVERY: Duration = Duration::from_secs(1);
const RETRY_AFTER: Duration = Duration::from_millis(500);

pub struct Follower {
    hub: Arc<Hub>,
    /// Everything up to here is folded.
    folded: Position,
    /// The relational store says everything up to here is derived.
    committed: Position,
    checkpointed: Position,
    checkpointed_at: UnixMillis,
    changed_since_checkpoint: HashSet<DeviceId>,
    /// The live state has taken it, and its consequences are not written yet.
    owed: Vec<Folded>,
}

/// One record with what it adds to the event log.
struct Folded {
    record: Record,
    facts: Vec<Fact>,
    /// What was reason for an alarm right after it, also where it is over by now.
    alarming: Vec<alarms::Cause>,
}

impl Follower {
    /// Loads the checkpoint and folds up to the relational position without deriving anything twice.
    pub async fn load(hub: &Arc<Hub>) -> Result<Follower, HubError> {
        let committed = rows::position(&hub.store).await?;
        let (checkpoint, states) = rows::load_checkpoint(&hub.store).await?;
        if checkpoint > committed || committed > hub.telemetry.head() {
            return Err(HubError::Internal(format!(
                "the ingest log ends at {}, before the position {} that the relational store has reached: \
                 restore the log of the same backup or a later one",
                hub.telemetry.head().0,
                committed.0
            )));
        }
        for (device, text) in states {
            match serde_json::from_str(&text) {
                Ok(state) => hub.live.write(|all| all.insert(device, state)),
                Err(error) => return Err(HubError::Internal(format!("checkpoint of {device}: {error}"))),
            };
        }
        let mut follower = Follower {
            hub: hub.clone(),
            folded: checkpoint,
            committed,
            checkpointed: checkpoint,
            checkpointed_at: hub.now(),
            changed_since_checkpoint: HashSet::new(),
            owed: Vec::new(),
        };
        hub.telemetry.release(checkpoint);
        follower.refold_silently().await?;
        hub.follower_reached(follower.folded, false);
        for device in command_rows::unsettled_devices(&hub.store).await? {
            hub.mark_busy(device);
        }
        Ok(follower)
    }

    async fn refold_silently(&mut self) -> Result<(), HubError> {
        while self.folded < self.committed {
            let records = self.hub.telemetry.since(self.folded, BATCH_RECORDS).await?;
            let within: Vec<_> =
                records.into_iter().take_while(|record| record.position <= self.committed).collect();
            if within.is_empty() {
                // What was forgotten since (a removed device) leaves no record to fold.
                self.folded = self.committed;
            } else {
                self.fold_batch(within);
            }
        }
        Ok(())
    }

    /// Derives what the log holds beyond the relational position. Called once before the doors open, which a full disk
    /// does not keep shut: what is left then, `run` derives.
    pub async fn catch_up(&mut self) -> Result<(), HubError> {
        while !self.owed.is_empty() || self.folded < self.hub.telemetry.head() {
            match self.step().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(HubError::NoSpace) => {
                    tracing::error!(
                        "no space for what follows from the ingest log; it is written when there is"
                    );
                    break;
                }
                Err(error) if self.owed.is_empty() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "consequences of the ingest log not written yet; trying again");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        }
        Ok(())
    }

    /// Follows for ever; ends when `stop` does, after a last checkpoint.
    pub async fn run(mut self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let hub = self.hub.clone();
        loop {
            let failed = match self.step().await {
                Ok(true) => continue,
                Ok(false) => false,
                Err(error) => {
                    tracing::error!(%error, "following the ingest log failed; trying again");
                    true
                }
            };
            if *stop.borrow() {
                break;
            }
            tokio::select! {
                () = hub.nudges.log.notified(), if !failed => {}
                () = tokio::time::sleep(if failed { RETRY_AFTER } else { LOOK_EVERY }) => {}
                _ = stop.changed() => {}
            }
        }
        if !self.owed.is_empty() {
            // A checkpoint would say that its consequences are written.
            tracing::warn!("consequences of the ingest log are not written; the next start derives them");
            return;
        }
        if let Err(error) = self.checkpoint_now().await {
            tracing::warn!(%error, "no checkpoint at shutdown; the next start folds a longer tail");
        }
    }

    /// One batch. `false` when there was nothing.
    async fn step(&mut self) -> Result<bool, HubError> {
        if !self.owed.is_empty() {
            self.settle_owed().await?;
            return Ok(true);
        }
        let head = self.hub.telemetry.head();
        let records = self.hub.telemetry.since(self.folded, BATCH_RECORDS).await?;
        if records.is_empty() {
            // The last entries may have been a removed device's, and be gone.
            self.folded = self.folded.max(head);
            self.hub.follower_reached(self.folded, false);
            if self.checkpoint_due() {
                self.checkpoint_now().await?;
            }
            return Ok(false);
        }
        self.owed = self.fold_batch(records);
        self.settle_owed().await?;
        Ok(true)
    }

    /// The state has taken the batch, so its consequences must be written before the next one, however long it takes:
    /// a full disk or a database that is away only delays them.
    async fn settle_owed(&mut self) -> Result<(), HubError> {
        let owed = std::mem::take(&mut self.owed);
        if let Err(error) = self.commit(&owed).await
            && !self.was_committed_all_the_same().await
        {
            self.owed = owed;
            self.hub.follower_reached(self.folded, true);
            metrics::counter!("lares_follower_retries_total").increment(1);
            return Err(error);
        }
        self.hub.follower_reached(self.folded, false);
        Ok(())
    }

    /// A commit whose answer was lost looks failed; the stored position tells.
    async fn was_committed_all_the_same(&mut self) -> bool {
        match rows::position(&self.hub.store).await {
            Ok(stored) if stored >= self.folded => {
                self.committed = stored;
                self.hub.nudges.dispatcher.notify_one();
                self.hub.nudges.events_committed();
                true
            }
            _ => false,
        }
    }

    fn fold_batch(&mut self, records: Vec<Record>) -> Vec<Folded> {
        let folded: Vec<_> = self.hub.live.write(|states| {
            records
                .into_iter()
                .map(|record| {
                    let state = states.entry(record.entry.device).or_default();
                    let facts = fold(state, &record);
                    let alarming = self.alarming(state, &record, &facts);
                    Folded { record, facts, alarming }
                })
                .collect()
        });
        self.hub.feeds.folded(folded.iter().map(|one| &one.record));
        for one in &folded {
            self.changed_since_checkpoint.insert(one.record.entry.device);
        }
        if let Some(last) = folded.last() {
            self.folded = last.record.position;
        }
        folded
    }

    /// A fact of long ago that only arrives now alarms nobody.
    fn alarming(&self, state: &DeviceState, record: &Record, facts: &[Fact]) -> Vec<alarms::Cause> {
        let received = record.entry.received;
        let recent = |fact: &Fact| received.since_ms(fact.time) <= self.hub.time_policy.late_after_ms;
        if !facts.iter().any(recent) {
            return vec![];
        }
        let Some(device) = self.hub.directory.get(record.entry.device) else { return vec![] };
        let concerns = attention(&device, state, received);
        concerns.iter().filter_map(|concern| alarms::Cause::of_concern(&device, concern)).collect()
    }

    fn checkpoint_due(&self) -> bool {
        self.folded.0 - self.checkpointed.0 >= CHECKPOINT_EVERY_RECORDS
            || (self.folded > self.checkpointed
                && self.hub.now().since_ms(self.checkpointed_at) >= CHECKPOINT_EVERY_MS)
    }

    /// Writes the consequences of a batch. Readings without consequences touch the relational store not at all.
    async fn commit(&mut self, folded: &[Folded]) -> Result<(), HubError> {
        let mut new_events = Vec::new();
        for one in folded {
            new_events.extend(self.events_of(one));
        }
        let concerned = self.devices_with_commands(folded);
        let checkpoint = self.checkpoint_due();
        if new_events.is_empty() && concerned.is_empty() && !checkpoint {
            return Ok(());
        }
        let alarming = folded.iter().any(|one| !one.alarming.is_empty());
        let alone = if alarming { Some(self.hub.alarms.gate.lock().await) } else { None };
        let gate = if concerned.is_empty() { None } else { Some(self.hub.command_gate.lock().await) };
        let work = self.hub.store.begin().await?;
        let mut settled = Vec::new();
        for device in concerned {
            self.settle_device(&work, device, folded, &mut new_events, &mut settled).await?;
        }
        for cause in folded.iter().flat_map(|one| &one.alarming) {
            let by = cause.device.map_or(Cause::System, Cause::Device);
            new_events.extend(alarms::raise(&self.hub, &work, cause.clone(), by).await?);
        }
        events::append(&work, new_events).await?;
        rows::advance(&work, self.committed, self.folded).await?;
        if checkpoint {
            self.save_checkpoint(&work).await?;
        }
        work.commit().await?;
        drop((gate, alone));
        if alarming {
            self.hub.nudges.notifications.notify_one();
        }
        self.committed = self.folded;
        if checkpoint {
            self.checkpoint_written();
        }
        for command in settled {
            self.hub.nudges.command_moved(command);
        }
        self.hub.nudges.dispatcher.notify_one();
        self.hub.nudges.events_committed();
        Ok(())
    }

    fn events_of(&self, folded: &Folded) -> Vec<NewEvent> {
        let entry = &folded.record.entry;
        if folded.facts.is_empty() {
            return vec![];
        }
        let Some(device) = self.hub.directory.get(entry.device) else {
            return vec![]; // removed in the meantime
        };
        let event = |(index, fact): (usize, &Fact)| NewEvent {
            id: EventId(self.hub.uuid()),
            organisation: entry.organisation,
            event_type: fact.event_type,
            time: fact.time,
            recorded: self.hub.now(),
            home: Some(device.home),
            device: Some(entry.device),
            cause: Cause::Device(entry.device),
            origin: Some(Origin::ingest_log(folded.record.position, index)),
            payload: fact.payload.clone(),
        };
        folded.facts.iter().enumerate().map(event).collect()
    }

    fn devices_with_commands(&self, folded: &[Folded]) -> BTreeSet<DeviceId> {
        folded
            .iter()
            .filter(|one| matches!(one.record.entry.body, Body::Ack { .. } | Body::Readings { .. }))
            .map(|one| one.record.entry.device)
            .filter(|device| self.hub.busy_mark(*device).is_some())
            .collect()
    }

    async fn settle_device(
        &self,
        work: &UnitOfWork,
        device: DeviceId,
        folded: &[Folded],
        new_events: &mut Vec<NewEvent>,
        settled: &mut Vec<CommandId>,
    ) -> Result<(), HubError> {
        let mut open = command_rows::unsettled_of(work, device).await?;
        let own = |one: &&Folded| one.record.entry.device == device && !one.record.entry.is_by_hand();
        for one in folded.iter().filter(own) {
            let received = one.record.entry.received;
            for command in &mut open {
                let drift_ms = self.hub.time_policy.ahead_ok_ms;
                let sent_at = command.sent_at.map(|sent_at| known_sent(sent_at, received, self.hub.now()));
                for signal in signals(&one.record.entry.body, sent_at, received, drift_ms) {
                    let Some(transition) = settle(command, &signal, received, &self.hub.command_policy)
                    else {
                        continue;
                    };
                    let cause = Cause::Device(device);
                    new_events.push(moved(&self.hub, work, command, &transition, cause, received).await?);
                    settled.push(command.id);
                }
            }
        }
        Ok(())
    }

    async fn checkpoint_now(&mut self) -> Result<(), HubError> {
        if self.folded <= self.checkpointed {
            return Ok(());
        }
        let work = self.hub.store.begin().await?;
        if self.committed < self.folded {
            rows::advance(&work, self.committed, self.folded).await?;
        }
        self.save_checkpoint(&work).await?;
        work.commit().await?;
        self.committed = self.folded;
        self.checkpoint_written();
        Ok(())
    }

    async fn save_checkpoint(&self, work: &UnitOfWork) -> Result<(), HubError> {
        let mut states = Vec::with_capacity(self.changed_since_checkpoint.len());
        for device in &self.changed_since_checkpoint {
            let Some(known) = self.hub.directory.get(*device) else { continue };
            let text = self.hub.live.with(*device, serde_json::to_string);
            let text = text.map_err(|error| HubError::Internal(error.to_string()))?;
            states.push((*device, known.organisation, text));
        }
        rows::save_checkpoint(work, self.folded, states).await?;
        Ok(())
    }

    fn checkpoint_written(&mut self) {
        self.checkpointed = self.folded;
        self.checkpointed_at = self.hub.now();
        self.changed_since_checkpoint.clear();
        self.hub.telemetry.release(self.checkpointed);
    }
}

/// When a command was sent, by the clock that a record was received by. A clock that is behind the sending was set
/// back since, and what it has stamped was received after that.
fn known_sent(sent_at: UnixMillis, received: UnixMillis, now: UnixMillis) -> UnixMillis {
    if now < sent_at && received <= now { received } else { sent_at }
}

/// What a record says to a command. A report proves something only if it was taken after the command was sent, by
/// the server's clock and, within ordinary drift, by the device's: a buffered reading is no proof.
fn signals(body: &Body, sent_at: Option<UnixMillis>, received: UnixMillis, drift_ms: i64) -> Vec<Signal<'_>> {
    match body {
        Body::Ack { ack } => vec![Signal::Ack(ack)],
        Body::Readings { readings } => {
            let Some(sent_at) = sent_at.filter(|sent_at| received >= *sent_at) else { return vec![] };
            let after = readings.iter().filter(|reading| reading.time >= sent_at - drift_ms);
            after
                .map(|reading| Signal::Report {
                    endpoint: reading.endpoint,
                    attribute: &reading.attribute,
                    value: &reading.value,
                    quality: reading.quality,
                })
                .collect()
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lares_model::Value;
    use lares_model::reading::{Quality, Reading};

    #[test]
    fn a_reading_taken_before_the_command_was_sent_is_no_proof() {
        let reading = |time| Reading {
            endpoint: 1,
            attribute: "OnOff.OnOff".into(),
            time: UnixMillis(time),
            value: Value::Bool(true),
            quality: Quality::Measured,
            at_least_once: false,
        };
        let body = Body::Readings { readings: vec![reading(99_000), reading(30_000)] };
        let heard = |sent_at, received| signals(&body, sent_at, UnixMillis(received), 60_000).len();
        assert_eq!(heard(Some(UnixMillis(100_000)), 100_001), 1);
        assert_eq!(heard(Some(UnixMillis(100_000)), 99_999), 0);
        assert_eq!(heard(None, 100_001), 0);
    }
}
