//! The one table of topics: each channel with its action and direction. A device has its own topics and no others.

use lares_model::DeviceId;
use lares_model::access::Action;
use lares_model::protocol::{Channel, parse_topic};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The device publishes.
    Up,
    /// The device subscribes.
    Down,
}

/// Every native topic.
pub const TABLE: [(Channel, Direction, Action); 5] = [
    (Channel::Telemetry, Direction::Up, Action::DeviceReport),
    (Channel::State, Direction::Up, Action::DeviceReport),
    (Channel::Event, Direction::Up, Action::DeviceReport),
    (Channel::Ack, Direction::Up, Action::DeviceReport),
    (Channel::Command, Direction::Down, Action::DeviceReceive),
];

fn own(device: DeviceId, topic: &str, direction: Direction) -> bool {
    parse_topic(topic).is_some_and(|(of, channel)| {
        of == device && TABLE.iter().any(|(known, way, _)| *known == channel && *way == direction)
    })
}

pub fn may_publish(device: DeviceId, topic: &str) -> bool {
    own(device, topic, Direction::Up)
}

/// Only the exact command topic: no wildcard reaches beyond it, and none is needed.
pub fn may_subscribe(device: DeviceId, filter: &str) -> bool {
    own(device, filter, Direction::Down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn b01_every_channel_is_in_the_table_with_its_action() {
        for channel in Channel::ALL {
            assert_eq!(TABLE.iter().filter(|(known, _, _)| *known == channel).count(), 1, "{channel:?}");
        }
    }

    #[test]
    fn a_device_has_its_own_topics_and_nothing_else() {
        let (own, other) = (DeviceId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
        for (channel, direction, _) in TABLE {
            assert_eq!(may_publish(own, &channel.topic(own)), direction == Direction::Up);
            assert_eq!(may_subscribe(own, &channel.topic(own)), direction == Direction::Down);
            assert!(!may_publish(own, &channel.topic(other)));
            assert!(!may_subscribe(own, &channel.topic(other)));
        }
        for filter in ["#", "+/#", "lares/#", "lares/devices/+/command", "$SYS/#", "$share/a/lares/devices/+/command"] {
            assert!(!may_subscribe(own, filter) && !may_publish(own, filter), "{filter}");
        }
    }
}
