//! A hundred kills, at moments that are spread over a run: of files that are written, of a renderer that is watched,
//! and of a filter that keeps reports. `just faults` prints what was found.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(clippy::print_stdout, reason = "the counts are what the tests are for")]
#![allow(clippy::unwrap_used, reason = "the setup of a test may fail it like the test itself")]

#[path = "support/support.rs"]
mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use support::PULLCREDS;
use tempfile::TempDir;

/// The kills of each kind.
const WRITES: u32 = 40;
const RUNS: u32 = 30;
const FILTERS: u32 = 30;
/// The files that one run writes.
const FILES: usize = 120;
const SIGNALS: [Signal; 4] = [Signal::KILL, Signal::TERM, Signal::KILL, Signal::INT];

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers: [{{name: web, image: a.azurecr.io/web}}]\n"
    )
}

fn done(name: &str) -> String {
    pod(name).replace("spec:\n", "spec:\n  imagePullSecrets:\n  - name: regcred\n")
}

/// Where the kills of a kind came.
#[derive(Debug, Default)]
struct Tally {
    /// Nothing had happened yet.
    before: u32,
    /// Some of it had.
    between: u32,
    /// All of it had.
    after: u32,
}

impl Tally {
    fn count(&mut self, happened: usize, all: usize) {
        match happened {
            0 => self.before += 1,
            _ if happened == all => self.after += 1,
            _ => self.between += 1,
        }
    }

    fn print(&self, what: &str) {
        let Self { before, between, after } = self;
        println!("{what:8} {before:3} before, {between:3} between, {after:3} after");
    }
}

/// A program with files of its own.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for below in ["home", "files"] {
            fs::create_dir(folder.path().join(below)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PULLCREDS);
        command.args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.path("home")).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The files of a folder, by name.
    fn names(&self, below: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(below)).into_iter().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// How long an undisturbed run takes.
fn duration(mut command: Command) -> Duration {
    let begun = Instant::now();
    assert!(command.status().unwrap().success());
    begun.elapsed()
}

/// Ends a child with a signal at the `kill`th of `all` moments of `duration` and half of it.
fn end(mut child: Child, signal: Signal, duration: Duration, kill: u32, all: u32) -> ExitStatus {
    // Some come after the end that others had.
    thread::sleep(duration * kill * 3 / (all * 2));
    if child.try_wait().unwrap().is_none() {
        let _ = kill_process(Pid::from_child(&child), signal);
    }
    child.wait().unwrap()
}

fn write_files(scene: &Scene) {
    for number in 0..FILES {
        let path = scene.path(&format!("files/{number:03}.yaml"));
        fs::write(&path, pod(&format!("pod-{number}"))).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(&path, Some(1234), Some(2345)).unwrap();
        }
    }
}

/// How many of the files are written. Each is as it was or as it has to be, and belongs to whom it did.
#[track_caller]
fn written(scene: &Scene) -> usize {
    let mut written = 0;
    for number in 0..FILES {
        let path = scene.path(&format!("files/{number:03}.yaml"));
        let (name, text) = (format!("pod-{number}"), fs::read_to_string(&path).unwrap());
        assert!(text == pod(&name) || text == done(&name), "{}: {text}", path.display());
        written += usize::from(text == done(&name));
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.mode() & 0o7777, 0o604, "{}", path.display());
        if rustix::process::geteuid().is_root() {
            assert_eq!((metadata.uid(), metadata.gid()), (1234, 2345), "{}", path.display());
        }
    }
    written
}

#[test]
fn files_are_written_at_once_or_not_at_all() {
    let mut tally = Tally::default();
    let args = ["inject", "--write", "--quiet", "--inject=*=regcred", "files"];
    let scene = Scene::new();
    write_files(&scene);
    let duration = duration(scene.command(&args));
    assert_eq!(written(&scene), FILES);
    for kill in 0..WRITES {
        let signal = SIGNALS[kill as usize % SIGNALS.len()];
        write_files(&scene);
        let child = scene.command(&args).spawn().unwrap();
        let status = end(child, signal, duration, kill, WRITES);
        let count = written(&scene);
        tally.count(count, FILES);
        assert!(!status.success() || count == FILES, "{status}: {count}");
        let left = scene.names("files").len() - FILES;
        // Whoever is asked to end cleans up; who is killed leaves that to the next.
        assert!(
            left == 0 || status.signal() == Some(Signal::KILL.as_raw()),
            "{status}: {left} left"
        );
        assert!(scene.command(&args).status().unwrap().success());
        assert_eq!((written(&scene), scene.names("files").len()), (FILES, FILES));
    }
    tally.print("write");
}

