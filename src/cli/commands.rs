//! The commands, a file each.

mod argocd_parameters;
mod baseline;
mod check;
mod explain;
mod filter;
mod inject;
mod kinds;
mod krm;
mod last;
pub(crate) mod plugin;
mod policy;
mod program;
mod read;
mod render;
pub(crate) mod run;

use std::path::PathBuf;

use pullcreds::check::{self as checks, Input, Outcome};
use pullcreds::report;
use pullcreds::source::Source;

use super::args::{Cli, Command};
use super::exit::{Exit, Stop};
use super::settings::layer::Layer;
use super::settings::{Mode, Settings, limit};
use read::{SourcesRead, input, problems};

/// Runs a command with the flags that are about settings.
pub(crate) fn dispatch(cli: Cli, flags: &Layer) -> Result<Exit, Stop> {
    match cli.command {
        None => filter::standard_input(flags),
        Some(Command::Krm) => krm::insist(&read::stdin(&limit(flags)?)?, flags),
        Some(Command::Check { paths, format }) => check::check(&paths, format, flags),
        Some(Command::Inject { paths, write, check }) => {
            let to = match (write, check) {
                (true, _) => inject::To::Files,
                (_, true) => inject::To::Nowhere,
                _ => inject::To::Output,
            };
            inject::inject(&paths, to, &Settings::of(flags, Mode::Inject)?)
        }
        Some(Command::Run { command }) => run::run(&command, flags),
        Some(Command::Supervise { command }) => run::supervise(&command),
        Some(Command::Baseline { paths, prune, write }) => {
            baseline::baseline(&paths, prune, write, flags)
        }
        Some(Command::ArgocdParameters) => argocd_parameters::announce(),
        Some(Command::Explain { subject, paths, object, format }) => {
            explain::explain(explain::Question { subject, paths, object, format }, flags)
        }
        Some(Command::Kinds(args)) => kinds::kinds(&args),
        Some(Command::Last { runs, failed }) => last::last(runs, failed),
        Some(Command::Policy { command }) => policy::policy(command),
        Some(Command::Completions { shell }) => program::completions(shell),
        Some(Command::Man { command, output }) => match output {
            Some(folder) => program::man_pages(&folder),
            None => program::man(&command),
        },
    }
}
/// Judges all that was read at `paths`. Where something cannot be read, the run ends: a part of the findings would be
/// missing.
fn judge_whole<'s>(
    read: &'s SourcesRead,
    paths: &'s [PathBuf],
    settings: &'s Settings,
) -> Result<Outcome<'s>, Stop> {
    let outcome = judge(&read.sources, settings, (input(paths), paths))?;
    let is_missed = !read.unrendered.missed(&outcome, settings).is_empty();
    if !is_missed && read.unread.is_empty() && outcome.problems.is_empty() {
        return Ok(outcome);
    }
    let text = problems(&read.sources, &outcome, settings);
    Err(Stop::with_report(Exit::Unreadable, text))
}

/// Judges sources by the settings. A dump of the cluster that is no YAML stream ends the run, as a policy would: without
/// it the verdicts would be others.
fn judge<'s>(
    sources: &'s [Source],
    settings: &'s Settings,
    (input, paths): (Input, &'s [PathBuf]),
) -> Result<Outcome<'s>, Stop> {
    let outcome = checks::check(sources, &settings.policy, settings.circumstances(input, paths));
    let dumps = outcome.problems.iter().filter_map(|(at, problem)| {
        let dump = settings.cluster.get(at.checked_sub(sources.len())?)?;
        Some(report::unreadable_dump(dump, problem))
    });
    let texts = dumps.collect::<String>();
    if texts.is_empty() { Ok(outcome) } else { Err(Stop::with_report(Exit::Usage, texts)) }
}
