//! `pullcreds run`: a renderer under it, made of `sh` and similar programs, and the end of both in case of an error.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(clippy::unwrap_used, reason = "the setup of a test may fail it like the test itself")]

#[path = "support/support.rs"]
mod support;

use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use support::{Outcome, PULLCREDS, Run, pullcreds};

/// How long a test waits for what must happen: only a run that hangs takes that long.
const PATIENCE: Duration = Duration::from_mins(1);

const FINE: &str = "# kept\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const PRIVATE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: registry.example.com/a:1}\n";

/// `pullcreds run FLAGS -- sh -c SCRIPT`.
fn sh(flags: &[&str], script: &str) -> Run {
    pullcreds(["run"]).args(flags).args(["--", "sh", "-c", script])
}

/// A script that writes `text`.
fn writing(text: &str) -> String {
    format!("cat <<'EOT'\n{text}EOT\n")
}

#[track_caller]
fn check_failure(outcome: &Outcome, code: i32, first_line: &str) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert_eq!(outcome.out(), "", "{outcome}");
    assert_eq!(outcome.err().lines().next(), Some(first_line), "{outcome}");
    assert!(outcome.err().len() < 4096, "{outcome}");
}

// What the renderer writes.

#[test]
fn manifests_pass_unchanged_and_the_renderer_is_heard() {
    let outcome =
        sh(&["--quiet"], &format!("echo a warning >&2\n{}", writing(FINE))).run().expect(0);
    assert_eq!(outcome.out(), FINE);
    assert_eq!(outcome.err(), "a warning\n");
}

#[test]
fn pull_secrets_are_injected_as_by_the_filter() {
    let flags = ["--inject", "registry.example.com=regcred", "--into", "pod"];
    let filtered = pullcreds(flags).stdin(PRIVATE).run().expect(0);
    let run = sh(&flags, &writing(PRIVATE)).run().expect(0);
    assert!(run.out().contains("imagePullSecrets"), "{run}");
    assert_eq!(run.out(), filtered.out());
}

#[test]
fn a_violation_fails_unless_the_threshold_is_higher() {
    let outcome = sh(&[], &writing(PRIVATE)).run().expect(1);
    assert_eq!(outcome.out(), "", "{outcome}");
    let outcome = sh(&["--fail-on", "never"], &writing(PRIVATE)).run().expect(0);
    assert_eq!(outcome.out(), PRIVATE);
    let outcome = sh(&[], &writing(PRIVATE)).env("PULLCREDS_FAIL_ON", "never").run().expect(0);
    assert_eq!(outcome.out(), PRIVATE);
}

#[test]
fn output_that_is_no_yaml_is_unreadable() {
    let outcome = sh(&[], "echo 'a: ['; echo a reason >&2").run().expect(3);
    assert_eq!(outcome.out(), "");
    assert!(
        outcome.err().contains("<sh>:1:4") && outcome.err().ends_with("sh said:\na reason\n"),
        "{outcome}"
    );
    let outcome = sh(&[], r"printf 'a: \377'").run();
    check_failure(
        &outcome,
        3,
        "error: the output of sh is not text, at 1:4: it is not UTF-8: convert it, or leave the file out; nothing was written",
    );
}

#[test]
fn output_without_an_object_is_an_error_unless_allowed() {
    let empty = [
        "",
        "# nothing\n---\n# here\n",
        "---\n",
        "Release not found\n",
        "kind: Foo\na: 1\n",
        "apiVersion: v1\nkind: List\nitems: []\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMapList\", \"items\": null}\n",
    ];
    for text in empty {
        let outcome = sh(&[], &writing(text)).run();
        let what = "error: sh succeeded and wrote no Kubernetes objects (--allow-empty accepts that); nothing was written";
        check_failure(&outcome, 1, what);
        let outcome = sh(&["--allow-empty", "--fail-on=error"], &writing(text)).run().expect(0);
        assert_eq!(outcome.out(), text);
        let outcome = sh(&[], &writing(text)).env("PULLCREDS_ALLOW_EMPTY", "true").run().expect(0);
        assert_eq!(outcome.out(), text);
    }
    for text in [FINE, "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap}\n"]
    {
        assert_eq!(sh(&[], &writing(text)).run().expect(0).out(), text);
    }
}

