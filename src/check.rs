//! The whole judgement: sources and a policy in; verdicts, findings and edits out.
//!
//! Pure: nothing here reads a file, the environment or the clock, and nothing here prints.

mod context;
mod covering;
mod findings;
mod ignores;
mod mounts;
mod naming;
mod order;
pub mod proposal;
mod rotation;
mod summary;
mod world;

use std::cell::{LazyCell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::path::PathBuf;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::credentials::provider::Provider;
use crate::edit::Plan;
use crate::finding::{FindingList, Severity};
use crate::inject::{self, Added, Holder, Injection, Request};
use crate::inventory::stamp::{self, Stamp, Stamped};
use crate::inventory::{self, Inventory, Pulled, ServiceAccount, Workload, WorkloadId};
use crate::policy::registries::Class;
use crate::policy::{AccessFrom, InjectInto, Policy, RuleId};
use crate::shared::Shared;
use crate::source::Source;
use crate::text::Text;
use crate::verdict::{
    Account, Accounts, Credentials, Effective, Evidence, Identified, Judgement, Known, LookUp,
    Malformed, Named, Origin, Pull, Referrer, Secrets,
};
use crate::yaml::Problem;

use covering::Covering;
use findings::Findings;
use world::{InUse, Resolved, ResolvedPod, World};

pub use context::ContextScope;
pub use findings::story::{Story, StoryFinding, StoryStep, Wanted};
pub use ignores::Suppressions;
pub use rotation::ages;
pub use summary::{Basis, Status, Summary, UnjudgedImages};

/// What the run knows besides sources and policy.
#[derive(Clone, Copy)]
pub struct Circumstances<'e> {
    /// The time of the run.
    pub now: Timestamp,
    /// The plugins of the kubelet's `CredentialProviderConfig`, if the policy names one.
    pub providers: &'e [Provider],
    /// Dumps of the cluster: facts about ServiceAccounts and Secrets that the sources do not hold. Nothing in them is
    /// judged or edited.
    pub cluster: &'e [Source],
    /// How the input came.
    pub input: Input,
    /// Which sources belong together.
    pub context: ContextScope,
    /// The files and folders that were named, for the commands that a remedy proposes.
    pub paths: &'e [PathBuf],
    /// Who runs the program.
    pub caller: Caller,
    /// Whether an input without a document is an error.
    pub require_input: bool,
    /// What becomes of the stamps of workloads.
    pub stamps: Stamps,
    /// Which findings are left out.
    pub suppressions: Suppressions<'e>,
    /// Whether a person reads along: the caller, if there is one, does not capture what is reported.
    pub watched: bool,
    /// Whether images in texts are listed: manifests in `ConfigMap`s, values of charts.
    pub hints: bool,
}

/// Who runs the program: a remedy says what to write there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person or a renderer, with flags.
    CommandLine,
    /// The config management plugin of Argo CD, with parameters of an Application.
    ArgoCd,
    /// kustomize or kpt, with a functionConfig.
    Function,
}

/// How the input came, as far as it changes what is worth saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// From a renderer, on its way to a cluster: one part of what a policy is for.
    Stream,
    /// All that a renderer or a person hands over to be checked.
    Piped,
    /// Files, as they are kept.
    Files,
}

/// What becomes of the stamps of workloads (`inventory::stamp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamps {
    /// Nothing.
    Ignored,
    /// They are written where they are not there.
    Written,
    /// They have to be there.
    Required,
}

impl Circumstances<'_> {
    /// The day of the run, in UTC.
    pub fn today(&self) -> Date {
        Offset::UTC.to_datetime(self.now).date()
    }
}

/// Everything that a report can say.
pub struct Outcome<'a> {
    /// What each source holds; nothing for one that cannot be read. After those of the sources come those of the dumps
    /// of the cluster, and so they are numbered wherever a source has a number.
    pub inventories: Vec<Inventory<'a>>,
    /// The dumps.
    pub cluster: &'a [Source],
    /// The sources and dumps that are not YAML streams.
    pub problems: Vec<(usize, Problem)>,
    /// The workloads, in the order of sources and streams.
    pub pods: Vec<Pod<'a>>,
    /// What was found: what stops a pull first, how credentials are kept last, and each by source, place and code.
    pub findings: FindingList,
    /// The findings that the policy, the manifests or the baseline accept, in the same order. They do not count.
    pub suppressed: FindingList,
    /// The edits of each source; none of a dump.
    pub plans: Vec<Plan>,
    /// What the edits add, by holder.
    pub added: Added<'a>,
    /// The counts.
    pub summary: Summary,
    /// The time of the run.
    pub now: Timestamp,
}

