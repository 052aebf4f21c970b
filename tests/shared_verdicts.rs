//! The program against the case tables of the kubelet: which credentials of a Secret it uses for an image,
//! and which images the credential providers of the big clouds answer for.
//!
//! Each case is a pod in a namespace of its own, all of a table in one stream. Every image counts as
//! private, so that the verdict is about the credentials alone.
#[path = "shared/failures.rs"]
mod failures;
#[path = "support/support.rs"]
mod support;

use base64::prelude::*;
use serde_json::{Value, json};

use failures::{Failures, equal};
use support::{json_lines, list, pullcreds, shared};

/// Credentials that a kubelet can use, and an entry that holds none.
const USABLE: &str = r#"{"auth":"dXNlcjpwYXNz"}"#;
const EMPTY: &str = "{}";

#[test]
fn a_key_covers_the_images_that_the_kubelet_uses_it_for() {
    let cases = json_lines(shared("vectors/keyring.jsonl"));
    let stream = cases.iter().flat_map(|case| {
        let namespace = format!("case-{}", case["id"]);
        let payload = payload([(text(&case["key"]), USABLE)]);
        [secret(&namespace, "s", &payload), pod(&namespace, text(&case["image"]), &["s"])]
    });
    let report = Report::of(stream, &[]);
    let mut failures = Failures::default();
    for case in &cases {
        let wanted = if case["match"] == true { covered("s") } else { mismatched() };
        let name = format!("key {} for {}", case["key"], case["image"]);
        failures.case(name, report.verdict(&format!("case-{}", case["id"]), &wanted));
    }
    failures.finish();
}

/// A key that is tried covers the image when all others are empty, and the report shows its place among them.
#[test]
fn keys_are_tried_in_the_order_of_the_kubelet() {
    let cases = json_lines(shared("vectors/order.jsonl"));
    let names = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().map(|key| text(key).to_owned()).collect()
    };
    let mut stream = Vec::new();
    let mut wanted = Vec::new();
    for case in &cases {
        for (at, usable) in names(&case["keys"]).iter().enumerate() {
            let namespace = format!("case-{}-{at}", case["id"]);
            let entries = names(&case["keys"]);
            let entries =
                entries.iter().map(|key| (&**key, if key == usable { USABLE } else { EMPTY }));
            stream.push(secret(&namespace, "s", &payload(entries)));
            stream.push(pod(&namespace, text(&case["image"]), &["s"]));
            let place = names(&case["tried"]).iter().position(|tried| tried == usable);
            let name = format!("{} for {}, only {usable} usable", case["keys"], case["image"]);
            let verdict = place.map_or_else(mismatched, |place| {
                let mut verdict = covered("s");
                verdict["keyOrder"] = json!(place + 1);
                verdict
            });
            wanted.push((namespace, name, verdict));
        }
    }
    hold(stream, wanted);
}

/// Judges a stream, and compares the verdicts in some namespaces, each with its name.
fn hold(stream: Vec<Value>, wanted: Vec<(String, String, Value)>) {
    let report = Report::of(stream, &[]);
    let mut failures = Failures::default();
    for (namespace, name, wanted) in wanted {
        failures.case(name, report.verdict(&namespace, &wanted));
    }
    failures.finish();
}

/// For each payload: the images of its entries, an image that no entry is for, and an image that a second,
/// sound secret of the same pod is for. A payload that the kubelet cannot read fails all of them, unless the API server
/// rejects it: then no kubelet sees it.
#[test]
fn a_payload_counts_as_the_kubelet_reads_it() {
    let cases = json_lines(shared("vectors/payload.jsonl"));
    let sound = payload([("sound.example.com", USABLE)]);
    let mut stream = Vec::new();
    let mut wanted = Vec::new();
    for case in &cases {
        let secret_names = ["s", "sound"];
        let mut add = |host: &str, verdict: Value| {
            let namespace = format!("case-{}-{host}", case["id"]).replace('.', "-");
            stream.push(secret(&namespace, "s", text(&case["dockerconfigjson"])));
            stream.push(secret(&namespace, "sound", &sound));
            stream.push(pod(&namespace, &format!("{host}/app:v1"), &secret_names));
            let name = format!("{} for {host}", case["dockerconfigjson"]);
            wanted.push((namespace, name, verdict));
        };
        let is_stored = case["api_server_accepts"] == true;
        let fails = is_stored && case["kubelet"] == "error";
        let entries = case["entries"].as_array().into_iter().flatten();
        for entry in entries {
            let usable = is_stored
                && entry["username"] != ""
                && !lacks_password(text(&case["dockerconfigjson"]), text(&entry["host"]));
            add(text(&entry["host"]), if usable { covered("s") } else { mismatched() });
        }
        add("other.example.com", mismatched());
        add("sound.example.com", if fails { mismatched() } else { covered("sound") });
    }
    hold(stream, wanted);
}

