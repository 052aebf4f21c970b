//! `pullcreds.report/v1`. Other programs read it: it changes only by adding. Its types are its own.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use crate::check::{Basis, Judged, Pod, Summary};
use crate::finding::{Finding, Fix, Place, Remedy, Subject};
use crate::inject;
use crate::inventory::{Image, ImageOrigin, ListState, Object, PullSecrets, Workload};
use crate::kinds::Role;
use crate::policy::AccessFrom;
use crate::text::{Message, Shown, printable_json, shown};
use crate::words::Words as _;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'r> {
    schema: &'static str,
    summary: WireSummary<'r>,
    /// The dumps of the cluster that were evidence.
    cluster_dumps: Vec<Shown<'r>>,
    /// The files that the policy is from. Later ones win.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy_files: Vec<Shown<'r>>,
    images: Vec<WireImage<'r>>,
    /// Images of custom resources that the kubelet does not pull for pods of their own. They are not counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_images: Vec<WireOtherImage<'r>>,
    findings: Vec<WireFinding<'r>>,
    /// Findings that the policy accepts: they do not count.
    suppressed: Vec<WireFinding<'r>>,
    edits: Vec<WireEdit<'r>>,
    problems: Vec<WireProblem<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSummary<'r> {
    status: &'static str,
    text: Message,
    private_images: usize,
    configured: usize,
    injected: usize,
    from_cluster_dump: usize,
    /// What the configured ones rest on; the numbers add up to `configured`.
    configured_by: BTreeMap<&'static str, usize>,
    /// Registries whose images are not counted, since they are assumed to be public.
    assumed_public: Vec<Shown<'r>>,
    /// Images that are not counted.
    not_counted: WireNotCounted,
}

/// Why images are not counted, and how many.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireNotCounted {
    never_pulled: usize,
    placeholders: usize,
    /// Images of custom resources, and how many objects hold them.
    custom_resource_images: usize,
    custom_resources: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireObject<'r> {
    api_version: Shown<'r>,
    kind: Shown<'r>,
    namespace: Option<Shown<'r>>,
    name: Option<Shown<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireImage<'r> {
    source: Shown<'r>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Shown<'r>>,
    document: usize,
    object: WireObject<'r>,
    path: Shown<'r>,
    container: Option<Shown<'r>>,
    line: usize,
    column: usize,
    image: Shown<'r>,
    name: Option<Shown<'r>>,
    registry: Option<Shown<'r>>,
    access: Option<&'static str>,
    access_from: Option<&'static str>,
    service_account: Shown<'r>,
    service_account_from: &'static str,
    pod_pull_secrets: Option<Vec<Option<Shown<'r>>>>,
    pull_secrets: Vec<Shown<'r>>,
    pull_secrets_from: &'static str,
    verdict: &'static str,
    /// Why, where it is not the pull secrets or the registry.
    reason: Option<Message>,
    configured_by: Option<&'static str>,
    secret: Option<Shown<'r>>,
    secret_from: Option<&'static str>,
    key: Option<Shown<'r>>,
    key_order: Option<usize>,
    /// Not there for an image of the object itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// Where the image is written, if the object has it from a template; `path` is what refers to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<WireOrigin<'r>>,
}

/// Where an image of a template is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireOrigin<'r> {
    source: Shown<'r>,
    document: usize,
    object: WireObject<'r>,
    path: Shown<'r>,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireOtherImage<'r> {
    source: Shown<'r>,
    document: usize,
    object: WireObject<'r>,
    path: Shown<'r>,
    line: usize,
    column: usize,
    image: Shown<'r>,
    /// What it is for.
    role: &'static str,
    pull_secrets: Vec<Shown<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireFinding<'r> {
    code: &'static str,
    severity: &'static str,
    message: &'r Message,
    source: Option<Shown<'r>>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Shown<'r>>,
    document: Option<usize>,
    object: Option<WireObject<'r>>,
    path: Option<Shown<'r>>,
    line: Option<usize>,
    column: Option<usize>,
    image: Option<Shown<'r>>,
    remedy: Option<&'r Remedy>,
    /// The name of the container or volume that it is about, if it is about one.
    container: Option<Shown<'r>>,
    fingerprint: &'r str,
    related: Vec<WirePlace<'r>>,
    /// The edits that mend it.
    fix: Vec<WireFix<'r>>,
    /// Of those under `suppressed` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<WireSuppression<'r>>,
}

/// Another place that a finding names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePlace<'r> {
    source: Shown<'r>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Shown<'r>>,
    document: usize,
    object: WireObject<'r>,
    path: Shown<'r>,
    line: usize,
    column: usize,
    label: &'r Message,
}

/// A text that takes the place of another one, mostly an empty one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireFix<'r> {
    source: Shown<'r>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: Shown<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSuppression<'r> {
    by: &'static str,
    reason: Shown<'r>,
    expires: Option<Shown<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireEdit<'r> {
    source: Shown<'r>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Shown<'r>>,
    document: usize,
    object: WireObject<'r>,
    path: Shown<'r>,
    added: Vec<Shown<'r>>,
}

