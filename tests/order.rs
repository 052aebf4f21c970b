//! The program on pods that Helm or Argo CD starts before their pull secret or ServiceAccount exists, and on
//! those that have the order right.
#[path = "support/support.rs"]
mod support;

use serde_json::Value;

use support::pullcreds;

/// What `check` says about the order of a stream: code, severity and message of each such finding.
#[track_caller]
fn said(stream: &str) -> Vec<(String, String, String)> {
    let run = pullcreds(["check", "--format", "json", "--namespace", "shop"]).stdin(stream).run();
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    let report = run.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().into_iter().flatten();
    let findings = findings
        .map(|finding| ["code", "severity", "message"].map(|field| text(&finding[field])))
        .filter(|[code, ..]| code.ends_with("-created-later") || code.ends_with("-deleted-early"));
    findings.map(|[code, severity, message]| (code, severity, message)).collect()
}

#[track_caller]
fn says_nothing(stream: &str) {
    assert_eq!(said(stream), [], "{stream}");
}

/// The one finding about the order.
#[track_caller]
fn says(stream: &str, code: &str, severity: &str, message: &str) {
    let said = said(stream);
    let expected = (code.to_owned(), severity.to_owned(), message.to_owned());
    assert_eq!(said, [expected], "{stream}");
}

/// An object that runs a private image with the pull secret `regcred`.
fn workload(kind: &str, name: &str, annotations: &str) -> String {
    let group = if kind == "Job" { "batch" } else { "apps" };
    format!(
        "---\napiVersion: {group}/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations: {{{annotations}}}\n\
         spec:\n  template:\n    spec:\n      imagePullSecrets: [{{name: regcred}}]\n      containers:\n      \
         - {{name: c, image: myregistry.azurecr.io/api:v1}}\n"
    )
}

fn job(annotations: &str) -> String {
    workload("Job", "migrate", annotations)
}

/// The Secret, with a password for the registry of the image.
fn secret(annotations: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: regcred\n  annotations: {{{annotations}}}\ntype: \
         kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: \
         '{{\"auths\":{{\"myregistry.azurecr.io\":{{\"username\":\"u\",\"password\":\"hunter2hunter2\"}}}}}}'\n"
    )
}

fn external_secret(annotations: &str) -> String {
    format!(
        "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: regcred\n  annotations: \
         {{{annotations}}}\nspec:\n  target: {{template: {{type: kubernetes.io/dockerconfigjson}}}}\n"
    )
}

const PRE_INSTALL: &str = "helm.sh/hook: \"pre-install,pre-upgrade\"";
const EARLIER: &str = "helm.sh/hook: \"pre-install,pre-upgrade\", helm.sh/hook-weight: \"-5\"";

#[test]
fn a_pre_install_hook_needs_a_secret_that_is_a_hook_too() {
    says(
        &(job(PRE_INSTALL) + &secret("")),
        "pull-secret-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook the pull secret 'regcred', which does not exist yet: Helm \
         applies Secret 'regcred' with the regular manifests, after the hook.",
    );
    says_nothing(&(job(PRE_INSTALL) + &secret(EARLIER)));
    says(
        &(job(EARLIER) + &secret(PRE_INSTALL)),
        "pull-secret-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook the pull secret 'regcred', which does not exist yet: Helm runs \
         Secret 'regcred', of weight 0, after weight -5.",
    );
}

#[test]
fn what_makes_the_secret_needs_the_right_order_itself() {
    says(
        &(job(PRE_INSTALL) + &external_secret("")),
        "pull-secret-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook the pull secret 'regcred', which does not exist yet: Helm \
         applies ExternalSecret 'regcred' with the regular manifests, after the hook.",
    );
    says_nothing(&(job(PRE_INSTALL) + &external_secret(EARLIER)));
}

#[test]
fn of_hooks_of_equal_weight_the_name_decides() {
    let late = workload("Job", "migrate", PRE_INSTALL);
    says(
        &(late + &secret(PRE_INSTALL)),
        "pull-secret-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook the pull secret 'regcred', which does not exist yet: of hooks \
         of equal weight Helm runs Secret 'regcred' later, by the order of names.",
    );
    says_nothing(&(workload("Job", "setup", PRE_INSTALL) + &secret(PRE_INSTALL)));
}

