//! Text with gaps for names that come later. There may be thousands of places with the same text: it is kept small, and
//! can be compared and shared.

use super::Refusal;
use super::write::quoted;
use crate::source::Span;
use crate::yaml::is_plain_string;

/// Text with a gap for each name: `head`, then `before` NAME `after` for each name with `between` between
/// them, then `tail`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    // Invariant: head, before, after, between and tail, one after the other.
    text: Box<str>,
    cuts: [u16; 4],
    quote: Quote,
    one: bool,
}

/// How a name is quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quote {
    /// As in JSON, always.
    Double,
    /// In `'`, always.
    Single,
    /// Only where it would not be a string without.
    #[default]
    IfNeeded,
    /// Not at all: it is a part of a text.
    Never,
}

const HEAD: usize = 0;
const BEFORE: usize = 1;
const AFTER: usize = 2;
const BETWEEN: usize = 3;
const TAIL: usize = 4;

/// The pieces of a [`Form`], as they are worked out: text is added to the one that is at work.
#[derive(Default)]
pub(super) struct FormBuilder {
    parts: [String; 5],
    at: usize,
    quote: Quote,
    one: bool,
}

impl FormBuilder {
    pub(super) fn push(&mut self, text: &str) {
        self.parts[self.at].push_str(text);
    }

    /// What is written for each name, with `between` between two of them.
    pub(super) fn each(&mut self, between: &str, item: impl FnOnce(&mut Self)) {
        self.at = BEFORE;
        item(self);
        self.at = BETWEEN;
        self.push(between);
        self.at = TAIL;
    }

    /// The gap for a name.
    pub(super) fn gap(&mut self, quote: Quote) {
        self.quote = quote;
        self.at = AFTER;
    }

    /// The gap for the only name.
    pub(super) fn only(&mut self, quote: Quote) {
        self.one = true;
        self.at = BEFORE;
        self.gap(quote);
    }

    /// The text without a name.
    pub(super) fn text(self) -> String {
        self.parts.concat()
    }

    /// The text to put at `place`.
    ///
    /// # Errors
    ///
    /// It is too long to be kept.
    pub(super) fn form(&self, place: Span) -> Result<Form, Refusal> {
        if self.parts.iter().map(String::len).sum::<usize>() > usize::from(u16::MAX) {
            let why = "the text around it is too long to be copied";
            return Err(Refusal::new(place, why, "write the entry by hand"));
        }
        let mut end = 0;
        let cuts = [HEAD, BEFORE, AFTER, BETWEEN].map(|part| {
            end += self.parts[part].len();
            u16::try_from(end).unwrap_or(u16::MAX)
        });
        let text = self.parts.concat().into();
        Ok(Form { text, cuts, quote: self.quote, one: self.one })
    }
}

impl Form {
    /// The text with `names`; `None` where one name belongs and there are none or several, and where a name cannot be a part
    /// of the text around it.
    pub fn write<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        let [head, before, after, between] = self.cuts.map(usize::from);
        let mut text = self.text[..head].to_owned();
        let mut count = 0;
        for name in names {
            if count > 0 {
                text.push_str(&self.text[after..between]);
            }
            text.push_str(&self.text[head..before]);
            self.quote.write(name, &mut text)?;
            text.push_str(&self.text[before..after]);
            count += 1;
        }
        text.push_str(&self.text[between..]);
        (count == 1 || !self.one).then_some(text)
    }
}

impl Quote {
    pub(super) fn write(self, name: &str, text: &mut String) -> Option<()> {
        let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let safe = name.bytes().all(simple)
            && name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        match self {
            Self::IfNeeded if safe && is_plain_string(name) => text.push_str(name),
            Self::Single if safe => text.extend(["'", name, "'"]),
            Self::Never if safe => text.push_str(name),
            Self::Never => return None,
            _ => text.push_str(&quoted(name)),
        }
        Some(())
    }
}
