//! TABLE: the kinds whose objects make pods, and where each keeps what decides a pull: its pull sites. Rows of a data
//! file that is compiled in, and rows of whoever asks (the policy), which win.
//!
//! Nothing here reads a manifest as a whole: `inventory` does that, with a row in its hand.

mod builtin;
pub mod path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub use builtin::schema;
pub use path::{BadPath, FieldPath, Way};

/// A kind of some API groups.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Kind")]
pub struct Row {
    /// The kind.
    pub kind: Box<str>,
    /// The API groups that have it; the core group is `""`.
    #[schemars(length(min = 1))]
    pub groups: Box<[Box<str>]>,
    /// Where its sites are read off: a file of the controller with its line, or a page.
    #[schemars(with = "Vec<String>", length(min = 1))]
    #[expect(dead_code, reason = "for those who read the table")]
    source: IgnoredAny,
    /// What else is worth knowing about it.
    #[serde(default)]
    #[schemars(with = "String")]
    #[expect(dead_code, reason = "for those who read the table")]
    note: IgnoredAny,
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
}

/// What is known about the order in which Helm and Argo CD apply objects of a kind.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
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

/// A place of an object of which pods are made, all with the same images, pull secrets and ServiceAccount.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct PullSite {
    /// The path of the pod spec.
    pub pod_spec: FieldPath,
}

impl Row {
    /// Whether its objects are pods themselves.
    pub fn is_pod(&self) -> bool {
        *self.kind == *"Pod" && self.is_of("")
    }

    /// Whether an API group has this kind.
    pub fn is_of(&self, group: &str) -> bool {
        self.groups.iter().any(|of| **of == *group)
    }
}

/// The kinds that are known.
#[derive(Debug)]
pub struct Table {}

/// The built-in rows alone.
static BUILTIN: Table = Table {};

impl Table {
    /// The built-in rows alone.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The row of a kind.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&Row> {
        let group = group(api_version);
        builtin::rows(kind).find(|row| row.is_of(group))
    }

    /// Whether there is a row for a kind of this name, in whatever group.
    pub fn has(&self, kind: &str) -> bool {
        builtin::rows(kind).next().is_some()
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
    let mut own = builtin::all().filter(|row| row.is_validated && row.is_of(group));
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
