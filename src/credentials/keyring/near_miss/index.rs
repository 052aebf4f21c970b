//! The nearest of many keys, for many images: what the usual repairs make of each key is worked out once, and looked up
//! as keys are.
//!
//! What is found may be too much, and is held against the image by [`super::explain`]; it is never too little.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::{
    ComparedImage, FORM_REPAIRS, HUB_ALIASES, KeyParts, NearMiss, REPAIRS, Reason,
    WITHOUT_USERINFO, explain, without_userinfo, wrong_userinfo,
};
use crate::credentials::keyring::Keyring;

/// No name of a host has more labels (RFC 1035, section 2.3.4).
const MOST_LABELS: usize = 127;

/// The keys of one Secret, ready for many images.
pub struct KeyIndex {
    keyring: Keyring,
    misses: OnceLock<Misses>,
}

impl KeyIndex {
    /// Of the keys of its entries, in their order.
    pub fn of<'k>(keys: impl Iterator<Item = &'k str>) -> Self {
        let keys = keys.enumerate().map(|(entry, key)| (0, entry, key));
        Self { keyring: Keyring::from_keys(keys), misses: OnceLock::new() }
    }

    /// A keyring of them, as those of secret 0.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// What is wrong with them, worked out when it is needed first. `keys` are those that this was made of.
    pub fn misses<'k>(&self, keys: impl Iterator<Item = &'k str>) -> &Misses {
        self.misses.get_or_init(|| Misses::of(keys))
    }
}

/// Keys, by what is wrong with them for which images.
pub struct Misses {
    /// By the rank of the repair.
    by_rank: BTreeMap<usize, Repaired>,
    /// The keys that are looked at each time.
    rest: Vec<usize>,
    count: usize,
}

/// Keys that one repair may make match, each by its place, in order.
#[derive(Default)]
struct Repaired {
    /// As keys.
    names: Vec<(usize, String)>,
    /// As keys without a port, for names without a port.
    ports: Vec<(usize, String)>,
    by_name: Keyring,
    by_port: Keyring,
    /// For Docker Hub.
    hub: Vec<usize>,
    /// For keys with this end after wildcards.
    globs: HashMap<String, Vec<usize>>,
    /// For hosts below this one.
    below: HashMap<String, Vec<usize>>,
    /// For hosts above.
    above: HashMap<String, Vec<usize>>,
}

impl Misses {
    /// Of `keys` as written.
    pub fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        let mut misses = Self { by_rank: BTreeMap::new(), rest: Vec::new(), count: 0 };
        for (at, key) in keys.into_iter().enumerate() {
            misses.count += 1;
            if key.bytes().filter(|byte| *byte == b'.').count() > MOST_LABELS {
                misses.rest.push(at);
            } else {
                let bare = without_userinfo(key);
                misses.add(at, &bare);
                if wrong_userinfo(key, &bare).is_some() {
                    misses.by_rank.entry(WITHOUT_USERINFO).or_default().names.push((at, bare));
                }
            }
        }
        for repaired in misses.by_rank.values_mut() {
            let ring = |keys: Vec<(usize, String)>| {
                Keyring::from_keys(keys.iter().map(|(at, key)| (*at, 0, key.as_str())))
            };
            repaired.by_name = ring(std::mem::take(&mut repaired.names));
            repaired.by_port = ring(std::mem::take(&mut repaired.ports));
        }
        misses
    }

    fn add(&mut self, at: usize, bare: &str) {
        for rank in 0..REPAIRS.len() {
            self.by_rank.entry(rank).or_default().add(at, rank, bare);
        }
        let mut mended = bare.to_owned();
        let mut first = None;
        for rank in 0..FORM_REPAIRS {
            let repaired = in_lower_case(rank, &mended).filter(|repaired| *repaired != mended);
            let Some(repaired) = repaired else { continue };
            mended = repaired;
            let first = *first.get_or_insert(rank);
            let all = self.by_rank.entry(REPAIRS.len() + first).or_default();
            (0..REPAIRS.len()).for_each(|rank| all.add(at, rank, &mended));
        }
    }

    /// The nearest of the keys to the image `name`, with its rank: what [`super::explain_near_miss`] finds. None of the
    /// keys matches; `key` gives each of them as it is written.
    pub fn nearest<'k>(
        &self,
        key: impl Fn(usize) -> &'k str,
        name: &str,
    ) -> Option<(usize, NearMiss)> {
        let image = ComparedImage::new(name);
        let explain = |at: usize| explain(at, key(at), name);
        let is_better = |(a, first): &(usize, NearMiss), (b, other): &(usize, NearMiss)| {
            (a, first.index) < (b, other.index)
        };
        let best = |one, other| if is_better(&other, &one) { other } else { one };
        // Names in capitals are written otherwise than keys that are mended.
        if image.host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return (0..self.count).map(explain).reduce(best);
        }
        let rest = self.rest.iter().map(|at| explain(*at)).reduce(best);
        let found = self.by_rank.iter().find_map(|(rank, repaired)| {
            let of_rank = |at: usize| Some(explain(at)).filter(|(found, _)| found == rank);
            repaired.first(name, &image, &of_rank)
        });
        let other = || (self.count > 0).then(|| explain(0));
        found.or_else(other).into_iter().chain(rest).reduce(best)
    }

    /// The places of the keys that a repair may make match an image, and perhaps of others.
    pub fn meant_for(&self, name: &str) -> Vec<usize> {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return (0..self.count).collect();
        }
        let mut found = self.rest.clone();
        self.by_rank.values().for_each(|repaired| repaired.all(name, &mut found));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The key after a repair that depends only on the key, for an image in lower case.
