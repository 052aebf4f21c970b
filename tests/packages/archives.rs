//! The archives of a release, and the templates that have their sums.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Outcome, Run, read};
use crate::{REPOSITORY, VERSION, root, script, text};

/// The targets of a release.
const TARGETS: &[&str] = &[
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-musl",
];

/// A program that stands for that of any target: what is in an archive does not depend on it.
pub(crate) const PROGRAM: &str = "#!/bin/sh\nexec pullcreds-of-the-test \"$@\"\n";

/// The archives of all targets, and their sums.
pub(crate) fn release() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let program = folder.path().join("program");
    fs::write(&program, PROGRAM).expect("it is new");
    for target in TARGETS {
        archive(target, &program, folder.path());
    }
    fs::remove_file(program).expect("it was written");
    let sums = Run::new("bash").args(["-c", "sha256sum -- *"]).in_folder(folder.path());
    fs::write(folder.path().join("SHA256SUMS"), sums.run().expect(0).stdout).expect("it is new");
    folder
}

#[track_caller]
fn archive(target: &str, program: &Path, folder: &Path) -> PathBuf {
    script("packaging/archive.sh")
        .arg(VERSION)
        .arg(target)
        .arg(program)
        .arg(folder)
        .run()
        .expect(0);
    let kind = if target.contains("windows") { "zip" } else { "tar.gz" };
    folder.join(format!("pullcreds-{VERSION}-{target}.{kind}"))
}

fn fill(version: &str, folder: &Path) -> Outcome {
    script("packaging/fill.sh").arg(version).arg(folder).run()
}

#[test]
fn an_archive_has_the_program_its_pages_and_completions() {
    let folder = release();
    let name = format!("pullcreds-{VERSION}-x86_64-unknown-linux-musl");
    let listed = Run::new("tar").arg("-tvzf").arg(folder.path().join(format!("{name}.tar.gz")));
    let listed = listed.run().expect(0);
    for file in [
        "pullcreds",
        "LICENSE",
        "README.md",
        "man/man1/pullcreds.1",
        "man/man1/pullcreds-policy-init.1",
        "completions/pullcreds.bash",
        "completions/_pullcreds",
    ] {
        let is_it = |line: &str| line.ends_with(&format!(" {name}/{file}"));
        assert!(listed.out().lines().any(is_it), "{file}\n{listed}");
    }
    let program = |line: &&str| line.ends_with("/pullcreds");
    let program = listed.out().lines().find(program).expect("it was found");
    assert!(program.starts_with("-rwxr-xr-x 0/0 "), "{program}");
    let windows = folder.path().join(format!("pullcreds-{VERSION}-x86_64-pc-windows-msvc.zip"));
    let listed = Run::new("python3").args(["-m", "zipfile", "-l"]).arg(windows).run().expect(0);
    assert!(listed.out().contains("-windows-msvc/pullcreds.exe"), "{listed}");
}

#[test]
fn an_archive_of_the_same_files_has_the_same_bytes() {
    let [one, other] = [release(), release()];
    let sums = |folder: &TempDir| text(folder.path().join("SHA256SUMS"));
    assert_eq!(sums(&one), sums(&other));
    assert_eq!(sums(&one).lines().count(), TARGETS.len());
}

