//! The bytes of a document that no report may show, worked out from its tree when some of them are about to be
//! shown: what a Secret holds, the values of secret names, the values of environment variables that are not plainly
//! harmless, and credentials that YAML writes in a way that hides their shape.
//!
//! Credentials that the text of a single line shows are left to [`mask::line_spans`].

mod words;

use words::ObjectWords;

use crate::inventory::LAST_APPLIED;
use crate::mask;
use crate::source::Span;
use crate::text::Text;
use crate::yaml::{self, Node, NodeKind, Scalar, Tree};

/// What is nested deeper is not shown at all.
const DEEPEST: usize = 64;
/// What identifies a Secret and says nothing of what it holds.
const HEAD: &[&str] = &["apiVersion", "immutable", "kind", "type"];
/// The same of its metadata.
const IDENTITY: &[&str] = &["generateName", "name", "namespace"];
/// Keys below a secret name whose values are names and places, not secrets.
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
        |found: &mut HiddenSpans, _, tree: &Tree<'_>| {
            let mut hidden = Hidden { found, words: ObjectWords::of(tree.root()) };
            hidden.take(tree.root(), 0);
        },
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

/// What is found in some documents.
#[derive(Default)]
struct HiddenSpans {
    spans: Vec<Span>,
    /// Whether there is a Secret: then no comment is shown either.
    secret: bool,
}

/// A walk through a document.
struct Hidden<'f, 't, 'a> {
    found: &'f mut HiddenSpans,
    /// The words of the object around.
    words: ObjectWords<'t, 'a>,
}

