//! The policy file as it is written: the types that its JSON Schema is generated from.
//!
//! The comments on these types are the descriptions of the schema. `check` validates what the types
//! cannot express: patterns, names, dates, entries that contradict each other.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::read::{Entries, FieldValue, List};
use super::registries::{Class, Cloud};
use super::{Emit, FailOn, InjectInto, OnRefusal, Spanned};
use crate::finding::Severity;
use crate::kinds::{Combine, Role, SecretForm, Takes};

/// What pullcreds assumes about registries, pull secrets and the cluster, and what it injects.
///
/// A policy never contains a password: it names Secrets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    title = "PullCredentialPolicy",
    extend("$id" = "https://pullcreds.dev/schemas/v1alpha1/policy.json")
)]
pub(super) struct PolicyFile {
    /// The version of this format.
    pub(super) api_version: FieldValue<ApiVersion>,
    /// The kind of this document.
    pub(super) kind: FieldValue<DocumentKind>,
    /// Metadata of this document for Kubernetes tools.
    #[serde(default)]
    #[expect(dead_code, reason = "allowed in the file, but not read")]
    pub(super) metadata: FieldValue<Metadata>,
    /// The policy itself.
    #[serde(default)]
    pub(super) spec: FieldValue<Spec>,
}

/// The version of the policy format.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum ApiVersion {
    #[serde(rename = "pullcreds.dev/v1alpha1")]
    V1Alpha1,
}

/// The kind of a policy document.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum DocumentKind {
    PullCredentialPolicy,
}

/// Metadata of this document for Kubernetes tools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "allowed in the file, but not read")]
pub(super) struct Metadata {
    /// A name for people, and for tools that want one. Not read.
    #[serde(default)]
    pub(super) name: FieldValue<Spanned<String>>,
    /// Not read.
    #[serde(default)]
    #[schemars(with = "String")]
    pub(super) namespace: FieldValue<IgnoredAny>,
    /// Not read.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(super) labels: FieldValue<IgnoredAny>,
    /// Read by kustomize, to start this function.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(super) annotations: FieldValue<IgnoredAny>,
}

/// The policy itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Spec {
    /// Policy files that this one is put on top of, with paths relative to this file. What this file says wins, and so
    /// does a later one of the list over those before it. Lists are joined: an entry for the same registry or Secret
    /// wins key by key, and one for the same ServiceAccount or kind replaces the other. Not for a policy in a
    /// functionConfig or in a `ConfigMap`.
    #[serde(default)]
    pub(super) extends: FieldValue<List<Spanned<String>>>,
    /// The namespace of objects that have none.
    #[serde(default)]
    #[schemars(regex(pattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"))]
    pub(super) namespace: FieldValue<Spanned<String>>,
    /// The lowest severity of findings that make the run fail.
    #[serde(default)]
    pub(super) fail_on: FieldValue<Spanned<FailOn>>,
    /// Whether a custom resource of an unknown kind that contains images makes the run fail, whatever `failOn` says.
    #[serde(default)]
    pub(super) fail_on_unknown_kinds: FieldValue<Spanned<bool>>,
    /// What a KRM function returns: all items, or none, as kustomize requires under `validators:`. Read only
    /// if this policy is a functionConfig. With `none`, nothing is injected. Under `transformers:`, `none`
    /// deletes every resource.
    #[serde(default)]
    pub(super) emit: FieldValue<Spanned<Emit>>,
    /// Whether every workload that passes gets the annotation `pullcreds.dev/checked: v1`, which
    /// `pullcreds check --require-stamp` requires.
    #[serde(default)]
    pub(super) stamp: FieldValue<Spanned<bool>>,
    /// Settings for the images of a registry. The most specific entry decides: more path
    /// segments first, then a host without `*`, then the longer host.
    #[serde(default)]
    pub(super) registries: FieldValue<List<Spanned<RegistryEntry>>>,
    /// What is in the cluster and not in the manifests.
    #[serde(default)]
    pub(super) cluster: FieldValue<ClusterSection>,
    /// Where and how pull secrets are injected.
    #[serde(default)]
    pub(super) inject: FieldValue<InjectSection>,
    /// How old credentials may be, and how their age is determined.
    #[serde(default)]
    pub(super) rotation: FieldValue<RotationSection>,
    /// The severity of findings, by code.
    #[serde(default)]
    pub(super) severities: FieldValue<Entries<Spanned<Severity>>>,
    /// Findings that are accepted, each with the reason.
    #[serde(default)]
    pub(super) exceptions: FieldValue<List<Spanned<ExceptionEntry>>>,
    /// Kinds of custom resources that pullcreds does not know, and where they contain images.
    #[serde(default)]
    pub(super) custom_resources: FieldValue<List<Spanned<CustomResource>>>,
}

