//! Typed values out of a tree of text with spans, going on after each mistake.
//!
//! `serde` derives decide what is allowed where; the deserialiser here differs from others in that
//! it writes a mistake down, with its span, and leaves the value out, so that one run names them
//! all. Nothing here knows what a policy is, or how YAML is written.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use strsim::osa_distance;

use super::credential::{is_credential, is_credential_key};
use super::{Mistake, Spanned};
use crate::say;
use crate::source::Span;
use crate::text::{Message, list, shown};

/// A value as it stands in the file.
#[derive(Debug)]
pub(super) struct ConfigNode {
    pub(super) span: Span,
    pub(super) kind: ConfigValue,
}

#[derive(Debug)]
pub(super) enum ConfigValue {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<ConfigNode>),
    Map(Vec<(ConfigNode, ConfigNode)>),
}

impl ConfigNode {
    /// Whether it is this text.
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(&self.kind, ConfigValue::Text(found) if found == text)
    }

    /// The value of a key, if it is a mapping that has it.
    pub(super) fn field(&self, key: &str) -> Option<&Self> {
        let ConfigValue::Map(entries) = &self.kind else { return None };
        entries.iter().find(|(name, _)| name.is(key)).map(|(_, value)| value)
    }

    /// Its items; none of what is not a list.
    pub(super) fn items(&self) -> &[Self] {
        if let ConfigValue::List(items) = &self.kind { items } else { &[] }
    }

    /// Counts its spans from `base` bytes before.
    pub(super) fn shift(&mut self, base: usize) {
        self.span = self.span.shifted(base);
        match &mut self.kind {
            ConfigValue::List(items) => items.iter_mut().for_each(|item| item.shift(base)),
            ConfigValue::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.shift(base);
                value.shift(base);
            }),
            _ => {}
        }
    }
}

impl ConfigValue {
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "`true` or `false`",
            Self::Number => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Reads `tree` as a `T`; each mistake goes to `mistakes` and leaves out what it is about.
/// `homes` says where keys belong that are written in a wrong place.
pub(super) fn read<'t, T: Deserialize<'t>>(
    tree: &'t ConfigNode,
    homes: &[(&'static str, &'static str)],
    mistakes: &mut Vec<Mistake>,
) -> Option<T> {
    let found = RefCell::new(Vec::new());
    let value =
        T::deserialize(NodeReader { tree, place: ValuePlace::Root, homes, mistakes: &found }).ok();
    mistakes.append(&mut found.into_inner());
    value
}

/// A key that may be absent, and whose value may have been left out for a mistake.
#[derive(Clone, Debug, Default)]
pub(super) enum FieldValue<T> {
    /// The key is not there, or has no value.
    #[default]
    Absent,
    /// The value is not usable, and that has been said.
    Bad,
    /// The value.
    Good(T),
}

impl<T> FieldValue<T> {
    pub(super) fn good(self) -> Option<T> {
        match self {
            Self::Good(value) => Some(value),
            Self::Absent | Self::Bad => None,
        }
    }

    /// The same, or `other` if the key is not there.
    pub(super) fn or(self, other: Self) -> Self {
        if self.is_absent() { other } else { self }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FieldValue<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for FieldVisitor<T> {
            type Value = FieldValue<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or nothing")
            }

            fn visit_none<E>(self) -> Result<FieldValue<T>, E> {
                Ok(FieldValue::Absent)
            }

            fn visit_some<D: de::Deserializer<'de>>(
                self,
                value: D,
            ) -> Result<FieldValue<T>, D::Error> {
                Ok(T::deserialize(value).map_or(FieldValue::Bad, FieldValue::Good))
            }
        }

        deserializer.deserialize_option(FieldVisitor(PhantomData))
    }
}

/// A list without the entries that were mistakes.
#[derive(Clone, Debug)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<FieldValue<T>>()? {
                    items.extend(item.good());
                }
                Ok(List(items))
            }
        }

        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// A mapping with free keys, in the order of the file.
#[derive(Clone, Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key()? {
                    let value: FieldValue<T> = map.next_value()?;
                    entries.extend(value.good().map(|value| (key, value)));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

const SPANNED: &str = "$spanned";

/// How a [`Spanned`] is asked for: the derive calls `deserialize_tuple_struct` with this name.
#[derive(Deserialize)]
#[serde(rename = "$spanned")]
struct SpannedFields<T>(u32, u32, T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SpannedFields(start, end, value) = SpannedFields::deserialize(deserializer)?;
        Ok(Self { value, span: Some(Span { start, end }) })
    }
}

macro_rules! schema_of {
    ($wrapper:ident as $inner:ty) => {
        impl<T: JsonSchema> JsonSchema for $wrapper<T> {
            fn inline_schema() -> bool {
                <$inner>::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                <$inner>::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                <$inner>::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$inner>::json_schema(generator)
            }
        }
    };
}

schema_of!(Spanned as T);
schema_of!(FieldValue as T);
schema_of!(List as Vec<T>);
schema_of!(Entries as std::collections::BTreeMap<String, T>);

