//! Objects that refer to others for their pods (a `TaskRun` to its `Task`, a `Workflow` to a `WorkflowTemplate`): what
//! refers is read with the object, and resolved when all of the run is read. A template is counted at each of its users.
//!
//! Which kind refers to which, and how, is in the rows of `kinds`.

use std::collections::{BTreeMap, BTreeSet};

use super::pulls::{Hit, first_text};
use super::{
    Image, ImageField, ImageOrigin, Inventory, Object, PullSecretRef, Site, SourceKind, Ways,
    Workload, share_lists, text,
};
use crate::kinds::{ObjectReference, SecretForm, Takes, Target, Way};
use crate::source::Span;
use crate::text::Text;
use crate::yaml::Node;

/// What refers to another object.
#[derive(Clone)]
pub(super) struct Referral<'a> {
    row: &'a ObjectReference,
    /// The kinds that are meant.
    to: Box<[&'a Target]>,
    name: Option<Text<'a>>,
    /// The namespace of the other object, if that is not the one of the object that refers.
    namespace: Option<Text<'a>>,
    part: Option<Text<'a>>,
    /// What fetches the other object, if it is not in the cluster.
    remote: Option<Text<'a>>,
    /// Where the name is.
    span: Span,
    way: Way,
}

/// An object of which others make pods.
pub(super) struct Template<'a> {
    object: Object<'a>,
    /// How many workloads are before it.
    at: usize,
    pub(super) parts: Vec<TemplatePart<'a>>,
}

/// A part of it, with a workload as if it made the pods itself.
pub(super) struct TemplatePart<'a> {
    key: Option<Text<'a>>,
    /// The ServiceAccount that the part names for itself.
    account: Option<Text<'a>>,
    /// The ServiceAccount that the object names for all of it.
    common_account: Option<Text<'a>>,
    referrals: Box<[Referral<'a>]>,
    workload: Workload<'a>,
    is_made: bool,
}

/// A workload that refers to others.
pub(super) struct User<'a> {
    /// Which of the workloads.
    pub(super) at: usize,
    /// Whether there are pods of it without what other objects have.
    pub(super) is_made: bool,
    pub(super) referrals: Box<[Referral<'a>]>,
    /// The same workload with the fields for the part of a key.
    pub(super) variants: Vec<(Text<'a>, Workload<'a>)>,
}

/// What an object refers to and the run does not have.
pub struct AbsentTarget<'a> {
    /// The object that refers to it.
    pub object: Object<'a>,
    /// The kinds that it may have.
    pub kinds: Box<[&'a str]>,
    /// Its name, if the reference has one.
    pub name: Option<Text<'a>>,
    /// What fetches it, if the cluster does not have it.
    pub remote: Option<Text<'a>>,
    /// Whether a dump of the cluster may show it.
    pub may_be_in_dump: bool,
    /// Where the reference is.
    pub span: Span,
    /// The path of the reference from the object.
    pub field: String,
}

impl<'a> Template<'a> {
    /// One without parts yet, before which there are so many workloads.
    pub(super) fn new(object: Object<'a>, at: usize) -> Self {
        Self { object, at, parts: Vec::new() }
    }

    pub(super) fn objects_mut(&mut self) -> impl Iterator<Item = &mut Object<'a>> {
        let parts = self.parts.iter_mut().map(|part| &mut part.workload.object);
        std::iter::once(&mut self.object).chain(parts)
    }
}

impl<'a> TemplatePart<'a> {
    /// The part that a hit is.
    pub(super) fn new(
        hit: &Hit<'_, 'a>,
        key: Option<Text<'a>>,
        referrals: &[Referral<'a>],
        (workload, is_made): (&Workload<'a>, bool),
    ) -> Self {
        let (account, common_account) = (hit.account_named(false), hit.account_named(true));
        let (referrals, workload) = (referrals.into(), workload.clone());
        Self { key, account, common_account, referrals, workload, is_made }
    }
}

impl<'a> User<'a> {
    pub(super) fn objects_mut(&mut self) -> impl Iterator<Item = &mut Object<'a>> {
        self.variants.iter_mut().map(|(_, workload)| &mut workload.object)
    }
}

/// What a hit refers to.
pub(super) fn of<'a>(hit: &Hit<'_, 'a>) -> Box<[Referral<'a>]> {
    let mut found = Vec::new();
    for row in &hit.site.references {
        hit.each(&row.at, &mut |node, way| found.extend(referral(row, node, way)));
    }
    found.into()
}

