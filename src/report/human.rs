//! The report for people: findings with excerpts, then the sentence of the control.
//!
//! That miette draws the excerpts is known here and in `excerpt` only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use anstyle::Style;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as Level, SourceCode,
};

use super::excerpt::{Excerpt, Labelled};
use super::listed::heading;
use super::style::{BOLD, CYAN, GREEN, RED, YELLOW, paint, wrapped};
use super::template::Templates;
use super::{Look, Report};
use crate::check::Status;
use crate::finding::{self, Code, Finding, Severity, SuppressedBy};
use crate::policy::{Mistake, Policy};
use crate::say;
use crate::source::{LineIndex, Source, Span};
use crate::text::{Message, Shown, shown};
use crate::yaml::Problem;

/// How many findings are shown with their lines. Each of the others gets one line.
const FULL: usize = 25;
/// How many findings are reported in one line.
const BRIEF: usize = 200;

/// How the lines after the first begin, of a finding that is reported in one.
const BRIEF_INDENT: &str = "\n  ";
/// How far a message is indented, and the margin that is left.
const MESSAGE_INDENT: usize = 6;
/// The same for help.
const HELP_INDENT: usize = 10;
/// How wide the text of an explanation is at most.
const EXPLANATION: usize = 90;
/// What is before a reference.
const REFERENCE: &str = "    ";

/// One thing to show, in miette's terms.
#[derive(Debug)]
struct Drawing {
    level: Level,
    code: String,
    message: String,
    label: Option<(std::ops::Range<usize>, String)>,
    excerpt: Option<Drawn>,
    help: Option<String>,
}

/// An excerpt; its text stays out of `Debug`.
struct Drawn(Excerpt);

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Excerpt")
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Level> {
        Some(self.level)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| &excerpt.0 as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (range, text) = self.label.as_ref()?;
        let label = LabeledSpan::new(Some(text.clone()), range.start, range.len());
        Some(Box::new(std::iter::once(label)))
    }
}

impl Drawing {
    fn draw(mut self, look: Look, out: &mut String) {
        self.help = self.help.map(|help| wrapped(&help, look.width - HELP_INDENT));
        if look.wrap {
            self.message = wrapped(&self.message, look.width - MESSAGE_INDENT);
        }
        let theme =
            if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(look.width)
            .with_context_lines(1)
            // A sentence in one line can be searched for.
            .with_wrap_lines(false)
            .without_cause_chain();
        // Writing into a String cannot fail, and drawing fails only if the excerpt cannot be read.
        if handler.render_report(out, &self).is_err() {
            let _ = write!(out, "{}", self.message);
        }
        out.push('\n');
    }
}

/// The whole report.
pub(super) fn render(report: &Report<'_>, look: Look) -> String {
    let mut out = String::new();
    for (source, problem) in &report.outcome.problems {
        out.push_str(&self::problem(report.source(*source), problem, look));
    }
    let findings = &report.outcome.findings;
    let (weighty, light): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| finding.severity != Severity::Info);
    let mut shown_remedies = BTreeSet::new();
    for finding in weighty.iter().take(FULL) {
        let mut drawing = drawing(report, finding);
        // Many images lack the same thing.
        if finding
            .remedy
            .as_deref()
            .is_some_and(|remedy| remedy.contains('\n') && !shown_remedies.insert(remedy))
        {
            drawing.help = Some("as above".to_owned());
        }
        drawing.draw(look, &mut out);
    }
    let brief = weighty.iter().skip(FULL).chain(&light);
    for finding in brief.clone().take(BRIEF) {
        brief_line(report, finding, look, &mut out);
    }
    let untold = brief.count().saturating_sub(BRIEF);
    if untold > 0 {
        let _ = writeln!(out, "… and {untold} more: --report json=FILE has them all");
    }
    let _ = writeln!(out, "{}", sentence(report, look));
    out
}

