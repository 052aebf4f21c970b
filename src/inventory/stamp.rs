//! The stamp of checked workloads: an annotation that tells, at the end of a build, that this program was a part of
//! it. Where it is, and the edit that writes it where it is not.
//!
//! It is the same every time, so that it never differs between two runs. Nothing here decides whether it is wanted.

use std::sync::Arc;

use super::walk::{self, ObjectPlace};
use super::{Object, TypeMeta, object, prefilter, pulls};
use crate::edit::Edit;
use crate::kinds::{PullSite, Row, Table};
use crate::patch::{self, NewValue, Refusal};
use crate::source::Span;
use crate::yaml::{self, Field, Node, NodeKind, Problem, Tree};

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
    /// It is not: the edit that writes it.
    Absent(Result<Edit, Refusal>),
}

/// Every workload of a stream with its stamp, in order.
///
/// # Errors
///
/// The first place where `text` is not a YAML stream.
pub fn stamps<'a>(text: &'a str, table: &'a Table) -> Result<Vec<Stamped<'a>>, Problem> {
    let take = |found: &mut Vec<Stamped<'a>>, document, tree: &Tree<'a>| {
        walk::each_object(tree, document, table, |node, place, meta, row| {
            found.extend(row.and_then(|row| stamped(node, place, meta, row)));
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
    place: &ObjectPlace,
    meta: &TypeMeta<'a>,
    row: &'a Row,
) -> Option<Stamped<'a>> {
    row.sites.iter().find(|site| makes_pods(node, site))?;
    let value = super::annotation(node, STAMP);
    let stamp = match value.as_deref() {
        Some(VALUE) => Stamp::There,
        _ => Stamp::Absent(written(node)),
    };
    Some(Stamped { object: object(node, place, Arc::new(meta.clone())), stamp })
}

/// Whether pods are made of a place of an object.
fn makes_pods<'a>(node: Node<'_, 'a>, site: &'a PullSite) -> bool {
    match site.plain() {
        Some(home) => node.at(&home).is_some_and(Node::is_mapping),
        None => pulls::hits(node, site).iter().any(pulls::Hit::makes_pods),
    }
}

const ADVICE: &str = "write `pullcreds.dev/checked: v1` under its annotations by hand";
const SEVERAL: &str = "an anchor or a merge key makes this a part of several places";

fn refuse<T>(span: Span, why: &'static str) -> Result<T, Refusal> {
    Err(Refusal { span, why, advice: ADVICE.into() })
}

fn written(object: Node<'_, '_>) -> Result<Edit, Refusal> {
    let Some(metadata) = own(object, "metadata")? else {
        return refuse(object.span(), "it has no metadata");
    };
    let Some(annotations) = own(metadata.value, "annotations")? else {
        return added(metadata, "annotations", &NewValue::text(VALUE).below(&[STAMP]));
    };
    match annotations.value.field(STAMP) {
        None => added(annotations, STAMP, &NewValue::text(VALUE)),
        Some(field) => other(field),
    }
}

fn added(field: Field<'_, '_>, key: &str, value: &NewValue<'_>) -> Result<Edit, Refusal> {
    match patch::top(field, key) {
        Ok(spot) => Ok(spot.edit(value)),
        Err(refusal) => Err(Refusal { advice: ADVICE.into(), ..refusal }),
    }
}

/// The value of a key that belongs to this mapping and to nothing else; a mapping or null.
fn own<'t, 'a>(holder: Node<'t, 'a>, key: &str) -> Result<Option<Field<'t, 'a>>, Refusal> {
    let Some(field) = holder.field(key) else { return Ok(None) };
    let value = field.value;
    if field.merged || value.kind() == NodeKind::Alias || value.tree().paths_to(value) > 1 {
        return refuse(value.span(), SEVERAL);
    }
    if !value.is_mapping() && (!value.is_null() || value.is_anchored()) {
        return refuse(value.span(), "this is not a mapping");
    }
    Ok(Some(field))
}

/// Replaces another value of the annotation, if that belongs to this object and to nothing else.
fn other(Field { key, value, merged }: Field<'_, '_>) -> Result<Edit, Refusal> {
    if merged || value.is_anchored() {
        return refuse(value.span(), SEVERAL);
    }
    match patch::exchanged(key, value, VALUE) {
        Some(edit) => Ok(edit),
        None => refuse(value.span(), "the annotation has a value that is no word"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Plan;

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
        let edits: Result<Vec<_>, _> = absent.collect();
        Ok(Plan::new(edits?).expect("the edits are disjoint").apply(before))
    }

    /// The same for what is below `metadata:` of a Pod.
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
