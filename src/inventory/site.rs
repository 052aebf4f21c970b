//! Where and how `imagePullSecrets` of one mapping can be written: worked out while the document's tree is
//! there, filled in with names later. New text follows the style around it.
//!
//! Nothing here knows which names there will be, or whether any will.

use std::sync::Arc;

use crate::shared::Shared;
use crate::source::Span;
use crate::yaml::layout::{
    blanks, colon, column, dash, ends_in_block_scalar, ends_in_open_key, indentation, key_start,
    lead, line_end, line_ending, line_start,
};
use crate::yaml::{Field, Kind, Node, Scalar, Style, is_plain_string};

use super::FIELD;

/// Where the list of one holder (a pod spec or a ServiceAccount) can be written, or why it cannot.
pub struct Site {
    /// How many places of the document change with an edit here: more than one if an alias leads here.
    pub users: u64,
    /// Whether the names that are in effect already have to be written again, before new ones.
    pub restates: bool,
    /// Where the list begins that is there already.
    pub list: Option<u32>,
    /// Where the list begins that an alias stands for, which an edit here takes the place of.
    pub frees: Option<u32>,
    shape: Result<(Span, Arc<Form>), Box<Refusal>>,
}

/// Why a list cannot be written by a program that never guesses.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What stands in the way.
    pub span: Span,
    /// Why, in words.
    pub why: &'static str,
    /// What to write by hand.
    pub advice: &'static str,
}

/// The bytes that are replaced, mostly none, and what they are replaced by.
struct Shape {
    place: Span,
    form: Form,
}

/// Text with a gap for each name: `head`, then `before` NAME `after` for each name with `between` between
/// them, then `tail`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    // Invariant: head, before, after, between and tail, one behind the other.
    text: Box<str>,
    cuts: [u16; 4],
    quote: Quote,
}

/// How a name is quoted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Quote {
    /// As in JSON, always.
    Double,
    /// In `'`, always.
    Single,
    /// Only where it would not be a string without.
    IfNeeded,
}

/// The pieces of a [`Form`], as they are worked out.
#[derive(Default)]
struct Pieces {
    head: String,
    before: String,
    after: String,
    between: String,
    tail: String,
}

impl Site {
    /// Where the list of `holder`, a mapping, can be written.
    pub(super) fn of(holder: Node<'_, '_>, forms: &mut Shared<Form>) -> Self {
        let holder = holder.resolved();
        let tree = holder.tree();
        let field = holder.field(FIELD);
        let list = field.map(|field| field.value);
        let (target, restates, shape) = match (field, list) {
            (Some(Field { merged: false, key, .. }), Some(value)) => {
                let restates = value.kind() == Kind::Alias;
                (value, restates, value_shape(holder, key, value))
            }
            (Some(_), Some(merged)) => {
                (holder, true, restatable(merged).and_then(|()| key_shape(holder, true)))
            }
            _ => (holder, false, key_shape(holder, false)),
        };
        let (alias, list) = (list.filter(|list| list.kind() == Kind::Alias), list);
        Self {
            users: tree.paths_to(target),
            restates,
            list: list.map(|list| list.span().start),
            frees: alias.map(|alias| alias.resolved().span().start),
            shape: shape.map(|shape| (shape.place, forms.keep(shape.form))).map_err(Box::new),
        }
    }

    /// The byte where an edit would begin, which tells two sites apart.
    ///
    /// # Errors
    ///
    /// Why there can be no edit.
    pub fn place(&self) -> Result<Span, &Refusal> {
        self.shape.as_ref().map(|(place, _)| *place).map_err(|refusal| &**refusal)
    }

    /// The bytes to replace, mostly none, and the text to put there.
    ///
    /// # Errors
    ///
    /// Why there can be no edit.
    pub fn write<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(Span, String), &Refusal> {
        match &self.shape {
            Ok((place, form)) => Ok((*place, form.write(names))),
            Err(refusal) => Err(refusal),
        }
    }
}

impl Form {
    fn new(quote: Quote, pieces: &Pieces) -> Self {
        let parts = [&pieces.head, &pieces.before, &pieces.after, &pieces.between, &pieces.tail];
        let mut end = 0;
        let cuts = [0, 1, 2, 3].map(|part: usize| {
            end += parts[part].len();
            u16::try_from(end).expect("pieces are checked to be short")
        });
        Self { text: parts.map(String::as_str).concat().into(), cuts, quote }
    }