/// The error of a value that was left out. What was wrong is in the list of mistakes already.
#[derive(Debug)]
struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reported")
    }
}

impl std::error::Error for Reported {}

impl de::Error for Reported {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // The reader hands every visitor what it asks for, so no derived code gets here.
        debug_assert!(false, "an unreported mistake: {message}");
        Self
    }
}

/// How a duration is written.
pub(super) const DURATION: &str =
    "write a number with `w`, `d`, `h`, `m` or `s`, as in `90d` or `1d12h`";

/// Where a value stands, as a message names it.
#[derive(Clone, Copy)]
enum ValuePlace<'t> {
    Root,
    Key(&'t str),
    EntryOf(&'t str),
}

impl ValuePlace<'_> {
    fn named(&self) -> Message {
        match self {
            Self::Root => "the policy".into(),
            Self::Key(key) => say!("`{}`", shown(key)),
            Self::EntryOf(key) => say!("an entry of `{}`", shown(key)),
        }
    }

    fn is_key(&self, name: &str) -> bool {
        matches!(self, Self::Key(key) if *key == name)
    }
}

/// A key as text, the key and its value; no value if it is left out for a mistake that has been said.
type KeyedValue<'t> = (&'t str, &'t ConfigNode, Option<&'t ConfigNode>);

#[derive(Clone, Copy)]
struct NodeReader<'t, 'm> {
    tree: &'t ConfigNode,
    place: ValuePlace<'t>,
    homes: &'m [(&'static str, &'static str)],
    mistakes: &'m RefCell<Vec<Mistake>>,
}

impl<'t> NodeReader<'t, '_> {
    fn report(
        &self,
        span: Span,
        message: impl Into<Message>,
        help: impl Into<Message>,
    ) -> Reported {
        self.mistakes.borrow_mut().push(Mistake::new(span, message, help));
        Reported
    }

    fn expected(&self, expected: &'static str, help: &'static str) -> Reported {
        let message =
            say!("{} must be {}, not {}", self.place.named(), expected, self.tree.kind.name());
        self.report(self.tree.span, message, help)
    }

    fn at(&self, tree: &'t ConfigNode, place: ValuePlace<'t>) -> Self {
        Self { tree, place, ..*self }
    }

    fn text(&self) -> Result<&'t str, Reported> {
        match &self.tree.kind {
            ConfigValue::Text(text) => Ok(text),
            ConfigValue::Number if self.place.is_key("maxAge") => {
                Err(self.expected("a duration with its unit", DURATION))
            }
            ConfigValue::Bool(_) | ConfigValue::Number => {
                Err(self.expected("text", "put it in quotes"))
            }
            _ => Err(self.expected("text", "write one word, or a text in quotes")),
        }
    }

    /// The entries whose keys are text, each once; the others are mistakes.
    fn entries(&self) -> Result<Vec<KeyedValue<'t>>, Reported> {
        let ConfigValue::Map(entries) = &self.tree.kind else {
            return Err(self.expected("a mapping", "write `key: value` lines below it"));
        };
        let mut found: Vec<KeyedValue<'t>> = Vec::new();
        for (key, value) in entries {
            let ConfigValue::Text(text) = &key.kind else {
                self.report(key.span, "a key must be text", "write a word, or a text in quotes");
                continue;
            };
            if let Some((_, first, _)) = found.iter().find(|(other, ..)| other == text) {
                let message = say!("{} is given twice", quoted(text, "this key"));
                let mistake = Mistake::new(key.span, message, "keep one of the two");
                self.mistakes.borrow_mut().push(mistake.because(first.span, "given here first"));
                continue;
            }
            found.push((text, key, Some(value)));
        }
        Ok(found)
    }

    fn report_unknown_key(&self, key: &str, span: Span, known: &[&'static str]) {
        let name = quoted(key, "this");
        if is_credential_key(key) {
            let message = say!("{} is not allowed here: a policy must not hold a credential", name);
            self.report(span, message, NO_CREDENTIAL);
        } else if key == "<<" {
            self.report(span, "merge keys are not supported here", "write the keys out");
        } else {
            let help = match self.homes.iter().find(|(other, _)| *other == key) {
                Some((_, home)) => say!("it belongs under `{}`", home),
                None => one_of("the keys here are", key, known),
            };
            self.report(span, say!("{} is not a key here", name), help);
        }
    }
}

/// What to do with a credential.
pub(super) const NO_CREDENTIAL: &str =
    "keep it in a Secret of type kubernetes.io/dockerconfigjson, and name that Secret here";

/// `value` in back quotes where it is a plain short word; else `otherwise`, so that a message does
/// not repeat a password that is in the wrong place.
pub(super) fn quoted(value: &str, otherwise: &'static str) -> Message {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ' ');
    let plain = !value.is_empty() && value.len() <= 40 && value.chars().all(plain);
    if plain && !is_credential(value) { say!("`{}`", shown(value)) } else { otherwise.into() }
}

