//! Who is calling, and what they may see and do at this instant.

use lares_model::access::{Action, Membership, Role, Scope, may};
use lares_model::event::Cause;
use lares_model::oauth::{OAuthScope, Scopes, scope_for};
use lares_model::{
    AppSessionId, HomeId, MembershipId, OAuthClientId, OrganisationId, TokenId, UnixMillis, UserId,
};

use crate::error::HubError;
use crate::home_clients::HomeClient;

/// What the caller showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The product itself: the command line, the demo, a home's MQTT client.
    Inside,
    /// A browser's session.
    Session,
    ApiToken,
    /// An app that a person signed in with, ours or somebody else's.
    App {
        session: AppSessionId,
        client: Option<OAuthClientId>,
    },
    /// A program that acts for itself.
    Service(OAuthClientId),
}

/// How the caller was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub means: Means,
    pub scopes: Scopes,
    /// When the person last proved who they are.
    pub at: UnixMillis,
}

/// What is dangerous needs a proof of who somebody is that is not older.
pub const STEP_UP_MS: i64 = 15 * 60 * 1_000;

#[derive(Clone, Debug)]
pub struct Caller {
    pub user: UserId,
    pub token: TokenId,
    pub authenticated: Authenticated,
    memberships: Vec<Membership>,
    scope: Scope,
    cause: Cause,
    /// The only home that it reaches; `None` for people, who reach all of their organisations'.
    home: Option<HomeId>,
}

impl Caller {
    /// Memberships that do not hold now are as if they were not there.
    pub fn new(user: UserId, token: TokenId, memberships: Vec<Membership>, now: UnixMillis) -> Caller {
        let memberships: Vec<_> =
            memberships.into_iter().filter(|membership| membership.holds_at(now)).collect();
        let scope = Scope::of(memberships.iter().map(|membership| membership.organisation));
        let authenticated = Authenticated { means: Means::Inside, scopes: Scopes::ALL, at: now };
        Caller { user, token, authenticated, memberships, scope, cause: Cause::User(user), home: None }
    }

    #[must_use]
    pub fn authenticated(self, authenticated: Authenticated) -> Caller {
        Caller { authenticated, ..self }
    }

    /// A program that acts for itself, in one organisation.
    pub fn of_service(
        membership: Membership,
        client: OAuthClientId,
        scopes: Scopes,
        now: UnixMillis,
    ) -> Caller {
        let (user, token) = (UserId(client.0), TokenId(client.0));
        let caller = Caller::new(user, token, vec![membership], now);
        let authenticated = Authenticated { means: Means::Service(client), scopes, at: now };
        Caller { authenticated, cause: Cause::Service(client), ..caller }
    }

    /// Whether the token that the caller came with is good for this. A service is nobody with an account, and a program
    /// of somebody else learns of its person what their scopes say, at userinfo.
    pub fn within_scope(&self, action: Action) -> Result<(), HubError> {
        let personal = matches!(
            action,
            Action::SignedIn | Action::Myself | Action::AccountManage | Action::OrganisationCreate
        );
        match self.authenticated.means {
            Means::Service(_) if personal => return Err(HubError::Forbidden),
            Means::App { client: Some(_), .. } if action == Action::Myself => {
                return self.has_scope(OAuthScope::AccountManage);
            }
            _ => {}
        }
        scope_for(action).map_or(Ok(()), |scope| self.has_scope(scope))
    }

    pub fn has_scope(&self, scope: OAuthScope) -> Result<(), HubError> {
        if self.authenticated.scopes.has(scope) { Ok(()) } else { Err(HubError::OutOfScope(scope)) }
    }

    /// Whether a person in front of a screen has lately proved who they are. Programs cannot be asked: their scopes
    /// say what they may do.
    pub fn stepped_up(&self, now: UnixMillis) -> Result<(), HubError> {
        let asks = match self.authenticated.means {
            Means::Session | Means::App { client: None, .. } => true,
            Means::Inside | Means::ApiToken | Means::App { .. } | Means::Service(_) => false,
        };
        if asks && now.since_ms(self.authenticated.at) >= STEP_UP_MS {
            return Err(HubError::StepUpNeeded);
        }
        Ok(())
    }

    /// Whether it is a person with a session of their own, and not a program that they gave a token to.
    pub fn in_person(&self) -> Result<(), HubError> {
        match self.authenticated.means {
            Means::Inside | Means::Session | Means::App { client: None, .. } => Ok(()),
            Means::ApiToken | Means::App { .. } | Means::Service(_) => Err(HubError::PersonNeeded),
        }
    }

    /// A client of a home's MQTT space: it may command that home's devices and nothing else.
    pub fn of_home_client(client: &HomeClient, now: UnixMillis) -> Caller {
        let user = UserId(client.id.0);
        let membership = Membership {
            id: MembershipId(client.id.0),
            organisation: client.organisation,
            user,
            role: Role::Member,
            valid_from: now,
            valid_until: None,
        };
        let caller = Caller::new(user, TokenId(client.id.0), vec![membership], now);
        Caller { cause: Cause::MqttClient(client.id), home: Some(client.home), ..caller }
    }

    /// Whether a home of its organisations is one that it reaches.
    pub fn reaches(&self, home: HomeId) -> bool {
        self.home.is_none_or(|only| only == home)
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub fn cause(&self) -> Cause {
        self.cause
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

    /// The same organisations, in the same roles.
    pub fn may_the_same_as(&self, other: &Caller) -> bool {
        let roles = |caller: &Caller| {
            let mut roles: Vec<_> =
                caller.memberships.iter().map(|one| (one.organisation, one.role)).collect();
            roles.sort_unstable_by_key(|(organisation, _)| *organisation);
            roles
        };
        roles(self) == roles(other)
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
