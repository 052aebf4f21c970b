//! Where a key can be added to a mapping that does not have it.

use super::Refusal;
use super::form::FormBuilder;
use super::value::NewValue;
use super::write::{BlockStyle, Flow, Manner};
use crate::edit::Edit;
use crate::say;
use crate::source::Span;
use crate::text::{Message, shown};
use crate::yaml::layout::{
    blanks, column, dash, ends_in_block_scalar, indentation, key_start, lead, line_end,
    line_ending, line_start,
};
use crate::yaml::{Node, NodeKind, Scalar, Style as Written};

/// A place for a key with its value, or for a value alone.
pub struct InsertionPoint {
    /// The bytes that are replaced, mostly none.
    pub(super) place: Span,
    /// What is written before.
    pub(super) before: String,
    /// The key.
    pub(super) key: Option<String>,
    /// The style of what is written.
    pub(super) style: Manner,
    /// What is written after.
    pub(super) after: String,
}

impl InsertionPoint {
    /// A place for a key that has nothing before it and nothing after it.
    pub(super) fn of_key(place: Span, key: &str, style: Manner) -> Self {
        Self {
            place,
            before: String::new(),
            key: Some(key.to_owned()),
            style,
            after: String::new(),
        }
    }

    /// The text of the key with a value.
    pub(super) fn draft(&self, value: &NewValue<'_>) -> FormBuilder {
        let mut draft = FormBuilder::default();
        draft.push(&self.before);
        match &self.key {
            Some(key) => self.style.pair(key, value, &mut draft),
            None => self.style.value(value, &mut draft),
        }
        draft.push(&self.after);
        draft
    }

    /// The edit that writes `value`, in which there is no gap for a name.
    pub fn edit(&self, value: &NewValue<'_>) -> Edit {
        Edit { place: self.place, insert: self.draft(value).text().into() }
    }
}

/// A key of a mapping with its value.
pub(super) type KeyValue<'t, 'a> = (Node<'t, 'a>, Node<'t, 'a>);

/// A key to be added.
#[derive(Clone, Copy)]
pub(super) struct Absent<'k> {
    pub(super) key: &'k str,
    /// The key that it is put before in block style, if there is one.
    pub(super) beside: &'k str,
    /// Whether a merge key brings its value in, which the new key has to come after.
    pub(super) hides: bool,
}

