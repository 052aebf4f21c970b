//! The stamp of checked workloads: an annotation that tells, at the end of a build, that this program was a part of
//! it. Where it is, and where and how it can be written, in the style around it.
//!
//! It is the same every time, so that it never differs between two runs. Nothing here decides whether it is wanted.

use std::sync::Arc;

use super::walk::{self, Place};
use super::{Object, TypeMeta, object, prefilter};
use crate::kinds::Table;
use crate::patch::Refusal;
use crate::source::Span;
use crate::yaml::layout::{colon, column, indentation, lead, line_end, line_ending};
use crate::yaml::{self, Field, Kind, Node, Problem, Scalar, Style, Tree};

/// The annotation.
pub const STAMP: &str = "pullcreds.dev/checked";
/// Its value.
const VALUE: &str = "v1";

/// A workload, and its stamp.
pub struct Stamped<'a> {
    /// The object.
    pub object: Object<'a>,
    /// The stamp.
    pub stamp: Stamp,
}

/// The stamp of a workload.
pub enum Stamp {
    /// It is there.
    There,
    /// It is not: the bytes to replace, mostly none, and the text to put there.
    Absent(Result<(Span, String), Refusal>),
}

/// Every workload of a stream with its stamp, in order.
///
/// # Errors
///
/// The first place where `text` is no YAML stream.
pub fn stamps<'a>(text: &'a str, table: &Table) -> Result<Vec<Stamped<'a>>, Problem> {
    let take = |found: &mut Vec<Stamped<'a>>, document, tree: &Tree<'a>| {
        walk::each_object(tree, document, table, |node, place, meta| {
            found.extend(stamped(node, place, meta, table));
        });
    };
    let parts = yaml::read(text, |kind, document| prefilter::matters(table, kind, document), take)?;
    let parts = parts.into_iter().map(|(before, mut part)| {
        for stamped in &mut part {
            stamped.object.document += before;
        }
        part
    });
    Ok(parts.flatten().collect())
}

fn stamped<'a>(
    node: Node<'_, 'a>,
    place: &Place,
    meta: &TypeMeta<'a>,
    table: &Table,
) -> Option<Stamped<'a>> {
    let row = table.find(&meta.api_version, &meta.kind)?;
    let mut specs = row.sites.iter().filter_map(|site| node.at(&site.pod_spec.names()));
    specs.find(|spec| spec.is_mapping())?;
    let value = super::annotation(node, STAMP);
    let stamp = match value.as_deref() {
        Some(VALUE) => Stamp::There,
        _ => Stamp::Absent(written(node)),
    };
    Some(Stamped { object: object(node, place, Arc::new(meta.clone())), stamp })
}

type Written = Result<(Span, String), Refusal>;

fn refuse<T>(span: Span, why: &'static str) -> Result<T, Refusal> {
    let advice = "write `pullcreds.dev/checked: v1` under its annotations by hand";
    Err(Refusal { span, why, advice: advice.into() })
}

fn written(object: Node<'_, '_>) -> Written {
    let Some(metadata) = own(object, "metadata")? else {
        return refuse(object.span(), "it has no metadata");
    };
    match own(metadata.value, "annotations")? {
        None => entry(metadata, "annotations", &|style| style.mapping(STAMP, VALUE)),
        Some(annotations) => match own_value(annotations.value, STAMP)? {
            Some((key, value)) => replaced(key, value),
            None => entry(annotations, STAMP, &|style| style.text(VALUE)),
        },
    }
}

/// The value of a key that belongs to this mapping and to nothing else; a mapping or null.
fn own<'t, 'a>(holder: Node<'t, 'a>, key: &str) -> Result<Option<Field<'t, 'a>>, Refusal> {
    let Some(field) = holder.field(key) else { return Ok(None) };
    let value = field.value;
    if field.merged || value.kind() == Kind::Alias || value.tree().paths_to(value) > 1 {
        return refuse(
            value.span(),
            "an anchor or a merge key makes this a part of several places",
        );
    }
    if !value.is_mapping() && (!value.is_null() || value.is_anchored()) {
        return refuse(value.span(), "this is not a mapping");
    }
    Ok(Some(field))
}

