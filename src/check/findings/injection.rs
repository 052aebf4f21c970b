//! What is worth saying about injections: those that were refused or skipped, and those that hide or forbid something.

use std::collections::BTreeSet;

use crate::finding::{self, Severity};
use crate::inject::{self, Holder, Note, RefusedInjection};
use crate::policy::OnRefusal;

use crate::say;
use crate::text::{Message, list, shown};

use super::super::world::World;
use super::{Draft, Findings, NAMES_SHOWN, describe};

/// ServiceAccounts that no one knows, by namespace and name.
type Unknown<'c> = BTreeSet<(Option<&'c str>, &'c str)>;

impl<'c> World<'c> {
    pub(super) fn about_injection(&self, out: &mut Findings<'_, '_>) {
        for note in self.notes {
            self.about_note(out, note);
        }
        self.about_hidden_lists(out);
        for holder in self.added.keys() {
            self.about_immutable(out, *holder);
        }
    }

    fn about_note(&self, out: &mut Findings<'_, '_>, note: &Note) {
        match note {
            Note::OptedOut(holder) => {
                let object = inject::object(self.inventories, *holder);
                let message = say!(
                    "{} opts out of injection (pullcreds.dev/inject: \"false\"); nothing was injected.",
                    describe(object)
                );
                let at = self.at_list(*holder, object.label, "opts out");
                let draft = Draft::new(&finding::INJECTION_SKIPPED, message).at(at);
                out.report(draft.cause(&[&["opts out"]]));
            }
            Note::StaticPod(holder) => {
                let object = inject::object(self.inventories, *holder);
                let message = say!(
                    "{} is a static pod, which cannot use Secrets; nothing was injected.",
                    describe(object)
                );
                let at = self.at_list(*holder, object.label, "a static pod");
                let draft = Draft::new(&finding::INJECTION_SKIPPED, message).at(at);
                out.report(draft.cause(&[&["static pod"]]));
            }
            Note::PodInstead(holder) if self.added.contains_key(holder) => {
                let message = say!(
                    "{} has pull secrets of its own, so those of its ServiceAccount are ignored: the new ones \
                     were injected into the pod.",
                    describe(inject::object(self.inventories, *holder))
                );
                let span = inject::list(self.inventories, *holder).span;
                let at = self.at_list(*holder, span, "this list is the one that counts");
                let code = &finding::SHADOWED_SERVICE_ACCOUNT_SECRETS;
                out.report(Draft::new(code, message).at(at));
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

    /// Workloads with injected pull secrets whose pod template cannot be changed.
    fn about_immutable(&self, out: &mut Findings<'_, '_>, holder: Holder) {
        let Holder::Pod(id) = holder else { return };
        let workload = id.of(self.inventories);
        // A hook is not changed: it is deleted and made again.
        let hook = workload.object.timing.as_ref().is_some_and(|timing| timing.is_hook());
        if let Some(why) = workload.kind.immutable.as_ref().filter(|_| !hook) {
            let object = &workload.object;
            let message =
                say!("Pull secrets were injected into {}, and {}.", describe(object), shown(why));
            let at = self.at_list(holder, object.label, "delete it before an upgrade");
            let draft = Draft::new(&finding::INJECTED_INTO_IMMUTABLE, message).at(at);
            out.report(draft.cause(&[&[why]]));
        }
    }

    /// Pods that got a list of their own, although no one knows what their ServiceAccounts name.
    fn about_hidden_lists(&self, out: &mut Findings<'_, '_>) {
        let mut unknown = Unknown::new();
        let mut first = None;
        for note in self.notes {
            let Note::MayHide(holder) = note else { continue };
            let Holder::Pod(id) = *holder else { continue };
            if self.added.contains_key(holder) {
                let workload = id.of(self.inventories);
                let namespace = workload.object.namespace.as_deref();
                unknown.insert((namespace, workload.effective_service_account()));
                first.get_or_insert(*holder);
            }
        }
        if let Some(first) = first {
            self.may_hide(out, first, &unknown);
        }
    }

    /// Reported once, for all ServiceAccounts that are not known.
    fn may_hide(&self, out: &mut Findings<'_, '_>, first: Holder, unknown: &Unknown<'c>) {
        let names = unknown.iter().take(NAMES_SHOWN).map(|(namespace, name)| {
            let namespace = namespace.map(|namespace| say!("{}/", shown(namespace)));
            say!("'{}{}'", namespace.unwrap_or_default(), shown(name))
        });
        let names = list(names, ", ");
        let more = match unknown.len().saturating_sub(NAMES_SHOWN) {
            0 => Message::default(),
            more => say!(" and {} more", more),
        };
        let message = say!(
            "Pull secrets were injected into pods. If their ServiceAccounts name some in the cluster, the pods no longer \
             get those ({}{}).",
            names,
            more
        );
        let span = inject::object(self.inventories, first).label;
        let at = self.at_list(first, span, "its ServiceAccount is not known");
        let draft = Draft::new(&finding::MAY_HIDE_SERVICE_ACCOUNT_SECRETS, message).at(at);
        out.report(draft.once_for([]));
    }

    fn refused(&self, out: &mut Findings<'_, '_>, refused: &RefusedInjection) {
        let RefusedInjection { holder, ref names, span, why, ref advice } = *refused;
        let object = inject::object(self.inventories, holder);
        let message = say!(
            "{} cannot get the pull secret {}: {}.",
            describe(object),
            list(names.iter().map(|name| say!("'{}'", name.shown())), ", "),
            why
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
