//! The objects of a document: its root, the items of a list, which kubectl reads as objects of their own, and the objects
//! that others hold as a whole (a Template of OpenShift, a `ManifestWork`).
//!
//! Nothing here says what else an object holds.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{TypeMeta, build, opts_out};
use crate::kinds::{FieldPath, Row, Table, Way};
use crate::yaml::{Node, NodeKind, Tree};

/// The list that a KRM function gets (`config.kubernetes.io/v1`).
const FUNCTION_INPUT: &str = "ResourceList";

/// Where an object is: its document, and the way to it from there.
pub(super) struct ObjectPlace {
    pub(super) document: usize,
    pub(super) way: String,
    /// The object that holds it, if one does.
    pub(super) within: Option<Arc<Container>>,
    /// Whether it is an item of what a function gets.
    in_function: bool,
}

/// An object that holds others. They are applied where it says, so that nothing outside means them by their names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Container {
    /// The way from the root of the document to it.
    pub(super) way: Box<str>,
    /// Whether it opts out of injection, and so what it holds.
    pub(super) opted_out: bool,
}

/// Calls `each` with every object of a document and the row of its kind in `table`; with the objects that an object
/// holds after it.
pub(super) fn each_object<'t, 'a, 'k>(
    tree: &'t Tree<'a>,
    document: usize,
    table: &'k Table,
    mut each: impl FnMut(Node<'t, 'a>, &ObjectPlace, &TypeMeta<'a>, Option<&'k Row>),
) {
    walk(tree, document, &mut |node, place, meta| {
        let row = table.find(&meta.api_version, &meta.kind);
        if !build::is_dropped(node, place.in_function) {
            each(node, place, meta, row);
        }
        Some(row.map_or(&[], |row| &row.embed))
    });
}

/// Whether a document holds an object; a list without items is none.
pub(super) fn holds_object(tree: &Tree<'_>) -> bool {
    let mut found = false;
    walk(tree, 0, &mut |node, _, meta| {
        let is_empty = |items: Node<'_, '_>| items.is_null();
        found = !meta.kind.ends_with("List") || !node.get("items").is_some_and(is_empty);
        (!found).then_some(&[])
    });
    found
}

/// Whether a document says what it is: an object, or a list of them.
pub(super) fn is_typed(tree: &Tree<'_>) -> bool {
    type_meta(tree.root(), None).is_some()
}

/// Objects that are being visited: the items of a list, or what an object holds.
struct Objects<'t, 'a, I> {
    each: Each<'t, 'a, I>,
    /// What items are that say neither `apiVersion` nor `kind` (apimachinery does the same).
    of: Option<TypeMeta<'a>>,
    /// The way to the list or the object: how much of that to its objects.
    way: usize,
    within: Option<Arc<Container>>,
    in_function: bool,
}

enum Each<'t, 'a, I> {
    Items(I),
    Held(std::vec::IntoIter<(String, Node<'t, 'a>)>),
}

