//! What a policy for the input would have to say: its registries with the pull secrets that pods name for them, and the
//! Secrets and ServiceAccounts that only the cluster has.
//!
//! Nothing here writes a policy: `report::proposal` does.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::registries::Class;
use crate::policy::{Access, AccessFrom, Policy};
use crate::text::Text;
use crate::verdict::{Evidence, Known, LookUp, Referrer, Secrets};

use super::Outcome;
use super::findings::owner_of;

/// The letters and digits of a hash that kustomize adds to a name, and how many there are (`encode` in its
/// `api/hasher/hasher.go`).
const HASH: &[u8] = b"2456789bcdfghkmt";
const HASH_LENGTH: usize = 10;

/// What a policy for the input would have to say.
#[derive(Default)]
pub struct Proposal {
    /// Patterns of images for which the policy has no entry, and what is known of them.
    pub registries: BTreeMap<String, ProposedRegistry>,
    /// Pull secrets that pods name and that are not in the input, with the namespace if one is known.
    pub secrets: BTreeSet<(Option<Text<'static>>, Text<'static>)>,
    /// ServiceAccounts of pods of which no one says what they name.
    pub accounts: BTreeSet<(Option<Text<'static>>, Text<'static>)>,
}

/// The images of a pattern.
pub struct ProposedRegistry {
    /// Whether they need credentials, and who says so.
    pub class: Class,
    /// Who says so.
    pub from: AccessFrom,
    /// The provider that the built-in table knows.
    pub provider: Option<&'static str>,
    /// How many there are.
    pub images: usize,
    /// The pull secrets that have credentials for them, or may have.
    pub secrets: BTreeSet<Text<'static>>,
    /// Whether one of those is only the single pull secret of a pod.
    pub is_guess: bool,
    /// Whether the nodes pull them with their own identity.
    pub iam: bool,
}

/// How somebody says that images of a registry are pulled.
pub enum RegistryAnswer {
    /// Without credentials.
    Public,
    /// With these pull secrets, or with some that have no name yet.
    Private(BTreeSet<Text<'static>>),
    /// With the identity of the nodes.
    Nodes,
}

impl ProposedRegistry {
    /// Whether the proposals are taken without asking.
    pub fn is_certain(&self) -> bool {
        self.from != AccessFrom::Assumed && !self.is_guess
    }

    /// Takes what is proposed as it is.
    pub fn accept(&mut self) {
        self.from = AccessFrom::Policy;
        self.is_guess = false;
    }

    /// Takes what somebody says in place of what is proposed.
    pub fn settle(&mut self, answer: RegistryAnswer) {
        self.accept();
        self.iam = matches!(answer, RegistryAnswer::Nodes);
        (self.class, self.secrets) = match answer {
            RegistryAnswer::Public => (Class::Public, BTreeSet::new()),
            RegistryAnswer::Private(secrets) => (Class::Private, secrets),
            RegistryAnswer::Nodes => (Class::Private, BTreeSet::new()),
        };
    }
}

impl Proposal {
    /// Takes what is proposed for registries as it is.
    pub fn accept(&mut self) {
        self.registries.values_mut().for_each(ProposedRegistry::accept);
    }

    /// Of a run with `policy`: what the policy already says is left out, and so is what needs no entry.
    pub fn of(outcome: &Outcome<'_>, policy: &Policy) -> Self {
        let mut proposal = Self::default();
        let secrets = Secrets::new(&outcome.inventories);
        for pod in &outcome.pods {
            let workload = pod.id.of(&outcome.inventories);
            let namespace = workload.object.namespace();
            let owned = |text: &str| Text::from(text.to_owned());
            let place = |name: &str| (namespace.map(owned), owned(name));
            for (image, judged) in workload.images.iter().zip(&pod.images) {
                let (Some((class, from)), Ok(reference)) = (judged.access, image.parsed()) else {
                    continue;
                };
                let access = policy.access(reference.domain(), reference.path());
                if needs_no_entry(&access, class) {
                    continue;
                }
                let registry = proposal.registries.entry(owner_of(&access, reference));
                let registry = registry.or_insert_with(|| ProposedRegistry {
                    class,
                    from,
                    provider: access.provider.map(|provider| provider.name),
                    images: 0,
                    secrets: BTreeSet::new(),
                    is_guess: false,
                    iam: false,
                });
                registry.images += 1;
                if class == Class::Private {
                    let used = judged.judgement.secret.and_then(|at| pod.effective.names.get(at));
                    let only = match &*pod.effective.names {
                        [only] => Some(only),
                        _ => None,
                    };
                    registry.is_guess |= used.is_none() && only.is_some();
                    registry.secrets.extend(used.or(only).map(|name| owned(name)));
                }
            }
            let from = LookUp::of(&workload.object);
            let referrer = Referrer::of_secrets(&workload.object, None, pod.effective.origin);
            for name in pod.effective.names.iter() {
                if is_outside(&secrets.find(from, referrer, name, policy)) {
                    proposal.secrets.insert(place(name));
                }
            }
            let is_unknown = pod.account == Evidence::None && !workload.is_static;
            if is_unknown && pod.images.iter().any(|image| image.judgement.verdict.is_private()) {
                proposal.accounts.insert(place(workload.effective_service_account()));
            }
        }
        proposal
    }
}

/// Whether the policy or the built-in table has the last word: for public images of the table there is nothing to say.
fn needs_no_entry(access: &Access, class: Class) -> bool {
    access.from == AccessFrom::Policy
        || access.from == AccessFrom::Builtin && class == Class::Public
}

/// Whether only the cluster can have a Secret.
fn is_outside(known: &Known<'_>) -> bool {
    matches!(
        known,
        Known::Outside | Known::Absent { .. } | Known::Elsewhere(_) | Known::MadeElsewhere { .. }
    )
}

/// A name without the hash that kustomize may have added to it; `None` if it does not end like one.
pub fn without_hash(name: &str) -> Option<&str> {
    let (bare, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == HASH_LENGTH
        && hash.bytes().all(|byte| HASH.contains(&byte))
        && hash.bytes().any(|byte| byte.is_ascii_digit());
    (is_hash && !bare.is_empty()).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_kustomize_is_recognised() {
        assert_eq!(without_hash("regcred-7hf5c95hkk"), Some("regcred"));
        assert_eq!(without_hash("my-regcred-2m4ffm7t9c"), Some("my-regcred"));
        for other in [
            "regcred",
            "-7hf5c95hkk",
            "regcred-7hf5c95hk",
            "regcred-bcdfghkmtb",
            "regcred-7hf5c95hka",
        ] {
            assert_eq!(without_hash(other), None, "{other}");
        }
    }
}
