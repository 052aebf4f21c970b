//! A few lines of a source around a place: the only way in which text of the input reaches a report.
//! Whatever may be a credential is masked here.

use std::borrow::Cow;
use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::style::{columns, cut, fitting};
use crate::mask;
use crate::source::{LineIndex, Position, Source, Span};
use crate::text::{self, Message, printable};

/// Lines shown before and after the labelled ones.
const LINES_BEFORE: usize = 2;
const LINES_BEHIND: usize = 1;
/// Bytes of a line shown before and after the label; a line of minified JSON has millions.
const BYTES_AROUND: usize = 60;
/// What is between a template and the file that it is in.
const IN: &str = " in ";
/// The columns around the name of a source and the position.
const BRACKETS: usize = 3;
/// How many bytes beyond the shown ones are searched for credentials.
const BYTES_BEYOND: usize = 4096;

/// A place with a label, in a source whose confidential bytes are known.
pub(super) struct Labelled<'r> {
    /// The source.
    pub(super) source: &'r Source,
    /// Its lines.
    pub(super) lines: &'r LineIndex,
    /// The labelled bytes.
    pub(super) span: Span,
    /// The bytes that may be shown around them.
    pub(super) within: Span,
    /// The bytes that may not be shown.
    pub(super) hidden: &'r [Span],
    /// Whether the text could not be parsed: then more of it is masked.
    pub(super) unread: bool,
}

/// Masked lines with the place of the label in them.
pub(super) struct Excerpt {
    name: String,
    data: String,
    first_line: usize,
    position: Position,
    /// The label in `data`, in bytes.
    pub(super) label: Range<usize>,
}

impl Excerpt {
    /// The lines around a label.
    pub(super) fn of(labelled: &Labelled<'_>) -> Self {
        let Labelled { source, lines, span, within, .. } = labelled;
        let text = &source.text;
        let start = (span.start as usize).min(text.len());
        let first_line = lines.line(text, start);
        // A label of several lines points at the first one.
        let line_end = lines.line_range(text, first_line).end;
        let end = (span.end as usize).min(line_end).max(start);
        let end = start + text[start..end].trim_end().len();
        let above = first_line.saturating_sub(LINES_BEFORE);
        let below = (first_line + LINES_BEHIND).min(lines.lines() - 1);
        let from = lines.line_range(text, above).start.max((within.start as usize).min(start));
        let to = lines.line_range(text, below).end.min((within.end as usize).max(end));
        let shown = if line_end - lines.line_range(text, first_line).start > 3 * BYTES_AROUND {
            // One window into a long line, and nothing around it.
            let line = lines.line_range(text, first_line);
            let from = text.floor_char_boundary(start.saturating_sub(BYTES_AROUND).max(line.start));
            let end = end.min(start + 4 * BYTES_AROUND);
            from..text.floor_char_boundary((end + BYTES_AROUND).min(line.end))
        } else {
            from..to
        };
        let end = text.floor_char_boundary(end.min(shown.end));
        let masked = masked_parts(labelled, &[shown.start, start, end, shown.end]);
        let first_shown = lines.line(text, shown.start);
        let data = masked.concat().trim_end_matches(['\r', '\n']).to_owned();
        // A label may be on nothing but a line break at the end.
        let inside = |at: usize| at.min(data.len());
        let label = inside(masked[0].len())..inside(masked[0].len() + masked[1].len());
        Self {
            name: text::shown(&source.name).to_string(),
            data,
            first_line: first_shown,
            position: lines.position(text, start),
            label,
        }
    }

