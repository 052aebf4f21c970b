//! Bytes with a name, and ranges in them. Nothing here knows about YAML.

use std::fmt;

/// A half-open byte range in one [`Source`].
///
/// Offsets are 32 bits wide: a source of 4 GiB or more is refused where it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`, both byte offsets below 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a span runs forward");
        Self { start: narrow(start), end: narrow(end) }
    }

    /// The empty range at `offset`.
    pub fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// The number of bytes in the range.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The range as `usize` offsets, to index text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same range, `base` bytes further on.
    #[must_use]
    pub fn shifted(self, base: usize) -> Self {
        Self::new(self.start as usize + base, self.end as usize + base)
    }
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).expect("sources of 4 GiB and more are refused when they are read")
}

/// A place as people and editors count it: both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters (Unicode scalar values), from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// How many lines stand between two entries of a [`LineIndex`].
const LINES_PER_ENTRY: usize = 64;

/// Where the lines of a text begin, so that offsets become lines without a walk through all of it.
pub struct LineIndex {
    // Invariant: the starts of the lines 0, 64, 128 and so on.
    starts: Vec<u32>,
    lines: usize,
}

impl LineIndex {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut lines = 1;
        for at in memchr::memchr_iter(b'\n', text.as_bytes()) {
            if lines % LINES_PER_ENTRY == 0 {
                starts.push(narrow(at + 1));
            }
            lines += 1;
        }
        Self { starts, lines }
    }

    /// The line (from 0) that holds `offset` of `text`, which must be the text the index was made from.
    pub fn line(&self, text: &str, offset: usize) -> usize {
        let entry = self.starts.partition_point(|&start| start as usize <= offset) - 1;
        let start = self.starts[entry] as usize;
        let between = &text.as_bytes()[start..offset.min(text.len())];
        entry * LINES_PER_ENTRY + memchr::memchr_iter(b'\n', between).count()
    }

    /// The byte range of line `line` (from 0) of `text`, its line ending included.
    pub fn line_range(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let mut start = self.starts[line / LINES_PER_ENTRY] as usize;
        let next = |start: usize| {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..]);
            end.map_or(text.len(), |end| start + end + 1)
        };
        for _ in 0..line % LINES_PER_ENTRY {
            start = next(start);
        }
        start..next(start)
    }

    /// How many lines there are; the text behind the last line feed counts as one, even if empty.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// The position of byte `offset` in `text`, which must be the text the index was made from.
    /// A byte order mark at the start of a line does not count as a column.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.line(text, offset);
        let start = self.line_range(text, line).start;
        let before = text.get(start..offset).unwrap_or_default();
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        Position { line: line + 1, column: before.chars().count() + 1 }
    }
}

/// A text with a name: what one file or the standard input held.
pub struct Source {
    /// What people call it: a path, or `<stdin>`.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// Why bytes are no text that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where they stop being text.
    pub position: Option<Position>,
    /// Why, and what to do.
    pub message: String,
}

impl Source {
    /// Takes `bytes` as UTF-8.
    ///
    /// # Errors
    ///
    /// Bytes that are no UTF-8, with the place of the first one, and 4 GiB or more of them.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Unreadable> {
        let refuse =
            |position, message: &str| Err(Unreadable { position, message: message.into() });
        if u32::try_from(bytes.len()).is_err() {
            return refuse(None, "it has 4 GiB or more: split it");
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return refuse(
                Some(Position { line: 1, column: 1 }),
                "it is UTF-16: convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)",
            );
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name: name.into(), text }),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
                let position = LineIndex::new(&before).position(&before, valid);
                refuse(Some(position), "it is not UTF-8: convert it, or leave the file out")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_utf8_is_placed() {
        let error = Source::new("a", b"a: \xc3\xa4\nb: \xff".to_vec()).err().unwrap();
        assert_eq!(error.position, Some(Position { line: 2, column: 4 }));
        assert!(
            Source::new("a", b"\xff\xfea\0".to_vec()).err().unwrap().message.contains("UTF-16")
        );
    }

    #[test]
    fn lines_are_found_from_any_entry() {
        let text: String =
            (0..200).fold(String::new(), |text, line| text + &line.to_string() + "\n");
        let index = LineIndex::new(&text);
        assert_eq!(index.lines(), 201);
        for line in 0..200 {
            let range = index.line_range(&text, line);
            assert_eq!(text[range.clone()], format!("{line}\n"));
            assert_eq!(index.line(&text, range.start), line);
            assert_eq!(index.line(&text, range.end - 1), line);
        }
    }

    #[test]
    fn columns_count_characters() {
        let text = "\u{feff}ä: b\nc";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 7), Position { line: 1, column: 4 });
        assert_eq!(index.position(text, text.len()), Position { line: 2, column: 2 });
    }
}
