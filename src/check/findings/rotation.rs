//! What is worth saying about tokens, and about when credentials were last rotated.

use std::time::Duration;

use jiff::Timestamp;

use crate::credentials::shown_key;
use crate::finding;
use crate::inventory::secrets::{RedactedEntry, Secret};
use crate::say;
use crate::source::Span;
use crate::text::Message;

use super::super::rotation::{
    DAY, Rotated, Rotation, RotationEvidence, date, hours, interval, time,
};
use super::super::world::World;
use super::Findings;
use super::draft::SecretSpot;

impl<'c> World<'c> {
    /// What decides how old credentials are.
    pub(super) fn rotation(&self) -> Rotation<'c> {
        Rotation { secrets: self.secrets, policy: self.policy, now: self.circumstances.now }
    }

    /// What the credentials of a Secret say of themselves, and how old they are.
    pub(super) fn about_times(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        span: Span,
        evidence: &RotationEvidence<'_>,
    ) {
        let at = SecretSpot::new(&secret.object, span);
        for entry in evidence.entries.iter().filter(|entry| entry.unusable.is_none()) {
            self.about_token(out, entry, evidence, at);
        }
        let name = self.describe_in(&secret.object);
        self.about_rotation(out, &say!("of {}", name), evidence, at);
    }

    /// A Secret of the manifests that something fills later, and what a dump of the cluster shows of it.
    pub(super) fn about_managed(&self, out: &mut Findings<'_, '_>, secret: &Secret<'_>) {
        let evidence = self.rotation().managed_evidence(secret);
        let at = SecretSpot::new(&secret.object, secret.object.label);
        let name = self.describe_in(&secret.object);
        self.about_rotation(out, &say!("of {}", name), &evidence, at);
    }

    fn about_token(
        &self,
        out: &mut Findings<'_, '_>,
        entry: &RedactedEntry,
        evidence: &RotationEvidence<'_>,
        at: SecretSpot<'_>,
    ) {
        let Some(class) = entry.class else { return };
        let (name, key) = (self.describe_in(at.object), shown_key(&entry.key));
        let kind = class.kind.name();
        let end = class.expires_at.and_then(|at| Timestamp::from_second(at).ok());
        let over = end.filter(|end| *end < self.circumstances.now);
        // What is replaced again and again has been replaced since.
        if let Some(end) = over.filter(|_| !evidence.refreshed) {
            let code = &finding::EXPIRED_CREDENTIALS;
            let message = say!("{}, entry '{}': the {} expired on {}.", name, key, kind, date(end));
            out.report(at.draft(code, message, "expired").about(key.masked()));
        }
        if !class.is_short_lived() {
            return;
        }
        let seconds = class.lifetime().unwrap_or_default();
        let life = hours(seconds.unsigned_abs());
        if !evidence.refreshed {
            let code = &finding::SHORT_LIVED_CREDENTIALS;
            let message = say!(
                "{}, entry '{}': the {} lives {}, and nothing refreshes this Secret.",
                name,
                key,
                kind,
                life
            );
            out.report(at.draft(code, message, "short-lived").about(key.masked()));
        } else if let Some(interval) = evidence.refresh.and_then(interval)
            && interval > Duration::from_secs(seconds.unsigned_abs())
        {
            let code = &finding::EXPIRES_BEFORE_REFRESH;
            let message = say!(
                "{}, entry '{}': the {} lives {}, and what refreshes this Secret does so \
                 every {}.",
                name,
                key,
                kind,
                life,
                hours(interval.as_secs())
            );
            out.report(
                at.draft(code, message, "the token has expired by then").about(key.masked()),
            );
        }
    }

    pub(super) fn about_rotation(
        &self,
        out: &mut Findings<'_, '_>,
        whose: &Message,
        evidence: &RotationEvidence<'_>,
        at: SecretSpot<'_>,
    ) {
        let limit = self.policy.rotation().max_age;
        let days = limit.as_secs() / DAY;
        let rotation = self.rotation();
        match rotation.rotated(evidence) {
            Rotated::At(time, source) if rotation.is_overdue(time) => {
                let code = &finding::ROTATION_OVERDUE;
                let message = say!(
                    "Registry credentials last rotated over {} days ago: those {} on {}, {} days \
                     ago, {}.",
                    days,
                    whose,
                    date(time),
                    rotation.days_since(time),
                    source.words()
                );
                out.report(at.draft(code, message, "rotate them"));
            }
            Rotated::At(..) => {}
            Rotated::Every(interval) if interval <= limit => {}
            Rotated::Every(_) => {
                let code = &finding::SLOW_REFRESH;
                let message = say!(
                    "The credentials {} are refreshed less often than every {} days.",
                    whose,
                    days
                );
                out.report(at.draft(code, message, "too seldom"));
            }
            Rotated::Never => {
                let code = &finding::SLOW_REFRESH;
                let message =
                    say!("The credentials {} are fetched once, and never refreshed.", whose);
                out.report(at.draft(code, message, "never refreshed"));
            }
            Rotated::Unknown => {
                let code = &finding::ROTATION_UNKNOWN;
                let severity = self.policy.rotation().unknown;
                let latest = evidence.written.and_then(|written| time(written.latest.as_deref()?));
                let changed = latest.map_or(Message::default(), |latest| {
                    say!(" Their manager last changed the Secret on {}, which may have been a label.", date(latest))
                });
                let message = say!(
                    "It is not known when the credentials {} were last rotated.{}",
                    whose,
                    changed
                );
                out.report(at.draft(code, message, "rotation date unknown").severity(severity));
            }
        }
    }
}
