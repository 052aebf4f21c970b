//! `CustomResourceDefinition`s: which kinds they define, and what the schemas of these say about pods, images and pull
//! secrets. Schemas are `OpenAPI` v3 as the API server takes them (`JSONSchemaProps` in
//! k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types_jsonschema.go).
//!
//! A definition may be large and hostile: the search has a bound, and says when it was reached.

use std::collections::BTreeSet;

use memchr::memmem;

use super::{ACCOUNT_FIELDS, PULL_SECRETS, flaws, walk};
use crate::kinds::path::Step;
use crate::kinds::proposal::{Proposal, Structure, names_whole_image};
use crate::kinds::{self, CONTAINER_LISTS, FieldPath, SecretForm, SplitImage, Table};
use crate::names::is_subdomain;
use crate::say;
use crate::source::Span;
use crate::text::{Text, shown};
use crate::yaml::{self, Node, NodeKind, Problem, Tree};

/// The kind of definitions, and its group.
const KIND: &str = "CustomResourceDefinition";
const GROUP: &str = "apiextensions.k8s.io";
/// How deep a schema is looked into: a path has at most so many steps.
const DEPTH: usize = 60;
/// How many fields of a definition are looked at. The largest definitions in use have some tens of thousands.
const FIELDS: usize = 500_000;
/// The parts of an object that say nothing about the pods that it makes.
const NOT_LOOKED_INTO: &[&str] = &["apiVersion", "kind", "metadata", "status"];
/// The configuration of kustomize, whose `images` replace those of the manifests.
const KUSTOMIZE: &str = "kustomize";
/// The volumes of pods.
const VOLUMES: &str = "volumes";
/// The lists of a pod spec whose images belong to it.
const POD_LISTS: [&str; 4] = [CONTAINER_LISTS[0], CONTAINER_LISTS[1], CONTAINER_LISTS[2], VOLUMES];

/// What a `CustomResourceDefinition` defines.
pub struct Definition<'a> {
    /// The API group.
    pub group: Text<'a>,
    /// The kind.
    pub kind: Text<'a>,
    /// The ordinal of its document, from 0.
    pub document: usize,
    /// Where its name is.
    pub span: Span,
    versions: Vec<Version<'a>>,
    /// Whether the search has stopped at its bound.
    is_cut: bool,
}

/// A version of a kind.
struct Version<'a> {
    name: Text<'a>,
    /// What its schema says, if it has one.
    structure: Option<Structure>,
}

/// The definitions in a stream, in order.
///
/// # Errors
///
/// The first place where `text` is no YAML stream.
pub fn definitions<'a>(text: &'a str) -> Result<Vec<Definition<'a>>, Problem> {
    let matters = |kind: &str, document: &str| {
        kind == KIND
            || kind.ends_with("List")
                && memmem::find(document.as_bytes(), KIND.as_bytes()).is_some()
    };
    let look = |found: &mut Vec<Definition<'a>>, document, tree: &Tree<'a>| {
        walk::each_object(tree, document, Table::builtin(), |node, place, meta, _| {
            if meta.kind == KIND && kinds::group(&meta.api_version) == GROUP {
                found.extend(definition(node, place.document));
            }
        });
    };
    let parts = yaml::read(text, matters, look)?;
    let numbered = parts.into_iter().flat_map(|(before, mut found)| {
        for definition in &mut found {
            definition.document += before;
        }
        found
    });
    Ok(numbered.collect())
}

fn definition<'a>(node: Node<'_, 'a>, document: usize) -> Option<Definition<'a>> {
    let spec = node.get("spec")?;
    let kind = spec.at(&["names", "kind"])?;
    let mut fields = FIELDS;
    // v1beta1 may have one schema, and one version, for all.
    let common = spec.at(&["validation", "openAPIV3Schema"]);
    let mut version = |name: Text<'a>, of: Option<Node<'_, '_>>| {
        let own = of.and_then(|of| of.at(&["schema", "openAPIV3Schema"]));
        Version { name, structure: own.or(common).map(|schema| structure(schema, &mut fields)) }
    };
    let listed = spec.get("versions").into_iter().flat_map(Node::items);
    let mut versions: Vec<_> =
        listed.filter_map(|of| Some(version(of.get("name")?.string()?, Some(of)))).collect();
    if versions.is_empty() {
        versions.extend(spec.get("version").and_then(Node::string).map(|name| version(name, None)));
    }
    // The API server takes no other names, and none twice; an entry with one would be refused.
    let mut seen = BTreeSet::new();
    versions.retain(|version| {
        let name = &version.name;
        is_subdomain(name) && !name.contains('.') && seen.insert(name.as_str().to_owned())
    });
    Some(Definition {
        group: spec.get("group")?.string()?,
        kind: kind.string()?,
        document,
        span: kind.span(),
        versions,
        is_cut: fields == 0,
    })
}

