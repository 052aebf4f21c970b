//! Arguments on their way through Helm, and what becomes of wrong ones.

use crate::support::Outcome;
use crate::world::{Helm, Major, codes};

const API: (&str, &str) = (
    "templates/api.yaml",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec:\n  containers:\n  - {name: api, image: registry.example.com/shop/api:1}\n  \
     - {name: job, image: ghcr.io/acme/job:1}\n",
);

#[test]
fn arguments_may_be_repeated_and_written_in_both_ways() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        let args =
            ["--inject", "registry.example.com=one", "--inject=ghcr.io/acme=two", "--into=pod"];
        let outcome = helm.template(&chart, "pullcreds", args).run();
        // A value that begins with a dash is accepted by Helm only after an equals sign, or as a separate argument.
        let outcome = outcome.expect(0);
        assert!(outcome.out().contains("imagePullSecrets"), "{outcome}");
        for secret in ["one", "two"] {
            assert!(outcome.out().contains(&format!("name: {secret}")), "{outcome}");
        }
    }
}

#[test]
fn empty_arguments_say_nothing() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        let outcome =
            helm.template(&chart, "pullcreds", ["", "--inject=*=regcred", ""]).run().expect(0);
        assert!(outcome.out().contains("name: regcred"), "{outcome}");
        helm.template(&chart, "pullcreds", [""]).run().expect(0);
    }
}

#[test]
fn blanks_and_commas_and_dollars_arrive_as_they_are() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        for name in
            ["a report, with blanks.json", "$HOME.json", "${HELM_PLUGIN_DIR}.json", "*.json"]
        {
            let report = format!("--report=json={name}");
            helm.template(&chart, "pullcreds", [&report]).run().expect(0);
            assert_eq!(helm.report(name)["summary"]["privateImages"], 1, "{helm}: {name}");
        }
    }
}

#[test]
fn one_argument_is_not_a_list() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        let wrong = "--inject=registry.example.com=one,ghcr.io/acme=two";
        let outcome = helm.template(&chart, "pullcreds", [wrong]).run().expect(1);
        assert_eq!(outcome.out(), "");
        assert!(message(&helm, &outcome).contains("--inject"), "{outcome}");
    }
}

/// The message of a failure that a person can read: Helm 4 does not show it.
fn message(helm: &Helm, outcome: &Outcome) -> String {
    match helm.major {
        Major::Three => outcome.err().to_owned(),
        Major::Four => helm.last(),
    }
}

#[test]
fn a_wrong_flag_is_reported() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        // An earlier report must not be taken for that of the run that failed.
        helm.template(&chart, "pullcreds", [""; 0]).run().expect(0);
        let outcome = helm.template(&chart, "pullcreds", ["--fail-on=sometimes"]).run().expect(1);
        for text in [message(&helm, &outcome), helm.last()] {
            assert!(text.contains("--fail-on"), "{text}");
        }
        assert!(helm.last().contains("exit code 2"), "{}", helm.last());
    }
}

#[test]
fn a_mistake_in_the_policy_is_reported_with_its_line() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  registry: []\n";
        helm.write(helm.work().join("pullcreds.yaml"), policy);
        let outcome = helm.template(&chart, "pullcreds", [""; 0]).run().expect(1);
        assert_eq!(outcome.out(), "");
        for text in [message(&helm, &outcome), helm.last()] {
            assert!(text.contains("pullcreds.yaml:5:3"), "{text}");
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_fails_the_release() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        let outcome = helm
            .template(&chart, "pullcreds", ["--report=json=no/such/folder.json"])
            .run()
            .expect(1);
        assert_eq!(outcome.out(), "");
        assert!(
            message(&helm, &outcome).contains("cannot write the report no/such/folder.json"),
            "{outcome}"
        );
    }
}

#[test]
fn variables_stand_in_for_arguments() {
    for helm in Helm::both() {
        let chart = helm.chart([API]);
        let run = helm.template(&chart, "pullcreds", [""; 0]);
        let run = run.env("PULLCREDS_INJECT", "registry.example.com=one\nghcr.io/acme=two");
        run.env("PULLCREDS_REPORT", "json=report.json").run().expect(0);
        let report = helm.report("report.json");
        assert_eq!(report["edits"][0]["added"], serde_json::json!(["one", "two"]));
        assert!(!codes(&report).contains(&"unknown-pull-secret"));
    }
}
