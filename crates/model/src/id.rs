//! Typed identifiers: one UUIDv7 (RFC 9562, section 5.7) per noun, so that mixing two kinds does not compile.
//! The UUID itself is minted by the `Ids` port; nothing here draws randomness.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub Uuid);

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
}
