//! Which module may use which, and which file may name which crate.
//!
//! A module uses only those above it in `src/lib.rs`: an arrow upwards means that a type is in the wrong file.
//! The program (`src/main.rs`, `src/cli.rs`) stands above all of them, and none of them knows it.
#![allow(clippy::disallowed_methods, reason = "a test reads its own files")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the library in the order of `src/lib.rs`, and what each may use.
const MODULES: &[(&str, &[&str])] = &[
    ("shared", &[]),
    ("names", &[]),
    ("duration", &[]),
    ("words", &[]),
    ("source", &[]),
    ("image", &[]),
    ("edit", &["source"]),
    ("base64", &[]),
    ("json", &[]),
    ("token", &["base64", "json"]),
    ("mask", &["source", "token"]),
    ("text", &["source", "mask"]),
    ("yaml", &["source", "base64", "text"]),
    ("patch", &["source", "edit", "text", "yaml"]),
    ("credentials", &["names", "duration", "base64", "json", "token", "mask", "text"]),
    ("finding", &["words", "source", "edit", "text"]),
    ("baseline", &["source", "text", "finding"]),
    ("kinds", &["words", "text", "yaml"]),
    (
        "policy",
        &[
            "names",
            "duration",
            "words",
            "source",
            "image",
            "token",
            "text",
            "yaml",
            "kinds",
            "credentials",
            "finding",
        ],
    ),
    (
        "inventory",
        &[
            "shared",
            "names",
            "source",
            "image",
            "edit",
            "base64",
            "json",
            "token",
            "text",
            "yaml",
            "patch",
            "credentials",
            "kinds",
        ],
    ),
    (
        "verdict",
        &["names", "source", "image", "text", "credentials", "kinds", "policy", "inventory"],
    ),
    ("inject", &["shared", "source", "edit", "text", "patch", "policy", "inventory", "verdict"]),
    (
        "check",
        &[
            "shared",
            "names",
            "duration",
            "words",
            "source",
            "image",
            "edit",
            "token",
            "text",
            "yaml",
            "patch",
            "credentials",
            "finding",
            "baseline",
            "kinds",
            "policy",
            "inventory",
            "verdict",
            "inject",
        ],
    ),
    (
        "report",
        &[
            "words",
            "source",
            "image",
            "edit",
            "mask",
            "text",
            "yaml",
            "credentials",
            "finding",
            "kinds",
            "policy",
            "inventory",
            "verdict",
            "inject",
            "check",
        ],
    ),
    ("krm", &["source", "edit", "text", "yaml", "patch", "finding"]),
    ("frontend", &["source", "text"]),
];

/// Macros, which Rust exports from the root, and the modules that they belong to.
const MACROS: &[(&str, &str)] = &[("say", "text")];

/// Modules in which some files still use each other in a circle. No other may have one.
const WITH_CIRCLES: &[&str] = &["check", "cli", "credentials", "patch", "policy", "yaml"];

/// Crates that one place only may name, so that they can be exchanged there.
const CRATES: &[(&str, &[&str])] = &[
    ("askama", &["src/report/html.rs", "src/report/junit.rs"]),
    ("clap", &["src/cli.rs", "src/cli/args.rs"]),
    ("granit_parser", &["src/yaml/parse.rs"]),
    ("ignore", &["src/frontend/tree.rs"]),
    ("indicatif", &["src/cli/commands/read.rs"]),
    ("memmap2", &["src/frontend/large.rs"]),
    ("miette", &["src/report/drawing.rs", "src/report/excerpt.rs"]),
    ("rsonpath_syntax", &["src/kinds/path.rs"]),
    (
        "rustix",
        &[
            "src/cli/settings/argocd/files.rs",
            "src/cli/output/closed.rs",
            "src/cli/child/group.rs",
            "src/cli/child/group/supervisor.rs",
            "src/cli/output/state.rs",
            "src/frontend.rs",
            "src/frontend/replace/handle.rs",
            "src/frontend/replace/temporary.rs",
        ],
    ),
    ("serde_saphyr", &["src/credentials/provider/config.rs", "src/policy/tree.rs"]),
    ("signal_hook", &["src/cli/child/group/signals.rs", "src/cli/stopping.rs"]),
    ("similar", &["src/report/diff.rs"]),
];

/// A source file without its comments and tests, line by line.
struct File {
    /// Its path from the root of the repository.
    path: String,
    text: String,
}

