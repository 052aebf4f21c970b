//! Calls a plugin as the CMP server of Argo CD does (v3.5, cmpserver/plugin/plugin.go): no shell, the folder of the
//! application as working directory, nothing on standard input, a process group that a deadline ends, and an error
//! text that is the standard error of a command that failed.

#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PULLCREDS, Run, read, tool};

/// How long Argo CD waits for a call by default, and for a group to end before it is killed.
const DEADLINE: Duration = Duration::from_mins(1);
const CLEANUP: Duration = Duration::from_secs(5);

/// The name of the release of [`request`]'s Application.
const RELEASE: &str = "shop";

/// The example in the repository.
pub(crate) fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/argocd").join(file)
}

/// A `ConfigManagementPlugin`, as far as it is about commands.
#[derive(Deserialize)]
pub(crate) struct Plugin {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct Spec {
    version: String,
    generate: Words,
    parameters: Parameters,
}

#[derive(Deserialize)]
struct Parameters {
    dynamic: Words,
}

/// A command and its arguments.
#[derive(Deserialize)]
struct Words {
    command: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
}

impl Words {
    fn all(&self) -> Vec<String> {
        [&self.command[..], &self.args].concat()
    }
}

impl Plugin {
    /// The plugin of the example.
    pub(crate) fn example() -> Self {
        serde_yaml_ng::from_slice(&read(example("plugin.yaml"))).expect("it is a plugin")
    }

    /// The name by which Applications ask for it.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.metadata.name, self.spec.version)
    }

    pub(crate) fn generate(&self) -> Vec<String> {
        self.spec.generate.all()
    }

    /// The command that announces parameters.
    pub(crate) fn announce(&self) -> Vec<String> {
        self.spec.parameters.dynamic.all()
    }

    /// What it starts, after the flags of its own and with the variables put in.
    pub(crate) fn renderer(&self, env: &BTreeMap<String, String>) -> Vec<String> {
        let words = self.generate();
        let separator = words.iter().position(|word| word == "--").expect("a renderer is started");
        let put_in = |word: &String| {
            let mut word = word.replace("$(PULLCREDS_RELEASE_NAME)", RELEASE);
            for (name, value) in env {
                word = word.replace(&format!("$({name})"), value);
            }
            word
        };
        words[separator + 1..].iter().map(put_in).collect()
    }
}

/// A sidecar with an application unpacked in it.
pub(crate) struct Sidecar {
    folder: TempDir,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) deadline: Duration,
}

/// A call that succeeded.
pub(crate) struct Manifests {
    /// Its standard output without the last line break.
    pub(crate) text: String,
    /// Its standard error, which goes to the log of the sidecar.
    pub(crate) log: String,
}

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the server answers.
    pub(crate) text: String,
    /// The standard error in it.
    pub(crate) said: String,
    pub(crate) out: String,
    /// Whether the group had to be killed.
    pub(crate) killed: bool,
}

impl Sidecar {
    /// A sidecar with this Helm, `pullcreds`, and nothing else on its `PATH`; `chart` is the application.
    pub(crate) fn new(helm: &str, chart: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, program) in [("pullcreds", PathBuf::from(PULLCREDS)), ("helm", tool(helm))] {
            std::os::unix::fs::symlink(program, bin.join(name)).unwrap();
        }
        let mut env = request();
        env.insert("PATH".to_owned(), bin.display().to_string());
        env.insert("ARGOCD_CMP_WORKDIR".to_owned(), folder.path().display().to_string());
        for home in ["CACHE", "CONFIG", "DATA"] {
            env.insert(
                format!("HELM_{home}_HOME"),
                folder.path().join("helm").display().to_string(),
            );
        }
        let sidecar = Self { folder, env, deadline: DEADLINE };
        copy(chart, &sidecar.app());
        sidecar
    }

    /// One with the chart of the Helm example.
    pub(crate) fn of_shop(helm: &str) -> Self {
        Self::new(helm, &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/helm/shop"))
    }

    /// The same, with a variable set.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// The same, with the policy of the example mounted.
    pub(crate) fn with_policy(self) -> Self {
        #[derive(Deserialize)]
        struct ConfigMap {
            data: BTreeMap<String, String>,
        }
        let map: ConfigMap =
            serde_yaml_ng::from_slice(&read(example("policy.yaml"))).expect("it is a ConfigMap");
        let file = self.folder.path().join("policy.yaml");
        fs::write(&file, &map.data["policy.yaml"]).unwrap();
        self.with("PULLCREDS_POLICY", file.display().to_string())
    }

    /// The folder of the application, below the work folder of this request.
    pub(crate) fn app(&self) -> PathBuf {
        self.folder.path().join("_cmp_server/0f9c/shop")
    }

    /// A folder that belongs to the sidecar.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Calls a command of a plugin.
    pub(crate) fn call(&self, words: &[String]) -> Result<Manifests, Failure> {
        let mut command = Command::new(self.program(&words[0]));
        command.args(&words[1..]).current_dir(self.app()).env_clear().envs(&self.env);
        call(command, words, self.deadline)
    }

    /// Go looks a command up before it starts it, with the variable of the server.
    fn program(&self, name: &str) -> PathBuf {
        let mut folders = std::env::split_paths(&self.env["PATH"]).map(|folder| folder.join(name));
        folders.find(|program| program.exists()).expect("it is on PATH")
    }

    /// Calls `generate` of the example.
    pub(crate) fn generate(&self) -> Result<Manifests, Failure> {
        self.call(&Plugin::example().generate())
    }
}

