//! The program as a KRM function, without an orchestrator: its input, its output, and its exit code.
//!
//! kpt cannot be installed everywhere; what it asks of a function is held here against lists as it sends them
//! (`kpt fn source DIR | pullcreds`, `kpt fn eval`, `kpt fn render`).
#![allow(clippy::disallowed_methods, reason = "a test makes its own files")]

#[path = "support/support.rs"]
mod support;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use support::{Outcome, PULLCREDS, pullcreds};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

/// A pod, as kpt sends it.
const POD: &str = "\
- # the pod
  apiVersion: v1   # core
  kind: Pod
  metadata:
    name: web
    namespace: shop
    annotations:
      internal.config.kubernetes.io/index: '3'
      internal.config.kubernetes.io/path: 'apps/web.yaml'
      config.k8s.io/id: '7'
      internal.config.kubernetes.io/id: '7'
  spec: {containers: [{name: web, image: myregistry.azurecr.io/web:v1}]}  # flow
";

fn list(items: &str, rest: &str) -> String {
    format!("{HEAD}{items}{rest}")
}

/// A functionConfig of the own kind.
fn policy(spec: &str) -> String {
    format!(
        "functionConfig:\n  apiVersion: pullcreds.dev/v1alpha1\n  kind: PullCredentialPolicy\n  metadata:\n    \
         name: production\n    annotations:\n      config.kubernetes.io/local-config: 'true'\n  spec:\n{spec}"
    )
}

const INJECT: &str =
    "    registries:\n    - match: myregistry.azurecr.io\n      pullSecrets: [regcred]\n";

fn run(args: &[&str], stdin: &str) -> Outcome {
    pullcreds(args).stdin(stdin).run()
}

/// The results of a list that goes out, and the list without them.
#[track_caller]
fn parts(outcome: &Outcome) -> (Vec<&str>, &str) {
    let (list, results) = outcome.out().split_once("results:\n").unwrap_or((outcome.out(), ""));
    let codes = results.lines().filter_map(|line| line.trim().strip_prefix("code: "));
    (codes.collect(), list)
}

#[test]
fn a_list_that_needs_nothing_is_not_touched() {
    let pod = POD.replace("myregistry.azurecr.io", "registry.k8s.io");
    for text in [
        list(&pod, ""),
        list(&pod, &policy(INJECT)),
        format!("\u{feff}# c\n---\n{}---\n", list(&pod, "")).replace('\n', "\r\n"),
        format!(
            "{HEAD}- null\n- a: 1\n- kind: List\n  apiVersion: v1\n- apiVersion: v1\n  kind: PodList\n"
        ),
        "{\"kind\":\"ResourceList\",\"apiVersion\":\"config.kubernetes.io/v1beta1\",\"items\":[]}"
            .to_owned(),
    ] {
        for args in [&[][..], &["krm"]] {
            let outcome = run(args, &text).expect(0);
            assert_eq!(outcome.out(), text);
        }
    }
}

#[test]
fn what_is_injected_is_all_that_changes_and_results_come_last() {
    let text = list(POD, &policy(INJECT));
    let outcome = run(&[], &text).expect(0);
    let (codes, rest) = parts(&outcome);
    let injected =
        text.replace("spec: {containers", "spec: {imagePullSecrets: [{name: regcred}], containers");
    assert_eq!(rest, injected);
    assert_eq!(
        codes,
        ["rotation-unknown", "injected-into-immutable", "may-hide-service-account-secrets"]
    );
    let again = run(&["krm"], rest).expect(0);
    assert_eq!(parts(&again).1, rest);
}

#[test]
fn a_result_names_resource_field_and_file() {
    let outcome = run(&["--quiet"], &list(POD, "")).expect(0);
    let (_, results) = outcome.out().split_once("results:\n").expect("results");
    let first = results.split("\n- ").next().expect("a result");
    assert_eq!(
        first,
        "- message: \"Pod 'web' references private image 'myregistry.azurecr.io/web:v1' but does not specify \
         ImagePullSecrets. Its ServiceAccount 'default' is not in the input, and nothing declares it.\"
  severity: error
  resourceRef:
    apiVersion: v1
    kind: Pod
    name: web
    namespace: shop
  field:
    path: spec.containers[0].image
    currentValue: \"myregistry.azurecr.io/web:v1\"
  file:
    path: apps/web.yaml
    index: 3
  tags:
    code: unknown-pull-secret
    image: \"myregistry.azurecr.io/web:v1\"\n"
    );
    assert_eq!(outcome.err(), "");
}

