//! What may come before a document: directives and byte order marks, as Go's readers treat them.
//!
//! kubectl, Helm and Argo CD cut a stream before each `---` and read every part on its own (`k8s.io/apimachinery`,
//! `YAMLReader`), and of a part only the first document. So they reject a directive before the first `---`, ignore one
//! after `...`, and drop a byte order mark only where a part begins. `docs/limits.md` lists the differences that are left.

use std::ops::Range;

use super::parse::Failure;

pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Why Go rejects how the part `chunk` of a stream begins, if it does.
pub(super) fn refusal(text: &str, chunk: &Range<usize>) -> Option<Failure> {
    let part = &text[chunk.clone()];
    let fail = |at: usize, message: &str| {
        Some(Failure { offset: chunk.start + at, message: message.to_owned() })
    };
    let body = part.trim_start_matches(BYTE_ORDER_MARK);
    let mark = part.len() - body.len();
    if chunk.start == 0 {
        let line = lines(body).find(|(_, line)| !is_empty(line));
        if let Some((at, _)) = line.filter(|(_, line)| line.starts_with('%')) {
            return fail(
                mark + at,
                "kubectl, Helm and Argo CD reject a directive (%) at the start of a stream: remove this line",
            );
        }
    }
    let moved = "a byte order mark inside a stream: some readers drop it, others read it as a part of a key. Remove it";
    if chunk.start > 0 && mark > 0 {
        return fail(0, moved);
    }
    let content = body.strip_prefix("---")?.trim_start();
    content.starts_with(BYTE_ORDER_MARK).then(|| fail(part.len() - content.len(), moved))?
}

/// Moves each of the document markers at `markers` to the directives that belong to it: those after a `...`. No other
/// line that begins with `%` is certain to be one.
pub(super) fn with_directives(text: &str, markers: &mut [usize]) {
    let mut floor = 0;
    for marker in markers {
        let before = *marker;
        *marker = directives(text, floor, before).unwrap_or(before);
        floor = before;
    }
}

/// Where the directives begin that end at `marker`, if there are some.
fn directives(text: &str, floor: usize, marker: usize) -> Option<usize> {
    let mut has_directive = false;
    let mut at = marker;
    for line in text[floor..marker].split_inclusive('\n').rev() {
        if line.trim_end() == "..." {
            return has_directive.then_some(at);
        }
        has_directive |= line.starts_with('%');
        if !line.starts_with('%') && !is_empty(line) {
            return None;
        }
        at -= line.len();
    }
    None
}

/// The lines of `text`, and where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// Whether a line is blank, or a comment.
fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use crate::yaml::read;

    /// The byte where `text` is rejected, or how many documents it has.
    fn documents(text: &str) -> Result<usize, usize> {
        let parts = read(text, |_, _| true, |count: &mut usize, _, _| *count += 1);
        let parts = parts.map_err(|problem| problem.offset)?;
        Ok(parts.iter().map(|(_, count)| count).sum())
    }

    #[test]
    fn a_directive_before_the_first_document_is_rejected_as_go_does() {
        for directive in
            ["%YAML 1.1", "%YAML 1.2", "%YAML 1.1 # c", "%TAG ! tag:x,2000:", "%FOO bar", "%"]
        {
            for (before, at) in [("", 0), ("\n# c\n", 5), ("\u{feff}", 3)] {
                let text = format!("{before}{directive}\n---\na: 1\n---\nb: 1\n");
                assert_eq!(documents(&text), Err(at), "{text:?}");
            }
        }
        assert_eq!(documents("%a: 1\n"), Err(0));
    }

    #[test]
    fn a_directive_after_an_end_marker_belongs_to_the_next_document() {
        for text in [
            "a: 1\n...\n%YAML 1.1\n---\nb: 1\n---\nc: 1\n",
            "a: 1\n...\n# c\n\n%YAML 1.2\n%FOO\n# c\n---\nb: 1\n---\nc: 1\n",
            "a: 1\r\n...\r\n%TAG ! x\r\n---\r\nb: 1\r\n---\r\nc: 1\r\n",
        ] {
            assert_eq!(documents(text), Ok(3), "{text:?}");
        }
        // It needs the end marker, and a document.
        assert_eq!(documents("a: 1\n%YAML 1.1\n---\nb: 1\n"), Err(5));
        assert_eq!(documents("---\na: 1\n---\n%YAML 1.1\n---\nb: 1\n"), Err(13));
        assert!(documents("a: 1\n...\n%FOO x\n").is_err());
    }

    #[test]
    fn what_looks_like_a_directive_in_a_value_is_none() {
        assert_eq!(documents("a: 'b\n%YAML 1.1\n'\n---\nb: 1\n"), Ok(2));
        assert_eq!(documents("a: \"b\n%c\n\"\n---\nb: 1\n"), Ok(2));
        assert_eq!(documents("a: |\n  ...\n  %YAML 1.1\n---\nb: 1\n"), Ok(2));
        assert_eq!(documents("a: b\n %c\n---\nb: 1\n"), Ok(2));
    }

    #[test]
    fn a_byte_order_mark_begins_a_stream_and_nothing_else() {
        for text in [
            "\u{feff}a: 1\n",
            "\u{feff}---\na: 1\n",
            "\u{feff}# c\na: 1\n",
            "\u{feff}\u{feff}a: 1\n",
        ] {
            assert_eq!(documents(text), Ok(1), "{text:?}");
        }
        assert_eq!(documents("a: 1\n\u{feff}---\nb: 1\n"), Err(5));
        assert_eq!(documents("kind: A\n\u{feff}---\nkind: B\n"), Err(8));
        assert_eq!(documents("a: 1\n---\n\u{feff}b: 1\n"), Err(9));
        assert_eq!(documents("---\r\n\r\n\u{feff}kind: A\r\n"), Err(7));
        // It is a character of a key or a value to all readers.
        assert_eq!(documents("a: 1\n\u{feff}b: 1\n"), Ok(1));
        assert_eq!(documents("a: \"\u{feff}b\"\n"), Ok(1));
    }
}
