//! Dumps of a cluster: what they are evidence for, and what they never become.

use serde_json::json;

use super::support::{Outcome, pullcreds, read};
use super::{
    Files, NOW, Report, account, cluster, covering, deployment, deployment_in, document, list,
    no_secret, payload, program, pulls, secret, typed_secret,
};

#[test]
fn a_secret_of_the_dump_covers_an_image_as_the_kubelet_would_use_it() {
    let report = Report::of(&pulls(), &cluster("", &[secret("regcred", "", &covering())]));
    report.image(&json!({"verdict": "covered", "secret": "regcred", "secretFrom": "cluster"}));
    assert_eq!(report.json["summary"]["fromClusterDump"], 1);
    assert_eq!(report.json["clusterDumps"].as_array().map(Vec::len), Some(1));
    report.finds_no(&["hardcoded-credentials", "mismatched-pull-secret"]);
}

#[test]
fn a_service_account_of_the_dump_gives_its_pull_secrets() {
    let dump =
        cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", "", &covering())]);
    let report = Report::of(&deployment(""), &dump);
    report.image(&json!({
        "verdict": "covered", "serviceAccount": "default", "serviceAccountFrom": "cluster",
        "pullSecrets": ["regcred"], "pullSecretsFrom": "serviceAccount", "podPullSecrets": null,
    }));
    Report::of(&deployment(""), &cluster("", &[])).verdict("missing");
    Report::with(&deployment(""), &[], &[])
        .image(&json!({"verdict": "unknown", "serviceAccountFrom": "unknown"}));
}

#[test]
fn a_dump_may_be_json_or_documents_of_its_own() {
    let items = [account("default", "", ""), secret("regcred", "", &covering())];
    let documents: String = items.iter().map(|item| document(item)).collect();
    Report::of(&pulls(), &documents).verdict("covered");
    let json = json!({"apiVersion": "v1", "kind": "List", "items": [{
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "regcred", "namespace": "shop"},
        "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": covering()},
    }]});
    let pretty = serde_json::to_string_pretty(&json).expect("JSON is written");
    for text in [json.to_string(), pretty] {
        Report::of(&pulls(), &text).verdict("covered");
    }
}

