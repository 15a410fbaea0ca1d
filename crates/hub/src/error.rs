//! Why the hub did not do what was asked: one transport-free enum with a message for the person who asked.
//! The internal cause is logged once, where the error is turned into an answer.

use lares_model::Invalid;
use lares_model::oauth::OAuthScope;
use lares_store::StoreError;
use lares_telemetry::{Refusal, TelemetryError};

#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// It does not exist, or not for this caller.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(String),
    /// The caller may see the thing, and may not do this to it.
    #[error("your role in this organisation does not include this")]
    Forbidden,
    /// Only somebody who was invited may make an account.
    #[error("an account is made here by invitation only")]
    RegistrationClosed,
    #[error("sign in first: the token is missing, unknown or expired")]
    Unauthenticated,
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// The password was right, and is not enough.
    #[error("the password is right; send the code of your second factor, too")]
    SecondFactorNeeded,
    #[error("the code is wrong, too old, or was used before")]
    SecondFactorRefused,
    /// Programs cannot be asked, and what follows would outlive their token.
    #[error("only the session of a person may do this, not an API token or another app")]
    PersonNeeded,
    #[error("this passkey is not known here, or its challenge is over; try again")]
    PasskeyRefused,
    #[error("the refresh token is unknown, used or expired; sign in again")]
    RefreshRefused,
    #[error("this asks for more than was granted")]
    ScopeBeyondGrant,
    /// The token is not good for this.
    #[error("the token's scopes do not include {}", .0.name())]
    OutOfScope(OAuthScope),
    /// A person has to prove again who they are.
    #[error("prove again who you are, then repeat this")]
    StepUpNeeded,
    /// A cursor that this server did not give out, or that points to what is gone.
    #[error("the cursor is not known; start again without one")]
    UnknownCursor,
    #[error("this idempotency key was used with another request")]
    KeyReused,
    #[error("too many tries; wait {retry_after_s} s")]
    TooMany { retry_after_s: u64 },
    #[error("the provider does not answer now; try again, or sign in another way")]
    ProviderUnavailable,
    /// Nothing was done, and it says nothing of the caller.
    #[error("too many people sign in at this moment; try again in {retry_after_s} s")]
    Busy { retry_after_s: u64 },
    /// Nothing was written.
    #[error("no space left to store this; nothing was changed")]
    NoSpace,
    /// Nothing was written, and nothing will be before somebody makes room.
    #[error("{0}")]
    LimitReached(Refusal),
    #[error("the storage is not available now; nothing was changed")]
    Unavailable,
    #[error("an internal error; it has been logged")]
    Internal(String),
}

impl From<StoreError> for HubError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { what } => {
                HubError::Conflict(format!("{what} exists already or has changed"))
            }
            StoreError::NoSpace(cause) => {
                tracing::error!(%cause, "relational store has no space");
                HubError::NoSpace
            }
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "relational store is not available");
                HubError::Unavailable
            }
            StoreError::Corrupt(cause) | StoreError::Other(cause) => HubError::Internal(cause),
        }
    }
}

impl From<Refusal> for HubError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TextTooLong => Invalid::one("readings", refusal.to_string()).into(),
            limit => HubError::LimitReached(limit),
        }
    }
}

impl From<TelemetryError> for HubError {
    fn from(error: TelemetryError) -> Self {
        match error {
            TelemetryError::NoSpace(cause) => {
                tracing::error!(%cause, "ingest log has no space");
                HubError::NoSpace
            }
            TelemetryError::Unavailable(cause) => {
                tracing::error!(%cause, "ingest log is not available");
                HubError::Unavailable
            }
            TelemetryError::Unsupported(reason) => HubError::Conflict(reason),
            TelemetryError::Corrupt(cause) | TelemetryError::Other(cause) => HubError::Internal(cause),
        }
    }
}
