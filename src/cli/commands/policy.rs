//! `pullcreds policy`: policy files, and what they decide.

mod ask;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use pullcreds::check::proposal::Proposal;
use pullcreds::policy::{self, Policy, PolicyText};
use pullcreds::report;
use pullcreds::say;
use pullcreds::text::{Message, list, shown, shown_path};

use super::explain::reference;
use super::judge_whole;
use super::read::{is_piped, read};
use crate::cli::args::PolicyCommand;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::write::write_whole;
use crate::cli::output::{eprint, print};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, Settings, Stated, look_of, stated_policy};

/// The file that a new policy is written to.
const NEW_FILE: &str = "pullcreds.yaml";
/// How many lines with something left to do are named.
const TODOS: usize = 10;

pub(crate) fn policy(command: PolicyCommand) -> Result<Exit, Stop> {
    match command {
        PolicyCommand::Schema => print(&policy::schema()),
        PolicyCommand::Check { file } => check(file),
        PolicyCommand::Explain { image, policy } => explain(&image, policy),
        PolicyCommand::Init { paths, yes, write } => init(&paths, yes, write),
    }
}

/// Says what a policy file has, if it is valid.
fn check(file: Option<PathBuf>) -> Result<Exit, Stop> {
    let Stated { policy, files, .. } = stated_policy(file)?;
    let Some(files) = files else { return Err(no_file()) };
    let counted = |count: usize, one: &'static str, many: &'static str| {
        say!("{} {}", count, if count == 1 { one } else { many })
    };
    print(
        &say!(
            "{}: valid policy with {}, {}, {}, {}\n",
            list(files.paths.iter().map(|path| shown_path(path)), ", "),
            counted(policy.registries().len(), "registry", "registries"),
            counted(policy.cluster().secrets.len(), "secret", "secrets"),
            counted(policy.kinds().rows().len(), "custom resource", "custom resources"),
            counted(policy.exceptions().len(), "exception", "exceptions"),
        )
        .and(&todos(&files.text))
        .to_string(),
    )
}

/// Where something is left to do in the files of a policy.
fn todos(text: &PolicyText) -> Message {
    let lines: Vec<_> = text.todos().collect();
    let places = lines.iter().map(|(file, line)| say!("{}:{}", shown(&file.name), *line));
    match lines.len() {
        0 => Message::default(),
        1 => say!("1 line is marked TODO: {}\n", list(places, ", ")),
        count => {
            let more = if count > TODOS { ", …" } else { "" };
            say!("{} lines are marked TODO: {}{}\n", count, list(places.take(TODOS), ", "), more)
        }
    }
}

fn no_file() -> Stop {
    let text =
        "error: no policy file found; name one, or create one with `pullcreds policy init`\n";
    Stop::new(Exit::Usage, text)
}

/// Says what the policy decides about an image.
fn explain(image: &str, file: Option<PathBuf>) -> Result<Exit, Stop> {
    let reference = reference(image)?;
    let Stated { policy, files, .. } = stated_policy(file)?;
    let text = files.as_ref().map(|files| &files.text);
    let look = look_of(&Layer::default(), Mode::Check)?;
    print(&report::image_by_policy(&reference, &policy, text, look))
}

/// Prints or writes a policy for what is at `paths`. Nothing is written before all questions are answered.
fn init(paths: &[PathBuf], yes: bool, write: bool) -> Result<Exit, Stop> {
    let file = Path::new(NEW_FILE);
    if write && file.exists() {
        let text = say!("error: {} exists already; remove --write to print the policy\n", NEW_FILE);
        return Err(Stop::new(Exit::Usage, text));
    }
    let mut settings = Settings::of(&Layer::default(), Mode::Explain)?;
    settings.policy = Policy::default();
    let read = read(paths, &settings)?;
    let outcome = judge_whole(&read, paths, &settings)?;
    if !outcome.summary.has_images() {
        let text = "error: no images found in the input: there is nothing to write a policy for\n";
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let mut proposal = Proposal::of(&outcome, &settings.policy);
    if yes {
        proposal.accept();
    } else if can_ask(paths) {
        let print = &mut |text: &Message| eprint(text);
        ask::ask(&mut proposal, &mut io::stdin().lock(), print)?;
    }
    let text = report::policy_file(&proposal);
    if !write {
        return print(&text);
    }
    write_whole(file, &text)?;
    let open = if text.contains(report::TODO) { " Check every line marked TODO." } else { "" };
    eprint(&say!("{}: written.{}\n", NEW_FILE, open));
    Ok(Exit::Pass)
}

/// Whether there is somebody to ask: standard input is not where the manifests come from.
fn can_ask(paths: &[PathBuf]) -> bool {
    !is_piped(paths) && io::stdin().is_terminal() && io::stderr().is_terminal()
}
