//! `pullcreds.report/v1`. Other programs read it: it changes only by adding. Its types are its own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use super::human::word;
use crate::check::{Basis, Judged, Pod, Summary};
use crate::finding::{Finding, Fix, Place, Subject};
use crate::inject;
use crate::inventory::{Image, ListState, Object, PullSecrets, Workload};
use crate::mask;
use crate::policy::AccessFrom;
use crate::policy::registries::Class;
use crate::text::printable_json;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'r> {
    schema: &'static str,
    summary: WireSummary,
    /// The dumps of the cluster that were evidence.
    cluster_dumps: Vec<Cow<'r, str>>,
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
struct WireSummary {
    status: &'static str,
    text: String,
    private_images: usize,
    configured: usize,
    injected: usize,
    from_cluster_dump: usize,
    /// What the configured ones rest on; the numbers add up to `configured`.
    configured_by: BTreeMap<&'static str, usize>,
    /// Registries whose images are not counted, since they are assumed to be public.
    assumed_public: Vec<String>,
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
struct WireObject {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireImage<'r> {
    source: Cow<'r, str>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    document: usize,
    object: WireObject,
    path: String,
    container: Option<String>,
    line: usize,
    column: usize,
    image: String,
    name: Option<String>,
    registry: Option<String>,
    access: Option<&'static str>,
    access_from: Option<&'static str>,
    service_account: String,
    service_account_from: &'static str,
    pod_pull_secrets: Option<Vec<Option<String>>>,
    pull_secrets: Vec<String>,
    pull_secrets_from: &'static str,
    verdict: &'static str,
    /// Why, where it is not the pull secrets or the registry.
    reason: Option<String>,
    configured_by: Option<&'static str>,
    secret: Option<String>,
    secret_from: Option<&'static str>,
    key: Option<Cow<'r, str>>,
    key_order: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireOtherImage<'r> {
    source: Cow<'r, str>,
    document: usize,
    object: WireObject,
    path: String,
    line: usize,
    column: usize,
    image: String,
    /// What it is for.
    role: &'static str,
    pull_secrets: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireFinding<'r> {
    code: &'static str,
    severity: &'static str,
    message: &'r str,
    source: Option<Cow<'r, str>>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    document: Option<usize>,
    object: Option<WireObject>,
    path: Option<&'r str>,
    line: Option<usize>,
    column: Option<usize>,
    image: Option<&'r str>,
    remedy: Option<&'r str>,
    /// The name of the container or volume that names the image.
    container: Option<&'r str>,
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
    source: Cow<'r, str>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    document: usize,
    object: WireObject,
    path: &'r str,
    line: usize,
    column: usize,
    label: &'r str,
}

/// A text that takes the place of another one, mostly an empty one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireFix<'r> {
    source: Cow<'r, str>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: Cow<'r, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSuppression<'r> {
    by: &'static str,
    reason: &'r str,
    expires: Option<&'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireEdit<'r> {
    source: Cow<'r, str>,
    /// The template that Helm says it is from; not there without Helm.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    document: usize,
    object: WireObject,
    path: String,
    added: Vec<String>,
}

/// A source that cannot be read, or is not a YAML stream, and that the rest of the report does not cover.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireProblem<'r> {
    source: Cow<'r, str>,
    /// Not known where a file cannot be read at all.
    line: Option<usize>,
    column: Option<usize>,
    message: Cow<'r, str>,
}

/// The whole report, with a line break at its end.
pub(super) fn render(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    let wire = Wire {
        schema: "pullcreds.report/v1",
        summary: summary(&outcome.summary),
        cluster_dumps: outcome.cluster.iter().map(|dump| mask::credentials(&dump.name)).collect(),
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

fn summary(summary: &Summary) -> WireSummary {
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
    let workload = &report.outcome.inventories[pod.source].workloads[pod.index];
    let images = workload.images.iter().zip(&pod.images);
    images.map(move |(image, judged)| self::image(report, pod, workload, image, judged))
}

fn image<'r>(
    report: &'r Report<'_>,
    pod: &Pod<'_>,
    workload: &Workload<'_>,
    image: &Image<'_>,
    judged: &'r Judged,
) -> WireImage<'r> {
    let position = report.position(pod.source, image.span.start);
    let reference = image.parsed().ok();
    let reference = reference.as_ref();
    let access = judged.access;
    let entry = judged.judgement.entry();
    WireImage {
        source: mask::credentials(&report.source(pod.source).name),
        template: report.template(pod.source, workload.object.chunk),
        document: workload.object.document,
        object: object(report, &workload.object),
        path: shown(&workload.image_path(image)),
        container: image.container.as_deref().map(shown),
        line: position.line,
        column: position.column,
        image: shown(&image.reference),
        name: reference.map(|reference| shown(reference.name())),
        registry: reference.map(|reference| shown(reference.domain())),
        access: access.map(|(class, _)| match class {
            Class::Public => "public",
            Class::Private => "private",
        }),
        access_from: access.map(|(_, from)| match from {
            AccessFrom::Policy => "policy",
            AccessFrom::Builtin => "builtin",
            AccessFrom::Assumed => "assumed",
            AccessFrom::PullSecret => "pullSecret",
        }),
        service_account: shown(workload.effective_service_account()),
        service_account_from: pod.account.name(),
        pod_pull_secrets: pod_pull_secrets(&workload.pull_secrets),
        pull_secrets: pod.effective.names.iter().map(|name| shown(name)).collect(),
        pull_secrets_from: pod.effective.origin.name(),
        verdict: judged.judgement.verdict.name(),
        reason: judged
            .judgement
            .reason()
            .as_deref()
            .map(|reason| mask::tokens(reason).into_owned()),
        configured_by: Basis::of(pod, judged).map(Basis::name),
        secret: judged.judgement.secret.map(|at| shown(&pod.effective.names[at])),
        secret_from: judged.judgement.secret.map(|_| judged.judgement.evidence.name()),
        key: entry.map(|entry| mask::tokens(&entry.key)),
        key_order: entry.map(|entry| entry.order),
    }
}

