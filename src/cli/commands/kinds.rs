//! `pullcreds kinds`: the kinds that are known, and what is known of each.

use pullcreds::kinds::{Listed, Table};
use pullcreds::report;
use pullcreds::say;
use pullcreds::text::{Message, list, shown};

use crate::cli::args::{KindsArgs, KindsCommand, KindsOutput};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{eprint, print};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, look_of, policy_of};

pub(crate) fn kinds(args: &KindsArgs) -> Result<Exit, Stop> {
    match &args.command {
        Some(KindsCommand::Explain { kind, output }) => explain(kind, output),
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
    if output.format.as_deref() == Some("json") {
        return print(&report::kinds_json(all));
    }
    print(&human(all, look_of(&Layer::default(), Mode::Check)?))
}
