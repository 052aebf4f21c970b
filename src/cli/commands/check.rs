//! `pullcreds check`: judges files, folders or standard input, and changes nothing.

use std::path::PathBuf;

use pullcreds::check::Status;
use pullcreds::report::Format;

use super::judge;
use super::read::{SourcesRead, input, problems, read};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{eprint, print, reports, tells_document};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, Settings};

/// Judges what is at `paths`. `format` is that of the report on standard output, if it is asked for: else a report that
/// is to go there (`--report json=-`) takes its place.
pub(crate) fn check(
    paths: &[PathBuf],
    format: Option<Format>,
    flags: &Layer,
) -> Result<Exit, Stop> {
    check_by(paths, format, &Settings::of(flags, Mode::Check)?)
}

fn check_by(paths: &[PathBuf], format: Option<Format>, settings: &Settings) -> Result<Exit, Stop> {
    let SourcesRead { sources, mut unread, unrendered, .. } = read(paths, settings)?;
    let mut outcome = judge(&sources, settings, (input(paths), paths))?;
    let missed = unrendered.missed(&outcome, settings);
    let is_missed = !missed.is_empty();
    unread.extend(missed);
    let is_whole = unread.is_empty() && outcome.problems.is_empty();
    if !unread.is_empty() {
        outcome.summary.status = Status::Fail;
        // No one knows whether there was anything in it.
        outcome.findings.retain(|finding| !finding.code.is_of_input());
        if sources.is_empty() || is_missed {
            outcome.findings.clear();
        }
    }
    let found_nothing = !outcome.summary.has_images() && outcome.findings.is_empty();
    let read_nothing = !is_whole && found_nothing;
    let report = settings.report(&sources, &outcome).with_unread(unread);
    reports::write(&report, settings)?;
    eprint(&reports::for_standard_error(&report, settings).unwrap_or_default());
    let failed = settings.fails(&outcome);
    let shown = format.unwrap_or(Format::Human);
    // For people, a report of nothing would look like a result.
    let is_empty = read_nothing && shown == Format::Human;
    if (is_empty || shown.is_document()) && !tells_document(settings) {
        eprint(&problems(&sources, &outcome, settings));
    }
    let is_quiet = settings.quiet && !failed && !shown.is_document();
    let is_replaced = format.is_none() && reports::take_output(&settings.reports);
    if !(is_empty || is_quiet || is_replaced) {
        print(&report.render(shown, settings.look))?;
    }
    Ok(match (is_whole, failed) {
        (false, _) => Exit::Unreadable,
        (true, true) => Exit::Failed,
        (true, false) => Exit::Pass,
    })
}
