//! Where the program writes to: devices, pipes, sockets, mounted files, the streams it was started with.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(clippy::unwrap_used, reason = "the setup of a test may fail it like the test itself")]

#[path = "support/support.rs"]
mod support;

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use support::{Outcome, PULLCREDS, Run, pullcreds, read};
use tempfile::TempDir;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: a.azurecr.io/web}]}\n";

fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// Runs the filter with a JSON report at `path`, which has to leave the manifests as they are.
#[track_caller]
fn report_to(path: &Path) -> Outcome {
    let report = format!("--report=json={}", path.display());
    let outcome = pullcreds([&*report, "--quiet"]).stdin(POD).run().expect(0);
    assert_eq!(outcome.out(), POD);
    outcome
}

#[track_caller]
fn assert_report(bytes: &[u8]) {
    let report: serde_json::Value = serde_json::from_slice(bytes).expect("a report is JSON");
    assert!(report["findings"].is_array(), "{report}");
}

/// What a shell makes of `script`, in which `$1` is the program and `$2` the folder.
fn shell(script: &str, folder: &Path) -> Outcome {
    Run::new("sh").args(["-c", script, "sh", PULLCREDS]).arg(folder).stdin(POD).run()
}

#[test]
fn a_pipe_is_written_to() {
    let folder = scratch();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || read(pipe)
    });
    report_to(&pipe);
    assert_report(&reader.join().unwrap());
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_socket_is_written_to() {
    let folder = scratch();
    let path = folder.path().join("socket");
    let socket = UnixListener::bind(&path).unwrap();
    let listener = thread::spawn(move || {
        let mut report = Vec::new();
        socket.accept().unwrap().0.read_to_end(&mut report).unwrap();
        report
    });
    report_to(&path);
    assert_report(&listener.join().unwrap());
    assert!(fs::metadata(&path).unwrap().file_type().is_socket());
}

#[test]
fn links_lead_to_what_is_written() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("old.json"), "old").unwrap();
    for (link, target) in [("null", "/dev/null"), ("link", "old.json"), ("dangling", "new.json")] {
        symlink(target, at(link)).unwrap();
        report_to(&at(link));
        assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
    }
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert_report(&read(at("old.json")));
    assert_report(&read(at("new.json")));
}

