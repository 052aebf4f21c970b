//! What to do about an image whose pull nothing authenticates: commands and YAML with the real names, never with a
//! password.

use crate::credentials::keyring::NearMiss;
use crate::image::Reference;
use crate::inventory::Workload;
use crate::kinds::SecretForm;
use crate::policy::registries::{BuiltinAccess, Cloud, Host, Provider};
use crate::policy::{Access, AccessFrom, InjectInto, Policy, RuleId};
use crate::verdict::{Judgement, Known, Origin, Referrer, Unasked, Verdict, Why};

use super::super::Caller;
use super::super::covering::CoveringSecret;
use super::super::naming::{Names, is_for_other};
use super::super::world::{ResolvedPod, World};
use super::{describe, show};

/// An image that lacks credentials, and the pod that pulls it.
struct Wanting<'w, 'a> {
    pod: &'w ResolvedPod<'a>,
    workload: &'w Workload<'a>,
    image: &'w Reference,
    judgement: &'w Judgement,
}

/// The pull secret that a remedy is about.
enum ProposedSecret<'i> {
    /// Nothing has its name so far.
    New(String),
    /// The policy names it, or other pods of the namespace have it for the registry.
    There(String),
    /// The pod names it, and nobody has it.
    Absent(String),
    /// The pod names it, and it is of no use as it is.
    Useless(Known<'i>, String),
}

impl ProposedSecret<'_> {
    fn name(&self) -> &str {
        let (Self::New(name) | Self::There(name) | Self::Absent(name) | Self::Useless(_, name)) =
            self;
        name
    }
}

impl<'c> World<'c> {
    /// The commands and the YAML that would make a pull configured: first what pullcreds does itself.
    pub(super) fn remedy(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Reference,
        judgement: &Judgement,
        covering: Option<CoveringSecret<'c, 'c>>,
    ) -> String {
        let workload = pod.workload;
        let access = self.policy.access(image.domain(), image.path());
        if let Some(host) = access.host.filter(|host| serves_everyone(host)) {
            return says_public(host.pattern);
        }
        let wanting = Wanting { pod, workload, image, judgement };
        let is_local =
            access.from == AccessFrom::Assumed && access.provider.is_some_and(Provider::is_local);
        let (advice, public) = if is_local {
            (String::new(), may_be_public(image.domain()))
        } else {
            (advice(&access), String::new())
        };
        if workload.is_static {
            return format!("{}{advice}", for_static_pod(image.domain()));
        }
        if let Some(covering) = covering {
            return self.proposal(&wanting, &show(covering.name));
        }
        let proposed = self.proposed(&wanting);
        let means = self.means(&wanting, &proposed);
        let by_hand = by_hand(&wanting, &proposed, means.is_empty());
        let parts = [
            public,
            better_key(judgement),
            self.wider_scope(&wanting),
            means,
            by_hand,
            self.creation(&wanting, &proposed),
            Self::declaration(&wanting, proposed.name()),
            self.identity_remedy(image, judgement),
            advice,
        ];
        parts.concat().trim_end().to_owned()
    }