/// A source that cannot be read, or is not a YAML stream, and that the rest of the report does not cover.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireProblem<'r> {
    source: Shown<'r>,
    /// Not known where a file cannot be read at all.
    line: Option<usize>,
    column: Option<usize>,
    message: Message,
}

/// The whole report, with a line break at its end.
pub(super) fn render(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    let wire = Wire {
        schema: "pullcreds.report/v1",
        summary: summary(&outcome.summary),
        cluster_dumps: outcome.cluster.iter().map(|dump| shown(&dump.name)).collect(),
        policy_files: report.policy_files.iter().map(Shown::reborrow).collect(),
        images: outcome.pods.iter().flat_map(|pod| images(report, pod)).collect(),
        other_images: other_images(report),
        findings: outcome.findings.iter().map(|finding| self::finding(report, finding)).collect(),
        suppressed: outcome.suppressed.iter().map(|one| finding(report, one)).collect(),
        edits: edits(report),
        problems: problems(report),
    };
    let json = serde_json::to_string_pretty(&wire).expect("every key is a string");
    printable_json(json) + "\n"
}

fn summary(summary: &Summary) -> WireSummary<'_> {
    WireSummary {
        status: summary.status.name(),
        text: summary.text(),
        private_images: summary.private,
        configured: summary.configured,
        injected: summary.by(Basis::Injection),
        from_cluster_dump: summary.from_cluster,
        configured_by: Basis::ALL.iter().map(|&basis| (basis.name(), summary.by(basis))).collect(),
        assumed_public: summary.assumed_public.iter().map(|host| shown(host)).collect(),
        not_counted: WireNotCounted {
            never_pulled: summary.never_pulled,
            placeholders: summary.placeholders,
            custom_resource_images: summary.unjudged.images,
            custom_resources: summary.unjudged.objects,
        },
    }
}

fn images<'r>(report: &'r Report<'_>, pod: &'r Pod<'_>) -> impl Iterator<Item = WireImage<'r>> {
    let workload = pod.id.of(&report.outcome.inventories);
    let images = workload.images.iter().zip(&pod.images);
    images.map(move |(image, judged)| self::image(report, pod, workload, image, judged))
}

fn image<'r>(
    report: &'r Report<'_>,
    pod: &'r Pod<'_>,
    workload: &'r Workload<'_>,
    image: &'r Image<'_>,
    judged: &'r Judged,
) -> WireImage<'r> {
    let position = report.position(pod.id.source, image.span.start);
    let reference = image.parsed().ok();
    let reference = reference.as_ref();
    let access = judged.access;
    let entry = judged.judgement.entry();
    let of_template = image.origin.is_some() || workload.pulls.role == Role::Template;
    WireImage {
        source: shown(&report.source(pod.id.source).name),
        template: report.template(pod.id.source, workload.object.chunk),
        document: workload.object.document,
        object: object(&workload.object),
        path: shown(&workload.image_path(image)).into_owned(),
        container: image.container.as_deref().map(shown),
        line: position.line,
        column: position.column,
        image: shown(&image.reference),
        name: reference.map(|reference| shown(reference.name())),
        registry: reference.map(|reference| shown(reference.domain())),
        access: access.map(|(class, _)| class.name()),
        access_from: access.map(|(_, from)| access_from(from)),
        service_account: shown(workload.effective_service_account()),
        service_account_from: pod.account.name(),
        pod_pull_secrets: pod_pull_secrets(&workload.pull_secrets),
        pull_secrets: pod.effective.names.iter().map(|name| shown(name)).collect(),
        pull_secrets_from: pod.effective.origin.name(),
        verdict: judged.judgement.verdict.name(),
        reason: judged.judgement.reason(),
        configured_by: Basis::of(pod, judged).map(Basis::name),
        secret: judged.judgement.secret.map(|at| shown(&pod.effective.names[at])),
        secret_from: judged.judgement.secret.map(|_| judged.judgement.evidence.name()),
        key: entry.map(|entry| entry.key.reborrow()),
        key_order: entry.map(|entry| entry.order),
        role: of_template.then(|| Role::Template.name()),
        origin: image.origin.as_deref().map(|origin| self::origin(report, origin)),
    }
}

fn origin<'r>(report: &'r Report<'_>, origin: &'r ImageOrigin<'_>) -> WireOrigin<'r> {
    let source = origin.object.source as usize;
    let position = report.position(source, origin.span.start);
    WireOrigin {
        source: shown(&report.source(source).name),
        document: origin.object.document,
        object: object(&origin.object),
        path: shown(&origin.path),
        line: position.line,
        column: position.column,
    }
}

fn pod_pull_secrets<'r>(list: &'r PullSecrets<'_>) -> Option<Vec<Option<Shown<'r>>>> {
    let names = || list.entries.iter().map(|entry| entry.name.as_deref().map(shown)).collect();
    (list.state == ListState::List).then(names)
}

