//! `pullcreds baseline`: the findings of the input as a file of known findings.

use std::path::PathBuf;

use pullcreds::baseline::Baseline;
use pullcreds::say;
use pullcreds::text::shown_path;

use super::judge_whole;
use super::read::read;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::write::write_whole;
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
    let read = read(paths, &settings)?;
    let outcome = judge_whole(&read, paths, &settings)?;
    if outcome.findings.iter().any(|finding| finding.code.is_of_input()) {
        let text =
            "error: no Kubernetes object found in the input: there is nothing to take as known\n";
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let findings = outcome.findings.iter();
    let new = if prune { old.pruned(findings) } else { Baseline::of(findings) };
    match file.filter(|_| write) {
        None => return print(&new.text()),
        Some(file) if new != old || !file.exists() => write_whole(file, &new.text())?,
        Some(_) => {}
    }
    if let Some(file) = file.filter(|_| !settings.quiet) {
        let was = old.count();
        eprint(&say!("{}: {} known findings (before: {})\n", shown_path(file), new.count(), was));
    }
    Ok(Exit::Pass)
}
