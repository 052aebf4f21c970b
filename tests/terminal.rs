//! What the program does on a terminal alone: questions and progress. The terminal is that of `script`, as util-linux
//! has it; where there is none, nothing is tested.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(clippy::print_stdout, reason = "what is not tested is said")]

#[path = "support/support.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{PULLCREDS, pullcreds};
use tempfile::TempDir;

/// A shell on a terminal of its own.
struct Terminal {
    child: Child,
    seen: String,
}

impl Terminal {
    /// Runs `line` in a folder; `None` if there is no `script` that can.
    fn open(line: &str, folder: &Path) -> Option<Self> {
        let version = Command::new("script").arg("--version").output();
        if !version.is_ok_and(|version| version.stdout.starts_with(b"script from util-linux")) {
            println!("no `script` of util-linux");
            return None;
        }
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command"]).arg(line).arg("/dev/null");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("SHELL", "/bin/sh").env("PULLCREDS", PULLCREDS).env("HOME", folder);
        command.env("TERM", "xterm").env("NO_COLOR", "1").current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().expect("it can be started");
        Some(Self { child, seen: String::new() })
    }

    /// Reads up to a text.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        let out = self.child.stdout.as_mut().expect("it is piped");
        let before = self.seen.len();
        while !self.seen[before..].contains(text) {
            let mut byte = [0];
            let count = out.read(&mut byte).expect("it can be read");
            assert!(count > 0, "no {text:?} in {:?}", &self.seen[before..]);
            self.seen.push(char::from(byte[0]));
        }
    }

    fn write(&mut self, text: &str) {
        let mut input = self.child.stdin.as_ref().expect("it is piped");
        input.write_all(text.as_bytes()).expect("it can be written");
    }

    /// All that was on the terminal, and the exit code.
    fn end(mut self) -> (String, i32) {
        let mut rest = Vec::new();
        let out = self.child.stdout.as_mut().expect("it is piped");
        out.read_to_end(&mut rest).expect("it can be read");
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        let status = self.child.wait().expect("it ends");
        (self.seen, status.code().unwrap_or(-1))
    }
}

/// A folder with `manifests/`, of a pod with these images.
fn with_pod(images: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n".to_owned();
    for (at, image) in images.iter().enumerate() {
        let _ = writeln!(pod, "  - {{name: c{at}, image: \"{image}\"}}");
    }
    fs::create_dir(folder.path().join("manifests")).expect("it is new");
    fs::write(folder.path().join("manifests/pod.yaml"), pod).expect("it can be written");
    folder
}

const IMAGES: &[&str] = &["acme.azurecr.io/a:1", "ghcr.io/acme/b:1", "registry.example.com/c:1"];

#[test]
fn a_policy_has_the_answers_and_what_is_accepted() {
    let folder = with_pod(IMAGES);
    let line = "\"$PULLCREDS\" policy init manifests >policy.yaml";
    let Some(mut terminal) = Terminal::open(line, folder.path()) else { return };
    for (question, answer) in [
        ("acme.azurecr.io, 1 image (Azure Container Registry) [private]: ", "nodes\n"),
        ("ghcr.io/acme, 1 image (GitHub Packages), assumed [public]: ", "\n"),
        ("registry.example.com, 1 image, assumed [private]: ", "privat\n"),
        ("write public, private NAME, private or nodes: ", "private regcred\n"),
    ] {
        terminal.wait_for(question);
        terminal.write(answer);
    }
    let (seen, code) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains("apiVersion"), "the policy is on standard output: {seen}");
    let policy = fs::read_to_string(folder.path().join("policy.yaml")).expect("it is written");
    let registries = "  registries:\n  # 1 image (Azure Container Registry).\n  - match: acme.azurecr.io\n    \
                      access: private\n    iam: true\n  # 1 image (GitHub Packages).\n  - match: ghcr.io/acme\n    \
                      access: public\n  # 1 image.\n  - match: registry.example.com\n    access: private\n    \
                      pullSecrets: [regcred]\n";
    assert!(policy.contains(registries), "{policy}");
    let check = pullcreds(["policy", "check"]).arg(folder.path().join("policy.yaml"));
    check.run().expect(0);
}

