//! Pull secrets as evidence: whoever names one for an image does not take the image for public.
//!
//! This decides against the built-in table only where that assumes (`registries::BuiltinAccess`): what the policy or
//! the table knows stays.

use crate::credentials::keyring::{Keyring, explain_near_miss};
use crate::policy::registries::Class;
use crate::policy::{Access, AccessFrom};

use super::{Credentials, Known, Pull};

impl Credentials<'_> {
    /// Takes those of `pulls`, the images of one pod, for private that are assumed to be public although one of these
    /// pull secrets has an entry for them, or for something near: another spelling of the host, another port or path.
    /// An entry that is near, and is there for another image of the pod, shows nothing. Nor does one that authenticates
    /// nothing.
    pub fn correct(&self, pulls: &mut [Pull<'_>]) {
        if !pulls.iter().any(is_assumed_public) {
            return;
        }
        let keys: Vec<_> = self.named.iter().flat_map(|named| usable_keys(&named.known)).collect();
        let keyring = Keyring::from_keys(keys.iter().enumerate().map(|(at, key)| (at, 0, *key)));
        let used: Vec<_> = pulls.iter().map(|pull| tried(&keyring, pull)).collect();
        let is_spare = |at: &usize| used.iter().all(|used| !used.contains(at));
        let spare: Vec<_> = (0..keys.len()).filter(is_spare).map(|at| keys[at]).collect();
        let pulls = pulls.iter_mut().zip(&used).filter(|(pull, _)| is_assumed_public(pull));
        for (pull, used) in pulls {
            let declared = self.named.iter().any(|named| is_declared_for(&named.known, pull));
            if declared || !used.is_empty() || spare.iter().any(|key| is_near(key, pull)) {
                let private = |access| Access {
                    class: Class::Private,
                    from: AccessFrom::PullSecret,
                    ..access
                };
                pull.access = pull.access.map(private);
            }
        }
    }
}

fn is_assumed_public(pull: &Pull<'_>) -> bool {
    let assumed =
        |access: Access| access.class == Class::Public && access.from == AccessFrom::Assumed;
    pull.access.is_some_and(assumed)
}

/// The keys of a Secret, wherever it is, that come with something to authenticate with, whether or not a kubelet can read
/// it, and those that the template of one names.
fn usable_keys<'k>(known: &Known<'k>) -> impl Iterator<Item = &'k str> {
    let (secret, made) = match *known {
        Known::Elsewhere(secret) => (Some(secret), None),
        Known::Produced { produced, .. } | Known::MadeElsewhere { produced, .. } => {
            (None, Some(produced))
        }
        _ => (known.secret().map(|(_, secret)| secret), None),
    };
    let kept = secret.into_iter().flat_map(|secret| secret.content.meant_keys());
    let templated = made.and_then(|made| made.keys.as_deref()).unwrap_or_default();
    kept.chain(templated.iter().map(String::as_str))
}

/// Whether the policy says that a Secret is for an image, not only that it may be.
fn is_declared_for(known: &Known<'_>, pull: &Pull<'_>) -> bool {
    let (Known::Declared(secret), Ok(image)) = (known, &pull.reference) else { return false };
    let mut registries = secret.registries.iter().flatten();
    registries.any(|registry| registry.value.matches(image.domain(), image.path()))
}

/// The places of the keys that the kubelet would try for an image.
fn tried(keyring: &Keyring, pull: &Pull<'_>) -> Vec<usize> {
    let Ok(image) = &pull.reference else { return Vec::new() };
    keyring.lookup(image.name()).iter().map(|tried| tried.secret).collect()
}

fn is_near(key: &str, pull: &Pull<'_>) -> bool {
    let Ok(image) = &pull.reference else { return false };
    explain_near_miss([key], image.name()).is_some_and(|miss| miss.suggestion.is_some())
}
