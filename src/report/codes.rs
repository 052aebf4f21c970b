//! What is said about the codes of findings: `pullcreds explain`.

use std::fmt::Write as _;

use super::Look;
use super::style::{BOLD, linked, of_severity, paint, wrapped};
use crate::finding::{self, Code};

/// How wide the text of an explanation is at most.
const EXPLANATION: usize = 90;
/// What is before a reference.
const REFERENCE: &str = "    ";

/// Everything that is said about a code.
pub fn explain(code: &Code, look: Look) -> String {
    let width = look.width.min(EXPLANATION);
    let prose = |text: &str| wrapped(text, width) + "\n";
    let indented = |text: &str| {
        text.lines()
            .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
            .collect::<String>()
    };
    let name = name(code, look);
    let mut out = format!("{name} ({})\n{}\n", code.severity.name(), prose(code.title));
    let mut parts = vec![
        ("What it reports", prose(code.what)),
        ("Why it matters", prose(code.why)),
        ("Example", indented(code.example)),
        ("What to do", prose(code.remedy)),
    ];
    if !code.references.is_empty() {
        parts.push(("References", references(code, width)));
    }
    for (title, text) in parts {
        let _ = write!(out, "{}\n{text}\n", paint(title, BOLD, look));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A line for each; what is too long continues below, further to the right.
fn references(code: &Code, width: usize) -> String {
    let lines = code.references.iter().map(|reference| {
        let text = wrapped(reference, width.saturating_sub(REFERENCE.len() + 2));
        format!("{REFERENCE}{}\n", text.replace('\n', "\n      "))
    });
    lines.collect()
}

/// All codes with their titles.
pub fn codes(look: Look) -> String {
    let width = if look.wrap { look.width } else { usize::MAX };
    let longest = finding::ALL.iter().map(|code| code.name.len()).max().unwrap_or_default();
    let lines = finding::ALL.iter().map(|code| {
        let gap = " ".repeat(longest + 2 - code.name.len());
        let title = wrapped(code.title, width.saturating_sub(longest + 2));
        let below = format!("\n{}", " ".repeat(longest + 2));
        format!("{}{gap}{}\n", name(code, look), title.replace('\n', &below))
    });
    lines.collect()
}

/// The name of a code, with a link to its page where the terminal has links.
fn name(code: &Code, look: Look) -> String {
    linked(&paint(code.name, of_severity(code.severity), look), code.page(), look)
}
