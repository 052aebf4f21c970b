//! What is known about registries without a policy: who answers anonymous pulls, and which node
//! identities can pull.
//!
//! One table, [`PROVIDERS`]: a provider takes one entry, a host one row with the page that says so.
//! A row without `assumed` in its access holds for every image it matches; where a host keeps both
//! kinds, the narrower rows are what is known and the wide one is an assumption, marked as such.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Deserialize;

use super::pattern::{Pattern, PatternIndex};
use BuiltinAccess::{AssumedPrivate, AssumedPublic, Private, Public};

/// Whether images can be pulled without credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Class {
    /// Anyone may pull.
    Public,
    /// Credentials are needed.
    Private,
}

impl Class {
    /// Its name in policies and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// What a row says about the images that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinAccess {
    /// Everything there is served to everyone.
    Public,
    /// Nothing there is served without credentials.
    Private,
    /// Both kinds are kept there, and public ones are what manifests usually name.
    AssumedPublic,
    /// Both kinds are kept there, and taking one for public by mistake costs an outage.
    AssumedPrivate,
}

impl BuiltinAccess {
    /// The class, known or assumed.
    pub fn class(self) -> Class {
        match self {
            Self::Public | Self::AssumedPublic => Class::Public,
            Self::Private | Self::AssumedPrivate => Class::Private,
        }
    }

    /// Whether the class is an assumption that a line of policy should settle.
    pub fn is_assumed(self) -> bool {
        matches!(self, Self::AssumedPublic | Self::AssumedPrivate)
    }
}

/// A managed Kubernetes service whose kubelets come with a credential provider for its cloud's registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Cloud {
    /// Amazon EKS with `ecr-credential-provider`: the node role pulls.
    Eks,
    /// Google GKE with `auth-provider-gcp`: the node's service account pulls.
    Gke,
    /// Azure AKS with `acr-credential-provider`: the kubelet's managed identity pulls.
    Aks,
}

impl Cloud {
    /// The name in the policy: `eks`, `gke` or `aks`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Gke => "gke",
            Self::Aks => "aks",
        }
    }
}

/// Who runs a registry, and what to do when a pull from it lacks credentials.
#[derive(Debug, PartialEq, Eq)]
pub struct RegistryProvider {
    /// The name people know it by.
    pub name: &'static str,
    /// How nodes or pods get credentials for it: one or two sentences for a remedy.
    pub advice: &'static str,
    /// Its hosts.
    pub hosts: &'static [Host],
}

impl RegistryProvider {
    /// Whether it stands for what people run beside their cluster while they develop.
    pub fn is_local(&self) -> bool {
        self.name == LOCAL
    }
}

/// One row: what is known about the images that a pattern matches.
#[derive(Debug, PartialEq, Eq)]
pub struct Host {
    /// The images, as [`Pattern::parse`] reads it.
    pub pattern: &'static str,
    /// Whether they need credentials.
    pub access: BuiltinAccess,
    /// The service whose nodes pull them with their own identity: its kubelet configuration, as
    /// shipped, lists the host. `None` where no shipped configuration does.
    pub identity: Option<Cloud>,
    /// The platform that puts a pull secret for it on every ServiceAccount.
    pub platform: Option<&'static str>,
    /// What holds for this host beyond the provider's advice.
    pub note: Option<&'static str>,
    /// The page or file that says so.
    pub source: &'static str,
}

impl Host {
    const fn new(pattern: &'static str, access: BuiltinAccess, source: &'static str) -> Self {
        Self { pattern, access, identity: None, platform: None, note: None, source }
    }

    const fn by(self, cloud: Cloud) -> Self {
        Self { identity: Some(cloud), ..self }
    }

    const fn by_platform(self, platform: &'static str) -> Self {
        Self { platform: Some(platform), ..self }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }
}

/// The narrowest row for an image, with its provider; `None` if nothing is known about its host.
pub fn find(domain: &str, path: &str) -> Option<(&'static Host, &'static RegistryProvider)> {
    static ROWS: LazyLock<(Vec<(&Host, &RegistryProvider)>, PatternIndex)> = LazyLock::new(|| {
        let rows: Vec<_> = all().collect();
        let parse = |host: &Host| Pattern::parse(host.pattern).expect("a test parses every row");
        let patterns: Vec<_> = rows.iter().map(|(host, _)| parse(host)).collect();
        (rows, PatternIndex::new(&patterns))
    });
    let (rows, index) = &*ROWS;
    let found = index.matching(domain, path).next().map(|place| rows[place]);
    found.or_else(|| {
        // A local registry has whatever port is free.
        let host = domain.rsplit_once(':').map(|(host, _)| host)?;
        let row = rows[index.matching(host, path).next()?];
        (row.1.name == LOCAL).then_some(row)
    })
}

/// Every row with its provider.
pub fn all() -> impl Iterator<Item = (&'static Host, &'static RegistryProvider)> {
    PROVIDERS.iter().flat_map(|provider| provider.hosts.iter().map(move |host| (host, provider)))
}

/// The provider whose rows are for hosts with any port.
const LOCAL: &str = "Local registries";
const OPENSHIFT: &str = "OpenShift";

// Sources of several rows.
const EKS_CONFIG: &str = "https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/test/e2e/cases/image-credential-provider/expected-image-credential-provider-config.json";
const AZURE: &str =
    "https://learn.microsoft.com/azure/container-registry/container-registry-authentication";
