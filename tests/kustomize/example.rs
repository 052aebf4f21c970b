//! The documents: the README of the example is run, command by command, and its output is the one that is kept.

use std::path::Path;

use crate::support::{Outcome, read, tool};
use crate::world::Kustomize;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/kustomize");
const FILES: &[&str] = &[
    "base/kustomization.yaml",
    "base/report.yaml",
    "base/web.yaml",
    "expected.yaml",
    "production/kustomization.yaml",
    "production/pullcreds.yaml",
    "production/registry.json",
];

fn example() -> Kustomize {
    let kustomize = Kustomize::new();
    for name in FILES {
        kustomize.write(name, read(Path::new(EXAMPLE).join(name)));
    }
    std::os::unix::fs::symlink(tool("PULLCREDS_KUSTOMIZE"), kustomize.bin("kustomize"))
        .expect("a link");
    kustomize
}

/// The blocks between fences of a document: what each says that it is, and its text.
fn blocks(document: &str) -> impl Iterator<Item = (&str, &str)> {
    let fenced = document.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a block has lines"))
}

/// The first block of `docs/kustomize.md` with this text in it.
fn shown(text: &str) -> String {
    let guide = read(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/kustomize.md"));
    let guide = String::from_utf8(guide).expect("it is UTF-8");
    let found = blocks(&guide).find(|(_, block)| block.contains(text));
    found.unwrap_or_else(|| panic!("the guide has no block with {text}")).1.to_owned()
}

#[test]
fn the_readme_says_what_happens() {
    let kustomize = example();
    let text = String::from_utf8(read(Path::new(EXAMPLE).join("README.md"))).expect("it is UTF-8");
    let mut ran: Option<Outcome> = None;
    let (mut commands, mut shown) = (0, 0);
    for (kind, text) in blocks(&text) {
        match kind {
            "sh" => {
                commands += 1;
                ran = Some(
                    kustomize
                        .program("bash")
                        .args(["-euo", "pipefail", "-c", text])
                        .run()
                        .expect(0),
                );
            }
            "text" => {
                let outcome = ran.as_ref().expect("a command is above its output");
                let said = format!("{}{}", outcome.out(), outcome.err());
                for line in text.lines() {
                    shown += 1;
                    assert!(said.contains(line), "{line}\n{outcome}");
                }
            }
            other => panic!("what is a block of {other:?}?"),
        }
    }
    assert!(commands >= 4 && shown >= 6, "{commands} commands, {shown} lines");
}

#[test]
fn the_output_of_the_example_is_the_one_that_is_kept() {
    let kustomize = example();
    let outcome = kustomize.build("production").expect(0);
    assert_eq!(outcome.out(), kustomize.read("expected.yaml"));
}

#[test]
fn the_policy_of_the_guide_is_one() {
    let kustomize = example();
    kustomize.write("production/pullcreds.yaml", shown("kind: PullCredentialPolicy"));
    let outcome = kustomize.build("production").expect(0);
    let stamp = "  annotations:\n    pullcreds.dev/checked: v1\n";
    assert_eq!(outcome.out(), kustomize.read("expected.yaml").replace(stamp, ""));
    let text = kustomize.read("production/kustomization.yaml");
    let validators = text.replace("transformers", "validators");
    kustomize.write("production/kustomization.yaml", validators);
    let emit = shown("only under validators:").replace("spec:\n", "");
    let policy = shown("kind: PullCredentialPolicy").replace("  failOn: error\n", &emit);
    kustomize.write("production/pullcreds.yaml", policy);
    let outcome = kustomize.build("production").expect(1);
    assert!(outcome.err().contains("error[missing-pull-secret]"), "{outcome}");
}

#[test]
fn the_plugin_of_the_guide_is_found_by_kubectl() {
    let kustomize = example();
    let annotated = kustomize.read("production/pullcreds.yaml");
    let (head, spec) = annotated.split_once("  annotations:\n").expect("it has annotations");
    let (_, spec) = spec.split_once("\nspec:").expect("it has a spec");
    kustomize.write("overlays/production/pullcreds.yaml", format!("{head}spec:{spec}"));
    for name in ["kustomization.yaml", "registry.json"] {
        let text = kustomize.read(Path::new("production").join(name));
        kustomize.write(
            Path::new("overlays/production").join(name),
            text.replace("../base", "../../base"),
        );
    }
    std::os::unix::fs::symlink(tool("PULLCREDS_KUBECTL"), kustomize.bin("kubectl"))
        .expect("a link");
    let commands = shown("/PullCredentialPolicy\"");
    let outcome =
        kustomize.program("bash").args(["-euo", "pipefail", "-c", &commands]).run().expect(0);
    assert_eq!(outcome.out(), kustomize.read("expected.yaml"));
}
