//! Which pull secrets a pod really has, and what that means for each of its images: the rules of the
//! admission controller and the kubelet, applied to facts.
//!
//! Nothing here knows YAML, and nothing here says what to do about a verdict.

mod by_name;
mod compared;
mod evidence;
mod extent;
mod keys;
mod malformed;
mod meaning;
mod secrets;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::credentials::keyring::{Keyring, Match, NearMiss};
use crate::credentials::payload::{Misfit, Unusable};
use crate::credentials::provider::{IDENTITIES, Identity, MissingAnnotation, Provider};
use crate::credentials::shown_key;
use crate::image::{InvalidReference, Reference};
use crate::inventory::producers::ProducerFault;
use crate::inventory::reach::Replicated;
use crate::inventory::secrets::Content;
use crate::inventory::{
    Image, Inventory, Object, Produced, Pulled, Secret, ServiceAccount, SourceKind, Workload,
};
use crate::kinds;
use crate::policy::registries::{Class, Cloud};
use crate::policy::{self, Access, Iam, Policy, Scope};
use crate::say;
use crate::text::{Message, Shown, Text};

pub use by_name::LookUp;
use by_name::{ByName, CLUSTER, Called, NamedThing};
use extent::DumpCoverage;
use keys::Keys;
use meaning::Meanings;

pub use compared::{ComparedKey, KeyOutcome};
pub use malformed::Malformed;
pub use secrets::{MadeId, Secrets};

/// What an image's pull comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The registry serves everyone.
    Public,
    /// The reference does not parse.
    Invalid,
    /// A Secret of the input holds an entry for the image.
    Covered,
    /// The nodes pull with their own identity.
    Iam,
    /// A pull secret is named that is kept elsewhere.
    Declared,
    /// Pull secrets are named, and none gives the kubelet credentials for the image.
    Mismatched,
    /// Nothing authenticates the pull.
    Missing,
    /// The pod's ServiceAccount is not known, and it names no secret of its own.
    Unknown,
    /// The kubelet never pulls it.
    NotPulled,
    /// Something in the cluster puts another image in its place.
    Placeholder,
}

impl Verdict {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Invalid => "invalid",
            Self::Covered => "covered",
            Self::Iam => "iam",
            Self::Declared => "declared",
            Self::Mismatched => "mismatched",
            Self::Missing => "missing",
            Self::Unknown | Self::Placeholder => "unknown",
            Self::NotPulled => "not-pulled",
        }
    }

    /// Whether the pull counts as configured.
    pub fn is_configured(self) -> bool {
        matches!(self, Self::Covered | Self::Iam | Self::Declared)
    }

    /// Whether the pull counts as one from a private registry.
    pub fn is_private(self) -> bool {
        !matches!(self, Self::Public | Self::Invalid | Self::NotPulled | Self::Placeholder)
    }
}

/// A ServiceAccount of one of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId {
    /// Which source.
    pub source: usize,
    /// Which of its ServiceAccounts.
    pub index: usize,
}

impl AccountId {
    /// The ServiceAccount in the `inventories` of the run.
    pub fn of<'i, 'a>(self, inventories: &'i [Inventory<'a>]) -> &'i ServiceAccount<'a> {
        &inventories[self.source].service_accounts[self.index]
    }
}

/// The ServiceAccount that a pod runs as.
#[derive(Clone, Copy, Debug)]
pub enum Account<'p> {
    /// It is in the input.
    InStream {
        /// Which.
        id: AccountId,
        /// Whether pod and account do not both name a namespace.
        assumed: bool,
    },
    /// It is in a dump of the cluster.
    InCluster {
        /// Which.
        id: AccountId,
        /// Whether the pod names no namespace.
        assumed: bool,
    },
    /// The dump has all ServiceAccounts of the namespace, and it is not among them.
    Absent,
    /// The policy declares it.
    Declared(&'p policy::DeclaredServiceAccount),
    /// It comes after the Pod in the stream: who applies them in this order creates the Pod with whatever the
    /// ServiceAccount named before (`Admit` of plugin/pkg/admission/serviceaccount/admission.go).
    Later(AccountId),
    /// It is outside, and no one says what it names.
    Unknown,
    /// It has none: the kubelet runs a static pod without the API server.
    None,
    /// Its operator makes it.
    Made,
}

impl Account<'_> {
    /// Who tells of it.
    pub fn evidence(self) -> Evidence {
        match self {
            Self::InStream { .. } => Evidence::Manifests,
            Self::InCluster { .. } | Self::Absent => Evidence::Cluster,
            Self::Declared(_) => Evidence::Policy,
            Self::Made => Evidence::Producer,
            Self::Later(_) | Self::Unknown | Self::None => Evidence::None,
        }
    }
}

/// Who tells of a ServiceAccount or a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// It is among the manifests.
    Manifests,
    /// Something makes it or copies it.
    Producer,
    /// A dump of the cluster has it, or lacks it.
    Cluster,
    /// The policy declares it.
    Policy,
    /// Nobody.
    None,
}

impl Evidence {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::Producer => "producer",
            Self::Cluster => "cluster",
            Self::Policy => "policy",
            Self::None => "unknown",
        }
    }
}

