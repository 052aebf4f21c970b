//! What is worth saying about the entries of `imagePullSecrets`.

use std::collections::BTreeSet;

use crate::finding::{self, Severity};
use crate::inject::{self, Holder};
use crate::inventory::{ListState, NotString, PullSecretRef, Sort, UnknownKey, WorkloadId};
use crate::names::{LONGEST, is_subdomain};
use crate::say;
use crate::source::Span;
use crate::text::{Message, Shown, plain, shown};
use crate::verdict::AccountId;

use super::super::world::World;
use super::{Draft, Findings, describe};

/// How much of a name that is far too long a message shows.
const SHOWN: usize = 60;

/// A kind of text that cannot be the name of a Secret.
struct NameShape {
    is: fn(&str) -> bool,
    /// Where it comes from, or what is wrong with it.
    why: &'static str,
    /// What is there, in two or three words.
    label: &'static str,
    remedy: &'static str,
}

/// TABLE: names that no Secret can have, by what most likely made them. The first that fits is reported.
const SHAPES: &[NameShape] = &[
    NameShape {
        is: |name| name.contains("{{") || name.contains("}}"),
        why: "it is template text that was never rendered",
        label: "not rendered",
        remedy: "Render it first (helm template). Text from a value is rendered only if the template passes it \
                 through `tpl`.",
    },
    NameShape {
        is: |name| name.contains("<no value>"),
        why: "Go templates, and so Helm, print `<no value>` for a value that is not set",
        label: "value not set",
        remedy: "Set the value, or write the entry only if it is set: {{- with .Values.imagePullSecrets }}.",
    },
    NameShape {
        is: |name| name.contains("<nil>") || name.contains("%!"),
        why: "a template has formatted a value that is not set, or is not a string",
        label: "value not set",
        remedy: "Set the value, or write the entry only if it is set: {{- with .Values.imagePullSecrets }}.",
    },
    NameShape {
        is: |name| name.contains("map["),
        why: "a template has printed a mapping as text",
        label: "a mapping printed as text",
        remedy: "The value already holds mappings with a name: print the whole list with `toYaml`, or `.name` of \
                 each item.",
    },
    NameShape {
        is: |name| name.starts_with(['[', '{']),
        why: "a template has printed a whole list or mapping as text",
        label: "a list printed as text",
        remedy: "Print the list with `toYaml`, or loop over it and write one entry for each item.",
    },
    NameShape {
        is: |name| name.starts_with('$') || name.contains("${") || name.contains("$("),
        why: "it is a variable that was never substituted",
        label: "not substituted",
        remedy: "Run what substitutes it first (envsubst, postBuild of Flux, replacements of kustomize), or write \
                 the name. Kubernetes expands no variables here.",
    },
    NameShape {
        is: is_placeholder,
        why: "it is a placeholder that was never filled in",
        label: "a placeholder",
        remedy: "Write the name of the Secret.",
    },
    NameShape {
        is: |name| name.contains([',', ';']),
        why: "it is several names in one text",
        label: "several names",
        remedy: "Write one entry for each Secret: `- name: FIRST`, `- name: SECOND`.",
    },
    NameShape {
        is: |name| name.contains(['"', '\'', '`']),
        why: "the quotes are part of the name",
        label: "quoted twice",
        remedy: "Quote the name once, or not at all. In a Helm template use `quote` or quotes, not both.",
    },
    NameShape {
        is: |name| name.ends_with(['\n', '\r']),
        why: "it ends with a line break, which a block scalar (`|` or `>`) or an unstripped file leaves there",
        label: "a line break at its end",
        remedy: "Write the name on the line of its key, or strip the line break (`|-`).",
    },
    NameShape {
        is: |name| name.trim() != name,
        why: "it begins or ends with white space",
        label: "white space",
        remedy: "Remove the white space, or trim the value (`trim` in a Helm template).",
    },
    NameShape {
        is: |name| name.contains(char::is_whitespace),
        why: "it contains white space",
        label: "white space",
        remedy: "Write one entry for each Secret, and no white space in names.",
    },
    NameShape {
        is: |name| name.contains('/'),
        why: "it contains a `/`: a pull secret is always in the namespace of the pod, and is named without it",
        label: "more than a name",
        remedy: "Write the name alone, and put a copy of the Secret into the namespace of the pod.",
    },
    NameShape {
        is: |name| is_subdomain(&name.to_lowercase()),
        why: "it contains capital letters",
        label: "capital letters",
        remedy: "Write the name in lower case, as the Secret has it.",
    },
    NameShape {
        is: |name| name.contains('_') && is_subdomain(&name.to_lowercase().replace('_', "-")),
        why: "it contains `_`, or capital letters",
        label: "`_` or capitals",
        remedy: "Write the name as the Secret has it: lower case letters, digits, `-` and `.`.",
    },
    NameShape {
        is: |name| name.len() > LONGEST,
        why: "it is longer than 253 characters",
        label: "too long",
        remedy: "Shorten the name. Helm charts cut names with `trunc 63 | trimSuffix \"-\"`.",
    },
    NameShape {
        is: |_| true,
        why: "names are made of lower case letters, digits, `-` and `.`, with a letter or digit at both ends of \
              each part",
        label: "not a valid name",
        remedy: "Write the name as the Secret has it.",
    },
];

