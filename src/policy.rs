//! What the user says about registries, secrets and the cluster, and what is known without it.
//!
//! A policy is made from text ([`Policy::parse`]), from flags ([`Policy::with`]) or from nothing
//! ([`Policy::default`]), and then answers questions. Nothing here reads a file, the environment
//! or the clock, and nothing here decides what an image's pull comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::credentials::provider::Official;
use crate::finding::{self, Severity};
use crate::kinds::Table;
use crate::names::matches_glob;
use crate::source::Span;
use crate::text::Message;
use crate::words::Words;

mod check;
mod config;
mod credential;
mod declared;
mod layers;
mod overlap;
mod overrides;
pub mod pattern;
mod read;
pub mod registries;
mod rows;
mod scope;
#[cfg(test)]
mod tests;
mod tree;

pub use config::schema;
use declared::DeclaredIndex;
pub use layers::{FileMistakes, PolicyLayer, PolicyText};
pub use overrides::{
    FlagMistake, InjectFlag, Overrides, parse_inject, parse_namespace, parse_pattern, parse_secret,
    parse_switch, parse_word,
};
use pattern::{Pattern, PatternIndex};
use registries::{Class, Cloud, Host, RegistryProvider};
pub use scope::Scope;

/// A value and where the policy file says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place in the policy file; `None` if a flag or the environment gave it.
    pub span: Option<Span>,
}

/// An error in a policy file.
///
/// No text in it repeats the value of an unknown key, or anything else that may be a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: Message,
    /// The next action.
    pub help: Message,
    /// Another place that is part of the mistake, and what is there.
    pub related: Option<(Span, Message)>,
}

impl Mistake {
    fn new(span: Span, message: impl Into<Message>, help: impl Into<Message>) -> Self {
        Self { span, message: message.into(), help: help.into(), related: None }
    }

    /// The same, with spans that count from `base` bytes before.
    fn shifted(self, base: usize) -> Self {
        let related = self.related.map(|(span, what)| (span.shifted(base), what));
        Self { span: self.span.shifted(base), related, ..self }
    }

    fn because(self, span: Span, what: impl Into<Message>) -> Self {
        Self { related: Some((span, what.into())), ..self }
    }
}

/// The severity from which findings make the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum FailOn {
    /// Errors fail the run.
    Error,
    /// Warnings and errors fail the run.
    Warning,
    /// No finding fails the run.
    Never,
}

/// Where pull secrets are injected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum InjectInto {
    /// Into the pod.
    Pod,
    /// Into the pod's ServiceAccount, which must be among the manifests.
    ServiceAccount,
    /// Into the ServiceAccount where it is among the manifests and the pod has no list of its own, else into the pod.
    #[default]
    Auto,
    /// Nowhere: the policy is only checked.
    None,
}

impl Words for FailOn {}
impl Words for InjectInto {}
impl Words for Emit {}

/// What happens where a pull secret cannot be injected safely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OnRefusal {
    /// The run fails.
    #[default]
    Fail,
    /// The rest is injected, and a warning says what was not.
    Warn,
}

/// What a KRM function hands back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Emit {
    /// Every item of its input.
    #[default]
    All,
    /// No item, as a validator of kustomize has to.
    None,
}

/// An entry of the policy that a verdict can rest on, and that can turn out to match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId {
    /// An index into [`Policy::registries`].
    Registry(usize),
    /// An index into [`Cluster::service_accounts`].
    ServiceAccount(usize),
    /// An index into [`Cluster::secrets`].
    Secret(usize),
    /// An index into [`Policy::exceptions`].
    Exception(usize),
    /// An index into the rows of [`Policy::kinds`].
    CustomResource(usize),
}

/// What holds for the images that a pattern matches. `None` is no opinion: a wider entry decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The images.
    pub pattern: Spanned<Pattern>,
    /// Whether they need credentials.
    pub access: Option<Spanned<Class>>,
    /// The Secrets to inject where a pod pulls them, none of them twice.
    pub pull_secrets: Option<Vec<Spanned<String>>>,
    /// Whether the nodes pull them with their own identity.
    pub iam: Option<Spanned<bool>>,
}

/// What the policy says about the cluster, beyond the manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Services whose nodes pull from their cloud's registries; none of them twice.
    pub credential_providers: Vec<Spanned<Cloud>>,
    /// The path of a kubelet `CredentialProviderConfig`, as written.
    pub credential_provider_config: Option<Spanned<String>>,
    /// Service accounts, no two of one name in one namespace.
    pub service_accounts: Vec<DeclaredServiceAccount>,
    /// Pull secrets, no two of one name in one namespace.
    pub secrets: Vec<DeclaredSecret>,
}

