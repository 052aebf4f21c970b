//! Whether a thing that a pod needs is there when the pod starts, by the order in which Helm and Argo CD
//! apply objects.
//!
//! Nothing here knows what the thing is needed for, or how to say that it is missing.

mod copies;

use crate::inventory::phase::{Hook, HookEvent, SyncHook, Timing};
use crate::inventory::{Object, Workload};

pub(super) use copies::{Gathered, last_of_each};

/// Who applies the objects in an order of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    Helm,
    ArgoCd,
}

/// A time at which a pod starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment<'i> {
    /// As a hook of Helm; `None`: with the regular manifests.
    Helm { event: Option<HookEvent>, weight: i64, name: &'i str },
    /// In a phase and wave of Argo CD.
    ArgoCd { phase: SyncHook, wave: i64, is_hook: bool },
}

/// Something that is not there when a pod needs it.
pub(super) struct Absence<'i> {
    /// When the pod starts.
    pub(super) moment: Moment<'i>,
    /// What happens to the thing.
    pub(super) how: How,
    /// The object that is or makes the thing.
    pub(super) object: &'i Object<'i>,
}

/// Why a thing is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It is applied later in the same operation.
    Later,
    /// It was there, and is deleted before.
    Deleted,
    /// The operation does not apply it at all.
    Never,
    /// It is there, unless this very release brings it.
    UnlessOlder,
}

/// Whether the pods of a workload start once before an object of the input is applied.
pub(super) fn starts_before<'i>(workload: &'i Workload<'_>, object: &'i Object<'i>) -> bool {
    let waits = workload.kind.order.starts_later;
    let missing = missing(&workload.object, &[object]);
    missing.is_some_and(|missing| match missing.how {
        How::Later | How::UnlessOlder => !waits,
        How::Deleted | How::Never => true,
    })
}

/// The first moment at which `pod` starts without any of `copies`, the objects that are or make the same thing;
/// `None` if one is there each time, or if nothing says in which order the objects are applied.
pub(super) fn missing<'i>(pod: &'i Object<'_>, copies: &[&'i Object<'i>]) -> Option<Absence<'i>> {
    let runner = runner(pod, copies)?;
    let moments = moments(pod, runner);
    let upgrade_only = |event: HookEvent| {
        event == HookEvent::PreUpgrade
            && !hook(pod).is_some_and(|hook| hook.events.contains(&HookEvent::PreInstall))
    };
    moments.into_iter().find_map(|moment| {
        let states: Vec<_> = copies.iter().map(|copy| (state(copy, moment), *copy)).collect();
        if states.iter().any(|(state, _)| *state == Presence::There) {
            let by_release = states.iter().all(|(_, copy)| hook(copy).is_none());
            let Moment::Helm { event: Some(event), .. } = moment else { return None };
            let object = *copies.last().filter(|_| by_release && upgrade_only(event))?;
            return Some(Absence { moment, how: How::UnlessOlder, object });
        }
        let (state, object) = states.into_iter().max_by_key(|(state, _)| *state)?;
        let how = match state {
            Presence::Deleted => How::Deleted,
            Presence::Later => How::Later,
            Presence::Never | Presence::There => How::Never,
        };
        Some(Absence { moment, how, object })
    })
}

/// Annotations of Argo CD are there for Argo CD, and it reads those of Helm too. Without any of either, objects
/// are applied together.
fn runner(pod: &Object<'_>, copies: &[&Object<'_>]) -> Option<Runner> {
    let says = |said: &dyn Fn(&Timing) -> bool| {
        let of = |object: &Object<'_>| object.timing.as_deref().is_some_and(said);
        of(pod) || copies.iter().any(|copy| of(copy))
    };
    if says(&|timing| timing.argo.is_some()) {
        Some(Runner::ArgoCd)
    } else {
        says(&|timing| timing.hook.is_some()).then_some(Runner::Helm)
    }
}

fn hook<'o>(object: &'o Object<'_>) -> Option<&'o Hook> {
    object.timing.as_deref()?.hook.as_ref()
}

fn is_kept(object: &Object<'_>) -> bool {
    object.timing.as_deref().is_some_and(|timing| timing.kept)
}

fn name<'o>(object: &'o Object<'_>) -> &'o str {
    object.name.as_deref().unwrap_or_default()
}

fn moments<'i>(pod: &'i Object<'_>, runner: Runner) -> Vec<Moment<'i>> {
    match (runner, hook(pod)) {
        (Runner::Helm, None) => vec![Moment::Helm { event: None, weight: 0, name: name(pod) }],
        (Runner::Helm, Some(hook)) => {
            let at =
                |&event| Moment::Helm { event: Some(event), weight: hook.weight, name: name(pod) };
            hook.events.iter().map(at).collect()
        }
        (Runner::ArgoCd, _) => {
            let Synced { phases, wave, is_hook, .. } = synced(pod);
            // A failed sync may have applied anything.
            let known = |phase: &SyncHook| !matches!(phase, SyncHook::SyncFail | SyncHook::Skip);
            let at = |phase| Moment::ArgoCd { phase, wave, is_hook };
            phases.into_iter().filter(known).map(at).collect()
        }
    }
}

