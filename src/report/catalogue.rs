//! What is known about kinds: the list of them, and all about one.

mod json;
mod proposed;

use std::fmt::Write as _;

use super::Look;
use super::style::{BOLD, CYAN, PLAIN, paint, wrapped};
use crate::kinds::{
    ACCOUNT_FIELDS, Combine, Delivery, FieldPath, Listed, ObjectReference, PullSite, Role, Row,
    SecretField, SecretForm, Takes,
};
use crate::kinds::{Order, Verified};
use crate::text::shown;

pub use json::render as kinds_json;
pub use proposed::proposed;

/// How wide an explanation is at most.
const WIDTH: usize = 90;
/// How wide the names of the parts of an explanation are, with what is before and after them.
const LABEL: usize = 18;
/// What is before the name of a kind below its group.
const INDENT: &str = "  ";

/// The kinds with where their pull secrets go, below their groups.
pub fn kinds(listed: &[Listed<'_>], look: Look) -> String {
    let mut out = String::new();
    for group in listed.chunk_by(|one, other| one.group == other.group) {
        let name = if group[0].group.is_empty() { "core" } else { group[0].group };
        let _ = writeln!(out, "{}", paint(&show(name), BOLD, look));
        let longest = group.iter().map(|listed| listed.row.kind.len()).max().unwrap_or(0);
        for listed in group {
            line(listed, longest, look, &mut out);
        }
    }
    out
}

/// A kind, and where its first pull secret goes: in one line if there is room.
fn line(listed: &Listed<'_>, longest: usize, look: Look, out: &mut String) {
    let Listed { row, .. } = listed;
    let mut destination = destination(row);
    if let more @ 1.. = row.secret_fields().len().saturating_sub(1) {
        let _ = write!(destination, ", and {more} more");
    }
    if listed.is_own() {
        destination.push_str(" (policy)");
    }
    let kind = show(&row.kind);
    let gap = " ".repeat(longest.saturating_sub(kind.len()) + 2);
    let is_wide = INDENT.len() + longest + 2 + destination.len() > look.width;
    let gap = if is_wide && look.wrap { format!("\n{}", INDENT.repeat(3)) } else { gap };
    let _ = writeln!(out, "{INDENT}{}{gap}{destination}", paint(&kind, CYAN, look));
}

/// Where the first pull secret of a kind goes, or why there is no place for one.
fn destination(row: &Row) -> String {
    if let Some(field) = row.secret_fields().first() {
        return path(&field.path);
    }
    let refers = |site: &PullSite| site.only_refers();
    let text = if row.sites.iter().any(|site| site.role == Role::Template) {
        "none here: the object that uses it has them"
    } else if !row.sites.is_empty() && row.sites.iter().all(refers) {
        "those of the object that it refers to"
    } else if row.sites.iter().any(|site| site.cannot.is_some()) {
        "cannot carry a pull secret"
    } else if !row.embed.is_empty() {
        "those of the objects that it holds"
    } else if !row.sites.is_empty() {
        "none: only its ServiceAccount can have them"
    } else {
        "makes no pods"
    };
    text.to_owned()
}

/// All that is known about a kind.
pub fn explain_kind(listed: &Listed<'_>, look: Look) -> String {
    let width = look.width.min(WIDTH);
    let row = listed.row;
    let versions = list(row.versions.iter().map(|version| show(version)));
    let versions = if versions.is_empty() { versions } else { format!(" ({versions})") };
    let mut out = format!("{}{versions}\n", paint(&show(&listed.name()), BOLD, look));
    if !row.note.is_empty() {
        let _ = writeln!(out, "{}", wrapped(&sentence(&row.note), width));
    }
    for site in &row.sites {
        let title = match (&*site.name, site.role) {
            ("", Role::Pulled) => "Pods".to_owned(),
            ("", role) => title(role).to_owned(),
            (name, Role::Pulled) => format!("Pods: {name}"),
            (name, role) => format!("{}: {name}", title(role)),
        };
        part(&title, &site_facts(site), (look, width), &mut out);
    }
    part("The kind", &row_facts(listed), (look, width), &mut out);
    out
}

/// A part of an explanation: what each fact is about, and its lines.
fn part(
    title: &str,
    facts: &[(&str, Vec<String>)],
    (look, width): (Look, usize),
    out: &mut String,
) {
    let _ = writeln!(out, "\n{}", paint(title, BOLD, look));
    let below = format!("\n{}", " ".repeat(LABEL));
    for (label, lines) in facts.iter().filter(|(_, lines)| !lines.is_empty()) {
        let lines = lines.iter().map(|line| {
            // A continued line is indented further.
            wrapped(line, width - LABEL - INDENT.len()).replace('\n', &format!("{below}{INDENT}"))
        });
        let lines: Vec<_> = lines.collect();
        let gap = " ".repeat(LABEL - INDENT.len() - label.len());
        let _ = writeln!(out, "{INDENT}{}{gap}{}", paint(label, PLAIN, look), lines.join(&below));
    }
}

fn site_facts(site: &PullSite) -> Vec<(&'static str, Vec<String>)> {
    vec![
        ("where", where_it_is(site)),
        ("images", images(site)),
        ("pull secrets", secrets(site)),
        ("delivery", delivery(site).into_iter().collect()),
        ("ServiceAccount", account(site)),
        ("refers to", references(site)),
        ("mind", remarks(site)),
    ]
}

/// The versions and conditions under which a site is there.
fn where_it_is(site: &PullSite) -> Vec<String> {
    let mut lines = Vec::new();
    if !site.versions.is_empty() {
        lines.push(format!("in {}", list(site.versions.iter().map(|version| show(version)))));
    }
    if let Some(when) = &site.when {
        let is = list(when.is.iter().map(|is| show(is)));
        let is = match (&*is, when.or_absent) {
            ("", _) => "absent".to_owned(),
            (is, true) => format!("{is} or absent"),
            (is, false) => is.to_owned(),
        };
        lines.push(format!("if {} is {is}", path(&site.absolute(&when.path))));
    }
    lines
}

/// The objects from which its pods get images, pull secrets or all that they are.
fn references(site: &PullSite) -> Vec<String> {
    site.references.iter().map(|reference| self::reference(site, reference)).collect()
}

fn reference(site: &PullSite, reference: &ObjectReference) -> String {
    let at = path(&site.absolute(&reference.at));
    if reference.to.is_empty() {
        return format!("{at}: another part of the object");
    }
    let kinds: Vec<_> = reference.to.iter().map(|target| show(&target.kind)).collect();
    let takes = match (reference.takes, reference.merges, reference.unless_own) {
        (Takes::Target, ..) => "which is checked by itself",
        (Takes::Pods, ..) => "for the whole pods",
        (Takes::Images, false, _) => "for images",
        (Takes::Images, true, false) => "for images and further pull secrets",
        (Takes::Images, true, true) => "for further pull secrets, and for images if it has none",
    };
    let kinds = kinds.join(" or ");
    let part = if reference.part.is_some() { "a part of " } else { "" };
    format!("{at}: {part}{kinds}, {takes}")
}

fn images(site: &PullSite) -> Vec<String> {
    let pod_spec = site.pod_spec_path().map(|spec| format!("{} (pod spec)", path(&spec)));
    let whole = site.image_fields();
    let whole = whole.iter().map(path);
    let split = site.split_images.iter().map(|split| {
        let parts: Vec<_> = site.parts(split).iter().map(path).collect();
        let inexact = if split.inexact.is_empty() { "" } else { "; " };
        format!("{} (parts of one image{inexact}{})", parts.join(" + "), split.inexact)
    });
    let mut lines: Vec<_> = pod_spec.into_iter().chain(whole).chain(split).collect();
    if site.implicit {
        lines.push("where none is named, the operator chooses the image".to_owned());
    }
    lines
}

fn secrets(site: &PullSite) -> Vec<String> {
    let fields = site.secret_fields();
    let account = site.account_secrets.iter().map(|field| {
        let path = path(&site.absolute(&field.path));
        format!("{path} ({}), for the ServiceAccount that the operator makes", form(field.form))
    });
    let mut lines: Vec<_> = fields.iter().map(secret_field).chain(account).collect();
    if let Some(instead) = &site.cannot {
        lines.push(format!("cannot carry one: {}", instead_of(instead)));
    }
    if let Some(default) = &site.pull_secret_default {
        lines.push(format!("where none is named: {default}"));
    }
    lines.extend(site.operator_adds.iter().map(|added| format!("the operator adds {added}")));
    lines
}

fn secret_field(field: &SecretField) -> String {
    format!("{} ({})", path(&field.path), form(field.form))
}

/// What to do where there is no field: `{name}` is the name of the object.
fn instead_of(instead: &str) -> String {
    instead.replace("{name}", "NAME")
}

fn account(site: &PullSite) -> Vec<String> {
    let named = site.service_account.iter().map(|field| path(&site.absolute(field)));
    let of_pod =
        site.pod_spec_path().map(|spec| path(&spec.join(&FieldPath::of_name(ACCOUNT_FIELDS[0]))));
    let mut lines: Vec<_> = named.chain(of_pod).collect();
    let default = site.service_account_default.as_deref().unwrap_or("default");
    lines.push(match default {
        _ if site.role != Role::Pulled => return lines,
        "default" => "otherwise default".to_owned(),
        "*" => "otherwise one that the operator makes".to_owned(),
        name => format!("otherwise {}, which the operator makes", name.replace("{name}", "NAME")),
    });
    lines
}

/// What is worth knowing about a site beyond its fields.
fn remarks(site: &PullSite) -> Vec<String> {
    let mut lines: Vec<String> = combination(site).map(str::to_owned).into_iter().collect();
    lines.extend(site.overrides.iter().map(|part| {
        format!("{} goes before the others for one part", path(&site.absolute(&part.at)))
    }));
    if site.account_ignores_secrets {
        lines
            .push("the pull secrets are ignored where a field names the ServiceAccount".to_owned());
    }
    if site.decided_elsewhere {
        lines.push("an object that this one names may have pull secrets for it, too".to_owned());
    }
    if !site.note.is_empty() {
        lines.push(site.note.to_string());
    }
    lines
}

/// What several fields come to.
fn combination(site: &PullSite) -> Option<&'static str> {
    match site.combine {
        _ if site.secret_fields().len() < 2 => None,
        Combine::First => Some("the first of these fields that has an entry counts"),
        Combine::FirstEntry => Some("the first entry of the first of these fields counts alone"),
        Combine::Joined if site.pair => {
            Some("each image has a field of its own; the pod gets what all of them name")
        }
        Combine::Joined => Some("all of these fields count together"),
    }
}

