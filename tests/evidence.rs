//! The program with evidence about what the manifests do not hold: dumps of a cluster, objects that make Secrets, and
//! all sources for the time when credentials were last rotated.
//!
//! The clock is fixed at [`NOW`].

#[path = "evidence/accounts.rs"]
mod accounts;
#[path = "evidence/dump.rs"]
mod dump;
#[path = "evidence/producers.rs"]
mod producers;
#[path = "evidence/rotation.rs"]
mod rotation;
#[path = "support/support.rs"]
mod support;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;

use support::{Outcome, Run, pullcreds};

/// 2026-07-01T00:00:00Z.
const NOW: i64 = 1_782_864_000;
/// What no output may show, and the beginning of its base64.
const PASSWORD: &str = "hunter2-is-no-password";

/// The program with the clock at [`NOW`]; every image counts as private.
fn program<'a>(args: impl IntoIterator<Item = &'a str>) -> Run {
    let args = args.into_iter().chain(["--assume-private"]);
    pullcreds(args).env("SOURCE_DATE_EPOCH", NOW.to_string())
}

/// A folder for the files of one case.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    /// Writes a file; gives its path.
    #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("the temporary folder can be written");
        path.to_str().expect("a temporary folder has a plain name").to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.0.path()).join(name)
    }
}

/// What `check` says about a stream.
struct Report {
    json: Value,
    outcome: Outcome,
}

impl Report {
    /// Of manifests, with dumps of a cluster and further arguments.
    #[track_caller]
    fn with(manifests: &str, dumps: &[&str], args: &[&str]) -> Self {
        let files = Files::new();
        let paths: Vec<_> = dumps
            .iter()
            .enumerate()
            .map(|(at, dump)| files.write(&format!("dump-{at}.yaml"), dump))
            .collect();
        let mut all = vec!["check", "--format", "json"];
        all.extend(paths.iter().flat_map(|path| ["--cluster-dump", path.as_str()]));
        all.extend(args);
        let outcome = program(all).stdin(manifests).run();
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
        no_secret(&outcome);
        Self { json: outcome.json(), outcome }
    }

    #[track_caller]
    fn of(manifests: &str, dump: &str) -> Self {
        Self::with(manifests, &[dump], &[])
    }

    /// The only image, which has these fields.
    #[track_caller]
    fn image(&self, expected: &Value) -> &Self {
        let images = self.json["images"].as_array().expect("a list");
        let [image] = &images[..] else { panic!("not exactly one image: {}", self.outcome) };
        for (field, value) in expected.as_object().expect("fields to compare") {
            assert_eq!(&image[field], value, "{field} in {}", self.outcome);
        }
        self
    }

    #[track_caller]
    fn verdict(&self, verdict: &str) -> &Self {
        self.image(&json!({ "verdict": verdict }))
    }

    /// The findings with a code.
    fn findings<'r>(&'r self, code: &'r str) -> impl Iterator<Item = &'r Value> {
        let all = self.json["findings"].as_array().into_iter().flatten();
        all.filter(move |finding| finding["code"] == code)
    }

    /// There is one finding with this code, with this severity, whose message has all of `parts`.
    #[track_caller]
    fn finds(&self, code: &str, severity: &str, parts: &[&str]) -> &Self {
        let found: Vec<_> = self.findings(code).collect();
        let [finding] = &found[..] else {
            panic!("{} findings {code}: {}", found.len(), self.outcome)
        };
        assert_eq!(finding["severity"], severity, "{finding}");
        let message = finding["message"].as_str().unwrap_or_default();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
        self
    }

    /// There is no finding with one of these codes.
    #[track_caller]
    fn finds_no(&self, codes: &[&str]) -> &Self {
        for code in codes {
            let found = self.findings(code).next();
            assert!(found.is_none(), "{found:?}");
        }
        self
    }
}

