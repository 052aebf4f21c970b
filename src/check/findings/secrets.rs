//! What is worth saying about Secrets: what the kubelet cannot use, what is hardcoded, what does not exist.

use std::collections::BTreeSet;

use crate::credentials::exposure;
use crate::credentials::payload::{Format, Misfit};
use crate::credentials::printable_key;
use crate::finding::{self, Code, Severity};
use crate::inventory::secrets::{Content, Entry, Secret, Summary};
use crate::inventory::{Object, Produced};
use crate::source::Span;
use crate::verdict::{Credentials, Known, Named};

use super::super::{InUse, Input, Pod, puller};
use super::rotation::Evidence;
use super::usage::OfAccounts;
use super::{At, Findings, article, describe, show};

/// What sets findings about pull secrets of a platform apart from others about the same name.
const PLATFORM: &str = "platform ";

/// Whether a name is that of the pull secrets that IBM Cloud makes with a cluster: `all-icr-io`, and in older clusters
/// one for each region (<https://cloud.ibm.com/docs/containers?topic=containers-registry>).
fn is_of_platform(name: &str) -> bool {
    name == "all-icr-io" || name.starts_with("default-") && name.ends_with("icr-io")
}

impl Findings<'_, '_> {
    /// Everything about the Secrets of the input, and about those that pods name.
    pub(super) fn about_secrets(&mut self) {
        for (source, inventory) in self.manifests() {
            for secret in &inventory.secrets {
                self.about_content(source, secret);
            }
        }
        self.about_exposed();
        let mut named = BTreeSet::new();
        let mut of_accounts = OfAccounts::new();
        for (pod, account) in self.pods.iter().zip(self.accounts) {
            // A static pod can use no Secret.
            if !matches!(account, InUse::None) {
                self.about_named(pod, *account, &mut named, &mut of_accounts);
            }
        }
        self.about_accounts_usage(&of_accounts);
        self.about_renamed();
    }

    pub(super) fn say(
        &mut self,
        code: &'static Code,
        severity: Severity,
        message: String,
        (source, object, span): (usize, &Object<'_>, Span),
        label: &'static str,
    ) {
        let at = At { source, object, span, path: object.place.to_string(), label: label.into() };
        self.add(code, severity, message, Some(at), None, Some(code.remedy.into()));
    }

    fn about_content(&mut self, source: usize, secret: &Secret<'_>) {
        let summary = match &secret.content {
            Content::Payload(summary) => summary,
            Content::NoKey { format, crossed, near } => {
                return self.about_missing_key(source, secret, *format, *crossed, near.as_deref());
            }
            Content::OtherType { .. } | Content::Managed => return,
        };
        match (&summary.api_server, &summary.kubelet) {
            (Err(error), _) => {
                let span = summary.rejected.unwrap_or(summary.span);
                self.about_rejected(source, secret, span, &error.to_string());
            }
            (Ok(()), Err(error)) => self.about_broken(source, secret, summary, &error.to_string()),
            (Ok(()), Ok(entries)) => self.about_entries(source, secret, summary, entries),
        }
        self.about_literals(source, secret, summary);
        if summary.entries().iter().any(|entry| entry.unusable.is_none()) {
            let namespace = secret.object.namespace.as_deref();
            let name = secret.object.name.as_deref().unwrap_or_default();
            let produced = self.secrets.producer(namespace, name, self.policy);
            let evidence = Evidence::of_secret(secret, produced.map(|(_, made)| made))
                .and_policy(self.policy.secret(namespace, name));
            self.about_times(source, secret, summary.span, &evidence);
        }
    }

    /// A Secret that is not stored: whoever applies it gets an error, and no kubelet sees it.
    fn about_rejected(&mut self, source: usize, secret: &Secret<'_>, span: Span, why: &str) {
        let code = &finding::REJECTED_PULL_SECRET;
        let name = self.describe_in(source, &secret.object);
        let message = format!("{name} is rejected by the API server: {}.", show(why));
        self.say(code, code.severity, message, (source, &secret.object, span), "rejected");
    }

    fn about_broken(&mut self, source: usize, secret: &Secret<'_>, summary: &Summary, why: &str) {
        let code = &finding::BROKEN_PULL_SECRET;
        let name = self.describe_in(source, &secret.object);
        let misfit = summary.misfit.map_or(String::new(), |misfit| format!("; {misfit}"));
        let message =
            format!("{name} fails every image pull of the pods that name it: {why}{misfit}.");
        let at = (source, &secret.object, summary.span);
        self.say(code, code.severity, message, at, "cannot be read");
    }

    fn about_missing_key(
        &mut self,
        source: usize,
        secret: &Secret<'_>,
        format: Format,
        crossed: Option<Format>,
        near: Option<&str>,
    ) {
        let code = &finding::MISSING_SECRET_KEY;
        let key = format.data_key();
        let cause = match (crossed, near) {
            (Some(other), _) => {
                format!("; {} belongs to type {}", other.data_key(), other.secret_type())
            }
            (None, Some(near)) if key.strip_prefix('.') == Some(near) => {
                format!("; the key '{near}' lacks the dot at its beginning")
            }
            (None, Some(near)) => format!("; rename its key '{}'", show(near)),
            (None, None) => String::new(),
        };
        let name = self.describe_in(source, &secret.object);
        let message = format!("{name} is rejected by the API server: it has no key {key}{cause}.");
        let at = (source, &secret.object, secret.type_span);
        self.say(code, code.severity, message, at, "its key is missing");
    }

    /// What the kubelet finds in a payload, and what keeps that from being of use.
    fn about_entries(
        &mut self,
        source: usize,
        secret: &Secret<'_>,
        summary: &Summary,
        entries: &[Entry],
    ) {
        match summary.misfit {
            // Of an empty one there is something to say if a pod names it.
            Some(Misfit::NoEntry) => return,
            Some(misfit) => return self.about_misfit(source, secret, summary.span, misfit),
            None => {}
        }
        let name = self.describe_in(source, &secret.object);
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
            if let Some(why) = entry.user_flaw {
                let code = &finding::WRONG_USER_NAME;
                let message = format!("{name}, entry '{key}': {why}.");
                self.say(code, code.severity, message, at, "not a user name of this registry");
            }
        }
    }

