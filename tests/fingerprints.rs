//! Whether a finding keeps its fingerprint when manifests change places, are formatted anew, or move to other files.
//!
//! The manifests are made of dice, with something wrong in most of them. No two objects have one name and kind, and there
//! is no bare Pod: of those, order decides what holds.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use pullcreds::check::{self, Caller, Circumstances, ContextScope, Input, Stamps, Suppressions};
use pullcreds::edit::Plan;
use pullcreds::policy::{InjectInto, Overrides, Policy, parse_inject};
use pullcreds::source::Source;
use serde_json::{Value, json};

/// Numbers that decide what is made; 0 when they are used up.
struct Dice(std::vec::IntoIter<u8>);

impl Dice {
    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let roll = usize::from(self.0.next().unwrap_or_default());
        choices[roll % choices.len()].clone()
    }
}

const IMAGES: &[&str] = &[
    "nginx",
    "ghcr.io/acme/api:1",
    "ghcr.io/other/api:1",
    "registry.example.com/job",
    "myregistry.azurecr.io/web:v1",
    "acme/api",
    "not an image",
    "robot:hunter2@registry.example.com/job",
];
const NAMES: &[&str] = &["regcred", "hub", "regcreds", "${SECRET}", "Regcred", "absent"];
const NAMESPACES: &[Option<&str>] = &[Some("shop"), None, Some("other")];
/// Credentials of GitHub's registry, of Docker Hub, and none.
const PAYLOADS: &[&str] = &[
    r#"{"auths": {"ghcr.io": {"username": "robot", "password": "hunter2hunter2"}}}"#,
    r#"{"auths": {"https://index.docker.io/v1/": {"username": "a", "password": "hunter2hunter2\n"}, "ghcr.io": {}}}"#,
    r#"{"ghcr.io": {"username": "robot", "password": "hunter2hunter2"}}"#,
    "{}",
    "not JSON",
];

fn entries(dice: &mut Dice) -> Value {
    let name = |dice: &mut Dice| match dice.pick(&[0, 0, 0, 1, 2]) {
        0 => json!({"name": dice.pick(NAMES)}),
        1 => json!({"secretName": dice.pick(NAMES)}),
        _ => json!({}),
    };
    match dice.pick(&[0, 1, 2, 0, 3]) {
        0 => Value::Null,
        count => (0..count).map(|_| name(dice)).collect(),
    }
}

fn container(dice: &mut Dice, number: usize) -> Value {
    let mut container = json!({"name": format!("c{number}"), "image": dice.pick(IMAGES)});
    if dice.pick(&[false, false, true]) {
        let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
        let literal = json!({"name": "TOKEN", "value": token});
        let args = json!(["--verbose", format!("--token={token}")]);
        container["env"] = json!([{"name": "PORT", "value": "80"}, literal]);
        container["args"] = args;
    }
    container
}

fn pod_spec(dice: &mut Dice) -> Value {
    let containers = dice.pick(&[1, 2, 1, 0]);
    let containers: Vec<_> = (0..containers).map(|at| container(dice, at)).collect();
    let mut spec = json!({"containers": containers, "imagePullSecrets": entries(dice)});
    if dice.pick(&[true, false]) {
        spec["serviceAccountName"] = json!(dice.pick(&["app-0", "app-1", "absent"]));
    }
    if dice.pick(&[false, false, true]) {
        spec["initContainers"] = json!([container(dice, 9)]);
    }
    spec
}

