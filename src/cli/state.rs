//! The reports of the latest runs, for callers that throw standard error away: one file a run, so that runs
//! side by side do not meet. A run that cannot keep its report goes on without.

#![allow(clippy::disallowed_methods, reason = "the state files belong to the program's edge")]

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Exit;

/// How many reports are kept: more than a tool over Helm runs releases at once.
const KEPT: usize = 128;
const EXTENSION: &str = "txt";
const UNFINISHED: &str = "partial";

/// The folder of the reports. The name of a report is its time, something that no other run has, and its exit code.
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

    /// Keeps the report of a run on a chart that ended with `exit` at `now`, and drops those that are too many.
    pub(crate) fn keep(
        &self,
        report: &str,
        chart: Option<&str>,
        exit: Exit,
        now: Timestamp,
    ) -> io::Result<()> {
        create_private(&self.folder)?;
        let code = exit.code();
        let mut file = tempfile::Builder::new()
            // So that names sort by time.
            .prefix(&format!("{:030}-", now.as_nanosecond()))
            .suffix(&format!(".{code}.{UNFINISHED}"))
            .tempfile_in(&self.folder)?;
        // Temporary files are readable by their owner only, and stay so.
        let version = env!("CARGO_PKG_VERSION");
        let chart = chart.map(|chart| format!("chart {chart}, ")).unwrap_or_default();
        write!(file, "pullcreds {version}, {now:.0}, {chart}exit code {code}\n\n{report}")?;
        let done = file.path().with_extension(EXTENSION);
        file.persist(done)?;
        self.drop_old()
    }

    /// The latest `count` reports, the latest last; of all runs, or of those that failed.
    pub(crate) fn latest(&self, count: usize, failed: bool) -> io::Result<Vec<String>> {
        let mut reports = self.files()?;
        reports.retain(|path| is_report(path) && !(failed && has_passed(path)));
        let from = reports.len().saturating_sub(count);
        Ok(reports[from..].iter().filter_map(|path| fs::read_to_string(path).ok()).collect())
    }

    /// What lies before the reports that are kept goes, and with it what runs that were killed have left: a run that
    /// is still at it is younger.
    fn drop_old(&self) -> io::Result<()> {
        let files = self.files()?;
        let Some(first) = files.iter().rev().filter(|path| is_report(path)).nth(KEPT - 1) else {
            return Ok(());
        };
        for old in files.iter().take_while(|path| *path != first) {
            // Another run may have dropped it just now.
            let _ = fs::remove_file(old);
        }
        Ok(())
    }

    /// The reports, finished or not, in the order of their times.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| is_report(path) || has_extension(path, UNFINISHED));
        // All are in one folder.
        files.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
        Ok(files)
    }
}

fn is_report(path: &Path) -> bool {
    has_extension(path, EXTENSION)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn has_passed(report: &Path) -> bool {
    let name = report.file_stem().unwrap_or_default();
    name.to_str().is_some_and(|name| name.ends_with(".0"))
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

    fn at(nanosecond: i128) -> Timestamp {
        Timestamp::from_nanosecond(nanosecond).unwrap()
    }

    fn keep(state: &State, run: i128, exit: Exit) {
        state.keep(&format!("run {run}"), None, exit, at(run)).unwrap();
    }

    /// What the latest reports say below their first lines.
    fn latest(state: &State, count: usize, failed: bool) -> Vec<String> {
        let reports = state.latest(count, failed).unwrap();
        reports.iter().map(|report| report.split_once("\n\n").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn the_latest_reports_are_kept_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        assert!(state.latest(1, false).unwrap().is_empty());
        for run in 0..140 {
            keep(&state, run, Exit::Pass);
        }
        assert_eq!(latest(&state, 2, false), ["run 138", "run 139"]);
        assert_eq!(latest(&state, 1000, false).len(), KEPT);
    }

    #[test]
    fn a_report_tells_when_and_how_its_run_ended() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        state.keep("text\n", Some("shop"), Exit::Usage, at(1_000_000_000)).unwrap();
        let first = format!(
            "pullcreds {}, 1970-01-01T00:00:01Z, chart shop, exit code 2",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(state.latest(1, false).unwrap(), [format!("{first}\n\ntext\n")]);
    }

    #[test]
    fn reports_of_failures_are_found_behind_others() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        for (run, exit) in [(1, Exit::Failed), (2, Exit::Usage), (3, Exit::Pass)] {
            keep(&state, run, exit);
        }
        assert_eq!(latest(&state, 1, true), ["run 2"]);
        assert_eq!(latest(&state, 9, true), ["run 1", "run 2"]);
    }

    #[test]
    fn what_a_killed_run_has_left_goes_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        create_private(&state.folder).unwrap();
        let left = state.folder.join(format!("{:030}-x.0.{UNFINISHED}", 1));
        fs::write(&left, "half").unwrap();
        keep(&state, 2, Exit::Pass);
        assert!(left.exists());
        for run in 3..140 {
            keep(&state, run, Exit::Pass);
        }
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_report_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        keep(&state, 1, Exit::Pass);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state.folder), 0o700);
        assert_eq!(mode(&state.files().unwrap()[0]), 0o600);
    }

    #[test]
    fn runs_side_by_side_keep_a_report_each() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| keep(&state, 7, Exit::Pass));
            }
        });
        assert_eq!(state.latest(100, false).unwrap().len(), 16);
    }
}
