//! What is worth saying about facts, verdicts and injections: messages and remedies with the real names.
//!
//! A check is a function over the resolved world that reports what it finds; [`CHECKS`] lists them all. Nothing here
//! looks anything up twice: what is known of a pod and its secrets is in the world.

mod accounts;
mod custom;
mod draft;
mod fix;
mod flaws;
mod hostless;
mod identity;
mod images;
mod injection;
mod input;
mod lists;
mod misnamed;
mod mountable;
mod order;
mod policy;
mod producers;
mod remedy;
mod renamed;
mod rotation;
mod secrets;
mod stamps;
pub(super) mod story;
mod suppressions;
mod targets;
mod texts;
mod unread;
mod usage;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::finding::{
    self, Finding, FindingList, Fingerprint, Place, Remedy, Severity, Subject, SuppressedBy,
    Suppression,
};
use crate::inject::{self, Holder};
use crate::inventory::{Image, ListState, Object, PullSecrets};
use crate::policy::{self as rules, RuleId};
use crate::say;
use crate::shared::Shared;
use crate::source::Span;
use crate::text::{Message, Shown, plain, shown};
use crate::verdict::Origin;

use super::ignores::Ignores;
use super::world::{InUse, ResolvedPod, World};

use draft::{At, Draft};
pub(super) use remedy::owner_of;

/// How many names a message lists.
const NAMES_SHOWN: usize = 5;

/// An image: its source, its place and its reference. Images of a template have the place of what refers to it.
pub(super) type ImageId = (usize, Span, String);

/// A check: what it is called, and what reports its findings.
type Check = (&'static str, fn(&World<'_>, &mut Findings<'_, '_>));

/// TABLE: all checks. One of them is about one finding or a family of them. Findings are sorted afterwards; the order
/// decides which of two checks first uses an exception or proposes a name.
const CHECKS: &[Check] = &[
    ("input", |world, out| world.about_input(out)),
    ("flaws", |world, out| world.about_flaws(out)),
    ("lists", |world, out| world.about_lists(out)),
    ("mountable secrets", |world, out| world.about_mountable(out)),
    ("images", |world, out| world.about_images(out)),
    ("registries", |world, out| world.about_registries(out)),
    ("custom resources", |world, out| world.about_custom_resources(out)),
    ("targets", |world, out| world.about_targets(out)),
    ("texts", |world, out| world.about_texts(out)),
    ("fields that nothing reads", |world, out| world.about_unread(out)),
    ("service accounts", |world, out| world.about_service_accounts(out)),
    ("absent service accounts", |world, out| world.about_absent_accounts(out)),
    ("duplicate service accounts", |world, out| world.about_duplicate_accounts(out)),
    ("contents of secrets", |world, out| world.about_contents(out)),
    ("literal credentials", |world, out| world.about_exposed(out)),
    ("named secrets", |world, out| world.about_named_secrets(out)),
    ("use of secrets", |world, out| world.about_usage(out)),
    ("renamed references", |world, out| world.about_renamed(out)),
    ("misnamed secrets", |world, out| world.about_misnamed(out)),
    ("identities", |world, out| world.about_identities(out)),
    ("order", |world, out| world.about_order(out)),
    ("injection", |world, out| world.about_injection(out)),
    ("stamps", |world, out| world.about_stamps(out)),
    ("suppressions", |_, out| out.about_suppressions()),
    // Last: it reports what no other check has used.
    ("policy", |world, out| world.about_policy(out)),
];

/// What the checks report.
pub(super) struct Findings<'w, 'c> {
    world: &'w World<'c>,
    /// The entries of the policy that were used.
    used: BTreeSet<RuleId>,
    pub(super) found: FindingList,
    /// What an exception of the policy, the manifests or the baseline accept.
    pub(super) suppressed: FindingList,
    /// What has been said of exceptions that have expired.
    expired: BTreeSet<Message>,
    /// What the manifests and the baseline accept.
    ignores: Ignores<'c>,
    /// The images whose findings are accepted.
    pub(super) excused: BTreeSet<ImageId>,
    /// The object of the place before.
    subject: Option<Rc<Subject>>,
    /// The parts of remedies.
    parts: Shared<Message>,
}

