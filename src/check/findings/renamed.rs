//! What is worth saying about names in the middle of a kustomize build: references that will dangle.

use crate::finding;
use crate::inventory::Object;
use crate::say;
use crate::text::{Message, shown};
use crate::verdict::Known;

use super::super::world::{InUse, ResolvedPod, World};
use super::{At, Draft, Findings, describe};

impl<'c> World<'c> {
    /// Names of pull secrets and ServiceAccounts that kustomize does not keep up to date.
    pub(super) fn about_renamed(&self, out: &mut Findings<'_, '_>) {
        let mut objects = self.manifests().flat_map(|(_, inventory)| {
            let secrets = inventory.secrets.iter().map(|secret| &secret.object);
            let accounts = inventory.service_accounts.iter().map(|account| &account.object);
            secrets.chain(accounts)
        });
        if objects.all(|object| object.build.is_none()) {
            return;
        }
        for pod in &self.pods {
            self.about_names(out, pod);
            let workload = pod.workload;
            if matches!(pod.account, InUse::Unknown | InUse::Absent)
                && let Some(renamed) = self.service_accounts.left_behind(workload)
            {
                let name = workload.effective_service_account();
                Self::left_behind(
                    out,
                    pod,
                    &say!("runs as ServiceAccount '{}'", shown(name)),
                    renamed,
                );
            }
        }
    }

    fn about_names(&self, out: &mut Findings<'_, '_>, pod: &ResolvedPod<'c>) {
        let referrer = self.referrer(pod);
        for (name, secret) in pod.effective().names.iter().zip(&*pod.secrets) {
            if matches!(secret.known, Known::Outside | Known::Absent { .. })
                && let Some(renamed) = self.secrets.left_behind(referrer, name)
            {
                Self::left_behind(
                    out,
                    pod,
                    &say!("names the pull secret '{}'", shown(name)),
                    renamed,
                );
            }
        }
    }

    fn left_behind(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        does: &Message,
        renamed: &Object<'_>,
    ) {
        let code = &finding::REFERENCE_NOT_RENAMED;
        let object = &pod.workload.object;
        let hash = if renamed.build.as_ref().is_some_and(|build| build.needs_hash) {
            " with a hash added"
        } else {
            ""
        };
        let message = say!(
            "{} {}, and kustomize calls that '{}'{} in the end without changing the name here.",
            describe(object),
            does,
            shown(renamed.name.as_deref().unwrap_or_default()),
            hash
        );
        let at = pod.at("this reference will be left dangling");
        let other = At::new(renamed, renamed.label, "renamed by kustomize");
        let name = renamed.name.as_deref().unwrap_or_default();
        out.report(Draft::new(code, message).at(at).related([other]).about(name));
    }
}
