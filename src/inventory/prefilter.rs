//! TABLE: which documents of a stream have to be read, by their text and what they say of their kind. Nothing here reads a
//! document.

use memchr::memmem;

use super::producers::{self, PRODUCERS};
use crate::kinds::Table;

/// What a `ConfigMap` with a docker configuration mentions, and one that may have it in base64.
const DOCKER_CONFIG: &[&str] = &["auths", "binaryData", "dockercfg", "dockerconfigjson"];

/// What every object mentions that holds a pod spec or the reference of an image.
const HOLDS_PODS: &[&str] = &["mage", "containers"];

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

/// Whether a text may be that of an object with a pod spec or an image.
fn holds_pods(document: &str) -> bool {
    HOLDS_PODS.iter().any(|word| memmem::find(document.as_bytes(), word.as_bytes()).is_some())
}

/// Whether a document with this text, whose kind is `kind`, has to be read: it may run pods, hold what decides a
/// pull, show a credential, or be a custom resource with images.
pub fn matters(table: &Table, kind: &str, document: &str) -> bool {
    match kind {
        "ServiceAccount" | "Secret" => true,
        "ConfigMap" => DOCKER_CONFIG.iter().any(|word| document.contains(word)),
        _ => {
            kind.ends_with("List")
                || table.may_hold(kind, document)
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
    fn the_table_is_sorted() {
        let lower = |kind: &&str| kind.to_lowercase();
        assert!(NO_PODS.is_sorted_by_key(lower));
    }

    #[test]
    fn what_makes_no_pods_is_not_read() {
        let matters = |kind, document| matters(Table::builtin(), kind, document);
        assert!(!matters("CustomResourceDefinition", "image: {type: string}"));
        assert!(!matters("ClusterRole", "resources: [images]"));
        assert!(matters("Prometheus", "spec: {image: quay.io/a/b}"));
        assert!(matters("Service", "apiVersion: serving.knative.dev/v1\nimage: a"));
        assert!(!matters("Service", "ports: []"));
        assert!(matters("Pod", ""));
    }
}
