//! The OAuth 2.1 and OpenID Connect provider: programs of others are let in by people, and services and devices by
//! themselves. Requests and codes are tickets; what people let in are sessions of apps.

mod assertion;
pub mod authorize;
pub mod client_auth;
pub mod clients;
pub mod connected;
pub mod device_grant;
pub mod grants;
pub mod id_token;
pub mod introspection;
pub mod logout;
pub mod machines;
pub mod metadata;
pub mod registration;

pub use lares_model::oauth_request::{OAuthFault, Parameters, fault};
use lares_store::StoreError;

use crate::error::HubError;

/// Why a program was not given what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    #[error(transparent)]
    Fault(#[from] OAuthFault),
    #[error(transparent)]
    Hub(HubError),
}

impl From<HubError> for OAuthError {
    fn from(error: HubError) -> OAuthError {
        match error {
            HubError::RefreshRefused => fault("invalid_grant", error.to_string()).into(),
            HubError::ScopeBeyondGrant => fault("invalid_scope", error.to_string()).into(),
            HubError::Invalid(invalid) => fault("invalid_request", invalid.to_string()).into(),
            HubError::NotFound(_) | HubError::Unauthenticated => {
                fault("invalid_grant", error.to_string()).into()
            }
            other => OAuthError::Hub(other),
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> OAuthError {
        HubError::from(error).into()
    }
}
