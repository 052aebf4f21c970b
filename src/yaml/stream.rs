//! A stream of documents: cut where only a document can begin, read in parallel, numbered.
//!
//! A line that begins with `---` and a blank or nothing can only begin a document, whatever is around
//! it (YAML 1.2.2, section 9.1.2), so a stream is cut there without reading it. What cannot matter to the
//! caller is never read.

use std::iter;
use std::ops::Range;

use memchr::memmem;
use rayon::prelude::*;

use super::prelude::BYTE_ORDER_MARK;
use super::tree::Tree;
use super::{lines, parse, prelude, scan};
use crate::source::{self, PARALLEL_BYTES};

/// Why a text is not a YAML stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The byte where reading stopped.
    pub offset: usize,
    /// What is wrong there, without any text of the input.
    pub message: String,
    /// The bytes that could not be read, up to the neighbouring document markers.
    pub chunk: Range<usize>,
}

/// Reads the documents of `text` and collects the results of `each`: it gets the results so far, the
/// ordinal of the document in this part, and the document. The parts come in order, each with the
/// number of documents before it.
///
/// Documents are counted from 0 as a YAML parser does: an explicit `---` begins one even if it stays empty, comments
/// before the first one do not. A document that plainly has a kind, and that is not `wanted` for this kind and this
/// text, is counted and not read.
///
/// # Errors
///
/// The first place where the text is not a YAML stream to Go.
pub fn read<'a, T: Default + Send>(
    text: &'a str,
    wanted: impl Fn(&str, &str) -> bool + Sync,
    each: impl Fn(&mut T, usize, &Tree<'a>) + Sync,
) -> Result<Vec<(usize, T)>, Problem> {
    read_by(text, Unwanted::Skipped, wanted, each)
}

/// The same, but a document that is not wanted is read too, to see whether it can be.
///
/// # Errors
///
/// The first place where the text is not a YAML stream to Go.
pub fn read_whole<'a, T: Default + Send>(
    text: &'a str,
    wanted: impl Fn(&str, &str) -> bool + Sync,
    each: impl Fn(&mut T, usize, &Tree<'a>) + Sync,
) -> Result<Vec<(usize, T)>, Problem> {
    read_by(text, Unwanted::Read, wanted, each)
}

/// What happens to a document that is not wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unwanted {
    Skipped,
    Read,
}

fn read_by<'a, T: Default + Send>(
    text: &'a str,
    unwanted: Unwanted,
    wanted: impl Fn(&str, &str) -> bool + Sync,
    each: impl Fn(&mut T, usize, &Tree<'a>) + Sync,
) -> Result<Vec<(usize, T)>, Problem> {
    let chunks = chunks(text);
    let read = |part: Result<ChunkResults<T>, Problem>, chunk: &Range<usize>| {
        let mut part = part?;
        let is_wanted =
            plain_kind(&text[chunk.clone()]).is_none_or(|kind| wanted(kind, &text[chunk.clone()]));
        match (is_wanted, unwanted) {
            (true, _) => part.take(text, chunk, &each)?,
            (false, Unwanted::Read) => part.take(text, chunk, &|_, _, _| ())?,
            // It is certainly one document.
            (false, Unwanted::Skipped) => part.documents += 1,
        }
        Ok(part)
    };
    let parts: Result<Vec<ChunkResults<T>>, Problem> = if text.len() < PARALLEL_BYTES {
        chunks.iter().fold(Ok(ChunkResults::default()), read).map(|part| vec![part])
    } else {
        // Every part is read, so that the first problem is the one that is reported.
        source::prepare_threads();
        let parts: Vec<_> = chunks.par_iter().fold(|| Ok(ChunkResults::default()), read).collect();
        parts.into_iter().collect()
    };
    let mut before = 0;
    let parts = parts?.into_iter().map(|part| {
        let first = before;
        before += part.documents;
        (first, part.found)
    });
    Ok(parts.collect())
}

/// Why Go refuses a text that is YAML, if it does: aliases without end, say. For texts that are read by other means.
pub fn refusal(text: &str) -> Option<Problem> {
    let parse::Failure { offset, message } = parse::refusal(text)?;
    Some(Problem { offset, message, chunk: 0..text.len() })
}

/// What some chunks held.
#[derive(Default)]
struct ChunkResults<T> {
    documents: usize,
    found: T,
}

