//! The sentence of the control, and what its numbers rest on.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{FindingList, Severity};
use crate::inventory::{Image, Inventory};
use crate::policy::AccessFrom;
use crate::say;
use crate::text::{Message, list, shown};
use crate::verdict::{Identified, Verdict};
use crate::yaml::Problem;

use super::findings::ImageId;
use super::{Judged, Pod};

/// Whether the control holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every private image is configured.
    Pass,
    /// Some are not, or an error was found.
    Fail,
    /// There is no private image.
    Skip,
}

impl Status {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

/// What makes a private image count as configured. Each such image has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// A Secret of the input holds an entry for it.
    Input,
    /// A Secret that a dump of the cluster shows, or that a ServiceAccount of the dump names, holds one.
    ClusterDump,
    /// The pod names a pull secret that is kept elsewhere.
    Declared,
    /// The nodes pull with their own identity.
    NodeIdentity,
    /// The kubelet pulls with a token of the pod's ServiceAccount.
    ServiceAccountIdentity,
    /// The pull secret that this run injects, whatever is known of it.
    Injection,
    /// An annotation that gives the pod an identity, and not the kubelet. It counts because the control says so.
    Annotation,
}

impl Basis {
    /// All of them, in the order of reports.
    pub const ALL: &[Self] = &[
        Self::Input,
        Self::ClusterDump,
        Self::Declared,
        Self::NodeIdentity,
        Self::ServiceAccountIdentity,
        Self::Injection,
        Self::Annotation,
    ];

    /// That of an image; `None` if it is not configured.
    pub fn of(pod: &Pod<'_>, judged: &Judged) -> Option<Self> {
        let judgement = &judged.judgement;
        Some(match (judgement.verdict, judgement.identity()) {
            _ if judged.by_injection => Self::Injection,
            (Verdict::Covered, _) if pod.rests_on_cluster(judged) => Self::ClusterDump,
            (Verdict::Covered, _) => Self::Input,
            (Verdict::Declared, _) => Self::Declared,
            (Verdict::Iam, Some(Identified::OnlyInside(_))) => Self::Annotation,
            (Verdict::Iam, Some(Identified::ByAnnotation(_))) => Self::ServiceAccountIdentity,
            (Verdict::Iam, _) => Self::NodeIdentity,
            _ => return None,
        })
    }

    /// Its key in the JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "verifiedInInput",
            Self::ClusterDump => "verifiedInClusterDump",
            Self::Declared => "declared",
            Self::NodeIdentity => "nodeIdentity",
            Self::ServiceAccountIdentity => "serviceAccountIdentity",
            Self::Injection => "injection",
            Self::Annotation => "annotationOnly",
        }
    }

    fn text(self, count: usize) -> Message {
        match self {
            Self::Input => say!("{} verified in the input", count),
            Self::ClusterDump => say!("{} verified in the cluster dump", count),
            Self::Declared => say!("{} declared", count),
            Self::NodeIdentity => say!("{} by node identity", count),
            Self::ServiceAccountIdentity => say!("{} by ServiceAccount identity", count),
            Self::Injection => say!("{} by injection", count),
            Self::Annotation => say!(
                "{} {} on an IRSA/Workload Identity annotation, which does not authenticate the kubelet's \
                 pull",
                count,
                if count == 1 { "rests" } else { "rest" }
            ),
        }
    }
}

/// The counts of pulls: distinct pairs of object and image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whether the control holds.
    pub status: Status,
    /// Pulls from private registries.
    pub private: usize,
    /// Those of them that are configured.
    pub configured: usize,
    /// What those that are configured rest on: the numbers add up to `configured`.
    pub by_basis: BTreeMap<Basis, usize>,
    /// Those of them of which a dump of the cluster tells that they are configured.
    pub from_cluster: usize,
    /// Whether there is any image at all.
    pub any_image: bool,
    /// The registries whose images are not counted because they are assumed to be public.
    pub assumed_public: BTreeSet<String>,
    /// Images that are not counted because they are never pulled.
    pub never_pulled: usize,
    /// Images that are not counted because something in the cluster replaces them.
    pub placeholders: usize,
    /// Images of custom resources that the kubelet does not pull for pods of their own.
    pub other_images: usize,
    /// What custom resources hold that is not judged.
    pub unjudged: UnjudgedImages,
}

/// Images of custom resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnjudgedImages {
    /// How many images.
    pub images: usize,
    /// In how many objects.
    pub objects: usize,
}

