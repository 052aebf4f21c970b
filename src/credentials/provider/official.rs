//! The plugins that managed Kubernetes services install, and the annotations that people set for
//! them.

use crate::credentials::keyring::first_match;

/// A managed Kubernetes service whose nodes have a credential provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Official {
    /// Amazon EKS: `ecr-credential-provider`, which pulls as the node's role.
    Eks,
    /// Google Kubernetes Engine: `auth-provider-gcp`, which pulls as the node's service account.
    Gke,
    /// Azure Kubernetes Service: `acr-credential-provider`, which pulls as the kubelet's identity.
    Aks,
}

impl Official {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Eks, Self::Gke, Self::Aks];

    /// The name in a policy: `eks`, `gke` or `aks`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Gke => "gke",
            Self::Aks => "aks",
        }
    }

    /// The service of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|official| official.name() == name)
    }

    /// The name of the plugin.
    pub fn plugin(self) -> &'static str {
        match self {
            Self::Eks => "ecr-credential-provider",
            Self::Gke => "auth-provider-gcp",
            Self::Aks => "acr-credential-provider",
        }
    }

    /// Whose identity authenticates the pull of an image on a node of the service.
    pub fn pulls_as(self) -> &'static str {
        match self {
            Self::Eks => "the instance role of the node (on Fargate, the pod execution role)",
            Self::Gke => "the service account of the node",
            Self::Aks => "the kubelet's managed identity",
        }
    }

    /// `matchImages` of the configuration that the service installs.
    pub fn match_images(self) -> &'static [&'static str] {
        match self {
            Self::Eks => EKS,
            Self::Gke => GKE,
            Self::Aks => AKS,
        }
    }

    /// The service with the plugin of that name.
    pub fn from_plugin(plugin: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|official| official.plugin() == plugin)
    }

    /// Why the plugin may have no credentials for an image although it is asked. The one of Azure found the host of
    /// a registry by `[a-zA-Z0-9]+` before the domain, until the fix of August 2026.
    pub fn may_give_none(self, name: &str) -> Option<&'static str> {
        let registry = name.split(['.', '/']).next().unwrap_or_default();
        (self == Self::Aks && registry.contains('-')).then_some(
            "before cloud-provider-azure#10720 it gives none for registries with a hyphen in their name",
        )
    }

    /// The first pattern that matches the image `name` (as [`crate::image::Reference::name`] gives
    /// it).
    pub fn matching(self, name: &str) -> Option<&'static str> {
        first_match(self.match_images().iter().copied(), name)
    }
}

/// `expected-image-credential-provider-config.json` of awslabs/amazon-eks-ami, in the directory
/// `nodeadm/test/e2e/cases/image-credential-provider`.
const EKS: &[&str] = &[
    "*.dkr.ecr.*.amazonaws.com",
    "*.dkr-ecr.*.on.aws",
    "*.dkr.ecr.*.amazonaws.com.cn",
    "*.dkr-ecr.*.on.amazonwebservices.com.cn",
    "*.dkr.ecr-fips.*.amazonaws.com",
    "*.dkr-ecr-fips.*.on.aws",
    "*.dkr.ecr.*.c2s.ic.gov",
    "*.dkr.ecr.*.sc2s.sgov.gov",
    "*.dkr.ecr.*.cloud.adc-e.uk",
    "*.dkr.ecr.*.csp.hci.ic.gov",
    "*.dkr.ecr.*.amazonaws.eu",
    "public.ecr.aws",
    "ecr-public.aws.com",
];

/// `cri_auth_config.yaml` as `cluster/gce/gci/configure-helper.sh` of kubernetes/kubernetes writes it.
const GKE: &[&str] = &["container.cloud.google.com", "gcr.io", "*.gcr.io", "*.pkg.dev"];

/// `examples/out-of-tree/credential-provider-config.yaml` of kubernetes-sigs/cloud-provider-azure,
/// without `mcr.microsoft.com`, which is public and there only for mirrors.
const AKS: &[&str] = &["*.azurecr.io", "*.azurecr.cn", "*.azurecr.de", "*.azurecr.us"];

/// An annotation of a ServiceAccount by which its pods get an identity in a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The service it belongs to.
    pub official: Official,
    /// What it is called there.
    pub name: &'static str,
    /// The annotations, all of which must be there with a value, some with a certain one.
    pub annotations: &'static [(&'static str, Option<&'static str>)],
    /// Whether the kubelet's plugin pulls with it, if `tokenAttributes` are configured. If not, only
    /// processes inside of the containers have the identity: the image is pulled before they run.
    pub pulls: bool,
}

/// Which annotations of an [`Identity`] a ServiceAccount lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingAnnotation {
    /// It has all of them, and so the identity.
    None,
    /// It has some, and lacks this one.
    Some(&'static str),
    /// It has none of them.
    All,
}

impl Identity {
    /// What a ServiceAccount lacks whose annotations have these values.
    pub fn missing<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> MissingAnnotation {
        let is_set = |&&(key, wanted): &&(&str, Option<&str>)| match (value(key), wanted) {
            (Some(value), Some(wanted)) => value == wanted,
            (Some(value), None) => !value.is_empty(),
            (None, _) => false,
        };
        let missing = self.annotations.iter().find(|annotation| !is_set(annotation));
        match missing {
            None => MissingAnnotation::None,
            Some((key, _)) if self.annotations.iter().any(|annotation| is_set(&annotation)) => {
                MissingAnnotation::Some(key)
            }
            Some(_) => MissingAnnotation::All,
        }
    }
}

/// What the plugins read (`buildCredentialsProvider` in cloud-provider-aws,
/// `cmd/ecr-credential-provider/main.go`; cloud-provider-gcp, `cmd/auth-provider-gcp`;
/// cloud-provider-azure, `pkg/credentialprovider`), and what is often taken for it.
pub const IDENTITIES: &[Identity] = &[
    Identity {
        official: Official::Eks,
        name: "the ECR role of the ServiceAccount",
        annotations: &[("eks.amazonaws.com/ecr-role-arn", None)],
        pulls: true,
    },
    Identity {
        official: Official::Eks,
        name: "IAM roles for service accounts (IRSA)",
        annotations: &[("eks.amazonaws.com/role-arn", None)],
        pulls: false,
    },
    Identity {
        official: Official::Gke,
        name: "image pulls with Workload Identity",
        annotations: &[("iam.gke.io/enable-wi-image-pull", Some("true"))],
        pulls: true,
    },
    Identity {
        official: Official::Gke,
        name: "Workload Identity Federation for GKE",
        annotations: &[("iam.gke.io/gcp-service-account", None)],
        pulls: false,
    },
    Identity {
        official: Official::Aks,
        name: "the registry identity of the ServiceAccount",
        annotations: &[
            ("kubernetes.azure.com/acr-client-id", None),
            ("kubernetes.azure.com/acr-tenant-id", None),
        ],
        pulls: true,
    },
    Identity {
        official: Official::Aks,
        name: "Microsoft Entra Workload ID",
        annotations: &[("azure.workload.identity/client-id", None)],
        pulls: false,
    },
];