    fn about_misfit(&mut self, source: usize, secret: &Secret<'_>, span: Span, misfit: Misfit) {
        let code = &finding::NO_CREDENTIALS;
        let name = self.describe_in(source, &secret.object);
        let message = format!("{name} gives the kubelet no credentials: {misfit}.");
        self.say(code, code.severity, message, (source, &secret.object, span), "no credentials");
    }

    /// What everybody can read in a payload, whether or not a kubelet can.
    fn about_literals(&mut self, source: usize, secret: &Secret<'_>, summary: &Summary) {
        // What is in a cluster may have come from anywhere.
        if self.is_in_cluster(source) {
            return;
        }
        let of_entries = summary.entries().iter().filter(|_| summary.literals.is_empty());
        let of_entries = of_entries.filter_map(|entry| Some((entry.key.as_str(), entry.literal?)));
        let others = summary.literals.iter().map(|literal| (literal.key.as_str(), literal.what));
        let what = of_entries.chain(others).map(|(key, what)| match key {
            "" => format!("{} {what}", article(what)),
            key => format!("{} {what} for '{}'", article(what), printable_key(key)),
        });
        let what: Vec<_> = what.collect();
        if what.is_empty() {
            return;
        }
        let name = self.describe_in(source, &secret.object);
        let message =
            format!("{name} holds literal registry credentials: {}.", show(&what.join(", ")));
        let at = (source, &secret.object, summary.span);
        self.say(
            &finding::HARDCODED_CREDENTIALS,
            self.hardcoded_severity(),
            message,
            at,
            "hardcoded",
        );
    }

    /// Files are kept; a rendered stream may have got its values from a vault a second ago.
    fn hardcoded_severity(&self) -> Severity {
        match self.circumstances.input {
            Input::Files => Severity::Error,
            Input::Stream | Input::Piped => Severity::Warning,
        }
    }

    fn about_exposed(&mut self) {
        for (source, inventory) in self.inventories.iter().enumerate() {
            for exposed in &inventory.exposed {
                let path = exposed.path.clone();
                let what = exposed.what.to_string();
                self.hardcoded(source, &exposed.object, exposed.span, path, &what);
            }
        }
        for pod in self.pods {
            let workload = &self.inventories[pod.source].workloads[pod.index];
            for image in &workload.images {
                if let Some(what) = exposure::in_reference(&image.reference) {
                    let path = workload.path(&image.field.to_string());
                    self.hardcoded(pod.source, &workload.object, image.span, path, &what);
                }
            }
        }
    }