/// Runs a command as the server does.
pub(crate) fn call(
    mut command: Command,
    words: &[String],
    deadline: Duration,
) -> Result<Manifests, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let group = Pid::from_child(&child);
    let (done, watch) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        let mut killed = false;
        for (patience, signal) in [(deadline, Signal::TERM), (CLEANUP, Signal::KILL)] {
            if watch.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            killed = signal == Signal::KILL;
            let _ = kill_process_group(group, signal);
        }
        killed
    });
    let mut err = child.stderr.take().unwrap();
    let err = thread::spawn(move || text(&mut err));
    let out = text(&mut child.stdout.take().unwrap());
    let said = err.join().unwrap();
    let status = child.wait().unwrap();
    drop(done);
    let killed = watchdog.join().unwrap();
    if status.success() {
        let text = out.strip_suffix('\n').unwrap_or(&out).to_owned();
        return Ok(Manifests { text, log: said });
    }
    let said = said.trim().to_owned();
    let text = format!(
        "error generating manifests: `{}` failed {}: {said}",
        words.join(" "),
        go_status(status)
    );
    Err(Failure { text, said, out, killed })
}

fn text(pipe: &mut dyn Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).expect("it is UTF-8")
}

fn go_status(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal: {signal}"),
        None => format!("exit status {}", status.code().unwrap_or_default()),
    }
}

impl Manifests {
    /// The manifests as Argo CD reads them: cut as it does, by the rules of YAML 1.1.
    #[track_caller]
    pub(crate) fn read(&self) -> Vec<Value> {
        load(&self.text).unwrap_or_else(|error| panic!("{error}\n{}", self.text))
    }
}

/// What Argo CD makes of a text.
pub(crate) fn load(text: &str) -> Result<Vec<Value>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifests");
    fs::write(&file, text).unwrap();
    let outcome = Run::new(tool("PULLCREDS_GO_ORACLE")).arg("-argocd").arg(&file).run().expect(0);
    let mut answer = outcome.json();
    match answer["documents"].take() {
        Value::Array(documents) => Ok(documents),
        _ => Err(answer["error"].to_string()),
    }
}

/// What the repo server says with each request for an Application `shop` in the namespace `shop`
/// (reposerver/repository/repository.go).
pub(crate) fn request() -> BTreeMap<String, String> {
    [
        ("ARGOCD_APP_NAME", "shop"),
        ("ARGOCD_APP_NAMESPACE", "shop"),
        ("ARGOCD_APP_PROJECT_NAME", "default"),
        ("ARGOCD_APP_REVISION", "4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a"),
        ("ARGOCD_APP_REVISION_SHORT", "4f3a2b1"),
        ("ARGOCD_APP_REVISION_SHORT_8", "4f3a2b1c"),
        ("ARGOCD_APP_SOURCE_REPO_URL", "https://git.example.com/acme/shop.git"),
        ("ARGOCD_APP_SOURCE_PATH", "shop"),
        ("ARGOCD_APP_SOURCE_TARGET_REVISION", "main"),
        ("KUBE_VERSION", "1.33.1"),
        ("KUBE_API_VERSIONS", "v1,apps/v1,apps/v1/Deployment,batch/v1"),
        ("ARGOCD_APP_PARAMETERS", "null"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Copies a folder, with the modes that the server gives to files.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::write(&to, read(entry.path())).unwrap();
        }
    }
}
