//! Custom resources that hold images all the same. They are counted and named, with the paths that a row of the policy
//! would list, and not judged.

use std::collections::{BTreeMap, BTreeSet};

use super::{Object, flaws};
use crate::image::Reference;
use crate::kinds::{CONTAINER_LISTS, FieldPath, SecretForm};
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

/// A custom resource outside of the table that holds pod specs or images.
pub struct Unjudged<'a> {
    /// The object.
    pub object: Object<'a>,
    /// What it holds.
    pub held: Held,
}

/// Pod specs and images of an object. Paths to them are written as in the policy.
pub struct Held {
    /// Where the first one is.
    pub span: Span,
    /// How many images there are.
    pub images: usize,
    /// The paths to pod specs.
    pub pod_specs: BTreeSet<String>,
    /// The paths to images outside of pod specs.
    pub image_paths: BTreeSet<String>,
    /// The paths to what looks like fields for pull secrets outside of pod specs, each with what it holds.
    pub pull_secrets: BTreeMap<String, SecretForm>,
}

/// How deep an object is looked into.
const DEPTH: usize = 64;
/// The parts of an object that say nothing about the pods that it makes.
const NOT_LOOKED_INTO: &[&str] = &["apiVersion", "kind", "metadata", "status"];

/// The pod specs and images in an object, if there are any. An alias is not followed: what it stands for is seen where
/// it is written.
pub(super) fn held(node: Node<'_, '_>) -> Option<Held> {
    let mut search = Search { path: "$".to_owned(), held: None, pull_secrets: BTreeMap::new() };
    for (key, value) in node.entries() {
        let key = key.scalar().unwrap_or_default();
        if !NOT_LOOKED_INTO.contains(&&*key) {
            search.below(&key, value, DEPTH, false);
        }
    }
    let pull_secrets = search.pull_secrets;
    search.held.map(|held| Held { pull_secrets, ..held })
}

struct Search {
    path: String,
    held: Option<Held>,
    pull_secrets: BTreeMap<String, SecretForm>,
}

impl Search {
    /// Looks into the value of a key. `depth` is how deep it may still go.
    fn below(&mut self, key: &str, value: Node<'_, '_>, depth: usize, of_image: bool) {
        let before = self.path.len();
        self.path.push_str(&step(key));
        self.look(value, depth - 1, of_image || names_image(key));
        self.path.truncate(before);
    }

