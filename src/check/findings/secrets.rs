//! What is worth saying about Secrets: what the kubelet cannot use, what is hardcoded, what is too old.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::credentials::payload::Format;
use crate::credentials::{printable_key, token};
use crate::finding::{self, Code, Severity};
use crate::image::InvalidReference;
use crate::inventory::secrets::{Content, Entry, Secret, Summary};
use crate::inventory::{Object, Produced};
use crate::policy::registries::Class;
use crate::source::Span;
use crate::verdict::{Credentials, Identified, Known, Secrets};

use super::super::{InUse, Input, Pod};
use super::{At, Findings, describe, show};

const DAY: u64 = 24 * 60 * 60;

/// When credentials were last rotated, as far as anything tells.
enum Rotated {
    At(Timestamp),
    /// Something replaces them now and then.
    Every(Duration),
    /// Something made them once.
    Never,
    Unknown,
}

impl Findings<'_, '_> {
    /// Everything about the Secrets of the input, and about those that pods name.
    pub(super) fn about_secrets(&mut self) {
        let secrets = Secrets::new(self.inventories);
        for (source, inventory) in self.inventories.iter().enumerate() {
            for secret in &inventory.secrets {
                self.about_content(source, secret);
            }
        }
        self.about_exposed();
        let mut named = BTreeSet::new();
        for (pod, account) in self.pods.iter().zip(self.accounts) {
            self.about_named(pod, *account, &secrets, &mut named);
        }
        self.about_renamed(&secrets);
    }

