//! The wire format of MQTT 3.1.1 and 5, without I/O: bytes to packets and back, strict about every rule that
//! one packet alone can break. What needs the history of a connection is judged by `session`.

mod connect;
mod decode;
mod encode;
mod packet;
mod properties;
mod reason;
mod stream;
mod violation;
mod wire;

pub use decode::decode;
pub use encode::{EncodeError, encode, encoded_bytes};
pub use packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Kind, Packet, PacketId, Publish, Qos, RetainHandling, SubAck,
    Subscribe, SubscribeFilter, SubscribeOptions, UnsubAck, Unsubscribe, Version, Will,
};
pub use properties::{Pair, Place, Properties, Property, Variable};
pub use reason::{ReasonCode, ReasonPlace};
pub use stream::Decoder;
pub use violation::Violation;
pub use wire::{Text, VARIABLE_MAX};
