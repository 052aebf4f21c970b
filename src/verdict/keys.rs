//! The keys of a pod's pull secrets, ready for its images. Those of a Secret with many are worked out once for all pods
//! that name it.

use std::sync::OnceLock;

use super::{Known, Named};
use crate::credentials::keyring::{KeyIndex, Keyring, Match, Misses, NearMiss, nearest};
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
        let of_secret = |(at, index): &(usize, &'i KeyIndex)| {
            let (_, secret) = named[*at].known.secret()?;
            let content = secret.content.misfit().is_none().then_some(&secret.content)?;
            let entries = content.entries();
            let misses = index.misses(entries.iter().map(|entry| entry.key.as_str()));
            let (rank, miss) = misses.nearest(|at| &entries[at].key, name)?;
            Some((rank, *at, miss))
        };
        let all = self.indexed.iter().filter_map(of_secret).chain(few);
        let (_, secret, miss) = all.min_by_key(|(rank, at, miss)| (*rank, *at, miss.index))?;
        Some((secret, miss))
    }
}