#[test]
fn a_renderer_does_not_outlive_a_run() {
    let mut tally = Tally::default();
    let scene = Scene::new();
    fs::write(scene.path("pod.yaml"), done("web")).unwrap();
    let script = "sleep 1000 & echo $$ $! >noted; cat pod.yaml; kill $!";
    let args = ["run", "--quiet", "--", "sh", "-c", script];
    let duration = duration(scene.command(&args));
    for kill in 0..RUNS {
        let signal = SIGNALS[kill as usize % SIGNALS.len()];
        fs::remove_file(scene.path("noted")).ok();
        let out = File::create(scene.path("out")).unwrap();
        let child = scene.command(&args).stdout(out).spawn().unwrap();
        let status = end(child, signal, duration, kill, RUNS);
        let text = fs::read_to_string(scene.path("out")).unwrap();
        tally.count(text.len(), done("web").len());
        assert!(text.is_empty() || text == done("web"), "{text}");
        assert!(!status.success() || !text.is_empty(), "{status}");
        let noted = fs::read_to_string(scene.path("noted")).unwrap_or_default();
        for process in noted.split_whitespace().filter_map(|number| number.parse().ok()) {
            assert!(is_gone(process), "{process} outlives {status}");
        }
    }
    tally.print("run");
}

/// Whether a process ends within the time that a run gives to those it started.
fn is_gone(process: i32) -> bool {
    let process = Pid::from_raw(process).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        if test_kill_process(process).is_err() || is_dead(process) {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

/// Whether the exit status of a process has not been read yet.
fn is_dead(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    let state = stat.as_deref().ok().and_then(|stat| Some(stat.rsplit_once(") ")?.1));
    state.is_some_and(|state| state.starts_with(['Z', 'X']))
}

#[test]
fn reports_are_whole_or_not_there() {
    let mut tally = Tally::default();
    let scene = Scene::new();
    let pods: Vec<_> = (0..2000).map(|number| pod(&format!("pod-{number}"))).collect();
    let input = scene.path("in.yaml");
    fs::write(&input, pods.join("---\n")).unwrap();
    let expected =
        pods.join("---\n").replace("spec:\n", "spec:\n  imagePullSecrets:\n  - name: regcred\n");
    let args = ["--quiet", "--inject=*=regcred", "--report=json=report.json"];
    let start = |out: &Path| {
        let mut command = scene.command(&args);
        command.stdin(File::open(&input).unwrap()).stdout(File::create(out).unwrap());
        command
    };
    let out = scene.path("out");
    let duration = duration(start(&out));
    for kill in 0..FILTERS {
        let old = kill % 2 == 0;
        fs::remove_file(scene.path("report.json")).unwrap();
        if old {
            fs::write(scene.path("report.json"), "old").unwrap();
        }
        let status = end(start(&out).spawn().unwrap(), Signal::KILL, duration, kill, FILTERS);
        let text = fs::read_to_string(&out).unwrap();
        tally.count(text.len(), expected.len());
        assert!(
            expected.starts_with(&text),
            "the written text is not a prefix of the expected one"
        );
        assert!(!status.success() || text == expected, "{status}");
        match fs::read(scene.path("report.json")) {
            Ok(report) if report == b"old" => assert!(old),
            Ok(report) => drop(serde_json::from_slice::<serde_json::Value>(&report).unwrap()),
            Err(error) => assert!(!old, "{error}"),
        }
        if !scene.path("report.json").exists() {
            fs::write(scene.path("report.json"), "").unwrap();
        }
    }
    assert!(start(&out).status().unwrap().success());
    let ends_in = |name: &str, end| Path::new(name).extension().is_some_and(|found| found == end);
    assert!(!scene.names("").iter().any(|name| ends_in(name, "tmp")));
    let kept = scene.names("home/.local/state/pullcreds");
    for name in kept.iter().filter(|name| ends_in(name, "txt")) {
        let report =
            fs::read_to_string(scene.path("home/.local/state/pullcreds").join(name)).unwrap();
        assert!(
            report.trim_end().ends_with("(by injection).") || report.contains("by injection"),
            "{name}: {report}"
        );
    }
    tally.print("filter");
}
