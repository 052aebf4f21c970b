//! YAML streams as data, read by two loaders that have nothing in common with the program:
//! `PyYAML`, and sigs.k8s.io/yaml as kubectl, Helm and Argo CD use it.

use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Run, tool};

/// A loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oracle {
    PyYaml,
    Go,
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PyYaml => "PyYAML",
            Self::Go => "sigs.k8s.io/yaml",
        })
    }
}

/// The documents of a stream, or why the loader refuses it.
pub(crate) type Documents = Result<Vec<Value>, String>;

impl Oracle {
    pub(crate) const ALL: [Self; 2] = [Self::PyYaml, Self::Go];

    /// Loads many files in one process, in their order.
    #[track_caller]
    pub(crate) fn load(self, files: &[PathBuf]) -> Vec<Documents> {
        let names = files.iter().map(|file| file.as_os_str().as_bytes());
        let run = match self {
            Self::PyYaml => Run::new(tool("PULLCREDS_PYTHON"))
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/load.py")),
            Self::Go => Run::new(tool("PULLCREDS_GO_ORACLE")),
        };
        let outcome = run.stdin(names.collect::<Vec<_>>().join(&0)).run().expect(0);
        let loaded: Vec<Documents> = outcome.out().lines().map(documents).collect();
        assert_eq!(loaded.len(), files.len(), "{self} answers once for each file");
        loaded
    }
}

fn documents(line: &str) -> Documents {
    let mut answer: Value = serde_json::from_str(line).expect("a loader answers in JSON");
    match answer["documents"].take() {
        Value::Array(documents) => Ok(documents),
        _ => Err(answer["error"].as_str().expect("documents or an error").to_owned()),
    }
}
