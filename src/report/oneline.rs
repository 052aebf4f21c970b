//! A line for each finding, as compilers write them: editors and `grep` find the place.

use std::fmt::Write as _;

use super::Report;
use super::listed::{self, Listed, clipped, heading};

/// Characters of a message: no editor shows more in a list.
const MESSAGE: usize = 1000;

/// The whole report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for listed in listed::all(report) {
        let _ = writeln!(out, "{}", line(&listed));
    }
    out
}

/// `FILE:LINE:COLUMN: SEVERITY[CODE]: MESSAGE`, without a place if there is none.
pub(super) fn line(listed: &Listed<'_>) -> String {
    let mut line = String::new();
    if let Some(at) = &listed.at {
        let _ = write!(line, "{}:", at.file);
        if let Some((start, _)) = at.positions {
            let _ = write!(line, "{start}:");
        }
        line.push(' ');
    }
    let kind = heading(listed.severity, listed.rule.name);
    let template = listed.at.as_ref().and_then(|at| at.template.as_ref());
    let template = template.map(|template| format!(" ({template})")).unwrap_or_default();
    let _ = write!(line, "{kind}: {}{template}", clipped(&listed.message, MESSAGE));
    line
}
