//! Names in the middle of a build: prefixes are there, references and hashes are not.

use crate::support::Outcome;
use crate::world::{DOCKER_CONFIG, INJECT, Kustomize, STRICT, deployment, function};

const GENERATOR: &str = "secretGenerator:\n- name: regcred\n  type: kubernetes.io/dockerconfigjson\n  files: [.dockerconfigjson=config.json]\n";

fn account(list: &str) -> String {
    format!("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n{list}")
}

/// Builds these resources with a prefix, more of the kustomization, and a transformer with this spec.
#[track_caller]
fn build(resources: &[&str], more: &str, spec: &str) -> Outcome {
    let kustomize = Kustomize::with([
        (
            "kustomization.yaml",
            &*format!("resources: [app.yaml]\nnamePrefix: p-\ntransformers: [policy.yaml]\n{more}"),
        ),
        ("app.yaml", &resources.join("---\n")),
        ("config.json", DOCKER_CONFIG),
        ("policy.yaml", &function(spec)),
    ]);
    kustomize.build(".")
}

#[test]
fn k3_an_account_and_its_secret_are_found_by_the_names_they_had() {
    let pod = deployment("      serviceAccountName: web\n");
    let list = account("imagePullSecrets: [{name: regcred}]\n");
    let outcome = build(&[&pod, &list], GENERATOR, STRICT).expect(0);
    assert!(outcome.err().contains("1 of 1 private images"), "{outcome}");
    assert!(!outcome.err().contains("in 'regcred'"), "the Secret is known: {outcome}");
    let outcome = build(&[&pod, &account("")], GENERATOR, STRICT).expect(1);
    assert!(
        outcome.err().contains("error[missing-pull-secret]"),
        "the account is known: {outcome}"
    );
    for name in ["regcred", "p-regcred"] {
        let pod = deployment(&format!("      imagePullSecrets: [{{name: {name}}}]\n"));
        let outcome = build(&[&pod], GENERATOR, STRICT).expect(0);
        assert!(outcome.out().contains("- name: p-regcred-"), "{outcome}");
        assert!(!outcome.err().contains("in 'regcred'"), "{outcome}");
        // It is there already, whatever the policy calls it.
        let injected = build(&[&pod], GENERATOR, INJECT).expect(0);
        assert_eq!(injected.out(), outcome.out());
    }
}

#[test]
fn k3_the_account_that_was_called_default_is_not_the_default_one() {
    // kustomize#4691.
    let list =
        account("imagePullSecrets: [{name: regcred}]\n").replace("name: web", "name: default");
    let outcome = build(&[&deployment(""), &list], GENERATOR, STRICT).expect(1);
    assert!(outcome.err().contains("error[unknown-pull-secret]"), "{outcome}");
}

#[test]
fn k8_what_is_local_to_the_build_does_not_exist() {
    let local = |object: String| {
        object.replace(
            "  name: ",
            "  annotations: {config.kubernetes.io/local-config: \"true\"}\n  name: ",
        )
    };
    let pod = deployment("      serviceAccountName: web\n");
    let list = local(account("imagePullSecrets: [{name: regcred}]\n"));
    let outcome = build(&[&pod, &list], "", STRICT).expect(1);
    assert!(outcome.err().contains("error[unknown-pull-secret]"), "{outcome}");
    let image = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: local\nspec:\n  containers:\n  - {name: a, image: myregistry.azurecr.io/a:1}\n";
    let outcome = build(&[&local(image.to_owned())], "", STRICT).expect(0);
    assert_eq!(outcome.out(), "");
    let outcome =
        build(&[&image.replace("local", "real"), &local(image.to_owned())], "", INJECT).expect(0);
    assert_eq!(outcome.out().matches("name: regcred").count(), 1, "{outcome}");
}

#[test]
fn k16_names_that_kustomize_leaves_behind_are_told() {
    let controller = deployment("      imagePullSecrets: [{name: regcred}]\n")
        .replace("apps/v1", "v1")
        .replace("kind: Deployment", "kind: ReplicationController")
        .replace("{matchLabels: {app: web}}", "{app: web}");
    let outcome = build(&[&controller], GENERATOR, STRICT).expect(0);
    assert!(outcome.err().contains("warning[reference-not-renamed]"), "{outcome}");
    assert!(outcome.out().contains("- name: regcred\n"), "and this is what dangles: {outcome}");
    // It has a namespace, and the Secret has none.
    let pod = deployment("      imagePullSecrets: [{name: regcred}]\n")
        .replace("  name: web\nspec", "  name: web\n  namespace: shop\nspec");
    let outcome = build(&[&pod], GENERATOR, STRICT).expect(0);
    assert!(outcome.err().contains("warning[reference-not-renamed]"), "{outcome}");
    assert!(outcome.out().contains("- name: regcred\n"), "{outcome}");
    let named = GENERATOR.replace("- name: regcred\n", "- name: regcred\n  namespace: shop\n");
    let outcome = build(&[&pod], &named, STRICT).expect(0);
    assert!(!outcome.err().contains("reference-not-renamed"), "{outcome}");
    assert!(!outcome.out().contains("- name: regcred\n"), "{outcome}");
    // kustomize looks at ServiceAccounts in some kinds only, and there in one field only.
    let list = account("imagePullSecrets: [{name: regcred}]\n");
    let set = deployment("      serviceAccountName: web\n").replace("Deployment", "ReplicaSet");
    for pod in [set, deployment("      serviceAccount: web\n")] {
        let outcome = build(&[&pod, &list], GENERATOR, "{}").expect(0);
        assert!(outcome.err().contains("warning[reference-not-renamed]"), "{outcome}");
        let kept = ["serviceAccountName: web\n", "serviceAccount: web\n"];
        assert!(kept.iter().any(|field| outcome.out().contains(field)), "{outcome}");
    }
}
