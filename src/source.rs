//! Bytes with a name, and ranges in them. Nothing here knows about YAML.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::str::Utf8Error;
use std::sync::{Mutex, Once};
use std::thread;

use memchr::memmem::Finder;
use rayon::prelude::*;

/// The name of the standard input in reports: not that of a file.
pub const STDIN: &str = "<stdin>";

/// Below this size one thread is faster than several.
pub(crate) const PARALLEL_BYTES: usize = 1 << 20;

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
    pub fn range(self) -> Range<usize> {
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

/// How many bytes of a text one entry of a [`LineIndex`] is about.
const BYTES_PER_ENTRY: usize = 4096;
// No entry crosses the end of a part.
const _: () = assert!(PARALLEL_BYTES.is_multiple_of(BYTES_PER_ENTRY));

/// Where the lines of a text begin, so that offsets become lines and columns without a walk through all of it, or
/// through all of a line.
pub struct LineIndex {
    // Invariant: what is before each block of bytes, and before the end.
    before: Vec<Counts>,
}

/// Counts of lines and characters.
#[derive(Clone, Copy, Default)]
struct Counts {
    feeds: u32,
    characters: u32,
}

impl Counts {
    fn of(bytes: &[u8]) -> Self {
        let feeds = memchr::memchr_iter(b'\n', bytes).count();
        Self { feeds: narrow(feeds), characters: narrow(characters(bytes)) }
    }

    fn and(self, more: Self) -> Self {
        let characters = self.characters + more.characters;
        Self { feeds: self.feeds + more.feeds, characters }
    }
}

/// How many characters begin in `bytes`.
fn characters(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    let begins = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
    bytes.iter().filter(begins).count()
}

impl LineIndex {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Self {
        let counts = in_parts(text, |part| {
            text.as_bytes()[part].chunks(BYTES_PER_ENTRY).map(Counts::of).collect::<Vec<_>>()
        });
        let mut before = Vec::with_capacity(text.len() / BYTES_PER_ENTRY + 2);
        before.push(Counts::default());
        before.extend(counts.iter().flatten().scan(Counts::default(), |sum, counts| {
            *sum = sum.and(*counts);
            Some(*sum)
        }));
        Self { before }
    }

    /// The line (from 0) that holds `offset` of `text`, which must be the text the index was made from.
    pub fn line(&self, text: &str, offset: usize) -> usize {
        self.counts(text, offset).feeds as usize
    }

    /// What is before `offset`.
    fn counts(&self, text: &str, offset: usize) -> Counts {
        let offset = offset.min(text.len());
        let block = offset / BYTES_PER_ENTRY;
        let between = &text.as_bytes()[block * BYTES_PER_ENTRY..offset];
        self.before[block].and(Counts::of(between))
    }

    /// The byte range of line `line` (from 0) of `text`, its line ending included.
    pub fn line_range(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.line_start(text, line);
        let end = memchr::memchr(b'\n', &text.as_bytes()[start..]);
        start..end.map_or(text.len(), |end| start + end + 1)
    }

    /// Where line `line` (from 0) of `text` begins: after as many line feeds.
    fn line_start(&self, text: &str, line: usize) -> usize {
        let block = self.before.partition_point(|before| (before.feeds as usize) < line);
        let Some(block) = block.checked_sub(1) else { return 0 };
        let start = block * BYTES_PER_ENTRY;
        let nth = line - self.before[block].feeds as usize - 1;
        let at = memchr::memchr_iter(b'\n', &text.as_bytes()[start..]).nth(nth);
        at.map_or(text.len(), |at| start + at + 1)
    }

    /// How many lines there are; the text after the last line feed counts as one, even if empty.
    pub fn lines(&self) -> usize {
        self.before.last().map_or(0, |before| before.feeds as usize) + 1
    }

    /// The position of byte `offset` in `text`, which must be the text the index was made from.
    /// A byte order mark at the start of a line does not count as a column.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let before = self.counts(text, offset);
        let line = before.feeds as usize;
        let start = self.line_start(text, line);
        let column = if text.is_char_boundary(offset) {
            let mark = text[start..offset].starts_with('\u{feff}');
            let characters = before.characters - self.counts(text, start).characters;
            characters as usize - usize::from(mark)
        } else {
            0
        };
        Position { line: line + 1, column: column + 1 }
    }
}

