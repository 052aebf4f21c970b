//! TABLE: objects that make a Secret in the cluster, and what it will be like. A kind is a row.

mod keys;
mod namespaces;
mod template;

use zeroize::Zeroizing;

use super::annotations::{self, Annotation, LONGEST_TIME};
use super::reach::{self, Reach};
use super::{Object, Text, text};
use crate::credentials::payload::PayloadFormat;
use crate::kinds;
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

pub use template::TemplateFlaw;
use template::{BRACES, Delimiters, Templated};

/// A kind whose objects make Secrets.
pub struct Producer {
    /// Its API group.
    pub group: &'static str,
    /// Its name.
    pub kind: &'static str,
    /// The list that has an item for each Secret; none if the object makes one. What follows is found from the item,
    /// where nothing else is said.
    each: Option<Path>,
    /// Where the name is: the first of these that is there, else the name of the object if it makes one.
    names: &'static [Path],
    /// Where the namespace is, if not the object's.
    namespace: Option<Path>,
    /// Where the type is; `None`: it is that of a Secret elsewhere.
    secret_type: Option<Path>,
    /// Where the annotations of the Secret are, beside those of the object itself.
    annotations: Option<Path>,
    /// Whether it has a key, if anything tells.
    has_key: fn(&ProducerItem<'_, '_>, &str) -> Option<bool>,
    /// The template of a key, if the object holds one.
    template: for<'t, 'a> fn(&ProducerItem<'t, 'a>, &str) -> Option<Node<'t, 'a>>,
    /// What is around the actions of that template.
    delimiters: Delimiters,
    /// Where it names the only registry.
    registry: Option<Path>,
    /// What is added to the name of the object.
    suffix: &'static str,
    /// The only namespaces in which it makes Secrets, if it makes them in others than its own and names those.
    namespaces: for<'t, 'a> fn(Node<'t, 'a>) -> Option<Vec<Text<'a>>>,
    /// What it makes instead of a Secret.
    instead: fn(&ProducerItem<'_, '_>) -> Option<Text<'static>>,
    /// Whether it makes the Secret anew now and then, unless it says otherwise.
    pub refreshes: bool,
    /// Where the interval is, from the object: the first of these that is there.
    intervals: &'static [Path],
    /// The interval of an object that names none.
    default_interval: Option<&'static str>,
    /// Where an object says, by one of [`MADE_ONCE`], that it refreshes nothing.
    policy: Option<Path>,
    /// Where it names the generators of its values, from the object.
    sources: Option<Path>,
    /// Something that has to hold, or no Secret is made.
    only_if: fn(&ProducerItem<'_, '_>) -> bool,
    /// Whether the Secret is there only after a pod has mounted the object.
    pub is_mounted: bool,
    /// What is worth knowing of every Secret of this kind.
    pub caveat: Option<&'static str>,
}

/// The keys on the way from one node to another.
type Path = &'static [&'static str];

/// An object that makes Secrets, and the part of it that is about one of them.
struct ProducerItem<'t, 'a> {
    object: Node<'t, 'a>,
    item: Node<'t, 'a>,
}

/// Refresh policies of an `ExternalSecret` with which time alone refreshes nothing.
const MADE_ONCE: &[&str] = &["CreatedOnce", "OnChange"];

const NOTHING: Producer = Producer {
    group: "",
    kind: "",
    each: None,
    names: &[],
    namespace: None,
    secret_type: None,
    annotations: None,
    has_key: |_, _| None,
    template: |_, _| None,
    delimiters: BRACES,
    registry: None,
    suffix: "",
    namespaces: |_| None,
    instead: |_| None,
    refreshes: false,
    intervals: &[],
    default_interval: None,
    policy: None,
    sources: None,
    only_if: |_| true,
    is_mounted: false,
    caveat: None,
};

const VAULT: Producer = Producer {
    group: "secrets.hashicorp.com",
    names: &[&["spec", "destination", "name"]],
    secret_type: Some(&["spec", "destination", "type"]),
    annotations: Some(&["spec", "destination", "annotations"]),
    template: keys::template_of_vault,
    refreshes: true,
    intervals: &[&["spec", "refreshAfter"]],
    only_if: |made| is(made.object, &["spec", "destination", "create"], "true"),
    ..NOTHING
};