/// Settings for the images that a pattern matches.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegistryEntry {
    /// The images: `host[:port][/path]`. A `*` matches text inside one label of the host
    /// (`*.example.com`), a path matches everything below it, and `*` alone matches every registry.
    #[schemars(example = "ghcr.io/acme", length(min = 1))]
    pub(super) r#match: FieldValue<Spanned<String>>,
    /// Whether these images need credentials. Without it, a wider entry or the built-in table decides.
    #[serde(default)]
    pub(super) access: FieldValue<Spanned<Class>>,
    /// The Secrets to inject into pods that pull these images.
    #[serde(default)]
    pub(super) pull_secrets: FieldValue<List<Spanned<String>>>,
    /// Whether the nodes pull these images with their own identity, so that no Secret is needed.
    #[serde(default)]
    pub(super) iam: FieldValue<Spanned<bool>>,
}

/// What is in the cluster and not in the manifests.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ClusterSection {
    /// The cloud services whose nodes pull from the registries of the cloud with their own identity.
    #[serde(default)]
    pub(super) credential_providers: FieldValue<List<Spanned<Cloud>>>,
    /// A kubelet `CredentialProviderConfig` file that says which images the nodes can pull.
    #[serde(default)]
    pub(super) credential_provider_config: FieldValue<Spanned<String>>,
    /// ServiceAccounts that are already in the cluster.
    #[serde(default)]
    pub(super) service_accounts: FieldValue<List<Spanned<ServiceAccountEntry>>>,
    /// Pull secrets that are already in the cluster.
    #[serde(default)]
    pub(super) secrets: FieldValue<List<Spanned<SecretEntry>>>,
}

/// A ServiceAccount that is already in the cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ServiceAccountEntry {
    /// Its namespace; without it, `spec.namespace`. A `*` is any number of characters: `team-*`, or `*` for every
    /// namespace. An entry for one namespace wins, then the one with more characters besides `*`.
    #[serde(default)]
    pub(super) namespace: FieldValue<Spanned<String>>,
    /// Its name.
    pub(super) name: FieldValue<Spanned<String>>,
    /// The names in its `imagePullSecrets`; empty if it has none.
    #[serde(default)]
    pub(super) image_pull_secrets: FieldValue<List<Spanned<String>>>,
}

/// A pull secret that is already in the cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SecretEntry {
    /// Its namespace; without it, `spec.namespace`. A `*` is any number of characters: `team-*`, or `*` for every
    /// namespace. An entry for one namespace wins, then the one with more characters besides `*`.
    #[serde(default)]
    pub(super) namespace: FieldValue<Spanned<String>>,
    /// Its name.
    pub(super) name: FieldValue<Spanned<String>>,
    /// The registries that it has credentials for, as in `registries[].match`; without it, all.
    #[serde(default)]
    pub(super) registries: FieldValue<List<Spanned<String>>>,
    /// When its credentials were last replaced: `2026-10-01` or `2026-10-01T12:00:00Z`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"))]
    pub(super) rotated_at: FieldValue<Spanned<String>>,
}

/// Where and how pull secrets are injected.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InjectSection {
    /// Where pull secrets are injected.
    #[serde(default)]
    pub(super) into: FieldValue<Spanned<InjectInto>>,
    /// What happens if a pull secret cannot be injected safely.
    #[serde(default)]
    pub(super) on_refusal: FieldValue<Spanned<OnRefusal>>,
    /// Whether a Secret in the manifests that covers an image is injected, even if the policy does not name it.
    #[serde(default)]
    pub(super) attach_covering: FieldValue<Spanned<bool>>,
}

/// How old credentials may be, and how their age is determined.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RotationSection {
    /// The maximum age: a number with `w`, `d`, `h`, `m` or `s`, as in `90d`.
    #[serde(default)]
    #[schemars(regex(pattern = "^([0-9]+[wdhms])+$"))]
    pub(super) max_age: FieldValue<Spanned<String>>,
    /// Annotations of a Secret that contain the time of its last rotation.
    #[serde(default)]
    pub(super) annotations: FieldValue<List<Spanned<String>>>,
    /// The severity of the finding for credentials of unknown age.
    #[serde(default)]
    pub(super) unknown: FieldValue<Spanned<Severity>>,
}

