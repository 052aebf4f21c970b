//! What to do about an image whose pull nothing authenticates: commands and YAML with the real names, never with a
//! password.

use crate::image::Reference;
use crate::inventory::Workload;
use crate::policy::registries::Cloud;
use crate::verdict::{Judgement, Origin, Unasked, Why};

use super::super::Pod;
use super::{Findings, show};

impl Findings<'_, '_> {
    /// The pull secret that the policy names for an image, or the one that everybody's examples name.
    pub(super) fn secret_for(&self, image: &Reference) -> &str {
        let wanted = self.policy.pull_secrets(image.domain(), image.path());
        wanted.and_then(|(_, names)| names.first()).map_or("regcred", |name| &name.value)
    }

    /// The commands and the YAML that would make a pull configured.
    pub(super) fn remedy(
        &self,
        image: &Reference,
        workload: &Workload<'_>,
        judgement: &Judgement,
        origin: Origin,
    ) -> String {
        let advice = self.advice(image);
        let identity = self.identity_remedy(image, judgement);
        if workload.is_static {
            return format!(
                "{advice}A static pod can use no Secret: give the nodes credentials of their own for {}, such as \
                 a credential provider of the kubelet, and declare them in the policy:\n  registries:\n  - match: \
                 {}\n    access: private\n    iam: true",
                image.domain(),
                image.domain()
            );
        }
        if let Some(proposal) = self.proposal(image, workload, judgement, origin) {
            return proposal;
        }
        let secret = self.secret_for(image);
        let namespace = workload.object.namespace.as_deref().or(self.policy.namespace());
        // Not that of kubectl's context: a release has a namespace of its own.
        let namespace = show(namespace.unwrap_or("NAMESPACE"));
        let server = match image.domain() {
            // The one key that the kubelet falls back to (pkg/credentialprovider/keyring.go).
            "docker.io" => "https://index.docker.io/v1/",
            domain => domain,
        };
        format!(
            "{advice}kubectl create secret docker-registry {secret} --namespace {namespace} \\\n  \
             --docker-server={server} \\\n  --docker-username=USER --docker-password=PASSWORD\n\
             and name it in {}:\n  imagePullSecrets:\n  - name: {secret}{identity}",
            pod_spec(workload)
        )
    }

    /// What would say that a pull secret which is declared for other images has credentials for this one, too.
    pub(super) fn wider_scope(
        &self,
        pod: &Pod<'_>,
        workload: &Workload<'_>,
        image: &Reference,
        judgement: &Judgement,
    ) -> String {
        let (Some(Why::Policy), Some(at)) = (judgement.why(), judgement.secret) else {
            return String::new();
        };
        let name = &*pod.effective.names[at];
        let namespace = workload.object.namespace.as_deref();
        let Some(scope) = self.policy.scope(namespace, name) else { return String::new() };
        let (name, place) = (show(name), self.owner_of(image));
        let line = if scope.has_own_entry() {
            let mut all: Vec<_> = scope.patterns().map(ToString::to_string).collect();
            all.push(place.clone());
            format!(
                "cluster:\n    secrets:\n    - {{name: {name}, registries: [{}]}}",
                show(&all.join(", "))
            )
        } else {
            format!("registries:\n  - {{match: {place}, access: private, pullSecrets: [{name}]}}")
        };
        format!(
            "If '{name}' has credentials for {place}, too, say so: --inject {place}={name}\nor in the policy:\n  \
             {line}\nElse name a pull secret for it.\n"
        )
    }

    /// The host of an image, with the owner of its repository where one host serves many.
    fn owner_of(&self, image: &Reference) -> String {
        let (domain, path) = (image.domain(), image.path());
        let is_shared =
            self.policy.access(domain, path).host.is_some_and(|host| host.access.is_assumed());
        match path.split_once('/').filter(|_| is_shared) {
            Some((owner, _)) => format!("{domain}/{owner}"),
            None => domain.to_owned(),
        }
    }

