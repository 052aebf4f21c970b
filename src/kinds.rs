//! TABLE: the kinds whose objects make pods, and where each keeps what decides a pull: its pull sites. Rows of a data
//! file that is compiled in, and rows of whoever asks (the policy), which win.
//!
//! Nothing here reads a manifest as a whole: `inventory` does that, with a row in its hand.

mod builtin;
pub mod path;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

pub use builtin::schema;
pub use path::{BadPath, FieldPath, Way};

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
    #[schemars(with = "Vec<String>", length(min = 1))]
    source: Unread,
    /// What else is worth knowing about it.
    #[serde(default)]
    #[schemars(with = "String")]
    note: Unread,
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
    /// Where it holds whole objects, which something applies.
    #[serde(default)]
    pub embed: Box<[FieldPath]>,
    /// Where it makes pods: one entry for each group of pods with a specification of their own.
    pub sites: Box<[PullSite]>,
    /// Which of the rows of [`Table::with`] it is.
    #[serde(skip)]
    pub own: Option<usize>,
}

/// What is there for those who read the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

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
pub struct PullSite {
    /// The place; each hit of the path is a site of its own. Without it, the root of the object.
    #[serde(default)]
    pub at: FieldPath,
    /// The path of a pod spec.
    #[serde(default)]
    pub pod_spec: Option<FieldPath>,
    /// Fields that are whole references of images, outside of the pod spec.
    #[serde(default)]
    pub images: Box<[FieldPath]>,
    /// Images that are written in parts.
    #[serde(default)]
    pub split_images: Box<[SplitImage]>,
    /// Fields for pull secrets, before that of the pod spec.
    #[serde(default)]
    pub pull_secrets: Box<[SecretField]>,
    /// What several fields for pull secrets come to.
    #[serde(default)]
    pub combine: Combine,
    /// Fields that name the ServiceAccount, before those of the pod spec.
    #[serde(default)]
    pub service_account: Box<[FieldPath]>,
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

impl SecretForm {
    /// Its name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Names => "names",
            Self::Object => "object",
            Self::Name => "name",
            Self::Text => "text",
        }
    }
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
        self.images.is_empty()
            && self.split_images.is_empty()
            && self.pull_secrets.is_empty()
            && self.service_account.is_empty()
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
            source: Unread,
            note: Unread,
            immutable: None,
            is_validated: false,
            order: Order::default(),
            kustomize: Kustomize::default(),
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
        let version = api_version.rsplit('/').next().unwrap_or_default();
        self.has_group(group(api_version))
            && (self.versions.is_empty() || self.versions.iter().any(|of| **of == *version))
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

    /// Whether there is a row for a kind of this name, in whatever group.
    pub fn has(&self, kind: &str) -> bool {
        builtin::rows(kind).next().is_some() || self.rows.iter().any(|row| *row.kind == *kind)
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
    let mut meant = builtin::rows_in_any_case(kind).filter(|row| row.is_validated);
    let mut own = builtin::all().filter(|row| row.is_validated && row.has_group(group));
    meant.find(|_| !api_version.is_empty() && own.next().is_some())
}

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
        assert!(find("apps.kruise.io/v1alpha1", "StatefulSet").is_none());
        assert!(find("batch.volcano.sh/v1alpha1", "Job").is_none());
        assert!(find("extensions/v1beta1", "Deployment").is_some());
        assert!(find("v1", "Pod").is_some());
        assert!(Table::builtin().has("Pod") && !Table::builtin().has("Service"));
    }
}