#[test]
fn a_secret_of_the_dump_that_does_not_fit_is_a_mismatch() {
    let other = payload(&[("quay.io", "p")]);
    let broken = super::raw(r#"{"auths":{"ghcr.io":{"auth":"no colon"}}}"#);
    for (secret, code) in [
        (secret("regcred", "", &other), None),
        (typed_secret("regcred", "", &covering(), "Opaque"), Some("wrong-secret-type")),
        (secret("regcred", "", &broken), Some("broken-pull-secret")),
        (secret("regcred", "", "e30K"), None),
    ] {
        let report = Report::of(&pulls(), &cluster("", &[secret]));
        report.image(&json!({"verdict": "mismatched", "secretFrom": "cluster"}));
        if let Some(code) = code {
            report.finds(code, "error", &["Secret 'regcred' (in the cluster dump)"]);
        }
    }
}

#[test]
fn what_is_left_out_of_a_dump_is_not_known() {
    let old = "annotations: {pullcreds.dev/rotated-at: 2026-01-01}";
    for left_out in ["''", "'***'"] {
        let dump = cluster("", &[secret("regcred", old, left_out)]);
        let report = Report::of(&pulls(), &dump);
        report.image(&json!({"verdict": "declared", "secretFrom": "cluster"}));
        report.finds("rotation-overdue", "error", &["Secret 'regcred' (in the cluster dump)"]);
        report.finds_no(&["rejected-pull-secret", "missing-secret-key", "pull-secret-not-found"]);
    }
}

#[test]
fn the_manifests_go_before_the_dump() {
    let dump =
        cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", "", &covering())]);
    let own = secret("regcred", "", &payload(&[("quay.io", "p")]));
    let manifests = format!("{}{}", pulls(), document(&own));
    Report::of(&manifests, &dump)
        .image(&json!({"verdict": "mismatched", "secretFrom": "manifests"}));
    let manifests = format!("{}{}", deployment(""), document(&account("default", "", "")));
    Report::of(&manifests, &dump)
        .image(&json!({"verdict": "missing", "serviceAccountFrom": "manifests"}));
}

#[test]
fn a_list_that_only_the_cluster_has_is_told() {
    let manifests = format!("{}{}", deployment(""), document(&account("default", "", "")));
    let hint = "of the input (the one in the cluster dump does) names a pull secret";
    for (names, hints) in [("[{name: regcred}]", true), ("[]", false)] {
        let files = Files::new();
        let dump = files.write("dump.yaml", &cluster(&format!("imagePullSecrets: {names}"), &[]));
        let outcome = program(["check", "--cluster-dump", &dump]).stdin(manifests.clone()).run();
        assert_eq!(outcome.out().contains(hint), hints, "{outcome}");
    }
}

#[test]
fn the_dump_goes_before_the_policy() {
    let files = Files::new();
    let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  \
                  cluster:\n    serviceAccounts:\n    - {namespace: shop, name: default, imagePullSecrets: [regcred]}\n    \
                  secrets:\n    - {namespace: shop, name: regcred, registries: [ghcr.io]}\n";
    let policy = files.write("policy.yaml", policy);
    let args = ["--policy", policy.as_str()];
    Report::with(&deployment(""), &[], &args).image(
        &json!({"verdict": "declared", "serviceAccountFrom": "policy", "secretFrom": "policy"}),
    );
    let other = secret("regcred", "", &payload(&[("quay.io", "p")]));
    Report::with(&pulls(), &[&cluster("", &[other])], &args)
        .verdict("mismatched")
        .finds_no(&["unused-policy-entry"]);
    let report = Report::with(&deployment(""), &[&cluster("", &[])], &args);
    // The secret is not needed then; the ServiceAccount has been looked at.
    report.verdict("missing").finds("unused-policy-entry", "info", &["The secret 'regcred'"]);
}

#[test]
fn a_secret_that_a_namespace_lacks_does_not_exist() {
    let dump = cluster("", &[secret("other", "", &covering())]);
    let report = Report::of(&pulls(), &dump);
    report.image(&json!({"verdict": "mismatched", "secretFrom": "cluster"}));
    report.finds("pull-secret-not-found", "warning", &["'regcred'", "namespace 'shop'"]);
    report.finds("mismatched-pull-secret", "error", &["there is no 'regcred' in its namespace"]);
    report.finds_no(&["rotation-unknown"]);
}

#[test]
fn another_secret_may_cover_what_one_that_does_not_exist_cannot() {
    let pod = deployment("imagePullSecrets: [{name: gone}, {name: regcred}], ");
    let report = Report::of(&pod, &cluster("", &[secret("regcred", "", &covering())]));
    report.image(&json!({"verdict": "covered", "secret": "regcred"}));
    report.finds("pull-secret-not-found", "warning", &["'gone'"]);
}

#[test]
fn a_dump_of_one_kind_says_nothing_about_the_other() {
    let accounts = list(&[account("default", "", "")]);
    let report = Report::of(&pulls(), &accounts);
    report.image(&json!({"verdict": "declared", "secretFrom": "unknown"}));
    report.finds_no(&["pull-secret-not-found"]);
    let secrets = list(&[secret("other", "", &covering())]);
    Report::of(&pulls(), &secrets).verdict("declared").finds_no(&["pull-secret-not-found"]);
    Report::of(&deployment(""), &secrets).verdict("unknown");
}

#[test]
fn a_dump_of_one_namespace_says_nothing_about_others() {
    let dump =
        cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", "", &covering())]);
    let pod = deployment_in("namespace: other, ", "imagePullSecrets: [{name: regcred}], ");
    let report = Report::of(&pod, &dump);
    report.verdict("declared").finds_no(&["pull-secret-not-found", "secret-in-other-namespace"]);
    Report::of(&deployment_in("namespace: other, ", ""), &dump).verdict("unknown");
}

#[test]
fn a_secret_that_another_namespace_has_is_told() {
    let elsewhere = secret("regcred", "", &covering()).replace("shop", "vault");
    let dump = cluster("", &[secret("other", "", &covering()), elsewhere]);
    Report::of(&pulls(), &dump).verdict("mismatched").finds(
        "pull-secret-not-found",
        "warning",
        &["it has one in namespace 'vault'"],
    );
}

#[test]
fn two_dumps_complete_each_other() {
    let accounts = cluster("imagePullSecrets: [{name: regcred}]", &[]);
    let secrets = list(&[secret("regcred", "", &covering())]);
    Report::with(&deployment(""), &[&accounts, &secrets], &[]).verdict("covered");
}

#[test]
fn a_namespace_that_nobody_knows_takes_the_only_candidate() {
    let one = cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", "", &covering())]);
    let report = Report::of(&deployment_in("", ""), &one);
    report.verdict("covered").finds(
        "assumed-service-account",
        "info",
        &["ServiceAccount 'default' (in the cluster dump)"],
    );
    let two = format!("{one}---\n{}", one.replace("shop", "other"));
    Report::of(&deployment_in("", ""), &two).verdict("unknown");
    Report::with(&deployment_in("", ""), &[&two], &["--namespace", "other"]).verdict("covered");
}

#[test]
fn a_service_account_that_a_namespace_lacks_does_not_exist() {
    let pod = deployment("serviceAccountName: bulider, ");
    let report = Report::of(&pod, &cluster("", &[]));
    report.image(&json!({"verdict": "missing", "serviceAccountFrom": "cluster"}));
    report.finds("service-account-not-found", "error", &["'bulider'", "namespace 'shop'"]);
    // A dump without the one that every namespace has is not whole.
    let part = list(&[account("builder", "", "")]);
    Report::of(&deployment(""), &part).verdict("unknown").finds_no(&["service-account-not-found"]);
    // The manifests may bring it along.
    let brought = account("bulider", "", "imagePullSecrets: [{name: regcred}]");
    let manifests = format!("{pod}{}", document(&brought));
    let report = Report::of(&manifests, &cluster("", &[secret("regcred", "", &covering())]));
    report.verdict("covered").finds_no(&["service-account-not-found"]);
}

#[test]
fn annotations_of_a_service_account_of_the_dump_count() {
    let ecr = |dump: &str| {
        let pod =
            deployment("").replace("ghcr.io/acme", "123456789012.dkr.ecr.eu-west-1.amazonaws.com");
        Report::of(&pod, dump)
    };
    let annotated = |annotation: &str| {
        list(&[account(
            "default",
            &format!("annotations: {{{annotation}: 'arn:aws:iam::123456789012:role/app'}}"),
            "",
        )])
    };
    let report = ecr(&annotated("eks.amazonaws.com/ecr-role-arn"));
    report.verdict("iam").finds_no(&["identity-not-used-for-pulls"]);
    assert_eq!(report.json["summary"]["fromClusterDump"], 1);
    ecr(&annotated("eks.amazonaws.com/role-arn")).verdict("iam").finds(
        "identity-not-used-for-pulls",
        "warning",
        &["ServiceAccount 'default'"],
    );
    ecr(&annotated("example.com/other")).verdict("missing");
}

#[test]
fn a_service_account_of_the_dump_may_forbid_a_pull_secret() {
    let enforce = "annotations: {kubernetes.io/enforce-mountable-secrets: 'true'}";
    let items = [account("default", enforce, ""), secret("regcred", "", &covering())];
    let dump = list(&items);
    Report::of(&pulls(), &dump).finds(
        "pull-secret-not-mountable",
        "error",
        &["'regcred'", "ServiceAccount 'default' (in the cluster dump)"],
    );
    let files = Files::new();
    let dump = files.write("dump.yaml", &dump);
    let args = ["--cluster-dump", dump.as_str(), "--inject", "ghcr.io=regcred"];
    let refused = program(args).stdin(deployment("")).run().expect(1);
    assert_eq!(refused.out(), "");
    assert!(refused.err().contains("injection-refused"), "{refused}");
}

#[test]
fn what_is_hidden_by_a_list_of_the_pod_is_told() {
    let dump = cluster("imagePullSecrets: [{name: hidden}]", &[secret("regcred", "", &covering())]);
    Report::of(&pulls(), &dump).verdict("covered").finds(
        "shadowed-service-account-secrets",
        "warning",
        &["'hidden' of ServiceAccount 'default' (in the cluster dump)"],
    );
}

#[test]
fn injection_writes_the_names_of_the_dump_beside_the_new_one() {
    let files = Files::new();
    let text = cluster("imagePullSecrets: [{name: old}]", &[secret("regcred", "", &covering())]);
    let dump = files.write("dump.yaml", &text);
    let args = ["--cluster-dump", &dump, "--inject", "ghcr.io=regcred"];
    let expected = deployment("imagePullSecrets: [{name: old}, {name: regcred}], ");
    let outcome = program(args).stdin(deployment("")).run().expect(0);
    assert_eq!(outcome.out(), expected);
    assert!(!outcome.err().contains("may-hide-service-account-secrets"), "{outcome}");
    no_secret(&outcome);

    let manifest = files.write("manifest.yaml", &deployment(""));
    let mut inject = vec!["inject", &manifest, "--write"];
    inject.extend(args);
    let outcome = program(inject).run().expect(0);
    assert_eq!(outcome.out(), "");
    assert_eq!(read(&manifest), expected.as_bytes());
    assert_eq!(read(&dump), text.as_bytes());
}

#[test]
fn what_the_dump_attaches_already_is_not_injected() {
    let files = Files::new();
    let text =
        cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", "", &covering())]);
    let dump = files.write("dump.yaml", &text);
    let args = ["--cluster-dump", &dump, "--inject", "ghcr.io=regcred"];
    let outcome = program(args).stdin(deployment("")).run().expect(0);
    assert_eq!(outcome.out(), deployment(""));
    // A ServiceAccount of the cluster cannot be edited.
    let outcome =
        program(args.into_iter().chain(["--into", "service-account", "--inject", "*=more"]));
    let outcome = outcome.stdin(deployment("")).run().expect(1);
    assert!(outcome.err().contains("injection-refused"), "{outcome}");
}

#[test]
fn nothing_in_a_dump_is_judged_edited_or_printed() {
    let workload = "- apiVersion: v1\n  kind: Pod\n  metadata: {name: p, namespace: shop}\n  spec:\n    \
                    imagePullSecrets: [regcred]\n    containers: [{name: c, image: 'quay.io/acme/private:v1', env: \
                    [{name: T, value: ghp_0123456789abcdefghijklmnop}]}]\n";
    let twice = account("twice", "", "imagePullSecrets: [{name: a}, {name: a}, {}]");
    let dump = list(&[
        workload.to_owned(),
        twice,
        account("default", "", ""),
        secret("unused", "", &covering()),
    ]);
    let report = Report::of(&pulls(), &dump);
    assert_eq!(report.json["images"].as_array().map(Vec::len), Some(1));
    assert_eq!(report.json["summary"]["privateImages"], 1);
    report.finds_no(&["malformed-pull-secrets", "duplicate-pull-secret", "empty-pull-secret-name"]);
    report.finds_no(&["hardcoded-credentials", "rotation-unknown", "rotation-overdue"]);
    let files = Files::new();
    let dump = files.write("dump.yaml", &dump);
    let args = ["--cluster-dump", &dump, "--into", "service-account", "--inject", "*=more"];
    let outcome = program(args).stdin("# nothing\n").run().expect(0);
    assert_eq!(outcome.out(), "# nothing\n");
}

#[test]
fn no_output_shows_what_is_in_a_secret_of_the_dump() {
    let files = Files::new();
    let annotated = format!("annotations: {{last: '{}'}}", super::PASSWORD);
    let dump = cluster("", &[secret("regcred", &annotated, &covering())]);
    let json = json!({"apiVersion": "v1", "kind": "List", "items": [{
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "regcred", "namespace": "shop"}, "data": {".dockerconfigjson": covering()},
    }]});
    for (name, text) in [("dump.yaml", dump), ("dump.json", json.to_string())] {
        let dump = files.write(name, &text);
        let report = files.path("report.json");
        let report_to = format!("json={}", report.display());
        let args = ["--cluster-dump", &dump, "--report", &report_to, "--report", "human"];
        let outcome = program(args).stdin(pulls()).run().expect(0);
        assert!(outcome.err().contains(name), "the finding is placed in the dump: {outcome}");
        no_secret(&outcome);
        let written = String::from_utf8(read(&report)).expect("a report is text");
        assert!(!written.contains(super::PASSWORD) && !written.contains(&covering()));
    }
}