    fn write<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> String {
        let [head, before, after, between] = self.cuts.map(usize::from);
        let mut text = self.text[..head].to_owned();
        for (at, name) in names.into_iter().enumerate() {
            if at > 0 {
                text.push_str(&self.text[after..between]);
            }
            text.push_str(&self.text[head..before]);
            self.quote.write(name, &mut text);
            text.push_str(&self.text[before..after]);
        }
        text.push_str(&self.text[between..]);
        text
    }
}

impl Quote {
    fn write(self, name: &str, text: &mut String) {
        let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let safe = name.bytes().all(simple)
            && name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        match self {
            Self::IfNeeded if safe && is_plain_string(name) => text.push_str(name),
            Self::Single if safe => {
                text.extend(["'", name, "'"]);
            }
            // A JSON string is a double-quoted YAML string.
            _ => text.push_str(&serde_json::Value::from(name).to_string()),
        }
    }
}

fn shape(place: Span, quote: Quote, pieces: &Pieces) -> Result<Shape, Refusal> {
    let parts = [&pieces.head, &pieces.before, &pieces.after, &pieces.between, &pieces.tail];
    if parts.iter().map(|part| part.len()).sum::<usize>() > usize::from(u16::MAX) {
        return Err(Refusal {
            span: place,
            why: "the text around it is too long to be copied",
            advice: "write the entry by hand",
        });
    }
    Ok(Shape { place, form: Form::new(quote, pieces) })
}

// The key is there: its value is extended or replaced.

fn value_shape(
    holder: Node<'_, '_>,
    key: Node<'_, '_>,
    value: Node<'_, '_>,
) -> Result<Shape, Refusal> {
    let refuse = |why, advice| Err(Refusal { span: value.span(), why, advice });
    match value.kind() {
        Kind::Alias if value.is_null() || matches!(value.resolved().kind(), Kind::Sequence(_)) => {
            restatable(value).and_then(|()| written_out(key, value))
        }
        Kind::Scalar(_) if value.is_null() => {
            if value.is_anchored() {
                refuse(
                    "this null has an anchor, and what aliases it would change too",
                    "write the list by hand and give the anchor another place",
                )
            } else if value.span().is_empty() {
                empty_value(holder, key)
            } else {
                written_out(key, value)
            }
        }
        Kind::Sequence(style) => {
            let last = value.items().last();
            match (style, last) {
                (_, Some(_)) if value.items().any(is_malformed) => refuse(
                    "its entries are not all mappings with a string for a name, and the API server rejects them",
                    "write each entry as `- name: SECRET`",
                ),
                (Style::Flow, None) => Ok(first_flow_item(key, value)?),
                (Style::Flow, Some(last)) => flow_item(key, value, last),
                (Style::Block, Some(last)) => block_item(value, last),
                (Style::Block, None) => refuse("it has no entry", "write `[]` instead"),
            }
        }
        _ => refuse(
            "it is not a list, and the API server rejects it",
            "write a list of `- name: SECRET`",
        ),
    }
}

/// Whether the API server rejects an entry: it is not a mapping, or its name is not a string.
fn is_malformed(item: Node<'_, '_>) -> bool {
    let not_a_string = |name: Node<'_, '_>| name.string().is_none() && !name.is_null();
    !item.is_null() && (!item.is_mapping() || item.get("name").is_some_and(not_a_string))
}

/// Whether the names of a list say all of it, so that it can be written again.
fn restatable(list: Node<'_, '_>) -> Result<(), Refusal> {
    let is_name = |item: Node<'_, '_>| {
        item.entries().count() == 1
            && item.get("name").and_then(Node::string).is_some_and(|name| !name.is_empty())
    };
    let is_list = matches!(list.resolved().kind(), Kind::Sequence(_));
    if list.is_null() || is_list && list.items().all(is_name) {
        return Ok(());
    }
    Err(Refusal {
        span: list.span(),
        why: "what it stands for is no list of names alone, which could be written again",
        advice: "write the whole list by hand",
    })
}

/// Puts a list in the place of a null or an alias, to which nothing can be added.
fn written_out(key: Node<'_, '_>, value: Node<'_, '_>) -> Result<Shape, Refusal> {
    let (pieces, quote) = like_its_key(key);
    let pieces = Pieces { head: "[".to_owned(), tail: "]".to_owned(), ..pieces };
    shape(value.span(), quote, &pieces)
}

