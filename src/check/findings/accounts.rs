//! What is worth saying about ServiceAccounts by themselves: those that do not exist, and those that stand twice.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding;
use crate::inject::{self, Holder};
use crate::inventory::ServiceAccount;
use crate::verdict::{self, AccountId, Origin};

use super::super::world::{InUse, ResolvedPod, World};
use super::{At, Draft, Findings, describe, show};

impl<'c> World<'c> {
    pub(super) fn about_service_accounts(&self, out: &mut Findings<'_, '_>) {
        let mut assumed_seen = BTreeSet::new();
        for pod in &self.pods {
            let InUse::Seen { id, account: service_account, assumed } = pod.account else {
                continue;
            };
            let workload = pod.workload;
            let holder = pod.holder();
            let who = describe(&workload.object);
            let account_name = self.describe_in(&service_account.object);
            if assumed && assumed_seen.insert(id) {
                let message = format!(
                    "{who} is assumed to run as {}, although the two do not both name a namespace.",
                    self.describe_in(&service_account.object)
                );
                let at = self.at_list(holder, workload.object.label, "which namespace is this in?");
                let object = &service_account.object;
                let related = At::new(object, object.label, "assumed to be its ServiceAccount");
                let draft = Draft::new(&finding::ASSUMED_SERVICE_ACCOUNT, message).at(at);
                let namespace = self.namespace(object).unwrap_or_default();
                let name = object.name.as_deref().unwrap_or_default();
                out.report(draft.related([related]).once_for([namespace, name]));
            }
            if pod.effective.origin != Origin::Pod {
                continue;
            }
            let account_holder = Holder::Account(id);
            let listed = &inject::list(self.inventories, account_holder);
            let added = self.added.get(&account_holder);
            let on_account = |name: &str| {
                listed.names().any(|listed| listed == name)
                    || added.is_some_and(|added| added.iter().any(|added| added == name))
            };
            let hidden = listed.names().filter(|name| !pod.effective.names.contains(name));
            let hidden: Vec<_> = hidden.map(|name| format!("'{}'", show(name))).collect();
            let account_list = "the ServiceAccount's list";
            if !hidden.is_empty() {
                let message = format!(
                    "{who} names pull secrets of its own, so {} of {account_name} is not used.",
                    hidden.join(", ")
                );
                let at = self.at_whole_list(holder, "this list hides the ServiceAccount's");
                let other = self.at_whole_list(account_holder, account_list);
                let draft = Draft::new(&finding::SHADOWED_SERVICE_ACCOUNT_SECRETS, message).at(at);
                out.report(draft.related([other]));
            }
            if service_account.enforces_mountable {
                for name in pod.effective.names.iter().filter(|name| !on_account(name)) {
                    let shown = show(name);
                    let message = format!(
                        "{who} names the pull secret '{shown}', which {account_name} does not name and so \
                         forbids."
                    );
                    let at = self.at_whole_list(holder, "rejected by the admission controller");
                    let other = self.at_whole_list(account_holder, account_list);
                    let draft = Draft::new(&finding::PULL_SECRET_NOT_MOUNTABLE, message).at(at);
                    out.report(draft.related([other]).about(name));
                }
            }
        }
    }

    /// ServiceAccounts that a dump of the cluster shows not to exist, each told once.
    pub(super) fn about_absent_accounts(&self, out: &mut Findings<'_, '_>) {
        let mut told = BTreeSet::new();
        for pod in &self.pods {
            let workload = pod.workload;
            let name = workload.effective_service_account();
            let given = workload.object.namespace.as_deref();
            let namespace = given.or(self.policy.namespace()).unwrap_or_default();
            if !matches!(pod.account, InUse::Absent) || !told.insert((namespace, name)) {
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
            let holder = pod.holder();
            let at = self.at_list(holder, workload.object.label, "no such ServiceAccount");
            let draft = Draft::new(&finding::SERVICE_ACCOUNT_NOT_FOUND, message).at(at);
            out.report(draft.once_for([namespace, name]));
        }
    }

    /// ServiceAccounts of one name and namespace in one source that are not alike: the last one stands.
    pub(super) fn about_duplicate_accounts(&self, out: &mut Findings<'_, '_>) {
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
                out.report(draft.related([first]));
            }
        }
    }

    /// Why a pod has no pull secret.
    pub(super) fn names_none(&self, pod: &ResolvedPod<'c>) -> Cow<'static, str> {
        let workload = pod.workload;
        if workload.pull_secrets.has_entry() {
            return "no entry of imagePullSecrets has a name".into();
        }
        let name = workload.effective_service_account();
        let namespace = workload.object.namespace.as_deref();
        let dumped = match pod.account {
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
            InUse::Made => {
                let name = show(name);
                return format!(
                    "neither the object nor ServiceAccount '{name}', which its operator makes, names a pull secret"
                )
                .into();
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
