//! What is worth saying about how pods use their pull secrets: those that no image needs, and those that keep a
//! public image from being pulled.

use std::collections::{BTreeMap, BTreeSet};

use crate::credentials::keyring::{NearMiss, explain_near_miss};
use crate::credentials::printable_key;
use crate::credentials::token;
use crate::finding;
use crate::image::Reference;
use crate::inject::{self, Holder};
use crate::inventory::Image;
use crate::inventory::secrets::{Content, Entry};
use crate::verdict::{
    AccountId, Credentials, Identified, Judgement, Known, Named, Origin, Verdict, Why,
};

use super::super::{InUse, Judged, Pod};
use super::{Findings, describe, show};

/// The pull secrets of ServiceAccounts, and whether a pod that gets them there needs them.
pub(super) type OfAccounts = BTreeMap<(AccountId, String), bool>;

impl Findings<'_, '_> {
    /// What a pod does with its pull secrets. What it has from a ServiceAccount is noted down there, since other
    /// pods may need it.
    pub(super) fn about_usage(
        &mut self,
        pod: &Pod<'_>,
        account: InUse,
        credentials: &Credentials<'_>,
        of_accounts: &mut OfAccounts,
    ) {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        self.about_public_images(pod, credentials);
        if workload.images.is_empty() {
            return;
        }
        for (at, name) in pod.effective.names.iter().enumerate() {
            let needed = self.is_needed(pod, credentials, at);
            match (pod.effective.origin, account) {
                (Origin::Pod, _) if !needed => self.unneeded(pod, credentials, at),
                // The list of a ServiceAccount of the cluster is for pods that nobody sees here.
                (Origin::ServiceAccount, InUse::Seen { id, .. })
                    if !self.is_in_cluster(id.source) =>
                {
                    let known = of_accounts.entry((id, name.clone().into_owned())).or_default();
                    *known |= needed;
                }
                _ => {}
            }
        }
    }

    /// The secrets that ServiceAccounts name and none of their pods needs.
    pub(super) fn about_accounts_usage(&mut self, of_accounts: &OfAccounts) {
        for ((id, name), _) in of_accounts.iter().filter(|(_, needed)| !**needed) {
            let holder = Holder::Account(*id);
            let list = inject::list(self.inventories, holder);
            let entry =
                list.entries.iter().find(|entry| entry.name.as_deref() == Some(name.as_str()));
            let span = entry.map_or(list.span, |entry| entry.span);
            let message = format!(
                "{} names the pull secret '{}', and none of the images of its pods needs it.",
                describe(inject::object(self.inventories, holder)),
                show(name)
            );
            self.at_list(&finding::UNNEEDED_PULL_SECRET, holder, span, message, "not needed");
        }
    }

    fn unneeded(&mut self, pod: &Pod<'_>, credentials: &Credentials<'_>, at: usize) {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let name = &pod.effective.names[at];
        let keys = || credentials.named()[at].known.keys();
        let images = workload.images.iter().filter_map(|image| image.parsed().ok());
        let misses = images.filter_map(|image| explain_near_miss(keys(), image.name()));
        let mut misspelt = misses.filter(|miss| miss.suggestion.is_some());
        let mistake = misspelt.next().map(|miss| format!(" ({miss})"));
        let message = format!(
            "{} has the pull secret '{}', and none of its images needs it{}.",
            describe(&workload.object),
            show(name),
            mistake.unwrap_or_default()
        );
        let holder = Holder::Pod { source: pod.source, index: pod.index };
        let entries = &workload.pull_secrets.entries;
        let entry = entries.iter().find(|entry| entry.name.as_ref() == Some(name));
        let span = entry.map_or(workload.object.label, |entry| entry.span);
        self.at_list(&finding::UNNEEDED_PULL_SECRET, holder, span, message, "not needed");
    }