impl Summary {
    /// Counts distinct pulls. `excused` are those that an exception of the policy accepts: they are counted as
    /// what they are, and do not fail the run.
    pub(super) fn of(
        inventories: &[Inventory<'_>],
        pods: &[Pod<'_>],
        findings: &FindingList,
        excused: &BTreeSet<ImageId>,
    ) -> Self {
        let mut counted = Self {
            status: Status::Skip,
            private: 0,
            configured: 0,
            by_basis: BTreeMap::new(),
            from_cluster: 0,
            any_image: false,
            assumed_public: BTreeSet::new(),
            never_pulled: 0,
            placeholders: 0,
            other_images: inventories.iter().map(count_others).sum(),
            unjudged: UnjudgedImages::of(inventories),
        };
        let (mut failed, mut assumed) = (false, BTreeSet::new());
        for pod in pods {
            let images = &pod.id.of(inventories).images;
            let mut seen = BTreeSet::new();
            for (image, judged) in images.iter().zip(&pod.images) {
                let verdict = judged.judgement.verdict;
                counted.note(verdict);
                if is_assumed_public(judged) && assumed.insert(&*image.reference) {
                    counted.assumed_public.extend(host(image));
                }
                if verdict.is_private() && seen.insert(&*image.reference) {
                    counted.count(pod, judged);
                    let id = || (pod.id.source, image.span, image.reference.as_str().to_owned());
                    failed |= !verdict.is_configured()
                        && (excused.is_empty() || !excused.contains(&id()));
                }
            }
        }
        failed |= findings.iter().any(|finding| finding.severity == Severity::Error);
        counted.status = match (failed, counted.private) {
            (true, _) => Status::Fail,
            (false, 0) => Status::Skip,
            (false, _) => Status::Pass,
        };
        counted
    }

    /// The same, failed if something cannot be read: that may hold anything.
    pub(super) fn or_fail(self, problems: &[(usize, Problem)]) -> Self {
        let status = if problems.is_empty() { self.status } else { Status::Fail };
        Self { status, ..self }
    }

    fn note(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::NotPulled => self.never_pulled += 1,
            Verdict::Placeholder => self.placeholders += 1,
            _ => self.any_image = true,
        }
    }

    fn count(&mut self, pod: &Pod<'_>, judged: &Judged) {
        self.private += 1;
        if let Some(basis) = Basis::of(pod, judged) {
            self.configured += 1;
            *self.by_basis.entry(basis).or_default() += 1;
            self.from_cluster += usize::from(pod.rests_on_cluster(judged));
        }
    }

    /// How many of those that are configured rest on this.
    pub fn by(&self, basis: Basis) -> usize {
        self.by_basis.get(&basis).copied().unwrap_or_default()
    }

    /// Whether the input has an image, be it one that cannot be judged.
    pub fn has_images(&self) -> bool {
        let others =
            self.placeholders + self.never_pulled + self.other_images + self.unjudged.images;
        self.any_image || others > 0
    }

    /// The sentence of the control.
    pub fn text(&self) -> Message {
        match (self.status, self.any_image) {
            (Status::Skip, false) if self.has_images() => {
                "N/A: none of the images in the input can be judged.".into()
            }
            (Status::Skip, false) => "N/A: no images in the input.".into(),
            (Status::Skip, true) => {
                "N/A: all images are from public registries without authentication requirements."
                    .into()
            }
            _ => say!(
                "{} of {} private images have pull credentials configured.",
                self.configured,
                self.private
            ),
        }
    }

    /// What the sentence leaves out, if anything.
    pub fn not_counted(&self) -> Option<Message> {
        let counted = |count: usize, what: &'static str| match count {
            1 => say!("1 {}", what),
            _ => say!("{} {}s", count, what),
        };
        let UnjudgedImages { images, objects } = self.unjudged;
        let custom = (objects > 0).then(|| {
            let resources = counted(objects, "custom resource");
            say!("{} in {} not judged", counted(images, "image"), resources)
        });
        let placeholders = (self.placeholders > 0)
            .then(|| say!("{} not judged", counted(self.placeholders, "placeholder image")));
        let never = (self.never_pulled > 0).then(|| {
            let images = counted(self.never_pulled, "image");
            say!("{} never pulled (imagePullPolicy: Never)", images)
        });
        let other = (self.other_images > 0).then(|| {
            let images = counted(self.other_images, "image");
            say!("{} of custom resources not pulled for their own pods", images)
        });
        let parts: Vec<_> = [custom, placeholders, never, other].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| say!("{}.", list(parts, ", ")))
    }

    /// What the sentence rests on: the line below it, if there is anything to say.
    pub fn details(&self) -> Option<Message> {
        let by_basis = self.by_basis.iter().map(|(basis, count)| basis.text(*count));
        let hosts = self.assumed_public.iter().map(|host| shown(host));
        match self.status {
            Status::Skip if self.assumed_public.is_empty() => None,
            Status::Skip => Some(say!(
                "assumed public, unless the policy says otherwise: {}",
                list(hosts, ", ")
            )),
            _ if self.by_basis.is_empty() => None,
            _ => Some(list(by_basis, ", ")),
        }
    }
}

impl UnjudgedImages {
    fn of(inventories: &[Inventory<'_>]) -> Self {
        let all = inventories.iter().flat_map(|inventory| &inventory.unjudged);
        all.fold(Self::default(), |sum, one| Self {
            images: sum.images + one.held.images,
            objects: sum.objects + 1,
        })
    }
}

fn is_assumed_public(judged: &Judged) -> bool {
    let assumed = judged.access.is_some_and(|(_, from)| from == AccessFrom::Assumed);
    assumed && judged.judgement.verdict == Verdict::Public
}

/// How many images the kubelet does not pull for pods of their object, nor for those of others.
fn count_others(inventory: &Inventory<'_>) -> usize {
    inventory.other_images.iter().filter(|other| !other.is_used).count()
}

fn host(image: &Image<'_>) -> Option<String> {
    image.parsed().ok().map(|reference| reference.domain().to_owned())
}
