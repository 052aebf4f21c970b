//! The plugin of Helm 4 on its way into a Helm: from a checkout, and from packages.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::support::{Outcome, PULLCREDS, Run, read, tool};
use crate::world::{DEPLOYMENT, Helm, Major, RELEASE, assorted};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const KEY: &str = "Shop Platform Team";

/// A Helm 4 without plugins, and without `pullcreds` on its `PATH`.
fn bare() -> Helm {
    let helm = Helm::bare(Major::Four);
    std::fs::remove_file(helm.path("bin/pullcreds")).expect("it was there");
    helm
}

/// Makes a package in `out` below the home of `helm`.
fn package<S: AsRef<OsStr>>(helm: &Helm, args: impl IntoIterator<Item = S>) -> PathBuf {
    let out = helm.path("out");
    let run =
        helm.program("bash").arg(Path::new(ROOT).join(".ci/helm-plugin.sh")).arg(&out).args(args);
    run.run().expect(0);
    out.join(format!("pullcreds-{}.tgz", env!("CARGO_PKG_VERSION")))
}

fn install(helm: &Helm, from: &Path) -> Run {
    helm.helm(["plugin", "install"]).arg(from)
}

/// Renders through the installed plugin, and looks whether it was at work.
#[track_caller]
fn works(helm: &Helm, run: Run) {
    let outcome =
        run.args(["--post-renderer", "pullcreds", "--post-renderer-args=--inject=*=regcred"]);
    let outcome = outcome.run().expect(0);
    assert!(outcome.out().contains("- name: regcred"), "{outcome}");
    let listed = helm.helm(["plugin", "list"]).run().expect(0);
    assert!(listed.out().contains("postrenderer/v1"), "{listed}");
}

fn template(helm: &Helm) -> Run {
    helm.helm(["template", RELEASE]).arg(assorted())
}

#[test]
fn the_checkout_is_a_plugin_that_takes_the_program_from_path() {
    let helm = Helm::bare(Major::Four);
    install(&helm, Path::new(ROOT)).run().expect(0);
    works(&helm, template(&helm));
    helm.helm(["plugin", "uninstall", "pullcreds"]).run().expect(0);
    // It was a link.
    assert!(Path::new(ROOT).join("plugin.yaml").exists());
}

#[test]
fn the_checkout_needs_the_program() {
    let helm = bare();
    install(&helm, Path::new(ROOT)).run().expect(0);
    // Whatever else is on PATH, the program is not.
    let run = template(&helm).env("PATH", helm.path("bin")).args(["--post-renderer", "pullcreds"]);
    let outcome = run.run().expect(1);
    assert!(outcome.err().contains("executable file not found"), "{outcome}");
}

#[test]
fn a_package_without_the_program_takes_it_from_path() {
    let helm = Helm::bare(Major::Four);
    let package = package(&helm, [""; 0]);
    install(&helm, &package).arg("--verify=false").run().expect(0);
    works(&helm, template(&helm));
}

#[test]
fn a_package_may_bring_the_program() {
    let helm = bare();
    let package = package(&helm, [PULLCREDS]);
    // No one has signed it.
    let outcome = install(&helm, &package).run().expect(1);
    assert!(outcome.err().contains("no provenance file"), "{outcome}");
    install(&helm, &package).arg("--verify=false").run().expect(0);
    works(&helm, template(&helm).env("PATH", helm.path("bin")));
}

#[test]
fn a_package_may_bring_programs_for_several_platforms() {
    let helm = bare();
    let programs = helm.path("programs");
    let native = format!("program-{}-unknown-linux-musl", std::env::consts::ARCH);
    for target in [&*native, "program-aarch64-apple-darwin"] {
        let bytes = if target == native { read(PULLCREDS) } else { b"another".to_vec() };
        helm.write(programs.join(target).join("pullcreds"), bytes);
    }
    let run = helm.program("bash").arg(Path::new(ROOT).join("packaging/helm-plugin.sh"));
    let run = run.arg(&programs).arg(helm.path("out")).env("HELM", tool("PULLCREDS_HELM4"));
    run.run().expect(0);
    let package = helm.path("out").join(format!("pullcreds-{}.tgz", env!("CARGO_PKG_VERSION")));
    install(&helm, &package).arg("--verify=false").run().expect(0);
    works(&helm, template(&helm).env("PATH", helm.path("bin")));
    let plugin =
        String::from_utf8(read(helm.plugins().join("pullcreds/plugin.yaml"))).expect("UTF-8");
    assert!(
        plugin.contains(
            "{os: darwin, arch: arm64, command: \"${HELM_PLUGIN_DIR}/bin/darwin-arm64/pullcreds\"}"
        ),
        "{plugin}"
    );
}

