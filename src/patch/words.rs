//! What a string that is there becomes.

use super::Refusal;
use super::form::{FormBuilder, Quote};
use super::held::{Drafted, OCCUPIED};
use super::key::is_quoted;
use super::write::quoted;
use crate::edit::Edit;
use crate::source::Span;
use crate::yaml::{Node, NodeKind, Scalar, Style as Written};

/// The edit that puts `text` in the place of a scalar, in its quotes; none if it is not in one line.
pub fn exchanged(key: Node<'_, '_>, value: Node<'_, '_>, text: &str) -> Option<Edit> {
    let mut insert = String::new();
    quote_of(value, is_quoted(key))?.write(text, &mut insert)?;
    Some(Edit { place: value.span(), insert: insert.into() })
}

/// Puts a name in the place of a string without a character.
pub(super) fn the_only(key: Node<'_, '_>, value: Node<'_, '_>) -> Drafted {
    let refuse = |why, advice: &'static str| Err(Refusal::new(value.span(), why, advice));
    match value.string() {
        None => refuse("it is not a string, and the API server rejects it", "write a string"),
        Some(text) if !text.is_empty() => {
            refuse(OCCUPIED, "write the name by hand where it belongs")
        }
        Some(_) if value.is_anchored() || value.is_tagged() => {
            refuse("this text has an anchor or a tag", "write the name by hand")
        }
        Some(_) => match quote_of(value, is_quoted(key)) {
            Some(quote) => {
                let mut draft = FormBuilder::default();
                draft.only(quote);
                Ok((value.span(), draft))
            }
            None => refuse("this text is a block scalar", "write the name by hand"),
        },
    }
}

/// Adds names to a text in which commas separate them.
pub(super) fn more_words(holder: Node<'_, '_>, value: Node<'_, '_>) -> Drafted {
    let refuse = |why| Refusal::new(value.span(), why, "write the whole text by hand");
    let text = value
        .string()
        .ok_or_else(|| refuse("it is not a string, and the API server rejects it"))?;
    if value.is_anchored() || value.is_tagged() {
        return Err(refuse("this text has an anchor or a tag"));
    }
    if value.source().contains(['\n', '\r']) {
        return Err(refuse("this text goes over several lines"));
    }
    let mut draft = FormBuilder::default();
    let end = value.span().end as usize;
    let comma = if text.contains(", ") { ", " } else { "," };
    let begin = if text.trim_end().ends_with(',') || text.trim().is_empty() { "" } else { comma };
    let place = match value.kind() {
        NodeKind::Scalar(Scalar::Single | Scalar::Double) => Span::at(end - 1),
        NodeKind::Scalar(Scalar::Plain) if holder.kind() == NodeKind::Mapping(Written::Block) => {
            Span::at(end)
        }
        // In brackets a comma would end the text.
        NodeKind::Scalar(Scalar::Plain) => {
            let written = quoted(&text);
            draft.push(written.strip_suffix('"').unwrap_or(&written));
            value.span()
        }
        _ => return Err(refuse("this text is a block scalar")),
    };
    let closes = !place.is_empty();
    draft.push(begin);
    draft.each(comma, |out| out.gap(Quote::Never));
    draft.push(if closes { "\"" } else { "" });
    Ok((place, draft))
}

/// How a name is quoted that is written like `name`.
pub(super) fn quote_of(name: Node<'_, '_>, json: bool) -> Option<Quote> {
    match name.kind() {
        NodeKind::Scalar(Scalar::Plain) if name.span().is_empty() => None,
        // In JSON a value without quotes is not a string.
        NodeKind::Scalar(Scalar::Plain) if json && name.string().is_none() => Some(Quote::Double),
        NodeKind::Scalar(Scalar::Plain) => Some(Quote::IfNeeded),
        NodeKind::Scalar(Scalar::Single) => Some(Quote::Single),
        NodeKind::Scalar(Scalar::Double) => Some(Quote::Double),
        _ => None,
    }
}
