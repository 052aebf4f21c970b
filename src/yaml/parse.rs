//! Text to trees. The only file that names the parser crate.

mod anchors;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::decode;
use super::tree::{NodeKind, Raw, Scalar, Style, Tag, Tree, ValueSource};
use crate::base64::{self, Encoding};
use crate::source::Span;

/// How deep collections may nest. Go's readers stop at 10,000; no manifest comes near.
const NESTING: usize = 5_000;

/// Why a text is not a YAML stream.
pub(super) struct Failure {
    /// The byte of the whole source where reading stopped.
    pub(super) offset: usize,
    /// Without any text of the input.
    pub(super) message: String,
}

/// Reads the documents of `text[range]` that Go reads too, in order. The spans of the trees count from the start of
/// `text`.
pub(super) fn documents(text: &str, range: Range<usize>) -> Result<Vec<Tree<'_>>, Failure> {
    let trees = trees(text, range)?;
    trees.iter().find_map(decode::refusal).map_or(Ok(trees), Err)
}

/// Why Go rejects a text that is valid YAML; `None` if Go accepts it.
pub(super) fn refusal(text: &str) -> Option<Failure> {
    trees(text, 0..text.len()).ok()?.iter().find_map(decode::refusal)
}

pub(super) fn trees(text: &str, range: Range<usize>) -> Result<Vec<Tree<'_>>, Failure> {
    let trees = attempt(text, &text[range.clone()], &range);
    let trees = trees.or_else(|error| match error.kind() {
        ErrorKind::CommentNotSeparated => with_touching_comments(text, &range, &error),
        _ => Err(failure(&range, &error)),
    })?;
    match foreign_break(text, &range, &trees).or_else(|| anchors::refusal(text, &range, &trees)) {
        Some((offset, message)) => Err(Failure { offset, message: message.to_owned() }),
        None => Ok(trees),
    }
}

fn failure(range: &Range<usize>, error: &ScanError) -> Failure {
    let at = error.marker().byte_offset().unwrap_or(0).min(range.len());
    Failure { offset: range.start + at, message: message(error) }
}

/// The same of a text with comments right after quotes: Go reads `"x"#c` as a string followed by a comment.
///
/// What they look like is blanked on all lines at once, and read: what is in a value was not a comment. Whatever is
/// left then is blanked one by one, with a limit, since each time the text is read from its start.
fn with_touching_comments<'a>(
    text: &'a str,
    range: &Range<usize>,
    error: &ScanError,
) -> Result<Vec<Tree<'a>>, Failure> {
    let part = &text[range.clone()];
    let comments = touching_comments(part);
    let (copy, trees) = all_blanked(text, range, &comments)
        .unwrap_or_else(|| (part.to_owned(), Err(error.clone())));
    one_by_one(text, range, copy, trees)
}

/// How many comments are blanked one by one.
const ONE_BY_ONE: usize = 100;

fn one_by_one<'a>(
    text: &'a str,
    range: &Range<usize>,
    mut copy: String,
    mut trees: Result<Vec<Tree<'a>>, ScanError>,
) -> Result<Vec<Tree<'a>>, Failure> {
    for _ in 0..ONE_BY_ONE {
        let error = match trees {
            Ok(trees) => return Ok(trees),
            Err(error) => error,
        };
        let at = error.marker().byte_offset().unwrap_or(0).min(copy.len());
        let is_comment = matches!(error.kind(), ErrorKind::CommentNotSeparated);
        let comment = is_comment.then(|| comment_at(&copy, at)).flatten();
        let Some(comment) = comment else { return Err(failure(range, &error)) };
        copy = blanked(&copy, &[comment]);
        trees = attempt(text, &copy, range);
    }
    trees.map_err(|error| failure(range, &error))
}

/// The text without `comments`, and its trees; `None` if it does not show which of them are comments.
fn all_blanked<'a>(
    text: &'a str,
    range: &Range<usize>,
    comments: &[Range<usize>],
) -> Option<(String, Result<Vec<Tree<'a>>, ScanError>)> {
    let part = &text[range.clone()];
    let copy = blanked(part, comments);
    let trees = attempt(text, &copy, range).ok()?;
    let outside = outside_of_values(&trees, range.start, comments);
    if outside.len() == comments.len() {
        return Some((copy, Ok(trees)));
    }
    let copy = blanked(part, &outside);
    let trees = attempt(text, &copy, range);
    Some((copy, trees))
}

