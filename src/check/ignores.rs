//! Findings that the manifests ask to ignore, by annotations and by comments, and those that a baseline knows.
//!
//! Nothing here decides what is a finding.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::baseline::Baseline;
use crate::finding::{self, Code, SuppressedBy};
use crate::inventory::{Inventory, Object};
use crate::source::{self, Source, Span};
use crate::yaml::layout::{line_end, line_start, next_line};

/// What a comment begins with, after its `#`.
const MARK: &str = "pullcreds: ignore";

/// Which findings a run may leave out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Suppressions<'e> {
    /// Whether annotations and comments of the manifests count.
    pub by_manifests: bool,
    /// Findings that are known.
    pub baseline: Option<&'e Baseline>,
}

/// An annotation or a comment that names findings to ignore.
pub(super) struct IgnoreRule<'c> {
    pub(super) by: SuppressedBy,
    /// Which source.
    pub(super) source: usize,
    /// Where its text is.
    pub(super) span: Span,
    /// The object that it is on, and the path of the annotations; none of a comment.
    pub(super) on: Option<(&'c Object<'c>, &'c str)>,
    /// The bytes in which a finding has to begin, for a comment.
    line: Span,
    pub(super) codes: Vec<&'static Code>,
    pub(super) reason: &'c str,
    /// Why it is not valid, if it is not.
    pub(super) wrong: Option<WrongIgnore>,
}

/// Why an annotation or a comment is not a valid suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongIgnore {
    /// It names no finding, or something else.
    Code,
    /// It gives no reason.
    Reason,
}

/// All annotations and comments of a run that name findings to ignore.
pub(super) struct Ignores<'c> {
    inventories: &'c [Inventory<'c>],
    sources: &'c [Source],
    rules: OnceCell<Rules<'c>>,
    /// Objects by the source and the byte of their names, if a comment asks.
    objects: OnceCell<BTreeMap<(usize, u32), &'c Object<'c>>>,
    /// The rules that were used, each with a code.
    used: BTreeSet<(usize, &'static str)>,
    /// The findings of the baseline that are left.
    known: BTreeMap<&'c str, usize>,
}

struct Rules<'c> {
    all: Vec<IgnoreRule<'c>>,
    /// Those on objects, by source, document and place.
    on_objects: BTreeMap<(u32, usize, &'c str), Vec<usize>>,
    /// Those in comments, by source and the first byte of the line that they are about.
    on_lines: BTreeMap<(usize, u32), usize>,
}

