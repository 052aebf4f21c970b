//! `pullcreds kinds`: the kinds that are known, and what is known of each.

use std::path::PathBuf;

use pullcreds::frontend::{self, ReadError};
use pullcreds::inventory::definition::definitions;
use pullcreds::kinds::{Listed, Table};
use pullcreds::report;
use pullcreds::say;
use pullcreds::source::Source;
use pullcreds::text::{Message, list, shown};

use crate::cli::args::{KindsArgs, KindsCommand, KindsOutput, ListFormat};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{eprint, print};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, limit, look_of, policy_of};

use super::read;

pub(crate) fn kinds(args: &KindsArgs) -> Result<Exit, Stop> {
    match &args.command {
        Some(KindsCommand::Explain { kind, output }) => explain(kind, output),
        Some(KindsCommand::FromCrd { paths, known }) => from_crd(paths, *known),
        None => listed(args),
    }
}

/// Prints the kinds that are asked for.
fn listed(args: &KindsArgs) -> Result<Exit, Stop> {
    let policy = policy_of(args.output.policy.clone())?;
    let text = args.text.as_deref().unwrap_or_default().to_lowercase();
    let is_wanted = |listed: &Listed<'_>| {
        let sites = &listed.row.sites;
        listed.name().to_lowercase().contains(&text)
            && args.group.as_deref().is_none_or(|group| listed.group == group)
            && args.role.is_none_or(|role| sites.iter().any(|site| site.role == role))
    };
    let mut all = policy.kinds().listed();
    all.retain(is_wanted);
    if all.is_empty() {
        let near = args.text.as_deref().map(|text| policy.kinds().near(text)).unwrap_or_default();
        eprint(&say!("no such kind is known{}\n", meant(&near)));
    }
    show(&all, &args.output, report::kinds)
}

/// Prints all about one kind.
fn explain(kind: &str, output: &KindsOutput) -> Result<Exit, Stop> {
    let policy = policy_of(output.policy.clone())?;
    let table: &Table = policy.kinds();
    let all = table.named(kind);
    let group = all.first().map(|listed| listed.group);
    if all.is_empty() {
        let near = meant(&table.near(kind));
        let text = say!("error: no kind {} is known{}\n", shown(kind), near);
        return Err(Stop::new(Exit::Usage, text));
    }
    if all.iter().any(|listed| Some(listed.group) != group) {
        let names = all.iter().map(|listed| say!("\n  {}", shown(&listed.name())));
        let text = say!(
            "error: several groups have a kind {}: name one of{}\n",
            shown(kind),
            list(names.collect::<Vec<_>>(), "")
        );
        return Err(Stop::new(Exit::Usage, text));
    }
    show(&all, output, |all, look| {
        let texts = all.iter().map(|listed| report::explain_kind(listed, look));
        texts.collect::<Vec<_>>().join("\n")
    })
}

/// Prints a policy with entries for the kinds that are defined.
fn from_crd(paths: &[PathBuf], known: bool) -> Result<Exit, Stop> {
    let sources = sources(paths)?;
    let mut defined = Vec::new();
    for source in &sources {
        let found = definitions(&source.text).map_err(|problem| {
            let look = look_of(&Layer::default(), Mode::Check).map(|look| {
                Stop::with_report(Exit::Unreadable, report::problem(source, &problem, look))
            });
            look.unwrap_or_else(|stop| stop)
        })?;
        defined.push((shown(&source.name), found));
    }
    if defined.iter().all(|(_, found)| found.is_empty()) {
        let text = say!("error: no CustomResourceDefinition found in the input\n");
        return Err(Stop::new(Exit::Unreadable, text));
    }
    print(&report::proposed(&defined, Table::builtin(), known))
}

fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Stop> {
    let limit = limit(&Layer::default())?;
    if read::is_piped(paths) {
        return Ok(vec![read::stdin(&limit)?]);
    }
    let unreadable = |error: ReadError| Stop::because(Exit::Unreadable, &error);
    let found = frontend::find(paths, &[]).map_err(unreadable)?.files;
    let results = frontend::read_files(&found, &limit, || ());
    results.into_iter().map(|result| result.map_err(unreadable)).collect()
}

/// What may have been meant.
fn meant(near: &[String]) -> Message {
    if near.is_empty() {
        return Message::of("; `pullcreds kinds` lists all of them");
    }
    say!("; did you mean {}?", list(near.iter().map(|name| shown(name)), ", "))
}

fn show(
    all: &[Listed<'_>],
    output: &KindsOutput,
    human: impl Fn(&[Listed<'_>], report::Look) -> String,
) -> Result<Exit, Stop> {
    if output.format == Some(ListFormat::Json) {
        return print(&report::kinds_json(all));
    }
    print(&human(all, look_of(&Layer::default(), Mode::Check)?))
}