/// Findings that are accepted: those that match every key that is set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExceptionEntry {
    /// The code of the finding.
    pub(super) code: FieldValue<Spanned<String>>,
    /// The kind of the object.
    #[serde(default)]
    pub(super) kind: FieldValue<Spanned<String>>,
    /// The namespace of the object; `*` stands for any characters.
    #[serde(default)]
    pub(super) namespace: FieldValue<Spanned<String>>,
    /// The name of the object; `*` stands for any characters.
    #[serde(default)]
    pub(super) name: FieldValue<Spanned<String>>,
    /// The images, as in `registries[].match`.
    #[serde(default)]
    pub(super) image: FieldValue<Spanned<String>>,
    /// Why the finding is accepted.
    #[schemars(length(min = 1))]
    pub(super) reason: FieldValue<Spanned<String>>,
    /// The last day on which the exception applies, as in `2027-03-31`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub(super) expires: FieldValue<Spanned<String>>,
}

/// A kind of custom resource, and where it has images and pull secrets. It replaces the built-in entry of its kind.
/// Paths follow RFC 9535, as in `$.spec.containers[*].image`: `.key`, `['key']`, `[0]`, `[0:2]`, `[*]` for
/// every item, `.*` for every value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomResource {
    /// The API group, without the version.
    pub(super) group: FieldValue<Spanned<String>>,
    /// The kind.
    pub(super) kind: FieldValue<Spanned<String>>,
    /// The versions that this entry is for; without it, all.
    #[serde(default)]
    pub(super) versions: FieldValue<List<Spanned<String>>>,
    /// Pod specs: checked and injected like that of a Deployment.
    #[serde(default)]
    pub(super) pod_specs: FieldValue<List<Spanned<String>>>,
    /// Fields that are image references.
    #[serde(default)]
    pub(super) images: FieldValue<List<Spanned<String>>>,
    /// The resource's own fields for pull secrets.
    #[serde(default)]
    pub(super) pull_secrets: FieldValue<List<Spanned<String>>>,
    /// The form of these fields.
    #[serde(default)]
    pub(super) pull_secret_shape: FieldValue<Spanned<SecretForm>>,
    /// Fields that name the ServiceAccount of the pods.
    #[serde(default)]
    pub(super) service_accounts: FieldValue<List<Spanned<String>>>,
    /// Groups of pods with images, pull secrets or ServiceAccounts of their own, if the paths above are not enough.
    #[serde(default)]
    pub(super) sites: FieldValue<List<Spanned<CustomSite>>>,
}

/// A part of an object from which pods with the same images, pull secrets and ServiceAccount are created. Paths start
/// at the part, or with `$` at the root of the object.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomSite {
    /// The path to the part. If it leads to several, each is a group of pods of its own. Without it, the whole object.
    #[serde(default)]
    pub(super) at: FieldValue<Spanned<String>>,
    /// The pod spec, checked and injected like that of a Deployment.
    #[serde(default)]
    pub(super) pod_spec: FieldValue<Spanned<String>>,
    /// Fields that are image references.
    #[serde(default)]
    pub(super) images: FieldValue<List<Spanned<String>>>,
    /// Images that are written in several fields.
    #[serde(default)]
    pub(super) split_images: FieldValue<List<Spanned<CustomSplit>>>,
    /// Fields for pull secrets. They come before that of the pod spec.
    #[serde(default)]
    pub(super) pull_secrets: FieldValue<List<Spanned<CustomSecrets>>>,
    /// How several fields for pull secrets are combined.
    #[serde(default)]
    pub(super) combine: FieldValue<Spanned<Combine>>,
    /// Fields that name the ServiceAccount of the pods. They come before those of the pod spec.
    #[serde(default)]
    pub(super) service_account: FieldValue<List<Spanned<String>>>,
    /// What the images are for, if they are not pulled for pods of the object. With `template`, they are checked at the
    /// objects that refer to this one.
    #[serde(default)]
    pub(super) role: FieldValue<Spanned<Role>>,
    /// What the part is called within the object. A reference to one part of an object names it like that.
    #[serde(default)]
    pub(super) key: FieldValue<Spanned<String>>,
    /// Other objects from which the pods get images, pull secrets or everything.
    #[serde(default)]
    pub(super) references: FieldValue<List<Spanned<CustomReference>>>,
}

