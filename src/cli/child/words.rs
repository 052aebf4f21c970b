//! What a program says on its standard error, in bounded memory: the beginning and the end.

use std::borrow::Cow;
use std::collections::VecDeque;

use pullcreds::mask;

/// Bytes kept of the beginning, and of the end.
const KEPT: usize = 1 << 16;

/// The beginning and the end of a text that may be long.
#[derive(Default)]
pub(crate) struct ClippedText {
    // Invariant: `first` is full before `last` gets anything, and neither is longer than `KEPT`.
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out: usize,
}

impl ClippedText {
    /// Adds what came next.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        let (first, rest) = chunk.split_at(chunk.len().min(KEPT - self.first.len()));
        self.first.extend(first);
        self.last.extend(rest);
        let over = self.last.len().saturating_sub(KEPT);
        self.left_out += over;
        self.last.drain(..over);
    }

    /// All that is kept.
    pub(crate) fn whole(&self) -> String {
        let last: Vec<u8> = self.last.iter().copied().collect();
        if self.left_out == 0 {
            return shown(&[&self.first[..], &last].concat());
        }
        // Half a line could be half a credential, which nothing recognises.
        let first = &self.first[..after_last_line(&self.first)];
        let last = &last[after_first_line(&last)..];
        let left_out =
            self.left_out + self.first.len() + self.last.len() - first.len() - last.len();
        format!("{}… {left_out} bytes are left out …\n{}", shown(first), shown(last))
    }

    /// The last lines that fit into `limit` bytes, and a mark where something is left out before them.
    pub(crate) fn last(&self, limit: usize) -> String {
        const MARK: &str = "…\n";
        let whole = self.whole();
        let whole = whole.trim_end();
        if whole.len() < limit {
            return if whole.is_empty() { String::new() } else { format!("{whole}\n") };
        }
        let from = whole.len() - limit.saturating_sub(MARK.len() + 1).min(whole.len());
        let rest = &whole[whole.ceil_char_boundary(from)..];
        // The end of a long line is better than nothing.
        let line = after_first_line(rest.as_bytes());
        let rest = if line == rest.len() { rest } else { &rest[line..] };
        format!("{MARK}{rest}\n")
    }
}

/// As text, without credentials.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match mask::credentials(&text) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(masked) => masked,
    }
}

fn after_first_line(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}

fn after_last_line(bytes: &[u8]) -> usize {
    memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> ClippedText {
        let mut words = ClippedText::default();
        for chunk in text.as_bytes().chunks(1000) {
            words.push(chunk);
        }
        words
    }

    #[test]
    fn a_text_that_fits_is_kept_whole() {
        let text = "a line\n".repeat(KEPT * 2 / 7);
        assert_eq!(said(&text).whole(), text);
    }

    #[test]
    fn of_a_long_text_beginning_and_end_are_kept_by_lines() {
        let lines: Vec<_> = (0..1_000_000).map(|line| format!("line {line}\n")).collect();
        let whole = said(&lines.concat()).whole();
        assert!(whole.len() < 2 * KEPT + 100);
        assert!(whole.starts_with("line 0\n") && whole.ends_with("line 999999\n"));
        assert!(whole.lines().all(|line| line.starts_with("line ") || line.starts_with('…')));
    }

    #[test]
    fn the_last_lines_fit_the_limit() {
        assert_eq!(said("one\ntwo\n\n").last(100), "one\ntwo\n");
        assert_eq!(said("").last(100), "");
        assert_eq!(said("first line\nsecond line\n").last(20), "…\nsecond line\n");
        let long = said(&"ä".repeat(5000)).last(100);
        assert!(long.len() <= 100 && long.starts_with("…\nä"), "{long}");
    }

    #[test]
    fn a_credential_is_masked() {
        let words = said("pull of https://user:hunter2@ghcr.io/a failed\n");
        assert!(!words.whole().contains("hunter2"));
        assert!(!words.last(48).contains("hunter2"));
    }
}
