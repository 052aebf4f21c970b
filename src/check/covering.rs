//! Secrets of the input that cover an image: those to attach to a pod, or to propose.
//!
//! Nothing here looks at what a pod has already.

use std::collections::{BTreeMap, BTreeSet};

use crate::credentials::keyring::Keyring;
use crate::image::Reference;
use crate::inventory::secrets::{Content, Entry};
use crate::inventory::{Inventory, Object, Text, Whence};
use crate::policy::{self, Policy};

use super::order::{How, missing};

/// The Secrets that can be attached, by namespace.
pub(super) struct Covering<'i, 'a> {
    by_namespace: BTreeMap<Option<&'i str>, Vec<Candidate<'i, 'a>>>,
}

/// A Secret that can be attached to the pods of its namespace.
struct Candidate<'i, 'a> {
    name: &'i Text<'a>,
    /// The object that is or makes it.
    object: &'i Object<'a>,
    covers: Covers<'i>,
}

/// What tells which images a Secret covers.
enum Covers<'i> {
    /// Its own entries.
    Entries(Keyring<'i>),
    /// What the policy says of it, since something else fills it later.
    Declared(&'i policy::Secret),
}

impl<'i, 'a> Covering<'i, 'a> {
    /// The Secrets of the manifests, in the order of sources and streams, and those that other objects make of them. Of
    /// several of one name the last one stands.
    pub(super) fn new(inventories: &'i [Inventory<'a>], policy: &'i Policy, now: i64) -> Self {
        let mut covering = Self { by_namespace: BTreeMap::new() };
        let manifests =
            inventories.iter().filter(|inventory| inventory.whence == Whence::Manifests);
        for inventory in manifests {
            for secret in &inventory.secrets {
                let object = &secret.object;
                let Some(name) = &object.name else { continue };
                let namespace = object.namespace.as_deref();
                let covers = match &secret.content {
                    Content::Managed(_) => declared(policy, namespace, name),
                    content => entries(content.entries(), now),
                };
                covering.add(namespace.or(policy.namespace()), name, object, covers);
            }
            for made in inventory.produced.iter().filter(|made| !made.any_namespace) {
                let own = made.object.namespace.as_deref();
                let namespace = made.namespace.as_deref().or(own);
                let covers = declared(policy, namespace, &made.name).filter(|_| made.is_usable());
                let namespace = namespace.or(policy.namespace());
                covering.add(namespace, &made.name, &made.object, covers);
            }
        }
        covering
    }

    fn add(
        &mut self,
        namespace: Option<&'i str>,
        name: &'i Text<'a>,
        object: &'i Object<'a>,
        covers: Option<Covers<'i>>,
    ) {
        let all = self.by_namespace.entry(namespace).or_default();
        all.retain(|candidate| candidate.name != name);
        all.extend(covers.map(|covers| Candidate { name, object, covers }));
    }

    /// The first one that covers an image and is there when `pod` starts.
    pub(super) fn first(
        &self,
        pod: &Object<'_>,
        image: &Reference,
        policy: &Policy,
    ) -> Option<&'i Text<'a>> {
        let mut all = self.of(pod, policy);
        all.find(|candidate| candidate.covers(image) && candidate.is_there_for(pod))
            .map(|candidate| candidate.name)
    }

    fn of<'c>(
        &'c self,
        pod: &'c Object<'_>,
        policy: &'c Policy,
    ) -> impl Iterator<Item = &'c Candidate<'i, 'a>> {
        let namespace = pod.namespace.as_deref().or(policy.namespace());
        self.by_namespace.get(&namespace).into_iter().flatten()
    }

    /// The fewest Secrets that together cover all of `images` that one of them covers.
    pub(super) fn fewest(
        &self,
        pod: &Object<'_>,
        images: &[Reference],
        policy: &Policy,
    ) -> Vec<&'i Text<'a>> {
        let mut names: Vec<&Text<'a>> = Vec::new();
        let mut sets: Vec<BTreeSet<usize>> = Vec::new();
        for candidate in self.of(pod, policy) {
            let covered = images.iter().enumerate().filter(|(_, image)| candidate.covers(image));
            let set: BTreeSet<_> = covered.map(|(at, _)| at).collect();
            if !set.is_empty() && candidate.is_there_for(pod) {
                names.push(candidate.name);
                sets.push(set);
            }
        }
        fewest(&sets).into_iter().map(|at| names[at]).collect()
    }
}

