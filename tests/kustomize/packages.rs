//! `kustomize fn run`: files in, the same files out, with their comments, their order and their style. kpt runs
//! functions through the same code.

use crate::world::Kustomize;

const PACKAGE: &str = "\
# The head of the file.
apiVersion: v1 # core
kind: Pod
metadata: {name: web, labels: {b: c, a: b}}
spec:
  # What runs.
  containers:
  - image: myregistry.azurecr.io/web:v1 # pinned
    name: web
  restartPolicy: \"Never\"
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {on: \"yes\"}
";

fn run(kustomize: &Kustomize, args: &[&str]) -> crate::support::Outcome {
    let run = kustomize.kustomize(&["fn", "run", "package", "--enable-exec", "--exec-path"]);
    run.arg(crate::support::PULLCREDS).args(args).run()
}

#[test]
fn k18_comments_order_and_style_of_files_are_kept() {
    let kustomize = Kustomize::with([("package/app.yaml", PACKAGE)]);
    // Without anything to do the files are as kustomize writes them.
    run(&kustomize, &[]).expect(0);
    let plain = kustomize.read("package/app.yaml");
    assert_eq!(plain, PACKAGE);
    run(&kustomize, &["--", "inject=myregistry.azurecr.io=regcred"]).expect(0);
    let injected = kustomize.read("package/app.yaml");
    // kustomize decides where a new field goes: after the existing ones.
    let list = "  imagePullSecrets:\n  - name: regcred\n---";
    assert_eq!(injected, PACKAGE.replacen("---", list, 1));
    run(&kustomize, &["--", "inject=myregistry.azurecr.io=regcred"]).expect(0);
    assert_eq!(kustomize.read("package/app.yaml"), injected, "a second run changes nothing");
}

#[test]
fn k18_results_are_stored_also_when_the_function_fails() {
    // The folder has to be there.
    let kustomize = Kustomize::with([("package/app.yaml", PACKAGE), ("results/README", "")]);
    let outcome = run(&kustomize, &["--results-dir", "results", "--", "fail-on=error"]).expect(1);
    assert!(outcome.err().contains("error[unknown-pull-secret]"), "{outcome}");
    let results = kustomize.read("results/results-0.yaml");
    for line in [
        "  severity: error\n",
        "    kind: Pod\n",
        "    name: web\n",
        "    path: spec.containers[0].image\n",
        "    path: app.yaml\n",
        "    code: unknown-pull-secret\n",
    ] {
        assert!(results.contains(line), "{line}{results}");
    }
    assert_eq!(kustomize.read("package/app.yaml"), PACKAGE, "nothing is written");
}

#[test]
fn k18_no_object_is_made_and_no_annotation_left() {
    let kustomize = Kustomize::with([("package/app.yaml", PACKAGE)]);
    run(&kustomize, &["--", "inject=*=regcred", "stamp=true"]).expect(0);
    let text = kustomize.read("package/app.yaml");
    assert_eq!(text.matches("\nkind: ").count(), 2, "{text}");
    assert!(!text.contains("config.kubernetes.io") && !text.contains("config.k8s.io"), "{text}");
    assert_eq!(text.matches("pullcreds.dev/checked: v1").count(), 1, "{text}");
}
