//! How much of Helm's time is spent in pullcreds. It is printed and not asserted: machines differ.

use std::time::{Duration, Instant};

use crate::world::Helm;

const DEPLOYMENTS: usize = 3_000;
const INJECT: [&str; 2] = ["--inject=registry.example.com/shop=regcred", "--into=pod"];

#[test]
fn of_three_thousand_deployments_our_share_is_told() {
    let template = format!(
        "{{{{- range $i := until {DEPLOYMENTS} }}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api-{{{{ $i }}}}\n  \
         labels: {{app: api-{{{{ $i }}}}}}\nspec:\n  selector:\n    matchLabels: {{app: api-{{{{ $i }}}}}}\n  template:\n    metadata:\n      \
         labels: {{app: api-{{{{ $i }}}}}}\n    spec:\n      containers:\n      - name: api\n        image: \
         registry.example.com/shop/api:1\n        ports:\n        - containerPort: 8080\n          name: http\n        env:\n        \
         - {{name: LOG_LEVEL, value: info}}\n        resources:\n          requests: {{cpu: 100m, memory: 128Mi}}\n{{{{- end }}}}\n"
    );
    for helm in Helm::both() {
        helm.cat();
        helm.spy();
        let chart = helm.chart([("templates/api.yaml", &*template)]);
        let timed = |renderer: &str| {
            let run = helm.template(&chart, renderer, INJECT);
            let begun = Instant::now();
            let outcome = run.run().expect(0);
            let entries = outcome.out().matches("- name: regcred").count();
            assert_eq!(entries, if renderer == "plain" { 0 } else { DEPLOYMENTS });
            begun.elapsed()
        };
        let (plain, injected) = (timed("plain"), timed("pullcreds"));
        timed("spy");
        let alone = helm.pullcreds(INJECT).stdin(helm.spied().0);
        let begun = Instant::now();
        alone.run().expect(0);
        print_times(&helm, plain, injected, begun.elapsed());
    }
}

#[allow(clippy::print_stdout, reason = "the times are what the test is for")]
fn print_times(helm: &Helm, plain: Duration, injected: Duration, alone: Duration) {
    let share = 100.0 * alone.as_secs_f64() / injected.as_secs_f64();
    println!(
        "{DEPLOYMENTS} Deployments, Helm {helm}: {:.2} s with cat, {:.2} s with pullcreds, which takes {:.2} s by itself \
         ({share:.1} %)",
        plain.as_secs_f64(),
        injected.as_secs_f64(),
        alone.as_secs_f64()
    );
}
