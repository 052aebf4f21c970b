//! Text to trees, quickly, for the YAML that programs render: block collections, scalars of every style, flow
//! collections, and JSON.
//!
//! Nothing here guesses. What it is not sure of (anchors, tags, directives, tabs that could indent, keys with `?`,
//! whatever is not valid YAML) it leaves to `parse`, which decides: a whole document, or a single value of JSON. What it
//! reads is the tree that `parse` makes, node for node.

mod flow;
mod scalar;

use std::cell::OnceCell;
use std::ops::Range;

use memchr::{memchr, memchr3};

use self::flow::Lines;
use self::scalar::Quoted;
use super::tree::{MERGE, NodeKind, Raw, Scalar, Style, Tag, Tree, ValueSource};
use crate::source::Span;

/// Collections nested deeper are left to the parser, which needs no stack for them.
const NESTING: usize = 100;
/// The parser knows how long a key on one line may be (1,024 characters).
const LONGEST_KEY: usize = 1_000;

/// The only document of `text[chunk]`; `None` if only the parser can decide.
pub(super) fn document(text: &str, chunk: Range<usize>) -> Option<Tree<'_>> {
    let span = Span::new(chunk.start, chunk.end);
    let mut scanner = Scanner {
        text: &text[..chunk.end],
        bytes: &text.as_bytes()[..chunk.end],
        is_odd: !is_simple(&text[chunk.clone()]),
        at: chunk.start,
        column: None,
        depth: 0,
        nodes: Vec::with_capacity(chunk.len() / 16 + 8),
        decoded: Vec::new(),
        handed_over: 0,
    };
    scanner.stream(chunk.start)?;
    let Scanner { nodes, decoded, handed_over, .. } = scanner;
    // Only the parser takes merge keys.
    let may_merge = handed_over > 0;
    Some(Tree {
        nodes,
        decoded,
        text,
        span,
        aliases: Vec::new(),
        may_merge,
        paths: OnceCell::new(),
    })
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
struct ImplicitKey {
    span: Span,
    style: Scalar,
    value: ValueSource,
    colon: usize,
}

/// Only the parser can decide.
struct Unsure;

/// Every method gives `None` or [`Unsure`] where the parser has to decide.
struct Scanner<'a> {
    /// The text up to the end of the document.
    text: &'a str,
    bytes: &'a [u8],
    /// Whether the document has odd characters. Only a value of JSON may have some.
    is_odd: bool,
    /// Where the line continues that is being read.
    at: usize,
    /// The column of the line at `at`, when that is the first character on it; `None` after the last line.
    column: Option<usize>,
    depth: usize,
    nodes: Vec<Raw>,
    decoded: Vec<(u32, Box<str>)>,
    /// How many bytes the parser has been given to read.
    handed_over: usize,
}

