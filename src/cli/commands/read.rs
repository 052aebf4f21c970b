//! What the commands read: files, folders and standard input.

mod charts;
pub(super) mod verbose;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use indicatif::ProgressBar;
use pullcreds::check::{Input, Outcome};
use pullcreds::frontend::{self, FoundFiles, Limit, ReadError};
use pullcreds::report::{self, UnreadSource};
use pullcreds::source::Source;
use pullcreds::text::{Message, shown};

use super::render::{Rendered, render};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{eprint, write};
use crate::cli::settings::{Mode, Settings};
use charts::{Skipped, Unrendered, is_template};

/// What was read.
#[derive(Default)]
pub(crate) struct SourcesRead {
    pub(crate) sources: Vec<Source>,
    /// Where each of them is, if it may be changed, and unless it is standard input.
    pub(crate) origins: Vec<write::FileOrigin>,
    /// What could not be. It has been told.
    pub(crate) unread: Vec<UnreadSource>,
    /// The charts that were not rendered.
    pub(crate) unrendered: Unrendered,
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

/// Whether the manifests come on standard input.
pub(crate) fn is_piped(paths: &[PathBuf]) -> bool {
    paths.is_empty() || paths == [PathBuf::from("-")]
}

/// How the manifests at `paths` come.
pub(crate) fn input(paths: &[PathBuf]) -> Input {
    if is_piped(paths) { Input::Piped } else { Input::Files }
}

/// Reads what is at `paths`, and says what cannot be read.
pub(crate) fn read(paths: &[PathBuf], settings: &Settings) -> Result<SourcesRead, Stop> {
    let tell = |what: &dyn Fn() -> Message| {
        if settings.verbose {
            eprint(&what());
        }
    };
    tell(&|| verbose::settings(settings));
    if is_piped(paths) {
        let mut read = SourcesRead::default();
        read.take(read_stdin(&settings.limit));
        tell(&|| verbose::sources(&read.sources));
        return Ok(read);
    }
    let found = frontend::find(paths, &settings.exclude);
    let found = found.map_err(|error| Stop::because(Exit::Unreadable, &error))?;
    // A dump beside the manifests is evidence about them, and none of them.
    let dumps = settings.cluster.iter().map(|dump| &*dump.name);
    let (mut files, dumps) = frontend::without(found.files.clone(), dumps);
    tell(&|| verbose::skipped(paths, &found, &dumps, settings));
    if settings.render {
        let is_rendered =
            |file: &PathBuf| found.chart_of(file).is_some() || found.is_kustomized(file);
        let is_named = |file: &PathBuf| paths.contains(file) && found.chart_of(file).is_none();
        let (kept, rendered): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| is_named(file) || !is_rendered(file));
        tell(&|| verbose::rendered(&rendered));
        files = kept;
    }
    let mut read = SourcesRead::default();
    let skipped = read.take_files(&files, paths, &found, settings);
    tell(&|| verbose::templates(&skipped));
    if settings.render {
        for rendered in render(&found, settings) {
            read.take_rendered(rendered);
        }
    } else {
        read.unrendered = Unrendered::of(&found, &skipped, settings);
        if !settings.quiet {
            eprint(&read.unrendered.notes);
        }
    }
    tell(&|| verbose::sources(&read.sources));
    Ok(read)
}

impl SourcesRead {
    /// Reads `files`, with progress if there are many, and keeps them but for the templates of charts: one that is among
    /// `paths` is refused, the others are given back.
    fn take_files<'f>(
        &mut self,
        files: &'f [PathBuf],
        paths: &[PathBuf],
        found: &'f FoundFiles,
        settings: &Settings,
    ) -> Skipped<'f> {
        let bar = if io::stderr().is_terminal() && !settings.quiet && files.len() > 50 {
            ProgressBar::new(files.len() as u64)
        } else {
            ProgressBar::hidden()
        };
        let results = frontend::read_files(files, &settings.limit, || bar.inc(1));
        bar.finish_and_clear();
        let mut skipped = Skipped::new();
        for (path, result) in files.iter().zip(results) {
            if let (Some(chart), Ok(source)) = (found.chart_of(path), &result)
                && is_template(&source.text)
            {
                if paths.contains(path) {
                    self.unread.push(charts::refuse(path, chart));
                } else {
                    skipped.entry(chart).or_default().push(path);
                }
                continue;
            }
            if result.is_ok() && settings.mode == Mode::Inject {
                self.origins.push(write::origin(path));
            }
            self.take(result);
        }
        skipped
    }

    fn take_rendered(&mut self, rendered: Rendered) {
        match rendered.output {
            Ok(source) => self.sources.push(source),
            Err(stop) => {
                eprint(&stop.text);
                self.unread.push(UnreadSource {
                    name: shown(&rendered.name).into_owned(),
                    position: None,
                    why: Message::of("it could not be rendered"),
                });
            }
        }
    }

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