/// A ServiceAccount that is in the cluster already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredServiceAccount {
    /// Its entry in the file.
    pub span: Option<Span>,
    /// Its namespace; `None` is [`Policy::namespace`]. A `*` in it is any number of characters.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The names in its `imagePullSecrets`.
    pub image_pull_secrets: Vec<Spanned<String>>,
}

/// A pull secret that is in the cluster already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredSecret {
    /// Its entry in the file.
    pub span: Option<Span>,
    /// Its namespace; `None` is [`Policy::namespace`]. A `*` in it is any number of characters.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What it holds credentials for; `None` is not said.
    pub registries: Option<Vec<Spanned<Pattern>>>,
    /// When its credentials were last replaced.
    pub rotated_at: Option<Spanned<Timestamp>>,
}

/// Where and how pull secrets are injected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inject {
    /// Where they go.
    pub into: InjectInto,
    /// Where the edits of a fix put them, if nothing is injected: what `into` would be otherwise.
    pub into_of_fixes: InjectInto,
    /// What happens where that is not safe.
    pub on_refusal: OnRefusal,
    /// Whether a Secret of the manifests that covers an image is injected without being named.
    pub attach_covering: bool,
}

/// How old credentials may be, and how their age is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The greatest age.
    pub max_age: Duration,
    /// Annotations of a Secret that hold the time of its last rotation, the first one first.
    pub annotations: Vec<String>,
    /// The severity of credentials whose age is not known.
    pub unknown: Severity,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            max_age: Duration::from_hours(90 * 24),
            annotations: vec!["pullcreds.dev/rotated-at".to_owned()],
            unknown: Severity::Warning,
        }
    }
}

/// Findings that are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its entry in the file.
    pub span: Option<Span>,
    /// The code of the finding.
    pub code: String,
    /// The kind of the object; `None` is any, as below.
    pub kind: Option<String>,
    /// The namespace of the object, `*` for any characters.
    pub namespace: Option<String>,
    /// The name of the object, `*` for any characters.
    pub name: Option<String>,
    /// The images.
    pub image: Option<Pattern>,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<Spanned<Date>>,
}

/// What an exception is held against: a finding and the object it is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExceptionSubject<'a> {
    /// The code of the finding.
    pub code: &'a str,
    /// The kind of the object, if it is about one.
    pub kind: Option<&'a str>,
    /// The namespace of the object, the default one if it names none.
    pub namespace: Option<&'a str>,
    /// The name of the object.
    pub name: Option<&'a str>,
    /// Domains and paths of its images: the one that it is about, or all of the pod whose list it is about.
    pub images: &'a [(&'a str, &'a str)],
}

impl Exception {
    /// Whether the exception is about `subject`, expired or not.
    pub fn is_about(&self, subject: ExceptionSubject<'_>) -> bool {
        let is = |wanted: &Option<String>, given: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| given == Some(wanted))
        };
        let matches = |wanted: &Option<String>, given: Option<&str>| {
            let matches = |wanted: &String| given.is_some_and(|given| matches_glob(wanted, given));
            wanted.as_ref().is_none_or(matches)
        };
        self.code == subject.code
            && is(&self.kind, subject.kind)
            && matches(&self.namespace, subject.namespace)
            && matches(&self.name, subject.name)
            && self.image.as_ref().is_none_or(|pattern| {
                let all = subject.images;
                !all.is_empty() && all.iter().all(|(domain, path)| pattern.matches(domain, path))
            })
    }

    /// Its code, and the name that it is about, if that is one name.
    fn code_and_name(&self) -> (&str, Option<&str>) {
        (&self.code, self.name.as_deref().filter(|name| !name.contains('*')))
    }

    /// Whether the last day of the exception lies before `today`.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|expires| expires.value < today)
    }
}

