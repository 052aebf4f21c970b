//! The edits that mend a finding about an image: what an injection would write, where the manifests or the policy say
//! which pull secret covers it. Nothing is invented: without an answer there is no edit.

use crate::finding::Fix;
use crate::inject::{self, Holder, Request};
use crate::inventory::Image;
use crate::policy::InjectInto;
use crate::verdict::{Credentials, Judgement, Named, Origin, Pull};

use super::super::{InUse, Pod, earlier, puller};
use super::{Findings, show};

impl<'c> Findings<'c, '_> {
    /// The edits after which an image of a pod counts as configured; none if nothing says which pull secret that takes, or
    /// if this run injects: then what can be done is done.
    pub(super) fn fix(
        &self,
        pod: &Pod<'_>,
        image: &Image<'_>,
        judgement: &Judgement,
        account: InUse,
    ) -> Vec<Fix> {
        let is_done = self.policy.inject().into != InjectInto::None;
        if is_done || !judgement.can_be_covered() {
            return Vec::new();
        }
        let needs = self.answer(pod, image);
        if needs.is_empty() || !self.is_mended_by(&needs, pod, image, account) {
            return Vec::new();
        }
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let account = self.service_accounts.find(pod.source, workload, self.policy);
        let earlier = earlier(self.service_accounts, workload, account, self.policy);
        let holder = Holder::Pod { source: pod.source, index: pod.index };
        let request = Request { holder, needs, account, earlier, is_vital: true };
        let edits = inject::edits(self.inventories, &request, self.policy.inject().into_of_fixes);
        // What a report may not show is not proposed either.
        if edits.iter().any(|(_, edit)| show(&edit.insert) != *edit.insert) {
            return Vec::new();
        }
        edits.into_iter().map(|(source, edit)| Fix { source, edit }).collect()
    }

    /// The pull secrets that the image takes: those that the policy names for it, or else one of the input that covers it.
    fn answer(&self, pod: &Pod<'_>, image: &Image<'_>) -> Vec<&'c str> {
        let Ok(reference) = image.parsed() else { return Vec::new() };
        let wanted = self.policy.pull_secrets(reference.domain(), reference.path());
        if let Some((_, names)) = wanted {
            return names.iter().map(|name| name.value.as_str()).collect();
        }
        let object = &self.inventories[pod.source].workloads[pod.index].object;
        let first = |covering: &super::Covering<'c, '_>| {
            covering.first(object, reference, self.policy).map(|(name, _)| &**name)
        };
        self.covering.and_then(first).into_iter().collect()
    }

    /// Whether an image is configured once its pod has these pull secrets, too.
    fn is_mended_by(
        &self,
        needs: &[&str],
        pod: &Pod<'_>,
        image: &Image<'_>,
        account: InUse,
    ) -> bool {
        let namespace =
            self.inventories[pod.source].workloads[pod.index].object.namespace.as_deref();
        let names = pod.effective.names.iter().map(|name| &**name).chain(needs.iter().copied());
        let secrets = names.map(|name| Named {
            known: self.pull_secret(pod, account, name),
            scope: self.policy.scope(namespace, name),
        });
        let puller = puller(self.inventories, account);
        let credentials = Credentials::new(secrets.collect(), Origin::Pod, puller);
        let pull = Pull::of(image, self.policy);
        let judgement = credentials.judge(&pull, self.policy, self.circumstances.providers);
        judgement.verdict.is_configured()
    }
}