    /// The pull secret that is to cover the image: the one of the policy, the one that the pod has for it, the one that
    /// other pods have, or a new one. Never one that is there for something else.
    fn proposed(&self, wanting: &Wanting<'_, '_>) -> ProposedSecret<'_> {
        let Wanting { pod, workload, image, judgement } = *wanting;
        let wanted = self.policy.pull_secrets(image.domain(), image.path());
        let wanted = wanted.and_then(|(_, names)| names.first()).map(|name| &*name.value);
        if let Some(name) = wanted.filter(|name| !self.is_for_other(wanting, name)) {
            return ProposedSecret::There(name.to_owned());
        }
        let meant = judgement.secret.and_then(|at| pod.effective.names.get(at));
        let meant = meant.filter(|_| is_meant(judgement));
        if let Some(name) = meant.filter(|name| !self.is_for_other(wanting, name)) {
            let (known, name) = (self.known(wanting, name), name.to_string());
            return match known {
                Known::Outside
                | Known::Absent { .. }
                | Known::Elsewhere(_)
                | Known::MadeElsewhere { .. } => ProposedSecret::Absent(name),
                known => ProposedSecret::Useless(known, name),
            };
        }
        let names =
            self.names.get_or_init(|| Names::new(self.inventories, &self.pods, self.policy));
        let namespace = workload.object.namespace.as_deref().or(self.policy.namespace());
        match names.of_others(namespace, image.domain()) {
            Some(name) => ProposedSecret::There(name.to_owned()),
            None => ProposedSecret::New(names.free(namespace, image.domain())),
        }
    }

    /// Whether a Secret of the namespace is there for something else than the image.
    fn is_for_other(&self, wanting: &Wanting<'_, '_>, name: &str) -> bool {
        let scope = self.policy.scope(wanting.workload.object.namespace.as_deref(), name);
        is_for_other(&self.known(wanting, name), scope.as_ref(), wanting.image)
    }

    /// What is known of a Secret in the namespace of a pod.
    fn known(&self, wanting: &Wanting<'_, '_>, name: &str) -> Known<'_> {
        let object = &wanting.workload.object;
        let referrer = Referrer::of_secrets(object, None, Origin::Pod);
        let namespace = object.namespace.as_deref();
        self.secrets.find(wanting.pod.source, namespace, referrer, name, self.policy)
    }

    /// What would say that a pull secret which is declared for other images has credentials for this one, too.
    fn wider_scope(&self, wanting: &Wanting<'_, '_>) -> String {
        let Wanting { pod, workload, image, judgement } = *wanting;
        let (Some(Why::Policy), Some(at)) = (judgement.why(), judgement.secret) else {
            return String::new();
        };
        let name = &*pod.effective.names[at];
        let namespace = workload.object.namespace.as_deref();
        let Some(scope) = self.policy.scope(namespace, name) else { return String::new() };
        let (name, place) =
            (show(name), owner_of(&self.policy.access(image.domain(), image.path()), image));
        let line = if scope.has_own_entry() {
            let mut all: Vec<_> = scope.own_patterns().map(ToString::to_string).collect();
            all.push(place.clone());
            let namespace = namespace.map(|namespace| format!("namespace: {}, ", show(namespace)));
            format!(
                "cluster:\n    secrets:\n    - {{{}name: {name}, registries: [{}]}}",
                namespace.unwrap_or_default(),
                show(&all.join(", "))
            )
        } else {
            format!("registries:\n  - {{match: {place}, access: private, pullSecrets: [{name}]}}")
        };
        format!(
            "If '{name}' has credentials for {place}, too, say so: --inject {place}={name}\nor in the policy:\n  \
             {line}\nOtherwise:\n"
        )
    }

    /// How pullcreds injects the secret, unless the pod names it or the policy wants it injected.
    fn means(&self, wanting: &Wanting<'_, '_>, proposed: &ProposedSecret<'_>) -> String {
        if matches!(proposed, ProposedSecret::Absent(_) | ProposedSecret::Useless(..)) {
            return String::new();
        }
        let (image, name) = (wanting.image, show(proposed.name()));
        let wanted = self.policy.pull_secrets(image.domain(), image.path());
        if wanted.is_some_and(|(_, names)| names.iter().any(|name| name.value == proposed.name())) {
            return self.by_policy(&name);
        }
        let access = self.policy.access(image.domain(), image.path());
        let pattern = pattern(self.policy, &access, image);
        // Masked alone, or the name after it would be taken for a part of the token.
        let pattern = show(&pattern);
        let how = match self.circumstances.caller {
            Caller::CommandLine => format!(":\n  --inject {pattern}={name}"),
            Caller::ArgoCd => {
                format!(" by the parameter `inject` of the Application:\n  {pattern}={name}")
            }
            Caller::Function => format!(" by its functionConfig:\n  inject: {pattern}={name}"),
        };
        let settled = matches!(access.from, AccessFrom::Policy | AccessFrom::Builtin);
        let private = if settled { "" } else { "    access: private\n" };
        format!(
            "Let pullcreds inject a pull secret{how}\nor in the policy:\n  registries:\n  - match: {pattern}\n\
             {private}    pullSecrets: [{name}]\n"
        )
    }

    /// The policy names the secret already, and nothing was injected here: by design or since it was refused.
    fn by_policy(&self, name: &str) -> String {
        if self.policy.inject().into != InjectInto::None {
            return String::new();
        }
        format!(
            "The policy names the pull secret '{name}': let pullcreds inject it when the manifests are rendered, or with \
             `pullcreds inject --write`.\n"
        )
    }

    /// How the Secret is made.
    fn creation(&self, wanting: &Wanting<'_, '_>, proposed: &ProposedSecret<'_>) -> String {
        let name = show(proposed.name());
        let namespace = wanting.workload.object.namespace.as_deref().or(self.policy.namespace());
        // Not that of kubectl's context: a release has a namespace of its own.
        let namespace = show(namespace.unwrap_or("NAMESPACE"));
        let server = match wanting.image.domain() {
            // The one key that the kubelet falls back to (pkg/credentialprovider/keyring.go).
            "docker.io" => "https://index.docker.io/v1/",
            domain => domain,
        };
        let (why, delete, behind) = match proposed {
            ProposedSecret::New(_) => ("Create the Secret".to_owned(), false, ""),
            ProposedSecret::There(_) => {
                ("If it does not exist yet, create the Secret".to_owned(), false, "")
            }
            ProposedSecret::Absent(_) => (format!("Create the Secret '{name}'"), false, ""),
            ProposedSecret::Useless(Known::Produced { produced, in_time, .. }, _) => {
                let maker = describe(&produced.object);
                if !in_time {
                    return format!(
                        "Let something else than {maker} make the Secret '{name}', such as an ExternalSecret.\n"
                    );
                }
                return format!("Correct {maker}, which makes the Secret '{name}'.\n");
            }
            ProposedSecret::Useless(Known::InStream { .. } | Known::Copied { .. }, _) => {
                let why = format!("Replace the Secret '{name}' of the input by the output of");
                (why, false, " \\\n  --dry-run=client -o yaml")
            }
            ProposedSecret::Useless(..) => (format!("Replace the Secret '{name}'"), true, ""),
        };
        let delete = if delete {
            format!("kubectl delete secret {name} --namespace {namespace}\n")
        } else {
            String::new()
        };
        format!(
            "{why}:\n{delete}kubectl create secret docker-registry {name} --namespace {namespace} \\\n  \
             --docker-server={server} \\\n  --docker-username=USER --docker-password=PASSWORD{behind}\n"
        )
    }

    /// What to say of a ServiceAccount that nobody knows.
    fn declaration(wanting: &Wanting<'_, '_>, secret: &str) -> String {
        if wanting.judgement.verdict != Verdict::Unknown {
            return String::new();
        }
        let account = wanting.workload.effective_service_account();
        let namespace = wanting.workload.object.namespace.as_deref();
        let namespace = namespace.map(|namespace| format!("namespace: {}, ", show(namespace)));
        format!(
            "or declare the ServiceAccount in the policy:\n  cluster:\n    serviceAccounts:\n    - {{{}name: {}, \
             imagePullSecrets: [{}]}}\nor provide a dump of the cluster (--cluster-dump)\n",
            namespace.unwrap_or_default(),
            show(account),
            show(secret),
        )
    }

    fn proposal(&self, wanting: &Wanting<'_, '_>, name: &str) -> String {
        let proposed = ProposedSecret::There(name.to_owned());
        let parts = [
            format!("The Secret '{name}' of the input covers it.\n"),
            self.means(wanting, &proposed),
            "or attach what covers an image, whatever its name: attachCovering: true below inject in the policy\n"
                .to_owned(),
            by_hand(wanting, &proposed, false),
            Self::declaration(wanting, name),
        ];
        parts.concat().trim_end().to_owned()
    }

    /// What to declare, or to annotate, where the nodes may have an identity for the registry.
    fn identity_remedy(&self, image: &Reference, judgement: &Judgement) -> String {
        if let Some(unasked) = judgement.unasked.as_deref()
            && let Some(annotation) = annotation(unasked)
        {
            return format!("or give the ServiceAccount the annotation {}\n", show(annotation));
        }
        let access = self.policy.access(image.domain(), image.path());
        let cloud = access.host.and_then(|host| host.identity);
        cloud.map(declarations).unwrap_or_default()
    }
}

