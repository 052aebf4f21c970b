//! Transformers and validators: the result of a build, the report, and the exit code.

use crate::support::{Run, pullcreds};
use crate::world::{
    DOCKER_CONFIG, FLAGS, INJECT, Kustomize, STRICT, deployment, function, transformer,
};

const OVERLAY: &str = "resources: [../base]\nnamePrefix: p-\nnameSuffix: -s\nnamespace: shop\ncommonAnnotations: {team: web}\nbuildMetadata: \
                       [originAnnotations]\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\nsecretGenerator:\n- name: regcred\n  type: \
                       kubernetes.io/dockerconfigjson\n  files: [.dockerconfigjson=config.json]\n";

/// A base, and an overlay with a prefix, a namespace and generators, and a transformer with this spec.
fn overlay(spec: &str) -> Kustomize {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n";
    Kustomize::with([
        ("base/kustomization.yaml", "resources: [app.yaml]\n"),
        ("base/app.yaml", &(deployment("      serviceAccountName: web\n") + account)),
        ("overlay/kustomization.yaml", &format!("{OVERLAY}transformers: [policy.yaml]\n")),
        ("overlay/config.json", DOCKER_CONFIG),
        ("overlay/policy.yaml", &function(spec)),
        ("without/kustomization.yaml", OVERLAY),
        ("without/config.json", DOCKER_CONFIG),
    ])
}

/// One folder with resources and a transformer.
fn flat(resources: &str, policy: &str) -> Kustomize {
    Kustomize::with([
        ("kustomization.yaml", "resources: [app.yaml]\ntransformers: [policy.yaml]\n"),
        ("app.yaml", resources),
        ("policy.yaml", policy),
        ("without/kustomization.yaml", "resources: [app.yaml]\n"),
        ("without/app.yaml", resources),
    ])
}

#[test]
fn k1_a_function_that_has_nothing_to_do_changes_no_byte_of_a_build() {
    let kustomize = overlay("{}");
    let (with, without) = (kustomize.build("overlay"), kustomize.build("without"));
    assert_eq!(with.expect(0).out(), without.expect(0).out());
    // That a function ran is what kustomize itself notes here.
    for (folder, program) in [("overlay", "pullcreds"), ("without", "cat")] {
        let text =
            OVERLAY.replace("originAnnotations", "originAnnotations, transformerAnnotations");
        kustomize
            .write(format!("{folder}/kustomization.yaml"), text + "transformers: [policy.yaml]\n");
        kustomize.write(
            format!("{folder}/policy.yaml"),
            transformer(&format!("exec: {{path: {program}}}"), "{}"),
        );
    }
    let (with, without) = (kustomize.build("overlay"), kustomize.build("without"));
    assert_eq!(with.expect(0).out(), without.expect(0).out());
}

#[test]
fn k2_pods_accounts_and_the_generated_secret_agree_on_its_name() {
    let name = |out: &str| {
        let names =
            out.match_indices("p-regcred-s-").map(|(at, _)| out[at..].lines().next().unwrap_or(""));
        let names: Vec<_> = names.map(str::to_owned).collect();
        assert!(
            names.iter().all(|name| *name == names[0] && name.len() == "p-regcred-s-".len() + 10),
            "{names:?}"
        );
        names.len()
    };
    for (into, count) in [("auto", 2), ("pod", 2), ("serviceAccount", 2)] {
        let spec =
            INJECT.replace("{registries", &format!("{{inject: {{into: {into}}}, registries"));
        let kustomize = overlay(&spec);
        let outcome = kustomize.build("overlay").expect(0);
        assert_eq!(name(outcome.out()), count, "{into}: {outcome}");
        let again = kustomize.build("overlay").expect(0);
        assert_eq!(again.out(), outcome.out(), "every build is the same");
        let twice = format!("{OVERLAY}transformers: [policy.yaml, again.yaml]\n");
        kustomize.write("overlay/kustomization.yaml", twice);
        let second = function(&spec).replace("name: policy", "name: again");
        kustomize.write("overlay/again.yaml", second);
        assert_eq!(
            kustomize.build("overlay").expect(0).out(),
            outcome.out(),
            "a second run adds nothing"
        );
    }
}

