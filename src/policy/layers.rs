//! Policies of several files, one on top of another. Nothing here opens a file, and nothing here judges what an entry
//! says.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{
    ClusterSection, CustomResource, InjectSection, RegistryEntry, RotationSection, SecretEntry,
    ServiceAccountEntry, Spec,
};
use super::pattern::Pattern;
use super::read::{ConfigNode, ConfigValue, Entries, FieldValue, List};
use super::{Mistake, Policy, Spanned, check, tree};
use crate::say;
use crate::source::{LineIndex, Position, Source, Span};
use crate::text::shown;

/// A policy file, read as YAML and not yet as a policy.
pub struct PolicyLayer {
    source: Source,
    tree: Result<ConfigNode, Mistake>,
}

impl PolicyLayer {
    /// Of a file.
    pub fn new(source: Source) -> Self {
        let tree = tree::parse(&source.text);
        Self { source, tree }
    }

    /// The file.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The files that it extends, as written. None if that cannot be read: reading the policy says why.
    pub fn extended(&self) -> Vec<Spanned<String>> {
        let spec = self.tree.as_ref().ok().and_then(|tree| tree.field("spec"));
        let files = spec.and_then(|spec| spec.field("extends")).map(ConfigNode::items);
        let texts = files.unwrap_or_default().iter().filter_map(|file| match &file.kind {
            ConfigValue::Text(text) => Some(Spanned { value: text.clone(), span: Some(file.span) }),
            _ => None,
        });
        texts.collect()
    }
}

/// A file of a policy, and what is wrong in it.
pub struct FileMistakes {
    /// The file.
    pub source: Source,
    /// Its mistakes, in the order of the text.
    pub mistakes: Vec<Mistake>,
}

/// The files of a policy. The spans of the policy count from the start of the first one, as if they were one text.
pub struct PolicyText {
    sources: Vec<Source>,
    /// Where each source is in that text.
    places: Vec<Span>,
}

impl PolicyText {
    /// The lines of comments in which `policy init`, or a person, left something to do: each file with their numbers.
    pub fn todos(&self) -> impl Iterator<Item = (&Source, usize)> {
        self.sources.iter().flat_map(|source| {
            let lines = source.text.lines().enumerate().filter(|(_, line)| is_todo(line));
            lines.map(move |(at, _)| (source, at + 1))
        })
    }

