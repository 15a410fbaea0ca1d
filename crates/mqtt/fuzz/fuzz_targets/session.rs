//! Any packets in any order: the session answers or refuses, never panics, and keeps its bounds.

#![no_main]

use bytes::BytesMut;
use lares_mqtt::Outcome;
use lares_mqtt::codec::{Connect, Decoder, Properties, Text, Version};
use lares_mqtt::session::{AtRest, Session, Settled, Step, Terms};
use libfuzzer_sys::fuzz_target;

const TERMS: Terms = Terms {
    receive_maximum: 8,
    arriving_bytes: 4_096,
    topic_alias_maximum: 4,
    send_topic_aliases: 4,
    send_maximum: 4,
    keep_alive_s: 10,
    retain_available: true,
};

fuzz_target!(|input: (bool, &[u8])| {
    let (v5, bytes) = input;
    let version = if v5 { Version::V5 } else { Version::V311 };
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
    let mut session = Session::new(&connect, &TERMS, AtRest::default());
    let mut decoder = Decoder::for_version(version, 4_096);
    decoder.feed(bytes);
    let (mut out, mut open) = (BytesMut::new(), Vec::new());
    while let Ok(Some(packet)) = decoder.next_packet() {
        match session.receive(packet, &mut out) {
            Err(_) | Ok(Step::Goodbye { .. }) => return,
            Ok(Step::Arrived { ticket, .. }) => open.push(ticket),
            Ok(Step::Released { id }) => session.complete(id, &mut out),
            Ok(Step::Received { id, .. }) => session.release(id, &mut out),
            Ok(_) => {}
        }
        // Settled late and from the end, so that the order has to be kept by the session.
        if open.len() > 3 || !session.has_room() {
            for ticket in open.drain(..).rev() {
                assert_eq!(session.settle(ticket, Outcome::Accepted, &mut out), Settled::GoOn);
            }
        }
        assert!(open.len() <= usize::from(TERMS.receive_maximum) + 1);
        out.clear();
    }
});
