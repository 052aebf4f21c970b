//! `inject --write` among other people: owners, links, attributes, files that change meanwhile, runs that are killed.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(clippy::unwrap_used, reason = "the setup of a test may fail it like the test itself")]

#[path = "support/support.rs"]
mod support;

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use support::{Outcome, PULLCREDS, pullcreds};
use tempfile::TempDir;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: a.azurecr.io/web}]\n";
const DONE: &str = "  imagePullSecrets:\n  - name: regcred\n";
const INJECT: [&str; 4] = ["inject", "--write", "--quiet", "--inject=*=regcred"];

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file with a pod.
    fn pod(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, POD).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn inject(&self) -> Outcome {
        pullcreds(INJECT).arg(self.0.path()).run()
    }
}

#[track_caller]
fn assert_done(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(DONE), "{text}");
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn owner_and_mode_stay() {
    let folder = Folder::new();
    let path = folder.pod("a.yaml");
    fs::set_permissions(&path, Permissions::from_mode(0o2640)).unwrap();
    if is_root() {
        chown(&path, Some(1234), Some(2345)).unwrap();
    }
    fs::set_permissions(&path, Permissions::from_mode(0o2640)).unwrap();
    let before = fs::metadata(&path).unwrap();
    folder.inject().expect(0);
    assert_done(&path);
    let after = fs::metadata(&path).unwrap();
    let belongings = |of: &fs::Metadata| (of.uid(), of.gid(), of.mode());
    assert_eq!(belongings(&after), belongings(&before));
    assert_eq!(folder.names(), ["a.yaml"]);
}

#[test]
fn a_file_whose_owner_cannot_be_kept_is_left_alone() {
    if !is_root() {
        println!("only root makes files of others");
        return;
    }
    let folder = Folder::new();
    let (theirs, group) = (folder.pod("a.yaml"), folder.pod("b.yaml"));
    chown(&theirs, Some(1234), Some(65534)).unwrap();
    chown(&group, Some(65534), Some(1234)).unwrap();
    for path in [&theirs, &group] {
        fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
    }
    let own = folder.pod("c.yaml");
    chown(&own, Some(65534), Some(65534)).unwrap();
    fs::set_permissions(folder.0.path(), Permissions::from_mode(0o777)).unwrap();
    let program = folder.path("pullcreds");
    fs::copy(PULLCREDS, &program).unwrap();
    let mut command = Command::new(&program);
    command.args(INJECT).args([&theirs, &group, &own]).uid(65534).gid(65534).env("HOME", "/");
    let Output { status, stderr, .. } = command.current_dir(folder.0.path()).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(
        said.contains("a.yaml: it belongs to user 1234 and group 65534, which cannot be kept"),
        "{said}"
    );
    assert!(
        said.contains("b.yaml: it belongs to user 65534 and group 1234, which cannot be kept"),
        "{said}"
    );
    assert!(said.contains("1 of 3 files were written"), "{said}");
    assert_eq!(fs::read_to_string(&theirs).unwrap(), POD);
    assert_eq!(fs::read_to_string(&group).unwrap(), POD);
    assert_done(&own);
    assert_eq!(folder.names(), ["a.yaml", "b.yaml", "c.yaml", "pullcreds"]);
}

#[cfg(target_os = "linux")]
#[test]
fn attributes_and_access_control_lists_stay() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    // acl(5), as xattr(7) has it: version 2, then tag, rights and id of the owner, user 1234, the group, mask and
    // others.
    const LIST: &[u8] = &[
        2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 210, 4, 0, 0, 4, 0, 0, 0, 255, 255,
        255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
    ];
    let folder = Folder::new();
    let path = folder.pod("a.yaml");
    let set = |name: &str, value: &[u8]| setxattr(&path, name, value, XattrFlags::empty()).is_ok();
    let named = [("user.origin", &b"ours"[..]), ("system.posix_acl_access", LIST)];
    let there: Vec<_> = named.into_iter().filter(|(name, value)| set(name, value)).collect();
    folder.inject().expect(0);
    assert_done(&path);
    for (name, value) in there {
        let mut found = vec![0; 256];
        let length =
            getxattr(&path, name, &mut found[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&found[..length], value, "{name}");
    }
}

