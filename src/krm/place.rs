//! Where text comes into a `ResourceList`, and what it looks like there: results follow the style of the document.
//!
//! Nothing here knows what a result is.

use crate::edit::Edit;
use crate::source::Span;
use crate::yaml::layout::{
    colon, column, dash, ends_in_block_scalar, key_start, lead, line_end, line_ending, line_start,
};
use crate::yaml::{Kind, Node, Scalar, Style};

const KEY: &str = "results";

/// A value to be written. Keys are plain words.
pub(super) enum Value {
    Text(String),
    Number(u64),
    List(Vec<Value>),
    Map(Vec<(&'static str, Value)>),
}

/// Where the results of a list stand, or will.
pub(super) struct ResultsPlace {
    place: Span,
    /// Whether there are some already, whose place this is.
    replaced: bool,
    style: Look,
}

/// How they are written.
enum Look {
    /// By indentation.
    Block {
        /// What stands before the key, for it to begin a line in its column.
        before: String,
        /// What stands behind the last entry, for the next line to begin.
        behind: String,
        /// Before each dash.
        dashes: String,
        eol: &'static str,
    },
    /// In brackets.
    Flow {
        /// The line break and indentation before each key, if each stands on a line of its own.
        lead: Option<String>,
        /// A blank follows colons and commas.
        spaced: bool,
    },
}

/// The edit that leaves nothing of a list but `[]`.
pub(super) fn emptied(key: Node<'_, '_>, value: Node<'_, '_>) -> Option<Edit> {
    value.items().next()?;
    if value.kind() != Kind::Sequence(Style::Block) {
        return Some(Edit { place: value.span(), insert: "[]".into() });
    }
    let colon = colon(key)?;
    let place = Span::new(colon + 1, value.span().end as usize);
    Some(Edit { place, insert: " []".into() })
}

/// The colon behind a key in braces, on another line perhaps.
fn colon_in_flow(key: Node<'_, '_>) -> Option<usize> {
    let text = key.tree().text();
    let end = key.span().end as usize;
    let rest = text[end..].trim_start();
    rest.starts_with(':').then(|| text.len() - rest.len())
}

impl ResultsPlace {
    /// The place in the list that is `root`.
    pub(super) fn of(root: Node<'_, '_>) -> Self {
        let old =
            root.entries().filter(|(key, _)| key.scalar().is_some_and(|key| key == KEY)).last();
        match root.kind() {
            Kind::Mapping(Style::Flow) => Self::in_flow(root, old),
            _ => Self::in_block(root, old),
        }
    }

    fn in_block(root: Node<'_, '_>, old: Option<(Node<'_, '_>, Node<'_, '_>)>) -> Self {
        let text = root.tree().text();
        let start = key_start(text, root.span().start as usize);
        let end = line_end(text, root.span().end as usize);
        let indent = " ".repeat(column(text, start));
        // Old results are written again in their own lines: what follows them may be the end of the text.
        let ends = old.map_or(end, |(key, _)| line_end(text, key.span().end as usize));
        let eol = line_ending(text, ends);
        let at = end_of_document(text, root.span().end as usize);
        let (place, before, behind) = if let Some((key, value)) = old {
            let from = key.span().start as usize;
            let behind = colon(key).map_or(key.span().end as usize, |colon| colon + 1);
            let end = behind.max(value.span().end as usize);
            (Span::new(from, end), String::new(), String::new())
        } else if text[..at].ends_with(['\n', '\r']) {
            (Span::at(at), indent.clone(), eol.to_owned())
        } else if ends_in_block_scalar(root) {
            // A line break behind it would become a part of its value.
            (Span::at(start), String::new(), format!("{eol}{indent}"))
        } else {
            (Span::at(at), format!("{eol}{indent}"), String::new())
        };
        let dashes = format!("{indent}{}", dashes(root));
        Self { place, replaced: old.is_some(), style: Look::Block { before, behind, dashes, eol } }
    }

    fn in_flow(root: Node<'_, '_>, old: Option<(Node<'_, '_>, Node<'_, '_>)>) -> Self {
        let text = root.tree().text();
        let first = root.entries().next().map(|(key, _)| key);
        let last = root.entries().last().map(|(_, value)| value.span().end as usize);
        let behind = last.unwrap_or(root.span().start as usize + 1);
        let lead = first.and_then(|key| {
            let gap = &text[root.span().start as usize + 1..key.span().start as usize];
            lead(gap).filter(|_| gap.trim().is_empty()).map(str::to_owned)
        });
        let spaced = first.is_none_or(|key| {
            key.kind() != Kind::Scalar(Scalar::Double)
                || colon_in_flow(key)
                    .is_some_and(|colon| text[colon + 1..].starts_with([' ', '\n', '\r']))
        });
        let place = match old {
            Some((_, value)) => value.span(),
            None => Span::at(behind),
        };
        Self { place, replaced: old.is_some(), style: Look::Flow { lead, spaced } }
    }

    /// The edit that puts `results` there, instead of those that are there.
    pub(super) fn edit(&self, results: Vec<Value>) -> Edit {
        let mut insert = String::new();
        match &self.style {
            Look::Block { before, behind, dashes, eol } => {
                insert.extend([before, KEY, ":"]);
                Block { eol }.list(&results, dashes, &mut insert);
                insert.push_str(behind);
            }
            Look::Flow { lead, spaced } => {
                let blank = if *spaced { " " } else { "" };
                let writer = Flow { unit: lead.as_deref().map(unit), blank };
                if !self.replaced {
                    let gap = lead.as_deref().unwrap_or(blank);
                    insert.extend([",", gap, "\"", KEY, "\":", blank]);
                }
                writer.value(
                    &Value::List(results),
                    lead.as_deref().unwrap_or_default(),
                    &mut insert,
                );
            }
        }
        Edit { place: self.place, insert: insert.into() }
    }
}

/// One step of indentation, of a line break with one step behind it.
fn unit(lead: &str) -> &str {
    lead.trim_start_matches(['\r', '\n'])
}

/// Where a document that ends at `from` makes room for another key: at the next marker, else at the end of the text.
/// What a block scalar keeps of the lines behind it stays with it.
fn end_of_document(text: &str, from: usize) -> usize {
    let is_marker = |line: usize| {
        let line = text[line..].trim_start_matches('\u{feff}');
        line.starts_with("---") || line.starts_with("...")
    };
    // A block scalar ends where the next line begins.
    let mut at = from;
    while !(text[..at].ends_with(['\n', '\r']) && is_marker(at)) {
        // To YAML a carriage return alone ends a line too.
        let next = memchr::memchr2(b'\n', b'\r', &text.as_bytes()[at..]);
        let Some(next) = next.map(|next| at + next) else { return text.len() };
        at = next + if text[next..].starts_with("\r\n") { 2 } else { 1 };
    }
    at
}

/// The blanks between the key of the list of items and its dashes.
fn dashes(root: Node<'_, '_>) -> String {
    let text = root.tree().text();
    let lists = root.entries().filter(|(_, value)| value.kind() == Kind::Sequence(Style::Block));
    let widths = lists.filter_map(|(key, value)| {
        let from = line_end(text, key.span().end as usize);
        let dash = dash(text, from).filter(|&dash| dash <= value.span().start as usize)?;
        let line = line_start(text, dash);
        text[line..dash].bytes().all(|byte| byte == b' ').then_some(())?;
        column(text, dash).checked_sub(column(text, key.span().start as usize))
    });
    " ".repeat(widths.take(1).sum())
}

/// A JSON string, which is a YAML string in double quotes too. Control characters that JSON would let through
/// and YAML does not are escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for character in serde_json::Value::from(text).to_string().chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}') {
            out.extend(["\\u", &format!("{:04x}", u32::from(character))]);
        } else {
            out.push(character);
        }
    }
    out
}

