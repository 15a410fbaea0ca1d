//! The nouns of Lares and every decision about them, as plain values and pure functions.
//! Nothing here does I/O, reads a clock, draws randomness or knows a runtime: all of that is passed in.

pub mod access;
pub mod alarm;
pub mod attention;
pub mod attribute_name;
pub mod bounds;
pub mod capability;
mod catalogue;
pub mod certificate;
pub mod chart;
pub mod command;
pub mod device;
pub mod dialect;
pub mod discovered;
pub mod event;
pub mod export;
pub mod fold;
pub mod foreign;
pub mod gap;
pub mod history;
pub mod home;
pub mod id;
pub mod invalid;
pub mod letter;
pub mod mqtt_client;
pub mod oauth;
pub mod oauth_client;
pub mod oauth_device;
pub mod oauth_request;
pub mod person;
pub mod ports;
pub mod presence;
pub mod protocol;
pub mod public_key;
pub mod reading;
pub mod record;
pub mod retention;
pub mod time;
pub mod value;
pub mod webhook;

pub use attribute_name::AttributeName;
pub use id::{
    AlarmId, AppSessionId, CertificateId, CommandId, DeviceId, DeviceKeyId, DiscoveredId, EventId, HomeId,
    IdentityId, InvitationId, MembershipId, MqttClientId, MqttSessionId, NotificationId, OAuthClientId,
    OrganisationId, PasskeyId, RoomId, SessionId, SigningKeyId, TokenId, UserId, WebhookId,
};
pub use invalid::{FieldError, Invalid};
pub use time::UnixMillis;
pub use value::Value;