/// The value of an annotation that belongs to this mapping and to nothing else.
fn own_value<'t, 'a>(
    annotations: Node<'t, 'a>,
    key: &str,
) -> Result<Option<(Node<'t, 'a>, Node<'t, 'a>)>, Refusal> {
    match annotations.field(key) {
        None => Ok(None),
        Some(Field { key, value, merged: false }) if !value.is_anchored() => Ok(Some((key, value))),
        Some(Field { value, .. }) => {
            refuse(value.span(), "an anchor or a merge key makes this a part of several places")
        }
    }
}

/// Another value gives way.
fn replaced(key: Node<'_, '_>, value: Node<'_, '_>) -> Written {
    let text = match value.kind() {
        // In JSON what stands there is no string.
        Kind::Scalar(Scalar::Plain)
            if key.kind() == Kind::Scalar(Scalar::Double) && value.string().is_none() =>
        {
            format!("\"{VALUE}\"")
        }
        Kind::Scalar(Scalar::Plain) if !value.span().is_empty() => VALUE.to_owned(),
        Kind::Scalar(Scalar::Single) => format!("'{VALUE}'"),
        Kind::Scalar(Scalar::Double) => format!("\"{VALUE}\""),
        _ => return refuse(value.span(), "the annotation has a value that is no word"),
    };
    Ok((value.span(), text))
}

/// How a flow mapping is written.
#[derive(Clone, Copy)]
struct Flow {
    /// Keys and strings are in double quotes.
    json: bool,
    /// A blank follows colons and commas.
    spaced: bool,
}

impl Flow {
    const PLAIN: Self = Self { json: false, spaced: true };

    fn text(self, text: &str) -> String {
        if self.json { format!("\"{text}\"") } else { text.to_owned() }
    }

    fn blank(self) -> &'static str {
        if self.spaced { " " } else { "" }
    }

    fn mapping(self, key: &str, value: &str) -> String {
        format!("{{{}}}", self.pair(key, &self.text(value)))
    }

    fn pair(self, key: &str, value: &str) -> String {
        format!("{}:{}{value}", self.text(key), self.blank())
    }
}

/// A new entry of the mapping behind `field`, whose value is written as `value` says.
fn entry(field: Field<'_, '_>, key: &str, value: &dyn Fn(Flow) -> String) -> Written {
    let mapping = field.value;
    match mapping.kind() {
        Kind::Mapping(Style::Block) => block_entry(field, key, value),
        Kind::Mapping(Style::Flow) => flow_entry(mapping, key, value),
        _ => null(field, key, value),
    }
}

/// Puts the entry on the line behind the key of the mapping, so that comments stay with what they are about.
fn block_entry(field: Field<'_, '_>, key: &str, value: &dyn Fn(Flow) -> String) -> Written {
    let text = field.key.tree().text();
    let first = field.value.entries().next().map(|(key, _)| key.span().start as usize);
    let indent = first.and_then(|first| indentation(text, first));
    let end = line_end(text, field.key.span().end as usize);
    let (Some(indent), Some(first)) = (indent, first) else {
        return refuse(field.value.span(), "its first key does not stand on a line of its own");
    };
    let eol = line_ending(text, end);
    let next = end + eol.len();
    if first < next || colon(field.key).is_none_or(|colon| colon >= end) {
        return refuse(field.key.span(), "its mapping does not begin on the next line");
    }
    let step = column(text, first).saturating_sub(column(text, field.key.span().start as usize));
    let unit = " ".repeat(step.max(1));
    let written = match key {
        STAMP => format!("{indent}{STAMP}: {}{eol}", value(Flow::PLAIN)),
        // A mapping of its own.
        key => format!("{indent}{key}:{eol}{indent}{unit}{STAMP}: {VALUE}{eol}"),
    };
    Ok((Span::at(next), written))
}

