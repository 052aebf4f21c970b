//! Paths of `JSONPath` (RFC 9535) into an object: names, indexes, wildcards and slices. They are read by a crate, and
//! evaluated on a tree of spans, so that every hit has its place in the text.
//!
//! Nothing here knows what stands at the end of a path. Aliases and merge keys are followed as `yaml` follows them,
//! which has refused a document where they lead nowhere or to too much.

use std::fmt::{self, Write as _};

use rsonpath_syntax::{Index, JsonPathQuery, Segment, Selector, Step as Stride};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::yaml::{Node, NodeKind};

/// Longer paths are refused: evaluating one takes a stack of its length.
const MOST_STEPS: usize = 64;

/// A path to some fields, from the root of an object or from the place of a pull site.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct FieldPath {
    /// Whether it is written from the root (`$.spec.image`), and not from the place of a site (`spec.image`).
    pub from_root: bool,
    steps: Box<[Step]>,
}

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The value of this key.
    Name(Box<str>),
    /// An item of a list, from 0, or from the end if negative: -1 is the last.
    Index(i64),
    /// Every item of a list, or every value of a mapping.
    Wildcard,
    /// Some items of a list.
    Slice(Slice),
}

impl Step {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// `start:end:step`, as RFC 9535 has it (section 2.3.4). Negative bounds count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    start: i64,
    /// `None`: up to the end, or for a negative step down to the first item.
    end: Option<i64>,
    step: i64,
}

/// Why a text is not a path that can be read here: what is wrong, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPath {
    /// What is wrong.
    pub what: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.help)
    }
}

impl TryFrom<String> for FieldPath {
    type Error = BadPath;

    fn try_from(text: String) -> Result<Self, BadPath> {
        Self::parse(&text)
    }
}

impl FieldPath {
    /// Reads `$.spec.pods[*].image`, or `spec.pods[*].image` for a path from the place of a site; `.` is that place
    /// itself.
    ///
    /// # Errors
    ///
    /// Why it is not such a path. Filters, descendants and several selectors in one pair of brackets are refused.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let from_root = text.starts_with('$');
        let below = text.strip_prefix('$').unwrap_or(text);
        let steps = match below {
            "" if from_root => Box::default(),
            "." if !from_root => Box::default(),
            _ => plain_names(below, from_root).map_or_else(|| steps(text, from_root), Ok)?,
        };
        if steps.len() > MOST_STEPS {
            let help = "name a place less deep";
            return Err(BadPath { what: "this path has more than 64 steps", help });
        }
        Ok(Self { from_root, steps })
    }

    /// The path to the value of a key from where it is.
    pub fn of_name(name: &str) -> Self {
        Self { from_root: false, steps: Box::new([Step::Name(name.into())]) }
    }

    /// The path of these keys from where it is.
    pub fn of_names(names: &[&str]) -> Self {
        let steps = names.iter().map(|name| Step::Name((*name).into())).collect();
        Self { from_root: false, steps }
    }

    /// The path of these steps from the root of an object.
    pub fn of_steps(steps: &[Step]) -> Self {
        Self { from_root: true, steps: steps.into() }
    }

    /// Whether it leads to one place at most.
    pub fn is_single(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_)))
    }

    /// Whether its first steps are all of `other`.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.steps.starts_with(&other.steps)
    }

    /// The path from the end of `other`, if its first steps are those of `other`; else the path itself.
    #[must_use]
    pub fn below_of(&self, other: &Self) -> Self {
        match self.steps.strip_prefix(&*other.steps) {
            Some(rest) => Self { from_root: false, steps: rest.into() },
            None => self.clone(),
        }
    }

    /// The same steps, from the place of a site.
    #[must_use]
    pub fn below(self) -> Self {
        Self { from_root: false, ..self }
    }

    /// The same steps, from the root of an object.
    #[must_use]
    pub fn from_the_root(self) -> Self {
        Self { from_root: true, ..self }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The names among its steps: all of it, if it has only names.
    pub fn names(&self) -> Vec<&str> {
        self.steps.iter().filter_map(Step::name).collect()
    }

    /// The path without its last step, and that step if it is a name.
    pub fn split_last(&self) -> Option<(Self, &str)> {
        let (last, before) = self.steps.split_last()?;
        let Step::Name(name) = last else { return None };
        Some((Self { from_root: self.from_root, steps: before.into() }, name))
    }

    /// The path up to the last step that is not a name, and the names after it.
    pub fn split_names(&self) -> (Self, Vec<&str>) {
        let last = self.steps.iter().rposition(|step| step.name().is_none());
        let from = last.map_or(0, |at| at + 1);
        let (before, after) = self.steps.split_at(from);
        let names = after.iter().filter_map(Step::name).collect();
        (Self { from_root: self.from_root, steps: before.into() }, names)
    }

    /// The path to the end of `other`, from the end of this one.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let steps = self.steps.iter().chain(&other.steps).cloned().collect();
        Self { from_root: self.from_root, steps }
    }

    /// Calls `visit` with everything that the path leads to from `node`, and with the way there, in the order of the
    /// document. `way` is the way to `node`, and the same afterwards.
    pub fn each<'t, 'a>(
        &self,
        node: Node<'t, 'a>,
        way: &mut Way,
        visit: &mut dyn FnMut(Node<'t, 'a>, &mut Way),
    ) {
        descend(&self.steps, node.resolved(), way, visit);
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut way = Way::default();
        for step in &self.steps {
            match step {
                Step::Name(name) if !is_shorthand(name) => way.quoted(name),
                Step::Name(name) => way.name(name),
                Step::Index(index) => way.brackets(index),
                Step::Wildcard => way.brackets(&'*'),
                Step::Slice(slice) => way.brackets(slice),
            }
        }
        match (self.from_root, way.text.as_str()) {
            (true, "") => f.write_str("$"),
            (true, text) if text.starts_with('[') => write!(f, "${text}"),
            (true, text) => write!(f, "$.{text}"),
            (false, "") => f.write_str("."),
            (false, text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.start)?;
        if let Some(end) = self.end {
            write!(f, "{end}")?;
        }
        if self.step == 1 { Ok(()) } else { write!(f, ":{}", self.step) }
    }
}

