//! What a list of records means: the sessions, what waits for them, and the retained messages. Applied by the writer to
//! know what a compaction has to write, and at a start to know what was.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::record::Record;
use crate::codec::{Qos, SubscribeOptions, Text, Will};
use crate::session::{Letter, UnixMs};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptDelivery {
    pub letter: Arc<Letter>,
    pub id: u16,
    pub qos: Qos,
    pub retain: bool,
    pub identifiers: Vec<u32>,
    /// PUBREC has come.
    pub received: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptSubscription {
    pub options: SubscribeOptions,
    pub identifier: Option<u32>,
    pub within: Vec<Text>,
    pub owes: Option<KeptOwed>,
}

/// What of the retained messages a subscription has not had: those below a number, and after a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptOwed {
    pub before: u64,
    pub after: Option<Text>,
}

/// A retained message, its organisation, and whom it counts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptRetained {
    pub tenant: Text,
    pub by: Text,
    pub letter: Arc<Letter>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptSession {
    pub identity: Text,
    pub client_id: Text,
    pub space: Text,
    pub tenant: Text,
    pub expiry_s: u32,
    /// Since when its client is away.
    pub away: Option<UnixMs>,
    pub subscriptions: BTreeMap<Text, KeptSubscription>,
    /// By entry, and so in the order of arrival.
    pub queue: BTreeMap<u64, KeptDelivery>,
    pub holds: BTreeSet<u16>,
    pub will: Option<Box<Will>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Kept {
    pub sessions: BTreeMap<u64, KeptSession>,
    /// By space and topic.
    pub retained: BTreeMap<(Text, Text), KeptRetained>,
    /// Letters that somebody needs, or that were written and are about to be named.
    letters: HashMap<u64, Arc<Letter>>,
    /// The largest numbers ever used.
    pub last_session: u64,
    pub last_letter: u64,
    pub last_entry: u64,
}

impl Kept {
    pub fn of(records: &[Record]) -> Kept {
        let mut kept = Kept::default();
        records.iter().for_each(|record| kept.apply(record));
        kept.forget_unused_letters();
        kept
    }

    /// A record of a session that is not there says nothing: its end may have been written first.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Opened { session, identity, client_id, space, tenant, expiry_s } => {
                self.last_session = self.last_session.max(*session);
                let opened = self.sessions.entry(*session).or_insert_with(|| KeptSession {
                    identity: identity.clone(),
                    client_id: client_id.clone(),
                    space: space.clone(),
                    tenant: tenant.clone(),
                    expiry_s: *expiry_s,
                    away: None,
                    subscriptions: BTreeMap::new(),
                    queue: BTreeMap::new(),
                    holds: BTreeSet::new(),
                    will: None,
                });
                (opened.expiry_s, opened.away) = (*expiry_s, None);
            }
            Record::Ended { session } => {
                self.sessions.remove(session);
            }
            Record::Letter(letter) => {
                self.last_letter = self.last_letter.max(letter.number);
                self.letters.insert(letter.number, letter.clone());
            }
            Record::Retained { space, tenant, by, topic, letter } => {
                if let Some(letter) = self.letters.get(letter) {
                    let (tenant, by, letter) = (tenant.clone(), by.clone(), letter.clone());
                    let retained = KeptRetained { tenant, by, letter };
                    self.retained.insert((space.clone(), topic.clone()), retained);
                }
            }
            Record::Unretained { space, topic } => {
                self.retained.remove(&(space.clone(), topic.clone()));
            }
            of_session => self.apply_to_session(of_session),
        }
    }

    fn apply_to_session(&mut self, record: &Record) {
        let number = match record {
            Record::Away { session, .. }
            | Record::Subscribed { session, .. }
            | Record::Unsubscribed { session, .. }
            | Record::Queued { session, .. }
            | Record::Received { session, .. }
            | Record::Delivered { session, .. }
            | Record::Holds { session, .. }
            | Record::Released { session, .. }
            | Record::Will { session, .. }
            | Record::NoWill { session }
            | Record::Owes { session, .. }
            | Record::OwesNothing { session, .. } => *session,
            _ => return,
        };
        let Some(session) = self.sessions.get_mut(&number) else { return };
        match record {
            Record::Away { at, expiry_s, .. } => (session.away, session.expiry_s) = (Some(*at), *expiry_s),
            Record::Subscribed { filter, options, identifier, within, .. } => {
                let (options, identifier, within) = (*options, *identifier, within.clone());
                let subscription = KeptSubscription { options, identifier, within, owes: None };
                session.subscriptions.insert(filter.clone(), subscription);
            }
            Record::Unsubscribed { filter, .. } => {
                session.subscriptions.remove(filter);
            }
            Record::Queued { entry, letter, id, qos, retain, identifiers, .. } => {
                self.last_entry = self.last_entry.max(*entry);
                if let Some(letter) = self.letters.get(letter) {
                    let delivery = KeptDelivery {
                        letter: letter.clone(),
                        id: *id,
                        qos: *qos,
                        retain: *retain,
                        identifiers: identifiers.clone(),
                        received: false,
                    };
                    session.queue.insert(*entry, delivery);
                }
            }
            Record::Received { entry, .. } => {
                if let Some(delivery) = session.queue.get_mut(entry) {
                    delivery.received = true;
                }
            }
            Record::Delivered { entry, .. } => {
                session.queue.remove(entry);
            }
            Record::Holds { id, .. } => {
                session.holds.insert(*id);
            }
            Record::Released { id, .. } => {
                session.holds.remove(id);
            }
            Record::Will { will, .. } => session.will = Some(will.clone()),
            Record::NoWill { .. } => session.will = None,
            Record::Owes { filter, before, after, .. } => {
                // No later message may have a number below it: it would seem to have been there before.
                self.last_letter = self.last_letter.max(*before);
                session.owes(filter, Some(KeptOwed { before: *before, after: after.clone() }));
            }
            Record::OwesNothing { filter, .. } => session.owes(filter, None),
            _ => {}
        }
    }

    /// After a whole batch: what a letter is for is written together with it.
    pub fn forget_unused_letters(&mut self) {
        self.letters.retain(|_, letter| Arc::strong_count(letter) > 1);
    }

    /// How many letters are remembered for being named.
    pub fn letters(&self) -> usize {
        self.letters.len()
    }

    /// The shortest list of records that means the same.
    pub fn to_records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut written = BTreeSet::new();
        let mut letter = |records: &mut Vec<Record>, letter: &Arc<Letter>| {
            if written.insert(letter.number) {
                records.push(Record::Letter(letter.clone()));
            }
        };
        for ((space, topic), retained) in &self.retained {
            letter(&mut records, &retained.letter);
            let (space, topic, letter) = (space.clone(), topic.clone(), retained.letter.number);
            let (tenant, by) = (retained.tenant.clone(), retained.by.clone());
            records.push(Record::Retained { space, tenant, by, topic, letter });
        }
        for (&session, kept) in &self.sessions {
            records.extend(kept.opening(session));
            for (&entry, delivery) in &kept.queue {
                letter(&mut records, &delivery.letter);
                records.push(Record::Queued {
                    session,
                    entry,
                    letter: delivery.letter.number,
                    id: delivery.id,
                    qos: delivery.qos,
                    retain: delivery.retain,
                    identifiers: delivery.identifiers.clone(),
                });
                if delivery.received {
                    records.push(Record::Received { session, entry });
                }
            }
            if let Some(at) = kept.away {
                records.push(Record::Away { session, at, expiry_s: kept.expiry_s });
            }
        }
        records
    }
}