/// An entry in braces, as JSON if the key of the list is in double quotes: in JSON every key is.
fn like_its_key(key: Node<'_, '_>) -> (Pieces, Quote) {
    let quoted = is_quoted(key);
    let spaced = !quoted || followed_by_blank(key);
    (flow_pieces(quoted, spaced), quote(quoted))
}

fn is_quoted(key: Node<'_, '_>) -> bool {
    key.kind() == Kind::Scalar(Scalar::Double)
}

/// Puts a list behind a key that has no value.
fn empty_value(holder: Node<'_, '_>, key: Node<'_, '_>) -> Result<Shape, Refusal> {
    let text = key.tree().text();
    let refuse = |why| Refusal {
        span: key.span(),
        why,
        advice: "write the list by hand, or remove the key",
    };
    let behind = colon(key).ok_or_else(|| refuse("no colon follows this key"))? + 1;
    if holder.kind() == Kind::Mapping(Style::Flow) {
        let (pieces, quote) = like_its_key(key);
        let pieces = Pieces { head: " [".to_owned(), tail: "]".to_owned(), ..pieces };
        return shape(Span::at(behind), quote, &pieces);
    }
    let end = line_end(text, behind);
    let rest = text[behind..end].trim_start_matches([' ', '\t']);
    if !(rest.is_empty() || rest.starts_with('#')) {
        return Err(refuse("an anchor or a tag stands where its value belongs"));
    }
    let Some(indent) = indentation(text, key.span().start as usize) else {
        return Err(refuse("this key does not stand on a line of its own"));
    };
    let eol = line_ending(text, end);
    let before = format!("{eol}{indent}{}- name: ", dash_indent(holder));
    shape(Span::at(end), Quote::IfNeeded, &Pieces { before, ..Pieces::default() })
}

/// Fills `[]`.
fn first_flow_item(key: Node<'_, '_>, list: Node<'_, '_>) -> Result<Shape, Refusal> {
    let (pieces, quote) = like_its_key(key);
    shape(Span::at(list.span().start as usize + 1), quote, &pieces)
}

/// Adds to `[…]`, behind the last entry, in its style.
fn flow_item(
    key: Node<'_, '_>,
    sequence: Node<'_, '_>,
    last: Node<'_, '_>,
) -> Result<Shape, Refusal> {
    let text = sequence.tree().text();
    let entries: Vec<_> = sequence.items().collect();
    let before_last = match entries.len() {
        0 | 1 => sequence.span().start as usize + 1,
        count => entries[count - 2].span().end as usize,
    };
    let gap = &text[before_last..last.span().start as usize];
    let lead = lead(gap);
    let quoted = is_quoted(key) || looks_like_json(last);
    let plain = || {
        if is_quoted(key) { like_its_key(key) } else { (flow_pieces(quoted, true), quote(quoted)) }
    };
    let (pieces, quote) = cloned(last).unwrap_or_else(plain);
    let separator = match lead {
        Some(lead) if lead.trim().is_empty() => format!(",{lead}"),
        _ if entries.len() > 1 && gap.trim() == "," => gap.to_owned(),
        _ if quoted && !last.source().contains(": ") => ",".to_owned(),
        _ => ", ".to_owned(),
    };
    let at = Span::at(last.span().end as usize);
    let pieces = Pieces { head: separator.clone(), between: separator, ..pieces };
    shape(at, quote, &pieces)
}

/// The text of an entry that has a name and nothing else, with a gap for the name.
fn cloned(item: Node<'_, '_>) -> Option<(Pieces, Quote)> {
    if item.kind() == Kind::Alias || item.is_anchored() || item.entries().count() != 1 {
        return None;
    }
    let (key, value) = item.entries().next()?;
    let clean = !item.source().contains('#') && value.kind() != Kind::Alias && !value.is_anchored();
    if !clean || key.source().trim_matches('"') != "name" {
        return None;
    }
    let quote = match value.kind() {
        Kind::Scalar(Scalar::Plain) if value.span().is_empty() => return None,
        // In JSON what stands there without quotes is no string.
        Kind::Scalar(Scalar::Plain) if is_quoted(key) && value.string().is_none() => Quote::Double,
        Kind::Scalar(Scalar::Plain) => Quote::IfNeeded,
        Kind::Scalar(Scalar::Single) => Quote::Single,
        Kind::Scalar(Scalar::Double) => Quote::Double,
        _ => return None,
    };
    let text = item.tree().text();
    let before = text[item.span().start as usize..value.span().start as usize].to_owned();
    let after = text[value.span().end as usize..item.span().end as usize].to_owned();
    // A tag stands before the value and outside its span.
    (!before.contains('!')).then_some((Pieces { before, after, ..Pieces::default() }, quote))
}