#[test]
fn a_dump_that_cannot_be_read_is_wrong_usage() {
    let files = Files::new();
    let broken = files
        .write("dump.yaml", &format!("{}  bad: [\n", cluster("", &[secret("s", "", &covering())])));
    let missing = files.path("missing.yaml");
    let folder = files.path(".");
    let name = |outcome: &Outcome, text: &str| assert!(outcome.err().contains(text), "{outcome}");
    for command in [&[][..], &["check"], &["inject", "manifest.yaml"]] {
        let run = |dump: &str| {
            let args = command.iter().copied().chain(["--cluster-dump", dump]);
            let run = program(args).stdin(pulls());
            files.write("manifest.yaml", &pulls());
            let outcome = run.in_folder(files.path(".")).run().expect(2);
            assert_eq!(outcome.out(), "");
            no_secret(&outcome);
            outcome
        };
        let outcome = run(&broken);
        name(&outcome, "dump.yaml:14:3:");
        name(&outcome, "the cluster dump is not valid YAML");
        name(&run(missing.to_str().expect("a plain name")), "cannot read");
        name(&run(folder.to_str().expect("a plain name")), "cannot read");
    }
}

#[test]
fn the_variable_names_one_dump_a_line_and_a_flag_wins() {
    let files = Files::new();
    let accounts = files.write("sa.yaml", &cluster("imagePullSecrets: [{name: regcred}]", &[]));
    let secrets = files.write("secret.yaml", &list(&[secret("regcred", "", &covering())]));
    let run = |args: &[&str]| {
        let run = program(["check", "--format", "json"].into_iter().chain(args.iter().copied()));
        let run = run.env("PULLCREDS_CLUSTER_DUMP", format!("{accounts}\n{secrets}\n"));
        run.stdin(deployment("")).run().json()["images"][0]["verdict"].clone()
    };
    assert_eq!(run(&[]), "covered");
    assert_eq!(run(&["--cluster-dump", &secrets]), "unknown");
}

