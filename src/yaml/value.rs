//! The values of scalars, from their text: quotes, escape sequences, lines that are folded (YAML 1.2.2, chapters 7.3, 8.1
//! and 5.7). Where a scalar begins and ends is for others to say.

use super::tree::Scalar;

/// How the lines of a block scalar end (YAML 1.2.2, section 8.1.1.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chomping {
    /// `-`: without a line break.
    Strip,
    /// With one.
    Clip,
    /// `+`: with all that are there.
    Keep,
}

/// The value of plain or quoted text, without its quotes, over one line or several.
pub(super) fn flow(text: &str, style: Scalar) -> String {
    let mark = match style {
        Scalar::Double => '\\',
        Scalar::Single => '\'',
        Scalar::Plain | Scalar::Block => '\n',
    };
    let mut value = String::with_capacity(text.len());
    // Blanks before a line break go, but for those that are written as escapes.
    let mut fixed = 0;
    let mut rest = text;
    while let Some(at) = rest.find([mark, '\n']) {
        value.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match (rest.as_bytes()[at], style) {
            (b'\n', _) => {
                let kept = value[fixed..].trim_end_matches([' ', '\t', '\r']).len();
                value.truncate(fixed + kept);
                let (breaks, rest) = empty_lines(after);
                push_fold(&mut value, breaks);
                rest
            }
            (_, Scalar::Double) => escaped(&mut value, after),
            _ => {
                value.push(mark);
                after.strip_prefix(mark).unwrap_or(after)
            }
        };
        fixed = value.len();
    }
    value + rest
}

/// Reads what follows a backslash, and gives the rest.
fn escaped<'t>(value: &mut String, after: &'t str) -> &'t str {
    if let Some(next) = after.strip_prefix('\n').or_else(|| after.strip_prefix("\r\n")) {
        let (breaks, rest) = empty_lines(next);
        value.extend(std::iter::repeat_n('\n', breaks));
        return rest;
    }
    let Some((character, length)) = escape(after.as_bytes()) else { return after };
    value.push(character);
    &after[length..]
}

/// How many lines without content `text` begins with, and what follows them and the blanks after them.
fn empty_lines(text: &str) -> (usize, &str) {
    let mut rest = text;
    let mut breaks = 0;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r']);
        let Some(next) = rest.strip_prefix('\n') else { return (breaks, rest) };
        rest = next;
        breaks += 1;
    }
}

/// Joins two lines with so many empty ones between them.
fn push_fold(value: &mut String, breaks: usize) {
    if breaks == 0 {
        value.push(' ');
    }
    value.extend(std::iter::repeat_n('\n', breaks));
}

/// The character of the escape sequence that `text`, which follows a backslash, begins with, and its length. Two `\u`
/// that are a surrogate pair are one, as in JSON.
pub(super) fn escape(text: &[u8]) -> Option<(char, usize)> {
    let character = match text.first()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'n' => '\n',
        b'r' => '\r',
        b't' | b'\t' => '\t',
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'e' => '\x1b',
        b' ' => ' ',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        b'x' => return Some((char::from_u32(digits(text, 2)?)?, 3)),
        b'U' => return Some((char::from_u32(digits(text, 8)?)?, 9)),
        b'u' => return short(text),
        _ => return None,
    };
    Some((character, 1))
}

/// The character of `uXXXX`, or of `uXXXX\uXXXX`.
fn short(text: &[u8]) -> Option<(char, usize)> {
    const LENGTH: usize = 5;
    let high = digits(text, 4)?;
    if let Some(character) = char::from_u32(high) {
        return Some((character, LENGTH));
    }
    let second = text.get(LENGTH..)?.strip_prefix(b"\\")?;
    let low = digits(second.starts_with(b"u").then_some(second)?, 4)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, 2 * LENGTH + 1))
}

/// The number in the `count` hexadecimal digits after the first byte of `text`.
fn digits(text: &[u8], count: usize) -> Option<u32> {
    let digits = text.get(1..=count)?;
    digits.iter().try_fold(0, |number, &digit| Some(number << 4 | char::from(digit).to_digit(16)?))
}

/// The value of a block scalar that is indented by `indent`; `lines` are all of its lines, the empty ones around its
/// text included.
pub(super) fn block(lines: &str, indent: usize, is_folded: bool, chomping: Chomping) -> String {
    let mut value = String::with_capacity(lines.len());
    let mut breaks = 0;
    // How the line before began, if there is one.
    let mut before = None;
    for line in lines.split_inclusive('\n') {
        let Some(text) = content(line, indent) else {
            breaks += usize::from(line.ends_with('\n'));
            continue;
        };
        let is_indented = text.starts_with([' ', '\t']);
        match before {
            Some(false) if is_folded && !is_indented => push_fold(&mut value, breaks),
            Some(_) => value.extend(std::iter::repeat_n('\n', breaks + 1)),
            None => value.extend(std::iter::repeat_n('\n', breaks)),
        }
        value.push_str(text);
        before = Some(is_indented);
        breaks = 0;
    }
    let last = match chomping {
        Chomping::Strip => 0,
        Chomping::Clip => 1,
        Chomping::Keep => 1 + breaks,
    };
    value.extend(std::iter::repeat_n('\n', last));
    value
}

/// A line of a block scalar without its indentation and ending; `None` if it is empty.
fn content(line: &str, indent: usize) -> Option<&str> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is_empty = line.len() <= indent && line.bytes().all(|byte| byte == b' ');
    if is_empty { None } else { line.get(indent..) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_those_of_yaml_and_of_json() {
        let read = |text: &str| escape(text.as_bytes());
        assert_eq!(read("u003e\""), Some(('>', 5)));
        assert_eq!(read("ud83d\\ude00"), Some(('😀', 11)));
        assert_eq!(read("U0001F600"), Some(('😀', 9)));
        assert_eq!(read("x7"), None);
        assert_eq!(read("xe4é"), Some(('ä', 3)));
        assert_eq!(read("_"), Some(('\u{a0}', 1)));
        for text in
            ["", "q", "u12", "u12+4", "ud83d", "ud83d\\n", "ud83d\\u0041", "ude00", "U00110000"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn lines_are_folded() {
        assert_eq!(flow("a \n  b\n\n\n c", Scalar::Plain), "a b\n\nc");
        assert_eq!(flow("it''s\r\n a ", Scalar::Single), "it's a ");
        assert_eq!(flow("a\\t \\\n  \\ b\\u003e", Scalar::Double), "a\t  b>");
        assert_eq!(flow("a\\\n\n b\n", Scalar::Double), "a\nb ");
    }

    #[test]
    fn block_scalars_keep_what_is_indented_more() {
        let lines = "\n  a\n  b\n\n  c\n    d\n\n  e\n \n";
        assert_eq!(block(lines, 2, true, Chomping::Strip), "\na b\nc\n  d\n\ne");
        assert_eq!(block(lines, 2, true, Chomping::Keep), "\na b\nc\n  d\n\ne\n\n");
        assert_eq!(block(lines, 2, false, Chomping::Clip), "\na\nb\n\nc\n  d\n\ne\n");
    }
}