#[test]
fn much_is_read_from_both_pipes() {
    let script = format!(
        "i=0; while [ $i -lt 20000 ]; do echo 'a warning that comes again and again' >&2; i=$((i+1)); done\n{}\n{}",
        writing(FINE),
        "i=0; while [ $i -lt 2000 ]; do printf -- '---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: b%s}\\ndata: {a: %01000d}\\n' $i 0; i=$((i+1)); done",
    );
    let outcome = sh(&["--quiet"], &script).run().expect(0);
    assert!(outcome.stdout.len() > 2_000_000, "{outcome}");
    assert!(
        outcome.stderr.len() < 200_000 && outcome.err().contains("bytes are left out"),
        "{outcome}"
    );
}

// How it is started.

#[test]
fn no_shell_reads_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("$HOME; echo *.yaml");
    fs::write(&file, FINE).unwrap();
    let outcome = pullcreds(["run", "--", "cat"]).arg(&file).run().expect(0);
    assert_eq!(outcome.out(), FINE);
}

#[test]
fn its_standard_input_is_empty() {
    let outcome = pullcreds(["run", "--allow-empty", "--", "cat"]).stdin(FINE).run().expect(0);
    assert_eq!(outcome.out(), "");
}

#[test]
fn a_program_that_cannot_be_run_is_named() {
    // A folder of PATH that this user may not look into would be told instead.
    let outcome = pullcreds(["run", "--", "no-such-program", "--token", "hunter2"])
        .env("PATH", "/usr/bin:/bin")
        .run();
    let what = "error: cannot run no-such-program: No such file or directory (os error 2); nothing was written";
    check_failure(&outcome, 127, what);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("renderer");
    fs::write(&file, "").unwrap();
    let outcome = pullcreds(["run", "--"]).arg(&file).run();
    let what = "error: cannot run renderer: Permission denied (os error 13); nothing was written";
    check_failure(&outcome, 126, what);
}

#[test]
fn a_command_is_needed_and_the_timeout_is_a_duration() {
    pullcreds(["run"]).run().expect(2);
    pullcreds(["run", "--"]).run().expect(2);
    for wrong in ["90", "0s", "-1s", "soon", ""] {
        let outcome = sh(&[&format!("--timeout={wrong}")], "exit 9").run().expect(2);
        assert!(outcome.err().contains("write a duration like 90s or 2m"), "{outcome}");
    }
    sh(&[], "exit 9").env("PULLCREDS_TIMEOUT", "90").run().expect(2);
    sh(&["--timeout=1h30m"], "exit 9").run().expect(9);
    sh(&["--allow-empty", "--require-input"], "exit 9").run().expect(2);
}

#[test]
fn no_policy_is_found_in_the_folder_of_the_renderer() {
    let folder = tempfile::tempdir().unwrap();
    let policy =
        "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec: {failOn: never}\n";
    let file = folder.path().join("pullcreds.yaml");
    fs::write(&file, policy).unwrap();
    sh(&[], &writing(PRIVATE)).in_folder(folder.path()).run().expect(1);
    sh(&["--policy=pullcreds.yaml"], &writing(PRIVATE)).in_folder(folder.path()).run().expect(0);
    sh(&[], &writing(PRIVATE)).env("PULLCREDS_POLICY", &file).run().expect(0);
}

#[test]
fn the_other_half_of_run_is_not_for_people() {
    pullcreds(["supervise", "--", "true"]).run().expect(2);
    let help = pullcreds(["help"]).run().expect(0);
    assert!(!help.out().contains("supervise"), "{help}");
}

// How it fails.

