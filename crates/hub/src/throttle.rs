//! Bounds on guessing. Failed sign-ins are counted per account and network: the waiting grows, and concerns nobody who
//! comes from elsewhere, no passkey and no session that stands. What is counted is kept in memory, within bounds, and
//! is forgotten when the server restarts.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use lares_model::UnixMillis;
use sha2::{Digest, Sha256};

use crate::error::HubError;

/// Anybody mistypes a few times.
const FREE_TRIES: u32 = 5;
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;
/// After so long without a try the account starts anew in that network.
const FORGOTTEN_AFTER_MS: i64 = 3_600 * 1_000;
/// Failed tries of one network with whatever accounts: so many at once, and then one in so many milliseconds.
const NETWORK_BURST: i64 = 100;
const NETWORK_EVERY_MS: i64 = 6_000;
/// Of those that may wait for a hash at a time, one network never takes all.
const NETWORK_AT_ONCE: u32 = 16;
const KEPT_MAX: usize = 50_000;
/// Wrong codes after a right password, from wherever: whoever guesses them knows the password already.
const FREE_CODES: u32 = 10;
const CODES_FORGOTTEN_AFTER_MS: i64 = 24 * 3_600 * 1_000;

/// What neighbours share: an IPv4 /24, an IPv6 /56. All whose address is not known are one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network(Option<IpAddr>);

fn network_of(peer: Option<&str>) -> Network {
    let address = peer.and_then(|peer| peer.parse::<IpAddr>().ok());
    Network(address.map(|address| match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[7..].fill(0);
            IpAddr::from(octets)
        }
    }))
}

/// How long after its last failure somebody with so many may try again.
fn wait_ms(failures: u32) -> i64 {
    let Some(beyond) = failures.checked_sub(FREE_TRIES) else { return 0 };
    FIRST_WAIT_MS.saturating_mul(1 << beyond.min(20)).min(LONGEST_WAIT_MS)
}

/// Hashed, so that a name takes no more memory for being long.
type Account = [u8; 16];

fn account_of(name: &str) -> Account {
    let hash: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    short
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: UnixMillis,
}

#[derive(Default)]
struct Kept {
    accounts: HashMap<(Account, Network), Failures>,
    /// When all failures of a network will have been worked off.
    networks: HashMap<Network, UnixMillis>,
    /// Wrong second factors of an account.
    codes: HashMap<Account, Failures>,
    /// Tries whose outcome is still to come: no more than there are requests.
    under_way: HashMap<Network, u32>,
}

/// Makes room: what is oldest goes first.
fn make_room<K: Eq + Hash, V>(kept: &mut HashMap<K, V>, at: impl Fn(&V) -> UnixMillis) {
    if kept.len() < KEPT_MAX {
        return;
    }
    let mut times: Vec<_> = kept.values().map(&at).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    kept.retain(|_, value| at(value) > median);
}

#[derive(Default)]
pub struct SignInThrottle(Arc<Mutex<Kept>>);

/// A try, which counts as failed until its outcome is told.
#[must_use]
pub struct Attempt {
    account: Account,
    network: Network,
    throttle: Arc<Mutex<Kept>>,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut kept = locked(&self.throttle);
        let under_way = kept.under_way.entry(self.network).or_default();
        *under_way = under_way.saturating_sub(1);
        if *under_way == 0 {
            kept.under_way.remove(&self.network);
        }
    }
}

fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SignInThrottle {
    pub fn attempt(&self, account: &str, peer: Option<&str>, now: UnixMillis) -> Result<Attempt, HubError> {
        let (account, network) = (account_of(account), network_of(peer));
        let mut kept = locked(&self.0);
        let known = kept.accounts.get(&(account, network)).copied();
        let failures = known
            .filter(|failures| now.since_ms(failures.last) < FORGOTTEN_AFTER_MS)
            .unwrap_or(Failures { count: 0, last: now });
        let free_at = kept.networks.get(&network).map_or(now, |at| (*at).max(now));
        let of_account = wait_ms(failures.count) - now.since_ms(failures.last);
        let of_network = free_at.since_ms(now) - NETWORK_BURST * NETWORK_EVERY_MS;
        let crowded = kept.under_way.get(&network).is_some_and(|tries| *tries >= NETWORK_AT_ONCE);
        let wait = of_account.max(of_network).max(if crowded { FIRST_WAIT_MS } else { 0 });
        if wait > 0 {
            metrics::counter!("lares_sign_ins_throttled_total").increment(1);
            return Err(HubError::TooMany { retry_after_s: wait.unsigned_abs().div_ceil(1_000) });
        }
        make_room(&mut kept.accounts, |failures| failures.last);
        make_room(&mut kept.networks, |at| *at);
        let counted = Failures { count: failures.count.saturating_add(1), last: now };
        kept.accounts.insert((account, network), counted);
        kept.networks.insert(network, free_at + NETWORK_EVERY_MS);
        *kept.under_way.entry(network).or_default() += 1;
        drop(kept);
        Ok(Attempt { account, network, throttle: self.0.clone() })
    }

    /// Whoever it was has proved who they are: what they mistyped before is forgotten.
    pub fn succeeded(&self, attempt: Attempt) {
        let mut kept = locked(&self.0);
        kept.accounts.remove(&(attempt.account, attempt.network));
        give_back(&mut kept, attempt.network);
        drop(kept);
        drop(attempt);
    }

    /// Neither right nor wrong, such as a right password whose code is still to come.
    pub fn undecided(&self, attempt: Attempt) {
        let mut kept = locked(&self.0);
        if let Some(failures) = kept.accounts.get_mut(&(attempt.account, attempt.network)) {
            failures.count = failures.count.saturating_sub(1);
        }
        give_back(&mut kept, attempt.network);
        drop(kept);
        drop(attempt);
    }

    /// Counts a code as wrong before it is looked at, so that many at once are counted, too. `whose` is an account, or a
    /// session that asks again who somebody is: what others guess does not concern it.
    pub fn code(&self, whose: &str, now: UnixMillis) -> Result<(), HubError> {
        let mut kept = locked(&self.0);
        let account = account_of(whose);
        let known = kept.codes.get(&account).copied();
        let failures = known
            .filter(|failures| now.since_ms(failures.last) < CODES_FORGOTTEN_AFTER_MS)
            .unwrap_or(Failures { count: 0, last: now });
        let beyond = failures.count.saturating_sub(FREE_CODES - FREE_TRIES);
        let wait = wait_ms(beyond) - now.since_ms(failures.last);
        if wait > 0 {
            metrics::counter!("lares_sign_ins_throttled_total").increment(1);
            return Err(HubError::TooMany { retry_after_s: wait.unsigned_abs().div_ceil(1_000) });
        }
        make_room(&mut kept.codes, |failures| failures.last);
        kept.codes.insert(account, Failures { count: failures.count.saturating_add(1), last: now });
        Ok(())
    }

    pub fn code_was_right(&self, whose: &str) {
        locked(&self.0).codes.remove(&account_of(whose));
    }

    pub fn forget_quiet(&self, now: UnixMillis) {
        let mut kept = locked(&self.0);
        kept.codes.retain(|_, failures| now.since_ms(failures.last) < CODES_FORGOTTEN_AFTER_MS);
        kept.accounts.retain(|_, failures| now.since_ms(failures.last) < FORGOTTEN_AFTER_MS);
        kept.networks.retain(|_, free_at| now < *free_at);
    }
}

fn give_back(kept: &mut Kept, network: Network) {
    if let Some(free_at) = kept.networks.get_mut(&network) {
        *free_at = *free_at + -NETWORK_EVERY_MS;
    }
}

/// For what nobody does more often in earnest, such as trying a secret that people chose for a program of a home: at
/// most ten times a minute.
pub struct ClientThrottle(DefaultKeyedRateLimiter<String>);

impl Default for ClientThrottle {
    fn default() -> Self {
        ClientThrottle(RateLimiter::keyed(Quota::per_minute(NonZeroU32::MIN.saturating_add(9))))
    }
}

impl ClientThrottle {
    pub fn check(&self, key: &str) -> Result<(), HubError> {
        self.0.check_key(&key.to_owned()).map_err(|_| HubError::TooMany { retry_after_s: 60 })
    }

