//! What is worth saying about pods that start before their pull secret or ServiceAccount exists, or after it is
//! gone again.

use crate::finding::{self, Code, Severity};
use crate::inject::Holder;
use crate::inventory::phase::{HookEvent, SyncHook};
use crate::inventory::{Object, Workload};
use crate::kinds::Row;
use crate::say;
use crate::source::Span;
use crate::text::{Message, Shown, list, shown};
use crate::verdict::{AccountId, Credentials, Origin, Pull};

use super::super::order::{Absence, Gathered, How, Moment, last_of_each, missing};
use super::super::world::{InUse, ResolvedPod, World};
use super::{At, Draft, Findings, describe};

/// What a pod does not find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dependency {
    PullSecret,
    ServiceAccount,
}

impl<'c> World<'c> {
    /// Everything about the order in which Helm and Argo CD apply objects.
    pub(super) fn about_order(&self, out: &mut Findings<'_, '_>) {
        let mut timings = self.manifests().flat_map(|(_, inventory)| {
            let workloads = inventory.workloads.iter().map(|workload| &workload.object);
            let accounts = inventory.service_accounts.iter().map(|account| &account.object);
            let secrets = inventory.secrets.iter().map(|secret| &secret.object);
            let produced = inventory.produced.iter().map(|produced| &produced.object);
            workloads.chain(accounts).chain(secrets).chain(produced).map(|object| &object.timing)
        });
        // Most streams name no order.
        if timings.all(Option::is_none) {
            return;
        }
        let (mut secrets, mut accounts) = (Gathered::default(), Gathered::default());
        for pod in &self.pods {
            self.about_late_secrets(out, pod, &mut secrets);
            if let InUse::Seen { id, account, .. } = pod.account
                && !self.is_in_cluster(&account.object)
            {
                self.about_late_account(out, pod, id, &mut accounts);
            }
        }
    }

    fn about_late_secrets(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        gathered: &mut Gathered<'c>,
    ) {
        let workload = pod.workload;
        let namespace = workload.object.namespace();
        let absent = pod.effective().names.iter().map(|name| {
            let is_there = self.policy.secret(namespace, name).is_some()
                || self.secrets.in_cluster(namespace, name).is_some();
            let referrer = self.referrer(pod);
            let all = || self.secrets.copies(pod.look_up(), referrer, name);
            let copies = if self.secrets.are_renamed() {
                last_of_each(&all())
            } else {
                gathered.of((pod.id().source, namespace, name), all)
            };
            missing(&workload.object, &copies).filter(|_| !is_there)
        });
        let absent: Vec<_> = absent.collect();
        if absent.iter().all(Option::is_none) {
            return;
        }
        let holder = pod.holder();
        for (at, missing) in absent.iter().enumerate() {
            let Some(missing) = missing else { continue };
            let is_there = |at: usize| absent[at].is_none();
            if !self.needs(pod, at, &is_there) {
                continue;
            }
            let name = pod.effective().names[at].shown();
            let late = AbsentDependency { thing: Dependency::PullSecret, name, missing };
            let entry = self.entry(pod, at);
            let at = self.at_whole_list(holder, "");
            Self::late(out, workload, &late, (at, entry));
        }
    }

    /// Whether an image is pulled with the secret `at` of a pod, and with no other that is there.
    fn needs(&self, pod: &ResolvedPod<'c>, at: usize, is_there: &dyn Fn(usize) -> bool) -> bool {
        let kept = pod.secrets.iter().enumerate().filter(|(at, _)| is_there(*at));
        let kept: Vec<_> = kept.map(|(_, secret)| *secret).collect();
        let rest = Credentials::new(kept.into(), pod.effective().origin, pod.account.puller());
        let images = &pod.workload.images;
        images.iter().zip(pod.images()).any(|(image, judged)| {
            let judgement = &judged.judgement;
            judgement.verdict.is_configured()
                && judgement.secret == Some(at)
                && !rest
                    .judge(&Pull::of(image, self.policy), self.policy, self.circumstances.providers)
                    .verdict
                    .is_configured()
        })
    }

    /// A pod that starts before the ServiceAccount is applied that pull secrets are injected into.
    pub(super) fn about_late_injection(
        &self,
        out: &mut Findings<'_, '_>,
        holder: Holder,
        id: AccountId,
        in_pod: bool,
    ) {
        let Holder::Pod(pod) = holder else { return };
        let workload = pod.of(self.inventories);
        let account = &id.of(self.inventories).object;
        let Some(mut missing) = missing(&workload.object, &[account]) else { return };
        // What an earlier release has brought lacks what is new.
        if missing.how == How::UnlessOlder {
            missing.how = How::Later;
        }
        let code = &finding::SERVICE_ACCOUNT_UPDATED_LATER;
        let late = AbsentDependency {
            thing: Dependency::ServiceAccount,
            name: shown(""),
            missing: &missing,
        };
        let (severity, outcome, label) = if in_pod {
            (
                Severity::Info,
                "so the pull secrets were injected into the pod itself",
                "now has its own list",
            )
        } else {
            (code.severity, "so it starts without what is injected there", "starts before")
        };
        let message = say!(
            "{}{} starts before {} is applied, {}: {}.",
            describe(&workload.object),
            late.starts(),
            describe(account),
            outcome,
            late.reason()
        );
        let at = self.at_whole_list(holder, label);
        let later = At::new(account, account.label, "applied later");
        let draft = Draft::new(code, message).severity(severity).at(at).related([later]);
        out.report(if in_pod { draft.without_remedy() } else { draft });
    }

