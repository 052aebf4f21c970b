//! `pullcreds last`: the reports of the latest runs.

use std::io::{self, IsTerminal};

use anstream::adapter::strip_str;
use pullcreds::say;

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
        let which = if failed { "no failed run" } else { "no run" };
        let text = say!(
            "error: {} has left a report yet (reports are kept in XDG_STATE_HOME or ~/.local/state; under Helm 4, if \
             neither is writable, in TMPDIR)\n",
            which
        );
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let text = reports.join("\n");
    let colour =
        Layer::environment(Mode::Filter).only(&["color"]).resolve()?.color.unwrap_or_default();
    let coloured = is_coloured(colour, io::stdout().is_terminal(), variable);
    print(&if coloured { text } else { strip_str(&text).to_string() })
}