    /// The same in lines of at most so many columns: `dots` are where something is left out. As much of the label as
    /// fits is there.
    pub(super) fn fitted(self, width: usize, dots: &str) -> Self {
        let mut data = String::with_capacity(self.data.len());
        let mut label = 0..0;
        let mut at = 0;
        for line in self.data.split_inclusive('\n') {
            let end = at + line.len();
            let is_labelled =
                self.label.start >= at && (self.label.start < end || end == self.data.len());
            let own = is_labelled.then(|| self.label.start - at..self.label.end.min(end) - at);
            let text = line.trim_end_matches(['\r', '\n']);
            let line = FittedLine::of(text, own, (width, dots));
            if let Some(own) = line.label {
                label = data.len() + own.start..data.len() + own.end;
            }
            data.push_str(&line.text);
            if end < self.data.len() {
                data.push('\n');
            }
            at = end;
        }
        let room = width.saturating_sub(self.position.to_string().len() + BRACKETS);
        Self { name: fitted_name(self.name, room, dots), data, label, ..self }
    }

    /// The column of the middle of the label, from 0.
    pub(super) fn middle(&self) -> usize {
        let start = self.data[..self.label.start].rfind('\n').map_or(0, |at| at + 1);
        columns(&self.data[start..self.label.start]) + columns(&self.data[self.label.clone()]) / 2
    }

    /// The number of its last line, from 1.
    pub(super) fn last_line(&self) -> usize {
        self.first_line + self.data.lines().count().max(1)
    }

    /// The same under another name than that of the source.
    pub(super) fn named(self, name: &Message) -> Self {
        Self { name: name.to_string(), ..self }
    }

    /// The place of the label.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The number of its first line, from 0.
    pub(super) fn first_line(&self) -> usize {
        self.first_line
    }

    /// The masked lines.
    pub(super) fn text(&self) -> &str {
        &self.data
    }
}

/// A name of a source that fits into some columns: without the folders of its files, if it is too long.
fn fitted_name(name: String, width: usize, dots: &str) -> String {
    if columns(&name) <= width {
        return name;
    }
    let last = |path: &str| match path.rsplit_once('/') {
        Some((_, file)) => format!("{dots}/{file}"),
        None => path.to_owned(),
    };
    let name = name.split(IN).map(last).collect::<Vec<_>>().join(IN);
    cut(&name, width, dots)
}

/// A line of an excerpt that fits into some columns.
struct FittedLine {
    text: String,
    /// Where the label is in it, if it is in this line.
    label: Option<Range<usize>>,
}

impl FittedLine {
    fn of(line: &str, label: Option<Range<usize>>, (width, dots): (usize, &str)) -> Self {
        if columns(line) <= width {
            return Self { text: line.to_owned(), label };
        }
        let start = label.as_ref().map_or(0, |label| beginning(&line[..label.start], width));
        let before = if start > 0 { dots } else { "" };
        let rest = &line[start..];
        let room = width.saturating_sub(columns(before));
        let shown = if columns(rest) <= room {
            rest.len()
        } else {
            fitting(rest, room.saturating_sub(columns(dots)))
        };
        let text = format!("{before}{}", cut(rest, room, dots));
        let inside = |at: usize| match at - start {
            at if at > shown => text.len(),
            at => before.len() + at,
        };
        let label = label.map(|label| inside(label.start)..inside(label.end));
        Self { text, label }
    }
}

/// How much of what is before a label is left out, so that the label begins in the first half of a line.
fn beginning(before: &str, width: usize) -> usize {
    match columns(before) {
        columns if columns <= width / 2 => 0,
        columns => fitting(before, columns - width / 4),
    }
}

/// The parts of a text between `cuts`, masked.
fn masked_parts(labelled: &Labelled<'_>, cuts: &[usize]) -> Vec<String> {
    let text = &labelled.source.text;
    let (from, to) = (cuts[0], cuts[cuts.len() - 1]);
    if labelled.unread
        && let Some(lines) = unread_lines(labelled, from, cuts[1], to)
    {
        return lines;
    }
    // A token that is cut off at an end of the window is only recognised with the text beyond it.
    let start =
        text.floor_char_boundary(from.saturating_sub(BYTES_BEYOND).max(line_start(text, from)));
    let end = text.floor_char_boundary((to + BYTES_BEYOND).min(line_end(text, to)));
    let masked = mask::line_spans(&text[start..end]).into_iter().map(|span| span.shifted(start));
    let mut hidden: Vec<Span> = masked.collect();
    hidden.extend_from_slice(labelled.hidden);
    hidden.retain(|span| (span.start as usize) < to && (span.end as usize) > from);
    let parts = cuts.windows(2);
    parts.map(|cut| printable(&mask::covered(&text[cut[0]..cut[1]], cut[0], &hidden))).collect()
}

