//! What to do about an image whose pull nothing authenticates: commands and YAML with the real names, never with a
//! password.

use std::path::PathBuf;

use crate::credentials::keyring::NearMiss;
use crate::image::Reference;
use crate::inventory::Workload;
use crate::kinds::SecretForm;
use crate::policy::pattern::Pattern;
use crate::policy::registries::{BuiltinAccess, Cloud, Host, RegistryProvider};
use crate::policy::{Access, AccessFrom, InjectInto, Policy, RuleId, Spanned};
use crate::say;
use crate::text::{Message, Shown, list, shell_path, shell_word, shown};
use crate::verdict::{Judgement, Known, MismatchReason, Origin, Referrer, Unasked, Verdict};
use crate::words::Words as _;

use super::super::covering::CoveringSecret;
use super::super::naming::{Names, home, is_for_other};
use super::super::world::{InUse, ResolvedPod, World};
use super::super::{Caller, ContextScope, Input};
use super::describe;

/// More paths than this are not repeated in a command: it names the file of the image.
const PATHS: usize = 3;

/// An image that lacks credentials, and the pod that pulls it.
struct Wanting<'w, 'a> {
    pod: &'w ResolvedPod<'a>,
    workload: &'w Workload<'a>,
    image: &'w Reference<'w>,
    judgement: &'w Judgement,
}