/// What is done with an object. It gives the paths to the objects that this one holds, or `None` to stop.
type Visit<'v, 't, 'a, 'k> =
    dyn FnMut(Node<'t, 'a>, &ObjectPlace, &TypeMeta<'a>) -> Option<&'k [FieldPath]> + 'v;

/// Calls `visit` with every object in order, through lists in lists and objects in objects. They may be nested as deeply
/// as a document can be, so this needs no stack for them.
fn walk<'t, 'a>(tree: &'t Tree<'a>, document: usize, visit: &mut Visit<'_, 't, 'a, '_>) {
    let mut place = ObjectPlace { document, way: String::new(), within: None, in_function: false };
    let mut open = Vec::new();
    let mut next = Some(tree.root());
    while let Some(node) = next {
        let node = node.resolved();
        let item_of = open.last().and_then(|objects: &Objects<'_, '_, _>| objects.of.as_ref());
        if let Some(meta) = type_meta(node, item_of) {
            let (way, within) = (place.way.len(), place.within.clone());
            if let Some((items, of)) = items(node, &meta) {
                let in_function = place.in_function || meta.kind == FUNCTION_INPUT;
                let (each, of) = (Each::Items(items), Some(of));
                open.push(Objects { each, of, way, within, in_function });
            } else {
                let Some(embeds) = visit(node, &place, &meta) else { return };
                let held = held(node, &place, embeds);
                if !held.is_empty() {
                    let opted_out = opts_out(node) || within.is_some_and(|within| within.opted_out);
                    let within =
                        Some(Arc::new(Container { way: place.way.as_str().into(), opted_out }));
                    let each = Each::Held(held.into_iter());
                    open.push(Objects { each, of: None, way, within, in_function: false });
                }
            }
        }
        next = next_object(&mut open, &mut place);
    }
}

/// The objects that an object holds, each with the way to it.
fn held<'t, 'a>(
    node: Node<'t, 'a>,
    place: &ObjectPlace,
    embeds: &[FieldPath],
) -> Vec<(String, Node<'t, 'a>)> {
    let mut held = Vec::new();
    for path in embeds {
        path.each(node, &mut Way::default(), &mut |node, way| {
            let dot = if place.way.is_empty() { "" } else { "." };
            held.push((format!("{dot}{}", way.as_str()), node));
        });
    }
    held
}

/// The next object of the innermost list or object that has one.
fn next_object<'t, 'a: 't>(
    open: &mut Vec<Objects<'t, 'a, impl Iterator<Item = (usize, Node<'t, 'a>)>>>,
    place: &mut ObjectPlace,
) -> Option<Node<'t, 'a>> {
    loop {
        let objects = open.last_mut()?;
        place.way.truncate(objects.way);
        place.in_function = objects.in_function;
        place.within.clone_from(&objects.within);
        let next = match &mut objects.each {
            Each::Items(items) => items.next().map(|(index, item)| {
                let dot = if place.way.is_empty() { "" } else { "." };
                // A text takes in whatever is written.
                let _ = write!(place.way, "{dot}items[{index}]");
                item
            }),
            Each::Held(held) => held.next().map(|(way, object)| {
                place.way.push_str(&way);
                object
            }),
        };
        if next.is_some() {
            return next;
        }
        open.pop();
    }
}

/// The items of a list, and what they are; `None` if the object is none.
fn items<'t, 'a>(
    node: Node<'t, 'a>,
    meta: &TypeMeta<'a>,
) -> Option<(impl Iterator<Item = (usize, Node<'t, 'a>)> + use<'t, 'a>, TypeMeta<'a>)> {
    let of = meta.kind.strip_suffix("List")?;
    let items = node.get("items").filter(|items| matches!(items.kind(), NodeKind::Sequence(_)))?;
    let api_version = meta.api_version.clone();
    Some((items.items().enumerate(), TypeMeta { api_version, kind: of.to_owned().into() }))
}

fn type_meta<'a>(node: Node<'_, 'a>, item_of: Option<&TypeMeta<'a>>) -> Option<TypeMeta<'a>> {
    match (node.get("apiVersion"), node.get("kind"), item_of) {
        (Some(api_version), Some(kind), _) => {
            Some(TypeMeta { api_version: api_version.string()?, kind: kind.string()? })
        }
        (None, None, Some(of)) if node.is_mapping() => Some(of.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory::Inventory;

    #[test]
    fn lists_are_followed_as_deeply_as_they_are_nested() {
        let nested = |depth: usize| {
            let lists = "{apiVersion: v1, kind: List, items: [".repeat(depth);
            format!("{lists}{{apiVersion: v1, kind: Pod, spec: {{}}}}, 5{}\n", "]}".repeat(depth))
        };
        let small = std::thread::Builder::new().stack_size(256 * 1024);
        let thread = small.spawn(move || {
            let text = nested(2_000);
            let inventory = Inventory::of(&text).unwrap_or_else(|problem| panic!("{problem:?}"));
            let place = inventory.workloads[0].object.place();
            assert!(
                place.starts_with("items[0].items[0].") && place.len() > 2_000 * "items[0]".len()
            );
            assert_eq!(Inventory::holds_object(&text), Ok(true));
            assert_eq!(Inventory::holds_object(&text.replace("kind: Pod", "a: b")), Ok(false));
        });
        thread.expect("a thread starts").join().expect("it needs no stack");
    }

    #[test]
    fn a_list_without_items_is_no_object() {
        for (text, holds) in [
            ("kind: List\napiVersion: v1\nitems: []\n", false),
            ("kind: List\napiVersion: v1\nitems:\n", false),
            (
                "kind: List\napiVersion: v1\nitems: [{kind: List, apiVersion: v1, items: []}]\n",
                false,
            ),
            ("kind: List\napiVersion: v1\nitems: [1, {kind: A, apiVersion: v1}]\n", true),
            ("kind: PodList\napiVersion: v1\nitems: [{}]\n", true),
            ("kind: AccessList\napiVersion: v1\n", true),
            ("a: b\n", false),
        ] {
            assert_eq!(Inventory::holds_object(text), Ok(holds), "{text}");
        }
    }
}
