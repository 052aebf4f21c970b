//! What is worth saying about the entries of the policy.

use crate::finding;
use crate::policy::{Policy, RuleId};

use crate::say;
use crate::text::{Message, shown};

use super::super::Input;
use super::super::world::World;
use super::{Draft, Findings};

impl World<'_> {
    pub(super) fn about_policy(&self, out: &mut Findings<'_, '_>) {
        if self.circumstances.input == Input::Stream {
            return;
        }
        let code = &finding::UNUSED_POLICY_ENTRY;
        let unmatched: Vec<_> =
            self.policy.unmatched(&out.used).into_iter().map(|(rule, _)| rule).collect();
        // Exceptions for this very finding come last: they may be used until then.
        let accepts = |rule: &RuleId| match rule {
            RuleId::Exception(at) => self.policy.exceptions()[*at].code == code.name,
            _ => false,
        };
        let (last, first): (Vec<_>, Vec<_>) = unmatched.into_iter().partition(accepts);
        for rule in first.into_iter().chain(last) {
            if self.policy.span(rule).is_none() || out.used.contains(&rule) {
                continue;
            }
            let entry = entry(self.policy, rule);
            let draft = Draft::new(code, say!("{} of the policy matched nothing.", entry));
            out.report(draft.once_for([&entry]));
        }
    }
}

/// An entry of the policy, in words.
pub(super) fn entry(policy: &Policy, rule: RuleId) -> Message {
    match rule {
        RuleId::Registry(at) => {
            say!("The entry for registry '{}'", policy.registries()[at].pattern.value.shown())
        }
        RuleId::ServiceAccount(at) => {
            say!("The ServiceAccount '{}'", shown(&policy.cluster().service_accounts[at].name))
        }
        RuleId::Secret(at) => say!("The secret '{}'", shown(&policy.cluster().secrets[at].name)),
        RuleId::CustomResource(at) => {
            say!("The custom resource '{}'", shown(&policy.kinds().rows()[at].kind))
        }
        RuleId::Exception(at) => {
            let exception = &policy.exceptions()[at];
            say!("The exception for {} (\"{}\")", shown(&exception.code), shown(&exception.reason))
        }
    }
}
