//! What flags, the environment and a `ConfigMap` say, on top of a policy file.
//!
//! Nothing here knows how flags are spelled on the command line, or reads a variable.

use std::collections::HashMap;

use super::overlap::Patterns;
use super::pattern::{Pattern, PatternMistake};
use super::read::{one_of, quoted};
use super::registries::Class;
use super::{Cluster, Emit, FailOn, InjectInto, Policy, Registry, Spanned, check};
use crate::say;
use crate::text::{Message, shown};

/// What flags or the environment say. The default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--inject`, in the order given.
    pub inject: Vec<Injection>,
    /// `--into`.
    pub into: Option<InjectInto>,
    /// `--private`.
    pub private: Vec<Pattern>,
    /// `--public`.
    pub public: Vec<Pattern>,
    /// `--assume-private`.
    pub assume_private: Option<bool>,
    /// `--namespace`.
    pub namespace: Option<String>,
    /// `--fail-on`.
    pub fail_on: Option<FailOn>,
    /// `--stamp`.
    pub stamp: Option<bool>,
}

impl Overrides {
    /// The flags that [`set`](Self::set) knows, without their dashes.
    pub const FLAGS: &[&str] =
        &["inject", "into", "private", "public", "assume-private", "namespace", "fail-on", "stamp"];

    /// Takes the value that an environment variable or a `ConfigMap` gives to one of
    /// [`FLAGS`](Self::FLAGS). Several values of a list are one a line, or separated by commas.
    ///
    /// # Errors
    /// Each value that cannot be meant, and a name that is not among the flags.
    pub fn set(&mut self, flag: &str, value: &str) -> Result<(), Vec<FlagMistake>> {
        let one = |mistake| vec![mistake];
        let value = value.trim();
        match flag {
            "inject" => self.inject.extend(each(value, parse_inject)?),
            "private" => self.private.extend(each(value, parse_pattern)?),
            "public" => self.public.extend(each(value, parse_pattern)?),
            "into" => self.into = Some(parse_into(value).map_err(one)?),
            "assume-private" => self.assume_private = Some(parse_switch(value).map_err(one)?),
            "namespace" => self.namespace = Some(parse_namespace(value).map_err(one)?),
            "fail-on" => self.fail_on = Some(parse_fail_on(value).map_err(one)?),
            "stamp" => self.stamp = Some(parse_switch(value).map_err(one)?),
            _ => return Err(vec![unknown_value("a flag here", flag, Self::FLAGS)]),
        }
        Ok(())
    }

    /// These, and what `lower` says where they say nothing. A list replaces the whole lower one, as
    /// a flag replaces its environment variable.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        let list = |upper: Vec<Pattern>, lower| if upper.is_empty() { lower } else { upper };
        Self {
            inject: if self.inject.is_empty() { lower.inject } else { self.inject },
            into: self.into.or(lower.into),
            private: list(self.private, lower.private),
            public: list(self.public, lower.public),
            assume_private: self.assume_private.or(lower.assume_private),
            namespace: self.namespace.or(lower.namespace),
            fail_on: self.fail_on.or(lower.fail_on),
            stamp: self.stamp.or(lower.stamp),
        }
    }
}

/// Something that is asked of a policy that says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overruled {
    /// One of [`Overrides::FLAGS`].
    pub flag: &'static str,
    /// What the policy says.
    pub by: Message,
}

impl Overrides {
    /// What is left of these where the word of `policy` counts for more, and what is not: they may add to it and be
    /// stricter, but weaken nothing that it says.
    #[must_use]
    pub fn below(self, policy: &Policy) -> (Self, Vec<Overruled>) {
        let mut overruled = Vec::new();
        let mut refuse = |flag, by: Message| overruled.push(Overruled { flag, by });
        let mut asked = self;
        asked.public.retain(|pattern| match stated_private(policy, pattern) {
            None => true,
            Some(by) => {
                refuse("public", by);
                false
            }
        });
        if let Some(stated) = policy.fail_on()
            && asked.fail_on.take_if(|asked| rank(*asked) < rank(stated)).is_some()
        {
            refuse("fail-on", say!("`{}`", threshold(stated)));
        }
        if let Some(stated) = policy.namespace()
            && asked.namespace.take_if(|asked| asked != stated).is_some()
        {
            refuse("namespace", say!("`{}`", shown(stated)));
        }
        let into = policy.inject.into;
        if into != InjectInto::default() && asked.into.take_if(|asked| *asked != into).is_some() {
            refuse("into", say!("`{}`", place(into)));
        }
        if policy.assume_private && asked.assume_private.take_if(|asked| !*asked).is_some() {
            refuse("assume-private", "`true`".into());
        }
        if policy.stamp && asked.stamp.take_if(|asked| !*asked).is_some() {
            refuse("stamp", "`true`".into());
        }
        (asked, overruled)
    }
}