/// The steps of `name.name`, as nearly all paths are written, without the parser; `None` for any other path.
fn plain_names(below: &str, from_root: bool) -> Option<Box<[Step]>> {
    let names = if from_root { below.strip_prefix('.')? } else { below };
    names.split('.').map(|name| is_shorthand(name).then(|| Step::Name(name.into()))).collect()
}

/// Whether a name needs no brackets (`member-name-shorthand` of RFC 9535, of ASCII characters).
fn is_shorthand(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn steps(text: &str, from_root: bool) -> Result<Box<[Step]>, BadPath> {
    let whole = match (from_root, text.starts_with('[')) {
        (true, _) => text.to_owned(),
        (false, true) => format!("${text}"),
        (false, false) => format!("$.{text}"),
    };
    let query: JsonPathQuery = rsonpath_syntax::parse(&whole).map_err(|_| BadPath {
        what: "this is not a path of JSONPath",
        help: "write `.key`, `['key-with.signs']`, `[0]`, `[*]` or `[0:2]` one after the other, as in \
               `$.spec.containers[*].image`",
    })?;
    query.segments().iter().map(step).collect()
}

fn step(segment: &Segment) -> Result<Step, BadPath> {
    let help = "write out the way to the field, as in `$.spec.containers[*].image`";
    let Segment::Child(selectors) = segment else {
        return Err(BadPath { what: "`..` is not read here", help });
    };
    match selectors.as_slice() {
        [Selector::Name(name)] => Ok(Step::Name(name.unquoted().into())),
        [Selector::Wildcard] => Ok(Step::Wildcard),
        [Selector::Index(at)] => Ok(Step::Index(index(*at))),
        [Selector::Slice(slice)] => {
            let (start, end) = (index(slice.start()), slice.end().map(index));
            let step = match slice.step() {
                Stride::Forward(by) => i64::from(by),
                Stride::Backward(by) => -i64::from(rsonpath_syntax::num::JsonUInt::from(by)),
            };
            Ok(Step::Slice(Slice { start, end, step }))
        }
        [Selector::Filter(_)] => Err(BadPath { what: "filters are not read here", help }),
        _ => Err(BadPath {
            what: "several selectors in one pair of brackets are not read here",
            help: "write one path for each",
        }),
    }
}

fn index(index: Index) -> i64 {
    match index {
        Index::FromStart(at) => i64::from(at),
        Index::FromEnd(at) => -i64::from(rsonpath_syntax::num::JsonUInt::from(at)),
    }
}

impl Slice {
    /// The indexes of a list of `count` items, in the order of the slice.
    fn indexes(self, count: usize) -> impl Iterator<Item = usize> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let from_start = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
        let (first, bound) = if self.step >= 0 {
            (from_start(self.start).clamp(0, count), self.end.map_or(count, from_start).min(count))
        } else {
            (from_start(self.start).min(count - 1), self.end.map_or(-1, from_start).max(-1))
        };
        let step = self.step;
        let mut at = first;
        std::iter::from_fn(move || {
            let is_within = if step >= 0 { at < bound } else { at > bound };
            let found = usize::try_from(at).ok().filter(|_| is_within && step != 0)?;
            at = at.saturating_add(step);
            Some(found)
        })
    }
}