/// Another object from which the pods of a part get images, pull secrets or everything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomReference {
    /// The path to what refers to it. If it leads to several places, each is a reference of its own.
    pub(super) at: FieldValue<Spanned<String>>,
    /// The path from there to the name of the other object; without it, `name`.
    #[serde(default)]
    pub(super) name: FieldValue<Spanned<String>>,
    /// The kinds that the other object can have, in the order in which they are looked for.
    pub(super) to: FieldValue<List<Spanned<CustomTarget>>>,
    /// The path from there to the key of the part that is meant; without it, all of the object.
    #[serde(default)]
    pub(super) part: FieldValue<Spanned<String>>,
    /// What the pods get from the other object.
    #[serde(default)]
    pub(super) takes: FieldValue<Spanned<Takes>>,
    /// Whether the pull secrets of the other object are added.
    #[serde(default)]
    pub(super) merges: FieldValue<Spanned<bool>>,
}

/// A kind to which a reference can lead.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomTarget {
    /// Its API group, without the version.
    pub(super) group: FieldValue<Spanned<String>>,
    /// The kind.
    pub(super) kind: FieldValue<Spanned<String>>,
    /// Whether its objects are in no namespace.
    #[serde(default)]
    pub(super) cluster_scoped: FieldValue<Spanned<bool>>,
}

/// A field for pull secrets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomSecrets {
    /// Its path.
    pub(super) path: FieldValue<Spanned<String>>,
    /// Its form.
    #[serde(default)]
    pub(super) form: FieldValue<Spanned<SecretForm>>,
}

/// An image that is written in several fields: `registry/repository/name:tag@digest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomSplit {
    /// The path to the fields. If it leads to several places, each is an image of its own.
    #[serde(default)]
    pub(super) at: FieldValue<Spanned<String>>,
    /// The registry.
    #[serde(default)]
    pub(super) registry: FieldValue<Spanned<String>>,
    /// The repository, possibly with the registry.
    #[serde(default)]
    pub(super) repository: FieldValue<Spanned<String>>,
    /// The last part of the repository.
    #[serde(default)]
    pub(super) name: FieldValue<Spanned<String>>,
    /// The tag, or a digest.
    #[serde(default)]
    pub(super) tag: FieldValue<Spanned<String>>,
    /// The digest.
    #[serde(default)]
    pub(super) digest: FieldValue<Spanned<String>>,
}

/// Where a key belongs, for error messages about misplaced keys.
pub(super) const HOMES: &[(&str, &str)] = &[
    ("access", "spec.registries[]"),
    ("annotations", "spec.rotation"),
    ("attachCovering", "spec.inject"),
    ("cluster", "spec"),
    ("combine", "spec.customResources[].sites[]"),
    ("credentialProviderConfig", "spec.cluster"),
    ("credentialProviders", "spec.cluster"),
    ("customResources", "spec"),
    ("emit", "spec"),
    ("exceptions", "spec"),
    ("expires", "spec.exceptions[]"),
    ("extends", "spec"),
    ("failOn", "spec"),
    ("failOnUnknownKinds", "spec"),
    ("group", "spec.customResources[]"),
    ("iam", "spec.registries[]"),
    ("imagePullSecrets", "spec.cluster.serviceAccounts[]"),
    ("images", "spec.customResources[]"),
    ("inject", "spec"),
    ("into", "spec.inject"),
    ("match", "spec.registries[]"),
    ("maxAge", "spec.rotation"),
    ("namespace", "spec"),
    ("onRefusal", "spec.inject"),
    ("podSpec", "spec.customResources[].sites[]"),
    ("podSpecs", "spec.customResources[]"),
    ("pullSecretShape", "spec.customResources[]"),
    ("pullSecrets", "spec.registries[]"),
    ("reason", "spec.exceptions[]"),
    ("registries", "spec"),
    ("rotatedAt", "spec.cluster.secrets[]"),
    ("rotation", "spec"),
    ("secrets", "spec.cluster"),
    ("serviceAccounts", "spec.cluster"),
    ("severities", "spec"),
    ("sites", "spec.customResources[]"),
    ("splitImages", "spec.customResources[].sites[]"),
    ("stamp", "spec"),
];

/// The JSON Schema of the policy file, as text with a line feed at its end.
pub fn schema() -> String {
    format!("{:#}\n", schemars::schema_for!(PolicyFile).to_value())
}