/// Whether `auth` of an entry is nothing but a user name and its colon, which the table does not say.
fn lacks_password(payload: &str, host: &str) -> bool {
    let payload: Value = serde_json::from_str(payload).unwrap_or_default();
    let decoded = payload["auths"][host]["auth"].as_str().map(|auth| BASE64_STANDARD.decode(auth));
    decoded.is_some_and(|pair| pair.is_ok_and(|pair| pair.ends_with(b":")))
}

#[test]
fn a_credential_provider_answers_for_the_images_of_its_list() {
    let cases = json_lines(shared("vectors/providers.jsonl"));
    let mut failures = Failures::default();
    for (provider, column) in [("eks", "eks"), ("gke", "gke"), ("aks", "acr")] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let policy = folder.path().join("policy.yaml");
        let text_of_policy = format!(
            "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {{name: nodes}}\n\
             spec:\n  cluster:\n    credentialProviders: [{provider}]\n"
        );
        #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
        std::fs::write(&policy, text_of_policy).expect("the temporary folder can be written");
        let stream = cases
            .iter()
            .map(|case| pod(&format!("case-{}", case["id"]), text(&case["image"]), &[]));
        let policy = policy.to_str().expect("a temporary folder has a plain name");
        let report = Report::of(stream, &["--policy", policy]);
        for case in &cases {
            let image = report.image(&format!("case-{}", case["id"]));
            let iam = image.map(|image| image["verdict"] == "iam");
            let outcome =
                iam.and_then(|iam| equal("verdict is iam", &iam, &!case[column].is_null()));
            failures.case(format!("{provider} for {}", case["image"]), outcome);
        }
    }
    failures.finish();
}

fn covered(by: &str) -> Value {
    json!({"verdict": "covered", "secret": by})
}

fn mismatched() -> Value {
    json!({"verdict": "mismatched"})
}

/// What `check` says about a stream, all of whose images count as private.
struct Report(Value);

impl Report {
    #[track_caller]
    fn of(stream: impl IntoIterator<Item = Value>, args: &[&str]) -> Self {
        let run = pullcreds(["check", "--format", "json", "--assume-private"]).args(args);
        let outcome = run.stdin(list(stream)).run();
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
        Self(outcome.json())
    }

    /// The one image of the namespace.
    fn image(&self, namespace: &str) -> Result<&Value, String> {
        let images = self.0["images"].as_array().into_iter().flatten();
        let mut images = images.filter(|image| image["object"]["namespace"] == namespace);
        match (images.next(), images.next()) {
            (Some(image), None) => Ok(image),
            _ => Err("not exactly one image".to_owned()),
        }
    }

    /// Whether the image of the namespace has all that `wanted` says.
    fn verdict(&self, namespace: &str, wanted: &Value) -> Result<(), String> {
        let image = self.image(namespace)?;
        let wanted = wanted.as_object().expect("fields to compare");
        wanted.iter().try_for_each(|(field, wanted)| equal(field, &image[field], wanted))
    }
}

fn pod(namespace: &str, image: &str, secrets: &[&str]) -> Value {
    let secrets: Vec<_> = secrets.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": namespace},
        "spec": {"imagePullSecrets": secrets, "containers": [{"name": "c", "image": image}]},
    })
}

fn secret(namespace: &str, name: &str, payload: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": base64(payload.as_bytes())},
    })
}

/// A `.dockerconfigjson` with these entries, in their order.
fn payload<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let entries = entries.into_iter().map(|(key, value)| format!("{}:{value}", json!(key)));
    format!("{{\"auths\":{{{}}}}}", entries.collect::<Vec<_>>().join(","))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, &byte| bits << 8 | usize::from(byte));
        let bits = bits << (8 * (3 - group.len()));
        for digit in 0..4 {
            let padding = digit > group.len();
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if padding { '=' } else { char::from(DIGITS[value]) });
        }
    }
    text
}

#[test]
fn base64_is_padded() {
    assert_eq!(base64(b"user:pass"), "dXNlcjpwYXNz");
    assert_eq!([base64(b"r"), base64(b"re"), base64(b"")], ["cg==", "cmU=", ""]);
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string of the case table")
}
