//! What is worth saying about the form of objects: fields for pull secrets where Kubernetes has none, and workloads
//! that the API server rejects.

use std::cell::LazyCell;

use crate::finding::{self, Code};
use crate::inventory::Sort;
use crate::inventory::flaws::{Fault, Flaw};
use crate::say;
use crate::source::{LineIndex, Source, Span};
use crate::text::{Message, Shown, Text, list, plain, shown};

use super::super::Input;
use super::super::world::World;
use super::{At, Draft, Findings, describe};

/// A finding in words.
struct FlawText {
    code: &'static Code,
    message: Message,
    label: &'static str,
    remedy: Message,
}

impl World<'_> {
    /// The form of all objects.
    pub(super) fn about_flaws(&self, out: &mut Findings<'_, '_>) {
        for (source, inventory) in self.manifests() {
            // A dump that cannot be read is not a source of manifests.
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
        let at = |span, label| {
            let at = At::new(&flaw.object, span, label).path(flaw.path.clone());
            at.container(flaw.container.as_deref())
        };
        let first = match flaw.what {
            Fault::RepeatedKey { first, .. } => Some(at(first, "the first one")),
            _ => None,
        };
        let draft = Draft::new(said.code, said.message).at(at(flaw.span, said.label));
        out.report(draft.related(first).remedy(said.remedy.and(&hint)));
    }
}

/// `imagePullSecrets` where Kubernetes has no such field, or under another name.
fn stray(who: &Message, field: &str, (holder, home): (&str, &str), names: &[Text<'_>]) -> FlawText {
    let message = say!(
        "{} has `{}` {}, where Kubernetes has no such field: it has no effect, and clients that validate \
         strictly, such as kubectl, refuse the object.",
        who,
        shown(field),
        place(holder)
    );
    let code = &finding::MISPLACED_PULL_SECRETS;
    let field = as_it_should_be(names);
    if holder == home {
        let remedy = say!("Write:\n{}", field);
        return FlawText { code, message, label: "unknown field", remedy };
    }
    let target = if home.is_empty() { "the top level of the object" } else { home };
    let remedy = say!(
        "Move it to {}:\n{}\nThe list of a pod is for all of its containers.",
        shown(target),
        field
    );
    FlawText { code, message, label: "not a field here", remedy }
}

/// The list that the field should be.
fn as_it_should_be(names: &[Text<'_>]) -> Message {
    let entry = |name: Shown<'_>| say!("\n  - name: {}", name);
    let entries = list(names.iter().map(|name| entry(name.shown())), "");
    let entries = if names.is_empty() { entry(shown("SECRET")) } else { entries };
    say!("  imagePullSecrets:{}", entries)
}

fn no_pod_spec(who: &Message, home: &str, containers: Option<&str>) -> FlawText {
    match containers {
        Some(holder) => misplaced_containers(who, home, holder),
        None => invalid(
            say!(
                "{} has no pod template: {} is missing, and the API server rejects the object.",
                who,
                shown(home)
            ),
            "no pod template",
            say!("Add {} with the containers, or remove the object.", shown(home)),
        ),
    }
}

fn no_container(who: &Message, home: &str, containers: Option<&str>) -> FlawText {
    match containers {
        Some(holder) => misplaced_containers(who, home, holder),
        None => invalid(
            say!(
                "{} has no containers in {}, and the API server rejects the object.",
                who,
                shown(home)
            ),
            "no containers",
            say!("Add the list {}.containers.", shown(home)),
        ),
    }
}

fn misplaced_containers(who: &Message, home: &str, holder: &str) -> FlawText {
    invalid(
        say!(
            "{} has its containers {}, and not in {}: the API server rejects the object.",
            who,
            place(holder),
            shown(home)
        ),
        "not in the pod template",
        say!("Move the containers, and what else belongs to the pod, to {}.", shown(home)),
    )
}

fn no_image(who: &Message, field: &str) -> FlawText {
    invalid(
        say!(
            "{} has no {}: it is required, and the API server rejects the object.",
            who,
            shown(field)
        ),
        "no image",
        "Set the image. If a template left it empty, look at the value that it comes from.".into(),
    )
}

fn not_a_string(who: &Message, field: &str) -> FlawText {
    invalid(
        say!(
            "{} has a {} that is not a string: the API server rejects the object.",
            who,
            shown(field)
        ),
        "not a string",
        "Write the whole reference as one string: REGISTRY/PATH:TAG.".into(),
    )
}

fn unknown_kind(
    who: &Message,
    api_version: &str,
    group: &'static str,
    kind: &'static str,
) -> FlawText {
    let slash = if group.is_empty() { "" } else { "/" };
    invalid(
        say!(
            "{} has a kind that apiVersion {} does not have: the API server rejects the object, and \
             its images are not judged.",
            who,
            shown(api_version)
        ),
        "no such kind",
        say!("Write:\n  apiVersion: {}{}v1\n  kind: {}", group, slash, kind),
    )
}

fn account_not_a_string(who: &Message, field: &str, sort: Sort, meant: Option<&str>) -> FlawText {
    let name = shown(meant.unwrap_or("NAME"));
    let key = field.rsplit('.').next().unwrap_or(field);
    invalid(
        say!(
            "{} has {} for {}, where a string belongs: the API server rejects the object.",
            who,
            plain(sort),
            shown(field)
        ),
        "not a string",
        say!("Write it in quotes: `{}: \"{}\"`.", shown(key), name),
    )
}

fn repeated(who: &Message, key: &str, path: &str, [first, again]: [usize; 2]) -> FlawText {
    let lines = if first == again {
        say!("both on line {}", again)
    } else {
        say!("on lines {} and {}", first, again)
    };
    let key = shown(key);
    let message = say!(
        "{} has the key `{}` twice in one mapping, {} ({}): kubectl, Helm and Argo CD \
         take the last one, other readers the first, and kustomize refuses the file.",
        who,
        key,
        lines,
        shown(path)
    );
    let remedy = say!("Remove one of the two, or merge what they hold under one `{}`.", key);
    FlawText { code: &finding::REPEATED_KEY, message, label: "the same key again", remedy }
}

fn invalid(message: Message, label: &'static str, remedy: Message) -> FlawText {
    FlawText { code: &finding::INVALID_WORKLOAD, message, label, remedy }
}

/// A path in words.
fn place(path: &str) -> Message {
    if path.is_empty() { "at the top level".into() } else { say!("in {}", shown(path)) }
}