fn referral<'a>(row: &'a ObjectReference, node: Node<'_, 'a>, way: &Way) -> Option<Referral<'a>> {
    let is_meant = |target: &&Target| {
        target.when.as_ref().is_none_or(|when| {
            let mut value = None;
            when.path.each(node, &mut Way::default(), &mut |node, _| {
                value.get_or_insert_with(|| node.scalar());
            });
            when.holds(value.as_ref().map(Option::as_deref))
        })
    };
    let to: Box<[_]> = row.to.iter().filter(is_meant).collect();
    let mut named = None;
    row.name.each(node, &mut way.clone(), &mut |node, way| {
        named = named.take().or_else(|| Some((text(node)?, node.span(), way.clone())));
    });
    let part = row.part.as_ref().and_then(|path| first_text(node, path));
    let remote = row.remote.iter().find_map(|path| first_text(node, path));
    if remote.as_deref() == Some("cluster")
        && let Some(referral) = by_params(row, node, way)
    {
        return Some(referral);
    }
    let is_one = if row.to.is_empty() {
        part.is_some()
    } else {
        !to.is_empty() && (named.is_some() || remote.is_some())
    };
    let (name, span, way) = match named {
        Some((name, span, way)) => (Some(name), span, way),
        None => (None, node.span(), way.clone()),
    };
    is_one.then_some(Referral { row, to, name, namespace: None, part, remote, span, way })
}

/// What a resolver finds in the cluster by its parameters (docs/cluster-resolver.md of Tekton), unless those are filled in
/// when a run starts.
fn by_params<'a>(row: &'a ObjectReference, node: Node<'_, 'a>, way: &Way) -> Option<Referral<'a>> {
    let (mut kind, mut name, mut namespace) = (None, None, None);
    row.params.as_ref()?.each(node, &mut way.clone(), &mut |param, way| {
        let Some(value) = param.get("value") else { return };
        let Some(content) = text(value).filter(|value| !value.contains("$(")) else { return };
        match param.get("name").and_then(text).as_deref() {
            Some("kind") => kind = Some(content),
            Some("name") => name = Some((content, value.span(), way.with("value"))),
            Some("namespace") => namespace = Some(content),
            _ => {}
        }
    });
    let (name, span, way) = name?;
    let is_meant = |target: &&Target| {
        kind.as_deref().is_none_or(|kind| target.kind.eq_ignore_ascii_case(kind))
    };
    let to: Box<[_]> = row.to.iter().filter(is_meant).collect();
    let namespace = Some(namespace?);
    (!to.is_empty()).then_some(Referral {
        row,
        to,
        name: Some(name),
        namespace,
        part: None,
        remote: None,
        span,
        way,
    })
}

/// Counts on from the workloads of the parts of a stream before.
pub(super) fn shift(part: &mut Inventory<'_>, before: usize) {
    part.templates.iter_mut().for_each(|template| template.at += before);
    part.users.iter_mut().for_each(|user| user.at += before);
}

