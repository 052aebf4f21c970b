//! Which pull secrets are put where: the decisions of injection, and the edits they come to.
//!
//! Nothing here knows YAML: how a list is written is the site's business.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::edit::{Edit, Overlap, Plan};
use crate::inventory::{Inventory, NotString, Object, PullSecrets, Site, SourceKind, WorkloadId};
use crate::patch::Refusal;
use crate::policy::{InjectInto, Policy};
use crate::shared::Shared;
use crate::source::Span;
use crate::text::{Message, Text};
use crate::verdict::{Account, AccountId};

/// Something that has a list of pull secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The pod spec of a workload.
    Pod(WorkloadId),
    /// A ServiceAccount.
    Account(AccountId),
}

impl Holder {
    /// The source it is in.
    pub fn source(self) -> usize {
        match self {
            Self::Pod(WorkloadId { source, .. }) | Self::Account(AccountId { source, .. }) => {
                source
            }
        }
    }
}

/// What the pods of a workload need, and what is known about them.
pub struct Request<'n> {
    /// The pod spec.
    pub holder: Holder,
    /// The pull secrets it needs.
    pub needs: Vec<&'n str>,
    /// Its ServiceAccount.
    pub account: Account<'n>,
    /// Its ServiceAccount as it is when the pod starts, if that of the input is applied only afterwards.
    pub earlier: Option<Account<'n>>,
    /// Whether a private image cannot be pulled without them, as far as the policy tells.
    pub is_vital: bool,
}

/// What is left to say about a request.
#[derive(Debug)]
pub enum Note {
    /// The object opts out.
    OptedOut(Holder),
    /// The pod has a list of its own, so the ServiceAccount's is ignored, and the pod got the secrets.
    PodInstead(Holder),
    /// The ServiceAccount is applied after the pod has started.
    AppliedLater {
        /// The pod.
        holder: Holder,
        /// The ServiceAccount.
        account: AccountId,
        /// Whether the pod got the secrets instead.
        in_pod: bool,
    },
    /// The ServiceAccount is not known: what it names, if anything, is hidden now.
    MayHide(Holder),
    /// It is a static pod, which cannot use Secrets and can do without these.
    StaticPod(Holder),
    /// It cannot be done.
    Refused(Box<RefusedInjection>),
}

/// What cannot be injected.
#[derive(Debug)]
pub struct RefusedInjection {
    /// Where it was wanted.
    pub holder: Holder,
    /// Which secrets.
    pub names: Vec<Text<'static>>,
    /// What is in the way; `None`: the holder as a whole.
    pub span: Option<Span>,
    /// Why.
    pub why: &'static str,
    /// What to do instead.
    pub advice: Message,
}

/// What is injected.
#[derive(Debug, Default)]
pub struct Injection<'a> {
    /// What is added to each holder, in order, without what is written again.
    pub added: Added<'a>,
    /// What is left to say.
    pub notes: Vec<Note>,
    lists: Shared<[Text<'a>]>,
}

/// The names that are added to each holder, in order. Thousands of holders share few lists.
pub type Added<'a> = BTreeMap<Holder, Arc<[Text<'a>]>>;

/// Decides what goes where (the table of the contract, section 6). `everywhere` reaches every
/// ServiceAccount when the policy injects into ServiceAccounts.
pub fn decide<'a>(
    inventories: &[Inventory<'a>],
    requests: &[Request<'a>],
    policy: &'a Policy,
) -> Injection<'a> {
    let into = policy.inject().into;
    let mut injection = Injection::default();
    if into == InjectInto::None {
        return injection;
    }
    if into == InjectInto::ServiceAccount {
        let everywhere = policy.everywhere().iter().map(|name| Text::from(&*name.value));
        let everywhere: Vec<_> = everywhere.collect();
        let manifests = inventories.iter().enumerate();
        let manifests =
            manifests.filter(|(_, inventory)| inventory.source_kind == SourceKind::Manifests);
        for (source, inventory) in manifests {
            for index in 0..inventory.service_accounts.len() {
                let holder = Holder::Account(AccountId { source, index });
                if !object(inventories, holder).opted_out {
                    injection.add(inventories, holder, &everywhere);
                }
            }
        }
    }
    for request in requests.iter().filter(|request| !request.needs.is_empty()) {
        injection.take(inventories, request, into);
    }
    injection.keep_inherited(inventories, requests);
    // The nodes of a map that has grown in order are half empty.
    injection.added = std::mem::take(&mut injection.added).into_iter().collect();
    injection.notes.shrink_to_fit();
    injection
}

