//! Accesses files by the handle of their folder, so that a link that replaces a file meanwhile is not followed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path};

use rustix::fs::{Gid, Mode, OFlags, Uid, fchmod, fchown, open, openat};
use rustix::io::Errno;

use super::temporary::{self, Temporary};
use super::{FilePlace, NotWritten, Replaced};

const CHUNK: usize = 1 << 16;
/// A folder in the path. If the system has handles only for looking up names (`O_PATH`), the folder need not be
/// readable.
#[cfg(any(target_os = "linux", target_os = "android"))]
const FOLDER: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Do not wait for the other side of a pipe.
const TO_READ: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Replaces a file by `content`; if `before` is given, only if the file still has that content.
pub(super) fn exchange(
    place: &FilePlace,
    content: &str,
    before: Option<&str>,
) -> Result<Replaced, NotWritten> {
    let folder = folder(&place.folder)?;
    let old = File::from(file(&folder, &place.name)?);
    let metadata = old.metadata()?;
    if !metadata.is_file() {
        return Err(NotWritten::Changed);
    }
    let mut new = Temporary::new(&folder)?;
    new.file.write_all(content.as_bytes())?;
    keep_owner(&old, &new.file)?;
    attributes::keep(&old, &new.file)?;
    fchmod(&new.file, Mode::from_raw_mode(metadata.mode() & 0o7777)).map_err(io::Error::from)?;
    new.file.sync_all()?;
    if let Some(before) = before {
        compare(&folder, &place.name, before, &metadata)?;
    }
    new.rename(&place.name)?;
    Ok(Replaced { other_names: metadata.nlink().saturating_sub(1) })
}

/// Creates a file that everyone may read.
pub(super) fn create(place: &FilePlace, content: &str) -> Result<(), NotWritten> {
    let folder = folder(&place.folder)?;
    let mut new = Temporary::new(&folder)?;
    new.file.write_all(content.as_bytes())?;
    fchmod(&new.file, Mode::from_raw_mode(0o644)).map_err(io::Error::from)?;
    new.file.sync_all()?;
    Ok(new.rename(&place.name)?)
}

/// Opens a folder whose path has no link in it.
fn folder(path: &Path) -> Result<OwnedFd, NotWritten> {
    let mut handle = open("/", FOLDER, Mode::empty()).map_err(io::Error::from)?;
    for component in path.components() {
        if let Component::Normal(name) = component {
            handle = openat(&handle, name, FOLDER, Mode::empty()).map_err(moved)?;
        }
    }
    Ok(handle)
}

fn file(folder: &OwnedFd, name: &OsStr) -> Result<OwnedFd, NotWritten> {
    openat(folder, name, TO_READ, Mode::empty()).map_err(moved)
}

/// The reason if a file is not where it was.
fn moved(error: Errno) -> NotWritten {
    match error {
        Errno::NOENT => NotWritten::Deleted,
        Errno::LOOP | Errno::NOTDIR | Errno::NXIO => NotWritten::Changed,
        error => NotWritten::Io(error.into()),
    }
}

fn keep_owner(old: &File, new: &File) -> Result<(), NotWritten> {
    let (old, made) = (old.metadata()?, new.metadata()?);
    if (old.uid(), old.gid()) == (made.uid(), made.gid()) {
        return Ok(());
    }
    let user = (old.uid() != made.uid()).then(|| Uid::from_raw(old.uid()));
    let group = (old.gid() != made.gid()).then(|| Gid::from_raw(old.gid()));
    fchown(new, user, group).map_err(|_| NotWritten::Owner { user: old.uid(), group: old.gid() })
}

/// Whether a file is unchanged since it was read. A change of its metadata counts as a change.
fn compare(
    folder: &OwnedFd,
    name: &OsStr,
    before: &str,
    old: &std::fs::Metadata,
) -> Result<(), NotWritten> {
    let mut now = File::from(file(folder, name)?);
    let metadata = now.metadata()?;
    let belongings = |of: &std::fs::Metadata| (of.mode(), of.uid(), of.gid());
    let same = belongings(&metadata) == belongings(old) && holds(&mut now, before.as_bytes())?;
    if same { Ok(()) } else { Err(NotWritten::Changed) }
}

fn holds(file: &mut File, mut expected: &[u8]) -> io::Result<bool> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = match file.read(&mut chunk) {
            Ok(0) => return Ok(expected.is_empty()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        match expected.strip_prefix(&chunk[..length]) {
            Some(rest) => expected = rest,
            None => return Ok(false),
        }
    }
}

/// Removes the files that killed runs have left in a folder. A failure has no consequence.
pub(super) fn sweep(path: &Path) {
    if let Ok(folder) = folder(path) {
        temporary::sweep(&folder);
    }
}

/// Syncs a folder to disk, so that its names survive a power failure, if the system supports it.
pub(super) fn settle(path: &Path) {
    let Ok(folder) = folder(path) else { return };
    let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    if let Ok(folder) = openat(&folder, ".", readable, Mode::empty()) {
        let _ = File::from(folder).sync_all();
    }
}

/// Extended attributes (`xattr(7)`), access control lists among them.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod attributes {
    use std::fs::File;
    use std::io;

    use rustix::fs::{
        XattrFlags, fgetxattr, fgetxattr_query, flistxattr, flistxattr_query, fremovexattr,
        fsetxattr,
    };

    use super::NotWritten;

    /// The prefixes of the attributes that belong to the file and not to what it holds, as signatures do
    /// (`security.ima`).
    const KEPT: &[&[u8]] = &[b"user.", b"system.", b"security.selinux"];
    /// `acl(5)`. Without it the mode has another meaning: its middle bits are the mask of the list.
    const ACCESS: &str = "system.posix_acl_access";

    pub(super) fn keep(old: &File, new: &File) -> Result<(), NotWritten> {
        let names = names(old).unwrap_or_default();
        let mut has_list = false;
        for name in names.split(|byte| *byte == 0).filter(|name| is_kept(name)) {
            let set = value(old, name).and_then(|value| {
                fsetxattr(new, name, &value, XattrFlags::empty()).map_err(io::Error::from)
            });
            has_list |= name == ACCESS.as_bytes();
            match set {
                Err(error) if name == ACCESS.as_bytes() => return Err(NotWritten::Access(error)),
                // The other errors need not be distinguished here.
                _ => {}
            }
        }
        if !has_list {
            // The folder may set one on new files.
            let _ = fremovexattr(new, ACCESS);
        }
        Ok(())
    }

    fn is_kept(name: &[u8]) -> bool {
        KEPT.iter().any(|start| name.starts_with(start))
    }

    fn names(file: &File) -> io::Result<Vec<u8>> {
        let mut names = vec![0; flistxattr_query(file)?];
        let length = flistxattr(file, &mut names[..])?;
        names.truncate(length);
        Ok(names)
    }

    fn value(file: &File, name: &[u8]) -> io::Result<Vec<u8>> {
        let mut value = vec![0; fgetxattr_query(file, name)?];
        let length = fgetxattr(file, name, &mut value[..])?;
        value.truncate(length);
        Ok(value)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod attributes {
    use std::fs::File;

    use super::NotWritten;

    pub(super) fn keep(_: &File, _: &File) -> Result<(), NotWritten> {
        Ok(())
    }
}
