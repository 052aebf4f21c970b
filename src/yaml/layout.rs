//! Where the lines of a YAML text begin and end, and what is on them: what new text has to follow.
//!
//! A line ends with a line feed, with a carriage return and a line feed, or with a carriage return alone (YAML 1.2.2,
//! section 5.4).

use super::{Node, NodeKind, Scalar, Style};

/// The blanks before `at`, if nothing else is before it on its line.
pub(crate) fn indentation(text: &str, at: usize) -> Option<&str> {
    let lead = &text[line_start(text, at)..at];
    lead.bytes().all(|byte| byte == b' ').then_some(lead)
}

/// The number of characters before `at` on its line.
pub(crate) fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().filter(|&character| character != '\u{feff}').count()
}

/// Where the key at `at` begins, with an anchor or a tag before it on its line.
pub(crate) fn key_start(text: &str, at: usize) -> usize {
    let lead = &text[line_start(text, at)..at];
    at - lead.trim_start_matches(['\u{feff}', ' ', '-']).len()
}

/// The start of the line of `at`.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    // Between a carriage return and its line feed no line begins.
    let before =
        if at > 0 && bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') { at - 1 } else { at };
    memchr::memrchr2(b'\n', b'\r', &bytes[..before]).map_or(0, |line| line + 1)
}

/// The end of the line of `at`, before its line ending.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end)
}

/// Where the line begins that follows the one that ends at `end`; the end of the text if there is none.
pub(crate) fn next_line(text: &str, end: usize) -> usize {
    let length = if text[end..].starts_with("\r\n") { 2 } else { 1 };
    (end + length).min(text.len())
}

/// The ending of the line of `at`, else that of the line before, else a line feed.
pub(crate) fn line_ending(text: &str, at: usize) -> &'static str {
    let bytes = text.as_bytes();
    let end = line_end(text, at);
    let end = if end < bytes.len() { end } else { line_start(text, at).saturating_sub(1) };
    match bytes.get(end..) {
        Some([b'\r', b'\n', ..]) => "\r\n",
        Some([b'\n', ..]) if bytes[..end].ends_with(b"\r") => "\r\n",
        Some([b'\r', ..]) => "\r",
        _ => "\n",
    }
}

/// The last line break in `gap` with all that is after it: what begins a line there.
pub(crate) fn lead(gap: &str) -> Option<&str> {
    let line = gap.rfind(['\n', '\r'])?;
    let is_two = gap[line..].starts_with('\n') && gap[..line].ends_with('\r');
    Some(&gap[line - usize::from(is_two)..])
}

/// How many blanks `text` begins with.
pub(crate) fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// The colon after a key, if nothing but blanks is between them.
pub(crate) fn colon(key: Node<'_, '_>) -> Option<usize> {
    let text = key.tree().text();
    let end = key.span().end as usize;
    let at = end + blanks(&text[end..]);
    text[at..].starts_with(':').then_some(at)
}

/// The first dash at or after `from`, after blanks, line breaks and comments only.
pub(crate) fn dash(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with('#') {
            at = line_end(text, at);
        } else {
            return trimmed.starts_with('-').then_some(at);
        }
    }
}

/// Whether the last thing that a node holds is a block scalar, whose text continues until something dedents.
pub(crate) fn ends_in_block_scalar(node: Node<'_, '_>) -> bool {
    last_nodes(node).any(|node| node.kind() == NodeKind::Scalar(Scalar::Block))
}

/// Whether the last thing that a node holds is a key without a value whose colon does not follow it, but is further
/// down perhaps (`? key`).
pub(crate) fn ends_in_open_key(node: Node<'_, '_>) -> bool {
    last_nodes(node).any(|node| {
        let is_block = node.kind() == NodeKind::Mapping(Style::Block);
        let last = node.entries().last().filter(|_| is_block);
        last.is_some_and(|(key, value)| value.span().is_empty() && colon(key).is_none())
    })
}

/// A node, the last thing in it, the last thing in that, and so on through what is written by indentation.
fn last_nodes<'t, 'a>(node: Node<'t, 'a>) -> impl Iterator<Item = Node<'t, 'a>> {
    std::iter::successors(Some(node), |node| match node.kind() {
        // A key may be the last thing, and have no value.
        NodeKind::Mapping(Style::Block) => {
            let (key, value) = node.entries().last()?;
            Some(if value.span().is_empty() { key } else { value })
        }
        NodeKind::Sequence(Style::Block) => node.items().last(),
        _ => None,
    })
}