#[test]
fn k4_a_violation_fails_the_build_and_is_told_once() {
    let kustomize = flat(&deployment(""), &function(STRICT));
    let outcome = kustomize.build(".").expect(1);
    assert_eq!(outcome.out(), "");
    assert_eq!(outcome.err().matches("error[unknown-pull-secret]").count(), 1, "{outcome}");
    assert!(outcome.err().contains("exit status 1"), "{outcome}");
    // What kustomize got from us is complete all the same.
    kustomize.script("spy", "pullcreds krm 2>/dev/null | tee out.yaml; exit \"${PIPESTATUS[0]}\"");
    kustomize.write("policy.yaml", transformer("exec: {path: spy}", STRICT));
    kustomize.build(".").expect(1);
    let list = kustomize.read("out.yaml");
    assert!(list.contains("image: myregistry.azurecr.io/web:v1"), "{list}");
    assert!(list.contains("\nresults:\n- message: "), "{list}");
}

#[test]
fn k5_a_warning_lets_the_build_pass_and_is_seen() {
    let resources = deployment("      imagePullSecrets: [{name: elsewhere}]\n");
    let kustomize = flat(&resources, &function(STRICT));
    let outcome = kustomize.build(".").expect(0);
    assert!(outcome.err().contains("warning[rotation-unknown]"), "{outcome}");
    assert_eq!(outcome.out(), kustomize.build("without").expect(0).out());
}

#[test]
fn k6_a_validator_hands_nothing_back() {
    let validators = |policy: &str, resources: &str| {
        let kustomize = flat(resources, policy);
        kustomize.write("kustomization.yaml", "resources: [app.yaml]\nvalidators: [policy.yaml]\n");
        kustomize
    };
    let fine = deployment("      imagePullSecrets: [{name: elsewhere}]\n");
    let spec = "{failOn: error, emit: none, registries: [{match: myregistry.azurecr.io, pullSecrets: [regcred]}]}";
    let kustomize = validators(&function(spec), &fine);
    assert_eq!(kustomize.build(".").expect(0).out(), kustomize.build("without").expect(0).out());
    let kustomize = validators(&function(spec), &deployment(""));
    let outcome = kustomize.build(".").expect(1);
    assert!(
        outcome.err().contains("error[unknown-pull-secret]"),
        "nothing is injected here: {outcome}"
    );
    // Whatever hands its items back is refused: this is kustomize's doing (kustomize#5036), and so is the same of cat.
    for how in ["exec: {path: pullcreds}", "exec: {path: cat}"] {
        let outcome = validators(&transformer(how, "{}"), &fine).build(".").expect(1);
        assert!(outcome.err().contains("validator shouldn't modify the resource map"), "{outcome}");
    }
    // And this is why `emit: none` has to be asked for.
    let kustomize = flat(&fine, &function("{emit: none}"));
    assert_eq!(
        kustomize.build(".").expect(0).out(),
        "",
        "under transformers it deletes everything"
    );
}

#[test]
fn k7_a_build_without_resources_is_no_error() {
    let kustomize = Kustomize::with([
        ("kustomization.yaml", "transformers: [policy.yaml]\n"),
        ("policy.yaml", &function(STRICT)),
    ]);
    let outcome = kustomize.build(".").expect(0);
    assert_eq!(outcome.out(), "");
}