    pub(super) fn say(
        &mut self,
        code: &'static Code,
        severity: Severity,
        message: String,
        (source, object, span): (usize, &Object<'_>, Span),
        label: &'static str,
    ) {
        let at = At { source, object, span, path: object.place.clone(), label: label.into() };
        self.add(code, severity, message, Some(at), None, Some(code.remedy.into()));
    }

    fn about_content(&mut self, source: usize, secret: &Secret<'_>) {
        let Content::Payload(summary) = &secret.content else { return };
        let name = describe(&secret.object);
        let at = |span: Span| (source, &secret.object, span);
        match (&summary.api_server, &summary.kubelet) {
            (Err(error), _) => {
                let code = &finding::REJECTED_PULL_SECRET;
                let message = format!("{name} is rejected by the API server: {error}.");
                self.say(code, code.severity, message, at(secret.type_span), "rejected");
            }
            (Ok(()), Err(error)) => {
                let code = &finding::BROKEN_PULL_SECRET;
                let message =
                    format!("{name} fails every image pull of the pods that name it: {error}.");
                self.say(code, code.severity, message, at(secret.type_span), "cannot be read");
            }
            (Ok(()), Ok(entries)) => self.about_entries(source, secret, summary, entries),
        }
    }

    fn about_entries(
        &mut self,
        source: usize,
        secret: &Secret<'_>,
        summary: &Summary,
        entries: &[Entry],
    ) {
        let name = describe(&secret.object);
        let at = (source, &secret.object, summary.span);
        for entry in entries {
            let key = printable_key(&entry.key);
            if let Some(why) = entry.unusable {
                let code = &finding::UNUSABLE_CREDENTIALS;
                let message = format!("{name}, entry '{key}': {why}.");
                self.say(code, code.severity, message, at, "authenticates nothing");
            }
            if entry.stray_newline {
                let code = &finding::NEWLINE_IN_CREDENTIALS;
                let message = format!(
                    "{name}, entry '{key}': a line break is part of the user name or password."
                );
                self.say(code, code.severity, message, at, "made with echo?");
            }
        }
        let usable: Vec<_> = entries.iter().filter(|entry| entry.unusable.is_none()).collect();
        if usable.is_empty() {
            return;
        }
        let what = usable.iter().map(|entry| {
            let kind = entry.class.map_or("a password", |class| class.kind.name());
            format!("{kind} for '{}'", printable_key(&entry.key))
        });
        let what = what.collect::<Vec<_>>().join(", ");
        let severity = self.hardcoded_severity();
        let message = format!("{name} holds literal registry credentials: {what}.");
        self.say(&finding::HARDCODED_CREDENTIALS, severity, message, at, "hardcoded");
        self.about_times(source, secret, summary, &usable);
    }

    /// Files are kept; a rendered stream may have got its values from a vault a second ago.
    fn hardcoded_severity(&self) -> Severity {
        match self.circumstances.input {
            Input::Files => Severity::Error,
            Input::Stream | Input::Piped => Severity::Warning,
        }
    }

    /// What the credentials say of themselves, then annotations, then the age of the object.
    fn about_times(
        &mut self,
        source: usize,
        secret: &Secret<'_>,
        summary: &Summary,
        usable: &[&Entry],
    ) {
        let name = describe(&secret.object);
        let now = self.circumstances.now;
        let at = (source, &secret.object, summary.span);
        let mut rotated = Rotated::Unknown;
        for entry in usable {
            let Some(class) = entry.class else { continue };
            let key = printable_key(&entry.key);
            let kind = class.kind.name();
            let expires = class.expires_at.and_then(|at| Timestamp::from_second(at).ok());
            if let Some(expired) = expires.filter(|expires| *expires < now) {
                let code = &finding::EXPIRED_CREDENTIALS;
                let message =
                    format!("{name}, entry '{key}': the {kind} expired on {}.", date(expired));
                self.say(code, code.severity, message, at, "expired");
            }
            if class.is_short_lived() {
                let code = &finding::SHORT_LIVED_CREDENTIALS;
                let hours = class.lifetime().unwrap_or_default() / 3600;
                let message = format!(
                    "{name}, entry '{key}': a {kind} lives {hours} hours, and nothing refreshes this \
                     Secret."
                );
                self.say(code, code.severity, message, at, "short-lived");
            }
            if let Some(issued) = class.issued_at.and_then(|at| Timestamp::from_second(at).ok()) {
                rotated = Rotated::At(issued);
            }
        }
        if matches!(rotated, Rotated::Unknown) {
            rotated = self.rotated(secret);
        }
        self.about_rotation(&format!("of {name}"), &rotated, at);
    }

    fn rotated(&self, secret: &Secret<'_>) -> Rotated {
        let annotated = self.policy.rotation().annotations.iter().find_map(|wanted| {
            let mut annotations = secret.annotations.iter();
            let (_, value, _) = annotations.find(|(name, ..)| name == wanted)?;
            time(value)
        });
        let created = || secret.created.as_deref().and_then(time);
        // An old object may have got new data in place, a young one cannot have old data.
        let young = || created().filter(|created| !self.is_overdue(*created));
        annotated.or_else(young).map_or(Rotated::Unknown, Rotated::At)
    }

    fn is_overdue(&self, rotated: Timestamp) -> bool {
        let age = self.circumstances.now.duration_since(rotated);
        SignedDuration::try_from(self.policy.rotation().max_age).is_ok_and(|limit| age > limit)
    }

    fn about_rotation(&mut self, whose: &str, rotated: &Rotated, at: (usize, &Object<'_>, Span)) {
        let limit = self.policy.rotation().max_age;
        let days = limit.as_secs() / DAY;
        match rotated {
            Rotated::At(time) if self.is_overdue(*time) => {
                let code = &finding::ROTATION_OVERDUE;
                let age =
                    self.circumstances.now.duration_since(*time).as_secs() / DAY.cast_signed();
                let message = format!(
                    "Registry credentials last rotated over {days} days ago: those {whose} on {}, {age} days \
                     ago.",
                    date(*time)
                );
                self.say(code, code.severity, message, at, "rotate them");
            }
            Rotated::At(_) => {}
            Rotated::Every(interval) if *interval <= limit => {}
            Rotated::Every(_) | Rotated::Never => {
                let code = &finding::SLOW_REFRESH;
                let message = format!(
                    "The credentials {whose} are refreshed less often than every {days} days."
                );
                self.say(code, code.severity, message, at, "too seldom");
            }
            Rotated::Unknown => {
                let code = &finding::ROTATION_UNKNOWN;
                let severity = self.policy.rotation().unknown;
                let message =
                    format!("It is not known when the credentials {whose} were last rotated.");
                self.say(code, severity, message, at, "how old is it?");
            }
        }
    }

    fn about_exposed(&mut self) {
        let severity = self.hardcoded_severity();
        let code = &finding::HARDCODED_CREDENTIALS;
        for (source, inventory) in self.inventories.iter().enumerate() {
            for exposed in &inventory.exposed {
                let message = format!(
                    "{} holds a literal credential in {}.",
                    describe(&exposed.object),
                    exposed.path
                );
                let at = At {
                    source,
                    object: &exposed.object,
                    span: exposed.span,
                    path: exposed.path.clone(),
                    label: "hardcoded".into(),
                };
                self.add(code, severity, message, Some(at), None, Some(code.remedy.into()));
            }
            for pod in self.pods.iter().filter(|pod| pod.source == source) {
                let workload = &inventory.workloads[pod.index];
                for (image, judged) in workload.images.iter().zip(&pod.images) {
                    if judged.pull.reference == Err(InvalidReference::Userinfo) {
                        let message = format!(
                            "{} holds a literal user name or password in an image reference.",
                            describe(&workload.object)
                        );
                        let at = At {
                            source,
                            object: &workload.object,
                            span: image.span,
                            path: workload.path(&image.field.to_string()),
                            label: "hardcoded".into(),
                        };
                        self.add(code, severity, message, Some(at), None, Some(code.remedy.into()));
                    }
                }
            }
        }
    }

    /// What is wrong with the secrets that a pod names, each told once.
    fn about_named<'i>(
        &mut self,
        pod: &'i Pod<'_>,
        account: InUse,
        secrets: &Secrets<'i>,
        told: &mut BTreeSet<(String, String)>,
    ) where
        Self: 'i,
    {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let namespace = workload.object.namespace.as_deref();
        let at = (pod.source, &workload.object, workload.object.label);
        let mut known = Vec::with_capacity(pod.effective.names.len());
        for name in &pod.effective.names {
            let referrer = self.referrer(pod, account);
            let found = secrets.find(pod.source, namespace, referrer, name, self.policy);
            known.push(found);
            // What lies outside is told once for all namespaces, what is inside once for each.
            let place = match found {
                Known::Outside => String::new(),
                _ => namespace.unwrap_or_default().to_owned(),
            };
            if told.insert((place, name.clone().into_owned())) {
                self.about_known(name, found, at);
            }
        }
        let credentials = Credentials::new(known, pod.effective.origin, Vec::new());
        self.about_use(pod, &credentials);
        for judged in &pod.images {
            let Some(Identified::OnlyInside(identity)) = judged.judgement.identity.as_deref()
            else {
                continue;
            };
            let account = workload.effective_service_account();
            if told.insert((format!("identity {}", identity.name), account.to_owned())) {
                let code = &finding::IDENTITY_INSIDE_ONLY;
                let message = format!(
                    "{} relies on {} of ServiceAccount '{}', with which the kubelet does not pull images.",
                    describe(&workload.object),
                    identity.name,
                    show(account)
                );
                self.say(code, code.severity, message, at, "the node pulls, not the pod");
            }
        }
    }

    fn about_known(&mut self, name: &str, known: Known<'_>, at: (usize, &Object<'_>, Span)) {
        let who = describe(at.1);
        let name = show(name);
        match known {
            Known::InStream { source, secret } => self.about_type(source, secret),
            Known::Produced { source, produced } => self.about_produced(source, produced),
            Known::Declared(secret) => {
                let rotated = secret.rotated_at.as_ref();
                let rotated = rotated.map_or(Rotated::Unknown, |time| Rotated::At(time.value));
                self.about_rotation(&format!("in '{name}'"), &rotated, at);
            }
            Known::Elsewhere(secret) => {
                let code = &finding::SECRET_IN_OTHER_NAMESPACE;
                let namespace = secret.object.namespace.as_deref().unwrap_or("another one");
                let message = format!(
                    "{who} names the pull secret '{name}', which the input has in namespace '{}' only.",
                    show(namespace)
                );
                self.say(code, code.severity, message, at, "not in this namespace");
            }
            Known::Outside => {
                self.about_rotation(&format!("in '{name}'"), &Rotated::Unknown, at);
            }
        }
    }

