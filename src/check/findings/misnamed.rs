//! What is worth saying about a pull secret that the input lacks, while one that would do is there and nothing names it.

use std::collections::BTreeSet;

use crate::finding;
use crate::inject::{self, Holder};
use crate::inventory::{Object, Workload};
use crate::say;
use crate::source::Span;
use crate::text::{Text, shown};
use crate::verdict::{Known, Origin};
use strsim::osa_distance as distance;

use super::super::Judged;
use super::super::naming::{Home, home};
use super::super::world::{InUse, ResolvedPod, World};
use super::{At, Draft, Findings, describe};

/// How many letters two names differ in that may be a slip.
const SLIP: usize = 2;

/// Names of pull secrets in contexts and namespaces, each of which is dealt with once.
#[derive(Default)]
struct NamesSeen<'c> {
    /// Those that were looked for among names like them.
    looked_for: BTreeSet<(Home<'c>, String)>,
    /// Those that have a finding.
    found: BTreeSet<(Home<'c>, String)>,
}

/// A Secret that is there, and how it is meant.
struct Unnamed<'f> {
    name: &'f str,
    /// What is or makes it.
    object: &'f Object<'f>,
    covers: bool,
}

impl<'c> World<'c> {
    /// Pods whose pull secret is not in the input, where one that covers the image is, or one whose name is like it.
    pub(super) fn about_misnamed(&self, out: &mut Findings<'_, '_>) {
        if !self.pods.iter().any(ResolvedPod::may_name_another) {
            return;
        }
        let named = self.named_secrets();
        let mut seen = NamesSeen::default();
        for pod in &self.pods {
            if pod.may_name_another() {
                self.about_misnamed_of(out, pod, &named, &mut seen);
            }
        }
    }

    fn about_misnamed_of(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        named: &BTreeSet<(Home<'_>, &str)>,
        seen: &mut NamesSeen<'c>,
    ) {
        let workload = pod.workload;
        let home = home(&workload.object);
        for (image, judged) in workload.images.iter().zip(pod.images()) {
            let Ok(reference) = image.parsed() else { continue };
            let Some(missing) = self.outside(pod, judged) else { continue };
            let covering = self
                .covering
                .map_or_else(Vec::new, |covering| covering.all(&workload.object, reference));
            let covering = covering.into_iter();
            let covering = covering.map(|found| Unnamed {
                name: found.name,
                object: found.object,
                covers: true,
            });
            let name = (home, missing.to_string());
            let alike = seen.looked_for.insert(name.clone());
            let alike = alike.then(|| self.alike(home, missing)).into_iter().flatten();
            let unnamed = covering.chain(alike).filter(|found| !Self::is_named(found, named));
            let nearest = unnamed
                .min_by_key(|found| (!is_like(missing, found.name), distance(missing, found.name)));
            let Some(found) = nearest else { continue };
            if seen.found.insert(name) {
                self.misnamed(out, pod, (missing, reference.registry()), &found);
            }
        }
    }

    /// The pull secret of which nothing is known, if a pull rests on it, or may do so where its registry is only assumed to be
    /// public.
    fn outside<'p>(&self, pod: &ResolvedPod<'c>, judged: &Judged) -> Option<&'p Text<'c>> {
        let namespace = pod.workload.object.namespace();
        let is_silent = |name: &Text<'_>| self.policy.scope(namespace, name).is_none();
        if judged.judgement.rests_on_nothing() {
            let name = pod.effective().names.get(judged.judgement.secret?)?;
            return Some(name).filter(|name| is_silent(name));
        }
        let all = pod.effective().names.iter().zip(&*pod.secrets);
        let mut all = all.filter(|_| judged.is_assumed_public());
        let outside =
            all.find(|(name, secret)| is_silent(name) && matches!(secret.known, Known::Outside));
        outside.map(|(name, _)| name)
    }

    /// What is made or filled later in the namespace of a pod under a name that is like `missing`: no one knows for which
    /// images.
    fn alike(&self, wanted: Home<'_>, missing: &str) -> Vec<Unnamed<'c>> {
        let mut found = Vec::new();
        for (_, inventory) in self.manifests() {
            for made in &inventory.produced {
                let is_open = made.is_usable() && made.keys.is_none() && !made.any_namespace;
                let home = (inventory.context, made.namespace());
                if is_open && home == wanted && is_like(missing, &made.name) {
                    found.push(Unnamed { name: &made.name, object: &made.object, covers: false });
                }
            }
        }
        found
    }

    /// Every pull secret that a pod or ServiceAccount of the input names, by context and namespace.
    fn named_secrets(&self) -> BTreeSet<(Home<'c>, &'c str)> {
        let mut named = BTreeSet::new();
        for pod in &self.pods {
            let home = home(&pod.workload.object);
            named.extend(pod.effective().names.iter().map(|name| (home, &**name)));
        }
        for (_, inventory) in self.manifests() {
            for account in &inventory.service_accounts {
                let home = home(&account.object);
                named.extend(account.pull_secrets.names().map(|name| (home, &**name)));
            }
        }
        named
    }

    /// Whether somebody names a Secret, be it by a name from which kustomize has renamed it.
    fn is_named(found: &Unnamed<'_>, named: &BTreeSet<(Home<'_>, &str)>) -> bool {
        let home = home(found.object);
        let former = found.object.build.iter().flat_map(|build| &build.former_names);
        let mut own = former.map(|name| &**name).chain([found.name]);
        own.any(|name| named.contains(&(home, name)))
    }