#[test]
fn results_are_sorted_by_file_then_by_severity() {
    let other = POD.replace("apps/web", "apps/a").replace("name: web\n", "name: other\n");
    let pathless = POD.replace("internal.config.kubernetes.io/path: 'apps/web.yaml'", "a: b");
    let secret = "- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  stringData: {a: ghp_0123456789abcdefghij}\n";
    let items = format!("{POD}{other}{pathless}{secret}");
    let outcome = run(&["--inject", "quay.io=a"], &list(&items, "")).expect(0);
    let (_, results) = outcome.out().split_once("results:\n").expect("results");
    let found = results.split("- message").skip(1).map(|result| {
        let after = |key| result.split_once(key).map_or("", |(_, rest)| rest);
        let word = |key| after(key).lines().next().unwrap_or_default();
        let ranks = ["error", "warning", "info"];
        (word("path: apps/"), ranks.iter().position(|rank| *rank == word("severity: ")))
    });
    let found: Vec<_> = found.collect();
    assert!(found.is_sorted(), "{found:?}");
    let files: std::collections::BTreeSet<_> = found.iter().map(|(file, _)| *file).collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["", "a.yaml", "web.yaml"]);
}

#[test]
fn a_violation_gives_the_whole_list_as_it_came_and_fails() {
    let other = POD
        .replace("name: web\n", "name: other\n")
        .replace("myregistry.azurecr.io", "quay.io/x/y@bad");
    let text = list(&format!("{POD}{other}"), &policy(&format!("    failOn: error\n{INJECT}")));
    let outcome = run(&[], &text).expect(1);
    let (codes, rest) = parts(&outcome);
    assert_eq!(rest, text, "nothing is injected when the run fails");
    assert!(codes.contains(&"invalid-image-reference"), "{codes:?}");
    assert_eq!(outcome.err().matches("error[invalid-image-reference]").count(), 1);
}

#[test]
fn a_refusal_fails_whatever_the_threshold() {
    let pod = POD.replace("spec: {containers", "spec: {imagePullSecrets: [a], containers");
    let outcome = run(&[], &list(&pod, &policy(INJECT))).expect(1);
    assert!(parts(&outcome).0.contains(&"injection-refused"));
    assert_eq!(parts(&outcome).1, list(&pod, &policy(INJECT)));
}

#[test]
fn findings_do_not_fail_a_function_unless_it_is_told_so() {
    run(&[], &list(POD, "")).expect(0);
    run(&["--fail-on", "error"], &list(POD, "")).expect(1);
    run(&["--fail-on", "never"], &list(POD, &policy("    failOn: error\n"))).expect(0);
    let variable = pullcreds(["krm"]).env("PULLCREDS_FAIL_ON", "never");
    variable.stdin(list(POD, &policy("    failOn: error\n"))).run().expect(0);
}

#[test]
fn old_results_are_replaced_by_new_ones() {
    let text = list(POD, "results:\n- message: old\n  severity: error\n");
    let outcome = run(&[], &text).expect(0);
    assert!(!outcome.out().contains("message: old"));
    assert_eq!(outcome.out().matches("results:").count(), 1);
    assert_eq!(run(&[], outcome.out()).expect(0).out(), outcome.out());
}

#[test]
fn every_mistake_in_the_policy_is_told_with_its_place() {
    let text =
        list(POD, &policy("    registrys: []\n    failOn: eror\n    inject: {into: pods}\n"));
    let outcome = run(&[], &text).expect(2);
    let line = |word: &str| text.lines().position(|line| line.contains(word)).expect("a line") + 1;
    for (word, path) in
        [("registrys", "spec.registrys"), ("eror", "spec.failOn"), ("pods", "spec.inject.into")]
    {
        assert!(outcome.err().contains(&format!("<stdin>:{}:", line(word))), "{word}: {outcome}");
        assert!(outcome.err().contains(&format!("functionConfig: {path}")), "{path}: {outcome}");
        assert!(outcome.out().contains(&format!("path: {path}\n")), "{path}: {outcome}");
    }
    let (_, rest) = parts(&outcome);
    assert_eq!(rest, text, "the list is complete");
}