/// A valid policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    namespace: Option<Spanned<String>>,
    fail_on: Option<Spanned<FailOn>>,
    emit: Emit,
    stamp: bool,
    // Invariant: no two patterns are equal; of two that are equally specific and overlap, the first
    // comes from the file and the second from a flag.
    registries: Vec<Registry>,
    // Invariant: made from the patterns of `registries`, by `index`.
    by_host: PatternIndex,
    // Invariant: of `cluster`, by `index`.
    accounts_by_name: DeclaredIndex,
    secrets_by_name: DeclaredIndex,
    // Invariant: of `exceptions`, sorted by code and name, by `index`.
    exceptions_by_name: Vec<usize>,
    // Invariant: the entries of `registries` that name each pull secret, by `index`.
    named_by: BTreeMap<String, Vec<usize>>,
    everywhere: Vec<Spanned<String>>,
    assume_private: bool,
    fails_on_unknown_kinds: bool,
    cluster: Cluster,
    inject: Inject,
    rotation: Rotation,
    severities: BTreeMap<String, Spanned<Severity>>,
    exceptions: Vec<Exception>,
    kinds: Table,
    // Invariant: of each of the own rows of `kinds`.
    kind_spans: Vec<Option<Span>>,
}

/// Whether an image needs credentials, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The class.
    pub class: Class,
    /// Who says so.
    pub from: AccessFrom,
    /// The entry of the policy that decided.
    pub rule: Option<RuleId>,
    /// The row of the built-in table for the image, whether it decided or not.
    pub host: Option<&'static Host>,
    /// The provider of that row.
    pub provider: Option<&'static RegistryProvider>,
}

/// Who says whether an image needs credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessFrom {
    /// The policy, or a flag.
    Policy,
    /// The built-in table.
    Builtin,
    /// Nobody for certain: the built-in table marks it as an assumption, or knows nothing.
    Assumed,
    /// A pull secret that the pod names: it has an entry for the image, or for something near.
    PullSecret,
}

/// Why the nodes can pull an image with their own identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iam {
    /// The policy says so of the registry.
    Registry(RuleId),
    /// The policy names the service, whose nodes come with an identity for the host.
    Provider(Cloud),
}

