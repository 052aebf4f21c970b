//! The bytes of a document that no report may show, worked out from its tree when some of them are about to be
//! shown: what a Secret holds, what a name tells to be secret, and credentials that YAML writes in a way that
//! hides their shape.
//!
//! What can be told from the text of a line alone is left to [`mask::line_spans`].

use std::borrow::Cow;

use crate::inventory::LAST_APPLIED;
use crate::mask;
use crate::source::Span;
use crate::yaml::{self, Kind, Node, Scalar, Tree};

/// What is nested deeper is not shown at all.
const DEEPEST: usize = 64;
/// What identifies a Secret and says nothing of what it holds.
const HEAD: &[&str] = &["apiVersion", "immutable", "kind", "type"];
/// The same of its metadata.
const IDENTITY: &[&str] = &["generateName", "name", "namespace"];
/// Keys below a telling name whose values are names and places, not secrets.
const NAMES: &[&str] = &[
    "apiVersion",
    "audience",
    "image",
    "key",
    "kind",
    "mountPath",
    "name",
    "namespace",
    "path",
    "repository",
    "secretName",
    "type",
];
/// Comments that Helm writes.
const ORIGIN: &str = "# Source: ";

/// The bytes of `text[chunk]`, which are some documents of a stream, that no report may show.
pub(super) fn spans(text: &str, chunk: Span) -> Vec<Span> {
    let base = chunk.start as usize;
    let part = &text[chunk.range()];
    let read = yaml::read(
        part,
        |_, _| true,
        |found: &mut Hidden, _, tree: &Tree<'_>| found.take(tree.root(), 0),
    );
    // What could be read before can be read again.
    let Ok(parts) = read else { return vec![chunk] };
    let mut spans = Vec::new();
    for (_, found) in parts {
        spans.extend(found.spans);
        if found.secret {
            spans.extend(comments(part));
        }
    }
    spans.sort_unstable();
    spans.into_iter().map(|span| span.shifted(base)).collect()
}

/// What is found in a document.
#[derive(Default)]
struct Hidden {
    spans: Vec<Span>,
    /// Whether there is a Secret: then no comment is shown either.
    secret: bool,
}

impl Hidden {
    fn take(&mut self, node: Node<'_, '_>, depth: usize) {
        if depth > DEEPEST {
            self.spans.push(node.span());
            return;
        }
        match node.kind() {
            Kind::Mapping(_) => self.take_mapping(node, depth),
            Kind::Sequence(_) => self.take_sequence(node, depth),
            Kind::Scalar(_) if is_disguised(node) => self.spans.push(node.span()),
            Kind::Scalar(_) | Kind::Alias => {}
        }
    }

    fn take_mapping(&mut self, mapping: Node<'_, '_>, depth: usize) {
        if is(mapping, "kind", "Secret") {
            return self.take_secret(mapping, depth);
        }
        let secrets = is(mapping, "kind", "SecretList");
        let named = mapping.get("name").and_then(Node::scalar);
        let told = named.is_some_and(|name| mask::is_secret_name(&name));
        for (key, value) in mapping.entries() {
            let key = key.scalar().unwrap_or_default();
            if secrets && key == "items" {
                value.items().for_each(|item| self.take_secret(item, depth + 1));
            } else if key == LAST_APPLIED || told && key == "value" || mask::is_secret_name(&key) {
                self.hide(value, depth + 1);
            } else {
                self.take(value, depth + 1);
            }
        }
    }

    fn take_sequence(&mut self, sequence: Node<'_, '_>, depth: usize) {
        let mut flag = false;
        for item in sequence.items() {
            let text = item.scalar().unwrap_or_default();
            if flag && !text.starts_with('-') {
                self.hide(item, depth + 1);
            } else {
                self.take(item, depth + 1);
            }
            flag = text.starts_with("--") && !text.contains('=') && mask::is_secret_name(&text);
        }
    }

    fn take_secret(&mut self, secret: Node<'_, '_>, depth: usize) {
        self.secret = true;
        for (key, value) in secret.entries() {
            let key = key.scalar().unwrap_or_default();
            let shown = HEAD.contains(&&*key);
            if key == "metadata" && value.is_mapping() {
                for (key, value) in value.entries() {
                    let shown = key.scalar().is_some_and(|key| IDENTITY.contains(&&*key));
                    self.hide_unless(shown, value, depth + 2);
                }
            } else {
                self.hide_unless(shown, value, depth + 1);
            }
        }
    }

    fn hide_unless(&mut self, shown: bool, value: Node<'_, '_>, depth: usize) {
        if !shown || matches!(value.kind(), Kind::Mapping(_) | Kind::Sequence(_)) {
            self.hide_all(value, depth);
        }
    }

