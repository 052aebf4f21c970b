//! What annotations say about when Helm and Argo CD apply an object, and when they take it away again.
//!
//! Nothing here knows which of two moments comes first, or who deploys the stream.

use super::Text;
use crate::yaml::Node;

/// What the annotations of an object say about its time. An object without any has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timing {
    /// It is a hook of Helm, and no part of the release.
    pub hook: Option<Hook>,
    /// What Argo CD reads besides what it reads of Helm.
    pub argo: Option<Sync>,
    /// It outlives the release or the application.
    pub kept: bool,
}

/// `helm.sh/hook` and its companions, as Helm reads them (`pkg/release/v1/util/manifest_sorter.go`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hook {
    /// Its events; none if one of them is unknown, since Helm then drops the object.
    pub events: Vec<HookEvent>,
    /// `helm.sh/hook-weight`; 0 if it is not a number.
    pub weight: i64,
    /// Whether it is deleted as soon as all hooks of its event have succeeded.
    pub deleted_when_done: bool,
    /// Whether it is not a hook to Argo CD (`crd-install` of Helm 2).
    pub is_crd: bool,
}

/// A moment in the life of a release at which Helm runs hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookEvent {
    /// Before anything of the release is there.
    PreInstall,
    /// After the manifests were applied for the first time.
    PostInstall,
    /// `helm test`.
    Test,
    /// Before the manifests are applied again.
    PreUpgrade,
    /// After that.
    PostUpgrade,
    /// Before an earlier revision is applied.
    PreRollback,
    /// After that.
    PostRollback,
    /// Before the manifests are deleted.
    PreDelete,
    /// After that.
    PostDelete,
}

/// The annotations of Argo CD (`gitops-engine/pkg/sync/common/types.go`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sync {
    /// Its hooks; none for an object of the application itself.
    pub hooks: Vec<SyncHook>,
    /// `argocd.argoproj.io/sync-wave`, if it is a number.
    pub wave: Option<i64>,
    /// Whether it is deleted at the end of a sync that succeeded.
    pub deleted_when_done: bool,
}

/// A value of `argocd.argoproj.io/hook`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncHook {
    /// Before the objects of the application.
    PreSync,
    /// Together with them.
    Sync,
    /// After all of them are healthy.
    PostSync,
    /// When a sync has failed.
    SyncFail,
    /// Before the application is deleted.
    PreDelete,
    /// After that.
    PostDelete,
    /// Never.
    Skip,
}

const EVENTS: &[(&str, HookEvent)] = &[
    ("pre-install", HookEvent::PreInstall),
    ("post-install", HookEvent::PostInstall),
    ("test", HookEvent::Test),
    ("test-success", HookEvent::Test),
    ("pre-upgrade", HookEvent::PreUpgrade),
    ("post-upgrade", HookEvent::PostUpgrade),
    ("pre-rollback", HookEvent::PreRollback),
    ("post-rollback", HookEvent::PostRollback),
    ("pre-delete", HookEvent::PreDelete),
    ("post-delete", HookEvent::PostDelete),
];

const SYNC_HOOKS: &[(&str, SyncHook)] = &[
    ("PreSync", SyncHook::PreSync),
    ("Sync", SyncHook::Sync),
    ("PostSync", SyncHook::PostSync),
    ("SyncFail", SyncHook::SyncFail),
    ("PreDelete", SyncHook::PreDelete),
    ("PostDelete", SyncHook::PostDelete),
    ("Skip", SyncHook::Skip),
];

impl HookEvent {
    /// Its name in `helm.sh/hook`.
    pub fn name(self) -> &'static str {
        name_of(EVENTS, &self)
    }

    /// When Argo CD runs such hooks (`pkg/sync/hook/helm/type.go`, `docs/user-guide/helm.md`).
    pub fn in_argo(self) -> Option<SyncHook> {
        match self {
            Self::PreInstall | Self::PreUpgrade => Some(SyncHook::PreSync),
            Self::PostInstall | Self::PostUpgrade => Some(SyncHook::PostSync),
            Self::PreDelete => Some(SyncHook::PreDelete),
            Self::PostDelete => Some(SyncHook::PostDelete),
            Self::Test | Self::PreRollback | Self::PostRollback => None,
        }
    }
}