/// Adds to a block list, below the last entry, in its style.
fn block_item(sequence: Node<'_, '_>, last: Node<'_, '_>) -> Result<Shape, Refusal> {
    let text = sequence.tree().text();
    let refuse = |why| Refusal { span: last.span(), why, advice: "write the entry by hand" };
    if ends_in_block_scalar(last) {
        return Err(refuse("its last entry ends in a block scalar"));
    }
    if ends_in_open_key(last) {
        return Err(refuse("its last entry is written with `?`"));
    }
    let entries: Vec<_> = sequence.items().collect();
    let mut from = line_start(text, sequence.span().start as usize);
    if entries.len() > 1 {
        from = entries[entries.len() - 2].span().end as usize;
    } else if indentation(text, last.span().start as usize).is_some() {
        // The dash stands on a line above.
        return Err(refuse("its only entry does not stand beside its dash"));
    }
    let dash = dash(text, from).filter(|&dash| dash < text.len());
    let dash = dash.ok_or_else(|| refuse("its dash cannot be found"))?;
    let indent =
        indentation(text, dash).ok_or_else(|| refuse("its dash stands behind other text"))?;
    let start = (last.span().start as usize).max(dash + 1);
    let gap = &text[dash + 1..start];
    let gap = if !gap.is_empty() && gap.bytes().all(|byte| byte == b' ') { gap } else { " " };
    let end = line_end(text, (last.span().end as usize).max(dash + 1));
    let eol = line_ending(text, end);
    let is_in_line = |text: &str| !text.contains(['\n', '\r']);
    let (pieces, quote) = match cloned(last) {
        Some((pieces, quote)) if is_in_line(&pieces.before) && is_in_line(&pieces.after) => {
            (pieces, quote)
        }
        _ => (Pieces { before: "name: ".to_owned(), ..Pieces::default() }, Quote::IfNeeded),
    };
    let before = format!("{eol}{indent}-{gap}{}", pieces.before);
    shape(Span::at(end), quote, &Pieces { before, ..pieces })
}

// There is no key in this mapping: a key is added.

/// `hides`: whether a merge key brings a list in, which the new key has to come behind.
fn key_shape(holder: Node<'_, '_>, hides: bool) -> Result<Shape, Refusal> {
    match holder.kind() {
        Kind::Mapping(Style::Block) => block_key(holder, hides),
        _ => flow_key(holder),
    }
}

fn block_key(holder: Node<'_, '_>, hides: bool) -> Result<Shape, Refusal> {
    let text = holder.tree().text();
    let entries: Vec<_> = holder.entries().collect();
    let merge = entries.iter().rposition(|(key, _)| key.is_merge_key());
    let behind = &entries[merge.map_or(0, |at| at + 1)..];
    let overridden =
        |(key, _): &&(Node<'_, '_>, Node<'_, '_>)| key.scalar().is_some_and(|key| key == FIELD);
    if hides && let Some((key, _)) = entries.iter().find(overridden) {
        return Err(Refusal {
            span: key.span(),
            why: "a merge key behind it overrides this list, to Go's readers only",
            advice: "move `<<` to the top of the mapping",
        });
    }
    let lines =
        behind.iter().filter_map(|(key, _)| own_line(text, *key).map(|start| (*key, start)));
    let lines: Vec<_> = lines.collect();
    let commented = |start: usize| {
        let above = line_start(text, start.saturating_sub(1));
        text[above..start].trim_start().starts_with('#')
    };
    let containers = |key: &Node<'_, '_>| key.source() == "containers";
    let free = || lines.iter().filter(|(_, start)| !commented(*start));
    let best =
        free().find(|(key, _)| containers(key)).or_else(|| free().next_back()).or(lines.last());
    let dashes = dash_indent(holder);
    if let Some(&(_, start)) = best {
        let indent = &text[start..start + blanks(&text[start..])];
        let eol = line_ending(text, start.saturating_sub(1));
        let pieces = Pieces {
            head: format!("{indent}{FIELD}:{eol}"),
            before: format!("{indent}{dashes}- name: "),
            after: eol.to_owned(),
            ..Pieces::default()
        };
        return shape(Span::at(start), Quote::IfNeeded, &pieces);
    }
    let complex = |key: Node<'_, '_>| {
        let line = line_start(text, key.span().start as usize);
        text[line..key.span().start as usize].trim_start().starts_with('?')
    };
    match (entries.first(), merge) {
        (Some((key, _)), _) if complex(*key) => Err(Refusal {
            span: key.span(),
            why: "the keys of this mapping are written with `?`",
            advice: "write the key without `?`, or add `imagePullSecrets` by hand",
        }),
        (_, Some(merge)) => below_merge(holder, entries[merge]),
        (Some((key, _)), None) => beside_dash(holder, *key),
        (None, None) => Err(Refusal {
            span: holder.span(),
            why: "this mapping has no key",
            advice: "add `imagePullSecrets` by hand",
        }),
    }
}

