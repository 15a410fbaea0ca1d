//! Any bytes as the journal's file: it is read as far as it is whole, or refused, and goes on from there.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use lares_mqtt::{FileJournal, Journal as _};
use libfuzzer_sys::fuzz_target;

/// One folder a process; runs side by side must not read each other's.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("lares-fuzz-journal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the journal");
    folder
});

fuzz_target!(|input: (bool, &[u8])| {
    let (framed, bytes) = input;
    let path = FOLDER.join("journal.log");
    // A checksum is not guessed: half of the time the bytes are what stands in a whole frame.
    let file = if framed { framed_as_one(bytes) } else { bytes.to_vec() };
    std::fs::write(&path, file).expect("the file is written");
    let Ok(mut journal) = FileJournal::open(&FOLDER) else { return };
    let Ok(records) = journal.load() else { return };
    journal.append(&records).expect("what was read can be written");
    assert_eq!(journal.load().expect("and read again").len(), 2 * records.len());
    for entry in std::fs::read_dir(&*FOLDER).into_iter().flatten().flatten() {
        if entry.path() != path {
            let _ = std::fs::remove_file(entry.path());
        }
    }
});

fn framed_as_one(body: &[u8]) -> Vec<u8> {
    let mut file = b"laresmq1".to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(crc32fast::hash(body).to_le_bytes());
    file.extend(body);
    file
}