/// What is there of a thing at a moment; the greater explains more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Presence {
    Never,
    Later,
    Deleted,
    There,
}

fn state(thing: &Object<'_>, moment: Moment<'_>) -> Presence {
    match moment {
        Moment::Helm { event, weight, name } => match hook(thing) {
            None => regular(thing, event),
            Some(hook) => hooked(hook, thing, (event, weight, name)),
        },
        Moment::ArgoCd { phase, wave, is_hook } => in_argo(thing, phase, wave, is_hook),
    }
}

/// The manifests of a release are applied together, Secrets and ServiceAccounts first, and all of them are there
/// until it is uninstalled.
fn regular(thing: &Object<'_>, event: Option<HookEvent>) -> Presence {
    match event {
        Some(HookEvent::PreInstall) => Presence::Later,
        Some(HookEvent::PostDelete) if !is_kept(thing) => Presence::Deleted,
        _ => Presence::There,
    }
}

/// Hooks of an event run by weight, then by name; that the order of kinds decides before names is in Helm's
/// documentation only (`hookByWeight` in `pkg/action/hooks.go`; helm/helm#12414). What is not deleted stays.
fn hooked(
    hook: &Hook,
    thing: &Object<'_>,
    (event, weight, name): (Option<HookEvent>, i64, &str),
) -> Presence {
    let before = (hook.weight, self::name(thing)) < (weight, name)
        // Of equal names, the order of kinds decides, in which unknown kinds come last.
        || (hook.weight, self::name(thing)) == (weight, name)
            && matches!(&*thing.type_meta.kind, "Secret" | "ServiceAccount");
    let states = hook.events.iter().map(|&own| {
        if Some(own) == event {
            if before { Presence::There } else { Presence::Later }
        } else if !is_before(own, event) {
            let later = match event {
                None | Some(HookEvent::PreInstall) => own == HookEvent::PostInstall,
                Some(HookEvent::PreUpgrade) => own == HookEvent::PostUpgrade,
                Some(_) => false,
            };
            if later { Presence::Later } else { Presence::Never }
        } else if hook.deleted_when_done {
            Presence::Deleted
        } else {
            Presence::There
        }
    });
    states.max().unwrap_or(Presence::Never)
}

/// Whether hooks of `own` have certainly run when `event` comes.
fn is_before(own: HookEvent, event: Option<HookEvent>) -> bool {
    match (own, event) {
        (HookEvent::PreInstall, event) => event != Some(HookEvent::PreInstall),
        (HookEvent::PostInstall, Some(event)) => event > HookEvent::PostInstall,
        (HookEvent::PreUpgrade, event) => event == Some(HookEvent::PostUpgrade),
        (HookEvent::PreRollback, event) => event == Some(HookEvent::PostRollback),
        (HookEvent::PreDelete, event) => event == Some(HookEvent::PostDelete),
        _ => false,
    }
}

/// How Argo CD sees an object.
struct Synced {
    phases: Vec<SyncHook>,
    wave: i64,
    is_hook: bool,
    deleted_when_done: bool,
}

/// Its own annotations go before Helm's, which it reads too (`Types` in `pkg/sync/hook/hook.go`, `Wave` in
/// `pkg/sync/syncwaves/waves.go`, `DeletePolicies` in `pkg/sync/hook/delete_policy.go`).
fn synced(object: &Object<'_>) -> Synced {
    let timing = object.timing.as_deref();
    let argo = timing.and_then(|timing| timing.argo.as_ref());
    let hook = timing.and_then(|timing| timing.hook.as_ref()).filter(|hook| !hook.is_crd);
    let own = argo.map_or(&[][..], |argo| &argo.hooks);
    let (phases, is_hook) = match (own, hook) {
        ([], None) => (vec![SyncHook::Sync], false),
        ([], Some(hook)) => {
            (hook.events.iter().filter_map(|event| event.in_argo()).collect(), true)
        }
        (own, _) => (own.to_vec(), true),
    };
    let wave = argo.and_then(|argo| argo.wave);
    let deleted = argo.is_some_and(|argo| argo.deleted_when_done)
        || hook.is_some_and(|hook| hook.deleted_when_done);
    Synced {
        phases,
        wave: wave.or(hook.map(|hook| hook.weight)).unwrap_or(0),
        is_hook,
        deleted_when_done: is_hook && deleted,
    }
}

