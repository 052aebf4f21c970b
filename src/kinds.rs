//! TABLE: the kinds whose objects make pods, and where each keeps what decides a pull: its pull sites. Rows of a data
//! file that is compiled in, and rows of whoever asks (the policy), which win.
//!
//! Nothing here reads a manifest as a whole: `inventory` does that, with a row in its hand.

mod builtin;
mod fields;
mod listing;
pub mod path;
pub mod proposal;
mod reference;

use memchr::memmem;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::words::Words;

pub use listing::Listed;
pub use path::{FieldPath, Way};
pub use reference::{ObjectReference, Override, Takes, Target};

/// A kind of some API groups.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Kind")]
pub struct Row {
    /// The kind.
    pub kind: Box<str>,
    /// The API groups that have it; the core group is `""`.
    #[schemars(length(min = 1))]
    pub groups: Box<[Box<str>]>,
    /// The versions of these groups that the row is for; without any, all of them.
    #[serde(default)]
    pub versions: Box<[Box<str>]>,
    /// Where its sites are read off: a file of the controller with its line, or a page.
    #[schemars(length(min = 1))]
    pub source: Box<[Box<str>]>,
    /// What else is worth knowing about it.
    #[serde(default)]
    #[schemars(with = "String")]
    pub note: Box<str>,
    /// What keeps a change from being applied to an object that exists.
    #[serde(default)]
    pub immutable: Option<Box<str>>,
    /// Whether the API server itself validates the pod spec. A controller of custom resources may find the template
    /// elsewhere, or fill it in.
    #[serde(default, rename = "validated")]
    pub is_validated: bool,
    /// When its pods start, and who waits for them.
    #[serde(default)]
    pub order: Order,
    /// Which names in it kustomize keeps up to date
    /// (api/internal/konfig/builtinpluginconsts/namereference.go).
    #[serde(default)]
    pub kustomize: Kustomize,
    /// Where its sites were checked.
    #[serde(default)]
    pub verified: Verified,
    /// Where it holds manifests or values of a chart: in a string, or in a mapping.
    #[serde(default)]
    pub strings: Box<[FieldPath]>,
    /// Where it names a registry or a repository for images that its operator chooses.
    #[serde(default)]
    pub registries: Box<[RegistryField]>,
    /// Fields that look like those for pull secrets, and that nothing reads.
    #[serde(default)]
    pub unread: Box<[UnreadField]>,
    /// Where it holds whole objects, which something applies.
    #[serde(default)]
    pub embed: Box<[FieldPath]>,
    /// Where it makes pods: one entry for each group of pods with a specification of their own.
    pub sites: Box<[PullSite]>,
    /// Which of the rows of [`Table::with`] it is.
    #[serde(skip)]
    pub own: Option<usize>,
}

/// Where the sites of a row were checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Verified {
    /// In the source of the operator.
    #[default]
    Source,
    /// In its documentation.
    Documentation,
    /// In the schema of the kind alone.
    Schema,
    /// Nowhere.
    Unread,
}

impl Words for Verified {}
impl Words for Delivery {}
impl Words for Role {}
impl Words for SecretForm {}
impl Words for Combine {}

/// What is known about the order in which Helm and Argo CD apply objects of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Order {
    /// Whether its pods start some time after it is applied.
    #[serde(default)]
    pub starts_later: bool,
    /// Whether Helm waits for it before it runs the next hook (`WatchUntilReady` in `pkg/kube`).
    #[serde(default)]
    pub helm_waits: bool,
    /// Whether Argo CD takes it for healthy only when its pods run (`gitops-engine/pkg/health`).
    #[serde(default)]
    pub argo_waits: bool,
}

/// The names in an object that kustomize changes when it renames what they name. It goes by the kind alone, of whatever
/// group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Kustomize {
    /// Those of pull secrets.
    #[serde(default)]
    pub secret_names: bool,
    /// Those of ServiceAccounts.
    #[serde(default)]
    pub service_account_names: bool,
}

