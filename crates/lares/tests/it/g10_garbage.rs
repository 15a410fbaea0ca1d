//! G10: what strangers may send, replayed from a committed corpus and changed at random (with a seed) at every door that
//! reads bytes: packets, the journal, templates and every dialect, our devices' own protocol. Nothing panics, nothing
//! takes long, and nothing that was sent is kept without end. `make fuzz` goes on where this ends.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use lares_model::device::{Device, Encoding, Endpoint};
use lares_model::dialect::{Dialect, Finding, Heard};
use lares_model::protocol::{Inbound, decode};
use lares_model::reading::TimePolicy;
use lares_model::{DeviceId, HomeId, OrganisationId, UnixMillis};
use lares_mqtt::codec::{Decoder, Version};
use lares_mqtt::{FileJournal, Journal as _};

use super::stock_mqtt::root;

const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
/// For one message, on a machine that builds something else beside it.
const SLOW: Duration = Duration::from_secs(5);
const MEMORY_MAX_BYTES: u64 = 256 * 1024 * 1024;

struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }

    /// The same with something changed: bits, a piece left out, doubled or cut off.
    fn changed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=self.next(4) {
            let at = self.next(changed.len().max(1));
            let to = (at + 1 + self.next(16)).min(changed.len());
            match self.next(5) {
                _ if changed.is_empty() => changed.push(self.next(256) as u8),
                0 => changed[at] ^= 1 << self.next(8),
                1 => changed[at] = self.next(256) as u8,
                2 => drop(changed.drain(at..to)),
                3 => changed.extend_from_within(at..to),
                _ => changed.truncate(at),
            }
        }
        changed
    }
}

fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "{}", folder.display());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

fn memory_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4_096
}

/// Every file as it is and changed `times` times, each within its time, all within the memory.
fn replay(folder: &str, times: usize, mut one: impl FnMut(&str, &[u8])) {
    let before = memory_bytes();
    let mut seed = Seed(0x5EED);
    for (name, bytes) in corpus(folder) {
        for round in 0..=times {
            let bytes = if round == 0 { bytes.clone() } else { seed.changed(&bytes) };
            let begun = Instant::now();
            one(&name, &bytes);
            assert!(begun.elapsed() < SLOW, "{folder}/{name}, round {round}: {:?}", begun.elapsed());
        }
    }
    let grown = memory_bytes().saturating_sub(before);
    assert!(grown < MEMORY_MAX_BYTES, "{folder}: {grown} bytes more than before");
}

#[test]
fn g10_packets_of_strangers_are_read_or_refused() {
    const PACKET_MAX: usize = 64 * 1024;
    let mut refused = 0;
    replay("packets", 300, |name, bytes| {
        for cut in [1, 7, usize::MAX] {
            for make in [
                Decoder::for_server,
                |max| Decoder::for_version(Version::V5, max),
                |max| Decoder::for_version(Version::V311, max),
            ] {
                let mut decoder = make(PACKET_MAX);
                'parts: for part in bytes.chunks(cut) {
                    decoder.feed(part);
                    loop {
                        match decoder.next_packet() {
                            Ok(Some(_)) => {}
                            Ok(None) => break,
                            Err(_) => {
                                refused += 1;
                                break 'parts;
                            }
                        }
                    }
                    assert!(decoder.buffered_bytes() <= PACKET_MAX + part.len(), "{name}");
                }
            }
        }
    });
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn g10_a_damaged_journal_is_read_as_far_as_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    replay("journal", 60, |name, bytes| {
        let at = folder.path().join("one");
        let _ = std::fs::remove_dir_all(&at);
        std::fs::create_dir_all(&at).unwrap();
        std::fs::write(at.join("journal.log"), bytes).unwrap();
        let read = FileJournal::open(&at).and_then(|mut journal| Ok((journal.load()?, journal)));
        // What is no journal of ours is left as it is and told; of one, what was read is read again the same.
        let Ok((records, mut journal)) = read else { return };
        assert_eq!(journal.load().unwrap().len(), records.len(), "{name}");
        journal.append(&records).unwrap();
        assert_eq!(journal.load().unwrap().len(), 2 * records.len(), "{name}");
    });
}

/// One home's dialects, to whom all of a file is said.
struct Home(Vec<Box<dyn Dialect>>);

impl Home {
    fn hears(&mut self, topic: &str, payload: &[u8], known: &mut Vec<(usize, String)>) {
        let heard = Heard { topic, payload, retain: true, replayed: false, received: NOW };
        for (nth, dialect) in self.0.iter_mut().enumerate() {
            let findings = dialect.hear(&heard);
            assert!(findings.len() < 5_000, "{topic}: {} findings", findings.len());
            for finding in findings {
                if let Finding::Described(description) = finding {
                    check(*description, nth, known);
                }
            }
            dialect.tick(NOW + 3_600_000);
        }
    }

