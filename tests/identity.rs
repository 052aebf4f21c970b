//! The program on images that nodes or ServiceAccounts pull with an identity: what the policy declares, what a
//! kubelet is configured with, and what annotations do and do not do.
#[path = "support/support.rs"]
mod support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use support::{json_lines, list, pullcreds};

/// Files for one run: a policy, and what it names.
struct Files(TempDir);

impl Files {
    /// A policy that says this about the cluster.
    fn cluster(cluster: &str) -> Self {
        let files = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        files.write(
            "policy.yaml",
            &format!(
                "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {{name: p}}\nspec:\n  \
                 namespace: shop\n  cluster: {{{cluster}}}\n"
            ),
        );
        files
    }

    /// A policy that names this kubelet configuration.
    fn kubelet(config: &str) -> Self {
        let files = Self::cluster("credentialProviderConfig: kubelet.yaml");
        files.write("kubelet.yaml", config);
        files
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))
            .and_then(|()| std::fs::write(path, text))
            .expect("the temporary folder can be written");
    }

    /// What `check` says about a stream.
    #[track_caller]
    fn check(&self, stream: impl Into<Vec<u8>>) -> Value {
        let policy = self.0.path().join("policy.yaml");
        let run =
            pullcreds(["check", "--format", "json", "--policy"]).arg(policy).stdin(stream).run();
        assert!(matches!(run.code, Some(0 | 1)), "{run}");
        run.json()
    }

    /// What it says when the configuration is wrong.
    #[track_caller]
    fn refused(&self) -> String {
        let policy = self.0.path().join("policy.yaml");
        let run = pullcreds(["check", "--policy"]).arg(policy).run().expect(2);
        assert!(run.stdout.is_empty(), "{run}");
        run.err().replace(&*self.0.path().to_string_lossy(), "")
    }
}

/// A kubelet configuration with one provider for Azure's registries, and more fields of it.
fn acr(more: &str) -> String {
    format!(
        "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- name: acr\n  \
         apiVersion: credentialprovider.kubelet.k8s.io/v1\n  matchImages: ['*.azurecr.io']\n  \
         defaultCacheDuration: 10m\n{more}"
    )
}

const TOKEN: &str = "  tokenAttributes:\n    serviceAccountTokenAudience: api://AzureADTokenExchange\n    cacheType: \
                     ServiceAccount\n    requireServiceAccount: true\n";

const REQUIRED: &str = "    requiredServiceAccountAnnotationKeys: [kubernetes.azure.com/acr-client-id, \
                        kubernetes.azure.com/acr-tenant-id]\n";

fn pod(image: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  serviceAccountName: app\n  containers:\n  - \
         {{name: c, image: {image}}}\n"
    )
}

fn account(annotations: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations: {{{annotations}}}\n"
    )
}

/// The verdict of the only image.
#[track_caller]
fn verdict(report: &Value) -> &str {
    assert_eq!(report["images"].as_array().map(Vec::len), Some(1), "{report}");
    report["images"][0]["verdict"].as_str().unwrap_or_default()
}

/// The only finding with this code.
#[track_caller]
fn finding<'r>(report: &'r Value, code: &str) -> &'r Value {
    let findings = report["findings"].as_array().into_iter().flatten();
    let mut found = findings.filter(|finding| finding["code"] == code);
    let first = found.next().unwrap_or_else(|| panic!("no {code}: {report:#}"));
    assert!(found.next().is_none(), "{code} twice: {report:#}");
    first
}

#[track_caller]
fn message<'r>(report: &'r Value, code: &str) -> &'r str {
    finding(report, code)["message"].as_str().unwrap_or_default()
}

#[track_caller]
fn remedy<'r>(report: &'r Value, code: &str) -> &'r str {
    finding(report, code)["remedy"].as_str().unwrap_or_default()
}

const ACR: &str = "acme.azurecr.io/api:v1";
const ECR: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/api:v1";
const GAR: &str = "europe-docker.pkg.dev/acme/shop/api:v1";

