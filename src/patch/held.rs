//! What can be done with a value that is there: it is extended, or gives way if it is nothing.

use super::Refusal;
use super::form::{Draft, Quote};
use super::key::{block, flow_like, is_quoted, looks_like_json};
use super::value::{Gap, Gaps, NewValue};
use super::write::{Flow, Style, quoted};
use crate::source::Span;
use crate::yaml::layout::{
    colon, dash, ends_in_block_scalar, ends_in_open_key, indentation, lead, line_end, line_ending,
    line_start,
};
use crate::yaml::{Kind, Node, Scalar, Style as Written};

/// A place with the text for it.
pub(super) type Drafted = Result<(Span, Draft), Refusal>;

/// Adds names to `value`, the value of `key` in `holder`.
pub(super) fn grown(
    holder: Node<'_, '_>,
    key: Node<'_, '_>,
    value: Node<'_, '_>,
    gaps: Gaps<'_>,
) -> Drafted {
    let new = NewValue::Names(gaps);
    if value.kind() == Kind::Alias {
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
        Gaps::Items(gap) => more_items(key, value, gap),
        Gaps::One(_) => the_only(key, value),
        Gaps::Commas => more_words(holder, value),
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
            "what it stands for is no list of names alone, which could be written again",
            "write the whole list by hand",
        ),
        Gaps::One(_) | Gaps::Commas if is_empty => Ok(()),
        Gaps::One(_) => refuse(OCCUPIED, "write the name by hand where it belongs"),
        Gaps::Commas => {
            refuse("an alias or a merge key stands for this text", "write the whole text by hand")
        }
    }
}

const OCCUPIED: &str = "it has a value already, and there is room for one only";

const NOT_A_LIST: &str = "it is not a list, and the API server rejects it";

fn is_list(value: Node<'_, '_>) -> bool {
    matches!(value.resolved().kind(), Kind::Sequence(_))
}

