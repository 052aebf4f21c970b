//! Custom resources that hold images all the same. They are counted and named, with the paths that a row of the policy
//! would list, and not judged.

use super::{ACCOUNT_FIELDS, Object, flaws};
use crate::image::Reference;
use crate::kinds::path::Step;
use crate::kinds::proposal::Structure;
use crate::kinds::{CONTAINER_LISTS, FieldPath, SecretForm, SplitImage};
use crate::source::Span;
use crate::text::Text;
use crate::yaml::{Node, NodeKind};

/// A custom resource outside of the table that holds pod specs or images.
pub struct Unjudged<'a> {
    /// The object.
    pub object: Object<'a>,
    /// What it holds.
    pub held: Held,
}

/// Pod specs and images of an object.
pub struct Held {
    /// Where the first one is.
    pub span: Span,
    /// How many images there are.
    pub images: usize,
    /// Where they are, with what looks like fields for pull secrets.
    pub structure: Structure,
}

/// How deep an object is looked into.
const DEPTH: usize = 60;
/// The parts of an object that say nothing about the pods that it makes.
const NOT_LOOKED_INTO: &[&str] = &["apiVersion", "kind", "metadata", "status"];

/// The pod specs and images in an object, if there are any. An alias is not followed: what it stands for is seen where
/// it is written.
pub(super) fn held(node: Node<'_, '_>) -> Option<Held> {
    let mut search = Search::default();
    for (key, value) in node.entries() {
        let key = key.scalar().unwrap_or_default();
        if !NOT_LOOKED_INTO.contains(&&*key) {
            search.below(&key, value, false);
        }
    }
    let Search { first, images, structure, .. } = search;
    first.map(|span| Held { span, images, structure })
}

#[derive(Default)]
struct Search {
    steps: Vec<Step>,
    /// Where the first pod spec or image is.
    first: Option<Span>,
    images: usize,
    structure: Structure,
}

impl Search {
    /// Looks into the value of a key.
    fn below(&mut self, key: &str, value: Node<'_, '_>, of_image: bool) {
        self.steps.push(Step::Name(key.into()));
        self.look(value, of_image || names_image(key));
        self.steps.pop();
    }

    /// Looks into a value. `of_image`: a key above it speaks of an image.
    fn look(&mut self, node: Node<'_, '_>, of_image: bool) {
        if self.steps.len() >= DEPTH {
            return;
        }
        match node.kind() {
            NodeKind::Mapping(_) => self.look_into(node, of_image),
            NodeKind::Sequence(_) => {
                self.steps.push(Step::Wildcard);
                for item in node.items() {
                    self.look(item, of_image);
                }
                self.steps.pop();
            }
            NodeKind::Scalar(_) if node.string().is_some_and(|text| is_image(&text, of_image)) => {
                self.take(node, 1);
                self.structure.images.insert(self.path());
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    fn look_into(&mut self, node: Node<'_, '_>, of_image: bool) {
        let is_pod_spec = is_pod_spec(node);
        let split = if is_pod_spec { None } else { split_image(node, of_image) };
        if is_pod_spec {
            self.take_pod_spec(node);
        } else if let Some((split, main)) = &split {
            self.take(*main, 1);
            self.structure.split_images.insert(self.path(), split.clone());
        }
        let is_part = |key: &str| {
            let parts = split.as_ref().map(|(split, _)| split);
            let parts = parts.map(|split| [&split.registry, &split.repository, &split.name]);
            parts.into_iter().flatten().flatten().any(|part| part.names() == [key])
        };
        for (key, value) in node.entries() {
            let key = key.scalar().unwrap_or_default();
            let path = || self.path().join(&FieldPath::of_name(&key));
            if !is_pod_spec && flaws::names_pull_secrets(&key) {
                let path = path();
                self.structure.pull_secrets.insert(path, form(value));
            } else if !is_pod_spec && ACCOUNT_FIELDS.contains(&&*key) && value.string().is_some() {
                let path = path();
                self.structure.service_accounts.insert(path);
            }
            if !(is_part(&key) || is_pod_spec && CONTAINER_LISTS.contains(&&*key)) {
                self.below(&key, value, of_image);
            }
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
        self.take(first, images.len());
        self.structure.pod_specs.insert(self.path());
    }

    fn take(&mut self, first: Node<'_, '_>, images: usize) {
        self.first.get_or_insert(first.span());
        self.images += images;
    }

    fn path(&self) -> FieldPath {
        FieldPath::of_steps(&self.steps)
    }
}

/// The image that a mapping has in parts, if it has the host of a registry; and the main part.
fn split_image<'t, 'a>(node: Node<'t, 'a>, of_image: bool) -> Option<(SplitImage, Node<'t, 'a>)> {
    let text = |name: &str| node.get(name).and_then(Node::scalar).filter(|text| !text.is_empty());
    let split = SplitImage::of_fields(&|name| text(name).is_some(), of_image)?;
    let part = |path: &Option<FieldPath>| -> Option<Text<'a>> {
        path.as_ref().and_then(|path| text(path.names().first()?))
    };
    let parts = [&split.registry, &split.repository, &split.name].map(part);
    let parts: Vec<_> = parts.iter().flatten().map(Text::as_str).collect();
    let main = split.repository.as_ref().or(split.name.as_ref())?;
    let main = node.get(main.names().first()?)?;
    is_image(&parts.join("/"), true).then_some((split, main))
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
        let join = |paths: Vec<String>| paths.join(" ");
        let Structure { pod_specs, images, split_images, .. } = held.structure;
        let split = split_images.keys().map(|path| format!("{path} in parts"));
        let images = images.iter().map(ToString::to_string).chain(split);
        let pod_specs = pod_specs.iter().map(ToString::to_string);
        Some((held.images, join(pod_specs.collect()), join(images.collect())))
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
        check("spec: {image: {repository: quay.io/a/b, tag: v1}}", 1, "", "$.spec.image in parts");
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