#[test]
fn k9_the_policy_is_an_object_of_its_own_kind_or_a_config_map() {
    let map = |data: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: policy\n  annotations:\n    config.kubernetes.io/function: |\n      \
             exec: {{path: pullcreds}}\ndata:\n{data}"
        )
    };
    let document = "  policy: |\n    apiVersion: pullcreds.dev/v1alpha1\n    kind: PullCredentialPolicy\n    spec:\n      registries:\n      \
                    - match: myregistry.azurecr.io\n        pullSecrets: [regcred]\n";
    for policy in [
        function(INJECT),
        map(document),
        map("  inject: myregistry.azurecr.io=regcred\n"),
        // Labels, and what else Kubernetes tools keep.
        function(INJECT).replace(
            "  name: policy\n",
            "  name: policy\n  labels: {a: b}\n  creationTimestamp: null\n",
        ),
    ] {
        let outcome = flat(&deployment(""), &policy).build(".").expect(0);
        assert!(outcome.out().contains("- name: regcred"), "{outcome}");
    }
    for (policy, place) in [
        (function("{registrys: [], inject: {in: pod}}"), "functionConfig: spec.inject.in"),
        (function("{registrys: [], inject: {in: pod}}"), "functionConfig: spec.registrys"),
        (map("  failon: error\n"), "functionConfig: data.failon"),
        (map(&document.replace("match", "mtch")), "functionConfig: data.policy"),
        (
            function(INJECT).replace("kind: PullCredentialPolicy", "kind: PullPolicy"),
            "functionConfig: kind",
        ),
    ] {
        let outcome = flat(&deployment(""), &policy).build(".").expect(1);
        assert!(outcome.err().contains(place), "{place}: {outcome}");
        assert!(outcome.err().contains("exit status 2"), "{outcome}");
        assert_eq!(outcome.out(), "");
    }
    // Absent, as from `kpt fn source`.
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n";
    assert_eq!(pullcreds(["krm"]).stdin(list).run().expect(0).out(), list);
}

#[test]
fn k10_it_is_found_on_path_or_by_a_path_and_runs_in_the_folder_of_the_kustomization() {
    let kustomize = overlay(INJECT);
    let expected = kustomize.build("overlay").expect(0);
    std::os::unix::fs::symlink(crate::support::PULLCREDS, kustomize.work("overlay/fn"))
        .expect("a link");
    for path in ["./fn", "../overlay/fn", &kustomize.work("overlay/fn").display().to_string()] {
        kustomize
            .write("overlay/policy.yaml", transformer(&format!("exec: {{path: {path}}}"), INJECT));
        let from_root = kustomize
            .kustomize(&["build"])
            .arg(kustomize.work("overlay"))
            .args(FLAGS)
            .in_folder("/");
        assert_eq!(from_root.run().expect(0).out(), expected.out(), "{path}");
    }
    // A policy that lies beside the kustomization is found by name only.
    kustomize.write("overlay/pullcreds.yaml", function(INJECT));
    let mut text =
        transformer("exec: {path: pullcreds, args: [krm, --policy, pullcreds.yaml]}", "{}");
    kustomize.write("overlay/policy.yaml", &text);
    let outcome = kustomize.build("overlay").expect(0);
    assert_eq!(outcome.out(), expected.out());
    assert!(!outcome.err().contains("note:"), "{outcome}");
    text = transformer("exec: {path: pullcreds, args: [krm]}", "{}");
    kustomize.write("overlay/policy.yaml", text);
    assert!(!kustomize.build("overlay").expect(0).out().contains("imagePullSecrets"));
    text = transformer("exec: {path: pullcreds, envs: [PULLCREDS_POLICY=pullcreds.yaml]}", "{}");
    kustomize.write("overlay/policy.yaml", text);
    assert_eq!(kustomize.build("overlay").expect(0).out(), expected.out());
}

