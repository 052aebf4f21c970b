//! Images in texts that objects hold: manifests, or the values of a chart. Something else makes objects of them, so that
//! they are listed only, for whoever asks.
//!
//! What is in a text is found as in a custom resource of an unknown kind (`custom`).

use std::collections::BTreeSet;
use std::sync::Arc;

use memchr::memmem;

use super::{Object, custom, object, pulls, text, walk};
use crate::kinds::{CONTAINER_LISTS, FieldPath, Row, SplitImage, Table, Way};
use crate::source::Span;
use crate::text::Text;
use crate::yaml::{self, Node, NodeKind, Problem, Tree};

/// The images in a text of an object.
pub struct TextImages<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Where the text is.
    pub span: Span,
    /// Its path from the object.
    pub field: String,
    /// The images, each once.
    pub images: BTreeSet<String>,
}

/// The core kind whose values may be manifests.
const CONFIG_MAP: &str = "ConfigMap";
/// Its texts.
const DATA: &str = "data";
/// What every text with images mentions.
const MENTIONS: [&str; 2] = ["mage", "repository"];

/// The images in the texts of a stream, in order, with the kinds of `table`.
///
/// # Errors
///
/// The first place where `text` is not a YAML stream.
pub fn texts<'a>(text: &'a str, table: &'a Table) -> Result<Vec<TextImages<'a>>, Problem> {
    let matters = |_: &str, document: &str| {
        MENTIONS.iter().any(|word| memmem::find(document.as_bytes(), word.as_bytes()).is_some())
    };
    let look = |found: &mut Vec<TextImages<'a>>, document, tree: &Tree<'a>| {
        walk::each_object(tree, document, table, |node, place, meta, row| {
            let make = || object(node, place, Arc::new(meta.clone()));
            let mut take = |value: Node<'_, 'a>, way: &Way| {
                let images = images(value);
                if !images.is_empty() {
                    let (span, field) = (value.span(), way.as_str().to_owned());
                    found.push(TextImages { object: make(), span, field, images });
                }
            };
            let is_config_map = meta.kind == CONFIG_MAP && !meta.api_version.contains('/');
            each_text(node, row.filter(|_| !is_config_map), &mut |value, way| take(value, way));
            if is_config_map {
                let data = node.get(DATA).into_iter().flat_map(Node::entries);
                for (key, value) in data {
                    let mut way = Way::default();
                    way.name(DATA);
                    way.name(&key.scalar().unwrap_or_default());
                    take(value, &way);
                }
            }
        });
    };
    let parts = yaml::read(text, matters, look)?;
    let numbered = parts.into_iter().flat_map(|(before, mut found)| {
        for one in &mut found {
            one.object.document += before;
        }
        found
    });
    Ok(numbered.collect())
}

/// Calls `visit` with everything that holds manifests or values by the row of the kind.
fn each_text<'t, 'a>(
    node: Node<'t, 'a>,
    row: Option<&Row>,
    visit: &mut dyn FnMut(Node<'t, 'a>, &Way),
) {
    for path in row.iter().flat_map(|row| &row.strings) {
        path.each(node, &mut Way::default(), &mut |value, way| visit(value, way));
    }
}

/// The images in a text, or in the mapping that takes its place. What is not YAML holds none.
fn images(value: Node<'_, '_>) -> BTreeSet<String> {
    let value = value.resolved();
    if matches!(value.kind(), NodeKind::Mapping(_)) {
        return images_below(value);
    }
    let Some(inner) = value.string() else { return BTreeSet::new() };
    let look = |found: &mut BTreeSet<String>, _, tree: &Tree<'_>| {
        let root = tree.root();
        found.append(&mut images_below(root));
        // Examples of an operator are a list of objects.
        root.items().for_each(|item| found.append(&mut images_below(item)));
    };
    let parts = yaml::read(inner.as_str(), |_, _| true, look).unwrap_or_default();
    parts.into_iter().flat_map(|(_, found)| found).collect()
}

/// The images of pod specs, and those with the host of a registry.
fn images_below(node: Node<'_, '_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Some(held) = custom::held(node) else { return found };
    let mut take = |image: Option<Text<'_>>| {
        found.extend(image.map(|image| image.as_str().to_owned()));
    };
    for path in &held.structure.pod_specs {
        each(path, node, &mut |spec| {
            let lists = CONTAINER_LISTS.iter().filter_map(|list| spec.get(list));
            let containers = lists.flat_map(Node::items);
            containers.for_each(|container| take(container.get("image").and_then(text)));
        });
    }
    for path in &held.structure.images {
        each(path, node, &mut |image| take(text(image)));
    }
    for (path, split) in &held.structure.split_images {
        each(path, node, &mut |holder| take(composed(split, holder)));
    }
    found
}

fn each<'t, 'a>(path: &FieldPath, node: Node<'t, 'a>, visit: &mut dyn FnMut(Node<'t, 'a>)) {
    path.each(node, &mut Way::default(), &mut |found, _| visit(found));
}

/// The image that a mapping has in parts.
fn composed(split: &SplitImage, holder: Node<'_, '_>) -> Option<Text<'static>> {
    let part = |path: &Option<FieldPath>| {
        let value = holder.at(&path.as_ref()?.names())?.scalar();
        value.filter(|value| !value.is_empty()).map(|value| value.as_str().to_owned())
    };
    let path = [part(&split.registry), part(&split.repository), part(&split.name)];
    let mut path = path.iter().flatten().map(String::as_str).peekable();
    path.peek()?;
    let (tag, digest) = (part(&split.tag), part(&split.digest));
    Some(Text::from(pulls::reference_of(path, tag.as_deref(), digest.as_deref())))
}
