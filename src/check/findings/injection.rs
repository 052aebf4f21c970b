//! What is worth saying about injections: those that were refused or skipped, and those that hide or forbid something.

use std::collections::BTreeSet;

use crate::finding::{self, Severity};
use crate::inject::{self, Holder, Note, RefusedInjection};
use crate::policy::OnRefusal;

use super::super::world::World;
use super::{Draft, Findings, NAMES_SHOWN, describe, show};

impl World<'_> {
    pub(super) fn about_injection(&self, out: &mut Findings<'_, '_>) {
        let mut unknown = BTreeSet::new();
        let mut first_unknown = None;
        for note in self.notes {
            match note {
                Note::OptedOut(holder) => {
                    let name = describe(inject::object(self.inventories, *holder));
                    let message = format!(
                        "{name} opts out of injection (pullcreds.dev/inject: \"false\"); nothing was \
                         injected."
                    );
                    let span = inject::object(self.inventories, *holder).label;
                    let at = self.at_list(*holder, span, "opts out");
                    out.report(Draft::new(&finding::INJECTION_SKIPPED, message).at(at));
                }
                Note::StaticPod(holder) => {
                    let object = inject::object(self.inventories, *holder);
                    let message = format!(
                        "{} is a static pod, which can use no Secret; nothing was injected.",
                        describe(object)
                    );
                    let at = self.at_list(*holder, object.label, "a static pod");
                    out.report(Draft::new(&finding::INJECTION_SKIPPED, message).at(at));
                }
                Note::PodInstead(holder) if self.added.contains_key(holder) => {
                    let name = describe(inject::object(self.inventories, *holder));
                    let message = format!(
                        "{name} has pull secrets of its own, so those of its ServiceAccount are ignored: \
                         the new ones went to the pod."
                    );
                    let span = inject::list(self.inventories, *holder).span;
                    let at = self.at_list(*holder, span, "this list is the one that counts");
                    let draft =
                        Draft::new(&finding::SHADOWED_SERVICE_ACCOUNT_SECRETS, message).at(at);
                    out.report(draft);
                }
                Note::MayHide(holder) if self.added.contains_key(holder) => {
                    let Holder::Pod { source, index } = *holder else { continue };
                    let workload = &self.inventories[source].workloads[index];
                    let account = workload.effective_service_account();
                    let namespace = workload.object.namespace.as_deref();
                    if unknown.insert((namespace, account)) && unknown.len() == 1 {
                        first_unknown = Some(*holder);
                    }
                }
                Note::AppliedLater { holder, account, in_pod } => {
                    let target = if *in_pod { *holder } else { Holder::Account(*account) };
                    if self.added.contains_key(&target) {
                        self.about_late_injection(out, *holder, *account, *in_pod);
                    }
                }
                Note::PodInstead(_) | Note::MayHide(_) => {}
                Note::Refused(refused) => self.refused(out, refused),
            }
        }
        if let Some(holder) = first_unknown {
            self.may_hide(out, holder, &unknown);
        }
        for holder in self.added.keys() {
            let Holder::Pod { source, index } = *holder else { continue };
            let workload = &self.inventories[source].workloads[index];
            // A hook is not changed: it is deleted and made again.
            let hook = workload.object.timing.as_ref().is_some_and(|timing| timing.is_hook());
            if let Some(why) = workload.kind.immutable.as_ref().filter(|_| !hook) {
                let message =
                    format!("{} got pull secrets, and {why}.", describe(&workload.object));
                let span = workload.object.label;
                let at = self.at_list(*holder, span, "delete it before an upgrade");
                out.report(Draft::new(&finding::INJECTED_INTO_IMMUTABLE, message).at(at));
            }
        }
    }

    /// Told once, for all ServiceAccounts that are not known.
    fn may_hide(
        &self,
        out: &mut Findings<'_, '_>,
        first: Holder,
        unknown: &BTreeSet<(Option<&str>, &str)>,
    ) {
        let names = unknown.iter().take(NAMES_SHOWN).map(|(namespace, name)| {
            let namespace = namespace.map(|namespace| format!("{}/", show(namespace)));
            format!("'{}{}'", namespace.unwrap_or_default(), show(name))
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let more = match unknown.len().saturating_sub(NAMES_SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "Pods got pull secrets of their own; if their ServiceAccounts have some in the cluster, those \
             are hidden now ({names}{more})."
        );
        let span = inject::object(self.inventories, first).label;
        let at = self.at_list(first, span, "its ServiceAccount is not known");
        let draft = Draft::new(&finding::MAY_HIDE_SERVICE_ACCOUNT_SECRETS, message).at(at);
        out.report(draft.once_for([]));
    }

    fn refused(&self, out: &mut Findings<'_, '_>, refused: &RefusedInjection) {
        let RefusedInjection { holder, ref names, span, why, ref advice } = *refused;
        let object = inject::object(self.inventories, holder);
        let message = format!(
            "{} cannot get the pull secret {}: {why}.",
            describe(object),
            names.iter().map(|name| format!("'{}'", show(name))).collect::<Vec<_>>().join(", ")
        );
        let at = self.at_list(holder, span.unwrap_or(object.label), why);
        let severity = match self.policy.inject().on_refusal {
            OnRefusal::Fail => finding::INJECTION_REFUSED.severity,
            OnRefusal::Warn => Severity::Warning,
        };
        let draft = Draft::new(&finding::INJECTION_REFUSED, message).severity(severity).at(at);
        out.report(draft.remedy(advice.clone()));
    }
}
