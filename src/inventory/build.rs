//! What kustomize notes on objects in the middle of a build, when names have changed and references to them have not
//! yet (api/filters/nameref, api/internal/utils/annotations.go). Functions and plugins see objects like that.
//!
//! Nothing here looks anything up.

use std::collections::BTreeSet;

use super::{Object, Text, annotation};
use crate::yaml::Node;

/// What the annotations of orchestrators begin with.
const INTERNAL: &str = "internal.config.kubernetes.io/";
const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
/// It stands on every object that a function or plugin of kustomize gets.
const IDENTITY: &str = "kustomize.config.k8s.io/id";
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// The namespace that kustomize takes no namespace for.
const DEFAULT_NAMESPACE: &str = "default";

/// What kustomize knows of an object that may be renamed.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    /// The names by which references may call it, each once, the current one not among them.
    pub former_names: Vec<Text<'a>>,
    // Invariant: the same, to be looked up.
    by_name: BTreeSet<Text<'a>>,
    /// Whether a hash will be added to its name at the end.
    pub needs_hash: bool,
    /// What was put before its name, in order, with commas between.
    prefixes: Option<Text<'a>>,
    /// What was added to its name.
    suffixes: Option<Text<'a>>,
}

impl<'a> Build<'a> {
    /// What the annotations of an object of this kind and name say, if anything.
    pub(super) fn of(node: Node<'_, 'a>, kind: &str, name: Option<&str>) -> Option<Box<Self>> {
        let mut annotations = node.at(&["metadata", "annotations"])?.entries();
        // Most objects are in no build, and there may be many of them.
        annotations.find(|(key, _)| key.source().contains(INTERNAL))?;
        let needs_hash = annotation(node, NEEDS_HASH).is_some_and(|value| value == "enabled");
        let names = annotation(node, PREVIOUS_NAMES);
        let prefixes = annotation(node, PREFIXES);
        let suffixes = annotation(node, SUFFIXES);
        if !needs_hash && names.is_none() && prefixes.is_none() && suffixes.is_none() {
            return None;
        }
        let kinds = annotation(node, PREVIOUS_KINDS).unwrap_or_default();
        let same_kind = needs_hash || parts(&kinds).any(|previous| previous == kind);
        let (mut former_names, mut by_name) = (Vec::new(), BTreeSet::new());
        for former in names.as_ref().into_iter().flat_map(split).filter(|_| same_kind) {
            if Some(&*former) != name && by_name.insert(former.clone()) {
                former_names.push(former);
            }
        }
        Some(Box::new(Self { former_names, by_name, needs_hash, prefixes, suffixes }))
    }

    /// Whether a reference `name` to it, in a field that kustomize keeps up to date, follows its name. Before the
    /// hash is put there, the current name becomes a former one.
    fn answers_to(&self, current: Option<&str>, name: &str) -> bool {
        self.by_name.contains(name) || self.needs_hash && current == Some(name)
    }
}

impl Object<'_> {
    /// Whether kustomize changes a reference `name` to it into what it will be called.
    pub fn is_renamed_from(&self, name: &str) -> bool {
        let build = self.build.as_deref();
        build.is_some_and(|build| build.answers_to(self.name.as_deref(), name))
    }

    /// Whether a reference that no one changes means it in the end.
    pub fn keeps_name(&self, name: &str) -> bool {
        let hashed = self.build.as_deref().is_some_and(|build| build.needs_hash);
        !hashed && self.name.as_deref() == Some(name)
    }

    /// Whether kustomize takes the two for objects of one namespace.
    pub fn shares_namespace(&self, other: &Object<'_>) -> bool {
        let [one, two] = [self, other].map(|object| object.namespace.as_deref());
        one.unwrap_or(DEFAULT_NAMESPACE) == two.unwrap_or(DEFAULT_NAMESPACE)
    }

    /// Whether the two got the same prefixes and suffixes, one list being the end of the other. If `or_none`, one
    /// of the two may have none (`PrefixesSuffixesEquals`, api/resource/resource.go).
    pub fn shares_affixes(&self, other: &Object<'_>, or_none: bool) -> bool {
        let [prefixes, other_prefixes] = [self.prefixes(), other.prefixes()];
        let [suffixes, other_suffixes] = [self.suffixes(), other.suffixes()];
        same_end(prefixes, other_prefixes, or_none) && same_end(suffixes, other_suffixes, or_none)
    }

    /// What tells objects of one name apart when kustomize asks which of them names another one.
    pub fn build_key(&self) -> [Option<String>; 3] {
        let namespace = self.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        [Some(namespace), self.prefixes(), self.suffixes()].map(|part| part.map(str::to_owned))
    }

    fn prefixes(&self) -> Option<&str> {
        self.build.as_deref()?.prefixes.as_deref()
    }

    fn suffixes(&self) -> Option<&str> {
        self.build.as_deref()?.suffixes.as_deref()
    }
}

/// Whether kustomize drops an object of a build before the end, so that it counts for nothing.
pub(super) fn is_dropped(node: Node<'_, '_>, in_function: bool) -> bool {
    annotation(node, LOCAL_CONFIG).is_some_and(|value| value != "false")
        && (in_function || annotation(node, IDENTITY).is_some())
}

fn same_end(one: Option<&str>, two: Option<&str>, or_none: bool) -> bool {
    match (one, two) {
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => or_none,
        (Some(one), Some(two)) => {
            parts(one).rev().zip(parts(two).rev()).all(|(one, two)| one == two)
        }
    }
}

fn parts(list: &str) -> impl DoubleEndedIterator<Item = &str> {
    list.split(',')
}

/// The parts of a list, without a copy where that is possible.
fn split<'a>(list: &Text<'a>) -> Vec<Text<'a>> {
    match list.borrowed() {
        Some(list) => list.split(',').map(Text::from).collect(),
        None => list.split(',').map(|part| Text::from(part.to_owned())).collect(),
    }
}
