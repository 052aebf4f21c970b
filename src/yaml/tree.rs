//! One document as a flat vector of nodes in document order. The text stays in the source.

use std::cell::OnceCell;
use std::collections::{HashMap, hash_map};
use std::ops::Range;

use super::layout;
use super::resolve::{self, Type};
use super::value;
use crate::source::Span;
use crate::text::Text;

/// The key that brings in other mappings.
pub(super) const MERGE: &str = "<<";

/// How a collection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// By indentation.
    Block,
    /// In brackets.
    Flow,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Without quotes; an empty value is a plain scalar of no length.
    Plain,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
    /// As a literal (`|`) or folded (`>`) block.
    Block,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A string, number, boolean or null.
    Scalar(Scalar),
    /// Keys with values.
    Mapping(Style),
    /// Items.
    Sequence(Style),
    /// `*name`, which refers to the node that `&name` marks.
    Alias,
}

/// The tag of a node, as far as it changes what the node means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// `!`: a string, but for a merge key.
    Bare,
    /// `!!merge`, which makes a merge key of `<<`.
    Merge,
    /// `!!binary`: text in base64.
    Binary,
    /// `!!binary` on text that is not in base64.
    NotBinary,
    /// `!!null`.
    Null,
    /// `!!bool`.
    Bool,
    /// `!!int` or `!!float`.
    Number,
    /// `!!str`, or one that Go does not know: the scalar is a string whatever it looks like.
    Other,
}

/// One node. A mapping is followed by key, value, key, value; a sequence by its items.
pub(super) struct Raw {
    /// Without anchor and tag. Of a block collection: from its first child to the end of its last.
    pub(super) span: Span,
    /// One past the last node below this one.
    pub(super) next: u32,
    /// Of an alias: the node it refers to.
    pub(super) target: u32,
    pub(super) kind: NodeKind,
    pub(super) tag: Tag,
    pub(super) anchored: bool,
    pub(super) value: ValueSource,
}

/// How the value of a scalar comes from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueSource {
    /// It is the text, without quotes.
    AsWritten,
    /// It is kept in [`Tree::decoded`].
    Decoded,
    /// Plain or quoted text that [`value::flow`] reads: it has escape sequences, doubled quotes or several lines.
    Flow,
    /// The lines of a literal block, without indentation, with a line break at the end.
    Literal,
    /// The same without the last line break.
    LiteralStripped,
}

/// The nodes of one document of a source.
pub struct Tree<'a> {
    // Invariant: in document order, never empty.
    pub(super) nodes: Vec<Raw>,
    // Invariant: sorted by node; holds the value of each scalar whose text is not its value.
    pub(super) decoded: Vec<(u32, Box<str>)>,
    pub(super) text: &'a str,
    pub(super) span: Span,
    // Invariant: sorted; the nodes of kind `Alias`.
    pub(super) aliases: Vec<u32>,
    /// Whether a key may be a merge key.
    pub(super) may_merge: bool,
    pub(super) paths: OnceCell<Paths>,
}

/// How often the nodes of a document are reached through aliases.
pub(super) struct Paths {
    parents: Vec<u32>,
    /// For each node, on how many ways aliases lead to it directly.
    aliased: Vec<u64>,
}

impl Paths {
    fn of(tree: &Tree<'_>) -> Self {
        let aliased = vec![0; tree.nodes.len()];
        let mut paths = Self { parents: parents(&tree.nodes), aliased };
        // An alias is after what it names: what leads to it is complete once all later ones are counted.
        for &alias in tree.aliases.iter().rev() {
            let ways = paths.to(alias);
            let target = &mut paths.aliased[tree.nodes[alias as usize].target as usize];
            *target = target.saturating_add(ways);
        }
        paths
    }

    fn to(&self, node: u32) -> u64 {
        let (mut at, mut ways) = (node as usize, 1_u64);
        while at != 0 {
            ways = ways.saturating_add(self.aliased[at]);
            at = self.parents[at] as usize;
        }
        ways
    }
}

