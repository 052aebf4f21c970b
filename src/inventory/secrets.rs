//! Secrets: what the kubelet would find in them, and what tells when they were rotated. What is secret in them is
//! read, classified and dropped at once.

use zeroize::Zeroizing;

use super::reach::{self, Reach};
use super::{Object, Text, Whence, exact, refreshers, text};
use crate::credentials::base64::{self, Encoding};
use crate::credentials::exposure;
use crate::credentials::payload::{self, Format, Kubelet, PayloadError, Unusable};
use crate::credentials::token::Class;
use crate::source::Span;
use crate::yaml::{Kind, Node};

/// The annotation of a Secret that argocd-vault-plugin fills while manifests are rendered.
const FILLED_BY_AVP: &str = "avp.kubernetes.io/path";

/// No time is written with more bytes.
pub(super) const LONGEST_TIME: usize = 64;

/// An annotation: its name, its value, and where the value stands.
pub type Annotation<'a> = (Text<'a>, Text<'a>, Span);

/// A Secret.
pub struct Secret<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its `type`; `Opaque` if it has none.
    pub secret_type: Text<'a>,
    /// Where its type stands, or its name.
    pub type_span: Span,
    /// What the kubelet finds in it.
    pub content: Content,
    /// Its annotations that may tell a time: name, value and place.
    pub annotations: Box<[Annotation<'a>]>,
    /// When its payload was last written, by its `metadata.managedFields`.
    pub written: Option<Text<'a>>,
    /// Its `metadata.creationTimestamp`.
    pub created: Option<Text<'a>>,
    /// The controller that replaces its content, by the marks that it leaves.
    pub refreshed_by: Option<&'static str>,
    /// Where it is copied to.
    pub reach: Option<Box<Reach<'a>>>,
}

