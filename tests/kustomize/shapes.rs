//! What resources may look like, and what has to survive the way through a function.

use crate::world::{FLAGS, INJECT, Kustomize, deployment, function};

/// Builds `resources` with and without the function; both outputs.
#[track_caller]
fn both(resources: &str) -> (String, String) {
    let kustomize = Kustomize::with([
        ("kustomization.yaml", "resources: [app.yaml]\ntransformers: [policy.yaml]\n"),
        ("app.yaml", resources),
        ("policy.yaml", &function(INJECT)),
        ("without/kustomization.yaml", "resources: [app.yaml]\n"),
        ("without/app.yaml", resources),
    ]);
    let with = kustomize.build(".").expect(0).out().to_owned();
    let without = kustomize.build("without").expect(0).out().to_owned();
    (with, without)
}

#[test]
fn k12_strings_that_look_like_something_else_stay_strings() {
    let odd = [
        "on",
        "yes",
        "y",
        "Off",
        "n",
        "null",
        "Null",
        "~",
        "",
        "0777",
        "0o14",
        "0x10",
        "1_000",
        "0b11",
        "1e3",
        ".5",
        "+1",
        "1:20",
        "2001-01-01",
        ".inf",
        ".NaN",
        "=",
        "<<",
        "true",
        "a: b",
        "# c",
        "- d",
        "\\ttab",
        "two\\nlines\\n",
        "trailing ",
        "é",
        "\\u2028",
    ];
    let variables: Vec<_> = odd
        .iter()
        .enumerate()
        .map(|(at, text)| format!("        - {{name: v{at}, value: \"{text}\"}}\n"))
        .collect();
    let resources = deployment(&format!("        env:\n{}", variables.concat()));
    let (with, without) = both(&resources);
    let injected = "      imagePullSecrets:\n      - name: regcred\n";
    assert_eq!(with.matches(injected).count(), 1, "{with}");
    assert_eq!(with.replace(injected, ""), without);
}

#[test]
fn k13_lists_and_custom_resources_come_through() {
    let resources = [
        &*deployment(""),
        "apiVersion: example.com/v1\nkind: WidgetList\nmetadata: {name: no-items}\nspec: {a: b}\n",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: in-a-list}\n  spec: {containers: [{name: a, image: \
         myregistry.azurecr.io/a:1}]}\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: \
         deeper}\n",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: \
         example.com\n  names: {kind: Widget, plural: widgets}\n  scope: Namespaced\n  versions: []\n",
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {image: myregistry.azurecr.io/w:1}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: aliased}\nspec:\n  containers:\n  - &c {name: a, image: myregistry.azurecr.io/a:1}\n  \
         initContainers: [*c]\n",
    ];
    let (with, without) = both(&resources.join("---\n"));
    let without_secrets: Vec<_> = with
        .lines()
        .filter(|line| !line.contains("regcred") && !line.contains("imagePullSecrets"))
        .collect();
    assert_eq!(without_secrets.join("\n"), without.trim_end());
    assert_eq!(with.matches("name: regcred").count(), 3, "{with}");
}

#[test]
fn k13_what_kustomize_itself_refuses_is_refused_with_the_function_too() {
    for broken in ["apiVersion: v1\nkind: Pod\nspec: {}\n", "a: [\n", "kind: Pod\n"] {
        let kustomize = Kustomize::with([
            ("kustomization.yaml", "resources: [app.yaml]\ntransformers: [policy.yaml]\n"),
            ("app.yaml", broken),
            ("policy.yaml", &function("{}")),
        ]);
        let outcome = kustomize.kustomize(&["build", "."]).args(FLAGS).run().expect(1);
        assert_eq!(outcome.out(), "");
    }
}
