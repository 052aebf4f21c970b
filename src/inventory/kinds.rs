//! TABLE: the core kinds that run pods, and where each keeps its pod spec. Nothing here reads a document.

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
}

/// What a `ConfigMap` with a docker configuration mentions, and one that may have it in base64.
const DOCKER_CONFIG: &[&str] = &["auths", "binaryData", "dockercfg", "dockerconfigjson"];

const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// Every core kind that runs pods (k8s.io/api core/v1, apps/v1, batch/v1 and their older versions).
pub const WORKLOADS: &[WorkloadKind] = &[
    WorkloadKind {
        groups: &["batch"],
        kind: "CronJob",
        pod_spec: &["spec", "jobTemplate", "spec", "template", "spec"],
        immutable: None,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "DaemonSet",
        pod_spec: TEMPLATE,
        immutable: None,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "Deployment",
        pod_spec: TEMPLATE,
        immutable: None,
    },
    WorkloadKind {
        groups: &["batch"],
        kind: "Job",
        pod_spec: TEMPLATE,
        // pkg/apis/batch/validation: validatePodTemplateUpdate
        immutable: Some("the template of a Job that exists cannot be changed"),
    },
    WorkloadKind {
        groups: &[""],
        kind: "Pod",
        pod_spec: &["spec"],
        // pkg/apis/core/validation: ValidatePodUpdate
        immutable: Some("the pull secrets of a Pod that exists cannot be changed"),
    },
    WorkloadKind {
        groups: &[""],
        kind: "PodTemplate",
        pod_spec: &["template", "spec"],
        immutable: None,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "ReplicaSet",
        pod_spec: TEMPLATE,
        immutable: None,
    },
    WorkloadKind {
        groups: &[""],
        kind: "ReplicationController",
        pod_spec: TEMPLATE,
        immutable: None,
    },
    WorkloadKind { groups: &["apps"], kind: "StatefulSet", pod_spec: TEMPLATE, immutable: None },
];

/// The lists of a pod spec that hold containers.
pub const CONTAINER_LISTS: &[&str] = &["containers", "initContainers", "ephemeralContainers"];

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

/// The row of a kind.
pub fn workload(api_version: &str, kind: &str) -> Option<&'static WorkloadKind> {
    let group = group(api_version);
    WORKLOADS.iter().find(|row| row.kind == kind && row.groups.contains(&group))
}

/// Whether a document with this text, whose kind is `kind`, has to be read: it may run pods, hold what decides a
/// pull, or show a credential.
pub fn matters(kind: &str, document: &str) -> bool {
    match kind {
        "ServiceAccount" | "Secret" => true,
        "ConfigMap" => DOCKER_CONFIG.iter().any(|word| document.contains(word)),
        _ => {
            kind.ends_with("List")
                || WORKLOADS.iter().any(|row| row.kind == kind)
                || PRODUCERS.iter().any(|row| row.kind == kind)
                || producers::informs(kind)
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
    fn a_kind_of_another_group_is_not_core() {
        assert!(workload("apps.kruise.io/v1alpha1", "StatefulSet").is_none());
        assert!(workload("batch.volcano.sh/v1alpha1", "Job").is_none());
        assert!(workload("extensions/v1beta1", "Deployment").is_some());
        assert!(workload("v1", "Pod").is_some());
    }
}
