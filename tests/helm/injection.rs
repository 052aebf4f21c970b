//! What is injected reaches everything that Helm sends, and disturbs nothing of what Helm does with it.

use crate::support::Outcome;
use crate::world::{CHART, DEPLOYMENT, Helm, RELEASE, assorted, codes, pull_secrets};

const IMAGE: &str = "registry.example.com/shop/api:1";
/// The same command line for both majors.
const INJECT: [&str; 2] = ["--inject=registry.example.com/shop=regcred", "--into=pod"];

/// A chart with a private image wherever a chart can have one.
const SHOP: [(&str, &str); 5] = [
    ("templates/zz-api.yaml", DEPLOYMENT),
    (
        "templates/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata: {a: b}\n",
    ),
    (
        "templates/nightly.json",
        "{\"apiVersion\": \"batch/v1\", \"kind\": \"CronJob\", \"metadata\": {\"name\": \"nightly\"},\n \"spec\": \
         {\"schedule\": \"0 2 * * *\", \"jobTemplate\": {\"spec\": {\"template\": {\"spec\": {\n  \"restartPolicy\": \
         \"Never\", \"containers\": [{\"name\": \"main\", \"image\": \"registry.example.com/shop/api:1\"}]}}}}}}\n",
    ),
    (
        "templates/migrate.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations:\n    helm.sh/hook: \
         pre-install,pre-upgrade\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - \
         name: migrate\n        image: registry.example.com/shop/api:1\n",
    ),
    (
        "templates/tests/smoke.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: smoke\n  annotations: {helm.sh/hook: test}\nspec:\n  \
         containers:\n  - name: smoke\n    image: registry.example.com/shop/api:1\n",
    ),
];

/// The lines that say which template a document is from, in order.
fn origins(outcome: &Outcome) -> Vec<&str> {
    outcome.out().lines().filter(|line| line.starts_with("# Source: ")).collect()
}

/// A line for each image of [`SHOP`].
fn shop(secrets: impl Fn(&str) -> &'static str) -> Vec<String> {
    let objects = ["CronJob/nightly", "Deployment/api", "Job/migrate", "Pod/smoke"];
    objects.map(|object| format!("{object} {IMAGE} {}", secrets(object))).to_vec()
}

#[test]
fn helm3_order_and_show_only_survive_injection() {
    let helm = Helm::three();
    helm.cat();
    let chart = helm.chart(SHOP);
    let plain = helm.template(&chart, "plain", INJECT).run().expect(0);
    let injected = helm.template(&chart, "pullcreds", INJECT).run().expect(0);
    assert_eq!(origins(&plain), origins(&injected));
    assert_eq!(plain.out().matches("\n---\n").count(), injected.out().matches("\n---\n").count());
    let one =
        helm.template(&chart, "pullcreds", INJECT).args(["--show-only", "templates/zz-api.yaml"]);
    let one = one.run().expect(0);
    assert_eq!(origins(&one), ["# Source: demo/templates/zz-api.yaml"]);
    assert_eq!(pull_secrets(&helm, &one.stdout), [format!("Deployment/api {IMAGE} regcred")]);
}

#[test]
fn helm4_order_and_show_only_survive_injection() {
    let helm = Helm::four();
    helm.cat();
    let chart = helm.chart(SHOP);
    let plain = helm.template(&chart, "plain", INJECT).run().expect(0);
    let injected = helm.template(&chart, "pullcreds", INJECT).run().expect(0);
    assert_eq!(origins(&plain), origins(&injected));
    for template in ["zz-api.yaml", "nightly.json", "migrate.yaml", "tests/smoke.yaml"] {
        let one = helm.template(&chart, "pullcreds", INJECT);
        let one = one.args(["--show-only", &format!("templates/{template}")]).run().expect(0);
        assert_eq!(origins(&one), [format!("# Source: {CHART}/templates/{template}")]);
        assert!(pull_secrets(&helm, &one.stdout)[0].ends_with(" regcred"), "{one}");
    }
}

