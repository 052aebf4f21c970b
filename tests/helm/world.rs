//! A Helm of either major with everything of its own: home, plugins, caches, release store and programs on
//! `PATH`, so that tests run in parallel and leave no files.

#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PULLCREDS, Run, read, tool};

/// A template with a private image.
pub(crate) const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  \
    selector:\n    matchLabels: {app: api}\n  template:\n    metadata:\n      labels: {app: api}\n    spec:\n      \
    containers:\n      - name: api\n        image: registry.example.com/shop/api:1\n";
/// The name of the chart that a test writes, and the name it gives the release.
pub(crate) const CHART: &str = "demo";
pub(crate) const RELEASE: &str = "release";
/// The plugin of the repository.
const PLUGIN: &str = include_str!("../../plugin.yaml");

/// A major version of Helm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Major {
    Three,
    Four,
}

/// A Helm with a home of its own. Helm 3 finds `pullcreds` on `PATH`; Helm 4 has the plugin as well.
pub(crate) struct Helm {
    pub(crate) major: Major,
    home: TempDir,
}

impl fmt::Display for Helm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.major {
            Major::Three => "3",
            Major::Four => "4",
        })
    }
}

impl Helm {
    /// A Helm of either major.
    pub(crate) fn both() -> [Self; 2] {
        [Self::three(), Self::four()]
    }

    /// Helm 3.
    pub(crate) fn three() -> Self {
        Self::bare(Major::Three)
    }

    /// Helm 4 with the plugin.
    pub(crate) fn four() -> Self {
        let helm = Self::bare(Major::Four);
        helm.plugin("pullcreds", PLUGIN);
        helm
    }

    /// A Helm that knows nothing of this plugin; `pullcreds` is on its `PATH`.
    pub(crate) fn bare(major: Major) -> Self {
        let helm = Self { major, home: tempfile::tempdir().expect("a temporary folder") };
        let program = match major {
            Major::Three => tool("PULLCREDS_HELM3"),
            Major::Four => tool("PULLCREDS_HELM4"),
        };
        for folder in ["bin", "work", "state"] {
            fs::create_dir(helm.path(folder)).expect("a folder");
        }
        symlink(program, helm.path("bin/helm")).expect("a link");
        symlink(PULLCREDS, helm.path("bin/pullcreds")).expect("a link");
        // The memory driver wants a file of releases.
        helm.write("releases.yaml", "[]\n");
        helm
    }

