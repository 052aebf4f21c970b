//! Every format over names that are made to break out of it: what another program reads of a report are the findings,
//! and nothing that the input says.
#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]

#[path = "support/schema.rs"]
mod schema;
#[path = "support/support.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Outcome, pullcreds};

/// What a format could take for its own.
const HOSTILE: &[&str] = &[
    "a\n::error::fake",
    "a\r\n::set-output name=x::y",
    "##[error]fake",
    "::stop-commands::x",
    "%0A::error::fake",
    "]]><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></table><h1>fake",
    "a|b|c",
    "a`b``c```d",
    "[click](javascript:alert(1))",
    "\"quoted\" 'twice'",
    "\u{1b}[31mred\u{7}",
    "\u{202e}desrever\u{2066}",
    "a\u{feff}b\u{200b}c\u{fffe}",
    "{{ 7 * 7 }} {% raw %}",
    "&amp;&lt;",
    "\\\\ \\n",
];

/// A stream in which every name that a person writes is one of the hostile ones, and an image name of 10 kB.
fn stream() -> String {
    let mut all = String::new();
    let long = "a".repeat(10_000);
    for name in HOSTILE.iter().copied().chain([&*long]) {
        let name = quoted(name);
        let _ = write!(
            all,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {name}}}\n\
             spec:\n  template:\n    spec:\n      serviceAccountName: {name}\n      imagePullSecrets:\n      - name: {name}\n      \
             containers:\n      - name: {name}\n        image: {name}\n      - name: good\n        image: a.azurecr.io/x:v1\n",
        );
    }
    all
}

/// A scalar in double quotes, with an escape for everything that YAML does not take as it is.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic() && c != '"' && c != '\\';
    let escaped = text
        .chars()
        .map(|c| if is_plain(c) { c.to_string() } else { format!("\\U{:08x}", u32::from(c)) });
    format!("\"{}\"", escaped.collect::<String>())
}

#[track_caller]
fn report(format: &str) -> Outcome {
    let run = pullcreds(["check", "--format", format, "--fail-on", "never", "hostile\n.yaml"]);
    fs::write(run.home().join("hostile\n.yaml"), stream()).expect("it is a new file");
    run.run().expect(0)
}

/// Nothing that a terminal obeys, and no line break but those of the format.
#[track_caller]
fn assert_printable(text: &str) {
    let is_bad =
        |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{feff}\u{200b}".contains(c);
    let bad: Vec<_> = text.chars().filter(|c| is_bad(*c)).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn one_line_is_one_finding() {
    let outcome = report("oneline");
    assert_printable(outcome.out());
    let findings = count(&report("json").json());
    assert_eq!(outcome.out().lines().count(), findings);
    for line in outcome.out().lines() {
        let kinds = [": error[", ": warning[", ": info["];
        assert!(kinds.iter().any(|kind| line.contains(kind)), "{line}");
        assert!(line.len() < 5000, "{} bytes", line.len());
    }
}

fn count(report: &Value) -> usize {
    report["findings"].as_array().expect("a report has findings").len()
}

#[test]
fn github_takes_commands_from_the_program_only() {
    let outcome = report("github");
    assert_printable(outcome.out());
    assert!(!outcome.out().contains("##["), "{outcome}");
    for command in ["error", "warning", "notice"] {
        let begin = format!("::{command} ");
        let shown = outcome.out().lines().filter(|line| line.starts_with(&begin)).count();
        assert!(shown <= 10, "{shown} times {command}");
    }
    for line in outcome.out().lines() {
        assert!(line.len() < 12_000, "{} bytes", line.len());
        let Some(command) = line.trim_start().strip_prefix("::") else {
            assert!(line.starts_with("pullcreds: "), "{line}");
            continue;
        };
        let (properties, _) = command.split_once("::").expect("a command has a text");
        let (name, properties) = properties.split_once(' ').expect("all of ours have a title");
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
        for property in properties.split(',') {
            let (key, _) = property.split_once('=').expect("a property has a value");
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(known.contains(&key), "{line}");
        }
    }
}

/// The schema of OASIS, as the crate serde-sarif 0.8.0 contains it.
const SARIF: &str = include_str!("../testdata/formats/sarif-2.1.0.schema.json");

#[test]
fn sarif_is_valid_by_the_schema_of_oasis() {
    let outcome = report("sarif");
    assert_printable(outcome.out());
    let log = outcome.json();
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), count(&report("json").json()));
    for result in results {
        let text = result["message"]["text"].as_str().expect("a message");
        assert!(!text.contains("]("), "a link of the input: {text}");
        let single = text.replace("{{", "").replace("}}", "");
        assert!(!single.contains(['{', '}']), "a placeholder: {text}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(uri.is_null() || uri == "hostile%5Cn.yaml", "{uri}");
    }
}