    fn hardcoded(
        &mut self,
        source: usize,
        object: &Object<'_>,
        span: Span,
        path: String,
        what: &str,
    ) {
        let code = &finding::HARDCODED_CREDENTIALS;
        let message = format!("{} holds a literal credential in {path}: {what}.", describe(object));
        let at = At { source, object, span, path, label: "hardcoded".into() };
        let severity = self.hardcoded_severity();
        self.add(code, severity, message, Some(at), None, Some(code.remedy.into()));
    }

    /// What is wrong with the secrets that a pod names, each told once.
    fn about_named(
        &mut self,
        pod: &Pod<'_>,
        account: InUse,
        told: &mut BTreeSet<(String, String)>,
        of_accounts: &mut OfAccounts,
    ) {
        let workload = &self.inventories[pod.source].workloads[pod.index];
        let namespace = workload.object.namespace.as_deref();
        let at = (pod.source, &workload.object, workload.object.label);
        let mut named = Vec::with_capacity(pod.effective.names.len());
        for name in pod.effective.names.iter() {
            let referrer = self.referrer(pod, account);
            let found = self.secrets.find(pod.source, namespace, referrer, name, self.policy);
            named.push(Named { known: found, scope: self.policy.scope(namespace, name) });
            // What lies outside is told once for all namespaces, what is inside once for each.
            let place = match found {
                Known::Outside => String::new(),
                _ => namespace.unwrap_or_default().to_owned(),
            };
            if told.insert((place, name.to_string())) {
                self.about_known(name, found, at);
            }
            let here = namespace.or(self.policy.namespace()).filter(|here| *here != "default");
            if let Some(here) = here
                && matches!(found, Known::Outside)
                && is_of_platform(name)
                && told.insert((format!("{PLATFORM}{here}"), name.to_string()))
            {
                self.about_platform(name, here, at);
            }
        }
        let puller = puller(self.inventories, account);
        let credentials = Credentials::new(named, pod.effective.origin, puller);
        self.about_usage(pod, account, &credentials, of_accounts);
        self.about_hostless(pod, &credentials);
    }

    /// A pull secret that the platform makes in its namespace `default` only.
    fn about_platform(&mut self, name: &str, here: &str, at: (usize, &Object<'_>, Span)) {
        let (source, object, span) = at;
        let (name, namespace) = (show(name), show(here));
        let message = format!(
            "{} names the pull secret '{name}' in namespace '{namespace}': IBM Cloud makes it in namespace 'default' \
             only.",
            describe(object)
        );
        let remedy = format!(
            "Copy it:\n  kubectl get secret {name} -n default -o yaml | sed 's/namespace: default/namespace: \
             {namespace}/' | kubectl create -n {namespace} -f -\nIf it is there already, declare it in the policy:\n  \
             cluster:\n    secrets:\n    - {{namespace: {namespace}, name: {name}}}"
        );
        let code = &finding::PLATFORM_SECRET_ELSEWHERE;
        let (path, label) = (object.place.to_string(), "not copied by the platform".into());
        let at = At { source, object, span, path, label };
        self.add(code, code.severity, message, Some(at), None, Some(remedy.into()));
    }

    fn about_known(&mut self, name: &str, known: Known<'_>, at: (usize, &Object<'_>, Span)) {
        let who = describe(at.1);
        let shown = show(name);
        match known {
            Known::InStream { source, secret }
            | Known::Copied { source, secret, .. }
            | Known::InCluster { source, secret } => {
                self.about_type(source, secret);
                if matches!(secret.content, Content::Managed) {
                    self.about_managed(source, secret);
                } else if self.is_in_cluster(source) {
                    // Those of the manifests have been told, named or not.
                    self.about_content(source, secret);
                }
            }
            Known::Produced { source, produced, in_time } => {
                let namespace = at.1.namespace.as_deref();
                let made = self.secrets.in_cluster(namespace, name, self.policy);
                let evidence = Evidence::of_produced(produced, made.map(|(_, secret)| secret))
                    .and_policy(self.policy.secret(namespace, name));
                self.about_produced(source, produced, in_time, &evidence);
            }
            Known::Declared(_) => {
                let declared = self.policy.secret(at.1.namespace.as_deref(), name);
                let evidence = Evidence::default().and_policy(declared);
                self.about_rotation(&format!("in '{shown}'"), &evidence, at);
            }
            Known::Elsewhere(secret) => {
                let code = &finding::SECRET_IN_OTHER_NAMESPACE;
                let namespace = secret.object.namespace.as_deref().unwrap_or("another one");
                let message = format!(
                    "{who} names the pull secret '{shown}', which the input has in namespace '{}' only.",
                    show(namespace)
                );
                self.say(code, code.severity, message, at, "not in this namespace");
            }
            Known::MadeElsewhere { source, produced } => {
                self.about_made_elsewhere(name, source, produced, at);
            }
            Known::Absent { elsewhere } => self.about_absent(name, elsewhere, at),
            // Told where it stands.
            Known::Impossible => {}
            Known::Outside => {
                self.about_rotation(&format!("in '{shown}'"), &Evidence::default(), at);
            }
        }
    }