/// An object that names another one, as far as kustomize asks when it renames that.
#[derive(Clone, Copy)]
pub struct Referrer<'r> {
    object: &'r Object<'r>,
    /// Whether kustomize changes the name in it.
    follows: bool,
}

impl<'r> Referrer<'r> {
    /// What names the effective pull secrets of the pods of `workload`, which run as `account` if that is in the
    /// input.
    pub fn of_secrets(
        workload: &'r Object<'r>,
        account: Option<&'r Object<'r>>,
        origin: Origin,
    ) -> Self {
        let (object, inside) = match (origin, account) {
            (Origin::ServiceAccount, Some(account)) => (account, true),
            (Origin::ServiceAccount, None) => (workload, false),
            _ => (workload, true),
        };
        Self {
            object,
            follows: inside
                && kinds::any_of(&object.type_meta.kind, |row| row.kustomize.secret_names),
        }
    }

    /// A pod that names its ServiceAccount; what it does not name cannot be changed in it.
    pub fn of_account(workload: &'r Workload<'r>) -> Self {
        let object = &workload.object;
        let follows = workload.has_account_name
            && kinds::any_of(&object.type_meta.kind, |row| row.kustomize.service_account_names);
        Self { object, follows }
    }
}

/// The first of those that were called like this and no longer will be, if the name stands for none of them.
fn left_behind<'o, T: Copy>(
    name: &str,
    called: &Called<'_, '_, T>,
    meant: &Called<'_, '_, T>,
    object: impl Fn(T) -> &'o Object<'o>,
) -> Option<&'o Object<'o>> {
    let stands_for_none = meant.last().is_none();
    let mut all = called.things().map(object).filter(|_| stands_for_none);
    all.find(|one| one.is_renamed_from(name))
}

/// The names by which an object can be called: its own, and in a build of kustomize its former ones.
fn names<'o>(object: &'o Object<'_>) -> impl Iterator<Item = &'o str> {
    let former = object.build.iter().flat_map(|build| &build.former_names);
    object.name.as_deref().into_iter().chain(former.map(|name| &**name))
}

/// The ServiceAccounts of all sources by name.
pub struct Accounts<'i, 'a> {
    inventories: &'i [Inventory<'a>],
    by_name: ByName<'i, AccountId>,
    in_cluster: ByName<'i, AccountId>,
    meanings: Meanings,
    extent: DumpCoverage<'i>,
}