/// The ranges that lie in no scalar of `trees`; both are in the order of the text.
fn outside_of_values(
    trees: &[Tree<'_>],
    base: usize,
    ranges: &[Range<usize>],
) -> Vec<Range<usize>> {
    let is_scalar = |raw: &&Raw| matches!(raw.kind, NodeKind::Scalar(_));
    let mut scalars = trees.iter().flat_map(|tree| &tree.nodes).filter(is_scalar).peekable();
    let is_outside = |range: &&Range<usize>| {
        let start = base + range.start;
        while scalars.next_if(|raw| raw.span.end as usize <= start).is_some() {}
        scalars.peek().is_none_or(|raw| raw.span.start as usize > start)
    };
    ranges.iter().filter(is_outside).cloned().collect()
}

/// What looks like a comment right after a quoted value: on a line with one pair of quotes, and no `#` but there.
fn touching_comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let content = line.trim_end_matches(['\n', '\r']);
        let quotes = |quote: char| [format!("{quote}#"), quote.to_string()];
        let hash = ['"', '\''].into_iter().find_map(|quote| {
            let [touching, quote] = quotes(quote);
            let hash = content.find(&touching)? + 1;
            let before = &content[..hash];
            (before.matches(&quote).count() == 2 && !before.contains('#')).then_some(hash)
        });
        found.extend(hash.map(|hash| start + hash..start + content.len()));
        start += line.len();
    }
    found
}

/// Whether `text[range]` can only be several JSON values one after another, and where each begins.
/// YAML has no such thing, Go's decoders do.
pub(super) fn json_values(text: &str, range: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let part = &text[range.clone()];
    let mut values = serde_json::Deserializer::from_str(part).into_iter::<serde::de::IgnoredAny>();
    let mut ranges = Vec::new();
    let mut start = 0;
    while let Some(value) = values.next() {
        value.ok()?;
        let end = values.byte_offset();
        ranges.push(range.start + start..range.start + end);
        start = end;
    }
    (ranges.len() > 1).then_some(ranges)
}

/// The JSON value that begins at `at`.
pub(super) fn json_value(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = serde_json::Deserializer::from_str(&text[at..]);
    let mut values = rest.into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    Some(at..at + values.byte_offset())
}

fn message(error: &ScanError) -> String {
    match error.kind() {
        ErrorKind::UnknownAnchor => {
            "this alias refers to an anchor that is not defined before it".to_owned()
        }
        ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed => {
            "a tab cannot indent YAML: use spaces".to_owned()
        }
        // The parser's own messages, as long as they contain no text of the input.
        ErrorKind::Custom(_) | ErrorKind::InputDecoding { .. } => "invalid YAML".to_owned(),
        kind => kind.to_string(),
    }
}

