//! Records keep what they say through their bytes and through a compaction; a file that was cut anywhere gives back
//! whole batches from its beginning, and goes on from there.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::*;
use crate::codec::{Properties, Property, Qos, RetainHandling, SubscribeOptions, Text, Will};
use crate::session::Letter;

fn text() -> impl Strategy<Value = Text> {
    "[a-zäß/ ]{1,12}".prop_map(|text| Text::new(text).unwrap())
}

fn qos() -> impl Strategy<Value = Qos> {
    (0u8..3).prop_map(|qos| Qos::from_u8(qos).unwrap())
}

fn options() -> impl Strategy<Value = SubscribeOptions> {
    let handling = prop::sample::select(vec![
        RetainHandling::Send,
        RetainHandling::SendIfNew,
        RetainHandling::DoNotSend,
    ]);
    (qos(), any::<bool>(), any::<bool>(), handling).prop_map(
        |(qos, no_local, retain_as_published, retain_handling)| SubscribeOptions {
            qos,
            no_local,
            retain_as_published,
            retain_handling,
        },
    )
}

fn properties() -> impl Strategy<Value = Properties> {
    prop::collection::vec((text(), text()), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(Property::UserProperty).collect())
}

fn letter() -> impl Strategy<Value = Letter> {
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    (1u64..9, text(), payload, qos(), properties(), prop::option::of(1u64..99)).prop_map(
        |(number, topic, payload, qos, properties, expires_at)| Letter {
            number,
            topic,
            payload: Bytes::from(payload),
            qos,
            properties,
            expires_at,
        },
    )
}

fn will() -> impl Strategy<Value = Will> {
    (letter(), any::<bool>(), 0u32..99).prop_map(|(letter, retain, delay_s)| {
        let mut properties = letter.properties;
        properties.push(Property::WillDelayInterval(delay_s));
        Will { qos: letter.qos, retain, properties, topic: letter.topic, payload: letter.payload }
    })
}

fn record() -> impl Strategy<Value = Record> {
    let session = 1u64..4;
    let entry = 1u64..20;
    let id = 1u16..5;
    prop_oneof![
        (session.clone(), text(), any::<u32>()).prop_map(|(session, name, expiry_s)| Record::Opened {
            session,
            identity: name.clone(),
            client_id: name.clone(),
            space: name.clone(),
            tenant: name,
            expiry_s,
        }),
        (session.clone(), any::<u64>(), any::<u32>()).prop_map(|(session, at, expiry_s)| Record::Away {
            session,
            at,
            expiry_s
        }),
        session.clone().prop_map(|session| Record::Ended { session }),
        (session.clone(), text(), options(), prop::option::of(1u32..9), prop::collection::vec(text(), 0..2))
            .prop_map(|(session, filter, options, identifier, within)| Record::Subscribed {
                session,
                filter,
                options,
                identifier,
                within,
            }),
        (session.clone(), text()).prop_map(|(session, filter)| Record::Unsubscribed { session, filter }),
        letter().prop_map(|letter| Record::Letter(Arc::new(letter))),
        (session.clone(), entry.clone(), 1u64..9, id.clone(), qos(), any::<bool>()).prop_map(
            |(session, entry, letter, id, qos, retain)| Record::Queued {
                session,
                entry,
                letter,
                id,
                qos,
                retain,
                identifiers: vec![u32::from(id); usize::from(id) % 3],
            }
        ),
        (session.clone(), entry.clone()).prop_map(|(session, entry)| Record::Received { session, entry }),
        (session.clone(), entry).prop_map(|(session, entry)| Record::Delivered { session, entry }),
        (session.clone(), id.clone()).prop_map(|(session, id)| Record::Holds { session, id }),
        (session.clone(), id).prop_map(|(session, id)| Record::Released { session, id }),
        (text(), text(), text(), 1u64..9).prop_map(|(space, topic, by, letter)| Record::Retained {
            tenant: space.clone(),
            by,
            space,
            topic,
            letter,
        }),
        (text(), text()).prop_map(|(space, topic)| Record::Unretained { space, topic }),
        (session.clone(), will()).prop_map(|(session, will)| Record::Will { session, will: Box::new(will) }),
        session.clone().prop_map(|session| Record::NoWill { session }),
        (session.clone(), text(), 1u64..9, prop::option::of(text()))
            .prop_map(|(session, filter, before, after)| Record::Owes { session, filter, before, after }),
        (session, text()).prop_map(|(session, filter)| Record::OwesNothing { session, filter }),
    ]
}

