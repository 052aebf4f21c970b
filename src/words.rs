//! The words of an enum: how its values are written in policies, flags, variables and reports.
//!
//! `#[derive(Deserialize)]` spells them, with its `rename_all`. Everything else asks here, so that no word is
//! spelt twice. Nothing here knows what a word means.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer as _, Visitor};

/// An enum of which every value is one word.
pub trait Words: Copy + PartialEq + DeserializeOwned {
    /// Every word, in the order of the enum.
    fn words() -> &'static [&'static str] {
        let mut words: &'static [&'static str] = &[];
        // It ends in an error, since the only thing that is wanted is what is asked for.
        let _ = Self::deserialize(VariantNames(&mut words));
        words
    }

    /// The value of a word.
    fn of_word(word: &str) -> Option<Self> {
        let word: StrDeserializer<'_, Error> = word.into_deserializer();
        Self::deserialize(word).ok()
    }

    /// The word of this value.
    ///
    /// # Panics
    /// If a value of the enum is more than a word, which no caller can change.
    fn word(self) -> &'static str {
        let is_own = |word: &&&str| Self::of_word(word) == Some(self);
        Self::words().iter().find(is_own).expect("every value of the enum is a word")
    }

    /// Every word as flags write it: in kebab case.
    fn flag_words() -> &'static [&'static str] {
        kebab(Self::words())
    }

    /// The word of this value as flags write it.
    fn flag_word(self) -> &'static str {
        let words = Self::words().iter().zip(Self::flag_words());
        let own = words.into_iter().find(|(word, _)| **word == self.word());
        own.map(|(_, flag)| *flag).unwrap_or_default()
    }

    /// The value of a word of a policy or of a flag.
    fn of_flag_word(word: &str) -> Option<Self> {
        let mut words = Self::words().iter().zip(Self::flag_words());
        let (known, _) = words.find(|(known, flag)| **known == word || **flag == word)?;
        Self::of_word(known)
    }
}

/// Words in kebab case, made once for each enum, of which there is a handful.
fn kebab(camel: &'static [&'static str]) -> &'static [&'static str] {
    static MADE: Mutex<BTreeMap<&[&str], &[&str]>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(camel).or_insert_with(|| {
        let words = camel.iter().map(|word| &*kebab_word(word).leak());
        words.collect::<Vec<_>>().leak()
    })
}

fn kebab_word(camel: &str) -> String {
    let mut kebab = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// Takes down which words an enum asks for.
struct VariantNames<'w>(&'w mut &'static [&'static str]);

impl<'de> Deserializer<'de> for VariantNames<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = words;
        Err(Error::custom("no value"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Place {
        Pod,
        ServiceAccount,
    }

    impl Words for Place {}

    #[test]
    fn words_are_those_that_are_read() {
        assert_eq!(Place::words(), ["pod", "serviceAccount"]);
        assert_eq!(Place::flag_words(), ["pod", "service-account"]);
        assert_eq!(Place::of_word("serviceAccount"), Some(Place::ServiceAccount));
        assert_eq!(Place::of_word("service-account"), None);
        for word in ["service-account", "serviceAccount"] {
            assert_eq!(Place::of_flag_word(word), Some(Place::ServiceAccount));
        }
        assert_eq!(Place::of_flag_word("serviceaccount"), None);
        assert_eq!(Place::ServiceAccount.word(), "serviceAccount");
        assert_eq!(Place::ServiceAccount.flag_word(), "service-account");
    }
}