/// Gives the workloads of all sources what they have from the objects that they refer to.
pub fn resolve(inventories: &mut [Inventory<'_>]) {
    if inventories.iter().all(|inventory| inventory.users.is_empty()) {
        return;
    }
    let users: Vec<_> = inventories.iter_mut().map(|all| std::mem::take(&mut all.users)).collect();
    let templates: Vec<_> =
        inventories.iter_mut().map(|all| std::mem::take(&mut all.templates)).collect();
    let is_target = |referral: &Referral<'_>| referral.row.takes == Takes::Target;
    let to_workloads = users.iter().flatten().any(|user| user.referrals.iter().any(is_target));
    let known = KnownTemplates::of(inventories, &templates, to_workloads);
    let mut changes: Vec<_> = inventories.iter().map(|_| Changes::default()).collect();
    for (source, users) in users.iter().enumerate() {
        for user in users {
            let object = &inventories[source].workloads[user.at].object;
            let walk = known.walk(object, user);
            for (source, at, span) in walk.used() {
                changes[source].used.insert((at, span));
            }
            let workload = &inventories[source].workloads[user.at];
            let (own, pods) = given(user, workload, &walk);
            changes[source].workloads.push((user.at, own));
            for (source, at, workload) in pods {
                changes[source].added.push((at, workload));
            }
            changes[source].absent.extend(walk.absent);
        }
    }
    for (inventory, (changes, templates)) in
        inventories.iter_mut().zip(changes.into_iter().zip(&templates))
    {
        changes.apply(inventory, templates);
    }
}

/// What is to be changed in an inventory.
#[derive(Default)]
struct Changes<'a> {
    /// What takes the place of workloads.
    workloads: Vec<(usize, Vec<Workload<'a>>)>,
    /// What is added before a workload.
    added: Vec<(usize, Workload<'a>)>,
    absent: Vec<AbsentTarget<'a>>,
    /// The images of templates that are used: the template, and where they are.
    used: BTreeSet<(usize, Span)>,
}

impl<'a> Changes<'a> {
    fn apply(self, inventory: &mut Inventory<'a>, templates: &[Template<'a>]) {
        let mut seen = BTreeSet::new();
        let absent = self.absent.into_iter().filter(|absent| {
            let object = &absent.object;
            seen.insert((object.document, object.place().to_owned(), absent.field.clone()))
        });
        inventory.absent = absent.map(Box::new).collect();
        let places: BTreeSet<_> = self
            .used
            .iter()
            .map(|(at, span)| {
                let object = &templates[*at].object;
                (object.document, object.place(), *span)
            })
            .collect();
        for other in &mut inventory.other_images {
            let (object, span) = (&other.object, other.image.span);
            other.is_used = places.contains(&(object.document, object.place(), span));
        }
        if self.workloads.is_empty() && self.added.is_empty() {
            return;
        }
        let mut replaced: BTreeMap<usize, Vec<Workload<'a>>> = self.workloads.into_iter().collect();
        let mut added: BTreeMap<usize, Vec<Workload<'a>>> = BTreeMap::new();
        for (at, workload) in self.added {
            added.entry(at).or_default().push(workload);
        }
        let old = std::mem::take(&mut inventory.workloads);
        let last = old.len();
        for (at, workload) in old.into_iter().enumerate() {
            inventory.workloads.extend(added.remove(&at).into_iter().flatten().map(Box::new));
            match replaced.remove(&at) {
                Some(new) => inventory.workloads.extend(new.into_iter().map(Box::new)),
                None => inventory.workloads.push(workload),
            }
        }
        inventory.workloads.extend(added.remove(&last).into_iter().flatten().map(Box::new));
        let place = |workload: &Workload<'_>| {
            (workload.object.document, workload.object.place().to_owned())
        };
        inventory
            .workloads
            .chunk_by_mut(|one, other| place(one) == place(other))
            .for_each(share_lists);
    }
}

/// The objects of a run to which others may refer.
struct KnownTemplates<'k, 'a> {
    templates: TargetIndex<'k, 'a>,
    /// Those that make their pods themselves.
    workloads: TargetIndex<'k, 'a>,
}

/// Objects by name, those of one name in the order of sources. There may be many thousand of one name.
#[derive(Default)]
struct TargetIndex<'k, 'a> {
    /// Those of the manifests by their context, those of dumps of the cluster without one.
    named: BTreeMap<(Option<u32>, &'k str), Vec<Found<'k, 'a>>>,
    /// The same, each namespace apart.
    in_namespace: BTreeMap<TargetKey<'k>, Vec<Found<'k, 'a>>>,
}

/// A context, a name and a namespace.
type TargetKey<'k> = (Option<u32>, &'k str, Option<&'k str>);

impl<'k, 'a> TargetIndex<'k, 'a> {
    fn add(&mut self, context: Option<u32>, found: Found<'k, 'a>) {
        let Some(name) = found.object.name.as_deref() else { return };
        self.named.entry((context, name)).or_default().push(found);
        let namespace = found.object.namespace();
        self.in_namespace.entry((context, name, namespace)).or_default().push(found);
    }