/// A workload with its verdicts.
pub struct Pod<'a> {
    /// Which workload.
    pub id: WorkloadId,
    /// The pull secrets of the output.
    pub effective: Effective<'a>,
    /// Who tells of its ServiceAccount.
    pub account: Evidence,
    /// A verdict for each of its images.
    pub images: Vec<Judged>,
}

impl Pod<'_> {
    /// Whether a dump of the cluster tells what a verdict rests on.
    fn rests_on_cluster(&self, judged: &Judged) -> bool {
        let judgement = &judged.judgement;
        let by_account = match judgement.identity() {
            Some(Identified::ByAnnotation(_) | Identified::OnlyInside(_)) => true,
            Some(_) => false,
            None => self.effective.origin == Origin::ServiceAccount,
        };
        judgement.evidence == Evidence::Cluster || by_account && self.account == Evidence::Cluster
    }
}

/// An image with its verdict.
pub struct Judged {
    /// Whether it needs credentials, and who says so; `None` if the reference does not parse.
    pub access: Option<(Class, AccessFrom)>,
    /// The verdict in the output; its secret is one of the names of [`Pod::effective`].
    pub judgement: Judgement,
    /// Whether the injection made it configured.
    pub by_injection: bool,
}

impl Judged {
    /// Whether no one says that the registry is public, and nothing that it is private.
    fn is_assumed_public(&self) -> bool {
        self.access == Some((Class::Public, AccessFrom::Assumed))
    }
}

impl Outcome<'_> {
    /// Whether a finding is at least as severe as `threshold`.
    pub fn reaches(&self, threshold: Severity) -> bool {
        let rank = |severity| match severity {
            Severity::Info => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
        };
        self.findings.iter().any(|finding| rank(finding.severity) >= rank(threshold))
    }
}

/// Judges `sources` by `policy`, and plans what it says to inject.
///
/// A source that cannot be read is among the problems, and the others are judged without it.
///
/// # Panics
///
/// Never, unless two edits of this program overlap, which would be a mistake in it.
pub fn check<'a>(
    sources: &'a [Source],
    policy: &'a Policy,
    circumstances: Circumstances<'a>,
) -> Outcome<'a> {
    check_and(sources, policy, circumstances, |_, _| ()).0
}

/// The same, with the story of each image that somebody asks about.
///
/// # Panics
///
/// As [`check`].
pub fn explain<'a>(
    sources: &'a [Source],
    policy: &'a Policy,
    circumstances: Circumstances<'a>,
    wanted: &Wanted,
) -> (Outcome<'a>, Vec<Story>) {
    check_and(sources, policy, circumstances, |world, findings| {
        let all = findings.found.iter().chain(findings.suppressed.iter());
        findings::story::stories(world, wanted, &all)
    })
}

/// Judges, and asks `question` about what is known after the verdicts.
fn check_and<'a, T>(
    sources: &'a [Source],
    policy: &'a Policy,
    circumstances: Circumstances<'a>,
    question: impl FnOnce(&World<'_>, &Findings<'_, '_>) -> T,
) -> (Outcome<'a>, T) {
    let (inventories, problems) = read(sources, policy, circumstances);
    let mut used = BTreeSet::new();
    let service_accounts = Accounts::new(&inventories);
    let mut secrets = Secrets::new(&inventories);
    let covering =
        LazyCell::new(|| Covering::new(&inventories, policy, circumstances.now.as_second()));
    let mut requests = requests(&inventories, &service_accounts, policy, &mut used);
    for request in &mut requests {
        use_present_names(&inventories, &secrets, request, policy);
    }
    let providers = circumstances.providers;
    let overlay = Overlay { inventories: &inventories, added: &Added::new() };
    Judge { overlay, secrets: &secrets, providers, policy }.attach_all(&mut requests, &covering);
    let mut injection = inject::decide(&inventories, &requests, policy);
    let plans = injection.plan(&inventories).expect("sites of different holders are disjoint");
    let Injection { added, notes, .. } = injection;
    let overlay = Overlay { inventories: &inventories, added: &added };
    let never = mounts::never_mounted(&overlay, &requests, &secrets, policy);
    secrets.never_mounted(never);
    let judge = Judge { overlay, secrets: &secrets, providers, policy };
    let (pods, resolved) = judge.pods(requests, &mut used);
    let stamped = stamped(sources, policy, circumstances.stamps);
    let plans = with_stamps(plans, &stamped, circumstances.stamps);
    let world_pods = resolved_pods(&pods, resolved, &inventories);
    let world = World {
        sources,
        inventories: &inventories,
        service_accounts: &service_accounts,
        secrets: &secrets,
        covering: world_pods.iter().any(ResolvedPod::is_wanting).then(|| &*covering),
        pods: world_pods,
        stamped: &stamped,
        added: &added,
        notes: &notes,
        policy,
        circumstances,
        names: OnceCell::new(),
        unreadable: !problems.is_empty(),
    };
    let findings = Findings::of(&world, used);
    let answer = question(&world, &findings);
    let Findings { found: findings, suppressed, excused, .. } = findings;
    let summary = Summary::of(&inventories, &pods, &findings, &excused).or_fail(&problems);
    let outcome = Outcome {
        inventories,
        cluster: circumstances.cluster,
        problems,
        pods,
        findings,
        suppressed,
        plans,
        added,
        summary,
        now: circumstances.now,
    };
    (outcome, answer)
}