impl Policy {
    /// Reads a policy file. `known_codes` are the codes of findings that it may name.
    ///
    /// # Errors
    /// Every mistake in `text`, in the order of the text. A text that is not YAML is one mistake, and so is one that
    /// extends other files: [`PolicyText`] reads those.
    pub fn parse(text: &str, known_codes: &[&'static str]) -> Result<Self, Vec<Mistake>> {
        check::parse(text, known_codes)
    }

    /// Reads the policy that stands at `place` of `text`, where spans count from.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_at(
        text: &str,
        place: Span,
        known_codes: &[&'static str],
    ) -> Result<Self, Vec<Mistake>> {
        check::parse_at(text, place, known_codes)
    }

    /// Reads the functionConfig that stands at `place` of `text`, where spans count from. What tools keep about it
    /// (`metadata`, the arguments of a kustomize plugin) is no mistake there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_function_config(
        text: &str,
        place: Span,
        known_codes: &[&'static str],
    ) -> Result<Self, Vec<Mistake>> {
        check::parse_function_config(text, place, known_codes)
    }

    /// The places in the policy at `place` of `text`, read or not, whose text no excerpt may show, since a
    /// credential may stand there; in the order of the text, and possibly overlapping.
    pub fn masked(text: &str, place: Span) -> Vec<Span> {
        check::masked(text, place)
    }

    /// The policy with `overrides` on top: what they say wins.
    ///
    /// # Errors
    /// Each pair of flags that contradict each other.
    pub fn with(self, overrides: &Overrides) -> Result<Self, Vec<FlagMistake>> {
        overrides::apply(self, overrides)
    }

    /// Whether an image needs credentials: the most specific entry of the policy that says so,
    /// else `--assume-private`, else the built-in table, else an assumption.
    pub fn access(&self, domain: &str, path: &str) -> Access {
        let builtin = registries::find(domain, path);
        let (host, provider) = builtin.unzip();
        let (class, from, rule) = match self.decide(domain, path, |registry| registry.access) {
            Some((rule, class)) => (class.value, AccessFrom::Policy, Some(rule)),
            None if self.assume_private => (Class::Private, AccessFrom::Policy, None),
            None => match host.map(|host| host.access) {
                Some(access) if !access.is_assumed() => (access.class(), AccessFrom::Builtin, None),
                Some(access) => (access.class(), AccessFrom::Assumed, None),
                None => (Class::Private, AccessFrom::Assumed, None),
            },
        };
        Access { class, from, rule, host, provider }
    }

    /// The Secrets to inject where a pod pulls an image, from the most specific entry that names
    /// some (or says that there are none). [`everywhere`](Self::everywhere) comes on top.
    pub fn pull_secrets(&self, domain: &str, path: &str) -> Option<(RuleId, &[Spanned<String>])> {
        self.decide(domain, path, |registry| registry.pull_secrets.as_deref())
    }

    /// The Secrets to inject into every pod, whatever its images (`--inject '*=SECRET'`).
    pub fn everywhere(&self) -> &[Spanned<String>] {
        &self.everywhere
    }

    /// Why the nodes can pull an image with their own identity, if the policy says they can.
    pub fn iam(&self, domain: &str, path: &str) -> Option<Iam> {
        if let Some((rule, iam)) = self.decide(domain, path, |registry| registry.iam) {
            return iam.value.then_some(Iam::Registry(rule));
        }
        let clouds = &self.cluster.credential_providers;
        if clouds.is_empty() {
            return None;
        }
        // A host with an underscore is part of the path to distribution/reference.
        let name = if domain.is_empty() { path.to_owned() } else { format!("{domain}/{path}") };
        let asked = |cloud: &Cloud| {
            Official::from_name(cloud.name()).is_some_and(|plugin| plugin.matching(&name).is_some())
        };
        clouds.iter().map(|cloud| cloud.value).find(asked).map(Iam::Provider)
    }

    /// The opinion of the most specific entry that matches and has one.
    fn decide<'p, T>(
        &'p self,
        domain: &str,
        path: &str,
        opinion: impl Fn(&'p Registry) -> Option<T>,
    ) -> Option<(RuleId, T)> {
        self.by_host
            .matching(domain, path)
            .find_map(|at| Some((RuleId::Registry(at), opinion(&self.registries[at])?)))
    }

    /// The policy, ready for questions.
    fn index(mut self) -> Self {
        self.by_host =
            PatternIndex::new(self.registries.iter().map(|registry| &registry.pattern.value));
        let accounts =
            DeclaredIndex::new(self.cluster.service_accounts.len(), |at| self.account_name(at));
        let secrets = DeclaredIndex::new(self.cluster.secrets.len(), |at| self.secret_name(at));
        let mut exceptions: Vec<_> = (0..self.exceptions.len()).collect();
        exceptions.sort_by_key(|&at| self.exceptions[at].code_and_name());
        self.exceptions_by_name = exceptions;
        self.accounts_by_name = accounts;
        self.secrets_by_name = secrets;
        self.named_by.clear();
        for (at, registry) in self.registries.iter().enumerate() {
            for secret in registry.pull_secrets.iter().flatten() {
                self.named_by.entry(secret.value.clone()).or_default().push(at);
            }
        }
        self
    }

    /// The name and the namespace of a declared ServiceAccount.
    fn account_name(&self, at: usize) -> (&str, Option<&str>) {
        let account = &self.cluster.service_accounts[at];
        self.full_name(&account.name, account.namespace.as_deref())
    }

    /// The name and the namespace of a declared pull secret.
    fn secret_name(&self, at: usize) -> (&str, Option<&str>) {
        let secret = &self.cluster.secrets[at];
        self.full_name(&secret.name, secret.namespace.as_deref())
    }

    /// No namespace is the default one.
    fn full_name<'p>(
        &'p self,
        name: &'p str,
        namespace: Option<&'p str>,
    ) -> (&'p str, Option<&'p str>) {
        (name, namespace.or(self.namespace()))
    }

