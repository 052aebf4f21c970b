//! From a policy file to a [`Policy`]: what the types cannot say is decided here.
//!
//! Every check leaves its mistake in one list and goes on without the value.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::config::{self, PolicyFile, Spec};
use super::credential::{is_credential, is_credential_key};
use super::overlap::Patterns;
use super::pattern::Pattern;
use super::read::{
    self, ConfigNode, DURATION, Entries, FieldValue, List, NO_CREDENTIAL, one_of, quoted,
};
use super::registries::Class;
use super::tree;
use super::{
    Cluster, DeclaredSecret, DeclaredServiceAccount, Exception, Inject, Mistake, Policy, Registry,
    Rotation, Spanned,
};
use crate::duration;
use crate::finding::Severity;
use crate::names::{is_label, is_qualified_name, is_subdomain};
use crate::say;
use crate::source::Span;
use crate::text::{Message, shown};
use crate::words::Words as _;

/// Keys that kustomize reads in the configuration of an exec plugin.
const PLUGIN_ARGUMENTS: &[&str] = &["argsFromFile", "argsOneLiner"];

pub(super) fn parse(text: &str, known_codes: &[&'static str]) -> Result<Policy, Vec<Mistake>> {
    let tree = tree::parse(text).map_err(|mistake| vec![mistake])?;
    check(&[(0, tree)], known_codes, Extending::Refused)
}

pub(super) fn parse_at(
    text: &str,
    place: Span,
    known_codes: &[&'static str],
) -> Result<Policy, Vec<Mistake>> {
    let tree = tree::parse_at(text, place).map_err(|mistake| vec![mistake])?;
    check(&[(place.start as usize, tree)], known_codes, Extending::Refused)
}

/// The policy of several files: each with the place where it begins, and on top of those before it.
pub(super) fn layers(
    trees: &[(usize, ConfigNode)],
    known_codes: &[&'static str],
) -> Result<Policy, Vec<Mistake>> {
    check(trees, known_codes, Extending::Done)
}

/// What becomes of the files that a policy extends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extending {
    /// They are among the policies that are read.
    Done,
    /// Nobody reads them here.
    Refused,
}

pub(super) fn parse_function_config(
    text: &str,
    place: Span,
    known_codes: &[&'static str],
) -> Result<Policy, Vec<Mistake>> {
    let mut tree = tree::parse_at(text, place).map_err(|mistake| vec![mistake])?;
    if let read::ConfigValue::Map(entries) = &mut tree.kind {
        entries.retain(|(key, _)| !PLUGIN_ARGUMENTS.iter().any(|argument| key.is(argument)));
        for (_, metadata) in entries.iter_mut().filter(|(key, _)| key.is("metadata")) {
            if let read::ConfigValue::Map(kept) = &mut metadata.kind {
                kept.retain(|(key, _)| key.is("name"));
            }
        }
    }
    check(&[(place.start as usize, tree)], known_codes, Extending::Refused)
}

/// The policy of `trees`, each with the place where its document begins, and on top of those before it.
fn check(
    trees: &[(usize, ConfigNode)],
    known_codes: &[&'static str],
    extending: Extending,
) -> Result<Policy, Vec<Mistake>> {
    let mut check = Validation { known_codes, mistakes: Vec::new() };
    let mut spec = Spec::default();
    for (start, tree) in trees {
        if matches!(tree.kind, read::ConfigValue::Null) {
            let help =
                "begin with `apiVersion: pullcreds.dev/v1alpha1` and `kind: PullCredentialPolicy`";
            return Err(vec![Mistake::new(
                Span::at(*start),
                "there is no policy in this file",
                help,
            )]);
        }
        let file: Option<PolicyFile> = read::read(tree, config::HOMES, &mut check.mistakes);
        if let Some(upper) = file.and_then(|file| check.file(file, tree.span, extending)) {
            spec = upper.over(spec);
        }
    }
    let policy = check.spec(spec).index();
    let mut mistakes = check.mistakes;
    let leaks: BTreeSet<_> = trees.iter().flat_map(|(_, tree)| credentials(tree)).collect();
    // What is a credential is nothing else: no second mistake about the same text.
    mistakes.retain(|mistake| !leaks.contains(&mistake.span));
    let refuse = |span| Mistake::new(span, "this looks like a credential", NO_CREDENTIAL);
    mistakes.extend(leaks.into_iter().map(refuse));
    if mistakes.is_empty() {
        return Ok(policy);
    }
    mistakes.sort_by_key(|mistake| mistake.span);
    Err(mistakes)
}

/// The places in a policy whose text no excerpt may show, since a credential may stand there: all of it where it
/// cannot be read.
pub(super) fn masked(text: &str, place: Span) -> Vec<Span> {
    let Ok(tree) = tree::parse_at(text, place) else { return vec![place] };
    let mut spans =
        if may_be_policy(&tree) { told(text, place, &tree) } else { but_kind(text, place, &tree) };
    spans.sort();
    spans
}

/// What something in the policy at `place` marks as a credential.
fn told(text: &str, place: Span, tree: &ConfigNode) -> Vec<Span> {
    let mut spans = credentials(tree);
    let mut trees = vec![tree];
    while let Some(tree) = trees.pop() {
        match &tree.kind {
            read::ConfigValue::List(items) => trees.extend(items),
            read::ConfigValue::Map(entries) => {
                for (key, value) in entries {
                    // Codes of findings speak of credentials, and have a severity behind them.
                    let is_severity = matches!(&value.kind, read::ConfigValue::Text(text)
                        if Severity::of_word(text).is_some());
                    if names_a_credential(key) && !is_severity {
                        spans.push(value.span);
                    } else {
                        trees.push(value);
                    }
                }
            }
            read::ConfigValue::Text(value) if value.contains('\n') => {
                spans.extend(in_document(text, place, tree.span, value));
            }
            _ => {}
        }
    }
    spans
}

/// The same in a value of the document at `place` that may be a document of its own, such as the policy in a
/// `ConfigMap`.
fn in_document(text: &str, place: Span, span: Span, value: &str) -> Vec<Span> {
    let written = &text[span.range()];
    let start = span.start as usize;
    if !written.starts_with(['"', '\'']) {
        let header = written.find('\n').filter(|_| written.starts_with(['|', '>']));
        let lines = header.map_or(start, |end| start + end + 1);
        let lines = Span::new(lines, span.end as usize);
        // A plain scalar of several lines is its own document, and has been read as one.
        return if lines == place { vec![span] } else { masked(text, lines) };
    }
    let is_fine = masked(value, Span::new(0, value.len())).is_empty();
    if is_fine { Vec::new() } else { vec![span] }
}

/// Kinds of objects that are policies, or hold one.
const KINDS: &[&str] = &["PullCredentialPolicy", "ConfigMap"];
/// What the data of a Secret stands under.
const SECRET_DATA: &[&str] = &["data", "stringData"];

/// Whether a document may be meant as a policy. A Secret and values for a chart are none, and may hold anything.
fn may_be_policy(tree: &ConfigNode) -> bool {
    let read::ConfigValue::Map(entries) = &tree.kind else { return true };
    let mut kinds = entries.iter().filter(|(key, _)| key.is("kind"));
    let is_told = kinds.clone().next().is_some();
    let holds_data = || entries.iter().any(|(key, _)| SECRET_DATA.iter().any(|data| key.is(data)));
    let fine = kinds.all(|(_, kind)| KINDS.iter().any(|known| kind.is(known)));
    fine && (is_told || !holds_data())
}

/// All of a document but its outermost keys and what says its kind.
fn but_kind(text: &str, place: Span, tree: &ConfigNode) -> Vec<Span> {
    let read::ConfigValue::Map(entries) = &tree.kind else { return vec![place] };
    let mut shown: Vec<Span> = Vec::new();
    for (key, value) in entries {
        let end = key.span.end as usize;
        let colon = text[end..].starts_with(':');
        shown.push(Span::new(key.span.start as usize, end + usize::from(colon)));
        let is_word = matches!(value.kind, read::ConfigValue::Text(_));
        if is_word && ["apiVersion", "kind"].iter().any(|head| key.is(head)) {
            shown.push(value.span);
        }
    }
    shown.sort();
    let is_plain = |gap: Span| text[gap.range()].bytes().all(|byte| b"{},: \t\r\n".contains(&byte));
    let mut hidden = Vec::new();
    let mut from = place.start;
    for span in shown.into_iter().chain([Span::at(place.end as usize)]) {
        if span.start >= from {
            hidden.push(Span { start: from, end: span.start });
            from = span.end;
        }
    }
    hidden.retain(|gap| !is_plain(*gap));
    hidden
}

/// A key that by its name holds a credential, and is no key of a policy.
fn names_a_credential(key: &ConfigNode) -> bool {
    let known = |text| config::HOMES.iter().any(|(key, _)| *key == text);
    matches!(&key.kind, read::ConfigValue::Text(text) if is_credential_key(text) && !known(text))
}

/// The texts that by their shape are credentials, without those behind a key that says so.
fn credentials(tree: &ConfigNode) -> Vec<Span> {
    match &tree.kind {
        read::ConfigValue::Text(text) if is_credential(text) => vec![tree.span],
        read::ConfigValue::List(items) => items.iter().flat_map(credentials).collect(),
        read::ConfigValue::Map(entries) => {
            let entries = entries.iter().filter(|(key, _)| !names_a_credential(key));
            entries
                .flat_map(|(key, value)| [credentials(key), credentials(value)].concat())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Why a text is not what belongs there: what is wrong, and what to do.
pub(super) type InvalidValue = (Message, Message);

pub(super) struct Validation<'c> {
    known_codes: &'c [&'static str],
    mistakes: Vec<Mistake>,
}

impl Validation<'_> {
    pub(super) fn report(
        &mut self,
        span: Span,
        message: impl Into<Message>,
        help: impl Into<Message>,
    ) {
        self.mistakes.push(Mistake::new(span, message, help));
    }

    /// `judged`, if it can be; else a mistake at `span`.
    pub(super) fn accept<T>(
        &mut self,
        span: Option<Span>,
        judged: Result<T, InvalidValue>,
    ) -> Option<T> {
        judged.map_err(|(message, help)| self.report(place(span), message, help)).ok()
    }

    /// The value of a key, read by `judge`.
    pub(super) fn value<T>(
        &mut self,
        field: FieldValue<Spanned<String>>,
        judge: impl Fn(&str) -> Result<T, InvalidValue>,
    ) -> Option<Spanned<T>> {
        let text = field.good()?;
        self.accept(text.span, judge(&text.value)).map(|value| Spanned { value, span: text.span })
    }

    /// The value of a key that must be there. `whole` is what lacks it otherwise.
    pub(super) fn required<T>(
        &mut self,
        field: FieldValue<T>,
        key: &'static str,
        whole: Span,
        what: &'static str,
    ) -> Option<T> {
        if field.is_absent() {
            // The first line is enough to find a mapping that may go on for pages.
            self.report(
                start_of(whole),
                say!("{} has no `{}`", what, key),
                say!("add `{}: …`", key),
            );
        }
        field.good()
    }

    /// The entries of a list, read by `judge`; a later one that equals an earlier one is a mistake.
    pub(super) fn distinct<T: Clone + Eq + Hash>(
        &mut self,
        list: FieldValue<List<Spanned<String>>>,
        judge: impl Fn(&str) -> Result<T, InvalidValue>,
    ) -> Option<Vec<Spanned<T>>> {
        let mut found: Vec<Spanned<T>> = Vec::new();
        let mut seen: HashMap<T, Option<Span>> = HashMap::new();
        for text in list.good()?.0 {
            let Some(value) = self.accept(text.span, judge(&text.value)) else { continue };
            if let Some(first) = seen.get(&value) {
                let name = quoted(&text.value, "this");
                self.repeated(text.span, say!("{} is listed twice", name), *first);
            } else {
                seen.insert(value.clone(), text.span);
                found.push(Spanned { value, span: text.span });
            }
        }
        Some(found)
    }

    fn push_distinct<T: PartialEq>(
        &mut self,
        found: &mut Vec<Spanned<T>>,
        item: Spanned<T>,
        name: &Message,
    ) {
        if let Some(first) = found.iter().find(|other| other.value == item.value) {
            self.repeated(item.span, say!("{} is listed twice", name), first.span);
        } else {
            found.push(item);
        }
    }

    pub(super) fn repeated(&mut self, span: Option<Span>, message: Message, first: Option<Span>) {
        let mistake = Mistake::new(place(span), message, "keep one of the two");
        self.mistakes.push(mistake.because(place(first), "given here first"));
    }

    fn file(&mut self, file: PolicyFile, whole: Span, extending: Extending) -> Option<Spec> {
        self.required(file.api_version, "apiVersion", whole, "the policy");
        self.required(file.kind, "kind", whole, "the policy");
        let spec = file.spec.good()?;
        if let (FieldValue::Good(files), Extending::Refused) = (&spec.extends, extending)
            && let Some(first) = files.0.first()
        {
            self.report(
                place(first.span),
                "a policy that is not in a file of the operator cannot extend another one",
                "write what it needs into this policy",
            );
        }
        Some(spec)
    }

    fn spec(&mut self, spec: Spec) -> Policy {
        let (kinds, kind_spans) = self.custom_resources(spec.custom_resources);
        let namespace = self.value(spec.namespace, namespace);
        let default_namespace = namespace.as_ref().map(|namespace| namespace.value.as_str());
        Policy {
            fail_on: spec.fail_on.good(),
            fails_on_unknown_kinds: spec
                .fail_on_unknown_kinds
                .good()
                .is_some_and(|fails| fails.value),
            stamp: spec.stamp.good().is_some_and(|stamp| stamp.value),
            emit: spec.emit.good().map(|emit| emit.value).unwrap_or_default(),
            registries: self.registries(spec.registries),
            cluster: spec
                .cluster
                .good()
                .map(|cluster| self.cluster(cluster, default_namespace))
                .unwrap_or_default(),
            inject: spec.inject.good().map(|inject| injection(&inject)).unwrap_or_default(),
            rotation: self.rotation(spec.rotation.good().unwrap_or_default()),
            severities: self.severities(spec.severities),
            exceptions: self.exceptions(spec.exceptions),
            kinds,
            kind_spans,
            namespace,
            ..Policy::default()
        }
    }

    fn registries(
        &mut self,
        list: FieldValue<List<Spanned<config::RegistryEntry>>>,
    ) -> Vec<Registry> {
        let mut registries: Vec<Registry> = Vec::new();
        let mut patterns = Patterns::default();
        let mut repeated: BTreeMap<usize, Vec<Option<Span>>> = BTreeMap::new();
        for item in list.good().map(|list| list.0).unwrap_or_default() {
            let Some(registry) = self.registry(item) else { continue };
            let two = &registry.pattern;
            if let Some(first) = patterns.equal(&two.value) {
                repeated.entry(first).or_default().push(two.span);
            } else if let Some(first) = patterns.ambiguous(&two.value) {
                let one = &registries[first].pattern;
                let message = say!(
                    "`{}` and `{}` match the same images, and neither is more specific",
                    one.value.shown(),
                    two.value.shown()
                );
                let mistake =
                    Mistake::new(place(two.span), message, "write the host out in one of them");
                self.mistakes.push(mistake.because(place(one.span), "the other one"));
            }
            patterns.push(&two.value);
            registries.push(registry);
        }
        for (first, spans) in repeated {
            let one = &registries[first].pattern;
            let name = quoted(&one.value.to_string(), "this registry");
            let more = match spans.len() {
                1 => Message::default(),
                count => say!(", and {} more entries below repeat it", count - 1),
            };
            self.repeated(spans[0], say!("{} already has an entry{}", name, more), one.span);
        }
        registries
    }

    fn registry(&mut self, item: Spanned<config::RegistryEntry>) -> Option<Registry> {
        let (whole, item) = (place(item.span), item.value);
        let says_nothing =
            item.access.is_absent() && item.pull_secrets.is_absent() && item.iam.is_absent();
        if says_nothing && !item.r#match.is_absent() {
            self.report(
                start_of(whole),
                "this entry says nothing about its images",
                "add `access`, `pullSecrets` or `iam`",
            );
        }
        let text = self.required(item.r#match, "match", whole, "this entry");
        let access = item.access.good();
        let iam = item.iam.good();
        let pull_secrets = self.distinct(item.pull_secrets, secret_name);
        if let (Some(access), Some(iam)) = (access, iam)
            && access.value == Class::Public
            && iam.value
        {
            let message = "`iam: true` is for private registries, and this one is public";
            let mistake =
                Mistake::new(place(iam.span), message, "remove it, or write `access: private`");
            self.mistakes.push(mistake.because(place(access.span), "public is said here"));
        }
        let text = text?;
        let pattern = self.accept(text.span, pattern(&text.value))?;
        Some(Registry {
            pattern: Spanned { value: pattern, span: text.span },
            access,
            pull_secrets,
            iam,
        })
    }

    fn cluster(
        &mut self,
        cluster: config::ClusterSection,
        default_namespace: Option<&str>,
    ) -> Cluster {
        let mut credential_providers = Vec::new();
        for cloud in cluster.credential_providers.good().map(|list| list.0).unwrap_or_default() {
            self.push_distinct(&mut credential_providers, cloud, &say!("`{}`", cloud.value.name()));
        }
        let credential_provider_config = self.value(cluster.credential_provider_config, |path| {
            if path.trim().is_empty() {
                Err(refusal("the path is empty", "name a file, or remove the key"))
            } else {
                Ok(path.to_owned())
            }
        });
        let service_accounts: Vec<_> = cluster
            .service_accounts
            .good()
            .map(|list| list.0.into_iter().filter_map(|item| self.service_account(item)).collect())
            .unwrap_or_default();
        let secrets: Vec<_> = cluster
            .secrets
            .good()
            .map(|list| list.0.into_iter().filter_map(|item| self.secret(item)).collect())
            .unwrap_or_default();
        let accounts = service_accounts.iter().map(|a| (a.span, a.namespace.as_deref(), &*a.name));
        self.distinct_objects("ServiceAccount", accounts.collect(), default_namespace);
        let named = secrets.iter().map(|s| (s.span, s.namespace.as_deref(), &*s.name));
        self.distinct_objects("Secret", named.collect(), default_namespace);
        Cluster { credential_providers, credential_provider_config, service_accounts, secrets }
    }

    fn distinct_objects(
        &mut self,
        kind: &'static str,
        objects: Vec<(Option<Span>, Option<&str>, &str)>,
        default_namespace: Option<&str>,
    ) {
        let key = |namespace: Option<&str>, name: &str| {
            (namespace.or(default_namespace).map(str::to_owned), name.to_owned())
        };
        let mut first_of = BTreeMap::new();
        for (span, namespace, name) in objects {
            let key = key(namespace, name);
            if let Some(&first) = first_of.get(&key) {
                let of = key
                    .0
                    .map(|namespace| say!(" of namespace `{}`", shown(&namespace)))
                    .unwrap_or_default();
                self.repeated(
                    span.map(start_of),
                    say!("{} `{}`{} is declared twice", kind, shown(name), of),
                    first,
                );
            } else {
                first_of.insert(key, span.map(start_of));
            }
        }
    }

    fn service_account(
        &mut self,
        item: Spanned<config::ServiceAccountEntry>,
    ) -> Option<DeclaredServiceAccount> {
        let (whole, account) = (place(item.span), item.value);
        let namespace = self.value(account.namespace, namespaces);
        let image_pull_secrets = self.distinct(account.image_pull_secrets, secret_name);
        let name = self.required(account.name, "name", whole, "this ServiceAccount")?;
        Some(DeclaredServiceAccount {
            span: item.span,
            namespace: namespace.map(|namespace| namespace.value),
            name: self.accept(name.span, object_name("a ServiceAccount", &name.value))?,
            image_pull_secrets: image_pull_secrets.unwrap_or_default(),
        })
    }

    fn secret(&mut self, item: Spanned<config::SecretEntry>) -> Option<DeclaredSecret> {
        let (whole, secret) = (place(item.span), item.value);
        let namespace = self.value(secret.namespace, namespaces);
        let registries = self.distinct(secret.registries, pattern);
        let rotated_at = self.value(secret.rotated_at, timestamp);
        let name = self.required(secret.name, "name", whole, "this Secret")?;
        Some(DeclaredSecret {
            span: item.span,
            namespace: namespace.map(|namespace| namespace.value),
            name: self.accept(name.span, secret_name(&name.value))?,
            registries,
            rotated_at,
        })
    }

    fn rotation(&mut self, rotation: config::RotationSection) -> Rotation {
        let default = Rotation::default();
        let annotations = self.distinct(rotation.annotations, annotation_key);
        Rotation {
            max_age: self
                .value(rotation.max_age, duration)
                .map_or(default.max_age, |age| age.value),
            annotations: annotations.map_or(default.annotations, |keys| {
                keys.into_iter().map(|key| key.value).collect()
            }),
            unknown: rotation.unknown.good().map_or(default.unknown, |severity| severity.value),
        }
    }

    fn severities(
        &mut self,
        entries: FieldValue<Entries<Spanned<Severity>>>,
    ) -> BTreeMap<String, Spanned<Severity>> {
        let entries = entries.good().map(|entries| entries.0).unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|(code, severity)| Some((self.code(&code)?, severity)))
            .collect()
    }

    fn code(&mut self, code: &Spanned<String>) -> Option<String> {
        let known = self.known_codes.contains(&&*code.value);
        let judged = if known {
            Ok(code.value.clone())
        } else {
            let name = quoted(&code.value, "this");
            Err((
                say!("{} is not the code of a finding", name),
                one_of("the codes are", &code.value, self.known_codes),
            ))
        };
        self.accept(code.span, judged)
    }

    fn exceptions(
        &mut self,
        list: FieldValue<List<Spanned<config::ExceptionEntry>>>,
    ) -> Vec<Exception> {
        let items = list.good().map(|list| list.0).unwrap_or_default();
        items.into_iter().filter_map(|item| self.exception(item)).collect()
    }

    fn exception(&mut self, item: Spanned<config::ExceptionEntry>) -> Option<Exception> {
        let (whole, exception) = (place(item.span), item.value);
        let code = self.required(exception.code, "code", whole, "this exception");
        let code = code.and_then(|code| self.code(&code));
        let reason = self.required(exception.reason, "reason", whole, "this exception");
        let reason = reason.and_then(|reason| {
            let judged = if reason.value.trim().is_empty() {
                Err(refusal("the reason is empty", "say why the finding is accepted"))
            } else {
                Ok(reason.value)
            };
            self.accept(reason.span, judged)
        });
        let image = self.value(exception.image, pattern);
        let expires = self.value(exception.expires, date);
        let kind = self.value(exception.kind, super::rows::kind_name);
        let namespace = self.value(exception.namespace, |text| pattern_of(text, namespace));
        let name = self
            .value(exception.name, |text| pattern_of(text, |name| object_name("an object", name)));
        Some(Exception {
            span: item.span,
            code: code?,
            kind: kind.map(|kind| kind.value),
            namespace: namespace.map(|namespace| namespace.value),
            name: name.map(|name| name.value),
            image: image.map(|image| image.value),
            reason: reason?,
            expires,
        })
    }
}

/// A name, or a pattern of names: with `*` for any characters.
fn pattern_of(
    text: &str,
    check: impl Fn(&str) -> Result<String, InvalidValue>,
) -> Result<String, InvalidValue> {
    if text.contains('*') && check(&text.replace('*', "a")).is_ok() {
        return Ok(text.to_owned());
    }
    check(text)
}

fn injection(inject: &config::InjectSection) -> Inject {
    let default = Inject::default();
    let into = inject.into.clone().good().map_or(default.into, |into| into.value);
    Inject {
        into,
        into_of_fixes: if into == super::InjectInto::None { super::InjectInto::Auto } else { into },
        on_refusal: inject
            .on_refusal
            .clone()
            .good()
            .map_or(default.on_refusal, |refusal| refusal.value),
        attach_covering: inject.attach_covering.clone().good().is_some_and(|attach| attach.value),
    }
}

/// What the reader gives always has a place.
pub(super) fn place(span: Option<Span>) -> Span {
    span.unwrap_or_default()
}

pub(super) fn start_of(span: Span) -> Span {
    Span { end: span.start, ..span }
}

pub(super) fn refusal(message: impl Into<Message>, help: impl Into<Message>) -> InvalidValue {
    (message.into(), help.into())
}

fn pattern(text: &str) -> Result<Pattern, InvalidValue> {
    Pattern::parse(text).map_err(|mistake| (mistake.message, mistake.help))
}

/// The name of a Secret.
pub(super) fn secret_name(text: &str) -> Result<String, InvalidValue> {
    object_name("a Secret", text)
}

fn object_name(what: &'static str, text: &str) -> Result<String, InvalidValue> {
    if is_subdomain(text) {
        return Ok(text.to_owned());
    }
    let name = quoted(text, "this");
    Err(refusal(
        say!("{} is not a valid name of {}", name, what),
        "a name is lower case letters, digits, `-` and `.`, with a letter or digit at both ends",
    ))
}

/// The name of a namespace.
pub(super) fn namespace(text: &str) -> Result<String, InvalidValue> {
    if is_label(text) {
        return Ok(text.to_owned());
    }
    let name = quoted(text, "this");
    Err(refusal(
        say!("{} is not a valid name of a namespace", name),
        "a namespace is up to 63 lower case letters, digits and inner `-`",
    ))
}

/// A namespace, or a pattern for several.
fn namespaces(text: &str) -> Result<String, InvalidValue> {
    if is_label(&text.replace('*', "x")) {
        return Ok(text.to_owned());
    }
    namespace(text)
}

/// `[DNS subdomain/]name`, the name up to 63 letters, digits, `-`, `_`, `.`:
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set>.
fn annotation_key(text: &str) -> Result<String, InvalidValue> {
    if is_qualified_name(text) {
        Ok(text.to_owned())
    } else {
        let key = quoted(text, "this");
        Err(refusal(
            say!("{} is not a valid annotation key", key),
            "write a key such as `example.com/rotated-at`",
        ))
    }
}

/// Whole numbers with `w`, `d`, `h`, `m`, `s`: `90d`, `1d12h`.
fn duration(text: &str) -> Result<Duration, InvalidValue> {
    let parsed = duration::with_days(text).filter(|duration| !duration.is_zero());
    let is_whole = |duration: &Duration| duration.subsec_nanos() == 0 && !text.contains('.');
    parsed
        .filter(is_whole)
        .ok_or_else(|| refusal(say!("{} is not a valid duration", quoted(text, "this")), DURATION))
}

fn date(text: &str) -> Result<Date, InvalidValue> {
    let plain = text.len() == "2027-03-31".len();
    text.parse().ok().filter(|_| plain).ok_or_else(|| {
        refusal(
            say!("{} is not a valid date", quoted(text, "this")),
            "write year, month and day, as in `2027-03-31`",
        )
    })
}

/// A date is its first moment in UTC.
fn timestamp(text: &str) -> Result<Timestamp, InvalidValue> {
    let day = || TimeZone::UTC.to_timestamp(date(text).ok()?.at(0, 0, 0, 0)).ok();
    text.parse().ok().or_else(day).ok_or_else(|| {
        refusal(
            say!("{} is not a valid date or time", quoted(text, "this")),
            "write it as in `2026-10-01` or `2026-10-01T12:00:00Z`",
        )
    })
}
