//! What the value of a variable may say without hiding anything: numbers and switches, and what its own object says of
//! itself all the same.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::text::Text;
use crate::yaml::{Node, NodeKind};

/// What is nested deeper says nothing of an object.
const DEEPEST: usize = 64;
/// Words that switch something on or off, in lower case.
const SWITCHES: &[&str] =
    &["disabled", "enabled", "false", "no", "none", "null", "off", "on", "true", "yes"];
/// The longest unit after a number: `128Mi`, `500ms`.
const LONGEST_UNIT: usize = 2;

/// Whether a text is nothing, a number, a switch, or a reference to another variable.
pub(super) fn is_plain(text: &str) -> bool {
    let text = text.trim();
    is_number(text) || is_reference(text) || SWITCHES.contains(&&*text.to_ascii_lowercase())
}

/// `-1`, `0.5`, `128Mi`, `8080`.
fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let number = digits.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.is_empty() == digits.is_empty()
        && digits.len() - number.len() <= LONGEST_UNIT
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// `$(POD_NAME)`: Kubernetes puts the value of another variable there.
fn is_reference(text: &str) -> bool {
    let name = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    name.is_some_and(|name| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    })
}

/// The words of an object: its kind, its names and labels, those of its containers and volumes, and the parts of its
/// images.
pub(super) struct ObjectWords<'t, 'a> {
    object: Node<'t, 'a>,
    all: OnceCell<BTreeSet<Text<'a>>>,
}

impl<'t, 'a> ObjectWords<'t, 'a> {
    pub(super) fn of(object: Node<'t, 'a>) -> Self {
        Self { object, all: OnceCell::new() }
    }

    /// Whether a text is one of them.
    pub(super) fn has(&self, text: &str) -> bool {
        let all = self.all.get_or_init(|| {
            let mut all = BTreeSet::new();
            gather(self.object, &mut all, 0);
            all
        });
        all.contains(text)
    }
}

fn gather<'a>(node: Node<'_, 'a>, all: &mut BTreeSet<Text<'a>>, depth: usize) {
    if depth > DEEPEST || node.kind() == NodeKind::Alias {
        return;
    }
    // A name with a value is that of a variable.
    let is_variable = node.get("value").is_some();
    for (key, value) in node.entries() {
        let key = key.scalar().unwrap_or_default();
        match &*key {
            "name" if is_variable => {}
            "kind" | "name" | "namespace" | "serviceAccountName" => all.extend(value.scalar()),
            "labels" | "matchLabels" => {
                all.extend(value.entries().filter_map(|(_, label)| label.scalar()));
            }
            "image" => all.extend(value.scalar().into_iter().flat_map(parts)),
            _ => gather(value, all, depth + 1),
        }
    }
    node.items().for_each(|item| gather(item, all, depth + 1));
}

/// An image reference, its host, and the words that it is made of. What is before an `@` may be a password.
fn parts<'a>(reference: Text<'a>) -> Vec<Text<'a>> {
    if reference.contains('@') {
        return Vec::new();
    }
    let host = reference.split('/').next().into_iter();
    let words = host.chain(reference.split(['/', ':'])).filter(|word| !word.is_empty());
    let mut parts: Vec<Text<'a>> = words.map(|word| Text::from(word.to_owned())).collect();
    parts.push(reference);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Tree};

    #[test]
    fn numbers_switches_and_references_are_plain() {
        for plain in ["", "0", "-1.5", "8080", "128Mi", "500ms", "50%", "true", "OFF", "$(POD_IP)"]
        {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["hunter2", "a", "1a2b", "10.0.0.1:80", "$(A)$(B)", "12abc", "0xff"] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn the_words_of_an_object_are_its_names_and_the_parts_of_its_images() {
        let text = "kind: Pod\nmetadata: {name: api, namespace: shop, labels: {tier: back}}\nspec:\n  containers:\n  \
                    - name: main\n    image: ghcr.io:5000/acme/app:v1\n    env: [{name: DSN, value: x}]\n  - image: \
                    u:hunter2@ghcr.io/b\n";
        let look = |found: &mut Vec<bool>, _, tree: &Tree<'_>| {
            let words = ObjectWords::of(tree.root());
            let all = [
                "Pod",
                "api",
                "shop",
                "back",
                "main",
                "ghcr.io",
                "ghcr.io:5000",
                "acme",
                "app",
                "v1",
            ];
            found.extend(all.map(|word| words.has(word)));
            found.extend(["DSN", "x", "u", "hunter2", "b", ""].map(|word| !words.has(word)));
        };
        let parts = yaml::read(text, |_, _| true, look).unwrap_or_default();
        assert!(parts[0].1.iter().all(|fine| *fine), "{:?}", parts[0].1);
    }
}