/// What the policy says, if an entry `public` for `pattern` could win over its saying that an image is private.
fn stated_private(policy: &Policy, pattern: &Pattern) -> Option<Message> {
    if policy.assume_private {
        return Some("that every image is private".into());
    }
    let private = |registry: &&Registry| {
        let class = registry.access.map(|access| access.value);
        class == Some(Class::Private) || registry.iam.is_some_and(|iam| iam.value)
    };
    let loses = |registry: &&Registry| {
        let stated = &registry.pattern.value;
        stated.overlaps(pattern) && stated.specificity() <= pattern.specificity()
    };
    let stated = policy.registries.iter().filter(private).find(loses)?;
    Some(say!("that `{}` is private", stated.pattern.value.shown()))
}

fn rank(fail_on: FailOn) -> u8 {
    match fail_on {
        FailOn::Never => 0,
        FailOn::Error => 1,
        FailOn::Warning => 2,
    }
}

fn place(into: InjectInto) -> &'static str {
    match into {
        InjectInto::Auto => "auto",
        InjectInto::None => "none",
        InjectInto::Pod => "pod",
        InjectInto::ServiceAccount => "service-account",
    }
}

fn threshold(fail_on: FailOn) -> &'static str {
    match fail_on {
        FailOn::Never => "never",
        FailOn::Error => "error",
        FailOn::Warning => "warning",
    }
}

/// The values of a list, or each mistake in it.
fn each<T>(
    value: &str,
    parse: impl Fn(&str) -> Result<T, FlagMistake>,
) -> Result<Vec<T>, Vec<FlagMistake>> {
    let mut values = Vec::new();
    let mut mistakes = Vec::new();
    for text in value.split(['\n', ',']).map(str::trim).filter(|text| !text.is_empty()) {
        match parse(text) {
            Ok(value) => values.push(value),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(values) } else { Err(mistakes) }
}

/// What the `data` of a `ConfigMap` says that stands in for a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigMap<'d> {
    /// A whole policy document, the value of the key `policy`.
    pub policy: Option<&'d str>,
    /// The keys that are flags about the policy; they win over the document.
    pub overrides: Overrides,
    /// The key `emit`; it wins over the document.
    pub emit: Option<Emit>,
    /// The keys that are other flags, with their values.
    pub others: Vec<(&'d str, &'d str)>,
}

impl<'d> ConfigMap<'d> {
    /// Reads `data`: the key `policy`, keys named like flags, and `others`, which it hands back.
    ///
    /// # Errors
    /// Every mistake, with the key it is about.
    pub fn parse(
        data: impl IntoIterator<Item = (&'d str, &'d str)>,
        others: &[&'static str],
    ) -> Result<Self, Vec<(&'d str, FlagMistake)>> {
        let mut found = Self::default();
        let mut mistakes = Vec::new();
        for (key, value) in data {
            if key == "policy" {
                found.policy = Some(value);
            } else if key == "emit" {
                match parse_emit(value.trim()) {
                    Ok(emit) => found.emit = Some(emit),
                    Err(mistake) => mistakes.push((key, mistake)),
                }
            } else if Overrides::FLAGS.contains(&key) {
                let wrong = found.overrides.set(key, value).err().unwrap_or_default();
                mistakes.extend(wrong.into_iter().map(|mistake| (key, mistake)));
            } else if others.contains(&key) {
                found.others.push((key, value));
            } else {
                let known = [&["policy", "emit"], Overrides::FLAGS, others].concat();
                mistakes.push((key, unknown_value("a key here", key, &known)));
            }
        }
        if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
    }
}

/// A value of `--inject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    /// The images whose pods get the Secret; `*` is every pod, whatever its images.
    pub pattern: Pattern,
    /// The name of the Secret.
    pub secret: String,
}

