//! The documents: the README of the example is run, command by command, and what `docs/helm.md` shows works.

use std::path::Path;

use crate::support::{Outcome, read};
use crate::world::{Helm, Major, files};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/helm");

/// A block of the README between fences: what it says that it is, and its text.
struct Block {
    kind: String,
    text: String,
}

fn blocks(document: &Path) -> Vec<Block> {
    let text = String::from_utf8(read(document)).expect("it is UTF-8");
    let fenced = text.split("```").skip(1).step_by(2);
    let block =
        |text: &str| text.split_once('\n').map(|(kind, text)| (kind.to_owned(), text.to_owned()));
    fenced.filter_map(block).map(|(kind, text)| Block { kind, text }).collect()
}

/// Copies the example to where `helm` runs.
fn copy(helm: &Helm) {
    for name in files(Path::new(EXAMPLE)) {
        helm.write(helm.work().join(&name), read(Path::new(EXAMPLE).join(name)));
    }
}

#[test]
fn the_readme_says_what_happens() {
    for helm in Helm::both() {
        copy(&helm);
        let mut ran: Option<Outcome> = None;
        let mut commands = 0;
        let mut shown = 0;
        for Block { kind, text } in blocks(&Path::new(EXAMPLE).join("README.md")) {
            let wanted = match kind.as_str() {
                "sh" => {
                    commands += 1;
                    let run = helm.program("bash").args(["-euo", "pipefail", "-c"]).arg(&text);
                    ran = Some(run.run().expect(0));
                    continue;
                }
                "text" => true,
                "text helm3" => helm.major == Major::Three,
                "text helm4" => helm.major == Major::Four,
                other => panic!("what is a block of {other:?}?"),
            };
            let outcome = ran.as_ref().expect("a command is above its output");
            let said = format!("{}{}", outcome.out(), outcome.err());
            for line in text.lines().filter(|_| wanted) {
                shown += 1;
                let line = line.trim();
                assert!(said.lines().any(|said| said.contains(line)), "{helm}: {line}\n{outcome}");
            }
        }
        assert!(commands >= 6 && shown >= 10, "{commands} commands, {shown} lines");
    }
}

#[test]
fn every_private_image_of_the_example_is_configured_in_helm4() {
    let helm = Helm::four();
    copy(&helm);
    let run = helm.template(Path::new("shop"), "pullcreds", [""; 0]);
    let outcome = run.run().expect(0);
    let found = crate::world::pull_secrets(&helm, &outcome.stdout);
    let expected = [
        "CronJob/worker ghcr.io/acme/worker:7 ghcr-acme",
        "Deployment/api myregistry.azurecr.io/shop/api:2.3 regcred",
        "Deployment/api registry.k8s.io/pause:3.10 regcred",
        "Job/migrate myregistry.azurecr.io/shop/api:2.3 regcred",
        "Pod/smoke myregistry.azurecr.io/shop/api-smoke:2.3 regcred",
    ];
    assert_eq!(found, expected);
}

/// The text of the only block of a kind in `docs/helm.md`.
fn shown(kind: &str) -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/helm.md");
    let mut found: Vec<_> =
        blocks(&document).into_iter().filter(|block| block.kind == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    found.remove(0).text
}

#[test]
fn the_policy_of_the_guide_is_one() {
    for helm in Helm::both() {
        copy(&helm);
        helm.write(helm.work().join("pullcreds.yaml"), shown("yaml"));
        let outcome = helm.template(Path::new("shop"), "pullcreds", [""; 0]).run().expect(0);
        assert!(outcome.out().contains("- name: regcred"), "{outcome}");
    }
}

#[test]
fn the_chain_of_the_guide_works() {
    for helm in Helm::both() {
        copy(&helm);
        helm.renderer("another-renderer", "exec cat");
        // It is in a list.
        let script = shown("bash").replace("\n  ", "\n");
        let script = helm.write("chain.sh", script.trim_start());
        helm.renderer("chain", &format!("exec bash '{}' \"$@\"", script.display()));
        let rendered = |args: &[&str], chart: &Path| helm.template(chart, "chain", args).run();
        let [ours, both] = ["pullcreds", "chain"].map(|renderer| {
            let run = helm.template(Path::new("shop"), renderer, ["--into=pod"]);
            run.run().expect(0).out().replace("#\n", "")
        });
        assert_eq!(ours, both, "{helm}");
        rendered(&["--into=none", "--fail-on=error"], Path::new("shop")).expect(1);
        rendered(&[], &helm.chart([("templates/none.yaml", "{{/* nothing */}}\n")])).expect(0);
    }
}
