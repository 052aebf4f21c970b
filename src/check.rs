//! The whole judgement: sources and a policy in; verdicts, findings and edits out.
//!
//! Pure: nothing here reads a file, the environment or the clock, and nothing here prints.

mod covering;
mod findings;
mod mounts;
mod naming;
mod order;
mod summary;

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::credentials::provider::Provider;
use crate::edit::Plan;
use crate::finding::{Finding, Severity};
use crate::inject::{self, Added, Holder, Injection, Request};
use crate::inventory::stamp::{self, Stamp, Stamped};
use crate::inventory::{Inventory, Pulled, Workload};
use crate::kinds::Table;
use crate::policy::registries::Class;
use crate::policy::{AccessFrom, InjectInto, Policy, RuleId};
use crate::shared::Shared;
use crate::source::Source;
use crate::text::Text;
use crate::verdict::{
    self, Account, Accounts, Credentials, Effective, Evidence, Identified, Judgement, Known,
    Malformed, Named, Origin, Pull, Puller, Referrer, Secrets,
};
use crate::yaml::Problem;

use covering::Covering;

pub use summary::{Basis, Status, Summary, Unjudged};

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
    /// Who runs the program.
    pub caller: Caller,
    /// Whether an input without a document is an error.
    pub require_input: bool,
    /// What becomes of the stamps of workloads.
    pub stamps: Stamps,
    /// Whether a person reads along: the caller, if there is one, does not capture what is told.
    pub watched: bool,
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

/// Everything a report can tell.
pub struct Outcome<'a> {
    /// What each source holds; nothing for one that cannot be read. Behind those of the sources are those of the dumps
    /// of the cluster, and so they are numbered wherever a source has a number.
    pub inventories: Vec<Inventory<'a>>,
    /// The dumps.
    pub cluster: &'a [Source],
    /// The sources and dumps that are no YAML streams.
    pub problems: Vec<(usize, Problem)>,
    /// The workloads, in the order of sources and streams.
    pub pods: Vec<Pod<'a>>,
    /// What was found: what stops a pull first, how credentials are kept last, and each by source, place and code.
    pub findings: Vec<Finding>,
    /// The findings that exceptions of the policy accept, in the same order. They do not count.
    pub suppressed: Vec<Finding>,
    /// The edits of each source; none of a dump.
    pub plans: Vec<Plan>,
    /// What the edits add, by holder.
    pub added: Added<'a>,
    /// The counts.
    pub summary: Summary,
}

/// A workload with its verdicts.
pub struct Pod<'a> {
    /// Which source.
    pub source: usize,
    /// Which of its workloads.
    pub index: usize,
    /// The pull secrets of the output.
    pub effective: Effective<'a>,
    /// Who tells of its ServiceAccount.
    pub account: Evidence,
    /// A verdict for each of its images.
    pub images: Vec<Judged>,
}

impl Pod<'_> {
    /// Whether it names a pull secret of which nobody tells, or may name one, and pulls an image that may need it.
    fn may_name_another(&self) -> bool {
        let may_need = |judged: &Judged| {
            judged.judgement.rests_on_nothing()
                || judged.is_assumed_public() && !self.effective.names.is_empty()
        };
        self.images.iter().any(may_need)
    }

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
    /// Whether nobody says that the registry is public, and nothing that it is private.
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
    let cluster = circumstances.cluster;
    let mut problems = Vec::new();
    let mut inventories = Vec::with_capacity(sources.len() + cluster.len());
    // On the way to a cluster, what need not be read is left to whoever reads it next.
    let kinds = Table::builtin();
    let read = match circumstances.input {
        Input::Stream => Inventory::of_kinds,
        Input::Piped | Input::Files => Inventory::of_whole,
    };
    let manifests = sources.iter().map(|source| read(&source.text, kinds));
    let dumps = cluster.iter().map(|source| Inventory::of_cluster(&source.text));
    for (at, read) in manifests.chain(dumps).enumerate() {
        let inventory = read.unwrap_or_else(|problem| {
            problems.push((at, problem));
            Inventory::default()
        });
        inventories.push(inventory.numbered(at));
    }
    let mut used = BTreeSet::new();
    let mut pods = Vec::new();
    let service_accounts = Accounts::new(&inventories);
    let mut secrets = Secrets::new(&inventories);
    let covering =
        LazyCell::new(|| Covering::new(&inventories, policy, circumstances.now.as_second()));
    let injection = {
        let mut requests = requests(&inventories, &service_accounts, policy, &mut used);
        for request in &mut requests {
            use_present_names(&inventories, &secrets, request, policy);
        }
        if policy.inject().attach_covering && policy.inject().into != InjectInto::None {
            let overlay = Overlay { inventories: &inventories, added: &Added::new() };
            let judge =
                Judge { overlay, secrets: &secrets, providers: circumstances.providers, policy };
            for request in &mut requests {
                judge.attach(request, &covering);
            }
        }
        let mut injection = inject::decide(&inventories, &requests, policy);
        let plans = injection.plan(&inventories).expect("sites of different holders are disjoint");
        let overlay = Overlay { inventories: &inventories, added: &injection.added };
        let never = mounts::never_mounted(&overlay, &requests, &secrets, policy);
        secrets.never_mounted(never);
        let judge =
            Judge { overlay, secrets: &secrets, providers: circumstances.providers, policy };
        let mut lists = Shared::default();
        let mut accounts = Vec::with_capacity(requests.len());
        pods.reserve_exact(requests.len());
        // A request is dropped when its pod is judged: there may be many thousand.
        for request in requests {
            pods.push(judge.pod(&request, &mut lists, &mut used));
            accounts.push(InUse::of(request.account));
        }
        (injection, plans, accounts)
    };
    let (Injection { added, notes, .. }, plans, accounts) = injection;
    let stamped = stamped(sources, circumstances.stamps);
    let plans = match circumstances.stamps {
        Stamps::Written => with_stamps(plans, &stamped),
        Stamps::Ignored | Stamps::Required => plans,
    };
    let wanting = pods.iter().any(|pod| {
        pod.may_name_another() || pod.images.iter().any(|image| image.judgement.can_be_covered())
    });
    let mut found = findings::Findings {
        sources,
        inventories: &inventories,
        service_accounts: &service_accounts,
        secrets: &secrets,
        pods: &pods,
        accounts: &accounts,
        stamped: &stamped,
        added: &added,
        policy,
        circumstances,
        used,
        found: Vec::new(),
        suppressed: Vec::new(),
        covering: wanting.then(|| &*covering),
        names: OnceCell::new(),
        unreadable: !problems.is_empty(),
        expired: BTreeSet::new(),
        excused: BTreeSet::new(),
    };
    found.collect(&notes);
    let findings::Findings { found: findings, suppressed, excused, .. } = found;
    let mut summary = Summary::of(&inventories, &pods, &findings, &excused);
    if !problems.is_empty() {
        // What cannot be read may hold anything.
        summary.status = Status::Fail;
    }
    Outcome { inventories, cluster, problems, pods, findings, suppressed, plans, added, summary }
}