/// `<secret-name>`, `__SECRET__`, `@SECRET@`, `#{SECRET}#`, `%SECRET%`, as many tools and examples write what is to be
/// filled in.
fn is_placeholder(name: &str) -> bool {
    let between = |start: &str, end: &str| {
        name.len() > start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    };
    [("<", ">"), ("__", "__"), ("@", "@"), ("#{", "}#"), ("#{", "}"), ("%", "%")]
        .iter()
        .any(|(start, end)| between(start, end))
}

impl World<'_> {
    /// The lists of all pods and ServiceAccounts.
    pub(super) fn about_lists(&self, out: &mut Findings<'_, '_>) {
        for (source, inventory) in self.manifests() {
            for index in 0..inventory.workloads.len() {
                self.about_list(out, Holder::Pod(WorkloadId { source, index }));
            }
            for index in 0..inventory.service_accounts.len() {
                self.about_list(out, Holder::Account(AccountId { source, index }));
            }
        }
    }

    fn about_list(&self, out: &mut Findings<'_, '_>, holder: Holder) {
        let inventories = self.inventories;
        let list = inject::list(inventories, holder);
        match list.state {
            ListState::Absent | ListState::Null => return,
            ListState::Malformed => self.malformed(out, holder, list.span),
            ListState::List => {}
        }
        if let Holder::Pod(id) = holder
            && id.of(inventories).is_static
            && list.names().next().is_some()
        {
            let message = say!("{} is a static pod, and names pull secrets.", self.name(holder));
            let at = self.at_list(holder, list.span, "cannot be used here");
            out.report(Draft::new(&finding::STATIC_POD_PULL_SECRET, message).at(at));
        }
        let mut seen = BTreeSet::new();
        for entry in &list.entries {
            self.unknown_key(out, holder, entry);
            if let Some(wrong) = &entry.not_a_name {
                self.not_a_string(out, holder, wrong);
                continue;
            }
            match entry.name.as_deref() {
                None if entry.unknown.is_some() => {}
                None => self.unnamed(out, holder, entry),
                Some(secret) if !seen.insert(secret) => self.repeated(out, holder, entry, secret),
                Some(secret) if !is_subdomain(secret) => {
                    self.not_a_name(out, holder, entry, secret);
                }
                Some(_) => {}
            }
        }
    }

    fn name(&self, holder: Holder) -> Message {
        describe(inject::object(self.inventories, holder))
    }

    fn malformed(&self, out: &mut Findings<'_, '_>, holder: Holder, span: Span) {
        let message = say!("{} has imagePullSecrets that is not a list.", self.name(holder));
        let at = self.at_list(holder, span, "not a list");
        let draft = Draft::new(&finding::MALFORMED_PULL_SECRETS, message).at(at);
        out.report(draft.cause(&[&["not a list"]]));
    }

    /// A name that is not a string.
    fn not_a_string(&self, out: &mut Findings<'_, '_>, holder: Holder, wrong: &NotString<'_>) {
        let message = say!(
            "{} has an entry in imagePullSecrets whose name is {}, where a string belongs: the API server rejects \
             the object.",
            self.name(holder),
            plain(wrong.sort)
        );
        let (label, remedy) = match (wrong.sort, wrong.meant.as_deref().map(shortened)) {
            (Sort::Boolean, Some(meant)) => {
                ("a boolean", say!("Write it in quotes: \"{}\".", meant))
            }
            (Sort::Number, Some(meant)) => ("a number", say!("Write it in quotes: \"{}\".", meant)),
            (_, Some(meant)) => ("not a string", say!("Write the entry as `- name: {}`.", meant)),
            (_, None) => ("not a string", "Write the entry as `- name: SECRET`.".into()),
        };
        let draft = Draft::new(&finding::MALFORMED_PULL_SECRETS, message);
        let meant = wrong.meant.as_deref().unwrap_or_default();
        let at = self.at_list(holder, wrong.span, label);
        let draft = draft.at(at).remedy(remedy).about(meant);
        out.report(draft.cause(&[&["not a string", meant]]));
    }

    fn unnamed(&self, out: &mut Findings<'_, '_>, holder: Holder, entry: &PullSecretRef<'_>) {
        let name = self.name(holder);
        let (code, what, label) = if entry.bare {
            let what = "that is not a mapping with a name";
            (&finding::MALFORMED_PULL_SECRETS, what, "write `- name: SECRET`")
        } else {
            (&finding::EMPTY_PULL_SECRET_NAME, "without a name", "no name")
        };
        let message = say!("{} has an entry in imagePullSecrets {}.", name, what);
        let draft = Draft::new(code, message).at(self.at_list(holder, entry.span, label));
        out.report(draft.cause(&[&["no name"]]));
    }

    /// A key beside `name`, or in its place.
    fn unknown_key(&self, out: &mut Findings<'_, '_>, holder: Holder, entry: &PullSecretRef<'_>) {
        let Some(unknown) = &entry.unknown else { return };
        let (name, key) = (self.name(holder), shown(&unknown.key));
        let what = say!(
            "{} has an entry in imagePullSecrets with `{}`, which is not a field of an entry: it has no effect, \
             and clients that validate strictly, such as kubectl, refuse the object.",
            name,
            key
        );
        let (more, remedy) = match (&entry.name, &*unknown.key) {
            (Some(secret), "namespace") => (
                say!(
                    " The Secret '{}' is looked up in the namespace of the pod.",
                    shortened(secret)
                ),
                "Remove it, and put a copy of the Secret into the namespace of the pod.".into(),
            ),
            (Some(_), _) => (Message::default(), "Remove it. An entry is `- name: SECRET`.".into()),
            (None, _) => {
                let more = match holder {
                    Holder::Pod(_) => {
                        " The entry has no name: it names no Secret, and hides the list of the ServiceAccount."
                    }
                    Holder::Account(_) => " The entry has no name, and names no Secret.",
                };
                (more.into(), say!("Write the entry as `- name: {}`.", meant_name(unknown)))
            }
        };
        let at = self.at_list(holder, unknown.span, "not a field here");
        let draft = Draft::new(&finding::MISPLACED_PULL_SECRETS, what.and(&more)).at(at);
        let secret = entry.name.as_deref().unwrap_or_default();
        let draft = draft.remedy(remedy).about(&unknown.key).about(secret);
        out.report(draft.cause(&[&[&unknown.key, secret]]));
    }

    fn repeated(
        &self,
        out: &mut Findings<'_, '_>,
        holder: Holder,
        entry: &PullSecretRef<'_>,
        secret: &str,
    ) {
        let name = self.name(holder);
        let message = say!("{} names the pull secret '{}' twice.", name, shown(secret));
        let code = &finding::DUPLICATE_PULL_SECRET;
        // The list of a ServiceAccount is atomic, not a map by name.
        let severity = match holder {
            Holder::Pod(_) => code.severity,
            Holder::Account(_) => Severity::Info,
        };
        let list = inject::list(self.inventories, holder);
        let first = list.entries.iter().find(|entry| entry.name.as_deref() == Some(secret));
        let first = first.map(|first| self.at_list(holder, first.span, "named here first"));
        let at = self.at_list(holder, entry.span, "named above already");
        let draft = Draft::new(code, message).severity(severity).at(at);
        out.report(draft.related(first).about(secret).cause(&[&[secret]]));
    }

    /// A name that no Secret can have.
    fn not_a_name(
        &self,
        out: &mut Findings<'_, '_>,
        holder: Holder,
        entry: &PullSecretRef<'_>,
        secret: &str,
    ) {
        let code = &finding::INVALID_PULL_SECRET_NAME;
        let Some(shape) = SHAPES.iter().find(|shape| (shape.is)(secret)) else { return };
        let message = say!(
            "{} names the pull secret '{}', which is not a valid name of a Secret: {}.",
            self.name(holder),
            shortened(secret),
            shape.why
        );
        let at = self.at_list(holder, entry.span, shape.label);
        let draft = Draft::new(code, message).at(at).remedy(shape.remedy).about(secret);
        out.report(draft.cause(&[&[secret], &[shape.why]]));
    }
}