const INFISICAL: Producer = Producer {
    group: "secrets.infisical.com",
    has_key: keys::of_infisical,
    template: |made, key| made.item.at(&["template", "data", key]),
    refreshes: true,
    // k8-operator/api/v1alpha1/infisicalsecret_types.go
    intervals: &[&["spec", "syncConfig", "resyncInterval"], &["spec", "resyncInterval"]],
    default_interval: Some("60s"),
    ..NOTHING
};

/// Every kind that is known to make pull secrets, sorted by kind.
pub const PRODUCERS: &[Producer] = &[
    Producer {
        group: "spv.no",
        kind: "AzureKeyVaultSecret",
        // pkg/k8s/apis/azurekeyvault/v2beta1/types.go of akv2k8s. The key is that of the type, whatever `dataKey` says
        // (docs, "Kubernetes Secret Types").
        names: &[&["spec", "output", "secret", "name"]],
        secret_type: Some(&["spec", "output", "secret", "type"]),
        only_if: |made| made.object.at(&["spec", "output", "secret", "name"]).is_some(),
        refreshes: true,
        ..NOTHING
    },
    Producer {
        group: "k8s.bitwarden.com",
        kind: "BitwardenSecret",
        names: &[&["spec", "secretName"]],
        // api/v1/bitwardensecret_types.go of bitwarden/sm-kubernetes: there is no field for a type.
        secret_type: Some(&[]),
        refreshes: true,
        ..NOTHING
    },
    Producer {
        group: "lerentis.uploadfilter24.eu",
        kind: "BitwardenSecret",
        // README.md of lerentis/bitwarden-crd-operator
        names: &[&["spec", "name"]],
        namespace: Some(&["spec", "namespace"]),
        secret_type: Some(&["spec", "secretType"]),
        refreshes: true,
        ..NOTHING
    },
    Producer {
        group: "external-secrets.io",
        kind: "ClusterExternalSecret",
        names: &[
            &["spec", "externalSecretSpec", "target", "name"],
            &["spec", "externalSecretName"],
        ],
        // Its namespaces are chosen by labels, which a stream does not tell.
        namespace: Some(&[]),
        secret_type: Some(&["spec", "externalSecretSpec", "target", "template", "type"]),
        annotations: Some(&[
            "spec",
            "externalSecretSpec",
            "target",
            "template",
            "metadata",
            "annotations",
        ]),
        has_key: |made, key| keys::of_external_secret(made, &["spec", "externalSecretSpec"], key),
        template: |made, key| {
            made.object.at(&["spec", "externalSecretSpec", "target", "template", "data", key])
        },
        namespaces: namespaces::of_cluster_external_secret,
        instead: |made| manifest(made, &["spec", "externalSecretSpec", "target", "manifest"]),
        refreshes: true,
        // `spec.refreshTime` is how often it looks after its ExternalSecrets.
        intervals: &[&["spec", "externalSecretSpec", "refreshInterval"]],
        default_interval: Some("1h"),
        policy: Some(&["spec", "externalSecretSpec", "refreshPolicy"]),
        sources: Some(&["spec", "externalSecretSpec", "dataFrom"]),
        only_if: |made| creates(made, &["spec", "externalSecretSpec", "target", "creationPolicy"]),
        ..NOTHING
    },
    Producer {
        group: "ops.alexellis.io",
        kind: "ClusterPullSecret",
        // controllers/reconciler.go of alexellis/registry-creds: a copy in every namespace, of the same type.
        suffix: "-registrycreds",
        namespace: Some(&[]),
        ..NOTHING
    },
    Producer {
        group: "secrets.doppler.com",
        kind: "DopplerSecret",
        names: &[&["spec", "managedSecret", "name"]],
        namespace: Some(&["spec", "managedSecret", "namespace"]),
        secret_type: Some(&["spec", "managedSecret", "type"]),
        annotations: Some(&["spec", "managedSecret", "annotations"]),
        has_key: keys::of_doppler_secret,
        refreshes: true,
        // api/v1alpha1/dopplersecret_types.go
        intervals: &[&["spec", "resyncSeconds"]],
        default_interval: Some("60s"),
        ..NOTHING
    },
    Producer {
        group: "external-secrets.io",
        kind: "ExternalSecret",
        names: &[&["spec", "target", "name"]],
        secret_type: Some(&["spec", "target", "template", "type"]),
        annotations: Some(&["spec", "target", "template", "metadata", "annotations"]),
        has_key: |made, key| keys::of_external_secret(made, &["spec"], key),
        template: |made, key| made.object.at(&["spec", "target", "template", "data", key]),
        instead: |made| manifest(made, &["spec", "target", "manifest"]),
        refreshes: true,
        // apis/externalsecrets/v1/externalsecret_types.go
        intervals: &[&["spec", "refreshInterval"]],
        default_interval: Some("1h"),
        policy: Some(&["spec", "refreshPolicy"]),
        sources: Some(&["spec", "dataFrom"]),
        only_if: |made| creates(made, &["spec", "target", "creationPolicy"]),
        ..NOTHING
    },
    // api/v1beta1/hcpvaultsecretsapp_types.go
    Producer { kind: "HCPVaultSecretsApp", default_interval: Some("600s"), ..VAULT },
    Producer {
        group: "images.banzaicloud.io",
        kind: "ImagePullSecret",
        // README.md of banzaicloud/imps: always of type kubernetes.io/dockerconfigjson.
        names: &[&["spec", "target", "secret", "name"]],
        namespace: Some(&[]),
        namespaces: namespaces::of_image_pull_secret,
        refreshes: true,
        ..NOTHING
    },
    Producer {
        kind: "InfisicalSecret",
        each: Some(&["spec", "managedKubeSecretReferences"]),
        names: &[&["secretName"]],
        namespace: Some(&["secretNamespace"]),
        secret_type: Some(&["secretType"]),
        ..INFISICAL
    },
    Producer {
        kind: "InfisicalSecret",
        names: &[&["spec", "managedSecretReference", "secretName"]],
        namespace: Some(&["spec", "managedSecretReference", "secretNamespace"]),
        secret_type: Some(&["spec", "managedSecretReference", "secretType"]),
        has_key: |made, key| {
            let item = made.object.at(&["spec", "managedSecretReference"])?;
            keys::of_infisical(&ProducerItem { object: made.object, item }, key)
        },
        template: |made, key| {
            made.object.at(&["spec", "managedSecretReference", "template", "data", key])
        },
        only_if: |made| made.object.at(&["spec", "managedSecretReference"]).is_some(),
        ..INFISICAL
    },
    Producer {
        kind: "InfisicalStaticSecret",
        each: Some(&["spec", "targets"]),
        names: &[&["name"]],
        namespace: Some(&["namespace"]),
        secret_type: Some(&["secretType"]),
        annotations: Some(&["metadata", "annotations"]),
        instead: |made| {
            let kind = made.item.get("kind").and_then(text)?;
            (kind != "Secret").then(|| kind.into_owned())
        },
        intervals: &[&["spec", "syncOptions", "refreshInterval"]],
        default_interval: None,
        ..INFISICAL
    },
    Producer {
        group: "onepassword.com",
        kind: "OnePasswordItem",
        // Not under `spec` (api/v1/onepassworditem_types.go).
        secret_type: Some(&["type"]),
        refreshes: true,
        // The operator polls, every `POLLING_INTERVAL` seconds, for all items alike.
        default_interval: Some("600s"),
        ..NOTHING
    },
    Producer {
        group: "secrets.phase.dev",
        kind: "PhaseSecret",
        // README.md of phasehq/kubernetes-secrets-operator
        each: Some(&["spec", "managedSecretReferences"]),
        names: &[&["secretName"]],
        namespace: Some(&["secretNamespace"]),
        secret_type: Some(&["secretType"]),
        refreshes: true,
        intervals: &[&["spec", "pollingInterval"]],
        ..NOTHING
    },
    Producer {
        group: "lerentis.uploadfilter24.eu",
        kind: "RegistryCredential",
        // README.md of lerentis/bitwarden-crd-operator
        names: &[&["spec", "name"]],
        namespace: Some(&["spec", "namespace"]),
        registry: Some(&["spec", "registry"]),
        refreshes: true,
        ..NOTHING
    },
    Producer {
        group: "bitnami.com",
        kind: "SealedSecret",
        // Of `spec.template.metadata` neither name nor namespace is looked at, whatever the scope of the seal
        // (`Unseal` in sealedsecret_expansion.go).
        secret_type: Some(&["spec", "template", "type"]),
        annotations: Some(&["spec", "template", "metadata", "annotations"]),
        has_key: |made, key| {
            let maps: [Path; 2] = [&["spec", "encryptedData"], &["spec", "template", "data"]];
            keys::in_any(made.object, &maps, key)
        },
        template: |made, key| made.object.at(&["spec", "template", "data", key]),
        ..NOTHING
    },
    Producer {
        group: "secretgen.carvel.dev",
        kind: "SecretImport",
        // It copies a Secret of its own name (docs/secret-export.md).
        refreshes: true,
        ..NOTHING
    },
    Producer {
        group: "secrets-store.csi.x-k8s.io",
        kind: "SecretProviderClass",
        each: Some(&["spec", "secretObjects"]),
        names: &[&["secretName"]],
        secret_type: Some(&["type"]),
        annotations: Some(&["annotations"]),
        has_key: |made, key| {
            let data = made.item.get("data")?;
            Some(data.items().any(|entry| is(entry, &["key"], key)))
        },
        is_mounted: true,
        caveat: Some(
            "it appears only after a pod has mounted the volume of its SecretProviderClass, so that pod's \
             own image cannot be pulled with it",
        ),
        ..NOTHING
    },
    Producer {
        group: "secretgen.carvel.dev",
        kind: "SecretTemplate",
        // docs/secret-template.md
        secret_type: Some(&["spec", "template", "type"]),
        annotations: Some(&["spec", "template", "metadata", "annotations"]),
        has_key: |made, key| {
            let maps: [Path; 2] =
                [&["spec", "template", "stringData"], &["spec", "template", "data"]];
            keys::in_any(made.object, &maps, key)
        },
        refreshes: true,
        ..NOTHING
    },
    Producer {
        group: "craftypath.github.io",
        kind: "SopsSecret",
        // README.md of craftypath/sops-operator
        secret_type: Some(&["spec", "type"]),
        annotations: Some(&["spec", "metadata", "annotations"]),
        has_key: |made, key| keys::in_any(made.object, &[&["spec", "stringData"]], key),
        ..NOTHING
    },
    Producer {
        group: "isindir.github.com",
        kind: "SopsSecret",
        each: Some(&["spec", "secretTemplates"]),
        names: &[&["name"]],
        secret_type: Some(&["type"]),
        annotations: Some(&["annotations"]),
        has_key: |made, key| keys::in_any(made.item, &[&["stringData"], &["data"]], key),
        ..NOTHING
    },
    Producer { kind: "VaultDynamicSecret", ..VAULT },
    Producer {
        group: "redhatcop.redhat.io",
        kind: "VaultSecret",
        // api/v1alpha1/vaultsecret_types.go of redhat-cop/vault-config-operator
        names: &[&["spec", "output", "name"]],
        secret_type: Some(&["spec", "output", "type"]),
        annotations: Some(&["spec", "output", "annotations"]),
        has_key: |made, key| keys::in_any(made.object, &[&["spec", "output", "stringData"]], key),
        template: |made, key| made.object.at(&["spec", "output", "stringData", key]),
        refreshes: true,
        intervals: &[&["spec", "refreshPeriod"]],
        ..NOTHING
    },
    Producer {
        group: "ricoberger.de",
        kind: "VaultSecret",
        // api/v1alpha1/vaultsecret_types.go of ricoberger/vault-secrets-operator
        secret_type: Some(&["spec", "type"]),
        has_key: keys::of_vault_secret,
        template: |made, key| made.object.at(&["spec", "templates", key]),
        delimiters: ("{%", "%}"),
        refreshes: true,
        ..NOTHING
    },
    Producer { kind: "VaultStaticSecret", ..VAULT },
];