/// Puts the key below a merge key that is the last entry.
fn below_merge(
    holder: Node<'_, '_>,
    (key, value): (Node<'_, '_>, Node<'_, '_>),
) -> Result<Shape, Refusal> {
    let text = holder.tree().text();
    let refuse = |why| Refusal {
        span: key.span(),
        why,
        advice: "add a key behind the merge key, or `imagePullSecrets` by hand",
    };
    if ends_in_block_scalar(value) {
        return Err(refuse("the merge key ends in a block scalar"));
    }
    let column = column(text, key_start(text, key.span().start as usize));
    let indent = " ".repeat(column);
    let end = line_end(text, value.span().end as usize);
    let eol = line_ending(text, end);
    let pieces = Pieces {
        head: format!("{eol}{indent}{FIELD}:"),
        before: format!("{eol}{indent}{}- name: ", dash_indent(holder)),
        ..Pieces::default()
    };
    shape(Span::at(end), Quote::IfNeeded, &pieces)
}

/// Puts the key before the only one, which stands behind a dash.
fn beside_dash(holder: Node<'_, '_>, key: Node<'_, '_>) -> Result<Shape, Refusal> {
    let text = holder.tree().text();
    let start = key.span().start as usize;
    let lead = &text[line_start(text, start)..start];
    if !lead.bytes().all(|byte| byte == b' ' || byte == b'-') {
        return Err(Refusal {
            span: key.span(),
            why: "this key stands behind other text",
            advice: "put the key on a line of its own, or add `imagePullSecrets` by hand",
        });
    }
    let indent = " ".repeat(lead.len());
    let eol = line_ending(text, line_end(text, start));
    let pieces = Pieces {
        head: format!("{FIELD}:{eol}"),
        before: format!("{indent}{}- name: ", dash_indent(holder)),
        after: eol.to_owned(),
        tail: indent,
        ..Pieces::default()
    };
    shape(Span::at(start), Quote::IfNeeded, &pieces)
}

fn flow_key(holder: Node<'_, '_>) -> Result<Shape, Refusal> {
    let text = holder.tree().text();
    let entries: Vec<_> = holder.entries().collect();
    let merge = entries.iter().rposition(|(key, _)| key.is_merge_key());
    let next = merge.map_or(0, |at| at + 1);
    let refuse = |span, why| Refusal { span, why, advice: "add `imagePullSecrets` by hand" };
    if !holder.source().starts_with('{') {
        return Err(refuse(holder.span(), "this mapping has no braces"));
    }
    let opening = holder.span().start as usize + 1;
    let Some((first, _)) = entries.first() else {
        let json = looks_like_json(holder.tree().root());
        let flow = Flow { json, spaced: true, lead: None };
        let pieces = Pieces { tail: "]".to_owned(), ..flow.pieces("") };
        return shape(Span::at(opening), quote(json), &pieces);
    };
    let json = is_quoted(*first);
    let spaced = !json || followed_by_blank(*first);
    if next == entries.len() {
        let (_, value) = entries[next - 1];
        let flow = Flow { json, spaced, lead: None };
        let pieces = flow.pieces("");
        let head = format!(",{}{}", if spaced { " " } else { "" }, pieces.head);
        let at = Span::at(value.span().end as usize);
        return shape(at, quote(json), &Pieces { head, tail: "]".to_owned(), ..pieces });
    }
    let from = if next == 0 {
        opening
    } else {
        let end = entries[next - 1].1.span().end as usize;
        let comma = end + text[end..].find(',').unwrap_or(0) + 1;
        if text[end..comma].contains('#') {
            return Err(refuse(entries[next].0.span(), "a comment stands before this key"));
        }
        comma
    };
    let key = entries[next].0.span().start as usize;
    let gap = &text[from..key];
    // A comment keeps its place behind the brace, and what has an anchor or a tag keeps it.
    let at = from + gap.len() - gap.trim_start().len();
    let lead = lead(&text[from..at]);
    let flow = Flow { json, spaced, lead };
    let unit = indent_unit(text, holder, lead);
    let gap = lead.unwrap_or(if spaced { " " } else { "" });
    let pieces = flow.pieces(&unit);
    let tail = format!("{},{gap}", pieces.tail);
    shape(Span::at(at), quote(json), &Pieces { tail, ..pieces })
}

