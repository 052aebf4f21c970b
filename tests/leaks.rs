//! Inputs that hold credentials, at every output of the program.
//!
//! Nothing is asserted here but the exit code: `Run::run` searches whatever a run leaves behind for the secrets of
//! `testdata/fixture-secrets.txt`.
#[path = "support/support.rs"]
mod support;

use support::pullcreds;

#[test]
fn a_secret_that_the_kubelet_refuses() {
    let input = "apiVersion: v1\nkind: Secret\nmetadata: {name: regcred}\ntype: kubernetes.io/dockerconfigjson\n\
                 stringData:\n  .dockerconfigjson: '{\"auths\":{\"ghcr.io\":{\"auth\":\"hunter2hunter2\"}}}'\n";
    for args in [&["check"][..], &["check", "--format", "json"], &[]] {
        let outcome = pullcreds(args).stdin(input).run();
        assert!(!outcome.stdout.is_empty(), "{outcome}");
    }
}
