//! Colours, and prose that is broken into lines.

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::{Boxes, Look};
use crate::finding::Severity;

pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();

/// `text` in a style, if colours are wanted.
pub(super) fn paint(text: &str, style: Style, look: Look) -> String {
    if look.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// The colour of findings of a severity.
pub(super) fn of_severity(severity: Severity) -> Style {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Info => CYAN,
    }
}

/// `text` as a link to `page`, if the terminal has links
/// (<https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>).
pub(super) fn linked(text: &str, page: Option<&'static str>, look: Look) -> String {
    match page {
        Some(page) if look.links => {
            format!("\u{1b}]8;;{page}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
        }
        _ => text.to_owned(),
    }
}

/// What is where something is left out.
pub(super) fn dots(look: Look) -> &'static str {
    match look.boxes {
        Boxes::Unicode => "…",
        Boxes::Ascii => "...",
    }
}

/// How many columns a terminal needs for a text.
pub(super) fn columns(text: &str) -> usize {
    // miette shows a tab as at most this many.
    textwrap::core::display_width(text) + 4 * text.matches('\t').count()
}

/// The end of the longest beginning of `text` that fits into so many columns.
pub(super) fn fitting(text: &str, width: usize) -> usize {
    let mut used = 0;
    let mut bytes = [0; 4];
    let too_far = text.char_indices().find(|(_, c)| {
        used += columns(c.encode_utf8(&mut bytes));
        used > width
    });
    too_far.map_or(text.len(), |(at, _)| at)
}

/// `text` in at most so many columns, with `dots` for what is left out at its end.
pub(super) fn cut(text: &str, width: usize, dots: &str) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    format!("{}{dots}", &text[..fitting(text, width.saturating_sub(columns(dots)))])
}

/// `text` with line breaks between words, so that no line is wider than `width` columns unless a word is.
/// Indented lines and those that go on after a backslash are code: they stay as they are.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let options = Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = text.split('\n').map(|line| {
        let is_code = line.starts_with(' ') || line.ends_with('\\');
        if is_code { line.to_owned() } else { textwrap::fill(line, &options) }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_between_words_and_code_is_not() {
        let text =
            "one two three four\n  code that is longer than ten\n\nhttps://example.com/long a b";
        let expected =
            "one two\nthree four\n  code that is longer than ten\n\nhttps://example.com/long\na b";
        assert_eq!(wrapped(text, 10), expected);
        assert_eq!(wrapped(text, usize::MAX), text);
        assert_eq!(wrapped("a-long-name of-a-thing", 12), "a-long-name\nof-a-thing");
        assert_eq!(wrapped("a command with \\\n  a value", 10), "a command with \\\n  a value");
    }

    #[test]
    fn a_line_is_as_wide_as_a_terminal_shows_it() {
        assert_eq!(wrapped("日本 日本 日本", 10), "日本 日本\n日本");
        assert_eq!(
            wrapped("e\u{301}e\u{301} e\u{301}e\u{301}", 5),
            "e\u{301}e\u{301} e\u{301}e\u{301}"
        );
    }

    #[test]
    fn a_style_ends_with_its_text() {
        let look = |colour| Look { colour, ..Look::PLAIN };
        assert_eq!(paint("a", RED, look(true)), "\u{1b}[31ma\u{1b}[0m");
        assert_eq!(paint("a", PLAIN, look(true)), "a");
        assert_eq!(paint("a", RED, look(false)), "a");
    }

    #[test]
    fn a_text_is_cut_to_the_columns_of_a_terminal() {
        assert_eq!(cut("abcdef", 6, "…"), "abcdef");
        assert_eq!(cut("abcdefg", 6, "…"), "abcde…");
        assert_eq!(cut("abcdefg", 6, "..."), "abc...");
        assert_eq!(cut("日本語", 5, "…"), "日本…");
        assert_eq!(cut("\ta", 4, "…"), "…");
    }

    #[test]
    fn a_link_is_for_terminals_that_have_links() {
        let page = Some("https://example.com/");
        let look = Look { links: true, ..Look::PLAIN };
        let link = "\u{1b}]8;;https://example.com/\u{1b}\\a\u{1b}]8;;\u{1b}\\";
        assert_eq!(linked("a", page, look), link);
        assert_eq!(linked("a", None, look), "a");
        assert_eq!(linked("a", page, Look::PLAIN), "a");
    }
}
