//! The plugin of Helm 4 on its way into a Helm: from a checkout, and from packages.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::support::{Outcome, PULLCREDS, Run, read, tool};
use crate::world::{Helm, Major, RELEASE, assorted};

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
    // Nobody has signed it.
    let outcome = install(&helm, &package).run().expect(1);
    assert!(outcome.err().contains("no provenance file"), "{outcome}");
    install(&helm, &package).arg("--verify=false").run().expect(0);
    works(&helm, template(&helm).env("PATH", helm.path("bin")));
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
    // docs/helm.md warns of it and tells the way out.
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
