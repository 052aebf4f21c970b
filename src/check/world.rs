//! The resolved world: what the sources hold, with everything that decides a pull looked up once. Checks and reports
//! read it; nothing here says what is worth saying.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::inject::{Added, Holder, Note};
use crate::inventory::stamp::Stamped;
use crate::inventory::{Inventory, Object, ServiceAccount, SourceKind, Workload, WorkloadId};
use crate::policy::Policy;
use crate::source::Source;
use crate::verdict::{
    Account, AccountId, Accounts, Credentials, Effective, Known, LookUp, Named, Origin, Puller,
    Referrer, Secrets,
};

use super::covering::Covering;
use super::naming::Names;
use super::{Circumstances, Judged, Pod};

/// Everything that is known after the verdicts.
pub(super) struct World<'c> {
    pub(super) sources: &'c [Source],
    pub(super) inventories: &'c [Inventory<'c>],
    pub(super) service_accounts: &'c Accounts<'c, 'c>,
    pub(super) secrets: &'c Secrets<'c>,
    pub(super) pods: Vec<ResolvedPod<'c>>,
    /// The workloads of each source with their stamps; nothing if no one asks for them.
    pub(super) stamped: &'c [Vec<Stamped<'c>>],
    pub(super) added: &'c Added<'c>,
    /// What is left to say about the injection.
    pub(super) notes: &'c [Note],
    pub(super) policy: &'c Policy,
    pub(super) circumstances: Circumstances<'c>,
    /// The Secrets of the input that can be proposed, if an image needs one.
    pub(super) covering: Option<&'c Covering<'c, 'c>>,
    /// The names of pull secrets that are in use, if a remedy asks.
    pub(super) names: OnceCell<Names<'c>>,
    /// Whether something could not be read.
    pub(super) unreadable: bool,
}

/// What is known of each effective pull secret of a pod, in their order. Many pods share it.
pub(super) type Resolved<'c> = Rc<[Named<'c>]>;

/// A workload with its ServiceAccount, its pull secrets, what is known of each, and the verdicts.
pub(super) struct ResolvedPod<'c> {
    judged: &'c Pod<'c>,
    pub(super) workload: &'c Workload<'c>,
    pub(super) account: InUse<'c>,
    pub(super) secrets: Resolved<'c>,
}

/// The ServiceAccount of a pod, as far as checks ask.
#[derive(Clone, Copy)]
pub(super) enum InUse<'c> {
    /// It is in the input or in a dump.
    Seen {
        id: AccountId,
        account: &'c ServiceAccount<'c>,
        /// Whether pod and account do not both name a namespace.
        assumed: bool,
    },
    Absent,
    Declared,
    Unknown,
    /// A static pod has none.
    None,
    /// Its operator makes it.
    Made,
}

impl<'c> InUse<'c> {
    pub(super) fn of(account: Account<'_>, inventories: &'c [Inventory<'_>]) -> Self {
        let seen = |id: AccountId, assumed| Self::Seen { id, account: id.of(inventories), assumed };
        match account {
            Account::InStream { id, assumed } | Account::InCluster { id, assumed } => {
                seen(id, assumed)
            }
            Account::Absent => Self::Absent,
            Account::Declared(..) => Self::Declared,
            Account::Later(id) => seen(id, false),
            Account::Unknown => Self::Unknown,
            Account::None => Self::None,
            Account::Made => Self::Made,
        }
    }

    /// For whom the kubelet pulls the images of a pod.
    pub(super) fn puller(self) -> Puller<'c> {
        match self {
            Self::Seen { account, .. } => Puller::Annotated(&account.annotations),
            Self::Absent | Self::Declared | Self::Unknown | Self::Made => Puller::NotKnown,
            Self::None => Puller::Static,
        }
    }
}

impl<'c> ResolvedPod<'c> {
    pub(super) fn new(
        judged: &'c Pod<'_>,
        inventories: &'c [Inventory<'_>],
        account: InUse<'c>,
        secrets: Resolved<'c>,
    ) -> Self {
        Self { judged, workload: judged.id.of(inventories), account, secrets }
    }

    /// Which workload it is.
    pub(super) fn id(&self) -> WorkloadId {
        self.judged.id
    }

    /// The pull secrets of the output.
    pub(super) fn effective(&self) -> &'c Effective<'c> {
        &self.judged.effective
    }

    /// A verdict for each of its images.
    pub(super) fn images(&self) -> &'c [Judged] {
        &self.judged.images
    }

    pub(super) fn holder(&self) -> Holder {
        Holder::Pod(self.id())
    }

    /// The namespace of the pods, as far as it is known.
    pub(super) fn namespace(&self) -> Option<&'c str> {
        self.workload.object.namespace()
    }

    /// From where the names in the pod are looked up.
    pub(super) fn look_up(&self) -> LookUp<'c> {
        LookUp::of(&self.workload.object)
    }

    /// Its pull secrets, ready to be asked about images.
    pub(super) fn credentials(&self) -> Credentials<'c> {
        Credentials::new(Rc::clone(&self.secrets), self.effective().origin, self.account.puller())
    }

    /// Whether it names a pull secret of which nothing is known, or may name one, and pulls an image that may need it.
    pub(super) fn may_name_another(&self) -> bool {
        let may_need = |judged: &Judged| {
            judged.judgement.rests_on_nothing()
                || judged.is_assumed_public() && !self.effective().names.is_empty()
        };
        self.images().iter().any(may_need)
    }

    /// Whether a Secret of the input may be what an image of it lacks.
    pub(super) fn is_wanting(&self) -> bool {
        self.may_name_another()
            || self.images().iter().any(|image| image.judgement.can_be_covered())
    }

    /// The ServiceAccount that is among the manifests.
    fn own_account(&self, world: &World<'_>) -> Option<&'c Object<'c>> {
        match self.account {
            InUse::Seen { account, .. } if !world.is_in_cluster(&account.object) => {
                Some(&account.object)
            }
            _ => None,
        }
    }
}

impl<'c> World<'c> {
    /// What is judged, with the number of its source: a dump of the cluster is not.
    pub(super) fn manifests(&self) -> impl Iterator<Item = (usize, &'c Inventory<'c>)> + use<'c> {
        let all = self.inventories.iter().enumerate();
        all.filter(|(_, inventory)| inventory.source_kind == SourceKind::Manifests)
    }

    pub(super) fn is_in_cluster(&self, object: &Object<'_>) -> bool {
        self.inventories[object.source as usize].source_kind == SourceKind::Cluster
    }

    /// What names the effective pull secrets of a pod.
    pub(super) fn referrer(&self, pod: &ResolvedPod<'c>) -> Referrer<'c> {
        let account = pod.own_account(self);
        Referrer::of_secrets(&pod.workload.object, account, pod.effective().origin)
    }

    /// What is known of a pull secret that a pod could name.
    pub(super) fn pull_secret(&self, pod: &ResolvedPod<'c>, name: &str) -> Known<'c> {
        self.secrets.find(pod.look_up(), self.referrer(pod), name, self.policy)
    }

    /// The pods of a workload, or those that have their pull secrets from a ServiceAccount.
    pub(super) fn pods_of(&self, holder: Holder) -> impl Iterator<Item = &ResolvedPod<'c>> {
        self.pods.iter().filter(move |pod| match (holder, pod.account) {
            (Holder::Pod(_), _) => pod.holder() == holder,
            (Holder::Account(of), InUse::Seen { id, .. }) => {
                id == of && pod.effective().origin == Origin::ServiceAccount
            }
            (Holder::Account(_), _) => false,
        })
    }
}