    /// A Secret of the input that covers an image and is not attached.
    fn proposal(
        &self,
        image: &Reference,
        workload: &Workload<'_>,
        judgement: &Judgement,
        origin: Origin,
    ) -> Option<String> {
        let covering = self.covering.as_ref().filter(|_| judgement.can_be_covered())?;
        let name = show(covering.first(&workload.object, image, self.policy)?);
        let place = match origin {
            Origin::ServiceAccount => {
                format!("ServiceAccount '{}'", show(workload.effective_service_account()))
            }
            _ => pod_spec(workload),
        };
        Some(format!(
            "The Secret '{name}' of the input covers it. Name it in {place}:\n  imagePullSecrets:\n  - name: \
             {name}\nor let pullcreds do so: attachCovering: true below inject in the policy"
        ))
    }

    /// What is known about the registry of an image.
    fn advice(&self, image: &Reference) -> String {
        let access = self.policy.access(image.domain(), image.path());
        let note = access.host.and_then(|host| host.note);
        let advice = access.provider.map(|provider| provider.advice);
        let lines: Vec<_> = advice.into_iter().chain(note).flat_map(|text| [text, "\n"]).collect();
        lines.concat()
    }

    /// What to declare, or to annotate, where the nodes may have an identity for the registry.
    fn identity_remedy(&self, image: &Reference, judgement: &Judgement) -> String {
        if let Some(unasked) = judgement.unasked.as_deref()
            && let Some(annotation) = annotation(unasked)
        {
            return format!("\nor give the ServiceAccount the annotation {}", show(annotation));
        }
        let access = self.policy.access(image.domain(), image.path());
        let cloud = access.host.and_then(|host| host.identity);
        cloud.map(declarations).unwrap_or_default()
    }
}

/// The way to a pod spec.
fn pod_spec(workload: &Workload<'_>) -> String {
    match workload.kind.pod_spec {
        [] => "the pod".to_owned(),
        steps => steps.join("."),
    }
}

/// Both ways in which a policy can say that the nodes pull.
fn declarations(cloud: Cloud) -> String {
    format!(
        "\nor declare in the policy that the nodes pull with their own identity:\n  cluster:\n    \
         credentialProviders: [{}]  # or iam: true at the entry of one registry",
        cloud.name()
    )
}

/// The annotation without which a credential provider is not asked.
fn annotation(unasked: &Unasked) -> Option<&str> {
    match unasked {
        Unasked::StaticPod { .. } => None,
        Unasked::Lacks { annotation, .. } | Unasked::NotKnown { annotation, .. } => {
            Some(annotation)
        }
        Unasked::Half { annotation, .. } => Some(annotation),
    }
}

/// Why something that pulls from the registry of an image does not pull for this pod: a sentence behind others.
pub(super) fn why_unasked(judgement: &Judgement, account: &str) -> String {
    let account = show(account);
    match judgement.unasked.as_deref() {
        None => String::new(),
        Some(Unasked::StaticPod { provider }) => format!(
            " The kubelet asks its credential provider '{}' only for pods with a ServiceAccount, which a static \
             pod has not.",
            show(provider)
        ),
        Some(Unasked::Lacks { provider, annotation }) => format!(
            " The kubelet does not ask its credential provider '{}', since ServiceAccount '{account}' lacks the \
             annotation {}.",
            show(provider),
            show(annotation)
        ),
        Some(Unasked::NotKnown { provider, annotation }) => format!(
            " The kubelet asks its credential provider '{}' only if ServiceAccount '{account}' has the annotation \
             {}, which is not known.",
            show(provider),
            show(annotation)
        ),
        Some(Unasked::Half { identity, annotation }) => format!(
            " ServiceAccount '{account}' lacks the annotation {annotation}, without which {} is not used.",
            identity.name
        ),
    }
}