#[test]
fn another_kind_or_version_is_refused() {
    for (from, to) in [("PullCredentialPolicy", "PullCreds"), ("v1alpha1", "v9")] {
        let outcome = run(&[], &list(POD, &policy(INJECT).replace(from, to))).expect(2);
        assert!(outcome.err().contains(to), "{outcome}");
    }
}

#[test]
fn a_password_in_the_policy_is_not_repeated() {
    let secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let text = list(POD, &policy(&format!("    password: {secret}\n    exceptions: [{secret}]\n")));
    let outcome = run(&[], &text).expect(2);
    assert!(!outcome.err().contains(secret), "{outcome}");
    let (_, results) = outcome.out().split_once("results:\n").expect("results");
    assert!(!results.contains(secret), "{results}");
}

fn config_map(data: &str) -> String {
    format!(
        "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: function-input}}\n  data:\n{data}"
    )
}

#[test]
fn a_config_map_holds_flags_or_a_policy() {
    let injected = "imagePullSecrets: [{name: regcred}]";
    let policy = "apiVersion: pullcreds.dev/v1alpha1\\nkind: PullCredentialPolicy\\nspec: {registries: \
                  [{match: myregistry.azurecr.io, pullSecrets: [regcred]}]}\\n";
    let literal = policy.replace("\\n", "\n      ");
    for data in [
        "    inject: myregistry.azurecr.io=regcred\n    into: pod\n".to_owned(),
        "    inject: |\n      myregistry.azurecr.io=regcred\n      ghcr.io=other\n    quiet: \"true\"\n".to_owned(),
        format!("    policy: |\n      {literal}\n"),
        format!("    policy: \"{policy}\"\n"),
        format!("    policy: \"---\\n{policy}\"\n"),
    ] {
        let outcome = run(&[], &list(POD, &config_map(&data))).expect(0);
        assert!(outcome.out().contains(injected), "{outcome}");
    }
    let unquoted = list(POD, &config_map("    assume-private: true\n    fail-on: error\n"));
    run(&[], &unquoted.replace("myregistry.azurecr.io", "registry.k8s.io")).expect(1);
}

#[test]
fn every_mistake_in_a_config_map_is_told_with_its_place() {
    let text = list(POD, &config_map("    failOn: error\n    into: pods\n    emit: some\n"));
    let outcome = run(&[], &text).expect(2);
    for key in ["failOn", "into", "emit"] {
        assert!(outcome.err().contains(&format!("functionConfig: data.{key}")), "{outcome}");
        assert!(outcome.out().contains(&format!("path: data.{key}\n")), "{outcome}");
    }
    let policy = "    policy: |\n      apiVersion: pullcreds.dev/v1alpha1\n      kind: PullCredentialPolicy\n      spec:\n        failOn: eror\n";
    let text = list(POD, &config_map(policy));
    let outcome = run(&[], &text).expect(2);
    let line = text.lines().position(|line| line.contains("eror")).expect("a line") + 1;
    assert!(outcome.err().contains(&format!("<stdin>:{line}:17: `eror`")), "{outcome}");
}

#[test]
fn flags_and_variables_win_over_the_function_config() {
    let text = list(POD, &policy(&format!("    inject: {{into: none}}\n{INJECT}")));
    assert!(!run(&[], &text).expect(0).out().contains("name: regcred}"));
    assert!(run(&["--into", "pod"], &text).expect(0).out().contains("name: regcred}"));
    let variable = pullcreds(["krm"]).env("PULLCREDS_INTO", "pod").stdin(text);
    assert!(variable.run().expect(0).out().contains("name: regcred}"));
    let flag = run(&["--into", "none"], &list(POD, &config_map("    inject: \"*=regcred\"\n")));
    assert!(!flag.expect(0).out().contains("name: regcred}"));
}

