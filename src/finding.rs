//! The table of finding codes, and the plain data of a finding.
//!
//! Nothing here decides anything, and nothing here knows how a report shows a finding.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::rc::Rc;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::edit::Edit;
use crate::say;
use crate::source::Span;
use crate::text::{Message, Shown};
use crate::words::Words;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Severity {
    /// The pull fails, or a credential is exposed.
    Error,
    /// Something is wrong, or is unknown.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Words for Severity {}

/// A kind of finding: a row of the table.
#[derive(Debug)]
pub struct Code {
    /// Its name, in kebab case. It never changes.
    pub name: &'static str,
    /// How much it matters, unless the policy says otherwise.
    pub severity: Severity,
    /// What is wrong, in a few words: lower case, no full stop.
    pub title: &'static str,
    /// What it reports.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// A case of it, in YAML or a command line.
    pub example: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Where to read on, and the controls and weaknesses that fit.
    pub references: &'static [&'static str],
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What a kind of finding is about, in the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// A pull that fails, or a pod that never starts.
    Pull,
    /// The run, the policy, and what is worth knowing.
    Other,
    /// Credentials that work, but are not kept as they should be.
    Hygiene,
}

/// The kinds that are about how credentials are kept.
static HYGIENE: &[&Code] = &[
    &HARDCODED_CREDENTIALS,
    &ROTATION_OVERDUE,
    &ROTATION_UNKNOWN,
    &SLOW_REFRESH,
    &UNNEEDED_PULL_SECRET,
];

/// The kinds that are about pulls but are not errors by themselves, since the pull may still succeed.
static HINDRANCES: &[&Code] = &[
    &UNUSABLE_CREDENTIALS,
    &NEWLINE_IN_CREDENTIALS,
    &PULL_SECRET_NOT_FOUND,
    &SECRET_APPEARS_LATE,
    &EMPTY_PULL_SECRET_NAME,
    &SHADOWED_SERVICE_ACCOUNT_SECRETS,
    &REFERENCE_NOT_RENAMED,
    &BAD_CREDENTIALS_FOR_PUBLIC_IMAGE,
];

impl Code {
    /// What it is about. An error is about pulls, unless a table says otherwise.
    pub fn concern(&self) -> Concern {
        if HYGIENE.contains(&self) {
            Concern::Hygiene
        } else if self.severity == Severity::Error || HINDRANCES.contains(&self) {
            Concern::Pull
        } else {
            Concern::Other
        }
    }

    /// Whether it says that the whole input holds nothing to check.
    pub fn is_of_input(&self) -> bool {
        [&EMPTY_INPUT, &NO_KUBERNETES_OBJECT].contains(&self)
    }

    /// The page of the web to read on, if there is one.
    pub fn page(&self) -> Option<&'static str> {
        self.references.iter().copied().find(|reference| reference.starts_with("https://"))
    }
}

/// A kind of finding by its name.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

/// The names of all kinds, in the order of the table.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|code| code.name).collect()
}

/// Something found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which kind.
    pub code: &'static Code,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong, in a sentence that names the objects.
    pub message: Message,
    /// Where; `None` if it is about the whole run.
    pub place: Option<Place>,
    /// Where a person has to look, if that is not the place: the entry of a list that names the wrong pull secret.
    pub focus: Option<Box<Place>>,
    /// Other places that it names: the Secret that covers the image, the first of two equal keys.
    pub related: Box<[Place]>,
    /// What it has in common with other findings of its code, so that one fix solves all of them.
    pub cause: Option<Cause>,
    /// The image it is about.
    pub image: Option<Shown<'static>>,
    /// The name of the container or volume that it is about, if it is about one.
    pub container: Option<Shown<'static>>,
    /// What to do, with the real names filled in.
    pub remedy: Option<Remedy>,
    /// The edits that mend it, if the manifests and the policy say what is missing. Each finding is mended by itself:
    /// two findings about one pod can have the same edit.
    pub fix: Box<[Fix]>,
    /// What it is the same by in another run.
    pub fingerprint: Fingerprint,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Box<Suppression>>,
}

/// Findings in order.
#[expect(
    clippy::vec_box,
    reason = "a list of many thousand would be copied as a whole when it grows"
)]
#[derive(Debug, Default)]
pub struct FindingList(Vec<Box<Finding>>);

impl FindingList {
    /// Adds one at the end.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(Box::new(finding));
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Finding> + ExactSizeIterator + Clone {
        self.0.iter().map(|finding| &**finding)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes those that `keep` does not want.
    pub fn retain(&mut self, mut keep: impl FnMut(&Finding) -> bool) {
        self.0.retain(|finding| keep(finding));
    }

    /// Removes all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Sorts them; those with equal keys keep their order.
    pub fn sort_by_cached_key<K: Ord>(&mut self, key: impl Fn(&Finding) -> K) {
        self.0.sort_by_cached_key(|finding| key(finding));
    }
}

/// What findings of one code have in common: the ServiceAccount that no one knows, the registry without a pull secret.
/// Findings with an equal cause are one problem to a person, and stay apart for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause(Box<[u64]>);

impl Cause {
    /// Of the names that identify it, the narrowest first: where there are too many narrow causes, a wider one tells
    /// more.
    pub fn of(levels: &[&[&str]]) -> Self {
        Self(levels.iter().map(Self::digest).collect())
    }

    /// How many levels there are.
    pub fn levels(&self) -> usize {
        self.0.len()
    }

    /// The same for all findings with an equal cause; 0 is the narrowest level, and those beyond the last are the last.
    pub fn key(&self, level: usize) -> u64 {
        self.0.get(level).or(self.0.last()).copied().unwrap_or_default()
    }

    /// A number in the place of names: there may be many thousand findings, and no one reads their causes.
    pub fn digest(names: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        names.hash(&mut hasher);
        hasher.finish()
    }
}

/// What to do about a finding, in one or more parts. Most findings of many thousand share parts with others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Remedy(Box<[Arc<Message>]>);

impl Remedy {
    /// Of parts that follow each other as they are; `None` without one.
    pub fn of(parts: Box<[Arc<Message>]>) -> Option<Self> {
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Its text, on one or more lines.
    pub fn text(&self) -> String {
        let mut text: String = self.0.iter().map(|part| part.as_str()).collect();
        text.truncate(text.trim_end().len());
        text
    }
}

impl Serialize for Remedy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// An edit of a source that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Which source.
    pub source: usize,
    /// The edit.
    pub edit: Edit,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What says so.
    pub by: SuppressedBy,
    /// The reason that it gives.
    pub reason: Shown<'static>,
    /// The last day on which it holds, as in `2027-03-31`.
    pub expires: Option<Shown<'static>>,
}

impl Suppression {
    /// The reason, and until when it holds.
    pub fn text(&self) -> Message {
        match &self.expires {
            Some(day) => say!("{} (until {})", self.reason, day),
            None => self.reason.clone().into(),
        }
    }
}

/// What can say that a finding does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SuppressedBy {
    /// An exception of the policy.
    PolicyException,
    /// The annotation `pullcreds.dev/ignore` of the object or its pod template.
    Annotation,
    /// A comment in the manifest.
    Comment,
    /// The baseline of the run.
    Baseline,
}

impl Words for SuppressedBy {}

/// By what a finding is the same in another run: its code, its object, and the field or the name that it is about.
///
/// It has no line, no number of a document or list item that has a name, and no name of a file. So it stays when
/// objects change places, are formatted anew or move to another file. Two findings have the same one if they are about
/// one thing, such as two nameless entries of one list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of a finding about an object. `field` is the path from the object, with names in the place of numbers; `details`
    /// are what tells several findings about that field apart.
    pub fn of_object(code: &Code, object: &Subject, field: &str, details: &[String]) -> Self {
        let part =
            |part: Option<&Shown<'_>>| escaped(part.map_or("", |part| part.masked()), &[':', '/']);
        let Subject { kind, namespace, name, .. } = object;
        let object = [Some(kind), namespace.as_ref(), name.as_ref()].map(part).join("/");
        Self::of(code, [object, escaped(field, &[':'])].into_iter(), details)
    }

    /// Of a finding about something else: `details` say what.
    pub fn of_run(code: &Code, details: &[String]) -> Self {
        Self::of(code, std::iter::empty(), details)
    }

    fn of(code: &Code, parts: impl Iterator<Item = String>, details: &[String]) -> Self {
        let details = details.iter().map(|detail| escaped(detail, &[':']));
        let parts = parts.chain(details).filter(|part| !part.is_empty());
        let all: Vec<_> = std::iter::once(code.name.to_owned()).chain(parts).collect();
        Self(all.join(":"))
    }

    /// Its text: one line without blanks.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text without blanks, control characters and `separators`: they are written as in a URL.
