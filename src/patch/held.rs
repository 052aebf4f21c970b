//! What can be done with a value that is there: it is extended, or replaced if it is nothing.

use super::Refusal;
use super::form::FormBuilder;
use super::key::{block, flow_like};
use super::value::{Gap, Gaps, NewValue};
use super::write::Manner;
use super::{list, words};
use crate::source::Span;
use crate::yaml::layout::{colon, indentation, line_end, line_ending};
use crate::yaml::{Node, NodeKind, Style as Written};

/// A place with the text for it.
pub(super) type Drafted = Result<(Span, FormBuilder), Refusal>;

/// Adds names to `value`, the value of `key` in `holder`.
pub(super) fn grown(
    holder: Node<'_, '_>,
    key: Node<'_, '_>,
    value: Node<'_, '_>,
    gaps: Gaps<'_>,
) -> Drafted {
    let new = NewValue::Names(gaps);
    if value.kind() == NodeKind::Alias {
        if matches!(gaps, Gaps::Items(_)) && !value.is_null() && !is_list(value) {
            return Err(Refusal::new(value.span(), NOT_A_LIST, list_advice(gaps)));
        }
        restatable(value, gaps)?;
        return Ok(replaced(key, value, &new));
    }
    if value.is_null() {
        return filled(holder, key, value, &new);
    }
    match gaps {
        Gaps::Items(gap) => list::more_items(key, value, gap),
        Gaps::One(_) => words::the_only(key, value),
        Gaps::Commas => words::more_words(holder, value),
    }
}

/// Whether the names of a value say all of it, so that it can be written again.
pub(super) fn restatable(value: Node<'_, '_>, gaps: Gaps<'_>) -> Result<(), Refusal> {
    let refuse = |why, advice: &'static str| Err(Refusal::new(value.span(), why, advice));
    let is_empty = value.is_null() || value.string().is_some_and(|text| text.is_empty());
    match gaps {
        _ if value.is_null() => Ok(()),
        Gaps::Items(gap)
            if is_list(value) && value.items().all(|item| is_name_alone(item, gap)) =>
        {
            Ok(())
        }
        Gaps::Items(_) => refuse(
            "it is not a list of names only, which could be written again",
            "write the whole list by hand",
        ),
        Gaps::One(_) | Gaps::Commas if is_empty => Ok(()),
        Gaps::One(_) => refuse(OCCUPIED, "write the name by hand where it belongs"),
        Gaps::Commas => {
            refuse("an alias or a merge key brings this text in", "write the whole text by hand")
        }
    }
}

pub(super) const OCCUPIED: &str = "it has a value already, and there is room for one only";

pub(super) const NOT_A_LIST: &str = "it is not a list, and the API server rejects it";

fn is_list(value: Node<'_, '_>) -> bool {
    matches!(value.resolved().kind(), NodeKind::Sequence(_))
}

pub(super) fn list_advice(gaps: Gaps<'_>) -> &'static str {
    match gaps {
        Gaps::Items(Gap::Field(_)) => "write a list of `- name: SECRET`",
        _ => "write a list of `- SECRET`",
    }
}

fn is_name_alone(item: Node<'_, '_>, gap: Gap<'_>) -> bool {
    let name = match gap {
        Gap::Text => Some(item),
        Gap::Field(key) => item.get(key).filter(|_| item.entries().count() == 1),
    };
    name.and_then(Node::string).is_some_and(|name| !name.is_empty())
}

/// Puts a value in the place of a null or an alias, to which nothing can be added.
pub(super) fn replaced(
    key: Node<'_, '_>,
    value: Node<'_, '_>,
    new: &NewValue<'_>,
) -> (Span, FormBuilder) {
    let mut draft = FormBuilder::default();
    Manner::Flow(flow_like(key)).value(new, &mut draft);
    (value.span(), draft)
}

/// Puts a value in the place of a null.
pub(super) fn filled(
    holder: Node<'_, '_>,
    key: Node<'_, '_>,
    null: Node<'_, '_>,
    new: &NewValue<'_>,
) -> Drafted {
    if null.is_anchored() {
        return Err(Refusal::new(
            null.span(),
            "this null has an anchor, and what aliases it would change too",
            "write the list by hand and give the anchor another place",
        ));
    }
    if null.span().is_empty() { after_key(holder, key, new) } else { Ok(replaced(key, null, new)) }
}

/// Puts a value after a key that has none.
fn after_key(holder: Node<'_, '_>, key: Node<'_, '_>, new: &NewValue<'_>) -> Drafted {
    let text = key.tree().text();
    let refuse = |why| Refusal::new(key.span(), why, "write the list by hand, or remove the key");
    let after = colon(key).ok_or_else(|| refuse("no colon follows this key"))? + 1;
    let mut draft = FormBuilder::default();
    if holder.kind() == NodeKind::Mapping(Written::Flow) {
        draft.push(" ");
        Manner::Flow(flow_like(key)).value(new, &mut draft);
        return Ok((Span::at(after), draft));
    }
    let end = line_end(text, after);
    let rest = text[after..end].trim_start_matches([' ', '\t']);
    if !(rest.is_empty() || rest.starts_with('#')) {
        return Err(refuse("an anchor or a tag is where its value belongs"));
    }
    let Some(indent) = indentation(text, key.span().start as usize) else {
        return Err(refuse("this key does not stand on a line of its own"));
    };
    let block = block(holder, indent.to_owned(), line_ending(text, end));
    Manner::Block(block).value(new, &mut draft);
    Ok((Span::at(if new.is_collection() { end } else { after }), draft))
}
