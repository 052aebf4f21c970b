//! Whether the documents say what is so.
//!
//! `PULLCREDS_UPDATE=1` writes `docs/findings.md` anew from the table in `src/finding.rs`.
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment and files")]

#[path = "support/case.rs"]
mod case;
#[path = "support/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pullcreds::finding::{self, Code, Severity};
use regex::Regex;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[track_caller]
fn text(name: impl AsRef<Path>) -> String {
    String::from_utf8(support::read(name)).expect("documents are UTF-8")
}

/// The first groups of all matches.
fn all(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a sound pattern");
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

// docs/findings.md

const FINDINGS: &str = "docs/findings.md";

#[test]
fn the_page_of_findings_is_that_of_the_table() {
    let page = page();
    if std::env::var_os("PULLCREDS_UPDATE").is_some_and(|value| !value.is_empty()) {
        std::fs::write(path(FINDINGS), &page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(path(FINDINGS)).unwrap_or_default();
    assert!(found == page, "{FINDINGS} is stale: PULLCREDS_UPDATE=1 cargo test --test docs");
}

fn page() -> String {
    let mut out = String::from(
        "# Findings\n\nEverything that pullcreds can find. `pullcreds explain CODE` prints the same.\n\n\
         The severities are those without a policy: `severities` in the policy sets others.\n\n\
         <!-- From the table in src/finding.rs: PULLCREDS_UPDATE=1 cargo test --test docs -->\n\n\
         | code | severity | what is wrong |\n|---|---|---|\n",
    );
    for code in finding::ALL {
        let name = code.name;
        let severity = severity(code.severity);
        let _ = writeln!(out, "| [`{name}`](#{name}) | {severity} | {} |", code.title);
    }
    for code in finding::ALL {
        section(code, &mut out);
    }
    out
}

fn section(code: &Code, out: &mut String) {
    let Code { name, title, what, why, example, remedy, references, .. } = code;
    let severity = severity(code.severity);
    let _ = write!(
        out,
        "\n## {name}\n\n**{severity}**: {title}\n\n{what}\n\n**Why it matters.** {why}\n\n```\n{example}\n```\n\n\
         **What to do.** {remedy}\n"
    );
    if references.is_empty() {
        return;
    }
    out.push_str("\n**References**\n\n");
    for reference in *references {
        let link = reference.starts_with("https://");
        let shown = if link { format!("<{reference}>") } else { (*reference).to_owned() };
        let _ = writeln!(out, "- {shown}");
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// Codes without a reference, and why there is none.
const WITHOUT_REFERENCE: &[(&str, &str)] = &[
    ("expired-exception", "exceptions are a matter of pullcreds alone"),
    ("unused-policy-entry", "so are the entries of its policy"),
];

#[test]
fn every_finding_has_a_reference_or_a_reason_for_none() {
    for code in finding::ALL {
        let excused = WITHOUT_REFERENCE.iter().any(|(name, _)| *name == code.name);
        assert_eq!(code.references.is_empty(), excused, "{}", code.name);
        for reference in code.references {
            assert!(!reference.contains("http://") && !reference.ends_with('.'), "{reference}");
        }
    }
}

/// What the cases say that the program says.
fn said() -> String {
    let mut said = String::new();
    for case in case::all() {
        for file in ["stdout", "stderr"].iter().filter_map(|stem| case.file(stem)) {
            said.push_str(&text(file));
        }
    }
    said
}

#[test]
fn every_finding_is_produced_by_a_case() {
    let said = said();
    let in_text = all(r"(?:error|warning|info)\[([a-z0-9-]+)\]", &said);
    let in_json = all(r#""code": "([a-z0-9-]+)""#, &said);
    let absent = finding::names().into_iter().filter(|name| {
        let name: &str = name;
        !in_text.contains(name) && !in_json.contains(name)
    });
    let absent: Vec<_> = absent.collect();
    assert!(absent.is_empty(), "no case in testdata/cases has these findings: {absent:?}");
}

// docs/compared.md

#[test]
fn every_comparison_has_a_case_and_every_such_case_is_told() {
    let told = all("`(compared-[a-z0-9-]+)`", &text(path("docs/compared.md")));
    let cases = case::all().into_iter().map(|case| case.name);
    let cases: BTreeSet<_> = cases.filter(|name| name.starts_with("compared-")).collect();
    assert_eq!(told, cases);
}

// Links

#[test]
fn links_between_documents_lead_somewhere() {
    let documents = case::entries(&path("")).into_iter().chain(case::entries(&path("docs")));
    let documents = documents.filter(|path| path.extension().is_some_and(|found| found == "md"));
    for document in documents {
        let text = text(&document);
        for link in all(r"\]\(([^)\s]+)\)", &text) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                document.clone()
            } else {
                document.parent().expect("it is in a folder").join(file)
            };
            assert!(target.exists(), "{}: {link}", document.display());
            if !anchor.is_empty() {
                let headings = anchors(&self::text(&target));
                assert!(headings.contains(anchor), "{}: {link}", document.display());
            }
        }
    }
}

/// The anchors that GitHub makes of headings.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            text.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
        })
        .collect()
}