fn list_advice(gaps: Gaps<'_>) -> &'static str {
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

/// Whether the API server rejects an item: it is not of the form that a name has, or its name is not a string.
fn is_malformed(item: Node<'_, '_>, gap: Gap<'_>) -> bool {
    let not_a_string = |name: Node<'_, '_>| name.string().is_none() && !name.is_null();
    match gap {
        _ if item.is_null() => false,
        Gap::Text => not_a_string(item),
        Gap::Field(key) => !item.is_mapping() || item.get(key).is_some_and(not_a_string),
    }
}

/// Puts a value in the place of a null or an alias, to which nothing can be added.
pub(super) fn replaced(
    key: Node<'_, '_>,
    value: Node<'_, '_>,
    new: &NewValue<'_>,
) -> (Span, Draft) {
    let mut draft = Draft::default();
    Style::Flow(flow_like(key)).value(new, &mut draft);
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
    if null.span().is_empty() { behind_key(holder, key, new) } else { Ok(replaced(key, null, new)) }
}

/// Puts a value behind a key that has none.
fn behind_key(holder: Node<'_, '_>, key: Node<'_, '_>, new: &NewValue<'_>) -> Drafted {
    let text = key.tree().text();
    let refuse = |why| Refusal::new(key.span(), why, "write the list by hand, or remove the key");
    let after = colon(key).ok_or_else(|| refuse("no colon follows this key"))? + 1;
    let mut draft = Draft::default();
    if holder.kind() == Kind::Mapping(Written::Flow) {
        draft.push(" ");
        Style::Flow(flow_like(key)).value(new, &mut draft);
        return Ok((Span::at(after), draft));
    }
    let end = line_end(text, after);
    let rest = text[after..end].trim_start_matches([' ', '\t']);
    if !(rest.is_empty() || rest.starts_with('#')) {
        return Err(refuse("an anchor or a tag stands where its value belongs"));
    }
    let Some(indent) = indentation(text, key.span().start as usize) else {
        return Err(refuse("this key does not stand on a line of its own"));
    };
    let block = block(holder, indent.to_owned(), line_ending(text, end));
    Style::Block(block).value(new, &mut draft);
    Ok((Span::at(if new.is_collection() { end } else { after }), draft))
}

// Lists.

fn more_items(key: Node<'_, '_>, value: Node<'_, '_>, gap: Gap<'_>) -> Drafted {
    let refuse = |why, advice| Err(Refusal::new(value.span(), why, advice));
    let Kind::Sequence(style) = value.kind() else {
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
fn first_in_brackets(key: Node<'_, '_>, list: Node<'_, '_>, gap: Gap<'_>) -> (Span, Draft) {
    let mut draft = Draft::default();
    flow_like(key).items(gap, "", &mut draft);
    (Span::at(list.span().start as usize + 1), draft)
}

/// Adds to `[…]`, behind the last entry, in its style.
fn last_in_brackets(
    key: Node<'_, '_>,
    sequence: Node<'_, '_>,
    last: Node<'_, '_>,
    gap: Gap<'_>,
) -> (Span, Draft) {
    let separator = separator(key, sequence, last);
    let mut draft = Draft::default();
    draft.push(&separator);
    draft.each(&separator, |out| match Copied::of(last, gap) {
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
struct Copied<'a> {
    before: &'a str,
    quote: Quote,
    after: &'a str,
}

impl<'a> Copied<'a> {
    fn of(item: Node<'_, 'a>, gap: Gap<'_>) -> Option<Self> {
        if item.kind() == Kind::Alias || item.is_anchored() || item.source().contains('#') {
            return None;
        }
        let name = match gap {
            Gap::Text => item,
            Gap::Field(key) => only_value(item, key)?,
        };
        let quote = quote_of(name, is_quoted(item.entries().next().map_or(item, |(key, _)| key)))?;
        let text = item.tree().text();
        let before = &text[item.span().start as usize..name.span().start as usize];
        let after = &text[name.span().end as usize..item.span().end as usize];
        // A tag stands before the value and outside its span.
        (!before.contains('!')).then_some(Self { before, quote, after })
    }

    fn is_in_one_line(&self) -> bool {
        !self.before.contains(['\n', '\r']) && !self.after.contains(['\n', '\r'])
    }

    fn write(&self, out: &mut Draft) {
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
    let own = value.kind() != Kind::Alias && !value.is_anchored();
    (entries.next().is_none() && plainly && own).then_some(value)
}

/// How a name is quoted that is written like `name`.
fn quote_of(name: Node<'_, '_>, json: bool) -> Option<Quote> {
    match name.kind() {
        Kind::Scalar(Scalar::Plain) if name.span().is_empty() => None,
        // In JSON what stands there without quotes is no string.
        Kind::Scalar(Scalar::Plain) if json && name.string().is_none() => Some(Quote::Double),
        Kind::Scalar(Scalar::Plain) => Some(Quote::IfNeeded),
        Kind::Scalar(Scalar::Single) => Some(Quote::Single),
        Kind::Scalar(Scalar::Double) => Some(Quote::Double),
        _ => None,
    }
}

/// Adds to a block list, below the last entry, in its style.
fn below_last(sequence: Node<'_, '_>, last: Node<'_, '_>, gap: Gap<'_>) -> Drafted {
    let text = sequence.tree().text();
    let dash = last_dash(sequence, last)?;
    let Some(indent) = indentation(text, dash) else {
        return Err(entry_by_hand(last, "its dash stands behind other text"));
    };
    let start = (last.span().start as usize).max(dash + 1);
    let blank = &text[dash + 1..start];
    let blank =
        if !blank.is_empty() && blank.bytes().all(|byte| byte == b' ') { blank } else { " " };
    let end = line_end(text, (last.span().end as usize).max(dash + 1));
    let begin = format!("{}{indent}-{blank}", line_ending(text, end));
    let mut draft = Draft::default();
    draft.each("", |out| {
        out.push(&begin);
        match (Copied::of(last, gap).filter(Copied::is_in_one_line), gap) {
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

// Strings.

/// Puts a name in the place of a string without a character.
fn the_only(key: Node<'_, '_>, value: Node<'_, '_>) -> Drafted {
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
                let mut draft = Draft::default();
                draft.only(quote);
                Ok((value.span(), draft))
            }
            None => refuse("this text is a block scalar", "write the name by hand"),
        },
    }
}

/// Adds names to a text in which commas separate them.
fn more_words(holder: Node<'_, '_>, value: Node<'_, '_>) -> Drafted {
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
    let mut draft = Draft::default();
    let end = value.span().end as usize;
    let comma = if text.contains(", ") { ", " } else { "," };
    let begin = if text.trim_end().ends_with(',') || text.trim().is_empty() { "" } else { comma };
    let place = match value.kind() {
        Kind::Scalar(Scalar::Single | Scalar::Double) => Span::at(end - 1),
        Kind::Scalar(Scalar::Plain) if holder.kind() == Kind::Mapping(Written::Block) => {
            Span::at(end)
        }
        // In brackets a comma would end the text.
        Kind::Scalar(Scalar::Plain) => {
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