fn escaped(text: &str, separators: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '%' || c.is_whitespace() || c.is_control() || separators.contains(&c) {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A place in a source.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which source.
    pub source: usize,
    /// The ordinal of its document, from 0.
    pub document: usize,
    /// The bytes it is about.
    pub span: Span,
    /// The bytes that belong to the document: no excerpt goes beyond them.
    pub chunk: Span,
    /// What is at this place, for the reader of the excerpt.
    pub label: Message,
    /// The path from the document's root, empty if there is none.
    pub path: Shown<'static>,
    /// The object. Findings about one object, which come together, share it.
    pub object: Rc<Subject>,
}

/// The object that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its `apiVersion`.
    pub api_version: Shown<'static>,
    /// Its `kind`.
    pub kind: Shown<'static>,
    /// Its namespace.
    pub namespace: Option<Shown<'static>>,
    /// Its name.
    pub name: Option<Shown<'static>>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $id:ident {
        name: $name:literal, severity: $severity:ident, title: $title:literal,
        what: $what:literal, why: $why:literal, example: $example:literal,
        remedy: $remedy:literal, references: [$($reference:literal),* $(,)?] $(,)?
    })*) => {
        $($(#[$doc])* pub static $id: Code = Code {
            name: $name, severity: Severity::$severity, title: $title, what: $what, why: $why,
            example: $example, remedy: $remedy, references: &[$($reference),*],
        };)*
        /// Every kind of finding.
        pub static ALL: &[&Code] = &[$(&$id),*];
        /// How each is called in the program.
        #[cfg(test)]
        const IDS: &[&str] = &[$(stringify!($id)),*];
    };
}

