//! Who lately tried to sign in to a home's MQTT space and was not let in, so that whoever sets a thing up sees why it
//! does not come. In memory, bounded, one line per user name; never a password, and no name that is nobody's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lares_model::access::Action;
use lares_model::mqtt_client::MqttClient;
use lares_model::{HomeId, MqttClientId, OrganisationId, UnixMillis};
use lares_store::homes;

use crate::caller::Caller;
use crate::error::HubError;
use crate::hub::Hub;

/// Of so many clients the last refusals are kept; who was refused longest ago is forgotten.
pub const KEPT_MAX: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyRefused {
    WrongPassword,
    /// Passwords were tried so often that none is looked at for a while.
    TooManyAttempts,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RefusedLogin {
    pub organisation: OrganisationId,
    pub home: HomeId,
    pub client: MqttClientId,
    pub name: String,
    pub username: String,
    /// Of the last time.
    pub why: WhyRefused,
    /// Since it is remembered.
    pub times: u64,
    pub first_at: UnixMillis,
    pub last_at: UnixMillis,
}

#[derive(Default)]
pub struct RefusedLogins(Mutex<BTreeMap<MqttClientId, RefusedLogin>>);

impl RefusedLogins {
    pub(crate) fn note(&self, client: &MqttClient, why: WhyRefused, now: UnixMillis) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get_mut(&client.id) {
            (known.why, known.last_at) = (why, now);
            known.times += 1;
            return;
        }
        if kept.len() >= KEPT_MAX {
            let oldest = kept.values().min_by_key(|known| known.last_at).map(|known| known.client);
            oldest.and_then(|oldest| kept.remove(&oldest));
        }
        let refused = RefusedLogin {
            organisation: client.organisation,
            home: client.home,
            client: client.id,
            name: client.name.clone(),
            username: client.username.clone(),
            why,
            times: 1,
            first_at: now,
            last_at: now,
        };
        kept.insert(client.id, refused);
    }

    pub(crate) fn forget(&self, client: MqttClientId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
    }

    /// The newest first.
    fn those(&self, wanted: impl Fn(&RefusedLogin) -> bool) -> Vec<RefusedLogin> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = kept.values().filter(|known| wanted(known)).cloned().collect();
        found.sort_by_key(|known| (std::cmp::Reverse(known.last_at), known.client));
        found
    }
}

pub async fn of_home(hub: &Hub, caller: &Caller, home: HomeId) -> Result<Vec<RefusedLogin>, HubError> {
    let found = homes::find(&hub.store, caller.scope(), home).await?.ok_or(HubError::NotFound("home"))?;
    caller.require(Action::HomeManage, found.organisation)?;
    Ok(hub.home_clients.refused.those(|known| known.home == home))
}

/// In organisations that the caller has asked for and manages.
pub fn of_organisations(hub: &Hub, organisations: &[OrganisationId]) -> Vec<RefusedLogin> {
    hub.home_clients.refused.those(|known| organisations.contains(&known.organisation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn client(number: u128) -> MqttClient {
        MqttClient {
            id: MqttClientId(Uuid::from_u128(number)),
            organisation: OrganisationId(Uuid::from_u128(1)),
            home: HomeId(Uuid::from_u128(2)),
            name: format!("client {number}"),
            username: format!("user-{number}"),
            publish: vec![],
            subscribe: vec![],
            trusted: false,
            created_at: UnixMillis(0),
            last_seen: None,
        }
    }

    #[test]
    fn a_name_has_one_line_and_the_last_reason() {
        let refused = RefusedLogins::default();
        refused.note(&client(1), WhyRefused::WrongPassword, UnixMillis(1));
        refused.note(&client(2), WhyRefused::WrongPassword, UnixMillis(2));
        refused.note(&client(1), WhyRefused::TooManyAttempts, UnixMillis(3));
        let all = refused.those(|_| true);
        let told: Vec<_> = all.iter().map(|one| (one.username.as_str(), one.times, one.why)).collect();
        assert_eq!(
            told,
            [("user-1", 2, WhyRefused::TooManyAttempts), ("user-2", 1, WhyRefused::WrongPassword)]
        );
        refused.forget(client(1).id);
        assert_eq!(refused.those(|_| true).len(), 1);
    }

    #[test]
    fn a_flood_takes_no_more_than_its_place() {
        let refused = RefusedLogins::default();
        for number in 0..=KEPT_MAX as u128 {
            refused.note(&client(number), WhyRefused::WrongPassword, UnixMillis(number as i64));
        }
        let all = refused.those(|_| true);
        assert_eq!(all.len(), KEPT_MAX);
        assert!(all.iter().all(|one| one.username != "user-0"), "the oldest went");
    }
}