/// TABLE: generators of the External Secrets Operator that issue registry tokens, sorted by kind. None of their
/// outputs is a docker configuration: only a template makes one of them (docs/api/generator).
pub const GENERATORS: &[Generator] = &[
    // A refresh token; an access token lives shorter still.
    Generator { kind: "ACRAccessToken", life: 3 * HOUR },
    Generator { kind: "ECRAuthorizationToken", life: 12 * HOUR },
    Generator { kind: "GCRAccessToken", life: HOUR },
    Generator { kind: "GithubAccessToken", life: HOUR },
    Generator { kind: "QuayAccessToken", life: HOUR },
];

const HOUR: u64 = 60 * 60;
const GENERATORS_GROUP: &str = "generators.external-secrets.io";
const CLUSTER_GENERATOR: &str = "ClusterGenerator";

/// A kind of object that issues tokens.
pub struct Generator {
    /// Its name.
    pub kind: &'static str,
    /// How many seconds its tokens live.
    pub life: u64,
}

/// The row of a generator.
pub fn generator(kind: &str) -> Option<&'static Generator> {
    GENERATORS.iter().find(|row| row.kind == kind)
}

/// Whether objects of a kind say what a Secret will be like without making one.
pub(super) fn informs(kind: &str) -> bool {
    kind == CLUSTER_GENERATOR
}

