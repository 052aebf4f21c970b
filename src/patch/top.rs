//! A key at the top of a mapping, where comments stay with what they are about.

use super::Refusal;
use super::key::{InsertionPoint, after_value, flow_like, in_empty_braces, is_quoted};
use super::write::{BlockStyle, Flow, Manner};
use crate::source::Span;
use crate::yaml::layout::{colon, column, indentation, lead, line_end, line_ending, line_start};
use crate::yaml::{Field, Node, NodeKind, Style as Written};

/// A place for `key` in the mapping that is the value of `field`: on the line below the key of the mapping, or before
/// the closing brace. A null becomes a mapping.
///
/// # Errors
///
/// Why there is none.
pub fn top(field: Field<'_, '_>, key: &str) -> Result<InsertionPoint, Refusal> {
    match field.value.kind() {
        NodeKind::Mapping(Written::Block) => below(field, key),
        NodeKind::Mapping(Written::Flow) => before_closing(field.value, key),
        _ => in_null(field, key),
    }
}

fn refuse<T>(span: Span, why: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(span, why, "write the entry by hand"))
}

fn below(field: Field<'_, '_>, key: &str) -> Result<InsertionPoint, Refusal> {
    let text = field.key.tree().text();
    let first = field.value.entries().next().map(|(key, _)| key.span().start as usize);
    let indent = first.and_then(|first| indentation(text, first));
    let end = line_end(text, field.key.span().end as usize);
    let (Some(indent), Some(first)) = (indent, first) else {
        return refuse(field.value.span(), "its first key is not on a line of its own");
    };
    let eol = line_ending(text, end);
    let next = end + eol.len();
    if first < next || colon(field.key).is_none_or(|colon| colon >= end) {
        return refuse(field.key.span(), "its mapping does not begin on the next line");
    }
    if !is_blank(&text[next..line_start(text, first)]) {
        return refuse(field.value.span(), "an anchor or a tag is before its first key");
    }
    let step = column(text, first).saturating_sub(column(text, field.key.span().start as usize));
    let unit = " ".repeat(step.max(1));
    let block = BlockStyle { indent: indent.to_owned(), dashes: String::new(), unit, eol };
    let spot = InsertionPoint::of_key(Span::at(next), key, Manner::Block(block));
    Ok(InsertionPoint { before: indent.to_owned(), after: eol.to_owned(), ..spot })
}

/// Whether there are comments only on these lines.
fn is_blank(lines: &str) -> bool {
    lines
        .split(['\n', '\r'])
        .map(str::trim_start)
        .all(|line| line.is_empty() || line.starts_with('#'))
}

fn before_closing(mapping: Node<'_, '_>, key: &str) -> Result<InsertionPoint, Refusal> {
    let text = mapping.tree().text();
    let entries: Vec<_> = mapping.entries().collect();
    let (Some((first, _)), Some((_, last))) = (entries.first(), entries.last()) else {
        return Ok(in_empty_braces(mapping, key));
    };
    if last.span().is_empty() {
        return refuse(last.span(), "its last key has no value");
    }
    let flow = flow_like(*first);
    let gap = &text[mapping.span().start as usize + 1..first.span().start as usize];
    // Each key on a line of its own: so is the new one.
    let lead = lead(gap).filter(|_| gap.trim().is_empty());
    Ok(after_value(*last, flow, lead, key))
}

/// Puts a mapping in the place of a null.
fn in_null(field: Field<'_, '_>, key: &str) -> Result<InsertionPoint, Refusal> {
    let mut place = field.value.span();
    let mut before = "{".to_owned();
    if field.value.is_tagged() {
        return refuse(place, "this null has a tag");
    }
    if place.is_empty() {
        let Some(colon) = colon(field.key) else {
            return refuse(field.key.span(), "no colon follows this key");
        };
        place = Span::at(colon + 1);
        before.insert(0, ' ');
    }
    let style = Manner::Flow(Flow { json: is_quoted(field.key), spaced: true, lines: None });
    Ok(InsertionPoint {
        before,
        after: "}".to_owned(),
        ..InsertionPoint::of_key(place, key, style)
    })
}