#[test]
fn the_lists_of_the_services_match_as_in_the_kubelet() {
    let cases = json_lines(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/providers.jsonl"));
    for service in ["eks", "gke", "aks"] {
        let files = Files::cluster(&format!("credentialProviders: [{service}]"));
        agrees_with_cases(&files, &cases, |case| !case[service].is_null());
    }
}

#[test]
fn a_kubelet_configuration_matches_as_in_the_kubelet() {
    let cases = json_lines(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/providers.jsonl"));
    let patterns: std::collections::BTreeSet<_> = ["eks", "gke", "aks"]
        .into_iter()
        .flat_map(|service| cases.iter().filter_map(move |case| case[service].as_str()))
        .collect();
    // Each pattern in a provider of its own, so that the one that matches has to be found.
    let mut config =
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\nproviders:\n"
            .to_owned();
    for (at, pattern) in patterns.iter().enumerate() {
        let _ = writeln!(
            config,
            "- {{name: p{at}, apiVersion: credentialprovider.kubelet.k8s.io/v1alpha1, matchImages: ['{pattern}'], \
             defaultCacheDuration: 0s}}"
        );
    }
    let any = |case: &Value| ["eks", "gke", "aks"].iter().any(|service| !case[service].is_null());
    agrees_with_cases(&Files::kubelet(&config), &cases, any);
}

#[track_caller]
fn agrees_with_cases(files: &Files, cases: &[Value], iam: impl Fn(&Value) -> bool) {
    let stream = cases.iter().map(|case| {
        serde_json::json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": case["name"]}]},
        })
    });
    let policy = files.0.path().join("policy.yaml");
    let args = ["check", "--format", "json", "--assume-private", "--policy"];
    let report = pullcreds(args).arg(policy).stdin(list(stream)).run().json();
    for (case, image) in cases.iter().zip(report["images"].as_array().into_iter().flatten()) {
        assert_eq!(image["verdict"] == "iam", iam(case), "{case} {image}");
    }
}

#[test]
fn a_provider_that_pulls_as_the_node_needs_no_service_account() {
    let files = Files::kubelet(&acr(""));
    assert_eq!(verdict(&files.check(pod(ACR))), "iam");
    assert_eq!(verdict(&files.check(pod(ECR))), "unknown");
}

#[test]
fn a_provider_is_asked_only_for_a_service_account_with_its_annotations() {
    let files = Files::kubelet(&acr(&[TOKEN, REQUIRED].concat()));
    let both = "kubernetes.azure.com/acr-client-id: a, kubernetes.azure.com/acr-tenant-id: b";
    assert_eq!(verdict(&files.check(pod(ACR) + &account(both))), "iam");
    // An empty value is there all the same.
    let empty = both.replace(": b", ": ''");
    assert_eq!(verdict(&files.check(pod(ACR) + &account(&empty))), "iam");

    let report = files.check(pod(ACR) + &account("kubernetes.azure.com/acr-client-id: a"));
    assert_eq!(verdict(&report), "missing");
    assert_eq!(
        message(&report, "missing-pull-secret"),
        "Pod 'p' references private image 'acme.azurecr.io/api:v1' but does not specify ImagePullSecrets. The kubelet \
         does not ask its credential provider 'acr', since ServiceAccount 'app' lacks the annotation \
         kubernetes.azure.com/acr-tenant-id."
    );
    let remedy = remedy(&report, "missing-pull-secret");
    assert!(
        remedy.contains(
            "\nor give the ServiceAccount the annotation kubernetes.azure.com/acr-tenant-id\n"
        ),
        "{remedy}"
    );
}

