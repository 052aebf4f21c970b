//! A policy for the input, and what a policy decides about an image.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Look;
use super::style::wrapped;
use crate::check::proposal::{self, Proposal, ProposedRegistry};
use crate::image::Reference;
use crate::policy::registries::Class;
use crate::policy::{Access, AccessFrom, Iam, Policy, PolicyText, RuleId, Spanned};
use crate::text::{Text, list, shown};

/// The text of a policy file that says what `proposal` leaves open. What only a person can know is in comments.
pub fn policy_file(proposal: &Proposal) -> String {
    let mut out =
        String::from("apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n");
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
        secrets(&mut out, proposal);
    }
    let open = if out.contains(TODO) { "Check every line marked TODO. " } else { "" };
    format!("# {open}`pullcreds policy check` checks this file.\n{out}")
}

/// What marks a line that only a person can complete.
pub const TODO: &str = "# TODO: ";

/// The Secrets that the input does not have. Without a hash, several may have one name.
fn secrets(out: &mut String, proposal: &Proposal) {
    let mut by_name = BTreeMap::new();
    for (namespace, name) in &proposal.secrets {
        let (bare, doubt) = without_hash(name);
        by_name.insert((namespace.as_ref(), bare), doubt);
    }
    for ((namespace, name), doubt) in by_name {
        let _ = writeln!(out, "    - {{{}name: {}}}{doubt}", of(namespace), shown(name));
    }
}

/// A name without the hash of kustomize, which changes with the content, and what to say of that.
fn without_hash(name: &str) -> (&str, String) {
    match proposal::without_hash(name) {
        Some(bare) => {
            let doubt = format!(
                " # TODO: the manifests name {}. If kustomize adds that hash, it changes with the content: \
                 disableNameSuffixHash keeps the name.",
                shown(name)
            );
            (bare, doubt)
        }
        None => (name, String::new()),
    }
}

/// The key for a namespace, if there is one.
fn of(namespace: Option<&Text<'static>>) -> String {
    namespace.map_or_else(String::new, |name| format!("namespace: {}, ", shown(name)))
}

fn entry(out: &mut String, pattern: &str, registry: &ProposedRegistry) {
    let ProposedRegistry { class, from, provider, images, ref secrets, is_guess, iam } = *registry;
    let images = if images == 1 { "1 image".to_owned() } else { format!("{images} images") };
    let access = class.name();
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
        let (names, hashes): (BTreeSet<_>, Vec<_>) =
            secrets.iter().map(|name| without_hash(name)).unzip();
        let names: Vec<_> = names.into_iter().map(shown).collect();
        let _ = if iam {
            writeln!(out, "    iam: true")
        } else if names.is_empty() {
            writeln!(
                out,
                "    # TODO: pullSecrets: [NAME], or iam: true if the nodes pull with their identity."
            )
        } else {
            let doubt = if is_guess { " # TODO: confirm that they have credentials" } else { "" };
            // The comment about one of them will do.
            let hash = hashes.into_iter().find(|hash| !hash.is_empty()).unwrap_or_default();
            let doubt = if hash.is_empty() { doubt } else { &*hash };
            writeln!(out, "    pullSecrets: [{}]{doubt}", list(names, ", "))
        };
    }
}

/// What `policy` decides about an image, with the line of each entry in `files`.
pub fn image_by_policy(
    image: &Reference<'_>,
    policy: &Policy,
    files: Option<&PolicyText>,
    look: Look,
) -> String {
    let (domain, path) = (image.domain(), image.path());
    let entries = PolicyEntries { policy, files };
    let mut rows = vec![
        ("image", shown(&format!("{domain}/{path}")).to_string()),
        ("registry", shown(image.registry()).to_string()),
        ("access", entries.access(&policy.access(domain, path))),
        ("pull secrets", entries.pull_secrets(image)),
    ];
    if !policy.everywhere().is_empty() {
        rows.push(("in every pod", names(policy.everywhere())));
    }
    rows.push(("node identity", entries.node_identity(image)));
    if let Some(provider) = policy.access(domain, path).provider {
        rows.push(("provider", provider.name.to_owned()));
        rows.push(("", provider.advice.to_owned()));
    }
    let width = look.width.saturating_sub(COLUMN).max(40);
    let row = |(name, text): (&str, String)| {
        let indent = format!("\n{:COLUMN$}", "");
        format!("{name:COLUMN$}{}\n", wrapped(&text, width).replace('\n', &indent))
    };
    rows.into_iter().map(row).collect()
}