/// Goes on from a node along `steps`. A path has few of them, so that the stack is no matter.
fn descend<'t, 'a>(
    steps: &[Step],
    node: Node<'t, 'a>,
    way: &mut Way,
    visit: &mut dyn FnMut(Node<'t, 'a>, &mut Way),
) {
    let Some((step, rest)) = steps.split_first() else { return visit(node, way) };
    let mut go = |node: Node<'t, 'a>, way: &mut Way| descend(rest, node.resolved(), way, visit);
    match (step, node.kind()) {
        (Step::Name(name), NodeKind::Mapping(_)) => {
            if let Some(value) = node.get(name) {
                way.within(|way| way.name(name), |way| go(value, way));
            }
        }
        (Step::Wildcard, NodeKind::Mapping(_)) => {
            for field in node.members() {
                let name = field.key.scalar().unwrap_or_default();
                way.within(|way| way.name(&name), |way| go(field.value, way));
            }
        }
        (Step::Wildcard, NodeKind::Sequence(_)) => {
            for (at, item) in node.items().enumerate() {
                way.within(|way| way.brackets(&at), |way| go(item, way));
            }
        }
        (Step::Index(at), NodeKind::Sequence(_)) => {
            let at = usize::try_from(*at).ok().or_else(|| {
                node.items().count().checked_sub(usize::try_from(at.unsigned_abs()).ok()?)
            });
            if let Some((at, item)) = at.and_then(|at| Some((at, node.items().nth(at)?))) {
                way.within(|way| way.brackets(&at), |way| go(item, way));
            }
        }
        (Step::Slice(slice), NodeKind::Sequence(_)) => {
            let items: Vec<_> = node.items().collect();
            for at in slice.indexes(items.len()) {
                way.within(|way| way.brackets(&at), |way| go(items[at], way));
            }
        }
        _ => {}
    }
}

/// The way from one place of a document to another, as reports write it: `spec.pods[0].image`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    text: String,
}