impl<'t, 'a> Hidden<'_, 't, 'a> {
    fn take(&mut self, node: Node<'t, 'a>, depth: usize) {
        if depth > DEEPEST {
            self.push(node.span());
            return;
        }
        match node.kind() {
            NodeKind::Mapping(_) => self.take_mapping(node, depth),
            NodeKind::Sequence(_) => self.take_sequence(node, depth),
            NodeKind::Scalar(style) => self.take_scalar(node, style),
            NodeKind::Alias => {}
        }
    }

    fn push(&mut self, span: Span) {
        self.found.spans.push(span);
    }

    fn take_mapping(&mut self, mapping: Node<'t, 'a>, depth: usize) {
        if is(mapping, "kind", "Secret") {
            return self.take_secret(mapping, depth);
        }
        if mapping.get("kind").is_some() && depth > 0 {
            let around = std::mem::replace(&mut self.words, ObjectWords::of(mapping));
            self.take_entries(mapping, depth);
            self.words = around;
        } else {
            self.take_entries(mapping, depth);
        }
    }

    fn take_entries(&mut self, mapping: Node<'t, 'a>, depth: usize) {
        let secrets = is(mapping, "kind", "SecretList");
        let name = mapping.get("name").and_then(Node::scalar);
        for (key, value) in mapping.entries() {
            let key = key.scalar().unwrap_or_default();
            match &name {
                _ if secrets && key == "items" => {
                    value.items().for_each(|item| self.take_secret(item, depth + 1));
                }
                Some(name) if key == "value" => self.take_variable(name, value, depth + 1),
                _ if key == LAST_APPLIED || mask::is_secret_name(&key) => {
                    self.hide(value, depth + 1);
                }
                _ if is_environment(&key) && value.is_mapping() => {
                    self.take_variables(value, depth + 1);
                }
                _ => self.take(value, depth + 1),
            }
        }
    }

    /// The variables of a container, written as a mapping, as custom resources do.
    fn take_variables(&mut self, variables: Node<'t, 'a>, depth: usize) {
        for (key, value) in variables.entries() {
            match value.resolved().kind() {
                NodeKind::Scalar(_) => {
                    self.take_variable(&key.scalar().unwrap_or_default(), value, depth);
                }
                _ => self.take(value, depth + 1),
            }
        }
    }

    /// The value of a variable. Any name may precede a credential, so only values that cannot be one are shown.
    fn take_variable(&mut self, name: &str, value: Node<'t, 'a>, depth: usize) {
        let is_secret = mask::is_secret_name(name);
        let harmless = |text: Text<'_>| words::is_plain(&text) || self.words.has(&text);
        if is_secret || !value.scalar().is_some_and(harmless) {
            self.hide_all(value, depth);
        }
    }

    fn take_sequence(&mut self, sequence: Node<'t, 'a>, depth: usize) {
        let mut flag = Text::default();
        for item in sequence.items() {
            let text = item.scalar().unwrap_or_default();
            if takes_credential(&flag, &text) {
                self.hide(item, depth + 1);
            } else {
                self.take(item, depth + 1);
            }
            flag = text;
        }
    }

    /// A text that holds a credential which the text of its line does not show: it has several lines, or has
    /// escapes, or names what it holds.
    fn take_scalar(&mut self, node: Node<'t, 'a>, style: Scalar) {
        let source = node.source();
        if is_disguised(node) {
            self.push(node.span());
        } else if source.contains('\n') {
            let start = node.span().start as usize;
            let spans = mask::unread_spans(source).into_iter();
            self.found.spans.extend(spans.map(|span| span.shifted(start)));
        } else if style != Scalar::Plain
            && let Some(range) = mask::named_in_line(source)
        {
            self.push(Span::new(range.start, range.end).shifted(node.span().start as usize));
        }
    }

    fn take_secret(&mut self, secret: Node<'t, 'a>, depth: usize) {
        self.found.secret = true;
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

    fn hide_unless(&mut self, shown: bool, value: Node<'t, 'a>, depth: usize) {
        if !shown || matches!(value.kind(), NodeKind::Mapping(_) | NodeKind::Sequence(_)) {
            self.hide_all(value, depth);
        }
    }

    /// Hides the values of a node with a secret name, except names and plain facts.
    fn hide(&mut self, node: Node<'t, 'a>, depth: usize) {
        match node.kind() {
            NodeKind::Mapping(_) if depth <= DEEPEST => {
                for (key, value) in node.entries() {
                    if key.scalar().is_some_and(|key| NAMES.contains(&&*key)) {
                        self.take(value, depth + 1);
                    } else {
                        self.hide(value, depth + 1);
                    }
                }
            }
            NodeKind::Sequence(_) if depth <= DEEPEST => {
                node.items().for_each(|item| self.hide(item, depth + 1));
            }
            NodeKind::Scalar(Scalar::Plain) if node.string().is_none() => {}
            _ => self.push(node.resolved().span()),
        }
    }

    /// Hides all values of a node; keys stay.
    fn hide_all(&mut self, node: Node<'t, 'a>, depth: usize) {
        match node.kind() {
            NodeKind::Mapping(_) if depth <= DEEPEST => {
                node.entries().for_each(|(_, value)| self.hide_all(value, depth + 1));
            }
            NodeKind::Sequence(_) if depth <= DEEPEST => {
                node.items().for_each(|item| self.hide_all(item, depth + 1));
            }
            // What an alias refers to is shown where its anchor is.
            _ => self.push(node.resolved().span()),
        }
    }
}

/// Keys of mappings of variables: `env`, `extraEnv`, `environment`, `envVars`.
fn is_environment(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("env") || key.contains("environment") || key.contains("envvar")
}

/// Whether an argument is the credential that the one before it announces: `--password`, `-u`, `-p`.
fn takes_credential(flag: &str, argument: &str) -> bool {
    let is_next = flag.starts_with("--") && !flag.contains('=') && mask::is_secret_name(flag);
    let is_user = ["-u", "--user", "--proxy-user"].contains(&flag);
    let is_joined = argument.strip_prefix("-p").is_some_and(is_joined_password);
    is_next && !argument.starts_with('-')
        || is_user && mask::is_user_and_password(argument)
        || is_joined
}

