//! Secrets: what the kubelet would find in them, and what tells when they were rotated. What is secret in them is
//! read, classified and dropped at once.

use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::annotations::{self, Annotation, LONGEST_TIME};
use super::reach::{self, Reach};
use super::wrong::{self, Sort};
use super::{Object, SourceKind, Text, exact, refreshers, text};
use crate::base64::{self, Encoding};
use crate::credentials::exposure;
use crate::credentials::keyring::{KeyIndex, WORTH_AN_INDEX};
use crate::credentials::literal::{Literal, literals};
use crate::credentials::payload::{
    self, Kubelet, Misfit, Payload, PayloadError, PayloadFormat, Unusable, ValueProblem,
};
use crate::say;
use crate::source::Span;
use crate::text;
use crate::token::Classification;
use crate::yaml::Node;

/// The annotation of a Secret that argocd-vault-plugin fills while manifests are rendered.
const FILLED_BY_AVP: &str = "avp.kubernetes.io/path";

/// A Secret.
pub struct Secret<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its `type`; `Opaque` if it has none.
    pub secret_type: Text<'a>,
    /// Where its type is, or its name.
    pub type_span: Span,
    /// What the kubelet finds in it.
    pub content: Content,
    /// Its annotations that may tell a time: name, value and place.
    pub annotations: Box<[Annotation<'a>]>,
    /// When its payload was last written, by its `metadata.managedFields`.
    pub written: WriteTimes<'a>,
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
    Payload(Box<PayloadSummary>),
    /// It has a type that the kubelet reads, and not the key of that type.
    NoKey {
        /// The format of its type.
        format: PayloadFormat,
        /// The key of the other type, if that is there.
        crossed: Option<PayloadFormat>,
        /// A key that is meant for it, as it seems.
        near: Option<Text<'static>>,
    },
    /// The kubelet passes it over for its type.
    OtherType {
        /// The key of a pull secret that it has all the same.
        holds: Option<PayloadFormat>,
    },
    /// Something else fills it later, or holds what is not shown here.
    Managed,
}

/// A payload without what is secret in it.
pub struct PayloadSummary {
    /// Its format.
    pub format: PayloadFormat,
    /// Whether the API server stores it.
    pub api_server: Result<(), PayloadError>,
    /// The entries that the kubelet sees, or why every pull of the pod fails.
    pub kubelet: Result<Vec<RedactedEntry>, PayloadError>,
    /// What it is, if not a list of entries.
    pub misfit: Option<Misfit>,
    /// The credentials that stand in it where the entries are not all that it holds.
    pub literals: Vec<Literal>,
    /// Where it is.
    pub span: Span,
    /// Where the value is for which the API server rejects the Secret, if that is another one.
    pub rejected: Option<Span>,
    /// Its keys, if there are many and somebody has asked for them.
    index: OnceLock<KeyIndex>,
}

/// An entry without what is secret in it.
pub struct RedactedEntry {
    /// Its key as written. Show it through [`crate::credentials::shown_key`].
    pub key: String,
    /// Why it authenticates nothing.
    pub unusable: Option<Unusable>,
    /// What kind of credential it holds, and how long that lives.
    pub class: Option<Classification>,
    /// Whether a line break has slipped into it.
    pub stray_newline: bool,
    /// What is wrong with the form of its user name.
    pub user_flaw: Option<&'static str>,
    /// What everyone can read in it, without an article.
    pub literal: Option<&'static str>,
}

impl Content {
    /// Its entries; none if it has none that the kubelet can read. A Secret that the API server rejects is not stored,
    /// and no kubelet sees it.
    pub fn entries(&self) -> &[RedactedEntry] {
        match self {
            Self::Payload(summary) => summary.entries(),
            _ => &[],
        }
    }

    /// The keys that come with credentials, be it that no kubelet gets to see them.
    pub fn meant_keys(&self) -> impl Iterator<Item = &str> {
        let summary = match self {
            Self::Payload(summary) => Some(summary),
            _ => None,
        };
        let lost = summary.into_iter().flat_map(|summary| &summary.literals);
        let lost = lost.map(|literal| literal.key.as_str()).filter(|key| !key.is_empty());
        let usable = self.entries().iter().filter(|entry| entry.unusable.is_none());
        usable.map(|entry| entry.key.as_str()).chain(lost)
    }