impl<'i, 'a> Accounts<'i, 'a> {
    /// Indexes the ServiceAccounts of `inventories`.
    pub fn new(inventories: &'i [Inventory<'a>]) -> Self {
        let (mut by_name, mut in_cluster) = (Vec::new(), Vec::new());
        for (source, inventory) in inventories.iter().enumerate() {
            let (index_of, context) = match inventory.source_kind {
                SourceKind::Manifests => (&mut by_name, inventory.context),
                SourceKind::Cluster => (&mut in_cluster, CLUSTER),
            };
            for (index, account) in inventory.service_accounts.iter().enumerate() {
                let object = &account.object;
                let thing = AccountId { source, index };
                let namespace = object.namespace();
                let given = |name| NamedThing { context, name, namespace, source, thing };
                index_of.extend(names(object).map(given));
            }
        }
        let (by_name, in_cluster) = (ByName::new(by_name), ByName::new(in_cluster));
        let accounts = inventories.iter().flat_map(|inventory| &inventory.service_accounts);
        let meanings = Meanings::new(accounts.map(|account| &account.object));
        let extent = DumpCoverage::of(inventories);
        Self { inventories, by_name, in_cluster, meanings, extent }
    }

    /// The ServiceAccount of a workload of `source`.
    ///
    /// It has to be in the pod's context and namespace. One of the same source goes before those of others, and of several the
    /// last one stands, as after `kubectl apply`. What the manifests do not have, a dump of the cluster tells, and else
    /// the policy; the operator makes it where none of them does. Where no default namespace is known, no namespace
    /// equals no namespace, and it meets a named one only if there is exactly one candidate.
    pub fn find<'p>(
        &self,
        source: usize,
        workload: &Workload<'_>,
        policy: &'p Policy,
    ) -> Account<'p> {
        if workload.is_static {
            return Account::None;
        }
        let Some(made) = workload.made.as_deref() else {
            return self.find_named(source, workload, policy);
        };
        if made.is_elsewhere {
            return Account::Unknown;
        }
        if !made.names.is_empty() {
            return Account::Made;
        }
        // Someone may add pull secrets to what an operator makes: often nothing else is possible.
        match self.find_named(source, workload, policy) {
            Account::Absent | Account::Unknown => Account::Made,
            found => found,
        }
    }

    /// The ServiceAccount of the name that a workload has, whoever makes it.
    fn find_named<'p>(
        &self,
        source: usize,
        workload: &Workload<'_>,
        policy: &'p Policy,
    ) -> Account<'p> {
        let name = workload.effective_service_account();
        let namespace = workload.object.namespace();
        let from = LookUp { source, ..LookUp::of(&workload.object) };
        let named = self.meaning(workload, name);
        let is_later = |id: AccountId| self.is_later(source, workload, id);
        let last = named.last_within(from);
        let later = last.filter(|id| is_later(*id));
        let in_time = later.map_or(last, |_| {
            let places = named.within(from).filter(|place| !is_later(place.thing));
            places.max_by_key(|place| place.order).map(|place| place.thing)
        });
        let later = later.map(Account::Later);
        if let Some(id) = in_time {
            return Account::InStream { id, assumed: false };
        }
        if let Some(id) = self.in_cluster(namespace, name) {
            return Account::InCluster { id, assumed: false };
        }
        // The only one of its name, where one of the two does not say its namespace.
        let assumed = named.only(from).map(|id| Account::InStream { id, assumed: true });
        if self.extent.lacks_account(namespace, name) {
            return assumed.or(later).unwrap_or(Account::Absent);
        }
        if let Some((_, account)) = policy.service_account(namespace, name) {
            return Account::Declared(account);
        }
        let dumped = || {
            let only = self.in_cluster.get(CLUSTER, name).only(from);
            only.map(|id| Account::InCluster { id, assumed: true })
        };
        assumed.or_else(dumped).or(later).unwrap_or(Account::Unknown)
    }

    /// Whether a ServiceAccount comes after a bare Pod in its stream. What a controller makes of a workload starts when
    /// all of the stream is there, and Helm, Argo CD and kustomize have an order of their own.
    fn is_later(&self, source: usize, workload: &Workload<'_>, id: AccountId) -> bool {
        let (pod, account) = (&workload.object, self.object(id));
        let is_ordered = |object: &Object<'_>| object.timing.is_none() && object.build.is_none();
        pod.type_meta.kind == "Pod"
            && id.source == source
            && is_ordered(pod)
            && is_ordered(account)
            && account.label.start > pod.label.start
    }

    /// The ServiceAccount of a name and namespace in a dump of the cluster.
    pub fn in_cluster(&self, namespace: Option<&str>, name: &str) -> Option<AccountId> {
        let from = LookUp { source: usize::MAX, context: CLUSTER, namespace };
        self.in_cluster.get(CLUSTER, name).last_within(from)
    }

    /// Those that a workload means by the name of its ServiceAccount.
    fn meaning(&self, workload: &Workload<'_>, name: &str) -> Called<'_, 'i, AccountId> {
        let called = self.by_name.get(workload.object.context, name);
        self.meanings.of(Referrer::of_account(workload), name, called, |id| self.object(id))
    }

    /// All ServiceAccounts of the stream that have the name and namespace of `id`, in the same source.
    pub fn copies(&self, id: AccountId) -> Vec<&'i Object<'i>> {
        let own = self.object(id);
        let name = own.name.as_deref();
        let from = LookUp::of(own);
        let called = self.by_name.get(from.context, name.unwrap_or_default());
        let mut same: Vec<_> =
            called.within(from).filter(|place| place.source == id.source).collect();
        same.sort_by_key(|place| place.order);
        let same = same.into_iter().map(|place| self.object(place.thing));
        same.filter(|other| other.name.as_deref() == name).collect()
    }

    /// The ServiceAccount that kustomize renames while the name in `workload`, which meant it, stays.
    pub fn left_behind(&self, workload: &Workload<'_>) -> Option<&'i Object<'i>> {
        let name = workload.service_account.as_deref()?;
        let meaning = self.meaning(workload, name);
        let called = self.by_name.get(workload.object.context, name);
        left_behind(name, &called, &meaning, |id| self.object(id))
    }

    /// The object of a ServiceAccount.
    pub fn object(&self, id: AccountId) -> &'i Object<'i> {
        &id.of(self.inventories).object
    }
}

/// Where a pod's effective pull secrets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Its own list has an entry.
    Pod,
    /// Its ServiceAccount names some.
    ServiceAccount,
    /// Neither has any.
    None,
    /// It has no list of its own, and its ServiceAccount is not known.
    Unknown,
}

impl Origin {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::ServiceAccount => "serviceAccount",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// The pull secrets that the pods of a workload have.
#[derive(Clone, Debug)]
pub struct Effective<'a> {
    /// Their names, in order.
    pub names: Arc<[Text<'a>]>,
    /// Where they come from.
    pub origin: Origin,
}

impl<'a> Effective<'a> {
    /// Of a pod with `own` entries whose ServiceAccount names `account`: one or the other, never both
    /// (plugin/pkg/admission/serviceaccount/admission.go).
    pub fn of(own: Vec<Text<'a>>, has_entry: bool, account: Option<Vec<Text<'a>>>) -> Self {
        let (names, origin) = match account {
            _ if has_entry => (own, Origin::Pod),
            Some(names) if names.is_empty() => (names, Origin::None),
            Some(names) => (names, Origin::ServiceAccount),
            None => (Vec::new(), Origin::Unknown),
        };
        Self { names: names.into(), origin }
    }
}

/// An image with what decides its pull.
#[derive(Debug)]
pub struct Pull<'i> {
    /// What the reference says.
    pub reference: Result<&'i Reference<'i>, InvalidReference>,
    /// Whether it needs credentials; `None` if it does not parse, or if nothing is pulled.
    pub access: Option<Access>,
    /// Whether anything is pulled.
    pub pulled: Pulled,
}