impl File {
    fn read(path: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).expect("a source file is text");
        let path = path.strip_prefix(root).expect("it lies below the root");
        Self { path: path.to_str().expect("its path is text").to_owned(), text }
    }

    /// The module of the library that it is part of; `None` if it belongs to the program.
    fn module(&self) -> Option<&str> {
        let name = self.path.strip_prefix("src/")?;
        let module = name.split(['/', '.']).next()?;
        (!["main", "cli", "lib"].contains(&module)).then_some(module)
    }

    /// Its name without `.rs`.
    fn name(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".rs").unwrap_or(name)
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
    }

    /// Its lines with their numbers, without comments and without the tests at its end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.text.lines().position(|line| line == "#[cfg(test)]");
        let lines = self.text.lines().take(tests.unwrap_or(usize::MAX)).enumerate();
        let code =
            lines.map(|(at, line)| (at + 1, line.split_once("//").map_or(line, |(code, _)| code)));
        code.filter(|(_, line)| !line.trim().is_empty())
    }

    /// What stands behind each `start` of its code, with the line.
    fn behind<'f>(&'f self, start: &'f str) -> impl Iterator<Item = (usize, &'f str)> {
        self.code().flat_map(move |(number, line)| {
            let starts = line.match_indices(start).filter(|(at, _)| !continues(&line[..*at]));
            starts.map(move |(at, _)| (number, &line[at + start.len()..]))
        })
    }
}

/// Whether a word at the end of `before` goes on behind it.
fn continues(before: &str) -> bool {
    before.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == ':')
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// All files below `src`, in order.
fn files() -> Vec<File> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be listed") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| File::read(path)).collect()
}

/// Fails with one line for each of `problems`.
#[track_caller]
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The modules that a file of `module` uses, with the line.
fn arrows<'f>(file: &'f File, module: &'f str) -> impl Iterator<Item = (usize, &'f str)> {
    let home = |name| MACROS.iter().find(|row| row.0 == name).map_or(name, |row| row.1);
    let used = file.behind("crate::").map(move |(line, rest)| (line, home(word(rest))));
    used.filter(move |(_, used)| *used != module)
}

#[test]
fn the_library_lists_its_modules_in_the_order_of_the_table() {
    let library = File::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let listed: Vec<_> = library.behind("mod ").map(|(_, rest)| word(rest)).collect();
    let table: Vec<_> = MODULES.iter().map(|(module, _)| *module).collect();
    assert_eq!(listed, table, "src/lib.rs (left) and tests/layering.rs (right) differ");
}

#[test]
fn the_table_has_no_arrow_upwards() {
    let mut above: Vec<&str> = Vec::new();
    for (module, uses) in MODULES {
        let upwards = uses.iter().find(|used| !above.contains(*used));
        assert_eq!(upwards, None, "{module} must not use what is not above it");
        above.push(module);
    }
}

#[test]
fn only_say_puts_messages_together() {
    let files = files().into_iter().filter(|file| file.module() != Some("text"));
    let found = files.flat_map(|file| {
        let code = file.code().filter(|(_, line)| line.contains("Message::format"));
        code.map(|(line, _)| format!("{}:{line}: use `say!`", file.path)).collect::<Vec<_>>()
    });
    none(&found.collect::<Vec<_>>());
}

#[test]
fn a_module_uses_only_what_its_row_names() {
    let mut problems = Vec::new();
    for file in files() {
        let Some(module) = file.module().filter(|_| !file.is_test()) else { continue };
        let Some((_, allowed)) = MODULES.iter().find(|row| row.0 == module) else {
            problems.push(format!("{}: {module} has no row in tests/layering.rs", file.path));
            continue;
        };
        let forbidden = arrows(&file, module).filter(|(_, used)| !allowed.contains(used));
        problems.extend(forbidden.map(|(line, used)| {
            let used = if used.is_empty() { "several modules in one `use`" } else { used };
            format!("{}:{line}: {module} must not use {used} (tests/layering.rs)", file.path)
        }));
    }
    none(&problems);
}

#[test]
fn every_arrow_of_the_table_is_used() {
    let files = files();
    let mut problems = Vec::new();
    for (module, allowed) in MODULES {
        let own = files.iter().filter(|file| file.module() == Some(module) && !file.is_test());
        let used: Vec<_> = own.flat_map(|file| arrows(file, module)).map(|(_, to)| to).collect();
        let unused = allowed.iter().filter(|allowed| !used.contains(allowed));
        problems.extend(
            unused
                .map(|to| format!("{module} does not use {to}: take it out of tests/layering.rs")),
        );
    }
    none(&problems);
}

