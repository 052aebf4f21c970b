//! How objects of a kind refer to others that decide about their pods: a template of pods, or the pods of another object.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Condition, FieldPath, PullSite, Row, SecretField, group};
use crate::words::Words;

/// Another object from which the pods of a site get images, pull secrets or all that they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct ObjectReference {
    /// What refers, from the place of the site; each hit of the path is a reference of its own.
    pub at: FieldPath,
    /// The name of the other object, from there; without it, `name`.
    #[serde(default = "name")]
    #[schemars(with = "String")]
    pub name: FieldPath,
    /// The kinds that the other object may have, in the order in which they are looked for. Without any, it is the object
    /// itself, of which `part` names a part.
    #[serde(default)]
    pub to: Box<[Target]>,
    /// Fields from there that say that something else fetches the other object.
    #[serde(default)]
    pub remote: Box<[FieldPath]>,
    /// The parameters from there, each with a name and a value, by which the resolver `cluster` of Tekton finds an object
    /// of the cluster: its kind, its name and its namespace.
    #[serde(default)]
    pub params: Option<FieldPath>,
    /// The part of the other object that is meant, by its key; from there. Without it, all of it.
    #[serde(default)]
    pub part: Option<FieldPath>,
    /// What the pods get from it.
    #[serde(default)]
    pub takes: Takes,
    /// Whether its pull secrets are added to those of the pods, and its ServiceAccount stands in where none is named.
    #[serde(default)]
    pub merges: bool,
    /// Whether an image of the site takes the place of its images, and a container that of one of the same name.
    #[serde(default)]
    pub unless_own: bool,
}

fn name() -> FieldPath {
    FieldPath::of_name("name")
}

/// A kind to which a reference may lead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Target {
    /// The kind.
    pub kind: Box<str>,
    /// Its API group.
    #[serde(default)]
    pub group: Box<str>,
    /// Whether its objects are in no namespace.
    #[serde(default)]
    pub cluster_scoped: bool,
    /// On which value of a field the reference is to this kind; without it, always. From where the reference is.
    #[serde(default)]
    pub when: Option<Condition>,
    /// The names of those of its sites that count; without any, all of them.
    #[serde(default)]
    pub sites: Box<[Box<str>]>,
}

/// What pods get from an object that their own refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Takes {
    /// Images: the pull secrets and the ServiceAccount are those of the object that refers.
    #[default]
    Images,
    /// All of it but the namespace.
    Pods,
    /// Nothing: the pods are those of the other object, which is checked by itself.
    Target,
}

impl Words for Takes {}

/// Fields that take the place of others for one part of an object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Override {
    /// Where they are: each hit of the path is for one part.
    pub at: FieldPath,
    /// The key of that part, from there.
    pub key: FieldPath,
    /// Fields for pull secrets, from there.
    #[serde(default)]
    pub pull_secrets: Box<[SecretField]>,
    /// Fields that name the ServiceAccount, from there.
    #[serde(default)]
    pub service_account: Box<[FieldPath]>,
}

impl Target {
    /// Whether objects of an API version and a kind are meant.
    pub fn is(&self, api_version: &str, kind: &str) -> bool {
        *self.kind == *kind && *self.group == *group(api_version)
    }
}

impl Condition {
    /// Whether it holds for the value of the field: `None` if it is not there, `Some(None)` if it is not a scalar.
    pub fn holds(&self, value: Option<Option<&str>>) -> bool {
        value.map_or(self.or_absent, |value| {
            value.is_some_and(|value| self.is.iter().any(|is| value == &**is))
        })
    }
}

impl PullSite {
    /// Whether other objects make pods of it.
    pub fn is_template(&self) -> bool {
        self.lends || self.role == super::Role::Template
    }

    /// Whether it makes no pods and is no template: the pods are those of the objects that it refers to.
    pub fn only_refers(&self) -> bool {
        let takes_all = |reference: &ObjectReference| reference.takes != Takes::Images;
        !self.references.is_empty()
            && self.references.iter().all(takes_all)
            && self.image_fields().is_empty()
            && self.pod_spec.is_none()
    }
}

impl Row {
    /// Whether other objects make pods of its objects.
    pub fn is_template(&self) -> bool {
        self.sites.iter().any(PullSite::is_template)
    }

    /// Whether some of its sites are no pods of its objects, or refer to others for them.
    pub fn may_make_no_pods(&self) -> bool {
        let is_pulled = |site: &PullSite| site.role == super::Role::Pulled;
        self.sites.iter().any(|site| !is_pulled(site) || !site.references.is_empty())
    }
}