    fn about_type(&mut self, source: usize, secret: &Secret<'_>) {
        let name = describe(&secret.object);
        let at = (source, &secret.object, secret.type_span);
        match &secret.content {
            Content::OtherType { holds } => {
                let code = &finding::WRONG_SECRET_TYPE;
                let held = holds.map_or(String::new(), |format: Format| {
                    format!(", although it has the key {}", format.data_key())
                });
                let message = format!(
                    "{name} is of type {}, so the kubelet passes it over{held}.",
                    show(&secret.secret_type)
                );
                self.say(code, code.severity, message, at, "not a type for pull secrets");
            }
            Content::NoKey { format, crossed } => {
                let code = &finding::MISSING_SECRET_KEY;
                let crossed = crossed.map_or(String::new(), |format| {
                    format!("; {} belongs to type {}", format.data_key(), format.secret_type())
                });
                let message = format!("{name} has no key {}{crossed}.", format.data_key());
                self.say(code, code.severity, message, at, "its key is missing");
            }
            Content::Payload(_) | Content::Managed(_) => {}
        }
    }

    fn about_produced(&mut self, source: usize, produced: &Produced<'_>) {
        let maker = describe(&produced.object);
        let name = show(&produced.name);
        let at = (source, &produced.object, produced.span);
        if !produced.is_usable() {
            let code = &finding::UNUSABLE_PRODUCER;
            let kind = produced.secret_type.as_deref().unwrap_or("Opaque");
            let message = format!(
                "{maker} makes the pull secret '{name}' with type {}, so the kubelet passes it over.",
                show(kind)
            );
            self.say(code, code.severity, message, at, "no docker type");
        }
        if let Some(caveat) = produced.by.caveat {
            let code = &finding::SECRET_APPEARS_LATE;
            let message = format!("{maker} makes the pull secret '{name}': {caveat}.");
            self.say(code, code.severity, message, at, "appears late");
        }
        let rotated = match &produced.refresh {
            None => Rotated::Unknown,
            Some((interval, _)) => match interval_of(interval) {
                Some(Duration::ZERO) => Rotated::Never,
                Some(interval) => Rotated::Every(interval),
                None => Rotated::Unknown,
            },
        };
        let span = produced.refresh.as_ref().map_or(produced.span, |(_, span)| *span);
        let at = (source, &produced.object, span);
        self.about_rotation(&format!("in '{name}' (made by {maker})"), &rotated, at);
    }