fn parents(nodes: &[Raw]) -> Vec<u32> {
    let mut parents = vec![0; nodes.len()];
    let mut open: Vec<u32> = Vec::new();
    for (at, parent) in (0_u32..).zip(parents.iter_mut()) {
        while open.last().is_some_and(|&top| nodes[top as usize].next <= at) {
            open.pop();
        }
        *parent = open.last().copied().unwrap_or(0);
        open.push(at);
    }
    parents
}

impl<'a> Tree<'a> {
    /// The document's root node.
    pub fn root(&self) -> Node<'_, 'a> {
        self.node(0)
    }

    /// The whole source that the document is a part of.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The bytes of the stream that belong to this document and its neighbours up to the next `---`.
    pub fn span(&self) -> Span {
        self.span
    }

    /// On how many ways the document's root leads to `node`, aliases included.
    ///
    /// A node that only its place in the text leads to has one; each alias to it or to something
    /// around it adds more. An edit of the node changes the document's data in that many places.
    pub fn paths_to(&self, node: Node<'_, 'a>) -> u64 {
        if self.aliases.is_empty() {
            return 1;
        }
        self.paths.get_or_init(|| Paths::of(self)).to(node.index)
    }

    pub(super) fn node(&self, index: u32) -> Node<'_, 'a> {
        Node { tree: self, index }
    }
}

/// A view of one node.
#[derive(Clone, Copy)]
pub struct Node<'t, 'a> {
    tree: &'t Tree<'a>,
    index: u32,
}

/// A key of a mapping with its value.
#[derive(Clone, Copy)]
pub struct Field<'t, 'a> {
    /// The key.
    pub key: Node<'t, 'a>,
    /// The value, an alias perhaps.
    pub value: Node<'t, 'a>,
    /// Whether a merge key (`<<`) brings it in from another mapping.
    pub merged: bool,
}

impl PartialEq for Node<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.index == other.index
    }
}

impl<'t, 'a> Node<'t, 'a> {
    /// What the node is.
    pub fn kind(self) -> NodeKind {
        self.raw().kind
    }

    /// Where it is, without its anchor and tag.
    pub fn span(self) -> Span {
        self.raw().span
    }

    /// The document it is in.
    pub fn tree(self) -> &'t Tree<'a> {
        self.tree
    }

    /// Whether it has an anchor (`&name`).
    pub fn is_anchored(self) -> bool {
        self.raw().anchored
    }

    /// Whether it has a tag (`!name`) that changes how Go reads it.
    pub fn is_tagged(self) -> bool {
        self.raw().tag != Tag::None
    }