#[test]
fn whether_a_provider_is_asked_for_an_unknown_service_account_is_not_known() {
    let files = Files::kubelet(&acr(&[TOKEN, REQUIRED].concat()));
    let report = files.check(pod(ACR));
    assert_eq!(verdict(&report), "unknown");
    let message = message(&report, "unknown-pull-secret");
    let expected = "The kubelet asks its credential provider 'acr' only if ServiceAccount 'app' has the annotation \
                kubernetes.azure.com/acr-client-id, which is not known.";
    assert!(message.ends_with(expected), "{message}");
    // One that only wants a ServiceAccount gets one with every pod.
    assert_eq!(verdict(&Files::kubelet(&acr(TOKEN)).check(pod(ACR))), "iam");
}

#[test]
fn a_static_pod_has_no_service_account_to_ask_for() {
    let is_static = pod(ACR)
        .replace("{name: p}", "{name: p, annotations: {kubernetes.io/config.source: file}}");
    assert_eq!(verdict(&Files::kubelet(&acr("")).check(is_static.as_str())), "iam");
    let optional = TOKEN.replace("requireServiceAccount: true", "requireServiceAccount: false");
    assert_eq!(verdict(&Files::kubelet(&acr(&optional)).check(is_static.as_str())), "iam");
    let report = Files::kubelet(&acr(TOKEN)).check(is_static.as_str());
    assert_eq!(verdict(&report), "missing");
    let message = message(&report, "missing-pull-secret");
    assert!(
        message.ends_with("only for pods with a ServiceAccount, which a static pod has not."),
        "{message}"
    );
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let files = Files::cluster("credentialProviderConfig: kubelet.d");
    files.write("kubelet.d/b.yml", &acr(""));
    let ecr = acr("")
        .replace("name: acr", "name: ecr")
        .replace("*.azurecr.io", "*.dkr.ecr.*.amazonaws.com");
    files.write("kubelet.d/a.json", &ecr);
    files.write("kubelet.d/notes.txt", "no configuration");
    files.write("kubelet.d/below/c.yaml", "no configuration");
    assert_eq!(verdict(&files.check(pod(ACR))), "iam");
    assert_eq!(verdict(&files.check(pod(ECR))), "iam");
    files.write("kubelet.d/c.yaml", &acr(""));
    assert_eq!(
        files.refused(),
        "error: /kubelet.d/c.yaml: providers: the name `acr` is used twice\n"
    );

    let empty = Files::cluster("credentialProviderConfig: kubelet.d");
    empty.write("kubelet.d/notes.txt", "no configuration");
    assert_eq!(empty.refused(), "error: /kubelet.d: no *.json, *.yaml or *.yml file found\n");
}

#[test]
fn all_versions_of_the_configuration_are_read_and_unknown_fields_are_not() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let config = acr("").replace("config.k8s.io/v1", &format!("config.k8s.io/{version}"));
        assert_eq!(verdict(&Files::kubelet(&config).check(pod(ACR))), "iam", "{version}");
    }
    let refused = Files::kubelet(&acr("  matchImage: ['*']\n")).refused();
    assert!(
        refused.starts_with("error: /kubelet.yaml: providers[0].matchImage: unknown field"),
        "{refused}"
    );
}

#[test]
fn annotations_of_a_service_account_with_which_the_kubelet_pulls() {
    let files = Files::cluster("");
    for (image, annotations) in [
        (ECR, "eks.amazonaws.com/ecr-role-arn: 'arn:aws:iam::123456789012:role/pull'"),
        (GAR, "iam.gke.io/enable-wi-image-pull: 'true'"),
        (ACR, "kubernetes.azure.com/acr-client-id: a, kubernetes.azure.com/acr-tenant-id: b"),
    ] {
        let report = files.check(pod(image) + &account(annotations));
        assert_eq!(verdict(&report), "iam", "{annotations}");
        assert!(!report.to_string().contains("identity-not-used-for-pulls"), "{report}");
        // Each pulls from the registries of its own service alone.
        let other = if image == ECR { ACR } else { ECR };
        assert_eq!(verdict(&files.check(pod(other) + &account(annotations))), "missing");
    }
    for (image, annotations) in [
        (ECR, "eks.amazonaws.com/ecr-role-arn: ''"),
        (GAR, "iam.gke.io/enable-wi-image-pull: 'false'"),
    ] {
        assert_eq!(
            verdict(&files.check(pod(image) + &account(annotations))),
            "missing",
            "{annotations}"
        );
    }
}

