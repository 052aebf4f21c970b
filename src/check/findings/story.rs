//! Why an image has its verdict, step by step, for a person who asks. Nothing here decides anything: every step tells what
//! was decided.

use std::rc::Rc;

use crate::finding::{Code, Finding, Place, Remedy, Severity, Suppression};
use crate::image::Reference;
use crate::inventory::secrets::Content;
use crate::inventory::{Image, Object, Workload};
use crate::policy::{Access, RuleId};
use crate::say;
use crate::text::{Message, Shown, list, plain, shown};
use crate::verdict::{
    ComparedKey, Identified, Judgement, KeyOutcome, Known, Named, Origin, Verdict,
};

use super::super::Judged;
use super::super::world::{InUse, ResolvedPod, World};
use super::images::{declared_for, names, sentence};
use super::remedy::why_unasked;
use super::{At, describe, place, subject};

/// Which images a person asks about: all that fit each of what is given.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The image; without tag and digest, any of its repository.
    pub image: Option<Reference<'static>>,
    /// Kind and name of an object, in any case and number, or short as for kubectl.
    pub object: Option<(String, String)>,
    /// The namespace of the object.
    pub namespace: Option<String>,
}

/// Why an image has its verdict.
pub struct Story {
    /// Where the image is.
    pub place: Place,
    /// The name of its container or volume.
    pub container: Option<Shown<'static>>,
    /// The reference as written.
    pub image: Shown<'static>,
    /// The same, as the kubelet reads it; `None` if it does not parse.
    pub reference: Option<Reference<'static>>,
    /// Whether it needs credentials, and who says so.
    pub access: Option<Access>,
    /// What was found, in the order in which it decides.
    pub steps: Vec<StoryStep>,
    /// The verdict.
    pub verdict: Verdict,
    /// What it means.
    pub conclusion: Message,
    /// The finding about it, if there is one.
    pub finding: Option<StoryFinding>,
}

/// A step of a story.
pub struct StoryStep {
    /// What it is about: `pull secrets`, or the name of one.
    pub about: Message,
    /// What was found.
    pub text: Message,
    /// Where, if it is in the input or a dump.
    pub place: Option<Place>,
    /// The entry of the policy that says so.
    pub rule: Option<RuleId>,
    /// More about it, a line each.
    pub details: Vec<Message>,
}

/// The finding about the image of a story.
pub struct StoryFinding {
    /// Which kind.
    pub code: &'static Code,
    /// How much it matters here.
    pub severity: Severity,
    /// What to do.
    pub remedy: Option<Remedy>,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Suppression>,
}

impl Wanted {
    fn is_pod(&self, workload: &Workload<'_>) -> bool {
        let object = &workload.object;
        let is_object = self.object.as_ref().is_none_or(|(kind, name)| {
            is_kind(kind, &object.type_meta.kind) && object.name.as_deref() == Some(name)
        });
        let namespace = self.namespace.as_deref();
        is_object && (namespace.is_none() || object.namespace() == namespace)
    }

    fn is_image(&self, image: &Image<'_>) -> bool {
        let Some(wanted) = &self.image else { return true };
        let Ok(own) = image.parsed() else { return false };
        let is_any = wanted.tag().is_none() && wanted.digest().is_none();
        own == wanted || is_any && own.name() == wanted.name()
    }
}

/// TABLE: short names of kinds, as kubectl knows them (pkg/apis in the `shortNames` of each storage).
const SHORT_NAMES: &[(&str, &str)] = &[
    ("cj", "cronjob"),
    ("deploy", "deployment"),
    ("ds", "daemonset"),
    ("po", "pod"),
    ("rc", "replicationcontroller"),
    ("rs", "replicaset"),
    ("sts", "statefulset"),
];

fn is_kind(given: &str, kind: &str) -> bool {
    let given = given.to_ascii_lowercase();
    let short = SHORT_NAMES.iter().find(|(short, _)| *short == given);
    let given = short.map_or(&*given, |(_, long)| long);
    let kind = kind.to_ascii_lowercase();
    given == kind || given.strip_suffix('s') == Some(&kind)
}

/// The stories of the images that somebody asks about, in the order of the input. `findings` are those of the run.
pub(in crate::check) fn stories<'f>(
    world: &World<'_>,
    wanted: &Wanted,
    findings: &(impl Iterator<Item = &'f Finding> + Clone),
) -> Vec<Story> {
    let mut stories = Vec::new();
    for pod in world.pods.iter().filter(|pod| wanted.is_pod(pod.workload)) {
        for (image, judged) in pod.workload.images.iter().zip(pod.images()) {
            if wanted.is_image(image) {
                let mut story = world.story(pod, image, judged);
                story.finding = story.find(findings.clone());
                stories.push(story);
            }
        }
    }
    stories
}

