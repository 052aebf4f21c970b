//! How far the dumps of a cluster reach: of which namespaces they hold every ServiceAccount and every Secret, so that
//! what they lack does not exist.

use std::collections::BTreeSet;

use crate::inventory::{Inventory, SourceKind};

/// The ServiceAccount that the controller manager makes in every namespace.
const DEFAULT: &str = "default";

/// The namespaces of which nothing is left out.
pub(super) struct DumpCoverage<'i> {
    accounts: BTreeSet<&'i str>,
    secrets: BTreeSet<&'i str>,
}

impl<'i> DumpCoverage<'i> {
    /// Every namespace has a ServiceAccount, so a dump with one of a namespace was asked for those of that namespace. A
    /// namespace need not have a Secret: a dump with any at all was asked for those of its namespaces.
    pub(super) fn of(inventories: &'i [Inventory<'_>]) -> Self {
        let mut extent = Self { accounts: BTreeSet::new(), secrets: BTreeSet::new() };
        for dump in
            inventories.iter().filter(|inventory| inventory.source_kind == SourceKind::Cluster)
        {
            let accounts = dump.service_accounts.iter();
            let namespaces: BTreeSet<_> =
                accounts.filter_map(|account| account.object.namespace.as_deref()).collect();
            if !dump.secrets.is_empty() {
                extent.secrets.extend(&namespaces);
            }
            extent.accounts.extend(namespaces);
        }
        extent
    }

    /// Whether a ServiceAccount that no dump has does not exist. One that cannot be missing shows that a dump is not
    /// whole.
    pub(super) fn lacks_account(&self, namespace: Option<&str>, name: &str) -> bool {
        name != DEFAULT && namespace.is_some_and(|namespace| self.accounts.contains(namespace))
    }

    /// Whether a Secret that no dump has does not exist.
    pub(super) fn lacks_secret(&self, namespace: Option<&str>) -> bool {
        namespace.is_some_and(|namespace| self.secrets.contains(namespace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Table;

    const ACCOUNT: &str =
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: shop}}\n";
    const SECRET: &str = "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: other}}\n";

    #[track_caller]
    fn check(dumps: &[&str], lacks_account: bool, lacks_secret: bool) {
        let dumps: Vec<_> = dumps
            .iter()
            .map(|dump| Inventory::of_cluster(dump, Table::builtin()).expect("a stream"))
            .collect();
        let extent = DumpCoverage::of(&dumps);
        assert_eq!(extent.lacks_account(Some("shop"), "b"), lacks_account);
        assert_eq!(extent.lacks_secret(Some("shop")), lacks_secret);
        assert!(!extent.lacks_account(Some("shop"), "default"));
        assert!(!extent.lacks_account(Some("other"), "b") && !extent.lacks_secret(Some("other")));
        assert!(!extent.lacks_account(None, "b") && !extent.lacks_secret(None));
    }

    #[test]
    fn what_a_dump_was_asked_for_is_told_by_what_it_holds() {
        check(&[&format!("{ACCOUNT}---\n{SECRET}")], true, true);
        check(&[ACCOUNT], true, false);
        check(&[SECRET], false, false);
        check(&[], false, false);
    }

    #[test]
    fn two_dumps_are_asked_apart() {
        check(&[ACCOUNT, SECRET], true, false);
    }

    #[test]
    fn manifests_are_no_evidence_of_absence() {
        let text = format!("{ACCOUNT}---\n{SECRET}");
        let manifests = [Inventory::of(&text).expect("a stream")];
        assert!(!DumpCoverage::of(&manifests).lacks_account(Some("shop"), "b"));
    }
}
