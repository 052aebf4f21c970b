//! `check` and `inject`: files, folders and standard input.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use indicatif::ProgressBar;
use pullcreds::check::{Input, Outcome, Status};
use pullcreds::frontend::{self, ReadError};
use pullcreds::mask;
use pullcreds::report::{self, Format, Look, Report, Unread};
use pullcreds::source::Source;

use super::{
    Exit, NOTHING_WRITTEN, Settings, Stop, eprint, is_missed, is_refused, judge, print, read_stdin,
    reports, tell, tells_json, write,
};

/// What was read.
#[derive(Default)]
struct Read {
    sources: Vec<Source>,
    /// Where each of them is, unless it is standard input.
    origins: Vec<write::Origin>,
    /// What could not be. It has been told.
    unread: Vec<Unread>,
}

/// Judges what is at `paths`. `format` is that of the report on standard output, if it is asked for: else a report that
/// is to go there (`--report json=-`) takes its place.
pub(super) fn check(
    paths: &[PathBuf],
    format: Option<Format>,
    settings: &Settings,
) -> Result<Exit, Stop> {
    let Read { sources, unread, .. } = read(paths, settings)?;
    let input = if is_piped(paths) { Input::Piped } else { Input::Files };
    let mut outcome = judge(&sources, settings, input)?;
    let is_whole = unread.is_empty() && outcome.problems.is_empty();
    if !unread.is_empty() {
        outcome.summary.status = Status::Fail;
        if sources.is_empty() {
            // Nobody knows whether there was anything in it.
            outcome.findings.clear();
        }
    }
    let read_nothing = !is_whole && sources.len() == outcome.problems.len();
    let report = Report::new(&sources, &outcome, &settings.policy).with_unread(unread);
    reports::write(&report, settings)?;
    eprint(&reports::for_standard_error(&report, settings).unwrap_or_default());
    let failed = settings.fails(&outcome);
    let shown = format.unwrap_or(Format::Human);
    // For people, a report of nothing would look like a result.
    let is_empty = read_nothing && shown == Format::Human;
    if (is_empty || shown == Format::Json) && !tells_json(settings) {
        eprint(&problems(&sources, &outcome, settings));
    }
    let is_quiet = settings.quiet && !failed && shown == Format::Human;
    let is_replaced = format.is_none() && reports::take_output(&settings.reports);
    if !(is_empty || is_quiet || is_replaced) {
        let colour = settings.look.colour && io::stdout().is_terminal();
        print(&report.render(shown, Look { colour, ..settings.look }))?;
    }
    Ok(match (is_whole, failed) {
        (false, _) => Exit::Unreadable,
        (true, true) => Exit::Failed,
        (true, false) => Exit::Pass,
    })
}

/// The sources that are no YAML streams, for people.
fn problems(sources: &[Source], outcome: &Outcome<'_>, settings: &Settings) -> String {
    let problems = outcome.problems.iter();
    let texts = problems
        .map(|(source, problem)| report::problem(&sources[*source], problem, settings.look));
    texts.collect()
}

/// Where what is injected goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// To standard output.
    Output,
    /// Back into the files.
    Files,
    /// Nowhere: it is only said which files would change.
    Nowhere,
}

/// Injects into what is at `paths`.
pub(super) fn inject(paths: &[PathBuf], to: To, settings: &Settings) -> Result<Exit, Stop> {
    if to == To::Output {
        reports::keep_out_of_manifests(&settings.reports)?;
    }
    if to == To::Files && is_piped(paths) {
        let text = "error: --write: standard input has no file to write to; leave out --write\n";
        return Err(Stop::new(Exit::Usage, text));
    }
    let Read { sources, origins, unread } = read(paths, settings)?;
    let outcome = judge(&sources, settings, Input::Files)?;
    let is_whole = unread.is_empty() && outcome.problems.is_empty();
    let report = Report::new(&sources, &outcome, &settings.policy).with_unread(unread);
    reports::write(&report, settings)?;
    if !is_whole {
        let text = reports::for_standard_error(&report, settings);
        let text = text.unwrap_or_else(|| problems(&sources, &outcome, settings));
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let failed = settings.fails(&outcome) || is_refused(&outcome) || is_missed(&outcome);
    let changes = outcome.plans.iter().any(|plan| !plan.is_empty());
    match to {
        _ if failed => {}
        To::Output => write::manifests(&sources, &outcome)?,
        To::Files => write::back(&origins, &sources, &outcome)?,
        To::Nowhere => {}
    }
    tell(&report, &outcome, settings, failed.then_some(NOTHING_WRITTEN));
    if !(failed || settings.quiet && to != To::Nowhere || tells_json(settings)) {
        eprint(&changed(&sources, &outcome, to));
    }
    Ok(if failed || to == To::Nowhere && changes { Exit::Failed } else { Exit::Pass })
}

/// The files that changed or would, a line each, and how many they are.
fn changed(sources: &[Source], outcome: &Outcome<'_>, to: To) -> String {
    let (line, count) = match to {
        To::Output => ("changed on standard output:", "changed on standard output"),
        To::Files => ("changed:", "changed"),
        To::Nowhere => ("would change:", "would change"),
    };
    let plans = sources.iter().zip(&outcome.plans).filter(|(_, plan)| !plan.is_empty());
    let names: Vec<_> = plans.map(|(source, _)| report::printable(&source.name)).collect();
    let files = if sources.len() == 1 { "file" } else { "files" };
    let total = format!("{} of {} {files} {count}.\n", names.len(), sources.len());
    let lines = names.iter().map(|name| format!("{line} {name}\n"));
    lines.chain([total]).collect()
}

// Reading.

/// Whether the manifests come on standard input.
fn is_piped(paths: &[PathBuf]) -> bool {
    paths.is_empty() || paths == [PathBuf::from("-")]
}

/// Reads what is at `paths`, and says what cannot be read.
fn read(paths: &[PathBuf], settings: &Settings) -> Result<Read, Stop> {
    if is_piped(paths) {
        let mut read = Read::default();
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
    let mut read = Read::default();
    for (path, result) in found.iter().zip(results) {
        if result.is_ok() {
            read.origins.push(write::origin(path));
        }
        read.take(result);
    }
    Ok(read)
}

impl Read {
    fn take(&mut self, result: Result<Source, ReadError>) {
        match result {
            Ok(source) => self.sources.push(source),
            Err(error) => {
                eprint(&mask::credentials(&Stop::because(Exit::Unreadable, &error).text));
                self.unread.push(Unread {
                    name: error.name().to_owned(),
                    position: error.position(),
                    why: error.why(),
                });
            }
        }
    }
}
