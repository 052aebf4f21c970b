//! The standard streams: what is printed, and what people see on standard error.

mod closed;
pub(crate) mod kept;
pub(crate) mod look;
pub(crate) mod reports;
mod state;
pub(crate) mod write;

use std::io::{self, Write};

use pullcreds::check::Outcome;
use pullcreds::finding::{self, Code, Severity};
use pullcreds::report::{self, Format, Report};
use pullcreds::say;
use pullcreds::text::{Message, shown_error};

use super::exit::{Exit, Stop};
use super::settings::Settings;

/// How many notes are printed.
const NOTES: usize = 4;

/// What a failure means for manifests that are on their way to somebody.
pub(crate) const NOTHING_WRITTEN: &str = "Nothing was written";

// Writing.
pub(crate) fn print(text: &str) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Pass),
        // `pullcreds check | head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Pass),
        Err(error) => Err(unwritable(&error)),
    }
}

pub(crate) fn eprint(text: &str) {
    // There is no one left to report an error to.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Refuses to go on where manifests would go nowhere.
pub(crate) fn insist_on_output() -> Result<(), Stop> {
    if closed::is_output() { Err(unwritable(&io::Error::other("it is closed"))) } else { Ok(()) }
}

pub(crate) fn unwritable(error: &io::Error) -> Stop {
    Stop::new(
        Exit::Unwritable,
        say!("error: cannot write to standard output: {}\n", shown_error(error)),
    )
}

/// Reports on standard error what happened.
///
/// `consequence` is what a failure means for the manifests; `None` if the run does not fail.
pub(crate) fn tell(
    report: &Report<'_>,
    outcome: &Outcome<'_>,
    settings: &Settings,
    consequence: Option<&'static str>,
) {
    let failed = consequence.is_some();
    if settings.quiet && !failed {
        return;
    }
    let mut text = String::new();
    if settings.diff && !failed && outcome.plans.iter().any(|plan| !plan.is_empty()) {
        text.push_str(&report::diff(report, settings.look));
        text.push('\n');
    }
    let mut formats: Vec<Format> =
        settings.reports.iter().filter(|to| to.file.is_none()).map(|to| to.format).collect();
    if formats.is_empty() {
        formats.push(settings.format);
    }
    for format in &formats {
        text.push_str(&report.render(*format, settings.look));
    }
    text.extend(settings.notes.iter().take(NOTES).map(|note| format!("note: {note}\n")));
    if let Some(consequence) =
        consequence.filter(|_| !formats.iter().any(|format| format.is_document()))
    {
        text.push_str(&because(consequence, outcome));
    }
    eprint(&text);
}

/// Whether standard error carries a report that programs read: nothing may come beside it.
pub(crate) fn tells_document(settings: &Settings) -> bool {
    settings.reports.iter().any(|to| to.file.is_none() && to.format.is_document())
}

/// What a failure means for the manifests, and what it is.
fn because(consequence: &'static str, outcome: &Outcome<'_>) -> Message {
    let why = if is_refused(outcome) {
        "an injection was refused"
    } else if is_missed(outcome) {
        "there is no input"
    } else if is_unknown(outcome) {
        "images of custom resources of unknown kinds are not checked"
    } else {
        "findings reach the threshold (--fail-on)"
    };
    say!("{}: {}.\n", consequence, why)
}

/// Whether something had to be injected and could not be, and the policy does not put up with it.
pub(crate) fn is_refused(outcome: &Outcome<'_>) -> bool {
    has_error(outcome, &finding::INJECTION_REFUSED)
}

/// Whether there had to be input and is none.
pub(crate) fn is_missed(outcome: &Outcome<'_>) -> bool {
    has_error(outcome, &finding::EMPTY_INPUT)
}

/// Whether there are custom resources of unknown kinds, and they are not allowed.
pub(crate) fn is_unknown(outcome: &Outcome<'_>) -> bool {
    has_error(outcome, &finding::CUSTOM_RESOURCE_NOT_JUDGED)
}

fn has_error(outcome: &Outcome<'_>, code: &Code) -> bool {
    let is = |found: &finding::Finding| found.code == code && found.severity == Severity::Error;
    outcome.findings.iter().any(is)
}