    fn about_late_account(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        id: AccountId,
        gathered: &mut Gathered<'c>,
    ) {
        let workload = pod.workload;
        let name = workload.effective_service_account();
        let namespace = workload.object.namespace();
        let dumped =
            name != "default" && self.service_accounts.in_cluster(namespace, name).is_some();
        if dumped || self.policy.service_account(namespace, name).is_some() {
            return;
        }
        // Every namespace has this one; what the stream brings is its list.
        if name == "default" {
            let all = 0..pod.effective().names.len();
            let lists = pod.effective().origin == Origin::ServiceAccount
                && all.into_iter().any(|at| self.needs(pod, at, &|_| false));
            if !lists {
                return;
            }
        }
        let object = self.service_accounts.object(id);
        let key = (id.source, object.namespace(), object.name.as_deref().unwrap_or_default());
        let copies = gathered.of(key, || self.service_accounts.copies(id));
        let Some(missing) = missing(&workload.object, &copies) else { return };
        let name = shown(name);
        let late = AbsentDependency { thing: Dependency::ServiceAccount, name, missing: &missing };
        let at = pod.at("").path(workload.account_path());
        Self::late(out, workload, &late, (at, None));
    }

    fn late(
        out: &mut Findings<'_, '_>,
        workload: &Workload<'_>,
        late: &AbsentDependency<'_>,
        (at, entry): (At<'c>, Option<(&'c Object<'c>, Span)>),
    ) {
        let Some((code, severity)) = late.weight(workload.kind) else { return };
        let label = match late.missing.how {
            How::Deleted => say!("'{}' is gone by then", late.name),
            How::UnlessOlder => say!("is '{}' new?", late.name),
            How::Later | How::Never => say!("starts before '{}' is there", late.name),
        };
        let entry = entry.map(|(object, span)| At::new(object, span, label.clone()));
        let at = At { label, ..at };
        let object = late.missing.object;
        let thing = At::new(object, object.label, "not there when the pod starts");
        let draft = Draft::new(code, late.message(&workload.object)).severity(severity).at(at);
        let draft = draft.related([thing]).remedy(late.remedy(&workload.object));
        let namespace = workload.object.namespace().unwrap_or_default();
        let draft = draft.focus(entry).cause(&[&[late.name.masked(), namespace]]);
        out.report(draft.about(late.name.masked()));
    }
}

/// A thing that a pod needs and does not find.
struct AbsentDependency<'l> {
    thing: Dependency,
    name: Shown<'l>,
    missing: &'l Absence<'l>,
}