/// What the operator does with the pull secrets, if it does not just name them in the pods.
fn delivery(site: &PullSite) -> Option<String> {
    let text = match site.delivery {
        _ if site.secret_fields().is_empty() => return None,
        Delivery::Pod => return None,
        Delivery::ServiceAccount => {
            "on the ServiceAccount that the operator makes; the pods have no list"
        }
        Delivery::Both => "in the pods and on the ServiceAccount that the operator makes",
        Delivery::Controller => "to the controller that pulls the image",
        Delivery::Build => "to the build",
        Delivery::Mount => "as a file that a container reads",
    };
    Some(text.to_owned())
}

fn title(role: Role) -> &'static str {
    match role {
        Role::Pulled => "Pods",
        Role::Template => "Template of pods that other objects make",
        Role::Injected => "Put into pods of others",
        Role::Controller => "Pulled by a controller",
        Role::Build => "Built from",
        Role::Output => "Pushed",
        Role::NodeAgent => "Pulled by a program on each node",
        Role::Listed => "Listed only",
    }
}

fn form(form: SecretForm) -> &'static str {
    match form {
        SecretForm::Objects => "list of {name}",
        SecretForm::Names => "list of names",
        SecretForm::Object => "one {name}",
        SecretForm::Name => "one name",
        SecretForm::Text => "names in one text, separated by commas",
    }
}