#[test]
fn templates_are_filled_with_the_sums_of_the_archives() {
    let folder = release();
    fill(VERSION, folder.path()).expect(0);
    let sums = text(folder.path().join("SHA256SUMS"));
    let sums = sums.lines().map(|line| line.split_once("  ").expect("a sum and a name"));
    let sums: BTreeMap<_, _> = sums.map(|(sum, name)| (name, sum)).collect();
    let sum_of = |url: &str| {
        let (folder, name) = url.rsplit_once('/').expect("an address");
        assert_eq!(folder, format!("{REPOSITORY}/releases/download/v{VERSION}"));
        sums[name]
    };

    let krew: Value = serde_saphyr::from_str(&text(folder.path().join("krew.yaml"))).expect("YAML");
    let platforms = krew["spec"]["platforms"].as_array().expect("platforms");
    assert_eq!(platforms.len(), TARGETS.len());
    for platform in platforms {
        let url = platform["uri"].as_str().expect("an address");
        assert_eq!(platform["sha256"], sum_of(url), "{platform}");
        let os = platform["selector"]["matchLabels"]["os"].as_str().expect("a system");
        assert!(url.contains(if os == "windows" { "pc-windows" } else { os }), "{platform}");
    }

    let formula = text(folder.path().join("pullcreds.rb"));
    let quoted = |key: &str| {
        let lines = formula.lines().filter_map(|line| line.trim().strip_prefix(key));
        lines.map(|line| line.trim().trim_matches('"').to_owned()).collect::<Vec<_>>()
    };
    let (urls, sums) = (quoted("url "), quoted("sha256 "));
    assert_eq!(urls.len(), 4, "{formula}");
    assert_eq!(urls.iter().map(|url| sum_of(url)).collect::<Vec<_>>(), sums);

    let hub: Value =
        serde_saphyr::from_str(&text(folder.path().join("artifacthub-pkg.yml"))).expect("YAML");
    assert_eq!(
        (&hub["version"], &hub["createdAt"]),
        (&VERSION.into(), &"2026-11-15T12:00:00Z".into())
    );
}

#[test]
fn templates_are_not_filled_with_wrong_sums() {
    let folder = release();
    let archive = format!("pullcreds-{VERSION}-x86_64-apple-darwin.tar.gz");
    let is_left = || folder.path().join("krew.yaml").exists();

    let outcome = fill("99.0.0", folder.path()).expect(1);
    assert!(outcome.err().contains("Cargo.toml has the version"), "{outcome}");

    let sums = text(folder.path().join("SHA256SUMS"));
    let others =
        sums.lines().filter(|line| !line.ends_with(&archive)).collect::<Vec<_>>().join("\n");
    fs::write(folder.path().join("SHA256SUMS"), others + "\n").expect("it is there");
    let outcome = fill(VERSION, folder.path()).expect(1);
    assert!(outcome.err().contains(&format!("needs {archive}")), "{outcome}");

    fs::write(folder.path().join("SHA256SUMS"), sums).expect("it is there");
    let mut bytes = read(folder.path().join(&archive));
    bytes.push(0);
    fs::write(folder.path().join(&archive), bytes).expect("it is there");
    let outcome = fill(VERSION, folder.path()).expect(1);
    assert!(outcome.err().contains("does not match"), "{outcome}");
    assert!(!is_left());
}

/// `cargo binstall` finds the archives by these patterns.
#[test]
fn the_addresses_for_binstall_are_those_of_the_archives() {
    let manifest = text(root("Cargo.toml"));
    let (_, section) =
        manifest.split_once("[package.metadata.binstall]\n").expect("Cargo.toml has the section");
    let value = |key: &str| {
        let line = section.lines().find_map(|line| line.strip_prefix(key));
        line.expect("the section has it").trim_matches([' ', '=', '"']).to_owned()
    };
    let fill = |pattern: &str, target: &str, windows: bool| {
        pattern
            .replace("{ repo }", REPOSITORY)
            .replace("{ version }", VERSION)
            .replace("{ name }", "pullcreds")
            .replace("{ bin }", "pullcreds")
            .replace("{ target }", target)
            .replace("{ archive-suffix }", if windows { ".zip" } else { ".tar.gz" })
            .replace("{ binary-ext }", if windows { ".exe" } else { "" })
    };
    let folder = release();
    for target in TARGETS {
        let windows = target.contains("windows");
        let url = fill(&value("pkg-url"), target, windows);
        let name = url.rsplit('/').next().expect("an address");
        assert!(folder.path().join(name).exists(), "{url}");
        let program = fill(&value("bin-dir"), target, windows);
        assert!(
            program.starts_with(&format!("pullcreds-{VERSION}-{target}/pullcreds")),
            "{program}"
        );
    }
}