/// The name that a key such as `secretName` gives.
fn meant_name<'u>(unknown: &'u UnknownKey<'_>) -> Shown<'u> {
    let is_name = unknown.key.to_lowercase().ends_with("name");
    let name = unknown.value.as_deref().filter(|name| is_name && is_subdomain(name));
    shown(name.unwrap_or("SECRET"))
}

/// A name without what is too much of it.
pub(super) fn shortened(name: &str) -> Shown<'_> {
    shown(name).clipped(SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_explained_by_what_made_it() {
        let long = "a".repeat(LONGEST + 1);
        for (name, word) in [
            ("{{ .Values.secret }}", "never rendered"),
            ("app-{{ .x }}-pull", "never rendered"),
            ("<no value>", "`<no value>`"),
            ("app-<no value>", "`<no value>`"),
            ("%!s(<nil>)", "formatted a value"),
            ("%!s(MISSING)", "formatted a value"),
            ("map[name:regcred]", "printed a mapping"),
            ("[map[name:a] map[name:b]]", "printed a mapping"),
            ("[a b]", "whole list"),
            ("{\"name\":\"regcred\"}", "whole list"),
            ("${PULL_SECRET}", "never substituted"),
            ("$(PULL_SECRET)", "never substituted"),
            ("$SECRET", "never substituted"),
            ("app-${ENV}", "never substituted"),
            ("<your-secret>", "placeholder"),
            ("__SECRET__", "placeholder"),
            ("#{Secret}#", "placeholder"),
            ("a,b", "several names"),
            ("a, b", "several names"),
            ("a;b", "several names"),
            ("\"regcred\"", "quotes"),
            ("regcred\n", "line break"),
            ("regcred ", "begins or ends with white space"),
            ("\tregcred", "begins or ends with white space"),
            ("a b", "contains white space"),
            ("apps/regcred", "without it"),
            ("RegCred", "capital"),
            ("reg_cred", "`_`"),
            ("RegCred_Prod", "`_`"),
            (&*long, "longer than 253"),
            ("-regcred", "at both ends"),
            ("regcred.", "at both ends"),
            ("a..b", "at both ends"),
            ("régcred", "at both ends"),
        ] {
            assert!(!is_subdomain(name), "{name}");
            let shape = SHAPES.iter().find(|shape| (shape.is)(name)).expect("the last one fits");
            assert!(shape.why.contains(word), "{name}: {}", shape.why);
        }
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(shortened("abc").to_string(), "abc");
        assert_eq!(shortened("abc\n").to_string(), "abc\\n");
        assert_eq!(shortened(&"ä".repeat(SHOWN + 1)).to_string(), "ä".repeat(SHOWN) + "…");
    }
}
