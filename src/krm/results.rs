//! Findings as the results of a KRM function: `message`, `severity`, `resourceRef`, `field`, `file`, `tags`.

use std::collections::BTreeMap;

use super::{Item, ResourceList};
use crate::edit::Edit;
use crate::finding::{self, Code, Concern, Finding, FindingList, Place, Severity, Subject};
use crate::patch::NewValue;
use crate::text::{Message, Shown, shown};

/// A result.
pub struct FunctionResult {
    /// What is wrong.
    pub message: Message,
    /// How much it matters. It is always written: readers do not agree on what its absence means.
    pub severity: Severity,
    /// The object it is about.
    pub reference: Option<Subject>,
    /// The field it is about, from the object, and what is there.
    pub field: Option<(Shown<'static>, Option<Shown<'static>>)>,
    /// The file of the object, and its ordinal in there.
    pub file: Option<(Shown<'static>, u64)>,
    /// What else is worth knowing.
    pub tags: BTreeMap<&'static str, Shown<'static>>,
}

impl ResourceList<'_> {
    /// A result for each finding.
    pub fn results(&self, findings: &FindingList) -> Vec<FunctionResult> {
        findings.iter().map(|finding| self.result(finding)).collect()
    }

    fn result(&self, finding: &Finding) -> FunctionResult {
        let place = finding.place.as_ref();
        let item = place.and_then(|place| self.item_of(place));
        let field = place.map(|place| below_item(place.path.masked()));
        let field = field.filter(|path| !path.is_empty()).map(|path| shown(path).into_owned());
        let file =
            item.and_then(|item| Some((item.path.as_ref()?.shown().into_owned(), item.index)));
        let mut tags = BTreeMap::from([("code", shown(finding.code.name))]);
        tags.extend(finding.image.clone().map(|image| ("image", image)));
        FunctionResult {
            message: finding.message.clone(),
            severity: finding.severity,
            reference: place.map(|place| self.reference(place)),
            field: field.map(|path| (path, finding.image.clone())),
            file,
            tags,
        }
    }

    /// The item that a finding is about; none for one about a dump of the cluster, which comes after the list.
    fn item_of(&self, place: &Place) -> Option<&Item<'_>> {
        self.item(place.span.start).filter(|_| place.source == 0)
    }

    /// The names of an object as its item has them: without the namespace that the policy fills in.
    fn reference(&self, place: &Place) -> Subject {
        let subject = &*place.object;
        let item = self.item_of(place).map(|item| item.reference.shown());
        let same = item.filter(|item| item.kind == subject.kind && item.name == subject.name);
        let namespace = match same {
            Some(item) => item.namespace,
            None => subject.namespace.clone(),
        };
        Subject { namespace, ..subject.clone() }
    }

    /// The edit that puts `entries` into the list, in the order of kyaml; none if there is no entry.
    pub fn edit(&self, mut entries: Vec<FunctionResult>) -> Option<Edit> {
        if entries.is_empty() {
            return None;
        }
        entries.sort_by_cached_key(FunctionResult::rank);
        let results = entries.into_iter().map(FunctionResult::value).collect();
        Some(self.results.edit(&NewValue::List(results)))
    }
}

impl FunctionResult {
    /// How kyaml sorts results (fn/framework/result.go): file, severity, then the texts that Go prints for the rest;
    /// but of one file and severity, what stops a pull first.
    fn rank(&self) -> (Shown<'static>, u64, u8, Concern, String) {
        let (path, index) = self.file.clone().unwrap_or_default();
        let severity = match self.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Info => 2,
        };
        let reference = match &self.reference {
            Some(Subject { api_version, kind, name, namespace }) => {
                let [name, namespace] = [name, namespace].map(|name| masked(name.as_ref()));
                let [api_version, kind] = [api_version, kind].map(Shown::masked);
                format!("&{{{{{api_version} {kind}}} {{{name} {namespace}}}}}")
            }
            None => "%!s(*yaml.ResourceIdentifier=<nil>)".to_owned(),
        };
        let field = match &self.field {
            Some((path, current)) => {
                let current = current.as_ref().map_or("%!s(<nil>)", Shown::masked);
                format!("&{{{} {current} %!s(<nil>)}}", path.masked())
            }
            None => "%!s(*framework.Field=<nil>)".to_owned(),
        };
        let text = format!("resource-ref:{reference},field:{field},message:{}", self.message);
        let code = self.tags.get("code").and_then(|code| finding::find(code.masked()));
        (path, index, severity, code.map_or(Concern::Pull, Code::concern), text)
    }

    fn value(self) -> NewValue<'static> {
        let mut entries = vec![
            ("message", NewValue::text(String::from(self.message))),
            ("severity", NewValue::text(self.severity.name())),
        ];
        entries.extend(self.reference.map(|reference| ("resourceRef", named(reference))));
        entries.extend(self.field.map(|(path, current)| {
            let current = current.map(|current| ("currentValue", text(current)));
            ("field", NewValue::map([("path", text(path))].into_iter().chain(current)))
        }));
        entries.extend(self.file.map(|(path, index)| {
            let file = [("path", text(path)), ("index", NewValue::Number(index))];
            ("file", NewValue::map(file))
        }));
        let tags = self.tags.into_iter().map(|(key, tag)| (key, text(tag)));
        entries.push(("tags", NewValue::map(tags)));
        NewValue::map(entries)
    }
}

fn masked<'s>(text: Option<&'s Shown<'_>>) -> &'s str {
    text.map_or("", Shown::masked)
}

