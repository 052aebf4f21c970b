//! The target of a text: a file, a device, a pipe, a socket, or a stream that is already open.

use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::replace::{self, NotWritten};

/// A stream that the program was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Paths that mean standard error even where it is the same file as standard output (`2>&1`).
const STANDARD_ERROR: &[&str] = &["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"];
/// Names in these folders are files that a process has open. The other name of such a file, if it has one, may have
/// been deleted or replaced since.
const DESCRIPTORS: &[&str] = &["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc"];
/// The errors of the system if a file can be written but not replaced: the folder is read-only or belongs to another
/// user, or the file is mounted.
const NOT_REPLACEABLE: &[ErrorKind] = &[
    ErrorKind::PermissionDenied,
    ErrorKind::ReadOnlyFilesystem,
    ErrorKind::ResourceBusy,
    ErrorKind::CrossesDevices,
];

/// Writes `text` to `path`. A regular file is replaced completely or not at all, if it can be replaced; anything else
/// is opened and written.
///
/// # Errors
///
/// The error of the operating system; for a folder that does not exist, with its name.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let kind = match fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return create(path, text),
        Err(error) => return Err(error),
    };
    if is_socket(kind) {
        return send(path, text);
    }
    if !kind.is_file() || DESCRIPTORS.iter().any(|above| path.starts_with(above)) {
        return overwrite(path, text);
    }
    match replace::put(path, text) {
        Err(NotWritten::Io(error)) if NOT_REPLACEABLE.contains(&error.kind()) => {
            overwrite(path, text)
        }
        Err(NotWritten::Io(error)) => Err(error),
        Err(_) => overwrite(path, text),
        Ok(()) => Ok(()),
    }
}

/// Creates the file at `path`, which does not exist.
fn create(path: &Path, text: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        // A link to a file that does not exist yet.
        return overwrite(path, text);
    }
    let folder = folder(path);
    if !folder.exists() {
        let missing = format!("the folder {} does not exist", folder.display());
        return Err(io::Error::new(ErrorKind::NotFound, missing));
    }
    replace::put(path, text).map_err(|refused| match refused {
        NotWritten::Io(error) => error,
        other => io::Error::other(other),
    })
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.flush()
}

/// The standard stream that `path` leads to, if writing there would mix with or lose the contents of the stream. `-`
/// is standard output, as in other options.
pub fn standard(path: &Path) -> Option<Standard> {
    if path == Path::new("-") {
        return Some(Standard::Output);
    }
    let names_error = STANDARD_ERROR.iter().any(|name| path == Path::new(name));
    if names_error || is_same(path, Standard::Error) && !is_same(path, Standard::Output) {
        return Some(Standard::Error);
    }
    is_same(path, Standard::Output).then_some(Standard::Output)
}

#[cfg(unix)]
fn is_same(path: &Path, stream: Standard) -> bool {
    use std::io::IsTerminal as _;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let (descriptor, is_terminal) = match stream {
        Standard::Output => (io::stdout().as_fd().try_clone_to_owned(), io::stdout().is_terminal()),
        Standard::Error => (io::stderr().as_fd().try_clone_to_owned(), io::stderr().is_terminal()),
    };
    let open = descriptor.and_then(|descriptor| File::from(descriptor).metadata());
    let (Ok(open), Ok(named)) = (open, fs::metadata(path)) else { return false };
    let same = (open.dev(), open.ino()) == (named.dev(), named.ino());
    // Writing to /dev/null loses nothing.
    same && (is_terminal || !open.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_same(_: &Path, _: Standard) -> bool {
    false
}

#[cfg(unix)]
fn is_socket(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_socket()
}

#[cfg(not(unix))]
fn is_socket(_: FileType) -> bool {
    false
}

/// A socket cannot be opened (`open(2)`, ENXIO): a process must listen on it.
#[cfg(unix)]
fn send(path: &Path, text: &str) -> io::Result<()> {
    let mut socket = std::os::unix::net::UnixStream::connect(path)?;
    socket.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn send(path: &Path, text: &str) -> io::Result<()> {
    overwrite(path, text)
}
