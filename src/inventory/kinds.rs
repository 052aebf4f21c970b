//! TABLE: the kinds that run pods, and where each keeps its pod spec. Nothing here reads a document.

use memchr::memmem;

use super::producers::{self, PRODUCERS};

/// A kind of a group, in any version, whose objects hold a pod spec.
#[derive(Debug)]
pub struct WorkloadKind {
    /// The API groups that have it; the core group is `""`.
    pub groups: &'static [&'static str],
    /// Its name.
    pub kind: &'static str,
    /// The way from the object to its pod spec.
    pub pod_spec: &'static [&'static str],
    /// What keeps a change of the pod spec from being applied to an object that exists.
    pub immutable: Option<&'static str>,
    /// Whether the API server itself validates the pod spec. A controller of custom resources may find the template
    /// elsewhere, or fill it in.
    pub is_validated: bool,
}

/// What a `ConfigMap` with a docker configuration mentions, and one that may have it in base64.
const DOCKER_CONFIG: &[&str] = &["auths", "binaryData", "dockercfg", "dockerconfigjson"];

/// What every object mentions that holds a pod spec or the reference of an image.
const HOLDS_PODS: &[&str] = &["mage", "containers"];

const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// Every core kind that runs pods (k8s.io/api core/v1, apps/v1, batch/v1 and their older versions), and the Rollout of
/// Argo, which takes the place of a Deployment.
pub const WORKLOADS: &[WorkloadKind] = &[
    WorkloadKind {
        groups: &["batch"],
        kind: "CronJob",
        pod_spec: &["spec", "jobTemplate", "spec", "template", "spec"],
        immutable: None,
        is_validated: true,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "DaemonSet",
        pod_spec: TEMPLATE,
        immutable: None,
        is_validated: true,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "Deployment",
        pod_spec: TEMPLATE,
        immutable: None,
        is_validated: true,
    },
    WorkloadKind {
        groups: &["batch"],
        kind: "Job",
        pod_spec: TEMPLATE,
        // pkg/apis/batch/validation: validatePodTemplateUpdate
        immutable: Some("the template of a Job that exists cannot be changed"),
        is_validated: true,
    },
    WorkloadKind {
        groups: &[""],
        kind: "Pod",
        pod_spec: &["spec"],
        // pkg/apis/core/validation: ValidatePodUpdate
        immutable: Some("the pull secrets of a Pod that exists cannot be changed"),
        is_validated: true,
    },
    WorkloadKind {
        groups: &[""],
        kind: "PodTemplate",
        pod_spec: &["template", "spec"],
        immutable: None,
        is_validated: true,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "ReplicaSet",
        pod_spec: TEMPLATE,
        immutable: None,
        is_validated: true,
    },
    WorkloadKind {
        groups: &[""],
        kind: "ReplicationController",
        pod_spec: TEMPLATE,
        immutable: None,
        is_validated: true,
    },
    WorkloadKind {
        groups: &["argoproj.io"],
        kind: "Rollout",
        pod_spec: TEMPLATE,
        immutable: None,
        // It may name a Deployment instead (spec.workloadRef).
        is_validated: false,
    },
    WorkloadKind {
        groups: &["apps"],
        kind: "StatefulSet",
        pod_spec: TEMPLATE,
        immutable: None,
        is_validated: true,
    },
];

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

