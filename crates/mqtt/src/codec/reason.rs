//! Reason codes of MQTT 5 (section 2.4), and how the few of MQTT 3.1.1 map onto them.

macro_rules! reason_codes {
    ($($name:ident = $value:literal),* $(,)?) => {
        /// Why something was answered the way it was. 3.1.1 return codes are mapped onto these.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum ReasonCode { $($name = $value),* }

        impl ReasonCode {
            /// Every code, for tables and tests.
            pub const ALL: &'static [ReasonCode] = &[$(ReasonCode::$name),*];

            pub fn from_u8(value: u8) -> Option<ReasonCode> {
                match value { $($value => Some(ReasonCode::$name),)* _ => None }
            }
        }
    };
}

reason_codes! {
    Success = 0x00, GrantedQos1 = 0x01, GrantedQos2 = 0x02, DisconnectWithWill = 0x04,
    NoMatchingSubscribers = 0x10, NoSubscriptionExisted = 0x11, ContinueAuthentication = 0x18,
    ReAuthenticate = 0x19, UnspecifiedError = 0x80, MalformedPacket = 0x81, ProtocolError = 0x82,
    ImplementationSpecificError = 0x83, UnsupportedProtocolVersion = 0x84, ClientIdentifierNotValid = 0x85,
    BadUserNameOrPassword = 0x86, NotAuthorized = 0x87, ServerUnavailable = 0x88, ServerBusy = 0x89,
    Banned = 0x8A, ServerShuttingDown = 0x8B, BadAuthenticationMethod = 0x8C, KeepAliveTimeout = 0x8D,
    SessionTakenOver = 0x8E, TopicFilterInvalid = 0x8F, TopicNameInvalid = 0x90, PacketIdentifierInUse = 0x91,
    PacketIdentifierNotFound = 0x92, ReceiveMaximumExceeded = 0x93, TopicAliasInvalid = 0x94,
    PacketTooLarge = 0x95, MessageRateTooHigh = 0x96, QuotaExceeded = 0x97, AdministrativeAction = 0x98,
    PayloadFormatInvalid = 0x99, RetainNotSupported = 0x9A, QosNotSupported = 0x9B, UseAnotherServer = 0x9C,
    ServerMoved = 0x9D, SharedSubscriptionsNotSupported = 0x9E, ConnectionRateExceeded = 0x9F,
    MaximumConnectTime = 0xA0, SubscriptionIdentifiersNotSupported = 0xA1,
    WildcardSubscriptionsNotSupported = 0xA2,
}

/// The packets that carry reason codes; each allows its own set (tables 2-6, 3-x of the specification).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonPlace {
    ConnAck,
    /// PUBACK and PUBREC share one set.
    PubAck,
    /// PUBREL and PUBCOMP share one set.
    PubRel,
    SubAck,
    UnsubAck,
    Disconnect,
    Auth,
}

impl ReasonCode {
    pub fn is_error(self) -> bool {
        self as u8 >= 0x80
    }

    /// Whether the specification lets `place` carry this code.
    pub fn allowed_in(self, place: ReasonPlace) -> bool {
        let code = self as u8;
        match place {
            ReasonPlace::ConnAck => {
                matches!(code, 0 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F)
            }
            ReasonPlace::PubAck => matches!(code, 0 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99),
            ReasonPlace::PubRel => matches!(code, 0 | 0x92),
            ReasonPlace::SubAck => {
                matches!(code, 0..=2 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2)
            }
            ReasonPlace::UnsubAck => matches!(code, 0 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91),
            ReasonPlace::Disconnect => {
                matches!(code, 0 | 4 | 0x80..=0x83 | 0x87 | 0x89 | 0x8B | 0x8D..=0x90 | 0x93..=0xA2)
            }
            ReasonPlace::Auth => matches!(code, 0 | 0x18 | 0x19),
        }
    }

    /// The nearest CONNACK return code of 3.1.1 (table 3.1); `None` where 3.1.1 closes without an answer.
    pub fn to_connack_v311(self) -> Option<u8> {
        use ReasonCode::*;
        match self {
            Success => Some(0),
            UnsupportedProtocolVersion => Some(1),
            ClientIdentifierNotValid => Some(2),
            ServerUnavailable | ServerBusy | QuotaExceeded | ConnectionRateExceeded => Some(3),
            BadUserNameOrPassword => Some(4),
            NotAuthorized | Banned | BadAuthenticationMethod => Some(5),
            _ => None,
        }
    }

    pub fn from_connack_v311(code: u8) -> Option<ReasonCode> {
        use ReasonCode::*;
        let codes = [
            Success,
            UnsupportedProtocolVersion,
            ClientIdentifierNotValid,
            ServerUnavailable,
            BadUserNameOrPassword,
            NotAuthorized,
        ];
        codes.get(usize::from(code)).copied()
    }
}
