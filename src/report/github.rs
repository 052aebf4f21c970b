//! Workflow commands of GitHub Actions, which become annotations of a pull request. What is more than GitHub shows is
//! below them, for the log.
//!
//! GitHub shows ten annotations of a kind for a step (<https://docs.github.com/en/rest/checks/runs>,
//! `actions/runner`, `src/Runner.Worker/ExecutionContext.cs`). It takes every line of the log that begins with `::`, and
//! every `##[` in a line, for a command (`src/Runner.Common/ActionCommand.cs`).

use std::fmt::Write as _;

use super::human;
use super::listed::{self, Listed, clipped};
use super::oneline;
use super::{Look, Report};
use crate::finding::Severity;
use crate::text::printable;

/// How many annotations of a kind GitHub shows for a step.
const SHOWN: usize = 10;
/// Characters of a message: GitHub cuts what is longer than 4 kB.
const MESSAGE: usize = 1000;
/// Where titles of annotations begin.
const TITLE: &str = "pullcreds";
/// Characters of the name of a file.
const FILE: usize = 1000;

/// The whole report: errors, warnings and information, and the sentence of the control.
pub(super) fn render(report: &Report<'_>) -> String {
    let all: Vec<_> = listed::all(report).collect();
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let of_kind: Vec<_> = all.iter().filter(|listed| listed.severity == severity).collect();
        annotations(severity, &of_kind, &mut out);
    }
    let sentence = human::sentence(report, Look::PLAIN);
    for line in sentence.lines() {
        let _ = writeln!(out, "pullcreds: {}", harmless(line));
    }
    out
}

/// At most as many as GitHub shows: the last one says how many more there are.
fn annotations(severity: Severity, all: &[&Listed<'_>], out: &mut String) {
    let shown = if all.len() > SHOWN { SHOWN - 1 } else { all.len() };
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    for listed in &all[..shown] {
        annotation(command, listed, out);
    }
    if shown < all.len() {
        let rest = all.len() - shown;
        let _ = writeln!(
            out,
            "::{command} title={TITLE}::{rest} more findings of this severity are in the log of this step."
        );
        for listed in &all[shown..] {
            // Behind a word, a line cannot begin like a command.
            let _ = writeln!(out, "pullcreds: {}", harmless(&oneline::line(listed)));
        }
    }
}

fn annotation(command: &str, listed: &Listed<'_>, out: &mut String) {
    let _ = write!(out, "::{command} ");
    let at = listed.at.as_ref();
    let file = at.map(|at| at.file.to_string()).filter(|file| !file.starts_with('<'));
    if let Some(file) = file {
        let _ = write!(out, "file={},", property(&clipped(&listed::path(&file), FILE)));
        if let Some((start, end)) = at.and_then(|at| at.positions) {
            let _ = write!(out, "line={},endLine={},", start.line, end.line);
            // GitHub rejects columns of a range of lines.
            if start.line == end.line {
                let _ = write!(out, "col={},endColumn={},", start.column, end.column);
            }
        }
    }
    let _ = write!(out, "title={}::", property(&format!("{TITLE}: {}", listed.rule.name)));
    let mut text = listed.message.clone();
    if let Some(template) = at.and_then(|at| at.template.as_ref()) {
        let _ = write!(text, " ({template})");
    }
    let remedy = listed.finding.and_then(|finding| finding.remedy.as_ref());
    let mut text = clipped(&text, MESSAGE);
    if let Some(remedy) = remedy {
        let _ = write!(text, "\n{}", clipped(&printable(&remedy.text()), MESSAGE));
    }
    let _ = writeln!(out, "{}", data(&text));
}

/// The text of a command.
fn data(text: &str) -> String {
    harmless(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// `text` without what begins a command inside a line.
fn harmless(text: &str) -> String {
    text.replace("##[", "## [")
}
