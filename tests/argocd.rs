//! The program as a config management plugin of Argo CD, called as the CMP server calls it, with real Helm. C1 to C10
//! are the promises; both majors of Helm hold them.
//!
//! No container runtime is needed: the root file system of the image is put together from its Containerfile.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![allow(clippy::unwrap_used, reason = "the setup of a test may fail it like the test itself")]

#[path = "argocd/cmp.rs"]
mod cmp;
#[path = "argocd/image.rs"]
mod image;
#[path = "support/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use cmp::{Failure, Plugin, Sidecar, call, example, load};
use image::{Image, Proc};
use support::{Run, read, tool};

const HELMS: [&str; 2] = ["PULLCREDS_HELM3", "PULLCREDS_HELM4"];

/// The parameter that the Application of the example has.
fn parameters() -> String {
    let application: Value = serde_yaml_ng::from_slice(&read(example("application.yaml"))).unwrap();
    application["spec"]["source"]["plugin"]["parameters"].to_string()
}

/// What Argo CD shows and keeps of a failure: it has to be short, to begin with what is wrong, and to hold no manifest.
#[track_caller]
fn check_failure(failure: &Failure, first_line: &str) {
    assert!(failure.said.starts_with(first_line), "{failure:?}");
    assert!(failure.said.len() < 4096, "{} bytes: {failure:?}", failure.said.len());
    assert_eq!(failure.out, "", "{failure:?}");
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

// The example.

#[test]
fn the_application_names_the_plugin() {
    let application: Value = serde_yaml_ng::from_slice(&read(example("application.yaml"))).unwrap();
    assert_eq!(application["spec"]["source"]["plugin"]["name"], Plugin::example().name());
}

#[test]
fn the_sidecar_fits_the_image() {
    let patch: Value = serde_yaml_ng::from_slice(&read(example("repo-server.yaml"))).unwrap();
    let sidecar = &patch["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(sidecar["securityContext"]["runAsUser"], 999);
    assert_eq!(sidecar["securityContext"]["readOnlyRootFilesystem"], true);
    let mounted = sidecar["volumeMounts"].as_array().unwrap();
    let mounts: Vec<_> = mounted.iter().map(|mount| mount["mountPath"].as_str().unwrap()).collect();
    let policy = sidecar["env"][0]["value"].as_str().unwrap();
    assert!(mounts.iter().any(|mount| Path::new(policy).starts_with(mount)), "{policy}");
    assert!(mounts.contains(&"/tmp"));
}

/// What Argo CD is installed from, in `namespace`, as far as it matters here.
fn install(namespace: Option<&str>) -> String {
    let named = |kind: &str, api: &str, name: &str, rest: Value| {
        let mut object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}});
        if let Some(namespace) = namespace.filter(|_| !kind.starts_with("Cluster")) {
            object["metadata"]["namespace"] = namespace.into();
        }
        object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        object.to_string()
    };
    let deployment = |name: &str| {
        let pod = json!({
            "containers": [{
                "name": name, "image": "quay.io/argoproj/argocd:v3.5.1",
                "volumeMounts": [{"name": "plugins", "mountPath": "/home/argocd/cmp-server/plugins"}],
            }],
            "initContainers": [{"name": "copyutil", "image": "quay.io/argoproj/argocd:v3.5.1"}],
            "volumes": [{"name": "var-files", "emptyDir": {}}, {"name": "plugins", "emptyDir": {}}],
        });
        named("Deployment", "apps/v1", name, json!({"spec": {"template": {"spec": pod}}}))
    };
    let subject = json!({"kind": "ServiceAccount", "name": "argocd-server", "namespace": "argocd"});
    let binding = json!({"roleRef": {"name": "argocd-server"}, "subjects": [subject]});
    [
        named("ServiceAccount", "v1", "argocd-repo-server", json!({})),
        named("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", "argocd-server", binding),
        deployment("argocd-server"),
        deployment("argocd-repo-server"),
    ]
    .join("\n---\n")
}

