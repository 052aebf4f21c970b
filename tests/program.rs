//! What the program does that no case can say: streams that fail, files that are generated, runs side by side.

#[path = "support/support.rs"]
mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};

use support::{PULLCREDS, list, pullcreds, read};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: registry.k8s.io/pause}]}\n";

#[test]
fn the_schema_of_policies_is_the_one_that_is_checked_in() {
    let printed = pullcreds(["policy", "schema"]).run().expect(0).stdout;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/pullcreds.schema.json");
    assert!(printed == read(file), "write `pullcreds policy schema` to pullcreds.schema.json");
}

#[test]
fn the_short_help_fits_on_a_screen() {
    for words in
        [&["-h"][..], &["check", "-h"], &["inject", "-h"], &["run", "-h"], &["kinds", "-h"]]
    {
        let help = pullcreds(words).env("COLUMNS", "80").run().expect(0);
        let lines = help.out().lines().count();
        assert!((12..=50).contains(&lines), "{words:?} has {lines} lines\n{help}");
        assert!(help.out().lines().all(|line| line.chars().count() <= 100), "{help}");
    }
    // The long one has everything.
    let long = pullcreds(["check", "--help"]).run().expect(0);
    for flag in ["--fail-on", "--max-input", "--suppressions"] {
        assert!(long.out().contains(flag), "{long}");
    }
}

#[cfg(unix)]
#[test]
fn kubectl_finds_the_program_by_a_link() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let link = folder.path().join("kubectl-pullcreds");
    std::os::unix::fs::symlink(PULLCREDS, &link).expect("a link can be made");
    let run = |words: &[&str]| support::Run::new(&link).args(words).stdin(POD).run();
    assert!(run(&["check", "-h"]).expect(0).out().contains("Usage: kubectl pullcreds check"));
    assert!(run(&["--no-such-flag"]).expect(2).err().contains("Usage: kubectl pullcreds"));
    assert!(run(&["--inject", "*=regcred"]).expect(0).out().contains("imagePullSecrets"));
    run(&["check"]).expect(0);
}

/// What bash offers behind the words of a command line.
fn offered(words: &[&str]) -> Vec<String> {
    let (cur, before) = words.split_last().expect("there are words");
    let script = format!(
        "eval \"$(\"$1\" completions bash)\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
         _pullcreds pullcreds '{cur}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        before.last().expect("there is a word before"),
    );
    let run =
        support::Run::new("bash").args(["--norc", "-c", &script, "bash", PULLCREDS]).args(words);
    run.run().expect(0).out().lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_offers_the_values_of_flags() {
    let formats = "brief human oneline json sarif junit github gitlab markdown html";
    for (line, values) in [
        ("pullcreds --fail-on ", "error warning never"),
        ("pullcreds check --fail-on w", "warning"),
        ("pullcreds inject --into ", "pod service-account auto none"),
        ("pullcreds run --color ", "auto always never"),
        ("pullcreds krm --diff a", "auto always"),
        ("pullcreds check --suppressions ", "allow deny"),
        ("pullcreds check --format ", formats),
        ("pullcreds check --report ", formats),
        ("pullcreds kinds --format ", "human json"),
        ("pullcreds completions ", "bash elvish fish powershell zsh"),
    ] {
        let offered = offered(&line.split(' ').collect::<Vec<_>>());
        for value in values.split(' ') {
            assert!(offered.iter().any(|one| one == value), "{line}: {offered:?}");
        }
        if line.contains("--") {
            assert_eq!(offered.len(), values.split(' ').count(), "{line}: {offered:?}");
        }
    }
    assert!(
        offered(&["pullcreds", "explain", "missing-p"]).contains(&"missing-pull-secret".into())
    );
}

#[test]
fn every_shell_gets_completions_of_commands_flags_and_codes() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let outcome = pullcreds(["completions", shell]).run().expect(0);
        // Only these complete values.
        let values = if ["bash", "zsh"].contains(&shell) { "missing-pull-secret" } else { "" };
        for word in ["explain", "fail-on", values] {
            assert!(outcome.out().contains(word), "{shell} has no {word}");
        }
    }
    assert!(pullcreds(["completions", "cmd"]).run().expect(2).out().is_empty());
}