/// Why the value of a flag is not valid, and what to write.
///
/// Like a [`Mistake`](super::Mistake), it never repeats what may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct FlagMistake {
    /// What is wrong: lower case, no full stop.
    pub message: Message,
    /// The next action.
    pub help: Message,
}

impl FlagMistake {
    fn new(message: impl Into<Message>, help: impl Into<Message>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl From<PatternMistake> for FlagMistake {
    fn from(mistake: PatternMistake) -> Self {
        Self { message: mistake.message, help: mistake.help }
    }
}

/// Reads `HOST[/PATH]=SECRET` or `*=SECRET`.
///
/// # Errors
/// A missing part, a pattern or a Secret name that cannot be.
pub fn parse_inject(text: &str) -> Result<Injection, FlagMistake> {
    let Some((pattern, secret)) = text.rsplit_once('=') else {
        return Err(FlagMistake::new(
            "no `=` between the registry and the Secret",
            "write `HOST[/PATH]=SECRET`, as in `ghcr.io/acme=ghcr-pull`, or `*=SECRET` for every pod",
        ));
    };
    let pattern = Pattern::parse(pattern)?;
    let secret =
        check::secret_name(secret).map_err(|(message, help)| FlagMistake::new(message, help))?;
    Ok(Injection { pattern, secret })
}

/// Reads `pod`, `service-account`, `auto` or `none`.
///
/// # Errors
/// Any other text.
pub fn parse_into(text: &str) -> Result<InjectInto, FlagMistake> {
    match text {
        "auto" => Ok(InjectInto::Auto),
        "none" => Ok(InjectInto::None),
        "pod" => Ok(InjectInto::Pod),
        "service-account" | "serviceAccount" => Ok(InjectInto::ServiceAccount),
        _ => Err(unknown_value(
            "a place to inject into",
            text,
            &["pod", "service-account", "auto", "none"],
        )),
    }
}

/// Reads `error`, `warning` or `never`.
///
/// # Errors
/// Any other text.
pub fn parse_fail_on(text: &str) -> Result<FailOn, FlagMistake> {
    match text {
        "error" => Ok(FailOn::Error),
        "warning" => Ok(FailOn::Warning),
        "never" => Ok(FailOn::Never),
        _ => Err(unknown_value("a threshold", text, &["error", "warning", "never"])),
    }
}

/// Reads `all` or `none`.
fn parse_emit(text: &str) -> Result<Emit, FlagMistake> {
    match text {
        "all" => Ok(Emit::All),
        "none" => Ok(Emit::None),
        _ => Err(unknown_value("what a function can return", text, &["all", "none"])),
    }
}

/// Reads the pattern of `--private` or `--public`.
///
/// # Errors
/// A pattern that cannot be.
pub fn parse_pattern(text: &str) -> Result<Pattern, FlagMistake> {
    Ok(Pattern::parse(text)?)
}

/// Reads `true`, `false`, `1` or `0`.
fn parse_switch(text: &str) -> Result<bool, FlagMistake> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(unknown_value("a switch", text, &["true", "false"])),
    }
}

/// Reads the name of a namespace.
///
/// # Errors
/// A text that Kubernetes refuses as one.
pub fn parse_namespace(text: &str) -> Result<String, FlagMistake> {
    check::namespace(text).map_err(|(message, help)| FlagMistake::new(message, help))
}

fn unknown_value(what: &'static str, text: &str, known: &[&'static str]) -> FlagMistake {
    FlagMistake::new(
        say!("{} is not {}", quoted(text, "this"), what),
        one_of("write one of", text, known),
    )
}

