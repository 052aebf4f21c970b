//! Reads and writes files, folders and standard streams. Nothing here knows what the bytes mean.

#![allow(clippy::disallowed_methods, reason = "this is where files are read and written")]

mod large;
mod limit;
mod replace;
mod target;
mod tree;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::say;
use crate::source::{self, Position, STDIN, Source, Unreadable};
use crate::text::{Message, Shown, shown, shown_error, shown_path};

pub use limit::{Limit, parse_size};
pub use replace::{Change, FilePlace, NotWritten, Replaced, replace_all};
pub use target::{Standard, standard, write};
pub use tree::{FoundFiles, KUSTOMIZATIONS, LeftOutBy, LeftOutFile, find, left_out, parse_exclude};

use tree::EXTENSIONS;

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system returned an error.
    #[error("cannot read {name}")]
    Io {
        /// The name of the input.
        name: Shown<'static>,
        /// The error.
        #[source]
        source: io::Error,
    },
    /// There is more input than the limit allows.
    #[error("{name}: {}", too_large(most))]
    TooLarge {
        /// The name of the input.
        name: Shown<'static>,
        /// How much may be read.
        most: Message,
    },
    /// The bytes are not text.
    #[error("{name}{}: {}", place(.source), .source.message)]
    NotText {
        /// The name of the input.
        name: Shown<'static>,
        /// Why, and where.
        source: NotText,
    },
}

/// [`Unreadable`] as an error.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct NotText {
    position: Option<Position>,
    message: &'static str,
}

impl ReadError {
    /// What cannot be read.
    pub fn name(&self) -> &Shown<'static> {
        match self {
            Self::Io { name, .. } | Self::TooLarge { name, .. } | Self::NotText { name, .. } => {
                name
            }
        }
    }

    /// Where the text ends.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Io { .. } | Self::TooLarge { .. } => None,
            Self::NotText { source, .. } => source.position,
        }
    }

    /// Why it cannot be read.
    pub fn why(&self) -> Message {
        match self {
            Self::Io { source, .. } => shown_error(source).into(),
            Self::TooLarge { most, .. } => too_large(most),
            Self::NotText { source, .. } => source.message.into(),
        }
    }
}

fn too_large(most: &Message) -> Message {
    say!("the input is larger than {} (--max-input)", most)
}

fn place(error: &NotText) -> String {
    error.position.map(|position| format!(":{position}")).unwrap_or_default()
}

fn not_text(name: &str, error: &Unreadable) -> ReadError {
    let source = NotText { position: error.position, message: error.message };
    ReadError::NotText { name: shown(name).into_owned(), source }
}

/// Reads all of the standard input.
///
/// # Errors
///
/// Input that cannot be read, or that is not text.
pub fn read_stdin(limit: &Limit) -> Result<Source, ReadError> {
    read(STDIN, (&mut io::stdin().lock(), 0), limit, widen_stdin)
}

/// Reads a stream, of about so many bytes.
fn read(
    name: &str,
    (stream, size): (&mut dyn io::Read, usize),
    limit: &Limit,
    widen: impl FnOnce(),
) -> Result<Source, ReadError> {
    let left = limit.left();
    let bytes = large::read(&mut stream.take(left.saturating_add(1)), size, widen)
        .map_err(|source| ReadError::Io { name: shown(name).into_owned(), source })?;
    if !limit.take(bytes.len() as u64) {
        return Err(ReadError::TooLarge { name: shown(name).into_owned(), most: limit.shown() });
    }
    Source::new(name, bytes).map_err(|error| not_text(name, &error))
}

/// Sets the buffer of a pipe to the maximum for unprivileged users. An error, or a stream that is not a pipe, has no
/// consequence.
#[cfg(target_os = "linux")]
fn widen_stdin() {
    const MOST: usize = 1 << 20;
    if rustix::pipe::fcntl_getpipe_size(io::stdin()).is_ok_and(|size| size < MOST) {
        let _ = rustix::pipe::fcntl_setpipe_size(io::stdin(), MOST);
    }
}

#[cfg(not(target_os = "linux"))]
fn widen_stdin() {}

/// Reads a file.
///
/// # Errors
///
/// Input that cannot be read, or that is not text.
pub fn read_file(path: &Path, limit: &Limit) -> Result<Source, ReadError> {
    let name = path.display().to_string();
    let file = fs::File::open(path);
    let mut file = file.map_err(|source| ReadError::Io { name: shown_path(path), source })?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    read(&name, (&mut file, usize::try_from(size).unwrap_or(0)), limit, || ())
}

/// `paths` without those that lead to one of `others`, and those.
pub fn without<'o>(
    paths: Vec<PathBuf>,
    others: impl Iterator<Item = &'o str>,
) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let others: Vec<_> = others.filter_map(|path| fs::canonicalize(path).ok()).collect();
    if others.is_empty() {
        return (paths, Vec::new());
    }
    let is_other = |path: &PathBuf| fs::canonicalize(path).is_ok_and(|path| others.contains(&path));
    paths.into_iter().partition(|path| !is_other(path))
}

/// The files of a kubelet's configuration at `path`: the file itself, or, for a folder, the files that the kubelet
/// reads, in its order (`readCredentialProviderConfig` in `pkg/credentialprovider/plugin/config.go`). Folders inside
/// are skipped.
///
/// # Errors
///
/// A path that does not exist or cannot be listed.
pub fn config_files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let error = |source| ReadError::Io { name: shown_path(path), source };
    if !fs::metadata(path).map_err(error)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(error)? {
        let entry = entry.map_err(error)?;
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_folder = entry.file_type().map_err(error)?.is_dir();
        if !is_folder && extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads files in parallel, each with its error; `progress` is called after each.
pub fn read_files(
    paths: &[PathBuf],
    limit: &Limit,
    progress: impl Fn() + Sync,
) -> Vec<Result<Source, ReadError>> {
    let read = |path: &PathBuf| {
        let read = read_file(path, limit);
        progress();
        read
    };
    source::prepare_threads();
    paths.par_iter().map(read).collect()
}

/// Creates a folder, and its missing parents.
///
/// # Errors
///
/// The error of the operating system.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}
