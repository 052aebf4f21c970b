//! What is worth saying about images that count as pulled with an identity of the nodes or of a ServiceAccount.

use std::collections::BTreeSet;

use crate::credentials::provider::{Identity, Official};
use crate::finding;
use crate::inventory::Image;
use crate::say;
use crate::text::shown;
use crate::verdict::Identified;

use super::super::world::{ResolvedPod, World};
use super::{Draft, Findings, describe};

impl<'c> World<'c> {
    /// Identities that do not authenticate a pull, and providers that may have no credentials: each reported once.
    pub(super) fn about_identities(&self, out: &mut Findings<'_, '_>) {
        let mut told = BTreeSet::new();
        for pod in &self.pods {
            let workload = pod.workload;
            let namespace = workload.object.namespace.as_deref().unwrap_or_default();
            let account = workload.effective_service_account();
            for (image, judged) in workload.images.iter().zip(pod.images()) {
                let Some(identity) = judged.judgement.identity() else { continue };
                if let Identified::OnlyInside(identity) = identity {
                    if told.insert((identity.name, namespace.to_owned(), account)) {
                        Self::used_inside_only(out, pod, identity);
                    }
                } else if let Some(official) = plugin(identity)
                    && let Ok(reference) = image.parsed()
                    && let Some(why) = official.may_give_none(reference.name())
                    && told.insert((official.name(), reference.domain().to_owned(), ""))
                {
                    Self::may_give_none(out, pod, image, official, why);
                }
            }
        }
    }

    fn used_inside_only(out: &mut Findings<'_, '_>, pod: &ResolvedPod<'c>, identity: &Identity) {
        let workload = pod.workload;
        let code = &finding::IDENTITY_NOT_USED_FOR_PULLS;
        let message = say!(
            "{} relies on {} of ServiceAccount '{}', with which the kubelet does not pull images: it pulls with \
             {}.",
            describe(&workload.object),
            identity.name,
            shown(workload.effective_service_account()),
            identity.official.pulls_as()
        );
        let at = pod.at("the node pulls, not the pod");
        let namespace = workload.object.namespace().unwrap_or_default();
        let account = workload.effective_service_account();
        let draft = Draft::new(code, message).at(at);
        out.report(draft.once_for([identity.name, namespace, account]));
    }

    fn may_give_none(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        official: Official,
        why: &'static str,
    ) {
        let host = image.parsed().map_or("", |reference| reference.domain());
        let code = &finding::CREDENTIAL_PROVIDER_GIVES_NOTHING;
        let message = say!(
            "Images of {} are pulled with what {} gives, and {}.",
            shown(host),
            official.plugin(),
            why
        );
        let at = pod.at_image(image, "are there credentials for it?");
        let remedy = say!(
            "name a pull secret, or, if the nodes have a later version, say in the policy that it works:\n  \
             registries:\n  - match: {}\n    access: private\n    iam: true",
            shown(host)
        );
        let draft = Draft::new(code, message).at(at).image(image).remedy(remedy);
        out.report(draft.once_for([official.name(), host]));
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