fn row_facts(listed: &Listed<'_>) -> Vec<(&'static str, Vec<String>)> {
    let row = listed.row;
    let paths = |paths: &[FieldPath]| paths.iter().map(path).collect::<Vec<_>>();
    let unread = row.unread.iter().map(|field| format!("{}: {}", path(&field.path), field.why));
    let registries = row.registries.iter();
    let registries = registries.map(|field| format!("{}: {}", path(&field.path), field.what));
    let source = if listed.is_own() { vec!["a row of the policy".to_owned()] } else { source(row) };
    vec![
        ("nothing reads", unread.collect()),
        ("holds objects", paths(&row.embed)),
        ("holds texts", paths(&row.strings)),
        ("registries", registries.collect()),
        ("Helm", vec![helm(row.order).to_owned()]),
        ("Argo CD", vec![argo(row.order).to_owned()]),
        ("kustomize", vec![kustomize(row).to_owned()]),
        ("when it exists", row.immutable.iter().map(ToString::to_string).collect()),
        ("source", source),
    ]
}

fn helm(order: Order) -> &'static str {
    if order.helm_waits {
        "waits for it before it runs the next hook"
    } else {
        "does not wait for its pods before it runs the next hook"
    }
}

fn argo(order: Order) -> &'static str {
    match (order.argo_waits, order.starts_later) {
        (true, _) => "goes on with the next wave when its pods run",
        (false, true) => "does not wait: its pods start later",
        (false, false) => "is not known to wait for its pods",
    }
}

