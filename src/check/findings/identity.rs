//! What is worth saying about images that count as pulled with an identity of the nodes or of a ServiceAccount.

use std::collections::BTreeSet;

use crate::credentials::provider::{Identity, Official};
use crate::finding;
use crate::inventory::Image;
use crate::verdict::Identified;

use super::super::{Judged, Pod};
use super::{Findings, describe, show};

impl Findings<'_, '_> {
    /// Identities that do not authenticate a pull, and providers that may have no credentials: each told once.
    pub(super) fn about_identities(&mut self) {
        let mut told = BTreeSet::new();
        for pod in self.pods {
            let workload = &self.inventories[pod.source].workloads[pod.index];
            let namespace = workload.object.namespace.as_deref().unwrap_or_default();
            let account = workload.effective_service_account();
            for (image, judged) in workload.images.iter().zip(&pod.images) {
                let Some(identity) = judged.judgement.identity() else { continue };
                if let Identified::OnlyInside(identity) = identity {
                    if told.insert((identity.name, namespace.to_owned(), account)) {
                        self.used_inside_only(pod, identity);
                    }
                } else if let Some(official) = plugin(identity)
                    && let Ok(reference) = image.parsed()
                    && let Some(why) = official.may_give_none(reference.name())
                    && told.insert((official.name(), reference.domain().to_owned(), ""))
                {
                    self.may_give_none(pod, (image, judged), official, reference.domain(), why);
                }
            }
        }
    }

    fn used_inside_only(&mut self, pod: &Pod<'_>, identity: &Identity) {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let code = &finding::IDENTITY_INSIDE_ONLY;
        let message = format!(
            "{} relies on {} of ServiceAccount '{}', with which the kubelet does not pull images: it pulls with \
             {}.",
            describe(&workload.object),
            identity.name,
            show(workload.effective_service_account()),
            identity.official.pulls_as()
        );
        let at = (pod.source, &workload.object, workload.object.label);
        self.say(code, code.severity, message, at, "the node pulls, not the pod");
    }

    fn may_give_none(
        &mut self,
        pod: &Pod<'_>,
        (image, judged): (&Image<'_>, &Judged),
        official: Official,
        host: &str,
        why: &str,
    ) {
        let code = &finding::PROVIDER_GIVES_NONE;
        let message = format!(
            "Images of {} are pulled with what {} gives, and {why}.",
            show(host),
            official.plugin()
        );
        let at = self.at_image(pod, image, "are there credentials for it?");
        let remedy = format!(
            "name a pull secret, or, if the nodes have a later version, say in the policy that it works:\n  \
             registries:\n  - match: {}\n    access: private\n    iam: true",
            show(host)
        );
        self.add_for_image(code, at, (image, judged), message, remedy);
    }
}

/// The service whose plugin is asked.
fn plugin(identity: &Identified) -> Option<Official> {
    match identity {
        Identified::ByPolicy | Identified::OnlyInside(_) => None,
        Identified::ByService(cloud) => Official::from_name(cloud.name()),
        Identified::ByProvider(name) => Official::from_plugin(name),
        Identified::ByAnnotation(identity) => Some(identity.official),
    }
}
