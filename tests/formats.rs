//! Every format over names that are made to break out of it: what another program reads of a report are the findings,
//! and nothing that the input says.
#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]

#[path = "support/support.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use support::{Outcome, pullcreds};

/// What a format could take for its own.
const HOSTILE: &[&str] = &[
    "a\n::error::fake",
    "a\r\n::set-output name=x::y",
    "##[error]fake",
    "::stop-commands::x",
    "%0A::error::fake",
    "]]><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></table><h1>fake",
    "a|b|c",
    "a`b``c```d",
    "[click](javascript:alert(1))",
    "\"quoted\" 'twice'",
    "\u{1b}[31mred\u{7}",
    "\u{202e}desrever\u{2066}",
    "a\u{feff}b\u{200b}c\u{fffe}",
    "{{ 7 * 7 }} {% raw %}",
    "&amp;&lt;",
    "\\\\ \\n",
];

/// A stream in which every name that a person writes is one of the hostile ones, and an image name of 10 kB.
fn stream() -> String {
    let mut all = String::new();
    let long = "a".repeat(10_000);
    for name in HOSTILE.iter().copied().chain([&*long]) {
        let name = quoted(name);
        let _ = write!(
            all,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {name}}}\n\
             spec:\n  template:\n    spec:\n      serviceAccountName: {name}\n      imagePullSecrets:\n      - name: {name}\n      \
             containers:\n      - name: {name}\n        image: {name}\n      - name: good\n        image: a.azurecr.io/x:v1\n",
        );
    }
    all
}

/// A scalar in double quotes, with an escape for everything that YAML does not take as it is.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic() && c != '"' && c != '\\';
    let escaped = text
        .chars()
        .map(|c| if is_plain(c) { c.to_string() } else { format!("\\U{:08x}", u32::from(c)) });
    format!("\"{}\"", escaped.collect::<String>())
}

#[track_caller]
fn report(format: &str) -> Outcome {
    let run = pullcreds(["check", "--format", format, "--fail-on", "never", "hostile\n.yaml"]);
    fs::write(run.home().join("hostile\n.yaml"), stream()).expect("it is a new file");
    run.run().expect(0)
}

/// Nothing that a terminal obeys, and no line break but those of the format.
#[track_caller]
fn assert_printable(text: &str) {
    let is_bad =
        |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{feff}\u{200b}".contains(c);
    let bad: Vec<_> = text.chars().filter(|c| is_bad(*c)).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn one_line_is_one_finding() {
    let outcome = report("oneline");
    assert_printable(outcome.out());
    let findings = count(&report("json").json());
    assert_eq!(outcome.out().lines().count(), findings);
    for line in outcome.out().lines() {
        let kinds = [": error[", ": warning[", ": info["];
        assert!(kinds.iter().any(|kind| line.contains(kind)), "{line}");
        assert!(line.len() < 5000, "{} bytes", line.len());
    }
}

fn count(report: &Value) -> usize {
    report["findings"].as_array().expect("a report has findings").len()
}

#[test]
fn github_takes_commands_from_the_program_only() {
    let outcome = report("github");
    assert_printable(outcome.out());
    assert!(!outcome.out().contains("##["), "{outcome}");
    for command in ["error", "warning", "notice"] {
        let begin = format!("::{command} ");
        let shown = outcome.out().lines().filter(|line| line.starts_with(&begin)).count();
        assert!(shown <= 10, "{shown} times {command}");
    }
    for line in outcome.out().lines() {
        assert!(line.len() < 12_000, "{} bytes", line.len());
        let Some(command) = line.trim_start().strip_prefix("::") else {
            assert!(line.starts_with("pullcreds: "), "{line}");
            continue;
        };
        let (properties, _) = command.split_once("::").expect("a command has a text");
        let (name, properties) = properties.split_once(' ').expect("all of ours have a title");
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
        for property in properties.split(',') {
            let (key, _) = property.split_once('=').expect("a property has a value");
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(known.contains(&key), "{line}");
        }
    }
}

#[test]
fn gitlab_reads_an_issue_for_each_finding() {
    let outcome = report("gitlab");
    assert_printable(outcome.out());
    let issues = outcome.json();
    let issues = issues.as_array().expect("an array");
    assert_eq!(issues.len(), count(&report("json").json()));
    let mut fingerprints: Vec<_> =
        issues.iter().map(|issue| issue["fingerprint"].as_str()).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len(), "fingerprints are unique");
    for issue in issues {
        let severity = issue["severity"].as_str().expect("a severity");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(issue["location"]["lines"]["begin"].as_u64() >= Some(1));
        assert!(issue["location"]["path"].as_str().is_some_and(|path| !path.starts_with("./")));
        assert!(issue["description"].is_string() && issue["check_name"].is_string());
    }
}