fn numbered(record: Record) -> Record {
    match record {
        Record::Letter(letter) => {
            let (number, qos) = (letter.number, Qos::AtLeastOnce);
            let topic = Text::new(format!("topic {number}")).unwrap();
            let (payload, properties) = (Bytes::new(), Properties::new());
            Record::Letter(Arc::new(Letter { number, topic, payload, qos, properties, expires_at: None }))
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_is_read_as_it_was_written(records in prop::collection::vec(record(), 1..10)) {
        let mut out = BytesMut::new();
        records.iter().for_each(|record| record.write(&mut out));
        let mut bytes = out.freeze();
        let mut read = Vec::new();
        while !bytes.is_empty() {
            read.push(Record::read(&mut bytes).unwrap());
        }
        prop_assert_eq!(read, records);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let mut bytes = Bytes::from(bytes);
        while !bytes.is_empty() && Record::read(&mut bytes).is_some() {}
    }

    /// What a compaction writes means what all the records before it meant, and whatever comes later as well.
    #[test]
    fn a_compaction_changes_nothing(
        before in prop::collection::vec(record(), 0..60),
        after in prop::collection::vec(record(), 0..20),
    ) {
        // A number names one letter only.
        let before: Vec<Record> = before.into_iter().map(numbered).collect();
        let after: Vec<Record> = after.into_iter().map(numbered).collect();
        let kept = Kept::of(&before);
        let compacted = kept.to_records();
        let again = Kept::of(&compacted);
        prop_assert_eq!(&again.sessions, &kept.sessions);
        prop_assert_eq!(&again.retained, &kept.retained);
        // A batch names only letters of its own: those of an earlier one may be forgotten.
        let named = |record: &Record| !matches!(record, Record::Queued { .. } | Record::Retained { .. });
        let mut straight = kept.clone();
        let mut around = again.clone();
        for record in after.iter().filter(|record| named(record)) {
            straight.apply(record);
            around.apply(record);
        }
        prop_assert_eq!(straight.sessions, around.sessions);
        prop_assert_eq!(straight.retained, around.retained);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    /// Cut at any byte, the file holds the batches that were whole; what comes then is added to those.
    #[test]
    fn a_file_cut_anywhere_keeps_whole_batches(
        batches in prop::collection::vec(prop::collection::vec(record(), 1..4), 1..6),
        cut in any::<prop::sample::Index>(),
        compacts in any::<bool>(),
    ) {
        let folder = Folder::new();
        let mut ends = vec![8];
        let mut journal = FileJournal::open(&folder.0).unwrap();
        for batch in &batches {
            journal.append(batch).unwrap();
            ends.push(journal.bytes());
        }
        drop(journal);
        let file = folder.0.join("journal.log");
        let length = 8 + cut.index((ends[ends.len() - 1] - 8) as usize + 1) as u64;
        std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length).unwrap();
        let whole = ends.iter().filter(|end| **end <= length).count() - 1;
        let mut expected: Vec<Record> = batches[..whole].concat();
        let mut journal = FileJournal::open(&folder.0).unwrap();
        prop_assert_eq!(journal.load().unwrap(), expected.clone());
        journal.append(&batches[0]).unwrap();
        expected.extend(batches[0].clone());
        if compacts {
            journal.compact(&expected).unwrap();
        }
        drop(journal);
        prop_assert_eq!(FileJournal::open(&folder.0).unwrap().load().unwrap(), expected);
    }
}

/// A folder of this test alone.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Folder(std::env::temp_dir().join(format!("lares-mqtt-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn damage_in_the_middle_sets_the_rest_aside_and_says_so() {
    let folder = Folder::new();
    let ended = |session| vec![Record::Ended { session }];
    let mut journal = FileJournal::open(&folder.0).unwrap();
    for session in 1..4 {
        journal.append(&ended(session)).unwrap();
    }
    drop(journal);
    let file = folder.0.join("journal.log");
    let mut bytes = std::fs::read(&file).unwrap();
    let second = 8 + (bytes.len() - 8) / 3;
    bytes[second + 9] ^= 0x40;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(FileJournal::open(&folder.0).unwrap().load().unwrap(), ended(1));
    let aside = std::fs::read_dir(&folder.0).unwrap().filter_map(Result::ok);
    assert_eq!(aside.filter(|entry| entry.path().to_string_lossy().contains("damaged")).count(), 1);
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("journal.log"), b"somebody else's file").unwrap();
    let error = FileJournal::open(&folder.0).unwrap().load().unwrap_err();
    assert!(error.to_string().contains("is not a journal"), "{error}");
    assert_eq!(std::fs::read(folder.0.join("journal.log")).unwrap(), b"somebody else's file");
}