    /// Whether an image of the pod is pulled with one of its secrets, or may be, or was meant to be.
    fn is_needed(&self, pod: &Pod<'_>, credentials: &Credentials<'_>, at: usize) -> bool {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let name = &*pod.effective.names[at];
        let named = |names: &[crate::policy::Spanned<String>]| {
            names.iter().any(|wanted| wanted.value == name)
        };
        // What an injector puts in the place of an image may need any of them.
        let placeholder = |judged: &Judged| judged.judgement.verdict == Verdict::Placeholder;
        if named(self.policy.everywhere()) || pod.images.iter().any(placeholder) {
            return true;
        }
        // What it holds decides, else what the policy says of it, else nobody knows.
        let Named { known, scope } = &credentials.named()[at];
        let secret = known.secret().map(|(_, secret)| &secret.content);
        let holds = known.keys().next().is_some();
        let kept_elsewhere = match secret {
            Some(content) => matches!(content, Content::Managed),
            None => matches!(known, Known::Produced { .. } | Known::Declared(_) | Known::Outside),
        };
        let scope = scope.filter(|_| kept_elsewhere && !holds);
        if !holds && scope.is_none() {
            return true;
        }
        let needs = |image: &Reference, judged: &Judged| {
            let (domain, path) = (image.domain(), image.path());
            let covers = match scope {
                Some(scope) => scope.covers(domain, path),
                None => credentials.tells_of(at, image.name()),
            };
            covers
                || is_meant(&judged.judgement, at)
                || self.policy.pull_secrets(domain, path).is_some_and(|(_, names)| named(names))
        };
        let mut images = workload.images.iter().zip(&pod.images);
        images.any(|(image, judged)| image.parsed().is_ok_and(|image| needs(image, judged)))
    }

    /// The kubelet tries what matches, one after the other, and no anonymous pull behind it
    /// (`PullImage` in `pkg/kubelet/kuberuntime/kuberuntime_image.go`).
    fn about_public_images(&mut self, pod: &Pod<'_>, credentials: &Credentials<'_>) {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let mut seen = BTreeSet::new();
        for (image, judged) in workload.images.iter().zip(&pod.images) {
            let is_public = judged.judgement.verdict == Verdict::Public;
            if is_public && seen.insert(&*image.reference) {
                self.about_public_image(pod, credentials, image, judged);
            }
        }
    }

    fn about_public_image(
        &mut self,
        pod: &Pod<'_>,
        credentials: &Credentials<'_>,
        image: &Image<'_>,
        judged: &Judged,
    ) {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let Ok(reference) = image.parsed() else { return };
        let now = self.circumstances.now.as_second();
        let tried = credentials.tried(reference.name());
        let flaws = tried.iter().map(|tried| {
            let (source, secret) = credentials.named()[tried.secret].known.secret()?;
            let entry = &secret.content.entries()[tried.entry];
            Some((source, secret, &entry.key, flaw(entry, secret.refreshed_by.is_some(), now)?))
        });
        let Some(flaws) = flaws.collect::<Option<Vec<_>>>() else { return };
        let Some((source, secret, key, flaw)) = flaws.first() else { return };
        let providers = self.circumstances.providers;
        let node = credentials.identity(reference, self.policy, providers);
        if node.is_ok_and(|identity| !matches!(identity, Identified::OnlyInside(_))) {
            return;
        }
        let code = &finding::STALE_ON_PUBLIC;
        let message = format!(
            "{} pulls the public image '{}' with credentials that do not work: the entry '{}' of {} {flaw}.",
            describe(&workload.object),
            show(&image.reference),
            printable_key(key),
            self.describe_in(*source, &secret.object)
        );
        let at = self.at_image(pod, image, "could be pulled without");
        let remedy = Some(code.remedy.into());
        self.add(code, code.severity, message, Some(at), Some((image, judged)), remedy);
    }
}

/// Whether a verdict is about the secret `at` because it covers the image, or was meant to.
fn is_meant(judgement: &Judgement, at: usize) -> bool {
    let other = |why: &Why| matches!(why, Why::Miss(NearMiss { suggestion: None, .. }));
    judgement.secret == Some(at) && !judgement.why().is_some_and(other)
}

/// Why a registry refuses an entry; `None` if it may work. One that authenticates nothing leads to an anonymous pull,
/// which is all that a public image needs. What is refreshed does not stay as old as it is here.
fn flaw(entry: &Entry, refreshed: bool, now: i64) -> Option<&'static str> {
    let class = entry.class.as_ref().filter(|_| !refreshed);
    if entry.unusable.is_some() {
        None
    } else if class.and_then(|class| class.expires_at).is_some_and(|expires| expires < now) {
        Some("has expired")
    } else if entry.stray_newline {
        Some("has a line break in its user name or password")
    } else if class.is_some_and(token::Class::is_short_lived) {
        Some("is a token that lives hours, in a Secret that nothing refreshes")
    } else {
        None
    }
}