impl<'w, 'c> Findings<'w, 'c> {
    /// What all checks find in `world`, in order. `used` are the entries of the policy that were used before.
    pub(super) fn of(world: &'w World<'c>, used: BTreeSet<RuleId>) -> Self {
        let mut out = Self {
            world,
            used,
            found: FindingList::default(),
            suppressed: FindingList::default(),
            expired: BTreeSet::new(),
            ignores: Ignores::new(
                world.sources,
                world.inventories,
                world.circumstances.suppressions.baseline,
            ),
            excused: BTreeSet::new(),
            subject: None,
            parts: Shared::default(),
        };
        for (_, check) in CHECKS {
            check(world, &mut out);
        }
        let key = |finding: &Finding| {
            let place = finding.place.as_ref();
            let at = place.map(|place| (place.source, place.span.start, place.span.end));
            (finding.code.concern(), at.is_none(), at, finding.code.name)
        };
        out.found.sort_by_cached_key(key);
        out.suppressed.sort_by_cached_key(key);
        out
    }

    /// Takes in a finding. One that is accepted is kept apart.
    fn report(&mut self, draft: Draft<'_>) {
        let place = draft.at.as_ref().map(|at| self.place(at));
        let details = draft.details.iter().map(|detail| detail.shown().into_masked());
        let details: Vec<_> = details.collect();
        let fingerprint = match (&draft.at, &place) {
            (Some(at), Some(place)) if !draft.is_for_all => {
                let field = at.field();
                Fingerprint::of_object(draft.code, &place.object, shown(&field).masked(), &details)
            }
            _ => Fingerprint::of_run(draft.code, &details),
        };
        let severity = self.world.policy.severity(draft.code.name).unwrap_or(draft.severity);
        let suppressed = self.suppression(&draft).or_else(|| self.ignored(&draft));
        let suppressed = suppressed.or_else(|| self.known(severity, &fingerprint));
        if let (Some(_), Some(image), Some(at)) = (&suppressed, draft.image, &draft.at) {
            let reference = image.reference.as_str().to_owned();
            self.excused.insert((at.object.source as usize, image.span, reference));
        }
        let container = draft.at.as_ref().and_then(|at| at.container);
        let origin = draft.image.and_then(|image| image.origin.as_deref());
        let origin = origin.map(|origin| {
            let at = At::new(&origin.object, origin.span, "the image is written here");
            at.path(origin.path.clone())
        });
        let finding = Finding {
            code: draft.code,
            severity,
            message: match &origin {
                Some(origin) => say!(
                    "{} The image is in {} ({}).",
                    draft.message,
                    describe(origin.object),
                    origin.path.shown()
                ),
                None => draft.message,
            }
            .shrunk(),
            place,
            focus: draft.focus.as_ref().map(|focus| Box::new(self.place(focus))),
            related: draft.related.iter().chain(&origin).map(|at| self.place(at)).collect(),
            cause: draft.cause,
            image: draft.image.map(|image| shown(&image.reference).into_owned()),
            container: container.map(|container| shown(container).into_owned()),
            remedy: self.remedy(draft.remedy),
            fix: draft.fix.into(),
            fingerprint,
            suppressed: suppressed.map(Box::new),
        };
        let list =
            if finding.suppressed.is_some() { &mut self.suppressed } else { &mut self.found };
        list.push(finding);
    }

    /// What to do, with each part that there is already as it is.
    fn remedy(&mut self, parts: Vec<Message>) -> Option<Remedy> {
        let parts = parts.into_iter().filter(|part| !part.as_str().is_empty());
        Remedy::of(parts.map(|part| self.parts.keep(part.shrunk())).collect())
    }

