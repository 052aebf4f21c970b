//! What an object gets wrong in its form: fields for pull secrets where Kubernetes has none, and workloads that the API
//! server rejects because containers or images are missing.
//!
//! Nothing here says what to do about it.

use super::{ACCOUNT_FIELDS, Image, ImageField, Object, PULL_SECRETS, Sort, text, wrong};
use crate::kinds::{self, CONTAINER_LISTS, Row};
use crate::names::is_subdomain;
use crate::source::Span;
use crate::text::Text;
use crate::yaml::{Node, NodeKind};

/// Something that is wrong with the form of an object.
pub struct Flaw<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Where it is.
    pub span: Span,
    /// The path of the field, from the root of the document.
    pub path: String,
    /// The name of the container or volume that it is in.
    pub container: Option<Text<'static>>,
    /// What it is.
    pub what: Fault,
}

/// What can be wrong with the form of an object. Paths are from the root of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A field that was meant to name pull secrets, and that is none of Kubernetes there.
    StrayField {
        /// The field, as written.
        field: Text<'static>,
        /// What holds it.
        holder: String,
        /// What should hold it.
        home: String,
        /// The Secrets that it names.
        names: Vec<Text<'static>>,
    },
    /// There is no pod spec.
    NoPodSpec {
        /// Where it should be.
        home: String,
        /// What holds containers instead, if anything does.
        containers: Option<String>,
    },
    /// The pod spec has no container.
    NoContainer {
        /// The pod spec.
        home: String,
        /// What holds containers instead, if anything does.
        containers: Option<String>,
    },
    /// A container has no image.
    NoImage {
        /// The field for it.
        field: String,
    },
    /// The name of the ServiceAccount is not a string.
    AccountNotString {
        /// The field.
        field: String,
        /// What it is.
        sort: Sort,
        /// What was meant, as far as that is clear.
        meant: Option<Text<'static>>,
    },
    /// A mapping has a key twice.
    RepeatedKey {
        /// The key.
        key: Text<'static>,
        /// Where it is first.
        first: Span,
    },
    /// An image is not a string.
    ImageNotString {
        /// The field.
        field: String,
    },
    /// The API version of a workload has no such kind.
    UnknownKind {
        /// The API version, as written.
        api_version: Text<'static>,
        /// The group of the kind that was meant.
        group: &'static str,
        /// That kind.
        kind: &'static str,
    },
}

/// A fault and where it is.
pub(super) struct FoundFault {
    /// The path of its field, from the root of the object.
    pub(super) path: String,
    pub(super) span: Span,
    pub(super) what: Fault,
    /// The name of the container or volume that it is in.
    pub(super) container: Option<Text<'static>>,
}

impl FoundFault {
    pub(super) fn new(path: String, span: Span, what: Fault) -> Self {
        Self { path, span, what, container: None }
    }

    /// Says of each of `faults` that it is in this container or volume.
    pub(super) fn are_in<'f>(faults: impl IntoIterator<Item = &'f mut Self>, holder: Node<'_, '_>) {
        for fault in faults {
            fault.container = holder.get("name").and_then(text).map(Text::into_owned);
        }
    }
}

/// How long a key is that may be meant for [`PULL_SECRETS`], with quotes.
const LENGTHS: std::ops::RangeInclusive<usize> = 10..=26;
/// How many slips of the pen a key may be away from it.
const SLIPS: usize = 3;
/// Other names that people give it, in lower case and without what joins words.
const OTHER_NAMES: &[&str] = &[
    "dockerpullsecret",
    "dockerpullsecrets",
    "imagecredentials",
    "imagepullsecretname",
    "imagepullsecretref",
    "imagepullsecretrefs",
    "imagesecret",
    "imagesecrets",
    "pullsecret",
    "pullsecrets",
    "registrysecret",
    "registrysecrets",
];