impl<'i> Pull<'i> {
    /// Asks the policy about the registry of an image.
    pub fn of(image: &'i Image<'_>, policy: &Policy) -> Self {
        let reference = image.parsed();
        let access = reference.ok().filter(|_| image.pulled == Pulled::Yes);
        let access = access.map(|image| policy.access(image.domain(), image.path()));
        Self { reference, access, pulled: image.pulled }
    }

    /// The verdict of an image whose pull needs no credentials; `None` if it may need some, or if it is invalid.
    fn without_credentials(&self) -> Option<Judgement> {
        if let Pulled::ReplacedBy(by) = self.pulled {
            return Some(
                Judgement::of(Verdict::Placeholder).because(VerdictReason::ReplacedBy(by)),
            );
        }
        self.reference.ok()?;
        if self.pulled == Pulled::Never {
            return Some(Judgement::of(Verdict::NotPulled));
        }
        let is_public = self.access.is_some_and(|access| access.class == Class::Public);
        is_public.then(|| Judgement::of(Verdict::Public))
    }
}

/// The verdict of an image, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The pull secret it rests on, by its place among the effective ones.
    pub secret: Option<usize>,
    /// Who tells of that pull secret.
    pub evidence: Evidence,
    /// What would have such an identity, and is not asked.
    pub unasked: Option<Box<Unasked>>,
    /// What makes it so, where there is more to say.
    because: Option<Box<VerdictReason>>,
}

/// What makes a verdict what it is. There may be a verdict for each of many thousand images, and of most there is
/// nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
enum VerdictReason {
    Entry(MatchedEntry),
    Mismatch(MismatchReason),
    Identity(Identified),
    /// The platform puts a pull secret on every ServiceAccount.
    Platform(&'static str),
    /// Something in the cluster replaces the placeholder.
    ReplacedBy(&'static str),
}

/// The entry of a pull secret with which an image is pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedEntry {
    /// Its key.
    pub key: Shown<'static>,
    /// Its place among the entries that the kubelet tries, from 1.
    pub order: usize,
}

impl Judgement {
    fn because(self, because: VerdictReason) -> Self {
        Self { because: Some(Box::new(because)), ..self }
    }

    /// The entry that covers the image.
    pub fn entry(&self) -> Option<&MatchedEntry> {
        match self.because.as_deref() {
            Some(VerdictReason::Entry(entry)) => Some(entry),
            _ => None,
        }
    }

    /// What keeps the pull secrets from covering it.
    pub fn why(&self) -> Option<&MismatchReason> {
        match self.because.as_deref() {
            Some(VerdictReason::Mismatch(why)) => Some(why),
            _ => None,
        }
    }

    /// Why it is so, in words, where neither the pull secrets nor the registry say it.
    pub fn reason(&self) -> Option<Message> {
        match (self.verdict, self.because.as_deref()) {
            (Verdict::NotPulled, _) => Some("nothing is pulled: imagePullPolicy is Never".into()),
            (_, Some(VerdictReason::ReplacedBy(by))) => {
                Some(say!("a placeholder, to be replaced by {}", by))
            }
            (_, Some(VerdictReason::Platform(platform))) => {
                Some(say!("{} puts a pull secret for it on every ServiceAccount", platform))
            }
            _ => None,
        }
    }

    /// What makes the API server reject the pod.
    pub fn malformed(&self) -> Option<Malformed> {
        match self.why() {
            Some(MismatchReason::Malformed(malformed)) => Some(*malformed),
            _ => None,
        }
    }

    /// Why the nodes can pull it with their own identity.
    pub fn identity(&self) -> Option<&Identified> {
        match self.because.as_deref() {
            Some(VerdictReason::Identity(identity)) => Some(identity),
            _ => None,
        }
    }
}

/// Why the nodes, or the pods of a ServiceAccount, count as having an identity for a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// The policy says so of the registry.
    ByPolicy,
    /// The policy says that the nodes are those of this service.
    ByService(Cloud),
    /// A credential provider that the policy's `credentialProviderConfig` names.
    ByProvider(String),
    /// An annotation with which the kubelet pulls.
    ByAnnotation(&'static Identity),
    /// An annotation that only processes inside of the containers use.
    OnlyInside(&'static Identity),
}

/// What comes of asking who pulls an image with an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The nodes, or the pods of the ServiceAccount, have one.
    Answered(Identified),
    /// Something would have one, and is not asked.
    Unasked(Unasked),
    /// Nothing has one.
    Nobody,
}

/// Something that pulls images of the registry with an identity, and not for this pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// The kubelet asks this credential provider only for pods with a ServiceAccount, which a static pod has not.
    StaticPod {
        /// The provider.
        provider: String,
    },
    /// The kubelet asks this credential provider only if the ServiceAccount has an annotation, which it lacks.
    Lacks {
        /// The provider.
        provider: String,
        /// The annotation.
        annotation: String,
    },
    /// The same, and no one knows which annotations the ServiceAccount has.
    NotKnown {
        /// The provider.
        provider: String,
        /// The annotation.
        annotation: String,
    },
    /// The ServiceAccount has one annotation of an identity, and lacks another that belongs to it.
    Half {
        /// The identity.
        identity: &'static Identity,
        /// The annotation that it lacks.
        annotation: &'static str,
    },
}