fn object(dice: &mut Dice, number: usize) -> Value {
    let mut object = match dice.pick(&[0, 1, 2, 3, 4, 5, 0]) {
        0 => json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod_spec(dice)}},
        }),
        1 => json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "spec": {"jobTemplate": {"spec": {"template": {"spec": pod_spec(dice)}}}},
        }),
        2 => json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "imagePullSecrets": entries(dice), "secrets": entries(dice),
        }),
        3 => {
            let kind = dice.pick(&["kubernetes.io/dockerconfigjson", "Opaque"]);
            let data = json!({".dockerconfigjson": dice.pick(PAYLOADS)});
            json!({"apiVersion": "v1", "kind": "Secret", "type": kind, "stringData": data})
        }
        4 => {
            json!({"apiVersion": "example.com/v1", "kind": "Tab", "spec": {"image": dice.pick(IMAGES)}})
        }
        _ => json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "spec": {"refreshInterval": "9000h", "target": {"name": format!("made-{number}")}},
        }),
    };
    let name = match object["kind"].as_str() {
        Some("Secret") if number < 3 => NAMES[number].to_owned(),
        Some("ServiceAccount") => format!("app-{number}"),
        _ => format!("o-{number}"),
    };
    object["metadata"] = json!({"name": name});
    if let Some(namespace) = dice.pick(NAMESPACES) {
        object["metadata"]["namespace"] = json!(namespace);
    }
    if dice.pick(&[false, false, false, true]) {
        object["metadata"]["annotations"] = json!({"helm.sh/hook": "pre-install"});
    }
    object
}

fn objects() -> impl Strategy<Value = Vec<Value>> {
    let dice = proptest::collection::vec(any::<u8>(), 0..120);
    (dice, 1..7_usize).prop_map(|(dice, count)| {
        let mut dice = Dice(dice.into_iter());
        (0..count).map(|number| object(&mut dice, number)).collect()
    })
}

fn sources(files: &[(&str, String)]) -> Vec<Source> {
    let source = |(name, text): &(&str, String)| {
        let (name, text) = ((*name).to_owned(), text.clone().into());
        Source { name, text }
    };
    files.iter().map(source).collect()
}

const CIRCUMSTANCES: Circumstances<'static> = Circumstances {
    now: Timestamp::constant(1_800_000_000, 0),
    cluster: &[],
    providers: &[],
    input: Input::Files,
    context: ContextScope::All,
    paths: &[],
    caller: Caller::CommandLine,
    require_input: false,
    stamps: Stamps::Ignored,
    suppressions: Suppressions { by_manifests: true, baseline: None },
    watched: true,
    hints: true,
};

/// The fingerprints of everything that is found, with the severity, in an order of their own.
fn fingerprints(files: &[(&str, String)]) -> Vec<(String, &'static str)> {
    judge(files, ContextScope::All).0
}