/// Fails if an outcome shows the password of the cases, or base64 of it.
#[track_caller]
fn no_secret(outcome: &Outcome) {
    let text = format!("{}{}", outcome.out(), outcome.err());
    let payload = payload(&[("ghcr.io", PASSWORD)]);
    for secret in [PASSWORD, &STANDARD.encode(PASSWORD)[..20], &payload[payload.len() - 40..]] {
        assert!(!text.contains(secret), "{outcome}");
    }
}

// Manifests and dumps.

/// A Deployment `api` in namespace `shop` whose pod spec begins with `fields`, and whose image is of ghcr.io.
fn deployment(fields: &str) -> String {
    deployment_in("namespace: shop, ", fields)
}

fn deployment_in(namespace: &str, fields: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{{namespace}name: api}}\nspec:\n  template:\n    spec: \
         {{{fields}containers: [{{name: api, image: 'ghcr.io/acme/api:v1'}}]}}\n"
    )
}

/// A pod that names the pull secret `regcred`.
fn pulls() -> String {
    deployment("imagePullSecrets: [{name: regcred}], ")
}

/// A ServiceAccount of namespace `shop`, as an item of a list.
fn account(name: &str, metadata: &str, fields: &str) -> String {
    format!(
        "- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {{name: {name}, namespace: shop, {metadata}}}\n  \
         {fields}\n"
    )
}

/// A pull secret of namespace `shop`, as an item of a list.
fn secret(name: &str, metadata: &str, payload: &str) -> String {
    typed_secret(name, metadata, payload, "kubernetes.io/dockerconfigjson")
}

fn typed_secret(name: &str, metadata: &str, payload: &str, of_type: &str) -> String {
    format!(
        "- apiVersion: v1\n  data: {{.dockerconfigjson: {payload}}}\n  kind: Secret\n  metadata: {{name: {name}, \
         namespace: shop, {metadata}}}\n  type: {of_type}\n"
    )
}

/// A `.dockerconfigjson` in base64, with a password for each registry.
fn payload(entries: &[(&str, &str)]) -> String {
    payload_of(entries.iter().map(|(key, password)| (*key, "bob", *password)))
}

fn payload_of<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let entries = entries.into_iter().map(|(key, username, password)| {
        (key.to_owned(), json!({ "username": username, "password": password }))
    });
    let auths: serde_json::Map<_, _> = entries.collect();
    raw(&json!({ "auths": auths }).to_string())
}

/// A payload as it is in `data`.
fn raw(payload: &str) -> String {
    STANDARD.encode(payload)
}

/// A payload that covers the image of [`deployment`].
fn covering() -> String {
    payload(&[("ghcr.io", PASSWORD)])
}

/// What `kubectl get … -o yaml` prints of these items.
fn list(items: &[String]) -> String {
    format!(
        "apiVersion: v1\nitems:\n{}kind: List\nmetadata: {{resourceVersion: ''}}\n",
        items.concat()
    )
}

/// An item of a list as a document.
fn document(item: &str) -> String {
    let body = item.strip_prefix("- ").expect("an item").replace("\n  ", "\n");
    format!("---\n{body}")
}

/// The dump of a cluster whose namespace `shop` has a ServiceAccount `default` with these fields, and these Secrets.
fn cluster(fields: &str, secrets: &[String]) -> String {
    let items: Vec<_> =
        std::iter::once(account("default", "", fields)).chain(secrets.iter().cloned()).collect();
    list(&items)
}

/// A JSON Web Token with these claims.
fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({"alg": "RS256"})), part(claims))
}

/// A password of Amazon ECR that expires at `expiration`.
fn ecr_token(expiration: i64) -> String {
    let token = json!({"payload": "cGF5bG9hZA==", "datakey": "a2V5", "version": "2", "type": "DATA_KEY", "expiration": expiration});
    STANDARD.encode(token.to_string())
}

const DAY: i64 = 24 * 60 * 60;

/// The time `days` before [`NOW`], in seconds.
fn days_ago(days: i64) -> i64 {
    NOW - days * DAY
}

/// The same as Kubernetes writes it. Only whole days of a few years are asked for.
fn stamp(days: i64) -> String {
    let time = jiff::Timestamp::from_second(days_ago(days)).expect("a time of this century");
    format!("{time:.0}")
}