#[test]
fn the_patch_finds_the_repo_server_in_any_namespace() {
    for namespace in [None, Some("argocd"), Some("gitops")] {
        let folder = tempfile::tempdir().unwrap();
        for file in ["kustomization.yaml", "policy.yaml", "repo-server.yaml"] {
            let text = String::from_utf8(read(example(file))).unwrap();
            let text = text.replace("# - install.yaml", "- install.yaml");
            fs::write(folder.path().join(file), text).unwrap();
        }
        fs::write(folder.path().join("install.yaml"), install(namespace)).unwrap();
        for (tool, command) in
            [("PULLCREDS_KUSTOMIZE", "build"), ("PULLCREDS_KUBECTL", "kustomize")]
        {
            let built = Run::new(self::tool(tool)).arg(command).arg(folder.path()).run().expect(0);
            let objects = load(built.out()).unwrap();
            assert_eq!(objects.len(), 5, "{built}");
            let spec = |name: &str| {
                let is = |object: &&Value| {
                    object["kind"] == "Deployment" && object["metadata"]["name"] == name
                };
                objects.iter().find(is).expect("it is there")["spec"]["template"]["spec"].clone()
            };
            let names = |list: &Value| -> Vec<String> {
                let list = list.as_array().unwrap();
                list.iter().map(|each| each["name"].as_str().unwrap().to_owned()).collect()
            };
            let patched = spec("argocd-repo-server");
            assert_eq!(names(&patched["containers"]), ["pullcreds", "argocd-repo-server"]);
            let volumes = names(&patched["volumes"]);
            for mount in names(&patched["containers"][0]["volumeMounts"]) {
                assert!(volumes.contains(&mount), "{mount} is not one of {volumes:?}");
            }
            assert_eq!(names(&spec("argocd-server")["containers"]), ["argocd-server"]);
            let places =
                objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str());
            assert!(places.clone().count() == 4 && places.clone().all(|place| place == "argocd"));
        }
    }
}

#[test]
fn an_application_in_any_namespace_gets_a_valid_release_name() {
    for helm in HELMS {
        let shop =
            || Sidecar::of_shop(helm).with_policy().with("ARGOCD_APP_PARAMETERS", parameters());
        let elsewhere = shop().with("ARGOCD_APP_NAME", "team-a_shop").generate().unwrap();
        assert_eq!(elsewhere.text, shop().generate().unwrap().text, "{helm}");
        // What the name of Argo CD itself comes to.
        let failure = shop()
            .with("ARGOCD_APP_NAME", "team-a_shop")
            .call(&words(&[
                "pullcreds",
                "run",
                "--",
                "helm",
                "template",
                "$(ARGOCD_APP_NAME)",
                ".",
            ]))
            .err()
            .unwrap();
        assert!(failure.said.contains("release name \"team-a_shop\": invalid"), "{failure:?}");
    }
}

/// As docs/argocd.md has it.
#[test]
fn applications_name_their_value_files() {
    let guide = include_str!("../docs/argocd.md");
    let arg = "--values=$(ARGOCD_ENV_VALUES)";
    assert!(guide.contains(&format!("    - {arg}\n")));
    for helm in HELMS {
        let shop = || {
            let shop = Sidecar::of_shop(helm).with("PULLCREDS_FAIL_ON", "never");
            let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {region: \"{{ .Values.region }}\"}\n";
            fs::write(shop.app().join("templates/map.yaml"), map).unwrap();
            fs::create_dir(shop.app().join("../common")).unwrap();
            for (file, region) in [("values-prod.yaml", "us"), ("../common/values-eu.yaml", "eu")] {
                fs::write(shop.app().join(file), format!("region: {region}\n")).unwrap();
            }
            shop
        };
        let generate = [Plugin::example().generate(), words(&[arg])].concat();
        let both = "values-prod.yaml,../common/values-eu.yaml";
        assert!(guide.contains(both));
        for (values, region) in [("", "\"\""), ("values-prod.yaml", "\"us\""), (both, "\"eu\"")] {
            let manifests = shop().with("ARGOCD_ENV_VALUES", values).call(&generate).unwrap();
            assert!(manifests.text.contains(&format!("region: {region}")), "{values}");
        }
        let failure =
            shop().with("ARGOCD_ENV_VALUES", "absent.yaml").call(&generate).err().unwrap();
        check_failure(&failure, "error: helm failed with exit code 1; nothing was written\n");
        assert!(failure.said.contains("absent.yaml"), "{failure:?}");
    }
}

// C1 to C10.

#[test]
fn c1_manifests_are_the_same_with_and_without_us() {
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm).with("PULLCREDS_FAIL_ON", "never");
        let alone = sidecar.call(&Plugin::example().renderer(&sidecar.env)).unwrap();
        let ours = sidecar.generate().unwrap();
        assert_eq!(ours.text, alone.text, "{helm}");
        assert!(ours.read().len() >= 5 && ours.read() == alone.read(), "{helm}");
    }
}

