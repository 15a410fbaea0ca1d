//! The properties of MQTT 5 (section 2.2.2): one table of identifier, type and the packets they belong to.

use bytes::{Bytes, BytesMut};

use super::violation::Violation;
use super::wire::{Counter, Put, Reader, Text, VARIABLE_MAX};

/// Where a list of properties stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Connect,
    Will,
    ConnAck,
    Publish,
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK.
    Ack,
    Subscribe,
    Unsubscribe,
    Disconnect,
    Auth,
}

/// In one packet: in memory a property is many times what it is on the wire. Clients in use send a handful.
const PROPERTIES_MAX: usize = 1_024;

/// A four-byte number that travels as a variable byte integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable(pub u32);

/// Name and value of a user property.
pub type Pair = (Text, Text);

trait Field: Sized {
    fn read(reader: &mut Reader<'_>, id: u8) -> Result<Self, Violation>;
    fn write(&self, out: &mut impl Put);
}

const WHAT: &str = "a property";

impl Field for bool {
    fn read(reader: &mut Reader<'_>, id: u8) -> Result<Self, Violation> {
        match reader.u8(WHAT)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Violation::PropertyValue(id)),
        }
    }
    fn write(&self, out: &mut impl Put) {
        out.u8(u8::from(*self));
    }
}

impl Field for u16 {
    fn read(reader: &mut Reader<'_>, _: u8) -> Result<Self, Violation> {
        reader.u16(WHAT)
    }
    fn write(&self, out: &mut impl Put) {
        out.u16(*self);
    }
}

impl Field for u32 {
    fn read(reader: &mut Reader<'_>, _: u8) -> Result<Self, Violation> {
        reader.u32(WHAT)
    }
    fn write(&self, out: &mut impl Put) {
        out.u32(*self);
    }
}

impl Field for Variable {
    fn read(reader: &mut Reader<'_>, _: u8) -> Result<Self, Violation> {
        reader.variable(WHAT).map(Variable)
    }
    fn write(&self, out: &mut impl Put) {
        out.variable(self.0);
    }
}

impl Field for Text {
    fn read(reader: &mut Reader<'_>, _: u8) -> Result<Self, Violation> {
        reader.text(WHAT)
    }
    fn write(&self, out: &mut impl Put) {
        out.binary(self.as_bytes());
    }
}

impl Field for Bytes {
    fn read(reader: &mut Reader<'_>, _: u8) -> Result<Self, Violation> {
        reader.binary(WHAT)
    }
    fn write(&self, out: &mut impl Put) {
        out.binary(self);
    }
}

impl Field for Pair {
    fn read(reader: &mut Reader<'_>, _: u8) -> Result<Self, Violation> {
        Ok((reader.text(WHAT)?, reader.text(WHAT)?))
    }
    fn write(&self, out: &mut impl Put) {
        out.binary(self.0.as_bytes());
        out.binary(self.1.as_bytes());
    }
}

macro_rules! properties {
    ($($name:ident($kind:ty) = $id:literal in $($place:ident)|+;)*) => {
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Property { $($name($kind)),* }

        impl Property {
            /// The identifier on the wire.
            pub fn id(&self) -> u8 {
                match self { $(Property::$name(_) => $id),* }
            }

            fn belongs(id: u8, place: Place) -> bool {
                match id { $($id => matches!(place, $(Place::$place)|+),)* _ => false }
            }

            fn read(id: u8, reader: &mut Reader<'_>) -> Result<Property, Violation> {
                match id {
                    $($id => Ok(Property::$name(<$kind as Field>::read(reader, id)?)),)*
                    _ => Err(Violation::UnknownProperty(u32::from(id))),
                }
            }

            fn write(&self, out: &mut impl Put) {
                out.u8(self.id());
                match self { $(Property::$name(value) => value.write(out)),* }
            }

            fn exists(id: u8) -> bool {
                matches!(id, $($id)|*)
            }
        }
    };
}

properties! {
    PayloadFormatIndicator(bool) = 0x01 in Publish | Will;
    MessageExpiryInterval(u32) = 0x02 in Publish | Will;
    ContentType(Text) = 0x03 in Publish | Will;
    ResponseTopic(Text) = 0x08 in Publish | Will;
    CorrelationData(Bytes) = 0x09 in Publish | Will;
    SubscriptionIdentifier(Variable) = 0x0B in Publish | Subscribe;
    SessionExpiryInterval(u32) = 0x11 in Connect | ConnAck | Disconnect;
    AssignedClientIdentifier(Text) = 0x12 in ConnAck;
    ServerKeepAlive(u16) = 0x13 in ConnAck;
    AuthenticationMethod(Text) = 0x15 in Connect | ConnAck | Auth;
    AuthenticationData(Bytes) = 0x16 in Connect | ConnAck | Auth;
    RequestProblemInformation(bool) = 0x17 in Connect;
    WillDelayInterval(u32) = 0x18 in Will;
    RequestResponseInformation(bool) = 0x19 in Connect;
    ResponseInformation(Text) = 0x1A in ConnAck;
    ServerReference(Text) = 0x1C in ConnAck | Disconnect;
    ReasonString(Text) = 0x1F in ConnAck | Ack | Disconnect | Auth;
    ReceiveMaximum(u16) = 0x21 in Connect | ConnAck;
    TopicAliasMaximum(u16) = 0x22 in Connect | ConnAck;
    TopicAlias(u16) = 0x23 in Publish;
    MaximumQos(bool) = 0x24 in ConnAck;
    RetainAvailable(bool) = 0x25 in ConnAck;
    UserProperty(Pair) = 0x26 in Connect | Will | ConnAck | Publish | Ack | Subscribe | Unsubscribe | Disconnect | Auth;
    MaximumPacketSize(u32) = 0x27 in Connect | ConnAck;
    WildcardSubscriptionAvailable(bool) = 0x28 in ConnAck;
    SubscriptionIdentifierAvailable(bool) = 0x29 in ConnAck;
    SharedSubscriptionAvailable(bool) = 0x2A in ConnAck;
}