/// What holds mappings or lists of them above a pod spec, in it and in a container: a list of pull secrets comes into
/// these by its indentation.
const PARTS: &[&str] = &["metadata", "selector", "strategy", "updateStrategy"];
const POD_PARTS: &[&str] = &[
    "affinity",
    "dnsConfig",
    "hostAliases",
    "securityContext",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
];
const CONTAINER_PARTS: &[&str] = &[
    "env",
    "envFrom",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "startupProbe",
    "volumeMounts",
];

/// The fields of a workload that were meant to name pull secrets, and do not.
///
/// `imagePullSecrets` is a field of `PodSpec` and `ServiceAccount` only (k8s.io/api/core/v1/types.go). The API server
/// drops a field that it does not know, with a warning or, under the strict validation that kubectl asks for, with an
/// error (<https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation>). It is strict about capital
/// letters too (sigs.k8s.io/json).
/// `home` is the way to the pod spec.
pub(super) fn stray_fields(node: Node<'_, '_>, home: &[&str]) -> Vec<FoundFault> {
    let mut stray = Stray { home, found: Vec::new() };
    let mut holder = node.resolved();
    for (depth, step) in home.iter().enumerate() {
        stray.look(holder, false, &|| home[..depth].join("."), PARTS);
        let Some(inner) = holder.get(step) else { return stray.found };
        holder = inner;
    }
    stray.look(holder, true, &|| home.join("."), POD_PARTS);
    for list in CONTAINER_LISTS {
        for (at, container) in holder.get(list).into_iter().flat_map(Node::items).enumerate() {
            let before = stray.found.len();
            let path = || format!("{}.{list}[{at}]", home.join("."));
            stray.look(container.resolved(), false, &path, CONTAINER_PARTS);
            FoundFault::are_in(&mut stray.found[before..], container);
        }
    }
    stray.found
}

/// The same of a ServiceAccount.
pub(super) fn stray_fields_of_account(node: Node<'_, '_>) -> Vec<FoundFault> {
    let mut stray = Stray { home: &[], found: Vec::new() };
    stray.look(node.resolved(), true, &String::new, &["metadata", "spec"]);
    stray.found
}

/// Collects fields that belong into one place, the home.
struct Stray<'h> {
    home: &'h [&'h str],
    found: Vec<FoundFault>,
}

impl Stray<'_> {
    /// Looks at the keys of a mapping and at those of some of its values.
    fn look(
        &mut self,
        holder: Node<'_, '_>,
        at_home: bool,
        path: &dyn Fn() -> String,
        inner: &[&str],
    ) {
        for (key, value) in holder.entries() {
            let text = key.source();
            if key.is_merge_key() {
                self.look(value.resolved(), at_home, path, &[]);
            } else if let Some(inner) = inner.iter().find(|inner| is(text, inner)) {
                self.look_into(value.resolved(), &|| joined(&path(), inner));
            } else if may_be_meant(text) && !(at_home && is(text, PULL_SECRETS)) {
                self.take(key, value, at_home, &path());
            }
        }
    }

    /// Looks at the keys of a mapping, or of each mapping in a list.
    fn look_into(&mut self, holder: Node<'_, '_>, path: &dyn Fn() -> String) {
        self.look(holder, false, path, &[]);
        for (at, item) in holder.items().enumerate() {
            self.look(item.resolved(), false, &|| format!("{}[{at}]", path()), &[]);
        }
    }

    fn take(&mut self, key: Node<'_, '_>, value: Node<'_, '_>, at_home: bool, holder: &str) {
        let Some(field) = key.scalar().filter(|field| is_meant(field)) else { return };
        if at_home && field == PULL_SECRETS {
            return;
        }
        let path = joined(holder, &field);
        let (field, holder) = (field.into_owned(), holder.to_owned());
        let home = self.home.join(".");
        let names = names(value);
        let fault = Fault::StrayField { field, holder, home, names };
        self.found.push(FoundFault::new(path, key.span(), fault));
    }
}