/// A string as a YAML scalar: without quotes only where no reader can take it for something else.
fn scalar(text: &str) -> String {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/[]".contains(&byte);
    let plain = text.bytes().all(simple)
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && crate::yaml::is_plain_string(text);
    if plain { text.to_owned() } else { quoted(text) }
}

struct Block<'l> {
    eol: &'l str,
}

impl Block<'_> {
    /// Writes a list below its key, each dash behind `indent`.
    fn list(&self, items: &[Value], indent: &str, out: &mut String) {
        for item in items {
            out.push_str(self.eol);
            out.push_str(indent);
            out.push('-');
            match item {
                Value::Map(entries) => self.entries(entries, &format!("{indent}  "), true, out),
                other => self.behind(other, indent, out),
            }
        }
    }

    /// Writes a mapping, each key behind `indent`, the first one beside a dash perhaps.
    fn entries(&self, entries: &[(&str, Value)], indent: &str, beside: bool, out: &mut String) {
        for (at, (key, value)) in entries.iter().enumerate() {
            if beside && at == 0 {
                out.push(' ');
            } else {
                out.push_str(self.eol);
                out.push_str(indent);
            }
            out.push_str(key);
            out.push(':');
            self.behind(value, indent, out);
        }
    }

    /// Writes a value behind its key, which stands behind `indent`.
    fn behind(&self, value: &Value, indent: &str, out: &mut String) {
        match value {
            Value::Text(text) => out.extend([" ", &scalar(text)]),
            Value::Number(number) => out.extend([" ", &number.to_string()]),
            Value::List(items) => self.list(items, indent, out),
            Value::Map(entries) => self.entries(entries, &format!("{indent}  "), false, out),
        }
    }
}