/// The files of the folder of `file` that it uses by name, in order.
fn neighbours<'f>(file: &File, others: &[&'f File]) -> Vec<&'f str> {
    let code: Vec<_> = file.code().map(|(_, line)| line.trim()).collect();
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from_root = format!("crate::{}::", folder.trim_start_matches("src/").replace('/', "::"));
    let code = code.join(" ").replace(&from_root, "super::");
    let used = code.match_indices("super::").filter(|(at, _)| !continues(&code[..*at]));
    let used = used.flat_map(|(at, start)| {
        let rest = &code[at + start.len()..];
        let end = if rest.starts_with('{') { rest.find("};") } else { None };
        let names = &rest[..end.unwrap_or_else(|| word(rest).len())];
        names.split(|c: char| !(c.is_alphanumeric() || c == '_'))
    });
    let used: BTreeSet<_> = used.collect();
    let names = others.iter().map(|other| other.name());
    names.filter(|name| *name != file.name() && used.contains(name)).collect()
}

#[test]
fn files_of_a_module_use_each_other_in_no_circle() {
    let files = files();
    let mut with_circles = BTreeSet::new();
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| !file.is_test()) {
        let Some((folder, _)) = file.path.rsplit_once('/').filter(|(at, _)| *at != "src") else {
            continue;
        };
        let beside = |other: &&File| {
            other.path.rsplit_once('/').is_some_and(|(at, _)| at == folder) && !other.is_test()
        };
        let others: Vec<_> = files.iter().filter(beside).collect();
        let mut reached = neighbours(file, &others);
        let mut next = 0;
        while let Some(name) = reached.get(next) {
            let other =
                others.iter().find(|other| other.name() == *name).expect("it is one of them");
            for more in neighbours(other, &others) {
                if !reached.contains(&more) {
                    reached.push(more);
                }
            }
            next += 1;
        }
        if reached.contains(&file.name()) {
            let module = folder["src/".len()..].split('/').next().unwrap_or_default();
            with_circles.insert(module.to_owned());
            if !WITH_CIRCLES.contains(&module) {
                problems.push(format!("{}: it uses itself through its neighbours", file.path));
            }
        }
    }
    none(&problems);
    let known: BTreeSet<_> = WITH_CIRCLES.iter().map(|module| (*module).to_owned()).collect();
    assert_eq!(with_circles, known, "take a module without a circle out of WITH_CIRCLES");
}

/// `super::` may lead to a neighbour inside of a module and not out of it, where `crate::` is written.
#[test]
fn a_module_is_left_through_the_root_only() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.module().is_some() && !file.is_test()) {
        let depth = file.path.matches('/').count();
        let way_out = "super::".repeat(depth);
        let ways = file.behind(&way_out).map(|(line, _)| line);
        problems.extend(ways.map(|line| format!("{}:{line}: write `crate::`", file.path)));
    }
    none(&problems);
}

#[test]
fn the_library_does_not_know_the_program() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.module().is_some()) {
        let edge = file.behind("pullcreds::").map(|(line, _)| line);
        problems.extend(edge.map(|line| format!("{}:{line}: write `crate::`", file.path)));
    }
    none(&problems);
}

#[test]
fn a_crate_is_named_only_where_it_may_be_exchanged() {
    let mut problems = Vec::new();
    for file in files() {
        for (name, places) in CRATES.iter().filter(|row| !row.1.contains(&&*file.path)) {
            let named = format!("{name}::");
            let lines = file.behind(&named).map(|(line, _)| line);
            let places = places.join(" and ");
            problems.extend(
                lines.map(|line| format!("{}:{line}: {name} is named in {places} only", file.path)),
            );
        }
    }
    none(&problems);
}

#[test]
fn a_file_says_first_what_it_is_for() {
    let mut problems = Vec::new();
    for file in files() {
        if !file.text.starts_with("//! ") {
            problems.push(format!("{}: it must begin with `//! `", file.path));
        }
        if file.path.ends_with("/mod.rs") {
            problems.push(format!("{}: name it after its module", file.path));
        }
    }
    none(&problems);
}
