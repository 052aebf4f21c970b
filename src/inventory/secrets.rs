//! Secrets of the stream: what the kubelet would find in them, and when they were rotated. What is secret in
//! them is read, classified and dropped at once.

use zeroize::Zeroizing;

use super::{Object, Text, text};
use crate::credentials::base64::{self, Encoding};
use crate::credentials::payload::{self, Format, Kubelet, PayloadError, Unusable};
use crate::credentials::token::Class;
use crate::source::Span;
use crate::yaml::{Kind, Node};

/// Annotations by which a controller says that it fills a Secret.
const FILLERS: &[(&str, &str)] = &[
    ("replicator.v1.mittwald.de/replicate-from", "kubernetes-replicator"),
    ("reflector.v1.k8s.emberstack.com/reflects", "reflector"),
    ("secretgen.carvel.dev/image-pull-secret", "secretgen-controller"),
    ("avp.kubernetes.io/path", "argocd-vault-plugin"),
];
/// What values begin with that another program replaces before they reach a cluster.
const PLACEHOLDERS: &[&str] = &["ENC[", "${", "{{", "<path:", "<", "ref+", "vault:", "$("];

/// No time is written with more bytes.
const LONGEST_TIME: usize = 64;

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
    pub annotations: Vec<(Text<'a>, Text<'a>, Span)>,
    /// Its `metadata.creationTimestamp`.
    pub created: Option<Text<'a>>,
}

/// What a Secret comes to as a pull secret.
pub enum Content {
    /// It has a type that the kubelet reads, and the key of that type.
    Payload(Summary),
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
    /// Something else fills it later.
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
}

impl Content {
    /// Its entries; none if it has none that the kubelet can read.
    pub fn entries(&self) -> &[Entry] {
        match self {
            Self::Payload(Summary { kubelet: Ok(entries), .. }) => entries,
            _ => &[],
        }
    }
}

/// Reads a Secret.
pub(super) fn secret<'a>(node: Node<'_, 'a>, object: Object<'a>) -> Secret<'a> {
    let given = node.get("type").filter(|node| text(*node).is_some());
    let secret_type = given.and_then(text).unwrap_or(Text::Borrowed("Opaque"));
    let annotations = node.at(&["metadata", "annotations"]);
    let annotations = annotations.into_iter().flat_map(Node::entries);
    let annotations = annotations
        .filter_map(|(key, value)| Some((key.scalar()?, value.scalar()?, value.resolved().span())));
    let mut annotations: Vec<_> = annotations.collect();
    let content = content(node, &secret_type, &annotations);
    // Only credentials have an age.
    annotations.retain(|(_, value, _)| !content.entries().is_empty() && value.len() < LONGEST_TIME);
    annotations.shrink_to_fit();
    Secret {
        content,
        type_span: given.map_or(object.label, Node::span),
        secret_type,
        created: node.at(&["metadata", "creationTimestamp"]).and_then(Node::scalar),
        annotations,
        object,
    }
}

fn content(
    node: Node<'_, '_>,
    secret_type: &str,
    annotations: &[(Text<'_>, Text<'_>, Span)],
) -> Content {
    let filled_by = FILLERS
        .iter()
        .find(|(annotation, _)| annotations.iter().any(|(name, ..)| name == annotation));
    if node.get("sops").is_some() {
        return Content::Managed("SOPS");
    }
    let has = |format: Format| value(node, format.data_key()).is_some();
    let Some(format) = Format::from_secret_type(secret_type) else {
        let holds = Format::ALL.into_iter().find(|&format| has(format));
        return Content::OtherType { holds };
    };
    let Some((bytes, span)) = value(node, format.data_key()) else {
        if let Some((_, controller)) = filled_by {
            return Content::Managed(controller);
        }
        let crossed = Format::ALL.into_iter().find(|&other| other != format && has(other));
        return Content::NoKey { format, crossed };
    };
    let summary = match bytes {
        Bytes::Placeholder => return Content::Managed("another program"),
        Bytes::Decoded(bytes) => summarize(format, &bytes, span),
        Bytes::NotBase64 => {
            let problem =
                PayloadError::Syntax { problem: "`data` is not base64", line: 1, column: 1 };
            Summary { format, api_server: Err(problem.clone()), kubelet: Err(problem), span }
        }
    };
    match (filled_by, &summary.kubelet) {
        (Some((_, controller)), Ok(entries)) if entries.is_empty() => Content::Managed(controller),
        _ => Content::Payload(summary),
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
    let placeholder = PLACEHOLDERS.iter().any(|start| text.trim_start().starts_with(start));
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