/// The same where files of one context belong together, and the verdicts in the order of the images.
fn judge(
    files: &[(&str, String)],
    context: ContextScope,
) -> (Vec<(String, &'static str)>, Vec<&'static str>) {
    let sources = sources(files);
    let policy = Policy::default();
    let outcome = check::check(&sources, &policy, Circumstances { context, ..CIRCUMSTANCES });
    assert!(outcome.problems.is_empty(), "what is written can be read");
    let all = outcome.findings.iter();
    let all = all.map(|one| (one.fingerprint.as_str().to_owned(), one.severity.name()));
    let mut all: Vec<_> = all.collect();
    all.sort();
    let images = outcome.pods.iter().flat_map(|pod| &pod.images);
    (all, images.map(|image| image.judgement.verdict.name()).collect())
}

fn yaml(objects: &[Value]) -> String {
    let document = |object| serde_yaml_ng::to_string(object).expect("what is JSON can be YAML");
    let documents: Vec<_> = objects.iter().map(document).collect();
    format!("---\n{}", documents.join("---\n"))
}

fn json_lines(objects: &[Value]) -> String {
    let lines: Vec<_> = objects.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

fn list(objects: &[Value]) -> String {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    serde_json::to_string_pretty(&list).expect("it is JSON")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default()
    })]

    #[test]
    fn they_survive_another_format(objects in objects()) {
        let before = fingerprints(&[("a.yaml", yaml(&objects))]);
        prop_assert_eq!(&before, &fingerprints(&[("a.yaml", json_lines(&objects))]));
        prop_assert_eq!(&before, &fingerprints(&[("a.yaml", list(&objects))]));
        let spaced = yaml(&objects).replace("---\n", "# a comment\n\n---\n# another one\n");
        prop_assert_eq!(&before, &fingerprints(&[("a.yaml", spaced)]));
    }

    #[test]
    fn they_survive_another_order(
        (objects, shuffled) in objects().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let before = fingerprints(&[("a.yaml", yaml(&objects))]);
        prop_assert_eq!(before, fingerprints(&[("a.yaml", yaml(&shuffled))]));
    }

    #[test]
    fn they_survive_other_files(objects in objects(), cut in any::<prop::sample::Index>()) {
        let before = fingerprints(&[("a.yaml", yaml(&objects))]);
        prop_assert_eq!(&before, &fingerprints(&[("deep/b.json", yaml(&objects))]));
        let (first, second) = objects.split_at(cut.index(objects.len() + 1));
        let apart = fingerprints(&[("z.yaml", yaml(first)), ("b.yaml", yaml(second))]);
        prop_assert_eq!(before, apart);
    }

    #[test]
    fn they_survive_other_folders(one in objects(), other in objects()) {
        let of_one = [("dev/a.yaml", yaml(&one))];
        let of_other = [("prod/a.yaml", yaml(&other))];
        let ((mut found, mut verdicts), (more, other)) =
            (judge(&of_one, ContextScope::All), judge(&of_other, ContextScope::All));
        found.extend(more);
        found.sort();
        // What lies outside of all manifests is reported once.
        found.dedup();
        verdicts.extend(other);
        for context in [ContextScope::Folder, ContextScope::File] {
            let (mut both, together) = judge(&[of_one.clone(), of_other.clone()].concat(), context);
            both.dedup();
            prop_assert_eq!(&found, &both);
            prop_assert_eq!(&verdicts, &together);
        }
    }
}

/// Dice that fall in another way for each number.
fn dice(seed: u32) -> Dice {
    let mut state = seed.wrapping_mul(2_654_435_769);
    let rolls = (0..200).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    Dice(rolls.collect::<Vec<_>>().into_iter())
}

#[test]
fn most_findings_have_one_of_their_own() {
    let mut dice = dice(1);
    let objects: Vec<_> = (0..12).map(|number| object(&mut dice, number)).collect();
    let mut all = fingerprints(&[("a.yaml", yaml(&objects))]);
    let count = all.len();
    all.dedup();
    assert!(count > 15 && all.len() * 10 >= count * 9, "{count} findings, {all:?}");
}

#[test]
fn a_fix_mends_its_finding() {
    let overrides = Overrides {
        inject: vec![parse_inject("registry.example.com=regcred").expect("a sound flag")],
        into: Some(InjectInto::None),
        ..Overrides::default()
    };
    let policy = Policy::default().with(&overrides).expect("flags that go together");
    let mut fixes = 0;
    for seed in 0..150 {
        let mut dice = dice(seed);
        let objects: Vec<_> = (0..6).map(|number| object(&mut dice, number)).collect();
        let sources = sources(&[("a.yaml", yaml(&objects))]);
        let outcome = check::check(&sources, &policy, CIRCUMSTANCES);
        for finding in outcome.findings.iter().filter(|finding| !finding.fix.is_empty()) {
            fixes += 1;
            let plan = Plan::new(finding.fix.iter().map(|fix| fix.edit.clone()).collect());
            let after = plan.expect("the edits are disjoint").apply(&sources[0].text);
            let after = self::sources(&[("a.yaml", after)]);
            let after = check::check(&after, &policy, CIRCUMSTANCES);
            let left = after.findings.iter().map(|finding| &finding.fingerprint);
            assert!(!left.into_iter().any(|left| *left == finding.fingerprint), "{finding:?}");
        }
    }
    assert!(fixes > 20, "{fixes} fixes");
}
