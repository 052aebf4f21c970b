//! How reports look where they go: colours, width, boxes, links, and how much is said.

use std::io::{self, IsTerminal};

use pullcreds::report::{Boxes, Format, Look};

use crate::cli::environment::variable;
use crate::cli::settings::table::When;
use crate::cli::settings::{Mode, argocd};

/// Terminals that show nothing but text, and those that show no links or not every character.
const PLAIN_TERMINALS: &[&str] = &["dumb", "linux"];

/// How reports look where they go: `check` prints its own to standard output, the others to standard error.
pub(crate) fn look(when: When, mode: Mode) -> Look {
    let size = match mode {
        Mode::Check | Mode::Explain => terminal_size::terminal_size_of(io::stdout()),
        _ => terminal_size::terminal_size_of(io::stderr()),
    };
    let terminal = match mode {
        Mode::Check | Mode::Explain => io::stdout().is_terminal(),
        _ => io::stderr().is_terminal(),
    };
    let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    let columns = columns.or(size.map(|(width, _)| width.0.into())).filter(|_| terminal);
    let width = columns.unwrap_or(100_usize).clamp(40, 120);
    look_by(when, (terminal, width), variable)
}

fn look_by(
    when: When,
    (terminal, width): (bool, usize),
    variable: impl Fn(&str) -> Option<String>,
) -> Look {
    let colour = is_coloured(when, terminal, &variable);
    let is_plain = terminal && is_plain_terminal(&variable);
    let boxes = if is_plain || !is_unicode(&variable) { Boxes::Ascii } else { Boxes::Unicode };
    Look { colour, width, wrap: terminal, links: terminal && colour && !is_plain, boxes }
}

fn is_plain_terminal(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| PLAIN_TERMINALS.contains(&&*term))
}

/// Whether the locale has the characters of Unicode: the first of the three variables that is set decides (section 8.2
/// of POSIX). Where none is set, no one asks for less.
fn is_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// A flag wins over variables. `FORCE_COLOR` wins over `NO_COLOR` (the example of <https://force-color.org>), which wins
/// over `CLICOLOR_FORCE` and `CLICOLOR` (<https://bixense.com/clicolors/>).
pub(crate) fn is_coloured(
    when: When,
    terminal: bool,
    variable: impl Fn(&str) -> Option<String>,
) -> bool {
    let is_set = |name: &str| variable(name).is_some();
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if is_set("FORCE_COLOR") => true,
        When::Auto if is_set("NO_COLOR") => false,
        When::Auto if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        When::Auto => {
            terminal
                && variable("CLICOLOR").as_deref() != Some("0")
                && variable("TERM").as_deref() != Some("dumb")
        }
    }
}

/// How a run is told where nobody asks for a report: people at a terminal see all of it.
pub(crate) fn format(mode: Mode) -> Format {
    let caller = mode == Mode::Run && !io::stderr().is_terminal();
    if caller || argocd::is_caller() { Format::Brief } else { Format::Human }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment with these variables; an empty one counts as one that is not set.
    fn with(set: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |asked: &str| {
            let found = set.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        for (set, on_terminal, elsewhere) in [
            (&[("TERM", "xterm")][..], true, false),
            (&[("TERM", "dumb")], false, false),
            (&[("NO_COLOR", "1")], false, false),
            (&[("FORCE_COLOR", "1")], true, true),
            (&[("FORCE_COLOR", "0")], true, true),
            (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], true, true),
            (&[("FORCE_COLOR", "1"), ("TERM", "dumb")], true, true),
            (&[("CLICOLOR_FORCE", "1")], true, true),
            (&[("CLICOLOR_FORCE", "0")], true, false),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
            (&[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")], true, true),
            (&[("CLICOLOR", "0")], false, false),
            (&[("CLICOLOR", "1")], true, false),
        ] {
            assert_eq!(is_coloured(When::Auto, true, with(set)), on_terminal, "{set:?}");
            assert_eq!(is_coloured(When::Auto, false, with(set)), elsewhere, "{set:?}");
            assert!(is_coloured(When::Always, false, with(set)), "{set:?}");
            assert!(!is_coloured(When::Never, true, with(set)), "{set:?}");
        }
    }

    #[test]
    fn boxes_are_what_locale_and_terminal_can_show() {
        for (set, on_terminal, elsewhere) in [
            (&[][..], Boxes::Unicode, Boxes::Unicode),
            (&[("LANG", "de_DE.UTF-8")], Boxes::Unicode, Boxes::Unicode),
            (&[("LANG", "C.utf8")], Boxes::Unicode, Boxes::Unicode),
            (&[("LANG", "C")], Boxes::Ascii, Boxes::Ascii),
            (&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")], Boxes::Ascii, Boxes::Ascii),
            (&[("LC_CTYPE", "en_US.UTF-8"), ("LANG", "C")], Boxes::Unicode, Boxes::Unicode),
            (&[("LC_ALL", "en_US.UTF-8"), ("LC_CTYPE", "C")], Boxes::Unicode, Boxes::Unicode),
            (&[("TERM", "dumb")], Boxes::Ascii, Boxes::Unicode),
            (&[("TERM", "linux"), ("LANG", "C.UTF-8")], Boxes::Ascii, Boxes::Unicode),
        ] {
            let boxes = |terminal| look_by(When::Auto, (terminal, 80), with(set)).boxes;
            assert_eq!((boxes(true), boxes(false)), (on_terminal, elsewhere), "{set:?}");
        }
    }

    #[test]
    fn links_are_for_coloured_terminals() {
        let links =
            |terminal, set: &[(&str, &str)]| look_by(When::Auto, (terminal, 80), with(set)).links;
        assert!(links(true, &[("TERM", "xterm-256color")]));
        assert!(!links(true, &[("TERM", "linux")]));
        assert!(!links(true, &[("NO_COLOR", "1")]));
        assert!(!links(false, &[("FORCE_COLOR", "1")]));
    }
}
