//! The Secrets that pods can name, by name: those of the manifests, those that something makes or copies, and those of
//! a cluster's dumps.

use std::collections::BTreeSet;

use super::by_name::{ByName, CLUSTER, Called, LookUp, NamedThing};
use super::extent::DumpCoverage;
use super::meaning::Meanings;
use super::{Known, Referrer, Replicated, left_behind, names};
use crate::inventory::{Inventory, Object, Produced, Secret, SourceKind};
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
    meanings: Meanings,
    renamed: bool,
    /// Whether a controller copies some of them to other namespaces.
    are_copied: bool,
    extent: DumpCoverage<'i>,
    /// What is there only after a pod has started that needs it to start.
    never_mounted: BTreeSet<MadeId>,
}

/// A Secret that something makes: its source, and where its name is.
pub type MadeId = (usize, Span);

impl<'i> Secrets<'i> {
    /// Indexes the Secrets of `inventories` and those that other objects make.
    pub fn new<'a: 'i>(inventories: &'i [Inventory<'a>]) -> Self {
        let objects = || {
            let secrets = inventories.iter().flat_map(|inventory| &inventory.secrets);
            secrets.map(|secret| &secret.object)
        };
        Self {
            by_name: kept(inventories, SourceKind::Manifests),
            in_cluster: kept(inventories, SourceKind::Cluster),
            produced: produced(inventories, SourceKind::Manifests),
            produced_in_cluster: produced(inventories, SourceKind::Cluster),
            meanings: Meanings::new(objects()),
            renamed: objects().any(|object| object.build.is_some()),
            are_copied: inventories
                .iter()
                .flat_map(|inventory| &inventory.secrets)
                .any(|secret| secret.reach.is_some()),
            extent: DumpCoverage::of(inventories),
            never_mounted: BTreeSet::new(),
        }
    }

    /// Takes down which of the Secrets that pods have to mount first are never there.
    pub fn never_mounted(&mut self, never: BTreeSet<MadeId>) {
        self.never_mounted = never;
    }

    fn made(&self, (source, produced): (usize, &'i Produced<'i>)) -> Known<'i> {
        let in_time = !self.never_mounted.contains(&(source, produced.span));
        Known::Produced { produced, in_time }
    }

    /// Whether kustomize renames some of them.
    pub fn are_renamed(&self) -> bool {
        self.renamed
    }

    /// What is known of the pull secret `name`, which `referrer` names, looked up from a pod. As with
    /// ServiceAccounts, one of the same source goes before others, of several the last one counts, and no namespace equals no namespace
    /// and meets a named one only if there is exactly one candidate. The manifests go before a dump of the cluster,
    /// and that before the policy.
    pub fn find(
        &self,
        from: LookUp<'_>,
        referrer: Referrer<'_>,
        name: &str,
        policy: &'i Policy,
    ) -> Known<'i> {
        // The API server stores no Secret of another name (ValidateSecretName in pkg/apis/core/validation/validation.go),
        // and takes whatever a pod or ServiceAccount names.
        if !is_subdomain(name) {
            return Known::Impossible;
        }
        let called = self.by_name.get(from.context, name);
        let made = self.produced.get(from.context, name);
        let dumped = self.in_cluster.get(CLUSTER, name);
        let named = self.meaning(referrer, name);
        if let Some((source, secret)) = named.last_within(from) {
            return Known::InStream { source, secret };
        }
        if let Some(made) = from.produced(&made, false) {
            return self.made(made);
        }
        let copied = from.copied(named.things().filter(|_| self.are_copied));
        if let Some(copy @ Known::Copied { maybe: false, .. }) = copied {
            return copy;
        }
        if let Some((source, secret)) = dumped.last_within(from) {
            return Known::InCluster { source, secret };
        }
        let produced = from.produced(&self.produced_in_cluster.get(CLUSTER, name), true);
        if let Some(made) = produced {
            return self.made(made);
        }
        let assumed = named.only(from);
        let assumed = assumed.map(|(source, secret)| Known::InStream { source, secret });
        let elsewhere = || {
            let kept = from.elsewhere(&named, &called).map(Known::Elsewhere);
            kept.or_else(|| from.made_elsewhere(&made))
        };
        if self.extent.lacks_secret(from.namespace) {
            let absent = || Known::Absent { elsewhere: dumped.last().map(|(_, secret)| secret) };
            return assumed.or(copied).or_else(elsewhere).unwrap_or_else(absent);
        }
        if let Some((_, declared)) = policy.secret(from.namespace, name) {
            return Known::Declared(declared);
        }
        let found = assumed.or(copied).or_else(|| {
            let only = dumped.only(from);
            only.map(|(source, secret)| Known::InCluster { source, secret })
        });
        found.or_else(elsewhere).unwrap_or(Known::Outside)
    }

    /// The Secret that kustomize renames while the name in `referrer`, which meant it, stays.
    pub fn left_behind(&self, referrer: Referrer<'_>, name: &str) -> Option<&'i Object<'i>> {
        let meaning = self.meaning(referrer, name);
        let called = self.by_name.get(referrer.object.context, name);
        left_behind(name, &called, &meaning, |(_, secret)| &secret.object)
    }

    /// What makes the Secret of this name, as it is looked up, and keeps making it, with its source.
    pub fn producer(&self, from: LookUp<'_>, name: &str) -> Option<(usize, &'i Produced<'i>)> {
        let produced = from.produced(&self.produced.get(from.context, name), true);
        produced.or_else(|| from.produced(&self.produced_in_cluster.get(CLUSTER, name), true))
    }

    /// Those that `referrer` means by a name.
    fn meaning(
        &self,
        referrer: Referrer<'_>,
        name: &str,
    ) -> Called<'_, 'i, (usize, &'i Secret<'i>)> {
        let called = self.by_name.get(referrer.object.context, name);
        self.meanings.of(referrer, name, called, |(_, secret)| &secret.object)
    }

    /// All objects that are, or make, the pull secret `name`, which `referrer` names: those of the same source, else
    /// those of the others. [`Self::find`] gives the one that stands in the end.
    pub fn copies(
        &self,
        from: LookUp<'_>,
        referrer: Referrer<'_>,
        name: &str,
    ) -> Vec<&'i Object<'i>> {
        let named = self.meaning(referrer, name);
        let mut kept: Vec<_> = named.within(from).collect();
        kept.sort_by_key(|place| place.order);
        let kept = kept.into_iter().map(|place| (place.source, &place.thing.1.object));
        let produced = self.produced.get(from.context, name);
        let made = produced.things().filter(|(_, made)| {
            let any = made.any_namespace && made.is_allowed_in(from.namespace);
            let own = if any { from.namespace } else { made.object.namespace() };
            made.namespace.as_deref().or(own) == from.namespace
        });
        let all: Vec<_> = kept.chain(made.map(|(source, made)| (source, &made.object))).collect();
        let here = all.iter().any(|(source, _)| *source == from.source);
        let all = all.into_iter().filter(|(source, _)| !here || *source == from.source);
        all.map(|(_, object)| object).collect()
    }

    /// The Secret of this name and namespace in a dump, with its source.
    pub fn in_cluster(
        &self,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<(usize, &'i Secret<'i>)> {
        let from = LookUp { source: 0, context: CLUSTER, namespace };
        self.in_cluster.get(CLUSTER, name).last_within(from)
    }
}

