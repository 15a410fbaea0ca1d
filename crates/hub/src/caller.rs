//! Who is calling, and what they may see and do at this instant.

use lares_model::access::{Action, Membership, Role, Scope, may};
use lares_model::event::Cause;
use lares_model::{OrganisationId, TokenId, UnixMillis, UserId};

use crate::error::HubError;

#[derive(Clone, Debug)]
pub struct Caller {
    pub user: UserId,
    pub token: TokenId,
    memberships: Vec<Membership>,
    scope: Scope,
}

impl Caller {
    /// Memberships that do not hold now are as if they were not there.
    pub fn new(user: UserId, token: TokenId, memberships: Vec<Membership>, now: UnixMillis) -> Caller {
        let memberships: Vec<_> = memberships.into_iter().filter(|membership| membership.holds_at(now)).collect();
        let scope = Scope::of(memberships.iter().map(|membership| membership.organisation));
        Caller { user, token, memberships, scope }
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub fn cause(&self) -> Cause {
        Cause::User(self.user)
    }

    /// The scope of a list: all of the caller's organisations, or the one named.
    pub fn narrowed(&self, organisation: Option<OrganisationId>) -> Result<Scope, HubError> {
        match organisation {
            None => Ok(self.scope.clone()),
            Some(organisation) if self.scope.contains(organisation) => Ok(self.scope.narrowed(organisation)),
            Some(_) => Err(HubError::NotFound("organisation")),
        }
    }

    pub fn role_in(&self, organisation: OrganisationId) -> Option<Role> {
        self.memberships.iter().find(|membership| membership.organisation == organisation).map(|m| m.role)
    }

    /// An organisation that is not the caller's does not exist; a role that does not suffice is said.
    pub fn require(&self, action: Action, organisation: OrganisationId) -> Result<(), HubError> {
        match self.role_in(organisation) {
            None => Err(HubError::NotFound("organisation")),
            Some(role) if may(role, action) => Ok(()),
            Some(_) => Err(HubError::Forbidden),
        }
    }
}