/// The style of a flow mapping.
struct Flow<'a> {
    /// Keys and strings are in double quotes.
    json: bool,
    /// A blank follows colons and commas.
    spaced: bool,
    /// The line break and indentation before each key, if each stands on a line of its own.
    lead: Option<&'a str>,
}

impl Flow<'_> {
    /// The key with an open bracket, and entries; `unit` is one step of indentation.
    fn pieces(&self, unit: &str) -> Pieces {
        let space = if self.spaced { " " } else { "" };
        let key = if self.json { format!("\"{FIELD}\":") } else { format!("{FIELD}:") };
        let head = format!("{key}{space}[");
        let flat = Pieces { head, tail: "]".to_owned(), ..flow_pieces(self.json, self.spaced) };
        match self.lead {
            Some(lead) if self.json && self.spaced => Pieces {
                head: format!("{}{lead}{unit}", flat.head),
                before: format!("{{{lead}{unit}{unit}\"name\": "),
                after: format!("{lead}{unit}}}"),
                between: format!(",{lead}{unit}"),
                tail: format!("{lead}]"),
            },
            _ => flat,
        }
    }
}

/// An entry in braces, without the brackets around.
fn flow_pieces(json: bool, spaced: bool) -> Pieces {
    let space = if spaced { " " } else { "" };
    let key = if json { "\"name\"" } else { "name" };
    Pieces {
        before: format!("{{{key}:{space}"),
        after: "}".to_owned(),
        between: format!(",{space}"),
        ..Pieces::default()
    }
}

fn quote(json: bool) -> Quote {
    if json { Quote::Double } else { Quote::IfNeeded }
}

/// Whether a flow mapping, or the first in a sequence, has its keys in double quotes.
fn looks_like_json(node: Node<'_, '_>) -> bool {
    let first = node.entries().next().map(|(key, _)| key);
    first.is_some_and(is_quoted)
}

fn followed_by_blank(key: Node<'_, '_>) -> bool {
    let text = key.tree().text();
    let behind = text[key.span().end as usize..].trim_start();
    behind.strip_prefix(':').is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']))
}

/// One step of indentation: how much further the keys stand than the line of the brace.
fn indent_unit(text: &str, holder: Node<'_, '_>, lead: Option<&str>) -> String {
    // A line of JSON may hold all objects of a cluster: what stands on it is looked at only for the sake of others.
    let Some(lead) = lead else { return String::new() };
    let line = &text[line_start(text, holder.span().start as usize)..];
    let outer = &line[..blanks(line)];
    let inner = lead.trim_start_matches(['\r', '\n']);
    inner.strip_prefix(outer).filter(|unit| !unit.is_empty()).unwrap_or("  ").to_owned()
}

/// How far the dashes of block lists stand behind their keys in this mapping: nothing, or blanks.
fn dash_indent(holder: Node<'_, '_>) -> String {
    let text = holder.tree().text();
    let lists = holder.entries().filter(|(_, value)| value.kind() == Kind::Sequence(Style::Block));
    let widths = lists.filter_map(|(key, value)| {
        // From the line behind the key: a list begins there, or further down behind comments.
        let from = line_end(text, key.span().end as usize);
        let dash = dash(text, from).filter(|&dash| dash <= value.span().start as usize)?;
        indentation(text, dash)?;
        column(text, dash).checked_sub(column(text, key.span().start as usize))
    });
    " ".repeat(widths.take(1).sum())
}

/// The start of the line of a key that stands on a line of its own, with an anchor or a tag perhaps.
fn own_line(text: &str, key: Node<'_, '_>) -> Option<usize> {
    let start = line_start(text, key.span().start as usize);
    let lead = &text[start..key.span().start as usize];
    let properties = lead.trim_start_matches(' ');
    (properties.is_empty() || properties.starts_with(['&', '!'])).then_some(start)
}

#[cfg(test)]
mod tests {
    use crate::edit::{Edit, Plan};
    use crate::inventory::Inventory;

