//! What is printed about the program itself: the schema of policies, completions, the manual page.

use crate::cli::args;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::print;

/// The completion script for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "pullcreds", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The manual page.
pub(crate) fn man() -> Result<Exit, Stop> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(args::command()).render(&mut page);
    rendered.map_err(|error| Stop::because(Exit::Internal, &error))?;
    print(&String::from_utf8_lossy(&page))
}
