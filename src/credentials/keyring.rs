//! Which entries of a pod's pull secrets the kubelet tries for an image, and in which order.
//!
//! This is `BasicDockerKeyring` of `pkg/credentialprovider/keyring.go`: all pull secrets of a pod go
//! into one keyring. URLs are read as Go's `net/url` reads them and host names are compared with
//! Go's `path/filepath.Match`, since that is what decides.

mod glob;
mod index;
mod near_miss;
mod url;

pub use near_miss::{KeyIndex, Misses, NearMiss, explain_near_miss, meant_for, nearest};
pub use url::InvalidUrl;

pub use index::Index;
use std::cmp::Reverse;
use std::ops::Range;
use url::Url;

/// The normalised key whose credentials are used for Docker Hub when nothing else matches
/// (`keyring.go`, `defaultRegistryHost`).
const HUB_FALLBACK: &[u8] = b"index.docker.io";

/// Normalises a key as `BasicDockerKeyring.Add` does: `https://` or `http://` in front, user name,
/// password, query and fragment are dropped, percent escapes resolved, one leading `/v1/` or `/v2/`
/// of the path and a path of `/` removed.
///
/// # Errors
///
/// If Go's `url.Parse` (1.26) returns an error. The kubelet then ignores the entry and only logs it.
pub fn normalise(key: &str) -> Result<Vec<u8>, InvalidUrl> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| key.starts_with(scheme));
    let url = Url::parse(&key.as_bytes()[scheme.map_or(0, str::len)..])?;
    let path = match url.path.as_slice() {
        [b'/', b'v', b'1' | b'2', b'/', ..] => &url.path["/v1".len()..],
        path => path,
    };
    let mut normalised = url.host;
    if path != b"/" {
        normalised.extend_from_slice(path);
    }
    Ok(normalised)
}

/// The first of `patterns` that matches the image name `name`: `URLsMatchStr` in `keyring.go`, which is used
/// for normalised keys and for `matchImages` of credential providers alike. Ports must be equal,
/// hosts must have equally many labels and each must match (`*` stays inside its label), and the
/// pattern's path must be a prefix of the name's path, letter by letter. A pattern that is not a URL
/// matches nothing.
pub fn first_match<'p>(patterns: impl IntoIterator<Item = &'p str>, name: &str) -> Option<&'p str> {
    let name = Url::parse(name.as_bytes()).ok()?;
    let matches_name =
        |pattern: &str| Url::parse(pattern.as_bytes()).is_ok_and(|url| matches(&url, &name));
    patterns.into_iter().find(|pattern| matches_name(pattern))
}

/// Whether Go's `url.Parse` accepts `pattern` after `https://`, which the kubelet asks of each of
/// `matchImages` (`ParseSchemelessURL` in `keyring.go`).
///
/// # Errors
///
/// What is wrong with it.
pub fn check_pattern(pattern: &str) -> Result<(), InvalidUrl> {
    Url::parse(pattern.as_bytes()).map(drop)
}

/// `URLsMatch` in `keyring.go`.
fn matches(pattern: &Url, name: &Url) -> bool {
    let (pattern_host, pattern_port) = pattern.split_port();
    let (name_host, name_port) = name.split_port();
    let labels = |host: &[u8]| memchr::memchr_iter(b'.', host).count();
    pattern_port == name_port
        && labels(pattern_host) == labels(name_host)
        && name.path.starts_with(&pattern.path)
        && pattern_host
            .split(|&byte| byte == b'.')
            .zip(name_host.split(|&byte| byte == b'.'))
            .all(|(pattern, label)| glob::matches(pattern, label).unwrap_or(false))
}

/// With fewer different keys each is looked at.
pub const WORTH_AN_INDEX: usize = 8;

/// Pull secrets, ready for look-ups: mostly those of one pod.
#[derive(Default)]
pub struct Keyring {
    // Invariant: sorted by the normalised key, in reverse, entries with equal keys in the order in
    // which they were given.
    keys: Vec<IndexedKey>,
    // Invariant: the places of equal keys, all of them, in order.
    groups: Vec<Range<usize>>,
    // Of the groups; nothing for a few.
    index: Option<Index>,
}

#[derive(Clone)]
struct IndexedKey {
    normalised: Vec<u8>,
    // The normalised key is parsed once more for each look-up, and may then be no URL any longer.
    url: Option<Url>,
    secret: usize,
    entry: usize,
}

/// An entry that the kubelet tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The index of its secret, as given.
    pub secret: usize,
    /// The index of the entry in its secret.
    pub entry: usize,
    /// Whether no key matches and the default for Docker Hub (`https://index.docker.io/v1/`) is used instead.
    pub via_hub_fallback: bool,
}