/// The Secrets that are there, by each name that they have.
fn kept<'i>(inventories: &'i [Inventory<'_>], source_kind: SourceKind) -> Sourced<'i, Secret<'i>> {
    let mut named = Vec::new();
    for (source, inventory) in of(inventories, source_kind) {
        let context = context(inventory);
        for secret in &inventory.secrets {
            let secret: &Secret<'i> = secret;
            let namespace = secret.object.namespace();
            let thing = (source, secret);
            let given = |name| NamedThing { context, name, namespace, source, thing };
            named.extend(names(&secret.object).map(given));
        }
    }
    ByName::new(named)
}

/// The Secrets that something makes.
fn produced<'i>(
    inventories: &'i [Inventory<'_>],
    source_kind: SourceKind,
) -> Sourced<'i, Produced<'i>> {
    let mut named: Vec<NamedThing<'i, (usize, &Produced<'i>)>> = Vec::new();
    for (source, inventory) in of(inventories, source_kind) {
        let context = context(inventory);
        let given = |made: &'i Produced<'i>| {
            let namespace = made.object.namespace();
            NamedThing { context, name: &made.name, namespace, source, thing: (source, made) }
        };
        named.extend(inventory.produced.iter().map(given));
    }
    ByName::new(named)
}

/// The context in which the Secrets of an inventory are looked up.
fn context(inventory: &Inventory<'_>) -> u32 {
    match inventory.source_kind {
        SourceKind::Manifests => inventory.context,
        SourceKind::Cluster => CLUSTER,
    }
}