fn kustomize(row: &Row) -> &'static str {
    match (row.kustomize.secret_names, row.kustomize.service_account_names) {
        (true, true) => "keeps the names of Secrets and ServiceAccounts in it up to date",
        (true, false) => {
            "keeps the names of Secrets in it up to date, those of ServiceAccounts not"
        }
        (false, true) => {
            "keeps the names of ServiceAccounts in it up to date, those of Secrets not"
        }
        (false, false) => {
            "does not change the names of Secrets and ServiceAccounts in it (namePrefix, hashes): a nameReference in \
             configurations does"
        }
    }
}

fn source(row: &Row) -> Vec<String> {
    let mut lines: Vec<_> = row.source.iter().map(ToString::to_string).collect();
    match row.verified {
        Verified::Source => {}
        Verified::Documentation => lines.push("read in the documentation".to_owned()),
        Verified::Schema => lines.push("read in the schema of the kind alone".to_owned()),
        Verified::Unread => lines.push("not checked".to_owned()),
    }
    lines
}

/// What to mind about the pull secrets of a kind: one text for a table.
#[allow(dead_code, reason = "the page docs/operators.md is written with it")]
pub fn what_to_mind(row: &Row) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !text.is_empty() && !found.contains(&text) {
            found.push(text);
        }
    };
    for site in &row.sites {
        if site.role != Role::Pulled {
            add(title(site.role).to_lowercase());
        }
        add(site.cannot.as_deref().map(instead_of).unwrap_or_default());
        let used = site.references.iter().filter(|_| site.role == Role::Pulled);
        for reference in used {
            let kinds: Vec<_> = reference.to.iter().map(|target| show(&target.kind)).collect();
            if !kinds.is_empty() {
                add(format!("checked with the {} that it refers to", kinds.join(" or ")));
            }
        }
        add(delivery(site).map(|text| format!("goes {text}")).unwrap_or_default());
        remarks(site).into_iter().for_each(&mut add);
    }
    for field in &row.unread {
        add(format!("`{}`: {}", field.path.in_object(), field.why));
    }
    add(row.note.to_string());
    found
}

/// The fields for pull secrets of a kind, each with its form.
#[allow(dead_code, reason = "the page docs/operators.md is written with it")]
pub fn destinations(row: &Row) -> Vec<(String, &'static str)> {
    let fields = row.secret_fields();
    fields.iter().map(|field| (path(&field.path), form(field.form))).collect()
}

/// A text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// A path that a row names; a policy may have written it.
fn path(path: &FieldPath) -> String {
    show(&path.in_object())
}

fn show(text: &str) -> String {
    shown(text).to_string()
}

fn list(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Table;

    #[test]
    fn every_kind_fits_a_terminal() {
        let look = Look { width: 80, wrap: true, ..Look::PLAIN };
        let all = Table::builtin().listed();
        let mut texts: Vec<_> = all.iter().map(|listed| explain_kind(listed, look)).collect();
        texts.push(kinds(&all, look));
        for line in texts.iter().flat_map(|text| text.lines()) {
            // A path is one word, which is not broken.
            let word = line.split_whitespace().map(str::len).max().unwrap_or(0);
            assert!(line.chars().count() <= 80 || word > 80 - LABEL - 2, "{line}");
        }
    }

    #[test]
    fn every_kind_says_where_pull_secrets_go() {
        for listed in Table::builtin().listed() {
            let text = destination(listed.row);
            let is_account = &*listed.row.kind == "ServiceAccount";
            let makes_pods = listed.row.sites.iter().any(|site| site.role == Role::Pulled);
            assert!(!makes_pods || text != "makes no pods" || is_account, "{}", listed.name());
        }
    }
}