    fn misnamed(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        (missing, host): (&Text<'_>, &str),
        found: &Unnamed<'_>,
    ) {
        let (workload, holder) = (pod.workload, holder_of(pod));
        let name = shown(found.name);
        let object = inject::object(self.inventories, holder);
        let is_or_makes = if &*found.object.type_meta.kind == "Secret" {
            say!("Secret '{}'", name)
        } else {
            say!("the Secret '{}' that {} makes", name, describe(found.object))
        };
        let covers = if found.covers { "covers the image" } else { "has a similar name" };
        let why = slip(missing, found.name);
        let message = say!(
            "{} names the pull secret '{}', which is not in {}; {} {}, and nothing names it{}.",
            describe(object),
            shown(missing),
            self.circumstances.context.place(),
            is_or_makes,
            covers,
            why
        );
        let code = &finding::MISNAMED_PULL_SECRET;
        let span = self.entry_span(holder, missing, workload);
        let at = self.at_list(holder, span, say!("did you mean '{}'?", name));
        let other = At::new(found.object, found.object.label, "nothing names it");
        let namespace = object.namespace.as_deref().map(|of| say!("namespace: {}, ", shown(of)));
        let remedy = say!(
            "If '{}' is meant, name it:\n  imagePullSecrets:\n  - name: {}\nIf '{}' is kept outside of the \
             input, declare it in the policy:\n  cluster:\n    secrets:\n    - {{{}name: {}, registries: [{}]}}",
            name,
            name,
            shown(missing),
            namespace.unwrap_or_default(),
            shown(missing),
            shown(host)
        );
        let draft = Draft::new(code, message).at(at).related([other]).remedy(remedy);
        let namespace = workload.object.namespace().unwrap_or_default();
        out.report(draft.once_for([namespace, missing]));
    }

    /// Where a holder names a secret.
    fn entry_span(&self, holder: Holder, name: &str, workload: &Workload<'_>) -> Span {
        let list = inject::list(self.inventories, holder);
        let entry = list.entries.iter().find(|entry| entry.name.as_deref() == Some(name));
        entry.map_or(workload.object.label, |entry| entry.span)
    }
}

/// What names the pull secrets of a pod.
fn holder_of(pod: &ResolvedPod<'_>) -> Holder {
    match (pod.effective().origin, pod.account) {
        (Origin::ServiceAccount, InUse::Seen { id, .. }) => Holder::Account(id),
        _ => pod.holder(),
    }
}

/// Whether one name may be meant where the other is written: a slip, or a part of it that something has added.
fn is_like(missing: &str, found: &str) -> bool {
    let least = missing.len().min(found.len());
    let is_slip = distance(missing, found) <= SLIP.min(least / 3);
    is_slip || is_part(found, missing) || is_part(missing, found)
}

/// Whether `short` is `long` without what is before or after a dash.
fn is_part(long: &str, short: &str) -> bool {
    let around = |at: usize| (&long[..at], &long[at + short.len()..]);
    long.match_indices(short).map(|(at, _)| around(at)).any(|(before, after)| {
        (before.is_empty() || before.ends_with('-'))
            && (after.is_empty() || after.starts_with('-'))
            && long != short
    })
}

/// What makes the difference between two names, if it is plain.
fn slip(missing: &str, found: &str) -> &'static str {
    if is_part(found, missing) {
        let hash = found.rsplit('-').next().unwrap_or_default();
        let is_hash = hash.len() == 10 && hash.bytes().all(|byte| HASH.contains(&byte));
        if is_hash && !missing.ends_with(hash) { ADDS_HASH } else { ADDS_AFFIX }
    } else if is_part(missing, found) {
        ADDS_AFFIX
    } else if is_like(missing, found) {
        " (a slip?)"
    } else {
        ""
    }
}

const ADDS_HASH: &str = " (kustomize adds such a hash to the names of its generators, and has not changed this name with it)";
const ADDS_AFFIX: &str = " (the two differ by a prefix or suffix)";

/// The letters of a hash of kustomize (`encode` in api/hasher/hasher.go).
const HASH: &[u8] = b"bcdfghkmt2456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_a_slip_or_by_what_is_added() {
        for (missing, found) in [
            ("regcred", "recgred"),
            ("regcred", "dev-regcred-4k2h8t5b6c"),
            ("regcred", "regcred-4k2h8t5b6c"),
            ("regcred", "shop-regcred"),
            ("shop-regcred", "regcred"),
            ("registry-secret", "registry-secrets"),
        ] {
            assert!(is_like(missing, found), "{missing} {found}");
        }
        for (missing, found) in
            [("regcred", "dockerhub"), ("ci", "cd"), ("a", "regcred"), ("regcred", "myregcred2x")]
        {
            assert!(!is_like(missing, found), "{missing} {found}");
        }
    }

    #[test]
    fn a_hash_of_kustomize_is_told() {
        assert!(slip("regcred", "dev-regcred-4k2h8t5b6c").contains("kustomize"));
        assert!(slip("regcred", "shop-regcred").contains("prefix"));
        assert!(slip("regcred", "regcred-production").contains("suffix"));
        assert_eq!(slip("regcred", "dockerhub"), "");
    }
}
