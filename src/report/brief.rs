//! The report for places made for a few lines, like the status of an Argo CD Application: a line for each finding,
//! the worst first, in so few bytes that no reader has to cut it.

use std::fmt::Write as _;

use super::excerpt::{Excerpt, Labelled};
use super::grouped::grouped;
use super::human;
use super::listed::heading;
use super::template::Templates;
use super::{Look, Report};
use crate::finding::{Concern, Finding, Remedy, Severity};
use crate::policy::Mistake;
use crate::source::{LineIndex, Source, Span};
use crate::text::{printable, shown};
use crate::yaml::Problem;

/// Bytes of a report.
const LIMIT: usize = 2500;
/// Bytes of one entry of it.
const ENTRY: usize = 1100;
/// Bytes of the line that says how many did not fit.
const REST: usize = 40;

/// The whole report.
pub(super) fn render(report: &Report<'_>) -> String {
    let problems = report.outcome.problems.iter();
    let problems = problems.map(|(source, found)| problem(report.source(*source), found));
    let mut findings: Vec<_> = report.outcome.findings.iter().collect();
    findings.retain(|finding| finding.severity != Severity::Info);
    findings.sort_by_key(|finding| {
        (finding.code.concern() != Concern::Pull, finding.severity != Severity::Error)
    });
    let mut shown = Vec::new();
    let causes = grouped(&findings);
    let findings = causes.iter().map(|cause| {
        let finding = cause.first;
        let first = !shown.contains(&finding.code.name);
        shown.push(finding.code.name);
        let remedy = finding.remedy.as_ref().filter(|_| first);
        let more = match cause.others.len() {
            0 => String::new(),
            _ => format!("and {}{}\n", cause.others_text(), cause.other_images()),
        };
        let below = place(report, finding) + &more + &remedy.map(Remedy::text).unwrap_or_default();
        (1 + cause.others.len(), entry(&line(finding), &below))
    });
    let problems = problems.map(|problem| (1, problem));
    let sentence = human::sentence(report, Look::PLAIN);
    let limit = LIMIT.saturating_sub(sentence.len() + 1);
    fitting(&problems.chain(findings).collect::<Vec<_>>(), limit) + &sentence + "\n"
}

/// What a finding says, and what it is about where it does not say that itself.
fn line(finding: &Finding) -> String {
    let mut line = format!("{}: {}", heading(finding.severity, finding.code.name), finding.message);
    let object = finding.place.as_ref().map(|place| &place.object);
    let name = object.and_then(|object| object.name.clone()).unwrap_or_default();
    if let Some(object) = object
        && !(line.contains(object.kind.masked()) && line.contains(name.masked()))
    {
        let _ = write!(line, " ({} '{name}')", object.kind);
    }
    if let Some(image) = &finding.image
        && !line.contains(image.masked())
    {
        let _ = write!(line, " (image '{image}')");
    }
    line
}

/// A line that says where it is.
fn place(report: &Report<'_>, finding: &Finding) -> String {
    let Some(place) = &finding.place else { return String::new() };
    format!("at {}\n", report.located(place.source, place.chunk, place.span.start))
}

/// A source that is not a YAML stream.
pub fn problem(source: &Source, problem: &Problem) -> String {
    let lines = LineIndex::new(&source.text);
    let at = problem.offset.min(source.text.len());
    let within = Span::new(problem.chunk.start, problem.chunk.end);
    let excerpt = Excerpt::of(&Labelled {
        source,
        lines: &lines,
        span: Span::at(at),
        within,
        hidden: &[],
        unread: true,
    });
    let position = excerpt.position();
    let name = human::source_name(source, Templates::of(source).find(source, within));
    let line = format!("error[not-yaml]: {name}:{position}: invalid YAML: {}", problem.message);
    entry(&line, excerpt.text())
}

/// The mistakes in a policy file.
pub fn mistakes(source: &Source, mistakes: &[Mistake]) -> String {
    let lines = LineIndex::new(&source.text);
    let entries = mistakes.iter().map(|mistake| {
        (1, {
            let position = lines.position(&source.text, mistake.span.start as usize);
            let line =
                format!("error[policy]: {}:{position}: {}", shown(&source.name), mistake.message);
            entry(&line, &mistake.help)
        })
    });
    fitting(&entries.collect::<Vec<_>>(), LIMIT)
}

/// A line, and below it what else there is to say.
fn entry(line: &str, below: &str) -> String {
    let mut entry = printable(line).replace('\n', " ");
    cut(&mut entry, ENTRY);
    entry.push('\n');
    let room = ENTRY.saturating_sub(entry.len());
    let mut rest = String::new();
    for line in printable(below).lines() {
        let _ = writeln!(rest, "  {line}");
    }
    if rest.len() > room {
        rest.truncate(
            rest[..rest.floor_char_boundary(room.saturating_sub(6))]
                .rfind('\n')
                .map_or(0, |at| at + 1),
        );
        rest.push_str("  …\n");
    }
    entry + &rest
}

/// The entries that fit, and how many do not. Each comes with how many things it is about.
fn fitting(entries: &[(usize, String)], limit: usize) -> String {
    let is_whole = entries.iter().map(|(_, entry)| entry.len()).sum::<usize>() <= limit;
    let limit = if is_whole { limit } else { limit.saturating_sub(REST) };
    let mut out = String::new();
    let fits = |(_, entry): &&(usize, String)| {
        let fits = out.len() + entry.len() <= limit;
        out.push_str(if fits { entry } else { "" });
        fits
    };
    let shown = entries.iter().take_while(fits).count();
    let rest: usize = entries[shown..].iter().map(|(count, _)| count).sum();
    if rest > 0 {
        let _ = writeln!(out, "… and {rest} more");
    }
    out
}

fn cut(text: &mut String, limit: usize) {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit - '…'.len_utf8()));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let entries = (0..100).map(|n| (1, entry(&format!("finding {n}"), "do this\nand that")));
        let entries: Vec<_> = entries.collect();
        let text = fitting(&entries, 500);
        assert!(
            text.len() <= 500 && text.starts_with("finding 0\n  do this\n  and that\n"),
            "{text}"
        );
        let shown = text.matches("finding").count();
        assert!(text.ends_with(&format!("… and {} more\n", 100 - shown)), "{text}");
        let all = vec![(1, "a\n".to_owned()); 3];
        assert_eq!(fitting(&all, 6), "a\na\na\n");
        let long = [(1, "a\n".to_owned()), (40, "b".repeat(100))];
        assert_eq!(fitting(&long, 90), "a\n… and 40 more\n");
    }

    #[test]
    fn an_entry_is_cut_between_lines_and_characters() {
        let long = entry(&"ä".repeat(2000), "below");
        assert!(
            long.len() <= ENTRY + 8 && long.starts_with('ä') && long.contains('…'),
            "{}",
            long.len()
        );
        let deep = entry("line", &"ö below\n".repeat(1000));
        assert!(deep.len() <= ENTRY && deep.ends_with("  ö below\n  …\n"), "{}", deep.len());
        assert_eq!(entry("two\nlines\u{1b}[31m", ""), "two lines\\u{1b}[31m\n");
    }
}
