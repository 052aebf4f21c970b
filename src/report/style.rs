//! Colours, and prose that is broken into lines.

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::Look;

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

/// `text` with line breaks between words, so that no line is wider than `width` columns unless a word is.
/// Indented lines are code: they stay as they are.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let options = Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = text.split('\n').map(|line| {
        if line.starts_with(' ') { line.to_owned() } else { textwrap::fill(line, &options) }
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
        let look = |colour| Look { colour, width: 80, wrap: false };
        assert_eq!(paint("a", RED, look(true)), "\u{1b}[31ma\u{1b}[0m");
        assert_eq!(paint("a", PLAIN, look(true)), "a");
        assert_eq!(paint("a", RED, look(false)), "a");
    }
}