    /// The node that an alias refers to; any other node is itself.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self.kind() {
            NodeKind::Alias => self.tree.node(self.raw().target),
            _ => self,
        }
    }

    /// Whether it is a mapping, or an alias of one.
    pub fn is_mapping(self) -> bool {
        matches!(self.resolved().kind(), NodeKind::Mapping(_))
    }

    /// Whether it is a null: empty, `~` or `null`.
    pub fn is_null(self) -> bool {
        self.scalar_type() == Some(Type::Null)
    }

    /// What a scalar is to Go's YAML reader; `None` for a collection.
    pub fn scalar_type(self) -> Option<Type> {
        let node = self.resolved();
        let NodeKind::Scalar(style) = node.kind() else { return None };
        Some(match node.raw().tag {
            Tag::Null => Type::Null,
            Tag::Bool => Type::Bool,
            Tag::Number => Type::Number,
            Tag::None if style == Scalar::Plain => match node.raw().value {
                ValueSource::AsWritten => resolve::plain(node.source()),
                // It has several lines.
                _ => Type::Text,
            },
            _ => Type::Text,
        })
    }

    /// The value of a scalar, decoded; `None` for a collection.
    pub fn scalar(self) -> Option<Text<'a>> {
        let node = self.resolved();
        let NodeKind::Scalar(style) = node.kind() else { return None };
        let text = match style {
            Scalar::Single | Scalar::Double => &node.source()[1..node.span().len() - 1],
            Scalar::Plain | Scalar::Block => node.source(),
        };
        Some(match node.raw().value {
            ValueSource::AsWritten => text.into(),
            ValueSource::Decoded => {
                let decoded = &self.tree.decoded;
                let at = decoded.binary_search_by_key(&node.index, |entry| entry.0).ok()?;
                decoded[at].1.to_string().into()
            }
            ValueSource::Flow => value::flow(text, style).into(),
            ValueSource::Literal => (node.lines() + "\n").into(),
            ValueSource::LiteralStripped => node.lines().into(),
        })
    }

    /// The lines of a literal block without their indentation, which is that of the first.
    fn lines(self) -> String {
        let text = self.tree.text;
        let start = self.span().start as usize;
        let indent = start - layout::line_start(text, start);
        let mut lines = String::with_capacity(self.span().len());
        for (number, line) in self.source().split('\n').enumerate() {
            if number > 0 {
                lines.push('\n');
            }
            let skipped = if number == 0 { 0 } else { indent };
            let line = line.strip_suffix('\r').unwrap_or(line);
            lines.push_str(line.get(skipped..).unwrap_or_default());
        }
        lines
    }

    /// The value of a scalar that is a string to Go's YAML reader, decoded; `None` for anything else.
    pub fn string(self) -> Option<Text<'a>> {
        (self.scalar_type()? == Type::Text).then(|| self.scalar())?
    }

    /// The items of a sequence, or of the one that an alias refers to; else nothing.
    pub fn items(self) -> impl Iterator<Item = Node<'t, 'a>> {
        let node = self.resolved();
        node.children(matches!(node.kind(), NodeKind::Sequence(_)))
    }

    /// The keys and values of a mapping, or of the one that an alias refers to, as written; else nothing.
    pub fn entries(self) -> impl Iterator<Item = (Node<'t, 'a>, Node<'t, 'a>)> {
        let node = self.resolved();
        let mut children = node.children(matches!(node.kind(), NodeKind::Mapping(_)));
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The value that Go reads for `key`: of two equal keys the last, and a merge key overrides what is
    /// before it (`gopkg.in/yaml.v2` decode.go, `mapping` and `merge`). Aliases are resolved.
    pub fn get(self, key: &str) -> Option<Node<'t, 'a>> {
        self.field(key).map(|field| field.value.resolved())
    }

    /// The same with its key, and with the value as written.
    pub fn field(self, key: &str) -> Option<Field<'t, 'a>> {
        let mut found = None;
        for (entry, value) in self.entries() {
            if self.tree.may_merge && entry.is_merge_key() {
                return self.field_through_merges(key);
            }
            if entry.is(key) {
                found = Some(Field { key: entry, value, merged: false });
            }
        }
        found
    }

    fn field_through_merges(self, key: &str) -> Option<Field<'t, 'a>> {
        let mut origins = vec![KeyOrigin::Mapping(self)];
        let mut merged = false;
        loop {
            match origins.pop()? {
                KeyOrigin::Field(field) => return Some(field),
                KeyOrigin::Mapping(mapping) => mapping.origins_of(key, merged, &mut origins),
            }
            merged = true;
        }
    }

    /// Every key of a mapping with the value that Go reads for it, those of merge keys included, in the order in which
    /// the keys first appear. What is no scalar as a key is left out.
    pub fn members(self) -> Vec<Field<'t, 'a>> {
        let mut found: Vec<Field<'t, 'a>> = Vec::new();
        let mut places: HashMap<Text<'a>, usize> = HashMap::new();
        let mut next: Vec<PendingEntry<'t, 'a>> = Vec::new();
        PendingEntry::push_all(self, false, &mut next);
        while let Some(PendingEntry { key, value, merged }) = next.pop() {
            if key.is_merge_key() {
                // Of a list the first decides, so it comes last.
                for mapping in value.items() {
                    PendingEntry::push_all(mapping, true, &mut next);
                }
                PendingEntry::push_all(value, true, &mut next);
            } else if let Some(name) = key.scalar() {
                let field = Field { key, value, merged };
                match places.entry(name) {
                    hash_map::Entry::Occupied(place) => found[*place.get()] = field,
                    hash_map::Entry::Vacant(place) => {
                        place.insert(found.len());
                        found.push(field);
                    }
                }
            }
        }
        found
    }

    /// The value at the end of `path`, if each step is there.
    pub fn at(self, path: &[&str]) -> Option<Node<'t, 'a>> {
        path.iter().try_fold(self.resolved(), |node, key| node.get(key))
    }

    /// Whether this node, as a key, is a merge key.
    pub fn is_merge_key(self) -> bool {
        let NodeKind::Scalar(style) = self.kind() else { return false };
        match self.raw().tag {
            Tag::None => style == Scalar::Plain && self.source() == MERGE,
            Tag::Bare | Tag::Merge => self.is(MERGE),
            _ => false,
        }
    }

    /// Its text in the source.
    pub fn source(self) -> &'a str {
        &self.tree.text[self.span().range()]
    }

    /// Puts on top of `origins` where this mapping has `key` from: what decides first comes last.
    fn origins_of(self, key: &str, merged: bool, origins: &mut Vec<KeyOrigin<'t, 'a>>) {
        let from = origins.len();
        for (entry, value) in self.entries() {
            if entry.is_merge_key() {
                let first = origins.len();
                origins.extend(value.items().map(KeyOrigin::Mapping));
                origins[first..].reverse();
                origins.extend(value.is_mapping().then_some(KeyOrigin::Mapping(value)));
            } else if entry.is(key) {
                origins.truncate(from);
                origins.push(KeyOrigin::Field(Field { key: entry, value, merged }));
            }
        }
    }

    /// Whether its scalar value is `text`.
    pub fn is(self, text: &str) -> bool {
        let node = self.resolved();
        if node.raw().value != ValueSource::AsWritten {
            return node.scalar().is_some_and(|value| value == text);
        }
        let quote = match node.kind() {
            NodeKind::Scalar(Scalar::Single | Scalar::Double) => 1,
            NodeKind::Scalar(_) => 0,
            _ => return false,
        };
        let Range { start, end } = node.span().range();
        end - start == text.len() + 2 * quote
            && self.tree.text.as_bytes()[start + quote..end - quote] == *text.as_bytes()
    }

    fn children(self, any: bool) -> impl Iterator<Item = Node<'t, 'a>> {
        let end = if any { self.raw().next } else { 0 };
        let mut at = self.index + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let child = self.tree.node(at);
            at = child.raw().next;
            Some(child)
        })
    }

    fn raw(self) -> &'t Raw {
        &self.tree.nodes[self.index as usize]
    }
}

