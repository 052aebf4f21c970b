//! How many findings of each code there are for each registry: what a long report ends with.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Look;
use super::listed::heading;
use super::style::{dots, linked, of_severity, paint};
use crate::finding::{Code, Finding, Severity};
use crate::image::Reference;
use crate::text::shown;

/// How many rows there are at most.
const ROWS: usize = 20;

/// Findings that a row counts.
#[derive(Clone, Copy)]
struct Counted {
    code: &'static Code,
    severity: Severity,
    count: usize,
}

/// A row for each code and registry, the most findings first.
pub(super) fn tally(findings: &[&Finding], look: Look) -> String {
    let mut counts = BTreeMap::<_, Counted>::new();
    for finding in findings {
        let (code, severity) = (finding.code, finding.severity);
        let key = (registry(finding), code.name, severity.name());
        counts.entry(key).or_insert(Counted { code, severity, count: 0 }).count += 1;
    }
    let mut rows: Vec<_> =
        counts.into_iter().map(|((registry, ..), row)| (registry, row)).collect();
    rows.sort_by_key(|(_, row)| Reverse(row.count));
    let heads = rows.iter().map(|(_, row)| heading(row.severity, row.code.name));
    let widest = heads.take(ROWS).map(|head| head.len()).max().unwrap_or_default();
    let mut out = String::from("Findings by code and registry:\n");
    for (registry, Counted { code, severity, count }) in rows.iter().take(ROWS) {
        let head = heading(*severity, code.name);
        let gap = " ".repeat(widest - head.len());
        let head = linked(&paint(&head, of_severity(*severity), look), code.page(), look);
        let registry = registry.as_deref().map(|host| format!("{gap}  {}", shown(host)));
        let _ = writeln!(out, "{count:7}  {head}{}", registry.unwrap_or_default());
    }
    let rest: usize = rows.iter().skip(ROWS).map(|(_, row)| row.count).sum();
    if rest > 0 {
        let _ = writeln!(out, "{rest:7}  of {} other rows {}", rows.len() - ROWS, dots(look));
    }
    out
}

/// The registry of the image that a finding is about.
pub(super) fn registry(finding: &Finding) -> Option<String> {
    let image = finding.image.as_ref()?;
    Reference::parse(image.masked()).ok().map(|image| image.domain().to_owned())
}