impl Story {
    /// The finding about it. An image that a pod pulls twice has one.
    fn find<'f>(&self, mut findings: impl Iterator<Item = &'f Finding>) -> Option<StoryFinding> {
        let verdict = ["missing", "unknown", "mismatched"].contains(&self.verdict.name());
        let is_invalid = self.verdict == Verdict::Invalid;
        let found = findings.find(|finding| {
            let place = finding.place.as_ref();
            let is_here = place.is_some_and(|place| {
                place.source == self.place.source
                    && place.document == self.place.document
                    && place.object == self.place.object
            });
            let is_about = finding.image.as_ref() == Some(&self.image);
            let code = finding.code.name;
            let is_verdict = code.strip_suffix("-pull-secret") == Some(self.verdict.name());
            let is_flaw = code == crate::finding::INVALID_IMAGE_REFERENCE.name;
            is_here && is_about && (verdict && is_verdict || is_invalid && is_flaw)
        });
        found.map(|finding| StoryFinding {
            code: finding.code,
            severity: finding.severity,
            remedy: finding.remedy.clone(),
            suppressed: finding.suppressed.as_deref().cloned(),
        })
    }
}

impl<'c> World<'c> {
    fn story(&self, pod: &ResolvedPod<'c>, image: &Image<'_>, judged: &Judged) -> Story {
        let reference = image.parsed().ok();
        let access = reference.map(|image| self.policy.access(image.domain(), image.path()));
        let access = access.zip(judged.access);
        let access = access.map(|(access, (class, from))| Access { class, from, ..access });
        let judgement = &judged.judgement;
        let mut steps = Vec::new();
        // What needs no credentials asks for no secret.
        if judgement.verdict.is_private() {
            steps.extend(self.account_step(pod));
            steps.push(self.list_step(pod));
            let named = pod.effective().names.iter().zip(&*pod.secrets).enumerate();
            steps.extend(named.map(|(at, (name, named))| self.secret_step(pod, at, name, named)));
            steps.extend(reference.and_then(|image| keys_step(pod, image)));
            steps.extend(identity_step(pod, judgement));
        }
        Story {
            place: Self::story_place(&pod.at_image(image, "the image")),
            container: image.container.as_ref().map(|name| name.shown().into_owned()),
            image: shown(&image.reference).into_owned(),
            reference: reference.cloned().map(Reference::into_owned),
            access,
            steps,
            verdict: judgement.verdict,
            conclusion: self.conclusion(pod, image, judgement),
            finding: None,
        }
    }

    fn story_place(at: &At<'_>) -> Place {
        place(at, Rc::new(subject(at.object)))
    }

    /// What is known of the ServiceAccount, unless the list of the object counts anyway and nothing is known of it.
    fn account_step(&self, pod: &ResolvedPod<'c>) -> Option<StoryStep> {
        let name = shown(pod.workload.effective_service_account());
        let own = pod.effective().origin == Origin::Pod;
        let step = |text, place, rule| {
            let about = say!("ServiceAccount");
            Some(StoryStep { about, text, place, rule, details: Vec::new() })
        };
        match pod.account {
            InUse::Seen { account, assumed, .. } => {
                let object = &account.object;
                let entries = account.pull_secrets.names();
                let entries: Vec<_> = entries.map(|name| say!("'{}'", name.shown())).collect();
                let whose = if self.is_in_cluster(object) { " (in the cluster dump)" } else { "" };
                let assumed = if assumed {
                    "; assumed to be that of the pod, although the two do not both name a namespace"
                } else {
                    ""
                };
                let text = match &*entries {
                    [] => say!("'{}'{} names no pull secret{}", name, whose, assumed),
                    _ => say!("'{}'{} names {}{}", name, whose, list(entries, ", "), assumed),
                };
                let at = At::new(object, object.label, "the ServiceAccount");
                step(text, Some(Self::story_place(&at)), None)
            }
            InUse::Declared => {
                let workload = pod.workload;
                let account = workload.effective_service_account();
                let (rule, declared) =
                    self.policy.service_account(workload.object.namespace(), account)?;
                let entries = declared.image_pull_secrets.iter();
                let entries = entries.map(|name| say!("'{}'", shown(&name.value)));
                let entries: Vec<_> = entries.collect();
                let text = match &*entries {
                    [] => say!("'{}' names no pull secret, as the policy declares", name),
                    _ => say!("'{}' names {}, as the policy declares", name, list(entries, ", ")),
                };
                step(text, None, Some(rule))
            }
            InUse::Absent => step(say!("'{}' is not in the cluster dump", name), None, None),
            InUse::None => step("none: a static pod has no ServiceAccount".into(), None, None),
            InUse::Made => step(say!("'{}', which the operator makes", name), None, None),
            InUse::Unknown if own => None,
            InUse::Unknown => {
                let text = say!("'{}' is not in {}, and nothing declares it", name, self.place());
                step(text, None, None)
            }
        }
    }