/// What each source and then each dump of the cluster holds, and those that cannot be read.
fn read<'a>(
    sources: &'a [Source],
    policy: &'a Policy,
    circumstances: Circumstances<'a>,
) -> (Vec<Inventory<'a>>, Vec<(usize, Problem)>) {
    // On the way to a cluster, what need not be read is left to whoever reads it next.
    let kinds = policy.kinds();
    let read = match circumstances.input {
        Input::Stream => Inventory::of_kinds,
        Input::Piped | Input::Files => Inventory::of_whole,
    };
    let dumps = circumstances.cluster;
    let contexts = context::of(sources, circumstances.context);
    let mut problems = Vec::new();
    let mut inventories = Vec::with_capacity(sources.len() + dumps.len());
    let manifests = sources.iter().map(|source| read(&source.text, kinds));
    let dumps = dumps.iter().map(|source| Inventory::of_cluster(&source.text, kinds));
    for (at, read) in manifests.chain(dumps).enumerate() {
        let inventory = read.unwrap_or_else(|problem| {
            problems.push((at, problem));
            Inventory::default()
        });
        let context = contexts.get(at).copied();
        let context = context.unwrap_or_else(|| context::of_dumps(circumstances.context));
        inventories.push(inventory.of_run(at, context, policy.namespace()));
    }
    inventory::resolve(&mut inventories);
    (inventories, problems)
}

/// The pods with all that checks ask about them.
fn resolved_pods<'c>(
    pods: &'c [Pod<'_>],
    resolved: Vec<(InUse<'c>, Resolved<'c>)>,
    inventories: &'c [Inventory<'_>],
) -> Vec<ResolvedPod<'c>> {
    let all = pods.iter().zip(resolved);
    all.map(|(pod, (account, known))| ResolvedPod::new(pod, inventories, account, known)).collect()
}

/// The workloads of each source with their stamps, if anybody asks for them.
fn stamped<'a>(sources: &'a [Source], policy: &'a Policy, stamps: Stamps) -> Vec<Vec<Stamped<'a>>> {
    if stamps == Stamps::Ignored {
        return Vec::new();
    }
    let all = (0..).zip(sources).map(|(at, source)| {
        let mut all = stamp::stamps(&source.text, policy.kinds()).unwrap_or_default();
        for stamped in &mut all {
            stamped.object.source = at;
        }
        all
    });
    all.collect()
}

