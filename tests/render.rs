//! `check --render`, with programs that stand for helm, kustomize and kubectl.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test writes into its own folders")]

#[path = "support/support.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use support::{Outcome, pullcreds};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn write(folder: &TempDir, file: &str, text: &str) {
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

/// A program that prints a pod whose image is called after `name` and its arguments.
fn program(folder: &TempDir, name: &str) {
    script(
        folder,
        name,
        &format!(
            "image=$(echo \"{name}/$*\" | tr ' ' '/' | tr -d '.')\ncat <<END\n{}END\n",
            pod("registry.example.com/$image")
        ),
    );
}

fn script(folder: &TempDir, name: &str, text: &str) {
    write(folder, name, &format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{text}"));
    let path = folder.path().join(name);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be changed");
}

fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: app}}\nspec:\n  containers:\n  - {{name: app, image: {image}}}\n"
    )
}

/// A tree with a chart that has a subchart, a library, a kustomization and a manifest.
fn tree() -> TempDir {
    let tree = folder();
    write(&tree, "shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    write(&tree, "shop/templates/api.yaml", "{{ if .Values.api }}\n");
    // This one has no action: it is a template all the same.
    write(&tree, "shop/templates/plain.yaml", &pod("registry.example.com/template"));
    write(&tree, "shop/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n");
    write(&tree, "shop/charts/db/templates/db.yaml", "{{ x }}\n");
    write(&tree, "common/Chart.yaml", "apiVersion: v2\nname: common\ntype: library\n");
    write(&tree, "overlay/kustomization.yaml", "resources: [pod.yaml]\n");
    write(&tree, "overlay/pod.yaml", &pod("registry.example.com/raw"));
    write(&tree, "pod.yaml", &pod("registry.example.com/plain"));
    tree
}

fn check(tree: &TempDir, programs: &Path, args: &[&str]) -> Outcome {
    let run = pullcreds(["check", "--format", "json"]).args(args).arg(".").in_folder(tree.path());
    run.env("PATH", programs).run()
}

fn images(report: &Value) -> Vec<(String, String)> {
    let images = report["images"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    images.map(|image| (text(&image["source"]), text(&image["image"]))).collect()
}

#[test]
fn what_charts_and_kustomizations_become_is_checked_in_place_of_their_files() {
    let (tree, programs) = (tree(), folder());
    program(&programs, "helm");
    program(&programs, "kustomize");
    let run = check(&tree, programs.path(), &["--render"]).expect(1);
    let found = images(&run.json());
    let expected = [
        ("./pod.yaml", "registry.example.com/plain"),
        ("<helm template ./shop>", "registry.example.com/helm/template//shop"),
        ("<kustomize build ./overlay>", "registry.example.com/kustomize/build//overlay"),
    ];
    assert_eq!(found, expected.map(|(source, image)| (source.to_owned(), image.to_owned())));
    assert_eq!(run.err(), "");
}

#[test]
fn nothing_is_rendered_unless_it_is_asked_for() {
    let (tree, programs) = (tree(), folder());
    script(&programs, "helm", "touch \"$(dirname \"$0\")/started\"\n");
    script(&programs, "kustomize", "touch \"$(dirname \"$0\")/started\"\n");
    let run = check(&tree, programs.path(), &[]).expect(1);
    assert!(!programs.path().join("started").exists());
    assert!(run.err().contains("helm template ./shop | pullcreds check"), "{run}");
}

#[test]
fn kubectl_builds_where_there_is_no_kustomize() {
    let (tree, programs) = (tree(), folder());
    program(&programs, "helm");
    program(&programs, "kubectl");
    let run = check(&tree, programs.path(), &["--render"]).expect(1);
    let last = images(&run.json()).pop().expect("there is one");
    assert_eq!(last.0, "<kubectl kustomize ./overlay>");
}

#[test]
fn what_cannot_be_rendered_is_named_and_the_rest_is_checked() {
    let (tree, programs) = (tree(), folder());
    script(
        &programs,
        "helm",
        "echo 'Error: found in Chart.yaml, but missing in charts/' >&2\nexit 1\n",
    );
    let run = check(&tree, programs.path(), &["--render"]).expect(3);
    let report = run.json();
    let sources: Vec<_> = images(&report).into_iter().map(|(source, _)| source).collect();
    assert_eq!(sources, ["./pod.yaml"]);
    let problems = report["problems"].as_array().expect("there are problems");
    let named: Vec<_> = problems.iter().map(|problem| &problem["source"]).collect();
    assert_eq!(named, [&json!("<helm template ./shop>"), &json!("<kustomize build ./overlay>")]);
    for said in
        ["missing in charts/", "error: helm failed with exit code 1\n", "cannot run kustomize"]
    {
        assert!(run.err().contains(said), "{run}");
    }
}