/// Whether `text` holds `word`.
pub(crate) fn holds(text: &str, word: &str) -> bool {
    let finder = Finder::new(word);
    let found = in_parts(text, |part| {
        // The parts overlap, so that the word is in one of them.
        let end = text.len().min(part.end + word.len());
        finder.find(&text.as_bytes()[part.start..end]).is_some()
    });
    found.contains(&true)
}

/// Starts the thread pool. If the system allows no more threads (`ulimit -u`, `pids.max` of a cgroup), the main thread
/// does everything.
pub(crate) fn prepare_threads() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        let wanted = thread::available_parallelism().map_or(1, NonZero::get);
        if !can_start(wanted) {
            let alone = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
            // It fails if the pool already exists.
            let _ = alone.build_global();
        }
    });
}

/// Whether so many threads can live at once.
fn can_start(threads: usize) -> bool {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let closed = gate.lock();
        let wait = || drop(gate.lock());
        let started =
            (0..threads).all(|_| thread::Builder::new().spawn_scoped(scope, wait).is_ok());
        drop(closed);
        started
    })
}

/// The results of `each` for the parts of a text, in order. Threads process the parts of a large text in parallel; a
/// small text is a single part. Every part but the last has [`PARALLEL_BYTES`], wherever a character ends.
pub(crate) fn in_parts<T: Send>(text: &str, each: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    if text.len() < PARALLEL_BYTES {
        return vec![each(0..text.len())];
    }
    prepare_threads();
    let starts = (0..text.len()).into_par_iter().step_by(PARALLEL_BYTES);
    starts.map(|start| each(start..text.len().min(start + PARALLEL_BYTES))).collect()
}

/// Where `wanted`, which does not overlap itself, is in a text: in order, and found as [`in_parts`] goes through it.
pub(crate) fn places_of(text: &str, wanted: &str) -> Vec<usize> {
    let finder = Finder::new(wanted);
    let parts = in_parts(text, |part| {
        // What crosses the end of a part belongs to it.
        let end = text.len().min(part.end + wanted.len() - 1);
        let places = finder.find_iter(&text.as_bytes()[part.start..end]);
        places.map(|at| part.start + at).collect::<Vec<_>>()
    });
    parts.concat()
}

/// A NUL byte shows that the input is not text: YAML forbids it (YAML 1.2.2, 5.1).
const FIRST: usize = 64 << 10;

/// A text with a name: what one file or the standard input held.
pub struct Source {
    /// Its name in reports: a path, or `<stdin>`.
    pub name: String,
    /// Its contents.
    pub text: Cow<'static, str>,
}

/// Why bytes are not readable text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where the text ends.
    pub position: Option<Position>,
    /// Why, and what to do.
    pub message: &'static str,
}

