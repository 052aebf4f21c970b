//! The keys of a pod's pull secrets in the order in which the kubelet compares them with an image, and what comes of each:
//! for a person who asks why. Nothing here decides anything.

use std::cmp::Reverse;

use super::{Credentials, Known, Named, Puller};
use crate::credentials::keyring::{NearMiss, explain_near_miss, normalise};
use crate::credentials::payload::Unusable;
use crate::credentials::shown_key;
use crate::text::Shown;

/// A key, and what comes of it for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedKey {
    /// The secret that it is of, by its place among the effective ones.
    pub secret: usize,
    /// The key.
    pub key: Shown<'static>,
    /// What comes of it.
    pub outcome: KeyOutcome,
}

/// What comes of a key for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOutcome {
    /// It matches, and the kubelet tries its entry.
    Tried {
        /// As which, from 1.
        order: usize,
        /// Whether no key matches, and the one of Docker Hub stands in.
        via_hub_fallback: bool,
        /// Why the entry authenticates nothing.
        unusable: Option<Unusable>,
    },
    /// It matches, and what makes the Secret fills in the rest.
    Made,
    /// It would stand in for Docker Hub, and another key matches.
    NotNeeded,
    /// It does not match.
    Missed(NearMiss),
}

impl Credentials<'_> {
    /// The keys that are known, in the order of the kubelet: that of the normalised keys, in reverse. Those that the
    /// kubelet drops come last. None of a pod that can use no Secret.
    pub fn compared(&self, name: &str) -> Vec<ComparedKey> {
        if matches!(self.puller, Puller::Static) {
            return Vec::new();
        }
        let tried = self.tried(name);
        let made = self.made.iter().flat_map(|keyring| keyring.lookup(name));
        let made: Vec<_> = made.map(|found| found.secret).collect();
        let outcome = |secret: usize, entry: usize, named: &Named<'_>, key: &str| {
            let place =
                tried.iter().position(|found| found.secret == secret && found.entry == entry);
            if let Some(place) = place.filter(|_| named.known.secret().is_some()) {
                return KeyOutcome::Tried {
                    order: place + 1,
                    via_hub_fallback: tried[place].via_hub_fallback,
                    unusable: unusable(&named.known, entry),
                };
            }
            match explain_near_miss([key], name) {
                Some(miss) => KeyOutcome::Missed(miss),
                None if made.contains(&secret) => KeyOutcome::Made,
                None => KeyOutcome::NotNeeded,
            }
        };
        let all = self.named.iter().enumerate().flat_map(|(secret, named)| {
            let keys = named.known.keys().enumerate();
            keys.map(move |(entry, key)| (secret, entry, named, key))
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by_cached_key(|(.., key)| Reverse(normalise(key).ok()));
        let compared = all.into_iter().map(|(secret, entry, named, key)| ComparedKey {
            secret,
            key: shown_key(key).into_owned(),
            outcome: outcome(secret, entry, named, key),
        });
        compared.collect()
    }
}

/// Why an entry of a Secret authenticates nothing.
fn unusable(known: &Known<'_>, entry: usize) -> Option<Unusable> {
    known.secret()?.1.content.entries().get(entry)?.unusable
}