    /// The namespace of objects that name none.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_ref().map(|namespace| namespace.value.as_str())
    }

    /// The threshold, if one is given.
    pub fn fail_on(&self) -> Option<FailOn> {
        self.fail_on.map(|fail_on| fail_on.value)
    }

    /// The entries about registries: those of the file in its order, then those of flags.
    pub fn registries(&self) -> &[Registry] {
        &self.registries
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a KRM function hands back. It is meant where the policy is a functionConfig, and nowhere else.
    pub fn emit(&self) -> Emit {
        self.emit
    }

    /// Whether every image counts as private that nothing says otherwise of.
    pub fn assumes_private(&self) -> bool {
        self.assume_private
    }

    /// Whether custom resources of unknown kinds that hold images make the run fail.
    pub fn fails_on_unknown_kinds(&self) -> bool {
        self.fails_on_unknown_kinds
    }

    /// Whether workloads get the annotation that tells that they were checked.
    pub fn stamp(&self) -> bool {
        self.stamp
    }

    /// What is said about the cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Where and how pull secrets are injected.
    pub fn inject(&self) -> Inject {
        self.inject
    }

    /// How old credentials may be.
    pub fn rotation(&self) -> &Rotation {
        &self.rotation
    }

    /// The severity that the policy gives to findings of this code.
    pub fn severity(&self, code: &str) -> Option<Severity> {
        let is_unknown_kind = code == finding::CUSTOM_RESOURCE_NOT_JUDGED.name;
        if is_unknown_kind && self.fails_on_unknown_kinds {
            return Some(Severity::Error);
        }
        self.severities.get(code).map(|severity| severity.value)
    }

    /// The accepted findings.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The kinds that make pods: those of the policy, and the built-in ones.
    pub fn kinds(&self) -> &Table {
        &self.kinds
    }

    /// The first exception about `subject` that holds `today`, else the first one that has expired.
    pub fn exception(
        &self,
        subject: ExceptionSubject<'_>,
        today: Date,
    ) -> Option<(RuleId, &Exception)> {
        let named = subject.name.map_or(&[][..], |name| self.excepted(subject.code, Some(name)));
        let all = named.iter().chain(self.excepted(subject.code, None)).copied();
        let about: Vec<usize> = all.filter(|&at| self.exceptions[at].is_about(subject)).collect();
        let holds = about.iter().filter(|&&at| !self.exceptions[at].is_expired(today)).min();
        let at = *holds.or(about.iter().min())?;
        Some((RuleId::Exception(at), &self.exceptions[at]))
    }

    /// The exceptions for a code that are about objects of this name, or about those of any.
    fn excepted(&self, code: &str, name: Option<&str>) -> &[usize] {
        let all = &self.exceptions_by_name;
        let of = |at: &usize| self.exceptions[*at].code_and_name();
        let start = all.partition_point(|at| of(at) < (code, name));
        let count = all[start..].partition_point(|at| of(at) == (code, name));
        &all[start..start + count]
    }

    /// The declared ServiceAccount of this name; no namespace on either side is the default one.
    pub fn service_account(
        &self,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<(RuleId, &DeclaredServiceAccount)> {
        let wanted = self.full_name(name, namespace);
        let at = self.accounts_by_name.find(wanted, |at| self.account_name(at))?;
        Some((RuleId::ServiceAccount(at), &self.cluster.service_accounts[at]))
    }

    /// The declared pull secret of this name; no namespace on either side is the default one.
    pub fn secret(&self, namespace: Option<&str>, name: &str) -> Option<(RuleId, &DeclaredSecret)> {
        let wanted = self.full_name(name, namespace);
        let at = self.secrets_by_name.find(wanted, |at| self.secret_name(at))?;
        Some((RuleId::Secret(at), &self.cluster.secrets[at]))
    }

    /// The images that a pull secret is declared for; `None` if nothing says so, and it counts for all.
    pub fn scope(&self, namespace: Option<&str>, name: &str) -> Option<Scope<'_>> {
        Scope::of(self, namespace, name)
    }

    /// The entries that are not among `used`, with their place in the file (`None`: given by a flag).
    pub fn unmatched(&self, used: &BTreeSet<RuleId>) -> Vec<(RuleId, Option<Span>)> {
        let registries = self.registries.iter().map(|registry| registry.pattern.span).enumerate();
        let accounts = self.cluster.service_accounts.iter().map(|account| account.span).enumerate();
        let secrets = self.cluster.secrets.iter().map(|secret| secret.span).enumerate();
        let exceptions = self.exceptions.iter().map(|exception| exception.span).enumerate();
        let kinds = self.kind_spans.iter().copied().enumerate();
        registries
            .map(|(at, span)| (RuleId::Registry(at), span))
            .chain(accounts.map(|(at, span)| (RuleId::ServiceAccount(at), span)))
            .chain(secrets.map(|(at, span)| (RuleId::Secret(at), span)))
            .chain(exceptions.map(|(at, span)| (RuleId::Exception(at), span)))
            .chain(kinds.map(|(at, span)| (RuleId::CustomResource(at), span)))
            .filter(|(rule, _)| !used.contains(rule))
            .collect()
    }

    /// The place of an entry in the file; `None` if a flag gave it.
    pub fn span(&self, rule: RuleId) -> Option<Span> {
        match rule {
            RuleId::Registry(at) => self.registries[at].pattern.span,
            RuleId::ServiceAccount(at) => self.cluster.service_accounts[at].span,
            RuleId::Secret(at) => self.cluster.secrets[at].span,
            RuleId::Exception(at) => self.exceptions[at].span,
            RuleId::CustomResource(at) => self.kind_spans[at],
        }
    }
}