impl Absent<'_> {
    /// A place for it in `holder`.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) fn spot(self, holder: Node<'_, '_>) -> Result<InsertionPoint, Refusal> {
        match holder.kind() {
            NodeKind::Mapping(Written::Block) => self.in_lines(holder),
            _ => self.in_braces(holder),
        }
    }

    fn by_hand(self) -> Message {
        say!("add `{}` by hand", shown(self.key))
    }

    fn in_lines(self, holder: Node<'_, '_>) -> Result<InsertionPoint, Refusal> {
        let entries: Vec<_> = holder.entries().collect();
        has_clear_keys(&entries)?;
        let merge = entries.iter().rposition(|(key, _)| key.is_merge_key());
        if self.hides {
            self.is_not_overridden(&entries)?;
        }
        let after = &entries[merge.map_or(0, |at| at + 1)..];
        if let Some(start) = self.line(holder.tree().text(), after) {
            return Ok(before_line(holder, start, self.key));
        }
        match (entries.first(), merge) {
            (Some((key, _)), _) if is_complex(*key) => Err(Refusal::new(
                key.span(),
                "the keys of this mapping are written with `?`",
                say!("write the key without `?`, or {}", self.by_hand()),
            )),
            (_, Some(merge)) => self.below_merge(holder, entries[merge]),
            (Some((key, _)), None) => self.beside_dash(holder, *key),
            (None, None) => {
                Err(Refusal::new(holder.span(), "this mapping has no key", self.by_hand()))
            }
        }
    }

    fn is_not_overridden(self, entries: &[KeyValue<'_, '_>]) -> Result<(), Refusal> {
        let own = entries.iter().find(|(key, _)| key.scalar().is_some_and(|key| key == self.key));
        own.map_or(Ok(()), |(key, _)| {
            Err(Refusal::new(
                key.span(),
                "a merge key after it overrides this list, for Go's readers only",
                "move `<<` to the top of the mapping",
            ))
        })
    }

    /// The start of the line that the key is put before, so that comments stay with what they are about.
    fn line(self, text: &str, entries: &[KeyValue<'_, '_>]) -> Option<usize> {
        let lines: Vec<_> =
            entries.iter().filter_map(|(key, _)| Some((*key, own_line(text, *key)?))).collect();
        let commented = |start: usize| {
            let above = line_start(text, start.saturating_sub(1));
            text[above..start].trim_start().starts_with('#')
        };
        let free = || lines.iter().filter(|(_, start)| !commented(*start));
        let best = free().find(|(key, _)| key.source() == self.beside);
        let best = best.or_else(|| free().next_back()).or(lines.last());
        best.map(|(_, start)| *start)
    }

    /// Puts the key below a merge key that is the last entry.
    fn below_merge(
        self,
        holder: Node<'_, '_>,
        (key, value): KeyValue<'_, '_>,
    ) -> Result<InsertionPoint, Refusal> {
        let text = holder.tree().text();
        if ends_in_block_scalar(value) {
            let advice = say!("add a key after the merge key, or `{}` by hand", shown(self.key));
            return Err(Refusal::new(key.span(), "the merge key ends in a block scalar", advice));
        }
        let column = column(text, key_start(text, key.span().start as usize));
        let end = line_end(text, value.span().end as usize);
        let block = block(holder, " ".repeat(column), line_ending(text, end));
        let before = format!("{}{}", block.eol, block.indent);
        let style = Manner::Block(block);
        Ok(InsertionPoint { before, ..InsertionPoint::of_key(Span::at(end), self.key, style) })
    }

    /// Puts the key before the only one, which is after a dash.
    fn beside_dash(
        self,
        holder: Node<'_, '_>,
        key: Node<'_, '_>,
    ) -> Result<InsertionPoint, Refusal> {
        let text = holder.tree().text();
        let start = key.span().start as usize;
        let lead = &text[line_start(text, start)..start];
        if !lead.bytes().all(|byte| byte == b' ' || byte == b'-') {
            let advice = say!("put the key on a line of its own, or {}", self.by_hand());
            return Err(Refusal::new(key.span(), "other text is before this key", advice));
        }
        let eol = line_ending(text, line_end(text, start));
        let block = block(holder, " ".repeat(lead.len()), eol);
        let after = format!("{eol}{}", block.indent);
        let style = Manner::Block(block);
        Ok(InsertionPoint { after, ..InsertionPoint::of_key(Span::at(start), self.key, style) })
    }

    fn in_braces(self, holder: Node<'_, '_>) -> Result<InsertionPoint, Refusal> {
        let entries: Vec<_> = holder.entries().collect();
        // The brace of a pair in a list may be that of its key.
        let is_of_key =
            entries.first().is_some_and(|(key, _)| key.span().start == holder.span().start);
        if is_of_key || !holder.source().starts_with('{') {
            return Err(Refusal::new(holder.span(), "this mapping has no braces", self.by_hand()));
        }
        let merge = entries.iter().rposition(|(key, _)| key.is_merge_key());
        let next = merge.map_or(0, |at| at + 1);
        match entries.first() {
            None => Ok(in_empty_braces(holder, self.key)),
            Some((first, _)) if next == entries.len() => {
                Ok(after_value(entries[next - 1].1, flow_like(*first), None, self.key))
            }
            Some(_) => self.before_entry(holder, &entries, next),
        }
    }

    /// Puts the key before the entry `next`.
    fn before_entry(
        self,
        holder: Node<'_, '_>,
        entries: &[KeyValue<'_, '_>],
        next: usize,
    ) -> Result<InsertionPoint, Refusal> {
        let text = holder.tree().text();
        let mut from = holder.span().start as usize + 1;
        if next > 0 {
            let end = entries[next - 1].1.span().end as usize;
            from = end + text[end..].find(',').unwrap_or(0) + 1;
            if text[end..from].contains('#') {
                let key = entries[next].0.span();
                return Err(Refusal::new(key, "a comment is before this key", self.by_hand()));
            }
        }
        let gap = &text[from..entries[next].0.span().start as usize];
        // A comment keeps its place after the brace, and what has an anchor or a tag keeps it.
        let at = from + gap.len() - gap.trim_start().len();
        let lead = lead(&text[from..at]);
        let flow = flow_like(entries[0].0);
        let after = format!(",{}", lead.unwrap_or(flow.blank()));
        let lines = lead.filter(|_| flow.json && flow.spaced);
        let lines = lines.map(|lead| (lead.to_owned(), indent_unit(text, holder, lead)));
        let style = Manner::Flow(Flow { lines, ..flow });
        Ok(InsertionPoint { after, ..InsertionPoint::of_key(Span::at(at), self.key, style) })
    }
}