    /// The policy of these files, each before those that win over it, and the files. `known_codes` are the codes of
    /// findings that it may name.
    ///
    /// # Errors
    /// The mistakes in the files, by file.
    pub fn read(
        layers: Vec<PolicyLayer>,
        known_codes: &[&'static str],
    ) -> Result<(Policy, Self), Vec<FileMistakes>> {
        let (mut sources, mut places) = (Vec::new(), Vec::new());
        let (mut trees, mut unread) = (Vec::new(), Vec::new());
        let mut start = 0;
        for PolicyLayer { source, tree } in layers {
            let end = start + source.text.len();
            match tree {
                Ok(mut tree) => {
                    tree.shift(start);
                    trees.push((start, tree));
                }
                Err(mistake) => unread.push(mistake.shifted(start)),
            }
            places.push(Span::new(start, end));
            sources.push(source);
            // Two files have no byte in common, not even the end of one and the start of the next.
            start = end + 1;
        }
        let text = Self { sources, places };
        let policy =
            if unread.is_empty() { check::layers(&trees, known_codes) } else { Err(unread) };
        match policy {
            Ok(policy) => Ok((policy, text)),
            Err(mistakes) => Err(text.by_file(mistakes)),
        }
    }

    /// Mistakes with the file that each of them is in.
    fn by_file(self, mistakes: Vec<Mistake>) -> Vec<FileMistakes> {
        let mut all: Vec<Vec<Mistake>> = self.sources.iter().map(|_| Vec::new()).collect();
        for mistake in mistakes {
            let at = self.file(mistake.span.start as usize);
            let mistake = self.within(at, mistake);
            all[at].push(mistake);
        }
        let by_file = self.sources.into_iter().zip(all).filter(|(_, all)| !all.is_empty());
        by_file.map(|(source, mistakes)| FileMistakes { source, mistakes }).collect()
    }

    /// The file that holds a byte of the text, and the position there.
    pub fn position(&self, offset: usize) -> (&Source, Position) {
        let at = self.file(offset);
        let source = &self.sources[at];
        let position = LineIndex::new(&source.text).position(&source.text, self.local(at, offset));
        (source, position)
    }

    /// Which file holds a byte of the text.
    pub fn file(&self, offset: usize) -> usize {
        self.places.partition_point(|place| place.start as usize <= offset).saturating_sub(1)
    }

    fn local(&self, file: usize, offset: usize) -> usize {
        (offset - self.places[file].start as usize).min(self.places[file].len())
    }

    /// A mistake in a file, with spans that count from its start.
    fn within(&self, file: usize, mistake: Mistake) -> Mistake {
        let local = |span: Span| {
            Span::new(self.local(file, span.start as usize), self.local(file, span.end as usize))
        };
        let span = local(mistake.span);
        match mistake.related {
            Some((other, what)) if self.file(other.start as usize) != file => {
                let (source, position) = self.position(other.start as usize);
                let help =
                    say!("{}\n{} ({}:{})", mistake.help, what, shown(&source.name), position);
                Mistake { span, help, related: None, ..mistake }
            }
            related => {
                let related = related.map(|(other, what)| (local(other), what));
                Mistake { span, related, ..mistake }
            }
        }
    }
}

impl Spec {
    /// The same on top of `base`: what it says wins, and lists are joined.
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            extends: self.extends,
            namespace: self.namespace.or(base.namespace),
            fail_on: self.fail_on.or(base.fail_on),
            fail_on_unknown_kinds: self.fail_on_unknown_kinds.or(base.fail_on_unknown_kinds),
            emit: self.emit.or(base.emit),
            stamp: self.stamp.or(base.stamp),
            registries: joined(
                self.registries,
                base.registries,
                RegistryEntry::key,
                RegistryEntry::over,
            ),
            cluster: merged(self.cluster, base.cluster, ClusterSection::over),
            inject: merged(self.inject, base.inject, InjectSection::over),
            rotation: merged(self.rotation, base.rotation, RotationSection::over),
            severities: severities(self.severities, base.severities),
            exceptions: joined(self.exceptions, base.exceptions, |_| None, whole),
            custom_resources: joined(
                self.custom_resources,
                base.custom_resources,
                CustomResource::key,
                whole,
            ),
        }
    }
}

impl ClusterSection {
    fn over(self, base: Self) -> Self {
        Self {
            credential_providers: joined(
                self.credential_providers,
                base.credential_providers,
                |cloud| Some(cloud.name().to_owned()),
                whole,
            ),
            credential_provider_config: self
                .credential_provider_config
                .or(base.credential_provider_config),
            service_accounts: joined(
                self.service_accounts,
                base.service_accounts,
                ServiceAccountEntry::key,
                whole,
            ),
            secrets: joined(self.secrets, base.secrets, SecretEntry::key, SecretEntry::over),
        }
    }
}

impl InjectSection {
    fn over(self, base: Self) -> Self {
        Self {
            into: self.into.or(base.into),
            on_refusal: self.on_refusal.or(base.on_refusal),
            attach_covering: self.attach_covering.or(base.attach_covering),
        }
    }
}

impl RotationSection {
    fn over(self, base: Self) -> Self {
        Self {
            max_age: self.max_age.or(base.max_age),
            annotations: self.annotations.or(base.annotations),
            unknown: self.unknown.or(base.unknown),
        }
    }
}

// By what an entry replaces another one; `None` if it replaces none.