/// A place of an object of which pods are made, all with the same images, pull secrets and ServiceAccount. Paths are from
/// the place, or with `$` from the root of the object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of a row that is there or not")]
pub struct PullSite {
    /// What its pods are, in a word.
    #[serde(default)]
    pub name: Box<str>,
    /// The versions of the kind that have it; without any, all of them.
    #[serde(default)]
    pub versions: Box<[Box<str>]>,
    /// On which value of a field it is there; without it, always.
    #[serde(default)]
    pub when: Option<Condition>,
    /// The place; each hit of the path is a site of its own. Without it, the root of the object.
    #[serde(default)]
    pub at: FieldPath,
    /// The path of a pod spec.
    #[serde(default)]
    pub pod_spec: Option<FieldPath>,
    /// Fields that are whole references of images, outside of the pod spec.
    #[serde(default)]
    pub images: Box<[FieldPath]>,
    /// Fields that are whole references, and that stand in for others.
    #[serde(default)]
    pub fallback_images: Box<[FallbackImage]>,
    /// Fields that may hold a reference: they do if there is a `/` in them.
    #[serde(default)]
    pub maybe_images: Box<[FieldPath]>,
    /// Images that are written in parts.
    #[serde(default)]
    pub split_images: Box<[SplitImage]>,
    /// Fields for pull secrets, before that of the pod spec.
    #[serde(default)]
    pub pull_secrets: Box<[SecretField]>,
    /// What several fields for pull secrets come to.
    #[serde(default)]
    pub combine: Combine,
    /// Which of these fields is written where none of them has an entry; without it, the first.
    #[serde(default)]
    pub write_to: Option<FieldPath>,
    /// Whether each hit has a field of its own, and the pod gets what all of them have.
    #[serde(default)]
    pub pair: bool,
    /// Whether nothing reads the list of the pod spec.
    #[serde(default)]
    pub ignores_pod_list: bool,
    /// The pull secret that the operator takes where none is named.
    #[serde(default)]
    pub pull_secret_default: Option<Box<str>>,
    /// Fields for pull secrets that the operator puts on the ServiceAccount that it makes.
    #[serde(default)]
    pub account_secrets: Box<[SecretField]>,
    /// Fields that name the ServiceAccount, before those of the pod spec.
    #[serde(default)]
    pub service_account: Box<[FieldPath]>,
    /// The ServiceAccount where no field names one. Any other name than `default`, which it is without this, is that of
    /// one that the operator makes: `{name}` is the name of the object, `*` whatever the operator chooses.
    #[serde(default)]
    pub service_account_default: Option<Box<str>>,
    /// Whether the operator ignores the pull secrets where a field names the ServiceAccount.
    #[serde(default)]
    pub account_ignores_secrets: bool,
    /// What the operator does with the pull secrets.
    #[serde(default)]
    pub delivery: Delivery,
    /// What the images are for.
    #[serde(default)]
    pub role: Role,
    /// Whether an object that this one names decides which pull secrets there are.
    #[serde(default)]
    pub decided_elsewhere: bool,
    /// The objects to which it refers for its pods.
    #[serde(default)]
    pub references: Box<[ObjectReference]>,
    /// What it is called among the parts of its object, from the place: a reference to a part names it so.
    #[serde(default)]
    pub key: Option<FieldPath>,
    /// Fields that take the place of its own for the part of one key.
    #[serde(default)]
    pub overrides: Box<[Override]>,
    /// Whether pods of other objects have its images, too.
    #[serde(default)]
    pub lends: bool,
    /// Whether there are pods where no image is named: the operator chooses it.
    #[serde(default)]
    pub implicit: bool,
    /// Whether there are pods only where an image is named.
    #[serde(default)]
    pub needs_image: bool,
    /// What to do instead, where no field can carry a pull secret.
    #[serde(default)]
    pub cannot: Option<Box<str>>,
    /// Pull secrets that the operator adds by itself.
    #[serde(default)]
    pub operator_adds: Box<[Box<str>]>,
    /// What else is worth knowing about it.
    #[serde(default)]
    #[schemars(with = "String")]
    pub note: Box<str>,
}

/// A field with one of some values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Condition {
    /// The field.
    pub path: FieldPath,
    /// The values.
    pub is: Box<[Box<str>]>,
    /// Whether it holds where the field is not there.
    #[serde(default)]
    pub or_absent: bool,
}