impl KeptSession {
    fn owes(&mut self, filter: &Text, owed: Option<KeptOwed>) {
        if let Some(subscription) = self.subscriptions.get_mut(filter) {
            subscription.owes = owed;
        }
    }

    /// Everything but the queue and the absence.
    fn opening(&self, session: u64) -> Vec<Record> {
        let opened = Record::Opened {
            session,
            identity: self.identity.clone(),
            client_id: self.client_id.clone(),
            space: self.space.clone(),
            tenant: self.tenant.clone(),
            expiry_s: self.expiry_s,
        };
        let subscriptions = self.subscriptions.iter().map(|(filter, kept)| Record::Subscribed {
            session,
            filter: filter.clone(),
            options: kept.options,
            identifier: kept.identifier,
            within: kept.within.clone(),
        });
        let owes = self.subscriptions.iter().filter_map(|(filter, kept)| {
            let KeptOwed { before, after } = kept.owes.clone()?;
            Some(Record::Owes { session, filter: filter.clone(), before, after })
        });
        let holds = self.holds.iter().map(|id| Record::Holds { session, id: *id });
        let will = self.will.iter().map(|will| Record::Will { session, will: will.clone() });
        [opened].into_iter().chain(subscriptions).chain(owes).chain(holds).chain(will).collect()
    }
}
