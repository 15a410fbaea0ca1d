//! A channel that does not work is left alone for a while, longer each time, and then tried with one letter. Pure: a
//! day of failures can be tried in a moment.

use lares_model::UnixMillis;

const FIRST_REST_MS: i64 = 5_000;
const LONGEST_REST_MS: i64 = 10 * 60 * 1_000;

#[derive(Debug, Default)]
pub struct Breaker {
    failures_in_a_row: u32,
    rests_until: Option<UnixMillis>,
}

impl Breaker {
    /// How many letters may be tried now: none, one to see, or as many as are wanted.
    pub fn allows(&self, now: UnixMillis, wanted: u64) -> u64 {
        match self.rests_until {
            None => wanted,
            Some(until) if now < until => 0,
            Some(_) => wanted.min(1),
        }
    }

    pub fn rests_until(&self) -> Option<UnixMillis> {
        self.rests_until
    }

    pub fn worked(&mut self) {
        *self = Breaker::default();
    }

    /// Until when it rests now.
    pub fn failed(&mut self, now: UnixMillis) -> UnixMillis {
        let rest = FIRST_REST_MS.checked_shl(self.failures_in_a_row.min(16)).unwrap_or(LONGEST_REST_MS);
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        let until = now + rest.min(LONGEST_REST_MS);
        self.rests_until = Some(until);
        until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_longer_each_time_and_recovers_at_once() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.allows(UnixMillis(0), 20), 20);
        let mut now = UnixMillis(0);
        let mut rests = Vec::new();
        for _ in 0..10 {
            let until = breaker.failed(now);
            assert_eq!(breaker.allows(until - 1, 20), 0);
            assert_eq!(breaker.allows(until, 20), 1, "one letter to see");
            rests.push(until.since_ms(now));
            now = until;
        }
        assert_eq!(rests[..4], [5_000, 10_000, 20_000, 40_000]);
        assert_eq!(rests.last(), Some(&LONGEST_REST_MS));
        breaker.worked();
        assert_eq!(breaker.allows(now, 20), 20);
    }
}
