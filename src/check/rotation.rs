//! When credentials were last rotated, by the best evidence there is. Nothing here says what is worth saying about that.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Outcome;
use crate::duration;
use crate::inventory::Produced;
use crate::inventory::annotations::Annotation;
use crate::inventory::producers::Refresh;
use crate::inventory::secrets::{Content, RedactedEntry, Secret, WriteTimes};
use crate::policy::{self, Policy};
use crate::say;
use crate::text::{Message, Shown, Text, plain, shown};
use crate::verdict::{LookUp, Secrets};

pub(super) const DAY: u64 = 24 * 60 * 60;

/// Everything that may tell when the credentials of a Secret were last rotated.
#[derive(Clone, Copy, Default)]
pub(super) struct RotationEvidence<'e> {
    pub(super) entries: &'e [RedactedEntry],
    /// Of the Secret, and of what makes it.
    annotations: [&'e [Annotation<'e>]; 3],
    pub(super) refresh: Option<&'e Refresh<'e>>,
    /// Whether something replaces the content, be it not known how often.
    pub(super) refreshed: bool,
    pub(super) written: Option<&'e WriteTimes<'e>>,
    created: Option<&'e str>,
    declared: Option<Timestamp>,
}

impl<'e> RotationEvidence<'e> {
    /// Of a Secret, and of what is known to make it.
    pub(super) fn of_secret(secret: &'e Secret<'e>, produced: Option<&'e Produced<'e>>) -> Self {
        let evidence = Self {
            entries: secret.content.entries(),
            annotations: [&secret.annotations, &[], &[]],
            refreshed: secret.refreshed_by.is_some(),
            written: Some(&secret.written),
            created: secret.created.as_deref(),
            ..Self::default()
        };
        produced.map_or(evidence, |produced| evidence.made_by(produced))
    }

    /// Of a Secret that something makes, and of what it has made so far.
    pub(super) fn of_produced(produced: &'e Produced<'e>, made: Option<&'e Secret<'e>>) -> Self {
        made.map(|made| Self::of_secret(made, None)).unwrap_or_default().made_by(produced)
    }

    /// With what the policy says of the Secret, if it declares it.
    pub(super) fn and_policy(
        self,
        declared: Option<(policy::RuleId, &policy::DeclaredSecret)>,
    ) -> Self {
        let declared = declared.and_then(|(_, secret)| secret.rotated_at.as_ref());
        Self { declared: declared.map(|time| time.value), ..self }
    }

    fn made_by(self, produced: &'e Produced<'e>) -> Self {
        let refreshed = produced.by.refreshes && !is_never(&produced.refresh);
        let annotations = [self.annotations[0], &*produced.annotations, self.annotations[2]];
        Self { annotations, refresh: Some(&produced.refresh), refreshed, ..self }
    }

    fn annotation(&self, name: &str) -> Option<&'e str> {
        let mut all = self.annotations.iter().flat_map(|annotations| *annotations);
        all.find(|(key, ..)| key == name).map(|(_, value, _)| &**value)
    }
}

/// When credentials were last rotated, as far as anything tells.
pub(super) enum Rotated {
    At(Timestamp, RotationSource),
    /// Something replaces them now and then.
    Every(Duration),
    /// Something made them once.
    Never,
    Unknown,
}

/// What tells a time.
pub(super) enum RotationSource {
    Token,
    Annotation(String),
    Written,
    Created,
    Policy,
}

impl RotationSource {
    pub(super) fn words(&self) -> Message {
        match self {
            Self::Token => "as the token itself tells".into(),
            Self::Annotation(name) => say!("as the annotation {} tells", shown(name)),
            Self::Written => "when its data was last written".into(),
            Self::Created => "when it was made".into(),
            Self::Policy => "as the policy tells".into(),
        }
    }
}

/// What decides how old credentials are.
#[derive(Clone, Copy)]
pub(super) struct Rotation<'c> {
    pub(super) secrets: &'c Secrets<'c>,
    pub(super) policy: &'c Policy,
    pub(super) now: Timestamp,
}