/// The same plans, with the stamps if they are written.
fn with_stamps(plans: Vec<Plan>, stamped: &[Vec<Stamped<'_>>], stamps: Stamps) -> Vec<Plan> {
    if stamps != Stamps::Written {
        return plans;
    }
    let all = plans.into_iter().enumerate().map(|(at, plan)| {
        let stamped = stamped.get(at).into_iter().flatten();
        let new = stamped.filter_map(|stamped| match &stamped.stamp {
            Stamp::Absent(Ok(edit)) => Some(edit.clone()),
            Stamp::There | Stamp::Absent(Err(_)) => None,
        });
        plan.followed_by(new).expect("stamps stand in metadata, and lists in pod specs")
    });
    all.collect()
}

/// What each workload needs, in the order of sources and streams.
fn requests<'i, 'a>(
    inventories: &'i [Inventory<'a>],
    accounts: &Accounts<'i, 'a>,
    policy: &'a Policy,
    used: &mut BTreeSet<RuleId>,
) -> Vec<Request<'a>> {
    let workloads = inventories.iter().map(|inventory| inventory.workloads.len());
    let mut requests = Vec::with_capacity(workloads.sum());
    for (source, inventory) in inventories.iter().enumerate() {
        used.extend(inventory.own_rows.iter().copied().map(RuleId::CustomResource));
        for (index, workload) in inventory.workloads.iter().enumerate() {
            used.extend(workload.kind.own.map(RuleId::CustomResource));
            let account = accounts.find(source, workload, policy);
            let earlier = earlier(accounts, workload, account, policy);
            // An entry that a fact overrides is not one that matches nothing.
            if earlier.is_some() || !matches!(account, Account::InStream { .. }) {
                let name = workload.effective_service_account();
                let namespace = workload.object.namespace();
                used.extend(policy.service_account(namespace, name).map(|(rule, _)| rule));
            }
            let mut needs: Vec<&str> = Vec::new();
            let mut is_vital = false;
            for image in &workload.images {
                let pull = Pull::of(image, policy);
                used.extend(pull.access.and_then(|access| access.rule));
                let Ok(image) = pull.reference else { continue };
                if let Pulled::ReplacedBy(_) = pull.pulled {
                    continue;
                }
                let secrets = policy.pull_secrets(image.domain(), image.path());
                if let Some((rule, names)) = secrets {
                    used.insert(rule);
                    needs.extend(names.iter().map(|name| &*name.value));
                    let private = pull.access.is_some_and(|access| access.class == Class::Private);
                    is_vital |= private && policy.iam(image.domain(), image.path()).is_none();
                }
            }
            needs.extend(policy.everywhere().iter().map(|name| &*name.value));
            let mut seen = BTreeSet::new();
            needs.retain(|name| seen.insert(*name));
            needs.shrink_to_fit();
            let holder = Holder::Pod(WorkloadId { source, index });
            requests.push(Request { holder, needs, account, earlier, is_vital });
        }
    }
    requests
}

/// The ServiceAccount of a pod as it is when the pod starts, if Helm or Argo CD applies that of the input later: the
/// one of a dump or of the policy, or one of which no one knows anything.
fn earlier<'a>(
    accounts: &Accounts<'_, 'a>,
    workload: &Workload<'_>,
    account: Account<'a>,
    policy: &'a Policy,
) -> Option<Account<'a>> {
    let Account::InStream { id, .. } = account else { return None };
    if !order::starts_before(workload, accounts.object(id)) {
        return None;
    }
    let name = workload.effective_service_account();
    let namespace = workload.object.namespace();
    if let Some(id) = accounts.in_cluster(namespace, name) {
        return Some(Account::InCluster { id, assumed: false });
    }
    let declared = policy.service_account(namespace, name);
    Some(declared.map_or(Account::Unknown, |(_, account)| Account::Declared(account)))
}

/// In a build of kustomize a Secret may be named in two ways, which become one in the end: what is there already is
/// not added under its other name.
fn use_present_names<'a>(
    inventories: &[Inventory<'a>],
    secrets: &Secrets<'_>,
    request: &mut Request<'a>,
    policy: &Policy,
) {
    if !secrets.are_renamed() {
        return;
    }
    let own = inject::list(inventories, request.holder);
    let (holder, origin) = match request.account {
        Account::InStream { id, .. } if !own.has_entry() => {
            (Holder::Account(id), Origin::ServiceAccount)
        }
        _ => (request.holder, Origin::Pod),
    };
    let object = inject::object(inventories, holder);
    let referrer = Referrer::of_secrets(object, Some(object), origin);
    let find = |name: &str| {
        let from = LookUp { source: request.holder.source(), ..LookUp::of(object) };
        let found = secrets.find(from, referrer, name, policy);
        match found {
            Known::InStream { secret, .. } => Some(std::ptr::from_ref(secret)),
            _ => None,
        }
    };
    for present in inject::list(inventories, holder).names() {
        let Some(present) = present.borrowed() else { continue };
        for need in request.needs.iter_mut().filter(|need| **need != present) {
            if find(need).is_some() && find(need) == find(present) {
                *need = present;
            }
        }
    }
}

