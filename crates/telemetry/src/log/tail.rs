//! The newest entries in memory, so that a follower that keeps up never touches the file.

use std::collections::VecDeque;

use lares_model::DeviceId;
use lares_model::record::{Position, Record};

const RECORDS_MAX: usize = 4_096;
/// Counted in encoded bytes; decoded, an entry takes a few times as much.
const BYTES_MAX: usize = 1024 * 1024;

/// Holds every durable entry above its floor.
pub struct Tail {
    floor: i64,
    records: VecDeque<(Record, usize)>,
    bytes: usize,
}

impl Tail {
    pub fn after(head: Position) -> Self {
        Tail { floor: head.0, records: VecDeque::new(), bytes: 0 }
    }

    /// Takes the entries after the last one.
    pub fn extend(&mut self, records: Vec<(Record, usize)>) {
        for (record, encoded_bytes) in records {
            self.bytes += encoded_bytes;
            self.records.push_back((record, encoded_bytes));
        }
        drop(self.make_room(0, 0));
    }

    /// Lets go of the oldest entries for so many that come, and returns them: taking them apart takes time.
    pub fn make_room(&mut self, records: usize, bytes: usize) -> Vec<Record> {
        let mut oldest = Vec::with_capacity(records);
        while self.records.len() + records > RECORDS_MAX || self.bytes + bytes > BYTES_MAX {
            let Some((record, bytes)) = self.records.pop_front() else { break };
            self.floor = record.position.0;
            self.bytes -= bytes;
            oldest.push(record);
        }
        oldest
    }

    pub fn forget(&mut self, device: DeviceId) {
        self.records.retain(|(record, _)| record.entry.device != device);
        self.bytes = self.records.iter().map(|(_, bytes)| bytes).sum();
    }

    /// The entries after a position; `None` when the file must be asked.
    pub fn since(&self, after: Position, limit: usize) -> Option<Vec<Record>> {
        if after.0 < self.floor {
            return None;
        }
        let start = self.records.partition_point(|(record, _)| record.position <= after);
        Some(self.records.iter().skip(start).take(limit).map(|(record, _)| record.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use lares_model::record::{Body, Entry};
    use lares_model::{OrganisationId, UnixMillis, presence::PresenceStatus};
    use uuid::Uuid;

    use super::*;

    fn record(position: i64, device: u128) -> Record {
        let entry = Entry {
            organisation: OrganisationId(Uuid::from_u128(1)),
            device: DeviceId(Uuid::from_u128(device)),
            received: UnixMillis(0),
            identity: None,
            body: Body::Presence { status: PresenceStatus::Online, reason: String::new() },
        };
        Record { position: Position(position), entry }
    }

    fn positions(tail: &Tail, after: i64, limit: usize) -> Option<Vec<i64>> {
        let records = tail.since(Position(after), limit)?;
        Some(records.iter().map(|record| record.position.0).collect())
    }

    #[test]
    fn answers_exactly_what_it_holds() {
        let mut tail = Tail::after(Position(7));
        for position in 8..=10 {
            tail.extend(vec![(record(position, position as u128 % 2), 1)]);
        }
        assert_eq!(positions(&tail, 6, 9), None);
        assert_eq!(positions(&tail, 7, 9), Some(vec![8, 9, 10]));
        assert_eq!(positions(&tail, 8, 1), Some(vec![9]));
        assert_eq!(positions(&tail, 10, 9), Some(vec![]));
        tail.forget(DeviceId(Uuid::from_u128(1)));
        assert_eq!(positions(&tail, 7, 9), Some(vec![8, 10]));
    }

    #[test]
    fn stays_within_its_bounds_and_never_pretends_to_hold_what_it_dropped() {
        let mut tail = Tail::after(Position(0));
        for position in 1..=RECORDS_MAX as i64 + 5 {
            tail.extend(vec![(record(position, 1), 1)]);
        }
        assert_eq!(tail.records.len(), RECORDS_MAX);
        assert_eq!(positions(&tail, 4, 1), None);
        assert_eq!(positions(&tail, 5, 1), Some(vec![6]));
        tail.extend(vec![(record(RECORDS_MAX as i64 + 6, 1), BYTES_MAX + 1)]);
        assert_eq!(tail.bytes, 0);
        assert_eq!(positions(&tail, RECORDS_MAX as i64 + 5, 1), None);
    }
    #[test]
    fn what_makes_room_is_held_no_more() {
        let mut tail = Tail::after(Position(0));
        tail.extend((1..=10).map(|position| (record(position, 1), 1)).collect());
        let oldest = tail.make_room(RECORDS_MAX - 7, 0);
        assert_eq!(oldest.iter().map(|record| record.position.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(positions(&tail, 2, 9), None);
        assert_eq!(positions(&tail, 8, 9), Some(vec![9, 10]));
        tail.make_room(0, BYTES_MAX + 1);
        assert_eq!((positions(&tail, 9, 9), positions(&tail, 10, 9)), (None, Some(vec![])));
    }
}
