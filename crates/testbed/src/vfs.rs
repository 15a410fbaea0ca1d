//! A disk for SQLite that keeps nothing it was not told to sync: a VFS over the ordinary one that holds writes and
//! truncations in memory until `xSync`. A process killed with SIGKILL then loses every unsynced write, the page
//! cache's too. It can also ignore syncs, to show that a test notices, and refuse them. Names of files (creation, deletion)
//! are durable at once; only content is held. Shared memory, locks and temporary files are the ordinary VFS's.
#![allow(unsafe_code)]

mod overlay;

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};

use libsqlite3_sys as ffi;
use libsqlite3_sys::{sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use overlay::{Overlay, RealFile};

/// Syncs that are answered and not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lie {
    /// How the file's name ends, such as `-wal`.
    pub suffix: String,
    /// Only this one of the syncs of such files, counted from 1; all of them where absent.
    pub nth: Option<u64>,
}

impl Lie {
    /// From `suffix` or `suffix:nth`, as tests hand it to the process they are going to kill.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((suffix, nth)) = text.split_once(':') else {
            return Ok(Lie { suffix: text.to_owned(), nth: None });
        };
        match nth.parse() {
            Ok(nth @ 1..) => Ok(Lie { suffix: suffix.to_owned(), nth: Some(nth) }),
            _ => Err(format!("{text:?}: what follows the colon must be a number from 1")),
        }
    }
}

/// Has every sync of files whose name ends so fail from now on, keeping what is held; `None` heals the disk.
pub fn fail_syncs_of(suffix: Option<&str>) {
    *Disk::get().failing.lock().unwrap_or_else(PoisonError::into_inner) = suffix.map(str::to_owned);
}

/// Copies what a folder's files durably hold, all of one moment: what a power cut now would leave.
pub fn copy_durable(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    let _no_syncs = Disk::get().syncing.lock().unwrap_or_else(PoisonError::into_inner);
    for file in std::fs::read_dir(from)? {
        let file = file?;
        // Shared memory is no file that survives.
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

/// Makes the shim the default of every SQLite connection this process opens from now on. To be called first in
/// `main`; a second call changes nothing.
pub fn install(lie: Option<Lie>) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: finding the default VFS and registering a copy of it that lives for ever is what these are for.
        // The copy's other functions belong to the unix VFS and take nothing from the pointer but `mxPathname`.
        unsafe {
            let below = ffi::sqlite3_vfs_find(ptr::null());
            assert!(!below.is_null(), "SQLite has no default VFS");
            let mut shim = *below;
            shim.szOsFile = INNER_OFFSET as c_int + (*below).szOsFile;
            shim.pNext = ptr::null_mut();
            shim.zName = c"unsynced".as_ptr();
            shim.xOpen = Some(open);
            shim.xDelete = Some(delete);
            shim.xAccess = Some(access);
            let disk = Disk {
                below: Below(below),
                files: Mutex::default(),
                lie,
                syncs: AtomicU64::new(0),
                failing: Mutex::default(),
                syncing: Mutex::default(),
            };
            assert!(DISK.set(disk).is_ok(), "installed twice");
            let registered = ffi::sqlite3_vfs_register(Box::leak(Box::new(shim)), 1);
            assert_eq!(registered, ffi::SQLITE_OK, "SQLite refused the shim");
        }
    });
}

static DISK: OnceLock<Disk> = OnceLock::new();

struct Disk {
    below: Below,
    /// By full path. What a closed file did not sync stays here, as it would in the page cache.
    files: Mutex<HashMap<Vec<u8>, Arc<OpenFile>>>,
    lie: Option<Lie>,
    syncs: AtomicU64,
    failing: Mutex<Option<String>>,
    /// Held while what is held goes to the files.
    syncing: Mutex<()>,
}

struct Below(*mut sqlite3_vfs);
// SAFETY: SQLite's VFS objects are made to be used from any thread.
unsafe impl Send for Below {}
// SAFETY: as above.
unsafe impl Sync for Below {}

/// One file, however many connections have it open.
struct OpenFile {
    path: Vec<u8>,
    overlay: Mutex<Overlay>,
}

impl OpenFile {
    fn overlay(&self) -> MutexGuard<'_, Overlay> {
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    fn get() -> &'static Disk {
        DISK.get().expect("SQLite calls the shim only after it was installed")
    }

    fn files(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Arc<OpenFile>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lies_about(&self, path: &[u8]) -> bool {
        let Some(lie) = self.lie.as_ref().filter(|lie| path.ends_with(lie.suffix.as_bytes())) else {
            return false;
        };
        let count = self.syncs.fetch_add(1, Ordering::Relaxed) + 1;
        lie.nth.is_none_or(|nth| nth == count)
    }

    fn fails_on(&self, path: &[u8]) -> bool {
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        failing.as_ref().is_some_and(|suffix| path.ends_with(suffix.as_bytes()))
    }
}

/// What SQLite takes for its file: ours first, then the one below in the same allocation.
#[repr(C)]
struct ShimFile {
    base: sqlite3_file,
    /// From `Arc::into_raw`; null for temporary files, which nobody expects to find again.
    open: *const OpenFile,
}