    /// Adds `new` to the list of every holder and compares the whole text.
    #[track_caller]
    fn check(before: &str, after: &str) {
        assert_eq!(written(before).as_deref(), Ok(after));
    }

    #[track_caller]
    fn check_refused(before: &str, why: &str) {
        let refusal = written(before).expect_err("it is refused");
        assert!(refusal.contains(why), "{refusal}");
    }

    fn written(before: &str) -> Result<String, String> {
        let inventory = Inventory::of(before).map_err(|problem| problem.message)?;
        let pods = inventory.workloads.iter().map(|pod| (&pod.site, &pod.pull_secrets));
        let accounts = inventory.service_accounts.iter();
        let accounts = accounts.map(|account| (&account.site, &account.pull_secrets));
        let mut edits: Vec<Edit> = Vec::new();
        for (site, list) in pods.chain(accounts) {
            let old = list.names().map(|name| &**name).filter(|_| site.restates);
            let (place, insert) = site.write(old.chain(["new"])).map_err(|refusal| refusal.why)?;
            if edits.iter().all(|edit| edit.place != place) {
                edits.push(Edit { place, insert: insert.into() });
            }
        }
        assert!(!edits.is_empty(), "there is no holder");
        Ok(Plan::new(edits).expect("the edits are disjoint").apply(before))
    }

    fn pod(spec: &str) -> String {
        format!("apiVersion: v1\nkind: Pod\nspec:\n{spec}")
    }

    /// The same for the part below `spec:` of a Pod.
    #[track_caller]
    fn check_spec(before: &str, after: &str) {
        check(&pod(before), &pod(after));
    }

    #[test]
    fn a_key_is_added_before_the_containers() {
        check_spec(
            "  restartPolicy: Never\n  containers:\n  - name: a\n",
            "  restartPolicy: Never\n  imagePullSecrets:\n  - name: new\n  containers:\n  - name: a\n",
        );
    }

    #[test]
    fn indentation_and_line_endings_are_those_around() {
        check(
            "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n    containers:\r\n      - name: a\r\n",
            "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n    imagePullSecrets:\r\n      - name: new\r\n    containers:\r\n      - name: a\r\n",
        );
    }

    #[test]
    fn a_comment_stays_with_its_key() {
        check_spec(
            "  # the one\n  containers: []\n  restartPolicy: Never\n",
            "  # the one\n  containers: []\n  imagePullSecrets:\n  - name: new\n  restartPolicy: Never\n",
        );
    }

    #[test]
    fn an_entry_is_added_below_the_last_one_in_its_style() {
        check_spec(
            "  imagePullSecrets:\n    -   name: \"old\" # why\n  # more\n  containers: []",
            "  imagePullSecrets:\n    -   name: \"old\" # why\n    -   name: \"new\"\n  # more\n  containers: []",
        );
        check_spec(
            "  imagePullSecrets:\n  - name: a\n  - name: b",
            "  imagePullSecrets:\n  - name: a\n  - name: b\n  - name: new",
        );
    }

    #[test]
    fn flow_lists_grow_in_their_style() {
        check_spec("  imagePullSecrets: []\n", "  imagePullSecrets: [{name: new}]\n");
        check_spec(
            "  imagePullSecrets: [ {name: a}, ] # c\n",
            "  imagePullSecrets: [ {name: a}, {name: new}, ] # c\n",
        );
        check_spec(
            "  imagePullSecrets: [\n    {name: 'a'}\n  ]\n",
            "  imagePullSecrets: [\n    {name: 'a'},\n    {name: 'new'}\n  ]\n",
        );
    }

    #[test]
    fn what_is_null_gets_a_value() {
        check_spec("  imagePullSecrets: ~ # c\n", "  imagePullSecrets: [{name: new}] # c\n");
        check_spec("  imagePullSecrets: null", "  imagePullSecrets: [{name: new}]");
        check_spec(
            "  imagePullSecrets: # c\n  containers: []\n",
            "  imagePullSecrets: # c\n  - name: new\n  containers: []\n",
        );
        check_spec("  imagePullSecrets:", "  imagePullSecrets:\n  - name: new");
    }