#[test]
fn names_are_bytes() {
    let folder = Folder::new();
    let name = OsStr::from_bytes(b"a\xff.yaml");
    let path = folder.path(name);
    if fs::write(&path, POD).is_err() {
        println!("names have to be text here");
        return;
    }
    folder.inject().expect(0);
    assert_done(&path);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

#[test]
fn links_stay_and_what_they_lead_to_is_changed_once() {
    let folder = Folder::new();
    let path = folder.pod("a.yaml");
    symlink("a.yaml", folder.path("link")).unwrap();
    let outcome = pullcreds(INJECT).args([folder.path("link"), path.clone(), path.clone()]).run();
    outcome.expect(0);
    assert_eq!(fs::read_to_string(&path).unwrap().matches("regcred").count(), 1);
    assert!(fs::symlink_metadata(folder.path("link")).unwrap().is_symlink());
}

#[test]
fn other_names_of_a_file_are_told_of() {
    let folder = Folder::new();
    let path = folder.pod("a.yaml");
    fs::hard_link(&path, folder.path("other")).unwrap();
    let outcome = folder.inject().expect(0);
    assert!(
        outcome
            .err()
            .contains("a.yaml had 1 more name (hard links), which still have the old content"),
        "{outcome}"
    );
    assert_done(&path);
    assert_eq!(fs::read_to_string(folder.path("other")).unwrap(), POD);
}

#[test]
fn only_files_can_be_written() {
    let outcome = pullcreds(INJECT).arg("-").stdin(POD).run().expect(2);
    assert!(outcome.err().contains("error: --write: standard input"), "{outcome}");
    let folder = Folder::new();
    let pipe = folder.path("pipe.yaml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = start(&folder, &[&pipe]);
    fs::write(&pipe, POD).unwrap();
    let said = read_all(child.stderr.as_mut().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(4), "{said}");
    assert!(said.contains("it is not a regular file"), "{said}");
}

fn start(folder: &Folder, args: &[&dyn AsRef<OsStr>]) -> std::process::Child {
    let mut command = Command::new(PULLCREDS);
    command.args(INJECT).env("HOME", folder.0.path()).env_remove("XDG_STATE_HOME");
    command.args(args.iter().map(AsRef::as_ref)).stderr(Stdio::piped()).spawn().unwrap()
}

fn read_all(pipe: &mut dyn std::io::Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}

/// Runs on a file and does something to it while the program has read it and not written it yet: its report goes to a
/// pipe that holds less than all of it.
#[track_caller]
fn meanwhile(act: impl FnOnce(&Folder, &Path)) -> (Folder, PathBuf, Option<i32>, String) {
    let folder = Folder::new();
    let path = folder.pod("of/a.yaml");
    for number in 0..300 {
        let pod = format!("---\n{}", POD.replace("name: web", &format!("name: web-{number}")));
        File::options().append(true).open(&path).unwrap().write_all(pod.as_bytes()).unwrap();
    }
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let report = format!("--report=json={}", pipe.display());
    let mut child = start(&folder, &[&path, &report]);
    let mut reader = File::open(&pipe).unwrap();
    act(&folder, &path);
    let mut report = Vec::new();
    reader.read_to_end(&mut report).unwrap();
    assert!(report.len() > 1 << 16, "the report fits into the pipe");
    let said = read_all(child.stderr.as_mut().unwrap());
    (folder, path, child.wait().unwrap().code(), said)
}

#[test]
fn a_file_that_changes_meanwhile_is_left_alone() {
    let (_folder, path, code, said) = meanwhile(|_, path| fs::write(path, "edited\n").unwrap());
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("a.yaml: it was changed after it was read, and was not written"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "edited\n");
    // An editor that replaces the file.
    let (folder, path, code, said) = meanwhile(|folder, path| {
        fs::write(folder.path("new"), "edited\n").unwrap();
        fs::rename(folder.path("new"), path).unwrap();
    });
    assert_eq!(code, Some(4), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "edited\n");
    assert_eq!(fs::read_dir(folder.path("of")).unwrap().count(), 1);
    let (_folder, path, code, said) = meanwhile(|_, path| {
        File::options().append(true).open(path).unwrap().write_all(b"# x\n").unwrap();
    });
    assert_eq!(code, Some(4), "{said}");
    assert!(fs::read_to_string(&path).unwrap().ends_with("# x\n"));
}

#[test]
fn a_file_that_goes_meanwhile_does_not_come_back() {
    let (folder, path, code, said) = meanwhile(|_, path| fs::remove_file(path).unwrap());
    assert_eq!(code, Some(4), "{said}");
    assert!(!path.exists());
    assert_eq!(fs::read_dir(folder.path("of")).unwrap().count(), 0);
    let (folder, _, code, said) = meanwhile(|folder, _| {
        fs::rename(folder.path("of"), folder.path("elsewhere")).unwrap();
    });
    assert_eq!(code, Some(4), "{said}");
    assert!(!folder.path("of").exists());
}

#[test]
fn links_that_come_meanwhile_are_not_followed() {
    let (folder, path, code, said) = meanwhile(|folder, path| {
        fs::rename(path, folder.path("victim.yaml")).unwrap();
        symlink(folder.path("victim.yaml"), path).unwrap();
    });
    assert_eq!(code, Some(4), "{said}");
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert!(!fs::read_to_string(folder.path("victim.yaml")).unwrap().contains("regcred"));
    let (folder, _, code, said) = meanwhile(|folder, _| {
        fs::rename(folder.path("of"), folder.path("victims")).unwrap();
        symlink(folder.path("victims"), folder.path("of")).unwrap();
    });
    assert_eq!(code, Some(4), "{said}");
    let victim = folder.path("victims/a.yaml");
    assert!(!fs::read_to_string(&victim).unwrap().contains("regcred"));
}

#[test]
fn what_killed_runs_have_left_goes() {
    let folder = Folder::new();
    folder.pod("a.yaml");
    let others = [
        ".pullcreds-0123.tmp",
        ".pullcreds-0123456789abcdeg.tmp",
        "x.pullcreds-0123456789abcdef.tmp",
    ];
    for name in others {
        fs::write(folder.path(name), "mine").unwrap();
    }
    fs::write(folder.path(".pullcreds-0123456789abcdef.tmp"), "half").unwrap();
    fs::create_dir(folder.path(".pullcreds-00000000000000aa.tmp")).unwrap();
    let used = folder.path(".pullcreds-00000000000000ff.tmp");
    let used_by_another_run = File::create(&used).unwrap();
    rustix::fs::flock(&used_by_another_run, rustix::fs::FlockOperation::LockExclusive).unwrap();
    folder.inject().expect(0);
    let mut left =
        vec![".pullcreds-00000000000000aa.tmp", ".pullcreds-00000000000000ff.tmp", "a.yaml"];
    left.extend(others);
    left.sort_unstable();
    assert_eq!(folder.names(), left);
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_the_others_are_written() {
    let folder = Folder::new();
    let (first, last) = (folder.pod("a/a.yaml"), folder.pod("c/c.yaml"));
    let possible = Command::new("unshare").args(["--mount", "--", "true"]).output();
    if !possible.is_ok_and(|tried| tried.status.success()) {
        println!("this user may not mount anything");
        return;
    }
    folder.pod("b/b.yaml");
    let script = "mount --make-rprivate / && mount --bind \"$1/b\" \"$1/b\" && mount -o remount,bind,ro \"$1/b\"
        shift; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--", "sh", "-c", script, "sh"]).arg(folder.0.path()).arg(PULLCREDS);
    let output = command.args(INJECT).arg(folder.0.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("b.yaml: Read-only file system"), "{said}");
    assert!(said.contains("2 of 3 files were written"), "{said}");
    assert_done(&first);
    assert_done(&last);
}