    /// A path below its home.
    pub(crate) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.home.path().join(below)
    }

    /// The folder it runs in.
    pub(crate) fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// The folder of its plugins.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.path("data/plugins")
    }

    /// Writes a file below its home.
    pub(crate) fn write(&self, below: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    /// Puts a plugin where Helm finds it.
    pub(crate) fn plugin(&self, name: &str, definition: &str) {
        self.write(self.plugins().join(name).join("plugin.yaml"), definition);
    }

    /// Makes a post-renderer from a shell script: a program on `PATH`, and a plugin around it for Helm 4.
    pub(crate) fn renderer(&self, name: &str, script: &str) {
        let program = self.write(format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(program, fs::Permissions::from_mode(0o755))
            .expect("it can be executed");
        if self.major == Major::Four {
            self.plugin(name, &definition(name));
        }
    }

    /// A post-renderer that changes nothing.
    pub(crate) fn cat(&self) {
        self.renderer("plain", "exec cat");
    }

    /// A post-renderer `spy`: this program, with what goes in and comes out kept in files.
    pub(crate) fn spy(&self) {
        let (before, after) = (self.path("spy.in"), self.path("spy.out"));
        self.renderer(
            "spy",
            &format!("tee '{}' | pullcreds \"$@\" | tee '{}'", before.display(), after.display()),
        );
    }

    /// What went into `spy` and what came out.
    pub(crate) fn spied(&self) -> (Vec<u8>, Vec<u8>) {
        (read(self.path("spy.in")), read(self.path("spy.out")))
    }

    /// Writes a chart from the names and texts of its files; `Chart.yaml` comes by itself.
    pub(crate) fn chart<'f>(&self, files: impl IntoIterator<Item = (&'f str, &'f str)>) -> PathBuf {
        let chart = self.work().join(CHART);
        self.write(
            chart.join("Chart.yaml"),
            format!("apiVersion: v2\nname: {CHART}\nversion: 0.1.0\n"),
        );
        for (name, text) in files {
            self.write(chart.join(name), text);
        }
        chart
    }

    /// A program in this Helm's environment.
    pub(crate) fn program(&self, name: impl AsRef<OsStr>) -> Run {
        Run::new(name)
            .path_first(&self.path("bin"))
            .env("HOME", self.path(""))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("HELM_DATA_HOME", self.path("data"))
            .env("HELM_CONFIG_HOME", self.path("config"))
            .env("HELM_CACHE_HOME", self.path("cache"))
            .env("HELM_DRIVER", "memory")
            .env("HELM_MEMORY_DRIVER_DATA", self.path("releases.yaml"))
            .in_folder(self.work())
    }

    /// `helm` with these arguments.
    pub(crate) fn helm<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.program(self.path("bin/helm")).args(args)
    }

    /// `helm template` of a chart through a post-renderer with its arguments.
    pub(crate) fn template<S: AsRef<OsStr>>(
        &self,
        chart: &Path,
        renderer: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Run {
        let run = self.helm(["template", RELEASE]).arg(chart).args(["--post-renderer", renderer]);
        args.into_iter().fold(run, |run, arg| run.arg("--post-renderer-args").arg(arg))
    }

    /// `pullcreds` in this Helm's environment, outside of Helm.
    pub(crate) fn pullcreds<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.program(PULLCREDS).args(args)
    }

    /// What `pullcreds last` prints.
    pub(crate) fn last(&self) -> String {
        self.pullcreds(["last"]).run().expect(0).out().to_owned()
    }

    /// A report that a run left below the working folder.
    pub(crate) fn report(&self, name: &str) -> Value {
        let text = read(self.work().join(name));
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Everything that runs have left: the reports that `pullcreds last` prints from.
    pub(crate) fn left_behind(&self) -> String {
        let mut left = String::new();
        for entry in files(&self.path("state")) {
            left.push_str(&String::from_utf8_lossy(&read(self.path("state").join(entry))));
        }
        left
    }
}

/// A Helm 4 plugin around a program on `PATH`.
fn definition(name: &str) -> String {
    format!(
        "apiVersion: v1\ntype: postrenderer/v1\nname: {name}\nversion: 0.0.0\nruntime: subprocess\n\
         runtimeConfig:\n  platformCommand:\n  - command: {name}\n"
    )
}

/// A chart of the repository.
pub(crate) fn assorted() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/helm/assorted")
}

/// The files below a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in
            fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()))
        {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("it is below").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The pull secrets of every image in rendered manifests, as `KIND/NAME IMAGE SECRETS`, in order.
pub(crate) fn pull_secrets(helm: &Helm, manifests: &[u8]) -> Vec<String> {
    let outcome =
        helm.pullcreds(["check", "--format", "json", "--fail-on", "never"]).stdin(manifests).run();
    let report = outcome.expect(0).json();
    let images = report["images"].as_array().expect("a list of images");
    let mut lines: Vec<_> = images
        .iter()
        .map(|image| {
            let object = &image["object"];
            let names = image["pullSecrets"].as_array().expect("a list of names");
            let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{}/{} {} {}",
                text(&object["kind"]),
                text(&object["name"]),
                text(&image["image"]),
                names.join(",")
            )
        })
        .collect();
    lines.sort();
    lines
}

/// The codes of the findings in a report.
pub(crate) fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("a list of findings");
    findings.iter().filter_map(|finding| finding["code"].as_str()).collect()
}