#[test]
fn a_device_stays_a_device() {
    let folder = scratch();
    let device = folder.path().join("null");
    let made = Command::new("mknod").arg(&device).args(["c", "1", "3"]).output().unwrap();
    if !made.status.success() {
        println!("this user may not make devices");
        return;
    }
    // Some places forbid to open devices.
    if File::options().write(true).open(&device).is_ok() {
        report_to(&device);
    }
    assert!(fs::metadata(&device).unwrap().file_type().is_char_device());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    let outcome = pullcreds(["--report=json=/dev/full"]).stdin(POD).run().expect(4);
    assert!(
        outcome.err().contains("error: cannot write the report /dev/full: No space"),
        "{outcome}"
    );
    assert!(outcome.out().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_descriptor_of_the_caller_is_written_to() {
    let folder = scratch();
    let outcome = shell(
        "\"$1\" --quiet --report json=/dev/fd/3 --report brief=/proc/self/fd/4 3>\"$2/a\" 4>\"$2/b\"",
        folder.path(),
    );
    assert_eq!(outcome.expect(0).out(), POD);
    assert_report(&read(folder.path().join("a")));
    assert!(read(folder.path().join("b")).starts_with(b"error["));
}

#[test]
fn manifests_and_reports_do_not_share_a_file() {
    let folder = scratch();
    for script in [
        "\"$1\" --report json=/dev/stdout >\"$2/out\"",
        "\"$1\" --report json=\"$2/out\" >\"$2/out\"",
        "\"$1\" --report json=\"$2/out\" >>\"$2/out\"",
        "\"$1\" --quiet --report json=/dev/stdout >\"$2/out\" 2>&1",
        "\"$1\" run --report human=/dev/stdout -- touch \"$2/rendered\" >\"$2/out\"",
        "printf 'kind: ResourceList\\napiVersion: config.kubernetes.io/v1\\nitems: []\\n' | \"$1\" --report human=/dev/stdout >\"$2/out\"",
    ] {
        let outcome = shell(script, folder.path()).expect(2);
        let out = String::from_utf8(read(folder.path().join("out"))).unwrap();
        assert!(
            (out.clone() + outcome.err()).contains("standard output, which carries the manifests"),
            "{script}\n{outcome}"
        );
        assert!(!out.contains("apiVersion") && !out.contains('{'), "{script}\n{out}");
        assert!(!folder.path().join("rendered").exists());
    }
}

#[test]
fn standard_error_keeps_what_was_said() {
    let folder = scratch();
    let script = "\"$1\" --report json=/dev/stderr --report brief 2>\"$2/log\"";
    assert_eq!(shell(script, folder.path()).expect(0).out(), POD);
    let log = String::from_utf8(read(folder.path().join("log"))).unwrap();
    assert!(log.contains("\"findings\"") && log.contains("error[unknown-pull-secret]: "), "{log}");
    // Whoever joins the two has both.
    let joined = shell("\"$1\" --report json=/dev/stderr >\"$2/both\" 2>&1", folder.path());
    joined.expect(0);
    let both = String::from_utf8(read(folder.path().join("both"))).unwrap();
    assert!(both.contains(POD) && both.contains("\"findings\""), "{both}");
}

#[test]
fn folders_that_are_missing_are_made_or_named() {
    let folder = scratch();
    report_to(&folder.path().join("reports/of/releases/"));
    let made = fs::read_dir(folder.path().join("reports/of/releases")).unwrap();
    let files: Vec<_> = made.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_report(&read(&files[0]));
    let absent = folder.path().join("absent");
    let report = format!("--report=json={}/report.json", absent.display());
    let outcome = pullcreds([&report]).stdin(POD).run().expect(4);
    assert!(outcome.err().contains(&format!("the folder {} does not exist", absent.display())));
    let report = format!("--report=json={}/", files[0].display());
    let outcome = pullcreds([&report]).stdin(POD).run().expect(4);
    assert!(outcome.err().starts_with("error: cannot make the folder "), "{outcome}");
}

/// A file that is mounted, one in a folder that is read-only, and both.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_replaced_is_written_in_place() {
    let possible = Command::new("unshare")
        .args(["--mount", "--", "mount", "--make-rprivate", "/"])
        .output()
        .is_ok_and(|tried| tried.status.success());
    if !possible {
        println!("this user may not mount anything");
        return;
    }
    let folder = scratch();
    for file in ["behind", "read-only/a", "read-only/b"] {
        let file = folder.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "old").unwrap();
    }
    let script = "set -e; mount --make-rprivate /
        touch \"$2/mounted\"; mount --bind \"$2/behind\" \"$2/mounted\"
        \"$1\" --quiet --report json=\"$2/mounted\" >/dev/null <<E\n$3\nE
        mount --bind \"$2/read-only\" \"$2/read-only\"
        mount --bind \"$2/read-only/a\" \"$2/read-only/a\"
        mount -o remount,bind,ro \"$2/read-only\"
        \"$1\" --quiet --report json=\"$2/read-only/a\" >/dev/null <<E\n$3\nE
        ! \"$1\" --quiet --report json=\"$2/read-only/b\" >/dev/null <<E\n$3\nE";
    let run = Run::new("unshare").args(["--mount", "--", "sh", "-c", script, "sh", PULLCREDS]);
    let outcome = run.arg(folder.path()).arg(POD).run().expect(0);
    assert_report(&read(folder.path().join("behind")));
    assert_report(&read(folder.path().join("read-only/a")));
    assert_eq!(read(folder.path().join("read-only/b")), b"old");
    assert!(outcome.err().contains("Read-only file system"), "{outcome}");
    assert_eq!(fs::read_dir(folder.path().join("read-only")).unwrap().count(), 2);
}

#[test]
fn manifests_need_a_standard_output() {
    let folder = scratch();
    fs::write(folder.path().join("pod.yaml"), POD).unwrap();
    for script in [
        "\"$1\" >&-",
        "\"$1\" --report brief --inject '*=regcred' >&-",
        "\"$1\" inject --inject '*=regcred' \"$2/pod.yaml\" >&-",
        "\"$1\" run -- cat \"$2/pod.yaml\" --fail-on never >&-",
        "printf 'kind: ResourceList\\napiVersion: config.kubernetes.io/v1\\nitems: []\\n' | \"$1\" krm >&-",
    ] {
        let script = script.replace(
            "run -- cat \"$2/pod.yaml\" --fail-on never",
            "run --fail-on never -- cat \"$2/pod.yaml\"",
        );
        let outcome = shell(&script, folder.path()).expect(4);
        assert!(
            outcome.err().contains("error: cannot write to standard output: it is closed"),
            "{outcome}"
        );
    }
    for script in [
        "\"$1\" >/dev/null",
        "\"$1\" >/dev/null 2>&1 </dev/null",
        "\"$1\" 2>&-",
        "\"$1\" inject --write \"$2/pod.yaml\" >&-",
    ] {
        shell(script, folder.path()).expect(0);
    }
}

