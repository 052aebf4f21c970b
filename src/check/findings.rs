//! What is worth saying about facts, verdicts and injections: messages and remedies with the real names.

mod accounts;
mod custom;
mod draft;
mod fix;
mod flaws;
mod hostless;
mod identity;
mod lists;
mod misnamed;
mod mountable;
mod order;
mod producers;
mod remedy;
mod renamed;
mod rotation;
mod secrets;
mod stamps;
mod usage;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::finding::{self, Finding, Fingerprint, Place, Severity, Subject, Suppression};
use crate::inject::{self, Added, Holder, Note, Refused};
use crate::inventory::producers::Fault;
use crate::inventory::stamp::Stamped;
use crate::inventory::{
    Image, Inventory, ListState, Object, PullSecrets, Pulled, Whence, Workload,
};
use crate::mask;
use crate::policy::registries::Class;
use crate::policy::{self, AccessFrom, OnRefusal, Policy, RuleId, Scope};
use crate::source::{self, Source, Span};
use crate::verdict::{
    Account, Accounts, Effective, Judgement, Known, Malformed, Origin, Secrets, Verdict, Why,
};

use super::covering::Covering;
use super::naming::Names;
use super::{Circumstances, InUse, Input, Judged, Pod};

use draft::{At, Draft};
use remedy::why_unasked;

/// How many names a message lists.
const NAMES_SHOWN: usize = 5;

/// Puts findings together.
pub(super) struct Findings<'c, 'a> {
    pub(super) sources: &'c [Source],
    pub(super) inventories: &'c [Inventory<'a>],
    pub(super) service_accounts: &'c Accounts<'c, 'a>,
    pub(super) secrets: &'c Secrets<'c>,
    pub(super) pods: &'c [Pod<'a>],
    /// The ServiceAccount of each pod.
    pub(super) accounts: &'c [InUse],
    /// The workloads of each source with their stamps; nothing if nobody asks for them.
    pub(super) stamped: &'c [Vec<Stamped<'c>>],
    pub(super) added: &'c Added<'a>,
    pub(super) policy: &'c Policy,
    pub(super) circumstances: Circumstances<'c>,
    pub(super) used: BTreeSet<RuleId>,
    pub(super) found: Vec<Finding>,
    /// What exceptions of the policy accept.
    pub(super) suppressed: Vec<Finding>,
    /// The Secrets of the input that can be proposed, if an image needs one.
    pub(super) covering: Option<&'c Covering<'c, 'a>>,
    /// The names of pull secrets that are in use, if a remedy asks.
    pub(super) names: OnceCell<Names<'c>>,
    /// Whether something could not be read.
    pub(super) unreadable: bool,
    /// What has been said of exceptions that have expired.
    pub(super) expired: BTreeSet<String>,
    /// The images whose findings an exception accepts.
    pub(super) excused: BTreeSet<(usize, Span)>,
}

impl<'c, 'a> Findings<'c, 'a> {
    /// Collects all findings in order.
    pub(super) fn collect(&mut self, notes: &[Note]) {
        self.about_input();
        self.about_flaws();
        self.about_lists();
        self.about_mountable();
        self.about_images();
        self.about_registries();
        self.about_custom_resources();
        self.about_service_accounts();
        self.about_absent_accounts();
        self.about_duplicate_accounts();
        self.about_secrets();
        self.about_misnamed();
        self.about_identities();
        self.about_order();
        self.about_injection(notes);
        self.about_stamps();
        self.about_policy();
        let key = |finding: &Finding| {
            let place = finding.place.as_ref();
            let at = place.map(|place| (place.source, place.span.start, place.span.end));
            (finding.code.concern(), at.is_none(), at, finding.code.name)
        };
        self.found.sort_by(|a, b| key(a).cmp(&key(b)));
        self.suppressed.sort_by(|a, b| key(a).cmp(&key(b)));
    }

