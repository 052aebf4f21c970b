//! The report for people: findings with excerpts, those with one cause together, then the sentence of the control.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::drawing::{Drawing, Drawn};
use super::excerpt::{Excerpt, Labelled};
use super::grouped::{CauseGroup, grouped};
use super::listed::heading;
use super::style::{CYAN, GREEN, RED, cut, dots, linked, of_severity, paint, wrapped};
use super::tally::tally;
use super::template::Templates;
use super::{Look, Report};
use crate::check::Status;
use crate::finding::{Finding, FindingList, Remedy, Severity, SuppressedBy};
use crate::policy::{Mistake, Policy};
use crate::say;
use crate::source::{LineIndex, Source, Span};
use crate::text::{Message, Shown, shown};
use crate::yaml::Problem;

/// How many causes are shown with their lines. Each of the others gets one line.
const FULL: usize = 25;
/// How many causes are reported in one line.
const BRIEF: usize = 200;
/// How many other places of a cause are listed.
const ALSO: usize = 8;
/// With more errors and warnings than this, the report ends with a tally.
const LONG: usize = 25;
/// What to do about a source that is not YAML.
const NOT_YAML: &str = "check the command that rendered this, or leave the file out";
/// The same of one that may be a template of Helm.
const NOT_RENDERED: &str = "if this is a template, render it first: helm template CHART | pullcreds check\n\
                            else check the command that rendered this, or leave the file out";

/// How the lines after the first begin, of a finding that is reported in one.
const BRIEF_INDENT: &str = "\n  ";
/// How far the list of other places is indented.
const ALSO_INDENT: usize = 8;

/// The whole report.
pub(super) fn render(report: &Report<'_>, look: Look) -> String {
    let mut out = String::new();
    for (source, problem) in &report.outcome.problems {
        out.push_str(&self::problem(report.source(*source), problem, look));
    }
    let findings = &report.outcome.findings;
    let (weighty, light): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| finding.severity != Severity::Info);
    let (causes, light) = (grouped(&weighty), grouped(&light));
    let mut shown_remedies = BTreeSet::new();
    for cause in causes.iter().take(FULL) {
        let mut drawing = drawing(report, cause, look);
        // Many images lack the same thing.
        let remedy =
            cause.first.remedy.as_ref().map(Remedy::text).filter(|remedy| remedy.contains('\n'));
        if remedy.is_some_and(|remedy| !shown_remedies.insert(remedy)) {
            drawing.help = Some("as above".to_owned());
        }
        drawing.draw(look, &mut out);
    }
    let brief = causes.iter().skip(FULL).chain(&light);
    for cause in brief.clone().take(BRIEF) {
        brief_line(report, cause, look, &mut out);
    }
    let untold: usize = brief.skip(BRIEF).map(|cause| 1 + cause.others.len()).sum();
    if untold > 0 {
        let _ = writeln!(out, "{} and {untold} more: --report json=FILE has them all", dots(look));
    }
    if weighty.len() > LONG {
        let _ = writeln!(out, "{}", tally(&weighty, look));
    }
    let _ = writeln!(out, "{}", sentence(report, look));
    out
}

fn drawing(report: &Report<'_>, cause: &CauseGroup<'_>, look: Look) -> Drawing {
    let finding = cause.first;
    let place = finding.focus.as_deref().or(finding.place.as_ref());
    let excerpt = place.map(|place| {
        let template = report.template(place.source, place.chunk);
        Drawn(report.excerpt(place).named(&source_name(report.source(place.source), template)))
    });
    let also = (!cause.others.is_empty()).then(|| also(report, cause, look));
    Drawing {
        severity: finding.severity,
        code: heading(finding.severity, finding.code.name),
        page: finding.code.page(),
        message: finding.message.to_string(),
        label: place.map(|place| place.label.to_string()).unwrap_or_default(),
        excerpt,
        also,
        help: cause.remedy(),
    }
}

