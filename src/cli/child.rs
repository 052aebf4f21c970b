//! A program that is started, read, watched and ended.
//!
//! Nothing here knows manifests or policies, or what an end means to the caller.

#[cfg(any(not(unix), test))]
mod alone;
#[cfg(unix)]
mod group;
mod words;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(not(unix))]
pub(crate) use alone::{run, supervise};
#[cfg(unix)]
pub(crate) use group::{ending_signals, run, supervise};
pub(crate) use words::ClippedText;

/// What to start, and for how long.
pub(crate) struct ChildCommand<'r> {
    /// A path, or a name that is looked up in `PATH`.
    pub(crate) program: &'r OsStr,
    pub(crate) args: &'r [OsString],
    pub(crate) timeout: Option<Duration>,
    /// How many bytes of its standard output are read.
    pub(crate) most: u64,
}

/// How it came to its end.
#[derive(Debug)]
pub(crate) enum End {
    /// It could not be started.
    NotStarted(io::Error),
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal that someone else sent it.
    Killed(i32),
    /// Its time was up.
    TimedOut,
    /// This program got this signal, and had to end it.
    Stopped(i32),
    /// What watched over it is gone.
    Lost,
}

/// What became of it.
pub(crate) struct Ended {
    pub(crate) end: End,
    /// All of its standard output, or as much as is read, if it ended by itself with exit code 0; else nothing.
    pub(crate) out: Vec<u8>,
    /// Its standard error.
    pub(crate) said: ClippedText,
}

/// How much of the standard error is read at once.
const CHUNK: usize = 1 << 13;

/// Reads the standard output, up to `most` bytes.
fn read_out(pipe: &mut impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    pipe.take(most).read_to_end(&mut out)?;
    Ok(out)
}

/// The standard error as far as it has come, shared with the thread that reads it.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<ClippedText>>);

impl Heard {
    /// Reads to the end.
    fn read(&self, mut pipe: impl Read) {
        let mut chunk = [0; CHUNK];
        loop {
            match pipe.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => self.with(|words| words.push(&chunk[..length])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn taken(&self) -> ClippedText {
        self.with(std::mem::take)
    }

    fn with<T>(&self, act: impl FnOnce(&mut ClippedText) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
