//! What is worth saying about images and their verdicts, and about registries that no one knows for certain.

use std::collections::BTreeSet;

use crate::finding::{self, Code};
use crate::image::InvalidReference;
use crate::inventory::producers::ProducerFault;
use crate::inventory::{Image, Pulled};
use crate::policy::pattern::Pattern;
use crate::policy::{AccessFrom, Scope};
use crate::say;
use crate::text::{Message, Shown, list, plain, shown};
use crate::verdict::{Account, Effective, Judgement, Malformed, MismatchReason, Verdict};

use super::super::Judged;
use super::super::covering::CoveringSecret;
use super::super::world::{InUse, ResolvedPod, World};
use super::remedy::{owner_of, why_unasked};
use super::{At, Draft, Findings, NAMES_SHOWN, describe, lists};

/// What to do about an image that a template engine has not filled in.
const UNRENDERED: &str =
    "This is a template. Render it first: helm template CHART | pullcreds check";

impl<'c> World<'c> {
    pub(super) fn about_images(&self, out: &mut Findings<'_, '_>) {
        for pod in &self.pods {
            let workload = pod.workload;
            let mut seen = BTreeSet::new();
            for (image, judged) in workload.images.iter().zip(pod.images()) {
                // The same image can be in a container that never pulls it and in one that does.
                let is_pulled = judged.judgement.verdict != Verdict::NotPulled;
                if is_pulled && seen.insert(&*image.reference) {
                    self.about_image(out, pod, image, judged);
                }
            }
        }
    }

    fn about_image(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judged: &Judged,
    ) {
        if let Pulled::ReplacedBy(by) = image.pulled {
            Self::about_placeholder(out, pod, image, by);
        }
        let bad = [Verdict::Invalid, Verdict::Missing, Verdict::Unknown, Verdict::Mismatched];
        if !bad.contains(&judged.judgement.verdict) {
            return;
        }
        if let Some(malformed) = judged.judgement.malformed() {
            return Self::about_malformed(out, pod, image, malformed);
        }
        let Some((code, message, label)) = self.image_text(pod, image, &judged.judgement) else {
            return;
        };
        let mut draft =
            Draft::new(code, message).at(pod.at_image(image, label.clone())).image(image);
        draft = self.common(draft, pod, image, &judged.judgement);
        let entry = judged.judgement.secret.and_then(|at| self.entry(pod, at));
        draft = draft.focus(entry.map(|(object, span)| At::new(object, span, label)));
        let covering = self.covering_secret(pod, image, &judged.judgement);
        if let Ok(parsed) = image.parsed() {
            let remedy = self.remedy(pod, parsed, &judged.judgement, covering);
            draft = draft.remedies(remedy).fix(self.fix(pod, image, &judged.judgement, covering));
        } else if image.parsed() == Err(InvalidReference::Unrendered("{{")) {
            draft = draft.remedy(UNRENDERED);
        }
        out.report(draft.related(Self::behind_verdict(pod, &judged.judgement, covering)));
    }