#[test]
fn the_sentence_says_what_the_dump_told() {
    let files = Files::new();
    let dump = files.write("dump.yaml", &cluster("", &[secret("regcred", "", &covering())]));
    let outcome = program(["check", "--cluster-dump", &dump]).stdin(pulls()).run();
    let below = "\n1 verified in the cluster dump\n";
    assert!(outcome.out().contains(below), "{outcome}");
}

#[test]
fn the_clock_may_stand_still() {
    let run =
        |epoch: &str| pullcreds(["check"]).env("SOURCE_DATE_EPOCH", epoch).stdin(pulls()).run();
    assert_ne!(run(&NOW.to_string()).code, Some(2));
    for wrong in ["yesterday", "1.5", "99999999999999"] {
        let outcome = run(wrong).expect(2);
        assert!(outcome.err().contains("SOURCE_DATE_EPOCH"), "{outcome}");
    }
}

#[test]
fn a_krm_function_has_results_about_the_dump_and_nothing_of_it() {
    let files = Files::new();
    let old = "annotations: {pullcreds.dev/rotated-at: 2026-01-01}";
    let dump =
        cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", old, &covering())]);
    let dump = files.write("dump.yaml", &dump);
    let item = deployment("").replace('\n', "\n  ");
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {}\n",
        item.trim_end()
    );
    let outcome = program(["--cluster-dump", &dump]).stdin(list.clone()).run().expect(0);
    no_secret(&outcome);
    let (start, results) = outcome.out().split_once("results:\n").expect("results");
    assert_eq!(start, list);
    assert!(results.contains("rotation-overdue") && results.contains("kind: Secret"), "{outcome}");
    assert!(!results.contains("dump.yaml"), "a result has the files of the list only: {outcome}");
    let broken = files.write("broken.yaml", "a: [\n");
    let outcome = program(["--cluster-dump", &broken]).stdin(list).run().expect(2);
    assert_eq!(outcome.out(), "");
}