/// For whom the kubelet pulls, as far as its credential providers ask for that.
#[derive(Clone, Copy, Debug)]
pub enum Puller<'i> {
    /// A pod of a ServiceAccount with these annotations.
    Annotated(&'i [(Text<'i>, Text<'i>)]),
    /// A pod of a ServiceAccount of which no one knows the annotations.
    NotKnown,
    /// A static pod: it has no ServiceAccount, and can use no Secret.
    Static,
}

/// What keeps a named pull secret from covering an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MismatchReason {
    /// Its payload makes every look-up of the pod fail.
    Broken(Message),
    /// Its type is not one that the kubelet reads.
    Type,
    /// It lacks the key of its type.
    Key,
    /// It is in another namespace.
    Namespace,
    /// A dump of the cluster shows that there is no such Secret.
    Absent,
    /// None of its entries matches.
    Miss(NearMiss),
    /// No Secret can have its name.
    Name,
    /// The API server rejects it, so that it is not there.
    Rejected(Message),
    /// Its payload holds no entries, or not where the kubelet looks.
    Misfit(Misfit),
    /// An entry matches, and holds nothing to authenticate with.
    Unusable {
        /// The key of the entry.
        key: Shown<'static>,
        /// Why.
        why: Unusable,
    },
    /// The policy declares it for other images.
    Policy,
    /// What makes it makes none that the kubelet reads.
    Produced(ProducerFault),
    /// It is there only after a pod has started that needs it to start.
    NeverMounted,
    /// The API server rejects the object that names the secrets.
    Malformed(Malformed),
    /// A static pod can use no Secret at all (`PreventStaticPodAPIReferences`, from Kubernetes 1.34 on; before
    /// that, `Validate` of plugin/pkg/admission/serviceaccount/admission.go).
    StaticPod,
}

/// What is known of a named pull secret.
#[derive(Clone, Copy)]
pub enum Known<'i> {
    /// It is in the input.
    InStream {
        /// Its source.
        source: usize,
        /// The Secret.
        secret: &'i Secret<'i>,
    },
    /// A controller copies it from another namespace of the input.
    Copied {
        /// The source of the Secret that is copied.
        source: usize,
        /// The Secret that is copied.
        secret: &'i Secret<'i>,
        /// Whether it depends on what the input does not tell.
        maybe: bool,
    },
    /// Something of the input or of a dump makes it.
    Produced {
        /// What makes it.
        produced: &'i Produced<'i>,
        /// Whether it will be there before a pod needs it.
        in_time: bool,
    },
    /// It is in a dump of the cluster.
    InCluster {
        /// The dump.
        source: usize,
        /// The Secret.
        secret: &'i Secret<'i>,
    },
    /// A dump has all Secrets of the namespace, and it is not among them.
    Absent {
        /// A Secret of this name in another namespace of a dump.
        elsewhere: Option<&'i Secret<'i>>,
    },
    /// The policy declares it.
    Declared(&'i policy::DeclaredSecret),
    /// A Secret of that name is in the input, in another namespace.
    Elsewhere(&'i Secret<'i>),
    /// Something of the input makes a Secret of that name, in another namespace.
    MadeElsewhere {
        /// What makes it.
        produced: &'i Produced<'i>,
    },
    /// Nothing.
    Outside,
    /// No Secret can have such a name.
    Impossible,
}

/// What keeps a content from having credentials for any image.
fn why_of(content: &Content) -> MismatchReason {
    match content {
        Content::OtherType { .. } => MismatchReason::Type,
        Content::NoKey { .. } => MismatchReason::Key,
        // Only what is declared of it can keep it from counting.
        Content::Managed => MismatchReason::Policy,
        Content::Payload(summary) => match (&summary.api_server, summary.misfit) {
            (Err(error), _) => MismatchReason::Rejected(error.message()),
            (Ok(()), misfit) => MismatchReason::Misfit(misfit.unwrap_or(Misfit::NoEntry)),
        },
    }
}

impl<'i> Known<'i> {
    /// The Secret whose content the kubelet reads, and its source.
    pub fn secret(&self) -> Option<(usize, &'i Secret<'i>)> {
        match *self {
            Self::InStream { source, secret }
            | Self::InCluster { source, secret }
            | Self::Copied { source, secret, .. } => Some((source, secret)),
            _ => None,
        }
    }

    /// The object that is it or makes it, if that is known.
    pub fn object(&self) -> Option<&'i Object<'i>> {
        match *self {
            Self::Elsewhere(secret) | Self::Absent { elsewhere: Some(secret) } => {
                Some(&secret.object)
            }
            Self::Produced { produced, .. } | Self::MadeElsewhere { produced, .. } => {
                Some(&produced.object)
            }
            _ => self.secret().map(|(_, secret)| &secret.object),
        }
    }