    /// Of the objects of a name that a target is, the last one of the namespace, of the same source if there is one; else
    /// the only one, if one of the two does not say its namespace.
    fn last(
        &self,
        from: &Object<'_>,
        (context, name, namespace): TargetKey<'_>,
        target: &Target,
    ) -> Option<Found<'k, 'a>> {
        let is_meant = |found: &&Found<'_, '_>| {
            let meta = &found.object.type_meta;
            target.is(&meta.api_version, &meta.kind) && is_beside(from, found.object)
        };
        let named = self.named.get(&(context, name))?;
        let same = if target.cluster_scoped {
            named
        } else {
            self.in_namespace.get(&(context, name, namespace)).unwrap_or(const { &Vec::new() })
        };
        let start = same.partition_point(|found| found.object.source < from.source);
        let own = same[start..].partition_point(|found| found.object.source == from.source);
        let own = same[start..start + own].iter().rfind(is_meant);
        if let Some(found) = own.or_else(|| same.iter().rfind(is_meant)) {
            return Some(*found);
        }
        let mut meant = named.iter().filter(is_meant);
        let last = meant.next_back()?;
        let other = last.object.namespace();
        let is_one = meant.all(|found| found.object.namespace() == other);
        (is_one && other.is_some() != namespace.is_some()).then_some(*last)
    }
}

/// An object that may be meant.
#[derive(Clone, Copy)]
struct Found<'k, 'a> {
    object: &'k Object<'a>,
    in_cluster: bool,
    /// The template, by its number.
    template: Option<(usize, &'k Template<'a>)>,
}

impl<'k, 'a> KnownTemplates<'k, 'a> {
    /// `with_workloads`: whether anything refers to what makes its pods itself. There may be many thousand.
    fn of(
        inventories: &'k [Inventory<'a>],
        templates: &'k [Vec<Template<'a>>],
        with_workloads: bool,
    ) -> Self {
        let mut known =
            Self { templates: TargetIndex::default(), workloads: TargetIndex::default() };
        for (inventory, templates) in inventories.iter().zip(templates) {
            let in_cluster = inventory.source_kind == SourceKind::Cluster;
            let context = (!in_cluster).then_some(inventory.context);
            for (at, template) in templates.iter().enumerate() {
                let object = &template.object;
                let template = Some((at, template));
                known.templates.add(context, Found { object, in_cluster, template });
            }
            for workload in inventory.workloads.iter().filter(|_| with_workloads) {
                let object = &workload.object;
                known.workloads.add(context, Found { object, in_cluster, template: None });
            }
        }
        known
    }

    /// What an object refers to. One of the same source goes before those of others, and of several the last one counts.
    fn find(
        &self,
        from: &Object<'_>,
        referral: &Referral<'a>,
    ) -> Option<(Found<'k, 'a>, &'a Target)> {
        let name = referral.name.as_deref().filter(|_| referral.remote.is_none())?;
        let objects = match referral.row.takes {
            Takes::Target => &self.workloads,
            Takes::Images | Takes::Pods => &self.templates,
        };
        let namespace = referral.namespace.as_deref().or_else(|| from.namespace());
        referral.to.iter().find_map(|target| {
            let find = |context| objects.last(from, (context, name, namespace), target);
            let found = find(Some(from.context)).or_else(|| find(None))?;
            Some((found, *target))
        })
    }

    /// Follows what an object refers to, to the end. What was followed before is not followed again.
    fn walk<'r>(&self, from: &'r Object<'a>, user: &'r User<'a>) -> Walk<'r, 'a>
    where
        'k: 'r,
    {
        let mut walk = Walk { uses: Vec::new(), absent: Vec::new() };
        let mut seen = BTreeSet::new();
        let step = |referral| ReferenceStep {
            referral,
            top: referral,
            key: None,
            is_in_part: false,
            template: None,
        };
        let mut open: Vec<_> = user.referrals.iter().rev().map(step).collect();
        let has_own = |key: &&Text<'a>| user.variants.iter().any(|(of, _)| of == *key);
        while let Some(step) = open.pop() {
            let (found, sites) = match (step.referral.row.to.is_empty(), step.template) {
                (true, Some(found)) => (found, &[][..]),
                (true, None) => continue,
                (false, _) => {
                    let Some((found, target)) = self.find(from, step.referral) else {
                        walk.absent.push(step.absent(from));
                        continue;
                    };
                    (found, &*target.sites)
                }
            };
            let Some((at, template)) = found.template else { continue };
            for (number, part) in template.parts.iter().enumerate().rev() {
                let is_meant = step.referral.part.is_none() || part.key == step.referral.part;
                let is_site = sites.is_empty() || sites.contains(&part.workload.pulls.name);
                let new = part.key.as_ref().filter(|_| !step.is_in_part).filter(has_own);
                let key = step.key.clone().or_else(|| new.cloned());
                let is_in_part = step.is_in_part || part.key.is_some();
                let id = (found.object.source, at, number, key.clone());
                if !is_meant || !is_site || !seen.insert(id) {
                    continue;
                }
                walk.uses.push(Use { step: step.clone(), key: key.clone(), found, at, part });
                let below = part.referrals.iter().rev();
                let (top, template) = (step.top, Some(found));
                open.extend(below.map(|referral| {
                    let key = key.clone();
                    ReferenceStep { referral, top, key, is_in_part, template }
                }));
            }
        }
        walk
    }
}