    /// Secrets that no image needs, and credentials that spoil a public image.
    fn about_use(&mut self, pod: &Pod<'_>, credentials: &Credentials<'_>) {
        let inside = |known: &Known<'_>| matches!(known, Known::InStream { .. });
        if !credentials.known().iter().any(inside) {
            return;
        }
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let at = (pod.source, &workload.object, workload.object.label);
        let mut needed = BTreeSet::new();
        let now = self.circumstances.now.as_second();
        for (image, judged) in workload.images.iter().zip(&pod.images) {
            let Ok(reference) = &judged.pull.reference else { continue };
            for tried in credentials.tried(reference.name()) {
                needed.insert(tried.secret);
                let Known::InStream { secret, .. } = &credentials.known()[tried.secret] else {
                    continue;
                };
                let class = secret.content.entries()[tried.entry].class;
                let expired = class
                    .and_then(|class: token::Class| class.expires_at)
                    .is_some_and(|at| at < now);
                if expired && judged.pull.access.is_some_and(|access| access.class == Class::Public)
                {
                    let code = &finding::STALE_ON_PUBLIC;
                    let message = format!(
                        "{} pulls the public image '{}' with expired credentials ({}).",
                        describe(&workload.object),
                        show(&image.reference),
                        describe(&secret.object)
                    );
                    let at = (pod.source, &workload.object, image.span);
                    self.say(code, code.severity, message, at, "could be pulled without");
                }
            }
        }
        for (index, known) in credentials.known().iter().enumerate() {
            let Known::InStream { secret, .. } = known else { continue };
            if secret.content.entries().is_empty() || needed.contains(&index) {
                continue;
            }
            let code = &finding::UNNEEDED_PULL_SECRET;
            let message = format!(
                "{} has the pull secret '{}', and none of its images needs it.",
                describe(&workload.object),
                show(&pod.effective.names[index])
            );
            self.say(code, code.severity, message, at, "not needed");
        }
    }
}

/// A time as people and programs write it: RFC 3339, or a date.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let date = || text.parse::<jiff::civil::Date>().ok();
    let at_midnight = || {
        let midnight = date()?.to_datetime(jiff::civil::Time::midnight());
        jiff::tz::Offset::UTC.to_timestamp(midnight).ok()
    };
    text.parse().ok().or_else(at_midnight)
}

fn date(time: Timestamp) -> String {
    jiff::tz::Offset::UTC.to_datetime(time).date().to_string()
}

/// A Go duration (`1h30m`), or a number of seconds.
fn interval_of(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        total += number
            * match &unit[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                "us" | "µs" => 0.000_001,
                "ns" => 0.000_000_001,
                _ => return None,
            };
        rest = &unit[end..];
    }
    Duration::try_from_secs_f64(total).ok()
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
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn times_are_timestamps_or_dates() {
        let midnight = time("2026-01-31").unwrap();
        assert_eq!(time("2026-01-31T00:00:00Z"), Some(midnight));
        assert_eq!(date(midnight), "2026-01-31");
        assert_eq!(time("last week"), None);
    }
}