/// Frequent kinds that make no pods, so that they need not be read: those of the groups that Kubernetes serves, but
/// for names that others use too (Service is also a kind of Knative), and those of monitoring.coreos.com.
const NO_PODS: &[&str] = &[
    "APIService",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "Endpoints",
    "EndpointSlice",
    "Event",
    "FlowSchema",
    "HorizontalPodAutoscaler",
    "IngressClass",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "PodMonitor",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "PrometheusRule",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "ServiceMonitor",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// The kinds, of whatever group, in which kustomize changes the names of pull secrets when it renames a Secret
/// (api/internal/konfig/builtinpluginconsts/namereference.go).
const NAMES_SECRETS: &[&str] = &[
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "PodTemplate",
    "ReplicaSet",
    "ServiceAccount",
    "StatefulSet",
];

/// The same for `serviceAccountName` and ServiceAccounts.
const NAMES_ACCOUNTS: &[&str] =
    &["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicationController", "StatefulSet"];

/// Whether kustomize keeps the pull secrets that an object of this kind names up to date.
pub fn follows_secrets(kind: &str) -> bool {
    NAMES_SECRETS.contains(&kind)
}

/// Whether kustomize keeps the ServiceAccount that an object of this kind names up to date.
pub fn follows_accounts(kind: &str) -> bool {
    NAMES_ACCOUNTS.contains(&kind)
}

/// The group of an `apiVersion`: what stands before the slash, or the core group.
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether a text may be that of an object with a pod spec or an image.
fn holds_pods(document: &str) -> bool {
    HOLDS_PODS.iter().any(|word| memmem::find(document.as_bytes(), word.as_bytes()).is_some())
}

/// The row of a kind.
pub fn workload(api_version: &str, kind: &str) -> Option<&'static WorkloadKind> {
    let group = group(api_version);
    WORKLOADS.iter().find(|row| row.kind == kind && row.groups.contains(&group))
}

/// The row of the kind that was meant by an object of the groups of Kubernetes' own workloads, if its kind is of another
/// group or has other capital letters. The API server knows no such kind: "no matches for kind" (`NoKindMatchError` in
/// k8s.io/apimachinery/pkg/api/meta/errors.go).
pub fn meant(api_version: &str, kind: &str) -> Option<&'static WorkloadKind> {
    let group = group(api_version);
    let own = || WORKLOADS.iter().filter(|row| row.is_validated);
    let is_own = !api_version.is_empty() && own().any(|row| row.groups.contains(&group));
    own().find(|row| is_own && row.kind.eq_ignore_ascii_case(kind))
}

/// Whether objects of an API version are custom resources, of whose kinds anything is possible.
pub fn is_custom(api_version: &str) -> bool {
    let group = group(api_version);
    group.contains('.') && !BUILTIN_GROUPS.contains(&group) && !FILE_GROUPS.contains(&group)
}

/// Whether a document with this text, whose kind is `kind`, has to be read: it may run pods, hold what decides a
/// pull, show a credential, or be a custom resource with images.
pub fn matters(kind: &str, document: &str) -> bool {
    match kind {
        "ServiceAccount" | "Secret" => true,
        "ConfigMap" => DOCKER_CONFIG.iter().any(|word| document.contains(word)),
        _ => {
            kind.ends_with("List")
                || WORKLOADS.iter().any(|row| row.kind == kind)
                || PRODUCERS.iter().any(|row| row.kind == kind)
                || producers::informs(kind)
                || !NO_PODS.contains(&kind) && holds_pods(document)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_unique() {
        assert!(WORKLOADS.is_sorted_by(|a, b| a.kind < b.kind));
    }

    #[test]
    fn the_tables_are_sorted() {
        for table in [BUILTIN_GROUPS, FILE_GROUPS] {
            assert!(table.is_sorted());
        }
        let lower = |kind: &&str| kind.to_lowercase();
        assert!(NO_PODS.is_sorted_by_key(lower));
    }

    #[test]
    fn what_makes_no_pods_is_not_read() {
        assert!(!matters("CustomResourceDefinition", "image: {type: string}"));
        assert!(!matters("ClusterRole", "resources: [images]"));
        assert!(matters("Prometheus", "spec: {image: quay.io/a/b}"));
        assert!(matters("Service", "apiVersion: serving.knative.dev/v1\nimage: a"));
        assert!(!matters("Service", "ports: []"));
        for (api_version, kind) in
            [("v1", "Deployment"), ("apps/v1", "deployment"), ("apps/v1", "Job"), ("v1", "pod")]
        {
            assert!(workload(api_version, kind).is_none(), "{api_version} {kind}");
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
        assert!(workload("apps.kruise.io/v1alpha1", "StatefulSet").is_none());
        assert!(workload("batch.volcano.sh/v1alpha1", "Job").is_none());
        assert!(workload("extensions/v1beta1", "Deployment").is_some());
        assert!(workload("v1", "Pod").is_some());
    }
}
