//! The root file system of an image, put together from the last stage of its Containerfile, and programs run in it:
//! as its user, read-only, without a home, and without a shell.
//!
//! The stages before are not built: what they make is at hand.

#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{read, tool};

/// What a script does before it goes into the root file system `$1`: whatever is mounted is seen by its children only.
const ENTER: &str = r#"
root=$1 app=$2 proc=$3; shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind /dev/null "$root/dev/null"
[ "$proc" = no ] || mount --bind /proc "$root/proc"
if [ -n "$app" ]; then
    mkdir -p "$root/tmp/_cmp_server/0f9c/shop"
    mount --bind "$app" "$root/tmp/_cmp_server/0f9c/shop"
fi
exec "$@"
"#;

/// An image.
pub(crate) struct Image {
    root: TempDir,
    env: BTreeMap<String, String>,
    user: (u32, u32),
    pub(crate) entrypoint: Vec<String>,
}

/// Where a program runs in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proc {
    /// As in a container.
    Mounted,
    /// Where the system says nothing of processes.
    Missing,
}

impl Image {
    /// The image of a Containerfile of this repository.
    pub(crate) fn of(containerfile: &str) -> Self {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = String::from_utf8(read(checkout.join(containerfile))).expect("it is UTF-8");
        let (stages, last) =
            text.rsplit_once("FROM scratch\n").expect("the last stage begins with nothing");
        let mut image = Self {
            root: tempfile::tempdir().unwrap(),
            env: BTreeMap::new(),
            user: (0, 0),
            entrypoint: Vec::new(),
        };
        // Where the runtime of containers mounts something.
        for folder in ["dev", "proc", "tmp", "etc/pullcreds"] {
            fs::create_dir_all(image.root.path().join(folder)).unwrap();
        }
        fs::write(image.root.path().join("dev/null"), "").unwrap();
        fs::set_permissions(image.root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for line in last.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (instruction, rest) = line.split_once(' ').expect("an instruction has a value");
            match instruction {
                "COPY" => image.copy(checkout, stages, rest),
                "ENV" => image.env.extend(rest.split(' ').map(|pair| {
                    let (name, value) = pair.split_once('=').expect("a variable has a value");
                    (name.to_owned(), value.to_owned())
                })),
                "USER" => {
                    let (user, group) = rest.split_once(':').expect("a user has a group");
                    image.user = (user.parse().unwrap(), group.parse().unwrap());
                }
                "ENTRYPOINT" => {
                    image.entrypoint = serde_json::from_str(rest).expect("no shell form");
                }
                other => panic!("what does {other} do?"),
            }
        }
        image
    }

    /// `COPY [--from=STAGE] FROM TO`.
    fn copy(&mut self, checkout: &Path, stages: &str, rest: &str) {
        let words: Vec<_> = rest.split(' ').collect();
        let (from, to) = match words[..] {
            [stage, from, to] => {
                let stage = stage.strip_prefix("--from=").expect("three words name a stage");
                assert!(stages.contains(&format!(" AS {stage}\n")), "there is no stage {stage}");
                (made(stage, from), to)
            }
            [from, to] => (Some(checkout.join(from)), to),
            _ => panic!("what does COPY {rest} do?"),
        };
        let to = self.root.path().join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        match from {
            Some(from) => drop(fs::copy(from, to).unwrap()),
            None => fs::write(to, "").unwrap(),
        }
    }

    /// Puts a file into it, as a volume would.
    pub(crate) fn mount(&self, path: &str, text: &str) {
        let file = self.root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Its files.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        below(self.root.path(), &mut files);
        files
            .into_iter()
            .map(|file| file.strip_prefix(self.root.path()).unwrap().to_owned())
            .collect()
    }

    /// A command in it, with its own variables and `env`. `app` is seen as the unpacked application.
    pub(crate) fn command(
        &self,
        words: &[String],
        env: &BTreeMap<String, String>,
        app: Option<&Path>,
        proc: Proc,
    ) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-euc", ENTER, "sh"]).arg(self.root.path());
        command.arg(app.unwrap_or(Path::new("")));
        command.arg(if proc == Proc::Mounted { "yes" } else { "no" });
        let all = self.env.iter().chain(env);
        command.args(["env", "-i"]).args(all.map(|(name, value)| format!("{name}={value}")));
        let unshare = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join("unshare"))
            .find(|program| program.exists());
        command.arg(unshare.expect("unshare is on PATH")).arg("--root").arg(self.root.path());
        command.arg("--wd").arg(if app.is_some() { "/tmp/_cmp_server/0f9c/shop" } else { "/" });
        command.arg(format!("--setgid={}", self.user.1)).arg(format!("--setuid={}", self.user.0));
        command.arg("--").args(words);
        command
    }
}

/// Whether this user may mount things and change the root of a process.
pub(crate) fn is_possible() -> bool {
    let tried =
        Command::new("unshare").args(["--mount", "--", "mount", "--make-rprivate", "/"]).output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// What an earlier stage makes; nothing for what does not matter here.
fn made(stage: &str, path: &str) -> Option<PathBuf> {
    match (stage, path) {
        ("pullcreds", "/pullcreds") => Some(tool("PULLCREDS_STATIC")),
        ("helm", "/go/bin/helm") => Some(tool("PULLCREDS_HELM3")),
        ("helm", "/etc/ssl/certs/ca-certificates.crt") => None,
        other => panic!("what makes {other:?}?"),
    }
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            below(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}