#[test]
fn hooks_after_the_installation_find_what_the_release_has_brought() {
    for event in ["post-install", "post-upgrade", "test", "pre-delete"] {
        says_nothing(&(job(&format!("helm.sh/hook: {event}")) + &secret("")));
    }
    says(
        &(job("helm.sh/hook: pre-upgrade") + &secret("")),
        "pull-secret-created-later",
        "info",
        "Job 'migrate' needs as a pre-upgrade hook the pull secret 'regcred', which does not exist yet if this \
         release is the first to have it: Helm applies Secret 'regcred' with the regular manifests, after the hook \
         (and Argo CD runs the hook in the first sync too).",
    );
    says(
        &(job("helm.sh/hook: post-delete") + &secret("")),
        "pull-secret-deleted-early",
        "error",
        "Job 'migrate' needs as a post-delete hook the pull secret 'regcred', which is gone by then: Helm deletes \
         Secret 'regcred' with the release before.",
    );
    says_nothing(&(job("helm.sh/hook: post-delete") + &secret("helm.sh/resource-policy: keep")));
}

#[test]
fn a_secret_of_another_event_is_not_there() {
    says(
        &(job(PRE_INSTALL) + &secret("helm.sh/hook: pre-upgrade, helm.sh/hook-weight: \"-5\"")),
        "pull-secret-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook the pull secret 'regcred', which does not exist then: Secret \
         'regcred' is a hook of another event (pre-upgrade).",
    );
    says(
        &(workload("Deployment", "api", "") + &secret("helm.sh/hook: pre-instal")),
        "pull-secret-created-later",
        "error",
        "Deployment 'api' needs the pull secret 'regcred', which does not exist then: Helm drops Secret 'regcred', \
         since it does not know the event in its helm.sh/hook.",
    );
}

#[test]
fn a_hook_secret_that_is_deleted_is_no_use_to_the_release() {
    let deleted = format!("{EARLIER}, helm.sh/hook-delete-policy: hook-succeeded");
    says(
        &(workload("Deployment", "api", "") + &secret(&deleted)),
        "pull-secret-deleted-early",
        "error",
        "Deployment 'api' needs the pull secret 'regcred', which is gone by then: Secret 'regcred' is a hook \
         (pre-install,pre-upgrade) that is deleted as soon as it succeeds.",
    );
    says_nothing(&(job(PRE_INSTALL) + &secret(&deleted)));
    // With the default policy it stays.
    says_nothing(&(workload("Deployment", "api", "") + &secret(EARLIER)));
}

#[test]
fn how_much_it_matters_depends_on_what_waits() {
    let severity = |stream: &str| said(stream).first().map(|(_, severity, _)| severity.clone());
    let deployment = workload("Deployment", "api", PRE_INSTALL) + &secret("");
    assert_eq!(severity(&deployment).as_deref(), Some("info"));
    let late = workload("Deployment", "api", "") + &secret("helm.sh/hook: post-install");
    assert_eq!(severity(&late).as_deref(), Some("warning"));
}

#[test]
fn what_no_image_needs_may_come_late() {
    let public =
        job(PRE_INSTALL).replace("myregistry.azurecr.io/api:v1", "registry.k8s.io/pause:3.10");
    says_nothing(&(public + &secret("")));
    // Another secret that is there covers the image.
    let two = job(PRE_INSTALL).replace("{name: regcred}", "{name: regcred}, {name: early}");
    let early = secret(EARLIER).replace("name: regcred", "name: early");
    says_nothing(&(two + &secret("") + &early));
    // A Secret of the cluster is there already.
    says_nothing(&job(PRE_INSTALL));
}

#[test]
fn what_the_policy_declares_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let text = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  \
                cluster:\n    secrets: [{namespace: shop, name: regcred, rotatedAt: 2026-01-01}]\n    \
                serviceAccounts: [{namespace: shop, name: app}]\n";
    #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
    std::fs::write(&policy, text).unwrap();
    let stream = service_account_job(PRE_INSTALL) + &service_account("") + &secret("");
    let run =
        pullcreds(["check", "--format", "json", "--namespace", "shop", "--policy"]).arg(policy);
    let report = run.stdin(stream.as_str()).run().json().to_string();
    assert!(!report.contains("-created-later"), "{report}");
    assert_eq!(said(&stream).len(), 2);
}

