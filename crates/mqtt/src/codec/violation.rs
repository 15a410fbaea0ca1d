//! What a peer did wrong: one variant per rule, with the reason code to answer and the clause it breaks.

use super::packet::Kind;
use super::reason::ReasonCode;

/// A broken rule of the protocol. The connection that caused it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("the remaining length is not a variable byte integer")]
    RemainingLength,
    #[error("packet of {bytes} bytes is over the maximum of {limit}")]
    PacketTooLarge { bytes: usize, limit: usize },
    #[error("packet type {0} does not exist")]
    PacketType(u8),
    #[error("{0:?} has wrong flags in its fixed header")]
    Flags(Kind),
    #[error("{0} is cut short")]
    Truncated(&'static str),
    #[error("{0:?} has bytes after its end")]
    Trailing(Kind),
    #[error("a variable byte integer is malformed")]
    VariableByteInteger,
    #[error("a string is not UTF-8")]
    Utf8,
    #[error("a string contains NUL")]
    Nul,
    #[error("a packet identifier is 0")]
    ZeroPacketId,
    #[error("QoS 3 does not exist")]
    QosThree,
    #[error("a QoS 0 PUBLISH is marked as duplicate")]
    DuplicateAtQosZero,
    #[error("a topic is empty")]
    EmptyTopic,
    #[error("a topic name contains a wildcard")]
    WildcardInTopic,
    #[error("a topic filter is malformed")]
    Filter,
    #[error("{0:?} names no topic filter")]
    NoFilters(Kind),
    #[error("more than {0} topic filters in one packet")]
    TooManyFilters(usize),
    #[error("subscription options are malformed")]
    SubscriptionOptions,
    #[error("more than {0} properties in one packet")]
    TooManyProperties(usize),
    #[error("property {0:#04x} does not exist")]
    UnknownProperty(u32),
    #[error("property {0:#04x} does not belong in this packet")]
    MisplacedProperty(u8),
    #[error("property {0:#04x} is given twice")]
    DuplicateProperty(u8),
    #[error("property {0:#04x} has a forbidden value")]
    PropertyValue(u8),
    #[error("reason code {0:#04x} does not belong in this packet")]
    ForbiddenReason(u8),
    #[error("the protocol name is not MQTT")]
    ProtocolName,
    #[error("protocol level {0} is not supported")]
    ProtocolLevel(u8),
    #[error("the CONNECT flags contradict each other")]
    ConnectFlags,
    #[error("the CONNACK flags are reserved")]
    ConnAckFlags,
    #[error("the first packet is not CONNECT")]
    FirstNotConnect,
    #[error("a second CONNECT")]
    SecondConnect,
    #[error("{0:?} may not come from a client")]
    NotFromClient(Kind),
    #[error("the topic alias is outside the announced range")]
    TopicAlias,
    #[error("the topic alias was never set")]
    UnknownTopicAlias,
    #[error("more QoS 1 and 2 messages are unacknowledged than the receive maximum of {0}")]
    ReceiveMaximum(u16),
    #[error("packet identifier {0} is still in use")]
    PacketIdInUse(u16),
    #[error("{kind:?} for packet identifier {id} does not fit its state")]
    UnexpectedAck { kind: Kind, id: u16 },
    #[error("a client may not put a subscription identifier into PUBLISH")]
    SubscriptionIdentifierInPublish,
    #[error("retained messages are not available")]
    RetainUnavailable,
    #[error("a session that was to end at once cannot be given an expiry")]
    SessionExpiry,
    #[error("AUTH without an authentication method")]
    UnexpectedAuth,
}

impl Violation {
    /// The reason code that tells a v5 peer what it did.
    pub fn reason(&self) -> ReasonCode {
        use Violation::*;
        match self {
            PacketTooLarge { .. } => ReasonCode::PacketTooLarge,
            RemainingLength | PacketType(_) | Flags(_) | Truncated(_) | Trailing(_) | VariableByteInteger => {
                ReasonCode::MalformedPacket
            }
            Utf8 | Nul | QosThree | DuplicateAtQosZero | SubscriptionOptions | UnknownProperty(_) => {
                ReasonCode::MalformedPacket
            }
            MisplacedProperty(_) | ForbiddenReason(_) | ConnectFlags | ConnAckFlags => {
                ReasonCode::MalformedPacket
            }
            WildcardInTopic => ReasonCode::TopicNameInvalid,
            Filter => ReasonCode::TopicFilterInvalid,
            ProtocolName | ProtocolLevel(_) => ReasonCode::UnsupportedProtocolVersion,
            TopicAlias => ReasonCode::TopicAliasInvalid,
            ReceiveMaximum(_) => ReasonCode::ReceiveMaximumExceeded,
            TooManyFilters(_) | TooManyProperties(_) => ReasonCode::QuotaExceeded,
            RetainUnavailable => ReasonCode::RetainNotSupported,
            _ => ReasonCode::ProtocolError,
        }
    }

    /// The normative statement of MQTT 5.0 that was broken (3.1.1 numbers some of them differently).
    pub fn clause(&self) -> &'static str {
        use Violation::*;
        match self {
            RemainingLength | VariableByteInteger => "MQTT-1.5.5-1",
            PacketTooLarge { .. } => "MQTT-3.2.2-15",
            PacketType(_) => "section 2.1.2",
            Flags(_) => "MQTT-2.1.3-1",
            Truncated(_) | Trailing(_) => "section 2.1.4",
            Utf8 => "MQTT-1.5.4-1",
            Nul => "MQTT-1.5.4-2",
            ZeroPacketId => "MQTT-2.2.1-3",
            QosThree => "MQTT-3.3.1-4",
            DuplicateAtQosZero => "MQTT-3.3.1-2",
            EmptyTopic => "MQTT-4.7.3-1",
            WildcardInTopic => "MQTT-3.3.2-2",
            Filter => "MQTT-4.7.1-1, MQTT-4.7.1-2",
            NoFilters(Kind::Unsubscribe) => "MQTT-3.10.3-2",
            NoFilters(_) => "MQTT-3.8.3-2",
            TooManyFilters(_) | TooManyProperties(_) => "section 4.13",
            SubscriptionOptions => "MQTT-3.8.3-5",
            UnknownProperty(_) | MisplacedProperty(_) => "section 2.2.2.2",
            DuplicateProperty(_) | PropertyValue(_) => "section 2.2.2.2 and the property's own",
            ForbiddenReason(_) => "section 2.4",
            ProtocolName => "MQTT-3.1.2-1",
            ProtocolLevel(_) => "MQTT-3.1.2-2",
            ConnectFlags => "MQTT-3.1.2-3, MQTT-3.1.2-11 to MQTT-3.1.2-13",
            ConnAckFlags => "MQTT-3.2.2-1",
            FirstNotConnect => "MQTT-3.1.0-1",
            SecondConnect => "MQTT-3.1.0-2",
            NotFromClient(_) => "section 2.1.2",
            TopicAlias => "MQTT-3.3.2-9",
            UnknownTopicAlias => "section 3.3.2.3.4",
            ReceiveMaximum(_) => "MQTT-3.3.4-7",
            PacketIdInUse(_) => "MQTT-2.2.1-3",
            UnexpectedAck { .. } => "section 4.3.3",
            SubscriptionIdentifierInPublish => "MQTT-3.3.4-6",
            RetainUnavailable => "MQTT-3.2.2-14",
            SessionExpiry => "section 3.14.2.2.2",
            UnexpectedAuth => "section 4.12",
        }
    }
}
