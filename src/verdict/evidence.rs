//! Pull secrets as evidence: whoever names one for an image does not take the image for public.
//!
//! This decides against the built-in table only where that assumes (`registries::BuiltinAccess`): what the policy or
//! the table knows stays.

use std::collections::BTreeSet;

use crate::credentials::keyring::{KeyIndex, WORTH_AN_INDEX, explain_near_miss};
use crate::image::Reference;
use crate::inventory::secrets::RedactedEntry;
use crate::policy::registries::Class;
use crate::policy::{Access, AccessFrom};

use super::{Credentials, Known, Named, Pull};

impl Credentials<'_> {
    /// Takes those of `pulls`, the images of one pod, for private that are assumed to be public although one of these
    /// pull secrets has an entry for them, or for something near: another spelling of the host, another port or path.
    /// An entry that is near, and is there for another image of the pod, shows nothing. Nor does one that authenticates
    /// nothing.
    pub fn correct(&self, pulls: &mut [Pull<'_>]) {
        if !pulls.iter().any(is_assumed_public) {
            return;
        }
        let names: Vec<_> = pulls.iter().map(name).collect();
        let groups = self.groups(&names);
        for pull in pulls.iter_mut().filter(|pull| is_assumed_public(pull)) {
            let declared = self.named.iter().any(|named| is_declared_for(&named.known, pull));
            let name = name(pull);
            let shows = |group: &KeyGroup<'_>| group.is_tried(name) || group.is_near(name);
            if declared || groups.iter().any(shows) {
                let private = |access| Access {
                    class: Class::Private,
                    from: AccessFrom::PullSecret,
                    ..access
                };
                pull.access = pull.access.map(private);
            }
        }
    }

    /// The keys of all secrets: those of a Secret with many by themselves.
    fn groups(&self, names: &[&str]) -> Vec<KeyGroup<'_>> {
        let is_indexed = |named: &&Named<'_>| {
            named.known.secret().is_some_and(|(_, secret)| secret.content.index().is_some())
        };
        let few = self.named.iter().filter(|named| !is_indexed(named));
        let few = few.flat_map(|named| usable_keys(&named.known)).map(Some).collect();
        let many = self.named.iter().filter(is_indexed).filter_map(|named| {
            let content = &named.known.secret()?.1.content;
            let usable = |entry: &'_ RedactedEntry| entry.unusable.is_none();
            let keys = content.entries().iter();
            let keys = keys.map(|entry| usable(entry).then_some(entry.key.as_str())).collect();
            Some(KeyGroup::of(keys, content.index(), names))
        });
        many.chain([KeyGroup::of(few, None, names)]).collect()
    }
}

/// Some keys, and which of them the kubelet tries for an image of the pod.
struct KeyGroup<'k> {
    /// `None`: it comes with nothing to authenticate with.
    keys: Vec<Option<&'k str>>,
    shared: Option<&'k KeyIndex>,
    own: KeyIndex,
    tried: BTreeSet<usize>,
}

impl<'k> KeyGroup<'k> {
    fn of(keys: Vec<Option<&'k str>>, shared: Option<&'k KeyIndex>, names: &[&str]) -> Self {
        let own = if shared.is_some() { &[] } else { keys.as_slice() };
        let own = KeyIndex::of(own.iter().map(|key| key.unwrap_or_default()));
        let mut group = Self { keys, shared, own, tried: BTreeSet::new() };
        let parsed = names.iter().filter(|name| !name.is_empty());
        group.tried = parsed.flat_map(|name| group.tried_for(name)).collect();
        group
    }

    fn index(&self) -> &KeyIndex {
        self.shared.unwrap_or(&self.own)
    }

    fn tried_for(&self, name: &str) -> Vec<usize> {
        let tried = self.index().keyring().lookup(name).into_iter().map(|tried| tried.entry);
        tried.filter(|at| self.keys[*at].is_some()).collect()
    }

    fn is_tried(&self, name: &str) -> bool {
        !self.tried_for(name).is_empty()
    }

    /// Whether a key that is there for no image of the pod is near an image.
    fn is_near(&self, name: &str) -> bool {
        let spare = |at: &usize| !self.tried.contains(at);
        let near = |key: &str| {
            explain_near_miss([key], name).is_some_and(|miss| miss.suggestion.is_some())
        };
        let keys = self.keys.iter().map(|key| key.unwrap_or_default());
        let meant = match self.keys.len() {
            0..WORTH_AN_INDEX => (0..self.keys.len()).collect(),
            _ => self.index().misses(keys).meant_for(name),
        };
        meant.into_iter().filter(spare).any(|at| self.keys[at].is_some_and(near))
    }
}

/// The name of an image; nothing if it does not parse.
fn name<'p>(pull: &Pull<'p>) -> &'p str {
    pull.reference.map_or("", Reference::name)
}

fn is_assumed_public(pull: &Pull<'_>) -> bool {
    let assumed =
        |access: Access| access.class == Class::Public && access.from == AccessFrom::Assumed;
    pull.access.is_some_and(assumed)
}

/// The keys of a Secret, wherever it is, that come with something to authenticate with, whether or not a kubelet can read
/// it, and those that the template of one names.
fn usable_keys<'k>(known: &Known<'k>) -> impl Iterator<Item = &'k str> {
    let (secret, made) = match *known {
        Known::Elsewhere(secret) => (Some(secret), None),
        Known::Produced { produced, .. } | Known::MadeElsewhere { produced, .. } => {
            (None, Some(produced))
        }
        _ => (known.secret().map(|(_, secret)| secret), None),
    };
    let kept = secret.into_iter().flat_map(|secret| secret.content.meant_keys());
    let templated = made.and_then(|made| made.keys.as_deref()).unwrap_or_default();
    kept.chain(templated.iter().map(String::as_str))
}

/// Whether the policy says that a Secret is for an image, not only that it may be.
fn is_declared_for(known: &Known<'_>, pull: &Pull<'_>) -> bool {
    let (Known::Declared(secret), Ok(image)) = (known, &pull.reference) else { return false };
    let mut registries = secret.registries.iter().flatten();
    registries.any(|registry| registry.value.matches(image.domain(), image.path()))
}