impl SyncHook {
    /// Its name in `argocd.argoproj.io/hook`.
    pub fn name(self) -> &'static str {
        name_of(SYNC_HOOKS, &self)
    }
}

fn name_of<T: PartialEq>(names: &[(&'static str, T)], wanted: &T) -> &'static str {
    names.iter().find(|(_, value)| value == wanted).map_or("", |(name, _)| name)
}

impl Timing {
    /// Whether Helm or Argo CD runs it as a hook. Both delete what is left of a hook before they make it again, unless
    /// they are told otherwise.
    pub fn is_hook(&self) -> bool {
        self.hook.is_some() || self.argo.as_ref().is_some_and(|sync| !sync.hooks.is_empty())
    }

    /// What the annotations of an object say; most say nothing.
    pub(super) fn of(node: Node<'_, '_>) -> Option<Box<Self>> {
        let annotations = node.at(&["metadata", "annotations"])?;
        let mut hook: Option<Hook> = None;
        let mut argo: Option<Sync> = None;
        let mut kept = false;
        let (mut weight, mut helm_deletes) = (0, false);
        for (key, value) in annotations.entries() {
            let (Some(key), Some(value)) = (key.scalar(), value.scalar()) else { continue };
            match &*key {
                "helm.sh/hook" => hook = Some(Hook::of(&value)),
                "helm.sh/hook-weight" => weight = value.parse().unwrap_or(0),
                "helm.sh/hook-delete-policy" => {
                    helm_deletes = listed(&value).any(|word| word == "hook-succeeded");
                }
                "helm.sh/resource-policy" => kept |= value.trim().eq_ignore_ascii_case("keep"),
                "argocd.argoproj.io/hook" => {
                    argo.get_or_insert_default().hooks = sync_hooks(&value);
                }
                "argocd.argoproj.io/sync-wave" => {
                    argo.get_or_insert_default().wave = value.parse().ok();
                }
                "argocd.argoproj.io/hook-delete-policy" => {
                    argo.get_or_insert_default().deleted_when_done =
                        csv(&value).any(|word| word == "HookSucceeded");
                }
                "argocd.argoproj.io/sync-options" => {
                    kept |= csv(&value).any(|word| word == "Delete=false");
                }
                _ => {}
            }
        }
        let hook = hook.map(|hook| Hook { weight, deleted_when_done: helm_deletes, ..hook });
        let timing = Self { hook, argo, kept };
        (timing != Self::default()).then(|| Box::new(timing))
    }
}

impl Hook {
    fn of(value: &str) -> Self {
        let known = |word: String| EVENTS.iter().find(|(name, _)| *name == word);
        let events: Option<Vec<_>> =
            listed(value).map(|word| Some(known(word)?.1)).collect::<Option<_>>();
        let mut events = events.unwrap_or_default();
        events.sort_unstable();
        events.dedup();
        Self { events, is_crd: value == "crd-install", ..Self::default() }
    }
}

fn sync_hooks(value: &str) -> Vec<SyncHook> {
    let known = |word: &str| SYNC_HOOKS.iter().find(|(name, _)| *name == word);
    let mut hooks: Vec<_> = csv(value).filter_map(|word| Some(known(word)?.1)).collect();
    hooks.sort_unstable();
    hooks.dedup();
    hooks
}

/// The words of a list as Helm reads it, in lower case.
fn listed(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(|word| word.trim().to_lowercase())
}

/// The words of a list as Argo CD reads it (`GetAnnotationCSVs`).
fn csv(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// The annotation with which the kubelet marks the copy of a static pod
/// (`kubetypes.ConfigMirrorAnnotationKey`).
const MIRROR: &str = "kubernetes.io/config.mirror";
/// Where the kubelet has a pod from (`kubetypes.ConfigSourceAnnotationKey`).
const SOURCE: &str = "kubernetes.io/config.source";

/// Whether annotations tell that the kubelet runs a pod from a file or URL of its own
/// (`IsStaticPod` and `IsMirrorPod` of `pkg/kubelet/types/pod_update.go`).
pub(super) fn is_static<'a>(annotation: impl Fn(&str) -> Option<Text<'a>>) -> bool {
    annotation(MIRROR).is_some() || annotation(SOURCE).is_some_and(|source| source != "api")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;

    fn timing(annotations: &str) -> Option<Timing> {
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {{{annotations}}}\n"
        );
        let inventory = Inventory::of(&text).unwrap();
        inventory.secrets[0].object.timing.as_deref().cloned()
    }

    #[test]
    fn an_object_without_such_annotations_has_no_timing() {
        assert_eq!(timing(""), None);
        assert_eq!(timing("helm.sh/chart: x, argocd.argoproj.io/tracking-id: y"), None);
        // Helm looks at the weight of hooks only.
        assert_eq!(timing("helm.sh/hook-weight: \"-5\""), None);
    }

    #[test]
    fn events_are_a_list_in_any_case_and_one_unknown_drops_the_object() {
        let hook = |value: &str| timing(&format!("helm.sh/hook: \"{value}\"")).unwrap().hook;
        let events = |value: &str| hook(value).unwrap().events;
        assert_eq!(events("pre-install"), [HookEvent::PreInstall]);
        assert_eq!(
            events("Pre-Upgrade, pre-install,pre-upgrade"),
            [HookEvent::PreInstall, HookEvent::PreUpgrade]
        );
        assert_eq!(events("test-success"), [HookEvent::Test]);
        for unknown in ["pre-instal", "", "pre-install,", "crd-install"] {
            assert_eq!(events(unknown), [], "{unknown}");
        }
        assert!(hook("crd-install").unwrap().is_crd);
    }

    #[test]
    fn weights_are_numbers_of_go_or_nothing() {
        let weight = |value: &str| {
            let annotations = format!("helm.sh/hook: test, helm.sh/hook-weight: \"{value}\"");
            timing(&annotations).unwrap().hook.unwrap().weight
        };
        for (value, expected) in [("-5", -5), ("+3", 3), ("1.5", 0), ("x", 0), ("", 0)] {
            assert_eq!(weight(value), expected, "{value}");
        }
    }

    #[test]
    fn hooks_may_be_deleted_when_they_are_done() {
        let deleted = |value: &str| {
            let annotations =
                format!("helm.sh/hook: test, helm.sh/hook-delete-policy: \"{value}\"");
            timing(&annotations).unwrap().hook.unwrap().deleted_when_done
        };
        assert!(deleted("before-hook-creation, Hook-Succeeded"));
        assert!(!deleted("before-hook-creation"));
        assert!(!deleted("hook-failed"));
    }

    #[test]
    fn the_annotations_of_argo_cd_are_read_in_their_own_case() {
        let argo = |annotations: &str| timing(annotations).unwrap().argo.unwrap();
        let waves = argo("argocd.argoproj.io/sync-wave: \"-1\"");
        assert_eq!((waves.wave, &waves.hooks[..]), (Some(-1), &[][..]));
        assert_eq!(argo("argocd.argoproj.io/sync-wave: first").wave, None);
        let hooks = argo(
            "argocd.argoproj.io/hook: \"PostSync, PreSync,presync\", argocd.argoproj.io/hook-delete-policy: \
             HookSucceeded",
        );
        assert_eq!(hooks.hooks, [SyncHook::PreSync, SyncHook::PostSync]);
        assert!(hooks.deleted_when_done);
    }

    #[test]
    fn what_is_kept_outlives_its_release() {
        assert!(timing("helm.sh/resource-policy: Keep").unwrap().kept);
        assert!(
            timing("argocd.argoproj.io/sync-options: \"Prune=false,Delete=false\"").unwrap().kept
        );
        assert_eq!(timing("helm.sh/resource-policy: delete"), None);
    }

    #[test]
    fn static_pods_are_told_by_their_source() {
        let told = |key: &str, value: &str| {
            is_static(|wanted| (wanted == key).then(|| Text::from(value.to_owned())))
        };
        assert!(told(MIRROR, "a1b2"));
        assert!(told(SOURCE, "file"));
        assert!(told(SOURCE, "http"));
        assert!(!told(SOURCE, "api"));
        assert!(!told("kubernetes.io/config.seen", "2026-01-01"));
    }
}
