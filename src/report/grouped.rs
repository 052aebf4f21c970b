//! Findings of one code with one cause, which are one problem to a person.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::tally::registry;
use crate::finding::{Cause, Finding};
use crate::text::shown;

/// With more groups than this, small ones of a code are grouped by a wider cause. A group is small that has no more
/// findings than this.
const MOST: usize = 10;
/// How many images or registries a line names.
const NAMED: usize = 5;

/// Findings that are one problem.
pub(super) struct CauseGroup<'r> {
    /// The first of them, in the order of the report.
    pub(super) first: &'r Finding,
    /// The others.
    pub(super) others: Vec<&'r Finding>,
    /// What they have in common.
    pub(super) by: Common,
}

/// What the findings of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Common {
    /// The cause, of a level: 0 is the narrowest.
    Cause(usize),
    /// What to do about them.
    Remedy,
}

/// What is the same for all findings of a group.
type Key = (&'static str, &'static str, Common, u64);

impl<'r> CauseGroup<'r> {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &'r Finding> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// In how many objects all of them are.
    pub(super) fn objects(&self) -> usize {
        let places = self.all().filter_map(|finding| {
            let place = finding.place.as_ref()?;
            // Objects of a List share their document.
            let object = &place.object;
            Some((place.source, place.document, object.kind.masked(), object.name.as_ref()))
        });
        places.collect::<BTreeSet<_>>().len()
    }

    /// What to do about all of them, of which the remedy of the first is about its own registry.
    pub(super) fn remedy(&self) -> Option<String> {
        let remedy = self.first.remedy.as_ref()?;
        Some(remedy.text() + &self.for_other_registries())
    }

    /// What to do about images of other registries than that of the first.
    fn for_other_registries(&self) -> String {
        let own = registry(self.first);
        let others: BTreeSet<_> = self.others.iter().filter_map(|one| registry(one)).collect();
        let others: Vec<_> =
            others.into_iter().filter(|other| Some(other) != own.as_ref()).collect();
        if others.is_empty() {
            return String::new();
        }
        let mut names: Vec<_> =
            others.iter().take(NAMED).map(|name| shown(name).to_string()).collect();
        if let more @ 1.. = others.len().saturating_sub(NAMED) {
            names.push(format!("{more} more"));
        }
        format!("\nThe images of {} need the same for their registry.", names.join(", "))
    }

    /// `: IMAGE, IMAGE, …`: the images of the others, as far as a line has room.
    pub(super) fn other_images(&self) -> String {
        let all = self.others.iter().filter_map(|finding| finding.image.as_ref());
        let mut names: Vec<_> = all.clone().take(NAMED).map(ToString::to_string).collect();
        if all.count() > NAMED {
            names.push("…".to_owned());
        }
        if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
    }

    /// `48 more images with the same cause (30 objects in all)`.
    pub(super) fn others_text(&self) -> String {
        let count = self.others.len();
        let what = match (self.first.image.is_some(), count) {
            (true, 1) => "image",
            (true, _) => "images",
            (false, 1) => "finding",
            (false, _) => "findings",
        };
        let objects = match self.objects() {
            1 => "in 1 object".to_owned(),
            objects => format!("{objects} objects in all"),
        };
        let common = match self.by {
            Common::Cause(_) => "cause",
            Common::Remedy => "remedy",
        };
        format!("{count} more {what} with the same {common} ({objects})")
    }
}

/// Findings by code, severity and cause, in the order of the first of each. Where there are many without a cause, those
/// with one remedy are together.
pub(super) fn grouped<'r>(findings: &[&'r Finding]) -> Vec<CauseGroup<'r>> {
    let mut groups: Vec<CauseGroup<'r>> = Vec::new();
    let mut places = BTreeMap::new();
    for (&finding, key) in findings.iter().zip(keys(findings)) {
        let place = key.map(|key| *places.entry(key).or_insert(groups.len()));
        if let Some(group) = place.and_then(|at| groups.get_mut(at)) {
            group.others.push(finding);
        } else {
            let by = key.map_or(Common::Cause(0), |(.., by, _)| by);
            groups.push(CauseGroup { first: finding, others: Vec::new(), by });
        }
    }
    groups
}