/// Whole lines of a text that could not be parsed, if something in it has to be masked. What that is shows only in the
/// whole document, and where the label would be on its line is lost with it.
fn unread_lines(
    labelled: &Labelled<'_>,
    from: usize,
    label: usize,
    to: usize,
) -> Option<Vec<String>> {
    let within = labelled.within.range();
    let text = &labelled.source.text;
    let masked = mask::unread(&text[within.clone()]);
    if masked == text[within.clone()] {
        return None;
    }
    let line = |at: usize| {
        let before = &text.as_bytes()[within.start..at.max(within.start)];
        memchr::memchr_iter(b'\n', before).count()
    };
    let lines = |numbers: Range<usize>| {
        let lines = masked.split_inclusive('\n').skip(numbers.start).take(numbers.len());
        lines.map(|line| printable(&shortened(line))).collect::<String>()
    };
    let after = line(to.saturating_sub(1)) + 1;
    Some(vec![lines(line(from)..line(label)), String::new(), lines(line(label)..after)])
}

/// A line of at most three windows.
fn shortened(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(3 * BYTES_AROUND) {
        Some((at, _)) => Cow::Owned(format!("{}…\n", &line[..at])),
        None => Cow::Borrowed(line),
    }
}

// To people a line ends with a line feed, and masked parts are described by such lines.

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |line| line + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = if before == 0 && after == 0 {
            // Asked for the header: where the label is.
            let data = &self.data.as_bytes()[span.offset()..span.offset() + span.len()];
            let Position { line, column } = self.position;
            MietteSpanContents::new_named(self.name.clone(), data, *span, line - 1, column - 1, 1)
        } else {
            let whole = SourceSpan::from((0, self.data.len()));
            let lines = self.data.lines().count();
            let name = self.name.clone();
            MietteSpanContents::new_named(
                name,
                self.data.as_bytes(),
                whole,
                self.first_line,
                0,
                lines,
            )
        };
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a line that is made to fit, with its label in brackets.
    fn fitted(line: &str, label: &str, width: usize) -> String {
        let at = line.find(label).expect("it is in the line");
        let FittedLine { text, label } =
            FittedLine::of(line, Some(at..at + label.len()), (width, "…"));
        assert!(columns(&text) <= width, "{text}");
        let label = label.expect("it stays");
        format!("{}[{}]{}", &text[..label.start], &text[label.clone()], &text[label.end..])
    }

    #[test]
    fn a_long_line_is_cut_and_keeps_its_label() {
        assert_eq!(fitted("image: a/b:1", "a/b:1", 20), "image: [a/b:1]");
        assert_eq!(
            fitted("image: registry/long@sha256:00", "registry/long@sha256:00", 20),
            "image: [registry/lon…]"
        );
        assert_eq!(
            fitted("a: 1, b: 2, c: 3, image: x, d: 4, e: 5", "x", 20),
            "…age: [x], d: 4, e: 5"
        );
        assert_eq!(fitted("a: 1, b: 2, c: 3, image: x", "x", 20), "…age: [x]");
        assert_eq!(fitted("名: 日本語日本語日本語", "日本語日本語日本語", 13), "名: [日本語日…]");
        let other = FittedLine::of("a line without a label", None, (10, "..."));
        assert_eq!((&*other.text, other.label), ("a line ...", None));
    }
}