#[test]
fn the_exit_code_is_forwarded_and_nothing_is_written() {
    let script = format!("{}\necho the reason >&2; exit 7", writing(FINE));
    let outcome = sh(&[], &script).run();
    check_failure(&outcome, 7, "error: sh failed with exit code 7; nothing was written");
    assert!(outcome.err().ends_with("\nsh said:\nthe reason\n"), "{outcome}");
}

#[test]
fn the_signal_that_ended_it_is_told() {
    let script = format!("{}\nkill -KILL $$", writing(FINE));
    check_failure(
        &sh(&[], &script).run(),
        137,
        "error: sh was ended by signal 9 (SIGKILL); nothing was written",
    );
}

#[test]
fn arguments_and_environment_are_not_told() {
    let outcome = pullcreds([
        "run",
        "--",
        "sh",
        "-c",
        "exit 1",
        "--set",
        "db.pw=hunter2",
        "--password",
        "swordfish",
    ])
    .env("REGISTRY_PASSWORD", "correct-horse")
    .run();
    check_failure(&outcome, 1, "error: sh failed with exit code 1; nothing was written");
    for secret in ["hunter2", "swordfish", "correct-horse"] {
        assert!(!outcome.err().contains(secret), "{outcome}");
    }
}

#[test]
fn a_failure_is_short_whatever_the_renderer_says() {
    let say = "i=0; while [ $i -lt 20000 ]; do echo a long story >&2; i=$((i+1)); done; echo the point >&2";
    let outcome = sh(&[], &format!("{say}; exit 1")).run();
    check_failure(&outcome, 1, "error: sh failed with exit code 1; nothing was written");
    assert!(outcome.err().ends_with("a long story\nthe point\n"), "{outcome}");
}

#[test]
fn a_violation_is_told_in_a_few_lines_the_worst_first() {
    // Nothing is the cause of two of them.
    let pod = |n: usize| {
        PRIVATE
            .replace("name: a}", &format!("name: pod-{n}}}"))
            .replace("spec:\n", &format!("spec:\n  serviceAccountName: account-{n}\n"))
            .replace("registry.", &format!("registry-{n}."))
    };
    let pods: Vec<_> = (0..100).map(pod).collect();
    let script = format!(
        "{}\ni=0; while [ $i -lt 1000 ]; do echo a warning >&2; i=$((i+1)); done",
        writing(&pods.join("---\n"))
    );
    let outcome = sh(&["--inject", "quay.io=unused"], &script).run().expect(1);
    assert!(outcome.err().starts_with("error[unknown-pull-secret]: Pod 'pod-0' references private image 'registry-0.example.com/a:1' but does not specify ImagePullSecrets."), "{outcome}");
    assert!(
        outcome.err().contains(
            " more\n0 of 100 private images have pull credentials configured. (100 errors"
        ),
        "{outcome}"
    );
    assert!(outcome.err().ends_with("a warning\n") && outcome.err().len() < 4096, "{outcome}");
    let whole = sh(&["--report", "human"], &script).run().expect(1);
    assert!(whole.err().contains("pod-99"), "{whole}");
}

#[test]
fn a_failure_is_told_at_once_even_if_something_keeps_the_pipes_open() {
    let group = Group::new();
    let outcome = sh(&[], &group.script("sleep 1000 & noted $!; exit 5")).run();
    check_failure(&outcome, 5, "error: sh failed with exit code 5; nothing was written");
    group.is_gone(1);
}

// What Argo CD says.

/// A run as a plugin of Argo CD, of an Application whose folder holds a policy of its own.
fn plugin(flags: &[&str], text: &str) -> (Run, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pullcreds.yaml"), LAX).unwrap();
    let run = sh(flags, &writing(text)).in_folder(folder.path());
    (run.env("ARGOCD_APP_NAME", "shop").env("ARGOCD_APP_PARAMETERS", "null"), folder)
}

const LAX: &str =
    "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec: {failOn: never}\n";

/// A policy file that its plugin may only read.
fn policy(text: &str) -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    fs::write(&file, text).unwrap();
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    (file, folder)
}