/// The pull secret that a remedy is about.
enum ProposedSecret<'i> {
    /// Nothing has its name so far.
    New(String),
    /// The policy names it, or other pods of the namespace have it for the registry.
    There(String),
    /// The pod names it, and no one has it.
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
    /// The commands and the YAML that would make a pull configured, in parts: first what pullcreds does itself.
    pub(super) fn remedy(
        &self,
        pod: &ResolvedPod<'c>,
        image: &Reference<'_>,
        judgement: &Judgement,
        covering: Option<CoveringSecret<'c, 'c>>,
    ) -> Vec<Message> {
        let workload = pod.workload;
        let access = self.policy.access(image.domain(), image.path());
        if let Some(host) = access.host.filter(|host| serves_everyone(host)) {
            return vec![says_public(&shown(host.pattern))];
        }
        let wanting = Wanting { pod, workload, image, judgement };
        let is_local = access.from == AccessFrom::Assumed
            && access.provider.is_some_and(RegistryProvider::is_local);
        let (advice, public) = if is_local {
            (Message::default(), may_be_public(&shown(image.domain())))
        } else {
            (advice(&access), Message::default())
        };
        if workload.is_static {
            return vec![for_static_pod(&shown(image.domain())), advice];
        }
        if let Some(covering) = covering {
            return self.proposal(&wanting, covering.name);
        }
        let proposed = self.proposed(&wanting);
        let means = self.means(&wanting, &proposed);
        let by_hand = by_hand(&wanting, &proposed, means.is_empty());
        vec![
            public,
            better_key(judgement),
            self.wider_scope(&wanting),
            means,
            by_hand,
            Self::creation(&wanting, &proposed),
            Self::declaration(&wanting, proposed.name()),
            self.identity_remedy(image, judgement),
            advice,
        ]
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
        let meant = judgement.secret.and_then(|at| pod.effective().names.get(at));
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
        let home = home(&workload.object);
        let of_others = names.of_others(home, image.domain());
        match of_others.filter(|name| !self.is_for_other(wanting, name)) {
            Some(name) => ProposedSecret::There(name.to_owned()),
            None => ProposedSecret::New(names.free(home, image.domain())),
        }
    }

    /// Whether a Secret of the namespace is there for something else than the image.
    fn is_for_other(&self, wanting: &Wanting<'_, '_>, name: &str) -> bool {
        let scope = self.policy.scope(wanting.workload.object.namespace(), name);
        is_for_other(&self.known(wanting, name), scope.as_ref(), wanting.image)
    }

    /// What is known of a Secret in the namespace of a pod.
    fn known(&self, wanting: &Wanting<'_, '_>, name: &str) -> Known<'_> {
        let object = &wanting.workload.object;
        let referrer = Referrer::of_secrets(object, None, Origin::Pod);
        self.secrets.find(wanting.pod.look_up(), referrer, name, self.policy)
    }

    /// What would say that a pull secret which is declared for other images has credentials for this one, too.
    fn wider_scope(&self, wanting: &Wanting<'_, '_>) -> Message {
        let Wanting { pod, workload, image, judgement } = *wanting;
        let (Some(MismatchReason::Policy), Some(at)) = (judgement.why(), judgement.secret) else {
            return Message::default();
        };
        let name = &*pod.effective().names[at];
        let namespace = workload.object.namespace.as_deref();
        let Some(scope) = self.policy.scope(namespace, name) else { return Message::default() };
        let place = owner_of(&self.policy.access(image.domain(), image.path()), image);
        let (name, place) = (shown(name), shown(&place));
        let line = if scope.has_own_entry() {
            let own = scope.own_patterns().map(Pattern::shown);
            let all = own.chain([place.clone().into_owned()]);
            let namespace = namespace.map(|namespace| say!("namespace: {}, ", shown(namespace)));
            say!(
                "cluster:\n    secrets:\n    - {{{}name: {}, registries: [{}]}}",
                namespace.unwrap_or_default(),
                name,
                list(all, ", ")
            )
        } else {
            say!("registries:\n  - {{match: {}, access: private, pullSecrets: [{}]}}", place, name)
        };
        say!(
            "If '{name}' has credentials for {place}, too, say so: --inject {place}={name}\nor in the policy:\n  \
             {line}\nOtherwise:\n",
            name = name,
            place = place,
            line = line
        )
    }

    /// How pullcreds injects the secret, unless the pod names it or the policy wants it injected.
    fn means(&self, wanting: &Wanting<'_, '_>, proposed: &ProposedSecret<'_>) -> Message {
        if matches!(proposed, ProposedSecret::Absent(_) | ProposedSecret::Useless(..))
            || self.has_no_place(wanting)
        {
            return Message::default();
        }
        let (image, name) = (wanting.image, shown(proposed.name()));
        let wanted = self.policy.pull_secrets(image.domain(), image.path());
        if wanted.is_some_and(|(_, names)| names.iter().any(|name| name.value == proposed.name())) {
            let is_of_policy =
                |of: &Spanned<String>| of.value == proposed.name() && of.span.is_some();
            let stated = wanted.is_some_and(|(_, names)| names.iter().any(is_of_policy));
            return self.stated(wanting, proposed.name(), stated);
        }
        let access = self.policy.access(image.domain(), image.path());
        let pattern = pattern(self.policy, &access, image);
        let (pattern, entry) = (shown(&pattern), [&*pattern, proposed.name()].join("="));
        let how = match self.circumstances.caller {
            Caller::CommandLine => say!(":\n  {}", self.command(wanting, Some(&entry))),
            Caller::ArgoCd => {
                say!(" by the parameter `inject` of the Application:\n  {}={}", pattern, name)
            }
            Caller::Function => say!(" by its functionConfig:\n  inject: {}={}", pattern, name),
        };
        let settled = matches!(access.from, AccessFrom::Policy | AccessFrom::Builtin);
        let private = if settled { "" } else { "    access: private\n" };
        say!(
            "Let pullcreds inject a pull secret{}\nor in the policy:\n  registries:\n  - match: {}\n\
             {}    pullSecrets: [{}]\n",
            how,
            pattern,
            private,
            name
        )
    }

    /// Whether pullcreds cannot inject: the kind has no field, and the ServiceAccount is not in the manifests.
    fn has_no_place(&self, wanting: &Wanting<'_, '_>) -> bool {
        let is_written = match wanting.pod.account {
            InUse::Seen { account, .. } => !self.is_in_cluster(&account.object),
            _ => false,
        };
        wanting.workload.pulls.cannot.is_some() && !is_written
    }

    /// The policy or a flag names the secret already, and nothing was injected here: by design or since it was refused.
    fn stated(&self, wanting: &Wanting<'_, '_>, name: &str, by_policy: bool) -> Message {
        if self.policy.inject().into != InjectInto::None {
            return Message::default();
        }
        let who = match (by_policy, self.circumstances.caller) {
            (true, _) => "The policy",
            (false, Caller::CommandLine) => "--inject",
            (false, Caller::ArgoCd) => "The parameter `inject`",
            (false, Caller::Function) => "The functionConfig",
        };
        let how = match (self.circumstances.caller, self.circumstances.input) {
            (Caller::CommandLine, Input::Files | Input::Piped) => {
                let entry = (!by_policy).then(|| [&*self.stated_pattern(wanting), name].join("="));
                say!(":\n  {}\n", self.command(wanting, entry.as_deref()))
            }
            _ => " when the manifests are rendered, or with `pullcreds inject --write`.\n".into(),
        };
        say!("{} names the pull secret '{}'. Let pullcreds inject it{}", who, shown(name), how)
    }

    /// The images that the entry is about which names pull secrets.
    fn stated_pattern(&self, wanting: &Wanting<'_, '_>) -> String {
        let image = wanting.image;
        let stated = self.policy.pull_secrets(image.domain(), image.path());
        match stated {
            Some((RuleId::Registry(at), _)) => {
                self.policy.registries()[at].pattern.value.to_string()
            }
            _ => image.domain().to_owned(),
        }
    }

    /// The command that injects a secret into what was read, `entry` being what no policy file says.
    fn command(&self, wanting: &Wanting<'_, '_>, entry: Option<&str>) -> Message {
        let flag = entry.map(|entry| say!(" --inject {}", shell_word(entry))).unwrap_or_default();
        let name = &*self.sources[wanting.workload.object.source as usize].name;
        let rendered = name.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
        match (self.circumstances.input, rendered) {
            (Input::Stream, _) => flag.trimmed(),
            (Input::Piped, _) => say!("RENDERER | pullcreds{}", flag),
            (Input::Files, Some(command)) => say!("{} | pullcreds{}", shown(command), flag),
            (Input::Files, None) => {
                let paths = self.circumstances.paths;
                let own = [PathBuf::from(name)];
                let paths = if (1..=PATHS).contains(&paths.len()) { paths } else { &own };
                let paths = paths.iter().map(|path| shell_path(path));
                let context = match self.circumstances.context {
                    ContextScope::All => Message::default(),
                    narrower => say!(" --context {}", narrower.word()),
                };
                say!("pullcreds inject --write{}{} {}", context, flag, list(paths, " "))
            }
        }
    }

    /// How the Secret is made.
    fn creation(wanting: &Wanting<'_, '_>, proposed: &ProposedSecret<'_>) -> Message {
        let name = shown(proposed.name());
        let namespace = wanting.workload.object.namespace();
        // Not that of kubectl's context: a release has a namespace of its own.
        let namespace = shown(namespace.unwrap_or("NAMESPACE"));
        let server = match wanting.image.domain() {
            // The one key that the kubelet falls back to (pkg/credentialprovider/keyring.go).
            "docker.io" => "https://index.docker.io/v1/",
            domain => domain,
        };
        let (why, delete, behind) = match proposed {
            ProposedSecret::New(_) => ("Create the Secret".into(), false, ""),
            ProposedSecret::There(_) => {
                ("If it does not exist yet, create the Secret".into(), false, "")
            }
            ProposedSecret::Absent(_) => (say!("Create the Secret '{}'", name), false, ""),
            ProposedSecret::Useless(Known::Produced { produced, in_time, .. }, _) => {
                let maker = describe(&produced.object);
                if !in_time {
                    return say!(
                        "Let something other than {} make the Secret '{}', such as an ExternalSecret.\n",
                        maker,
                        name
                    );
                }
                return say!("Correct {}, which makes the Secret '{}'.\n", maker, name);
            }
            ProposedSecret::Useless(Known::InStream { .. } | Known::Copied { .. }, _) => {
                let why = say!("Replace the Secret '{}' of the input by the output of", name);
                (why, false, " \\\n  --dry-run=client -o yaml")
            }
            ProposedSecret::Useless(..) => (say!("Replace the Secret '{}'", name), true, ""),
        };
        let delete = if delete {
            say!("kubectl delete secret {} --namespace {}\n", name, namespace)
        } else {
            Message::default()
        };
        say!(
            "{}:\n{}kubectl create secret docker-registry {} --namespace {} \\\n  \
             --docker-server={} \\\n  --docker-username=USER --docker-password=PASSWORD{}\n",
            why,
            delete,
            name,
            namespace,
            shown(server),
            behind
        )
    }

    /// What to say of a ServiceAccount that no one knows.
    fn declaration(wanting: &Wanting<'_, '_>, secret: &str) -> Message {
        if wanting.judgement.verdict != Verdict::Unknown {
            return Message::default();
        }
        let account = wanting.workload.effective_service_account();
        let namespace = wanting.workload.object.namespace.as_deref();
        let namespace = namespace.map(|namespace| say!("namespace: {}, ", shown(namespace)));
        say!(
            "or declare the ServiceAccount in the policy:\n  cluster:\n    serviceAccounts:\n    - {{{}name: {}, \
             imagePullSecrets: [{}]}}\nor provide a dump of the cluster (--cluster-dump)\n",
            namespace.unwrap_or_default(),
            shown(account),
            shown(secret)
        )
    }

    fn proposal(&self, wanting: &Wanting<'_, '_>, name: &str) -> Vec<Message> {
        let proposed = ProposedSecret::There(name.to_owned());
        let by_hand_alone = self.has_no_place(wanting);
        let attach = if by_hand_alone {
            Message::default()
        } else {
            "or attach what covers an image, whatever its name: attachCovering: true below inject in the policy\n"
                .into()
        };
        vec![
            say!("The Secret '{}' of the input covers it.\n", shown(name)),
            self.means(wanting, &proposed),
            attach,
            by_hand(wanting, &proposed, by_hand_alone),
            Self::declaration(wanting, name),
        ]
    }

    /// What to declare, or to annotate, where the nodes may have an identity for the registry.
    fn identity_remedy(&self, image: &Reference<'_>, judgement: &Judgement) -> Message {
        if let Some(unasked) = judgement.unasked.as_deref()
            && let Some(annotation) = annotation(unasked)
        {
            return say!("or give the ServiceAccount the annotation {}\n", shown(annotation));
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
fn says_public(host: &Shown<'_>) -> Message {
    say!("{} serves everyone without credentials. Let pullcreds know:\n{}", host, public(host))
}

/// What comes first where credentials are hardly ever needed.
fn may_be_public(host: &Shown<'_>) -> Message {
    say!(
        "A registry for development usually asks for no credentials. If this one does not, let pullcreds know:\n{}\n\
         If it does:\n",
        public(host)
    )
}

fn public(host: &Shown<'_>) -> Message {
    say!(
        "  --public {host}\nor in the policy:\n  registries:\n  - match: {host}\n    access: public",
        host = host
    )
}

fn for_static_pod(host: &Shown<'_>) -> Message {
    say!(
        "A static pod cannot use Secrets: give the nodes credentials of their own for {host}, such as a credential \
         provider of the kubelet, and declare them in the policy:\n  registries:\n  - match: {host}\n    access: \
         private\n    iam: true\n",
        host = host
    )
}

/// What is known about the registry of an image.
fn advice(access: &Access) -> Message {
    let note = access.host.and_then(|host| host.note);
    let advice = access.provider.map(|provider| provider.advice);
    list(advice.into_iter().chain(note).flat_map(|text| [text, "\n"]), "")
}

/// The images that a line of policy is about: those of the entry that is there, else those of the owner.
fn pattern(policy: &Policy, access: &Access, image: &Reference<'_>) -> String {
    match access.rule {
        Some(RuleId::Registry(at)) => policy.registries()[at].pattern.value.to_string(),
        _ => owner_of(access, image),
    }
}

/// The host of an image, with the owner of its repository where one host serves many.
pub(in crate::check) fn owner_of(access: &Access, image: &Reference<'_>) -> String {
    let (domain, path) = (image.domain(), image.path());
    let is_shared = access.host.is_some_and(|host| host.access.is_assumed());
    match path.split_once('/').filter(|_| is_shared) {
        Some((owner, _)) => [domain, owner].join("/"),
        None => domain.to_owned(),
    }
}

/// Whether the secret that a judgement is about was meant for the image.
fn is_meant(judgement: &Judgement) -> bool {
    let other = |why: &MismatchReason| {
        matches!(
            why,
            MismatchReason::Policy | MismatchReason::Miss(NearMiss { suggestion: None, .. })
        )
    };
    judgement.why().is_some_and(|why| !other(why))
}

/// What the nearest key would have to be.
fn better_key(judgement: &Judgement) -> Message {
    match judgement.why() {
        Some(MismatchReason::Miss(NearMiss { suggestion: Some(key), .. })) => {
            say!("The key `{}` would match.\n", shown(key))
        }
        _ => Message::default(),
    }
}

/// The YAML to write, if the pod does not have it already.
fn by_hand(wanting: &Wanting<'_, '_>, proposed: &ProposedSecret<'_>, is_first: bool) -> Message {
    if matches!(proposed, ProposedSecret::Absent(_) | ProposedSecret::Useless(..)) {
        return Message::default();
    }
    let start = if is_first { "Name the pull secret" } else { "or name it" };
    if let Some(field) = own_field(wanting, proposed.name()) {
        return say!("{} {}\n", start, field);
    }
    say!(
        "{} in {}:\n  imagePullSecrets:\n  - name: {}\n",
        start,
        holder(wanting),
        shown(proposed.name())
    )
}

/// Where the operator of a custom resource reads a pull secret, and what to write there; `None` if it is the pod spec.
fn own_field(wanting: &Wanting<'_, '_>, name: &str) -> Option<Message> {
    let workload = wanting.workload;
    let ways = workload.ways.as_deref()?;
    if let Some(instead) = workload.pulls.cannot.as_deref() {
        let object = workload.object.name.as_deref().unwrap_or("NAME");
        let instead = instead.replace("{name}", object);
        return Some(say!("elsewhere, since its kind has no field for it: {}", shown(&instead)));
    }
    if workload.pulls.account_ignores_secrets && workload.made.is_none() {
        let account = shown(workload.effective_service_account());
        return Some(say!("in imagePullSecrets of ServiceAccount '{}'", account));
    }
    if wanting.pod.effective().origin == Origin::ServiceAccount {
        return None;
    }
    let path = ways.list.as_deref()?;
    let split = path.rsplit_once('.').filter(|_| !path.ends_with(']'));
    let (holder, key) = split.map_or(("the object", path), |(holder, key)| (holder, key));
    let (key, name) = (shown(key), shown(name));
    let value = match ways.form {
        SecretForm::Objects => say!("{}:\n  - name: {}", key, name),
        SecretForm::Names => say!("{}:\n  - {}", key, name),
        SecretForm::Object => say!("{}: {{name: {}}}", key, name),
        SecretForm::Name | SecretForm::Text => say!("{}: {}", key, name),
    };
    Some(say!("in {}:\n  {}", shown(holder), value))
}

/// Where a name has to go: a pod with a list of its own loses that of its ServiceAccount.
fn holder(wanting: &Wanting<'_, '_>) -> Message {
    let ways = wanting.workload.ways.as_deref();
    let has_no_field = ways.is_some_and(|ways| ways.list.is_none());
    if has_no_field || wanting.pod.effective().origin == Origin::ServiceAccount {
        return say!("ServiceAccount '{}'", shown(wanting.workload.effective_service_account()));
    }
    shown(&wanting.workload.home()).into()
}

/// Both ways in which a policy can say that the nodes pull.
fn declarations(cloud: Cloud) -> Message {
    say!(
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

/// Why something that pulls from the registry of an image does not pull for this pod: a sentence after others.
pub(super) fn why_unasked(judgement: &Judgement, account: &str) -> Message {
    let account = shown(account);
    match judgement.unasked.as_deref() {
        None => Message::default(),
        Some(Unasked::StaticPod { provider }) => say!(
            " The kubelet asks its credential provider '{}' only for pods with a ServiceAccount, which a static \
             pod has not.",
            shown(provider)
        ),
        Some(Unasked::Lacks { provider, annotation }) => say!(
            " The kubelet does not ask its credential provider '{}', since ServiceAccount '{}' lacks the \
             annotation {}.",
            shown(provider),
            account,
            shown(annotation)
        ),
        Some(Unasked::NotKnown { provider, annotation }) => say!(
            " The kubelet asks its credential provider '{}' only if ServiceAccount '{}' has the annotation \
             {}, which is not known.",
            shown(provider),
            account,
            shown(annotation)
        ),
        Some(Unasked::Half { identity, annotation }) => say!(
            " ServiceAccount '{}' lacks the annotation {}, without which {} is not used.",
            account,
            annotation,
            identity.name
        ),
    }
}
