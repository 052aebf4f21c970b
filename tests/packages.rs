//! What is published with a release, and what pipelines take from the repository.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment and files")]

#[path = "packages/archives.rs"]
mod archives;
#[path = "packages/pipelines.rs"]
mod pipelines;
#[path = "support/support.rs"]
mod support;

use std::path::{Path, PathBuf};

use support::{PULLCREDS, Run};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(path: impl AsRef<Path>) -> String {
    String::from_utf8(support::read(path)).expect("it is UTF-8")
}

/// A script of the repository, with `pullcreds` on `PATH`.
fn script(name: &str) -> Run {
    let folder = Path::new(PULLCREDS).parent().expect("it is in a folder");
    Run::new("bash").arg(root(name)).path_first(folder).env("SOURCE_DATE_EPOCH", "1794744000")
}
