//! Who was cut a moment ago. A sign-in that asked for its rights before, and has its session only now, was let in by what
//! does not hold any more: whoever cuts finds its session, or it finds here that it was cut.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Sign-ins take seconds at most; so many are cut meanwhile on no ordinary day.
const REMEMBERED_MAX: usize = 4_096;

/// How many cuts there were when a sign-in began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

#[derive(Default)]
pub(super) struct Cuts {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    total: u64,
    /// The newest ones: names of identities and of spaces.
    newest: VecDeque<Box<str>>,
}

impl Cuts {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Moment {
        Moment(self.inner().total)
    }

    /// Before the sessions of `name` are looked for.
    pub fn note(&self, name: &str) {
        let mut inner = self.inner();
        inner.total += 1;
        inner.newest.push_back(name.into());
        if inner.newest.len() > REMEMBERED_MAX {
            inner.newest.pop_front();
        }
    }

    /// Whether one of `names` was cut after a moment, or may have been.
    pub fn since(&self, moment: Moment, names: &[&str]) -> bool {
        let inner = self.inner();
        let after = usize::try_from(inner.total - moment.0).unwrap_or(usize::MAX);
        after > inner.newest.len() || inner.newest.iter().rev().take(after).any(|cut| names.contains(&&**cut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_after_a_moment_is_known_and_what_is_forgotten_counts_as_cut() {
        let cuts = Cuts::default();
        cuts.note("early");
        let moment = cuts.now();
        assert!(!cuts.since(moment, &["early", "a"]));
        cuts.note("b");
        cuts.note("a");
        assert!(cuts.since(moment, &["x", "a"]) && cuts.since(moment, &["b"]) && !cuts.since(moment, &["x"]));
        assert!(!cuts.since(cuts.now(), &["a"]));
        (0..REMEMBERED_MAX).for_each(|n| cuts.note(&format!("n{n}")));
        assert!(cuts.since(moment, &["x"]));
    }
}
