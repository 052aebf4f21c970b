//! What is worth saying about ServiceAccounts by themselves: those that do not exist, and those that stand twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding;
use crate::inject::{self, Holder};
use crate::inventory::{Object, ServiceAccount};
use crate::say;
use crate::text::{Message, list, shown};
use crate::verdict::{self, AccountId, Origin};

use super::super::world::{InUse, ResolvedPod, World};
use super::{At, Draft, Findings, describe};

/// The label of the list of a ServiceAccount.
const ACCOUNT_LIST: &str = "the ServiceAccount's list";

impl<'c> World<'c> {
    /// How pods and the ServiceAccounts of the input fit together.
    pub(super) fn about_service_accounts(&self, out: &mut Findings<'_, '_>) {
        let mut assumed_seen = BTreeSet::new();
        for pod in &self.pods {
            let InUse::Seen { id, account, assumed } = pod.account else { continue };
            if assumed && assumed_seen.insert(id) {
                self.about_assumed_account(out, pod, &account.object);
            }
            if pod.effective().origin == Origin::Pod {
                self.about_shadowed_list(out, pod, id);
                if account.enforces_mountable {
                    self.about_forbidden_names(out, pod, id);
                }
            }
        }
    }

    /// A pod and its ServiceAccount that do not both name a namespace.
    fn about_assumed_account(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        account: &'c Object<'c>,
    ) {
        let object = &pod.workload.object;
        let message = say!(
            "{} is assumed to run as {}, although the two do not both name a namespace.",
            describe(object),
            self.describe_in(account)
        );
        let at = self.at_list(pod.holder(), object.label, "namespace not set");
        let related = At::new(account, account.label, "assumed to be its ServiceAccount");
        let draft = Draft::new(&finding::ASSUMED_SERVICE_ACCOUNT, message).at(at);
        let namespace = account.namespace().unwrap_or_default();
        let name = account.name.as_deref().unwrap_or_default();
        out.report(draft.related([related]).once_for([namespace, name]));
    }

    /// Pull secrets of a ServiceAccount that the list of a pod hides.
    fn about_shadowed_list(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        id: AccountId,
    ) {
        let account = Holder::Account(id);
        let listed = inject::list(self.inventories, account);
        let hidden = listed.names().filter(|name| !pod.effective().names.contains(name));
        let hidden: Vec<_> = hidden.map(|name| say!("'{}'", name.shown())).collect();
        if hidden.is_empty() {
            return;
        }
        let message = say!(
            "{} names pull secrets of its own, so {} of {} is not used.",
            describe(&pod.workload.object),
            list(hidden, ", "),
            self.describe_in(inject::object(self.inventories, account))
        );
        let at = self.at_whole_list(pod.holder(), "this list hides the ServiceAccount's");
        let other = self.at_whole_list(account, ACCOUNT_LIST);
        let draft = Draft::new(&finding::SHADOWED_SERVICE_ACCOUNT_SECRETS, message).at(at);
        let (namespace, name) = (pod.namespace(), pod.workload.effective_service_account());
        out.report(draft.related([other]).cause(&[&[name, namespace.unwrap_or_default()]]));
    }

    /// Pull secrets of a pod that its ServiceAccount does not allow, since it does not name them.
    fn about_forbidden_names(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        id: AccountId,
    ) {
        let account = Holder::Account(id);
        let added = self.added.get(&account).into_iter().flat_map(|added| added.iter());
        let allowed: Vec<_> =
            inject::list(self.inventories, account).names().chain(added).collect();
        for name in pod.effective().names.iter().filter(|name| !allowed.contains(name)) {
            let message = say!(
                "{} names the pull secret '{}', which {} does not name and so forbids.",
                describe(&pod.workload.object),
                name.shown(),
                self.describe_in(inject::object(self.inventories, account))
            );
            let at = self.at_whole_list(pod.holder(), "rejected by the admission controller");
            let other = self.at_whole_list(account, ACCOUNT_LIST);
            let draft = Draft::new(&finding::PULL_SECRET_NOT_MOUNTABLE, message).at(at);
            let (namespace, account) = (pod.namespace(), pod.workload.effective_service_account());
            let draft = draft.related([other]).about(name);
            out.report(draft.cause(&[&[name, account, namespace.unwrap_or_default()]]));
        }
    }

