//! A kustomize with a home of its own and this program on its `PATH`.

#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Outcome, PULLCREDS, Run, tool};

/// What kustomize needs to run exec functions.
pub(crate) const FLAGS: [&str; 2] = ["--enable-alpha-plugins", "--enable-exec"];

/// A Docker configuration for `myregistry.azurecr.io`, with a password that is none.
pub(crate) const DOCKER_CONFIG: &str =
    r#"{"auths":{"myregistry.azurecr.io":{"username":"robot","password":"hunter2-of-the-robot"}}}"#;

/// A kustomize, and the folders that it builds.
pub(crate) struct Kustomize {
    home: TempDir,
}

impl Kustomize {
    /// One with an empty work folder.
    pub(crate) fn new() -> Self {
        let kustomize = Self { home: tempfile::tempdir().expect("a temporary folder") };
        for folder in ["bin", "work"] {
            fs::create_dir(kustomize.path(folder)).expect("a folder");
        }
        symlink(PULLCREDS, kustomize.path("bin/pullcreds")).expect("a link");
        kustomize
    }

    /// One whose work folder holds these files.
    pub(crate) fn with<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let kustomize = Self::new();
        for (name, text) in files {
            kustomize.write(name, text);
        }
        kustomize
    }

    fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.home.path().join(below)
    }

    /// Where a program on its `PATH` is, or may be put.
    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.path("bin").join(name)
    }

    /// A path in the work folder.
    pub(crate) fn work(&self, below: impl AsRef<Path>) -> PathBuf {
        self.path("work").join(below)
    }

    /// Writes a file of the work folder.
    pub(crate) fn write(&self, below: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work(below);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    /// The text of a file of the work folder.
    pub(crate) fn read(&self, below: impl AsRef<Path>) -> String {
        let path = self.work(below);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Makes a program on `PATH` from a script.
    pub(crate) fn script(&self, name: &str, script: &str) {
        let path = self.bin(name);
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}\n")).expect("a file");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be executed");
    }

    /// A program about to be run in the work folder.
    pub(crate) fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Run {
        Run::new(program).path_first(&self.path("bin")).in_folder(self.work(""))
    }

    /// `kustomize` with these arguments.
    pub(crate) fn kustomize(&self, args: &[&str]) -> Run {
        self.program(tool("PULLCREDS_KUSTOMIZE")).args(args)
    }

    /// Builds a folder of the work folder with exec functions.
    #[track_caller]
    pub(crate) fn build(&self, folder: &str) -> Outcome {
        self.kustomize(&["build", folder]).args(FLAGS).run()
    }
}

/// A transformer that is this program, with a `spec` of its policy.
pub(crate) fn function(spec: &str) -> String {
    transformer("exec: {path: pullcreds, args: [krm]}", spec)
}

/// A transformer that is started as `how` says.
pub(crate) fn transformer(how: &str, spec: &str) -> String {
    format!(
        "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata:\n  name: policy\n  annotations:\n    \
         config.kubernetes.io/function: |\n      {how}\nspec: {spec}\n"
    )
}

/// A policy that has the Secret `regcred` injected.
pub(crate) const INJECT: &str =
    "{registries: [{match: myregistry.azurecr.io, pullSecrets: [regcred]}]}";
/// A policy that fails the build.
pub(crate) const STRICT: &str = "{failOn: error}";

/// A Deployment with a private image, and more of its pod spec.
pub(crate) fn deployment(pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: \
         myregistry.azurecr.io/web:v1\n{pod}"
    )
}
