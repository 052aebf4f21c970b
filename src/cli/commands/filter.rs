//! Without a command: manifests in and out. A KRM function, if that is what the input asks for.

use pullcreds::check::Input;
use pullcreds::policy::Emit;
use pullcreds::report::{self, Format};
use pullcreds::source::Source;

use super::read::stdin;
use super::{judge, krm};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::kept::keep;
use crate::cli::output::{NOTHING_WRITTEN, is_missed, is_refused, reports, tell, write};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, Settings, limit};

/// Without a command: a filter, or a KRM function if that is what the input asks for.
pub(crate) fn standard_input(flags: &Layer) -> Result<Exit, Stop> {
    let source = stdin(&limit(flags)?)?;
    match krm::recognise(&source, flags) {
        Some(run) => run,
        None => pass_on(source, &Settings::of(flags, Mode::Filter)?),
    }
}

/// Judges a stream, and writes it with what is injected.
pub(crate) fn pass_on(source: Source, settings: &Settings) -> Result<Exit, Stop> {
    let sources = [source];
    let outcome = judge(&sources, settings, (Input::Stream, &[]))?;
    let report = settings.report(&sources, &outcome);
    if let Some((_, problem)) = outcome.problems.first() {
        reports::write(&report, settings)?;
        let text = reports::for_standard_error(&report, settings);
        let text = text.unwrap_or_else(|| match settings.format {
            Format::Brief => report::brief_problem(&sources[0], problem),
            _ => report::problem(&sources[0], problem, settings.look),
        });
        return Err(Stop::with_report(Exit::Unreadable, text));
    }
    let failed = settings.fails(&outcome) || is_refused(&outcome) || is_missed(&outcome);
    reports::write(&report, settings)?;
    if !failed && settings.emit == Emit::All {
        write::manifests(&sources, &outcome)?;
    }
    keep(&report, &outcome, settings, failed);
    tell(&report, &outcome, settings, failed.then_some(NOTHING_WRITTEN));
    Ok(if failed { Exit::Failed } else { Exit::Pass })
}