/// A character between the values of `text[range]` that ends a line to Go's readers (YAML 1.1, section 5.4) and none
/// to this parser (YAML 1.2.2, section 5.4). They read the text after it differently.
fn foreign_break(
    text: &str,
    range: &Range<usize>,
    trees: &[Tree<'_>],
) -> Option<(usize, &'static str)> {
    let is_quoted =
        |raw: &&Raw| matches!(raw.kind, NodeKind::Scalar(Scalar::Single | Scalar::Double));
    let mut quoted = trees.iter().flat_map(|tree| &tree.nodes).filter(is_quoted).peekable();
    // Both come in the order of the text.
    let mut in_quotes = |at: usize| {
        while quoted.next_if(|raw| raw.span.end as usize <= at).is_some() {}
        quoted.peek().is_some_and(|raw| raw.span.start as usize <= at)
    };
    let mut found = foreign_breaks(&text[range.clone()]).map(|at| range.start + at);
    let first = found.find(|&at| !in_quotes(at))?;
    Some((
        first,
        "kubectl and Helm read this character as a line break: remove it, or write it as an escape \
         (\\N, \\L or \\P) in double quotes",
    ))
}

/// What next lines (U+0085), and line separators and paragraph separators (U+2028, U+2029) begin with.
pub(super) const FOREIGN_BREAKS: [u8; 2] = [0xc2, 0xe2];

/// Where they are.
fn foreign_breaks(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let [next_line, separators] = FOREIGN_BREAKS;
    let found = memchr::memchr2_iter(next_line, separators, bytes);
    found.filter(|&at| is_foreign_break(&bytes[at..]))
}

/// Whether one of them is at the beginning of `bytes`.
pub(super) fn is_foreign_break(bytes: &[u8]) -> bool {
    matches!(bytes, [0xc2, 0x85, ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..])
}

/// The comment that begins at or right after `at`.
fn comment_at(text: &str, at: usize) -> Option<Range<usize>> {
    let hash = at + text[at..].find('#').filter(|&gap| gap <= 1)?;
    let end = text[hash..].find(['\r', '\n']).map_or(text.len(), |length| hash + length);
    Some(hash..end)
}

/// `text` with `parts` of it, which are in order, overwritten by as many spaces. Control characters stay, so that they
/// are refused in a comment as everywhere else.
fn blanked(text: &str, parts: &[Range<usize>]) -> String {
    let mut copy = String::with_capacity(text.len());
    let mut from = 0;
    for part in parts {
        copy.push_str(&text[from..part.start]);
        for character in text[part.clone()].chars() {
            match character {
                '\t' => copy.push(' '),
                control if control.is_control() => copy.push(control),
                other => copy.extend(std::iter::repeat_n(' ', other.len_utf8())),
            }
        }
        from = part.end;
    }
    copy + &text[from..]
}

fn attempt<'a>(
    text: &'a str,
    part: &str,
    range: &Range<usize>,
) -> Result<Vec<Tree<'a>>, ScanError> {
    let options = granit_parser::options! {
        bom_inside_document_as_content: true,
        block_nesting_limit: NESTING,
        flow_nesting_limit: NESTING,
    };
    let mut trees = Vec::new();
    let mut builder = Builder::new(text, range);
    for event in Parser::new_from_str_with_options(part, options) {
        let (event, span) = event?;
        let span = span.byte_range().unwrap_or_default();
        let span = Span::new(span.start + range.start, span.end + range.start);
        trees.extend(builder.take(event, span));
    }
    Ok(trees)
}

