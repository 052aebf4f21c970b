//! Secrets of the input that cover an image: those to attach to a pod, or to propose.
//!
//! Nothing here looks at what a pod has already.

use std::collections::{BTreeMap, BTreeSet};

use crate::credentials::keyring::Keyring;
use crate::image::Reference;
use crate::inventory::phase::Timing;
use crate::inventory::secrets::{Content, RedactedEntry};
use crate::inventory::{Inventory, Object, Produced, SourceKind};
use crate::names::is_subdomain;
use crate::policy::{Policy, Scope};
use crate::text::Text;

use super::order::{How, missing};

/// The Secrets that can be attached, by context and namespace.
pub(super) struct Covering<'i, 'a> {
    by_namespace: BTreeMap<(u32, Option<&'i str>), AttachableSecrets<'i, 'a>>,
}

/// The Secrets that can be attached to the pods of a namespace.
struct AttachableSecrets<'i, 'a> {
    /// In order. No two have one name.
    all: Vec<Candidate<'i, 'a>>,
    /// The entries of all of them, each with the place of its Secret.
    keyring: Keyring,
    /// The places of those of which only the policy says what they cover.
    declared: Vec<(usize, Scope<'i>)>,
}

struct Candidate<'i, 'a> {
    name: &'i Text<'a>,
    /// The object that is or makes it.
    object: &'i Object<'a>,
}

/// A Secret that can be attached to a pod and covers an image.
#[derive(Clone, Copy)]
pub(super) struct CoveringSecret<'i, 'a> {
    pub(super) name: &'i Text<'a>,
    /// The object that is or makes it.
    pub(super) object: &'i Object<'a>,
}

/// What tells which images a Secret covers.
enum Covers<'i> {
    /// Its own entries.
    Entries(Vec<(usize, &'i str)>),
    /// What the policy says of it, since something else fills it later.
    Declared(Scope<'i>),
}

/// The Secrets of a namespace as they come; `None`: it covers nothing.
type Coming<'i, 'a> = Vec<(Candidate<'i, 'a>, Option<Covers<'i>>)>;

impl<'i, 'a> Covering<'i, 'a> {
    /// The Secrets of the manifests, in the order of sources and streams, and those that other objects make of them. Of
    /// several of one name the last one counts.
    pub(super) fn new(inventories: &'i [Inventory<'a>], policy: &'i Policy, now: i64) -> Self {
        let mut coming: BTreeMap<(u32, Option<&'i str>), Coming<'i, 'a>> = BTreeMap::new();
        let mut add =
            |namespace, name: &'i Text<'a>, object: &'i Object<'a>, covers: Option<Covers<'i>>| {
                // The API server stores no Secret of another name.
                let covers = covers.filter(|_| is_subdomain(name));
                let place = (object.context, namespace);
                coming.entry(place).or_default().push((Candidate { name, object }, covers));
            };
        let manifests =
            inventories.iter().filter(|inventory| inventory.source_kind == SourceKind::Manifests);
        for inventory in manifests {
            for secret in &inventory.secrets {
                let object = &secret.object;
                let Some(name) = &object.name else { continue };
                let namespace = object.namespace();
                let covers = match &secret.content {
                    Content::Managed => declared(policy, namespace, name),
                    content => entries(content.entries(), now),
                };
                add(namespace, name, object, covers);
            }
            for made in inventory.produced.iter().filter(|made| !made.any_namespace) {
                let namespace = made.namespace();
                let covers = declared(policy, namespace, &made.name).or_else(|| named(made));
                let covers = covers.filter(|_| made.is_usable());
                add(namespace, &made.name, &made.object, covers);
            }
        }
        let candidates = |(place, coming)| (place, AttachableSecrets::new(coming));
        Self { by_namespace: coming.into_iter().map(candidates).collect() }
    }

    /// The first one that covers an image and is there when `pod` starts.
    pub(super) fn first(
        &self,
        pod: &Object<'_>,
        image: &Reference<'_>,
    ) -> Option<CoveringSecret<'i, 'a>> {
        let candidates = self.of(pod)?;
        let is_there = |at: &usize| candidates.all[*at].is_there_for(pod);
        let by_entry = candidates.keyring.secrets_for(image.name()).find(is_there);
        let declared = candidates.declared.iter().filter(|(_, scope)| covers(scope, image));
        let declared = declared.map(|(at, _)| *at).find(is_there);
        let first = &candidates.all[by_entry.into_iter().chain(declared).min()?];
        Some(CoveringSecret { name: first.name, object: first.object })
    }

    /// All that cover an image.
    pub(super) fn all(
        &self,
        pod: &Object<'_>,
        image: &Reference<'_>,
    ) -> Vec<CoveringSecret<'i, 'a>> {
        let Some(candidates) = self.of(pod) else { return Vec::new() };
        let by_entry = candidates.keyring.secrets_for(image.name());
        let declared = candidates.declared.iter().filter(|(_, scope)| covers(scope, image));
        let places: BTreeSet<_> = by_entry.chain(declared.map(|(at, _)| *at)).collect();
        let found = places.into_iter().map(|at| &candidates.all[at]);
        found.map(|found| CoveringSecret { name: found.name, object: found.object }).collect()
    }

    fn of<'c>(&'c self, pod: &'c Object<'_>) -> Option<&'c AttachableSecrets<'i, 'a>> {
        self.by_namespace.get(&(pod.context, pod.namespace()))
    }

    /// The fewest Secrets that together cover all of `images` that one of them covers.
    pub(super) fn fewest(&self, pod: &Object<'_>, images: &[&Reference<'_>]) -> Vec<&'i Text<'a>> {
        let Some(candidates) = self.of(pod) else { return Vec::new() };
        let mut covered: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (image, reference) in images.iter().enumerate() {
            let by_entry = candidates.keyring.secrets_for(reference.name());
            let declared = candidates.declared.iter();
            let declared = declared.filter(|(_, scope)| covers(scope, reference));
            for at in by_entry.chain(declared.map(|(at, _)| *at)) {
                covered.entry(at).or_default().insert(image);
            }
        }
        covered.retain(|at, _| candidates.all[*at].is_there_for(pod));
        let (places, sets): (Vec<_>, Vec<_>) = covered.into_iter().unzip();
        fewest(&sets).into_iter().map(|at| candidates.all[places[at]].name).collect()
    }
}

impl<'i, 'a> AttachableSecrets<'i, 'a> {
    fn new(mut coming: Coming<'i, 'a>) -> Self {
        let mut seen = BTreeSet::new();
        let is_last: Vec<_> =
            coming.iter().rev().map(|(candidate, _)| seen.insert(&**candidate.name)).collect();
        let mut is_last = is_last.into_iter().rev();
        coming.retain(|(_, covers)| is_last.next() == Some(true) && covers.is_some());
        let mut alike = BTreeSet::new();
        coming.retain(|(candidate, covers)| {
            candidate.is_first_of_its_like(covers.as_ref(), &mut alike)
        });
        let (mut keys, mut declared) = (Vec::new(), Vec::new());
        for (at, (_, covers)) in coming.iter().enumerate() {
            match covers {
                Some(Covers::Entries(entries)) => {
                    keys.extend(entries.iter().map(|(entry, key)| (at, *entry, *key)));
                }
                Some(Covers::Declared(scope)) => declared.push((at, *scope)),
                None => {}
            }
        }
        let keyring = Keyring::from_keys(keys);
        Self {
            all: coming.into_iter().map(|(candidate, _)| candidate).collect(),
            keyring,
            declared,
        }
    }
}

/// What no pod tells apart in two Secrets but their order.
type Alike<'i> = (Option<&'i Timing>, &'i str, Vec<&'i str>);

