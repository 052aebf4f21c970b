//! Whatever pullcreds has no business with is as if it had not run.

use std::path::PathBuf;

use crate::support::read;
use crate::world::{Helm, assorted, files};

/// What `helm template` can be asked for besides.
const REQUESTS: &[&[&str]] = &[
    &[],
    &["--include-crds"],
    &["--show-only", "templates/scalars.yaml"],
    &["--skip-tests"],
    &["--no-hooks"],
    &["--namespace", "prod"],
];

#[test]
fn without_anything_to_inject_the_output_is_that_of_cat() {
    for helm in Helm::both() {
        helm.cat();
        for request in REQUESTS {
            let rendered = |renderer| {
                let run = helm.template(&assorted(), renderer, [""; 0]).args(*request);
                run.run().expect(0).stdout
            };
            let plain = rendered("plain");
            assert!(!plain.is_empty());
            assert!(plain == rendered("pullcreds"), "{helm} {request:?}");
        }
    }
}

#[test]
fn helm3_gets_back_the_bytes_that_it_sent() {
    let helm = Helm::three();
    helm.spy();
    helm.template(&assorted(), "spy", [""; 0]).arg("--include-crds").run().expect(0);
    let (before, after) = helm.spied();
    assert!(before == after);
    // What made it worth a test is there.
    let text = String::from_utf8(before).unwrap();
    for part in [
        "# Source: assorted/crds/frobnicators.yaml\n",
        "# Source: assorted/templates/crlf.yaml\n# endings of Windows\r\n",
        "# Source: assorted/templates/two-markers.yaml\n---\napiVersion",
        "# Source: assorted/templates/comment-only.yaml\n# only a comment\n",
        "# Source: assorted/templates/object.json\n{\"apiVersion\"",
        "kind: List\n",
        "kind: ConfigMapList\n",
        "&shared",
    ] {
        assert!(text.contains(part), "{part:?} is not in what Helm sends:\n{text}");
    }
}

#[test]
fn helm4_gets_back_the_bytes_that_it_sent() {
    let helm = Helm::four();
    helm.spy();
    helm.template(&assorted(), "spy", [""; 0]).run().expect(0);
    let (before, after) = helm.spied();
    assert!(before == after);
    let text = String::from_utf8(before).unwrap();
    for part in
        ["postrenderer.helm.sh/postrender-filename", "helm.sh/hook: test", "{\"apiVersion\""]
    {
        assert!(text.contains(part), "{part:?} is not in what Helm sends:\n{text}");
    }
}

#[test]
fn a_stream_with_definitions_is_read_in_helm3() {
    let helm = Helm::three();
    let run = helm.template(
        &assorted(),
        "pullcreds",
        ["--inject=*=regcred", "--report=json=report.json"],
    );
    let outcome = run.arg("--include-crds").run().expect(0);
    assert!(outcome.out().starts_with("---\n# Source: assorted/crds/frobnicators.yaml\n"));
    assert_eq!(helm.report("report.json")["summary"]["status"], "skip");
}

#[test]
fn scalars_are_as_their_template_wrote_them() {
    for helm in Helm::both() {
        let run = helm.template(&assorted(), "pullcreds", ["--inject=*=regcred", "--into=pod"]);
        let outcome = run.run().expect(0);
        for line in [
            "  bare: yes\n",
            "  quoted: \"yes\"\n",
            "  octal: 0o17\n",
            "  old-octal: 017\n",
            "  float: 1.10\n",
            "  exponent: 1e3\n",
            "  integer: 12345678901234567890123\n",
            "  markers: |\n    ---\n    # Source: not/a/source.yaml\n    ---\n    kind: Secret\n    ...\n",
        ] {
            assert!(outcome.out().contains(line), "{helm}: {line:?}\n{outcome}");
        }
    }
}

#[test]
fn duplicates_and_unknown_kinds_pass() {
    for helm in Helm::both() {
        let run = helm.template(&assorted(), "pullcreds", ["--inject=*=regcred", "--into=pod"]);
        let outcome = run.run().expect(0);
        let times = |text: &str| outcome.out().matches(text).count();
        assert_eq!(times("  name: twice\n"), 2, "{helm}");
        assert_eq!(times("  replicas: "), 2, "{helm}");
        assert_eq!(times("terminationGracePeriodSeconds"), 2, "{helm}");
        assert_eq!(times("kind: Frobnicator\n"), 1, "{helm}");
        assert_eq!(times("      containers: not-a-list\n"), 1, "{helm}");
    }
}

#[test]
fn a_folder_of_output_is_laid_out_as_ever_in_helm4() {
    let helm = Helm::four();
    let written = |renderer: &str| -> Vec<(PathBuf, String)> {
        let folder = helm.path(renderer);
        let run = helm.template(&assorted(), renderer, ["--inject=*=regcred", "--into=pod"]);
        run.arg("--output-dir").arg(&folder).run().expect(0);
        let text = |name: &PathBuf| String::from_utf8(read(folder.join(name))).unwrap();
        files(&folder).into_iter().map(|name| (name.clone(), text(&name))).collect()
    };
    helm.cat();
    let (plain, injected) = (written("plain"), written("pullcreds"));
    let names = |written: &[(PathBuf, String)]| -> Vec<PathBuf> {
        written.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&plain), names(&injected));
    let changed = plain.iter().zip(&injected).filter(|(plain, injected)| plain != injected);
    let changed: Vec<_> = changed.map(|((name, _), _)| name.display().to_string()).collect();
    let expected = [
        "anchors.yaml",
        "duplicates.yaml",
        "hook.yaml",
        "list.yaml",
        "tests/test.yaml",
        "typed-list.yaml",
    ];
    let expected = expected.map(|name| format!("assorted/templates/{name}"));
    assert_eq!(changed, expected);
}
