//! Any bytes, cut anywhere: the decoder ends without a panic and without taking more memory than it was given, and what
//! it accepts is written and read again as the same.

#![no_main]

use bytes::BytesMut;
use lares_mqtt::codec::{Decoder, Packet, Version, encode};
use libfuzzer_sys::fuzz_target;

const PACKET_BYTES_MAX: usize = 64 * 1024;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (kind, cut, bytes) = input;
    let mut decoder = match kind % 3 {
        0 => Decoder::for_server(PACKET_BYTES_MAX),
        1 => Decoder::for_version(Version::V311, PACKET_BYTES_MAX),
        _ => Decoder::for_version(Version::V5, PACKET_BYTES_MAX),
    };
    for part in bytes.chunks(usize::from(cut).max(1)) {
        decoder.feed(part);
        loop {
            match decoder.next_packet() {
                Ok(Some(packet)) => again(&decoder, kind, &packet),
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(decoder.buffered_bytes() <= PACKET_BYTES_MAX + part.len());
    }
});

fn again(decoder: &Decoder, kind: u8, packet: &Packet) {
    let known = if kind % 3 == 1 { Version::V311 } else { Version::V5 };
    let version = decoder.version().unwrap_or(known);
    let mut out = BytesMut::new();
    encode(packet, version, usize::MAX, &mut out).expect("what was read can be written");
    let mut reader = match packet {
        Packet::Connect(_) => Decoder::for_server(usize::MAX),
        _ => Decoder::for_version(version, usize::MAX),
    };
    reader.feed(&out);
    assert_eq!(reader.next_packet().expect("what was written can be read").as_ref(), Some(packet));
}
