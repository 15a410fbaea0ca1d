//! Space on the data's disk kept back for a start. Opening a database takes a few pages for what its readers and its
//! writer share, and a disk that filled up must not keep the doors shut after a restart.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use lares_model::ports::Entropy;

const FILE_NAME: &str = "reserve";
const BYTES: u64 = 4 * SHARE;
/// What a start needs before its doors are open, several times over.
const SHARE: u64 = 1024 * 1024;

/// Gives a share back where the disk has no more than that: the next start finds the others.
pub fn lend(directory: &Path) -> io::Result<()> {
    if free(directory)? >= SHARE {
        return Ok(());
    }
    let file = match OpenOptions::new().write(true).open(directory.join(FILE_NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    file.set_len(file.metadata()?.len().saturating_sub(SHARE))?;
    tracing::warn!(disk = %directory.display(), "the disk is full; Lares starts on space that it kept back");
    Ok(())
}

/// Takes it again where that leaves others as much.
pub fn keep(directory: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let file = directory.join(FILE_NAME);
    let is_whole = fs::metadata(&file).is_ok_and(|metadata| metadata.len() == BYTES);
    if is_whole || free(directory)? < 2 * BYTES {
        return Ok(());
    }
    let mut open = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&file)?;
    fill(&mut open, entropy).or_else(|error| match error.kind() {
        // Others were quicker; the space is theirs.
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => fs::remove_file(&file),
        _ => Err(error),
    })
}

/// With what no file system stores in less space.
fn fill(file: &mut File, entropy: &dyn Entropy) -> io::Result<()> {
    let mut bytes = vec![0; BYTES as usize];
    entropy.fill(&mut bytes);
    file.write_all(&bytes)?;
    file.sync_all()
}

fn free(directory: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(directory)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