/// A wave begins when all that was applied before is healthy, and within one nothing waits for anything
/// (`Sync` in `pkg/sync/sync_context.go`). Hooks that are to be deleted go when the sync is over.
fn in_argo(thing: &Object<'_>, phase: SyncHook, wave: i64, is_hook: bool) -> Presence {
    let thing_synced = synced(thing);
    let Synced { phases, is_hook: thing_is_hook, deleted_when_done, .. } = &thing_synced;
    let deletes = |phase: SyncHook| matches!(phase, SyncHook::PreDelete | SyncHook::PostDelete);
    let states = phases.iter().map(|&own| {
        if own == SyncHook::Skip {
            // Whoever applies it, it is not this application.
            Presence::There
        } else if deletes(phase) && !deletes(own) {
            let gone = phase == SyncHook::PostDelete && !thing_is_hook && !is_kept(thing);
            if gone || *deleted_when_done { Presence::Deleted } else { Presence::There }
        } else if own == SyncHook::SyncFail || deletes(own) && !deletes(phase) {
            Presence::Never
        } else if (own, thing_synced.wave) > (phase, wave) {
            Presence::Later
        } else if *deleted_when_done && !is_hook {
            Presence::Deleted
        } else {
            Presence::There
        }
    });
    states.max().unwrap_or(Presence::Never)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;

    /// Why a Job with these annotations does not find a Secret with those.
    fn how(job: &str, secret: &str) -> Option<How> {
        let names = ("job", "secret");
        how_named(names, job, secret)
    }

    fn how_named((job_name, secret_name): (&str, &str), job: &str, secret: &str) -> Option<How> {
        let text = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {job_name}\n  annotations: {{{job}}}\nspec: \
             {{template: {{spec: {{containers: []}}}}}}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  \
             name: {secret_name}\n  annotations: {{{secret}}}\n"
        );
        let inventory = Inventory::of(&text).unwrap();
        let copies = [&inventory.secrets[0].object];
        missing(&inventory.workloads[0].object, &copies).map(|missing| missing.how)
    }

    fn hook(events: &str, weight: i64) -> String {
        format!("helm.sh/hook: \"{events}\", helm.sh/hook-weight: \"{weight}\"")
    }

    fn wave(phase: &str, wave: i64) -> String {
        let phase = if phase.is_empty() {
            String::new()
        } else {
            format!("argocd.argoproj.io/hook: {phase}, ")
        };
        format!("{phase}argocd.argoproj.io/sync-wave: \"{wave}\"")
    }

    #[test]
    fn without_an_order_nothing_is_missing() {
        assert_eq!(how("", ""), None);
        assert_eq!(how("a: b", "helm.sh/resource-policy: keep"), None);
    }

    #[test]
    fn hooks_before_an_installation_find_nothing_of_the_release() {
        assert_eq!(how(&hook("pre-install", 5), ""), Some(How::Later));
        assert_eq!(how(&hook("pre-install,pre-upgrade", 5), ""), Some(How::Later));
        assert_eq!(how(&hook("pre-upgrade", 0), ""), Some(How::UnlessOlder));
        for fine in ["post-install", "post-upgrade", "test", "pre-delete", "pre-rollback"] {
            assert_eq!(how(&hook(fine, 0), ""), None, "{fine}");
        }
    }

    #[test]
    fn what_is_deleted_with_the_release_is_gone_after_it() {
        assert_eq!(how(&hook("post-delete", 0), ""), Some(How::Deleted));
        assert_eq!(how(&hook("post-delete", 0), "helm.sh/resource-policy: keep"), None);
        assert_eq!(how(&hook("post-delete", 0), &hook("pre-install", 0)), None);
        assert_eq!(how(&hook("post-delete", 0), &hook("post-delete", -1)), None);
    }

    #[test]
    fn hooks_of_an_event_run_by_weight_and_name() {
        let job = hook("pre-install", 0);
        assert_eq!(how(&job, &hook("pre-install", -1)), None);
        assert_eq!(how(&job, &hook("pre-install", 1)), Some(How::Later));
        assert_eq!(how_named(("b", "a"), &job, &hook("pre-install", 0)), None);
        assert_eq!(how_named(("a", "b"), &job, &hook("pre-install", 0)), Some(How::Later));
        assert_eq!(how_named(("a", "a"), &job, &hook("pre-install", 0)), None);
    }

    #[test]
    fn a_hook_secret_has_to_be_of_an_event_that_comes_before() {
        let job = hook("pre-install,pre-upgrade", 0);
        assert_eq!(how(&job, &hook("pre-upgrade", -5)), Some(How::Never));
        assert_eq!(how(&job, &hook("post-install", -5)), Some(How::Later));
        // It stays until the upgrade.
        assert_eq!(how(&job, &hook("pre-install", -5)), None);
        assert_eq!(how(&hook("post-install", 0), &hook("pre-install", 0)), None);
        assert_eq!(how(&hook("test", 0), &hook("pre-upgrade", 0)), Some(How::Never));
        assert_eq!(how(&hook("post-upgrade", 0), &hook("pre-upgrade", 9)), None);
    }

    #[test]
    fn regular_pods_find_hooks_before_the_installation_only() {
        assert_eq!(how("", &hook("pre-install", 0)), None);
        assert_eq!(how("", &hook("post-install", 0)), Some(How::Later));
        assert_eq!(how("", &hook("pre-upgrade", 0)), Some(How::Never));
        assert_eq!(how("", &hook("test", 0)), Some(How::Never));
        assert_eq!(how("", &hook("pre-instal", 0)), Some(How::Never));
    }

    #[test]
    fn what_succeeds_may_be_deleted_when_its_event_is_over() {
        let secret =
            format!("{}, helm.sh/hook-delete-policy: hook-succeeded", hook("pre-install", -5));
        assert_eq!(how(&hook("pre-install", 0), &secret), None);
        assert_eq!(how(&hook("post-install", 0), &secret), Some(How::Deleted));
        assert_eq!(how("", &secret), Some(How::Deleted));
        let kept = secret.replace("hook-succeeded", "before-hook-creation");
        assert_eq!(how("", &kept), None);
    }

    #[test]
    fn one_copy_that_is_there_is_enough() {
        let text = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  annotations: {helm.sh/hook: \
                    pre-install}\nspec: {template: {spec: {containers: []}}}\n---\napiVersion: v1\nkind: \
                    Secret\nmetadata: {name: s}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  \
                    annotations: {helm.sh/hook: pre-install, helm.sh/hook-weight: \"-9999\"}\n";
        let inventory = Inventory::of(text).unwrap();
        let copies: Vec<_> = inventory.secrets.iter().map(|secret| &secret.object).collect();
        assert!(missing(&inventory.workloads[0].object, &copies).is_none());
        assert!(missing(&inventory.workloads[0].object, &copies[..1]).is_some());
    }

    #[test]
    fn argo_cd_waits_between_waves_and_phases() {
        assert_eq!(how("", &wave("", 1)), Some(How::Later));
        assert_eq!(how("", &wave("", -1)), None);
        assert_eq!(how(&wave("", 2), &wave("", 1)), None);
        assert_eq!(how(&wave("", 1), &wave("", 1)), None);
        assert_eq!(how(&wave("PreSync", 0), ""), Some(How::Later));
        assert_eq!(how(&wave("PreSync", 0), &wave("", -5)), Some(How::Later));
        assert_eq!(how(&wave("PreSync", 0), &wave("PreSync", -1)), None);
        assert_eq!(how(&wave("PreSync", 0), &wave("PreSync", 1)), Some(How::Later));
        assert_eq!(how(&wave("PostSync", -5), &wave("", 5)), None);
        assert_eq!(how(&wave("Sync", 0), ""), None);
        assert_eq!(how("", &wave("PostSync", 0)), Some(How::Later));
        assert_eq!(how(&wave("SyncFail", 0), ""), None);
        assert_eq!(how(&wave("PreSync", 0), &wave("Skip", 0)), None);
        assert_eq!(how(&wave("PostDelete", 0), ""), Some(How::Deleted));
        assert_eq!(
            how(&wave("PostDelete", 0), "argocd.argoproj.io/sync-options: Delete=false"),
            None
        );
        assert_eq!(how(&wave("PreDelete", 0), ""), None);
    }

    #[test]
    fn argo_cd_reads_the_annotations_of_helm() {
        let job = format!("{}, argocd.argoproj.io/sync-wave: \"0\"", hook("pre-install", 9));
        assert_eq!(how(&job, &hook("pre-install", -1)), None);
        assert_eq!(how(&job, &hook("pre-upgrade", 0)), None);
        assert_eq!(how(&job, &hook("pre-upgrade", 1)), Some(How::Later));
        assert_eq!(how(&job, &hook("test", 0)), Some(How::Never));
        // No hook of Helm's when there is one of Argo CD's.
        let both = format!("{}, {}", hook("pre-install", 0), wave("PostSync", 0));
        assert_eq!(how(&both, ""), None);
    }

    #[test]
    fn argo_cd_deletes_hooks_at_the_end_of_a_sync() {
        let secret =
            format!("{}, argocd.argoproj.io/hook-delete-policy: HookSucceeded", wave("PreSync", 0));
        assert_eq!(how(&wave("PostSync", 0), &secret), None);
        assert_eq!(how("", &secret), Some(How::Deleted));
        assert_eq!(how("", &wave("PreSync", 0)), None);
    }
}