/// The names of Secrets in a list of mappings or texts, or in one text.
fn names(value: Node<'_, '_>) -> Vec<Text<'static>> {
    let items = value.items().map(|item| item.get("name").unwrap_or(item));
    let names = items.filter_map(Node::string).chain(value.string());
    names.filter(|name| is_subdomain(name)).map(Text::into_owned).collect()
}

pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Whether the text of a key is this plain word, quoted or not.
fn is(text: &str, word: &str) -> bool {
    text == word || text.len() == word.len() + 2 && text.get(1..=word.len()) == Some(word)
}

/// A quick look, at which nearly all keys fail.
fn may_be_meant(text: &str) -> bool {
    LENGTHS.contains(&text.len())
        && !is(text, "imagePullPolicy")
        // "pull", "secret" or "credentials".
        && text.as_bytes().windows(2).any(|two| matches!(two, b"ll" | b"LL" | b"cr" | b"CR"))
}

/// Whether a field of a custom resource may be one for pull secrets.
pub(super) fn names_pull_secrets(field: &str) -> bool {
    may_be_meant(field) && is_meant(field)
}

/// Whether a field was meant to be `imagePullSecrets`.
fn is_meant(field: &str) -> bool {
    let letters = field.chars().filter(|letter| letter.is_alphanumeric());
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    OTHER_NAMES.contains(&&*letters) || strsim::osa_distance(&letters, "imagepullsecrets") <= SLIPS
}

