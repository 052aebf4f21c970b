//! `pullcreds last`: the reports of the latest runs.

use std::io::{self, IsTerminal};

use anstream::adapter::strip_str;

use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::kept::state;
use crate::cli::output::look::is_coloured;
use crate::cli::output::print;
use crate::cli::settings::Mode;
use crate::cli::settings::layer::Layer;

pub(crate) fn last(runs: usize, failed: bool) -> Result<Exit, Stop> {
    let reports = state().latest(runs, failed);
    let reports = reports.map_err(|error| Stop::because(Exit::Unreadable, &error))?;
    if reports.is_empty() {
        let which = if failed { "no run that failed has" } else { "no run has" };
        let text = format!(
            "error: {which} left a report yet (they are kept below XDG_STATE_HOME, else ~/.local/state; under Helm 4, if neither can be written, below TMPDIR)\n"
        );
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let text = reports.join("\n");
    let colour =
        Layer::environment(Mode::Filter).only(&["color"]).resolve()?.color.unwrap_or_default();
    let coloured = is_coloured(colour, io::stdout().is_terminal(), variable);
    print(&if coloured { text } else { strip_str(&text).to_string() })
}