/// How wide the names of rows are.
const COLUMN: usize = 16;

/// The entries of a policy, with their places in its file.
pub(super) struct PolicyEntries<'p> {
    pub(super) policy: &'p Policy,
    pub(super) files: Option<&'p PolicyText>,
}

impl PolicyEntries<'_> {
    /// `pullcreds.yaml:5:13`, or that it is not from a file.
    pub(super) fn place(&self, rule: RuleId) -> String {
        let place = self.policy.span(rule).zip(self.files);
        place.map_or("a flag or variable".to_owned(), |(span, files)| {
            let (file, position) = files.position(span.start as usize);
            format!("{}:{position}", shown(&file.name))
        })
    }

    /// `pullcreds.yaml:5:13, the entry for ghcr.io/acme`.
    fn at(&self, rule: RuleId) -> String {
        let pattern = match rule {
            RuleId::Registry(at) => self.policy.registries()[at].pattern.value.to_string(),
            _ => String::new(),
        };
        let (pattern, place) = (shown(&pattern), self.place(rule));
        match self.files.and(self.policy.span(rule)) {
            Some(_) => format!("{place}, the entry for {pattern}"),
            None => format!("the entry for {pattern} of {place}"),
        }
    }

    /// The class of an image, and who says so.
    pub(super) fn access(&self, access: &Access) -> String {
        format!("{}: {}", access.class.name(), self.access_by(access))
    }

    /// Who says of which class an image is.
    pub(super) fn access_by(&self, access: &Access) -> String {
        match (access.from, access.rule, access.host) {
            (AccessFrom::Policy, Some(rule), _) => self.at(rule),
            (AccessFrom::Policy, None, _) => "assumePrivate of the policy".to_owned(),
            (AccessFrom::PullSecret, ..) => {
                "a pull secret of the pod has an entry for it, or for something near".to_owned()
            }
            (AccessFrom::Assumed, _, Some(host)) => {
                format!("an assumption of the built-in table ({})", host.pattern)
            }
            (AccessFrom::Assumed, _, None) => {
                "an assumption: the built-in table does not know this registry".to_owned()
            }
            (_, _, Some(host)) => {
                format!("the built-in table ({}), by {}", host.pattern, host.source)
            }
            (_, _, None) => "the built-in table".to_owned(),
        }
    }

    fn pull_secrets(&self, image: &Reference<'_>) -> String {
        match self.policy.pull_secrets(image.domain(), image.path()) {
            Some((rule, [])) => format!("none: {}", self.at(rule)),
            Some((rule, secrets)) => format!("{}: {}", names(secrets), self.at(rule)),
            None => "none: no entry of the policy names one".to_owned(),
        }
    }

    fn node_identity(&self, image: &Reference<'_>) -> String {
        match self.policy.iam(image.domain(), image.path()) {
            Some(Iam::Registry(rule)) => format!("the nodes can pull it: {}", self.at(rule)),
            Some(Iam::Provider(cloud)) => {
                let cloud = cloud.name();
                format!("the nodes can pull it: credentialProviders of the policy has {cloud}")
            }
            None => "not declared".to_owned(),
        }
    }
}

fn names(secrets: &[Spanned<String>]) -> String {
    let names: Vec<_> = secrets.iter().map(|name| shown(&name.value)).collect();
    list(names, ", ").to_string()
}