impl Candidate<'_, '_> {
    fn covers(&self, image: &Reference) -> bool {
        match &self.covers {
            Covers::Entries(keyring) => !keyring.lookup(image.name()).is_empty(),
            Covers::Declared(secret) => secret.may_cover(image.domain(), image.path()),
        }
    }

    fn is_there_for(&self, pod: &Object<'_>) -> bool {
        missing(pod, &[self.object]).is_none_or(|missing| missing.how == How::UnlessOlder)
    }
}

/// What the policy says of a Secret that nobody can look into.
fn declared<'p>(policy: &'p Policy, namespace: Option<&str>, name: &str) -> Option<Covers<'p>> {
    let (_, secret) = policy.secret(namespace, name)?;
    secret.registries.as_ref().map(|_| Covers::Declared(secret))
}

/// A keyring of the entries that a registry may accept.
fn entries(entries: &[Entry], now: i64) -> Option<Covers<'_>> {
    let has_expired = |entry: &Entry| {
        entry.class.and_then(|class| class.expires_at).is_some_and(|expires| expires < now)
    };
    let good = entries.iter().enumerate().filter(|(_, entry)| {
        entry.unusable.is_none() && !entry.stray_newline && !has_expired(entry)
    });
    let keys: Vec<_> = good.map(|(at, entry)| (0, at, entry.key.as_str())).collect();
    (!keys.is_empty()).then(|| Covers::Entries(Keyring::from_keys(keys)))
}

/// The places of the fewest of `sets` that together have all elements; of equally few the first ones.
fn fewest(sets: &[BTreeSet<usize>]) -> Vec<usize> {
    let all: BTreeSet<usize> = sets.iter().flatten().copied().collect();
    // What another one has too, and more, or what comes behind its like, is in no choice.
    let is_best = |&at: &usize| {
        let mut others = sets.iter().enumerate().filter(|(other, _)| *other != at);
        !others.any(|(other, set)| {
            sets[at].is_subset(set) && (other < at || sets[at].len() < set.len())
        })
    };
    let best: Vec<usize> = (0..sets.len()).filter(is_best).collect();
    let mut chosen =
        (0..=all.len()).find_map(|limit| choose(sets, &best, &all, limit)).unwrap_or_default();
    chosen.sort_unstable();
    chosen
}

/// At most `limit` of the sets at `places` that have all of `wanted`.
fn choose(
    sets: &[BTreeSet<usize>],
    places: &[usize],
    wanted: &BTreeSet<usize>,
    limit: usize,
) -> Option<Vec<usize>> {
    let Some(first) = wanted.first() else { return Some(Vec::new()) };
    if limit == 0 {
        return None;
    }
    places.iter().filter(|&&at| sets[at].contains(first)).find_map(|&at| {
        let rest = wanted.difference(&sets[at]).copied().collect();
        let mut chosen = choose(sets, places, &rest, limit - 1)?;
        chosen.push(at);
        Some(chosen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn chooses(sets: &[&[usize]], expected: &[usize]) {
        let sets: Vec<BTreeSet<usize>> =
            sets.iter().map(|set| set.iter().copied().collect()).collect();
        assert_eq!(fewest(&sets), expected);
    }

    #[test]
    fn the_fewest_sets_are_chosen_and_of_equally_few_the_first() {
        chooses(&[], &[]);
        chooses(&[&[0]], &[0]);
        chooses(&[&[0], &[0]], &[0]);
        chooses(&[&[0], &[0, 1]], &[1]);
        chooses(&[&[0], &[1]], &[0, 1]);
        chooses(&[&[1], &[0]], &[0, 1]);
        chooses(&[&[0], &[1], &[0, 1]], &[2]);
        // The largest first would take three.
        chooses(&[&[1, 2, 3, 4], &[0, 1, 2], &[3, 4, 5]], &[1, 2]);
        chooses(&[&[0, 1], &[1, 2], &[0, 2]], &[0, 1]);
    }
}