const GOOGLE: &str = "https://cloud.google.com/artifact-registry/docs/access-control";
const CLOUD_SQL: &str = "https://github.com/GoogleCloudPlatform/cloud-sql-proxy";
const CLOUD_SQL_V1: &str = "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/tree/v1.x";
const DATADOG: &str = "https://docs.datadoghq.com/containers/guide/changing_container_registry/";
const HUB: &str = "https://docs.docker.com/docker-hub/repos/settings/#visibility";
const HUB_OFFICIAL: &str = "https://docs.docker.com/docker-hub/image-library/trusted-content/";
const IBM: &str = "https://cloud.ibm.com/docs/Registry?topic=Registry-registry_access";
const OPENSHIFT_3: &str = "https://docs.redhat.com/en/documentation/openshift_container_platform/3.1/html/developer_guide/dev-guide-image-pull-secrets";
const OPENSHIFT_4: &str = "https://docs.openshift.com/container-platform/4.17/openshift_images/managing_images/using-image-pull-secrets.html";
const RED_HAT: &str = "https://access.redhat.com/RegistryAuthentication";
const MYSQL: &str = "https://github.com/mysql/mysql-operator";
const HUB_ALIAS: &str =
    "Credentials for docker.io do not match this host: write the image as `docker.io/…`.";

