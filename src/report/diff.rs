//! The unified diff of what is injected, with the line numbers of the whole source.

use std::fmt::Write as _;
use std::ops::Range;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{ChangeTag, DiffOp};

use super::style::{BOLD, CYAN, GREEN, PLAIN, RED, paint};
use super::{Look, Report};
use crate::edit::Edit;
use crate::mask;
use crate::source::Span;
use crate::text::{printable, shown};

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// A line longer than this is cut: minified JSON is one line.
const LONGEST_LINE: usize = 400;

/// The diff of every source that changes; empty if none does.
pub fn unified(report: &Report<'_>, look: Look) -> String {
    let mut out = String::new();
    for (at, plan) in report.outcome.plans.iter().enumerate() {
        if !plan.is_empty() {
            of_source(report, at, plan.edits(), look, &mut out);
        }
    }
    out
}

/// The diff of the document at `chunk` of a source, without names of files; empty if nothing in it changes.
pub(super) fn of_chunk(report: &Report<'_>, at: usize, chunk: Span, look: Look) -> String {
    let edits = report.outcome.plans.get(at).map_or(&[][..], |plan| plan.edits());
    let begin = edits.partition_point(|edit| edit.place.start < chunk.start);
    let end = edits.partition_point(|edit| edit.place.start <= chunk.end);
    let text = &report.source(at).text;
    let feeds = |text: &str| text.matches('\n').count().cast_signed();
    let before = edits[..begin].iter();
    let shift = before.map(|edit| feeds(&edit.insert) - feeds(&text[edit.place.range()])).sum();
    let mut out = String::new();
    let mut diff = SourceDiff { report, at, look, shift, out: &mut out };
    for (lines, edits) in regions(report, at, &edits[begin..end]) {
        diff.hunk(lines, edits);
    }
    out
}

fn of_source(report: &Report<'_>, at: usize, edits: &[Edit], look: Look, out: &mut String) {
    let name = shown(&report.source(at).name);
    let _ = writeln!(out, "{}", paint(&format!("--- {name}"), BOLD, look));
    let _ = writeln!(out, "{}", paint(&format!("+++ {name} (with pull secrets)"), BOLD, look));
    let mut diff = SourceDiff { report, at, look, shift: 0, out };
    for (lines, edits) in regions(report, at, edits) {
        diff.hunk(lines, edits);
    }
}

/// The diff of one source, hunk by hunk.
struct SourceDiff<'r, 'o> {
    report: &'r Report<'r>,
    at: usize,
    look: Look,
    /// How many lines more the result has so far.
    shift: isize,
    out: &'o mut String,
}

/// Runs of lines with the edits in them, context included; neighbours that touch are one. The context does not go
/// beyond the document: that text may not have been parsed, so it is unknown what may be shown.
fn regions<'e>(
    report: &Report<'_>,
    at: usize,
    edits: &'e [Edit],
) -> Vec<(Range<usize>, &'e [Edit])> {
    let lines = report.lines(at);
    let text = &report.source(at).text;
    let line = |offset: u32| lines.line(text, offset as usize);
    let mut regions: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for (number, edit) in edits.iter().enumerate() {
        let chunk = report.chunk(at, edit.place.start);
        let (top, bottom) = (line(chunk.start), line(chunk.end.saturating_sub(1)) + 1);
        let first = line(edit.place.start).saturating_sub(CONTEXT).max(top);
        let last = (line(edit.place.end) + CONTEXT + 1).min(bottom).min(lines.lines());
        match regions.last_mut() {
            Some((region, numbers)) if region.end >= first => {
                region.end = last;
                numbers.end = number + 1;
            }
            _ => regions.push((first..last, number..number + 1)),
        }
    }
    regions.into_iter().map(|(lines, numbers)| (lines, &edits[numbers])).collect()
}

impl SourceDiff<'_, '_> {
    fn hunk(&mut self, lines: Range<usize>, edits: &[Edit]) {
        let Self { report, at, look, .. } = *self;
        let text = &report.source(at).text;
        let index = report.lines(at);
        let start = index.line_range(text, lines.start).start;
        let end = index.line_range(text, lines.end - 1).end;
        let masked =
            mask::line_spans(&text[start..end]).into_iter().map(|span| span.shifted(start));
        let mut hidden: Vec<Span> = masked.collect();
        let mut chunks: Vec<_> =
            edits.iter().map(|edit| report.chunk(at, edit.place.start)).collect();
        chunks.dedup();
        for chunk in chunks {
            hidden.extend_from_slice(&report.hidden(at, chunk));
        }
        hidden.retain(|span| (span.start as usize) < end && (span.end as usize) > start);
        let masked =
            |range: Range<usize>| mask::covered(&text[range.clone()], range.start, &hidden);
        let old = masked(start..end);
        let mut new = String::new();
        let mut from = start;
        for edit in edits {
            new.push_str(&masked(from..edit.place.start as usize));
            // The names of pull secrets in it are those of the input or of the policy.
            new.push_str(&mask::tokens(&edit.insert));
            from = edit.place.end as usize;
        }
        new.push_str(&masked(from..end));
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let new: Vec<&str> = new.split_inclusive('\n').collect();
        let (before, after) = (old.len(), new.len());
        let first_new = (lines.start + 1).saturating_add_signed(self.shift);
        let header = format!("@@ -{},{before} +{first_new},{after} @@", lines.start + 1);
        let _ = writeln!(self.out, "{}", paint(&header, CYAN, look));
        for change in
            operations(&old, &new).iter().flat_map(|operation| operation.iter_changes(&*old, &*new))
        {
            let (sign, style) = match change.tag() {
                ChangeTag::Equal => (' ', PLAIN),
                ChangeTag::Delete => ('-', RED),
                ChangeTag::Insert => ('+', GREEN),
            };
            let line = cut(change.value().trim_end_matches(['\r', '\n']));
            let _ = writeln!(
                self.out,
                "{}",
                paint(&format!("{sign}{}", printable(&line)), style, look)
            );
        }
        self.shift += after.cast_signed() - before.cast_signed();
    }
}

/// The changes from one list of lines to another. The algorithm is fixed here: code that chooses one
/// among all gets the code of all.
fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut operations = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut operations, old, 0..old.len(), new, 0..new.len());
    operations.into_inner().into_inner().into_ops()
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
