//! The Secrets that pods can name, by name: those of the manifests, those that something makes or copies, and those of
//! a cluster's dumps.

use std::collections::BTreeSet;

use super::by_name::ByName;
use super::extent::Extent;
use super::{Copied, Known, Referrer, left_behind, names};
use crate::inventory::{Inventory, Object, Produced, Secret, Whence};
use crate::names::is_subdomain;
use crate::policy::Policy;
use crate::source::Span;

/// Objects of one kind, each with its source.
type Sourced<'i, T> = ByName<'i, (usize, &'i T)>;

/// The Secrets of all sources by name.
pub struct Secrets<'i> {
    by_name: Sourced<'i, Secret<'i>>,
    in_cluster: Sourced<'i, Secret<'i>>,
    produced: Sourced<'i, Produced<'i>>,
    produced_in_cluster: Sourced<'i, Produced<'i>>,
    renamed: bool,
    extent: Extent<'i>,
    /// What is there only after a pod has started that needs it to start.
    never_mounted: BTreeSet<MadeId>,
}

/// A Secret that something makes: its source, and where its name stands there.
pub type MadeId = (usize, Span);

impl<'i> Secrets<'i> {
    /// Indexes the Secrets of `inventories` and those that other objects make.
    pub fn new<'a: 'i>(inventories: &'i [Inventory<'a>]) -> Self {
        let secrets = inventories.iter().flat_map(|inventory| &inventory.secrets);
        let mut secrets = secrets.map(|secret| &secret.object);
        Self {
            by_name: kept(inventories, Whence::Manifests),
            in_cluster: kept(inventories, Whence::Cluster),
            produced: produced(inventories, Whence::Manifests),
            produced_in_cluster: produced(inventories, Whence::Cluster),
            renamed: secrets.any(|object| object.build.is_some()),
            extent: Extent::of(inventories),
            never_mounted: BTreeSet::new(),
        }
    }

    /// Takes down which of the Secrets that pods have to mount first are never there.
    pub fn never_mounted(&mut self, never: BTreeSet<MadeId>) {
        self.never_mounted = never;
    }

    fn made(&self, (source, produced): (usize, &'i Produced<'i>)) -> Known<'i> {
        let in_time = !self.never_mounted.contains(&(source, produced.span));
        Known::Produced { source, produced, in_time }
    }

    /// Whether kustomize renames some of them.
    pub fn are_renamed(&self) -> bool {
        self.renamed
    }

    /// What is known of the pull secret `name` of a pod of `source` in `namespace`, which `referrer` names. As with
    /// ServiceAccounts, one of the same source goes before others, of several the last stands, and no namespace equals no namespace
    /// and meets a named one only if there is exactly one candidate. The manifests go before a dump of the cluster,
    /// and that before the policy.
    pub fn find(
        &self,
        source: usize,
        namespace: Option<&str>,
        referrer: Referrer<'_>,
        name: &str,
        policy: &'i Policy,
    ) -> Known<'i> {
        // The API server stores no Secret of another name (ValidateSecretName in pkg/apis/core/validation/validation.go),
        // and takes whatever a pod or ServiceAccount names.
        if !is_subdomain(name) {
            return Known::Impossible;
        }
        let asked = Asked { source, wanted: namespace.or(policy.namespace()), policy };
        let (called, dumped) = (self.by_name.get(name), self.in_cluster.get(name));
        let named = &*referrer.means(name, called, |(_, secret)| &secret.object);
        if let Some((source, secret)) = asked.secret(named) {
            return Known::InStream { source, secret };
        }
        if let Some(made) = asked.produced(self.produced.get(name), false) {
            return self.made(made);
        }
        let copied = asked.copied(named);
        if let Some(copy @ Known::Copied { maybe: false, .. }) = copied {
            return copy;
        }
        if let Some((source, secret)) = asked.secret(dumped) {
            return Known::InCluster { source, secret };
        }
        let produced = asked.produced(self.produced_in_cluster.get(name), true);
        if let Some(made) = produced {
            return self.made(made);
        }
        let assumed = asked.only(named);
        let assumed = assumed.map(|(source, secret)| Known::InStream { source, secret });
        let elsewhere = || {
            let kept = asked.elsewhere(named, called).map(Known::Elsewhere);
            kept.or_else(|| asked.made_elsewhere(self.produced.get(name)))
        };
        if self.extent.lacks_secret(asked.wanted) {
            let absent = || Known::Absent { elsewhere: dumped.last().map(|(_, secret)| *secret) };
            return assumed.or(copied).or_else(elsewhere).unwrap_or_else(absent);
        }
        if let Some((_, declared)) = policy.secret(namespace, name) {
            return Known::Declared(declared);
        }
        let found = assumed.or(copied).or_else(|| {
            let only = asked.only(dumped);
            only.map(|(source, secret)| Known::InCluster { source, secret })
        });
        found.or_else(elsewhere).unwrap_or(Known::Outside)
    }

    /// The Secret that kustomize renames while the name in `referrer`, which meant it, stays.
    pub fn left_behind(&self, referrer: Referrer<'_>, name: &str) -> Option<&'i Object<'i>> {
        left_behind(referrer, name, self.by_name.get(name), |(_, secret)| &secret.object)
    }

    /// What makes the Secret of this name and namespace, and keeps making it, with its source.
    pub fn producer(
        &self,
        namespace: Option<&str>,
        name: &str,
        policy: &'i Policy,
    ) -> Option<(usize, &'i Produced<'i>)> {
        let asked = Asked { source: 0, wanted: namespace.or(policy.namespace()), policy };
        let produced = asked.produced(self.produced.get(name), true);
        produced.or_else(|| asked.produced(self.produced_in_cluster.get(name), true))
    }

    /// All objects that are, or make, the pull secret `name` in `namespace`, which `referrer` names: those of
    /// `source`, else those of the others. [`Self::find`] gives the one that stands in the end.
    pub fn copies(
        &self,
        source: usize,
        namespace: Option<&str>,
        referrer: Referrer<'_>,
        name: &str,
        policy: &Policy,
    ) -> Vec<&'i Object<'i>> {
        let wanted = namespace.or(policy.namespace());
        let of = |object: &'i Object<'i>| object.namespace.as_deref().or(policy.namespace());
        let called = self.by_name.get(name);
        let kept = referrer.means(name, called, |(_, secret)| &secret.object);
        let kept =
            kept.iter().map(|(source, secret)| (*source, &secret.object, of(&secret.object)));
        let made = self.produced.get(name).iter().map(|(source, made)| {
            let any = made.any_namespace && made.is_allowed_in(wanted);
            let own = if any { wanted } else { of(&made.object) };
            (*source, &made.object, made.namespace.as_deref().or(own))
        });
        let all: Vec<_> = kept.chain(made).filter(|(.., namespace)| *namespace == wanted).collect();
        let here = all.iter().any(|(from, ..)| *from == source);
        let all = all.into_iter().filter(|(from, ..)| !here || *from == source);
        all.map(|(_, object, _)| object).collect()
    }

    /// The Secret of this name and namespace in a dump, with its source.
    pub fn in_cluster(
        &self,
        namespace: Option<&str>,
        name: &str,
        policy: &'i Policy,
    ) -> Option<(usize, &'i Secret<'i>)> {
        let asked = Asked { source: 0, wanted: namespace.or(policy.namespace()), policy };
        asked.secret(self.in_cluster.get(name))
    }
}

