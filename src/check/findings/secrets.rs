//! What is worth saying about Secrets: what the kubelet cannot use, what is hardcoded, what does not exist.

use std::collections::BTreeSet;

use crate::credentials::exposure;
use crate::credentials::payload::{Misfit, PayloadFormat};
use crate::credentials::shown_key;
use crate::finding::{self, Severity};
use crate::inventory::Produced;
use crate::inventory::secrets::{Content, PayloadSummary, RedactedEntry, Secret};
use crate::say;
use crate::source::Span;
use crate::text::{Message, list, plain, shown};
use crate::verdict::Known;

use super::super::Input;
use super::super::rotation::RotationEvidence;
use super::super::world::{InUse, ResolvedPod, World};
use super::draft::SecretSpot;

use super::{At, Draft, Findings, article, describe};

/// What sets findings about pull secrets of a platform apart from others about the same name.
const PLATFORM: &str = "platform ";

/// Whether a name is that of the pull secrets that IBM Cloud makes with a cluster: `all-icr-io`, and in older clusters
/// one for each region (<https://cloud.ibm.com/docs/containers?topic=containers-registry>).
fn is_of_platform(name: &str) -> bool {
    name == "all-icr-io" || name.starts_with("default-") && name.ends_with("icr-io")
}

impl<'c> World<'c> {
    /// The contents of the Secrets of the input.
    pub(super) fn about_contents(&self, out: &mut Findings<'_, '_>) {
        for (_, inventory) in self.manifests() {
            for secret in &inventory.secrets {
                self.about_content(out, secret);
            }
        }
    }

    /// What is wrong with the Secrets that pods name, each reported once.
    pub(super) fn about_named_secrets(&self, out: &mut Findings<'_, '_>) {
        let mut reported = BTreeSet::new();
        // A static pod can use no Secret.
        for pod in self.pods.iter().filter(|pod| !matches!(pod.account, InUse::None)) {
            self.about_named(out, pod, &mut reported);
        }
    }

    fn about_content(&self, out: &mut Findings<'_, '_>, secret: &Secret<'_>) {
        let summary = match &secret.content {
            Content::Payload(summary) => summary,
            Content::NoKey { format, crossed, near } => {
                let cause = cause_of_missing_key(*format, *crossed, near.as_deref());
                return self.about_missing_key(out, secret, *format, &cause);
            }
            Content::OtherType { .. } | Content::Managed => return,
        };
        match (&summary.api_server, &summary.kubelet) {
            (Err(error), _) => {
                let span = summary.rejected.unwrap_or(summary.span);
                self.about_rejected(out, secret, span, &error.message());
            }
            (Ok(()), Err(error)) => self.about_broken(out, secret, summary, &error.message()),
            (Ok(()), Ok(entries)) => self.about_entries(out, secret, summary, entries),
        }
        self.about_literals(out, secret, summary);
        if summary.entries().iter().any(|entry| entry.unusable.is_none()) {
            let evidence = self.rotation().own_evidence(secret);
            self.about_times(out, secret, summary.span, &evidence);
        }
    }

    /// A Secret that is not stored: whoever applies it gets an error, and no kubelet sees it.
    fn about_rejected(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        span: Span,
        why: &Message,
    ) {
        let code = &finding::REJECTED_PULL_SECRET;
        let name = self.describe_in(&secret.object);
        let message = say!("{} is rejected by the API server: {}.", name, why);
        out.report(SecretSpot::new(&secret.object, span).draft(code, message, "rejected"));
    }

    fn about_broken(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        summary: &PayloadSummary,
        why: &Message,
    ) {
        let code = &finding::BROKEN_PULL_SECRET;
        let name = self.describe_in(&secret.object);
        let misfit =
            summary.misfit.map_or(Message::default(), |misfit| say!("; {}", plain(misfit)));
        let message =
            say!("{} fails every image pull of the pods that name it: {}{}.", name, why, misfit);
        let at = SecretSpot::new(&secret.object, summary.span);
        out.report(at.draft(code, message, "cannot be read"));
    }

    fn about_missing_key(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        format: PayloadFormat,
        cause: &Message,
    ) {
        let code = &finding::MISSING_SECRET_KEY;
        let message = say!(
            "{} is rejected by the API server: it has no key {}{}.",
            self.describe_in(&secret.object),
            format.data_key(),
            cause
        );
        let at = SecretSpot::new(&secret.object, secret.type_span);
        out.report(at.draft(code, message, "its key is missing"));
    }

