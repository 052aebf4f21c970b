//! Text that someone else wrote, and messages that show it safely.
//!
//! [`Text`] has no `Display`, and its `Debug` shows nothing of it. The one way into a message is [`Text::shown`]:
//! [`Shown`] is masked and printable. A [`Message`] is put together by [`say!`](crate::say), which takes words of the
//! program, numbers, [`Shown`] and other messages, and no string. Nothing here knows YAML or what a text is about.

mod message;
mod printable;

use std::borrow::{Borrow, Cow};
use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::mask;

pub use message::{Message, Sayable, list, part};
pub use printable::{printable, printable_json};

use printable::is_treacherous;

/// A string of the input, without a copy where its text is its value.
///
/// ```compile_fail,E0277
/// let text = pullcreds::text::Text::from("ghp_0123456789abcdef0123");
/// println!("{text}");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text as it is, to be judged or compared. Messages show [`Text::shown`].
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, if it is a part of its source as it is.
    pub fn borrowed(&self) -> Option<&'a str> {
        match self.0 {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }

    /// The same with a life of its own.
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The text as it is, to be read on or overwritten.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// The text as a message may show it.
    pub fn shown(&self) -> Shown<'_> {
        shown(&self.0)
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(text)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<Text<'_>> for str {
    fn eq(&self, other: &Text<'_>) -> bool {
        *self == *other.0
    }
}

impl PartialEq<Text<'_>> for &str {
    fn eq(&self, other: &Text<'_>) -> bool {
        **self == *other.0
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}

/// `text` as a message may show it: for what is compared as a plain string and was not written by this program.
pub fn shown(text: &str) -> Shown<'_> {
    Shown(mask::credentials(text))
}

/// A path as a message may show it.
pub fn shown_path(path: &Path) -> Shown<'static> {
    shown(&path.to_string_lossy()).into_owned()
}

/// A path as one word of a command that can be pasted into a shell, and that is not a flag.
pub fn shell_path(path: &Path) -> Shown<'static> {
    let path = path.to_string_lossy();
    if path.starts_with('-') { shell_word(&format!("./{path}")) } else { shell_word(&path) }
}

/// A text as one word of a command that can be pasted into a shell.
pub fn shell_word(text: &str) -> Shown<'static> {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return shown(text).into_owned();
    }
    shown(&format!("'{}'", text.replace('\'', r"'\''"))).into_owned()
}

/// What an error of the system or of another crate says, as a message may show it.
pub fn shown_error(error: &dyn Error) -> Shown<'static> {
    shown(&error.to_string()).into_owned()
}

/// What a plain value says, such as an error without a text of its own. A value that can be copied and borrows nothing
/// holds words of this program, numbers and single characters: nothing in it needs a mask.
pub fn plain(value: impl Copy + fmt::Display + 'static) -> Shown<'static> {
    Shown(Cow::Owned(value.to_string()))
}

/// Text that may be shown: without credentials, and on one line. A control character, a line break or a character that
/// changes the direction of text is written as an escape.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shown<'a>(Cow<'a, str>);

impl Shown<'_> {
    /// The same without a copy.
    pub fn reborrow(&self) -> Shown<'_> {
        Shown(Cow::Borrowed(&self.0))
    }

    /// The masked text as it is, to be compared, or for a format that escapes by rules of its own.
    pub fn masked(&self) -> &str {
        &self.0
    }

    /// The same with a life of its own.
    pub fn into_owned(self) -> Shown<'static> {
        Shown(Cow::Owned(self.0.into_owned()))
    }

    /// The masked text as it is, for a format that escapes by rules of its own, such as JSON or YAML.
    pub fn into_masked(self) -> String {
        self.0.into_owned()
    }

    /// The same, with `…` for what comes after so many characters.
    #[must_use]
    pub fn clipped(self, most: usize) -> Self {
        match self.0.char_indices().nth(most) {
            Some((at, _)) => Self(Cow::Owned(format!("{}…", &self.0[..at]))),
            None => self,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &*self.0;
        while let Some(at) = rest.find(is_treacherous) {
            f.write_str(&rest[..at])?;
            let mut following = rest[at..].chars();
            if let Some(character) = following.next() {
                escape(character, f)?;
            }
            rest = following.as_str();
        }
        f.write_str(rest)
    }
}

/// Writes a character that a terminal would obey as an escape.
fn escape(character: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match character {
        '\n' | '\r' | '\t' => fmt::Display::fmt(&character.escape_default(), f),
        character => fmt::Display::fmt(&character.escape_unicode(), f),
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::MASK;

    #[test]
    fn a_word_of_a_command_survives_the_shell() {
        for (text, word) in [
            ("manifests/a-b.yaml", "manifests/a-b.yaml"),
            ("my app", "'my app'"),
            ("*.azurecr.io=acr", "'*.azurecr.io=acr'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text).to_string(), word);
        }
        assert_eq!(shell_path(Path::new("-f")).to_string(), "./-f");
    }

    #[test]
    fn a_text_is_shown_masked_and_on_one_line() {
        let token = "ghp_0123456789abcdefghij";
        for (text, expected) in [
            ("regcred", "regcred".to_owned()),
            (token, MASK.to_owned()),
            ("u:hunter2@ghcr.io/a", format!("{MASK}@ghcr.io/a")),
            ("a\nerror: b\tc\r", "a\\nerror: b\\tc\\r".to_owned()),
            ("\u{1b}[31mred", "\\u{1b}[31mred".to_owned()),
            ("a\u{202e}b\u{2028}c\u{9b}d\u{7f}", "a\\u{202e}b\\u{2028}c\\u{9b}d\\u{7f}".to_owned()),
            ("größe 日本", "größe 日本".to_owned()),
        ] {
            assert_eq!(Text::from(text).shown().to_string(), expected);
        }
        assert_eq!(Text::from("größe").shown().clipped(3).to_string(), "grö…");
        assert_eq!(Text::from("größe").shown().clipped(5).to_string(), "größe");
    }

    #[test]
    fn a_plain_name_is_shown_without_a_copy() {
        for name in
            ["regcred", "ghcr.io/acme/api:v1@sha256:ff", "spec.containers[0].image", "größe"]
        {
            assert!(matches!(shown(name).0, Cow::Borrowed(_)), "{name}");
        }
    }

    #[test]
    fn a_plain_value_is_shown_on_one_line() {
        assert_eq!(plain('\u{202e}').to_string(), "\\u{202e}");
        assert_eq!(plain(5).to_string(), "5");
    }

    #[test]
    fn debug_shows_nothing_of_a_text() {
        assert_eq!(format!("{:?}", Text::from("regcred")), "Text");
    }
}