/// How many other findings have the cause of the first, and where some of them are.
fn also(report: &Report<'_>, cause: &CauseGroup<'_>, look: Look) -> String {
    let mut out = cause.others_text();
    let rows = cause.others.iter().take(ALSO).map(|one| also_row(report, cause.first, one));
    let rows: Vec<_> = rows.collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let (objects, places) = (width(0), width(1));
    for [object, place, image] in &rows {
        let row = format!("{object:objects$}  {place:places$}  {image}");
        let width = if look.wrap { look.width.saturating_sub(ALSO_INDENT) } else { usize::MAX };
        let row = cut(row.trim_end(), width, dots(look));
        let _ = write!(out, "\n{row}");
    }
    if let more @ 1.. = cause.others.len().saturating_sub(ALSO) {
        let _ = write!(out, "\n{} and {more} more", dots(look));
    }
    out
}

/// What another finding is about, and where it is.
fn also_row(report: &Report<'_>, first: &Finding, finding: &Finding) -> [String; 3] {
    let place = finding.place.as_ref();
    let object = place.map(|place| {
        let name = place.object.name.clone().unwrap_or_default();
        format!("{} '{name}'", place.object.kind)
    });
    let source = first.place.as_ref().map(|place| place.source);
    let at = place.map(|place| {
        let position = report.position(place.source, place.span.start);
        if source == Some(place.source) {
            return format!("line {}", position.line);
        }
        format!("{}:{position}", shown(&report.source(place.source).name))
    });
    let image = finding.image.as_ref().map(ToString::to_string);
    [object.unwrap_or_default(), at.unwrap_or_default(), image.unwrap_or_default()]
}

fn brief_line(report: &Report<'_>, cause: &CauseGroup<'_>, look: Look, out: &mut String) {
    let finding = cause.first;
    let kind = heading(finding.severity, finding.code.name);
    let place = finding
        .place
        .as_ref()
        .map(|place| format!(" {}:", report.located(place.source, place.chunk, place.span.start)));
    let more = match cause.others.len() {
        0 => String::new(),
        _ => format!(" And {}.", cause.others_text()),
    };
    let line = format!("{kind}{} {}{more}", place.unwrap_or_default(), finding.message);
    let line = if look.wrap {
        wrapped(&line, look.width - BRIEF_INDENT.len()).replace('\n', BRIEF_INDENT)
    } else {
        line
    };
    let kind = paint(&kind, of_severity(finding.severity), look);
    let rest = &line[line.find(']').map_or(0, |at| at + 1)..];
    let _ = writeln!(out, "{}{rest}", linked(&kind, finding.code.page(), look));
}

/// The name of a source, after that of the template if Helm names it.
pub(super) fn source_name(source: &Source, template: Option<Shown<'static>>) -> Message {
    let name = shown(&source.name);
    match template {
        Some(template) => say!("{} in {}", template, name),
        None => name.into(),
    }
}

/// The sentence of the control with the number of errors and warnings, and below it what it rests on.
pub(super) fn sentence(report: &Report<'_>, look: Look) -> String {
    let summary = &report.outcome.summary;
    let count = |severity| {
        report.outcome.findings.iter().filter(|finding| finding.severity == severity).count()
    };
    let counts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")];
    let counts: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    let colour = match summary.status {
        Status::Pass => GREEN,
        Status::Fail => RED,
        Status::Skip => CYAN,
    };
    let mut text = paint(&summary.text(), colour, look);
    if !counts.is_empty() {
        let _ = write!(text, " ({})", counts.join(", "));
    }
    if let Some(details) = summary.details() {
        let wrap = |details: Message| wrapped(&details, look.width);
        let details = if look.wrap { wrap(details) } else { details.into() };
        let _ = write!(text, "\n{details}");
    }
    if let Some(not_counted) = summary.not_counted() {
        let _ = write!(text, "\n{not_counted}");
    }
    let unread = report.unread.len() + report.outcome.problems.len();
    if unread > 0 {
        let (what, holder) = match unread {
            1 => ("1 input".to_owned(), "it holds"),
            _ => (format!("{unread} inputs"), "they hold"),
        };
        let _ = write!(text, "\n{what} could not be read; what {holder} is not counted");
    }
    text.extend(suppressed(&report.outcome.suppressed).map(|line| format!("\n{line}")));
    text
}