fn finding<'r>(report: &'r Report<'_>, finding: &'r Finding) -> WireFinding<'r> {
    let place = finding.place.as_ref();
    let position = place.map(|place| report.position(place.source, place.span.start));
    WireFinding {
        code: finding.code.name,
        severity: finding.severity.name(),
        message: &finding.message,
        source: place.map(|place| shown(&report.source(place.source).name)),
        template: place.and_then(|place| report.template(place.source, place.chunk)),
        document: place.map(|place| place.document),
        object: place.map(|place| subject(&place.object)),
        path: place.map(|place| place.path.reborrow()),
        line: position.map(|position| position.line),
        column: position.map(|position| position.column),
        image: finding.image.as_ref().map(Shown::reborrow),
        remedy: finding.remedy.as_ref(),
        container: finding.container.as_ref().map(Shown::reborrow),
        fingerprint: finding.fingerprint.as_str(),
        related: finding.related.iter().map(|place| related(report, place)).collect(),
        fix: finding.fix.iter().map(|fix| self::fix(report, fix)).collect(),
        suppressed: finding.suppressed.as_ref().map(|suppressed| WireSuppression {
            by: suppressed.by.word(),
            reason: suppressed.reason.reborrow(),
            expires: suppressed.expires.as_ref().map(Shown::reborrow),
        }),
    }
}

fn related<'r>(report: &'r Report<'_>, place: &'r Place) -> WirePlace<'r> {
    let position = report.position(place.source, place.span.start);
    WirePlace {
        source: shown(&report.source(place.source).name),
        template: report.template(place.source, place.chunk),
        document: place.document,
        object: subject(&place.object),
        path: place.path.reborrow(),
        line: position.line,
        column: position.column,
        label: &place.label,
    }
}

fn fix<'r>(report: &'r Report<'_>, fix: &'r Fix) -> WireFix<'r> {
    let Fix { source, edit } = fix;
    let start = report.position(*source, edit.place.start);
    let end = report.position(*source, edit.place.end);
    WireFix {
        source: shown(&report.source(*source).name),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: shown(&edit.insert),
    }
}

fn edits<'r>(report: &'r Report<'_>) -> Vec<WireEdit<'r>> {
    let inventories = &report.outcome.inventories;
    let added = report.outcome.added.iter();
    let edits = added.map(|(&holder, added)| {
        let edited = inject::object(inventories, holder);
        WireEdit {
            source: shown(&report.source(holder.source()).name),
            template: report.template(holder.source(), edited.chunk),
            document: edited.document,
            object: object(edited),
            path: shown(&inject::path(inventories, holder)).into_owned(),
            added: added.iter().map(|name| shown(name)).collect(),
        }
    });
    edits.collect()
}

fn problems<'r>(report: &'r Report<'_>) -> Vec<WireProblem<'r>> {
    let problems = report.outcome.problems.iter();
    let problems = problems.map(|(source, problem)| {
        let lines = report.lines(*source);
        let position = lines.position(&report.source(*source).text, problem.offset);
        WireProblem {
            source: shown(&report.source(*source).name),
            line: Some(position.line),
            column: Some(position.column),
            message: shown(&problem.message).into(),
        }
    });
    let unread = report.unread.iter().map(|unread| WireProblem {
        source: unread.name.clone(),
        line: unread.position.map(|position| position.line),
        column: unread.position.map(|position| position.column),
        message: unread.why.clone(),
    });
    problems.chain(unread).collect()
}

fn other_images<'r>(report: &'r Report<'_>) -> Vec<WireOtherImage<'r>> {
    let mut all = Vec::new();
    for (source, inventory) in report.outcome.inventories.iter().enumerate() {
        all.extend(inventory.other_images.iter().map(|other| {
            let position = report.position(source, other.image.span.start);
            WireOtherImage {
                source: shown(&report.source(source).name),
                document: other.object.document,
                object: object(&other.object),
                path: shown(&other.path),
                line: position.line,
                column: position.column,
                image: shown(&other.image.reference),
                role: other.role.name(),
                pull_secrets: other.names.iter().map(|name| shown(name)).collect(),
            }
        }));
    }
    all
}

fn object<'r>(object: &'r Object<'_>) -> WireObject<'r> {
    let namespace = object.namespace();
    WireObject {
        api_version: shown(&object.type_meta.api_version),
        kind: shown(&object.type_meta.kind),
        namespace: namespace.map(shown),
        name: object.name.as_deref().map(shown),
    }
}

/// Who says whether an image needs credentials.
pub(super) fn access_from(from: AccessFrom) -> &'static str {
    match from {
        AccessFrom::Policy => "policy",
        AccessFrom::Builtin => "builtin",
        AccessFrom::Assumed => "assumed",
        AccessFrom::PullSecret => "pullSecret",
    }
}

pub(super) fn subject(subject: &Subject) -> WireObject<'_> {
    WireObject {
        api_version: subject.api_version.reborrow(),
        kind: subject.kind.reborrow(),
        namespace: subject.namespace.as_ref().map(Shown::reborrow),
        name: subject.name.as_ref().map(Shown::reborrow),
    }
}