fn drawing(report: &Report<'_>, finding: &Finding) -> Drawing {
    let excerpt = finding.place.as_ref().map(|place| {
        let template = report.template(place.source, place.chunk);
        let name = source_name(report.source(place.source), template);
        (report.excerpt(place).named(name), place.label.to_string())
    });
    let label = excerpt.as_ref().map(|(excerpt, label)| (excerpt.label.clone(), label.clone()));
    Drawing {
        level: level(finding.severity),
        code: heading(finding.severity, finding.code.name),
        message: finding.message.to_string(),
        label,
        excerpt: excerpt.map(|(excerpt, _)| Drawn(excerpt)),
        help: finding.remedy.as_deref().map(str::to_owned),
    }
}

fn brief_line(report: &Report<'_>, finding: &Finding, look: Look, out: &mut String) {
    let kind = heading(finding.severity, finding.code.name);
    let place = finding
        .place
        .as_ref()
        .map(|place| format!(" {}:", report.located(place.source, place.chunk, place.span.start)));
    let line = format!("{kind}{} {}", place.unwrap_or_default(), finding.message);
    let line = if look.wrap {
        wrapped(&line, look.width - BRIEF_INDENT.len()).replace('\n', BRIEF_INDENT)
    } else {
        line
    };
    let kind = paint(&kind, colour(finding.severity), look);
    let rest = &line[line.find(']').map_or(0, |at| at + 1)..];
    let _ = writeln!(out, "{kind}{rest}");
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
    text.extend(suppressed(&report.outcome.suppressed).map(|line| format!("\n{line}")));
    text
}

/// How many findings are suppressed, and by what, if there are any.
fn suppressed(findings: &[Finding]) -> Option<String> {
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
    let excerpt = Excerpt::of(&labelled).named(name.clone());
    let shown = Drawing {
        level: Level::Error,
        code: "error[not-yaml]".to_owned(),
        message: format!("{name}:{}: invalid YAML: {}", excerpt.position(), problem.message),
        label: Some((excerpt.label.clone(), String::from("here"))),
        excerpt: Some(Drawn(excerpt)),
        help: Some("check the command that rendered this, or leave the file out".to_owned()),
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
            level: Level::Error,
            code: "error[policy]".to_owned(),
            message: format!("{}:{}: {}", shown(&source.name), excerpt.position(), mistake.message),
            label: Some((excerpt.label.clone(), label(mistake).into())),
            excerpt: Some(Drawn(excerpt)),
            help: Some(help.into()),
        };
        shown.draw(look, &mut out);
    }
    out
}

/// Everything that is said about a code.
pub fn explain(code: &Code, look: Look) -> String {
    let width = look.width.min(EXPLANATION);
    let prose = |text: &str| wrapped(text, width) + "\n";
    let indented = |text: &str| {
        text.lines()
            .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
            .collect::<String>()
    };
    let name = paint(code.name, colour(code.severity), look);
    let mut out = format!("{name} ({})\n{}\n", code.severity.name(), prose(code.title));
    let mut parts = vec![
        ("What it reports", prose(code.what)),
        ("Why it matters", prose(code.why)),
        ("Example", indented(code.example)),
        ("What to do", prose(code.remedy)),
    ];
    if !code.references.is_empty() {
        parts.push(("References", references(code, width)));
    }
    for (title, text) in parts {
        let _ = write!(out, "{}\n{text}\n", paint(title, BOLD, look));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A line for each; what is too long continues below, further to the right.
fn references(code: &Code, width: usize) -> String {
    let lines = code.references.iter().map(|reference| {
        let text = wrapped(reference, width.saturating_sub(REFERENCE.len() + 2));
        format!("{REFERENCE}{}\n", text.replace('\n', "\n      "))
    });
    lines.collect()
}

/// All codes with their titles.
pub fn codes(look: Look) -> String {
    let width = if look.wrap { look.width } else { usize::MAX };
    let longest = finding::ALL.iter().map(|code| code.name.len()).max().unwrap_or_default();
    let lines = finding::ALL.iter().map(|code| {
        let gap = " ".repeat(longest + 2 - code.name.len());
        let title = wrapped(code.title, width.saturating_sub(longest + 2));
        let below = format!("\n{}", " ".repeat(longest + 2));
        format!(
            "{}{gap}{}\n",
            paint(code.name, colour(code.severity), look),
            title.replace('\n', &below)
        )
    });
    lines.collect()
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Advice,
    }
}

fn colour(severity: Severity) -> Style {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Info => CYAN,
    }
}
