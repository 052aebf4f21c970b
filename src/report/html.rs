//! One page without any other file: the sentence, a matrix of workloads and registries, and a part for each workload.
//!
//! The templates escape every value. What a person sees of a source comes from `Excerpt` and the diff only.

mod parts;
mod tables;

use std::collections::BTreeSet;

use askama::Template;
use jiff::tz::Offset;

use super::Look;
use super::Report;
use super::human;
use super::listed;
use crate::check::Status;
use crate::finding::{Finding, Severity};
use crate::verdict::Verdict;

use parts::{HtmlDiffLine, HtmlFinding, HtmlWorkload};
use tables::{HtmlAccount, HtmlMatrix, HtmlSecret};

/// How many workloads have a part of their own.
const WORKLOADS: usize = 500;
/// How many findings have an excerpt; the others have a place.
const EXCERPTS: usize = 500;
/// How many findings outside of workloads are shown, and how many that are suppressed.
const FINDINGS: usize = 1000;
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
    general: Vec<HtmlFinding>,
    more_general: usize,
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
    let by_pod = parts::by_workload(report);
    let workloads = parts::workloads(report, &by_pod, &mut numbers);
    let general = general(report, &by_pod);
    let more_general = general.len().saturating_sub(FINDINGS);
    let general = general.into_iter().take(FINDINGS);
    let general = general.map(|one| parts::finding(report, &one, &mut numbers)).collect();
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
        general,
        more_general,
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
            (!self.general.is_empty(), "general", "Findings outside of workloads"),
            (!self.workloads.is_empty(), "workloads", "Workloads"),
            (!self.accounts.is_empty(), "accounts", "ServiceAccounts"),
            (!self.secrets.is_empty(), "secrets", "Secrets"),
            (!self.suppressed.is_empty(), "suppressed", "Suppressed findings"),
        ];
        let there = all.into_iter().filter(|(is_there, ..)| *is_there);
        there.map(|(_, id, title)| (id, title)).collect()
    }
}

/// What cannot be read, and the findings that are not about a workload.
fn general<'r>(report: &'r Report<'_>, by_pod: &parts::ByWorkload<'_>) -> Vec<listed::Listed<'r>> {
    let of_pods = by_pod.values().flatten().map(|finding| std::ptr::from_ref(*finding));
    let of_pods: BTreeSet<_> = of_pods.collect();
    let is_general = |finding: &Finding| !of_pods.contains(&std::ptr::from_ref(finding));
    let all = listed::all(report);
    all.filter(|listed| listed.finding.is_none_or(is_general)).collect()
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
