//! One entry of the ingest log: what a device said, or what a door saw of it, already judged.
//! The log is the spine: everything derived can be derived again from these entries alone.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{CommandId, DeviceId, OrganisationId};
use crate::presence::PresenceStatus;
use crate::reading::Reading;
use crate::time::UnixMillis;

/// A place in the ingest log. Positions only grow; 0 is before the first entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub i64);

/// An entry on its way into the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub organisation: OrganisationId,
    pub device: DeviceId,
    /// The server's clock when the door took it.
    pub received: UnixMillis,
    /// What makes the message itself and no other; `None` when it carries neither time nor sequence.
    pub identity: Option<MessageIdentity>,
    pub body: Body,
}

/// An entry with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub position: Position,
    pub entry: Entry,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    Readings {
        readings: Vec<Reading>,
    },
    /// Occurrences that the device reports as such, in Matter's event names.
    Occurrences {
        occurrences: Vec<Occurrence>,
    },
    Ack {
        ack: Ack,
    },
    /// Input that could not be taken, kept with its reason for the device's diagnostics.
    Rejected {
        rejected: Rejected,
    },
    /// What a door or the sweeper saw of the device's presence.
    Presence {
        status: PresenceStatus,
        reason: String,
    },
    /// Somebody had readings of this span removed; what is known from them goes too.
    Erased {
        from: UnixMillis,
        /// Exclusive.
        until: UnixMillis,
        /// All of them where `None`.
        attribute: Option<String>,
    },
}

impl Entry {
    /// Readings that a person entered or corrected: they are history, and say nothing of what the device is or does
    /// now. A device's have an identity, or are at-least-once.
    pub fn is_by_hand(&self) -> bool {
        match &self.body {
            Body::Readings { readings } => {
                self.identity.is_none() && readings.iter().all(|reading| !reading.at_least_once)
            }
            _ => false,
        }
    }
}

/// Something that happened at a device, such as `DoorLock.LockOperation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    pub endpoint: u16,
    /// Full name, `Capability.Event`.
    pub event: String,
    pub time: UnixMillis,
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// A device's answer to a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ack {
    pub command: CommandId,
    pub status: AckStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckStatus {
    Accepted,
    Refused,
    Failed,
}

/// Input that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rejected {
    /// The door and channel it came by, such as `mqtt telemetry`.
    pub channel: String,
    pub reason: String,
    /// Its first bytes, with what is not printable escaped.
    pub excerpt: String,
    pub size_bytes: u64,
}

impl Rejected {
    pub const EXCERPT_MAX_BYTES: usize = 512;

    pub fn new(channel: &str, reason: impl Into<String>, payload: &[u8]) -> Self {
        let head = &payload[..payload.len().min(Self::EXCERPT_MAX_BYTES)];
        Rejected {
            channel: channel.to_owned(),
            reason: reason.into(),
            excerpt: head.escape_ascii().to_string(),
            size_bytes: payload.len() as u64,
        }
    }
}

/// The first 64 bits of a SHA-256 over what makes a message of one device the same when it is delivered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageIdentity(pub u64);

impl MessageIdentity {
    /// With a time and a sequence number these two (and the epoch) are the identity; with only one of them the
    /// content counts too, so that a device that restarts its counter loses nothing; with neither there is none.
    pub fn of(
        kind: &str,
        epoch: &str,
        seq: Option<u64>,
        time: Option<UnixMillis>,
        content: &[u8],
    ) -> Option<Self> {
        if seq.is_none() && time.is_none() {
            return None;
        }
        let mut hash = Sha256::new();
        hash.update((kind.len() as u64).to_be_bytes());
        hash.update(kind);
        hash.update((epoch.len() as u64).to_be_bytes());
        hash.update(epoch);
        hash.update([u8::from(seq.is_some()), u8::from(time.is_some())]);
        hash.update(seq.unwrap_or_default().to_be_bytes());
        hash.update(time.unwrap_or_default().0.to_be_bytes());
        if seq.is_none() || time.is_none() {
            hash.update(content);
        }
        let digest = hash.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Some(MessageIdentity(u64::from_be_bytes(first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_needs_a_time_or_a_sequence() {
        let time = Some(UnixMillis(5));
        let of = |seq, time, content: &[u8]| MessageIdentity::of("telemetry", "e", seq, time, content);
        assert_eq!(of(None, None, b"x"), None);
        assert_eq!(of(Some(1), time, b"x"), of(Some(1), time, b"y"));
        assert_ne!(of(Some(1), None, b"x"), of(Some(1), None, b"y"));
        assert_ne!(of(None, time, b"x"), of(None, time, b"y"));
        assert_ne!(of(Some(0), None, b"x"), of(None, Some(UnixMillis(0)), b"x"));
        assert_ne!(
            MessageIdentity::of("a", "bc", Some(1), time, b""),
            MessageIdentity::of("ab", "c", Some(1), time, b"")
        );
    }
}