    /// Forgets keys that are quiet again.
    pub fn shrink(&self) {
        self.0.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<&str> = Some("203.0.113.7");
    const ELSEWHERE: Option<&str> = Some("198.51.100.7");

    fn at(s: i64) -> UnixMillis {
        UnixMillis(1_000_000_000_000 + s * 1_000)
    }

    fn wait(outcome: Result<Attempt, HubError>) -> u64 {
        match outcome {
            Ok(_) => 0,
            Err(HubError::TooMany { retry_after_s }) => retry_after_s,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a04_the_waiting_grows_and_concerns_one_account_in_one_network() {
        let throttle = SignInThrottle::default();
        let mut now = 0;
        for _ in 0..FREE_TRIES {
            assert_eq!(wait(throttle.attempt("a", HERE, at(now))), 0);
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(wait(throttle.attempt("a", HERE, at(now))), expected);
            assert_eq!(wait(throttle.attempt("a", Some("203.0.113.250"), at(now))), expected, "a neighbour");
            now += i64::try_from(expected).unwrap();
            assert_eq!(wait(throttle.attempt("a", HERE, at(now))), 0, "after having waited");
        }
        assert_eq!(wait(throttle.attempt("a", ELSEWHERE, at(now))), 0, "the same account from elsewhere");
        assert_eq!(wait(throttle.attempt("b", HERE, at(now))), 0, "another account from here");
        assert_eq!(wait(throttle.attempt("a", HERE, at(now + 3_600))), 0, "after an hour");
    }

    #[test]
    fn a04_success_forgets_and_an_open_outcome_counts_for_nothing() {
        let throttle = SignInThrottle::default();
        for _ in 0..10 * FREE_TRIES {
            throttle.undecided(throttle.attempt("a", HERE, at(0)).unwrap());
        }
        for _ in 1..FREE_TRIES {
            let _failed = throttle.attempt("a", HERE, at(0)).unwrap();
        }
        throttle.succeeded(throttle.attempt("a", HERE, at(0)).unwrap());
        for _ in 0..FREE_TRIES {
            let _failed = throttle.attempt("a", HERE, at(0)).unwrap();
        }
        assert!(wait(throttle.attempt("a", HERE, at(0))) > 0);
    }

    #[test]
    fn a04_a_network_that_tries_many_accounts_is_slowed_down_alone() {
        let throttle = SignInThrottle::default();
        let tries = |peer, now| {
            (0..1_000)
                .filter(|nth| wait(throttle.attempt(&format!("{nth} {now}"), peer, at(now))) == 0)
                .count()
        };
        assert_eq!(tries(HERE, 0), 101);
        assert_eq!(tries(HERE, 60), 10);
        assert_eq!(tries(ELSEWHERE, 60), 101);
        throttle.forget_quiet(at(100_000));
        let kept = locked(&throttle.0);
        assert!(kept.accounts.is_empty() && kept.networks.is_empty());
    }

    #[test]
    fn a04_a_network_takes_no_more_places_at_a_time_than_it_may() {
        let throttle = SignInThrottle::default();
        let name = |nth: u32| format!("account {nth}");
        let mut held: Vec<_> =
            (0..NETWORK_AT_ONCE).map(|nth| throttle.attempt(&name(nth), HERE, at(0)).unwrap()).collect();
        assert_eq!(wait(throttle.attempt("one more", HERE, at(0))), 1);
        assert_eq!(wait(throttle.attempt("one more", ELSEWHERE, at(0))), 0);
        held.pop();
        assert_eq!(wait(throttle.attempt("one more", HERE, at(0))), 0);
        drop(held);
        assert!(locked(&throttle.0).under_way.is_empty());
    }

    #[test]
    fn a04_what_is_kept_has_a_bound() {
        let throttle = SignInThrottle::default();
        for nth in 0..3 * i64::try_from(KEPT_MAX).unwrap() {
            let peer = format!("2001:db8:{:x}:{:x}00::1", nth >> 8, nth & 255);
            assert_eq!(wait(throttle.attempt("a", Some(&peer), UnixMillis(nth))), 0);
        }
        let kept = locked(&throttle.0);
        assert!(kept.accounts.len() <= KEPT_MAX && kept.networks.len() <= KEPT_MAX);
        assert!(kept.accounts.len() >= KEPT_MAX / 3);
    }

    #[test]
    fn a04_codes_are_counted_wherever_they_come_from_and_a_session_by_itself() {
        let throttle = SignInThrottle::default();
        let wait = |whose, now| match throttle.code(whose, at(now)) {
            Ok(()) => 0,
            Err(HubError::TooMany { retry_after_s }) => retry_after_s,
            Err(other) => panic!("{other}"),
        };
        for nth in 0..i64::from(FREE_CODES) {
            assert_eq!(wait("a", nth), 0);
        }
        assert_eq!(wait("a", 9), 1);
        assert_eq!(wait("session of a", 9), 0, "its own session goes on");
        assert_eq!(wait("b", 9), 0);
        assert_eq!(wait("a", 10), 0, "after the wait one more");
        assert_eq!(wait("a", 11), 1, "and a longer wait");
        throttle.code_was_right("a");
        assert_eq!(wait("a", 11), 0);
    }

    #[test]
    fn networks_are_prefixes() {
        for (one, other, same) in [
            ("203.0.113.7", "203.0.113.8", true),
            ("203.0.113.7", "203.0.114.7", false),
            ("::ffff:203.0.113.7", "203.0.113.9", true),
            ("2001:db8:1:ff01::1", "2001:db8:1:ff02::1", true),
            ("2001:db8:1:ff01::1", "2001:db8:1:fe01::1", false),
        ] {
            assert_eq!(network_of(Some(one)) == network_of(Some(other)), same, "{one} {other}");
        }
    }
}