#[test]
fn a_renderer_that_is_run_has_its_dump_too() {
    let files = Files::new();
    let dump = files.write("dump.yaml", &cluster("", &[secret("regcred", "", &covering())]));
    let rendered = files.write("rendered.yaml", &pulls());
    let args = ["run", "--cluster-dump", &dump, "--report", "json", "--", "cat", &rendered];
    // The renderer has its own arguments after the `--`.
    let run = pullcreds(args).env("SOURCE_DATE_EPOCH", NOW.to_string());
    let outcome = run.env("PULLCREDS_ASSUME_PRIVATE", "true").run().expect(0);
    assert_eq!(outcome.out(), pulls());
    assert!(outcome.err().contains("\"secretFrom\": \"cluster\""), "{outcome}");
}

#[test]
fn what_the_cluster_has_is_there_before_a_hook() {
    let hook = "annotations: {helm.sh/hook: pre-install}";
    let job = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: setup, namespace: shop, {hook}}}\nspec: {{template: {{spec: \
         {{serviceAccountName: app, imagePullSecrets: [{{name: regcred}}], containers: [{{name: c, image: \
         'ghcr.io/acme/api:v1'}}]}}}}}}\n"
    );
    let own = [secret("regcred", "", &covering()), account("app", "", "")];
    let manifests = format!("{job}{}{}", document(&own[0]), document(&own[1]));
    let late = ["pull-secret-created-later", "service-account-created-later"];
    let first = Report::with(&manifests, &[], &[]);
    assert!(late.iter().all(|code| first.findings(code).count() == 1), "{}", first.outcome);
    Report::of(&manifests, &list(&own)).finds_no(&late);
}