#[test]
fn variables_have_to_be_text() {
    let folder = scratch();
    for name in [
        "PULLCREDS_FAIL_ON",
        "PULLCREDS_POLICY",
        "PULLCREDS_INJECT",
        "SOURCE_DATE_EPOCH",
        "ARGOCD_ENV_PULLCREDS_FAIL_ON",
    ] {
        let script = format!("export {name}=$(printf 'error\\377'); \"$1\"");
        let outcome = shell(&script, folder.path()).expect(2);
        assert_eq!(outcome.err(), format!("error: {name}: the value is not UTF-8\n"));
        assert!(outcome.out().is_empty());
    }
    // Variables of other programs may have any value.
    shell("export OTHER=$(printf '\\377'); \"$1\"", folder.path()).expect(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_without_threads_works_alone() {
    use std::os::unix::process::CommandExt as _;
    if !rustix::process::geteuid().is_root() {
        println!("the limit counts what the user runs elsewhere");
        return;
    }
    let folder = scratch();
    let program = folder.path().join("pullcreds");
    fs::copy(PULLCREDS, &program).unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let many = format!("---\n{POD}").repeat(12_000);
    fs::write(folder.path().join("many.yaml"), &many).unwrap();
    for (args, input) in [
        ("", "many.yaml"),
        ("check --fail-on never many.yaml", "/dev/null"),
        ("inject --write --inject '*=regcred' many.yaml", "/dev/null"),
    ] {
        let script = format!("ulimit -u 1; exec ./pullcreds --quiet {args} <{input}");
        let script = script
            .replace("--quiet check", "check --quiet")
            .replace("--quiet inject", "inject --quiet");
        let mut command = Command::new("sh");
        // A user that runs nothing else.
        command.args(["-c", &script]).uid(61_234).gid(61_234).current_dir(folder.path());
        let output = command.env("HOME", "/nonexistent").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = if args.starts_with("inject") { Some(4) } else { Some(0) };
        assert_eq!(output.status.code(), expected, "{args}: {said}");
        if args.is_empty() {
            assert!(output.stdout == many.as_bytes());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn input_without_an_end_is_not_read_to_the_end() {
    let folder = scratch();
    for device in ["/dev/zero", "/dev/full"] {
        let outcome = pullcreds(["check", device]).run().expect(3);
        assert!(
            outcome
                .err()
                .contains(&format!("error: {device}:1:1: it is not text: it contains a NUL byte")),
            "{outcome}"
        );
    }
    let piped = |script: &str| shell(script, folder.path()).expect(3);
    for script in [
        "\"$1\" </dev/zero",
        "yes 'a: 1' | \"$1\" --max-input 1MiB",
        "yes 'a: 1' | \"$1\" check --max-input=1Mi",
        "yes '# a' | PULLCREDS_MAX_INPUT=100k \"$1\" krm",
        "mkfifo \"$2/pipe\"; yes 'a: 1' >\"$2/pipe\" & \"$1\" check --max-input 2M \"$2/pipe\"",
        "\"$1\" run --max-input 1MiB -- yes 'a: 1'",
    ] {
        let outcome = piped(script);
        assert!(
            outcome.err().contains("(--max-input)") || outcome.err().contains("NUL byte"),
            "{script}\n{outcome}"
        );
        assert!(outcome.out().is_empty(), "{outcome}");
    }
}

#[test]
fn all_files_together_have_to_fit() {
    let folder = scratch();
    for file in ["a.yaml", "b.yaml"] {
        fs::write(folder.path().join(file), POD).unwrap();
    }
    let check = |most: usize| {
        let most = most.to_string();
        pullcreds(["check", "--fail-on=never", "--max-input", &most]).arg(folder.path()).run()
    };
    check(2 * POD.len()).expect(0);
    let outcome = check(2 * POD.len() - 1).expect(3);
    assert!(
        outcome.err().contains(&format!("the input is larger than {} bytes", 2 * POD.len() - 1)),
        "{outcome}"
    );
    let outcome = pullcreds(["check", "--max-input=5Gi"]).run().expect(2);
    assert!(outcome.err().contains("write a size like 512MiB"), "{outcome}");
}
