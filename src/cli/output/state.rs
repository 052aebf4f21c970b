//! The reports of the latest runs, for callers that throw standard error away: one file a run, so that runs
//! side by side do not meet. A run that cannot keep its report goes on without.

#![allow(clippy::disallowed_methods, reason = "the state files belong to the program's edge")]

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pullcreds::text::Shown;

use crate::cli::exit::Exit;

/// How many reports are kept: more than a tool over Helm runs releases at once.
const KEPT: usize = 128;
const EXTENSION: &str = "txt";
const UNFINISHED: &str = "partial";
/// The rights of those who do not own a folder.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Where reports are kept.
pub(crate) struct State {
    /// Below `$XDG_STATE_HOME`, else below `$HOME`, if there is either.
    home: Option<Folder>,
    /// Below the folder for temporary files, for the plugin of Helm 4, of which nothing else is heard.
    spare: Folder,
    /// Whether this run is one of that plugin.
    is_plugin: bool,
}

impl State {
    pub(crate) fn new(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let absolute = |path: PathBuf| path.is_absolute().then_some(path);
        let state = variable("XDG_STATE_HOME").and_then(|path| absolute(PathBuf::from(path)));
        let home = || Some(absolute(PathBuf::from(variable("HOME")?))?.join(".local/state"));
        let home = state.or_else(home).map(|above| Folder { path: above.join("pullcreds") });
        let is_plugin = variable("HELM_PLUGIN_NAME").is_some_and(|name| name == "pullcreds");
        Self { home, spare: spare(), is_plugin }
    }

    /// Keeps the report of a run, and drops those that are too many.
    pub(crate) fn keep(&self, run: &Run<'_>) -> io::Result<()> {
        let none = || Err(io::ErrorKind::NotFound.into());
        let kept = self.home.as_ref().map_or_else(none, |home| {
            create_private(&home.path)?;
            home.keep(run)
        });
        if kept.is_ok() || !self.is_plugin {
            return kept;
        }
        self.spare.make_own()?;
        self.spare.keep(run)
    }

    /// The latest `count` reports, the latest last; of all runs, or of those that failed.
    pub(crate) fn latest(&self, count: usize, failed: bool) -> io::Result<Vec<String>> {
        let mut reports = self.home.as_ref().map_or_else(|| Ok(Vec::new()), Folder::files)?;
        if self.spare.is_own() {
            reports.extend(self.spare.files()?);
        }
        reports.retain(|path| is_report(path) && !(failed && has_passed(path)));
        sort(&mut reports);
        let from = reports.len().saturating_sub(count);
        Ok(reports[from..].iter().filter_map(|path| fs::read_to_string(path).ok()).collect())
    }
}

/// A run that has ended, with what is kept of it.
#[derive(Clone, Copy)]
pub(crate) struct Run<'r> {
    /// Its report.
    pub(crate) report: &'r str,
    /// The chart that it was about.
    pub(crate) chart: Option<&'r Shown<'r>>,
    /// How it ended.
    pub(crate) exit: Exit,
    /// When.
    pub(crate) now: Timestamp,
}

/// A folder of reports. The name of a report is its time, something that no other run has, and its exit code.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn keep(&self, run: &Run<'_>) -> io::Result<()> {
        let Run { report, chart, exit, now } = *run;
        let code = exit.code();
        let mut file = tempfile::Builder::new()
            // So that names sort by time.
            .prefix(&format!("{:030}-", now.as_nanosecond()))
            .suffix(&format!(".{code}.{UNFINISHED}"))
            .tempfile_in(&self.path)?;
        // Temporary files are readable by their owner only, and stay so.
        let version = env!("CARGO_PKG_VERSION");
        let chart = chart.map(|chart| format!("chart {chart}, ")).unwrap_or_default();
        write!(file, "pullcreds {version}, {now:.0}, {chart}exit code {code}\n\n{report}")?;
        let done = file.path().with_extension(EXTENSION);
        file.persist(done).map_err(|failed| failed.error)?;
        self.drop_old()
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
        let entries = match fs::read_dir(&self.path) {
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| code_and_extension(path).is_some());
        sort(&mut files);
        Ok(files)
    }

    /// Makes a folder that is this user's alone, where anybody may make folders.
    fn make_own(&self) -> io::Result<()> {
        match create_private(&self.path) {
            Ok(()) if self.is_own() => Ok(()),
            Ok(()) => Err(io::ErrorKind::PermissionDenied.into()),
            Err(error) => Err(error),
        }
    }
}

