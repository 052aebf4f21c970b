//! The program on how pods use their pull secrets: those that no image needs, those that keep a public image from
//! being pulled, and those that a static pod cannot use; and on registries that several teams share.
#[path = "support/support.rs"]
mod support;

use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use support::pullcreds;

/// `check` with a policy that has this below `spec`.
#[track_caller]
fn check_with(spec: &str, stream: &str) -> Value {
    let (_folder, run) = run_with(spec, &["check", "--format", "json"], stream);
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    run.json()
}

fn run_with(spec: &str, args: &[&str], stream: &str) -> (TempDir, support::Outcome) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let policy = folder.path().join("policy.yaml");
    let text = format!(
        "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {{name: p}}\nspec:\n  namespace: \
         shop\n{spec}"
    );
    #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
    std::fs::write(&policy, text).expect("the temporary folder can be written");
    let run = pullcreds(args.iter().copied()).arg("--policy").arg(policy).stdin(stream).run();
    (folder, run)
}

#[track_caller]
fn check(stream: &str) -> Value {
    check_with("", stream)
}

/// The messages of the findings with this code.
fn messages(report: &Value, code: &str) -> Vec<String> {
    let findings = report["findings"].as_array().into_iter().flatten();
    let found = findings.filter(|finding| finding["code"] == code);
    found.map(|finding| finding["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A pod with these images and pull secrets.
fn pod(images: &[&str], secrets: &[&str]) -> String {
    let mut text =
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n".to_owned();
    for (at, image) in images.iter().enumerate() {
        let _ = writeln!(text, "  - {{name: c{at}, image: '{image}'}}");
    }
    if !secrets.is_empty() {
        text.push_str("  imagePullSecrets:\n");
    }
    for secret in secrets {
        let _ = writeln!(text, "  - name: {secret}");
    }
    text
}

fn secret(name: &str, auths: &Value) -> String {
    let payload = json!({ "auths": auths }).to_string().replace('\'', "''");
    format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ntype: kubernetes.io/dockerconfigjson\nstringData: \
         {{.dockerconfigjson: '{payload}'}}\n"
    )
}

const PASSWORD: &str = "hunter2hunter2";

fn login(password: &str) -> Value {
    json!({"username": "robot", "password": password})
}

const UNNEEDED: &str = "unneeded-pull-secret";
const SPOILT: &str = "bad-credentials-for-public-image";

#[test]
fn a_secret_for_other_registries_is_not_needed() {
    let stream = pod(&["ghcr.io/acme/api:v1"], &["hub", "ghcr"])
        + &secret("hub", &json!({"https://index.docker.io/v1/": login(PASSWORD)}))
        + &secret("ghcr", &json!({"ghcr.io": login(PASSWORD)}));
    assert_eq!(
        messages(&check(&stream), UNNEEDED),
        ["Pod 'p' has the pull secret 'hub', and none of its images needs it."]
    );
    // A pod of the same stream that needs it has it for a reason.
    let both = pod(&["ghcr.io/acme/api:v1", "nginx"], &["hub", "ghcr"])
        + &secret("hub", &json!({"https://index.docker.io/v1/": login(PASSWORD)}))
        + &secret("ghcr", &json!({"ghcr.io": login(PASSWORD)}));
    assert_eq!(messages(&check(&both), UNNEEDED), [""; 0]);
}

#[test]
fn a_key_that_was_meant_for_a_public_image_is_told() {
    let stream = pod(&["nginx"], &["hub"])
        + &secret("hub", &json!({"https://index.docker.io/v1": login(PASSWORD)}));
    assert_eq!(
        messages(&check(&stream), UNNEEDED),
        ["Pod 'p' has the pull secret 'hub', and none of its images needs it (the key is \
          `https://index.docker.io/v1`; the kubelet needs the trailing slash)."]
    );
}

#[test]
fn what_the_policy_says_of_a_secret_decides_where_nobody_can_look() {
    let cluster = |registry: &str| {
        format!(
            "  cluster:\n    secrets: [{{namespace: shop, name: regcred, registries: [{registry}], rotatedAt: \
             2026-10-01}}]\n"
        )
    };
    let produced = "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: regcred}\nspec: \
                    {refreshInterval: 1h, target: {template: {type: kubernetes.io/dockerconfigjson}}}\n";
    let pod = pod(&["ghcr.io/acme/api:v1"], &["regcred"]);
    for stream in [pod.clone(), pod.clone() + produced] {
        let report = check_with(&cluster("docker.io"), &stream);
        assert_eq!(messages(&report, UNNEEDED).len(), 1, "{stream}");
        let report = check_with(&cluster("ghcr.io"), &stream);
        assert_eq!(messages(&report, UNNEEDED), [""; 0], "{stream}");
        assert_eq!(messages(&check(&stream), UNNEEDED), [""; 0], "{stream}");
    }
}

#[test]
fn secrets_that_the_policy_wants_there_are_needed() {
    let stream =
        pod(&["nginx"], &["hub"]) + &secret("hub", &json!({"r.example.com": login(PASSWORD)}));
    assert_eq!(messages(&check(&stream), UNNEEDED).len(), 1);
    let registries = "  registries:\n  - {match: docker.io, access: public, pullSecrets: [hub]}\n";
    assert_eq!(messages(&check_with(registries, &stream), UNNEEDED), [""; 0]);
    let run = pullcreds(["--inject", "*=hub", "--report", "json"]).stdin(stream).run().expect(0);
    assert!(!run.err().contains(UNNEEDED), "{run}");
    // A secret against rate limits is for an image.
    let hub = secret("hub", &json!({"https://index.docker.io/v1/": login(PASSWORD)}));
    assert_eq!(messages(&check(&(pod(&["nginx"], &["hub"]) + &hub)), UNNEEDED), [""; 0]);
}

#[test]
fn a_secret_of_a_service_account_is_needed_if_one_of_its_pods_needs_it() {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets:\n- name: \
                   ghcr\n- name: hub\n";
    let secrets = secret("ghcr", &json!({"ghcr.io": login(PASSWORD)}))
        + &secret("hub", &json!({"https://index.docker.io/v1/": login(PASSWORD)}));
    let ghcr = pod(&["ghcr.io/acme/api:v1"], &[]);
    let report = check(&format!("{account}{secrets}{ghcr}"));
    assert_eq!(
        messages(&report, UNNEEDED),
        [
            "ServiceAccount 'default' names the pull secret 'hub', and none of the images of its pods needs it."
        ]
    );
    let hub = pod(&["nginx"], &[]).replace("name: p}", "name: q}");
    assert_eq!(messages(&check(&format!("{account}{secrets}{ghcr}{hub}")), UNNEEDED), [""; 0]);
    // Nothing is known of the pods of an account that no pod of the stream uses.
    assert_eq!(messages(&check(&format!("{account}{secrets}")), UNNEEDED), [""; 0]);
}

/// A token of GitHub Actions, which ends with its job.
fn workflow_token() -> String {
    format!("ghs{}{}", '_', "0123456789abcdefghijABCDEFGHIJ012345")
}

/// Without this, the pull secrets would show that the images are private.
const PUBLIC: &str = "  registries: [{match: ghcr.io, access: public}]\n";

#[test]
fn credentials_that_do_not_work_spoil_a_public_image() {
    let image = "ghcr.io/acme/public:v1";
    for (what, entry) in [
        (
            "is a token that lives hours, in a Secret that nothing refreshes",
            login(&workflow_token()),
        ),
        ("has a line break in its user name or password", login("hunter2hunter2\n")),
    ] {
        let stream = pod(&[image], &["ghcr"]) + &secret("ghcr", &json!({"ghcr.io": entry}));
        let expected = format!(
            "Pod 'p' pulls the public image '{image}' with credentials that do not work: the entry 'ghcr.io' of Secret \
             'ghcr' {what}."
        );
        assert_eq!(messages(&check_with(PUBLIC, &stream), SPOILT), [expected], "{entry}");
    }
}

#[test]
fn one_entry_that_works_is_enough_for_a_public_image() {
    let image = "ghcr.io/acme/public:v1";
    let bad = login(&workflow_token());
    let spoilt = |secrets: &[&str], auths: &[(&str, Value)]| {
        let secrets_text: String = auths.iter().map(|(name, auths)| secret(name, auths)).collect();
        let stream = pod(&[image], secrets) + &secrets_text;
        !messages(&check_with(PUBLIC, &stream), SPOILT).is_empty()
    };
    let stale = || ("stale", json!({"ghcr.io": bad.clone()}));
    assert!(spoilt(&["stale"], &[stale()]));
    assert!(!spoilt(&["stale", "good"], &[stale(), ("good", json!({"ghcr.io": login(PASSWORD)}))]));
    // Without a user name or a password the pull is anonymous, which a public image is made for.
    for nothing in [json!({}), json!({"username": "robot"}), json!({"auth": "cm9ib3Q6AA=="})] {
        let empty = || ("empty", json!({"ghcr.io": nothing}));
        assert!(!spoilt(&["stale", "empty"], &[stale(), empty()]));
        assert!(!spoilt(&["empty"], &[empty()]));
    }
    assert!(!spoilt(&["other"], &[("other", json!({"docker.io": bad.clone()}))]));
}

#[test]
fn nodes_with_an_identity_have_more_to_try() {
    let stream = pod(&["gcr.io/distroless/static:latest"], &["gcr"])
        + &secret(
            "gcr",
            &json!({"gcr.io": login(&format!("ya29{}{}", '.', "0123456789abcdefghij"))}),
        );
    assert_eq!(messages(&check(&stream), SPOILT).len(), 1);
    assert_eq!(
        messages(&check_with("  cluster: {credentialProviders: [gke]}\n", &stream), SPOILT),
        [""; 0]
    );
}

fn static_pod(images: &[&str], secrets: &[&str]) -> String {
    let annotations = "{name: p, annotations: {kubernetes.io/config.source: file}}";
    pod(images, secrets).replace("{name: p}", annotations)
}

#[test]
fn a_static_pod_can_use_no_secret() {
    let secret = secret("regcred", &json!({"acme.azurecr.io": login(PASSWORD)}));
    let report = check(&(static_pod(&["acme.azurecr.io/proxy:v1"], &["regcred"]) + &secret));
    assert_eq!(report["images"][0]["verdict"], "mismatched");
    assert_eq!(
        messages(&report, "static-pod-pull-secret"),
        ["Pod 'p' is a static pod, and names pull secrets."]
    );
    assert_eq!(messages(&report, UNNEEDED), [""; 0]);

    // The list of a ServiceAccount is nothing to it.
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets: [{name: \
                   regcred}]\n";
    let report = check(&(static_pod(&["acme.azurecr.io/proxy:v1"], &[]) + account + &secret));
    assert_eq!(report["images"][0]["verdict"], "missing");
    assert_eq!(report["images"][0]["pullSecretsFrom"], "none");
    assert_eq!(messages(&report, "static-pod-pull-secret"), [""; 0]);

    let mirror = static_pod(&["registry.k8s.io/kube-proxy:v1.35.0"], &["regcred"]);
    let mirror = mirror.replace("config.source: file", "config.mirror: abc");
    assert_eq!(messages(&check(&mirror), "static-pod-pull-secret").len(), 1);
}

#[test]
fn what_a_static_pod_needs_is_refused_and_what_it_can_do_without_is_skipped() {
    let needs = static_pod(&["acme.azurecr.io/proxy:v1"], &[]);
    for into in ["auto", "pod", "service-account"] {
        let args = ["--inject", "acme.azurecr.io=regcred", "--into", into];
        let run = pullcreds(args).stdin(needs.as_str()).run().expect(1);
        assert!(run.stdout.is_empty(), "{run}");
        let expected = "Pod 'p' cannot get the pull secret 'regcred': it is a static pod, which cannot use Secrets.";
        assert!(run.err().contains(expected), "{run}");
    }
    let run = pullcreds(["--inject", "*=regcred"]).stdin(needs.as_str()).run().expect(0);
    assert_eq!(run.out(), needs);
    let expected = "Pod 'p' is a static pod, which cannot use Secrets; nothing was injected.";
    assert!(run.err().contains("injection-skipped") && run.err().contains(expected), "{run}");

    let registries = "  registries:\n  - {match: acme.azurecr.io, access: private, pullSecrets: [regcred], iam: true}\n";
    let (_folder, run) = run_with(registries, &[], &needs);
    assert_eq!(run.out(), needs);
    assert!(run.err().contains("injection-skipped"), "{run}");
}

/// The verdicts of the images of a report, in order.
fn verdicts(report: &Value) -> Vec<&str> {
    let images = report["images"].as_array().into_iter().flatten();
    images.map(|image| image["verdict"].as_str().unwrap_or_default()).collect()
}

const TEAMS: &str = "  registries:\n  - {match: ghcr.io, access: public}\n  - {match: ghcr.io/acme, access: private, \
                     pullSecrets: [ghcr-acme]}\n  - {match: ghcr.io/acme/shop, access: private, pullSecrets: [ghcr-shop, \
                     ghcr-acme]}\n";

#[test]
fn a_part_of_a_host_is_private_and_the_rest_is_not() {
    let images = ["ghcr.io/acme/api:v1", "ghcr.io/acme-evil/api:v1", "ghcr.io/other/tool:v1"];
    let report = check_with(TEAMS, &pod(&images, &["ghcr-acme"]));
    assert_eq!(verdicts(&report), ["declared", "public", "public"]);
    assert_eq!(report["summary"]["privateImages"], 1);
}

#[test]
fn each_part_of_a_host_brings_its_own_secrets() {
    let added = |image: &str| {
        let (_folder, run) = run_with(TEAMS, &["--report", "json"], &pod(&[image], &[]));
        let report: Value = serde_json::from_slice(&run.stderr).unwrap();
        report["edits"][0]["added"].clone()
    };
    assert_eq!(added("ghcr.io/acme/api:v1"), json!(["ghcr-acme"]));
    assert_eq!(added("ghcr.io/acme/shop/api:v1"), json!(["ghcr-shop", "ghcr-acme"]));
    assert_eq!(added("ghcr.io/other/tool:v1"), Value::Null);
}

#[test]
fn of_several_secrets_for_a_host_the_one_that_matches_covers() {
    let secrets = secret("a", &json!({"ghcr.io/acme": login(PASSWORD)}))
        + &secret("b", &json!({"ghcr.io/other": login(PASSWORD)}));
    let images = ["ghcr.io/acme/api:v1", "ghcr.io/other/api:v1", "ghcr.io/third/api:v1"];
    let stream = pod(&images, &["a", "b"]) + &secrets;
    let report = check_with("  registries: [{match: ghcr.io, access: private}]\n", &stream);
    assert_eq!(verdicts(&report), ["covered", "covered", "mismatched"]);
    assert_eq!(report["images"][0]["secret"], "a");
    assert_eq!(report["images"][1]["secret"], "b");
}

/// Container runtimes ask a mirror instead of the registry, and the kubelet looks for credentials of the registry
/// that the image names all the same.
#[test]
fn credentials_of_a_mirror_are_for_images_that_name_the_mirror() {
    let secret = secret("mirror", &json!({"mirror.example.com": login(PASSWORD)}));
    let images = ["docker.io/acme/api:v1", "mirror.example.com/acme/api:v1"];
    let spec = "  registries: [{match: docker.io, access: private}]\n";
    let report = check_with(spec, &(pod(&images, &["mirror"]) + &secret));
    assert_eq!(verdicts(&report), ["mismatched", "covered"]);
}