/// Every provider that is known, by name; the rows of each by pattern.
pub const PROVIDERS: &[RegistryProvider] = &[
    RegistryProvider {
        name: "Alibaba Cloud Container Registry",
        advice: "Use a pull secret with a RAM user's registry password, or the managed credential helper of ACK (aliyun-acr-credential-helper). Temporary passwords live one hour.",
        hosts: &[
            Host::new("*.*.cr.aliyuncs.com", AssumedPrivate, "https://www.alibabacloud.com/help/en/acr/user-guide/configure-access-over-the-internet"),
            Host::new("registry.*.aliyuncs.com", AssumedPrivate, "https://www.alibabacloud.com/help/en/acr/user-guide/build-repositories-and-images"),
            Host::new("registry.*.aliyuncs.com/google_containers", Public, "https://minikube.sigs.k8s.io/docs/commands/start/").note("A mirror of the Kubernetes images that others keep: prefer registry.k8s.io."),
        ],
    },
    RegistryProvider {
        name: "Amazon ECR",
        advice: "Nodes of EKS pull with the node role, which needs AmazonEC2ContainerRegistryPullOnly (and a repository policy for another account). Elsewhere a pull secret needs a refresher: its password lives 12 hours.",
        hosts: &[
            Host::new("*.dkr-ecr-fips.*.on.aws", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr-ecr.*.on.amazonwebservices.com.cn", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr-ecr.*.on.aws", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr-fips.*.amazonaws.com", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr-fips.*.amazonaws.eu", Private, "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html").note("The kubelet configuration of EKS does not list this host: add it there, or use a pull secret."),
            Host::new("*.dkr.ecr.*.amazonaws.com", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.amazonaws.com.cn", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.amazonaws.eu", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.c2s.ic.gov", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.cloud.adc-e.uk", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.csp.hci.ic.gov", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.sc2s.sgov.gov", Private, EKS_CONFIG).by(Cloud::Eks),
            Host::new("*.dkr.ecr.*.vpce.amazonaws.com", Private, "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html").note("The kubelet configuration of EKS does not list the names of VPC endpoints: with private DNS on, the ordinary host reaches the same endpoint."),
        ],
    },
    RegistryProvider {
        name: "Amazon ECR Public",
        advice: "No credentials are needed; signing in raises the rate limit.",
        hosts: &[
            Host::new("ecr-public.aws.com", Public, EKS_CONFIG).by(Cloud::Eks),
            Host::new("public.ecr.aws", Public, "https://docs.aws.amazon.com/AmazonECR/latest/public/docker-pull-ecr-image.html").by(Cloud::Eks),
        ],
    },
    RegistryProvider {
        name: "Azure Container Registry",
        advice: "Nodes of AKS pull with the kubelet's managed identity: `az aks update --attach-acr` gives it AcrPull (not across tenants, and not for registries in ABAC mode). Elsewhere use a pull secret with a token or a service principal.",
        hosts: &[
            Host::new("*-*.azurecr.io", Private, "https://github.com/kubernetes-sigs/cloud-provider-azure/issues/9975").by(Cloud::Aks).note("The Azure credential provider gives no credentials to names with a hyphen before the fix of August 2026 (cloud-provider-azure#10720): on older nodes use a pull secret."),
            Host::new("*.*.geo.azurecr.io", Private, "https://github.com/kubernetes-sigs/cloud-provider-azure/issues/10667").note("The kubelet configuration of AKS does not list regional hosts: use the registry's global host, or a pull secret."),
            Host::new("*.azurecr.cn", Private, AZURE).by(Cloud::Aks),
            Host::new("*.azurecr.de", Private, AZURE).by(Cloud::Aks),
            Host::new("*.azurecr.io", Private, AZURE).by(Cloud::Aks),
            Host::new("*.azurecr.us", Private, AZURE).by(Cloud::Aks),
            Host::new("datadoghq.azurecr.io", Public, DATADOG),
        ],
    },
    RegistryProvider {
        name: "Chainguard",
        advice: "Create a pull token with `chainctl auth pull-token` and keep it in a pull secret.",
        hosts: &[
            Host::new("cgr.dev", Private, "https://edu.chainguard.dev/chainguard/containers/chainguard-registry/authenticating/"),
            Host::new("cgr.dev/chainguard", Public, "https://edu.chainguard.dev/chainguard/containers/chainguard-registry/authenticating/"),
            Host::new("tmp.cgruser.dev", Public, "https://edu.chainguard.dev/chainguard/containers/registry/temporary-registry/"),
        ],
    },
    RegistryProvider {
        name: "Cloudsmith",
        advice: "Use a pull secret with an entitlement token or a service account's key.",
        hosts: &[
            Host::new("docker.cloudsmith.io", AssumedPrivate, "https://help.cloudsmith.io/docs/docker-registry"),
        ],
    },
    RegistryProvider {
        name: "Codeberg and Forgejo",
        advice: "Use a pull secret with an access token that has the scope read:package.",
        hosts: &[
            Host::new("code.forgejo.org", AssumedPrivate, "https://forgejo.org/docs/latest/user/packages/container/"),
            Host::new("code.forgejo.org/forgejo", Public, "https://code.forgejo.org/forgejo/-/packages"),
            Host::new("codeberg.org", AssumedPrivate, "https://docs.codeberg.org/packages/"),
            Host::new("codeberg.org/forgejo", Public, "https://forgejo.org/docs/latest/admin/installation/docker/"),
            Host::new("data.forgejo.org", Public, "https://forgejo.org/docs/latest/admin/actions/"),
        ],
    },
    RegistryProvider {
        name: "Crunchy Data",
        advice: "Ask Crunchy Data for registry credentials and keep them in a pull secret.",
        hosts: &[
            Host::new("registry.crunchydata.com", Private, "https://access.crunchydata.com/documentation/postgres-operator/latest"),
            Host::new("registry.developers.crunchydata.com", Public, "https://github.com/CrunchyData/postgres-operator-examples/blob/main/kustomize/install/manager/manager.yaml"),
        ],
    },
    RegistryProvider {
        name: "DigitalOcean Container Registry",
        advice: "Let DigitalOcean Kubernetes integrate the registry (`doctl kubernetes cluster registry add`, which puts a pull secret on the default ServiceAccounts), or use `doctl registry kubernetes-manifest`.",
        hosts: &[
            Host::new("registry.digitalocean.com", Private, "https://docs.digitalocean.com/products/container-registry/how-to/use-registry-docker-kubernetes/"),
        ],
    },
    RegistryProvider {
        name: "Docker Hardened Images",
        advice: "Every pull needs a Docker account: keep an access token for dhi.io in a pull secret.",
        hosts: &[
            Host::new("dhi.io", Private, "https://docs.docker.com/dhi/"),
        ],
    },
    RegistryProvider {
        name: "Docker Hub",
        advice: "Use a pull secret for `https://index.docker.io/v1/` with an access token; public images are rate limited without one.",
        hosts: &[
            Host::new("docker.io", AssumedPublic, HUB),
            Host::new("docker.io/library", Public, HUB_OFFICIAL),
            Host::new("registry-1.docker.io", AssumedPublic, HUB).note(HUB_ALIAS),
            Host::new("registry-1.docker.io/library", Public, HUB_OFFICIAL).note(HUB_ALIAS),
            Host::new("registry.hub.docker.com", AssumedPublic, HUB).note(HUB_ALIAS),
            Host::new("registry.hub.docker.com/library", Public, HUB_OFFICIAL).note(HUB_ALIAS),
        ],
    },
    RegistryProvider {
        name: "EDB",
        advice: "Use a pull secret with the EDB subscription token.",
        hosts: &[
            Host::new("docker.enterprisedb.com", Private, "https://www.enterprisedb.com/docs/postgres_for_kubernetes/latest/installation_upgrade/"),
        ],
    },
    RegistryProvider {
        name: "Elastic",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("docker.elastic.co", Public, "https://www.elastic.co/docs/deploy-manage/deploy/self-managed/install-elasticsearch-docker-basic"),
        ],
    },
    RegistryProvider {
        name: "F5 NGINX",
        advice: "Keep the JSON web token of the subscription in a pull secret, as its user name.",
        hosts: &[
            Host::new("private-registry.nginx.com", Private, "https://docs.nginx.com/nginx-ingress-controller/install/images/registry-download/"),
        ],
    },
    RegistryProvider {
        name: "Fedora",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("registry.fedoraproject.org", Public, "https://docs.fedoraproject.org/en-US/containers/"),
        ],
    },
    RegistryProvider {
        name: "Fly.io",
        advice: "Use a pull secret with a deploy token.",
        hosts: &[
            Host::new("registry.fly.io", Private, "https://fly.io/docs/blueprints/using-the-fly-docker-registry/"),
        ],
    },
    RegistryProvider {
        name: "GitHub Packages",
        advice: "Use a pull secret with a classic token that has the scope read:packages. The GITHUB_TOKEN of a workflow ends with its job.",
        hosts: &[
            Host::new("docker.pkg.github.com", Private, "https://github.com/orgs/community/discussions/25689").note("Retired: images are at ghcr.io."),
            Host::new("ghcr.io", AssumedPublic, "https://docs.github.com/packages/learn-github-packages/configuring-a-packages-access-control-and-visibility"),
        ],
    },
    RegistryProvider {
        name: "GitLab Container Registry",
        advice: "Use a pull secret with a deploy token that has read_registry. The job token of a pipeline ends with its job.",
        hosts: &[
            Host::new("registry.gitlab.com", AssumedPrivate, "https://docs.gitlab.com/user/packages/container_registry/#container-registry-visibility-permissions"),
            Host::new("registry.gitlab.com/gitlab-org/build/cng", Public, "https://docs.gitlab.com/charts/"),
            Host::new("registry.gitlab.com/gitlab-org/cluster-integration", Public, "https://gitlab.com/gitlab-org/cluster-integration/gitlab-agent"),
            Host::new("registry.gitlab.com/gitlab-org/gitlab-runner", Public, "https://docs.gitlab.com/runner/install/kubernetes/"),
            Host::new("registry.gitlab.com/security-products", Public, "https://docs.gitlab.com/user/application_security/"),
        ],
    },
    RegistryProvider {
        name: "Gitea",
        advice: "Use a pull secret with an access token that has the scope read:package.",
        hosts: &[
            Host::new("docker.gitea.com", Public, "https://docs.gitea.com/installation/install-with-docker"),
            Host::new("gitea.com", AssumedPrivate, "https://docs.gitea.com/usage/packages/container"),
        ],
    },
    RegistryProvider {
        name: "Google Artifact Registry",
        advice: "Nodes of GKE pull with the node's service account, which needs roles/artifactregistry.reader. Elsewhere use a pull secret with a service account key (`_json_key`); an access token lives one hour.",
        hosts: &[
            Host::new("*.gcr.io", AssumedPrivate, GOOGLE).by(Cloud::Gke),
            Host::new("*.pkg.dev", AssumedPrivate, GOOGLE).by(Cloud::Gke),
            Host::new("*.pkg.dev/k8s-artifacts-prod", Public, "https://github.com/kubernetes/registry.k8s.io/blob/main/cmd/archeio/docs/request-handling.md"),
            Host::new("*.pkg.dev/k8s-staging-images", Public, "https://github.com/kubernetes/k8s.io/tree/main/registry.k8s.io"),
            Host::new("asia.gcr.io/cloud-sql-connectors", Public, CLOUD_SQL),
            Host::new("asia.gcr.io/cloudsql-docker", Public, CLOUD_SQL_V1),
            Host::new("asia.gcr.io/datadoghq", Public, DATADOG),
            Host::new("container.cloud.google.com", AssumedPrivate, "https://github.com/kubernetes/kubernetes/blob/master/cluster/gce/gci/configure-helper.sh").by(Cloud::Gke),
            Host::new("docker.*.goog", AssumedPrivate, "https://github.com/kubernetes/cloud-provider-gcp/blob/master/providers/gce/gcpcredential/gcpcredential.go").note("The kubelet configuration of GKE does not list this host."),
            Host::new("eu.gcr.io/cloud-sql-connectors", Public, CLOUD_SQL),
            Host::new("eu.gcr.io/cloudsql-docker", Public, CLOUD_SQL_V1),
            Host::new("eu.gcr.io/datadoghq", Public, DATADOG),
            Host::new("europe-docker.pkg.dev/gardener-project/public", Public, "https://github.com/gardener/gardener/blob/master/docs/deployment/deploy_gardener_manually.md"),
            Host::new("europe-docker.pkg.dev/gardener-project/releases", Public, "https://github.com/gardener/gardener/releases"),
            Host::new("europe-docker.pkg.dev/kyma-project/prod", Public, "https://github.com/kyma-project/lifecycle-manager"),
            Host::new("gcr.io", AssumedPrivate, GOOGLE).by(Cloud::Gke),
            Host::new("gcr.io/cadvisor", Public, "https://github.com/google/cadvisor"),
            Host::new("gcr.io/cloud-builders", Public, "https://github.com/GoogleCloudPlatform/cloud-builders"),
            Host::new("gcr.io/cloud-marketplace-tools", Public, "https://github.com/GoogleCloudPlatform/marketplace-k8s-app-tools"),
            Host::new("gcr.io/cloud-spanner-emulator", Public, "https://cloud.google.com/spanner/docs/emulator"),
            Host::new("gcr.io/cloud-sql-connectors", Public, CLOUD_SQL),
            Host::new("gcr.io/cloudsql-docker", Public, CLOUD_SQL_V1),
            Host::new("gcr.io/datadoghq", Public, DATADOG),
            Host::new("gcr.io/distroless", Public, "https://github.com/GoogleContainerTools/distroless"),
            Host::new("gcr.io/etcd-development", Public, "https://etcd.io/docs/v3.5/op-guide/container/"),
            Host::new("gcr.io/google-containers", Public, "https://kubernetes.io/blog/2020/08/25/k8s-registry-changes/"),
            Host::new("gcr.io/google-samples", Public, "https://github.com/GoogleCloudPlatform/kubernetes-engine-samples"),
            Host::new("gcr.io/google.com/cloudsdktool", Public, "https://cloud.google.com/sdk/docs/downloads-docker"),
            Host::new("gcr.io/google_containers", Public, "https://kubernetes.io/blog/2020/08/25/k8s-registry-changes/"),
            Host::new("gcr.io/google_samples", Public, "https://github.com/GoogleCloudPlatform/kubernetes-engine-samples"),
            Host::new("gcr.io/istio-release", Public, "https://istio.io/latest/docs/releases/"),
            Host::new("gcr.io/istio-testing", Public, "https://istio.io/latest/docs/releases/"),
            Host::new("gcr.io/k8s-minikube", Public, "https://github.com/kubernetes/minikube"),
            Host::new("gcr.io/k8s-skaffold", Public, "https://skaffold.dev/docs/install/"),
            Host::new("gcr.io/kaniko-project", Public, "https://github.com/GoogleContainerTools/kaniko"),
            Host::new("gcr.io/knative-nightly", Public, "https://knative.dev/docs/install/"),
            Host::new("gcr.io/knative-releases", Public, "https://knative.dev/docs/install/"),
            Host::new("gcr.io/kpt-fn", Public, "https://catalog.kpt.dev/"),
            Host::new("gcr.io/kubebuilder", Public, "https://github.com/kubernetes-sigs/kubebuilder"),
            Host::new("gcr.io/ml-pipeline", Public, "https://www.kubeflow.org/docs/components/pipelines/"),
            Host::new("gcr.io/paketo-buildpacks", Public, "https://paketo.io/docs/"),
            Host::new("gcr.io/projectsigstore", Public, "https://docs.sigstore.dev/"),
            Host::new("gcr.io/tekton-nightly", Public, "https://tekton.dev/docs/installation/"),
            Host::new("gcr.io/tekton-releases", Public, "https://tekton.dev/docs/installation/"),
            Host::new("gke.gcr.io", Public, "https://cloud.google.com/kubernetes-engine/docs/how-to/ip-masquerade-agent"),
            Host::new("k8s.gcr.io", Public, "https://kubernetes.io/blog/2023/03/10/image-registry-redirect/").note("Frozen since April 2023: images are at registry.k8s.io."),
            Host::new("mirror.gcr.io", Public, "https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images"),
            Host::new("us-central1-docker.pkg.dev/bank-of-anthos-ci/bank-of-anthos", Public, "https://github.com/GoogleCloudPlatform/bank-of-anthos"),
            Host::new("us-central1-docker.pkg.dev/google-samples/microservices-demo", Public, "https://github.com/GoogleCloudPlatform/microservices-demo"),
            Host::new("us-docker.pkg.dev/agones-images/release", Public, "https://agones.dev/site/docs/installation/install-agones/helm/"),
            Host::new("us-docker.pkg.dev/castai-hub/library", Public, "https://github.com/castai/helm-charts"),
            Host::new("us-docker.pkg.dev/cloudrun/container", Public, "https://cloud.google.com/run/docs/quickstarts/deploy-container"),
            Host::new("us-docker.pkg.dev/fairwinds-ops/oss", Public, "https://github.com/FairwindsOps/charts"),
            Host::new("us-docker.pkg.dev/google-samples/containers", Public, "https://github.com/GoogleCloudPlatform/kubernetes-engine-samples"),
            Host::new("us.gcr.io/cloud-sql-connectors", Public, CLOUD_SQL),
            Host::new("us.gcr.io/cloudsql-docker", Public, CLOUD_SQL_V1),
        ],
    },
    RegistryProvider {
        name: "Heroku",
        advice: "Use a pull secret with an API token; the user name is `_`.",
        hosts: &[
            Host::new("registry.heroku.com", Private, "https://devcenter.heroku.com/articles/container-registry-and-runtime"),
        ],
    },
    RegistryProvider {
        name: "Huawei SoftWare Repository for Container",
        advice: "Use a pull secret with a long-term login command's credentials; Cloud Container Engine puts `default-secret` into every namespace.",
        hosts: &[
            Host::new("swr.*.myhuaweicloud.com", AssumedPrivate, "https://support.huaweicloud.com/intl/en-us/swr/index.html"),
        ],
    },
    RegistryProvider {
        name: "IBM Cloud Container Registry",
        advice: "Use a pull secret with an IAM API key (user `iamapikey`); IBM Cloud Kubernetes Service puts `all-icr-io` into the default namespace. The entitled registry takes the entitlement key (user `cp`).",
        hosts: &[
            Host::new("*.icr.io", Private, IBM),
            Host::new("cp.icr.io", Private, "https://www.ibm.com/docs/en/ftmfm/4.0.10?topic=environment-authenticate-registries"),
            Host::new("icr.io", AssumedPrivate, IBM),
            Host::new("icr.io/appcafe", Public, "https://github.com/OpenLiberty/ci.docker"),
            Host::new("icr.io/codeengine", Public, "https://github.com/IBM/CodeEngine"),
            Host::new("icr.io/cpopen", Public, "https://www.ibm.com/docs/en/ftmfm/4.0.10?topic=environment-prepare-container-registry"),
            Host::new("icr.io/ibm-messaging", Public, "https://github.com/ibm-messaging/mq-container"),
            Host::new("private.*.icr.io", Private, IBM),
        ],
    },
    RegistryProvider {
        name: "JFrog Artifactory",
        advice: "Use a pull secret with an access or identity token that can read the repository.",
        hosts: &[
            Host::new("*.jfrog.io", AssumedPrivate, "https://jfrog.com/help/r/jfrog-artifactory-documentation/docker-registry"),
            Host::new("releases-docker.jfrog.io", Public, "https://jfrog.com/help/r/jfrog-installation-setup-documentation/install-artifactory-with-docker"),
        ],
    },
    RegistryProvider {
        name: "Kubernetes",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("registry.k8s.io", Public, "https://kubernetes.io/blog/2022/11/28/registry-k8s-io-faster-cheaper-ga/"),
        ],
    },
    RegistryProvider {
        name: "LinuxServer.io",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("lscr.io", Public, "https://docs.linuxserver.io/faq/#what-is-lscrio"),
        ],
    },
    RegistryProvider {
        name: LOCAL,
        advice: "Registries that kind, k3d, MicroK8s and minikube set up for development ask for no credentials: if this is one, say so with `--public HOST:PORT`, or in the policy.",
        hosts: &[
            Host::new("*.local", AssumedPrivate, "https://www.rfc-editor.org/rfc/rfc6762"),
            Host::new("*.localhost", AssumedPrivate, "https://k3d.io/stable/usage/registries/"),
            Host::new("127.0.0.1", AssumedPrivate, "https://microk8s.io/docs/registry-built-in"),
            Host::new("[::1]", AssumedPrivate, "https://www.rfc-editor.org/rfc/rfc4291#section-2.5.3"),
            Host::new("host.docker.internal", AssumedPrivate, "https://docs.docker.com/desktop/features/networking/"),
            Host::new("host.k3d.internal", AssumedPrivate, "https://k3d.io/stable/usage/registries/"),
            Host::new("host.minikube.internal", AssumedPrivate, "https://minikube.sigs.k8s.io/docs/handbook/host-access/"),
            Host::new("k3d-registry:5000", AssumedPrivate, "https://k3d.io/stable/usage/registries/"),
            Host::new("kind-registry:5000", AssumedPrivate, "https://kind.sigs.k8s.io/docs/user/local-registry/"),
            Host::new("localhost", AssumedPrivate, "https://kind.sigs.k8s.io/docs/user/local-registry/"),
        ],
    },
    RegistryProvider {
        name: "Microsoft Artifact Registry",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("mcr.microsoft.com", Public, "https://github.com/microsoft/containerregistry"),
        ],
    },
    RegistryProvider {
        name: "NVIDIA NGC",
        advice: "Use a pull secret with an NGC API key; the user name is `$oauthtoken`.",
        hosts: &[
            Host::new("nvcr.io", AssumedPrivate, "https://docs.nvidia.com/ngc/latest/ngc-catalog-user-guide.html"),
            Host::new("nvcr.io/nim", AssumedPrivate, "https://docs.nvidia.com/nim/large-language-models/latest/get-started/installation.html").note("Newer releases can be pulled without a key, older and gated ones cannot."),
            Host::new("nvcr.io/nvaie", Private, "https://docs.nvidia.com/ai-enterprise/"),
            Host::new("nvcr.io/nvidia", Public, "https://docs.nvidia.com/nemo/retriever/extraction/ngc-api-key"),
        ],
    },
    RegistryProvider {
        name: "OCI Registry",
        advice: "Use a pull secret with an auth token; the user name is `<tenancy namespace>/<user>`.",
        hosts: &[
            Host::new("*.ocir.io", AssumedPrivate, "https://docs.oracle.com/en-us/iaas/Content/Registry/Tasks/registrycreatingarepository.htm"),
            Host::new("ocir.*.oci.oraclecloud.com", AssumedPrivate, "https://docs.oracle.com/en-us/iaas/Content/Registry/Tasks/registrycreatingarepository.htm"),
        ],
    },
    RegistryProvider {
        name: "OpenShift internal registry",
        advice: "OpenShift puts a pull secret for it on every ServiceAccount. A pod with pull secrets of its own does not get that one: name SERVICEACCOUNT-dockercfg-SUFFIX in the pod too, or put the others on the ServiceAccount. Images of another project need the role system:image-puller there.",
        hosts: &[
            Host::new("docker-registry.default.svc", Private, OPENSHIFT_3).by_platform(OPENSHIFT),
            Host::new("docker-registry.default.svc.cluster.local", Private, OPENSHIFT_3).by_platform(OPENSHIFT),
            Host::new("docker-registry.default.svc.cluster.local:5000", Private, OPENSHIFT_3).by_platform(OPENSHIFT),
            Host::new("docker-registry.default.svc:5000", Private, OPENSHIFT_3).by_platform(OPENSHIFT),
            Host::new("image-registry.openshift-image-registry.svc", Private, OPENSHIFT_4).by_platform(OPENSHIFT),
            Host::new("image-registry.openshift-image-registry.svc.cluster.local", Private, OPENSHIFT_4).by_platform(OPENSHIFT),
            Host::new("image-registry.openshift-image-registry.svc.cluster.local:5000", Private, OPENSHIFT_4).by_platform(OPENSHIFT),
            Host::new("image-registry.openshift-image-registry.svc:5000", Private, OPENSHIFT_4).by_platform(OPENSHIFT),
        ],
    },
    RegistryProvider {
        name: "Oracle Container Registry",
        advice: "Sign in, accept the licence of the repository, and keep an auth token in a pull secret.",
        hosts: &[
            Host::new("container-registry.oracle.com", AssumedPrivate, "https://docs.oracle.com/cd/G30558_01/books/DeployCont/c-Setting-Up-Oracle-Database.html"),
            Host::new("container-registry.oracle.com/mysql/community-operator", Public, MYSQL),
            Host::new("container-registry.oracle.com/mysql/community-router", Public, MYSQL),
            Host::new("container-registry.oracle.com/mysql/community-server", Public, MYSQL),
            Host::new("container-registry.oracle.com/os/oraclelinux", Public, "https://docs.oracle.com/en/operating-systems/oracle-linux/podman/"),
        ],
    },
    RegistryProvider {
        name: "Quay",
        advice: "Use a pull secret with a robot account.",
        hosts: &[
            Host::new("quay.io", AssumedPublic, "https://docs.redhat.com/en/documentation/red_hat_quay/3/html/use_red_hat_quay/"),
            Host::new("quay.io/openshift-release-dev", Private, "https://github.com/openshift/installer/pull/663").note("Images of OpenShift releases need the pull secret of the cluster, which is on its nodes."),
        ],
    },
    RegistryProvider {
        name: "Red Hat",
        advice: "Create a registry service account at https://access.redhat.com/terms-based-registry/ and download its pull secret. On OpenShift the cluster's global pull secret covers these hosts.",
        hosts: &[
            Host::new("registry.access.redhat.com", Public, RED_HAT),
            Host::new("registry.connect.redhat.com", Private, RED_HAT),
            Host::new("registry.redhat.io", Private, RED_HAT),
        ],
    },
    RegistryProvider {
        name: "Registries of single projects",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("cr.agentgateway.dev", Public, "https://agentgateway.dev/docs/kubernetes/"),
            Host::new("cr.fluentbit.io", Public, "https://docs.fluentbit.io/manual/installation/downloads/docker"),
            Host::new("cr.jaegertracing.io", Public, "https://www.jaegertracing.io/docs/latest/getting-started/"),
            Host::new("cr.kgateway.dev", Public, "https://kgateway.dev/docs/"),
            Host::new("cr.l5d.io", Public, "https://linkerd.io/2/reference/helm-charts/"),
            Host::new("cr.weaviate.io", Public, "https://docs.weaviate.io/deploy/installation-guides/docker-installation"),
            Host::new("docker-registry.wikimedia.org", Public, "https://wikitech.wikimedia.org/wiki/Docker-registry"),
            Host::new("docker.dragonflydb.io", Public, "https://www.dragonflydb.io/docs/getting-started/docker"),
            Host::new("docker.n8n.io", Public, "https://docs.n8n.io/hosting/installation/docker/"),
            Host::new("docker.redpanda.com", Public, "https://docs.redpanda.com/current/get-started/quick-start/"),
            Host::new("oci.external-secrets.io", Public, "https://external-secrets.io/latest/introduction/getting-started/"),
            Host::new("oci.stackable.tech", Public, "https://github.com/stackabletech/documentation/pull/716"),
            Host::new("reg.kyverno.io", Public, "https://kyverno.io/docs/installation/"),
            Host::new("registry.datadoghq.com", Public, "https://docs.datadoghq.com/containers/guide/container-images-for-docker-environments/"),
            Host::new("registry.istio.io", Public, "https://istio.io/latest/news/releases/"),
            Host::new("ttl.sh", Public, "https://github.com/replicatedhq/ttl.sh").note("Images there expire within a day, and anyone can overwrite them."),
        ],
    },
    RegistryProvider {
        name: "Replicated",
        advice: "Keep the licence ID in a pull secret, as user name and password.",
        hosts: &[
            Host::new("proxy.replicated.com", Private, "https://docs.replicated.com/vendor/private-images-about"),
            Host::new("registry.replicated.com", Private, "https://docs.replicated.com/vendor/private-images-replicated"),
        ],
    },
    RegistryProvider {
        name: "SUSE",
        advice: "Use a pull secret with a service account of the SUSE Application Collection.",
        hosts: &[
            Host::new("dp.apps.rancher.io", Private, "https://docs.apps.rancher.io/get-started/authentication/"),
            Host::new("registry.opensuse.org", Public, "https://registry.opensuse.org/"),
            Host::new("registry.suse.com", Public, "https://registry.suse.com/"),
        ],
    },
    RegistryProvider {
        name: "Scaleway Container Registry",
        advice: "Use a pull secret with an API secret key; the user name is `nologin`.",
        hosts: &[
            Host::new("rg.*.scw.cloud", AssumedPrivate, "https://www.scaleway.com/en/docs/container-registry/concepts/#visibility"),
        ],
    },
    RegistryProvider {
        name: "Seqera",
        advice: "Ask Seqera for registry credentials and keep them in a pull secret.",
        hosts: &[
            Host::new("cr.seqera.io", Private, "https://docs.seqera.io/platform-enterprise/enterprise/prerequisites/common"),
            Host::new("public.cr.seqera.io", Public, "https://github.com/seqeralabs/staticreg"),
        ],
    },
    RegistryProvider {
        name: "Tencent Container Registry",
        advice: "Use a pull secret with a long-term access credential of the instance.",
        hosts: &[
            Host::new("*.tencentcloudcr.com", AssumedPrivate, "https://www.tencentcloud.com/document/product/1051"),
            Host::new("ccr.ccs.tencentyun.com", AssumedPrivate, "https://www.tencentcloud.com/document/product/1051"),
        ],
    },
    RegistryProvider {
        name: "Upbound Marketplace",
        advice: "Create a robot (`up robot create`) and keep its token in a pull secret; Crossplane packages take it through an ImageConfig.",
        hosts: &[
            Host::new("xpkg.crossplane.io", Public, "https://docs.crossplane.io/latest/packages/providers/"),
            Host::new("xpkg.upbound.io", AssumedPublic, "https://docs.upbound.io/upbound-marketplace/authentication").note("Private repositories, and patch releases of official packages, need credentials."),
            Host::new("xpkg.upbound.io/crossplane", Public, "https://docs.crossplane.io/v1.20/software/install/"),
            Host::new("xpkg.upbound.io/crossplane-contrib", Public, "https://docs.crossplane.io/v1.20/concepts/providers/"),
        ],
    },
    RegistryProvider {
        name: "Vultr Container Registry",
        advice: "Use a pull secret with the credentials that the registry's page shows.",
        hosts: &[
            Host::new("*.vultrcr.com", AssumedPrivate, "https://docs.vultr.com/products/container-registry"),
        ],
    },
    RegistryProvider {
        name: "Yandex Container Registry",
        advice: "Nodes of Yandex Managed Kubernetes pull with the node group's service account, which needs container-registry.images.puller. Elsewhere use a pull secret with an authorised key.",
        hosts: &[
            Host::new("cr.yandex", AssumedPrivate, "https://yandex.cloud/en/docs/container-registry/operations/authentication"),
        ],
    },
    RegistryProvider {
        name: "Zalando",
        advice: "No credentials are needed.",
        hosts: &[
            Host::new("container-registry.zalando.net", Public, "https://github.com/zalando/skipper"),
            Host::new("registry.opensource.zalan.do", Public, "https://github.com/zalando/postgres-operator"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(image: &str, expected: Option<BuiltinAccess>) {
        let (domain, path) = image.split_once('/').expect("a case names domain and path");
        assert_eq!(find(domain, path).map(|(host, _)| host.access), expected, "{image}");
    }

    #[test]
    fn the_table_is_sorted_unique_and_explained() {
        assert!(PROVIDERS.is_sorted_by_key(|provider| provider.name), "providers are out of order");
        let mut patterns = std::collections::BTreeSet::new();
        for provider in PROVIDERS {
            assert!(!provider.hosts.is_empty(), "{} has no host", provider.name);
            assert!(provider.advice.ends_with('.'), "{}: advice is a sentence", provider.name);
            assert!(
                provider.hosts.is_sorted_by_key(|host| host.pattern),
                "{} is out of order",
                provider.name
            );
            for host in provider.hosts {
                assert!(patterns.insert(host.pattern), "{} stands twice", host.pattern);
                assert!(host.source.starts_with("https://"), "{} has no source", host.pattern);
                assert!(
                    host.note.is_none_or(|note| note.ends_with('.')),
                    "{}: note is a sentence",
                    host.pattern
                );
            }
        }
    }

    #[test]
    fn every_pattern_is_canonical_and_no_two_are_ambiguous() {
        let patterns: Vec<_> = all()
            .map(|(host, _)| {
                let pattern = Pattern::parse(host.pattern)
                    .unwrap_or_else(|e| panic!("{}: {e}", host.pattern));
                assert_eq!(pattern.to_string(), host.pattern);
                pattern
            })
            .collect();
        for (at, one) in patterns.iter().enumerate() {
            for two in &patterns[at + 1..] {
                let ambiguous = one.specificity() == two.specificity() && one.overlaps(two);
                assert!(!ambiguous, "{one} and {two} match the same images");
            }
        }
    }

    #[test]
    fn a_row_that_says_nothing_new_is_left_out() {
        for (host, _) in
            all().filter(|(host, _)| !host.access.is_assumed() && host.identity.is_none())
        {
            let (domain, path) = host.pattern.split_once('/').unwrap_or((host.pattern, ""));
            let wider = path.rsplit_once('/').map_or("", |(wider, _)| wider);
            if !path.is_empty()
                && let Some((outer, _)) = find(domain, wider)
            {
                assert_ne!(outer.access, host.access, "{} repeats {}", host.pattern, outer.pattern);
            }
        }
    }

    #[test]
    fn the_narrowest_row_decides() {
        for (image, expected) in [
            ("docker.io/library/nginx", Some(Public)),
            ("docker.io/acme/app", Some(AssumedPublic)),
            ("quay.io/acme/app", Some(AssumedPublic)),
            ("gcr.io/distroless/static", Some(Public)),
            ("gcr.io/distroless-evil/static", Some(AssumedPrivate)),
            ("gcr.io/google.com/cloudsdktool/cloud-sdk", Some(Public)),
            ("europe-west1-docker.pkg.dev/k8s-artifacts-prod/images/pause", Some(Public)),
            ("europe-docker.pkg.dev/acme/app/api", Some(AssumedPrivate)),
            ("nvcr.io/nvidia/cuda", Some(Public)),
            ("nvcr.io/0123/app", Some(AssumedPrivate)),
            ("cgr.dev/chainguard/nginx", Some(Public)),
            ("cgr.dev/acme/nginx", Some(Private)),
            ("datadoghq.azurecr.io/agent", Some(Public)),
            ("acme.azurecr.io/agent", Some(Private)),
            ("us.icr.io/acme/app", Some(Private)),
            ("registry.k8s.io/pause", Some(Public)),
            ("registry.example.com/app", None),
            ("localhost:5000/app", Some(AssumedPrivate)),
            ("127.0.0.1:32000/app", Some(AssumedPrivate)),
            ("[::1]:5000/app", Some(AssumedPrivate)),
            ("registry.local:5000/app", Some(AssumedPrivate)),
            ("k3d-registry.localhost:5000/app", Some(AssumedPrivate)),
            ("kind-registry:5000/app", Some(AssumedPrivate)),
            ("image-registry.openshift-image-registry.svc:5000/web/app", Some(Private)),
            ("image-registry.openshift-image-registry.svc:5001/web/app", None),
            ("gke.gcr.io/ip-masq-agent", Some(Public)),
            ("quay.io/openshift-release-dev/ocp-release", Some(Private)),
            ("docker.io:443/library/nginx", None),
        ] {
            check(image, expected);
        }
    }

    /// What the shipped kubelet configurations of the three services match, computed with the
    /// kubelet's own matcher.
    #[test]
    fn node_identities_are_those_of_the_shipped_kubelet_configurations() {
        use Cloud::{Aks, Eks, Gke};
        for (image, expected) in [
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com/app", Some(Eks)),
            ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/app", Some(Eks)),
            ("123456789012.dkr-ecr.us-west-2.on.aws/app", Some(Eks)),
            ("123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/app", Some(Eks)),
            ("123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov/app", Some(Eks)),
            ("123456789012.dkr.ecr.us-isof-east-1.csp.hci.ic.gov/app", Some(Eks)),
            ("123456789012.dkr.ecr-fips.eusc-de-east-1.amazonaws.eu/app", None),
            ("ecr-public.aws.com/nginx/nginx", Some(Eks)),
            ("vpce-abc.dkr.ecr.us-east-1.vpce.amazonaws.com/app", None),
            ("gcr.io/p/app", Some(Gke)),
            ("us-docker.pkg.dev/p/r/app", Some(Gke)),
            ("registry.k8s.io/pause", None),
            ("docker.europe.goog/p/r/app", None),
            ("acme.azurecr.cn/app", Some(Aks)),
            ("acme.azurecr.de/app", Some(Aks)),
            ("acme-a1b2c3.azurecr.io/app", Some(Aks)),
            ("acme.eastus2.geo.azurecr.io/app", None),
            ("mcr.microsoft.com/azure-cli", None),
        ] {
            let (domain, path) = image.split_once('/').expect("a case names domain and path");
            assert_eq!(find(domain, path).and_then(|(host, _)| host.identity), expected, "{image}");
        }
    }
}