    /// Everything that a device then can do is asked of it.
    fn is_asked(&self, known: &[(usize, String)]) {
        for (nth, id) in known {
            for finding in self.0[*nth].recall(id) {
                let Finding::Described(description) = finding else { continue };
                for endpoint in &description.endpoints {
                    let capabilities = endpoint
                        .capabilities
                        .iter()
                        .filter_map(|name| lares_model::capability::capability(name));
                    for (of, command) in capabilities.flat_map(|c| c.commands.iter().map(|x| (c.name, x))) {
                        let name = format!("{of}.{}", command.name);
                        let _ = self.0[*nth].word(id, endpoint.endpoint, &name, &Default::default());
                    }
                }
            }
        }
    }
}

/// What is described is kept: registered as it is, and no larger than is kept of any.
fn check(description: lares_model::dialect::Description, nth: usize, known: &mut Vec<(usize, String)>) {
    let id = description.foreign_id.clone();
    let Ok(fitting) = lares_model::discovered::fitting(description) else { return };
    assert!(serde_json::to_vec(&fitting).unwrap().len() <= lares_model::discovered::DESCRIPTION_MAX_BYTES);
    if !fitting.endpoints.is_empty() {
        registered(fitting.endpoints).check().unwrap();
    }
    if known.len() < 500 && !known.contains(&(nth, id.clone())) {
        known.push((nth, id));
    }
}

#[test]
fn g10_templates_and_dialects_make_nothing_bad_of_garbage() {
    let mut files = corpus("home");
    for fixture in [
        "homeassistant/fixtures/components.txt",
        "homeassistant/fixtures/zigbee2mqtt.txt",
        "zigbee2mqtt/fixtures/home.txt",
        "homie/fixtures/version-4.txt",
        "esphome/fixtures/node.txt",
    ] {
        let path = root().join("crates/adapters/src").join(fixture);
        files.push((fixture.to_owned(), std::fs::read(path).unwrap()));
    }
    let before = memory_bytes();
    let mut seed = Seed(0xD1A1EC7);
    for (name, bytes) in files {
        for round in 0..3 {
            let (mut home, mut known) = (Home(lares_adapters::dialects()), Vec::new());
            for line in bytes.split(|byte| *byte == b'\n') {
                let tab = line.iter().position(|byte| *byte == b'\t').unwrap_or(line.len());
                let (topic, payload) = (&line[..tab], line.get(tab + 1..).unwrap_or_default());
                let payload = if round == 0 { payload.to_vec() } else { seed.changed(payload) };
                let begun = Instant::now();
                home.hears(&String::from_utf8_lossy(topic), &payload, &mut known);
                let took = begun.elapsed();
                assert!(took < SLOW, "{name}: {}: {took:?}", String::from_utf8_lossy(topic));
            }
            let begun = Instant::now();
            home.is_asked(&known);
            assert!(begun.elapsed() < 4 * SLOW, "{name}: {:?}", begun.elapsed());
        }
    }
    let grown = memory_bytes().saturating_sub(before);
    assert!(grown < MEMORY_MAX_BYTES, "{grown} bytes more than before");
}

fn registered(endpoints: Vec<Endpoint>) -> Device {
    let uuid = uuid::Uuid::from_u128(1);
    Device {
        id: DeviceId(uuid),
        organisation: OrganisationId(uuid),
        home: HomeId(uuid),
        room: None,
        name: "a device".to_owned(),
        vendor: String::new(),
        model: String::new(),
        serial: None,
        firmware: None,
        endpoints,
        tags: vec![],
        encoding: Encoding::Json,
        expected_interval_s: 60,
        command_counter: 0,
        origin: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

#[test]
fn g10_what_devices_report_is_taken_or_rejected() {
    let part = Endpoint { endpoint: 1, capabilities: vec!["OnOff".to_owned()], ..Endpoint::default() };
    let device = registered(vec![part]);
    let policy = TimePolicy::default();
    replay("native", 200, |name, payload| {
        for (channel, ..) in lares_doors::mqtt::topics::TABLE {
            for encoding in [None, Some(Encoding::Json), Some(Encoding::Cbor)] {
                let inbound = Inbound { device: &device, channel, encoding, payload, received: NOW };
                let entries = decode(&policy, &inbound);
                assert!(entries.len() <= payload.len() + 1, "{name}: {} entries", entries.len());
            }
        }
    });
}
