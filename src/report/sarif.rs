//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), as code scanning reads it. Its types
//! are its own: the part of the format that is written here is small.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::Report;
use super::listed::{self, Listed, Located, Rule};
use crate::finding::{
    self, Code, Concern, Finding, Fix, Place, Severity, Subject, SuppressedBy, Suppression,
};
use crate::source::Position;
use crate::text::{Message, Shown, printable, printable_json, shown};

/// Where the schema is that programs know the format by.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What relative paths begin at: the folder of the run, which is the root of a repository for code scanning.
const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
struct WireLog {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [WireRun; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRun {
    tool: WireTool,
    /// Columns count characters.
    column_kind: &'static str,
    invocations: [WireInvocation; 1],
    results: Vec<WireResult>,
    properties: WireRunProperties,
}

#[derive(Serialize)]
struct WireTool {
    driver: WireDriver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireDriver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<WireRule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireInvocation {
    execution_successful: bool,
}

#[derive(Serialize)]
struct WireRunProperties {
    status: &'static str,
    summary: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRule {
    id: &'static str,
    short_description: WireText,
    full_description: WireText,
    help: WireHelp,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'static str>,
    default_configuration: WireConfiguration,
    properties: WireRuleProperties,
}

#[derive(Serialize)]
struct WireText {
    text: String,
}

#[derive(Serialize)]
struct WireHelp {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct WireConfiguration {
    level: &'static str,
}

#[derive(Serialize)]
struct WireRuleProperties {
    tags: Vec<&'static str>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: WireText,
    locations: Vec<WireLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<WireLocation>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<WireRepair>,
    /// Empty if it is not suppressed: viewers show the difference only if every result says.
    suppressions: Vec<WireExcuse>,
    properties: WireProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: WirePhysical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<WireLogical>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<WireText>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePhysical {
    artifact_location: WireArtifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<WireRegion>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireArtifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRegion {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireLogical {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRepair {
    description: WireText,
    artifact_changes: Vec<WireChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireChange {
    artifact_location: WireArtifact,
    replacements: Vec<WireReplacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireReplacement {
    deleted_region: WireRegion,
    inserted_content: WireText,
}

#[derive(Serialize)]
struct WireExcuse {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// What else is known of a result.
#[derive(Default, Serialize)]
struct WireProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Shown<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<Shown<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Shown<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
}

/// The whole report, with a line break at its end.
pub(super) fn render(report: &Report<'_>) -> String {
    let suppressed = report.outcome.suppressed.iter();
    let suppressed = suppressed.map(|finding| listed::finding(report, finding));
    let all: Vec<_> = listed::all(report).chain(suppressed).collect();
    let rules = rules(&all);
    let results = all.iter().map(|listed| result(report, listed, &rules)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let driver = WireDriver {
        name: "pullcreds",
        version,
        semantic_version: version,
        rules: rules.iter().map(|rule| self::rule(*rule)).collect(),
    };
    let summary = &report.outcome.summary;
    let run = WireRun {
        tool: WireTool { driver },
        column_kind: "unicodeCodePoints",
        invocations: [WireInvocation {
            execution_successful: report.unread.is_empty() && report.outcome.problems.is_empty(),
        }],
        results,
        properties: WireRunProperties { status: summary.status.name(), summary: summary.text() },
    };
    let log = WireLog { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let json = serde_json::to_string_pretty(&log).expect("every key is a string");
    printable_json(json) + "\n"
}

/// The rules of all results, in the order of their names.
fn rules(all: &[Listed<'_>]) -> Vec<Rule> {
    let names: BTreeMap<_, _> = all.iter().map(|one| (one.rule.name, one.rule)).collect();
    names.into_values().collect()
}

fn rule(rule: Rule) -> WireRule {
    let code = finding::find(rule.name);
    let level = code.map_or(Severity::Error, |code| code.severity);
    let help = code.map_or_else(|| bare_help(rule), help);
    WireRule {
        id: rule.name,
        short_description: text(&capitalised(rule.title)),
        full_description: text(
            &code.map_or_else(|| capitalised(rule.title), |code| code.what.into()),
        ),
        help,
        help_uri: code.and_then(Code::page),
        default_configuration: WireConfiguration { level: self::level(level) },
        properties: WireRuleProperties {
            tags: match code.map(Code::concern) {
                Some(Concern::Pull) => vec!["kubernetes", "image-pull"],
                Some(Concern::Hygiene) => vec!["kubernetes", "credentials"],
                Some(Concern::Other) | None => vec!["kubernetes"],
            },
            precision: "high",
            severity: match level {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
        },
    }
}

fn bare_help(rule: Rule) -> WireHelp {
    let text = format!("{}. Check what renders it, or leave it out.", capitalised(rule.title));
    WireHelp { markdown: text.clone(), text }
}

/// What the table of findings says of a code.
fn help(code: &Code) -> WireHelp {
    let Code { what, why, example, remedy, references, .. } = code;
    let text = format!("{what}\n\nWhy it matters: {why}\n\nWhat to do: {remedy}");
    let mut markdown = format!(
        "{what}\n\n**Why it matters.** {why}\n\n```yaml\n{example}\n```\n\n**What to do.** {remedy}\n"
    );
    for (at, reference) in references.iter().enumerate() {
        let link = reference.starts_with("https://");
        let reference = if link { format!("<{reference}>") } else { (*reference).to_owned() };
        let before = if at == 0 { "\n**References**\n\n" } else { "" };
        let _ = writeln!(markdown, "{before}- {reference}");
    }
    WireHelp { text, markdown }
}

fn result(report: &Report<'_>, listed: &Listed<'_>, rules: &[Rule]) -> WireResult {
    let finding = listed.finding;
    let is_own = |rule: &Rule| rule.name == listed.rule.name;
    let place = finding.and_then(|finding| finding.place.as_ref());
    let location = listed.at.as_ref().map(|at| WireLocation {
        id: None,
        physical_location: physical(at),
        logical_locations: place.map(|place| logical(&place.object)).into_iter().collect(),
        message: None,
    });
    let related = finding.into_iter().flat_map(|finding| &finding.related).enumerate();
    WireResult {
        rule_id: listed.rule.name,
        rule_index: rules.iter().position(is_own).unwrap_or_default(),
        level: level(listed.severity),
        message: message(listed),
        locations: location.into_iter().collect(),
        related_locations: related.map(|(at, place)| self::related(report, at, place)).collect(),
        partial_fingerprints: BTreeMap::from([("pullcreds/v1", listed.fingerprint.clone())]),
        fixes: finding.and_then(|finding| repair(report, finding)).into_iter().collect(),
        suppressions: finding
            .and_then(|finding| finding.suppressed.as_deref())
            .map(excuse)
            .into_iter()
            .collect(),
        properties: WireProperties {
            image: finding.and_then(|finding| finding.image.clone()),
            container: finding.and_then(|finding| finding.container.clone()),
            path: place.map(|place| place.path.clone()),
            template: listed
                .at
                .as_ref()
                .and_then(|at| at.template.as_ref())
                .map(ToString::to_string),
        },
    }
}

/// What is wrong, and what to do with the real names. Viewers show no other text of a result.
fn message(listed: &Listed<'_>) -> WireText {
    let remedy = listed.finding.and_then(|finding| finding.remedy.as_ref());
    let remedy = remedy.map(|remedy| format!("\n\n{}", printable(&remedy.text())));
    // Braces are placeholders (section 3.11.5), and `[…](…)` is a link (3.11.6).
    let plain = listed.message.clone() + &remedy.unwrap_or_default();
    text(&plain.replace('{', "{{").replace('}', "}}").replace("](", "] ("))
}

fn related(report: &Report<'_>, at: usize, place: &Place) -> WireLocation {
    WireLocation {
        id: Some(at + 1),
        physical_location: physical(&Located::of(report, place)),
        logical_locations: vec![logical(&place.object)],
        message: Some(text(&listed::one_line(&place.label))),
    }
}

/// The edits that solve it, as one fix.
fn repair(report: &Report<'_>, finding: &Finding) -> Option<WireRepair> {
    let sources: BTreeSet<_> = finding.fix.iter().map(|fix| fix.source).collect();
    let changes = sources.into_iter().map(|source| {
        let own = finding.fix.iter().filter(|fix| fix.source == source);
        WireChange {
            artifact_location: artifact(&report.source(source).name),
            replacements: own.map(|fix| replacement(report, fix)).collect(),
        }
    });
    let artifact_changes: Vec<_> = changes.collect();
    let description = text("Name the pull secret that the image needs.");
    (!artifact_changes.is_empty()).then_some(WireRepair { description, artifact_changes })
}

fn replacement(report: &Report<'_>, fix: &Fix) -> WireReplacement {
    let Fix { source, edit } = fix;
    let start = report.position(*source, edit.place.start);
    let end = report.position(*source, edit.place.end);
    WireReplacement {
        deleted_region: region((start, end)),
        inserted_content: WireText { text: shown(&edit.insert).into_masked() },
    }
}

fn excuse(suppression: &Suppression) -> WireExcuse {
    WireExcuse {
        kind: match suppression.by {
            SuppressedBy::Annotation | SuppressedBy::Comment => "inSource",
            SuppressedBy::PolicyException | SuppressedBy::Baseline => "external",
        },
        status: "accepted",
        justification: suppression.text().to_string(),
    }
}

fn physical(at: &Located) -> WirePhysical {
    WirePhysical {
        artifact_location: artifact(&at.file.to_string()),
        region: at.positions.map(region),
    }
}

fn region((start, end): (Position, Position)) -> WireRegion {
    WireRegion {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn logical(object: &Subject) -> WireLogical {
    let name = object.name.as_ref().map_or("", Shown::masked);
    let namespace = object.namespace.as_ref().map(Shown::masked);
    let parts = [Some(object.kind.masked()), namespace, Some(name)];
    WireLogical {
        name: listed::one_line(name),
        fully_qualified_name: listed::one_line(
            &parts.into_iter().flatten().collect::<Vec<_>>().join("/"),
        ),
        kind: "resource",
    }
}

/// Where a file is: relative to the folder of the run, unless it was named from the root.
fn artifact(name: &str) -> WireArtifact {
    let path = listed::path(name);
    let drive = path.as_bytes().get(1) == Some(&b':') && cfg!(windows);
    if path.starts_with('/') || drive {
        let slashes = if drive { "file:///" } else { "file://" };
        return WireArtifact { uri: format!("{slashes}{}", encoded(&path)), uri_base_id: None };
    }
    WireArtifact { uri: encoded(&path), uri_base_id: Some(ROOT) }
}

/// A path as a part of a URI (RFC 3986, section 3.3).
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn text(text: &str) -> WireText {
    WireText { text: text.to_owned() }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_folder_of_the_run() {
        let uri = |name: &str| {
            let WireArtifact { uri, uri_base_id } = artifact(name);
            (uri, uri_base_id.is_some())
        };
        assert_eq!(uri("./a/b.yaml"), ("a/b.yaml".to_owned(), true));
        assert_eq!(uri("../a b%.yaml"), ("../a%20b%25.yaml".to_owned(), true));
        assert_eq!(uri("größe:1?.yaml"), ("gr%C3%B6%C3%9Fe%3A1%3F.yaml".to_owned(), true));
        assert_eq!(uri("/a/b.yaml"), ("file:///a/b.yaml".to_owned(), false));
        assert_eq!(uri("<stdin>"), ("%3Cstdin%3E".to_owned(), true));
    }
}