#[test]
fn c1_injection_adds_pull_secrets_and_changes_nothing_else() {
    for helm in HELMS {
        let sidecar =
            Sidecar::of_shop(helm).with_policy().with("ARGOCD_APP_PARAMETERS", parameters());
        let alone = sidecar.call(&Plugin::example().renderer(&sidecar.env)).unwrap();
        let ours = sidecar.generate().unwrap();
        let mut secrets = Vec::new();
        let without: Vec<_> = ours
            .read()
            .into_iter()
            .map(|manifest| without_pull_secrets(manifest, &mut secrets))
            .collect();
        assert_eq!(without, alone.read(), "{helm}");
        secrets.sort();
        secrets.dedup();
        assert_eq!(secrets, ["ghcr-acme", "regcred"], "{helm}");
        assert!(
            ours.log.contains("4 of 4 private images have pull credentials configured."),
            "{}",
            ours.log
        );
    }
}

/// A Job that runs before the objects of the application, as a ServiceAccount among them.
const PRE_SYNC: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: migrate}\n---\napiVersion: \
                        batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations: \
                        {argocd.argoproj.io/hook: PreSync}\nspec:\n  template:\n    spec:\n      \
                        restartPolicy: Never\n      serviceAccountName: migrate\n      containers:\n      - \
                        name: migrate\n        image: registry.example.com/migrate:1\n";

#[test]
fn c1_a_hook_before_its_service_account_gets_the_secret_itself() {
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm)
            .with("PULLCREDS_FAIL_ON", "never")
            .with("PULLCREDS_INJECT", "registry.example.com=late");
        fs::write(sidecar.app().join("templates/migrate.yaml"), PRE_SYNC).unwrap();
        let ours = sidecar.generate().unwrap();
        let named = |kind: &str| {
            let all = ours.read();
            let found = all
                .iter()
                .find(|object| object["kind"] == kind && object["metadata"]["name"] == "migrate");
            found.unwrap_or_else(|| panic!("no {kind}: {}", ours.text)).clone()
        };
        let job = named("Job");
        assert_eq!(job["spec"]["template"]["spec"]["imagePullSecrets"], json!([{"name": "late"}]));
        assert_eq!(named("ServiceAccount")["imagePullSecrets"], Value::Null, "{helm}");
        assert!(ours.log.contains("1 by injection"), "{}", ours.log);
    }
}

fn without_pull_secrets(value: Value, names: &mut Vec<String>) -> Value {
    match value {
        Value::Object(mut fields) => {
            let secrets = fields.remove("imagePullSecrets").unwrap_or_default();
            let secrets = secrets.as_array().into_iter().flatten();
            names.extend(secrets.map(|secret| secret["name"].as_str().unwrap().to_owned()));
            let fields =
                fields.into_iter().map(|(name, value)| (name, without_pull_secrets(value, names)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| without_pull_secrets(item, names)).collect())
        }
        other => other,
    }
}

#[test]
fn c2_a_renderer_that_fails_in_front_of_a_pipe_is_an_error() {
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm);
        let path = format!("{}:{}", sidecar.env["PATH"], std::env::var("PATH").unwrap());
        let sidecar = sidecar.with("PATH", path);
        let piped =
            words(&["sh", "-c", "helm template shop ./no-such-chart 2>/dev/null | pullcreds"]);
        let failure = sidecar.call(&piped).err().unwrap();
        check_failure(&failure, "error[empty-input]: ");
    }
}

#[test]
fn c2_a_renderer_that_fails_under_us_is_an_error_with_its_own_words() {
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm);
        fs::write(sidecar.app().join("templates/broken.yaml"), "{{ fail \"no image is set\" }}\n")
            .unwrap();
        let failure = sidecar.generate().err().unwrap();
        check_failure(&failure, "error: helm failed with exit code 1; nothing was written\n");
        assert!(failure.said.contains("no image is set"), "{failure:?}");
        assert!(failure.text.contains("failed exit status 1: error: helm"), "{failure:?}");
    }
}

