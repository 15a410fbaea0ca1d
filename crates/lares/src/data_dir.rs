//! The data directory: made with owner-only permissions, held by one process at a time, with the server's key in it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use lares_hub::vault::KEY_BYTES;
use lares_model::ports::Entropy;

use crate::reserve;

pub struct DataDirectory {
    pub path: PathBuf,
    /// Held while the process runs; the system gives it back even after a crash.
    _lock: File,
}

const OWNER_ONLY_DIR: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

impl DataDirectory {
    pub fn open(path: &Path) -> Result<DataDirectory, String> {
        let said = |error: std::io::Error| format!("data directory {}: {error}", path.display());
        if !path.exists() {
            fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIR).create(path).map_err(said)?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(OWNER_ONLY_DIR)).map_err(said)?;
        let path = path.canonicalize().map_err(said)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(OWNER_ONLY_FILE)
            .open(path.join("lock"))
            .map_err(said)?;
        lock.try_lock().map_err(|_| {
            format!(
                "data directory {}: another Lares process is using it; stop that one first",
                path.display()
            )
        })?;
        if let Err(error) = reserve::lend(&path) {
            tracing::warn!(%error, "space that was kept back for a full disk is not to be had");
        }
        Ok(DataDirectory { path, _lock: lock })
    }

    /// The server's key; made at the first start and never again.
    pub fn key(&self, entropy: &dyn Entropy) -> Result<[u8; KEY_BYTES], String> {
        let file = self.path.join("secret.key");
        let said = |error: std::io::Error| format!("{}: {error}", file.display());
        let mut key = [0; KEY_BYTES];
        if file.exists() {
            let length = File::open(&file).and_then(|mut open| {
                let mut bytes = Vec::new();
                open.read_to_end(&mut bytes)?;
                key.copy_from_slice(bytes.get(..KEY_BYTES).unwrap_or(&[0; KEY_BYTES]));
                Ok(bytes.len())
            });
            return match length.map_err(said)? {
                KEY_BYTES => Ok(key),
                other => Err(format!("{}: must have {KEY_BYTES} bytes, has {other}", file.display())),
            };
        }
        if let Some(data) = ["lares.db", "telemetry.db"].iter().find(|name| self.path.join(name).exists()) {
            return Err(format!(
                "{} is missing beside {data}: without the key that this data was made with, passwords and sealed \
                 fields are lost; restore the file from the backup",
                file.display()
            ));
        }
        entropy.fill(&mut key);
        write_owner_only(&file, &key)?;
        Ok(key)
    }
}

/// Writes a whole file or none: under another name first, synced, then renamed.
pub fn write_owner_only(file: &Path, content: &[u8]) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut open = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(OWNER_ONLY_FILE)
        .open(&new)
        .map_err(said)?;
    open.write_all(content).and_then(|()| open.sync_all()).map_err(said)?;
    fs::rename(&new, file).map_err(said)?;
    if let Some(parent) = file.parent() {
        File::open(parent).and_then(|dir| dir.sync_all()).map_err(said)?;
    }
    Ok(())
}
