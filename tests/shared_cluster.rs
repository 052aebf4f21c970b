//! The program against what real ones did: an API server with its admission controllers, and the kubelet's and
//! containerd's own code before a registry that asks for credentials.
//!
//! Each case is a stream of its own, judged through the command line. What it should say follows from what happened, by
//! the tables here; no case has a rule of its own.
#[path = "shared/failures.rs"]
mod failures;
#[path = "support/support.rs"]
mod support;

use serde_json::Value;

use failures::{Failures, equal};
use support::{json_lines, pullcreds, shared};

/// The verdicts that are right for the result of a pull, and whether there has to be an error besides.
struct Wanted {
    verdicts: &'static [&'static str],
    error: bool,
}

/// By the tag of a case (empty: the input has everything) and the result of the pull.
const PULLS: &[(&str, &str, Wanted)] = &[
    ("", "pulled", Wanted { verdicts: &["covered"], error: false }),
    ("", "denied", Wanted { verdicts: &["mismatched", "missing", "unknown"], error: true }),
    ("", "lookup-failed", Wanted { verdicts: &["mismatched"], error: true }),
    ("", "invalid-image", Wanted { verdicts: &["invalid"], error: true }),
    // The Secret is not in the input.
    ("outside", "denied", Wanted { verdicts: &["declared"], error: false }),
    // Only the registry knows that the password is wrong.
    ("live", "denied", Wanted { verdicts: &["covered"], error: false }),
    ("live", "pulled", Wanted { verdicts: &["covered"], error: false }),
    ("public", "pulled", Wanted { verdicts: &["public"], error: false }),
    ("public", "denied", Wanted { verdicts: &["public"], error: false }),
    ("public", "lookup-failed", Wanted { verdicts: &["public"], error: true }),
];

#[test]
fn an_image_is_judged_as_it_was_pulled() {
    let mut failures = Failures::default();
    for case in json_lines(shared("vectors/pulls.jsonl")) {
        let report = Report::of(text(&case["manifests"]), &["--public", "r.example.com/public"]);
        for answer in list(&case["answers"]) {
            let name = format!("{}, {}", text(&case["id"]), answer["image"]);
            failures.case(name, report.agrees(text(&case["tag"]), answer));
        }
    }
    failures.finish();
}

#[test]
fn a_pod_has_the_pull_secrets_that_admission_gave_it() {
    let mut failures = Failures::default();
    for case in json_lines(shared("vectors/admission.jsonl")) {
        let stream = admitted(&case);
        let report = Report::of(&stream, &[]);
        let outcome = match case["rejected"].as_str() {
            Some(why) if is_about_the_rest_of_the_cluster(why, &stream) => Ok(()),
            Some(why) => report.fails(why),
            None => report.has_pull_secrets(&case["real"]),
        };
        failures.case(text(&case["id"]), outcome);
    }
    failures.finish();
}

/// The stream of a case of the API server.
fn admitted(case: &Value) -> String {
    let documents: Vec<_> = list(&case["documents"]).map(text).collect();
    // The namespace of the run has a name that is made up each time.
    let stream = documents.join("---\n").replace("namespace: NS\n", "namespace: ns\n");
    stream.replace("namespace: NS}", "namespace: ns}")
}

/// `docs/from-imagepullbackoff-to-green.md` has a row for every message, and one of its findings is reported.
#[test]
fn every_message_is_explained_by_a_finding_that_is_reported() {
    let page = include_str!("../docs/from-imagepullbackoff-to-green.md");
    let rows = explained(page);
    let mut failures = Failures::default();
    for case in json_lines(shared("vectors/pulls.jsonl")) {
        let report = Report::of(text(&case["manifests"]), &["--public", "r.example.com/public"]);
        // Of the others only the registry knows why.
        let is_offline = ["", "public"].contains(&text(&case["tag"]));
        let errors = list(&case["answers"]).filter_map(|answer| answer["error"].as_str());
        for error in errors {
            // Some are cut after 200 bytes.
            let error =
                error.replace("401 Unautho", "401 Unauthorized").replace("izedrized", "ized");
            failures.case(text(&case["id"]), report.explains(&error, &rows, is_offline));
        }
    }
    for case in json_lines(shared("vectors/admission.jsonl")) {
        let Some(error) = case["rejected"].as_str() else { continue };
        let stream = admitted(&case);
        let is_offline = !is_about_the_rest_of_the_cluster(error, &stream);
        // It is about a field that has nothing to do with pulls.
        if error.contains("config.mirror") || error.contains("PodSpec.spec.serviceAccountName") {
            continue;
        }
        let outcome = Report::of(&stream, &[]).explains(error, &rows, is_offline);
        failures.case(text(&case["id"]), outcome);
    }
    failures.finish();
}

