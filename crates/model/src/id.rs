//! Typed identifiers: one UUIDv7 (RFC 9562, section 5.7) per noun, so that mixing two kinds does not compile.
//! The UUID itself is minted by the `Ids` port; nothing here draws randomness.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub Uuid);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(UuidVisitor).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

/// Text in every encoding, so that JSON and CBOR have one schema; the 16 bytes are taken too (RFC 9562 allows both).
struct UuidVisitor;

impl serde::de::Visitor<'_> for UuidVisitor {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Uuid, E> {
        Uuid::parse_str(text)
            .map_err(|_| E::custom("must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057"))
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Uuid, E> {
        Uuid::from_slice(bytes).map_err(|_| E::custom("a UUID has 16 bytes"))
    }
}

typed_ids! {
    /// A household or a property business: the wall around everything else.
    OrganisationId,
    /// A property: one address, one time zone.
    HomeId,
    /// A room of a home.
    RoomId,
    /// A device of a home. Also its MQTT user name and client id.
    DeviceId,
    /// A person who signs in.
    UserId,
    /// A person's place in an organisation.
    MembershipId,
    /// An API token or a sign-in session.
    TokenId,
    /// An entry of the event log.
    EventId,
    /// A request to a device.
    CommandId,
    /// A device as it was found in a home's MQTT space.
    DiscoveredId,
    /// A client of a home's MQTT space.
    MqttClientId,
    /// A session of an MQTT client with the broker.
    MqttSessionId,
    /// A certificate of a device; also its serial number.
    CertificateId,
    /// A webhook of a home.
    WebhookId,
    /// A key that tokens are signed with; also its `kid`.
    SigningKeyId,
    /// A sign-in of an app: a family of refresh tokens.
    AppSessionId,
    /// A sign-in that holds, of a browser (a `TokenId`) or an app (an `AppSessionId`), as its person sees it.
    SessionId,
    /// An OAuth client; also its `client_id`.
    OAuthClientId,
    /// A public key of a device.
    DeviceKeyId,
    /// Something that people are to be told.
    NotificationId,
    /// A place in an organisation that is offered.
    InvitationId,
    /// Something that a person has to look at.
    AlarmId,
    /// A passkey of a person.
    PasskeyId,
    /// An account elsewhere that a person signs in with.
    IdentityId,
}