    /// A draft with what makes a verdict fail for other images, too: the ServiceAccount that is not known, the secret that
    /// does not fit, or, in a wider sense, the registry.
    fn common<'d>(
        &self,
        draft: Draft<'d>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judgement: &Judgement,
    ) -> Draft<'d> {
        let Ok(parsed) = image.parsed() else { return draft };
        let owner = owner_of(&self.policy.access(parsed.domain(), parsed.path()), parsed);
        let namespace = pod.namespace().unwrap_or_default();
        let sort = if pod.workload.is_static { "static" } else { "" };
        let narrow = match judgement.verdict {
            Verdict::Missing => return draft.cause(&[&[sort, &owner, namespace], &[sort, &owner]]),
            Verdict::Unknown => pod.workload.effective_service_account().to_owned(),
            _ => self.why(pod, judgement).to_string(),
        };
        draft.cause(&[&[sort, &narrow, namespace], &[sort, &owner, namespace], &[sort, &owner]])
    }

    /// The code, message and label of a verdict that fails; `None` for any other verdict.
    fn image_text(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judgement: &Judgement,
    ) -> Option<(&'static Code, Message, Message)> {
        let reference = shown(&image.reference);
        let who = describe(&pod.workload.object);
        let account_name = pod.workload.effective_service_account();
        let unasked = why_unasked(judgement, account_name);
        let unnamed = say!(
            "{} references private image '{}' but does not specify ImagePullSecrets.",
            who,
            reference
        );
        Some(match (image.parsed(), judgement.verdict) {
            (Err(invalid), _) => (
                &finding::INVALID_IMAGE_REFERENCE,
                say!("{} has an image reference that does not parse: {}.", who, plain(invalid)),
                "does not parse".into(),
            ),
            (Ok(_), Verdict::Missing) => {
                (&finding::MISSING_PULL_SECRET, unnamed.and(&unasked), self.names_none(pod))
            }
            (Ok(_), Verdict::Unknown) => (
                &finding::UNKNOWN_PULL_SECRET,
                say!("{} {}{}", unnamed, self.why_unknown(pod), unasked),
                match pod.account {
                    InUse::Seen { .. } => "created before its ServiceAccount".into(),
                    _ => say!("ServiceAccount '{}' is not known", shown(account_name)),
                },
            ),
            (Ok(parsed), Verdict::Mismatched) => (
                &finding::MISMATCHED_PULL_SECRET,
                say!(
                    "{} references private image '{}' but none of its pull secrets ({}) gives credentials for it: \
                     {}.{}",
                    who,
                    reference,
                    names(pod.effective()),
                    self.why(pod, judgement),
                    unasked
                ),
                say!("no credentials for {}", shown(parsed.registry())),
            ),
            _ => return None,
        })
    }

    /// A Secret of the input that covers an image and is not attached.
    fn covering_secret(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judgement: &Judgement,
    ) -> Option<CoveringSecret<'c, 'c>> {
        let covering = self.covering.filter(|_| judgement.can_be_covered())?;
        covering.first(&pod.workload.object, image.parsed().ok()?)
    }

    /// What a verdict that fails names: the secret that comes nearest, or the ServiceAccount that names none; and the
    /// Secret of the input that would do.
    fn behind_verdict(
        pod: &ResolvedPod<'c>,
        judgement: &Judgement,
        covering: Option<CoveringSecret<'c, 'c>>,
    ) -> Vec<At<'c>> {
        let label = "gives no credentials for it";
        let nearest = judgement.secret.and_then(|at| Self::at_secret(pod, at, label));
        let account = match pod.account {
            InUse::Seen { account, .. } if pod.effective().names.is_empty() => {
                let object = &account.object;
                Some(At::new(object, object.label, "names no pull secret"))
            }
            _ => None,
        };
        let covering = covering
            .map(|covering| At::new(covering.object, covering.object.label, "covers the image"));
        nearest.into_iter().chain(account).chain(covering).collect()
    }

    /// Where one of the pull secrets of a pod is, or what makes it, if that is in the input or a dump.
    fn at_secret(pod: &ResolvedPod<'c>, at: usize, label: &'static str) -> Option<At<'c>> {
        let object = pod.secrets.get(at)?.known.object()?;
        Some(At::new(object, object.label, label))
    }

    /// An image that is never pulled, since the API server does not take its pod.
    fn about_malformed(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        malformed: Malformed,
    ) {
        let (what, remedy) = match malformed {
            Malformed::List => {
                ("its imagePullSecrets is malformed, and", finding::MALFORMED_PULL_SECRETS.remedy)
            }
            Malformed::AccountName => (
                "the name of its ServiceAccount is not a string, and",
                "Write that name in quotes.",
            ),
            Malformed::AccountList => (
                "imagePullSecrets of its ServiceAccount is malformed, and",
                finding::MALFORMED_PULL_SECRETS.remedy,
            ),
        };
        let object = match malformed {
            Malformed::AccountList => "ServiceAccount",
            Malformed::List | Malformed::AccountName => "object",
        };
        let message = say!(
            "{} references private image '{}' but {} the API server rejects the {}.",
            describe(&pod.workload.object),
            shown(&image.reference),
            what,
            object
        );
        let at = pod.at_image(image, "no pod, no pull");
        let draft = Draft::new(&finding::MISMATCHED_PULL_SECRET, message).at(at).image(image);
        let namespace = pod.namespace().unwrap_or_default();
        let draft = match malformed {
            Malformed::AccountList => {
                draft.cause(&[&["account", pod.workload.effective_service_account(), namespace]])
            }
            Malformed::List | Malformed::AccountName => draft.cause(&[&["pod"]]),
        };
        out.report(draft.remedy(remedy));
    }

    /// Why no one knows the pull secrets of a pod's ServiceAccount.
    pub(super) fn why_unknown(&self, pod: &ResolvedPod<'c>) -> Message {
        let name = shown(pod.workload.effective_service_account());
        match self.service_accounts.find(pod.id().source, pod.workload, self.policy) {
            Account::Later(_) => say!(
                "Its ServiceAccount '{}' comes after it in the input: applied in this order, the Pod is created \
                 without the pull secrets that are named there.",
                name
            ),
            _ => say!(
                "Its ServiceAccount '{}' is not in {}, and nothing declares it.",
                name,
                self.circumstances.context.place()
            ),
        }
    }

    /// What keeps the nearest of a pod's secrets from covering an image.
    pub(super) fn why(&self, pod: &ResolvedPod<'c>, judgement: &Judgement) -> Message {
        let name = judgement.secret.and_then(|at| pod.effective().names.get(at));
        let name = name.map_or("", |name| &**name);
        let namespace = pod.namespace();
        let scope = || self.policy.scope(namespace, name).map(|scope| declared_for(&scope));
        let name = say!("'{}'", lists::shortened(name));
        match judgement.why() {
            None => say!("{} is for other registries", name),
            Some(MismatchReason::Policy) => say!("{} is {}", name, scope().unwrap_or_default()),
            Some(why) => sentence(&name, why),
        }
    }

    fn about_placeholder(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        by: &'static str,
    ) {
        let message = say!(
            "{} has the placeholder '{}' for an image, to be replaced in the cluster by {}: its registry is not known.",
            describe(&pod.workload.object),
            shown(&image.reference),
            by
        );
        let at = pod.at_image(image, "replaced in the cluster");
        out.report(Draft::new(&finding::PLACEHOLDER_IMAGE, message).at(at));
    }

    /// Once for each registry that no one knows for certain.
    pub(super) fn about_registries(&self, out: &mut Findings<'_, '_>) {
        let mut seen = BTreeSet::new();
        for pod in &self.pods {
            let workload = pod.workload;
            for (image, judged) in workload.images.iter().zip(pod.images()) {
                let Some((class, AccessFrom::Assumed)) = judged.access else { continue };
                let Ok(reference) = image.parsed() else { continue };
                if !seen.insert(reference.domain().to_owned()) {
                    continue;
                }
                let is = class.name();
                let host = shown(reference.domain());
                let at = pod.at_image(image, say!("{} is assumed to be {}", host, is));
                let message = say!("Images of {} are assumed to be {}.", host, is);
                let remedy = say!(
                    "say so in the policy:\n  registries:\n  - match: {host}\n    access: {is}\nor with \
                     --{is} {host}",
                    host = host,
                    is = is
                );
                let draft =
                    Draft::new(&finding::ASSUMED_REGISTRY_ACCESS, message).at(at).image(image);
                out.report(draft.remedy(remedy).once_for([reference.domain()]));
            }
        }
    }
}