impl<T> ChunkResults<T> {
    fn take<'a>(
        &mut self,
        text: &'a str,
        chunk: &Range<usize>,
        each: &impl Fn(&mut T, usize, &Tree<'a>),
    ) -> Result<(), Problem> {
        for tree in trees(text, chunk)? {
            each(&mut self.found, self.documents, &tree);
            self.documents += 1;
        }
        Ok(())
    }
}

fn trees<'a>(text: &'a str, chunk: &Range<usize>) -> Result<Vec<Tree<'a>>, Problem> {
    let problem = |failure: parse::Failure| Problem {
        offset: failure.offset,
        message: failure.message,
        chunk: chunk.clone(),
    };
    if let Some(failure) = prelude::refusal(text, chunk) {
        return Err(problem(failure));
    }
    if let Some(tree) = scan::document(text, chunk.clone()) {
        return Ok(vec![tree]);
    }
    let failure = match parse::documents(text, chunk.clone()) {
        Ok(trees) => return Ok(trees),
        Err(failure) => failure,
    };
    let Some(values) = json_values(text, chunk) else { return Err(problem(failure)) };
    let mut trees = Vec::new();
    for value in values {
        trees.extend(parse::documents(text, value).map_err(problem)?);
    }
    Ok(trees)
}

/// The JSON values of a chunk that holds several, after a document marker perhaps.
fn json_values(text: &str, chunk: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let part = &text[chunk.clone()];
    let body = part.strip_prefix(BYTE_ORDER_MARK).unwrap_or(part);
    let body = body.strip_prefix("---").unwrap_or(body).trim_start();
    if !body.starts_with('{') {
        return None;
    }
    parse::json_values(text, &(chunk.end - body.len()..chunk.end))
}

/// Cuts `text` before each line that can only begin a document, and before its directives.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let parts = source::in_parts(text, |part| markers(text, part));
    let has_directives = parts.iter().any(|(_, has_directives)| *has_directives);
    let mut markers: Vec<usize> = parts.into_iter().flat_map(|(markers, _)| markers).collect();
    if has_directives {
        prelude::with_directives(text, &mut markers);
    }
    let starts = iter::once(0).chain(markers.iter().copied());
    let ends = markers.iter().copied().chain([text.len()]);
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

/// Where lines begin in a part of `text` that can only begin a document, and whether another one may be a directive.
fn markers(text: &str, part: Range<usize>) -> (Vec<usize>, bool) {
    let mut markers = Vec::new();
    let mut has_directives = false;
    for at in lines::outermost(text.as_bytes(), part) {
        let line = &text.as_bytes()[at..];
        has_directives |= line.starts_with(b"%");
        if is_marker(line) {
            markers.push(at);
        }
    }
    (markers, has_directives)
}

/// A line without a byte order mark before it.
fn unmarked(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(line)
}

/// Whether a line is a document marker.
fn is_marker(line: &[u8]) -> bool {
    unmarked(line)
        .strip_prefix(b"---")
        .is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n')))
}

/// The `kind` of a chunk that is certainly one document whose kind is this plain word.
///
/// A quoted value may continue at column 0 and look like a `kind:` line, so nothing before it may open a quote
/// or a flow collection, and no other line may be another one in disguise.
fn plain_kind(chunk: &str) -> Option<&str> {
    const LINE: &str = "\nkind:";
    let bytes = chunk.as_bytes();
    let at = match chunk.strip_prefix("kind:") {
        Some(_) => LINE.len() - 1,
        None => memmem::find(bytes, LINE.as_bytes())? + LINE.len(),
    };
    // A directive may not be accepted.
    let opens =
        |byte: u8| matches!(byte, b'"' | b'\'' | b'{' | b'[' | b'|' | b'>' | b'&' | b'*' | b'%');
    if bytes[..at].iter().copied().any(opens) {
        return None;
    }
    let rest = &chunk[at..];
    let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    let line = &rest[..end];
    let value = line.split_once(" #").map_or(line, |(value, _)| value).trim();
    let word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // Text that is indented continues with the word, after empty lines too.
    let after = &rest.as_bytes()[end..];
    let next = after.iter().position(|byte| !byte.is_ascii_whitespace());
    let continues = next.is_some_and(|next| next > 0 && after[next - 1] != b'\n');
    let before = 0..at.saturating_sub(LINE.len());
    let (inside, after) = (before.end..at + end, at + end..bytes.len());
    let plain = line.starts_with([' ', '\t'])
        && word
        && !continues
        && (before.is_empty() || is_marker(bytes) || is_plain_line(bytes))
        && is_plain(bytes, before)
        && !has_odd_break(bytes, inside)
        && is_plain(bytes, after);
    plain.then_some(value)
}