/// What a Secret comes to as a pull secret.
pub enum Content {
    /// It has a type that the kubelet reads, and the key of that type.
    Payload(Box<Summary>),
    /// It has a type that the kubelet reads, and not the key of that type.
    NoKey {
        /// The format of its type.
        format: Format,
        /// The key of the other type, if that is there.
        crossed: Option<Format>,
    },
    /// The kubelet passes it over for its type.
    OtherType {
        /// The key of a pull secret that it has all the same.
        holds: Option<Format>,
    },
    /// Something else fills it later, or holds what is not shown here.
    Managed(&'static str),
}

/// A payload without what is secret in it.
pub struct Summary {
    /// Its format.
    pub format: Format,
    /// Whether the API server stores it.
    pub api_server: Result<(), PayloadError>,
    /// The entries that the kubelet sees, or why every pull of the pod fails.
    pub kubelet: Result<Vec<Entry>, PayloadError>,
    /// Where it stands.
    pub span: Span,
}

/// An entry without what is secret in it.
pub struct Entry {
    /// Its key as written. Print it through [`crate::credentials::printable_key`].
    pub key: String,
    /// Why it authenticates nothing.
    pub unusable: Option<Unusable>,
    /// Whether it has no user name: then the container runtime pulls anonymously. With one it pulls as that user,
    /// be it with an empty password.
    pub anonymous: bool,
    /// What kind of credential it holds, and how long that lives.
    pub class: Option<Class>,
    /// Whether a line break has slipped into it.
    pub stray_newline: bool,
    /// Whether another program puts the real password in its place.
    pub placeholder: bool,
}

impl Content {
    /// Its entries; none if it has none that the kubelet can read.
    pub fn entries(&self) -> &[Entry] {
        match self {
            Self::Payload(summary) => summary.kubelet.as_deref().unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Reads a Secret. In a cluster nothing is left to be filled in: its content is what the kubelet reads.
pub(super) fn secret<'a>(node: Node<'_, 'a>, object: Object<'a>, whence: Whence) -> Secret<'a> {
    let given = node.get("type").filter(|node| text(*node).is_some());
    let secret_type = given.and_then(text).unwrap_or(Text::Borrowed("Opaque"));
    let map = node.at(&["metadata", "annotations"]);
    let mut annotations: Vec<_> = map.into_iter().flat_map(annotations_of).collect();
    let refreshed_by = refreshers::refresher(node);
    let managed = managed(node, &secret_type, refreshed_by).filter(|_| whence == Whence::Manifests);
    let content = content(node, &secret_type, managed);
    let content = if whence == Whence::Cluster { shown(content) } else { content };
    let reach = Reach::of(reach::among(&annotations)).map(Box::new);
    // Only credentials have an age.
    let aged = matches!(content, Content::Managed(_)) || !content.entries().is_empty();
    annotations.retain(|(_, value, _)| aged && value.len() < LONGEST_TIME);
    let format = Format::from_secret_type(&secret_type).filter(|_| aged);
    Secret {
        content,
        type_span: given.map_or(object.label, Node::span),
        secret_type,
        written: format.and_then(|format| written(node, format)),
        created: node.at(&["metadata", "creationTimestamp"]).and_then(Node::scalar),
        annotations: exact(annotations),
        refreshed_by,
        reach,
        object,
    }
}

/// The annotations of an object or a template.
pub(super) fn annotations_of<'t, 'a>(
    map: Node<'t, 'a>,
) -> impl Iterator<Item = Annotation<'a>> + 't {
    map.entries()
        .filter_map(|(key, value)| Some((key.scalar()?, value.scalar()?, value.resolved().span())))
}

/// The newest time at which a manager wrote the payload. An entry of `managedFields` gets a new time when its
/// manager changes a value that it owns, and `stringData` is stored as `data` (apimachinery, meta/v1/types.go).
fn written<'a>(secret: Node<'_, 'a>, format: Format) -> Option<Text<'a>> {
    let key = format!("f:{}", format.data_key());
    let managers = secret.at(&["metadata", "managedFields"]).into_iter().flat_map(Node::items);
    let owners = managers.filter(|entry| entry.at(&["fieldsV1", "f:data", &key]).is_some());
    // The API server writes every time in UTC and in one form, so that their texts are in order.
    owners.filter_map(|entry| entry.get("time").and_then(Node::scalar)).max()
}

/// What the API server does not store is in no cluster: whoever made the dump has left it out.
fn shown(content: Content) -> Content {
    match content {
        Content::NoKey { .. } => Content::Managed("the cluster"),
        Content::Payload(summary) if summary.api_server.is_err() => Content::Managed("the cluster"),
        content => content,
    }
}

/// What fills a Secret of the manifests before or after it gets to the cluster.
fn managed(
    node: Node<'_, '_>,
    secret_type: &str,
    refreshed_by: Option<&'static str>,
) -> Option<Managed> {
    if node.get("sops").is_some() {
        // By default SOPS encrypts the type too.
        return Some(Managed::Encrypted { whole: secret_type.starts_with("ENC[") });
    }
    let avp = node.at(&["metadata", "annotations", FILLED_BY_AVP]);
    refreshed_by.or(avp.map(|_| "argocd-vault-plugin")).map(Managed::By)
}

/// What fills a Secret.
#[derive(Clone, Copy)]
enum Managed {
    /// A controller.
    By(&'static str),
    /// SOPS decrypts its values, or all of it.
    Encrypted { whole: bool },
}

fn content(node: Node<'_, '_>, secret_type: &str, managed: Option<Managed>) -> Content {
    if let Some(Managed::Encrypted { whole: true }) = managed {
        return Content::Managed("SOPS");
    }
    let has = |format: Format| value(node, format.data_key()).is_some();
    let Some(format) = Format::from_secret_type(secret_type) else {
        let holds = Format::ALL.into_iter().find(|&format| has(format));
        return Content::OtherType { holds };
    };
    let Some((bytes, span)) = value(node, format.data_key()) else {
        if let Some(Managed::By(controller)) = managed {
            return Content::Managed(controller);
        }
        let crossed = Format::ALL.into_iter().find(|&other| other != format && has(other));
        return Content::NoKey { format, crossed };
    };
    if let Some(Managed::Encrypted { .. }) = managed {
        return Content::Managed("SOPS");
    }
    let summary = match bytes {
        Bytes::Placeholder => return Content::Managed("another program"),
        Bytes::Decoded(bytes) => match summarize(format, &bytes, span) {
            // Once the placeholder is filled in, it can be read.
            Summary { kubelet: Err(_), .. } if exposure::has_placeholder(&bytes) => {
                return Content::Managed("another program");
            }
            summary => summary,
        },
        Bytes::NotBase64 => {
            let problem =
                PayloadError::Syntax { problem: "`data` is not base64", line: 1, column: 1 };
            Summary { format, api_server: Err(problem.clone()), kubelet: Err(problem), span }
        }
    };
    match (managed, &summary.kubelet) {
        (Some(Managed::By(controller)), Ok(entries)) if entries.is_empty() => {
            Content::Managed(controller)
        }
        _ => Content::Payload(Box::new(summary)),
    }
}

fn summarize(format: Format, bytes: &[u8], span: Span) -> Summary {
    let payload = payload::read(format, bytes);
    let entries = payload.entries().iter().map(|entry| Entry {
        key: entry.key.clone(),
        unusable: payload.unusable(entry),
        anonymous: entry.username_is_empty(),
        class: entry.classify(),
        stray_newline: entry.has_stray_newline(),
        placeholder: entry.has_placeholder(),
    });
    let entries: Vec<_> = entries.collect();
    let kubelet = match payload.kubelet {
        Kubelet::Error(error) => Err(error),
        Kubelet::Entries(_) | Kubelet::Skipped => Ok(entries),
    };
    Summary { format, api_server: payload.api_server, kubelet, span }
}

/// A value of a Secret.
enum Bytes {
    Decoded(Zeroizing<Vec<u8>>),
    /// The API server rejects it.
    NotBase64,
    /// Something else takes its place before it gets there.
    Placeholder,
}

/// The value under a key: `stringData` overrides `data` (pkg/registry/core/secret/strategy.go).
fn value(secret: Node<'_, '_>, key: &str) -> Option<(Bytes, Span)> {
    let under = |map: &str| secret.get(map).and_then(|map| map.get(key));
    let (node, plain) = under("stringData")
        .map(|node| (node, true))
        .or_else(|| under("data").map(|node| (node, false)))?;
    let text = Zeroizing::new(node.scalar()?.into_owned());
    let placeholder = exposure::is_placeholder(&text);
    let bytes = if placeholder {
        Bytes::Placeholder
    } else if plain {
        Bytes::Decoded(Zeroizing::new(text.as_bytes().to_vec()))
    } else if node.kind() == Kind::Alias || node.is_null() {
        Bytes::Decoded(Zeroizing::new(Vec::new()))
    } else {
        let bare = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r'));
        let bare = Zeroizing::new(bare.collect::<Vec<u8>>());
        base64::decode(&bare, Encoding::Padded).map_or(Bytes::NotBase64, Bytes::Decoded)
    };
    Some((bytes, node.span()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;

    const EMPTY: &str = "type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: e30K}\n";
    const FULL: &str = "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\":{\"a\":{\
                        \"username\":\"u\",\"password\":\"p\"}}}'}\n";

    /// The Secret with this metadata and the rest of its text.
    #[track_caller]
    fn with<T>(metadata: &str, rest: &str, whence: Whence, look: impl Fn(&Secret<'_>) -> T) -> T {
        let text =
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, {metadata}}}\n{rest}");
        let inventory = match whence {
            Whence::Manifests => Inventory::of(&text),
            Whence::Cluster => Inventory::of_cluster(&text),
        };
        look(&inventory.unwrap_or_else(|problem| panic!("{problem:?}")).secrets[0])
    }

    #[track_caller]
    fn written(entries: &str, expected: Option<&str>) {
        let metadata = format!("managedFields: [{entries}]");
        let written = with(&metadata, FULL, Whence::Cluster, |secret| {
            secret.written.as_deref().map(str::to_owned)
        });
        assert_eq!(written.as_deref(), expected, "{entries}");
    }

    #[test]
    fn the_newest_manager_of_the_payload_tells_when_it_was_written() {
        let entry =
            |time: &str, fields: &str| format!("{{time: '{time}', fieldsV1: {{{fields}}}}}");
        let owner = "f:data: {.: {}, f:.dockerconfigjson: {}}";
        written(&entry("2026-01-01T00:00:00Z", owner), Some("2026-01-01T00:00:00Z"));
        written(
            &[
                entry("2026-02-01T00:00:00Z", owner),
                entry("2026-03-01T00:00:00Z", "f:data: {f:.dockerconfigjson: {}}"),
                entry("2026-01-01T00:00:00Z", owner),
            ]
            .join(", "),
            Some("2026-03-01T00:00:00Z"),
        );
        // Owners of something else, of another key, of what is never stored, and one without a time.
        written(&entry("2026-04-01T00:00:00Z", "f:metadata: {f:labels: {}}"), None);
        written(&entry("2026-04-01T00:00:00Z", "f:data: {f:.dockercfg: {}}"), None);
        written(&entry("2026-04-01T00:00:00Z", "f:stringData: {f:.dockerconfigjson: {}}"), None);
        written(&format!("{{fieldsV1: {{{owner}}}}}"), None);
    }

    #[track_caller]
    fn refreshed(metadata: &str, by: Option<&str>) {
        let found = with(metadata, FULL, Whence::Cluster, |secret| secret.refreshed_by);
        assert_eq!(found, by, "{metadata}");
    }

    #[test]
    fn marks_and_owners_tell_who_refreshes_a_secret() {
        let eso = Some("the External Secrets Operator");
        refreshed("labels: {reconcile.external-secrets.io/managed: 'true'}", eso);
        refreshed("labels: {reconcile.external-secrets.io/created-by: abc}", eso);
        refreshed("annotations: {reconcile.external-secrets.io/data-hash: abc}", eso);
        let owner = |api: &str, kind: &str| {
            format!("ownerReferences: [{{apiVersion: {api}, kind: {kind}}}]")
        };
        refreshed(&owner("external-secrets.io/v1", "ExternalSecret"), Some("ExternalSecret"));
        refreshed(&owner("secretgen.carvel.dev/v1alpha1", "SecretImport"), Some("SecretImport"));
        // What it unpacks stays as it was sealed.
        refreshed(&owner("bitnami.com/v1alpha1", "SealedSecret"), None);
        refreshed(&owner("example.com/v1", "ExternalSecret"), None);
        refreshed("labels: {app: shop}", None);
    }

    #[test]
    fn a_placeholder_is_filled_later_and_never_in_a_cluster() {
        for mark in [
            "annotations: {replicator.v1.mittwald.de/replicate-from: a/b}",
            "annotations: {reflector.v1.k8s.emberstack.com/reflects: a/b}",
            "annotations: {secretgen.carvel.dev/image-pull-secret: ''}",
            "annotations: {avp.kubernetes.io/path: a}",
        ] {
            let managed = |whence| {
                with(mark, EMPTY, whence, |secret| matches!(secret.content, Content::Managed(_)))
            };
            assert!(managed(Whence::Manifests), "{mark}");
            assert!(!managed(Whence::Cluster), "{mark}");
        }
        let plain = |secret: &Secret<'_>| matches!(secret.content, Content::Managed(_));
        assert!(!with("labels: {a: b}", EMPTY, Whence::Manifests, plain));
    }

    #[test]
    fn what_a_cluster_cannot_hold_was_left_out_of_its_dump() {
        let docker = "type: kubernetes.io/dockerconfigjson\n";
        for left_out in [
            "",
            "data: null\n",
            "data: {}\n",
            "data: {.dockerconfigjson: ''}\n",
            "data: {.dockerconfigjson: '***'}\n",
        ] {
            let text = format!("{docker}{left_out}");
            let managed = |secret: &Secret<'_>| matches!(secret.content, Content::Managed(_));
            assert!(with("labels: {a: b}", &text, Whence::Cluster, managed), "{left_out}");
            assert!(!with("labels: {a: b}", &text, Whence::Manifests, managed), "{left_out}");
        }
    }

    #[test]
    fn sops_hides_values_and_neither_type_nor_keys() {
        let content = |rest: &str| {
            with(
                "labels: {a: b}",
                &format!("sops: {{version: 3.9.0}}\n{rest}"),
                Whence::Manifests,
                |secret| match secret.content {
                    Content::Managed(by) => by,
                    Content::NoKey { .. } => "no key",
                    Content::OtherType { .. } => "other type",
                    Content::Payload(_) => "payload",
                },
            )
        };
        let docker = "type: kubernetes.io/dockerconfigjson\n";
        assert_eq!(content(&format!("{docker}data: {{.dockerconfigjson: 'ENC[A]'}}\n")), "SOPS");
        assert_eq!(content(&format!("{docker}data: {{password: 'ENC[A]'}}\n")), "no key");
        assert_eq!(content("type: Opaque\ndata: {.dockerconfigjson: 'ENC[A]'}\n"), "other type");
        assert_eq!(content("type: 'ENC[A]'\ndata: {.dockerconfigjson: 'ENC[A]'}\n"), "SOPS");
    }
}