    /// What the kubelet finds in a payload, and what keeps that from being of use.
    fn about_entries(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        summary: &PayloadSummary,
        entries: &[RedactedEntry],
    ) {
        match summary.misfit {
            // Of an empty one there is something to say if a pod names it.
            Some(Misfit::NoEntry) => return,
            Some(misfit) => return self.about_misfit(out, secret, summary.span, misfit),
            None => {}
        }
        let name = self.describe_in(&secret.object);
        let at = SecretSpot::new(&secret.object, summary.span);
        for entry in entries {
            let key = shown_key(&entry.key);
            if let Some(why) = entry.unusable {
                let code = &finding::UNUSABLE_CREDENTIALS;
                let message = say!("{}, entry '{}': {}.", name, key, plain(why));
                out.report(at.draft(code, message, "authenticates nothing").about(key.masked()));
            }
            if entry.stray_newline {
                let code = &finding::NEWLINE_IN_CREDENTIALS;
                let message = say!(
                    "{}, entry '{}': a line break is part of the user name or password.",
                    name,
                    key
                );
                out.report(at.draft(code, message, "contains a line break").about(key.masked()));
            }
            if let Some(why) = entry.user_flaw {
                let code = &finding::WRONG_USER_NAME;
                let message = say!("{}, entry '{}': {}.", name, key, why);
                out.report(
                    at.draft(code, message, "not a user name of this registry").about(key.masked()),
                );
            }
        }
    }

    fn about_misfit(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        span: Span,
        misfit: Misfit,
    ) {
        let code = &finding::PULL_SECRET_WITHOUT_CREDENTIALS;
        let name = self.describe_in(&secret.object);
        let message = say!("{} gives the kubelet no credentials: {}.", name, plain(misfit));
        out.report(SecretSpot::new(&secret.object, span).draft(code, message, "no credentials"));
    }

    /// What everybody can read in a payload, whether or not a kubelet can.
    fn about_literals(
        &self,
        out: &mut Findings<'_, '_>,
        secret: &Secret<'_>,
        summary: &PayloadSummary,
    ) {
        // What is in a cluster may have come from anywhere.
        if self.is_in_cluster(&secret.object) {
            return;
        }
        let of_entries = summary.entries().iter().filter(|_| summary.literals.is_empty());
        let of_entries = of_entries.filter_map(|entry| Some((entry.key.as_str(), entry.literal?)));
        let others = summary.literals.iter().map(|literal| (literal.key.as_str(), literal.what));
        let what = of_entries.chain(others).map(|(key, what)| match key {
            "" => say!("{} {}", article(what), what),
            key => say!("{} {} for '{}'", article(what), what, shown_key(key)),
        });
        let what: Vec<_> = what.collect();
        if what.is_empty() {
            return;
        }
        let name = self.describe_in(&secret.object);
        let message = say!("{} holds literal registry credentials: {}.", name, list(what, ", "));
        let at = SecretSpot::new(&secret.object, summary.span);
        let draft = at.draft(&finding::HARDCODED_CREDENTIALS, message, "hardcoded");
        out.report(draft.severity(self.hardcoded_severity()));
    }

    /// Files are kept; a rendered stream may have got its values from a vault a second ago.
    fn hardcoded_severity(&self) -> Severity {
        match self.circumstances.input {
            Input::Files => Severity::Error,
            Input::Stream | Input::Piped => Severity::Warning,
        }
    }

    /// Credentials in plain sight, in objects that are not pull secrets and in image references.
    pub(super) fn about_exposed(&self, out: &mut Findings<'_, '_>) {
        for inventory in self.inventories {
            for exposed in &inventory.exposed {
                let at = At::new(&exposed.object, exposed.span, "hardcoded");
                let at = at.path(exposed.path.clone()).by_name(exposed.by_name.clone());
                let at = at.container(exposed.container.as_deref());
                self.hardcoded(out, at, &exposed.what.message());
            }
        }
        for pod in &self.pods {
            let workload = pod.workload;
            for image in &workload.images {
                if let Some(what) = exposure::in_reference(&image.reference) {
                    self.hardcoded(out, pod.at_image(image, "hardcoded"), &what.into());
                }
            }
        }
    }

