//! Which pull secrets a pod really has, and what that means for each of its images: the rules of the
//! admission controller and the kubelet, applied to facts.
//!
//! Nothing here knows YAML, and nothing here says what to do about a verdict.

use std::collections::BTreeMap;

use crate::image::{InvalidReference, Reference};
use crate::inventory::{Inventory, Text, Workload};
use crate::policy::registries::Class;
use crate::policy::{self, Access, Policy, RuleId};

/// What an image's pull comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The registry serves everyone.
    Public,
    /// The reference does not parse.
    Invalid,
    /// The nodes pull with their own identity.
    Iam,
    /// A pull secret is named that is kept elsewhere.
    Declared,
    /// Pull secrets are named, and none is for this registry.
    Mismatched,
    /// Nothing authenticates the pull.
    Missing,
    /// The pod's ServiceAccount is not known, and it names no secret of its own.
    Unknown,
}

impl Verdict {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Invalid => "invalid",
            Self::Iam => "iam",
            Self::Declared => "declared",
            Self::Mismatched => "mismatched",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the pull counts as configured.
    pub fn is_configured(self) -> bool {
        matches!(self, Self::Iam | Self::Declared)
    }

    /// Whether the pull counts as one from a private registry.
    pub fn is_private(self) -> bool {
        !matches!(self, Self::Public | Self::Invalid)
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
    /// The policy declares it.
    Declared(RuleId, &'p policy::ServiceAccount),
    /// It is outside, and nobody says what it names.
    Unknown,
}

/// The ServiceAccounts of all sources by name.
pub struct Accounts<'i, 'a> {
    inventories: &'i [Inventory<'a>],
    by_name: BTreeMap<&'i str, Vec<AccountId>>,
}

impl<'i, 'a> Accounts<'i, 'a> {
    /// Indexes the ServiceAccounts of `inventories`.
    pub fn new(inventories: &'i [Inventory<'a>]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<AccountId>> = BTreeMap::new();
        for (source, inventory) in inventories.iter().enumerate() {
            for (index, account) in inventory.service_accounts.iter().enumerate() {
                if let Some(name) = account.object.name.as_deref() {
                    by_name.entry(name).or_default().push(AccountId { source, index });
                }
            }
        }
        Self { inventories, by_name }
    }

    /// The ServiceAccount of a workload of `source`.
    ///
    /// It has to be in the pod's namespace. One of the same source goes before those of others, and of several the
    /// last one stands, as after `kubectl apply`. Where no default namespace is known, no namespace equals no
    /// namespace, and it meets a named one only if there is exactly one candidate.
    pub fn find<'p>(
        &self,
        source: usize,
        workload: &Workload<'_>,
        policy: &'p Policy,
    ) -> Account<'p> {
        let name = workload.effective_service_account();
        let given = workload.object.namespace.as_deref();
        let wanted = given.or(policy.namespace());
        let named = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let namespace = |id: AccountId| {
            let object = &self.inventories[id.source].service_accounts[id.index].object;
            object.namespace.as_deref().or(policy.namespace())
        };
        let same = || named.iter().rev().copied().filter(|&id| namespace(id) == wanted);
        if let Some(id) = same().find(|id| id.source == source).or_else(|| same().next()) {
            return Account::InStream { id, assumed: false };
        }
        if let Some((rule, account)) = policy.service_account(given, name) {
            return Account::Declared(rule, account);
        }
        match named.last() {
            Some(&id)
                if named.iter().all(|&other| namespace(other) == namespace(id))
                    && namespace(id).is_some() != wanted.is_some() =>
            {
                Account::InStream { id, assumed: true }
            }
            _ => Account::Unknown,
        }
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
    pub names: Vec<Text<'a>>,
    /// Where they come from.
    pub origin: Origin,
}

impl<'a> Effective<'a> {
    /// Of a pod with `own` entries whose ServiceAccount names `account`: one or the other, never both
    /// (plugin/pkg/admission/serviceaccount/admission.go).
    pub fn of(
        own: impl IntoIterator<Item = Text<'a>>,
        has_entry: bool,
        account: Option<Vec<Text<'a>>>,
    ) -> Self {
        match account {
            _ if has_entry => Self { names: own.into_iter().collect(), origin: Origin::Pod },
            Some(names) if names.is_empty() => Self { names, origin: Origin::None },
            Some(names) => Self { names, origin: Origin::ServiceAccount },
            None => Self { names: Vec::new(), origin: Origin::Unknown },
        }
    }
}

/// An image with what decides its pull.
#[derive(Debug)]
pub struct Pull {
    /// The reference, parsed.
    pub reference: Result<Reference, InvalidReference>,
    /// Whether it needs credentials; `None` if it does not parse.
    pub access: Option<Access>,
}

impl Pull {
    /// Reads a reference and asks the policy about its registry.
    pub fn of(reference: &str, policy: &Policy) -> Self {
        let reference = Reference::parse(reference);
        let access = reference.as_ref().ok();
        let access = access.map(|image| policy.access(image.domain(), image.path()));
        Self { reference, access }
    }
}

/// The verdict of an image, and the name of the pull secret it rests on.
pub fn judge<'e>(
    pull: &Pull,
    effective: &'e Effective<'_>,
    namespace: Option<&str>,
    policy: &Policy,
) -> (Verdict, Option<&'e str>) {
    let Ok(image) = &pull.reference else { return (Verdict::Invalid, None) };
    if pull.access.is_some_and(|access| access.class == Class::Public) {
        return (Verdict::Public, None);
    }
    if policy.iam(image.domain(), image.path()).is_some() {
        return (Verdict::Iam, None);
    }
    let fits = |name: &&str| {
        let declared = policy.secret(namespace, name);
        declared.is_none_or(|(_, secret)| secret.may_cover(image.domain(), image.path()))
    };
    let named = || effective.names.iter().map(|name| &**name);
    match (named().find(fits), effective.origin) {
        (Some(name), _) => (Verdict::Declared, Some(name)),
        (None, Origin::Unknown) => (Verdict::Unknown, None),
        (None, _) if !effective.names.is_empty() => (Verdict::Mismatched, named().next()),
        (None, _) => (Verdict::Missing, None),
    }
}
