//! The session against naive models: order of acknowledgements, exactly once, identifiers and quota.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::*;
use crate::codec::{Decoder, Text};

const TERMS: Terms = Terms {
    receive_maximum: 1_000,
    arriving_bytes: 1 << 20,
    topic_alias_maximum: 4,
    send_topic_aliases: 0,
    send_maximum: 3,
    keep_alive_s: 10,
    retain_available: false,
};

fn session(version: Version) -> Session {
    let connect = Connect {
        version,
        clean_start: true,
        keep_alive_s: 10,
        properties: Properties::new(),
        client_id: Text::default(),
        will: None,
        username: None,
        password: None,
    };
    Session::new(&connect, &TERMS, AtRest::default())
}

fn message(qos: Qos, id: u16) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: Text::new("t").unwrap(),
        id: PacketId::new(id),
        properties: Properties::new(),
        payload: Bytes::new(),
    }
}

fn delivery(qos: Qos) -> Delivery {
    let topic = Text::new("t").unwrap();
    let letter = Letter {
        number: 1,
        topic,
        payload: Bytes::new(),
        qos,
        properties: Properties::new(),
        expires_at: None,
    };
    let letter = std::sync::Arc::new(letter);
    Delivery { letter, qos, retain: false, identifiers: Vec::new(), entry: 0, id: None, position: 0 }
}

