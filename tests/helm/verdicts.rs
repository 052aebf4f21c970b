//! What people get to know of a run, and what they never get to see.

use crate::support::Outcome;
use crate::world::{DEPLOYMENT, Helm, Major, assorted, codes};

/// A private image, a Secret right below it, and one whose payload is a registry's.
const SHOP: [(&str, &str); 2] = [
    ("templates/api.yaml", DEPLOYMENT),
    (
        "templates/secrets.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: opaque}\nstringData: {token: hunter2-opaque}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {name: other}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  \
         .dockerconfigjson: '{\"auths\":{\"other.example.com\":{\"username\":\"robot\",\"password\":\"hunter2-docker\"}}}'\n",
    ),
];
/// The parts of [`SHOP`] that no output may show.
const HIDDEN: [&str; 3] = ["hunter2", "cm9ib3Q6", "robot:"];
const NOTHING: [(&str, &str); 1] =
    [("templates/none.yaml", "{{ if .Values.some }}a: b{{ end }}\n")];
const INJECT: &str = "--inject=registry.example.com/shop=regcred";

#[test]
fn a_failed_check_fails_the_release_and_renders_nothing() {
    for helm in Helm::both() {
        let args = ["--fail-on=error", "--report=json=report.json"];
        let outcome = helm.template(&helm.chart(SHOP), "pullcreds", args).run().expect(1);
        assert_eq!(outcome.out(), "", "{helm}");
        // Helm 3 shows the finding, Helm 4 keeps it to itself.
        let shown = outcome.err().contains("Deployment 'api' references private image");
        assert_eq!(shown, helm.major == Major::Three, "{outcome}");
        let report = helm.report("report.json");
        assert_eq!(
            report["summary"]["text"],
            "0 of 1 private images have pull credentials configured."
        );
        assert!(codes(&report).contains(&"unknown-pull-secret"), "{report}");
        let last = helm.last();
        assert!(
            last.lines().next().is_some_and(|line| line.ends_with("chart demo, exit code 1")),
            "{last}"
        );
        assert!(last.contains("0 of 1 private images have pull credentials configured."), "{last}");
    }
}

#[test]
fn a_finding_names_the_template_that_it_is_in() {
    for helm in Helm::both() {
        let args = ["--report=json=report.json"];
        helm.template(&helm.chart(SHOP), "pullcreds", args).run().expect(0);
        let report = helm.report("report.json");
        for part in ["images", "findings"] {
            let api = report[part]
                .as_array()
                .unwrap()
                .iter()
                .filter(|part| part["object"]["name"] == "api");
            let templates: Vec<_> = api.map(|part| &part["template"]).collect();
            assert!(!templates.is_empty());
            assert!(
                templates.iter().all(|template| *template == "demo/templates/api.yaml"),
                "{report}"
            );
        }
        assert!(helm.last().contains("[demo/templates/api.yaml in <stdin>:"), "{}", helm.last());
    }
}

#[test]
fn a_failure_is_found_behind_releases_that_passed() {
    for helm in Helm::both() {
        let chart = helm.chart(SHOP);
        helm.template(&chart, "pullcreds", ["--fail-on=error"]).run().expect(1);
        helm.template(&chart, "pullcreds", [INJECT]).run().expect(0);
        assert!(helm.last().contains("1 of 1 private images"));
        let failed = helm.pullcreds(["last", "--failed"]).run().expect(0);
        assert!(failed.out().contains("0 of 1 private images"), "{failed}");
    }
}

#[test]
fn warnings_do_not_mix_with_manifests() {
    for helm in Helm::both() {
        helm.cat();
        let chart = helm.chart(SHOP);
        let plain = helm.template(&chart, "plain", [""; 0]).run().expect(0);
        let checked =
            helm.template(&chart, "pullcreds", ["--report=human", "--diff=always"]).run().expect(0);
        assert_eq!(plain.out(), checked.out(), "{helm}");
        assert!(helm.last().contains("error[unknown-pull-secret]"), "{}", helm.last());
    }
}

#[test]
fn a_chart_that_renders_nothing_succeeds() {
    for helm in Helm::both() {
        let chart = helm.chart(NOTHING);
        let outcome =
            helm.template(&chart, "pullcreds", ["--report=json=report.json"]).run().expect(0);
        assert!(!outcome.out().contains(':'), "{outcome}");
        assert_eq!(codes(&helm.report("report.json")), ["empty-input"]);
    }
}

#[test]
fn helm4_needs_a_line_where_nothing_is_rendered() {
    let helm = Helm::four();
    helm.cat();
    let chart = helm.chart(NOTHING);
    let outcome = helm.template(&chart, "plain", [""; 0]).run().expect(1);
    assert!(outcome.err().contains("produced empty output"), "{outcome}");
    // Without Helm 4 there is no need for one.
    for name in [None, Some("another")] {
        let run = helm.pullcreds([""; 0]);
        let run = name.into_iter().fold(run, |run, name| run.env("HELM_PLUGIN_NAME", name));
        assert_eq!(run.run().expect(0).out(), "");
    }
}

#[test]
fn helm3_with_a_folder_of_output_sends_nothing_and_the_report_warns() {
    let helm = Helm::three();
    let run = helm.template(&helm.chart(SHOP), "pullcreds", [INJECT, "--report=json=report.json"]);
    run.args(["--output-dir", "out"]).run().expect(0);
    assert_eq!(codes(&helm.report("report.json")), ["empty-input"]);
    assert!(helm.last().contains("warning[empty-input]"), "{}", helm.last());
    assert!(helm.last().contains("--output-dir"), "{}", helm.last());
}

