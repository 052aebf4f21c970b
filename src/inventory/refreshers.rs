//! TABLE: the marks by which controllers tell that a Secret is theirs to fill and to replace. A mark is a row.

use super::producers::PRODUCERS;
use super::{Text, text};
use crate::kinds;
use crate::yaml::Node;

/// A mark of a controller.
struct Refresher {
    mark: Mark,
    /// Its name for people.
    name: &'static str,
}

enum Mark {
    Annotation(&'static str),
    Label(&'static str),
}

/// Every mark that is known, sorted by the controller's name.
const REFRESHERS: &[Refresher] = &[
    annotation("operator.1password.io/item-path", "the 1Password operator"),
    annotation("secrets.doppler.com/version", "the Doppler operator"),
    // apis/externalsecrets/v1/externalsecret_types.go: LabelManaged, LabelOwner, AnnotationDataHash
    label("reconcile.external-secrets.io/managed", "the External Secrets Operator"),
    label("reconcile.external-secrets.io/created-by", "the External Secrets Operator"),
    annotation("reconcile.external-secrets.io/data-hash", "the External Secrets Operator"),
    annotation("secrets.infisical.com/version", "the Infisical operator"),
    annotation("openshift.io/internal-registry-auth-token.service-account", "OpenShift"),
    label("secrets-store.csi.k8s.io/managed", "the Secrets Store CSI driver"),
    label("secrets.hashicorp.com/vso-ownerRefUID", "the Vault Secrets Operator"),
    annotation("replicator.v1.mittwald.de/replicate-from", "kubernetes-replicator"),
    annotation("replicator.v1.mittwald.de/replicated-at", "kubernetes-replicator"),
    annotation("reflector.v1.k8s.emberstack.com/reflects", "reflector"),
    annotation("secretgen.carvel.dev/image-pull-secret", "secretgen-controller"),
];

const fn annotation(name: &'static str, controller: &'static str) -> Refresher {
    Refresher { mark: Mark::Annotation(name), name: controller }
}

const fn label(name: &'static str, controller: &'static str) -> Refresher {
    Refresher { mark: Mark::Label(name), name: controller }
}

/// The controller that replaces the content of a Secret, by a mark of it or by the owner of the Secret.
pub(super) fn refresher(secret: Node<'_, '_>) -> Option<&'static str> {
    let metadata = secret.get("metadata")?;
    let has = |map: &str, name: &str| metadata.at(&[map, name]).is_some();
    let marked = REFRESHERS.iter().find(|row| match row.mark {
        Mark::Annotation(name) => has("annotations", name),
        Mark::Label(name) => has("labels", name),
    });
    marked.map(|row| row.name).or_else(|| {
        let owners = metadata.get("ownerReferences");
        owners.into_iter().flat_map(Node::items).find_map(|owner| owned(owner))
    })
}

/// The kind of an owner that makes Secrets and keeps them up to date. One that only unpacks what it holds, such as a
/// `SealedSecret`, does not.
fn owned(owner: Node<'_, '_>) -> Option<&'static str> {
    let field = |name| owner.get(name).and_then(text);
    let (api_version, kind): (Text<'_>, Text<'_>) = (field("apiVersion")?, field("kind")?);
    let of_kind = PRODUCERS.iter().filter(|row| row.kind == kind && row.refreshes);
    of_kind.filter(|row| row.group == kinds::group(&api_version)).map(|row| row.kind).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_unique() {
        let marks: Vec<_> = REFRESHERS
            .iter()
            .map(|row| match row.mark {
                Mark::Annotation(name) | Mark::Label(name) => name,
            })
            .collect();
        for mark in &marks {
            assert!(mark.contains('/'), "{mark}");
            assert_eq!(marks.iter().filter(|other| other == &mark).count(), 1, "{mark}");
        }
    }
}
