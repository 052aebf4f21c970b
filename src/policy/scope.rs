//! For which images the policy says that a pull secret has credentials: `--inject`, `registries[].pullSecrets` and
//! `cluster.secrets[].registries`.

use super::pattern::Pattern;
use super::{DeclaredSecret, Policy, Spanned};

/// The images that a pull secret is declared for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'p> {
    policy: &'p Policy,
    /// Whether it goes into every pod, whatever its images (`--inject '*=SECRET'`).
    everywhere: bool,
    /// The entries of the policy's registries that name it.
    named: &'p [usize],
    /// Its own entry in the policy, if that says what it is for.
    own: Option<&'p [Spanned<Pattern>]>,
}

impl<'p> Scope<'p> {
    /// Of the Secret `name` in `namespace`; `None` if the policy does not say what it is for.
    pub(super) fn of(policy: &'p Policy, namespace: Option<&str>, name: &str) -> Option<Self> {
        let everywhere = policy.everywhere.iter().any(|secret| secret.value == name);
        let named = policy.named_by.get(name).map_or(&[][..], Vec::as_slice);
        let own = policy
            .secret(namespace, name)
            .and_then(|(_, DeclaredSecret { registries, .. })| registries.as_deref());
        let is_silent = !everywhere && named.is_empty() && own.is_none();
        (!is_silent).then_some(Self { policy, everywhere, named, own })
    }

    /// Whether it has credentials for an image.
    pub fn covers(&self, domain: &str, path: &str) -> bool {
        self.everywhere || self.patterns().any(|pattern| pattern.matches(domain, path))
    }

    /// The images that it is declared for, if not for all.
    pub fn patterns(&self) -> impl Iterator<Item = &'p Pattern> + use<'p> {
        let registries = &self.policy.registries;
        let named = self.named.iter().map(|&at| &registries[at].pattern.value);
        named.chain(self.own_patterns())
    }

    /// Those of its own entry in the policy.
    pub fn own_patterns(&self) -> impl Iterator<Item = &'p Pattern> + use<'p> {
        self.own.unwrap_or_default().iter().map(|pattern| &pattern.value)
    }

    /// Whether its own entry in the policy says what it is for.
    pub fn has_own_entry(&self) -> bool {
        self.own.is_some()
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Overrides, Policy, parse_inject};

    const POLICY: &str = "apiVersion: pullcreds.dev/v1alpha1
kind: PullCredentialPolicy
spec:
  registries:
  - {match: ghcr.io/acme, pullSecrets: [ghcr, both]}
  - {match: ghcr.io/acme/deep, pullSecrets: [deep]}
  - {match: docker.io, access: public, pullSecrets: [hub]}
  cluster:
    secrets:
    - {namespace: shop, name: both, registries: [acme.azurecr.io]}
    - {namespace: shop, name: nothing, registries: []}
    - {namespace: shop, name: silent}
";

    fn policy() -> Policy {
        let inject =
            ["*=all", "quay.io/acme=quay"].map(|text| parse_inject(text).expect("no mistake"));
        let flags = Overrides { inject: inject.into(), ..Overrides::default() };
        let file = Policy::parse(POLICY, &[]).expect("a case has no mistake");
        file.with(&flags).expect("a case has no contradiction")
    }

    #[track_caller]
    fn covers(name: &str, image: &str, expected: Option<bool>) {
        let policy = policy();
        let (domain, path) = image.split_once('/').expect("a case names domain and path");
        let scope = policy.scope(Some("shop"), name);
        assert_eq!(scope.map(|scope| scope.covers(domain, path)), expected, "{name} for {image}");
    }

    #[test]
    fn a_secret_is_for_what_any_entry_says() {
        covers("ghcr", "ghcr.io/acme/api", Some(true));
        covers("ghcr", "ghcr.io/acme/deep/api", Some(true));
        covers("ghcr", "ghcr.io/other/api", Some(false));
        covers("deep", "ghcr.io/acme/api", Some(false));
        covers("both", "acme.azurecr.io/api", Some(true));
        covers("both", "ghcr.io/acme/api", Some(true));
        covers("both", "quay.io/acme/api", Some(false));
        covers("hub", "docker.io/acme/api", Some(true));
        covers("quay", "quay.io/acme/api", Some(true));
        covers("quay", "ghcr.io/acme/api", Some(false));
        covers("all", "anything.example.com/api", Some(true));
        covers("nothing", "ghcr.io/acme/api", Some(false));
        covers("silent", "ghcr.io/acme/api", None);
        covers("unheard-of", "ghcr.io/acme/api", None);
    }

    #[test]
    fn an_entry_for_another_namespace_says_nothing() {
        let policy = policy();
        let scope = policy.scope(Some("other"), "both").expect("registries have no namespace");
        assert!(scope.covers("ghcr.io", "acme/api") && !scope.covers("acme.azurecr.io", "api"));
        assert!(policy.scope(Some("other"), "nothing").is_none());
    }
}
