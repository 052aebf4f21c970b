//! YAML text as a [`ConfigNode`], with nothing decided yet.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, NonFiniteFloatPolicy};

use super::Mistake;
use super::read::{ConfigNode, ConfigValue};
use crate::say;
use crate::source::{LineIndex, Span};
use crate::text::{Message, shown};
use crate::yaml;

/// Reads the one document of `text`; aliases are resolved, merge keys are keys like others.
///
/// # Errors
/// What keeps `text` from being one YAML document.
pub(super) fn parse(text: &str) -> Result<ConfigNode, Mistake> {
    if let Some(problem) = yaml::refusal(text) {
        return Err(unread(
            Span::at(problem.offset),
            say!("invalid YAML: {}", shown(&problem.message)),
        ));
    }
    let options = serde_saphyr::options! {
        // Both of two equal keys are wanted, to say that there are two.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
        // A policy is a few levels deep, and reading it is recursive.
        budget: serde_saphyr::budget! { max_depth: 64 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| syntax_mistake(text, &error))
}

/// The same for the document at `place` of `text`, which may be a part of a larger one. Spans count from the start of
/// `text`.
pub(super) fn parse_at(text: &str, place: Span) -> Result<ConfigNode, Mistake> {
    let start = place.start as usize;
    let line = text[..start].rfind('\n').map_or(0, |line| line + 1);
    // The keys of a block mapping stand in one column, so the first one needs its indentation.
    let indented = text[line..start].bytes().all(|byte| byte == b' ');
    let from = if indented { line } else { start };
    let mut tree =
        parse(&text[from..place.end as usize]).map_err(|mistake| mistake.shifted(from))?;
    tree.shift(from);
    Ok(tree)
}

fn syntax_mistake(text: &str, error: &Error) -> Mistake {
    let span = Span::at(error.location().map_or(0, |location| offset_of(text, location)));
    let error = error.without_snippet();
    let what = match error {
        Error::MultipleDocuments { .. } => {
            return Mistake::new(
                span,
                "a second document begins here",
                "keep one policy in a file",
            );
        }
        Error::Budget { .. } => "this is nested too deeply, or too long, for a policy".into(),
        Error::UnsupportedTag { .. } => "tags are not supported here".into(),
        // The parser's own messages are fixed texts. The place is in the span.
        Error::ExternalMessage { .. } | Error::UnknownAnchor { .. } | Error::Eof { .. } => {
            let message = error.to_string();
            let what = message.rsplit_once(" at line ").map_or(&*message, |(what, _)| what);
            say!("invalid YAML: {}", shown(what))
        }
        // Other messages may repeat what stands in the file.
        _ => "invalid YAML".into(),
    };
    unread(span, what)
}

fn unread(span: Span, what: impl Into<Message>) -> Mistake {
    Mistake::new(span, what, "fix this first; the rest of the file was not checked")
}

/// Errors of the parser name line and column only, from 1, in characters.
fn offset_of(text: &str, location: Location) -> usize {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let lines = LineIndex::new(text);
    let line = lines.line_range(text, number(location.line()).min(lines.lines() - 1));
    let line_text = &text[line.clone()];
    let in_line = line_text.char_indices().nth(number(location.column()));
    line.start + in_line.map_or(line_text.trim_end().len(), |(at, _)| at)
}

fn span_of(location: Location) -> Span {
    let offset = |at: Option<u64>| at.and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
    let start = offset(location.span().byte_offset());
    Span::new(start, start + offset(location.span().byte_len()))
}

impl<'de> Deserialize<'de> for ConfigNode {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<ConfigValue>::deserialize(deserializer)?;
        let mut span = span_of(spanned.referenced);
        // The parser gives the start of a collection only.
        let last = match &spanned.value {
            ConfigValue::List(items) => items.last(),
            ConfigValue::Map(entries) => entries.last().map(|(_, value)| value),
            _ => None,
        };
        span.end = last.map_or(span.end, |last| last.span.end.max(span.end));
        Ok(Self { span, kind: spanned.value })
    }
}

impl<'de> Deserialize<'de> for ConfigValue {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = ConfigValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Text(text.to_owned()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<ConfigValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(ConfigValue::List(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<ConfigValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(ConfigValue::Map(entries))
    }
}