    /// The keys of its entries, if there are many: worked out once for all pods that name it.
    pub fn index(&self) -> Option<&KeyIndex> {
        let Self::Payload(summary) = self else { return None };
        let entries = summary.entries();
        let index = || KeyIndex::of(entries.iter().map(|entry| entry.key.as_str()));
        (entries.len() >= WORTH_AN_INDEX).then(|| summary.index.get_or_init(index))
    }

    /// Why it has no credentials at all, if both readers put up with it.
    pub fn misfit(&self) -> Option<Misfit> {
        match self {
            Self::Payload(summary) if summary.api_server.is_ok() => summary.misfit,
            _ => None,
        }
    }

    /// Why the API server stores the Secret and the kubelet cannot read it, which fails every pull of its pods.
    pub fn broken(&self) -> Option<&PayloadError> {
        match self {
            Self::Payload(summary) if summary.api_server.is_ok() => summary.kubelet.as_ref().err(),
            _ => None,
        }
    }
}

impl PayloadSummary {
    /// The entries that a kubelet gets to see.
    pub fn entries(&self) -> &[RedactedEntry] {
        match (&self.api_server, &self.kubelet) {
            (Ok(()), Ok(entries)) => entries,
            _ => &[],
        }
    }
}

/// What `metadata.managedFields` tells of the time of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteTimes<'a> {
    /// The time after which no one has written it.
    pub latest: Option<Text<'a>>,
    /// A time at which it was certainly written.
    pub certain: Option<Text<'a>>,
}

/// Reads a Secret. In a cluster nothing is left to be filled in: its content is what the kubelet reads.
pub(super) fn secret<'a>(
    node: Node<'_, 'a>,
    object: Object<'a>,
    source_kind: SourceKind,
) -> Secret<'a> {
    let given = node.get("type").filter(|node| text(*node).is_some());
    let secret_type = given.and_then(text).unwrap_or(Text::from("Opaque"));
    let map = node.at(&["metadata", "annotations"]);
    let mut annotations: Vec<_> = map.into_iter().flat_map(annotations::of).collect();
    let refreshed_by = refreshers::refresher(node);
    let managed = managed(node, &secret_type, refreshed_by.is_some())
        .filter(|_| source_kind == SourceKind::Manifests);
    let content = match (content(node, &secret_type, managed), source_kind) {
        (content, SourceKind::Cluster) => shown(content),
        (Content::Payload(summary), SourceKind::Manifests) if managed.is_none() => {
            Content::Payload(with_the_rest(summary, node))
        }
        (content, SourceKind::Manifests) => content,
    };
    let reach = Reach::of(reach::among(&annotations)).map(Box::new);
    // Only credentials have an age.
    let aged = matches!(content, Content::Managed) || !content.entries().is_empty();
    annotations.retain(|(_, value, _)| aged && value.len() < LONGEST_TIME);
    let format = PayloadFormat::from_secret_type(&secret_type).filter(|_| aged);
    Secret {
        content,
        type_span: given.map_or(object.label, Node::span),
        secret_type,
        written: format.map(|format| written(node, format)).unwrap_or_default(),
        created: node.at(&["metadata", "creationTimestamp"]).and_then(Node::scalar),
        annotations: exact(annotations),
        refreshed_by,
        reach,
        object,
    }
}