fn pod_pull_secrets(list: &PullSecrets<'_>) -> Option<Vec<Option<String>>> {
    let names = || list.entries.iter().map(|entry| entry.name.as_deref().map(shown)).collect();
    (list.state == ListState::List).then(names)
}

fn finding<'r>(report: &'r Report<'_>, finding: &'r Finding) -> WireFinding<'r> {
    let place = finding.place.as_ref();
    let position = place.map(|place| report.position(place.source, place.span.start));
    WireFinding {
        code: finding.code.name,
        severity: word(finding.severity),
        message: &finding.message,
        source: place.map(|place| mask::credentials(&report.source(place.source).name)),
        template: place.and_then(|place| report.template(place.source, place.chunk)),
        document: place.map(|place| place.document),
        object: place.map(|place| subject(&place.object)),
        path: place.map(|place| place.path.as_str()),
        line: position.map(|position| position.line),
        column: position.map(|position| position.column),
        image: finding.image.as_deref(),
        remedy: finding.remedy.as_deref(),
        container: finding.container.as_deref(),
        fingerprint: finding.fingerprint.as_str(),
        related: finding.related.iter().map(|place| related(report, place)).collect(),
        fix: finding.fix.iter().map(|fix| self::fix(report, fix)).collect(),
        suppressed: finding.suppressed.as_ref().map(|suppressed| WireSuppression {
            by: "policyException",
            reason: &suppressed.reason,
            expires: suppressed.expires.as_deref(),
        }),
    }
}

fn related<'r>(report: &'r Report<'_>, place: &'r Place) -> WirePlace<'r> {
    let position = report.position(place.source, place.span.start);
    WirePlace {
        source: mask::credentials(&report.source(place.source).name),
        template: report.template(place.source, place.chunk),
        document: place.document,
        object: subject(&place.object),
        path: &place.path,
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
        source: mask::credentials(&report.source(*source).name),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: mask::credentials(&edit.insert),
    }
}

fn edits<'r>(report: &'r Report<'_>) -> Vec<WireEdit<'r>> {
    let inventories = &report.outcome.inventories;
    let added = report.outcome.added.iter();
    let edits = added.map(|(&holder, added)| {
        let edited = inject::object(inventories, holder);
        WireEdit {
            source: mask::credentials(&report.source(holder.source()).name),
            template: report.template(holder.source(), edited.chunk),
            document: edited.document,
            object: object(report, edited),
            path: shown(&inject::path(inventories, holder)),
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
            source: mask::credentials(&report.source(*source).name),
            line: Some(position.line),
            column: Some(position.column),
            message: mask::tokens(&problem.message),
        }
    });
    let unread = report.unread.iter().map(|unread| WireProblem {
        source: mask::credentials(&unread.name),
        line: unread.position.map(|position| position.line),
        column: unread.position.map(|position| position.column),
        message: mask::tokens(&unread.why),
    });
    problems.chain(unread).collect()
}

fn other_images<'r>(report: &'r Report<'_>) -> Vec<WireOtherImage<'r>> {
    let mut all = Vec::new();
    for (source, inventory) in report.outcome.inventories.iter().enumerate() {
        all.extend(inventory.other_images.iter().map(|other| {
            let position = report.position(source, other.image.span.start);
            WireOtherImage {
                source: mask::credentials(&report.source(source).name),
                document: other.object.document,
                object: object(report, &other.object),
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

fn object(report: &Report<'_>, object: &Object<'_>) -> WireObject {
    let namespace = object.namespace.as_deref().or(report.policy.namespace());
    WireObject {
        api_version: shown(&object.type_meta.api_version),
        kind: shown(&object.type_meta.kind),
        namespace: namespace.map(shown),
        name: object.name.as_deref().map(shown),
    }
}

fn subject(subject: &Subject) -> WireObject {
    WireObject {
        api_version: subject.api_version.clone(),
        kind: subject.kind.clone(),
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
    }
}

/// Text of the input, as a report may show it.
fn shown(text: &str) -> String {
    mask::credentials(text).into_owned()
}
