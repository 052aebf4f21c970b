//! What is worth saying about the form of objects: fields for pull secrets where Kubernetes has none, and workloads
//! that the API server rejects.

use std::cell::LazyCell;

use crate::finding::{self, Code};
use crate::inventory::Sort;
use crate::inventory::flaws::{Fault, Flaw};

use crate::source::{LineIndex, Source, Span};
use crate::text::Text;

use super::super::Input;
use super::super::world::World;
use super::{At, Draft, Findings, describe, show};

/// A finding in words.
struct FlawText {
    code: &'static Code,
    message: String,
    label: &'static str,
    remedy: String,
}

impl World<'_> {
    /// The form of all objects.
    pub(super) fn about_flaws(&self, out: &mut Findings<'_, '_>) {
        for (source, inventory) in self.manifests() {
            // A dump that cannot be read is no source of manifests.
            let Some(Source { text, .. }) = self.sources.get(source) else { continue };
            let lines = LazyCell::new(|| LineIndex::new(text));
            let line = |place: Span| lines.line(text, place.start as usize) + 1;
            for flaw in &inventory.flaws {
                self.about_flaw(out, flaw, &line);
            }
        }
    }

    fn about_flaw(
        &self,
        out: &mut Findings<'_, '_>,
        flaw: &Flaw<'_>,
        line: &dyn Fn(Span) -> usize,
    ) {
        let who = describe(&flaw.object);
        let said = match &flaw.what {
            Fault::StrayField { field, holder, home, names } => {
                stray(&who, field, (holder, home), names)
            }
            Fault::NoPodSpec { home, containers } => no_pod_spec(&who, home, containers.as_deref()),
            Fault::NoContainer { home, containers } => {
                no_container(&who, home, containers.as_deref())
            }
            Fault::NoImage { field } => no_image(&who, field),
            Fault::AccountNotString { field, sort, meant } => {
                account_not_a_string(&who, field, *sort, meant.as_deref())
            }
            Fault::RepeatedKey { key, first } => {
                repeated(&who, key, &flaw.path, [*first, flaw.span].map(line))
            }
            Fault::ImageNotString { field } => not_a_string(&who, field),
            Fault::UnknownKind { api_version, group, kind } => {
                unknown_kind(&who, api_version, group, kind)
            }
        };
        let is_patch =
            said.code == &finding::INVALID_WORKLOAD && self.circumstances.input == Input::Files;
        let hint = if is_patch { "\nA patch is not a manifest: leave its file out." } else { "" };
        let at = |span, label| At::new(&flaw.object, span, label).path(flaw.path.clone());
        let first = match flaw.what {
            Fault::RepeatedKey { first, .. } => Some(at(first, "the first one")),
            _ => None,
        };
        let draft = Draft::new(said.code, said.message).at(at(flaw.span, said.label));
        out.report(draft.related(first).remedy(said.remedy + hint));
    }
}

/// `imagePullSecrets` where Kubernetes has no such field, or under another name.
fn stray(who: &str, field: &str, (holder, home): (&str, &str), names: &[Text<'_>]) -> FlawText {
    let field = show(field);
    let message = format!(
        "{who} has `{field}` {}, where Kubernetes has no such field: it has no effect, and clients that validate \
         strictly, such as kubectl, refuse the object.",
        place(holder)
    );
    let code = &finding::MISPLACED_PULL_SECRETS;
    let list = list(names);
    if holder == home {
        let remedy = format!("Write:\n{list}");
        return FlawText { code, message, label: "unknown field", remedy };
    }
    let target = if home.is_empty() { "the top level of the object" } else { home };
    let remedy =
        format!("Move it to {target}:\n{list}\nThe list of a pod is for all of its containers.");
    FlawText { code, message, label: "not a field here", remedy }
}

/// The field as it should be.
fn list(names: &[Text<'_>]) -> String {
    let entry = |name: &str| format!("\n  - name: {}", show(name));
    let entries: String = names.iter().map(|name| entry(name)).collect();
    let entries = if names.is_empty() { entry("SECRET") } else { entries };
    format!("  imagePullSecrets:{entries}")
}

fn no_pod_spec(who: &str, home: &str, containers: Option<&str>) -> FlawText {
    match containers {
        Some(holder) => misplaced_containers(who, home, holder),
        None => invalid(
            format!(
                "{who} has no pod template: {home} is missing, and the API server rejects the object."
            ),
            "no pod template",
            format!("Add {home} with the containers, or remove the object."),
        ),
    }
}

fn no_container(who: &str, home: &str, containers: Option<&str>) -> FlawText {
    match containers {
        Some(holder) => misplaced_containers(who, home, holder),
        None => invalid(
            format!("{who} has no containers in {home}, and the API server rejects the object."),
            "no containers",
            format!("Add the list {home}.containers."),
        ),
    }
}

fn misplaced_containers(who: &str, home: &str, holder: &str) -> FlawText {
    invalid(
        format!(
            "{who} has its containers {}, and not in {home}: the API server rejects the object.",
            place(holder)
        ),
        "not in the pod template",
        format!("Move the containers, and what else belongs to the pod, to {home}."),
    )
}

fn no_image(who: &str, field: &str) -> FlawText {
    invalid(
        format!("{who} has no {field}: it is required, and the API server rejects the object."),
        "no image",
        "Set the image. If a template left it empty, look at the value that it comes from."
            .to_owned(),
    )
}

fn not_a_string(who: &str, field: &str) -> FlawText {
    invalid(
        format!("{who} has a {field} that is not a string: the API server rejects the object."),
        "not a string",
        "Write the whole reference as one string: REGISTRY/PATH:TAG.".to_owned(),
    )
}

fn unknown_kind(who: &str, api_version: &str, group: &str, kind: &str) -> FlawText {
    let api_version = show(api_version);
    let slash = if group.is_empty() { "" } else { "/" };
    invalid(
        format!(
            "{who} has a kind that apiVersion {api_version} does not have: the API server rejects the object, and \
             its images are not judged."
        ),
        "no such kind",
        format!("Write:\n  apiVersion: {group}{slash}v1\n  kind: {kind}"),
    )
}

fn account_not_a_string(who: &str, field: &str, sort: Sort, meant: Option<&str>) -> FlawText {
    let name = meant.map_or("NAME".into(), show);
    let key = field.rsplit('.').next().unwrap_or(field);
    invalid(
        format!(
            "{who} has {sort} for {field}, where a string belongs: the API server rejects the object."
        ),
        "not a string",
        format!("Write it in quotes: `{key}: \"{name}\"`."),
    )
}

fn repeated(who: &str, key: &str, path: &str, [first, again]: [usize; 2]) -> FlawText {
    let lines = if first == again {
        format!("both on line {again}")
    } else {
        format!("on lines {first} and {again}")
    };
    let message = format!(
        "{who} has the key `{key}` twice in one mapping, {lines} ({path}): kubectl, Helm and Argo CD \
         take the last one, other readers the first, and kustomize refuses the file."
    );
    let remedy = format!("Remove one of the two, or merge what they hold under one `{key}`.");
    FlawText { code: &finding::REPEATED_KEY, message, label: "the same key again", remedy }
}

fn invalid(message: String, label: &'static str, remedy: String) -> FlawText {
    FlawText { code: &finding::INVALID_WORKLOAD, message, label, remedy }
}

/// A path in words.
fn place(path: &str) -> String {
    if path.is_empty() { "at the top level".to_owned() } else { format!("in {path}") }
}