fn service_account(annotations: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations: {{{annotations}}}\n"
    )
}

fn service_account_job(annotations: &str) -> String {
    job(annotations).replace("    spec:\n", "    spec:\n      serviceAccountName: app\n")
}

#[test]
fn a_service_account_has_to_be_there_before_its_pod() {
    says(
        &(service_account_job(PRE_INSTALL) + &service_account("")),
        "service-account-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook ServiceAccount 'app', which does not exist yet: Helm applies \
         ServiceAccount 'app' with the regular manifests, after the hook.",
    );
    says_nothing(&(service_account_job(PRE_INSTALL) + &service_account(EARLIER)));
    // A second copy for the hook.
    says_nothing(
        &(service_account_job(PRE_INSTALL) + &service_account(EARLIER) + &service_account("")),
    );
    says(
        &(service_account_job("helm.sh/hook: post-delete") + &service_account("")),
        "service-account-deleted-early",
        "error",
        "Job 'migrate' needs as a post-delete hook ServiceAccount 'app', which is gone by then: Helm deletes \
         ServiceAccount 'app' with the release before.",
    );
}

#[test]
fn the_default_service_account_is_there_but_perhaps_not_its_list() {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n";
    says_nothing(&(job(PRE_INSTALL) + account + &secret(EARLIER)));
    let list = "imagePullSecrets: [{name: regcred}]\n";
    let own = "      imagePullSecrets: [{name: regcred}]\n";
    says(
        &(job(PRE_INSTALL).replace(own, "") + account + list + &secret(EARLIER)),
        "service-account-created-later",
        "error",
        "Job 'migrate' needs as a pre-install hook what ServiceAccount 'default' is to name, which does not exist yet: Helm \
         applies ServiceAccount 'default' with the regular manifests, after the hook.",
    );
}

const PRE_SYNC: &str = "argocd.argoproj.io/hook: PreSync";

#[test]
fn argo_cd_waits_for_a_wave_before_the_next() {
    says(
        &(job(PRE_SYNC) + &secret("")),
        "pull-secret-created-later",
        "error",
        "Job 'migrate' needs in phase PreSync, wave 0, the pull secret 'regcred', which does not exist yet: Argo CD \
         applies Secret 'regcred' in a later phase or wave, when all before it is healthy.",
    );
    let wave = |wave: i32| format!("argocd.argoproj.io/sync-wave: \"{wave}\"");
    says_nothing(&(job(PRE_SYNC) + &secret(&format!("{PRE_SYNC}, {}", wave(-1)))));
    says_nothing(&(job(PRE_SYNC) + &secret(PRE_SYNC)));
    says_nothing(&(workload("Deployment", "api", &wave(1)) + &external_secret("")));
    says_nothing(&(job("argocd.argoproj.io/hook: PostSync") + &secret(&wave(9))));
    says(
        &(workload("Deployment", "api", "") + &external_secret(&wave(1))),
        "pull-secret-created-later",
        "error",
        "Deployment 'api' needs in phase Sync, wave 0, the pull secret 'regcred', which does not exist yet: Argo CD \
         applies ExternalSecret 'regcred' in a later phase or wave, when all before it is healthy.",
    );
}

#[test]
fn argo_cd_maps_the_hooks_of_helm() {
    let wave = "argocd.argoproj.io/sync-wave: \"-1\"";
    says_nothing(&(job(PRE_INSTALL) + &secret(&format!("{PRE_SYNC}, {wave}"))));
    let said = said(&(job(PRE_INSTALL) + &secret(wave)));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].2.contains("in phase PreSync, wave 0"), "{said:?}");
}

#[test]
fn a_stream_without_an_order_has_none() {
    says_nothing(&(workload("Deployment", "api", "") + &secret("")));
    says_nothing(&(secret("") + &job("")));
}

#[test]
fn the_remedy_has_the_real_names() {
    let run = pullcreds(["check"]).stdin(job(EARLIER) + &secret("")).run().expect(1);
    for line in [
        "help: make Secret 'regcred' a hook that runs before:",
        "helm.sh/hook: pre-install,pre-upgrade",
        "helm.sh/hook-weight: \"-10\"",
        "'regcred' is there",
    ] {
        assert!(run.out().contains(line), "{run}");
    }
    assert!(!run.out().contains("hunter2hunter2"), "{run}");
}
