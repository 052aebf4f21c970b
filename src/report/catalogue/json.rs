//! `pullcreds.kinds/v1`: kinds for programs. It changes only by adding. Its types are its own.

use serde::Serialize;

use crate::kinds::{FieldPath, Listed, ObjectReference, PullSite, SecretField, SplitImage, Target};
use crate::text::{printable_json, shown};
use crate::words::Words as _;

#[derive(Serialize)]
struct WireKinds {
    schema: &'static str,
    kinds: Vec<WireKind>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireKind {
    group: String,
    kind: String,
    /// Those that the entry is for; without any, all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<String>,
    /// `built-in` or `policy`.
    from: &'static str,
    pods: Vec<WirePods>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<WireRemark>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    strings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    registries: Vec<WireRemark>,
    order: WireOrder,
    kustomize: WireKustomize,
    #[serde(skip_serializing_if = "Option::is_none")]
    immutable: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source: Vec<String>,
    verified: &'static str,
}

/// Who waits for its pods before going on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireOrder {
    helm_waits: bool,
    argo_waits: bool,
}

/// Which names in it kustomize keeps up to date.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireKustomize {
    secret_names: bool,
    service_account_names: bool,
}

/// A group of pods with the same images, pull secrets and ServiceAccount.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePods {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    role: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_spec: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    split_images: Vec<WireSplit>,
    pull_secrets: Vec<WireSecrets>,
    combine: &'static str,
    delivery: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_account: Vec<String>,
    service_account_default: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cannot: Option<String>,
    /// The objects from which its pods get images, pull secrets or all that they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<WireReference>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// Another object to which one refers for its pods.
#[derive(Serialize)]
struct WireReference {
    path: String,
    /// The kinds that it may have, as `KIND.GROUP`; without any, it is another part of the object itself.
    to: Vec<String>,
    takes: &'static str,
    /// Whether its pull secrets are added.
    merges: bool,
}

/// An image in parts.
#[derive(Serialize)]
struct WireSplit {
    parts: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    inexact: String,
}

#[derive(Serialize)]
struct WireSecrets {
    path: String,
    form: &'static str,
}

#[derive(Serialize)]
struct WireRemark {
    path: String,
    text: String,
}

/// The kinds as JSON.
///
/// # Panics
/// Never: texts and lists are JSON.
pub fn render(listed: &[Listed<'_>]) -> String {
    let kinds = listed.iter().map(kind).collect();
    let wire = WireKinds { schema: "pullcreds.kinds/v1", kinds };
    let json = serde_json::to_string_pretty(&wire).expect("texts and lists are JSON");
    printable_json(json) + "\n"
}

fn kind(listed: &Listed<'_>) -> WireKind {
    let row = listed.row;
    let unread = row.unread.iter().map(|field| remark(&field.path, &field.why));
    let registries = row.registries.iter().map(|field| remark(&field.path, &field.what));
    WireKind {
        group: text(listed.group),
        kind: text(&row.kind),
        versions: texts(&row.versions),
        from: if listed.is_own() { "policy" } else { "built-in" },
        pods: row.sites.iter().map(pods).collect(),
        unread: unread.collect(),
        objects: row.embed.iter().map(path).collect(),
        strings: row.strings.iter().map(path).collect(),
        registries: registries.collect(),
        order: WireOrder { helm_waits: row.order.helm_waits, argo_waits: row.order.argo_waits },
        kustomize: WireKustomize {
            secret_names: row.kustomize.secret_names,
            service_account_names: row.kustomize.service_account_names,
        },
        immutable: row.immutable.as_deref().map(text),
        note: text(&row.note),
        source: texts(&row.source),
        verified: row.verified.word(),
    }
}

fn pods(site: &PullSite) -> WirePods {
    let secrets = site.secret_fields();
    let accounts = site.service_account.iter().map(|field| path(&site.absolute(field)));
    WirePods {
        name: text(&site.name),
        role: site.role.word(),
        versions: texts(&site.versions),
        pod_spec: site.pod_spec_path().as_ref().map(path),
        images: site.image_fields().iter().map(path).collect(),
        split_images: site.split_images.iter().map(|split| split_image(site, split)).collect(),
        pull_secrets: secrets.iter().map(secret_field).collect(),
        combine: site.combine.word(),
        delivery: site.delivery.word(),
        service_account: accounts.collect(),
        service_account_default: text(site.service_account_default.as_deref().unwrap_or("default")),
        cannot: site.cannot.as_deref().map(text),
        references: site.references.iter().map(|one| reference(site, one)).collect(),
        note: text(&site.note),
    }
}

fn reference(site: &PullSite, reference: &ObjectReference) -> WireReference {
    let kind =
        |target: &Target| text(format!("{}.{}", target.kind, target.group).trim_end_matches('.'));
    WireReference {
        path: path(&site.absolute(&reference.at)),
        to: reference.to.iter().map(kind).collect(),
        takes: reference.takes.word(),
        merges: reference.merges,
    }
}

fn split_image(site: &PullSite, split: &SplitImage) -> WireSplit {
    let parts = site.parts(split).iter().map(path).collect();
    WireSplit { parts, inexact: text(&split.inexact) }
}

fn secret_field(field: &SecretField) -> WireSecrets {
    WireSecrets { path: path(&field.path), form: field.form.word() }
}

fn remark(at: &FieldPath, words: &str) -> WireRemark {
    WireRemark { path: path(at), text: text(words) }
}

fn path(path: &FieldPath) -> String {
    text(&path.to_string())
}

/// A text that a policy may have written.
fn text(text: &str) -> String {
    shown(text).into_masked()
}

fn texts(all: &[Box<str>]) -> Vec<String> {
    all.iter().map(|one| text(one)).collect()
}