impl<'c> Ignores<'c> {
    pub(super) fn new(
        sources: &'c [Source],
        inventories: &'c [Inventory<'c>],
        baseline: Option<&'c Baseline>,
    ) -> Self {
        let known = baseline.map(Baseline::unused).unwrap_or_default();
        Self {
            inventories,
            sources,
            rules: OnceCell::new(),
            objects: OnceCell::new(),
            used: BTreeSet::new(),
            known,
        }
    }

    fn rules(&self) -> &Rules<'c> {
        self.rules.get_or_init(|| Rules::of(self.sources, self.inventories))
    }

    /// The rule that accepts a finding about an object that begins at `span`.
    pub(super) fn find(
        &mut self,
        code: &'static Code,
        object: &Object<'_>,
        span: Span,
    ) -> Option<(SuppressedBy, &'c str)> {
        let rules = self.rules.get_or_init(|| Rules::of(self.sources, self.inventories));
        let source = object.source as usize;
        let key = (object.source, object.document, object.place());
        let on_object = rules.on_objects.get(&key).into_iter().flatten().copied();
        let before = rules.on_lines.range((source, 0)..=(source, span.start)).next_back();
        let on_line = before.map(|(_, at)| *at).filter(|at| span.start < rules.all[*at].line.end);
        let accepts = |at: &usize| rules.all[*at].codes.contains(&code);
        let at = on_object.chain(on_line).find(accepts)?;
        self.used.insert((at, code.name));
        let rule = &rules.all[at];
        Some((rule.by, rule.reason))
    }

    /// Whether the baseline has a finding of this fingerprint left, and uses it up.
    pub(super) fn is_known(&mut self, fingerprint: &str) -> bool {
        let left = self.known.get_mut(fingerprint).filter(|left| **left > 0);
        left.is_some_and(|left| {
            *left -= 1;
            true
        })
    }

    /// How many findings of the baseline are left.
    pub(super) fn unknown(&self) -> usize {
        self.known.values().sum()
    }

    /// The rules that are not valid.
    pub(super) fn wrong(&self) -> impl Iterator<Item = (&IgnoreRule<'c>, WrongIgnore)> {
        self.rules().all.iter().filter_map(|rule| Some((rule, rule.wrong?)))
    }

    /// The codes that a valid rule names for nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&IgnoreRule<'c>, &'static Code)> {
        let rules = self.rules().all.iter().enumerate();
        let valid = rules.filter(|(_, rule)| rule.wrong.is_none());
        valid.flat_map(move |(at, rule)| {
            let unused =
                rule.codes.iter().filter(move |code| !self.used.contains(&(at, code.name)));
            unused.map(move |code| (rule, *code))
        })
    }

    /// An object of the document in which a byte of a source is: the nearest before it, or else after it.
    pub(super) fn object_at(&self, source: usize, offset: u32) -> Option<&'c Object<'c>> {
        let objects = self.objects.get_or_init(|| {
            let all = self.inventories.iter().flat_map(Inventory::objects);
            all.map(|object| ((object.source as usize, object.label.start), object)).collect()
        });
        let before = objects.range(..=(source, offset)).next_back();
        let after = objects.range((source, offset)..).next();
        let mut near = before.into_iter().chain(after).map(|(_, object)| *object);
        near.find(|object| {
            let is_in = object.chunk.start <= offset && offset < object.chunk.end;
            object.source as usize == source && is_in
        })
    }
}

impl<'c> Rules<'c> {
    fn of(sources: &'c [Source], inventories: &'c [Inventory<'c>]) -> Self {
        let mut all = Vec::new();
        let mut on_objects = BTreeMap::<_, Vec<usize>>::new();
        for ignore in inventories.iter().flat_map(|inventory| &inventory.ignores) {
            let object = &ignore.object;
            let key = (object.source, object.document, object.place());
            on_objects.entry(key).or_default().push(all.len());
            let text = ignore.text.trim();
            let (codes, reason) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            all.push(IgnoreRule {
                by: SuppressedBy::Annotation,
                source: object.source as usize,
                span: ignore.span,
                on: Some((object, &ignore.path)),
                line: Span::default(),
                ..IgnoreRule::of(codes, reason)
            });
        }
        let mut on_lines = BTreeMap::new();
        for (source, text) in sources.iter().enumerate().map(|(at, source)| (at, &*source.text)) {
            for comment in comments(text) {
                let rule = IgnoreRule { source, ..comment };
                on_lines.insert((source, rule.line.start), all.len());
                all.push(rule);
            }
        }
        Self { all, on_objects, on_lines }
    }
}

impl<'c> IgnoreRule<'c> {
    fn of(codes: &str, reason: &'c str) -> Self {
        let named: Vec<_> = codes.split(',').map(str::trim).collect();
        let codes: Vec<_> = named.iter().filter_map(|name| finding::find(name)).collect();
        let reason = reason.trim();
        let wrong = if codes.len() < named.len() {
            Some(WrongIgnore::Code)
        } else {
            reason.is_empty().then_some(WrongIgnore::Reason)
        };
        Self {
            by: SuppressedBy::Comment,
            source: 0,
            span: Span::default(),
            on: None,
            line: Span::default(),
            codes: if wrong.is_none() { codes } else { Vec::new() },
            reason,
            wrong,
        }
    }
}

/// The comments of a text that name findings to ignore. One on a line of its own is about the next line that is neither
/// empty nor a comment, another one about its own line.
fn comments(text: &str) -> impl Iterator<Item = IgnoreRule<'_>> {
    source::places_of(text, MARK).into_iter().filter_map(move |at| {
        let start = line_start(text, at);
        let before = text[start..at].trim_end_matches([' ', '\t']).strip_suffix('#')?;
        // In a value, a `#` needs a blank before it to begin a comment.
        if !(before.is_empty() || before.ends_with([' ', '\t'])) {
            return None;
        }
        let end = line_end(text, at);
        let said = &text[at + MARK.len()..end];
        let list = said.trim_start().strip_prefix('[').and_then(|list| list.split_once(']'));
        let (codes, reason) = list.unwrap_or(("", said));
        let line =
            if before.trim().is_empty() { next_content(text, end) } else { Span::new(start, end) };
        Some(IgnoreRule { span: Span::new(at, end), line, ..IgnoreRule::of(codes, reason) })
    })
}