/// Puts the entry behind the last one, before the closing brace.
fn flow_entry(mapping: Node<'_, '_>, key: &str, value: &dyn Fn(Flow) -> String) -> Written {
    let text = mapping.tree().text();
    let opening = mapping.span().start as usize + 1;
    let entries: Vec<_> = mapping.entries().collect();
    let (Some((first, _)), Some((_, last))) = (entries.first(), entries.last()) else {
        let root = mapping.tree().root().entries().next();
        let json = root.is_some_and(|(key, _)| key.kind() == Kind::Scalar(Scalar::Double));
        let flow = Flow { json, spaced: true };
        return Ok((Span::at(opening), flow.pair(key, &value(flow))));
    };
    if last.span().is_empty() {
        return refuse(last.span(), "its last key has no value");
    }
    let json = first.kind() == Kind::Scalar(Scalar::Double);
    let behind_colon = colon(*first).map_or("", |colon| &text[colon + 1..]);
    let flow = Flow { json, spaced: !json || behind_colon.starts_with([' ', '\n', '\r']) };
    let gap = &text[opening..first.span().start as usize];
    // Each key on a line of its own: so is the new one.
    let lead = lead(gap).filter(|_| gap.trim().is_empty()).unwrap_or(flow.blank());
    let insert = format!(",{lead}{}", flow.pair(key, &value(flow)));
    Ok((Span::at(last.span().end as usize), insert))
}

