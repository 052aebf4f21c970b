//! The code quality report of GitLab, which a merge request shows at the lines
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>). Its types are its own.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use super::listed::{self, Listed, Located, clipped};
use crate::finding::Severity;
use crate::source::STDIN;
use crate::text::printable_json;

/// Characters of a message: a merge request shows one line.
const MESSAGE: usize = 1000;

#[derive(Serialize)]
struct WireIssue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: WireLocation,
}

#[derive(Serialize)]
struct WireLocation {
    path: String,
    lines: WireLines,
}

#[derive(Serialize)]
struct WireLines {
    begin: usize,
}

/// The whole report, with a line break at its end.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut seen = BTreeMap::new();
    // GitLab ignores an issue without a path.
    let first = report.sources.first().map_or(STDIN, |source| &*source.name);
    let elsewhere = || listed::path(first);
    let issues = listed::all(report).map(|listed| issue(&listed, &elsewhere, &mut seen));
    let issues: Vec<_> = issues.collect();
    let json = serde_json::to_string_pretty(&issues).expect("every key is a string");
    printable_json(json) + "\n"
}

fn issue(
    listed: &Listed<'_>,
    elsewhere: &dyn Fn() -> String,
    seen: &mut BTreeMap<String, usize>,
) -> WireIssue {
    let at = listed.at.as_ref();
    let template = at.and_then(|at| at.template.as_ref());
    let template = template.map(|template| format!(" ({template})")).unwrap_or_default();
    WireIssue {
        description: clipped(&listed.message, MESSAGE) + &template,
        check_name: listed.rule.name,
        fingerprint: unique(&listed.fingerprint, seen),
        severity: match listed.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        location: WireLocation {
            path: at.map_or_else(elsewhere, |at| listed::path(&at.file.to_string())),
            lines: WireLines { begin: at.map_or(1, Located::line) },
        },
    }
}

/// GitLab shows one of the issues with equal fingerprints, and two findings about one thing have the same one.
fn unique(fingerprint: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let count = seen.entry(fingerprint.to_owned()).or_default();
    *count += 1;
    match *count {
        1 => fingerprint.to_owned(),
        many => format!("{fingerprint}#{many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_fingerprints_are_numbered() {
        let mut seen = BTreeMap::new();
        let all = ["a", "b", "a", "a"].map(|one| unique(one, &mut seen));
        assert_eq!(all, ["a", "b", "a#2", "a#3"]);
    }
}
