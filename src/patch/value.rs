//! What is written: a small tree.

use std::borrow::Cow;

/// A value to be written.
pub enum NewValue<'v> {
    /// A string.
    Text(Cow<'v, str>),
    /// A number.
    Number(u64),
    /// A list.
    List(Vec<NewValue<'v>>),
    /// A mapping.
    Map(Vec<(Cow<'v, str>, NewValue<'v>)>),
    /// What has gaps for names.
    Names(Gaps<'v>),
}

/// A value that is made of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps<'v> {
    /// A list with an item for each name.
    Items(Gap<'v>),
    /// One name.
    One(Gap<'v>),
    /// A string with the names, separated by commas.
    Commas,
}

/// What is written for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap<'v> {
    /// The name itself.
    Text,
    /// A mapping with this key, whose value is the name.
    Field(&'v str),
}

impl<'v> NewValue<'v> {
    /// A string.
    pub fn text(text: impl Into<Cow<'v, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A mapping.
    pub fn map(entries: impl IntoIterator<Item = (&'v str, NewValue<'v>)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// This value at the end of keys that are not there yet.
    #[must_use]
    pub fn below(self, path: &[&'v str]) -> Self {
        path.iter().rev().fold(self, |value, key| Self::map([(*key, value)]))
    }

    /// Whether it is written in lines of its own, in block style.
    pub(super) fn is_collection(&self) -> bool {
        !matches!(
            self,
            Self::Text(_) | Self::Number(_) | Self::Names(Gaps::One(Gap::Text) | Gaps::Commas)
        )
    }
}