/// Whether after the line feeds in this part of `text` only plain lines begin, and lines end with line feeds to every
/// reader.
fn is_plain(text: &[u8], part: Range<usize>) -> bool {
    let mut blocks = lines::blocks(text, part, |byte, next| {
        byte == b'\n' && next != b' ' || byte == b'\r' || !byte.is_ascii()
    });
    blocks.all(|block| {
        lines::outermost_in(text, block.clone()).all(|line| is_plain_line(&text[line..]))
            && !has_odd_break(text, block)
    })
}

/// Whether a line does not begin with what may be a key `kind`, a merge key, or the end of the document. Lines of
/// quoted values may begin with anything, and are then taken for it.
fn is_plain_line(line: &[u8]) -> bool {
    match line {
        [] | [b' ' | b'\n' | b'\r' | b'#', ..] => true,
        [b'-', ..] => !line.starts_with(b"---"),
        [first, ..] => first.is_ascii_alphanumeric() && !line.starts_with(b"kind"),
    }
}

/// Whether a line ends in this part of `text` otherwise than by a line feed to some reader.
fn has_odd_break(text: &[u8], part: Range<usize>) -> bool {
    let [next_line, separators] = parse::FOREIGN_BREAKS;
    let start = part.start;
    memchr::memchr3_iter(b'\r', next_line, separators, &text[part]).any(|at| {
        match &text[start + at..] {
            [b'\r', rest @ ..] => rest.first() != Some(&b'\n'),
            bytes => parse::is_foreign_break(bytes),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ordinal and the root's source text of every document of a wanted kind.
    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let gather = |found: &mut Vec<(usize, String)>, at, tree: &Tree<'_>| {
            found.push((at, tree.root().source().to_owned()));
        };
        let parts = read(text, |kind, _| kind != "Skipped", gather);
        let parts = parts.unwrap_or_else(|problem| panic!("{problem:?}"));
        let found = parts.iter().flat_map(|(before, found)| {
            found.iter().map(move |(at, text)| (before + at, text.as_str()))
        });
        let found: Vec<_> = found.collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_problem(text: &str, offset: usize) {
        let problem =
            read(text, |_, _| true, |(): &mut (), _, _| ()).expect_err("it is not a YAML stream");
        assert_eq!(problem.offset, offset, "{problem:?}");
    }

    #[test]
    fn a_large_stream_is_cut_where_a_small_one_is() {
        let document = "---\n# c\nkind: A\n--- b\na: |\n  ---\n ---\n----\n\u{feff}---\r\n---";
        for blanks in 0..8 {
            let part = format!("{document}{:blanks$}\n", "");
            let text = part.repeat(2 * PARALLEL_BYTES / part.len());
            let starts: Vec<_> = chunks(&text).iter().map(|chunk| chunk.start).collect();
            let of_one = chunks(&part);
            assert_eq!(of_one.len(), 4);
            let expected = text.match_indices(&part);
            let expected =
                expected.flat_map(|(at, _)| of_one.iter().map(move |chunk| at + chunk.start));
            assert_eq!(starts, expected.collect::<Vec<_>>());
            assert_eq!(chunks(&(text.clone() + "%A\n")).len(), starts.len());
        }
    }

    #[test]
    fn comments_before_the_first_marker_are_no_document() {
        check("", &[]);
        check("# Source: a\n", &[]);
        check("# Source: a\n---\na: 1\n", &[(0, "a: 1")]);
    }

    #[test]
    fn an_explicit_marker_begins_a_document_even_an_empty_one() {
        check("---\n---\n# c\n---\na: 1\n", &[(0, ""), (1, ""), (2, "a: 1")]);
        check("a: 1\n---\n", &[(0, "a: 1"), (1, "")]);
        check("---\r\na: 1\r\n--- \r\nb: 1\r\n", &[(0, "a: 1"), (1, "b: 1")]);
    }

    #[test]
    fn a_skipped_document_counts() {
        check("a: 1\n---\nkind: Skipped\nx: 1\n---\nb: 1\n", &[(0, "a: 1"), (2, "b: 1")]);
    }

    #[test]
    fn a_document_that_is_not_wanted_is_looked_at_if_all_of_a_stream_is_read() {
        let gather = |found: &mut Vec<usize>, at, _: &Tree<'_>| found.push(at);
        let whole = |text: &str| {
            let parts = read_whole(text, |kind, _| kind != "Skipped", gather);
            parts.map(|parts| parts.into_iter().flat_map(|(_, found)| found).collect::<Vec<_>>())
        };
        assert_eq!(whole("a: 1\n---\nkind: Skipped\nx: 1\n---\nb: 1\n"), Ok(vec![0, 2]));
        let broken = "a: 1\n---\nkind: Skipped\nx: [\n---\nb: 1\n";
        assert_eq!(whole(broken).map_err(|problem| problem.chunk), Err(5..28));
        check(broken, &[(0, "a: 1"), (2, "b: 1")]);
    }

    #[test]
    fn a_quoted_value_cannot_fake_a_kind() {
        let text = "a: 'x\nkind: Skipped\n'\n";
        check(text, &[(0, text.trim_end())]);
        check("kind: Other\n\"kind\": Skipped\n", &[(0, "kind: Other\n\"kind\": Skipped")]);
        for rest in [
            "\"kind\": A",
            "kind : A",
            "? kind\n: A",
            "<<: {kind: A}",
            "!!str kind: A",
            "  A",
            "\n \n  A",
        ] {
            let text = format!("kind: Skipped\n{rest}");
            check(&text, &[(0, &text)]);
        }
    }

    #[test]
    fn a_document_end_marker_begins_another_document() {
        check(
            "---\n...\na: 1\nkind: Skipped\n---\n",
            &[(0, ""), (1, "a: 1\nkind: Skipped"), (2, "")],
        );
        check("? kind\n: Other\nkind: Skipped\n", &[(0, "kind\n: Other\nkind: Skipped")]);
        check("a: 1\n...\nb: 1\n...\n---\nc: 1\n", &[(0, "a: 1"), (1, "b: 1"), (2, "c: 1")]);
    }

    #[test]
    fn json_values_may_follow_one_another() {
        check("{\"a\":1}\n{\"b\":[2]}{}\n", &[(0, "{\"a\":1}"), (1, "{\"b\":[2]}"), (2, "{}")]);
        check("---\n{\"a\":1} {\"b\":2}", &[(0, "{\"a\":1}"), (1, "{\"b\":2}")]);
    }

    #[test]
    fn a_comment_may_touch_a_quoted_value() {
        check("a: \"x\"#c\nb: 'y'# d\n", &[(0, "a: \"x\"#c\nb: 'y'")]);
        // What looks like one in a value is none.
        check(
            "a: |\n  \"x\"#c\nb: 'y\n  \"x\"#c'\nc: \"z\"#d\n",
            &[(0, "a: |\n  \"x\"#c\nb: 'y\n  \"x\"#c'\nc: \"z\"#d".trim_end_matches("#d"))],
        );
        check("a: [\"x\", \"y\"#c\n  ]\nb: \"z\"#d\n", &[(0, "a: [\"x\", \"y\"#c\n  ]\nb: \"z\"")]);
    }

    #[test]
    fn a_touching_comment_holds_no_control_characters() {
        for (text, at) in
            [("a: \"x\"#c\td\u{1}\n", 10), ("a: {#\u{1}\n  }\n", 5), ("a: 'x'#é\u{7f}\n", 9)]
        {
            check_problem(text, at);
        }
    }

    #[test]
    fn a_byte_order_mark_may_stand_before_a_document() {
        check("\u{feff}a: 1\n", &[(0, "a: 1")]);
        check("\u{feff}---\na: 1\n---\nb: 1\n", &[(0, "a: 1"), (1, "b: 1")]);
    }

    #[test]
    fn what_is_a_line_break_to_go_is_none_elsewhere() {
        for character in ['\u{85}', '\u{2028}', '\u{2029}'] {
            check_problem(&format!("# {character}a: 1\n"), 2);
            check_problem(&format!("kind: Skipped\na: |\n  b{character}c\n"), 22);
            check(&format!("a: 'b{character}c'\n"), &[(0, &format!("a: 'b{character}c'"))]);
        }
        let text = "kind: Skipped\r\na: 1\rkind: A\r\n";
        check(text, &[(0, text.trim_end())]);
    }

    #[test]
    fn a_problem_is_placed_in_the_whole_stream() {
        check_problem("a: 1\n---\nb: [\n", 12);
        check_problem("a: *b\n", 3);
    }
}
