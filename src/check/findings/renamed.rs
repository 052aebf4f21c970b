//! What is worth saying about names in the middle of a kustomize build: references that will dangle.

use crate::finding;
use crate::inventory::Object;
use crate::verdict::{Known, Referrer};

use super::super::{InUse, Pod};
use super::{At, Draft, Findings, describe, show};

impl Findings<'_, '_> {
    /// What names the effective pull secrets of a pod.
    pub(super) fn referrer(&self, pod: &Pod<'_>, account: InUse) -> Referrer<'_> {
        let account = match account {
            InUse::Seen { id, .. } if !self.is_in_cluster(self.service_accounts.object(id)) => {
                Some(&self.inventories[id.source].service_accounts[id.index].object)
            }
            _ => None,
        };
        let workload = &self.inventories[pod.source].workloads[pod.index];
        Referrer::of_secrets(&workload.object, account, pod.effective.origin)
    }

    /// Names of pull secrets and ServiceAccounts that kustomize does not keep up to date.
    pub(super) fn about_renamed(&mut self) {
        let mut objects = self.manifests().flat_map(|(_, inventory)| {
            let secrets = inventory.secrets.iter().map(|secret| &secret.object);
            let accounts = inventory.service_accounts.iter().map(|account| &account.object);
            secrets.chain(accounts)
        });
        if objects.all(|object| object.build.is_none()) {
            return;
        }
        for (pod, account) in self.pods.iter().zip(self.accounts) {
            self.about_names(pod, *account);
            let workload = &self.inventories[pod.source].workloads[pod.index];
            if matches!(account, InUse::Unknown | InUse::Absent)
                && let Some(renamed) = self.service_accounts.left_behind(workload)
            {
                let name = workload.effective_service_account();
                self.left_behind(pod, &format!("runs as ServiceAccount '{}'", show(name)), renamed);
            }
        }
    }

    fn about_names(&mut self, pod: &Pod<'_>, account: InUse) {
        for name in pod.effective.names.iter() {
            let referrer = self.referrer(pod, account);
            let found = self.pull_secret(pod, account, name);
            if matches!(found, Known::Outside | Known::Absent { .. })
                && let Some(renamed) = self.secrets.left_behind(referrer, name)
            {
                self.left_behind(pod, &format!("names the pull secret '{}'", show(name)), renamed);
            }
        }
    }

    fn left_behind(&mut self, pod: &Pod<'_>, does: &str, renamed: &Object<'_>) {
        let code = &finding::REFERENCE_NOT_RENAMED;
        let object = &self.inventories[pod.source].workloads[pod.index].object;
        let hash = if renamed.build.as_ref().is_some_and(|build| build.needs_hash) {
            " with a hash behind it"
        } else {
            ""
        };
        let message = format!(
            "{} {does}, and kustomize calls that '{}'{hash} in the end without changing the name here.",
            describe(object),
            show(renamed.name.as_deref().unwrap_or_default()),
        );
        let at = self.at_pod(pod, "this name will dangle");
        let other = At::new(renamed, renamed.label, "renamed by kustomize");
        let name = renamed.name.as_deref().unwrap_or_default();
        self.report(Draft::new(code, message).at(at).related([other]).about(name));
    }
}
