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

#[test]
fn the_readme_says_what_happens() {
    let kustomize = example();
    let text = String::from_utf8(read(Path::new(EXAMPLE).join("README.md"))).expect("it is UTF-8");
    let mut ran: Option<Outcome> = None;
    let (mut commands, mut shown) = (0, 0);
    for block in text.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').expect("a block has lines");
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
                let outcome = ran.as_ref().expect("a command stands above what it says");
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