impl RegistryEntry {
    fn key(&self) -> Option<String> {
        let text = text(&self.r#match)?;
        let pattern = Pattern::parse(text).map(|pattern| pattern.to_string());
        Some(pattern.unwrap_or_else(|_| text.to_owned()))
    }

    fn over(self, base: Self) -> Self {
        Self {
            r#match: self.r#match,
            access: self.access.or(base.access),
            pull_secrets: self.pull_secrets.or(base.pull_secrets),
            iam: self.iam.or(base.iam),
        }
    }
}

impl ServiceAccountEntry {
    fn key(&self) -> Option<String> {
        Some(format!("{}/{}", text(&self.namespace).unwrap_or_default(), text(&self.name)?))
    }
}

impl SecretEntry {
    fn key(&self) -> Option<String> {
        Some(format!("{}/{}", text(&self.namespace).unwrap_or_default(), text(&self.name)?))
    }

    fn over(self, base: Self) -> Self {
        Self {
            namespace: self.namespace,
            name: self.name,
            registries: self.registries.or(base.registries),
            rotated_at: self.rotated_at.or(base.rotated_at),
        }
    }
}

impl CustomResource {
    fn key(&self) -> Option<String> {
        Some(format!("{}/{}", text(&self.group).unwrap_or_default(), text(&self.kind)?))
    }
}

fn text(field: &FieldValue<Spanned<String>>) -> Option<&str> {
    match field {
        FieldValue::Good(text) => Some(&text.value),
        FieldValue::Absent | FieldValue::Bad => None,
    }
}

/// The entries of both lists. An upper one takes the place of those of `base` that have its key, as `over` says.
fn joined<T>(
    upper: FieldValue<List<Spanned<T>>>,
    base: FieldValue<List<Spanned<T>>>,
    key: impl Fn(&T) -> Option<String>,
    over: impl Fn(T, T) -> T,
) -> FieldValue<List<Spanned<T>>> {
    merged(upper, base, |List(upper), List(base)| {
        let keys: BTreeSet<_> = upper.iter().filter_map(|entry| key(&entry.value)).collect();
        let mut replaced = BTreeMap::new();
        let mut all = Vec::with_capacity(base.len() + upper.len());
        for entry in base {
            match key(&entry.value).filter(|key| keys.contains(key)) {
                Some(key) => _ = replaced.insert(key, entry.value),
                None => all.push(entry),
            }
        }
        all.extend(upper.into_iter().map(|Spanned { value, span }| {
            let below = key(&value).and_then(|key| replaced.remove(&key));
            let value = match below {
                Some(below) => over(value, below),
                None => value,
            };
            Spanned { value, span }
        }));
        List(all)
    })
}

/// An entry that replaces the whole of the other one.
fn whole<T>(upper: T, _: T) -> T {
    upper
}

fn severities<T>(
    upper: FieldValue<Entries<T>>,
    base: FieldValue<Entries<T>>,
) -> FieldValue<Entries<T>> {
    merged(upper, base, |Entries(upper), Entries(mut base)| {
        let keys: BTreeSet<_> = upper.iter().map(|(key, _)| &key.value).collect();
        base.retain(|(key, _)| !keys.contains(&key.value));
        base.extend(upper);
        Entries(base)
    })
}

/// What `over` makes of both, where both are there.
fn merged<T>(
    upper: FieldValue<T>,
    base: FieldValue<T>,
    over: impl FnOnce(T, T) -> T,
) -> FieldValue<T> {
    match (upper, base) {
        (FieldValue::Good(upper), FieldValue::Good(base)) => FieldValue::Good(over(upper, base)),
        (upper, base) => upper.or(base),
    }
}

/// Whether a line has a comment that begins by saying that something is to do.
fn is_todo(line: &str) -> bool {
    let mut comments = line.split('#').skip(1);
    comments.any(|comment| comment.trim_start().starts_with("TODO"))
}