/// An entry of a mapping that is still to be looked at.
struct PendingEntry<'t, 'a> {
    key: Node<'t, 'a>,
    value: Node<'t, 'a>,
    merged: bool,
}

impl<'t, 'a> PendingEntry<'t, 'a> {
    /// Puts the entries of a mapping on top of `next`, the first uppermost.
    fn push_all(mapping: Node<'t, 'a>, merged: bool, next: &mut Vec<Self>) {
        let from = next.len();
        next.extend(mapping.entries().map(|(key, value)| Self { key, value, merged }));
        next[from..].reverse();
    }
}

/// Where a mapping may have a key from.
enum KeyOrigin<'t, 'a> {
    /// It is this one.
    Field(Field<'t, 'a>),
    /// This mapping, if it has it.
    Mapping(Node<'t, 'a>),
}

/// Whether every reader reads this plain scalar as a string, and none as a null, a boolean, a number or a date.
pub(crate) fn is_plain_string(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => !is_number(text),
        _ => !matches!(
            text,
            "~" | "null"
                | "Null"
                | "NULL"
                | "true"
                | "True"
                | "TRUE"
                | "false"
                | "False"
                | "FALSE"
                | "yes"
                | "Yes"
                | "YES"
                | "no"
                | "No"
                | "NO"
                | "on"
                | "On"
                | "ON"
                | "off"
                | "Off"
                | "OFF"
                | "y"
                | "Y"
                | "n"
                | "N"
                | "<<"
                | "="
        ),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.replace('_', "");
    let bare = digits.trim_start_matches(['+', '-']);
    let radix = |prefix: &str, radix: u32| {
        bare.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|digit| digit.is_digit(radix)))
    };
    let float = || {
        bare.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
            && (bare.parse::<f64>().is_ok())
    };
    matches!(bare, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
        || radix("0x", 16)
        || radix("0o", 8)
        || radix("0b", 2)
        || float()
        || is_date(text)
        || is_sexagesimal(bare)
}

