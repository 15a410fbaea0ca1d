//! What the tests of this crate stand on: the demo's world with ids of its own, and words for what it says.

use lares_model::capability::attribute;
use lares_model::device::Device as Known;
use lares_model::device::Encoding;
use lares_model::protocol::{Envelope, Inbound, decode};
use lares_model::reading::TimePolicy;
use lares_model::record::{Ack, Body, Entry};
use lares_model::{CommandId, DeviceId, HomeId, OrganisationId, UnixMillis, Value};
use uuid::Uuid;

use crate::message::{Outgoing, Reading};
use crate::{Birth, Kind, Registered, Scenario, World};

/// A Friday in November, noon in Berlin.
pub(crate) const NOON: UnixMillis = UnixMillis(1_795_172_400_000); // 2026-11-20T11:00:00Z
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn demo() -> Scenario {
    static DEMO: std::sync::LazyLock<Scenario> = std::sync::LazyLock::new(|| Scenario::demo().unwrap());
    DEMO.clone()
}

pub(crate) fn registered(scenario: &Scenario) -> Vec<Registered> {
    let of = |(nth, (_, plan)): (usize, (_, &crate::DevicePlan))| Registered {
        serial: plan.serial.clone(),
        id: DeviceId(Uuid::from_u128(1 + nth as u128)),
        encoding: plan.encoding,
    };
    scenario.devices().enumerate().map(of).collect()
}

pub(crate) fn world_from(seed: u64, from: UnixMillis) -> World {
    let scenario = demo();
    World::new(&scenario, Birth { seed, born: from, from }, &registered(&scenario))
}

/// Alive at noon.
pub(crate) fn world() -> World {
    let mut world = world_from(42, NOON);
    world.come_alive(NOON);
    world
}

pub(crate) fn by_name(name: &str) -> DeviceId {
    let scenario = demo();
    let place = scenario.devices().position(|(_, plan)| plan.name == name).expect(name);
    registered(&scenario)[place].id
}

pub(crate) fn first_of(kind: Kind) -> DeviceId {
    let scenario = demo();
    let place = scenario.devices().position(|(_, plan)| plan.kind == kind).unwrap();
    registered(&scenario)[place].id
}

impl World {
    /// All that a device knows of itself now.
    pub(crate) fn knows(&self, device: DeviceId) -> Vec<Reading> {
        let unit = self.units.iter().find(|unit| unit.id == device).unwrap();
        let mut readings = self.homes[unit.home].eventful(unit.device);
        readings.extend(self.homes[unit.home].series(unit.device));
        readings
    }

    pub(crate) fn value(&self, device: DeviceId, name: &str) -> Value {
        self.knows(device).into_iter().find(|reading| reading.attribute == name).expect(name).value
    }

    pub(crate) fn number(&self, device: DeviceId, name: &str) -> f64 {
        self.value(device, name).as_f64().expect(name)
    }

    pub(crate) fn order(&mut self, device: DeviceId, envelope: &Envelope, now: UnixMillis) -> Vec<Entry> {
        let encoding = self.units.iter().find(|unit| unit.id == device).unwrap().encoding;
        let payload = envelope.encode(encoding).unwrap();
        let out = self.command(device, &payload, now);
        let of_it: Vec<_> = out.into_iter().filter(|message| message.device == device).collect();
        read(&of_it, self.now())
    }
}

pub(crate) fn envelope(device: DeviceId, counter: i64, name: &str) -> Envelope {
    Envelope {
        v: 1,
        command: CommandId(Uuid::from_u128(1_000 + counter as u128)),
        device,
        counter,
        issued: NOON.0,
        not_after: NOON.0 + 365 * DAY_MS,
        nonce: format!("{counter:032x}"),
        endpoint: if name.starts_with("Identify") { 0 } else { 1 },
        name: name.to_owned(),
        args: Default::default(),
        preconditions: vec![],
    }
}

pub(crate) fn with(envelope: Envelope, arg: &str, value: Value) -> Envelope {
    Envelope { args: [(arg.to_owned(), value)].into(), ..envelope }
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// The server's side of a device.
pub(crate) fn known(device: DeviceId) -> Known {
    let scenario = demo();
    let place = registered(&scenario).iter().position(|known| known.id == device).unwrap();
    let (_, plan) = scenario.devices().nth(place).unwrap();
    Known {
        origin: None,
        id: device,
        organisation: OrganisationId(Uuid::from_u128(1)),
        home: HomeId(Uuid::from_u128(2)),
        room: None,
        name: plan.name.clone(),
        vendor: String::new(),
        model: String::new(),
        serial: Some(plan.serial.clone()),
        firmware: None,
        endpoints: plan.endpoints(),
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: 60,
        command_counter: 0,
        created_at: NOON,
        updated_at: NOON,
    }
}

/// What the server makes of messages, without a content type: MQTT 3.1.1 has none.
pub(crate) fn read(messages: &[Outgoing], received: UnixMillis) -> Vec<Entry> {
    let entries = messages.iter().flat_map(|message| {
        let device = known(message.device);
        let (channel, payload) = (message.channel, message.payload.as_slice());
        let inbound = Inbound { device: &device, channel, encoding: None, payload, received };
        decode(&TimePolicy::default(), &inbound)
    });
    entries.collect()
}

pub(crate) fn ack(entries: &[Entry]) -> Ack {
    let found = entries.iter().find_map(|entry| match &entry.body {
        Body::Ack { ack } => Some(ack.clone()),
        _ => None,
    });
    found.expect("an answer")
}

/// Every reading of an attribute, in order.
pub(crate) fn values<'a>(
    entries: &'a [Entry],
    name: &'a str,
) -> impl Iterator<Item = (UnixMillis, Value)> + 'a {
    entries.iter().flat_map(move |entry| {
        let readings = match &entry.body {
            Body::Readings { readings } => readings.as_slice(),
            _ => &[],
        };
        let named = readings.iter().filter(move |reading| reading.attribute == name);
        named.map(|reading| (reading.time, reading.value.clone()))
    })
}

pub(crate) fn is_eventful(name: &str) -> bool {
    attribute(name).is_some_and(|attribute| attribute.eventful)
}
