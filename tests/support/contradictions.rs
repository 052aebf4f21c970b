//! Findings that contradict a verdict in one report: a table of pairs. Every report that a run of the program
//! writes to its standard streams is held against it (`Run::run`), and so is the one of every case
//! (`tests/cases.rs`).

use serde_json::Value;

/// What a finding shares with an image whose verdict it contradicts.
#[derive(Clone, Copy)]
enum Shared {
    /// It is about the image.
    Image,
    /// It is about the Secret that the verdict rests on.
    Secret,
    /// It is about one of the pull secrets of the pod.
    OneSecret,
    /// It is about the pod, and its message names the pull secret that the verdict rests on.
    PodAndSecret,
    /// It is about the pod.
    Pod,
}

use Shared::{Image, OneSecret, Pod, PodAndSecret, Secret};

const ALL: &[&str] =
    &["public", "covered", "iam", "declared", "mismatched", "missing", "unknown", "invalid"];
/// Verdicts that rest on a pull secret.
const BY_SECRET: &[&str] = &["covered", "declared"];

/// A code, what it shares with an image, the verdicts that cannot be among `ALL` then, and those that can although
/// they are among them.
struct Pair {
    code: &'static str,
    shared: Shared,
    never: &'static [&'static str],
    but: &'static [&'static str],
}

const fn only(code: &'static str, verdict: &'static [&'static str]) -> Pair {
    Pair { code, shared: Image, never: ALL, but: verdict }
}

const fn never(code: &'static str, shared: Shared, verdicts: &'static [&'static str]) -> Pair {
    Pair { code, shared, never: verdicts, but: &[] }
}

const PAIRS: &[Pair] = &[
    // Each of these is a verdict in words.
    only("missing-pull-secret", &["missing"]),
    only("unknown-pull-secret", &["unknown"]),
    only("mismatched-pull-secret", &["mismatched"]),
    only("invalid-image-reference", &["invalid"]),
    only("bad-credentials-for-public-image", &["public"]),
    only("identity-not-used-for-pulls", &["iam"]),
    only("credential-provider-gives-nothing", &["iam"]),
    // What is not there, or cannot be read, gives no credentials.
    never("rejected-pull-secret", Secret, BY_SECRET),
    never("missing-secret-key", Secret, BY_SECRET),
    never("wrong-secret-type", Secret, BY_SECRET),
    never("pull-secret-without-credentials", Secret, BY_SECRET),
    never("broken-pull-secret", OneSecret, &["covered", "iam", "declared"]),
    never("pull-secret-not-found", PodAndSecret, BY_SECRET),
    never("secret-in-other-namespace", PodAndSecret, BY_SECRET),
    never("static-pod-pull-secret", Pod, BY_SECRET),
    // An image that is pulled with credentials names the registry that is meant.
    never("image-without-registry", Image, &["covered", "iam", "declared"]),
    // What an image is pulled with is needed.
    never("unneeded-pull-secret", PodAndSecret, BY_SECRET),
];

/// Pairs of texts about one Secret: a finding about it, and what the finding about an image says of it.
const TEXTS: &[(&str, &str)] = &[
    ("rejected-pull-secret", "every pull fails"),
    ("missing-secret-key", "every pull fails"),
    ("pull-secret-without-credentials", "every pull fails"),
    ("broken-pull-secret", "rejected by the API server"),
    ("wrong-secret-type", "rejected by the API server"),
];

/// All contradictions in a report; none if `text` is not a report.
pub(crate) fn contradictions(text: &[u8]) -> Vec<String> {
    let Ok(report) = serde_json::from_slice::<Value>(text) else { return Vec::new() };
    if report["schema"] != "pullcreds.report/v1" {
        return Vec::new();
    }
    let mut found = of_summary(&report);
    let findings = || report["findings"].as_array().into_iter().flatten();
    for image in report["images"].as_array().into_iter().flatten() {
        let verdict = image["verdict"].as_str().unwrap_or_default();
        for pair in PAIRS
            .iter()
            .filter(|pair| pair.never.contains(&verdict) && !pair.but.contains(&verdict))
        {
            let same = |finding: &&Value| {
                finding["code"] == pair.code && shares(pair.shared, finding, image)
            };
            let both = findings().filter(same).map(|finding| {
                format!(
                    "{} is {verdict}, and {}: {}",
                    image["image"], pair.code, finding["message"]
                )
            });
            found.extend(both);
        }
    }
    for image in report["images"].as_array().into_iter().flatten() {
        let assumed = |finding: &&Value| {
            finding["code"] == "assumed-registry-access" && shares(Image, finding, image)
        };
        // What one container never pulls another one of the pod may.
        if image["accessFrom"] != "assumed" && image["verdict"] != "not-pulled" {
            let from = &image["accessFrom"];
            found.extend(
                findings()
                    .filter(assumed)
                    .map(|finding| format!("{from}, and {}", finding["message"])),
            );
        }
    }
    for finding in findings().filter(|finding| finding["object"]["kind"] == "Secret") {
        for (_, words) in TEXTS.iter().filter(|(code, _)| finding["code"] == *code) {
            let name = format!("'{}'", text_of(&finding["object"]["name"]));
            let about = |other: &&Value| {
                let message = text_of(&other["message"]);
                let same = other["object"]["namespace"] == finding["object"]["namespace"];
                other["code"] == "mismatched-pull-secret"
                    && same
                    && message.contains(&format!("{name} {}", head(words)))
            };
            let said =
                findings().filter(about).filter(|other| text_of(&other["message"]).contains(words));
            found.extend(
                said.map(|other| format!("{}, and {}", finding["message"], other["message"])),
            );
        }
    }
    found
}

/// How the part of a message begins that says such words of a Secret.
fn head(words: &str) -> &'static str {
    if words.starts_with("every") { "cannot be read" } else { "is rejected" }
}

fn of_summary(report: &Value) -> Vec<String> {
    let summary = &report["summary"];
    let status = text_of(&summary["status"]);
    let mut found = Vec::new();
    let findings = report["findings"].as_array().into_iter().flatten();
    let errors = findings.filter(|finding| finding["severity"] == "error");
    if status != "fail" {
        found.extend(
            errors.map(|error| format!("the status is {status}, and {}", error["message"])),
        );
    }
    let (all, configured) = (&summary["privateImages"], &summary["configured"]);
    if status == "skip" && *all != 0
        || status == "pass" && (all != configured) && !has_exceptions(report)
    {
        found.push(format!("the status is {status}, with {configured} of {all} configured"));
    }
    found
}

/// Whether fewer images have a finding than fail: exceptions of a policy accept the others.
fn has_exceptions(report: &Value) -> bool {
    let bad =
        |image: &&Value| ["mismatched", "missing", "unknown"].contains(&text_of(&image["verdict"]));
    report["images"].as_array().into_iter().flatten().any(|image| bad(&image))
}

fn shares(shared: Shared, finding: &Value, image: &Value) -> bool {
    let (about, pod) = (&finding["object"], &image["object"]);
    let here = finding["source"] == image["source"] && about == pod;
    let quoted = |name: &str| text_of(&finding["message"]).contains(&format!("'{name}'"));
    let is = |name: &str| {
        about["kind"] == "Secret" && about["name"] == name && about["namespace"] == pod["namespace"]
    };
    let secret = image["secret"].as_str();
    let pull_secrets =
        image["pullSecrets"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match shared {
        Image => here && finding["image"] == image["image"],
        Secret => secret.is_some_and(is),
        OneSecret => pull_secrets.into_iter().any(is),
        PodAndSecret => here && secret.is_some_and(quoted),
        Pod => here,
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