struct Builder<'a> {
    text: &'a str,
    part: Span,
    nodes: Vec<Raw>,
    decoded: Vec<(u32, Box<str>)>,
    /// Collections not yet closed.
    open: Vec<u32>,
    /// The node of each anchor of the document. The parser gives every anchor a number of its own.
    anchors: HashMap<usize, u32>,
    aliases: Vec<u32>,
    /// Where the node ends that was complete last.
    complete_to: u32,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, range: &Range<usize>) -> Self {
        Self {
            text,
            part: Span::new(range.start, range.end),
            nodes: Vec::with_capacity(range.len() / 16),
            decoded: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            aliases: Vec::new(),
            complete_to: 0,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Option<Tree<'a>> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref().map_or(Tag::None, tag_of);
                self.scalar(&value, style, span, tag);
                self.anchor(anchor);
            }
            Event::Alias(id) => {
                let target = self.anchors.get(&id).copied().unwrap_or(0);
                self.push(NodeKind::Alias, span, Tag::None);
                self.complete_to = span.end;
                self.last().target = target;
                self.aliases.push(self.next() - 1);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.as_deref().map_or(Tag::None, tag_of);
                self.begin(NodeKind::Sequence(style_of(style)), span, tag, anchor);
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.as_deref().map_or(Tag::None, tag_of);
                self.begin(NodeKind::Mapping(style_of(style)), span, tag, anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::DocumentEnd => return Some(self.finish()),
            _ => {}
        }
        None
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, span: Span, tag: Tag) {
        let (style, span) = match style {
            ScalarStyle::Plain if span.is_empty() => (Scalar::Plain, self.absent(span)),
            ScalarStyle::Plain => (Scalar::Plain, span),
            ScalarStyle::SingleQuoted => (Scalar::Single, span),
            ScalarStyle::DoubleQuoted => (Scalar::Double, span),
            // The span runs on into the indentation of the next line.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let length = self.text[span.range()].trim_end().len();
                (Scalar::Block, Span::new(span.start as usize, span.start as usize + length))
            }
        };
        let source = &self.text[span.range()];
        let plain = match style {
            Scalar::Single | Scalar::Double => source.get(1..source.len() - 1),
            // An empty value is reported as `~` of no length.
            Scalar::Plain if source.is_empty() => Some(value),
            Scalar::Plain | Scalar::Block => Some(source),
        };
        let (value, tag) = in_base64(value, tag);
        let decoded = plain != Some(&*value);
        if decoded {
            self.decoded.push((self.next(), value.into()));
        }
        self.push(NodeKind::Scalar(style), span, tag);
        self.complete_to = span.end;
        if decoded {
            self.last().value = ValueSource::Decoded;
        }
    }

    /// The place of an absent value. That of a key without a colon is reported where the text continues, beyond
    /// the document perhaps: it is after the key.
    fn absent(&self, span: Span) -> Span {
        if self.nodes.is_empty() || span.start < self.complete_to {
            return span;
        }
        let gap = &self.text[self.complete_to as usize..span.start as usize];
        let is_blank = gap.lines().all(|line| {
            let line = line.trim_start();
            line.is_empty() || line.starts_with('#')
        });
        if is_blank { Span::at(self.complete_to as usize) } else { span }
    }

    fn begin(&mut self, kind: NodeKind, span: Span, tag: Tag, anchor: usize) {
        self.open.push(self.next());
        self.push(kind, span, tag);
        self.anchor(anchor);
    }

    fn end(&mut self, span: Span) {
        let Some(at) = self.open.pop() else { return };
        let next = self.next();
        let first = self.nodes.get(at as usize + 1).map(|child| child.span.start);
        let last = self.last_child_end(at);
        let raw = &mut self.nodes[at as usize];
        raw.next = next;
        let flow =
            matches!(raw.kind, NodeKind::Mapping(Style::Flow) | NodeKind::Sequence(Style::Flow));
        if flow && !span.is_empty() {
            raw.span.end = span.end;
        } else {
            raw.span.start = first.unwrap_or(raw.span.start);
            raw.span.end = last.unwrap_or(raw.span.start).max(raw.span.start);
        }
        self.complete_to = raw.span.end;
    }

    /// The end of the last direct child of the collection at `at`, which is complete but for itself.
    fn last_child_end(&self, at: u32) -> Option<u32> {
        let mut end = None;
        let mut child = at as usize + 1;
        while child < self.nodes.len() {
            end = Some(self.nodes[child].span.end);
            child = self.nodes[child].next as usize;
        }
        end
    }

    fn finish(&mut self) -> Tree<'a> {
        self.open.clear();
        self.anchors.clear();
        let nodes = std::mem::take(&mut self.nodes);
        Tree {
            nodes,
            decoded: std::mem::take(&mut self.decoded),
            text: self.text,
            span: self.part,
            aliases: std::mem::take(&mut self.aliases),
            may_merge: true,
            paths: OnceCell::new(),
        }
    }

    fn anchor(&mut self, id: usize) {
        if id != 0 {
            let node = self.next() - 1;
            self.nodes[node as usize].anchored = true;
            self.anchors.insert(id, node);
        }
    }

    fn push(&mut self, kind: NodeKind, span: Span, tag: Tag) {
        let next = self.next() + 1;
        let value = ValueSource::AsWritten;
        let raw = Raw { span, next, target: 0, kind, tag, anchored: false, value };
        self.nodes.push(raw);
    }

    fn last(&mut self) -> &mut Raw {
        self.nodes.last_mut().expect("a node was pushed just before")
    }

    fn next(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a source below 4 GiB has fewer nodes")
    }
}

fn style_of(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Flow => Style::Flow,
        StructureStyle::Block => Style::Block,
    }
}

/// The value of a scalar that is written in base64, decoded as Go does; others as they are.
fn in_base64(value: &str, tag: Tag) -> (Cow<'_, str>, Tag) {
    if tag != Tag::Binary {
        return (value.into(), tag);
    }
    match base64::decode(value.as_bytes(), Encoding::Padded) {
        // What is not UTF-8 becomes U+FFFD on the way to JSON.
        Ok(bytes) => (String::from_utf8_lossy(&bytes).into_owned().into(), tag),
        Err(_) => (value.into(), Tag::NotBinary),
    }
}

/// What the tags of YAML's own types begin with.
const CORE: &str = "tag:yaml.org,2002:";

fn tag_of(tag: &granit_parser::Tag) -> Tag {
    if tag.original() == "!" {
        return Tag::Bare;
    }
    match tag.suffix_in_namespace(CORE).as_deref() {
        Some("merge") => Tag::Merge,
        Some("binary") => Tag::Binary,
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("int" | "float") => Tag::Number,
        _ => Tag::Other,
    }
}