    /// Which list counts.
    fn list_step(&self, pod: &ResolvedPod<'c>) -> StoryStep {
        let effective = pod.effective();
        let (text, place) = match effective.origin {
            Origin::Pod => {
                let at = self.at_whole_list(pod.holder(), "the list of the object");
                let hides = match pod.account {
                    InUse::Seen { account, .. } if account.pull_secrets.has_entry() => {
                        ". It hides the list of the ServiceAccount"
                    }
                    _ => "",
                };
                let text = match effective.names.len() {
                    0 => say!("none: no entry of the object's own list has a name{}", hides),
                    _ => say!("{}, the object's own list{}", names(effective), hides),
                };
                (text, Some(Self::story_place(&at)))
            }
            Origin::ServiceAccount => {
                let why = "the list of the ServiceAccount, since the object has none";
                (say!("{}, {}", names(effective), why), None)
            }
            Origin::None => (say!("none: {}", self.names_none(pod)), None),
            Origin::Unknown => (say!("unknown. {}", self.why_unknown(pod)), None),
        };
        StoryStep { about: "pull secrets".into(), text, place, rule: None, details: Vec::new() }
    }

    /// What is known of one of the pull secrets.
    fn secret_step(
        &self,
        pod: &ResolvedPod<'c>,
        at: usize,
        name: &str,
        named: &Named<'c>,
    ) -> StoryStep {
        let known = &named.known;
        let object = known.object().map(|object| At::new(object, object.label, "the Secret"));
        let entry = || {
            let (object, span) = self.entry(pod, at)?;
            Some(At::new(object, span, "the entry"))
        };
        let place = object.or_else(entry).map(|at| Self::story_place(&at));
        let quoted = say!("'{}'", shown(name));
        let rule = match known {
            Known::Declared(_) => self.policy.secret(pod.namespace(), name).map(|(rule, _)| rule),
            _ => None,
        };
        let mut details: Vec<_> =
            named.scope.iter().map(|scope| say!("It is {}.", declared_for(scope))).collect();
        if let Some(content) = useless(known) {
            details.push(say!("{}.", sentence(&quoted, &content)));
        }
        StoryStep { about: quoted, text: self.about_secret(known), place, rule, details }
    }

    /// Where the objects are that count for a workload.
    fn place(&self) -> &'static str {
        self.circumstances.context.place()
    }

    fn about_secret(&self, known: &Known<'c>) -> Message {
        let keys = |known: &Known<'_>| match known.keys().count() {
            0 => Message::default(),
            1 => " with 1 key".into(),
            keys => say!(" with {} keys", keys),
        };
        let of = |object: &Object<'_>| {
            let namespace = object.namespace().map(|name| say!(" in namespace '{}'", shown(name)));
            say!("{}{}", describe(object), namespace.unwrap_or_default())
        };
        match known {
            Known::InStream { .. } => say!("a Secret of the input{}", keys(known)),
            Known::InCluster { .. } => say!("a Secret of the cluster dump{}", keys(known)),
            Known::Copied { secret, maybe, .. } => {
                let may = if *maybe { "may be copied" } else { "is copied" };
                say!("it {} from {} by a controller{}", may, of(&secret.object), keys(known))
            }
            Known::Produced { produced, .. } => {
                say!("{} makes it{}", of(&produced.object), keys(known))
            }
            Known::Declared(_) => "declared by the policy; its content is not known here".into(),
            Known::Outside => say!("not in {}, and nothing declares it", self.place()),
            Known::Absent { .. } => "not in its namespace of the cluster dump".into(),
            Known::Elsewhere(secret) => say!("only {} is there", of(&secret.object)),
            Known::MadeElsewhere { produced } => {
                say!("only {} makes one of this name", of(&produced.object))
            }
            Known::Impossible => "not a name that a Secret can have".into(),
        }
    }

    fn conclusion(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judgement: &Judgement,
    ) -> Message {
        let secret = judgement.secret.and_then(|at| pod.effective().names.get(at));
        let secret = say!("'{}'", secret.map(|name| name.shown()).unwrap_or_default());
        match judgement.verdict {
            Verdict::Public => "no credentials are needed".into(),
            Verdict::Invalid => match image.parsed() {
                Err(why) => say!("the reference does not parse: {}", plain(why)),
                Ok(_) => Message::default(),
            },
            Verdict::Covered => match judgement.entry() {
                Some(entry) if entry.order > 1 => say!(
                    "the kubelet pulls with the key '{}' of {}, which it tries as number {}",
                    entry.key,
                    secret,
                    entry.order
                ),
                Some(entry) => say!("the kubelet pulls with the key '{}' of {}", entry.key, secret),
                None => say!("the kubelet pulls with {}", secret),
            },
            Verdict::Iam => judgement.identity().map(identified).unwrap_or_default(),
            Verdict::Declared => judgement.reason().unwrap_or_else(|| {
                say!("{} counts, although its content is not known here", secret)
            }),
            Verdict::Mismatched if judgement.malformed().is_some() => {
                "the API server rejects the object that names the pull secrets".into()
            }
            Verdict::Mismatched => self.why(pod, judgement),
            Verdict::Missing => "nothing authenticates the pull".into(),
            Verdict::Unknown => "no one knows whether anything authenticates the pull".into(),
            Verdict::NotPulled | Verdict::Placeholder => judgement.reason().unwrap_or_default(),
        }
    }
}