const INNER_OFFSET: usize = size_of::<ShimFile>().next_multiple_of(16);

/// The file below, with its own functions.
#[derive(Clone, Copy)]
struct Inner(*mut sqlite3_file);

impl Inner {
    /// # Safety
    /// `file` must be one that `open` made.
    unsafe fn of(file: *mut sqlite3_file) -> Inner {
        // SAFETY: SQLite allocated `szOsFile` bytes, which covers the inner file behind ours.
        Inner(unsafe { file.cast::<u8>().add(INNER_OFFSET).cast() })
    }

    fn methods(self) -> &'static sqlite3_io_methods {
        // SAFETY: the VFS below opened this file and set its table, which is static there.
        unsafe { &*(*self.0).pMethods }
    }
}

fn done(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

fn code(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(ffi::SQLITE_OK)
}

impl RealFile for Inner {
    type Error = c_int;

    fn read(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), c_int> {
        let read = self.methods().xRead.ok_or(ffi::SQLITE_IOERR_READ)?;
        // SAFETY: the buffer is as long as is said, and the file is open.
        let code = unsafe { read(self.0, buffer.as_mut_ptr().cast(), buffer.len() as c_int, offset as i64) };
        // Behind the end it fills with zeros.
        if code == ffi::SQLITE_IOERR_SHORT_READ { Ok(()) } else { done(code) }
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), c_int> {
        let write = self.methods().xWrite.ok_or(ffi::SQLITE_IOERR_WRITE)?;
        // SAFETY: the bytes are as many as is said, and the file is open.
        done(unsafe { write(self.0, bytes.as_ptr().cast(), bytes.len() as c_int, offset as i64) })
    }

    fn truncate(&mut self, size: u64) -> Result<(), c_int> {
        let truncate = self.methods().xTruncate.ok_or(ffi::SQLITE_IOERR_TRUNCATE)?;
        // SAFETY: the file is open.
        done(unsafe { truncate(self.0, size as i64) })
    }

    fn size(&mut self) -> Result<u64, c_int> {
        let file_size = self.methods().xFileSize.ok_or(ffi::SQLITE_IOERR_FSTAT)?;
        let mut size = 0;
        // SAFETY: the file is open and `size` is writable.
        done(unsafe { file_size(self.0, &mut size) })?;
        Ok(size as u64)
    }
}

unsafe extern "C" fn open(
    _vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let disk = Disk::get();
    // SAFETY: SQLite gives `szOsFile` bytes at `file`, and a name that is null or a terminated full path that
    // outlives the file. The table is set only when the inner file is open, as SQLite asks.
    unsafe {
        (*file).pMethods = ptr::null();
        let below = disk.below.0;
        let Some(open_below) = (*below).xOpen else { return ffi::SQLITE_CANTOPEN };
        let opened = open_below(below, name, Inner::of(file).0, flags, out_flags);
        if opened != ffi::SQLITE_OK {
            return opened;
        }
        let held = !name.is_null() && flags & ffi::SQLITE_OPEN_DELETEONCLOSE == 0;
        let open = if held {
            let path = CStr::from_ptr(name).to_bytes().to_vec();
            let fresh = || Arc::new(OpenFile { path: path.clone(), overlay: Mutex::default() });
            Arc::into_raw(Arc::clone(disk.files().entry(path.clone()).or_insert_with(fresh)))
        } else {
            ptr::null()
        };
        ptr::addr_of_mut!((*file.cast::<ShimFile>()).open).write(open);
        (*file).pMethods = &METHODS;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_vfs: *mut sqlite3_vfs, name: *const c_char, sync_directory: c_int) -> c_int {
    let disk = Disk::get();
    // SAFETY: the name is a terminated full path.
    unsafe {
        disk.files().remove(CStr::from_ptr(name).to_bytes());
        let below = disk.below.0;
        (*below).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(below, name, sync_directory))
    }
}

unsafe extern "C" fn access(
    _vfs: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    result: *mut c_int,
) -> c_int {
    let disk = Disk::get();
    // SAFETY: the name is a terminated full path and `result` is writable.
    unsafe {
        let known = disk.files().get(CStr::from_ptr(name).to_bytes()).cloned();
        let held_size = known.and_then(|open| open.overlay().held_size());
        // The VFS below takes an empty file for none, and what is held here makes it full or empty.
        if let Some(size) = held_size.filter(|_| flags == ffi::SQLITE_ACCESS_EXISTS) {
            *result = c_int::from(size > 0);
            return ffi::SQLITE_OK;
        }
        let below = disk.below.0;
        (*below).xAccess.map_or(ffi::SQLITE_IOERR_ACCESS, |access| access(below, name, flags, result))
    }
}

/// # Safety
/// `file` must be one that `open` made and `close` did not close.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> (Option<&'a OpenFile>, Inner) {
    // SAFETY: `open` wrote the pointer, and its count is given back only by `close`.
    unsafe { ((*file.cast::<ShimFile>()).open.as_ref(), Inner::of(file)) }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; the count taken in `open` is given back here.
    unsafe {
        let inner = Inner::of(file);
        let open = (*file.cast::<ShimFile>()).open;
        if !open.is_null() {
            drop(Arc::from_raw(open));
        }
        inner.methods().xClose.map_or(ffi::SQLITE_IOERR_CLOSE, |close| close(inner.0))
    }
}