/// Refuses keys beside which a new key changes how the mapping is read. To Go a byte order mark within a stream takes a
/// column, and to others it is a part of the key; an empty key can begin on another line than its colon.
fn has_clear_keys(entries: &[KeyValue<'_, '_>]) -> Result<(), Refusal> {
    for (key, _) in entries {
        if key.source().starts_with('\u{feff}') {
            let why = "a byte order mark is before this key";
            return Err(Refusal::new(key.span(), why, "remove the byte order mark"));
        }
        if key.span().is_empty() {
            let why = "a key of this mapping is empty";
            return Err(Refusal::new(key.span(), why, "write `null` or `\"\"` for the empty key"));
        }
    }
    Ok(())
}

/// The line that begins at `start`, with a key of `holder`, moves down.
fn before_line(holder: Node<'_, '_>, start: usize, key: &str) -> InsertionPoint {
    let text = holder.tree().text();
    let indent = text[start..start + blanks(&text[start..])].to_owned();
    let eol = line_ending(text, start.saturating_sub(1));
    let before = indent.clone();
    let style = Manner::Block(block(holder, indent, eol));
    InsertionPoint {
        before,
        after: eol.to_owned(),
        ..InsertionPoint::of_key(Span::at(start), key, style)
    }
}

pub(super) fn in_empty_braces(holder: Node<'_, '_>, key: &str) -> InsertionPoint {
    let root = holder.tree().root();
    // A document without a key, such as `{}`, may be JSON as well.
    let json = looks_like_json(root)
        || serde_json::from_str::<serde::de::IgnoredAny>(root.source()).is_ok();
    let style = Manner::Flow(Flow { json, spaced: true, lines: None });
    InsertionPoint::of_key(Span::at(holder.span().start as usize + 1), key, style)
}

/// After the value of the last entry, with `lead` before the key if it is to be on a line of its own.
pub(super) fn after_value(
    last: Node<'_, '_>,
    flow: Flow,
    lead: Option<&str>,
    key: &str,
) -> InsertionPoint {
    let before = format!(",{}", lead.unwrap_or(flow.blank()));
    let place = Span::at(last.span().end as usize);
    InsertionPoint { before, ..InsertionPoint::of_key(place, key, Manner::Flow(flow)) }
}

/// The style of the lines of `holder`, whose keys have `indent` before them.
pub(super) fn block(holder: Node<'_, '_>, indent: String, eol: &'static str) -> BlockStyle {
    BlockStyle { indent, dashes: dash_indent(holder), unit: step(holder), eol }
}

/// The style of braces, as `key` is written in them: JSON if it is in double quotes, as every key is in JSON.
pub(super) fn flow_like(key: Node<'_, '_>) -> Flow {
    let json = is_quoted(key);
    Flow { json, spaced: !json || followed_by_blank(key), lines: None }
}

