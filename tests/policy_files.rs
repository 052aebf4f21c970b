//! Which policy files the program finds, and which it does not look for.
#![allow(clippy::disallowed_methods, reason = "a test writes into its own folders")]

#[path = "support/support.rs"]
mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::pullcreds;
use tempfile::TempDir;

const POLICY: &str = "apiVersion: pullcreds.dev/v1alpha1
kind: PullCredentialPolicy
spec:
  registries:
  - {match: ghcr.io/acme, access: private, pullSecrets: [ghcr]}
";

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
  - {name: app, image: ghcr.io/acme/app:v1}
";

/// A folder `apps/shop` with a pod, below a folder that has a policy, below `root`.
fn tree(root: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let apps = folder.path().join("apps/shop");
    fs::create_dir_all(&apps).expect("the temporary folder can be written");
    fs::write(apps.join("pod.yaml"), POD).expect("the temporary folder can be written");
    fs::write(folder.path().join("apps/pullcreds.yaml"), POLICY)
        .expect("the temporary folder can be written");
    fs::create_dir_all(folder.path().join(root)).expect("the temporary folder can be written");
    folder
}

#[track_caller]
fn policy_files(folder: &Path, args: &[&str]) -> Value {
    let run = pullcreds(args.iter().copied()).in_folder(folder).stdin(POD).run();
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    run.json()["policyFiles"].clone()
}

#[test]
fn a_policy_above_is_found_up_to_the_root_of_the_repository() {
    let check = ["check", "--format", "json", "pod.yaml"];
    for (root, expected) in [
        (".git", json!(["../pullcreds.yaml"])),
        ("apps/.git", json!(["../pullcreds.yaml"])),
        // The policy is not in the repository.
        ("apps/shop/.git", Value::Null),
        // There is no repository.
        ("other", Value::Null),
    ] {
        let folder = tree(root);
        let found = policy_files(&folder.path().join("apps/shop"), &check);
        assert_eq!(found, expected, "{root}");
    }
}

#[test]
fn a_policy_above_is_named() {
    let folder = tree(".git");
    let run = pullcreds(["check", "pod.yaml"]).in_folder(folder.path().join("apps/shop")).run();
    let note = "note: the policy is ../pullcreds.yaml\n";
    assert!(run.expect(1).err().contains(note));
}

#[test]
fn one_in_the_folder_itself_wins() {
    let folder = tree(".git");
    let shop = folder.path().join("apps/shop");
    fs::write(shop.join(".pullcreds.yaml"), POLICY).expect("the temporary folder can be written");
    let found = policy_files(&shop, &["check", "--format", "json", "pod.yaml"]);
    assert_eq!(found, json!([".pullcreds.yaml"]));
}

#[test]
fn a_filter_uses_no_policy_above() {
    let folder = tree(".git");
    let run = pullcreds(["--report", "json"]).in_folder(folder.path().join("apps/shop")).stdin(POD);
    let run = run.run().expect(0);
    let report: Value = serde_json::from_str(run.err()).expect("the report is JSON");
    assert_eq!(report["policyFiles"], Value::Null);
    assert_eq!(run.out(), POD);
}

#[test]
fn inject_uses_a_policy_above() {
    let folder = tree(".git");
    let run = pullcreds(["inject", "pod.yaml"]).in_folder(folder.path().join("apps/shop")).run();
    assert!(run.expect(0).out().contains("- name: ghcr\n"));
}