/// The group of each finding; `None` is one of its own.
fn keys(findings: &[&Finding]) -> Vec<Option<Key>> {
    let mut keys = vec![None; findings.len()];
    let mut codes = BTreeMap::<_, Vec<usize>>::new();
    for (at, finding) in findings.iter().enumerate() {
        codes.entry((finding.code.name, severity(finding))).or_default().push(at);
    }
    for ((code, severity), own) in codes {
        let mut give = |at: usize, by, digest| keys[at] = Some((code, severity, by, digest));
        let (with, without): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|at| findings[*at].cause.is_some());
        by_cause(findings, with, &mut give);
        if without.len() > MOST {
            for at in without {
                give(at, Common::Remedy, Cause::digest(findings[at].remedy.as_ref()));
            }
        }
    }
    keys
}

/// Gives each finding `open` the key of a cause: the narrowest, if there are few of that level or many findings have it.
fn by_cause(
    findings: &[&Finding],
    mut open: Vec<usize>,
    give: &mut impl FnMut(usize, Common, u64),
) {
    let cause = |at: usize| findings[at].cause.as_ref();
    let levels = open.iter().filter_map(|at| cause(*at).map(Cause::levels)).max();
    for level in 0..levels.unwrap_or_default() {
        let key = |at: usize| cause(at).map_or(0, |cause| cause.key(level));
        let mut counts = BTreeMap::<_, usize>::new();
        for at in &open {
            *counts.entry(key(*at)).or_default() += 1;
        }
        let is_last = Some(level + 1) == levels;
        if !is_last && counts.len() > MOST {
            let mut large: Vec<_> = counts.into_iter().filter(|(_, count)| *count > MOST).collect();
            large.sort_by_key(|(_, count)| Reverse(*count));
            large.truncate(MOST);
            counts = large.into_iter().collect();
        }
        let (done, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|at| counts.contains_key(&key(*at)));
        for at in done {
            give(at, Common::Cause(level), key(at));
        }
        open = rest;
    }
}

fn severity(finding: &Finding) -> &'static str {
    finding.severity.name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::finding::{self, Fingerprint, Remedy, Severity};
    use crate::say;

    /// A finding with these causes.
    fn finding(levels: &[&[&str]]) -> Finding {
        Finding {
            code: &finding::UNKNOWN_PULL_SECRET,
            severity: Severity::Error,
            message: "m".into(),
            place: None,
            focus: None,
            related: Box::default(),
            cause: (!levels.is_empty()).then(|| Cause::of(levels)),
            image: None,
            container: None,
            remedy: Remedy::of(Box::from([Arc::new("r".into())])),
            fix: Box::default(),
            fingerprint: Fingerprint::of_run(&finding::UNKNOWN_PULL_SECRET, &[]),
            suppressed: None,
        }
    }

    fn sizes(findings: &[Finding]) -> Vec<(usize, Common)> {
        let all: Vec<_> = findings.iter().collect();
        grouped(&all).iter().map(|group| (1 + group.others.len(), group.by)).collect()
    }

    #[test]
    fn findings_with_one_cause_are_one_group() {
        let one = |account: &str| finding(&[&[account], &["registry"]]);
        let findings = [one("a"), one("b"), one("a"), finding(&[])];
        let narrow = Common::Cause(0);
        assert_eq!(sizes(&findings), [(2, narrow), (1, narrow), (1, narrow)]);
        let warning = Finding { severity: Severity::Warning, ..one("a") };
        assert_eq!(sizes(&[one("a"), warning]), [(1, narrow), (1, narrow)]);
    }

    #[test]
    fn many_small_causes_are_grouped_by_a_wider_one_and_a_large_one_stays() {
        let one = |account: usize| {
            let account = say!("account-{}", account);
            finding(&[&[&account], &["registry"]])
        };
        let findings: Vec<_> = (0..40).chain(std::iter::repeat_n(40, 30)).map(one).collect();
        assert_eq!(sizes(&findings), [(40, Common::Cause(1)), (30, Common::Cause(0))]);
    }

    #[test]
    fn many_findings_without_a_cause_are_grouped_by_their_remedy() {
        let few: Vec<_> = (0..MOST).map(|_| finding(&[])).collect();
        assert_eq!(sizes(&few).len(), MOST);
        let many: Vec<_> = (0..=MOST).map(|_| finding(&[])).collect();
        assert_eq!(sizes(&many), [(MOST + 1, Common::Remedy)]);
    }
}
