//! What a format lists that has a line or an entry for each finding: sources that cannot be read, then findings.

use super::{Report, UnreadSource};
use crate::finding::{Finding, Place, Severity};
use crate::source::{Position, Span};
use crate::text::{Shown, printable, shown};
use crate::yaml::Problem;

/// A source that is not a YAML stream.
pub(super) const NOT_YAML: Rule = Rule { name: "not-yaml", title: "the input is not valid YAML" };
/// A source that cannot be read at all.
pub(super) const UNREADABLE: Rule = Rule { name: "unreadable", title: "a file cannot be read" };

/// What something is listed under: the code of a finding, or that of a source that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
}

/// One entry of a list.
pub(super) struct Listed<'r> {
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    /// What is wrong, on one line.
    pub(super) message: String,
    /// Where; `None` if it is about the whole run.
    pub(super) at: Option<Located>,
    /// What it is the same by in another run.
    pub(super) fingerprint: String,
    /// The finding, unless a source cannot be read.
    pub(super) finding: Option<&'r Finding>,
}

/// A place in a file.
pub(super) struct Located {
    /// The name of the source.
    pub(super) file: Shown<'static>,
    /// The template that Helm says it is from.
    pub(super) template: Option<Shown<'static>>,
    /// The first and the last position; `None` where a file cannot be read at all.
    pub(super) positions: Option<(Position, Position)>,
}

impl Located {
    /// A place of a finding.
    pub(super) fn of(report: &Report<'_>, place: &Place) -> Self {
        Self {
            template: report.template(place.source, place.chunk),
            ..Self::in_source(report, place.source, place.span)
        }
    }

    fn in_source(report: &Report<'_>, source: usize, span: Span) -> Self {
        let positions = (report.position(source, span.start), report.position(source, span.end));
        let file = shown(&report.source(source).name).into_owned();
        Self { file, template: None, positions: Some(positions) }
    }

    /// `TEMPLATE in FILE:LINE:COLUMN`, as far as it is known.
    pub(super) fn text(&self) -> String {
        let template = self.template.as_ref().map(|template| format!("{template} in "));
        let position = self.positions.map(|(start, _)| format!(":{start}")).unwrap_or_default();
        format!("{}{}{position}", template.unwrap_or_default(), self.file)
    }

    /// The line, from 1.
    pub(super) fn line(&self) -> usize {
        self.positions.map_or(1, |(start, _)| start.line)
    }
}

/// Everything that a report lists: what cannot be read, then the findings in their order.
pub(super) fn all<'r>(report: &'r Report<'_>) -> impl Iterator<Item = Listed<'r>> {
    let findings = report.outcome.findings.iter().map(|one| finding(report, one));
    unread_sources(report).chain(findings)
}

/// What cannot be read.
pub(super) fn unread_sources<'r>(report: &'r Report<'_>) -> impl Iterator<Item = Listed<'r>> {
    let problems = report.outcome.problems.iter();
    let problems = problems.map(|(source, problem)| self::problem(report, *source, problem));
    problems.chain(report.unread.iter().map(unread))
}

/// A finding, which may be suppressed.
pub(super) fn finding<'r>(report: &Report<'_>, finding: &'r Finding) -> Listed<'r> {
    Listed {
        rule: Rule { name: finding.code.name, title: finding.code.title },
        severity: finding.severity,
        message: one_line(&finding.message),
        at: finding.place.as_ref().map(|place| Located::of(report, place)),
        fingerprint: finding.fingerprint.as_str().to_owned(),
        finding: Some(finding),
    }
}

fn problem<'r>(report: &Report<'_>, source: usize, problem: &Problem) -> Listed<'r> {
    let at = problem.offset.min(report.source(source).text.len());
    let chunk = Span::new(problem.chunk.start, problem.chunk.end);
    let located = Located::in_source(report, source, Span::at(at));
    Listed {
        rule: NOT_YAML,
        severity: Severity::Error,
        message: format!("invalid YAML: {}", shown(&problem.message)),
        fingerprint: format!("{}:{}", NOT_YAML.name, located.file),
        at: Some(Located { template: report.template(source, chunk), ..located }),
        finding: None,
    }
}

fn unread<'r>(unread: &UnreadSource) -> Listed<'r> {
    let file = unread.name.clone();
    Listed {
        rule: UNREADABLE,
        severity: Severity::Error,
        message: one_line(&unread.why),
        fingerprint: format!("{}:{file}", UNREADABLE.name),
        at: Some(Located {
            file,
            template: None,
            positions: unread.position.map(|position| (position, position)),
        }),
        finding: None,
    }
}

/// The name of a file as other tools write it: with slashes, and without `./` before it.
pub(super) fn path(name: &str) -> String {
    let name = name.replace(std::path::MAIN_SEPARATOR, "/");
    let mut rest = &*name;
    while let Some(below) = rest.strip_prefix("./") {
        rest = below.trim_start_matches('/');
    }
    rest.to_owned()
}

/// `error[missing-pull-secret]`.
pub(super) fn heading(severity: Severity, code: &str) -> String {
    format!("{}[{code}]", severity.name())
}

/// `text` on one line, as a terminal may show it.
pub(super) fn one_line(text: &str) -> String {
    let printable = printable(text);
    let lines = printable.split(['\n', '\t']).map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// `text` with `…` for what comes after so many characters.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Text without the characters that XML 1.0 cannot hold (section 2.2), which no escape makes valid.
pub(super) fn valid(xml: &str) -> String {
    let is_valid = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    xml.chars().map(|c| if is_valid(&c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_that_does_nothing_to_a_terminal() {
        assert_eq!(one_line("a\n::error::b\r\n\tc"), "a ::error::b c");
        assert_eq!(one_line("\u{1b}[31mred\u{202e}"), "\\u{1b}[31mred\\u{202e}");
        assert_eq!(clipped("größe", 3), "grö…");
        assert_eq!(clipped("größe", 5), "größe");
    }
}