pub(super) fn is_quoted(key: Node<'_, '_>) -> bool {
    key.kind() == NodeKind::Scalar(Scalar::Double)
}

/// Whether a flow mapping, or the first in a sequence, has its keys in double quotes.
pub(super) fn looks_like_json(node: Node<'_, '_>) -> bool {
    let first = node.entries().next().map(|(key, _)| key);
    first.is_some_and(is_quoted)
}

fn followed_by_blank(key: Node<'_, '_>) -> bool {
    let text = key.tree().text();
    let after = text[key.span().end as usize..].trim_start();
    after.strip_prefix(':').is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether a key is written with `?`, which may be on a line before it.
fn is_complex(key: Node<'_, '_>) -> bool {
    // Other keys are on one line (YAML 1.2.2, section 7.4.2).
    if let NodeKind::Scalar(Scalar::Block)
    | NodeKind::Mapping(Written::Block)
    | NodeKind::Sequence(Written::Block) = key.kind()
    {
        return true;
    }
    let text = key.tree().text();
    let mut end = key.span().start as usize;
    loop {
        let start = line_start(text, end);
        let line = text[start..end].trim();
        let content = if line.starts_with('#') { "" } else { line };
        let content = content.split_once(" #").map_or(content, |(content, _)| content.trim_end());
        let mut marks = content.split_ascii_whitespace();
        // An anchor or a tag may be between the two.
        let is_property = |mark: &str| mark.starts_with(['&', '!']);
        match marks.clone().rfind(|mark| !is_property(mark)) {
            Some("?") => return marks.all(|mark| matches!(mark, "-" | "?") || is_property(mark)),
            None if start > 0 => end = start - 1,
            _ => return false,
        }
    }
}

/// One step of indentation: how much further the keys are than the line of the brace.
fn indent_unit(text: &str, holder: Node<'_, '_>, lead: &str) -> String {
    // A line of JSON may hold all objects of a cluster: it is read only if the mapping has several lines.
    let line = &text[line_start(text, holder.span().start as usize)..];
    let outer = &line[..blanks(line)];
    let inner = lead.trim_start_matches(['\r', '\n']);
    inner.strip_prefix(outer).filter(|unit| !unit.is_empty()).unwrap_or("  ").to_owned()
}

/// One step of indentation in this mapping: that of the first mapping in it, else two blanks.
fn step(holder: Node<'_, '_>) -> String {
    let text = holder.tree().text();
    let below =
        holder.entries().filter(|(_, value)| value.kind() == NodeKind::Mapping(Written::Block));
    let widths = below.filter_map(|(key, value)| {
        let (outer, inner) = (key.span().start as usize, value.span().start as usize);
        indentation(text, inner)?;
        column(text, inner).checked_sub(column(text, outer)).filter(|width| *width > 0)
    });
    " ".repeat(widths.take(1).next().unwrap_or(2))
}

/// The blanks that the dashes of block lists have more than their keys in this mapping.
fn dash_indent(holder: Node<'_, '_>) -> String {
    let text = holder.tree().text();
    let lists =
        holder.entries().filter(|(_, value)| value.kind() == NodeKind::Sequence(Written::Block));
    let widths = lists.filter_map(|(key, value)| {
        // From the line after the key: a list begins there, or further down after comments.
        let from = line_end(text, key.span().end as usize);
        let dash = dash(text, from).filter(|&dash| dash <= value.span().start as usize)?;
        indentation(text, dash)?;
        column(text, dash).checked_sub(column(text, key.span().start as usize))
    });
    " ".repeat(widths.take(1).sum())
}

/// The start of the line of a key that is on a line of its own, with an anchor or a tag perhaps.
fn own_line(text: &str, key: Node<'_, '_>) -> Option<usize> {
    let start = line_start(text, key.span().start as usize);
    let lead = &text[start..key.span().start as usize];
    let properties = lead.trim_start_matches(' ');
    let is_own = properties.is_empty() || properties.starts_with(['&', '!']);
    (is_own && !is_complex(key)).then_some(start)
}
