//! How the tests outside the crate start a program: with a clean environment, text on its standard
//! input, and everything it said afterwards.
//!
//! A test target takes it in with `#[path = "support/support.rs"] mod support;`.
#![allow(dead_code, reason = "each test target uses a part of this")]
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment and files")]

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub(crate) mod contradictions;
pub(crate) mod data;
pub(crate) mod leaks;
mod traces;

use traces::Traces;

/// The program under test, as Cargo built it.
pub(crate) const PULLCREDS: &str = env!("CARGO_BIN_EXE_pullcreds");

/// What a program keeps of the environment of the test run. All else (`PULLCREDS_*`, `ARGOCD_*`, `HELM_*`,
/// proxies, locale) is gone, so that a developer's machine and CI see the same run.
const KEPT: [&str; 3] = ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"];

/// A program about to be run in an environment of its own: an empty home, where it also runs, an empty
/// state folder, no colour.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
    // Held so that the folder lives as long as the run.
    home: TempDir,
}

/// `pullcreds` with these arguments.
pub(crate) fn pullcreds<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    Run::new(PULLCREDS).args(args)
}

impl Run {
    /// `program`, without arguments, with an empty standard input.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(program);
        command.env_clear();
        command.envs(KEPT.iter().filter_map(|&name| Some((name, std::env::var_os(name)?))));
        command.env("HOME", home.path());
        command.env("XDG_STATE_HOME", home.path().join("state"));
        command.env("NO_COLOR", "1");
        command.current_dir(home.path());
        Self { command, stdin: Vec::new(), home }
    }

    /// Adds one argument.
    #[must_use]
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of its environment.
    #[must_use]
    pub(crate) fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Puts `folder` before its `PATH`.
    #[must_use]
    pub(crate) fn path_first(self, folder: &Path) -> Self {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&rest));
        let path: OsString =
            std::env::join_paths(folders).expect("no folder of PATH holds a colon");
        self.env("PATH", path)
    }

    /// Sets the folder it runs in.
    #[must_use]
    pub(crate) fn in_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets its standard input.
    #[must_use]
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Its home folder, gone after the run.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end. Whatever it leaves is searched for the secrets of its input and of the fixtures, and no
    /// report of it may contradict itself.
    #[track_caller]
    pub(crate) fn run(mut self) -> Outcome {
        let traces = Traces::of(&self.command, &self.stdin);
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let line = format!("{:?}", self.command);
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut pipe = child.stdin.take().expect("standard input is piped");
        let output = std::thread::scope(|scope| {
            // A program may stop before it has read everything: a closed pipe is its choice, not a failure.
            scope.spawn(move || pipe.write_all(&self.stdin).ok());
            child.wait_with_output()
        })
        .unwrap_or_else(|error| panic!("{line}: {error}"));
        traces.assert_clean(&line, &output.stdout, &output.stderr);
        for report in [&output.stdout, &output.stderr] {
            let found = contradictions::contradictions(report);
            assert!(found.is_empty(), "{line} contradicts itself:\n{}", found.join("\n"));
        }
        Outcome { line, code: output.status.code(), stdout: output.stdout, stderr: output.stderr }
    }
}

/// What a program did. Printing it shows everything it said.
pub(crate) struct Outcome {
    line: String,
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub(crate) stderr: Vec<u8>,
}

impl Outcome {
    /// The same outcome, if the exit code is `code`; a failed test otherwise.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Its standard output as text.
    #[track_caller]
    pub(crate) fn out(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|error| panic!("standard output: {error}"))
    }

    /// Its standard error as text.
    #[track_caller]
    pub(crate) fn err(&self) -> &str {
        std::str::from_utf8(&self.stderr).unwrap_or_else(|error| panic!("standard error: {error}"))
    }

    /// Its standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let cut = text.char_indices().nth(4000).map_or(text.len(), |(at, _)| at);
            format!("{}{}", &text[..cut], if cut < text.len() { "…" } else { "" })
        };
        writeln!(f, "{}\nexit code {:?}", self.line, self.code)?;
        writeln!(f, "--- standard output\n{}", text(&self.stdout))?;
        write!(f, "--- standard error\n{}", text(&self.stderr))
    }
}

/// The program that the variable `name` names. `eval "$(bash .ci/tools.sh)"` sets all of them.
#[track_caller]
pub(crate) fn tool(name: &str) -> PathBuf {
    let path = std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set: eval \"$(bash .ci/tools.sh)\""));
    PathBuf::from(path)
}

/// The folder with corpus, vectors and shapes: `PULLCREDS_SHARED`, or `shared` beside the repository.
#[track_caller]
pub(crate) fn shared(below: &str) -> PathBuf {
    let folder = std::env::var_os("PULLCREDS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = folder.join(below);
    assert!(path.exists(), "{} does not exist: set PULLCREDS_SHARED", path.display());
    path
}

/// The bytes of a file.
#[track_caller]
pub(crate) fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The values of a file that has one JSON value a line.
#[track_caller]
pub(crate) fn json_lines(path: impl AsRef<Path>) -> Vec<serde_json::Value> {
    let text = String::from_utf8(read(path)).expect("JSON lines are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Kubernetes objects as one `List`, in bytes.
pub(crate) fn list(items: impl IntoIterator<Item = serde_json::Value>) -> Vec<u8> {
    let items: Vec<_> = items.into_iter().collect();
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string().into_bytes()
}
