//! Checks that the documents are true.
//!
//! `PULLCREDS_UPDATE=1` writes `docs/findings.md` from the table in `src/finding.rs`, `docs/operators.md` from
//! `src/kinds/table.json`, and the output of the first command of the README.
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment and files")]

#[path = "support/case.rs"]
mod case;
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

// README.md

/// The fenced blocks of a language.
fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```") {
            let block: Vec<_> =
                lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if found == language {
                blocks.push(block.join("\n") + "\n");
            }
        }
    }
    blocks
}

/// The words after `pullcreds` in each command of a document, in blocks and in the text.
fn calls(markdown: &str) -> Vec<Vec<String>> {
    let blocks = blocks(markdown, "sh").join("\n").replace("\\\n", " ");
    let inline = all(r"`(pullcreds [^`]+)`", markdown);
    let commands = blocks.lines().chain(inline.iter().map(String::as_str));
    let commands = commands.flat_map(|line| line.split(" | "));
    commands.filter_map(|command| call(command.trim())).collect()
}

fn call(command: &str) -> Option<Vec<String>> {
    let command = command.split(" #").next()?.split(['<', '>']).next()?.trim();
    let own = ["pullcreds", "cargo run --release --"];
    if let Some(own) = own.iter().find_map(|own| command.strip_prefix(own)) {
        return Some(case::words(own));
    }
    let (_, sent) = command.split_once("--post-renderer pullcreds")?;
    let sent = case::words(sent).into_iter();
    Some(
        sent.filter_map(|word| Some(word.strip_prefix("--post-renderer-args=")?.to_owned()))
            .collect(),
    )
}

fn help(words: &[&str]) -> String {
    support::pullcreds(words.iter().chain([&"--help"])).run().expect(0).out().to_owned()
}

#[test]
fn every_call_in_the_documents_is_one_that_the_program_takes() {
    assert!(calls(&text(path("README.md"))).len() > 10);
    for document in documents() {
        for call in calls(&text(&document)) {
            assert_taken(&call, &document);
        }
    }
}

#[track_caller]
fn assert_taken(call: &[String], document: &Path) {
    let own: Vec<_> = call.iter().map(String::as_str).take_while(|word| *word != "--").collect();
    // Commands with commands of their own.
    let depth = if matches!(own.first(), Some(&("policy" | "kinds"))) { 2 } else { 1 };
    let command = own.iter().copied().take_while(|word| !word.starts_with('-')).take(depth);
    let command = command.filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    let known = all(r"(--[a-z-]+)", &help(&command.collect::<Vec<_>>()));
    for flag in own.iter().filter(|word| word.starts_with("--")) {
        let name = flag.split('=').next().expect("there is a first part");
        assert!(known.contains(name), "{}: {call:?}: there is no {name}", document.display());
    }
}

/// Flags in the README that are another program's.
const FLAGS_OF_OTHERS: &[&str] =
    &["--install", "--path", "--post-renderer", "--post-renderer-args", "--release", "--some-flag"];

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
    let known: String = commands.iter().map(|words| help(words)).collect();
    let known = all(r"(--[a-z-]+)", &known);
    let documented = all(r"[^a-z-](--[a-z][a-z-]+)", &text(path("README.md")));
    let strange = documented.iter().filter(|flag| !known.contains(*flag));
    let strange: Vec<_> =
        strange.filter(|flag| !FLAGS_OF_OTHERS.contains(&flag.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn the_first_command_of_the_readme_prints_the_text_below_it() {
    let readme = text(path("README.md"));
    let command = blocks(&readme, "sh").remove(0);
    let (command, input) = command.split_once('<').expect("it reads a file");
    let input = input.split('>').next().expect("there is a first part").trim();
    let args = command.trim().strip_prefix("cargo run --release -- ").expect("Cargo runs it");
    let run =
        support::pullcreds(case::words(args)).in_folder(path("")).stdin(support::read(path(input)));
    let outcome = run.run().expect(0);
    let documented = blocks(&readme, "text").remove(0);
    if is_update() {
        let updated = readme.replacen(&documented, outcome.err(), 1);
        std::fs::write(path("README.md"), updated).expect("the document can be written");
    } else {
        assert_eq!(documented, outcome.err(), "PULLCREDS_UPDATE=1 cargo test --test docs");
    }
}

#[test]
fn the_policy_of_the_readme_is_one() {
    let readme = text(path("README.md"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, blocks(&readme, "yaml").remove(0)).expect("it is new");
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