#[test]
fn a_dump_beside_the_manifests_is_none_of_them() {
    let files = Files::new();
    let text =
        cluster("imagePullSecrets: [{name: regcred}]", &[secret("regcred", "", &covering())]);
    let dump = files.write("dump.yaml", &text);
    files.write("app.yaml", &deployment(""));
    let folder = files.path("");
    let folder = folder.to_str().expect("a temporary folder has a plain name");
    let args = ["check", folder, "--format", "json", "--cluster-dump", &dump];
    let report = program(args).run().json();
    assert_eq!(report["images"][0]["secretFrom"], "cluster");
    let codes = report["findings"].as_array().into_iter().flatten().map(|finding| &finding["code"]);
    assert!(codes.into_iter().all(|code| code != "hardcoded-credentials"), "{report}");
    let args = ["inject", folder, "--write", "--into", "service-account", "--inject", "*=more"];
    program(args.into_iter().chain(["--cluster-dump", &dump])).run();
    assert_eq!(read(&dump), text.as_bytes());
}

#[test]
fn under_argo_cd_a_dump_is_no_file_of_the_application() {
    let run = |dump: &str| {
        let run = program(["--cluster-dump", dump]).env("ARGOCD_APP_NAME", "shop");
        run.stdin(pulls()).run()
    };
    let outcome = run("dump.yaml").expect(2);
    assert!(
        outcome.err().contains("the path of the cluster dump dump.yaml is relative"),
        "{outcome}"
    );
    let files = Files::new();
    let dump = files.write("dump.yaml", &cluster("", &[secret("regcred", "", &covering())]));
    run(&dump).expect(0);
}
