//! A policy for the input, and what a policy decides about an image.

use std::fmt::Write as _;

use super::Look;
use super::style::wrapped;
use crate::check::proposal::{Proposal, ProposedRegistry};
use crate::image::Reference;
use crate::policy::registries::Class;
use crate::policy::{AccessFrom, Iam, Policy, RuleId};
use crate::source::LineIndex;
use crate::source::Source;
use crate::text::{Text, list, shown};

/// The text of a policy file that says what `proposal` leaves open. What only a person can know is in comments.
pub fn policy_file(proposal: &Proposal) -> String {
    let mut out = String::from(
        "# Check every line marked TODO. `pullcreds policy check` checks this file.\n\
         apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n",
    );
    if proposal.registries.is_empty() {
        out.push_str(
            "  # The built-in table knows every registry of the input.\n  registries: []\n",
        );
    } else {
        out.push_str("  registries:\n");
    }
    for (pattern, registry) in &proposal.registries {
        entry(&mut out, pattern, registry);
    }
    if !(proposal.secrets.is_empty() && proposal.accounts.is_empty()) {
        out.push_str("  cluster:\n");
    }
    if !proposal.accounts.is_empty() {
        out.push_str(
            "    # TODO: ServiceAccounts that the input does not have. Name their pull secrets, or use --cluster-dump.\n\
             \x20   serviceAccounts:\n",
        );
        for (namespace, name) in &proposal.accounts {
            let name = shown(name);
            let _ = writeln!(
                out,
                "    # - {{{}name: {name}, imagePullSecrets: []}}",
                of(namespace.as_ref())
            );
        }
        let last = out.rfind("    serviceAccounts:\n").unwrap_or(out.len());
        out.replace_range(last..last + 4, "    # ");
    }
    if !proposal.secrets.is_empty() {
        out.push_str("    # TODO: write when each was rotated last, as in `rotatedAt: 2027-03-31`.\n    secrets:\n");
        for (namespace, name) in &proposal.secrets {
            let _ = writeln!(out, "    - {{{}name: {}}}", of(namespace.as_ref()), shown(name));
        }
    }
    out
}

/// The key for a namespace, if there is one.
fn of(namespace: Option<&Text<'static>>) -> String {
    namespace.map_or_else(String::new, |name| format!("namespace: {}, ", shown(name)))
}

fn entry(out: &mut String, pattern: &str, registry: &ProposedRegistry) {
    let ProposedRegistry { class, from, provider, images, ref secrets, is_guess } = *registry;
    let images = if images == 1 { "1 image".to_owned() } else { format!("{images} images") };
    let access = match class {
        Class::Private => "private",
        Class::Public => "public",
    };
    let known = provider.map(|provider| format!(" ({provider})")).unwrap_or_default();
    let _ = match from {
        AccessFrom::Assumed => {
            writeln!(out, "  # TODO: {images}{known}, assumed to be {access}: confirm it.")
        }
        AccessFrom::PullSecret => {
            writeln!(out, "  # {images}{known}. A pull secret of a pod has an entry for them.")
        }
        _ => writeln!(out, "  # {images}{known}."),
    };
    let _ = writeln!(out, "  - match: {}\n    access: {access}", shown(pattern));
    if class == Class::Private {
        let names: Vec<_> = secrets.iter().map(|name| shown(name)).collect();
        let _ = if names.is_empty() {
            writeln!(
                out,
                "    # TODO: pullSecrets: [NAME], or iam: true if the nodes pull with their identity."
            )
        } else {
            let doubt = if is_guess { " # TODO: confirm that they have credentials" } else { "" };
            writeln!(out, "    pullSecrets: [{}]{doubt}", list(names, ", "))
        };
    }
}

/// What `policy` decides about an image, with the line of each entry in `file`.
pub fn image_by_policy(
    image: &Reference,
    policy: &Policy,
    file: Option<&Source>,
    look: Look,
) -> String {
    let (domain, path) = (image.domain(), image.path());
    let access = policy.access(domain, path);
    let index = file.map(|file| LineIndex::new(&file.text));
    let at = |rule: RuleId| {
        let of = |rule: RuleId| match rule {
            RuleId::Registry(at) => policy.registries()[at].pattern.value.to_string(),
            _ => String::new(),
        };
        let entry = of(rule);
        let entry = shown(&entry);
        match (policy.span(rule), file, &index) {
            (Some(span), Some(file), Some(index)) => {
                let position = index.position(&file.text, span.start as usize);
                format!("{}:{position}, the entry for {entry}", shown(&file.name))
            }
            _ => format!("the entry for {entry} of a flag or variable"),
        }
    };
    let class = match access.class {
        Class::Private => "private",
        Class::Public => "public",
    };
    let who = match (access.from, access.rule) {
        (AccessFrom::Policy, Some(rule)) => at(rule),
        (AccessFrom::Policy, None) => "assumePrivate of the policy".to_owned(),
        (AccessFrom::Assumed, _) => match access.host {
            Some(host) => format!("an assumption of the built-in table ({})", host.pattern),
            None => "an assumption: the built-in table does not know this registry".to_owned(),
        },
        _ => match access.host {
            Some(host) => format!("the built-in table ({}), by {}", host.pattern, host.source),
            None => "the built-in table".to_owned(),
        },
    };
    let row = |name: &str, text: &str| {
        let text = wrapped(text, look.width.saturating_sub(16).max(40))
            .replace('\n', "\n                ");
        format!("{name:<16}{text}\n")
    };
    let mut out = row("image", &shown(&format!("{domain}/{path}")).to_string());
    out += &row("registry", &shown(image.registry()).to_string());
    out += &row("access", &format!("{class}: {who}"));
    let secrets = match policy.pull_secrets(domain, path) {
        Some((rule, [])) => format!("none: {}", at(rule)),
        Some((rule, names)) => {
            let names = names.iter().map(|name| shown(&name.value)).collect::<Vec<_>>();
            format!("{}: {}", list(names, ", "), at(rule))
        }
        None => "none: no entry of the policy names one".to_owned(),
    };
    out += &row("pull secrets", &secrets);
    if !policy.everywhere().is_empty() {
        let names = policy.everywhere().iter().map(|name| shown(&name.value)).collect::<Vec<_>>();
        out += &row("in every pod", &list(names, ", ").to_string());
    }
    let identity = match policy.iam(domain, path) {
        Some(Iam::Registry(rule)) => format!("the nodes can pull it: {}", at(rule)),
        Some(Iam::Provider(cloud)) => {
            format!("the nodes can pull it: credentialProviders of the policy has {}", cloud.name())
        }
        None => "not declared".to_owned(),
    };
    out += &row("node identity", &identity);
    if let Some(provider) = access.provider {
        out += &row("provider", provider.name);
        out += &row("", provider.advice);
    }
    out
}
