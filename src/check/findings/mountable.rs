//! What is worth saying about `secrets` of ServiceAccounts, which many take for pull secrets.

use crate::finding::{self, Severity};
use crate::inject::{self, Holder};
use crate::inventory::secrets::Content;
use crate::inventory::{PullSecretRef, ServiceAccount};
use crate::say;
use crate::text::shown;
use crate::verdict::{AccountId, Known, LookUp, Origin, Referrer};

use super::super::world::World;
use super::{At, Draft, Findings, describe};

/// Parts of names that people give to pull secrets.
const TELLING: &[&str] = &["docker", "image", "pull", "regcred", "registry", "regsecret"];

impl World<'_> {
    /// Pull secrets that a ServiceAccount lists under `secrets` only: that is for what its pods mount, and for tokens
    /// of before Kubernetes 1.24 (`ServiceAccount` in k8s.io/api/core/v1/types.go).
    pub(super) fn about_mountable(&self, out: &mut Findings<'_, '_>) {
        for (source, inventory) in self.manifests() {
            for (index, account) in inventory.service_accounts.iter().enumerate() {
                let id = AccountId { source, index };
                for entry in &account.mountable {
                    if self.is_misplaced(id, entry) {
                        Self::only_mountable(out, account, entry);
                    }
                }
            }
        }
    }

    /// Whether an entry of `secrets` was meant to be a pull secret, and is none.
    fn is_misplaced(&self, id: AccountId, entry: &PullSecretRef<'_>) -> bool {
        let Some(name) = entry.name.as_deref() else { return false };
        let holder = Holder::Account(id);
        let list = inject::list(self.inventories, holder);
        let added = self.added.get(&holder).into_iter().flat_map(|added| added.iter());
        let is_named = list.names().chain(added).any(|named| *named == name);
        !is_named && self.is_pull_secret(id, name, !list.has_entry())
    }

    /// Whether a Secret is one for pulls. Of one that no one knows its name may tell, if `by_name`.
    fn is_pull_secret(&self, id: AccountId, name: &str, by_name: bool) -> bool {
        let account = inject::object(self.inventories, Holder::Account(id));
        let referrer = Referrer::of_secrets(account, Some(account), Origin::ServiceAccount);
        match self.secrets.find(LookUp::of(account), referrer, name, self.policy) {
            Known::Declared(_) => true,
            Known::Produced { produced, .. } | Known::MadeElsewhere { produced, .. } => {
                produced.is_usable()
            }
            Known::InStream { secret, .. }
            | Known::InCluster { secret, .. }
            | Known::Copied { secret, .. }
            | Known::Elsewhere(secret) => !matches!(secret.content, Content::OtherType { .. }),
            Known::Outside | Known::Absent { .. } | Known::Impossible => {
                by_name && TELLING.iter().any(|part| name.to_lowercase().contains(part))
            }
        }
    }

    fn only_mountable(
        out: &mut Findings<'_, '_>,
        account: &ServiceAccount<'_>,
        entry: &PullSecretRef<'_>,
    ) {
        let code = &finding::MISPLACED_PULL_SECRETS;
        let object = &account.object;
        let name = shown(entry.name.as_deref().unwrap_or_default());
        let message = say!(
            "{} lists the pull secret '{}' under `secrets`, which has no effect on image pulls: that list is for \
             Secrets that pods mount.",
            describe(object),
            name
        );
        let at = At::new(object, entry.span, "not used for pulls");
        let at = at.path(object.path(&[], "secrets"));
        let remedy = say!(
            "List it under imagePullSecrets of the ServiceAccount:\n  imagePullSecrets:\n  - name: {}",
            name
        );
        let draft = Draft::new(code, message).severity(Severity::Warning).at(at).remedy(remedy);
        out.report(draft.about(entry.name.as_deref().unwrap_or_default()));
    }
}
