//! Changes files in place. A file is replaced completely or not at all, only if it has not changed since it was read,
//! and with its metadata.

#[cfg(unix)]
mod handle;
#[cfg(not(unix))]
mod path;
#[cfg(unix)]
mod temporary;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[cfg(unix)]
use handle::{create, exchange, settle, sweep};
#[cfg(not(unix))]
use path::{create, exchange, settle, sweep};

/// How many files are written at once: most of the time is spent waiting for the disk.
const AT_ONCE: usize = 16;

/// Where a file is, without links.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePlace {
    folder: PathBuf,
    name: OsString,
}

impl FilePlace {
    /// The place of the file that `path` leads to.
    ///
    /// # Errors
    ///
    /// If the file does not exist, or is not a regular file.
    pub fn of(path: &Path) -> Result<Self, NotWritten> {
        let path = path.canonicalize()?;
        match (path.is_file(), path.parent(), path.file_name()) {
            (true, Some(folder), Some(name)) => {
                Ok(Self { folder: folder.to_owned(), name: name.to_owned() })
            }
            _ => Err(NotWritten::NotAFile),
        }
    }
}

/// A file that is to be changed.
pub struct Change<'c> {
    /// Where it is.
    pub place: FilePlace,
    /// The contents that were read.
    pub before: &'c str,
    /// Creates the new contents.
    pub after: Box<dyn Fn() -> String + Sync + 'c>,
}

/// A file that was changed.
#[derive(Debug)]
pub struct Replaced {
    /// How many other names the file had (`link(2)`). They keep the old contents.
    pub other_names: u64,
}

/// Why a file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// Another process changed the file.
    #[error("it was changed after it was read, and was not written")]
    Changed,
    /// The file does not exist any more.
    #[error("it was deleted after it was read")]
    Deleted,
    /// The file of another user would change its owner.
    #[error("it belongs to user {user} and group {group}, which cannot be kept")]
    Owner {
        /// The number of its user.
        user: u32,
        /// The number of its group.
        group: u32,
    },
    /// The access control list would be lost.
    #[error("its access control list cannot be kept: {0}")]
    Access(io::Error),
    /// A device, a pipe, a folder.
    #[error("it is not a regular file")]
    NotAFile,
    /// It was not tried.
    #[error("the run was stopped before")]
    Stopped,
    /// The operating system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Changes files in parallel, and returns a result for each. `stopped` is called before each.
pub fn replace_all(
    changes: &[Change<'_>],
    stopped: &(dyn Fn() -> bool + Sync),
) -> Vec<Result<Replaced, NotWritten>> {
    let folders: BTreeSet<_> = changes.iter().map(|change| &*change.place.folder).collect();
    for folder in &folders {
        sweep(folder);
    }
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(changes.len()));
    let work = || {
        while let Some((at, change)) = taken(&next, changes) {
            let outcome = if stopped() { Err(NotWritten::Stopped) } else { replace(change) };
            let mut outcomes = outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            outcomes.push((at, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 1..AT_ONCE.min(changes.len()) {
            // Without other threads, this one does all the work.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    for folder in &folders {
        settle(folder);
    }
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn taken<'c, 't>(next: &AtomicUsize, changes: &'c [Change<'t>]) -> Option<(usize, &'c Change<'t>)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    changes.get(at).map(|change| (at, change))
}

fn replace(change: &Change<'_>) -> Result<Replaced, NotWritten> {
    exchange(&change.place, &(change.after)(), Some(change.before))
}

/// Replaces the contents of the file at `path`, or creates it.
pub(super) fn put(path: &Path, content: &str) -> Result<(), NotWritten> {
    let place = FilePlace::of(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (place, path.file_name()) {
        (Err(NotWritten::Io(error)), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
            sweep(&folder);
            create(&FilePlace { folder, name: name.to_owned() }, content)
        }
        (place, _) => {
            let place = place?;
            sweep(&place.folder);
            exchange(&place, content, None).map(drop)
        }
    }
}