    fn about_input(&mut self) {
        let empty = |source: &Source| source.text.lines().all(is_no_content);
        if self.sources.iter().all(empty) {
            let code = &finding::EMPTY_INPUT;
            let (severity, remedy) = match self.circumstances.input {
                _ if !self.circumstances.require_input => (code.severity, code.remedy),
                Input::Files => (Severity::Error, "Name a file or folder with manifests."),
                _ => (Severity::Error, "Look at the command that should have made manifests."),
            };
            let draft = Draft::new(code, "The input holds no document.");
            self.report(draft.severity(severity).remedy(remedy));
        } else if self.circumstances.input == Input::Piped && !self.holds_object() {
            let message = "The input holds text and no Kubernetes object.";
            self.report(Draft::new(&finding::NO_KUBERNETES_OBJECT, message));
        }
        // Helm captures the standard error of its post-renderer.
        let in_between = self.circumstances.input == Input::Stream && !self.circumstances.watched;
        if in_between && self.sources.iter().any(may_be_from_helm3) {
            let message = "If Helm 3 runs this as its post-renderer, hooks and tests of the chart are not \
                           covered: it does not send them.";
            self.report(Draft::new(&finding::HOOKS_NOT_SENT, message));
        }
    }

    /// Whether some manifest says what it is. What cannot be read may.
    fn holds_object(&self) -> bool {
        self.unreadable
            || self.manifests().any(|(_, inventory)| inventory.objects > 0)
            || self.sources.iter().any(|source| Inventory::is_typed(&source.text))
    }

    /// What is judged, with the number of its source: a dump of the cluster is not.
    fn manifests(&self) -> impl Iterator<Item = (usize, &'c Inventory<'a>)> + use<'c, 'a> {
        let all = self.inventories.iter().enumerate();
        all.filter(|(_, inventory)| inventory.whence == Whence::Manifests)
    }

    fn is_in_cluster(&self, object: &Object<'_>) -> bool {
        self.inventories[object.source as usize].whence == Whence::Cluster
    }

    /// `ServiceAccount 'app'`, and where it is if that is not the input.
    fn describe_in(&self, object: &Object<'_>) -> String {
        let place = if self.is_in_cluster(object) { " (in the cluster dump)" } else { "" };
        format!("{}{place}", describe(object))
    }

    fn about_images(&mut self) {
        for (pod, account) in self.pods.iter().zip(self.accounts) {
            let workload = &self.inventories[pod.source].workloads[pod.index];
            let mut seen = BTreeSet::new();
            for (image, judged) in workload.images.iter().zip(&pod.images) {
                // The same image can be in a container that never pulls it and in one that does.
                let is_pulled = judged.judgement.verdict != Verdict::NotPulled;
                if is_pulled && seen.insert(&*image.reference) {
                    self.about_image(pod, workload, image, judged, *account);
                }
            }
        }
    }