/// Whether one object can mean the other: objects that another one holds know each other alone.
fn is_beside(one: &Object<'_>, other: &Object<'_>) -> bool {
    let held = |object: &Object<'_>| {
        object.held_by().map(|(document, way)| (object.source, document, way.to_owned()))
    };
    held(one) == held(other)
}

/// A reference on the way from an object.
#[derive(Clone)]
struct ReferenceStep<'r, 'a> {
    referral: &'r Referral<'a>,
    /// The reference of the object itself that led here.
    top: &'r Referral<'a>,
    /// The first key on the way, if the object has fields for that part.
    key: Option<Text<'a>>,
    /// Whether there was a key on the way.
    is_in_part: bool,
    /// What it is in, if that is not the object itself.
    template: Option<Found<'r, 'a>>,
}

impl<'a> ReferenceStep<'_, 'a> {
    fn absent(&self, from: &Object<'a>) -> AbsentTarget<'a> {
        let holder = self.template.filter(|found| !found.in_cluster);
        let at = if holder.is_some() { self.referral } else { self.top };
        let object = holder.map_or(from, |found| found.object);
        AbsentTarget {
            object: object.clone(),
            kinds: self.referral.to.iter().map(|target| &*target.kind).collect(),
            name: self.referral.name.clone(),
            remote: self.referral.remote.clone(),
            may_be_in_dump: self.referral.row.takes != Takes::Target,
            span: at.span,
            field: at.way.as_str().to_owned(),
        }
    }
}

/// What an object gets from others.
struct Walk<'r, 'a> {
    uses: Vec<Use<'r, 'a>>,
    absent: Vec<AbsentTarget<'a>>,
}

/// A part of a template that an object uses.
struct Use<'r, 'a> {
    step: ReferenceStep<'r, 'a>,
    /// The key of the part of the object that uses it, if there are fields for that.
    key: Option<Text<'a>>,
    found: Found<'r, 'a>,
    at: usize,
    part: &'r TemplatePart<'a>,
}

impl Walk<'_, '_> {
    /// The source, the template and the place of each image that is used.
    fn used(&self) -> impl Iterator<Item = (usize, usize, Span)> {
        self.uses.iter().flat_map(|one| {
            let source = one.found.object.source as usize;
            one.part.workload.images.iter().map(move |image| (source, one.at, image.span))
        })
    }
}

impl<'a> Use<'_, 'a> {
    /// The images of the part, as the object has them that uses it.
    fn images(&self) -> Vec<Image<'a>> {
        let (part, top) = (&self.part.workload, self.step.top);
        let images = part.images.iter().map(|image| {
            let origin = ImageOrigin {
                object: part.object.clone(),
                path: part.image_path(image),
                span: image.span,
            };
            Image {
                span: top.span,
                field: ImageField::At(Box::new(top.way.clone())),
                origin: Some(Box::new(origin)),
                ..image.clone()
            }
        });
        images.collect()
    }

    /// The names of its pull secrets as entries of a list that refers to it.
    fn entries(&self) -> impl Iterator<Item = PullSecretRef<'a>> {
        let names = self.part.workload.pull_secrets.names().cloned();
        names.map(|name| PullSecretRef::implied(name, self.step.top.span))
    }

    /// The pods of a template, in the namespace of the object that uses it.
    fn pods(&self, user: &Workload<'a>) -> Workload<'a> {
        let mut workload = self.part.workload.clone();
        if self.found.in_cluster {
            let top = self.step.top;
            workload.images = self.images().into();
            workload.pull_secrets.entries = self.entries().collect();
            workload.site = Site::in_cluster(top.span);
            workload.object = user.object.clone();
            workload.ways = Some(Box::new(Ways {
                home: top.way.as_str().into(),
                list: None,
                form: SecretForm::Objects,
                account: None,
            }));
        } else {
            workload.object.namespace.clone_from(&user.object.namespace);
        }
        workload
    }
}

