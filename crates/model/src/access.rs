//! Who may do what. In this first form the decision is membership of the organisation, valid at that instant;
//! the action of every route and topic is named from the first day so that finer policy needs no new seams.

use serde::{Deserialize, Serialize};

use crate::id::{MembershipId, OrganisationId, UserId};
use crate::time::UnixMillis;

/// Presets over one relation model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Member,
    Viewer,
}

/// A person's place in an organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub user: UserId,
    pub role: Role,
    pub valid_from: UnixMillis,
    /// The first instant at which it no longer holds; `None` while it is open-ended.
    pub valid_until: Option<UnixMillis>,
}

impl Membership {
    pub fn holds_at(&self, now: UnixMillis) -> bool {
        self.valid_from <= now && self.valid_until.is_none_or(|until| now < until)
    }
}

/// The organisations a caller may see, sorted: the wall. Every repository call carries one, and what lies outside
/// it does not exist for the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<OrganisationId>);

impl Scope {
    pub fn of(organisations: impl IntoIterator<Item = OrganisationId>) -> Self {
        let mut organisations: Vec<_> = organisations.into_iter().collect();
        organisations.sort_unstable();
        organisations.dedup();
        Scope(organisations)
    }

    pub fn organisations(&self) -> &[OrganisationId] {
        &self.0
    }

    pub fn contains(&self, organisation: OrganisationId) -> bool {
        self.0.binary_search(&organisation).is_ok()
    }

    /// The part of it that is this organisation: empty when it lies outside.
    pub fn narrowed(&self, organisation: OrganisationId) -> Scope {
        Scope(if self.contains(organisation) { vec![organisation] } else { vec![] })
    }
}

/// What somebody wants to do. Every route and topic is declared with one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Needs no identity: health, the API document, signing in.
    Public,
    /// Needs an identity, and tells nothing of anybody.
    SignedIn,
    /// Needs an identity and concerns only the caller: no program that they let in for something else.
    Myself,
    /// The same, and changes who gets into the account or what is kept of it.
    AccountManage,
    OrganisationRead,
    OrganisationCreate,
    OrganisationManage,
    HomeRead,
    HomeManage,
    DeviceRead,
    DeviceManage,
    DeviceCommand,
    /// A device on its own topics.
    DeviceReport,
    DeviceReceive,
}

/// Whether a role includes an action.
pub fn may(role: Role, action: Action) -> bool {
    match action {
        Action::Public | Action::SignedIn | Action::Myself => true,
        Action::AccountManage | Action::OrganisationCreate => true,
        Action::OrganisationRead | Action::HomeRead | Action::DeviceRead => true,
        Action::DeviceCommand => !matches!(role, Role::Viewer),
        Action::OrganisationManage | Action::HomeManage | Action::DeviceManage => {
            matches!(role, Role::Owner | Role::Admin)
        }
        Action::DeviceReport | Action::DeviceReceive => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_membership_holds_from_its_first_to_before_its_last_instant() {
        let membership = Membership {
            id: MembershipId(Uuid::nil()),
            organisation: OrganisationId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            role: Role::Member,
            valid_from: UnixMillis(10),
            valid_until: Some(UnixMillis(20)),
        };
        let at = |ms| membership.holds_at(UnixMillis(ms));
        assert_eq!([at(9), at(10), at(19), at(20)], [false, true, true, false]);
    }

    #[test]
    fn nobody_but_a_device_acts_as_a_device() {
        for role in [Role::Owner, Role::Admin, Role::Member, Role::Viewer] {
            assert!(!may(role, Action::DeviceReport));
            assert!(may(role, Action::DeviceRead));
        }
        assert!(!may(Role::Viewer, Action::DeviceCommand));
        assert!(!may(Role::Member, Action::DeviceManage));
    }
}
