//! Messages, and what they may be made of.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::ops::Deref;

use serde::{Serialize, Serializer};

use super::{Shown, printable_json};
use crate::source::Position;

/// A message for people. It holds words of this program and what may be shown of the input, and nothing else.
///
/// A string does not become a message:
///
/// ```compile_fail,E0277
/// let name = String::from("ghp_0123456789abcdef0123");
/// let message = pullcreds::text::Message::from(name);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message(Cow<'static, str>);

impl Message {
    /// A message of one of the program's own sentences.
    pub const fn of(words: &'static str) -> Self {
        Self(Cow::Borrowed(words))
    }

    /// What [`say!`](crate::say) puts together. Its arguments are [`Part`]s, so that nothing else can be in them.
    #[doc(hidden)]
    pub fn format(arguments: fmt::Arguments<'_>) -> Self {
        match arguments.as_str() {
            Some(words) => Self::of(words),
            None => Self(Cow::Owned(arguments.to_string())),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same in no more memory than it needs, to be kept among many thousand.
    #[must_use]
    pub fn shrunk(mut self) -> Self {
        if let Cow::Owned(text) = &mut self.0 {
            text.shrink_to_fit();
        }
        self
    }

    /// The same in at most `most` bytes, with `…` at its end if something is left out.
    #[must_use]
    pub fn clipped(self, most: usize) -> Self {
        if self.0.len() <= most {
            return self;
        }
        let end = self.0.floor_char_boundary(most.saturating_sub('…'.len_utf8()));
        Self(Cow::Owned(format!("{}…", &self.0[..end])))
    }

    /// The same with more after it.
    #[must_use]
    pub fn and(self, more: &impl Sayable) -> Self {
        Self(Cow::Owned(format!("{self}{}", Part(more))))
    }

    /// The same without white space at its start.
    #[must_use]
    pub fn trimmed_start(self) -> Self {
        match self.0 {
            Cow::Borrowed(words) => Self(Cow::Borrowed(words.trim_start())),
            Cow::Owned(text) => Self(Cow::Owned(text.trim_start().to_owned())),
        }
    }

    /// The same without white space at its end.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        let end = self.0.trim_end().len();
        match &mut self.0 {
            Cow::Borrowed(words) => *words = &words[..end],
            Cow::Owned(text) => text.truncate(end),
        }
        self
    }
}

impl Shown<'_> {
    /// The masked text as a string of JSON, which is one in double quotes to YAML too.
    pub fn quoted(&self) -> Message {
        let json = serde_json::Value::from(self.masked()).to_string();
        Message(Cow::Owned(printable_json(json)))
    }
}

impl From<&'static str> for Message {
    fn from(words: &'static str) -> Self {
        Self::of(words)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.0.into_owned()
    }
}

impl From<Shown<'_>> for Message {
    fn from(shown: Shown<'_>) -> Self {
        Self(Cow::Owned(shown.to_string()))
    }
}

impl Deref for Message {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Message {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl Error for Message {}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `all` with `between` in between: `'a', 'b'`.
pub fn list<T: Sayable>(all: impl IntoIterator<Item = T>, between: &'static str) -> Message {
    let mut text = String::new();
    for (at, one) in all.into_iter().enumerate() {
        let between = if at > 0 { between } else { "" };
        // Writing into a String cannot fail.
        let _ = write!(text, "{between}{}", Part(&one));
    }
    Message(Cow::Owned(text))
}

/// What a message may hold: words of the program, numbers, what is [`Shown`] of the input, and other messages. A string
/// is none of them, since no one can tell where it is from.
pub trait Sayable: sealed::Sayable {}

mod sealed {
    use std::fmt;

    pub trait Sayable {
        /// Writes it into a message.
        fn say(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    }
}

/// A part of a message: an argument of [`say!`](crate::say).
pub struct Part<'p, T: Sayable + ?Sized>(&'p T);

/// An argument of [`say!`](crate::say).
#[doc(hidden)]
pub fn part<T: Sayable + ?Sized>(part: &T) -> Part<'_, T> {
    Part(part)
}

impl<T: Sayable + ?Sized> fmt::Display for Part<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.say(f)
    }
}

macro_rules! sayable {
    ($($type:ty),* $(,)?) => {$(
        impl Sayable for $type {}
        impl sealed::Sayable for $type {
            fn say(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

sayable!(&'static str, i32, u8, u32, u64, usize, i64, Message, Shown<'_>, Position);

impl Sayable for char {}
impl sealed::Sayable for char {
    fn say(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&super::plain(*self), f)
    }
}

impl<T: Sayable> Sayable for &T {}
impl<T: Sayable> sealed::Sayable for &T {
    fn say(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).say(f)
    }
}

/// A [`Message`]: the format string and arguments of `format!`, where an argument has to be
/// [`Sayable`]. Arguments are given by position, or all by name; the format string captures none.
///
/// ```
/// use pullcreds::say;
/// use pullcreds::text::Text;
///
/// let name = Text::from("ghp_0123456789abcdef0123");
/// assert_eq!(say!("Secret '{}'", name.shown()).as_str(), "Secret '••••••'");
/// assert_eq!(say!("{count} of {all}", count = 1, all = 2).as_str(), "1 of 2");
/// ```
///
/// A string cannot be said, since no one can tell where it is from:
///
/// ```compile_fail,E0277
/// let name = String::from("ghp_0123456789abcdef0123");
/// pullcreds::say!("Secret '{}'", name);
/// ```
///
/// nor can one that is borrowed:
///
/// ```compile_fail,E0597
/// let name = String::from("ghp_0123456789abcdef0123");
/// pullcreds::say!("Secret '{}'", name.as_str());
/// ```
///
/// nor one that the format string names:
///
/// ```compile_fail
/// let name = String::from("ghp_0123456789abcdef0123");
/// pullcreds::say!("Secret '{name}'");
/// ```
#[macro_export]
macro_rules! say {
    ($format:literal $(,)?) => {
        $crate::text::Message::format(::std::format_args!(::std::concat!($format)))
    };
    ($format:literal, $($name:ident = $part:expr),+ $(,)?) => {
        $crate::text::Message::format(::std::format_args!(
            ::std::concat!($format),
            $($name = $crate::text::part(&$part)),+
        ))
    };
    ($format:literal, $($part:expr),+ $(,)?) => {
        $crate::text::Message::format(::std::format_args!(
            ::std::concat!($format),
            $($crate::text::part(&$part)),+
        ))
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn a_message_is_made_of_parts() {
        let name = Text::from("a\u{1b}b");
        let who = say!("Secret '{}'", name.shown());
        assert_eq!(who.as_str(), "Secret 'a\\u{1b}b'");
        assert_eq!(say!("{} has {} keys.", who, 2).as_str(), "Secret 'a\\u{1b}b' has 2 keys.");
        assert_eq!(list(["a", "b"], ", ").as_str(), "a, b");
        assert_eq!(say!("{}", '\u{1b}').as_str(), "\\u{1b}");
        assert_eq!(Text::from("a\"\u{202e}").shown().quoted().as_str(), r#""a\"\u202e""#);
        assert_eq!(Message::of("a").and(&say!("{}", 1)).as_str(), "a1");
        assert_eq!(Message::of("a \n").trimmed().as_str(), "a");
        assert_eq!(say!("{} \n", 1).trimmed().as_str(), "1");
    }
}