#[test]
fn a_signed_package_is_verified() {
    let helm = bare();
    let [secret, public] = keys(&helm);
    let signed = package(
        &helm,
        [
            OsStr::new(PULLCREDS),
            "--sign".as_ref(),
            "--key".as_ref(),
            KEY.as_ref(),
            "--keyring".as_ref(),
            secret.as_ref(),
        ],
    );
    let verified = |outcome: &Outcome| {
        outcome.out().contains("Plugin Hash Verified")
            || outcome.err().contains("Plugin Hash Verified")
    };
    let outcome = install(&helm, &signed).arg("--keyring").arg(&public).run().expect(0);
    assert!(verified(&outcome), "{outcome}");
    works(&helm, template(&helm).env("PATH", helm.path("bin")));
    helm.helm(["plugin", "uninstall", "pullcreds"]).run().expect(0);
    // Another byte, and it is not what was signed.
    let mut bytes = read(&signed);
    *bytes.last_mut().unwrap() ^= 1;
    helm.write(&signed, bytes);
    install(&helm, &signed).arg("--keyring").arg(&public).run().expect(1);
}

#[test]
fn without_words_the_script_says_how_it_is_used() {
    let script = Path::new(ROOT).join(".ci/helm-plugin.sh");
    let run = |args: &[&str]| Run::new("bash").arg(&script).args(args).run();
    for args in [&[][..], &[""], &["--sign"]] {
        let outcome = run(args).expect(2);
        assert!(outcome.err().starts_with("Usage: bash .ci/helm-plugin.sh FOLDER"), "{outcome}");
        assert!(outcome.out().is_empty(), "{outcome}");
    }
    let outcome = run(&["--help"]).expect(0);
    assert!(outcome.out().contains("helm plugin package"), "{outcome}");
}

/// What docs/helm.md says of a message.
#[track_caller]
fn is_explained(message: &str) {
    let guide = include_str!("../../docs/helm.md");
    assert!(guide.contains(message), "docs/helm.md does not explain: {message}");
}

#[test]
fn a_cache_that_cannot_be_written_stops_every_plugin() {
    let helm = Helm::four();
    // Not even root writes there.
    let cache = helm.write("no-folder", "").join("cache");
    let run = || helm.template(&assorted(), "pullcreds", ["--inject=*=regcred"]);
    let outcome = run().env("HELM_CACHE_HOME", cache).run().expect(1);
    for message in [
        "failed to load plugin (ignoring)",
        "failed to create wazero compilation cache: ",
        "invalid argument \"pullcreds\" for \"--post-renderer\" flag: plugin: {Name:pullcreds Type:postrenderer/v1} not found",
    ] {
        assert!(outcome.err().contains(message), "{outcome}");
        is_explained(message);
    }
    let outcome = run().env("HELM_CACHE_HOME", helm.path("other")).run().expect(0);
    assert!(outcome.out().contains("- name: regcred"), "{outcome}");
}

/// A release that does not pass.
fn failing(helm: &Helm) -> Run {
    let chart = helm.chart([("templates/api.yaml", DEPLOYMENT)]);
    helm.template(&chart, "pullcreds", ["--private=registry.example.com", "--fail-on=error"])
}