#[test]
fn a_policy_file_has_to_be_named() {
    let run = |args: &[&str], rest: &str| {
        let run = pullcreds(args).stdin(list(POD, rest));
        let file = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n  registries:\n  - \
                    {match: myregistry.azurecr.io, pullSecrets: [from-file]}\n";
        std::fs::write(run.home().join("pullcreds.yaml"), file).expect("a file can be written");
        run.run().expect(0)
    };
    assert!(!run(&[], "").out().contains("from-file"), "the working directory is not searched");
    let named = run(&["--policy", "pullcreds.yaml"], "");
    assert!(named.out().contains("from-file"));
    let both = run(&["--policy", "pullcreds.yaml"], &policy(INJECT));
    assert!(
        both.out().contains("from-file")
            && both.err().contains("note: the policy is pullcreds.yaml")
    );
    let named_only = run(&["--policy", "pullcreds.yaml"], &policy("    {}\n"));
    assert!(!named_only.err().contains("note:"), "{named_only}");
}

#[test]
fn with_emit_none_no_item_comes_back_and_nothing_is_injected() {
    let spec = format!("    emit: none\n    failOn: error\n{INJECT}");
    let outcome = run(&["--into", "pod"], &list(POD, &policy(&spec))).expect(1);
    assert_eq!(parts(&outcome).1, list(POD, &policy(&spec)), "on failure the list is complete");
    let public = POD.replace("myregistry.azurecr.io", "registry.k8s.io");
    let outcome = run(&[], &list(&public, &policy(&spec))).expect(0);
    let head = HEAD.replace("items:\n", "items: []");
    assert_eq!(outcome.out(), format!("{head}  # flow\n{}", policy(&spec)));
    let outcome = run(&[], &list(&public, &config_map("    emit: none\n"))).expect(0);
    assert!(outcome.out().contains("items: []"));
}

#[test]
fn a_function_without_resources_hands_back_what_it_got() {
    let config = policy(INJECT);
    let item = config.replace("functionConfig:\n  ", "- ");
    let text = list(&item, &config);
    assert_eq!(run(&["krm"], &text).expect(0).out(), text);
}

#[test]
fn what_is_no_list_is_an_error_of_the_command_and_a_stream_of_the_filter() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: ResourceList}\nspec: {}\n";
    let outcome = run(&["krm"], pod).expect(3);
    assert_eq!(outcome.out(), "");
    assert!(outcome.err().contains("not a ResourceList"), "{outcome}");
    assert_eq!(run(&["krm"], "").expect(3).out(), "");
    let two = format!("{}---\n{pod}", list(POD, ""));
    assert_eq!(run(&["krm"], &two).expect(3).out(), "");
    // Argo CD takes a ResourceList for a resource: a stream never becomes one.
    assert_eq!(run(&[], pod).expect(0).out(), pod);
    assert_eq!(run(&[], &two).expect(0).out(), two);
}

#[test]
fn a_list_that_cannot_be_read_gives_nothing() {
    for broken in ["items: {a: 1}\n", "functionConfig: x\n", "items: [\n", "items:\n- *a\n"] {
        let text = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n{broken}");
        for args in [&[][..], &["krm"]] {
            let outcome = run(args, &text).expect(3);
            assert_eq!(outcome.out(), "");
            assert!(outcome.err().contains("<stdin>:"), "{outcome}");
        }
    }
}

#[test]
fn the_payload_of_a_secret_is_in_no_result() {
    let secret = "- apiVersion: v1\n  kind: Secret\n  metadata: {name: regcred}\n  type: kubernetes.io/dockerconfigjson\n  \
                  stringData:\n    .dockerconfigjson: '{\"auths\":{\"ghcr.io\":{\"username\":\"u\",\"password\":\"hunter2-hunter2\"}}}'\n";
    let outcome = run(&[], &list(secret, "")).expect(0);
    let (codes, _) = parts(&outcome);
    assert!(codes.contains(&"hardcoded-credentials"));
    let (_, results) = outcome.out().split_once("results:\n").expect("results");
    assert!(!results.contains("hunter2") && !outcome.err().contains("hunter2"), "{outcome}");
}

/// A list of more bytes than a pipe holds.
fn long_list() -> String {
    let pods: Vec<_> =
        (0..2000).map(|at| POD.replace("name: web\n", &format!("name: web-{at}\n"))).collect();
    list(&pods.concat(), "")
}

