//! What is set on top of a policy file.
//!
//! Nothing here knows how a setting is called where it is set, or reads a variable: the program has a table of that.

use std::collections::HashMap;

use super::overlap::Patterns;
use super::pattern::{Pattern, PatternMistake};
use super::read::{one_of, quoted};
use super::registries::Class;
use super::{FailOn, InjectInto, Policy, Registry, Spanned, check};
use crate::say;
use crate::text::{Message, shown};
use crate::words::Words;

/// What flags or the environment say. The default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--inject`, in the order given.
    pub inject: Vec<InjectFlag>,
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
    /// `--fail-on-unknown-kinds`.
    pub fail_on_unknown_kinds: Option<bool>,
}

impl Policy {
    /// What the policy says, if an entry `public` for `pattern` could win over its saying that an image is private.
    pub fn stated_private(&self, pattern: &Pattern) -> Option<Message> {
        if self.assume_private {
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
        let stated = self.registries.iter().filter(private).find(loses)?;
        Some(say!("that `{}` is private", stated.pattern.value.shown()))
    }
}

/// A value of `--inject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectFlag {
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
    /// A mistake, and the next action.
    pub fn new(message: impl Into<Message>, help: impl Into<Message>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// A text that is not `what`, which is one of `known`.
    pub fn unknown(what: &'static str, text: &str, known: &[&'static str]) -> Self {
        let message = say!("{} is not {}", quoted(text, "this"), what);
        Self::new(message, one_of("write one of", text, known))
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
pub fn parse_inject(text: &str) -> Result<InjectFlag, FlagMistake> {
    let Some((pattern, secret)) = text.rsplit_once('=') else {
        return Err(FlagMistake::new(
            "no `=` between the registry and the Secret",
            "write `HOST[/PATH]=SECRET`, as in `ghcr.io/acme=ghcr-pull`, or `*=SECRET` for every pod",
        ));
    };
    let pattern = Pattern::parse(pattern)?;
    Ok(InjectFlag { pattern, secret: parse_secret(secret)? })
}

/// Reads the name of a Secret.
///
/// # Errors
/// A name that no Secret can have.
pub fn parse_secret(text: &str) -> Result<String, FlagMistake> {
    check::secret_name(text).map_err(|(message, help)| FlagMistake::new(message, help))
}

/// Reads a word of an enum, as flags or policies write it. `what` says what it has to be.
///
/// # Errors
/// Any other text.
pub fn parse_word<T: Words>(what: &'static str, text: &str) -> Result<T, FlagMistake> {
    T::of_flag_word(text).ok_or_else(|| FlagMistake::unknown(what, text, T::flag_words()))
}

/// Reads the pattern of `--private` or `--public`.
///
/// # Errors
/// A pattern that cannot be.
pub fn parse_pattern(text: &str) -> Result<Pattern, FlagMistake> {
    Ok(Pattern::parse(text)?)
}

/// Reads a switch.
///
/// # Errors
/// Anything that is not clearly one or the other.
pub fn parse_switch(text: &str) -> Result<bool, FlagMistake> {
    match text {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(FlagMistake::unknown("a switch", text, &["true", "false"])),
    }
}

/// Reads the name of a namespace.
///
/// # Errors
/// A text that Kubernetes refuses as one.
pub fn parse_namespace(text: &str) -> Result<String, FlagMistake> {
    check::namespace(text).map_err(|(message, help)| FlagMistake::new(message, help))
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
    policy.fails_on_unknown_kinds =
        overrides.fail_on_unknown_kinds.unwrap_or(policy.fails_on_unknown_kinds);
    policy.namespace = overrides.namespace.clone().map(from_flag).or(policy.namespace);
    policy.fail_on = overrides.fail_on.map(from_flag).or(policy.fail_on);
    let policy = policy.index();
    let repeated = repeated_by_namespace(&policy);
    if repeated.is_empty() { Ok(policy) } else { Err(repeated) }
}

/// Objects that the policy declares once with a namespace and once without, where a flag says that
/// no namespace is that one.
fn repeated_by_namespace(policy: &Policy) -> Vec<FlagMistake> {
    let accounts = policy.accounts_by_name.sorted();
    let accounts = accounts.map(|at| ("ServiceAccount", policy.account_name(at)));
    let secrets = policy.secrets_by_name.sorted().map(|at| ("Secret", policy.secret_name(at)));
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
    let mut entries = RegistriesByPattern::default();
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
struct RegistriesByPattern {
    all: Vec<Registry>,
    places: HashMap<Pattern, usize>,
}

impl RegistriesByPattern {
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
        try_set(values).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
    }

    /// The settings that these are, several values of a list separated by commas.
    fn try_set(values: &[(&str, &str)]) -> Result<Overrides, Vec<FlagMistake>> {
        let mut set = Overrides::default();
        let mut mistakes = Vec::new();
        for (name, value) in values {
            let items = value.split(',');
            let wrong: Vec<_> =
                items.filter_map(|item| set_one(&mut set, name, item).err()).collect();
            mistakes.extend(wrong);
        }
        if mistakes.is_empty() { Ok(set) } else { Err(mistakes) }
    }

    fn set_one(set: &mut Overrides, name: &str, value: &str) -> Result<(), FlagMistake> {
        match name {
            "inject" => set.inject.push(parse_inject(value)?),
            "private" => set.private.push(parse_pattern(value)?),
            "public" => set.public.push(parse_pattern(value)?),
            "into" => set.into = Some(parse_word("a place to inject into", value)?),
            "assume-private" => set.assume_private = Some(parse_switch(value)?),
            "namespace" => set.namespace = Some(parse_namespace(value)?),
            "fail-on" => set.fail_on = Some(parse_word("a threshold", value)?),
            _ => panic!("a case sets something else: {name}"),
        }
        Ok(())
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
        let policy = policy(&[("inject", "ghcr.io/acme=one,ghcr.io/acme=two,ghcr.io/acme=one")]);
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

    #[track_caller]
    fn check_mistake(values: &[(&str, &str)], expected: &str) {
        let set = try_set(values).and_then(|set| Policy::default().with(&set));
        let mistakes = set.expect_err("a case has a mistake");
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
    fn what_a_policy_says_is_private_outweighs_what_could_win_over_it() {
        let stated = file(
            "  registries:\n  - {match: ghcr.io/acme, access: private}\n  - {match: quay.io, access: public}\n",
        );
        let outweighed = |policy: &Policy, pattern: &str| {
            policy.stated_private(&parse_pattern(pattern).expect("a case has no mistake")).is_some()
        };
        for public in ["ghcr.io/acme", "ghcr.io/acme/lib", "ghcr.io/acme/*"] {
            assert!(outweighed(&stated, public), "{public}");
        }
        // A wider entry does not win over it.
        for public in ["ghcr.io", "docker.io", "quay.io"] {
            assert!(!outweighed(&stated, public), "{public}");
        }
        let all = Policy::default().with(&set(&[("assume-private", "true")])).unwrap();
        assert!(outweighed(&all, "docker.io"));
    }
}