#[test]
fn the_destination_is_the_default_namespace() {
    let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n  cluster:\n    serviceAccounts:\n    - {namespace: shop, name: default, imagePullSecrets: [regcred]}\n";
    let (file, _kept) = self::policy(policy);
    let run = |namespace: &str| {
        let (run, folder) = plugin(&[], PRIVATE);
        (run.env("PULLCREDS_POLICY", &file).env("ARGOCD_APP_NAMESPACE", namespace).run(), folder)
    };
    run("shop").0.expect(0);
    run("other").0.expect(1);
    // Argo CD says nothing of it when it asks for parameters.
    plugin(&[], PRIVATE).0.run().expect(1);
}

#[test]
fn parameters_and_variables_of_the_application_count() {
    let inject = r#"[{"name": "inject", "map": {"registry.example.com": "regcred"}}, {"name": "into", "string": "pod"}]"#;
    let (run, _folder) = plugin(&[], PRIVATE);
    assert!(
        run.env("ARGOCD_APP_PARAMETERS", inject).run().expect(0).out().contains("- name: regcred")
    );
    let (run, _folder) = plugin(&[], PRIVATE);
    run.env("ARGOCD_ENV_PULLCREDS_INJECT", "registry.example.com=regcred").run().expect(0);
    let (run, _folder) = plugin(&[], PRIVATE);
    run.env("ARGOCD_APP_PARAMETERS", r#"[{"name": "fail-on", "string": "never"}]"#).run().expect(0);
    for parameters in ["null", "[]"] {
        let (run, _folder) = plugin(&[], FINE);
        assert_eq!(run.env("ARGOCD_APP_PARAMETERS", parameters).run().expect(0).out(), FINE);
    }
}

#[test]
fn a_parameter_that_is_not_known_is_an_error() {
    let (run, _folder) = plugin(&[], FINE);
    let outcome =
        run.env("ARGOCD_APP_PARAMETERS", r#"[{"name": "failOn", "string": "never"}]"#).run();
    let what = "error: unknown plugin parameter 'failOn': the parameters are inject, into, private, public, assume-private, namespace, fail-on, fail-on-unknown-kinds, stamp, allow-empty, policy";
    check_failure(&outcome, 2, what);
}

#[test]
fn the_word_of_the_operator_counts_for_more() {
    let never = r#"[{"name": "fail-on", "string": "never"}, {"name": "public", "array": ["registry.example.com"]}]"#;
    let flags = ["--fail-on=error", "--private=registry.example.com"];
    let (run, _folder) = plugin(&flags, PRIVATE);
    let outcome = run.env("ARGOCD_APP_PARAMETERS", never).run().expect(1);
    assert!(
        outcome
            .err()
            .contains("note: `fail-on` of the Application is ignored: the policy says `error`\n"),
        "{outcome}"
    );
    assert!(outcome.err().contains("note: `public` of the Application is ignored: the policy says that `registry.example.com` is private\n"), "{outcome}");
    let (run, _folder) = plugin(&[], PRIVATE);
    run.env("PULLCREDS_FAIL_ON", "error")
        .env("ARGOCD_ENV_PULLCREDS_FAIL_ON", "never")
        .run()
        .expect(1);
}

#[test]
fn an_application_may_fail_on_unknown_kinds_and_not_put_up_with_them() {
    let unknown = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {image: quay.io/acme/a:1}\n";
    let with = |flags: &[&str], value: &str| {
        let (run, folder) = plugin(flags, unknown);
        let parameters = format!(r#"[{{"name": "fail-on-unknown-kinds", "string": "{value}"}}]"#);
        (run.env("ARGOCD_APP_PARAMETERS", &parameters).run(), folder)
    };
    with(&[], "false").0.expect(0);
    let (asked, _folder) = with(&[], "true");
    assert_eq!(asked.expect(1).out(), "");
    let (overruled, _folder) = with(&["--fail-on-unknown-kinds", "--fail-on=never"], "false");
    let note =
        "note: `fail-on-unknown-kinds` of the Application is ignored: the policy says `true`\n";
    assert!(overruled.expect(1).err().contains(note));
}

#[test]
fn the_operator_may_take_nothing_from_an_application() {
    let (file, _kept) = policy(LAX);
    for (name, value) in [
        ("ARGOCD_ENV_PULLCREDS_POLICY", file.to_str().unwrap()),
        ("ARGOCD_ENV_PULLCREDS_FAIL_ON", "never"),
        (
            "ARGOCD_APP_PARAMETERS",
            r#"[{"name": "fail-on", "string": "never"}, {"name": "for-the-renderer"}]"#,
        ),
    ] {
        let (run, _folder) = plugin(&["--no-app-overrides"], PRIVATE);
        let outcome = run.env(name, value).run().expect(1);
        assert!(
            outcome.err().contains(
                "note: the operator of this plugin accepts no settings from an Application"
            ),
            "{outcome}"
        );
        let (run, _folder) = plugin(&[], PRIVATE);
        run.env(name, value).env("PULLCREDS_NO_APP_OVERRIDES", "true").run().expect(1);
    }
}

#[test]
fn an_application_names_a_policy_of_the_operator_and_no_other() {
    let (file, kept) = policy(LAX);
    let named = |value: &Path| {
        let (run, folder) = plugin(&[], PRIVATE);
        (run.env("ARGOCD_ENV_PULLCREDS_POLICY", value), folder)
    };
    named(&file).0.run().expect(0);
    let (run, folder) = named(Path::new("pullcreds.yaml"));
    let outcome = run.run().expect(2);
    assert!(
        outcome.err().starts_with("error: ARGOCD_ENV_PULLCREDS_POLICY: a relative path"),
        "{outcome}"
    );
    let own = folder.path().join("pullcreds.yaml");
    let outcome = plugin_in(folder.path()).env("ARGOCD_ENV_PULLCREDS_POLICY", &own).run().expect(2);
    assert!(outcome.err().contains("belongs to an application"), "{outcome}");
    // The operator's own policy wins.
    let strict = kept.path().join("strict.yaml");
    fs::write(&strict, LAX.replace("never", "error")).unwrap();
    let outcome = named(&file).0.env("PULLCREDS_POLICY", &strict).run().expect(1);
    assert!(outcome.err().contains("note: ARGOCD_ENV_PULLCREDS_POLICY is ignored: the plugin's operator already sets the policy\n"), "{outcome}");
}

/// The same, in a folder that is there already.
fn plugin_in(folder: &Path) -> Run {
    sh(&[], &writing(PRIVATE)).in_folder(folder).env("ARGOCD_APP_NAME", "shop")
}

#[test]
fn nothing_of_a_file_is_told_that_an_application_names() {
    let (file, _kept) = policy("hunter2: [swordfish\n");
    let (run, _folder) = plugin(&[], PRIVATE);
    let outcome = run
        .env(
            "ARGOCD_APP_PARAMETERS",
            format!(r#"[{{"name": "policy", "string": "{}"}}]"#, file.display()),
        )
        .run();
    check_failure(
        &outcome,
        2,
        "error: plugin parameter 'policy': the file is not a valid policy; to see why, run pullcreds check --policy FILE where it can be read",
    );
}

#[test]
fn the_folder_of_an_application_holds_no_policy() {
    plugin(&[], PRIVATE).0.run().expect(1);
    let (run, _folder) = plugin(&["--policy=pullcreds.yaml"], PRIVATE);
    let outcome = run.run().expect(2);
    assert!(outcome.err().contains(" is relative, and "), "{outcome}");
}

#[test]
fn the_filter_under_argo_cd_needs_input() {
    let filter =
        |name, value| pullcreds([""; 0]).env("ARGOCD_APP_NAME", "shop").env(name, value).run();
    let outcome = filter("KUBE_VERSION", "1.33").expect(1);
    assert!(outcome.err().starts_with("error[empty-input]: "), "{outcome}");
    filter("PULLCREDS_REQUIRE_INPUT", "false").expect(0);
    filter("ARGOCD_ENV_PULLCREDS_ALLOW_EMPTY", "true").expect(0);
}

#[test]
fn parameters_are_announced() {
    let announced = pullcreds(["argocd-parameters"])
        .env("PULLCREDS_INJECT", "ghcr.io/acme=ghcr")
        .run()
        .expect(0)
        .json();
    let announced = announced.as_array().unwrap();
    let names: Vec<_> =
        announced.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "inject",
            "into",
            "private",
            "public",
            "assume-private",
            "namespace",
            "fail-on",
            "fail-on-unknown-kinds",
            "stamp",
            "allow-empty",
            "policy"
        ]
    );
    for parameter in announced {
        for text in ["name", "title", "tooltip", "itemType", "collectionType"] {
            assert!(parameter[text].as_str().is_some_and(|text| !text.is_empty()), "{parameter}");
        }
        let value = if parameter["collectionType"] == "array" { "array" } else { "string" };
        assert!(parameter["required"] == false && !parameter[value].is_null(), "{parameter}");
    }
    assert_eq!(announced[0]["array"], serde_json::json!(["ghcr.io/acme=ghcr"]));
    let locked =
        pullcreds(["argocd-parameters"]).env("PULLCREDS_NO_APP_OVERRIDES", "true").run().expect(0);
    assert_eq!(locked.json(), serde_json::json!([]));
}

// What is left of it.

/// The processes that a script has noted.
struct Group {
    folder: TempDir,
}

impl Group {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("noted")
    }

    /// `script`, which notes process numbers with `noted`.
    fn script(&self, script: &str) -> String {
        format!("noted() {{ echo $1 >>'{}'; }}\n{script}", self.file().display())
    }

    /// The numbers, once there are `count` of them.
    #[track_caller]
    fn noted(&self, count: usize) -> Vec<i32> {
        eventually(|| {
            let text = fs::read_to_string(self.file()).unwrap_or_default();
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            let noted: Vec<_> = whole.lines().map(|line| line.parse().unwrap()).collect();
            (noted.len() >= count).then_some(noted)
        })
    }

    #[track_caller]
    fn is_gone(&self, count: usize) {
        for process in self.noted(count) {
            eventually(|| (!runs(process)).then_some(()));
        }
    }
}

#[track_caller]
fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not happen");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs; a zombie does not.
fn runs(process: i32) -> bool {
    if Path::new("/proc/self/stat").exists() {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        return state.is_some_and(|state| !"ZX".contains(state));
    }
    rustix::process::test_kill_process(Pid::from_raw(process).unwrap()).is_ok()
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}

/// `pullcreds run` in the background.
fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn started(flags: &[&str], script: &str) -> Child {
    start(Command::new(PULLCREDS).arg("run").args(flags).args(["--", "sh", "-c", script]))
}

/// A script with a process below it that writes manifests and continues, both of which ignore signals.
const STUBBORN: &str = "trap '' HUP INT TERM; noted $$; (noted $(sh -c 'echo $PPID'); echo 'a: 1'; sleep 1000; sleep 1000) & sleep 1000; sleep 1000";
/// The same, with processes that end when they are asked to.
const OBEDIENT: &str = "noted $$; sleep 1000 & noted $!; echo 'a: 1'; wait";

#[test]
fn nothing_is_left_when_it_succeeds() {
    let group = Group::new();
    let script = group.script(&format!("sleep 1000 >/dev/null 2>&1 & noted $!\n{}", writing(FINE)));
    assert_eq!(sh(&[], &script).run().expect(0).out(), FINE);
    group.is_gone(1);
}

#[test]
fn nothing_is_left_when_its_time_is_up() {
    for script in [STUBBORN, OBEDIENT] {
        let group = Group::new();
        let outcome = sh(&["--timeout", "3s"], &group.script(script)).run();
        let what = "error: sh was stopped because it did not end within 3s (--timeout); nothing was written";
        check_failure(&outcome, 124, what);
        // A machine that is busy may not have come to any of it.
        group.is_gone(0);
    }
}

#[test]
fn what_left_the_group_cannot_hold_up_the_end() {
    if Command::new("setsid").arg("true").status().is_err() {
        println!("there is no setsid here: nothing can leave the group");
        return;
    }
    let group = Group::new();
    let script = group.script("setsid sleep 1000 & noted $!; wait");
    sh(&["--timeout", "3s"], &script).run().expect(124);
    for process in group.noted(1) {
        if runs(process) {
            send(process.unsigned_abs(), Signal::KILL);
        }
    }
}

/// Whether these tests were started to ignore a signal, which the programs that they start inherit.
fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & 1 << (signal.as_raw() - 1) != 0
}