/// Dates are strings to sigs.k8s.io/yaml in the end, but quoting them costs nothing and other readers differ.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes[4..5] == *b"-"
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[5..].iter().all(|byte| byte.is_ascii_digit() || b"-:tTzZ .+".contains(byte))
}

/// YAML 1.1's numbers to the base of 60 (`1:30`), which some readers still know.
fn is_sexagesimal(text: &str) -> bool {
    text.contains(':')
        && text.split(':').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::{Type, read};
    use super::*;

    fn look<T: Default + Send>(text: &str, look: impl Fn(Node<'_, '_>) -> T + Sync) -> T {
        let take = |found: &mut T, _, tree: &Tree<'_>| *found = look(tree.root());
        let parts = read(text, |_, _| true, take).unwrap_or_else(|problem| panic!("{problem:?}"));
        parts.into_iter().map(|(_, found)| found).next().expect("there is a document")
    }

    /// The value of `a` as Go reads it.
    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let found =
            look(text, |root| root.get("a").and_then(Node::scalar).map(|text| text.to_string()));
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn the_last_that_has_a_key_decides_and_of_a_list_the_first() {
        check("<<: [{a: 1}, {a: 2}]\n", Some("1"));
        check("a: 3\n<<: [{b: 0}, {a: 1}]\n", Some("1"));
        check("<<: [{a: 1}]\na: 3\n", Some("3"));
        check("<<: {a: 1}\n<<: {a: 2}\n", Some("2"));
        check("<<: {a: 1}\n<<: {b: 2}\n", Some("1"));
        check("<<: {a: 1, <<: {a: 2}}\n", Some("2"));
        check("<<: {<<: {a: 2}, a: 1}\n", Some("1"));
        check("a: 4\n<<: [{<<: [{b: 1}, {a: 2}]}, {a: 3}]\nc: d\n", Some("2"));
        check("! \"<<\": {a: 1}\n", Some("1"));
        check("!!str <<: {a: 1}\n", None);
    }

    #[test]
    fn merge_keys_are_followed_as_deeply_as_they_go() {
        let deep = format!("{}a: 1{}\n", "<<: {".repeat(2_000), "}".repeat(2_000));
        let small = std::thread::Builder::new().stack_size(256 * 1024);
        let thread = small.spawn(move || check(&deep, Some("1"))).expect("a thread starts");
        thread.join().expect("it needs no stack");
    }

    #[track_caller]
    fn check_type(value: &str, expected: Type, string: Option<&str>) {
        let found = look(&format!("a: {value}\n"), |root| {
            let node = root.get("a")?;
            Some((node.scalar_type()?, node.string().map(|text| text.to_string())))
        });
        assert_eq!(found, Some((expected, string.map(str::to_owned))), "{value}");
    }

    #[test]
    fn tags_and_quotes_decide_what_a_scalar_is() {
        check_type("5", Type::Number, None);
        check_type("\"5\"", Type::Text, Some("5"));
        check_type("!!str 5", Type::Text, Some("5"));
        check_type("! 5", Type::Text, Some("5"));
        check_type("!x 5", Type::Text, Some("5"));
        check_type("!!int \"5\"", Type::Number, None);
        check_type("!!binary cmVnY3JlZA==", Type::Text, Some("regcred"));
        check_type("!!binary |\n  cmVn\n  Y3JlZA==\n", Type::Text, Some("regcred"));
        check_type("!!null \"\"", Type::Null, None);
        check_type("", Type::Null, None);
        check_type("!!str", Type::Text, Some(""));
        check_type("y", Type::Bool, None);
        check_type("2026-01-01", Type::Text, Some("2026-01-01"));
        check_type("|-\n  5\n", Type::Text, Some("5"));
    }
}