#[test]
fn c2_a_chart_without_manifests_is_an_error_unless_the_application_allows_it() {
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm);
        for folder in ["templates", "charts"] {
            fs::remove_dir_all(sidecar.app().join(folder)).unwrap();
        }
        let chart = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
        fs::write(sidecar.app().join("Chart.yaml"), chart).unwrap();
        let failure = sidecar.generate().err().unwrap();
        check_failure(&failure, "error: helm succeeded and wrote no Kubernetes object");
        let allow = r#"[{"name": "allow-empty", "string": "true"}]"#;
        let manifests = sidecar.with("ARGOCD_APP_PARAMETERS", allow).generate().unwrap();
        assert!(manifests.read().is_empty());
    }
}

#[test]
fn c3_a_violation_is_told_with_rule_resource_and_image() {
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm);
        let failure = sidecar.generate().err().unwrap();
        let first = failure.said.lines().next().unwrap();
        for part in ["error[", "pull-secret]: Deployment 'api'", "'myregistry.azurecr.io/shop/api:"]
        {
            assert!(first.contains(part), "{failure:?}");
        }
        check_failure(&failure, "error[");
        assert!(failure.text.starts_with(
            "error generating manifests: `pullcreds run --timeout=50s -- helm template $(PULLCREDS_RELEASE_NAME) ."
        ));
    }
}

#[test]
fn c3_many_violations_are_told_shortly_the_worst_first() {
    let many = "{{- range $n := until 300 }}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod-{{ $n }}}\nspec: {serviceAccountName: account-{{ $n }}, containers: [{name: a, image: registry-{{ $n }}.example.com/team/image:1}]}\n{{- end }}\n";
    for helm in HELMS {
        let sidecar = Sidecar::of_shop(helm);
        fs::write(sidecar.app().join("templates/many.yaml"), many).unwrap();
        let failure = sidecar.generate().err().unwrap();
        check_failure(&failure, "error[");
        let left =
            |line: &str| line.strip_prefix("… and ")?.strip_suffix(" more")?.parse::<u32>().ok();
        // Images with one cause are one entry.
        let others = |line: &str| {
            let count = line.strip_prefix("  and ")?.split_once(" more image")?.0;
            count.parse::<u32>().ok()
        };
        let shown = u32::try_from(failure.said.matches("error[").count()).expect("a few errors")
            + failure.said.lines().filter_map(others).sum::<u32>();
        assert_eq!(failure.said.lines().find_map(left), Some(303 - shown));
        assert!(failure.said.contains("0 of 303 private images"), "{failure:?}");
    }
}

#[test]
fn c4_standard_output_is_pure_however_much_is_told() {
    for helm in HELMS {
        let sidecar =
            Sidecar::of_shop(helm).with_policy().with("ARGOCD_APP_PARAMETERS", parameters());
        let quiet = sidecar.generate().unwrap();
        let mut loud = Plugin::example().generate();
        loud.splice(
            2..2,
            words(&["--report=human", "--report=json", "--diff=always", "--color=always"]),
        );
        loud.push("--debug".to_owned());
        let loud = sidecar.call(&loud).unwrap();
        assert_eq!(loud.text, quiet.text);
        assert!(
            loud.log.contains("imagePullSecrets") && loud.log.contains("pullcreds.report/v1"),
            "{}",
            loud.log
        );
    }
}

/// A renderer that neither ends nor cares that it is asked to, with a child of the same kind that has our pipes.
const STUBBORN: &str = "trap '' TERM; echo 'a: 1'; (sleep 1000; sleep 1000) & echo $! >../../../noted; sleep 1000; sleep 1000";

#[test]
fn c5_when_argo_cd_ends_the_call_all_of_it_ends_at_once() {
    let mut sidecar = Sidecar::of_shop("PULLCREDS_HELM3");
    sidecar.deadline = Duration::from_secs(5);
    let path = format!("{}:{}", sidecar.env["PATH"], std::env::var("PATH").unwrap());
    let sidecar = sidecar.with("PATH", path);
    let failure =
        sidecar.call(&words(&["pullcreds", "run", "--", "sh", "-c", STUBBORN])).err().unwrap();
    // Had anything gone on, it would have kept the server waiting for the five seconds that it gives.
    assert!(!failure.killed, "{failure:?}");
    check_failure(&failure, "error: sh was stopped by signal 15 (SIGTERM); nothing was written\n");
    let noted = fs::read_to_string(sidecar.folder().join("noted")).unwrap();
    assert!(!runs(noted.trim()), "{noted}");
}

