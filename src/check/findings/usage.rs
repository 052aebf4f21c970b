//! What is worth saying about how pods use their pull secrets: those that no image needs, and those that keep a
//! public image from being pulled.

use std::collections::{BTreeMap, BTreeSet};

use crate::credentials::keyring::NearMiss;
use crate::credentials::shown_key;
use crate::finding;
use crate::image::Reference;
use crate::inject::{self, Holder};
use crate::inventory::secrets::{Content, RedactedEntry};
use crate::inventory::{Image, PullSecrets};
use crate::say;
use crate::source::Span;
use crate::text::shown;
use crate::token;
use crate::verdict::{
    AccountId, Asking, Credentials, Identified, Judgement, Known, MismatchReason, Named, Origin,
    Verdict,
};

use super::super::Judged;
use super::super::world::{InUse, ResolvedPod, World};
use super::{At, Draft, Findings, describe};

/// The pull secrets of ServiceAccounts, and whether a pod that gets them there needs them.
type OfAccounts = BTreeMap<(AccountId, String), bool>;

/// What the images of a pod do with its pull secrets.
#[derive(Default)]
struct Uses<'p> {
    /// The secrets with a key that matches an image.
    told: BTreeSet<usize>,
    /// Those that a verdict is about because they cover an image, or were meant to.
    meant: BTreeSet<usize>,
    /// The names that the policy wants for an image.
    named: BTreeSet<&'p str>,
}

impl<'c> World<'c> {
    /// What pods do with their pull secrets. What they have from a ServiceAccount is noted down there, since other pods
    /// may need it.
    pub(super) fn about_usage(&self, out: &mut Findings<'_, '_>) {
        let mut of_accounts = OfAccounts::new();
        // A static pod can use no Secret.
        for pod in self.pods.iter().filter(|pod| !matches!(pod.account, InUse::None)) {
            let credentials = pod.credentials();
            self.about_public_images(out, pod, &credentials);
            self.about_needs(out, pod, &credentials, &mut of_accounts);
            Self::about_hostless(out, pod, &credentials);
        }
        self.about_accounts_usage(out, &of_accounts);
    }

    /// Which of its pull secrets a pod needs.
    fn about_needs(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        credentials: &Credentials<'_>,
        of_accounts: &mut OfAccounts,
    ) {
        if pod.workload.images.is_empty() {
            return;
        }
        let uses = self.uses(pod, credentials);
        let mut unneeded = Vec::new();
        for (at, name) in pod.effective().names.iter().enumerate() {
            let needed = Self::is_needed(pod, credentials, &uses, at);
            match (pod.effective().origin, pod.account) {
                (Origin::Pod, _) if !needed => unneeded.push(at),
                // The list of a ServiceAccount of the cluster is for pods that no one sees here.
                (Origin::ServiceAccount, InUse::Seen { id, account, .. })
                    if !self.is_in_cluster(&account.object) =>
                {
                    let known = of_accounts.entry((id, name.to_string())).or_default();
                    *known |= needed;
                }
                _ => {}
            }
        }
        self.unneeded(out, pod, credentials, &unneeded);
    }