/// The first line after the one that ends at `end` that is neither empty nor a comment.
fn next_content(text: &str, end: usize) -> Span {
    let mut start = next_line(text, end);
    while start < text.len() {
        let end = line_end(text, start);
        let line = text[start..end].trim();
        if !(line.is_empty() || line.starts_with('#')) {
            return Span::new(start, end);
        }
        start = next_line(text, end);
    }
    Span::at(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line that the only comment is about, its codes and its reason.
    fn only(text: &str) -> Option<(&str, Vec<&str>, &str, Option<WrongIgnore>)> {
        let all: Vec<_> = comments(text).collect();
        assert!(all.len() < 2, "{text}");
        let rule = all.into_iter().next()?;
        let line = &text[rule.line.start as usize..rule.line.end as usize];
        let codes = rule.codes.iter().map(|code| code.name).collect();
        Some((line, codes, rule.reason, rule.wrong))
    }

    #[test]
    fn a_comment_is_about_its_own_line_or_the_next_one() {
        let both = vec!["missing-pull-secret", "repeated-key"];
        for (text, line) in [
            ("a: b  # pullcreds: ignore[missing-pull-secret, repeated-key] why\nc: d\n", 0),
            ("# pullcreds: ignore[missing-pull-secret,repeated-key] why\n\n# more\n  c: d\n", 3),
            ("a: b\r\n  #pullcreds: ignore [missing-pull-secret,repeated-key]   why \r\nc: d", 2),
            ("# pullcreds: ignore[missing-pull-secret,repeated-key] why\r\rc: d\r", 2),
        ] {
            let lines: Vec<_> = text.split(['\n', '\r']).collect();
            let lines: Vec<_> =
                if text.contains("\r\n") { text.split("\r\n").collect() } else { lines };
            assert_eq!(only(text), Some((lines[line], both.clone(), "why", None)), "{text:?}");
        }
        let last = only("# pullcreds: ignore[repeated-key] why").expect("it is one");
        assert_eq!(last.0, "");
    }

    #[test]
    fn what_is_no_comment_is_none() {
        for text in
            ["a#pullcreds: ignore[repeated-key] why", "a: pullcreds: ignore[repeated-key] x"]
        {
            assert_eq!(only(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_and_a_reason_are_needed() {
        for (text, wrong) in [
            ("a # pullcreds: ignore why", WrongIgnore::Code),
            ("a # pullcreds: ignore[] why", WrongIgnore::Code),
            ("a # pullcreds: ignore[repeated-keys] why", WrongIgnore::Code),
            ("a # pullcreds: ignore[repeated-key,*] why", WrongIgnore::Code),
            ("a # pullcreds: ignore[repeated-key why", WrongIgnore::Code),
            ("a # pullcreds: ignore[repeated-key]", WrongIgnore::Reason),
        ] {
            let (_, codes, _, found) = only(text).expect("it is one");
            assert_eq!((codes.len(), found), (0, Some(wrong)), "{text}");
        }
    }
}
