//! Which names Kubernetes accepts, and which of them a pattern means.

/// The longest name of an object.
pub(crate) const LONGEST: usize = 253;

/// Whether `text` is a DNS-1123 subdomain, as the names of Secrets, ServiceAccounts and most other objects have to be
/// (`IsDNS1123Subdomain` in apimachinery/pkg/util/validation/validation.go; the parts may be longer than a label):
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= LONGEST && text.split('.').all(is_part)
}

/// Whether `text` is a DNS-1123 label, as the names of namespaces have to be:
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names>.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_part(text)
}

fn is_part(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether `text` can be the key of a label or annotation: a name of up to 63 characters, perhaps after a DNS-1123
/// subdomain and a slash (`IsQualifiedName` in the same file):
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set>.
pub(crate) fn is_qualified_name(text: &str) -> bool {
    let (prefix, name) =
        text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    name.len() <= 63
        && is_end(name.bytes().next())
        && is_end(name.bytes().last())
        && name.bytes().all(is_inner)
        && prefix.is_none_or(is_subdomain)
}

/// Whether `text` is `glob` with any number of characters, or none, for each `*`.
pub(crate) fn matches_glob(glob: &str, text: &str) -> bool {
    let Some((head, tail)) = glob.split_once('*') else { return glob == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let (middle, last) = tail.rsplit_once('*').unwrap_or(("", tail));
    // The leftmost place for each piece leaves the most for the next ones.
    for piece in middle.split('*') {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_made_of_lower_case_letters_digits_hyphens_and_dots() {
        for name in ["regcred", "a", "0", "a.b", "my-registry.example.com", "2026-01-01"] {
            assert!(is_subdomain(name), "{name}");
        }
        assert!(is_subdomain(&"a".repeat(LONGEST)));
        assert!(!is_subdomain(&"a".repeat(LONGEST + 1)));
        for name in ["", " ", "a ", "A", "a_b", "-a", "a-", ".a", "a.", "a..b", "a/b", "ä", "a\n"]
        {
            assert!(!is_subdomain(name), "{name:?}");
        }
    }

    #[test]
    fn a_label_is_short_and_has_no_dot() {
        assert!(is_label("shop") && is_label(&"a".repeat(63)));
        assert!(!is_label("a.b") && !is_label("") && !is_label(&"a".repeat(64)));
    }

    #[test]
    fn a_qualified_name_may_have_one_prefix() {
        for name in ["a", "A.b_c-d", "example.com/rotated-at", "0"] {
            assert!(is_qualified_name(name), "{name}");
        }
        assert!(is_qualified_name(&"a".repeat(63)) && !is_qualified_name(&"a".repeat(64)));
        for name in ["", "/a", "a/", "a/b/c", "-a", "a_", "Example.com/a", "a b", "ä"] {
            assert!(!is_qualified_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_star_is_any_number_of_characters() {
        for (glob, matched, others) in [
            ("a", &["a"][..], &["", "aa", "b"][..]),
            ("*", &["", "a", "a.b"], &[]),
            ("a*c", &["ac", "abc", "abcc"], &["a", "c", "abcd", "bac"]),
            ("ab*ba", &["abba", "abxba"], &["aba"]),
            ("*a*a*", &["aa", "xaxax"], &["a", "xax"]),
            ("a**b", &["ab", "axb"], &["a"]),
        ] {
            assert!(matched.iter().all(|text| matches_glob(glob, text)), "{glob}");
            assert!(!others.iter().any(|text| matches_glob(glob, text)), "{glob}");
        }
    }
}