/// When the payload was written. An entry of `managedFields` gets a new time when its manager changes a value that it
/// owns, or what it owns (`apimachinery/pkg/util/managedfields/internal/buildmanagerinfo.go` and
/// `managedfieldsupdater.go`): a label will do. So the newest time of the managers that own the payload is one after
/// which no one has written it, and is when it was written only if the manager owns nothing else. `stringData` is stored
/// as `data`.
fn written<'a>(secret: Node<'_, 'a>, format: PayloadFormat) -> WriteTimes<'a> {
    let key = format!("f:{}", format.data_key());
    let managers = secret.at(&["metadata", "managedFields"]).into_iter().flat_map(Node::items);
    let owners = managers.filter_map(|entry| {
        let fields = entry.get("fieldsV1")?;
        fields.at(&["f:data", &key])?;
        Some((entry.get("time").and_then(Node::scalar)?, owns_alone(fields, &key)))
    });
    // The API server writes every time in UTC and in one form, so that their texts are in order.
    owners.fold(WriteTimes::default(), |written, (time, alone)| WriteTimes {
        certain: written.certain.max(alone.then(|| time.clone())),
        latest: written.latest.max(Some(time)),
    })
}

/// Whether all that is owned is the value under one key of `data`.
fn owns_alone(fields: Node<'_, '_>, key: &str) -> bool {
    let only = |node: Node<'_, '_>, allowed: &[&str]| {
        node.entries().all(|(name, _)| name.scalar().is_some_and(|name| allowed.contains(&&*name)))
    };
    only(fields, &["f:data"]) && fields.get("f:data").is_some_and(|data| only(data, &[".", key]))
}

/// What the API server does not store is in no cluster: whoever made the dump has left it out.
fn shown(content: Content) -> Content {
    match content {
        Content::NoKey { .. } => Content::Managed,
        Content::Payload(summary) if summary.api_server.is_err() => Content::Managed,
        content => content,
    }
}

/// What fills a Secret of the manifests before or after it gets to the cluster.
fn managed(node: Node<'_, '_>, secret_type: &str, is_refreshed: bool) -> Option<Managed> {
    if node.get("sops").is_some() {
        // By default SOPS encrypts the type too.
        return Some(Managed::Encrypted { whole: secret_type.starts_with("ENC[") });
    }
    let avp = node.at(&["metadata", "annotations", FILLED_BY_AVP]);
    (is_refreshed || avp.is_some()).then_some(Managed::ByController)
}

/// What fills a Secret.
#[derive(Clone, Copy)]
enum Managed {
    /// A controller.
    ByController,
    /// SOPS decrypts its values, or all of it.
    Encrypted { whole: bool },
}

fn content(node: Node<'_, '_>, secret_type: &str, managed: Option<Managed>) -> Content {
    if let Some(Managed::Encrypted { whole: true }) = managed {
        return Content::Managed;
    }
    let has = |format: PayloadFormat| value(node, format.data_key()).is_some();
    let Some(format) = PayloadFormat::from_secret_type(secret_type) else {
        let holds = PayloadFormat::ALL.into_iter().find(|&format| has(format));
        return Content::OtherType { holds };
    };
    let Some((bytes, span)) = value(node, format.data_key()) else {
        if let Some(Managed::ByController) = managed {
            return Content::Managed;
        }
        let crossed = PayloadFormat::ALL.into_iter().find(|&other| other != format && has(other));
        return Content::NoKey { format, crossed, near: near_key(node) };
    };
    if let Some(Managed::Encrypted { .. }) = managed {
        return Content::Managed;
    }
    let summary = match bytes {
        Bytes::Placeholder => return Content::Managed,
        Bytes::Text { bytes, plain } => {
            let summary = summarize(format, &bytes, span);
            // Once the placeholder is filled in, it can be read.
            if summary.kubelet.is_err() && exposure::has_placeholder(&bytes) {
                return Content::Managed;
            }
            if plain { as_text(summary) } else { summary }
        }
        Bytes::Rejected { problem, text } => {
            let map = if node.at(&["stringData", format.data_key()]).is_some() {
                "stringData"
            } else {
                "data"
            };
            rejected(format, span, error_at(map, format.data_key(), problem), &text)
        }
    };
    if let (Some(Managed::ByController), []) = (managed, summary.entries())
        && summary.kubelet.is_ok()
    {
        return Content::Managed;
    }
    Content::Payload(Box::new(summary))
}