/// What keeps a Secret whose content is known from having any key that the kubelet reads.
fn useless(known: &Known<'_>) -> Option<crate::verdict::MismatchReason> {
    match known {
        Known::InStream { secret, .. }
        | Known::InCluster { secret, .. }
        | Known::Copied { secret, .. } => {
            let is_managed = matches!(secret.content, Content::Managed);
            (!is_managed && known.keys().next().is_none()).then(|| known.why())
        }
        Known::Produced { produced, in_time } => {
            (!in_time || !produced.is_usable()).then(|| known.why())
        }
        _ => None,
    }
}

/// The keys that the kubelet compares with an image, if any is known.
fn keys_step(pod: &ResolvedPod<'_>, image: &Reference<'_>) -> Option<StoryStep> {
    let compared = pod.credentials().compared(image.name());
    if compared.is_empty() {
        return None;
    }
    let text = say!("compared with {} in the order of the kubelet", shown(image.name()));
    let details = compared.iter().map(|key| {
        let secret = pod.effective().names.get(key.secret).map(|name| name.shown());
        say!("'{}' of '{}': {}", key.key, secret.unwrap_or_default(), key_text(key))
    });
    let details = details.collect();
    Some(StoryStep { about: "keys".into(), text, place: None, rule: None, details })
}

fn key_text(key: &ComparedKey) -> Message {
    match &key.outcome {
        KeyOutcome::Tried { order, via_hub_fallback, unusable } => {
            let how = if *via_hub_fallback {
                "no other key matches, so it stands in for Docker Hub"
            } else {
                "matches"
            };
            match unusable {
                Some(why) => say!("{}, but {}", how, plain(*why)),
                None if *order == 1 => say!("{}; tried first", how),
                None => say!("{}; tried as number {}", how, *order),
            }
        }
        KeyOutcome::Made => "matches".into(),
        KeyOutcome::NotNeeded => "another key matches, so it is not tried".into(),
        KeyOutcome::Missed(miss) => miss.fault(),
    }
}

/// What would pull the image with an identity, and is not asked.
fn identity_step(pod: &ResolvedPod<'_>, judgement: &Judgement) -> Option<StoryStep> {
    let account = pod.workload.effective_service_account();
    judgement.unasked.as_ref()?;
    let text = why_unasked(judgement, account).trimmed_start();
    let about = "identity".into();
    Some(StoryStep { about, text, place: None, rule: None, details: Vec::new() })
}

fn identified(identity: &Identified) -> Message {
    match identity {
        Identified::ByPolicy => "the policy says that the nodes can pull it (iam: true)".into(),
        Identified::ByService(cloud) => say!(
            "the policy says that the nodes pull as those of {} do (credentialProviders)",
            cloud.name()
        ),
        Identified::ByProvider(name) => {
            say!("the kubelet asks its credential provider '{}'", shown(name))
        }
        Identified::ByAnnotation(identity) => {
            say!("the kubelet pulls with {} of the ServiceAccount", identity.name)
        }
        Identified::OnlyInside(identity) => say!(
            "the ServiceAccount has {}, which counts; but the kubelet does not pull with it",
            identity.name
        ),
    }
}