unsafe extern "C" fn read(file: *mut sqlite3_file, buffer: *mut c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite's buffer is `amount` bytes and written by nobody else meanwhile.
    let ((open, mut inner), buffer) =
        unsafe { (opened(file), std::slice::from_raw_parts_mut(buffer.cast::<u8>(), amount as usize)) };
    let read = match open {
        Some(open) => open.overlay().read(&mut inner, buffer, offset as u64),
        None => Overlay::default().read(&mut inner, buffer, offset as u64),
    };
    match read {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(code) => code,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite's buffer is `amount` bytes and stays as it is meanwhile.
    let ((open, mut inner), bytes) =
        unsafe { (opened(file), std::slice::from_raw_parts(bytes.cast::<u8>(), amount as usize)) };
    code(match open {
        Some(open) => open.overlay().write(&mut inner, bytes, offset as u64),
        None => inner.write(bytes, offset as u64),
    })
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite passes a file it opened.
    let (open, mut inner) = unsafe { opened(file) };
    code(match open {
        Some(open) => open.overlay().truncate(&mut inner, size as u64),
        None => inner.truncate(size as u64),
    })
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite passes a file it opened.
    let (open, mut inner) = unsafe { opened(file) };
    // Held until the sync below is over: what another connection writes meanwhile is not part of it.
    let mut overlay = open.map(OpenFile::overlay);
    if open.is_some_and(|open| Disk::get().fails_on(&open.path)) {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    if open.is_some_and(|open| Disk::get().lies_about(&open.path)) {
        return ffi::SQLITE_OK;
    }
    let _copying_waits = Disk::get().syncing.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(overlay) = &mut overlay
        && let Err(code) = overlay.flush(&mut inner)
    {
        return code;
    }
    // SAFETY: as above.
    inner.methods().xSync.map_or(ffi::SQLITE_IOERR_FSYNC, |sync| unsafe { sync(inner.0, flags) })
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite passes a file it opened and a place for the answer.
    let (open, mut inner) = unsafe { opened(file) };
    let found = match open {
        Some(open) => open.overlay().size(&mut inner),
        None => inner.size(),
    };
    // SAFETY: as above.
    code(found.map(|found| unsafe { *size = found as i64 }))
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    match operation {
        // Would grow the real file ahead of any sync.
        ffi::SQLITE_FCNTL_SIZE_HINT | ffi::SQLITE_FCNTL_CHUNK_SIZE => ffi::SQLITE_OK,
        // Would write past this shim.
        ffi::SQLITE_FCNTL_BEGIN_ATOMIC_WRITE
        | ffi::SQLITE_FCNTL_COMMIT_ATOMIC_WRITE
        | ffi::SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE => ffi::SQLITE_NOTFOUND,
        _ => {
            // SAFETY: SQLite passes a file it opened, and the argument that the operation wants.
            unsafe {
                let inner = Inner::of(file);
                let control = inner.methods().xFileControl;
                control.map_or(ffi::SQLITE_NOTFOUND, |control| control(inner.0, operation, argument))
            }
        }
    }
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite passes a file it opened.
    unsafe {
        let inner = Inner::of(file);
        let told = inner.methods().xDeviceCharacteristics.map_or(0, |tell| tell(inner.0));
        told & !ffi::SQLITE_IOCAP_BATCH_ATOMIC
    }
}

/// Functions that go straight to the file below.
macro_rules! passed_through {
    ($($name:ident = $method:ident($($argument:ident: $type:ty),*) else $otherwise:expr;)+) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $argument: $type)*) -> c_int {
            // SAFETY: SQLite passes a file it opened; the other arguments are between it and the VFS below.
            unsafe {
                let inner = Inner::of(file);
                inner.methods().$method.map_or($otherwise, |method| method(inner.0 $(, $argument)*))
            }
        }
    )+};
}

passed_through! {
    lock = xLock(level: c_int) else ffi::SQLITE_IOERR_LOCK;
    unlock = xUnlock(level: c_int) else ffi::SQLITE_IOERR_UNLOCK;
    check_reserved_lock = xCheckReservedLock(result: *mut c_int) else ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    sector_size = xSectorSize() else 4096;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, address: *mut *mut c_void)
        else ffi::SQLITE_IOERR_SHMMAP;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) else ffi::SQLITE_IOERR_SHMLOCK;
    shm_unmap = xShmUnmap(delete: c_int) else ffi::SQLITE_OK;
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: SQLite passes a file it opened.
    unsafe {
        let inner = Inner::of(file);
        if let Some(barrier) = inner.methods().xShmBarrier {
            barrier(inner.0);
        }
    }
}

/// Version 2: shared memory for WAL, and no memory mapping of files, which would pass the overlay by.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
