//! Flow collections, JSON among them.

use std::ops::Range;

use super::{LONGEST_KEY, Scanner, is_simple};
use crate::source::Span;
use crate::yaml::parse;
use crate::yaml::tree::{NodeKind, Scalar, Style, ValueSource};

/// Where a flow collection may continue below the line that it begins on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Anywhere, and what the scanner cannot read of it may be handed over: it is the root of a document.
    Any,
    /// Deeper than the block collection around it, which is in this column.
    Deeper(usize),
}

impl Lines {
    /// Whether what begins with `byte` still belongs to the collection; `column` is where, if it is the first on a line.
    fn reach(self, column: Option<usize>, byte: u8) -> bool {
        let (Self::Deeper(parent), Some(column)) = (self, column) else { return true };
        column > parent || column == parent && matches!(byte, b']' | b'}')
    }
}

impl Scanner<'_> {
    /// Reads the collection at `at`, and gives where it ends.
    pub(super) fn flow(&mut self, at: usize, lines: Lines) -> Option<usize> {
        let is_mapping = self.byte(at) == b'{';
        let kind = if is_mapping {
            NodeKind::Mapping(Style::Flow)
        } else {
            NodeKind::Sequence(Style::Flow)
        };
        let close = if is_mapping { b'}' } else { b']' };
        let node = self.open(kind, at)?;
        let mut at = self.flow_gap(at + 1, lines)?;
        while self.byte(at) != close {
            if is_mapping {
                at = self.flow_key(at, lines)?;
            }
            at = self.flow_item(at, lines)?;
            at = self.flow_gap(at, lines)?;
            if self.byte(at) == b',' {
                at = self.flow_gap(at + 1, lines)?;
            } else if self.byte(at) != close {
                return None;
            }
        }
        self.close(node, at + 1);
        Some(at + 1)
    }

    /// Reads the value at `at`, or lets the parser read it if it is a value of its own.
    fn flow_item(&mut self, at: usize, lines: Lines) -> Option<usize> {
        let (nodes, decoded, depth) = (self.nodes.len(), self.decoded.len(), self.depth);
        let end = self.flow_value(at, lines);
        if end.is_some() || lines != Lines::Any {
            return end;
        }
        self.nodes.truncate(nodes);
        self.decoded.truncate(decoded);
        self.depth = depth;
        self.hand_over(at)
    }

    fn flow_value(&mut self, at: usize, lines: Lines) -> Option<usize> {
        match self.byte(at) {
            b'{' | b'[' => self.flow(at, lines),
            b'"' | b'\'' => {
                let quoted = self.quoted(at).filter(|quoted| !quoted.has_breaks)?;
                self.is_clear(at..quoted.end).then_some(())?;
                self.scalar(quoted.style, Span::new(at, quoted.end), quoted.value);
                Some(quoted.end)
            }
            _ => {
                let stop = self.flow_plain(at)?;
                (self.byte(stop) != b':').then_some(())?;
                let end = self.trim(at, stop)?;
                self.is_clear(at..end).then_some(())?;
                self.scalar(Scalar::Plain, Span::new(at, end), ValueSource::AsWritten);
                Some(end)
            }
        }
    }

    /// Reads the key at `at` with its colon, and gives where the value begins.
    fn flow_key(&mut self, at: usize, lines: Lines) -> Option<usize> {
        let is_quoted = matches!(self.byte(at), b'"' | b'\'');
        let (end, style, value) = if is_quoted {
            let quoted = self.quoted(at).filter(|quoted| !quoted.has_breaks)?;
            (quoted.end, quoted.style, quoted.value)
        } else {
            let stop = self.flow_plain(at)?;
            (self.trim(at, stop)?, Scalar::Plain, ValueSource::AsWritten)
        };
        let colon = self.skip_blanks(end);
        let is_unsure = end - at > LONGEST_KEY
            || !is_quoted && self.is_merge(Span::new(at, end))
            || !self.is_clear(at..end);
        if is_unsure || self.byte(colon) != b':' || !(is_quoted || self.is_gap(colon + 1)?) {
            return None;
        }
        self.scalar(style, Span::new(at, end), value);
        self.flow_gap(colon + 1, lines)
    }

    /// Where the plain text at `at` stops: before a comma, a bracket, a colon with a gap after it, or the line's end.
    fn flow_plain(&self, at: usize) -> Option<usize> {
        if !self.begins_plain(at) {
            return None;
        }
        let mut at = at;
        loop {
            match self.byte(at) {
                b',' | b'}' | b']' | b'\n' | b'\r' => return Some(at),
                b':' if self.is_gap(at + 1)? => return Some(at),
                b':' if b",[]{}".contains(&self.byte(at + 1)) => return None,
                b'{' | b'[' | b'\t' | b'#' => return None,
                _ => at += 1,
            }
        }
    }

    /// Where the blanks, line ends and comments at `at` end.
    fn flow_gap(&self, from: usize, lines: Lines) -> Option<usize> {
        let mut line = None;
        let mut at = from;
        loop {
            at = self.skip_blanks(at);
            match self.byte(at) {
                _ if at >= self.bytes.len() => return None,
                b'\n' | b'\r' => at = self.next_flow_line(at, &mut line)?,
                b'#' if self.byte(at - 1) == b' ' || line == Some(at) => {
                    at = self.next_flow_line(at, &mut line)?;
                }
                b'\t' if lines == Lines::Any => at += 1,
                b'#' | b'\t' => return None,
                _ if self.is_marker(at) => return None,
                byte => return lines.reach(line.map(|line| at - line), byte).then_some(at),
            }
        }
    }

    /// Goes to the next line, from the comment or the line end at `at`.
    fn next_flow_line(&self, at: usize, line: &mut Option<usize>) -> Option<usize> {
        let next = self.line_end(at) + 1;
        *line = Some(next);
        self.is_clear(at..next.min(self.bytes.len())).then_some(next)
    }

    /// Whether a part of the text has no odd character.
    fn is_clear(&self, part: Range<usize>) -> bool {
        !self.is_odd || is_simple(&self.text[part])
    }

    /// Lets the parser read the JSON value at `at`, and gives where it ends.
    fn hand_over(&mut self, at: usize) -> Option<usize> {
        let value = parse::json_value(self.text, at)?;
        // What is inside of one another could be read again and again.
        self.handed_over += value.len();
        if self.handed_over > self.bytes.len() {
            return None;
        }
        let trees = parse::documents(self.text, value.clone()).ok()?;
        let [tree] = <[_; 1]>::try_from(trees).ok()?;
        let base = self.next();
        self.decoded.extend(tree.decoded.into_iter().map(|(node, value)| (base + node, value)));
        self.nodes.extend(tree.nodes.into_iter().map(|mut raw| {
            raw.next += base;
            raw
        }));
        Some(value.end)
    }
}
