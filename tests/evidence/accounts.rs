//! ServiceAccounts: which one a pod runs as, and what its list means.

use serde_json::json;

use super::{Files, Report, account, deployment, deployment_in, document};

/// A ServiceAccount of namespace `shop` whose list is `names`, as a document.
fn listing(name: &str, names: &str) -> String {
    document(&account(name, "", &format!("imagePullSecrets: [{names}]")))
}

fn with(manifests: &[String], args: &[&str]) -> Report {
    Report::with(&manifests.concat(), &[], args)
}

#[test]
fn a_service_account_has_to_be_in_the_namespace_of_the_pod() {
    let app = listing("app", "{name: regcred}");
    let named = "serviceAccountName: app, ";
    with(&[deployment(named), app.clone()], &[])
        .image(&json!({"verdict": "declared", "pullSecrets": ["regcred"], "serviceAccountFrom": "manifests"}));
    with(&[deployment_in("namespace: other, ", named), app.clone()], &[]).verdict("unknown");
    // Where one of the two names none, the default namespace decides, or the only candidate is taken.
    with(&[deployment_in("", named), app.clone()], &["--namespace", "shop"]).verdict("declared");
    with(&[deployment_in("", named), app.clone()], &["--namespace", "other"]).verdict("unknown");
    with(&[deployment_in("", named), app.clone()], &[]).verdict("declared").finds(
        "assumed-service-account",
        "info",
        &["ServiceAccount 'app'"],
    );
    let other = app.replace("shop", "third");
    with(&[deployment_in("", named), app, other], &[]).verdict("unknown");
}

#[test]
fn a_pod_that_names_none_runs_as_default() {
    let default = listing("default", "{name: regcred}");
    with(&[deployment(""), default.clone()], &[])
        .image(&json!({"verdict": "declared", "serviceAccount": "default"}));
    with(&[deployment("serviceAccountName: '', "), default.clone()], &[]).verdict("declared");
    with(&[deployment("serviceAccountName: app, "), default], &[]).verdict("unknown");
}

#[test]
fn the_deprecated_field_counts_where_the_new_one_is_empty() {
    let accounts = [listing("old", "{name: a}"), listing("new", "{name: b}")].concat();
    for (fields, name, secret) in [
        ("serviceAccount: old, ", "old", "a"),
        ("serviceAccount: old, serviceAccountName: new, ", "new", "b"),
        ("serviceAccountName: '', serviceAccount: old, ", "old", "a"),
    ] {
        with(&[deployment(fields), accounts.clone()], &[]).image(
            &json!({"serviceAccount": name, "pullSecrets": [secret], "verdict": "declared"}),
        );
    }
}

#[test]
fn of_two_the_last_one_counts_and_it_is_told() {
    let one = listing("default", "{name: first}");
    let other = listing("default", "{name: last}");
    let report = with(&[deployment(""), one.clone(), other.clone()], &[]);
    report.image(&json!({"pullSecrets": ["last"]})).finds(
        "duplicate-service-account",
        "warning",
        &["ServiceAccount 'default'", "the last one counts"],
    );
    let report = with(&[deployment(""), other, one.clone()], &[]);
    report.image(&json!({"pullSecrets": ["first"]}));
    // Twice the same does no harm, and neither do two namespaces.
    with(&[one.clone(), one.clone()], &[]).finds_no(&["duplicate-service-account"]);
    let elsewhere = one.replace("shop", "other").replace("first", "last");
    with(&[one.clone(), elsewhere.clone()], &[]).finds_no(&["duplicate-service-account"]);
    let nowhere = elsewhere.replace("namespace: other, ", "");
    with(&[one.clone(), nowhere.clone()], &[]).finds_no(&["duplicate-service-account"]);
    with(&[one.clone(), nowhere], &["--namespace", "shop"]).finds(
        "duplicate-service-account",
        "warning",
        &[],
    );
    let marked =
        account("default", "annotations: {kubernetes.io/enforce-mountable-secrets: 'true'}", "");
    let marked =
        document(&marked).replace("imagePullSecrets: []", "imagePullSecrets: [{name: first}]");
    with(&[one, marked], &[]).finds("duplicate-service-account", "warning", &[]);
}

#[test]
fn the_list_of_the_pod_and_that_of_the_service_account_are_never_joined() {
    let default = listing("default", "{name: a}, {name: b}");
    for (fields, names, from) in [
        ("", json!(["a", "b"]), "serviceAccount"),
        ("imagePullSecrets: [], ", json!(["a", "b"]), "serviceAccount"),
        ("imagePullSecrets: null, ", json!(["a", "b"]), "serviceAccount"),
        ("imagePullSecrets: [{name: c}], ", json!(["c"]), "pod"),
        ("imagePullSecrets: [{name: ''}], ", json!([]), "pod"),
    ] {
        with(&[deployment(fields), default.clone()], &[])
            .image(&json!({"pullSecrets": names, "pullSecretsFrom": from}));
    }
}

#[test]
fn a_name_twice_breaks_the_map_of_a_pod_and_not_the_atomic_list_of_a_service_account() {
    let twice = "{name: a}, {name: a}";
    with(&[deployment(&format!("imagePullSecrets: [{twice}], "))], &[]).finds(
        "duplicate-pull-secret",
        "warning",
        &["Deployment 'api'"],
    );
    let report = with(&[deployment(""), listing("default", twice)], &[]);
    report.finds("duplicate-pull-secret", "info", &["ServiceAccount 'default'"]);
    report.image(&json!({"verdict": "declared", "pullSecrets": ["a", "a"]}));
}

#[test]
fn a_service_account_may_forbid_what_it_does_not_name() {
    let pod = deployment("imagePullSecrets: [{name: regcred}], ");
    let with_value = |value: &str, names: &str| {
        let annotations =
            format!("annotations: {{kubernetes.io/enforce-mountable-secrets: {value}}}");
        let item = account("default", &annotations, &format!("imagePullSecrets: [{names}]"));
        with(&[pod.clone(), document(&item)], &[])
    };
    // The spellings of Go's strconv.ParseBool.
    for value in ["'true'", "'1'", "t", "T", "'TRUE'", "'True'"] {
        with_value(value, "{name: other}").finds(
            "pull-secret-not-mountable",
            "error",
            &["'regcred'", "ServiceAccount 'default'"],
        );
        with_value(value, "{name: regcred}").finds_no(&["pull-secret-not-mountable"]);
    }
    for value in ["'false'", "'yes'", "''"] {
        with_value(value, "{name: other}").finds_no(&["pull-secret-not-mountable"]);
    }
}

#[test]
fn the_policy_declares_what_is_not_among_the_manifests() {
    let files = Files::new();
    let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  \
                  namespace: shop\n  cluster:\n    serviceAccounts:\n    - {name: app, imagePullSecrets: [regcred]}\n    \
                  - {namespace: other, name: app, imagePullSecrets: []}\n";
    let policy = files.write("policy.yaml", policy);
    let args = ["--policy", policy.as_str()];
    let named = "serviceAccountName: app, ";
    for namespace in ["namespace: shop, ", ""] {
        with(&[deployment_in(namespace, named)], &args)
            .image(&json!({"verdict": "declared", "serviceAccountFrom": "policy", "pullSecrets": ["regcred"]}));
    }
    with(&[deployment_in("namespace: other, ", named)], &args).verdict("missing");
    with(&[deployment_in("namespace: third, ", named)], &args).verdict("unknown");
    let brought = listing("app", "");
    with(&[deployment(named), brought], &args)
        .image(&json!({"verdict": "missing", "serviceAccountFrom": "manifests"}));
}