#[test]
fn nothing_is_left_when_we_are_asked_to_end() {
    let signals = [
        (Signal::HUP, 129, "1 (SIGHUP)"),
        (Signal::INT, 130, "2 (SIGINT)"),
        (Signal::TERM, 143, "15 (SIGTERM)"),
    ];
    // Who starts the tests in the background has its shell ignore SIGINT, and so does the program then.
    let heard = signals.into_iter().filter(|(signal, ..)| !is_ignored(*signal));
    for (signal, code, name) in heard {
        for script in [STUBBORN, OBEDIENT] {
            let group = Group::new();
            let child = started(&[], &group.script(script));
            group.noted(2);
            send(child.id(), signal);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(code));
            assert_eq!(output.stdout, b"");
            let said = String::from_utf8(output.stderr).unwrap();
            let what = format!("error: sh was stopped by signal {name}; nothing was written\n");
            assert!(said.starts_with(&what), "{said}");
            group.is_gone(2);
        }
    }
}

#[test]
fn nothing_is_left_when_we_are_killed() {
    for script in [STUBBORN, OBEDIENT] {
        let group = Group::new();
        let mut child = started(&[], &group.script(script));
        group.noted(2);
        child.kill().unwrap();
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!((child.wait().unwrap().signal(), &*out), (Some(9), ""));
        group.is_gone(2);
    }
}

