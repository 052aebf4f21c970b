//! Objects that the API server rejects for the type of a value on the way to pull secrets: "cannot unmarshal number into
//! Go struct field", code 400 (k8s.io/apimachinery/pkg/runtime/serializer/json). No pod of theirs pulls anything.

use super::Origin;
use crate::inventory::{ServiceAccount, Workload};

/// What makes the API server reject a pod, or the ServiceAccount that it gets its pull secrets from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The pod's own list.
    List,
    /// The name of its ServiceAccount.
    AccountName,
    /// The list of its ServiceAccount.
    AccountList,
}

impl Malformed {
    /// Of a workload that gets its pull secrets from `origin`, or from this ServiceAccount of the input.
    pub fn of(
        workload: &Workload<'_>,
        origin: Origin,
        account: Option<&ServiceAccount<'_>>,
    ) -> Option<Self> {
        let inherits = origin != Origin::Pod;
        let in_account = account.filter(|account| inherits && account.pull_secrets.is_malformed());
        if workload.pull_secrets.is_malformed() {
            Some(Self::List)
        } else if workload.not_an_account.is_some() {
            Some(Self::AccountName)
        } else {
            in_account.map(|_| Self::AccountList)
        }
    }
}