pub(super) fn apply(mut policy: Policy, overrides: &Overrides) -> Result<Policy, Vec<FlagMistake>> {
    let given = entries(overrides)?;
    let stated = policy.registries.iter().enumerate();
    let stated: HashMap<_, _> = stated.map(|(at, one)| (one.pattern.value.clone(), at)).collect();
    for registry in given {
        match stated.get(&registry.pattern.value) {
            Some(&at) => merge(&mut policy.registries[at], registry),
            None => policy.registries.push(registry),
        }
    }
    for injection in overrides.inject.iter().filter(|injection| injection.pattern.is_any()) {
        add(&mut policy.everywhere, from_flag(injection.secret.clone()));
    }
    policy.assume_private = overrides.assume_private.unwrap_or(policy.assume_private);
    policy.inject.into = overrides.into.unwrap_or(policy.inject.into);
    if policy.inject.into != InjectInto::None {
        policy.inject.into_of_fixes = policy.inject.into;
    }
    policy.stamp = overrides.stamp.unwrap_or(policy.stamp);
    policy.namespace = overrides.namespace.clone().map(from_flag).or(policy.namespace);
    policy.fail_on = overrides.fail_on.map(from_flag).or(policy.fail_on);
    let policy = policy.index();
    let repeated = repeated_by_namespace(&policy);
    if repeated.is_empty() { Ok(policy) } else { Err(repeated) }
}

/// Objects that the policy declares once with a namespace and once without, where a flag says that
/// no namespace is that one.
fn repeated_by_namespace(policy: &Policy) -> Vec<FlagMistake> {
    let Cluster { service_accounts, secrets, .. } = &policy.cluster;
    let accounts = policy.accounts_by_name.iter().map(|&at| {
        let account = &service_accounts[at];
        ("ServiceAccount", policy.full_name(&account.name, account.namespace.as_deref()))
    });
    let secrets = policy.secrets_by_name.iter().map(|&at| {
        let secret = &secrets[at];
        ("Secret", policy.full_name(&secret.name, secret.namespace.as_deref()))
    });
    let all: Vec<_> = accounts.chain(secrets).collect();
    let repeated = all.windows(2).filter(|pair| pair[0] == pair[1]);
    repeated
        .map(|pair| {
            let (kind, (name, namespace)) = pair[0];
            let namespace = namespace.unwrap_or_default();
            FlagMistake::new(
                say!(
                    "with `{}` as the namespace of objects that name none, \
                     the policy declares {} `{}` twice",
                    shown(namespace),
                    kind,
                    shown(name)
                ),
                "give each of its entries in the policy a `namespace`",
            )
        })
        .collect()
}

/// One entry for each pattern of the flags.
fn entries(overrides: &Overrides) -> Result<Vec<Registry>, Vec<FlagMistake>> {
    let mut entries = Entries::default();
    let mut mistakes = Vec::new();
    let classes = [(&overrides.private, Class::Private), (&overrides.public, Class::Public)];
    for (patterns, class) in classes {
        for pattern in patterns {
            let entry = entries.of(pattern);
            if entry.access.is_some_and(|access| access.value != class) {
                mistakes.push(FlagMistake::new(
                    say!("`{}` is given both as private and as public", pattern.shown()),
                    "leave out one of the two",
                ));
            }
            entry.access = Some(from_flag(class));
        }
    }
    for injection in overrides.inject.iter().filter(|injection| !injection.pattern.is_any()) {
        let entry = entries.of(&injection.pattern);
        // Who needs a Secret is private, unless `--public` says it is there for the rate limit.
        entry.access.get_or_insert(from_flag(Class::Private));
        add(entry.pull_secrets.get_or_insert_default(), from_flag(injection.secret.clone()));
    }
    let entries = entries.all;
    let mut patterns = Patterns::default();
    for Registry { pattern: Spanned { value, .. }, .. } in &entries {
        if let Some(first) = patterns.ambiguous(value) {
            let one = &entries[first].pattern.value;
            mistakes.push(FlagMistake::new(
                say!(
                    "`{}` and `{}` match the same images, and neither is more specific",
                    one.shown(),
                    value.shown()
                ),
                "write the host out in one of them",
            ));
        }
        patterns.push(value);
    }
    if mistakes.is_empty() { Ok(entries) } else { Err(mistakes) }
}

/// Entries, one for each pattern.
#[derive(Default)]
struct Entries {
    all: Vec<Registry>,
    places: HashMap<Pattern, usize>,
}

impl Entries {
    fn of(&mut self, pattern: &Pattern) -> &mut Registry {
        let at = *self.places.entry(pattern.clone()).or_insert_with(|| {
            let pattern = from_flag(pattern.clone());
            self.all.push(Registry { pattern, access: None, pull_secrets: None, iam: None });
            self.all.len() - 1
        });
        &mut self.all[at]
    }
}