struct Flow<'l> {
    /// One step of indentation, if each value stands on a line of its own.
    unit: Option<&'l str>,
    /// What follows colons, and commas if there are no lines.
    blank: &'l str,
}

impl Flow<'_> {
    /// Writes a value; `lead` is the line break and indentation of the line it stands on.
    fn value(&self, value: &Value, lead: &str, out: &mut String) {
        match value {
            Value::Text(text) => out.push_str(&quoted(text)),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::List(items) => {
                let write =
                    |item: &Value, lead: &str, out: &mut String| self.value(item, lead, out);
                self.each(items, ['[', ']'], lead, out, write);
            }
            Value::Map(entries) => {
                let write = |(key, value): &(&str, Value), lead: &str, out: &mut String| {
                    out.extend(["\"", key, "\":", self.blank]);
                    self.value(value, lead, out);
                };
                self.each(entries, ['{', '}'], lead, out, write);
            }
        }
    }

    fn each<T>(
        &self,
        parts: &[T],
        [open, close]: [char; 2],
        lead: &str,
        out: &mut String,
        write: impl Fn(&T, &str, &mut String),
    ) {
        out.push(open);
        let inner = self.unit.map(|unit| format!("{lead}{unit}"));
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            match &inner {
                Some(inner) => out.push_str(inner),
                None if at > 0 => out.push_str(self.blank),
                None => {}
            }
            write(part, inner.as_deref().unwrap_or_default(), out);
        }
        if inner.is_some() && !parts.is_empty() {
            out.push_str(lead);
        }
        out.push(close);
    }
}

#[cfg(test)]
mod tests {
    use super::super::ResourceList;
    use super::Value;
    use crate::edit::Plan;

    const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";

    fn result() -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        Value::Map(vec![
            ("message", text("a: \"b\"")),
            ("severity", text("error")),
            ("file", Value::Map(vec![("path", text("a.yaml")), ("index", Value::Number(1))])),
        ])
    }

    #[track_caller]
    fn check_whole(before: &str, after: &str) {
        let list = ResourceList::read(before).unwrap_or_else(|no| panic!("{no:?}"));
        let plan = Plan::new(vec![list.results.edit(vec![result(), result()])]).unwrap();
        let found = plan.apply(before);
        assert_eq!(found, after);
        // What is there is replaced by the same.
        let list = ResourceList::read(&found).unwrap_or_else(|no| panic!("{no:?}"));
        let again = Plan::new(vec![list.results.edit(vec![result(), result()])]).unwrap();
        assert_eq!(again.apply(&found), after);
    }

    /// The same for what stands below the head of a list.
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

    #[test]
    fn text_that_yaml_would_take_for_something_else_is_quoted() {
        for text in
            ["", "1", "yes", "a: b", "a #b", "-", "x\ny", "\u{7f}\u{85}\u{2028}", "é", "null"]
        {
            let written = super::scalar(text);
            assert!(written.starts_with('"'), "{written}");
            let read: String = serde_json::from_str(&written).unwrap();
            assert_eq!(read, text);
            assert!(!written.chars().any(char::is_control));
        }
        assert_eq!(super::scalar("spec.containers[0].image"), "spec.containers[0].image");
    }
}