impl Property {
    fn may_repeat(id: u8, place: Place) -> bool {
        id == 0x26 || (id == 0x0B && place == Place::Publish)
    }

    fn check_value(&self) -> Result<(), Violation> {
        let fine = match self {
            Property::TopicAlias(0) => return Err(Violation::TopicAlias),
            Property::ReceiveMaximum(0) | Property::MaximumPacketSize(0) => false,
            Property::SubscriptionIdentifier(Variable(id)) => (1..=VARIABLE_MAX).contains(id),
            Property::ResponseTopic(topic) => crate::topic::check_topic(topic).is_ok(),
            _ => true,
        };
        if fine { Ok(()) } else { Err(Violation::PropertyValue(self.id())) }
    }
}

/// The properties of one packet, in the order they travel. Empty costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties(Vec<Property>);

macro_rules! getters {
    ($($method:ident: $name:ident -> $kind:ty;)*) => {
        $(pub fn $method(&self) -> Option<&$kind> {
            self.0.iter().find_map(|property| match property {
                Property::$name(value) => Some(value),
                _ => None,
            })
        })*
    };
}

impl Properties {
    pub const fn new() -> Self {
        Properties(Vec::new())
    }

    pub fn push(&mut self, property: Property) {
        self.0.push(property);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Property> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About what they take of memory.
    pub fn bytes(&self) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        let mut counter = Counter::default();
        self.0.iter().for_each(|property| property.write(&mut counter));
        counter.0 + self.0.len() * size_of::<Property>()
    }

    pub fn retain(&mut self, keep: impl FnMut(&Property) -> bool) {
        self.0.retain(keep);
    }

    /// A copy that does not keep the whole read buffer alive.
    pub(crate) fn detached(&self) -> Properties {
        if self.0.is_empty() {
            return Properties::new();
        }
        let mut out = BytesMut::new();
        self.write(&mut out);
        let bytes = out.freeze();
        // What was written is what was read before.
        Properties::read(&mut Reader::new(&bytes), Place::Publish).unwrap_or_default()
    }

    getters! {
        will_delay_s: WillDelayInterval -> u32;
        content_type: ContentType -> Text;
        response_topic: ResponseTopic -> Text;
        correlation_data: CorrelationData -> Bytes;
        message_expiry_s: MessageExpiryInterval -> u32;
        session_expiry_s: SessionExpiryInterval -> u32;
        authentication_method: AuthenticationMethod -> Text;
        authentication_data: AuthenticationData -> Bytes;
        receive_maximum: ReceiveMaximum -> u16;
        topic_alias_maximum: TopicAliasMaximum -> u16;
        topic_alias: TopicAlias -> u16;
        maximum_packet_bytes: MaximumPacketSize -> u32;
        subscription_identifier: SubscriptionIdentifier -> Variable;
        server_keep_alive_s: ServerKeepAlive -> u16;
        assigned_client_identifier: AssignedClientIdentifier -> Text;
        reason_string: ReasonString -> Text;
        retain_available: RetainAvailable -> bool;
        shared_subscription_available: SharedSubscriptionAvailable -> bool;
        wildcard_subscription_available: WildcardSubscriptionAvailable -> bool;
    }

    pub(crate) fn read(reader: &mut Reader<'_>, place: Place) -> Result<Properties, Violation> {
        let length = reader.variable("the property length")?;
        let mut part = reader.part(length as usize, "the properties")?;
        let mut list = Vec::new();
        let mut seen = 0u64;
        while !part.is_empty() {
            let wide = part.variable("a property identifier")?;
            let id = u8::try_from(wide).map_err(|_| Violation::UnknownProperty(wide))?;
            if !Property::exists(id) {
                return Err(Violation::UnknownProperty(wide));
            }
            if !Property::belongs(id, place) {
                return Err(Violation::MisplacedProperty(id));
            }
            if seen & (1 << id) != 0 && !Property::may_repeat(id, place) {
                return Err(Violation::DuplicateProperty(id));
            }
            seen |= 1 << id;
            let property = Property::read(id, &mut part)?;
            property.check_value()?;
            if list.len() == PROPERTIES_MAX {
                return Err(Violation::TooManyProperties(PROPERTIES_MAX));
            }
            list.push(property);
        }
        // Authentication data without a method: sections 3.1.2.11.10, 3.15.2.2.3.
        if seen & (1 << 0x16) != 0 && seen & (1 << 0x15) == 0 {
            return Err(Violation::PropertyValue(0x16));
        }
        Ok(Properties(list))
    }

    pub(crate) fn write(&self, out: &mut impl Put) {
        let mut counter = Counter::default();
        self.0.iter().for_each(|property| property.write(&mut counter));
        out.variable(counter.0.min(VARIABLE_MAX as usize) as u32);
        self.0.iter().for_each(|property| property.write(out));
    }

    /// Whether some value is longer than its length field can say.
    pub(crate) fn overlong(&self) -> bool {
        self.0.iter().any(|property| match property {
            Property::CorrelationData(data) | Property::AuthenticationData(data) => {
                data.len() > usize::from(u16::MAX)
            }
            _ => false,
        })
    }
}

impl FromIterator<Property> for Properties {
    fn from_iter<I: IntoIterator<Item = Property>>(properties: I) -> Self {
        Properties(properties.into_iter().collect())
    }
}
