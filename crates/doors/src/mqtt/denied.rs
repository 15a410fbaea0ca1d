//! The filters that nobody may subscribe to who comes in without a name; an operator changes them while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use lares_mqtt::topic::covers;

/// As they stand at the moment, for everybody who holds it.
#[derive(Clone, Default)]
pub struct Denied(Arc<RwLock<Vec<String>>>);

impl Denied {
    pub fn new(filters: &[String]) -> Denied {
        Denied(Arc::new(RwLock::new(filters.to_vec())))
    }

    pub(super) fn covers(&self, filter: &str) -> bool {
        let filters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        filters.iter().any(|denied| covers(denied, filter))
    }

    /// These from now on. Whether one of them was not denied before.
    pub(super) fn replace(&self, filters: &[String]) -> bool {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let more = filters.iter().any(|filter| !known.contains(filter));
        *known = filters.to_vec();
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_denied_filter_covers_is_denied_for_everybody_who_holds_it() {
        let owned = |filters: &[&str]| filters.iter().map(ToString::to_string).collect::<Vec<_>>();
        let denied = Denied::new(&owned(&["a/b", "c/#"]));
        let held = denied.clone();
        let of = |held: &Denied| ["a/b", "a/+", "c", "c/d", "c/+/e", "#"].map(|filter| held.covers(filter));
        assert_eq!(of(&held), [true, false, true, true, true, false]);
        assert!(!denied.replace(&owned(&["a/b"])), "less than before");
        assert_eq!(of(&held), [true, false, false, false, false, false]);
        assert!(denied.replace(&owned(&["c/#"])));
        assert_eq!(of(&held), [false, false, true, true, true, false]);
    }
}
