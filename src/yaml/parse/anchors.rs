//! Names of anchors that Go's reader and this one end at different places. Nothing here knows what they are names of.

use std::ops::Range;

use crate::yaml::tree::{NodeKind, Tree};

/// The first anchor or alias of `text[range]` whose name Go rejects or ends elsewhere, and why it is rejected here.
///
/// To Go (`yaml_parser_scan_anchor` in scannerc.go) a name is of letters, digits, `-` and `_`. YAML 1.2 (section 6.9.2)
/// takes any character in it but blanks and `[]{},`.
pub(super) fn refusal(
    text: &str,
    range: &Range<usize>,
    trees: &[Tree<'_>],
) -> Option<(usize, &'static str)> {
    // Few streams have any.
    let has_any = trees
        .iter()
        .any(|tree| !tree.aliases.is_empty() || tree.nodes.iter().any(|node| node.anchored));
    if !has_any {
        return None;
    }
    let nodes = trees.iter().flat_map(|tree| &tree.nodes);
    let scalars = nodes.filter(|node| matches!(node.kind, NodeKind::Scalar(_)));
    let scalars: Vec<_> = scalars.map(|node| node.span.range()).collect();
    let part = &text[range.clone()];
    let marks = memchr::memchr2_iter(b'&', b'*', part.as_bytes());
    let mut marks = marks.map(|at| range.start + at);
    let is_wrong = |at: &usize| {
        !has_plain_name(&text[at + 1..])
            && !is_in(&scalars, *at)
            && begins_token(text, *at)
            && !is_in_comment(text, *at, &scalars)
    };
    let first = marks.find(is_wrong)?;
    Some((first, "the name of an anchor can have letters, digits, `-` and `_` only"))
}

/// Whether the name at the start of `text` ends where Go ends it.
fn has_plain_name(text: &str) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = text.bytes().take_while(is_of_name).count();
    let end = text.as_bytes().get(length);
    length > 0 && end.is_none_or(|end| b" \t\r\n,]}".contains(end))
}

/// Whether a byte is in one of `ranges`, which are in the order of the text.
fn is_in(ranges: &[Range<usize>], at: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= at);
    ranges[..after].last().is_some_and(|range| at < range.end)
}

/// Whether a token can begin there: not in the middle of a tag.
fn begins_token(text: &str, at: usize) -> bool {
    at == 0 || b" \t\r\n[{,:".contains(&text.as_bytes()[at - 1])
}

fn is_in_comment(text: &str, at: usize, scalars: &[Range<usize>]) -> bool {
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |line| line + 1);
    let mut signs = text[start..at].match_indices('#').map(|(sign, _)| start + sign);
    signs.any(|sign| {
        let begins = sign == start || text[..sign].ends_with([' ', '\t']);
        begins && !is_in(scalars, sign)
    })
}

#[cfg(test)]
mod tests {
    use crate::yaml::parse;

    #[track_caller]
    fn check(text: &str, refused: Option<usize>) {
        let found = parse::documents(text, 0..text.len());
        let found = found.err().map(|failure| (failure.offset, failure.message));
        let (at, message) = found.unzip();
        assert_eq!(at, refused, "{text}");
        assert!(message.is_none_or(|message| message.contains("anchor")), "{text}");
    }

    #[test]
    fn a_name_that_go_ends_elsewhere_is_refused() {
        check("x: &a.b 1\n", Some(3));
        check("&a:\n- 1\n", Some(0));
        check("x: &a 1\ny: &\u{e9} 2\n", Some(11));
        check("x: &a@b 1\n", Some(3));
        check("x: [&a{}]\n", Some(4));
    }

    #[test]
    fn other_names_and_signs_are_none_of_its_business() {
        check("x: &a-b_C1 1\ny: *a-b_C1\n", None);
        check("x: [&a 1, *a, *a]\ny: {k: *a}\n", None);
        check("x: &a 'Q&A & b'\ny: \"*.b\"\n# R&D, &x.y\nz: 1 # *a.b\n", None);
        check("x: &a |\n  &b.c\n  *\ny: a &b.c\n", None);
        check("x: \"a # &b.c\" # &b.c\ny: &a 1\n", None);
    }
}
