//! `pullcreds inject`: files with the pull secrets in them, printed or written back.

use std::path::PathBuf;

use pullcreds::check::{Input, Outcome};
use pullcreds::say;
use pullcreds::source::Source;
use pullcreds::text::{Message, list, shown};

use super::judge;
use super::read::{SourcesRead, is_piped, problems, read};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{
    NOTHING_WRITTEN, eprint, is_missed, is_refused, reports, tell, tells_document, write,
};
use crate::cli::settings::Settings;

/// Where what is injected goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// To standard output.
    Output,
    /// Back into the files.
    Files,
    /// Nowhere: it is only said which files would change.
    Nowhere,
}

/// Injects into what is at `paths`.
pub(crate) fn inject(paths: &[PathBuf], to: To, settings: &Settings) -> Result<Exit, Stop> {
    if to == To::Output {
        reports::keep_out_of_manifests(&settings.reports)?;
    }
    if to == To::Files && is_piped(paths) {
        let text = "error: --write: standard input has no file to write to; leave out --write\n";
        return Err(Stop::new(Exit::Usage, text));
    }
    let SourcesRead { sources, origins, mut unread, unrendered } = read(paths, settings)?;
    let outcome = judge(&sources, settings, (Input::Files, paths))?;
    unread.extend(unrendered.missed(&outcome, settings));
    let is_whole = unread.is_empty() && outcome.problems.is_empty();
    let report = settings.report(&sources, &outcome).with_unread(unread);
    reports::write(&report, settings)?;
    if !is_whole {
        let text = reports::for_standard_error(&report, settings);
        let text = text.unwrap_or_else(|| problems(&sources, &outcome, settings));
        return Err(Stop::with_report(Exit::Unreadable, text));
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
    if !(failed || settings.quiet && to != To::Nowhere || tells_document(settings)) {
        eprint(&changed(&sources, &outcome, to));
    }
    Ok(if failed || to == To::Nowhere && changes { Exit::Failed } else { Exit::Pass })
}

/// The files that changed or would, a line each, and how many they are.
fn changed(sources: &[Source], outcome: &Outcome<'_>, to: To) -> Message {
    let (line, count) = match to {
        To::Output => ("changed on standard output:", "changed on standard output"),
        To::Files => ("changed:", "changed"),
        To::Nowhere => ("would change:", "would change"),
    };
    let plans = sources.iter().zip(&outcome.plans).filter(|(_, plan)| !plan.is_empty());
    let names: Vec<_> = plans.map(|(source, _)| shown(&source.name)).collect();
    let files = if sources.len() == 1 { "file" } else { "files" };
    let total = say!("{} of {} {} {}.\n", names.len(), sources.len(), files, count);
    let lines = names.iter().map(|name| say!("{} {}\n", line, name));
    list(lines.chain([total]), "")
}
