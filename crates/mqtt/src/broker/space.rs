//! A topic space: subscriptions and retained messages that nobody outside sees. Each mount has one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::mpsc;

use super::Overheard;
use super::group::Group;
use super::subscriptions::Subscription;
use super::tenant::Tenant;
use super::trie::Trie;
use crate::codec::Text;
use crate::session::{Letter, UnixMs};
use crate::topic::{matches, shared};

/// What looking for a retained message found.
pub(super) enum Look {
    Found(Arc<Letter>),
    /// As many topics were looked at as may be, this one last.
    Enough(Option<Text>),
    End,
}

/// What stands at a filter.
pub(super) enum Standing {
    One(Arc<Subscription>),
    Group(Group),
    /// Somebody of the house looks on.
    Watcher {
        number: u64,
        sender: mpsc::Sender<Overheard>,
    },
}

/// A retained message, and who said it; nobody in particular is the empty name.
#[derive(Debug, Clone)]
struct Retained {
    letter: Arc<Letter>,
    by: Arc<str>,
}

#[derive(Default)]
pub(super) struct Topics {
    pub standing: Trie<Standing>,
    retained: BTreeMap<Text, Retained>,
    /// On how many topics the last word is an identity's.
    topics_of: HashMap<Arc<str>, usize>,
    /// Those of them that do not stay for ever.
    expiring: BTreeSet<(UnixMs, Text)>,
}

pub(super) struct Space {
    pub name: Text,
    pub tenant: Arc<Tenant>,
    topics: RwLock<Topics>,
}

impl std::fmt::Debug for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Space").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Space {
    pub fn new(name: Text, tenant: Arc<Tenant>) -> Space {
        Space { name, tenant, topics: RwLock::default() }
    }

    pub fn read(&self) -> RwLockReadGuard<'_, Topics> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Topics> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topics {
    pub fn add(&mut self, subscription: &Arc<Subscription>) {
        let Some((group, filter)) = shared(&subscription.filter) else {
            let standing = self.standing.at_mut(&subscription.filter);
            return standing.push(Standing::One(subscription.clone()));
        };
        let standing = self.standing.at_mut(filter);
        for entry in standing.iter_mut() {
            if let Standing::Group(known) = entry
                && known.is_named(group)
            {
                return known.add(subscription);
            }
        }
        standing.push(Standing::Group(Group::new(group, subscription)));
    }

    pub fn retained_at(&self, topic: &Text) -> Option<&Arc<Letter>> {
        self.retained.get(topic).map(|retained| &retained.letter)
    }

    /// On how many topics an identity would have the last word, were this one among them.
    pub fn topics_with(&self, by: &str, topic: &Text) -> usize {
        let own = self.retained.get(topic).is_some_and(|retained| &*retained.by == by);
        self.topics_of.get(by).copied().unwrap_or(0) + usize::from(!own)
    }

    /// What was there before.
    pub fn retain(&mut self, topic: Text, letter: Arc<Letter>, by: Arc<str>) -> Option<Arc<Letter>> {
        let before = self.forget(&topic);
        self.expiring.extend(letter.expires_at.map(|at| (at, topic.clone())));
        if !by.is_empty() {
            *self.topics_of.entry(by.clone()).or_default() += 1;
        }
        self.retained.insert(topic, Retained { letter, by });
        before
    }

    pub fn forget(&mut self, topic: &Text) -> Option<Arc<Letter>> {
        let before = self.retained.remove(topic)?;
        if let Some(at) = before.letter.expires_at {
            self.expiring.remove(&(at, topic.clone()));
        }
        self.has_one_less(&before.by);
        Some(before.letter)
    }

    fn has_one_less(&mut self, by: &str) {
        if let Some(topics) = self.topics_of.get_mut(by) {
            *topics -= 1;
            if *topics == 0 {
                self.topics_of.remove(by);
            }
        }
    }

    pub fn forget_all(&mut self) -> Vec<Arc<Letter>> {
        self.expiring = BTreeSet::new();
        self.topics_of = HashMap::new();
        std::mem::take(&mut self.retained).into_values().map(|retained| retained.letter).collect()
    }

    pub fn next_expiry(&self) -> Option<UnixMs> {
        self.expiring.first().map(|(at, _)| *at)
    }

    pub fn take_expired(&mut self, now: UnixMs) -> Vec<Arc<Letter>> {
        let mut expired = Vec::new();
        while self.next_expiry().is_some_and(|at| at <= now)
            && let Some((_, topic)) = self.expiring.pop_first()
        {
            let Some(retained) = self.retained.remove(&topic) else { continue };
            self.has_one_less(&retained.by);
            expired.push(retained.letter);
        }
        expired
    }

    pub fn remove(&mut self, subscription: &Arc<Subscription>) {
        let filter = shared(&subscription.filter).map_or(&*subscription.filter, |(_, filter)| filter);
        self.standing.remove(filter, |standing| match standing {
            Standing::One(known) => Arc::ptr_eq(known, subscription),
            Standing::Group(group) => group.remove(subscription),
            Standing::Watcher { .. } => false,
        });
    }

    /// The next retained message that a filter covers, in the order of topics. Each topic that is looked at costs one of
    /// `looks`.
    pub fn next_retained(&self, filter: &str, after: Option<&Text>, now: UnixMs, looks: &mut usize) -> Look {
        let alive = |letter: &&Arc<Letter>| !letter.has_expired(now);
        let Some(wild) = filter.find(['+', '#']) else {
            *looks = looks.saturating_sub(1);
            let found = Text::new(filter).filter(|_| after.is_none());
            let found = found.and_then(|topic| self.retained_at(&topic)).filter(alive);
            return found.map_or(Look::End, |letter| Look::Found(letter.clone()));
        };
        // Topics with the same beginning lie together; `a/#` covers `a`, too.
        let prefix = filter[..wild].trim_end_matches('/');
        let from = match after {
            Some(after) => Bound::Excluded(after.clone()),
            None => Bound::Included(Text::new(prefix).unwrap_or_default()),
        };
        let mut last: Option<&Text> = None;
        for (topic, Retained { letter, .. }) in self.retained.range((from, Bound::Unbounded)) {
            if !topic.starts_with(prefix) {
                break;
            }
            if *looks == 0 {
                return Look::Enough(last.cloned());
            }
            *looks -= 1;
            last = Some(topic);
            if matches(filter, topic) && alive(&letter) {
                return Look::Found(letter.clone());
            }
        }
        Look::End
    }

    /// Retained messages that a filter covers.
    pub fn retained(&self, filter: &str, now: UnixMs) -> Vec<Arc<Letter>> {
        let alive = |letter: &&Arc<Letter>| !letter.has_expired(now);
        let Some(wild) = filter.find(['+', '#']) else {
            let found = Text::new(filter).and_then(|topic| self.retained.get(&topic));
            let found = found.map(|retained| &retained.letter);
            return found.into_iter().filter(alive).cloned().collect();
        };
        // Topics with the same beginning lie together; `a/#` covers `a`, too.
        let prefix = filter[..wild].trim_end_matches('/');
        let Some(from) = Text::new(prefix) else { return Vec::new() };
        let range = self.retained.range((Bound::Included(from), Bound::Unbounded));
        range
            .take_while(|(topic, _)| topic.starts_with(prefix))
            .filter(|(topic, _)| matches(filter, topic))
            .map(|(_, retained)| &retained.letter)
            .filter(alive)
            .cloned()
            .collect()
    }
}