#[test]
fn c5_our_own_deadline_comes_before() {
    let sidecar = Sidecar::of_shop("PULLCREDS_HELM3");
    let path = format!("{}:{}", sidecar.env["PATH"], std::env::var("PATH").unwrap());
    let sidecar = sidecar.with("PATH", path);
    let command = ["pullcreds", "run", "--timeout=1s", "--", "sh", "-c", STUBBORN];
    let failure = sidecar.call(&words(&command)).err().unwrap();
    check_failure(
        &failure,
        "error: sh was stopped because it did not end within 1s (--timeout); nothing was written\n",
    );
}

/// Whether a process runs.
fn runs(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn c6_the_image_needs_no_shell_no_home_and_no_disk() {
    if !image::is_possible() {
        println!("this user may not mount anything: the image is not run");
        return;
    }
    let image = Image::of("examples/argocd/Containerfile");
    let policy = Sidecar::of_shop("PULLCREDS_HELM3").with_policy();
    image.mount(
        "/etc/pullcreds/policy.yaml",
        &fs::read_to_string(&policy.env["PULLCREDS_POLICY"]).unwrap(),
    );
    let mut env = cmp::request();
    env.insert("ARGOCD_APP_PARAMETERS".to_owned(), parameters());
    env.insert("PULLCREDS_POLICY".to_owned(), "/etc/pullcreds/policy.yaml".to_owned());
    let generate = Plugin::example().generate();
    let app = policy.app();
    let policy = policy.with("ARGOCD_APP_PARAMETERS", parameters());
    let outside = policy.generate().unwrap();
    for proc in [Proc::Mounted, Proc::Missing] {
        let command = image.command(&generate, &env, Some(&app), proc);
        let manifests = call(command, &generate, Duration::from_mins(1))
            .unwrap_or_else(|failure| panic!("{failure:?}"));
        assert_eq!(manifests.text, outside.text, "{proc:?}");
    }
    // A policy in the folder of the application is none there either.
    env.remove("PULLCREDS_POLICY");
    env.insert(
        "ARGOCD_ENV_PULLCREDS_POLICY".to_owned(),
        "/tmp/_cmp_server/0f9c/shop/policy.yaml".to_owned(),
    );
    fs::write(app.join("policy.yaml"), "").unwrap();
    let command = image.command(&generate, &env, Some(&app), Proc::Mounted);
    let failure = call(command, &generate, Duration::from_mins(1)).err().unwrap();
    check_failure(
        &failure,
        "error: ARGOCD_ENV_PULLCREDS_POLICY: the file belongs to an application",
    );
}

#[test]
fn c6_the_image_holds_two_programs_and_the_plugin() {
    let mut files = Image::of("examples/argocd/Containerfile").files();
    files.sort();
    let expected = [
        "dev/null",
        "etc/ssl/certs/ca-certificates.crt",
        "home/argocd/cmp-server/config/plugin.yaml",
        "usr/bin/helm",
        "usr/bin/pullcreds",
    ];
    assert_eq!(files, expected.map(PathBuf::from));
}

#[test]
fn c7_streams_of_every_kind_pass_as_they_are() {
    let map = |n: usize, fill: usize| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{n}}}\ndata: {{a: \"{}\"}}\n",
            "x".repeat(fill)
        )
    };
    let object = |n: usize| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("map-{n}")}})
            .to_string()
    };
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n- {}\n", object(1), object(2));
    let many: Vec<_> = (0..2000).map(|n| map(n, 10)).collect();
    let scalars = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: yes, b: 0777, c: 0o14, d: 1_000, e: \"on\", f: 2001-01-01, g: ~}\n";
    for (name, text, documents) in [
        ("list", list, 1),
        ("json", format!("{}\n{}\n", object(1), object(2)), 2),
        ("crlf", format!("{}---\n{}", map(1, 3), map(2, 3)).replace('\n', "\r\n"), 2),
        ("byte order mark", format!("\u{feff}{}", map(1, 3)), 1),
        (
            "comments",
            format!("# one\n---\n# two\n---\n{}--- # three\n{}---\n", map(1, 3), map(2, 3)),
            2,
        ),
        ("many", many.join("---\n"), 2000),
        ("large", map(1, 3 << 20), 1),
        ("scalars", scalars.to_owned(), 1),
    ] {
        let sidecar = Sidecar::of_shop("PULLCREDS_HELM3");
        let file = sidecar.folder().join("rendered");
        fs::write(&file, &text).unwrap();
        let command =
            [words(&["pullcreds", "run", "--", "/bin/cat"]), vec![file.display().to_string()]]
                .concat();
        let manifests =
            sidecar.call(&command).unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(manifests.text == text.strip_suffix('\n').unwrap_or(&text), "{name}");
        let read = manifests.read();
        assert!(read.len() == documents && read == load(&text).unwrap(), "{name}");
        assert!(read.iter().all(|manifest| manifest["kind"] != "ResourceList"), "{name}");
    }
}

