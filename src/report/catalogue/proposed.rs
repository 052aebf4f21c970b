//! Entries of a policy from definitions of kinds: a policy file, with questions in its comments.

use std::collections::BTreeSet;

use crate::inventory::definition::Definition;
use crate::kinds::Table;
use crate::kinds::proposal::Proposal;
use crate::say;
use crate::text::{Message, Shown};

/// What the file begins with.
const HEAD: &str = "# Proposed from CustomResourceDefinitions. Answer the questions before you use an entry.\n\
                    apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n  customResources:";
/// How far an entry is indented.
const INDENT: usize = 2;

/// A policy with entries for the kinds that are defined, each source with its name. Kinds of `table` are named only,
/// unless `with_known`.
pub fn proposed(
    defined: &[(Shown<'_>, Vec<Definition<'_>>)],
    table: &Table,
    with_known: bool,
) -> String {
    let mut body = String::new();
    let mut entries = 0;
    let mut seen = BTreeSet::new();
    for (source, definitions) in defined {
        for definition in definitions {
            let name = definition.name();
            let name = name.shown().into_owned();
            if !seen.insert(name.clone()) {
                comment(
                    &say!("{}: {} is defined again: the first definition counts.", source, name),
                    &mut body,
                );
            } else if !definition.is_valid() {
                comment(&say!("{}: {} cannot be a kind of a policy.", source, name), &mut body);
            } else if !with_known && !table.named(&definition.name()).is_empty() {
                comment(
                    &say!("{} is known: `pullcreds kinds explain {}` prints how.", name, name),
                    &mut body,
                );
            } else {
                let proposals = definition.proposals();
                let says_nothing =
                    |one: &Proposal| one.sites.is_empty() && one.questions.is_empty();
                if proposals.iter().all(says_nothing) {
                    comment(&say!("{}: {} has no images in its schema.", source, name), &mut body);
                    continue;
                }
                comment(&say!("{}: {}", source, name), &mut body);
                for proposal in proposals {
                    entries += usize::from(!proposal.sites.is_empty());
                    write(&proposal, &mut body);
                }
            }
        }
    }
    let none = if entries == 0 { " []" } else { "" };
    format!("{HEAD}{none}\n{body}")
}

/// Writes the questions of an entry, and the entry.
fn write(proposal: &Proposal, out: &mut String) {
    for question in &proposal.questions {
        comment(question, out);
    }
    if !proposal.sites.is_empty() {
        out.push_str(&proposal.block(INDENT));
    }
}

/// Shown text has no line break.
fn comment(text: &Message, out: &mut String) {
    out.extend([&" ".repeat(INDENT), "# ", text.as_str(), "\n"]);
}
