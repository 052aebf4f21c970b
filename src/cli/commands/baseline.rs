//! `pullcreds baseline`: the findings of the input as a file of known findings.

use std::path::PathBuf;

use pullcreds::baseline::Baseline;
use pullcreds::check::Input;
use pullcreds::frontend;
use pullcreds::say;
use pullcreds::text::{shown_error, shown_path};

use super::judge;
use super::read::{SourcesRead, is_piped, problems, read};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{eprint, print};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{self, Mode, Settings};

/// Judges what is at `paths`, and prints or writes what it finds as a baseline. With `prune`, only what the baseline
/// already has.
pub(crate) fn baseline(
    paths: &[PathBuf],
    prune: bool,
    write: bool,
    flags: &Layer,
) -> Result<Exit, Stop> {
    let settings = Settings::of(flags, Mode::Baseline)?;
    let file = settings.baseline_file.as_deref();
    let old = match file {
        Some(file) if prune || write && file.exists() => settings::baseline(file)?,
        _ => Baseline::default(),
    };
    let SourcesRead { sources, unread, .. } = read(paths, &settings)?;
    let input = if is_piped(paths) { Input::Piped } else { Input::Files };
    let outcome = judge(&sources, &settings, input)?;
    if !(unread.is_empty() && outcome.problems.is_empty()) {
        // A part of the findings would be missing.
        return Err(Stop::with_report(Exit::Unreadable, problems(&sources, &outcome, &settings)));
    }
    let new = if prune { old.pruned(&outcome.findings) } else { Baseline::of(&outcome.findings) };
    match file.filter(|_| write) {
        None => return print(&new.text()),
        Some(file) if new != old || !file.exists() => {
            frontend::write(file, &new.text()).map_err(|error| {
                let (file, error) = (shown_path(file), shown_error(&error));
                Stop::new(Exit::Unwritable, say!("error: cannot write {}: {}\n", file, error))
            })?;
        }
        Some(_) => {}
    }
    if let Some(file) = file.filter(|_| !settings.quiet) {
        let was = old.count();
        eprint(&say!("{}: {} known findings (before: {})\n", shown_path(file), new.count(), was));
    }
    Ok(Exit::Pass)
}
