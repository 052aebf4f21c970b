//! Names for pull secrets that a remedy proposes: the one that is there, or else one that is free.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::credentials::keyring::{KeyIndex, Keyring, explain_near_miss};
use crate::image::Reference;
use crate::inventory::secrets::{Content, RedactedEntry};
use crate::inventory::{Inventory, Object, SourceKind};
use crate::policy::{Policy, Scope};
use crate::verdict::Known;

use super::world::ResolvedPod;

/// What everybody's examples call it.
const USUAL: &str = "regcred";

/// A context and a namespace, the default one of the policy if an object names none.
pub(super) type Home<'c> = (u32, Option<&'c str>);

/// Where the names that an object has are looked up.
pub(super) fn home<'o>(object: &'o Object<'_>) -> Home<'o> {
    (object.context, object.namespace())
}

/// The names that are in use.
pub(super) struct Names<'c> {
    policy: &'c Policy,
    /// Those that the policy does not declare.
    used: BTreeSet<(Home<'c>, &'c str)>,
    /// Those that a dump of the cluster has.
    in_cluster: BTreeSet<(Option<&'c str>, &'c str)>,
    /// The pull secrets with which images of a registry are pulled.
    by_host: BTreeMap<(Home<'c>, &'c str), &'c str>,
    proposed: RefCell<ProposedNames>,
}

/// What was proposed so far.
#[derive(Default)]
struct ProposedNames {
    /// By context, namespace and registry.
    by_host: BTreeMap<(u32, Option<String>, String), String>,
    /// All of it, with the contexts and namespaces.
    names: BTreeSet<(u32, Option<String>, String)>,
}

impl<'c> Names<'c> {
    /// The names of Secrets that are there, that something makes, that pods name, and that the policy declares.
    pub(super) fn new(
        inventories: &'c [Inventory<'_>],
        pods: &[ResolvedPod<'c>],
        policy: &'c Policy,
    ) -> Self {
        let mut names = Self {
            policy,
            used: BTreeSet::new(),
            in_cluster: BTreeSet::new(),
            by_host: BTreeMap::new(),
            proposed: RefCell::default(),
        };
        for inventory in inventories {
            let kept = inventory.secrets.iter();
            let kept = kept.filter_map(|secret| {
                Some((secret.object.namespace(), secret.object.name.as_deref()?))
            });
            let made = inventory.produced.iter();
            let all = kept.chain(made.map(|made| (made.namespace(), &*made.name)));
            match inventory.source_kind {
                SourceKind::Cluster => names.in_cluster.extend(all),
                SourceKind::Manifests => names
                    .used
                    .extend(all.map(|(namespace, name)| ((inventory.context, namespace), name))),
            }
        }
        for pod in pods {
            let workload = pod.workload;
            let home = home(&workload.object);
            names.used.extend(pod.effective().names.iter().map(|name| (home, &**name)));
            for (image, judged) in workload.images.iter().zip(pod.images()) {
                let secret = judged.judgement.secret;
                let secret = secret.filter(|_| judged.judgement.verdict.is_configured());
                if let (Ok(image), Some(at)) = (image.parsed(), secret) {
                    let host = (home, image.domain());
                    names.by_host.entry(host).or_insert(&pod.effective().names[at]);
                }
            }
        }
        names
    }