#[test]
fn azure_needs_both_annotations() {
    let report =
        Files::cluster("").check(pod(ACR) + &account("kubernetes.azure.com/acr-client-id: a"));
    assert_eq!(verdict(&report), "missing");
    let message = message(&report, "missing-pull-secret");
    let expected = "ServiceAccount 'app' lacks the annotation kubernetes.azure.com/acr-tenant-id, without which the registry \
                identity of the ServiceAccount is not used.";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn annotations_do_nothing_without_a_provider_that_reads_them() {
    let annotations = "eks.amazonaws.com/ecr-role-arn: 'arn:aws:iam::123456789012:role/pull'";
    let files = Files::kubelet(&acr(""));
    assert_eq!(verdict(&files.check(pod(ECR) + &account(annotations))), "missing");
}

#[test]
fn identities_of_containers_count_and_do_not_pull() {
    let files = Files::cluster("");
    for (image, annotation, pulls) in [
        (
            ECR,
            "eks.amazonaws.com/role-arn",
            "the instance role of the node (on Fargate, the pod execution role)",
        ),
        (GAR, "iam.gke.io/gcp-service-account", "the service account of the node"),
        (ACR, "azure.workload.identity/client-id", "the kubelet's managed identity"),
    ] {
        let report = files.check(pod(image) + &account(&format!("{annotation}: x")));
        assert_eq!(verdict(&report), "iam", "{annotation}");
        let message = message(&report, "identity-not-used-for-pulls");
        assert!(
            message.ends_with(&format!("does not pull images: it pulls with {pulls}.")),
            "{message}"
        );
        let other = if image == ECR { ACR } else { ECR };
        assert_eq!(
            verdict(&files.check(pod(other) + &account(&format!("{annotation}: x")))),
            "missing"
        );
    }
    // The credentials of the nodes come first.
    let files = Files::cluster("credentialProviders: [eks]");
    let report = files.check(pod(ECR) + &account("eks.amazonaws.com/role-arn: x"));
    assert!(!report.to_string().contains("identity-not-used-for-pulls"), "{report}");
}

#[test]
fn what_is_not_declared_is_told_with_what_to_declare() {
    for (image, service) in
        [(ECR, "eks"), (GAR, "gke"), ("gcr.io/acme/api:v1", "gke"), (ACR, "aks")]
    {
        let report = Files::cluster("").check(pod(image) + &account(""));
        let remedy = remedy(&report, "missing-pull-secret");
        let expected = format!(
            "or declare in the policy that the nodes pull with their own identity:\n  cluster:\n    \
             credentialProviders: [{service}]  # or iam: true at the entry of one registry"
        );
        assert!(remedy.contains(&expected), "{remedy}");
    }
}

#[test]
fn hosts_that_the_provider_of_azure_does_not_serve() {
    let files = Files::cluster("credentialProviders: [aks]");
    let report = files.check(pod("acme-a1b2c3.azurecr.io/api:v1"));
    assert_eq!(verdict(&report), "iam");
    assert_eq!(finding(&report, "credential-provider-gives-nothing")["severity"], "warning");

    let report = files.check(pod("acme.westeurope.geo.azurecr.io/api:v1") + &account(""));
    assert_eq!(verdict(&report), "missing");
    let remedy = remedy(&report, "missing-pull-secret");
    assert!(
        remedy.contains("The kubelet configuration of AKS does not list regional hosts"),
        "{remedy}"
    );
    assert!(!remedy.contains("credentialProviders"), "{remedy}");

    for fine in [ACR, "acme.azurecr.io/team-a/api:v1"] {
        let report = files.check(pod(fine));
        assert!(!report.to_string().contains("credential-provider-gives-nothing"), "{report}");
    }
}