impl Definition<'_> {
    /// `GROUP/KIND`, as it is written.
    pub fn name(&self) -> Text<'static> {
        Text::from(format!("{}/{}", self.group.as_str(), self.kind.as_str()))
    }

    /// Whether its group and its kind can be in a policy.
    pub fn is_valid(&self) -> bool {
        let is_kind = self.kind.starts_with(|first: char| first.is_ascii_alphabetic())
            && self.kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && self.kind.len() <= 63;
        let is_shown = |text: &Text<'_>| text.shown().to_string() == text.as_str();
        is_kind
            && kinds::is_custom(&format!("{}/v1", self.group.as_str()))
            && is_subdomain(&self.group)
            && is_shown(&self.group)
            && is_shown(&self.kind)
    }

    /// The entries of a policy for the kind: one for all versions, or one for each that differs.
    pub fn proposals(&self) -> Vec<Proposal> {
        let mut distinct: Vec<(&Structure, Vec<String>)> = Vec::new();
        let mut without = Vec::new();
        for Version { name, structure } in &self.versions {
            let name = name.shown().to_string();
            let Some(structure) = structure else {
                without.push(name);
                continue;
            };
            match distinct.iter_mut().find(|(known, _)| *known == structure) {
                Some((_, versions)) => versions.push(name),
                None => distinct.push((structure, vec![name])),
            }
        }
        let is_one = distinct.len() == 1;
        let mut proposals: Vec<_> = distinct
            .into_iter()
            .map(|(structure, versions)| {
                let proposal = structure.clone().proposal(&self.group, &self.kind);
                Proposal { versions: if is_one { Vec::new() } else { versions }, ..proposal }
            })
            .collect();
        if let Some(first) = proposals.first_mut() {
            let without = without
                .iter()
                .map(|name| say!("Version {} has no schema: is it like the others?", shown(name)));
            first.questions.extend(without);
            if self.is_cut {
                first.questions.push(say!(
                    "Only the first {} fields were read: what is in the others?",
                    FIELDS
                ));
            }
        }
        proposals
    }
}

/// What a schema says.
fn structure(schema: Node<'_, '_>, fields: &mut usize) -> Structure {
    let mut search = Search { steps: Vec::new(), found: Structure::default(), fields };
    for (name, schema) in properties(schema) {
        if !NOT_LOOKED_INTO.contains(&&*name) {
            search.field(&name, schema, false);
        }
    }
    search.found
}

struct Search<'s> {
    steps: Vec<Step>,
    found: Structure,
    /// How many more fields are looked at.
    fields: &'s mut usize,
}

