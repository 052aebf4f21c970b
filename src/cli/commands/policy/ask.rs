//! The questions of `policy init` on a terminal: how images of each registry are pulled. Enter accepts what is proposed.

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use pullcreds::check::proposal::{Proposal, ProposedRegistry, RegistryAnswer};
use pullcreds::policy::parse_secret;
use pullcreds::policy::registries::Class;
use pullcreds::say;
use pullcreds::text::{Message, Text, list, plain, shown};

use crate::cli::exit::{Exit, Stop};

const INTRODUCTION: &str = "\
How are images of these registries pulled? Write one of
  public          without credentials
  private NAME    with the pull secret NAME; several: NAME,NAME
  private         with credentials that you add to the policy later
  nodes           with the identity of the nodes
Enter accepts the answer in brackets. Ctrl-C ends without a policy.
";
const WRONG: &str = "  write public, private NAME, private or nodes";

/// Asks about each registry, and takes the answers into the proposal.
///
/// # Errors
///
/// An end of the input before all questions are answered, which is a way to say no.
pub(super) fn ask(
    proposal: &mut Proposal,
    input: &mut dyn BufRead,
    print: &mut dyn FnMut(&Message),
) -> Result<(), Stop> {
    if !proposal.registries.is_empty() {
        print(&INTRODUCTION.into());
    }
    for (pattern, registry) in &mut proposal.registries {
        print(&question(pattern, registry));
        loop {
            let line = line(input)?.ok_or_else(unanswered)?;
            match answer(&line) {
                Ok(Some(answer)) => registry.settle(answer),
                Ok(None) => registry.accept(),
                Err(why) => {
                    print(&say!("{}: ", why));
                    continue;
                }
            }
            break;
        }
    }
    Ok(())
}

/// `ghcr.io/acme, 2 images (GitHub Packages), assumed [public]: `.
fn question(pattern: &str, registry: &ProposedRegistry) -> Message {
    let images = if registry.images == 1 { "image" } else { "images" };
    let provider = registry.provider.map(|provider| say!(" ({})", provider));
    let doubt = if registry.is_certain() { "" } else { ", assumed" };
    let secrets = registry.secrets.iter().map(|name| name.shown());
    let secrets = match registry.class {
        Class::Private if !registry.secrets.is_empty() => say!(" {}", list(secrets, ",")),
        _ => Message::default(),
    };
    say!(
        "\n{}, {} {}{}{} [{}{}]: ",
        shown(pattern),
        plain(registry.images),
        images,
        provider.unwrap_or_default(),
        doubt,
        registry.class.name(),
        secrets
    )
}

/// What a line says; `None` if it is empty.
fn answer(line: &str) -> Result<Option<RegistryAnswer>, Message> {
    let mut words = line.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return Ok(None) };
    let names: Vec<&str> = words.collect();
    let answer = match (first, &*names) {
        ("public", []) => RegistryAnswer::Public,
        ("nodes", []) => RegistryAnswer::Nodes,
        ("private", names) => {
            let names = names.iter().map(|name| parse_secret(name).map(Text::from));
            let names = names.collect::<Result<BTreeSet<_>, _>>();
            RegistryAnswer::Private(
                names.map_err(|wrong| say!("  {}: {}", wrong.message, wrong.help))?,
            )
        }
        _ => return Err(WRONG.into()),
    };
    Ok(Some(answer))
}

/// The next line without its end; `None` at the end of the input.
fn line(input: &mut dyn BufRead) -> Result<Option<String>, Stop> {
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(line.trim().to_owned())),
        // Bytes that are not UTF-8 are a wrong answer.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some("?".to_owned())),
        Err(error) => Err(Stop::because(Exit::Unreadable, &error)),
    }
}

fn unanswered() -> Stop {
    let text = "\nerror: not all questions were answered, so no policy was made; --yes accepts the proposals\n";
    Stop::new(Exit::Usage, text)
}

#[cfg(test)]
mod tests {
    use pullcreds::policy::AccessFrom;

    use super::*;

    fn proposal(patterns: &[&str]) -> Proposal {
        let registry = |pattern: &&str| {
            let registry = ProposedRegistry {
                class: Class::Private,
                from: AccessFrom::Assumed,
                provider: None,
                images: 1,
                secrets: BTreeSet::new(),
                is_guess: false,
                iam: false,
            };
            ((*pattern).to_owned(), registry)
        };
        Proposal { registries: patterns.iter().map(registry).collect(), ..Proposal::default() }
    }

    /// What is printed, and the policy.
    fn asked(patterns: &[&str], answers: &str) -> Result<(String, String), String> {
        let mut proposal = proposal(patterns);
        let mut printed = String::new();
        let print = &mut |text: &Message| printed.push_str(text.as_str());
        ask(&mut proposal, &mut answers.as_bytes(), print).map_err(|stop| stop.text)?;
        Ok((printed, pullcreds::report::policy_file(&proposal)))
    }

    #[test]
    fn every_answer_is_in_the_policy() {
        let answers = "public\nprivate b,c\nnodes\n\n";
        let (_, policy) = asked(&["a.io", "b.io", "c.io", "d.io"], answers).expect("all answered");
        assert!(policy.contains("match: a.io\n    access: public\n"), "{policy}");
        let b = "match: b.io\n    access: private\n    pullSecrets: [b, c]\n";
        assert!(policy.contains(b), "{policy}");
        assert!(policy.contains("match: c.io\n    access: private\n    iam: true\n"), "{policy}");
        let open = "match: d.io\n    access: private\n    # TODO: pullSecrets";
        assert!(policy.contains(open), "{policy}");
        assert!(!policy.contains("confirm"), "{policy}");
    }

    #[test]
    fn a_wrong_answer_is_asked_again() {
        for wrong in ["maybe", "public now", "private No_Name", "nodes x"] {
            let answers = format!("{wrong}\npublic\n");
            let (printed, policy) = asked(&["a.io"], &answers).expect("all answered");
            assert!(printed.matches("]: ").count() == 1 && printed.ends_with(": "), "{printed}");
            assert!(policy.contains("access: public"), "{policy}");
        }
    }

    #[test]
    fn an_end_before_the_last_answer_makes_no_policy() {
        assert!(asked(&["a.io", "b.io"], "public\n").is_err_and(|text| text.contains("--yes")));
        assert!(asked(&[], "").is_ok_and(|(printed, _)| printed.is_empty()));
    }
}