impl Scanner<'_> {
    fn stream(&mut self, start: usize) -> Option<()> {
        self.next_line(self.after_marker(start)?)?;
        let column = self.column?;
        if matches!(self.byte(self.at), b'{' | b'[') {
            self.json(start)?;
        } else if self.is_odd {
            return None;
        } else {
            self.block(column)?;
        }
        self.column.is_none().then_some(())
    }

    /// A flow collection that is a whole document, which begins at `start`.
    fn json(&mut self, start: usize) -> Option<()> {
        let at = self.at;
        let end = self.flow(at, Lines::Any)?;
        if self.is_odd && !(is_simple(&self.text[start..at]) && is_simple(&self.text[end..])) {
            return None;
        }
        self.tail(end)
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

    /// What begins at `at`, in `column`, below the key or the dash in the column `parent`.
    fn below(&mut self, column: usize, parent: usize) -> Option<()> {
        if self.is_dash(self.at) {
            return self.sequence(column);
        }
        match self.key(self.at).ok()? {
            Some(key) => self.mapping(column, key),
            None => self.inline(self.at, parent),
        }
    }

    fn mapping(&mut self, column: usize, first: ImplicitKey) -> Option<()> {
        let node = self.open(NodeKind::Mapping(Style::Block), first.span.start as usize)?;
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

    fn value_of(&mut self, key: &ImplicitKey, column: usize) -> Option<()> {
        let after = key.colon + 1;
        let at = self.skip_blanks(after);
        let Some(next) = self.ends_line(after, at) else { return self.inline(at, column) };
        self.next_line(next)?;
        match self.column {
            Some(below) if below > column => self.below(below, column),
            Some(below) if below == column && self.is_dash(self.at) => self.sequence(below),
            _ if key.colon == key.span.end as usize => {
                let end = key.span.end as usize;
                self.scalar(Scalar::Plain, Span::at(end), ValueSource::AsWritten);
                Some(())
            }
            _ => None,
        }
    }

    fn sequence(&mut self, column: usize) -> Option<()> {
        let node = self.open(NodeKind::Sequence(Style::Block), self.at)?;
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
            return self.below(below, column);
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
    fn key(&self, at: usize) -> Result<Option<ImplicitKey>, Unsure> {
        let (span, style, value, colon) = match self.byte(at) {
            b'{' | b'[' | b'|' | b'>' => return Ok(None),
            b'"' | b'\'' => {
                let Quoted { end, style, value, has_breaks } = self.quoted(at).ok_or(Unsure)?;
                let colon = self.skip_blanks(end);
                let is_key = self.byte(colon) == b':' && self.is_gap(colon + 1).ok_or(Unsure)?;
                if has_breaks || !is_key {
                    return Ok(None);
                }
                (Span::new(at, end), style, value, colon)
            }
            _ => {
                let Some(colon) = self.colon(at)? else { return Ok(None) };
                let end = self.trim(at, colon).ok_or(Unsure)?;
                (Span::new(at, end), Scalar::Plain, ValueSource::AsWritten, colon)
            }
        };
        // Go's rules decide what may follow a merge key.
        if span.len() > LONGEST_KEY || style == Scalar::Plain && self.is_merge(span) {
            return Err(Unsure);
        }
        Ok(Some(ImplicitKey { span, style, value, colon }))
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

    /// The value at `at`, which is not a block collection; `parent` is the column of the collection around it.
    fn inline(&mut self, at: usize, parent: usize) -> Option<()> {
        match self.byte(at) {
            b'"' | b'\'' => {
                let quoted = self.quoted(at)?;
                self.scalar(quoted.style, Span::new(at, quoted.end), quoted.value);
                self.tail(quoted.end)?;
            }
            b'{' | b'[' => {
                let end = self.flow(at, Lines::Deeper(parent))?;
                self.tail(end)?;
            }
            b'|' | b'>' => self.block_scalar(at, parent)?,
            _ => self.plain(at, parent)?,
        }
        // Text that continues below, deeper than what it belongs to.
        if self.column.is_some_and(|below| below > parent) { None } else { Some(()) }
    }

    // Nodes.

    fn open(&mut self, kind: NodeKind, start: usize) -> Option<u32> {
        self.depth += 1;
        let node = self.next();
        self.push(kind, Span::at(start), ValueSource::AsWritten);
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

    fn scalar(&mut self, style: Scalar, span: Span, value: ValueSource) {
        self.push(NodeKind::Scalar(style), span, value);
    }

    fn push(&mut self, kind: NodeKind, span: Span, value: ValueSource) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{parse, stream};
    use super::*;
    use crate::text::Text;

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
            // `Text` shows nothing of itself.
            let value = tree.node(index).scalar().map(Text::into_string);
            let read = tree.node(index).scalar_type();
            let Raw { span, next, kind, anchored, .. } = raw;
            format!("{kind:?} {span:?} {next} {anchored} {value:?} {read:?} in {:?}", tree.span)
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
        "{\"a\": \"\\ud83d\\ude00\\u003e\\x41\", \"b\": \"\\U0001F600\\e\\_\\P\"}\n",
        "a: \"b\\\n  \\ c\\\n\n  d \n\n\n  e\t\n f\"\nb: 'g\n\n  h''\ni '\n",
        "a: b\n  c\n\n\n  - d # e\nf:\n  g h\n  i\nj:\n- k\n  l\n",
        "a: >\n  b\n  c\n\n  d\n    e\n\n   f\n  g\n\n\nh: >-\n  i\n \n  j\nk: >+\n  l\n\n",
        "a: >2-\n\n    b\n  c\n  \n   \n  d\ne: |1\n  f\ng: |+2\n  h\n\ni: |-\n\n  j \n",
        "- >\n k\n l",
        "a:\n  - |+\n    b\n\n    c\n\n  # d\n  - >\r\n    e\r\n    f\r\n",
        "a: [\n  b, # c\n  {d: e,\n   f: 'g'},\n]\nh: {\n  i: j\n  }\n",
        "{\n\t\"a\": [\n\t\t\"b\u{2028}\u{feff}\", # c\n\t1]\n}\n",
        "- a\n- b: |\n    c\n  d: e\n",
        "description: ä – ö\nb: \"é\"\n",
    ];

    #[test]
    fn what_is_read_is_the_tree_of_the_parser() {
        for text in DOCUMENTS {
            assert_eq!(check(text), Ok(1), "{text}");
        }
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
            "a: b: c\n",
            "a: b\n  c: d\n",
            "a: b # c\n  d\n",
            "a: b\n\tc\n",
            "a: 'b\n... c'\n",
            "\"a\n b\": c\n",
            "a: \"\\ud83d\"\n",
            "a: \"\\q\"\n",
            "a: >\n\nb: c\n",
            "a: |\n    \n  b\n",
            "a: |3\n  b\n",
            "a: |0\n  b\n",
            "a: >--\n  b\n",
            "a:\tb\n",
            "\ta: b\n",
            "a: \"b\"#c\n",
            "a: [\n1]\n",
            "[a: b]",
            "{a}",
            "{a: }",
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
            prop::sample::select(" \n\t-+:#,'\"[]{}|>&*!?a12u\r\\%é".chars().collect::<Vec<_>>());
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

    /// Text over several lines, at random depths: most of it is valid.
    fn over_lines() -> impl Strategy<Value = String> {
        let heads = ["a:", "- a:", "-", "a:\n  b:", "- - a:", "a: [b,", "{\"a\":", "b: c\nd:"];
        let scalars = [
            " |", " >", " |-", " >-", " >+", " |+", " >2", " |1-", " >+3", " >-1 # c", "", "\n  >",
        ];
        let scalars = scalars.map(|opening| (opening, "\n", ""));
        let flows = [
            (" \"", "", "\"\n"),
            (" '", "", "'\n"),
            (" b", "", "\n"),
            (" [", "b,", "]\n"),
            (" {", "b: c,", "}\n"),
            ("\n    \"", "", "\"\n"),
            ("\n  b", "", "\n"),
            (" \"b\\", "\n", "\"\n"),
            (" {b:", "", "}\n"),
            (" [", "\n", "]\n"),
        ];
        let plain = [
            "b", "c d ", "", " ", "- h", "ä\u{a0}", "i\tj", "e ", "\\n", "\\u003e", "k,", "''",
            "\r",
        ];
        let odd = [
            "# e",
            " # e",
            "f: g",
            "'",
            "\"",
            "\\",
            "\\ud83d\\ude00",
            "\\x2",
            "\t",
            "i\t",
            "]",
            "}",
            ",",
            "\\ ",
            "%",
            "...",
            "[j]",
            "\"l\": \"m\"",
            "\u{2028}",
            "? ",
            "|",
            ">",
            "&",
            "*",
            "!",
        ];
        let pick = |all: &[&'static str]| prop::sample::select(all.to_vec());
        let text = prop_oneof![6 => pick(&plain), 1 => pick(&odd)];
        let depth = prop_oneof![4 => 2..5_usize, 1 => 0..8_usize];
        let line = (depth, prop::collection::vec(text, 1..3))
            .prop_map(|(indent, text)| format!("{:indent$}{}\n", "", text.concat()));
        let shape = prop::sample::select([&scalars[..], &flows].concat());
        let rest =
            prop_oneof![4 => Just(""), 1 => pick(&["z: z\n", "- z\n", "  # z", "\"", "]", "}\n"])];
        let part = (pick(&heads), shape, prop::collection::vec(line, 0..6), rest);
        let part = part.prop_map(|(head, (opening, first, closing), lines, rest)| {
            format!("{head}{opening}{first}{}{closing}{rest}", lines.concat())
        });
        prop::collection::vec(part, 1..3).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn scanner_equals_parser(text in mangled()) {
            prop_assert!(check(&text).is_ok(), "{}", check(&text).unwrap_err());
        }

        #[test]
        fn text_over_several_lines_equals_that_of_the_parser(text in over_lines()) {
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
        assert!(read * 10 > all * 9, "{read} of {all}");
    }
}