/// Whether everything at a host can be pulled without credentials.
fn serves_everyone(host: &Host) -> bool {
    host.access == BuiltinAccess::Public && !host.pattern.contains('/')
}

/// The remedy where no credentials are needed.
fn says_public(host: &str) -> String {
    format!("{host} serves everyone without credentials. Let pullcreds know:\n{}", public(host))
}

/// What comes first where credentials are hardly ever needed.
fn may_be_public(host: &str) -> String {
    format!(
        "A registry for development usually asks for no credentials. If this one does not, let pullcreds know:\n{}\n\
         If it does:\n",
        public(host)
    )
}

fn public(host: &str) -> String {
    format!(
        "  --public {host}\nor in the policy:\n  registries:\n  - match: {host}\n    access: public"
    )
}

fn for_static_pod(host: &str) -> String {
    format!(
        "A static pod can use no Secret: give the nodes credentials of their own for {host}, such as a credential \
         provider of the kubelet, and declare them in the policy:\n  registries:\n  - match: {host}\n    access: \
         private\n    iam: true\n"
    )
}

/// What is known about the registry of an image.
fn advice(access: &Access) -> String {
    let note = access.host.and_then(|host| host.note);
    let advice = access.provider.map(|provider| provider.advice);
    let lines: Vec<_> = advice.into_iter().chain(note).flat_map(|text| [text, "\n"]).collect();
    lines.concat()
}