/// The Secrets that are there, by each name that they have.
fn kept<'i>(inventories: &'i [Inventory<'_>], whence: Whence) -> Sourced<'i, Secret<'i>> {
    let mut named = Vec::new();
    for (source, inventory) in of(inventories, whence) {
        for secret in &inventory.secrets {
            let secret: &Secret<'i> = secret;
            named.extend(names(&secret.object).map(|name| (name, (source, secret))));
        }
    }
    ByName::new(named)
}

/// The Secrets that something makes.
fn produced<'i>(inventories: &'i [Inventory<'_>], whence: Whence) -> Sourced<'i, Produced<'i>> {
    let mut named: Vec<(&str, (usize, &Produced<'i>))> = Vec::new();
    for (source, inventory) in of(inventories, whence) {
        named.extend(inventory.produced.iter().map(|made| (&*made.name, (source, made))));
    }
    ByName::new(named)
}

fn of<'i, 'a>(
    inventories: &'i [Inventory<'a>],
    whence: Whence,
) -> impl Iterator<Item = (usize, &'i Inventory<'a>)> {
    inventories.iter().enumerate().filter(move |(_, inventory)| inventory.whence == whence)
}

/// What a Secret is looked for by, beside its name.
struct Asked<'q, 'i> {
    source: usize,
    wanted: Option<&'q str>,
    policy: &'i Policy,
}

impl<'i> Asked<'_, 'i> {
    fn namespace<'o>(&self, object: &'o Object<'_>) -> Option<&'o str>
    where
        'i: 'o,
    {
        object.namespace.as_deref().or(self.policy.namespace())
    }

    /// The last one of the namespace, of the same source if there is one.
    fn secret(&self, named: &[(usize, &'i Secret<'i>)]) -> Option<(usize, &'i Secret<'i>)> {
        let same = || {
            let all = named.iter().rev().copied();
            all.filter(|(_, secret)| self.namespace(&secret.object) == self.wanted)
        };
        same().find(|(source, _)| *source == self.source).or_else(|| same().next())
    }

    /// The only one, where one of the two does not say its namespace.
    fn only(&self, named: &[(usize, &'i Secret<'i>)]) -> Option<(usize, &'i Secret<'i>)> {
        let last = *named.last()?;
        let of = self.namespace(&last.1.object);
        let one = named.iter().all(|(_, other)| self.namespace(&other.object) == of);
        (one && of.is_some() != self.wanted.is_some()).then_some(last)
    }

    /// One of another namespace: of those that the name stands for, or else of those that were ever called like this.
    fn elsewhere(
        &self,
        named: &[(usize, &'i Secret<'i>)],
        called: &[(usize, &'i Secret<'i>)],
    ) -> Option<&'i Secret<'i>> {
        let other = |secret: &Secret<'_>| {
            let namespace = self.namespace(&secret.object);
            self.wanted.is_some_and(|wanted| namespace.is_some_and(|of| of != wanted))
        };
        let former = || called.iter().rev().find(|(_, secret)| other(secret));
        named.last().or_else(former).map(|(_, secret)| *secret)
    }

    /// What makes a Secret of the namespace, or one that is copied there. `exactly`: both have to say their namespace,
    /// or neither.
    fn produced(
        &self,
        made: &[(usize, &'i Produced<'i>)],
        exactly: bool,
    ) -> Option<(usize, &'i Produced<'i>)> {
        let here = |made: &Produced<'_>| {
            let namespace = made.namespace.as_deref().or_else(|| self.namespace(&made.object));
            let assumed = !exactly && namespace.is_some() != self.wanted.is_some();
            let copied = || {
                let reach = made.reach.as_ref();
                reach.is_some_and(|reach| reach.copies_to(self.wanted) != Copied::No)
            };
            let own = if made.any_namespace {
                made.is_allowed_in(self.wanted)
            } else {
                namespace == self.wanted || assumed
            };
            own || copied()
        };
        made.iter().rev().copied().find(|(_, made)| here(made))
    }

    /// The last that makes one of another namespace. All of them say theirs, or one would have been assumed.
    fn made_elsewhere(&self, made: &[(usize, &'i Produced<'i>)]) -> Option<Known<'i>> {
        self.wanted?;
        made.last().map(|&(source, produced)| Known::MadeElsewhere { source, produced })
    }

    /// A Secret of another namespace that a controller copies.
    fn copied(&self, named: &[(usize, &'i Secret<'i>)]) -> Option<Known<'i>> {
        let copies = named.iter().rev().filter_map(|&(source, secret)| {
            let copied = secret.reach.as_ref()?.copies_to(self.wanted);
            let maybe = copied == Copied::Maybe;
            (copied != Copied::No).then_some(Known::Copied { source, secret, maybe })
        });
        copies.min_by_key(|copy| matches!(copy, Known::Copied { maybe: true, .. }))
    }
}
