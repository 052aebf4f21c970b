//! The program against situations from public reports (`reports` of the shared files): the exit code, the verdicts of the
//! images, and that the cause is named.

#[path = "shared/failures.rs"]
mod failures;
#[path = "support/support.rs"]
mod support;

use regex::RegexBuilder;
use serde_json::Value;

use failures::{Failures, equal};
use support::{Outcome, json_lines, pullcreds, shared};

#[test]
fn the_cases_of_real_reports_are_answered_as_the_cluster_would() {
    let mut failures = Failures::default();
    for case in json_lines(shared("reports/expected.jsonl")) {
        let name = text(&case["file"]).to_owned();
        failures.case(name, judge(&case));
    }
    failures.finish();
}

fn judge(case: &Value) -> Result<(), String> {
    let file = shared("reports/cases").join(text(&case["file"]));
    let args = texts(&case["args"]);
    let check = |format: &str| {
        let run = pullcreds(["check", "--format", format]);
        run.args(&args).arg(&file).run()
    };
    let (json, human) = (check("json"), check("human"));
    let mut wrong = Vec::new();
    wrong.extend(other_exit(case, &json));
    wrong.extend(other_verdicts(case, &json));
    wrong.extend(unsaid(case, &json, &human));
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{}\n{json}", text(&case["why"]), wrong.join("\n")))
}

fn other_exit(case: &Value, outcome: &Outcome) -> Option<String> {
    let wanted = case["exit"].as_i64()?;
    equal("exit code", &outcome.code.map(i64::from), &Some(wanted)).err()
}

/// The images whose verdict is none of those that are right for it.
fn other_verdicts(case: &Value, outcome: &Outcome) -> Vec<String> {
    let report = outcome.json();
    let images = report["images"].as_array().into_iter().flatten();
    let other = images.filter_map(|image| {
        let verdicts = &case["verdicts"];
        let right = verdicts.get(text(&image["image"])).or_else(|| verdicts.get("*"))?;
        let right = right.as_array()?;
        (!right.contains(&image["verdict"]))
            .then(|| format!("{}: {}, none of {right:?}", image["image"], image["verdict"]))
    });
    other.collect()
}

/// The patterns that no message, label or remedy matches.
fn unsaid(case: &Value, json: &Outcome, human: &Outcome) -> Vec<String> {
    let report = json.json();
    let findings = report["findings"].as_array().into_iter().flatten();
    let said = findings.flat_map(|finding| [text(&finding["message"]), text(&finding["remedy"])]);
    let mut said: Vec<_> = said.map(str::to_owned).collect();
    said.push(String::from_utf8_lossy(&human.stdout).into_owned());
    let said = said.join("\n");
    let unsaid = texts(&case["mentions"]).into_iter().filter(|pattern| {
        let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
        !pattern.expect("it is a regular expression").is_match(&said)
    });
    unsaid.map(|pattern| format!("nothing matches {pattern}")).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(text).collect()
}
