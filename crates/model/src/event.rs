//! The event log's entries: facts worth remembering, with their cause.
//! Payloads carry ids, never names, addresses or e-mail in the clear: personal fields are sealed per subject.

use serde::{Deserialize, Serialize};

use crate::id::{CommandId, DeviceId, EventId, HomeId, MqttClientId, OAuthClientId, OrganisationId, UserId};
use crate::time::UnixMillis;

/// What happened. The text form is what the API shows and filters by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum EventType {
    #[serde(rename = "organisation.created")]
    OrganisationCreated,
    #[serde(rename = "organisation.updated")]
    OrganisationUpdated,
    #[serde(rename = "member.added")]
    MemberAdded,
    #[serde(rename = "member.removed")]
    MemberRemoved,
    #[serde(rename = "member.updated")]
    MemberUpdated,
    #[serde(rename = "member.invited")]
    MemberInvited,
    #[serde(rename = "invitation.withdrawn")]
    InvitationWithdrawn,
    #[serde(rename = "alarm.raised")]
    AlarmRaised,
    #[serde(rename = "alarm.acknowledged")]
    AlarmAcknowledged,
    #[serde(rename = "alarm.cleared")]
    AlarmCleared,
    #[serde(rename = "home.created")]
    HomeCreated,
    #[serde(rename = "home.updated")]
    HomeUpdated,
    #[serde(rename = "home.deleted")]
    HomeDeleted,
    #[serde(rename = "room.created")]
    RoomCreated,
    #[serde(rename = "room.updated")]
    RoomUpdated,
    #[serde(rename = "room.deleted")]
    RoomDeleted,
    #[serde(rename = "device.registered")]
    DeviceRegistered,
    #[serde(rename = "device.updated")]
    DeviceUpdated,
    #[serde(rename = "device.replaced")]
    DeviceReplaced,
    #[serde(rename = "device.deleted")]
    DeviceDeleted,
    #[serde(rename = "device.credentials_rotated")]
    DeviceCredentialsRotated,
    #[serde(rename = "device.key_added")]
    DeviceKeyAdded,
    #[serde(rename = "device.key_removed")]
    DeviceKeyRemoved,
    #[serde(rename = "device.certificate_issued")]
    DeviceCertificateIssued,
    #[serde(rename = "device.certificate_revoked")]
    DeviceCertificateRevoked,
    #[serde(rename = "mqtt_client.created")]
    MqttClientCreated,
    #[serde(rename = "mqtt_client.updated")]
    MqttClientUpdated,
    #[serde(rename = "mqtt_client.secret_rotated")]
    MqttClientSecretRotated,
    #[serde(rename = "mqtt_client.deleted")]
    MqttClientDeleted,
    #[serde(rename = "oauth_client.created")]
    OAuthClientCreated,
    #[serde(rename = "oauth_client.updated")]
    OAuthClientUpdated,
    #[serde(rename = "oauth_client.secret_rotated")]
    OAuthClientSecretRotated,
    #[serde(rename = "oauth_client.deleted")]
    OAuthClientDeleted,
    #[serde(rename = "webhook.created")]
    WebhookCreated,
    #[serde(rename = "webhook.deleted")]
    WebhookDeleted,
    #[serde(rename = "device.online")]
    DeviceOnline,
    #[serde(rename = "device.late")]
    DeviceLate,
    #[serde(rename = "device.offline")]
    DeviceOffline,
    #[serde(rename = "device.discovered")]
    DeviceDiscovered,
    #[serde(rename = "device.gone")]
    DeviceGone,
    #[serde(rename = "attribute.changed")]
    AttributeChanged,
    #[serde(rename = "device.occurrence")]
    DeviceOccurrence,
    #[serde(rename = "readings.imported")]
    ReadingsImported,
    #[serde(rename = "reading.corrected")]
    ReadingCorrected,
    #[serde(rename = "readings.deleted")]
    ReadingsDeleted,
    #[serde(rename = "readings.expired")]
    ReadingsExpired,
    #[serde(rename = "retention.updated")]
    RetentionUpdated,
    #[serde(rename = "command.queued")]
    CommandQueued,
    #[serde(rename = "command.sent")]
    CommandSent,
    #[serde(rename = "command.acked")]
    CommandAcked,
    #[serde(rename = "command.confirmed")]
    CommandConfirmed,
    #[serde(rename = "command.refused")]
    CommandRefused,
    #[serde(rename = "command.failed")]
    CommandFailed,
    #[serde(rename = "command.expired")]
    CommandExpired,
    #[serde(rename = "command.unconfirmed")]
    CommandUnconfirmed,
}

impl EventType {
    pub fn as_text(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(text)) => text,
            _ => unreachable!("an event type is a plain name"),
        }
    }

    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
    }
}

/// Why something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Cause {
    /// A person asked for it.
    User(UserId),
    /// A device reported it.
    Device(DeviceId),
    /// A client of the home's MQTT space asked for it.
    MqttClient(MqttClientId),
    /// A program that acts for itself asked for it.
    Service(OAuthClientId),
    /// It followed from another event.
    Event(EventId),
    /// It followed from a command.
    Command(CommandId),
    /// The product itself: a deadline passed, or the first set-up.
    System,
}

/// An event on its way into the log; the store gives it its `seq`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub id: EventId,
    pub organisation: OrganisationId,
    pub event_type: EventType,
    /// When it happened.
    pub time: UnixMillis,
    /// When it was recorded.
    pub recorded: UnixMillis,
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub cause: Cause,
    /// Where it was born; `None` means here, and its own `seq` becomes its origin sequence.
    pub origin: Option<Origin>,
    pub payload: serde_json::Value,
}

/// Where an event was born and its number there; unique per organisation, so that deriving or syncing it twice
/// is refused by the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub name: String,
    pub seq: i64,
}

impl Origin {
    /// Events derived from one log entry are numbered within it.
    pub const DERIVED_PER_RECORD_MAX: i64 = 1 << 12;

    pub fn ingest_log(position: crate::record::Position, index: usize) -> Self {
        let index = i64::try_from(index).unwrap_or(i64::MAX).min(Self::DERIVED_PER_RECORD_MAX - 1);
        Origin { name: "ingest".to_owned(), seq: position.0 * Self::DERIVED_PER_RECORD_MAX + index }
    }
}

/// An entry of the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub seq: i64,
    pub id: EventId,
    pub organisation: OrganisationId,
    pub event_type: EventType,
    pub time: UnixMillis,
    pub recorded: UnixMillis,
    pub home: Option<HomeId>,
    pub device: Option<DeviceId>,
    pub cause: Cause,
    pub origin: Origin,
    pub payload: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_a_text_form_both_ways() {
        assert_eq!(EventType::DeviceCredentialsRotated.as_text(), "device.credentials_rotated");
        assert_eq!(EventType::from_text("attribute.changed"), Some(EventType::AttributeChanged));
        assert_eq!(EventType::from_text("attribute.moved"), None);
    }
}
