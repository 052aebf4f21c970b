//! Everything that a run leaves, searched for secrets: what it says, and the files that it writes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PULLCREDS;
use super::leaks::{Search, Secrets};

/// The commands whose standard output is not a manifest.
const TELLING: &[&str] = &["check", "completions", "explain", "help", "last", "man", "policy"];
/// The command whose input another program makes: its contents are unknown here.
const UNKNOWN_INPUT: &str = "run";
/// Files of an input that are read at most.
const MOST_FILES: usize = 1000;

/// A run about to begin, as far as its secrets are concerned.
pub(super) struct Traces {
    search: Search,
    inputs: Vec<Vec<u8>>,
    output: Manifests,
    home: PathBuf,
    state: PathBuf,
    /// What lay in its home before.
    before: BTreeSet<PathBuf>,
    /// The files that it reads, and may write back.
    read: BTreeSet<PathBuf>,
    /// Files that its flags name for reports.
    reports: Vec<PathBuf>,
    is_pullcreds: bool,
}

/// Whether standard output carries manifests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manifests {
    OfInput,
    OfUnknownInput,
    None,
}

impl Traces {
    /// The secrets that `command` is about to read.
    pub(super) fn of(command: &Command, stdin: &[u8]) -> Self {
        let is_pullcreds = command.get_program() == PULLCREDS;
        let args: Vec<String> =
            command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let read = if is_pullcreds { named_files(command, &args) } else { BTreeSet::new() };
        let mut inputs: Vec<_> = read.iter().filter_map(|path| std::fs::read(path).ok()).collect();
        inputs.push(stdin.to_vec());
        // What is typed may hold a password as well.
        inputs.extend(args.iter().map(|arg| arg.clone().into_bytes()));
        let mut secrets = Secrets::of_fixtures().clone();
        for input in &inputs {
            secrets.learn(input);
        }
        let first = args.first().map(String::as_str);
        let output = match first {
            _ if !is_pullcreds => Manifests::OfUnknownInput,
            Some(UNKNOWN_INPUT) => Manifests::OfUnknownInput,
            Some(first) if TELLING.contains(&first) => Manifests::None,
            _ => Manifests::OfInput,
        };
        let folder = |name: &str| variable(command, name).map(PathBuf::from).unwrap_or_default();
        let (home, state) = (folder("HOME"), folder("XDG_STATE_HOME"));
        Self {
            search: secrets.search(),
            before: files(&home).into_iter().collect(),
            read,
            reports: reports(command, &args),
            inputs,
            output,
            home,
            state,
            is_pullcreds,
        }
    }

    /// Fails if the run has shown a secret. `line` is what it was called with.
    #[track_caller]
    pub(super) fn assert_clean(&self, line: &str, stdout: &[u8], stderr: &[u8]) {
        self.search.assert_absent(&format!("the standard error of {line}"), stderr);
        let name = format!("the standard output of {line}");
        match self.output {
            Manifests::None => self.search.assert_absent(&name, stdout),
            Manifests::OfInput => self.search.assert_not_added(&name, stdout, &self.inputs),
            Manifests::OfUnknownInput => {}
        }
        for path in self.written() {
            let Ok(content) = std::fs::read(&path) else { continue };
            let name = format!("{} of {line}", path.display());
            self.search.assert_absent(&name, &content);
        }
        for path in &self.read {
            let Ok(content) = std::fs::read(path) else { continue };
            let name = format!("{} after {line}", path.display());
            self.search.assert_not_added(&name, &content, &self.inputs);
        }
    }

    /// The files that may be its work.
    fn written(&self) -> BTreeSet<PathBuf> {
        let state = files(&self.state.join("pullcreds"));
        let home = if self.is_pullcreds { files(&self.home) } else { Vec::new() };
        let new = home.into_iter().filter(|path| !self.before.contains(path));
        // Devices and pipes have no end, or nothing more to say.
        let reports = self.reports.iter().filter(|path| path.is_file()).cloned();
        state.into_iter().chain(new).chain(reports).collect()
    }
}

/// The files and folders among the arguments, and the policy that it finds by itself.
fn named_files(command: &Command, args: &[String]) -> BTreeSet<PathBuf> {
    let folder = command.get_current_dir().map(Path::to_owned).unwrap_or_default();
    let found = ["pullcreds.yaml", ".pullcreds.yaml"].map(String::from);
    let values =
        args.iter().filter_map(|arg| arg.split_once('=')).map(|(_, value)| value.to_owned());
    let mut paths = BTreeSet::new();
    for name in args.iter().cloned().chain(values).chain(found) {
        let path = folder.join(name);
        paths.extend(if path.is_dir() { files(&path) } else { vec![path] });
    }
    paths.into_iter().filter(|path| path.is_file()).take(MOST_FILES).collect()
}

fn reports(command: &Command, args: &[String]) -> Vec<PathBuf> {
    let folder = command.get_current_dir().map(Path::to_owned).unwrap_or_default();
    let variable = variable(command, "PULLCREDS_REPORT").map(OsStr::to_string_lossy);
    let lines = variable.iter().flat_map(|value| value.lines()).map(str::to_owned);
    let separate = args.windows(2).filter(|two| two[0] == "--report").map(|two| two[1].clone());
    let joined = args.iter().filter_map(|arg| arg.strip_prefix("--report=")).map(str::to_owned);
    let values: Vec<String> = lines.chain(separate).chain(joined).collect();
    values.iter().filter_map(|value| Some(folder.join(value.split_once('=')?.1))).collect()
}

fn variable<'c>(command: &'c Command, name: &str) -> Option<&'c OsStr> {
    command.get_envs().find(|(found, _)| *found == name)?.1
}

/// The files below a folder; none if there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}