#[test]
fn the_manual_page_names_commands_flags_and_exit_codes() {
    let outcome = pullcreds(["man"]).run().expect(0);
    let page = outcome.out().replace('\\', "");
    for word in
        [".TH pullcreds", "pullcreds-check", "--fail-on", "PULLCREDS_SOME_FLAG", "Exit codes"]
    {
        assert!(page.contains(word), "no {word} in\n{page}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let run = pullcreds(["man", "--output"]).arg(folder.path());
    assert!(run.run().expect(0).out().is_empty());
    let page = |name: &str| {
        let text = String::from_utf8(read(folder.path().join(name))).expect("UTF-8");
        text.replace('\\', "")
    };
    assert!(page("pullcreds-check.1").contains("--format"));
    assert!(page("pullcreds-policy-init.1").contains("pullcreds policy init"));
    // Each page that another one names is there, and each is what the program prints.
    let pages = std::fs::read_dir(folder.path()).expect("it was written");
    let pages: Vec<_> = pages
        .map(|page| page.expect("it is readable").file_name().into_string().expect("UTF-8"))
        .collect();
    assert!(pages.len() > 15, "{pages:?}");
    for name in &pages {
        for other in page(name).lines().filter_map(|line| line.strip_suffix("(1)")) {
            assert!(pages.contains(&format!("{other}.1")), "{name}: {other}");
        }
        let text = page(name);
        let (_, synopsis) =
            text.split_once(".SH SYNOPSIS\nfBpullcreds").expect("it has a synopsis");
        let words = synopsis.split("fR").next().expect("there is a first part").split_whitespace();
        let printed = pullcreds(["man"]).args(words).run().expect(0);
        assert_eq!(printed.out().replace('\\', ""), page(name), "{name}");
    }
    pullcreds(["man", "no-such-command"]).run().expect(2);
}

#[test]
fn help_and_version_go_to_standard_output() {
    assert!(pullcreds(["--help"]).run().expect(0).out().contains("Usage: pullcreds"));
    let version = format!("pullcreds {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(pullcreds(["--version"]).run().expect(0).out(), version);
}

/// The exit code and the standard error of a run whose standard output is `stdout`.
fn writing_to(stdout: Stdio, args: &[&str], input: &[u8]) -> (Option<i32>, String) {
    let mut child = Command::new(PULLCREDS)
        .args(args)
        .env("HOME", "/nonexistent")
        .env_remove("XDG_STATE_HOME")
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    // It may have stopped before it read everything.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The exit code of a run that may take 1 GB of memory, and what it said.
#[cfg(target_os = "linux")]
fn with_little_memory(args: &[&str], input: &str) -> (Option<i32>, String) {
    let outcome = support::Run::new("sh")
        .args(["-c", "ulimit -v 1000000 && exec \"$@\"", "sh", PULLCREDS])
        .args(args)
        .stdin(input)
        .run();
    (outcome.code, String::from_utf8_lossy(&outcome.stderr).into_owned())
}

/// Lines of aliases, each of which expands to ten of the line before, at the end for 10,000,000 pods or mappings.
#[cfg(target_os = "linux")]
fn bomb(leaf: &str, level: &str, root: &str) -> String {
    let levels = (1..8).map(|at| {
        let aliases = vec![format!("*x{}", at - 1); 10].join(", ");
        format!("x{at}: &x{at} {{{}}}\n", level.replace("ALL", &aliases))
    });
    format!("x0: &x0 {leaf}\n{}{root}\n", levels.collect::<String>())
}

#[cfg(target_os = "linux")]
#[test]
fn aliases_that_stand_for_too_much_take_no_memory() {
    let pod = "{apiVersion: v1, kind: Pod, spec: {containers: [{image: ghcr.io/acme/web}]}}";
    let lists = "apiVersion: v1, kind: List, items: [ALL]";
    let of_lists = "apiVersion: v1\nkind: List\nitems: [*x7]";
    let merging = "apiVersion: v1\nkind: Pod\nspec:\n  <<: *x7\n  containers: [{image: a}]";
    for text in [
        bomb(pod, lists, of_lists),
        bomb("{}", lists, of_lists),
        bomb("{a: b}", "<<: [ALL]", merging),
        bomb("{a: b}", "c: [ALL]", "apiVersion: v1\nkind: Secret\ndata: *x7"),
        bomb(pod, lists, "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [*x7]"),
    ] {
        for args in [&[][..], &["check"], &["--inject", "*=regcred"], &["--stamp"]] {
            let (code, stderr) = with_little_memory(args, &text);
            assert_eq!(code, Some(3), "{args:?}\n{stderr}");
            assert!(stderr.contains("excessive aliasing"), "{stderr}");
        }
    }
}

/// As many aliases as Go's reader expands are followed: each of the pods is judged.
#[cfg(target_os = "linux")]
#[test]
fn aliases_that_go_expands_are_followed_with_little_memory() {
    let pod = "{apiVersion: v1, kind: Pod, spec: {containers: [{image: ghcr.io/acme/web}]}}";
    let pods = vec!["*pod"; 2_000].join(", ");
    let text = format!("pod: &pod {pod}\napiVersion: v1\nkind: List\nitems: [{pods}]\n");
    let (code, stderr) = with_little_memory(&["--assume-private", "--report", "brief"], &text);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("0 of 2000"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_its_own() {
    for args in [&["--quiet"][..], &["check"], &["explain"], &["man"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let (code, stderr) = writing_to(full.into(), args, POD.as_bytes());
        assert_eq!(code, Some(4), "{args:?}\n{stderr}");
        assert!(stderr.contains("error: cannot write to standard output: "), "{stderr}");
    }
}

#[cfg(unix)]
#[test]
fn manifests_that_nobody_reads_are_an_error_and_reports_are_not() {
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        Stdio::from(writer)
    };
    let (code, stderr) = writing_to(closed(), &["--quiet"], POD.as_bytes());
    assert_eq!(code, Some(4), "{stderr}");
    let (code, stderr) = writing_to(closed(), &["check"], POD.as_bytes());
    assert_eq!((code, &*stderr), (Some(0), ""));
}

#[test]
fn runs_side_by_side_keep_a_report_each() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let state = home.path();
            scope.spawn(move || {
                let host = format!("r{number}.example.com");
                let pod = serde_json::json!({
                    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
                    "spec": {"containers": [{"name": "web", "image": format!("{host}/app:1")}]},
                });
                let run = pullcreds(["--inject", &format!("{host}=regcred")]);
                run.env("XDG_STATE_HOME", state).stdin(list([pod])).run().expect(0);
            });
        }
    });
    let last = pullcreds(["last", "-n", "8"]).env("XDG_STATE_HOME", home.path()).run().expect(0);
    for number in 0..8 {
        assert!(last.out().contains(&format!("r{number}.example.com/app:1")), "{last}");
    }
    assert_eq!(last.out().matches("1 of 1 private images").count(), 8, "{last}");
}

#[test]
fn the_latest_run_is_told_with_its_diff() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let run = |args: &[&str]| {
        pullcreds(args)
            .env("XDG_STATE_HOME", home.path())
            .stdin(POD.replace("registry.k8s.io", "a.azurecr.io"))
            .run()
    };
    run(&["--quiet", "--fail-on", "error"]).expect(1);
    assert!(run(&["last"]).expect(0).out().contains("error[unknown-pull-secret]"));
    run(&["--quiet", "--inject", "a.azurecr.io=regcred"]).expect(0);
    let last = run(&["last"]).expect(0);
    assert!(
        last.out().contains("+spec: {imagePullSecrets: [{name: regcred}], containers:"),
        "{last}"
    );
    assert!(
        last.out().contains("1 of 1 private images have pull credentials configured."),
        "{last}"
    );
}