#[test]
fn helm4_with_a_folder_of_output_sends_everything() {
    let helm = Helm::four();
    let run = helm.template(&helm.chart(SHOP), "pullcreds", [INJECT, "--report=json=report.json"]);
    run.args(["--output-dir", "out"]).run().expect(0);
    assert_eq!(helm.report("report.json")["summary"]["injected"], 1);
}

#[test]
fn hooks_are_missed_where_helm3_may_be_at_work_only() {
    let said = |helm: &Helm, args: &[&str]| {
        helm.template(&helm.chart(SHOP), "pullcreds", args).run().expect(0);
        helm.last().contains("hooks-not-sent")
    };
    assert!(said(&Helm::three(), &[INJECT]));
    assert!(!said(&Helm::four(), &[INJECT]));
    let piped = |helm: &Helm, stream: &[u8]| {
        helm.pullcreds([""; 0]).stdin(stream).run().expect(0);
        helm.last().contains("hooks-not-sent")
    };
    for helm in Helm::both() {
        // `helm template … | pullcreds` has the hooks in it.
        let rendered = helm.helm(["template", "release"]).arg(assorted()).run().expect(0);
        assert!(!piped(&helm, &rendered.stdout), "{helm}");
        // A comment in someone's script is not from Helm.
        let script = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  run: |\n    # Source: x/templates/y.yaml\n";
        assert!(!piped(&helm, script));
    }
}

#[test]
fn the_namespace_of_a_release_is_not_known_unless_it_is_said() {
    for helm in Helm::both() {
        let chart = helm.chart(SHOP);
        let judged = |args: &[&str], variable: Option<&str>| {
            let run =
                helm.template(&chart, "pullcreds", [args, &["--report=json=report.json"]].concat());
            let run =
                variable.into_iter().fold(run, |run, name| run.env("PULLCREDS_NAMESPACE", name));
            run.args(["--namespace", "prod"]).run().expect(0);
            let report = helm.report("report.json");
            let namespace = report["images"][0]["object"]["namespace"].clone();
            let mut findings = report["findings"].as_array().unwrap().iter();
            let unknown =
                findings.find(|finding| finding["code"] == "unknown-pull-secret").unwrap();
            (namespace, unknown["remedy"].as_str().unwrap().to_owned())
        };
        let (namespace, remedy) = judged(&[], None);
        assert!(namespace.is_null(), "{helm}");
        assert!(remedy.contains("docker-registry regcred --namespace NAMESPACE"), "{remedy}");
        for (args, variable) in [(&["--namespace=prod"][..], None), (&[], Some("prod"))] {
            let (namespace, remedy) = judged(args, variable);
            assert_eq!(namespace, "prod", "{helm}");
            assert!(remedy.contains("docker-registry regcred --namespace prod"), "{remedy}");
        }
    }
}

#[test]
fn an_account_of_another_namespace_is_told_apart_once_the_namespace_is_said() {
    const ACCOUNT: (&str, &str) = (
        "templates/account.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: prod}\nimagePullSecrets: [{name: regcred}]\n",
    );
    for helm in Helm::both() {
        let chart = helm.chart([SHOP[0], ACCOUNT]);
        let found = |args: &[&str]| {
            let run =
                helm.template(&chart, "pullcreds", [args, &["--report=json=report.json"]].concat());
            run.args(["--namespace", "prod"]).run().expect(0);
            let report = helm.report("report.json");
            let assumed = codes(&report).contains(&"assumed-service-account");
            (report["images"][0]["verdict"].as_str().unwrap().to_owned(), assumed)
        };
        assert_eq!(found(&[]), ("declared".to_owned(), true), "{helm}");
        assert_eq!(found(&["--namespace=prod"]), ("declared".to_owned(), false), "{helm}");
        assert_eq!(found(&["--namespace=test"]), ("unknown".to_owned(), false), "{helm}");
    }
}

#[test]
fn secret_values_are_in_the_manifests_and_nowhere_else() {
    for helm in Helm::both() {
        let chart = helm.chart(SHOP);
        let told = |outcome: &Outcome| format!("{}{}", outcome.err(), helm.last());
        let mut said = String::new();
        for args in [
            &[INJECT, "--diff=always", "--report=human=told.txt"][..],
            &["--fail-on=warning", "--report=json=report.json", "--report=human"],
            &["--fail-on=never", "--no-such-flag"],
        ] {
            let outcome = helm.template(&chart, "pullcreds", args).run();
            let rendered = outcome.code == Some(0);
            assert_eq!(outcome.out().contains("hunter2-docker"), rendered, "{outcome}");
            said.push_str(&told(&outcome));
        }
        said.push_str(&helm.left_behind());
        for report in ["told.txt", "report.json"] {
            said.push_str(
                &String::from_utf8(crate::support::read(helm.work().join(report))).unwrap(),
            );
        }
        for hidden in HIDDEN {
            assert!(!said.contains(hidden), "{helm}: {hidden} is in\n{said}");
        }
    }
}

#[test]
fn releases_side_by_side_keep_a_report_each() {
    const RELEASES: usize = 12;
    for helm in Helm::both() {
        let chart = helm.chart(SHOP);
        std::fs::create_dir(helm.work().join("reports")).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..RELEASES {
                let run = helm.template(&chart, "pullcreds", [INJECT, "--report=json=reports"]);
                scope.spawn(|| run.run().expect(0));
            }
        });
        assert_eq!(crate::world::files(&helm.work().join("reports")).len(), RELEASES);
        let last = helm.pullcreds(["last", "-n", "99"]).run().expect(0);
        assert_eq!(last.out().matches("1 of 1 private images").count(), RELEASES, "{last}");
    }
}
