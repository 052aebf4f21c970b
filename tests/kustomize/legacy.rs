//! The exec plugin, found by its kind: in kustomize, and in the kustomize of kubectl, which runs nothing else.

use std::os::unix::fs::symlink;

use crate::support::{Outcome, PULLCREDS, tool};
use crate::world::{DOCKER_CONFIG, INJECT, Kustomize, STRICT, deployment};

/// A kustomization with a plugin that has this spec, and these arguments.
fn plugin(arguments: &str, spec: &str) -> Kustomize {
    let kustomize = Kustomize::with([
        (
            "kustomization.yaml",
            "resources: [app.yaml]\nnamePrefix: p-\ntransformers: [policy.yaml]\nsecretGenerator:\n- name: regcred\n  type: \
          kubernetes.io/dockerconfigjson\n  files: [.dockerconfigjson=config.json]\n",
        ),
        ("config.json", DOCKER_CONFIG),
        (
            "app.yaml",
            &(deployment("      serviceAccountName: web\n")
                + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"),
        ),
        (
            "policy.yaml",
            &format!(
                "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {{name: policy}}\n{arguments}spec: {spec}\n"
            ),
        ),
        ("plugins/pullcreds.dev/v1alpha1/pullcredentialpolicy/README", ""),
    ]);
    let program =
        kustomize.work("plugins/pullcreds.dev/v1alpha1/pullcredentialpolicy/PullCredentialPolicy");
    symlink(PULLCREDS, program).expect("a link");
    kustomize
}

/// What kustomize and kubectl make of it.
#[track_caller]
fn both(kustomize: &Kustomize) -> [Outcome; 2] {
    let home = kustomize.work("plugins");
    let own = kustomize.kustomize(&["build", "--enable-alpha-plugins", "."]);
    let kubectl = kustomize.program(tool("PULLCREDS_KUBECTL")).args([
        "kustomize",
        "--enable-alpha-plugins",
        ".",
    ]);
    [own, kubectl].map(|run| run.env("KUSTOMIZE_PLUGIN_HOME", &home).run())
}

#[test]
fn k17_a_plugin_injects_and_says_nothing() {
    for outcome in both(&plugin("", INJECT)) {
        let outcome = outcome.expect(0);
        assert_eq!(outcome.out().matches("name: p-regcred-").count(), 2, "{outcome}");
        assert!(!outcome.err().contains("warning["), "kustomize keeps it to itself: {outcome}");
    }
}

#[test]
fn k17_a_plugin_that_fails_is_heard() {
    for outcome in both(&plugin("", STRICT)) {
        let outcome = outcome.expect(1);
        assert!(outcome.err().contains("error[missing-pull-secret]"), "{outcome}");
        assert_eq!(outcome.out(), "");
    }
    for outcome in both(&plugin("", "{failOn: sometimes}")) {
        let outcome = outcome.expect(1);
        assert!(
            outcome.err().contains("<PullCredentialPolicy>")
                && outcome.err().contains("exit status 2"),
            "{outcome}"
        );
    }
}

#[test]
fn k17_a_plugin_takes_flags_from_its_configuration() {
    let arguments = "argsOneLiner: --into none --fail-on error --private 'myregistry.azurecr.io'\n";
    for outcome in both(&plugin(arguments, INJECT)) {
        assert!(outcome.expect(1).err().contains("error[missing-pull-secret]"));
    }
    for outcome in both(&plugin("argsOneLiner: check\n", INJECT)) {
        assert!(outcome.expect(1).err().contains("and no command"));
    }
}

#[test]
fn k17_a_plugin_can_be_a_validator() {
    for (spec, code) in [("{emit: none, failOn: never}", 0), ("{emit: none, failOn: error}", 1)] {
        let kustomize = plugin("", spec);
        let text = kustomize.read("kustomization.yaml");
        kustomize.write("kustomization.yaml", text.replace("transformers", "validators"));
        for outcome in both(&kustomize) {
            let outcome = outcome.expect(code);
            assert_eq!(outcome.out().contains("kind: Deployment"), code == 0, "{outcome}");
        }
    }
}

#[test]
fn k17_kubectl_skips_an_exec_function_in_silence_and_a_check_sees_it() {
    let kustomize = plugin("", INJECT);
    kustomize.write("policy.yaml", crate::world::function(INJECT));
    let kubectl = kustomize.program(tool("PULLCREDS_KUBECTL")).args([
        "kustomize",
        "--enable-alpha-plugins",
        ".",
    ]);
    let outcome = kubectl.run().expect(0);
    assert!(!outcome.out().contains("imagePullSecrets"), "{outcome}");
    let check = crate::support::pullcreds(["check"]).stdin(outcome.stdout).run().expect(1);
    assert!(check.out().contains("error[missing-pull-secret]"), "{check}");
}