/// Whether what follows `-p` at once may be a password: no port, no other flag (`-print`), no value of one (`-p=a`).
fn is_joined_password(text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let is_port = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    !is_word && !is_port && !text.starts_with('=')
}

fn is(mapping: Node<'_, '_>, key: &str, value: &str) -> bool {
    mapping.get(key).and_then(Node::scalar).is_some_and(|found| found == value)
}

/// Whether a scalar holds a credential that its text does not show: it has several lines or escapes.
fn is_disguised(node: Node<'_, '_>) -> bool {
    let Some(value) = node.scalar().filter(|value| value.borrowed().is_none()) else {
        return false;
    };
    let bare: String = value.split_whitespace().collect();
    !mask::credential_spans(&value).is_empty() || !mask::credential_spans(&bare).is_empty()
}

/// The comments of a text, as far as single lines show them.
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
            "- {value: a, name: TOKEN}\n- {name: A, value: \"1\"}\n",
            "- {value: _, name: TOKEN}\n- {name: A, value: \"1\"}\n",
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
    fn the_value_of_a_variable_is_hidden_unless_it_is_plainly_harmless() {
        check(
            "kind: Pod\nmetadata: {name: api}\nspec:\n  env:\n  - {name: A, value: b}\n  - {name: B, value: api}\n  - \
             {name: C, value: \"8080\"}\n  - {name: PASSWORD, value: 8080}\n  - {name: D, value: {e: f}}\n",
            "kind: Pod\nmetadata: {name: api}\nspec:\n  env:\n  - {name: A, value: _}\n  - {name: B, value: api}\n  - \
             {name: C, value: \"8080\"}\n  - {name: PASSWORD, value: _}\n  - {name: D, value: {e: _}}\n",
        );
        check(
            "extraEnv:\n  A: b\n  C: \"1\"\nenvironment: {D: e}\nenvFrom: [{secretRef: {name: f}}]\n",
            "extraEnv:\n  A: _\n  C: \"1\"\nenvironment: {D: _}\nenvFrom: [{secretRef: {name: f}}]\n",
        );
    }

    #[test]
    fn the_words_of_another_object_of_a_list_are_not_its_own() {
        check(
            "kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n  env: [{name: A, value: b}]\n- kind: Pod\n  \
             metadata: {name: b}\n  env: [{name: A, value: b}]\n",
            "kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n  env: [{name: A, value: _}]\n- kind: Pod\n  \
             metadata: {name: b}\n  env: [{name: A, value: b}]\n",
        );
    }

    #[test]
    fn arguments_are_hidden_by_the_flag_before_them_or_in_them() {
        check("[curl, -u, \"a:b\", c]\n", "[curl, -u, _, c]\n");
        check("[-u, \"1000:1000\"]\n", "[-u, \"1000:1000\"]\n");
        check("- -pA1\n- -print\n- -p8080\n- -p=a\n", "- _\n- -print\n- -p8080\n- -p=a\n");
        check("- \"X-Api-Key: a b\"\n- 'image: a'\n", "- \"X-Api-Key: _\n- 'image: a'\n");
    }

    #[test]
    fn a_text_of_several_lines_is_taken_for_one_that_nobody_can_read() {
        check(
            "a: |\n  b: c\n  password: d\n    e\n  f: g\nh: i\n",
            "a: |\n  b: c\n  password: _\n    _\n  f: g\nh: i\n",
        );
        check("a: >-\n  kind: Secret\n  b: c\nd: e\n", "a: >-\n  _\n  _\nd: e\n");
    }

    #[test]
    fn a_credential_in_disguise_is_hidden() {
        check("a: \"https://u:\\x70@h\"\n", "a: _\n");
        check("a: \"https://u:p@h\"\n", "a: \"https://u:p@h\"\n");
    }

    #[test]
    fn what_cannot_be_read_is_hidden() {
        check("password: &a [*a, *a]\n", "_\n");
        check(&"[".repeat(100), "_");
    }
}
