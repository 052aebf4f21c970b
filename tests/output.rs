//! Where the program writes to: devices, pipes, sockets, mounted files, the streams it was started with.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(
    clippy::unwrap_used,
    reason = "what stands around a test may fail it like the test itself"
)]

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