impl Way {
    /// The way as text; empty if it leads nowhere.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it leads to the value of a key of the object, or to something in that.
    pub fn is_below(&self, key: &str) -> bool {
        let rest = self.text.strip_prefix(key);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Goes on to the value of a key.
    pub fn name(&mut self, name: &str) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_plain) {
            return self.quoted(name);
        }
        if !self.text.is_empty() {
            self.text.push('.');
        }
        self.text.push_str(name);
    }

    fn quoted(&mut self, name: &str) {
        self.text.push_str("['");
        for c in name.chars() {
            // A text takes in whatever is written.
            let _ = match c {
                '\\' | '\'' => write!(self.text, "\\{c}"),
                c if c.is_control() => write!(self.text, "\\u{:04x}", u32::from(c)),
                c => write!(self.text, "{c}"),
            };
        }
        self.text.push_str("']");
    }

    fn brackets(&mut self, inner: &dyn fmt::Display) {
        // A text takes in whatever is written.
        let _ = write!(self.text, "[{inner}]");
    }

    /// Goes a step on, does something there, and comes back.
    fn within(&mut self, go: impl FnOnce(&mut Self), there: impl FnOnce(&mut Self)) {
        let before = self.text.len();
        go(self);
        there(self);
        self.text.truncate(before);
    }

    /// The way to the value of a key from its end.
    #[must_use]
    pub fn with(&self, name: &str) -> Self {
        let mut way = self.clone();
        way.name(name);
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    /// What a path leads to: each way with the value.
    fn hits(path: &str, text: &str) -> Vec<String> {
        let path = FieldPath::parse(path).unwrap_or_else(|bad| panic!("{path}: {bad}"));
        let look = |found: &mut Vec<String>, _, tree: &yaml::Tree<'_>| {
            path.each(tree.root(), &mut Way::default(), &mut |node, way| {
                let value = node.scalar().unwrap_or_else(|| node.source().into());
                assert_eq!(&tree.text()[node.span().range()], node.source());
                found.push(format!("{}={}", way.as_str(), value.as_str()));
            });
        };
        let parts = yaml::read(text, |_, _| true, look).expect("it is YAML");
        parts.into_iter().flat_map(|(_, found)| found).collect()
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(hits(path, text), expected, "{path} in {text}");
    }

    #[test]
    fn names_indexes_wildcards_and_slices_lead_to_places() {
        let text = "spec: {pods: [{i: a}, {i: b}, {j: c}, {i: d}], x.y/z: {k: e}}\n";
        check(
            "$.spec.pods[*].i",
            text,
            &["spec.pods[0].i=a", "spec.pods[1].i=b", "spec.pods[3].i=d"],
        );
        check("spec.pods[-1].i", text, &["spec.pods[3].i=d"]);
        check("$.spec.pods[-9].i", text, &[]);
        check("$.spec.pods[1].i", text, &["spec.pods[1].i=b"]);
        check("$.spec.pods[:2].i", text, &["spec.pods[0].i=a", "spec.pods[1].i=b"]);
        check("$.spec.pods[::-2].i", text, &["spec.pods[3].i=d", "spec.pods[1].i=b"]);
        check("$.spec.pods[3:0:-1].i", text, &["spec.pods[3].i=d", "spec.pods[1].i=b"]);
        check("$.spec.pods[-2:].i", text, &["spec.pods[3].i=d"]);
        check("$.spec.pods[::0].i", text, &[]);
        check("$.spec['x.y/z'].k", text, &["spec['x.y/z'].k=e"]);
        check("$.spec.*.k", text, &["spec['x.y/z'].k=e"]);
        check("['spec']['x.y/z']['k']", text, &["spec['x.y/z'].k=e"]);
        check("$.spec[0]", text, &[]);
        check("$.spec.pods.i", text, &[]);
        check("$", "a: b\n", &["=a: b"]);
    }

    #[test]
    fn aliases_and_merge_keys_lead_where_go_reads_them() {
        let text = "x: &x {i: a, j: b}\ny: &y [*x, {i: c}]\nspec: {<<: *x, i: d, <<: {k: *y}}\n";
        check("$.spec.*", text, &["spec.i=d", "spec.j=b", "spec.k=[*x, {i: c}]"]);
        check("$.spec.k[*].i", text, &["spec.k[0].i=a", "spec.k[1].i=c"]);
        check("$.*", "a: 1\nb: 2\na: 3\n", &["a=3", "b=2"]);
        check("$.*", "i: 1\n<<: [{i: 2}, {i: 3, j: 4}]\n", &["i=2", "j=4"]);
    }

    #[test]
    fn what_is_not_such_a_path_is_refused_and_says_so() {
        for (text, what) in [
            ("", "not a path"),
            ("$.", "not a path"),
            ("$spec", "not a path"),
            ("$.spec.my-key", "not a path"),
            ("$.a[", "not a path"),
            ("$.{a,b}", "not a path"),
            ("$..image", "`..`"),
            ("$.a[?@.b]", "filters"),
            ("$['a','b']", "several selectors"),
        ] {
            let refused = FieldPath::parse(text).expect_err(text);
            assert!(refused.what.contains(what), "{text}: {refused}");
        }
        let long = format!("$.{}", vec!["a"; 65].join("."));
        assert!(FieldPath::parse(&long).is_err());
    }

    #[test]
    fn a_path_is_written_as_it_is_read() {
        for (text, written) in [
            ("$.spec.image", "$.spec.image"),
            ("$['spec']['a-b']", "$.spec['a-b']"),
            ("$[0].*['a.b']", "$[0][*]['a.b']"),
            ("$.a[1:-1:2]", "$.a[1:-1:2]"),
            ("spec.a", "spec.a"),
            (".", "."),
            ("$", "$"),
        ] {
            assert_eq!(FieldPath::parse(text).expect(text).to_string(), written);
        }
    }
}
