//! What the commands read: files, folders and standard input.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use indicatif::ProgressBar;
use pullcreds::check::Outcome;
use pullcreds::frontend::{self, Limit, ReadError};
use pullcreds::report::{self, UnreadSource};
use pullcreds::source::Source;

use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{eprint, write};
use crate::cli::settings::Settings;

/// What was read.
#[derive(Default)]
pub(crate) struct SourcesRead {
    pub(crate) sources: Vec<Source>,
    /// Where each of them is, unless it is standard input.
    pub(crate) origins: Vec<write::FileOrigin>,
    /// What could not be. It has been told.
    pub(crate) unread: Vec<UnreadSource>,
}

pub(crate) fn stdin(limit: &Limit) -> Result<Source, Stop> {
    read_stdin(limit).map_err(|error| Stop::because(Exit::Unreadable, &error))
}

pub(crate) fn read_stdin(limit: &Limit) -> Result<Source, ReadError> {
    if io::stdin().is_terminal() {
        eprint(
            "reading manifests from the terminal, up to Ctrl-D (`pullcreds --help` says more)\n",
        );
    }
    frontend::read_stdin(limit)
}

// Reading.
/// Whether the manifests come on standard input.
pub(crate) fn is_piped(paths: &[PathBuf]) -> bool {
    paths.is_empty() || paths == [PathBuf::from("-")]
}

/// Reads what is at `paths`, and says what cannot be read.
pub(crate) fn read(paths: &[PathBuf], settings: &Settings) -> Result<SourcesRead, Stop> {
    if is_piped(paths) {
        let mut read = SourcesRead::default();
        read.take(read_stdin(&settings.limit));
        return Ok(read);
    }
    let found = frontend::find(paths).map_err(|error| Stop::because(Exit::Unreadable, &error))?;
    // A dump beside the manifests is evidence about them, and none of them.
    let found = frontend::without(found, settings.cluster.iter().map(|dump| &*dump.name));
    let bar = if io::stderr().is_terminal() && !settings.quiet && found.len() > 50 {
        ProgressBar::new(found.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    let results = frontend::read_files(&found, &settings.limit, || bar.inc(1));
    bar.finish_and_clear();
    let mut read = SourcesRead::default();
    for (path, result) in found.iter().zip(results) {
        if result.is_ok() {
            read.origins.push(write::origin(path));
        }
        read.take(result);
    }
    Ok(read)
}

impl SourcesRead {
    fn take(&mut self, result: Result<Source, ReadError>) {
        match result {
            Ok(source) => self.sources.push(source),
            Err(error) => {
                eprint(&Stop::because(Exit::Unreadable, &error).text);
                self.unread.push(UnreadSource {
                    name: error.name().clone(),
                    position: error.position(),
                    why: error.why(),
                });
            }
        }
    }
}

/// The sources that are no YAML streams, for people.
pub(crate) fn problems(sources: &[Source], outcome: &Outcome<'_>, settings: &Settings) -> String {
    let problems = outcome.problems.iter();
    let texts = problems
        .map(|(source, problem)| report::problem(&sources[*source], problem, settings.look));
    texts.collect()
}
