//! The edits that mend a finding about an image: what an injection would write, where the manifests or the policy say
//! which pull secret covers it. Nothing is invented: without an answer there is no edit.

use crate::finding::Fix;
use crate::inject::{self, Request};
use crate::inventory::Image;
use crate::policy::InjectInto;
use crate::text::shown;
use crate::verdict::{Credentials, Judgement, Named, Origin, Pull};

use super::super::covering::CoveringSecret;
use super::super::earlier;
use super::super::world::{ResolvedPod, World};

impl<'c> World<'c> {
    /// The edits after which an image of a pod counts as configured; none if nothing says which pull secret that takes, or
    /// if this run injects: then what can be done is done. `covering` is a Secret of the input that covers it.
    pub(super) fn fix(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        judgement: &Judgement,
        covering: Option<CoveringSecret<'c, 'c>>,
    ) -> Vec<Fix> {
        let is_done = self.policy.inject().into != InjectInto::None;
        if is_done || !judgement.can_be_covered() {
            return Vec::new();
        }
        let needs = self.answer(image, covering);
        if needs.is_empty() || !self.is_mended_by(&needs, pod, image) {
            return Vec::new();
        }
        let workload = pod.workload;
        let account = self.service_accounts.find(pod.id().source, workload, self.policy);
        let earlier = earlier(self.service_accounts, workload, account, self.policy);
        let holder = pod.holder();
        let request = Request { holder, needs, account, earlier, is_vital: true };
        let edits = inject::edits(self.inventories, &request, self.policy.inject().into_of_fixes);
        // What a report may not show is not proposed either.
        if edits.iter().any(|(_, edit)| shown(&edit.insert).masked() != &*edit.insert) {
            return Vec::new();
        }
        edits.into_iter().map(|(source, edit)| Fix { source, edit }).collect()
    }

    /// The pull secrets that the image takes: those that the policy names for it, or else one of the input that covers it.
    fn answer(&self, image: &Image<'_>, covering: Option<CoveringSecret<'c, 'c>>) -> Vec<&'c str> {
        let Ok(reference) = image.parsed() else { return Vec::new() };
        let wanted = self.policy.pull_secrets(reference.domain(), reference.path());
        if let Some((_, names)) = wanted {
            return names.iter().map(|name| name.value.as_str()).collect();
        }
        covering.into_iter().map(|covering| &**covering.name).collect()
    }

    /// Whether an image is configured once its pod has these pull secrets, too.
    fn is_mended_by(&self, needs: &[&str], pod: &ResolvedPod<'c>, image: &Image<'_>) -> bool {
        let new = needs.iter().map(|name| Named {
            known: self.pull_secret(pod, name),
            scope: self.policy.scope(pod.namespace(), name),
        });
        let all: Vec<_> = pod.secrets.iter().copied().chain(new).collect();
        let credentials = Credentials::new(all.into(), Origin::Pod, pod.account.puller());
        let pull = Pull::of(image, self.policy);
        let judgement = credentials.judge(&pull, self.policy, self.circumstances.providers);
        judgement.verdict.is_configured()
    }
}