impl<'a> Injection<'a> {
    /// Decides about one request.
    fn take(&mut self, inventories: &[Inventory<'a>], request: &Request<'a>, into: InjectInto) {
        let holder = request.holder;
        let own = list(inventories, holder);
        let inherited = inherited(inventories, request);
        if is_met(request, own, inherited.as_deref(), into) {
            return;
        }
        if object(inventories, holder).opted_out {
            self.notes.push(Note::OptedOut(holder));
        } else if let Some(wrong) = not_an_account(inventories, holder) {
            self.refuse(request, Some(wrong.span), ACCOUNT_NOT_A_STRING);
        } else if own.is_malformed() {
            // The refusal of its own list says what is wrong with it.
            self.add(inventories, holder, &texts(&request.needs));
        } else {
            self.place(inventories, request, inherited, into);
        }
    }

    /// Adds what a request needs to the pod or to its ServiceAccount, as the policy wants it.
    fn place(
        &mut self,
        inventories: &[Inventory<'a>],
        request: &Request<'a>,
        inherited: Option<Vec<Text<'a>>>,
        into: InjectInto,
    ) {
        let holder = request.holder;
        let has_own = list(inventories, holder).has_entry();
        match (into, request.account) {
            (_, Account::None) if !request.is_vital => self.notes.push(Note::StaticPod(holder)),
            (_, Account::None) => self.refuse(request, None, STATIC_POD),
            (InjectInto::Auto, Account::InStream { id: account, .. })
                if request.earlier.is_some() && !has_own =>
            {
                self.notes.push(Note::AppliedLater { holder, account, in_pod: true });
                self.add_to_pod(inventories, request, inherited);
            }
            (InjectInto::ServiceAccount | InjectInto::Auto, Account::InStream { id, .. })
                if !has_own =>
            {
                self.add_to_account(inventories, request, id);
            }
            (InjectInto::ServiceAccount, Account::InStream { .. }) => {
                self.notes.push(Note::PodInstead(holder));
                self.add_to_pod(inventories, request, inherited);
            }
            (InjectInto::ServiceAccount, Account::Later(_)) => {
                self.refuse(request, None, ACCOUNT_AFTER_POD);
            }
            (InjectInto::ServiceAccount, _) => self.refuse(request, None, ACCOUNT_NOT_IN_INPUT),
            _ => self.add_to_pod(inventories, request, inherited),
        }
    }

    /// Notes that a request cannot be met: what is in the way, if it is not the holder as a whole, why, and what to do.
    fn refuse(
        &mut self,
        request: &Request<'_>,
        span: Option<Span>,
        [why, advice]: [&'static str; 2],
    ) {
        let (holder, names) = (request.holder, owned(&texts(&request.needs)));
        let refused = RefusedInjection { holder, names, span, why, advice: advice.into() };
        self.notes.push(Note::Refused(Box::new(refused)));
    }

    fn add_to_account(
        &mut self,
        inventories: &[Inventory<'a>],
        request: &Request<'a>,
        account: AccountId,
    ) {
        if request.earlier.is_some() {
            let holder = request.holder;
            self.notes.push(Note::AppliedLater { holder, account, in_pod: false });
        }
        let account = Holder::Account(account);
        if object(inventories, account).opted_out {
            self.notes.push(Note::OptedOut(account));
        } else {
            self.add(inventories, account, &texts(&request.needs));
        }
    }

    fn add_to_pod(
        &mut self,
        inventories: &[Inventory<'a>],
        request: &Request<'a>,
        inherited: Option<Vec<Text<'a>>>,
    ) {
        if let Some(refused) = forbidden(inventories, request) {
            self.notes.push(Note::Refused(Box::new(refused)));
            return;
        }
        let own = list(inventories, request.holder);
        let mut names = Vec::new();
        if !own.has_entry() {
            // One entry of its own hides the whole list of the ServiceAccount.
            match inherited {
                Some(inherited) => names = inherited,
                None => self.notes.push(Note::MayHide(request.holder)),
            }
        }
        names.extend(texts(&request.needs));
        self.add(inventories, request.holder, &names);
        if let Account::InStream { id, .. } = request.account
            && id.of(inventories).enforces_mountable
        {
            self.add(inventories, Holder::Account(id), &texts(&request.needs));
        }
    }

    /// Adds those of `names` that the holder does not have yet.
    fn add(&mut self, inventories: &[Inventory<'_>], holder: Holder, names: &[Text<'a>]) {
        let holder = written(inventories, holder);
        let own = list(inventories, holder);
        let before = self.added.get(&holder);
        let mut added = before.map_or(Vec::new(), |added| added.to_vec());
        for name in names {
            if own.names().all(|own| own != name) && !added.contains(name) {
                added.push(name.clone());
            }
        }
        if added.len() > before.map_or(0, |added| added.len()) {
            let added = self.lists.keep(added);
            self.added.insert(holder, added);
        }
    }

    /// Where workloads have a list in common that was empty, it hides now what each of them has from its ServiceAccount: that
    /// is written into it too.
    fn keep_inherited(&mut self, inventories: &[Inventory<'a>], requests: &[Request<'a>]) {
        let owner = |request: &Request<'_>| written(inventories, request.holder);
        let shared = requests.iter().filter(|request| owner(request) != request.holder);
        let shared: BTreeSet<Holder> = shared.map(owner).collect();
        for request in requests.iter().filter(|request| shared.contains(&owner(request))) {
            let is_hidden = self.added.contains_key(&owner(request))
                && !list(inventories, request.holder).has_entry();
            match inherited(inventories, request).filter(|_| is_hidden) {
                Some(names) => self.add(inventories, request.holder, &names),
                None if is_hidden => self.notes.push(Note::MayHide(request.holder)),
                None => {}
            }
        }
    }

    /// How many users each list loses, since edits take the place of aliases that stand for it.
    fn freed(
        &self,
        inventories: &[Inventory<'_>],
        wanted: &WantedEdits,
    ) -> BTreeMap<(usize, u32), u64> {
        let mut freed = BTreeMap::new();
        for &holder in self.added.keys() {
            let site = site(inventories, holder);
            let (Some(list), Ok(place)) = (site.frees, site.place()) else { continue };
            if wanted.users(holder, place) == site.users {
                *freed.entry((holder.source(), list)).or_default() += 1;
            }
        }
        freed
    }

    /// Takes out what cannot be written, and notes it; the rest comes to a plan of edits for each source.
    ///
    /// # Errors
    ///
    /// Edits that overlap, which is a mistake of this program.
    pub fn plan(&mut self, inventories: &[Inventory<'_>]) -> Result<Vec<Plan>, Overlap> {
        let mut wanted = WantedEdits::of(inventories.len());
        let mut refused: BTreeMap<Holder, Refusal> = BTreeMap::new();
        let mut inserts = Shared::default();
        for (&holder, added) in &self.added {
            let is_only_user = site(inventories, holder).users == 1;
            let edit = edit(inventories, holder, added, &mut inserts);
            let taken = edit.and_then(|edit| wanted.take(holder.source(), edit, is_only_user));
            refused.extend(taken.err().map(|refusal| (holder, refusal)));
        }
        let mut spoilt: BTreeSet<(usize, u32)> = BTreeSet::new();
        let freed = self.freed(inventories, &wanted);
        for &holder in self.added.keys() {
            let site = site(inventories, holder);
            let Ok(place) = site.place() else { continue };
            let list = site.list.map(|list| (holder.source(), list));
            let freed = list.and_then(|list| freed.get(&list)).copied().unwrap_or(0);
            if wanted.users(holder, place) + freed != site.users {
                spoilt.insert((holder.source(), place.start));
                refused.insert(holder, shared(place));
            }
        }
        for (holder, Refusal { span, why, advice }) in refused {
            let names = owned(&self.added.remove(&holder).unwrap_or_default());
            let refused = RefusedInjection { holder, names, span: Some(span), why, advice };
            self.notes.push(Note::Refused(Box::new(refused)));
        }
        wanted.plans(&spoilt)
    }
}

/// Why a request is refused, and what to do.
const ACCOUNT_NOT_A_STRING: [&str; 2] = [
    "the name of its ServiceAccount is not a string, and the API server rejects the object",
    "write that name in quotes",
];
const STATIC_POD: [&str; 2] = [
    "it is a static pod, which cannot use Secrets",
    "give the nodes credentials of their own, or let the API server run the pod",
];
const ACCOUNT_AFTER_POD: [&str; 2] = [
    "its ServiceAccount comes after it in the input",
    "put the ServiceAccount before the Pod, or inject with `--into auto`",
];
const ACCOUNT_NOT_IN_INPUT: [&str; 2] = [
    "its ServiceAccount is not in the input",
    "add the ServiceAccount to the input, or inject with `--into auto`",
];

/// Whether a pod has what it needs already: in its own list, or from its ServiceAccount if that may be the place for it.
fn is_met(
    request: &Request<'_>,
    own: &PullSecrets<'_>,
    inherited: Option<&[Text<'_>]>,
    into: InjectInto,
) -> bool {
    let present = |names: &[&Text<'_>]| {
        request.needs.iter().all(|need| names.iter().any(|name| **name == *need))
    };
    if own.has_entry() {
        return present(&own.names().collect::<Vec<_>>());
    }
    // What comes with a ServiceAccount that is applied later is new, for all that anybody knows.
    let is_new = matches!(request.earlier, Some(Account::Unknown)) && into == InjectInto::Auto;
    let inherits =
        inherited.is_some_and(|names| present(&names.iter().collect::<Vec<_>>())) && !is_new;
    inherits && into != InjectInto::Pod
}

/// The edits that holders want.
struct WantedEdits {
    /// Those of each source by the byte where they begin, each with the number of holders that want it.
    edits: Vec<BTreeMap<u32, (Edit, u64)>>,
    /// Other keys that are added to the same mapping, by source and byte.
    beside: BTreeMap<(usize, u32), Vec<Arc<str>>>,
}

impl WantedEdits {
    /// None yet of so many sources.
    fn of(sources: usize) -> Self {
        Self { edits: vec![BTreeMap::new(); sources], beside: BTreeMap::new() }
    }

    /// Takes in the edit of a holder. `is_only_user`: no other holder has the same list.
    ///
    /// # Errors
    ///
    /// Another edit is wanted for the same place.
    fn take(&mut self, source: usize, edit: Edit, is_only_user: bool) -> Result<(), Refusal> {
        match self.edits[source].entry(edit.place.start) {
            Entry::Vacant(entry) => {
                entry.insert((edit, 1));
            }
            Entry::Occupied(mut entry) if entry.get().0 == edit => {
                entry.get_mut().1 += 1;
            }
            // Another key of the same mapping.
            Entry::Occupied(entry) if is_beside(&entry.get().0, &edit) => {
                let texts = self.beside.entry((source, edit.place.start)).or_default();
                if texts.iter().any(|text| first_key(text) == first_key(&edit.insert)) {
                    return Err(clash(edit.place));
                }
                texts.push(edit.insert);
            }
            Entry::Occupied(entry) if is_only_user => return Err(clash(entry.get().0.place)),
            // Another text for the same place leaves a count that does not add up.
            Entry::Occupied(_) => {}
        }
        Ok(())
    }

    /// How many holders want the edit at `place`.
    fn users(&self, holder: Holder, place: Span) -> u64 {
        self.edits[holder.source()].get(&place.start).map_or(0, |entry| entry.1)
    }

    /// The edits of each source, without those that begin at a place in `spoilt`.
    ///
    /// # Errors
    ///
    /// Edits that overlap.
    fn plans(self, spoilt: &BTreeSet<(usize, u32)>) -> Result<Vec<Plan>, Overlap> {
        let Self { edits, beside } = self;
        let plans = edits.into_iter().enumerate().map(|(source, edits)| {
            let kept = edits.into_iter().filter(|(at, _)| !spoilt.contains(&(source, *at)));
            let whole = kept.map(|(at, (edit, _))| match beside.get(&(source, at)) {
                Some(texts) => {
                    let all = std::iter::once(&edit.insert).chain(texts).map(|text| &**text);
                    Edit { place: edit.place, insert: all.collect::<String>().into() }
                }
                None => edit,
            });
            Plan::new(whole.collect())
        });
        plans.collect()
    }
}

/// Whether two edits of one mapping add different keys to it.
fn is_beside(one: &Edit, other: &Edit) -> bool {
    one.place.is_empty()
        && one.place == other.place
        && first_key(&one.insert) != first_key(&other.insert)
}

/// The key with which a text begins that is added to a mapping.
fn first_key(text: &str) -> &str {
    let text = text.trim_start_matches([' ', '\n', '\r', ',']);
    text.split_once(':').map_or(text, |(key, _)| key)
}

fn clash(place: Span) -> Refusal {
    Refusal {
        span: place,
        why: "another list of the object would be made below the same new key",
        advice: "write one of the two lists by hand".into(),
    }
}

fn shared(place: Span) -> Refusal {
    Refusal {
        span: place,
        why: "an anchor makes this text a part of several places, and not all of them need the same",
        advice: "write the entry by hand where it belongs, or resolve the alias".into(),
    }
}

/// What keeps a pod from naming more pull secrets: its ServiceAccount allows only those that it names itself, and is
/// out of reach, or comes too late to name more.
fn forbidden(inventories: &[Inventory<'_>], request: &Request<'_>) -> Option<RefusedInjection> {
    let (id, why) = match (request.earlier, request.account) {
        (Some(Account::InCluster { id, .. }), _) | (None, Account::InCluster { id, .. }) => {
            (id, FORBIDS_IN_CLUSTER)
        }
        (Some(Account::Unknown), Account::InStream { id, .. }) => (id, FORBIDS_UNTIL_LATER),
        _ => return None,
    };
    let allowed = list(inventories, Holder::Account(id));
    let more = request.needs.iter().filter(|need| allowed.names().all(|name| name != **need));
    let names = owned(&texts(&more.copied().collect::<Vec<_>>()));
    let enforces = id.of(inventories).enforces_mountable;
    (enforces && !names.is_empty()).then_some(RefusedInjection {
        holder: request.holder,
        names,
        span: None,
        why,
        advice: "name the pull secret in imagePullSecrets of that ServiceAccount too, or add the \
                 ServiceAccount to the input"
            .into(),
    })
}

const FORBIDS_IN_CLUSTER: &str = "its ServiceAccount, which is in the cluster dump, forbids pull secrets that it does \
                                  not name itself (kubernetes.io/enforce-mountable-secrets)";
const FORBIDS_UNTIL_LATER: &str = "its ServiceAccount forbids pull secrets that it does not name itself \
                                   (kubernetes.io/enforce-mountable-secrets), and is applied after the pod";

/// The edit that adds `added` to a list, with the names that have to be written again.
fn edit(
    inventories: &[Inventory<'_>],
    holder: Holder,
    added: &[Text<'_>],
    inserts: &mut Shared<str>,
) -> Result<Edit, Refusal> {
    let site = site(inventories, holder);
    let old = list(inventories, holder).names().filter(|_| site.restates).map(|name| &**name);
    let names = old.chain(added.iter().map(|name| &**name));
    let (place, insert) = site.write(names)?;
    Ok(Edit { place, insert: inserts.keep(insert) })
}

/// The edits with which the pod of a request gets what it needs, and nothing else of the run; each with its source. None
/// if one of them is refused, or comes too late for the pod, or changes a text that is a part of several places.
pub fn edits<'a>(
    inventories: &[Inventory<'a>],
    request: &Request<'a>,
    into: InjectInto,
) -> Vec<(usize, Edit)> {
    let mut injection = Injection::default();
    injection.take(inventories, request, into);
    let is_harmless = |note: &Note| {
        matches!(
            note,
            Note::MayHide(_) | Note::PodInstead(_) | Note::AppliedLater { in_pod: true, .. }
        )
    };
    if !injection.notes.iter().all(is_harmless) {
        return Vec::new();
    }
    let mut inserts = Shared::default();
    let edits = injection.added.iter().map(|(&holder, added)| {
        let site = site(inventories, holder);
        let is_alone = site.users == 1 && site.frees.is_none();
        let edit = edit(inventories, holder, added, &mut inserts).ok().filter(|_| is_alone)?;
        Some((holder.source(), edit))
    });
    edits.collect::<Option<_>>().unwrap_or_default()
}

/// The object of a holder.
pub fn object<'i, 'a>(inventories: &'i [Inventory<'a>], holder: Holder) -> &'i Object<'a> {
    match holder {
        Holder::Pod(id) => &id.of(inventories).object,
        Holder::Account(id) => &id.of(inventories).object,
    }
}

/// The list of a holder.
pub fn list<'i, 'a>(inventories: &'i [Inventory<'a>], holder: Holder) -> &'i PullSecrets<'a> {
    match holder {
        Holder::Pod(id) => &id.of(inventories).pull_secrets,
        Holder::Account(id) => &id.of(inventories).pull_secrets,
    }
}

/// The holder whose list a holder's names are written into: the first one of the object that has the same list.
pub fn written(inventories: &[Inventory<'_>], holder: Holder) -> Holder {
    match holder {
        Holder::Pod(id) => {
            let shares = id.of(inventories).shares;
            Holder::Pod(WorkloadId { index: id.index - shares as usize, ..id })
        }
        Holder::Account(_) => holder,
    }
}

fn site<'i>(inventories: &'i [Inventory<'_>], holder: Holder) -> &'i Site {
    match holder {
        Holder::Pod(id) => &id.of(inventories).site,
        Holder::Account(id) => &id.of(inventories).site,
    }
}

/// What a pod has for the name of its ServiceAccount, if that is not a string.
fn not_an_account<'i, 'a>(
    inventories: &'i [Inventory<'a>],
    holder: Holder,
) -> Option<&'i NotString<'a>> {
    let Holder::Pod(id) = holder else { return None };
    id.of(inventories).not_an_account.as_deref()
}

/// The path of a holder's list from the root of its document.
pub fn path(inventories: &[Inventory<'_>], holder: Holder) -> String {
    match holder {
        Holder::Pod(id) => id.of(inventories).list_path(),
        Holder::Account(_) => object(inventories, holder).path(&[], "imagePullSecrets"),
    }
}

/// The names that a pod gets from its ServiceAccount when it starts; `None` if they are not known.
pub fn inherited<'a>(
    inventories: &[Inventory<'a>],
    request: &Request<'a>,
) -> Option<Vec<Text<'a>>> {
    if matches!(request.account, Account::Made) {
        let Holder::Pod(id) = request.holder else { return None };
        let made = id.of(inventories).made.as_deref();
        return Some(made.map_or(Vec::new(), |made| made.names.to_vec()));
    }
    match request.earlier {
        // An earlier release may have brought the same list.
        None | Some(Account::Unknown) => account_names(inventories, request.account),
        Some(earlier) => account_names(inventories, earlier),
    }
}

/// The names that a ServiceAccount has in the input, in the cluster or in the policy; `None` if it is not known.
pub fn account_names<'a>(
    inventories: &[Inventory<'a>],
    account: Account<'a>,
) -> Option<Vec<Text<'a>>> {
    match account {
        Account::InStream { id, .. } | Account::InCluster { id, .. } => {
            Some(list(inventories, Holder::Account(id)).names().cloned().collect())
        }
        Account::Absent | Account::None | Account::Made => Some(Vec::new()),
        Account::Declared(account) => {
            let names = account.image_pull_secrets.iter();
            Some(names.map(|name| Text::from(&*name.value)).collect())
        }
        // What it does not name in the end, it need not have named before.
        Account::Later(id) => {
            let names_none = !list(inventories, Holder::Account(id)).has_entry();
            names_none.then(Vec::new)
        }
        Account::Unknown => None,
    }
}

fn texts<'a>(names: &[&'a str]) -> Vec<Text<'a>> {
    names.iter().map(|&name| Text::from(name)).collect()
}

fn owned(names: &[Text<'_>]) -> Vec<Text<'static>> {
    names.iter().map(|name| name.clone().into_owned()).collect()
}