    /// The keys of its docker configuration, as far as they are known.
    pub fn keys(&self) -> Box<dyn Iterator<Item = &'i str> + 'i> {
        if let Self::Produced { produced, .. } = *self {
            let keys = produced.keys.as_deref().filter(|_| produced.is_usable());
            return Box::new(keys.unwrap_or_default().iter().map(String::as_str));
        }
        let secret = self.secret().filter(|(_, secret)| secret.content.misfit().is_none());
        let entries = secret.map_or(&[][..], |(_, secret)| secret.content.entries());
        Box::new(entries.iter().map(|entry| entry.key.as_str()))
    }

    /// What keeps it from having credentials for any image that the policy does not name.
    pub fn why(&self) -> MismatchReason {
        match self {
            Self::InStream { secret, .. }
            | Self::InCluster { secret, .. }
            | Self::Copied { secret, .. } => why_of(&secret.content),
            Self::Elsewhere(_) | Self::MadeElsewhere { .. } => MismatchReason::Namespace,
            Self::Absent { .. } => MismatchReason::Absent,
            Self::Impossible => MismatchReason::Name,
            Self::Produced { in_time: false, .. } => MismatchReason::NeverMounted,
            Self::Produced { produced, .. } => match (&produced.fault, &produced.keys) {
                (Some(fault), _) => MismatchReason::Produced(fault.clone()),
                (None, Some(_)) => MismatchReason::Misfit(Misfit::NoEntry),
                (None, None) => MismatchReason::Policy,
            },
            Self::Declared(_) | Self::Outside => MismatchReason::Policy,
        }
    }

    /// Who tells of it.
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::InStream { .. } | Self::Elsewhere(_) => Evidence::Manifests,
            Self::Copied { .. } | Self::Produced { .. } | Self::MadeElsewhere { .. } => {
                Evidence::Producer
            }
            Self::InCluster { .. } | Self::Absent { .. } => Evidence::Cluster,
            Self::Declared(_) => Evidence::Policy,
            Self::Outside | Self::Impossible => Evidence::None,
        }
    }
}

/// A pull secret that a pod names.
#[derive(Clone, Copy)]
pub struct Named<'i> {
    /// What is known of it.
    pub known: Known<'i>,
    /// The images that the policy declares it for; `None` if it does not say.
    pub scope: Option<Scope<'i>>,
}

/// The effective pull secrets of a pod, with what is known of each, ready to be asked about images.
pub struct Credentials<'i> {
    named: Rc<[Named<'i>]>,
    keys: Keys<'i>,
    /// The keys of Secrets that something makes, as far as that tells them.
    made: Option<Keyring>,
    /// The secret whose payload makes every look-up fail, and why.
    broken: Option<(usize, Message)>,
    malformed: Option<Malformed>,
    origin: Origin,
    puller: Puller<'i>,
}

impl<'i> Credentials<'i> {
    /// Puts together what is known of the effective secrets, in their order.
    pub fn new(named: Rc<[Named<'i>]>, origin: Origin, puller: Puller<'i>) -> Self {
        let is_static = matches!(puller, Puller::Static);
        let contents = || {
            let secrets = named.iter().enumerate().filter(|_| !is_static);
            secrets.filter_map(|(at, named)| Some((at, &named.known.secret()?.1.content)))
        };
        let broken = contents().find_map(|(at, content)| Some((at, content.broken()?.message())));
        let readable: Vec<_> = contents().collect();
        let keys = Keys::of(&named, &readable);
        let is_made = |named: &Named<'_>| matches!(named.known, Known::Produced { .. });
        let made = named.iter().enumerate().filter(|(_, named)| is_made(named));
        let made = made.flat_map(|(at, named)| named.known.keys().map(move |key| (at, 0, key)));
        let made: Vec<_> = made.collect();
        let made = (!made.is_empty()).then(|| Keyring::from_keys(made));
        Self { named, keys, made, broken, malformed: None, origin, puller }
    }

    /// The same of a pod that the API server rejects for this.
    #[must_use]
    pub fn rejected_for(self, malformed: Option<Malformed>) -> Self {
        Self { malformed, ..self }
    }

    /// The secrets, in their order.
    pub fn named(&self) -> &[Named<'i>] {
        &self.named
    }

    /// The key of an entry.
    fn key(&self, tried: &Match) -> &'i str {
        let secret = self.named[tried.secret].known.secret();
        secret.map_or("", |(_, secret)| &secret.content.entries()[tried.entry].key)
    }

    /// The entries that the kubelet would try for an image: secret, entry and whether Docker Hub's stands in.
    pub fn tried(&self, name: &str) -> Vec<Match> {
        self.keys.tried(name)
    }

    /// Whether a key of a secret matches an image, as far as its keys are known.
    pub fn tells_of(&self, at: usize, name: &str) -> bool {
        self.told(name).any(|told| told == at)
    }

    /// The secrets with a key that matches an image, as far as their keys are known.
    pub fn told(&self, name: &str) -> impl Iterator<Item = usize> {
        let made = self.made.iter().flat_map(move |keyring| keyring.lookup(name));
        self.tried(name).into_iter().chain(made).map(|tried| tried.secret)
    }