    /// A Secret that something makes in another namespace.
    fn about_made_elsewhere(
        &mut self,
        name: &str,
        source: usize,
        produced: &Produced<'_>,
        at: (usize, &Object<'_>, Span),
    ) {
        let own = || produced.object.namespace.as_deref().or(self.policy.namespace());
        let namespace = produced.namespace.as_deref().or_else(own);
        let namespaces = match produced.only_in.as_deref() {
            Some(only) => only.iter().map(|one| &**one).collect(),
            None => vec![namespace.unwrap_or_default()],
        };
        let namespaces: Vec<_> = namespaces.iter().map(|one| format!("'{}'", show(one))).collect();
        let message = format!(
            "{} names the pull secret '{}', which {} makes in namespace {} only.",
            describe(at.1),
            show(name),
            self.describe_in(source, &produced.object),
            namespaces.join(", ")
        );
        let (source, object, span) = at;
        let here = object.namespace.as_deref().or(self.policy.namespace()).unwrap_or_default();
        let kind = show(&produced.object.type_meta.kind);
        let remedy = format!(
            "Add {} {kind} for namespace '{}', or let a controller copy the Secret there.",
            article(&kind),
            show(here)
        );
        let code = &finding::SECRET_IN_OTHER_NAMESPACE;
        let (path, label) = (object.place.to_string(), "not in this namespace".into());
        let at = At { source, object, span, path, label };
        self.add(code, code.severity, message, Some(at), None, Some(remedy.into()));
    }

    /// A Secret that a dump shows not to exist.
    fn about_absent(
        &mut self,
        name: &str,
        elsewhere: Option<&Secret<'_>>,
        at: (usize, &Object<'_>, Span),
    ) {
        let namespace = at.1.namespace.as_deref().or(self.policy.namespace());
        let elsewhere = elsewhere.and_then(|secret| secret.object.namespace.as_deref());
        let elsewhere = elsewhere.map_or_else(String::new, |namespace| {
            format!("; it has one in namespace '{}'", show(namespace))
        });
        let declared = match self.policy.secret(at.1.namespace.as_deref(), name) {
            Some(_) => ", although the policy declares it",
            None => "",
        };
        let message = format!(
            "{} names the pull secret '{}', which the cluster dump does not have in namespace '{}'{declared}\
             {elsewhere}.",
            describe(at.1),
            show(name),
            show(namespace.unwrap_or_default())
        );
        let code = &finding::PULL_SECRET_NOT_FOUND;
        self.say(code, code.severity, message, at, "no such Secret");
    }

    /// What is worth saying about a Secret only if a pod names it.
    fn about_type(&mut self, source: usize, secret: &Secret<'_>) {
        match &secret.content {
            Content::OtherType { holds } => {
                let code = &finding::WRONG_SECRET_TYPE;
                let held = holds.map_or(String::new(), |format: Format| {
                    format!(", although it has the key {}", format.data_key())
                });
                let message = format!(
                    "{} is of type {}, so the kubelet ignores it{held}.",
                    self.describe_in(source, &secret.object),
                    show(&secret.secret_type)
                );
                let at = (source, &secret.object, secret.type_span);
                self.say(code, code.severity, message, at, "not a type for pull secrets");
            }
            Content::Payload(summary) if secret.content.misfit() == Some(Misfit::NoEntry) => {
                self.about_misfit(source, secret, summary.span, Misfit::NoEntry);
            }
            Content::NoKey { .. } | Content::Payload(_) | Content::Managed => {}
        }
    }
}
