//! How two streams are joined into one.

use super::tree::{Node, NodeKind, Scalar};

const BYTE_ORDER_MARK: char = '\u{feff}';
const MARKER: &str = "---";

/// How a stream continues after another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joint {
    /// What has to be between them.
    pub between: &'static str,
    /// The number of bytes at the start of the second stream that mark its encoding, and must not be inside a stream.
    pub skipped: usize,
}

/// Why two streams cannot be joined without a change of their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severed {
    /// The second begins with a directive. Readers that cut streams at `---`, as those of Kubernetes do
    /// (`k8s.io/apimachinery/pkg/util/yaml`), would read it as the end of the first stream.
    Directive,
    /// The first ends in a block scalar that keeps its line breaks (`|+`), and has none at its end. One more would be
    /// part of its value to some readers (libyaml), while to others it is there already (go-yaml).
    Scalar,
}

/// How `after` continues after `before`.
///
/// # Errors
///
/// If the joined stream would have another meaning.
pub fn join(before: &str, after: &str) -> Result<Joint, Severed> {
    let rest = after.trim_start_matches(BYTE_ORDER_MARK);
    if begins_with_directive(rest) {
        return Err(Severed::Directive);
    }
    let is_open = !before.is_empty() && !before.ends_with('\n');
    if is_open && ends_in_kept_breaks(before) {
        return Err(Severed::Scalar);
    }
    let between = match (is_open, begins_with_marker(rest)) {
        (false, true) => "",
        (false, false) => "---\n",
        (true, true) => "\n",
        (true, false) => "\n---\n",
    };
    Ok(Joint { between, skipped: after.len() - rest.len() })
}

fn begins_with_directive(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.find(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    first.is_some_and(|line| line.starts_with('%'))
}

fn begins_with_marker(text: &str) -> bool {
    let rest = text.strip_prefix(MARKER);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether a stream ends in the text of a block scalar that keeps line breaks (YAML 1.2.2, 8.1.1.2).
fn ends_in_kept_breaks(text: &str) -> bool {
    let every = |_: &str, _: &str| true;
    let read = super::read(text, every, |kept: &mut bool, _, tree| {
        *kept = last_block(tree.root()).is_some_and(|last| {
            let end = last.span().end as usize;
            end == text.len() && keeps_breaks(&text[..last.span().start as usize])
        });
    });
    // The caller does not write invalid YAML.
    read.is_ok_and(|parts| parts.last().is_some_and(|(_, kept)| *kept))
}

/// Whether the header of a block scalar has a `+`, which is the last thing before its text.
fn keeps_breaks(before: &str) -> bool {
    let mut lines = before.trim_end_matches([' ', '\r', '\n']).lines();
    let header = lines.next_back().unwrap_or_default();
    let header = header.split_once(" #").map_or(header, |(header, _)| header);
    header.split_whitespace().next_back().is_some_and(|indicators| indicators.contains('+'))
}

fn last_block<'t, 'a>(node: Node<'t, 'a>) -> Option<Node<'t, 'a>> {
    match node.kind() {
        NodeKind::Scalar(Scalar::Block) => Some(node),
        NodeKind::Mapping(_) => node.entries().last().and_then(|(_, value)| last_block(value)),
        NodeKind::Sequence(_) => node.items().last().and_then(last_block),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: Result<&str, Severed>) {
        let joined = join(before, after)
            .map(|Joint { between, skipped }| format!("{before}{between}{}", &after[skipped..]));
        assert_eq!(joined.as_deref().map_err(|why| *why), expected, "{before:?} {after:?}");
    }

    #[test]
    fn a_marker_comes_between_where_there_is_none() {
        check("a: 1\n", "b: 2\n", Ok("a: 1\n---\nb: 2\n"));
        check("a: 1", "b: 2\n", Ok("a: 1\n---\nb: 2\n"));
        check("a: 1\n", "---\nb: 2\n", Ok("a: 1\n---\nb: 2\n"));
        check("a: 1", "--- {b: 2}\n", Ok("a: 1\n--- {b: 2}\n"));
        check("", "b: 2\n", Ok("---\nb: 2\n"));
        check("a: 1\n", "---b: 2\n", Ok("a: 1\n---\n---b: 2\n"));
        check("a: 1\n...\n", "# b\nb: 2\n", Ok("a: 1\n...\n---\n# b\nb: 2\n"));
        check("{}", "{}", Ok("{}\n---\n{}"));
    }

    #[test]
    fn a_byte_order_mark_is_for_the_start_of_a_stream_only() {
        check("\u{feff}a: 1\n", "\u{feff}b: 2\n", Ok("\u{feff}a: 1\n---\nb: 2\n"));
        check("a: 1\n", "\u{feff}---\nb: 2\n", Ok("a: 1\n---\nb: 2\n"));
    }

    #[test]
    fn a_directive_has_no_place_in_a_stream() {
        for after in
            ["%YAML 1.1\n---\nb: 2\n", "\u{feff}%TAG ! !\n---\n", "\n# c\n%YAML 1.2\n--- b\n"]
        {
            check("a: 1\n", after, Err(Severed::Directive));
        }
        check("a: 1\n", "b: |\n  %YAML\n", Ok("a: 1\n---\nb: |\n  %YAML\n"));
    }

    #[test]
    fn a_line_break_must_not_become_a_part_of_a_value() {
        for before in [
            "a: |+\n  text",
            "- >+\n  text",
            "--- |2+\n  text",
            "b: {}\n---\na:\n- |+ # all\n  text",
        ] {
            check(before, "b: 2\n", Err(Severed::Scalar));
            assert!(join(&format!("{before}\n"), "b: 2\n").is_ok());
        }
        for before in ["a: |\n  text", "a: |-\n  + text", "a: |+\n  text\n# end", "a: \"|+ text\""]
        {
            check(before, "b: 2\n", Ok(&format!("{before}\n---\nb: 2\n")));
        }
    }
}