#[test]
fn a_reader_that_goes_away_is_an_error() {
    let mut child = Command::new(PULLCREDS)
        .args(["krm", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(long_list().as_bytes()).expect("it reads everything");
    drop(stdin);
    stdout.read_exact(&mut [0; 10]).expect("it writes");
    drop(stdout);
    let outcome = child.wait_with_output().expect("it ends");
    assert_eq!(outcome.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&outcome.stderr).contains("cannot write to standard output"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let mut child = Command::new(PULLCREDS)
        .arg("krm")
        .stdin(Stdio::piped())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(list(POD, "").as_bytes()).expect("it reads");
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(4));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_nothing_written() {
    use std::os::unix::process::ExitStatusExt as _;
    let mut child = Command::new(PULLCREDS)
        .arg("krm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(list(POD, "").as_bytes()).expect("it reads");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let outcome = child.wait_with_output().expect("it ends");
    drop(stdin);
    assert_eq!(outcome.status.signal(), Some(15));
    assert!(outcome.stdout.is_empty());
}

// Names in the middle of a kustomize build.

/// An object as kustomize sends it: `build` are the internal annotations, without their prefix.
fn built(kind: &str, name: &str, build: &[(&str, &str)], rest: &str) -> String {
    let api_version = match kind {
        "Deployment" | "ReplicaSet" => "apps/v1",
        _ => "v1",
    };
    let annotation =
        |(key, value): &(_, _)| format!("      internal.config.kubernetes.io/{key}: {value}\n");
    let annotations: Vec<String> = build.iter().map(annotation).collect();
    let annotations = annotations.concat();
    format!(
        "- apiVersion: {api_version}\n  kind: {kind}\n  metadata:\n    annotations:\n{annotations}      \
         internal.config.kubernetes.io/id: '1'\n    name: {name}\n    namespace: shop\n{rest}"
    )
}

/// What kustomize notes about an object that it has given the prefix `p-`.
fn prefixed<'b>(kind: &'b str, former: &'b str) -> [(&'b str, &'b str); 4] {
    [
        ("prefixes", "p-"),
        ("previousKinds", kind),
        ("previousNames", former),
        ("previousNamespaces", "shop"),
    ]
}

const PAYLOAD: &str = "  type: kubernetes.io/dockerconfigjson\n  data:\n    .dockerconfigjson: \
                       eyJhdXRocyI6eyJteXJlZ2lzdHJ5LmF6dXJlY3IuaW8iOnsidXNlcm5hbWUiOiJ1IiwicGFzc3dvcmQiOiJub3QtcmVhbCJ9fX0=\n";

/// A Secret for the registry of [`POD`], called `p-regcred` for now and with a hash in the end.
fn generated() -> String {
    let mut build = prefixed("Secret", "regcred").to_vec();
    build.push(("needsHashSuffix", "enabled"));
    built("Secret", "p-regcred", &build, PAYLOAD)
}

fn workload(kind: &str, pod: &str) -> String {
    let spec = format!("containers: [{{name: web, image: myregistry.azurecr.io/web:v1}}]{pod}");
    let rest = match kind {
        "Pod" => format!("  spec: {{{spec}}}\n"),
        _ => format!("  spec: {{template: {{spec: {{{spec}}}}}}}\n"),
    };
    built(kind, "p-web", &prefixed(kind, "web"), &rest)
}

fn account(list: &str) -> String {
    built("ServiceAccount", "p-web", &prefixed("ServiceAccount", "web"), list)
}

/// The verdict of the only image, and the codes of the findings.
#[track_caller]
fn judged(items: &[&str]) -> (String, Vec<String>) {
    let outcome = run(&["--report", "json"], &list(&items.concat(), "")).expect(0);
    let report: serde_json::Value = serde_json::from_str(outcome.err()).expect("a report");
    let all = |list: &str, key: &str| {
        let values =
            report[list].as_array().expect("a list").iter().map(|value| value[key].as_str());
        values.map(|value| value.expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let mut codes = all("findings", "code");
    codes.retain(|code| !code.starts_with("rotation"));
    (all("images", "verdict").join(" "), codes)
}

#[test]
fn former_names_of_accounts_and_secrets_are_found() {
    let with = account("  imagePullSecrets: [{name: regcred}]\n");
    let pod = workload("Deployment", ", serviceAccountName: web");
    let (verdict, codes) = judged(&[&with, &pod, &generated()]);
    assert_eq!((&*verdict, codes), ("covered", vec!["hardcoded-credentials".to_owned()]));
    let (verdict, codes) = judged(&[&account(""), &pod]);
    assert_eq!((&*verdict, &*codes[0]), ("missing", "missing-pull-secret"));
    for name in ["regcred", "p-regcred"] {
        let pod = workload("Deployment", &format!(", imagePullSecrets: [{{name: {name}}}]"));
        assert_eq!(judged(&[&pod, &generated()]).0, "covered", "{name}");
    }
}

#[test]
fn a_name_that_was_never_that_of_a_secret_is_not_found() {
    let pod = workload("Pod", ", imagePullSecrets: [{name: regcred}]");
    let renamed = built("Secret", "p-regcred", &prefixed("ConfigMap", "regcred"), PAYLOAD);
    assert_eq!(judged(&[&pod, &renamed]).0, "declared", "it was something else by that name");
}

#[test]
fn the_default_account_is_not_the_one_that_was_called_default() {
    let renamed = built(
        "ServiceAccount",
        "p-default",
        &prefixed("ServiceAccount", "default"),
        "  imagePullSecrets: [{name: regcred}]\n",
    );
    assert_eq!(judged(&[&renamed, &workload("Pod", "")]).0, "unknown");
    let named = workload("Pod", ", serviceAccountName: default");
    assert_eq!(judged(&[&renamed, &named]).0, "declared");
}

#[test]
fn prefixes_tell_objects_of_one_former_name_apart() {
    let secret = |prefix: &str, payload: &str| {
        let name = format!("{prefix}regcred");
        let build =
            [("prefixes", prefix), ("previousKinds", "Secret"), ("previousNames", "regcred")];
        built("Secret", &name, &build, payload)
    };
    let empty = "  type: kubernetes.io/dockerconfigjson\n  data: {.dockerconfigjson: e30=}\n";
    let pod = workload("Pod", ", imagePullSecrets: [{name: regcred}]");
    let (own, other) = (secret("p-", PAYLOAD), secret("q-", empty));
    assert_eq!(judged(&[&pod, &own, &other]).0, "covered");
    assert_eq!(judged(&[&other, &own, &pod]).0, "covered");
    let swapped = (secret("p-", empty), secret("q-", PAYLOAD));
    assert_eq!(judged(&[&swapped.1, &swapped.0, &pod]).0, "mismatched");
}

#[test]
fn a_name_that_kustomize_leaves_alone_is_told() {
    let code = "reference-not-renamed".to_owned();
    let names = ", imagePullSecrets: [{name: regcred}]";
    let (verdict, codes) = judged(&[&workload("ReplicationController", names), &generated()]);
    assert_eq!(verdict, "declared");
    assert!(codes.contains(&code), "{codes:?}");
    let elsewhere = generated().replace("    namespace: shop\n", "");
    let (verdict, codes) = judged(&[&workload("Pod", names), &elsewhere]);
    assert_eq!(verdict, "declared");
    assert!(codes.contains(&code), "{codes:?}");
    let runs_as = workload("ReplicaSet", ", serviceAccountName: web");
    let deprecated = workload("Deployment", ", serviceAccount: web");
    for pod in [runs_as, deprecated] {
        let (verdict, codes) = judged(&[&account(""), &pod]);
        assert_eq!(verdict, "unknown");
        assert!(codes.contains(&code), "{codes:?}");
    }
    for fine in
        [workload("Pod", names), workload("ReplicationController", ", serviceAccountName: web")]
    {
        let (_, codes) = judged(&[&fine, &generated(), &account("")]);
        assert!(!codes.contains(&code), "{codes:?}");
    }
    let other = generated().replace("namespace: shop", "namespace: other");
    let (verdict, codes) = judged(&[&workload("Pod", names), &other]);
    assert_eq!(verdict, "mismatched");
    assert!(codes.contains(&"secret-in-other-namespace".to_owned()), "{codes:?}");
}

#[test]
fn a_secret_is_not_injected_under_its_other_name() {
    let inject = ["--inject", "myregistry.azurecr.io=regcred"];
    for pod in [
        workload("Pod", ", imagePullSecrets: [{name: p-regcred}]"),
        workload("Pod", ", serviceAccountName: web")
            + &account("  imagePullSecrets: [{name: p-regcred}]\n"),
    ] {
        let text = list(&(pod + &generated()), "");
        assert_eq!(parts(&run(&inject, &text).expect(0)).1, text);
    }
    let text = list(&(workload("Pod", "") + &generated()), "");
    assert!(run(&inject, &text).expect(0).out().contains("imagePullSecrets: [{name: regcred}]"));
}

#[test]
fn what_is_local_to_the_build_does_not_exist() {
    let local = |item: String| {
        item.replace(
            "    annotations:\n",
            "    annotations:\n      config.kubernetes.io/local-config: 'true'\n",
        )
    };
    let pod = workload("Pod", ", imagePullSecrets: [{name: regcred}], serviceAccountName: web");
    assert_eq!(judged(&[&local(pod.clone()), &generated()]).0, "");
    let (verdict, codes) = judged(&[&pod, &local(generated()), &local(account(""))]);
    assert_eq!((&*verdict, codes.len()), ("declared", 0), "{codes:?}");
    let kept = local(generated()).replace("'true'", "\"false\"");
    assert_eq!(judged(&[&pod, &kept]).0, "covered");
    // In a stream that is on its way to a cluster the annotation means nothing.
    let item = local(pod);
    let stream: Vec<_> = item.lines().map(|line| &line[2..]).collect();
    let stream = stream.join("\n").replace("imagePullSecrets", "x");
    let outcome = run(&["--fail-on", "error"], &stream).expect(1);
    assert!(outcome.err().contains("unknown-pull-secret"), "{outcome}");
}

// The exec plugin of kustomize: the policy in a file, a stream in and out.

/// Runs as kustomize runs a plugin: called by its kind, with the file of its configuration in front.
#[cfg(unix)]
fn plugin(config: &str, args: &[&str], stdin: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let program = folder.path().join("PullCredentialPolicy");
    std::os::unix::fs::symlink(PULLCREDS, &program).expect("a link can be made");
    let file = folder.path().join("kust-plugin-config-1");
    std::fs::write(&file, config).expect("a file can be written");
    support::Run::new(&program).arg(&file).args(args).stdin(stdin).run()
}

const PLUGIN: &str = "apiVersion: pullcreds.dev/v1alpha1\nargsOneLiner: --quiet\nkind: PullCredentialPolicy\nmetadata: \
                      {name: p, uid: x}\nspec:\n  registries:\n  - match: myregistry.azurecr.io\n    pullSecrets: [regcred]\n";

#[cfg(unix)]
#[test]
fn a_plugin_reads_its_policy_from_the_first_argument() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: myregistry.azurecr.io/web:v1\n";
    let outcome = plugin(PLUGIN, &["--quiet"], pod).expect(0);
    let injected = pod.replace("spec:\n", "spec:\n  imagePullSecrets:\n  - name: regcred\n");
    assert_eq!((outcome.out(), outcome.err()), (&*injected, ""));
    let failed = plugin(PLUGIN, &["--into", "none", "--fail-on", "error"], pod).expect(1);
    assert_eq!(failed.out(), "");
    assert!(failed.err().contains("unknown-pull-secret"), "{failed}");
    let none = PLUGIN.replace("spec:\n", "spec:\n  emit: none\n  failOn: never\n");
    assert_eq!(plugin(&none, &[], pod).expect(0).out(), "", "a validator hands nothing back");
}

#[cfg(unix)]
#[test]
fn mistakes_of_a_plugin_are_told_and_nothing_is_written() {
    let wrong = plugin(&PLUGIN.replace("registries", "registrys"), &[], "").expect(2);
    assert!(wrong.err().contains("<PullCredentialPolicy>:6:3: `registrys`"), "{wrong}");
    let command = plugin(PLUGIN, &["check"], "").expect(2);
    assert!(command.err().contains("argsOneLiner") && command.out().is_empty(), "{command}");
    let flag = plugin(PLUGIN, &["--no-such-flag"], "").expect(2);
    assert_eq!(flag.out(), "");
}

#[test]
fn a_script_may_stand_before_a_plugin_and_any_other_file_is_a_mistake() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("config");
    std::fs::write(&file, PLUGIN).expect("a file can be written");
    let called = || pullcreds([&file]);
    called().run().expect(2);
    called().env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", folder.path()).run().expect(0);
    called().env("KUSTOMIZE_PLUGIN_CONFIG_STRING", PLUGIN).run().expect(0);
    let relative = pullcreds(["config"]).env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", folder.path());
    relative.in_folder(folder.path()).run().expect(2);
}