/// Whether a folder is not there, or cannot be.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// By their names, which begin with the time.
fn sort(files: &mut [PathBuf]) {
    files.sort_by_cached_key(|path| path.file_name().map(ToOwned::to_owned));
}

/// The exit code and the extension in the name of a report, finished or not. Other files in the folder are not ours.
fn code_and_extension(path: &Path) -> Option<(&str, &str)> {
    let (run, extension) = path.file_name()?.to_str()?.rsplit_once('.')?;
    let (run, code) = run.rsplit_once('.')?;
    let (time, random) = run.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let random = !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let ours = time.len() == 30 && digits(time) && random && digits(code);
    (ours && [EXTENSION, UNFINISHED].contains(&extension)).then_some((code, extension))
}

fn is_report(path: &Path) -> bool {
    code_and_extension(path).is_some_and(|(_, extension)| extension == EXTENSION)
}

fn has_passed(report: &Path) -> bool {
    code_and_extension(report).is_some_and(|(code, _)| code == "0")
}

fn spare() -> Folder {
    Folder { path: std::env::temp_dir().join(format!("pullcreds-{}", user())) }
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}

#[cfg(unix)]
impl Folder {
    /// Whether it is a folder that belongs to this user, and to which nobody else has access.
    fn is_own(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let is_own = |found: &fs::Metadata| found.uid() == user() && found.mode() & OTHERS == 0;
        fs::symlink_metadata(&self.path).is_ok_and(|found| found.is_dir() && is_own(&found))
    }
}

/// There is no way to tell.
#[cfg(not(unix))]
impl Folder {
    fn is_own(&self) -> bool {
        false
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
        State::new(|name| (name == "XDG_STATE_HOME").then(|| path.clone().into()))
    }

    fn at(nanosecond: i128) -> Timestamp {
        Timestamp::from_nanosecond(nanosecond).unwrap()
    }

    fn keep(state: &State, run: i128, exit: Exit) {
        let report = &format!("run {run}");
        state.keep(&Run { report, chart: None, exit, now: at(run) }).unwrap();
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
        let now = at(1_000_000_000);
        let run = Run {
            report: "text\n",
            chart: Some(&pullcreds::text::shown("shop")),
            exit: Exit::Usage,
            now,
        };
        state.keep(&run).unwrap();
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
        let home = &state.home.as_ref().unwrap().path;
        create_private(home).unwrap();
        let left = home.join(format!("{:030}-x.0.{UNFINISHED}", 1));
        fs::write(&left, "half").unwrap();
        keep(&state, 2, Exit::Pass);
        assert!(left.exists());
        for run in 3..140 {
            keep(&state, run, Exit::Pass);
        }
        assert!(!left.exists());
    }

    #[test]
    fn files_of_others_are_left_alone_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        let home = &state.home.as_ref().unwrap().path;
        create_private(home).unwrap();
        let zeros = "0".repeat(30);
        let others = [
            "0.txt".to_owned(),
            "notes.txt".to_owned(),
            format!("{zeros}.0.txt"),
            format!("{zeros}-x.txt"),
            format!("{zeros}-x.a.txt"),
            format!("{zeros}-x y.0.txt"),
            format!("{zeros}-x.0.txt.bak"),
            format!("0{zeros}-x.0.txt"),
        ];
        for name in &others {
            fs::write(home.join(name), "mine").unwrap();
        }
        for run in 0..140 {
            keep(&state, run, Exit::Pass);
        }
        for name in &others {
            assert_eq!(fs::read_to_string(home.join(name)).unwrap(), "mine", "{name}");
        }
        assert!(!state.latest(1000, false).unwrap().contains(&"mine".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn a_report_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let state = state(folder.path());
        keep(&state, 1, Exit::Pass);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let home = state.home.as_ref().unwrap();
        assert_eq!(mode(&home.path), 0o700);
        assert_eq!(mode(&home.files().unwrap()[0]), 0o600);
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