    /// Hides the values of a node that a name tells to be secret, but for names and plain facts.
    fn hide(&mut self, node: Node<'_, '_>, depth: usize) {
        match node.kind() {
            Kind::Mapping(_) if depth <= DEEPEST => {
                for (key, value) in node.entries() {
                    if key.scalar().is_some_and(|key| NAMES.contains(&&*key)) {
                        self.take(value, depth + 1);
                    } else {
                        self.hide(value, depth + 1);
                    }
                }
            }
            Kind::Sequence(_) if depth <= DEEPEST => {
                node.items().for_each(|item| self.hide(item, depth + 1));
            }
            Kind::Scalar(Scalar::Plain) if node.string().is_none() => {}
            _ => self.spans.push(node.resolved().span()),
        }
    }

    /// Hides all values of a node; keys stay.
    fn hide_all(&mut self, node: Node<'_, '_>, depth: usize) {
        match node.kind() {
            Kind::Mapping(_) if depth <= DEEPEST => {
                node.entries().for_each(|(_, value)| self.hide_all(value, depth + 1));
            }
            Kind::Sequence(_) if depth <= DEEPEST => {
                node.items().for_each(|item| self.hide_all(item, depth + 1));
            }
            // What an alias stands for is shown where its anchor is.
            _ => self.spans.push(node.resolved().span()),
        }
    }
}

fn is(mapping: Node<'_, '_>, key: &str, value: &str) -> bool {
    mapping.get(key).and_then(Node::scalar).is_some_and(|found| found == value)
}

/// Whether a scalar holds a credential that its text does not show: it goes over several lines or has escapes.
fn is_disguised(node: Node<'_, '_>) -> bool {
    let Some(Cow::Owned(value)) = node.scalar() else { return false };
    let bare: String = value.split_whitespace().collect();
    !mask::credential_spans(&value).is_empty() || !mask::credential_spans(&bare).is_empty()
}

/// The comments of a text, as far as lines tell.
fn comments(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = mask::comment(line)
            && !line[at..].starts_with(ORIGIN)
        {
            spans.push(Span::new(start + at, start + line.trim_end().len()));
        }
        start += line.len();
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` with what is hidden as `_`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = mask::covered(text, 0, &spans(text, Span::new(0, text.len())));
        assert_eq!(shown.replace(mask::MASK, "_"), expected);
    }

    #[test]
    fn of_a_secret_only_what_identifies_it_is_shown() {
        check(
            "# Source: a.yaml\n# c\nkind: Secret\ntype: Opaque # c\nmetadata:\n  name: a\n  labels: {a: b}\n\
             stringData:\n  a: |\n    b\n    c\n  d: [e, {f: g}]\nstringData: h\ni: j\n",
            "# Source: a.yaml\n_\nkind: Secret\ntype: Opaque _\nmetadata:\n  name: a\n  labels: {a: _}\n\
             stringData:\n  a: |\n    _\n    _\n  d: [_, {f: _}]\nstringData: _\ni: _\n",
        );
        check(
            "kind: SecretList\nitems:\n- data: {a: b}\n",
            "kind: SecretList\nitems:\n- data: {a: _}\n",
        );
    }

    #[test]
    fn what_an_alias_brings_into_a_secret_is_hidden_at_its_anchor() {
        check(
            "- a: &a b\n- kind: Secret\n  data: {c: *a}\n",
            "- a: &a _\n- kind: Secret\n  data: {c: *a}\n",
        );
    }

    #[test]
    fn a_value_is_hidden_by_the_name_that_stands_before_it() {
        check("env:\n- name: DB_PASSWORD\n  value: a\n", "env:\n- name: DB_PASSWORD\n  value: _\n");
        check(
            "- {value: a, name: TOKEN}\n- {name: A, value: b}\n",
            "- {value: _, name: TOKEN}\n- {name: A, value: b}\n",
        );
        check("args: [--token, a, b, --token, --c]\n", "args: [--token, _, b, --token, --c]\n");
        check(
            "adminPassword: a\nautomountServiceAccountToken: true\n",
            "adminPassword: _\nautomountServiceAccountToken: true\n",
        );
        check("auth: {name: a, key: b, value: c}\n", "auth: {name: a, key: b, value: _}\n");
        check(
            "imagePullSecrets: [{name: a}]\nsecretName: b\n",
            "imagePullSecrets: [{name: a}]\nsecretName: b\n",
        );
    }

    #[test]
    fn a_credential_in_disguise_is_hidden() {
        check("a: \"https://u:\\x70@h\"\n", "a: _\n");
        check("a: \"https://u:p@h\"\n", "a: \"https://u:p@h\"\n");
    }

    #[test]
    fn an_alias_of_what_is_around_it_ends() {
        check("password: &a [*a, *a]\n", "password: &a _\n");
        check(&"[".repeat(100), "_");
    }
}