/// The schema, and what GitHub asks for besides.
#[track_caller]
fn assert_sarif(log: &Value) {
    let schema: Value = serde_json::from_str(SARIF).expect("the schema is JSON");
    assert_eq!(schema::mistakes(log, &schema), Vec::<String>::new());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let index = result["ruleIndex"].as_u64().expect("an index");
        let index = usize::try_from(index).expect("a small one");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["pullcreds/v1"].is_string());
    }
    for rule in rules {
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.len() > 20), "{rule}");
        assert!(rule["properties"]["tags"].as_array().is_some_and(|tags| tags.len() <= 20));
    }
}

#[test]
fn a_schema_finds_what_is_wrong() {
    let schema: Value = serde_json::from_str(SARIF).expect("the schema is JSON");
    let valid = serde_json::json!({"version": "2.1.0", "runs": []});
    assert!(schema::mistakes(&valid, &schema).is_empty());
    for (path, wrong) in [
        ("", serde_json::json!({"version": "2.1.0"})),
        ("/version", serde_json::json!({"version": "2.0.0", "runs": []})),
        ("/runs/0", serde_json::json!({"version": "2.1.0", "runs": [{}]})),
        ("/runs", serde_json::json!({"version": "2.1.0", "runs": {}})),
        ("", serde_json::json!({"version": "2.1.0", "runs": [], "more": 1})),
    ] {
        let found = schema::mistakes(&wrong, &schema);
        let begin = format!("{path}: ");
        assert!(found.iter().any(|one| one.starts_with(&begin)), "{wrong}: {found:?}");
    }
}

/// Everything that a report of SARIF can have: related places, fixes, suppressions, templates, a file that is not YAML.
#[test]
fn sarif_has_fixes_and_suppressions() {
    let shop = support::read(case("files/manifests/a-shop.yaml"));
    let run = pullcreds(["check", "--format", "sarif", "a.yaml", "b.yaml", "c.yaml"]);
    for (name, bytes) in [
        ("a.yaml", &*shop),
        ("b.yaml", b"a: [\n"),
        ("c.yaml", b"---\n# Source: shop/templates/a.yaml\nkind: [Pod]\napiVersion: v1\nmetadata: {name: a}\n"),
        ("pullcreds.yaml", &*support::read(case("files/pullcreds.yaml"))),
    ] {
        fs::write(run.home().join(name), bytes).expect("it is a new file");
    }
    let log = run.run().expect(3).json();
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let has = |key: &str| {
        results.iter().filter(|one| one[key].as_array().is_some_and(|all| !all.is_empty())).count()
    };
    assert_eq!(has("suppressions"), 1, "{log:#}");
    assert!(has("fixes") > 0 && has("relatedLocations") > 0, "{log:#}");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

fn case(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases/format-sarif").join(below)
}

#[test]
fn gitlab_reads_an_issue_for_each_finding() {
    let outcome = report("gitlab");
    assert_printable(outcome.out());
    let issues = outcome.json();
    let issues = issues.as_array().expect("an array");
    assert_eq!(issues.len(), count(&report("json").json()));
    let mut fingerprints: Vec<_> =
        issues.iter().map(|issue| issue["fingerprint"].as_str()).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len(), "fingerprints are unique");
    for issue in issues {
        let severity = issue["severity"].as_str().expect("a severity");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(issue["location"]["lines"]["begin"].as_u64() >= Some(1));
        assert!(issue["location"]["path"].as_str().is_some_and(|path| !path.starts_with("./")));
        assert!(issue["description"].is_string() && issue["check_name"].is_string());
    }
}