    /// The pull secret that other pods of the context and namespace have for the registry.
    pub(super) fn of_others(&self, home: Home<'_>, host: &str) -> Option<&'c str> {
        self.by_host.get(&(home, host)).copied()
    }

    /// A name that nothing in the context and namespace has; for one registry always the same.
    pub(super) fn free(&self, home: Home<'_>, host: &str) -> String {
        let (context, namespace) = home;
        let namespaced = |text: &str| (context, namespace.map(str::to_owned), text.to_owned());
        let mut proposed = self.proposed.borrow_mut();
        if let Some(name) = proposed.by_host.get(&namespaced(host)) {
            return name.clone();
        }
        let is_free = |name: &String| {
            self.policy.secret(namespace, name).is_none()
                && !self.used.contains(&(home, &**name))
                && !self.in_cluster.contains(&(namespace, &**name))
                && !proposed.names.contains(&namespaced(name))
        };
        let name = candidates(host).find(is_free).unwrap_or_else(|| USUAL.to_owned());
        proposed.names.insert(namespaced(&name));
        proposed.by_host.insert(namespaced(host), name.clone());
        name
    }
}

/// `regcred`, `regcred-ghcr-io`, `regcred-ghcr-io-2`, …
fn candidates(host: &str) -> impl Iterator<Item = String> {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let host: String = host.chars().map(letter).collect();
    let named = format!("{USUAL}-{}", host.trim_matches('-'));
    let numbered = named.clone();
    let numbered = (2_usize..).map(move |number| format!("{numbered}-{number}"));
    [USUAL.to_owned(), named].into_iter().chain(numbered)
}

/// Whether a Secret is for something else than the registry of an image, as far as anybody can tell. `scope` is what the
/// policy declares it for.
pub(super) fn is_for_other(
    known: &Known<'_>,
    scope: Option<&Scope<'_>>,
    image: &Reference<'_>,
) -> bool {
    match known {
        Known::Declared(_) | Known::Outside => {
            return scope.is_some_and(|scope| !scope.covers(image.domain(), image.path()));
        }
        Known::Impossible => return true,
        _ => {}
    }
    let content = known.secret().map(|(_, secret)| &secret.content);
    if let Some(Content::OtherType { holds }) = content {
        return holds.is_none();
    }
    if let Some(content) = content
        && let Some(index) = content.index()
    {
        return !is_any_near(index, content.entries(), image);
    }
    let entries = content.map_or(&[][..], Content::entries).iter().map(|entry| entry.key.as_str());
    let keys: Vec<_> = entries.chain(made_keys(known)).collect();
    !keys.is_empty() && !are_near(&keys, image)
}

/// The keys of a Secret that something makes, if that tells them.
fn made_keys<'k>(known: &Known<'k>) -> impl Iterator<Item = &'k str> {
    let keys = match *known {
        Known::Produced { produced, .. } => produced.keys.as_deref(),
        _ => None,
    };
    keys.unwrap_or_default().iter().map(String::as_str)
}

/// The same of a Secret with many entries.
fn is_any_near(index: &KeyIndex, entries: &[RedactedEntry], image: &Reference<'_>) -> bool {
    let misses = || index.misses(entries.iter().map(|entry| entry.key.as_str()));
    let nearest = || misses().nearest(|at| &entries[at].key, image.name());
    !index.keyring().lookup(image.name()).is_empty()
        || nearest().is_some_and(|(_, miss)| miss.suggestion.is_some())
}

/// Whether one of some keys is for an image, or was meant to be.
fn are_near(keys: &[&str], image: &Reference<'_>) -> bool {
    let keyring = Keyring::from_keys(keys.iter().map(|key| (0, 0, *key)));
    let miss = || explain_near_miss(keys.iter().copied(), image.name());
    !keyring.lookup(image.name()).is_empty() || miss().is_some_and(|miss| miss.suggestion.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_registry_where_the_usual_one_is_taken() {
        let names: Vec<_> = candidates("registry.example.com:5000").take(3).collect();
        let of_registry = "regcred-registry-example-com-5000";
        assert_eq!(names, [USUAL, of_registry, &format!("{of_registry}-2")]);
    }

    #[test]
    fn of_two_registries_each_gets_a_name_of_its_own() {
        let policy = Policy::default();
        let names = Names::new(&[], &[], &policy);
        let shop = (0, Some("shop"));
        assert_eq!(names.free(shop, "a.io"), "regcred");
        assert_eq!(names.free(shop, "b.io"), "regcred-b-io");
        assert_eq!(names.free(shop, "a.io"), "regcred");
        assert_eq!(names.free((0, None), "b.io"), "regcred");
        assert_eq!(names.free((1, Some("shop")), "b.io"), "regcred");
    }
}