#[test]
fn k11_a_forgotten_flag_is_seen_by_a_check_behind_the_build() {
    let kustomize = flat(
        &deployment(""),
        &function(&INJECT.replace("{registries", "{stamp: true, registries")),
    );
    let check = |build: Run, args: &[&str]| {
        let built = build.run().expect(0).stdout;
        pullcreds(["check"]).args(args).stdin(built).run()
    };
    let build = |flags: &[&str]| kustomize.kustomize(&["build", "."]).args(flags);
    let good = check(build(&FLAGS), &["--require-stamp"]).expect(0);
    assert!(good.out().contains("1 of 1 private images"), "{good}");
    let forgotten = &["--enable-alpha-plugins"];
    let stamp =
        check(build(forgotten), &["--require-stamp", "--private", "nothing.example.com"]).expect(1);
    assert!(stamp.out().contains("error[missing-stamp]"), "{stamp}");
    let plain = check(build(forgotten), &[]).expect(1);
    assert!(plain.out().contains("error[unknown-pull-secret]"), "even without a stamp: {plain}");
    // Without any flag kustomize says so itself.
    let outcome = build(&[]).run().expect(1);
    assert!(outcome.err().contains("external plugins disabled"), "{outcome}");
}

#[test]
fn k14_a_function_that_cannot_write_or_is_ended_fails_the_build() {
    let kustomize = flat(&deployment(""), &transformer("exec: {path: odd}", "{}"));
    for (script, text) in [
        ("exec pullcreds krm >/dev/full", "exit status 4"),
        // kustomize reads the output before it looks at the exit code.
        ("pullcreds krm | head -c 10; exit \"${PIPESTATUS[0]}\"", "expected MappingNode"),
        ("coproc pullcreds krm; kill -TERM $COPROC_PID; wait $COPROC_PID", "exit status 143"),
    ] {
        kustomize.script("odd", script);
        let outcome = kustomize.build(".").expect(1);
        assert_eq!(outcome.out(), "", "{script}");
        assert!(outcome.err().contains(text), "{script}: {outcome}");
    }
}

#[test]
fn k15_a_function_in_a_base_does_not_see_what_the_overlay_does_to_images() {
    let kustomize = Kustomize::with([
        ("base/kustomization.yaml", "resources: [app.yaml]\ntransformers: [policy.yaml]\n"),
        (
            "base/app.yaml",
            &deployment("").replace("myregistry.azurecr.io/web:v1", "registry.k8s.io/web:v1"),
        ),
        ("base/policy.yaml", &function(STRICT)),
        (
            "overlay/kustomization.yaml",
            "resources: [../base]\nimages: [{name: registry.k8s.io/web, newName: myregistry.azurecr.io/web}]\n",
        ),
        ("overlay/policy.yaml", &function(STRICT)),
    ]);
    let outcome = kustomize.build("overlay").expect(0);
    assert!(
        outcome.out().contains("image: myregistry.azurecr.io/web:v1"),
        "it passed unseen: {outcome}"
    );
    let text = kustomize.read("overlay/kustomization.yaml");
    kustomize.write("overlay/kustomization.yaml", text + "transformers: [policy.yaml]\n");
    let outcome = kustomize.build("overlay").expect(1);
    assert!(outcome.err().contains("error[unknown-pull-secret]"), "{outcome}");
}

#[test]
fn k19_no_secret_is_in_what_is_told() {
    for spec in ["{failOn: error}", "{failOn: warning}", INJECT] {
        let kustomize = overlay(spec);
        kustomize.script("spy", "pullcreds krm | tee out.yaml; exit \"${PIPESTATUS[0]}\"");
        kustomize.write("overlay/policy.yaml", transformer("exec: {path: spy}", spec));
        let outcome = kustomize.build("overlay");
        let out = kustomize.read("overlay/out.yaml");
        let (_, results) = out.split_once("\nresults:\n").expect("there are warnings at least");
        // In plain text, and as base64 in each of the three positions that it can have.
        for part in ["hunter2", "aHVudGVyMi", "h1bnRlcjIt", "odW50ZXIyL"] {
            assert!(!outcome.err().contains(part), "{part} is in {outcome}");
            assert!(!results.contains(part), "{part} is in {results}");
        }
    }
}
