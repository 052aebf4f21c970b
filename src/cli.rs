//! From the command line to exit codes. The environment and the clock are read in `environment`, the standard streams
//! are written in `output`; what is set is in `settings`, and each command in a file of `commands`.

mod args;
mod child;
mod commands;
mod environment;
mod exit;
mod output;
mod renderer;
mod settings;
mod stopping;

use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use pullcreds::mask;
use pullcreds::say;
use pullcreds::text::{Message, shown};

use commands::plugin;
use exit::{Exit, Stop};
use output::eprint;
use output::kept::keep_stop;

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    // The message of a panic may hold text of the input.
    std::panic::set_hook(Box::new(|_| {}));
    let (words, plugin) = plugin::take_config(std::env::args_os().collect());
    let words = args::words(words);
    let (cli, flags) = match args::parse(&words) {
        Ok(parsed) => parsed,
        Err(error) => {
            let stop = tell_usage(&error);
            if !error.use_stderr() {
                return Exit::Pass.into();
            }
            if args::is_filter(&words) {
                keep_stop(&stop);
            }
            return Exit::Usage.into();
        }
    };
    let run = std::panic::catch_unwind(|| {
        environment::insist_on_text()?;
        match plugin {
            Some(config) => plugin::run(&config, &cli, &flags),
            None => commands::dispatch(cli, &flags),
        }
    });
    let result = run.unwrap_or_else(|_| {
        Err(Stop::new(
            Exit::Internal,
            "internal error: this is a bug of pullcreds; nothing was written. Please report it with the \
             version and, if you can share it, the input.\n",
        ))
    });
    match result {
        Ok(exit) => exit.into(),
        Err(Stop { exit, text }) => {
            // Messages are masked already; the output of a renderer is masked here once more.
            let stop = Stop::with_report(exit, mask::credentials(&text).into_owned());
            eprint(&stop.text);
            if args::is_filter(&words) {
                keep_stop(&stop);
            }
            stop.exit.into()
        }
    }
}

/// What is wrong with the command line, or the help that it asks for.
fn tell_usage(error: &clap::Error) -> Stop {
    let text = error.render().to_string() + &meant_as_file(error);
    let masked = mask::credentials(&text);
    if let Cow::Owned(masked) = &masked {
        // A value that is repeated may hold a password.
        eprint(masked);
    } else {
        // Printing fails only if there is nobody to read it.
        let _ = error.print();
        eprint(&meant_as_file(error));
    }
    Stop::with_report(Exit::Usage, masked.into_owned())
}

/// What to write if the word that is no command is a file.
fn meant_as_file(error: &clap::Error) -> Message {
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if Path::new(word).exists() => {
            say!("\nTo check the file or folder: pullcreds check {}\n", shown(word))
        }
        _ => Message::default(),
    }
}
