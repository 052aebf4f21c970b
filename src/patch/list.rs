//! Items for a list that is there, in its style.

use super::Refusal;
use super::form::{FormBuilder, Quote};
use super::held::{Drafted, NOT_A_LIST, list_advice};
use super::key::{flow_like, is_quoted, looks_like_json};
use super::value::{Gap, Gaps};
use super::words::quote_of;
use super::write::Flow;
use crate::source::Span;
use crate::yaml::layout::{
    dash, ends_in_block_scalar, ends_in_open_key, indentation, lead, line_end, line_ending,
    line_start,
};
use crate::yaml::{Node, NodeKind, Style as Written};

pub(super) fn more_items(key: Node<'_, '_>, value: Node<'_, '_>, gap: Gap<'_>) -> Drafted {
    let refuse = |why, advice| Err(Refusal::new(value.span(), why, advice));
    let NodeKind::Sequence(style) = value.kind() else {
        return refuse(NOT_A_LIST, list_advice(Gaps::Items(gap)));
    };
    let Some(last) = value.items().last() else {
        return match style {
            Written::Flow => Ok(first_in_brackets(key, value, gap)),
            Written::Block => refuse("it has no entry", "write `[]` instead"),
        };
    };
    if value.items().any(|item| is_malformed(item, gap)) {
        return match gap {
            Gap::Field(_) => refuse(
                "its entries are not all mappings with a string for a name, and the API server rejects them",
                "write each entry as `- name: SECRET`",
            ),
            Gap::Text => refuse(
                "its entries are not all strings, and the API server rejects them",
                "write each entry as `- SECRET`",
            ),
        };
    }
    match style {
        Written::Flow => Ok(last_in_brackets(key, value, last, gap)),
        Written::Block => below_last(value, last, gap),
    }
}

/// Fills `[]`.
fn first_in_brackets(key: Node<'_, '_>, list: Node<'_, '_>, gap: Gap<'_>) -> (Span, FormBuilder) {
    let mut draft = FormBuilder::default();
    flow_like(key).items(gap, "", &mut draft);
    (Span::at(list.span().start as usize + 1), draft)
}

/// Adds to `[…]`, after the last entry, in its style.
fn last_in_brackets(
    key: Node<'_, '_>,
    sequence: Node<'_, '_>,
    last: Node<'_, '_>,
    gap: Gap<'_>,
) -> (Span, FormBuilder) {
    let separator = separator(key, sequence, last);
    let mut draft = FormBuilder::default();
    draft.push(&separator);
    draft.each(&separator, |out| match ItemTemplate::of(last, gap) {
        Some(copied) => copied.write(out),
        None if is_quoted(key) => flow_like(key).item(gap, out),
        None => Flow { json: looks_like_json(last), spaced: true, lines: None }.item(gap, out),
    });
    (Span::at(last.span().end as usize), draft)
}

/// What separates the items of a list in brackets.
fn separator(key: Node<'_, '_>, sequence: Node<'_, '_>, last: Node<'_, '_>) -> String {
    let text = sequence.tree().text();
    let items: Vec<_> = sequence.items().collect();
    let before_last = match items.len() {
        0 | 1 => sequence.span().start as usize + 1,
        count => items[count - 2].span().end as usize,
    };
    let gap = &text[before_last..last.span().start as usize];
    let quoted = is_quoted(key) || looks_like_json(last);
    match lead(gap) {
        Some(lead) if lead.trim().is_empty() => format!(",{lead}"),
        _ if items.len() > 1 && gap.trim() == "," => gap.to_owned(),
        _ if quoted && !last.source().contains(": ") => ",".to_owned(),
        _ => ", ".to_owned(),
    }
}

/// The text of an item that is a name and nothing else, with a gap for the name.
struct ItemTemplate<'a> {
    before: &'a str,
    quote: Quote,
    after: &'a str,
}

