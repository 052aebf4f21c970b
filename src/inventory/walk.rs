//! The objects of a document: its root, or the items of a list, which kubectl reads as objects of their own.
//!
//! Nothing here says what an object holds.

use std::fmt::Write as _;

use super::{TypeMeta, build};
use crate::yaml::{Kind, Node, Tree};

/// The list that a KRM function gets (`config.kubernetes.io/v1`).
const FUNCTION_INPUT: &str = "ResourceList";

/// Where an object stands: its document, and the way to it from there.
pub(super) struct Place {
    pub(super) document: usize,
    pub(super) way: String,
    /// Whether it is an item of what a function gets.
    in_function: bool,
}

/// Calls `each` with every object of a document.
pub(super) fn each_object<'t, 'a>(
    tree: &'t Tree<'a>,
    document: usize,
    mut each: impl FnMut(Node<'t, 'a>, &Place, &TypeMeta<'a>),
) {
    walk(tree, document, &mut |node, place, meta| {
        if !build::is_dropped(node, place.in_function) {
            each(node, place, meta);
        }
        true
    });
}

/// Whether a document holds an object; a list without items is none.
pub(super) fn holds_object(tree: &Tree<'_>) -> bool {
    let mut found = false;
    walk(tree, 0, &mut |node, _, meta| {
        let is_empty = |items: Node<'_, '_>| items.is_null();
        found = !meta.kind.ends_with("List") || !node.get("items").is_some_and(is_empty);
        !found
    });
    found
}

/// Whether a document says what it is: an object, or a list of them.
pub(super) fn is_typed(tree: &Tree<'_>) -> bool {
    type_meta(tree.root(), None).is_some()
}

/// A list whose items are being visited.
struct List<'a, I> {
    items: I,
    /// What its items are that say neither `apiVersion` nor `kind` (apimachinery does the same).
    of: TypeMeta<'a>,
    /// The way to it: how much of that to its items.
    way: usize,
    in_function: bool,
}

/// Calls `visit` with every object in order, through lists in lists, for as long as it gives `true`. Lists may be nested
/// as deeply as a document can be, so this needs no stack for them.
fn walk<'t, 'a>(
    tree: &'t Tree<'a>,
    document: usize,
    visit: &mut dyn FnMut(Node<'t, 'a>, &Place, &TypeMeta<'a>) -> bool,
) {
    let mut place = Place { document, way: String::new(), in_function: false };
    let mut lists = Vec::new();
    let mut next = Some(tree.root());
    while let Some(node) = next {
        let node = node.resolved();
        let item_of = lists.last().map(|list: &List<'a, _>| &list.of);
        if let Some(meta) = type_meta(node, item_of) {
            if let Some((items, of)) = items(node, &meta) {
                let in_function = place.in_function || meta.kind == FUNCTION_INPUT;
                lists.push(List { items, of, way: place.way.len(), in_function });
            } else if !visit(node, &place, &meta) {
                return;
            }
        }
        next = next_item(&mut lists, &mut place);
    }
}

/// The next item of the innermost list that has one.
fn next_item<'t, 'a: 't>(
    lists: &mut Vec<List<'a, impl Iterator<Item = (usize, Node<'t, 'a>)>>>,
    place: &mut Place,
) -> Option<Node<'t, 'a>> {
    loop {
        let list = lists.last_mut()?;
        place.way.truncate(list.way);
        place.in_function = list.in_function;
        if let Some((index, item)) = list.items.next() {
            let dot = if place.way.is_empty() { "" } else { "." };
            // A text takes in whatever is written.
            let _ = write!(place.way, "{dot}items[{index}]");
            return Some(item);
        }
        lists.pop();
    }
}

/// The items of a list, and what they are; `None` if the object is none.
fn items<'t, 'a>(
    node: Node<'t, 'a>,
    meta: &TypeMeta<'a>,
) -> Option<(impl Iterator<Item = (usize, Node<'t, 'a>)> + use<'t, 'a>, TypeMeta<'a>)> {
    let of = meta.kind.strip_suffix("List")?;
    let items = node.get("items").filter(|items| matches!(items.kind(), Kind::Sequence(_)))?;
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
            let place = &inventory.workloads[0].object.place;
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