/// Puts a mapping in the place of a null.
fn null(field: Field<'_, '_>, key: &str, value: &dyn Fn(Flow) -> String) -> Written {
    let json = field.key.kind() == Kind::Scalar(Scalar::Double);
    let flow = Flow { json, spaced: true };
    let mapping = format!("{{{}}}", flow.pair(key, &value(flow)));
    if !field.value.span().is_empty() {
        return Ok((field.value.span(), mapping));
    }
    match colon(field.key) {
        Some(colon) => Ok((Span::at(colon + 1), format!(" {mapping}"))),
        None => refuse(field.key.span(), "no colon follows this key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Edit, Plan};

    /// Stamps every workload of `before`, which then needs nothing more.
    #[track_caller]
    fn check(before: &str, after: &str) {
        let found = written(before).unwrap_or_else(|refusal| panic!("{}", refusal.why));
        assert_eq!(found, after);
        assert_eq!(written(after).map_err(|refusal| refusal.why), Ok(after.to_owned()));
    }

    #[track_caller]
    fn check_refused(before: &str, why: &str) {
        let refusal = written(before).expect_err("it is refused");
        assert!(refusal.why.contains(why), "{}", refusal.why);
    }

    fn written(before: &str) -> Result<String, Refusal> {
        let stamps =
            stamps(before, Table::builtin()).unwrap_or_else(|problem| panic!("{problem:?}"));
        let absent = stamps.into_iter().filter_map(|stamped| match stamped.stamp {
            Stamp::There => None,
            Stamp::Absent(written) => Some(written),
        });
        let edits: Result<Vec<_>, _> = absent
            .map(|written| written.map(|(place, insert)| Edit { place, insert: insert.into() }))
            .collect();
        Ok(Plan::new(edits?).expect("the edits are disjoint").apply(before))
    }

    /// The same for what stands below `metadata:` of a Pod.
    #[track_caller]
    fn check_metadata(before: &str, after: &str) {
        let pod = |metadata: &str| {
            format!("apiVersion: v1\nkind: Pod\nmetadata:{metadata}\nspec:\n  containers: []\n")
        };
        check(&pod(before), &pod(after));
    }

    const NEW: &str = "pullcreds.dev/checked: v1";

    #[test]
    fn an_annotation_comes_first_and_comments_stay_where_they_are() {
        check_metadata(
            "\n  name: a\n  annotations: # all\n    # why\n    a: b",
            &format!("\n  name: a\n  annotations: # all\n    {NEW}\n    # why\n    a: b"),
        );
        check_metadata(
            "\n    annotations:\n        a: |+\n            b\n\n    name: a",
            &format!(
                "\n    annotations:\n        {NEW}\n        a: |+\n            b\n\n    name: a"
            ),
        );
    }

    #[test]
    fn annotations_are_added_to_metadata_in_its_style() {
        check_metadata("\n  name: a", &format!("\n  annotations:\n    {NEW}\n  name: a"));
        check_metadata("\n    name: a", &format!("\n    annotations:\n        {NEW}\n    name: a"));
        check_metadata(" {name: a}", &format!(" {{name: a, annotations: {{{NEW}}}}}"));
        check_metadata("", &format!(" {{annotations: {{{NEW}}}}}"));
        check_metadata(" {}", &format!(" {{annotations: {{{NEW}}}}}"));
    }

    #[test]
    fn annotations_that_are_nothing_get_a_value() {
        for nothing in ["", " ~", " {}"] {
            let after = format!("\n  annotations: {{{NEW}}}\n  name: a");
            check_metadata(&format!("\n  annotations:{nothing}\n  name: a"), &after);
        }
        check_metadata("\n  annotations: # c", &format!("\n  annotations: {{{NEW}}} # c"));
        check_metadata(" {annotations: {a: b, }}", &format!(" {{annotations: {{a: b, {NEW}, }}}}"));
    }

    #[test]
    fn another_value_gives_way() {
        check_metadata(
            "\n  annotations:\n    pullcreds.dev/checked: \"v0\" # c",
            "\n  annotations:\n    pullcreds.dev/checked: \"v1\" # c",
        );
    }

    #[test]
    fn json_stays_json() {
        let pod = |metadata: &str| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{metadata},"spec":{{"containers":[]}}}}"#
            )
        };
        check(
            &pod(r#"{"name":"a"}"#),
            &pod(r#"{"name":"a","annotations":{"pullcreds.dev/checked":"v1"}}"#),
        );
        check(&pod("null"), &pod(r#"{"annotations": {"pullcreds.dev/checked": "v1"}}"#));
        check(
            &pod("{\r\n  \"name\": \"a\"\r\n}"),
            &pod(
                "{\r\n  \"name\": \"a\",\r\n  \"annotations\": {\"pullcreds.dev/checked\": \"v1\"}\r\n}",
            ),
        );
    }

    #[test]
    fn lists_and_line_endings_are_followed() {
        let list = |metadata: &str| {
            format!(
                "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- metadata:\n{metadata}  \
                 apiVersion: v1\n  kind: Pod\n  spec: {{containers: []}}\n- apiVersion: v1\n  kind: Secret\n"
            )
            .replace('\n', "\r\n")
        };
        check(
            &list("    name: a\n"),
            &list(&format!("    annotations:\n      {NEW}\n    name: a\n")),
        );
    }

    #[test]
    fn what_cannot_be_edited_safely_is_refused() {
        let pod = |metadata: &str| format!("apiVersion: v1\nkind: Pod\n{metadata}spec: {{}}\n");
        check_refused(&pod(""), "no metadata");
        check_refused(&pod("metadata: x\n"), "not a mapping");
        check_refused(&pod("x: &m {name: a}\nmetadata: *m\n"), "several places");
        check_refused(
            &pod("x: &m {name: a}\nmetadata: {annotations: {<<: *m, a: }}\n"),
            "no value",
        );
        check_refused(&pod("metadata: &m {name: a}\nx: *m\n"), "several places");
        check_refused(&pod("metadata: {annotations: {pullcreds.dev/checked: [a]}}\n"), "no word");
    }
}
