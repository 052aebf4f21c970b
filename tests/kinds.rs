//! The rows of `src/kinds/table.json`, by what they come to: small objects, the pull secrets with which each of their
//! images is pulled, the fields that nothing reads, and where one more pull secret is written. The cases are in
//! `testdata/kinds.yaml`, which says what the keys mean.

#[path = "support/support.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use support::pullcreds;

/// The secret that is written.
const SECRET: &str = "one-more";

const CASES: &str = include_str!("../testdata/kinds.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    objects: Vec<serde_yaml_ng::Value>,
    images: BTreeMap<String, String>,
    #[serde(default)]
    references: BTreeMap<String, String>,
    #[serde(default)]
    accounts: BTreeMap<String, String>,
    #[serde(default)]
    unread: BTreeSet<String>,
    inject: Option<BTreeSet<String>>,
    refused: Option<BTreeSet<String>>,
}

#[test]
fn each_kind_is_read_and_written_as_its_operator_does() {
    let cases: Vec<Case> = serde_yaml_ng::from_str(CASES).expect("it is a list of cases");
    let wrong: Vec<_> = cases.iter().filter_map(|case| case.run().err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

impl Case {
    /// What is wrong, in words.
    fn run(&self) -> Result<(), String> {
        let report = self.report(&[]);
        let mut wrong = Vec::new();
        differ("images", &self.images, &self.images_of(&report), &mut wrong);
        for (key, field, wanted) in [
            ("references", "image", &self.references),
            ("accounts", "serviceAccount", &self.accounts),
        ] {
            let mut found = self.by_path(&report["images"], |image| text(&image[field]));
            found.retain(|path, _| wanted.contains_key(path));
            differ(key, wanted, &found, &mut wrong);
        }
        differ("unread", &self.unread, &self.of_findings(&report, "unread-field"), &mut wrong);
        if self.inject.is_some() || self.refused.is_some() {
            self.compare_injection(&mut wrong);
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", self.about, wrong.concat())) }
    }

    fn compare_injection(&self, wrong: &mut Vec<String>) {
        let report = self.report(&["--inject", &format!("*={SECRET}"), "--into", "pod"]);
        let written: BTreeSet<_> = self.by_path(&report["edits"], |_| ()).into_keys().collect();
        let refused = self.of_findings(&report, "injection-refused");
        differ("refused", &self.refused.clone().unwrap_or_default(), &refused, wrong);
        // The report says what would be written beside what is refused. Only a case that names it is about that.
        if self.inject.is_some() || self.refused.is_none() {
            differ("inject", &self.inject.clone().unwrap_or_default(), &written, wrong);
        }
    }

    fn report(&self, args: &[&str]) -> Value {
        let documents = self.objects.iter().map(|object| {
            serde_yaml_ng::to_string(object).expect("an object is written as it was read")
        });
        let stream = documents.collect::<Vec<_>>().join("---\n");
        pullcreds(["check", "--format", "json"]).args(args).arg("-").stdin(stream).run().json()
    }

    /// Each image with the pull secrets that it is pulled with.
    fn images_of(&self, report: &Value) -> BTreeMap<String, String> {
        let mut found = self.by_path(&report["images"], |image| {
            match (&*names(image), &*text(&image["pullSecretsFrom"])) {
                ("", "unknown") => "unknown".to_owned(),
                ("", _) => "none".to_owned(),
                (names, _) => names.to_owned(),
            }
        });
        found.extend(self.by_path(&report["otherImages"], |image| {
            let names = names(image);
            let names = if names.is_empty() { "none" } else { &names };
            format!("({}) {names}", text(&image["role"]))
        }));
        found
    }

    fn of_findings(&self, report: &Value, code: &str) -> BTreeSet<String> {
        let findings = report["findings"].as_array().expect("findings are a list");
        let found = findings.iter().filter(|finding| finding["code"] == code);
        found.map(|finding| self.path(finding)).collect()
    }

    fn by_path<T>(&self, list: &Value, value: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
        let entries = list.as_array().into_iter().flatten();
        entries.map(|entry| (self.path(entry), value(entry))).collect()
    }

    /// The path of an entry of the report, after the kind of its object if there are several objects.
    fn path(&self, entry: &Value) -> String {
        let path = text(&entry["path"]);
        let kind = (self.objects.len() > 1).then(|| text(&entry["object"]["kind"]));
        format!("{} {path}", kind.unwrap_or_default()).trim().to_owned()
    }
}

fn names(image: &Value) -> String {
    let names = image["pullSecrets"].as_array().expect("it has a list of names");
    names.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    wanted: &T,
    found: &T,
    out: &mut Vec<String>,
) {
    if wanted != found {
        out.push(format!("  {what}: wanted {wanted:?}\n  {what}: found  {found:?}\n"));
    }
}