    /// Of the secrets at `places`, those with a key that was meant for one of some images, of which none needs them, and
    /// what keeps it from matching the first of those.
    pub fn misspelt<'n>(
        &self,
        places: &[usize],
        images: impl Iterator<Item = &'n str>,
    ) -> BTreeMap<usize, NearMiss> {
        self.keys.misspelt(&self.named, places, images)
    }

    /// Whether a secret that no one can look into has credentials for an image. Where nothing tells what it is for, it
    /// counts wherever it is named; else only for what the policy declares, or the template of what makes it.
    fn may_cover(&self, at: usize, image: &Reference<'_>) -> bool {
        let Named { known, scope } = &self.named[at];
        let may_exist = match known {
            Known::Produced { produced, in_time, .. } if produced.keys.is_some() => {
                return *in_time && produced.is_usable() && self.tells_of(at, image.name());
            }
            Known::Produced { produced, in_time, .. } => *in_time && produced.is_usable(),
            Known::Declared(_) | Known::Outside => true,
            Known::InStream { secret, .. }
            | Known::InCluster { secret, .. }
            | Known::Copied { secret, .. } => matches!(secret.content, Content::Managed),
            Known::Elsewhere(_)
            | Known::MadeElsewhere { .. }
            | Known::Absent { .. }
            | Known::Impossible => false,
        };
        may_exist && scope.is_none_or(|scope| scope.covers(image.domain(), image.path()))
    }

    /// The secret that counts for an image although no one can look into it: rather one that is declared for it than one
    /// of which nothing is declared.
    fn declared(&self, image: &Reference<'_>) -> Option<usize> {
        let fit = || (0..self.named.len()).filter(|at| self.may_cover(*at, image));
        fit().find(|at| self.named[*at].scope.is_some()).or_else(|| fit().next())
    }

    /// The verdict of an image.
    pub fn judge(&self, pull: &Pull<'_>, policy: &Policy, providers: &[Provider]) -> Judgement {
        if let Some(judgement) = pull.without_credentials() {
            return judgement;
        }
        let of = Judgement::of;
        let on = |secret: usize, verdict| Judgement {
            secret: Some(secret),
            evidence: self.named[secret].known.evidence(),
            ..of(verdict)
        };
        let Ok(image) = pull.reference else { return of(Verdict::Invalid) };
        if let Some(malformed) = self.malformed {
            return of(Verdict::Mismatched)
                .because(VerdictReason::Mismatch(MismatchReason::Malformed(malformed)));
        }
        if let Some((secret, error)) = &self.broken {
            let why = MismatchReason::Broken(error.clone());
            return on(*secret, Verdict::Mismatched).because(VerdictReason::Mismatch(why));
        }
        let tried = self.tried(image.name());
        let unusable = |tried: &Match| {
            let (_, secret) = self.named[tried.secret].known.secret()?;
            secret.content.entries()[tried.entry].unusable
        };
        if let Some(at) = tried.iter().position(|tried| unusable(tried).is_none()) {
            let entry = &tried[at];
            let key = shown_key(self.key(entry)).into_owned();
            let matched = MatchedEntry { key, order: at + 1 };
            let maybe = matches!(self.named[entry.secret].known, Known::Copied { maybe: true, .. });
            let verdict = if maybe { Verdict::Declared } else { Verdict::Covered };
            return on(entry.secret, verdict).because(VerdictReason::Entry(matched));
        }
        let unasked = match self.identity(image, policy, providers) {
            Asking::Answered(identity) => {
                return of(Verdict::Iam).because(VerdictReason::Identity(identity));
            }
            Asking::Unasked(unasked) => Some(Box::new(unasked)),
            Asking::Nobody => None,
        };
        let is_static = matches!(self.puller, Puller::Static);
        if let Some(secret) = self.declared(image).filter(|_| !is_static) {
            return on(secret, Verdict::Declared);
        }
        if let Some(platform) = self.platform(pull) {
            return of(Verdict::Declared).because(VerdictReason::Platform(platform));
        }
        match self.origin {
            Origin::Unknown => Judgement { unasked, ..of(Verdict::Unknown) },
            _ if self.named.is_empty() => Judgement { unasked, ..of(Verdict::Missing) },
            _ => {
                let (secret, why) = self.why(image, &tried, &unusable);
                let because = Some(Box::new(VerdictReason::Mismatch(why)));
                Judgement { unasked, because, ..on(secret, Verdict::Mismatched) }
            }
        }
    }

    /// The platform that puts a pull secret for an image on the pod's ServiceAccount, which a pod with a list of its
    /// own does not get.
    fn platform(&self, pull: &Pull<'_>) -> Option<&'static str> {
        let inherits = self.origin != Origin::Pod && !matches!(self.puller, Puller::Static);
        pull.access.filter(|_| inherits)?.host?.platform
    }

    /// With which identity the nodes pull an image.
    pub fn identity(
        &self,
        image: &Reference<'_>,
        policy: &Policy,
        providers: &[Provider],
    ) -> Asking {
        match policy.iam(image.domain(), image.path()) {
            Some(Iam::Registry(_)) => return Asking::Answered(Identified::ByPolicy),
            Some(Iam::Provider(cloud)) => return Asking::Answered(Identified::ByService(cloud)),
            None => {}
        }
        let matching =
            providers.iter().filter(|provider| provider.matching(image.name()).is_some());
        let mut unasked = None;
        for provider in matching {
            match self.puller.why_unasked(provider) {
                None => {
                    return Asking::Answered(Identified::ByProvider(provider.name.clone()));
                }
                Some(why) => unasked = unasked.or(Some(why)),
            }
        }
        let Puller::Annotated(annotations) = self.puller else {
            return Asking::unasked(unasked);
        };
        let own = IDENTITIES.iter().filter_map(|identity| {
            // A configuration that is known says all that kubelets pull with.
            let asked = !identity.pulls || providers.is_empty();
            let missing = identity.missing(|key| value(annotations, key));
            // Most ServiceAccounts have none of the annotations.
            let has_one = asked && missing != MissingAnnotation::All;
            let is_for_image = has_one && identity.official.matching(image.name()).is_some();
            is_for_image.then_some((identity, missing))
        });
        let own: Vec<_> = own.collect();
        let half = own.iter().find_map(|&(identity, missing)| match missing {
            MissingAnnotation::Some(annotation) => Some(Unasked::Half { identity, annotation }),
            MissingAnnotation::All | MissingAnnotation::None => None,
        });
        match own.iter().find(|(_, missing)| *missing == MissingAnnotation::None) {
            Some((identity, _)) if identity.pulls => {
                Asking::Answered(Identified::ByAnnotation(identity))
            }
            Some((identity, _)) => Asking::Answered(Identified::OnlyInside(identity)),
            None => Asking::unasked(unasked.or(half)),
        }
    }

    /// The secret that comes nearest, and what keeps it from covering the image.
    fn why(
        &self,
        image: &Reference<'_>,
        tried: &[Match],
        unusable: &dyn Fn(&Match) -> Option<Unusable>,
    ) -> (usize, MismatchReason) {
        if matches!(self.puller, Puller::Static) {
            return (0, MismatchReason::StaticPod);
        }
        if let Some(entry) = tried.first()
            && let Some(why) = unusable(entry)
        {
            let key = shown_key(self.key(entry)).into_owned();
            return (entry.secret, MismatchReason::Unusable { key, why });
        }
        let name = image.name();
        let made = self.made.as_ref().is_some_and(|made| !made.lookup(name).is_empty());
        let miss = self.keys.nearest(&self.named, name).filter(|_| tried.is_empty() && !made);
        if let Some((secret, miss)) = miss {
            return (secret, MismatchReason::Miss(miss));
        }
        self.named.first().map_or((0, MismatchReason::Policy), |named| (0, named.known.why()))
    }
}

