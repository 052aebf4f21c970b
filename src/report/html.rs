//! One page without any other file: the sentence, a matrix of workloads and registries, the findings by cause, and a part
//! for each workload.
//!
//! The templates escape every value. What a person sees of a source comes from `Excerpt` and the diff only.

mod parts;
mod tables;

use askama::Template;
use jiff::tz::Offset;

use super::Look;
use super::Report;
use super::grouped::grouped;
use super::human;
use super::listed;
use crate::check::Status;
use crate::finding::Severity;
use crate::verdict::Verdict;

use parts::{HtmlDiffLine, HtmlFinding, HtmlWorkload};
use tables::{HtmlAccount, HtmlMatrix, HtmlSecret};

/// How many workloads have a part of their own.
const WORKLOADS: usize = 500;
/// How many findings have an excerpt; the others have a place.
const EXCERPTS: usize = 500;
/// How many causes of findings are shown, and how many findings that are suppressed.
const FINDINGS: usize = 1000;
/// How many other findings of a cause are listed.
const OTHERS: usize = 100;
/// How many rows a table has.
const ROWS: usize = 500;

#[derive(Template)]
#[template(path = "report.html")]
struct HtmlPage {
    version: &'static str,
    css: &'static str,
    status: &'static str,
    status_class: &'static str,
    sentence: String,
    details: Vec<String>,
    contents: Vec<(&'static str, &'static str)>,
    matrix: HtmlMatrix,
    findings: Vec<HtmlFinding>,
    more_findings: usize,
    workloads: Vec<HtmlWorkload>,
    more_workloads: usize,
    accounts: Vec<HtmlAccount>,
    more_accounts: usize,
    /// What is injected into ServiceAccounts, with their names.
    account_diffs: Vec<(String, Vec<HtmlDiffLine>)>,
    secrets: Vec<HtmlSecret>,
    more_secrets: usize,
    suppressed: Vec<HtmlFinding>,
    more_suppressed: usize,
    date: String,
}

/// The whole page.
pub(super) fn render(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    let sentence = human::sentence(report, Look::PLAIN);
    let mut lines = sentence.lines().map(str::to_owned);
    let (status, status_class) = match outcome.summary.status {
        Status::Pass => ("passed", "good"),
        Status::Fail => ("failed", "bad"),
        Status::Skip => ("skipped", "plain"),
    };
    let mut numbers = parts::Numbers::default();
    let all: Vec<_> = outcome.findings.iter().collect();
    let causes = grouped(&all);
    let by_pod = parts::by_workload(report);
    let unread = listed::unread_sources(report).take(FINDINGS);
    let mut findings: Vec<_> =
        unread.map(|one| parts::finding(report, &one, &mut numbers)).collect();
    let part_ids = parts::part_ids(report, &by_pod);
    let known = causes.iter().take(FINDINGS);
    findings.extend(known.map(|cause| parts::cause(report, cause, &part_ids, &mut numbers)));
    let workloads = parts::workloads(report, &by_pod, &causes, &findings);
    let (accounts, more_accounts) = tables::accounts(report);
    let (secrets, more_secrets) = tables::secrets(report);
    let suppressed = outcome.suppressed.iter().take(FINDINGS);
    let suppressed = suppressed.map(|one| listed::finding(report, one));
    let suppressed = suppressed.map(|one| parts::finding(report, &one, &mut numbers)).collect();
    let mut page = HtmlPage {
        version: env!("CARGO_PKG_VERSION"),
        css: include_str!("../../templates/report.css"),
        status,
        status_class,
        sentence: lines.next().unwrap_or_default(),
        details: lines.collect(),
        contents: Vec::new(),
        matrix: tables::matrix(report, workloads.len()),
        more_findings: causes.len().saturating_sub(FINDINGS),
        findings,
        more_workloads: outcome.pods.len() - workloads.len(),
        workloads,
        accounts,
        more_accounts,
        account_diffs: parts::account_diffs(report),
        secrets,
        more_secrets,
        suppressed,
        more_suppressed: outcome.suppressed.len().saturating_sub(FINDINGS),
        date: Offset::UTC.to_datetime(outcome.now).date().to_string(),
    };
    page.contents = page.contents();
    listed::valid(&page.render().expect("writing into a string cannot fail")) + "\n"
}

impl HtmlPage {
    /// The parts that the page has.
    fn contents(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            (!self.matrix.rows.is_empty(), "matrix", "Workloads and registries"),
            (!self.findings.is_empty(), "findings", "Findings"),
            (!self.workloads.is_empty(), "workloads", "Workloads"),
            (!self.accounts.is_empty(), "accounts", "ServiceAccounts"),
            (!self.secrets.is_empty(), "secrets", "Secrets"),
            (!self.suppressed.is_empty(), "suppressed", "Suppressed findings"),
        ];
        let there = all.into_iter().filter(|(is_there, ..)| *is_there);
        there.map(|(_, id, title)| (id, title)).collect()
    }
}

/// How a severity looks.
fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
        Severity::Info => "note",
    }
}

/// How a verdict looks.
fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Covered | Verdict::Declared | Verdict::Iam => "good",
        Verdict::Missing | Verdict::Mismatched | Verdict::Invalid => "bad",
        Verdict::Unknown => "warn",
        Verdict::Public | Verdict::NotPulled | Verdict::Placeholder => "plain",
    }
}
