//! What is printed about the program itself: the schema of policies, completions, the manual page.

use std::path::Path;

use clap_mangen::Man;
use pullcreds::say;
use pullcreds::text::shown;

use crate::cli::args;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::print;
use crate::cli::output::write::write_whole;

/// The completion script for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "pullcreds", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The manual page of a command; without words, that of the program.
pub(crate) fn man(words: &[String]) -> Result<Exit, Stop> {
    let program = args::built();
    let command =
        words.iter().try_fold(&program, |command, word| command.find_subcommand(word.as_str()));
    let Some(command) = command else {
        let text = say!(
            "error: there is no command `{}`; `pullcreds --help` lists all\n",
            shown(&words.join(" "))
        );
        return Err(Stop::new(Exit::Usage, text));
    };
    print(&page(Man::new(command.clone()))?)
}

/// Writes the manual pages of the program and of all commands into a folder.
pub(crate) fn man_pages(folder: &Path) -> Result<Exit, Stop> {
    let mut open = vec![args::built()];
    while let Some(command) = open.pop() {
        let name = command.get_display_name().unwrap_or(command.get_name());
        write_whole(&folder.join(format!("{name}.1")), &page(Man::new(command.clone()))?)?;
        open.extend(command.get_subcommands().filter(|below| !below.is_hide_set()).cloned());
    }
    Ok(Exit::Pass)
}

fn page(man: Man) -> Result<String, Stop> {
    let mut page = Vec::new();
    let rendered = man.source(concat!("pullcreds ", env!("CARGO_PKG_VERSION"))).render(&mut page);
    rendered.map_err(|error| Stop::because(Exit::Internal, &error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
