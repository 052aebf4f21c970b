//! What flags and the environment say, on top of a policy file.

use super::pattern::{Pattern, PatternMistake};
use super::read::{one_of, quoted};
use super::registries::Class;
use super::{FailOn, InjectInto, Policy, Registry, Spanned, check};

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
    pub assume_private: bool,
    /// `--namespace`.
    pub namespace: Option<String>,
    /// `--fail-on`.
    pub fail_on: Option<FailOn>,
}

/// A value of `--inject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    /// The images whose pods get the Secret; `*` is every pod, whatever its images.
    pub pattern: Pattern,
    /// The name of the Secret.
    pub secret: String,
}

/// Why the value of a flag cannot be meant, and what to write.
///
/// Like a [`Mistake`](super::Mistake), it never repeats what may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct FlagMistake {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The next action.
    pub help: String,
}

impl FlagMistake {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
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

/// Reads the name of a namespace.
///
/// # Errors
/// A text that Kubernetes refuses as one.
pub fn parse_namespace(text: &str) -> Result<String, FlagMistake> {
    check::namespace(text).map_err(|(message, help)| FlagMistake::new(message, help))
}

fn unknown_value(what: &str, text: &str, known: &[&str]) -> FlagMistake {
    FlagMistake::new(
        format!("{} is not {what}", quoted(text, "this")),
        one_of("write one of", text, known),
    )
}

pub(super) fn apply(mut policy: Policy, overrides: &Overrides) -> Result<Policy, Vec<FlagMistake>> {
    let given = entries(overrides)?;
    for registry in given {
        match policy
            .registries
            .iter_mut()
            .find(|other| other.pattern.value == registry.pattern.value)
        {
            Some(stated) => merge(stated, registry),
            None => policy.registries.push(registry),
        }
    }
    for injection in overrides.inject.iter().filter(|injection| injection.pattern.is_any()) {
        add(&mut policy.everywhere, from_flag(injection.secret.clone()));
    }
    policy.assume_private |= overrides.assume_private;
    policy.inject.into = overrides.into.unwrap_or(policy.inject.into);
    policy.namespace = overrides.namespace.clone().map(from_flag).or(policy.namespace);
    policy.fail_on = overrides.fail_on.map(from_flag).or(policy.fail_on);
    Ok(policy)
}

/// One entry for each pattern of the flags.
fn entries(overrides: &Overrides) -> Result<Vec<Registry>, Vec<FlagMistake>> {
    let mut entries: Vec<Registry> = Vec::new();
    let mut mistakes = Vec::new();
    let classes = [(&overrides.private, Class::Private), (&overrides.public, Class::Public)];
    for (patterns, class) in classes {
        for pattern in patterns {
            let entry = entry_of(&mut entries, pattern);
            if entry.access.is_some_and(|access| access.value != class) {
                mistakes.push(FlagMistake::new(
                    format!("`{pattern}` is given both as private and as public"),
                    "leave out one of the two",
                ));
            }
            entry.access = Some(from_flag(class));
        }
    }
    for injection in overrides.inject.iter().filter(|injection| !injection.pattern.is_any()) {
        let entry = entry_of(&mut entries, &injection.pattern);
        // Who needs a Secret is private, unless `--public` says it is there for the rate limit.
        entry.access.get_or_insert(from_flag(Class::Private));
        add(entry.pull_secrets.get_or_insert_default(), from_flag(injection.secret.clone()));
    }
    for (at, one) in entries.iter().enumerate() {
        for two in &entries[..at] {
            if check::are_ambiguous(&one.pattern.value, &two.pattern.value) {
                let (one, two) = (&two.pattern.value, &one.pattern.value);
                mistakes.push(FlagMistake::new(
                    format!("`{one}` and `{two}` match the same images, and none is more specific"),
                    "write the host out in one of them",
                ));
            }
        }
    }
    if mistakes.is_empty() { Ok(entries) } else { Err(mistakes) }
}

fn entry_of<'e>(entries: &'e mut Vec<Registry>, pattern: &Pattern) -> &'e mut Registry {
    let at =
        entries.iter().position(|entry| entry.pattern.value == *pattern).unwrap_or_else(|| {
            entries.push(Registry {
                pattern: from_flag(pattern.clone()),
                access: None,
                pull_secrets: None,
                iam: None,
            });
            entries.len() - 1
        });
    &mut entries[at]
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
