//! A part of the page for each workload, and the findings in it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::diff;
use super::super::grouped::CauseGroup;
use super::super::listed::{self, Listed, Located};
use super::super::{Look, Report};
use super::{EXCERPTS, FINDINGS, OTHERS, WORKLOADS, class, verdict_class};
use crate::check::{Basis, Judged, Pod};
use crate::finding::{Finding, Place, SuppressedBy, Suppression};
use crate::inject::Holder;
use crate::inventory::{Image, Object, WorkloadId};
use crate::text::{Shown, printable, shown};
use crate::verdict::{Evidence, Known, LookUp, Origin, Referrer, Secrets};

/// A workload: the images of its pods, their pull secrets, and what was found.
pub(super) struct HtmlWorkload {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) account: String,
    pub(super) secrets_from: &'static str,
    /// The names of its pull secrets, and where each is.
    pub(super) secrets: Vec<(String, String)>,
    pub(super) images: Vec<HtmlImage>,
    pub(super) findings: Vec<HtmlFindingLink>,
    pub(super) diff: Vec<HtmlDiffLine>,
}

pub(super) struct HtmlImage {
    pub(super) reference: String,
    pub(super) container: String,
    pub(super) verdict: &'static str,
    pub(super) class: &'static str,
    pub(super) basis: String,
}

pub(super) struct HtmlFinding {
    pub(super) id: String,
    pub(super) severity: &'static str,
    pub(super) class: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) place: String,
    pub(super) excerpt: Vec<HtmlLine>,
    pub(super) label: String,
    pub(super) related: Vec<String>,
    pub(super) remedy: String,
    /// How many others have its cause; empty if there are none.
    pub(super) also: String,
    /// The first of these.
    pub(super) others: Vec<HtmlOther>,
    pub(super) more_others: usize,
    /// Why it is suppressed; empty if it is not.
    pub(super) reason: String,
}

/// Another finding with the same cause.
pub(super) struct HtmlOther {
    /// The part of its workload, if there is one.
    pub(super) id: String,
    pub(super) object: String,
    pub(super) image: String,
    pub(super) place: String,
}