    #[test]
    fn json_stays_json() {
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[]}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets":[{"name":"new"}],"containers":[]}}"#,
        );
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets":[{"name":"a"}]}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets":[{"name":"a"},{"name":"new"}]}}"#,
        );
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets": [{"name": "new"}]}}"#,
        );
    }

    #[test]
    fn pretty_json_stays_pretty() {
        check(
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"spec\": {\n    \"containers\": []\n  }\n}\n",
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"spec\": {\n    \"imagePullSecrets\": [\n      {\n        \"name\": \"new\"\n      }\n    ],\n    \"containers\": []\n  }\n}\n",
        );
    }

    #[test]
    fn flow_mappings_get_a_key_in_front() {
        check(
            "apiVersion: v1\nkind: Pod\nspec: { containers: [] }\n",
            "apiVersion: v1\nkind: Pod\nspec: { imagePullSecrets: [{name: new}], containers: [] }\n",
        );
        check(
            "{apiVersion: v1, kind: ServiceAccount}",
            "{imagePullSecrets: [{name: new}], apiVersion: v1, kind: ServiceAccount}",
        );
    }

    #[test]
    fn a_merge_key_stays_before_the_new_key() {
        let base = "x: &b {restartPolicy: Never}\n";
        check(
            &format!("{base}apiVersion: v1\nkind: Pod\nspec:\n  containers: []\n  <<: *b # c\n"),
            &format!(
                "{base}apiVersion: v1\nkind: Pod\nspec:\n  containers: []\n  <<: *b # c\n  imagePullSecrets:\n  - name: new\n"
            ),
        );
        check(
            &format!("{base}apiVersion: v1\nkind: Pod\nspec: {{<<: *b}}\n"),
            &format!(
                "{base}apiVersion: v1\nkind: Pod\nspec: {{<<: *b, imagePullSecrets: [{{name: new}}]}}\n"
            ),
        );
    }

    #[test]
    fn the_new_key_stands_in_the_column_of_a_merge_key_with_an_anchor() {
        check_spec(
            "  &a <<: &b {a: 1}\n",
            "  &a <<: &b {a: 1}\n  imagePullSecrets:\n  - name: new\n",
        );
        check(
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- &a <<: {metadata: {}}\n",
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- &a <<: {metadata: {}}\n  imagePullSecrets:\n  - name: new\n",
        );
    }

    #[test]
    fn a_merged_list_is_written_out_since_the_new_key_hides_it() {
        let base =
            "x: &b {imagePullSecrets: [{name: old}]}\napiVersion: v1\nkind: Pod\nspec:\n  <<: *b\n";
        check(
            &format!("{base}  containers: []\n"),
            &format!("{base}  imagePullSecrets:\n  - name: old\n  - name: new\n  containers: []\n"),
        );
    }

    #[test]
    fn an_alias_gives_way_to_what_it_stands_for() {
        check_spec(
            "  x: &l [{name: old}]\n  imagePullSecrets: *l\n",
            "  x: &l [{name: old}]\n  imagePullSecrets: [{name: old}, {name: new}]\n",
        );
    }

    #[test]
    fn the_only_key_beside_a_dash_moves_down() {
        check(
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- metadata: {name: a}\n",
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- imagePullSecrets:\n  - name: new\n  metadata: {name: a}\n",
        );
    }

    #[test]
    fn names_are_quoted_where_they_would_not_be_strings() {
        let refused = pod("  imagePullSecrets: [{name: \"1\"}, {name: a, x: 1}]\n");
        let after = pod("  imagePullSecrets: [{name: \"1\"}, {name: a, x: 1}, {name: new}]\n");
        check(&refused, &after);
        let restated = "x: &b {imagePullSecrets: [{name: '1e3'}]}\napiVersion: v1\nkind: Pod\nspec:\n  <<: *b\n  a: 1\n";
        assert!(written(restated).unwrap().contains("- name: \"1e3\"\n  - name: new\n"));
    }

    #[test]
    fn what_cannot_be_edited_safely_is_refused() {
        check_refused(&pod("  ? containers\n  : []\n"), "written with `?`");
        check_refused(&pod("  imagePullSecrets:\n  - ~\n  - ? name\n    :\n"), "written with `?`");
        check_refused(&pod("  imagePullSecrets: [a]\n"), "not all mappings");
        check_refused(&pod("  imagePullSecrets: regcred\n"), "not a list");
        check_refused(&pod("  imagePullSecrets: &n ~\n"), "anchor");
        check_refused(&pod("  imagePullSecrets: !!null\n  a: 1\n"), "tag");
        check_refused(&pod("  x: &l [{name: a, b: c}]\n  imagePullSecrets: *l\n"), "names alone");
        check_refused(&pod("  <<: {imagePullSecrets: [{}]}\n  a: 1\n"), "names alone");
    }
}