/// The workloads of each source with their stamps, if anybody asks for them.
fn stamped(sources: &[Source], stamps: Stamps) -> Vec<Vec<Stamped<'_>>> {
    if stamps == Stamps::Ignored {
        return Vec::new();
    }
    let all = (0..).zip(sources).map(|(at, source)| {
        let mut all = stamp::stamps(&source.text, Table::builtin()).unwrap_or_default();
        for stamped in &mut all {
            stamped.object.source = at;
        }
        all
    });
    all.collect()
}

fn with_stamps(plans: Vec<Plan>, stamped: &[Vec<Stamped<'_>>]) -> Vec<Plan> {
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

/// The ServiceAccount of a pod, as far as findings speak of it.
#[derive(Clone, Copy)]
enum InUse {
    Seen { id: verdict::AccountId, assumed: bool },
    Absent,
    Declared,
    Unknown,
    None,
}

impl InUse {
    fn of(account: Account<'_>) -> Self {
        match account {
            Account::InStream { id, assumed } | Account::InCluster { id, assumed } => {
                Self::Seen { id, assumed }
            }
            Account::Absent => Self::Absent,
            Account::Declared(..) => Self::Declared,
            Account::Later(id) => Self::Seen { id, assumed: false },
            Account::Unknown => Self::Unknown,
            Account::None => Self::None,
        }
    }
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
        for (index, workload) in inventory.workloads.iter().enumerate() {
            let account = accounts.find(source, workload, policy);
            let earlier = earlier(accounts, workload, account, policy);
            // An entry that a fact overrides is not one that matches nothing.
            if earlier.is_some() || !matches!(account, Account::InStream { .. }) {
                let name = workload.effective_service_account();
                let namespace = workload.object.namespace.as_deref();
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
            let holder = Holder::Pod { source, index };
            requests.push(Request { holder, needs, account, earlier, is_vital });
        }
    }
    requests
}

/// The ServiceAccount of a pod as it is when the pod starts, if Helm or Argo CD applies that of the input later: the
/// one of a dump or of the policy, or one of which nobody knows anything.
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
    let namespace = workload.object.namespace.as_deref();
    if let Some(id) = accounts.in_cluster(namespace, name, policy) {
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
        let found = secrets.find(
            request.holder.source(),
            object.namespace.as_deref(),
            referrer,
            name,
            policy,
        );
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

impl<'a> Overlay<'_, 'a> {
    fn names(&self, holder: Holder, with_added: bool) -> Vec<Text<'a>> {
        let own = inject::list(self.inventories, holder).names().cloned();
        let added = self.added.get(&holder).filter(|_| with_added);
        let added = added.into_iter().flat_map(|added| added.iter());
        own.chain(added.cloned()).collect()
    }

    fn effective(&self, request: &Request<'a>, with_added: bool) -> Effective<'a> {
        let own = inject::list(self.inventories, request.holder);
        let added = with_added && self.added.contains_key(&request.holder);
        let account = match (request.account, request.earlier) {
            (Account::InStream { id, .. }, None) => {
                Some(self.names(Holder::Account(id), with_added))
            }
            _ => inject::inherited(self.inventories, request),
        };
        let names = self.names(request.holder, with_added);
        Effective::of(names, own.has_entry() || added, account)
    }

    fn workload(&self, holder: Holder) -> &Workload<'a> {
        let Holder::Pod { source, index } = holder else {
            unreachable!("a request is about a pod spec")
        };
        &self.inventories[source].workloads[index]
    }
}

/// Everything that a verdict rests on.
struct Judge<'j, 'a> {
    overlay: Overlay<'j, 'a>,
    secrets: &'j Secrets<'j>,
    providers: &'j [Provider],
    policy: &'j Policy,
}

impl<'a> Judge<'_, 'a> {
    fn pod(
        &self,
        request: &Request<'a>,
        lists: &mut Shared<[Text<'a>]>,
        used: &mut BTreeSet<RuleId>,
    ) -> Pod<'a> {
        let Holder::Pod { source, index } = request.holder else {
            unreachable!("a request is about a pod spec")
        };
        let mut effective = self.overlay.effective(request, true);
        let before = self.overlay.effective(request, false);
        let workload = self.overlay.workload(request.holder);
        let namespace = workload.object.namespace.as_deref();
        for name in effective.names.iter() {
            used.extend(self.policy.secret(namespace, name).map(|(rule, _)| rule));
        }
        let credentials = self.credentials(request, &effective);
        let before = (before.names != effective.names).then(|| self.credentials(request, &before));
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
        effective.names = lists.keep(effective.names);
        Pod { source, index, effective, account, images }
    }

    /// The images of a workload. `named` are the pull secrets that the input names: what a policy injects everywhere
    /// says nothing about an image.
    fn pulls<'w>(&self, workload: &'w Workload<'_>, named: &Credentials<'_>) -> Vec<Pull<'w>> {
        let pulls = workload.images.iter().map(|image| Pull::of(image, self.policy));
        let mut pulls: Vec<_> = pulls.collect();
        named.correct(&mut pulls);
        pulls
    }

    /// Adds to what a pod needs the Secrets of the input that cover its private images, where nothing else that it has
    /// or gets does.
    fn attach(&self, request: &mut Request<'a>, covering: &Covering<'_, 'a>) {
        let workload = self.overlay.workload(request.holder);
        if workload.is_static {
            return;
        }
        let mut effective = self.overlay.effective(request, false);
        let pulls = self.pulls(workload, &self.credentials(request, &effective));
        let is_new = |need: &&&str| effective.names.iter().all(|name| name != **need);
        let new: Vec<_> = request.needs.iter().filter(is_new).collect();
        if !new.is_empty() {
            let new = new.into_iter().map(|need| Text::from(*need));
            effective.names = effective.names.iter().cloned().chain(new).collect();
            effective.origin = Origin::Pod;
        }
        let credentials = self.credentials(request, &effective);
        let wanting = pulls.into_iter().filter(|pull| {
            let judgement = credentials.judge(pull, self.policy, self.providers);
            judgement.can_be_covered()
        });
        let wanting: Vec<_> = wanting.filter_map(|pull| pull.reference.ok()).collect();
        for name in covering.fewest(&workload.object, &wanting, self.policy) {
            // A name that is written with escapes is not kept for as long as the input is.
            if let Some(name) = name.borrowed()
                && effective.names.iter().all(|present| *present != name)
            {
                request.needs.push(name);
            }
        }
    }

    fn credentials(&self, request: &Request<'a>, effective: &Effective<'_>) -> Credentials<'_> {
        let object = &self.overlay.workload(request.holder).object;
        let namespace = object.namespace.as_deref();
        let source = request.holder.source();
        let account = request
            .account
            .id()
            .map(|id| &self.overlay.inventories[id.source].service_accounts[id.index]);
        let in_stream = matches!(request.account, Account::InStream { .. });
        let holder = account.filter(|_| in_stream).map(|account| &account.object);
        let referrer = Referrer::of_secrets(object, holder, effective.origin);
        let find = |name: &Text<'_>| {
            let known = self.secrets.find(source, namespace, referrer, name, self.policy);
            Named { known, scope: self.policy.scope(namespace, name) }
        };
        let named: Vec<_> = effective.names.iter().map(find).collect();
        let puller = puller(self.overlay.inventories, InUse::of(request.account));
        let workload = self.overlay.workload(request.holder);
        let applied = account.filter(|_| in_stream).map(|account| &**account);
        let malformed = Malformed::of(workload, effective.origin, applied);
        Credentials::new(named, effective.origin, puller).rejected_for(malformed)
    }
}

/// For whom the kubelet pulls the images of a pod.
fn puller<'i>(inventories: &'i [Inventory<'_>], account: InUse) -> Puller<'i> {
    match account {
        InUse::Seen { id, .. } => {
            let account = &inventories[id.source].service_accounts[id.index];
            Puller::Annotated(&account.annotations)
        }
        InUse::Absent | InUse::Declared | InUse::Unknown => Puller::NotKnown,
        InUse::None => Puller::Static,
    }
}