    /// Looks into a value. `of_image`: a key above it speaks of an image.
    fn look(&mut self, node: Node<'_, '_>, depth: usize, of_image: bool) {
        if depth == 0 {
            return;
        }
        match node.kind() {
            NodeKind::Mapping(_) => {
                let is_pod_spec = is_pod_spec(node);
                if is_pod_spec {
                    self.take_pod_spec(node);
                }
                for (key, value) in node.entries() {
                    let key = key.scalar().unwrap_or_default();
                    if !is_pod_spec && flaws::names_pull_secrets(&key) {
                        let path = format!("{}{}", self.path, step(&key));
                        self.pull_secrets.insert(path, form(value));
                    }
                    if !(is_pod_spec && CONTAINER_LISTS.contains(&&*key)) {
                        self.below(&key, value, depth, of_image);
                    }
                }
            }
            NodeKind::Sequence(_) => {
                let before = self.path.len();
                self.path.push_str("[*]");
                for item in node.items() {
                    self.look(item, depth - 1, of_image);
                }
                self.path.truncate(before);
            }
            NodeKind::Scalar(_) if node.string().is_some_and(|text| is_image(&text, of_image)) => {
                let path = self.path.clone();
                let held = self.held(node.span());
                held.images += 1;
                held.image_paths.insert(path);
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    fn take_pod_spec(&mut self, spec: Node<'_, '_>) {
        let containers = || {
            let lists = CONTAINER_LISTS.iter().filter_map(|list| spec.get(list));
            lists.flat_map(Node::items)
        };
        let images = containers().filter_map(|container| container.get("image"));
        let images: Vec<_> = images.filter(|image| image.scalar().is_some()).collect();
        let first = images.first().copied().or_else(|| containers().next()).unwrap_or(spec);
        let path = self.path.clone();
        let held = self.held(first.span());
        held.images += images.len();
        held.pod_specs.insert(path);
    }

    fn held(&mut self, first: Span) -> &mut Held {
        self.held.get_or_insert_with(|| Held {
            span: first,
            images: 0,
            pod_specs: BTreeSet::new(),
            image_paths: BTreeSet::new(),
            pull_secrets: BTreeMap::new(),
        })
    }
}

/// A key, as a path of the policy writes it.
fn step(key: &str) -> String {
    let path = FieldPath::of_name(key).from_the_root().to_string();
    path.strip_prefix('$').unwrap_or(&path).to_owned()
}

/// What a field for pull secrets holds, by its value.
fn form(value: Node<'_, '_>) -> SecretForm {
    let value = value.resolved();
    match value.kind() {
        NodeKind::Sequence(_) => match value.items().next() {
            Some(first) if !first.is_mapping() => SecretForm::Names,
            _ => SecretForm::Objects,
        },
        NodeKind::Mapping(_) => SecretForm::Object,
        _ if value.is_null() => SecretForm::Objects,
        _ => SecretForm::Name,
    }
}

/// Whether a key speaks of an image.
fn names_image(key: &str) -> bool {
    key.contains("mage")
}

/// Whether a mapping has the shape of a pod spec: a list of containers, each with a name or an image.
fn is_pod_spec(node: Node<'_, '_>) -> bool {
    let Some(containers) = node.get("containers") else { return false };
    let has =
        |item: Node<'_, '_>, key: &str| item.get(key).is_some_and(|value| value.scalar().is_some());
    let mut items = containers.items().peekable();
    items.peek().is_some() && items.all(|item| has(item, "image") || has(item, "name"))
}

/// Whether a text is a reference with the host of a registry: under a key that speaks of an image, or with a tag or
/// digest.
fn is_image(text: &str, of_image: bool) -> bool {
    let host = text.split_once('/').map_or("", |(host, _)| host);
    let is_host = host == "localhost" || host.contains(['.', ':']);
    is_host
        && Reference::parse(text)
            .is_ok_and(|image| of_image || image.tag().is_some() || image.digest().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    /// What the first document of `text` holds: images, paths to pod specs and to images.
    fn found(text: &str) -> Option<(usize, String, String)> {
        let look = |found: &mut Vec<_>, _, tree: &yaml::Tree<'_>| found.push(held(tree.root()));
        let parts = yaml::read(text, |_, _| true, look).expect("it is YAML");
        let held = parts.into_iter().flat_map(|(_, found)| found).next().flatten()?;
        let join = |paths: &BTreeSet<String>| paths.iter().cloned().collect::<Vec<_>>().join(" ");
        Some((held.images, join(&held.pod_specs), join(&held.image_paths)))
    }

    #[track_caller]
    fn check(text: &str, images: usize, pod_specs: &str, image_paths: &str) {
        let expected = (images, pod_specs.to_owned(), image_paths.to_owned());
        assert_eq!(found(text), Some(expected), "{text}");
    }

    #[test]
    fn pod_specs_and_images_are_found_wherever_they_are() {
        check("spec: {image: quay.io/a/b:1}", 1, "", "$.spec.image");
        check(
            "spec: {template: {spec: {containers: [{name: a, image: b}]}}}",
            1,
            "$.spec.template.spec",
            "",
        );
        check(
            "spec: {pools: [{image: ghcr.io/a/b}, {image: ghcr.io/a/c}]}",
            2,
            "",
            "$.spec.pools[*].image",
        );
        check(
            "spec: {image: {repository: quay.io/a/b, tag: v1}}",
            1,
            "",
            "$.spec.image.repository",
        );
        check("spec: {package: xpkg.example.com/a/b:v1}", 1, "", "$.spec.package");
        check("spec: {'a.b': {image: localhost/a}}", 1, "", "$.spec['a.b'].image");
        let both = "spec: {containers: [{name: a}], image: quay.io/a/b}";
        check(both, 1, "$.spec", "$.spec.image");
    }

    #[test]
    fn what_is_no_image_is_not_counted() {
        for text in [
            "apiVersion: example.com/v1\nkind: A",
            "metadata: {annotations: {image: quay.io/a/b:1}}",
            "status: {image: quay.io/a/b:1}",
            "spec: {url: 'https://example.com/a'}",
            "spec: {apiGroup: example.com/v1}",
            "spec: {imagePullPolicy: Always, imageTag: v1}",
            "spec: {containers: [a, b]}",
            "spec: {containers: []}",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