/// `declared for ghcr.io/acme only`.
pub(super) fn declared_for(scope: &Scope<'_>) -> Message {
    let all: Vec<Shown<'_>> = scope.patterns().map(Pattern::shown).collect();
    match &*all {
        [] => "declared for no registry".into(),
        [only] => say!("declared for {} only", only),
        [first @ .., last] if first.len() < NAMES_SHOWN => {
            say!("declared for {} and {} only", list(first, ", "), last)
        }
        many => say!(
            "declared for {} and {} others only",
            list(&many[..NAMES_SHOWN], ", "),
            many.len() - NAMES_SHOWN
        ),
    }
}

/// What keeps a secret from covering an image, where the secret itself tells.
pub(super) fn sentence(name: &Message, why: &MismatchReason) -> Message {
    match why {
        MismatchReason::Broken(error) => {
            say!("{} cannot be read, so every pull fails ({})", name, error)
        }
        MismatchReason::Rejected(error) => {
            say!("{} is rejected by the API server, so it is not there ({})", name, error)
        }
        MismatchReason::Type => say!("{} has a type that the kubelet ignores", name),
        MismatchReason::Key => {
            say!("{} is rejected by the API server, since it lacks the key of its type", name)
        }
        MismatchReason::Name => say!("{} is not a valid name of a Secret", name),
        MismatchReason::Namespace => say!("{} is in another namespace", name),
        MismatchReason::Miss(miss) => say!("in {} {}", name, miss.message()),
        MismatchReason::Misfit(misfit) => say!("{} gives none: {}", name, plain(*misfit)),
        MismatchReason::Unusable { key, why } => {
            say!("in {} the key '{}' matches, but {}", name, key, plain(*why))
        }
        MismatchReason::Policy => say!("{} is declared for other registries", name),
        MismatchReason::Absent => say!("there is no {} in its namespace of the cluster dump", name),
        MismatchReason::Produced(ProducerFault::Type) => {
            say!("what makes {} gives it a type that the kubelet ignores", name)
        }
        MismatchReason::Produced(ProducerFault::Key(format)) => {
            say!("what makes {} leaves out its key {}", name, format.data_key())
        }
        MismatchReason::Produced(ProducerFault::NoSecret(kind)) => {
            say!("what makes {} makes a {} and no Secret", name, shown(kind))
        }
        MismatchReason::Produced(ProducerFault::Payload(_)) => {
            say!("the template of {} never becomes a valid docker configuration", name)
        }
        MismatchReason::NeverMounted => say!(
            "{} appears only after a pod has mounted it, and every pod that does needs it to start",
            name
        ),
        MismatchReason::StaticPod => say!("a static pod cannot use {}", name),
        MismatchReason::Malformed(_) => say!("the API server rejects what names {}", name),
    }
}

pub(super) fn names(effective: &Effective<'_>) -> Message {
    list(effective.names.iter().map(|name| say!("'{}'", lists::shortened(name))), ", ")
}