/// A generator that every namespace can use: its name, and the kind that it wraps.
pub struct ClusterGenerator<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// What it is.
    pub kind: Text<'a>,
}

/// Reads a [`ClusterGenerator`], if the object is one.
pub(super) fn cluster_generator<'a>(
    node: Node<'_, 'a>,
    api_version: &str,
    kind: &str,
) -> Option<ClusterGenerator<'a>> {
    if kind != CLUSTER_GENERATOR || kinds::group(api_version) != GENERATORS_GROUP {
        return None;
    }
    let name = text(node.at(&["metadata", "name"])?)?;
    Some(ClusterGenerator { name, kind: text(node.at(&["spec", "kind"])?)? })
}

/// Where an object names the generator of its values.
pub struct GeneratorRef<'a> {
    /// The kind.
    pub kind: Text<'a>,
    /// The name.
    pub name: Option<Text<'a>>,
}

impl GeneratorRef<'_> {
    /// The row of the generator, through a [`ClusterGenerator`] that is among `known`.
    pub fn row<'g>(
        &self,
        known: impl IntoIterator<Item = &'g ClusterGenerator<'g>>,
    ) -> Option<&'static Generator> {
        if self.kind != CLUSTER_GENERATOR {
            return generator(&self.kind);
        }
        let name = self.name.as_deref()?;
        let named = known.into_iter().find(|generator| generator.name == name)?;
        generator(&named.kind)
    }
}

