//! A journal in files: frames of a length, a checksum and records, appended and synced; a compaction writes a new file
//! and then takes the old one's name.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};

use super::record::KINDS;
use super::{Journal, Record};

const HEAD: &[u8; 8] = b"laresmq1";
const FRAME_HEAD_BYTES: usize = 8;
/// So many bytes are gone through to find where a damage ends; checksums of a gigabyte take less than a second.
const LOOKS_MAX: usize = 1 << 30;

pub struct FileJournal {
    path: PathBuf,
    file: File,
    /// Up to here everything is whole.
    end: u64,
}

impl FileJournal {
    /// Opens or makes `journal.log` in a directory of its own.
    pub fn open(directory: &Path) -> io::Result<FileJournal> {
        std::fs::create_dir_all(directory)?;
        let path = directory.join("journal.log");
        let is_new = !path.exists();
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        if is_new || file.metadata()?.len() < HEAD.len() as u64 {
            file.set_len(0)?;
            file.write_all(HEAD)?;
            file.sync_all()?;
            sync_directory(directory)?;
        }
        Ok(FileJournal { path, file, end: HEAD.len() as u64 })
    }

    /// A damaged end is what a crash leaves of a batch that nobody was told of; anything else is set aside, and so is what
    /// is too tangled to tell.
    fn set_aside(&mut self, all: &[u8], good: usize) -> io::Result<()> {
        let rest = &all[good..];
        let (search, _) = find_frame(rest, LOOKS_MAX);
        if search != Search::Nothing {
            let aside = self.path.with_extension(format!("damaged-{good}"));
            std::fs::write(&aside, rest)?;
            tracing::error!(
                at = good,
                readable_again = ?search,
                aside = %aside.display(),
                "the journal of MQTT sessions is damaged; what follows the damage was set aside"
            );
        }
        self.file.set_len(good as u64)?;
        self.file.sync_all()
    }
}

/// What looking for a whole frame behind some bytes that are none came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    /// So many bytes further on.
    Found(usize),
    Nothing,
    /// There may be one: looking on would take too long.
    GaveUp,
}

/// Looks for a whole frame behind some bytes that are none; says how many bytes of bodies it went through. Nearly every
/// byte may seem to begin a frame as long as all that follows, so that without `looks_max` some megabytes would take hours.
fn find_frame(bytes: &[u8], looks_max: usize) -> (Search, usize) {
    let mut looks = 0;
    for at in 1..bytes.len() {
        let Some((body, sum)) = framed(&bytes[at..]) else { continue };
        if !body.first().is_some_and(|kind| KINDS.contains(kind)) {
            continue;
        }
        if looks + body.len() > looks_max {
            return (Search::GaveUp, looks);
        }
        looks += body.len();
        if crc32fast::hash(body) == sum {
            return (Search::Found(at), looks);
        }
    }
    (Search::Nothing, looks)
}

/// The body of the frame that begins here, and the length of both.
fn frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (body, sum) = framed(bytes)?;
    (crc32fast::hash(body) == sum).then_some((body, FRAME_HEAD_BYTES + body.len()))
}

/// What would be the body of a frame that begins here, and its checksum.
fn framed(bytes: &[u8]) -> Option<(&[u8], u32)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let sum = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    let body = bytes.get(FRAME_HEAD_BYTES..FRAME_HEAD_BYTES.checked_add(length)?)?;
    Some((body, sum))
}

fn encode(records: &[Record]) -> BytesMut {
    let mut out = BytesMut::zeroed(FRAME_HEAD_BYTES);
    records.iter().for_each(|record| record.write(&mut out));
    let length = (out.len() - FRAME_HEAD_BYTES) as u32;
    let sum = crc32fast::hash(&out[FRAME_HEAD_BYTES..]);
    out[..4].copy_from_slice(&length.to_le_bytes());
    out[4..8].copy_from_slice(&sum.to_le_bytes());
    out
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

impl Journal for FileJournal {
    fn load(&mut self) -> io::Result<Vec<Record>> {
        let mut all = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut all)?;
        if !all.starts_with(HEAD) {
            let found = format!("{} is not a journal of MQTT sessions", self.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, found));
        }
        let mut records = Vec::new();
        let mut at = HEAD.len();
        while let Some((body, length)) = frame(&all[at..]) {
            let mut body = Bytes::copy_from_slice(body);
            let mut batch = Vec::new();
            while !body.is_empty() {
                let Some(record) = Record::read(&mut body) else {
                    let said = format!("{}: a record at {at} is of a later version", self.path.display());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, said));
                };
                batch.push(record);
            }
            records.append(&mut batch);
            at += length;
        }
        if at < all.len() {
            self.set_aside(&all, at)?;
        }
        self.end = at as u64;
        Ok(records)
    }

    fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let frame = encode(records);
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&frame))
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What is half there must not stand before what comes next.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += frame.len() as u64;
        Ok(())
    }

    fn compact(&mut self, records: &[Record]) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&fresh)?;
        file.write_all(HEAD)?;
        let mut end = HEAD.len() as u64;
        for part in records.chunks(4_096) {
            let frame = encode(part);
            file.write_all(&frame)?;
            end += frame.len() as u64;
        }
        file.sync_all()?;
        std::fs::rename(&fresh, &self.path)?;
        if let Some(directory) = self.path.parent() {
            sync_directory(directory)?;
        }
        (self.file, self.end) = (file, end);
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_for_the_end_of_a_damage_is_bounded() {
        // Every fourth byte seems to begin a frame of a quarter of a megabyte.
        let tangled = [4, 4, 4, 0].repeat(256 * 1024);
        let (search, looks) = find_frame(&tangled, 16 * tangled.len());
        assert_eq!(search, Search::GaveUp);
        assert!(looks <= 16 * tangled.len() && looks > 8 * tangled.len(), "{looks}");
    }

    #[test]
    fn the_end_of_an_ordinary_damage_is_found_at_once() {
        let record = |session| Record::Ended { session };
        let records: Vec<Record> = (0..1_000).map(record).collect();
        let mut bytes: Vec<u8> = encode(&records).to_vec();
        let damaged = bytes.len();
        bytes[9] ^= 0x40;
        bytes.extend_from_slice(&encode(&[record(1)]));
        let (search, looks) = find_frame(&bytes, LOOKS_MAX);
        assert_eq!(search, Search::Found(damaged));
        assert!(looks < LOOKS_MAX / 100, "{looks} of {}", bytes.len());
        let (search, _) = find_frame(&bytes[..damaged], LOOKS_MAX);
        assert_eq!(search, Search::Nothing, "what a crash leaves");
    }
}