fn summarize(format: PayloadFormat, bytes: &[u8], span: Span) -> PayloadSummary {
    let payload = payload::read(format, bytes);
    let entries = payload.entries().iter().map(|entry| RedactedEntry {
        key: entry.key.clone(),
        unusable: payload.unusable(entry),
        class: entry.classify(),
        stray_newline: entry.has_stray_newline(),
        user_flaw: entry.user_flaw(),
        literal: entry.literal(),
    });
    let entries: Vec<_> = entries.collect();
    let Payload { api_server, kubelet, misfit, .. } = payload;
    let kubelet = match kubelet {
        Kubelet::Error(error) => Err(error),
        Kubelet::Entries(_) | Kubelet::Skipped => Ok(entries),
    };
    let is_whole = api_server.is_ok()
        && kubelet.is_ok()
        && !matches!(misfit, Some(Misfit::OtherForm(_) | Misfit::Misnamed(_)));
    let literals = if is_whole { Vec::new() } else { literals(bytes) };
    let (rejected, index) = (None, OnceLock::new());
    PayloadSummary { format, api_server, kubelet, misfit, literals, span, rejected, index }
}

/// The payload of `stringData`, where base64 has its own cause.
fn as_text(summary: PayloadSummary) -> PayloadSummary {
    if summary.api_server != Err(PayloadError::StillBase64) {
        return summary;
    }
    let error = error_at("stringData", summary.format.data_key(), ValueProblem::Encoded);
    PayloadSummary { api_server: Err(error.clone()), kubelet: Err(error), ..summary }
}

fn rejected(format: PayloadFormat, span: Span, error: PayloadError, text: &[u8]) -> PayloadSummary {
    let (api_server, kubelet) = (Err(error.clone()), Err(error));
    let literals = literals(text);
    let (misfit, rejected, index) = (None, None, OnceLock::new());
    PayloadSummary { format, api_server, kubelet, misfit, literals, span, rejected, index }
}

fn error_at(map: &'static str, key: &str, problem: ValueProblem) -> PayloadError {
    PayloadError::Value { place: say!("{}[{}]", map, text::shown(key)), problem }
}

/// The API server takes the values of a Secret together, or not at all.
fn with_the_rest(mut summary: Box<PayloadSummary>, secret: Node<'_, '_>) -> Box<PayloadSummary> {
    if summary.api_server.is_ok()
        && let Some((error, span)) = rejected_beside(secret)
    {
        let entries = summary.entries().iter();
        let literals = entries
            .filter_map(|entry| entry.literal.map(|what| Literal { key: entry.key.clone(), what }));
        let literals: Vec<_> = literals.collect();
        summary.literals.extend(literals);
        summary.api_server = Err(error);
        summary.rejected = Some(span);
    }
    summary
}

/// The first value of a Secret that is none, so that the API server does not decode the object at all: `data` is a
/// `map[string][]byte`, `stringData` a `map[string]string` (`k8s.io/api/core/v1/types.go`); or the first with a key that
/// it refuses.
fn rejected_beside(secret: Node<'_, '_>) -> Option<(PayloadError, Span)> {
    [("data", false), ("stringData", true)].into_iter().find_map(|(name, plain)| {
        let map = secret.get(name).filter(|map| !map.is_null())?;
        if !map.is_mapping() {
            let problem = ValueProblem::NotAMapping(not_a_string(map).unwrap_or("a string"));
            return Some((PayloadError::Value { place: name.into(), problem }, map.span()));
        }
        map.entries().find_map(|(key, value)| {
            let (key, value) = (key.scalar().unwrap_or_default(), value.resolved());
            let problem = match bytes(value, plain) {
                Bytes::Rejected { problem, .. } => problem,
                _ if !is_data_key(&key) && !exposure::has_placeholder(key.as_bytes()) => {
                    ValueProblem::Key
                }
                _ => return None,
            };
            Some((error_at(name, &key, problem), value.span()))
        })
    })
}

/// `IsConfigMapKey` (`apimachinery/pkg/util/validation/validation.go`), which `ValidateSecret` asks of every key.
fn is_data_key(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let climbs = key == "." || key.starts_with("..");
    (1..=253).contains(&key.len()) && key.bytes().all(allowed) && !climbs
}

