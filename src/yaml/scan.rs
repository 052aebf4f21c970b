//! Text to trees, quickly, for the YAML that programs render: block collections whose keys and scalars stay on
//! one line, literal blocks, flow collections on one line, and JSON.
//!
//! Nothing here guesses. What it is not sure of (anchors, tags, directives, tabs that could indent, text that
//! continues over several lines, folded blocks, invalid YAML) it leaves to `parse`, which decides. What it
//! reads is the tree that `parse` makes, node for node.

use std::cell::OnceCell;
use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use super::tree::{Kind, MERGE, Raw, Scalar, Style, Tag, Tree, Value};
use crate::source::Span;

/// Collections nested deeper are left to the parser, which needs no stack for them.
const NESTING: usize = 100;
/// The parser knows how long a key on one line may be (1,024 characters).
const LONGEST_KEY: usize = 1_000;

/// The only document of `text[chunk]`; `None` if only the parser can decide.
pub(super) fn document(text: &str, chunk: Range<usize>) -> Option<Tree<'_>> {
    if !is_simple(&text[chunk.clone()]) {
        return None;
    }
    let span = Span::new(chunk.start, chunk.end);
    let bytes = &text.as_bytes()[..chunk.end];
    let nodes = Vec::with_capacity(chunk.len() / 16 + 8);
    let mut scanner = Scanner { bytes, at: chunk.start, column: None, depth: 0, nodes };
    scanner.stream(chunk.start)?;
    let nodes = scanner.nodes;
    let (decoded, aliases) = (Vec::new(), Vec::new());
    Some(Tree { nodes, decoded, text, span, aliases, paths: OnceCell::new() })
}

/// Whether `text` has no character that breaks lines in odd ways, or that YAML does not have.
fn is_simple(text: &str) -> bool {
    const STEP: usize = 64;
    let odd = |byte: u8| (byte < b' ' && !matches!(byte, b'\n' | b'\t')) || byte >= 0x7f;
    // Without a way out of the inner loop it is done many bytes at a time.
    let none = |part: &[u8]| !part.iter().fold(false, |found, &byte| found | odd(byte));
    if text.as_bytes().chunks(STEP).all(none) {
        return true;
    }
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let fine = match character {
            '\r' => characters.peek() == Some(&'\n'),
            '\n' | '\t' => true,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
            other => !other.is_control(),
        };
        if !fine {
            return false;
        }
    }
    true
}

/// A key that is before a colon on its line.
struct Key {
    span: Span,
    style: Scalar,
    value: Value,
    colon: usize,
}

/// Only the parser can decide.
struct Unsure;

/// Every method gives `None` or [`Unsure`] where the parser has to decide.
struct Scanner<'a> {
    /// The text up to the end of the document.
    bytes: &'a [u8],
    /// Where the line continues that is being read.
    at: usize,
    /// The column of the line at `at`, when that is the first character on it; `None` after the last line.
    column: Option<usize>,
    depth: usize,
    nodes: Vec<Raw>,
}