impl<'i> Candidate<'i, '_> {
    /// Whether none before covers the same images and is there at the same times: what is behind such a one is never
    /// chosen, and there may be thousands. The names of hooks tell them apart.
    fn is_first_of_its_like(
        &self,
        covers: Option<&Covers<'i>>,
        alike: &mut BTreeSet<Alike<'i>>,
    ) -> bool {
        let timing = self.object.timing.as_deref();
        let Some(Covers::Entries(entries)) = covers else { return true };
        let is_hook = timing.is_some_and(Timing::is_hook);
        let mut keys: Vec<_> = entries.iter().map(|(_, key)| *key).collect();
        keys.sort_unstable();
        is_hook || alike.insert((timing, &self.object.type_meta.kind, keys))
    }

    fn is_there_for(&self, pod: &Object<'_>) -> bool {
        missing(pod, &[self.object]).is_none_or(|missing| missing.how == How::UnlessOlder)
    }
}

fn covers(scope: &Scope<'_>, image: &Reference<'_>) -> bool {
    scope.covers(image.domain(), image.path())
}

/// What the policy says of a Secret that no one can look into.
fn declared<'p>(policy: &'p Policy, namespace: Option<&str>, name: &str) -> Option<Covers<'p>> {
    policy.scope(namespace, name).filter(Scope::has_own_entry).map(Covers::Declared)
}

/// What the template of a Secret tells.
fn named<'i>(made: &'i Produced<'_>) -> Option<Covers<'i>> {
    let keys = made.keys.as_deref()?.iter().enumerate();
    Some(Covers::Entries(keys.map(|(at, key)| (at, key.as_str())).collect()))
}

/// The entries that a registry may accept.
fn entries(entries: &[RedactedEntry], now: i64) -> Option<Covers<'_>> {
    let has_expired = |entry: &RedactedEntry| {
        entry.class.and_then(|class| class.expires_at).is_some_and(|expires| expires < now)
    };
    let good = entries.iter().enumerate().filter(|(_, entry)| {
        entry.unusable.is_none() && !entry.stray_newline && !has_expired(entry)
    });
    let keys: Vec<_> = good.map(|(at, entry)| (at, entry.key.as_str())).collect();
    (!keys.is_empty()).then_some(Covers::Entries(keys))
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