/// A finding in the part of its workload.
pub(super) struct HtmlFindingLink {
    /// The finding, or the first one with its cause; empty if the page does not show it.
    pub(super) id: String,
    pub(super) severity: &'static str,
    pub(super) class: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// A line of an excerpt; `marked` is what the finding is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HtmlLine {
    pub(super) number: String,
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

pub(super) struct HtmlDiffLine {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// Numbers for the ids of findings, and how many have an excerpt.
#[derive(Default)]
pub(super) struct Numbers {
    findings: usize,
}

/// Findings by the first workload of the object that they are in.
pub(super) type ByWorkload<'r> = BTreeMap<WorkloadId, Vec<&'r Finding>>;

/// The findings of each workload.
pub(super) fn by_workload<'r>(report: &'r Report<'_>) -> ByWorkload<'r> {
    let mut objects: BTreeMap<_, WorkloadId> = BTreeMap::new();
    for pod in &report.outcome.pods {
        let object = &pod.id.of(&report.outcome.inventories).object;
        let key = (pod.id.source, object.document, object.place().to_owned());
        objects.entry(key).or_insert(pod.id);
    }
    let mut all = ByWorkload::new();
    for finding in report.outcome.findings.iter() {
        let Some(place) = &finding.place else { continue };
        if let Some(workload) = holder(&objects, place) {
            all.entry(workload).or_default().push(finding);
        }
    }
    all
}

/// The workload that a place is in: the path of a place begins with that of its object.
fn holder(
    objects: &BTreeMap<(usize, usize, String), WorkloadId>,
    place: &Place,
) -> Option<WorkloadId> {
    let path = place.path.to_string();
    let ends = std::iter::once(path.len()).chain(path.rmatch_indices(['.', '[']).map(|(at, _)| at));
    let mut all = ends.chain([0]).map(|end| path[..end].to_owned());
    all.find_map(|path| objects.get(&(place.source, place.document, path)).copied())
}

/// What tells a finding from every other one.
type FindingId = *const Finding;

/// The part of the workload of each finding in the first workloads.
pub(super) fn part_ids(report: &Report<'_>, found: &ByWorkload<'_>) -> BTreeMap<FindingId, String> {
    let pods = report.outcome.pods.iter().take(WORKLOADS).enumerate();
    let all = pods.flat_map(|(at, pod)| {
        let findings = found.get(&pod.id).into_iter().flatten();
        findings.map(move |finding| (std::ptr::from_ref(*finding), part_id(at)))
    });
    all.collect()
}

/// The id of the part of a workload.
fn part_id(at: usize) -> String {
    format!("w{at}")
}

/// A part for each of the first workloads, in the order of the input. What was found there is in `shown`, which has first
/// what cannot be read and then the first `causes`.
pub(super) fn workloads(
    report: &Report<'_>,
    found: &ByWorkload<'_>,
    causes: &[CauseGroup<'_>],
    shown: &[HtmlFinding],
) -> Vec<HtmlWorkload> {
    let unread = report.unread.len() + report.outcome.problems.len();
    let ids = shown.iter().skip(unread.min(FINDINGS)).map(|finding| finding.id.as_str());
    let ids: BTreeMap<FindingId, &str> = causes
        .iter()
        .zip(ids)
        .flat_map(|(cause, id)| cause.all().map(move |one| (std::ptr::from_ref(one), id)))
        .collect();
    let secrets = Secrets::new(&report.outcome.inventories);
    let mut shown_chunks = BTreeSet::new();
    let pods = report.outcome.pods.iter().take(WORKLOADS).enumerate();
    let all = pods.map(|(at, pod)| {
        let object = &pod.id.of(&report.outcome.inventories).object;
        let mut part = workload(report, &secrets, pod, at);
        let found = found.get(&pod.id).into_iter().flatten();
        part.findings = found.map(|finding| link(report, finding, &ids)).collect();
        // Objects of one List are edited in one document.
        if shown_chunks.insert((pod.id.source, object.chunk)) {
            part.diff = injected(report, pod.id.source, object);
        }
        part
    });
    all.collect()
}

fn workload(report: &Report<'_>, secrets: &Secrets<'_>, pod: &Pod<'_>, at: usize) -> HtmlWorkload {
    let workload = pod.id.of(&report.outcome.inventories);
    let account = shown(workload.effective_service_account());
    let known = match pod.account {
        Evidence::Manifests => "in the manifests",
        Evidence::Producer => "made by its operator",
        Evidence::Cluster => "in the cluster dump",
        Evidence::Policy => "declared in the policy",
        Evidence::None => "not known",
    };
    let from = LookUp::of(&workload.object);
    let referrer = Referrer::of_secrets(&workload.object, None, pod.effective.origin);
    let names = pod.effective.names.iter().map(|name| {
        let known = secrets.find(from, referrer, name, report.policy);
        (shown(name).to_string(), origin(report, &known))
    });
    let images = workload.images.iter().zip(&pod.images);
    HtmlWorkload {
        id: part_id(at),
        name: object_name(&workload.object),
        place: place_of(report, &workload.object),
        account: format!("{account} ({known})"),
        secrets_from: match pod.effective.origin {
            Origin::Pod => "named by the pod",
            Origin::ServiceAccount => "those of the ServiceAccount",
            Origin::None => "none",
            Origin::Unknown => "not known",
        },
        secrets: names.collect(),
        images: images.map(|(image, judged)| self::image(pod, image, judged)).collect(),
        findings: Vec::new(),
        diff: Vec::new(),
    }
}

fn image(pod: &Pod<'_>, image: &Image<'_>, judged: &Judged) -> HtmlImage {
    let judgement = &judged.judgement;
    let secret = judgement.secret.and_then(|at| pod.effective.names.get(at));
    let key = judgement.entry().map(|entry| format!(", entry {}", entry.key));
    let key = key.unwrap_or_default();
    let secret = secret.map(|secret| format!("Secret {}{key}", shown(secret)));
    let basis = Basis::of(pod, judged).map(basis);
    let reason = judgement.reason().map(|reason| printable(&reason));
    let parts = [basis.map(str::to_owned), secret, reason];
    HtmlImage {
        reference: shown(&image.reference).to_string(),
        container: image
            .container
            .as_deref()
            .map(shown)
            .as_ref()
            .map(Shown::to_string)
            .unwrap_or_default(),
        verdict: judgement.verdict.name(),
        class: verdict_class(judgement.verdict),
        basis: parts.into_iter().flatten().collect::<Vec<_>>().join("; "),
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Input => "a Secret of the input",
        Basis::ClusterDump => "the cluster dump",
        Basis::Declared => "a Secret that is kept elsewhere",
        Basis::NodeIdentity => "the identity of the nodes",
        Basis::ServiceAccountIdentity => "the identity of the ServiceAccount",
        Basis::Injection => "what is injected",
        Basis::Annotation => "an annotation that does not authenticate the pull",
    }
}

/// Where a pull secret is.
fn origin(report: &Report<'_>, known: &Known<'_>) -> String {
    match known {
        Known::InStream { secret, .. } | Known::InCluster { secret, .. } => {
            place_of(report, &secret.object)
        }
        Known::Produced { produced, .. } => {
            let maker = &produced.object;
            format!("made by {}, {}", object_name(maker), place_of(report, maker))
        }
        Known::Declared(_) => "declared in the policy".to_owned(),
        _ => "not in the input".to_owned(),
    }
}

/// `Deployment shop/api`.
pub(super) fn object_name(object: &Object<'_>) -> String {
    let namespace = object.namespace().map(|namespace| format!("{}/", shown(namespace)));
    let name = object.name.as_deref().unwrap_or_default();
    let kind = shown(&object.type_meta.kind);
    format!("{kind} {}{}", namespace.unwrap_or_default(), shown(name))
}

/// Where an object is.
pub(super) fn place_of(report: &Report<'_>, object: &Object<'_>) -> String {
    report.located(object.source as usize, object.chunk, object.label.start)
}

/// Something that was found. The first of them have an excerpt.
pub(super) fn finding(
    report: &Report<'_>,
    listed: &Listed<'_>,
    numbers: &mut Numbers,
) -> HtmlFinding {
    numbers.findings += 1;
    let finding = listed.finding;
    let place = finding.and_then(|finding| finding.place.as_ref());
    let excerpt =
        place.filter(|_| numbers.findings <= EXCERPTS).map(|place| excerpt(report, place));
    let related = finding.into_iter().flat_map(|finding| &finding.related);
    let suppressed = finding.and_then(|finding| finding.suppressed.as_ref());
    HtmlFinding {
        id: format!("f{}", numbers.findings),
        severity: listed.severity.name(),
        class: class(listed.severity),
        code: listed.rule.name,
        message: listed.message.clone(),
        place: listed.at.as_ref().map(Located::text).unwrap_or_default(),
        excerpt: excerpt.unwrap_or_default(),
        label: place.map(|place| listed::one_line(&place.label)).unwrap_or_default(),
        related: related.map(|place| self::related(report, place)).collect(),
        remedy: finding
            .and_then(|one| one.remedy.as_ref())
            .map(|remedy| printable(&remedy.text()))
            .unwrap_or_default(),
        also: String::new(),
        others: Vec::new(),
        more_others: 0,
        reason: suppressed.map(|one| reason(one)).unwrap_or_default(),
    }
}

/// Why a finding does not count.
fn reason(suppression: &Suppression) -> String {
    let by = match suppression.by {
        SuppressedBy::PolicyException => "the policy",
        SuppressedBy::Annotation => "an annotation",
        SuppressedBy::Comment => "a comment",
        SuppressedBy::Baseline => "the baseline",
    };
    format!("Accepted by {by}: {}", suppression.text())
}

/// A cause: its first finding, and where the others are.
pub(super) fn cause(
    report: &Report<'_>,
    cause: &CauseGroup<'_>,
    part_ids: &BTreeMap<FindingId, String>,
    numbers: &mut Numbers,
) -> HtmlFinding {
    let first = finding(report, &listed::finding(report, cause.first), numbers);
    if cause.others.is_empty() {
        return first;
    }
    let others = cause.others.iter().take(OTHERS).map(|one| {
        let place = one.place.as_ref();
        let name = place.and_then(|place| place.object.name.as_ref());
        let kind = place.map(|place| place.object.kind.to_string()).unwrap_or_default();
        HtmlOther {
            id: part_ids.get(&std::ptr::from_ref(*one)).cloned().unwrap_or_default(),
            object: name.map_or_else(|| kind.clone(), |name| format!("{kind} {name}")),
            image: one.image.as_ref().map(ToString::to_string).unwrap_or_default(),
            place: place.map(|place| Located::of(report, place).text()).unwrap_or_default(),
        }
    });
    HtmlFinding {
        remedy: cause.remedy().as_deref().map(printable).unwrap_or_default(),
        also: cause.others_text(),
        others: others.collect(),
        more_others: cause.others.len().saturating_sub(OTHERS),
        ..first
    }
}

/// The line of a finding in the part of its workload.
fn link(
    report: &Report<'_>,
    finding: &Finding,
    ids: &BTreeMap<FindingId, &str>,
) -> HtmlFindingLink {
    let listed = listed::finding(report, finding);
    HtmlFindingLink {
        id: ids.get(&std::ptr::from_ref(finding)).copied().unwrap_or_default().to_owned(),
        severity: listed.severity.name(),
        class: class(listed.severity),
        code: listed.rule.name,
        message: listed.message,
    }
}

fn related(report: &Report<'_>, place: &Place) -> String {
    let label = listed::one_line(&place.label);
    let name = place.object.name.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} '{name}': {label} ({})", place.object.kind, Located::of(report, place).text())
}

fn excerpt(report: &Report<'_>, place: &Place) -> Vec<HtmlLine> {
    let excerpt = report.excerpt(place);
    lines(excerpt.text(), excerpt.label.clone(), excerpt.first_line())
}

/// The lines of an excerpt, of which the bytes at `label` are marked. Numbers are as wide as the last one.
fn lines(text: &str, label: std::ops::Range<usize>, first: usize) -> Vec<HtmlLine> {
    let count = text.lines().count();
    let width = (first + count).to_string().len();
    let mut start = 0;
    let lines = text.split_inclusive('\n').enumerate().map(|(at, line)| {
        let line_start = start;
        start += line.len();
        let content = line.trim_end_matches(['\r', '\n']);
        let inside = |at: usize| at.clamp(line_start, line_start + content.len()) - line_start;
        let (from, to) = (inside(label.start), inside(label.end));
        HtmlLine {
            number: format!("{:>width$}", first + at + 1),
            before: content[..from].to_owned(),
            marked: content[from..to].to_owned(),
            after: content[to..].to_owned(),
        }
    });
    lines.collect()
}

/// What is injected into the document of an object.
fn injected(report: &Report<'_>, source: usize, object: &Object<'_>) -> Vec<HtmlDiffLine> {
    let text = diff::of_chunk(report, source, object.chunk, Look::PLAIN);
    let lines = text.lines().map(|line| HtmlDiffLine {
        class: match line.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            _ => "",
        },
        text: line.to_owned(),
    });
    lines.collect()
}

/// What is injected into the first ServiceAccounts, with their names.
pub(super) fn account_diffs(report: &Report<'_>) -> Vec<(String, Vec<HtmlDiffLine>)> {
    let mut chunks = BTreeSet::new();
    let holders = report.outcome.added.keys().filter_map(|holder| match holder {
        Holder::Account(id) => Some(*id),
        Holder::Pod(_) => None,
    });
    let diffs = holders.filter_map(|id| {
        let object = &id.of(&report.outcome.inventories).object;
        let is_new = chunks.insert((id.source, object.chunk));
        is_new.then(|| (object_name(object), injected(report, id.source, object)))
    });
    diffs.take(WORKLOADS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_marked_in_its_line() {
        let line = |number: &str, before: &str, marked: &str, after: &str| HtmlLine {
            number: number.to_owned(),
            before: before.to_owned(),
            marked: marked.to_owned(),
            after: after.to_owned(),
        };
        assert_eq!(
            lines("kind: Pod\nimage: größe\n", 17..24, 8),
            [line(" 9", "kind: Pod", "", ""), line("10", "image: ", "größe", "")]
        );
        assert_eq!(lines("a", 1..1, 0), [line("1", "a", "", "")]);
    }
}