/// What a flag says about a pattern that is there already: its class replaces, its Secrets are added.
fn merge(stated: &mut Registry, given: Registry) {
    stated.access = given.access.or(stated.access);
    for secret in given.pull_secrets.into_iter().flatten() {
        add(stated.pull_secrets.get_or_insert_default(), secret);
    }
    // "The nodes pull this" and "this is public" contradict each other: what the flag says wins.
    if stated.access.is_some_and(|access| access.value == Class::Public) {
        stated.iam = stated.iam.filter(|iam| !iam.value);
    }
}

fn add(secrets: &mut Vec<Spanned<String>>, secret: Spanned<String>) {
    if !secrets.iter().any(|other| other.value == secret.value) {
        secrets.push(secret);
    }
}

fn from_flag<T>(value: T) -> Spanned<T> {
    Spanned { value, span: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{AccessFrom, Spanned};

    #[track_caller]
    fn set(values: &[(&str, &str)]) -> Overrides {
        let mut overrides = Overrides::default();
        for (flag, value) in values {
            overrides.set(flag, value).expect("a case has no mistake");
        }
        overrides
    }

    #[track_caller]
    fn policy(values: &[(&str, &str)]) -> Policy {
        Policy::default().with(&set(values)).expect("a case has no contradiction")
    }

    fn file(spec: &str) -> Policy {
        let head = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n";
        Policy::parse(&format!("{head}{spec}"), &[]).expect("a case has no mistake")
    }

    fn names(secrets: &[Spanned<String>]) -> Vec<&str> {
        secrets.iter().map(|secret| &*secret.value).collect()
    }

    fn secrets<'p>(policy: &'p Policy, image: &str) -> Vec<&'p str> {
        let (domain, path) = image.split_once('/').expect("a case names domain and path");
        names(policy.pull_secrets(domain, path).map(|(_, secrets)| secrets).unwrap_or_default())
    }

    fn class(policy: &Policy, image: &str) -> (Class, AccessFrom) {
        let (domain, path) = image.split_once('/').expect("a case names domain and path");
        let access = policy.access(domain, path);
        (access.class, access.from)
    }

    #[test]
    fn an_injection_makes_the_registry_private_and_names_the_secret() {
        let policy = policy(&[("inject", "ghcr.io/acme=one, ghcr.io/acme=two\nghcr.io/acme=one")]);
        assert_eq!(secrets(&policy, "ghcr.io/acme/app"), ["one", "two"]);
        assert_eq!(class(&policy, "ghcr.io/acme/app"), (Class::Private, AccessFrom::Policy));
        assert_eq!(class(&policy, "ghcr.io/other/app"), (Class::Public, AccessFrom::Assumed));
        assert_eq!(names(policy.everywhere()), Vec::<&str>::new());
    }

    #[test]
    fn an_injection_into_a_public_registry_leaves_it_public() {
        let policy = policy(&[("public", "docker.io"), ("inject", "docker.io=dockerhub")]);
        assert_eq!(secrets(&policy, "docker.io/library/nginx"), ["dockerhub"]);
        assert_eq!(class(&policy, "docker.io/library/nginx"), (Class::Public, AccessFrom::Policy));
    }

    #[test]
    fn a_star_injects_everywhere_and_says_nothing_about_registries() {
        let policy = policy(&[("inject", "*=regcred")]);
        assert_eq!(names(policy.everywhere()), ["regcred"]);
        assert!(policy.registries().is_empty());
        assert_eq!(class(&policy, "registry.k8s.io/pause"), (Class::Public, AccessFrom::Builtin));
    }

    #[test]
    fn every_image_counts_as_private_unless_a_flag_or_the_file_says_public() {
        let policy = policy(&[("assume-private", "true"), ("public", "registry.k8s.io")]);
        assert_eq!(class(&policy, "docker.io/library/nginx"), (Class::Private, AccessFrom::Policy));
        assert_eq!(class(&policy, "registry.k8s.io/pause"), (Class::Public, AccessFrom::Policy));
    }

    #[test]
    fn a_flag_wins_over_the_file_and_adds_its_secret_to_the_same_pattern() {
        let policy = file(
            "  namespace: shop
  failOn: error
  inject: {into: pod}
  registries:
  - {match: ghcr.io, access: public, pullSecrets: [one], iam: false}
  - {match: a.example.com, access: private, iam: true}
  - {match: a*.example.org, pullSecrets: [left]}
",
        );
        let policy = policy
            .with(&set(&[
                ("inject", "ghcr.io=two,*b.example.org=right"),
                ("public", "a.example.com"),
                ("into", "service-account"),
                ("namespace", "other"),
                ("fail-on", "never"),
            ]))
            .expect("no contradiction");
        assert_eq!(secrets(&policy, "ghcr.io/acme/app"), ["one", "two"]);
        assert_eq!(class(&policy, "ghcr.io/acme/app"), (Class::Private, AccessFrom::Policy));
        assert_eq!(policy.iam("a.example.com", "app"), None);
        assert_eq!(secrets(&policy, "ab.example.org/app"), ["right"], "equally specific");
        assert_eq!(policy.inject().into, InjectInto::ServiceAccount);
        assert_eq!((policy.namespace(), policy.fail_on()), (Some("other"), Some(FailOn::Never)));
    }

    #[test]
    fn the_upper_layer_replaces_what_it_names() {
        let environment = set(&[("inject", "a.io=a,b.io=b"), ("into", "pod"), ("public", "c.io")]);
        let flags = set(&[("inject", "d.io=d"), ("assume-private", "0")]);
        let both = flags.over(environment);
        assert_eq!(
            both,
            set(&[
                ("inject", "d.io=d"),
                ("into", "pod"),
                ("public", "c.io"),
                ("assume-private", "0")
            ])
        );
    }

    #[track_caller]
    fn check_mistake(values: &[(&str, &str)], expected: &str) {
        let mut overrides = Overrides::default();
        let mut mistakes: Vec<_> =
            values.iter().filter_map(|(f, v)| overrides.set(f, v).err()).flatten().collect();
        if mistakes.is_empty() {
            mistakes = Policy::default().with(&overrides).expect_err("a case has a mistake");
        }
        let texts: Vec<_> = mistakes.iter().map(FlagMistake::to_string).collect();
        assert_eq!(texts.join("\n"), expected);
    }

    #[test]
    fn a_mistake_in_a_flag_says_what_to_write() {
        check_mistake(
            &[("inject", "regcred")],
            "no `=` between the registry and the Secret: write `HOST[/PATH]=SECRET`, \
             as in `ghcr.io/acme=ghcr-pull`, or `*=SECRET` for every pod",
        );
        check_mistake(
            &[("inject", "ghcr.io=Reg_Cred,https://ghcr.io=regcred")],
            "`Reg_Cred` is not a valid name of a Secret: a name is lower case letters, digits, `-` and \
             `.`, with a letter or digit at both ends\n\
             `https://ghcr.io` has a scheme; image references have none: write `ghcr.io` without \
             `https://`",
        );
        check_mistake(
            &[("into", "serviceaccount")],
            "`serviceaccount` is not a place to inject into: did you mean `service-account`?",
        );
        check_mistake(
            &[("fail-on", "errors")],
            "`errors` is not a threshold: did you mean `error`?",
        );
        check_mistake(
            &[("assume-private", "")],
            "this is not a switch: write one of `true`, `false`",
        );
        check_mistake(
            &[("privat", "a.io")],
            "`privat` is not a flag here: did you mean `private`?",
        );
        check_mistake(
            &[("namespace", "Shop")],
            "`Shop` is not a valid name of a namespace: a namespace is up to 63 lower case letters, \
             digits and inner `-`",
        );
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        check_mistake(
            &[("private", "ghcr.io"), ("public", "ghcr.io/*")],
            "`ghcr.io` is given both as private and as public: leave out one of the two",
        );
        check_mistake(
            &[("private", "a*.io"), ("public", "*b.io")],
            "`a*.io` and `*b.io` match the same images, and neither is more specific: \
             write the host out in one of them",
        );
    }

    #[test]
    fn a_namespace_that_makes_two_declared_objects_one_is_refused() {
        let policy = file(
            "  cluster: {serviceAccounts: [{name: default}, {namespace: shop, name: default}]}\n",
        );
        let mistakes = policy.with(&set(&[("namespace", "shop")])).expect_err("a contradiction");
        assert_eq!(
            mistakes[0].message,
            "with `shop` as the namespace of objects that name none, \
             the policy declares ServiceAccount `default` twice"
        );
    }

    #[test]
    fn a_config_map_holds_a_policy_or_flags() {
        let data = [
            ("policy", "text"),
            ("inject", "a.io=a\nb.io=b\n"),
            ("emit", "none\n"),
            ("quiet", "true"),
        ];
        let read = ConfigMap::parse(data, &["quiet"]).expect("no mistake");
        let overrides = set(&[("inject", "a.io=a,b.io=b")]);
        assert_eq!(
            read,
            ConfigMap {
                policy: Some("text"),
                overrides,
                emit: Some(Emit::None),
                others: vec![("quiet", "true")]
            }
        );
    }

    #[test]
    fn every_mistake_in_a_config_map_comes_with_its_key() {
        let data = [("failOn", "error"), ("into", "pods"), ("private", "x y,https://a.io")];
        let mistakes = ConfigMap::parse(data, &["report"]).expect_err("mistakes");
        let found: Vec<_> = mistakes.iter().map(|(key, mistake)| (*key, &*mistake.help)).collect();
        assert_eq!(
            found,
            [
                ("failOn", "did you mean `fail-on`?"),
                ("into", "write one of `pod`, `service-account`, `auto`, `none`"),
                ("private", "write `xy`"),
                ("private", "write `a.io` without `https://`"),
            ]
        );
    }

    #[track_caller]
    fn check_below(policy: Policy, asked: &[(&str, &str)], overruled: &[&str]) -> Policy {
        let (left, found) = set(asked).below(&policy);
        let found: Vec<_> = found.iter().map(|overruled| overruled.flag).collect();
        assert_eq!(found, overruled);
        policy.with(&left).expect("a case has no contradiction")
    }

    #[test]
    fn what_is_asked_below_a_policy_adds_to_it() {
        let asked = [
            ("inject", "ghcr.io/acme=ghcr"),
            ("private", "quay.io/acme"),
            ("public", "registry.example.com"),
            ("fail-on", "never"),
            ("into", "none"),
            ("namespace", "shop"),
            ("assume-private", "true"),
        ];
        let policy = check_below(Policy::default(), &asked, &[]);
        assert_eq!(secrets(&policy, "ghcr.io/acme/api"), ["ghcr"]);
        assert_eq!(policy.access("registry.example.com", "a").class, Class::Public);
        assert_eq!((policy.fail_on(), policy.namespace()), (Some(FailOn::Never), Some("shop")));
        assert_eq!(policy.inject().into, InjectInto::None);
    }

    #[test]
    fn what_is_asked_below_a_policy_weakens_nothing_that_it_says() {
        let stated = file("  namespace: a\n  failOn: error\n  inject: {into: pod}\n");
        let asked = [("fail-on", "never"), ("into", "none"), ("namespace", "b")];
        let policy = check_below(stated.clone(), &asked, &["fail-on", "namespace", "into"]);
        assert_eq!((policy.fail_on(), policy.namespace()), (Some(FailOn::Error), Some("a")));
        assert_eq!(policy.inject().into, InjectInto::Pod);
        let policy = check_below(stated, &[("fail-on", "warning"), ("namespace", "a")], &[]);
        assert_eq!(policy.fail_on(), Some(FailOn::Warning));
    }

    #[test]
    fn what_a_policy_says_is_private_stays_private() {
        let stated = file(
            "  registries:\n  - {match: ghcr.io/acme, access: private}\n  - {match: quay.io, access: public}\n",
        );
        for public in ["ghcr.io/acme", "ghcr.io/acme/lib", "ghcr.io/acme/*"] {
            let policy = check_below(stated.clone(), &[("public", public)], &["public"]);
            assert_eq!(policy.access("ghcr.io", "acme/lib/a").class, Class::Private);
        }
        // A wider entry does not win over it.
        let policy = check_below(stated.clone(), &[("public", "ghcr.io,docker.io")], &[]);
        assert_eq!(policy.access("ghcr.io", "acme/a").class, Class::Private);
        assert_eq!(policy.access("ghcr.io", "other/a").class, Class::Public);
        let policy = check_below(stated, &[("private", "quay.io")], &[]);
        assert_eq!(policy.access("quay.io", "a").class, Class::Private);
        let all = Policy::default().with(&set(&[("assume-private", "true")])).unwrap();
        let asked = [("public", "docker.io"), ("assume-private", "false")];
        check_below(all, &asked, &["public", "assume-private"]);
    }
}