/// An image that another field names where its own does not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct FallbackImage {
    /// Its own field.
    pub path: FieldPath,
    /// The field for all that do not have their own.
    pub otherwise: FieldPath,
}

/// A field that names a registry or a repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct RegistryField {
    /// The field.
    pub path: FieldPath,
    /// What it names.
    pub what: Box<str>,
}

/// A field that looks like one for pull secrets, and that nothing reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct UnreadField {
    /// The field.
    pub path: FieldPath,
    /// What it would hold.
    #[serde(default)]
    pub form: SecretForm,
    /// The versions of the kind for which this holds; without any, all of them.
    #[serde(default)]
    pub versions: Box<[Box<str>]>,
    /// Why nothing reads it, and where the pull secret belongs.
    pub why: Box<str>,
}

/// What an operator does with the pull secrets of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Delivery {
    /// It names them in the pods.
    #[default]
    Pod,
    /// It names them in the ServiceAccount that it makes, and the pods have no list.
    ServiceAccount,
    /// It names them in the pods and in the ServiceAccount that it makes.
    Both,
    /// A controller pulls with them.
    Controller,
    /// A build pulls with them.
    Build,
    /// A container reads them from a file.
    Mount,
}

/// What the images of a site are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Role {
    /// The kubelet pulls them for pods of the object.
    #[default]
    Pulled,
    /// Other objects make pods of them.
    Template,
    /// They are put into pods of others.
    Injected,
    /// A controller pulls them.
    Controller,
    /// A build starts from them.
    Build,
    /// They are pushed.
    Output,
    /// A program on each node pulls them.
    NodeAgent,
    /// They are only listed.
    Listed,
}

impl Role {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

/// An image that is written in parts: `registry/repository/name:tag@digest` of those that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct SplitImage {
    /// The place of the parts, below that of the site; each hit of the path is an image of its own.
    #[serde(default)]
    pub at: FieldPath,
    /// The registry.
    #[serde(default)]
    pub registry: Option<FieldPath>,
    /// The repository, with the registry perhaps.
    #[serde(default)]
    pub repository: Option<FieldPath>,
    /// The last part of the repository.
    #[serde(default)]
    pub name: Option<FieldPath>,
    /// The tag, or a digest.
    #[serde(default)]
    pub tag: Option<FieldPath>,
    /// The digest.
    #[serde(default)]
    pub digest: Option<FieldPath>,
    /// Where the parts come from that are not there.
    #[serde(default)]
    pub fallback: Fallback,
    /// A field that, where it has a value, takes the place of the whole.
    #[serde(default)]
    pub unless: Option<FieldPath>,
    /// What the operator makes of the whole, if it does not pull it as it is.
    #[serde(default)]
    #[schemars(with = "String")]
    pub inexact: Box<str>,
}

/// Where parts of an image come from that are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Fallback {
    /// The registry.
    #[serde(default)]
    pub registry: Option<FieldPath>,
    /// The repository.
    #[serde(default)]
    pub repository: Option<FieldPath>,
    /// The tag.
    #[serde(default)]
    pub tag: Option<FieldPath>,
}

/// A field for pull secrets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct SecretField {
    /// Its path.
    pub path: FieldPath,
    /// What it holds.
    #[serde(default)]
    pub form: SecretForm,
}

/// What a field for pull secrets holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum SecretForm {
    /// A list of `{name: …}`, as in a pod spec.
    #[default]
    Objects,
    /// A list of names.
    Names,
    /// One `{name: …}`.
    Object,
    /// One name.
    Name,
    /// Names in one text, separated by commas.
    Text,
}

/// What several fields for pull secrets come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Combine {
    /// The first one that has an entry counts.
    #[default]
    First,
    /// The first entry of that one counts, and nothing else.
    FirstEntry,
    /// All of them count.
    Joined,
}

impl PullSite {
    /// The same, in its plainest form: a place that keys lead to is a part of the path to the pod spec.
    #[must_use]
    pub fn tidied(self) -> Self {
        let (above, names) = self.at.split_names();
        let is_movable =
            above.steps().is_empty() && !names.is_empty() && self.plain_but_for_place();
        match &self.pod_spec {
            Some(pod_spec) if is_movable => {
                let pod_spec = Some(self.at.join(pod_spec).below());
                Self { at: FieldPath::default(), pod_spec, ..self }
            }
            _ => self,
        }
    }

