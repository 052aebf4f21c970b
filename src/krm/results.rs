//! Findings as the results of a KRM function: `message`, `severity`, `resourceRef`, `field`, `file`, `tags`.

use std::collections::BTreeMap;

use super::place::Value;
use super::{Item, Reference, ResourceList};
use crate::edit::Edit;
use crate::finding::{self, Code, Concern, Finding, Place, Severity};
use crate::mask;
use crate::text::Text;

/// A result.
pub struct Entry {
    /// What is wrong.
    pub message: String,
    /// How much it matters. It is always written: readers do not agree on what its absence means.
    pub severity: Severity,
    /// The object it is about.
    pub reference: Option<Reference<'static>>,
    /// The field it is about, from the object, and what is there.
    pub field: Option<(String, Option<String>)>,
    /// The file of the object, and its ordinal in there.
    pub file: Option<(String, u64)>,
    /// What else is worth knowing.
    pub tags: BTreeMap<&'static str, String>,
}

impl ResourceList<'_> {
    /// A result for each finding.
    pub fn results(&self, findings: &[Finding]) -> Vec<Entry> {
        findings.iter().map(|finding| self.result(finding)).collect()
    }

    fn result(&self, finding: &Finding) -> Entry {
        let place = finding.place.as_ref();
        let item = place.and_then(|place| self.item_of(place));
        let field = place.map(|place| below_item(&place.path)).filter(|path| !path.is_empty());
        let file = item.and_then(|item| Some((shown(item.path.as_deref()?), item.index)));
        let mut tags = BTreeMap::from([("code", finding.code.name.to_owned())]);
        tags.extend(finding.image.clone().map(|image| ("image", image)));
        Entry {
            message: finding.message.clone(),
            severity: finding.severity,
            reference: place.map(|place| self.reference(place)),
            field: field.map(|path| (path.to_owned(), finding.image.clone())),
            file,
            tags,
        }
    }

    /// The item that a finding is about; none for one about a dump of the cluster, which comes after the list.
    fn item_of(&self, place: &Place) -> Option<&Item<'_>> {
        self.item(place.span.start).filter(|_| place.source == 0)
    }

    /// The names of an object as its item has them: without the namespace that the policy fills in.
    fn reference(&self, place: &Place) -> Reference<'static> {
        let subject = &place.object;
        let item = self.item_of(place).map(|item| &item.reference);
        let same = item.filter(|item| {
            item.kind == *subject.kind && Some(&*item.name) == subject.name.as_deref()
        });
        let namespace = match same {
            Some(item) => item.namespace.as_deref().map(shown),
            None => subject.namespace.clone(),
        };
        Reference {
            api_version: subject.api_version.clone().into(),
            kind: subject.kind.clone().into(),
            name: subject.name.clone().unwrap_or_default().into(),
            namespace: namespace.map(Into::into),
        }
    }

    /// The edit that puts `entries` into the list, in the order of kyaml; none if there is no entry.
    pub fn edit(&self, mut entries: Vec<Entry>) -> Option<Edit> {
        if entries.is_empty() {
            return None;
        }
        entries.sort_by_cached_key(Entry::rank);
        Some(self.results.edit(entries.into_iter().map(Entry::value).collect()))
    }
}

impl Entry {
    /// How kyaml sorts results (fn/framework/result.go): file, severity, then the texts that Go prints for the rest;
    /// but of one file and severity, what stops a pull first.
    fn rank(&self) -> (String, u64, u8, Concern, String) {
        let (path, index) = self.file.clone().unwrap_or_default();
        let severity = match self.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Info => 2,
        };
        let reference = match &self.reference {
            Some(Reference { api_version, kind, name, namespace }) => {
                let namespace = namespace.as_deref().unwrap_or_default();
                let [api_version, kind, name] = [api_version, kind, name].map(Text::as_str);
                format!("&{{{{{api_version} {kind}}} {{{name} {namespace}}}}}")
            }
            None => "%!s(*yaml.ResourceIdentifier=<nil>)".to_owned(),
        };
        let field = match &self.field {
            Some((path, current)) => {
                let current = current.as_deref().unwrap_or("%!s(<nil>)");
                format!("&{{{path} {current} %!s(<nil>)}}")
            }
            None => "%!s(*framework.Field=<nil>)".to_owned(),
        };
        let text = format!("resource-ref:{reference},field:{field},message:{}", self.message);
        let code = self.tags.get("code").and_then(|code| finding::find(code));
        (path, index, severity, code.map_or(Concern::Pull, Code::concern), text)
    }

    fn value(self) -> Value {
        let mut entries = vec![
            ("message", Value::Text(self.message)),
            ("severity", Value::Text(self.severity.name().to_owned())),
        ];
        entries.extend(self.reference.map(|reference| ("resourceRef", named(reference))));
        entries.extend(self.field.map(|(path, current)| {
            let mut field = vec![("path", Value::Text(path))];
            field.extend(current.map(|current| ("currentValue", Value::Text(current))));
            ("field", Value::Map(field))
        }));
        entries.extend(self.file.map(|(path, index)| {
            let file = vec![("path", Value::Text(path)), ("index", Value::Number(index))];
            ("file", Value::Map(file))
        }));
        let tags = self.tags.into_iter().map(|(key, tag)| (key, Value::Text(tag)));
        entries.push(("tags", Value::Map(tags.collect())));
        Value::Map(entries)
    }
}

fn named(reference: Reference<'_>) -> Value {
    let text = |text: Text<'_>| Value::Text(text.into_string());
    let mut entries = vec![
        ("apiVersion", text(reference.api_version)),
        ("kind", text(reference.kind)),
        ("name", text(reference.name)),
    ];
    entries.extend(reference.namespace.map(|namespace| ("namespace", text(namespace))));
    Value::Map(entries)
}

/// A path from the object on: findings count from the list, and through lists in it.
fn below_item(path: &str) -> &str {
    let mut rest = path;
    while let Some(after) = rest.strip_prefix("items[")
        && let Some((index, after)) = after.split_once(']')
        && index.bytes().all(|byte| byte.is_ascii_digit())
    {
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    rest
}

/// Text of the input, as a result may show it.
fn shown(text: &str) -> String {
    mask::credentials(text).into_owned()
}