#[test]
fn without_a_home_the_reason_of_a_failure_is_kept_all_the_same() {
    let helm = Helm::four();
    let nowhere = helm.write("no-folder", "").join("home");
    let temporary = helm.path("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let homeless = |run: Run| {
        let run = run.env("HOME", &nowhere).without_env("XDG_STATE_HOME");
        run.env("TMPDIR", &temporary)
    };
    let failing = failing(&helm);
    let outcome = homeless(failing).run().expect(1);
    let message = "plugin \"pullcreds\" exited with error";
    assert!(outcome.err().contains(message), "{outcome}");
    is_explained(message);
    let last = homeless(helm.pullcreds(["last", "--failed"])).run().expect(0);
    assert!(last.out().contains("exit code 1") && last.out().contains("error["), "{last}");
    // A mistake in the arguments ends a run early.
    homeless(helm.template(&assorted(), "pullcreds", ["--inject=nonsense"])).run().expect(1);
    let last = homeless(helm.pullcreds(["last"])).run().expect(0);
    assert!(last.out().contains("exit code 2") && last.out().contains("--inject"), "{last}");
    // Outside of Helm 4 there is a standard error, and no need.
    let before = std::fs::read_dir(&temporary).expect("a folder").count();
    homeless(helm.pullcreds(["--quiet"])).run().expect(0);
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), before);
}

#[test]
fn a_folder_for_reports_that_others_may_read_is_not_used() {
    let helm = Helm::four();
    let nowhere = helm.write("no-folder", "").join("home");
    let user =
        String::from_utf8(Run::new("id").arg("-u").run().expect(0).stdout).expect("a number");
    let spare = helm.path("tmp").join(format!("pullcreds-{}", user.trim()));
    std::fs::create_dir_all(&spare).expect("a folder");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&spare, mode).expect("it is ours");
    let homeless = |run: Run| {
        let run = run.env("HOME", &nowhere).without_env("XDG_STATE_HOME");
        run.env("TMPDIR", helm.path("tmp"))
    };
    homeless(failing(&helm)).run().expect(1);
    assert_eq!(std::fs::read_dir(&spare).expect("a folder").count(), 0);
    homeless(helm.pullcreds(["last"])).run().expect(3);
}

/// A key pair in the form that Helm reads: the files of the secret and the public half.
fn keys(helm: &Helm) -> [PathBuf; 2] {
    let home = helm.path("gnupg");
    std::fs::create_dir(&home).expect("a folder");
    let gpg = |args: &[&str]| {
        let run = helm
            .program(tool("PULLCREDS_GPG"))
            .env("GNUPGHOME", &home)
            .args(["--batch", "--quiet"]);
        run.args(args).run().expect(0).stdout
    };
    gpg(&[
        "--passphrase",
        "",
        "--pinentry-mode",
        "loopback",
        "--quick-generate-key",
        KEY,
        "rsa2048",
        "sign",
        "never",
    ]);
    let secret = helm.write("secring.gpg", gpg(&["--export-secret-keys"]));
    let public = helm.write("pubring.gpg", gpg(&["--export"]));
    helm.program("gpgconf").env("GNUPGHOME", &home).args(["--kill", "all"]).run();
    [secret, public]
}

#[test]
fn a_folder_of_plugins_may_have_blanks_in_its_name() {
    let helm = bare();
    let package = package(&helm, [PULLCREDS]);
    let home = helm.path("a home with blanks");
    install(&helm, &package).arg("--verify=false").env("HELM_DATA_HOME", &home).run().expect(0);
    assert!(home.join("plugins/pullcreds/plugin.yaml").exists());
    let run = template(&helm).env("HELM_DATA_HOME", &home).env("PATH", helm.path("bin"));
    let args = ["--post-renderer", "pullcreds", "--post-renderer-args=--inject=*=regcred"];
    let outcome = run.args(args).run().expect(0);
    assert!(outcome.out().contains("- name: regcred"), "{outcome}");
}

#[test]
fn a_folder_of_plugins_of_both_majors_stops_the_plugins_of_helm3_only() {
    // docs/helm.md warns of it and describes the solution.
    let three = Helm::three();
    three.write(three.plugins().join("pullcreds/plugin.yaml"), include_str!("../../plugin.yaml"));
    let outcome = three.helm(["plugin", "list"]).run().expect(1);
    assert!(outcome.err().contains("apiVersion"), "{outcome}");
    let run = template(&three).args([
        "--post-renderer",
        "pullcreds",
        "--post-renderer-args=--inject=*=regcred",
    ]);
    assert!(run.run().expect(0).out().contains("- name: regcred"));
    // The way out.
    let outcome = three.helm(["plugin", "list"]).env("HELM_PLUGINS", three.path("plugins3")).run();
    outcome.expect(0);
}