    fn hardcoded(&self, out: &mut Findings<'_, '_>, at: At<'_>, what: &Message) {
        let (who, path) = (describe(at.object), at.path.shown());
        let message = say!("{} holds a literal credential in {}: {}.", who, path, what);
        let draft = Draft::new(&finding::HARDCODED_CREDENTIALS, message).at(at);
        out.report(draft.severity(self.hardcoded_severity()));
    }

    fn about_named(
        &self,
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        reported: &mut BTreeSet<(u32, String, String)>,
    ) {
        let object = &pod.workload.object;
        let here = object.namespace();
        for (at, (name, secret)) in pod.effective().names.iter().zip(&*pod.secrets).enumerate() {
            let is_outside = matches!(secret.known, Known::Outside);
            // What lies outside is reported once for all contexts and namespaces, what is inside once for each.
            let context = if is_outside { 0 } else { object.context };
            let within = here.filter(|_| !is_outside).unwrap_or_default();
            if reported.insert((context, within.to_owned(), name.to_string())) {
                let spot = SecretSpot::named_by(pod.holder(), object, [within, &**name]);
                let spot = spot.with_entry(self.entry(pod, at));
                self.about_known(out, secret.known, spot, name);
            }
            let elsewhere = here.filter(|here| *here != "default" && is_outside);
            if let Some(here) = elsewhere.filter(|_| is_of_platform(name))
                && reported.insert((0, [PLATFORM, here].concat(), name.to_string()))
            {
                let spot = SecretSpot::named_by(pod.holder(), object, [here, name]);
                let spot = spot.with_entry(self.entry(pod, at));
                Self::about_platform(out, name, here, spot);
            }
        }
    }

    /// A pull secret that the platform makes in its namespace `default` only.
    fn about_platform(out: &mut Findings<'_, '_>, name: &str, here: &str, at: SecretSpot<'_>) {
        let (name, namespace) = (shown(name), shown(here));
        let message = say!(
            "{} names the pull secret '{}' in namespace '{}': IBM Cloud makes it in namespace 'default' \
             only.",
            describe(at.object),
            name,
            namespace
        );
        let remedy = say!(
            "Copy it:\n  kubectl get secret {name} -n default -o yaml | sed 's/namespace: default/namespace: \
             {namespace}/' | kubectl create -n {namespace} -f -\nIf it is there already, declare it in the policy:\n  \
             cluster:\n    secrets:\n    - {{namespace: {namespace}, name: {name}}}",
            name = name,
            namespace = namespace
        );
        let code = &finding::PLATFORM_SECRET_ELSEWHERE;
        out.report(at.draft(code, message, "not copied by the platform").remedy(remedy));
    }

    fn about_known(
        &self,
        out: &mut Findings<'_, '_>,
        known: Known<'_>,
        at: SecretSpot<'_>,
        name: &str,
    ) {
        let whose = || say!("in '{}'", shown(name));
        match known {
            Known::InStream { secret, .. }
            | Known::Copied { secret, .. }
            | Known::InCluster { secret, .. } => {
                self.about_type(out, secret);
                if matches!(secret.content, Content::Managed) {
                    self.about_managed(out, secret);
                } else if self.is_in_cluster(&secret.object) {
                    // Those of the manifests have been reported, named or not.
                    self.about_content(out, secret);
                }
            }
            Known::Produced { produced, in_time, .. } => {
                let namespace = at.object.namespace();
                let made = self.secrets.in_cluster(namespace, name);
                let evidence =
                    RotationEvidence::of_produced(produced, made.map(|(_, secret)| secret))
                        .and_policy(self.policy.secret(namespace, name));
                self.about_produced(out, produced, in_time, &evidence);
            }
            Known::Declared(_) => {
                let declared = self.policy.secret(at.object.namespace(), name);
                let evidence = RotationEvidence::default().and_policy(declared);
                self.about_rotation(out, &whose(), &evidence, at);
            }
            Known::Elsewhere(secret) => {
                let code = &finding::SECRET_IN_OTHER_NAMESPACE;
                let namespace = secret.object.namespace().unwrap_or("another one");
                let message = say!(
                    "{} names the pull secret '{}', which the input has in namespace '{}' only.",
                    describe(at.object),
                    shown(name),
                    shown(namespace)
                );
                let draft = at.draft(code, message, "not in this namespace");
                let object = &secret.object;
                out.report(draft.related([At::new(object, object.label, "the one that is there")]));
            }
            Known::MadeElsewhere { produced, .. } => {
                self.about_made_elsewhere(out, name, produced, at);
            }
            Known::Absent { elsewhere } => self.about_absent(out, name, elsewhere, at),
            // Reported where it is.
            Known::Impossible => {}
            Known::Outside => {
                self.about_rotation(out, &whose(), &RotationEvidence::default(), at);
            }
        }
    }