impl Judgement {
    /// Whether it is configured by a pull secret of which nothing is known.
    pub fn rests_on_nothing(&self) -> bool {
        self.verdict == Verdict::Declared && self.evidence == Evidence::None
    }

    /// Whether another pull secret would make the pull configured.
    pub fn can_be_covered(&self) -> bool {
        let broken = matches!(
            self.why(),
            Some(
                MismatchReason::Broken(_)
                    | MismatchReason::StaticPod
                    | MismatchReason::Malformed(_)
            )
        );
        self.verdict.is_private() && !self.verdict.is_configured() && !broken
    }

    fn of(verdict: Verdict) -> Self {
        Self { verdict, secret: None, evidence: Evidence::None, unasked: None, because: None }
    }
}

impl Asking {
    fn unasked(unasked: Option<Unasked>) -> Self {
        unasked.map_or(Self::Nobody, Self::Unasked)
    }
}

impl Puller<'_> {
    /// Why the kubelet does not ask a provider for this pod, if it does not (`getServiceAccountAnnotations` and its
    /// callers in `pkg/credentialprovider/plugin/plugin.go`).
    fn why_unasked(self, provider: &Provider) -> Option<Unasked> {
        let token = provider.token.as_ref().filter(|token| token.requires_service_account)?;
        let provider = provider.name.clone();
        match self {
            Self::Static => Some(Unasked::StaticPod { provider }),
            Self::NotKnown => {
                let annotation = token.missing_annotation(|_| false)?.to_owned();
                Some(Unasked::NotKnown { provider, annotation })
            }
            Self::Annotated(annotations) => {
                let has = |key: &str| value(annotations, key).is_some();
                let annotation = token.missing_annotation(has)?.to_owned();
                Some(Unasked::Lacks { provider, annotation })
            }
        }
    }
}

/// The identities that a ServiceAccount's annotations give.
pub fn identities(annotations: &[(Text<'_>, Text<'_>)]) -> Vec<&'static Identity> {
    let is_set = |identity: &&Identity| {
        identity.missing(|key| value(annotations, key)) == MissingAnnotation::None
    };
    IDENTITIES.iter().filter(is_set).collect()
}

/// The value of an annotation; of several of one name, the last one counts.
fn value<'v>(annotations: &'v [(Text<'_>, Text<'_>)], key: &str) -> Option<&'v str> {
    annotations.iter().rev().find(|(name, _)| name == key).map(|(_, value)| &**value)
}