/// How old the credentials of each Secret are, in words: by its source and its number there.
pub fn ages(outcome: &Outcome<'_>, policy: &Policy) -> BTreeMap<(usize, usize), Message> {
    let secrets = Secrets::new(&outcome.inventories);
    let rotation = Rotation { secrets: &secrets, policy, now: outcome.now };
    let mut ages = BTreeMap::new();
    for (source, inventory) in outcome.inventories.iter().enumerate() {
        for (index, secret) in inventory.secrets.iter().enumerate() {
            let evidence = match &secret.content {
                Content::Payload(_) => rotation.own_evidence(secret),
                Content::Managed => rotation.managed_evidence(secret),
                Content::NoKey { .. } | Content::OtherType { .. } => continue,
            };
            ages.insert((source, index), rotation.age(&evidence));
        }
    }
    ages
}

impl<'c> Rotation<'c> {
    /// Of a Secret of the manifests that something fills later.
    pub(super) fn managed_evidence<'e>(&self, secret: &'e Secret<'e>) -> RotationEvidence<'e>
    where
        'c: 'e,
    {
        let namespace = secret.object.namespace();
        let name = secret.object.name.as_deref().unwrap_or_default();
        let filled = self.secrets.in_cluster(namespace, name).map(|(_, filled)| filled);
        let own = RotationEvidence::of_secret(secret, None);
        let evidence = filled.map_or(own, |filled| {
            let filled = RotationEvidence::of_secret(filled, None);
            let annotations = [filled.annotations[0], &[], own.annotations[0]];
            RotationEvidence { annotations, refreshed: filled.refreshed || own.refreshed, ..filled }
        });
        let produced = self.secrets.producer(LookUp::of(&secret.object), name);
        let evidence = produced.map_or(evidence, |(_, produced)| evidence.made_by(produced));
        evidence.and_policy(self.policy.secret(namespace, name))
    }

    /// Of a Secret with its content.
    pub(super) fn own_evidence<'e>(&self, secret: &'e Secret<'e>) -> RotationEvidence<'e>
    where
        'c: 'e,
    {
        let namespace = secret.object.namespace();
        let name = secret.object.name.as_deref().unwrap_or_default();
        let produced = self.secrets.producer(LookUp::of(&secret.object), name);
        RotationEvidence::of_secret(secret, produced.map(|(_, made)| made))
            .and_policy(self.policy.secret(namespace, name))
    }

    /// How old credentials are, in words.
    fn age(&self, evidence: &RotationEvidence<'_>) -> Message {
        match self.rotated(evidence) {
            Rotated::At(time, source) => {
                let days = self.days_since(time);
                let days = if days == 1 { say!("1 day") } else { say!("{} days", days) };
                say!("{}: rotated on {}, {}", days, date(time), source.words())
            }
            Rotated::Every(interval) => {
                let seconds = interval.as_secs();
                let text = match seconds {
                    0..=60 => "1 minute".into(),
                    61..3600 => say!("{} minutes", seconds.div_ceil(60)),
                    3600..DAY => hours(seconds),
                    _ => say!("{} days", seconds / DAY),
                };
                say!("refreshed every {}", text)
            }
            Rotated::Never => "fetched once, and never refreshed".into(),
            Rotated::Unknown => "not known".into(),
        }
    }

    /// The first that tells: the tokens, annotations, what refreshes them, when the data was written, a young object,
    /// the policy.
    pub(super) fn rotated(&self, evidence: &RotationEvidence<'_>) -> Rotated {
        if let Some(issued) = self.issued(evidence) {
            return Rotated::At(issued, RotationSource::Token);
        }
        let annotated = self.policy.rotation().annotations.iter().find_map(|name| {
            let at = evidence.annotation(name).and_then(time)?;
            Some(Rotated::At(at, RotationSource::Annotation(name.clone())))
        });
        let refreshed = || match evidence.refresh {
            Some(refresh) if is_never(refresh) => Some(Rotated::Never),
            refresh => refresh.and_then(interval).map(Rotated::Every),
        };
        let written = || self.written(evidence.written?);
        // An old object may have got new data in place, a young one cannot have old data.
        let young = || {
            let created = time(evidence.created?).filter(|created| !self.is_overdue(*created))?;
            Some(Rotated::At(created, RotationSource::Created))
        };
        let declared = || Some(Rotated::At(evidence.declared?, RotationSource::Policy));
        let rotated =
            annotated.or_else(refreshed).or_else(written).or_else(young).or_else(declared);
        rotated.unwrap_or(Rotated::Unknown)
    }