    /// ServiceAccounts that a dump of the cluster shows not to exist, each reported once.
    pub(super) fn about_absent_accounts(&self, out: &mut Findings<'_, '_>) {
        let mut told = BTreeSet::new();
        for pod in &self.pods {
            let workload = pod.workload;
            let name = workload.effective_service_account();
            let given = workload.object.namespace();
            let namespace = given.unwrap_or_default();
            if !matches!(pod.account, InUse::Absent) || !told.insert((namespace, name)) {
                continue;
            }
            let declared = match self.policy.service_account(given, name) {
                Some(_) => ", although the policy declares it",
                None => "",
            };
            let message = say!(
                "{} runs as ServiceAccount '{}', which neither the input nor the cluster dump has in namespace \
                 '{}'{}.",
                describe(&workload.object),
                shown(name),
                shown(namespace),
                declared
            );
            let holder = pod.holder();
            let at = self.at_list(holder, workload.object.label, "no such ServiceAccount");
            let draft = Draft::new(&finding::SERVICE_ACCOUNT_NOT_FOUND, message).at(at);
            out.report(draft.once_for([namespace, name]));
        }
    }

    /// ServiceAccounts of one name and namespace in one source that are not alike: the last one counts.
    pub(super) fn about_duplicate_accounts(&self, out: &mut Findings<'_, '_>) {
        for (source, inventory) in self.manifests() {
            let mut last: BTreeMap<_, &ServiceAccount<'_>> = BTreeMap::new();
            for (index, account) in inventory.service_accounts.iter().enumerate() {
                let Some(name) = account.object.name.as_deref() else { continue };
                let namespace = account.object.namespace();
                let Some(before) = last.insert((namespace, name), account) else { continue };
                if is_alike(before, account) {
                    continue;
                }
                let message = say!(
                    "{} is in the input twice, and the two differ: the last one counts.",
                    describe(&account.object)
                );
                let holder = Holder::Account(AccountId { source, index });
                let label = "overrides the one before it";
                let at = self.at_list(holder, account.object.label, label);
                let first = At::new(&before.object, before.object.label, "the one before it");
                let draft = Draft::new(&finding::DUPLICATE_SERVICE_ACCOUNT, message).at(at);
                out.report(draft.related([first]));
            }
        }
    }

    /// Why a pod has no pull secret.
    pub(super) fn names_none(&self, pod: &ResolvedPod<'c>) -> Message {
        let workload = pod.workload;
        if workload.pull_secrets.has_entry() {
            return "no entry of imagePullSecrets has a name".into();
        }
        let name = workload.effective_service_account();
        let namespace = workload.object.namespace();
        let dumped = match pod.account {
            InUse::None => return "a static pod cannot use Secrets".into(),
            InUse::Absent => {
                return say!(
                    "the cluster dump has no ServiceAccount '{}' in this namespace",
                    shown(name)
                );
            }
            InUse::Seen { id, .. } if self.is_in_cluster(self.service_accounts.object(id)) => {
                " (in the cluster dump)"
            }
            InUse::Seen { id, .. } if self.added.contains_key(&Holder::Account(id)) => {
                return say!(
                    "the pod starts before ServiceAccount '{}' is applied with its new pull secrets",
                    shown(name)
                );
            }
            InUse::Seen { .. } => {
                // Whether a list that somebody put there outlives an upgrade, no one can tell.
                let id = self.service_accounts.in_cluster(namespace, name);
                match id.filter(|id| self.names_some(*id)) {
                    Some(_) => " of the input (the one in the cluster dump does)",
                    None => "",
                }
            }
            InUse::Made => {
                let name = shown(name);
                return say!(
                    "neither the object nor ServiceAccount '{}', which its operator makes, names a pull secret",
                    name
                );
            }
            InUse::Declared | InUse::Unknown => "",
        };
        let name = shown(name);
        say!("neither the pod nor ServiceAccount '{}'{} names a pull secret", name, dumped)
    }

    fn names_some(&self, id: AccountId) -> bool {
        id.of(self.inventories).pull_secrets.names().next().is_some()
    }
}

/// Whether it makes no difference for image pulls which of two ServiceAccounts counts.
fn is_alike(one: &ServiceAccount<'_>, other: &ServiceAccount<'_>) -> bool {
    one.pull_secrets.names().eq(other.pull_secrets.names())
        && one.enforces_mountable == other.enforces_mountable
        && verdict::identities(&one.annotations) == verdict::identities(&other.annotations)
}