#[test]
fn nothing_is_left_when_the_other_half_of_run_is_killed() {
    let group = Group::new();
    let child = started(&[], &group.script(&format!("noted $PPID; {STUBBORN}")));
    let supervisor = group.noted(3)[0];
    assert_ne!(supervisor.unsigned_abs(), child.id());
    send(supervisor.unsigned_abs(), Signal::KILL);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(70), &b""[..]));
    group.is_gone(3);
}

#[test]
fn a_signal_that_we_were_started_to_ignore_is_ignored() {
    let group = Group::new();
    let script = group.script(&format!(
        "noted $$; while [ ! -e '{}/go' ]; do sleep 0.01; done\n{}",
        group.folder.path().display(),
        writing(FINE)
    ));
    let child = start(Command::new("sh").args([
        "-c",
        "trap '' HUP; exec \"$@\"",
        "sh",
        PULLCREDS,
        "run",
        "--",
        "sh",
        "-c",
        &script,
    ]));
    group.noted(1);
    send(child.id(), Signal::HUP);
    fs::write(group.folder.path().join("go"), "").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stdout).unwrap()),
        (Some(0), FINE.to_owned())
    );
}

// What is done with the output.

#[test]
fn a_reader_that_goes_away_is_an_error() {
    let script = writing(&FINE.replace("# kept", &format!("# {}", "kept ".repeat(100_000))));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    fs::write(&file, script).unwrap();
    let mut child = start(Command::new(PULLCREDS).args(["run", "--", "sh"]).arg(&file));
    drop(child.stdout.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(4));
}

#[test]
fn a_full_disk_is_an_error() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        println!("there is no /dev/full here");
        return;
    };
    let mut command = Command::new(PULLCREDS);
    command.args(["run", "--", "sh", "-c", &writing(FINE)]).stdout(full).stderr(Stdio::null());
    assert_eq!(command.status().unwrap().code(), Some(4));
}