/// The lists of the input with what is injected on top.
struct Overlay<'o, 'a> {
    inventories: &'o [Inventory<'a>],
    added: &'o Added<'a>,
}

impl<'o, 'a> Overlay<'o, 'a> {
    fn names(&self, holder: Holder, with_added: bool) -> Vec<Text<'a>> {
        let own = inject::list(self.inventories, holder).names().cloned();
        let written = inject::written(self.inventories, holder);
        let added = self.added.get(&written).filter(|_| with_added);
        let added = added.into_iter().flat_map(|added| added.iter());
        own.chain(added.cloned()).collect()
    }

    fn effective(&self, request: &Request<'a>, with_added: bool) -> Effective<'a> {
        let own = inject::list(self.inventories, request.holder);
        let written = inject::written(self.inventories, request.holder);
        let added = with_added && self.added.contains_key(&written);
        let account = match (request.account, request.earlier) {
            (Account::InStream { id, .. }, None) => {
                Some(self.names(Holder::Account(id), with_added))
            }
            _ => inject::inherited(self.inventories, request),
        };
        let names = self.names(request.holder, with_added);
        Effective::of(names, own.has_entry() || added, account)
    }

    fn workload(&self, holder: Holder) -> &'o Workload<'a> {
        let Holder::Pod(id) = holder else { unreachable!("a request is about a pod spec") };
        id.of(self.inventories)
    }
}

/// Everything that a verdict rests on.
struct Judge<'j, 'a> {
    overlay: Overlay<'j, 'a>,
    secrets: &'j Secrets<'j>,
    providers: &'j [Provider],
    policy: &'j Policy,
}

