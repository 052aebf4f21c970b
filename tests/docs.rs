//! Checks that the documents are true.
//!
//! `PULLCREDS_UPDATE=1` writes `docs/findings.md` from the table in `src/finding.rs`, `docs/operators.md` from
//! `src/kinds/table.json`, `docs/policy.md` from the schema of policies, and the output below commands.
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment and files")]

#[path = "support/case.rs"]
mod case;
#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/fences.rs"]
mod fences;
#[path = "docs/policy.rs"]
mod policy;
#[path = "support/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pullcreds::finding::{self, Code, Severity};
use pullcreds::kinds::{self, Table};
use pullcreds::report;
use regex::Regex;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[track_caller]
fn text(name: impl AsRef<Path>) -> String {
    String::from_utf8(support::read(name)).expect("documents are UTF-8")
}

fn is_update() -> bool {
    std::env::var_os("PULLCREDS_UPDATE").is_some_and(|value| !value.is_empty())
}

/// The first groups of all matches.
fn all(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a sound pattern");
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// A page that is made from a table is up to date, or is brought up to date.
#[track_caller]
fn assert_page(name: &str, page: &str) {
    if is_update() {
        std::fs::write(path(name), page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(found == page, "{name} is stale: PULLCREDS_UPDATE=1 cargo test --test docs");
}

// docs/findings.md

const FINDINGS: &str = "docs/findings.md";

#[test]
fn the_page_of_findings_is_that_of_the_table() {
    assert_page(FINDINGS, &page());
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
    ("unused-suppression", "suppressions are its own, too"),
    ("invalid-suppression", "suppressions are its own, too"),
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

/// The output of the program in all cases.
fn output() -> String {
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
    let said = output();
    let in_text = all(r"(?:error|warning|info)\[([a-z0-9-]+)\]", &said);
    let in_json = all(r#""code": "([a-z0-9-]+)""#, &said);
    let absent = finding::names().into_iter().filter(|name| {
        let name: &str = name;
        !in_text.contains(name) && !in_json.contains(name)
    });
    let absent: Vec<_> = absent.collect();
    assert!(absent.is_empty(), "no case in testdata/cases has these findings: {absent:?}");
}

// docs/operators.md

const OPERATORS: &str = "docs/operators.md";

#[test]
fn the_page_of_operators_is_that_of_the_table() {
    assert_page(OPERATORS, &page_of_operators());
}

fn page_of_operators() -> String {
    let all = Table::builtin().listed();
    let custom = all.iter().filter(|listed| kinds::is_custom(&format!("{}/v1", listed.group)));
    let custom: Vec<_> = custom.collect();
    let groups: BTreeSet<_> = custom.iter().map(|listed| listed.group).collect();
    let mut out = format!(
        "# Custom resources of operators\n\nThe {} kinds of {} API groups that pullcreds knows: where a pull secret goes, and \
         what to mind. `pullcreds kinds explain GROUP/KIND` prints all about one kind: its images, its ServiceAccount, \
         and the line of the operator's source. `pullcreds kinds` lists them.\n\n\
         A kind that is not here has a row in the policy (`customResources`). `pullcreds kinds from-crd FILE` proposes \
         one.\n\n\
         <!-- From src/kinds/table.json: PULLCREDS_UPDATE=1 cargo test --test docs -->\n\n\
         | group | kind | a pull secret goes into | what to mind |\n|---|---|---|---|\n",
        custom.len(),
        groups.len()
    );
    for listed in custom {
        let row = listed.row;
        let fields = report::destinations(row);
        let shown = fields.iter().take(FIELDS_SHOWN);
        let mut fields_text: Vec<_> =
            shown.map(|(field, form)| format!("`{field}` ({form})")).collect();
        if let more @ 1.. = fields.len().saturating_sub(FIELDS_SHOWN) {
            fields_text.push(format!("and {more} more"));
        }
        let mind = report::what_to_mind(row).join("; ");
        let cells = [listed.group.to_owned(), row.kind.to_string(), fields_text.join("<br>"), mind];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// How many fields of a kind the page lists.
const FIELDS_SHOWN: usize = 4;

// docs/policy.md

#[test]
fn the_page_of_the_policy_is_that_of_the_types() {
    let schema = serde_json::from_str(&text(path("pullcreds.schema.json"))).expect("it is JSON");
    assert_page(
        "docs/policy.md",
        &policy::page(&schema, &first_block(&text(path("README.md")), "yaml")),
    );
}

// docs/SUMMARY.md

#[test]
fn every_page_is_in_the_table_of_contents() {
    let listed = all(r"\]\(([a-z-]+\.md)\)", &text(path("docs/SUMMARY.md")));
    let pages = case::entries(&path("docs")).into_iter();
    let names = pages.filter_map(|page| Some(page.file_name()?.to_str()?.to_owned()));
    let names: BTreeSet<_> = names.filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(listed, names);
}

// docs/compared.md

#[test]
fn every_comparison_has_a_case_and_every_such_case_is_documented() {
    let documented = all("`(compared-[a-z0-9-]+)`", &text(path("docs/compared.md")));
    let cases = case::all().into_iter().map(|case| case.name);
    let cases: BTreeSet<_> = cases.filter(|name| name.starts_with("compared-")).collect();
    assert_eq!(documented, cases);
}

// Links

/// The documents at the root, below `docs`, and beside the examples.
fn documents() -> Vec<PathBuf> {
    let mut folders = vec![path(""), path("docs")];
    folders.extend(case::entries(&path("examples")));
    let files = folders.iter().flat_map(|folder| case::entries(folder));
    files.filter(|path| path.extension().is_some_and(|found| found == "md")).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
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

// Commands

/// The documents whose commands are run here. Those of the examples run with the programs that they are about
/// (`tests/helm/example.rs`, `tests/kustomize/example.rs`).
fn pages() -> Vec<PathBuf> {
    let pages = documents().into_iter();
    pages.filter(|page| !page.starts_with(path("examples"))).collect()
}

#[test]
fn every_command_of_the_documents_that_needs_no_other_program_runs() {
    let ran: usize = pages().iter().map(|page| commands::run_blocks(page)).sum();
    assert!(ran >= 10, "{ran}");
}

#[test]
fn every_call_in_the_documents_is_one_that_the_program_takes() {
    assert!(commands::calls(&text(path("README.md"))).len() > 10);
    for document in documents() {
        for call in commands::calls(&text(&document)) {
            assert!(commands::is_taken(&call), "{}: {call:?}", document.display());
        }
    }
}

/// A shell block of another name would be neither run nor read.
#[test]
fn blocks_have_one_of_these_languages() {
    let known = [
        "", "bash", "console", "diff", "groovy", "html", "json", "markdown", "sh", "text", "xml",
        "yaml",
    ];
    let known: BTreeSet<_> = known.map(str::to_owned).into();
    let strange: Vec<_> = commands::languages(&documents())
        .into_iter()
        .filter(|name| !known.contains(name))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

// README.md

/// Flags in the README that are another program's.
const FLAGS_OF_OTHERS: &[&str] = &[
    "--install",
    "--locked",
    "--path",
    "--post-renderer",
    "--post-renderer-args",
    "--profile",
    "--some-flag",
];

#[test]
fn every_flag_in_the_readme_is_one() {
    let commands: &[&[&str]] = &[
        &[],
        &["check"],
        &["inject"],
        &["run"],
        &["last"],
        &["explain"],
        &["baseline"],
        &["policy", "init"],
    ];
    let known: String = commands.iter().map(|words| commands::help(words)).collect();
    let known = all(r"(--[a-z-]+)", &known);
    let mut readme = text(path("README.md"));
    // What commands print also names the flags of others.
    for block in
        fences::fences(&readme).into_iter().rev().filter(|block| block.language() == "text")
    {
        readme.replace_range(block.place, "");
    }
    let documented = all(r"[^a-z-](--[a-z][a-z-]+)", &readme);
    let strange = documented.iter().filter(|flag| !known.contains(*flag));
    let strange: Vec<_> =
        strange.filter(|flag| !FLAGS_OF_OTHERS.contains(&flag.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// The first block of a language.
fn first_block(markdown: &str, language: &str) -> String {
    let block = fences::fences(markdown).into_iter().find(|block| block.language() == language);
    block.unwrap_or_else(|| panic!("there is no block of {language}")).text
}

#[test]
fn the_policy_of_the_readme_is_one() {
    let readme = text(path("README.md"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, first_block(&readme, "yaml")).expect("it is new");
    let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "registry.k8s.io/pause"}]}});
    let check = support::pullcreds(["check", "--policy", file.to_str().expect("its path is text")]);
    check.stdin(support::list([pod])).run().expect(0);
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_help() {
    let help = support::pullcreds(["--help"]).run().expect(0);
    let documented = all(r"(?m)^\| (\d+ \| [^|]+) \|$", &text(path("README.md")));
    let documented: BTreeSet<_> = documented.iter().map(|row| row.replace(" | ", " ")).collect();
    let known = all(r"(?m)^ +(\d+ +[a-z][^\n]+)$", help.out());
    let known: BTreeSet<_> =
        known.iter().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(documented, known);
}

// ARCHITECTURE.md

#[test]
fn the_modules_are_in_their_order() {
    let library = text(path("src/lib.rs"));
    let lines = library.lines().map(|line| line.strip_prefix("pub ").unwrap_or(line));
    let modules = lines.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let document = text(path("ARCHITECTURE.md"));
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let rows = rows.filter(|name| !name.contains('/') && *name != "module");
    assert_eq!(rows.collect::<Vec<_>>(), modules.collect::<Vec<_>>());
}