fn in_lower_case(rank: usize, key: &str) -> Option<String> {
    let (reason, repair) = &REPAIRS[rank];
    let host = KeyParts::new(key).host.to_ascii_lowercase();
    let image = ComparedImage { host: if *reason == Reason::Case { &host } else { "" }, path: "" };
    repair(key, &image)
}

impl Repaired {
    fn add(&mut self, at: usize, rank: usize, key: &str) {
        let KeyParts { scheme, host, path } = KeyParts::new(key);
        match REPAIRS[rank].0 {
            Reason::Port => {
                let host = KeyParts { scheme, host, path }.port().map_or(host, |(host, _)| host);
                self.ports.push((at, format!("{scheme}{host}{path}")));
            }
            Reason::HubPath => self.hub.extend((host == "index.docker.io").then_some(at)),
            Reason::HubAlias => self.hub.extend(HUB_ALIASES.contains(&host).then_some(at)),
            Reason::GlobLabels if host.starts_with('*') => {
                let fixed = host.trim_start_matches(['*', '.']);
                self.globs.entry(fixed.to_owned()).or_default().push(at);
            }
            Reason::GlobLabels => {}
            Reason::RelatedHost => {
                self.below.entry(host.to_owned()).or_default().push(at);
                for parent in parents(host) {
                    self.above.entry(parent.to_owned()).or_default().push(at);
                }
            }
            // What changes nothing does not make it match.
            _ => {
                let repaired = in_lower_case(rank, key).filter(|repaired| repaired != key);
                self.names.extend(repaired.map(|repaired| (at, repaired)));
            }
        }
    }

    /// The first of the keys that may match an image when they are repaired, and does.
    fn first(
        &self,
        name: &str,
        image: &ComparedImage<'_>,
        does: &dyn Fn(usize) -> Option<(usize, NearMiss)>,
    ) -> Option<(usize, NearMiss)> {
        // All that share one of these lists are asked for the same.
        let others = self.lists(image).filter_map(|list| does(*list.first()?));
        let by_name = self.by_name.secrets_for(name).find_map(does);
        let by_port = self.by_port.secrets_for(&without_port(name)).find_map(does);
        others.chain(by_name).chain(by_port).min_by_key(|(_, miss)| miss.index)
    }

    /// The lists of those that are not looked up as keys.
    fn lists<'l>(&'l self, image: &'l ComparedImage<'_>) -> impl Iterator<Item = &'l Vec<usize>> {
        let ends = parents(image.host).chain([image.host, ""]);
        let globs = ends.filter_map(|fixed| self.globs.get(fixed));
        let below = parents(image.host).filter_map(|host| self.below.get(host));
        let above = self.above.get(image.host).into_iter();
        globs.chain(below).chain(above).chain(image.is_on_docker_hub().then_some(&self.hub))
    }

    /// All of them.
    fn all(&self, name: &str, found: &mut Vec<usize>) {
        found.extend(self.lists(&ComparedImage::new(name)).flatten());
        found.extend(self.by_name.secrets_for(name));
        found.extend(self.by_port.secrets_for(&without_port(name)));
    }
}

/// The name of an image as if its registry had no port.
fn without_port(name: &str) -> Cow<'_, str> {
    let (host, path) = name.split_once('/').unwrap_or((name, ""));
    match host.rfind(':').filter(|_| !host.ends_with(']')) {
        Some(colon) => Cow::Owned(format!("{}/{path}", &host[..colon])),
        None => Cow::Borrowed(name),
    }
}

/// What is after each dot of a host.
fn parents(host: &str) -> impl Iterator<Item = &str> {
    host.match_indices('.').map(|(dot, _)| &host[dot + 1..])
}
