//! What is worth saying about images and their verdicts, and about registries that nobody knows for certain.

use std::collections::BTreeSet;

use crate::finding;
use crate::inventory::producers::ProducerFault;
use crate::inventory::{Image, Pulled};
use crate::policy::AccessFrom;
use crate::policy::Scope;
use crate::policy::registries::Class;
use crate::verdict::{Account, Effective, Judgement, Malformed, Verdict, Why};

use super::super::Judged;
use super::super::covering::CoveringSecret;
use super::super::world::{InUse, ResolvedPod, World};
use super::remedy::why_unasked;
use super::{At, Draft, Findings, NAMES_SHOWN, describe, lists, show};

impl<'c> World<'c> {
    pub(super) fn about_images(&self, out: &mut Findings<'_, '_>) {
        for pod in &self.pods {
            let workload = pod.workload;
            let mut seen = BTreeSet::new();
            for (image, judged) in workload.images.iter().zip(pod.images) {
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
        let reference = show(&image.reference);
        let who = describe(&pod.workload.object);
        let account_name = pod.workload.effective_service_account();
        let unasked = why_unasked(&judged.judgement, account_name);
        let unnamed = format!(
            "{who} references private image '{reference}' but does not specify ImagePullSecrets."
        );
        let (code, message, label) = match (image.parsed(), judged.judgement.verdict) {
            (Err(invalid), _) => (
                &finding::INVALID_IMAGE_REFERENCE,
                format!("{who} has an image reference that does not parse: {invalid}."),
                "does not parse".into(),
            ),
            (Ok(_), Verdict::Missing) => {
                (&finding::MISSING_PULL_SECRET, unnamed + &unasked, self.names_none(pod))
            }
            (Ok(_), Verdict::Unknown) => (
                &finding::UNKNOWN_PULL_SECRET,
                format!("{unnamed} {}{unasked}", self.why_unknown(pod)),
                match pod.account {
                    InUse::Seen { .. } => "created before its ServiceAccount".into(),
                    _ => format!("ServiceAccount '{}' is not known", show(account_name)).into(),
                },
            ),
            (Ok(parsed), Verdict::Mismatched) => (
                &finding::MISMATCHED_PULL_SECRET,
                format!(
                    "{who} references private image '{reference}' but none of its pull secrets ({}) \
                     gives credentials for it: {}.{unasked}",
                    names(pod.effective),
                    self.why(pod, &judged.judgement),
                ),
                format!("no credentials for {}", parsed.registry()).into(),
            ),
            _ => return,
        };
        let mut draft = Draft::new(code, message).at(pod.at_image(image, label)).image(image);
        let covering = self.covering_secret(pod, image, &judged.judgement);
        if let Ok(parsed) = image.parsed() {
            let remedy = self.remedy(pod, parsed, &judged.judgement, covering);
            draft = draft.remedy(remedy).fix(self.fix(pod, image, &judged.judgement, covering));
        }
        out.report(draft.related(Self::behind_verdict(pod, &judged.judgement, covering)));
    }

    /// A Secret of the input that covers an image and is not attached.
    fn covering_secret(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judgement: &Judgement,
    ) -> Option<CoveringSecret<'c, 'c>> {
        let covering = self.covering.filter(|_| judgement.can_be_covered())?;
        covering.first(&pod.workload.object, image.parsed().ok()?, self.policy)
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
            InUse::Seen { account, .. } if pod.effective.names.is_empty() => {
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
        let message = format!(
            "{} references private image '{}' but {what} the API server rejects the {object}.",
            describe(&pod.workload.object),
            show(&image.reference)
        );
        let at = pod.at_image(image, "no pod, no pull");
        let draft = Draft::new(&finding::MISMATCHED_PULL_SECRET, message).at(at).image(image);
        out.report(draft.remedy(remedy));
    }

    /// Why nobody knows the pull secrets of a pod's ServiceAccount.
    fn why_unknown(&self, pod: &ResolvedPod<'c>) -> String {
        let name = show(pod.workload.effective_service_account());
        match self.service_accounts.find(pod.source, pod.workload, self.policy) {
            Account::Later(_) => format!(
                "Its ServiceAccount '{name}' comes after it in the input: applied in this order, the Pod is created \
                 without the pull secrets that are named there."
            ),
            _ => {
                format!("Its ServiceAccount '{name}' is not in the input, and nothing declares it.")
            }
        }
    }

    /// What keeps the nearest of a pod's secrets from covering an image.
    fn why(&self, pod: &ResolvedPod<'c>, judgement: &Judgement) -> String {
        let name = judgement.secret.and_then(|at| pod.effective.names.get(at));
        let name = name.map_or("", |name| &**name);
        let namespace = pod.given_namespace();
        let scope = || self.policy.scope(namespace, name).map(|scope| declared_for(&scope));
        let name = format!("'{}'", show(&lists::shortened(name)));
        match judgement.why() {
            None => format!("{name} is for other registries"),
            Some(Why::Policy) => format!("{name} is {}", scope().unwrap_or_default()),
            Some(why) => sentence(&name, why),
        }
    }

    fn about_placeholder(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        by: &str,
    ) {
        let message = format!(
            "{} has the placeholder '{}' for an image, to be replaced in the cluster by {by}: its registry is not known.",
            describe(&pod.workload.object),
            show(&image.reference)
        );
        let at = pod.at_image(image, "replaced in the cluster");
        out.report(Draft::new(&finding::PLACEHOLDER_IMAGE, message).at(at));
    }

    /// Once for each registry that nobody knows for certain.
    pub(super) fn about_registries(&self, out: &mut Findings<'_, '_>) {
        let mut seen = BTreeSet::new();
        for pod in &self.pods {
            let workload = pod.workload;
            for (image, judged) in workload.images.iter().zip(pod.images) {
                let Some((class, AccessFrom::Assumed)) = judged.access else { continue };
                let Ok(reference) = image.parsed() else { continue };
                if !seen.insert(reference.domain().to_owned()) {
                    continue;
                }
                let (is, line) = match class {
                    Class::Private => ("private", "private"),
                    Class::Public => ("public", "public"),
                };
                let host = show(reference.domain());
                let at = pod.at_image(image, format!("{host} is assumed to be {is}"));
                let message = format!("Images of {host} are assumed to be {is}.");
                let remedy = format!(
                    "say so in the policy:\n  registries:\n  - match: {host}\n    access: {line}\nor with \
                     --{line} {host}"
                );
                let draft =
                    Draft::new(&finding::ASSUMED_REGISTRY_ACCESS, message).at(at).image(image);
                out.report(draft.remedy(remedy).once_for([reference.domain()]));
            }
        }
    }
}

/// `declared for ghcr.io/acme only`.
fn declared_for(scope: &Scope<'_>) -> String {
    let all: Vec<_> =
        scope.patterns().map(|pattern| show(&pattern.to_string()).into_owned()).collect();
    match &*all {
        [] => "declared for no registry".to_owned(),
        [first @ .., last] if first.len() < NAMES_SHOWN => {
            let first =
                if first.is_empty() { String::new() } else { format!("{} and ", first.join(", ")) };
            format!("declared for {first}{last} only")
        }
        many => format!(
            "declared for {} and {} others only",
            many[..NAMES_SHOWN].join(", "),
            many.len() - NAMES_SHOWN
        ),
    }
}

/// What keeps a secret from covering an image, where the secret itself tells.
fn sentence(name: &str, why: &Why) -> String {
    match why {
        Why::Broken(error) => format!("{name} cannot be read, so every pull fails ({error})"),
        Why::Rejected(error) => {
            format!("{name} is rejected by the API server, so it is not there ({})", show(error))
        }
        Why::Type => format!("{name} has a type that the kubelet ignores"),
        Why::Key => {
            format!("{name} is rejected by the API server, since it lacks the key of its type")
        }
        Why::Name => format!("{name} is not a valid name of a Secret"),
        Why::Namespace => format!("{name} is in another namespace"),
        Why::Miss(miss) => format!("in {name} {miss}"),
        Why::Misfit(misfit) => format!("{name} gives none: {misfit}"),
        Why::Unusable { key, why } => format!("in {name} the key '{key}' matches, but {why}"),
        Why::Policy => format!("{name} is declared for other registries"),
        Why::Absent => format!("there is no {name} in its namespace of the cluster dump"),
        Why::Produced(ProducerFault::Type) => {
            format!("what makes {name} gives it a type that the kubelet ignores")
        }
        Why::Produced(ProducerFault::Key(format)) => {
            format!("what makes {name} leaves out its key {}", format.data_key())
        }
        Why::Produced(ProducerFault::NoSecret(kind)) => {
            format!("what makes {name} makes a {} and no Secret", show(kind))
        }
        Why::Produced(ProducerFault::Payload(_)) => {
            format!("the template of {name} never becomes a valid docker configuration")
        }
        Why::NeverMounted => format!(
            "{name} appears only after a pod has mounted it, and every pod that does needs it to start"
        ),
        Why::StaticPod => format!("a static pod cannot use {name}"),
        Why::Malformed(_) => format!("the API server rejects what names {name}"),
    }
}

fn names(effective: &Effective<'_>) -> String {
    let names = effective.names.iter().map(|name| format!("'{}'", show(&lists::shortened(name))));
    names.collect::<Vec<_>>().join(", ")
}
