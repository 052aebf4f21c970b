//! Markdown for a comment on a pull request or for `GITHUB_STEP_SUMMARY`: the sentence, a table of findings, those with
//! one cause together, and folded below it what to do, the images, and what is suppressed.
//!
//! A comment of GitHub has at most 65,536 characters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::grouped::{CauseGroup, grouped};
use super::human;
use super::listed::{self, Listed, clipped, one_line};
use super::{Look, Report};
use crate::check::Status;
use crate::finding::Finding;
use crate::text::{printable, shown};

/// Bytes of the tables and of the remedies. Together they leave room for the rest.
const FINDINGS: usize = 24_000;
const REMEDIES: usize = 18_000;
const IMAGES: usize = 8_000;
const SUPPRESSED: usize = 6_000;
/// Bytes of the sentence and of what is below it.
const SENTENCE: usize = 4_000;
/// Characters of a cell.
const CELL: usize = 400;
/// Characters of a remedy.
const REMEDY: usize = 3_000;

/// The whole report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    sentence(report, &mut out);
    let findings: Vec<_> = report.outcome.findings.iter().collect();
    let causes = grouped(&findings);
    let unread = listed::unread_sources(report).map(|one| row(&one, ""));
    let rows = causes.iter().map(|cause| row(&listed::finding(report, cause.first), &more(cause)));
    table(&["severity", "finding", "where", "what"], unread.chain(rows), FINDINGS, &mut out);
    remedies(report, &causes, &mut out);
    images(report, &mut out);
    suppressed(report, &mut out);
    out
}

fn sentence(report: &Report<'_>, out: &mut String) {
    let word = match report.outcome.summary.status {
        Status::Pass => "passed",
        Status::Fail => "failed",
        Status::Skip => "skipped",
    };
    let sentence = human::sentence(report, Look::PLAIN);
    let mut lines = sentence.lines();
    let _ = writeln!(out, "### pullcreds {word}\n");
    let _ = writeln!(out, "**{}**", text(lines.next().unwrap_or_default()));
    for line in lines {
        let _ = writeln!(out, "\n{}", text(&clipped(line, SENTENCE / 4)));
    }
}

/// A table with as many rows as fit, and how many do not.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>, limit: usize, out: &mut String) {
    let rows: Vec<_> = rows.map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
    let shown = fitting(&rows, limit);
    out.extend(rows[..shown].iter().map(String::as_str));
    rest(rows.len() - shown, out);
}

/// How many of several texts fit into so many bytes.
fn fitting(texts: &[String], limit: usize) -> usize {
    let sums = texts.iter().scan(0, |sum, text| {
        *sum += text.len();
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= limit).count()
}

fn rest(count: usize, out: &mut String) {
    if count > 0 {
        let _ = writeln!(out, "\n… and {count} more: `--report json=FILE` has them all.");
    }
}

/// The row of what is listed; `more` is said behind its message.
fn row(listed: &Listed<'_>, more: &str) -> Vec<String> {
    let code = format!("`{}`", listed.rule.name);
    let what = format!("{} {}", cell(&listed.message), cell(more)).trim_end().to_owned();
    vec![listed.severity.name().to_owned(), code, place(listed), what]
}

/// The other findings with the cause of the first, as one more sentence.
fn more(cause: &CauseGroup<'_>) -> String {
    match cause.others.len() {
        0 => String::new(),
        _ => format!("And {}{}.", cause.others_text(), cause.other_images()),
    }
}

fn place(listed: &Listed<'_>) -> String {
    let Some(at) = &listed.at else { return String::new() };
    let position = at.positions.map(|(start, _)| format!(":{start}")).unwrap_or_default();
    let template = at.template.as_ref().map(|template| format!("{template} in "));
    let file = clipped(&at.file.to_string(), CELL / 2);
    cell(&format!("{}{file}{position}", template.unwrap_or_default()))
}

/// What to do, once for all causes that say the same.
fn remedies(report: &Report<'_>, causes: &[CauseGroup<'_>], out: &mut String) {
    let mut remedies: Vec<(String, Vec<&CauseGroup<'_>>)> = Vec::new();
    let mut known = BTreeMap::new();
    for cause in causes {
        let Some(remedy) = cause.remedy() else { continue };
        let at = *known.entry(remedy.clone()).or_insert_with(|| {
            remedies.push((remedy, Vec::new()));
            remedies.len() - 1
        });
        remedies[at].1.push(cause);
    }
    if remedies.is_empty() {
        return;
    }
    let texts: Vec<_> = remedies.iter().map(|(text, of)| remedy(report, text, of)).collect();
    let shown = fitting(&texts, REMEDIES);
    let _ = writeln!(out, "\n<details>\n<summary>What to do</summary>\n");
    out.extend(texts[..shown].iter().map(String::as_str));
    rest(texts.len() - shown, out);
    let _ = writeln!(out, "\n</details>");
}

fn remedy(report: &Report<'_>, remedy: &str, of: &[&CauseGroup<'_>]) -> String {
    let first = listed::finding(report, of[0].first);
    let more = match of.iter().map(|cause| 1 + cause.others.len()).sum() {
        0 | 1_usize => String::new(),
        many => format!(" and {} more", many - 1),
    };
    let remedy = clipped(&printable(remedy), REMEDY);
    let fence = fence(&remedy);
    let code = first.rule.name;
    format!(
        "\n`{code}` at {}{more}:\n\n{fence}text\n{}\n{fence}\n",
        place(&first),
        remedy.trim_end()
    )
}

