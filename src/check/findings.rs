//! What is worth saying about facts, verdicts and injections: messages and remedies with the real names.

mod accounts;
mod custom;
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

use crate::finding::{self, Code, Finding, Place, Severity, Subject};
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
    Account, Accounts, Effective, Judgement, Malformed, Origin, Secrets, Verdict, Why,
};

use super::covering::Covering;
use super::naming::Names;
use super::{Circumstances, InUse, Input, Judged, Pod};

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

/// Where something was found, before it is put into words.
struct At<'f> {
    source: usize,
    object: &'f Object<'f>,
    span: Span,
    path: String,
    label: Cow<'static, str>,
}

impl<'c, 'a> Findings<'c, 'a> {
    /// Collects all findings in order; gives the images that are excused.
    pub(super) fn collect(&mut self, notes: &[Note]) -> BTreeSet<(usize, Span)> {
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
        std::mem::take(&mut self.excused)
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
            let message = "The input holds no document.".to_owned();
            self.general(code, severity, message, Some(remedy));
        } else if self.circumstances.input == Input::Piped && !self.holds_object() {
            let code = &finding::NO_KUBERNETES_OBJECT;
            let message = "The input holds text and no Kubernetes object.".to_owned();
            self.general(code, code.severity, message, Some(code.remedy));
        }
        // Helm captures the standard error of its post-renderer.
        let in_between = self.circumstances.input == Input::Stream && !self.circumstances.watched;
        if in_between && self.sources.iter().any(may_be_from_helm3) {
            let code = &finding::HOOKS_NOT_SENT;
            let message = "If Helm 3 runs this as its post-renderer, hooks and tests of the chart are not \
                           covered: it does not send them.";
            self.general(code, code.severity, message.to_owned(), Some(code.remedy));
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

    fn is_in_cluster(&self, source: usize) -> bool {
        self.inventories[source].whence == Whence::Cluster
    }

    /// `ServiceAccount 'app'`, and where it is if that is not the input.
    fn describe_in(&self, source: usize, object: &Object<'_>) -> String {
        let place = if self.is_in_cluster(source) { " (in the cluster dump)" } else { "" };
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
            return self.about_malformed(pod, workload, (image, judged), malformed);
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
        let remedy = match image.parsed() {
            Ok(parsed) => self.remedy(pod, parsed, &judged.judgement).into(),
            Err(_) => Cow::Borrowed(code.remedy),
        };
        let at = self.at_image(pod, image, label);
        self.add_for_image(code, at, (image, judged), message, remedy);
    }

    /// An image that is never pulled, since the API server does not take its pod.
    fn about_malformed(
        &mut self,
        pod: &Pod<'_>,
        workload: &Workload<'_>,
        (image, judged): (&Image<'_>, &Judged),
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
        let code = &finding::MISMATCHED_PULL_SECRET;
        let at = self.at_image(pod, image, "no pod, no pull");
        self.add_for_image(code, at, (image, judged), message, remedy);
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
        let code = &finding::PLACEHOLDER_IMAGE;
        let message = format!(
            "{} has the placeholder '{}' for an image, to be replaced in the cluster by {by}: its registry is not known.",
            describe(&workload.object),
            show(&image.reference)
        );
        let at = self.at_image(pod, image, "replaced in the cluster");
        self.add(code, code.severity, message, Some(at), None, Some(code.remedy.into()));
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
                self.add_for_image(&finding::ASSUMED_ACCESS, at, (image, judged), message, remedy);
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
            let account_name = self.describe_in(id.source, &service_account.object);
            if assumed && assumed_seen.insert(id) {
                let message = format!(
                    "{who} is assumed to run as {}, although the two do not both name a namespace.",
                    self.describe_in(id.source, &service_account.object)
                );
                let label = "which namespace is this in?";
                let span = workload.object.label;
                self.at_list(&finding::ASSUMED_SERVICE_ACCOUNT, holder, span, message, label);
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
            let span = list_span(&workload.pull_secrets, &workload.object);
            if !hidden.is_empty() {
                let message = format!(
                    "{who} names pull secrets of its own, so {} of {account_name} is not used.",
                    hidden.join(", ")
                );
                let label = "this list hides the ServiceAccount's";
                self.at_list(&finding::SHADOWED_PULL_SECRETS, holder, span, message, label);
            }
            if service_account.enforces_mountable {
                let absent = pod.effective.names.iter().filter(|name| !on_account(name));
                for name in absent.map(|name| show(name).into_owned()).collect::<Vec<_>>() {
                    let message = format!(
                        "{who} names the pull secret '{name}', which {account_name} does not name and so \
                         forbids."
                    );
                    let label = "rejected by the admission controller";
                    self.at_list(&finding::NOT_MOUNTABLE, holder, span, message, label);
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
                    self.at_list(&finding::INJECTION_SKIPPED, *holder, span, message, "opts out");
                }
                Note::StaticPod(holder) => {
                    let object = inject::object(self.inventories, *holder);
                    let message = format!(
                        "{} is a static pod, which can use no Secret; nothing was injected.",
                        describe(object)
                    );
                    let (code, label) = (&finding::INJECTION_SKIPPED, "a static pod");
                    self.at_list(code, *holder, object.label, message, label);
                }
                Note::PodInstead(holder) if self.added.contains_key(holder) => {
                    let name = describe(inject::object(self.inventories, *holder));
                    let message = format!(
                        "{name} has pull secrets of its own, so those of its ServiceAccount are ignored: \
                         the new ones went to the pod."
                    );
                    let span = inject::list(self.inventories, *holder).span;
                    let label = "this list is the one that counts";
                    self.at_list(&finding::SHADOWED_PULL_SECRETS, *holder, span, message, label);
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
                let label = "delete it before an upgrade";
                self.at_list(&finding::INJECTED_INTO_IMMUTABLE, *holder, span, message, label);
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
        let label = "its ServiceAccount is not known";
        self.at_list(&finding::MAY_HIDE_PULL_SECRETS, first, span, message, label);
    }

    fn refused(&mut self, refused: &Refused) {
        let Refused { holder, ref names, span, why, ref advice } = *refused;
        let object = inject::object(self.inventories, holder);
        let message = format!(
            "{} cannot get the pull secret {}: {why}.",
            describe(object),
            names.iter().map(|name| format!("'{}'", show(name))).collect::<Vec<_>>().join(", ")
        );
        let at = self.at_holder(holder, span.unwrap_or(object.label), why);
        let severity = match self.policy.inject().on_refusal {
            OnRefusal::Fail => finding::INJECTION_REFUSED.severity,
            OnRefusal::Warn => Severity::Warning,
        };
        let remedy = Some(advice.clone());
        self.add(&finding::INJECTION_REFUSED, severity, message, Some(at), None, remedy);
    }

    fn about_policy(&mut self) {
        if self.circumstances.input == Input::Stream {
            return;
        }
        for (rule, _) in self.policy.unmatched(&self.used) {
            if self.policy.span(rule).is_none() {
                continue;
            }
            let code = &finding::UNUSED_POLICY_ENTRY;
            let message = format!("{} of the policy matched nothing.", entry(self.policy, rule));
            self.general(code, code.severity, message, Some(code.remedy));
        }
    }

    /// An image of a pod.
    fn at_image(
        &self,
        pod: &Pod<'_>,
        image: &Image<'_>,
        label: impl Into<Cow<'static, str>>,
    ) -> At<'c> {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        At {
            source: pod.source,
            object: &workload.object,
            span: image.span,
            path: workload.path(&image.field.to_string()),
            label: label.into(),
        }
    }

    /// Something about the list of a holder.
    fn at_holder(&self, holder: Holder, span: Span, label: &'static str) -> At<'c> {
        At {
            source: holder.source(),
            object: inject::object(self.inventories, holder),
            span,
            path: inject::path(self.inventories, holder),
            label: label.into(),
        }
    }

    fn at_list(
        &mut self,
        code: &'static Code,
        holder: Holder,
        span: Span,
        message: String,
        label: &'static str,
    ) {
        let at = self.at_holder(holder, span, label);
        self.add(code, code.severity, message, Some(at), None, Some(code.remedy.into()));
    }

    /// A finding about an image.
    fn add_for_image(
        &mut self,
        code: &'static Code,
        at: At<'_>,
        image: (&Image<'_>, &Judged),
        message: String,
        remedy: impl Into<Cow<'static, str>>,
    ) {
        self.add(code, code.severity, message, Some(at), Some(image), Some(remedy.into()));
    }

    fn general(
        &mut self,
        code: &'static Code,
        severity: Severity,
        message: String,
        remedy: Option<&'static str>,
    ) {
        self.add(code, severity, message, None, None, remedy.map(Cow::Borrowed));
    }

    fn add(
        &mut self,
        code: &'static Code,
        severity: Severity,
        message: String,
        at: Option<At<'_>>,
        image: Option<(&Image<'_>, &Judged)>,
        remedy: Option<Cow<'static, str>>,
    ) {
        let severity = self.policy.severity(code.name).unwrap_or(severity);
        if let Some(at) = &at
            && self.is_excused(code, at, image)
        {
            return;
        }
        let place = at.map(|at| Place {
            source: at.source,
            document: at.object.document,
            span: at.span,
            chunk: at.object.chunk,
            label: without_tokens(at.label),
            path: without_tokens(at.path.into()).into_owned(),
            object: subject(at.object, self.policy),
        });
        let image = image.map(|(image, _)| show(&image.reference).into_owned());
        let message = without_tokens(message.into()).into_owned();
        let remedy = remedy.map(without_tokens);
        self.found.push(Finding { code, severity, message, place, image, remedy });
    }

    /// Whether an exception of the policy accepts the finding. One that has expired is itself worth a finding.
    fn is_excused(
        &mut self,
        code: &'static Code,
        at: &At<'_>,
        image: Option<(&Image<'_>, &Judged)>,
    ) -> bool {
        let reference = image.and_then(|(image, _)| image.parsed().ok());
        let about = policy::Subject {
            code: code.name,
            kind: &at.object.type_meta.kind,
            namespace: at.object.namespace.as_deref().or(self.policy.namespace()),
            name: at.object.name.as_deref(),
            image: reference.map(|reference| (reference.domain(), reference.path())),
        };
        let today = self.circumstances.today();
        let Some((rule, exception)) = self.policy.exception(about, today) else { return false };
        self.used.insert(rule);
        if exception.is_expired(today) {
            let expired = &finding::EXPIRED_EXCEPTION;
            let message = format!("{} of the policy has expired.", entry(self.policy, rule));
            if self.expired.insert(message.clone()) {
                self.general(expired, expired.severity, message, Some(expired.remedy));
            }
            return false;
        }
        self.excused.extend(image.map(|(image, _)| (at.source, image.span)));
        true
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
