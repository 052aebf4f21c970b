//! Runs the cases below `testdata/cases` (`tests/support/case.rs` says what is in a folder), with the
//! real program.
//!
//! No run may show a password of its input: `support::Run` checks that.
//!
//! `PULLCREDS_UPDATE=1` writes what the program says now into the expectations, for a person to read
//! and commit. `PULLCREDS_CASES=TEXT` runs only the cases with that text in their names.
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment and files")]

#[path = "support/case.rs"]
mod case;
#[path = "cases/expected.rs"]
mod expected;
#[path = "support/support.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use case::{Case, Ran};
use rayon::prelude::*;
use regex::Regex;
use support::contradictions;

#[test]
fn the_program_does_what_the_cases_say() {
    let wanted = std::env::var("PULLCREDS_CASES").unwrap_or_default();
    let update = std::env::var_os("PULLCREDS_UPDATE").is_some_and(|value| !value.is_empty());
    let mut cases = case::all();
    cases.retain(|case| case.name.contains(&wanted));
    assert!(!cases.is_empty(), "no case has {wanted:?} in its name");
    let failures: Vec<_> = cases.par_iter().filter_map(|case| judge(case, update).err()).collect();
    let failed = failures.len();
    assert!(failed == 0, "{failed} of {} cases failed\n\n{}", cases.len(), failures.join("\n\n"));
}

fn judge(case: &Case, update: bool) -> Result<(), String> {
    let ran = case.run();
    let mut wrong = Vec::new();
    if ran.outcome().code != Some(case.exit) {
        wrong.push(format!("exit code {:?}, not {}", ran.outcome().code, case.exit));
    }
    for (path, found) in said(case, &ran) {
        if let Err(difference) = expected::compare(&path, &found) {
            if update {
                expected::update(&path, &found);
            } else {
                wrong.push(format!("{}\n{difference}", path.display()));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("== {}: {}\n{}\n{}", case.name, case.about, case.command(), wrong.join("\n")))
}

/// Everything that the program said or wrote, each with the file that holds what it should have been. What it
/// should have written and did not is empty.
fn said(case: &Case, ran: &Ran) -> Vec<(PathBuf, Vec<u8>)> {
    let outcome = ran.outcome();
    let stdout = case.file("stdout").unwrap_or_else(|| new_stdout(case, &outcome.stdout));
    let mut said = vec![
        (stdout, without_times(case, &outcome.stdout)),
        (case.folder.join("stderr.txt"), outcome.stderr.clone()),
    ];
    let after = case.folder.join("after");
    let changed = ran.changed();
    let unwritten = case::files(&after).into_keys().filter(|name| !changed.contains_key(name));
    said.extend(unwritten.map(|name| (after.join(name), Vec::new())));
    said.extend(changed.iter().map(|(name, bytes)| (after.join(name), bytes.clone())));
    said
}

/// `pullcreds last` prints the real time of a run, and the version.
fn without_times(case: &Case, stdout: &[u8]) -> Vec<u8> {
    if !case.command().starts_with("pullcreds last") {
        return stdout.to_vec();
    }
    let heading = Regex::new(r"(?m)^pullcreds \S+, \S+Z, ").expect("a sound pattern");
    let text = String::from_utf8_lossy(stdout);
    heading.replace_all(&text, "pullcreds VERSION, TIME, ").into_owned().into_bytes()
}

/// The file for a standard output that was empty so far.
fn new_stdout(case: &Case, bytes: &[u8]) -> PathBuf {
    let extension = match bytes {
        [b'{', ..] => "json",
        _ if case.gives_manifests() => "yaml",
        _ => "txt",
    };
    case.folder.join("stdout").with_extension(extension)
}

/// The cases with a JSON report are held against the same table when they run (`support::Run`).
#[test]
fn no_finding_of_a_case_contradicts_a_verdict() {
    let reports: Vec<_> =
        case::all().into_par_iter().filter_map(|case| Some((case.report()?, case.name))).collect();
    assert!(reports.len() > 150, "only {} cases have a report", reports.len());
    for (report, name) in reports {
        let found = contradictions::contradictions(&report);
        assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
    }
}

#[test]
fn a_finding_that_contradicts_a_verdict_is_seen() {
    let report = |verdict: &str, code: &str| {
        let pod = r#"{"kind": "Pod", "namespace": "shop", "name": "p"}"#;
        let secret = r#"{"kind": "Secret", "namespace": "shop", "name": "s"}"#;
        let about = if code.contains("secret-t") { secret } else { pod };
        let image = format!(
            r#"{{"source": "a", "object": {pod}, "image": "i", "secret": "s", "pullSecrets": ["s"], "verdict": "{verdict}"}}"#
        );
        let finding = format!(
            r#"{{"source": "a", "object": {about}, "image": "i", "code": "{code}", "message": "'s'", "severity": "error"}}"#
        );
        format!(
            r#"{{"schema": "pullcreds.report/v1", "summary": {{"status": "fail"}}, "images": [{image}], "findings": [{finding}]}}"#
        )
    };
    let seen = |verdict, code| {
        !contradictions::contradictions(report(verdict, code).as_bytes()).is_empty()
    };
    assert!(seen("covered", "missing-pull-secret") && !seen("missing", "missing-pull-secret"));
    assert!(seen("declared", "wrong-secret-type") && !seen("mismatched", "wrong-secret-type"));
    assert!(seen("covered", "unneeded-pull-secret") && !seen("public", "unneeded-pull-secret"));
    let passes = report("covered", "none").replace("\"fail\"", "\"pass\"");
    assert!(!contradictions::contradictions(passes.as_bytes()).is_empty());
}

#[test]
fn every_file_of_a_case_is_of_use() {
    for case in case::all() {
        assert!(case.about.ends_with('.'), "{}: `about` is a sentence", case.name);
        for path in case::entries(&case.folder) {
            let name = path.file_name().expect("it has a name").to_string_lossy();
            let stem = name.split_once('.').map_or(&*name, |(stem, _)| stem);
            let known = ["case", "stdin", "stdout", "stderr", "files", "after"];
            assert!(known.contains(&stem), "{}: what is {name} for?", case.name);
        }
    }
}

#[test]
fn a_command_line_is_split_as_a_shell_would() {
    let words = case::words("pullcreds --inject '*=a b' check  x'y z'w ''");
    assert_eq!(words, ["pullcreds", "--inject", "*=a b", "check", "xy zw", ""]);
}

#[test]
fn a_report_is_compared_by_what_is_expected_of_it() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("stdout.json");
    let report =
        |text: &str| format!(r#"{{"schema": "pullcreds.report/v1", {text}}}"#).into_bytes();
    fs::write(&path, report(r#""images": [{"verdict": "covered"}]"#)).expect("it is new");
    let same = |found: &str| expected::compare(Path::new(&path), &report(found)).is_ok();
    assert!(same(r#""images": [{"verdict": "covered", "line": 3}], "edits": []"#));
    assert!(!same(r#""images": [{"verdict": "missing"}]"#));
    assert!(!same(r#""images": [{"verdict": "covered"}, {"verdict": "covered"}]"#));
    assert!(!same(r#""edits": []"#));
}