impl Scanner<'_> {
    fn stream(&mut self, start: usize) -> Option<()> {
        self.next_line(self.after_marker(start)?)?;
        let column = self.column?;
        if matches!(self.byte(self.at), b'{' | b'[') {
            let end = self.flow(self.at, Lines::Many)?;
            self.tail(end)?;
        } else {
            self.block(column)?;
        }
        self.column.is_none().then_some(())
    }

    /// The line after a `---` that is alone on the first one.
    fn after_marker(&self, start: usize) -> Option<usize> {
        if !self.is_marker(start) {
            return Some(start);
        }
        let after = start + 3;
        self.ends_line(after, self.skip_blanks(after))
    }

    // Lines.

    /// The byte at `at`; after the text a line ends.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        memchr(b'\n', rest).map_or(self.bytes.len(), |end| at + end)
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// Goes to the first character of the first line at or after the line start `from` that has content.
    fn next_line(&mut self, mut from: usize) -> Option<()> {
        loop {
            let at = self.skip_blanks(from);
            if at >= self.bytes.len() {
                self.column = None;
                return Some(());
            }
            match self.byte(at) {
                b'\n' | b'\r' | b'#' => from = self.line_end(at) + 1,
                b'\t' => return None,
                _ if at == from && self.is_marker(at) => return None,
                _ => {
                    self.column = Some(at - from);
                    self.at = at;
                    return Some(());
                }
            }
        }
    }

    /// Whether `---` or `...` is at `at`.
    fn is_marker(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.starts_with(b"---") || rest.starts_with(b"...")
    }

    /// The start of the next line, if this one ends at `at` with a comment at most; `before` is where what
    /// is before `at` ended.
    fn ends_line(&self, before: usize, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'\n' | b'\r' => {}
            b'#' if at > before => {}
            _ => return None,
        }
        Some(self.line_end(at) + 1)
    }

    /// Continues after a value that ends at `end`.
    fn tail(&mut self, end: usize) -> Option<()> {
        let from = self.ends_line(end, self.skip_blanks(end))?;
        self.next_line(from)
    }

    /// Whether a word ends before `at`. A tab there is left to the parser.
    fn is_gap(&self, at: usize) -> Option<bool> {
        match self.byte(at) {
            b' ' | b'\n' | b'\r' => Some(true),
            b'\t' => None,
            _ => Some(false),
        }
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && matches!(self.byte(at + 1), b' ' | b'\n' | b'\r')
    }

    // Block collections.

    /// The collection that begins at `at`, in `column`.
    fn block(&mut self, column: usize) -> Option<()> {
        if self.is_dash(self.at) {
            return self.sequence(column);
        }
        let key = self.key(self.at).ok()??;
        self.mapping(column, key)
    }

    fn mapping(&mut self, column: usize, first: Key) -> Option<()> {
        let node = self.open(Kind::Mapping(Style::Block), first.span.start as usize)?;
        let mut key = first;
        loop {
            self.scalar(key.style, key.span, key.value);
            self.value_of(&key, column)?;
            match self.column {
                Some(next) if next == column && !self.is_dash(self.at) => {
                    key = self.key(self.at).ok()??;
                }
                Some(next) if next >= column => return None,
                _ => break,
            }
        }
        self.close_block(node);
        Some(())
    }

    fn value_of(&mut self, key: &Key, column: usize) -> Option<()> {
        let after = key.colon + 1;
        let at = self.skip_blanks(after);
        let Some(next) = self.ends_line(after, at) else { return self.inline(at, column) };
        self.next_line(next)?;
        match self.column {
            Some(below) if below > column => self.block(below),
            Some(below) if below == column && self.is_dash(self.at) => self.sequence(below),
            _ if key.colon == key.span.end as usize => {
                let end = key.span.end as usize;
                self.scalar(Scalar::Plain, Span::at(end), Value::AsWritten);
                Some(())
            }
            _ => None,
        }
    }

    fn sequence(&mut self, column: usize) -> Option<()> {
        let node = self.open(Kind::Sequence(Style::Block), self.at)?;
        loop {
            self.item(column)?;
            match self.column {
                Some(next) if next == column && self.is_dash(self.at) => {}
                Some(next) if next > column => return None,
                _ => break,
            }
        }
        self.close_block(node);
        Some(())
    }

    /// The item after the dash at `at`.
    fn item(&mut self, column: usize) -> Option<()> {
        let after = self.at + 1;
        let at = self.skip_blanks(after);
        if let Some(next) = self.ends_line(after, at) {
            self.next_line(next)?;
            let below = self.column.filter(|below| *below > column)?;
            return self.block(below);
        }
        let inner = column + (at - self.at);
        self.at = at;
        if self.is_dash(at) {
            return self.sequence(inner);
        }
        match self.key(at).ok()? {
            Some(key) => self.mapping(inner, key),
            None => self.inline(at, column),
        }
    }

    /// The key at `at`, if there is one.
    fn key(&self, at: usize) -> Result<Option<Key>, Unsure> {
        let (span, style, value, colon) = match self.byte(at) {
            b'{' | b'[' | b'|' => return Ok(None),
            b'"' | b'\'' => {
                let (end, style, value) = self.quoted(at).ok_or(Unsure)?;
                let colon = self.skip_blanks(end);
                if self.byte(colon) != b':' || !self.is_gap(colon + 1).ok_or(Unsure)? {
                    return Ok(None);
                }
                (Span::new(at, end), style, value, colon)
            }
            _ => {
                let Some(colon) = self.colon(at)? else { return Ok(None) };
                let end = self.trim(at, colon).ok_or(Unsure)?;
                (Span::new(at, end), Scalar::Plain, Value::AsWritten, colon)
            }
        };
        // Go's rules decide what may follow a merge key.
        if span.len() > LONGEST_KEY || style == Scalar::Plain && self.is_merge(span) {
            return Err(Unsure);
        }
        Ok(Some(Key { span, style, value, colon }))
    }

    fn is_merge(&self, key: Span) -> bool {
        self.bytes.get(key.range()) == Some(MERGE.as_bytes())
    }

    /// The colon that makes a key of the plain text at `at`.
    fn colon(&self, at: usize) -> Result<Option<usize>, Unsure> {
        if !self.begins_plain(at) {
            return Err(Unsure);
        }
        let mut from = at;
        loop {
            let rest = self.bytes.get(from..).ok_or(Unsure)?;
            let Some(found) = memchr3(b':', b'#', b'\n', rest) else { return Ok(None) };
            let found = from + found;
            match self.byte(found) {
                b':' if self.is_gap(found + 1).ok_or(Unsure)? => return Ok(Some(found)),
                b'#' if self.byte(found - 1) == b' ' => return Ok(None),
                b'#' if self.byte(found - 1) == b'\t' => return Err(Unsure),
                b'\n' => return Ok(None),
                _ => from = found + 1,
            }
        }
    }

    // Values on one line, and literal blocks.

    /// The value at `at`, which is not a block collection; `parent` is the column of the collection around it.
    fn inline(&mut self, at: usize, parent: usize) -> Option<()> {
        match self.byte(at) {
            b'"' | b'\'' => {
                let (end, style, value) = self.quoted(at)?;
                self.scalar(style, Span::new(at, end), value);
                self.tail(end)?;
            }
            b'{' | b'[' => {
                let end = self.flow(at, Lines::One)?;
                self.tail(end)?;
            }
            b'|' => self.literal(at, parent)?,
            _ => self.plain(at)?,
        }
        // Text that continues below, deeper than what it belongs to.
        if self.column.is_some_and(|below| below > parent) { None } else { Some(()) }
    }

    fn plain(&mut self, at: usize) -> Option<()> {
        if !self.begins_plain(at) {
            return None;
        }
        let line = self.line_end(at);
        let mut end = line;
        let mut from = at;
        while let Some(found) = memchr2(b':', b'#', &self.bytes[from..line]) {
            let found = from + found;
            match (self.byte(found), self.byte(found - 1)) {
                (b':', _) if self.is_gap(found + 1)? => return None,
                (b'#', b'\t') => return None,
                (b'#', b' ') => {
                    end = found;
                    break;
                }
                _ => from = found + 1,
            }
        }
        let span = Span::new(at, self.trim(at, end)?);
        self.scalar(Scalar::Plain, span, Value::AsWritten);
        self.next_line(line + 1)
    }

    /// Whether plain text can begin with what is at `at`.
    fn begins_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            b'-' | b'?' | b':' => {
                !matches!(self.byte(at + 1), b' ' | b'\t' | b'\n' | b'\r')
                    && !matches!(self.byte(at + 1), b',' | b'[' | b']' | b'{' | b'}')
            }
            byte => !b",[]{}#&*!|>'\"%@` \t\r\n".contains(&byte),
        }
    }

    /// `end` without the blanks before it.
    fn trim(&self, start: usize, mut end: usize) -> Option<usize> {
        while end > start && matches!(self.bytes[end - 1], b' ' | b'\r') {
            end -= 1;
        }
        (end > start && self.bytes[end - 1] != b'\t').then_some(end)
    }

    /// Where the quoted text at `at` ends, on the same line, and how its value is to be read.
    fn quoted(&self, at: usize) -> Option<(usize, Scalar, Value)> {
        let rest = |from: usize| self.bytes.get(from..);
        let mut from = at + 1;
        let mut value = Value::AsWritten;
        if self.byte(at) == b'\'' {
            loop {
                let found = from + memchr2(b'\'', b'\n', rest(from)?)?;
                match (self.byte(found), self.byte(found + 1)) {
                    (b'\n', _) => return None,
                    (_, b'\'') => {
                        value = Value::Doubled;
                        from = found + 2;
                    }
                    _ => return Some((found + 1, Scalar::Single, value)),
                }
            }
        }
        loop {
            let found = from + memchr3(b'"', b'\\', b'\n', rest(from)?)?;
            match self.byte(found) {
                b'"' => return Some((found + 1, Scalar::Double, value)),
                b'\\' if Value::escape(self.byte(found + 1)).is_some() => {
                    value = Value::Escaped;
                    from = found + 2;
                }
                _ => return None,
            }
        }
    }

    /// The literal block whose header is at `at`.
    fn literal(&mut self, at: usize, parent: usize) -> Option<()> {
        let strips = self.byte(at + 1) == b'-';
        let header = at + 1 + usize::from(strips);
        let first = self.ends_line(header, self.skip_blanks(header))?;
        let start = self.skip_blanks(first);
        let indent = start - first;
        if indent <= parent || start >= self.bytes.len() || b"\n\r\t".contains(&self.byte(start)) {
            return None;
        }
        let (mut from, mut end) = (first, start);
        loop {
            let text = self.skip_blanks(from);
            if text >= self.bytes.len() {
                // Blanks without a line ending are content to some.
                (text == from).then_some(())?;
                break;
            }
            let blank = matches!(self.byte(text), b'\n' | b'\r');
            match text - from {
                blanks if blank && blanks > indent => return None,
                blanks if blank || blanks >= indent => {
                    let line = self.line_end(text);
                    if !blank {
                        end = line;
                    }
                    from = line + 1;
                }
                blanks if blanks <= parent => break,
                _ => return None,
            }
        }
        if self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        // The parser's span ends before white space of any kind.
        if !self.bytes[end - 1].is_ascii_graphic() {
            return None;
        }
        let value = if strips { Value::LiteralStripped } else { Value::Literal };
        self.scalar(Scalar::Block, Span::new(start, end), value);
        self.next_line(from)
    }

    // Flow collections.

    /// Reads the collection at `at`, and gives where it ends.
    fn flow(&mut self, at: usize, lines: Lines) -> Option<usize> {
        let mapping = self.byte(at) == b'{';
        let kind = if mapping { Kind::Mapping(Style::Flow) } else { Kind::Sequence(Style::Flow) };
        let close = if mapping { b'}' } else { b']' };
        let node = self.open(kind, at)?;
        let mut at = self.flow_gap(at + 1, lines)?;
        while self.byte(at) != close {
            if mapping {
                at = self.flow_key(at, lines)?;
            }
            at = self.flow_value(at, lines)?;
            at = self.flow_gap(at, lines)?;
            if self.byte(at) == b',' {
                at = self.flow_gap(at + 1, lines)?;
                if self.byte(at) == close {
                    return None;
                }
            } else if self.byte(at) != close {
                return None;
            }
        }
        self.close(node, at + 1);
        Some(at + 1)
    }

    fn flow_value(&mut self, at: usize, lines: Lines) -> Option<usize> {
        match self.byte(at) {
            b'{' | b'[' => self.flow(at, lines),
            b'"' | b'\'' => {
                let (end, style, value) = self.quoted(at)?;
                self.scalar(style, Span::new(at, end), value);
                Some(end)
            }
            _ => {
                let stop = self.flow_plain(at)?;
                (self.byte(stop) != b':').then_some(())?;
                let end = self.trim(at, stop)?;
                self.scalar(Scalar::Plain, Span::new(at, end), Value::AsWritten);
                Some(end)
            }
        }
    }

    /// Reads the key at `at` with its colon, and gives where the value begins.
    fn flow_key(&mut self, at: usize, lines: Lines) -> Option<usize> {
        let quoted = matches!(self.byte(at), b'"' | b'\'');
        let (end, style, value) = if quoted {
            self.quoted(at)?
        } else {
            let stop = self.flow_plain(at)?;
            (self.trim(at, stop)?, Scalar::Plain, Value::AsWritten)
        };
        let colon = self.skip_blanks(end);
        let unsure = end - at > LONGEST_KEY || !quoted && self.is_merge(Span::new(at, end));
        if unsure || self.byte(colon) != b':' || !(quoted || self.is_gap(colon + 1)?) {
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

    /// Where the blanks at `at` end, and line ends where there may be some.
    fn flow_gap(&self, mut at: usize, lines: Lines) -> Option<usize> {
        loop {
            at = self.skip_blanks(at);
            match self.byte(at) {
                b'\n' | b'\r' if lines == Lines::One || at >= self.bytes.len() => return None,
                b'\n' | b'\r' => at = self.line_end(at) + 1,
                b'#' | b'\t' => return None,
                _ if self.is_marker(at) => return None,
                _ => return Some(at),
            }
        }
    }

    // Nodes.

    fn open(&mut self, kind: Kind, start: usize) -> Option<u32> {
        self.depth += 1;
        let node = self.next();
        self.push(kind, Span::at(start), Value::AsWritten);
        (self.depth <= NESTING).then_some(node)
    }

    /// Ends a block collection: it reaches from its first child to the end of its last.
    fn close_block(&mut self, node: u32) {
        let mut child = node as usize + 1;
        let start = self.nodes[child].span.start;
        let mut end = start;
        while let Some(raw) = self.nodes.get(child) {
            end = raw.span.end;
            child = raw.next as usize;
        }
        self.nodes[node as usize].span.start = start;
        self.close(node, end as usize);
    }

    fn close(&mut self, node: u32, end: usize) {
        self.depth -= 1;
        let next = self.next();
        let raw = &mut self.nodes[node as usize];
        raw.next = next;
        raw.span = Span::new(raw.span.start as usize, end);
    }

    fn scalar(&mut self, style: Scalar, span: Span, value: Value) {
        self.push(Kind::Scalar(style), span, value);
    }

    fn push(&mut self, kind: Kind, span: Span, value: Value) {
        let next = self.next() + 1;
        self.nodes.push(Raw {
            span,
            next,
            target: 0,
            kind,
            tag: Tag::None,
            anchored: false,
            value,
        });
    }

    fn next(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a source below 4 GiB has fewer nodes")
    }
}

/// Whether a flow collection may take up more than one line. Only at the root of a document does no block around
/// it say how far the lines have to be indented.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{parse, stream};
    use super::*;

    /// Whether the scanner reads a document. If it does, the parser has to make the same tree of it.
    fn agrees(text: &str, chunk: &Range<usize>) -> Result<bool, String> {
        let Some(scanned) = document(text, chunk.clone()) else { return Ok(false) };
        let parsed = parse::documents(text, chunk.clone());
        let parsed = parsed.map_err(|failure| format!("{text:?}: {}", failure.message))?;
        let [parsed] = &parsed[..] else { return Err(format!("{text:?}: {}", parsed.len())) };
        let (scanned, parsed) = (shown(&scanned), shown(parsed));
        if scanned == parsed {
            return Ok(true);
        }
        let at = scanned.iter().zip(&parsed).position(|(a, b)| a != b);
        let at = at.unwrap_or(scanned.len().min(parsed.len()));
        Err(format!("{text:?}\nscanned {:?}\nparsed  {:?}", scanned.get(at), parsed.get(at)))
    }

    fn shown(tree: &Tree<'_>) -> Vec<String> {
        let nodes = tree.nodes.iter().zip(0..);
        let shown = nodes.map(|(raw, index)| {
            let value = tree.node(index).scalar();
            let Raw { span, next, kind, anchored, .. } = raw;
            format!("{kind:?} {span:?} {next} {anchored} {value:?} in {:?}", tree.span)
        });
        shown.collect()
    }

    /// Every document of `text`; gives how many the scanner read.
    fn check(text: &str) -> Result<usize, String> {
        let mut read = 0;
        for chunk in stream::chunks(text) {
            read += usize::from(agrees(text, &chunk)?);
        }
        Ok(read)
    }

    const DOCUMENTS: &[&str] = &[
        "a: 1\n",
        "---\n# c\na: b # c\nc:\n\n  # d\n  d: e\n",
        "a:\n- b\n- c: d\n  e:\n  - f\n-\n  g: h\ni:\n  - - j\n    - k\n",
        "a:\r\n  b: |\r\n    c\r\n\r\n     d\r\n  # e\r\n  f: 'it''s'\r\n",
        "a: |-\n  b\n\n\n  # c\n\nd: |\n e\nf: |\n g",
        "a: {b: c, \"d\": [1, 2], e: {}}\nf: []\ng: [x, 'y', \"z\"]\n",
        "{\"a\": [1, 2.5, true, null], \"b\": {\"c\": \"\\\"\\n\\/\"}}\n",
        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\":\n    \"c\"\n}\n# d\n",
        "\"a\": b\n'c': d\ne f: g h\nhttp://i: j:k\n-l: -m\n",
        "command: [\"/bin/sh\", \"-c\"]\nargs:\n- --flag=a\n- -b\n- :8080\n- {c: d}\n",
        "a:\nb:\nc: d\ne:",
        "a: \"\\u00e4\"\n",
        "- a\n- b: |\n    c\n  d: e\n",
        "description: ä – ö\nb: \"é\"\n",
    ];

    #[test]
    fn what_is_read_is_the_tree_of_the_parser() {
        for text in DOCUMENTS {
            assert_eq!(check(text).map(|_| ()), Ok(()));
        }
        let read: usize = DOCUMENTS.iter().map(|text| check(text).unwrap_or_default()).sum();
        assert_eq!(read, DOCUMENTS.len() - 1, "all but the one with an escape it does not know");
    }

    #[track_caller]
    fn check_left(text: &str) {
        assert!(document(text, 0..text.len()).is_none(), "{text:?}");
    }

    #[test]
    fn what_is_not_certain_is_left_to_the_parser() {
        for text in [
            "",
            "# c\n",
            "a",
            "a: &b c\n",
            "a: *b\n",
            "a: !!str b\n",
            "%YAML 1.2\n",
            "? a\n: b\n",
            "a: b\n  c\n",
            "a: 'b\n  c'\n",
            "a: >\n  b\n",
            "a: |+\n  b\n",
            "a: |2\n   b\n",
            "a: |\n\n  b\n",
            "a: |\n  b \n",
            "a: b: c\n",
            "a:\tb\n",
            "\ta: b\n",
            "a: \"b\"#c\n",
            "a: [\n1]\n",
            "[a: b]",
            "{a}",
            "{a: }",
            "[a, ]",
            "a: \"b\" c\n",
            "- a\nb: c\n",
            "a: b\n- c\n",
            "a: b\n c: d\n",
            "  a: b\n c: d\n",
            "a: 1\n---\nb: 2\n",
            "a: 1\n...\n",
            "--- a: b\n",
            "\u{feff}a: b\n",
            "a: \u{7}\n",
            "a: b\rc: d\n",
            "-\n- a\n",
            "{\"a\":1}{}",
            "<<: {a: 1}\n",
            "a:\n- <<: {a: 1}\n",
            "a: {<<: {a: 1}}\n",
        ] {
            check_left(text);
        }
    }

    /// Some lines of all documents, in any order, with some characters changed.
    fn mangled() -> impl Strategy<Value = String> {
        let lines: Vec<&str> =
            DOCUMENTS.iter().flat_map(|text| text.split_inclusive('\n')).collect();
        let indent = prop::sample::select(vec!["", " ", "  ", "    ", "- ", "  - "]);
        let line = (indent, prop::sample::select(lines))
            .prop_map(|(indent, line)| format!("{indent}{line}"));
        let bytes =
            prop::sample::select(" \n\t-:#,'\"[]{}|>&*!?a1\r\\%é".chars().collect::<Vec<_>>());
        let changes = prop::collection::vec((any::<prop::sample::Index>(), bytes, 0..3_u8), 0..4);
        (prop::collection::vec(line, 1..8), changes).prop_map(|(lines, changes)| {
            let mut text: Vec<char> = lines.concat().chars().collect();
            for (at, character, what) in changes {
                let at = at.index(text.len() + 1);
                match what {
                    0 => text.insert(at, character),
                    1 if at < text.len() => text[at] = character,
                    _ if at < text.len() => drop(text.remove(at)),
                    _ => {}
                }
            }
            text.into_iter().collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn scanner_equals_parser(text in mangled()) {
            prop_assert!(check(&text).is_ok(), "{}", check(&text).unwrap_err());
        }
    }

    /// The corpus holds what people render; how much of it the scanner reads is what makes it worth having.
    #[cfg(feature = "shared-checks")]
    #[test]
    fn the_corpus_is_read_as_the_parser_reads_it() {
        #![expect(clippy::disallowed_methods, reason = "a test reads its own files")]
        let shared = std::env::var("PULLCREDS_SHARED").expect("PULLCREDS_SHARED names the folder");
        let (mut read, mut all) = (0, 0);
        for folder in ["corpus/manifests", "shapes"] {
            let folder = std::path::Path::new(&shared).join(folder);
            for file in std::fs::read_dir(folder).expect("the folder can be listed") {
                let path = file.expect("an entry").path();
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                let chunks = stream::chunks(&text);
                all += chunks.len();
                read += check(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
        }
        println!("the scanner reads {read} of {all} documents");
        assert!(read * 2 > all, "{read} of {all}");
    }
}
