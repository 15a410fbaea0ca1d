//! How many live connections there may be: in all, and for one person. A place is held as long as its connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lares_model::UserId;

use crate::http::problem::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveLimits {
    pub connections: usize,
    pub per_user: usize,
    /// A client that reads nothing for this long is cut off.
    pub unread: Duration,
}

impl Default for LiveLimits {
    fn default() -> Self {
        LiveLimits { connections: 4_000, per_user: 1_000, unread: Duration::from_secs(10) }
    }
}

#[derive(Debug)]
pub struct LivePlaces {
    pub limits: LiveLimits,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_user: HashMap<UserId, usize>,
}

/// Given back when dropped.
pub struct Place {
    user: UserId,
    taken: Arc<Mutex<Taken>>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    ForAll,
    ForUser,
}

impl Full {
    pub fn reason(self) -> &'static str {
        match self {
            Full::ForAll => "too many live connections; try again later",
            Full::ForUser => "you have too many live connections; close some first",
        }
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Problem {
        let mut problem = Problem::too_many(10);
        full.reason().clone_into(&mut problem.detail);
        problem
    }
}

impl LivePlaces {
    pub fn new(limits: LiveLimits) -> LivePlaces {
        LivePlaces { limits, taken: Arc::default() }
    }

    pub fn take(&self, user: UserId) -> Result<Place, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.limits.connections {
            return Err(Full::ForAll);
        }
        let of_user = taken.by_user.entry(user).or_default();
        if *of_user >= self.limits.per_user {
            return Err(Full::ForUser);
        }
        *of_user += 1;
        taken.all += 1;
        metrics::gauge!("lares_live_connections").set(taken.all as f64);
        Ok(Place { user, taken: self.taken.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        metrics::gauge!("lares_live_connections").set(taken.all as f64);
        if let Some(of_user) = taken.by_user.get_mut(&self.user) {
            *of_user -= 1;
            if *of_user == 0 {
                taken.by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn places_are_counted_for_all_and_for_each_and_given_back() {
        let places = LivePlaces::new(LiveLimits { connections: 3, per_user: 2, ..LiveLimits::default() });
        let (ana, ben) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let first = places.take(ana).unwrap();
        let _second = places.take(ana).unwrap();
        assert_eq!(places.take(ana).err(), Some(Full::ForUser));
        let _third = places.take(ben).unwrap();
        assert_eq!(places.take(ben).err(), Some(Full::ForAll));
        drop(first);
        assert!(places.take(ana).is_ok());
        assert!(places.take(ben).is_ok());
    }
}
