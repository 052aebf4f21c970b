//! A key at the end of a document, and a list that loses its items.

use super::key::{InsertionPoint, KeyValue, block, flow_like};
use super::write::{Flow, Manner};
use crate::edit::Edit;
use crate::source::Span;
use crate::yaml::layout::{
    colon, column, ends_in_block_scalar, key_start, lead, line_end, line_ending, next_line,
};
use crate::yaml::{Node, NodeKind, Style as Written};

/// A place for `key` with its value as the last of the document that is `root`, a mapping, or in the place of the one
/// that is there. In braces it is written as JSON.
pub fn end(root: Node<'_, '_>, key: &str) -> InsertionPoint {
    let old = root.entries().filter(|(found, _)| found.scalar().is_some_and(|found| found == key));
    match (root.kind(), old.last()) {
        (NodeKind::Mapping(Written::Flow), old) => in_braces(root, old, key),
        (_, Some(old)) => over(root, old, key),
        (_, None) => in_lines(root, key),
    }
}

/// The edit that leaves nothing of a list but `[]`; none if it has no item.
pub fn emptied(key: Node<'_, '_>, value: Node<'_, '_>) -> Option<Edit> {
    value.items().next()?;
    if value.kind() != NodeKind::Sequence(Written::Block) {
        return Some(Edit { place: value.span(), insert: "[]".into() });
    }
    let colon = colon(key)?;
    let place = Span::new(colon + 1, value.span().end as usize);
    Some(Edit { place, insert: " []".into() })
}

/// The blanks before the keys of a document.
fn indent(root: Node<'_, '_>) -> String {
    let text = root.tree().text();
    " ".repeat(column(text, key_start(text, root.span().start as usize)))
}

/// The old value is written again in its own lines: what follows them may be the end of the text.
fn over(root: Node<'_, '_>, (old, value): KeyValue<'_, '_>, key: &str) -> InsertionPoint {
    let text = root.tree().text();
    let eol = line_ending(text, line_end(text, old.span().end as usize));
    let after = colon(old).map_or(old.span().end as usize, |colon| colon + 1);
    let place = Span::new(old.span().start as usize, after.max(value.span().end as usize));
    InsertionPoint::of_key(place, key, Manner::Block(block(root, indent(root), eol)))
}

fn in_lines(root: Node<'_, '_>, key: &str) -> InsertionPoint {
    let text = root.tree().text();
    let eol = line_ending(text, line_end(text, root.span().end as usize));
    let indent = indent(root);
    let at = end_of_document(text, root.span().end as usize);
    let (at, before, after) = if text[..at].ends_with(['\n', '\r']) {
        (at, indent.clone(), eol.to_owned())
    } else if ends_in_block_scalar(root) {
        // A line break after it would become a part of its value.
        let start = key_start(text, root.span().start as usize);
        (start, String::new(), format!("{eol}{indent}"))
    } else {
        (at, format!("{eol}{indent}"), String::new())
    };
    let style = Manner::Block(block(root, indent, eol));
    InsertionPoint { before, after, ..InsertionPoint::of_key(Span::at(at), key, style) }
}

fn in_braces(root: Node<'_, '_>, old: Option<KeyValue<'_, '_>>, key: &str) -> InsertionPoint {
    let text = root.tree().text();
    let opening = root.span().start as usize + 1;
    let first = root.entries().next().map(|(key, _)| key);
    let lead = first.and_then(|key| {
        let gap = &text[opening..key.span().start as usize];
        lead(gap).filter(|_| gap.trim().is_empty())
    });
    let lines =
        lead.map(|lead| (lead.to_owned(), lead.trim_start_matches(['\r', '\n']).to_owned()));
    let spaced = first.is_none_or(|key| flow_like(key).spaced);
    let flow = Flow { json: true, spaced, lines };
    let last = root.entries().last().map_or(opening, |(_, value)| value.span().end as usize);
    let (place, before) = match old {
        Some((_, value)) => (value.span(), String::new()),
        None => (Span::at(last), format!(",{}", lead.unwrap_or(flow.blank()))),
    };
    let key = old.is_none().then(|| key.to_owned());
    InsertionPoint { place, before, key, style: Manner::Flow(flow), after: String::new() }
}

/// Where a document that ends at `from` makes room for another key: at the next marker, else at the end of the text.
/// What a block scalar keeps of the lines after it stays with it.
fn end_of_document(text: &str, from: usize) -> usize {
    let is_marker = |line: usize| {
        let line = text[line..].trim_start_matches('\u{feff}');
        line.starts_with("---") || line.starts_with("...")
    };
    // A block scalar ends where the next line begins.
    let mut at = from;
    while !(text[..at].ends_with(['\n', '\r']) && is_marker(at)) {
        let end = line_end(text, at);
        if end == text.len() {
            return end;
        }
        at = next_line(text, end);
    }
    at
}