    /// When the data was written, as far as its manager tells: a time after which no one has written it is proof of age,
    /// and no proof of youth.
    fn written(&self, written: &WriteTimes<'_>) -> Option<Rotated> {
        let read = |text: &Option<Text<'_>>| time(text.as_deref()?);
        let latest = read(&written.latest)?;
        let certain = || read(&written.certain).filter(|certain| !self.is_overdue(*certain));
        let time = if self.is_overdue(latest) { Some(latest) } else { certain() };
        time.map(|at| Rotated::At(at, RotationSource::Written))
    }

    /// When the oldest token was issued; `None` if there is an entry that does not tell, and none that is overdue.
    fn issued(&self, evidence: &RotationEvidence<'_>) -> Option<Timestamp> {
        let usable = evidence.entries.iter().filter(|entry| entry.unusable.is_none());
        let times: Vec<_> = usable.map(|entry| self.issued_at(entry, evidence)).collect();
        let oldest = times.iter().flatten().min().copied()?;
        (times.iter().all(Option::is_some) || self.is_overdue(oldest)).then_some(oldest)
    }

    fn issued_at(
        &self,
        entry: &RedactedEntry,
        evidence: &RotationEvidence<'_>,
    ) -> Option<Timestamp> {
        let class = entry.class?;
        let expired = class.expires_at.is_some_and(|expires| expires < self.now.as_second());
        let issued = class.issued_at.filter(|_| !(expired && evidence.refreshed))?;
        Timestamp::from_second(issued).ok()
    }

    /// How many whole days ago a time was.
    pub(super) fn days_since(&self, time: Timestamp) -> i64 {
        self.now.duration_since(time).as_secs() / DAY.cast_signed()
    }

    pub(super) fn is_overdue(&self, rotated: Timestamp) -> bool {
        let age = self.now.duration_since(rotated);
        SignedDuration::try_from(self.policy.rotation().max_age).is_ok_and(|limit| age > limit)
    }
}

/// Whether time alone refreshes nothing.
pub(super) fn is_never(refresh: &Refresh<'_>) -> bool {
    match refresh {
        Refresh::Never(_) => true,
        Refresh::Every(text, _) => interval_of(text) == Some(Duration::ZERO),
        Refresh::ByDefault(_) | Refresh::Unknown => false,
    }
}

/// How often something is refreshed, if that is known and it is at all.
pub(super) fn interval(refresh: &Refresh<'_>) -> Option<Duration> {
    let text = match refresh {
        Refresh::Every(text, _) => &**text,
        Refresh::ByDefault(text) => text,
        Refresh::Never(_) | Refresh::Unknown => return None,
    };
    interval_of(text).filter(|interval| !interval.is_zero())
}

/// A time as people and programs write it: RFC 3339, or a date.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let date = || text.parse::<jiff::civil::Date>().ok();
    let at_midnight = || {
        let midnight = date()?.to_datetime(jiff::civil::Time::midnight());
        jiff::tz::Offset::UTC.to_timestamp(midnight).ok()
    };
    text.parse().ok().or_else(at_midnight)
}

/// The day of a time, in UTC.
pub(super) fn date(time: Timestamp) -> Shown<'static> {
    plain(jiff::tz::Offset::UTC.to_datetime(time).date())
}

/// `12 hours`.
pub(super) fn hours(seconds: u64) -> Message {
    match seconds / 3600 {
        1 => "1 hour".into(),
        hours => say!("{} hours", hours),
    }
}

/// A Go duration (`1h30m`), with days and weeks as Infisical has them, or a number of seconds.
fn interval_of(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_secs).or_else(|| duration::with_days(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_go_durations_or_seconds() {
        let seconds = |text| interval_of(text).map(|interval| interval.as_secs());
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("30h0s"), Some(108_000));
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds("0s"), Some(0));
        assert_eq!(seconds("60"), Some(60));
        assert_eq!(seconds("1w2d"), Some(9 * 86_400));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn times_are_timestamps_or_dates() {
        let midnight = time("2026-01-31").expect("it is a date");
        assert_eq!(time("2026-01-31T00:00:00Z"), Some(midnight));
        assert_eq!(date(midnight).to_string(), "2026-01-31");
        assert_eq!(time("last week"), None);
    }
}