/// How many findings are suppressed, and by what, if there are any.
fn suppressed(findings: &FindingList) -> Option<String> {
    let mut counts = BTreeMap::<SuppressedBy, usize>::new();
    for suppression in findings.iter().filter_map(|finding| finding.suppressed.as_ref()) {
        *counts.entry(suppression.by).or_default() += 1;
    }
    let by = |by: SuppressedBy, count: usize| match (by, count) {
        (SuppressedBy::PolicyException, 1) => "a policy exception",
        (SuppressedBy::PolicyException, _) => "policy exceptions",
        (SuppressedBy::Annotation, 1) => "an annotation",
        (SuppressedBy::Annotation, _) => "annotations",
        (SuppressedBy::Comment, 1) => "a comment",
        (SuppressedBy::Comment, _) => "comments",
        (SuppressedBy::Baseline, _) => "the baseline",
    };
    let parts: Vec<_> = counts.iter().map(|(&one, &count)| (by(one, count), count)).collect();
    let total: usize = counts.values().sum();
    let begin = match total {
        0 => return None,
        1 => "1 finding is suppressed".to_owned(),
        _ => format!("{total} findings are suppressed"),
    };
    if let [(by, _)] = &*parts {
        return Some(format!("{begin} by {by}."));
    }
    let parts: Vec<_> = parts.iter().map(|(by, count)| format!("{count} by {by}")).collect();
    Some(format!("{begin}: {}.", parts.join(", ")))
}

/// A source that is not a YAML stream.
pub fn problem(source: &Source, problem: &Problem, look: Look) -> String {
    let lines = LineIndex::new(&source.text);
    let at = problem.offset.min(source.text.len());
    let labelled = Labelled {
        source,
        lines: &lines,
        span: Span::new(at, source.text[at..].chars().next().map_or(at, |c| at + c.len_utf8())),
        within: Span::new(problem.chunk.start, problem.chunk.end),
        hidden: &[],
        unread: true,
    };
    let name = source_name(source, Templates::of(source).find(source, labelled.within));
    let excerpt = Excerpt::of(&labelled).named(&name);
    let is_template = source.text[labelled.within.range()].contains("{{");
    let help = if is_template { NOT_RENDERED } else { NOT_YAML };
    let shown = Drawing {
        severity: Severity::Error,
        code: "error[not-yaml]".to_owned(),
        page: None,
        message: format!("{name}:{}: invalid YAML: {}", excerpt.position(), problem.message),
        label: "here".to_owned(),
        excerpt: Some(Drawn(excerpt)),
        also: None,
        help: Some(help.to_owned()),
    };
    let mut out = String::new();
    shown.draw(look, &mut out);
    out
}

/// A cluster dump that is not a YAML stream. Its text is not shown: it is full of Secrets, and it is unknown
/// where they are.
pub fn unreadable_dump(dump: &Source, problem: &Problem) -> String {
    let at = problem.offset.min(dump.text.len());
    let position = LineIndex::new(&dump.text).position(&dump.text, at);
    format!(
        "error: {}:{position}: the cluster dump is not valid YAML: {}\nrecreate it: kubectl get sa,secret -A \
         --show-managed-fields -o yaml\n",
        shown(&dump.name),
        problem.message
    )
}

/// The errors in the policy at `place` of `source`; `label` describes the place of an error.
pub fn mistakes(
    source: &Source,
    place: Span,
    mistakes: &[Mistake],
    label: &dyn Fn(&Mistake) -> Message,
    look: Look,
) -> String {
    let lines = LineIndex::new(&source.text);
    let hidden = Policy::masked(&source.text, place);
    let mut out = String::new();
    for mistake in mistakes {
        let labelled = Labelled {
            source,
            lines: &lines,
            span: mistake.span,
            within: place,
            hidden: &hidden,
            unread: false,
        };
        let excerpt = Excerpt::of(&labelled);
        let mut help = mistake.help.clone();
        if let Some((span, what)) = &mistake.related {
            let position = lines.position(&source.text, span.start as usize);
            help = say!("{}\n{} (line {})", help, what, position.line);
        }
        let shown = Drawing {
            severity: Severity::Error,
            code: "error[policy]".to_owned(),
            page: None,
            message: format!("{}:{}: {}", shown(&source.name), excerpt.position(), mistake.message),
            label: label(mistake).into(),
            excerpt: Some(Drawn(excerpt)),
            also: None,
            help: Some(help.into()),
        };
        shown.draw(look, &mut out);
    }
    out
}