#[test]
fn c8_parameters_come_in_every_form() {
    for (parameters, passes) in [
        ("null", false),
        ("[]", false),
        (r#"[{"name": "inject", "array": ["ghcr.io/acme=ghcr-acme"]}]"#, true),
        (r#"[{"name": "inject", "map": {"ghcr.io/acme": "ghcr-acme"}}]"#, true),
        (
            r#"[{"name": "inject", "string": "ghcr.io/acme=ghcr-acme"}, {"name": "private", "array": []}]"#,
            true,
        ),
        (r#"[{"name": "public", "array": ["ghcr.io/acme"]}]"#, false),
        (r#"[{"name": "fail-on", "string": "never"}]"#, false),
        (r#"[{"name": "imagePullSecrets", "array": ["ghcr-acme"]}]"#, false),
    ] {
        let sidecar = Sidecar::of_shop("PULLCREDS_HELM3").with_policy();
        let sidecar = sidecar.with("ARGOCD_APP_PARAMETERS", parameters);
        assert_eq!(sidecar.generate().is_ok(), passes, "{parameters}");
    }
}

#[test]
fn c8_the_announcement_is_what_argo_cd_reads() {
    let sidecar = Sidecar::of_shop("PULLCREDS_HELM3");
    let announced = sidecar.call(&Plugin::example().announce()).unwrap();
    let announced: Value = serde_json::from_str(&announced.text).unwrap();
    // ParameterAnnouncement of reposerver/repository/repository.proto.
    let known = [
        "name",
        "title",
        "tooltip",
        "required",
        "itemType",
        "collectionType",
        "string",
        "array",
        "map",
    ];
    let mut given = Vec::new();
    for parameter in announced.as_array().unwrap() {
        let fields = parameter.as_object().unwrap();
        assert!(fields.keys().all(|field| known.contains(&&**field)), "{parameter}");
        assert!(["string", "number", "boolean"].contains(&fields["itemType"].as_str().unwrap()));
        assert!(["string", "array", "map"].contains(&fields["collectionType"].as_str().unwrap()));
        let mut set = json!({"name": fields["name"]});
        for form in ["string", "array"] {
            if let Some(value) = fields.get(form) {
                set[form] = value.clone();
            }
        }
        given.push(set);
    }
    // A form that is filled in with what it shows changes nothing.
    let sidecar =
        sidecar.with_policy().with("ARGOCD_ENV_PULLCREDS_INJECT", "ghcr.io/acme=ghcr-acme");
    let before = sidecar.generate().unwrap().text;
    let filled = sidecar.with("ARGOCD_APP_PARAMETERS", Value::Array(given).to_string());
    assert_eq!(filled.generate().unwrap().text, before);
}

#[test]
fn c9_what_argo_cd_leaves_out_is_not_missed() {
    let mut sidecar = Sidecar::of_shop("PULLCREDS_HELM3")
        .with_policy()
        .with("ARGOCD_APP_PARAMETERS", parameters());
    sidecar.generate().unwrap();
    for variable in [
        "ARGOCD_APP_NAMESPACE",
        "ARGOCD_APP_PROJECT_NAME",
        "ARGOCD_APP_REVISION_SHORT",
        "KUBE_VERSION",
        "KUBE_API_VERSIONS",
    ] {
        sidecar.env.remove(variable);
    }
    sidecar.generate().unwrap();
    sidecar.call(&Plugin::example().announce()).unwrap();
}

#[test]
fn c10_nothing_is_written_beside_the_application() {
    for helm in HELMS {
        let sidecar =
            Sidecar::of_shop(helm).with_policy().with("ARGOCD_APP_PARAMETERS", parameters());
        let before = tree(&sidecar.app());
        sidecar.generate().unwrap();
        let failing = Sidecar::of_shop(helm);
        failing.generate().err().unwrap();
        assert_eq!(tree(&sidecar.app()), before);
        assert_eq!(tree(&failing.app()), before);
    }
}

/// The files of a folder with what they hold.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(
                tree(&path)
                    .into_iter()
                    .map(|(file, bytes)| (Path::new(path.file_name().unwrap()).join(file), bytes)),
            );
        } else {
            files.insert(path.file_name().unwrap().into(), read(&path));
        }
    }
    files
}

#[test]
fn c10_no_failure_tells_of_the_environment() {
    let shop = || {
        Sidecar::of_shop("PULLCREDS_HELM3")
            .with("GIT_PASSWORD", "hunter2")
            .with("ARGOCD_ENV_TOKEN", "hunter2")
    };
    let broken = shop();
    fs::write(broken.app().join("templates/broken.yaml"), "{{ fail \"no\" }}\n").unwrap();
    let no_yaml = shop();
    fs::write(no_yaml.app().join("templates/no.yaml"), "a: [\n").unwrap();
    let failures = [
        shop().generate(),
        broken.generate(),
        no_yaml.generate(),
        shop().with("ARGOCD_APP_PARAMETERS", "{hunter2").generate(),
        shop()
            .with(
                "ARGOCD_APP_PARAMETERS",
                r#"[{"name": "into", "string": "ghp_0123456789abcdefghijklmnopqrstuvwxyz"}]"#,
            )
            .generate(),
        shop().with("PULLCREDS_POLICY", "/no/such/policy.yaml").generate(),
        shop().with("ARGOCD_ENV_PULLCREDS_POLICY", "policy.yaml").generate(),
        shop().call(&words(&["pullcreds", "run", "--", "no-such-helm", "template"])),
        shop().call(&words(&["pullcreds", "run", "--timeout=1s", "--", "/bin/sleep", "1000"])),
    ];
    for failure in failures {
        let failure = failure.err().unwrap();
        for secret in ["hunter2", "ghp_0123456789", "GIT_PASSWORD"] {
            assert!(!failure.said.contains(secret), "{failure:?}");
        }
        check_failure(&failure, "error");
    }
}

// Containers.

#[test]
fn the_static_program_needs_no_shared_library() {
    let program = tool("PULLCREDS_STATIC");
    let outcome = Run::new("readelf")
        .args(["--wide", "--dynamic", "--program-headers"])
        .arg(&program)
        .run()
        .expect(0);
    assert!(outcome.out().contains("LOAD"), "{outcome}");
    for needed in ["NEEDED", "INTERP"] {
        assert!(!outcome.out().contains(needed), "{outcome}");
    }
}

/// docs/security.md says that its bytes do not depend on the folder.
#[test]
fn the_static_program_has_no_path_of_this_machine() {
    let program = read(tool("PULLCREDS_STATIC"));
    let home = std::env::var("HOME").expect("there is a home");
    for folder in [env!("CARGO_MANIFEST_DIR"), &home] {
        let path = format!("{folder}/");
        let found = aho_corasick::AhoCorasick::new([&path]).expect("a pattern").find(&program);
        assert!(found.is_none() || folder == "/", "{path}");
    }
}

#[test]
fn the_image_of_the_function_runs_as_nobody() {
    if !image::is_possible() {
        println!("this user may not mount anything: the image is not run");
        return;
    }
    let image = Image::of("Containerfile");
    assert_eq!(image.files(), ["dev/null", "usr/bin/pullcreds"].map(PathBuf::from));
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec:\n    containers:\n    - {name: a, image: ghcr.io/acme/a:1}\nfunctionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: config}\n  data: {inject: ghcr.io/acme=ghcr}\n";
    let mut command: Command =
        image.command(&image.entrypoint, &BTreeMap::new(), None, Proc::Mounted);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.contains("- name: ghcr"), "{out}");
}