fn of<'i, 'a>(
    inventories: &'i [Inventory<'a>],
    source_kind: SourceKind,
) -> impl Iterator<Item = (usize, &'i Inventory<'a>)> {
    inventories
        .iter()
        .enumerate()
        .filter(move |(_, inventory)| inventory.source_kind == source_kind)
}

impl LookUp<'_> {
    /// One of another namespace: of those that the name stands for, or else of those that were ever called like this.
    fn elsewhere<'i>(
        &self,
        named: &Called<'_, 'i, (usize, &'i Secret<'i>)>,
        called: &Called<'_, 'i, (usize, &'i Secret<'i>)>,
    ) -> Option<&'i Secret<'i>> {
        let other = |secret: &Secret<'_>| {
            let namespace = secret.object.namespace();
            self.namespace.is_some_and(|wanted| namespace.is_some_and(|of| of != wanted))
        };
        let former = || called.things().rev().find(|(_, secret)| other(secret));
        named.last().or_else(former).map(|(_, secret)| secret)
    }

    /// What makes a Secret of the namespace, or one that is copied there. `exactly`: both have to say their namespace,
    /// or neither.
    fn produced<'i>(
        &self,
        made: &Called<'_, 'i, (usize, &'i Produced<'i>)>,
        exactly: bool,
    ) -> Option<(usize, &'i Produced<'i>)> {
        let here = |made: &Produced<'_>| {
            let namespace = made.namespace();
            let assumed = !exactly && namespace.is_some() != self.namespace.is_some();
            let copied = || {
                let reach = made.reach.as_ref();
                reach.is_some_and(|reach| reach.copies_to(self.namespace) != Replicated::No)
            };
            let own = if made.any_namespace {
                made.is_allowed_in(self.namespace)
            } else {
                namespace == self.namespace || assumed
            };
            own || copied()
        };
        made.things().rev().find(|(_, made)| here(made))
    }

    /// The last that makes one of another namespace. All of them say theirs, or one would have been assumed.
    fn made_elsewhere<'i>(
        &self,
        made: &Called<'_, 'i, (usize, &'i Produced<'i>)>,
    ) -> Option<Known<'i>> {
        self.namespace?;
        made.last().map(|(_, produced)| Known::MadeElsewhere { produced })
    }

    /// A Secret of another namespace that a controller copies.
    fn copied<'i>(
        &self,
        named: impl DoubleEndedIterator<Item = (usize, &'i Secret<'i>)>,
    ) -> Option<Known<'i>> {
        let copies = named.rev().filter_map(|(source, secret)| {
            let copied = secret.reach.as_ref()?.copies_to(self.namespace);
            let maybe = copied == Replicated::Maybe;
            (copied != Replicated::No).then_some(Known::Copied { source, secret, maybe })
        });
        copies.min_by_key(|copy| matches!(copy, Known::Copied { maybe: true, .. }))
    }
}
