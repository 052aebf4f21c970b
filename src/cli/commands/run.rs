//! `pullcreds run`: a renderer in front of the filter, without a shell between them.
//!
//! What a shell loses in `helm template … | pullcreds` is kept here: a renderer that fails makes the run fail, with
//! its exit code, and nothing is written.

mod expand;

use std::ffi::OsString;

use pullcreds::say;
use pullcreds::text::shown_error;

use super::filter::pass_on;
use super::read::verbose::policy_used;
use crate::cli::child;
use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::eprint;
use crate::cli::renderer::{Renderer, name};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, Settings, argocd};
use expand::expand;

/// How much of what the renderer said is repeated where the failure is none of its own, in bytes.
const ASIDE: usize = 700;

pub(crate) fn run(command: &[OsString], flags: &Layer) -> Result<Exit, Stop> {
    let settings = Settings::of(flags, Mode::Run)?;
    if settings.verbose {
        eprint(&policy_used(&settings));
    }
    let (program, rest) = command.split_first().expect("the command line asks for a command");
    let rest: Vec<_> = if argocd::is_caller() {
        rest.iter().map(|arg| expand(arg, variable)).collect()
    } else {
        rest.to_vec()
    };
    let name = name(program);
    let renderer = Renderer {
        program,
        args: &rest,
        after: "; nothing was written",
        output: format!("<{name}>"),
        name,
        timeout: settings.timeout,
        limit: &settings.limit,
    };
    let (source, said) = renderer.render(settings.allow_empty)?;
    match pass_on(source, &settings) {
        Ok(Exit::Pass) => {
            eprint(&said.whole());
            Ok(Exit::Pass)
        }
        Ok(failed) => {
            eprint(&renderer.quote(&said, ASIDE));
            Ok(failed)
        }
        Err(Stop { exit, text }) => {
            Err(Stop::with_report(exit, text + &renderer.quote(&said, ASIDE)))
        }
    }
}

/// The hidden other half of `run`.
pub(crate) fn supervise(command: &[OsString]) -> Result<Exit, Stop> {
    child::supervise(command).map(|()| Exit::Pass).map_err(|error| {
        Stop::new(
            Exit::Usage,
            say!("error: only `pullcreds run` uses this command: {}\n", shown_error(&error)),
        )
    })
}