/// The workloads of an object with what it has from others, and the pods of templates: the source of each, and before
/// which workload it is.
fn given<'a>(
    user: &User<'a>,
    workload: &Workload<'a>,
    walk: &Walk<'_, 'a>,
) -> (Vec<Workload<'a>>, Vec<(usize, usize, Workload<'a>)>) {
    let (mut pods, mut merged) = (Vec::new(), Vec::new());
    let mut own = vec![(None, None, workload.clone())];
    let has_own = workload.images.iter().any(|image| matches!(image.field, ImageField::At(_)));
    for used in &walk.uses {
        let row = used.step.referral.row;
        if row.takes == Takes::Pods {
            if used.part.is_made && used.found.in_cluster {
                own.push((None, None, used.pods(workload)));
            } else if used.part.is_made {
                let source = used.found.object.source as usize;
                let at = used.found.template.map_or(0, |(_, template)| template.at);
                pods.push((source, at, used.pods(workload)));
            }
            continue;
        }
        if row.merges {
            merged.push(used);
        }
        if row.unless_own && has_own {
            continue;
        }
        let key = used.key.as_ref();
        let account = used.part.account.as_ref();
        let place = own.iter().position(|one| (one.0, one.1) == (key, account));
        let at = place.unwrap_or_else(|| {
            own.push((key, account, variant(user, workload, key, account)));
            own.len() - 1
        });
        let mut images = std::mem::take(&mut own[at].2.images).into_vec();
        let new = used.images().into_iter();
        if row.unless_own {
            merge_containers(&mut images, new);
        } else {
            images.extend(new);
        }
        own[at].2.images = images.into();
    }
    let all = own.into_iter().enumerate().filter_map(|(at, (_, _, mut workload))| {
        for used in &merged {
            merge(&mut workload, used);
        }
        let is_there = at > 0 || user.is_made || !workload.images.is_empty();
        is_there.then_some(workload)
    });
    (all.collect(), pods)
}

/// Adds images of a template to those of pods. A container takes the place of one of the same name in a template, and one
/// of a later template that of an earlier one.
fn merge_containers<'a>(images: &mut Vec<Image<'a>>, new: impl Iterator<Item = Image<'a>>) {
    for image in new {
        let is_same =
            |other: &Image<'a>| image.container.is_some() && other.container == image.container;
        match images.iter().position(is_same) {
            Some(at) if images[at].origin.is_some() => images[at] = image,
            Some(_) => {}
            None => images.push(image),
        }
    }
}

/// The workload of an object for the part of a key, or with another ServiceAccount; without images.
fn variant<'a>(
    user: &User<'a>,
    workload: &Workload<'a>,
    key: Option<&Text<'a>>,
    account: Option<&Text<'a>>,
) -> Workload<'a> {
    let of_key = user.variants.iter().find(|(of, _)| Some(of) == key);
    let mut workload = of_key.map_or(workload, |(_, workload)| workload).clone();
    workload.images = Box::default();
    if let Some(account) = account {
        workload.service_account = Some(account.clone());
        workload.made = None;
    }
    workload
}

/// Adds the pull secrets of a template, and its ServiceAccount where none is named.
fn merge<'a>(workload: &mut Workload<'a>, used: &Use<'_, 'a>) {
    if workload.made.as_ref().is_some_and(|made| made.is_elsewhere) {
        workload.made = None;
        workload.service_account = None;
    }
    if workload.service_account.is_none() {
        workload.service_account.clone_from(&used.part.common_account);
    }
    let new = used.entries().filter(|entry| {
        let name = entry.name.as_ref();
        workload.pull_secrets.names().all(|present| Some(present) != name)
    });
    let new: Vec<_> = new.collect();
    let entries = std::mem::take(&mut workload.pull_secrets.entries).into_vec();
    workload.pull_secrets.entries = entries.into_iter().chain(new).collect();
}