impl Source {
    /// Takes `bytes` as UTF-8.
    ///
    /// # Errors
    ///
    /// Bytes that are not UTF-8, with the place of the first one, and 4 GiB or more.
    pub fn new(
        name: impl Into<String>,
        bytes: impl Into<Cow<'static, [u8]>>,
    ) -> Result<Self, Unreadable> {
        let bytes = bytes.into();
        let refuse = |position, message: &'static str| Err(Unreadable { position, message });
        if u32::try_from(bytes.len()).is_err() {
            return refuse(None, "it has 4 GiB or more: split it");
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return refuse(
                Some(Position { line: 1, column: 1 }),
                "it is UTF-16: convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)",
            );
        }
        if let Some(at) = memchr::memchr(0, &bytes[..bytes.len().min(FIRST)]) {
            let before = String::from_utf8_lossy(&bytes[..at]);
            let position = LineIndex::new(&before).position(&before, before.len());
            return refuse(Some(position), "it is not text: it contains a NUL byte");
        }
        let text = match bytes {
            Cow::Borrowed(bytes) => match simdutf8::basic::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                // The other check says where it is wrong.
                Err(_) => std::str::from_utf8(bytes)
                    .map(Cow::Borrowed)
                    .map_err(|error| (error, bytes.into())),
            },
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|error| (error.utf8_error(), error.into_bytes().into())),
        };
        text.map(|text| Self { name: name.into(), text }).or_else(
            |(error, bytes): (Utf8Error, Cow<'_, [u8]>)| {
                let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let position = LineIndex::new(&before).position(&before, before.len());
                refuse(Some(position), "it is not UTF-8: convert it, or leave the file out")
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_utf8_byte_is_located() {
        let error = Source::new("a", b"a: \xc3\xa4\nb: \xff".to_vec()).err().unwrap();
        assert_eq!(error.position, Some(Position { line: 2, column: 4 }));
        assert!(
            Source::new("a", b"\xff\xfea\0".to_vec()).err().unwrap().message.contains("UTF-16")
        );
    }

    #[test]
    fn places_are_found_across_parts() {
        let mut text = "-".repeat(3 * PARALLEL_BYTES);
        let places =
            [0, PARALLEL_BYTES - 2, PARALLEL_BYTES + 3, 2 * PARALLEL_BYTES, text.len() - 3];
        for at in places {
            text.replace_range(at..at + 3, "abc");
        }
        assert_eq!(places_of(&text, "abc"), places);
        assert_eq!(places_of("abcabc", "abc"), [0, 3]);
        assert!(places_of("ab", "abc").is_empty());
    }

    #[test]
    fn lines_are_found_from_any_entry() {
        for count in [1, 1000, 2000, 5000, 200_000] {
            let numbers: Vec<_> = (0..count).map(|line| line.to_string()).collect();
            let text = numbers.join("\n") + "\n";
            let index = LineIndex::new(&text);
            assert_eq!(index.lines(), count + 1);
            assert_eq!(index.line_range(&text, count), text.len()..text.len());
            for line in (0..count).step_by(count / 500 + 1).chain([count - 1]) {
                let range = index.line_range(&text, line);
                assert_eq!(text[range.clone()], format!("{line}\n"));
                assert_eq!(index.line(&text, range.start), line);
                assert_eq!(index.line(&text, range.end - 1), line);
            }
        }
    }

    #[test]
    fn a_word_is_found_anywhere() {
        for before in [0, 10, PARALLEL_BYTES - 2, PARALLEL_BYTES, 2 * PARALLEL_BYTES - 3] {
            let text = " ".repeat(before) + "needle" + &" ".repeat(PARALLEL_BYTES);
            assert!(holds(&text, "needle"), "{before}");
            assert!(!holds(&text, "needles"), "{before}");
        }
    }

    #[test]
    fn columns_are_those_of_a_walk_through_the_line() {
        for length in [0, BYTES_PER_ENTRY - 1, BYTES_PER_ENTRY, 3 * BYTES_PER_ENTRY + 1] {
            let line = "ä".repeat(length / 2) + &"x".repeat(length % 2);
            let text = format!("{line}\n\u{feff}{line}\n{line}");
            let index = LineIndex::new(&text);
            for (offset, _) in text.char_indices().step_by(97).chain([(text.len(), ' ')]) {
                let start = text[..offset].rfind('\n').map_or(0, |feed| feed + 1);
                let before = text[start..offset].trim_start_matches('\u{feff}').chars().count();
                assert_eq!(index.position(&text, offset).column, before + 1);
            }
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