    fn place(&mut self, at: &At<'_>) -> Place {
        let subject = subject(at.object);
        let object = match &self.subject {
            Some(before) if **before == subject => Rc::clone(before),
            _ => Rc::clone(self.subject.insert(Rc::new(subject))),
        };
        place(at, object)
    }

    /// The exception of the policy that accepts a finding. One that has expired is itself worth a finding.
    fn suppression(&mut self, draft: &Draft<'_>) -> Option<Suppression> {
        if self.world.policy.exceptions().is_empty() {
            return None;
        }
        let code = draft.code.name;
        let mut all = self.world.policy.exceptions().iter().filter(|one| one.code == code);
        let images =
            if all.any(|one| one.image.is_some()) { self.world.images(draft) } else { Vec::new() };
        let object = draft.at.as_ref().map(|at| at.object);
        let about = rules::ExceptionSubject {
            code: draft.code.name,
            kind: object.map(|object| &*object.type_meta.kind),
            namespace: object.and_then(Object::namespace),
            name: object.and_then(|object| object.name.as_deref()),
            images: &images,
        };
        let today = self.world.circumstances.today();
        let (rule, exception) = self.world.policy.exception(about, today)?;
        self.used.insert(rule);
        if exception.is_expired(today) {
            let entry = policy::entry(self.world.policy, rule);
            let message = say!("{} of the policy has expired.", entry);
            if self.expired.insert(message.clone()) {
                let expired = Draft::new(&finding::EXPIRED_EXCEPTION, message);
                self.report(expired.once_for([&exception.code, &exception.reason]));
            }
            return None;
        }
        let reason = shown(&exception.reason).into_owned();
        let expires = exception.expires.as_ref().map(|expires| plain(expires.value));
        Some(Suppression { by: SuppressedBy::PolicyException, reason, expires })
    }

    /// The annotation or comment that accepts a finding. One that this run does not accept is worth a finding.
    fn ignored(&mut self, draft: &Draft<'_>) -> Option<Suppression> {
        let at = draft.at.as_ref()?;
        let (by, reason) = self.ignores.find(draft.code, at.object, at.span)?;
        if !self.world.circumstances.suppressions.by_manifests {
            let message = say!(
                "{} asks to ignore {}. This run accepts no suppressions from manifests.",
                describe(at.object),
                draft.code.name
            );
            let denied = Draft::new(&finding::UNUSED_SUPPRESSION, message)
                .at(At::new(at.object, at.object.label, "does not count"))
                .about(draft.code.name)
                .remedy("Fix the finding, or let the operator accept suppressions: --suppressions allow.");
            self.report(denied);
            return None;
        }
        Some(Suppression { by, reason: shown(reason).into_owned(), expires: None })
    }

    /// Whether the baseline knows an error or a warning.
    fn known(&mut self, severity: Severity, fingerprint: &Fingerprint) -> Option<Suppression> {
        let is_known = severity != Severity::Info && self.ignores.is_known(fingerprint.as_str());
        let reason = shown("known in the baseline");
        is_known.then_some(Suppression { by: SuppressedBy::Baseline, reason, expires: None })
    }
}

impl<'c> ResolvedPod<'c> {
    /// An image of a pod.
    fn at_image<'i>(&self, image: &'i Image<'_>, label: impl Into<Message>) -> At<'i>
    where
        'c: 'i,
    {
        let workload = self.workload;
        At::new(&workload.object, image.span, label)
            .path(workload.image_path(image))
            .by_name(workload.image_path_by_name(image))
            .container(image.container.as_deref())
    }

    /// A pod as a whole.
    fn at(&self, label: impl Into<Message>) -> At<'c> {
        let object = &self.workload.object;
        At::new(object, object.label, label).of_holder(self.holder())
    }
}

impl<'c> World<'c> {
    /// `ServiceAccount 'app'`, and where it is if that is not the input.
    fn describe_in(&self, object: &Object<'_>) -> Message {
        let place = if self.is_in_cluster(object) { " (in the cluster dump)" } else { "" };
        say!("{}{}", describe(object), place)
    }