fn text(text: Shown<'_>) -> NewValue<'static> {
    NewValue::text(text.into_masked())
}

fn named(reference: Subject) -> NewValue<'static> {
    let mut entries = vec![
        ("apiVersion", text(reference.api_version)),
        ("kind", text(reference.kind)),
        ("name", text(reference.name.unwrap_or_default())),
    ];
    entries.extend(reference.namespace.map(|namespace| ("namespace", text(namespace))));
    NewValue::map(entries)
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

#[cfg(test)]
mod tests {
    use super::super::ResourceList;
    use crate::edit::Plan;
    use crate::patch::NewValue;

    const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";

    fn result() -> NewValue<'static> {
        let file = [("path", NewValue::text("a.yaml")), ("index", NewValue::Number(1))];
        NewValue::map([
            ("message", NewValue::text("a: \"b\"")),
            ("severity", NewValue::text("error")),
            ("file", NewValue::map(file)),
        ])
    }

    #[track_caller]
    fn check_whole(before: &str, after: &str) {
        let list = ResourceList::read(before).unwrap_or_else(|no| panic!("{no:?}"));
        let plan =
            Plan::new(vec![list.results.edit(&NewValue::List(vec![result(), result()]))]).unwrap();
        let found = plan.apply(before);
        assert_eq!(found, after);
        // What is there is replaced by the same.
        let list = ResourceList::read(&found).unwrap_or_else(|no| panic!("{no:?}"));
        let again =
            Plan::new(vec![list.results.edit(&NewValue::List(vec![result(), result()]))]).unwrap();
        assert_eq!(again.apply(&found), after);
    }

    /// The same for what is below the head of a list.
    #[track_caller]
    fn check(before: &str, after: &str) {
        check_whole(&format!("{HEAD}{before}"), &format!("{HEAD}{after}"));
    }

    const BLOCK: &str = "results:
- message: \"a: \\\"b\\\"\"
  severity: error
  file:
    path: a.yaml
    index: 1
- message: \"a: \\\"b\\\"\"
  severity: error
  file:
    path: a.yaml
    index: 1
";

    #[test]
    fn results_stand_at_the_end_of_the_document() {
        check("items: []\n", &format!("items: []\n{BLOCK}"));
        check("items:\n- a: 1\n", &format!("items:\n- a: 1\n{BLOCK}"));
        check("items: []", &format!("items: []\n{}", BLOCK.trim_end()));
        check("items: []\n# c\n...\n", &format!("items: []\n# c\n{BLOCK}...\n"));
        check("items: []\n---\n# c\n", &format!("items: []\n{BLOCK}---\n# c\n"));
    }

    #[test]
    fn dashes_and_line_endings_are_those_of_the_list() {
        let indented = BLOCK.replace("\n- ", "\n  - ").replace("\n  ", "\n    ");
        let indented = indented.replace("\n    - ", "\n  - ");
        check("items:\n  - a: 1\n", &format!("items:\n  - a: 1\n{indented}"));
        let crlf = |text: &str| format!("{HEAD}{text}").replace('\n', "\r\n");
        check_whole(&crlf("items: []\n"), &crlf(&format!("items: []\n{BLOCK}")));
    }

    #[test]
    fn results_stand_in_the_column_of_the_keys() {
        for head in [format!("&a {HEAD}"), format!("\u{feff}{HEAD}"), format!("# c\r{HEAD}")] {
            check_whole(&format!("{head}items: []\n"), &format!("{head}items: []\n{BLOCK}"));
        }
    }

    #[test]
    fn blank_lines_that_a_value_keeps_stay_with_it() {
        let value = "items: []\nfunctionConfig:\n  data:\n    a: |+\n      b\n\n\n";
        check(value, &format!("{value}{BLOCK}"));
    }

    #[test]
    fn a_value_that_ends_with_the_text_gets_no_line_break() {
        let value = "functionConfig:\n  a: |\n    b";
        let whole = format!("{HEAD}{value}");
        check_whole(&whole, &format!("{BLOCK}{whole}"));
    }

    #[test]
    fn old_results_give_way() {
        for old in
            ["results: []\n", "results:\n", "results:\n- message: old\n", "results: {a: [b]}\n"]
        {
            check(&format!("{old}items: []\n"), &format!("{BLOCK}items: []\n"));
        }
    }

    const COMPACT: &str = r#"[{"message":"a: \"b\"","severity":"error","file":{"path":"a.yaml","index":1}},{"message":"a: \"b\"","severity":"error","file":{"path":"a.yaml","index":1}}]"#;

    #[test]
    fn json_stays_json() {
        let head = r#"{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[]"#;
        check_whole(&format!("{head}}}\n"), &format!("{head},\"results\":{COMPACT}}}\n"));
        let old = format!("{head},\"results\":[{{\"message\":\"old\"}}]}}");
        check_whole(&old, &format!("{head},\"results\":{COMPACT}}}"));
        let flow = "{kind: ResourceList, apiVersion: config.kubernetes.io/v1";
        let spaced = COMPACT.replace("\":", "\": ").replace(",\"", ", \"").replace(",{", ", {");
        check_whole(&format!("{flow}}}"), &format!("{flow}, \"results\": {spaced}}}"));
    }

    #[test]
    fn pretty_json_stays_pretty() {
        let pretty = |results: &str| {
            let value: serde_json::Value = serde_json::from_str(COMPACT).unwrap();
            assert!(value.is_array());
            format!(
                "{{\n  \"kind\": \"ResourceList\",\n  \"apiVersion\": \"config.kubernetes.io/v1\"{results}\n}}\n"
            )
        };
        let item = "{\n      \"message\": \"a: \\\"b\\\"\",\n      \"severity\": \"error\",\n      \"file\": {\n        \"path\": \"a.yaml\",\n        \"index\": 1\n      }\n    }";
        let results = format!(",\n  \"results\": [\n    {item},\n    {item}\n  ]");
        check_whole(&pretty(""), &pretty(&results));
    }
}