    fn plain_but_for_place(&self) -> bool {
        let fields = [self.images.len(), self.fallback_images.len(), self.maybe_images.len()];
        let fields =
            fields.iter().sum::<usize>() + self.split_images.len() + self.pull_secrets.len();
        let accounts = self.service_account.len() + self.account_secrets.len();
        fields + accounts == 0
            && self.when.is_none()
            && self.versions.is_empty()
            && self.service_account_default.is_none()
            && self.cannot.is_none()
            && self.role == Role::Pulled
            && !self.implicit
            && self.references.is_empty()
            && !self.lends
    }

    /// Whether objects of an API version have it.
    pub fn is_of(&self, api_version: &str) -> bool {
        is_among(&self.versions, api_version)
    }

    /// The way to its pod spec, if that is all that it says: one pod spec at one path.
    pub fn plain(&self) -> Option<Vec<&str>> {
        let is_plain = self.at.steps().is_empty() && self.plain_but_for_place();
        let names = self.pod_spec.as_ref().filter(|_| is_plain)?.names();
        (!names.is_empty()).then_some(names)
    }
}

impl Row {
    /// Whether its objects are pods themselves.
    pub fn is_pod(&self) -> bool {
        *self.kind == *"Pod" && self.is_of("")
    }

    /// A row for a kind of a group: what is known of the kind beyond its sites stays.
    pub fn new(group: &str, kind: &str, versions: Box<[Box<str>]>, sites: Box<[PullSite]>) -> Self {
        let known = builtin::rows(kind).find(|row| row.has_group(group)).cloned();
        let unknown = || Self {
            kind: kind.into(),
            groups: Box::default(),
            versions: Box::default(),
            source: Box::default(),
            note: Box::default(),
            immutable: None,
            is_validated: false,
            order: Order::default(),
            kustomize: Kustomize::default(),
            verified: Verified::default(),
            strings: Box::default(),
            registries: Box::default(),
            unread: Box::default(),
            embed: Box::default(),
            sites: Box::default(),
            own: None,
        };
        let known = known.unwrap_or_else(unknown);
        Self { groups: Box::new([group.into()]), versions, sites, ..known }
    }

    /// Whether it is for an API group, in some version.
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.iter().any(|of| **of == *group)
    }

    /// Whether it is for an API version.
    fn is_of(&self, api_version: &str) -> bool {
        self.has_group(group(api_version)) && is_among(&self.versions, api_version)
    }
}

/// The kinds that are known: the built-in rows, and rows that go before them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    // Invariant: `own` of each is its index.
    rows: Vec<Row>,
}

/// The built-in rows alone.
static BUILTIN: Table = Table { rows: Vec::new() };

impl Table {
    /// The built-in rows alone.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The built-in rows, and `rows` before them.
    pub fn with(mut rows: Vec<Row>) -> Self {
        rows.iter_mut().enumerate().for_each(|(at, row)| row.own = Some(at));
        Self { rows }
    }

    /// The rows before the built-in ones.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of a kind.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&Row> {
        let own = self.rows.iter().find(|row| *row.kind == *kind && row.is_of(api_version));
        own.or_else(|| builtin::rows(kind).find(|row| row.is_of(api_version)))
    }

    /// Whether a document with this text may hold an object of a row: of this kind, and of a group that is in the text.
    pub fn may_hold(&self, kind: &str, document: &str) -> bool {
        let mut own = self.rows.iter().filter(|row| *row.kind == *kind);
        // The name of a core group may be anywhere, or nowhere.
        let is_in = |group: &str| {
            !group.contains('.') || memmem::find(document.as_bytes(), group.as_bytes()).is_some()
        };
        let is_of = |row: &Row| row.groups.iter().any(|group| is_in(group));
        own.any(is_of) || builtin::rows(kind).any(is_of)
    }
}

/// Whether something holds for a built-in kind of this name, of whatever group.
pub fn any_of(kind: &str, holds: impl Fn(&Row) -> bool) -> bool {
    builtin::rows(kind).any(holds)
}

