//! The data of a YAML stream as another parser reads it: one that descends from libyaml, as Go's does, and
//! shares no code with the program's.
#![allow(dead_code, reason = "each test target uses a part of this")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
};

/// A node. Numbers, booleans and nulls are kept apart from the strings that look like them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Data {
    /// Anything that is neither a string nor a collection, as text.
    Other(String),
    Text(String),
    List(Vec<Data>),
    /// As written: keys may come twice, and `<<` is one of them.
    Map(Vec<(Data, Data)>),
    Tagged(String, Box<Data>),
}

/// The documents of a stream; `None` if this parser cannot read it.
pub(crate) fn load(text: &str) -> Option<Vec<Data>> {
    // Go's reader takes a byte order mark at the start for the encoding, this one for a character of the first line.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if takes_aliases_for_others(text) {
        return None;
    }
    // The parser may panic where it should fail; that is no concern of these tests.
    let documents = std::panic::catch_unwind(|| {
        serde_yaml_ng::Deserializer::from_str(text).map(Data::deserialize).collect()
    });
    let documents: Result<Vec<Data>, _> = documents.ok()?;
    documents.ok()
}

/// This parser numbers anchors by how many names it has seen: after a name that comes twice an alias may refer to
/// another anchor.
fn takes_aliases_for_others(text: &str) -> bool {
    let mut names = text.split('&').skip(1).map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        &rest[..end.unwrap_or(rest.len())]
    });
    let mut seen = BTreeSet::new();
    text.contains('*') && !names.all(|name| seen.insert(name))
}

impl Data {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Data] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The same without tags of its own: Go skips those that it does not know.
    fn untagged(&self) -> &Data {
        match self {
            Self::Tagged(_, inner) => inner.untagged(),
            bare => bare,
        }
    }

    /// The same, to be changed.
    pub(crate) fn untagged_mut(&mut self) -> &mut Data {
        match self {
            Self::Tagged(_, inner) => inner.untagged_mut(),
            bare => bare,
        }
    }

    /// The keys and values that Go reads (`gopkg.in/yaml.v2` decode.go, `mapping` and `merge`): of two
    /// equal keys the last, and a merge key overrides what is before it.
    pub(crate) fn fields(&self) -> BTreeMap<&Data, &Data> {
        let mut fields = BTreeMap::new();
        let Self::Map(entries) = self.untagged() else { return fields };
        for (key, value) in entries {
            let key = key.untagged();
            match (key.text(), value.untagged()) {
                (Some("<<"), Self::Map(_)) => fields.extend(value.fields()),
                (Some("<<"), Self::List(mappings)) => {
                    // The first mapping that has a key decides.
                    for mapping in mappings.iter().rev() {
                        fields.extend(mapping.fields());
                    }
                }
                _ => {
                    fields.insert(key, value);
                }
            }
        }
        fields
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Data> {
        self.fields().into_iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The same with merge keys and repeated keys resolved, and keys in order.
    pub(crate) fn settled(&self) -> Data {
        match self {
            Self::List(items) => Self::List(items.iter().map(Self::settled).collect()),
            Self::Map(_) => {
                let fields = self.fields().into_iter();
                Self::Map(fields.map(|(key, value)| (key.settled(), value.settled())).collect())
            }
            Self::Tagged(tag, inner) => Self::Tagged(tag.clone(), Box::new(inner.settled())),
            scalar => scalar.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any node")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Other("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
        Ok(Data::Other(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
        Ok(Data::Other(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
        Ok(Data::Other(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Data, E> {
        Ok(Data::Other(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Data, E> {
        Ok(Data::Other(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Data, E> {
        Ok(Data::Other(format!("{value:?}")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Data, E> {
        Ok(Data::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Data, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Data::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Data, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Data::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Data, A::Error> {
        let (tag, inner) = tagged.variant_seed(TagName)?;
        Ok(Data::Tagged(tag, Box::new(inner.newtype_variant()?)))
    }
}

/// The name of a tag, as text.
struct TagName;

impl<'de> DeserializeSeed<'de> for TagName {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}