/// Lists that many pods share: the names, and what is known of them.
#[derive(Default)]
struct Lists<'j, 'a> {
    names: Shared<[Text<'a>]>,
    /// By source, namespace and list. What is known of a name depends on nothing else, unless kustomize renames it.
    known: BTreeMap<(usize, Option<&'j str>, usize), Resolved<'j>>,
}

impl<'j, 'a> Judge<'j, 'a> {
    /// The pods of all requests with their verdicts, and what is known of the ServiceAccount and the secrets of each.
    fn pods(
        &self,
        requests: Vec<Request<'a>>,
        used: &mut BTreeSet<RuleId>,
    ) -> (Vec<Pod<'a>>, Vec<(InUse<'j>, Resolved<'j>)>) {
        let mut lists = Lists::default();
        let mut resolved = Vec::with_capacity(requests.len());
        let mut pods = Vec::with_capacity(requests.len());
        // A request is dropped when its pod is judged: there may be many thousand.
        for request in requests {
            let (pod, known) = self.pod(&request, &mut lists, used);
            pods.push(pod);
            resolved.push((InUse::of(request.account, self.overlay.inventories), known));
        }
        (pods, resolved)
    }

    fn pod(
        &self,
        request: &Request<'a>,
        lists: &mut Lists<'j, 'a>,
        used: &mut BTreeSet<RuleId>,
    ) -> (Pod<'a>, Resolved<'j>) {
        let Holder::Pod(id) = request.holder else { unreachable!("a request is about a pod spec") };
        let mut effective = self.overlay.effective(request, true);
        effective.names = lists.names.keep(effective.names);
        let before = self.overlay.effective(request, false);
        let workload = self.overlay.workload(request.holder);
        let namespace = workload.object.namespace();
        for name in effective.names.iter() {
            used.extend(self.policy.secret(namespace, name).map(|(rule, _)| rule));
        }
        let known = self.known(request, &effective, lists);
        let credentials = self.credentials(request, effective.origin, Rc::clone(&known));
        let before = (before.names != effective.names).then(|| {
            let known = self.named(request, &before);
            self.credentials(request, before.origin, known)
        });
        let pulls = self.pulls(workload, before.as_ref().unwrap_or(&credentials));
        let images = pulls.iter().map(|pull| {
            let judgement = credentials.judge(pull, self.policy, self.providers);
            let was = before.as_ref().map(|before| {
                before.judge(pull, self.policy, self.providers).verdict.is_configured()
            });
            let by_injection = judgement.verdict.is_configured() && was == Some(false);
            let access = pull.access.map(|access| (access.class, access.from));
            Judged { access, judgement, by_injection }
        });
        let (images, account) = (images.collect(), request.account.evidence());
        (Pod { id, effective, account, images }, known)
    }

    /// What is known of the effective secrets of a pod, as it was found for another one if that has the same.
    fn known(
        &self,
        request: &Request<'a>,
        effective: &Effective<'a>,
        lists: &mut Lists<'j, 'a>,
    ) -> Resolved<'j> {
        let find = || self.named(request, effective);
        if self.secrets.are_renamed() {
            return find();
        }
        let namespace = self.overlay.workload(request.holder).object.namespace();
        let key = (request.holder.source(), namespace, effective.names.as_ptr().addr());
        Rc::clone(lists.known.entry(key).or_insert_with(find))
    }

    /// The images of a workload. `named` are the pull secrets that the input names: what a policy injects everywhere
    /// says nothing about an image.
    fn pulls<'w>(&self, workload: &'w Workload<'_>, named: &Credentials<'_>) -> Vec<Pull<'w>> {
        let pulls = workload.images.iter().map(|image| Pull::of(image, self.policy));
        let mut pulls: Vec<_> = pulls.collect();
        named.correct(&mut pulls);
        pulls
    }

    /// Attaches Secrets of the input to all pods, if the policy wants it.
    fn attach_all<'k>(
        &self,
        requests: &mut [Request<'a>],
        covering: &impl Deref<Target = Covering<'k, 'a>>,
    ) where
        'a: 'k,
    {
        let inject = self.policy.inject();
        if inject.attach_covering && inject.into != InjectInto::None {
            for request in requests {
                self.attach(request, covering);
            }
        }
    }

    /// Adds to what a pod needs the Secrets of the input that cover its private images, where nothing else that it has
    /// or gets does.
    fn attach(&self, request: &mut Request<'a>, covering: &Covering<'_, 'a>) {
        let workload = self.overlay.workload(request.holder);
        if workload.is_static {
            return;
        }
        let mut effective = self.overlay.effective(request, false);
        let known = |effective: &Effective<'a>| self.named(request, effective);
        let credentials = self.credentials(request, effective.origin, known(&effective));
        let pulls = self.pulls(workload, &credentials);
        let is_new = |need: &&&str| effective.names.iter().all(|name| name != **need);
        let new: Vec<_> = request.needs.iter().filter(is_new).collect();
        if !new.is_empty() {
            let new = new.into_iter().map(|need| Text::from(*need));
            effective.names = effective.names.iter().cloned().chain(new).collect();
            effective.origin = Origin::Pod;
        }
        let credentials = self.credentials(request, effective.origin, known(&effective));
        let wanting = pulls.into_iter().filter(|pull| {
            let judgement = credentials.judge(pull, self.policy, self.providers);
            judgement.can_be_covered()
        });
        let wanting: Vec<_> = wanting.filter_map(|pull| pull.reference.ok()).collect();
        for name in covering.fewest(&workload.object, &wanting) {
            // A name that is written with escapes is not kept for as long as the input is.
            if let Some(name) = name.borrowed()
                && effective.names.iter().all(|present| *present != name)
            {
                request.needs.push(name);
            }
        }
    }

    /// What is known of each effective secret of a pod.
    fn named(&self, request: &Request<'a>, effective: &Effective<'_>) -> Resolved<'j> {
        let object = &self.overlay.workload(request.holder).object;
        let from = LookUp::of(object);
        let holder = self.own_account(request).map(|account| &account.object);
        let referrer = Referrer::of_secrets(object, holder, effective.origin);
        let named = effective.names.iter().map(|name| {
            let known = self.secrets.find(from, referrer, name, self.policy);
            Named { known, scope: self.policy.scope(from.namespace, name) }
        });
        named.collect()
    }

    /// The ServiceAccount of a pod that is among the manifests.
    fn own_account(&self, request: &Request<'_>) -> Option<&'j ServiceAccount<'a>> {
        let Account::InStream { id, .. } = request.account else { return None };
        Some(id.of(self.overlay.inventories))
    }

    fn credentials(
        &self,
        request: &Request<'a>,
        origin: Origin,
        known: Resolved<'j>,
    ) -> Credentials<'j> {
        let puller = InUse::of(request.account, self.overlay.inventories).puller();
        let workload = self.overlay.workload(request.holder);
        let malformed = Malformed::of(workload, origin, self.own_account(request));
        Credentials::new(known, origin, puller).rejected_for(malformed)
    }
}