    /// Something about the list of a holder.
    fn at_list(&self, holder: Holder, span: Span, label: impl Into<Message>) -> At<'c> {
        let object = inject::object(self.inventories, holder);
        At::new(object, span, label).path(inject::path(self.inventories, holder)).of_holder(holder)
    }

    /// The entry of a list that names the effective pull secret `at` of a pod, and the object with that list; `None` if
    /// it is not among the manifests.
    fn entry(&self, pod: &ResolvedPod<'c>, at: usize) -> Option<(&'c Object<'c>, Span)> {
        let (holder, span) = self.entry_of(pod, at)?;
        Some((inject::object(self.inventories, holder), span))
    }

    fn entry_of(&self, pod: &ResolvedPod<'c>, at: usize) -> Option<(Holder, Span)> {
        let holder = match (pod.effective().origin, pod.account) {
            (Origin::Pod, _) => pod.holder(),
            (Origin::ServiceAccount, InUse::Seen { id, account, .. })
                if !self.is_in_cluster(&account.object) =>
            {
                Holder::Account(id)
            }
            _ => return None,
        };
        let name = pod.effective().names.get(at)?;
        let mut entries = inject::list(self.inventories, holder).entries.iter();
        let entry = entries.find(|entry| entry.name.as_ref() == Some(name))?;
        Some((holder, entry.span))
    }

    /// The list of a holder, or the name of the holder if it has none.
    fn at_whole_list(&self, holder: Holder, label: impl Into<Message>) -> At<'c> {
        let object = inject::object(self.inventories, holder);
        self.at_list(holder, list_span(inject::list(self.inventories, holder), object), label)
    }

    /// Domains and paths of the image that a finding is about, or of all images of the pod or ServiceAccount whose list it
    /// is about. None if one of them does not parse: no one knows what that would be.
    fn images<'d>(&self, draft: &'d Draft<'_>) -> Vec<(&'d str, &'d str)>
    where
        'c: 'd,
    {
        let parts = |image: &'d Image<'_>| {
            let reference = image.parsed().ok()?;
            Some((reference.domain(), reference.path()))
        };
        if let Some(image) = draft.image {
            return parts(image).into_iter().collect();
        }
        let Some(holder) = draft.at.as_ref().and_then(|at| at.holder) else { return Vec::new() };
        let images = self.pods_of(holder).flat_map(|pod| &pod.workload.images);
        images.map(parts).collect::<Option<_>>().unwrap_or_default()
    }
}

/// Where a list is, or the name of the object that has none.
fn list_span(list: &PullSecrets<'_>, object: &Object<'_>) -> Span {
    if list.state == ListState::Absent { object.label } else { list.span }
}

/// The article before the name of a kind of credential.
fn article(name: &str) -> &'static str {
    // The two that are spelt, and begin with the sound of an e.
    let spelt = ["NVIDIA", "npm"].iter().any(|word| name.starts_with(word));
    if spelt || name.starts_with(['A', 'E', 'I', 'O', 'i']) { "an" } else { "a" }
}

/// `Deployment 'api'`.
fn describe(object: &Object<'_>) -> Message {
    let name = object.name.as_deref().unwrap_or_default();
    say!("{} '{}'", object.type_meta.kind.shown(), shown(name))
}

/// Where something is, as reports show it.
fn place(at: &At<'_>, object: Rc<Subject>) -> Place {
    Place {
        source: at.object.source as usize,
        document: at.object.document,
        span: at.span,
        chunk: at.object.chunk,
        label: at.label.clone(),
        path: at.path.shown().into_owned(),
        object,
    }
}

fn subject(object: &Object<'_>) -> Subject {
    let namespace = object.namespace();
    let owned = |text: &str| -> Shown<'static> { shown(text).into_owned() };
    Subject {
        api_version: owned(&object.type_meta.api_version),
        kind: owned(&object.type_meta.kind),
        namespace: namespace.map(owned),
        name: object.name.as_deref().map(owned),
    }
}