    fn about_image(
        &mut self,
        pod: &Pod<'_>,
        workload: &Workload<'_>,
        image: &Image<'_>,
        judged: &Judged,
        account: InUse,
    ) {
        if let Pulled::ReplacedBy(by) = image.pulled {
            self.about_placeholder(pod, workload, image, by);
        }
        let bad = [Verdict::Invalid, Verdict::Missing, Verdict::Unknown, Verdict::Mismatched];
        if !bad.contains(&judged.judgement.verdict) {
            return;
        }
        if let Some(malformed) = judged.judgement.malformed() {
            return self.about_malformed(pod, workload, image, malformed);
        }
        let reference = show(&image.reference);
        let who = describe(&workload.object);
        let account_name = workload.effective_service_account();
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
            (Ok(_), Verdict::Missing) => (
                &finding::MISSING_PULL_SECRET,
                unnamed + &unasked,
                self.names_none(workload, account),
            ),
            (Ok(_), Verdict::Unknown) => (
                &finding::UNKNOWN_PULL_SECRET,
                format!("{unnamed} {}{unasked}", self.why_unknown(pod, workload)),
                match account {
                    InUse::Seen { .. } => "created before its ServiceAccount".into(),
                    _ => format!("ServiceAccount '{}' is not known", show(account_name)).into(),
                },
            ),
            (Ok(parsed), Verdict::Mismatched) => (
                &finding::MISMATCHED_PULL_SECRET,
                format!(
                    "{who} references private image '{reference}' but none of its pull secrets ({}) \
                     gives credentials for it: {}.{unasked}",
                    names(&pod.effective),
                    self.why(pod, workload, &judged.judgement),
                ),
                format!("no credentials for {}", parsed.registry()).into(),
            ),
            _ => return,
        };
        let mut draft = Draft::new(code, message).at(self.at_image(pod, image, label)).image(image);
        if let Ok(parsed) = image.parsed() {
            draft = draft.remedy(self.remedy(pod, parsed, &judged.judgement)).fix(self.fix(
                pod,
                image,
                &judged.judgement,
                account,
            ));
        }
        self.report(draft.related(self.behind_verdict(pod, image, &judged.judgement, account)));
    }

    /// What a verdict that fails names: the secret that comes nearest, or the ServiceAccount that names none; and the
    /// Secret of the input that would do.
    fn behind_verdict(
        &self,
        pod: &Pod<'_>,
        image: &Image<'_>,
        judgement: &Judgement,
        account: InUse,
    ) -> Vec<At<'c>> {
        let label = "gives no credentials for it";
        let nearest = judgement.secret.and_then(|at| self.at_secret(pod, account, at, label));
        let account = match account {
            InUse::Seen { id, .. } if pod.effective.names.is_empty() => {
                let object = self.service_accounts.object(id);
                Some(At::new(object, object.label, "names no pull secret"))
            }
            _ => None,
        };
        let object = &self.inventories[pod.source].workloads[pod.index].object;
        let covering = self.covering.filter(|_| judgement.can_be_covered());
        let covering = covering.zip(image.parsed().ok()).and_then(|(covering, image)| {
            let (_, object) = covering.first(object, image, self.policy)?;
            Some(At::new(object, object.label, "covers the image"))
        });
        nearest.into_iter().chain(account).chain(covering).collect()
    }

    /// Where one of the pull secrets of a pod is, or what makes it, if that is in the input or a dump.
    fn at_secret(
        &self,
        pod: &Pod<'_>,
        account: InUse,
        at: usize,
        label: &'static str,
    ) -> Option<At<'c>> {
        let object = self.pull_secret(pod, account, &pod.effective.names[at]).object()?;
        Some(At::new(object, object.label, label))
    }

    /// An image that is never pulled, since the API server does not take its pod.
    fn about_malformed(
        &mut self,
        pod: &Pod<'_>,
        workload: &Workload<'_>,
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
            describe(&workload.object),
            show(&image.reference)
        );
        let at = self.at_image(pod, image, "no pod, no pull");
        let draft = Draft::new(&finding::MISMATCHED_PULL_SECRET, message).at(at).image(image);
        self.report(draft.remedy(remedy));
    }

    /// Why nobody knows the pull secrets of a pod's ServiceAccount.
    fn why_unknown(&self, pod: &Pod<'_>, workload: &Workload<'_>) -> String {
        let name = show(workload.effective_service_account());
        match self.service_accounts.find(pod.source, workload, self.policy) {
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
    fn why(&self, pod: &Pod<'_>, workload: &Workload<'_>, judgement: &Judgement) -> String {
        let name = judgement.secret.and_then(|at| pod.effective.names.get(at));
        let name = name.map_or("", |name| &**name);
        let namespace = workload.object.namespace.as_deref();
        let scope = || self.policy.scope(namespace, name).map(|scope| declared_for(&scope));
        let name = format!("'{}'", show(&lists::shortened(name)));
        match judgement.why() {
            None => format!("{name} is for other registries"),
            Some(Why::Policy) => format!("{name} is {}", scope().unwrap_or_default()),
            Some(why) => sentence(&name, why),
        }
    }

    fn about_placeholder(
        &mut self,
        pod: &Pod<'_>,
        workload: &Workload<'_>,
        image: &Image<'_>,
        by: &str,
    ) {
        let message = format!(
            "{} has the placeholder '{}' for an image, to be replaced in the cluster by {by}: its registry is not known.",
            describe(&workload.object),
            show(&image.reference)
        );
        let at = self.at_image(pod, image, "replaced in the cluster");
        self.report(Draft::new(&finding::PLACEHOLDER_IMAGE, message).at(at));
    }

    /// Once for each registry that nobody knows for certain.
    fn about_registries(&mut self) {
        let mut seen = BTreeSet::new();
        for pod in self.pods {
            let workload = &self.inventories[pod.source].workloads[pod.index];
            for (image, judged) in workload.images.iter().zip(&pod.images) {
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
                let at = self.at_image(pod, image, format!("{host} is assumed to be {is}"));
                let message = format!("Images of {host} are assumed to be {is}.");
                let remedy = format!(
                    "say so in the policy:\n  registries:\n  - match: {host}\n    access: {line}\nor with \
                     --{line} {host}"
                );
                let draft =
                    Draft::new(&finding::ASSUMED_REGISTRY_ACCESS, message).at(at).image(image);
                self.report(draft.remedy(remedy).once_for([reference.domain()]));
            }
        }
    }

    fn about_service_accounts(&mut self) {
        let mut assumed_seen = BTreeSet::new();
        for (pod, account) in self.pods.iter().zip(self.accounts) {
            let InUse::Seen { id, assumed } = *account else { continue };
            let workload = &self.inventories[pod.source].workloads[pod.index];
            let service_account = &self.inventories[id.source].service_accounts[id.index];
            let holder = Holder::Pod { source: pod.source, index: pod.index };
            let who = describe(&workload.object);
            let account_name = self.describe_in(&service_account.object);
            if assumed && assumed_seen.insert(id) {
                let message = format!(
                    "{who} is assumed to run as {}, although the two do not both name a namespace.",
                    self.describe_in(&service_account.object)
                );
                let at = self.at_list(holder, workload.object.label, "which namespace is this in?");
                let object = &service_account.object;
                let related = At::new(object, object.label, "assumed to be its ServiceAccount");
                let draft = Draft::new(&finding::ASSUMED_SERVICE_ACCOUNT, message).at(at);
                let namespace = self.namespace(object).unwrap_or_default();
                let name = object.name.as_deref().unwrap_or_default();
                self.report(draft.related([related]).once_for([namespace, name]));
            }
            if pod.effective.origin != Origin::Pod {
                continue;
            }
            let account_holder = Holder::Account(id);
            let listed = &inject::list(self.inventories, account_holder);
            let added = self.added.get(&account_holder);
            let on_account = |name: &str| {
                listed.names().any(|listed| listed == name)
                    || added.is_some_and(|added| added.iter().any(|added| added == name))
            };
            let hidden = listed.names().filter(|name| !pod.effective.names.contains(name));
            let hidden: Vec<_> = hidden.map(|name| format!("'{}'", show(name))).collect();
            let account_list = "the ServiceAccount's list";
            if !hidden.is_empty() {
                let message = format!(
                    "{who} names pull secrets of its own, so {} of {account_name} is not used.",
                    hidden.join(", ")
                );
                let at = self.at_whole_list(holder, "this list hides the ServiceAccount's");
                let other = self.at_whole_list(account_holder, account_list);
                let draft = Draft::new(&finding::SHADOWED_SERVICE_ACCOUNT_SECRETS, message).at(at);
                self.report(draft.related([other]));
            }
            if service_account.enforces_mountable {
                for name in pod.effective.names.iter().filter(|name| !on_account(name)) {
                    let shown = show(name);
                    let message = format!(
                        "{who} names the pull secret '{shown}', which {account_name} does not name and so \
                         forbids."
                    );
                    let at = self.at_whole_list(holder, "rejected by the admission controller");
                    let other = self.at_whole_list(account_holder, account_list);
                    let draft = Draft::new(&finding::PULL_SECRET_NOT_MOUNTABLE, message).at(at);
                    self.report(draft.related([other]).about(name));
                }
            }
        }
    }

    fn about_injection(&mut self, notes: &[Note]) {
        let mut unknown = BTreeSet::new();
        let mut first_unknown = None;
        for note in notes {
            match note {
                Note::OptedOut(holder) => {
                    let name = describe(inject::object(self.inventories, *holder));
                    let message = format!(
                        "{name} opts out of injection (pullcreds.dev/inject: \"false\"); nothing was \
                         injected."
                    );
                    let span = inject::object(self.inventories, *holder).label;
                    let at = self.at_list(*holder, span, "opts out");
                    self.report(Draft::new(&finding::INJECTION_SKIPPED, message).at(at));
                }
                Note::StaticPod(holder) => {
                    let object = inject::object(self.inventories, *holder);
                    let message = format!(
                        "{} is a static pod, which can use no Secret; nothing was injected.",
                        describe(object)
                    );
                    let at = self.at_list(*holder, object.label, "a static pod");
                    self.report(Draft::new(&finding::INJECTION_SKIPPED, message).at(at));
                }
                Note::PodInstead(holder) if self.added.contains_key(holder) => {
                    let name = describe(inject::object(self.inventories, *holder));
                    let message = format!(
                        "{name} has pull secrets of its own, so those of its ServiceAccount are ignored: \
                         the new ones went to the pod."
                    );
                    let span = inject::list(self.inventories, *holder).span;
                    let at = self.at_list(*holder, span, "this list is the one that counts");
                    let draft =
                        Draft::new(&finding::SHADOWED_SERVICE_ACCOUNT_SECRETS, message).at(at);
                    self.report(draft);
                }
                Note::MayHide(holder) if self.added.contains_key(holder) => {
                    let Holder::Pod { source, index } = *holder else { continue };
                    let workload = &self.inventories[source].workloads[index];
                    let account = workload.effective_service_account();
                    let namespace = workload.object.namespace.as_deref();
                    if unknown.insert((namespace, account)) && unknown.len() == 1 {
                        first_unknown = Some(*holder);
                    }
                }
                Note::AppliedLater { holder, account, in_pod } => {
                    let target = if *in_pod { *holder } else { Holder::Account(*account) };
                    if self.added.contains_key(&target) {
                        self.about_late_injection(*holder, *account, *in_pod);
                    }
                }
                Note::PodInstead(_) | Note::MayHide(_) => {}
                Note::Refused(refused) => self.refused(refused),
            }
        }
        if let Some(holder) = first_unknown {
            self.may_hide(holder, &unknown);
        }
        for holder in self.added.keys() {
            let Holder::Pod { source, index } = *holder else { continue };
            let workload = &self.inventories[source].workloads[index];
            // A hook is not changed: it is deleted and made again.
            let hook = workload.object.timing.as_ref().is_some_and(|timing| timing.is_hook());
            if let Some(why) = workload.kind.immutable.as_ref().filter(|_| !hook) {
                let message =
                    format!("{} got pull secrets, and {why}.", describe(&workload.object));
                let span = workload.object.label;
                let at = self.at_list(*holder, span, "delete it before an upgrade");
                self.report(Draft::new(&finding::INJECTED_INTO_IMMUTABLE, message).at(at));
            }
        }
    }

    /// Told once, for all ServiceAccounts that are not known.
    fn may_hide(&mut self, first: Holder, unknown: &BTreeSet<(Option<&str>, &str)>) {
        let names = unknown.iter().take(NAMES_SHOWN).map(|(namespace, name)| {
            let namespace = namespace.map(|namespace| format!("{}/", show(namespace)));
            format!("'{}{}'", namespace.unwrap_or_default(), show(name))
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let more = match unknown.len().saturating_sub(NAMES_SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "Pods got pull secrets of their own; if their ServiceAccounts have some in the cluster, those \
             are hidden now ({names}{more})."
        );
        let span = inject::object(self.inventories, first).label;
        let at = self.at_list(first, span, "its ServiceAccount is not known");
        let draft = Draft::new(&finding::MAY_HIDE_SERVICE_ACCOUNT_SECRETS, message).at(at);
        self.report(draft.once_for([]));
    }

    fn refused(&mut self, refused: &Refused) {
        let Refused { holder, ref names, span, why, ref advice } = *refused;
        let object = inject::object(self.inventories, holder);
        let message = format!(
            "{} cannot get the pull secret {}: {why}.",
            describe(object),
            names.iter().map(|name| format!("'{}'", show(name))).collect::<Vec<_>>().join(", ")
        );
        let at = self.at_list(holder, span.unwrap_or(object.label), why);
        let severity = match self.policy.inject().on_refusal {
            OnRefusal::Fail => finding::INJECTION_REFUSED.severity,
            OnRefusal::Warn => Severity::Warning,
        };
        let draft = Draft::new(&finding::INJECTION_REFUSED, message).severity(severity).at(at);
        self.report(draft.remedy(advice.clone()));
    }

    fn about_policy(&mut self) {
        if self.circumstances.input == Input::Stream {
            return;
        }
        let code = &finding::UNUSED_POLICY_ENTRY;
        let unmatched: Vec<_> =
            self.policy.unmatched(&self.used).into_iter().map(|(rule, _)| rule).collect();
        // Exceptions for this very finding come last: they may be used until then.
        let accepts = |rule: &RuleId| match rule {
            RuleId::Exception(at) => self.policy.exceptions()[*at].code == code.name,
            _ => false,
        };
        let (last, first): (Vec<_>, Vec<_>) = unmatched.into_iter().partition(accepts);
        for rule in first.into_iter().chain(last) {
            if self.policy.span(rule).is_none() || self.used.contains(&rule) {
                continue;
            }
            let entry = entry(self.policy, rule);
            let draft = Draft::new(code, format!("{entry} of the policy matched nothing."));
            self.report(draft.once_for([&entry]));
        }
    }

    /// The namespace of an object.
    fn namespace<'o>(&self, object: &'o Object<'_>) -> Option<&'o str>
    where
        'c: 'o,
    {
        object.namespace.as_deref().or(self.policy.namespace())
    }

    /// What is known of a pull secret that a pod names.
    fn pull_secret(&self, pod: &Pod<'_>, account: InUse, name: &str) -> Known<'c> {
        let namespace =
            self.inventories[pod.source].workloads[pod.index].object.namespace.as_deref();
        let referrer = self.referrer(pod, account);
        self.secrets.find(pod.source, namespace, referrer, name, self.policy)
    }

    /// An image of a pod.
    fn at_image(
        &self,
        pod: &Pod<'_>,
        image: &Image<'_>,
        label: impl Into<Cow<'static, str>>,
    ) -> At<'c> {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        At::new(&workload.object, image.span, label)
            .path(workload.path(&image.field.to_string()))
            .by_name(workload.own_path(&image.field_by_name()))
    }

    /// A pod as a whole.
    fn at_pod(&self, pod: &Pod<'_>, label: impl Into<Cow<'static, str>>) -> At<'c> {
        let object = &self.inventories[pod.source].workloads[pod.index].object;
        let holder = Holder::Pod { source: pod.source, index: pod.index };
        At::new(object, object.label, label).of_holder(holder)
    }

    /// Something about the list of a holder.
    fn at_list(&self, holder: Holder, span: Span, label: impl Into<Cow<'static, str>>) -> At<'c> {
        let object = inject::object(self.inventories, holder);
        At::new(object, span, label).path(inject::path(self.inventories, holder)).of_holder(holder)
    }

    /// The list of a holder, or the name of the holder if it has none.
    fn at_whole_list(&self, holder: Holder, label: impl Into<Cow<'static, str>>) -> At<'c> {
        let object = inject::object(self.inventories, holder);
        self.at_list(holder, list_span(inject::list(self.inventories, holder), object), label)
    }

    /// Takes in a finding. One that an exception of the policy accepts is kept apart.
    fn report(&mut self, draft: Draft<'_>) {
        let suppressed = self.suppression(&draft);
        let place = draft.at.as_ref().map(|at| self.place(at));
        let details = draft.details.iter().map(|detail| show(detail).into_owned());
        let details: Vec<_> = details.collect();
        let fingerprint = match (&draft.at, &place) {
            (Some(at), Some(place)) if !draft.is_for_all => {
                Fingerprint::of_object(draft.code, &place.object, &show(&at.field()), &details)
            }
            _ => Fingerprint::of_run(draft.code, &details),
        };
        let shown = |text: &str| show(text).into_owned();
        let finding = Finding {
            code: draft.code,
            severity: self.policy.severity(draft.code.name).unwrap_or(draft.severity),
            message: without_tokens(draft.message.into()).into_owned(),
            place,
            related: draft.related.iter().map(|at| self.place(at)).collect(),
            image: draft.image.map(|image| shown(&image.reference)),
            container: draft.image.and_then(|image| image.container.as_deref()).map(shown),
            remedy: draft.remedy.map(without_tokens),
            fix: draft.fix,
            fingerprint,
            suppressed,
        };
        let list =
            if finding.suppressed.is_some() { &mut self.suppressed } else { &mut self.found };
        list.push(finding);
    }

    fn place(&self, at: &At<'_>) -> Place {
        Place {
            source: at.object.source as usize,
            document: at.object.document,
            span: at.span,
            chunk: at.object.chunk,
            label: without_tokens(at.label.clone()),
            path: without_tokens(at.path.clone().into()).into_owned(),
            object: subject(at.object, self.policy),
        }
    }

    /// The exception of the policy that accepts a finding. One that has expired is itself worth a finding.
    fn suppression(&mut self, draft: &Draft<'_>) -> Option<Suppression> {
        if self.policy.exceptions().is_empty() {
            return None;
        }
        let code = draft.code.name;
        let mut all = self.policy.exceptions().iter().filter(|one| one.code == code);
        let images =
            if all.any(|one| one.image.is_some()) { self.images(draft) } else { Vec::new() };
        let object = draft.at.as_ref().map(|at| at.object);
        let about = policy::Subject {
            code: draft.code.name,
            kind: object.map(|object| &*object.type_meta.kind),
            namespace: object
                .and_then(|object| object.namespace.as_deref().or(self.policy.namespace())),
            name: object.and_then(|object| object.name.as_deref()),
            images: &images,
        };
        let today = self.circumstances.today();
        let (rule, exception) = self.policy.exception(about, today)?;
        self.used.insert(rule);
        if exception.is_expired(today) {
            let message = format!("{} of the policy has expired.", entry(self.policy, rule));
            if self.expired.insert(message.clone()) {
                let expired = Draft::new(&finding::EXPIRED_EXCEPTION, message);
                self.report(expired.once_for([&exception.code, &exception.reason]));
            }
            return None;
        }
        let image = draft.image.zip(object);
        self.excused.extend(image.map(|(image, object)| (object.source as usize, image.span)));
        let reason = without_tokens(show(&exception.reason).into_owned().into()).into_owned();
        let expires = exception.expires.as_ref().map(|expires| expires.value.to_string());
        Some(Suppression { reason, expires })
    }

    /// Domains and paths of the image that a finding is about, or of all images of the pod or ServiceAccount whose list it
    /// is about. None if one of them does not parse: nobody knows what that would be.
    fn images<'d>(&self, draft: &'d Draft<'_>) -> Vec<(&'d str, &'d str)>
    where
        'c: 'd,
    {
        let parts = |image: &'d Image<'_>| {
            let reference = image.parsed().ok()?;
            Some((reference.domain(), reference.path()))
        };
        if let Some(image) = draft.image {
            return parts(image).into_iter().collect();
        }
        let Some(holder) = draft.at.as_ref().and_then(|at| at.holder) else { return Vec::new() };
        let images = self.pods_of(holder).flat_map(|pod| {
            let workload: &'c Workload<'a> = &self.inventories[pod.source].workloads[pod.index];
            &workload.images
        });
        images.map(parts).collect::<Option<_>>().unwrap_or_default()
    }

    /// The pods of a workload, or those that have their pull secrets from a ServiceAccount.
    fn pods_of(&self, holder: Holder) -> impl Iterator<Item = &'c Pod<'a>> {
        let (pods, accounts) = (self.pods, self.accounts);
        let all = pods.iter().zip(accounts);
        let of = all.filter(move |(pod, account)| match (holder, account) {
            (Holder::Pod { source, index }, _) => (pod.source, pod.index) == (source, index),
            (Holder::Account(of), InUse::Seen { id, .. }) => {
                *id == of && pod.effective.origin == Origin::ServiceAccount
            }
            (Holder::Account(_), _) => false,
        });
        of.map(|(pod, _)| pod)
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
        Why::Produced(Fault::Type) => {
            format!("what makes {name} gives it a type that the kubelet ignores")
        }
        Why::Produced(Fault::Key(format)) => {
            format!("what makes {name} leaves out its key {}", format.data_key())
        }
        Why::Produced(Fault::NoSecret(kind)) => {
            format!("what makes {name} makes a {} and no Secret", show(kind))
        }
        Why::Produced(Fault::Payload(_)) => {
            format!("the template of {name} never becomes a valid docker configuration")
        }
        Why::NeverMounted => format!(
            "{name} appears only after a pod has mounted it, and every pod that does needs it to start"
        ),
        Why::StaticPod => format!("a static pod cannot use {name}"),
        Why::Malformed(_) => format!("the API server rejects what names {name}"),
    }
}

/// Where a list stands, or the name of the object that has none.
fn list_span(list: &PullSecrets<'_>, object: &Object<'_>) -> Span {
    if list.state == ListState::Absent { object.label } else { list.span }
}

/// An entry of the policy, in words.
fn entry(policy: &Policy, rule: RuleId) -> String {
    match rule {
        RuleId::Registry(at) => {
            format!("The entry for registry '{}'", policy.registries()[at].pattern.value)
        }
        RuleId::ServiceAccount(at) => {
            format!("The ServiceAccount '{}'", policy.cluster().service_accounts[at].name)
        }
        RuleId::Secret(at) => format!("The secret '{}'", policy.cluster().secrets[at].name),
        RuleId::CustomResource(at) => {
            format!("The custom resource '{}'", policy.custom_resources()[at].kind)
        }
        RuleId::Exception(at) => {
            let exception = &policy.exceptions()[at];
            format!("The exception for {} (\"{}\")", exception.code, exception.reason)
        }
    }
}

fn names(effective: &Effective<'_>) -> String {
    let names = effective.names.iter().map(|name| format!("'{}'", show(&lists::shortened(name))));
    names.collect::<Vec<_>>().join(", ")
}

/// `12 hours`.
fn hours(seconds: u64) -> String {
    match seconds / 3600 {
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}

/// The article before the name of a kind of credential.
fn article(name: &str) -> &'static str {
    // The two that are spelt, and begin with the sound of an e.
    let spelt = ["NVIDIA", "npm"].iter().any(|word| name.starts_with(word));
    if spelt || name.starts_with(['A', 'E', 'I', 'O', 'i']) { "an" } else { "a" }
}

/// `Deployment 'api'`.
fn describe(object: &Object<'_>) -> String {
    let name = object.name.as_deref().unwrap_or_default();
    format!("{} '{}'", show(&object.type_meta.kind), show(name))
}

fn subject(object: &Object<'_>, policy: &Policy) -> Subject {
    let namespace = object.namespace.as_deref().or(policy.namespace());
    Subject {
        api_version: show(&object.type_meta.api_version).into_owned(),
        kind: show(&object.type_meta.kind).into_owned(),
        namespace: namespace.map(|namespace| show(namespace).into_owned()),
        name: object.name.as_deref().map(|name| show(name).into_owned()),
    }
}

/// Text of the input, as a message may show it.
fn show(text: &str) -> Cow<'_, str> {
    mask::credentials(text)
}

/// A text of a finding as it is kept. All of them pass here, so that a token in one that was put together of names,
/// hosts, keys or paths is masked, too.
fn without_tokens(text: Cow<'static, str>) -> Cow<'static, str> {
    match mask::tokens(&text) {
        Cow::Owned(masked) => Cow::Owned(masked),
        Cow::Borrowed(_) => text,
    }
}

/// Whether a stream may be what Helm 3 sends to its post-renderer: it begins with a marker and the name of a
/// template (`renderResources` of `pkg/action/action.go`), and there is no hook in it. Helm 4 sends neither.
/// `helm template` prints the same of a chart without hooks.
fn may_be_from_helm3(source: &Source) -> bool {
    source.text.starts_with("---\n# Source: ") && !source::holds(&source.text, "helm.sh/hook")
}

/// Whether a line holds nothing but a comment, a document marker or blanks.
fn is_no_content(line: &str) -> bool {
    let line = line.trim().trim_start_matches('\u{feff}');
    line.is_empty() || line == "---" || line == "..." || line.starts_with('#')
}