fn written(out: &mut BytesMut, version: Version) -> Vec<Packet> {
    let mut decoder = Decoder::for_version(version, 1 << 20);
    decoder.feed(&out.split());
    std::iter::from_fn(|| decoder.next_packet().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever order the outcomes come in, acknowledgements leave in order of arrival, each as soon as it and
    /// all before it are safe, and never twice.
    #[test]
    fn acknowledgements_leave_in_order_of_arrival(
        qualities in prop::collection::vec(0u8..3, 1..30),
        order in prop::collection::vec(any::<prop::sample::Index>(), 30),
    ) {
        let mut session = session(Version::V5);
        let mut out = BytesMut::new();
        let mut open = Vec::new();
        for (index, qos) in qualities.iter().enumerate() {
            let qos = Qos::from_u8(*qos).unwrap();
            let id = if qos == Qos::AtMostOnce { 0 } else { index as u16 + 1 };
            let step = session.receive(Packet::Publish(message(qos, id)), &mut out).unwrap();
            let Step::Arrived { ticket, .. } = step else { panic!("{step:?}") };
            open.push((ticket, qos, id));
        }
        prop_assert!(out.is_empty());
        let (mut unsettled, mut settled) = (open.clone(), Vec::new());
        for pick in order {
            if unsettled.is_empty() {
                break;
            }
            let (ticket, ..) = unsettled.remove(pick.index(unsettled.len()));
            settled.push(ticket);
            prop_assert_eq!(session.settle(ticket, Outcome::Accepted, &mut out), Settled::GoOn);
            let mut expected = Vec::new();
            while let Some((_, qos, id)) = open.first().copied().filter(|(first, ..)| settled.contains(first)) {
                open.remove(0);
                let ack = PacketId::new(id).map(|id| Ack::new(id, ReasonCode::Success));
                match (qos, ack) {
                    (Qos::AtLeastOnce, Some(ack)) => expected.push(Packet::PubAck(ack)),
                    (Qos::ExactlyOnce, Some(ack)) => expected.push(Packet::PubRec(ack)),
                    _ => {}
                }
            }
            prop_assert_eq!(written(&mut out, Version::V5), expected);
        }
    }

    /// A client that loses answers and sends again, at random: every QoS 2 message reaches the house once per
    /// release of its identifier.
    #[test]
    fn qos_2_arrives_exactly_once(moves in prop::collection::vec((0u8..3, 1u16..4), 0..60)) {
        let mut session = session(Version::V311);
        let mut out = BytesMut::new();
        // Per identifier: None, or whether its outcome is known.
        let mut model = [None; 4];
        let mut tickets = [0; 4];
        for (what, id) in moves {
            let at = usize::from(id);
            match what {
                0 => {
                    let step = session.receive(Packet::Publish(message(Qos::ExactlyOnce, id)), &mut out);
                    match (model[at], step.unwrap()) {
                        (None, Step::Arrived { ticket, .. }) => {
                            tickets[at] = ticket;
                            model[at] = Some(false);
                        }
                        (Some(_), Step::Done) => {}
                        (state, step) => panic!("{state:?} {step:?}"),
                    }
                }
                1 if model[at] == Some(false) => {
                    session.settle(tickets[at], Outcome::Accepted, &mut out);
                    model[at] = Some(true);
                }
                2 => {
                    // PUBREL is legal only once PUBREC has left, which may wait for older messages.
                    let sent = session.inbound.release(PacketId::new(id).unwrap());
                    match (model[at], sent) {
                        (None, reason) => prop_assert_eq!(reason, Ok(ReasonCode::PacketIdentifierNotFound)),
                        (Some(false), reason) => prop_assert!(reason.is_err()),
                        (Some(true), Ok(_)) => model[at] = None,
                        (Some(true), Err(_)) => {}
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_quota_is_never_exceeded_and_identifiers_never_collide() {
    let mut session = session(Version::V311);
    let mut out = BytesMut::new();
    let mut send = |session: &mut Session| {
        assert!(session.can_send(Qos::AtLeastOnce));
        session.send(&delivery(Qos::AtLeastOnce), 0, &mut out).unwrap();
        match &written(&mut out, Version::V311)[..] {
            [Packet::Publish(publish)] => publish.id.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let kept = send(&mut session);
    let mut last = kept;
    // Twice around the identifiers while one stays in flight.
    for _ in 0..140_000 {
        let id = send(&mut session);
        assert_ne!(id, kept);
        assert_ne!(id, last);
        session.receive(Packet::PubAck(Ack::new(id, ReasonCode::Success)), &mut BytesMut::new()).unwrap();
        last = id;
    }
    send(&mut session);
    send(&mut session);
    assert!(!session.can_send(Qos::ExactlyOnce));
    assert!(session.can_send(Qos::AtMostOnce));
    let refused = session.send(&delivery(Qos::AtLeastOnce), 0, &mut BytesMut::new());
    assert!(refused.is_err(), "what is sent again must pass the same gate");
}

#[test]
fn an_acknowledgement_of_the_wrong_kind_is_a_violation_and_a_late_one_is_not() {
    let ack = |id| Ack::new(PacketId::new(id).unwrap(), ReasonCode::Success);
    let mut session = session(Version::V5);
    let mut out = BytesMut::new();
    session.send(&delivery(Qos::AtLeastOnce), 0, &mut out).unwrap();
    session.send(&delivery(Qos::ExactlyOnce), 0, &mut out).unwrap();
    out.clear();
    for wrong in
        [Packet::PubRec(ack(1)), Packet::PubComp(ack(1)), Packet::PubAck(ack(2)), Packet::PubComp(ack(2))]
    {
        assert!(matches!(session.receive(wrong, &mut out), Err(Violation::UnexpectedAck { .. })));
    }
    for late in [Packet::PubAck(ack(9)), Packet::PubComp(ack(9))] {
        assert_eq!(session.receive(late, &mut out), Ok(Step::Done));
    }
    assert!(out.is_empty());
    session.receive(Packet::PubRec(ack(9)), &mut out).unwrap();
    session.receive(Packet::PubRel(ack(9)), &mut out).unwrap();
    let unknown = Ack::new(PacketId::new(9).unwrap(), ReasonCode::PacketIdentifierNotFound);
    assert_eq!(written(&mut out, Version::V5), [Packet::PubRel(unknown.clone()), Packet::PubComp(unknown)]);
}

#[test]
fn a_reason_that_an_acknowledgement_cannot_carry_becomes_one_it_can() {
    let mut session = session(Version::V5);
    let mut out = BytesMut::new();
    session.receive(Packet::Publish(message(Qos::AtLeastOnce, 1)), &mut out).unwrap();
    session.settle(0, Outcome::Rejected(ReasonCode::PacketTooLarge), &mut out);
    let told = Ack::new(PacketId::MIN, ReasonCode::UnspecifiedError);
    assert_eq!(written(&mut out, Version::V5), [Packet::PubAck(told)]);
}