/// A Secret that an object of the stream will make.
pub struct Produced<'a> {
    /// The object that makes it.
    pub object: Object<'a>,
    /// Its kind.
    pub by: &'static Producer,
    /// The name of the Secret.
    pub name: Text<'a>,
    /// Its namespace, if it is not that of the object.
    pub namespace: Option<Text<'a>>,
    /// Whether no one can tell its namespace.
    pub any_namespace: bool,
    /// The only namespaces that it can be in, where the object names them.
    pub only_in: Option<Box<[Text<'a>]>>,
    /// The keys of its docker configuration, if the object tells them all.
    pub keys: Option<Box<[String]>>,
    /// Where it is copied to.
    pub reach: Option<Box<Reach<'a>>>,
    /// Its type, if the object says one; else it is Opaque.
    pub secret_type: Option<Text<'a>>,
    /// Why the kubelet will not use it.
    pub fault: Option<ProducerFault>,
    /// How often it is made anew.
    pub refresh: Refresh<'a>,
    /// What issues the token in it.
    pub generators: Vec<GeneratorRef<'a>>,
    /// Annotations that may tell a time: name, value and place.
    pub annotations: Vec<Annotation<'a>>,
    /// Where its name is, or that of the object.
    pub span: Span,
    /// Where the template of its docker configuration is.
    pub template: Option<Span>,
}

