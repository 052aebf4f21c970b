//! The examples that the control gives (`testdata/cases/seed-*`), as charts: what Helm renders is the input of the
//! case, and pullcreds says the same as Helm's post-renderer.

use std::path::PathBuf;

use crate::case::{self, Case};
use crate::support::{Run, read};
use crate::world::Helm;

/// The name that the cases give the chart.
const CHART: &str = "shop";

#[test]
fn the_seed_cases_are_what_a_chart_renders() {
    let seeds: Vec<_> = seeds().collect();
    assert!(seeds.len() > 5, "there are a few");
    for case in seeds {
        for helm in Helm::both() {
            let chart = chart(&helm, &case);
            let rendered = helm.helm(["template", CHART]).arg(&chart).run().expect(0);
            assert_eq!(rendered.out(), input(&case), "{}, {helm}", case.name);
        }
    }
}

#[test]
fn the_sentence_of_a_seed_is_the_same_behind_helm() {
    for case in seeds() {
        for helm in Helm::both() {
            let chart = chart(&helm, &case);
            for (name, bytes) in case::files(&case.folder.join("files")) {
                helm.write(helm.work().join(name), bytes);
            }
            let run = helm
                .template(&chart, "pullcreds", arguments(&case))
                .env("SOURCE_DATE_EPOCH", case::NOW);
            run.run().expect(case.exit);
            let report = helm.report("report.json");
            let alone = alone(&helm, &case).run().json();
            assert_eq!(report["summary"], alone["summary"], "{}, {helm}", case.name);
            let last = helm.last();
            let sentence = report["summary"]["text"].as_str().expect("a sentence");
            assert!(last.contains(sentence), "{}, {helm}: {last}", case.name);
        }
    }
}

fn seeds() -> impl Iterator<Item = Case> {
    case::all().into_iter().filter(|case| case.name.starts_with("seed-"))
}

fn input(case: &Case) -> String {
    let input = case.file("stdin").expect("a seed has an input");
    String::from_utf8(read(input)).expect("manifests are UTF-8")
}

/// A chart with a template for each document of the input.
fn chart(helm: &Helm, case: &Case) -> PathBuf {
    let chart = helm.work().join(CHART);
    helm.write(
        chart.join("Chart.yaml"),
        format!("apiVersion: v2\nname: {CHART}\nversion: 0.1.0\n"),
    );
    for document in input(case).split("---\n# Source: ").skip(1) {
        let (name, text) = document.split_once('\n').expect("a line with the name");
        helm.write(helm.work().join(name), text.trim_end());
    }
    chart
}

/// What the case says to `check`, for the filter, whose threshold has to be said.
fn arguments(case: &Case) -> Vec<String> {
    let words = case::words(case.command());
    let words = words.into_iter().skip(2).filter(|word| word != "--format" && word != "json");
    let mut arguments: Vec<_> = words.collect();
    if !arguments.iter().any(|word| word == "--fail-on") {
        arguments.push("--fail-on=error".to_owned());
    }
    arguments.push("--report=json=report.json".to_owned());
    arguments
}

/// `check` without Helm.
fn alone(helm: &Helm, case: &Case) -> Run {
    let words = case::words(case.command())
        .into_iter()
        .skip(1)
        .filter(|word| word != "--format" && word != "json");
    let run = helm.pullcreds(words).args(["--format", "json"]).env("SOURCE_DATE_EPOCH", case::NOW);
    run.stdin(input(case))
}