impl Keyring {
    /// A keyring of the keys of each secret, in the order of the pod's `imagePullSecrets`; each comes with the index of
    /// its secret and of its entry, which are returned. Keys that are not URLs are left out, as in the kubelet.
    pub fn from_keys<'k>(keys: impl IntoIterator<Item = (usize, usize, &'k str)>) -> Self {
        let (groups, index) = (Vec::new(), None);
        let mut keyring = Self { keys: Vec::new(), groups, index };
        for (secret, entry, written) in keys {
            if let Ok(normalised) = normalise(written) {
                let url = Url::parse(&normalised).ok();
                keyring.keys.push(IndexedKey { normalised, url, secret, entry });
            }
        }
        keyring.keys.sort_by(|a, b| Reverse(&a.normalised).cmp(&Reverse(&b.normalised)));
        keyring.group();
        keyring
    }

    fn group(&mut self) {
        let mut start = 0;
        for equal in self.keys.chunk_by(|a, b| a.normalised == b.normalised) {
            self.groups.push(start..start + equal.len());
            start += equal.len();
        }
        if self.groups.len() >= WORTH_AN_INDEX {
            let mut index = Index::default();
            for (at, group) in self.groups.iter().enumerate() {
                if let Some(url) = &self.keys[group.start].url {
                    index.add(url.split_port(), &url.path, at);
                }
            }
            self.index = Some(index);
        }
    }

    /// The entries that the kubelet tries for the image `name` (without tag and digest, as
    /// [`crate::image::Reference::name`] gives it), in its order: by normalised key in reverse
    /// lexical order, then by secret. Several spellings of one host inside one secret come in the
    /// order of the file here, and in a random one in the kubelet.
    ///
    /// Empty means an anonymous pull, unless the node has credentials of its own.
    pub fn lookup(&self, name: &str) -> Vec<Match> {
        let matching: Vec<_> =
            self.matching(name).into_iter().flatten().map(|key| key.found(false)).collect();
        if !matching.is_empty() || !is_default_registry(name) {
            return matching;
        }
        self.hub_fallback().iter().map(|key| key.found(true)).collect()
    }

    /// The same of several keyrings, as if all of their keys were in one. Each comes with the index of its secret;
    /// none: its secrets are as they were given.
    pub fn lookup_in(keyrings: &[(Option<usize>, &Self)], name: &str) -> Vec<Match> {
        if let [(None, keyring)] = keyrings {
            return keyring.lookup(name);
        }
        let of = |via_hub: bool, found: fn(&Self, &str) -> Vec<IndexedKey>| {
            let all = keyrings.iter().flat_map(|(secret, keyring)| {
                let own = found(keyring, name).into_iter();
                own.map(|key| IndexedKey { secret: secret.unwrap_or(key.secret), ..key })
            });
            let mut all: Vec<_> = all.collect();
            let order = |key: &IndexedKey| (Reverse(key.normalised.clone()), key.secret);
            all.sort_by_cached_key(order);
            all.iter().map(|key| key.found(via_hub)).collect::<Vec<_>>()
        };
        let matching = of(false, |keyring, name| {
            keyring.matching(name).into_iter().flatten().cloned().collect()
        });
        if !matching.is_empty() || !is_default_registry(name) {
            return matching;
        }
        of(true, |keyring, _| keyring.hub_fallback().to_vec())
    }

    /// The secrets of which the kubelet would try an entry for the image `name`, if each were alone: in the order in
    /// which they were given.
    pub fn secrets_for(&self, name: &str) -> impl Iterator<Item = usize> {
        let mut groups = self.matching(name);
        if is_default_registry(name) {
            groups.push(self.hub_fallback());
        }
        let mut last = None;
        std::iter::from_fn(move || {
            // In a group the secrets are in order.
            for group in &mut groups {
                let done = group.partition_point(|key| last.is_some_and(|last| key.secret <= last));
                *group = &group[done..];
            }
            last = groups.iter().filter_map(|group| group.first()).map(|key| key.secret).min();
            last
        })
    }

    /// The keys that match, those that are equal together, in the order of the kubelet.
    fn matching(&self, name: &str) -> Vec<&[IndexedKey]> {
        let Ok(url) = Url::parse(name.as_bytes()) else { return Vec::new() };
        let mut places = match &self.index {
            Some(index) => index.candidates(url.split_port(), &url.path),
            None => (0..self.groups.len()).collect(),
        };
        places.sort_unstable();
        let groups = places.into_iter().map(|at| &self.keys[self.groups[at].clone()]);
        let is_match = |group: &&[IndexedKey]| {
            group[0].url.as_ref().is_some_and(|pattern| matches(pattern, &url))
        };
        groups.filter(is_match).collect()
    }

    /// The keys that are used for Docker Hub if no other key matches.
    fn hub_fallback(&self) -> &[IndexedKey] {
        let place = self.groups.binary_search_by(|group| {
            HUB_FALLBACK.cmp(self.keys[group.start].normalised.as_slice())
        });
        place.map_or(&[], |at| &self.keys[self.groups[at].clone()])
    }
}

impl IndexedKey {
    fn found(&self, via_hub_fallback: bool) -> Match {
        let Self { secret, entry, .. } = *self;
        Match { secret, entry, via_hub_fallback }
    }
}

/// `isDefaultRegistryMatch` in `keyring.go`.
fn is_default_registry(name: &str) -> bool {
    match name.split_once('/') {
        None => !name.is_empty(),
        Some(("", _)) => false,
        Some((first, _)) => {
            matches!(first, "docker.io" | "index.docker.io") || !first.contains(['.', ':'])
        }
    }
}

#[cfg(test)]
mod tests;