/// The rows of the tables: the parts of a message around what stands for names, and the findings.
fn explained(page: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    let mut rows: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split(" | ").collect();
        let message = cells[0].split('`').nth(1).expect("a message is between backticks");
        let codes = cells[2].split("findings.md#").skip(1);
        let mut codes: Vec<_> =
            codes.map(|code| code.split(')').next().unwrap_or_default()).collect();
        if cells[2] == "as above" {
            codes.clone_from(&rows.last().expect("a row is above").1);
        }
        rows.push((message.split('…').collect(), codes));
    }
    rows
}

/// A pod was rejected because its ServiceAccount, which is nowhere in the input, was not in the cluster either.
fn is_about_the_rest_of_the_cluster(why: &str, stream: &str) -> bool {
    let name = why.split("serviceaccount \"").nth(1).and_then(|rest| rest.split('"').next());
    name.is_some_and(|name| {
        !stream.contains(&format!("kind: ServiceAccount\nmetadata: {{name: {name}"))
    })
}

/// What `check` says about a stream, all of whose images count as private.
struct Report {
    report: Value,
    code: Option<i32>,
}

impl Report {
    #[track_caller]
    fn of(stream: &str, args: &[&str]) -> Self {
        let run = pullcreds(["check", "--format", "json", "--assume-private", "--namespace", "ns"]);
        let outcome = run.args(args).stdin(stream).run();
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
        Self { report: outcome.json(), code: outcome.code }
    }

    /// Whether what is said about an answer of the registry or the API server follows from it.
    fn agrees(&self, tag: &str, answer: &Value) -> Result<(), String> {
        let result = text(&answer["result"]);
        let kind = text(&answer["object"]).split('/').next().unwrap_or_default();
        if ["object-rejected", "pod-rejected"].contains(&result) {
            let what = if kind == "?" { "" } else { kind };
            return self.tells_of_rejection(what, answer["error"].as_str().unwrap_or_default());
        }
        let wanted = PULLS.iter().find(|(of, pull, _)| *of == tag && *pull == result);
        let (_, _, wanted) = wanted.ok_or(format!("no rule for {tag:?} and {result:?}"))?;
        let image = self.image(text(&answer["image"]))?;
        let verdict = text(&image["verdict"]);
        if !wanted.verdicts.contains(&verdict) {
            return Err(format!("{verdict}, not {:?}, when it was {result}", wanted.verdicts));
        }
        if wanted.error && self.code != Some(1) {
            return Err(format!("it was {result}, and nothing is an error"));
        }
        same_names(&image["pullSecrets"], &answer["effective"])
    }

    fn image(&self, reference: &str) -> Result<&Value, String> {
        let mut images = list(&self.report["images"]);
        images.find(|image| image["image"] == reference).ok_or(format!("no image {reference}"))
    }

    /// Whether there is an error about an object of this kind that the API server rejected.
    fn tells_of_rejection(&self, kind: &str, why: &str) -> Result<(), String> {
        let mut errors =
            list(&self.report["findings"]).filter(|finding| finding["severity"] == "error");
        let about = |finding: &Value| {
            text(&finding["object"]["kind"]).contains(kind) && finding["image"].is_null()
        };
        if errors.any(about) { Ok(()) } else { Err(format!("nothing is said about {kind}: {why}")) }
    }

    /// Whether a row has the message, and, where the input shows the reason, one of its findings is reported.
    fn explains(
        &self,
        error: &str,
        rows: &[(Vec<&str>, Vec<&str>)],
        is_offline: bool,
    ) -> Result<(), String> {
        let has_message = |parts: &[&str]| {
            let mut rest = Some(error);
            parts.iter().all(|part| {
                rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
                rest.is_some()
            })
        };
        let mut found = rows.iter().filter(|(parts, _)| has_message(parts)).peekable();
        if found.peek().is_none() {
            return Err(format!("no row for: {error}"));
        }
        let is_reported =
            |code: &&str| list(&self.report["findings"]).any(|finding| finding["code"] == **code);
        if is_offline && !found.any(|(_, codes)| codes.iter().any(&is_reported)) {
            return Err(format!("none of the findings of its row is reported: {error}"));
        }
        Ok(())
    }

    fn fails(&self, why: &str) -> Result<(), String> {
        equal(&format!("exit code, since {why}"), &self.code, &Some(1))
    }

    /// The list of the last pod.
    fn has_pull_secrets(&self, real: &Value) -> Result<(), String> {
        let image = list(&self.report["images"]).next_back().ok_or("there is no image")?;
        same_names(&image["pullSecrets"], real)
    }
}

/// An entry without a name is none that a report lists.
fn same_names(found: &Value, real: &Value) -> Result<(), String> {
    let names = |names: &Value| -> Vec<String> {
        let names = names.as_array().into_iter().flatten().map(|name| text(name).to_owned());
        names.filter(|name| !name.is_empty()).collect()
    };
    equal("pull secrets", &names(found), &names(real))
}

fn list(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