#[test]
fn helm4_finds_the_file_of_every_document_again() {
    let helm = Helm::four();
    helm.spy();
    let outcome =
        helm.template(&assorted(), "spy", ["--inject=*=regcred", "--into=pod"]).run().expect(0);
    let (before, after) = helm.spied();
    assert!(before != after);
    let annotations = |stream: &[u8]| -> Vec<String> {
        let text = String::from_utf8(stream.to_vec()).unwrap();
        let annotated = text.lines().filter(|line| line.contains("postrender-filename"));
        annotated.map(str::to_owned).collect()
    };
    assert!(annotations(&before).len() > 10);
    assert_eq!(annotations(&before), annotations(&after));
    assert!(!outcome.out().contains("generated-by-postrender"), "{outcome}");
}

#[test]
fn helm4_leaves_none_of_its_annotations_in_the_output() {
    let helm = Helm::four();
    for into in ["--into=pod", "--into=auto"] {
        let run = helm.template(&assorted(), "pullcreds", ["--inject=*=regcred", into]);
        let outcome = run.run().expect(0);
        assert!(!outcome.out().contains("postrenderer.helm.sh"), "{outcome}");
    }
}

#[test]
fn hooks_and_tests_are_injected_in_helm4() {
    let helm = Helm::four();
    let outcome = helm.template(&helm.chart(SHOP), "pullcreds", INJECT).run().expect(0);
    assert_eq!(pull_secrets(&helm, &outcome.stdout), shop(|_| "regcred"));
}

#[test]
fn hooks_and_tests_are_not_sent_by_helm3_and_the_report_says_so() {
    let helm = Helm::three();
    helm.cat();
    let chart = helm.chart(SHOP);
    let outcome = helm.template(&chart, "pullcreds", INJECT).run().expect(0);
    let kept_back = |object: &str| ["Job/migrate", "Pod/smoke"].contains(&object);
    let expected = shop(|object| if kept_back(object) { "" } else { "regcred" });
    assert_eq!(pull_secrets(&helm, &outcome.stdout), expected);
    assert!(helm.last().contains("info[hooks-not-sent]"), "{}", helm.last());
    // Helm prints them itself, as they were.
    let plain = helm.template(&chart, "plain", INJECT).run().expect(0);
    let hooks = |outcome: &Outcome| {
        let from =
            outcome.out().find("---\n# Source: demo/templates/tests/smoke.yaml").expect("a test");
        outcome.out()[from..].to_owned()
    };
    assert_eq!(hooks(&plain), hooks(&outcome));
}

#[test]
fn helm4_templates_in_json_are_read_and_injected() {
    let helm = Helm::four();
    helm.spy();
    let outcome = helm.template(&helm.chart(SHOP), "spy", INJECT).run().expect(0);
    let sent = String::from_utf8(helm.spied().0).unwrap();
    let json = sent.lines().find(|line| line.starts_with('{')).expect("a document in flow style");
    assert!(json.contains("annotations: {postrenderer"), "Helm sends JSON now: {json}");
    let found = pull_secrets(&helm, &outcome.stdout);
    assert!(found.contains(&format!("CronJob/nightly {IMAGE} regcred")), "{found:?}");
}

#[test]
fn the_same_command_line_does_the_same_in_both_majors() {
    let [three, four] = Helm::both().map(|helm| {
        let chart = helm.chart(
            SHOP.into_iter()
                .filter(|(name, _)| !name.contains("migrate") && !name.contains("tests")),
        );
        let args =
            ["template", RELEASE, "./demo", "--post-renderer", "pullcreds", "--post-renderer-args"];
        let run = helm.helm(args).args([INJECT[0], "--post-renderer-args", INJECT[1]]);
        let outcome = run.run().expect(0);
        assert!(chart.exists());
        pull_secrets(&helm, &outcome.stdout)
    });
    assert_eq!(three.len(), 2);
    assert_eq!(three, four);
}

#[test]
fn a_second_pass_changes_nothing() {
    for helm in Helm::both() {
        helm.renderer("twice", "pullcreds \"$@\" | pullcreds \"$@\"");
        let chart = helm.chart(SHOP);
        for (chart, args) in
            [(&chart, INJECT), (&assorted(), ["--inject=*=regcred", "--into=auto"])]
        {
            let [once, twice] = ["pullcreds", "twice"]
                .map(|renderer| helm.template(chart, renderer, args).run().expect(0).stdout);
            assert!(once == twice, "{helm}");
        }
    }
}

