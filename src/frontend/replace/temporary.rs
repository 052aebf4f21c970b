//! Temporary files that are renamed to their final name. A file in use is locked (`flock(2)`), so that a later run
//! recognises the files that a killed run has left.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, flock, openat, renameat, unlinkat};
use rustix::io::Errno;

const PREFIX: &str = ".pullcreds-";
const SUFFIX: &str = ".tmp";
/// The digits between the two.
const DIGITS: usize = 16;
/// How many names are tried.
const TRIES: u64 = 16;

/// A file that is deleted on drop, unless it is renamed.
pub(super) struct Temporary<'f> {
    folder: &'f OwnedFd,
    name: String,
    pub(super) file: File,
    renamed: bool,
}

impl<'f> Temporary<'f> {
    pub(super) fn new(folder: &'f OwnedFd) -> io::Result<Self> {
        let random = RandomState::new();
        for attempt in 0..TRIES {
            let name = format!("{PREFIX}{:016x}{SUFFIX}", random.hash_one(attempt));
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let file = match openat(folder, &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => File::from(file),
                Err(Errno::EXIST) => continue,
                Err(error) => return Err(error.into()),
            };
            // Where there are no locks, no other run treats it as left over either.
            let _ = flock(&file, FlockOperation::LockExclusive);
            if file.metadata()?.nlink() > 0 {
                return Ok(Self { folder, name, file, renamed: false });
            }
            // Another run has locked and removed it first.
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Renames it to `to`, and replaces any file of that name.
    pub(super) fn rename(mut self, to: &OsStr) -> io::Result<()> {
        renameat(self.folder, &self.name, self.folder, to)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = unlinkat(self.folder, &self.name, AtFlags::empty());
        }
    }
}

/// Removes the files in `folder` that no process uses any more.
pub(super) fn sweep(folder: &OwnedFd) {
    let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = openat(folder, ".", readable, Mode::empty()).and_then(Dir::new);
    let Ok(entries) = entries else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_bytes();
        let left = if is_ours(name) { left(folder, name) } else { None };
        if let Some(_locked) = left {
            let _ = unlinkat(folder, name, AtFlags::empty());
        }
    }
}

fn is_ours(name: &[u8]) -> bool {
    let digits =
        name.strip_prefix(PREFIX.as_bytes()).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    digits.is_some_and(|digits| digits.len() == DIGITS && digits.iter().all(u8::is_ascii_hexdigit))
}

/// A file that no run has locked, locked now so that no other run uses it while it is deleted. It may belong already to
/// the user of the file whose place it was for.
fn left(folder: &OwnedFd, name: &[u8]) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(folder, name, flags, Mode::empty()).ok()?);
    let is_free = file.metadata().ok()?.is_file()
        && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    is_free.then_some(file)
}
