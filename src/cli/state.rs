//! The reports of the latest runs, for callers that throw standard error away: one file a run, so that runs
//! side by side do not meet. A run that cannot keep its report goes on without.

#![allow(clippy::disallowed_methods, reason = "the state files belong to the program's edge")]

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many reports are kept.
const KEPT: usize = 32;
const EXTENSION: &str = "txt";

/// The folder of the reports.
pub(crate) struct State {
    folder: PathBuf,
}

impl State {
    /// Below `$XDG_STATE_HOME`, else below `$HOME`, if there is either.
    pub(crate) fn new(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let absolute = |path: PathBuf| path.is_absolute().then_some(path);
        let state = variable("XDG_STATE_HOME").and_then(|path| absolute(PathBuf::from(path)));
        let home = || Some(absolute(PathBuf::from(variable("HOME")?))?.join(".local/state"));
        Some(Self { folder: state.or_else(home)?.join("pullcreds") })
    }

    /// Keeps a report, and drops those that are too many. `now` is the time in nanoseconds, so that names sort.
    pub(crate) fn keep(&self, report: &str, now: i128) -> io::Result<()> {
        create_private(&self.folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(&format!("{now:030}-"))
            .suffix(".partial")
            .tempfile_in(&self.folder)?;
        // Temporary files are readable by their owner only, and stay so.
        file.write_all(report.as_bytes())?;
        let done = file.path().with_extension(EXTENSION);
        file.persist(done)?;
        let reports = self.reports()?;
        for old in reports.iter().rev().skip(KEPT) {
            // Another run may have dropped it just now.
            let _ = fs::remove_file(old);
        }
        Ok(())
    }

    /// The latest `count` reports, the latest last.
    pub(crate) fn latest(&self, count: usize) -> io::Result<Vec<String>> {
        let reports = self.reports()?;
        let from = reports.len().saturating_sub(count);
        Ok(reports[from..].iter().filter_map(|path| fs::read_to_string(path).ok()).collect())
    }

    fn reports(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut reports: Vec<_> =
            paths.filter(|path| path.extension().is_some_and(|found| found == EXTENSION)).collect();
        reports.sort();
        Ok(reports)
    }
}

#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(folder: &Path) -> State {
        let path = folder.to_str().unwrap().to_owned();
        State::new(|name| (name == "XDG_STATE_HOME").then(|| path.clone())).unwrap()
    }

    #[test]
    fn the_latest_reports_are_kept_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        assert!(state.latest(1).unwrap().is_empty());
        for run in 0..40 {
            state.keep(&format!("run {run}"), run).unwrap();
        }
        assert_eq!(state.latest(2).unwrap(), ["run 38", "run 39"]);
        assert_eq!(state.latest(100).unwrap().len(), KEPT);
    }

    #[cfg(unix)]
    #[test]
    fn a_report_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        state.keep("report", 1).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state.folder), 0o700);
        assert_eq!(mode(&state.reports().unwrap()[0]), 0o600);
    }

    #[test]
    fn runs_side_by_side_keep_a_report_each() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        std::thread::scope(|scope| {
            for run in 0..16 {
                let state = &state;
                scope.spawn(move || state.keep(&format!("run {run}"), 7).unwrap());
            }
        });
        assert_eq!(state.latest(100).unwrap().len(), 16);
    }
}