#[test]
fn junit_is_xml_with_a_test_for_each_pull_and_finding() {
    let outcome = report("junit");
    assert_printable(outcome.out());
    let document = roxmltree::Document::parse(outcome.out()).expect("well-formed XML");
    let cases = |node: roxmltree::Node<'_, '_>| {
        node.descendants().filter(|node| node.has_tag_name("testcase")).count()
    };
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    assert_eq!(root.attribute("tests"), Some(&*cases(root).to_string()));
    let errors = report("json").json()["findings"]
        .as_array()
        .map(|all| all.iter().filter(|one| one["severity"] == "error").count());
    let failures = root.descendants().filter(|node| node.has_tag_name("failure")).count();
    assert!(failures > 0 && Some(failures) <= errors, "{failures} of {errors:?}");
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let known =
            ["testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"];
        assert!(known.contains(&name), "{name}");
    }
    let mut names: Vec<_> = root
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|node| (node.attribute("classname"), node.attribute("name")))
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "tests have names of their own");
}

#[test]
fn markdown_has_the_structure_of_the_program_only() {
    let outcome = report("markdown");
    assert_printable(outcome.out());
    assert!(outcome.out().len() < 65_536, "{} bytes", outcome.out().len());
    let mut fence = None;
    for line in outcome.out().lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("text")),
            None => assert_markdown(line),
        }
    }
    assert_eq!(fence, None, "a block of code that does not end");
}

/// A line outside of blocks of code: HTML is that of folds, and a row has four cells.
#[track_caller]
fn assert_markdown(line: &str) {
    let plain = line.replace("<!-- -->", "");
    let html = ["<details>", "</details>"].contains(&line) || line.starts_with("<summary>");
    assert!(html || !plain.contains(['<', '>']), "{line}");
    if line.starts_with('|') && !line.starts_with("|---") {
        assert_eq!(line.matches('|').count(), 5, "{line}");
    }
    assert!(line.matches('`').count() <= 2 && !line.contains("]("), "{line}");
}

#[test]
fn markdown_stays_below_the_limit_of_a_comment() {
    let pods = (0..3000).map(|number| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: 'p{number}', namespace: n}}\n\
             spec: {{containers: [{{name: c, image: 'r{number}.azurecr.io/{}'}}]}}\n",
            "__".repeat(40)
        )
    });
    let pods: Vec<_> = pods.collect();
    let run = pullcreds(["check", "--format", "markdown"]).stdin(pods.concat()).run().expect(1);
    let text = run.out();
    assert!(text.len() < 65_536, "{} bytes", text.len());
    assert!(text.contains(" more: `--report json=FILE` has them all."), "{text}");
}

/// Where the page has text of the input: in elements of the templates, and in no other.
#[test]
fn the_page_has_the_elements_of_its_templates_only() {
    let outcome = report("html");
    assert_printable(outcome.out());
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let page = roxmltree::Document::parse_with_options(outcome.out(), options);
    let page = page.expect("the page is well-formed");
    let template = include_str!("../templates/report.html");
    for node in page.descendants().filter(roxmltree::Node::is_element) {
        let begin = format!("<{}", node.tag_name().name());
        assert!(template.contains(&begin), "{begin}");
        for attribute in node.attributes() {
            assert!(template.contains(&format!(" {}=", attribute.name())), "{}", attribute.name());
            let is_link = attribute.name() == "href";
            assert!(!is_link || attribute.value().starts_with('#'), "{}", attribute.value());
        }
    }
    let shown: String = page.descendants().filter_map(|node| node.text()).collect();
    for name in
        ["]]><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "&amp;&lt;"]
    {
        assert!(shown.contains(name), "{name}");
    }
    let mut ids: Vec<_> = page.descendants().filter_map(|node| node.attribute("id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "ids are unique");
    for link in page.descendants().filter_map(|node| node.attribute("href")) {
        assert!(ids.contains(&&link[1..]), "{link}");
    }
}

#[test]
fn the_page_says_where_a_pull_secret_is_in_the_namespace_of_its_pod() {
    let made_in = |namespace: &str| {
        let text = format!(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: of-acme, namespace: {namespace}}}\n\
             spec:\n  target: {{name: acme, template: {{type: kubernetes.io/dockerconfigjson}}}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: api, namespace: shop}}\nspec:\n  \
             imagePullSecrets: [{{name: acme}}]\n  containers: [{{name: api, image: 'acme.azurecr.io/api:1'}}]\n"
        );
        let run = pullcreds(["check", "--format", "html", "--fail-on", "never", "all.yaml"]);
        fs::write(run.home().join("all.yaml"), text).expect("it is a new file");
        run.run().expect(0).out().to_owned()
    };
    let made = "made by ExternalSecret shop/of-acme";
    assert!(made_in("shop").contains(made));
    let elsewhere = made_in("other");
    assert!(!elsewhere.contains("made by") && elsewhere.contains("not in the input"));
}
