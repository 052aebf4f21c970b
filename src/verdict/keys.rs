//! The keys of a pod's pull secrets, ready for its images. Those of a Secret with many are worked out once for all pods
//! that name it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::{Known, Named};
use crate::credentials::keyring::{
    KeyIndex, Keyring, Match, Misses, NearMiss, explain_near_miss, meant_for, nearest,
};
use crate::inventory::secrets::Content;

/// The keys of Secrets.
pub(super) struct Keys<'i> {
    /// The Secrets with many keys.
    indexed: Vec<(usize, &'i KeyIndex)>,
    /// The keys of the others.
    keyring: Keyring,
    /// The same, and those of Secrets that something makes, as far as that tells them.
    few: Vec<(usize, &'i str)>,
    near: OnceLock<Misses>,
}

impl<'i> Keys<'i> {
    /// Of the secrets of a pod. `readable` are the contents that the kubelet reads.
    pub(super) fn of(named: &[Named<'i>], readable: &[(usize, &'i Content)]) -> Self {
        let index = |(at, content): &(usize, &'i Content)| Some((*at, content.index()?));
        let indexed: Vec<_> = readable.iter().filter_map(index).collect();
        let others = readable.iter().filter(|(_, content)| content.index().is_none());
        let entries = others.flat_map(|(at, content)| {
            let entries = content.entries().iter().enumerate();
            entries.map(move |(entry, content)| (*at, entry, content.key.as_str()))
        });
        let is_few = |known: &Known<'_>| {
            known.secret().is_none_or(|(_, secret)| secret.content.index().is_none())
        };
        let few = named.iter().enumerate().filter(|(_, named)| is_few(&named.known));
        let few = few.flat_map(|(at, named)| named.known.keys().map(move |key| (at, key)));
        let few = few.collect();
        Self { indexed, keyring: Keyring::from_keys(entries), few, near: OnceLock::new() }
    }

    /// The entries that the kubelet would try for an image.
    pub(super) fn tried(&self, name: &str) -> Vec<Match> {
        let indexed = self.indexed.iter().map(|(at, index)| (Some(*at), index.keyring()));
        let all: Vec<_> = indexed.chain([(None, &self.keyring)]).collect();
        Keyring::lookup_in(&all, name)
    }

    /// The key that comes nearest to an image that none of them matches, with its secret.
    pub(super) fn nearest(&self, named: &[Named<'i>], name: &str) -> Option<(usize, NearMiss)> {
        let key = |at: usize| self.few[at].1;
        let few = nearest(&self.near, self.few.len(), key, name).map(|(rank, miss)| {
            let secret = self.few[miss.index].0;
            (rank, secret, miss)
        });
        let of_secret = |indexed: &(usize, &'i KeyIndex)| {
            let (rank, miss) = nearest_of(named, indexed, name)?;
            Some((rank, indexed.0, miss))
        };
        let all = self.indexed.iter().filter_map(of_secret).chain(few);
        let (_, secret, miss) = all.min_by_key(|(rank, at, miss)| (*rank, *at, miss.index))?;
        Some((secret, miss))
    }

    /// For each of some secrets that no image needs, the key that was meant for the first image that one was meant for.
    pub(super) fn misspelt<'n>(
        &self,
        named: &[Named<'i>],
        places: &[usize],
        images: impl Iterator<Item = &'n str>,
    ) -> BTreeMap<usize, NearMiss> {
        let mut wanted: BTreeSet<usize> = places.iter().copied().collect();
        let mut found = BTreeMap::new();
        for image in images {
            if wanted.is_empty() {
                break;
            }
            let few = self.few_meant_for(image).filter(|secret| wanted.contains(secret));
            let indexed = self.indexed.iter().map(|(secret, _)| *secret);
            let all: BTreeSet<usize> =
                few.chain(indexed.filter(|at| wanted.contains(at))).collect();
            for secret in all {
                let miss = self.miss_of(named, secret, image);
                if let Some(miss) = miss.filter(|miss| miss.suggestion.is_some()) {
                    wanted.remove(&secret);
                    found.insert(secret, miss);
                }
            }
        }
        found
    }

    /// The secrets with few keys of which one may be meant for an image.
    fn few_meant_for(&self, image: &str) -> impl Iterator<Item = usize> {
        let key = |at: usize| self.few[at].1;
        let meant = meant_for(&self.near, self.few.len(), key, image);
        meant.into_iter().map(|at| self.few[at].0)
    }

    /// The nearest key of one secret.
    fn miss_of(&self, named: &[Named<'i>], secret: usize, image: &str) -> Option<NearMiss> {
        match self.indexed.iter().find(|(at, _)| *at == secret) {
            Some(indexed) => nearest_of(named, indexed, image).map(|(_, miss)| miss),
            None => explain_near_miss(named[secret].known.keys(), image),
        }
    }
}

/// The nearest key of a secret with many, with its rank.
fn nearest_of(
    named: &[Named<'_>],
    (at, index): &(usize, &KeyIndex),
    image: &str,
) -> Option<(usize, NearMiss)> {
    let (_, secret) = named[*at].known.secret()?;
    let content = secret.content.misfit().is_none().then_some(&secret.content)?;
    let entries = content.entries();
    let misses = index.misses(entries.iter().map(|entry| entry.key.as_str()));
    misses.nearest(|at| &entries[at].key, image)
}