/// A value of a Secret.
enum Bytes {
    /// What it comes to; `plain` if nothing had to be decoded.
    Text { bytes: Zeroizing<Vec<u8>>, plain: bool },
    /// The API server rejects it.
    Rejected { problem: ValueProblem, text: Zeroizing<Vec<u8>> },
    /// Something else takes its place before it gets there.
    Placeholder,
}

/// The value under a key: `stringData` overrides `data` (pkg/registry/core/secret/strategy.go).
fn value(secret: Node<'_, '_>, key: &str) -> Option<(Bytes, Span)> {
    let under = |map: &str| secret.get(map).and_then(|map| map.get(key));
    let (node, plain) = under("stringData")
        .map(|node| (node, true))
        .or_else(|| under("data").map(|node| (node, false)))?;
    Some((bytes(node, plain), node.span()))
}

fn bytes(node: Node<'_, '_>, plain: bool) -> Bytes {
    if let Some(what) = not_a_string(node) {
        let text = super::exposed::as_json(node);
        let is_template = node.resolved().source().starts_with("{{");
        let problem =
            if is_template { ValueProblem::Unrendered } else { ValueProblem::NotAString(what) };
        return Bytes::Rejected { problem, text };
    }
    let text = Zeroizing::new(node.scalar().unwrap_or_default().into_string().into_bytes());
    if node.is_null() {
        Bytes::Text { bytes: Zeroizing::new(Vec::new()), plain }
    } else if str::from_utf8(&text).is_ok_and(exposure::is_placeholder) {
        Bytes::Placeholder
    } else if plain {
        Bytes::Text { bytes: text, plain }
    } else if let Ok(bytes) = base64::decode(&text, Encoding::Padded) {
        Bytes::Text { bytes, plain }
    } else {
        let is_folded = node.source().trim_end().contains('\n');
        Bytes::Rejected { problem: ValueProblem::of_data(&text, is_folded), text }
    }
}

/// What a value is that is not a string to Go's YAML reader.
fn not_a_string(node: Node<'_, '_>) -> Option<&'static str> {
    Some(match wrong::not_a_string(node)?.sort {
        Sort::Mapping => "a mapping",
        Sort::List => "a list",
        Sort::Number | Sort::Boolean => "a number or a boolean",
    })
}