    /// A Secret that something makes in another namespace.
    fn about_made_elsewhere(
        &self,
        out: &mut Findings<'_, '_>,
        name: &str,
        produced: &Produced<'_>,
        at: SecretSpot<'_>,
    ) {
        let namespace = produced.namespace();
        let namespaces = match produced.only_in.as_deref() {
            Some(only) => only.iter().map(|one| &**one).collect(),
            None => vec![namespace.unwrap_or_default()],
        };
        let namespaces: Vec<_> = namespaces.iter().map(|one| say!("'{}'", shown(one))).collect();
        let message = say!(
            "{} names the pull secret '{}', which {} makes in namespace {} only.",
            describe(at.object),
            shown(name),
            self.describe_in(&produced.object),
            list(namespaces, ", ")
        );
        let here = at.object.namespace().unwrap_or_default();
        let kind = shown(&produced.object.type_meta.kind);
        let remedy = say!(
            "Add {} {} for namespace '{}', or let a controller copy the Secret there.",
            article(kind.masked()),
            kind,
            shown(here)
        );
        let code = &finding::SECRET_IN_OTHER_NAMESPACE;
        let draft = at.draft(code, message, "not in this namespace").remedy(remedy);
        let object = &produced.object;
        out.report(draft.related([At::new(object, object.label, "makes the one that is there")]));
    }

    /// A Secret that a dump shows not to exist.
    fn about_absent(
        &self,
        out: &mut Findings<'_, '_>,
        name: &str,
        elsewhere: Option<&Secret<'_>>,
        at: SecretSpot<'_>,
    ) {
        let namespace = at.object.namespace();
        let other = elsewhere
            .map(|secret| At::new(&secret.object, secret.object.label, "the one that is there"));
        let elsewhere = elsewhere.and_then(|secret| secret.object.namespace());
        let elsewhere = elsewhere.map_or_else(Message::default, |namespace| {
            say!("; it has one in namespace '{}'", shown(namespace))
        });
        let declared = match self.policy.secret(at.object.namespace(), name) {
            Some(_) => ", although the policy declares it",
            None => "",
        };
        let message = say!(
            "{} names the pull secret '{}', which the cluster dump does not have in namespace '{}'{}{}.",
            describe(at.object),
            shown(name),
            shown(namespace.unwrap_or_default()),
            declared,
            elsewhere
        );
        let code = &finding::PULL_SECRET_NOT_FOUND;
        out.report(at.draft(code, message, "no such Secret").related(other));
    }

    /// What is worth saying about a Secret only if a pod names it.
    fn about_type(&self, out: &mut Findings<'_, '_>, secret: &Secret<'_>) {
        match &secret.content {
            Content::OtherType { holds } => {
                let code = &finding::WRONG_SECRET_TYPE;
                let held = holds.map_or(Message::default(), |format: PayloadFormat| {
                    say!(", although it has the key {}", format.data_key())
                });
                let message = say!(
                    "{} is of type {}, so the kubelet ignores it{}.",
                    self.describe_in(&secret.object),
                    shown(&secret.secret_type),
                    held
                );
                let at = SecretSpot::new(&secret.object, secret.type_span);
                out.report(at.draft(code, message, "not a type for pull secrets"));
            }
            Content::Payload(summary) if secret.content.misfit() == Some(Misfit::NoEntry) => {
                self.about_misfit(out, secret, summary.span, Misfit::NoEntry);
            }
            Content::NoKey { .. } | Content::Payload(_) | Content::Managed => {}
        }
    }
}

/// What keeps the key of a type from being there. `crossed` is the type whose key is there in its place, `near` a key
/// with a similar name.
fn cause_of_missing_key(
    format: PayloadFormat,
    crossed: Option<PayloadFormat>,
    near: Option<&str>,
) -> Message {
    match (crossed, near) {
        (Some(other), _) => say!("; {} belongs to type {}", other.data_key(), other.secret_type()),
        (None, Some(near)) if format.data_key().strip_prefix('.') == Some(near) => {
            say!("; the key '{}' lacks the dot at its beginning", shown(near))
        }
        (None, Some(near)) => say!("; rename its key '{}'", shown(near)),
        (None, None) => Message::default(),
    }
}