/// How often a Secret is made anew.
pub enum Refresh<'a> {
    /// Every so often, as written.
    Every(Text<'a>, Span),
    /// Every so often, since the object does not say.
    ByDefault(&'static str),
    /// Only when the object changes, if at all.
    Never(Span),
    /// The object does not say.
    Unknown,
}

/// Why the kubelet will not use a Secret that something makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProducerFault {
    /// Something of another kind is made.
    NoSecret(Text<'static>),
    /// Its type is not one that the kubelet reads.
    Type,
    /// It lacks the key of its type.
    Key(PayloadFormat),
    /// Its docker configuration can never be read.
    Payload(TemplateFlaw),
}

impl Producer {
    /// Where an object says the type of its Secrets, if it can.
    pub fn type_path(&self) -> Option<String> {
        let path = self.secret_type.filter(|path| !path.is_empty())?;
        let list = self.each.map(|each| each.join(".") + "[]");
        Some(list.into_iter().chain([path.join(".")]).collect::<Vec<_>>().join("."))
    }
}

impl Produced<'_> {
    /// The namespace of the Secret, as far as it is known.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref().or_else(|| self.object.namespace())
    }

    /// Whether the kubelet looks into the Secret.
    pub fn is_usable(&self) -> bool {
        self.fault.is_none()
    }

    /// Whether the Secret can be in a namespace, as far as the object chooses it by name.
    pub fn is_allowed_in(&self, namespace: Option<&str>) -> bool {
        let among = |only: &[Text<'_>]| namespace.is_none_or(|of| only.iter().any(|one| one == of));
        self.only_in.as_deref().is_none_or(among)
    }
}

/// The rows of a kind: one for each way in which it names the Secrets that it makes.
pub(super) fn rows(api_version: &str, kind: &str) -> impl Iterator<Item = &'static Producer> {
    let of_kind = PRODUCERS.iter().filter(move |row| row.kind == kind);
    of_kind.filter(move |row| row.group == kinds::group(api_version))
}

/// The Secrets that an object will make; `object` makes its identity, once for each.
pub(super) fn produced<'a>(
    node: Node<'_, 'a>,
    row: &'static Producer,
    object: impl Fn() -> Object<'a>,
) -> Vec<Produced<'a>> {
    let items: Vec<Node<'_, 'a>> = match row.each {
        None => vec![node],
        Some(path) => node.at(path).into_iter().flat_map(Node::items).collect(),
    };
    let made = items.into_iter().map(|item| ProducerItem { object: node, item });
    made.filter(row.only_if).filter_map(|made| one(&made, row, object())).collect()
}

fn one<'a>(
    made: &ProducerItem<'_, 'a>,
    row: &'static Producer,
    object: Object<'a>,
) -> Option<Produced<'a>> {
    let item = made.item;
    let named =
        row.names.iter().find_map(|path| Some((text(item.at(path)?)?, item.at(path)?.span())));
    let own = || Some((object.name.clone()?, object.label)).filter(|_| row.each.is_none());
    let (name, span) = named.or_else(own)?;
    let name = if row.suffix.is_empty() { name } else { (name.into_string() + row.suffix).into() };
    let secret_type = row.secret_type.and_then(|path| item.at(path)).and_then(text);
    let annotations = annotations(made, row);
    let format = secret_type.as_deref().and_then(PayloadFormat::from_secret_type);
    let template = format.and_then(|format| (row.template)(made, format.data_key()));
    let templated = format.map_or(Templated::Unknown, |format| templated(template, format, row));
    Some(Produced {
        name,
        span,
        by: row,
        namespace: row.namespace.and_then(|path| text(item.at(path)?)),
        any_namespace: row.namespace.is_some_and(<[_]>::is_empty),
        only_in: (row.namespaces)(made.object).map(Vec::into_boxed_slice),
        reach: Reach::of(reach::among(&annotations)).map(Box::new),
        fault: fault(made, row, secret_type.as_deref(), &templated),
        keys: keys(made, row, templated),
        template: template.map(|template| template.resolved().span()),
        secret_type,
        refresh: refresh(made.object, row),
        generators: generators(made.object, row),
        annotations,
        object,
    })
}