impl<'a> ItemTemplate<'a> {
    fn of(item: Node<'_, 'a>, gap: Gap<'_>) -> Option<Self> {
        if item.kind() == NodeKind::Alias || item.is_anchored() || item.source().contains('#') {
            return None;
        }
        let name = match gap {
            // What is not a string says nothing about how strings are written.
            Gap::Text => Some(item).filter(|item| item.string().is_some())?,
            Gap::Field(key) => only_value(item, key)?,
        };
        let quote = quote_of(name, is_quoted(item.entries().next().map_or(item, |(key, _)| key)))?;
        let text = item.tree().text();
        let before = &text[item.span().start as usize..name.span().start as usize];
        let after = &text[name.span().end as usize..item.span().end as usize];
        // A tag is before the value and outside its span.
        (!before.contains('!')).then_some(Self { before, quote, after })
    }

    fn is_in_one_line(&self) -> bool {
        !self.before.contains(['\n', '\r']) && !self.after.contains(['\n', '\r'])
    }

    fn write(&self, out: &mut FormBuilder) {
        out.push(self.before);
        out.gap(self.quote);
        out.push(self.after);
    }
}

/// The value of the only key of a mapping, if it is `key`, written plainly.
fn only_value<'t, 'a>(item: Node<'t, 'a>, key: &str) -> Option<Node<'t, 'a>> {
    let mut entries = item.entries();
    let (found, value) = entries.next()?;
    let plainly = found.source().trim_matches('"') == key;
    let own = value.kind() != NodeKind::Alias && !value.is_anchored();
    (entries.next().is_none() && plainly && own).then_some(value)
}

/// Adds to a block list, below the last entry, in its style.
fn below_last(sequence: Node<'_, '_>, last: Node<'_, '_>, gap: Gap<'_>) -> Drafted {
    let text = sequence.tree().text();
    let dash = last_dash(sequence, last)?;
    let Some(indent) = indentation(text, dash) else {
        return Err(entry_by_hand(last, "other text is before its dash"));
    };
    let start = (last.span().start as usize).max(dash + 1);
    let blank = &text[dash + 1..start];
    let blank =
        if !blank.is_empty() && blank.bytes().all(|byte| byte == b' ') { blank } else { " " };
    let end = line_end(text, (last.span().end as usize).max(dash + 1));
    let begin = format!("{}{indent}-{blank}", line_ending(text, end));
    let mut draft = FormBuilder::default();
    draft.each("", |out| {
        out.push(&begin);
        match (ItemTemplate::of(last, gap).filter(ItemTemplate::is_in_one_line), gap) {
            (Some(copied), _) => copied.write(out),
            (None, Gap::Text) => out.gap(Quote::IfNeeded),
            (None, Gap::Field(key)) => {
                out.push(&format!("{key}: "));
                out.gap(Quote::IfNeeded);
            }
        }
    });
    Ok((Span::at(end), draft))
}

fn entry_by_hand(last: Node<'_, '_>, why: &'static str) -> Refusal {
    Refusal::new(last.span(), why, "write the entry by hand")
}

/// The dash of the last item of a list, if text can be added below the item.
fn last_dash(sequence: Node<'_, '_>, last: Node<'_, '_>) -> Result<usize, Refusal> {
    let text = sequence.tree().text();
    if ends_in_block_scalar(last) {
        return Err(entry_by_hand(last, "its last entry ends in a block scalar"));
    }
    if ends_in_open_key(last) {
        return Err(entry_by_hand(last, "its last entry is written with `?`"));
    }
    let items: Vec<_> = sequence.items().collect();
    let mut from = line_start(text, sequence.span().start as usize);
    if items.len() > 1 {
        from = items[items.len() - 2].span().end as usize;
    } else if indentation(text, last.span().start as usize).is_some() {
        return Err(entry_by_hand(last, "its only entry does not stand beside its dash"));
    }
    let dash = dash(text, from).filter(|&dash| dash < text.len());
    dash.ok_or_else(|| entry_by_hand(last, "its dash cannot be found"))
}

/// Whether the API server rejects an item: it is not of the form that a name has, or its name is not a string.
fn is_malformed(item: Node<'_, '_>, gap: Gap<'_>) -> bool {
    let not_a_string = |name: Node<'_, '_>| name.string().is_none() && !name.is_null();
    match gap {
        _ if item.is_null() => false,
        Gap::Text => not_a_string(item),
        Gap::Field(key) => !item.is_mapping() || item.get(key).is_some_and(not_a_string),
    }
}
