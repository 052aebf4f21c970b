//! The cases below `testdata/cases`: a folder each, read and run here, judged elsewhere.
//!
//! | in the folder | what it is |
//! |---|---|
//! | `case.yaml` | what the case shows, its command line, environment and exit code |
//! | `stdin.*` | the standard input; none if it is not there |
//! | `files/` | what lies in the folder where the program runs |
//! | `stdout.*`, `stderr.txt` | what it says; nothing if the file is not there |
//! | `after/` | the files that it writes or changes |
#![allow(dead_code, reason = "each test target uses a part of this")]
#![allow(clippy::disallowed_methods, reason = "a test reads its own files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tempfile::TempDir;

use super::support::{Outcome, pullcreds, read};

/// The time of every run, 2026-11-15 at noon (UTC), unless the case says otherwise.
pub(crate) const NOW: &str = "1794744000";

/// Where the cases are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases")
}

/// A file of `case.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    about: String,
    #[serde(default)]
    before: Vec<String>,
    run: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit: i32,
}

/// A case as its folder describes it.
pub(crate) struct Case {
    /// The name of its folder.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What it shows, in a sentence.
    pub(crate) about: String,
    /// The exit code of the last command.
    pub(crate) exit: i32,
    before: Vec<String>,
    run: String,
    env: BTreeMap<String, String>,
}

/// Every case, by name.
#[track_caller]
pub(crate) fn all() -> Vec<Case> {
    let mut folders: Vec<_> = entries(&folder());
    folders.retain(|path| path.is_dir());
    folders.into_iter().map(Case::read).collect()
}

/// The paths in a folder, by name; none if it is not there.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> =
        found.map(|entry| entry.expect("a folder is readable").path()).collect();
    paths.sort();
    paths
}

/// The files below a folder, by their paths from it.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for path in entries(&next) {
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is below the folder");
                found.insert(name.to_owned(), read(&path));
            }
        }
    }
    found
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let text = String::from_utf8(read(folder.join("case.yaml"))).expect("a case is UTF-8");
        let Told { about, before, run, env, exit } =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name, folder, about, exit, before, run, env }
    }

    /// The last command line.
    pub(crate) fn command(&self) -> &str {
        &self.run
    }

    /// Whether its standard output carries manifests: it is the filter, or `inject`.
    pub(crate) fn gives_manifests(&self) -> bool {
        match words(&self.run).get(1).map(String::as_str) {
            None | Some("inject" | "krm" | "run") => true,
            Some(first) => first.starts_with('-'),
        }
    }

    /// The file whose name begins with `stem` and a dot.
    pub(crate) fn file(&self, stem: &str) -> Option<PathBuf> {
        let is_it = |path: &PathBuf| path.file_stem().is_some_and(|found| found == stem);
        entries(&self.folder).into_iter().find(|path| path.is_file() && is_it(path))
    }

    /// Runs its commands in a folder of their own; the last one's outcome counts.
    pub(crate) fn run(&self) -> Ran {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let ran = Ran { before: files(&self.folder.join("files")), scratch, outcome: None };
        for (name, bytes) in &ran.before {
            let path = ran.folder().join(name);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("it is new");
            fs::write(path, bytes).expect("it is new");
        }
        fs::create_dir_all(ran.folder()).expect("a folder can be made");
        let mut outcome = None;
        for line in self.before.iter().chain([&self.run]) {
            outcome = Some(self.start(line, &ran));
        }
        Ran { outcome, ..ran }
    }

    /// Runs its commands as they are, but for a JSON report of the last one; `None` if that writes no report.
    pub(crate) fn report(&self) -> Option<Vec<u8>> {
        let reports = self.gives_manifests() || words(&self.run).iter().any(|word| word == "check");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("contradictions.json");
        let option = format!("--report json={}", path.display());
        let run = format!("{} {option}", self.run);
        let case = Self {
            run,
            before: self.before.clone(),
            env: self.env.clone(),
            ..Self::read(self.folder.clone())
        };
        let is_child = self.run.contains(" -- ");
        (reports && !is_child).then(|| case.run())?;
        fs::read(path).ok()
    }

    fn start(&self, line: &str, ran: &Ran) -> Outcome {
        let mut words = words(line).into_iter();
        let program = words.next();
        assert_eq!(program.as_deref(), Some("pullcreds"), "{}: {line}", self.name);
        let mut run = pullcreds(words)
            .in_folder(ran.folder())
            .env("HOME", ran.scratch.path().join("home"))
            .env("XDG_STATE_HOME", ran.scratch.path().join("state"))
            .env("SOURCE_DATE_EPOCH", NOW);
        for (name, value) in &self.env {
            run = if value.is_empty() { run.without_env(name) } else { run.env(name, value) };
        }
        run.stdin(self.file("stdin").map(read).unwrap_or_default()).run()
    }
}

/// The files that a case's commands left.
pub(crate) struct Ran {
    before: BTreeMap<PathBuf, Vec<u8>>,
    scratch: TempDir,
    outcome: Option<Outcome>,
}

impl Ran {
    fn folder(&self) -> PathBuf {
        self.scratch.path().join("files")
    }

    /// What the last command said.
    pub(crate) fn outcome(&self) -> &Outcome {
        self.outcome.as_ref().expect("a case has a command")
    }

    /// The files that are new or changed.
    pub(crate) fn changed(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = files(&self.folder());
        for name in self.before.keys() {
            assert!(files.contains_key(name), "{} is gone", name.display());
        }
        files.retain(|name, bytes| self.before.get(name) != Some(bytes));
        files
    }
}

/// The words of a command line: blanks separate them, and single quotes hold blanks together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            if !open {
                words.push(String::new());
            }
            words.last_mut().expect("it was pushed").push_str(part);
            open = true;
            continue;
        }
        for (number, word) in part.split(' ').enumerate() {
            if number > 0 {
                open = false;
            }
            if word.is_empty() {
                continue;
            }
            if open {
                words.last_mut().expect("it is open").push_str(word);
            } else {
                words.push(word.to_owned());
            }
            open = true;
        }
    }
    words
}
