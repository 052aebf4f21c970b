//! How much of kustomize's time is spent in pullcreds. It is printed and not asserted: machines differ.

use std::time::Instant;

use crate::world::{INJECT, Kustomize, deployment, transformer};

const DEPLOYMENTS: usize = 3_000;

#[test]
fn k13_of_three_thousand_deployments_our_share_is_told() {
    let one = deployment("");
    let resources: Vec<_> = (0..DEPLOYMENTS)
        .map(|at| one.replacen("name: web", &format!("name: web-{at}"), 1))
        .collect();
    let kustomize = Kustomize::with([
        ("kustomization.yaml", "resources: [app.yaml]\ntransformers: [policy.yaml]\n"),
        ("app.yaml", &*resources.join("---\n")),
        ("policy.yaml", &transformer("exec: {path: timed}", INJECT)),
    ]);
    // What is ours is measured inside of the build.
    kustomize.script(
        "timed",
        "begun=$(date +%s%N); pullcreds krm --quiet; code=$?; echo $((($(date +%s%N) - begun) / 1000000)) >ours; exit $code",
    );
    let begun = Instant::now();
    let outcome = kustomize.build(".").expect(0);
    let whole = begun.elapsed().as_secs_f64();
    assert_eq!(outcome.out().matches("- name: regcred").count(), DEPLOYMENTS);
    let ours = kustomize.read("ours").trim().parse::<f64>().expect("milliseconds") / 1000.0;
    print_times(whole, ours);
}

#[allow(clippy::print_stdout, reason = "the times are what the test is for")]
fn print_times(whole: f64, ours: f64) {
    let share = 100.0 * ours / whole;
    println!(
        "{DEPLOYMENTS} Deployments: kustomize takes {whole:.2} s, {ours:.2} s of them in pullcreds ({share:.1} %)"
    );
}
