//! The tables of the page: workloads and registries, ServiceAccounts, Secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::Report;
use super::parts::{object_name, place_of};
use super::{ROWS, verdict_class};
use crate::check::{self, Pod};
use crate::credentials::shown_key;
use crate::inventory::SourceKind;
use crate::inventory::secrets::{Content, Secret};
use crate::text::{Message, shown};
use crate::verdict::Verdict;

/// How many registries have a column of their own. The others share one.
const REGISTRIES: usize = 8;
/// How many entries of a Secret are listed.
const ENTRIES: usize = 10;

/// Verdicts of workloads by registry.
pub(super) struct HtmlMatrix {
    pub(super) registries: Vec<String>,
    pub(super) rows: Vec<HtmlRow>,
    pub(super) more: usize,
}

pub(super) struct HtmlRow {
    /// The id of the part of the workload; empty if it has none.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) cells: Vec<Vec<HtmlBadge>>,
}

/// A verdict, and how many images have it.
pub(super) struct HtmlBadge {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) count: usize,
}

pub(super) struct HtmlAccount {
    pub(super) name: String,
    pub(super) secrets: String,
    pub(super) pods: usize,
    pub(super) place: String,
}

pub(super) struct HtmlSecret {
    pub(super) name: String,
    pub(super) sort: String,
    pub(super) entries: String,
    pub(super) age: String,
    pub(super) place: String,
}

/// The matrix, with links to the first `parts` workloads.
pub(super) fn matrix(report: &Report<'_>, parts: usize) -> HtmlMatrix {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for pod in &report.outcome.pods {
        for (host, _) in verdicts(report, pod) {
            *counts.entry(host).or_default() += 1;
        }
    }
    let mut hosts: Vec<_> = counts.into_iter().collect();
    hosts.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    let rest = hosts.split_off(hosts.len().min(REGISTRIES)).len();
    let mut registries: Vec<_> = hosts.into_iter().map(|(host, _)| host).collect();
    if rest > 0 {
        registries.push(format!("{rest} others"));
    }
    let with_images = || {
        let pods = report.outcome.pods.iter().enumerate();
        pods.filter(|(_, pod)| !pod.images.is_empty())
    };
    let rows = with_images().take(ROWS).map(|(at, pod)| HtmlRow {
        id: if at < parts { format!("w{at}") } else { String::new() },
        name: object_name(&pod.id.of(&report.outcome.inventories).object),
        cells: cells(report, pod, &registries),
    });
    let rows: Vec<_> = rows.collect();
    HtmlMatrix { more: with_images().count() - rows.len(), registries, rows }
}

/// The registry and the verdict of each image of a pod.
fn verdicts(report: &Report<'_>, pod: &Pod<'_>) -> Vec<(String, Verdict)> {
    let images = &pod.id.of(&report.outcome.inventories).images;
    let images = images.iter().zip(&pod.images).map(|(image, judged)| {
        let host = image.parsed().map(|reference| shown(reference.domain()).to_string());
        (host.unwrap_or_else(|_| "not valid".to_owned()), judged.judgement.verdict)
    });
    images.collect()
}

fn cells(report: &Report<'_>, pod: &Pod<'_>, registries: &[String]) -> Vec<Vec<HtmlBadge>> {
    let mut cells: Vec<Vec<HtmlBadge>> = registries.iter().map(|_| Vec::new()).collect();
    for (host, verdict) in verdicts(report, pod) {
        let last = registries.len() - 1;
        let cell = registries.iter().position(|registry| *registry == host).unwrap_or(last);
        let word = verdict.name();
        match cells[cell].iter_mut().find(|badge| badge.word == word) {
            Some(badge) => badge.count += 1,
            None => cells[cell].push(HtmlBadge { class: verdict_class(verdict), word, count: 1 }),
        }
    }
    cells
}

/// The ServiceAccounts of the input, and those of a dump that a pod of the input runs as; and how many more there are.
pub(super) fn accounts(report: &Report<'_>) -> (Vec<HtmlAccount>, usize) {
    // Those of a context, and those of all contexts, which may run as one of a dump.
    let mut pods: BTreeMap<(Option<u32>, Option<&str>, &str), usize> = BTreeMap::new();
    for pod in &report.outcome.pods {
        let workload = pod.id.of(&report.outcome.inventories);
        let (object, name) = (&workload.object, workload.effective_service_account());
        for context in [Some(object.context), None] {
            *pods.entry((context, object.namespace(), name)).or_default() += 1;
        }
    }
    let mut all = Vec::new();
    for inventory in &report.outcome.inventories {
        let is_dump = inventory.source_kind == SourceKind::Cluster;
        let context = (!is_dump).then_some(inventory.context);
        for account in &inventory.service_accounts {
            let name = account.object.name.as_deref().unwrap_or_default();
            let used = pods.get(&(context, account.object.namespace(), name)).copied();
            let used = used.unwrap_or_default();
            if used == 0 && is_dump {
                continue;
            }
            let names = account.pull_secrets.names().map(|name| shown(name).to_string());
            let names: Vec<_> = names.collect();
            all.push(HtmlAccount {
                name: object_name(&account.object),
                secrets: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
                pods: used,
                place: place_of(report, &account.object),
            });
        }
    }
    let more = all.split_off(all.len().min(ROWS)).len();
    (all, more)
}

/// The pull secrets of the input, and those of a dump that a pod of the input names; and how many more there are.
pub(super) fn secrets(report: &Report<'_>) -> (Vec<HtmlSecret>, usize) {
    let names = report.outcome.pods.iter().flat_map(|pod| pod.effective.names.iter());
    let in_use: BTreeSet<&str> = names.map(|name| &**name).collect();
    let ages = check::ages(report.outcome, report.policy);
    let mut all = Vec::new();
    for (source, inventory) in report.outcome.inventories.iter().enumerate() {
        for (index, secret) in inventory.secrets.iter().enumerate() {
            let is_named = secret.object.name.as_deref().is_some_and(|name| in_use.contains(name));
            let is_pull_secret =
                matches!(secret.content, Content::Payload(_) | Content::NoKey { .. });
            let is_own = inventory.source_kind == SourceKind::Manifests && is_pull_secret;
            if is_named || is_own {
                let age = ages.get(&(source, index));
                all.push(self::secret(report, secret, age));
            }
        }
    }
    let more = all.split_off(all.len().min(ROWS)).len();
    (all, more)
}

fn secret(report: &Report<'_>, secret: &Secret<'_>, age: Option<&Message>) -> HtmlSecret {
    let keys: Vec<_> = secret.content.entries().iter().collect();
    let listed = keys.iter().take(ENTRIES).map(|entry| shown_key(&entry.key).to_string());
    let mut entries = listed.collect::<Vec<_>>().join(", ");
    if keys.len() > ENTRIES {
        let _ = write!(entries, " and {} more", keys.len() - ENTRIES);
    }
    HtmlSecret {
        name: object_name(&secret.object),
        sort: shown(&secret.secret_type).to_string(),
        entries: if entries.is_empty() { "none".to_owned() } else { entries },
        age: age.map_or("not known", Message::as_str).to_owned(),
        place: place_of(report, &secret.object),
    }
}