/// The images that a line of policy is about: those of the entry that is there, else those of the owner.
fn pattern(policy: &Policy, access: &Access, image: &Reference) -> String {
    match access.rule {
        Some(RuleId::Registry(at)) => policy.registries()[at].pattern.value.to_string(),
        _ => owner_of(access, image),
    }
}

/// The host of an image, with the owner of its repository where one host serves many.
fn owner_of(access: &Access, image: &Reference) -> String {
    let (domain, path) = (image.domain(), image.path());
    let is_shared = access.host.is_some_and(|host| host.access.is_assumed());
    match path.split_once('/').filter(|_| is_shared) {
        Some((owner, _)) => format!("{domain}/{owner}"),
        None => domain.to_owned(),
    }
}

/// Whether the secret that a judgement is about was meant for the image.
fn is_meant(judgement: &Judgement) -> bool {
    let other =
        |why: &Why| matches!(why, Why::Policy | Why::Miss(NearMiss { suggestion: None, .. }));
    judgement.why().is_some_and(|why| !other(why))
}

/// What the nearest key would have to be.
fn better_key(judgement: &Judgement) -> String {
    match judgement.why() {
        Some(Why::Miss(NearMiss { suggestion: Some(key), .. })) => {
            format!("The key `{}` would match.\n", show(key))
        }
        _ => String::new(),
    }
}

/// The YAML to write, if the pod does not have it already.
fn by_hand(wanting: &Wanting<'_, '_>, proposed: &ProposedSecret<'_>, is_first: bool) -> String {
    if matches!(proposed, ProposedSecret::Absent(_) | ProposedSecret::Useless(..)) {
        return String::new();
    }
    let start = if is_first { "Name the pull secret" } else { "or name it" };
    if let Some(field) = own_field(wanting, proposed.name()) {
        return format!("{start} {field}\n");
    }
    format!(
        "{start} in {}:\n  imagePullSecrets:\n  - name: {}\n",
        holder(wanting),
        show(proposed.name())
    )
}

/// Where the operator of a custom resource reads a pull secret, and what to write there; `None` if it is the pod spec.
fn own_field(wanting: &Wanting<'_, '_>, name: &str) -> Option<String> {
    let workload = wanting.workload;
    let ways = workload.ways.as_deref()?;
    if let Some(instead) = workload.pulls.cannot.as_deref() {
        let object = workload.object.name.as_deref().unwrap_or("NAME");
        let instead = instead.replace("{name}", show(object).as_ref());
        return Some(format!("elsewhere, since its kind has no field for it: {instead}"));
    }
    if workload.pulls.account_ignores_secrets && workload.made.is_none() {
        let account = show(workload.effective_service_account());
        return Some(format!("in imagePullSecrets of ServiceAccount '{account}'"));
    }
    if wanting.pod.effective.origin == Origin::ServiceAccount {
        return None;
    }
    let path = ways.list.as_deref()?;
    let split = path.rsplit_once('.').filter(|_| !path.ends_with(']'));
    let (holder, key) = split.map_or(("the object", path), |(holder, key)| (holder, key));
    let (key, name) = (show(key), show(name));
    let value = match ways.form {
        SecretForm::Objects => format!("{key}:\n  - name: {name}"),
        SecretForm::Names => format!("{key}:\n  - {name}"),
        SecretForm::Object => format!("{key}: {{name: {name}}}"),
        SecretForm::Name | SecretForm::Text => format!("{key}: {name}"),
    };
    Some(format!("in {}:\n  {value}", show(holder)))
}

/// Where a name has to go: a pod with a list of its own loses that of its ServiceAccount.
fn holder(wanting: &Wanting<'_, '_>) -> String {
    let ways = wanting.workload.ways.as_deref();
    let has_no_field = ways.is_some_and(|ways| ways.list.is_none());
    if has_no_field || wanting.pod.effective.origin == Origin::ServiceAccount {
        return format!("ServiceAccount '{}'", show(wanting.workload.effective_service_account()));
    }
    pod_spec(wanting.workload)
}

/// The way to a pod spec.
fn pod_spec(workload: &Workload<'_>) -> String {
    workload.home()
}

/// Both ways in which a policy can say that the nodes pull.
fn declarations(cloud: Cloud) -> String {
    format!(
        "or declare in the policy that the nodes pull with their own identity:\n  cluster:\n    \
         credentialProviders: [{}]  # or iam: true at the entry of one registry\n",
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