/// What a block of code is between: more backticks than it has in a row.
fn fence(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    "`".repeat(runs.max().unwrap_or_default().max(2) + 1)
}

fn images(report: &Report<'_>, out: &mut String) {
    let rows = report.outcome.pods.iter().flat_map(|pod| {
        let workload = pod.id.of(&report.outcome.inventories);
        let name = workload.object.name.as_deref().unwrap_or_default();
        let object = format!("{} {}", shown(&workload.object.type_meta.kind), shown(name));
        let images = workload.images.iter().zip(&pod.images);
        images.map(move |(image, judged)| {
            let secret = judged.judgement.secret.and_then(|at| pod.effective.names.get(at));
            let secret = secret.map(|secret| cell(&shown(secret).to_string()));
            let verdict = judged.judgement.verdict.name().to_owned();
            let image = cell(&shown(&image.reference).to_string());
            vec![cell(&object), image, verdict, secret.unwrap_or_default()]
        })
    });
    let mut folded = String::new();
    table(&["object", "image", "verdict", "pull secret"], rows, IMAGES, &mut folded);
    fold("Images", &folded, out);
}

fn suppressed(report: &Report<'_>, out: &mut String) {
    let rows = report.outcome.suppressed.iter().map(|finding| excused(report, finding));
    let mut folded = String::new();
    table(&["finding", "where", "why it is accepted", "until"], rows, SUPPRESSED, &mut folded);
    fold("Suppressed findings", &folded, out);
}

fn excused(report: &Report<'_>, finding: &Finding) -> Vec<String> {
    let listed = listed::finding(report, finding);
    let suppressed = finding.suppressed.as_ref();
    let reason =
        suppressed.map(|suppressed| cell(&suppressed.reason.to_string())).unwrap_or_default();
    let until = suppressed.and_then(|suppressed| suppressed.expires.as_ref());
    vec![
        format!("`{}`", listed.rule.name),
        place(&listed),
        reason,
        until.map(|day| cell(&day.to_string())).unwrap_or_default(),
    ]
}

fn fold(title: &str, folded: &str, out: &mut String) {
    if !folded.is_empty() {
        let _ = writeln!(out, "\n<details>\n<summary>{title}</summary>\n{folded}\n</details>");
    }
}

fn cell(content: &str) -> String {
    text(&clipped(&one_line(content), CELL))
}

/// `text` as Markdown that says just that. A reference to a character is never a sign of Markdown (`CommonMark` 0.31.2,
/// section 2.5). Between `@` or `#` and what follows is a comment, so that no one is mentioned and nothing linked to.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_link =
            c == ':' && text[at..].starts_with("://") || c == '.' && ends_with_www(&text[..at]);
        match c {
            '@' | '#' => {
                let _ = write!(out, "&#{};<!-- -->", u32::from(c));
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '$' | '!' | '"' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if is_link => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    let last = text.len().checked_sub(3).map(|at| &text.as_bytes()[at..]);
    last.is_some_and(|last| last.eq_ignore_ascii_case(b"www"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markdown() {
        assert_eq!(text("a|b`c<d>"), "a&#124;b&#96;c&#60;d&#62;");
        assert_eq!(
            text("[x](https://e.com) @me #1"),
            "&#91;x&#93;(https&#58;//e.com) &#64;<!-- -->me &#35;<!-- -->1"
        );
        assert_eq!(text("www.e.com and a.b"), "www&#46;e.com and a.b");
        assert_eq!(text("ghcr.io/acme/api:v1"), "ghcr.io/acme/api:v1");
    }

    #[test]
    fn a_block_of_code_ends_where_it_ends() {
        assert_eq!(fence("no backticks"), "```");
        assert_eq!(fence("a ```` b"), "`````");
    }
}
