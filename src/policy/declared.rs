//! Objects that a policy declares, found by name and namespace. Nothing here knows what is said of them.

use std::cmp::Reverse;

use crate::names::matches_glob;

/// Where in a list of the policy an object is, by its name and namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeclaredIndex {
    /// The entries of one namespace each, sorted by name and namespace.
    exact: Vec<usize>,
    /// Those whose namespace has a `*`, sorted by name. Of one name, those with more other characters come first.
    patterns: Vec<usize>,
}

/// The name and the namespace of an entry.
type FullName<'p> = (&'p str, Option<&'p str>);

impl DeclaredIndex {
    /// Of `count` entries; `full_name` gives each its name and namespace.
    pub(super) fn new<'p>(count: usize, full_name: impl Fn(usize) -> FullName<'p>) -> Self {
        let has_star =
            |at: &usize| full_name(*at).1.is_some_and(|namespace| namespace.contains('*'));
        let (mut patterns, mut exact): (Vec<_>, Vec<_>) = (0..count).partition(has_star);
        exact.sort_by_key(|&at| full_name(at));
        patterns.sort_by_key(|&at| {
            let (name, namespace) = full_name(at);
            let others = namespace.unwrap_or_default().replace('*', "").len();
            (name, Reverse(others), namespace)
        });
        Self { exact, patterns }
    }

    /// The entry for an object: one of its namespace, else the narrowest one whose namespace matches. An object whose
    /// namespace is not known is in every namespace that `*` alone means.
    pub(super) fn find<'p>(
        &self,
        wanted: FullName<'_>,
        full_name: impl Fn(usize) -> FullName<'p>,
    ) -> Option<usize> {
        if let Ok(found) = self.exact.binary_search_by(|&at| full_name(at).cmp(&wanted)) {
            return Some(self.exact[found]);
        }
        let (name, namespace) = wanted;
        let from = self.patterns.partition_point(|&at| full_name(at).0 < name);
        let called =
            self.patterns[from..].iter().copied().take_while(|&at| full_name(at).0 == name);
        let mut matching = called.filter(|&at| {
            let pattern = full_name(at).1.unwrap_or_default();
            matches_glob(pattern, namespace.unwrap_or_default())
        });
        matching.next()
    }

    /// The entries with equal names and namespaces stand beside each other.
    pub(super) fn sorted(&self) -> impl Iterator<Item = usize> {
        self.exact.iter().chain(&self.patterns).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_namespace_that_matches_is_found() {
        let all = [
            ("default", Some("*")),
            ("default", Some("team-*")),
            ("default", Some("team-a")),
            ("other", Some("*-prod")),
            ("default", None),
        ];
        let index = DeclaredIndex::new(all.len(), |at| all[at]);
        for (name, namespace, expected) in [
            ("default", Some("team-a"), Some(2)),
            ("default", Some("team-b"), Some(1)),
            ("default", Some("shop"), Some(0)),
            ("default", None, Some(4)),
            ("other", Some("shop-prod"), Some(3)),
            ("other", Some("shop"), None),
            ("other", None, None),
            ("absent", Some("team-a"), None),
        ] {
            let found = index.find((name, namespace), |at| all[at]);
            assert_eq!(found, expected, "{name} of {namespace:?}");
        }
    }
}