/// ``did you mean `x`?`` where one is near, else `intro` and all of them.
pub(super) fn one_of(intro: &'static str, given: &str, known: &[&'static str]) -> Message {
    if let Some(word) = near(given, known) {
        return say!("did you mean `{}`?", word);
    }
    let all = known.iter().map(|word| say!("`{}`", word));
    say!("{} {}", intro, list(all, ", "))
}

/// The word that is meant, if `given` is one of `known` but for a slip or two.
fn near<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    let distances = known
        .iter()
        .filter(|word| given.len() <= 2 * word.len())
        .map(|word| (osa_distance(&given.to_lowercase(), &word.to_lowercase()), *word));
    distances
        .filter(|(distance, word)| *distance <= word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

impl<'t> de::Deserializer<'t> for NodeReader<'t, '_> {
    type Error = Reported;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        match self.tree.kind {
            ConfigValue::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.expected("`true` or `false`", "write `true` or `false`, without quotes")),
        }
    }

    fn deserialize_str<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        match self.tree.kind {
            ConfigValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        match &self.tree.kind {
            ConfigValue::List(items) => {
                visitor.visit_seq(Items { reader: self, rest: items.iter() })
            }
            _ => {
                Err(self
                    .expected("a list", "write the entries in brackets, or one a line behind `- `"))
            }
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Reported> {
        debug_assert_eq!(name, SPANNED, "no other tuple struct is read");
        visitor.visit_seq(SpannedParts { reader: self, given: 0 })
    }

    fn deserialize_map<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        let entries = self.entries()?;
        visitor.visit_map(Pairs { reader: self, rest: entries.into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Reported> {
        let mut entries = self.entries()?;
        let mut given: Vec<_> = entries.iter().map(|(text, ..)| *text).collect();
        entries.retain_mut(|(text, key, value)| {
            if fields.contains(text) {
                return true;
            }
            self.report_unknown_key(text, key.span, fields);
            // What is misspelt is not missing as well.
            let meant = near(text, fields).filter(|meant| !given.contains(meant));
            *value = None;
            meant.is_some_and(|meant| {
                given.push(meant);
                *text = meant;
                true
            })
        });
        visitor.visit_map(Pairs { reader: self, rest: entries.into_iter(), value: None })
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Reported> {
        let text = self.text()?;
        if variants.contains(&text) {
            return visitor.visit_enum(text.into_deserializer());
        }
        let message = say!("{} is not a value of {}", quoted(text, "this"), self.place.named());
        Err(self.report(self.tree.span, message, one_of("write", text, variants)))
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'t>>
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        newtype_struct tuple
    }
}

struct Items<'t, 'm> {
    reader: NodeReader<'t, 'm>,
    rest: std::slice::Iter<'t, ConfigNode>,
}

impl<'t> de::SeqAccess<'t> for Items<'t, '_> {
    type Error = Reported;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Reported> {
        let Some(tree) = self.rest.next() else { return Ok(None) };
        let key = match self.reader.place {
            ValuePlace::Root => "policy",
            ValuePlace::Key(key) | ValuePlace::EntryOf(key) => key,
        };
        let reader = self.reader.at(tree, ValuePlace::EntryOf(key));
        if matches!(tree.kind, ConfigValue::Null) {
            reader.report(
                tree.span,
                say!("{} is empty", reader.place.named()),
                "write a value, or remove it",
            );
        }
        seed.deserialize(reader).map(Some)
    }
}

struct Pairs<'t, 'm> {
    reader: NodeReader<'t, 'm>,
    rest: std::vec::IntoIter<KeyedValue<'t>>,
    value: Option<NodeReader<'t, 'm>>,
}

impl<'t> de::MapAccess<'t> for Pairs<'t, '_> {
    type Error = Reported;

    fn next_key_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Reported> {
        let Some((text, key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value.map(|value| self.reader.at(value, ValuePlace::Key(text)));
        let meant: de::value::StrDeserializer<'_, Reported> = text.into_deserializer();
        match value {
            Some(_) => seed.deserialize(self.reader.at(key, ValuePlace::Key(text))).map(Some),
            None => seed.deserialize(meant).map(Some),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Reported> {
        match self.value.take() {
            Some(reader) => seed.deserialize(reader),
            None => seed.deserialize(LeftOut),
        }
    }
}

/// The value of a misspelt key: there, and not usable.
struct LeftOut;

impl<'t> de::Deserializer<'t> for LeftOut {
    type Error = Reported;

    fn deserialize_any<V: Visitor<'t>>(self, _: V) -> Result<V::Value, Reported> {
        Err(Reported)
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Reported> {
        visitor.visit_some(self)
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Start, end and value of a [`Spanned`].
struct SpannedParts<'t, 'm> {
    reader: NodeReader<'t, 'm>,
    given: u8,
}

impl<'t> de::SeqAccess<'t> for SpannedParts<'t, '_> {
    type Error = Reported;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Reported> {
        self.given += 1;
        let span = self.reader.tree.span;
        match self.given {
            1 => seed.deserialize(span.start.into_deserializer()).map(Some),
            2 => seed.deserialize(span.end.into_deserializer()).map(Some),
            _ => seed.deserialize(self.reader).map(Some),
        }
    }
}