/// Whether there is a container, and an image for each of them. `images` are those of the pod spec.
pub(super) fn is_complete(spec: Node<'_, '_>, images: &[Image<'_>]) -> bool {
    let lists = CONTAINER_LISTS.iter().filter_map(|list| spec.get(list));
    let containers: usize = lists.map(|list| list.items().count()).sum();
    let lists = images.iter().filter_map(|image| match image.field {
        ImageField::Container { list, .. } => Some(list),
        ImageField::Volume { .. } | ImageField::At(_) => None,
    });
    let lists: Vec<u8> = lists.collect();
    lists.contains(&0) && lists.len() == containers
}

/// What makes the API server reject a workload: `spec.template.spec.containers` and `image` of each container are
/// required, in templates too (`ValidatePodSpec`, `validateContainerCommon` in pkg/apis/core/validation/validation.go);
/// `reference` of an image volume is required in a Pod only (`validateImageVolumeSource`).
/// `way` is the way to the pod spec.
pub(super) fn incomplete(node: Node<'_, '_>, row: &Row, way: &[&str]) -> Vec<FoundFault> {
    // What has another type is rejected before anything is validated.
    let mut found = account_faults(node, way);
    if !row.is_validated {
        return found;
    }
    let Some(spec) = node.at(way).filter(|spec| spec.is_mapping()) else {
        let home = way.join(".");
        let (path, span, containers) = containers_elsewhere(node, way, &home);
        return vec![FoundFault::new(path, span, Fault::NoPodSpec { home, containers })];
    };
    if spec.get("containers").is_none_or(|list| list.items().next().is_none()) {
        let home = way.join(".");
        let (path, span, containers) = containers_elsewhere(node, way, &home);
        found.push(FoundFault::new(path, span, Fault::NoContainer { home, containers }));
    }
    for list in CONTAINER_LISTS {
        for (at, container) in spec.get(list).into_iter().flat_map(Node::items).enumerate() {
            let path = || format!("{}.{list}[{at}].image", way.join("."));
            let mut fault = image_fault(container, "image", &path);
            FoundFault::are_in(&mut fault, container);
            found.extend(fault);
        }
    }
    if row.is_pod() {
        let volumes = spec.get("volumes").into_iter().flat_map(Node::items).enumerate();
        found.extend(volumes.filter_map(|(at, volume)| {
            let image = volume.get("image").filter(|image| image.is_mapping())?;
            let path = || format!("spec.volumes[{at}].image.reference");
            let mut fault = image_fault(image, "reference", &path);
            FoundFault::are_in(&mut fault, volume);
            fault
        }));
    }
    found
}

/// A kind that its API version does not have, while a workload was meant.
pub(super) fn unknown_kind(
    node: Node<'_, '_>,
    api_version: &Text<'_>,
    kind: &str,
) -> Option<FoundFault> {
    let meant = kinds::meant(api_version, kind)?;
    let field = if *meant.kind == *kind { "apiVersion" } else { "kind" };
    let span = node.get(field).unwrap_or(node).span();
    let group = meant.groups.first().map_or("", |group| group);
    let api_version = api_version.clone().into_owned();
    let fault = Fault::UnknownKind { api_version, group, kind: &meant.kind };
    Some(FoundFault::new(field.to_owned(), span, fault))
}

/// The names of ServiceAccounts that are not strings.
fn account_faults(node: Node<'_, '_>, way: &[&str]) -> Vec<FoundFault> {
    let Some(spec) = node.at(way) else { return Vec::new() };
    let faults = ACCOUNT_FIELDS.iter().filter_map(|field| {
        let wrong = wrong::not_a_string(spec.get(field)?)?;
        let field = joined(&way.join("."), field);
        let meant = wrong.meant.map(Text::into_owned);
        let fault = Fault::AccountNotString { field: field.clone(), sort: wrong.sort, meant };
        Some(FoundFault::new(field, wrong.span, fault))
    });
    faults.collect()
}

/// What holds containers on the way to the pod spec, where they do not belong, if anything does; with the path and the
/// place to speak of.
fn containers_elsewhere(
    node: Node<'_, '_>,
    way: &[&str],
    home: &str,
) -> (String, Span, Option<String>) {
    let elsewhere = (0..way.len()).find_map(|depth| {
        let holder = &way[..depth];
        let field = node.at(holder)?.field("containers")?;
        let is_list = matches!(field.value.resolved().kind(), NodeKind::Sequence(_));
        let path = holder.join(".");
        is_list.then(|| (joined(&path, "containers"), field.key.span(), Some(path)))
    });
    elsewhere.unwrap_or_else(|| {
        let kind = node.get("kind").unwrap_or(node);
        (home.to_owned(), kind.span(), None)
    })
}

fn image_fault(holder: Node<'_, '_>, field: &str, path: &dyn Fn() -> String) -> Option<FoundFault> {
    let holder = holder.resolved();
    let Some(image) = holder.get(field).filter(|image| !image.is_null()) else {
        let first = holder.entries().next().map(|(_, value)| value.span());
        let span = first.unwrap_or(holder.span());
        return Some(FoundFault::new(path(), span, Fault::NoImage { field: path() }));
    };
    match image.string() {
        Some(text) if text.is_empty() => {
            Some(FoundFault::new(path(), image.span(), Fault::NoImage { field: path() }))
        }
        Some(_) => None,
        None => {
            Some(FoundFault::new(path(), image.span(), Fault::ImageNotString { field: path() }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_meant_for_pull_secrets_if_it_is_spelt_nearly_so() {
        for field in [
            "imagePullSecrets",
            "imagePullSecret",
            "ImagePullSecrets",
            "imagepullsecrets",
            "image_pull_secrets",
            "image-pull-secrets",
            "imagePullSecretes",
            "imagePullSercets",
            "imagesPullSecrets",
            "IMAGE_PULL_SECRETS",
            "pullSecrets",
            "pullSecret",
            "imagePullSecretName",
        ] {
            assert!(may_be_meant(field) && is_meant(field), "{field}");
            assert!(may_be_meant(&format!("\"{field}\"")), "{field}");
        }
        for field in [
            "image",
            "imagePullPolicy",
            "secretName",
            "initContainers",
            "serviceAccountName",
            "terminationGracePeriodSeconds",
            "secrets",
            "imagePullProgressDeadline",
        ] {
            assert!(!(may_be_meant(field) && is_meant(field)), "{field}");
        }
    }
}