impl Search<'_> {
    /// Looks at a field.
    fn field(&mut self, name: &str, schema: Node<'_, '_>, of_image: bool) {
        if self.steps.len() >= DEPTH || *self.fields == 0 {
            return;
        }
        *self.fields -= 1;
        let schema = schema.resolved();
        self.steps.push(Step::Name(name.into()));
        let path = FieldPath::of_steps(&self.steps);
        let is_image = names_whole_image(name);
        if name == VOLUMES && is_volumes(schema) {
            self.volumes(schema);
        } else if let Some(form) = form(schema).filter(|_| flaws::names_pull_secrets(name)) {
            self.found.pull_secrets.insert(path, form);
        } else if ACCOUNT_FIELDS.contains(&name) && is_text(schema) {
            self.found.service_accounts.insert(path);
        } else if is_image && is_text(schema) {
            self.found.images.insert(path);
        } else {
            self.below(name, schema, of_image || is_image);
        }
        self.steps.pop();
    }

    /// Whether a field above has this name.
    fn is_below(&self, name: &str) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Name(found) if **found == *name))
    }

    /// Looks at the volumes of pods: they may be images, and have fields with the names of disk images.
    fn volumes(&mut self, schema: Node<'_, '_>) {
        let reference = ["items", "properties", "image", "properties", "reference"];
        if schema.at(&reference).is_some_and(|reference| is_text(reference.resolved())) {
            let path = FieldPath::of_steps(&self.steps);
            let item = FieldPath::of_steps(&[Step::Wildcard]);
            let reference = FieldPath::of_names(&["image", "reference"]);
            self.found.images.insert(path.join(&item).join(&reference));
        }
    }

    /// Looks at what a field holds.
    fn below(&mut self, name: &str, schema: Node<'_, '_>, of_image: bool) {
        let path = FieldPath::of_steps(&self.steps);
        if is_true(schema, "x-kubernetes-embedded-resource") {
            self.found.objects.insert(path);
            return;
        }
        let items = schema.get("items").or_else(|| schema.get("additionalProperties"));
        if let Some(items) = items.filter(|items| items.is_mapping()) {
            self.steps.push(Step::Wildcard);
            if is_text(items) && name == "images" && !self.is_below(KUSTOMIZE) {
                self.found.images.insert(FieldPath::of_steps(&self.steps));
            } else if self.steps.len() < DEPTH {
                self.below(name, items.resolved(), of_image);
            }
            self.steps.pop();
        }
        let properties = properties(schema);
        if properties.is_empty() {
            let word = name.to_lowercase();
            let may_hold_pods =
                self.steps.len() == 1 || ["pod", "template"].iter().any(|part| word.contains(part));
            if is_true(schema, "x-kubernetes-preserve-unknown-fields") && may_hold_pods {
                self.found.open.insert(path);
            }
            return;
        }
        let is_pod_spec = is_pod_spec(&properties);
        let has = |wanted: &str| {
            properties.iter().any(|(name, schema)| **name == *wanted && is_text(*schema))
        };
        let split = if is_pod_spec { None } else { SplitImage::of_fields(&has, of_image) };
        if is_pod_spec {
            self.found.pod_specs.insert(path);
        } else if let Some(split) = &split {
            self.found.split_images.insert(path, split.clone());
        } else if let Some(whole) = ["reference", "name"].iter().find(|whole| has(whole))
            && names_whole_image(name)
        {
            self.found.images.insert(path.join(&FieldPath::of_name(whole)));
        }
        let is_part = |name: &str| {
            let part = split.as_ref().and_then(|split| split.name.as_ref());
            part.is_some_and(|part| part.names() == [name])
        };
        for (name, schema) in properties {
            let of_pod = POD_LISTS.contains(&&*name)
                || *name == *PULL_SECRETS
                || ACCOUNT_FIELDS.contains(&&*name);
            if !(is_part(&name) || is_pod_spec && of_pod) {
                self.field(&name, schema, false);
            }
        }
    }
}

/// The fields of an object.
fn properties<'t, 'a>(schema: Node<'t, 'a>) -> Vec<(Text<'a>, Node<'t, 'a>)> {
    let properties = schema.get("properties").into_iter().flat_map(Node::entries);
    properties.filter_map(|(name, schema)| Some((name.scalar()?, schema.resolved()))).collect()
}

/// Whether a field holds the volumes of pods (`Volume` in k8s.io/api/core/v1/types.go).
fn is_volumes(schema: Node<'_, '_>) -> bool {
    let volume = schema.at(&["items", "properties"]);
    volume
        .is_some_and(|volume| ["configMap", "emptyDir"].iter().all(|key| volume.get(key).is_some()))
}

/// Whether an object is a pod spec: it has containers with images, and a list of pull secrets.
fn is_pod_spec(properties: &[(Text<'_>, Node<'_, '_>)]) -> bool {
    let get = |wanted: &str| properties.iter().find(|(name, _)| **name == *wanted);
    let container = get(CONTAINER_LISTS[0]).and_then(|(_, list)| list.get("items"));
    let image = container.and_then(|container| container.at(&["properties", "image"]));
    let list = get(PULL_SECRETS).and_then(|(_, list)| form(*list));
    image.is_some() && list == Some(SecretForm::Objects)
}

fn is_text(schema: Node<'_, '_>) -> bool {
    is_type(schema, "string")
}

fn is_type(schema: Node<'_, '_>, name: &str) -> bool {
    schema.get("type").is_some_and(|found| found.is(name))
}

fn is_true(schema: Node<'_, '_>, key: &str) -> bool {
    schema.get(key).is_some_and(|value| value.is("true"))
}

/// What a field for pull secrets holds; `None` if that is none of the forms.
fn form(schema: Node<'_, '_>) -> Option<SecretForm> {
    let has_name = |schema: Node<'_, '_>| schema.at(&["properties", "name"]).is_some();
    match schema.kind() {
        NodeKind::Mapping(_) if is_text(schema) => Some(SecretForm::Name),
        NodeKind::Mapping(_) if is_type(schema, "array") => match schema.get("items") {
            Some(items) if is_text(items) => Some(SecretForm::Names),
            Some(items) if has_name(items) || properties(items).is_empty() => {
                Some(SecretForm::Objects)
            }
            _ => None,
        },
        NodeKind::Mapping(_) if has_name(schema) => Some(SecretForm::Object),
        _ => None,
    }
}
