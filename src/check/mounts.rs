//! Which of the Secrets that exist only once a pod has mounted them never do: all pods that mount them need them to
//! pull their own images.
//!
//! The Secrets Store CSI driver makes the Secrets of a `SecretProviderClass` when the first pod mounts it
//! (docs, "Sync as Kubernetes Secret").

use std::collections::BTreeSet;

use crate::inject::Request;
use crate::inventory::{Image, Inventory, Produced, SourceKind};
use crate::policy::Policy;
use crate::policy::registries::Class;
use crate::verdict::{MadeId, Pull, Secrets};

use super::Overlay;

/// Those of the manifests that are in no dump of the cluster either.
pub(super) fn never_mounted(
    overlay: &Overlay<'_, '_>,
    requests: &[Request<'_>],
    secrets: &Secrets<'_>,
    policy: &Policy,
) -> BTreeSet<MadeId> {
    let made = mounted(overlay.inventories);
    let never =
        made.filter(|(_, made)| secrets.in_cluster(made.object.namespace(), &made.name).is_none());
    let never = never.filter(|(_, made)| {
        let mut mounting = requests.iter().filter(|request| mounts(overlay, request, made));
        let first = mounting.next();
        first.is_some_and(|first| {
            needs(overlay, first, made, policy)
                && mounting.all(|request| needs(overlay, request, made, policy))
        })
    });
    never.map(|(source, made)| (source, made.span)).collect()
}

/// The Secrets of the manifests that pods have to mount first.
fn mounted<'i, 'a>(
    inventories: &'i [Inventory<'a>],
) -> impl Iterator<Item = (usize, &'i Produced<'a>)> {
    let sources = inventories.iter().enumerate();
    let manifests = sources.filter(|(_, inventory)| inventory.source_kind == SourceKind::Manifests);
    let made = manifests
        .flat_map(|(source, inventory)| inventory.produced.iter().map(move |made| (source, made)));
    made.filter(|(_, made)| made.by.is_mounted)
}

/// Whether the pods of a workload mount the object that makes a Secret.
fn mounts(overlay: &Overlay<'_, '_>, request: &Request<'_>, made: &Produced<'_>) -> bool {
    let workload = overlay.workload(request.holder);
    let pod = workload.object.namespace();
    let class = made.object.namespace();
    let here = (pod == class || pod.is_none() || class.is_none())
        && workload.object.context == made.object.context;
    here && workload.mounts.iter().any(|class| made.object.name.as_ref() == Some(class))
}

/// Whether the pods of a workload name a Secret, and have a private image to pull.
fn needs(
    overlay: &Overlay<'_, '_>,
    request: &Request<'_>,
    made: &Produced<'_>,
    policy: &Policy,
) -> bool {
    let private = |image: &Image<'_>| {
        let access = Pull::of(image, policy).access;
        access.is_some_and(|access| access.class == Class::Private)
    };
    let workload = overlay.workload(request.holder);
    overlay.effective(request, true).names.contains(&made.name)
        && workload.images.iter().any(private)
}