    /// What the images of a pod do with its pull secrets, as far as it is the same for all.
    fn uses(&self, pod: &ResolvedPod<'c>, credentials: &Credentials<'_>) -> Uses<'_> {
        let workload = pod.workload;
        let everywhere = self.policy.everywhere().iter().map(|name| name.value.as_str());
        let mut uses = Uses { named: everywhere.collect(), ..Uses::default() };
        for (image, judged) in workload.images.iter().zip(pod.images()) {
            let Ok(reference) = image.parsed() else { continue };
            uses.told.extend(credentials.told(reference.name()));
            let judgement = &judged.judgement;
            uses.meant.extend(judgement.secret.filter(|at| is_meant(judgement, *at)));
            let names = self.policy.pull_secrets(reference.domain(), reference.path());
            let names = names.into_iter().flat_map(|(_, names)| names);
            uses.named.extend(names.map(|name| name.value.as_str()));
        }
        uses
    }

    /// The secrets that ServiceAccounts name and none of their pods needs.
    fn about_accounts_usage(&self, out: &mut Findings<'_, '_>, of_accounts: &OfAccounts) {
        let mut account = None;
        let mut places = BTreeMap::new();
        for ((id, name), _) in of_accounts.iter().filter(|(_, needed)| !**needed) {
            let holder = Holder::Account(*id);
            let list = inject::list(self.inventories, holder);
            if account.replace(*id) != Some(*id) {
                places = first_places(list);
            }
            let span = places.get(name.as_str()).copied().unwrap_or(list.span);
            let message = say!(
                "{} names the pull secret '{}', and none of the images of its pods needs it.",
                describe(inject::object(self.inventories, holder)),
                shown(name)
            );
            let at = self.at_list(holder, span, "not needed");
            out.report(Draft::new(&finding::UNNEEDED_PULL_SECRET, message).at(at).about(name));
        }
    }

    /// The secrets at these places, which no image of the pod needs.
    fn unneeded(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        credentials: &Credentials<'_>,
        unneeded: &[usize],
    ) {
        if unneeded.is_empty() {
            return;
        }
        let workload = pod.workload;
        let images = workload.images.iter().filter_map(|image| image.parsed().ok());
        let mistakes = credentials.misspelt(unneeded, images.map(Reference::name));
        let places = first_places(&workload.pull_secrets);
        for at_secret in unneeded {
            let name = &pod.effective().names[*at_secret];
            let mistake = mistakes.get(at_secret).map(|miss| say!(" ({})", miss.message()));
            let message = say!(
                "{} has the pull secret '{}', and none of its images needs it{}.",
                describe(&workload.object),
                shown(name),
                mistake.unwrap_or_default()
            );
            let holder = pod.holder();
            let span = places.get(&**name).copied().unwrap_or(workload.object.label);
            let at = self.at_list(holder, span, "not needed");
            let known = credentials.named()[*at_secret].known.object();
            let secret = known.map(|object| At::new(object, object.label, "the pull secret"));
            let draft = Draft::new(&finding::UNNEEDED_PULL_SECRET, message).at(at);
            let namespace = pod.namespace().unwrap_or_default();
            let draft = draft.related(secret).about(name);
            out.report(draft.cause(&[&[name, namespace]]));
        }
    }

    /// Whether an image of the pod is pulled with one of its secrets, or may be, or was meant to be.
    fn is_needed(
        pod: &ResolvedPod<'c>,
        credentials: &Credentials<'_>,
        uses: &Uses<'_>,
        at: usize,
    ) -> bool {
        let workload = pod.workload;
        // What an injector puts in the place of an image may need any of them.
        let placeholder = |judged: &Judged| judged.judgement.verdict == Verdict::Placeholder;
        if uses.named.contains(&*pod.effective().names[at]) || pod.images().iter().any(placeholder)
        {
            return true;
        }
        // What it holds decides, else what the policy says of it, else no one knows.
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
        let images = workload.images.iter().filter_map(|image| image.parsed().ok());
        let covers = match scope {
            Some(scope) => {
                images.into_iter().any(|image| scope.covers(image.domain(), image.path()))
            }
            None => uses.told.contains(&at),
        };
        covers || uses.meant.contains(&at)
    }

    /// The kubelet tries what matches, one after the other, and no anonymous pull after it
    /// (`PullImage` in `pkg/kubelet/kuberuntime/kuberuntime_image.go`).
    fn about_public_images(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        credentials: &Credentials<'_>,
    ) {
        let workload = pod.workload;
        let mut seen = BTreeSet::new();
        for (image, judged) in workload.images.iter().zip(pod.images()) {
            let is_public = judged.judgement.verdict == Verdict::Public;
            if is_public && seen.insert(&*image.reference) {
                self.about_public_image(out, pod, credentials, image);
            }
        }
    }

    fn about_public_image(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        credentials: &Credentials<'_>,
        image: &Image<'_>,
    ) {
        let workload = pod.workload;
        let Ok(reference) = image.parsed() else { return };
        let now = self.circumstances.now.as_second();
        let tried = credentials.tried(reference.name());
        let flaws = tried.iter().map(|tried| {
            let (_, secret) = credentials.named()[tried.secret].known.secret()?;
            let entry = &secret.content.entries()[tried.entry];
            Some((secret, &entry.key, flaw(entry, secret.refreshed_by.is_some(), now)?))
        });
        let Some(flaws) = flaws.collect::<Option<Vec<_>>>() else { return };
        let Some((secret, key, flaw)) = flaws.first() else { return };
        let providers = self.circumstances.providers;
        let node = credentials.identity(reference, self.policy, providers);
        if matches!(node, Asking::Answered(identity) if !matches!(identity, Identified::OnlyInside(_)))
        {
            return;
        }
        let code = &finding::BAD_CREDENTIALS_FOR_PUBLIC_IMAGE;
        let message = say!(
            "{} pulls the public image '{}' with credentials that do not work: the entry '{}' of {} {}.",
            describe(&workload.object),
            shown(&image.reference),
            shown_key(key),
            self.describe_in(&secret.object),
            flaw
        );
        let at = pod.at_image(image, "could be pulled without");
        let flawed = At::new(&secret.object, secret.object.label, "does not work");
        let draft = Draft::new(code, message).at(at).image(image);
        out.report(draft.related([flawed]));
    }
}

/// Where each name is first in a list.
fn first_places<'l>(list: &'l PullSecrets<'_>) -> BTreeMap<&'l str, Span> {
    let entries = list.entries.iter().rev();
    entries.filter_map(|entry| Some((entry.name.as_deref()?, entry.span))).collect()
}

/// Whether a verdict is about the secret `at` because it covers the image, or was meant to.
fn is_meant(judgement: &Judgement, at: usize) -> bool {
    let other = |why: &MismatchReason| {
        matches!(why, MismatchReason::Miss(NearMiss { suggestion: None, .. }))
    };
    judgement.secret == Some(at) && !judgement.why().is_some_and(other)
}

/// Why a registry refuses an entry; `None` if it may work. One that authenticates nothing leads to an anonymous pull,
/// which is all that a public image needs. What is refreshed does not stay as old as it is here.
fn flaw(entry: &RedactedEntry, refreshed: bool, now: i64) -> Option<&'static str> {
    let class = entry.class.as_ref().filter(|_| !refreshed);
    if entry.unusable.is_some() {
        None
    } else if class.and_then(|class| class.expires_at).is_some_and(|expires| expires < now) {
        Some("has expired")
    } else if entry.stray_newline {
        Some("has a line break in its user name or password")
    } else if class.is_some_and(token::Classification::is_short_lived) {
        Some("is a token that lives hours, in a Secret that nothing refreshes")
    } else {
        None
    }
}
