//! What is worth saying about ServiceAccounts by themselves: those that do not exist, and those that stand twice.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding;
use crate::inject::Holder;
use crate::inventory::{ServiceAccount, Workload};
use crate::verdict::{self, AccountId};

use super::super::InUse;
use super::{At, Draft, Findings, describe, show};

impl Findings<'_, '_> {
    /// ServiceAccounts that a dump of the cluster shows not to exist, each told once.
    pub(super) fn about_absent_accounts(&mut self) {
        let mut told = BTreeSet::new();
        for (pod, account) in self.pods.iter().zip(self.accounts) {
            let workload = &self.inventories[pod.source].workloads[pod.index];
            let name = workload.effective_service_account();
            let given = workload.object.namespace.as_deref();
            let namespace = given.or(self.policy.namespace()).unwrap_or_default();
            if !matches!(account, InUse::Absent) || !told.insert((namespace, name)) {
                continue;
            }
            let declared = match self.policy.service_account(given, name) {
                Some(_) => ", although the policy declares it",
                None => "",
            };
            let message = format!(
                "{} runs as ServiceAccount '{}', which neither the input nor the cluster dump has in namespace \
                 '{}'{declared}.",
                describe(&workload.object),
                show(name),
                show(namespace)
            );
            let holder = Holder::Pod { source: pod.source, index: pod.index };
            let at = self.at_list(holder, workload.object.label, "no such ServiceAccount");
            let draft = Draft::new(&finding::SERVICE_ACCOUNT_NOT_FOUND, message).at(at);
            self.report(draft.once_for([namespace, name]));
        }
    }

    /// ServiceAccounts of one name and namespace in one source that are not alike: the last one stands.
    pub(super) fn about_duplicate_accounts(&mut self) {
        for (source, inventory) in self.manifests() {
            let mut last: BTreeMap<_, &ServiceAccount<'_>> = BTreeMap::new();
            for (index, account) in inventory.service_accounts.iter().enumerate() {
                let Some(name) = account.object.name.as_deref() else { continue };
                let namespace = account.object.namespace.as_deref().or(self.policy.namespace());
                let Some(before) = last.insert((namespace, name), account) else { continue };
                if is_alike(before, account) {
                    continue;
                }
                let message = format!(
                    "{} stands in the input twice, and the two differ: the last one counts.",
                    describe(&account.object)
                );
                let holder = Holder::Account(AccountId { source, index });
                let label = "overrides the one before it";
                let at = self.at_list(holder, account.object.label, label);
                let first = At::new(&before.object, before.object.label, "the one before it");
                let draft = Draft::new(&finding::DUPLICATE_SERVICE_ACCOUNT, message).at(at);
                self.report(draft.related([first]));
            }
        }
    }

    /// Why a pod has no pull secret.
    pub(super) fn names_none(&self, workload: &Workload<'_>, account: InUse) -> Cow<'static, str> {
        if workload.pull_secrets.has_entry() {
            return "no entry of imagePullSecrets has a name".into();
        }
        let name = workload.effective_service_account();
        let namespace = workload.object.namespace.as_deref();
        let dumped = match account {
            InUse::None => return "a static pod can use no Secret".into(),
            InUse::Absent => {
                let name = show(name);
                return format!(
                    "the cluster dump has no ServiceAccount '{name}' in this namespace"
                )
                .into();
            }
            InUse::Seen { id, .. } if self.is_in_cluster(self.service_accounts.object(id)) => {
                " (in the cluster dump)"
            }
            InUse::Seen { id, .. } if self.added.contains_key(&Holder::Account(id)) => {
                return format!(
                    "the pod starts before ServiceAccount '{}' is applied with its new pull secrets",
                    show(name)
                )
                .into();
            }
            InUse::Seen { .. } => {
                // Whether a list that somebody put there outlives an upgrade, nobody can tell.
                let id = self.service_accounts.in_cluster(namespace, name, self.policy);
                match id.filter(|id| self.names_some(*id)) {
                    Some(_) => " of the input (the one in the cluster dump does)",
                    None => "",
                }
            }
            InUse::Declared | InUse::Unknown => "",
        };
        let name = show(name);
        format!("neither the pod nor ServiceAccount '{name}'{dumped} names a pull secret").into()
    }

    fn names_some(&self, id: AccountId) -> bool {
        let account = &self.inventories[id.source].service_accounts[id.index];
        account.pull_secrets.names().next().is_some()
    }
}

/// Whether it makes no difference for image pulls which of two ServiceAccounts stands.
fn is_alike(one: &ServiceAccount<'_>, other: &ServiceAccount<'_>) -> bool {
    one.pull_secrets.names().eq(other.pull_secrets.names())
        && one.enforces_mountable == other.enforces_mountable
        && verdict::identities(&one.annotations) == verdict::identities(&other.annotations)
}
