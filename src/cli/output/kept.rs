//! What is kept of a run for `pullcreds last`.

use jiff::Timestamp;
use std::io::{self, IsTerminal as _};

use pullcreds::check::Outcome;
use pullcreds::report::{self, Format, Look, Report};
use pullcreds::text::Shown;

use super::state::{Run, State};
use super::{NOTHING_WRITTEN, because};
use crate::cli::environment::raw_variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::settings::Settings;

/// More edits than this are kept without their diff for `pullcreds last`.
const KEPT_DIFF: usize = 200;

/// The reports of earlier runs.
pub(crate) fn state() -> State {
    State::new(raw_variable)
}

/// Keeps the report for `pullcreds last`. That it could not be kept is no reason to fail.
pub(crate) fn keep(report: &Report<'_>, outcome: &Outcome<'_>, settings: &Settings, failed: bool) {
    // Who reads it later may have a terminal.
    let look = Look { colour: true, width: settings.look.width, ..Look::PLAIN };
    let mut text = String::new();
    let edits: usize = outcome.plans.iter().map(|plan| plan.edits().len()).sum();
    if !failed && (1..=KEPT_DIFF).contains(&edits) {
        text.push_str(&report::diff(report, look));
        text.push('\n');
    }
    text.push_str(&report.render(Format::Human, look));
    if failed {
        text.push_str(&because(NOTHING_WRITTEN, outcome));
    }
    let exit = if failed { Exit::Failed } else { Exit::Pass };
    keep_run(&text, report.chart().as_ref(), exit);
}

/// Keeps why a run of the filter ended early: Helm 4 throws standard error away, and what an earlier run has left
/// must not pass for this one's. Wrong usage by a person, at whose terminal no manifests come in, is not a run.
pub(crate) fn keep_stop(stop: &Stop) {
    if stop.exit == Exit::Usage && io::stdin().is_terminal() {
        return;
    }
    keep_run(&stop.text, None, stop.exit);
}

fn keep_run(report: &str, chart: Option<&Shown<'_>>, exit: Exit) {
    let _ = state().keep(&Run { report, chart, exit, now: Timestamp::now() });
}