#[test]
fn a_dry_run_of_an_install_is_injected_in_helm4() {
    let helm = Helm::four();
    let chart = helm.chart(SHOP);
    for command in [&["install"][..], &["upgrade", "--install"]] {
        let run = helm.helm(command).arg(RELEASE).arg(&chart).args([
            "--dry-run=client",
            "--post-renderer",
            "pullcreds",
        ]);
        let outcome =
            run.args(INJECT.map(|arg| format!("--post-renderer-args={arg}"))).run().expect(0);
        let (_, manifests) = outcome.out().split_once("HOOKS:").expect("hooks and manifests");
        let entries =
            manifests.matches("- name: regcred").count() + manifests.matches("\"regcred\"").count();
        assert_eq!(entries, 4, "{outcome}");
    }
}

/// A chart whose pre-upgrade hook runs as a ServiceAccount of the release.
const HOOKED: [(&str, &str); 3] = [
    ("templates/account.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n"),
    (
        "templates/api.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  selector:\n    matchLabels: {app: \
         api}\n  template:\n    metadata:\n      labels: {app: api}\n    spec:\n      serviceAccountName: app\n      \
         containers:\n      - name: api\n        image: registry.example.com/shop/api:1\n",
    ),
    (
        "templates/migrate.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations:\n    helm.sh/hook: \
         pre-upgrade\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      serviceAccountName: app\n      \
         containers:\n      - name: migrate\n        image: registry.example.com/shop/api:1\n",
    ),
];

/// The objects that have a list of pull secrets of their own, as `KIND`.
fn lists(manifests: &str) -> Vec<&str> {
    let documents = manifests.split("\n---").filter(|text| text.contains("- name: regcred"));
    let kinds =
        documents.filter_map(|text| text.lines().find_map(|line| line.strip_prefix("kind: ")));
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn a_hook_before_its_service_account_gets_the_secret_itself() {
    for helm in Helm::both() {
        helm.cat();
        let chart = helm.chart(HOOKED);
        let plain = helm.template(&chart, "plain", ["--into=auto"]).arg("--is-upgrade");
        // Helm 3 prints hooks and does not send them.
        let whole = plain.run().expect(0).stdout;
        let args = [INJECT[0], "--into=auto", "--report=json=report.json"];
        let injected = helm.pullcreds(args).stdin(whole.clone()).run().expect(0);
        assert_eq!(lists(injected.out()), ["Job", "ServiceAccount"], "{helm}");
        let report = helm.report("report.json");
        assert_eq!(report["summary"]["injected"], 2, "{report}");
        assert!(codes(&report).contains(&"service-account-updated-later"), "{report}");
        let again = helm.pullcreds(args).stdin(injected.stdout.clone()).run().expect(0);
        assert_eq!(again.out(), injected.out(), "{helm}");
    }
    let helm = Helm::four();
    let chart = helm.chart(HOOKED);
    let run = helm.template(&chart, "pullcreds", [INJECT[0]]).arg("--is-upgrade");
    assert_eq!(lists(run.run().expect(0).out()), ["Job", "ServiceAccount"]);
}

#[test]
fn a_hook_before_its_service_account_is_not_configured_by_it() {
    for helm in Helm::both() {
        helm.cat();
        let chart = helm.chart(HOOKED);
        let whole = helm.template(&chart, "plain", ["--into=auto"]).arg("--is-upgrade");
        let whole = whole.run().expect(0).stdout;
        let args = [INJECT[0], "--into=service-account", "--report=json=report.json"];
        let injected = helm.pullcreds(args).stdin(whole.clone()).run().expect(0);
        assert_eq!(lists(injected.out()), ["ServiceAccount"], "{helm}");
        let report = helm.report("report.json");
        let text = "1 of 2 private images have pull credentials configured.";
        assert_eq!(report["summary"]["text"], text, "{report}");
        assert!(codes(&report).contains(&"service-account-updated-later"), "{report}");
    }
    let helm = Helm::four();
    let args = [INJECT[0], "--into=service-account", "--fail-on=error"];
    let run = helm.template(&helm.chart(HOOKED), "pullcreds", args).arg("--is-upgrade");
    assert_eq!(run.run().expect(1).out(), "");
    assert!(helm.last().contains("does not specify ImagePullSecrets"), "{}", helm.last());
}