#[test]
fn whoever_leaves_the_questions_has_no_policy() {
    for (answer, expected) in [("\u{3}", 130), ("\u{4}", 2)] {
        let folder = with_pod(IMAGES);
        let line = "\"$PULLCREDS\" policy init manifests --write";
        let Some(mut terminal) = Terminal::open(line, folder.path()) else { return };
        terminal.wait_for("[private]: ");
        terminal.write("public\n");
        terminal.wait_for("[public]: ");
        terminal.write(answer);
        let (seen, code) = terminal.end();
        assert_eq!(code, expected, "{seen}");
        let left = fs::read_dir(folder.path()).expect("it can be listed");
        let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(left, ["manifests"], "{seen}");
    }
}

#[test]
fn nothing_is_asked_where_nobody_can_answer() {
    let folder = with_pod(IMAGES);
    for line in [
        "\"$PULLCREDS\" policy init manifests </dev/null",
        "\"$PULLCREDS\" policy init manifests 2>said",
        "\"$PULLCREDS\" policy init <manifests/pod.yaml",
        "\"$PULLCREDS\" policy init --yes manifests",
    ] {
        let Some(terminal) = Terminal::open(line, folder.path()) else { return };
        let (seen, code) = terminal.end();
        assert_eq!(code, 0, "{line}: {seen}");
        assert!(seen.contains("match: ghcr.io/acme") && !seen.contains("]: "), "{line}: {seen}");
        assert_eq!(seen.contains("confirm it"), !line.contains("--yes"), "{line}: {seen}");
    }
}

#[test]
fn progress_is_on_a_terminal_and_nowhere_else() {
    let folder = with_pod(IMAGES);
    let pod = fs::read(folder.path().join("manifests/pod.yaml")).expect("it is there");
    for at in 0..2_000 {
        fs::write(folder.path().join(format!("manifests/{at}.yaml")), &pod)
            .expect("it can be written");
    }
    let has_bar = |seen: &str| seen.contains("/2001");
    let line = "\"$PULLCREDS\" check manifests --fail-on never >report";
    let Some(terminal) = Terminal::open(line, folder.path()) else { return };
    let (seen, code) = terminal.end();
    assert!(code == 0 && has_bar(&seen), "{seen}");
    let report = fs::read_to_string(folder.path().join("report")).expect("it is written");
    assert!(!has_bar(&report), "{report}");
    for quiet in ["--quiet", "2>said"] {
        let line = format!("\"$PULLCREDS\" check manifests --fail-on never {quiet}");
        let Some(terminal) = Terminal::open(&line, folder.path()) else { return };
        let (seen, code) = terminal.end();
        assert!(code == 0 && !has_bar(&seen), "{quiet}: {seen}");
    }
    let said = fs::read_to_string(folder.path().join("said")).expect("it is written");
    assert_eq!(said, "");
    let check = pullcreds(["check", "--fail-on", "never"]).arg(folder.path().join("manifests"));
    assert_eq!(check.run().expect(0).err(), "");
}

#[test]
fn explain_does_not_wait_for_manifests() {
    let folder = with_pod(&[]);
    let line = "\"$PULLCREDS\" explain ghcr.io/acme/api:v1";
    let Some(terminal) = Terminal::open(line, folder.path()) else { return };
    let (seen, code) = terminal.end();
    assert!(seen.contains("name the manifests with --in FILE"), "{seen}");
    assert_eq!(code, 2, "{seen}");
}

#[test]
fn wrong_usage_does_not_take_the_place_of_the_last_report() {
    let folder = with_pod(IMAGES);
    let line = "\"$PULLCREDS\" --quiet <manifests/pod.yaml >pod.yaml; \"$PULLCREDS\" --no-such-flag; \
                \"$PULLCREDS\" no-such-command; \"$PULLCREDS\" last; \
                \"$PULLCREDS\" --no-such-flag <manifests/pod.yaml; \"$PULLCREDS\" last";
    let Some(terminal) = Terminal::open(line, folder.path()) else { return };
    let (seen, _) = terminal.end();
    let (at_terminal, piped) =
        seen.split_once("exit code 0").expect("the report of the run is there");
    assert!(at_terminal.contains("--no-such-flag"), "{seen}");
    // A renderer may hide what was wrong, and its run has no report.
    assert!(piped.contains("exit code 2"), "{seen}");
}
