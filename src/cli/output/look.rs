//! How reports look where they go: colours, width, and how much is said.

use std::io::{self, IsTerminal};

use pullcreds::report::{Format, Look};

use crate::cli::environment::variable;
use crate::cli::settings::table::When;
use crate::cli::settings::{Mode, argocd};

/// How reports look where they go: `check` prints its own to standard output, the others to standard error.
pub(crate) fn look(when: When, mode: Mode) -> Look {
    let size = match mode {
        Mode::Check => terminal_size::terminal_size_of(io::stdout()),
        _ => terminal_size::terminal_size_of(io::stderr()),
    };
    let terminal = match mode {
        Mode::Check => io::stdout().is_terminal(),
        _ => io::stderr().is_terminal(),
    };
    let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    let columns = columns.or(size.map(|(width, _)| width.0.into())).filter(|_| terminal);
    let width = columns.unwrap_or(100_usize).clamp(40, 120);
    Look { colour: is_coloured(when, terminal, variable), width, wrap: terminal }
}

/// <https://no-color.org>: a flag wins over the variable.
pub(crate) fn is_coloured(
    when: When,
    terminal: bool,
    variable: impl Fn(&str) -> Option<String>,
) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            terminal
                && variable("NO_COLOR").is_none()
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

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let on = |name: &'static str, value: &'static str| {
            move |asked: &str| (asked == name).then(|| value.to_owned())
        };
        assert!(is_coloured(When::Auto, true, on("TERM", "xterm")));
        assert!(!is_coloured(When::Auto, false, on("TERM", "xterm")));
        assert!(!is_coloured(When::Auto, true, on("TERM", "dumb")));
        assert!(!is_coloured(When::Auto, true, on("NO_COLOR", "1")));
        assert!(is_coloured(When::Always, false, on("NO_COLOR", "1")));
        assert!(!is_coloured(When::Never, true, on("TERM", "xterm")));
    }
}