codes! {
    /// A private image, and nothing that authenticates its pull.
    MISSING_PULL_SECRET {
        name: "missing-pull-secret", severity: Error,
        title: "nothing authenticates the pull of a private image",
        what: "An image comes from a private registry, and neither the pod nor its ServiceAccount has a pull secret.",
        why: "The kubelet pulls without credentials. Either the pull fails with ImagePullBackOff, or it works because the node has credentials that every pod on it can use.",
        example: "spec:\n  containers:\n  - name: api\n    image: myregistry.azurecr.io/api:v1",
        remedy: "Add a Secret of type kubernetes.io/dockerconfigjson to imagePullSecrets of the pod or its ServiceAccount. If the nodes pull from this registry with their own identity, declare that in the policy (iam: true).",
        references: [
            "https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/",
            "NIST SP 800-190 section 4.2.3 (registries: authentication and authorization)",
            "Microsoft threat matrix MS-TA9037 (images from a private registry)",
            "CWE-522",
            "NIST SP 800-53 IA-5",
            "CIS Kubernetes 5.4.1 (as the control names it)",
        ],
    }
    /// A private image of a pod whose ServiceAccount is unknown.
    UNKNOWN_PULL_SECRET {
        name: "unknown-pull-secret", severity: Error,
        title: "it is unknown whether anything authenticates the pull of a private image",
        what: "An image comes from a private registry, the pod has no pull secret, and its ServiceAccount is neither in the input nor in a cluster dump nor in the policy. Or a bare Pod comes before its ServiceAccount in the input, and gets the pull secrets that the ServiceAccount had before.",
        why: "Some ServiceAccounts in a cluster have pull secrets and some do not. An unknown state never counts as a pass.",
        example: "spec:\n  serviceAccountName: builder   # not in the input\n  containers:\n  - name: api\n    image: myregistry.azurecr.io/api:v1",
        remedy: "Add the pull secret to the pod, add the ServiceAccount to the input, declare it in the policy under cluster.serviceAccounts, or provide a cluster dump (--cluster-dump).",
        references: [
            "https://kubernetes.io/docs/concepts/security/service-accounts/#authenticating-image-pulls",
            "NIST SP 800-190 section 4.2.3 (registries: authentication and authorization)",
            "CWE-522",
            "NIST SP 800-53 IA-5",
            "CIS Kubernetes 5.4.1 (as the control names it)",
        ],
    }
    /// Pull secrets that give no credentials for the image.
    MISMATCHED_PULL_SECRET {
        name: "mismatched-pull-secret", severity: Error,
        title: "no pull secret of the pod gives credentials for a private image",
        what: "The pod has pull secrets, but none of them gives the kubelet credentials for the image: their keys are for other registries, ports or paths, or the kubelet cannot use them at all, or the policy declares them for other images (--inject, registries[].pullSecrets, cluster.secrets[].registries).",
        why: "The kubelet finds no credentials for the image and pulls without any.",
        example: "imagePullSecrets:\n- name: dockerhub              # credentials for docker.io\ncontainers:\n- name: api\n  image: myregistry.azurecr.io/api:v1",
        remedy: "Add a Secret that has credentials for the registry of the image. If a pull secret of the pod has them but is kept elsewhere, declare that: --inject HOST=SECRET.",
        references: [
            "https://kubernetes.io/docs/concepts/containers/images/#config-json",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/keyring.go",
            "NIST SP 800-190 section 4.2.3 (registries: authentication and authorization)",
            "CWE-522",
            "NIST SP 800-53 IA-5",
        ],
    }
    /// A pull secret that the kubelet cannot read: it fails every pull of the pod.
    BROKEN_PULL_SECRET {
        name: "broken-pull-secret", severity: Error,
        title: "a pull secret makes every image pull of its pods fail",
        what: "The API server stores the Secret, but the kubelet cannot read its payload.",
        why: "The lookup of credentials fails completely: the kubelet cannot pull any image of a pod that names the Secret, not even a public one.",
        example: "auths:\n  ghcr.io: {auth: \"not base64\"}",
        remedy: "Recreate the Secret with kubectl create secret docker-registry.",
        references: ["https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/secrets/secrets.go"],
    }
    /// A Secret that the API server does not store.
    REJECTED_PULL_SECRET {
        name: "rejected-pull-secret", severity: Error,
        title: "the API server rejects a pull secret",
        what: "The API server does not accept a value of the Secret: data that is not base64, stringData that is not a string, a payload that is not a JSON object, or a key that is not valid in a Secret.",
        why: "The apply fails and the Secret is not stored. Pods that name it start without it: their other pull secrets count. An image that needs this one cannot be pulled, which is a separate finding.",
        example: "type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: >-   # folded: line breaks become spaces\n    eyJhdXRo\n    cyI6e319",
        remedy: "Correct the value that the message names, or recreate the Secret with kubectl create secret docker-registry.",
        references: ["https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go"],
    }
    /// A payload that the API server and the kubelet accept, and that gives no credentials.
    PULL_SECRET_WITHOUT_CREDENTIALS {
        name: "pull-secret-without-credentials", severity: Warning,
        title: "a pull secret gives the kubelet no credentials",
        what: "The payload of a Secret is valid, but the kubelet finds no credentials in it. It has the format of the other type ({\"auths\": …} belongs to .dockerconfigjson, hosts at the top level to .dockercfg), or its entries are not under auths, or it only names a credential helper (credsStore, credHelpers), or a pod names the Secret and it has no entry.",
        why: "No component reports an error: the API server stores the Secret, and the kubelet pulls as if it did not exist.",
        example: "type: kubernetes.io/dockercfg\nstringData:\n  .dockercfg: '{\"auths\": {\"ghcr.io\": {…}}}'",
        remedy: "Use the key and the type that belong to the format of the payload, or recreate the Secret with kubectl create secret docker-registry.",
        references: [
            "https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/secrets/secrets.go",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/config.go",
        ],
    }
    /// A named Secret whose type the kubelet ignores.
    WRONG_SECRET_TYPE {
        name: "wrong-secret-type", severity: Error,
        title: "the kubelet ignores a pull secret because of its type",
        what: "A pod or ServiceAccount names a Secret whose type is neither kubernetes.io/dockerconfigjson nor kubernetes.io/dockercfg.",
        why: "The kubelet ignores the Secret without an event, whatever keys it has.",
        example: "kind: Secret\ntype: Opaque\ndata:\n  .dockerconfigjson: …",
        remedy: "Set type: kubernetes.io/dockerconfigjson. The type of an existing Secret is immutable: delete the Secret first.",
        references: ["https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets"],
    }
    /// A named Secret without the key of its type.
    MISSING_SECRET_KEY {
        name: "missing-secret-key", severity: Error,
        title: "a pull secret lacks the key of its type",
        what: "A Secret of type kubernetes.io/dockerconfigjson has no .dockerconfigjson, or a Secret of type kubernetes.io/dockercfg has no .dockercfg.",
        why: "The API server rejects the Secret: the apply fails, and the Secret is not stored.",
        example: "type: kubernetes.io/dockerconfigjson\ndata:\n  dockerconfigjson: …   # the leading dot is missing",
        remedy: "Put the payload under the key that belongs to the type.",
        references: ["https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets"],
    }
    /// An entry that matches images and authenticates nothing.
    UNUSABLE_CREDENTIALS {
        name: "unusable-credentials", severity: Warning,
        title: "an entry of a pull secret authenticates nothing",
        what: "An entry has no user name or no password that the kubelet reads: it is empty, or it has only an identity token (as az acr login writes it), or a credential helper keeps its password.",
        why: "The entry matches images all the same, and they are pulled anonymously: container runtimes send no credentials without a password. A public image is not affected.",
        example: "auths:\n  ghcr.io: {}",
        remedy: "Log in with a plain file (docker --config DIR login) and create the Secret from it.",
        references: [
            "https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/#log-in-to-docker-hub",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/config.go",
            "https://github.com/containerd/containerd/blob/main/core/remotes/docker/auth/fetch.go",
        ],
    }
    /// A newline in a user name or password.
    NEWLINE_IN_CREDENTIALS {
        name: "newline-in-credentials", severity: Warning,
        title: "a registry user name or password contains a newline",
        what: "The user name or password of an entry contains a newline.",
        why: "The registry rejects it. The newline usually comes from echo without -n.",
        example: "echo \"$TOKEN\" | base64",
        remedy: "Recreate the Secret with kubectl create secret docker-registry.",
        references: [
            "https://kubernetes.io/docs/tasks/configmap-secret/managing-secret-using-kubectl/#use-source-files",
        ],
    }
    /// A named Secret that is in the input, in another namespace.
    SECRET_IN_OTHER_NAMESPACE {
        name: "secret-in-other-namespace", severity: Error,
        title: "a pull secret is in another namespace than its pod",
        what: "A pod names a Secret that the input has only in another namespace, or that an object in the input creates there. A SealedSecret creates its Secret in its own namespace, whatever its scope.",
        why: "A pod can only use Secrets of its own namespace. The kubelet continues without the Secret.",
        example: "kind: Secret\nmetadata: {name: regcred, namespace: default}\n---\nkind: Pod\nmetadata: {namespace: shop}\nspec:\n  imagePullSecrets: [{name: regcred}]",
        remedy: "Create a copy of the Secret in the namespace of the pod.",
        references: ["https://kubernetes.io/docs/concepts/containers/images/#referring-to-an-imagepullsecrets-on-a-pod"],
    }
    /// A named Secret that does not exist according to a cluster dump.
    PULL_SECRET_NOT_FOUND {
        name: "pull-secret-not-found", severity: Warning,
        title: "a pull secret does not exist",
        what: "A pod names a Secret that is not in the manifests, that no object in the manifests creates, and that is not in the cluster dump (--cluster-dump), although the dump has the Secrets and ServiceAccounts of the namespace.",
        why: "The kubelet continues without the Secret and emits an event (FailedToRetrieveImagePullSecret). An image that needs it cannot be pulled, which is a separate finding.",
        example: "spec:\n  imagePullSecrets:\n  - name: regcerd   # a typo: the cluster has regcred",
        remedy: "Correct the name, or create the Secret in the namespace of the pod. If the dump is old, create a new one: kubectl get sa,secret -A --show-managed-fields -o yaml",
        references: ["https://github.com/kubernetes/kubernetes/pull/117927", "Popeye POP-305"],
    }
    /// A named Secret that is not in the input, while another one fits.
    MISNAMED_PULL_SECRET {
        name: "misnamed-pull-secret", severity: Warning,
        title: "a pull secret is not in the input, and a similar one is not used",
        what: "A pod or ServiceAccount names a Secret that is not in the input. The input has another Secret in that namespace that no pod or ServiceAccount names, and that covers the image, or has a similar name and is created by an operator. Usually the cause is a typo, or a hash or prefix of kustomize that one of the two names does not have.",
        why: "If the name is wrong, the kubelet continues without credentials. If the Secret is kept elsewhere, nothing is wrong, and the policy can declare it.",
        example: "kind: Secret\nmetadata: {name: dev-regcred-4k2h8t5b6c}   # renamed by kustomize\n---\nspec:\n  imagePullSecrets:\n  - name: regcred                        # not renamed",
        remedy: "Correct the name, or declare the Secret that is kept elsewhere in the policy (cluster.secrets, with registries).",
        references: [
            "https://kubernetes.io/docs/concepts/containers/images/#specifying-imagepullsecrets-on-a-pod",
            "https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/secretgenerator/",
            "https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/konfig/builtinpluginconsts/namereference.go",
        ],
    }
    /// A Secret that the platform creates in one namespace only.
    PLATFORM_SECRET_ELSEWHERE {
        name: "platform-secret-elsewhere", severity: Warning,
        title: "the platform creates a pull secret only in another namespace",
        what: "A pod names a Secret that IBM Cloud creates in the namespace default (all-icr-io), but the pod is in another namespace. Neither the input nor the policy has a copy of the Secret.",
        why: "A pod can only use Secrets of its own namespace, and the platform does not copy this Secret.",
        example: "metadata: {namespace: shop}\nspec:\n  imagePullSecrets:\n  - name: all-icr-io",
        remedy: "Copy the Secret into the namespace of the pod, or declare the copy in the policy (cluster.secrets).",
        references: ["https://cloud.ibm.com/docs/containers?topic=containers-registry"],
    }
    /// An image on Docker Hub that is probably meant to be on another registry.
    IMAGE_WITHOUT_REGISTRY {
        name: "image-without-registry", severity: Warning,
        title: "an image names no registry, and its pull secret is for a registry with a similar name",
        what: "An image without a registry is on Docker Hub. A pull secret of its pod matches no image of the pod, but it is for a registry or a path whose name the image begins with.",
        why: "The kubelet pulls the image from Docker Hub, where it does not exist or belongs to someone else.",
        example: "imagePullSecrets:\n- name: regcred   # for sampleacrdev.azurecr.io\ncontainers:\n- image: sampleacrdev/web:1",
        remedy: "Add the registry to the image reference.",
        references: ["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
    }
    /// A user name that the registry does not accept.
    WRONG_USER_NAME {
        name: "wrong-user-name", severity: Warning,
        title: "a user name does not have the format that its registry requires",
        what: "An entry of a pull secret has a user name that its registry does not accept: a Harbor robot account without its $ and the name after it, a user of Oracle's registry without the tenancy, a user other than AWS for Amazon ECR, or other than $oauthtoken for nvcr.io. The report does not show the name itself.",
        why: "The registry rejects the pull. In double quotes, a shell treats $name as a variable and replaces it with nothing.",
        example: "kubectl create secret docker-registry harbor --docker-username=\"robot$ci\" …   # the user becomes robot",
        remedy: "Recreate the Secret, with the user name in single quotes.",
        references: [
            "https://goharbor.io/docs/latest/working-with-projects/project-configuration/create-robot-accounts/",
            "https://docs.oracle.com/en-us/iaas/Content/Registry/Tasks/registrypushingimagesusingthedockercli.htm",
            "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html",
        ],
    }
    /// A ServiceAccount that does not exist according to a cluster dump.
    SERVICE_ACCOUNT_NOT_FOUND {
        name: "service-account-not-found", severity: Error,
        title: "the ServiceAccount of a pod does not exist",
        what: "A pod runs as a ServiceAccount that is not in the manifests and not in the cluster dump (--cluster-dump), although the dump has ServiceAccounts of the namespace.",
        why: "The admission controller rejects the pod.",
        example: "spec:\n  serviceAccountName: bulider   # a typo: the cluster has builder",
        remedy: "Correct the name, or create the ServiceAccount in the namespace of the pod. If the dump is old, create a new one: kubectl get sa,secret -A --show-managed-fields -o yaml",
        references: ["https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/serviceaccount/admission.go"],
    }
    /// Two different ServiceAccounts with one name.
    DUPLICATE_SERVICE_ACCOUNT {
        name: "duplicate-service-account", severity: Warning,
        title: "a ServiceAccount is in the input twice, and the two differ",
        what: "Two ServiceAccounts of one source have the same name and namespace, but differ in their pull secrets or in an annotation that affects pulls.",
        why: "The one that is applied last replaces the other: imagePullSecrets of a ServiceAccount is an atomic list, and the two lists are not merged.",
        example: "kind: ServiceAccount\nmetadata: {name: app}\nimagePullSecrets: [{name: regcred}]\n---\nkind: ServiceAccount\nmetadata: {name: app}      # without regcred",
        remedy: "Keep one of them.",
        references: ["https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy"],
    }
    /// Registry credentials in plain text.
    HARDCODED_CREDENTIALS {
        name: "hardcoded-credentials", severity: Error,
        title: "registry credentials are hardcoded",
        what: "A manifest contains literal registry credentials: in a Secret (even an unusable one), in an annotation with a copy of a Secret, in an environment variable, an argument, a ConfigMap or an image reference. The message names the type of the credentials, and never shows them. Sealed and encrypted values, placeholders and references do not count. In a rendered stream it is a warning, since the values may come from a vault.",
        why: "Everyone who can read the repository or the release has the credentials. To rotate them, you have to change the manifest.",
        example: "kind: Secret\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: eyJhdXRo…",
        remedy: "Rotate the credentials, and let an operator create the Secret (External Secrets, Sealed Secrets, SOPS).",
        references: [
            "CWE-798",
            "NIST SP 800-53 IA-5(7) (no embedded unencrypted static authenticators)",
            "CIS Kubernetes 5.4.2 (external secret storage)",
            "MITRE ATT&CK T1552 (unsecured credentials)",
            "Kubescape C-0012",
            "CWE-522",
            "NIST SP 800-53 IA-5",
            "CIS Kubernetes 5.4.1 (as the control names it)",
        ],
    }
    /// Credentials that no longer work.
    EXPIRED_CREDENTIALS {
        name: "expired-credentials", severity: Error,
        title: "registry credentials have expired",
        what: "A credential in a Secret contains its expiry time, and has expired.",
        why: "The registry rejects it, and the kubelet does not try an anonymous pull afterwards.",
        example: "an Amazon ECR token, 12 hours after it was issued",
        remedy: "Replace the credential, and refresh it automatically.",
        references: [
            "CWE-324 (use of a key past its expiration date)",
            "NIST SP 800-53 IA-5",
            "https://github.com/containerd/containerd/issues/2211",
        ],
    }
    /// Credentials that expire after hours, in a Secret that nothing refreshes.
    SHORT_LIVED_CREDENTIALS {
        name: "short-lived-credentials", severity: Error,
        title: "a short-lived token is kept in a static Secret",
        what: "A Secret contains a token that is valid for a day at most, and nothing refreshes the Secret.",
        why: "Pods that start after it expires cannot pull.",
        example: "kubectl create secret docker-registry ecr --docker-username=AWS --docker-password=\"$(aws ecr get-login-password)\"",
        remedy: "Let the nodes pull with their own identity, or let an operator refresh the Secret.",
        references: [
            "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html",
            "https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_EKS.html",
            "CWE-324",
        ],
    }
    /// Credentials older than the policy allows.
    ROTATION_OVERDUE {
        name: "rotation-overdue", severity: Error,
        title: "registry credentials are older than the policy allows",
        what: "Registry credentials were last rotated longer ago than rotation.maxAge of the policy (90 days).",
        why: "The older a credential is, the more places it may have leaked to.",
        example: "metadata:\n  annotations:\n    pullcreds.dev/rotated-at: 2026-01-31",
        remedy: "Rotate the credentials and write the time into the annotation pullcreds.dev/rotated-at.",
        references: [
            "CWE-262 (not using password aging)",
            "CWE-263 (password aging with long expiration)",
            "NIST SP 800-53 IA-5",
            "CIS AWS Foundations 1.14 (access keys: 90 days)",
            "CIS GCP Foundations 1.7 (keys of service accounts: 90 days)",
            "CWE-522",
        ],
    }
    /// Credentials of unknown age.
    ROTATION_UNKNOWN {
        name: "rotation-unknown", severity: Warning,
        title: "it is unknown when registry credentials were last rotated",
        what: "No source gives the time when the credential was last rotated: not the credential itself, an annotation, the object that creates the Secret, a cluster dump or the policy. The managedFields times of a dump show since when the data is unchanged. They prove that the data is old. They prove that it is new only if the manager owns nothing but the data, since a changed label changes the time too.",
        why: "An unknown age never counts as a pass.",
        example: "imagePullSecrets:\n- name: regcred   # kept elsewhere",
        remedy: "Add the annotation pullcreds.dev/rotated-at to the Secret, or rotatedAt to its entry in the policy (cluster.secrets), or provide a cluster dump (--cluster-dump). rotation.unknown in the policy sets the severity.",
        references: ["CWE-262 (not using password aging)", "NIST SP 800-53 IA-5"],
    }
    /// An object creates a Secret that the kubelet ignores.
    PRODUCER_WITHOUT_DOCKER_TYPE {
        name: "producer-without-docker-type", severity: Error,
        title: "an object creates a pull secret with a type that the kubelet ignores",
        what: "A pod names a Secret that an object in the input creates, and that object does not set type kubernetes.io/dockerconfigjson.",
        why: "The Secret will be Opaque, and the kubelet ignores it without an event.",
        example: "kind: ExternalSecret\nspec:\n  target: {name: regcred}   # no template.type",
        remedy: "Set the type in the object. For an ExternalSecret, set spec.target.template.type.",
        references: ["https://external-secrets.io/latest/guides/common-k8s-secret-types/"],
    }
    /// An object creates a Secret without the key of its type.
    PRODUCER_WITHOUT_DOCKER_KEY {
        name: "producer-without-docker-key", severity: Error,
        title: "an object creates a pull secret without the key of its type",
        what: "A pod names a Secret that an object in the input creates with a docker type, and that object does not set the key .dockerconfigjson (or .dockercfg).",
        why: "The API server rejects the Secret, so it is never created.",
        example: "kind: ExternalSecret\nspec:\n  target:\n    template:\n      type: kubernetes.io/dockerconfigjson\n      data: {config.json: \"…\"}   # not .dockerconfigjson",
        remedy: "Put the docker configuration under the key of the type. For an ExternalSecret, use spec.target.template.data.",
        references: ["https://external-secrets.io/latest/guides/common-k8s-secret-types/", "https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets"],
    }
    /// An object that should create a Secret creates another kind of object.
    PRODUCER_WITHOUT_SECRET {
        name: "producer-without-secret", severity: Error,
        title: "an object that should create a pull secret creates an object of another kind",
        what: "A pod names a Secret, and the object in the input with that target name creates a ConfigMap or another kind of object (spec.target.manifest of an ExternalSecret, kind of an Infisical target).",
        why: "The Secret is never created, and the kubelet continues without it.",
        example: "kind: ExternalSecret\nspec:\n  target:\n    name: regcred\n    manifest: {apiVersion: v1, kind: ConfigMap}",
        remedy: "Let the object create a Secret of type kubernetes.io/dockerconfigjson.",
        references: ["https://external-secrets.io/latest/api/spec/"],
    }
    /// An object creates a Secret with a payload that is never valid.
    PRODUCER_WITHOUT_VALID_PAYLOAD {
        name: "producer-without-valid-payload", severity: Error,
        title: "the template of a pull secret does not produce a valid docker configuration",
        what: "A pod names a Secret that an object in the input creates from a template (an ExternalSecret, a SealedSecret, a VaultStaticSecret or similar). Whatever the values are, the result is not a docker configuration: the template is not JSON, a value is quoted twice or not at all, the key file of a Google service account is in quotes without toJson, or auth is not base64.",
        why: "The API server rejects the Secret, or the kubelet cannot read it. In both cases it gives no credentials.",
        example: "kind: ExternalSecret\nspec:\n  target:\n    template:\n      type: kubernetes.io/dockerconfigjson\n      data:\n        .dockerconfigjson: '{\"auths\":{\"gcr.io\":{\"username\":\"_json_key\",\"password\":\"{{ .key }}\"}}}'   # the key file is JSON itself",
        remedy: "Write the value as JSON with a function, without quotes around it: \"password\": {{ .key | toJson }}. Encode auth: {{ printf \"%s:%s\" .user .password | b64enc | toJson }}.",
        references: [
            "https://external-secrets.io/latest/guides/templating/",
            "https://external-secrets.io/latest/guides/common-k8s-secret-types/",
            "https://cloud.google.com/artifact-registry/docs/docker/authentication#json-key",
        ],
    }
    /// A token that expires before it is replaced.
    EXPIRES_BEFORE_REFRESH {
        name: "expires-before-refresh", severity: Error,
        title: "a token expires before it is refreshed",
        what: "The object that creates a pull secret fills it with a token that is valid for hours, and refreshes it at a longer interval, or never.",
        why: "After the token has expired and until the next refresh, no image can be pulled with it.",
        example: "kind: ExternalSecret\nspec:\n  refreshInterval: 30h\n  dataFrom:\n  - sourceRef:\n      generatorRef: {kind: ACRAccessToken, name: acr}   # 3 hours",
        remedy: "Refresh more often than the token expires, for example after half of its lifetime.",
        references: ["CWE-324 (use of a key past its expiration date)", "https://external-secrets.io/latest/api/generator/"],
    }
    /// An object refreshes a Secret too rarely.
    SLOW_REFRESH {
        name: "slow-refresh", severity: Warning,
        title: "a pull secret is refreshed less often than the policy requires",
        what: "The object that creates a pull secret never refreshes it, or refreshes it at an interval longer than rotation.maxAge of the policy.",
        why: "The credentials become older than the policy allows.",
        example: "kind: ExternalSecret\nspec:\n  refreshInterval: \"0\"",
        remedy: "Let the object refresh the Secret at an interval within the limit.",
        references: [
            "https://external-secrets.io/latest/api/externalsecret/",
            "CWE-263 (password aging with long expiration)",
            "NIST SP 800-53 IA-5",
        ],
    }
    /// A Secret that appears too late for the pod that needs it.
    SECRET_APPEARS_LATE {
        name: "secret-appears-late", severity: Warning,
        title: "a pull secret appears only after its pod has started",
        what: "A pod names a Secret that a SecretProviderClass creates. It is an error if all pods of the input that mount the SecretProviderClass need the Secret for their own images.",
        why: "The driver creates the Secret when the first pod mounts the volume, and deletes it with the last of these pods. A pod that needs the Secret to start cannot be the first.",
        example: "kind: SecretProviderClass\nspec:\n  secretObjects:\n  - {secretName: regcred, type: kubernetes.io/dockerconfigjson}",
        remedy: "Create the pull secret in another way, for example with an ExternalSecret, or let a pod with a public image mount the SecretProviderClass.",
        references: ["https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret"],
    }
    /// A pod that starts before its pull secret exists.
    PULL_SECRET_CREATED_LATER {
        name: "pull-secret-created-later", severity: Error,
        title: "a pod starts before its pull secret exists",
        what: "A pod needs a pull secret that Helm or Argo CD applies later. The pod is in a hook that runs before the release is applied, or before a hook with a greater weight, or in an earlier sync wave. The severity is info if nothing waits for the pod, since the pod then recovers. It is also info for a pre-upgrade hook, which can use the Secret of an earlier release.",
        why: "The image cannot be pulled, and the deployment waits for the pod, so it never finishes. It works in a cluster that has the Secret from an earlier attempt, and fails in a new cluster.",
        example: "kind: Job\nmetadata:\n  annotations: {helm.sh/hook: \"pre-install,pre-upgrade\"}\nspec:\n  template:\n    spec:\n      imagePullSecrets: [{name: regcred}]\n---\nkind: Secret                  # no hook: applied after all pre-install hooks\nmetadata: {name: regcred}",
        remedy: "Make the Secret, or the object that creates it, a hook of the same events with a smaller weight, or put it into an earlier sync wave.",
        references: [
            "https://helm.sh/docs/topics/charts_hooks/",
            "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/",
            "https://github.com/helm/helm/issues/12414",
        ],
    }
    /// A pod that needs a pull secret that is deleted before it pulls.
    PULL_SECRET_DELETED_EARLY {
        name: "pull-secret-deleted-early", severity: Error,
        title: "a pull secret is deleted before its pod pulls",
        what: "A pod needs a pull secret that is a hook with the delete policy hook-succeeded, or that Helm deletes with the release before a post-delete hook runs.",
        why: "Helm treats the Secret as successful as soon as it is created, and deletes it after the hooks of its event. Pods that start later, or restart on another node, cannot pull.",
        example: "kind: Secret\nmetadata:\n  name: regcred\n  annotations:\n    helm.sh/hook: pre-install\n    helm.sh/hook-delete-policy: hook-succeeded\n---\nkind: Deployment              # its pods start after the Secret is deleted",
        remedy: "Keep the Secret: make it a regular manifest, or a hook with the delete policy before-hook-creation.",
        references: ["https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies"],
    }
    /// A pod that starts before its ServiceAccount exists.
    SERVICE_ACCOUNT_CREATED_LATER {
        name: "service-account-created-later", severity: Error,
        title: "a pod starts before its ServiceAccount exists",
        what: "A pod names a ServiceAccount that Helm or Argo CD applies later.",
        why: "The admission controller rejects pods whose ServiceAccount does not exist, and the deployment waits for the pod.",
        example: "kind: Job\nmetadata:\n  annotations: {helm.sh/hook: pre-install}\nspec:\n  template:\n    spec: {serviceAccountName: migrate}\n---\nkind: ServiceAccount          # no hook: applied after all pre-install hooks\nmetadata: {name: migrate}",
        remedy: "Make the ServiceAccount a hook of the same events with a smaller weight, or put it into an earlier sync wave.",
        references: [
            "https://helm.sh/docs/topics/charts_hooks/",
            "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/",
            "https://github.com/helm/helm/issues/10768",
        ],
    }
    /// A pod that starts before the injected entries of its ServiceAccount are applied.
    SERVICE_ACCOUNT_UPDATED_LATER {
        name: "service-account-updated-later", severity: Warning,
        title: "a pod starts before the ServiceAccount that gets its pull secrets is applied",
        what: "pullcreds injects pull secrets into a ServiceAccount, and one of its pods starts before Helm or Argo CD applies the ServiceAccount: the pod is in a hook, or in an earlier sync wave. With --into auto, pullcreds injects them into the pod itself, and the severity is info. With --into service-account, the pod starts with the list that the ServiceAccount had before.",
        why: "The admission controller copies the list of the ServiceAccount when the pod is created. An upgrade applies the new list after its pre-upgrade hooks, so these pull without it.",
        example: "kind: Job\nmetadata:\n  annotations: {helm.sh/hook: pre-upgrade}\nspec:\n  template:\n    spec: {serviceAccountName: app}\n---\nkind: ServiceAccount          # applied after all pre-upgrade hooks\nmetadata: {name: app}",
        remedy: "Inject with --into auto, which injects into such pods themselves, or make the ServiceAccount a hook of the same events with a smaller weight. If the cluster already has the list, declare it: cluster.serviceAccounts in the policy, or --cluster-dump.",
        references: [
            "https://helm.sh/docs/topics/charts_hooks/",
            "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/",
            "https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/serviceaccount/admission.go",
        ],
    }
    /// A pod that needs a ServiceAccount that is deleted before it starts.
    SERVICE_ACCOUNT_DELETED_EARLY {
        name: "service-account-deleted-early", severity: Error,
        title: "a ServiceAccount is deleted before its pod starts",
        what: "A pod names a ServiceAccount that is a hook with the delete policy hook-succeeded, or that Helm deletes with the release before a post-delete hook runs.",
        why: "The admission controller rejects pods whose ServiceAccount does not exist.",
        example: "kind: ServiceAccount\nmetadata: {name: cleanup}\n---\nkind: Job\nmetadata:\n  annotations: {helm.sh/hook: post-delete}\nspec:\n  template:\n    spec: {serviceAccountName: cleanup}",
        remedy: "Make the ServiceAccount a hook of the same event as the pod, with a smaller weight.",
        references: ["https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies"],
    }
    /// A static pod that names pull secrets.
    STATIC_POD_PULL_SECRET {
        name: "static-pod-pull-secret", severity: Error,
        title: "a static pod names a pull secret",
        what: "A pod that the kubelet runs from its own file or URL (annotation kubernetes.io/config.source or kubernetes.io/config.mirror) has imagePullSecrets.",
        why: "A static pod must not refer to API objects. Since Kubernetes 1.34 the kubelet does not run it. Earlier versions could not show it in the API, and the kubelet could not use the Secret.",
        example: "kind: Pod\nmetadata:\n  annotations: {kubernetes.io/config.source: file}\nspec:\n  imagePullSecrets: [{name: regcred}]",
        remedy: "Remove imagePullSecrets, and configure credentials on the nodes: a credential provider of the kubelet, or config.json in its root directory.",
        references: [
            "https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/",
            "https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/api/pod/util.go",
        ],
    }
    /// An annotation that gives an identity to processes, but not to the kubelet.
    IDENTITY_NOT_USED_FOR_PULLS {
        name: "identity-not-used-for-pulls", severity: Warning,
        title: "an identity of the ServiceAccount does not authenticate image pulls",
        what: "A private image counts as configured because its ServiceAccount has an annotation for IRSA or Workload Identity, as the control defines it.",
        why: "These identities belong to the processes in the containers. The kubelet pulls the image before, with the identity of the node.",
        example: "kind: ServiceAccount\nmetadata:\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/app",
        remedy: "Give the role of the nodes access to the registry and declare it in the policy (cluster.credentialProviders), or configure the kubelet's plugin for ServiceAccount tokens.",
        references: [
            "https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_EKS.html",
            "https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4412-projected-service-account-tokens-for-kubelet-image-credential-providers",
        ],
    }
    /// A credential provider that may give no credentials.
    CREDENTIAL_PROVIDER_GIVES_NOTHING {
        name: "credential-provider-gives-nothing", severity: Warning,
        title: "the credential provider of the nodes may give no credentials for a registry",
        what: "An image counts as configured because the kubelet asks a credential provider of the nodes for it. Some versions of that provider have no credentials for such a registry: for Azure, a registry with a hyphen in its name, as registries with a domain name label have.",
        why: "The kubelet logs that it got no credentials, and pulls without any.",
        example: "cluster: {credentialProviders: [aks]}   # policy\nimage: acme-a1b2c3.azurecr.io/api:v1",
        remedy: "Add a pull secret, or update the provider and declare in the policy that the nodes pull from the registry (registries[].iam: true).",
        references: [
            "https://github.com/kubernetes-sigs/cloud-provider-azure/issues/9975",
            "https://github.com/kubernetes-sigs/cloud-provider-azure/pull/10720",
        ],
    }
    /// A pull secret that no image of the pod needs.
    UNNEEDED_PULL_SECRET {
        name: "unneeded-pull-secret", severity: Info,
        title: "a pull secret is not used by any image of its pod",
        what: "A pod or ServiceAccount names a pull secret that has no credentials for any of the images, according to its entries or to the policy.",
        why: "Credentials should be only where they are used.",
        example: "imagePullSecrets:\n- name: dockerhub\ncontainers:\n- image: ghcr.io/acme/api:v1",
        remedy: "Remove the entry.",
        references: ["NIST SP 800-53 AC-6 (least privilege)"],
    }
    /// Bad credentials that keep a public image from being pulled.
    BAD_CREDENTIALS_FOR_PUBLIC_IMAGE {
        name: "bad-credentials-for-public-image", severity: Warning,
        title: "the kubelet uses credentials that do not work for a public image",
        what: "All entries that the kubelet tries for a public image do not work: they are expired, valid for hours only, or contain a newline.",
        why: "The kubelet does not try an anonymous pull after the registry rejects credentials. Without them, the pull would work.",
        example: "auths:\n  ghcr.io: {…}   # expired\nimage: ghcr.io/public/tool:1",
        remedy: "Replace or remove the entry.",
        references: ["https://github.com/containerd/cri/issues/668"],
    }
    /// An invalid image reference.
    INVALID_IMAGE_REFERENCE {
        name: "invalid-image-reference", severity: Error,
        title: "an image reference is not valid",
        what: "The text of an image field does not follow the grammar of image references.",
        why: "The kubelet reports InvalidImageName and never starts the container.",
        example: "image: https://ghcr.io/acme/api:v1",
        remedy: "Write HOST[:PORT]/PATH[:TAG][@DIGEST] without a scheme, in lower case except for the tag.",
        references: ["https://github.com/distribution/reference/blob/main/reference.go"],
    }
    /// imagePullSecrets that is not a list of named entries.
    MALFORMED_PULL_SECRETS {
        name: "malformed-pull-secrets", severity: Error,
        title: "imagePullSecrets is not a list of named entries",
        what: "imagePullSecrets is not a list, or one of its entries is not a mapping with a name.",
        why: "The API server rejects the object.",
        example: "imagePullSecrets: [regcred]",
        remedy: "Write each entry as `- name: SECRET`.",
        references: ["https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec"],
    }
    /// An entry without a name, which still hides the list of the ServiceAccount.
    EMPTY_PULL_SECRET_NAME {
        name: "empty-pull-secret-name", severity: Warning,
        title: "an entry of imagePullSecrets has no name",
        what: "An entry of imagePullSecrets has no name, or an empty one.",
        why: "The kubelet skips the entry. But a pod with any entry does not get the pull secrets of its ServiceAccount.",
        example: "imagePullSecrets:\n- name: \"\"",
        remedy: "Name the Secret, or remove the entry.",
        references: ["https://github.com/kubernetes/kubernetes/issues/99454"],
    }
    /// A name that no Secret can have.
    INVALID_PULL_SECRET_NAME {
        name: "invalid-pull-secret-name", severity: Error,
        title: "the name of a pull secret is not a valid Secret name",
        what: "The name in an entry of imagePullSecrets is not a DNS-1123 subdomain: for example, a mapping that a template printed, `<no value>`, a placeholder, several names in one, capital letters or white space.",
        why: "The API server accepts any text here, but no Secret can have such a name. The entry has no effect, except that on a pod it still hides the list of the ServiceAccount.",
        example: "imagePullSecrets:\n- name: map[name:regcred]   # {{ range }} printed a mapping\n- name: <no value>",
        remedy: "Write the name of the Secret, with lower case letters, digits, `-` and `.` only.",
        references: [
            "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go",
        ],
    }
    /// A field for pull secrets with a location or a spelling that Kubernetes does not know.
    MISPLACED_PULL_SECRETS {
        name: "misplaced-pull-secrets", severity: Error,
        title: "pull secrets are in a field that does not exist",
        what: "imagePullSecrets is in an object that has no such field (a container, the spec of a Deployment, metadata), or is misspelt (imagePullSecret, pullSecrets, ImagePullSecrets), or one of its entries has a key other than name (namespace, secretName). If a ServiceAccount lists a pull secret under secrets, it is a warning.",
        why: "Only pod specs and ServiceAccounts have imagePullSecrets. The API server drops unknown fields, and clients that validate strictly, such as kubectl, reject the object. The kubelet pulls as if the field did not exist.",
        example: "spec:\n  imagePullSecrets: [{name: regcred}]   # belongs in spec.template.spec\n  template:\n    spec:\n      containers:\n      - name: api\n        image: myregistry.azurecr.io/api:v1",
        remedy: "Move the list to the pod spec (spec.template.spec of a Deployment) and write each entry as `- name: SECRET`.",
        references: [
            "https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/#create-a-pod-that-uses-your-secret",
            "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
            "https://github.com/kubernetes/api/blob/master/core/v1/types.go",
        ],
    }
    /// A workload that the API server rejects because containers or images are missing.
    INVALID_WORKLOAD {
        name: "invalid-workload", severity: Error,
        title: "the API server rejects a workload",
        what: "A workload has no pod template, has its containers in the wrong place, has no containers, or has a container without an image or with an image that is not a string. Or its apiVersion does not have its kind, for example because of the capital letters.",
        why: "The object is not stored and no pod starts, so pullcreds cannot check its images.",
        example: "kind: Deployment\nspec:\n  containers:            # belongs in spec.template.spec\n  - name: api\n    image: myregistry.azurecr.io/api:v1",
        remedy: "Put the containers into the pod template, each with an image.",
        references: [
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go",
            "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template",
        ],
    }
    /// A key twice in one mapping that contains a pull secret, a ServiceAccount or an image.
    REPEATED_KEY {
        name: "repeated-key", severity: Warning,
        title: "a mapping has the same key twice",
        what: "A mapping that contains a pull secret, a ServiceAccount or an image has the same key twice: for example imagePullSecrets in a pod spec, image in a container, or .dockerconfigjson in a Secret.",
        why: "YAML forbids it, and readers disagree: kubectl, Helm and Argo CD use the last value, other readers the first, and kustomize rejects the file. The other value is silently lost.",
        example: "spec:\n  imagePullSecrets: [{name: one}]\n  containers:\n  - name: api\n    image: myregistry.azurecr.io/api:v1\n  imagePullSecrets: [{name: two}]   # kubectl uses this one",
        remedy: "Remove one of the two, or merge their values.",
        references: [
            "https://yaml.org/spec/1.2.2/#3211-nodes",
            "https://github.com/go-yaml/yaml/blob/v3/decode.go",
        ],
    }
    /// A text in an image field that a component of the cluster replaces.
    PLACEHOLDER_IMAGE {
        name: "placeholder-image", severity: Info,
        title: "an image is a placeholder",
        what: "An injector or controller in the cluster replaces the text of an image field: `auto` where Istio injects, or a space with image triggers of OpenShift.",
        why: "pullcreds does not know which image is pulled and from which registry. It does not count the image.",
        example: "metadata:\n  annotations: {inject.istio.io/templates: gateway}\nspec:\n  containers:\n  - name: istio-proxy\n    image: auto",
        remedy: "Check the configuration of the component that replaces it: which image it uses, and which pull secrets it adds (global.hub and global.imagePullSecrets of Istio).",
        references: ["https://istio.io/latest/docs/setup/additional-setup/gateway/#deploying-a-gateway"],
    }
    /// Custom resources that hold images.
    CUSTOM_RESOURCE_NOT_JUDGED {
        name: "custom-resource-not-judged", severity: Info,
        title: "images of custom resources are not checked",
        what: "Custom resources of an unknown kind contain pod specs, or image references with the host of a registry. pullcreds reports this once for each kind, and counts the images in the summary.",
        why: "Their operator creates pods that pull these images. pullcreds does not know whether it passes on pull secrets.",
        example: "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec:\n  image: registry.example.com/prometheus:v3",
        remedy: "Find out in the documentation of the operator how to set pull secrets. The message contains a row for the policy (customResources) that covers the kind.",
        references: ["https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/"],
    }
    /// Images in a text that an object holds.
    IMAGES_IN_TEXT {
        name: "images-in-text", severity: Info,
        title: "a text holds images that are not checked",
        what: "With `--hints`, pullcreds lists the images that it finds in texts: manifests in a ConfigMap or in a step of a Workflow, and values of a chart in a HelmRelease, a HelmChart or an Application of Argo CD. Only references with the host of a registry are listed, and those of containers. They are not counted, and nothing is injected there.",
        why: "Something else makes objects of the text. Their pods pull these images.",
        example: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image:\n      repository: registry.example.com/shop/api",
        remedy: "Render what makes objects of it, and check the result: helm template, or `pullcreds check` behind Argo CD.",
        references: ["https://fluxcd.io/flux/components/helm/helmreleases/#values", "https://argo-cd.readthedocs.io/en/stable/user-guide/helm/"],
    }
    /// A template of pods, or an object with pods, that the run does not have.
    TARGET_NOT_IN_INPUT {
        name: "target-not-in-input", severity: Info,
        title: "an object that decides about pods is not in the input",
        what: "A custom resource refers to another object for its pods: a TaskRun to a Task, a Workflow to a WorkflowTemplate, a Rollout to a Deployment. That object is neither in the input, in the same namespace, nor in a cluster dump, or a resolver fetches it.",
        why: "The kubelet pulls the images of that object for the pods, with the pull secrets of the object that refers to it. pullcreds does not check what it does not see.",
        example: "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec:\n  taskRef:\n    name: build               # there is no Task 'build'",
        remedy: "Check both objects in one run, or provide a cluster dump (--cluster-dump) that contains the other one.",
        references: ["https://tekton.dev/docs/pipelines/taskruns/#specifying-the-target-task", "https://argo-workflows.readthedocs.io/en/latest/workflow-templates/"],
    }
    /// Pull secrets where nothing reads them.
    UNREAD_FIELD {
        name: "unread-field", severity: Warning,
        title: "a field for pull secrets has no effect",
        what: "A custom resource names pull secrets in a field that its operator does not read, that another field replaces, or that only another version of the kind has.",
        why: "The pods of the object do not get these pull secrets, although the object looks as if they did.",
        example: "apiVersion: jaegertracing.io/v1\nkind: Jaeger\nspec:\n  collector:\n    imagePullSecrets:\n    - name: regcred          # the operator reads spec.imagePullSecrets",
        remedy: "Move the pull secrets to the field that the message names.",
        references: ["https://kubernetes.io/docs/concepts/extend-kubernetes/operator/"],
    }
    /// One name twice in a list.
    DUPLICATE_PULL_SECRET {
        name: "duplicate-pull-secret", severity: Warning,
        title: "a pull secret is named twice",
        what: "Two entries of one imagePullSecrets have the same name. In a ServiceAccount, whose list is atomic, this has no effect, and the severity is info.",
        why: "The list of a pod is a map by name: server-side apply rejects the object.",
        example: "imagePullSecrets:\n- name: regcred\n- name: regcred",
        remedy: "Remove one of them.",
        references: ["https://github.com/kubernetes/kubernetes/issues/85332"],
    }
    /// The pod's own list hides the list of its ServiceAccount.
    SHADOWED_SERVICE_ACCOUNT_SECRETS {
        name: "shadowed-service-account-secrets", severity: Warning,
        title: "the pod's own list hides the pull secrets of its ServiceAccount",
        what: "The pod has pull secrets, and its ServiceAccount has others that the pod does not have.",
        why: "The admission controller copies the ServiceAccount's list only into a pod without a list. It never merges the two.",
        example: "kind: ServiceAccount\nimagePullSecrets:\n- name: registry-creds\n---\nkind: Pod\nspec:\n  imagePullSecrets:\n  - name: other            # registry-creds is not used",
        remedy: "Add all the Secrets to the pod, or remove the list from the pod.",
        references: ["https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/serviceaccount/admission.go"],
    }
    /// A ServiceAccount that forbids secrets that it does not name, and a pod that names one.
    PULL_SECRET_NOT_MOUNTABLE {
        name: "pull-secret-not-mountable", severity: Error,
        title: "the ServiceAccount forbids a pull secret of its pod",
        what: "The ServiceAccount has the annotation kubernetes.io/enforce-mountable-secrets, and the pod has a pull secret that the ServiceAccount does not have.",
        why: "The admission controller rejects the pod.",
        example: "kind: ServiceAccount\nmetadata:\n  annotations: {kubernetes.io/enforce-mountable-secrets: \"true\"}\nimagePullSecrets: []",
        remedy: "Add the name to imagePullSecrets of the ServiceAccount.",
        references: ["https://kubernetes.io/docs/concepts/security/service-accounts/#enforce-mountable-secrets"],
    }
    /// A required pull secret cannot be injected safely.
    INJECTION_REFUSED {
        name: "injection-refused", severity: Error,
        title: "a pull secret cannot be injected safely",
        what: "The policy requires a pull secret in a place that pullcreds cannot edit without a guess.",
        why: "A wrong edit is worse than no edit.",
        example: "spec:\n  ? containers\n  : - name: api",
        remedy: "Write the entry by hand as the message says, or downgrade this to a warning (inject.onRefusal: warn).",
        references: ["https://yaml.org/spec/1.2.2/#71-alias-nodes"],
    }
    /// An object opts out of a required injection.
    INJECTION_SKIPPED {
        name: "injection-skipped", severity: Info,
        title: "an object opts out of injection",
        what: "The object has the annotation pullcreds.dev/inject: \"false\", so pullcreds injects no pull secrets into it.",
        why: "The report should show why nothing was injected.",
        example: "metadata:\n  annotations:\n    pullcreds.dev/inject: \"false\"",
        remedy: "Remove the annotation to have pull secrets injected.",
        references: [
            "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
        ],
    }
    /// Pull secrets were injected where a cluster may not accept the change.
    INJECTED_INTO_IMMUTABLE {
        name: "injected-into-immutable", severity: Info,
        title: "pull secrets were injected into an immutable object",
        what: "Pull secrets were injected into a Job or a bare Pod.",
        why: "These fields of an existing object in the cluster are immutable: an upgrade fails until you delete the object.",
        example: "kind: Job",
        remedy: "Delete the object before the upgrade, or inject into its ServiceAccount.",
        references: ["https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/batch/validation/validation.go"],
    }
    /// Pull secrets were injected into a pod whose ServiceAccount is unknown.
    MAY_HIDE_SERVICE_ACCOUNT_SECRETS {
        name: "may-hide-service-account-secrets", severity: Info,
        title: "injected pull secrets may hide those of an unknown ServiceAccount",
        what: "Pull secrets were injected into a pod whose ServiceAccount is neither in the input nor in the policy.",
        why: "If that ServiceAccount has pull secrets in the cluster, the pod no longer gets them.",
        example: "spec:\n  serviceAccountName: builder   # not in the input",
        remedy: "Declare the ServiceAccount in the policy under cluster.serviceAccounts. pullcreds then writes its pull secrets, too.",
        references: ["https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/serviceaccount/admission.go"],
    }
    /// A ServiceAccount is assumed to be the pod's, although only one of the two names a namespace.
    ASSUMED_SERVICE_ACCOUNT {
        name: "assumed-service-account", severity: Info,
        title: "a ServiceAccount is assumed to be in the pod's namespace",
        what: "The pod and the only ServiceAccount of that name do not both name a namespace, and no default namespace is set.",
        why: "A ServiceAccount of another namespace has no effect on the pod.",
        example: "kind: ServiceAccount\nmetadata: {name: app, namespace: shop}\n---\nkind: Pod\nspec: {serviceAccountName: app}",
        remedy: "Set the default namespace with --namespace or in the policy.",
        references: ["https://kubernetes.io/docs/concepts/security/service-accounts/#how-to-use"],
    }
    /// It is unknown whether a registry is private.
    ASSUMED_REGISTRY_ACCESS {
        name: "assumed-registry-access", severity: Info,
        title: "a registry is assumed to be private or public",
        what: "Neither the policy nor the built-in table says for certain whether images of this registry need credentials.",
        why: "If the assumption is wrong, the verdict is wrong.",
        example: "image: registry.example.com/shop/api:2.3",
        remedy: "Declare it in the policy under registries, or with --private or --public.",
        references: ["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
    }
    /// Helm 3 does not send hooks and tests to its post-renderer.
    HOOKS_NOT_SENT {
        name: "hooks-not-sent", severity: Info,
        title: "Helm 3 does not send hooks to a post-renderer",
        what: "The input comes from Helm 3, which sends neither hooks nor tests to its post-renderer.",
        why: "pullcreds neither checks nor injects the hooks and tests of the chart.",
        example: "helm install app ./chart --post-renderer pullcreds",
        remedy: "Use Helm 4, or check everything with: helm template … | pullcreds check",
        references: ["https://github.com/helm/helm/issues/7891"],
    }
    /// kustomize changes a name but not a reference to it.
    REFERENCE_NOT_RENAMED {
        name: "reference-not-renamed", severity: Warning,
        title: "kustomize renames an object, but not a reference to it",
        what: "In a build of kustomize, a prefix, a suffix or a hash changes the name of a Secret or a ServiceAccount, and an object names it in a field that kustomize does not keep up to date: in a ReplicationController, in a custom resource, or from another namespace.",
        why: "In the cluster, no object has that name: the kubelet finds no pull secret, or the admission controller rejects the pod.",
        example: "secretGenerator:\n- name: regcred         # becomes regcred-7hf5c95hkk\n---\nkind: ReplicationController\nspec: {template: {spec: {imagePullSecrets: [{name: regcred}]}}}",
        remedy: "Set the same namespace for both, list the field under nameReference in the configurations of the kustomization, or keep the name (generatorOptions.disableNameSuffixHash, no namePrefix).",
        references: [
            "https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/konfig/builtinpluginconsts/namereference.go",
            "https://github.com/kubernetes-sigs/kustomize/blob/master/examples/transformerconfigs/README.md",
        ],
    }
    /// A workload that was not checked before.
    MISSING_STAMP {
        name: "missing-stamp", severity: Error,
        title: "a workload does not have the stamp of checked workloads",
        what: "`check --require-stamp` looks for the annotation pullcreds.dev/checked: v1, which a run with `stamp: true` or --stamp adds to every workload that passes.",
        why: "The function that checks and injects did not run: kustomize silently skips a function without --enable-exec.",
        example: "kustomize build --enable-alpha-plugins overlay | pullcreds check --require-stamp",
        remedy: "Build with --enable-alpha-plugins --enable-exec, and set `stamp: true` in the policy of the function.",
        references: ["https://github.com/kubernetes-sigs/kustomize/issues/4399"],
    }
    /// A workload that cannot be stamped.
    STAMP_NOT_WRITTEN {
        name: "stamp-not-written", severity: Warning,
        title: "a workload cannot get the stamp of checked workloads",
        what: "The policy requires the annotation pullcreds.dev/checked: v1, but pullcreds cannot edit the metadata of the workload without a guess.",
        why: "`check --require-stamp` will report the workload as not checked.",
        example: "metadata: *shared",
        remedy: "Write the annotation by hand as the message says.",
        references: ["https://yaml.org/spec/1.2.2/#3222-anchors-and-aliases"],
    }
    /// Empty input.
    EMPTY_INPUT {
        name: "empty-input", severity: Warning,
        title: "the input contains no YAML document",
        what: "The input is empty, or contains only comments.",
        why: "The input is also empty if the renderer failed, or if the post-renderer was bypassed (as by --output-dir of Helm 3).",
        example: "pullcreds < /dev/null",
        remedy: "If you expect manifests, check the command before pullcreds (Helm 3 with --output-dir sends none). --require-input makes this an error.",
        references: ["https://github.com/helm/helm/issues/10115"],
    }
    /// Input that is text without a Kubernetes object.
    NO_KUBERNETES_OBJECT {
        name: "no-kubernetes-object", severity: Error,
        title: "the input contains text but no Kubernetes object",
        what: "The input contains text, but none of its documents has an apiVersion and a kind. For files that are named it is a warning.",
        why: "The text is usually the error message of the command that should have rendered manifests. Nothing was checked, and this must not look like a pass.",
        example: "helm template shop . 2>&1 | pullcreds check   # Error: INSTALLATION FAILED",
        remedy: "Check the command before pullcreds. `pullcreds run -- helm template …` fails if that command fails.",
        references: ["https://kubernetes.io/docs/concepts/overview/working-with-objects/#required-fields"],
    }
    /// An entry of the policy that matched nothing.
    UNUSED_POLICY_ENTRY {
        name: "unused-policy-entry", severity: Info,
        title: "an entry of the policy matched nothing",
        what: "No image, ServiceAccount, Secret or finding of the input matched an entry of the policy.",
        why: "The entry may be misspelt, or no longer needed.",
        example: "registries:\n- match: ghrc.io/acme",
        remedy: "Correct the entry, or remove it.",
        references: [],
    }
    /// An exception that has expired.
    EXPIRED_EXCEPTION {
        name: "expired-exception", severity: Warning,
        title: "an exception of the policy has expired",
        what: "An exception matches a finding, but its date has passed.",
        why: "The finding counts again.",
        example: "exceptions:\n- {code: missing-pull-secret, name: legacy, reason: \"moved in Q1\", expires: 2025-03-31}",
        remedy: "Fix the underlying finding, or set a later date and a reason.",
        references: [],
    }
    /// An annotation, a comment or a baseline that suppresses nothing.
    UNUSED_SUPPRESSION {
        name: "unused-suppression", severity: Info,
        title: "a suppression has no effect",
        what: "An annotation, a comment or an entry of the baseline names a finding that the input does not have there. Or this run does not accept suppressions of the manifests.",
        why: "The finding is fixed, or the suppression is in the wrong place. If it stays, it hides the next finding of that kind.",
        example: "metadata:\n  annotations:\n    pullcreds.dev/ignore: \"missing-pull-secret moved in Q1\"   # and nothing is missing",
        remedy: "Remove the suppression. For a baseline, run pullcreds baseline --prune.",
        references: [],
    }
    /// An annotation or comment that is meant as a suppression and is not a valid one.
    INVALID_SUPPRESSION {
        name: "invalid-suppression", severity: Warning,
        title: "a suppression is not valid",
        what: "An annotation pullcreds.dev/ignore or a comment `pullcreds: ignore` names no known finding, or gives no reason.",
        why: "It suppresses nothing. A finding that is accepted without a reason cannot be reviewed later.",
        example: "image: registry.example.com/api:1   # pullcreds: ignore[missing-pull-secret]",
        remedy: "Write the code of the finding and a reason: `# pullcreds: ignore[CODE] REASON`, or the annotation pullcreds.dev/ignore: \"CODE REASON\".",
        references: [],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shown;

    #[test]
    fn names_are_kebab_case_and_unique() {
        for code in ALL {
            let kebab = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            assert!(code.name.bytes().all(kebab), "{}", code.name);
            assert_eq!(ALL.iter().filter(|other| other.name == code.name).count(), 1);
        }
    }

    #[test]
    fn a_code_is_called_by_its_name() {
        for (id, code) in IDS.iter().zip(ALL) {
            assert_eq!(*id, code.name.to_uppercase().replace('-', "_"));
        }
    }

    #[test]
    fn a_fingerprint_is_one_word() {
        let name = Some(shown("a b:c/d\n%"));
        let (api_version, kind) = (shown("v1"), shown("Pod"));
        let pod = Subject { api_version, kind, namespace: None, name };
        let code = &MISSING_PULL_SECRET;
        let found = Fingerprint::of_object(code, &pod, "spec.containers[x:y/z].image", &[]);
        assert_eq!(
            found.as_str(),
            "missing-pull-secret:Pod//a%20b%3Ac%2Fd%0A%25:spec.containers[x%3Ay/z].image"
        );
        assert_eq!(Fingerprint::of_run(&EMPTY_INPUT, &[]).as_str(), "empty-input");
        let host = [String::from("ghcr.io")];
        let found = Fingerprint::of_run(&ASSUMED_REGISTRY_ACCESS, &host);
        assert_eq!(found.as_str(), "assumed-registry-access:ghcr.io");
    }

    #[test]
    fn what_stops_a_pull_comes_before_how_credentials_are_kept() {
        assert!(NEWLINE_IN_CREDENTIALS.concern() < HARDCODED_CREDENTIALS.concern());
        assert!(MISSING_PULL_SECRET.concern() < ROTATION_OVERDUE.concern());
        assert!(EXPIRED_CREDENTIALS.concern() < ROTATION_UNKNOWN.concern());
        for code in HINDRANCES {
            assert!(code.severity != Severity::Error && !HYGIENE.contains(code), "{}", code.name);
        }
    }

    #[test]
    fn every_code_is_explained() {
        for code in ALL {
            let texts = [code.title, code.what, code.why, code.example, code.remedy];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", code.name);
            let first = code.title.chars().next().unwrap();
            assert!(!code.title.ends_with('.'), "{}: {first}", code.name);
            for text in [code.what, code.why] {
                assert!(text.ends_with('.'), "{}: {text}", code.name);
            }
        }
    }
}
