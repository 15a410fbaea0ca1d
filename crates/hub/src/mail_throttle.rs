//! Bounds on what makes this server send mails or make accounts, by the network that asks and by the address that
//! would get them: nobody's mailbox is filled through us.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::account_log::Visitor;
use crate::accounts::AccountPolicy;
use crate::error::HubError;

/// An address has a share of each. What a stranger sees of one must not depend on mails that only accounts get, and
/// nothing uses up the way back into an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Share {
    /// Anybody may have these sent to any address.
    Asked,
    /// To the address of an account alone.
    Account,
    /// That somebody else wants the address of an account.
    Wanted,
    Reset,
}

pub struct MailThrottle {
    registrations: DefaultKeyedRateLimiter<String>,
    mails_by_network: DefaultKeyedRateLimiter<String>,
    mails_by_address: DefaultKeyedRateLimiter<(Share, String)>,
    clock: DefaultClock,
}

fn hourly<K: Clone + Eq + Hash>(times: u32) -> DefaultKeyedRateLimiter<K> {
    RateLimiter::keyed(Quota::per_hour(NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN)))
}

/// One IPv6 customer has a whole /64.
fn network_of(visitor: &Visitor) -> String {
    match visitor.peer.as_deref().and_then(|peer| peer.parse().ok()) {
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(IpAddr::V4(v4)) => v4.to_string(),
        None => visitor.peer_or_unknown().to_owned(),
    }
}

impl MailThrottle {
    pub fn new(policy: &AccountPolicy) -> MailThrottle {
        MailThrottle {
            registrations: hourly(policy.registrations_per_network_per_hour),
            mails_by_network: hourly(policy.mails_per_network_per_hour),
            mails_by_address: hourly(policy.mails_per_address_per_hour),
            clock: DefaultClock::default(),
        }
    }

    fn check<K: Clone + Eq + Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: K,
    ) -> Result<(), HubError> {
        limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            HubError::TooMany { retry_after_s: wait.as_secs().max(1) }
        })
    }

    fn check_share(&self, share: Share, address: &str) -> Result<(), HubError> {
        self.check(&self.mails_by_address, (share, address.to_lowercase()))
    }

    pub fn registration(&self, visitor: &Visitor) -> Result<(), HubError> {
        self.check(&self.registrations, network_of(visitor))
    }

    /// A mail that somebody asked for, whoever has the address.
    pub fn mail(&self, visitor: &Visitor, address: &str) -> Result<(), HubError> {
        self.check(&self.mails_by_network, network_of(visitor))?;
        self.check_share(Share::Asked, address)
    }

    /// A mail that somebody asked for to their own address.
    pub fn own(&self, visitor: &Visitor, address: &str) -> Result<(), HubError> {
        self.check(&self.mails_by_network, network_of(visitor))?;
        self.check_share(Share::Account, address)
    }

    /// A link to choose a new password, and whether another is to be sent. Where the address has had its share, one
    /// that was sent less than an hour ago lies in its mailbox and is good: nobody is refused for what others asked.
    pub fn reset(&self, visitor: &Visitor, address: &str) -> Result<bool, HubError> {
        self.check(&self.mails_by_network, network_of(visitor))?;
        Ok(self.check_share(Share::Reset, address).is_ok())
    }

    /// A mail about something that somebody else did to an account.
    pub fn notice(&self, address: &str) -> Result<(), HubError> {
        self.check_share(Share::Account, address)
    }

    /// Whether the owner of an address is told once more that somebody wants it.
    pub fn wanted(&self, address: &str) -> bool {
        self.check_share(Share::Wanted, address).is_ok()
    }

    /// Forgets keys that are quiet again.
    pub fn shrink(&self) {
        for limiter in [&self.registrations, &self.mails_by_network] {
            limiter.retain_recent();
        }
        self.mails_by_address.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str) -> Visitor {
        Visitor { peer: Some(peer.to_owned()), user_agent: None }
    }

    #[test]
    fn an_address_is_protected_from_many_networks_and_a_network_is_one_whatever_its_address() {
        let policy = AccountPolicy {
            registrations_per_network_per_hour: 2,
            mails_per_network_per_hour: 3,
            mails_per_address_per_hour: 2,
            ..AccountPolicy::default()
        };
        let throttle = MailThrottle::new(&policy);
        assert!(throttle.mail(&from("192.0.2.1"), "Anna@example.org").is_ok());
        assert!(throttle.mail(&from("192.0.2.2"), "anna@example.org").is_ok());
        let refused = throttle.mail(&from("192.0.2.3"), "anna@example.org");
        assert!(matches!(refused, Err(HubError::TooMany { retry_after_s }) if retry_after_s > 60));
        // What others asked for refuses nobody the way back in, and no more links are sent than by the bound.
        let asked =
            |host: u8| throttle.reset(&from(&format!("198.51.100.{host}")), "Anna@example.org").unwrap();
        assert_eq!((1..=5).map(asked).collect::<Vec<_>>(), [true, true, false, false, false]);
        for _ in 0..2 {
            assert!(throttle.reset(&from("198.51.100.1"), "ben@example.org").is_ok());
        }
        assert!(throttle.reset(&from("198.51.100.1"), "ben@example.org").is_err(), "a network has its bound");
        // What goes to accounts alone shows in nothing that anybody may ask for any address.
        let of_account = [throttle.wanted("carl@example.org"), throttle.wanted("Carl@example.org")];
        assert_eq!((of_account, throttle.wanted("carl@example.org")), ([true, true], false));
        assert!(throttle.notice("carl@example.org").is_ok());
        assert!(throttle.own(&from("192.0.2.4"), "carl@example.org").is_ok());
        assert!(throttle.own(&from("192.0.2.4"), "carl@example.org").is_err());
        for host in 5..=6 {
            assert!(throttle.mail(&from(&format!("192.0.2.{host}")), "carl@example.org").is_ok());
        }
        assert!(throttle.mail(&from("192.0.2.7"), "carl@example.org").is_err());
        for host in 1..=2 {
            assert!(throttle.registration(&from(&format!("2001:db8:1:2::{host}"))).is_ok());
        }
        assert!(throttle.registration(&from("2001:db8:1:2:ffff::9")).is_err());
        assert!(throttle.registration(&from("2001:db8:1:3::1")).is_ok());
    }
}
