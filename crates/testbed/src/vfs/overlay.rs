//! What was written to a file and not yet synced: blocks in memory over the real file, and its size as it seems.
//! Kept apart from the FFI, so that it can be held against a plain model.

use std::collections::BTreeMap;

const BLOCK: u64 = 4096;

/// The file as the disk has it. Errors are whatever the file system below says.
pub trait RealFile {
    type Error;
    /// Fills the buffer, with zeros from the end of the file on.
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), Self::Error>;
    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Self::Error>;
    fn truncate(&mut self, size: u64) -> Result<(), Self::Error>;
    fn size(&mut self) -> Result<u64, Self::Error>;
}

/// Dropped unflushed, it is as if nothing of it had ever been written.
#[derive(Default)]
pub struct Overlay {
    /// `None` while nothing is held.
    held: Option<Held>,
}

struct Held {
    size: u64,
    /// How much of the real file still counts: the smallest size it was cut to.
    kept: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK as usize]>>,
}

impl Overlay {
    pub fn size<F: RealFile>(&self, file: &mut F) -> Result<u64, F::Error> {
        self.held.as_ref().map_or_else(|| file.size(), |held| Ok(held.size))
    }

    /// The size as far as it is known here.
    pub fn held_size(&self) -> Option<u64> {
        self.held.as_ref().map(|held| held.size)
    }

    /// Fills the buffer, with zeros from the end on; `false` when the end was met.
    pub fn read<F: RealFile>(&self, file: &mut F, buffer: &mut [u8], offset: u64) -> Result<bool, F::Error> {
        let end = offset + buffer.len() as u64;
        let Some(held) = &self.held else {
            file.read(buffer, offset)?;
            return Ok(end <= file.size()?);
        };
        file.read(buffer, offset)?;
        let kept = held.kept.saturating_sub(offset).min(buffer.len() as u64) as usize;
        buffer[kept..].fill(0);
        for (&number, block) in held.blocks.range(offset / BLOCK..end.div_ceil(BLOCK)) {
            let start = number * BLOCK;
            let (from, until) = (offset.max(start), end.min(start + BLOCK));
            buffer[(from - offset) as usize..(until - offset) as usize]
                .copy_from_slice(&block[(from - start) as usize..(until - start) as usize]);
        }
        Ok(end <= held.size)
    }

    pub fn write<F: RealFile>(&mut self, file: &mut F, bytes: &[u8], offset: u64) -> Result<(), F::Error> {
        let end = offset + bytes.len() as u64;
        for number in offset / BLOCK..end.div_ceil(BLOCK) {
            let start = number * BLOCK;
            let mut block = Box::new([0; BLOCK as usize]);
            self.read(file, block.as_mut_slice(), start)?;
            let (from, until) = (offset.max(start), end.min(start + BLOCK));
            block[(from - start) as usize..(until - start) as usize]
                .copy_from_slice(&bytes[(from - offset) as usize..(until - offset) as usize]);
            self.hold(file)?.blocks.insert(number, block);
        }
        let held = self.hold(file)?;
        held.size = held.size.max(end);
        Ok(())
    }

    pub fn truncate<F: RealFile>(&mut self, file: &mut F, size: u64) -> Result<(), F::Error> {
        let held = self.hold(file)?;
        (held.size, held.kept) = (size, held.kept.min(size));
        held.blocks.split_off(&size.div_ceil(BLOCK));
        if let Some(last) = held.blocks.get_mut(&(size / BLOCK)) {
            last[(size % BLOCK) as usize..].fill(0);
        }
        Ok(())
    }

    /// Writes what is held to the real file. The caller syncs that.
    pub fn flush<F: RealFile>(&mut self, file: &mut F) -> Result<(), F::Error> {
        let Some(held) = &self.held else { return Ok(()) };
        if held.kept < file.size()? {
            file.truncate(held.kept)?;
        }
        for (&number, block) in &held.blocks {
            let start = number * BLOCK;
            let used = held.size.saturating_sub(start).min(BLOCK) as usize;
            file.write(&block[..used], start)?;
        }
        if file.size()? != held.size {
            file.truncate(held.size)?;
        }
        self.held = None;
        Ok(())
    }

    fn hold<F: RealFile>(&mut self, file: &mut F) -> Result<&mut Held, F::Error> {
        if self.held.is_none() {
            let size = file.size()?;
            self.held = Some(Held { size, kept: size, blocks: BTreeMap::new() });
        }
        Ok(self.held.as_mut().expect("it was just made"))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    #[derive(Default)]
    struct InMemory(Vec<u8>);

    impl RealFile for InMemory {
        type Error = Infallible;

        fn read(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), Infallible> {
            for (place, byte) in (offset as usize..).zip(buffer) {
                *byte = self.0.get(place).copied().unwrap_or(0);
            }
            Ok(())
        }

        fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Infallible> {
            put(&mut self.0, bytes, offset);
            Ok(())
        }

        fn truncate(&mut self, size: u64) -> Result<(), Infallible> {
            self.0.resize(size as usize, 0);
            Ok(())
        }

        fn size(&mut self) -> Result<u64, Infallible> {
            Ok(self.0.len() as u64)
        }
    }

    fn put(file: &mut Vec<u8>, bytes: &[u8], offset: u64) {
        let end = offset as usize + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset as usize..end].copy_from_slice(bytes);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write(Vec<u8>, u64),
        Truncate(u64),
        Sync,
        Kill,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let bytes = (1_u8..255, 1_usize..9_000).prop_map(|(byte, length)| vec![byte; length]);
        prop_oneof![
            6 => (bytes, 0_u64..20_000).prop_map(|(bytes, offset)| Step::Write(bytes, offset)),
            2 => (0_u64..25_000).prop_map(Step::Truncate),
            2 => Just(Step::Sync),
            1 => Just(Step::Kill),
        ]
    }

    proptest! {
        #[test]
        fn reads_see_every_write_and_a_kill_sees_the_last_sync(
            steps in prop::collection::vec(any_step(), 1..30),
            probes in prop::collection::vec((0_u64..30_000, 1_usize..9_000), 4),
        ) {
            let (mut real, mut overlay) = (InMemory::default(), Overlay::default());
            let (mut seen, mut synced) = (Vec::new(), Vec::new());
            for step in steps {
                match step {
                    Step::Write(bytes, offset) => {
                        overlay.write(&mut real, &bytes, offset).unwrap();
                        put(&mut seen, &bytes, offset);
                    }
                    Step::Truncate(size) => {
                        overlay.truncate(&mut real, size).unwrap();
                        seen.resize(size as usize, 0);
                    }
                    Step::Sync => {
                        overlay.flush(&mut real).unwrap();
                        synced.clone_from(&seen);
                    }
                    Step::Kill => {
                        overlay = Overlay::default();
                        seen.clone_from(&synced);
                    }
                }
                prop_assert_eq!(&real.0, &synced);
                prop_assert_eq!(overlay.size(&mut real).unwrap(), seen.len() as u64);
                for &(offset, length) in &probes {
                    let mut buffer = vec![0xFF; length];
                    let whole = overlay.read(&mut real, &mut buffer, offset).unwrap();
                    let mut expected = vec![0; length];
                    InMemory(seen.clone()).read(&mut expected, offset).unwrap();
                    prop_assert_eq!(buffer, expected);
                    prop_assert_eq!(whole, offset as usize + length <= seen.len());
                }
            }
        }
    }
}
