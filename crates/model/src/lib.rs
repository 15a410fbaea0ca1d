//! The nouns of Lares and every decision about them, as plain values and pure functions.
//! Nothing here does I/O, reads a clock, draws randomness or knows a runtime: all of that is passed in.

pub mod access;
pub mod alarm;
pub mod attention;
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
pub mod mqtt_client;
pub mod oauth;
pub mod ports;
pub mod presence;
pub mod protocol;
pub mod reading;
pub mod record;
pub mod retention;
pub mod time;
pub mod value;
pub mod webhook;

pub use id::{
    AlarmId, AppSessionId, CertificateId, CommandId, DeviceId, DiscoveredId, EventId, HomeId, InvitationId,
    MembershipId, MqttClientId, MqttSessionId, NotificationId, OAuthClientId, OrganisationId, RoomId,
    SigningKeyId, TokenId, UserId, WebhookId,
};
pub use invalid::{FieldError, Invalid};
pub use time::UnixMillis;
pub use value::Value;