impl AbsentDependency<'_> {
    /// How much it matters for a pod of this kind; `None`: not at all.
    fn weight(&self, kind: &Row) -> Option<(&'static Code, Severity)> {
        let Absence { moment, how, .. } = self.missing;
        let (later, deleted) = match self.thing {
            Dependency::PullSecret => {
                (&finding::PULL_SECRET_CREATED_LATER, &finding::PULL_SECRET_DELETED_EARLY)
            }
            Dependency::ServiceAccount => {
                (&finding::SERVICE_ACCOUNT_CREATED_LATER, &finding::SERVICE_ACCOUNT_DELETED_EARLY)
            }
        };
        Some(match how {
            How::Deleted => (deleted, deleted.severity),
            How::Never => (later, later.severity),
            How::UnlessOlder => (later, Severity::Info),
            How::Later if kind.order.starts_later => return None,
            How::Later => {
                let severity = match moment {
                    // With --wait, Helm never gets to the later hooks.
                    Moment::Helm { event: None, .. } => Severity::Warning,
                    Moment::Helm { .. } if kind.order.helm_waits => later.severity,
                    Moment::ArgoCd { .. } if kind.order.argo_waits => later.severity,
                    // What nothing waits for fails until the thing is there, and then recovers.
                    _ => Severity::Info,
                };
                (later, severity)
            }
        })
    }

    /// When the pod starts.
    fn starts(&self) -> Message {
        match self.missing.moment {
            Moment::Helm { event: Some(event), .. } => say!(" as a {} hook", event.name()),
            Moment::Helm { event: None, .. } => Message::default(),
            Moment::ArgoCd { phase, wave, .. } => {
                say!(" in phase {}, wave {},", phase.name(), wave)
            }
        }
    }

    fn message(&self, pod: &Object<'_>) -> Message {
        let who = describe(pod);
        let what = match self.thing {
            Dependency::PullSecret => say!("the pull secret '{}'", self.name),
            // Every namespace has this one; its list is what comes with the stream.
            Dependency::ServiceAccount if self.name.masked() == "default" => {
                "what ServiceAccount 'default' is to name".into()
            }
            Dependency::ServiceAccount => say!("ServiceAccount '{}'", self.name),
        };
        let starts = self.starts();
        let fate = match self.missing.how {
            How::Later => "which does not exist yet",
            How::Deleted => "which is gone by then",
            How::Never => "which does not exist then",
            How::UnlessOlder => "which does not exist yet if this release is the first to have it",
        };
        say!("{} needs{} {}, {}: {}.", who, starts, what, fate, self.reason())
    }

    /// What becomes of the object that is or makes the thing.
    fn reason(&self) -> Message {
        let Absence { moment, how, object } = self.missing;
        let maker = describe(object);
        match (moment, how) {
            (Moment::Helm { event, weight, .. }, _) => match (hook(object), how) {
                (None, How::Deleted) => say!("Helm deletes {} with the release before", maker),
                (None, How::UnlessOlder) => say!(
                    "Helm applies {} with the regular manifests, after the hook (and Argo CD runs the \
                     hook in the first sync too)",
                    maker
                ),
                (None, _) => {
                    say!("Helm applies {} with the regular manifests, after the hook", maker)
                }
                (Some(hook), _) if hook.events.is_empty() => {
                    say!(
                        "Helm drops {}, since it does not know the event in its helm.sh/hook",
                        maker
                    )
                }
                (Some(_), How::Deleted) => say!(
                    "{} is a hook ({}) that is deleted as soon as it succeeds",
                    maker,
                    events(object)
                ),
                (Some(hook), _) if event.is_some_and(|event| hook.events.contains(&event)) => {
                    if hook.weight == *weight {
                        say!(
                            "of hooks of equal weight Helm runs {} later, by the order of names",
                            maker
                        )
                    } else {
                        say!(
                            "Helm runs {}, of weight {}, after weight {}",
                            maker,
                            hook.weight,
                            weight
                        )
                    }
                }
                (Some(_), _) => say!("{} is a hook of another event ({})", maker, events(object)),
            },
            (Moment::ArgoCd { phase, .. }, How::Deleted) => {
                if *phase == SyncHook::PostDelete {
                    say!("Argo CD deletes {} with the application before", maker)
                } else {
                    say!("{} is a hook that Argo CD deletes at the end of the sync", maker)
                }
            }
            (Moment::ArgoCd { .. }, How::Never) => {
                say!("Argo CD does not apply {} in a sync", maker)
            }
            (Moment::ArgoCd { .. }, _) => say!(
                "Argo CD applies {} in a later phase or wave, when all before it is healthy",
                maker
            ),
        }
    }

    fn remedy(&self, pod: &Object<'_>) -> Message {
        let Absence { moment, how, object } = self.missing;
        let maker = describe(object);
        match (moment, how) {
            (_, How::UnlessOlder) => say!(
                "nothing, if {} is in the cluster from an earlier release; else install it one release \
                 earlier, or make it a hook too",
                maker
            ),
            (Moment::Helm { event: Some(_), weight, .. }, _) => {
                let events = events(pod);
                say!(
                    "make {} a hook that runs before:\n  metadata:\n    annotations:\n      \
                     helm.sh/hook: {}\n      helm.sh/hook-weight: \"{}\"\n      \
                     helm.sh/hook-delete-policy: before-hook-creation",
                    maker,
                    events,
                    weight.saturating_sub(5)
                )
            }
            (Moment::Helm { event: None, .. }, How::Deleted) => {
                say!("take hook-succeeded out of helm.sh/hook-delete-policy of {}", maker)
            }
            (Moment::Helm { event: None, .. }, _) => say!(
                "take helm.sh/hook off {}, so that it is applied with the release, or make it a \
                 pre-install,pre-upgrade hook",
                maker
            ),
            (Moment::ArgoCd { phase, .. }, How::Deleted) if *phase != SyncHook::PostDelete => {
                say!("take HookSucceeded (hook-succeeded) out of the delete policy of {}", maker)
            }
            (Moment::ArgoCd { phase, wave, is_hook }, _) => {
                let phase = match (phase, is_hook) {
                    (SyncHook::Sync, false) => Message::default(),
                    (phase, _) => say!("      argocd.argoproj.io/hook: {}\n", phase.name()),
                };
                say!(
                    "let Argo CD apply {} before:\n  metadata:\n    annotations:\n{}      \
                     argocd.argoproj.io/sync-wave: \"{}\"",
                    maker,
                    phase,
                    wave.saturating_sub(1)
                )
            }
        }
    }
}

fn hook<'o>(object: &'o Object<'_>) -> Option<&'o crate::inventory::phase::Hook> {
    object.timing.as_deref()?.hook.as_ref()
}

/// The events of a hook, as its annotation lists them.
fn events(object: &Object<'_>) -> Message {
    let events = hook(object).into_iter().flat_map(|hook| hook.events.iter().copied());
    list(events.map(HookEvent::name), ",")
}