/// A key of a Secret that is meant for its payload, as it seems: without its dot, or named as the file is.
fn near_key(secret: Node<'_, '_>) -> Option<Text<'static>> {
    const MEANT: &[&str] =
        &["dockerconfigjson", "dockercfg", "dockerconfig", "configjson", "dockerjson"];
    let keys = ["data", "stringData"]
        .into_iter()
        .filter_map(|map| secret.get(map))
        .flat_map(Node::entries);
    let mut keys = keys.filter_map(|(key, _)| key.scalar());
    let bare = |key: &str| {
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let exact = |key: &str| PayloadFormat::ALL.iter().any(|format| format.data_key() == key);
    keys.find(|key| !exact(key) && MEANT.contains(&&*bare(key))).map(Text::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;
    use crate::kinds::Table;

    const EMPTY: &str = "type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: e30K}\n";
    const FULL: &str = "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\":{\"a\":{\
                        \"username\":\"u\",\"password\":\"p\"}}}'}\n";

    /// The Secret with this metadata and the rest of its text.
    #[track_caller]
    fn with<T>(
        metadata: &str,
        rest: &str,
        source_kind: SourceKind,
        look: impl Fn(&Secret<'_>) -> T,
    ) -> T {
        let text =
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, {metadata}}}\n{rest}");
        let inventory = match source_kind {
            SourceKind::Manifests => Inventory::of(&text),
            SourceKind::Cluster => Inventory::of_cluster(&text, Table::builtin()),
        };
        look(&inventory.unwrap_or_else(|problem| panic!("{problem:?}")).secrets[0])
    }

    #[track_caller]
    fn written(entries: &str, expected: (Option<&str>, Option<&str>)) {
        let metadata = format!("managedFields: [{entries}]");
        let written = with(&metadata, FULL, SourceKind::Cluster, |secret| {
            let owned = |time: &Option<Text<'_>>| time.as_deref().map(str::to_owned);
            (owned(&secret.written.latest), owned(&secret.written.certain))
        });
        assert_eq!((written.0.as_deref(), written.1.as_deref()), expected, "{entries}");
    }

    #[test]
    fn managers_tell_when_the_payload_was_written_at_the_latest() {
        let entry =
            |time: &str, fields: &str| format!("{{time: '{time}', fieldsV1: {{{fields}}}}}");
        let owner = "f:data: {.: {}, f:.dockerconfigjson: {}}";
        let with_label = "f:data: {f:.dockerconfigjson: {}}, f:metadata: {f:labels: {f:app: {}}}";
        let (january, february, march) =
            ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
        written(&entry(january, owner), (Some(january), Some(january)));
        written(&entry(january, with_label), (Some(january), None));
        written(
            &[entry(february, owner), entry(march, with_label), entry(january, owner)].join(", "),
            (Some(march), Some(february)),
        );
        // Each change of what the manager owns beside it moves the time.
        for beside in ["f:type: {}", "f:immutable: {}", "f:metadata: {f:annotations: {}}"] {
            written(&entry(january, &format!("{owner}, {beside}")), (Some(january), None));
        }
        let other_key = "f:data: {f:.dockerconfigjson: {}, f:note: {}}";
        written(&entry(january, other_key), (Some(january), None));
        // Owners of something else, of another key, of what is never stored, and one without a time.
        written(&entry(january, "f:metadata: {f:labels: {}}"), (None, None));
        written(&entry(january, "f:data: {f:.dockercfg: {}}"), (None, None));
        written(&entry(january, "f:stringData: {f:.dockerconfigjson: {}}"), (None, None));
        written(&format!("{{fieldsV1: {{{owner}}}}}"), (None, None));
    }

    #[track_caller]
    fn refreshed(metadata: &str, by: Option<&str>) {
        let found = with(metadata, FULL, SourceKind::Cluster, |secret| secret.refreshed_by);
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
            let managed = |source_kind| {
                with(mark, EMPTY, source_kind, |secret| matches!(secret.content, Content::Managed))
            };
            assert!(managed(SourceKind::Manifests), "{mark}");
            assert!(!managed(SourceKind::Cluster), "{mark}");
        }
        let plain = |secret: &Secret<'_>| matches!(secret.content, Content::Managed);
        assert!(!with("labels: {a: b}", EMPTY, SourceKind::Manifests, plain));
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
            let managed = |secret: &Secret<'_>| matches!(secret.content, Content::Managed);
            assert!(with("labels: {a: b}", &text, SourceKind::Cluster, managed), "{left_out}");
            assert!(!with("labels: {a: b}", &text, SourceKind::Manifests, managed), "{left_out}");
        }
    }

    #[test]
    fn sops_hides_values_and_neither_type_nor_keys() {
        let content = |rest: &str| {
            with(
                "labels: {a: b}",
                &format!("sops: {{version: 3.9.0}}\n{rest}"),
                SourceKind::Manifests,
                |secret| match secret.content {
                    Content::Managed => "managed",
                    Content::NoKey { .. } => "no key",
                    Content::OtherType { .. } => "other type",
                    Content::Payload(_) => "payload",
                },
            )
        };
        let docker = "type: kubernetes.io/dockerconfigjson\n";
        assert_eq!(content(&format!("{docker}data: {{.dockerconfigjson: 'ENC[A]'}}\n")), "managed");
        assert_eq!(content(&format!("{docker}data: {{password: 'ENC[A]'}}\n")), "no key");
        assert_eq!(content("type: Opaque\ndata: {.dockerconfigjson: 'ENC[A]'}\n"), "other type");
        assert_eq!(content("type: 'ENC[A]'\ndata: {.dockerconfigjson: 'ENC[A]'}\n"), "managed");
    }
}