/// The row of the kind that was meant by an object of the groups of Kubernetes' own workloads, if its kind is of another
/// group or has other capital letters. The API server knows no such kind: "no matches for kind" (`NoKindMatchError` in
/// k8s.io/apimachinery/pkg/api/meta/errors.go).
pub fn meant(api_version: &str, kind: &str) -> Option<&'static Row> {
    let group = group(api_version);
    let is_own = !api_version.is_empty() && builtin::validated().any(|row| row.has_group(group));
    builtin::validated().find(|row| is_own && row.kind.eq_ignore_ascii_case(kind))
}

/// The list of a pod spec or a ServiceAccount that names pull secrets.
pub const PULL_SECRETS: &str = "imagePullSecrets";

/// The fields of a pod spec that name its ServiceAccount, the newer one first.
pub const ACCOUNT_FIELDS: [&str; 2] = ["serviceAccountName", "serviceAccount"];

/// The lists of a pod spec that hold containers.
pub const CONTAINER_LISTS: &[&str] = &["containers", "initContainers", "ephemeralContainers"];

/// The API groups that Kubernetes itself serves (k8s.io/api). None of their other kinds makes pods.
const BUILTIN_GROUPS: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Groups of files that tools read, and that are never in a cluster.
const FILE_GROUPS: &[&str] = &[
    "audit.k8s.io",
    "client.authentication.k8s.io",
    "config.kubernetes.io",
    "fn.kpt.dev",
    "k3d.io",
    "kind.x-k8s.io",
    "kpt.dev",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kustomize.config.k8s.io",
    "pullcreds.dev",
];

/// Whether the version of an API version is one of these; of none, every one is.
pub fn is_among(versions: &[Box<str>], api_version: &str) -> bool {
    let version = api_version.rsplit('/').next().unwrap_or_default();
    versions.is_empty() || versions.iter().any(|of| **of == *version)
}

/// The group of an `apiVersion`: what stands before the slash, or the core group.
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether objects of an API version are custom resources, of whose kinds anything is possible.
pub fn is_custom(api_version: &str) -> bool {
    let group = group(api_version);
    group.contains('.') && !BUILTIN_GROUPS.contains(&group) && !FILE_GROUPS.contains(&group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(api_version: &str, kind: &str) -> Option<&'static Row> {
        Table::builtin().find(api_version, kind)
    }

    #[test]
    fn the_lists_are_sorted() {
        for list in [BUILTIN_GROUPS, FILE_GROUPS] {
            assert!(list.is_sorted());
        }
    }

    #[test]
    fn a_kind_that_no_api_version_has_is_one_of_another_group() {
        for (api_version, kind) in
            [("v1", "Deployment"), ("apps/v1", "deployment"), ("apps/v1", "Job"), ("v1", "pod")]
        {
            assert!(find(api_version, kind).is_none(), "{api_version} {kind}");
            let meant = meant(api_version, kind).map(|row| row.kind.to_lowercase());
            assert_eq!(meant, Some(kind.to_lowercase()), "{api_version} {kind}");
        }
        for (api_version, kind) in
            [("", "Deployment"), ("apps.kruise.io/v1alpha1", "StatefulSet"), ("v1", "Event")]
        {
            assert!(meant(api_version, kind).is_none(), "{api_version} {kind}");
        }
        assert!(is_custom("serving.knative.dev/v1") && is_custom("jobset.x-k8s.io/v1alpha2"));
        assert!(!is_custom("v1") && !is_custom("apps/v1") && !is_custom("networking.k8s.io/v1"));
    }

    #[test]
    fn a_kind_of_another_group_is_not_core() {
        assert!(find("apps.example.com/v1", "StatefulSet").is_none());
        assert!(find("batch.example.com/v1", "Job").is_none());
        assert!(find("extensions/v1beta1", "Deployment").is_some());
        assert!(find("v1", "Pod").is_some());
        let may_hold = |kind, document| Table::builtin().may_hold(kind, document);
        assert!(may_hold("Pod", "kind: Pod") && !may_hold("Service", "apiVersion: v1"));
        assert!(may_hold("Service", "apiVersion: serving.knative.dev/v1"));
    }
}