/// What is told by the template of the docker configuration.
fn templated(template: Option<Node<'_, '_>>, format: PayloadFormat, row: &Producer) -> Templated {
    let text = template.and_then(Node::string).map(|text| Zeroizing::new(text.into_string()));
    text.map_or(Templated::Unknown, |text| template::read(&text, format, row.delimiters))
}

fn keys(
    made: &ProducerItem<'_, '_>,
    row: &Producer,
    templated: Templated,
) -> Option<Box<[String]>> {
    match templated {
        Templated::Keys(keys) => Some(keys),
        Templated::Unknown | Templated::Never(_) => {
            let registry = text(made.item.at(row.registry?)?)?;
            Some(Box::new([registry.into_string()]))
        }
    }
}

fn fault(
    made: &ProducerItem<'_, '_>,
    row: &Producer,
    secret_type: Option<&str>,
    templated: &Templated,
) -> Option<ProducerFault> {
    if let Some(kind) = (row.instead)(made) {
        return Some(ProducerFault::NoSecret(kind));
    }
    row.secret_type?;
    let Some(format) = secret_type.and_then(PayloadFormat::from_secret_type) else {
        return Some(ProducerFault::Type);
    };
    if (row.has_key)(made, format.data_key()) == Some(false) {
        return Some(ProducerFault::Key(format));
    }
    match templated {
        Templated::Never(flaw) => Some(ProducerFault::Payload(*flaw)),
        Templated::Unknown | Templated::Keys(_) => None,
    }
}

fn refresh<'a>(object: Node<'_, 'a>, row: &Producer) -> Refresh<'a> {
    let policy = row.policy.and_then(|path| object.at(path));
    let once =
        policy.filter(|policy| policy.scalar().is_some_and(|value| MADE_ONCE.contains(&&*value)));
    let interval = row.intervals.iter().find_map(|path| object.at(path));
    let interval = interval.filter(|node| !node.is_null());
    match (once, interval, row.default_interval) {
        (Some(policy), ..) => Refresh::Never(policy.span()),
        (None, Some(node), _) => {
            node.scalar().map_or(Refresh::Unknown, |text| Refresh::Every(text, node.span()))
        }
        (None, None, Some(default)) => Refresh::ByDefault(default),
        (None, None, None) => Refresh::Unknown,
    }
}

fn generators<'a>(object: Node<'_, 'a>, row: &Producer) -> Vec<GeneratorRef<'a>> {
    let sources = row.sources.and_then(|path| object.at(path));
    let refs = sources.into_iter().flat_map(Node::items).filter_map(|source| {
        let reference = source.at(&["sourceRef", "generatorRef"])?;
        let name = reference.get("name").and_then(text);
        Some(GeneratorRef { kind: reference.get("kind").and_then(text)?, name })
    });
    refs.collect()
}

/// The annotations of the Secret, and those of the object that makes it.
fn annotations<'a>(made: &ProducerItem<'_, 'a>, row: &Producer) -> Vec<Annotation<'a>> {
    let of_secret = row.annotations.and_then(|path| made.item.at(path));
    let own = made.object.at(&["metadata", "annotations"]);
    let maps = of_secret.into_iter().chain(own);
    let mut all: Vec<_> = maps.flat_map(annotations::of).collect();
    all.retain(|(_, value, _)| value.len() < LONGEST_TIME);
    all
}

/// What a target that is not a Secret is (`spec.target.manifest` of an `ExternalSecret`).
fn manifest(made: &ProducerItem<'_, '_>, path: Path) -> Option<Text<'static>> {
    let kind = made.object.at(path)?.get("kind").and_then(text)?;
    (kind != "Secret").then(|| kind.into_owned())
}

/// Whether an `ExternalSecret` with this creation policy makes the Secret.
fn creates(made: &ProducerItem<'_, '_>, policy: Path) -> bool {
    !is(made.object, policy, "None") && !is(made.object, policy, "Merge")
}

fn is(node: Node<'_, '_>, path: &[&str], value: &str) -> bool {
    let found = node.at(path).filter(|node| matches!(node.kind(), NodeKind::Scalar(_)));
    found.and_then(Node::scalar).is_some_and(|found| found == value)
}

#[cfg(test)]
mod tests;
